"""What came of the projections of a replay: scores, calibration, alarms."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common.cache import cached
from stockpile.forecast.history import YEAR
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import Thresholds, status
from stockpile.stock.position import positions
from stockpile.track_record.backtest import METHODS, met_deadline, outcomes


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
    for treaty, part in replays.groupby("treaty", sort=True):
        means = part.groupby("iso3")[[f"crps_{m}" for m in METHODS]].mean()
        for method in METHODS:
            error = means[f"crps_{method}"].to_numpy(float)
            gain = error - means["crps_projection"].to_numpy(float)
            counts = len(means), len(part)
            ranges = (x for e in (error, gain) for x in (e.mean(), *_bootstrap(e, draws)))
            rows.append((treaty, method, *counts, *ranges))
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
        decided = _decided(part)
        states = decided["iso3"]
        # What would have been right to say of every state: how many of them were in time.
        base = decided["in_time"].groupby(states).mean().mean()
        brier, brier_base = (
            ((chance - decided["in_time"]) ** 2).groupby(states).mean()
            for chance in (decided["p_on_time"], base)
        )
        held = _held(part, "q10", "q90")
        low, high = _bootstrap(held.to_numpy(), draws)
        gain_low, gain_high = _bootstrap((brier_base - brier).to_numpy(), draws)
        rows.append(
            {
                "treaty": treaty,
                "inside_50": _held(part, "q25", "q75").mean(),
                "inside_80": held.mean(),
                "inside_80_low": low,
                "inside_80_high": high,
                "width_50": (part["q75"] - part["q25"]).dt.days.median() / YEAR,
                "width_80": (part["q90"] - part["q10"]).dt.days.median() / YEAR,
                "brier": brier.mean(),
                "brier_base": brier_base.mean(),
                "brier_gain_low": gain_low,
                "brier_gain_high": gain_high,
            }
        )
    return pd.DataFrame(rows)


def _held(replays: pd.DataFrame, low: str, high: str) -> pd.Series:
    """Share of the replays of each state whose range held the outcome, of those that have one."""
    done = replays[replays["finished"]]
    # A range whose end lies beyond the horizon holds all that comes after its begin.
    inside = (done["outcome"] >= done[low]) & ~(done["open_until"] > done[high])
    return inside.astype(float).groupby(done["iso3"]).mean()


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
    decided = _decided(replays)
    edges = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0]
    band = pd.cut(decided["p_on_time"], edges, include_lowest=True, labels=edges[:-1])
    table = _true_share(decided, band.astype(float), "from")
    table["to"] = table["from"].map(dict(pairwise(edges)))
    return table[["treaty", "from", "to", "replays", "states", "chance", "came_true"]]


def by_rating(replays: pd.DataFrame) -> pd.DataFrame:
    """Return how often states with a rating finished by the deadline in force.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``rating``, ``replays``, ``states``, ``chance`` (mean given)
        and ``came_true`` (share that met the deadline in force).
    """
    decided = _decided(replays)
    return _true_share(decided, decided["rating"], "rating")


@cached
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
        What `by_rating` returns, for the ledger's treaty; empty while nothing is decided.
    """
    today = then.require_day()
    assert then.rule is not None
    came = outcomes(then)
    parts = []
    for day in pd.date_range(then.treaty.first_entry_into_force, today, freq="YS"):
        view = then.as_of(day, then.rule)
        rated = status(view, thresholds).rename(columns={"status": "rating"})
        first_stock = positions(view).set_index("iso3")["reopened"].isna()
        rated = rated[
            rated["rating"].isin(["on target", "at risk", "off target"])
            & (rated["deadline"] < today)
            & rated["iso3"].map(first_stock)
        ]
        ends = came.reindex(rated["iso3"]).set_axis(rated.index)
        in_time = met_deadline(ends, rated["deadline"])
        rated = rated[["iso3", "deadline", "p_on_time", "rating"]]
        parts.append(rated.assign(treaty=then.treaty.id, day=day, in_time=in_time))
    return by_rating(pd.concat(parts, ignore_index=True))


def _decided(replays: pd.DataFrame) -> pd.DataFrame:
    """Replays before a deadline of which it is known whether it was met."""
    return replays[replays["in_time"].notna() & (replays["deadline"] >= replays["day"])]


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
        deadline = last["original_deadline"]
        if not last["open_until"] > deadline:
            continue
        quiet = (part["rating"] == "on target").to_numpy()
        after = int(np.flatnonzero(quiet)[-1]) + 1 if quiet.any() else 0
        warned = part["day"].iat[after] if after < len(part) else pd.NaT
        first, lead = part["day"].iat[0], (deadline - warned) / pd.Timedelta(days=YEAR)
        rows.append((treaty, iso3, last["state"], deadline, first, warned, lead))
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


#: The tables that a replay is summed up in, what each shows, and how it is made.
TABLES: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "scores": (
        "Error in years (CRPS; mean over states, with 90 per cent bootstrap ranges). "
        "gain: how much more the method errs than the projection.",
        scores,
    ),
    "calibration": (
        "How often ranges held the outcome, how wide they are (years), and the Brier "
        "score of the chance of being in time.",
        calibration,
    ),
    "reliability": ("How often what was given a chance came true.", reliability),
    "ratings": ("How often states with a rating finished by the deadline in force.", by_rating),
    "alarms": (
        "States that missed their original deadline: how long before the rating said so.",
        alarms,
    ),
    "false_alarms": (
        "States that met it although they were once not rated on target.",
        false_alarms,
    ),
}
