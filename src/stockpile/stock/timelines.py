"""Every count of every state of a ledger, reconciled: the lines behind all figures.

A treaty has one stock or several, each with an obligation of its own and counted in units
of its own. A stock comes in *episodes*: one from the beginning, and one more for every
time that stock turned up after completion. Statements, plans and declarations belong to
the episode that they were made in.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from stockpile.common import english
from stockpile.common.cache import cached
from stockpile.common.frames import ordinal, period_start, timestamp
from stockpile.ledger.ledger import Ledger
from stockpile.stock.points import Timeline, close_with, stock_to_destroy, timeline
from stockpile.stock.reconcile import (
    AGREES,
    NEVER,
    SET_ASIDE,
    USED,
    Roles,
    Statement,
    accept,
    choose,
    retained,
)
from stockpile.treaty.rules import UNSPECIFIED, Unit
from stockpile.treaty.schema import MEASURES


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

    A state that announces a date of completion still has stock. Where a source does so
    after all those that have the state finished, and for a time after that completion,
    one of them is wrong, and nothing on record says which; so too where a source names a
    deadline as missed that lies after the completion.

    By state and the stock that is named, empty for all that the state has: who had ended one
    of two stocks can have a target for the other.

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
    texts = {
        key: _contradiction(events, reopened.get(key, -1), ledger) for key, events in found.items()
    }
    return {key: text for key, text in texts.items() if text}


def _contradiction(
    events: Mapping[str, Sequence[_Statement]], reopened: int, ledger: Ledger
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
    named = ledger.publishers
    first, second = (
        f"{named[s.source_id]} ({s.source_id})" if named.get(s.source_id) else s.source_id
        for s in (done, against)
    )
    return (
        f"{first} has it completed {english.on_date(end, done.precision)}. {second}, "
        f"out later, {says}"
    )


#: Events that begin or end an episode of stock.
ENDINGS = ("completed", "reopened")


class Completion(NamedTuple):
    """How a state's episode of stock began and, if it did, ended."""

    reopened: int | None  # by this day
    since: int | None  # and not before this one
    completed: int | None
    precision: str
    source_id: str

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last day on which destruction may have ended."""
        if self.completed is None:
            return None
        return first_day(self.completed, self.precision), self.completed


class Event(NamedTuple):
    """A statement that a stock was gone, or that there was stock again."""

    row: int  # position among the endings of the state
    event: str
    on: int
    precision: str
    rank: int
    published: int
    source_id: str
    stock: str  # that it names; empty for all

    @property
    def precise(self) -> int:
        """Rank of the precision; smaller is more precise."""
        return _PRECISE[self.precision]


_PRECISE = {"day": 0, "month": 1, "year": 2, "on_or_before": 3, "unknown": 4}


def first_day(day: int, precision: str) -> int:
    """First day that a month or a year may mean; a day means itself.

    >>> from stockpile.stock.reconcile import iso
    >>> iso(first_day(364, "year")), iso(first_day(364, "month")), iso(first_day(364, "day"))
    ('1970-01-01', '1970-12-01', '1970-12-31')
    """
    if precision not in ("month", "year"):
        return day
    return ordinal(period_start(timestamp(day), precision))


@dataclass(frozen=True, eq=False)
class Stock:
    """What the statements on one stock of a state come to. Shared: not to be changed."""

    lines: dict[tuple[str, int], Timeline]  # by unit and number of the episode
    episodes: list[Completion]  # from the beginning on; empty for a stock of which nothing is told
    ending_roles: Roles  # by position among the events of the state that are `ENDINGS`, with a day
    unused: Roles  # by position among its quantities, of statements that are in no line


#: A stock of which nothing is told.
NO_STOCK = Stock({}, [], {}, {})


@cached
def stocks(ledger: Ledger) -> dict[str, dict[str, Stock]]:
    """Reconcile every count that statements of a ledger speak of: by state, then by stock."""
    numbers: dict[str, list[tuple[str, Statement]]] = {}
    for iso3, unit, measure, value, how, start, on, rank, out, presumed, source in ledger.rows(
        "quantities",
        *("iso3", "unit", "measure", "quantity", "qualifier", "period_start", "on", "rank"),
        *("published", "presumed", "source_id"),
    ):
        rows = numbers.setdefault(iso3, [])
        published = NEVER if out is None else out
        row = len(rows), measure, value, how, start, on, rank, published, presumed, source
        rows.append((unit, Statement._make(row)))
    endings: dict[str, list[Event]] = {}
    for iso3, event, on, precision, rank, out, source, stock in ledger.rows(
        "events",
        *("iso3", "event", "on", "precision", "rank", "published", "source_id", "stock"),
    ):
        if event in ENDINGS and on is not None:
            events = endings.setdefault(iso3, [])
            published = NEVER if out is None else out
            events.append(Event(len(events), event, on, precision, rank, published, source, stock))
    units = ledger.treaty.all_units
    against: dict[str, frozenset[str]] = {}
    for iso3, stock in contradictions(ledger):
        against[iso3] = against.get(iso3, frozenset()) | {stock}
    states = ((iso3, numbers.get(iso3, ()), endings.get(iso3, ())) for iso3 in {*numbers, *endings})
    return {
        iso3: _stocks(tuple(rows), tuple(acts), against.get(iso3, frozenset()), units)
        for iso3, rows, acts in sorted(states)
    }


# What comes of a state follows from its own statements alone, and on most days most
# states say nothing new: a replay asks for the same again on the next day.
@functools.lru_cache(maxsize=4096)
def _stocks(
    numbers: tuple[tuple[str, Statement], ...],
    acts: tuple[Event, ...],
    contradicted: frozenset[str],
    units: tuple[Unit, ...],
) -> dict[str, Stock]:
    """Reconcile every count of one state, stock by stock."""
    rules = {unit.id: unit for unit in units}
    unused: Roles = {}
    of_stock: dict[str, dict[str, list[Statement]]] = {}
    for name, statement in numbers:
        unit = rules.get(name)
        if unit is not None and unit.not_counted:
            unused[statement.row] = (SET_ASIDE, unit.not_counted)
        elif unit is not None:
            counts = of_stock.setdefault(unit.stock, {})
            counts.setdefault(unit.of or name, []).append(_converted(statement, unit.factor))
    open_shares = [statement for name, statement in numbers if name == UNSPECIFIED]
    named = {act.stock for act in acts if act.stock}
    # A share of nothing in particular, and a completion, are of the one stock that there is.
    stocks_of_treaty = sorted({unit.stock for unit in units if not unit.not_counted})
    present = sorted({*of_stock, *named}) or stocks_of_treaty[:1]
    if len(present) > 1:
        why = "a share of no stock in particular, of a state that has several"
        unused |= {statement.row: (SET_ASIDE, why) for statement in open_shares}
        open_shares = []
    out = {}
    for stock in present:
        about = tuple(act for act in acts if act.stock in ("", stock))
        counts = of_stock.get(stock, {})
        disputed = bool(contradicted & {"", stock})
        out[stock] = _stock(counts, open_shares, about, disputed, rules, unused)
        unused = {}
    return out


def _converted(s: Statement, factor: float) -> Statement:
    """A statement in the unit that its own is converted to."""
    if factor == 1 or MEASURES[s.measure].kind == "share":
        return s
    # No more digits than the number had that was converted, and never an exact one.
    value = s.value * factor
    if value > 0:
        value = round(value, 4 - math.floor(math.log10(value)))
    return s._replace(value=value, qualifier="approx" if s.qualifier == "exact" else s.qualifier)


def _stock(
    counts: dict[str, list[Statement]],
    open_shares: list[Statement],
    acts: tuple[Event, ...],
    contradicted: bool,
    rules: Mapping[str, Unit],
    unused: Roles,
) -> Stock:
    """Reconcile every count of one stock; a share of an unnamed count bears on each there is."""
    roles: Roles = {}
    statements = [*itertools.chain(*counts.values()), *open_shares]
    statements.sort(key=lambda s: s.row)
    episodes = _episodes(acts, statements, contradicted, roles)
    declared = (s for s in statements if s.measure == "declared" and not s.presumed)
    none = next((s for s in declared if s.value == 0), None)  # there was nothing, and it was out
    if not counts and open_shares:
        counts, open_shares = {UNSPECIFIED: open_shares}, []
    lines: dict[tuple[str, int], Timeline] = {}
    for unit in (*rules, UNSPECIFIED):
        if unit in counts:
            decimals = rules[unit].decimals if unit in rules else 0
            rows = [*counts[unit], *open_shares]
            for episode, line in enumerate(_unit_lines(rows, episodes, none, decimals)):
                lines[unit, episode] = line
    _close(lines, len(episodes) - 1, rules)
    return Stock(lines, episodes, roles, unused)


def _close(lines: dict[tuple[str, int], Timeline], episode: int, rules: Mapping[str, Unit]) -> None:
    """End the lines of what is inside something else, once that is gone: the outermost first."""
    for unit in rules.values():
        holder = lines.get((unit.inside, episode))
        if (unit.id, episode) not in lines or holder is None or not holder.points:
            continue
        last = holder.points[-1]
        if last.remaining.value == 0 and last.basis != "retained" and last.destroyed.value > 0:
            nil = next(p.day for p in holder.points if p.remaining.value == 0)
            lines[unit.id, episode] = close_with(lines[unit.id, episode], nil)


def _episodes(
    endings: Sequence[Event],
    statements: Sequence[Statement],
    contradicted: bool,
    roles: Roles,
) -> list[Completion]:
    """Split a state's history where stock turned up after completion."""
    nothing = [
        s.on
        for s in statements
        if s.measure in ("declared", "remaining") and s.value == 0 and s.on is not None
    ]
    starts = _reopenings(endings, nothing, roles)
    completed = [e for e in endings if e.event == "completed"]
    left = [s for s in statements if s.measure == "remaining" and s.value > 0 and s.on is not None]
    out: list[Completion] = []
    waiting: list[tuple[int, int] | None] = [None, *starts]
    while waiting:
        start = waiting.pop(0)
        begins = NEVER if start is None else start[1]
        last = waiting[0][1] if waiting and waiting[0] else -NEVER
        inside = [e for e in completed if begins < e.on <= last]
        done = _choose_completion(inside, start, roles)
        if contradicted and not waiting and inside:
            why = "a later statement cannot be reconciled with it"
            roles |= {e.row: (SET_ASIDE, why) for e in inside}
            done = done._replace(completed=None, precision="", source_id="")
        # A later word that stock is left outweighs an earlier one that it is gone:
        # what was found opens an episode of its own, whether or not a source says so.
        found = _found_later(done, inside, [s for s in left if s.day < last])
        if found is not None:
            waiting.insert(0, (found, found))
        out.append(done)
    return out


