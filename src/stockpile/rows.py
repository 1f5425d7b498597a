"""The rows of a table as statements in the terms of a treaty folder, or as problems.

A row is taken whole or rejected whole: a state with one unreadable year would
otherwise be shown as having destroyed less than it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from stockpile.cells import Odd, number, shown, unmarked
from stockpile.days import Span
from stockpile.headings import heading
from stockpile.names import find
from stockpile.plans import Plan, Reading, moment, unit_named
from stockpile.row import Row, Rows, Source, Statement
from stockpile.schema import EVENTS, MEASURES, SOURCE_KINDS
from stockpile.sheets import Merged

#: Among so many different names near misses are looked for; that takes long.
_SUGGESTED = 1_000
#: Columns that name the document of a row.
_SOURCED = ("source", "source_id", "published", "kind", "publisher", "url")


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
    out = Rows()
    if how.table.full:
        _full(how, out)
        return out
    resolved: dict[str, tuple[str, str, str]] = {}
    published = moment(how.options.published)
    named = any(how.table.of(role) for role in _SOURCED)
    same = None if named else _document(how, published)

    def state(name: str) -> tuple[str, str, str]:
        if name not in resolved:
            resolved[name] = find(name, states=states, near=len(resolved) < _SUGGESTED)
        return resolved[name]

    for line in how.table.body:
        row = Row(how, line, out)
        if row.ragged():
            row.finish()
            continue
        iso3, origin = _state(row, state)
        source = same or _source(row, known, published)
        time, clock = _time(row)
        unit, unit_from = _unit(row)
        base = _Base(iso3, source, time, clock, unit, {"iso3": origin, "unit": unit_from})
        if how.table.of("event"):
            _event(row, base)
        for plan in how.plans:
            _statement(row, plan, base)
        row.finish()
    return out


class _Base(NamedTuple):
    """What holds for all figures of a row."""

    iso3: str
    source: Source | str
    time: Span
    clock: str
    unit: str
    origin: dict[str, tuple[str, str]]


def _full(how: Reading, out: Rows) -> None:
    """The cells of a treaty folder's table as texts; they are checked as there."""
    for line in how.table.body:
        row = Row(how, line, out)
        if row.ragged():
            row.finish()
            continue
        cells, origin = {}, {}
        for column in how.table.columns:
            value = how.table.cell(line, column)
            if isinstance(value, Merged):
                value = row.value(column, merged=False)
            if isinstance(value, Odd):
                row.wrong(column, value, value.reason, value.expected)
            name, text = column.heading.text, shown(value)
            cells[name], origin[name] = text, (name, text)
        source = cells.get("source_id", "")
        row.statements.append(Statement(how.table.full, line, cells, source, origin))
        row.finish()


def _state(row: Row, find_: Callable[[str], tuple[str, str, str]]) -> tuple[str, tuple[str, str]]:
    """The state of a row, which name and code have to agree on."""
    found: dict[str, tuple[str, str]] = {}
    columns = row.table.of("state")
    for column in columns:
        value = row.value(column)
        if isinstance(value, Odd):
            row.wrong(column, value, value.reason, value.expected)
            return "", ("", "")
        if value is None:
            continue
        text, mark = unmarked(shown(value))
        iso3, reason, expected = find_(text)
        if reason:
            row.wrong(column, value, reason, expected)
            return "", ("", "")
        row.marked(column, value, mark, iso3)
        found.setdefault(iso3, (column.heading.text, shown(value)))
    if not found:
        row.wrong(columns[0], "", "no state", "a state's name or code in each row")
    elif len(found) > 1:
        said = " but ".join(f"{text!r} is {iso3}" for iso3, (_, text) in found.items())
        row.wrong(columns[-1], shown(row.value(columns[-1])), f"{said}", "one state in each row")
    return next(iter(found.items()), ("", ("", "")))


def _source(row: Row, known: frozenset[str], published: Span) -> Source | str:
    """The document that a row names, or that the options name for all rows."""
    if cited := row.text("source_id"):
        if cited not in known:
            row.wrong(
                row.table.of("source_id")[0],
                cited,
                "the source is not among those of the treaty",
                "the source_id of one that is; or the columns 'source' and 'published' instead",
            )
        return cited
    kind = row.text("kind").lower().replace(" ", "_")
    if kind and kind not in SOURCE_KINDS:
        row.wrong(row.table.of("kind")[0], kind, "not a kind of source", " or ".join(SOURCE_KINDS))
    for column in row.table.of("published"):
        published = row.span(column) if row.value(column) is not None else published
    plain = _document(row.how, published)
    return plain._replace(
        title=row.text("source") or plain.title,
        publisher=row.text("publisher"),
        kind=kind or plain.kind,
        url=row.text("url"),
    )


def _document(how: Reading, published: Span) -> Source:
    """The document that the options name."""
    title = how.options.source or how.table.sheet.file
    return Source(title, "", how.options.kind, published.end, published.precision, "")


