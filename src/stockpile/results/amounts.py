"""How much: totals of a day by unit, and what was destroyed in each calendar year.

Figures of different units are never added up. A range says how low and how high a figure can be
by all that is on record; where nothing bounds it upwards, its high end is missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.columns import typed_frame
from stockpile.common.frames import ordinal, timestamp, tuples
from stockpile.common.tolerance import bounds
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import status
from stockpile.results.form import States, as_of_a_day, result
from stockpile.stock.progress import progress
from stockpile.stock.reconcile import USED


class Range(NamedTuple):
    """How low and how high a figure can be."""

    low: float
    high: float

    def __add__(self, other: Any) -> Range:
        """Add two figures."""
        return Range(self.low + other[0], self.high + other[1])

    def cells(self) -> tuple[float, float]:
        """Return both ends, the high one missing where nothing bounds it."""
        return self.low, self.high if math.isfinite(self.high) else math.nan


_NONE = Range(0.0, 0.0)


def _range(value: float, qualifier: str, most: float) -> Range:
    """The range of a figure; one that nobody gave is anything up to the most there can be."""
    if math.isnan(value):
        return Range(0.0, most)
    if qualifier == "exact":
        return Range(value, value)
    if qualifier == "at_most":
        return Range(0.0, value)
    low, high = bounds(value, qualifier or "approx")
    return Range(low, max(min(high, most), low))


@dataclass(frozen=True)
class _Point:
    """What is known of a line on a day; destroyed counts earlier episodes as well."""

    day: int
    destroyed: float
    destroyed_range: Range
    firm: bool  # it is the whole count of the day, not a bound
    left: Range
    gone: bool


@dataclass
class _Episode:
    """One episode of a line: what was declared, and its points."""

    begins: int | None  # the day that stock turned up again; none for the first
    declared: float
    declared_range: Range
    remaining: float = math.nan
    points: list[_Point] = field(default_factory=list)


@dataclass
class _Line:
    """The line of one state and unit through all its episodes."""

    episodes: list[_Episode] = field(default_factory=list)
    periods: list[tuple[int, int, float, Range]] = field(default_factory=list)

    @property
    def points(self) -> list[_Point]:
        return [point for episode in self.episodes for point in episode.points]

    @property
    def counts(self) -> bool:
        """Whether there ever was a stock, and not only the word that there was none."""
        return any(
            episode.declared > 0 or point.destroyed > 0 or point.left.low > 0
            for episode in self.episodes
            for point in episode.points
        )

    def begun(self, end: int) -> list[_Episode]:
        """The episodes that had begun by a day."""
        return [e for e in self.episodes if e.begins is None or e.begins <= end]

    def declared(self, end: int) -> tuple[float, Range]:
        """All that was declared, of the episodes begun by a day."""
        begun = self.begun(end)
        whole = sum((e.declared_range for e in begun), _NONE)
        return sum(e.declared for e in begun), whole

    def destroyed(self, end: int) -> Range:
        """How much can have been destroyed by the end of a day."""
        before = [p for p in self.points if p.day <= end]
        after = [p for p in self.points if p.day >= end]
        low = max((p.destroyed_range.low for p in before), default=0.0)
        if before and before[-1].gone and len(self.begun(end)) == len(self.episodes):
            return Range(low, max(low, before[-1].destroyed_range.high))
        most = self.declared(end)[1].high
        high = min((p.destroyed_range.high for p in after), default=most)
        return Range(low, max(low, high))

    def in_between(self, start: int, end: int) -> tuple[Range, float]:
        """How much can have been destroyed from one day to another, and how much it was."""
        if self.idle(start, end):
            return _NONE, 0.0
        before, after = self.destroyed(start - 1), self.destroyed(end)
        inside, exact, most = _of_periods(self.periods, start, end)
        low = max(after.low - before.high, 0.0)
        high = max(after.high - before.low, 0.0)
        low, high = max(low, min(inside, high)), max(min(high, most), low, inside)
        if low == high:
            return Range(low, high), low
        if math.isnan(exact):
            exact = self.known(end) - self.known(start - 1)
        return Range(low, high), exact

    def idle(self, start: int, end: int) -> bool:
        """Whether there was nothing to destroy: all was gone before, and nothing had turned up."""
        before = [p for p in self.points if p.day < start]
        after = any(start <= p.day <= end for p in self.points)
        return bool(before) and before[-1].gone and not after

    def left(self, end: int) -> Range:
        """How much can have been left at the end of a day."""
        episode = self.begun(end)[-1]
        before = [p for p in episode.points if p.day <= end]
        after = [p for p in episode.points if p.day >= end]
        if before and before[-1].gone:
            return _NONE
        high = min((p.left.high for p in before), default=episode.declared_range.high)
        low = max((p.left.low for p in after), default=0.0)
        return Range(min(low, high), high)

    def known(self, end: int) -> float:
        """What was destroyed by the end of a day, if it is known of that very day."""
        before = [p for p in self.points if p.day <= end]
        if before and (before[-1].day == end or before[-1].gone) and before[-1].firm:
            return before[-1].destroyed
        return math.nan


def _lines(ledger: Ledger) -> dict[tuple[str, str], _Line]:
    """The line of each state and unit."""
    out: dict[tuple[str, str], _Line] = {}
    units = frozenset(ledger.treaty.units)
    names = (
        "iso3 unit episode date declared declared_qualifier destroyed destroyed_qualifier "
        "remaining remaining_qualifier basis"
    ).split()
    for iso3, unit, number, day, whole, how, gone, gone_how, left, left_how, basis in tuples(
        progress(ledger), *names
    ):
        if unit not in units:
            continue
        line = out.setdefault((iso3, unit), _Line())
        if not line.episodes or number >= len(line.episodes):
            declared = _range(whole, how, math.inf)
            begins = day if basis == "reopened" or line.episodes else None
            line.episodes.append(_Episode(begins, whole, declared))
        episode = line.episodes[-1]
        episode.remaining = left
        if day is None:
            continue
        earlier = line.episodes[-2].points[-1] if number and line.episodes[-2].points else None
        base = _NONE if earlier is None else earlier.destroyed_range
        most = episode.declared_range.high
        episode.points.append(
            _Point(
                day,
                (0.0 if earlier is None else earlier.destroyed) + gone,
                base + _range(gone, gone_how, most),
                gone_how not in ("at_least", "at_most"),
                _range(left, left_how, most),
                left == 0,
            )
        )
    for iso3, unit, figure, value, how, start, end, role in tuples(
        progress(ledger, explain=True),
        *("iso3", "unit", "figure", "value", "qualifier", "period_start", "date", "role"),
    ):
        known = out.get((iso3, unit))
        if known and figure == "destroyed" and role == USED and None not in (start, end):
            known.periods.append((start, end, value, _range(value, how, math.inf)))
    return {key: line for key, line in out.items() if line.counts}


def by_year(
    ledger: Ledger, *, unit: str | None = None, states: States | None = None
) -> pd.DataFrame:
    """Say what each state destroyed in each calendar year, and how sure that is.

    Sources speak of days and of periods of their own, which seldom are calendar years. What was
    destroyed in a year has a low and a high end that all figures on record allow. It has a
    number of its own only where these tell the year apart from its neighbours: where what was
    destroyed by its first and its last day is known, or where a source gives the very year, and
    the range is no wider than the number.

    Parameters
    ----------
    {ledger}
    unit : str, optional
        One of the treaty's units; all if left out.
    {states}

    Returns
    -------
    pandas.DataFrame
        A row for each state that has or had stock, unit and year, from the year in which the treaty
        bound it (or of its first figure) to that of the as-of day.

        {columns}

    Raises
    ------
    ValueError
        When the treaty has no such unit.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2026-06-30")
    >>> peru = sp.by_year(then, unit="cluster_munitions", states="Peru").set_index("year")
    >>> peru.loc[[2021, 2023], ["told_apart", "destroyed_in_year"]].values.tolist()
    [[True, 296.0], [False, nan]]
    >>> peru.loc[2023, ["destroyed_in_year_low", "destroyed_in_year_high"]].tolist()
    [0.0, 1009.0]
    """
    then = as_of_a_day(ledger)
    if unit is not None and unit not in then.treaty.units:
        raise ValueError(f"unit is {unit!r}; expected one of {', '.join(then.treaty.units)}")
    bound = then.bound["entry_into_force"].dt.year.to_dict()
    names = dict(then.rows("states", "iso3", "name"))
    rows: list[tuple[Any, ...]] = []
    for (iso3, counted), line in _lines(then).items():
        if unit in (None, counted):
            head = (iso3, names.get(iso3, iso3), counted)
            first = bound.get(iso3, math.nan)
            rows += [(*head, *cells) for cells in _years(line, first, then.require_day())]
    return result("by_year", typed_frame("by_year", rows), then, states)


def _years(line: _Line, bound: float, day: pd.Timestamp) -> Iterable[tuple[Any, ...]]:
    """One row a calendar year."""
    days = [p.day for p in line.points] + [start for start, *_ in line.periods]
    first = min((timestamp(d).year for d in days), default=day.year)
    if bound <= first:
        first = int(bound)
    for year in range(first, day.year + 1):
        start = ordinal(pd.Timestamp(year, 1, 1))
        end = min(ordinal(pd.Timestamp(year, 12, 31)), ordinal(day))
        after, span, value = line.destroyed(end), *line.in_between(start, end)
        told_apart = span.low <= value <= span.high and span.high - span.low <= value
        told = [p.destroyed for p in line.points if p.day <= end and not math.isnan(p.destroyed)]
        newest = told[-1] if told else math.nan
        declared, whole = line.declared(end)
        yield (
            *(year, told_apart, value if told_apart else math.nan),
            *span.cells(),
            *(newest, *after.cells()),
            *line.left(end).cells(),
            *(declared, *whole.cells()),
        )


def _of_periods(
    periods: Sequence[tuple[int, int, float, Range]], start: int, end: int
) -> tuple[float, float, float]:
    """What sources say of periods of a year: at least, of just the year, and at most."""
    inside, last, exact, most = 0.0, start - 1, math.nan, math.inf
    for first, until, value, span in sorted(periods, key=lambda period: period[1]):
        if first > last and until <= end:
            inside, last = inside + span.low, until
        if first <= start and until >= end:
            most = min(most, span.high)
            exact = value if (first, until) == (start, end) else exact
    return inside, exact, most


def totals(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Add up what states declared, destroyed and have left: a row for each unit.

    Parameters
    ----------
    {ledger}
    states : str or iterable of str, optional
        The states to add up, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        A row for each unit of the treaty. High ends are missing where a state without a figure, or
        one without a bound, leaves them open.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> done = sp.totals(sp.load("ccm").as_of("2026-06-30")).set_index("unit")
    >>> bool(done.loc["submunitions", "excess"] > 0), done["share_destroyed"].le(1).all()
    (True, np.True_)
    """
    then = as_of_a_day(ledger)
    rated = result("status", status(then), then, states).set_index("iso3")
    lines = _lines(then)
    rows = []
    for unit in then.treaty.units:
        of_unit = {
            iso3: line for (iso3, u), line in lines.items() if u == unit and iso3 in rated.index
        }
        silent = rated[rated["had_stock"] & ~rated.index.isin(list(of_unit))]
        figures = _added_up(of_unit, bool(len(silent)), bool(silent["stock_left"].any()))
        rows.append((unit, len(of_unit), len(silent), *figures))
    return result("totals", typed_frame("totals", rows), then)


