"""The burn-down of one state: what was said of its stock, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stockpile.common import english as words
from stockpile.plot.lines import burndown_title, fan_days, lines_left, require_state, row_of
from stockpile.plot.statements import SHAPES, draw_points, name_restated, points_told, signs_told
from stockpile.plot.style import (
    FAINT,
    FONT,
    GROUND,
    INK,
    MUTED,
    RATING_STYLE,
    UNIT_STYLES,
    day_labels,
    frame_text,
    is_narrow,
    label_ends,
    legend_below,
    make_room,
    marker,
    new_axes,
    time_axis,
)
from stockpile.rating.status import DONE
from stockpile.stock.reconcile import USED

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    import matplotlib as mpl

    require_state(state, progress, statements, status, fan)
    row = row_of(status, state)
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    known = [day] if row is None else [day, row.entry_into_force]
    begun = min((when for when in known if pd.notna(when)), default=pd.NaT)
    lines = lines_left(progress, state=state, begun=begun)
    told = points_told(statements, lines, state=state, begun=begun)
    ahead = fan_days(row_of(fan, state), row)
    narrow = is_narrow(ax, width)
    units = list(dict.fromkeys([*lines["unit"], *told["unit"]]))
    base = lines.groupby("unit", sort=False)["whole"].max().to_dict()
    if len(units) == 1:
        base = dict.fromkeys(base, 1.0)  # numbers, not shares
    with mpl.rc_context(FONT):
        own_figure = ax is None
        if ax is None:
            ax = new_axes(width, 4.6 if narrow else 4.2)
        limits = _limits(lines, told, row, ahead, day)
        ax.set_xlim(*limits)
        time_axis(ax, narrow)
        for i, unit in enumerate(units):
            whole = base.get(unit, np.nan)
            of_unit = lines[lines["unit"] == unit]
            said = told[told["unit"] == unit]
            _draw_line(ax, of_unit, said, whole, i, day)
            draw_points(ax, said, whole, i)
            name_restated(ax, said, whole, i)
        _draw_reopenings(ax, lines, statements, state)
        now = _now(lines, base, row)
        ahead = ahead if pd.notna(day) and (now > 0 or lines.empty) else {}
        if ahead:
            _draw_fan(ax, ahead, day, now, limits[1], row)
        above = _draw_days(ax, row, day, narrow)
        _stock_axis(ax, lines, units, narrow)
        if lines.empty:
            _say_unknown(ax, progress[progress["iso3"] == state])
        if not narrow:
            _label_ends(ax, lines, base, units)
        _legend(ax, lines, told, row, ahead, units, narrow, day)
        heading = burndown_title(lines, row, state) if title is None else title
        frame_text(ax, heading, source, day, above=above)
        if own_figure:
            make_room(ax, 2.5 if narrow else 2.9)
    return ax


def _limits(lines: pd.DataFrame, told: pd.DataFrame, row: Any, ahead: Any, day: Any) -> Any:
    """Where the time axis starts and ends; a far tail of a projection is cut off."""
    fixed = [*lines["date"], *told["on"], day]
    if row is not None:
        fixed += [row.entry_into_force, row.original_deadline, row.deadline]
        fixed += [row.planned_completion, row.completed]
    days = pd.to_datetime(pd.Series(fixed, dtype="datetime64[us]")).dropna()
    if days.empty:
        days = pd.Series([pd.Timestamp("2010-01-01"), pd.Timestamp("2011-01-01")])
    first, last = days.min(), days.max()
    if ahead:
        base = day if pd.notna(day) else last
        tails = [d for d in ahead.values() if pd.notna(d)]
        far = base + pd.DateOffset(years=10)
        last = max(last, min(max(tails), far) if len(tails) == len(ahead) else far)
    pad = max((last - first) * 0.025, pd.Timedelta(days=40))
    return first - pad, last + pad


def _draw_line(
    ax: Axes, own: pd.DataFrame, told: pd.DataFrame, whole: float, i: int, day: Any
) -> None:
    """Draw the reconciled line of one unit, an episode at a time; dots where nobody spoke."""
    colour, dash = UNIT_STYLES[i % len(UNIT_STYLES)]
    silent: dict[str, Any] = {"color": colour, "ls": (0, (1, 2)), "lw": 1.5, "zorder": 3}
    for _, part in own.groupby("episode"):
        y = part["left"] / whole
        ax.plot(part["date"], y, color=colour, ls=dash, lw=2.2, zorder=4, label="line")
    if own.empty:
        return
    first, last = own.iloc[0], own.iloc[-1]
    begun = told[(told["figure"] == "declared") & (told["role"] == USED)]
    begun = begun[begun["on"] < first["date"]]
    if len(begun):
        start = begun.iloc[-1]
        ax.plot(
            [start["on"], first["date"]], [start["at"] / whole, first["left"] / whole], **silent
        )
    if pd.notna(day) and last["date"] < day and last["left"] > 0:
        ax.plot([last["date"], day], [last["left"] / whole] * 2, **silent)


def _draw_reopenings(
    ax: Axes, lines: pd.DataFrame, statements: pd.DataFrame | None, state: str
) -> None:
    """Mark where stock turned up after completion."""
    if statements is not None:
        found = statements[(statements["iso3"] == state) & (statements["figure"] == "reopened")]
        days = list(found.loc[found["role"] == USED, "date"].dropna())
    else:
        days = []
    for episode in sorted(set(lines.loc[lines["episode"] > 0, "episode"])):
        if len(days) < episode:
            days.append(lines.loc[lines["episode"] == episode, "date"].min())
    for when in days:
        ax.plot(
            [when], [0], transform=ax.get_xaxis_transform(), clip_on=False, ls="", marker="^",
            ms=9, color=INK, mfc=GROUND, mew=1.3, zorder=7, label="reopened",
        )  # fmt: skip


def _now(lines: pd.DataFrame, base: dict[Any, float], row: Any) -> float:
    """How high the fan starts: at what is left of the unit that is behind."""
    if lines.empty:
        return 0.0
    last = lines.groupby("unit", sort=False).last()
    unit = row.unit if row is not None and row.unit in last.index else None
    left = {u: float(last.loc[u, "left"]) / base[u] for u in last.index}
    return left[unit] if unit is not None else max(left.values())


def _draw_fan(ax: Axes, ahead: dict[str, Any], day: Any, now: float, right: Any, row: Any) -> None:
    """Draw the projected completion: a range on the ground, and the ways that lead there."""
    # No latest day: one in ten of comparable states was never seen to finish.
    far = day + pd.DateOffset(years=40)
    days = {q: d if pd.notna(d) else far for q, d in ahead.items()}
    for low, high, alpha in (("q10", "q90", 0.16), ("q25", "q75", 0.2)):
        if low in days:
            ax.fill(
                [day, days[low], days[high]], [now, 0, 0], color=MUTED, alpha=alpha, lw=0, zorder=1
            )
            ax.plot(
                [days[low], days[high]], [0, 0], color=MUTED, lw=7, alpha=0.45,
                solid_capstyle="butt", zorder=2,
            )  # fmt: skip
    rating = row.status if row is not None and row.status in RATING_STYLE else "no data"
    ax.plot([day, days["q50"]], [now, 0], color=MUTED, lw=1, ls=(0, (4, 2)), zorder=2)
    if days["q50"] <= right:
        ax.plot([days["q50"]], [0], **marker(rating, 7), zorder=7, clip_on=False)
    if days["q90"] > right:
        ax.plot(
            [1], [0], transform=ax.get_yaxis_transform(), clip_on=False, ls="", marker=">",
            ms=5, color=MUTED, zorder=4,
        )  # fmt: skip


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
            ax.plot(
                [row.planned_completion], [0], ls="", marker="*", ms=11, mew=1.1, mec=INK,
                mfc=GROUND, zorder=8, clip_on=False,
            )  # fmt: skip
        if row.status in DONE and pd.notna(row.completed):
            ax.plot([row.completed], [0], **marker(row.status, 8), zorder=8, clip_on=False)
    if pd.notna(day):
        line(day, words.day(day), INK, lw=0.9, ls=(0, (4, 2)), zorder=2.5)
    figure = ax.get_figure(root=True)
    wide = 8.0 if figure is None else figure.get_figwidth()
    return max(day_labels(ax, marks, room=wide - (0.8 if narrow else 2.9)), 1)


def _stock_axis(ax: Axes, lines: pd.DataFrame, units: Sequence[Any], narrow: bool) -> None:
    """Number or share left, from nothing upwards."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

    ax.grid(axis="y", color=FAINT, lw=0.6)
    if len(units) == 1:
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=2))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: words.number(y)))
        ax.set_ylabel(f"{words.short_name(words.unit(str(units[0])), 30)} left", parse_math=False)
    else:
        ax.yaxis.set_major_locator(MultipleLocator(0.25))
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylabel("share left" if narrow else "share of the stock left")
    begun = float(lines["whole"].max()) if len(units) == 1 and len(lines) else 1.0
    seen = ax.dataLim.y1 if np.isfinite(ax.dataLim.y1) else 0.0
    top = max(seen, begun, 1.0 if len(units) != 1 else 0.0) or 1.0
    ax.set_ylim(-0.03 * top, 1.06 * top)


