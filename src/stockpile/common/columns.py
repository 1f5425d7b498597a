"""The columns of the public frames: name, type and meaning, said once.

They stand in ``columns.csv``, one line a column, and those of frames that the library works
with in ``inner_columns.csv``; ``<unit>`` in a name stands for each unit
of the treaty. The functions take their column lists from here, a report that is read back
its types, the workbook and `docs/columns.md`` the meanings. Tests hold the frames and
their docstrings against it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd


class Column(NamedTuple):
    """One column of a public frame: its name, its pandas type, and a line on what it means."""

    name: str
    dtype: str
    meaning: str


def _read(file: str) -> Mapping[str, tuple[Column, ...]]:
    """Read a table, by frame."""
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    frames = groupby(rows, key=lambda row: row[0])
    return {frame: tuple(Column(*cells) for _, *cells in part) for frame, part in frames}


#: The columns of each public frame, in order.
FRAMES = _read("columns.csv")
#: Those that `stockpile.results` adds: every result begins with the first two. The library
#: works without them.
HEAD = ("treaty", "as_of", "region", "subregion", "un_group")
_INNER = _read("inner_columns.csv")


def column_types(frame: str, units: Sequence[str] = ()) -> dict[str, str]:
    """Name and type of each column that the library fills, in order.

    The columns of `HEAD` are left out, and what has an order is still text.

    The columns of a ``<unit>`` are repeated for each of the units.

    >>> column_types("chances")["year"]
    'Int64'
    >>> "remaining_submunitions" in column_types("status", ["submunitions"])
    True
    """
    types = result_types(frame, units)
    return {
        name: "str" if dtype == "category" else dtype
        for name, dtype in types.items()
        if name not in HEAD
    }


def result_types(frame: str, units: Sequence[str] = ()) -> dict[str, str]:
    """Name and type of each column of a result, in order; see `column_types`."""
    out: dict[str, str] = {}
    for of_unit, part in groupby(FRAMES[frame], key=lambda column: "<unit>" in column.name):
        columns = list(part)
        for unit in units if of_unit else ("",):
            out |= {column.name.replace("<unit>", unit): column.dtype for column in columns}
    return out


def inner_types(frame: str) -> dict[str, str]:
    """Name and type of each column of a frame that the library works with, in order."""
    return {column.name: column.dtype for column in _INNER[frame]}


def column_names(frame: str, units: Sequence[str] = ()) -> list[str]:
    """Names of the columns of a frame, in order; see `column_types`."""
    return list(column_types(frame, units))


def typed_frame(frame: str, rows: Iterable[Any]) -> pd.DataFrame:
    """Rows as one of the public frames: its columns, in order and with their types.

    >>> typed_frame("ratings_by_day", []).dtypes["states"]
    dtype('int64')
    """
    types = column_types(frame)
    return pd.DataFrame(list(rows), columns=list(types)).astype(types)


def find_column(frame: str, name: str) -> Column | None:
    """Look a column up, that of a unit whatever the unit; ``None`` for one that is not known.

    >>> find_column("status", "remaining_submunitions").meaning
    'left, in that unit'
    """
    columns = FRAMES.get(frame) or _INNER[frame]
    exact = next((known for known in columns if known.name == name), None)
    for known in columns if exact is None else ():
        stem, unit, _ = known.name.partition("<unit>")
        if unit and name.startswith(stem):
            return known
    return exact
