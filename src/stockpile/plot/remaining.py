"""What remained of the declared stocks over the years, all states together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.style import FONT, GROUND, INK, MUTED, UNIT_STYLES

VIEWS = ("share", "total", "log")
_COLUMNS = ["unit", "date", "remaining", "declared", "share_left", "states", "states_left"]
#: How many states are called by their names where there is no room for all.
_NAMED = 6
#: Colours of stacked stocks, the largest first; neighbours differ in lightness too.
_BANDS = (*((UNIT_STYLES[i][0], alpha) for i in (0, 2, 1) for alpha in (1, 0.55)), (MUTED, 0.6))
#: Lines of states that are not named.
_UNNAMED: dict[str, Any] = {"lw": 0.9, "alpha": 0.55, "zorder": 2}


@takes_ledger
def stock_left(progress: pd.DataFrame, *, as_of: Day | None = None) -> pd.DataFrame:
    """Add up what was left of the declared stock on every day on which it changed.

    Only stocks with a declared number count: what is unknown stays unknown. A
    stock counts in full until the first statement on its destruction, and at its
    last declared size throughout, so that a restated declaration does not look
    like destruction or like new stock.

    Parameters
    ----------
    progress : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.progress` returns it.
    as_of : str or pandas.Timestamp, optional
        The last figures are carried on to that day.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``date``, ``remaining``, ``declared`` (the whole, the same on
        every day), ``share_left``, ``states`` (with a declared number),
        ``states_left`` (those of them with stock left); by unit and date.

    Examples
    --------
    >>> import stockpile as sp
    >>> left = stock_left(sp.progress(sp.load("ccm").as_of("2014-12-31")))
    >>> sorted(left["unit"].unique())
    ['cluster_munitions', 'submunitions']
    """
    share, size = _shares_left(progress, as_of)
    parts = []
    for unit in dict.fromkeys(size.index.get_level_values("unit")):
        whole = size[[unit]]
        left = (share[[unit]] * whole).sum(axis=1)
        # A state with two stocks is one state.
        holds = (share[[unit]] > 0).T.groupby(level="iso3").any()
        cells = [unit, share.index, left, whole.sum(), left / whole.sum(), len(holds), holds.sum()]
        parts.append(pd.DataFrame(dict(zip(_COLUMNS, cells, strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _shares_left(progress: pd.DataFrame, as_of: Day | None) -> tuple[pd.DataFrame, pd.Series]:
    """Share left of each stock (a column) on each day (a row), and the size of each stock."""
    keys = ["unit", "iso3", "episode"]
    # A declaration without a day is of the stock there was to begin with.
    first = progress["date"].min()
    start = first if pd.notna(first) else pd.Timestamp("1999-01-01" if as_of is None else as_of)
    left = (progress["remaining"] / progress["declared"]).fillna(1 - progress["share_destroyed"])
    rows = progress.assign(date=progress["date"].fillna(start), left=left.clip(0, 1))
    size = rows.groupby(keys, sort=False)["declared"].last()
    size = size[size > 0]
    if size.empty:
        return pd.DataFrame(columns=size.index), size
    rows = rows.drop_duplicates([*keys, "date"], keep="last").set_index(["date", *keys])
    share = rows["left"].unstack(keys).sort_index()[list(size.index)].ffill().fillna(1.0)
    if as_of is not None and pd.Timestamp(as_of) > share.index[-1]:
        share.loc[pd.Timestamp(as_of)] = share.iloc[-1]
    return share, size


def _silent(progress: pd.DataFrame) -> pd.Series:
    """Which stocks have no figure on their destruction, by unit, state and episode."""
    known = progress["remaining"].notna() & (progress["remaining_qualifier"] != "at_most")
    known |= progress["share_destroyed"].notna()
    return ~known.groupby([progress[key] for key in ("unit", "iso3", "episode")]).any()


@takes_ledger
def left_by_state(
    progress: pd.DataFrame, *, unit: str | None = None, as_of: Day | None = None
) -> pd.DataFrame:
    """What each state had left of its declared stock on every day on which any of it changed.

    Counts as `stock_left` does, state by state.

    Parameters
    ----------
    progress : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.progress` returns it.
    unit : str, optional
        Which count; left out, the first that the frame has.
    as_of : str or pandas.Timestamp, optional
        The last figures are carried on to that day.

    Returns
    -------
    pandas.DataFrame
        A row for each day (the index), a column for each state by its name, the largest
        stock first.

    Examples
    --------
    >>> import stockpile as sp
    >>> left = left_by_state(sp.progress(sp.load("ccm").as_of("2014-12-31")))
    >>> left["Germany"].iloc[[0, -1]].astype(int).tolist()
    [573700, 40159]
    """
    share, size = _shares_left(progress, as_of)
    units = list(dict.fromkeys(size.index.get_level_values("unit")))
    if not units:
        return pd.DataFrame()
    chosen = units[0] if unit is None else unit
    if chosen not in units:
        raise ValueError(f"unit is {unit!r}; expected one of {words.listing(units)}")
    stocks = [column for column in share.columns if column[0] == chosen]
    left = (share[stocks] * size[stocks]).T.groupby(level="iso3").sum().T
    most = size[stocks].groupby(level="iso3").sum().sort_values(ascending=False, kind="stable")
    names = dict(zip(progress["iso3"], progress["state"], strict=True))
    return left[list(most.index)].rename(columns=names).rename_axis(columns=None)


def counted_whole(progress: pd.DataFrame) -> list[str]:
    """Name the units of which some stock counts in full, or up to a bound, for want of a figure."""
    last = progress.groupby(["unit", "iso3", "episode"], as_index=False).last()
    silent = last["remaining"].isna() & last["share_destroyed"].isna()
    bounded = silent | ((last["remaining_qualifier"] == "at_most") & (last["remaining"] > 0))
    return sorted(set(last.loc[(last["declared"] > 0) & bounded, "unit"]))


def remaining_title(left: pd.DataFrame, at_most: Collection[str] = ()) -> str:
    """Say how much of the declared stock remains, by unit; at most so much of some of them.

    Examples
    --------
    >>> import pandas as pd
    >>> left = pd.DataFrame({"unit": ["landmines"], "share_left": [0.25]})
    >>> remaining_title(left), remaining_title(left, ["landmines"])
    ('25% of the declared landmines remain', 'At most 25% of the declared landmines remain')
    """
    if left.empty:
        return "No declared stock with a date is on record"
    last = left.groupby("unit", sort=False)["share_left"].last()
    if (last == 0).all():
        return "Nothing remains of the declared stock"
    parts = [
        f"{_bounded(share, unit in at_most) if share else 'none'} of the declared "
        f"{words.unit(str(unit))}"
        for unit, share in last.items()
    ]
    return words.sentence(f"{words.listing(parts)} remain")


def _bounded(share: float, bounded: bool) -> str:
    """A share in per cent, as the most that it can be; 'under 1%' says as much by itself."""
    text = words.percent(share)
    return f"at most {text}" if bounded and text[0].isdigit() else text


@takes_ledger
@mpl.rc_context(FONT)
def remaining(
    progress: pd.DataFrame,
    *,
    view: Literal["total", "share", "log"] = "share",
    unit: str | None = None,
    as_of: Day | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How much of the declared stock remained over the years, all states together.

    Parameters
    ----------
    progress : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.progress` returns it; see `stock_left` for what counts.
    view : {"share", "total", "log"}
        ``share``: a line for each unit, hatched below where nothing is known of the
        destruction of a stock, and a thin line of the states that have stock left. ``total``: the
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
    if view not in VIEWS:
        raise ValueError(f"view is {view!r}; expected one of {words.listing(VIEWS)}")
    left = stock_left(progress, as_of=as_of)
    day = style.as_day(as_of)
    one_figure = ax is None
    ax, narrow = style.axes_for(ax, width, 4.1)
    if view == "share":
        heading = remaining_title(left, counted_whole(progress))
        if len(left):
            _draw_share(ax, left, progress, as_of, narrow)
    else:
        by_state = left_by_state(progress, unit=unit, as_of=as_of)
        counted = unit or next(iter(left["unit"]), "")
        heading = _numbers_title(by_state, counted)
        if len(left):
            if view == "log":
                ax.set_yscale("symlog", linthresh=1.0, linscale=0.4)
            style.number_axis(ax, counted)
            draw = _draw_total if view == "total" else _draw_log
            draw(ax, by_state)
    if left.empty:
        style.say_empty(ax, "no declared stock on record")
    style.as_of_line(ax, day)
    style.frame_text(ax, title, heading, source, day)
    if one_figure:
        style.make_room(ax, 2.9 if narrow else 3.1)
    return ax


def _years(ax: Axes, days: Any) -> None:
    """Set the time axis: it begins with the first day, if that is not the only one."""
    first, last = style.time_limits(days)
    ax.set_xlim(days[0] if len(days) > 1 else first, last)
    style.time_axis(ax, heights=True)


def _numbers_title(left: pd.DataFrame, unit: str) -> str:
    """Say how many remain, and with whom."""
    if left.empty:
        return "No declared stock with a date is on record"
    now = left.iloc[-1]
    if not now.sum():
        return f"None of the declared {words.unit(unit)} remain"
    most = now.sort_values(ascending=False, kind="stable")
    holders = int((now > 0).sum())
    title = f"{words.number(now.sum())} {words.unit(unit)} remain in "
    if holders <= 3:
        return title + words.states(most.index[:holders])
    largest = f"{words.number(most.iloc[0])} in {words.the(str(most.index[0]))}"
    return title + f"{words.count(holders, 'state')}, {largest}"


def _draw_share(
    ax: Axes, left: pd.DataFrame, progress: pd.DataFrame, as_of: Day | None, narrow: bool
) -> None:
    """Shares: a line a unit, hatched below where nothing is known, and one of states."""
    shares, size = _shares_left(progress, as_of)
    silent = _silent(progress).reindex(size.index, fill_value=True)
    holds = (shares > 0).T.groupby(level="iso3").any().T
    total, holding = holds.shape[1], int(holds.iloc[-1].sum())
    whole = counted_whole(progress)
    ends: list[tuple[float, str, str]] = []
    handles: list[Any] = []
    for i, (unit, rows) in enumerate(left.groupby("unit", sort=False)):
        colour, dash, _ = style.unit_style(i)
        last = rows.iloc[-1]
        unknown = float(size[silent & (size.index.get_level_values("unit") == unit)].sum())
        share = _bounded(last["share_left"], unit in whole and bool(last["remaining"]))
        label = f"{words.short_name(words.unit(str(unit)), 28)}: {share} remaining"
        # A legend below a narrow chart has room for so many letters.
        label = label.replace(": ", ":\n") if narrow and len(label) > 42 else label
        label += f"\n{words.number(last['remaining'])} of {words.number(last['declared'])}"
        look: dict[str, Any] = {"color": colour, "ls": dash, "lw": 2.2, "label": label, "zorder": 3}
        handles += ax.step(rows["date"], rows["share_left"], where="post", **look)
        if unknown:
            least = (rows["share_left"] - unknown / last["declared"]).clip(lower=0)
            hatch: dict[str, Any] = {
                "fc": "none",
                "ec": colour,
                "hatch": "////",
                "lw": 0,
                "zorder": 2,
            }
            ax.fill_between(rows["date"], least, rows["share_left"], step="post", **hatch)
        ends.append((float(last["share_left"]), label, colour))
    label = (
        f"{holding} of {total} {'state' if total == 1 else 'states'} "
        f"{'is' if holding == 1 else 'are'} not known\nto have finished"
    )
    steps = holds.sum(axis=1) / total
    look = {"color": MUTED, "lw": 1.2, "label": label, "zorder": 2}
    handles += ax.step(steps.index, steps, where="post", **look)
    ends.append((float(steps.iloc[-1]), label, MUTED))
    ax.set_ylim(-0.02, 1.04)
    _years(ax, shares.index)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("share remaining")
    if narrow:
        style.legend_below(ax, handles)
    else:
        style.label_ends(ax, ends, gap=0.16)


def _draw_total(ax: Axes, left: pd.DataFrame) -> None:
    """Numbers, stacked: the largest stocks by name, all others as one."""
    named = _to_name(left)
    parts = left[named].copy()
    if rest := left.shape[1] - len(named):
        parts[words.count(rest, "other state")] = left.drop(columns=named).sum(axis=1)
    # The largest on top; at the bottom the many small ones stand on firm ground.
    parts = parts[parts.columns[::-1]]
    looks = _BANDS[: parts.shape[1]][::-1]
    bands = style.stack(ax, parts, looks)
    highest = max(float(left.sum(axis=1).max()), 1.0) * 1.04
    middles = parts.iloc[0].cumsum() - parts.iloc[0] / 2
    for name, band, middle, (_, alpha) in zip(parts, bands, middles, looks, strict=True):
        first, now = parts[name].iloc[0], parts[name].iloc[-1]
        short = words.short_name(str(name), 24)
        band.set_label(f"{short}: {words.number(now)} of {words.number(first)}")
        if first > 0.055 * highest:
            look: dict[str, Any] = {"color": GROUND if alpha == 1 else INK, "fontsize": 8}
            look |= {"va": "center", "zorder": 4}
            style.write(ax, short, (0, middle), (5, 0), ax.get_yaxis_transform(), **look)
    ax.set_ylim(0, highest)
    _years(ax, parts.index)
    style.legend_below(ax, bands[::-1])


def _to_name(left: pd.DataFrame) -> list[Any]:
    """Name who has most now, then who had most, the largest stock first."""
    now = left.iloc[-1].sort_values(ascending=False, kind="stable")
    holders = list(now[now > 0].index[: _NAMED // 2])
    largest = [name for name in left.columns if name not in holders]
    chosen = {*holders, *largest[: _NAMED - len(holders)]}
    return [name for name in left.columns if name in chosen]


def _draw_log(ax: Axes, left: pd.DataFrame) -> None:
    """Numbers, a line a state, on a logarithmic scale that ends in nothing."""
    now, most = left.iloc[-1], max(float(left.max().max()), 10.0)
    holders = sorted((n for n in left.columns if now[n] > 0), key=lambda n: -now[n])
    named = dict(zip(holders, UNIT_STYLES, strict=False))
    for name in left.columns:
        colour, dash = named[name][:2] if name in named else (MUTED, "-")
        steps = left[name]
        steps = steps[(steps != steps.shift()) | (steps.index == left.index[-1])]
        look: dict[str, Any] = {"lw": 2, "zorder": 3} if name in named else _UNNAMED
        ax.step(steps.index, steps, where="post", color=colour, ls=dash, label=str(name), **look)
    ax.set_ylim(-0.3, most * 1.6)
    _years(ax, left.index)
    powers = [0.0] + [10.0**k for k in range(len(str(int(most))))]
    ax.set_yticks(powers)
    ax.minorticks_off()
    labels = {n: f"{words.short_name(str(n), 24)}: {words.number(now[n])}" for n in named}
    others = []
    if rest := len(holders) - len(named):
        others.append((0.2, f"and {words.count(rest, 'more state')}", MUTED))
    if done := len(left.columns) - len(holders):
        others.append((0, f"none remaining: {words.count(done, 'state')}", MUTED))
    if style.is_narrow(ax):
        handles = [
            style.key(labels[name], color=look.colour, ls=look.dash, lw=2)
            for name, look in named.items()
        ]
        handles += [style.key(text, color=MUTED, **_UNNAMED) for _, text, _ in others]
        style.legend_below(ax, handles)
    else:
        ends = [(now[name], labels[name], look.colour) for name, look in named.items()]
        style.label_ends(ax, [*ends, *others], gap=0.065)
