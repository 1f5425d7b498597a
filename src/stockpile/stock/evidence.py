"""Every statement that was known on a day, with the part that it plays.

`stockpile.progress` tells of the statements behind the figures. Beside them
stand those on membership, deadlines and announced dates; here are all of them,
in one frame and with the same three roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_names
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import Link, chains
from stockpile.stock.progress import progress
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED
from stockpile.treaty.schema import MEMBERSHIP_ACTS

STATEMENT_COLUMNS = column_names("statements")

#: Acts that the treaty's rule turns into a day from which a state is bound.
_BINDING = ("consented", "entered_into_force")
_DEADLINES = ("deadline_stated", "extension_granted", "extension_requested")
_PERIODS = {"day": "D", "month": "M", "year": "Y"}


class _Told(NamedTuple):
    """An event as its role is worked out."""

    row: int  # position in the ledger's events
    iso3: str
    event: str
    date: pd.Timestamp
    precision: str
    value: Any
    new_deadline: pd.Timestamp
    rank: int
    published: pd.Timestamp
    source_id: str


@cached
def statements(ledger: Ledger) -> pd.DataFrame:
    """Every statement known on the ledger's day, with its role; see `stockpile.statements`."""
    ledger.require_day()
    told = progress(ledger, explain=True)
    told = told.assign(new_deadline=pd.Series(pd.NaT, told.index, "datetime64[us]"))
    events = ledger.events
    others = events[~events["event"].isin(["completed", "reopened"])]
    roles = _roles(ledger, others)
    names = dict(zip(ledger.states["iso3"], ledger.states["name"], strict=True))
    acts = pd.DataFrame(
        {
            "iso3": others["iso3"],
            "state": others["iso3"].map(names).fillna(others["iso3"]).astype("str"),
            "unit": pd.Series("", others.index, "str"),
            "episode": 0,
            "figure": others["event"],
            "value": float("nan"),
            "qualifier": others["precision"],
            "period_start": pd.Series(pd.NaT, others.index, "datetime64[us]"),
            "date": others["on"],
            "new_deadline": others["new_deadline"],
            "source_id": others["source_id"],
            "kind": others["kind"],
            "published": others["published"],
            "role": pd.Series([roles[i][0] for i in others.index], others.index, "str"),
            "why": pd.Series([roles[i][1] for i in others.index], others.index, "str"),
        }
    )[STATEMENT_COLUMNS]
    out = pd.concat([part for part in (told[STATEMENT_COLUMNS], acts) if len(part)] or [acts])
    order = "iso3 unit episode figure date published source_id new_deadline value role".split()
    return out.sort_values(order, kind="stable", ignore_index=True)


