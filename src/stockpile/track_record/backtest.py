"""How good the projections were: the past replayed day by day, and scored.

On the first of every January and July each state with stock left is projected
with only what was known that day; then what came is looked up and scored.

The main score is the continuous ranked probability score: the area, in years,
between the projected chance of having finished and what happened. For a single
date it is the distance to the outcome; 0 is perfect. A state that has not
finished is scored for as long as that is known (it is censored): what was
promised for that time and did not come counts in full, what lies beyond not at
all. An outcome told to the month or year, or as 'on or before' a day, is a range:
within it nothing is scored. Every state counts once, however long it was replayed.

References
----------
Matheson and Winkler (1976), "Scoring rules for continuous probability
distributions", Management Science 22; Brier (1950), "Verification of forecasts
expressed in terms of probability", Monthly Weather Review 78.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common.frames import as_dicts
from stockpile.forecast.history import LANDMARK_COLUMNS, allowed_time, landmarks
from stockpile.forecast.projection import (
    HORIZON_YEARS,
    QUANTILE_COLUMNS,
    QUANTILES,
    Floats,
    Rates,
    chance_by,
    curves,
    days_after,
    fit,
    subjects,
    years_between,
    years_to,
)
from stockpile.ledger.ledger import Ledger, Rule, parse_day
from stockpile.rating.lateness import Spoken, spoken
from stockpile.rating.status import Thresholds, earliest, rating_of
from stockpile.stock.position import positions
from stockpile.stock.timelines import stocks

#: The forecasters in every table, ours, ours with hindsight, and the baselines, as they are called.
METHOD_NAMES = {
    "projection": "the projection",
    "hindsight": "the projection, with hindsight",
    "comparables": "the reference class",
    "announced": "the date the state announced",
    "deadline": "'they finish on the deadline'",
    "pace": "constant pace",
}
METHODS = tuple(METHOD_NAMES)

REPLAY_COLUMNS = [
    *"treaty iso3 state day time_used original_deadline deadline share_destroyed".split(),
    *("planned_completion", *QUANTILE_COLUMNS, "p_on_time", "rating"),
    *("outcome", "open_until", "finished", "until", "in_time"),
    *(f"crps_{method}" for method in METHODS),
]

# Columns of `stockpile.stock.position.positions` that a replay goes on with.
_SEEN = (
    "iso3 state entry_into_force reopened original_deadline deadline share_destroyed "
    "planned_completion"
).split()

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
        still open; of a range, its last), ``open_until`` (the last day on which it
        is known not to have finished), ``finished``, ``until`` (years to the outcome or to the end
        of the record), ``in_time`` (1 or 0 for the deadline in force that day,
        ``NaN`` if open, or if its range has the deadline inside) and
        ``crps_<method>`` in years for each of `METHODS`.

    Raises
    ------
    ValueError
        When the step is no divisor of a year.
    """
    if step not in (1, 2, 3, 4, 6, 12):
        raise ValueError(f"step is {step}; expected months that divide a year: 1, 2, 3, 4, 6 or 12")
    last = max(ledger.newest for ledger in ledgers) if until is None else parse_day(until)
    finals = {ledger.treaty.id: ledger.as_of(last, rule) for ledger in ledgers}
    came = {treaty_id: outcomes(final) for treaty_id, final in finals.items()}
    first = min(ledger.treaty.first_entry_into_force for ledger in ledgers)
    days = pd.date_range(f"{first.year}-01-01", last, freq=f"{step}MS")
    views: list[_View] = []
    for day in days[days >= first]:
        known = [
            ledger.as_of(day, rule)
            for ledger in ledgers
            if day >= ledger.treaty.first_entry_into_force
        ]
        past = _landmarks(known)
        for ledger in known:
            subject = _scored_states(ledger, came[ledger.treaty.id])
            if len(subject):
                views.append(_look(ledger, subject, fit(past, ledger.treaty.id)))
    if not views:
        return pd.DataFrame(columns=REPLAY_COLUMNS)
    out = _score(views, pd.concat(came), thresholds or Thresholds())
    out["crps_hindsight"] = _hindsight(out, list(finals.values())) if hindsight else np.nan
    return out[REPLAY_COLUMNS]


