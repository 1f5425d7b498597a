"""What was left of the declared stocks over the years: the frames behind `remaining`."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stockpile.common import english as words


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
    share, size = shares_left(progress, as_of)
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


def shares_left(progress: pd.DataFrame, as_of: Any) -> tuple[pd.DataFrame, pd.Series]:
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


def left_by_state(
    progress: pd.DataFrame, *, unit: str | None = None, as_of: Any = None
) -> pd.DataFrame:
    """What each state had left of its declared stock on every day on which any of it changed.

    Counts as `stock_left` does, state by state.

    Parameters
    ----------
    progress : pandas.DataFrame
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
    share, size = shares_left(progress, as_of)
    units = list(dict.fromkeys(size.index.get_level_values("unit")))
    chosen = unit if unit is not None else units[0] if units else ""
    if units and chosen not in units:
        raise ValueError(f"unit is {unit!r}; expected one of {words.listing(units)}")
    own = [column for column in share.columns if column[0] == chosen]
    if not own:
        return pd.DataFrame()
    left = (share[own] * size[own]).T.groupby(level="iso3").sum().T
    most = size[own].groupby(level="iso3").sum().sort_values(ascending=False, kind="stable")
    names = dict(zip(progress["iso3"], progress["state"], strict=True))
    left = left[list(most.index)]
    return left.set_axis([str(names.get(code, code)) for code in left.columns], axis=1)
