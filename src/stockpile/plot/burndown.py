"""The burn-down of one state: what was said of its stock, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from stockpile.common import english as words
from stockpile.plot import style
from stockpile.plot.burndown_data import (
    burndown_title,
    fan_days,
    lines_left,
    require_state,
    row_of,
    statement_points,
)
from stockpile.plot.style import FAINT, FONT, GROUND, INK, MUTED, RATING_STYLE, UNIT_STYLES
from stockpile.rating.status import DONE
from stockpile.stock.reconcile import SET_ASIDE, USED

#: Shape of the statements on each unit, in the order of the treaty.
_SHAPES = ("o", "s", "^", "P")
#: A declaration this far from the one used now, as a share of it, is named.
_FAR = 0.08
_FOUND: dict[str, Any] = {"ls": "", "marker": "^", "color": INK, "mfc": GROUND}


@mpl.rc_context(FONT)
def burndown(
    progress: pd.DataFrame,
    *,
    state: str,
    statements: pd.DataFrame | None = None,
    status: pd.DataFrame | None = None,
    fan: pd.DataFrame | None = None,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """What one state had left over the years, by unit, and when it is expected to be done.

    Upwards goes the stock left: its number where the state has one unit, its share
    of the declared stock where it has several, which do not compare. Every
    statement is a point: filled where the line rests on it, hollow where it agrees,
    a cross where it was set aside. A bar through a point is the range that a
    rounded number stands for; an arrow says 'or less', or 'or more'. The fan goes
    straight from what was left to each of the days of completion: nobody
    projects the way in between.

    Parameters
    ----------
    progress : pandas.DataFrame
        As `stockpile.progress` returns it; other states are left out.
    state : str
        ISO code of the state.
    statements : pandas.DataFrame, optional
        As ``stockpile.progress(ledger, explain=True)`` returns them.
    status : pandas.DataFrame, optional
        As `stockpile.status` returns it: deadlines, rating, announced date.
    fan : pandas.DataFrame, optional
        As `stockpile.project` returns it. Without it the fan is drawn from the
        10, 50 and 90 per cent in `status`.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When none of the frames has a row on the state.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2022-06-30")
    >>> ax = burndown(sp.progress(then), state="PER", status=sp.status(then), as_of=then.day)
    >>> ax.get_title("left")
    'Peru has 92% of its submunitions left; it is on target for April 2024'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_state(state, progress, statements, status, fan)
    row = row_of(status, state)
    day = style.as_day(as_of)
    begun = pd.Series([day, pd.NaT if row is None else row.entry_into_force]).min()
    lines = lines_left(progress, state=state, begun=begun)
    points = statement_points(statements, lines, state=state, begun=begun)
    ahead = fan_days(row_of(fan, state), row)
    narrow = style.is_narrow(ax, width)
    units = list(dict.fromkeys([*lines["unit"], *points["unit"]]))
    base = lines.groupby("unit", sort=False)["whole"].max().to_dict()
    if len(units) == 1:
        base = dict.fromkeys(base, 1.0)  # numbers, not shares
    one_figure = ax is None
    ax = style.new_axes(width, 4.6 if narrow else 4.2) if ax is None else ax
    ax.set_xlim(*_limits(lines, points, row, ahead, day))
    style.time_axis(ax, narrow)
    for i, unit in enumerate(units):
        whole = base.get(unit, np.nan)
        of_unit = points[points["unit"] == unit]
        _draw_line(ax, lines[lines["unit"] == unit], of_unit, whole, i, day)
        _draw_points(ax, of_unit, whole, i)
        _name_restated(ax, of_unit, whole, i)
    _draw_found(ax, lines, statements, state)
    now = _now(lines, base, row)
    ahead = ahead if pd.notna(day) and (now > 0 or lines.empty) else {}
    if ahead:
        _draw_fan(ax, ahead, day, now, row)
    above = _draw_days(ax, row, day, narrow)
    _stock_axis(ax, lines, units, narrow)
    if lines.empty:
        _say_unknown(ax, progress[progress["iso3"] == state])
    if not narrow:
        _label_ends(ax, lines, base, units)
    handles = _unit_signs(lines, units, bool(len(points)), narrow) + _point_signs(points)
    handles += _day_signs(lines, row, ahead)
    style.legend_below(ax, handles, columns=1 if narrow else 3)
    heading = burndown_title(lines, row, state) if title is None else title
    style.frame_text(ax, heading, source, day, above=above)
    if one_figure:
        style.make_room(ax, 2.5 if narrow else 2.9)
    return ax


