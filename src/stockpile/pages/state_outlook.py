"""What was expected of a state in earlier years, and what is expected now: frames and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from stockpile.common import english as words
from stockpile.common.cache import cached
from stockpile.common.frames import as_dicts
from stockpile.pages.state_wording import moved
from stockpile.rating.status import DONE, OPEN, status

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger, Rule
    from stockpile.rating.status import Thresholds

#: Looks back at what was projected: at most so many, on the first of January.
LOOKS = 12


@cached
def expectations(then: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Return what was expected of each state on the first of January of earlier years.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Of the ratings.

    Returns
    -------
    pandas.DataFrame
        The columns of `stockpile.status` and ``day``, by state and day; no row where
        there was nothing to expect.

    Examples
    --------
    >>> import stockpile as sp
    >>> seen = expectations(sp.load("ccm").as_of("2013-10-01"))
    >>> seen.loc[seen["iso3"] == "GBR", "day"].dt.year.tolist()
    [2012, 2013]
    """
    start, today = then.treaty.first_entry_into_force, then.require_day()
    parts = [
        status(then.as_of(day, cast("Rule", then.rule)), thresholds).assign(day=day)
        for day in pd.date_range(start, today, freq="YS")
        if day < today
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else status(then).head(0).assign(day=today)
    seen = rows["status"].isin(OPEN) & rows["projected"].notna()
    return rows[seen].sort_values(["iso3", "day"], ignore_index=True)


def looks(seen: pd.DataFrame, state: str) -> list[dict[str, Any]]:
    """Return at most `LOOKS` of a state's rows, spread evenly from the first to the last.

    Parameters
    ----------
    seen : pandas.DataFrame
        As `expectations` returns it.
    state : str
        ISO code.
    """
    found = as_dicts(seen[seen["iso3"] == state])
    if len(found) > LOOKS:
        step = (len(found) - 1) / (LOOKS - 1)
        found = [found[round(i * step)] for i in range(LOOKS)]
    return found


def expected(row: Mapping[str, Any]) -> bool:
    """Whether a row of `stockpile.status` gives a day that its rating rests on."""
    return row["status"] in OPEN and pd.notna(row["projected"])


def outlook(row: Mapping[str, Any], day: pd.Timestamp) -> str:
    """Say what is expected of a state on a day, or why nothing is."""
    if expected(row):
        rest = f" to {words.month(row['latest'])}" if pd.notna(row["latest"]) else " or later"
        text = (
            f"It is expected to finish around {words.dated(row['projected'], 'month')}; eight "
            f"chances in ten lie in the time from {words.month(row['earliest'])}{rest}."
        )
        if pd.notna(own := row["planned_completion"]):
            passed = ", which has passed" if own < day else ""
            text += f" Its own announced date is {words.dated(own, 'month')}{passed}."
        return text
    if row["status"] in DONE:
        return "It has finished; there is nothing left to project."
    if row["status"] == "no data":
        return "The record says too little to project anything."
    return "It has nothing to destroy under the treaty; there is nothing to project."


def moves(row: Mapping[str, Any], seen: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how the expected date moved from look to look, and how far off the last one was."""
    if not seen:
        return []
    first, last = seen[0], seen[-1]
    out = []
    if len(seen) > 1:
        by = moved(first["projected"], last["projected"])
        out.append(
            f"From {words.day(first['day'])} to {words.day(last['day'])} the expected date "
            + (
                f"moved from {words.dated(first['projected'], 'month')} to "
                f"{words.dated(last['projected'], 'month')}, {by}."
                if by
                else "stayed within a month of where it was."
            )
        )
    if row["status"] in DONE and pd.notna(row["completed"]):
        by = moved(last["projected"], row["completed"])
        out.append(
            f"On {words.day(last['day'])} it was expected for "
            f"{words.dated(last['projected'], 'month')}; the end came "
            f"{by or 'within a month of that'}."
        )
    return out