def _roles(ledger: Ledger, events: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """Role of each event that is not on the stock itself, and why."""
    by_kind: dict[tuple[str, str], list[_Told]] = {}
    columns = [events[name] for name in _Told._fields[1:]]
    for told in map(_Told._make, zip(events.index, *columns, strict=True)):
        kind = "deadline" if told.event in _DEADLINES else told.event
        by_kind.setdefault((told.iso3, kind), []).append(told)
    bound: dict[Any, dict[Any, Any]] = ledger.bound.to_dict("index")
    links = chains(ledger)
    out: dict[int, tuple[str, str]] = {}
    for (iso3, kind), told_of in by_kind.items():
        if kind == "deadline":
            out |= _deadline_roles(told_of, links.get(iso3, []))
        elif kind == "planned_completion":
            out |= _plan_roles(told_of)
        elif kind in _BINDING:
            out |= _binding_roles(told_of, bound.get(iso3, {}))
        else:
            out |= _first_roles(told_of, first=kind in MEMBERSHIP_ACTS)
    return out


def _nearest(told: list[_Told]) -> Iterator[_Told]:
    """The nearest source first, and of those the one published last."""
    return iter(sorted(told, key=lambda t: (t.rank, -t.published.value, t.source_id, t.row)))


def _binding_roles(told: list[_Told], bound: dict[Any, Any]) -> dict[int, tuple[str, str]]:
    """Consent and entry into force; see `stockpile.ledger.ledger.entry_into_force`."""
    out, taken = {}, ""
    for t in _nearest(told):
        consent = t.event == "consented"
        chosen = bound.get("consented" if consent else "entry_into_force", pd.NaT)
        if t.date != chosen:
            rule = "is nearer or newer" if consent or pd.isna(bound["consented"]) else "by the rule"
            out[t.row] = (SET_ASIDE, f"{chosen:%Y-%m-%d} {rule}")
        elif not consent and pd.notna(bound["consented"]):
            out[t.row] = (AGREES, "the day that follows from consent")
        elif taken:
            out[t.row] = (AGREES, f"agrees with {taken}")
        else:
            taken = t.source_id
            what = "day of consent" if consent else "entry into force; no consent on record"
            out[t.row] = (USED, what)
    return out


def _first_roles(told: list[_Told], *, first: bool) -> dict[int, tuple[str, str]]:
    """Other acts, of which the first day counts; a deadline named as missed, of which the last."""
    chosen = (min if first else max)(t.date for t in told)
    out, taken = {}, ""
    for t in _nearest(told):
        if t.date != chosen:
            which = "earlier" if first else "later"
            out[t.row] = (AGREES, f"another source has the {which} {chosen:%Y-%m-%d}")
        elif taken:
            out[t.row] = (AGREES, f"agrees with {taken}")
        else:
            taken = t.source_id
            out[t.row] = (USED, t.event.replace("_", " "))
    return out


def _plan_roles(told: list[_Told]) -> dict[int, tuple[str, str]]:
    """The newest announced date counts; see `stockpile.stock.position`."""
    newest = min(told, key=lambda t: (-t.published.value, t.rank, -t.date.value, t.source_id))
    out = {}
    for t in told:
        if t is newest:
            out[t.row] = (USED, "announced date")
        elif t.date == newest.date:
            out[t.row] = (AGREES, f"agrees with {newest.source_id}")
        else:
            out[t.row] = (SET_ASIDE, f"announced anew in {newest.source_id}")
    return out


def _deadline_roles(told: list[_Told], links: list[Link]) -> dict[int, tuple[str, str]]:
    """Deadlines stated, asked for and granted; see `stockpile.stock.obligations.deadlines`."""
    original = next((link for link in links if link.basis != "extended"), None)
    last = links[-1].deadline if links else pd.NaT
    asked = [t.new_deadline for t in told if t.event == "extension_requested"]
    latest = max((day for day in asked if pd.notna(day)), default=pd.NaT)
    # A day that only a request names makes precise what others have to the month.
    exact = {_moved_to(t) for t in told if t.event != "extension_requested"}
    out = {}
    for t in told:
        stated = t.event == "deadline_stated"
        day = _moved_to(t)
        link = next((link for link in links if _covers(day, "month", link.deadline)), None)
        if pd.isna(day):
            out[t.row] = (AGREES, "names no new deadline")
        elif stated and t.value == "original":
            out[t.row] = _original_role(t, original)
        elif t.event == "extension_requested":
            if link is not None:
                out[t.row] = (AGREES, "asked for, and granted")
            elif day == latest and day > last:
                out[t.row] = (USED, "asked for, not granted so far")
            else:
                out[t.row] = (SET_ASIDE, "asked for; a request moves no deadline")
        elif link is None or link.basis != "extended":
            out[t.row] = (SET_ASIDE, "no later than the deadline that it would extend")
        elif link.deadline == day or link.deadline not in exact:
            out[t.row] = (USED, "extended deadline")
        else:
            out[t.row] = (AGREES, f"{link.deadline:%Y-%m-%d} by a source that has the day")
    return out


def _moved_to(t: _Told) -> pd.Timestamp:
    """The deadline that a statement names."""
    return t.date if t.event == "deadline_stated" else t.new_deadline


def _original_role(t: _Told, original: Link | None) -> tuple[str, str]:
    """A stated original deadline against that of the rule, or among several stated ones."""
    assert original is not None  # or it would be the original one itself
    if original.basis == "stated" and original.sources == t.source_id:
        return USED, "original deadline; entry into force is not on record"
    if _covers(t.date, t.precision, original.deadline):
        return AGREES, f"agrees with {original.sources or 'the rule'}"
    what = original.sources or "the rule"
    return SET_ASIDE, f"{what} gives {original.deadline:%Y-%m-%d}"


def _covers(day: pd.Timestamp, precision: str, other: pd.Timestamp) -> bool:
    """Whether a day as precise as that may be the other one."""
    period = _PERIODS.get(precision, "D")
    return pd.notna(day) and bool(day.to_period(period) == other.to_period(period))
