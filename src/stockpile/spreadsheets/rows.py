"""The rows of a table as statements in the terms of a treaty folder, or as problems.

A row is taken whole or rejected whole: a state with one unreadable year would
otherwise be shown as having destroyed less than it did. Tables are read by
columns, and of a column each different cell once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from stockpile.common.grid import Coded, Mask
from stockpile.spreadsheets.body import Body, Read, Rows, Text, as_it_stands, text
from stockpile.spreadsheets.cells import Number, number
from stockpile.spreadsheets.days import Span
from stockpile.spreadsheets.headings import heading
from stockpile.spreadsheets.plans import Plan, Reading, moment
from stockpile.spreadsheets.row_facts import Facts, facts
from stockpile.spreadsheets.stated import Origin
from stockpile.treaty.schema import EVENTS, MEASURES


class _Told(NamedTuple):
    """What a figure says, and the first and last day that it says it of."""

    measure: str
    start: str
    end: str
    timeless: bool


def rows_of(how: Reading, states: Mapping[str, str], known: frozenset[str]) -> Rows:
    """Read the rows of a table.

    Parameters
    ----------
    how : Reading
        What its columns are read as, nothing left to ask.
    states : mapping of str to str
        Names of the treaty's states by code.
    known : frozenset of str
        The ids of sources that a row may cite.
    """
    body = Body(how)
    if how.table.full:
        _full(body)
        return body.finish()
    base = facts(body, states, known)
    if how.table.of("event"):
        _event(body, base)
    for plan in how.plans:
        _date(body, plan, base) if plan.event else _figure(body, plan, base)
    return body.finish()


def _full(body: Body) -> None:
    """The cells of a treaty folder's table as texts; they are checked as there."""
    cells: dict[str, Coded] = {}
    origin: dict[str, Origin] = {}
    for column in body.table.columns:
        name = column.heading.text
        cells[name] = body.read(column, as_it_stands, merged=False, counts=True).of("text")
        origin[name] = (body.all(name), cells[name])
    source = cells.get("source_id", body.all(""))
    body.state(body.table.full, body.whole, cells, source, origin)


def _date(body: Body, plan: Plan, base: Facts) -> None:
    """The day that each cell of a column gives for an event."""
    read = body.read(plan.column, body.span(), merged=False)
    body.marked(plan.column, read, "end")
    cells = {
        "iso3": base.iso3, "event": body.all(plan.event), "date": read.of("end"),
        "precision": read.of("precision"),
    }  # fmt: skip
    origin = base.origin | {"quantity": (body.all(plan.column.heading.text), read.cells)}
    body.state("events", read.there, cells, base.source, origin)


def _figure(body: Body, plan: Plan, base: Facts) -> None:
    """The statement that each cell of a column of numbers makes."""
    column, options = plan.column, body.options
    raw = body.cells(column, merged=False)
    filled = body.whole & np.not_equal(raw.values, None)[raw.codes]  # type: ignore[call-overload]
    measure = body.all(plan.measure) if plan.measure else _measure(body, filled)
    share = measure.over(word == "destroyed_share" for word in measure.values)
    reads: list[Read] = []
    for is_share in (False, True):
        where = filled & (share == is_share)
        if where.any() or (is_share and not reads):
            reader = _number(plan, options.decimal or "", is_share)
            counts = not is_share
            reads.append(body.read(column, reader, where, merged=False, counts=counts))
            body.marked(column, reads[-1], "text")
    there = np.logical_or.reduce([read.there for read in reads])
    quantity, mark = _as_read(reads, "text"), _as_read(reads, "qualifier")

    def told(word: str, start: str, end: str, precision: str) -> _Told:
        return _period(word, Span(start, end, precision), body, base.clock, plan)

    said = Coded.joined([measure, base.start, base.end, base.precision], told)
    timeless = there & base.silent & said.over(one.timeless for one in said.values)
    body.wrong(timeless, base.clock, "", "the row does not say its time", "a day, month or year")
    unit = body.all(plan.unit) if plan.unit else base.unit
    body.wrong(
        there & unit.over(word == "" for word in unit.values),
        "unit", "", "no unit", " or ".join(body.how.treaty.units),
    )  # fmt: skip
    start, end = (said.become([getattr(one, n) for one in said.values]) for n in ("start", "end"))
    cells = {
        "iso3": base.iso3, "measure": said.become([one.measure for one in said.values]),
        "unit": unit, "quantity": quantity, "qualifier": _qualifier(body, mark, there),
        "period_start": start, "period_end": end,
    }  # fmt: skip
    heading_ = body.all(column.heading.text)
    clock = heading_ if plan.time.end or not base.clock else body.all(base.clock)
    origin = base.origin | {
        "quantity": (heading_, raw), "period_start": (clock, end), "period_end": (clock, end),
    }  # fmt: skip
    body.state("quantities", there, cells, base.source, origin)


