"""What states did in the past, seen from every half-year that they had stock.

A *landmark* is a day on which a state, bound by its treaty, was known to have
stock. What could be said of it that day (time left, share destroyed, announced
date) stands beside what came: the time until it finished, or, where it has not,
the time for which that is known (it is censored, not left out).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.frames import from_columns, ordinal, tuples
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import chains
from stockpile.stock.points import Timeline
from stockpile.stock.position import STOCK_MEASURES, positions
from stockpile.stock.timelines import stocks
from stockpile.treaty.rules import Treaty

#: Days in a year, for rates; deadlines themselves are counted by the calendar.
YEAR = 365.25

_KINDS = {
    "treaty": "str",
    "iso3": "str",
    "day": "datetime64[us]",
    "time_used": "float64",
    "to_deadline": "float64",
    "to_plan": "float64",
    "share": "float64",
    "until": "float64",
    "finished": "bool",
    "in_time": "float64",
}
LANDMARK_COLUMNS = list(_KINDS)

# The first half of a year and the second: the treaties' own rhythm is yearly.
_STEP_MONTHS = 6
# Who finishes is heard of within the next yearly round of reports and reviews; a
# record that has been silent for longer says nothing of what came after it.
_SILENCE = int(2 * YEAR)


def allowed_time(where: pd.DataFrame, treaty: Treaty) -> tuple[pd.Series, pd.Series]:
    """Return start and end of the time that the treaty gives each state."""
    start, end = where["entry_into_force"], where["original_deadline"]
    if (start.isna() & end.notna()).any():
        since = treaty.term.begins(end).fillna(treaty.first_entry_into_force)
        start = start.where(start.notna() | end.isna(), since)
    return start, end


@cached
def landmarks(ledger: Ledger) -> pd.DataFrame:
    """Return every landmark of every state, with what came of it by the as-of day.

    Parameters
    ----------
    ledger : Ledger
        As of a day; nothing that became known later is used.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``iso3``, ``day``, ``time_used`` (share of the allowed time),
        ``to_deadline`` (years to the deadline then in force, negative once it
        has passed), ``to_plan`` (years to the date the state had announced,
        ``NaN`` for none), ``share`` (destroyed by then, 0 where nothing was on
        record), ``until`` (years until it finished, or until the record ends),
        ``finished``, ``in_time`` (1 or 0 for the original deadline, ``NaN``
        while that is open).
    """
    today = ordinal(ledger.require_day())
    known, chain, plans = _first_known(ledger), _chains(ledger), _plans(ledger)
    found = stocks(ledger)
    rows: list[tuple[object, ...]] = []
    for iso3, stock, begins, due, ended, heard in _cases(ledger):
        if stock not in ("left", "gone") or None in (begins, due) or iso3 not in known:
            continue
        finished = ended is not None
        # A record that has been silent for long says nothing of what came after it.
        last = ended if finished else min(today, today if heard is None else heard + _SILENCE)
        in_time = None if not finished and last <= due else float(finished and last <= due)
        lines = [
            line
            for of_stock in found[iso3].values()
            for (_, episode), line in of_stock.lines.items()
            if not episode
        ]
        for day in _half_years(max(begins, known[iso3]), last):
            deadline, plan = _last(chain[iso3], day), _last(plans.get(iso3), day)
            rows.append(
                (
                    ledger.treaty.id,
                    iso3,
                    day,
                    (day - begins) / (due - begins),
                    None if deadline is None else (deadline - day) / YEAR,
                    None if plan is None else (plan - day) / YEAR,
                    _share_by(lines, day),
                    (last - day) / YEAR,
                    finished,
                    in_time,
                )
            )
    columns = zip(*rows, strict=True) if rows else ([] for _ in LANDMARK_COLUMNS)
    return from_columns(dict(zip(LANDMARK_COLUMNS, columns, strict=True)), _KINDS)


def _cases(ledger: Ledger) -> Iterator[tuple[Any, ...]]:
    """Code, stock, the allowed time, end of the stock and last report of each state."""
    where = positions(ledger)
    start, end = allowed_time(where, ledger.treaty)
    ended = where["first_completed"].fillna(where["completed"])
    where = where.assign(start=start, end=end, ended=ended)
    return tuples(where, "iso3", "stock", "start", "end", "ended", "last_report")


def announcements(ledger: Ledger) -> pd.DataFrame:
    """Return every date that a state announced, and whether it was kept.

    Parameters
    ----------
    ledger : Ledger
        As of a day.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``iso3``, ``announced`` (the day of it), ``planned`` and
        ``kept`` (1 or 0; ``NaN`` while it is open).
    """
    today = ordinal(ledger.require_day())
    ended = {iso3: end for iso3, _, _, _, end, _ in _cases(ledger)}
    first: dict[tuple[str, int], int] = {}  # when each date was first announced
    for iso3, out, date in _planned(ledger):
        if out < date:
            first[iso3, date] = min(out, first.get((iso3, date), out))
    rows = []
    for (iso3, date), out in sorted(first.items()):
        end = ended.get(iso3)
        kept = None if end is None and date >= today else float(end is not None and end <= date)
        rows.append((ledger.treaty.id, iso3, out, date, kept))
    columns = zip(*rows, strict=True) if rows else ([] for _ in _ANNOUNCED)
    return from_columns(dict(zip(_ANNOUNCED, columns, strict=True)), _ANNOUNCED)


_ANNOUNCED = {
    "treaty": "str",
    "iso3": "str",
    "announced": "datetime64[us]",
    "planned": "datetime64[us]",
    "kept": "float64",
}


#: Days on which something became known, in order, and the days that it named.
Told = tuple[list[int], list[int]]


# Before every landmark.
_ALWAYS = -(10**6)


@lru_cache(maxsize=1)
def _grid() -> list[int]:
    """First days of every January and July, as whole numbers."""
    days = pd.date_range("1900-01-01", "2299-07-01", freq=f"{_STEP_MONTHS}MS")
    return [ordinal(day) for day in days]


def _half_years(first: int, last: int) -> list[int]:
    """First days of January and July from ``first`` on, before ``last``."""
    grid = _grid()
    return grid[bisect.bisect_left(grid, first) : bisect.bisect_left(grid, last)]


def _first_known(ledger: Ledger) -> dict[str, int]:
    """Day on which each state was first known to have stock."""
    out: dict[str, int] = {}
    counted = ledger.treaty.speaking_of("")
    for iso3, measure, unit, value, day in ledger.rows(
        "quantities", "iso3", "measure", "unit", "quantity", f"known_{ledger.rule}"
    ):
        if measure in STOCK_MEASURES and value > 0 and unit in counted:
            out[iso3] = min(day, out.get(iso3, day))
    return out


def _chains(ledger: Ledger) -> dict[str, Told]:
    """For each state the days on which its deadlines became known, and the deadlines."""
    out: dict[str, Told] = {}
    for iso3, chain in chains(ledger).items():
        # The original deadline is a matter of law, whenever somebody put it on record.
        known = [_ALWAYS, *(ordinal(link.known) for link in chain[1:])]
        out[iso3] = known, [ordinal(link.deadline) for link in chain]
    return out


def _plans(ledger: Ledger) -> dict[str, Told]:
    """For each state the days on which it announced a date, and the dates."""
    out: dict[str, Told] = {}
    for iso3, when, date in _planned(ledger):
        known, dates = out.setdefault(iso3, ([], []))
        known.append(when)
        dates.append(date)
    return out


def _planned(ledger: Ledger) -> list[tuple[str, int, int]]:
    """State, day of announcing it and date of each announcement, the one that counts last."""
    told = [
        (out, -rank, -date, source, iso3)
        for iso3, event, out, rank, date, source in ledger.rows(
            "events", "iso3", "event", "published", "rank", "date", "source_id"
        )
        if event == "planned_completion" and out is not None and date is not None
    ]
    told.sort(key=itemgetter(3), reverse=True)  # of the same day, rank and date the first id
    told.sort(key=itemgetter(0, 1, 2))
    return [(iso3, out, -date) for out, _, date, _, iso3 in told]


def _last(told: Told | None, day: int) -> int | None:
    """The newest of the days that were known by a day."""
    if told is None:
        return None
    at = bisect.bisect_right(told[0], day)
    return told[1][at - 1] if at else None


def _share_by(lines: Iterable[Timeline], day: int) -> float:
    """Share destroyed by a day: that of the count which was further behind."""
    shares = []
    for line in lines:
        past = [p for p in line.points if p.day <= day and p.basis != "completed"]
        if past:
            shares.append(past[-1].share)
    return min((s for s in shares if not math.isnan(s)), default=0.0)
