"""Every count of every state of a ledger, reconciled: the lines behind all figures.

A state's stock comes in *episodes*: one from the beginning, and one more for every
time that stock turned up after completion.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stockpile.common.cache import cached
from stockpile.ledger.ledger import Ledger
from stockpile.stock.points import Timeline, close_with, timeline
from stockpile.stock.reconcile import (
    AGREES,
    NEVER,
    SET_ASIDE,
    USED,
    Roles,
    Statement,
    accept,
    choose,
)
from stockpile.treaty.rules import UNSPECIFIED

#: Events that begin or end an episode of stock.
ENDINGS = ("completed", "reopened")


class Completion(NamedTuple):
    """How a state's episode of stock began and, if it did, ended."""

    reopened: int | None
    completed: int | None
    precision: str
    source_id: str


class Ending(NamedTuple):
    """A statement that a stock was gone, or that there was stock again."""

    row: int  # position among the endings of the state
    event: str
    on: int
    precision: str
    rank: int
    published: int
    source_id: str

    @property
    def precise(self) -> int:
        """Rank of the precision; smaller is more precise."""
        return _PRECISE[self.precision]


_PRECISE = {"day": 0, "month": 1, "year": 2, "on_or_before": 3, "unknown": 4}


@dataclass(frozen=True, eq=False)
class Stock:
    """What the statements on the stock of one state come to. Shared: not to be changed.

    Attributes
    ----------
    lines : dict
        Unit and number of the episode to `stockpile.stock.points.Timeline`.
    episodes : list of Completion
        From the beginning on; empty for a state of which nothing is told.
    ending_roles : dict
        Position among the state's events that are `ENDINGS` and have a day to (role, why).
    """

    lines: dict[tuple[str, int], Timeline]
    episodes: list[Completion]
    ending_roles: Roles


@cached
def stocks(ledger: Ledger) -> dict[str, Stock]:
    """Reconcile every count of every state that statements of a ledger speak of."""
    numbers: dict[str, list[tuple[str, Statement]]] = {}
    for iso3, unit, measure, value, how, start, on, rank, out, presumed, source in ledger.rows(
        "quantities",
        *("iso3", "unit", "measure", "quantity", "qualifier", "period_start", "on", "rank"),
        *("published", "presumed", "source_id"),
    ):
        of_state = numbers.setdefault(iso3, [])
        published = NEVER if out is None else out
        row = len(of_state), measure, value, how, start, on, rank, published, presumed, source
        of_state.append((unit, Statement._make(row)))
    acts: dict[str, list[Ending]] = {}
    for iso3, event, on, precision, rank, out, source in ledger.rows(
        "events", "iso3", "event", "on", "precision", "rank", "published", "source_id"
    ):
        if event in ENDINGS and on is not None:
            told = acts.setdefault(iso3, [])
            published = NEVER if out is None else out
            told.append(Ending(len(told), event, on, precision, rank, published, source))
    units = ledger.treaty.units
    return {
        iso3: _stock(tuple(numbers.get(iso3, ())), tuple(acts.get(iso3, ())), units)
        for iso3 in sorted({*numbers, *acts})
    }


# What comes of a state follows from its own statements alone, and on most days most
# states say nothing new: a replay asks for the same again on the next day.
@functools.lru_cache(maxsize=4096)
def _stock(
    numbers: tuple[tuple[str, Statement], ...], acts: tuple[Ending, ...], units: tuple[str, ...]
) -> Stock:
    """Reconcile every count of one state."""
    statements: dict[str, list[Statement]] = {}
    for unit, statement in numbers:
        statements.setdefault(unit, []).append(statement)
    roles: Roles = {}
    episodes = _episodes(acts, [s for _, s in numbers], roles)
    lines = {
        (unit, episode): line
        for unit, of_unit in _by_unit(statements, units).items()
        for episode, line in enumerate(_unit_lines(of_unit, episodes))
    }
    _close(lines, len(episodes) - 1, units)
    return Stock(lines, episodes, roles)


def _close(lines: dict[tuple[str, int], Timeline], episode: int, units: tuple[str, ...]) -> None:
    """End the lines of what the first unit holds, once that is gone."""
    first = lines.get((units[0], episode))
    if first is None or not first.points:
        return
    last = first.points[-1]
    if last.remaining.value == 0 and last.basis != "retained" and last.destroyed.value > 0:
        nil = next(p.day for p in first.points if p.remaining.value == 0)
        for unit in units[1:]:
            if (unit, episode) in lines:
                lines[unit, episode] = close_with(lines[unit, episode], nil)


def _by_unit(
    of_state: dict[str, list[Statement]], units: tuple[str, ...]
) -> dict[str, list[Statement]]:
    """Statements per unit; a share of an unnamed count bears on every count there is."""
    named = {unit: of_state[unit] for unit in units if unit in of_state}
    open_shares = of_state.get(UNSPECIFIED, [])
    if not named:
        return {UNSPECIFIED: open_shares} if open_shares else {}
    return {unit: [*rows, *open_shares] for unit, rows in named.items()}


