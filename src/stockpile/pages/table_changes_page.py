"""A page on what a change of tables changes: the burn-downs before and after, side by side."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.ledger.ledger import Ledger
from stockpile.pages.html import Html, render, section, whole_page
from stockpile.plot import figures
from stockpile.plot.style import figure_of
from stockpile.rating.status import OPEN, status
from stockpile.results.table_changes import Effect, TableChanges
from stockpile.stock.progress import progress, statements

#: Up to this many states are drawn, in the order of the effects.
_DRAWN = 24
#: Width of a chart in inches, so that two stand side by side.
_WIDTH = 5.6


def page(found: TableChanges) -> str:
    """Return the page.

    Parameters
    ----------
    found : TableChanges
        As `stockpile.results.table_changes.compare_tables` returns it.

    Raises
    ------
    ValueError
        When the page would run or load something.
    """
    day = found.days[-1]
    title = f"What the rows change: {found.now.treaty.name}"
    states = list(dict.fromkeys(effect.iso3 for effect in found.effects if effect.iso3))
    sections = {
        "": _summary(found, title),
        "Ratings, days and figures": _table([e for e in found.effects if e.iso3], "state"),
        f"What was left, before and after, as of {words.day(day)}": _pairs(found, states, day),
        "Totals of all states": _table([e for e in found.effects if not e.iso3], "total"),
        "Rows": _rows(found),
    }
    return whole_page("state_page", title=title, sections=sections)


def _summary(found: TableChanges, title: str) -> Html:
    added = sum(row.change == "added" for row in found.rows)
    days = [f"{day:%Y-%m-%d}" for day in found.days]
    return render(
        "before_after_head",
        title=title,
        paragraphs=[
            f"{words.count(added, 'row')} added, {len(found.rows) - added} removed. "
            f"Compared as of {words.listing(days)}, by the rule '{found.rule}'.",
            "The rules in treaty.toml changed." if found.rules_changed else "",
        ],
    )


def _table(effects: list[Effect], name: str) -> Html:
    """A row an effect; the rows behind it stand in the last cell."""
    rows = []
    for effect in effects:
        unit = f", {words.unit(effect.unit)}" if effect.unit else ""
        behind = "; ".join(f"{row.text} ({row.title})" if row.title else row.text
                           for row in effect.rows)  # fmt: skip
        why = effect.reason + (" Rows: " * bool(effect.reason and behind)) + behind
        on = f"{effect.days[0]:%Y-%m-%d}" + (
            f" to {effect.days[-1]:%Y-%m-%d}" if len(effect.days) > 1 else ""
        )
        what = f"{effect.what}{unit}"
        rows.append([effect.state, what, effect.before or "-", effect.after or "-", on, why])
    return section(
        name,
        paragraphs=[] if rows else ["Nothing changes here."],
        caption="What is said otherwise, and the rows behind it",
        head=["state", "what", "before", "after", "as of", "why"],
        rows=rows,
        reasons=True,
    )


def _rows(found: TableChanges) -> Html:
    """The rows themselves."""
    rows = [
        [row.change, row.file, str(row.line), ", ".join(row.cells), row.title] for row in found.rows
    ]
    head = ["change", "file", "line", "row", "source"]
    return section("rows", caption="Rows added and removed", head=head, rows=rows)


def _pairs(found: TableChanges, states: list[str], day: pd.Timestamp) -> Html:
    """The burn-down of each state as it was drawn before, and as it is now."""
    pairs = []
    for iso3 in states[:_DRAWN]:
        charts = [
            _chart(ledger.as_of(day, found.rule), iso3, when)  # type: ignore[arg-type]
            for ledger, when in ((found.before, "before"), (found.now, "after"))
        ]
        if any(charts) and charts[0] != charts[1].replace("-after-", "-before-"):
            names = dict(found.now.rows("states", "iso3", "name"))
            pairs.append((names.get(iso3, iso3), charts))
    more = len(states) - _DRAWN
    note = f"{words.count(more, 'further state')} not drawn here." if more > 0 else ""
    return render("before_after", pairs=pairs, note=note)


def _chart(then: Ledger, iso3: str, when: str) -> str:
    """One burn-down as SVG; empty where there is nothing to draw."""
    lines = progress(then)
    if not lines.loc[lines["iso3"] == iso3, "date"].notna().any():
        return ""
    # As on a state's page: what is projected is left out where no rating rests on it.
    rated, ahead = status(then), ["projected", "earliest", "latest"]
    ax = plot.burndown(
        lines,
        state=iso3,
        statements=statements(then),
        status=rated.assign(**rated[ahead].where(rated["status"].isin(OPEN))),
        as_of=then.day,
        source="",
        width=_WIDTH,
    )
    try:
        alt = f"What was left, {when}: {ax.get_title('left')}"
        return figures.svg(ax, name=f"{iso3}-{when}", alt=" ".join(alt.split()))
    finally:
        plt.close(figure_of(ax))