def _limits(lines: pd.DataFrame, points: pd.DataFrame, row: Any, ahead: Any, day: Any) -> Any:
    """Where the time axis starts and ends."""
    days = [*lines["date"], *points["on"]]
    if row is not None:
        days += [row.entry_into_force, row.original_deadline, row.deadline]
        days += [row.planned_completion, row.completed]
    return style.time_limits(days, tails=_ends(ahead, day).values(), day=day, pad=0.025)


def _ends(ahead: dict[str, Any], day: Any) -> dict[str, Any]:
    """Give a day beyond every chart to quantiles that were never seen to be reached."""
    far = pd.Timestamp("2200-01-01") if pd.isna(day) else day + pd.DateOffset(years=40)
    return {quantile: when if pd.notna(when) else far for quantile, when in ahead.items()}


def _draw_line(
    ax: Axes, lines: pd.DataFrame, points: pd.DataFrame, whole: float, i: int, day: Any
) -> None:
    """Draw the reconciled line of one unit, an episode at a time; dots where no source speaks."""
    colour, dash = UNIT_STYLES[i % len(UNIT_STYLES)]
    silent: dict[str, Any] = {"color": colour, "ls": (0, (1, 2)), "lw": 1.5, "zorder": 3}
    for _, part in lines.groupby("episode"):
        left = part["left"] / whole
        ax.plot(part["date"], left, color=colour, ls=dash, lw=2.2, zorder=4, label="line")
    if lines.empty:
        return
    first, last = lines.iloc[0], lines.iloc[-1]
    declared = points[(points["figure"] == "declared") & (points["role"] == USED)]
    declared = declared[declared["on"] < first["date"]]
    if len(declared):
        days = [declared["on"].iloc[-1], first["date"]]
        ax.plot(days, [declared["at"].iloc[-1] / whole, first["left"] / whole], **silent)
    if pd.notna(day) and last["date"] < day and last["left"] > 0:
        ax.plot([last["date"], day], [last["left"] / whole] * 2, **silent)


def _draw_points(ax: Axes, points: pd.DataFrame, whole: float, i: int) -> None:
    """Draw the statements on the i-th unit; ``whole`` stands at the top of the chart."""
    colour, shape = UNIT_STYLES[i % len(UNIT_STYLES)][0], _SHAPES[i % len(_SHAPES)]
    look: dict[str, Any] = {"ls": "", "color": colour, "mew": 1.2}
    levels, periods = points[points["since"].isna()], points[points["since"].notna()]
    for role, part in levels.groupby("role", sort=False):
        left = part["at"] / whole
        if role == SET_ASIDE:
            ax.plot(part["on"], left, marker="x", ms=5.5, zorder=5, **(look | {"color": MUTED}))
        else:
            fill = colour if role == USED else GROUND
            ax.plot(part["on"], left, marker=shape, ms=5, mfc=fill, zorder=6, **look)
    kept: list[Any] = list(levels[levels["role"] != SET_ASIDE].itertuples(index=False))
    for point in kept:
        low, high = point.low / whole, point.high / whole
        if np.isinf(low) or np.isinf(high):
            # 'At least so many destroyed' is 'at most so many left'.
            arrow = {"arrowstyle": "<-", "color": colour, "lw": 1.1, "shrinkA": 0}
            offset = (0, -15 if np.isinf(low) else 15)
            style.write(
                ax, "", (point.on, point.at / whole), offset, "data", arrowprops=arrow, zorder=5
            )
        elif high > low:
            bar: dict[str, Any] = {"lw": 3.2, "alpha": 0.3, "solid_capstyle": "butt", "zorder": 3}
            ax.plot([point.on] * 2, [max(low, 0), high], color=colour, **bar)
    for role, part in periods.groupby("role", sort=False):
        tint = MUTED if role == SET_ASIDE else colour
        left = part["at"] / whole
        ax.plot(part["on"], left, ls="", marker="|", ms=8, mew=1.1, color=tint, zorder=5)


