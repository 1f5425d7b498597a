"""Disagreeing statements about one count of one state's stock -> one line.

The order of preference, in full:

1. *The nearer source*: a state, treaty body, depositary or the Monitor before an
   organisation, and both before the press.
2. *The more direct figure*: a running total before one that starts late, that
   before the sum of periods, and a share of the declared stock last.
3. *Exact before rounded.* A number of a thousand or more that ends in three zeros
   is rounded, whatever its qualifier says.
4. *The later statement before the earlier one.*

Statements are taken in this order. One that contradicts those already taken is
set aside, and says which. Nothing is averaged. The count destroyed by a day is
the largest that a chain of statements *that do not overlap* supports, so that
one destruction told twice counts once.

For the declared stock the latest statement of the nearest sources decides,
because a declaration is corrected by restating it; where it is rounded, an exact
figure that agrees with it says it more precisely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

#: Days are counted as whole numbers from 1970-01-01, which sorts and compares fast.
NEVER = -(10**9)

USED, AGREES, SET_ASIDE = "used", "agrees", "set aside"

#: Position of a statement among those of its state -> its role, and why.
Roles = dict[int, tuple[str, str]]

# How wide a rounded statement is read. 'Nearly' and 'approximately' in these
# sources differ from the exact figure, where that came later, by less than this.
APPROX = 0.05
_NEARLY = 0.10
_SHARE = 0.01

# Rule 2: running totals before those that start late, then periods, then shares.
_FORM = {"destroyed_total": 0, "destroyed": 2, "destroyed_share": 3}


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
            or round_number(self.value)
        )

    @property
    def day(self) -> int:
        """The day it speaks of, else that of its publication."""
        return self.published if self.on is None else self.on


class Figure(NamedTuple):
    """A reconciled number and how exactly it is known."""

    value: float
    qualifier: str


UNKNOWN = Figure(math.nan, "")


def round_number(value: float) -> bool:
    """Whether a number ends in three or more zeros.

    Examples
    --------
    >>> round_number(573_000), round_number(573_700), round_number(0)
    (True, False, False)
    """
    return value >= 1000 and value % 1000 == 0


def bounds(s: Statement, whole: float = math.nan) -> tuple[float, float]:
    """Return the range of counts that a statement supports.

    Parameters
    ----------
    s : Statement
    whole : float
        The declared stock, of which a share is taken.

    Examples
    --------
    >>> s = Statement(0, "remaining", 38_700_000, "exact", None, 0, 0, 0, False, "a")
    >>> bounds(s)
    (38600000.0, 38800000.0)
    >>> bounds(s._replace(value=60.0, qualifier="at_least"))
    (60.0, inf)
    """
    value, width = s.value, 0.0
    if s.measure == "destroyed_share":
        value, width = s.value * whole, _SHARE * whole
    elif round_number(value):
        unit = 10.0 ** (len(str(int(value))) - len(str(int(value)).rstrip("0")))
        width = min(unit, APPROX * value)
    if s.qualifier == "at_least":
        return value, math.inf
    if s.qualifier == "approx":
        width = max(width, APPROX * value)
    if s.qualifier == "nearly":
        return value * (1 - _NEARLY), value + width
    return (value - width, value + width) if width else (value, value)


def _overlap(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def choose(statements: Sequence[Statement]) -> tuple[Statement | None, Roles]:
    """Choose the statement that says what stock there was to begin with.

    Figures that were out by the day come before presumed ones. Of presumed
    ones the earliest published is taken: it is the nearest to the initial report.

    Returns
    -------
    Statement or None, dict
        What was chosen, and the role of every declaration.
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


class Step(NamedTuple):
    """The count destroyed by a day."""

    day: int
    value: float
    qualifier: str
    total: bool  # rests on a running total since the beginning, not on a period
    row: int | None = None  # position of the statement that gives it


_NOTHING = Step(NEVER, 0.0, "at_least", False)


class Claims(NamedTuple):
    """The statements that the figures of one count rest on, each kind by its day."""

    destroyed: list[Statement]
    remaining: list[Statement]
    shares: list[Statement]  # destroyed, of a stock whose size is not on record
    retained: Statement | None


