"""How fast states finish: a rate for each phase, and what multiplies it.

In every short span of time a state with stock left has some chance of finishing: the
*rate*, in states per year. It depends on how near the deadline in force is, on the date
that the state has announced, on the share destroyed, on the size of the stock, on whether
the state says itself that it will be late, and on whether it is beyond its original
deadline or has missed a step. Fifteen numbers say how much. They start from a prior that
is written down here, and are pulled from it by what the states of other treaties did.
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

    Returns
    -------
    Rates
        The most probable rates, given the past and the prior (a Poisson
        regression on time at risk, solved by Newton's method; deterministic).

    Notes
    -----
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
