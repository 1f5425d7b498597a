"""The calendar of deadlines: who is due when, with what left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    sign,
    time_axis,
)
from stockpile.rating.status import DONE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAST = "already past"


def due(status: pd.DataFrame, *, as_of: Any = None) -> pd.DataFrame:
    """Return the states that have stock left and a deadline, the nearest first.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    as_of : str or pandas.Timestamp, optional
        Which deadlines are past; left out, those of states rated overdue are.

    Returns
    -------
    pandas.DataFrame
        Rows of ``status`` with ``group``: the year of the deadline as text, or
        ``already past``.
    """
    stocked = status["has_stock"].astype(bool) if "has_stock" in status else True
    bound = ~status["status"].isin([*DONE, "no obligation"])
    rows = status[stocked & bound & status["deadline"].notna()]
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
    who = words.listing(names) if len(names) <= 3 else words.count(len(names), "state")
    said = f"{who} {'is' if len(names) == 1 else 'are'} due next, in {year}"
    if past:
        said += f"; {words.count(past, 'deadline')} {verb} already past"
    return words.sentence(said)


def calendar(
    status: pd.DataFrame,
    *,
    as_of: Any = None,
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
    status : pandas.DataFrame
        As `stockpile.status` returns it. States that have finished, are not bound
        or have no deadline on record are left out.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl

    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    rows = due(status, as_of=as_of)
    narrow = is_narrow(ax, width)
    step, head = (1.6, 1.8) if narrow else (1.0, 1.1)
    places: list[tuple[str, float, Any]] = []
    y = 0.0
    for group, part in rows.groupby("group", sort=False):
        places.append(("head", y, (group, len(part))))
        y += head
        for row in part.itertuples(index=False):
            places.append(("state", y, row))
            y += step
        y += 0.2 if narrow else 0.4
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, max(_around(rows, narrow) + y * 0.225, 1.8))
        _limits(ax, rows, day)
        ax.set_ylim(max(y - 0.3, 1.0), -0.9)
        time_axis(ax, narrow)
        ax.set_yticks([])
        for kind, at, content in places:
            if kind == "head":
                group, n = content
                _draw_head(ax, at, group, n, narrow)
            else:
                _draw_due(ax, at, content, day, narrow)
        if rows.empty:
            ax.text(0.5, 0.5, "no deadline to meet", transform=ax.transAxes, ha="center")
            ax.set_axis_off()
        else:
            _legend(ax, rows, narrow)
            if not narrow:
                ax.annotate(
                    "left of the stock", (1, 1), xycoords="axes fraction", xytext=(8, 3),
                    textcoords="offset points", va="bottom", color=MUTED, fontsize=8,
                )  # fmt: skip
        if pd.notna(day) and len(rows):
            as_of_line(ax, day)
        frame_text(ax, calendar_title(rows) if title is None else title, source, day)
    return ax


def _around(rows: pd.DataFrame, narrow: bool) -> float:
    """Inches that title, axis and legend take."""
    signs = rows["status"].nunique() + int(rows["planned_completion"].notna().any())
    return 1.55 + 0.2 * signs if narrow else 1.1 + 0.2 * (signs // 3 + 1)


def _limits(ax: Axes, rows: pd.DataFrame, day: Any) -> None:
    days = pd.concat([rows["deadline"], rows["planned_completion"], pd.Series([day])]).dropna()
    if days.empty:
        days = pd.Series([pd.Timestamp("2010-01-01")])
    first, last = days.min(), days.max()
    pad = max((last - first) * 0.03, pd.Timedelta(days=60))
    ax.set_xlim(first - pad, last + pad)


def _draw_head(ax: Axes, y: float, group: str, n: int, narrow: bool) -> None:
    """Name a year above its states."""
    name = group if group == _PAST else f"due in {group}"
    ax.annotate(
        f"{name} · {words.count(n, 'state')}", (0, y), xycoords=ax.get_yaxis_transform(),
        xytext=(0 if narrow else -8, 0), textcoords="offset points", va="center", weight="bold",
        ha="left" if narrow else "right", color=INK, annotation_clip=False, zorder=5,
        bbox={"fc": GROUND, "ec": "none", "pad": 0.4},
    )  # fmt: skip


def _draw_due(ax: Axes, y: float, row: Any, day: Any, narrow: bool) -> None:
    """Draw one state: the time left, or the time since; what is left; the number."""
    style = RATING_STYLE[row.status]
    late = row.group == _PAST
    if pd.notna(day):
        look: dict[str, Any] = {"lw": 2.4 if late else 1.6, "solid_capstyle": "butt", "zorder": 2}
        colour = style.colour if late else MUTED
        ax.plot([day, row.deadline], [y, y], color=colour, **look)
    ax.plot([row.deadline], [y], **marker(row.status, 7), zorder=4)
    if pd.notna(row.planned_completion):
        ax.plot(
            [row.planned_completion], [y], ls="", marker="*", ms=8, mew=0.9, mec=INK, mfc=GROUND,
            zorder=5,
        )  # fmt: skip
    side: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
        "zorder": 6,
    }
    if narrow:
        side["bbox"] = {"fc": GROUND, "ec": "none", "pad": 0.4}
        ax.annotate(
            words.short_name(row.state, 30), (0, y), xytext=(0, 6), parse_math=False, **side
        )
        ax.annotate(_left(row, True), (1, y), xytext=(0, 6), ha="right", color=MUTED, **side)
        return
    ax.annotate(
        words.short_name(row.state, 34), (0, y), xytext=(-8, 0), ha="right", va="center",
        parse_math=False, **side,
    )  # fmt: skip
    ax.annotate(
        _left(row, False), (1, y), xytext=(62, 0), va="center", color=MUTED, parse_math=False,
        **side,
    )  # fmt: skip
    if row.share_destroyed >= 0:
        _meter(ax, y, 1 - min(row.share_destroyed, 1.0))


def _left(row: Any, short: bool) -> str:
    """What is left, in words: the share, and the number with its unit."""
    number = words.amount(row.remaining, row.remaining_qualifier)
    known = pd.notna(row.share_destroyed)
    share = words.percent(1 - row.share_destroyed) if known else ""
    if pd.isna(row.remaining):
        return f"{share} left" if known else "not on record"
    if short:
        return f"{number} left" + (f" ({share})" if known else "")
    unit = words.short_name(words.unit(str(row.unit)), 22)
    return f"{share}, {number} {unit}" if known else f"{number} {unit}"


def _meter(ax: Axes, y: float, share: float) -> None:
    """Draw the share left as a small bar beside the chart."""
    from matplotlib.offsetbox import AnnotationBbox, DrawingArea
    from matplotlib.patches import Rectangle

    box = DrawingArea(46, 6)
    box.add_artist(Rectangle((0, 0), 46, 6, fc=FAINT, ec="none"))
    box.add_artist(Rectangle((0, 0), 46 * share, 6, fc=INK, ec="none"))
    place = ax.get_yaxis_transform()
    ax.add_artist(
        AnnotationBbox(
            box, (1, y), xycoords=place, xybox=(8, 0), boxcoords="offset points", pad=0,
            box_alignment=(0, 0.5), frameon=False, annotation_clip=False,
        )
    )  # fmt: skip


def _legend(ax: Axes, rows: pd.DataFrame, narrow: bool) -> None:
    """Explain only the signs that were drawn."""
    from matplotlib.lines import Line2D

    there = set(rows["status"])
    handles = [sign(r, f"deadline, rated {r}") for r in RATING_STYLE if r in there]
    if rows["planned_completion"].notna().any():
        star: dict[str, Any] = {"ls": "", "marker": "*", "mec": INK, "mfc": GROUND, "ms": 9}
        handles.append(Line2D([], [], label="date the state announced", **star))
    legend_below(ax, handles, columns=1 if narrow else 3)
