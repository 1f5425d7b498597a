"""The functions behind the results, as the library itself calls them: for tests of what they find.

What `stockpile.results` makes of it is tested in tests/results.
"""

from stockpile.compliance import (
    allegations,
    legislation,
    membership,
    scorecard,
    transparency,
    views,
)
from stockpile.forecast import chances, project
from stockpile.rating import snapshot, status, what_changed
from stockpile.stock import conflicts, progress, statements

__all__ = [
    "allegations",
    "chances",
    "conflicts",
    "legislation",
    "membership",
    "progress",
    "project",
    "scorecard",
    "snapshot",
    "statements",
    "status",
    "transparency",
    "views",
    "what_changed",
]
