"""What states did in the past, seen from every half-year that they had stock.

A *landmark* is a day on which a state, bound by its treaty, was known to have
stock. What could be said of it that day (time left, share destroyed, announced
date) stands beside what came: the time until it finished, or, where it has not,
the time for which that is known (it is censored, not left out).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from stockpile.ledger import Ledger
from stockpile.obligations import chains
from stockpile.progress import Reconciled
from stockpile.reconcile import Line, share_gone
from stockpile.treaty import Treaty

#: Days in a year, for rates; deadlines themselves are counted by the calendar.
YEAR = 365.25

LANDMARK_COLUMNS = [
    "treaty",
    "iso3",
    "day",
    "time_used",
    "to_deadline",
    "to_plan",
    "share",
    "until",
    "finished",
    "in_time",
]

# The first half of a year and the second: the treaties' own rhythm is yearly.
_STEP_MONTHS = 6
# Who finishes is heard of within the next yearly round of reports and reviews; a
# record that has been silent for longer says nothing of what came after it.
_SILENCE = 2 * YEAR

_STOCK_MEASURES = ("declared", "destroyed", "destroyed_total", "destroyed_share", "remaining")


def allowed_time(where: pd.DataFrame, treaty: Treaty) -> tuple[pd.Series, pd.Series]:
    """Return start and end of the time that the treaty gives each state."""
    end = where["original_deadline"]
    start = where["entry_into_force"].fillna(end - pd.DateOffset(years=treaty.years))
    return start, end


def landmarks(ledger: Ledger, where: pd.DataFrame, found: Reconciled) -> pd.DataFrame:
    """Return every landmark of every state, with what came of it by the as-of day.

    Parameters
    ----------
    ledger : Ledger
        As of a day; nothing that became known later is used.
    where : pandas.DataFrame
        What `stockpile.position.positions` returned for it.
    found : Reconciled
        What `stockpile.progress.reconcile_all` returned for it.

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
    today = ledger.require_day()
    start, end = allowed_time(where, ledger.treaty)
    ended = where["first_completed"].fillna(where["completed"])
    heard = where["last_report"] + pd.Timedelta(days=_SILENCE)
    until = ended.fillna(heard.where(heard < today, today))
    case = where["stock"].isin(["left", "gone"]) & start.notna() & (until > start)
    known = _first_known(ledger)
    chain, plans = _chains(ledger), _plans(ledger)
    lines: dict[str, list[Line]] = {}
    for (iso3, _, episode), line in found.lines.items():
        if not episode:
            lines.setdefault(iso3, []).append(line)
    cases = zip(
        where["iso3"][case],
        _ordinals(start[case]),
        _ordinals(end[case]),
        _ordinals(until[case]),
        ended[case].notna(),
        strict=True,
    )
    rows: list[tuple[object, ...]] = []
    for iso3, begins, due, last, finished in cases:
        if iso3 not in known:
            continue
        open_ = not finished and last <= due
        in_time = np.nan if open_ else float(finished and last <= due)
        for day in _half_years(max(begins, known[iso3]), last):
            deadline, plan = _last(chain[iso3], day), _last(plans.get(iso3), day)
            rows.append(
                (
                    ledger.treaty.id,
                    iso3,
                    day,
                    (day - begins) / (due - begins),
                    np.nan if deadline is None else (deadline - day) / YEAR,
                    np.nan if plan is None else (plan - day) / YEAR,
                    _share_by(lines.get(iso3, []), day),
                    (last - day) / YEAR,
                    finished,
                    in_time,
                )
            )
    out = pd.DataFrame(rows, columns=LANDMARK_COLUMNS)
    numbers = ["time_used", "to_deadline", "to_plan", "share", "until", "in_time"]
    out = out.astype(dict.fromkeys(numbers, "float64") | {"finished": "bool"})
    return out.assign(day=pd.to_datetime(out["day"].astype("int64"), unit="D"))


