"""What remained of the declared stock over the years, all states together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from stockpile.common import english as words
from stockpile.plot.stock import left_by_state, shares_left, stock_left
from stockpile.plot.style import (
    FAINT,
    FONT,
    GROUND,
    INK,
    MUTED,
    UNIT_STYLES,
    as_of_line,
    frame_text,
    is_narrow,
    label_ends,
    legend_below,
    make_room,
    new_axes,
    time_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VIEWS = ("share", "total", "log")
#: How many states are called by their names where there is no room for all.
_NAMED = 6
#: Up to so many states are strips of their own.
_STRIPS = 40
#: Colours of stacked stocks, the largest first; neighbours differ in lightness too.
_BANDS = (
    ("#1F66B5", 1.0),
    ("#1F66B5", 0.55),
    ("#1C6E57", 1.0),
    ("#1C6E57", 0.5),
    ("#B4531A", 1.0),
    ("#B4531A", 0.5),
    (MUTED, 0.6),
)


def remaining_title(left: pd.DataFrame) -> str:
    """Say how much of the declared stock is left, by unit.

    Examples
    --------
    >>> import pandas as pd
    >>> remaining_title(pd.DataFrame({"unit": ["landmines"], "share_left": [0.25]}))
    '25% of the declared landmines are left'
    """
    if left.empty:
        return "No declared stock with a date is on record"
    last = left.groupby("unit", sort=False)["share_left"].last()
    if (last == 0).all():
        return "Nothing is left of the declared stock"
    said = [
        f"{words.percent(share) if share else 'none'} of the declared {words.unit(str(unit))}"
        for unit, share in last.items()
    ]
    return words.sentence(f"{words.listing(said)} are left")


def remaining(
    progress: pd.DataFrame,
    *,
    view: Literal["total", "share", "log"] = "share",
    unit: str | None = None,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How much of the declared stock remained over the years, all states together.

    Parameters
    ----------
    progress : pandas.DataFrame
        As `stockpile.progress` returns it; see `stock_left` for what counts.
    view : {"share", "total", "log"}
        ``share``: a line for each unit, and under them every state as a strip of the
        same height, so that a dozen items count as much as a million. ``total``: the
        numbers of one unit, stacked, the largest stocks by name. ``log``: the numbers of
        one unit, a line a state, on a scale on which each step is ten times the one
        before, so that large and small are seen alike.
    unit : str, optional
        For ``total`` and ``log``; left out, the first that the frame has. Units are
        never added up.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        For a view or a unit that there is not.
    """
    import matplotlib as mpl

    if view not in VIEWS:
        raise ValueError(f"view is {view!r}; expected one of {words.listing(VIEWS)}")
    left = stock_left(progress, as_of=as_of)
    if view == "share":
        heading = remaining_title(left)
    else:
        by_state = left_by_state(progress, unit=unit, as_of=as_of)
        units = list(dict.fromkeys(left["unit"]))
        chosen = unit if unit is not None else units[0] if units else ""
        heading = _numbers_title(by_state, chosen)
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        own_figure = ax is None
        if ax is None:
            ax = new_axes(width, 4.1)
        if left.empty:
            ax.text(0.5, 0.5, "no declared stock on record", transform=ax.transAxes, ha="center")
            ax.set_yticks([])
            time_axis(ax, narrow)
        elif view == "share":
            _draw_share(ax, left, progress, as_of, narrow)
        else:
            draw = _draw_total if view == "total" else _draw_log
            draw(ax, by_state, chosen, narrow)
        if pd.notna(day):
            as_of_line(ax, day)
        frame_text(ax, heading if title is None else title, source, day)
        if own_figure:
            make_room(ax, 2.9 if narrow else 3.1)
    return ax


def _numbers_title(left: pd.DataFrame, unit: str) -> str:
    """Say how many are left, and with whom."""
    if left.empty:
        return "No declared stock with a date is on record"
    now = left.iloc[-1]
    if not now.sum():
        return f"None of the declared {words.unit(unit)} are left"
    most = now.sort_values(ascending=False, kind="stable")
    holders = int((now > 0).sum())
    said = f"{words.number(now.sum())} {words.unit(unit)} are left in "
    if holders <= 3:
        return said + words.listing([str(name) for name in most.index[:holders]])
    return (
        said + f"{words.count(holders, 'state')}, {words.number(most.iloc[0])} in {most.index[0]}"
    )