def _landmarks(ledgers: Iterable[Ledger]) -> pd.DataFrame:
    """Landmarks of several treaties in one frame."""
    parts = [part for ledger in ledgers if len(part := landmarks(ledger))]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LANDMARK_COLUMNS)


def outcomes(ledger: Ledger) -> pd.DataFrame:
    """What came, by ISO code.

    ``outcome`` (of a range, its last day), ``finished``, ``open_until`` (the last day on which it
    is known not to have finished) and ``last`` (the outcome, or the end of what is known).
    """
    stock, words = stocks(ledger), spoken(ledger)
    rows = []
    for row in as_dicts(positions(ledger)):
        iso3, end, precision = row["iso3"], row["completed"], row["completed_precision"]
        if pd.notna(row["first_completed"]):
            first = stock[iso3][row["stock_id"]].episodes[0]
            end, precision = row["first_completed"], first.precision
        # A deadline that a source names as missed passed with stock left.
        seen = [word.until + pd.Timedelta(days=1) for word in words.get(iso3, Spoken()).missed]
        if pd.isna(end):
            seen.append(row["stock_seen"])
        else:
            seen = [*(day for day in seen if day <= end), earliest(row, end, precision)]
        begin = max((day for day in seen if pd.notna(day)), default=end)
        # Who turned out to have nothing to destroy had nothing to be in time with.
        if row["stock"] not in ("left", "gone"):
            begin, end = pd.NaT, pd.NaT
        rows.append((iso3, end, pd.notna(end), begin, begin if pd.isna(end) else end))
    columns = ["iso3", "outcome", "finished", "open_until", "last"]
    out = pd.DataFrame(rows, columns=columns).set_index("iso3")
    return out.astype(dict.fromkeys(["outcome", "open_until", "last"], "datetime64[us]"))


def met_deadline(came: pd.DataFrame, deadline: pd.Series) -> Floats:
    """Whether outcomes met a deadline: 1 or 0, ``NaN`` where the record leaves it open."""
    met, missed = came["outcome"] <= deadline, came["open_until"] > deadline
    return np.where(met | missed, met.astype(float), np.nan)


def _scored_states(ledger: Ledger, came: pd.DataFrame) -> pd.DataFrame:
    """Positions of those with stock left on a day who have a time ahead that is on record."""
    where = positions(ledger)
    where = where.loc[subjects(where, ledger), _SEEN]
    ahead = came["last"].reindex(where["iso3"]).to_numpy() > ledger.require_day().to_datetime64()
    # Stock found after a completion is another story than the one that is scored.
    return where[ahead & where["reopened"].isna().to_numpy()]


class _View(NamedTuple):
    """What was seen and projected on one day, for one treaty."""

    subject: pd.DataFrame  # with the treaty, the day and the time allowed
    edges: Floats  # of the projected hazard, and the hazard there
    hazard: Floats
    comparables: Floats  # chances on the scoring grid by the life table


def _look(ledger: Ledger, subject: pd.DataFrame, rates: Rates) -> _View:
    """Project the subjects of a day."""
    day = ledger.require_day()
    start, end = allowed_time(subject, ledger.treaty)
    allowed = years_between(end, day) - years_between(start, day)
    used = ((day - start) / (end - start)).to_numpy(float)
    life = _life_chances(_life_table(ledger), used, allowed)
    known = subject.assign(treaty=ledger.treaty.id, day=day, time_used=used, allowed=allowed)
    return _View(known, *curves(subject, day, rates), life)


