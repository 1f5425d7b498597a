"""The timeline: one line per state, from entry into force to completion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stockpile.common import english as words
from stockpile.common.frames import named_rows
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.rows import Group, Note, draw_rows, group_states, rows_axes
from stockpile.plot.style import FAINT, FONT, INK, MUTED, RATING_STYLE
from stockpile.rating.reasons import LIKELY
from stockpile.rating.status import DONE, OPEN

#: Height of a dot in a stack of them, in rows.
DOT = 0.38
_DEADLINE: dict[str, Any] = {"ls": "", "marker": "|", "mew": 1.7, "color": INK}
_EXTENSION: dict[str, Any] = {"color": MUTED, "lw": 1.1, "ls": (0, (2, 1.4))}


@takes_ledger
def timeline_title(status: pd.DataFrame) -> str:
    """Say what a timeline of these states shows, trouble first.

    Examples
    --------
    >>> import pandas as pd
    >>> timeline_title(pd.DataFrame({"status": ["at risk", "on target", "completed"]}))
    'One of three states that had stocks is at risk'
    """
    counts, total = style.rating_counts(status), len(status)
    if total == 0:
        return "No state is known to have had stocks"
    for rating in OPEN[:3]:
        if n := int(counts.get(rating, 0)):
            rest = f"{words.spell(n)} of {words.count(total, 'state')} that had stocks"
            if total == 1:
                rest = "the one state that had stocks"
            return words.sentence(f"{rest} {'is' if n == 1 else 'are'} {rating}")
    done = int(counts.reindex(DONE).fillna(0).sum())
    return words.sentence(style.finished_of(done, total, " that had stocks"))


@takes_ledger
@mpl.rc_context(FONT)
def timeline(
    status: pd.DataFrame,
    *,
    steps: pd.DataFrame | None = None,
    as_of: Day | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
    max_rows: int = 48,
) -> Axes:
    """One line per state: the time allowed, and when it finished or is expected to.

    Parameters
    ----------
    status : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.status` returns it; states without stock are left out.
    steps : pandas.DataFrame, optional
        As `stockpile.stock.steps.steps` returns them: marked on the day that each was due.
    as_of : str or pandas.Timestamp, optional
        Draws the line of that day.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a figure of the right height is made.
    title, source : str, optional
        Above and below the chart. Without a title the chart says what is to be
        seen; an empty string leaves the text out.
    width : float
        Of the figure made, in inches. Below six, names stand above their lines.
    max_rows : int
        With more states than this, those that have finished become one row of
        dots, a dot a state.

    Returns
    -------
    matplotlib.axes.Axes
    """
    stocked = trouble_first(style.with_stock(status))
    day = style.as_day(as_of)
    folded = DONE if len(stocked) > max_rows else ()
    by_rating = stocked.groupby("status", sort=False)
    groups = [_group(str(rating), part, folded) for rating, part in by_rating]
    ax, places, narrow = rows_axes(ax, groups, width, 0.6, 0.75)
    dates = "entry_into_force original_deadline deadline completed planned_completion".split()
    known = pd.concat([stocked[c] for c in dates])
    dated = pd.DataFrame(columns=["iso3"]) if steps is None else steps.dropna(subset=["due"])
    due = {str(iso3): part for iso3, part in dated.groupby("iso3")}
    limits = style.time_limits(known, tails=stocked["latest"], day=day)
    draw_rows(
        ax,
        places,
        mark=lambda y, row: _draw(ax, y, row, day, limits[1], due),
        name=lambda row: "" if _folds(row) else words.short_name(row.state, 38 if narrow else 34),
        notes=lambda row: [] if _folds(row) else _notes(row, day, narrow),
    )
    ax.set_xlim(*limits)
    style.time_axis(ax)
    style.as_of_line(ax, day)
    if not narrow and stocked["status"].isin(OPEN[1:]).any():
        style.column_heads(ax, {8: "finishing in\ntime is", 66: "share\ndestroyed"})
    if stocked.empty:
        style.say_empty(ax, "no state with stock on record")
    _legend(ax, stocked, folded, limits[1], due)
    style.frame_text(ax, title, timeline_title(stocked), source, day)
    return ax


@takes_ledger
def trouble_first(status: pd.DataFrame) -> pd.DataFrame:
    """Sort by rating; then the nearest deadline, or the latest to finish, first."""
    order = status["status"].map({rating: look.order for rating, look in RATING_STYLE.items()})
    done = status["status"].isin(DONE)
    nearest = status["deadline"].where(~done)
    latest = -(status["completed"].where(done) - pd.Timestamp(0)).dt.days
    keys = pd.concat([order, nearest, latest, status["state"]], axis=1, keys=list("abcd"))
    return status.loc[keys.sort_values(list("abcd")).index]


def _group(rating: str, states: pd.DataFrame, folded: tuple[str, ...]) -> Group:
    """Make a group of the states with a rating: a row each, or one row of dots for all."""
    if rating not in folded:
        return group_states(rating, states, rating=rating)
    dots = _dot_stack(states).assign(rating=rating)
    rise = max(dots["level"].max() * DOT - 0.3, 0.0) if len(dots) else 0.0
    return group_states(rating, states, rating=rating, rows=[dots] if len(dots) else [], rise=rise)


def _folds(row: Any) -> bool:
    """Whether a row is the dots of many states."""
    return isinstance(row, pd.DataFrame)


def _dot_stack(group: pd.DataFrame) -> pd.DataFrame:
    """Stack the dots of states that finished in the same half-year."""
    done = group["completed"].dropna().sort_values()
    half = done.dt.year * 2 + (done.dt.month > 6)
    middle = pd.to_datetime(
        {"year": half // 2, "month": np.where(half % 2, 10, 4), "day": np.ones(len(half), int)}
    )
    return pd.DataFrame({"date": middle, "level": half.groupby(half).cumcount()})


def _draw(
    ax: Axes, y: float, row: Any, day: Any, right: Any, due: Mapping[str, pd.DataFrame]
) -> None:
    """Draw one state, its time allowed, dates and projection, or the dots of many."""
    if _folds(row):
        rating = str(row["rating"].iloc[0])
        ax.plot(row["date"], y - DOT * row["level"], **style.marker(rating, 4.2), zorder=3)
        return
    colour = RATING_STYLE[row.status].colour
    original = row.original_deadline if pd.notna(row.original_deadline) else row.deadline
    line: dict[str, Any] = {"solid_capstyle": "butt", "zorder": 1}
    if pd.notna(row.entry_into_force) and pd.notna(original):
        ax.plot([row.entry_into_force, original], [y, y], color=FAINT, lw=3.2, **line)
    if pd.notna(row.deadline) and row.deadline != original:
        ax.plot([original, row.deadline], [y, y], **_EXTENSION, zorder=1)
        ax.plot([original], [y], **(_DEADLINE | {"color": MUTED, "mew": 1.1}), ms=6, zorder=2)
    if pd.notna(row.deadline):
        ax.plot([row.deadline], [y], **_DEADLINE, ms=8 if style.is_narrow(ax) else 10, zorder=2)
    for step in named_rows(due[row.iso3]) if row.iso3 in due else ():
        ax.plot([step.due], [y], **style.STEPS[step.outcome], ms=4, zorder=3)
    if row.status in DONE:
        if pd.notna(row.completed):
            ax.plot([row.completed], [y], **style.marker(row.status, 6.5), zorder=4)
        return
    if row.status == "overdue" and pd.notna(row.deadline) and pd.notna(day):
        ax.plot([row.deadline, day], [y, y], color=colour, lw=2.2, **line)
        ax.plot([day], [y], **style.marker(row.status, 6.5), zorder=4)
    if row.status in OPEN and row.earliest < right:
        # No latest day: one in ten of comparable states was never seen to finish.
        beyond = pd.isna(row.latest) or row.latest > right
        ends = [row.earliest, right if beyond else row.latest]
        ax.plot(ends, [y, y], color=colour, alpha=0.4, lw=6, **line)
        if row.status != "overdue" and row.projected <= right:
            ax.plot([row.projected], [y], **style.marker(row.status, 6), zorder=4)
        if beyond:
            style.runs_on(ax, y, colour, 4.5)
    if pd.notna(row.planned_completion):
        ax.plot([row.planned_completion], [y], **(style.star(7.5) | {"mfc": "none"}), zorder=5)


def _notes(row: Any, day: Any, narrow: bool) -> list[Note]:
    """Put behind a line what a reader would ask next, and the share destroyed."""
    notes: list[Note] = [(8, _side_note(row, day, narrow), {})]
    if row.status in OPEN[1:]:
        notes.append((66, words.percent(row.share_destroyed), {}))
    return notes


def _side_note(row: Any, day: Any, narrow: bool) -> str:
    """When it finished, how late it is, or how likely it is to be in time."""
    if row.status in DONE:
        when = words.month(row.completed) if pd.notna(row.completed) else "on an unknown day"
        return when if narrow else f"finished {when}"
    if row.status == "overdue" and pd.notna(row.deadline) and pd.notna(day):
        years = int((day - row.deadline).days // 365.25)
        return f"{words.count(years, 'year')} past" if years else "under a year past"
    if row.status in ("no data", "unconfirmed"):
        return f"last heard of {row.last_report.year}" if pd.notna(row.last_report) else "no report"
    if row.status == "no obligation":
        return "not a party"
    likely = LIKELY.get(row.status, "")
    return f"in time: {likely}" if narrow and likely else likely


def _legend(
    ax: Axes,
    stocked: pd.DataFrame,
    folded: tuple[str, ...],
    right: Any,
    due: Mapping[str, pd.DataFrame],
) -> None:
    """Explain only the signs that were drawn."""
    drawn = stocked[~stocked["status"].isin(folded)]
    opened = drawn[~drawn["status"].isin(DONE)]
    original = drawn["original_deadline"]
    extended = original.notna() & (drawn["deadline"] != original)
    ahead = opened["status"].isin(OPEN) & (opened["earliest"] < right)
    allowed: dict[str, Any] = {"color": FAINT, "lw": 3.2, "mec": INK, "ms": 9}
    allowed |= {"marker": "|", "markevery": [1]}
    expected: dict[str, Any] = {"color": MUTED, "lw": 6, "alpha": 0.45}
    star = style.star(8) | {"mew": 1, "mfc": "none"}
    dot = style.marker(DONE[0], 4.2)
    signs = [
        (drawn["entry_into_force"].notna().any(), "entry into force to deadline", allowed),
        (extended.any(), "extension", _EXTENSION | {"marker": "|", "ms": 7}),
        (ahead.any(), "expected to finish: median and 10 to 90% range", expected),
        (opened["planned_completion"].notna().any(), "date the state announced", star),
        (folded, "a dot is a state, in the half-year it finished", dot),
    ]
    handles = [style.key(text, **look) for seen, text, look in signs if seen]
    on_lines = [named_rows(due[iso3]) for iso3 in drawn["iso3"] if iso3 in due]
    handles += style.step_signs(step for steps in on_lines for step in steps)
    fits = len(handles) < 4 and sum(len(str(h.get_label())) for h in handles) < 105
    style.legend_below(ax, handles, columns=3 if fits else 2)
