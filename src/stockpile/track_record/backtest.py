"""How good the projections were: the past replayed day by day, and scored.

On the first of every January and July each state with stock left is projected
with only what was known that day; then what came is looked up and scored. A state of
which no stock was on record yet, and which turned out to have some, is projected as one of
which nothing is known, and shown apart.

The main score is the continuous ranked probability score over the next ten years, cut at the
end of the record: the area, in years, between the projected chance of having finished and
what happened. For a single date it is the distance to the outcome; 0 is perfect. A state
that has not finished is scored for as long as that is known (it is censored): what was
promised for that time and did not come counts in full, what lies beyond not at
all. An outcome told to the month or year, or as 'on or before' a day, is a range:
within it nothing is scored. Every day of every state counts the same, and how far it is
scored is fixed on the day: a weight that depends on what came later rewards who promises
too much.

References
----------
Matheson and Winkler (1976), "Scoring rules for continuous probability
distributions", Management Science 22; Brier (1950), "Verification of forecasts
expressed in terms of probability", Monthly Weather Review 78; Gneiting and Raftery (2007),
"Strictly proper scoring rules, prediction, and estimation", JASA 102.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common.frames import as_dicts, ordinal
from stockpile.forecast.history import (
    FEATURES,
    YEAR,
    allowed_time,
    features,
    first_known,
    landmarks,
    years_between,
)
from stockpile.forecast.projection import (
    QUANTILE_COLUMNS,
    QUANTILES,
    Model,
    days_after,
    learn,
    other_treaties,
)
from stockpile.forecast.rates import (
    HORIZON_YEARS,
    Curves,
    Floats,
    Pace,
    fit,
    pace_of,
    seen_by,
    seen_in,
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
    "prior": "the projection, nothing learnt",
    "comparables": "the reference class",
    "announced": "the date the state announced",
    "deadline": "'they finish on the deadline'",
    "pace": "constant pace",
}
METHODS = tuple(METHOD_NAMES)

#: Years that the main score looks ahead.
SCORED_YEARS = 10.0

REPLAY_COLUMNS = [
    *"treaty iso3 state day stock_known time_used original_deadline deadline".split(),
    *("share_destroyed", "planned_completion", "late", *QUANTILE_COLUMNS, "p_on_time", "rating"),
    *("p_prior", "p_base", "outcome", "open_until", "finished", "until", "in_time"),
    *("chance_before", "chance_by", "log_projection", "log_prior"),
    *(f"crps_{method}" for method in METHODS),
    *(f"crps_full_{method}" for method in METHODS),
]

# Columns of `stockpile.stock.position.positions` and of `outcomes` that a replay goes on with.
_SEEN = (
    "iso3 state stock entry_into_force original_deadline deadline share_destroyed "
    "planned_completion"
).split()
_CAME = "outcome finished open_until last".split()

# A pace of next to nothing would put the end centuries away; what a baseline says
# beyond this many times the time that the treaty allows is cut there, in its favour.
_PACE_LIMIT = 2.0

# The first version of the projection: a life table in sixteenths of the allowed
# time, with a prior of two states that finish at an even rate, three in four in time.
_LIFE_STEP, _LIFE_END, _LIFE_WEIGHT = 1 / 16, 12.0, 2.0
_LIFE_RATE = -np.log(0.25)

# Where the scores are integrated: months at first, then quarters.
GRID = np.concatenate([np.arange(0, 12, 1 / 12), np.arange(12, HORIZON_YEARS + 0.1, 0.25)])
MIDDLE = (GRID[:-1] + GRID[1:]) / 2
_WIDTH = np.diff(GRID)


def replay(
    ledgers: Sequence[Ledger],
    *,
    step: int = 6,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
    until: object = None,
    hindsight: bool = True,
    jobs: int = 1,
) -> pd.DataFrame:
    """Replay the past of some treaties and score each projection.

    Each of the whole ledgers learns from the others as of the same day. ``step`` are the months
    between two replays, a divisor of 12; outcomes are looked back on from ``until``, by default
    the newest day on record. With ``hindsight`` the projection that knows all outcomes but the
    state's own is scored as well; without, that score is ``NaN``. The result is the same whatever
    the number of ``jobs``.

    One row for each state and day on which it was bound and had stock, as far as that is known by
    now: ``treaty``, ``iso3``, ``state``, ``day``, ``stock_known`` (``published``: from a source
    that was out; ``by rule``: of reports alone; or ``unknown``), what was projected (``q10`` to
    ``q90``, ``p_on_time``, ``rating``), the chance of being in time with nothing learnt
    (``p_prior``) and the share of states that had been in time by that day (``p_base``), the
    ``outcome`` (a day, ``NaT`` if still open; of a range, its last), ``open_until`` (the last day
    on which it is known not to have finished), ``finished``, ``until`` (years to the outcome or
    to the end of the record), ``in_time`` (1 or 0 for the deadline in force that day, ``NaN`` if
    open, or if its range has the deadline inside), ``chance_before`` and ``chance_by`` (that had
    been given to having finished by the first and the last day of the outcome),
    ``log_projection`` and ``log_prior`` (less the logarithm of the chance, per year, of what
    came), and ``crps_<method>`` in years for each of `METHODS`, over ten years, and
    ``crps_full_<method>`` over the full horizon, both cut at the end of the record.

    Raises a `ValueError` when the step is no divisor of a year.
    """
    if step not in (1, 2, 3, 4, 6, 12):
        raise ValueError(f"step is {step}; expected months that divide a year: 1, 2, 3, 4, 6 or 12")
    last = max(ledger.newest for ledger in ledgers) if until is None else parse_day(until)
    finals = {ledger.treaty.id: ledger.as_of(last, rule) for ledger in ledgers}
    came = {treaty_id: outcomes(final) for treaty_id, final in finals.items()}
    first = min(ledger.treaty.first_entry_into_force for ledger in ledgers)
    days = list(pd.date_range(f"{first.year}-01-01", last, freq=f"{step}MS"))
    look = functools.partial(_views, ledgers, came, rule)
    if jobs > 1:
        # By turns, for later days take longer. A copy of this process has its ledgers already.
        copied = sys.platform == "linux" and threading.active_count() == 1
        way = "fork" if copied else "spawn"
        with ProcessPoolExecutor(jobs, get_context(way), _keep, (look,)) as pool:
            parts = pool.map(_look_as_kept, [days[i::jobs] for i in range(jobs)])
            found = dict(pair for part in parts for pair in part)
    else:
        found = dict(look(days))
    views = [view for day in days for view in found[day]]
    if not views:
        return pd.DataFrame(columns=REPLAY_COLUMNS)
    out = _score(views, last, thresholds or Thresholds())
    for name in ("hindsight", "full_hindsight"):
        out[f"crps_{name}"] = np.nan
    if hindsight:
        _add_hindsight(out, finals, last)
    return out[REPLAY_COLUMNS]


Looks = list[tuple[pd.Timestamp, list["_View"]]]
_kept: list[Callable[[Sequence[pd.Timestamp]], Looks]] = []


def _keep(look: Callable[[Sequence[pd.Timestamp]], Looks]) -> None:
    """Keep in a new process what it is to do with days."""
    _kept[:] = [look]


def _look_as_kept(days: Sequence[pd.Timestamp]) -> Looks:
    return _kept[0](days)


def _views(
    ledgers: Sequence[Ledger],
    came: dict[str, pd.DataFrame],
    rule: Rule,
    days: Sequence[pd.Timestamp],
) -> Looks:
    """Look at each treaty on each of some days."""
    out = []
    for day in days:
        views = []
        for ledger in ledgers:
            if day >= ledger.treaty.first_entry_into_force:
                known = ledger.as_of(day, rule)
                subject = _scored_states(known, came[ledger.treaty.id])
                if len(subject):
                    views.append(_look(known, subject))
        out.append((day, views))
    return out


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
    """Positions of those bound on a day who had stock, with what came of each.

    Whether they had is known by now; who has a time ahead that is on record is scored.
    """
    where = positions(ledger)
    start, _ = allowed_time(where, ledger.treaty)
    bound = (where["membership"] == "State Party") & where["suspension_notified"].isna()
    # Stock found after a completion is another story than the one that is scored.
    bound &= start.notna() & where["deadline"].notna() & where["reopened"].isna()
    where = where[bound & where["stock"].isin(["left", "unknown"])]
    ends = came.reindex(where["iso3"]).set_axis(where.index)
    return where.join(ends[ends["last"] > ledger.require_day()], how="inner")


class _View(NamedTuple):
    """What was seen and projected on one day, for one treaty."""

    subject: pd.DataFrame  # with the treaty, the day, the time allowed and what came
    curves: Curves
    prior: Curves
    comparables: Floats  # chances on the scoring grid by the life table


def _look(ledger: Ledger, subject: pd.DataFrame) -> _View:
    """Project the subjects of a day."""
    day = ledger.require_day()
    start, end = allowed_time(subject, ledger.treaty)
    allowed = years_between(end, day) - years_between(start, day)
    used = ((day - start) / (end - start)).to_numpy(float)
    life = _life_chances(_life_table(ledger), used, allowed)
    cases = features(subject, ledger)
    unknown = subject["stock"] == "unknown"
    cases.loc[unknown, "share"] = 0.0
    out_by_now = subject["iso3"].map(first_known(ledger, "published")) <= ordinal(day)
    known = np.where(unknown, "unknown", np.where(out_by_now, "published", "by rule"))
    frame = subject[[*_SEEN, *_CAME]].assign(
        treaty=ledger.treaty.id,
        day=day,
        time_used=used,
        allowed=allowed,
        stock_known=pd.array(known, dtype="str"),
        p_base=_base_rate(ledger),
        **cases.add_prefix("case_"),
    )
    prior = Model(fit([]), Pace()).curves(cases)
    return _View(frame, learn(ledger).curves(cases), prior, life)


def _base_rate(ledger: Ledger) -> float:
    """Share of states that had been in time, of all treaties, as far as was known on the day.

    Of those whose original deadline had passed, with one more of either kind.
    """
    day, met, count = ledger.require_day(), 0.0, 0
    for known in (ledger, *other_treaties(ledger)):
        of_state = landmarks(known).drop_duplicates("iso3")
        over = of_state[of_state["in_time"].notna() & (of_state["original_deadline"] < day)]
        met, count = met + float(over["in_time"].sum()), count + len(over)
    return (met + 1) / (count + 2)


def _score(views: list[_View], last: pd.Timestamp, limits: Thresholds) -> pd.DataFrame:
    """Score what was projected in every way against what came."""
    out = pd.concat([view.subject for view in views], ignore_index=True)
    day, allowed = out["day"], out["allowed"].to_numpy()
    columns = ["last", "deadline", "open_until", "planned_completion"]
    until, due, opened, planned = (years_between(out[column], day) for column in columns)
    ends = Ends(
        opened,
        until,
        out["finished"].to_numpy(bool),
        years_between(pd.Series(last, out.index), day),
    )

    def of_all(which: str, method: str, *args: Floats) -> Floats:
        """One figure of each state, by the curves of each view."""
        sizes = np.cumsum([len(view.subject) for view in views])[:-1]
        pieces = zip(*(np.split(arg, sizes) for arg in args), strict=True) if args else ()
        parts = pieces if args else ((),) * len(views)
        return np.concatenate(
            [
                getattr(getattr(view, which), method)(*part)
                for view, part in zip(views, parts, strict=True)
            ]
        )

    ahead = np.maximum(out["case_to_deadline"].to_numpy(), 0.0)
    for quantile, column in zip(QUANTILES, QUANTILE_COLUMNS, strict=True):
        years = np.concatenate([view.curves.years_to(quantile) for view in views])
        out[column] = days_after(day, years)
    chance, p_prior = (
        np.where(due >= 0, of_all(which, "chance_by", ahead), 0.0) for which in ("curves", "prior")
    )
    rated = [
        "no data" if known == "unknown" else rating_of(p, limits) if d >= 0 else "past the deadline"
        for p, d, known in zip(chance, due, out["stock_known"], strict=True)
    ]
    share = out["share_destroyed"].fillna(0.0).to_numpy()
    ahead = np.maximum(due, 0.0)
    years = np.maximum(out["time_used"].to_numpy() * allowed, 1 / 12)
    drawn = np.divide((1 - share) * years, share, out=np.full(len(share), np.nan), where=share > 0)
    pace = np.where(np.isnan(drawn), ahead, np.minimum(drawn, _PACE_LIMIT * allowed))
    announced = np.where(np.isnan(planned), ahead, np.maximum(planned, 0.0))
    grids = {
        "projection": np.concatenate([view.curves.chances_on(MIDDLE) for view in views]),
        "prior": np.concatenate([view.prior.chances_on(MIDDLE) for view in views]),
        "comparables": np.concatenate([view.comparables for view in views]),
    }
    dates = {"announced": announced, "deadline": ahead, "pace": pace}
    scored = {f"crps_{name}": crps(grid, ends) for name, grid in grids.items()}
    scored |= {f"crps_{name}": date_error(date, ends) for name, date in dates.items()}
    scored |= {f"crps_full_{name}": crps(grid, ends, HORIZON_YEARS) for name, grid in grids.items()}
    scored |= {
        f"crps_full_{name}": date_error(date, ends, HORIZON_YEARS) for name, date in dates.items()
    }
    before, by, before_prior, by_prior = (
        of_all(which, "chance_by", at)
        for which in ("curves", "prior")
        for at in (ends.first, until)
    )
    return out.assign(
        p_on_time=chance,
        p_prior=p_prior,
        late=out["case_late"],
        rating=rated,
        finished=ends.finished,
        until=until,
        in_time=met_deadline(out, out["deadline"]),
        chance_before=before,
        chance_by=by,
        log_projection=log_score(before, by, ends),
        log_prior=log_score(before_prior, by_prior, ends),
        **scored,
    )


def _add_hindsight(replays: pd.DataFrame, finals: dict[str, Ledger], last: pd.Timestamp) -> None:
    """Score each state by all outcomes but its own."""
    for (treaty_id, iso3), part in replays.groupby(["treaty", "iso3"]):
        final = finals[str(treaty_id)]
        rates, everything = learn(final).rates, landmarks(final)
        pace = pace_of(seen_by(final), rates).without(
            seen_in(everything[everything["iso3"] == iso3]), rates
        )
        cases = part[[f"case_{name}" for name in FEATURES]].set_axis(FEATURES, axis=1)
        chances = Model(rates, pace).curves(cases).chances_on(MIDDLE)
        day = part["day"]
        ends = Ends(
            years_between(part["open_until"], day),
            part["until"].to_numpy(),
            part["finished"].to_numpy(bool),
            years_between(pd.Series(last, part.index), day),
        )
        replays.loc[part.index, "crps_hindsight"] = crps(chances, ends)
        replays.loc[part.index, "crps_full_hindsight"] = crps(chances, ends, HORIZON_YEARS)


class Ends(NamedTuple):
    """What came, in years from the day: one for each forecast."""

    opened: Floats  # the last day on which it is known not to have finished
    until: Floats  # the day by which it had; where it has not, ``opened``
    finished: NDArray[np.bool_]
    record: Floats  # the end of the record: nothing beyond it is scored

    @property
    def first(self) -> Floats:
        """The day before that of the outcome, or before the first of its range."""
        return np.where(
            self.finished, np.maximum(np.minimum(self.opened, self.until - _DAY), 0.0), self.opened
        )


_DAY = 1 / YEAR


def crps(chances: Floats, ends: Ends, years: float = SCORED_YEARS) -> Floats:
    """Continuous ranked probability score, in years, of chances on the grid: one row a forecast.

    Up to some years ahead, or to the end of the record. Where a state has not finished, nothing
    counts beyond what is known of it.
    """
    limit = np.minimum(ends.record, years)
    before, by_then, within = (
        np.clip((end[:, None] - GRID[:-1]) / _WIDTH, 0.0, 1.0)
        for end in (np.minimum(ends.opened, limit), ends.until, limit)
    )
    after = np.where(ends.finished[:, None], np.maximum(within - by_then, 0.0), 0.0)
    area = (before * chances**2 + after * (1.0 - chances) ** 2) * _WIDTH
    return np.asarray(area.sum(axis=1), dtype=np.float64)


def log_score(before: Floats, by: Floats, ends: Ends) -> Floats:
    """Less the logarithm of the chance, per year, that was given to what came.

    Of a state that has not finished, of the chance that it would not have.
    """
    width = np.where(ends.finished, ends.until - ends.first, 1.0)
    chance = np.where(ends.finished, by - before, 1.0 - before)
    return np.asarray(-np.log(np.maximum(chance, 1e-9) / np.maximum(width, _DAY)), dtype=np.float64)


def date_error(date: Floats, ends: Ends, years: float = SCORED_YEARS) -> Floats:
    """Score of a single date: its distance to the outcome, in years; 0 inside its range.

    For an outcome that is open, only the time by which the date has already
    proved too early counts.

    >>> at = np.array([5.0, 1.0])
    >>> ends = Ends(at, at, np.array([True, False]), np.array([20.0, 20.0]))
    >>> date_error(np.array([3.0, 3.0]), ends).tolist()
    [2.0, 0.0]
    """
    limit = np.minimum(ends.record, years)
    early = np.maximum(np.minimum(ends.opened, limit) - date, 0.0)
    late = np.maximum(np.minimum(date, limit) - ends.until, 0.0)
    return np.where(ends.finished, early + late, early)


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
    later = np.interp(used[:, None] + MIDDLE[None, :] / allowed[:, None], edges, life)
    return np.asarray(-np.expm1(now[:, None] - later), dtype=np.float64)
