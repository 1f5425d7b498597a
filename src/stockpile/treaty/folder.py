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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.limits import LIMITS, Limits, read_bytes
from stockpile.treaty.csv_reader import read_text
from stockpile.treaty.row_rules import (
    CELL_RULES,
    DATED_VALUES,
    ROW_RULES,
    TYPES,
    Cells,
    partial_days,
    per_row,
    precisions,
    texts_of,
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
    types = {name: "int64" if name in numbers else "str" for name in columns}
    return pd.DataFrame(list(rows), columns=columns).astype(types)


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
    rows: pd.DataFrame  # as text, with their line
    #: In the columns `REJECTED_COLUMNS`, with the index of the rows.
    problems: list[pd.DataFrame] = field(default_factory=list)
    #: In the columns `WARNING_COLUMNS`, with the index of the rows.
    doubts: list[pd.DataFrame] = field(default_factory=list)

    def reject(self, bad: pd.Series, column: str, reason: str, expected: str) -> None:
        """Note a problem for each row where ``bad`` holds."""
        if bad.any():
            hit = self.rows.loc[bad, ["line", column]]
            value = hit[column].astype("str")
            problem = hit[["line"]].assign(file=self.file, column=column, value=value)
            self.problems.append(problem.assign(reason=reason, expected=expected))

    def warn(self, doubtful: pd.Series, kind: str, message: pd.Series | str) -> None:
        """Note a doubt for each row where ``doubtful`` holds; a message for all or for each."""
        if doubtful.any():
            hit = self.rows.loc[doubtful, ["line"]]
            self.doubts.append(hit.assign(file=self.file, kind=kind, message=message))

    @property
    def bad(self) -> pd.Series:
        """Rows with at least one problem so far."""
        out = pd.Series(False, index=self.rows.index)
        for problem in self.problems:
            out.loc[problem.index] = True
        return out


def read_files(folder: Path, *, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Read the files of a treaty folder, as they lie there.

    Returns
    -------
    dict of str to bytes
        By name: ``treaty.toml`` and the tables, in the order in which they are
        checked. A table of a name that no table has is there without its bytes.

    Raises
    ------
    DataError
        When one is missing, too large, or cannot be read.

    Examples
    --------
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

    Raises
    ------
    DataError
        When a file is missing, too large, or cannot be read as a table at all.
        Single bad rows are rejected, not raised.

    Examples
    --------
    >>> from stockpile.treaty.folder import ingest
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
        tables[name] = typed.loc[~bad].reset_index(drop=True) if bad.any() else typed
        account.doubts = [doubt.loc[~bad.loc[doubt.index]] for doubt in account.doubts]
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
    others = [name for name in files if name not in ("treaty.toml", *known)]
    return pd.DataFrame({"file": pd.Series(others, dtype="str")}).assign(
        line=1,
        kind="file not read",
        message=f"no table of a treaty folder has this name; expected {', '.join(known)}",
    )


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

    Returns
    -------
    tuple of Account and pandas.DataFrame
        Both have the index of ``rows``. The typed rows have ``file`` and ``line``,
        and a missing value where a cell is not what it has to be.
    """
    schema = SCHEMAS[table]
    rows = rows.assign(**{name: _categorical(rows[name]) for name in schema})
    account = Account(file, rows)
    # A ragged row is rejected once; its blanks are not problems of their own.
    whole = pd.Series(True, index=rows.index) if "_ragged" not in rows else rows["_ragged"] == ""
    if not whole.all():
        shown = Account(file, rows.assign(row=rows["_ragged"]), account.problems)
        told = "the row has too few or too many cells"
        shown.reject(~whole, "row", told, f"{len(schema)} cells")
    typed: dict[str, pd.Series] = {}
    for name, column in schema.items():
        typed[name] = _check_column(account, name, column, whole, treaty, earlier)
        if column.kind == "partial":
            typed[f"{name}_precision"] = per_row(
                rows[name], precisions(texts_of(rows[name]))
            ).astype("str")
    if table in EVENT_TABLES:
        dated = rows["event"].isin(DATED_VALUES)
        texts = texts_of(rows["value"])
        precision = per_row(rows["value"], precisions(texts)).where(dated, "")
        typed["new_deadline"] = per_row(rows["value"], partial_days(texts)).where(dated)
        typed["new_deadline_precision"] = precision.astype("str")
    out = pd.DataFrame(typed, index=rows.index)
    for rule in ROW_RULES:
        if rule.table == table:
            account.reject(rule.bad(out, rows, treaty), rule.column, rule.reason, rule.expected)
    for doubt in ROW_DOUBTS:
        doubt(table, account, out, whole)
    if table in EVENT_TABLES:
        out["date"] = _period_ends(out)
    coded = {name: out[name] for name in out.columns[out.dtypes == "category"]}
    plain = {name: per_row(each, each.cat.categories.astype("str")) for name, each in coded.items()}
    file_name = pd.Series(file, index=rows.index, dtype="str")
    return account, out.assign(**plain, file=file_name, line=rows["line"])


def _check_column(
    account: Account,
    name: str,
    column: Column,
    whole: pd.Series,
    treaty: Treaty,
    earlier: Mapping[str, pd.DataFrame],
) -> pd.Series:
    """Hold the cells of a column to the rules, and return them as values."""
    rows = account.rows[name]
    texts = texts_of(rows)
    filled = texts != ""
    values = TYPES[column.kind](texts) if column.kind in TYPES else texts
    words = _words(column, treaty)
    cells = Cells(texts, values, rows[whole], words, earlier)
    kinds = {column.kind, "required" * column.required, "unique" * column.unique}
    for rule in CELL_RULES:
        if rule.kind in kinds:
            bad = rule.bad(cells) & (filled | (rule.kind == "required"))
            if bad.any():
                expected = rule.expected.format(" or ".join(words))
                account.reject(per_row(rows, bad) & whole, name, rule.reason, expected)
    return per_row(rows, values) if column.kind in TYPES else rows


def _words(column: Column, treaty: Treaty) -> tuple[str, ...]:
    """The words that a column may hold, where they are not free."""
    if column.kind == "unit":
        return *treaty.unit_rules, UNSPECIFIED
    if column.kind == "stock":
        return tuple(treaty.stocks)
    if column.kind == "step":
        return *(f"{step.percent:g}" for step in treaty.steps), "100"
    return column.choices


def _categorical(column: pd.Series) -> pd.Series:
    """A column of texts that keeps each different text once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column
    codes, texts = pd.factorize(column)
    coded = pd.Categorical.from_codes(codes, texts, validate=False)
    return pd.Series(coded, index=column.index)


def _stands_twice(table: str, account: Account, rows: pd.DataFrame, whole: pd.Series) -> None:
    """Warn of rows that are the same as one further up."""
    if table not in ("sources", "states"):  # there it is a reason to reject both
        texts = account.rows.loc[whole, list(SCHEMAS[table])]
        same = texts.duplicated(keep="first").reindex(rows.index, fill_value=False)
        account.warn(same, "duplicate", "the same row stands further up; it counts once")


def _is_no_periods_end(table: str, account: Account, rows: pd.DataFrame, whole: pd.Series) -> None:
    """Warn of a month or a year that is not given by its last day."""
    if table not in EVENT_TABLES:
        return
    off = rows["date"].notna() & (rows["date"] != _period_ends(rows))
    if off.any():
        told = rows[off]
        account.warn(
            off,
            "not a period's end",
            "precision "
            + told["precision"].astype("str")
            + " with the day "
            + told["date"].dt.strftime("%Y-%m-%d")
            + "; read as "
            + _period_ends(told).dt.strftime("%Y-%m-%d"),
        )


#: What a row is warned of for its own sake.
ROW_DOUBTS = (_stands_twice, _is_no_periods_end)


def _period_ends(events: pd.DataFrame) -> pd.Series:
    """The dates of events, a month or a year as its last day."""
    date = events["date"]
    for precision, end in (("month", pd.offsets.MonthEnd(0)), ("year", pd.offsets.YearEnd(0))):
        if (whole := events["precision"] == precision).any():
            date = date.mask(whole, date + end)
    return date