def _reopenings(
    endings: Sequence[Event], nothing: Sequence[int], roles: Roles
) -> list[tuple[int, int]]:
    """First and last day on which stock turned up, each time that it did.

    ``nothing`` are days on which somebody says that there was none.

    Several sources tell of one event, to the day or the month, or by when. A day is
    another event only if stock was gone in between: by the completions that were known
    to the source, where it only says by when stock had turned up.
    """
    completed = [e for e in endings if e.event == "completed"]
    out: list[list[Event]] = []
    for e in sorted(
        (e for e in endings if e.event == "reopened"), key=lambda e: (e.on, e.rank, e.source_id)
    ):
        known = e.published if e.precision in ("on_or_before", "unknown") else -NEVER
        first = first_day(e.on, e.precision)
        between = any(
            out and out[-1][0].on < c.on < first and c.published <= known for c in completed
        )
        if not out or between:
            out.append([e])
            roles[e.row] = (USED, "stock turned up after completion")
        else:
            out[-1].append(e)
            roles[e.row] = (AGREES, f"the reopening that {out[-1][0].source_id} has")
    starts = []
    for events in out:
        best = min(events, key=lambda e: (e.precise, e.rank, e.on, e.source_id))
        if best.on > events[0].on:
            best = events[0]
        for e in events:
            why = (
                roles[events[0].row][1] if e is best else f"the reopening that {best.source_id} has"
            )
            roles[e.row] = (USED if e is best else AGREES, why)
        # Not before the day of the last word that there was nothing; a source that says by
        # when stock had turned up gives no other.
        none = max(
            (d + 1 for d in (*nothing, *(c.on for c in completed)) if d < best.on), default=best.on
        )
        loose = best.precise >= _PRECISE["on_or_before"]
        first = first_day(best.on, best.precision)
        starts.append((none if loose or first < none < best.on else first, best.on))
    return starts