def _name_restated(ax: Axes, points: pd.DataFrame, whole: float, i: int) -> None:
    """Write what was declared first, where it is far from what is used now."""
    declared = points[points["figure"] == "declared"]
    old, now = (declared[declared["role"] == role] for role in (SET_ASIDE, USED))
    if not whole > 0 or now.empty:
        return
    used = now["at"].iloc[-1]
    look: dict[str, Any] = {"va": "center", "fontsize": 7.5, "zorder": 6}
    look |= {"color": UNIT_STYLES[i % len(UNIT_STYLES)][0]}
    look |= {"bbox": {"fc": GROUND, "ec": "none", "pad": 0.3}}
    for value in sorted(old["at"].unique()):
        if abs(value - used) > _FAR * used:
            on = old.loc[old["at"] == value, "on"].max()
            # To the right, or to the left of what lies late on the axis.
            offset, side = (
                ((-7, 0), "right") if style.share_of_axis(ax, on) > 0.6 else ((7, 0), "left")
            )
            text = f"declared {words.number(value)}, later restated"
            style.write(ax, text, (on, value / whole), offset, "data", ha=side, **look)


def _draw_found(ax: Axes, lines: pd.DataFrame, statements: pd.DataFrame | None, state: str) -> None:
    """Mark where stock was found after completion."""
    days = []
    if statements is not None:
        of_state = (statements["iso3"] == state) & (statements["figure"] == "reopened")
        used = statements[of_state & (statements["role"] == USED)]
        days = list(used["date"].dropna())
    for episode in sorted(set(lines.loc[lines["episode"] > 0, "episode"])):
        if len(days) < episode:
            days.append(lines.loc[lines["episode"] == episode, "date"].min())
    look: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False, "zorder": 7}
    for day in days:
        ax.plot([day], [0], **_FOUND, ms=9, mew=1.3, **look, label="reopened")


def _now(lines: pd.DataFrame, base: dict[Any, float], row: Any) -> float:
    """How high the fan starts: at what is left of the unit that is behind."""
    if lines.empty:
        return 0.0
    last = lines.groupby("unit", sort=False).last()
    unit = row.unit if row is not None and row.unit in last.index else None
    left = {u: float(last.loc[u, "left"]) / base[u] for u in last.index}
    return left[unit] if unit is not None else max(left.values())


def _draw_fan(ax: Axes, ahead: dict[str, Any], day: Any, now: float, row: Any) -> None:
    """Draw the projected completion: a range on the ground, and the ways that lead there."""
    days = _ends(ahead, day)
    for low, high, alpha in (("q10", "q90", 0.16), ("q25", "q75", 0.2)):
        if low in days:
            ends = [days[low], days[high]]
            ax.fill([day, *ends], [now, 0, 0], color=MUTED, alpha=alpha, lw=0, zorder=1)
            look: dict[str, Any] = {"solid_capstyle": "butt", "zorder": 2}
            ax.plot(ends, [0, 0], color=MUTED, lw=7, alpha=0.45, **look)
    ax.plot([day, days["q50"]], [now, 0], color=MUTED, lw=1, ls=(0, (4, 2)), zorder=2)
    if style.share_of_axis(ax, days["q50"]) <= 1:
        ax.plot([days["q50"]], [0], **style.marker(_rating(row), 7), zorder=7, clip_on=False)
    if style.share_of_axis(ax, days["q90"]) > 1:
        look = {"transform": ax.get_yaxis_transform(), "clip_on": False, "zorder": 4}
        ax.plot([1], [0], ls="", marker=">", ms=5, color=MUTED, **look)