def accept(
    statements: Sequence[Statement], whole: float, completed: int | None
) -> tuple[Claims, Roles]:
    """Take the statements that do not contradict those preferred to them.

    Parameters
    ----------
    statements : sequence of Statement
        On destruction, on what remains and on what is retained, of one episode.
    whole : float
        The declared stock, of which shares are taken; ``NaN`` if unknown.
    completed : int or None
        The day of completion, if it is on record.

    Returns
    -------
    Claims, dict
        Those taken, and the role of every statement.

    Raises
    ------
    ValueError
        For a measure that no rule is written for.
    """
    pools: dict[str, list[Statement]] = {"destroyed": [], "remaining": [], "shares": []}
    roles: Roles = {}
    retained = [s for s in statements if s.measure == "retained"]
    kept = max(retained, key=lambda s: (-s.rank, s.day, s.published, s.source_id), default=None)
    for s in statements:
        if s.measure == "retained":
            roles[s.row] = (USED if s is kept else AGREES, "kept for training")
        elif s.measure == "retained_destroyed":
            why = "out of the retained stock: no progress on the obligation"
            roles[s.row] = (SET_ASIDE, why)
        elif s.measure == "remaining":
            if completed is None or (s.on or 0) <= completed:
                pools["remaining"].append(s)
            elif s.value == 0:
                roles[s.row] = (AGREES, "nothing left after completion")
            else:
                roles[s.row] = (SET_ASIDE, "completion is the later statement")
        elif s.measure not in _FORM:
            raise ValueError(f"no rule says how the measure {s.measure!r} is reconciled")
        elif s.measure == "destroyed_share" and not whole > 0:
            pools["shares"].append(s)
        elif s.measure == "destroyed" and completed is not None and (s.on or 0) > completed:
            if s.start is not None and s.start <= completed:
                pools["destroyed"].append(s._replace(on=completed))  # the year of completion
            else:
                why = "after completion: found later, or out of retained stock"
                roles[s.row] = (SET_ASIDE, why)
        else:
            pools["destroyed"].append(s)
    destroyed, destroyed_roles = _accept_destroyed(pools["destroyed"], whole)
    remaining, remaining_roles = _accept_remaining(pools["remaining"])
    shares, share_roles = _accept_destroyed(pools["shares"], 1.0)
    claims = Claims(destroyed, remaining, shares, kept)
    return claims, roles | destroyed_roles | remaining_roles | share_roles


def chain(claims: Sequence[Statement], whole: float) -> list[Step]:
    """Add up what was destroyed by each day, from claims that do not overlap.

    A running total stands on its own; a claim since a day adds to what was
    destroyed before that day. Earlier totals give way to later ones.

    Examples
    --------
    >>> year = Statement(0, "destroyed", 60.0, "exact", 0, 365, 0, 0, False, "a")
    >>> next_year = year._replace(value=40.0, start=366, on=730)
    >>> [(step.value, step.qualifier) for step in chain([year, next_year], 300.0)]
    [(60.0, 'at_least'), (100.0, 'at_least')]
    """
    steps: list[Step] = []
    for s in sorted(claims, key=_by_day):
        _add(steps, _next_step(s, steps, whole))
    # A later running total that is lower corrects what rounding put above it.
    later = Step(0, math.inf, "", False)
    for i in range(len(steps) - 1, -1, -1):
        if steps[i].value <= later.value:
            later = steps[i]
        steps[i] = steps[i]._replace(value=later.value, row=later.row)
    return steps


def _by_day(s: Statement) -> tuple[int, int]:
    return s.on or 0, NEVER if s.start is None else s.start


def _add(steps: list[Step], step: Step) -> None:
    """Add a step, in place of an earlier one of the same day."""
    if steps and steps[-1].day == step.day:
        steps[-1] = step
    else:
        steps.append(step)


def _before(steps: list[Step], day: int) -> Step:
    """The last step before a day."""
    return next((step for step in reversed(steps) if step.day < day), _NOTHING)