def _number(plan: Plan, decimal: str, share: bool) -> Callable[[object], Number]:
    """How the cells of a column of numbers are read."""

    def read(value: object) -> Number:
        found = number(value, decimal=decimal, percent=plan.percent, share=share)
        if share and not found.reason and float(found.text) > 1:
            return Number(reason="a share above the whole", expected="from 0 to 1, or percent=True")
        return found

    return read


def _as_read(reads: list[Read], name: str) -> Coded:
    """A text of each row, from the reading that it had."""
    texts = [read.of(name) for read in reads]
    if len(reads) == 1:
        return texts[0]
    return Coded.of(np.where(reads[1].there, texts[1].rows(), texts[0].rows()))


def _measure(body: Body, where: Mask) -> Coded:
    """The measure that each of some rows names."""
    expected = " or ".join(MEASURES)

    def measure(value: object) -> Text:
        told = text(value)
        found = told.text if told.text in MEASURES else heading(told.text, ()).measure
        if told.reason or found in MEASURES:
            return told._replace(text=found)
        return Text("", "not a known measure", expected)

    (column,) = body.table.of("measure")
    read = body.read(column, measure, where)
    blank = where & read.cells.over(value is None for value in read.cells.values)
    body.wrong(blank, column.heading.text, "", "not a known measure", expected)
    return read.of("text")


def _period(measure: str, row: Span, body: Body, clock: str, plan: Plan) -> _Told:
    """What a figure says of which days; no first day for what speaks of one alone."""
    time = plan.time if plan.time.end else row
    if not time.end and measure != "declared":
        time = moment(body.options.on)
    timeless = not time.end and bool(clock) and measure not in ("declared", "retained")
    by_row = measure == "destroyed" and not plan.measure and body.options.cumulative
    if by_row and "period" not in (row.precision, plan.time.precision):
        return _Told("destroyed_total", "", time.end, timeless)
    whole = time.precision == "period" and measure in ("destroyed_total", "destroyed_share")
    if whole or measure in ("destroyed", "retained_destroyed"):
        return _Told(measure, time.start, time.end, timeless)
    return _Told(measure, "", time.end, timeless)


def _qualifier(body: Body, mark: Coded, where: Mask) -> Coded:
    """How exact each number is, which the number and a column of its own may say."""
    told = body.text("qualifier")
    both = Coded.joined([told, mark], lambda *pair: pair)
    apart = where & both.over(bool(a and b and a != b) for a, b in both.values)
    if apart.any():
        reason = both.become([f"the number itself says {b!r}" for _, b in both.values])
        column = body.table.of("qualifier")[0].heading.text
        body.wrong(apart, column, told, reason, "one of the two")
    return both.become([a or b or "exact" for a, b in both.values])


def _event(body: Body, base: Facts) -> None:
    """The dated fact in each row of a table with a column 'event'."""
    (column,) = body.table.of("event")

    def event(value: object) -> Text:
        found = text(value)
        name = found.text.lower().replace(" ", "_")
        if found.reason or name in EVENTS:
            return found._replace(text=name)
        return Text(name, "not a known event", " or ".join(EVENTS))

    read = body.read(column, event)
    nameless = body.whole & read.cells.over(value is None for value in read.cells.values)
    body.wrong(nameless, column.heading.text, "", "not a known event", " or ".join(EVENTS))
    values = body.table.of("event_value") or body.table.of("quantity")
    value = body.read(values[0], text).of("text") if values else body.all("")
    exact = Coded.joined(
        [body.text("precision"), base.precision], lambda told, read: told or read or "unknown"
    )
    cells = {
        "iso3": base.iso3, "event": read.of("text"), "date": base.end,
        "precision": exact.become(list(exact.values)), "value": value,
    }  # fmt: skip
    origin = base.origin | {
        "event": (body.all(column.heading.text), cells["event"]),
        "date": (body.all(base.clock or "date"), base.end),
        "value": (body.all(values[0].heading.text if values else "value"), value),
    }
    body.state("events", body.whole, cells, base.source, origin)
