"""Text in, typed rows out: every row is accepted, or rejected with the reason.

Tables are read as text first, so that nothing is guessed: ``NA`` stays the text
``NA``, ``1,234`` is not a number, and an empty cell is the only way to say
'not stated'. A row is accepted whole or rejected whole; a doubtful row is
accepted with a warning of a named kind.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from stockpile.treaty import UNSPECIFIED, DataError, Treaty, read_treaty

REJECTED_COLUMNS = ["file", "line", "column", "value", "reason", "expected"]
WARNING_COLUMNS = ["file", "line", "kind", "message"]
COUNT_COLUMNS = ["file", "read", "accepted", "rejected"]

MEASURES = (
    "declared",
    "destroyed",
    "destroyed_total",
    "destroyed_share",
    "remaining",
    "retained",
    "retained_destroyed",
)
QUALIFIERS = ("exact", "approx", "at_least", "nearly")
PRECISIONS = ("day", "month", "year", "on_or_before", "unknown")
SOURCE_KINDS = ("depositary", "state", "treaty_body", "monitor", "organisation", "press")
CONSENTS = ("ratification", "accession", "acceptance", "approval", "succession")
#: Values an event may carry: a set of words, ``"date"`` for a day or month, ``None`` for none.
EVENTS: dict[str, tuple[str, ...] | str | None] = {
    "signed": None,
    "consented": CONSENTS,
    "entered_into_force": None,
    "withdrawal_notified": None,
    "suspension_notified": None,
    "withdrew": None,
    "planned_completion": None,
    "deadline_stated": ("original", "extended"),
    "deadline_missed": None,
    "extension_requested": "date",
    "extension_granted": "date",
    "completed": None,
    "reopened": None,
}
#: Measures that may stand without a day: what a state had, or keeps, 'at that time'.
UNDATED_MEASURES = ("declared", "retained")
#: Measures that may speak of a period rather than of a day.
PERIOD_MEASURES = ("destroyed", "destroyed_total", "destroyed_share", "retained_destroyed")

_TABLE_ORDER = (
    "sources",
    "states",
    "quantities",
    "events",
    "transparency_reports",
    "national_legislation",
    "interpretive_views",
)
_REQUIRED = ("sources", "quantities", "events")


class Column(NamedTuple):
    """What a cell of a column may hold."""

    kind: str  # text, key, iso3, day, partial, year, or one of `choices`
    required: bool = True
    choices: tuple[str, ...] = ()


_ISO3 = Column("iso3")
_SOURCE = Column("source")
_SCHEMAS: dict[str, dict[str, Column]] = {
    "sources": {
        "source_id": Column("key"),
        "title": Column("text"),
        "publisher": Column("text", required=False),
        "kind": Column("choice", choices=SOURCE_KINDS),
        "published": Column("day", required=False),
        "published_precision": Column(
            "choice", required=False, choices=("day", "month", "year", "edition")
        ),
        "url": Column("text", required=False),
    },
    "states": {"iso3": Column("key"), "name": Column("text")},
    "quantities": {
        "iso3": _ISO3,
        "measure": Column("choice", choices=MEASURES),
        "unit": Column("unit"),
        "quantity": Column("number"),
        "qualifier": Column("choice", choices=QUALIFIERS),
        "period_start": Column("day", required=False),
        "period_end": Column("day", required=False),
        "source_id": _SOURCE,
    },
    "events": {
        "iso3": _ISO3,
        "event": Column("choice", choices=tuple(EVENTS)),
        "date": Column("day", required=False),
        "precision": Column("choice", choices=PRECISIONS),
        "value": Column("text", required=False),
        "source_id": _SOURCE,
    },
    "transparency_reports": {
        "iso3": _ISO3,
        "initial_due": Column("day", required=False),
        "initial_submitted": Column("partial", required=False),
        "as_of": Column("partial", required=False),
        "status": Column("choice", choices=("submitted", "overdue", "not_due", "unknown")),
        "source_id": _SOURCE,
    },
    "national_legislation": {
        "iso3": _ISO3,
        "status": Column(
            "choice",
            choices=("specific_law", "existing_law_sufficient", "in_progress", "none", "unknown"),
        ),
        "law_year": Column("year", required=False),
        "as_of": Column("partial", required=False),
        "source_id": _SOURCE,
    },
    "interpretive_views": {
        "iso3": _ISO3,
        "question": Column(
            "choice", choices=("assistance", "transit_foreign_stockpiling", "investment")
        ),
        "view": Column("choice", choices=("prohibited", "permitted", "other")),
        "as_of": Column("partial", required=False),
        "source_id": _SOURCE,
    },
}


@dataclass(frozen=True)
class Ingested:
    """The accepted rows of a treaty folder, and the account of all others.

    Attributes
    ----------
    treaty : Treaty
    tables : dict of str to pandas.DataFrame
        Accepted rows, typed, with ``file`` and ``line`` of each.
    rejected : pandas.DataFrame
        One line for each problem of each rejected row: file, line, column,
        value, reason, expected.
    warnings : pandas.DataFrame
        Accepted but doubtful rows: file, line, kind, message.
    counts : pandas.DataFrame
        For each file the rows read, accepted and rejected; read is the sum.
    data_hash : str
        SHA-256 over the names and bytes of all files read.
    """

    treaty: Treaty
    tables: dict[str, pd.DataFrame]
    rejected: pd.DataFrame
    warnings: pd.DataFrame
    counts: pd.DataFrame
    data_hash: str


@dataclass
class _Account:
    """Collects the problems and doubts of one table while it is checked."""

    file: str
    rows: pd.DataFrame
    problems: list[pd.DataFrame] = field(default_factory=list)
    doubts: list[pd.DataFrame] = field(default_factory=list)

    def reject(self, bad: pd.Series, column: str, reason: str, expected: str) -> None:
        """Note a problem for each row where ``bad`` holds."""
        hit = self.rows.loc[bad]
        if len(hit):
            value = hit.get(column, "")
            self.problems.append(
                pd.DataFrame(
                    {
                        "file": self.file,
                        "line": hit["line"],
                        "column": column,
                        "value": value,
                        "reason": reason,
                        "expected": expected,
                    }
                )
            )

    def warn(self, doubtful: pd.Series, kind: str, message: pd.Series | str) -> None:
        """Note a doubt for each row where ``doubtful`` holds."""
        hit = self.rows.loc[doubtful]
        if len(hit):
            text = message.loc[hit.index] if isinstance(message, pd.Series) else message
            self.doubts.append(
                pd.DataFrame(
                    {"file": self.file, "line": hit["line"], "kind": kind, "message": text}
                )
            )

    @property
    def bad(self) -> pd.Series:
        """Rows with at least one problem so far."""
        out = pd.Series(False, index=self.rows.index)
        for problem in self.problems:
            out.loc[problem.index] = True
        return out


def ingest(folder: Path) -> Ingested:
    """Read a treaty folder: ``treaty.toml`` and its tables.

    ``sources.csv``, ``quantities.csv`` and ``events.csv`` have to be there;
    ``states.csv`` and the tables on reports, laws and views may be.

    Raises
    ------
    DataError
        When a file is missing or cannot be read as a table at all. Single bad
        rows are rejected, not raised.

    Examples
    --------
    >>> from stockpile.ingest import ingest
    >>> from stockpile.ledger import packaged_folder
    >>> found = ingest(packaged_folder("ccm"))
    >>> bool((found.counts["read"] == found.counts["accepted"] + found.counts["rejected"]).all())
    True
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder; expected one that holds treaty.toml and tables")
    treaty = read_treaty(folder / "treaty.toml")
    digest = hashlib.sha256()
    digest.update(b"treaty.toml\0" + (folder / "treaty.toml").read_bytes() + b"\0")
    tables: dict[str, pd.DataFrame] = {}
    accounts: list[_Account] = []
    counts = []
    for name in _TABLE_ORDER:
        path = folder / f"{name}.csv"
        if not path.is_file():
            if name in _REQUIRED:
                raise DataError(
                    f"{path.name}: not found in {folder.name}/; a treaty folder needs it"
                )
            continue
        data = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + data + b"\0")
        account, typed = _check(path.name, name, _read_text(path.name, data, name), treaty, tables)
        bad = account.bad
        counts.append((path.name, len(bad), int((~bad).sum()), int(bad.sum())))
        tables[name] = typed.loc[~bad].reset_index(drop=True)
        account.doubts = [doubt.loc[~bad.loc[doubt.index]] for doubt in account.doubts]
        accounts.append(account)
    return Ingested(
        treaty=treaty,
        tables=tables,
        rejected=_stack((p for a in accounts for p in a.problems), REJECTED_COLUMNS),
        warnings=_stack((d for a in accounts for d in a.doubts), WARNING_COLUMNS),
        counts=pd.DataFrame(counts, columns=COUNT_COLUMNS),
        data_hash=digest.hexdigest(),
    )


