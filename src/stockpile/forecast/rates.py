"""How fast states finish: a rate for each phase, and what multiplies it.

In every short span of time a state with stock left has some chance of finishing: the
*rate*, in states per year. It depends on how near the deadline in force is, on the date
that the state has announced, on the share destroyed, on the size of the stock, on whether
the state says itself that it will be late, and on whether it is beyond its original
deadline or has missed a step. Fifteen numbers say how much. They start from a prior that
is written down here, and are pulled from it by what the states of other treaties did.

How fast the states of a treaty are, against those of others, nobody knows before they have
shown it. Two factors say it, one until the deadline and one after it. Each is uncertain (a
gamma distribution), starts at one, and is drawn to what the treaty's own states did: as
many finished as the rates expected, and it stays. Being conjugate, the chance that a
state has finished by a day is a closed formula. Because all states of a
treaty share the factors, their fates hang together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common.cache import cached
from stockpile.forecast.history import landmarks
from stockpile.ledger.ledger import Ledger

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

# Ends of the phases, in years left to the deadline, and the prior rate of finishing in
# each, per year. Early on three states in ten finish each year; of those that are left a
# month before the deadline, about a third make it; who has missed it is slow.
PHASE_ENDS = np.array([1.0, 0.5, 0.25, 1 / 12, 0.0, -1.0])
_PHASE_RATES = [0.30, 0.67, 1.5, 2.7, 5.0, 0.18, 0.09]
PHASES = len(_PHASE_RATES)
#: An announced date draws the end to it from so many years before it.
PLAN_LEAD = 0.5
# What multiplies the rate: an announced date that is further away than that; one that is
# nearer; one that has passed; being late by the state's own word, until the deadline; all
# destroyed, against nothing; a stock larger by a standard deviation; an original deadline
# that has passed; a step that was missed.
_FACTORS = {
    "before_plan": 0.45,
    "from_plan": 2.5,
    "lapsed": 1.0,
    "late": 0.15,
    "share": 2.7,
    "size": 0.67,
    "extended": 0.6,
    "step_missed": 0.6,
}
BEFORE_PLAN, FROM_PLAN, LAPSED, LATE, SHARE, SIZE, EXTENDED, STEP_MISSED = range(
    PHASES, PHASES + len(_FACTORS)
)
#: Stands for no factor of a date.
_NONE = PHASES + len(_FACTORS)
PRIOR = np.log([*_PHASE_RATES, *_FACTORS.values()])
# How firmly the prior holds: as so many finished states would, for each number.
PRIOR_WEIGHT = 4.0
# What a half-year of a state counts, with its treaty's other length and other weapon.
OTHER_TREATY = 1 / 3
# Each half-year is learnt from once, with what was known when it began.
_WINDOW = 0.5
# Beyond every horizon, so that a cumulative hazard always reaches its target.
FOREVER = 1e4


class Spans(NamedTuple):
    """Spans in which each state's rate is constant, a row for each state."""

    edges: Floats  # years from now, one more than there are spans
    phase: Numbers
    plan: Numbers  # which factor of a date holds
    before: NDArray[np.bool_]  # the deadline


@dataclass(frozen=True)
class Rates:
    """Rates of finishing; see the module's text."""

    log_rates: Floats  # logarithms of the seven phase rates (per year) and the eight factors

    def hazard(self, cases: pd.DataFrame, spans: Spans) -> Floats:
        """Return how much hazard each span adds, for states as `history.features` has them."""
        b = self.log_rates
        of_state = sum(
            b[at] * cases[name].to_numpy(float)
            for at, name in ((SHARE, "share"), (SIZE, "size"), (EXTENDED, "extended"))
        )
        of_state = of_state + b[STEP_MISSED] * cases["step_missed"].to_numpy(float)
        rate = np.exp(b[spans.phase] + np.append(b, 0.0)[spans.plan] + of_state[:, None])
        return np.asarray(np.diff(spans.edges, axis=1) * rate, dtype=np.float64)


