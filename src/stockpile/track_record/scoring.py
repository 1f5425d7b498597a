"""What came of the projections of a replay: scores, calibration, alarms.

Every day of every state counts the same: the weight of a forecast is fixed on the day that it
is made. A mean of each state's mean gives heavy days to who finishes soon, which is not
known on the day, and so rewards a forecaster who promises too much. Ranges come from
drawing states, with all their days, by a fixed seed.

The aims were set on the tables of an earlier day, on which the first version of the projection
had been scored. The record is fuller now, which moved that version's own scores; the *ratio
held* is the aim moved in the same proportion.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common.cache import cached
from stockpile.forecast.history import YEAR, landmarks
from stockpile.forecast.projection import other_treaties
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import Thresholds, status
from stockpile.stock.position import positions
from stockpile.track_record.backtest import METHODS, met_deadline, outcomes

_DRAWS = 2000
#: Chances are held to this, so that one that was sure and wrong is no infinite loss.
_SURE = 0.001
#: Where strata of the time used end.
_STRATA = [0.0, 0.25, 0.5, 0.75, 1.0, np.inf]


def on_record(replays: pd.DataFrame) -> pd.DataFrame:
    """Leave out the days on which no stock of the state was on record, which are shown apart."""
    return replays[replays["stock_known"] != "unknown"]


def scores(replays: pd.DataFrame, *, draws: int = _DRAWS) -> pd.DataFrame:
    """Return the mean score of each forecaster, with ranges.

    ``draws`` states by a fixed seed.

    Columns: ``treaty``, ``method``, ``states``, ``replays``, ``crps`` (years, over the next ten;
    mean over state-days), ``low`` and ``high`` (its 90 per cent range), ``gain``, ``gain_low``,
    ``gain_high``: how much more the method errs than the projection; and ``crps_full`` (over the
    full horizon). A gain whose range includes 0 is no difference that the record supports.
    """
    rows = []
    for treaty, part in on_record(replays).groupby("treaty", sort=True):
        ours = part["crps_projection"]
        for method in METHODS:
            error = part[f"crps_{method}"]
            counts = part["iso3"].nunique(), len(part)
            ranges = (x for e in (error, error - ours) for x in _mean_range(e, part["iso3"], draws))
            rows.append((treaty, method, *counts, *ranges, part[f"crps_full_{method}"].mean()))
    columns = ["treaty", "method", "states", "replays", "crps", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "gain", "gain_low", "gain_high", "crps_full"])


def calibration(replays: pd.DataFrame, *, draws: int = _DRAWS) -> pd.DataFrame:
    """Return how often ranges held the outcome, and how good the chances were.

    For each ``treaty``: ``inside_50`` and ``inside_80`` (share of outcomes inside the range; aim
    0.5 and 0.8) with their ranges ``inside_50_low`` to ``inside_80_high``, ``width_50`` and
    ``width_80`` (median, years), ``pit_1`` to ``pit_5`` (share of what came in each fifth of what
    was projected; aim 0.2; what is open or a range is spread over it), ``brier`` with
    ``brier_low`` and ``brier_high``, ``brier_prior`` and ``brier_base`` (mean squared error of
    the chance of meeting the deadline in force; with nothing learnt; of the base rate of the
    day), ``gain``, ``gain_low`` and ``gain_high`` (by how much the base rate errs more),
    ``log_chance`` and ``log_base`` (log score of these chances), ``log_score`` and ``log_prior``
    (of the dates, per year). All are means over state-days.
    """
    rows = []
    for treaty, part in on_record(replays).groupby("treaty", sort=True):
        decided = _decided(part)
        brier, prior, base = (
            (decided[name] - decided["in_time"]) ** 2 for name in ("p_on_time", "p_prior", "p_base")
        )
        row: dict[str, object] = {"treaty": treaty}
        for name, low, high in (("inside_50", "q25", "q75"), ("inside_80", "q10", "q90")):
            held, states = _held(part, low, high)
            row |= _named(name, _mean_range(held, states, draws))
            row[f"width_{name[-2:]}"] = (part[high] - part[low]).dt.days.median() / YEAR
        row |= {f"pit_{i + 1}": share for i, share in enumerate(_fifths(part))}
        row |= _named("brier", _mean_range(brier, decided["iso3"], draws))
        row |= {"brier_prior": prior.mean(), "brier_base": base.mean()}
        row |= _named("gain", _mean_range(base - brier, decided["iso3"], draws))
        row |= {
            "log_chance": _log_loss(decided["p_on_time"], decided["in_time"]).mean(),
            "log_base": _log_loss(decided["p_base"], decided["in_time"]).mean(),
            "log_score": part["log_projection"].mean(),
            "log_prior": part["log_prior"].mean(),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _named(name: str, values: tuple[float, float, float]) -> dict[str, object]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _log_loss(chance: pd.Series, came: pd.Series) -> pd.Series:
    """Log score of a chance: the less, the better."""
    given = chance.clip(_SURE, 1 - _SURE)
    loss: pd.Series = -np.log(given.where(came == 1, 1 - given))
    return loss


def _held(replays: pd.DataFrame, low: str, high: str) -> tuple[pd.Series, pd.Series]:
    """Whether the range held the outcome, of the replays that have one; and their states."""
    done = replays[replays["finished"].astype(bool)]
    # A range whose end lies beyond the horizon holds all that comes after its begin.
    inside = (done["outcome"] >= done[low]) & ~(done["open_until"] > done[high])
    return inside.astype(float), done["iso3"]


def _fifths(replays: pd.DataFrame) -> NDArray[np.float64]:
    """Share of what came that fell into each fifth of what was projected (PIT)."""
    shares = fifths(replays).sum(axis=0)
    total = shares.sum()
    return np.asarray(shares / total if total else shares * np.nan, dtype=np.float64)


def fifths(replays: pd.DataFrame) -> NDArray[np.float64]:
    """Into which fifths of what was projected each outcome fell: a row for each, that adds to 1."""
    edges = np.linspace(0, 1, 6)
    low = replays["chance_before"].to_numpy(float)
    high = np.where(replays["finished"].astype(bool), replays["chance_by"].to_numpy(float), 1.0)
    low = np.clip(low, 0.0, high - 1e-9)  # a day is a range, too
    width = (high - low)[:, None]
    inside = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    return np.asarray(np.clip(inside / width, 0.0, 1.0), dtype=np.float64)


def _mean_range(values: pd.Series, states: pd.Series, draws: int) -> tuple[float, float, float]:
    """Mean over state-days, and its 90 per cent range by drawing states."""
    known = values.notna().to_numpy()
    if not known.any():
        return float("nan"), float("nan"), float("nan")
    _, state = np.unique(states.to_numpy()[known].astype(str), return_inverse=True)
    numbers = values.to_numpy(float)[known]
    sums, counts = np.bincount(state, numbers), np.bincount(state)
    pick = np.random.default_rng(0).integers(0, len(sums), (draws, len(sums)))
    means = sums[pick].sum(axis=1) / counts[pick].sum(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(numbers.mean()), float(low), float(high)


def strata(replays: pd.DataFrame) -> pd.DataFrame:
    """Return the scores by how much of the allowed time was used, and by how the stock was known.

    Columns: ``treaty``, ``by`` (``time used``, ``stock known`` or ``own word``), ``part``,
    ``replays``, ``states``, ``crps``, ``crps_prior``, ``decided`` (replays whose deadline has
    been), ``chance`` (mean given), ``came_true`` and ``brier``. Days on which no stock was on
    record are in the second alone.
    """
    labels = ["first quarter", "second quarter", "third quarter", "last quarter", "beyond"]
    used = pd.cut(replays["time_used"].astype(float), _STRATA, labels=labels, include_lowest=True)
    late = replays["late"].astype(bool).map({True: "beyond the deadline", False: "not"})
    known = on_record(replays)
    parts = [
        ("time used", known, used.astype("str")),
        ("stock known", replays, replays["stock_known"]),
        ("own word", known, late),
    ]
    rows = []
    for name, of_all, key in parts:
        for (treaty, part), group in of_all.groupby(["treaty", key.loc[of_all.index]], sort=True):
            decided = _decided(group)
            brier = ((decided["p_on_time"] - decided["in_time"]) ** 2).mean()
            means = (group["crps_projection"].mean(), group["crps_prior"].mean())
            chance, true = decided["p_on_time"].mean(), decided["in_time"].mean()
            row = (treaty, name, part, len(group), group["iso3"].nunique(), *means)
            rows.append((*row, len(decided), chance, true, brier))
    columns = "treaty by part replays states crps crps_prior decided chance came_true brier"
    out = pd.DataFrame(rows, columns=columns.split())
    order = {name: i for i, name in enumerate([*labels, "published", "by rule", "unknown"])}
    return out.sort_values(
        ["treaty", "by", "part"], key=lambda c: c.map(order).fillna(9) if c.name == "part" else c
    ).reset_index(drop=True)


def misses(replays: pd.DataFrame) -> pd.DataFrame:
    """Return how many missed deadlines were to be expected, and how many came.

    Columns: ``treaty``, ``days`` (first days of January with a state before a deadline that is
    decided by now), ``expected`` and ``came`` (a day, on average), and ``expected_prior``.
    """
    decided = _decided(on_record(replays))
    january = decided[decided["day"].dt.month == 1]
    rows = []
    for treaty, part in january.groupby("treaty", sort=True):
        days = part["day"].nunique()
        sums = [(1 - part[name]).sum() / days for name in ("p_on_time", "in_time", "p_prior")]
        rows.append((treaty, days, *sums))
    return pd.DataFrame(rows, columns=["treaty", "days", "expected", "came", "expected_prior"])


def reliability(replays: pd.DataFrame) -> pd.DataFrame:
    """Return how often what was given a chance came true.

    Columns: ``treaty``, ``from`` and ``to`` (bounds of the chance given), ``replays``,
    ``states``, ``chance`` (mean given) and ``came_true`` (share that met the deadline in force).
    """
    decided = _decided(on_record(replays))
    edges = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0]
    band = pd.cut(decided["p_on_time"], edges, include_lowest=True, labels=edges[:-1])
    table = _true_share(decided, band.astype(float), "from")
    table["to"] = table["from"].map(dict(pairwise(edges)))
    return table[["treaty", "from", "to", "replays", "states", "chance", "came_true"]]


def by_rating(replays: pd.DataFrame) -> pd.DataFrame:
    """Return how often states with a rating finished by the deadline in force.

    Columns: ``treaty``, ``rating``, ``replays``, ``states``, ``chance`` (mean given) and
    ``came_true`` (share that met the deadline in force).
    """
    decided = _decided(on_record(replays))
    return _true_share(decided, decided["rating"], "rating")


@cached
def past_ratings(then: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Return how often ratings like today's came true, as far as was known on the day.

    The ratings of every first of January, each with what was known then, of states
    whose deadline in force then has passed by the as-of day.

    What `by_rating` returns, for the ledger's treaty; empty while nothing is decided.
    """
    today = then.require_day()
    assert then.rule is not None
    came = outcomes(then)
    parts = []
    days = pd.date_range(then.treaty.first_entry_into_force, today, freq="YS")
    for day in days if len(days) else [today]:  # of today alone nothing is decided
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
        parts.append(rated.assign(treaty=then.treaty.id, day=day, in_time=in_time, stock_known=""))
    if not parts:
        return pd.DataFrame(
            columns=["treaty", "rating", "replays", "states", "chance", "came_true"]
        )
    return by_rating(pd.concat(parts, ignore_index=True))


