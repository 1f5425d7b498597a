"""Where the table stands on a sheet, and what its columns are.

People put titles above their tables, headings in two lines, totals and notes
below. All of that is found here and said; whatever may be read in two ways
becomes a question for whoever reads the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from stockpile.common.grid import Coded, Mask, Places
from stockpile.spreadsheets.cells import blank, number, shown
from stockpile.spreadsheets.countries import find, folded
from stockpile.spreadsheets.days import span
from stockpile.spreadsheets.files import Merged, Sheet
from stockpile.spreadsheets.heading_lines import (
    go_together,
    heading_texts,
    read_headings,
    suggestion,
)
from stockpile.spreadsheets.headings import Heading
from stockpile.spreadsheets.options import Options
from stockpile.treaty.schema import SCHEMAS

#: The headings have to stand among so many lines.
_SEARCHED = 30
#: Longer than any number or date.
_LONGEST = 100
#: A line whose state is one of these, or starts with one, sums up others.
TOTALS = (
    "total", "totals", "grand total", "subtotal", "sub total", "sum", "sums", "sum total",
    "all states", "all states parties", "overall", "world", "gesamt", "gesamtsumme", "summe",
    "insgesamt", "zusammen", "total general", "somme", "suma", "suma total", "totale", "somma",
    "totaal", "summa", "i alt", "yhteensa", "razem", "celkem", "osszesen", "toplam", "итого",
    "всего", "المجموع", "合计", "总计", "合計",
)  # fmt: skip
_TOTAL_STARTS = ("total ", "subtotal ", "sub total ", "sum of ", "grand total ")
#: Columns whose cells say something; a line without any is no row.
_FIGURES = ("figure", "quantity", "event", "date", "year", "period")
#: How a line below a table starts that is a note on it.
_NOTES = ("note", "source", "sources", "remark", "footnote", "key", "legend")


class Column(NamedTuple):
    """A column of a table: its place from 0, and what its heading says."""

    at: int
    heading: Heading


class Aside(NamedTuple):
    """A line or column that was left out, or read in a way that its reader should know of."""

    line: int
    kind: str
    message: str


@dataclass
class Table:
    """A table found on a sheet.

    Attributes
    ----------
    sheet : Sheet
    top : tuple of int
        The lines that its headings stand on.
    full : str
        Which of the treaty folder's tables it is, where its headings are those of one.
    columns : list of Column
    asides : list of Aside
    questions : list of str
        What has to be settled before it can be read.
    headed : list of str
        All headings, those of columns left out among them.
    rows : array of int
        The places on the sheet of the lines below the headings, those left out not among them.
    """

    sheet: Sheet
    top: tuple[int, ...]
    full: str = ""
    columns: list[Column] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    headed: list[str] = field(default_factory=list)
    rows: Places = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _cells: dict[int, Coded] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many cells the headings have."""
        return max(len(self.sheet.lines[line]) for line in self.top)

    def of(self, role: str) -> list[Column]:
        """Columns of a role."""
        return [column for column in self.columns if column.heading.role == role]

    @property
    def body(self) -> list[int]:
        """The numbers of its lines."""
        numbers: list[int] = self.sheet.lines.numbers[self.rows].tolist()
        return numbers

    def cells(self, column: Column) -> Coded:
        """The cells of its rows in a column; ``None`` where a line ends before it."""
        if column.at not in self._cells:
            self._cells[column.at] = self.sheet.lines.coded(column.at).take(self.rows)
        return self._cells[column.at]

    def keep(self, rows: Places) -> None:
        """Have these rows and no others."""
        if len(rows) != len(self.rows):
            self.rows, self._cells = rows, {}


