"""Text in, typed rows out: every row is accepted, or rejected with the reason.

Tables are read as text first, so that nothing is guessed: ``NA`` stays the text
``NA``, ``1,234`` is not a number, and an empty cell is the only way to say
'not stated'. A row is accepted whole or rejected whole; a doubtful row is
accepted with a warning of a named kind.

What a row may be is said by `stockpile.treaty.row_rules`; rows beside each other are the
matter of `stockpile.ledger.plausibility`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockpile.common.errors import LIMITS, DataError, Limits, read_bytes
from stockpile.common.frames import from_rows, text_column
from stockpile.treaty.csv_reader import read_text
from stockpile.treaty.row_rules import (
    CELL_RULES,
    DATED_VALUES,
    ROW_RULES,
    TYPES,
    Bad,
    Cells,
    Coded,
    Texts,
    partial_days,
    precisions,
)
from stockpile.treaty.rules import UNSPECIFIED, Treaty
from stockpile.treaty.rules_file import parse_treaty
from stockpile.treaty.schema import EVENT_TABLES, REQUIRED, SCHEMAS, TABLE_ORDER, Column

REJECTED_COLUMNS = ["file", "line", "column", "value", "reason", "expected"]
WARNING_COLUMNS = ["file", "line", "kind", "message"]
COUNT_COLUMNS = ["file", "read", "accepted", "rejected"]


def account_of(rows: Iterable[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    """Rows of one of these accounts as a frame: lines and counts are numbers, the rest is text."""
    numbers = {"line", *COUNT_COLUMNS[1:]}
    return from_rows(list(rows), {c: "int64" if c in numbers else "str" for c in columns})


@dataclass(frozen=True)
class Ingested:
    """The accepted rows of a treaty folder, and the account of all others."""

    treaty: Treaty
    tables: dict[str, pd.DataFrame]  # accepted rows, typed, with file and line of each
    rejected: pd.DataFrame  # one line for each problem of each rejected row
    warnings: pd.DataFrame  # accepted but doubtful rows
    counts: pd.DataFrame  # rows read, accepted and rejected, by file; read is the sum
    data_hash: str  # SHA-256 over the names and bytes of all files read


@dataclass
class Account:
    """Collects the problems and doubts of one table while it is checked."""

    file: str  # what the rows were read from
    lines: npt.NDArray[np.int64]  # of each row
    texts: dict[str, Coded]  # the columns
    #: In the columns `REJECTED_COLUMNS`, indexed by the number of the row.
    problems: list[pd.DataFrame] = field(default_factory=list)
    #: In the columns `WARNING_COLUMNS`, indexed by the number of the row.
    doubts: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        #: Rows with at least one problem so far.
        self.bad = np.zeros(len(self.lines), dtype=np.bool_)

    def reject(self, bad: Bad, column: str, reason: str, expected: str) -> None:
        """Note a problem for each row where ``bad`` holds."""
        if bad.any():
            self.bad |= bad
            different, codes = self.texts[column]
            value = text_column(different.take(codes[bad]))
            problem = {"column": column, "value": value, "reason": reason, "expected": expected}
            self.problems.append(self._of_rows(bad, problem))

    def warn(self, doubtful: Bad, kind: str, message: Sequence[str] | str) -> None:
        """Note a doubt for each row where ``doubtful`` holds; a message for all or for each."""
        if doubtful.any():
            self.doubts.append(self._of_rows(doubtful, {"kind": kind, "message": message}))

    def _of_rows(self, hit: Bad, cells: Mapping[str, Any]) -> pd.DataFrame:
        """A line of an account for each row that is hit."""
        place = {"file": self.file, "line": self.lines[hit]}
        return pd.DataFrame({**place, **cells}, index=np.flatnonzero(hit))


def read_files(folder: Path, *, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Read the files of a treaty folder, as they lie there, by name.

    ``treaty.toml`` and the tables, in the order in which they are checked. A table of a
    name that no table has is there without its bytes.

    Raises a `DataError` when one is missing, too large, or cannot be read.

    >>> from stockpile.ledger.load import packaged_folder
    >>> list(read_files(packaged_folder("apmbc")))[:5]
    ['treaty.toml', 'sources.csv', 'states.csv', 'quantities.csv', 'events.csv']
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder; expected one that holds treaty.toml and tables")
    names = ("treaty.toml", *(f"{table}.csv" for table in TABLE_ORDER))
    needed = ("treaty.toml", *(f"{table}.csv" for table in REQUIRED))
    out = {}
    for name in names:
        if (folder / name).is_file():
            limit = "rules_bytes" if name == "treaty.toml" else "file_bytes"
            out[name] = read_bytes(folder / name, limits, limit)
        elif name in needed:
            raise DataError(f"{name}: not found in {folder.name}/; a treaty folder needs it")
    others = sorted(path.name for path in folder.glob("*.csv"))
    return out | {name: b"" for name in others if name not in names}


def ingest(
    folder: Path, files: Mapping[str, bytes] | None = None, *, limits: Limits = LIMITS
) -> Ingested:
    """Read a treaty folder: ``treaty.toml`` and its tables.

    ``sources.csv``, ``quantities.csv`` and ``events.csv`` have to be there;
    ``states.csv`` and the tables on steps, reports, laws, views and allegations may be.

    ``files`` is what `read_files` found in it, where it has been read.

    Raises a `DataError` when a file is missing, too large, or cannot be read as a table at all.
    Single bad rows are rejected, not raised.

    >>> from stockpile.ledger.load import packaged_folder
    >>> found = ingest(packaged_folder("ccm"))
    >>> bool((found.counts["read"] == found.counts["accepted"] + found.counts["rejected"]).all())
    True
    """
    files = read_files(folder, limits=limits) if files is None else files
    treaty = parse_treaty(files["treaty.toml"])
    digest = hashlib.sha256(b"treaty.toml\0" + files["treaty.toml"] + b"\0")
    tables: dict[str, pd.DataFrame] = {}
    accounts: list[Account] = []
    counts = []
    for name in TABLE_ORDER:
        file = f"{name}.csv"
        if file not in files:
            continue
        for part in (file.encode(), b"\0", files[file], b"\0"):
            digest.update(part)
        schema = SCHEMAS[name]
        optional = [column for column in schema if schema[column].optional]
        rows = read_text(file, files[file], list(schema), limits, optional)
        account, typed = check_rows(file, name, rows, treaty, tables)
        bad = account.bad
        counts.append((file, len(bad), int((~bad).sum()), int(bad.sum())))
        tables[name] = typed[~bad].reset_index(drop=True) if bad.any() else typed
        account.doubts = [doubt[~bad[doubt.index]] for doubt in account.doubts]
        accounts.append(account)
    doubts = [doubt for account in accounts for doubt in account.doubts]
    return Ingested(
        treaty=treaty,
        tables=tables,
        rejected=_stack([p for a in accounts for p in a.problems], REJECTED_COLUMNS),
        warnings=_stack([_left_alone(files), *doubts], WARNING_COLUMNS),
        counts=account_of(counts, COUNT_COLUMNS),
        data_hash=digest.hexdigest(),
    )


def _left_alone(files: Iterable[str]) -> pd.DataFrame:
    """A warning for each table of a name that no table has."""
    known = [f"{table}.csv" for table in TABLE_ORDER]
    message = f"no table of a treaty folder has this name; expected {', '.join(known)}"
    others = [name for name in files if name not in ("treaty.toml", *known)]
    return account_of([(name, 1, "file not read", message) for name in others], WARNING_COLUMNS)


def _stack(frames: Iterable[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Problems or doubts as one frame, sorted by place."""
    parts = [f[columns] for f in frames if len(f)]
    if not parts:
        return account_of([], columns)
    return pd.concat(parts).sort_values(columns, kind="stable", ignore_index=True)


