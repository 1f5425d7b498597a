"""Where sources disagree on one state: every statement over time, with its source."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.rows import Group, Note, draw_rows, rows_axes, small_bar
from stockpile.plot.style import FAINT, FONT, GROUND, INK, MUTED
from stockpile.stock.reconcile import SET_ASIDE, USED
from stockpile.treaty.schema import EVENTS, MEASURES

#: What statements are about, in the order of reading, and what a group of them is called.
_HEADS = {measure.name: measure.head for measure in MEASURES.values()} | {
    event.name: event.head for event in EVENTS.values() if event.head
}
_SET_ASIDE = "#80103F"


@takes_ledger
def stated(statements: pd.DataFrame, *, state: str) -> pd.DataFrame:
    """Return the statements on one state, a row for each however many sources made it.

    Parameters
    ----------
    statements : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As ``stockpile.progress(ledger, explain=True)`` or `stockpile.statements`
        returns them. Membership is left out: there is one answer to it.
    state : str
        ISO code.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``figure``, ``value``, ``qualifier``, ``period_start``, ``date``, ``role``,
        ``why``, ``published`` (the earliest), ``sources`` (a list of ids) and ``kinds``;
        by unit, figure and day.
    """
    of_state = statements["iso3"] == state
    rows = statements[of_state & statements["figure"].isin(list(_HEADS))]
    same = ["unit", "figure", "value", "qualifier", "period_start", "date", "role"]
    earliest_first = rows.sort_values(["published", "source_id"], kind="stable")
    groups = earliest_first.groupby(same, sort=False, dropna=False)
    out = groups.agg(
        why=("why", "first"),
        published=("published", "min"),
        sources=("source_id", lambda ids: list(dict.fromkeys(ids))),
        kinds=("kind", lambda kinds: list(dict.fromkeys(kinds))),
    ).reset_index()
    if out.empty:
        return out
    order = out["figure"].map({figure: i for i, figure in enumerate(_HEADS)})
    units = {unit: i for i, unit in enumerate(dict.fromkeys(rows["unit"]))}
    day = out["date"].fillna(out["published"])
    keys = out.assign(a=order, b=out["unit"].map(units), c=day, d=out["published"])
    return out.loc[keys.sort_values(["a", "b", "c", "d", "value"], kind="stable").index]


def disagreement_title(rows: pd.DataFrame, name: str) -> str:
    """Say how far sources agree.

    Examples
    --------
    >>> import pandas as pd
    >>> disagreement_title(pd.DataFrame({"role": ["used", "set aside"]}), "Netherlands")
    'One of two statements on the Netherlands was set aside'
    """
    name = words.the(name)
    n, aside = len(rows), int((rows["role"] == SET_ASIDE).sum())
    if n == 0:
        return f"Nothing is on record of a stock of {name}"
    if aside == 0:
        if n == 1:
            return f"There is one statement on {name}"
        return words.sentence(f"the {words.count(n, 'statement')} on {name} agree")
    verb = "was" if aside == 1 else "were"
    return words.sentence(
        f"{words.spell(aside)} of {words.count(n, 'statement')} on {name} {verb} set aside"
    )


@takes_ledger
@mpl.rc_context(FONT)
def disagreement(
    statements: pd.DataFrame,
    *,
    state: str,
    sources: pd.DataFrame | None = None,
    as_of: Day | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Every statement on one state over time, with who made it and what became of it.

    A row is one statement, made by one source or several. The marker stands on
    the day spoken of, a bar covers a period, and a thin line leads to the day of
    publication. The bar beside it compares the numbers of a group.

    Parameters
    ----------
    statements : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As ``stockpile.progress(ledger, explain=True)`` or `stockpile.statements`
        returns them; other states are left out.
    state : str
        ISO code of the state.
    sources : pandas.DataFrame, optional
        ``source_id`` and ``publisher``, as in ``ledger.sources``; without it, sources are
        named by their ids.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    rows = stated(statements, state=state)
    names = statements.loc[statements["iso3"] == state, "state"]
    name = str(names.iloc[0]) if len(names) else state
    day = style.as_day(as_of)
    publishers = {} if sources is None else sources.set_index("source_id")["publisher"].to_dict()
    ax, places, narrow = rows_axes(ax, _groups(rows), width, 0.6, 0.9)
    days = [rows[c] for c in ("date", "published", "period_start") if c in rows]
    ax.set_xlim(*style.time_limits(pd.concat(days) if days else [], day=day))
    style.time_axis(ax)
    style.year_ticks(ax.xaxis, 5)  # there is as little room as in a narrow chart
    draw_rows(
        ax,
        places,
        mark=lambda y, row: _draw(ax, y, row),
        name=lambda row: _source(row, publishers, 30 if narrow else 40),
        notes=_notes,
        inside=True,
        color=MUTED,
        fontsize=8,
    )
    if rows.empty:
        style.say_empty(ax, "no statement on record")
    else:
        style.legend_below(ax, _legend(rows))
        style.as_of_line(ax, day)
    style.frame_text(ax, title, disagreement_title(rows, name), source, day)
    return ax


def _groups(rows: pd.DataFrame) -> list[Group]:
    """Put statements on the same figure and unit together, with what their marks need."""
    if rows.empty:
        return []
    units = [unit for unit in dict.fromkeys(rows["unit"]) if unit]
    groups = []
    for (figure, unit), part in rows.groupby(["figure", "unit"], sort=False):
        colour = style.unit_style(units.index(unit) if unit else 0).colour
        colours = part["role"].map(lambda role, c=colour: _SET_ASIDE if role == SET_ASIDE else c)
        part = part.assign(colour=colours, largest=part["value"].max())
        heading = words.sentence(_HEADS[str(figure)])
        heading += f": {words.unit(str(unit))}" if unit else ""
        groups.append(Group(heading, list(part.itertuples(index=False))))
    return groups


def _draw(ax: Axes, y: float, row: Any) -> None:
    """Draw one statement: the day or period it speaks of, its publication, its number as a bar."""
    on = row.date if pd.notna(row.date) else row.published
    if pd.notna(row.date) and pd.notna(row.published):
        ax.plot([row.date, row.published], [y, y], color=FAINT, lw=1.2, zorder=1)
        ax.plot([row.published], [y], ls="", marker="|", ms=6, color=MUTED, zorder=2)
    if pd.notna(row.period_start) and pd.notna(row.date):
        look: dict[str, Any] = {"lw": 5, "alpha": 0.3, "solid_capstyle": "butt", "zorder": 2}
        ax.plot([row.period_start, row.date], [y, y], color=row.colour, **look)
    if pd.notna(on):
        ax.plot([on], [y], **_sign(row.role, row.colour), zorder=4)
    if row.largest > 0 and row.value >= 0 and not style.is_narrow(ax):
        small_bar(ax, y, float(row.value) / row.largest, row.colour, GROUND)


def _sign(role: str, colour: str) -> dict[str, Any]:
    """How the marker of a statement looks: filled, hollow or a cross, by what became of it."""
    look = {"ls": "", "marker": "X" if role == SET_ASIDE else "o", "ms": 6, "mew": 1.2}
    return look | {"color": colour, "mfc": colour if role in (USED, SET_ASIDE) else GROUND}


def _source(row: Any, publishers: dict[Any, Any], limit: int) -> str:
    """Name the first of the sources, when it was published, and how many others there are."""
    ids = row.sources
    name = publishers.get(ids[0])
    if not isinstance(name, str) or not style.drawable(name):
        name = str(ids[0])
    year = f", {row.published.year}" if pd.notna(row.published) else ""
    more = f" +{len(ids) - 1}" if len(ids) > 1 else ""
    return words.short_name(name, limit - len(year) - len(more)) + year + more


def _notes(row: Any) -> list[Note]:
    """Write what was stated, and why it was set aside."""
    aside = row.role == SET_ASIDE
    look = {"color": row.colour if aside else INK, "fontsize": 8}
    weight = "bold" if row.role == USED else "normal"
    notes: list[Note] = [(62, _value(row), look | {"weight": weight})]
    return [*notes, (160, words.short_name(str(row.why), 42), look)] if aside else notes


def _value(row: Any) -> str:
    """What was stated, in words: a number, a share or a day."""
    if row.figure == "destroyed_share":
        return words.percent(row.value)
    if pd.notna(row.value):
        # In full, for what sources differ in may be the last digits.
        return words.qualified(words.digits(row.value), row.qualifier)
    return words.dated(row.date, row.qualifier)


def _legend(rows: pd.DataFrame) -> list[Any]:
    """Explain only the signs that were drawn."""
    blue, roles = style.unit_style(0).colour, set(rows["role"])
    periods = rows["period_start"].notna() & rows["date"].notna()
    published: dict[str, Any] = {"color": FAINT, "marker": "|", "mec": MUTED, "ms": 7, "lw": 1.2}
    signs = [
        (USED in roles, style.key("used for the figures", **_sign(USED, blue))),
        ("agrees" in roles, style.key("agrees with what is used", **_sign("agrees", blue))),
        (SET_ASIDE in roles, style.key("set aside", **_sign(SET_ASIDE, _SET_ASIDE))),
        (periods.any(), style.area("the period spoken of", blue, 0.3)),
        (rows["published"].notna().any(), style.key("published", **published)),
    ]
    return [handle for seen, handle in signs if seen]