def _stack(frames: Iterable[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Problems or doubts as one frame, sorted by place."""
    empty = pd.DataFrame({c: pd.Series(dtype="int64" if c == "line" else "str") for c in columns})
    parts = [f for f in frames if len(f)]
    if not parts:
        return empty
    return pd.concat(parts).sort_values(columns, kind="stable", ignore_index=True)[columns]


def _read_text(file: str, data: bytes, table: str) -> pd.DataFrame:
    """Read a CSV as text, with the line on which each row starts.

    The line comes from the CSV reader, because a quoted cell may hold line
    breaks. A row with too few or too many cells keeps its text in ``_ragged``.
    """
    schema = _SCHEMAS[table]
    try:
        data = data.removeprefix(codecs.BOM_UTF8)
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{file}, line {line}: byte {data[error.start]:#04x} is not UTF-8; "
            "save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"{file}, line {line}: a NUL character; expected plain text, comma-separated"
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    ragged: list[str] = []
    start = 1
    try:
        header = next(reader, [])
        missing = [c for c in schema if c not in header]
        extra = [c for c in header if c not in schema]
        if missing or extra or len(set(header)) != len(header):
            raise DataError(
                f"{file}, line 1: the header is {','.join(header)!r}; "
                f"expected each of {','.join(schema)} once and nothing else"
            )
        start = reader.line_num + 1
        for row in reader:
            if row:  # the reader returns [] for a blank line, which is no row
                whole = len(row) == len(header)
                rows.append(row if whole else [""] * len(header))
                ragged.append("" if whole else ",".join(row))
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{file}, line {start}: not readable as CSV: {error}") from None
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    out = pd.DataFrame({c: pd.Series(v, dtype="str") for c, v in zip(header, columns, strict=True)})
    out = out[list(schema)]
    out["line"] = pd.Series(lines, dtype="int64")
    out["_ragged"] = pd.Series(ragged, dtype="str")
    return out


_YEAR = "(?:19|20|21)[0-9]{2}"
# Plain digits: `\d` would take those of every script.
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,12})?"


def _check(
    file: str, table: str, rows: pd.DataFrame, treaty: Treaty, earlier: dict[str, pd.DataFrame]
) -> tuple[_Account, pd.DataFrame]:
    """Check each cell and type it; rows with a problem stay in, marked in the account."""
    account = _Account(file, rows)
    schema = _SCHEMAS[table]
    ragged = rows["_ragged"] != ""
    if ragged.any():
        shown = rows.assign(row=rows["_ragged"])
        _Account(file, shown, account.problems).reject(
            ragged, "row", "the row has too few or too many cells", f"{len(schema)} cells"
        )
    typed: dict[str, pd.Series] = {}
    for name, column in schema.items():
        text = rows[name]
        # A ragged row has been rejected once; its blanks are not problems of their own.
        empty = (text == "") & ~ragged
        filled = text != ""
        typed[name] = text
        if column.required:
            account.reject(empty, name, "the cell is empty", "a value in each row")
        match column.kind:
            case "choice":
                account.reject(
                    filled & ~text.isin(column.choices),
                    name,
                    "not one of the known words",
                    " or ".join(column.choices),
                )
            case "unit":
                units = (*treaty.units, UNSPECIFIED)
                account.reject(
                    filled & ~text.isin(units), name, "not a unit of the treaty", " or ".join(units)
                )
            case "key":
                account.reject(
                    filled & text.duplicated(keep=False),
                    name,
                    "stands in more than one row",
                    "one row for each",
                )
            case "iso3":
                well_formed = text.str.fullmatch("[A-Z]{3}")
                account.reject(
                    filled & ~well_formed, name, "not a country code", "three capital letters"
                )
                if "states" in earlier:
                    account.reject(
                        filled & well_formed & ~text.isin(earlier["states"]["iso3"]),
                        name,
                        "the state is not in states.csv",
                        "a code that stands there",
                    )
            case "source":
                account.reject(
                    filled & ~text.isin(earlier["sources"]["source_id"]),
                    name,
                    "the source is not in sources.csv, or was rejected there",
                    "an accepted source_id",
                )
            case "day":
                typed[name] = _days(text)
                account.reject(
                    filled & typed[name].isna(), name, "not a date", "YYYY-MM-DD, from 1900 to 2199"
                )
            case "partial":
                typed[name], typed[f"{name}_precision"] = _partial_days(text)
                account.reject(
                    filled & typed[name].isna(),
                    name,
                    "not a date",
                    "YYYY-MM-DD, YYYY-MM or YYYY, from 1900 to 2199",
                )
            case "year":
                year = text.str.fullmatch(_YEAR)
                account.reject(filled & ~year, name, "not a year", "YYYY, from 1900 to 2199")
                typed[name] = text.where(year).astype("Int64")
            case "number":
                number = text.str.fullmatch(_NUMBER)
                account.reject(
                    filled & ~number, name, "not a plain number", "digits alone, as 1234 or 0.66"
                )
                typed[name] = text.where(number).astype("float64")
    out = pd.DataFrame(typed)
    out["file"] = pd.Series(file, index=rows.index, dtype="str")
    out["line"] = rows["line"]
    if table == "states":
        account.reject(
            (rows["iso3"] != "") & ~rows["iso3"].str.fullmatch("[A-Z]{3}"),
            "iso3",
            "not a country code",
            "three capital letters",
        )
    elif table == "quantities":
        _check_quantities(account, out)
    elif table == "events":
        out = _check_events(account, out)
    if table not in ("sources", "states"):
        same = rows.duplicated(subset=list(schema), keep="first") & ~ragged
        account.warn(same, "duplicate", "the same row stands further up; it counts once")
    return account, out


def _check_quantities(account: _Account, rows: pd.DataFrame) -> None:
    """The rules that hold between the cells of a quantity."""
    text = account.rows
    share = rows["measure"] == "destroyed_share"
    account.reject(
        share & (rows["quantity"] > 1), "quantity", "a share above the whole", "from 0 to 1"
    )
    account.reject(
        ~share & text["quantity"].str.contains(".", regex=False) & rows["quantity"].notna(),
        "quantity",
        "a count with a fraction",
        "a whole number",
    )
    account.reject(
        ~share & (rows["unit"] == UNSPECIFIED),
        "unit",
        "only a destroyed_share may leave its unit open",
        "a unit of the treaty",
    )
    account.reject(
        rows["measure"].isin(MEASURES)
        & ~rows["measure"].isin(UNDATED_MEASURES)
        & (text["period_end"] == ""),
        "period_end",
        "the measure needs the day it speaks of",
        "YYYY-MM-DD",
    )
    account.reject(
        (text["period_start"] != "")
        & rows["measure"].isin(MEASURES)
        & ~rows["measure"].isin(PERIOD_MEASURES),
        "period_start",
        "the measure speaks of a day, not of a period",
        "an empty cell",
    )
    account.reject(
        rows["period_start"] > rows["period_end"],
        "period_start",
        "the period starts after it ends",
        "a day not after period_end",
    )


def _check_events(account: _Account, rows: pd.DataFrame) -> pd.DataFrame:
    """The rules that hold between the cells of an event; adds ``new_deadline``."""
    text = account.rows
    value, event = text["value"], rows["event"]
    account.reject(
        (text["date"] == "") & (rows["precision"] != "unknown") & event.isin(list(EVENTS)),
        "date",
        "the event has no date",
        "YYYY-MM-DD, or precision 'unknown'",
    )
    for name, allowed in EVENTS.items():
        here = event == name
        if isinstance(allowed, tuple):
            account.reject(
                here & ~value.isin(allowed),
                "value",
                f"not a value of {name}",
                " or ".join(allowed),
            )
        elif allowed is None:
            account.reject(here & (value != ""), "value", f"{name} takes no value", "an empty cell")
    dated = event.isin([name for name, allowed in EVENTS.items() if allowed == "date"])
    deadline, precision = _partial_days(value.where(dated, ""))
    account.reject(
        dated & (value != "") & (deadline.isna() | (precision == "year")),
        "value",
        "not the new deadline",
        "YYYY-MM-DD or YYYY-MM, or an empty cell",
    )
    ends = rows["date"].where(rows["precision"] == "month") + pd.offsets.MonthEnd(0)
    ends = ends.fillna(rows["date"].where(rows["precision"] == "year") + pd.offsets.YearEnd(0))
    off = ends.notna() & (ends != rows["date"])
    account.warn(
        off,
        "not a period's end",
        "precision "
        + rows["precision"]
        + " with the day "
        + text["date"]
        + "; read as "
        + ends.dt.strftime("%Y-%m-%d").fillna(""),
    )
    return rows.assign(
        date=rows["date"].where(~off, ends), new_deadline=deadline, new_deadline_precision=precision
    )


def _days(text: pd.Series) -> pd.Series:
    """ISO days as datetime64, ``NaT`` for what is none."""
    iso = text.where(text.str.fullmatch(rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"))
    return pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _partial_days(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Days, months and years as the last day they cover, and how precise each is."""
    out = _days(text)
    precision = pd.Series("", index=text.index, dtype="str").where(out.isna(), "day")
    for pattern, suffix, offset, word in (
        (rf"{_YEAR}-[0-9]{{2}}", "-01", pd.offsets.MonthEnd(0), "month"),
        (_YEAR, "-12-31", None, "year"),
    ):
        part = text.str.fullmatch(pattern)
        day = _days((text + suffix).where(part, ""))
        day = day + offset if offset is not None else day
        out = out.fillna(day)
        precision = precision.mask(day.notna(), word)
    return out, precision
