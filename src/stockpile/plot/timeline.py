"""The timeline: one line per state, from entry into force to completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stockpile.common import english as words
from stockpile.plot.style import (
    FAINT,
    FONT,
    GROUND,
    INK,
    MUTED,
    RATING_STYLE,
    as_of_line,
    frame_text,
    is_narrow,
    legend_below,
    marker,
    new_axes,
    rating_counts,
    time_axis,
)
from stockpile.rating.status import DONE, OPEN

if TYPE_CHECKING:
    from matplotlib.axes import Axes


#: Height of a dot in a stack of them, in rows.
DOT = 0.38


def timeline_title(status: pd.DataFrame) -> str:
    """Say what a timeline of these states shows, trouble first.

    Examples
    --------
    >>> import pandas as pd
    >>> timeline_title(pd.DataFrame({"status": ["at risk", "on target", "completed"]}))
    'One of three states with stock is at risk'
    """
    counts, total = rating_counts(status), len(status)
    if total == 0:
        return "No state is known to have had stock"
    for rating in OPEN[:3]:
        if n := int(counts.get(rating, 0)):
            rest = f"{words.spell(n)} of {words.count(total, 'state')} with stock"
            return words.sentence(f"{rest} {'is' if n == 1 else 'are'} {rating}")
    done = int(counts.reindex(DONE).fillna(0).sum())
    if done == total:
        if total == 1:
            return "The one state with stock has finished"
        return words.sentence(f"all {words.spell(total)} states with stock have finished")
    verb = "has" if done == 1 else "have"
    return words.sentence(
        f"{words.spell(done)} of {words.count(total, 'state')} with stock {verb} finished"
    )


def timeline(
    status: pd.DataFrame,
    *,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
    max_rows: int = 48,
) -> Axes:
    """One line per state: the time allowed, and when it finished or is expected to.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it; states without stock are left out.
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
    import matplotlib as mpl

    shown = status[status["has_stock"].astype(bool)] if "has_stock" in status else status
    shown = trouble_first(shown)
    narrow = is_narrow(ax, width)
    folded = DONE if len(shown) > max_rows else ()
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    rows, height = _rows(shown, folded, narrow)
    with mpl.rc_context(FONT):
        if ax is None:
            inches = 0.9 + height * (0.33 if narrow else 0.225) + (0.75 if narrow else 0.6)
            ax = new_axes(width, max(inches, 1.8))
        limits = _time_limits(shown, day)
        for kind, y, content in rows:
            if kind == "head":
                _draw_head(ax, y, content, int((shown["status"] == content).sum()), narrow)
            elif kind == "dots":
                _draw_dots(ax, y, shown[shown["status"] == content], content)
            else:
                _draw_state(ax, y, content, day, limits[1], narrow)
        ax.set_xlim(*limits)
        ax.set_ylim(height, -0.9)
        time_axis(ax, narrow)
        names = [(y, c) for kind, y, c in rows if kind == "state"] if not narrow else []
        ax.set_yticks([y for y, _ in names])
        ax.set_yticklabels([words.short_name(c.state, 34) for _, c in names], parse_math=False)
        if not len(shown):
            ax.text(0.5, 0.5, "no state with stock on record", transform=ax.transAxes, ha="center")
        if pd.notna(day):
            as_of_line(ax, day)
        if not narrow and shown["status"].isin(OPEN[1:]).any():
            _head_columns(ax)
        _timeline_legend(ax, shown, folded, limits[1], narrow)
        frame_text(ax, timeline_title(shown) if title is None else title, source, day)
    return ax


def trouble_first(status: pd.DataFrame) -> pd.DataFrame:
    """Sort by rating; then the nearest deadline, or the latest to finish, first."""
    order = status["status"].map({r: s.order for r, s in RATING_STYLE.items()})
    done = status["status"].isin(DONE)
    nearest = status["deadline"].where(~done)
    latest = -(status["completed"].where(done) - pd.Timestamp(0)).dt.days
    keys = pd.DataFrame({"a": order, "b": nearest, "c": latest, "d": status["state"]})
    return status.loc[keys.sort_values(["a", "b", "c", "d"], kind="stable").index]


def _rows(
    shown: pd.DataFrame, folded: tuple[str, ...], narrow: bool
) -> tuple[list[tuple[str, float, Any]], float]:
    """Give each heading, state and row of dots its place, from the top down."""
    rows: list[tuple[str, float, Any]] = []
    y = 0.0
    for rating in rating_counts(shown).index:
        group = shown[shown["status"] == rating]
        if rating in folded:
            # The dots rise above their place. The name stands beside the lowest of them
            # or, where there is no beside, above the highest.
            levels = _dot_stack(group)["level"]
            rise = max(levels.max() * DOT - 0.3, 0.0) if len(levels) else 0.0
            if narrow:
                rows.append(("head", y, rating))
                y += 0.8
            y += rise
            if not narrow:
                rows.append(("head", y, rating))
            rows.append(("dots", y, rating))
            y += 1.35
        else:
            rows.append(("head", y, rating))
            y += 1.05
            for state in group.itertuples(index=False):
                rows.append(("state", y, state))
                y += 1.0
            y += 0.35
    return rows, max(y - 0.35, 1.0)


