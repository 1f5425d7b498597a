"""Which of the disagreeing statements about one count of one state its figures rest on.

The order of preference, in full:

1. *The nearer source*: a state, treaty body, depositary or the Monitor before an
   organisation, and both before the press.
2. *The more direct figure*: a running total before one that starts late, that
   before the sum of periods, and a share of the declared stock last.
3. *Exact before rounded.* A number of a thousand or more that ends in three zeros
   is rounded, whatever its qualifier says.
4. *The later statement before the earlier one*; of totals given for a stock that
   was gone, the one published last.

Statements are taken in this order. One that contradicts those already taken is
set aside, and says which. Nothing is averaged. One destruction told twice counts
once: see `stockpile.stock.points`.

For the declared stock the latest statement of the nearest sources decides,
because a declaration is corrected by restating it; where it is rounded, an exact
figure that agrees with it says it more precisely. What was destroyed in a period
that ended before the first declaration is no part of what was declared.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stockpile.common import tolerance
from stockpile.common.english import digits
from stockpile.treaty.schema import MEASURES

#: Days are counted as whole numbers from 1970-01-01, which sorts and compares fast.
NEVER = -(10**9)

USED, AGREES, SET_ASIDE = "used", "agrees", "set aside"

#: Position of a statement among those of its state -> its role, and why.
Roles = dict[int, tuple[str, str]]

#: A period that ended so few days before the first declaration may be part of it.
_JUST_BEFORE = 90


class Statement(NamedTuple):
    """One number that one source states, ready to be weighed."""

    row: int  # position among the quantities of the state
    measure: str
    value: float
    qualifier: str
    start: int | None
    on: int | None
    rank: int
    published: int
    presumed: bool
    source_id: str

    @property
    def rounded(self) -> bool:
        """Whether the number stands for a range."""
        return (
            self.qualifier != "exact"
            or self.measure == "destroyed_share"
            or tolerance.is_round(self.value)
        )

    @property
    def day(self) -> int:
        """The day it speaks of, else that of its publication."""
        return self.published if self.on is None else self.on

    @property
    def is_total(self) -> bool:
        """Whether it counts all that was destroyed since the beginning."""
        return self.start is None and self.measure in ("destroyed_total", "destroyed_share")


class Figure(NamedTuple):
    """A reconciled number and how exactly it is known."""

    value: float
    qualifier: str


UNKNOWN = Figure(math.nan, "")


def bounds(s: Statement, whole: float = math.nan) -> tuple[float, float]:
    """Return the range of counts that a statement supports.

    ``whole`` is the stock of which a share is taken.

    >>> s = Statement(0, "remaining", 38_700_000, "exact", None, 0, 0, 0, False, "a")
    >>> bounds(s)
    (38600000.0, 38800000.0)
    >>> bounds(s._replace(value=60.0, qualifier="at_least"))
    (60.0, inf)
    """
    if s.measure == "destroyed_share":
        return tolerance.bounds(s.value * whole, s.qualifier, tolerance.SHARE * whole)
    return tolerance.bounds(s.value, s.qualifier)


def _overlap(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def choose(statements: Sequence[Statement]) -> tuple[Statement | None, Roles]:
    """Choose the statement that says what stock there was to begin with.

    Figures that were out by the day come before presumed ones. Of presumed
    ones the earliest published is taken: it is the nearest to the initial report.
    Returned are what was chosen, and the role of every declaration.
    """
    if not statements:
        return None, {}
    published = [s for s in statements if not s.presumed]
    candidates = published or list(statements)
    if published:
        nearest = min(s.rank for s in published)
        chosen = max(
            (s for s in published if s.rank == nearest),
            key=lambda s: (s.day, s.published, not s.rounded, s.value, s.source_id),
        )
    else:
        chosen = min(
            candidates, key=lambda s: (s.published, s.rank, s.rounded, -s.value, s.source_id)
        )
    roles: Roles = {}
    if chosen.rounded:
        agreeing = [s for s in candidates if not s.rounded and _overlap(bounds(s), bounds(chosen))]
        if agreeing:
            exact = max(agreeing, key=lambda s: (-s.rank, s.day, s.value, s.source_id))
            roles[chosen.row] = (AGREES, f"rounded; {exact.source_id} is exact")
            chosen = exact
    roles[chosen.row] = (USED, "declared stock")
    return chosen, {s.row: _declared_role(s, chosen) for s in statements} | roles


def _declared_role(s: Statement, chosen: Statement) -> tuple[str, str]:
    """Role of a declaration beside the one that was chosen."""
    if _overlap(bounds(s), bounds(chosen)):
        return AGREES, f"agrees with {chosen.source_id}"
    if s.presumed:
        return SET_ASIDE, "not yet published on the day"
    if s.rank > chosen.rank:
        return SET_ASIDE, f"{chosen.source_id} is nearer to the fact"
    return SET_ASIDE, f"restated by {chosen.source_id}"


class Claims(NamedTuple):
    """The statements that the figures of one count rest on."""

    destroyed: list[Statement]
    remaining: list[Statement]
    shares: list[Statement]  # destroyed, of a stock whose size is not on record
    retained: Statement | None  # when the stock was declared
    retained_now: Statement | None
    earlier: list[Statement]  # destroyed before the declaration, and no part of it
    unsure: frozenset[int]  # rows of periods that may or may not be part of what was declared
    findings: list[str]
    elsewhere: list[Statement]  # handed over or converted: gone, and not destroyed
    decimals: int = 0  # of the unit


def accept(
    statements: Sequence[Statement],
    whole: float,
    days: tuple[int | None, int | None] = (None, None),
    completion: tuple[int, int] | None = None,
    decimals: int = 0,
) -> tuple[Claims, Roles]:
    """Take the statements that do not contradict those preferred to them.

    Of one episode. ``whole`` is the stock to destroy, of which shares are taken. ``days`` are that
    of the first declaration of a stock, and that of one of less than was declared before: what was
    destroyed in between may be why it is less. ``completion`` has the first and the last day on
    which destruction may have ended; ``decimals`` is 0 for what is counted.

    Returned are those taken, and the role of every statement.
    Raises a `ValueError` for a measure that no rule is written for.
    """
    pools: dict[str, list[Statement]] = {
        name: [] for name in ("destroyed", "remaining", "shares", "earlier")
    }
    roles: Roles = {}
    declared_on, lowered_on = days
    kept = retained(statements, declared_on)
    newest = max(
        (s for s in statements if s.measure == "retained"),
        key=lambda s: (-s.rank, s.day, s.published, s.source_id),
        default=None,
    )
    for s in statements:
        place = _place(s, whole, declared_on, completion)
        if s.measure == "retained":
            roles[s.row] = (USED if s in (kept, newest) else AGREES, "kept for training")
        elif isinstance(place, tuple):
            roles[s.row] = place
        elif place == "destroyed" and completion is not None and s.day > completion[1]:
            # A period goes on past completion: the rest of the year in which it ended.
            pools[place].append(s if s.is_total else s._replace(on=completion[1]))
        else:
            pools[place].append(s)
    why = "before the declaration: no part of the stock declared then"
    roles |= {s.row: (SET_ASIDE, why) for s in pools["earlier"]}
    ending = completion[0] if completion else None
    destroyed, destroyed_roles = _accept_destroyed(pools["destroyed"], whole, ending)
    remaining, remaining_roles, findings = _accept_remaining(pools["remaining"])
    shares, share_roles = _accept_destroyed(pools["shares"], 1.0, ending)
    unsure = frozenset(
        s.row
        for s in destroyed
        if completion is None
        and any(_ended_before(s, whole, day, None) for day in (declared_on, lowered_on))
    )
    claims = Claims(
        *(destroyed, remaining, shares, kept, newest, pools["earlier"], unsure, findings),
        *(_went_elsewhere(statements), decimals),
    )
    return claims, roles | destroyed_roles | remaining_roles | share_roles


def _went_elsewhere(statements: Sequence[Statement]) -> list[Statement]:
    """What was handed over and what was converted, each period once, the nearest source first."""
    taken: list[Statement] = []
    moves = [s for s in statements if MEASURES[s.measure].figure == "elsewhere" and s.value > 0]
    for s in sorted(moves, key=lambda s: (s.rank, -s.published, s.day, s.value, s.source_id)):
        start = s.day if s.start is None else s.start
        apart = all(
            t.measure != s.measure
            or t.day < start
            or s.day < (t.day if t.start is None else t.start)
            for t in taken
        )
        if apart:
            taken.append(s)
    return sorted(taken, key=lambda s: (s.day, s.measure))


def _place(
    s: Statement, whole: float, declared_on: int | None, completion: tuple[int, int] | None
) -> str | tuple[str, str]:
    """Where a statement is weighed, or the role of one that is not."""
    figure = MEASURES[s.measure].figure if s.measure in MEASURES else None
    completed = math.inf if completion is None else completion[1]
    if figure == "retained":
        return ""
    if figure in ("", "elsewhere"):
        return USED if figure else SET_ASIDE, MEASURES[s.measure].aside
    if figure == "remaining":
        if s.day <= completed:
            return "remaining"
        if s.value == 0:
            return AGREES, "nothing left after completion"
        return SET_ASIDE, "completion is the later statement"
    if figure != "destroyed":
        raise ValueError(f"no rule says how the measure {s.measure!r} is reconciled")
    if s.measure == "destroyed_share" and not whole > 0:
        return "shares"
    if s.start is not None and _ended_before(s, whole, declared_on, completion):
        just = s.day >= (declared_on or 0) - _JUST_BEFORE
        return "destroyed" if just else "earlier"
    if s.day > completed and not s.is_total and (s.start is None or s.start > completed):
        return SET_ASIDE, "after completion: found later, or out of retained stock"
    return "destroyed"


def _ended_before(
    s: Statement, whole: float, declared_on: int | None, completion: tuple[int, int] | None
) -> bool:
    """Whether a period ended before the stock was first declared, with stock left then."""
    if declared_on is None or not whole > 0 or s.start is None:
        return False
    return s.day < declared_on and (completion is None or completion[1] > declared_on)


def retained(statements: Sequence[Statement], declared_on: int | None) -> Statement | None:
    """Choose the statement that says what was kept of a stock when it was declared.

    The last one by the day of the first declaration, else the first one after it: the
    declared stock counts what was kept then, not what is left of it years later.
    """
    kept = [s for s in statements if s.measure == "retained"]
    if not kept:
        return None
    nearest = [s for s in kept if s.rank == min(t.rank for t in kept)]
    day = NEVER if declared_on is None else declared_on
    return min(nearest, key=lambda s: (s.day > day, abs(s.day - day), -s.published, s.source_id))


def _preference(s: Statement, ending: int | None) -> tuple[object, ...]:
    """Order in which statements are taken; see the module's text."""
    late = s.measure == "destroyed_total" and s.start is not None
    form = 1 if late else MEASURES[s.measure].rank
    # Once the stock is gone, all totals speak of the same fact.
    day = s.day if ending is None or not s.is_total else min(s.day, ending)
    return (s.rank, form, s.rounded, -day, -s.published, s.start or 0, -s.value, s.source_id)