def table_on(sheet: Sheet, units: Sequence[str], options: Options) -> Table | None:
    """Find the table on a sheet; ``None`` where no line has headings of one.

    Examples
    --------
    >>> from stockpile.spreadsheets.options import Options
    >>> lines = {1: ["Stocks"], 3: ["Country", "Declared"], 4: ["Peru", 2012], 5: ["Total", 2012]}
    >>> found = table_on(Sheet("a.csv", lines=lines), ("submunitions",), Options())
    >>> found.top, found.body, [aside.kind for aside in found.asides]
    ((3,), [4], ['totals row left out'])
    """
    lines = list(sheet.lines)
    searched = lines[:_SEARCHED]
    if sheet.headings:
        searched = lines[:1]
    elif options.header is not None:
        searched = [options.header] if options.header in sheet.lines else []
    for top in searched:
        below = lines[lines.index(top) + 1 :][:1]
        groups: list[tuple[int, ...]] = [(top,)]
        if sheet.headings:
            groups = [tuple(lines[: sheet.headings])]
        elif below and go_together(sheet.lines[top], sheet.lines[below[0]], units):
            groups = [(top, below[0]), (top,)]
        for group in groups:
            texts = heading_texts(sheet, group, units)
            if full := _full(sheet, texts):
                return _as_in_a_folder(sheet, group, full, texts)
            read = read_headings(texts, units, options)
            told = [one for one in read.values() if one.role or one.unclear]
            roles = {one.role for one in told}
            if "state" in roles and roles - {"aside", "state"}:
                return _with_body(Table(sheet, group), read, options)
    return None


def _full(sheet: Sheet, texts: Mapping[int, object]) -> str:
    """Which table of a treaty folder has just these headings; empty if none has."""
    named = [str(text).strip().lower() for text in texts.values()]
    for full, schema in SCHEMAS.items():
        if sorted(named) == sorted(schema):
            called = (sheet.name or sheet.file.rpartition(".")[0]).strip().lower()
            if full != "states" or called == full:  # two columns that others have too
                return full
    return ""


def _as_in_a_folder(
    sheet: Sheet, group: tuple[int, ...], full: str, texts: Mapping[int, object]
) -> Table:
    """A table of a treaty folder: its cells are texts, and are checked as there."""
    columns = [Column(i, Heading(str(text).strip().lower(), "full")) for i, text in texts.items()]
    return Table(sheet, group, full, columns, rows=_below(sheet, group))


def _below(sheet: Sheet, group: tuple[int, ...]) -> Places:
    """The places of the lines below some headings."""
    return np.flatnonzero(sheet.lines.numbers > max(group))


def _with_body(table: Table, read: Mapping[int, Heading], options: Options) -> Table:
    """Sort the lines below the headings, and ask about columns that are not understood."""
    sheet, place = table.sheet, table.sheet.place
    table.rows = _below(sheet, table.top)
    wide = table.width if sheet.text else sheet.lines.width
    for i in range(wide):
        column = Column(i, read.get(i, Heading("")))
        said, name = column.heading, _named(sheet, i)
        table.headed.append(said.text)
        if said.role not in ("", "aside"):
            table.columns.append(column)
            continue
        if said.unclear:
            table.questions.append(f"{place}: the heading of {name}: {said.unclear}")
            continue
        holds = 0 if said.role == "aside" else _first_told(table, column, options)
        if holds and not said.text:
            table.questions.append(
                f"{place}: {name} has no heading, and a number or a date in line {holds}; "
                "give it a heading, or empty the column"
            )
        elif holds:
            table.questions.append(
                f"{place}: what is in {name}, {said.text!r}? it has a number or a date in line "
                f"{holds}; say columns={{{said.text!r}: '...'}} with a known heading, or "
                f"columns={{{said.text!r}: None}} to leave it out{suggestion(said.text)}"
            )
        elif said.text:
            table.asides.append(Aside(max(table.top), "column left out", f"{said.text!r} ({name})"))
    _sort_out(table, options)
    if any(sheet.unseen):
        counts = zip(sheet.unseen, ("lines", "columns"), strict=True)
        unseen = " and ".join(f"{what}: {many}" for many, what in counts if many)
        told = f"the workbook hides some ({unseen}); they were read like the others"
        table.asides.append(Aside(max(table.top), "hidden cells", told))
    return table