def _draw_share(
    ax: Axes, left: pd.DataFrame, progress: pd.DataFrame, as_of: Any, narrow: bool
) -> None:
    """Shares: a line a unit over a stack of states of the same height."""
    from matplotlib.ticker import PercentFormatter

    shares, _ = shares_left(progress, as_of)
    # The unit and the stock that is behind is the state's share.
    each = shares.T.groupby(level="iso3").max().T
    total = each.shape[1]
    # Who was first to finish lies on top, so that the stack wears off from there.
    each = each[each.sum().sort_values(ascending=False, kind="stable").index]
    stack = each.cumsum(axis=1) / total
    below = stack.iloc[:, 0] * 0
    # Of too many strips one sees but the whole.
    for i in range(total) if total <= _STRIPS else [total - 1]:
        ax.fill_between(
            stack.index, below, stack.iloc[:, i], step="post", color=FAINT, lw=0, zorder=1,
            alpha=0.9 if i % 2 else 0.6,
        )  # fmt: skip
        below = stack.iloc[:, i]
    ends: list[tuple[float, str, str]] = []
    handles: list[Any] = []
    for i, (unit, rows) in enumerate(left.groupby("unit", sort=False)):
        colour, dash = UNIT_STYLES[i % len(UNIT_STYLES)]
        last = rows.iloc[-1]
        name = words.short_name(words.unit(str(unit)), 28)
        label = (
            f"{name}: {words.percent(last['share_left'])} left\n"
            f"{words.number(last['remaining'])} of {words.number(last['declared'])}"
        )
        handles += ax.step(
            rows["date"], rows["share_left"], where="post", color=colour, ls=dash, lw=2.2,
            label=label, zorder=3,
        )  # fmt: skip
        ends.append((float(last["share_left"]), label, colour))
    holding = int((each.iloc[-1] > 0).sum())
    mean = float(each.iloc[-1].mean())
    label = (
        f"each state counted alike: {words.percent(mean)} left\n"
        f"{holding} of {total} {'state' if total == 1 else 'states'} "
        f"{'has' if holding == 1 else 'have'} stock left"
    )
    handles.append(_strip(label))
    ends.append((mean, label, MUTED))
    ax.set_ylim(-0.02, 1.04)
    ax.set_xlim(*_span(stack.index))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("share left" if narrow else "share of the declared stock left")
    ax.grid(axis="y", color=FAINT, lw=0.6)
    time_axis(ax, narrow)
    if narrow:
        legend_below(ax, handles, columns=1)
    else:
        low, high = ax.get_ylim()
        label_ends(ax, [((y - low) / (high - low), t, c) for y, t, c in ends], gap=0.16)


