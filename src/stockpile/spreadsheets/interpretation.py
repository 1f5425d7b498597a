"""What the tables in a file mean, and what has to be asked before they can be read.

The headings do not always settle it: a column '2012' may hold what was
destroyed in 2012 or all that was destroyed by its end. Such things are never
guessed; each becomes a question that names the option which answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from stockpile.common.errors import Answer, DataError, Message, in_python
from stockpile.spreadsheets.countries import folded
from stockpile.spreadsheets.files import WORKBOOK, Sheet, sheets_of, value_in
from stockpile.spreadsheets.headings import (
    DATED,
    SUGGESTED,
    UNITS,
    Column,
    heading,
    read_heading,
)
from stockpile.spreadsheets.layout import Aside, Question, Table, tables_on
from stockpile.spreadsheets.options import ALL_OTHERS, Options
from stockpile.spreadsheets.values import (
    Percent,
    as_text,
    blank,
    consent_mark,
    number,
)
from stockpile.treaty.rules import UNSPECIFIED, Treaty
from stockpile.treaty.rules_file import read_treaty
from stockpile.treaty.schema import MEASURES, TABLE_ORDER

#: The columns that say what time a row speaks of; a table has one kind of them.
_TIMES = ("year", "date", "period", "period_end")
#: Roles that one column of a table may have.
_ONE_EACH = tuple(
    "year date period period_start period_end unit measure quantity qualifier source source_id "
    "published kind publisher url event precision event_value".split()
)
#: The sheets of a workbook that `stockpile template` wrote; they are read together.
TEMPLATE_SHEETS = ("figures", "events")
#: What leaves out every column that is not understood.
LEAVE_OUT_OTHERS = Answer("columns", ({ALL_OTHERS: None},))
#: How many lines a message looks at, how many headings it shows, and how many letters of each.
_LINES, _HEADINGS, _LETTERS = 30, 8, 40


@dataclass(frozen=True)
class Understood:
    """What was recognised in a file."""

    name: str  # the file's, or that of a frame
    treaty: Treaty
    options: Options
    tables: tuple[Table, ...]  # those to be read
    asides: tuple[tuple[Sheet, Aside], ...]  # sheets that were left out, and why
    questions: tuple[Question, ...]  # what has to be answered first
    content: bytes  # what stands for the file in a hash

    @property
    def owner(self) -> str:
        """Whose rows these are: the document that was named for them, and the file."""
        named = self.options.source
        return f"{named} ({self.name})" if named and named != self.name else self.name

    def asked(self) -> list[Message]:
        """Return the questions, each with its place where that is not the file itself."""
        return [
            one.message if one.place == self.name else (f"{one.place}: ", *one.message)
            for one in self.questions
        ]

    def all_at_once(self) -> list[str | Answer]:
        """Return what answers all questions about unknown headings, where there are several."""
        if sum(one.about_heading for one in self.questions) < 2:
            return []
        return ["\nTo leave out all other columns that are not known, say ", LEAVE_OUT_OTHERS]

    def settled(self) -> Understood:
        """Return itself, if nothing has to be asked.

        Raises a `DataError` with all questions, each with the option that answers it.
        """
        if self.questions:
            count = len(self.questions)
            many = f"{count} questions" if count > 1 else "1 question"
            parts: list[str | Answer] = [
                f"{self.name}: {many} must be answered before the file can be read:"
            ]
            for n, message in enumerate(self.asked(), 1):
                parts += [f"\n  {n}. ", *message]
            parts += self.all_at_once()
            raise DataError(*parts)
        return self


def understand(table: Path | pd.DataFrame, treaty: Treaty, options: Options) -> Understood:
    """Find the tables in a file, a folder or a frame.

    Raises a `DataError` when it cannot be read, or has no table that is recognised.
    """
    if isinstance(table, Path) and table.is_dir():
        return _in_folder(table, treaty, options)
    # Where a name cannot be written down, the system knows its bytes alone.
    if isinstance(table, Path) and table.name.encode(errors="ignore").decode() != table.name:
        raise DataError(f"{table.name!a}: the name of the file is not text; give it another")
    sheets, content = sheets_of(table, options)
    workbook = isinstance(table, Path) and table.suffix.lower() in WORKBOOK
    name = table.name if isinstance(table, Path) else sheets[0][0].file
    if options.sheets and not workbook:
        raise DataError(f"{name}: has no sheets; leave out sheet=")
    if workbook:
        picked = _of_sheets(name, [sheet for sheet, *_ in sheets], treaty, options)
    else:
        picked = _of_text(sheets[0], treaty, options)
    tables, asides, questions = picked
    # A scale is that of the tables which name one; where none does, of all.
    scaled = [one.scale > 1 or any(c.scale > 1 for c in one.columns) for one in tables]
    other = replace(options, scale=None) if any(scaled) else options
    tables = [
        interpreted(one, treaty, options if names_scale else other)
        for one, names_scale in zip(tables, scaled, strict=True)
    ]
    questions += [one for table in tables for one in table.questions]
    headings = {column.text for one in tables for column in one.columns}
    headings |= {text for one in tables for text in one.headings}
    for key in options.renamed:
        if key not in (ALL_OTHERS, *headings):
            others = ", ".join(map(repr, sorted(headings)))
            missing = f"columns names {key!r}, and there is no such heading; there are {others}"
            questions.append(Question(name, (missing,)))
    asked: dict[str, Question] = {}  # what one answer settles is asked once
    for one in questions:
        asked.setdefault(one.settles_all or in_python(one.message), one)
    return Understood(
        name, treaty, options, tuple(tables), tuple(asides), tuple(asked.values()), content
    )


def _in_folder(folder: Path, treaty: Treaty, options: Options) -> Understood:
    """The tables of a folder, each in a file of its own."""
    rules = folder / "treaty.toml"
    if rules.is_file() and (other := read_treaty(rules)).id != treaty.id:
        raise DataError(f"{folder.name}/treaty.toml: is of {other.id!r}; expected {treaty.id!r}")
    files = [path for name in TABLE_ORDER if (path := folder / f"{name}.csv").is_file()]
    if not files:
        known = ", ".join(f"{name}.csv" for name in TABLE_ORDER)
        raise DataError(f"{folder}: no table in it; expected one or more of {known}")
    parts = [understand(path, treaty, options) for path in files]
    return Understood(
        folder.name,
        treaty,
        options,
        tuple(table for part in parts for table in part.tables),
        tuple(aside for part in parts for aside in part.asides),
        tuple(question for part in parts for question in part.questions),
        b"\0".join(part.name.encode() + b"\0" + part.content for part in parts),
    )


Picked = tuple[list[Table], list[tuple[Sheet, Aside]], list[Question]]


def _of_text(alternatives: list[Sheet], treaty: Treaty, options: Options) -> Picked:
    """The table in a text, by the one mark between cells that shows one."""
    found = [tables for one in alternatives if (tables := tables_on(one, treaty.units, options))]
    file = alternatives[0].file
    if not found:
        if problem := next((sheet.problem for sheet in alternatives if sheet.problem), ""):
            raise DataError(problem)
        widest = max(alternatives, key=lambda one: max(map(len, one.lines.values()), default=0))
        raise DataError(*_no_table(file, [widest], treaty.units, options))
    if len(found) > 1:
        mark = Answer("delimiter", (";", ","))
        return found[0], [], [Question(file, ("what stands between the cells? say ", mark))]
    return found[0], [], []


def _of_sheets(file: str, sheets: list[Sheet], treaty: Treaty, options: Options) -> Picked:
    """The tables on the sheets of a workbook that are to be read."""
    names = [sheet.name for sheet in sheets]
    for name in options.sheets:
        if name not in names:
            has = ", ".join(map(repr, names))
            raise DataError(f"{file}: has no sheet {name!r}; expected one of {has}")
    asides: list[tuple[Sheet, Aside]] = []
    tables: list[Table] = []
    wanted = [sheet for sheet in sheets if sheet.name in (options.sheets or names)]
    for sheet in wanted:
        if sheet.hidden and not options.sheets:
            why = f"hidden; say sheet={sheet.name!r} to read it"
            asides.append((sheet, Aside(1, "sheet left out", why)))
        elif found := tables_on(sheet, treaty.units, options):
            tables += found
        elif sheet.lines:
            if options.sheets:
                raise DataError(*_no_table(sheet.place, [sheet], treaty.units, options))
            why = "no table with a column for the state was recognised on it"
            asides.append((sheet, Aside(1, "sheet left out", why)))
    if not tables:
        message = _no_table(
            file, [sheet for sheet in wanted if not sheet.hidden], treaty.units, options
        )
        hidden = ", ".join(repr(sheet.name) for sheet in wanted if sheet.hidden and sheet.lines)
        more = f"; hidden sheets are read when named: {hidden}" if hidden else ""
        raise DataError(*message, more)
    foreign = list(dict.fromkeys(table.sheet.name for table in tables if not table.full))
    units = {unit_named(sheet, treaty) for sheet in foreign}
    together = bool(options.sheets) or set(foreign) <= {*TEMPLATE_SHEETS}
    if len(foreign) > 1 and not together and ("" in units or len(units) < len(foreign)):
        has = ", ".join(map(repr, foreign))
        first = Answer("sheet", (foreign[0],))
        several: Message = (f"tables on several sheets, {has}; say ", first, ", or name several")
        first_sheet = [table for table in tables if table.sheet is tables[0].sheet]
        return first_sheet, asides, [Question(file, several)]
    return tables, asides, []


def interpreted(table: Table, treaty: Treaty, options: Options) -> Table:
    """Return a table with what its columns are read as, and with the questions about them."""
    if table.full:  # its columns are what they are called
        return table
    place, asked = table.sheet.place, list(table.questions)

    def leave_one_out(columns: Sequence[Column], what: str) -> None:
        first = Answer("columns", ({columns[0].text: None},))
        both = f"the columns {_listed(columns)} both say {what}; leave one out, as "
        asked.append(Question(place, (both, first)))

    for role in _ONE_EACH:
        if len(columns := table.having(role)) > 1:
            leave_one_out(columns, f"the {role.replace('_', ' ')}")
    times = [role for role in _TIMES if table.having(role)]
    by_event = bool(table.having("event"))
    if len(times) > 1 and not by_event:
        columns = [table.having(role)[0] for role in times]
        leave_one_out(columns, "of what time a row speaks")
    table = replace(table, time=times[0] if times else "")
    out: list[Column] = []
    alike: list[Question] = []
    seen: dict[tuple[str, ...], Column] = {}
    for column in table.columns:
        if column.role in ("figure", "quantity") and not by_event:
            column, questions = _interpreted(column, table, treaty, options)
            asked += questions
            key = (column.measure, column.unit, column.start, column.end)
            if key in seen:
                both = f"the columns {_listed([seen[key], column])} both say {column.meaning()}; "
                message: Message = (
                    f"{both}give them different headings, or leave one out with ",
                    Answer("columns", ({...: None},)),
                )
                alike.append(Question(place, message))
            seen[key] = column
        out.append(column)
    asked += alike
    if not seen and not by_event:
        none = "no column of numbers was recognised; expected one as 'Declared'"
        asked.append(Question(place, (none,)))
    if options.published is None and not table.having("published") + table.having("source_id"):
        when: Message = (
            "when did these figures come out? say ",
            Answer("published", ("2012-04-01",)),
            " (or a month or a year), ",
            Answer("published", ("unknown",)),
            ", or add a column 'published'",
        )
        asked.append(Question(place, when, "published"))
    return replace(table, columns=tuple(out), questions=tuple(asked))


def _listed(columns: Sequence[Column]) -> str:
    return " and ".join(repr(column.text) for column in columns)


def _interpreted(
    column: Column, table: Table, treaty: Treaty, options: Options
) -> tuple[Column, list[Question]]:
    """What a column of numbers or days is read as, and what has to be asked about it."""
    place, text, measure = table.sheet.place, column.text, column.measure
    asked: list[Question]
    if measure in DATED:
        if measure == "consented" and (unmarked := _without_mark(table, column)):
            return column._replace(unit="", open=True), [_how_consented(column, place, unmarked)]
        dated = f"{text!r} is the heading of a date; expected no date in it"
        asked = [Question(place, (dated,))] if column.end else []
        return column._replace(unit="", start="", end="", precision=""), asked
    measured_by_row = bool(table.having("measure"))
    if not measure and not measured_by_row and not column.end:
        message: Message = (
            f"what are the numbers under {text!r}? say ",
            Answer("columns", ({text: "declared"},)),
            ", or in place of 'declared' 'destroyed to date', 'remaining' ...",
        )
        return column._replace(unit="", open=True), [Question(place, message)]
    asked = []
    bare = not measure and not measured_by_row  # a heading such as '2012'
    # Of what is destroyed, a year or a day leaves open whether it is that time's or a total.
    period = column.precision == "period"
    one_moment = bool(column.end) or _rows_name_one_moment(table)
    clear = column.mode or period or options.cumulative is not None
    if not clear and (bare or (one_moment and _may_be_destroyed(table, measure))):
        asked.append(_cumulative(column, place, bare=bare))
    if bare or measure == "destroyed":
        total = column.mode == "by" or (not column.mode and not period and options.cumulative)
        if one_moment:
            measure = "destroyed_total" if total else "destroyed"
        else:
            measure = "destroyed" if table.time else "destroyed_total"
    timeless = not (column.end or table.time or options.on)
    if timeless and measure and not MEASURES[measure].undated:
        when: Message = (
            f"by what day was that, {text!r}? say ",
            Answer("on", ("2012-04-19",)),
            ", or add a column 'date' or 'year'",
        )
        asked.append(Question(place, when))
    unit = column.unit or _unit_of_table(table, measure, treaty, options)
    if unit is None:
        asked.append(_which_unit(column, place, treaty))
    percent = column.percent if options.percent is None else options.percent
    column = column._replace(measure=measure, unit=unit or "", percent=percent, open=bool(asked))
    if measure == "destroyed_share" and options.percent is None and percent:
        asked += _per_cent(column, table)
    if measure == "destroyed_share":
        return column._replace(scale=1), asked
    column, scales = _scaled(column, table, options)
    return column, asked + scales


def _without_mark(table: Table, column: Column) -> int:
    """The first line on which a day of consent does not say of what kind it is; 0 if all do."""
    cells = zip(table.rows, map(value_in, table.cells(column)), strict=True)
    return next((n for n, cell in cells if not blank(cell) and not consent_mark(cell)[1]), 0)


def _how_consented(column: Column, place: str, line: int) -> Question:
    """Ask of what kind the consent is whose days carry no mark."""
    message: Message = (
        f"how did the states under {column.text!r} consent? line {line} has no mark for it "
        "(a for accession, A acceptance, AA approval, d succession); say ",
        Answer("columns", ({column.text: "ratification"}, {column.text: "accession"})),
        " for all days without one, or ",
        Answer("columns", ({column.text: None},)),
        " to leave them out",
    )
    return Question(place, message)


def _scaled(column: Column, table: Table, options: Options) -> tuple[Column, list[Question]]:
    """By what the numbers under a heading are multiplied, or the question about it."""
    if column.scaled:  # as 'declared in thousands', which answers it
        return column, []
    by_heading = column.scale > 1
    named, text = (column.scale, column.text) if by_heading else (table.scale, table.title)
    if options.scale is None:
        if named == 1:
            return column, []
        place = table.sheet.place
        message: Message = (
            f"are the numbers to be multiplied by {named:,}? {text[:100]!r} says so; say ",
            Answer("scale", (named,)),
            ", or ",
            Answer("scale", (1,)),
            " if they stand in full",
        )
        return column._replace(open=True), [Question(place, message, f"scale {named}")]
    marked = any(one.scale > 1 and not one.scaled for one in table.columns)
    if by_heading and options.scale not in (1, named):
        message = (
            f"{text!r} names another scale than {options.scale:,}; say ",
            Answer("columns", ({text: f"{column.measure or 'declared'} in millions"},)),
        )
        return column._replace(open=True), [Question(table.sheet.place, message)]
    applies = by_heading or table.scale > 1 or not marked
    return column._replace(scale=options.scale if applies else 1), []


def _rows_name_one_moment(table: Table) -> bool:
    """Whether the rows name a year or a day and no period."""
    ends_only = table.time == "period_end" and not table.having("period_start")
    return table.time in ("year", "date") or ends_only


def _may_be_destroyed(table: Table, measure: str) -> bool:
    """Whether a column may hold numbers 'destroyed' that nothing else is said about."""
    if measure or not table.having("measure"):
        return measure == "destroyed"
    cells = map(value_in, table.cells(table.having("measure")[0]))
    named = {cell for cell in cells if isinstance(cell, str) and cell}
    return any(heading(cell, ()).measure == "destroyed" for cell in named)


def _cumulative(column: Column, place: str, *, bare: bool) -> Question:
    """Ask whether the numbers under a heading are those of a time or running totals."""
    named = column.end[:4] if column.precision == "year" else column.end
    time = f"in {named}" if named else "in the year (or on the day) of the row"
    message: Message = (
        f"does {column.text!r} hold the number destroyed {time} or all that was destroyed by its "
        "end? say ",
        Answer("cumulative", (False,)),
        " for the first, ",
        Answer("cumulative", (True,)),
        " for the second",
    )
    if bare:
        remaining = Answer("columns", ({column.text: f"remaining {named}"},))
        message += ("; if it is what was left, ", remaining)
    return Question(place, message, "cumulative")


def _per_cent(column: Column, table: Table) -> list[Question]:
    """A column headed '%' whose numbers are all 1 at most may hold fractions after all."""
    cells = [cell for cell in table.cells(column) if not blank(cell)]
    bare = [cell for cell in cells if not isinstance(cell, Percent) and "%" not in str(cell)]
    shares = [number(cell, decimal=".", share=True).text for cell in bare]
    if not 0 < max((float(share) for share in shares if share), default=0) <= 1:
        return []
    message: Message = (
        f"no number under {column.text!r} is above 1; say ",
        Answer("percent", (True,)),
        " if 1 means one per cent, ",
        Answer("percent", (False,)),
        " if it means the whole",
    )
    return [Question(table.sheet.place, message)]


def _unit_of_table(table: Table, measure: str, treaty: Treaty, options: Options) -> str | None:
    """The unit where the heading does not name it: empty if each row does, ``None`` if unknown."""
    if table.having("unit"):
        return ""
    if options.unit is not None:
        unit = unit_named(options.unit, treaty)
        if not unit:
            raise ValueError(f"unit is {options.unit!r}; expected {' or '.join(treaty.units)}")
        return unit
    if len(treaty.units) == 1:
        return treaty.units[0]
    if unit := unit_named(table.sheet.name, treaty):
        return unit
    return UNSPECIFIED if measure == "destroyed_share" else None


def _which_unit(column: Column, place: str, treaty: Treaty) -> Question:
    """Ask of what the numbers under a heading are."""
    parts: list[str | Answer] = []
    for unit in treaty.units:
        parts += [" or " if parts else "", Answer("unit", (unit,))]
    message = (f"of what are the numbers under {column.text!r}? say ", *parts)
    return Question(place, (*message, ", or add a column 'unit'"), "unit")


def unit_named(text: str, treaty: Treaty) -> str:
    """Return the unit that a text names in full; empty if none."""
    key = folded(text.replace("_", " "))
    for unit in treaty.units:
        if key in (folded(unit.replace("_", " ")), *UNITS.get(unit, ())):
            return unit
    return ""


def _no_table(
    place: str, sheets: Iterable[Sheet], units: Sequence[str], options: Options
) -> Message:
    """What to say where no table is recognised: what was looked for, and what is there."""
    header = options.header
    lines: list[tuple[int, list[str]]] = []
    for sheet in sheets:
        for line, cells in list(sheet.lines.items())[:_LINES]:
            filled = [as_text(cell) for cell in map(value_in, cells) if not blank(cell)]
            if filled and header in (None, line):
                lines.append((line, [" ".join(text.split()) for text in filled]))
    none = f"{place}: no table was recognised"
    wanted = (
        f"{none}; expected a line with a heading for the state, as 'State', 'Country' or 'iso3', "
        "and one for numbers, as 'Declared' or '2012'"
    )
    if not lines:
        return (f"{wanted}; nothing is in {'it' if header is None else f'line {header}'}",)

    def is_state(text: str) -> bool:
        return read_heading(text, units, options).role == "state"

    def listed(texts: Sequence[str]) -> str:
        more = ", ..." if len(texts) > _HEADINGS else ""
        return ", ".join(repr(text[:_LETTERS]) for text in texts[:_HEADINGS]) + more

    joined = [line for line in lines if len(line[1]) == 1 and is_state(line[1][0].split()[0])]
    if joined or max(len(texts) for _, texts in lines) == 1:
        line, (text, *_) = (joined or lines)[0]
        return (
            f"{wanted}. Line {line} has one cell alone, {text[:_LETTERS]!r}: between the cells of "
            "a table stand commas, semicolons or tabs",
        )
    headed = [line for line in lines if any(map(is_state, line[1]))]
    if not headed:
        line, texts = max(lines, key=lambda each: (len(each[1]), -each[0]))
        elsewhere: Message = ("; if they stand on another line, name that one",)
        if header is None:
            elsewhere = ("; if they stand on another line, say which, as ", Answer("header", (4,)))
        return (
            f"{wanted}. Line {line} has {listed(texts)}. If these are its headings, and "
            f"{texts[0][:_LETTERS]!r} is that of the states, say ",
            Answer("columns", ({texts[0]: "state"},)),
            *elsewhere,
        )
    line, texts = headed[0]
    unknown = (text for text in texts if not read_heading(text, units, options).role)
    other = next(unknown, "Stock")
    return (
        f"{none}: line {line} has {listed(texts)}, and no heading that is known as one of "
        "numbers. Say what is in each column, as ",
        Answer("columns", ({other: "declared"},)),
        f". Known headings are {', '.join(map(repr, SUGGESTED))} and others, those of numbers "
        "also with a unit, as 'submunitions declared'",
    )
