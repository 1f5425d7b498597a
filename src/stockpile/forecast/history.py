"""What states did in the past, seen from every half-year that they had stock.

A *landmark* is a day on which a state, bound by its treaty, was known to have
stock. What could be said of it that day (time left, share destroyed, announced
date) stands beside what came: the time until it finished, or, where it has not,
the time for which that is known (it is censored, not left out).

A completion is heard of only with the next round of reports. Until then a state that
has finished looks like one that has not; so nothing is learnt of the time after the
last round, for anybody.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import inner_types
from stockpile.common.frames import from_rows, ordinal, period_start, timestamp, tuples
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import chains, month_of
from stockpile.stock.points import Timeline
from stockpile.stock.position import STOCK_MEASURES, positions
from stockpile.stock.steps import MET, MISSED, steps
from stockpile.stock.timelines import stocks
from stockpile.treaty.rules import Treaty

#: Days in a year, for rates; deadlines themselves are counted by the calendar.
YEAR = 365.25

_KINDS = inner_types("landmarks")
#: What a projection starts from; see `landmarks`.
FEATURES = list(_KINDS)[4:11]

# The first half of a year and the second: the treaties' own rhythm is yearly.
_STEP_MONTHS = 6
# Who finishes is heard of within the next yearly round of reports and reviews; a
# record that has been silent for longer says nothing of what came after it.
_SILENCE = int(2 * YEAR)
# Of two completions that nobody had to report, nine in ten are in print after two years.
_PRINTED = int(2 * YEAR)
# A size is held against those of the states that have finished; so many of them count as
# much as what is not known of the others, and no size counts for more than three deviations.
_SIZE_WEIGHT, _SIZE_LIMIT = 3, 3.0


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

    The columns stand in ``common/inner_columns.csv``.
    """
    today, heard_until = ordinal(ledger.require_day()), ordinal(complete_until(ledger))
    known, sizes, said = first_known(ledger), relative_sizes(ledger), _Words.of(ledger)
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
        for day in landmark_days(max(begins, known[iso3]), last):
            deadline, plan = said.deadline(iso3, day), said.plan(iso3, day)
            rows.append(
                (
                    ledger.treaty.id,
                    iso3,
                    day,
                    (day - begins) / (due - begins),
                    None if deadline is None else (deadline - day) / YEAR,
                    None if plan is None else (plan[1] - day) / YEAR,
                    _share_by(lines, day),
                    sizes.get(iso3, 0.0),
                    said.late(iso3, day, plan, deadline),
                    deadline is not None and due < day <= deadline,
                    said.step_missed(iso3, day),
                    (last - day) / YEAR,
                    finished,
                    in_time,
                    (heard_until - day) / YEAR,
                    due,
                )
            )
    return from_rows(rows, _KINDS)


def features(where: pd.DataFrame, ledger: Ledger, day: pd.Series | None = None) -> pd.DataFrame:
    """Return what the projections of some states start from, as `landmarks` has it.

    ``where`` are rows of `stockpile.stock.position.positions`; ``day`` is that from which each is
    looked ahead, by default the ledger's.

    The columns of `FEATURES`, with the index of ``where``. Of a deadline told to the month or
    year the first day counts until it has come.
    """
    today = ledger.require_day()
    since = pd.Series(today, where.index) if day is None else day
    said, sizes = _Words.of(ledger), relative_sizes(ledger)
    first = where["deadline_from"]
    due = first.where(first >= today, where["deadline"])
    own = where["planned_completion"]
    # A date within the month or year of the deadline is a date for the deadline.
    own = own.where(~((own > due) & (own <= where["deadline"])), due)
    rows = [
        (
            sizes.get(iso3, 0.0),
            said.late(iso3, at, None if plan is None else (_first(plan, told), plan), deadline),
            None not in (original, deadline) and original < at <= deadline,
            said.step_missed(iso3, at),
        )
        for iso3, at, deadline, original, plan, told in tuples(
            where.assign(at=since),
            *("iso3", "at", "deadline", "original_deadline"),
            *("planned_completion", "planned_precision"),
        )
    ]
    kinds = {name: _KINDS[name] for name in ("size", "late", "extended", "step_missed")}
    out = (
        from_rows(rows, kinds)
        .set_axis(where.index)
        .assign(
            to_deadline=years_between(due, since),
            to_plan=years_between(own, since),
            share=where["share_destroyed"].fillna(0.0),
        )
    )
    return out[FEATURES]


