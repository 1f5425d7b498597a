"""Where the table stands on a sheet: its headings, its columns and its rows.

People put titles above their tables, headings in two lines, totals and notes
below. All of that is recognised and reported; a column that may be read in two
ways becomes a question for whoever reads the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stockpile.common.errors import Answer, Message
from stockpile.spreadsheets.countries import find, folded
from stockpile.spreadsheets.files import Sheet, value_once
from stockpile.spreadsheets.headings import (
    NOTES,
    TOTAL_STARTS,
    TOTALS,
    Column,
    go_together,
    heading_texts,
    read_headings,
    suggestion,
)
from stockpile.spreadsheets.options import Options
from stockpile.spreadsheets.values import as_text, blank, number, span
from stockpile.treaty.schema import SCHEMAS

#: The headings have to stand among so many lines.
_SEARCHED = 30
#: Longer than any number or date, and longer than any name of a state.
_LONGEST, _LONGEST_NAME = 100, 60
#: Columns whose cells say something; a line without any is no row.
_FIGURES = ("figure", "quantity", "event", "date", "year", "period")


class Aside(NamedTuple):
    """A line or column that was left out, or read in a way that its reader should know of."""

    line: int
    kind: str
    message: str


class Question(NamedTuple):
    """What has to be answered before a table can be read, and in which file and sheet.

    The message has the options that answer it; each front end words those its own way.
    ``settles_all`` is the option that answers it for every table and column at once, where there
    is one; ``about_heading`` says whether a known heading would answer it.
    """

    place: str
    message: Message
    settles_all: str = ""
    about_heading: bool = False


@dataclass(frozen=True)
class Table:
    """A table on a sheet.

    Attributes
    ----------
    sheet : Sheet
    top : tuple of int
        The lines that its headings stand on.
    columns : tuple of Column
    rows : list of int
        The lines of its rows; totals, notes and repeated headings are not among them.
    full : str
        Which of the treaty folder's tables it is, where its headings are those of one.
    time : str
        The role of the column that says of what time a row speaks; empty if none does.
    headings : list of str
        All of them, those of columns left out among them.
    asides : list of Aside
    questions : tuple of Question
    """

    sheet: Sheet
    top: tuple[int, ...]
    columns: tuple[Column, ...]
    rows: list[int]
    full: str = ""
    time: str = ""
    headings: list[str] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    questions: tuple[Question, ...] = ()

    @property
    def width(self) -> int:
        """How many cells the headings have."""
        return max(len(self.sheet.lines[line]) for line in self.top)

    def having(self, role: str) -> list[Column]:
        """Return the columns of a role."""
        return [column for column in self.columns if column.role == role]

    def cells(self, column: Column) -> list[object]:
        """Return the cells of a column; ``None`` where a line ends before it."""
        return [column.cell(self.sheet.lines[line]) for line in self.rows]


def table_on(sheet: Sheet, units: Sequence[str], options: Options) -> Table | None:
    """Recognise the table on a sheet; ``None`` where no line has headings of one."""
    lines = list(sheet.lines)
    searched = range(min(len(lines), _SEARCHED))
    if sheet.headings:
        searched = range(min(len(lines), 1))
    elif options.header is not None:
        known = options.header in sheet.lines
        searched = range(lines.index(options.header), len(lines))[:1] if known else range(0)
    for start in searched:
        pair = tuple(lines[start : start + 2])
        tops: list[tuple[int, ...]] = [pair[:1]]
        if sheet.headings:
            tops = [tuple(lines[: sheet.headings])]
        elif len(pair) == 2 and go_together(sheet.lines[pair[0]], sheet.lines[pair[1]], units):
            tops = [pair, pair[:1]]
        for top in tops:
            texts = heading_texts(sheet, top, units)
            below = lines[start + len(top) :]
            if full := _full(sheet, texts):
                named = [(i, str(text).strip().lower()) for i, text in texts.items()]
                columns = tuple(Column(name, "full", at=i) for i, name in named)
                return Table(sheet, top, columns, below, full)
            columns_read = read_headings(texts, units, options)
            roles = {each.role for each in columns_read.values() if each.role or each.unclear}
            if "state" in roles and roles - {"aside", "state"}:
                return _with_rows(sheet, top, below, columns_read, options)
    return None


def _full(sheet: Sheet, texts: Mapping[int, object]) -> str:
    """Which table of a treaty folder has just these headings; empty if none has."""
    named = sorted(str(text).strip().lower() for text in texts.values())
    for full, schema in SCHEMAS.items():
        optional = {name for name, column in schema.items() if column.optional}
        if named == sorted(set(schema) - optional.difference(named)):
            called = (sheet.name or sheet.file.rpartition(".")[0]).strip().lower()
            if full != "states" or called == full:  # two columns that others have too
                return full
    return ""


def _with_rows(
    sheet: Sheet,
    top: tuple[int, ...],
    below: list[int],
    read: Mapping[int, Column],
    options: Options,
) -> Table:
    """Sort the lines below the headings, and ask about columns that are not understood."""
    columns: list[Column] = []
    headings: list[str] = []
    asides: list[Aside] = []
    questions: list[Question] = []
    # A workbook's lines may go on where the headings end.
    lines = top if sheet.text else sheet.lines
    width = max(len(sheet.lines[line]) for line in lines)
    for i in range(width):
        column = read.get(i, Column("", at=i))
        headings.append(column.text)
        if column.role not in ("", "aside"):
            columns.append(column)
            continue
        name = _column_name(sheet, i)
        filled = 0
        if not column.role and not column.unclear:
            # The first line that has a number or a date in it.
            found = (n for n in below if _has_value(column.cell(sheet.lines[n]), options))
            filled = next(found, 0)
        if column.unclear or filled:
            questions.append(_about(sheet, column, name, filled))
        elif column.text:
            asides.append(Aside(max(top), "column left out", f"{column.text!r} ({name})"))
    rows, lines_out = _sorted_out(sheet, below, columns, options)
    asides += lines_out
    if any(sheet.unseen):
        counts = zip(sheet.unseen, ("lines", "columns"), strict=True)
        unseen = " and ".join(f"{what}: {many}" for many, what in counts if many)
        message = f"the workbook hides some ({unseen}); they were read like the others"
        asides.append(Aside(max(top), "hidden cells", message))
    return Table(
        sheet,
        top,
        tuple(columns),
        rows,
        headings=headings,
        asides=asides,
        questions=tuple(questions),
    )


def _about(sheet: Sheet, column: Column, name: str, filled: int) -> Question:
    """Ask about a column whose heading is not understood, or is not there."""
    text = column.text
    if column.unclear:
        return Question(sheet.place, (f"the heading of {name}: ", *column.unclear))
    if not text:
        untitled = f"{name} has no heading, and a number or a date in line {filled}; "
        return Question(sheet.place, (untitled + "give it a heading, or empty the column",))
    message: Message = (
        f"what is in {name}, {text!r}? it has a number or a date in line {filled}; say ",
        Answer("columns", ({text: "..."},)),
        " with a known heading, or ",
        Answer("columns", ({text: None},)),
        f" to leave it out{suggestion(text)}",
    )
    return Question(sheet.place, message, about_heading=True)


def _sorted_out(
    sheet: Sheet, below: list[int], columns: list[Column], options: Options
) -> tuple[list[int], list[Aside]]:
    """The lines below the headings that are rows, and those that are left out."""
    rows: list[int] = []
    asides: list[Aside] = []
    states = [column for column in columns if column.role == "state"]
    certain: set[object] = set()  # names with which a line is a row, whatever else it holds
    only = states[0] if len(states) == 1 else None
    for line in below:
        cells = sheet.lines[line]
        if only is not None:  # most lines of a long table
            first = only.cell(cells)
            if type(first) is str and first in certain:
                rows.append(line)
                continue
        kind, surely = _left_out([value_once(cell) for cell in cells], columns, states, options)
        if not kind:
            rows.append(line)
            if surely and only is not None:
                certain.add(cells[only.at])
            continue
        texts = [text for cell in cells if (text := as_text(value_once(cell)).strip())]
        if texts:  # a line without any is no line
            asides.append(Aside(line, kind, texts[0][:100]))
    return rows, asides


def _left_out(
    cells: Sequence[object], columns: list[Column], states: list[Column], options: Options
) -> tuple[str, bool]:
    """Why a line below the headings is no row, empty if it is; whether its state makes it one."""
    names = [name for column in states if (name := as_text(column.cell(cells)).strip())]
    if any(map(_sums_up, names)):
        return "totals row left out", False
    if names and names[0] == states[0].text:
        here = [" ".join(as_text(column.cell(cells)).split()) for column in columns]
        if here == [column.text for column in columns]:
            return "repeated headings left out", False
    elif any(find(name, near=False).iso3 for name in names):
        return "", True
    figures = (column.cell(cells) for column in columns if column.role in _FIGURES)
    if not all(blank(cell, options.words) for cell in figures):
        return "", False
    if not names:
        return "note left out", False
    if len(names) == 1 and not find(names[0], near=False).iso3:
        alone = sum(not blank(cell) for cell in cells) == 1
        words = folded(names[0]).split()
        noted = names[0][0] in "*†‡§[(" or (words and words[0] in NOTES)
        if alone and (noted or len(names[0]) > _LONGEST_NAME):
            return "note left out", False
    return "", False


def _sums_up(name: str) -> bool:
    """Whether a line with such a name is the sum of others."""
    key = folded(name)
    return key in TOTALS or f"{key} ".startswith(tuple(f"{start} " for start in TOTAL_STARTS))


def _column_name(sheet: Sheet, index: int) -> str:
    """A column as people call it: by letter in a workbook, by number elsewhere."""
    if not sheet.name:
        return f"column {index + 1}"
    from openpyxl.utils import get_column_letter  # which is there where a workbook is

    return f"column {get_column_letter(index + 1)}"


def _has_value(cell: object, options: Options) -> bool:
    """Whether a cell holds a number or a date, and so perhaps a statement."""
    value = value_once(cell)
    if blank(value, options.words):
        return False
    if not isinstance(value, str):
        return True
    if len(value) > _LONGEST or not any(map(str.isdigit, value)):  # most notes: no need to look on
        return False
    time = span(value)
    dated = not time.reason or time.reason.startswith("may be")
    return dated or not number(value, decimal=options.decimal or ".", share=True).reason
