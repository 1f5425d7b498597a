"""The burn-down of one state: what was said of its stock, and what is left of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.ticker import MultipleLocator, PercentFormatter

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.burndown_data import Burndown, Line, Point, burndown_of
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.style import FONT, GROUND, INK, MUTED, UnitStyle
from stockpile.rating.status import DONE
from stockpile.stock.reconcile import SET_ASIDE, USED

#: A declaration this far from the one used now, as a share of it, is named.
_FAR = 0.08
_BUTT: dict[str, Any] = {"solid_capstyle": "butt"}
_FOUND: dict[str, Any] = {"ls": "", "marker": "^", "color": INK, "mfc": GROUND}
#: What an arrow at a point says, and its shape: a line, and the two barbs at its tip.
_AT_MOST, _AT_LEAST = "at most so many remaining", "at least so many remaining"
_ARROW = [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.LINETO]


@takes_ledger
def burndown(
    progress: pd.DataFrame,
    *,
    state: str,
    statements: pd.DataFrame | None = None,
    status: pd.DataFrame | None = None,
    fan: pd.DataFrame | None = None,
    steps: pd.DataFrame | None = None,
    as_of: Day | None = None,
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
    progress : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.progress` returns it; other states are left out.
    state : str
        The state, by its name or code in any case.
    statements : pandas.DataFrame, optional
        As ``stockpile.progress(ledger, explain=True)`` returns them.
    status : pandas.DataFrame, optional
        As `stockpile.status` returns it: deadlines, rating, announced date.
    fan : pandas.DataFrame, optional
        As `stockpile.project` returns it. Without it the fan is drawn from the
        10, 50 and 90 per cent in `status`.
    steps : pandas.DataFrame, optional
        As `stockpile.stock.steps.steps` returns them: the share that had to be gone by a day.
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
    >>> ax = burndown(then, state="Peru")
    >>> ax.get_title("left")
    'Peru has 92% of its submunitions left; it is on target for April 2024'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    frames: dict[str, Any] = {"statements": statements, "status": status, "fan": fan}
    known = burndown_of(progress, state=state, **frames, steps=steps, as_of=as_of)
    return draw(known, ax=ax, title=title, source=source, width=width)


@mpl.rc_context(FONT)
def draw(
    known: Burndown,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Draw what `burndown_of` has worked out; the rest as in `burndown`."""
    day, row, lines, points = known.day, known.row, known.lines, known.points
    stocks = {unit: [ln for ln in lines if ln.unit == unit] for unit in units_of(lines)}
    units = units_of([*lines, *points])
    looks = {unit: style.unit_style(i) for i, unit in enumerate(units)}
    base = {unit: max(ln.whole for ln in stock) for unit, stock in stocks.items()}
    if len(units) == 1:
        base = dict.fromkeys(base, 1.0)  # numbers, not shares
    now = _now(stocks, base, row.unit)
    ahead = _far_ends(known.ahead, day)
    one_figure = ax is None
    ax, narrow = style.axes_for(ax, width, 4.2, 4.6)
    dates = [row.entry_into_force, row.original_deadline, row.deadline]
    dates += [row.planned_completion, row.completed, *(ln.date for ln in lines)]
    dates += [*(point.on for point in points), *(step.due for step in known.steps)]
    ax.set_xlim(*style.time_limits(dates, tails=ahead.values(), day=day, pad=0.025))
    style.time_axis(ax, heights=True)
    taken: list[float] = []
    for unit, look in looks.items():
        whole, stated = base.get(unit, math.nan), [p for p in points if p.unit == unit]
        _draw_line(ax, stocks.get(unit, []), stated, whole, look, day)
        _draw_points(ax, stated, whole, look)
        _name_restated(ax, stated, whole, look.colour, taken)
    for found in known.found:
        place: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False}
        days: list[Any] = [found]
        ax.plot(days, [0], **_FOUND, ms=9, mew=1.3, **place, zorder=7, label="reopened")
    steps = known.steps if lines else []
    _draw_steps(ax, steps, lines, base)
    if pd.isna(day) or (lines and not now > 0):
        ahead = {}
    if ahead:
        _draw_fan(ax, ahead, day, now, row.status)
    above = _draw_days(ax, row, day, narrow)
    _stock_axis(ax, lines, units, narrow)
    if not lines:
        _say_unknown(ax, known.destroyed)
    handles = _name_units(ax, stocks, base, looks, bool(points), narrow)
    style.legend_below(ax, handles + _signs(points, lines, row, bool(ahead), steps))
    title = known.title if title is None else title
    style.frame_text(ax, title, "", source, day, above=above)
    if one_figure:
        style.make_room(ax, 2.5 if narrow else 2.9)
    return ax


