"""Completions that a statement out later cannot be reconciled with.

A state that announces a date of completion still has stock. Where a source does so
after all those that have the state finished, and for a time after that completion,
one of them is wrong, and nothing on record says which; so too where a source names a
deadline as missed that lies after the completion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from stockpile.common import english
from stockpile.common.cache import cached
from stockpile.common.frames import period_start, timestamp
from stockpile.ledger.ledger import Ledger


class _Statement(NamedTuple):
    """A completion, a target or a missed deadline."""

    published: int
    on: int
    precision: str
    source_id: str

    @property
    def first(self) -> pd.Timestamp:
        """First day of the month or year that it may mean."""
        return period_start(timestamp(self.on), self.precision)


_EVENTS = ("completed", "planned_completion", "deadline_missed")


@cached
def contradictions(ledger: Ledger) -> dict[str, str]:
    """Return, for each state whose completion is contradicted, what contradicts what.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day.

    Examples
    --------
    >>> import stockpile as sp
    >>> contradictions(sp.load("ccm").as_of("2026-06-30"))
    {}
    """
    said: dict[str, dict[str, list[_Statement]]] = {}
    reopened: dict[str, int] = {}
    for iso3, event, on, out, precision, source in ledger.rows(
        "events", "iso3", "event", "on", "published", "precision", "source_id"
    ):
        if event in _EVENTS and on is not None:
            # What nobody dated is taken as old: anything on record may correct it.
            statement = _Statement(-1 if out is None else out, on, precision, source)
            said.setdefault(iso3, {}).setdefault(event, []).append(statement)
        elif event == "reopened" and on is not None:
            reopened[iso3] = max(on, reopened.get(iso3, on))
    publishers = dict(ledger.rows("sources", "source_id", "publisher"))
    found = {
        iso3: _contradiction(events, reopened.get(iso3, -1), publishers)
        for iso3, events in said.items()
    }
    return {iso3: text for iso3, text in found.items() if text}


def _contradiction(
    events: Mapping[str, Sequence[_Statement]], reopened: int, publishers: Mapping[str, str]
) -> str:
    """Say what contradicts the completion of one state, if something does."""
    done = max(events.get("completed", []), default=None)
    if done is None or reopened > done.on:
        return ""
    end = timestamp(done.on)
    targets = [s for s in events.get("planned_completion", []) if s.first > end]
    missed = [s for s in events.get("deadline_missed", []) if s.on > done.on]
    against = min((s for s in (*targets, *missed) if s.published > done.published), default=None)
    if against is None:
        return ""
    on = english.dated(timestamp(against.on), against.precision)
    says = (
        f"has a target of {on}" if against in targets else f"names the deadline of {on} as missed"
    )
    first, second = (
        f"{publishers[s.source_id]} ({s.source_id})" if publishers.get(s.source_id) else s.source_id
        for s in (done, against)
    )
    return (
        f"{first} has it completed {english.on_date(end, done.precision)}, and {second}, "
        f"out later, {says}"
    )