def years_between(days: pd.Series, day: pd.Timestamp | pd.Series) -> np.ndarray:
    """Years from a day, or one for each, to other days; negative for the past, ``NaN`` for none."""
    span: pd.Series = (days - day) / pd.Timedelta(days=YEAR)  # type: ignore[operator]
    return np.asarray(span, dtype=np.float64)


def complete_until(ledger: Ledger) -> pd.Timestamp:
    """Return the last day of which every completion is known by the ledger's day.

    Under the rule ``reported`` that is the last date for reports; where the treaty has none, and
    under ``published``, two years back.

    >>> import stockpile as sp
    >>> complete_until(sp.load("ccm").as_of("2013-03-31")).date().isoformat()
    '2012-04-30'
    """
    day, treaty = ledger.require_day(), ledger.treaty
    if ledger.rule != "reported" or treaty.annual_due is None:
        return day - pd.Timedelta(days=_PRINTED)
    month, number = treaty.annual_due
    due = pd.Timestamp(day.year, month, number)
    return due if due <= day else due - pd.DateOffset(years=1)


@cached
def relative_sizes(ledger: Ledger, beside: Ledger | None = None) -> dict[str, float]:
    """Return the size of each state's stock beside those that have been destroyed, by ISO code.

    Standard deviations of the logarithm, in the same unit, over the states that have finished
    by the ledger's day, or by that of another; drawn towards 0 while these are few. No state that
    has yet to finish enters into what another is held against, and the scale of the quantities
    does not matter.
    """
    scale, out = _finished_sizes(beside or ledger), {}
    for iso3, (unit, log) in _log_sizes(ledger).items():
        if unit in scale:
            middle, spread, count = scale[unit]
            size = (log - middle) / spread * count / (count + _SIZE_WEIGHT)
            out[iso3] = round(min(max(size, -_SIZE_LIMIT), _SIZE_LIMIT), 9)
    return out


def _log_sizes(ledger: Ledger) -> dict[str, tuple[str, float]]:
    """Unit and logarithm of the stock that each state has, or had, to destroy."""
    columns = "iso3", "unit", "to_destroy", "declared"
    return {
        iso3: (unit, math.log(size))
        for iso3, unit, whole, declared in tuples(positions(ledger), *columns)
        if (size := whole if whole > 0 else declared) > 0
    }


@cached
def _finished_sizes(ledger: Ledger) -> dict[str, tuple[float, float, int]]:
    """Mean, spread and number of the sizes of the stocks that were destroyed, by unit."""
    known, logs = first_known(ledger), _log_sizes(ledger)
    done: defaultdict[str, list[float]] = defaultdict(list)
    for iso3, _, begins, _, ended, _ in _cases(ledger):
        if iso3 not in logs or iso3 not in known or None in (begins, ended):
            continue
        if ended > max(begins, known[iso3]):
            unit, log = logs[iso3]
            done[unit].append(log)
    return {
        unit: (math.fsum(logs) / len(logs), max(float(np.std(logs)), 1.0), len(logs))
        for unit, logs in done.items()
    }


def _cases(ledger: Ledger) -> Iterator[tuple[Any, ...]]:
    """Code, stock, the allowed time, end of the stock and last report of each state."""
    where = positions(ledger)
    start, end = allowed_time(where, ledger.treaty)
    ended = where["first_completed"].fillna(where["completed"])
    where = where.assign(start=start, end=end, ended=ended)
    return tuples(where, "iso3", "stock", "start", "end", "ended", "last_report")


def announcements(ledger: Ledger) -> pd.DataFrame:
    """Return every date that a state announced, and whether it was kept.

    The columns stand in ``common/inner_columns.csv``.
    """
    today = ordinal(ledger.require_day())
    ended = {iso3: end for iso3, _, _, _, end, _ in _cases(ledger)}
    first: dict[tuple[str, int], int] = {}  # when each date was first announced
    for iso3, out, (_, date) in _planned(ledger):
        if out < date:
            first[iso3, date] = min(out, first.get((iso3, date), out))
    rows = []
    for (iso3, date), out in sorted(first.items()):
        end = ended.get(iso3)
        kept = None if end is None and date >= today else float(end is not None and end <= date)
        rows.append((ledger.treaty.id, iso3, out, date, kept))
    return from_rows(rows, inner_types("announcements"))


#: Days on which something became known, in order, and what it was.
Told = tuple[list[int], list[Any]]