def units_of(rows: Sequence[Any]) -> list[str]:
    """The units of lines or points, in the order in which they come."""
    return list(dict.fromkeys(row.unit for row in rows))


def _far_ends(ahead: dict[str, Any], day: Any) -> dict[str, Any]:
    """Give a day beyond every chart to quantiles that were never seen to be reached."""
    far = pd.Timestamp("2200-01-01") if pd.isna(day) else day + pd.DateOffset(years=40)
    return {quantile: when if pd.notna(when) else far for quantile, when in ahead.items()}


def _draw_line(
    ax: Axes,
    lines: Sequence[Line],
    points: Sequence[Point],
    whole: float,
    look: UnitStyle,
    day: Any,
) -> None:
    """Draw the reconciled line of one unit, an episode at a time; dots where no source speaks."""
    silent: dict[str, Any] = {"color": look.colour, "ls": (0, (1, 2)), "lw": 1.5, "zorder": 3}
    bold: dict[str, Any] = {"color": look.colour, "ls": look.dash, "lw": 2.2, "zorder": 4}
    for episode in sorted({line.episode for line in lines}):
        part = [line for line in lines if line.episode == episode]
        ax.plot(*_places(part, "date", "left", whole), **bold, label="line")
    if not lines:
        return
    first, last = lines[0], lines[-1]
    declared = [p for p in points if p.figure == "declared" and p.role == USED]
    if declared := [point for point in declared if point.on < first.date]:
        days: list[Any] = [declared[-1].on, first.date]
        ax.plot(days, [declared[-1].at / whole, first.left / whole], **silent)
    if pd.notna(day) and last.date < day and last.left > 0:
        days = [last.date, day]
        ax.plot(days, [last.left / whole] * 2, **silent)


def _places(rows: Sequence[Any], day: str, height: str, whole: float) -> tuple[Any, Any]:
    """Days and heights of lines or points; ``whole`` stands at the top of the chart."""
    days = np.array([getattr(row, day) for row in rows], dtype="datetime64[us]")
    return days, np.array([getattr(row, height) for row in rows], dtype="float64") / whole


def _draw_points(ax: Axes, points: Sequence[Point], whole: float, unit: UnitStyle) -> None:
    """Draw the statements on a unit; ``whole`` stands at the top of the chart."""
    colour = unit.colour
    levels, periods = _levels(points), [p for p in points if pd.notna(p.since)]
    for role in dict.fromkeys(point.role for point in levels):
        look: dict[str, Any] = {"marker": unit.shape, "ms": 5, "color": colour, "zorder": 6}
        look |= {"mfc": colour if role == USED else GROUND}
        if role == SET_ASIDE:
            look = {"marker": "x", "ms": 5.5, "color": MUTED, "zorder": 5}
        part = [point for point in levels if point.role == role]
        ax.plot(*_places(part, "on", "at", whole), ls="", mew=1.2, **look)
    kept = [point for point in levels if point.role != SET_ASIDE]
    if bars := [p for p in kept if p.high > p.low and math.isfinite(p.high - p.low)]:
        # One line with gaps: a line a bar would take as long as all the rest.
        days, low = _places(bars, "on", "low", whole)
        heights = [np.maximum(low, 0), _places(bars, "on", "high", whole)[1], low * np.nan]
        across, upwards = np.repeat(days, 3)[:-1], np.stack(heights, axis=1).ravel()[:-1]
        ax.plot(across, upwards, color=colour, lw=3.2, alpha=0.3, zorder=3, **_BUTT)
    # 'At least so many destroyed' is 'at most so many left'.
    for label, end, way in ((_AT_MOST, "low", -1), (_AT_LEAST, "high", 1)):
        if part := [point for point in kept if math.isinf(getattr(point, end))]:
            look = _arrow(way, 2, 15) | {"color": colour, "zorder": 5, "clip_on": False}
            ax.plot(*_places(part, "on", "at", whole), **look, label=label)
    for role in dict.fromkeys(point.role for point in periods):
        tint = MUTED if role == SET_ASIDE else colour
        part = [point for point in periods if point.role == role]
        look = {"marker": "|", "ms": 8, "mew": 1.1, "color": tint}
        ax.plot(*_places(part, "on", "at", whole), ls="", **look, zorder=5)


def _levels(points: Sequence[Point]) -> list[Point]:
    """The statements on a day, not those on a period."""
    return [point for point in points if pd.isna(point.since)]


def _arrow(way: int, begin: float, tip: float) -> dict[str, Any]:
    """A marker that points up (1) or down (-1), from and to so many points off its place."""
    barbs = [(-1.8, tip - 3.6), (0, tip), (1.8, tip - 3.6)]
    shape = Path([(x, way * y) for x, y in [(0, begin), (0, tip), *barbs]], _ARROW)
    reach = max(abs(begin), abs(tip))
    return {"marker": shape, "ms": 2 * reach, "mew": 1.1, "fillstyle": "none", "ls": ""}