def _dot_stack(group: pd.DataFrame) -> pd.DataFrame:
    """Stack the dots of states that finished in the same half-year."""
    done = group["completed"].dropna().sort_values()
    half = done.dt.year * 2 + (done.dt.month > 6)
    middle = pd.to_datetime(
        {"year": half // 2, "month": np.where(half % 2, 10, 4), "day": np.ones(len(half), int)}
    )
    return pd.DataFrame({"date": middle, "level": half.groupby(half).cumcount()})


def _time_limits(shown: pd.DataFrame, day: Any) -> tuple[Any, Any]:
    """Where the time axis starts and ends; a far tail of a projection is cut off."""
    near = pd.Series([day]).dropna()
    starts = pd.concat([shown["entry_into_force"], shown["completed"], near]).dropna()
    fixed = ["deadline", "original_deadline", "completed", "planned_completion"]
    ends = pd.concat([*(shown[c] for c in fixed), near]).dropna()
    if starts.empty or ends.empty:
        now = pd.Timestamp("2010-01-01") if pd.isna(day) else day
        starts, ends = pd.Series([now]), pd.Series([now + pd.DateOffset(years=1)])
    first, last = starts.min(), max(ends.max(), starts.max())
    tails = shown["latest"].dropna()
    if len(tails):
        last = max(
            last, min(tails.max(), (day if pd.notna(day) else last) + pd.DateOffset(years=10))
        )
    pad = max((last - first) * 0.02, pd.Timedelta(days=40))
    return first - pad, last + pad


def _draw_head(ax: Axes, y: float, rating: str, n: int, narrow: bool) -> None:
    """Name a rating above its group, with its marker and the number of states."""
    # Beside the axis, where no line crosses the words; in a narrow chart there is no beside.
    sign, text, side = (5, 13, "left") if narrow else (-8, -15, "right")
    place: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "va": "center",
    }
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    shift = ScaledTranslation(sign / 72, 0, figure.dpi_scale_trans)
    ax.plot(
        [0], [y], transform=ax.get_yaxis_transform() + shift, clip_on=False, zorder=4,
        **marker(rating, 6.5),
    )  # fmt: skip
    label = f"{rating} · {words.count(n, 'state')}"
    if narrow:
        place["bbox"] = {"fc": GROUND, "ec": "none", "pad": 0.4}
    ax.annotate(label, (0, y), xytext=(text, 0), ha=side, weight="bold", color=INK, **place)


def _head_columns(ax: Axes) -> None:
    """Name the two columns of numbers beside the lines."""
    for text, x in (("chance to be", 8), ("share", 66)):
        below = "in time" if x == 8 else "destroyed"
        ax.annotate(
            f"{text}\n{below}", (1, 1), xycoords="axes fraction", xytext=(x, 3),
            textcoords="offset points", va="bottom", color=MUTED, fontsize=8,
        )  # fmt: skip


def _draw_dots(ax: Axes, y: float, group: pd.DataFrame, rating: str) -> None:
    """Draw a group of finished states as dots, stacked where they finished."""
    stack = _dot_stack(group)
    ax.plot(stack["date"], y - DOT * stack["level"], **marker(rating, 4.2), zorder=3)


