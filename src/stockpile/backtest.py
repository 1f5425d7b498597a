"""How good the projections were: the past replayed day by day, and scored.

On the first of every January and July each state with stock left is projected
with only what was known that day; then what came is looked up and scored.

The main score is the continuous ranked probability score: the area, in years,
between the projected chance of having finished and what happened. For a single
date it is the distance to the outcome; 0 is perfect. A state that has not
finished is scored for as long as that is known (it is censored): what was
promised for that time and did not come counts in full, what lies beyond not at
all. Every state counts once, however long it was replayed.

References
----------
Matheson and Winkler (1976), "Scoring rules for continuous probability
distributions", Management Science 22; Brier (1950), "Verification of forecasts
expressed in terms of probability", Monthly Weather Review 78.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.history import LANDMARK_COLUMNS, YEAR, allowed_time, landmarks
from stockpile.ledger import Ledger, Rule, parse_day
from stockpile.once import once
from stockpile.position import positions
from stockpile.projection import (
    HORIZON_YEARS,
    QUANTILE_COLUMNS,
    QUANTILES,
    Floats,
    Rates,
    chance_by,
    curves,
    days_after,
    fit,
    fit_all,
    subjects,
    years_between,
    years_to,
)
from stockpile.status import Thresholds, rating_of

#: The forecasters in every table: ours, ours with hindsight, and the baselines.
METHODS = ("projection", "hindsight", "comparables", "announced", "deadline", "pace")
BASELINES = METHODS[2:]

#: The tables that a replay is summed up in, and what each shows.
TABLES = {
    "scores": "Error in years (CRPS; mean over states, with 90 per cent bootstrap ranges). "
    "gain: how much more the method errs than the projection.",
    "calibration": "How often ranges held the outcome, how wide they are (years), and the Brier "
    "score of the chance of being in time.",
    "reliability": "How often what was given a chance came true.",
    "ratings": "How often states with a rating finished by the deadline in force.",
    "alarms": "States that missed their original deadline: how long before the rating said so.",
    "false_alarms": "States that met it although they were once not rated on target.",
}

REPLAY_COLUMNS = [
    "treaty",
    "iso3",
    "state",
    "day",
    "time_used",
    "original_deadline",
    "deadline",
    "share_destroyed",
    "planned_completion",
    *QUANTILE_COLUMNS,
    "p_on_time",
    "rating",
    "outcome",
    "finished",
    "until",
    "in_time",
    *(f"crps_{method}" for method in METHODS),
]

# Columns of `stockpile.position.positions` that a replay goes on with.
_SEEN = [
    "iso3",
    "state",
    "entry_into_force",
    "reopened",
    "original_deadline",
    "deadline",
    "share_destroyed",
    "planned_completion",
]

# A pace of next to nothing would put the end centuries away; what a baseline says
# beyond this many times the time that the treaty allows is cut there, in its favour.
_PACE_LIMIT = 2.0

# The first version of the projection: a life table in sixteenths of the allowed
# time, with a prior of two states that finish at an even rate, three in four in time.
_LIFE_STEP, _LIFE_END, _LIFE_WEIGHT = 1 / 16, 12.0, 2.0
_LIFE_RATE = -np.log(0.25)

# Where the scores are integrated: months at first, then quarters.
_GRID = np.concatenate([np.arange(0, 12, 1 / 12), np.arange(12, HORIZON_YEARS + 0.1, 0.25)])
_MIDDLE = (_GRID[:-1] + _GRID[1:]) / 2


def replay(
    ledgers: Sequence[Ledger],
    *,
    step: int = 6,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
    until: object = None,
    hindsight: bool = True,
) -> pd.DataFrame:
    """Replay the past of some treaties and score each projection.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Whole ledgers; each learns from the others as of the same day.
    step : int
        Months between two replays, a divisor of 12.
    rule : {"reported", "published"}
        What was known on a day.
    thresholds : Thresholds, optional
        For the rating of each day.
    until : str, datetime.date or pandas.Timestamp, optional
        The day from which outcomes are looked back on; the newest on record if
        left out.
    hindsight : bool
        Also score the projection fitted on all outcomes but the state's own,
        which takes a fit for each state; without, that score is ``NaN``.

    Returns
    -------
    pandas.DataFrame
        One row for each state and day on which it was known to have stock:
        ``treaty``, ``iso3``, ``state``, ``day``, what was projected (``q10`` to
        ``q90``, ``p_on_time``, ``rating``), the ``outcome`` (a day, ``NaT`` if
        still open), ``finished``, ``until`` (years to the outcome or to the end
        of the record), ``in_time`` (1 or 0 for the deadline in force that day,
        ``NaN`` if open) and ``crps_<method>`` in years for each of `METHODS`.

    Raises
    ------
    ValueError
        When the step is no divisor of a year.
    """
    if step not in (1, 2, 3, 4, 6, 12):
        raise ValueError(f"step is {step}; expected months that divide a year: 1, 2, 3, 4, 6 or 12")
    last = max(ledger.newest for ledger in ledgers) if until is None else parse_day(until)
    finals = {ledger.treaty.id: ledger.as_of(last, rule) for ledger in ledgers}
    came = {treaty_id: _outcomes(final) for treaty_id, final in finals.items()}
    first = min(ledger.treaty.first_entry_into_force for ledger in ledgers)
    days = pd.date_range(f"{first.year}-01-01", last, freq=f"{step}MS")
    views: list[_View] = []
    for day in days[days >= first]:
        seen = [
            ledger.as_of(day, rule)
            for ledger in ledgers
            if day >= ledger.treaty.first_entry_into_force
        ]
        past = _together([landmarks(then) for then in seen])
        for then in seen:
            subject = _scored(then, came[then.treaty.id])
            if len(subject):
                views.append(_look(then, subject, fit(past, then.treaty.id)))
    if not views:
        return pd.DataFrame(columns=REPLAY_COLUMNS)
    out = _score(views, pd.concat(came), thresholds or Thresholds())
    out["crps_hindsight"] = _hindsight(out, list(finals.values())) if hindsight else np.nan
    return out[REPLAY_COLUMNS]


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Landmarks of several treaties in one frame."""
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=LANDMARK_COLUMNS)