class _Span(NamedTuple):
    """What claims on one period, or on the count by one day (`start` is None), come to."""

    low: float
    high: float  # of a count by a day alone
    low_by: Statement
    high_by: Statement


#: Start and end of what a claim speaks of.
_Slot = tuple[int | None, int]


class _Limits(NamedTuple):
    """Between which the count must be on each day, and the claims that say so."""

    days: list[int]
    least: list[tuple[float, Statement | None]]
    most: list[tuple[float, Statement | None]]


def _limits(spans: dict[_Slot, _Span], nothing: float) -> _Limits:
    """Work out the limits that claims set together.

    By each day the count is at least what the longest chain of claims that do not
    overlap adds up to, and at most what leaves room for the chains that come after.
    """
    days = sorted({on for _, on in spans} | {start - 1 for start, _ in spans if start is not None})
    place = {day: i for i, day in enumerate(days)}
    ends: list[list[tuple[int | None, _Span]]] = [[] for _ in days]
    for (start, on), span in spans.items():
        ends[place[on]].append((None if start is None else place[start - 1], span))
    least: list[tuple[float, Statement | None]] = []
    for claims in ends:
        best = least[-1] if least else (nothing, None)
        for base, span in claims:
            low = span.low if base is None else least[base][0] + span.low
            if low > best[0]:
                best = low, span.low_by
        least.append(best)
    most: list[tuple[float, Statement | None]] = [(math.inf, None)] * len(days)
    for i in range(len(days) - 1, -1, -1):
        best = most[i]
        if i + 1 < len(days) and most[i + 1][0] < best[0]:
            best = most[i + 1]
        for base, span in ends[i]:
            if base is None and span.high < best[0]:
                best = span.high, span.high_by
        most[i] = best
        for base, span in ends[i]:
            if base is not None and best[0] - span.low < most[base][0]:
                most[base] = best[0] - span.low, best[1]
    return _Limits(days, least, most)


