"""Who is bound, since when, and until when: membership and the chain of deadlines."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any, NamedTuple, cast

import pandas as pd

from stockpile.ledger import MEMBERSHIP_ACTS, Ledger

MEMBERSHIPS = ("State Party", "signatory", "not party", "withdrawn")

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
    "deadline_basis",
    "extensions",
    "requested_deadline",
]
DEADLINE_COLUMNS = ["iso3", "link", "deadline", "precision", "basis", "known", "sources"]

_PRECISE = {"day": 0, "month": 1, "year": 2}
_NEVER = cast("pd.Timestamp", pd.NaT)


class Link(NamedTuple):
    """One deadline in the chain of a state."""

    deadline: pd.Timestamp
    precision: str
    basis: str
    known: pd.Timestamp  # NaT for a deadline computed from the treaty's rule
    sources: str


class _Claim(NamedTuple):
    """What one source says of an extended deadline; sorts the most precise first."""

    month: tuple[int, int]
    precise: int
    deadline: pd.Timestamp
    source_id: str
    event: str
    precision: str
    known: pd.Timestamp


def deadlines(ledger: Ledger) -> pd.DataFrame:
    """Return the chain of deadlines of each state: the original one, then every extension.

    The original deadline is computed from entry into force; only where that is
    not on record does a stated original deadline stand in. An extension is
    taken from the grant or, where sources only tell of the deadline that it led
    to, from there; a source that names the month is made precise by one that
    names the day. An extension never shortens the time: a date before the
    deadline that it extends is left out of the chain.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day.

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
    >>> from stockpile.obligations import deadlines
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
    for column in ("deadline", "known"):
        out[column] = pd.to_datetime(out[column]).astype("datetime64[us]")
    return out.sort_values(["iso3", "link"], ignore_index=True)


def chains(ledger: Ledger) -> dict[str, list[Link]]:
    """Return what `deadlines` lays out, as a list of links for each state."""
    events = ledger.events
    bound = ledger.bound["entry_into_force"].dropna()
    ends = bound + pd.DateOffset(years=ledger.treaty.years)
    out = {
        str(iso3): [Link(end, "day", "computed", _NEVER, "")]
        for iso3, end in zip(bound.index, ends, strict=True)
    }
    told = events[
        events["event"].isin(["deadline_stated", "extension_granted", "extension_requested"])
    ]
    originals: dict[str, list[tuple[Any, ...]]] = {}
    claims: dict[str, list[_Claim]] = {}
    row: Any
    for row in told.itertuples():
        iso3, known = str(row.iso3), getattr(row, f"known_{ledger.rule or 'reported'}")
        stated = row.event == "deadline_stated"
        day = row.date if stated else row.new_deadline
        precision = str(row.precision if stated else row.new_deadline_precision)
        if pd.isna(day):
            continue
        precise = _PRECISE.get(precision, 3)
        if stated and row.value == "original":
            out_ = -row.published.value if pd.notna(row.published) else math.inf
            key = (precise, row.rank, out_, day, row.source_id)
            originals.setdefault(iso3, []).append((*key, precision, known))
        else:
            claims.setdefault(iso3, []).append(
                _Claim(
                    (day.year, day.month), precise, day, row.source_id, row.event, precision, known
                )
            )
    for iso3, said in originals.items():
        if iso3 not in out:
            *_, day, source, precision, _ = min(said, key=lambda key: key[:5])
            known = [key[-1] for key in said if key[3] == day and pd.notna(key[-1])]
            first = min(known, default=_NEVER)
            out[iso3] = [Link(day, precision, "stated", first, source)]
    for iso3, of_state in claims.items():
        chain = out.setdefault(iso3, [])
        # Each month that is named is one link, whoever names it and however precisely.
        for _, same in groupby(sorted(of_state), key=lambda claim: claim.month):
            best, *others = same
            effective = [c for c in (best, *others) if c.event != "extension_requested"]
            # A bare request moves nothing; and no deadline is extended backwards.
            if effective and not (chain and best.deadline <= chain[-1].deadline):
                known = min((c.known for c in effective if pd.notna(c.known)), default=_NEVER)
                sources = " ".join(sorted({c.source_id for c in effective}))
                chain.append(Link(best.deadline, best.precision, "extended", known, sources))
    return {iso3: out[iso3] for iso3 in sorted(out) if out[iso3]}