def _outcomes(then: Ledger) -> pd.DataFrame:
    """What came, by state."""
    where = positions(then)
    ended = where["first_completed"].fillna(where["completed"])
    # A state is known not to have finished for as long as somebody spoke of its stock.
    last = ended.fillna(where["stock_seen"])
    # Who turned out to have nothing to destroy had nothing to be in time with.
    last = last.where(where["stock"].isin(["left", "gone"]))
    out = pd.DataFrame({"outcome": ended, "finished": ended.notna(), "last": last})
    return out.set_index(where["iso3"])


def _scored(then: Ledger, came: pd.DataFrame) -> pd.DataFrame:
    """Positions of those with stock left on a day who have a time ahead that is on record."""
    where = positions(then)
    where = where.loc[subjects(where, then), _SEEN]
    ahead = came["last"].reindex(where["iso3"]).to_numpy() > then.require_day().to_datetime64()
    # Stock found after a completion is another story than the one that is scored.
    return where[ahead & where["reopened"].isna().to_numpy()]


class _View(NamedTuple):
    """What was seen and projected on one day, for one treaty."""

    subject: pd.DataFrame  # with the treaty, the day and the time allowed
    edges: Floats  # of the projected hazard, and the hazard there
    hazard: Floats
    comparables: Floats  # chances on the scoring grid by the life table


def _look(then: Ledger, subject: pd.DataFrame, rates: Rates) -> _View:
    """Project the subjects of a day."""
    day = then.require_day()
    start, end = allowed_time(subject, then.treaty)
    allowed = years_between(end, day) - years_between(start, day)
    used = ((day - start) / (end - start)).to_numpy(float)
    life = _life_chances(_life_table(then), used, allowed)
    known = subject.assign(treaty=then.treaty.id, day=day, time_used=used, allowed=allowed)
    return _View(known, *curves(subject, day, rates), life)


