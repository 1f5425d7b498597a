"""The rows of a table, one by one, as statements in the terms of a treaty folder.

A row is taken whole or rejected whole: a state with one unreadable year would
otherwise be shown as having destroyed less than it did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from stockpile.common.errors import in_python
from stockpile.spreadsheets.countries import Match, find
from stockpile.spreadsheets.files import FRAME, Merged, value_in
from stockpile.spreadsheets.headings import DATED, Column, heading
from stockpile.spreadsheets.interpretation import unit_named
from stockpile.spreadsheets.layout import Table
from stockpile.spreadsheets.options import Options
from stockpile.spreadsheets.values import (
    SHARE,
    Span,
    Unreadable,
    Value,
    as_text,
    blank,
    consent_mark,
    number,
    plain_count,
    span,
    unmarked,
)
from stockpile.treaty.row_rules import control
from stockpile.treaty.rules import UNSPECIFIED, Treaty
from stockpile.treaty.schema import EVENTS, MEASURES, SCHEMAS, SOURCE_KINDS

#: Among so many different names near misses are looked for; that takes long.
_SUGGESTED = 300
_SOURCED = ("source", "source_id", "published", "kind", "publisher", "url")
_NO_MEASURE = ("not a known measure", " or ".join(MEASURES))

_REMEMBERED = 2**16  # different combinations of cells

#: What a row states: the texts of its table's columns but the quantity, in their order, and the
#: place of the column in the file (-1 for all); the quantity; the line. Rows share the first.
Stated = tuple[tuple[str | int, ...], str, int]
V = TypeVar("V", Span, Value)


class Source(NamedTuple):
    """A document, as a row or the options name it."""

    title: str
    publisher: str
    kind: str
    published: str
    published_precision: str
    url: str


class Facts(NamedTuple):
    """What a row says of all its figures; a text is empty where it does not.

    ``source`` is an id, or the key of a `Source` that has none yet. ``terms`` has what plain
    counts state but the count, by the place of the column.
    """

    iso3: str
    source: str
    time: Span
    unit: str
    qualifier: str
    terms: dict[int, tuple[str | int, ...]]


class Rows(NamedTuple):
    """What the rows of a table state, by the treaty folder's table, and what is wrong with them.

    ``problems`` have line, heading, cell, reason and what would be right; ``doubts`` line, kind
    and message. Rows with a problem state nothing.
    """

    stated: dict[str, list[Stated]]
    problems: list[tuple[int, str, str, str, str]]
    doubts: list[tuple[int, str, str]]


class RowReader:
    """Reads one row after the other, and collects what they state and what is wrong with them.

    ``known`` are the ids of sources that a row may cite; documents that rows name are added
    to ``documents``, with a key for each.
    """

    def __init__(
        self,
        table: Table,
        treaty: Treaty,
        options: Options,
        states: Mapping[str, str],
        known: frozenset[str],
        documents: dict[Source, str],
    ) -> None:
        self.table, self.treaty, self.options = table, treaty, options
        self.states, self.known, self.documents = states, known, documents
        self.missing, self.decimal = options.words, options.decimal or ""
        self.by_role = {column.role: column for column in reversed(table.columns)}
        self.state_columns = table.having("state")
        self.figures = [each for each in table.columns if each.role in ("figure", "quantity")]
        self.clock = self.by_role[table.time].text if table.time else ""
        self.sourced = any(role in self.by_role for role in _SOURCED)
        day, precision = _moment(options.published)[1:3]
        title = options.source or table.sheet.file
        self.source = Source(title, "", options.kind, day, precision, "")
        self.on = _moment(options.on)
        self.stated: dict[str, list[Stated]] = defaultdict(list)
        self.quantities = self.stated["quantities"]
        self.problems: list[tuple[int, str, str, str, str]] = []
        self.doubts: list[tuple[int, str, str]] = []
        self.names: dict[str, Match] = {}  # states by the names that were looked up
        # A long table has few states, times and documents: of a text, what the same cells say
        # is remembered. (In other files True and 1 would pass for the same cell.)
        others = [each.at for each in table.columns if each not in self.figures]
        self.fact_cells = itemgetter(*others) if table.sheet.text and others else None
        self.remembered: dict[object, Facts] = {}

    def read(self) -> Rows:
        """Read all rows of the table, which has nothing left to ask."""
        read_row = self._read_figures
        if self.table.full:
            read_row = self._read_full
        elif "event" in self.by_role:
            read_row = self._read_event
        sheet, width = self.table.sheet, self.table.width
        for line in self.table.rows:
            self.line, self.cells = line, sheet.lines[line]
            # In a text, a row with another number of cells than the headings is a slip of the pen.
            if not (sheet.text and len(self.cells) != width and self._is_ragged(width)):
                read_row()
        bad = {problem[0] for problem in self.problems}
        stated = {}
        for name, rows in self.stated.items():
            if kept := [row for row in rows if row[-1] not in bad] if bad else rows:
                stated[name] = kept
        return Rows(stated, self.problems, self.doubts)

    def _read_figures(self) -> None:
        """Read the numbers and days in a row."""
        facts = self._facts()
        silent = True
        for column in self.figures:
            terms = facts.terms.get(column.at)
            if terms and (count := plain_count(self.cells[column.at], self.missing)):
                self.quantities.append((terms, _times(count, column), self.line))
            elif (cell := self._cell(column, merged=False)) is None:
                continue
            elif column.measure in DATED:
                self._read_date(column, cell, facts)
            else:
                self._read_figure(column, cell, facts)
            silent = False
        if silent:
            doubt = (self.line, "nothing stated", "the row has a state and no figure")
            self.doubts.append(doubt)

    def _facts(self) -> Facts:
        """What the row says of all its figures."""
        key = self.fact_cells(self.cells) if self.fact_cells else None
        if (known := self.remembered.get(key)) is not None:
            return known
        notes = len(self.problems) + len(self.doubts)
        facts = Facts(
            self._state(),
            self._source(),
            self._time(),
            self._text("unit", self._unit_in),
            self._text("qualifier", plain_text),
            {},
        )
        silent = len(self.problems) + len(self.doubts) == notes
        if key is not None and silent and len(self.remembered) < _REMEMBERED:
            self.remembered[key] = facts
        return facts

    def _is_ragged(self, width: int) -> bool:
        """Whether a row has too few cells, or too many that are filled; that is a problem."""
        count = len(self.cells)
        if count > width and not any(self.cells[width:]):
            return False
        reason = f"the row has {count} cells and the headings {width}"
        expected = f"{width} cells, and quotes around one with a comma of its own"
        self._reject("row", ",".join(map(str, self.cells)), reason, expected)
        return True

    def _cell(self, column: Column, *, merged: bool = True) -> object:
        """The cell in a column; ``None`` if empty, `Unreadable` if merged and not ``merged``."""
        value = column.cell(self.cells)
        if isinstance(value, Merged):
            if not merged and not blank(value.value):
                reason = f"the cell is merged with others, {value.area}"
                expected = "one value in each cell; unmerge them and write it where it belongs"
                return Unreadable(reason, expected, as_text(value.value))
            value = value.value
        # In a treaty folder's table 'n/a' is a text like others.
        return None if not self.table.full and blank(value, self.missing) else value

    def _reject(self, name: str, cell: object, reason: str, expected: str) -> None:
        """Note a problem with the row."""
        self.problems.append((self.line, name, as_text(cell), reason, expected))

    def _note(self, column: Column, cell: object, value: Value | Span) -> None:
        """Note the problem or the footnote mark of a value that was read."""
        if value.reason:
            self._reject(column.text, cell, value.reason, value.expected)
        elif value.mark:
            message = f"{as_text(cell)!r} under {column.text!r} was read as {value.text}"
            self.doubts.append((self.line, "footnote mark left out", message))

    def _read(self, column: Column, reader: Callable[[object], V]) -> V | None:
        """Read the cell in a column; ``None`` if it is empty."""
        cell = self._cell(column)
        if cell is None:
            return None
        value = reader(cell)
        self._note(column, cell, value)
        return value

    def _text(self, role: str, reader: Callable[[object], Value]) -> str:
        """The text in the column of a role; empty where it or its column is not there."""
        column = self.by_role.get(role)
        value = self._read(column, reader) if column else None
        return value.text if value else ""

    def _span(self, column: Column | None, *, period: bool = False) -> Span:
        """The time in a column; an empty one where it or its column is not there."""
        reader = partial(self._time_in, period=period)
        return (self._read(column, reader) if column else None) or Span()

    def _time_in(self, value: object, *, period: bool = False) -> Span:
        """The day, month or year in a cell, or the period."""
        order, serial = self.options.date_order or "", self.table.sheet.serial
        time = span(value, date_order=order, period=period, serial=serial)
        return time._replace(precision="period") if period and time.end else time

    def _state(self) -> str:
        """The state of the row, on which name and code have to agree."""
        codes: dict[str, Column] = {}  # by the column that names each
        for column in self.state_columns:
            state = self._read(column, self._state_in)
            if state is not None:
                if state.reason or len(self.state_columns) == 1:
                    return state.text
                codes.setdefault(state.text, column)
        if len(codes) > 1:
            cells = {code: as_text(self._cell(column)) for code, column in codes.items()}
            either = " but ".join(f"{cell!r} is {code}" for code, cell in cells.items())
            last = self.state_columns[-1]
            self._reject(last.text, self._cell(last), either, "one state in each row")
        elif not codes:
            expected = "a state's name or code in each row"
            if self.table.sheet.file == FRAME:
                expected += (
                    "; if it was Namibia's NA, read the file with keep_default_na=False, for "
                    "pandas takes NA for a missing value"
                )
            self._reject(self.state_columns[0].text, "", "no state", expected)
        return next(iter(codes), "")

    def _state_in(self, value: object) -> Value:
        """The state that a cell names."""
        if isinstance(value, Unreadable):
            return Value(reason=value.reason, expected=value.expected)
        name, mark = unmarked(as_text(value))
        if name not in self.names:
            near = len(self.names) < _SUGGESTED
            self.names[name] = find(name, states=self.states, near=near)
        state = self.names[name]
        return Value(state.iso3, "", mark, state.reason, state.expected)

    def _source(self) -> str:
        """The id or the key of the document that the row names, or the options for all rows."""
        source = self.source
        if self.sourced:
            if cited := self._text("source_id", self._cited):
                return cited
            title, publisher = (self._text(role, plain_text) for role in ("source", "publisher"))
            kind = self._text("kind", _kind_in)
            published = self._span(self.by_role.get("published"))
            day = (published.end, published.precision) if published.end else source[3:5]
            url = self._text("url", plain_text)
            source = Source(title or source.title, publisher, kind or source.kind, *day, url)
        # A text that stands for a document until all are known and have ids, none of which begins
        # so. After a NUL some versions of pandas take all texts for the same.
        return self.documents.setdefault(source, f"\x01{len(self.documents)}")

    def _cited(self, value: object) -> Value:
        """The id of a source that is known."""
        text = plain_text(value)
        if text.reason or text.text in self.known:
            return text
        return text._replace(
            reason="the source is not among those of the treaty",
            expected="the source_id of one that is; or the columns 'source' and 'published' "
            "instead",
        )

    def _time(self) -> Span:
        """The time that the row speaks of."""
        is_period = self.table.time == "period"
        time = self._span(self.by_role.get(self.table.time), period=is_period)
        if self.table.time == "period_end":
            start = self._span(self.by_role.get("period_start")).start
            return time._replace(start=start, precision="period") if start else time
        return time

    def _unit_in(self, value: object) -> Value:
        """The unit that a cell names."""
        unit = unit_named(as_text(value), self.treaty)
        if unit or as_text(value) == UNSPECIFIED:
            return Value(unit or UNSPECIFIED)
        return Value(
            UNSPECIFIED, "", "", "not a unit of the treaty", " or ".join(self.treaty.units)
        )

    def _measure(self) -> str:
        """The measure that the row names; empty if there is a problem."""
        column = self.by_role["measure"]
        measure = self._read(column, _measure_in)
        if measure is None:
            self._reject(column.text, "", *_NO_MEASURE)
            return ""
        return measure.text

    def _read_full(self) -> None:
        """Take the cells of a treaty folder's table as texts; they are checked as there."""
        texts = {}
        for column in self.table.columns:
            cell = self._cell(column, merged=False)
            if isinstance(cell, Unreadable):
                self._reject(column.text, cell, cell.reason, cell.expected)
            texts[column.text] = as_text(cell)
        quantity = texts.get("quantity", "")
        named = [texts.get(name, "") for name in SCHEMAS[self.table.full] if name != "quantity"]
        self.stated[self.table.full].append(((*named, -1), quantity, self.line))

    def _read_event(self) -> None:
        """Read the dated fact in a row of a table with a column 'event'."""
        facts = self._facts()
        column = self.by_role["event"]
        event = self._text("event", _event_in)
        if self._cell(column) is None:
            self._reject(column.text, "", "not a known event", " or ".join(EVENTS))
        value = self._text(
            "event_value" if "event_value" in self.by_role else "quantity", plain_text
        )
        precision = self._text("precision", plain_text) or facts.time.precision or "unknown"
        fact = (event, facts.time.end, precision, value, "")
        terms = (facts.iso3, *fact, facts.source, column.at)
        self.stated["events"].append((terms, "", self.line))

    def _read_date(self, column: Column, cell: object, facts: Facts) -> None:
        """Read the day of an event in the column of that event."""
        event, value = DATED[column.measure]
        kind = ""
        if event == "consented":
            cell, kind = consent_mark(cell)
        time = self._time_in(cell)
        self._note(column, cell, time)
        fact = (event, time.end, time.precision, kind or value, "")
        terms = (facts.iso3, *fact, facts.source, column.at)
        self.stated["events"].append((terms, "", self.line))

    def _read_figure(self, column: Column, cell: object, facts: Facts) -> None:
        """Read the number in a cell."""
        measure = column.measure or self._measure()
        is_share = measure == "destroyed_share"
        figure = self._share(column, cell) if is_share else number(cell, decimal=self.decimal)
        self._note(column, cell, figure)
        if figure.reason:
            return
        qualifier = figure.qualifier or facts.qualifier
        problems = len(self.problems)
        terms = self._terms(column, measure, qualifier or "exact", facts)
        if facts.qualifier and qualifier != facts.qualifier:
            reason = f"the number itself says {qualifier!r}"
            named = self.by_role["qualifier"].text
            self._reject(named, facts.qualifier, reason, "one of the two")
        if measure and not figure.qualifier and not is_share and len(self.problems) == problems:
            facts.terms[column.at] = terms
        text = figure.text if is_share else _times(figure.text, column)
        self.quantities.append((terms, text, self.line))

    def _terms(
        self, column: Column, measure: str, qualifier: str, facts: Facts
    ) -> tuple[str | int, ...]:
        """What the number in a column of such a row states, but the number."""
        time = Span(*column[4:7]) if column.end else facts.time
        if not time.end and measure != "declared":
            time = self.on
        undated = measure in MEASURES and MEASURES[measure].undated
        if not time.end and self.clock and not facts.time.reason and not undated:
            self._reject(self.clock, "", "the row does not say its time", "a day, month or year")
        unit = column.unit or facts.unit
        if not unit:
            self._reject("unit", "", "no unit", " or ".join(self.treaty.units))
        period = "period" in (facts.time.precision, column.precision)
        if measure == "destroyed" and not column.measure and self.options.cumulative and not period:
            measure = "destroyed_total"
        whole = time.precision == "period" and measure in ("destroyed_total", "destroyed_share")
        flow = measure in MEASURES and MEASURES[measure].kind == "flow"
        start = time.start if whole or (flow and measure != "destroyed_total") else ""
        return (facts.iso3, measure, unit, qualifier, start, time.end, facts.source, column.at)

    def _share(self, column: Column, cell: object) -> Value:
        """The share in a cell."""
        figure = number(cell, decimal=self.decimal, percent=column.percent, share=True)
        if not figure.reason and float(figure.text) > 1:
            return Value(reason="a share above the whole", expected=in_python(SHARE))
        return figure


