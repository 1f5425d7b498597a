"""What a report says, as of a day: drawn from a ledger, or read back from a report's files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stockpile._version import __version__
from stockpile.common.columns import column_names, find_column
from stockpile.common.errors import DataError, read_bytes
from stockpile.common.output import unescaped
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.rating.status import RATINGS, Thresholds, status
from stockpile.stock.progress import progress, statements

#: Columns of ``status`` that a comparison needs.
_NEEDED = (
    "iso3 state membership status original_deadline deadline completed completed_precision "
    "had_stock reason"
).split()

#: Columns that earlier reports have by another name.
_FORMER_NAMES = {("status", "has_stock"): "had_stock"}
#: Columns that earlier reports lack, and what stood on their pages.
_ADDED = {"status": {"deadline_precision": "day"}}


@dataclass(frozen=True, repr=False)
class Snapshot:
    """What is said of one treaty as of a day.

    Attributes
    ----------
    treaty : str
        Its id.
    day : pandas.Timestamp
        The as-of day.
    rule : str
        What 'known' means.
    data_hash : str
        SHA-256 over the tables it was drawn from.
    status, progress, statements : pandas.DataFrame
        As `stockpile.status`, `stockpile.progress` and `stockpile.statements`
        return them.
    thresholds : Thresholds or None
        Of the ratings; ``None`` where the report does not say.
    version : str
        Of the library that worked it out.
    data_version : str
        Of the tables; empty where they have none, or the report does not say.
    """

    treaty: str
    day: pd.Timestamp
    rule: str
    data_hash: str
    status: pd.DataFrame
    progress: pd.DataFrame
    statements: pd.DataFrame
    thresholds: Thresholds | None = None
    version: str = __version__
    data_version: str = ""

    def __repr__(self) -> str:
        """One line: which treaty, which day, and how many rows."""
        tables = ("status", "progress", "statements")
        told = ", ".join(f"{len(getattr(self, name))} rows of {name}" for name in tables)
        return f"<Snapshot {self.treaty} as of {self.day:%Y-%m-%d} ({self.rule}): {told}>"


def snapshot(then: Ledger, thresholds: Thresholds | None = None) -> Snapshot:
    """Return what is said of a treaty as of a ledger's day; see `stockpile.snapshot`."""
    day = then.require_day()
    return Snapshot(
        treaty=then.treaty.id,
        day=day,
        rule=str(then.rule),
        data_hash=then.data_hash,
        status=status(then, thresholds),
        progress=progress(then),
        statements=statements(then),
        thresholds=thresholds or Thresholds(),
        data_version=then.data_version,
    )


