"""The burn-down of one state: what was said of its stock, and what is left of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator, PercentFormatter

from stockpile.common import english as words
from stockpile.common.frames import as_dicts, named_rows
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.burndown_data import (
    burndown_title,
    fan_days,
    lines_left,
    require_state,
    row_of,
    statement_points,
)
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.style import FONT, GROUND, INK, MUTED, UnitStyle
from stockpile.rating.status import DONE
from stockpile.stock.reconcile import SET_ASIDE, USED

#: A declaration this far from the one used now, as a share of it, is named.
_FAR = 0.08
_BUTT: dict[str, Any] = {"solid_capstyle": "butt"}
_FOUND: dict[str, Any] = {"ls": "", "marker": "^", "color": INK, "mfc": GROUND}
#: In place of the row of a state that has none.
_UNRATED = SimpleNamespace(
    status="",
    unit="",
    **dict.fromkeys(
        ("entry_into_force", "original_deadline", "deadline", "planned_completion", "completed"),
        pd.NaT,
    ),
)


@takes_ledger
@mpl.rc_context(FONT)
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
    require_state(state, progress, statements, status, fan)
    rated = row_of(status, state)
    row = _UNRATED if rated is None else rated
    day = style.as_day(as_of)
    begun = pd.Series([day, row.entry_into_force]).min()
    lines = lines_left(progress, state=state, begun=begun)
    points = statement_points(statements, lines, state=state, begun=begun)
    units = list(dict.fromkeys([*lines["unit"], *points["unit"]]))
    looks = {unit: style.unit_style(i) for i, unit in enumerate(units)}
    base = lines.groupby("unit", sort=False)["whole"].max().to_dict()
    if len(units) == 1:
        base = dict.fromkeys(base, 1.0)  # numbers, not shares
    now = _now(lines, base, row.unit)
    ahead = _far_ends(fan_days(row_of(fan, state), rated), day)
    one_figure = ax is None
    ax, narrow = style.axes_for(ax, width, 4.2, 4.6)
    dates = [row.entry_into_force, row.original_deadline, row.deadline]
    dates += [row.planned_completion, row.completed, *lines["date"], *points["on"]]
    due = _steps_due(steps, state)
    dates += list(due["due"])
    ax.set_xlim(*style.time_limits(dates, tails=ahead.values(), day=day, pad=0.025))
    style.time_axis(ax, heights=True)
    taken: list[float] = []
    for unit, look in looks.items():
        whole, stated = base.get(unit, np.nan), points[points["unit"] == unit]
        _draw_line(ax, lines[lines["unit"] == unit], stated, whole, look, day)
        _draw_points(ax, stated, whole, look)
        _name_restated(ax, stated, whole, look.colour, taken)
    _draw_found(ax, lines, statements, state)
    _draw_steps(ax, due, lines, base)
    if pd.isna(day) or (len(lines) and not now > 0):
        ahead = {}
    if ahead:
        _draw_fan(ax, ahead, day, now, row.status)
    above = _draw_days(ax, row, day, narrow)
    _stock_axis(ax, lines, units, narrow)
    if lines.empty:
        _say_unknown(ax, progress[progress["iso3"] == state])
    handles = _name_units(ax, lines, base, looks, bool(len(points)), narrow)
    style.legend_below(ax, handles + _signs(points, lines, row, bool(ahead), due))
    style.frame_text(ax, title, burndown_title(lines, rated, state), source, day, above=above)
    if one_figure:
        style.make_room(ax, 2.5 if narrow else 2.9)
    return ax


def _far_ends(ahead: dict[str, Any], day: Any) -> dict[str, Any]:
    """Give a day beyond every chart to quantiles that were never seen to be reached."""
    far = pd.Timestamp("2200-01-01") if pd.isna(day) else day + pd.DateOffset(years=40)
    return {quantile: when if pd.notna(when) else far for quantile, when in ahead.items()}


def _draw_line(
    ax: Axes, lines: pd.DataFrame, points: pd.DataFrame, whole: float, look: UnitStyle, day: Any
) -> None:
    """Draw the reconciled line of one unit, an episode at a time; dots where no source speaks."""
    silent: dict[str, Any] = {"color": look.colour, "ls": (0, (1, 2)), "lw": 1.5, "zorder": 3}
    bold: dict[str, Any] = {"color": look.colour, "ls": look.dash, "lw": 2.2, "zorder": 4}
    for _, part in lines.groupby("episode"):
        ax.plot(part["date"], part["left"] / whole, **bold, label="line")
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


def _draw_points(ax: Axes, points: pd.DataFrame, whole: float, unit: UnitStyle) -> None:
    """Draw the statements on a unit; ``whole`` stands at the top of the chart."""
    colour = unit.colour
    points = points.assign(**{name: points[name] / whole for name in ("low", "at", "high")})
    levels, periods = points[points["since"].isna()], points[points["since"].notna()]
    for role, part in levels.groupby("role", sort=False):
        look: dict[str, Any] = {"marker": unit.shape, "ms": 5, "color": colour, "zorder": 6}
        look |= {"mfc": colour if role == USED else GROUND}
        if role == SET_ASIDE:
            look = {"marker": "x", "ms": 5.5, "color": MUTED, "zorder": 5}
        ax.plot(part["on"], part["at"], ls="", mew=1.2, **look)
    kept = levels[levels["role"] != SET_ASIDE]
    endless = np.isinf(kept["low"]) | np.isinf(kept["high"])
    bars = kept[~endless & (kept["high"] > kept["low"])]
    ends = [bars["low"].clip(lower=0), bars["high"]]
    ax.plot([bars["on"]] * 2, ends, color=colour, lw=3.2, alpha=0.3, zorder=3, **_BUTT)
    arrow = {"arrowstyle": "<-", "color": colour, "lw": 1.1, "shrinkA": 0}
    open_ended: list[Any] = list(kept[endless].itertuples(index=False))
    for point in open_ended:
        # 'At least so many destroyed' is 'at most so many left'.
        offset = (0, -15 if np.isinf(point.low) else 15)
        style.write(ax, "", (point.on, point.at), offset, "data", arrowprops=arrow, zorder=5)
    for role, part in periods.groupby("role", sort=False):
        tint = MUTED if role == SET_ASIDE else colour
        ax.plot(part["on"], part["at"], ls="", marker="|", ms=8, mew=1.1, color=tint, zorder=5)


def _name_restated(
    ax: Axes, points: pd.DataFrame, whole: float, colour: str, taken: list[float]
) -> None:
    """Write what was declared first, where it is far from what is used now."""
    declared = points[points["figure"] == "declared"]
    old, now = declared[declared["restated"]], declared[declared["role"] == USED]
    if not whole > 0 or now.empty:
        return
    used = now["at"].iloc[-1]
    look: dict[str, Any] = {"va": "center", "fontsize": 7.5, "zorder": 6, "color": colour}
    look |= {"bbox": {"fc": GROUND, "ec": "none", "pad": 0.3}}
    last: dict[Any, Any] = old.groupby("at")["on"].max().sort_values().to_dict()
    named: list[float] = []
    for value, on in reversed(last.items()):
        near = any(abs(value - other) < 0.05 * whole for other in named)
        if abs(value - used) > _FAR * used and not near:
            named.append(value)
            late = style.share_of_axis(ax, on) > 0.6
            look |= {"ha": "right" if late else "left"}
            text = f"declared {words.number(value)}, later revised"
            # Below the name of another unit's that stands there.
            lower = -11 * any(abs(value / whole - share) < 0.05 for share in taken)
            taken.append(value / whole)
            style.write(ax, text, (on, value / whole), (-7 if late else 7, lower), "data", **look)


def _draw_found(ax: Axes, lines: pd.DataFrame, statements: pd.DataFrame | None, state: str) -> None:
    """Mark where stock was found after completion: on the day stated or, without one, seen."""
    days = []
    if statements is not None:
        of_state = (statements["iso3"] == state) & (statements["figure"] == "reopened")
        days = list(statements.loc[of_state & (statements["role"] == USED), "date"].dropna())
    seen: Any = lines[lines["episode"] > 0].groupby("episode")["date"].min()
    days += [day for episode, day in seen.items() if episode > len(days)]
    look: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False, "zorder": 7}
    for day in days:
        ax.plot([day], [0], **_FOUND, ms=9, mew=1.3, **look, label="reopened")


def _steps_due(steps: pd.DataFrame | None, state: str) -> pd.DataFrame:
    """The steps of a state that have a day."""
    if steps is None:
        return pd.DataFrame(columns=["due", "percent", "outcome"])
    return steps[(steps["iso3"] == state) & steps["due"].notna()]


def _draw_steps(ax: Axes, steps: pd.DataFrame, lines: pd.DataFrame, base: dict[Any, float]) -> None:
    """Mark how much of the first unit was to be left, at most, on the day of each step."""
    if lines.empty:
        return
    first = lines.iloc[0]
    top = first["whole"] / base[first["unit"]]
    for step in named_rows(steps):
        ax.plot(
            [step.due],
            [(1 - step.percent / 100) * top],
            **style.STEPS[step.outcome],
            ms=7,
            zorder=6,
        )


def _now(lines: pd.DataFrame, base: dict[Any, float], unit: Any) -> float:
    """How high the fan starts: at what is left of the unit that is behind."""
    last = lines.groupby("unit", sort=False)["left"].last().to_dict()
    left = {name: float(count) / base[name] for name, count in last.items()}
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


def _stock_axis(ax: Axes, lines: pd.DataFrame, units: list[Any], narrow: bool) -> None:
    """Number or share left, from nothing upwards."""
    least = 1.0
    if len(units) == 1:
        style.number_axis(ax, str(units[0]))
        least = float(lines["whole"].max()) if len(lines) else 0.0
    else:
        ax.yaxis.set_major_locator(MultipleLocator(0.25))
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylabel("share remaining" if narrow else "share of the stock remaining")
    seen = ax.dataLim.y1 if np.isfinite(ax.dataLim.y1) else 0.0
    top = max(seen, least) or 1.0
    ax.set_ylim(-0.03 * top, 1.06 * top)


def _say_unknown(ax: Axes, progress: pd.DataFrame) -> None:
    """Say that there is no line to draw, and what is known all the same."""
    known = ""
    for row in as_dicts(progress[progress["destroyed"] > 0].tail(1)):
        how = row.get("destroyed_qualifier", "exact")
        known = f"{words.amount(row['destroyed'], how)} destroyed;\n"
    ax.set_yticks([])
    ax.set_ylabel("")
    look: dict[str, Any] = {"ha": "center", "bbox": {"fc": GROUND, "ec": "none", "pad": 2}}
    text = f"{known}what remains is not on record"
    ax.text(0.5, 0.5, text, transform=ax.transAxes, **look)


def _name_units(
    ax: Axes,
    lines: pd.DataFrame,
    base: dict[Any, float],
    looks: dict[Any, UnitStyle],
    pointed: bool,
    narrow: bool,
) -> list[Any]:
    """Name the lines and their numbers: beside their ends, in a narrow chart in the legend."""
    handles, ends = [], []
    last = lines.groupby("unit", sort=False)[["left", "whole", "basis"]].last()
    for unit, look in looks.items():
        name, amounts = words.unit(str(unit)), ""
        label = words.short_name(name, 30)
        if unit in last.index:
            left, whole, basis = last.loc[unit]
            of_whole = f" of {words.number(whole)}" if left != whole else ""
            amounts = f"{words.number(left)}{of_whole} remaining"
            if basis == "declared" and left == whole:
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
    points: pd.DataFrame, lines: pd.DataFrame, row: Any, projected: bool, steps: pd.DataFrame
) -> list[Any]:
    """Explain the statements, the days and the steps."""
    levels = points[points["since"].isna()]
    roles = set(levels["role"])
    kept = levels[levels["role"] != SET_ASIDE]
    low, high = kept["low"], kept["high"]
    done = row.status in DONE and pd.notna(row.completed)
    ahead = projected and not done
    announced = f"date it announced: {words.month(row.planned_completion)}"
    rated = f", rated {row.status}" if row.status else ""
    plain: dict[str, Any] = {"ls": "", "color": INK}
    hollow, bar = plain | {"marker": "o", "ms": 5, "mfc": GROUND}, plain | {"marker": "|", "ms": 8}
    down, up = (plain | {"marker": rf"${way}arrow$", "ms": 8} for way in (r"\down", r"\up"))
    cross, found = plain | {"marker": "x", "ms": 5, "color": MUTED}, _FOUND | {"ms": 8}
    star, rating = style.star(10) | {"mew": 1}, style.marker(row.status, 7)
    rounded = (high > low) & np.isfinite(high - low)
    key, area = style.key, style.area
    signs = [
        ("agrees" in roles, key("another statement that agrees", **hollow)),
        (SET_ASIDE in roles, key("a statement set aside", **cross)),
        (points["since"].notna().any(), key("end of a stated period", **bar)),
        (rounded.any(), area("range of a rounded number", MUTED, 0.4)),
        (np.isinf(low).any(), key("at most so many remaining", **down)),
        (np.isinf(high).any(), key("at least so many remaining", **up)),
        ((lines["episode"] > 0).any(), key("stock found after completion", **found)),
        (pd.notna(row.planned_completion), key(announced, **star)),
        (done, key(row.status, **rating)),
        (ahead, area("projected completion: 10 to 90%", MUTED, 0.4)),
        (ahead, style.sign(row.status, f"median{rated}")),
    ]
    drawn = steps if len(lines) else steps.head(0)
    return [handle for seen, handle in signs if seen] + style.step_signs(drawn)
