"""Frames for the charts, and what to ask of a finished one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest
from sampleframes import DAY

from stockpile.plot.figures import _lay_out

_TOLD = {
    "state": "Peru",
    "unit": "mines",
    "episode": 0,
    "figure": "remaining",
    "value": np.nan,
    "qualifier": "exact",
    "period_start": pd.NaT,
    "date": pd.NaT,
    "source_id": "a",
    "kind": "monitor",
    "published": "2012-01-01",
    "role": "used",
    "why": "because",
}
_DATES = ["period_start", "date", "published"]


def said(iso3: str = "PER", **cells: Any) -> dict[str, Any]:
    """One statement, as ``stockpile.progress(ledger, explain=True)`` tells it."""
    return {"iso3": iso3} | _TOLD | cells


def told(*rows: dict[str, Any]) -> pd.DataFrame:
    """Statements as a frame."""
    frame = pd.DataFrame(list(rows), columns=["iso3", *_TOLD])
    for name in _DATES:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["value"] = frame["value"].astype("float64")
    frame["episode"] = frame["episode"].astype("int64")
    texts = [c for c in _TOLD if c not in (*_DATES, "value", "episode")]
    return frame.astype(dict.fromkeys(["iso3", *texts], "str"))


def projected(*rows: dict[str, Any]) -> pd.DataFrame:
    """Projections as `stockpile.project` returns them, of rows with what matters."""
    base: dict[str, Any] = {
        "iso3": "PER",
        "state": "Peru",
        "as_of": DAY,
        "deadline": "2018-08-01",
        "q10": "2014-01-01",
        "q25": "2015-01-01",
        "q50": "2016-01-01",
        "q75": "2017-01-01",
        "q90": "2018-01-01",
        "pace_needed": 0.1,
        "pace_kept_by": 1,
        "comparables": 4,
    }
    frame = pd.DataFrame([base | row for row in rows], columns=list(base))
    for name in ("as_of", "deadline", "q10", "q25", "q50", "q75", "q90"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame.astype(
        {
            "iso3": "str",
            "state": "str",
            "pace_needed": "float64",
            "pace_kept_by": "int64",
            "comparables": "int64",
        }
    )


def crossed(frames: Sequence[Any], *options: Sequence[Any]) -> list[Any]:
    """Parameters: each frame drawn in some ways, and in all ways by the slow tests.

    Among those in some ways every way is there.
    """
    ways = list(itertools.product(*options))
    made = []
    for i, frame in enumerate(frames):
        for j, way in enumerate(ways):
            slow = () if (i + j) % min(3, len(ways)) == 0 else pytest.mark.slow
            names = (getattr(option, "__name__", str(option)) for option in way)
            name = "-".join((str(frame.id), *names))
            made.append(pytest.param(*frame.values, *way, id=name, marks=slow))
    return made


def drawn(ax: Any) -> list[str]:
    """Lay out all that is drawn, so that a warning or a bad text fails the test; give all texts.

    It is laid out as for a page, which takes half as long as the general engine.
    """
    _lay_out(ax.figure)
    ax.figure.draw_without_rendering()
    texts = [t for t in ax.figure.findobj(mpl.text.Text) if t.get_visible()]
    return [t.get_text() for t in texts if t.get_text()]


def at(ax: Any, marker: str, **look: Any) -> list[tuple[str, float]]:
    """Where markers of a shape stand in the chart: day and height, rounded."""
    return [
        (f"{mdates.num2date(x):%Y-%m-%d}", round(float(y), 6))
        for line in ax.get_lines()
        if line.get_marker() == marker
        and line.get_transform() == ax.transData
        and all(getattr(line, f"get_{k}")() == v for k, v in look.items())
        for x, y in zip(
            np.atleast_1d(mdates.date2num(line.get_xdata())),
            np.atleast_1d(line.get_ydata()),
            strict=True,
        )
    ]


def legend(ax: Any) -> list[str]:
    """What the legend says."""
    box = ax.get_legend()
    return [] if box is None else [text.get_text() for text in box.get_texts()]