def _against(slot: _Slot, low: float, high: float, limits: _Limits) -> Statement | None:
    """The claim that another one contradicts, if it does."""
    start, on = slot
    before = bisect_right(limits.days, on if start is None else start - 1) - 1
    after = bisect_left(limits.days, on)
    least, by = limits.least[before] if before >= 0 else (-math.inf, None)
    if start is None and _above(least, high):
        return by
    most, by = limits.most[after] if after < len(limits.days) else (math.inf, None)
    return by if _above(low if start is None else max(least, 0.0) + low, most) else None


def _above(a: float, b: float) -> bool:
    return a > b + 1e-9 * abs(b)


#: A claim with its lowest and its highest count.
_Claim = tuple[Statement, float, float]


def _compatible(
    ordered: Sequence[_Claim], nothing: float
) -> tuple[list[Statement], dict[int, Statement]]:
    """Take claims in their order, but for those that contradict the ones before.

    Many at a time: a block that holds together is taken whole, any other in halves.
    Returned are those taken, and for each of the others (by row) one that it contradicts.
    """
    taken: list[Statement] = []
    spans: dict[_Slot, _Span] = {}
    against: dict[int, Statement] = {}
    waiting = [list(ordered)]
    limits = _limits(spans, nothing)
    while waiting:
        block = []
        for claim in waiting.pop():
            s, low, high = claim
            other = _against((s.start, s.day), low, high, limits)
            if other is None:
                block.append(claim)
            else:
                against[s.row] = other
        more = _with(spans, block)
        together = limits if more == spans else _limits(more, nothing)
        if len(block) <= 1 or _hold(more, together):
            taken += [s for s, _, _ in block]
            spans, limits = more, together
        else:
            half = len(block) // 2
            waiting += [block[half:], block[:half]]
    return taken, against