def _score(views: list[_View], came: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    """Score what was projected in every way against what came."""
    out = pd.concat([view.subject for view in views], ignore_index=True)
    edges, hazard, comparables = map(np.concatenate, list(zip(*views, strict=True))[1:])
    of_state = pd.MultiIndex.from_frame(out[["treaty", "iso3"]])
    out = out.join(came.reindex(of_state).reset_index(drop=True))
    until = years_between(out["last"], out["day"])
    finished = out["finished"].to_numpy(bool)
    due = years_between(out["deadline"], out["day"])
    chance = np.where(due >= 0, chance_by(edges, hazard, due), 0.0)
    in_time = np.where(finished | (until > due), (finished & (until <= due)).astype(float), np.nan)
    for quantile, column in zip(QUANTILES, QUANTILE_COLUMNS, strict=True):
        out[column] = days_after(out["day"], years_to(edges, hazard, quantile))
    rated = [
        rating_of(p, limits) if d >= 0 else "past the deadline"
        for p, d in zip(chance, due, strict=True)
    ]
    out = out.assign(
        p_on_time=chance, rating=rated, finished=finished, until=until, in_time=in_time
    )
    share = out["share_destroyed"].fillna(0.0).to_numpy()
    allowed = out["allowed"].to_numpy()
    ahead = np.maximum(due, 0.0)
    own = years_between(out["planned_completion"], out["day"])
    years = np.maximum(out["time_used"].to_numpy() * allowed, 1 / 12)
    drawn = np.divide((1 - share) * years, share, out=np.full(len(share), np.nan), where=share > 0)
    pace = np.where(np.isnan(drawn), ahead, np.minimum(drawn, _PACE_LIMIT * allowed))
    announced = np.where(np.isnan(own), ahead, np.maximum(own, 0.0))
    return out.assign(
        crps_projection=crps(_chances_on(edges, hazard), until, finished),
        crps_comparables=crps(comparables, until, finished),
        crps_announced=date_error(announced, until, finished),
        crps_deadline=date_error(ahead, until, finished),
        crps_pace=date_error(pace, until, finished),
    )


def _hindsight(replays: pd.DataFrame, finals: list[Ledger]) -> Floats:
    """Score each state by rates fitted on all outcomes but its own."""
    everything = _together([landmarks(final) for final in finals])
    out = np.empty(len(replays))
    for _, part in replays.groupby(["treaty", "iso3"]):
        treaty_id, iso3 = part[["treaty", "iso3"]].iloc[0]
        own = (everything["treaty"] == treaty_id) & (everything["iso3"] == iso3)
        rates = fit(everything[~own], treaty_id)
        chances = _chances_on(*curves(part, part["day"], rates))
        out[part.index] = crps(chances, part["until"].to_numpy(), part["finished"].to_numpy())
    return out


def crps(chances: Floats, until: Floats, finished: NDArray[np.bool_]) -> Floats:
    """Continuous ranked probability score of chances given on the grid, in years.

    Parameters
    ----------
    chances : numpy.ndarray of shape (n, g)
        Chance of having finished by the middle of each span of the scoring grid.
    until : numpy.ndarray of shape (n,)
        Years to the outcome, or to the end of what is known.
    finished : numpy.ndarray of bool, shape (n,)
        Whether ``until`` is an outcome; if not, nothing beyond it is scored.
    """
    width = np.diff(_GRID)
    before = np.clip((until[:, None] - _GRID[:-1]) / width, 0.0, 1.0)
    after = np.where(finished[:, None], 1.0 - before, 0.0)
    area = (before * chances**2 + after * (1.0 - chances) ** 2) * width
    return np.asarray(area.sum(axis=1), dtype=np.float64)


def date_error(date: Floats, until: Floats, finished: NDArray[np.bool_]) -> Floats:
    """Score of a single date: its distance to the outcome, in years.

    For an outcome that is open, only the time by which the date has already
    proved too early counts.

    Examples
    --------
    >>> import numpy as np
    >>> date_error(np.array([3.0, 3.0]), np.array([5.0, 1.0]), np.array([True, False])).tolist()
    [2.0, 0.0]
    """
    return np.where(finished, np.abs(date - until), np.maximum(until - date, 0.0))


def _chances_on(edges: Floats, hazard: Floats) -> Floats:
    """Chance of having finished by the middle of each span of the scoring grid."""
    total = np.array([np.interp(_MIDDLE, e, h) for e, h in zip(edges, hazard, strict=True)])
    return np.asarray(-np.expm1(-total), dtype=np.float64)


def _life_table(then: Ledger) -> Floats:
    """Cumulative hazard in allowed time: what comparable states of the treaty did."""
    where = positions(then)
    start, end = allowed_time(where, then.treaty)
    ended = where["first_completed"].fillna(where["completed"])
    until = ((ended.fillna(then.require_day()) - start) / (end - start)).to_numpy(float)
    # Who had finished before being bound never was at risk under the treaty.
    case = (where["stock"].isin(["left", "gone"]) & start.notna()).to_numpy() & (until > 0)
    until, finished = until[case], ended.notna().to_numpy()[case]
    edges = np.arange(0.0, _LIFE_END + _LIFE_STEP / 2, _LIFE_STEP)
    prior = np.full(len(edges) - 1, _LIFE_RATE * _LIFE_STEP)
    exposed = np.clip((until[:, None] - edges[:-1]) / _LIFE_STEP, 0.0, 1.0).sum(axis=0)
    at = np.clip(np.ceil(until / _LIFE_STEP).astype(int) - 1, 0, len(prior) - 1)
    events = np.bincount(at[finished], minlength=len(prior))
    rate = (events + _LIFE_WEIGHT * prior) / (exposed + _LIFE_WEIGHT)
    return np.concatenate([np.zeros(1), np.cumsum(rate)])


def _life_chances(life: Floats, used: Floats, allowed: Floats) -> Floats:
    """Chances on the scoring grid by the life table, from each state's point on."""
    edges = np.arange(len(life)) * _LIFE_STEP
    now = np.interp(used, edges, life)
    then = np.interp(used[:, None] + _MIDDLE[None, :] / allowed[:, None], edges, life)
    return np.asarray(-np.expm1(now[:, None] - then), dtype=np.float64)


def scores(replays: pd.DataFrame, *, draws: int = 2000) -> pd.DataFrame:
    """Return the mean score of each forecaster, with ranges.

    Parameters
    ----------
    replays : pandas.DataFrame
        What `replay` returned.
    draws : int
        Bootstrap draws over states, with a fixed seed.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``method``, ``states``, ``replays``, ``crps`` (years; mean over
        states of each state's mean), ``low`` and ``high`` (its 90 per cent
        bootstrap range) and ``gain``, ``gain_low``, ``gain_high``: how much more
        the method scores than the projection, state by state. A gain whose range
        includes 0 is no difference that the record supports.
    """
    rows = []
    for treaty, of_treaty in replays.groupby("treaty", sort=True):
        means = of_treaty.groupby("iso3")[[f"crps_{m}" for m in METHODS]].mean()
        pick = np.random.default_rng(0).integers(0, len(means), (draws, len(means)))
        for method in METHODS:
            own = means[f"crps_{method}"].to_numpy(float)
            gain = own - means["crps_projection"].to_numpy(float)
            low, high = np.quantile(own[pick].mean(axis=1), [0.05, 0.95])
            gain_low, gain_high = np.quantile(gain[pick].mean(axis=1), [0.05, 0.95])
            counts = len(means), len(of_treaty)
            range_ = gain.mean(), gain_low, gain_high
            rows.append((treaty, method, *counts, own.mean(), low, high, *range_))
    columns = ["treaty", "method", "states", "replays", "crps", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "gain", "gain_low", "gain_high"])


