"""Follow how states destroy the weapons they have promised to destroy.

Examples
--------
>>> import stockpile as sp
>>> then = sp.load("ccm").as_of("2012-04-19")
>>> sp.status(then).query("iso3 == 'GBR'")[["membership", "deadline"]].values.tolist()
[['State Party', Timestamp('2018-11-01 00:00:00')]]
"""

from __future__ import annotations

import importlib
from types import ModuleType

from stockpile.compliance import (
    allegations,
    legislation,
    membership,
    scorecard,
    transparency,
    views,
)
from stockpile.ledger import Ledger, load, packaged
from stockpile.limits import Limits
from stockpile.progress import conflicts, progress
from stockpile.projection import chances, project
from stockpile.ratings import ratings_by_day
from stockpile.read import read
from stockpile.snapshot import Snapshot, read_snapshot, snapshot
from stockpile.statements import statements
from stockpile.status import RATINGS, Thresholds, status
from stockpile.treaty import DataError, Treaty
from stockpile.what_changed import Changes, what_changed

__version__ = "0.1.0"

__all__ = [
    "RATINGS",
    "Changes",
    "DataError",
    "Ledger",
    "Limits",
    "Snapshot",
    "Thresholds",
    "Treaty",
    "allegations",
    "chances",
    "conflicts",
    "legislation",
    "load",
    "membership",
    "packaged",
    "plot",
    "progress",
    "project",
    "ratings_by_day",
    "read",
    "read_snapshot",
    "scorecard",
    "snapshot",
    "statements",
    "status",
    "transparency",
    "views",
    "what_changed",
]


def __getattr__(name: str) -> ModuleType:
    """Import the charts when they are first asked for; the rest needs no matplotlib."""
    if name == "plot":
        return importlib.import_module("stockpile.plot")
    raise AttributeError(f"module 'stockpile' has no attribute {name!r}")