def _draw_state(ax: Axes, y: float, row: Any, day: Any, right: Any, narrow: bool) -> None:
    """Draw one state: time allowed, deadlines, announced date, completion or projection."""
    style = RATING_STYLE[row.status]
    original = row.original_deadline if pd.notna(row.original_deadline) else row.deadline
    line: dict[str, Any] = {"solid_capstyle": "butt", "zorder": 1}
    if pd.notna(row.entry_into_force) and pd.notna(original):
        ax.plot([row.entry_into_force, original], [y, y], color=FAINT, lw=3.2, **line)
    if pd.notna(row.deadline) and row.deadline != original:
        ax.plot([original, row.deadline], [y, y], color=MUTED, lw=1.1, ls=(0, (2, 1.4)), zorder=1)
        ax.plot([original], [y], ls="", marker="|", ms=6, mew=1.1, color=MUTED, zorder=2)
    if pd.notna(row.deadline):
        ax.plot(
            [row.deadline],
            [y],
            ls="",
            marker="|",
            ms=8 if narrow else 10,
            mew=1.7,
            color=INK,
            zorder=2,
        )
    if row.status in DONE:
        if pd.notna(row.completed):
            ax.plot([row.completed], [y], **marker(row.status, 6.5), zorder=4)
    else:
        if row.status == "overdue" and pd.notna(row.deadline) and pd.notna(day):
            ax.plot([row.deadline, day], [y, y], color=style.colour, lw=2.2, **line)
            ax.plot([day], [y], **marker(row.status, 6.5), zorder=4)
        if row.status in OPEN and row.earliest < right:
            # No latest day: one in ten of comparable states was never seen to finish.
            beyond = pd.isna(row.latest) or row.latest > right
            ends = [row.earliest, right if beyond else row.latest]
            ax.plot(ends, [y, y], color=style.colour, alpha=0.4, lw=6, **line)
            if row.status != "overdue" and row.projected <= right:
                ax.plot([row.projected], [y], **marker(row.status, 6), zorder=4)
            if beyond:
                ax.plot(
                    [1], [y], transform=ax.get_yaxis_transform(), clip_on=False,
                    ls="", marker=">", ms=4.5, color=style.colour, zorder=4,
                )  # fmt: skip
        if pd.notna(row.planned_completion):
            ax.plot(
                [row.planned_completion], [y], ls="", marker="*", ms=7.5, mew=0.9,
                mec=INK, mfc="none", zorder=5,
            )  # fmt: skip
    side: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "zorder": 6,
    }
    note = _side_note(row, day, narrow)
    if narrow:
        # On the ground's colour, for lines of other things pass behind.
        side["bbox"] = {"fc": GROUND, "ec": "none", "pad": 0.4}
        ax.annotate(
            words.short_name(row.state, 38), (0, y), xytext=(0, 5.5), parse_math=False, **side
        )
        ax.annotate(note, (1, y), xytext=(0, 5.5), ha="right", color=MUTED, **side)
    else:
        ax.annotate(note, (1, y), xytext=(8, 0), va="center", color=MUTED, **side)
        if row.status in OPEN[1:]:
            gone = words.percent(row.share_destroyed)
            ax.annotate(gone, (1, y), xytext=(66, 0), va="center", color=MUTED, **side)


def _side_note(row: Any, day: Any, narrow: bool) -> str:
    """Put beside a line what a reader would ask next."""
    if row.status in DONE:
        when = words.month(row.completed) if pd.notna(row.completed) else "on an unknown day"
        return when if narrow else f"finished {when}"
    if row.status == "overdue" and pd.notna(row.deadline) and pd.notna(day):
        years = int((day - row.deadline).days // 365.25)
        return f"{words.count(years, 'year')} past" if years else "under a year past"
    if row.status == "no data":
        return f"last heard of {row.last_report.year}" if pd.notna(row.last_report) else "no report"
    if row.status == "no obligation":
        return "not bound"
    chance = words.percent(row.p_on_time)
    return f"in time: {chance}" if narrow else chance


def _timeline_legend(
    ax: Axes, shown: pd.DataFrame, folded: tuple[str, ...], right: Any, narrow: bool
) -> None:
    """Explain only the signs that were drawn."""
    from matplotlib.lines import Line2D

    drawn = shown[~shown["status"].isin(folded)]
    opened = drawn[~drawn["status"].isin(DONE)]
    extended = drawn["original_deadline"].notna() & (
        drawn["deadline"] != drawn["original_deadline"]
    )
    signs: list[tuple[bool, str, dict[str, Any]]] = [
        (
            bool(drawn["entry_into_force"].notna().any()),
            "entry into force to deadline",
            {"color": FAINT, "lw": 3.2, "marker": "|", "markevery": [1], "mec": INK, "ms": 9},
        ),
        (
            bool(extended.any()),
            "extension",
            {"color": MUTED, "lw": 1.1, "ls": (0, (2, 1.4)), "marker": "|", "ms": 7},
        ),
        (
            bool((opened["status"].isin(OPEN) & (opened["earliest"] < right)).any()),
            "expected to finish: median and 10 to 90% range",
            {"color": MUTED, "lw": 6, "alpha": 0.45},
        ),
        (
            bool(opened["planned_completion"].notna().any()),
            "date the state announced",
            {"ls": "", "marker": "*", "mec": INK, "mfc": "none", "ms": 8},
        ),
        (bool(folded), "a dot is a state, in the half-year it finished", marker(DONE[0], 4.2)),
    ]
    handles = [Line2D([0, 1], [0, 0], label=text, **look) for there, text, look in signs if there]
    if handles:
        fits = len(handles) < 4 and sum(len(str(h.get_label())) for h in handles) < 105
        legend_below(ax, handles, columns=1 if narrow else 3 if fits else 2)
