"""Who is bound, since when, and until when: membership and the chain of deadlines."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple, cast

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import inner_types
from stockpile.common.frames import EPOCH, from_rows, ordinal, period_start, timestamp, tuples
from stockpile.ledger.ledger import Ledger
from stockpile.treaty.rules import Term, Treaty
from stockpile.treaty.schema import MEMBERSHIP_ACTS

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
    """Make chains of computed deadlines and of what sources state, by state in order of the codes.

    Where the term is one day for all, another day that a source states is the state's own.
    ``latest`` is the last day that an extension can reach; one beyond it is left out.
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


@cached
def deadlines(ledger: Ledger) -> pd.DataFrame:
    """Return the chain of deadlines of each state: the original one, then every extension.

    The original deadline follows from entry into force; only where that is
    not on record does a stated one stand in, and where the treaty has one day for all
    a day of the state's own. An extension is
    taken from the grant or, where sources only tell of the deadline that it led
    to, from there; a source that names the month is made precise by one that
    names the day. An extension never shortens the time: a date before the
    deadline that it extends is left out of the chain, and so is one beyond the last day
    that the treaty allows.

    Its columns stand in ``common/inner_columns.csv``.

    >>> import stockpile as sp
    >>> chain = deadlines(sp.load("ccm").as_of("2026-06-30")).query("iso3 == 'BGR'")
    >>> chain["deadline"].dt.strftime("%Y-%m-%d").tolist()
    ['2019-10-01', '2021-04-01', '2022-10-01', '2023-12-31']
    """
    rows = [
        (iso3, number, *link)
        for iso3, chain in chains(ledger).items()
        for number, link in enumerate(chain)
    ]
    kinds = inner_types("deadlines")
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


@cached
def chains(ledger: Ledger, stock: str = "") -> dict[str, list[Link]]:
    """Return what `deadlines` lays out, as a list of links for each state.

    With the id of a stock, the chains of that stock: by its own time, where it has one,
    and with what sources say of it. Shared with all who ask: not to be changed.
    """
    treaty = ledger.treaty
    if not stock and treaty.only_stock:
        return chains(ledger, treaty.only_stock)
    term = treaty.term_of(stock)
    return linked(computed(ledger, term), _statements(ledger, stock), term, treaty.extension_latest)


def _statements(ledger: Ledger, stock: str) -> Iterator[Stated]:
    """What sources say of deadlines: of all stocks, and of the one that is asked for."""
    for iso3, event, date, precision, value, new, new_precision, *rest in ledger.rows(
        "events",
        *("iso3", "event", "date", "precision", "value", "new_deadline"),
        *("new_deadline_precision", "rank", "published", "source_id"),
        *(f"known_{ledger.rule or 'reported'}", "stock"),
    ):
        *rest, about = rest
        if event in _CLAIMS and about in ("", stock):
            stated = event == "deadline_stated"
            day, how = (date, precision) if stated else (new, new_precision)
            if day is not None:
                original = stated and value == "original"
                yield Stated(iso3, event, original, day, how, *rest)


_CLAIMS = ("deadline_stated", "extension_granted", "extension_requested")


@cached
def obligations(ledger: Ledger, stock: str = "") -> pd.DataFrame:
    """Return membership and deadlines, one row a state, as of the ledger's day.

    With the id of a stock, by its deadlines; else by those of the treaty.

    Its columns stand in ``common/inner_columns.csv``; days that do not exist are ``NaT``.

    >>> import stockpile as sp
    >>> then = obligations(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> then.loc["COL", "membership"], then.loc["GBR", "membership"]
    ('signatory', 'State Party')
    """
    if not stock and ledger.treaty.only_stock:
        return obligations(ledger, ledger.treaty.only_stock)
    today = ordinal(ledger.require_day())
    acts, asked, due = _acts(ledger)
    bound = ledger.bound.reset_index()
    own = {iso3: days for iso3, *days in tuples(bound, "iso3", "consented", "entry_into_force")}
    chain = chains(ledger, stock)
    rows = []
    for iso3, name in ledger.rows("states", "iso3", "name"):
        act, links = acts.get(iso3, {}), chain.get(iso3, [])
        consented, starts = own.get(iso3, (None, None))
        original = links[0].deadline if links and links[0].basis != "extended" else None
        # A state whose deadline sources name is bound, though its consent is not on record.
        since = starts
        if since is None and original is not None:
            since = _begin(ledger.treaty, links[0].earliest)
        if act.get("withdrew", _LATER) <= today:
            membership = "withdrawn"
        elif since is not None and since <= today:
            membership = "State Party"
        elif act.get("signed", _LATER) <= today:
            membership = "signatory"
        else:
            silent = consented is None and starts is None and (links or iso3 in due)
            membership = "not on record" if silent else "not party"
        last = ordinal(links[-1].deadline) if links else None
        request = asked.get(iso3)
        # The month that was asked for and the day that was granted are one deadline.
        pending = last is not None and request is not None and month_of(request) > month_of(last)
        rows.append(
            (
                iso3,
                name,
                membership,
                consented,
                starts,
                act.get("withdrew"),
                act.get("withdrawal_notified"),
                act.get("suspension_notified"),
                None if original is None else ordinal(original),
                last,
                ordinal(links[-1].earliest) if links else None,
                links[-1].precision if links else "",
                links[-1].basis if links else "",
                sum(link.basis == "extended" for link in links),
                request if pending else None,
            )
        )
    return from_rows(rows, inner_types("obligations"))


_LATER = 10**9


def _begin(treaty: Treaty, deadline: pd.Timestamp) -> int:
    """The day on which a state was bound at the latest, by its original deadline."""
    begun = treaty.term.begins(pd.Series([deadline])).fillna(treaty.first_entry_into_force)
    return ordinal(begun.iloc[0])


def _acts(ledger: Ledger) -> tuple[dict[str, dict[str, int]], dict[str, int], set[str]]:
    """First day of each act of each state, the latest deadline it asked for, and who has a duty."""
    acts: dict[str, dict[str, int]] = {}
    asked: dict[str, int] = {}
    due: set[str] = set()
    for iso3, event, day, new in ledger.rows("events", "iso3", "event", "date", "new_deadline"):
        if event in MEMBERSHIP_ACTS and day is not None:
            state_acts = acts.setdefault(iso3, {})
            state_acts[event] = min(state_acts.get(event, day), day)
        elif event in _DUTIES:
            due.add(iso3)
            if event == "extension_requested" and new is not None:
                asked[iso3] = max(asked.get(iso3, new), new)
    return acts, asked, due


#: Events that only a state bound by the treaty has.
_DUTIES = ("deadline_missed", "extension_requested", "extension_granted")