@cached
def own_words(then: Ledger) -> tuple[int, int]:
    """Count the cases in which a state told that it would be late, and those that were in time.

    A case is a state on a first of January, of this or another treaty, whose own date or request
    lay beyond the deadline in force, and of which it is known by the as-of day whether it met
    that deadline.

    >>> import stockpile as sp
    >>> own_words(sp.load("ccm").as_of("1999-01-01"))
    (0, 0)
    """
    cases = met = 0
    for known in (then, *other_treaties(then)):
        past = landmarks(known)
        past = past[past["late"] & (past["to_deadline"] >= 0) & (past["day"].dt.month == 1)]
        due = past["day"] + pd.to_timedelta((past["to_deadline"] * YEAR).round(), unit="D")
        in_time = met_deadline(outcomes(known).reindex(past["iso3"]).set_axis(past.index), due)
        cases, met = cases + int((~np.isnan(in_time)).sum()), met + int(np.nansum(in_time))
    return cases, met


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

    Columns: ``treaty``, ``iso3``, ``state``, ``original_deadline``, ``first_seen`` (first
    replay), ``warned`` (first replay from which the rating was never ``on target`` again until
    the original deadline; ``NaT`` if there was none) and ``lead_years`` (from there to the
    original deadline).
    """
    known = on_record(replays)
    before = known[known["day"] <= known["original_deadline"]]
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

    Columns: ``treaty``, ``iso3``, ``state``, ``replays`` (how many days it was not ``on target``)
    and ``of`` (how many days it was replayed).
    """
    known = on_record(replays)
    met = known[known["outcome"] <= known["original_deadline"]]
    counted = met.assign(off=met["rating"] != "on target").groupby(["treaty", "iso3", "state"])
    table = counted.agg(replays=("off", "sum"), of=("off", "size")).reset_index()
    return table[table["replays"] > 0].reset_index(drop=True)


