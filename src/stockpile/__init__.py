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
from typing import TYPE_CHECKING

from stockpile._version import __version__ as __version__
from stockpile.common import DataError, Limits, show_versions
from stockpile.common.shipped import how_to_install
from stockpile.ledger import Ledger, cite, load, packaged, read
from stockpile.rating import RATINGS, Changes, Snapshot, Thresholds
from stockpile.reports.notebooks import notebook_path
from stockpile.results import (
    allegations,
    by_year,
    chance_changes,
    chances,
    conflicts,
    extensions,
    legislation,
    membership,
    missing_counts,
    progress,
    project,
    rating_history,
    ratings_by_day,
    read_snapshot,
    scorecard,
    snapshot,
    statements,
    status,
    totals,
    transparency,
    views,
    what_changed,
)
from stockpile.treaty import Treaty

if TYPE_CHECKING:  # for editors and type checkers; it is imported when it is first asked for
    from stockpile import plot as plot

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
    "by_year",
    "chance_changes",
    "chances",
    "cite",
    "conflicts",
    "extensions",
    "legislation",
    "load",
    "membership",
    "missing_counts",
    "notebook_path",
    "packaged",
    "plot",
    "progress",
    "project",
    "rating_history",
    "ratings_by_day",
    "read",
    "read_snapshot",
    "scorecard",
    "show_versions",
    "snapshot",
    "statements",
    "status",
    "totals",
    "transparency",
    "views",
    "what_changed",
]


def __getattr__(name: str) -> ModuleType:
    """Import the charts when they are first asked for; the rest needs no matplotlib."""
    if name == "plot":
        try:
            return importlib.import_module("stockpile.plot")
        except ModuleNotFoundError as error:
            if error.name not in ("matplotlib", "seaborn"):
                raise
            needed = f"charts need {error.name}; install it with: {how_to_install('plot')}"
            raise ModuleNotFoundError(needed, name=error.name) from None
    raise AttributeError(f"module 'stockpile' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names and nothing else; the packages inside are for the project itself."""
    return sorted(__all__)
