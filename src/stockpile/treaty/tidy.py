"""A treaty folder in good order: rows sorted, one form for all tables, and all files described."""

from __future__ import annotations

import csv
import io
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.limits import LIMITS
from stockpile.treaty.csv_reader import read_text
from stockpile.treaty.datapackage import DESCRIPTOR, describe
from stockpile.treaty.folder import read_files
from stockpile.treaty.rules_file import parse_treaty
from stockpile.treaty.schema import SCHEMAS

#: A row of the table of files in a data dictionary, up to the number of rows and after it.
_COUNTED = re.compile(r"^(\| `(\w+\.csv)` \|[^|\n]*\| )([\d,]+)( \|)", re.MULTILINE)


class Untidy(NamedTuple):
    """A file that is not as it should be."""

    name: str
    why: str
    content: bytes  # as it should be


def find_untidy(folder: str | os.PathLike[str], *, version: str | None = None) -> list[Untidy]:
    """Find the files of a treaty folder that are not in order, and what they should hold.

    Rows are sorted by their cells from left to right; columns stand in the order of the schema;
    lines end with a line feed. ``datapackage.json`` gives the size and the hash of each file, and
    the data dictionary ``README.md``, if there is one, the number of rows. No cell is changed.

    ``version`` is a new one of the tables, as ``2026.12``.

    Raises
    ------
    DataError
        When a file cannot be read, or a row is broken, or there twice.

    Examples
    --------
    >>> from stockpile.common.shipped import shipped_folder
    >>> find_untidy(shipped_folder("data") / "ccm")
    []
    """
    place = Path(folder)
    files = read_files(place)
    treaty = parse_treaty(files["treaty.toml"])
    columns: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    out: list[Untidy] = []
    for name in [name for name in files if name.endswith(".csv")]:
        table = name.removesuffix(".csv")
        if table not in SCHEMAS:
            raise DataError(f"{name}: no table of a treaty folder has this name; move it away")
        columns[name], rows = _rows(name, files[name])
        counts[name] = len(rows)
        content = _csv(columns[name], sorted(rows))
        if content != files[name]:
            why = next(
                (f"line {line} is out of order" for line, (a, b) in enumerate(pairwise(rows), 3)
                 if a > b),
                "columns, quotes or line ends differ",
            )  # fmt: skip
            out.append(Untidy(name, why, content))
            files[name] = content
    before = _read(place / DESCRIPTOR)
    described = describe(treaty, files, columns, before=before, version=version)
    if described != before:
        why = "there is none" if before is None else "sizes, hashes or columns are out of date"
        out.append(Untidy(DESCRIPTOR, why, described))
    readme = _read(place / "README.md")
    if readme is not None:
        counted = _COUNTED.sub(
            lambda row: f"{row[1]}{counts.get(row[2], row[3])}{row[4]}", readme.decode()
        ).encode()
        if counted != readme:
            out.append(Untidy("README.md", "numbers of rows are out of date", counted))
    return out


def read_table(name: str, data: bytes) -> tuple[list[str], pd.DataFrame]:
    """Read a table as text: the columns that it has, in the order of the schema, and its rows.

    Raises
    ------
    DataError
        When it cannot be read, or a row has too few or too many cells.
    """
    schema = SCHEMAS[name.removesuffix(".csv")]
    optional = [column for column in schema if schema[column].optional]
    frame = read_text(name, data, list(schema), LIMITS, optional)
    broken = frame[frame["_ragged"] != ""]
    if len(broken):
        raise DataError(
            f"{name}, line {broken['line'].iloc[0]}: the row has too few or too many cells; "
            f"expected one for each of {','.join(schema)}"
        )
    header = next(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [column for column in schema if column in header], frame


def _rows(name: str, data: bytes) -> tuple[list[str], list[tuple[str, ...]]]:
    """The columns that a table has, in the order of the schema, and its rows."""
    columns, frame = read_table(name, data)
    cells = frame[columns]
    twice = cells.duplicated()
    if twice.any():
        row = ",".join(cells[twice].iloc[0])
        raise DataError(
            f"{name}, line {frame.loc[twice, 'line'].iloc[0]}: the row is there twice: {row}"
        )
    return columns, list(cells.itertuples(index=False, name=None))


def _csv(columns: list[str], rows: list[tuple[str, ...]]) -> bytes:
    """A table as its file should be."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
