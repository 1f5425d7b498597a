"""What the projection was to reach, what it reached, and both rules of knowing side by side.

The aims were set on the tables of an earlier day, on which the first version of the projection
had been scored. The record is fuller now, which moved that version's own scores; the *ratio
held* is the aim moved in the same proportion.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stockpile.track_record import scoring

_DRAWS = 2000


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
    errors = scoring.scores(replays).set_index(["treaty", "method"])
    fine = scoring.calibration(replays).set_index("treaty")
    alarms, false = scoring.alarms(replays), scoring.false_alarms(replays)
    rows = []
    for treaty, part in scoring.on_record(replays).groupby("treaty", sort=True):
        of_treaty, methods = fine.loc[treaty], errors.loc[str(treaty)]
        ours, others = methods.loc["projection"], methods["crps"].drop(["projection", "hindsight"])
        leads = alarms.loc[alarms["treaty"] == treaty, "lead_years"]
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
    shares = scoring.fifths(replays)
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
    known = {rule: scoring.on_record(one).set_index(keys) for rule, one in replays.items()}
    shared = functools.reduce(lambda a, b: a.intersection(b), (f.index for f in known.values()))
    rows = []
    for rule, frame in known.items():
        same = frame.loc[shared.sort_values()].reset_index()
        errors = scoring.scores(same).query("method == 'projection'").set_index("treaty")
        fine = scoring.calibration(same).set_index("treaty")
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