def _moment(given: object) -> Span:
    """The time that an option names; empty where it names none."""
    return Span() if given in (None, "unknown") else span(given)


def _times(count: str, column: Column) -> str:
    """A count, multiplied as the heading or the title of its table has it."""
    if column.scale == 1:
        return count
    text = f"{Decimal(count) * column.scale:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_text(value: object) -> Value:
    """Return the text in a cell, without the blanks around it."""
    if isinstance(value, Unreadable):
        return Value(reason=value.reason, expected=value.expected)
    text = as_text(value)
    if control(text):
        return Value(reason="a control character", expected="text that can be read")
    return Value(text.strip())


def _one_of(words: tuple[str, ...], what: str) -> Callable[[object], Value]:
    """Return what reads one of some words."""

    def read(value: object) -> Value:
        text = plain_text(value)
        word = text.text.lower().replace(" ", "_")
        if text.reason or word in words:
            return text._replace(text=word)
        return Value(word, "", "", f"not {what}", " or ".join(words))

    return read


_kind_in = _one_of(SOURCE_KINDS, "a kind of source")
_event_in = _one_of(tuple(EVENTS), "a known event")


def _measure_in(value: object) -> Value:
    """The measure that a cell names, in the words of headings."""
    text = plain_text(value)
    measure = text.text if text.text in MEASURES else _measure_headed(text.text)
    if text.reason or measure in MEASURES:
        return text._replace(text=measure)
    return Value("", "", "", *_NO_MEASURE)


