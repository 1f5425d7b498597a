"""A CSV file as rows of text, each with the line on which it starts.

The file is in one shape: UTF-8, commas, one header row that names each column once. A
plain file (no quote, no carriage return of its own, the same number of commas in each
line) goes through pandas' reader; any other, and a small one, for which it is the faster,
through Python's strict one. Both give the same rows. What a file is, is told by what is in
it and not by its name.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockpile.common.errors import LIMITS, DataError, Limits

#: Bytes up to which Python's reader is the faster one.
_SMALL = 2**13
#: How much of a header a message quotes.
_QUOTED = 200
#: Bytes that are searched for commas at once, so that a large file needs little memory.
_BLOCK = 2**22


class NotCsv(DataError):
    """A text that cannot be cut into cells."""


def read_text(
    file: str,
    data: bytes,
    columns: Sequence[str],
    limits: Limits = LIMITS,
    optional: Collection[str] = (),
) -> pd.DataFrame:
    """Read a CSV as text: UTF-8, comma-separated, with one header row that names the columns.

    The frame has the columns in the order asked for; ``line``, on which the row starts; and
    ``_ragged``, the cells of a row with too few or too many of them, which has blanks elsewhere,
    and ``""`` for any other. Blank lines are no rows.
    """
    for check in FILE_CHECKS:
        check(file, data)
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data:
        raise DataError(f"{file}, line 1: the file is empty; expected a header")
    # Without translation: a line ends as it does in an editor, also at a lone carriage return.
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader)
    except csv.Error as error:
        raise not_csv(file, 1, error) from None
    limits.require("columns", len(header), f"{file}, line 1")
    absent = [name for name in columns if name in optional and name not in header]
    wanted = [name for name in columns if name not in absent]
    for check_header in HEADER_CHECKS:
        check_header(file, header, wanted)
    plain = data.replace(b"\r\n", b"\n")
    sizes = None if b'"' in plain or b"\r" in plain else _line_sizes(plain, len(header))
    if sizes is None or len(plain) <= _SMALL:
        rows = _strict_rows(file, reader, header, limits)
    else:
        rows = _plain_rows(plain, sizes)
    limits.require("rows", len(rows), file)
    # In a plain file no cell is longer than the line that it is in.
    if sizes is None or sizes.max() > limits.cell:
        _require_cells(file, rows, limits)
    rows = rows.assign(**dict.fromkeys(absent, "")) if absent else rows
    return rows[[*columns, "line", "_ragged"]]


def not_csv(file: str, line: int, error: csv.Error) -> NotCsv:
    """Say on which line the row starts that cannot be read."""
    reason = "a quote that is not closed, or " * ("limit" in str(error)) + str(error)
    return NotCsv(f"{file}, line {line}: not readable as CSV: {reason}")


def _strict_rows(file: str, reader: Any, header: list[str], limits: Limits) -> pd.DataFrame:
    """Read the rows after the header one by one with Python's reader."""
    rows: list[list[str]] = []
    lines: list[int] = []
    ragged: dict[int, str] = {}
    cells, blanks = 0, [""] * len(header)
    line = reader.line_num + 1
    try:
        for row in reader:
            if row:  # a blank line is no row
                cells += len(row)
                limits.require("cells", cells, f"{file}, line {line}")
                if len(row) != len(header):
                    limits.require("columns", len(row), f"{file}, line {line}")
                    ragged[len(rows)] = ",".join(row) or '""'  # one empty cell is a row too
                    row = blanks
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise not_csv(file, line, error) from None
    out = pd.DataFrame(rows, columns=header, dtype="object")
    marks = [ragged.get(number, "") for number in range(len(rows))]
    return out.assign(line=np.array(lines, dtype=np.int64), _ragged=pd.array(marks, dtype="str"))


def _plain_rows(text: bytes, sizes: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Read a file of which each line is blank or a row, with pandas' reader."""
    out = pd.read_csv(
        io.BytesIO(text),
        dtype="object",
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,  # else blanks at the start of a row would be lost
        index_col=False,
        encoding="utf-8",
        engine="c",
    )
    filled = np.flatnonzero(sizes[1:])
    out = out if len(filled) == len(out) else out.iloc[filled].reset_index(drop=True)
    return out.assign(line=filled + 2, _ragged="")


def _line_sizes(text: bytes, width: int) -> npt.NDArray[np.int64] | None:
    """How long each line is; ``None`` where one is not blank and has not as many cells."""
    sizes = []
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _BLOCK) + 1 or len(text)
        block = np.frombuffer(text, np.uint8, end - start, start)
        ends = np.flatnonzero(block == ord("\n"))
        if block[-1] != ord("\n"):
            ends = np.append(ends, len(block))
        sizes.append(np.diff(ends, prepend=-1) - 1)
        commas = np.searchsorted(np.flatnonzero(block == ord(",")), ends)
        cells = np.diff(commas, prepend=0) + 1
        if width == 1 or ((sizes[-1] > 0) & (cells != width)).any():
            return None
        start = end
    return np.concatenate(sizes)


