"""What the explore notebook shows: a treaty, a day and a state, from four sides.

Each side is a `Side`: a chart and a table, and what can be taken away is exactly
what is shown. The panel to choose with is in `stockpile.pages.explore_panel`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.common.output import csv_text
from stockpile.forecast.projection import project
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.pages.headline import with_stocks
from stockpile.pages.html import Html, render
from stockpile.plot.disagreement import disagreement
from stockpile.plot.figures import NARROW, WIDE
from stockpile.rating.status import status
from stockpile.stock.progress import progress, statements

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STATE_COLUMNS = (
    "state membership status deadline declared remaining share_destroyed earliest projected "
    "latest planned_completion evidence reason"
).split()
_LINE_COLUMNS = (
    "unit date declared declared_qualifier destroyed destroyed_qualifier remaining "
    "remaining_qualifier share_destroyed basis"
).split()
_STATEMENT_COLUMNS = (
    "figure unit value qualifier period_start date new_deadline role why source_id title "
    "publisher published url"
).split()
_NOW_COLUMNS = (
    "known_on status deadline declared remaining share_destroyed earliest projected latest "
    "planned_completion completed reason"
).split()


@dataclass(frozen=True, eq=False)
class View:
    """What is looked at: a treaty on a day, and one of its states."""

    then: Ledger  # as of the chosen day
    now: Ledger  # as of the newest row, or of the chosen day if that is later
    iso3: str

    @property
    def name(self) -> str:
        """What the state is called."""
        return dict(choices(self.then))[self.iso3]

    @property
    def stem(self) -> str:
        """What the names of files begin with."""
        return f"{self.then.treaty.id}-{self.then.require_day():%Y-%m-%d}"


@dataclass(frozen=True)
class Side:
    """One side of a view: what is to be seen, and so what is exported."""

    name: str  # of the files, without an ending
    title: str  # what it says, in a sentence
    table: pd.DataFrame
    chart: bytes  # a PNG
    narrow: bytes  # the same for a small window


def look(ledger: Ledger, day: object, state: str | None = None, rule: Any = "reported") -> View:
    """Look at a treaty on a day, and at one of its states.

    Of a whole ledger; without a state, at the one that is in the most trouble on that day.

    Raises
    ------
    ValueError
        When the day or the rule is none, or the treaty's tables know no such state.

    Examples
    --------
    >>> import stockpile as sp
    >>> look(sp.load("apmbc"), "2012-04-19").name
    'Belarus'
    >>> look(sp.load("ccm"), "31.12.2012")
    Traceback (most recent call last):
    ...
    ValueError: '31.12.2012' is not a day; expected YYYY-MM-DD, as 2012-04-19
    """
    at = parse_day(day)
    then = ledger.as_of(at, rule)
    known = dict(choices(then))
    if not known:
        raise ValueError(
            f"nothing is on record of any state by {at:%Y-%m-%d}; expected a later day"
        )
    if state is None:
        state = str(plot.trouble_first(status(then))["iso3"].iloc[0])
    if state not in known:
        raise ValueError(
            f"state is {state!r}; expected a code that the tables of the {then.treaty.name} had "
            f"on {at:%Y-%m-%d}: {words.listing(sorted(known), limit=8)}"
        )
    return View(then, ledger.as_of(max(at, ledger.newest), rule), state)


def choices(ledger: Ledger) -> list[tuple[str, str]]:
    """Return code and name of each state, by name.

    Examples
    --------
    >>> import stockpile as sp
    >>> choices(sp.load("ccm"))[0]
    ('AFG', 'Afghanistan')
    """
    pairs = zip(ledger.states["iso3"], ledger.states["name"], strict=True)
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def states(view: View) -> Side:
    """Return every state on the day, trouble first, and how many have which rating.

    Examples
    --------
    >>> import stockpile as sp
    >>> states(look(sp.load("apmbc"), "2012-04-19")).table["state"].head(2).tolist()
    ['Belarus', 'Greece']
    """
    rated = status(view.then)
    parties = with_stocks(rated)
    title = f"{words.count(len(parties), 'State Party', 'States Parties')} that had stocks"
    title = words.sentence(f"{title}, by rating on {words.day(view.then.day)}")
    table = plot.trouble_first(rated)[_STATE_COLUMNS].reset_index(drop=True)
    draw = partial(plot.ratings_bar, parties, title=title)
    return _side(f"{view.stem}-states", table, draw, title)


def burndown(view: View) -> Side:
    """Return what the state had left over the years, with the statements it rests on."""
    then, line = view.then, progress(view.then)
    draw = partial(
        plot.burndown,
        line,
        state=view.iso3,
        statements=progress(then, explain=True),
        status=status(then),
        fan=project(then),
        as_of=then.day,
    )
    rows = line.loc[line["iso3"] == view.iso3, _LINE_COLUMNS].reset_index(drop=True)
    return _side(f"{view.stem}-{view.iso3}-burndown", rows, draw)


def figures_stated(view: View) -> list[tuple[str, tuple[str, str]]]:
    """Return what there are statements on: in words, and as (figure, unit).

    Examples
    --------
    >>> import stockpile as sp
    >>> figures_stated(look(sp.load("ccm"), "2012-04-19", "GBR"))[0]
    ('consented', ('consented', ''))
    """
    rows = _statements_on_state(view)
    pairs = sorted(set(zip(rows["figure"], rows["unit"], strict=True)))
    return [
        (f"{words.unit(figure)}{': ' if unit else ''}{words.unit(unit)}", (figure, unit))
        for figure, unit in pairs
    ]


def statements_on(view: View, figure: tuple[str, str] = ("", "")) -> Side:
    """Return the statements on the state, or those behind one figure, with their sources.

    ``figure`` and unit as in `figures_stated`.

    Examples
    --------
    >>> import stockpile as sp
    >>> view = look(sp.load("ccm"), "2012-04-19", "GBR")
    >>> statements_on(view, ("declared", "cluster_munitions")).table["role"].tolist()
    ['used', 'agrees', 'agrees']
    """
    rows = _statements_on_state(view)
    if any(figure):
        rows = rows[(rows["figure"] == figure[0]) & (rows["unit"] == figure[1])]
    cited = view.then.sources[["source_id", "title", "publisher", "url"]]
    table = rows.merge(cited, on="source_id", how="left")[_STATEMENT_COLUMNS]
    sources, day = view.then.sources, view.then.day
    draw = partial(disagreement, rows, state=view.iso3, sources=sources, as_of=day)
    return _side(f"{view.stem}-{view.iso3}-statements", table, draw)


def _statements_on_state(view: View) -> pd.DataFrame:
    known = statements(view.then)
    return known[known["iso3"] == view.iso3]


def then_and_now(view: View) -> Side:
    """Return how the state stood on the day, and how it stands with what is known now.

    Examples
    --------
    >>> import stockpile as sp
    >>> then_and_now(look(sp.load("ccm"), "2022-06-30", "PER")).table["status"].tolist()
    ['on target', 'completed']
    """
    ledgers = {ledger.require_day(): ledger for ledger in (view.then, view.now)}
    rows = [status(ledger).assign(known_on=day) for day, ledger in ledgers.items()]
    both = pd.concat(rows).query("iso3 == @view.iso3").reset_index(drop=True)
    ratings = both["status"].tolist()
    title = f"{view.name}: {ratings[0]} then, {ratings[-1]} now"
    drawn = both.assign(state=[f"as known on {words.day(day)}" for day in both["known_on"]])
    draw = partial(plot.timeline, drawn, title=title, source="")
    return _side(f"{view.stem}-{view.iso3}-then-and-now", both[_NOW_COLUMNS], draw, title)


def _side(name: str, table: pd.DataFrame, draw: Callable[..., Axes], title: str = "") -> Side:
    """A table and its chart in two widths; without a title, what the chart says."""
    ax = draw(width=WIDE)
    title = title or ax.get_title("left").replace("\n", " ")
    return Side(name, title, table, _png(ax), _png(draw(width=NARROW)))


def _png(ax: Axes) -> bytes:
    """Draw the figure of an ``Axes``, and close it."""
    import matplotlib.pyplot as plt

    figure = ax.get_figure(root=True)
    assert figure is not None
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)
    return out.getvalue()


def html(side: Side) -> Html:
    """Return one side as HTML: chart, table, and links that save them as files.

    The files are in the links themselves, so that nothing is asked of a server.
    """
    table = _data("text/csv;charset=utf-8", csv_text(side.table).encode())
    picture = _data("image/png", side.chart)
    return render(
        "explore",
        title=side.title,
        chart=picture,
        narrow=_data("image/png", side.narrow),
        files=[(f"{side.name}.csv", table), (f"{side.name}.png", picture)],
        columns=list(side.table.columns),
        rows=side.table.to_dict("records"),
    )


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
