"""When will it be done: a distribution of completion dates, never a bare date.

The method, ``pull of the deadline``. In every short span of time a state with
stock left has some chance of finishing: the *rate*, in states per year. It
depends on how near the deadline in force is (states finish in its last year, most
of them in its last weeks; hardly any just after), on the share destroyed, and on
the date that the state has announced: low until half a year before that date,
higher from then on. Eleven numbers say how much. They start from a prior
that is written down here, and are pulled from it by what states did that had
stock at the same point: those of the treaty, and, for a third each, those of the
other treaties. Only what was known on the as-of day is used; states that have
not finished count for as long as that is known of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common.cache import cached
from stockpile.common.columns import column_names
from stockpile.common.frames import as_dicts
from stockpile.forecast.history import YEAR, allowed_time, announcements, landmarks
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import load, packaged
from stockpile.stock.position import positions

Floats = NDArray[np.float64]

METHOD = "pull of the deadline"
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
QUANTILE_COLUMNS = tuple(f"q{round(q * 100)}" for q in QUANTILES)

#: No experience reaches further: a quantile beyond it is no date.
HORIZON_YEARS = 40.0

# Ends of the phases, in years left to the deadline, and the prior rate of
# finishing in each, per year. Early on three states in ten finish each year; of
# those that are left a month before the deadline, about half make it; who has
# missed it is slow.
_PHASE_ENDS = np.array([1.0, 0.5, 0.25, 1 / 12, 0.0, -1.0])
_PHASE_RATES = np.array([0.30, 0.67, 1.5, 2.7, 7.4, 0.18, 0.09])
_PHASES = len(_PHASE_RATES)
# What multiplies the rate: an announced date that is more than half a year away;
# one that is nearer than that, or has just passed; one that passed more than half
# a year ago; and the share destroyed, from none to all.
_PLAN_LEAD = 0.5
_FACTORS = np.array([0.45, 2.5, 1.0, 2.7])
_BEFORE_PLAN, _FROM_PLAN, _LAPSED, _SHARE = range(_PHASES, _PHASES + 4)
_PRIOR = np.log(np.concatenate([_PHASE_RATES, _FACTORS]))
# How firmly the prior holds: as three finished states would, for each number.
_PRIOR_WEIGHT = 3.0
# What a state of another treaty counts, with its other length and other weapon.
_OTHER_TREATY = 1 / 3


@dataclass(frozen=True)
class Rates:
    """Fitted rates of finishing; see the module's text.

    Attributes
    ----------
    log_rates : numpy.ndarray of shape (11,)
        Logarithms of the seven phase rates (per year) and of the four factors.
    """

    log_rates: Floats

    def segments(
        self, to_deadline: Floats, to_plan: Floats, share: Floats
    ) -> tuple[Floats, Floats]:
        """Return where each state's rate changes, and the cumulative hazard there.

        Parameters
        ----------
        to_deadline, to_plan : numpy.ndarray of shape (n,)
            Years from now; negative for the past, ``NaN`` for no announced date.
        share : numpy.ndarray of shape (n,)
            Destroyed, 0 to 1.

        Returns
        -------
        edges, hazard : numpy.ndarray of shape (n, 9)
            Years from now, rising from 0 to infinity's stand-in, and the
            cumulative hazard up to each.
        """
        edges, phase, plan = _spans(to_deadline, to_plan)
        b = self.log_rates
        # The last place of `factors` is that of no announced date.
        factors = np.append(b[_PHASES:_SHARE], 0.0)
        rate = np.exp(b[phase] + factors[plan] + (b[_SHARE] * share)[:, None])
        steps = np.diff(edges, axis=1) * rate
        hazard = np.concatenate([np.zeros((len(edges), 1)), np.cumsum(steps, axis=1)], axis=1)
        return edges, hazard


_CHUNK = 20_000

# Beyond every horizon, so that a cumulative hazard always reaches its target.
_FOREVER = 1e4


def _spans(
    to_deadline: Floats, to_plan: Floats
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Edges of the spans in which each state's rate is constant, and what sets it there.

    That is the phase, and which factor of the announced date holds: 0 before it, 1
    from it on, 2 for a lapsed one, 3 for none.
    """
    n = len(to_deadline)
    planned = to_plan > -_PLAN_LEAD  # False for NaN
    near = np.where(planned, to_plan - _PLAN_LEAD, 0.0)
    breaks = np.column_stack([to_deadline[:, None] - _PHASE_ENDS, near])
    inner = np.sort(np.clip(breaks, 0.0, _FOREVER), axis=1)
    edges = np.column_stack([np.zeros(n), inner, np.full(n, _FOREVER)])
    middle = (edges[:, :-1] + edges[:, 1:]) / 2
    phase = np.searchsorted(-_PHASE_ENDS, middle - to_deadline[:, None])
    plan = np.where(middle < near[:, None], 0, 1)
    plan[~planned] = np.where(to_plan <= -_PLAN_LEAD, 2, 3)[~planned, None]
    return edges, phase, plan