def _require_cells(file: str, rows: pd.DataFrame, limits: Limits) -> None:
    """Refuse a cell, or a row with too few or too many of them, that is too long."""
    for name in rows.columns.drop("line"):
        lengths = list(map(len, rows[name].tolist()))
        if max(lengths, default=0) > limits.cell:
            at = next(i for i, length in enumerate(lengths) if length > limits.cell)
            place = f"{file}, line {rows['line'][at]}, {'row' if name == '_ragged' else name}"
            limits.require("cell", lengths[at], place)


def _is_text(file: str, data: bytes) -> None:
    """Refuse what is another kind of file altogether, and say which."""
    if kind := kind_of(data):
        raise DataError(
            f"{file}, line 1: this is {kind}; expected plain text, comma-separated; save the "
            "table as CSV UTF-8"
        )


def _is_utf8(file: str, data: bytes) -> None:
    """Refuse text in another encoding, and say where it shows."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{file}, line {line}: byte {data[error.start]:#04x} is not UTF-8; "
            "save the file as UTF-8"
        ) from None


def _is_without_nul(file: str, data: bytes) -> None:
    """Refuse NUL characters, which no text has."""
    at = data.find(b"\0")
    if at >= 0:
        line = data[:at].count(b"\n") + 1
        raise DataError(
            f"{file}, line {line}: a NUL character; expected plain text, comma-separated"
        )


def _has_the_columns(file: str, header: list[str], columns: Sequence[str]) -> None:
    """Refuse a header that does not name each column once and nothing else."""
    problems = {
        "missing": [c for c in columns if c not in header],
        "not known": list(dict.fromkeys(c for c in header if c not in columns)),
        "there twice": [c for c in columns if header.count(c) > 1],
    }
    if any(problems.values()):
        reasons = "; ".join(
            f"{why}: {', '.join(names)}" for why, names in problems.items() if names
        )
        found = ",".join(header)
        mark = next((m for m in (";", "\t", "|") if len(header) == 1 and m in found), None)
        raise DataError(
            f"{file}, line 1: the header is {_short(found)!r}; expected each of "
            f"{','.join(columns)} once and nothing else ({_short(reasons)})"
            + (f"; the cells are separated by {mark!r}, save them with commas" if mark else "")
        )


#: What a file has to be before its rows are read, and what its header has to be.
FILE_CHECKS = (_is_text, _is_utf8, _is_without_nul)
HEADER_CHECKS = (_has_the_columns,)


def _short(text: str) -> str:
    """A text cut to fit into a message."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."


#: A workbook as Excel writes it today.
WORKBOOK, UTF_16 = "a workbook", "UTF-16 text"
_ZIP = b"PK\x03\x04"
_STARTS = {
    b"\xd0\xcf\x11\xe0": "an old (.xls) or password-protected workbook",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a PDF",
    codecs.BOM_UTF16_LE: UTF_16,
    codecs.BOM_UTF16_BE: UTF_16,
}
#: By a part that only such an archive has.
_ARCHIVES = {
    "xl/workbook.xml": WORKBOOK,
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a presentation",
    "META-INF/manifest.xml": "an OpenDocument file",
}


def kind_of(data: bytes) -> str:
    """Return what a file is in words; empty for what may be plain text.

    >>> kind_of(b"%PDF-1.7"), kind_of(b'[{"State": "Peru"}]'), kind_of(b"State,Declared")
    ('a PDF', 'JSON', '')
    """
    for start, what in _STARTS.items():
        if data.startswith(start):
            return what
    if data.startswith(_ZIP):
        return _archive(data)
    text = data.removeprefix(codecs.BOM_UTF8).strip()
    if text.startswith(b"<"):
        return "a web page or XML"
    return "JSON" if (text[:1], text[-1:]) in ((b"[", b"]"), (b"{", b"}")) else ""


def _archive(data: bytes) -> str:
    """Which kind of archive; a workbook may keep its parts in other places."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return WORKBOOK  # that cannot be opened, as who tries will say
    found = [what for part, what in _ARCHIVES.items() if part in names]
    return found[0] if found else WORKBOOK if "[Content_Types].xml" in names else "a ZIP archive"