def _found_later(ending: Completion, endings: Sequence[Event], left: list[Statement]) -> int | None:
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
    endings: list[Event],
    start: tuple[int, int] | None,
    roles: Roles,
) -> Completion:
    """Choose the day of completion: nearest source, most precise, latest.

    A month or a year is made precise by a day inside it, whoever names that.
    `on_or_before` gives no day at all: whoever names a period knows more, and of several
    the earliest says most.
    """
    since, reopened = (None, None) if start is None else start
    if not endings:
        return Completion(reopened, since, None, "", "")

    def preference(e: Event) -> tuple[object, ...]:
        if e.precise >= _PRECISE["on_or_before"]:
            return (True, e.rank, e.precise, e.on, -e.published, e.source_id)
        return (False, e.rank, e.precise, -e.published, -e.on, e.source_id)

    ordered = sorted(endings, key=preference)
    best = ordered[0]
    if best.precision in ("month", "year"):
        first = first_day(best.on, best.precision)
        best = next(
            (e for e in ordered if e.precise < best.precise and first <= e.on <= best.on), best
        )
    for e in endings:
        if e is best:
            roles[e.row] = (USED, "day of completion")
        elif e.precision == "day" and e.on != best.on:
            roles[e.row] = (SET_ASIDE, f"{best.source_id} has another day of completion")
        else:
            roles[e.row] = (AGREES, f"completion; the day is that of {best.source_id}")
    return Completion(reopened, since, best.on, best.precision, best.source_id)