def fit(past: pd.DataFrame, treaty_id: str) -> Rates:
    """Fit the rates to what is known of the past, starting from the prior.

    Parameters
    ----------
    past : pandas.DataFrame
        Landmarks of one or more treaties; see `stockpile.forecast.history.landmarks`.
    treaty_id : str
        Whose states count in full.

    Returns
    -------
    Rates
        The most probable rates, given the past and the prior (a Poisson
        regression on time at risk, solved by Newton's method; deterministic).

    Notes
    -----
    Each state counts once, however many landmarks it has. More destroyed never
    lowers a rate, and a rate before an announced date is never above that
    from it on, whatever a few odd states did: both are bounds on the result.
    """
    prior = Rates(_PRIOR)
    if past.empty:
        return prior
    edges, phase, plan = _spans(past["to_deadline"].to_numpy(), past["to_plan"].to_numpy())
    design = np.zeros((*phase.shape, len(_PRIOR) + 1))
    np.put_along_axis(design, phase[:, :, None], 1.0, axis=2)
    np.put_along_axis(
        design, np.where(plan < 3, plan + _PHASES, len(_PRIOR))[:, :, None], 1.0, axis=2
    )
    design = design[:, :, :-1]  # the last column held those without an announced date
    design[:, :, _SHARE] = past["share"].to_numpy()[:, None]
    until = past["until"].to_numpy()[:, None]
    at_risk = np.clip(until - edges[:, :-1], 0.0, np.diff(edges, axis=1))
    ends_here = (
        (edges[:, :-1] < until) & (until <= edges[:, 1:]) & past["finished"].to_numpy()[:, None]
    )
    own = np.where(past["treaty"] == treaty_id, 1.0, _OTHER_TREATY)
    state, _ = pd.factorize(past["treaty"] + past["iso3"])
    weight = (own / np.bincount(state)[state])[:, None]
    seen = at_risk > 0
    x, exposure = design[seen], (at_risk * weight)[seen]
    events = (ends_here * weight)[seen]
    b = _PRIOR.copy()
    for _ in range(25):
        expected = exposure * np.exp(x @ b)
        slope = x.T @ (events - expected) - _PRIOR_WEIGHT * (b - _PRIOR)
        curve = (x * expected[:, None]).T @ x + _PRIOR_WEIGHT * np.eye(len(b))
        step = np.clip(np.linalg.solve(curve, slope), -1.0, 1.0)
        b = b + step
        if np.abs(step).max() < 1e-9:
            break
    b[_SHARE] = max(b[_SHARE], 0.0)
    b[_BEFORE_PLAN] = min(b[_BEFORE_PLAN], b[_FROM_PLAN])
    return Rates(b)


def chance_by(edges: Floats, hazard: Floats, years: Floats) -> Floats:
    """Chance of having finished by some years from now, one for each state."""
    at = np.clip(years, 0.0, _FOREVER)[:, None]
    step = np.clip((edges <= at).sum(axis=1) - 1, 0, edges.shape[1] - 2)
    rows = np.arange(len(edges))
    low, width = edges[rows, step], edges[rows, step + 1] - edges[rows, step]
    part = np.divide(at[:, 0] - low, width, out=np.zeros(len(edges)), where=width > 0)
    total = hazard[rows, step] + part * (hazard[rows, step + 1] - hazard[rows, step])
    return np.asarray(-np.expm1(-total), dtype=np.float64)