def announcements(ledger: Ledger, where: pd.DataFrame) -> pd.DataFrame:
    """Return every date that a state announced, and whether it was kept.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``iso3``, ``announced`` (the day of it), ``planned`` and
        ``kept`` (1 or 0; ``NaN`` while it is open).
    """
    today = ledger.require_day()
    by_state = where.set_index("iso3")
    ended = by_state["first_completed"].fillna(by_state["completed"])
    plans = ledger.events[ledger.events["event"] == "planned_completion"]
    plans = plans[plans["published"].notna() & (plans["published"] < plans["date"])]
    plans = plans.sort_values(["iso3", "date", "published"]).drop_duplicates(["iso3", "date"])
    done = ended.reindex(plans["iso3"]).set_axis(plans.index)
    open_ = done.isna() & (plans["date"] >= today)
    kept = (done <= plans["date"]).astype("float64").where(~open_)
    return pd.DataFrame(
        {
            "treaty": ledger.treaty.id,
            "iso3": plans["iso3"],
            "announced": plans["published"],
            "planned": plans["date"],
            "kept": kept,
        }
    ).reset_index(drop=True)


#: Days on which something became known, in order, and the days that it named.
Told = tuple[list[int], list[int]]


# Before every landmark.
_ALWAYS = -(10**6)


def _ordinal(day: pd.Timestamp) -> int:
    return day.toordinal() - _EPOCH


_EPOCH = pd.Timestamp(1970, 1, 1).toordinal()


def _ordinals(days: pd.Series) -> list[int]:
    """Days as whole numbers from 1970-01-01."""
    whole: list[int] = days.to_numpy().astype("datetime64[D]").astype("int64").tolist()
    return whole


@lru_cache(maxsize=1)
def _grid() -> list[int]:
    """First days of every January and July, as whole numbers."""
    days = pd.date_range("1900-01-01", "2299-07-01", freq=f"{_STEP_MONTHS}MS")
    return _ordinals(days.to_series())


def _half_years(first: int, last: int) -> list[int]:
    """First days of January and July from ``first`` on, before ``last``."""
    grid = _grid()
    return grid[bisect.bisect_left(grid, first) : bisect.bisect_left(grid, last)]


def _first_known(ledger: Ledger) -> dict[str, int]:
    """Day on which each state was first known to have stock."""
    known = f"known_{ledger.rule}"
    rows = ledger.quantities
    rows = rows[rows["measure"].isin(_STOCK_MEASURES) & (rows["quantity"] > 0)]
    first = rows.groupby("iso3")[known].min()
    return dict(zip(first.index, _ordinals(first), strict=True))


def _told(states: Iterable[str], known: list[int], days: list[int]) -> dict[str, Told]:
    out: dict[str, Told] = {}
    for iso3, when, day in zip(states, known, days, strict=True):
        times, named = out.setdefault(iso3, ([], []))
        times.append(when)
        named.append(day)
    return out


def _chains(ledger: Ledger) -> dict[str, Told]:
    """For each state the days on which its deadlines became known, and the deadlines."""
    out: dict[str, Told] = {}
    for iso3, chain in chains(ledger).items():
        # The original deadline is a matter of law, whenever somebody put it on record.
        known = [_ALWAYS, *(_ordinal(link.known) for link in chain[1:])]
        out[iso3] = known, [_ordinal(link.deadline) for link in chain]
    return out


def _plans(ledger: Ledger) -> dict[str, Told]:
    """For each state the days on which it announced a date, and the dates."""
    plans = ledger.events[ledger.events["event"] == "planned_completion"]
    plans = plans[plans["published"].notna()].sort_values(
        ["published", "rank", "date", "source_id"], ascending=[True, False, False, False]
    )
    return _told(plans["iso3"], _ordinals(plans["published"]), _ordinals(plans["date"]))


def _last(told: Told | None, day: int) -> int | None:
    """The newest of the days that were known by a day."""
    if told is None:
        return None
    at = bisect.bisect_right(told[0], day)
    return told[1][at - 1] if at else None


def _share_by(lines: Iterable[Line], day: int) -> float:
    """Share destroyed by a day: that of the count which was further behind."""
    shares = []
    for line in lines:
        past = [p for p in line.points if p.day <= day and p.basis != "completed"]
        if past:
            shares.append(share_gone(line.declared.value, past[-1]))
    return min((s for s in shares if not np.isnan(s)), default=0.0)
