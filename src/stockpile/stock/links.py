"""Deadlines in a chain: the original one, then every extension of it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import NamedTuple, cast

import pandas as pd

from stockpile.common.frames import EPOCH, period_start, timestamp
from stockpile.ledger.ledger import Ledger
from stockpile.treaty.terms import Term

_PRECISE = {"day": 0, "month": 1, "year": 2}
NEVER = cast("pd.Timestamp", pd.NaT)


class Link(NamedTuple):
    """One deadline in the chain of a state."""

    deadline: pd.Timestamp
    precision: str
    basis: str
    known: pd.Timestamp  # NaT for a deadline computed from the treaty's rule
    sources: str

    @property
    def earliest(self) -> pd.Timestamp:
        """First day that it may mean: a month or a year is a range."""
        return period_start(self.deadline, self.precision)


class Stated(NamedTuple):
    """What one source says of a deadline, or of an extension to another one."""

    iso3: str
    event: str
    original: bool
    deadline: int
    precision: str
    rank: int
    published: int | None
    source_id: str
    known: int | None

    @property
    def month(self) -> int:
        """The month of it."""
        return month_of(self.deadline)

    @property
    def precise(self) -> int:
        """How precise it is; a lower number is more precise."""
        return _PRECISE.get(self.precision, 3)


def month_of(day: int) -> int:
    """The month of a day, as a number that grows with time."""
    at = dt.date.fromordinal(day + EPOCH)
    return at.year * 12 + at.month


def first_day(days: Iterable[int | None]) -> pd.Timestamp:
    """The first of some days, if there is one."""
    first = min((day for day in days if day is not None), default=None)
    return NEVER if first is None else timestamp(first)


def computed(ledger: Ledger, term: Term) -> dict[str, Link]:
    """The last day that a rule gives each state that is, or will be, bound."""
    ends = term.ends(ledger.bound["entry_into_force"].dropna()).dropna()
    return {
        iso3: Link(end, "day", "computed", NEVER, "")
        for iso3, end in zip(ends.index.tolist(), ends.tolist(), strict=True)
    }


def linked(
    originals: Mapping[str, Link], statements: Iterable[Stated], term: Term, latest: object = None
) -> dict[str, list[Link]]:
    """Make chains of computed deadlines and of what sources state.

    Parameters
    ----------
    originals : mapping of str to Link
        As `computed` gives them.
    statements : iterable of Stated
    term : Term
        What they were computed by; where it is one day for all, another day that a source
        states is the state's own.
    latest : pandas.Timestamp, optional
        The last day that an extension can reach; one beyond it is left out.

    Returns
    -------
    dict of str to list of Link
        By state, in the order of their codes.
    """
    chains = {iso3: [link] for iso3, link in originals.items()}
    first: dict[str, list[Stated]] = {}
    claims: dict[str, list[Stated]] = {}
    for one in statements:
        (first if one.original else claims).setdefault(one.iso3, []).append(one)
    for iso3, named in first.items():
        best = min(named, key=_nearest)
        known = first_day(one.known for one in named if one.deadline == best.deadline)
        day = timestamp(best.deadline)
        link = Link(day, best.precision, "stated", known, best.source_id)
        rule = originals.get(iso3)
        if rule is None or (term.date and not link.earliest <= rule.deadline <= day):
            chains[iso3] = [link]
    for iso3, of_state in claims.items():
        chain = chains.setdefault(iso3, [])
        # Each month that is named is one link, whoever names it and however precisely.
        for _, same in groupby(sorted(of_state, key=_by_month), key=lambda one: one.month):
            chain += _extension(list(same), chain[-1].deadline if chain else None, latest)
    return {iso3: chains[iso3] for iso3 in sorted(chains) if chains[iso3]}


def _nearest(one: Stated) -> tuple[object, ...]:
    """Order in which one original deadline is preferred to another."""
    published = math.inf if one.published is None else -one.published
    return one.precise, one.rank, published, one.deadline, one.source_id


def _by_month(one: Stated) -> tuple[object, ...]:
    """Order of extensions; those of one month the most precise and then the nearest first."""
    return one.month, one.precise, one.rank, one.deadline, one.source_id, one.event


def _extension(same: list[Stated], before: pd.Timestamp | None, latest: object) -> list[Link]:
    """The link that claims of one month come to, or none.

    A bare request moves nothing; no deadline is extended backwards, and none beyond the
    last day of all.
    """
    best = same[0]
    effective = [one for one in same if one.event != "extension_requested"]
    day = timestamp(best.deadline)
    if not effective or (before is not None and day <= before):
        return []
    known = first_day(one.known for one in effective)
    sources = " ".join(sorted({one.source_id for one in effective}))
    link = Link(day, best.precision, "extended", known, sources)
    if before is not None and link.earliest <= before:
        return []  # 'in 2021' says no more than a deadline in March 2021 does
    if isinstance(latest, pd.Timestamp) and day > latest:
        # A month or a year that the last day is in can only mean that day.
        within = link.earliest <= latest and not (before is not None and latest <= before)
        return [link._replace(deadline=latest, precision="day")] if within else []
    return [link]
