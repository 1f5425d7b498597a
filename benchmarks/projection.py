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

from stockpile.forecast import projection, rates

ROWS = 100_000
DRAWS = 10_000
ROUNDS = 5
SIMULATED = 20


def states(count: int) -> pd.DataFrame:
    """Made-up states, as a projection starts from them."""
    rng = np.random.default_rng(1)
    due = rng.uniform(-3, 8, count)
    plan = np.where(rng.random(count) < 0.5, rng.uniform(-2, 8, count), np.nan)
    return pd.DataFrame(
        {
            "to_deadline": due,
            "to_plan": plan,
            "share": rng.random(count),
            "size": rng.normal(size=count),
            "late": (plan > due) & (due >= 0) & (rng.random(count) < 0.5),
            "extended": rng.random(count) < 0.1,
            "step_missed": rng.random(count) < 0.1,
        }
    )


def bare(model: projection.Model, cases: pd.DataFrame) -> list[np.ndarray]:
    """The same formula in as few lines of NumPy as it takes: no frame, no checks."""
    log, pace = model.rates.log_rates, model.pace
    due, plan, share, size, late, extended, missed = (cases[name].to_numpy() for name in cases)
    ends, lead = rates.PHASE_ENDS, rates.PLAN_LEAD
    planned, rows = plan >= 0, np.arange(len(due))
    near = np.where(planned, plan - lead, 0.0)
    inner = np.clip(np.column_stack([due[:, None] - ends, near]), 0.0, rates.FOREVER)
    inner.sort(axis=1)
    edges = np.column_stack([np.zeros(len(due)), inner, np.full(len(due), rates.FOREVER)])
    middle = (edges[:, 1:] + edges[:, :-1]) / 2
    before = middle < due[:, None]
    drawn = np.where(before & (plan > due)[:, None], 0.0, log[rates.FROM_PLAN])
    date = np.where(middle < near[:, None], log[rates.BEFORE_PLAN], drawn)
    other = np.where(plan < 0, log[rates.LAPSED], 0.0)
    date = np.where(planned[:, None], date, other[:, None])
    date = np.where(before & late[:, None], log[rates.LATE], date)
    own = share * log[rates.SHARE] + size * log[rates.SIZE]
    own = own + extended * log[rates.EXTENDED] + missed * log[rates.STEP_MISSED]
    rate = np.exp(log[np.searchsorted(-ends, middle - due[:, None])] + date + own[:, None])
    added = np.diff(edges) * rate
    first = (added * before).sum(axis=1)
    limit = pace.expected * np.expm1(-np.log1p(-rates.LATE_LIMIT) / pace.finished)
    part = np.where(late & (first > limit), limit / np.maximum(first, 1e-300), 1.0)
    added, first = np.where(before, added * part[:, None], added), first * part
    hazard = np.zeros_like(edges)
    np.cumsum(added, axis=1, out=hazard[:, 1:])
    gone = pace.finished * np.log1p(first / pace.expected)
    out = []
    for quantile in projection.QUANTILES:
        aim = -np.log1p(-quantile)
        early = pace.expected * np.expm1(aim / pace.finished)
        later = np.maximum(aim - gone, 0.0) / pace.finished_late
        aim = np.where(aim <= gone, early, first + pace.expected_late * np.expm1(later))
        at = np.clip((hazard < aim[:, None]).sum(axis=1) - 1, 0, 7)
        step = np.diff(hazard)[rows, at]
        out.append(edges[rows, at] + (aim - hazard[rows, at]) / step * np.diff(edges)[rows, at])
    for years in (due, np.nan_to_num(plan)):
        years = np.maximum(years, 0.0)
        at = np.clip((edges <= years[:, None]).sum(axis=1) - 1, 0, 7)
        width = np.maximum(np.diff(edges)[rows, at], 1e-300)
        total = hazard[rows, at] + (years - edges[rows, at]) / width * np.diff(hazard)[rows, at]
        in_time = np.minimum(total, first)
        open_ = (1 + in_time / pace.expected) ** -pace.finished
        open_ *= (1 + (total - in_time) / pace.expected_late) ** -pace.finished_late
        out.append(1 - open_)
    return out


