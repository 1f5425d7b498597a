"""What the rows of a table state, in the columns of a treaty folder's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from stockpile.common.grid import Coded, Mask, Places
from stockpile.spreadsheets.cells import shown
from stockpile.treaty.schema import SCHEMAS

#: The headings and the cells that the texts of a column came from.
Origin = tuple[Coded, Coded]


class Source(NamedTuple):
    """A document, as a row or the options name it."""

    title: str
    publisher: str
    kind: str
    published: str
    published_precision: str
    url: str


@dataclass(frozen=True)
class Statements:
    """What some rows say, in the columns of one of a treaty folder's tables.

    Attributes
    ----------
    table : str
    line : array of int
        The line of each.
    cells : dict of str to Coded
        Texts by column; a column that is not there is empty.
    source : Coded
        The document of each: a `Source`, or the id of one that is known already.
    origin : dict of str to (str or Coded, Coded)
        For a column, the heading and the cell that its text came from.
    """

    table: str
    line: Places
    cells: dict[str, Coded]
    source: Coded
    origin: dict[str, tuple[Coded, Coded]]

    @classmethod
    def stacked(cls, parts: Sequence[Statements]) -> Statements:
        """Those of one kind from several columns, in the order of their lines."""
        if len(parts) == 1:
            return parts[0]
        line = np.concatenate([part.line for part in parts])
        names = dict.fromkeys(name for part in parts for name in part.cells)
        origins = dict.fromkeys(name for part in parts for name in part.origin)

        def filled(part: Statements, name: str) -> Coded:
            return part.cells.get(name, Coded.same("", len(part.line)))

        def came(part: Statements, name: str, which: int) -> Coded:
            nowhere = Coded.same(None, len(part.line))
            return part.origin.get(name, (nowhere, nowhere))[which]

        return cls(
            parts[0].table,
            line,
            {name: Coded.stacked([filled(part, name) for part in parts]) for name in names},
            Coded.stacked([part.source for part in parts]),
            {
                name: (
                    Coded.stacked([came(part, name, 0) for part in parts]),
                    Coded.stacked([came(part, name, 1) for part in parts]),
                )
                for name in origins
            },
        ).take(np.argsort(line, kind="stable"))

    def frame(self) -> pd.DataFrame:
        """Return them as rows of texts in the columns of their table, with the line of each."""
        none = Coded.same("", len(self.line))
        cells = {name: self.cells.get(name, none) for name in SCHEMAS[self.table]}
        columns = {name: one.categorical() for name, one in cells.items()}
        return pd.DataFrame(columns | {"line": self.line})

    def told_from(self, column: str, value: pd.Series) -> tuple[list[str], list[str]]:
        """Headings and cells that some values of a column came from; ``value`` by place."""
        at = value.index.to_numpy()
        if column not in self.origin:
            return [column] * len(at), value.tolist()
        headings, cells = (one.take(at).rows() for one in self.origin[column])
        return (
            [column if heading is None else heading for heading in headings],
            [
                text if heading is None else shown(cell)
                for heading, cell, text in zip(headings, cells, value, strict=True)
            ],
        )

    def take(self, rows: Mask | Places) -> Statements:
        """Some of them."""
        if rows.dtype == np.bool_ and rows.all():
            return self
        return Statements(
            self.table,
            self.line[rows],
            {name: one.take(rows) for name, one in self.cells.items()},
            self.source.take(rows),
            {name: (a.take(rows), b.take(rows)) for name, (a, b) in self.origin.items()},
        )