def _say_unknown(ax: Axes, own: pd.DataFrame) -> None:
    """Say that there is no line to draw, and what is known all the same."""
    gone = own.loc[own["destroyed"] > 0, "destroyed"]
    known = f"{words.number(gone.iloc[-1])} destroyed;\n" if len(gone) else ""
    ax.set_yticks([])
    ax.set_ylabel("")
    ax.text(
        0.5, 0.5, f"{known}what is left is not on record", transform=ax.transAxes, ha="center",
        bbox={"fc": GROUND, "ec": "none", "pad": 2},
    )  # fmt: skip


def _label_ends(
    ax: Axes, lines: pd.DataFrame, base: dict[Any, float], units: Sequence[Any]
) -> None:
    """Write each unit's name and numbers beside its line, apart where lines end close."""
    low, high = ax.get_ylim()
    ends = []
    for i, unit in enumerate(units):
        own = lines[lines["unit"] == unit]
        if len(own):
            last = own.iloc[-1]
            name = words.short_name(words.unit(str(unit)), 28)
            gone = last["left"] == 0
            said = (
                f"{words.number(last['whole'])} destroyed"
                if gone
                else f"{words.number(last['left'])} of {words.number(last['whole'])} left"
            )
            at = (last["left"] / base[unit] - low) / (high - low)
            ends.append((at, f"{name}\n{said}", UNIT_STYLES[i % len(UNIT_STYLES)][0]))
    label_ends(ax, ends, gap=0.17)