def _rating(row: Any) -> str:
    """Return the rating whose marker a projection takes."""
    return row.status if row is not None and row.status in RATING_STYLE else "no data"


def _draw_days(ax: Axes, row: Any, day: Any, narrow: bool) -> int:
    """Draw and name the days that count; return how many rows their names take."""
    marks: list[tuple[Any, str, str]] = []

    def line(when: Any, text: str, colour: str, **look: Any) -> None:
        ax.axvline(when, color=colour, **look)
        marks.append((when, text, colour))

    month = words.month
    if row is not None:
        original = row.original_deadline
        moved = pd.notna(original) and pd.notna(row.deadline) and original != row.deadline
        if moved:
            text = f"original deadline {month(original)}"
            line(original, text, MUTED, lw=1.1, ls=(0, (2, 1.5)), zorder=1.5)
        if pd.notna(row.deadline):
            text = f"{'extended ' if moved else ''}deadline {month(row.deadline)}"
            line(row.deadline, text, INK, lw=1.7, zorder=1.5)
        if pd.notna(row.entry_into_force):
            text = f"bound {month(row.entry_into_force)}"
            line(row.entry_into_force, text, MUTED, lw=1.1, zorder=1)
        if pd.notna(row.planned_completion):
            ax.plot([row.planned_completion], [0], **style.star(11), zorder=8, clip_on=False)
        if row.status in DONE and pd.notna(row.completed):
            ax.plot([row.completed], [0], **style.marker(row.status, 8), zorder=8, clip_on=False)
    if pd.notna(day):
        line(day, words.day(day), INK, lw=0.9, ls=(0, (4, 2)), zorder=2.5)
    room = style.figure_of(ax).get_figwidth() - (0.8 if narrow else 3.2)
    return max(style.day_labels(ax, marks, room=room), 1)


def _stock_axis(ax: Axes, lines: pd.DataFrame, units: Sequence[Any], narrow: bool) -> None:
    """Number or share left, from nothing upwards."""
    ax.grid(axis="y", color=FAINT, lw=0.6)
    if len(units) == 1:
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=2))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: words.number(y)))
        ax.set_ylabel(
            f"{words.short_name(words.unit(str(units[0])), 30)} remaining", parse_math=False
        )
    else:
        ax.yaxis.set_major_locator(MultipleLocator(0.25))
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylabel("share remaining" if narrow else "share of the stock remaining")
    begun = float(lines["whole"].max()) if len(units) == 1 and len(lines) else 1.0
    seen = ax.dataLim.y1 if np.isfinite(ax.dataLim.y1) else 0.0
    top = max(seen, begun, 1.0 if len(units) != 1 else 0.0) or 1.0
    ax.set_ylim(-0.03 * top, 1.06 * top)


def _say_unknown(ax: Axes, progress: pd.DataFrame) -> None:
    """Say that there is no line to draw, and what is known all the same."""
    destroyed = progress.loc[progress["destroyed"] > 0, "destroyed"]
    known = f"{words.number(destroyed.iloc[-1])} destroyed;\n" if len(destroyed) else ""
    ax.set_yticks([])
    ax.set_ylabel("")
    look: dict[str, Any] = {"ha": "center", "bbox": {"fc": GROUND, "ec": "none", "pad": 2}}
    text = f"{known}what remains is not on record"
    ax.text(0.5, 0.5, text, transform=ax.transAxes, **look)