def check_rows(
    file: str,
    table: str,
    rows: pd.DataFrame,
    treaty: Treaty,
    earlier: Mapping[str, pd.DataFrame],
) -> tuple[Account, pd.DataFrame]:
    """Check each cell and type it; rows with a problem stay in, marked in the account.

    ``rows`` are texts, ``""`` where a cell is empty, with ``line`` and, where there is one,
    ``_ragged``, the cells of a row that has too few or too many of them. ``earlier`` has the
    accepted rows of the tables checked before, for sources and states.

    In the account and in the typed rows, rows are numbered from 0. The typed rows have ``file``
    and ``line``, and a missing value where a cell is not what it has to be.
    """
    schema = SCHEMAS[table]
    coded = {name: Coded.of(rows[name]) for name in schema}
    account = Account(file, rows["line"].to_numpy(), coded)
    # A ragged row is rejected once; its blanks are not problems of their own.
    whole = np.ones(len(rows), dtype=np.bool_)
    if "_ragged" in rows:
        coded["row"] = Coded.of(rows["_ragged"])
        whole = coded["row"].among("")
        told = "the row has too few or too many cells"
        account.reject(~whole, "row", told, f"{len(schema)} cells")
    # In frames only at the end: a small table is checked in a fifth of the time.
    typed: dict[str, Any] = {}
    for name, column in schema.items():
        typed[name] = _check_column(account, name, column, whole, treaty, earlier)
        if column.kind == "partial":
            typed[f"{name}_precision"] = _as_texts(coded[name], precisions(coded[name].texts))
    if table in EVENT_TABLES:
        dated, value = coded["event"].among(*DATED_VALUES), coded["value"]
        days, precise = partial_days(value.texts), precisions(value.texts)
        typed["new_deadline"] = np.where(dated, value.per_row(days), np.datetime64("NaT"))
        typed["new_deadline_precision"] = np.where(dated, value.per_row(precise), "")
    for rule in ROW_RULES:
        if rule.table == table:
            account.reject(rule.bad(typed, coded, treaty), rule.column, rule.reason, rule.expected)
    for doubt in ROW_DOUBTS:
        doubt(table, account, typed, whole)
    if table in EVENT_TABLES:
        typed["date"] = _period_ends(typed, coded)
        typed["new_deadline_precision"] = text_column(typed["new_deadline_precision"])
    plain = {name: each for name, each in typed.items() if not isinstance(each, Coded)}
    words = {name: _as_texts(coded[name], coded[name].texts) for name in typed if name not in plain}
    place = {"file": text_column([file]).repeat(len(rows)), "line": rows["line"]}
    columns = {name: plain[name] if name in plain else words[name] for name in typed}
    return account, pd.DataFrame(columns | place)


