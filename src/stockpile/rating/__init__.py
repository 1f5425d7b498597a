"""One word and one sentence for each state, and how both changed."""

from stockpile.rating.changes import Changes, what_changed
from stockpile.rating.snapshot import Snapshot, read_snapshot, snapshot
from stockpile.rating.status import RATINGS, Thresholds, status

__all__ = [
    "RATINGS",
    "Changes",
    "Snapshot",
    "Thresholds",
    "read_snapshot",
    "snapshot",
    "status",
    "what_changed",
]
