"""What a projection costs, side by side with the bare formula and with a simulation.

All measured in one run on made-up states (fixed seed); the ratios are what counts.
Then how time grows with the number of rows, and what users wait for, from a status
to the replay of both treaties, each from cold.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd

from stockpile.forecast import projection

ROWS = 100_000
DRAWS = 10_000
ROUNDS = 5
SIMULATED = 20


def states(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Made-up years to the deadline, years to the announced date, shares destroyed."""
    rng = np.random.default_rng(1)
    plan = np.where(rng.random(count) < 0.5, rng.uniform(-2, 8, count), np.nan)
    return rng.uniform(-3, 8, count), plan, rng.random(count)


def bare(rates: projection.Rates, due: np.ndarray, plan: np.ndarray, share: np.ndarray) -> list:
    """The same formula in as few lines of NumPy as it takes: no frame, no checks."""
    log = rates.log_rates
    ends, lead = projection._PHASE_ENDS, projection._PLAN_LEAD
    planned = plan > -lead
    near = np.where(planned, plan - lead, 0.0)
    inner = np.clip(np.column_stack([due[:, None] - ends, near]), 0.0, 1e4)
    inner.sort(axis=1)
    edges = np.column_stack([np.zeros(len(due)), inner, np.full(len(due), 1e4)])
    middle = (edges[:, 1:] + edges[:, :-1]) / 2
    phase = np.searchsorted(-ends, -(due[:, None] - middle))
    rate = np.exp(log[:7])[phase] * np.exp(log[10] * share)[:, None]
    factor = np.exp(np.where(middle < near[:, None], log[7], log[8]))
    rate *= np.where(
        planned[:, None], factor, np.where(plan <= -lead, np.exp(log[9]), 1.0)[:, None]
    )
    hazard = np.zeros_like(edges)
    np.cumsum(np.diff(edges) * rate, axis=1, out=hazard[:, 1:])
    rows = np.arange(len(due))
    out = []
    for quantile in projection.QUANTILES:
        target = -np.log1p(-quantile)
        at = np.minimum((hazard < target).sum(axis=1) - 1, 7)
        out.append(edges[rows, at] + (target - hazard[rows, at]) / rate[rows, at])
    for years in (due, np.nan_to_num(plan)):
        years = np.maximum(years, 0.0)
        at = np.clip((edges <= years[:, None]).sum(axis=1) - 1, 0, 7)
        out.append(-np.expm1(-(hazard[rows, at] + (years - edges[rows, at]) * rate[rows, at])))
    return out


def simulated(edges: np.ndarray, hazard: np.ndarray, due: float, rng: np.random.Generator) -> list:
    """One state by 10,000 draws of its completion."""
    draws = np.interp(rng.exponential(size=DRAWS), hazard, edges)
    return [*np.quantile(draws, projection.QUANTILES), (draws <= due).mean()]


def best(function: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Shortest of some runs, in seconds: what is least disturbed by other work."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return min(times)


LOAD = "import stockpile as sp; from stockpile.track_record import backtest, scoring"
BOTH = LOAD + "; both = [sp.load('ccm'), sp.load('apmbc')]"
CCM, APMBC = (f"then = sp.load({name!r}).as_of('2026-06-30')" for name in ("ccm", "apmbc"))
#: What users wait for: what goes before, and what is measured.
STEPS = {
    "loading ccm": (LOAD, "sp.load('ccm')"),
    "status of ccm, from its files": (LOAD, f"{CCM}; sp.status(then)"),
    "status of apmbc, from its files": (LOAD, f"{APMBC}; sp.status(then)"),
    "the same again": (f"{LOAD}; {APMBC}; sp.status(then)", f"{APMBC}; sp.status(then)"),
    "past ratings of ccm": (f"{LOAD}; {CCM}", "scoring.past_ratings(then)"),
    "past ratings of apmbc": (f"{LOAD}; {APMBC}", "scoring.past_ratings(then)"),
    "replay of both every 12 months": (BOTH, "backtest.replay(both, step=12)"),
    "replay of both every 6 months": (BOTH, "backtest.replay(both, step=6)"),
}


def fresh(before: str, what: str, rounds: int = 3) -> float:
    """Shortest of some runs, each in an interpreter that has worked nothing out yet."""
    clock = "from time import process_time as now"
    code = f"{clock}; {before}; start = now(); {what}; print(now() - start)"
    command = [sys.executable, "-I", "-c", code]
    done = (
        subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(rounds)
    )
    return min(float(run.stdout) for run in done)


def main() -> None:
    """Measure and print."""
    rates = projection.fit(pd.DataFrame(), "ccm")
    due, plan, share = states(ROWS)
    ours, plain = [], []
    for _ in range(ROUNDS):  # in turn, so that a busy moment falls on both
        ours.append(best(lambda: projection.forecast(rates, due, plan, share), 1))
        plain.append(best(lambda: bare(rates, due, plan, share), 1))
    edges, hazard = rates.segments(due[:SIMULATED], plan[:SIMULATED], share[:SIMULATED])
    rng = np.random.default_rng(2)
    drawn = best(lambda: [simulated(edges[i], hazard[i], due[i], rng) for i in range(SIMULATED)])
    drawn *= ROWS / SIMULATED
    print(f"{ROWS:,} state-days, best of {ROUNDS}: {min(ours):.3f} s")
    known = projection.forecast(rates, due, plan, share).to_numpy()
    same = np.column_stack(bare(rates, due, plan, share))
    quantiles = len(projection.QUANTILES)
    same[:, :quantiles][same[:, :quantiles] > projection.HORIZON_YEARS] = np.nan
    same[due < 0, quantiles] = 0.0  # a deadline that has passed is met no more
    same[~(plan >= 0), quantiles + 1] = np.nan  # no announced date ahead
    assert np.allclose(known, same, equal_nan=True), "the two do not compute the same"
    ratio = min(ours) / min(plain)
    print(f"  against the bare formula ({min(plain):.3f} s): {ratio:.2f} times (aim: 3)")
    print(
        f"  against {DRAWS:,} draws a state ({drawn:.0f} s, from {SIMULATED} states): "
        f"{drawn / min(ours):,.0f} times faster (aim: 100)"
    )
    print("growth:")
    for count in (1_000, 10_000, 100_000, 1_000_000):
        some = states(count)
        taken = best(lambda some=some: projection.forecast(rates, *some), 3)
        print(f"  {count:>9,} rows  {taken:8.4f} s  {taken / count * 1e6:6.2f} s a million")
    print("in an interpreter of its own, seconds of processor time:")
    for title, (before, what) in STEPS.items():
        print(f"  {title:<44}{fresh(before, what):7.2f}")


if __name__ == "__main__":
    main()
