"""Frames for the charts and pages, made by hand in the shape that the core returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

DAY = "2012-04-19"
#: Everything that a name can do to a chart or a page.
NASTY = """A<b>x</b> & "q" 'p' $x^2$ {{ 7*7 }} </section><script>alert(1)</script>"""

_DATES = (
    "entry_into_force original_deadline deadline completed projected earliest latest "
    "planned_completion last_report"
).split()
_COUNTS = "declared destroyed remaining share_destroyed retained p_on_time".split()
_TEXTS = {
    "membership": "State Party",
    "unit": "submunitions",
    "deadline_precision": "day",
    "deadline_basis": "computed",
    "completed_precision": "day",
    "declared_qualifier": "exact",
    "destroyed_qualifier": "exact",
    "remaining_qualifier": "exact",
    "evidence": "fair",
}


def state(name: str, rating: str, **cells: Any) -> dict[str, Any]:
    """One row of ``status``, filled in as its rating suggests."""
    row: dict[str, Any] = dict.fromkeys(_DATES, pd.NaT) | dict.fromkeys(_COUNTS, np.nan) | _TEXTS
    row |= {"iso3": name[:3].upper(), "state": name, "status": rating, "reports": 2}
    row |= {"had_stock": True, "reason": f"Because of what {name} said."}
    row |= {"entry_into_force": "2010-08-01", "original_deadline": "2018-08-01"}
    row |= {"deadline": "2018-08-01", "last_report": "2012-01-31", "declared": 1000.0}
    if rating.startswith("completed"):
        row |= {"completed": "2011-05-01", "remaining": 0.0, "share_destroyed": 1.0}
    elif rating in ("on target", "at risk", "off target", "overdue"):
        row |= {"destroyed": 400.0, "remaining": 600.0, "share_destroyed": 0.4, "p_on_time": 0.5}
        row |= {"projected": "2016-01-01", "earliest": "2014-01-01", "latest": "2020-01-01"}
    return row | cells


def status_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows as a frame with the types that ``stockpile.status`` returns."""
    columns = [*state("X", "no data")]
    frame = pd.DataFrame(list(rows), columns=columns)
    for name in _DATES:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    for name in _COUNTS:
        frame[name] = frame[name].astype("float64")
    frame["had_stock"] = frame["had_stock"].astype(bool)
    texts = [*_TEXTS, "iso3", "state", "status", "reason"]
    return frame.astype(dict.fromkeys(texts, "str"))


def many(n: int) -> pd.DataFrame:
    """A frame of n states with ratings of every kind."""
    kinds = ["completed"] * 12 + ["completed late", "on target", "at risk", "overdue", "no data"]
    rows = []
    for i in range(n):
        rating = kinds[i % len(kinds)]
        done = {"completed": f"20{10 + i % 9:02d}-0{1 + i % 9}-11"} if "comp" in rating else {}
        rows.append(state(f"State {i}", rating, iso3=f"S{i:02d}", **done))
    return status_of(*rows)


def progress_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Rows of (iso3, unit, episode, date, declared, remaining) as ``stockpile.progress``."""
    names = ["iso3", "unit", "episode", "date", "declared", "remaining"]
    frame = pd.DataFrame(list(rows), columns=names)
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[us]")
    frame[["declared", "remaining"]] = frame[["declared", "remaining"]].astype("float64")
    frame["destroyed"] = frame["declared"] - frame["remaining"]
    frame["share_destroyed"] = frame["destroyed"] / frame["declared"]
    frame = frame.assign(state=frame["iso3"], remaining_qualifier="exact")
    return frame.astype(dict.fromkeys(["iso3", "unit", "state", "remaining_qualifier"], "str"))