def _episodes(
    endings: Sequence[Ending],
    statements: Sequence[Statement],
    roles: Roles,
) -> list[Completion]:
    """Split a state's history where stock turned up after completion."""
    starts: list[int | None] = [None]
    for ending in sorted(endings, key=lambda e: (e.on, e.rank, e.source_id)):
        if ending.event == "reopened":
            roles[ending.row] = (USED, "stock turned up after completion")
            if ending.on not in starts:
                starts.append(ending.on)
    completed = [e for e in endings if e.event == "completed"]
    left = [s for s in statements if s.measure == "remaining" and s.value > 0 and s.on is not None]
    out: list[Completion] = []
    while starts:
        start = starts.pop(0)
        first, last = NEVER if start is None else start, starts[0] if starts else -NEVER
        assert first is not None and last is not None
        inside = [e for e in completed if first < e.on <= last]
        done = _choose_completion(inside, start, roles)
        # A later word that stock is left outweighs an earlier one that it is gone:
        # what was found opens an episode of its own, whether or not a source says so.
        found = _found_later(done, inside, [s for s in left if s.day < last])
        if found is not None:
            starts.insert(0, found)
        out.append(done)
    return out


def _found_later(
    ending: Completion, endings: Sequence[Ending], left: list[Statement]
) -> int | None:
    """First day on which a source no further from the facts speaks of stock again."""
    if ending.completed is None:
        return None
    told = max(e.published for e in endings)
    rank = min(e.rank for e in endings)
    return min(
        (s.day for s in left if s.day > ending.completed and s.published > told and s.rank <= rank),
        default=None,
    )


def _choose_completion(
    endings: list[Ending],
    start: int | None,
    roles: Roles,
) -> Completion:
    """Choose the day of completion: nearest source, most precise, latest.

    A month or a year is made precise by a day inside it, whoever names that.
    `on_or_before` gives no day at all: whoever names a period knows more.
    """
    if not endings:
        return Completion(start, None, "", "")

    def preference(e: Ending) -> tuple[object, ...]:
        loose = e.precise >= _PRECISE["on_or_before"]
        return (loose, e.rank, e.precise, -e.published, -e.on, e.source_id)

    ordered = sorted(endings, key=preference)
    best = ordered[0]
    if best.precision in ("month", "year"):
        period = slice(0, 7 if best.precision == "month" else 4)
        iso = _iso(best.on)[period]
        best = next(
            (e for e in ordered if e.precise < best.precise and _iso(e.on)[period] == iso), best
        )
    for e in endings:
        if e is best:
            roles[e.row] = (USED, "day of completion")
        elif e.precision == "day" and e.on != best.on:
            roles[e.row] = (SET_ASIDE, f"{best.source_id} has another day of completion")
        else:
            roles[e.row] = (AGREES, f"completion; the day is that of {best.source_id}")
    return Completion(start, best.on, best.precision, best.source_id)


def _iso(day: int) -> str:
    """A whole-number day as ISO text."""
    return str(np.datetime64(day, "D"))


def _unit_lines(statements: list[Statement], episodes: list[Completion]) -> list[Timeline]:
    """The lines of one unit of one state, one for each episode."""
    out: list[Timeline] = []
    declared: Statement | None = None
    ends = [e.reopened for e in episodes[1:]] + [None]
    for episode, end in zip(episodes, ends, strict=True):
        start = episode.reopened
        inside = [s for s in statements if _within(s, start, end)]
        chosen, roles = choose([s for s in inside if s.measure == "declared"])
        declared = chosen or declared
        rest = [s for s in inside if s.measure != "declared"]
        if out and chosen is not None:
            # A total since the beginning also counts what was destroyed before.
            both = [s for s in rest if _counts_first_stock(s, chosen)]
            rest = [s for s in rest if s not in both]
            why = "counts stock from before the reopening too"
            roles |= {s.row: (SET_ASIDE, why) for s in both}
        whole = declared.value if declared else math.nan
        claims, others = accept(rest, whole, episode.completed)
        begins = None if chosen is None else start
        out.append(timeline(declared, claims, roles | others, episode.completed, begins))
    return out


def _within(s: Statement, start: int | None, end: int | None) -> bool:
    """Whether a statement speaks of the episode from one reopening to the next."""
    if s.on is not None:
        return (start is None or s.on >= start) and (end is None or s.on < end)
    # Without a day it speaks of the beginning, or of the day it was published.
    day = NEVER if s.measure == "declared" else s.published
    return (start is None or start < day) and day <= (end or day)


def _counts_first_stock(s: Statement, declared: Statement) -> bool:
    since_beginning = s.measure == "destroyed_total" and s.start is None
    return since_beginning and s.value > declared.value * 1.05