def _as_texts(column: Coded, words: Texts) -> Any:
    """What each different text of a column comes to, words again, over the rows."""
    return column.per_row(text_column(words))


@cache
def without_rows(table: str, treaty: Treaty) -> pd.DataFrame:
    """Return a table without a row, in the types that its rows would have."""
    columns = {name: pd.Series(dtype="str") for name in SCHEMAS[table]}
    empty = pd.DataFrame(columns | {"line": pd.Series(dtype="int64")})
    no_sources = pd.DataFrame({"source_id": pd.Series(dtype="str")})
    return check_rows(table, table, empty, treaty, {"sources": no_sources})[1]


def _check_column(
    account: Account,
    name: str,
    column: Column,
    whole: Bad,
    treaty: Treaty,
    earlier: Mapping[str, pd.DataFrame],
) -> Any:
    """Hold the cells of a column to the rules, and return them as values, or as the texts."""
    coded = account.texts[name]
    texts = coded.texts
    filled = texts != ""
    values = TYPES[column.kind](texts) if column.kind in TYPES else texts
    words = _words(column, treaty)
    counts = np.bincount(coded.codes[whole], minlength=len(texts))
    cells = Cells(texts, values, counts, words, earlier)
    kinds = {column.kind, "required" * column.required, "unique" * column.unique}
    for rule in CELL_RULES:
        if rule.kind in kinds:
            bad = rule.bad(cells) & (filled | (rule.kind == "required"))
            if bad.any():
                expected = rule.expected.format(" or ".join(words))
                account.reject(coded.per_row(bad) & whole, name, rule.reason, expected)
    return coded.per_row(values) if column.kind in TYPES else coded


def _words(column: Column, treaty: Treaty) -> tuple[str, ...]:
    """The words that a column may hold, where they are not free."""
    if column.kind == "unit":
        return *treaty.unit_rules, UNSPECIFIED
    if column.kind == "stock":
        return tuple(treaty.stocks)
    if column.kind == "step":
        return *(f"{step.percent:g}" for step in treaty.steps), "100"
    return column.choices


def _stands_twice(table: str, account: Account, _: Mapping[str, Any], whole: Bad) -> None:
    """Warn of rows that are the same as one further up."""
    if table not in ("sources", "states"):  # there it is a reason to reject both
        codes = {name: account.texts[name].codes for name in SCHEMAS[table]}
        same = np.zeros(len(whole), dtype=np.bool_)
        same[whole] = pd.DataFrame(codes)[whole].duplicated(keep="first")
        account.warn(same, "duplicate", "the same row stands further up; it counts once")


def _is_no_periods_end(table: str, account: Account, typed: Mapping[str, Any], _: Bad) -> None:
    """Warn of a month or a year that is not given by its last day."""
    if table not in EVENT_TABLES:
        return
    day, end = typed["date"], _period_ends(typed, account.texts)
    off = ~np.isnat(day) & (day != end)
    given, read = (days[off].astype("datetime64[D]").astype(str) for days in (day, end))
    texts, codes = account.texts["precision"]
    messages = [
        f"precision {precision} with the day {a}; read as {b}"
        for precision, a, b in zip(texts.take(codes[off]), given, read, strict=True)
    ]
    account.warn(off, "not a period's end", messages)


#: What a row is warned of for its own sake.
ROW_DOUBTS = (_stands_twice, _is_no_periods_end)


def _period_ends(typed: Mapping[str, Any], texts: Mapping[str, Coded]) -> Any:
    """The dates of events, a month or a year as its last day."""
    date = typed["date"]
    for precision, unit in (("month", "M"), ("year", "Y")):
        after = (date.astype(f"datetime64[{unit}]") + 1).astype("datetime64[D]")
        date = np.where(texts["precision"].among(precision), after - 1, date)
    return date