def simulated(found: rates.Curves, place: int, due: float, rng: np.random.Generator) -> list:
    """One state by 10,000 draws of its completion."""
    pace, first = found.pace, found.at_deadline[place]
    drawn = rng.exponential(size=DRAWS) / rng.gamma(pace.finished, 1 / pace.expected, DRAWS)
    slow = rng.gamma(pace.finished_late, 1 / pace.expected_late, DRAWS)
    after = first + rng.exponential(size=DRAWS) / slow
    drawn = np.interp(
        np.where(drawn > first, after, drawn), found.hazard[place], found.edges[place]
    )
    return [*np.quantile(drawn, projection.QUANTILES), (drawn <= due).mean()]


def best(function: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Shortest of some runs, in seconds: what is least disturbed by other work."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return min(times)


LOAD = "import stockpile as sp; from stockpile.track_record import backtest, scoring"
BOTH = LOAD + "; both = [sp.load(name) for name in sp.packaged()]"
CCM, APMBC = (f"then = sp.load({name!r}).as_of('2026-06-30')" for name in ("ccm", "apmbc"))
#: What users wait for: what goes before, and what is measured.
STEPS = {
    "loading ccm": (LOAD, "sp.load('ccm')"),
    "status of ccm, from its files": (LOAD, f"{CCM}; sp.status(then)"),
    "status of apmbc, from its files": (LOAD, f"{APMBC}; sp.status(then)"),
    "the same again": (f"{LOAD}; {APMBC}; sp.status(then)", f"{APMBC}; sp.status(then)"),
    "past ratings of ccm": (f"{LOAD}; {CCM}", "scoring.past_ratings(then)"),
    "past ratings of apmbc": (f"{LOAD}; {APMBC}", "scoring.past_ratings(then)"),
    "replay of three every 12 months": (BOTH, "backtest.replay(both, step=12)"),
    "replay of three every 6 months": (BOTH, "backtest.replay(both, step=6)"),
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
    model = projection.Model(rates.fit([]), rates.Pace())
    cases = states(ROWS)
    ours, plain = [], []
    for _ in range(ROUNDS):  # in turn, so that a busy moment falls on both
        ours.append(best(lambda: projection.forecast(model, cases), 1))
        plain.append(best(lambda: bare(model, cases), 1))
    some = cases.head(SIMULATED)
    found, due = model.curves(some), some["to_deadline"].to_numpy()
    rng = np.random.default_rng(2)
    drawn = best(lambda: [simulated(found, i, due[i], rng) for i in range(SIMULATED)])
    drawn *= ROWS / SIMULATED
    print(f"{ROWS:,} state-days, best of {ROUNDS}: {min(ours):.3f} s")
    known = projection.forecast(model, cases).to_numpy()
    same = np.column_stack(bare(model, cases))
    quantiles, due = len(projection.QUANTILES), cases["to_deadline"].to_numpy()
    same[:, :quantiles][same[:, :quantiles] > rates.HORIZON_YEARS] = np.nan
    same[due < 0, quantiles] = 0.0  # a deadline that has passed is met no more
    same[~(cases["to_plan"].to_numpy() >= 0), quantiles + 1] = np.nan  # no announced date ahead
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
        taken = best(lambda some=some: projection.forecast(model, some), 3)
        print(f"  {count:>9,} rows  {taken:8.4f} s  {taken / count * 1e6:6.2f} s a million")
    print("in an interpreter of its own, seconds of processor time:")
    for title, (before, what) in STEPS.items():
        print(f"  {title:<44}{fresh(before, what):7.2f}")


if __name__ == "__main__":
    main()