def _sort_out(table: Table, options: Options) -> None:
    """Leave out the lines below the headings that are no rows, and say so."""
    lines, states = table.sheet.lines, table.of("state")
    told = np.zeros(len(table.rows), dtype=np.bool_)
    for column in table.columns:
        if column.heading.role in _FIGURES:
            cells = table.cells(column)
            told |= ~cells.over(blanks(cells, options.words, _plain))
    total, repeated, named, known = (np.zeros(len(table.rows), dtype=np.bool_) for _ in range(4))
    for column in states:
        cells = table.cells(column)
        names = [shown(_plain(cell)).strip() for cell in cells.values]
        total |= cells.over(map(_sums_up, names))
        repeated |= cells.over(name == states[0].heading.text for name in names)
        named |= cells.over(map(bool, names))
        if not told.all():
            known |= cells.over(bool(find(name, near=False).iso3) for name in names)
    # Most lines are rows at first sight; only the others are looked at one by one.
    doubtful = total | repeated | ~(told | known)
    out = np.zeros(len(table.rows), dtype=np.bool_)
    for at in np.flatnonzero(doubtful).tolist():
        place = int(table.rows[at])
        line = [_plain(cell) for cell in lines.line(place)]
        if kind := _left_out(table, line, states, bool(told[at]), bool(named[at])):
            out[at] = True
            texts = [text for cell in line if (text := shown(cell).strip())]
            if texts:  # a line without any is no line
                table.asides.append(Aside(int(lines.numbers[place]), kind, texts[0][:100]))
    table.keep(table.rows[~out])


def blanks(
    cells: Coded, missing: Sequence[str] = (), plain: Callable[[object], object] = lambda cell: cell
) -> Mask:
    """Which of the values say nothing."""
    out = np.zeros(len(cells.values), dtype=np.bool_)
    looked = np.flatnonzero(~cells.digits | bool(missing))
    out[looked] = [blank(plain(cell), missing) for cell in cells.values[looked]]
    return out


def _sums_up(name: str) -> bool:
    """Whether a line with such a name is the sum of others."""
    key = folded(name)
    return key in TOTALS or (key + " ").startswith(_TOTAL_STARTS)


def _first_told(table: Table, column: Column, options: Options) -> int:
    """The first line that has a number or a date in a column; 0 if none has."""
    cells = table.cells(column)
    tells = cells.over(_tells(cell, options) for cell in cells.values)
    return int(table.sheet.lines.numbers[table.rows[tells.argmax()]]) if tells.any() else 0


def _plain(cell: object) -> object:
    """What a cell shows, the value of a merged one in its first cell alone."""
    return (cell.value if cell.first else None) if isinstance(cell, Merged) else cell


def _named(sheet: Sheet, index: int) -> str:
    """A column as people call it: by letter in a workbook, by number elsewhere."""
    if not sheet.name:
        return f"column {index + 1}"
    letters, rest = "", index + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"column {letters}"


def _tells(cell: object, options: Options) -> bool:
    """Whether a cell holds a number or a date, and so perhaps a statement."""
    cell = _plain(cell)
    if blank(cell, options.words):
        return False
    if not isinstance(cell, str):
        return True
    if len(cell) > _LONGEST or not any(map(str.isdigit, cell)):  # most notes: no need to look on
        return False
    found = span(cell)
    dated = not found.reason or found.reason.startswith("may be")
    return dated or not number(cell, decimal=options.decimal or ".", share=True).reason


def _left_out(
    table: Table, cells: list[object], states: list[Column], told: bool, named: bool
) -> str:
    """Why a line below the headings is no row of the table; empty if it is one."""

    def text(column: Column) -> str:
        return shown(cells[column.at]).strip() if column.at < len(cells) else ""

    names = [name for column in states if (name := text(column))]
    if any(map(_sums_up, names)):
        return "totals row left out"
    if names and names[0] == states[0].heading.text:
        here = [" ".join(text(column).split()) for column in table.columns]
        if here == [column.heading.text for column in table.columns]:
            return "repeated headings left out"
    if not told and not named:
        return "note left out"
    if not told and len(names) == 1 and not find(names[0], near=False).iso3:
        alone = sum(not blank(cell) for cell in cells) == 1
        words = folded(names[0]).split()
        noted = names[0][0] in "*†‡§[(" or (words and words[0] in _NOTES) or len(names[0]) > 60
        if alone and noted:
            return "note left out"
    return ""
