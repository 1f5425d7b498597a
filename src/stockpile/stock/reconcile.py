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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: Days are counted as whole numbers from 1970-01-01, which sorts and compares fast.
NEVER = -(10**9)

USED, AGREES, SET_ASIDE = "used", "agrees", "set aside"

# How wide a rounded statement is read. 'Nearly' and 'approximately' in these
# sources differ from the exact figure, where that came later, by less than this.
_APPROX = 0.05
_NEARLY = 0.10
_SHARE = 0.01

# Running totals are 0, since a day 1, periods 2, shares 3: see rule 2.
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
    def said(self) -> int:
        """Day of the statement: the day it speaks of, else that of its publication."""
        return self.published if self.on is None else self.on


class Figure(NamedTuple):
    """A reconciled number and how exactly it is known."""

    value: float
    qualifier: str


UNKNOWN = Figure(math.nan, "")


class Point(NamedTuple):
    """The line on a day."""

    day: int
    destroyed: Figure
    remaining: Figure
    basis: str
    share: float = math.nan  # as stated, where there is no declared stock to take it of


@dataclass
class Line:
    """One reconciled count of one state over one episode.

    An episode lasts from the beginning, or from the day stock turned up after
    completion had been declared, to completion.
    """

    declared: Figure = UNKNOWN
    declared_on: int | None = None
    presumed: bool = False
    points: list[Point] = field(default_factory=list)
    roles: dict[int, tuple[str, str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


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
        width = min(unit, _APPROX * value)
    if s.qualifier == "at_least":
        return value, math.inf
    if s.qualifier == "approx":
        width = max(width, _APPROX * value)
    if s.qualifier == "nearly":
        return value * (1 - _NEARLY), value + width
    return (value - width, value + width) if width else (value, value)


def _overlap(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def choose_declared(statements: Sequence[Statement], line: Line) -> Statement | None:
    """Choose the statement that says what stock there was to begin with.

    Figures that were out by the day come before presumed ones. Of presumed
    ones the earliest published is taken: it is the nearest to the initial report.
    """
    if not statements:
        return None
    out = [s for s in statements if not s.presumed]
    if out:
        rank = min(s.rank for s in out)
        nearest = [s for s in out if s.rank == rank]
        chosen = max(
            nearest, key=lambda s: (s.said, s.published, not s.rounded, s.value, s.source_id)
        )
    else:
        out = [s for s in statements if s.presumed]
        chosen = min(out, key=lambda s: (s.published, s.rank, s.rounded, -s.value, s.source_id))
    if chosen.rounded:
        same = [s for s in out if not s.rounded and _overlap(bounds(s), bounds(chosen))]
        if same:
            best = max(same, key=lambda s: (-s.rank, s.said, s.value, s.source_id))
            line.roles[chosen.row] = (AGREES, f"rounded; {best.source_id} is exact")
            chosen = best
    line.roles[chosen.row] = (USED, "declared stock")
    for s in statements:
        if s.row in line.roles:
            continue
        if _overlap(bounds(s), bounds(chosen)):
            line.roles[s.row] = (AGREES, f"agrees with {chosen.source_id}")
        elif s.presumed:
            line.roles[s.row] = (SET_ASIDE, "not yet published on the day")
        elif s.rank > chosen.rank:
            line.roles[s.row] = (SET_ASIDE, f"{chosen.source_id} is nearer to the fact")
        else:
            line.roles[s.row] = (SET_ASIDE, f"restated by {chosen.source_id}")
    return chosen


class Step(NamedTuple):
    """The count destroyed by a day."""

    day: int
    gone: float
    qualifier: str
    total: bool  # rests on a running total since the beginning, not on a period


def _cumulative(claims: Sequence[Statement], whole: float, low: bool) -> list[Step]:
    """Largest count destroyed by each day that chains of claims support.

    A running total stands on its own; a claim since a day adds to what was
    destroyed before that day. With ``low`` each claim counts with its lower
    bound, else with its own number, and earlier totals give way to later ones.
    """
    steps: list[Step] = []
    nothing = Step(NEVER, 0.0, "at_least", False)

    def before(day: int) -> Step:
        return next((step for step in reversed(steps) if step.day < day), nothing)

    order = sorted(claims, key=lambda s: (s.on or 0, NEVER if s.start is None else s.start))
    for s in order:
        on = s.on or 0
        lower, upper = bounds(s, whole)
        told = s.value * whole if s.measure == "destroyed_share" else s.value
        as_told = "approx" if s.rounded and s.qualifier == "exact" else s.qualifier
        value = lower if low else told
        held = steps[-1] if steps else nothing
        if s.start is not None:
            base = before(s.start)
            how = as_told if base.qualifier == "exact" and s.rounded else base.qualifier
            step = Step(on, base.gone + value, how, False)
            # A running total to the same day stands before a sum of periods.
            totalled = held.day == on and held.total and held.qualifier != "at_least"
            since = held.gone - base.gone  # told already by others
            nothing_new = s.qualifier != "exact" and since > 0 and lower <= since <= upper
            if step.gone <= held.gone or (not low and (totalled or nothing_new)):
                step = held._replace(day=on)
        elif low:
            step = Step(on, max(value, held.gone), "", True)
        elif s.qualifier != "exact" and steps and lower <= held.gone <= upper:
            step = held._replace(day=on)  # no evidence of anything more
        elif s.measure == "destroyed" or s.qualifier == "at_least":
            step = Step(on, max(value, held.gone), "at_least", s.measure != "destroyed")
        else:
            step = Step(on, value, as_told, True)
        if steps and steps[-1].day == on:
            steps[-1] = step
        else:
            steps.append(step)
    if not low:
        # A later running total that is lower corrects what rounding put above it.
        ceiling = math.inf
        for i in range(len(steps) - 1, -1, -1):
            ceiling = min(ceiling, steps[i].gone)
            steps[i] = steps[i]._replace(gone=ceiling)
    return steps


def _preference(s: Statement) -> tuple[object, ...]:
    """Order in which statements are taken; see the module's text."""
    form = _FORM.get(s.measure, 0)
    if s.measure == "destroyed_total" and s.start is not None:
        form = 1
    return (s.rank, form, s.rounded, -s.said, -s.published, s.start or 0, -s.value, s.source_id)


def _take_destroyed(claims: Iterable[Statement], whole: float, line: Line) -> list[Statement]:
    """Take the claims on destruction that do not contradict nearer ones."""
    taken: list[Statement] = []
    for s in sorted(claims, key=_preference):
        trial = [*taken, s]
        floor = {step.day: step.gone for step in _cumulative(trial, whole, low=True)}
        against = next(
            (
                t
                for t in trial
                if t.start is None
                and t.measure != "destroyed"
                and floor[t.on or 0] > bounds(t, whole)[1] * (1 + 1e-9)
            ),
            None,
        )
        if against is None:
            twin = next((t for t in taken if (t.start, t.on) == (s.start, s.on)), None)
            taken.append(s)
            if twin is not None:
                line.roles[s.row] = (AGREES, f"agrees with {twin.source_id}")
            else:
                line.roles[s.row] = (USED, "count destroyed")
        else:
            other = (
                against
                if against is not s
                else next((t for t in taken if (t.on or 0) <= (s.on or 0)), s)
            )
            line.roles[s.row] = (SET_ASIDE, f"contradicts {other.source_id}")
    # A twin adds a rounding of its own, never a step: only the preferred one counts.
    kept: dict[tuple[int | None, int | None], Statement] = {}
    for s in taken:
        kept.setdefault((s.start, s.on), s)
    return list(kept.values())


def _take_remaining(claims: Iterable[Statement], line: Line) -> list[Statement]:
    """Take the claims on what is left; without a reopening a stock never grows."""
    taken: list[Statement] = []
    for s in sorted(claims, key=_preference):
        low, high = bounds(s)
        other = next(
            (
                t
                for t in taken
                if (t.on == s.on and not _overlap(bounds(t), (low, high)))
                or ((t.on or 0) < (s.on or 0) and low > bounds(t)[1])
                or ((t.on or 0) > (s.on or 0) and bounds(t)[0] > high)
            ),
            None,
        )
        if other is not None:
            line.roles[s.row] = (SET_ASIDE, f"contradicts {other.source_id}")
            continue
        twin = next((t for t in taken if t.on == s.on), None)
        if twin is None:
            taken.append(s)
            line.roles[s.row] = (USED, "stock remaining")
        else:
            line.roles[s.row] = (AGREES, f"agrees with {twin.source_id}")
    return sorted(taken, key=lambda s: s.on or 0)


def reconcile(
    statements: Sequence[Statement],
    declared: Statement | None,
    completed: int | None,
    line: Line,
    begins: int | None = None,
) -> Line:
    """Draw the line of one count over one episode.

    Parameters
    ----------
    statements : sequence of Statement
        On destruction, on what remains and on what is retained, of the episode.
    declared : Statement or None
        The stock to begin with, as chosen.
    completed : int or None
        The day of completion, if it is on record.
    line : Line
        Takes the result.
    begins : int or None
        For a reopened stock, the day it turned up.
    """
    whole = declared.value if declared else math.nan
    if declared:
        how = "approx" if declared.rounded and declared.qualifier == "exact" else declared.qualifier
        line.declared = Figure(whole, how)
        line.declared_on, line.presumed = declared.on, declared.presumed
    retained = [s for s in statements if s.measure == "retained"]
    kept = max(retained, key=lambda s: (-s.rank, s.said, s.published, s.source_id), default=None)
    for s in retained:
        line.roles[s.row] = (
            (USED, "kept for training") if s is kept else (AGREES, "kept for training")
        )
    destroyed_claims: list[Statement] = []
    remaining_claims: list[Statement] = []
    shares: list[Statement] = []
    for s in statements:
        if s.measure == "retained_destroyed":
            line.roles[s.row] = (
                SET_ASIDE,
                "out of the retained stock: no progress on the obligation",
            )
        elif completed is not None and (s.on or 0) > completed and s.measure == "destroyed":
            if s.start is not None and s.start <= completed:
                destroyed_claims.append(s._replace(on=completed))  # the year of completion
            else:
                line.roles[s.row] = (
                    SET_ASIDE,
                    "after completion: found later, or out of retained stock",
                )
        elif completed is not None and (s.on or 0) > completed and s.measure == "remaining":
            clear = s.value == 0
            line.roles[s.row] = (
                (AGREES, "nothing left after completion")
                if clear
                else (SET_ASIDE, "completion is the later statement")
            )
        elif s.measure == "destroyed_share" and not whole > 0:
            shares.append(s)
        elif s.measure == "remaining":
            remaining_claims.append(s)
        elif s.measure in _FORM:
            destroyed_claims.append(s)
    gone = _cumulative(_take_destroyed(destroyed_claims, whole, line), whole, low=False)
    left = _take_remaining(remaining_claims, line)
    stated = _cumulative(_take_destroyed(shares, 1.0, line), 1.0, low=False)
    _draw(line, gone, left, stated, kept, begins)
    if completed is not None:
        _complete(line, gone, completed, kept, whole)
    elif kept is not None:
        _keep(line, kept)
    if line.points and line.declared.value > 0:
        last = line.points[-1].destroyed
        exact = last.qualifier == line.declared.qualifier == "exact"
        if last.value > whole * (1 if exact else 1 + _APPROX):
            line.findings.append(f"more destroyed ({last.value:,.0f}) than declared ({whole:,.0f})")
    return line


def _draw(
    line: Line,
    gone: Sequence[Step],
    left: Sequence[Statement],
    stated: Sequence[Step],
    kept: Statement | None,
    begins: int | None,
) -> None:
    """Merge what was destroyed and what is left, each filling the other's gaps."""
    whole = line.declared.value
    destroyed, remaining = UNKNOWN, Figure(whole, "at_most") if whole >= 0 else UNKNOWN
    if begins is not None and whole >= 0:
        destroyed, remaining = Figure(0.0, "exact"), Figure(whole, line.declared.qualifier)
        line.points.append(Point(begins, destroyed, remaining, "reopened"))
    counts = {step.day: step for step in gone}
    stocks = {s.on or 0: s for s in left}
    shares = {step.day: step.gone for step in stated}
    share = math.nan
    for day in sorted({*counts, *stocks, *shares}):
        share = shares.get(day, share)
        before, stock = destroyed, stocks.get(day)
        if day in counts:
            step = counts[day]
            destroyed = Figure(float(round(step.gone)), step.qualifier)
            if step.qualifier == "at_least" and before.value > step.gone:
                destroyed = before
            # What a period tells of before the declaration was not part of it.
            earlier = line.declared_on is not None and day < line.declared_on and not step.total
            if remaining.value >= 0 and not earlier:
                fresh = max(
                    destroyed.value - (0.0 if math.isnan(before.value) else before.value), 0.0
                )
                loose = destroyed.qualifier == "at_least" or (kept is not None and kept.value > 0)
                how = "at_most" if loose else _looser(destroyed.qualifier, line.declared.qualifier)
                remaining = Figure(max(remaining.value - fresh, 0.0), how)
        if stock is not None:
            low, high = bounds(stock)
            value, how = stock.value, stock.qualifier
            if stock.rounded and how == "exact":
                how = "approx"
            # A stock not known to have changed stays as it was; a first estimate
            # below the declared stock is news, whatever its width.
            firmer = remaining.qualifier != "at_most" or value > remaining.value
            if stock.rounded and low <= remaining.value <= high and (firmer or high == math.inf):
                value, how = remaining
            elif stock.value > remaining.value and day in counts:
                line.findings.append(
                    f"destroyed ({destroyed.value:,.0f}) and remaining ({stock.value:,.0f}) "
                    f"do not add up to the declared stock ({whole:,.0f})"
                )
            fresh = remaining.value - value
            if day not in counts and fresh > 0 and stock.qualifier != "at_least":
                done = 0.0 if math.isnan(before.value) else before.value
                destroyed = Figure(done + fresh, _looser(how, line.declared.qualifier))
            remaining = Figure(value, how)
        basis = "remaining" if stock is not None else "destroyed"
        line.points.append(Point(day, destroyed, remaining, basis, share))
    # What is told later puts right what a difference or a rounding had suggested.
    ceiling, floor = math.inf, 0.0
    for i in range(len(line.points) - 1, -1, -1):
        point = line.points[i]
        if not math.isnan(point.destroyed.value):
            ceiling = min(ceiling, point.destroyed.value)
            point = point._replace(destroyed=point.destroyed._replace(value=ceiling))
        if not math.isnan(point.remaining.value):
            floor = max(floor, point.remaining.value)
            point = point._replace(remaining=point.remaining._replace(value=floor))
        line.points[i] = point


def share_gone(declared: float, point: Point) -> float:
    """Share of the stock that is gone, 0 to 1; unknown stays unknown.

    A stock of which only 'at least so much is left' is known has no share: what
    is destroyed is at most the difference, and a share would claim it all.

    Examples
    --------
    >>> half = Point(0, Figure(50.0, "exact"), Figure(150.0, "exact"), "remaining")
    >>> share_gone(200.0, half), share_gone(math.nan, half)
    (0.25, 0.25)
    >>> share_gone(200.0, half._replace(destroyed=UNKNOWN))
    nan
    """
    gone, left = point.destroyed.value, point.remaining.value
    if point.basis == "retained" or (gone > 0 and left == declared):
        return math.nan  # nothing is known of the declared stock, or nothing is to be destroyed
    if left == 0 and point.remaining.qualifier == "exact":
        return 1.0 if declared > 0 or gone > 0 else math.nan
    if math.isnan(gone) or math.isnan(left) or point.remaining.qualifier == "at_least":
        if declared > 0 and not math.isnan(gone):
            return min(gone / declared, 1.0)
        return point.share
    whole = declared if declared > 0 else gone + left
    return min(max(1.0 - left / whole, 0.0), 1.0) if whole > 0 else point.share


def _keep(line: Line, kept: Statement) -> None:
    """End the line where all that is left is kept for training: nothing is to be destroyed."""
    last = line.points[-1] if line.points else None
    left = last.remaining.value if last else line.declared.value
    gone = last.destroyed if last else UNKNOWN
    day = max(kept.said, last.day if last else kept.said)
    if kept.value >= left > 0 and not gone.value > 0 and day != NEVER:
        line.points = [p for p in line.points if p.day < day]
        line.points.append(Point(day, gone, Figure(0.0, "exact"), "retained"))


def close_with(line: Line, day: int) -> None:
    """End a line on the day on which the items that held it were gone.

    Where munitions are gone, so are the submunitions in them, unless somebody has
    spoken of what is left of these since.
    """
    last = line.points[-1] if line.points else None
    if last is None or (last.remaining.value > 0 and last.day < day):
        whole = line.declared.value
        line.points.append(
            Point(day, Figure(whole, "approx"), Figure(0.0, "approx"), "with munitions")
        )


def _looser(a: str, b: str) -> str:
    """The less exact of two qualifiers, for a difference of two figures."""
    return "exact" if a == b == "exact" else "approx"


def _complete(
    line: Line,
    gone: Sequence[Step],
    completed: int,
    kept: Statement | None,
    whole: float,
) -> None:
    """End the line on the day of completion: nothing left, and the total told for it."""
    told = next((step for step in gone if step.day >= completed - 31), None)
    line.points = [p for p in line.points if p.day < completed]
    reached = line.points[-1].destroyed.value if line.points else math.nan
    if told is not None:
        destroyed = Figure(float(round(told.gone)), told.qualifier)
    elif reached >= whole:
        destroyed = line.points[-1].destroyed
    elif whole >= 0:
        # Everything but what is kept; no source tells the total.
        least = max(whole - (kept.value if kept else 0.0), 0.0)
        destroyed = Figure(least if math.isnan(reached) else max(least, reached), "approx")
    else:
        destroyed = line.points[-1].destroyed if line.points else UNKNOWN
    line.points.append(Point(completed, destroyed, Figure(0.0, "exact"), "completed"))
