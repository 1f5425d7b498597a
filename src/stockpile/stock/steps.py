"""Steps on the way: the shares of a stock that a treaty wants destroyed by certain days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import inner_types
from stockpile.common.frames import from_rows, ordinal, period_start, timestamp
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import Link, Stated, computed, linked
from stockpile.stock.timelines import Stock, stocks
from stockpile.treaty.rules import Step

MET, MISSED, NOT_KNOWN, NOT_DUE = "met", "missed", "not known", "not due"


class _Outcome(NamedTuple):
    """That one source has a step met, or missed; the nearest source and exact day first."""

    rank: int
    loose: int
    date: int
    source_id: str
    precision: str
    known: int | None


class _Row(NamedTuple):
    """A row of the frame, with whole numbers for days."""

    iso3: str
    stock: str
    percent: float
    due: int | None
    due_precision: str
    basis: str
    outcome: str
    outcome_date: int | None = None
    outcome_precision: str = ""
    source: str = ""
    known: int | None = None


@cached
def steps(ledger: Ledger) -> pd.DataFrame:
    """Return when each step fell due for each state, and what came of it.

    Where no source says whether a step was met, the figures decide, if they do: it was met
    where its share was on record for a day by then, and missed where for a day after it less
    was, unless an extension is on record of which it is not said what step it moved.

    A row for each step of each state that is bound, where it has a day or a source speaks of it;
    the columns stand in ``common/inner_columns.csv``.

    >>> import stockpile as sp
    >>> steps(sp.load("ccm").as_of("2026-06-30")).empty  # the treaty has none
    True
    """
    found, units = stocks(ledger), ledger.treaty.units
    unclear = {
        iso3
        for iso3, percent, event in ledger.rows("steps", "iso3", "step_percent", "event")
        if event in ("extension_requested", "extension_granted") and not percent > 0
    }
    rows = [
        _by_figures(row, found.get(row.iso3, {}), units, row.iso3 in unclear)
        for row in _steps(ledger)
    ]
    return from_rows(rows, inner_types("steps"))


def _by_figures(
    row: _Row, of_state: Mapping[str, Stock], units: Sequence[str], moved: bool
) -> _Row:
    """What the shares on record make of a step that no source speaks of."""
    if row.outcome != NOT_KNOWN or row.due is None or row.stock not in ("", *of_state):
        return row
    lines = {
        unit: line
        for name, stock in of_state.items()
        for (unit, episode), line in stock.lines.items()
        if row.stock in ("", name) and not episode and line.points
    }
    line = next((lines[unit] for unit in units if unit in lines), None)
    if line is None:
        return row
    percent = row.percent * (1 - 1e-9)
    for p in line.points:
        if p.day <= row.due and p.share * 100 >= percent:
            return row._replace(outcome=MET, outcome_date=p.day, outcome_precision="on_or_before")
        known = not moved and p.destroyed.qualifier != "at_least"
        if known and p.day >= row.due and p.share * 100 < percent:
            return row._replace(outcome=MISSED, outcome_date=row.due, outcome_precision="day")
    return row


def _steps(ledger: Ledger) -> tuple[_Row, ...]:
    """The rows, by what sources say alone."""
    today = ledger.require_day()
    bound = ledger.bound["entry_into_force"]
    parties = set(bound[bound <= today].index)
    return tuple(
        row
        for step in ledger.treaty.steps
        for row in _of_step(ledger, step, today)
        if row.iso3 in parties or row.source
    )


def _of_step(ledger: Ledger, step: Step, today: pd.Timestamp) -> Iterator[_Row]:
    """The rows of one step."""
    statements: list[Stated] = []
    undated: dict[str, list[int]] = {}
    met: dict[str, list[_Outcome]] = {}
    missed: dict[str, list[_Outcome]] = {}
    for iso3, percent, event, date, precision, value, new, how, *cited, stock in ledger.rows(
        "steps",
        *("iso3", "step_percent", "event", "date", "precision", "value", "new_deadline"),
        *("new_deadline_precision", "rank", "published", "source_id"),
        *(f"known_{ledger.rule}", "stock"),
    ):
        if percent != step.percent or (stock and step.stock and stock != step.stock):
            continue
        rank, _, source, known = cited
        if event in ("step_met", "step_missed") and date is not None:
            loose = _LOOSE.get(precision, 3)
            into = met if event == "step_met" else missed
            into.setdefault(iso3, []).append(_Outcome(rank, loose, date, source, precision, known))
        elif event == "step_deadline_stated" and date is not None:
            original = value == "original"
            statements.append(Stated(iso3, event, original, date, precision, *cited))
        elif new is not None:
            statements.append(Stated(iso3, event, False, new, how, *cited))
        elif event == "extension_granted" and date is not None:
            undated.setdefault(iso3, []).append(date)
    latest = ledger.treaty.extension_latest
    chains = linked(computed(ledger, step.term), statements, step.term, latest)
    for iso3 in sorted({*chains, *undated, *met, *missed}):
        link = _in_force(chains.get(iso3, []), undated.get(iso3, []))
        if link is None:
            due: tuple[int | None, str, str] = (None, "", "extended" if iso3 in undated else "")
        else:
            due = (ordinal(link.deadline), link.precision, link.basis)
        row = _Row(iso3, step.stock, step.percent, *due, NOT_KNOWN)
        yield _with_outcome(row, met.get(iso3, []), missed.get(iso3, []), ordinal(today))


_LOOSE: Mapping[Any, int] = {"day": 0, "month": 1, "year": 2}


def _in_force(chain: list[Link], undated: list[int]) -> Link | None:
    """The deadline in force; none after an extension to a day that nobody names."""
    if not chain:
        return None
    last = chain[-1]
    if undated and (last.basis != "extended" or timestamp(max(undated)) > last.known):
        return None
    return last


def _with_outcome(row: _Row, met: list[_Outcome], missed: list[_Outcome], today: int) -> _Row:
    """A row with what sources say came of the step.

    Whoever reached the share after the day it was due has missed the step. A day said to be
    missed is not the one in force any more where an extension has moved it.
    """
    best = min(met, default=None)
    if best is not None:
        from_day = period_start(timestamp(best.date), best.precision)
        exact = best.precision in _LOOSE
        late = row.due is not None and exact and ordinal(from_day) > row.due
        return _cited(row, MISSED if late else MET, best)
    of_this = [one for one in missed if row.due is None or one.date >= row.due]
    if of_this:
        return _cited(row, MISSED, min(of_this))
    return row._replace(outcome=NOT_DUE) if row.due is not None and row.due >= today else row


def _cited(row: _Row, outcome: str, of: _Outcome) -> _Row:
    return row._replace(
        outcome=outcome,
        outcome_date=of.date,
        outcome_precision=of.precision,
        source=of.source_id,
        known=of.known,
    )