def _name_restated(
    ax: Axes, points: Sequence[Point], whole: float, colour: str, taken: list[float]
) -> None:
    """Write what was declared first, where it is far from what is used now."""
    declared = [point for point in points if point.figure == "declared"]
    now = [point.at for point in declared if point.role == USED]
    if not whole > 0 or not now:
        return
    look: dict[str, Any] = {"va": "center", "fontsize": 7.5, "zorder": 6, "color": colour}
    look |= {"bbox": {"fc": GROUND, "ec": "none", "pad": 0.3}}
    last: dict[float, pd.Timestamp] = {}
    for point in declared:
        if point.restated:
            last[point.at] = max(last.get(point.at, point.on), point.on)
    named: list[float] = []
    for value, on in sorted(last.items(), key=lambda entry: (entry[1], entry[0]), reverse=True):
        near = any(abs(value - other) < 0.05 * whole for other in named)
        if abs(value - now[-1]) > _FAR * now[-1] and not near:
            named.append(value)
            late = style.share_of_axis(ax, on) > 0.6
            look |= {"ha": "right" if late else "left"}
            text = f"declared {words.number(value)}, later revised"
            # Below the name of another unit's that stands there.
            lower = -11 * any(abs(value / whole - share) < 0.05 for share in taken)
            taken.append(value / whole)
            style.write(ax, text, (on, value / whole), (-7 if late else 7, lower), "data", **look)


def _draw_steps(
    ax: Axes, steps: Sequence[Any], lines: Sequence[Line], base: dict[str, float]
) -> None:
    """Mark how much of the first unit was to be left, at most, on the day of each step."""
    for step in steps:
        left = (1 - step.percent / 100) * lines[0].whole / base[lines[0].unit]
        ax.plot([step.due], [left], **style.STEPS[step.outcome], ms=7, zorder=6)


def _now(stocks: dict[str, list[Line]], base: dict[str, float], unit: Any) -> float:
    """How high the fan starts: at what is left of the unit that is behind."""
    left = {name: stock[-1].left / base[name] for name, stock in stocks.items()}
    return left.get(unit, max(left.values(), default=0.0))


def _draw_fan(ax: Axes, days: dict[str, Any], day: Any, now: float, rating: str) -> None:
    """Draw the projected completion: a range on the ground, and the ways that lead there."""
    for low, high, alpha in (("q10", "q90", 0.16), ("q25", "q75", 0.2)):
        if low in days:
            ends = [days[low], days[high]]
            ax.fill([day, *ends], [now, 0, 0], color=MUTED, alpha=alpha, lw=0, zorder=1)
            ax.plot(ends, [0, 0], color=MUTED, lw=7, alpha=0.45, zorder=2, **_BUTT)
    ax.plot([day, days["q50"]], [now, 0], color=MUTED, lw=1, ls=(0, (4, 2)), zorder=2)
    if style.share_of_axis(ax, days["q50"]) <= 1:
        ax.plot([days["q50"]], [0], **style.marker(rating, 7), zorder=7, clip_on=False)
    if style.share_of_axis(ax, days["q90"]) > 1:
        style.runs_on(ax, 0, MUTED, 5)


def _draw_days(ax: Axes, row: Any, day: Any, narrow: bool) -> int:
    """Draw and name the days that count; return how many rows their names take."""
    original, due, bound = row.original_deadline, row.deadline, row.entry_into_force
    moved = pd.notna(original) and pd.notna(due) and original != due
    faint: dict[str, Any] = {"color": MUTED, "lw": 1.1, "zorder": 1.5}
    days: list[tuple[Any, str, dict[str, Any]]] = [
        (original if moved else pd.NaT, "original deadline {}", faint | {"ls": (0, (2, 1.5))}),
        (due, f"{'extended ' * moved}deadline {{}}", {"color": INK, "lw": 1.7, "zorder": 1.5}),
        (bound, "bound {}", faint | {"zorder": 1}),
        (day, words.day(day), style.AS_OF),
    ]
    days = [entry for entry in days if pd.notna(entry[0])]
    for when, _, look in days:
        ax.axvline(when, **look)
    if pd.notna(row.planned_completion):
        ax.plot([row.planned_completion], [0], **style.star(11), zorder=8, clip_on=False)
    if row.status in DONE and pd.notna(row.completed):
        ax.plot([row.completed], [0], **style.marker(row.status, 8), zorder=8, clip_on=False)
    names = [(when, text.format(words.month(when)), look["color"]) for when, text, look in days]
    room = style.figure_of(ax).get_figwidth() - (0.8 if narrow else 3.2)
    return max(style.day_labels(ax, names, room=room), 1)


