"""The ratings replayed: how many states had which, day after day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from stockpile.common.columns import column_types
from stockpile.ledger.ledger import Ledger, Rule, parse_day
from stockpile.rating.status import RATINGS, Thresholds, status


def ratings_by_day(
    ledger: Ledger,
    days: Any = None,
    *,
    rule: Rule | None = None,
    thresholds: Thresholds | None = None,
    with_stock: bool = True,
    states: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Count the states with each rating on each of some days, as they would have been rated then.

    See `stockpile.ratings_by_day`.
    """
    rows: list[tuple[Any, ...]] = []
    for day in days_asked(ledger, days):
        rated = status(ledger.as_of(day, rule or ledger.rule or "reported"), thresholds)
        if with_stock:
            rated = rated[rated["had_stock"]]
        if states is not None:
            rated = rated[rated["iso3"].isin(states)]
        counts = rated["status"].value_counts()
        rows += [(day, rating, int(counts[rating])) for rating in RATINGS if rating in counts]
    types = {"as_of": "datetime64[us]", **column_types("ratings_by_day")}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def days_asked(ledger: Ledger, days: Any = None) -> list[pd.Timestamp]:
    """Days in their order: one, several, or the half-years; refuse one that is not known yet."""
    chosen = half_years(ledger) if days is None else days
    several = isinstance(chosen, Iterable) and not isinstance(chosen, str)
    asked = [parse_day(day) for day in (chosen if several else [chosen])]
    if ledger.day is not None and (late := [day for day in asked if day > ledger.day]):
        raise ValueError(
            f"the day {min(late):%Y-%m-%d} is after that of the ledger, {ledger.day:%Y-%m-%d}; "
            "expected days up to it"
        )
    return sorted(set(asked))


def half_years(ledger: Ledger, last: Any = None) -> list[pd.Timestamp]:
    """Last days of all half-years since the treaty's entry into force, and a last day.

    By default the ledger's own day or that of its newest row.

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
