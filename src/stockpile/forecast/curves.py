"""Distributions of completion dates: the hazard of each state, and a factor that all share.

How fast the states of a treaty are, against those of others, nobody knows before they have
shown it. Two factors say it, one until the deadline and one after it. Each is uncertain (a
gamma distribution), starts at one, and is drawn to what the treaty's own states did: as
many finished as the rates expected, and it stays. Being conjugate, the chance that a
state has finished by a day is a closed formula. Because all states of a
treaty share the factors, their fates hang together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.forecast.rates import FOREVER, Floats, Rates, Seen, spans_of

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