def _stock_axis(ax: Axes, lines: Sequence[Line], units: list[str], narrow: bool) -> None:
    """Number or share left, from nothing upwards."""
    least = 1.0
    if len(units) == 1:
        style.number_axis(ax, str(units[0]))
        least = max((line.whole for line in lines), default=0.0)
    else:
        ax.yaxis.set_major_locator(MultipleLocator(0.25))
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylabel("share remaining" if narrow else "share of the stock remaining")
    seen = ax.dataLim.y1 if np.isfinite(ax.dataLim.y1) else 0.0
    top = max(seen, least) or 1.0
    ax.set_ylim(-0.03 * top, 1.06 * top)


def _say_unknown(ax: Axes, destroyed: str) -> None:
    """Say that there is no line to draw, and what is known all the same."""
    known = f"{destroyed} destroyed;\n" if destroyed else ""
    ax.set_yticks([])
    ax.set_ylabel("")
    look: dict[str, Any] = {"ha": "center", "bbox": {"fc": GROUND, "ec": "none", "pad": 2}}
    text = f"{known}what remains is not on record"
    ax.text(0.5, 0.5, text, transform=ax.transAxes, **look)


def _name_units(
    ax: Axes,
    stocks: dict[str, list[Line]],
    base: dict[str, float],
    looks: dict[str, UnitStyle],
    pointed: bool,
    narrow: bool,
) -> list[Any]:
    """Name the lines and their numbers: beside their ends, in a narrow chart in the legend."""
    handles, ends = [], []
    for unit, look in looks.items():
        name, amounts = words.unit(str(unit)), ""
        label = words.short_name(name, 30)
        if unit in stocks:
            last = stocks[unit][-1]
            left, whole = last.left, last.whole
            of_whole = f" of {words.number(whole)}" if left != whole else ""
            amounts = f"{words.number(left)}{of_whole} remaining"
            if last.basis == "declared" and left == whole:
                amounts = f"{words.number(whole)} declared"
            beside = amounts if left else f"{words.number(whole)} destroyed"
            text = f"{words.short_name(name, 28)}\n{beside}"
            ends.append((left / base[unit], text, look.colour))
        if narrow and amounts:
            label = amounts if len(looks) == 1 else f"{label}: {amounts}"
        if narrow or len(looks) > 1 or pointed:
            points: dict[str, Any] = {"marker": look.shape, "ms": 5} if pointed else {}
            handles.append(style.key(label, color=look.colour, ls=look.dash, lw=2.2, **points))
    if not narrow:
        style.label_ends(ax, ends, gap=0.17)
    return handles


def _signs(
    points: Sequence[Point],
    lines: Sequence[Line],
    row: Any,
    projected: bool,
    steps: Sequence[Any],
) -> list[Any]:
    """Explain the statements, the days and the steps."""
    levels = _levels(points)
    roles = {point.role for point in levels}
    kept = [point for point in levels if point.role != SET_ASIDE]
    done = row.status in DONE and pd.notna(row.completed)
    ahead = projected and not done
    announced = f"date it announced: {words.month(row.planned_completion)}"
    rated = f", rated {row.status}" if row.status else ""
    plain: dict[str, Any] = {"ls": "", "color": INK}
    hollow, bar = plain | {"marker": "o", "ms": 5, "mfc": GROUND}, plain | {"marker": "|", "ms": 8}
    down, up = (_arrow(way, -4.5, 4.5) | {"color": INK} for way in (-1, 1))
    cross, found = plain | {"marker": "x", "ms": 5, "color": MUTED}, _FOUND | {"ms": 8}
    star, rating = style.star(10) | {"mew": 1}, style.marker(row.status, 7)
    rounded = any(p.high > p.low and math.isfinite(p.high - p.low) for p in kept)
    key, area = style.key, style.area
    signs = [
        ("agrees" in roles, key("another statement that agrees", **hollow)),
        (SET_ASIDE in roles, key("a statement set aside", **cross)),
        (len(levels) < len(points), key("end of a stated period", **bar)),
        (rounded, area("range of a rounded number", MUTED, 0.4)),
        (any(math.isinf(p.low) for p in kept), key(_AT_MOST, **down)),
        (any(math.isinf(p.high) for p in kept), key(_AT_LEAST, **up)),
        (any(line.episode > 0 for line in lines), key("stock found after completion", **found)),
        (pd.notna(row.planned_completion), key(announced, **star)),
        (done, key(row.status, **rating)),
        (ahead, area("projected completion: 10 to 90%", MUTED, 0.4)),
        (ahead, style.sign(row.status, f"median{rated}")),
    ]
    return [handle for seen, handle in signs if seen] + style.step_signs(steps)