def _legend(
    ax: Axes,
    lines: pd.DataFrame,
    told: pd.DataFrame,
    row: Any,
    ahead: dict[str, Any],
    units: Sequence[Any],
    narrow: bool,
    day: Any,
) -> None:
    """Explain only the signs that were drawn."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for i, unit in enumerate(units):
        colour, dash = UNIT_STYLES[i % len(UNIT_STYLES)]
        look: dict[str, Any] = {"color": colour, "ls": dash, "lw": 2.2}
        if len(told):
            look |= {"marker": SHAPES[i % len(SHAPES)], "ms": 5}
        own = lines[lines["unit"] == unit]
        label = words.short_name(words.unit(str(unit)), 30)
        if narrow and len(own):
            left, whole = own["left"].iloc[-1], own["whole"].iloc[-1]
            amounts = f"{words.number(left)} of {words.number(whole)} left"
            label = amounts if len(units) == 1 else f"{label}: {amounts}"
        if narrow or len(units) > 1 or len(told):
            handles.append(Line2D([], [], label=label, **look))
    handles += signs_told(told)
    if (lines["episode"] > 0).any():
        up: dict[str, Any] = {"ls": "", "marker": "^", "ms": 8, "color": INK, "mfc": GROUND}
        handles.append(Line2D([], [], label="stock turned up after completion", **up))
    if row is not None and pd.notna(row.planned_completion):
        star: dict[str, Any] = {"ls": "", "marker": "*", "ms": 10, "mec": INK, "mfc": GROUND}
        text = f"date it announced: {words.month(row.planned_completion)}"
        handles.append(Line2D([], [], label=text, **star))
    if row is not None and row.status in DONE and pd.notna(row.completed):
        handles.append(Line2D([], [], label=row.status, **marker(row.status, 7)))
    elif ahead and pd.notna(day):
        label = "projected completion: 10 to 90%"
        handles.append(Patch(color=MUTED, alpha=0.4, lw=0, label=label))
        rating = row.status if row is not None and row.status in RATING_STYLE else "no data"
        text = f"median, rated {rating}" if row is not None else "median"
        handles.append(Line2D([], [], label=text, **marker(rating, 6.5)))
    if handles:
        legend_below(ax, handles, columns=1 if narrow else 3)
