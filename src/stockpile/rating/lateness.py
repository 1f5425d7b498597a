"""Who says that a state still has stock, or missed its deadline, and when they said it.

A record that stops is not a record of failure: a state is called overdue only on a
source's word that speaks of the deadline or of a day after it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from stockpile.common import english
from stockpile.common.cache import cached
from stockpile.common.frames import timestamp
from stockpile.ledger.ledger import Ledger


class Word(NamedTuple):
    """One source's word that a state has stock, or that its deadline has passed."""

    day: pd.Timestamp  # what it speaks of: of a period its first day, of a plan when it was told
    kind: str  # remaining, destroyed, planned_completion, reopened or deadline_missed
    until: pd.Timestamp  # end of the period, the date planned, or the deadline missed
    precision: str  # of ``until``
    value: float  # the number of a balance or a period
    qualifier: str
    unit: str
    source_id: str  # the document

    @property
    def newest(self) -> pd.Timestamp:
        """The last day that it speaks of."""
        return self.until if self.kind == "destroyed" else self.day

    def due(self) -> str:
        """The day, month or year that was planned or missed."""
        return english.dated(self.until, self.precision)

    def text(self, publishers: dict[str, str]) -> str:
        """The word as half a sentence, with who says it."""
        on, until = english.day(self.day), self.due()
        count = f"{english.full_amount(self.value, self.qualifier)} "
        count += english.unit(self.unit, self.value)
        statement = {
            "remaining": f"it still had {count} on {on}",
            "destroyed": f"it destroyed {count} between {on} and {until}",
            "planned_completion": f"on {on} it still planned to finish by {until}",
            "reopened": f"stock was found by {on}",
            "deadline_missed": f"a source of {on} names it as missed",
        }[self.kind]
        source = publishers.get(self.source_id) or self.source_id
        return f"{statement} ({source})" if source else statement


class Spoken(NamedTuple):
    """What was said of one state that bears on its being late."""

    stock: tuple[Word, ...] = ()  # that it had stock
    missed: tuple[Word, ...] = ()  # that it missed a deadline
    #: Days of requests, and the days asked for (``NaT`` where none is named).
    requests: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
    grants: tuple[pd.Timestamp, ...] = ()  # days on which an extension was granted


@cached
def spoken(ledger: Ledger, stock: str = "") -> dict[str, Spoken]:
    """Return what sources say of stock, missed deadlines and extensions, by state.

    With the id of a stock, of that one alone.
    """
    today = ledger.require_day()
    if not stock and ledger.treaty.only_stock:
        return spoken(ledger, ledger.treaty.only_stock)
    about = ledger.treaty.speaking_of(stock)
    held: dict[str, list[tuple[int, Word]]] = {}
    missed: dict[str, list[tuple[int, Word]]] = {}
    requests: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = {}
    grants: dict[str, list[pd.Timestamp]] = {}
    for iso3, measure, unit, value, how, on, start, rank, source in ledger.rows(
        "quantities",
        *("iso3", "measure", "unit", "quantity", "qualifier", "on", "period_start"),
        *("rank", "source_id"),
    ):
        # What was destroyed in a period was there when the period began.
        kind = "destroyed" if measure == "destroyed_total" else measure
        day = {"remaining": on, "destroyed": start}.get(kind)
        if day is not None and value > 0 and unit in about:
            number = value, how, unit, source
            word = Word(timestamp(day), kind, timestamp(on), "day", *number)
            held.setdefault(iso3, []).append((rank, word))
    for iso3, event, on, out, precision, new, rank, source, named in ledger.rows(
        "events",
        *("iso3", "event", "on", "published", "precision", "new_deadline", "rank", "source_id"),
        "stock",
    ):
        if stock and named not in ("", stock):
            continue
        published = timestamp(out)
        if event == "extension_requested":
            requests.setdefault(iso3, []).append(
                (published if on is None else timestamp(on), timestamp(new))
            )
        elif event == "extension_granted" and on is not None:
            grants.setdefault(iso3, []).append(timestamp(on))
        elif on is not None and event == "deadline_missed":
            # A source that is not out yet has said nothing: its day is that of the deadline.
            spoke = published if published <= today else timestamp(on)
            word = Word(spoke, event, timestamp(on), precision, 0.0, "", "", source)
            missed.setdefault(iso3, []).append((rank, word))
        # A state that announces a date still has stock on the day it does so.
        elif on is not None and event == "planned_completion" and out is not None and out < on:
            word = Word(timestamp(out), event, timestamp(on), precision, 0.0, "", "", source)
            held.setdefault(iso3, []).append((rank, word))
        elif on is not None and event == "reopened":
            word = Word(timestamp(on), event, timestamp(on), precision, 0.0, "", "", source)
            held.setdefault(iso3, []).append((rank, word))
    return {
        iso3: Spoken(
            _in_order(held.get(iso3, [])),
            _in_order(missed.get(iso3, [])),
            tuple(sorted(requests.get(iso3, []), key=lambda pair: pair[0])),
            tuple(sorted(grants.get(iso3, []))),
        )
        for iso3 in {*held, *missed, *requests}
    }


def pending_requests(
    spoken: Spoken, deadline: pd.Timestamp, granted: pd.Timestamp
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Requests that nobody is known to have decided.

    Of a ``deadline`` in force; the month that was asked for and the day that was granted are one.
    ``granted`` is the day on which an extended one became known, ``NaT`` for an original one: a
    request that names no day is decided by one that became known, or a grant that was given, on
    that day or later.
    """
    end = deadline + pd.offsets.MonthEnd(0)
    return [
        (on, to)
        for on, to in spoken.requests
        if (to > end if pd.notna(to) else not any(day >= on for day in (granted, *spoken.grants)))
    ]


#: Of words of one day, the naming of a missed deadline and a balance say most.
_KINDS = ("reopened", "planned_completion", "destroyed", "remaining", "deadline_missed")


def weight(word: Word) -> tuple[Any, ...]:
    """What words are sorted by: the newest day that they speak of, then how much they say."""
    return word.newest, _KINDS.index(word.kind)


def _in_order(words: list[tuple[int, Word]]) -> tuple[Word, ...]:
    """Words by what they say; of the same, the nearest source's exact number last."""

    def order(pair: tuple[int, Word]) -> tuple[Any, ...]:
        rank, word = pair
        exact = word.qualifier == "exact"
        return *weight(word), -rank, exact, word.value, word.source_id

    return tuple(word for _, word in sorted(words, key=order))
