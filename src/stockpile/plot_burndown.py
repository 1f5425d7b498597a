"""The burn-down: what was left of the declared stock over the years, all states together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import words
from stockpile.style import (
    FAINT,
    FONT,
    MUTED,
    UNIT_STYLES,
    as_of_line,
    frame_text,
    is_narrow,
    legend_below,
    new_axes,
    time_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def stock_left(progress: pd.DataFrame, *, as_of: Any = None) -> pd.DataFrame:
    """Add up what was left of the declared stock on every day on which it changed.

    Only stocks with a declared number count: what is unknown stays unknown. A
    stock counts in full until the first statement on its destruction, and at its
    last declared size throughout, so that a restated declaration does not look
    like destruction or like new stock.

    Parameters
    ----------
    progress : pandas.DataFrame
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
        part, whole = share[[unit]], size[[unit]]
        remaining = (part * whole).sum(axis=1)
        parts.append(
            pd.DataFrame(
                {
                    "unit": unit,
                    "date": part.index,
                    "remaining": remaining.to_numpy(),
                    "declared": whole.sum(),
                    "share_left": (remaining / whole.sum()).to_numpy(),
                    "states": whole.index.get_level_values("iso3").nunique(),
                    "states_left": _states_with_stock(part).to_numpy(),
                }
            )
        )
    if not parts:
        columns = ["unit", "date", "remaining", "declared", "share_left", "states", "states_left"]
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)


def _shares_left(progress: pd.DataFrame, as_of: Any) -> tuple[pd.DataFrame, pd.Series]:
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


def _states_with_stock(share: pd.DataFrame) -> pd.Series:
    """How many states had anything left; one with two stocks or units is one state."""
    return (share > 0).T.groupby(level="iso3").any().sum()


def burndown_title(left: pd.DataFrame) -> str:
    """Say how much of the declared stock is left, by unit.

    Examples
    --------
    >>> import pandas as pd
    >>> burndown_title(pd.DataFrame({"unit": ["landmines"], "share_left": [0.25]}))
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


def burndown(
    progress: pd.DataFrame,
    *,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How much of the declared stock was left over the years, all states together.

    As shares, because stocks run from a dozen to millions; the numbers stand at
    the end of each line. A dotted line gives the share of states with stock left,
    in which a small stock counts as much as a large one.

    Parameters
    ----------
    progress : pandas.DataFrame
        As `stockpile.progress` returns it; see `stock_left` for what counts.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl
    from matplotlib.ticker import PercentFormatter

    left = stock_left(progress, as_of=as_of)
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, 3.6 if narrow else 3.9)
        ends: list[tuple[float, str, str]] = []
        for i, (unit, rows) in enumerate(left.groupby("unit", sort=False)):
            colour, dash = UNIT_STYLES[i % len(UNIT_STYLES)]
            last = rows.iloc[-1]
            name = words.short_name(words.unit(str(unit)), 28)
            label = (
                f"{name}: {words.percent(last['share_left'])} left\n"
                f"{words.number(last['remaining'])} of {words.number(last['declared'])}"
            )
            ax.step(
                rows["date"], rows["share_left"], where="post", color=colour, ls=dash, lw=2.2,
                label=label, zorder=3,
            )  # fmt: skip
            ends.append((float(last["share_left"]), label, colour))
        if len(left):
            shares, _ = _shares_left(progress, as_of)
            states = _states_with_stock(shares)
            total = shares.columns.get_level_values("iso3").nunique()
            label = f"states with stock left\n{states.iloc[-1]} of {total} with a declared number"
            share = states / total
            ax.step(
                states.index, share, where="post", color=MUTED, ls=(0, (1, 1.3)), lw=1.6,
                label=label, zorder=2,
            )  # fmt: skip
            ends.append((float(share.iloc[-1]), label, MUTED))
        else:
            ax.text(0.5, 0.5, "no declared stock on record", transform=ax.transAxes, ha="center")
        ax.set_ylim(-0.02, 1.04)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_ylabel("share left" if narrow else "share of the declared stock left")
        ax.grid(axis="y", color=FAINT, lw=0.6)
        time_axis(ax, narrow)
        if pd.notna(day):
            as_of_line(ax, day)
        if narrow and ends:
            legend_below(ax, ax.get_lines()[: len(ends)], columns=1)
        elif ends:
            _label_ends(ax, ends)
        frame_text(ax, burndown_title(left) if title is None else title, source, day)
    return ax


def _label_ends(ax: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write each line's name beside its end, moved apart where ends lie close."""
    gap = 0.17
    placed: list[float] = []
    for y, label, colour in sorted(ends):
        at = max(y, placed[-1] + gap) if placed else y
        placed.append(at)
        ax.annotate(
            label, (1, at), xycoords=ax.get_yaxis_transform(), xytext=(8, 0),
            textcoords="offset points", va="center", color=colour, linespacing=1.25,
            parse_math=False,
        )  # fmt: skip