def spans_of(cases: pd.DataFrame) -> Spans:
    """Cut the time ahead of each state where its rate changes.

    A date that has passed draws nothing any more; one of which a part lies beyond the
    deadline does not draw what comes before the deadline; and who says itself that it will be
    late has one factor until then.
    """
    due, plan = (cases[name].to_numpy(float) for name in ("to_deadline", "to_plan"))
    late = cases["late"].to_numpy(bool)
    planned = plan >= 0  # False for NaN
    near = np.where(planned, plan - PLAN_LEAD, 0.0)
    breaks = np.column_stack([due[:, None] - PHASE_ENDS, near])
    inner = np.sort(np.clip(breaks, 0.0, FOREVER), axis=1)
    edges = np.column_stack([np.zeros(len(due)), inner, np.full(len(due), FOREVER)])
    middle = (edges[:, :-1] + edges[:, 1:]) / 2
    phase = np.searchsorted(-PHASE_ENDS, middle - due[:, None])
    before = middle < due[:, None]
    past = np.where(plan < 0, LAPSED, _NONE)
    code = np.where(middle < near[:, None], BEFORE_PLAN, FROM_PLAN)
    code = np.where(planned[:, None], code, past[:, None])
    code[(code == FROM_PLAN) & before & (plan > due)[:, None]] = _NONE
    code[before & late[:, None]] = LATE
    return Spans(edges, phase, code, before)


class Seen(NamedTuple):
    """What half-years taught: a row for each span of each."""

    design: Floats
    exposure: Floats  # years at risk
    events: Floats  # states that finished
    before: NDArray[np.bool_]  # the deadline

    def expected(self, rates: Rates) -> tuple[float, float]:
        """How many should have finished, before the deadline and after it."""
        share = self.exposure * np.exp(self.design @ rates.log_rates)
        return float(share[self.before].sum()), float(share[~self.before].sum())

    def finished(self) -> tuple[float, float]:
        """How many did."""
        return float(self.events[self.before].sum()), float(self.events[~self.before].sum())


def seen_in(past: pd.DataFrame) -> Seen:
    """Lay out landmarks as what each half-year taught.

    Of `stockpile.forecast.history.landmarks`. What came after the last day of which completions are
    known is left out, for those that have finished as for the others.
    """
    spans = spans_of(past)
    heard = np.minimum(past["heard_for"].to_numpy(float), _WINDOW)
    until = np.minimum(past["until"].to_numpy(float), heard)
    finished = past["finished"].to_numpy(bool) & (past["until"].to_numpy(float) <= heard)
    at_risk = np.clip(until[:, None] - spans.edges[:, :-1], 0.0, np.diff(spans.edges, axis=1))
    ends = (spans.edges[:, :-1] < until[:, None]) & (until[:, None] <= spans.edges[:, 1:])
    row, span = np.nonzero(at_risk > 0)
    design = np.zeros((len(row), _NONE + 1))
    line = np.arange(len(row))
    design[line, spans.phase[row, span]] = 1.0
    design[line, spans.plan[row, span]] = 1.0
    for at, name in ((SHARE, "share"), (SIZE, "size"), (EXTENDED, "extended")):
        design[:, at] = past[name].to_numpy(float)[row]
    design[:, STEP_MISSED] = past["step_missed"].to_numpy(float)[row]
    events = (ends & finished[:, None])[row, span].astype(float)
    return Seen(design[:, :_NONE], at_risk[row, span], events, spans.before[row, span])


@cached
def seen_by(ledger: Ledger) -> Seen:
    """Return what the half-years of a treaty taught by the ledger's day."""
    return seen_in(landmarks(ledger))


