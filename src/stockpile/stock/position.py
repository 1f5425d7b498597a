"""Where each state stands on the as-of day: one row a state, before any forecast.

The munitions and the submunitions of a stock are two counts of the same thing; the one that
is further behind is the stock's progress. A state is done when all its stocks are; until
then the one that is furthest behind speaks for it.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import inner_types
from stockpile.common.frames import from_columns, ordinal, tuples
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import obligations
from stockpile.stock.points import Point, Timeline
from stockpile.stock.timelines import ENDINGS, NO_STOCK, Stock, first_day, stocks
from stockpile.treaty.rules import UNSPECIFIED

_POSITION_COLUMNS = inner_types("positions")
_UNIT_FIGURES = ("declared", "destroyed", "remaining", "share", "retained")

#: Statements on the stock itself; what is kept for training is none of it.
STOCK_MEASURES = ("declared", "destroyed", "destroyed_total", "destroyed_share", "remaining")
#: Events by which a state asks for more time, or gets it.
_MORE_TIME = ("extension_requested", "extension_granted")


@cached
def positions(ledger: Ledger) -> pd.DataFrame:
    """Return each state's obligation and where its stock stands, one row a state.

    The columns of ``obligations``, then those of ``positions`` of the stock that decides, as both
    stand in ``common/inner_columns.csv``; and ``declared_<unit>``, ``destroyed_<unit>``,
    ``remaining_<unit>``, ``share_<unit>`` and ``retained_<unit>`` for each unit of the treaty.

    >>> import stockpile as sp
    >>> then = positions(sp.load("ccm").as_of("2013-10-01")).set_index("iso3")
    >>> then.loc["GBR", ["unit", "stock"]].tolist()
    ['submunitions', 'left']
    """
    units = ledger.treaty.units
    rows, decides = [], []
    for of_state in stock_positions(ledger):
        stock = min(of_state, key=lambda name: (*_behind(of_state[name]), name))
        figures = {key: value for row in of_state.values() for key, value in row.items()}
        rows.append(figures | of_state[stock])
        decides.append(stock)
    extra = {f"{figure}_{unit}": "float64" for unit in units for figure in _UNIT_FIGURES}
    kinds = _POSITION_COLUMNS | extra
    columns = {name: [row.get(name) for row in rows] for name in kinds}
    bound = _of_stock(ledger, decides)
    return pd.concat([bound, from_columns(columns, kinds)], axis=1)


def _of_stock(ledger: Ledger, decides: Sequence[str]) -> pd.DataFrame:
    """The obligation of each state as it holds for the stock that decides."""
    parts = []
    for stock in sorted(set(decides)) or [""]:
        places = [place for place, name in enumerate(decides) if name == stock]
        parts.append(obligations(ledger, stock).take(places))
    return parts[0] if len(parts) == 1 else pd.concat(parts).sort_index()


def _behind(row: dict[str, Any]) -> tuple[float, ...]:
    """How far behind a stock is: the smaller, the further.

    One whose deadline has passed comes first of those with something left, and of those that
    are gone the latest; what is unknown lies between.
    """
    stock, share = row["stock"], row["share_destroyed"]
    if stock == "left":
        return 0, not row["passed"], math.isnan(share), 0.0 if math.isnan(share) else share
    if stock == "gone":
        due = row["completed"] if row["deadline"] is None else row["deadline"]
        return 2, -max(row["completed"] - due, 0), -row["completed"]
    return ({"unknown": 1, "kept": 3, "none": 4}[stock],)


@cached
def stock_positions(ledger: Ledger) -> list[dict[str, dict[str, Any]]]:
    """Return where each stock of each state stands.

    For each state in the order of `stockpile.stock.obligations.obligations`, by stock, what
    `positions` has of it; days are whole numbers. Of a state of which nothing is told there is
    the treaty's first stock.
    """
    today, treaty = ordinal(ledger.require_day()), ledger.treaty
    found, names = stocks(ledger), list(treaty.stocks)
    units = {
        name: tuple(unit for unit in treaty.units if treaty.unit_rules[unit].stock == name)
        for name in names
    }
    records = {name: _records(ledger, name) for name in names}
    due = {name: dict(tuples(obligations(ledger, name), "iso3", "deadline")) for name in names}
    out = []
    for iso3 in ledger.frame("states")["iso3"].tolist():
        rows = {}
        for name, stock in found.get(iso3, {names[0]: NO_STOCK}).items():
            deadline = due[name][iso3]
            row = _position(stock, units[name])
            since = stock.episodes[-1].since if stock.episodes else None
            record, unit = records[name].get(iso3, _Record()), row["unit"] or units[name][0]
            if row["stock"] == "unknown" and (record.seen or record.plans or record.more_time):
                # Who announces a date, or is given more time, has a stock, of whatever size.
                row = row | {"stock": "left"}
            passed = deadline is not None and today > deadline
            ends = {"stock_id": name, "deadline": deadline, "passed": passed}
            rows[name] = row | _sum_up(record, unit, deadline, since) | ends
        out.append(rows)
    return out


@dataclass
class _Record:
    """What the statements of one state amount to, whatever their figures."""

    days: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    seen: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    more_time: bool = False
    plans: list[tuple[int, int, int, str, str]] = field(default_factory=list)
    kept: dict[str, list[tuple[int, int, float, str]]] = field(default_factory=dict)
    held: list[tuple[int, int, float]] = field(default_factory=list)

    def spoke(self, day: int | None, source: str) -> None:
        if day is not None:
            self.days.add(day)
            self.sources.add(source)


def _records(ledger: Ledger, stock: str) -> dict[str, _Record]:
    """What the statements of each state on one stock amount to, whatever their figures.

    Plain loops, because a replay asks for this on a hundred days.
    """
    out: defaultdict[str, _Record] = defaultdict(_Record)
    about = ledger.treaty.speaking_of(stock)
    for iso3, measure, unit, value, on, start, published, rank, presumed, source in ledger.rows(
        "quantities",
        *("iso3", "measure", "unit", "quantity", "on", "period_start", "published", "rank"),
        *("presumed", "source_id"),
    ):
        if unit not in about:
            continue
        record = out[iso3]
        # An undated figure speaks, at the latest, of the day its source was out.
        day = published if on is None and not presumed else on
        if measure in STOCK_MEASURES:
            record.spoke(day, source)
            if measure in ("declared", "remaining") and on is not None:
                record.held.append((-on, rank, -value))
            if measure == "remaining" and value > 0 and day is not None:
                record.seen.append(day)
            # What was destroyed in a period was there when the period began.
            if measure == "destroyed" and value > 0 and start is not None:
                record.seen.append(start)
        elif measure == "retained" and day is not None:
            record.kept.setdefault(unit, []).append((-day, rank, -value, source))
    for iso3, event, on, published, precision, rank, source, named in ledger.rows(
        "events",
        *("iso3", "event", "on", "published", "precision", "rank", "source_id", "stock"),
    ):
        if named not in ("", stock):
            continue
        if event in ENDINGS:
            out[iso3].spoke(on, source)
        if on is None:
            continue
        if event == "reopened":
            out[iso3].seen.append(first_day(on, precision))
        elif event == "deadline_missed":
            out[iso3].missed.append(on)
        elif event in _MORE_TIME:
            out[iso3].more_time = True
        elif event == "planned_completion" and published is not None:
            out[iso3].plans.append((-published, rank, -on, source, precision))
            # A state that announces a date still has stock on the day it does so.
            if published < first_day(on, precision):
                out[iso3].seen.append(published)
    for iso3, event, named in ledger.rows("steps", "iso3", "event", "stock"):
        if event in _MORE_TIME and named in ("", stock):
            out[iso3].more_time = True
    return out


def _sum_up(
    record: _Record, unit: str, deadline: int | None, reopened: int | None
) -> dict[str, Any]:
    """Lay out a record, for the stock that there is since it was last reopened."""
    # A plan belongs to the stock that it was made for.
    plans = [p for p in record.plans if reopened is None or -p[0] > reopened]
    plan = min(plans, default=None)
    clear = False
    if deadline is not None:
        # A state with nothing to destroy on its deadline is not late with what turned up after.
        held = min((h for h in record.held if -h[0] <= deadline), default=None)
        kept = record.kept.get(unit) or next(iter(record.kept.values()), [])
        training = min((k[:3] for k in kept if -k[0] <= deadline), default=None)
        clear = held is not None and (
            held[2] == 0 or (training is not None and training[2] <= held[2])
        )
    retained = {name: -min(kept)[2] for name, kept in record.kept.items()}
    return {
        "retained": retained.get(unit, math.nan),
        **{f"retained_{name}": number for name, number in retained.items()},
        "last_report": max(record.days, default=None),
        "reports": len(record.days),
        "sources": len(record.sources),
        "stock_seen": max(record.seen, default=None),
        "clear_by_deadline": clear,
        "named_missed": max(record.missed, default=None),
        "planned_completion": None if plan is None else -plan[2],
        "planned_precision": "" if plan is None else plan[4],
        "planned_on": None if plan is None else -plan[0],
    }


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
    row: dict[str, Any] = {
        name: math.nan if kind == "float64" else None for name, kind in _POSITION_COLUMNS.items()
    }
    row |= {"stock": "unknown", "unit": "", "declared_presumed": False, "completed_precision": ""}
    row |= {name: "" for name in _POSITION_COLUMNS if name.endswith("_qualifier")}
    row |= {
        "reopened": ending.reopened if ending else None,
        "first_completed": episodes[0].completed if number > 0 else None,
    }
    latest = {unit: _latest(line) for unit, line in spoken.items()}
    for unit, line in spoken.items():
        figures = _figures(line, latest[unit])
        row |= {f"{figure}_{unit}": value for figure, value in figures.items() if unit in units}
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
        "remaining_qualifier": _qualifier(line, point),
        "share_destroyed": figures["share"],
        "to_destroy": (point or line).to_destroy.value,
        "to_destroy_qualifier": (point or line).to_destroy.qualifier,
        "destroyed_before": line.destroyed_before.value,
        "destroyed_before_qualifier": line.destroyed_before.qualifier,
        "transferred": sum(n for measure, n in line.elsewhere if measure == "transferred"),
        "converted": sum(n for measure, n in line.elsewhere if measure == "converted"),
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


def _qualifier(line: Timeline, point: Point | None) -> str:
    """How exactly it is known what is left: no more than was declared, if nobody counted."""
    if point is not None:
        return point.remaining.qualifier
    return "at_most" if line.declared.value >= 0 else ""


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
        "share": point.share,
    }


def _deciding(lines: dict[str, Timeline], latest: dict[str, Point | None]) -> str:
    """Choose the count that is furthest behind.

    A known share comes before an unknown one, and that of a known number before a mere share.
    """

    def behind(unit: str) -> tuple[bool, bool, float]:
        figures = _figures(lines[unit], latest[unit])
        share, whole = figures["share"], (latest[unit] or lines[unit]).to_destroy.value
        return math.isnan(share), math.isnan(whole), 0.0 if math.isnan(share) else share

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
        elif left == 0 and (whole > 0 or gone > 0) and point:
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