def _added_up(lines: Mapping[str, _Line], silent: bool, silent_left: bool) -> tuple[Any, ...]:
    """The figures of one unit over all states; others may have had some, or have some left."""
    declared = destroyed = remaining = within = excess = 0.0
    whole, gone, left = _NONE, _NONE, _NONE
    beyond = []
    for iso3, line in lines.items():
        mine = sum(e.declared for e in line.episodes if not math.isnan(e.declared))
        points = line.points
        told = [p.destroyed for p in points if not math.isnan(p.destroyed)]
        done = told[-1] if told else 0.0
        known = any(not math.isnan(e.declared) for e in line.episodes)
        whole += sum((e.declared_range for e in line.episodes), _NONE)
        gone += points[-1].destroyed_range if points else Range(0.0, line.declared(10**9)[1].high)
        last = line.episodes[-1]
        left += last.points[-1].left if last.points else Range(0.0, last.declared_range.high)
        declared, destroyed = declared + mine, destroyed + done
        remaining += 0.0 if math.isnan(last.remaining) else last.remaining
        if known:
            within += min(mine, done)
            if done > mine:
                excess += done - mine
                beyond.append(iso3)
    if silent:
        whole, gone = Range(whole.low, math.inf), Range(gone.low, math.inf)
    if silent_left:
        left = Range(left.low, math.inf)
    share = within / declared if declared > 0 else math.nan
    return (
        *(declared, *whole.cells(), destroyed, *gone.cells(), remaining, *left.cells()),
        *(excess, " ".join(sorted(beyond)), share),
    )