def _unit_lines(
    statements: list[Statement], episodes: list[Completion], none: Statement | None, decimals: int
) -> list[Timeline]:
    """The lines of one unit of one stock, one for each episode.

    ``none`` is a statement that the state had nothing, of any unit.
    """
    out: list[Timeline] = []
    ends = [e.since for e in episodes[1:]] + [None]
    before = 0.0  # destroyed in the episodes so far
    gone: int | None = None  # by when all of it was
    for episode, end in zip(episodes, ends, strict=True):
        inside = [s for s in statements if _within(s, episode.since, end)]
        roles: Roles = {}
        declarations = [s for s in inside if s.measure == "declared"]
        if none is not None:
            # What came out later does not stand in for a declaration that was out.
            why = f"not yet published on the day; none was declared, says {none.source_id}"
            roles = {s.row: (SET_ASIDE, why) for s in declarations if s.presumed and s.value > 0}
            declarations = [s for s in declarations if s.row not in roles]
        declared, declared_roles = choose(declarations)
        roles |= declared_roles
        rest = [s for s in inside if s.measure != "declared"]
        if out:
            # A total since the beginning also counts what was destroyed before.
            whole = declared.value if declared else math.nan
            both = {s.row for s in rest if _counts_earlier_stock(s, gone, whole, before)}
            rest = [s for s in rest if s.row not in both]
            why = "counts stock from before the reopening too"
            roles |= dict.fromkeys(both, (SET_ASIDE, why))
        line = _line(declarations, declared, rest, episode, roles, decimals)
        before += max((n for p in line.points if (n := p.destroyed.value) > 0), default=0.0)
        gone = episode.completed
        out.append(line)
    return out


def _line(
    declarations: list[Statement],
    declared: Statement | None,
    statements: list[Statement],
    episode: Completion,
    roles: Roles,
    decimals: int,
) -> Timeline:
    """Reconcile one count over one episode."""
    first = min((s.on for s in declarations if s.on is not None and s.value > 0), default=None)
    kept = retained(statements, first)
    balances = [s for s in statements if s.measure == "remaining"]
    whole = stock_to_destroy(declared, kept, balances)
    days = first, _lowered(declarations, declared)
    claims, others = accept(statements, whole.value, days, episode.span, decimals)
    begins = None if declared is None else episode.reopened
    return timeline(declared, claims, roles | others, whole, episode.completed, begins)


def _lowered(declarations: list[Statement], declared: Statement | None) -> int | None:
    """The day of a declaration of less than was declared before, where that is the one used."""
    if declared is None or declared.on is None:
        return None
    earlier = (s.value for s in declarations if s.on is not None and s.on < declared.on)
    return declared.on if any(value > declared.value for value in earlier) else None


def _within(s: Statement, start: int | None, end: int | None) -> bool:
    """Whether a statement speaks of the episode from one reopening to the next."""
    if s.on is not None:
        return (start is None or s.on >= start) and (end is None or s.on < end)
    # Without a day it speaks of the beginning, or of the day it was published.
    day = NEVER if s.measure == "declared" else s.published
    return (start is None or start < day) and (end is None or day <= end)


def _counts_earlier_stock(s: Statement, gone: int | None, declared: float, before: float) -> bool:
    """Whether a count includes stock of earlier episodes: the last of it was gone by a day."""
    if s.start is not None:
        return gone is not None and s.start <= gone
    if not (s.measure == "destroyed_total" and s.value > 0):
        return False
    return s.value > declared * 1.05 if declared >= 0 else 0 < before <= s.value
