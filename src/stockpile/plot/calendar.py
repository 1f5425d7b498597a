"""The calendar of deadlines: who is due when, with what left."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.rows import draw_rows, group_states, rows_axes, small_bar
from stockpile.plot.style import FONT, INK, MUTED, RATING_STYLE
from stockpile.rating.status import DONE

_PAST = "already past"


@takes_ledger
def due(status: pd.DataFrame, *, as_of: Day | None = None) -> pd.DataFrame:
    """Return the states that have stock left and a deadline, the nearest first.

    Parameters
    ----------
    status : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.status` returns it.
    as_of : str or pandas.Timestamp, optional
        Which deadlines are past; left out, those of states rated overdue are.

    Returns
    -------
    pandas.DataFrame
        Rows of ``status`` with ``group``: the year of the deadline as text, or
        ``already past``.
    """
    rows = style.with_stock(status)
    bound = ~rows["status"].isin([*DONE, "no obligation"])
    rows = rows[bound & rows["deadline"].notna()]
    past = rows["status"] == "overdue"
    if as_of is not None:
        past |= rows["deadline"] < pd.Timestamp(as_of)
    group = rows["deadline"].dt.year.astype("str").mask(past, _PAST)
    return rows.assign(group=group).sort_values(["deadline", "state"], kind="stable")


def calendar_title(rows: pd.DataFrame) -> str:
    """Say whose deadline comes next.

    Examples
    --------
    >>> import pandas as pd
    >>> ahead = pd.to_datetime(["2010-01-01", "2024-04-01", "2024-05-01"])
    >>> calendar_title(pd.DataFrame({"group": ["already past", "2024", "2024"],
    ...     "state": ["Greece", "Peru", "Chile"], "deadline": ahead}))
    'Peru and Chile are due next, in 2024; one deadline is already past'
    """
    ahead = rows[rows["group"] != _PAST]
    past = len(rows) - len(ahead)
    verb = "is" if past == 1 else "are"
    if ahead.empty:
        if past:
            return words.sentence(f"{words.count(past, 'deadline')} {verb} past, none is ahead")
        return "No state with stock left has a deadline ahead"
    year = ahead["group"].iloc[0]
    names = ahead.loc[ahead["group"] == year, "state"].tolist()
    who = words.states(names) if len(names) <= 3 else words.count(len(names), "state")
    title = f"{who} {'is' if len(names) == 1 else 'are'} due next, in {year}"
    if past:
        title += f"; {words.count(past, 'deadline')} {verb} already past"
    return words.sentence(title)


@takes_ledger
@mpl.rc_context(FONT)
def calendar(
    status: pd.DataFrame,
    *,
    as_of: Day | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Who is due when, with what left: the states with stock, the nearest deadline first.

    A line leads from the as-of day to the deadline in force, where the marker of
    the rating stands; a star is the date that the state announced. Beside it the share
    of the stock that is left, as a bar, and the number.

    Parameters
    ----------
    status : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.status` returns it. States that have finished, are not bound
        or have no deadline on record are left out.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    day = style.as_day(as_of)
    due_rows = due(status, as_of=as_of)
    groups = [
        group_states(_PAST if year == _PAST else f"due in {year}", part)
        for year, part in due_rows.groupby("group", sort=False)
    ]
    announced = due_rows["planned_completion"]
    handles = [
        style.sign(rating, f"deadline, rated {rating}")
        for rating in RATING_STYLE
        if rating in set(due_rows["status"])
    ]
    if announced.notna().any():
        handles.append(style.key("date the state announced", **style.star(9)))
    n = len(handles)
    ax, places, narrow = rows_axes(ax, groups, width, 0.4 + 0.2 * (n // 3), 0.65 + 0.2 * n)
    ax.set_xlim(*style.time_limits([*due_rows["deadline"], *announced], day=day, pad=0.03))
    style.time_axis(ax)
    draw_rows(
        ax,
        places,
        mark=lambda y, row: _draw(ax, y, row, day),
        name=lambda row: words.short_name(row.state, 30 if narrow else 34),
        notes=lambda row: [(62, _remaining(row, narrow), {})],
    )
    style.legend_below(ax, handles)
    if due_rows.empty:
        style.say_empty(ax, "no deadline to meet")
    else:
        style.as_of_line(ax, day)
        if not narrow:
            style.column_heads(ax, {8: "stock remaining"})
    style.frame_text(ax, title, calendar_title(due_rows), source, day)
    return ax


def _draw(ax: Axes, y: float, row: Any, day: Any) -> None:
    """Draw one state: the time left, or the time since; what remains."""
    late = row.group == _PAST
    if pd.notna(day):
        colour = RATING_STYLE[row.status].colour if late else MUTED
        look: dict[str, Any] = {"lw": 2.4 if late else 1.6, "solid_capstyle": "butt", "zorder": 2}
        ax.plot([day, row.deadline], [y, y], color=colour, **look)
    ax.plot([row.deadline], [y], **style.marker(row.status, 7), zorder=4)
    if pd.notna(row.planned_completion):
        ax.plot([row.planned_completion], [y], **style.star(8), zorder=5)
    if row.share_destroyed >= 0 and not style.is_narrow(ax):
        small_bar(ax, y, 1 - min(row.share_destroyed, 1.0), INK)


def _remaining(row: Any, short: bool) -> str:
    """What remains, in words: the share, and the number with its unit."""
    number = words.amount(row.remaining, row.remaining_qualifier)
    known = pd.notna(row.share_destroyed)
    share = words.percent(1 - row.share_destroyed) if known else ""
    if pd.isna(row.remaining):
        return f"{share} remaining" if known else "not on record"
    if short:
        return f"{number} remaining" + (f" ({share})" if known else "")
    unit = words.short_name(words.unit(str(row.unit)), 22)
    return f"{share}, {number} {unit}" if known else f"{number} {unit}"