def years_to(edges: Floats, hazard: Floats, chance: float) -> Floats:
    """Years from now by which the chance of having finished reaches a value.

    ``NaN`` beyond `HORIZON_YEARS`.
    """
    target = -np.log1p(-chance)
    step = np.clip((hazard < target).sum(axis=1) - 1, 0, edges.shape[1] - 2)
    rows = np.arange(len(edges))
    gain = hazard[rows, step + 1] - hazard[rows, step]
    part = (target - hazard[rows, step]) / gain
    out = edges[rows, step] + part * (edges[rows, step + 1] - edges[rows, step])
    return np.where(out <= HORIZON_YEARS, out, np.nan)


def forecast(rates: Rates, to_deadline: Floats, to_plan: Floats, share: Floats) -> pd.DataFrame:
    """Project any number of states at once.

    Parameters
    ----------
    rates : Rates
        From `fit`.
    to_deadline, to_plan : numpy.ndarray of shape (n,)
        Years to the deadline in force and to the announced date; negative for
        the past, ``NaN`` for no announced date.
    share : numpy.ndarray of shape (n,)
        Destroyed, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        ``q10`` to ``q90`` (years from now; ``NaN`` beyond `HORIZON_YEARS`),
        ``p_on_time`` (0 for a deadline that has passed) and ``p_by_plan``
        (``NaN`` without an announced date ahead).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> prior = fit(pd.DataFrame(), "ccm")
    >>> year_left = forecast(prior, np.array([1.0]), np.array([np.nan]), np.array([0.5]))
    >>> bool(0 < year_left["q10"].iloc[0] < year_left["q90"].iloc[0])
    True
    """
    if len(share) > _CHUNK:
        # In pieces that fit the processor's caches: time then grows with the rows.
        cuts = range(0, len(share), _CHUNK)
        parts = [
            forecast(rates, *(v[i : i + _CHUNK] for v in (to_deadline, to_plan, share)))
            for i in cuts
        ]
        return pd.concat(parts, ignore_index=True)
    edges, hazard = rates.segments(to_deadline, to_plan, share)
    out = pd.DataFrame(
        {
            column: years_to(edges, hazard, quantile)
            for quantile, column in zip(QUANTILES, QUANTILE_COLUMNS, strict=True)
        }
    )
    # Finishing on the day of the deadline is in time; once it has passed, nothing is.
    in_time = chance_by(edges, hazard, to_deadline)
    out["p_on_time"] = np.where(to_deadline >= 0, in_time, 0.0)
    ahead = np.where(to_plan >= 0, to_plan, 0.0)
    out["p_by_plan"] = np.where(to_plan >= 0, chance_by(edges, hazard, ahead), np.nan)
    return out


def other_treaties(ledger: Ledger) -> list[Ledger]:
    """Return the packaged treaties other than the ledger's, as of its day and by its rule."""
    day = ledger.require_day()
    assert ledger.rule is not None
    others = (other for other in packaged() if other != ledger.treaty.id)
    return [load(other).as_of(day, ledger.rule) for other in others]


@cached
def project(
    ledger: Ledger,
    *,
    history: Sequence[Ledger] | None = None,
) -> pd.DataFrame:
    """Project when each state with stock left will have destroyed it; see `stockpile.project`."""
    day = ledger.require_day()
    where, past = positions(ledger), landmarks(ledger)
    subject = subjects(where, ledger)
    due, plan, share = _known_of(where[subject], day)
    rates = fit_all(ledger, history)
    ahead = forecast(rates, due, plan, share)
    start, end = allowed_time(where, ledger.treaty)
    used = ((day - start) / (end - start)).to_numpy(float)
    kept = announcements(ledger)["kept"].dropna()

    def lay(values: Floats) -> Floats:
        out = np.full(len(where), np.nan)
        out[subject] = values
        return out

    needed = lay(np.divide(1 - share, due, out=np.full(len(due), np.nan), where=due > 0))
    same = _comparables(past, used, needed, subject)
    facts = ["state", "membership", "stock", "share_destroyed", "planned_completion"]
    facts.append("suspension_notified")
    reasons = [_reason(row) for row in as_dicts(where[facts].assign(**same))]
    columns = {
        "iso3": where["iso3"],
        "state": where["state"],
        "method": METHOD,
        "as_of": day,
        "deadline": where["deadline"],
        "time_used": used,
        **{column: days_after(day, lay(ahead[column].to_numpy())) for column in QUANTILE_COLUMNS},
        "p_on_time": lay(
            _in_time(where[subject], ledger, rates, pd.Series(day, where.index[subject]))
        ),
        "planned_completion": where["planned_completion"],
        "p_by_plan": lay(ahead["p_by_plan"].to_numpy()),
        "plans_past": len(kept),
        "plans_kept": int(kept.sum()),
        "pace_needed": needed,
        **same,
        "reason": pd.array(reasons, dtype="str"),
    }
    return pd.DataFrame(columns)[["as_of", *column_names("project")]]


