"""Replays made by hand, in the shape that `stockpile.track_record.backtest.replay` returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stockpile.track_record.backtest import METHODS, REPLAY_COLUMNS

_DATES = (
    "day original_deadline deadline planned_completion q10 q25 q50 q75 q90 outcome open_until"
).split()


def replays_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows as a frame with the types that ``replay`` returns; what is left out is filled in."""
    made = []
    for row in rows:
        day = pd.Timestamp(row.get("day", "2012-01-01"))
        ahead = {f"q{q}": day + pd.DateOffset(months=q) for q in (10, 25, 50, 75, 90)}
        plain: dict[str, Any] = dict.fromkeys(_DATES, pd.NaT) | {
            "treaty": "demo",
            "iso3": "PER",
            "state": "Peru",
            "day": day,
            "time_used": 0.2,
            "original_deadline": "2016-01-01",
            "deadline": "2016-01-01",
            "share_destroyed": np.nan,
            **ahead,
            "p_on_time": 0.9,
            "stock_known": "published",
            "late": False,
            **dict.fromkeys(("p_prior", "p_base", "chance_before", "chance_by"), 0.5),
            "log_projection": 1.0,
            "log_prior": 1.0,
            "rating": "on target",
            "outcome": "2015-01-01",
            "until": 1.0,
            "in_time": 1.0,
        }
        scores = {f"crps_{m}": i + 0.5 for i, m in enumerate(METHODS)}
        scores |= {f"crps_full_{m}": i + 0.5 for i, m in enumerate(METHODS)}
        made.append(plain | scores | row)
    frame = pd.DataFrame(made, columns=REPLAY_COLUMNS)
    for name in _DATES:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["finished"] = frame["outcome"].notna()
    last = frame["day"] + pd.to_timedelta((frame["until"] * 365.25).round(), unit="D")
    frame["open_until"] = frame["open_until"].fillna(frame["outcome"]).fillna(last)
    numbers = ["p_on_time", "until", "in_time", *(f"crps_{m}" for m in METHODS)]
    numbers += ["p_prior", "p_base", "chance_before", "chance_by", "log_projection", "log_prior"]
    return frame.astype(dict.fromkeys(numbers, float))
