"""One row of a table while it is read: its cells, what it says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from stockpile.cells import Odd, blank, shown
from stockpile.days import Span, span
from stockpile.plans import Reading
from stockpile.sheets import Merged
from stockpile.tables import Aside, Column


class Source(NamedTuple):
    """A document, as a row or the options name it."""

    title: str
    publisher: str
    kind: str
    published: str
    published_precision: str
    url: str


class Statement(NamedTuple):
    """A row of one of the treaty folder's tables, and where each of its cells came from."""

    table: str
    line: int
    cells: dict[str, str]
    source: Source | str  # the id of one that is known already
    origin: dict[str, tuple[str, str]]


class Problem(NamedTuple):
    """What is wrong with a row."""

    line: int
    column: str
    value: str
    reason: str
    expected: str


@dataclass
class Rows:
    """The rows of a table: what they say, what is wrong with them, what is odd about them."""

    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    doubts: list[Aside] = field(default_factory=list)


class Row:
    """One row while it is read."""

    def __init__(self, how: Reading, line: int, rows: Rows) -> None:
        self.how, self.line, self.rows = how, line, rows
        self.options, self.table = how.options, how.table
        self.statements: list[Statement] = []
        self.problems: list[Problem] = []
        self.doubts: list[Aside] = []

    def value(self, column: Column, *, merged: bool = True) -> object:
        """What a cell says; ``None`` for nothing. Where merged cells will not do, a problem."""
        cell = self.table.cell(self.line, column)
        if isinstance(cell, Merged):
            if not merged and not blank(cell.value):
                return Odd(
                    f"the cell is merged with others, {cell.area}",
                    "one value in each cell; unmerge them and write it where it belongs",
                    shown(cell.value),
                )
            cell = cell.value
        return None if blank(cell, self.options.words) else cell

    def wrong(self, column: Column | str, value: object, reason: str, expected: str) -> None:
        """Note a problem with the row."""
        text = column if isinstance(column, str) else column.heading.text
        self.problems.append(Problem(self.line, text, shown(value), reason, expected))

    def marked(self, column: Column, value: object, mark: str, read: str) -> None:
        """Note a footnote mark that was left out."""
        if mark:
            said = f"{shown(value)!r} under {column.heading.text!r} was read as {read}"
            self.doubts.append(Aside(self.line, "footnote mark left out", said))

    def text(self, role: str) -> str:
        """The text in the column of a role; empty where there is none."""
        for column in self.table.of(role):
            value = self.value(column)
            if isinstance(value, Odd):
                self.wrong(column, value, value.reason, value.expected)
            elif value is not None:
                return shown(value).strip()
        return ""

    def span(self, column: Column, *, period: bool = False) -> Span:
        """The day, month, year or period in a cell; empty where there is none."""
        value = self.value(column)
        if value is None:
            return Span()
        found = span(
            value,
            date_order=self.options.date_order or "",
            period=period,
            serial=self.table.sheet.serial,
        )
        if found.reason:
            self.wrong(column, value, found.reason, found.expected)
            return Span()
        self.marked(column, value, found.mark, found.end)
        return found

    def ragged(self) -> bool:
        """Whether the row of a text has another number of cells than its headings."""
        cells = self.table.sheet.lines[self.line]
        wide = self.table.width
        ragged = self.table.sheet.text and (len(cells) < wide or any(cells[wide:]))
        if ragged:
            expected = f"{wide} cells, and quotes around one with a comma of its own"
            said = f"the row has {len(cells)} cells and the headings {wide}"
            self.wrong("row", ",".join(map(str, cells)), said, expected)
        return ragged

    def finish(self) -> None:
        """Hand over what the row says, or what is wrong with it."""
        if self.problems:
            self.rows.problems.extend(self.problems)
            return
        if not self.statements:
            said = "the row has a state and no figure"
            self.doubts.append(Aside(self.line, "nothing stated", said))
        self.rows.statements.extend(self.statements)
        self.rows.doubts.extend(self.doubts)
