"""What was said on two days, and what changed between them, as results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from stockpile.common.plain import plain_parts
from stockpile.ledger.ask import as_of_a_day
from stockpile.ledger.ledger import Ledger
from stockpile.rating.changes import Changes
from stockpile.rating.changes import what_changed as compare
from stockpile.rating.snapshot import Snapshot
from stockpile.rating.snapshot import read_snapshot as read_back
from stockpile.rating.snapshot import snapshot as take
from stockpile.rating.status import Thresholds
from stockpile.results.form import as_result, snapshot_origin


def snapshot(then: Ledger, thresholds: Thresholds | None = None) -> Snapshot:
    """Return what is said of a treaty as of a ledger's day.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Of the ratings.

    Examples
    --------
    >>> import stockpile as sp
    >>> sp.snapshot(sp.load("ccm").as_of("2012-04-19")).treaty
    'ccm'
    """
    return _as_results(take(as_of_a_day(then), thresholds))


def read_snapshot(folder: str | Path) -> Snapshot:
    """Read back what an earlier report said.

    Parameters
    ----------
    folder : str or pathlib.Path
        Folder of a published report, with ``manifest.json``, ``status.csv``,
        ``progress.csv`` and ``statements.csv``.

    Returns
    -------
    Snapshot
        With the columns typed as the library's own; numbers that are not whole
        have the six digits that a report writes.

    Raises
    ------
    DataError
        When a file is missing, is not what a report writes, or is no longer the file that
        was published; the message names the file, the line and the column, what was found
        and what would be right.
    """
    return _as_results(read_back(folder))


def _as_results(taken: Snapshot) -> Snapshot:
    """A snapshot with its frames as results."""
    frames: dict[str, Any] = {
        name: as_result(name, getattr(taken, name), snapshot_origin(taken))
        for name in ("status", "progress", "statements")
    }
    return replace(taken, **frames)


def what_changed(before: Snapshot, now: Snapshot) -> Changes:
    """Compare two snapshots of a treaty.

    Parameters
    ----------
    before, now : Snapshot
        Of the same treaty and by the same rule; ``before`` as of an earlier day,
        or of the same day but from earlier tables.

    Returns
    -------
    Changes
        Its frames name the treaty and the later day, those of withdrawn statements the
        earlier one, which knew them; ``attrs`` has that day's data as well, and ``since``.

    Raises
    ------
    ValueError
        When the two cannot be compared.

    Examples
    --------
    >>> import stockpile as sp
    >>> now = sp.load("ccm").as_of("2024-01-01")
    >>> found = sp.what_changed(sp.snapshot(now.as_of("2023-01-01")), sp.snapshot(now))
    >>> found.ratings.set_index("iso3").loc["PER", ["before", "after"]].tolist()
    ['on target', 'completed']
    """
    for given in (before, now):
        if not isinstance(given, Snapshot):
            raise TypeError(
                f"expected two snapshots, got {type(given).__name__}; "
                "did you mean sp.snapshot(sp.load(...).as_of(...))?"
            )
    found = compare(plain_parts(before), plain_parts(now))
    frames: dict[str, Any] = {}
    for name, form, side in (
        ("ratings", "changes.ratings", now),
        ("restated", "changes.restated", now),
        ("statements", "statements", now),
        ("withdrawn_statements", "statements", before),
        ("deadlines", "changes.deadlines", now),
    ):
        frames[name] = as_result(form, getattr(found, name), snapshot_origin(side))
        frames[name].attrs["since"] = f"{before.day:%Y-%m-%d}"
    return replace(found, **frames)
