"""From the statements that count to the points of a line: destroyed and remaining by day.

A running total is the count destroyed by its day; a period adds to the count of the
day before it began, and what is not spoken of in between makes that *at least*. What
somebody says is left is the declared stock less what was destroyed, and the other way
round. What is kept for training is neither destroyed nor stock to destroy, so all is
held against the declared stock without it. Nobody finishes by arithmetic: a stock is gone when
somebody says so, or when a source's own figures leave nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from stockpile.common.english import digits
from stockpile.common.tolerance import APPROX
from stockpile.stock.reconcile import (
    NEVER,
    UNKNOWN,
    Claims,
    Figure,
    Roles,
    Statement,
    bounds,
)

#: A total so many days before the end of destruction still is the total of all.
_LAST_TOTAL = 31
#: A figure is part of a pair if the other two differ from it by no more than this.
_ADDS_UP = 0.005


class Point(NamedTuple):
    """The line on a day."""

    day: int
    destroyed: Figure
    remaining: Figure
    basis: str
    share: float = math.nan  # destroyed, of `to_destroy` where that is known
    to_destroy: Figure = UNKNOWN  # what the share is taken of
    destroyed_row: int | None = None  # positions of the statements that the figures rest on
    remaining_row: int | None = None


@dataclass(frozen=True, eq=False)
class Timeline:
    """One reconciled count of one state over one episode. Shared: not to be changed.

    An episode lasts from the beginning, or from the day stock turned up after
    completion had been declared, to completion.
    """

    declared: Figure
    declared_row: int | None
    declared_on: int | None
    presumed: bool
    to_destroy: Figure  # declared, without what is kept for training
    destroyed_before: Figure  # the declaration, and no part of it
    elsewhere: tuple[tuple[str, float], ...]  # measure and number of what went without destruction
    points: tuple[Point, ...]
    roles: Roles
    findings: tuple[str, ...]


class Step(NamedTuple):
    """The count destroyed by a day."""

    day: int
    value: float
    qualifier: str
    by: Statement | None = None  # that the count rests on
    total: bool = False  # a running total, not a sum of periods

    @property
    def firm(self) -> bool:
        """Whether it is the whole count and not a bound on it."""
        return self.qualifier not in ("at_least", "at_most")


_NOTHING = Step(NEVER, 0.0, "at_least")


def stock_to_destroy(
    declared: Statement | None, kept: Statement | None, balances: Sequence[Statement]
) -> Figure:
    """What is to be destroyed: the declared stock, without what is kept of it for training.

    Where more is left to destroy than that, the declaration did not count what is kept.
    """
    if declared is None:
        return UNKNOWN
    qualifier = _loosely(declared)
    whole = Figure(declared.value, qualifier)
    if kept is None or not 0 < kept.value < whole.value:
        return whole
    rest = whole.value - kept.value
    if any(bounds(s)[0] > rest for s in balances):
        return whole
    return Figure(rest, _looser(qualifier, "approx"))


def _loosely(s: Statement) -> str:
    """The qualifier of a statement, as loose as its number is round."""
    return "approx" if s.rounded and s.qualifier == "exact" else s.qualifier


def _looser(a: str, b: str) -> str:
    """The less exact of two qualifiers, for a difference of two figures."""
    return "exact" if a == b == "exact" else "approx"


def timeline(
    declared: Statement | None,
    claims: Claims,
    roles: Roles,
    to_destroy: Figure,
    completed: int | None,
    begins: int | None = None,
) -> Timeline:
    """Draw the line of one count over one episode.

    ``declared`` is the stock to begin with, from `stockpile.stock.reconcile.choose`, ``claims``
    what `stockpile.stock.reconcile.accept` left, ``roles`` those of all statements on the count.
    ``completed`` is the day of completion, ``begins`` that on which a reopened stock turned up.
    """
    whole = UNKNOWN if declared is None else Figure(declared.value, _loosely(declared))
    points, steps, findings = draw(declared, to_destroy, claims, begins)
    smallest = 10.0**-claims.decimals
    if any(_more_than(p, to_destroy, smallest) for p in points) and to_destroy.value < whole.value:
        # More was there to destroy than the declaration leaves: it did not count what is kept.
        to_destroy = whole
        points, steps, findings = draw(declared, to_destroy, claims, begins)
    if claims.elsewhere:
        points = _without(points, claims.elsewhere, to_destroy, claims.decimals)
    if completed is not None:
        points = _complete(points, steps, completed, to_destroy, claims.decimals)
    elif claims.retained_now is not None:
        points = _end_with_kept(points, whole, claims.retained_now)
    if completed is not None and points[-1].destroyed.value < to_destroy.value / 2:
        gone = points[-1].destroyed.value
        findings = [
            *findings,
            f"completed, with {digits(gone)} of {digits(to_destroy.value)} destroyed",
        ]
    if points and whole.value > 0:
        last = points[-1].destroyed
        exact = last.qualifier == whole.qualifier == "exact"
        if last.value > whole.value * (1 if exact else 1 + APPROX):
            excess = f"more destroyed ({digits(last.value)}) than declared ({digits(whole.value)})"
            findings = [*findings, excess]
    before = _chain(claims.earlier)
    return Timeline(
        whole,
        declared.row if declared else None,
        declared.on if declared else None,
        declared is not None and declared.presumed,
        to_destroy,
        Figure(before[-1].value, before[-1].qualifier) if before else UNKNOWN,
        tuple((s.measure, s.value) for s in claims.elsewhere),
        tuple(_with_share(p, to_destroy) for p in points),
        roles,
        (*claims.findings, *findings),
    )


def _without(
    points: Sequence[Point], moves: Sequence[Statement], whole: Figure, decimals: int
) -> list[Point]:
    """The line with what was handed over or converted taken out of what is left.

    A balance counts what is left after it all; a figure that was worked out does not.
    """
    out: list[Point] = []
    stated = {p.day: p for p in points}
    left = Figure(whole.value, "at_most") if whole.value >= 0 else UNKNOWN
    at, since = Point(NEVER, UNKNOWN, left, ""), 0.0
    for day in sorted({*stated, *(s.day for s in moves)}):
        at = stated.get(day, at._replace(basis="handed over"))
        moved = sum(s.value for s in moves if s.day == day)
        since = 0.0 if day in stated and at.basis == "remaining" else since + moved
        left = at.remaining
        if since and left.value >= 0:
            rest = round(max(left.value - since, 0.0), decimals)
            left = Figure(rest, left.qualifier if rest else "exact")
        out.append(at._replace(day=day, remaining=left))
    return out


def _more_than(p: Point, whole: Figure, smallest: float) -> bool:
    """Whether more was destroyed, or is left, than there was to destroy."""
    stated = p.basis == "remaining" and p.remaining.qualifier not in ("at_least", "at_most")
    left = p.remaining.value if stated else 0.0
    return (
        p.destroyed.qualifier != "at_most" and p.destroyed.value + left > whole.value + smallest / 2
    )


def _chain(claims: Sequence[Statement]) -> list[Step]:
    """Add up periods alone."""
    steps: list[Step] = []
    for s in sorted(claims, key=_by_day):
        _append(steps, _next_step(s, steps, math.nan, frozenset()))
    return steps


def _by_day(s: Statement) -> tuple[int, int]:
    return s.day, NEVER if s.start is None else s.start


def _append(steps: list[Step], step: Step) -> None:
    """Add a step, in place of an earlier one of the same day."""
    if steps and steps[-1].day == step.day:
        steps[-1] = step
    else:
        steps.append(step)


def _next_step(s: Statement, steps: list[Step], whole: float, unsure: frozenset[int]) -> Step:
    """What was destroyed by the day of the next claim, given the steps up to it."""
    low, high = bounds(s, whole)
    value = s.value * whole if s.measure == "destroyed_share" else s.value
    qualifier = _loosely(s)
    last = steps[-1] if steps else _NOTHING._replace(by=s)
    if s.start is not None:
        i = bisect_left(steps, s.start, key=lambda step: step.day)
        base = steps[i - 1] if i else _NOTHING
        # What happened between two periods nobody counted.
        gap = base.day < s.start - 1
        if s.row in unsure:
            added = "at_most"
        elif gap or not base.firm:
            added = "at_least"
        else:
            added = qualifier if base.qualifier == "exact" else base.qualifier
        count = base.value + value
        if base.by is not None and base.by.measure == "remaining":
            # No more than was left then; `whole` may be unknown.
            count = max(base.value, min(whole, count)) if whole >= 0 else count
        step = Step(s.day, count, added, s)
        # A running total to the same day stands before a sum of periods.
        totalled = last.day == s.day and last.total and last.firm
        since = last.value - base.value  # destroyed since the start, by other claims
        known = s.qualifier != "exact" and since > 0 and low <= since <= high
        return last._replace(day=s.day) if step.value <= last.value or totalled or known else step
    # A rounded total that allows for the last one is no evidence of anything more.
    vague = s.qualifier != "exact" or (s.rounded and value <= last.value)
    if vague and steps and low <= last.value <= high:
        return last._replace(day=s.day)
    if s.measure == "destroyed" or s.qualifier == "at_least":
        by = s if value >= last.value else last.by
        return Step(s.day, max(value, last.value), "at_least", by, s.is_total)
    return Step(s.day, value, qualifier, s, True)


def draw(
    declared: Statement | None, to_destroy: Figure, claims: Claims, begins: int | None = None
) -> tuple[list[Point], list[Step], list[str]]:
    """Merge what was destroyed and what is left, each filling the other's gaps.

    Returned are the line by day, the counts destroyed, and what does not add up.
    """
    whole, findings = to_destroy, []
    steps: list[Step] = []
    row = None if declared is None else declared.row
    at = Point(NEVER, UNKNOWN, UNKNOWN, "", remaining_row=row)
    if whole.value >= 0:
        at = at._replace(remaining=Figure(whole.value, "at_most"))
    points: list[Point] = []
    if begins is not None and whole.value >= 0:
        at = Point(begins, Figure(0.0, "exact"), whole, "reopened", remaining_row=row)
        points.append(at)
        steps.append(Step(begins, 0.0, "exact"))
    balances = {s.day: s for s in claims.remaining}
    counted: dict[int, list[Statement]] = {}
    for s in sorted(claims.destroyed, key=_by_day):
        counted.setdefault(s.day, []).append(s)
    shares: dict[int, list[Statement]] = {}
    for s in sorted(claims.shares, key=_by_day):
        shares.setdefault(s.day, []).append(s)
    stated: list[Step] = []
    last_balance: Statement | None = None
    for day in sorted({*balances, *counted, *shares, *_nil_declared(declared, claims)}):
        for s in shares.get(day, ()):
            _append(stated, _next_step(s, stated, 1.0, frozenset()))
        at = at._replace(day=day, share=stated[-1].value if stated else math.nan)
        if day in counted:
            for s in counted[day]:
                _append(steps, _next_step(s, steps, whole.value, claims.unsure))
            at = _count(at, steps[-1], declared, whole, last_balance, claims.decimals)
        if day in balances:
            s = balances[day]
            if not _nothing_new(s, at, last_balance):
                last = steps[-1] if steps else _NOTHING
                # A count carried on from an earlier day is none of this one.
                fresh = last.by is not None and _counted_by(last.by, day)
                count = last if fresh else _NOTHING
                exact = count.qualifier == "exact"
                if exact and s.value > at.remaining.value:
                    what = "stock to destroy" if claims.retained else "declared stock"
                    findings.append(
                        f"destroyed ({digits(at.destroyed.value)}) and remaining "
                        f"({digits(s.value)}) do not add up to the {what} ({digits(whole.value)})"
                    )
                if count.firm and (math.isnan(whole.value) or exact):
                    qualifier = _looser(count.qualifier, _loosely(s))
                    whole = Figure(count.value + s.value, qualifier)
                elif not exact and s.qualifier != "at_least":
                    # A rounded count gives way to what is declared less what is left.
                    at = _fallen(at, s, whole, steps, claims.decimals)
                at = at._replace(remaining=Figure(s.value, _loosely(s)), remaining_row=s.row)
                last_balance = s
        elif day not in counted and day not in shares and declared is not None:
            nil = Figure(0.0, "exact")  # none was declared, after all had been destroyed
            at = at._replace(remaining=nil, remaining_row=declared.row)
        basis = "remaining" if day in balances else "destroyed"
        points.append(at._replace(basis=basis))
    return _corrected(points), steps, findings


def _nil_declared(declared: Statement | None, claims: Claims) -> list[int]:
    """The day on which none was declared, where destruction is on record before it."""
    if declared is None or declared.value != 0 or declared.on is None:
        return []
    earlier = any(s.day < declared.on and s.value > 0 for s in claims.destroyed)
    told = {s.day for s in (*claims.destroyed, *claims.remaining, *claims.shares)}
    return [declared.on] if earlier and declared.on not in told else []


def _count(
    at: Point,
    step: Step,
    declared: Statement | None,
    whole: Figure,
    balance: Statement | None,
    decimals: int,
) -> Point:
    """The line once so many are destroyed, before what anybody says of the rest."""
    before, left = at.destroyed, at.remaining
    destroyed = Figure(round(step.value, decimals), step.qualifier)
    row = step.by.row if step.by else None
    if step.qualifier == "at_least" and before.value > step.value:
        destroyed, row = before, at.destroyed_row
    at = at._replace(destroyed=destroyed, destroyed_row=row)
    if step.qualifier == "at_most":
        return at  # or none of it: all that was left may be left
    if whole.value >= 0:
        difference = round(whole.value - destroyed.value, decimals)
        rest = Figure(difference, _looser(destroyed.qualifier, whole.qualifier))
        if destroyed.qualifier == "at_least" and rest.value > 0:
            rest = rest._replace(qualifier="at_most")
        if rest.value <= 0 < step.value and not _leaves_nothing(step, declared, whole):
            # As much as was to be destroyed, or more: nobody says that nothing is left.
            more = balance and left.value > 0 and step.value > whole.value
            rest = Figure(left.value, "at_most") if more else UNKNOWN
        rest = rest._replace(value=max(rest.value, 0.0)) if rest.value < 0 else rest
        if rest.value > left.value:
            rest = Figure(left.value, "at_most")
        return at._replace(remaining=rest, remaining_row=None if math.isnan(rest.value) else row)
    if balance is None:
        return at
    # A period after a balance was taken from it. A running total may be all from before.
    period = step.by is not None and step.by.start is not None and step.by.start >= balance.day
    fresh = destroyed.value - (0.0 if math.isnan(before.value) else before.value)
    if period and fresh <= left.value:
        qualifier = "at_most" if fresh < left.value else "approx"
        rest = Figure(round(left.value - fresh, decimals), qualifier)
        return at._replace(remaining=rest, remaining_row=row)
    return at._replace(remaining=Figure(left.value, "at_most") if left.value > 0 else left)


def _leaves_nothing(step: Step, declared: Statement | None, whole: Figure) -> bool:
    """Whether a count is all there was: by the figures of one source, or a total to the piece.

    Periods that other sources add up to the declared stock are nobody's word that it is gone.
    """
    if declared is None or not whole.value > 0:
        return False
    same = step.by is not None and step.by.source_id == declared.source_id
    total = step.total and step.firm
    if step.value in (declared.value, whole.value):
        return same or total
    return same and total and step.value <= bounds(declared)[1]


def _nothing_new(s: Statement, at: Point, balance: Statement | None) -> bool:
    """Whether a balance says no more than what is known to be left already.

    A stock not known to have changed stays as it was. A lower balance is a fall, also
    to a round number, unless it is the vaguer figure of another source; and a
    first estimate below the declared stock is news, whatever its width.
    """
    left = at.remaining
    low, high = bounds(s)
    if not s.rounded or not low <= left.value <= high:
        return False
    if left.qualifier == "at_most" and balance is None and at.destroyed.value > 0:
        return False  # who counts what is left knows more than who counts what is gone
    if high == math.inf or s.value > left.value:
        return True
    if left.qualifier == "at_most":
        return False
    other = balance is None or balance.source_id != s.source_id
    return s.value == left.value or (left.qualifier == "exact" and other)


def _fallen(at: Point, s: Statement, whole: Figure, steps: list[Step], decimals: int) -> Point:
    """The line once a balance says more of what was destroyed than anybody who counts."""
    if whole.value >= 0:
        gone = whole.value - s.value
        qualifier = _looser(_loosely(s), whole.qualifier)
    else:
        gone = (
            at.remaining.value
            - s.value
            + (0.0 if math.isnan(at.destroyed.value) else at.destroyed.value)
        )
        qualifier = "at_least"  # since the first balance; what came before nobody says
    if not gone > 0 or gone < at.destroyed.value or not at.remaining.value > s.value:
        return at
    _append(steps, Step(s.day, gone, qualifier, s))
    return at._replace(destroyed=Figure(round(gone, decimals), qualifier), destroyed_row=s.row)


def _corrected(points: list[Point]) -> list[Point]:
    """Put right by later figures what a difference or a rounding had suggested."""
    out = points[-1:]
    ceiling = out[0] if out else None
    floor = ceiling
    for point in points[-2::-1]:
        if ceiling is not None and ceiling.destroyed.value < point.destroyed.value:
            destroyed = point.destroyed._replace(value=ceiling.destroyed.value)
            point = point._replace(destroyed=destroyed, destroyed_row=ceiling.destroyed_row)
        if floor is not None and floor.remaining.value > point.remaining.value:
            left = point.remaining._replace(value=floor.remaining.value)
            point = point._replace(remaining=left, remaining_row=floor.remaining_row)
        ceiling = point if not math.isnan(point.destroyed.value) else ceiling
        floor = point if not math.isnan(point.remaining.value) else floor
        out.append(point)
    return out[::-1]


def _with_share(p: Point, whole: Figure) -> Point:
    """Add the share destroyed, and the count that it is a share of.

    That is the stock to destroy where the figures add up to it, else what is destroyed
    and what is left together: a share is that of the two numbers beside it.
    """
    gone, left = p.destroyed.value, p.remaining.value
    if p.basis == "retained" or p.destroyed.qualifier == "at_most":
        return p._replace(to_destroy=whole, share=math.nan)
    if left == 0 and p.remaining.qualifier != "at_most":
        share = 1.0 if gone > 0 or whole.value > 0 else math.nan
        return p._replace(share=share, to_destroy=p.destroyed if gone > 0 else whole)
    if math.isnan(gone):
        return p._replace(to_destroy=whole)
    of = whole
    known = left >= 0 and p.remaining.qualifier != "at_least"
    if known and not abs(gone + left - whole.value) <= _ADDS_UP * whole.value:
        of = Figure(gone + left, _looser(p.destroyed.qualifier, p.remaining.qualifier))
    if not of.value > 0 or gone > of.value:
        return p._replace(to_destroy=of)
    return p._replace(share=gone / of.value, to_destroy=of)


def _end_with_kept(points: list[Point], declared: Figure, kept: Statement) -> list[Point]:
    """End the line where all that is left is kept for training: nothing is to be destroyed."""
    last = points[-1] if points else None
    left = declared.value if last is None or last.basis == "destroyed" else last.remaining.value
    destroyed = last.destroyed if last else UNKNOWN
    day = max(kept.day, last.day if last else kept.day)
    if not kept.value >= left > 0 or destroyed.value > 0 or day == NEVER:
        return points
    if declared.value > kept.value:
        return points  # what is left is beside what is kept, not part of it
    end = Point(day, destroyed, Figure(0.0, "exact"), "retained", remaining_row=kept.row)
    return [*(p for p in points if p.day < day), end]


def close_with(line: Timeline, day: int) -> Timeline:
    """End a line on the day on which the items that held it were gone.

    Where munitions are gone, so are the submunitions in them, unless somebody has
    spoken of what is left of these since.
    """
    last = line.points[-1] if line.points else None
    if last is not None and (last.remaining.value == 0 or last.day >= day):
        return line
    whole = line.to_destroy.value
    gone = whole if last is None else max(whole, last.destroyed.value)
    destroyed, left = Figure(gone, "approx"), Figure(0.0, "approx")
    end = _with_share(Point(day, destroyed, left, "with munitions"), line.to_destroy)
    return replace(line, points=(*line.points, end))


def _complete(
    points: list[Point], steps: Sequence[Step], completed: int, whole: Figure, decimals: int
) -> list[Point]:
    """End the line on the day of completion: nothing left, and the total stated for it."""
    stated = [step for step in steps if step.by and _counted_by(step.by, step.day)]
    at_end = [step for step in stated if completed - _LAST_TOTAL <= step.day <= completed]
    after = [step for step in stated if step.day > completed]
    last_totals = [step for step in (*at_end[-1:], *after) if step.total]
    exact = [step for step in last_totals if step.qualifier == "exact"]
    final = next(iter((*exact, *last_totals, *at_end[-1:])), None)
    points = [p for p in points if p.day < completed]
    last = points[-1] if points else None
    known = last.destroyed if last else UNKNOWN
    row = last.destroyed_row if last else None
    beyond = final is not None and final.value > whole.value * (1 + APPROX)
    if final is not None and (final.firm or beyond or math.isnan(whole.value)):
        known, row = Figure(round(final.value, decimals), final.qualifier), _row(final)
        if final.qualifier != "exact" and whole.value < final.value and not beyond:
            known = Figure(whole.value, "approx")  # rounded shares and periods add up to more
    elif whole.value >= 0 and not any(step.value > 0 for step in steps):
        # That it is gone is no word on how: it may have been handed over, or used.
        known, row = UNKNOWN, None
    elif whole.value >= 0 and not (known.qualifier == "exact" and known.value >= whole.value):
        # All that was to be destroyed; no source gives the total.
        known, row = Figure(whole.value, "approx"), None
    elif last is not None and math.isnan(whole.value) and last.remaining.value > 0:
        # What was left is gone too.
        gone = last.remaining.value + (0.0 if math.isnan(known.value) else known.value)
        known, row = Figure(gone, "at_least"), last.remaining_row
    elif math.isnan(whole.value) and known.value == 0:
        # That none was destroyed some time before is no word on how the stock went.
        known, row = UNKNOWN, None
    elif math.isnan(whole.value) and known.qualifier in ("exact", "approx"):
        # The last total is of some time before.
        known = known._replace(qualifier="at_least")
    end = Point(completed, known, Figure(0.0, "exact"), "completed", destroyed_row=row)
    return [*points, end]


def _counted_by(s: Statement, day: int) -> bool:
    """Whether a statement counts what was destroyed by that very day."""
    return s.measure != "remaining" and s.day == day


def _row(step: Step) -> int | None:
    return step.by.row if step.by else None