def chances_since_word(ledger: Ledger) -> pd.Series:
    """Chance of being in time as it was when the stock was last spoken of, by ISO code.

    Who has been silent since may have finished: a completion becomes known months after
    the fact. At most the last year before the deadline is looked back on; before it, the
    chance is that of `project`.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    """
    where = positions(ledger)
    where = where[subjects(where, ledger)]
    word = where[["last_report", "stock_seen"]].max(axis=1)
    year_before = where["deadline"] - pd.DateOffset(years=1)
    since = word.where(word > year_before, year_before)
    since = since.where(since < ledger.require_day(), ledger.require_day())
    return pd.Series(_in_time(where, ledger, fit_all(ledger), since), index=where["iso3"])


def _in_time(where: pd.DataFrame, ledger: Ledger, rates: Rates, since: pd.Series) -> Floats:
    """Chance of being done by the deadline for who had stock on a day, 0 once it has passed.

    Of a deadline told to the month or year, its first day counts until that has come.
    """
    day = ledger.require_day()
    due = where["deadline_from"].where(where["deadline_from"] >= day, where["deadline"])
    chance = chance_by(*curves(where.assign(deadline=due), since, rates), years_between(due, since))
    return np.where(due >= day, chance, 0.0)


def days_after(day: pd.Timestamp | pd.Series, years: Floats) -> NDArray[np.datetime64]:
    """Days so many years after a day, or after one for each, rounded up; ``NaT`` for ``NaN``.

    Examples
    --------
    >>> days_after(pd.Timestamp("2012-04-19"), np.array([1.0, np.nan])).astype(str).tolist()
    ['2013-04-20T00:00:00.000000', 'NaT']
    """
    known = ~np.isnan(years)
    steps = np.full(len(years), np.timedelta64("NaT", "D"))
    steps[known] = np.ceil(years[known] * YEAR).astype("timedelta64[D]")
    start: NDArray[np.datetime64] = np.asarray(day, dtype="datetime64[us]")
    return start + steps


def chances(
    ledger: Ledger, *, history: Sequence[Ledger] | None = None, years: int = 10
) -> pd.DataFrame:
    """Return the chance of finishing in each calendar year, for each state with stock left.

    See `stockpile.chances`.
    """
    day = ledger.require_day()
    where, rates = positions(ledger), fit_all(ledger, history)
    shown = where[subjects(where, ledger)]
    edges, hazard = curves(shown, day, rates)
    calendar = [day.year + i for i in range(years)]
    ends = [(pd.Timestamp(year, 12, 31) - day).days / YEAR for year in calendar]
    by = [chance_by(edges, hazard, np.full(len(shown), end)) for end in ends]
    steps = np.diff(np.array([np.zeros(len(shown)), *by, np.ones(len(shown))]), axis=0)
    return pd.DataFrame(
        {
            "iso3": np.repeat(shown["iso3"].to_numpy(), years + 1),
            "state": np.repeat(shown["state"].to_numpy(), years + 1),
            "year": pd.array([*calendar, pd.NA] * len(shown), dtype="Int64"),
            "chance": steps.T.ravel(),
        }
    )


