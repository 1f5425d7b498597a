"""Write the scores in docs/method.md and README.md from the replay: python tools/method_page.py.

Each table stands between two comments with its name. That of choices replays the past under
other priors and weights, which takes a minute or two; nothing is tuned by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

import stockpile as sp
from stockpile.common.english import count, day, sentence
from stockpile.common.english import percent as in_percent
from stockpile.forecast import projection
from stockpile.plot.style import RATING_STYLE
from stockpile.rating.status import Thresholds
from stockpile.track_record import backtest, scoring, summary

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs" / "method.md", ROOT / "README.md")
TREATIES = {"apmbc": "Mine Ban Convention", "ccm": "CCM"}

PRIOR, PHASES = projection._PRIOR, projection._PHASES
_IS_RATE = np.arange(len(PRIOR)) < PHASES


def prior(**changes: float) -> np.ndarray:
    """The prior with some of its numbers replaced."""
    out = PRIOR.copy()
    for place, value in changes.items():
        out[int(place[1:])] = np.log(value)
    return out


#: What is changed in `stockpile.forecast.projection` for each line of the table of choices.
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "prior alone, nothing learnt": {"_PRIOR_WEIGHT": 1e9},
    "prior held by 1 state instead of 3": {"_PRIOR_WEIGHT": 1.0},
    "prior held by 10 states": {"_PRIOR_WEIGHT": 10.0},
    "flat prior: half of the states each year, whatever is known": {
        "_PRIOR": np.where(_IS_RATE, np.log(0.5), 0.0)
    },
    "all prior rates halved": {"_PRIOR": PRIOR - np.log(2) * _IS_RATE},
    "all prior rates doubled": {"_PRIOR": PRIOR + np.log(2) * _IS_RATE},
    "no rush in the last month in the prior": {"_PRIOR": prior(_4=1.5)},
    "no pull of the announced date in the prior": {"_PRIOR": prior(_7=1.0, _8=1.0)},
    "no effect of the share in the prior": {"_PRIOR": prior(_10=1.0)},
    "other treaties not used": {"_OTHER_TREATY": 1e-9},
    "other treaties in full": {"_OTHER_TREATY": 1.0},
}


def replays(**options: Any) -> pd.DataFrame:
    """Every half-year of both treaties."""
    return backtest.replay([sp.load(treaty) for treaty in ("ccm", "apmbc")], **options)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def scores(table: pd.DataFrame) -> str:
    """The error of each forecaster, with its range."""
    by_method = table.set_index(["method", "treaty"])
    states = table.groupby("treaty")["states"].first()
    rows = []
    for method in backtest.METHODS:
        found = [by_method.loc[(method, treaty)] for treaty in TREATIES]
        cells = [summary.with_range(row["crps"], row["low"], row["high"]) for row in found]
        rows.append([sentence(backtest.METHOD_NAMES[method]), *cells])
    heads = [f"{name} ({states[treaty]} states)" for treaty, name in TREATIES.items()]
    return markdown(["Forecaster", *heads], rows)


def aims(table: pd.DataFrame, calibration: pd.DataFrame) -> str:
    """What the projection was to reach, and what it reached."""
    error = table.pivot(index="treaty", columns="method", values="crps")
    fine = calibration.set_index("treaty")
    lines: dict[tuple[str, str], pd.Series] = {
        ("error, of that of the pace", "half; a quarter"): (
            error["projection"] / error["pace"]
        ).map(summary.years),
        ("error in years", "0.87; 1.15"): error["projection"].map(summary.years),
        ("80 per cent ranges that held the outcome", "0.75 to 0.85"): fine.apply(
            lambda row: summary.with_range(*row[["inside_80", "inside_80_low", "inside_80_high"]]),
            axis=1,
        ),
        ("50 per cent ranges that held the outcome", "0.5"): fine["inside_50"].map(summary.years),
        ("Brier score of the chance of being in time", "below the base rate's"): fine.apply(
            lambda row: f"{row['brier']:.3f}, base {row['brier_base']:.3f}", axis=1
        ),
    }
    rows = [[*key, *(column[treaty] for treaty in TREATIES)] for key, column in lines.items()]
    return markdown(["", "aim", *TREATIES.values()], rows)


def _shares(table: pd.DataFrame, key: str, label: Any) -> Iterator[list[str]]:
    """How often each group came true, a line for each, a cell for each treaty."""
    for value, part in table.groupby(key, sort=False):
        by_treaty = part.set_index("treaty")
        cells = []
        for treaty in TREATIES:
            if treaty not in by_treaty.index:
                cells.append("none given")
                continue
            row = by_treaty.loc[treaty]
            share = in_percent(row["came_true"], " per cent") if row["came_true"] else "none"
            cells.append(f"{share} of {row['replays']:.0f} ({count(int(row['states']), 'state')})")
        yield [label(value, part.iloc[0]), *cells]


def ratings(found: pd.DataFrame) -> str:
    """How often each rating came true."""
    order = {rating: -style.order for rating, style in RATING_STYLE.items()}
    table = scoring.by_rating(found).sort_values("rating", key=lambda r: r.map(order))
    heads = [f"{name}: in time" for name in TREATIES.values()]
    return markdown(["rating on the day", *heads], _shares(table, "rating", lambda v, _: v))


def chances(found: pd.DataFrame) -> str:
    """How often what was given a chance came true."""
    table = scoring.reliability(found).sort_values("from", ascending=False)
    heads = [f"{name}: in time" for name in TREATIES.values()]
    rows = _shares(table, "from", lambda low, row: summary.band(low, row["to"]))
    return markdown(["chance given on the day", *heads], rows)


def alarms(found: pd.DataFrame) -> str:
    """Who missed the original deadline, and how long before it the rating said so."""
    table = scoring.alarms(found).sort_values(["lead_years", "state"], ascending=[False, True])
    rows = [
        [
            row["state"],
            TREATIES[row["treaty"]],
            day(row["original_deadline"]),
            "never" if pd.isna(row["warned"]) else day(row["warned"]),
            "none" if pd.isna(row["lead_years"]) else f"{row['lead_years']:.1f}",
        ]
        for row in table.to_dict("records")
    ]
    return markdown(
        ["state", "treaty", "original deadline", "not `on target` from", "years before"], rows
    )


def thresholds() -> str:
    """What other thresholds for `on target` would have given."""
    rows = []
    for limit in (0.8, 0.85, 0.9):
        found = replays(hindsight=False, thresholds=Thresholds(on_target=limit))
        lead = scoring.alarms(found)["lead_years"]
        rated = scoring.by_rating(found).query("rating == 'on target'").set_index("treaty")
        true = [in_percent(rated.loc[treaty, "came_true"], " per cent") for treaty in TREATIES]
        rows.append(
            [
                f"{limit:.2f}{' (as it is)' if limit == Thresholds().on_target else ''}",
                *true,
                f"{lead.notna().sum()} of {len(lead)}, {lead.min():.1f} to {lead.max():.1f} years",
                f"{len(scoring.false_alarms(found))} states",
            ]
        )
    heads = [f"{name}: came true" for name in TREATIES.values()]
    return markdown(["`on target` from", *heads, "warned before it was missed", "in vain"], rows)


def choices() -> str:
    """Error, coverage and Brier score under other priors and weights."""
    rows = []
    for title, changes in VARIANTS.items():
        with patch.multiple(projection, **{"_PRIOR": PRIOR} | changes):
            found = replays(hindsight=False)
        table = scoring.scores(found, draws=1).query("method == 'projection'").set_index("treaty")
        fine = scoring.calibration(found, draws=1).set_index("treaty")
        cells = [
            f"{table.crps[treaty]:.3f}, {fine.inside_80[treaty]:.2f}, {fine.brier[treaty]:.3f}"
            for treaty in TREATIES
        ]
        rows.append([title, *cells])
    return markdown(["variant", *TREATIES.values()], rows)


def headline(table: pd.DataFrame, found: pd.DataFrame) -> str:
    """The record in two sentences, for the README."""
    by_treaty = table.pivot(index="method", columns="treaty", values="crps").map(summary.years)
    errs = {
        name: " and ".join(row[treaty] for treaty in TREATIES) for name, row in by_treaty.iterrows()
    }
    rated = scoring.by_rating(found).query("rating == 'on target'").set_index("treaty")
    true = " and ".join(in_percent(rated.loc[treaty, "came_true"], "") for treaty in TREATIES)
    return (
        "On the Mine Ban Convention and on the Convention on Cluster Munitions the projection\n"
        f"errs by {errs['projection']} years on average; the state's own announced date by "
        f"{errs['announced']}, a straight line\nthrough the observed pace by {errs['pace']}. "
        f"States rated `on target` were in time in {true}\nper cent of the cases."
    )


def parts(found: pd.DataFrame) -> dict[str, str]:
    """What stands between the comments, by name, all but the choices."""
    table = scoring.scores(found)
    return {
        "scores": scores(table),
        "aims": aims(table, scoring.calibration(found)),
        "ratings": ratings(found),
        "alarms": alarms(found),
        "thresholds": thresholds(),
        "chances": chances(found),
        "headline": headline(table, found),
    }


def filled(page: str, texts: Mapping[str, str]) -> str:
    """A page with the texts between their comments."""
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{texts[found[2]]}\n{found[3]}" if found[2] in texts else found[0],
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    texts = {**parts(replays()), "choices": choices()}
    for path in PAGES:
        path.write_text(filled(path.read_text(encoding="utf-8"), texts), encoding="utf-8")