def _strip(label: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(fc=FAINT, ec="none", label=label)


def _span(days: Any) -> tuple[Any, Any]:
    """From the first day to the last; one day is given some room."""
    room = max((days[-1] - days[0]) * 0.02, pd.Timedelta(days=40))
    return days[0] - (room if len(days) == 1 else room * 0), days[-1] + room


def _draw_total(ax: Axes, left: pd.DataFrame, unit: str, narrow: bool) -> None:
    """Numbers, stacked: the largest stocks by name, all others as one."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    named = _to_name(left)
    parts = left[named].copy()
    rest = left.shape[1] - len(named)
    if rest:
        parts[words.count(rest, "other state")] = left.drop(columns=named).sum(axis=1)
    # The largest on top; at the bottom the many small ones stand on firm ground.
    parts = parts[parts.columns[::-1]]
    below = parts.iloc[:, 0] * 0
    handles: list[Any] = []
    highest = max(float(left.sum(axis=1).max()), 1.0) * 1.04
    for i, name in enumerate(parts.columns):
        top = below + parts[name]
        colour, alpha = _BANDS[(len(parts.columns) - 1 - i) % len(_BANDS)]
        band = ax.fill_between(
            parts.index, below, top, step="post", color=colour, alpha=alpha, lw=0, zorder=2,
        )  # fmt: skip
        ax.step(parts.index, top, where="post", color=GROUND, lw=0.8, zorder=3)
        begun, now = parts[name].iloc[0], parts[name].iloc[-1]
        label = f"{words.short_name(str(name), 24)}: {words.number(now)} of {words.number(begun)}"
        band.set_label(label)
        if begun > 0.055 * highest:
            where = float(below.iloc[0]) + float(begun) / 2
            ax.annotate(
                words.short_name(str(name), 24), (0, where), xycoords=ax.get_yaxis_transform(),
                xytext=(5, 0), textcoords="offset points", va="center", fontsize=8,
                color=GROUND if alpha == 1 else INK, parse_math=False, zorder=4,
            )  # fmt: skip
        handles.insert(0, band)
        below = top
    ax.set_ylim(0, highest)
    ax.set_xlim(*_span(parts.index))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: words.number(y)))
    ax.set_ylabel(f"{words.short_name(words.unit(unit), 30)} left", parse_math=False)
    ax.grid(axis="y", color=FAINT, lw=0.6)
    time_axis(ax, narrow)
    legend_below(ax, handles, columns=1 if narrow else 3)


def _to_name(left: pd.DataFrame) -> list[Any]:
    """Name who has most now, then who had most, the largest stock first."""
    now = left.iloc[-1].sort_values(ascending=False, kind="stable")
    holders = list(now[now > 0].index[: _NAMED // 2])
    largest = [name for name in left.columns if name not in holders]
    chosen = {*holders, *largest[: _NAMED - len(holders)]}
    return [name for name in left.columns if name in chosen]


def _draw_log(ax: Axes, left: pd.DataFrame, unit: str, narrow: bool) -> None:
    """Numbers, a line a state, on a logarithmic scale that ends in nothing."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    most = max(float(left.max().max()), 10.0)
    ax.set_yscale("symlog", linthresh=1.0, linscale=0.4)
    now = left.iloc[-1]
    ends: list[tuple[float, str, str]] = []
    held = sorted((n for n in left.columns if now[n] > 0), key=lambda n: -now[n])
    told = held[: len(UNIT_STYLES)]
    for name in left.columns:
        has = name in told
        colour, dash = UNIT_STYLES[told.index(name)] if has else (MUTED, "-")
        own = left[name]
        own = own[(own != own.shift()) | (own.index == left.index[-1])]
        ax.step(
            own.index, own, where="post", color=colour, ls=dash, lw=2 if has else 0.9,
            alpha=1 if has else 0.55, zorder=3 if has else 2, label=str(name),
        )  # fmt: skip
    ax.set_ylim(-0.3, most * 1.6)
    ax.set_xlim(*_span(left.index))
    powers = [0.0] + [10.0**k for k in range(len(str(int(most))))]
    ax.yaxis.set_major_locator(FixedLocator(powers))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: words.number(y)))
    ax.set_ylabel(f"{words.short_name(words.unit(unit), 30)} left", parse_math=False)
    ax.grid(axis="y", color=FAINT, lw=0.6)
    time_axis(ax, narrow)
    for name in told:
        at = ax.transAxes.inverted().transform(ax.transData.transform((0, now[name])))[1]
        colour = UNIT_STYLES[told.index(name)][0]
        text = f"{words.short_name(str(name), 24)}: {words.number(now[name])}"
        ends.append((float(at), text, colour))
    rest = len(held) - len(told)
    more = f"and {words.count(rest, 'more state')}" if rest else ""
    gone = len(left.columns) - len(held)
    if narrow:
        handles = [line for line in ax.get_lines() if line.get_label() in told]
        for line in handles:
            who = str(line.get_label())
            line.set_label(f"{words.short_name(who, 24)}: {words.number(now[who])}")
        handles += [_line(more)] if more else []
        handles += [_line(f"none left: {words.count(gone, 'state')}")] if gone else []
        legend_below(ax, handles, columns=1)
    else:
        if gone:
            ends.append((0.03, f"none left: {words.count(gone, 'state')}", MUTED))
        if more:
            ends.append((0.1, more, MUTED))
        label_ends(ax, ends, gap=0.065)


def _line(label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=MUTED, lw=0.9, alpha=0.55, label=label)
