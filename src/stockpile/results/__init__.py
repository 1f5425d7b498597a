"""The results that the library gives out: frames that say what they are of, and of which day.

What their columns mean stands in ``common/columns.csv``; docstrings have it from there.
"""

from stockpile.common.columns import FRAMES
from stockpile.results.amounts import by_year, totals
from stockpile.results.compliance import (
    allegations,
    legislation,
    membership,
    scorecard,
    transparency,
    views,
)
from stockpile.results.form import fill_docstring
from stockpile.results.over_time import (
    extensions,
    rating_history,
    ratings_by_day,
    read_snapshot,
    snapshot,
    what_changed,
)
from stockpile.results.stock import (
    chance_changes,
    chances,
    conflicts,
    missing_counts,
    progress,
    project,
    statements,
    status,
)

__all__ = [
    "allegations",
    "by_year",
    "chance_changes",
    "chances",
    "conflicts",
    "extensions",
    "legislation",
    "membership",
    "missing_counts",
    "progress",
    "project",
    "rating_history",
    "ratings_by_day",
    "read_snapshot",
    "scorecard",
    "snapshot",
    "statements",
    "status",
    "totals",
    "transparency",
    "views",
    "what_changed",
]

for _name in __all__:
    if _name in FRAMES:
        fill_docstring(globals()[_name], _name)
