"""The ``datapackage.json`` of a treaty folder: what each file holds, how long it is, and its hash.

What people wrote in one stays: titles, descriptions, licences, keys. Sizes, hashes and the words
that a column allows follow from the files and from `stockpile.treaty.schema`. A table or a column
that is not described yet gets its line from ``dictionary.csv``. `find_untidy` puts the folder in
order: rows sorted, one form for all tables, and all files described.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import json
import os
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.errors import LIMITS, DataError
from stockpile.treaty.csv_reader import read_text
from stockpile.treaty.folder import read_files
from stockpile.treaty.rules import UNSPECIFIED, Treaty
from stockpile.treaty.rules_file import parse_treaty
from stockpile.treaty.schema import SCHEMAS, TABLE_ORDER, Column

DESCRIPTOR = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"day": "date", "number": "number", "year": "year", "step": "integer"}
_PATTERNS = {"iso3": "[A-Z]{3}", "partial": r"\d{4}(-\d{2}(-\d{2})?)?"}
DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "header": True}


@functools.cache
def dictionary() -> dict[tuple[str, str], tuple[str, str]]:
    """Title and meaning of each table (with no column named) and of each of its columns.

    >>> dictionary()["quantities", "qualifier"]
    ('Qualifier', 'How the source words the number.')
    """
    text = Path(__file__).with_name("dictionary.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    return {(table, column): (title, meaning) for table, column, title, meaning in rows}


def read_descriptor(data: bytes) -> dict[str, Any]:
    """Read a descriptor.

    Raises a `DataError` when it is no JSON object, or its resources are no list of named files.
    """
    try:
        found = json.loads(data)
    except ValueError as error:
        raise DataError(f"{DESCRIPTOR}: not readable as JSON: {error}") from None
    if not isinstance(found, dict):
        raise DataError(f"{DESCRIPTOR}: not a JSON object; expected a Frictionless data package")
    resources = found.get("resources", [])
    good = isinstance(resources, list) and all(
        isinstance(one, dict) and isinstance(one.get("path"), str) for one in resources
    )
    if not good:
        raise DataError(f"{DESCRIPTOR}: resources is not a list of objects, each with a path")
    return found


def data_version(folder: Path) -> str:
    """Version of a folder's tables, as its descriptor has it; empty where nothing says it.

    >>> from stockpile.common.shipped import shipped_folder
    >>> data_version(shipped_folder("data") / "ccm")
    '2026.12'
    """
    path = folder / DESCRIPTOR
    if not path.is_file():
        return ""
    version = read_descriptor(path.read_bytes()).get("version", "")
    return version if isinstance(version, str) else ""


def describe(
    treaty: Treaty,
    files: Mapping[str, bytes],
    columns: Mapping[str, list[str]],
    *,
    before: bytes | None = None,
    version: str | None = None,
) -> bytes:
    """Write the descriptor of a treaty folder.

    ``files`` are ``treaty.toml`` and the tables, as they are to be described; ``before`` is the
    descriptor so far, without which a new one is begun; ``version`` a new one of the tables.
    """
    package = _begun(treaty) if before is None else read_descriptor(before)
    if version is not None:
        package["version"] = version
    known = {one["path"]: one for one in package.get("resources", [])}
    names = ["treaty.toml", *(f"{table}.csv" for table in TABLE_ORDER if f"{table}.csv" in files)]
    tables = {name.removesuffix(".csv") for name in names}
    package["resources"] = [
        _resource(name, files[name], known.get(name), columns.get(name, []), treaty, tables)
        for name in names
    ]
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()


def _begun(treaty: Treaty) -> dict[str, Any]:
    """What a new descriptor says of the folder as a whole."""
    return {
        "$schema": PROFILE,
        "name": f"stockpile-{treaty.id}",
        "title": f"Stockpile destruction under the {treaty.name}",
        "description": "Raw statements, each with its source, not reconciled.",
    }


def _resource(
    name: str,
    data: bytes,
    before: dict[str, Any] | None,
    columns: list[str],
    treaty: Treaty,
    tables: set[str],
) -> dict[str, Any]:
    """Describe one file; what is there already stays, but for what follows from the file."""
    table, _, kind = name.rpartition(".")
    title, meaning = dictionary()[table, ""]
    out: dict[str, Any] = before or {
        "name": table,
        "path": name,
        **({"type": "table"} if columns else {}),
        "title": title,
        "description": meaning,
        "format": kind,
        "mediatype": "text/csv" if columns else "application/toml",
        "encoding": "utf-8",
    }
    out["bytes"] = len(data)
    out["hash"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if columns:
        out.setdefault("dialect", DIALECT)
        schema = out.setdefault("schema", _keys(table, columns, tables))
        described = {field["name"]: field for field in schema.get("fields", [])}
        fields = [_field(table, column, described.get(column), treaty) for column in columns]
        schema["fields"] = fields
    return out


def _keys(table: str, columns: list[str], tables: set[str]) -> dict[str, Any]:
    """The keys of a table that nobody has described yet."""
    keys: dict[str, Any] = {"fields": [], "missingValues": [""]}
    unique = [name for name in columns if SCHEMAS[table][name].unique]
    if unique:
        keys["primaryKey"] = unique
    foreign = [
        {"fields": [column], "reference": {"resource": other, "fields": [column]}}
        for column, other in (("iso3", "states"), ("source_id", "sources"))
        if column in columns and other in tables - {table}
    ]
    return keys | ({"foreignKeys": foreign} if foreign else {})


def _field(
    table: str, column: str, before: dict[str, Any] | None, treaty: Treaty
) -> dict[str, Any]:
    """Describe one column."""
    rules = SCHEMAS[table][column]
    title, meaning = dictionary()[table, column]
    constraints: dict[str, Any] = {"required": True} if rules.required else {}
    if rules.kind in _PATTERNS:
        constraints["pattern"] = _PATTERNS[rules.kind]
    if rules.kind == "number":
        constraints["minimum"] = 0
    kind = _TYPES.get(rules.kind, "string")
    out = before or {"name": column, "type": kind, "title": title, "description": meaning}
    constraints |= out.get("constraints", {})
    if words := _words(rules, treaty):
        constraints["enum"] = words
    return out | ({"constraints": constraints} if constraints else {})


def _words(rules: Column, treaty: Treaty) -> list[str]:
    """The words that a column allows."""
    if rules.kind == "unit":
        return sorted({UNSPECIFIED, *(unit.id for unit in treaty.all_units)})
    return list(rules.choices)


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

    Raises a `DataError` when a file cannot be read, or a row is broken, or there twice.

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

    Raises a `DataError` when it cannot be read, or a row has too few or too many cells.
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
