"""What the burn-down of one state is drawn from: its lines, its statements, its sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import as_dicts, named_rows
from stockpile.forecast.projection import QUANTILE_COLUMNS
from stockpile.ledger.ledger import Day
from stockpile.plot.ledgers import takes_ledger
from stockpile.rating.status import DONE
from stockpile.stock.reconcile import USED, Statement, bounds

_LINE_TYPES: Any = {"state": "str", "unit": "str", "episode": "int64", "basis": "str"}
_LINE_TYPES |= {"date": "datetime64[us]", "left": "float64", "whole": "float64"}
_LEVELS = ("declared", "remaining", "destroyed_total", "destroyed_share")
#: In place of the row of a state that has none.
_UNRATED = SimpleNamespace(
    status="",
    unit="",
    **dict.fromkeys(
        ("entry_into_force", "original_deadline", "deadline", "planned_completion", "completed"),
        pd.NaT,
    ),
)


class _Row(NamedTuple):
    """What is used of a row of ``progress``."""

    state: str
    unit: str
    episode: int
    date: pd.Timestamp
    remaining: float
    destroyed: float
    declared: float
    share_destroyed: float
    basis: str


class Line(NamedTuple):
    """What was left on a day, as `lines_left` has it."""

    state: str
    unit: str
    episode: int
    date: pd.Timestamp
    left: float
    whole: float
    basis: str


class Point(NamedTuple):
    """Where a statement stands, as `statement_points` places it."""

    unit: str
    figure: str
    since: pd.Timestamp
    on: pd.Timestamp
    low: float
    at: float
    high: float
    role: str
    restated: bool


@dataclass(frozen=True)
class Burndown:
    """All that the burn-down of one state is drawn from, worked out for both of its widths."""

    state: str
    day: Any
    row: Any
    frame: pd.DataFrame
    lines: list[Line]
    points: list[Point]
    ahead: dict[str, pd.Timestamp]
    found: list[pd.Timestamp]
    steps: list[Any]
    destroyed: str

    @property
    def title(self) -> str:
        """The sentence above the chart."""
        return burndown_title(self.frame, None if self.row is _UNRATED else self.row, self.state)


def burndown_of(
    progress: pd.DataFrame,
    *,
    state: str,
    statements: pd.DataFrame | None = None,
    status: pd.DataFrame | None = None,
    fan: pd.DataFrame | None = None,
    steps: pd.DataFrame | None = None,
    as_of: Day | None = None,
) -> Burndown:
    """Work out what `burndown` draws, from the same frames."""
    require_state(state, progress, statements, status, fan)
    rated = row_of(status, state)
    row = _UNRATED if rated is None else rated
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    begun = min((d for d in (day, row.entry_into_force) if pd.notna(d)), default=pd.NaT)
    rows = progress[progress["iso3"] == state]
    frame = lines_left(rows, state=state, begun=begun)
    lines = [Line(*line) for line in frame.itertuples(index=False)]
    stated = [] if statements is None else named_rows(statements[statements["iso3"] == state])
    destroyed = [
        words.amount(last["destroyed"], last.get("destroyed_qualifier", "exact"))
        for last in as_dicts(rows[rows["destroyed"] > 0].tail(1))
    ]
    due = [] if steps is None else named_rows(steps[steps["iso3"] == state])
    return Burndown(
        state=state,
        day=day,
        row=row,
        frame=frame,
        lines=lines,
        points=statement_points(stated, lines, begun=begun),
        ahead=fan_days(row_of(fan, state), rated),
        found=_found(lines, stated),
        steps=[step for step in due if pd.notna(step.due)],
        destroyed="".join(destroyed),
    )


def _found(lines: list[Line], stated: list[Any]) -> list[pd.Timestamp]:
    """When stock was found after completion: on the day stated or, without one, seen."""
    reopened = [row.date for row in stated if row.figure == "reopened" and row.role == USED]
    days = [day for day in reopened if pd.notna(day)]
    seen: dict[int, pd.Timestamp] = {}
    for line in lines:
        seen[line.episode] = min(seen.get(line.episode, line.date), line.date)
    return days + [seen[episode] for episode in sorted(seen) if episode > len(days)]


@takes_ledger
def lines_left(progress: pd.DataFrame, *, state: str, begun: Any = pd.NaT) -> pd.DataFrame:
    """Return what one state had left on each day on which that is known.

    Where the stock was never declared but is gone, it is taken to have been what
    was destroyed.

    Parameters
    ----------
    progress : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.progress` returns it.
    state : str
        ISO code.
    begun : pandas.Timestamp, optional
        Day for a declaration without one, which is of the stock there was to begin with;
        left out, such a row is, too.

    Returns
    -------
    pandas.DataFrame
        ``state``, ``unit``, ``episode``, ``date``, ``left`` (a count), ``whole`` (what
        there was to begin with), ``basis``; by unit, episode and date.

    Examples
    --------
    >>> import stockpile as sp
    >>> peru = lines_left(sp.progress(sp.load("ccm").as_of("2024-01-01")), state="PER")
    >>> peru.loc[peru["unit"] == "cluster_munitions", "left"].tolist()
    [2007.0, 1847.0, 1551.0, 1009.0, 850.0, 0.0]
    """
    rows = progress[progress["iso3"] == state]
    numbers = ["remaining", "destroyed", "declared", "share_destroyed"]
    basis = rows["basis"] if "basis" in rows else [""] * len(rows)
    names = ["state", "unit", "episode", "date", *numbers]
    cells = zip(*(rows[name] for name in names), basis, strict=True)
    all_rows = [_Row(*row) for row in cells]
    kept = [row if pd.notna(row.date) else row._replace(date=begun) for row in all_rows]
    kept = [row for row in kept if pd.notna(row.date)]
    stocks: dict[tuple[Any, Any], list[Any]] = {}
    for row in kept:
        stocks.setdefault((row.unit, row.episode), []).append(row)
    sizes = {stock: _size(of_stock) for stock, of_stock in stocks.items()}
    lines = []
    for row in kept:
        whole, ended = sizes[row.unit, row.episode]
        left = _first_known(
            row.remaining, max(ended - row.destroyed, 0.0), whole * (1 - row.share_destroyed)
        )
        if pd.notna(left):
            stock = (row.state, row.unit, row.episode)
            lines.append(Line(*stock, row.date, max(left, 0.0), whole, row.basis))
    return pd.DataFrame(lines, columns=Line._fields).astype(_LINE_TYPES)


def _first_known(*numbers: float) -> float:
    """The first of some numbers that is one."""
    return next((float(number) for number in numbers if pd.notna(number)), math.nan)


def _size(rows: list[Any]) -> tuple[float, float]:
    """What there was of a stock to begin with, and how much was destroyed once it was gone."""
    gone = [row.destroyed for row in rows if row.remaining == 0 and pd.notna(row.destroyed)]
    ended = max(gone, default=math.nan)
    declared = [row.declared for row in rows if row.declared > 0]
    left = [row.remaining for row in rows if pd.notna(row.remaining)]
    return _first_known(*declared[-1:], ended, max(left, default=math.nan)), ended


def statement_points(
    stated: Sequence[Any], lines: Sequence[Line], *, begun: Any = pd.NaT
) -> list[Point]:
    """Place each statement on a state's stock where it says what was left.

    ``since`` is the first day of a period, ``at`` what was left as a count (after a period, what
    the line has), between ``low`` and ``high``, which are endless for 'at least'. A declaration
    without a day stands where it was published or, if that is too late, where the stock begins.
    ``restated``: a newer statement took its place.
    """
    first: dict[str, pd.Timestamp] = {}
    for line in lines:
        first[line.unit] = min(first.get(line.unit, line.date), line.date)
    size = {(line.unit, line.episode): line.whole for line in lines}
    days = [day for day in (*first.values(), begun) if pd.notna(day)]
    start = min(days, default=pd.NaT)
    points = []
    for row in stated:
        # A number in a unit that is none of the stock's has no place beside its lines.
        if pd.isna(row.value) or (lines and row.unit not in first):
            continue
        on, since = row.date, row.period_start
        if pd.notna(since) and row.figure in ("destroyed", "destroyed_total"):
            low = at = high = _left_on(lines, row)
        elif row.figure in _LEVELS:
            since = pd.NaT
            low, at, high = _level(row, size.get((row.unit, row.episode), math.nan))
            if pd.isna(on):
                # The stock to begin with, unless it was stated while the stock was there.
                begins = first.get(row.unit, pd.NaT)
                late = pd.isna(row.published) or row.published > begins
                on = start if late else row.published
        else:
            continue
        if pd.notna(on) and pd.notna(at):
            restated = str(getattr(row, "why", "")).startswith("restated")
            at, about = max(at, 0.0), (row.role, restated)
            points.append(Point(row.unit, row.figure, since, on, low, at, high, *about))
    return points


def _level(row: Any, whole: float) -> tuple[float, float, float]:
    """Return what a statement says was left, between the bounds of its rounding."""
    qualified = (row.figure, row.value, row.qualifier)
    low, high = bounds(Statement(0, *qualified, None, None, 0, 0, False, row.source_id), whole)
    at = row.value * whole if row.figure == "destroyed_share" else row.value
    if row.figure.startswith("destroyed"):
        return whole - high, whole - at, whole - low
    return low, at, high


def _left_on(lines: Sequence[Line], row: Any) -> float:
    """Return what the line of a statement's stock has left on its day."""
    stock = (row.unit, row.episode)
    upto = [ln.left for ln in lines if (ln.unit, ln.episode) == stock and ln.date <= row.date]
    return upto[-1] if upto else math.nan


def burndown_title(lines: pd.DataFrame, row: Any, state: str) -> str:
    """Say how much of its stock a state has left, and how that stands.

    Parameters
    ----------
    lines : pandas.DataFrame
        As `lines_left` returns them.
    row : object or None
        The state's row of `stockpile.status`, as a tuple with names.
    state : str
        What to call it where nothing gives its name.
    """
    known_as = row.state if row is not None else lines["state"].iloc[-1] if len(lines) else state
    name = words.sentence(words.the(str(known_as)))
    if row is not None and row.status in DONE:
        if pd.isna(row.completed):
            return f"{name} has finished"
        late, due = row.status == "completed late", row.deadline
        when = words.on_date(row.completed, row.completed_precision)
        # A stock that turned up after the deadline was no failure to meet it.
        judged = pd.notna(due) and (late or row.completed <= due)
        way = f", {'after' if late else 'in time for'} {words.dated(due, 'month')}"
        return f"{name} finished {when}{way if judged else ''}"
    known = lines[lines["whole"] > 0]
    if known.empty:
        return f"What {words.the(str(known_as))} has left is not on record"
    last = known.groupby("unit", sort=False)[["left", "whole"]].last()
    share = last["left"] / last["whole"]
    unit = str(row.unit) if row is not None and row.unit in share.index else str(share.idxmax())
    if share[unit] == 0:
        return f"{name} has none of its {words.unit(unit)} left"
    title = f"{name} has {words.percent(share[unit])} of its {words.unit(unit)} left"
    decides = row is not None and unit == row.unit
    if decides and not abs(1 - row.share_destroyed - share[unit]) < 0.005:
        # What is left and destroyed do not add up to what was declared, or nothing was: no share.
        title = f"{name} has {words.number(last['left'][unit])} {words.unit(unit)} left"
    if (known["basis"] == "declared").all():
        whole = words.number(last["whole"][unit])
        title = f"{name} has declared {whole} {words.unit(unit)} and reported no destruction"
    if row is None:
        return title
    due = words.dated(row.deadline, "month")
    return title + {
        "overdue": f", and its deadline passed in {due}",
        "off target": f"; it is off target for {due}",
        "at risk": f"; it is at risk of missing {due}",
        "on target": f"; it is on target for {due}",
    }.get(row.status, "")


def row_of(frame: pd.DataFrame | None, state: str) -> Any:
    """Return the state's row of a frame with one row a state, or nothing."""
    if frame is None:
        return None
    return next(frame[frame["iso3"] == state].itertuples(index=False), None)


def require_state(state: str, *frames: pd.DataFrame | None) -> None:
    """Refuse a state that no frame has a row on; frames without rows know of nobody."""
    given = [frame for frame in frames if frame is not None]
    if any((frame["iso3"] == state).any() for frame in given):
        return
    if known := {code for frame in given for code in frame["iso3"]}:
        some = words.listing(sorted(known), limit=5)
        raise ValueError(f"state is {state!r}; expected a code that the frames have: {some}")


def fan_days(projected: Any, row: Any) -> dict[str, pd.Timestamp]:
    """Days of completion by quantile; empty where there is nothing to project."""
    if projected is not None:
        days = {q: getattr(projected, q) for q in QUANTILE_COLUMNS}
    elif row is not None:
        days = {"q10": row.earliest, "q50": row.projected, "q90": row.latest}
    else:
        return {}
    return days if pd.notna(days["q10"]) else {}