#: The tables that a replay is summed up in, what each shows, and how it is made.
TABLES: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "scores": (
        "Error in years over the next ten (CRPS; mean over state-days, with 90 per cent ranges by "
        "drawing states). gain: how much more the method errs than the projection.",
        scores,
    ),
    "calibration": (
        "How often ranges held the outcome, how wide they are (years), where in them it fell, and "
        "the Brier and log scores of the chance of being in time.",
        calibration,
    ),
    "misses": ("Missed deadlines on a first of January: expected, and come.", misses),
    "strata": (
        "By the time used, by how the stock was known, and by the state's own word.",
        strata,
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


class Aim(NamedTuple):
    """What one figure of a treaty was to reach."""

    least: float = -np.inf
    most: float = np.inf
    #: What the first version scored when the aim was set.
    then: float = np.nan

    def reached(self, value: float) -> bool:
        """Whether a figure reaches it, as it is printed with three decimals."""
        return bool(self.least <= round(value, 3) <= self.most)

    def words(self) -> str:
        """The aim as it is printed."""
        if np.isinf(self.least):
            return f"at most {self.most:g}"
        if np.isinf(self.most):
            return f"at least {self.least:g}"
        return f"{self.least:g} to {self.most:g}"


#: The aims by figure and treaty, and what the first version scores today; see the file.
_FIGURES = tomllib.loads(Path(__file__).with_name("aims.toml").read_text(encoding="utf-8"))
FIGURES = {name: figure["title"] for name, figure in _FIGURES.items()}


def aim_of(name: str, treaty: str) -> Aim | None:
    """What a figure of a treaty was to reach, if anything."""
    given = {key: one for key, one in _FIGURES[name].get(treaty, {}).items() if key != "earlier"}
    return Aim(**given) if given else None


def earlier(name: str, treaty: str) -> float:
    """What the first version scores on the tables of today."""
    return float(_FIGURES[name].get(treaty, {}).get("earlier", np.nan))


def held(name: str, treaty: str) -> float:
    """Return the aim in proportion to what the first version scores on the tables of today.

    >>> round(held("crps", "ccm"), 2)  # 1.21 of 1.39, and so of 1.205
    1.05
    """
    aim = aim_of(name, treaty) or Aim()
    return aim.most / aim.then * earlier(name, treaty) if np.isfinite(aim.most) else np.nan


def against_aims(replays: pd.DataFrame) -> pd.DataFrame:
    """Return each figure that has an aim, with its range, and whether the aim was reached.

    Columns: ``treaty``, ``figure``, ``value``, ``low`` and ``high`` (90 per cent range by drawing
    states; missing for counts), ``baseline`` (the best one, by its name and score), ``aim``,
    ``ratio_held`` (the aim, moved as the first version's own score has moved), ``reached``, and
    ``in_the_way`` (where the aim or its ratio is missed).
    """
    errors = scores(replays).set_index(["treaty", "method"])
    fine = calibration(replays).set_index("treaty")
    warned, false = alarms(replays), false_alarms(replays)
    rows = []
    for treaty, part in on_record(replays).groupby("treaty", sort=True):
        of_treaty, methods = fine.loc[treaty], errors.loc[str(treaty)]
        ours, others = methods.loc["projection"], methods["crps"].drop(["projection", "hindsight"])
        leads = warned.loc[warned["treaty"] == treaty, "lead_years"]
        best = f"{others.idxmin()} {others.min():.3f}"
        base = f"base rate {of_treaty['brier_base']:.3f}, prior {of_treaty['brier_prior']:.3f}"
        found: dict[str, tuple[Any, Any, Any, str]] = {
            "crps": (ours["crps"], ours["low"], ours["high"], best),
            "brier": (*of_treaty[["brier", "brier_low", "brier_high"]], base),
            "inside_80": (*of_treaty[["inside_80", "inside_80_low", "inside_80_high"]], ""),
            "largest_fifth": (*largest_fifth(part), ""),
            "not_warned": (leads.isna().sum(), np.nan, np.nan, f"of {len(leads)}"),
            "median_lead": (leads.median(), np.nan, np.nan, ""),
            "false_alarms": ((false["treaty"] == treaty).sum(), np.nan, np.nan, _met(part)),
        }
        for name, (value, low, high, beside) in found.items():
            aim = aim_of(name, str(treaty))
            limit, obstacles = held(name, str(treaty)), _FIGURES[name].get("in_the_way", {})
            good = aim is None or aim.reached(value)
            short = aim is not None and (not good or round(value, 3) > round(limit, 3))
            rows.append(
                {
                    "treaty": treaty,
                    "figure": FIGURES[name],
                    "value": value,
                    "low": low,
                    "high": high,
                    "baseline": beside,
                    "aim": "none" if aim is None else aim.words(),
                    "ratio_held": limit,
                    "reached": "" if aim is None else "yes" if good else "no",
                    "in_the_way": obstacles.get(str(treaty), "") if short else "",
                }
            )
    columns = "treaty figure value low high baseline aim ratio_held reached in_the_way"
    return pd.DataFrame(rows, columns=columns.split())


def _met(replays: pd.DataFrame) -> str:
    """Of how many states a false alarm could have been given."""
    met = replays[replays["outcome"] <= replays["original_deadline"]]
    return f"of {met['iso3'].nunique()}"


def largest_fifth(replays: pd.DataFrame) -> tuple[float, float, float]:
    """Return the largest fifth of the PIT of one treaty's replays, and its 90 per cent range."""
    shares = fifths(replays)
    _, state = np.unique(replays["iso3"].to_numpy().astype(str), return_inverse=True)
    sums = np.array([np.bincount(state, column) for column in shares.T]).T
    pick = np.random.default_rng(0).integers(0, len(sums), (_DRAWS, len(sums)))
    drawn = sums[pick].sum(axis=1)
    low, high = np.quantile((drawn / drawn.sum(axis=1, keepdims=True)).max(axis=1), [0.05, 0.95])
    whole = shares.sum(axis=0)
    return float((whole / whole.sum()).max()), float(low), float(high)


def both_rules(replays: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the scores by several rules of knowing, on the days of states that all have.

    Columns: ``treaty``, ``rule``, ``replays``, ``states``, ``crps`` with ``low`` and ``high``,
    ``brier``, ``inside_50``, ``inside_80`` and ``largest_fifth``.
    """
    keys = ["treaty", "iso3", "day"]
    known = {rule: on_record(one).set_index(keys) for rule, one in replays.items()}
    shared = functools.reduce(lambda a, b: a.intersection(b), (f.index for f in known.values()))
    rows = []
    for rule, frame in known.items():
        same = frame.loc[shared.sort_values()].reset_index()
        errors = scores(same).query("method == 'projection'").set_index("treaty")
        fine = calibration(same).set_index("treaty")
        for treaty, part in same.groupby("treaty", sort=True):
            of_treaty = fine.loc[treaty, ["brier", "inside_50", "inside_80"]]
            rows.append(
                {"treaty": treaty, "rule": rule}
                | errors.loc[treaty, ["replays", "states", "crps", "low", "high"]].to_dict()
                | of_treaty.to_dict()
                | {"largest_fifth": largest_fifth(part)[0]}
            )
    columns = "treaty rule replays states crps low high brier inside_50 inside_80 largest_fifth"
    table = pd.DataFrame(rows, columns=columns.split())
    table = table.astype({"replays": int, "states": int})
    return table.sort_values(["treaty", "rule"], ignore_index=True)
