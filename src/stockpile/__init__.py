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

from stockpile.ledger import Ledger, load, packaged
from stockpile.progress import conflicts, progress
from stockpile.projection import chances, project
from stockpile.status import RATINGS, Thresholds, changes, status
from stockpile.treaty import DataError, Treaty

__version__ = "0.1.0"

__all__ = [
    "RATINGS",
    "DataError",
    "Ledger",
    "Thresholds",
    "Treaty",
    "chances",
    "changes",
    "conflicts",
    "load",
    "packaged",
    "plot",
    "progress",
    "project",
    "status",
]


def __getattr__(name: str) -> ModuleType:
    """Import the charts when they are first asked for; the rest needs no matplotlib."""
    if name == "plot":
        return importlib.import_module("stockpile.plot")
    raise AttributeError(f"module 'stockpile' has no attribute {name!r}")