def read_snapshot(folder: str | Path) -> Snapshot:
    """Read back what an earlier report said; see `stockpile.read_snapshot`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder.name}: not a folder; expected that of an earlier report")
    manifest = folder / "manifest.json"
    try:
        found = json.loads(_text(manifest))
    except json.JSONDecodeError as error:
        raise DataError(f"manifest.json, line {error.lineno}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:  # nested too deeply, a number of many digits
        if isinstance(error, DataError):
            raise
        raise DataError(f"manifest.json: not the manifest of a report: {error}") from None
    if not isinstance(found, dict):
        raise DataError("manifest.json: not a JSON object; expected that of a report")
    for key in ("treaty", "as_of", "rule", "data_hash"):
        if not isinstance(found.get(key), str):
            raise DataError(f"manifest.json: {key} is {found.get(key)!r}; expected a text")
    if found["rule"] not in RULES:
        raise DataError(
            f"manifest.json: rule is {found['rule']!r}; expected one of {', '.join(RULES)}"
        )
    try:
        day = parse_day(found["as_of"])
    except ValueError as error:
        raise DataError(f"manifest.json: as_of {error}") from None
    rated = _read(folder, "status", _NEEDED)
    _of_kind(rated, "status", RATINGS)
    earlier = Snapshot(
        treaty=found["treaty"],
        day=day,
        rule=found["rule"],
        data_hash=found["data_hash"],
        status=rated,
        progress=_read(folder, "progress", column_names("progress")),
        statements=_read(folder, "statements", column_names("statements")),
        thresholds=_thresholds(found.get("parameters")),
        version=_version(found),
        data_version=str(found.get("data_version", "")),
    )
    # Last, for what a table has that it should not have says more than that it was changed.
    _require_unchanged(folder, found.get("files"))
    return earlier


def _require_unchanged(folder: Path, hashes: object) -> None:
    """Refuse tables that are not, byte for byte, those that the manifest was written for."""
    for name in ("status.csv", "progress.csv", "statements.csv"):
        known = hashes.get(name) if isinstance(hashes, dict) else None
        if hashlib.sha256(read_bytes(folder / name)).hexdigest() != known:
            raise DataError(f"{name}: not as it was published; expected the hash in manifest.json")


def _thresholds(told: Any) -> Thresholds | None:
    """Thresholds as a manifest has them, if it has them all."""
    names = [f.name for f in fields(Thresholds)]
    if not isinstance(told, dict) or not set(names) <= set(told):
        return None
    try:
        return Thresholds(**{name: told[name] for name in names})
    except (TypeError, ValueError) as error:
        raise DataError(f"manifest.json: parameters: {error}") from None


def _version(report: Mapping[str, Any]) -> str:
    """Version of the library that made a report, as its manifest has it."""
    versions = report.get("versions")
    return str(versions.get("stockpile", "")) if isinstance(versions, dict) else ""


def _text(path: Path) -> str:
    if not path.is_file():
        raise DataError(
            f"{path.name}: not found in {path.parent.name}/; expected a report of this version"
        )
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: byte {error.start} is not UTF-8") from None


def _read(folder: Path, frame: str, needed: Sequence[str]) -> pd.DataFrame:
    """Read a table that `stockpile.common.output.csv_text` wrote."""
    file = f"{frame}.csv"
    try:
        head, *rows = list(csv.reader(io.StringIO(_text(folder / file), newline=""))) or [[]]
    except csv.Error as error:
        raise DataError(f"{file}: {error}; expected a report of this version") from None
    head = [_FORMER_NAMES.get((frame, name), name) for name in head]
    missing = [name for name in needed if name not in head]
    if missing:
        raise DataError(
            f"{file}: no column {missing[0]}; expected a report of this version, with "
            f"{', '.join(needed)}"
        )
    for line, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise DataError(
                f"{file}, row {line}: {len(row)} cells; expected {len(head)}, one a column"
            )
    columns = zip(*rows, strict=True) if rows else [()] * len(head)
    found = {name: _typed(frame, name, cells) for name, cells in zip(head, columns, strict=True)}
    lacking = {k: v for k, v in _ADDED.get(frame, {}).items() if k not in found}
    return pd.DataFrame(found | lacking, index=range(len(rows)))


#: Characters of a cell that a message shows.
_SHOWN = 60
#: How a cell of each type is read, and what would be right.
_PARSERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "datetime64[us]": (lambda c: parse_day(c) if c else pd.NaT, "a day as 2012-04-19, or nothing"),
    "float64": (lambda c: _finite(c) if c else math.nan, "a number, or nothing"),
    "int64": (lambda c: int(np.int64(int(c))), "a whole number"),
    "bool": ({"True": True, "False": False}.__getitem__, "True or False"),
    "str": (unescaped, "a text"),
    "category": (unescaped, "a text"),  # which one, is checked in its place
}


def _finite(cell: str) -> float:
    """Read a number; one beyond all measure is none that a report has written."""
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


def _typed(frame: str, name: str, cells: Sequence[str]) -> pd.Series:
    """Give a column the type that the library gives it; one that it does not know is text."""
    known = find_column(frame, name)
    dtype = known.dtype if known else "str"
    parse, right = _PARSERS[dtype]
    out = []
    for row, cell in enumerate(cells, 2):
        try:
            out.append(parse(cell))
        except (KeyError, ValueError, OverflowError):
            shown = f"{cell[:_SHOWN]!r}" + (" …" if len(cell) > _SHOWN else "")
            raise DataError(f"{frame}.csv, row {row}, {name}: {shown}; expected {right}") from None
    return pd.Series(out, dtype="str" if dtype == "category" else dtype)


def _of_kind(frame: pd.DataFrame, column: str, words: Sequence[str]) -> None:
    odd = frame.loc[~frame[column].isin(words), column]
    if len(odd):
        raise DataError(
            f"status.csv, row {odd.index[0] + 2}, {column}: {odd.iloc[0]!r}; "
            f"expected one of {', '.join(words)}"
        )
