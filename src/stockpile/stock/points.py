"""From the statements that count to the points of a line: destroyed and remaining by day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from stockpile.stock.reconcile import (
    APPROX,
    NEVER,
    UNKNOWN,
    Claims,
    Figure,
    Roles,
    Statement,
    Step,
    bounds,
    chain,
)


class Point(NamedTuple):
    """The line on a day."""

    day: int
    destroyed: Figure
    remaining: Figure
    basis: str
    share: float = math.nan  # as stated, where there is no declared stock to take it of
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
    points: tuple[Point, ...]
    roles: Roles
    findings: tuple[str, ...]


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


def timeline(
    declared: Statement | None,
    claims: Claims,
    roles: Roles,
    completed: int | None,
    begins: int | None = None,
) -> Timeline:
    """Draw the line of one count over one episode.

    Parameters
    ----------
    declared : Statement or None
        The stock to begin with, from `stockpile.stock.reconcile.choose`.
    claims : Claims
        From `stockpile.stock.reconcile.accept`.
    roles : dict
        The roles of all statements on the count.
    completed : int or None
        The day of completion, if it is on record.
    begins : int or None
        For a reopened stock, the day it turned up.
    """
    whole = UNKNOWN
    if declared is not None:
        rounded = declared.rounded and declared.qualifier == "exact"
        whole = Figure(declared.value, "approx" if rounded else declared.qualifier)
    steps = chain(claims.destroyed, whole.value)
    shares = chain(claims.shares, 1.0)
    row, on, presumed = None, None, False
    if declared is not None:
        row, on, presumed = declared.row, declared.on, declared.presumed
    points, findings = draw(
        whole,
        steps,
        claims.remaining,
        shares,
        declared_row=row,
        declared_on=on,
        kept=claims.retained,
        begins=begins,
    )
    if completed is not None:
        points = _complete(points, steps, completed, claims.retained, whole.value)
    elif claims.retained is not None:
        points = _end_with_kept(points, whole, claims.retained)
    if points and whole.value > 0:
        last = points[-1].destroyed
        exact = last.qualifier == whole.qualifier == "exact"
        if last.value > whole.value * (1 if exact else 1 + APPROX):
            excess = f"more destroyed ({last.value:,.0f}) than declared ({whole.value:,.0f})"
            findings = [*findings, excess]
    return Timeline(whole, row, on, presumed, tuple(points), roles, tuple(findings))


def draw(
    declared: Figure,
    destroyed: Sequence[Step],
    remaining: Sequence[Statement],
    shares: Sequence[Step] = (),
    *,
    declared_row: int | None = None,
    declared_on: int | None = None,
    kept: Statement | None = None,
    begins: int | None = None,
) -> tuple[list[Point], list[str]]:
    """Merge what was destroyed and what is left, each filling the other's gaps.

    Returns
    -------
    list of Point, list of str
        By day; and what does not add up.

    Examples
    --------
    >>> points, _ = draw(Figure(100.0, "exact"), [Step(365, 40.0, "exact", True)], [])
    >>> points[0].destroyed.value, points[0].remaining.value
    (40.0, 60.0)
    """
    whole = declared.value
    findings: list[str] = []
    left = Figure(whole, "at_most") if whole >= 0 else UNKNOWN
    at = Point(NEVER, UNKNOWN, left, "", remaining_row=declared_row)
    points: list[Point] = []
    if begins is not None and whole >= 0:
        none = Figure(0.0, "exact")
        at = Point(begins, none, declared, "reopened", remaining_row=declared_row)
        points.append(at)
    counts = {step.day: step for step in destroyed}
    balances = {s.on or 0: s for s in remaining}
    stated = {step.day: step.value for step in shares}
    for day in sorted({*counts, *balances, *stated}):
        before = at
        basis = "remaining" if day in balances else "destroyed"
        at = at._replace(day=day, basis=basis, share=stated.get(day, at.share))
        if day in counts:
            step = counts[day]
            # What a period tells of before the declaration was not part of it.
            earlier = declared_on is not None and day < declared_on and not step.total
            at = _less_destroyed(at, step, declared, kept, earlier)
        if day in balances:
            s = balances[day]
            if day in counts and s.value > at.remaining.value and not _unchanged(s, at.remaining):
                findings.append(
                    f"destroyed ({at.destroyed.value:,.0f}) and remaining ({s.value:,.0f}) "
                    f"do not add up to the declared stock ({whole:,.0f})"
                )
            at = _balanced(at, s, None if day in counts else before.destroyed, declared)
        points.append(at)
    return _corrected(points), findings


def _less_destroyed(
    at: Point, step: Step, declared: Figure, kept: Statement | None, earlier: bool
) -> Point:
    """The line after a destruction, before what anybody says of the rest."""
    before, left = at.destroyed, at.remaining
    destroyed, row = Figure(float(round(step.value)), step.qualifier), step.row
    if step.qualifier == "at_least" and before.value > step.value:
        destroyed, row = before, at.destroyed_row
    if left.value >= 0 and not earlier:
        done = 0.0 if math.isnan(before.value) else before.value
        loose = destroyed.qualifier == "at_least" or (kept is not None and kept.value > 0)
        qualifier = "at_most" if loose else _looser(destroyed.qualifier, declared.qualifier)
        left = Figure(max(left.value - max(destroyed.value - done, 0.0), 0.0), qualifier)
        at = at._replace(remaining=left, remaining_row=row)
    return at._replace(destroyed=destroyed, destroyed_row=row)


def _unchanged(s: Statement, left: Figure) -> bool:
    """Whether a balance says no more than what is known to be left already.

    A stock not known to have changed stays as it was; a first estimate below the
    declared stock is news, whatever its width.
    """
    low, high = bounds(s)
    firmer = left.qualifier != "at_most" or s.value > left.value
    return s.rounded and low <= left.value <= high and (firmer or high == math.inf)


def _balanced(at: Point, s: Statement, before: Figure | None, declared: Figure) -> Point:
    """The line after somebody says what is left; ``before`` where nobody counts destruction."""
    left = Figure(s.value, "approx" if s.rounded and s.qualifier == "exact" else s.qualifier)
    if _unchanged(s, at.remaining):
        return at
    fresh = at.remaining.value - left.value
    if before is not None and fresh > 0 and s.qualifier != "at_least":
        done = 0.0 if math.isnan(before.value) else before.value
        destroyed = Figure(done + fresh, _looser(left.qualifier, declared.qualifier))
        at = at._replace(destroyed=destroyed, destroyed_row=s.row)
    return at._replace(remaining=left, remaining_row=s.row)


def _corrected(points: list[Point]) -> list[Point]:
    """Put right by later figures what a difference or a rounding had suggested."""
    out = points[-1:]
    for point in points[-2::-1]:
        later = out[-1]
        if later.destroyed.value < point.destroyed.value:
            destroyed = point.destroyed._replace(value=later.destroyed.value)
            point = point._replace(destroyed=destroyed, destroyed_row=later.destroyed_row)
        if later.remaining.value > point.remaining.value:
            left = point.remaining._replace(value=later.remaining.value)
            point = point._replace(remaining=left, remaining_row=later.remaining_row)
        out.append(point)
    return out[::-1]


def _end_with_kept(points: list[Point], declared: Figure, kept: Statement) -> list[Point]:
    """End the line where all that is left is kept for training: nothing is to be destroyed."""
    last = points[-1] if points else None
    left = last.remaining.value if last else declared.value
    destroyed = last.destroyed if last else UNKNOWN
    day = max(kept.day, last.day if last else kept.day)
    if not kept.value >= left > 0 or destroyed.value > 0 or day == NEVER:
        return points
    end = Point(day, destroyed, Figure(0.0, "exact"), "retained", remaining_row=kept.row)
    return [*(p for p in points if p.day < day), end]


def close_with(line: Timeline, day: int) -> Timeline:
    """End a line on the day on which the items that held it were gone.

    Where munitions are gone, so are the submunitions in them, unless somebody has
    spoken of what is left of these since.
    """
    last = line.points[-1] if line.points else None
    if last is not None and not (last.remaining.value > 0 and last.day < day):
        return line
    destroyed, left = Figure(line.declared.value, "approx"), Figure(0.0, "approx")
    end = Point(day, destroyed, left, "with munitions")
    return replace(line, points=(*line.points, end))


def _looser(a: str, b: str) -> str:
    """The less exact of two qualifiers, for a difference of two figures."""
    return "exact" if a == b == "exact" else "approx"


def _complete(
    points: list[Point],
    steps: Sequence[Step],
    completed: int,
    kept: Statement | None,
    whole: float,
) -> list[Point]:
    """End the line on the day of completion: nothing left, and the total stated for it."""
    total = next((step for step in steps if step.day >= completed - 31), None)
    points = [p for p in points if p.day < completed]
    last = points[-1].destroyed if points else UNKNOWN
    row = points[-1].destroyed_row if points else None
    if total is not None:
        destroyed, row = Figure(float(round(total.value)), total.qualifier), total.row
    elif last.value >= whole or not whole >= 0:
        destroyed = last
    else:
        # Everything but what is kept; no source gives the total.
        least = max(whole - (kept.value if kept else 0.0), 0.0)
        row = row if last.value >= least else None
        destroyed = Figure(least if math.isnan(last.value) else max(least, last.value), "approx")
    end = Point(completed, destroyed, Figure(0.0, "exact"), "completed", destroyed_row=row)
    return [*points, end]
