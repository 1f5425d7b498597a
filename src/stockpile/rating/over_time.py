"""The ratings replayed: how many states had which, day after day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from stockpile.common.columns import typed_frame
from stockpile.ledger.ledger import Ledger, Rule
from stockpile.rating.status import RATINGS, Thresholds, status


def ratings_by_day(
    ledger: Ledger,
    days: Iterable[Any] | None = None,
    *,
    rule: Rule | None = None,
    thresholds: Thresholds | None = None,
    with_stock: bool = True,
) -> pd.DataFrame:
    """Count the states with each rating on each of some days, as they would have been rated then.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day that none of the days is after.
    days : iterable of days, optional
        Left out: each half-year from the treaty's entry into force, and the ledger's
        own day or that of its newest row. Each costs about as much as one call of
        `stockpile.status`.
    rule : str, optional
        What 'known' means; left out, the ledger's own, or ``reported``.
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.
    with_stock : bool
        Count only the states known by the day to have or have had a stock; without
        it all that are on record.

    Returns
    -------
    pandas.DataFrame
        ``day``, ``rating`` and ``states`` (how many); by day, then in the order of
        `stockpile.RATINGS`. Ratings that nobody has on a day have no row.

    Raises
    ------
    ValueError
        For a day that is after that of the ledger: it does not know it.

    Examples
    --------
    >>> import stockpile as sp
    >>> ratings_by_day(sp.load("ccm"), ["2022-06-30"]).set_index("rating")["states"].to_dict()
    {'at risk': 1, 'on target': 2, 'unconfirmed': 1, 'completed': 37, 'no obligation': 1}
    """
    chosen = half_years(ledger) if days is None else days
    asked = [pd.Timestamp(day) for day in chosen]
    if ledger.day is not None and (late := [day for day in asked if day > ledger.day]):
        raise ValueError(
            f"the day {min(late):%Y-%m-%d} is after that of the ledger, {ledger.day:%Y-%m-%d}; "
            "expected days up to it"
        )
    rows: list[tuple[Any, ...]] = []
    for day in sorted(set(asked)):
        rated = status(ledger.as_of(day, rule or ledger.rule or "reported"), thresholds)
        if with_stock:
            rated = rated[rated["has_stock"]]
        counts = rated["status"].value_counts()
        rows += [(day, rating, int(counts[rating])) for rating in RATINGS if rating in counts]
    return typed_frame("ratings_by_day", rows)


def half_years(ledger: Ledger, last: Any = None) -> list[pd.Timestamp]:
    """Last days of all half-years since the treaty's entry into force, and a last day.

    Parameters
    ----------
    ledger : Ledger
    last : day, optional
        Left out: the ledger's own day or that of its newest row.

    Examples
    --------
    >>> import stockpile as sp
    >>> [f"{day:%Y-%m-%d}" for day in half_years(sp.load("ccm"), "2011-09-01")]
    ['2010-12-31', '2011-06-30', '2011-09-01']
    """
    if last is None:
        last = ledger.newest if ledger.day is None else ledger.day
    first, last = ledger.treaty.first_entry_into_force, pd.Timestamp(last)
    ends = [
        pd.Timestamp(year, month, day)
        for year in range(first.year, last.year + 1)
        for month, day in ((6, 30), (12, 31))
    ]
    return [*(end for end in ends if first <= end < last), last]