def calibration(replays: pd.DataFrame, *, draws: int = 2000) -> pd.DataFrame:
    """Return how often ranges held the outcome, and how good the chances were.

    Returns
    -------
    pandas.DataFrame
        For each ``treaty``: ``inside_50`` and ``inside_80`` (share of outcomes
        inside the range; aim 0.5 and 0.8) with their bootstrap ranges
        ``inside_80_low``, ``inside_80_high``, ``width_50`` and ``width_80`` (median,
        years), ``brier`` and ``brier_base`` (mean squared error of the chance of
        meeting the deadline in force, and that of always giving the share of
        states that met it), ``brier_gain_low`` and ``brier_gain_high`` (range of
        the difference; above 0 the projection is better), all as means over
        states.
    """
    rows = []
    for treaty, part in replays.groupby("treaty", sort=True):
        done = part[part["finished"]]

        def inside(low: str, high: str, done: pd.DataFrame = done) -> pd.Series:
            upper = done[high].fillna(pd.Timestamp.max)
            hit = (done["outcome"] >= done[low]) & (done["outcome"] <= upper)
            return hit.astype(float).groupby(done["iso3"]).mean()

        def width(low: str, high: str, part: pd.DataFrame = part) -> float:
            return float((part[high] - part[low]).dt.days.median() / YEAR)

        decided = part[part["in_time"].notna() & (part["deadline"] >= part["day"])]
        by_state = decided.groupby("iso3")
        base = float(by_state["in_time"].mean().mean())
        error = (decided["p_on_time"] - decided["in_time"]) ** 2
        brier = error.groupby(decided["iso3"]).mean()
        brier_base = ((base - decided["in_time"]) ** 2).groupby(decided["iso3"]).mean()
        ranges = inside("q10", "q90")
        low, high = _bootstrap(ranges.to_numpy(), draws)
        gain_low, gain_high = _bootstrap((brier_base - brier).to_numpy(), draws)
        rows.append(
            {
                "treaty": treaty,
                "inside_50": inside("q25", "q75").mean(),
                "inside_80": ranges.mean(),
                "inside_80_low": low,
                "inside_80_high": high,
                "width_50": width("q25", "q75"),
                "width_80": width("q10", "q90"),
                "brier": brier.mean(),
                "brier_base": brier_base.mean(),
                "brier_gain_low": gain_low,
                "brier_gain_high": gain_high,
            }
        )
    return pd.DataFrame(rows)


