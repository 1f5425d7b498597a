"""Where each state stands on the as-of day: one row a state, before any forecast.

The munitions and the submunitions of a stock are two counts of the same thing;
the one that is further behind is the state's progress, and decides.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.frames import from_columns, tuples
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import obligations
from stockpile.stock.points import Point, Timeline, share_gone
from stockpile.stock.timelines import Stock, stocks
from stockpile.treaty.rules import UNSPECIFIED

_POSITION_COLUMNS = {
    "stock": "str",
    "unit": "str",
    "declared": "float64",
    "declared_qualifier": "str",
    "declared_presumed": "bool",
    "destroyed": "float64",
    "destroyed_qualifier": "str",
    "remaining": "float64",
    "remaining_qualifier": "str",
    "share_destroyed": "float64",
    "retained": "float64",
    "completed": "datetime64[us]",
    "completed_precision": "str",
    "first_completed": "datetime64[us]",
    "reopened": "datetime64[us]",
    "clear_by_deadline": "bool",
    "position_date": "datetime64[us]",
    "last_report": "datetime64[us]",
    "reports": "int64",
    "sources": "int64",
    "stock_seen": "datetime64[us]",
    "named_missed": "datetime64[us]",
    "planned_completion": "datetime64[us]",
    "planned_precision": "str",
    "planned_on": "datetime64[us]",
}
_UNIT_FIGURES = ("declared", "destroyed", "remaining", "share")

#: Statements on the stock itself; what is kept for training is none of it.
STOCK_MEASURES = ("declared", "destroyed", "destroyed_total", "destroyed_share", "remaining")


@cached
def positions(ledger: Ledger) -> pd.DataFrame:
    """Return each state's obligation and where its stock stands, one row a state.

    Parameters
    ----------
    ledger : Ledger
        As of a day.

    Returns
    -------
    pandas.DataFrame
        The columns of `stockpile.stock.obligations.obligations`, then ``stock``
        (``unknown``, ``none``, ``kept`` for training only, ``left``, ``gone``),
        ``unit`` (the count that decides), its latest figures and qualifiers,
        ``retained``, ``completed`` and its precision, ``reopened``,
        ``position_date`` (what the figures speak of), ``last_report`` (newest
        statement on the stock), ``reports`` (days on which the stock was
        spoken of), ``sources`` (how many), ``stock_seen`` (last day on which a
        statement speaks of stock left), ``named_missed`` (the deadline that a
        source says passed), ``planned_completion``, its precision and ``planned_on`` (the
        state's newest announced date, and when it was announced),
        ``first_completed`` (before a reopening), ``clear_by_deadline`` (on its
        deadline the state had declared nothing to destroy); and
        ``declared_<unit>``, ``destroyed_<unit>``, ``remaining_<unit>``,
        ``share_<unit>`` for each unit of the treaty.

    Examples
    --------
    >>> import stockpile as sp
    >>> from stockpile.stock.position import positions
    >>> then = positions(sp.load("ccm").as_of("2013-10-01")).set_index("iso3")
    >>> then.loc["GBR", ["unit", "stock"]].tolist()
    ['submunitions', 'left']
    """
    ledger.require_day()
    bound = obligations(ledger)
    found, seen = stocks(ledger), _statements(ledger, bound)
    units = ledger.treaty.units
    rows = [
        _position(found.get(iso3, _NO_STOCK), units) | seen.get(iso3, _UNSEEN)
        for iso3 in bound["iso3"].tolist()
    ]
    extra = {f"{figure}_{unit}": "float64" for unit in units for figure in _UNIT_FIGURES}
    kinds = _POSITION_COLUMNS | extra
    columns = {name: [row.get(name) for row in rows] for name in kinds}
    return pd.concat([bound, from_columns(columns, kinds)], axis=1)


class _Told:
    """What the statements of one state amount to, whatever their figures."""

    def __init__(self) -> None:
        self.days: set[int] = set()
        self.sources: set[str] = set()
        self.seen: list[int] = []
        self.missed: list[int] = []
        self.plans: list[tuple[int, int, int, str, str]] = []
        self.kept: list[tuple[int, int, int, float, str]] = []
        self.held: list[tuple[int, int, float]] = []

    def spoke(self, day: int | None, source: str) -> None:
        if day is not None:
            self.days.add(day)
            self.sources.add(source)


def _statements(ledger: Ledger, bound: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What the statements of each state amount to, whatever their figures.

    Plain loops, because a replay asks for this on a hundred days.
    """
    told: defaultdict[str, _Told] = defaultdict(_Told)
    order = {unit: i for i, unit in enumerate(ledger.treaty.units)}
    for iso3, measure, unit, value, on, start, out, rank, presumed, source in ledger.rows(
        "quantities",
        *("iso3", "measure", "unit", "quantity", "on", "period_start", "published", "rank"),
        *("presumed", "source_id"),
    ):
        of = told[iso3]
        # An undated figure speaks, at the latest, of the day its source was out.
        day = out if on is None and not presumed else on
        if measure in STOCK_MEASURES:
            of.spoke(day, source)
            if measure in ("declared", "remaining") and on is not None:
                of.held.append((-on, rank, -value))
            if measure == "remaining" and value > 0 and day is not None:
                of.seen.append(day)
            # What was destroyed in a period was there when the period began.
            if measure == "destroyed" and value > 0 and start is not None:
                of.seen.append(start)
        elif measure == "retained" and day is not None:
            of.kept.append((order.get(unit, 0), -day, rank, -value, source))
    for iso3, event, on, out, precision, rank, source in ledger.rows(
        "events", "iso3", "event", "on", "published", "precision", "rank", "source_id"
    ):
        if event in ("completed", "reopened"):
            told[iso3].spoke(on, source)
        if on is not None and event == "reopened":
            told[iso3].seen.append(on)
        elif on is not None and event == "deadline_missed":
            told[iso3].missed.append(on)
        elif on is not None and out is not None and event == "planned_completion":
            told[iso3].plans.append((-out, rank, -on, source, precision))
            # A state that announces a date still has stock on the day it does so.
            if out < on:
                told[iso3].seen.append(out)
    deadlines = dict(tuples(bound, "iso3", "deadline"))
    return {iso3: _sum_up(of, deadlines.get(iso3)) for iso3, of in told.items()}


def _sum_up(of: _Told, deadline: int | None) -> dict[str, Any]:
    plan = min(of.plans, default=None)
    kept = min(of.kept, default=None)
    clear = False
    if deadline is not None:
        # A state with nothing to destroy on its deadline is not late with what turned up after.
        held = min((h for h in of.held if -h[0] <= deadline), default=None)
        training = min(((k[1:4]) for k in of.kept if -k[1] <= deadline), default=None)
        clear = held is not None and (
            held[2] == 0 or (training is not None and training[2] <= held[2])
        )
    return {
        "retained": math.nan if kept is None else -kept[3],
        "last_report": max(of.days, default=None),
        "reports": len(of.days),
        "sources": len(of.sources),
        "stock_seen": max(of.seen, default=None),
        "clear_by_deadline": clear,
        "named_missed": max(of.missed, default=None),
        "planned_completion": None if plan is None else -plan[2],
        "planned_precision": "" if plan is None else plan[4],
        "planned_on": None if plan is None else -plan[0],
    }


_UNSEEN = _sum_up(_Told(), None)


_NO_STOCK = Stock({}, [], {})


@functools.lru_cache(maxsize=4096)
def _position(stock: Stock, units: tuple[str, ...]) -> dict[str, Any]:
    """The latest figures of one state, and what they say of its stock."""
    episodes = stock.episodes
    number = len(episodes) - 1
    lines = {
        unit: stock.lines[unit, number]
        for unit in (*units, UNSPECIFIED)
        if (unit, number) in stock.lines
    }
    # A count that nobody mentioned since a reopening says nothing about it.
    spoken = {u: ln for u, ln in lines.items() if ln.points or number == 0}
    ending = episodes[number] if episodes else None
    row: dict[str, Any] = dict.fromkeys(_POSITION_COLUMNS)
    row |= {"stock": "unknown", "unit": "", "declared_presumed": False, "completed_precision": ""}
    row |= dict.fromkeys(["declared_qualifier", "destroyed_qualifier", "remaining_qualifier"], "")
    row |= {
        "reopened": ending.reopened if ending else None,
        "first_completed": episodes[0].completed if number > 0 else None,
    }
    latest = {unit: _latest(line) for unit, line in spoken.items()}
    for unit, line in spoken.items():
        figures = _figures(line, latest[unit])
        row |= {f"{figure}_{unit}": figures[figure] for figure in _UNIT_FIGURES if unit in units}
    if not spoken:
        if ending and ending.completed is not None:
            row |= {
                "stock": "gone",
                "completed": ending.completed,
                "completed_precision": ending.precision,
                "position_date": ending.completed,
            }
        elif ending and ending.reopened is not None:
            row |= {"stock": "left"}
        return row
    unit = _deciding(spoken, latest)
    line, point = spoken[unit], latest[unit]
    figures = _figures(line, point)
    row |= {
        "unit": unit,
        "declared": figures["declared"],
        "declared_qualifier": line.declared.qualifier,
        "declared_presumed": line.presumed,
        "destroyed": figures["destroyed"],
        "destroyed_qualifier": point.destroyed.qualifier if point else "",
        "remaining": figures["remaining"],
        "remaining_qualifier": point.remaining.qualifier if point else "at_most",
        "share_destroyed": figures["share"],
        "position_date": point.day if point else line.declared_on,
    }
    row["stock"], done = _stock(spoken, latest)
    if ending and ending.completed is not None:
        row |= {
            "stock": "gone",
            "completed": ending.completed,
            "completed_precision": ending.precision,
        }
    elif row["stock"] == "gone":
        row |= {"completed": done, "completed_precision": "on_or_before"}
    return row


def _latest(line: Timeline) -> Point | None:
    return line.points[-1] if line.points else None


def _figures(line: Timeline, point: Point | None) -> dict[str, float]:
    """Declared, destroyed, remaining and the share gone, at the end of a line."""
    whole = line.declared.value
    if point is None:
        gone = 0.0 if whole == 0 else math.nan
        return {"declared": whole, "destroyed": gone, "remaining": whole, "share": math.nan}
    return {
        "declared": whole,
        "destroyed": point.destroyed.value,
        "remaining": point.remaining.value,
        "share": share_gone(whole, point),
    }


def _deciding(lines: dict[str, Timeline], latest: dict[str, Point | None]) -> str:
    """Choose the count that is furthest behind; a known share before an unknown one."""

    def behind(unit: str) -> tuple[bool, float]:
        share = _figures(lines[unit], latest[unit])["share"]
        return (math.isnan(share), 0.0 if math.isnan(share) else share)

    return min(lines, key=behind)  # the first of the treaty's units, where they are level


def _stock(lines: dict[str, Timeline], latest: dict[str, Point | None]) -> tuple[str, int | None]:
    """Say what the counts together amount to, and when the last of them was at nil."""
    states: dict[str, str] = {}
    nil: list[int] = []
    for unit, line in lines.items():
        point, whole = latest[unit], line.declared.value
        left = point.remaining.value if point else whole
        gone = point.destroyed.value if point else math.nan
        if point and point.basis == "retained":
            states[unit] = "kept"
        elif left == 0 and (whole > 0 or gone > 0):
            states[unit] = "gone"
            nil.append(next(p.day for p in line.points if p.remaining.value == 0))
        elif left == 0:
            states[unit] = "none"
        elif left > 0 or gone > 0 or whole > 0 or (point and 0 <= point.share < 1):
            states[unit] = "left"
        else:
            states[unit] = "unknown"
    for state in ("left", "kept", "gone", "none"):
        if state in states.values():
            return state, max(nil) if state == "gone" else None
    return "unknown", None