def _with(spans: dict[_Slot, _Span], claims: Sequence[_Claim]) -> dict[_Slot, _Span]:
    """Spans made narrower by further claims."""
    out = dict(spans)
    for s, low, high in claims:
        slot = s.start, s.day
        span = out.get(slot)
        if span is None:
            out[slot] = _Span(low, high, s, s)
            continue
        if low > span.low:
            span = span._replace(low=low, low_by=s)
        if high < span.high:
            span = span._replace(high=high, high_by=s)
        out[slot] = span
    return out


def _hold(spans: dict[_Slot, _Span], limits: _Limits) -> bool:
    """Whether claims do not contradict each other."""
    least = {day: low for day, (low, _) in zip(limits.days, limits.least, strict=True)}
    return not any(
        start is None and _above(least[on], span.high) for (start, on), span in spans.items()
    )


def _accept_destroyed(
    claims: Sequence[Statement], whole: float, ending: int | None
) -> tuple[list[Statement], Roles]:
    """Take the claims on destruction that do not contradict preferred ones."""
    ordered: list[_Claim] = []
    for s in sorted(claims, key=lambda s: _preference(s, ending)):
        low, high = bounds(s, whole)
        ordered.append((s, low, high if s.is_total else math.inf))
    taken, against = _compatible(ordered, 0.0)
    return _roles(taken, against, "count destroyed")


def _accept_remaining(claims: Sequence[Statement]) -> tuple[list[Statement], Roles, list[str]]:
    """Take the claims on what is left; without a reopening a stock never grows."""
    ordered: list[_Claim] = []
    for s in sorted(claims, key=lambda s: _preference(s, None)):
        low, high = bounds(s)
        ordered.append((s, -high, -low))  # as what is gone, which only rises
    taken, against = _compatible(ordered, -math.inf)
    grown = [s for s in claims if s.row in against and s.day < against[s.row].day]
    findings = []
    if grown:
        first = min(grown, key=lambda s: (s.day, s.value))
        last = max((against[s.row] for s in grown), key=lambda s: (s.value, s.day))
        findings.append(
            f"the stock grows, from {digits(first.value)} ({iso(first.day)}) to "
            f"{digits(last.value)} ({iso(last.day)}): figures set aside"
        )
    return *_roles(taken, against, "stock remaining"), findings


def iso(day: int) -> str:
    """A whole-number day as ISO text.

    >>> iso(0)
    '1970-01-01'
    """
    return str(np.datetime64(day, "D"))


def _roles(
    taken: Sequence[Statement], against: dict[int, Statement], use: str
) -> tuple[list[Statement], Roles]:
    """The role of each claim; a twin adds a rounding of its own, never a step."""
    first: dict[_Slot, Statement] = {}
    roles: Roles = {row: (SET_ASIDE, f"contradicts {t.source_id}") for row, t in against.items()}
    for s in taken:
        twin = first.setdefault((s.start, s.day), s)
        roles[s.row] = (USED, use) if twin is s else (AGREES, f"agrees with {twin.source_id}")
    return sorted(first.values(), key=lambda s: s.day), roles