def fit(others: Iterable[Seen]) -> Rates:
    """Fit the rates to what states of other treaties did, starting from the prior.

    The most probable rates, given the past and the prior (a Poisson regression on time at risk,
    solved by Newton's method; deterministic).

    The weight of a half-year is fixed before its outcome is known. Whatever a few odd states
    did, more destroyed never lowers a rate; a larger stock, a passed date, being late, beyond
    the original deadline or a step that was missed never raise it; and an announced date does
    not raise it until it is near. These are bounds on the result.
    """
    parts = [part for part in others if len(part.exposure)]
    b = PRIOR.copy()
    if parts:
        x = np.concatenate([part.design for part in parts])
        exposure = np.concatenate([part.exposure for part in parts]) * OTHER_TREATY
        events = np.concatenate([part.events for part in parts]) * OTHER_TREATY
        for _ in range(25):
            expected = exposure * np.exp(x @ b)
            slope = x.T @ (events - expected) - PRIOR_WEIGHT * (b - PRIOR)
            curve = (x * expected[:, None]).T @ x + PRIOR_WEIGHT * np.eye(len(b))
            step = np.clip(np.linalg.solve(curve, slope), -1.0, 1.0)
            b = b + step
            if np.abs(step).max() < 1e-9:
                break
    b[[FROM_PLAN, SHARE]] = np.maximum(b[[FROM_PLAN, SHARE]], 0.0)
    never_more = [BEFORE_PLAN, LAPSED, SIZE, EXTENDED, STEP_MISSED]
    b[never_more] = np.minimum(b[never_more], 0.0)
    b[LATE] = min(b[LATE], b[BEFORE_PLAN])
    return Rates(b)


#: No experience reaches further: a quantile beyond it is no date.
HORIZON_YEARS = 40.0
#: At most this chance of being in time has who says itself that it will not be.
LATE_LIMIT = 0.25
# How firmly the factors start at one: as so many finished states would hold them.
_BEFORE, _AFTER = 3.0, 10.0


class Pace(NamedTuple):
    """What is known of a treaty's two factors: each ``finished / expected``, and how firmly."""

    finished: float = _BEFORE  # until the deadline, the prior's states among them
    expected: float = _BEFORE
    finished_late: float = _AFTER
    expected_late: float = _AFTER

    def without(self, part: Seen, rates: Rates) -> Pace:
        """Take out again what some of the treaty's half-years taught."""
        (before, after), (expected, expected_after) = part.finished(), part.expected(rates)
        return Pace(
            self.finished - before,
            self.expected - expected,
            self.finished_late - after,
            self.expected_late - expected_after,
        )


def pace_of(own: Seen, rates: Rates) -> Pace:
    """Return the factors of a treaty after what its own half-years taught."""
    (before, after), (expected, expected_after) = own.finished(), own.expected(rates)
    return Pace(_BEFORE + before, _BEFORE + expected, _AFTER + after, _AFTER + expected_after)