def _score(views: list[_View], came: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    """Score what was projected in every way against what came."""
    out = pd.concat([view.subject for view in views], ignore_index=True)
    edges, hazard, comparables = map(np.concatenate, list(zip(*views, strict=True))[1:])
    of_state = pd.MultiIndex.from_frame(out[["treaty", "iso3"]])
    out = out.join(came.reindex(of_state).reset_index(drop=True))
    day, allowed = out["day"], out["allowed"].to_numpy()
    columns = ["last", "deadline", "open_until", "planned_completion"]
    until, due, opened, planned = (years_between(out[column], day) for column in columns)
    ends = opened, until, out["finished"].to_numpy(bool)
    chance = np.where(due >= 0, chance_by(edges, hazard, due), 0.0)
    for quantile, column in zip(QUANTILES, QUANTILE_COLUMNS, strict=True):
        out[column] = days_after(day, years_to(edges, hazard, quantile))
    rated = [
        rating_of(p, limits) if d >= 0 else "past the deadline"
        for p, d in zip(chance, due, strict=True)
    ]
    share = out["share_destroyed"].fillna(0.0).to_numpy()
    ahead = np.maximum(due, 0.0)
    years = np.maximum(out["time_used"].to_numpy() * allowed, 1 / 12)
    drawn = np.divide((1 - share) * years, share, out=np.full(len(share), np.nan), where=share > 0)
    pace = np.where(np.isnan(drawn), ahead, np.minimum(drawn, _PACE_LIMIT * allowed))
    announced = np.where(np.isnan(planned), ahead, np.maximum(planned, 0.0))
    return out.assign(
        p_on_time=chance,
        rating=rated,
        finished=ends[-1],
        until=until,
        in_time=met_deadline(out, out["deadline"]),
        crps_projection=crps(_chances_on(edges, hazard), *ends),
        crps_comparables=crps(comparables, *ends),
        crps_announced=date_error(announced, *ends),
        crps_deadline=date_error(ahead, *ends),
        crps_pace=date_error(pace, *ends),
    )


def _hindsight(replays: pd.DataFrame, finals: list[Ledger]) -> Floats:
    """Score each state by rates fitted on all outcomes but its own."""
    everything = _landmarks(finals)
    out = np.empty(len(replays))
    for (treaty_id, iso3), part in replays.groupby(["treaty", "iso3"]):
        itself = (everything["treaty"] == treaty_id) & (everything["iso3"] == iso3)
        rates = fit(everything[~itself], str(treaty_id))
        chances = _chances_on(*curves(part, part["day"], rates))
        opened = years_between(part["open_until"], part["day"])
        ends = part["until"].to_numpy(), part["finished"].to_numpy()
        out[part.index] = crps(chances, opened, *ends)
    return out


def crps(chances: Floats, opened: Floats, until: Floats, finished: NDArray[np.bool_]) -> Floats:
    """Continuous ranked probability score, in years, of chances on the grid: one row a forecast.

    ``opened`` and ``until`` are the years to the first and the last day of the outcome; where it
    has not ``finished``, both are the years to the end of what is known, and nothing beyond counts.
    """
    width = np.diff(_GRID)
    before, by_then = (
        np.clip((years[:, None] - _GRID[:-1]) / width, 0.0, 1.0) for years in (opened, until)
    )
    after = np.where(finished[:, None], 1.0 - by_then, 0.0)
    area = (before * chances**2 + after * (1.0 - chances) ** 2) * width
    return np.asarray(area.sum(axis=1), dtype=np.float64)


def date_error(date: Floats, opened: Floats, until: Floats, finished: NDArray[np.bool_]) -> Floats:
    """Score of a single date: its distance to the outcome, in years; 0 inside its range.

    For an outcome that is open, only the time by which the date has already
    proved too early counts.

    Examples
    --------
    >>> import numpy as np
    >>> ends = np.array([5.0, 1.0])
    >>> date_error(np.array([3.0, 3.0]), ends, ends, np.array([True, False])).tolist()
    [2.0, 0.0]
    """
    early, late = np.maximum(opened - date, 0.0), np.maximum(date - until, 0.0)
    return np.where(finished, early + late, early)


def _chances_on(edges: Floats, hazard: Floats) -> Floats:
    """Chance of having finished by the middle of each span of the scoring grid."""
    total = np.array([np.interp(_MIDDLE, e, h) for e, h in zip(edges, hazard, strict=True)])
    return np.asarray(-np.expm1(-total), dtype=np.float64)


def _life_table(ledger: Ledger) -> Floats:
    """Cumulative hazard in allowed time: what comparable states of the treaty did."""
    where = positions(ledger)
    start, end = allowed_time(where, ledger.treaty)
    ended = where["first_completed"].fillna(where["completed"])
    until = ((ended.fillna(ledger.require_day()) - start) / (end - start)).to_numpy(float)
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
    later = np.interp(used[:, None] + _MIDDLE[None, :] / allowed[:, None], edges, life)
    return np.asarray(-np.expm1(now[:, None] - later), dtype=np.float64)
