"""The rows of a table while they are read: what they say, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stockpile.common.grid import Coded, Mask, Places
from stockpile.spreadsheets.cells import Odd, blank, shown
from stockpile.spreadsheets.days import Span, span
from stockpile.spreadsheets.files import Merged
from stockpile.spreadsheets.layout import Column
from stockpile.spreadsheets.plans import Reading
from stockpile.spreadsheets.stated import Statements
from stockpile.treaty.row_rules import control

#: One text for all the rows that something is said of, those of all rows, or a list of just theirs.
Told = str | Coded | list[str]
PROBLEM = ["line", "column", "value", "reason", "expected"]
DOUBT = ["line", "kind", "message"]


class Text(NamedTuple):
    """A text, or why there is none."""

    text: str
    reason: str = ""
    expected: str = ""


def _odd(cell: Merged) -> Odd:
    return Odd(
        f"the cell is merged with others, {cell.area}",
        "one value in each cell; unmerge them and write it where it belongs",
        shown(cell.value),
    )


def as_it_stands(value: object) -> Text:
    """The text in a cell."""
    if isinstance(value, Odd):
        return Text("", value.reason, value.expected)
    return Text(shown(value))


def text(value: object) -> Text:
    """The text in a cell without the blanks around it."""
    found = as_it_stands(value)
    if control(found.text):
        return Text("", "a control character", "text that can be read")
    return found._replace(text=found.text.strip())


class Rows(NamedTuple):
    """What the rows of a table say, what is wrong with some, what is odd about others."""

    statements: list[Statements]
    problems: pd.DataFrame
    doubts: pd.DataFrame


@dataclass(frozen=True)
class Read:
    """What the cells of a column come to.

    Attributes
    ----------
    cells : Coded
        What they hold.
    plain : array of bool
        Which of the different cells are counts in plain digits, which are what they are.
    found : dict of int to object
        What each other one came to, by its number; blank ones are not there.
    there : array of bool
        The rows that have a cell there without a problem.
    wrong : array of bool
        Those whose cell is a problem.
    """

    cells: Coded
    plain: Mask
    found: Mapping[int, Any]
    there: Mask
    wrong: Mask

    def of(self, name: str) -> Coded:
        """One of the texts that each cell came to; empty where there is nothing."""
        out = np.full(len(self.plain), "", dtype=object)
        if name == "text":
            out[self.plain] = self.cells.values[self.plain]
        for at, one in self.found.items():
            out[at] = getattr(one, name)
        if name == "text" and np.count_nonzero(~self.plain) < 2:  # still different ones
            return Coded(self.cells.codes, out)
        return self.cells.become(out)

    def at(self, place: int) -> tuple[object, Any]:
        """The cell of a row, and what it came to."""
        code = int(self.cells.codes[place])
        return self.cells.values[code], self.found.get(code)


class Body:
    """The rows of a table while they are read."""

    def __init__(self, how: Reading) -> None:
        self.how, self.options, self.table = how, how.options, how.table
        self.line = self.table.sheet.lines.numbers[self.table.rows]
        self.bad = np.zeros(len(self.line), dtype=np.bool_)
        self.stated = np.zeros(len(self.line), dtype=np.bool_)
        self._statements: list[tuple[Places, Statements]] = []
        self._problems: list[pd.DataFrame] = []
        self._cells: dict[tuple[int, bool], Coded] = {}
        self._doubts: list[pd.DataFrame] = []
        #: The rows with as many cells as there are headings; nothing else is said of the others.
        self.whole = ~self._ragged()

    def all(self, value: object) -> Coded:
        """One value for every row."""
        return Coded.same(value, len(self.line))

    def cells(self, column: Column, *, merged: bool = True) -> Coded:
        """What the cells of a column say; ``None`` for nothing.

        Where merged cells will not do, they are `Odd`.
        """
        key = (column.at, merged)
        if key not in self._cells:
            cells, out = self.table.cells(column), self.table.cells(column).values.copy()
            # In a treaty folder's table 'n/a' is a text like others.
            words, never = self.options.words, bool(self.table.full)
            for at in np.flatnonzero(~cells.digits | bool(words)).tolist():
                cell = out[at]
                if isinstance(cell, Merged):
                    cell = cell.value if merged or blank(cell.value) else _odd(cell)
                out[at] = None if not never and blank(cell, words) else cell
            self._cells[key] = Coded(cells.codes, out)
        return self._cells[key]

    def read(
        self,
        column: Column,
        reader: Callable[[Any], Any],
        where: Mask | None = None,
        *,
        merged: bool = True,
        counts: bool = False,
    ) -> Read:
        """Read a column; what the reader gives a reason for is a problem of the row.

        With ``counts``, it is not asked for what is a count in plain digits.
        """
        cells = self.cells(column, merged=merged)
        plain = np.zeros(len(cells.values), dtype=np.bool_)
        if counts:
            plain = self.table.cells(column).digits
        found: dict[int, Any] = {
            at: reader(cells.values[at])
            for at in np.flatnonzero(~plain).tolist()
            if cells.values[at] is not None
        }
        told = plain.copy()
        told[list(found)] = True
        there = told[cells.codes] & self.whole
        if where is not None:
            there &= where
        problems = {at: one for at, one in found.items() if one.reason}
        wrong = np.zeros(len(there), dtype=np.bool_)
        if problems:
            said = np.zeros(len(cells.values), dtype=np.bool_)
            said[list(problems)] = True
            wrong = there & said[cells.codes]
            told_of = [problems[code] for code in cells.codes[wrong].tolist()]
            reasons, expected = ([getattr(p, n) for p in told_of] for n in ("reason", "expected"))
            self.wrong(wrong, column.heading.text, cells, reasons, expected)
            there &= ~wrong
        return Read(cells, plain, found, there, wrong)

    def text(
        self,
        role: str,
        reader: Callable[[object], Text] | None = None,
        where: Mask | None = None,
    ) -> Coded:
        """Return the texts in the column of a role; empty where there is none."""
        for column in self.table.of(role):
            return self.read(column, reader or text, where).of("text")
        return self.all("")

    def span(self, *, period: bool = False) -> Callable[[object], Span]:
        """Return what reads a day, month, year or period."""
        serial, order = self.table.sheet.serial, self.options.date_order or ""
        return lambda value: span(value, date_order=order, period=period, serial=serial)

    def wrong(
        self,
        where: Mask,
        heading: str,
        value: Told,
        reason: Told,
        expected: Told,
    ) -> None:
        """Note a problem with each of some rows; see `Told` for the words."""
        at = np.flatnonzero(where)
        if len(at):
            self.bad[at] = True
            said = (heading, value, reason, expected)
            parts = [one.take(at).rows() if isinstance(one, Coded) else one for one in said]
            if isinstance(value, Coded):
                parts[1] = [shown(cell) for cell in parts[1]]
            told = dict(zip(PROBLEM, [self.line[at], *parts], strict=True))
            self._problems.append(pd.DataFrame(told))

    def doubt(self, where: Mask, kind: str, message: Callable[[int], str]) -> None:
        """Note a doubt about each of some rows, in words that are made from its place."""
        at = np.flatnonzero(where)
        if len(at):
            told = {"line": self.line[at], "kind": kind, "message": [message(int(n)) for n in at]}
            self._doubts.append(pd.DataFrame(told))

    def marked(self, column: Column, read: Read, name: str) -> None:
        """Note the footnote marks that were left out of cells, and what was read without them."""
        codes = [code for code, one in read.found.items() if one.mark]
        if not codes:
            return
        marked = read.there & np.isin(read.cells.codes, codes)

        def said(place: int) -> str:
            cell, one = read.at(place)
            what = getattr(one, name)
            return f"{shown(cell)!r} under {column.heading.text!r} was read as {what}"

        self.doubt(marked, "footnote mark left out", said)

    def state(
        self,
        table: str,
        where: Mask,
        cells: dict[str, Coded],
        source: Coded,
        origin: dict[str, tuple[Coded, Coded]],
    ) -> None:
        """Note what some rows say."""
        self.stated |= where
        every = Statements(table, self.line, cells, source, origin)
        self._statements.append((np.flatnonzero(where), every.take(where)))

    def _ragged(self) -> Mask:
        """The rows of a text that have another number of cells than its headings."""
        lines, wide = self.table.sheet.lines, self.table.width
        out = np.zeros(len(self.line), dtype=np.bool_)
        if not self.table.sheet.text:
            return out
        found = []
        for at in np.flatnonzero(lines.sizes[self.table.rows] != wide).tolist():
            cells = lines.line(int(self.table.rows[at]))
            if len(cells) < wide or any(cells[wide:]):
                out[at] = True
                found.append(cells)
        self.wrong(
            out,
            "row",
            [",".join(map(str, cells)) for cells in found],
            [f"the row has {len(cells)} cells and the headings {wide}" for cells in found],
            f"{wide} cells, and quotes around one with a comma of its own",
        )
        return out

    def finish(self) -> Rows:
        """Hand over what the rows say, or what is wrong with them."""
        nothing = ~self.bad & ~self.stated
        self.doubt(nothing, "nothing stated", lambda _: "the row has a state and no figure")
        statements = [one.take(~self.bad[at]) for at, one in self._statements]
        rejected = self.line[self.bad]
        doubts = stacked(self._doubts, DOUBT)
        return Rows(
            [one for one in statements if len(one.line)],
            stacked(self._problems, PROBLEM),
            doubts[~doubts["line"].isin(rejected)],
        )


def stacked(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Frames of an account one below the other, each row once, sorted by its columns."""
    types = {column: "int64" if column == "line" else "str" for column in columns}
    parts = [frame[[*columns]].astype(types) for frame in frames if len(frame)]
    none = pd.DataFrame({column: pd.Series(dtype=types[column]) for column in columns})
    out = pd.concat(parts).drop_duplicates() if parts else none
    return out.sort_values([*columns], kind="stable", ignore_index=True)