class _Words(NamedTuple):
    """What sources say of deadlines, dates and steps, with the days on which it became known."""

    deadlines: Mapping[str, Told]
    plans: Mapping[str, Told]  # first and last day of what was announced
    requests: Mapping[str, list[tuple[int, int | None]]]  # day, and the deadline asked for
    grants: Mapping[str, list[int]]
    steps: Mapping[str, list[tuple[int, float, bool]]]  # day, per cent, missed

    @classmethod
    def of(cls, ledger: Ledger) -> _Words:
        """All that is known by the ledger's day."""
        return cls(*_words(ledger))

    def deadline(self, iso3: str, day: int) -> int | None:
        """The deadline in force on a day."""
        deadline: int | None = _last(self.deadlines[iso3], day)
        return deadline

    def plan(self, iso3: str, day: int) -> tuple[int, int] | None:
        """First and last day of the newest date that was announced by a day."""
        plan: tuple[int, int] | None = _last(self.plans.get(iso3), day)
        return plan

    def late(self, iso3: str, day: int, plan: tuple[int, int] | None, deadline: int | None) -> bool:
        """Whether all of its own date, or a deadline that it asked for, is beyond that in force."""
        if deadline is None or day > deadline:
            return False
        if plan is not None and plan[0] > deadline:
            return True
        return any(
            month_of(new) > month_of(deadline)
            if new is not None
            else not any(on <= grant <= day for grant in self.grants.get(iso3, []))
            for on, new in self.requests.get(iso3, [])
            if on <= day
        )

    def step_missed(self, iso3: str, day: int) -> bool:
        """Whether the furthest step of which the outcome was known on a day had been missed."""
        known = [step[1:] for step in self.steps.get(iso3, []) if step[0] <= day]
        return max(known)[1] if known else False


@cached
def _words(ledger: Ledger) -> tuple[Any, ...]:
    requests: defaultdict[str, list[tuple[int, int | None]]] = defaultdict(list)
    grants: defaultdict[str, list[int]] = defaultdict(list)
    for iso3, event, known, new in ledger.rows(
        "events", "iso3", "event", f"known_{ledger.rule}", "new_deadline"
    ):
        if event == "extension_requested" and known is not None:
            requests[iso3].append((known, new))
        elif event == "extension_granted" and known is not None:
            grants[iso3].append(known)
    ways: defaultdict[str, list[tuple[int, float, bool]]] = defaultdict(list)
    for iso3, percent, outcome, on, known in tuples(
        steps(ledger), "iso3", "percent", "outcome", "outcome_date", "known"
    ):
        if outcome in (MET, MISSED) and on is not None:
            ways[iso3].append((max(on, known or on), percent, outcome == MISSED))
    return _chains(ledger), _plans(ledger), requests, grants, ways


def _first(day: int, precision: str) -> int:
    """First day of the month or year that a day stands for the end of; else the day itself."""
    return ordinal(period_start(timestamp(day), precision)) if precision != "day" else day


# Before every landmark.
_ALWAYS = -(10**6)


@lru_cache(maxsize=1)
def _grid() -> list[int]:
    """First days of every January and July, as whole numbers."""
    days = pd.date_range("1900-01-01", "2299-07-01", freq=f"{_STEP_MONTHS}MS")
    return [ordinal(day) for day in days]


def landmark_days(first: int, last: int) -> list[int]:
    """First days of January and July from ``first`` on, before ``last``."""
    grid = _grid()
    return grid[bisect.bisect_left(grid, first) : bisect.bisect_left(grid, last)]


def first_known(ledger: Ledger, rule: str = "") -> dict[str, int]:
    """Day on which each state was first known to have stock, by ISO code; by a rule of choice."""
    out: dict[str, int] = {}
    counted = ledger.treaty.speaking_of("")
    for iso3, measure, unit, value, day in ledger.rows(
        "quantities", "iso3", "measure", "unit", "quantity", f"known_{rule or ledger.rule}"
    ):
        if measure in STOCK_MEASURES and value > 0 and unit in counted and day is not None:
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


def _planned(ledger: Ledger) -> list[tuple[str, int, tuple[int, int]]]:
    """State, day of announcing it and first and last day of each date, the one that counts last."""
    told = [
        (out, -rank, -date, source, iso3, precision)
        for iso3, event, out, rank, date, source, precision in ledger.rows(
            "events", "iso3", "event", "published", "rank", "date", "source_id", "precision"
        )
        if event == "planned_completion" and out is not None and date is not None
    ]
    told.sort(key=itemgetter(3), reverse=True)  # of the same day, rank and date the first id
    told.sort(key=itemgetter(0, 1, 2))
    return [(iso3, out, (_first(-day, how), -day)) for out, _, day, _, iso3, how in told]


def _last(told: Told | None, day: int) -> Any:
    """The newest of what was known by a day."""
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