@lru_cache(maxsize=_REMEMBERED)
def _measure_headed(text: str) -> str:
    return heading(text, ()).measure


def origin(
    table: Table, name: str, row: Mapping[Hashable, Any], column_name: str
) -> tuple[str, str]:
    """Return the heading and the cell in the file that a text of what was stated came from."""
    text, at = str(row[column_name]), row["at"]
    cells = table.sheet.lines[row["line"]]

    def cell(column: Column) -> str:
        return as_text(value_in(column.cell(cells)))

    if table.full:
        return column_name, text
    (column,) = (one for one in table.columns if one.at == at)
    if column_name == "iso3":
        state = next(one for one in table.having("state") if not blank(cell(one)))
        return state.text, cell(state)
    if column_name == "unit":
        units = table.having("unit")
        return (units[0].text, cell(units[0])) if units else (column_name, "")
    clock = table.having(table.time)[:1]
    if name == "quantities" and column_name == "quantity":
        return column.text, cell(column)
    if name == "quantities" and column_name in ("period_start", "period_end"):
        return (clock[0].text if clock and not column.end else column.text), str(row["period_end"])
    if column.role == "event":
        value = [*table.having("event_value"), *table.having("quantity")][:1]
        headed = {"event": [column], "date": clock, "value": value}.get(column_name, [])
        return "".join(one.text for one in headed) or column_name, text
    return column_name, text