def _time(row: Row) -> tuple[Span, str]:
    """The time that a row speaks of, and the column that says so."""
    role = row.how.time
    if not role:
        return Span(), ""
    column = row.table.of(role)[0]
    found = row.span(column, period=role == "period")
    starts = row.table.of("period_start")
    if role == "period_end" and starts:
        start = row.span(starts[0])
        if start.start:
            found = Span(start.start, found.end, "period")
    elif role == "period" and found.end:
        found = found._replace(precision="period")
    return found, column.heading.text


def _unit(row: Row) -> tuple[str, tuple[str, str]]:
    for column in row.table.of("unit"):
        value = row.value(column)
        if value is None:
            break
        unit = unit_named(shown(value), row.how.treaty)
        if not unit and shown(value) != "unspecified":
            units = row.how.treaty.units
            row.wrong(column, value, "not a unit of the treaty", " or ".join(units))
        return unit or "unspecified", (column.heading.text, shown(value))
    return "", ("unit", "")


def _statement(row: Row, plan: Plan, base: _Base) -> None:
    """The statement that a cell makes, if it makes one."""
    column = plan.column
    value = row.value(column, merged=False)
    if value is None:
        return
    origin = base.origin | {"quantity": (column.heading.text, shown(value))}
    if plan.event:
        when = row.span(column)
        cells = {
            "iso3": base.iso3, "event": plan.event, "date": when.end, "precision": when.precision,
            "value": "",
        }  # fmt: skip
        row.statements.append(Statement("events", row.line, cells, base.source, origin))
        return
    measure = plan.measure or _measure(row)
    share = measure == "destroyed_share"
    read = number(value, decimal=row.options.decimal or "", percent=plan.percent, share=share)
    if read.reason:
        row.wrong(column, value, read.reason, read.expected)
        return
    if share and float(read.text) > 1:
        row.wrong(column, value, "a share above the whole", "from 0 to 1, or percent=True")
        return
    row.marked(column, value, read.mark, read.text)
    start, end = _period(row, plan, measure, base)
    if (
        measure == "destroyed"
        and not plan.measure
        and row.options.cumulative
        and not (base.time.precision == "period" or plan.time.precision == "period")
    ):
        measure, start = "destroyed_total", ""
    cells = {
        "iso3": base.iso3, "measure": measure, "unit": plan.unit or base.unit,
        "quantity": read.text, "qualifier": _qualifier(row, read.qualifier),
        "period_start": start, "period_end": end,
    }  # fmt: skip
    if not cells["unit"]:
        row.wrong("unit", "", "no unit", " or ".join(row.how.treaty.units))
    origin |= dict.fromkeys(
        ("period_start", "period_end"),
        (base.clock or column.heading.text, end)
        if not plan.time.end
        else (column.heading.text, end),
    )
    row.statements.append(Statement("quantities", row.line, cells, base.source, origin))


def _measure(row: Row) -> str:
    """The measure that a cell of the row names."""
    text = row.text("measure")
    found = text if text in MEASURES else heading(text, ()).measure
    if found not in MEASURES:
        expected = " or ".join(MEASURES)
        row.wrong(row.table.of("measure")[0], text, "not a known measure", expected)
        return ""
    return found


def _period(row: Row, plan: Plan, measure: str, base: _Base) -> tuple[str, str]:
    """First and last day of what a figure speaks of; no first day for what has one alone."""
    time = plan.time if plan.time.end else base.time
    if not time.end and measure != "declared":
        time = moment(row.options.on)
    if not time.end and base.clock and measure not in ("declared", "retained"):
        row.wrong(base.clock, "", "the row does not say its time", "a day, month or year")
    if measure in ("destroyed", "retained_destroyed"):
        return time.start, time.end
    whole = time.precision == "period" and measure in ("destroyed_total", "destroyed_share")
    return (time.start if whole else ""), time.end


def _qualifier(row: Row, mark: str) -> str:
    told = row.text("qualifier")
    if told and mark and told != mark:
        row.wrong(
            row.table.of("qualifier")[0], told, f"the number itself says {mark!r}", "one of the two"
        )
    return told or mark or "exact"


def _event(row: Row, base: _Base) -> None:
    """The dated fact in a row of a table with a column 'event'."""
    column = row.table.of("event")[0]
    name = row.text("event").lower().replace(" ", "_")
    if name not in EVENTS:
        row.wrong(column, name, "not a known event", " or ".join(EVENTS))
    values = row.table.of("event_value") or row.table.of("quantity")
    given = row.value(values[0]) if values else None
    precision = row.text("precision") or base.time.precision or "unknown"
    cells = {
        "iso3": base.iso3, "event": name, "date": base.time.end, "precision": precision,
        "value": shown(given).strip() if given is not None else "",
    }  # fmt: skip
    origin = base.origin | {
        "event": (column.heading.text, name),
        "date": (base.clock or "date", base.time.end),
        "value": (values[0].heading.text if values else "value", cells["value"]),
    }
    row.statements.append(Statement("events", row.line, cells, base.source, origin))
