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
def contradictions(ledger: Ledger) -> dict[tuple[str, str], str]:
    """Return, for each completion that is contradicted, what contradicts what.

    By state and the stock that is named, empty for all that the state has: who had ended one
    of two stocks can have a target for the other.

    Examples
    --------
    >>> import stockpile as sp
    >>> contradictions(sp.load("ccm").as_of("2026-06-30"))
    {}
    """
    found: dict[tuple[str, str], dict[str, list[_Statement]]] = {}
    reopened: dict[tuple[str, str], int] = {}
    only = ledger.treaty.only_stock
    for iso3, event, on, out, precision, source, stock in ledger.rows(
        "events", "iso3", "event", "on", "published", "precision", "source_id", "stock"
    ):
        key = iso3, "" if stock == only else stock
        if event in _EVENTS and on is not None:
            # What nobody dated is taken as old: anything on record may correct it.
            statement = _Statement(-1 if out is None else out, on, precision, source)
            found.setdefault(key, {}).setdefault(event, []).append(statement)
        elif event == "reopened" and on is not None:
            reopened[key] = max(on, reopened.get(key, on))
    publishers = dict(ledger.rows("sources", "source_id", "publisher"))
    texts = {
        key: _contradiction(events, reopened.get(key, -1), publishers)
        for key, events in found.items()
    }
    return {key: text for key, text in texts.items() if text}


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
        f"{first} has it completed {english.on_date(end, done.precision)}. {second}, "
        f"out later, {says}"
    )
