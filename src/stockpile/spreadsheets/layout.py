"""Where the table stands on a sheet: its headings, its columns and its rows.

People put titles above their tables, headings in two lines, totals and notes
below. All of that is recognised and reported; a column that may be read in two
ways becomes a question for whoever reads the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from stockpile.common.errors import Answer, Message
from stockpile.spreadsheets.countries import find, folded, is_state
from stockpile.spreadsheets.files import Sheet, value_in, value_once
from stockpile.spreadsheets.headings import (
    NOTES,
    TOTAL_STARTS,
    TOTALS,
    Column,
    go_together,
    heading_texts,
    names_states,
    read_heading,
    read_headings,
    scale_in,
    suggestion,
)
from stockpile.spreadsheets.options import Options
from stockpile.spreadsheets.values import as_text, blank, number, span, whole
from stockpile.treaty.schema import SCHEMAS

#: The headings have to stand among so many lines.
_SEARCHED = 30
#: Longer than any number or date, and longer than any name of a state.
_LONGEST, _LONGEST_NAME = 100, 60
#: Longer than any title or note that is looked at for a scale.
_LONGEST_TITLE = 400
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
    """A table on a sheet."""

    sheet: Sheet
    top: tuple[int, ...]  # the lines that its headings stand on
    columns: tuple[Column, ...]
    rows: list[int]  # their lines; totals, notes and repeated headings are not among them
    full: str = ""  # which of the treaty folder's tables it is, by its headings, if any
    time: str = ""  # the role of the column that says of what time a row speaks, if any
    #: All of them, those of columns left out among them.
    headings: list[str] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    questions: tuple[Question, ...] = ()
    scale: int = 1  # by what a title or a note says that the numbers are to be multiplied
    title: str = ""  # the text that says it

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


def tables_on(sheet: Sheet, units: Sequence[str], options: Options) -> list[Table]:
    """Recognise the tables on a sheet, one below the other, each with headings of its own."""
    lines = list(sheet.lines)
    searched = range(min(len(lines), _SEARCHED))
    if sheet.headings:
        searched = range(min(len(lines), 1))
    elif options.header is not None:
        known = options.header in sheet.lines
        searched = range(lines.index(options.header), len(lines))[:1] if known else range(0)
    for start in searched:
        for top in _tops(sheet, lines[start : start + 2], units):
            texts = heading_texts(sheet, top, units)
            below = lines[start + len(top) :]
            if full := _full(sheet, texts):
                named = [(i, str(text).strip().lower()) for i, text in texts.items()]
                columns = tuple(Column(name, "full", at=i) for i, name in named)
                return [Table(sheet, top, columns, below, full)]
            read = read_headings(texts, units, options)
            settled = bool(sheet.headings) or options.header is not None
            if _head_a_table(read) and (settled or not _holds_data(sheet, top, read)):
                return _below_each_other(sheet, lines, top, units, options)
    return []


def _tops(sheet: Sheet, pair: list[int], units: Sequence[str]) -> list[tuple[int, ...]]:
    """The lines that headings may stand on, if they begin with the first of two."""
    if sheet.headings and pair[:1] == list(sheet.lines)[:1]:
        return [tuple(list(sheet.lines)[: sheet.headings])]
    one = tuple(pair[:1])
    if len(pair) == 2 and go_together(sheet.lines[pair[0]], sheet.lines[pair[1]], units):
        return [tuple(pair), one]
    return [one]


def _head_a_table(read: Mapping[int, Column]) -> bool:
    """Whether there is a heading for the state and another one."""
    roles = {each.role for each in read.values() if each.role or each.unclear}
    return "state" in roles and bool(roles - {"aside", "state"})


def _holds_data(sheet: Sheet, top: tuple[int, ...], read: Mapping[int, Column]) -> bool:
    """Whether a state or a count stands among the headings: then they are none."""
    for line in top:
        for i, cell in enumerate(map(value_in, sheet.lines[line])):
            known = i in read and bool(read[i].role or read[i].unclear)
            if not blank(cell) and (_is_count(cell) or (not known and is_state(as_text(cell)))):
                return True
    return False


def _is_count(cell: object) -> bool:
    """Whether a cell is a bare number, and no year."""
    text = as_text(cell).strip()
    if len(text) == 4 and "1900" <= text <= "2199":
        return False
    return whole(cell) is not None or (text[-1:] != "]" and not number(text, decimal=".").reason)


def _below_each_other(
    sheet: Sheet, lines: list[int], top: tuple[int, ...], units: Sequence[str], options: Options
) -> list[Table]:
    """The table below a line of headings, and those below further ones."""
    out: list[Table] = []
    titles = [line for line in lines if line < top[0]]
    inherited: tuple[Column, ...] = ()
    while top:
        below = [line for line in lines if line > top[-1]]
        read = read_headings(heading_texts(sheet, top, units), units, options)
        if "state" not in {column.role for column in read.values()}:
            read = {column.at: column for column in inherited} | read
        table, following = _with_rows(sheet, top, below, read, units, options)
        following_titles, scaled = _titles(sheet, table, following), _scale(sheet, titles, table)
        rows = [line for line in table.rows if line not in following_titles]
        asides = [one for one in table.asides if one.line not in following_titles]
        for line in following_titles:
            asides.append(Aside(line, "note left out", _texts(sheet, line)[0][:100]))
        scale, title = scaled
        out.append(replace(table, rows=rows, asides=asides, scale=scale, title=title))
        titles, inherited, top = following_titles, tuple(table.having("state")), following
    return out


def _titles(sheet: Sheet, table: Table, following: tuple[int, ...]) -> list[int]:
    """The lines of one cell right above the headings of the next table."""
    if not following:
        return []
    out: list[int] = []
    for line in reversed([line for line in sheet.lines if table.top[-1] < line < following[0]]):
        texts = _texts(sheet, line)
        if len(texts) > 1 or find(texts[0], near=False).iso3:
            break
        out.insert(0, line)
    return out


def _texts(sheet: Sheet, line: int) -> list[str]:
    """The cells of a line that hold something, as texts."""
    cells = (as_text(value_once(cell)).strip() for cell in sheet.lines[line])
    return [text for text in cells if text] or [""]


def _scale(sheet: Sheet, titles: list[int], table: Table) -> tuple[int, str]:
    """By what the titles of a table, the notes below it or its sheet multiply the numbers."""
    notes = [one.line for one in table.asides if one.kind == "note left out"]
    texts = [text for line in (*titles, *notes) for text in _texts(sheet, line)]
    for text in (*texts, sheet.name):
        if len(text) <= _LONGEST_TITLE and (scale := scale_in(text)[0]) > 1:
            return scale, " ".join(text.split())
    return 1, ""


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
    units: Sequence[str],
    options: Options,
) -> tuple[Table, tuple[int, ...]]:
    """Sort the lines below the headings, and ask about columns that are not understood.

    Beside the table stand the lines of the headings that come next, if any do.
    """
    headings: list[str] = []
    asides: list[Aside] = []
    questions: list[Question] = []
    # A workbook's lines may go on where the headings end.
    lines = top if sheet.text else sheet.lines
    width = max(len(sheet.lines[line]) for line in lines)
    columns = [column for column in read.values() if column.role not in ("", "aside")]
    rows, lines_out, asked, following = _sorted_out(sheet, below, columns, units, options)
    above = [line for line in below if not following or line < following[0]]
    for i in range(width):
        column = read.get(i, Column("", at=i))
        headings.append(column.text)
        if column.role not in ("", "aside"):
            continue
        name = _column_name(sheet, i)
        filled = 0
        if not column.role and not column.unclear:
            # The first line that has a number or a date in it.
            found = (n for n in above if _has_value(column.cell(sheet.lines[n]), options))
            filled = next(found, 0)
        if column.unclear or filled:
            questions.append(_about(sheet, column, name, filled))
        elif column.text:
            asides.append(Aside(max(top), "column left out", f"{column.text!r} ({name})"))
    asides += lines_out
    questions += asked
    if any(sheet.unseen):
        counts = zip(sheet.unseen, ("lines", "columns"), strict=True)
        unseen = " and ".join(f"{what}: {many}" for many, what in counts if many)
        message = f"the workbook hides some ({unseen}); they were read like the others"
        asides.append(Aside(max(top), "hidden cells", message))
    table = Table(
        sheet,
        top,
        tuple(columns),
        rows,
        headings=headings,
        asides=asides,
        questions=tuple(questions),
    )
    return table, following


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
    sheet: Sheet, below: list[int], columns: list[Column], units: Sequence[str], options: Options
) -> tuple[list[int], list[Aside], list[Question], tuple[int, ...]]:
    """The lines below the headings that are rows, and those that are left out.

    Beside them what has to be asked, and the lines of the next headings, at which this ends.
    """
    rows: list[int] = []
    asides: list[Aside] = []
    asked: list[Question] = []
    states = [column for column in columns if column.role == "state"]
    certain: set[object] = set()  # names with which a line is a row, whatever else it holds
    only = states[0] if len(states) == 1 else None
    for n, line in enumerate(below):
        cells = sheet.lines[line]
        if only is not None:  # most lines of a long table
            first = only.cell(cells)
            if type(first) is str and first in certain:
                rows.append(line)
                continue
        once = [value_once(cell) for cell in cells]
        kind, surely = _left_out(once, columns, states, options)
        if not kind and not surely:
            found = _further_headings(sheet, below[n : n + 2], columns, states, units, options)
            if isinstance(found, Question):
                asked.append(found)
            elif found:
                return rows, asides, asked, found
        if not kind:
            rows.append(line)
            if surely and only is not None:
                certain.add(cells[only.at])
            continue
        if texts := [text for text in _texts(sheet, line) if text]:  # without any it is no line
            asides.append(Aside(line, kind, texts[0][:100]))
    return rows, asides, asked, ()


def _further_headings(
    sheet: Sheet,
    pair: list[int],
    columns: list[Column],
    states: list[Column],
    units: Sequence[str],
    options: Options,
) -> tuple[int, ...] | Question | None:
    """The lines of further headings that begin here, or a question about them; ``None`` if none do.

    Years count as headings only where the columns above are headed by times, too: elsewhere
    they may be what a row says.
    """
    cells = [value_in(cell) for cell in sheet.lines[pair[0]]]
    filled = {i: cell for i, cell in enumerate(cells) if not blank(cell)}
    if len(filled) < 2:
        text = as_text(next(iter(filled.values()), "")).strip()
        part = read_heading(text, units, options) if 0 < len(text) <= _LONGEST_NAME else Column("")
        in_place = bool(filled) and next(iter(filled)) == states[0].at
        if (
            in_place
            and part.role == "figure"
            and len(pair) == 2
            and _is_row(sheet, pair[1], states)
        ):
            alone = (
                f"line {pair[0]} has {text!r} alone, and may say what the rows below it are; put "
                "that into a column, or the rows on a sheet of their own"
            )
            return Question(sheet.place, (alone,))
        return None
    if any(map(_is_count, filled.values())):
        return None
    above = {column.at: column for column in columns}
    for top in _tops(sheet, pair, units) if _may_head(sheet, pair, above, options) else []:
        both = read_headings(heading_texts(sheet, top, units), units, options)
        if _head_a_table(both) and not _holds_data(sheet, top, both):
            return top
    beside = [i for i in filled if i not in {one.at for one in states}]
    if not beside or len(beside) + len(states) < 2:
        return None
    for i in beside:
        column = above.get(i, Column(""))
        if column.role not in ("", "figure") or (_is_year(filled[i]) and not column.end):
            return None
        if read_heading(filled[i], units, options).role != "figure":
            return None
    named = [as_text(filled[one.at]).strip() for one in states if one.at in filled]
    if not named:  # the states stay where they are
        return tuple(pair[:1])
    listed = ", ".join(repr(as_text(cell)[:_LONGEST_NAME]) for cell in filled.values())
    message: Message = (
        f"line {pair[0]} has {listed}: are these the headings of another table? if so, say ",
        Answer("columns", ({named[0]: "state"},)),
        "; if it is a row, correct the name of its state",
    )
    return Question(sheet.place, message)


def _may_head(
    sheet: Sheet, pair: Sequence[int], above: Mapping[int, Column], options: Options
) -> bool:
    """Whether the states are headed on one of two lines, where no row would have such a word."""
    for line in pair:
        for i, cell in enumerate(map(value_in, sheet.lines[line])):
            role = above[i].role if i in above else ""
            free = role in ("", "state", "figure", "quantity", "year", "date", "period")
            if free and isinstance(cell, str) and names_states(cell, options):
                return True
    return False


def _is_year(cell: object) -> bool:
    """Whether a cell is a year and nothing else."""
    text = as_text(cell).strip()
    return text.isdecimal() and len(text) == 4


def _is_row(sheet: Sheet, line: int, states: list[Column]) -> bool:
    """Whether a line names a state where states are named."""
    names = (as_text(value_in(column.cell(sheet.lines[line]))) for column in states)
    return any(find(name, near=False).iso3 for name in names if name)


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
