"""What the burn-down of one state is drawn from: its lines, its statements, its sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stockpile.common import english as words
from stockpile.common.plain import takes_results
from stockpile.forecast.projection import QUANTILE_COLUMNS
from stockpile.plot.ledgers import takes_ledger
from stockpile.rating.status import DONE
from stockpile.stock.reconcile import Statement, bounds

_LEVELS = ("declared", "remaining", "destroyed_total", "destroyed_share")
_POINT_COLUMNS = "unit figure since on low at high role restated".split()
_POINT_TYPES: Any = dict.fromkeys(["since", "on"], "datetime64[us]")
_POINT_TYPES |= dict.fromkeys(["low", "at", "high"], "float64")


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
    columns = ["state", "unit", "episode", "date", "left", "whole", "basis"]
    rows = progress[progress["iso3"] == state]
    rows = rows.assign(date=rows["date"].fillna(begun))
    rows = rows[rows["date"].notna()]
    keys = [rows["unit"], rows["episode"]]
    ended = rows["destroyed"].where(rows["remaining"] == 0).groupby(keys).transform("max")
    whole = rows["declared"].where(rows["declared"] > 0).groupby(keys).transform("last")
    whole = whole.fillna(ended).fillna(rows["remaining"].groupby(keys).transform("max"))
    left = rows["remaining"].fillna((ended - rows["destroyed"]).clip(lower=0))
    left = left.fillna(whole * (1 - rows["share_destroyed"]))
    basis = rows["basis"] if "basis" in rows else pd.Series("", index=rows.index)
    out = rows.assign(left=left.clip(lower=0), whole=whole, basis=basis)[columns]
    return out[out["left"].notna()].reset_index(drop=True)


@takes_results
def statement_points(
    statements: pd.DataFrame | None, lines: pd.DataFrame, *, state: str, begun: Any = pd.NaT
) -> pd.DataFrame:
    """Place each statement on a state's stock where it says what was left.

    ``since`` is the first day of a period, ``at`` what was left as a count (after a period, what
    the line has), between ``low`` and ``high``, which are endless for 'at least'. A declaration
    without a day stands where it was published or, if that is too late, where the stock begins.
    ``restated``: a newer statement took its place.
    """
    points: list[tuple[Any, ...]] = []
    first = lines.groupby("unit")["date"].min()
    size = lines.groupby(["unit", "episode"])["whole"].last()
    start = pd.Series([lines["date"].min(), begun]).min()
    rows: list[Any] = []
    if statements is not None:
        of_state = (statements["iso3"] == state) & statements["value"].notna()
        rows = list(statements[of_state].itertuples(index=False))
    for row in rows:
        on, since = row.date, row.period_start
        if pd.notna(since) and row.figure in ("destroyed", "destroyed_total"):
            low = at = high = _left_on(lines, row)
        elif row.figure in _LEVELS:
            since = pd.NaT
            low, at, high = _level(row, size.get((row.unit, row.episode), np.nan))
            if pd.isna(on):
                # The stock to begin with, unless it was stated while the stock was there.
                late = pd.isna(row.published) or row.published > first.get(row.unit, pd.NaT)
                on = start if late else row.published
        else:
            continue
        restated = str(getattr(row, "why", "")).startswith("restated")
        cells = (row.unit, row.figure, since, on, low, max(at, 0.0), high, row.role, restated)
        points.append(cells)
    out = pd.DataFrame(points, columns=_POINT_COLUMNS).astype(_POINT_TYPES)
    if len(lines):  # a number in a unit that is none of the stock's has no place beside them
        out = out[out["unit"].isin(lines["unit"])]
    return out[out["on"].notna() & out["at"].notna()].reset_index(drop=True)


def _level(row: Any, whole: float) -> tuple[float, float, float]:
    """Return what a statement says was left, between the bounds of its rounding."""
    qualified = (row.figure, row.value, row.qualifier)
    low, high = bounds(Statement(0, *qualified, None, None, 0, 0, False, row.source_id), whole)
    at = row.value * whole if row.figure == "destroyed_share" else row.value
    if row.figure.startswith("destroyed"):
        return whole - high, whole - at, whole - low
    return low, at, high


def _left_on(lines: pd.DataFrame, row: Any) -> float:
    """Return what the line of a statement's stock has left on its day."""
    stock = (lines["unit"] == row.unit) & (lines["episode"] == row.episode)
    upto = lines[stock & (lines["date"] <= row.date)]
    return float(upto["left"].iloc[-1]) if len(upto) else np.nan


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
    known = {code for frame in given for code in frame["iso3"]}
    if known and state not in known:
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