@dataclass(frozen=True)
class Curves:
    """The distribution of the completion date of each of some states."""

    edges: Floats  # years from now, rising from 0 to infinity's stand-in: a row of nine for each
    hazard: Floats  # the cumulative hazard up to each, at the rates of other treaties
    at_deadline: Floats  # the cumulative hazard up to the deadline
    pace: Pace  # the factors that all of them share

    def chance_by(self, years: Floats) -> Floats:
        """Chance of having finished by some years from now, one for each state."""
        return 1.0 - self._open(self._hazard_by(years))

    def chances_on(self, years: Floats) -> Floats:
        """Chance of having finished by each of some years from now: a row for each state."""
        pairs = zip(self.edges, self.hazard, strict=True)
        total = np.array([np.interp(years, edges, hazard) for edges, hazard in pairs])
        return 1.0 - self._open(total)

    def years_to(self, chance: float) -> Floats:
        """Years from now by which the chance of having finished reaches a value.

        ``NaN`` beyond `HORIZON_YEARS`.
        """
        target, rows = self._hazard_for(chance), np.arange(len(self.edges))
        step = (self.hazard < target[:, None]).sum(axis=1) - 1
        step = np.clip(step, 0, self.edges.shape[1] - 2)
        gain = self.hazard[rows, step + 1] - self.hazard[rows, step]
        left = target - self.hazard[rows, step]
        part = np.divide(left, gain, out=np.zeros(len(rows)), where=gain > 0)
        width = self.edges[rows, step + 1] - self.edges[rows, step]
        out = self.edges[rows, step] + part * width
        return np.where(out <= HORIZON_YEARS, out, np.nan)

    def missing(self) -> Floats:
        """Chance that none, one, two ... of the states miss their deadline, by the shared factor.

        Given the factor the states are independent; the chances are averaged over it.
        """
        pace = self.pace
        spread = np.sqrt(pace.finished) / pace.expected
        top = pace.finished / pace.expected + 12 * spread
        factor = (np.arange(2000) + 0.5) * top / 2000
        log = (pace.finished - 1) * np.log(factor) - pace.expected * factor
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        out = np.zeros((len(self.at_deadline) + 1, len(factor)))
        out[0] = 1.0
        for hazard in self.at_deadline:
            miss = np.exp(-hazard * factor)
            out[1:] = out[1:] * (1 - miss) + out[:-1] * miss
            out[0] *= 1 - miss
        return np.asarray(out @ weight, dtype=np.float64)

    def _hazard_by(self, years: Floats) -> Floats:
        at = np.clip(years, 0.0, FOREVER)[:, None]
        step = np.clip((self.edges <= at).sum(axis=1) - 1, 0, self.edges.shape[1] - 2)
        rows = np.arange(len(self.edges))
        low, width = self.edges[rows, step], self.edges[rows, step + 1] - self.edges[rows, step]
        part = np.divide(at[:, 0] - low, width, out=np.zeros(len(rows)), where=width > 0)
        gain = self.hazard[rows, step + 1] - self.hazard[rows, step]
        return np.asarray(self.hazard[rows, step] + part * gain, dtype=np.float64)

    def _open(self, hazard: Floats) -> Floats:
        """Chance that a state has not finished, by the hazard that it has gone through."""
        pace = self.pace
        limit = self.at_deadline if hazard.ndim == 1 else self.at_deadline[:, None]
        before = np.minimum(hazard, limit)
        log = pace.finished * np.log1p(before / pace.expected)
        log += pace.finished_late * np.log1p((hazard - before) / pace.expected_late)
        return np.asarray(np.exp(-log), dtype=np.float64)

    def _hazard_for(self, chance: float) -> Floats:
        """The hazard that a state has gone through when its chance reaches a value."""
        pace, target = self.pace, -np.log1p(-chance)
        before = pace.expected * np.expm1(target / pace.finished)
        gone = pace.finished * np.log1p(self.at_deadline / pace.expected)
        rest = np.maximum(target - gone, 0.0) / pace.finished_late
        after = self.at_deadline + pace.expected_late * np.expm1(rest)
        return np.asarray(np.where(target <= gone, before, after), dtype=np.float64)


def curves_of(rates: Rates, pace: Pace, cases: pd.DataFrame) -> Curves:
    """Return the distributions of some states, from what is known of each.

    ``cases`` has the columns of `stockpile.forecast.history.FEATURES`; ``Pace()`` is that of a
    treaty of which nothing has been seen.
    """
    spans = spans_of(cases)
    added = rates.hazard(cases, spans)
    late: NDArray[np.bool_] = cases["late"].to_numpy(bool)
    at_deadline = np.where(spans.before, added, 0.0).sum(axis=1)
    # Who says that it will be late is not held to be likely in time, whatever its treaty does.
    limit = pace.expected * np.expm1(-np.log1p(-LATE_LIMIT) / pace.finished)
    held = late & (at_deadline > limit)
    if held.any():
        part = np.where(held, limit / np.where(held, at_deadline, 1.0), 1.0)
        added = np.where(spans.before, added * part[:, None], added)
        at_deadline = at_deadline * part
    hazard = np.concatenate([np.zeros((len(added), 1)), np.cumsum(added, axis=1)], axis=1)
    return Curves(spans.edges, hazard, at_deadline, pace)
