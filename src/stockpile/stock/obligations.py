"""Who is bound, since when, and until when: membership and the chain of deadlines."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.frames import from_rows, ordinal, tuples
from stockpile.ledger.ledger import Ledger
from stockpile.stock.links import Link, Stated, computed, linked, month_of
from stockpile.treaty.rules import Treaty
from stockpile.treaty.schema import MEMBERSHIP_ACTS

__all__ = ["Link", "chains", "deadlines", "obligations"]

OBLIGATION_COLUMNS = [
    "iso3",
    "state",
    "membership",
    "consented",
    "entry_into_force",
    "withdrew",
    "withdrawal_notified",
    "suspension_notified",
    "original_deadline",
    "deadline",
    "deadline_from",
    "deadline_precision",
    "deadline_basis",
    "extensions",
    "requested_deadline",
]
_LINK_KINDS = {
    "iso3": "str",
    "link": "int64",
    "deadline": "datetime64[us]",
    "precision": "str",
    "basis": "str",
    "known": "datetime64[us]",
    "sources": "str",
}
DEADLINE_COLUMNS = list(_LINK_KINDS)


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

    Returns
    -------
    pandas.DataFrame
        ``iso3``, ``link`` (0 for the original), ``deadline``, ``precision``
        (``day``, ``month``, ``year``), ``basis`` (``computed``, ``stated``,
        ``extended``), ``known`` (the day the link became known; ``NaT`` for a
        computed one), ``sources`` (ids, separated by blanks).

    Examples
    --------
    >>> import stockpile as sp
    >>> from stockpile.stock.obligations import deadlines
    >>> chain = deadlines(sp.load("ccm").as_of("2026-06-30")).query("iso3 == 'BGR'")
    >>> chain["deadline"].dt.strftime("%Y-%m-%d").tolist()
    ['2019-10-01', '2021-04-01', '2022-10-01', '2023-12-31']
    """
    rows = [
        (iso3, number, *link)
        for iso3, chain in chains(ledger).items()
        for number, link in enumerate(chain)
    ]
    out = pd.DataFrame(rows, columns=DEADLINE_COLUMNS)
    return out.astype(_LINK_KINDS)


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

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    stock : str
        Id of the stock whose deadlines are meant; empty for those of the treaty.

    Returns
    -------
    pandas.DataFrame
        ``iso3``, ``state``, ``membership`` (``State Party``, ``signatory``,
        ``not party``, ``withdrawn``, or ``not on record`` for a state of which sources
        name a duty but no consent), ``consented``, ``entry_into_force``,
        ``withdrew``, ``withdrawal_notified``, ``suspension_notified``,
        ``original_deadline``, ``deadline`` (the one in force; of a month or year that a
        source names, the last day), ``deadline_from`` (the first day that it may be),
        ``deadline_precision``,
        ``deadline_basis``, ``extensions`` (how many), ``requested_deadline``
        (asked for and not granted by the day). Days that do not exist are ``NaT``.

    Examples
    --------
    >>> import stockpile as sp
    >>> from stockpile.stock.obligations import obligations
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
    kinds = {name: _KINDS.get(name, "datetime64[us]") for name in OBLIGATION_COLUMNS}
    return from_rows(rows, kinds)


_LATER = 10**9
_KINDS = {
    "iso3": "str",
    "state": "str",
    "membership": "str",
    "deadline_precision": "str",
    "deadline_basis": "str",
    "extensions": "int64",
}


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