def _bootstrap(values: NDArray[np.float64], draws: int) -> tuple[float, float]:
    """90 per cent range of a mean, by drawing states with a fixed seed."""
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    pick = np.random.default_rng(0).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(values[pick].mean(axis=1), [0.05, 0.95])
    return float(low), float(high)


def reliability(replays: pd.DataFrame) -> pd.DataFrame:
    """Return how often what was given a chance came true.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``from`` and ``to`` (bounds of the chance given), ``replays``,
        ``states``, ``chance`` (mean given) and ``came_true`` (share that met the
        deadline in force).
    """
    decided = replays[replays["in_time"].notna() & (replays["deadline"] >= replays["day"])]
    bins = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0]
    band = pd.cut(decided["p_on_time"], bins, include_lowest=True)
    return _true_share(
        decided, band.map(lambda b: b.left).astype(float).clip(lower=0), "from"
    ).assign(
        to=lambda table: table["from"].map(lambda low: next(b for b in bins if b > low + 1e-9))
    )[["treaty", "from", "to", "replays", "states", "chance", "came_true"]]


def ratings(replays: pd.DataFrame) -> pd.DataFrame:
    """Return how often states with a rating finished by the deadline in force.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``rating``, ``replays``, ``states``, ``chance`` (mean given)
        and ``came_true`` (share that met the deadline in force).
    """
    decided = replays[replays["in_time"].notna() & (replays["deadline"] >= replays["day"])]
    return _true_share(decided, decided["rating"], "rating")