def _next_step(s: Statement, steps: list[Step], whole: float) -> Step:
    """What was destroyed by the day of the next claim, given the steps up to it."""
    day = s.on or 0
    low, high = bounds(s, whole)
    value = s.value * whole if s.measure == "destroyed_share" else s.value
    qualifier = "approx" if s.rounded and s.qualifier == "exact" else s.qualifier
    last = steps[-1] if steps else _NOTHING._replace(row=s.row)
    if s.start is not None:
        base = _before(steps, s.start)
        added = qualifier if base.qualifier == "exact" and s.rounded else base.qualifier
        step = Step(day, base.value + value, added, False, s.row)
        # A running total to the same day stands before a sum of periods.
        totalled = last.day == day and last.total and last.qualifier != "at_least"
        since = last.value - base.value  # destroyed since the start, by other claims
        known = s.qualifier != "exact" and since > 0 and low <= since <= high
        return last._replace(day=day) if step.value <= last.value or totalled or known else step
    if s.qualifier != "exact" and steps and low <= last.value <= high:
        return last._replace(day=day)  # no evidence of anything more
    if s.measure == "destroyed" or s.qualifier == "at_least":
        row = s.row if value >= last.value else last.row
        return Step(day, max(value, last.value), "at_least", s.measure != "destroyed", row)
    return Step(day, value, qualifier, True, s.row)


def _floors(claims: Sequence[Statement], whole: float) -> dict[int, float]:
    """The least that claims together support for each of their days."""
    steps: list[Step] = []
    for s in sorted(claims, key=_by_day):
        base = _NOTHING if s.start is None else _before(steps, s.start)
        least = base.value + bounds(s, whole)[0]
        last = steps[-1].value if steps else 0.0
        _add(steps, Step(s.on or 0, max(least, last), "", False))
    return {step.day: step.value for step in steps}


def _preference(s: Statement) -> tuple[object, ...]:
    """Order in which statements are taken; see the module's text."""
    late = s.measure == "destroyed_total" and s.start is not None
    form = 1 if late else _FORM.get(s.measure, 0)
    return (s.rank, form, s.rounded, -s.day, -s.published, s.start or 0, -s.value, s.source_id)


def _accept_destroyed(claims: Sequence[Statement], whole: float) -> tuple[list[Statement], Roles]:
    """Take the claims on destruction that do not contradict preferred ones."""
    taken: list[Statement] = []
    first: dict[tuple[int | None, int | None], Statement] = {}
    roles: Roles = {}
    for s in sorted(claims, key=_preference):
        trial = [*taken, s]
        floor = _floors(trial, whole)
        exceeded = next(
            (
                t
                for t in trial
                if t.start is None
                and t.measure != "destroyed"
                and floor[t.on or 0] > bounds(t, whole)[1] * (1 + 1e-9)
            ),
            None,
        )
        if exceeded is None:
            # A twin adds a rounding of its own, never a step: only the preferred one counts.
            twin = first.setdefault((s.start, s.on), s)
            taken.append(s)
            agrees = (AGREES, f"agrees with {twin.source_id}")
            roles[s.row] = (USED, "count destroyed") if twin is s else agrees
            continue
        if exceeded is s:
            exceeded = next((t for t in taken if (t.on or 0) <= (s.on or 0)), s)
        roles[s.row] = (SET_ASIDE, f"contradicts {exceeded.source_id}")
    return list(first.values()), roles


def _accept_remaining(claims: Sequence[Statement]) -> tuple[list[Statement], Roles]:
    """Take the claims on what is left; without a reopening a stock never grows."""
    taken: list[Statement] = []
    roles: Roles = {}
    for s in sorted(claims, key=_preference):
        other = next((t for t in taken if _grows(t, s)), None)
        twin = next((t for t in taken if t.on == s.on), None)
        if other is not None:
            roles[s.row] = (SET_ASIDE, f"contradicts {other.source_id}")
        elif twin is not None:
            roles[s.row] = (AGREES, f"agrees with {twin.source_id}")
        else:
            taken.append(s)
            roles[s.row] = (USED, "stock remaining")
    return sorted(taken, key=lambda s: s.on or 0), roles


def _grows(a: Statement, b: Statement) -> bool:
    """Whether two balances cannot both be: they differ on a day, or the stock would grow."""
    if a.on == b.on:
        return not _overlap(bounds(a), bounds(b))
    first, second = sorted((a, b), key=lambda s: s.on or 0)
    return bounds(second)[0] > bounds(first)[1]