def subjects(where: pd.DataFrame, ledger: Ledger) -> NDArray[np.bool_]:
    """Which states there is something to project for."""
    start, _ = allowed_time(where, ledger.treaty)
    bound = (where["membership"] == "State Party") & where["suspension_notified"].isna()
    return (bound & (where["stock"] == "left") & start.notna()).to_numpy()


@cached
def fit_all(ledger: Ledger, history: Sequence[Ledger] | None = None) -> Rates:
    """Fit on the treaty's own past and on that of the others."""
    others = other_treaties(ledger) if history is None else history
    parts = [landmarks(seen) for seen in (ledger, *others)]
    return fit(pd.concat([part for part in parts if len(part)] or parts[:1]), ledger.treaty.id)


def curves(
    where: pd.DataFrame, day: pd.Timestamp | pd.Series, rates: Rates
) -> tuple[Floats, Floats]:
    """Cumulative hazard of each of these states, from what is known of it."""
    return rates.segments(*_known_of(where, day))


def _known_of(where: pd.DataFrame, day: pd.Timestamp | pd.Series) -> tuple[Floats, Floats, Floats]:
    """Years to the deadline and to the announced date, and the share destroyed."""
    due, plan = (years_between(where[name], day) for name in ("deadline", "planned_completion"))
    return due, plan, where["share_destroyed"].fillna(0.0).to_numpy()


def years_between(days: pd.Series, day: pd.Timestamp | pd.Series) -> Floats:
    """Years from a day, or one for each, to other days; negative for the past, ``NaN`` for none."""
    span: pd.Series = (days - day) / pd.Timedelta(days=YEAR)  # type: ignore[operator]
    return np.asarray(span, dtype=np.float64)


def _comparables(
    past: pd.DataFrame, used: Floats, needed: Floats, subject: NDArray[np.bool_]
) -> dict[str, NDArray[np.int64]]:
    """Count the states that had stock at the same point of their time, and what they did."""
    # The landmark of each state that is next to the point, if it has one beyond it.
    decided = past[past["in_time"].notna()]
    codes, state = np.unique(decided["iso3"].to_numpy(), return_inverse=True)
    reach, timely, pace = (np.zeros(len(codes)) for _ in range(3))
    np.maximum.at(reach, state, decided["time_used"].to_numpy())
    np.maximum.at(timely, state, decided["in_time"].to_numpy())
    # Pace kept to the end, from each landmark; the best of them is what a state can do.
    rest = np.maximum(decided["until"].to_numpy(), 1 / 12)
    speed = np.where(decided["finished"], (1 - decided["share"].to_numpy()) / rest, 0.0)
    np.maximum.at(pace, state, speed)
    same = (reach[None, :] >= used[:, None]) & subject[:, None]
    return {
        "pace_kept_by": (same & (pace[None, :] >= needed[:, None])).sum(axis=1),
        "comparables": same.sum(axis=1),
        "comparables_in_time": (same & (timely[None, :] > 0)).sum(axis=1),
    }


def _reason(row: dict[str, Any]) -> str:
    """Say why there is no date, or what the dates rest on."""
    state = row["state"]
    if row["membership"] == "withdrawn":
        return f"{state} has withdrawn from the treaty."
    if row["membership"] != "State Party":
        return f"{state} is not yet bound by the treaty."
    why = {
        "unknown": f"Nothing is on record of a stock of {state}.",
        "none": f"{state} has no stock.",
        "kept": f"{state} keeps all it has for training.",
        "gone": f"{state} has finished.",
    }
    if row["stock"] in why:
        return why[row["stock"]]
    if pd.notna(row["suspension_notified"]):
        return f"{state} has notified a suspension of the treaty."
    parts = []
    count, timely = row["comparables"], row["comparables_in_time"]
    if count:
        parts.append(
            f"{timely} of {count} comparable state{'s' if count > 1 else ''} at this point "
            "finished in time"
        )
    else:
        parts.append("no state has been at this point before")
    share = row["share_destroyed"]
    parts.append(
        "nothing destroyed on record"
        if not share > 0
        else f"{share:.0%} destroyed".replace("%", " per cent")
    )
    if pd.notna(row["planned_completion"]):
        parts.append(f"own target {row['planned_completion']:%B %Y}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
