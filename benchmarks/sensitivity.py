"""How far the scores hang on the choices that the method makes.

Replays the past under other priors and other weights and prints the mean error
(CRPS in years) of each: what `docs/method.md` says of choices comes from here.
Nothing is tuned by it. It takes a minute or so; the views of each day are made once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import stockpile as sp
from stockpile.forecast import projection
from stockpile.track_record import backtest, scoring

PRIOR = projection._PRIOR
PHASES = projection._PHASES


def prior(**changes: float) -> np.ndarray:
    """The prior with some of its numbers replaced."""
    out = PRIOR.copy()
    for place, value in changes.items():
        out[int(place[1:])] = np.log(value)
    return out


FLAT = PRIOR.copy()
FLAT[:PHASES] = np.log(0.5)
FLAT[PHASES:] = 0.0

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "prior alone, nothing learnt": {"_PRIOR_WEIGHT": 1e9},
    "prior held by 1 state": {"_PRIOR_WEIGHT": 1.0},
    "prior held by 10 states": {"_PRIOR_WEIGHT": 10.0},
    "flat prior: half of the states each year, whatever is known": {"_PRIOR": FLAT},
    "all prior rates halved": {"_PRIOR": PRIOR - np.log(2) * (np.arange(len(PRIOR)) < PHASES)},
    "all prior rates doubled": {"_PRIOR": PRIOR + np.log(2) * (np.arange(len(PRIOR)) < PHASES)},
    "no rush in the last month in the prior": {"_PRIOR": prior(_4=1.5)},
    "no pull of the announced date in the prior": {"_PRIOR": prior(_7=1.0, _8=1.0)},
    "no effect of the share in the prior": {"_PRIOR": prior(_10=1.0)},
    "other treaties not used": {"_OTHER_TREATY": 1e-9},
    "other treaties in full": {"_OTHER_TREATY": 1.0},
}


def main() -> None:
    """Print a line for each variant."""
    ledgers = [sp.load("ccm"), sp.load("apmbc")]
    plain = {
        name: getattr(projection, name) for name in ("_PRIOR", "_PRIOR_WEIGHT", "_OTHER_TREATY")
    }
    print(
        f"{'':62}{'apmbc':>16}{'ccm':>16}\n{'':62}{'crps  in80 brier':>16}{'crps  in80 brier':>18}"
    )
    for title, changes in VARIANTS.items():
        for name, value in (plain | changes).items():
            setattr(projection, name, value)
        replays = backtest.replay(ledgers)
        table = scoring.scores(replays, draws=1).query("method == 'projection'")
        fine = scoring.calibration(replays, draws=1).set_index("treaty")
        cells = [
            f"{row.crps:.3f} {fine.inside_80[row.treaty]:.2f} {fine.brier[row.treaty]:.3f}"
            for row in table.itertuples()
        ]
        print(f"{title:62}{cells[0]:>16}{cells[1]:>18}", flush=True)


if __name__ == "__main__":
    main()