def _label_ends(
    ax: Axes, lines: pd.DataFrame, base: dict[Any, float], units: Sequence[Any]
) -> None:
    """Write each unit's name and numbers beside its line, apart where lines end close."""
    low, high = ax.get_ylim()
    ends = []
    for i, unit in enumerate(units):
        of_unit = lines[lines["unit"] == unit]
        if len(of_unit):
            left, whole = of_unit["left"].iloc[-1], of_unit["whole"].iloc[-1]
            name = words.short_name(words.unit(str(unit)), 28)
            amounts = _amounts(left, whole) if left else f"{words.number(whole)} destroyed"
            at = (left / base[unit] - low) / (high - low)
            ends.append((at, f"{name}\n{amounts}", UNIT_STYLES[i % len(UNIT_STYLES)][0]))
    style.label_ends(ax, ends, gap=0.17)


def _amounts(left: float, whole: float) -> str:
    return f"{words.number(left)} of {words.number(whole)} remaining"


def _unit_signs(
    lines: pd.DataFrame, units: Sequence[Any], pointed: bool, narrow: bool
) -> list[Any]:
    """Explain the lines; in a narrow chart the numbers stand here."""
    handles: list[Any] = []
    for i, unit in enumerate(units):
        colour, dash = UNIT_STYLES[i % len(UNIT_STYLES)]
        look: dict[str, Any] = {"color": colour, "ls": dash, "lw": 2.2}
        if pointed:
            look |= {"marker": _SHAPES[i % len(_SHAPES)], "ms": 5}
        of_unit = lines[lines["unit"] == unit]
        label = words.short_name(words.unit(str(unit)), 30)
        if narrow and len(of_unit):
            amounts = _amounts(of_unit["left"].iloc[-1], of_unit["whole"].iloc[-1])
            label = amounts if len(units) == 1 else f"{label}: {amounts}"
        if narrow or len(units) > 1 or pointed:
            handles.append(style.key(label, **look))
    return handles


def _point_signs(points: pd.DataFrame) -> list[Any]:
    """Explain the statements that were drawn."""
    handles: list[Any] = []
    levels = points[points["since"].isna()]
    roles = set(levels["role"])
    hollow: dict[str, Any] = {"ls": "", "ms": 5, "marker": "o", "color": INK, "mfc": GROUND}
    if "agrees" in roles:
        handles.append(style.key("another statement that agrees", **hollow))
    if SET_ASIDE in roles:
        handles.append(style.key("a statement set aside", ls="", ms=5, marker="x", color=MUTED))
    if points["since"].notna().any():
        handles.append(style.key("end of a stated period", ls="", marker="|", color=INK, ms=8))
    kept = levels[levels["role"] != SET_ASIDE]
    low, high = kept["low"].astype("float64"), kept["high"].astype("float64")
    if ((high > low) & np.isfinite(high - low)).any():
        handles.append(style.area("range of a rounded number", MUTED, 0.4))
    for end, way, text in ((low, "down", "at most"), (high, "up", "at least")):
        if np.isinf(end).any():
            look = {"ls": "", "marker": rf"$\{way}arrow$", "ms": 8, "color": INK}
            handles.append(style.key(f"{text} so many remaining", **look))
    return handles


def _day_signs(lines: pd.DataFrame, row: Any, ahead: dict[str, Any]) -> list[Any]:
    """Explain the days that were drawn."""
    handles: list[Any] = []
    if (lines["episode"] > 0).any():
        handles.append(style.key("stock found after completion", ms=8, **_FOUND))
    if row is not None and pd.notna(row.planned_completion):
        text = f"date it announced: {words.month(row.planned_completion)}"
        handles.append(style.key(text, **(style.star(10) | {"mew": 1})))
    if row is not None and row.status in DONE and pd.notna(row.completed):
        handles.append(style.key(row.status, **style.marker(row.status, 7)))
    elif ahead:
        handles.append(style.area("projected completion: 10 to 90%", MUTED, 0.4))
        text = "median" if row is None else f"median, rated {_rating(row)}"
        handles.append(style.key(text, **style.marker(_rating(row), 6.5)))
    return handles