@once
def past_ratings(then: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Return how often ratings like today's came true, as far as was known on the day.

    The ratings of every first of January, each with what was known then, of states
    whose deadline in force then has passed by the as-of day.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.

    Returns
    -------
    pandas.DataFrame
        What `ratings` returns, for the ledger's treaty; empty while nothing is decided.
    """
    today, limits = then.require_day(), thresholds or Thresholds()
    assert then.rule is not None
    came = _outcomes(then)
    parts = []
    for day in pd.date_range(then.treaty.first_entry_into_force, today, freq="YS"):
        early = then.as_of(day, then.rule)
        subject = _scored(early, came)
        subject = subject[(subject["deadline"] >= day) & (subject["deadline"] < today)]
        if subject.empty:
            continue
        due = years_between(subject["deadline"], day)
        chance = chance_by(*curves(subject, day, fit_all(early)), due)
        outcome = came["outcome"].reindex(subject["iso3"]).to_numpy()
        parts.append(
            pd.DataFrame(
                {
                    "treaty": then.treaty.id,
                    "iso3": subject["iso3"],
                    "day": day,
                    "deadline": subject["deadline"],
                    "p_on_time": chance,
                    "rating": [rating_of(p, limits) for p in chance],
                    # Still open after its deadline is missed as well.
                    "in_time": (outcome <= subject["deadline"].to_numpy()).astype(float),
                }
            )
        )
    empty = pd.DataFrame(
        columns=["treaty", "iso3", "day", "deadline", "p_on_time", "rating", "in_time"]
    )
    return ratings(pd.concat(parts, ignore_index=True) if parts else empty)


def _true_share(decided: pd.DataFrame, key: pd.Series, name: str) -> pd.DataFrame:
    groups = decided.groupby([decided["treaty"], key.rename(name)], sort=True)
    return groups.agg(
        replays=("in_time", "size"),
        states=("iso3", "nunique"),
        chance=("p_on_time", "mean"),
        came_true=("in_time", "mean"),
    ).reset_index()


def alarms(replays: pd.DataFrame) -> pd.DataFrame:
    """Return, for every state that missed its original deadline, when the rating said so.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``iso3``, ``state``, ``original_deadline``, ``first_seen`` (first
        replay), ``warned`` (first replay from which the rating was never
        ``on target`` again until the original deadline; ``NaT`` if there was
        none) and ``lead_years`` (from there to the original deadline).
    """
    before = replays[replays["day"] <= replays["original_deadline"]]
    rows = []
    for (treaty, iso3), part in before.groupby(["treaty", "iso3"], sort=True):
        last = part.iloc[-1]
        outcome, deadline = last["outcome"], last["original_deadline"]
        ended = (
            outcome if pd.notna(outcome) else last["day"] + pd.Timedelta(days=last["until"] * YEAR)
        )
        if ended <= deadline:
            continue
        quiet = (part["rating"] == "on target").to_numpy()
        after = int(np.flatnonzero(quiet)[-1]) + 1 if quiet.any() else 0
        warned = part["day"].iat[after] if after < len(part) else pd.NaT
        rows.append(
            {
                "treaty": treaty,
                "iso3": iso3,
                "state": last["state"],
                "original_deadline": deadline,
                "first_seen": part["day"].iat[0],
                "warned": warned,
                "lead_years": (deadline - warned) / pd.Timedelta(days=YEAR),
            }
        )
    columns = ["treaty", "iso3", "state", "original_deadline", "first_seen", "warned", "lead_years"]
    return pd.DataFrame(rows, columns=columns)


def false_alarms(replays: pd.DataFrame) -> pd.DataFrame:
    """Return the states that met their original deadline although they were once rated off it.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``iso3``, ``state``, ``replays`` (how many days it was not
        ``on target``) and ``of`` (how many days it was replayed).
    """
    met = replays[replays["outcome"] <= replays["original_deadline"]]
    counted = met.assign(off=met["rating"] != "on target").groupby(["treaty", "iso3", "state"])
    table = counted.agg(replays=("off", "sum"), of=("off", "size")).reset_index()
    return table[table["replays"] > 0].reset_index(drop=True)