def obligations(ledger: Ledger) -> pd.DataFrame:
    """Return membership and deadlines, one row a state, as of the ledger's day.

    Parameters
    ----------
    ledger : Ledger
        As of a day.

    Returns
    -------
    pandas.DataFrame
        ``iso3``, ``state``, ``membership`` (``State Party``, ``signatory``,
        ``not party``, ``withdrawn``), ``consented``, ``entry_into_force``,
        ``withdrew``, ``withdrawal_notified``, ``suspension_notified``,
        ``original_deadline``, ``deadline`` (the one in force),
        ``deadline_basis``, ``extensions`` (how many), ``requested_deadline``
        (asked for and not granted by the day). Days that do not exist are ``NaT``.

    Examples
    --------
    >>> import stockpile as sp
    >>> from stockpile.obligations import obligations
    >>> then = obligations(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> then.loc["COL", "membership"], then.loc["GBR", "membership"]
    ('signatory', 'State Party')
    """
    day = ledger.require_day()
    bound = {str(iso3): row for iso3, row in ledger.bound.to_dict("index").items()}
    acts, asked = _acts(ledger)
    chain = chains(ledger)
    years = pd.DateOffset(years=ledger.treaty.years)
    rows = []
    for iso3, name in zip(ledger.states["iso3"], ledger.states["name"], strict=True):
        act, links, own = acts.get(iso3, {}), chain.get(iso3, []), bound.get(iso3, {})
        original = links[0].deadline if links and links[0].basis != "extended" else pd.NaT
        last = links[-1] if links else None
        starts = own.get("entry_into_force", pd.NaT)
        if pd.isna(starts) and pd.notna(original):
            # A state whose deadline sources name is bound, though its consent is not on record.
            in_force = original - years <= day
        else:
            in_force = starts <= day
        if act.get("withdrew", _LATER) <= day:
            membership = "withdrawn"
        elif in_force:
            membership = "State Party"
        else:
            membership = "signatory" if act.get("signed", _LATER) <= day else "not party"
        request = asked.get(iso3, pd.NaT)
        # The month that was asked for and the day that was granted are one deadline.
        pending = last is not None and pd.notna(request) and _month(request) > _month(last.deadline)
        rows.append(
            (
                iso3,
                name,
                membership,
                own.get("consented", pd.NaT),
                starts,
                act.get("withdrew", pd.NaT),
                act.get("withdrawal_notified", pd.NaT),
                act.get("suspension_notified", pd.NaT),
                original,
                last.deadline if last else pd.NaT,
                last.basis if last else "",
                sum(link.basis == "extended" for link in links),
                request if pending else pd.NaT,
            )
        )
    out = pd.DataFrame(
        {
            name: pd.Series(values, dtype=_KINDS.get(name, "datetime64[us]"))
            for name, values in zip(OBLIGATION_COLUMNS, zip(*rows, strict=True), strict=True)
        }
        if rows
        else {
            name: pd.Series(dtype=_KINDS.get(name, "datetime64[us]")) for name in OBLIGATION_COLUMNS
        }
    )
    return out


_LATER = pd.Timestamp("2262-01-01")
_KINDS = {
    "iso3": "str",
    "state": "str",
    "membership": "str",
    "deadline_basis": "str",
    "extensions": "int64",
}


def _month(day: pd.Timestamp) -> tuple[int, int]:
    return day.year, day.month


def _acts(
    ledger: Ledger,
) -> tuple[dict[str, dict[str, pd.Timestamp]], dict[str, pd.Timestamp]]:
    """First day of each act of each state, and the latest deadline that it asked for."""
    acts: dict[str, dict[str, pd.Timestamp]] = {}
    asked: dict[str, pd.Timestamp] = {}
    events = ledger.events
    for iso3, event, day, new in zip(
        events["iso3"], events["event"], events["date"], events["new_deadline"], strict=True
    ):
        if event in MEMBERSHIP_ACTS and pd.notna(day):
            of = acts.setdefault(iso3, {})
            of[event] = min(of.get(event, day), day)
        elif event == "extension_requested" and pd.notna(new):
            asked[iso3] = max(asked.get(iso3, new), new)
    return acts, asked
