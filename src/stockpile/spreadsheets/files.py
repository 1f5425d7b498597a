"""Files and frames as sheets of cells, nothing yet read into them.

CSV, TSV and Excel workbooks come out alike: lines of cells with the number of
each line. A workbook is looked at before it is opened, for a file of a few
kilobytes can unpack to gigabytes.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

import numpy as np
import pandas as pd

from stockpile.common.errors import LIMITS, Answer, DataError, Limits, Message, read_bytes
from stockpile.common.shipped import how_to_install
from stockpile.spreadsheets.number_formats import shown
from stockpile.spreadsheets.options import DELIMITERS, Options
from stockpile.spreadsheets.values import Unreadable
from stockpile.treaty.csv_reader import UTF_16, NotCsv, kind_of, not_csv
from stockpile.treaty.csv_reader import WORKBOOK as A_WORKBOOK

#: Kinds of file that can be read, by the end of their names.
TEXT, WORKBOOK = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm")
#: What a frame is called in the account.
FRAME = "data frame"

_PARTS = 10_000  # files in a workbook; real ones have dozens
_STYLES = 500_000  # formats and widths of columns; Excel has at most 65,490 formats of a cell
_CHUNK = 1 << 20
_MARKUP = 4 * _CHUNK  # bytes of one tag or comment; a longer one takes time with its square


class Merged(NamedTuple):
    """A cell that is merged with others: they all show the same value."""

    value: object
    area: str
    first: bool
    down: bool


def value_in(cell: object) -> object:
    """Return the value that a cell shows, merged or not."""
    return cell.value if isinstance(cell, Merged) else cell


def value_once(cell: object) -> object:
    """Return the same, but the value of merged cells in the first of them alone."""
    return (cell.value if cell.first else None) if isinstance(cell, Merged) else cell


@dataclass
class Sheet:
    """Lines of cells, by the number of their line, from 1 and rising; empty lines are left out.

    A text file has no name of a sheet. ``serial`` is the day from which the workbook counts days,
    ``headings`` how many lines of headings stand on top where that is known, ``unseen`` how many
    lines and columns the workbook hides. In a ``text`` a row with too many or too few cells is a
    slip of the pen; ``problem`` says why it could not be cut into cells this way.
    """

    file: str
    name: str = ""
    lines: Mapping[int, Sequence[Any]] = field(default_factory=dict)
    hidden: bool = False
    serial: dt.datetime | None = None
    headings: int = 0
    unseen: tuple[int, int] = (0, 0)
    text: bool = False
    problem: str = ""

    @property
    def place(self) -> str:
        """File and sheet as one text."""
        return f"{self.file}, sheet {self.name!r}" if self.name else self.file


def sheets_of(table: Path | pd.DataFrame, options: Options) -> tuple[list[list[Sheet]], bytes]:
    """Return the sheets of a file or frame, and the bytes that stand for its content.

    Each sheet is a list of readings, since a text file does not say what stands between its
    cells; a workbook and a frame have one reading of each.
    """
    if isinstance(table, pd.DataFrame):
        sheet = _of_frame(table, options.limits)
        columns = [list(cells) for cells in zip(*sheet.lines.values(), strict=True)]
        return [[sheet]], repr(columns).encode()
    suffix, name = table.suffix.lower(), table.name
    if not table.exists():
        raise DataError(f"{table}: there is no such file")
    if suffix not in TEXT + WORKBOOK:
        raise DataError(
            f"{name}: files of this kind are not read; "
            "save it as an Excel workbook (.xlsx) or as CSV"
        )
    data = read_bytes(table, options.limits)
    what = kind_of(data)
    if what not in ("", UTF_16, A_WORKBOOK):
        raise DataError(f"{name}: is {what}; save the table as an Excel workbook (.xlsx) or as CSV")
    if (what == A_WORKBOOK) != (suffix in WORKBOOK):
        no = "" if what == A_WORKBOOK else "not "
        raise DataError(
            f"{name}: is {no}an Excel workbook although its name ends in {suffix}; rename it"
        )
    if suffix in WORKBOOK:
        return [[sheet] for sheet in _of_workbook(name, data, options.limits)], data
    return [_of_text(name, data, options)], data


def _of_text(name: str, data: bytes, options: Options) -> list[Sheet]:
    """One sheet for each mark that may stand between the cells."""
    text = _decoded(name, data, options.encoding)
    marks: tuple[str, ...] = DELIMITERS if options.delimiter is None else (options.delimiter,)
    if options.delimiter is None and name.lower().endswith(".tsv"):
        marks = ("\t",)
    sheets = []
    for mark in [mark for mark in marks if mark in text] or marks[:1]:
        try:
            sheets.append(Sheet(name, lines=cut(name, text, mark, options.limits), text=True))
        except NotCsv as error:
            sheets.append(Sheet(name, text=True, problem=str(error)))
    return sheets


def cut(file: str, text: str, mark: str, limits: Limits = LIMITS) -> dict[int, tuple[str, ...]]:
    """Cut text into cells: the rows that have any text in them, by the line each starts on."""
    lines: dict[int, tuple[str, ...]] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    start, rows, cells, width = 1, 0, 0, 0
    try:
        for row in reader:
            if row:  # an empty line is no row
                rows += 1
                cells += len(row)
                if len(row) > width:
                    width = len(row)
                    limits.require("columns", width, f"{file}, line {start}")
                joined = "".join(row)
                if len(joined) > limits.cell:
                    limits.require("cell", max(map(len, row)), f"{file}, line {start}")
                # What is too much is counted to its end, but not kept.
                if joined.strip() and rows <= limits.rows and cells <= limits.cells:
                    lines[start] = tuple(row)
            start = reader.line_num + 1
    except csv.Error as error:
        unclosed = reader.line_num > start
        if "limit" in str(error) and not unclosed:
            line = io.StringIO(text, newline="").readlines()[start - 1]
            limits.require("cell", max(map(len, line.split(mark))), f"{file}, line {start}")
        raise not_csv(file, start, error) from None
    limits.require("rows", rows, file)
    limits.require("cells", cells, file)
    return lines


def _decoded(name: str, data: bytes, encoding: str | None) -> str:
    if encoding is None:
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if wide else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = data[:start].count(b"\n") + 1
        if encoding != "utf-8-sig":
            advice: Message = ("save the file as UTF-8, or name the right encoding",)
        else:
            encoding = "utf-8"
            western = "or, if it comes from a Western European Windows, say "
            advice = (f"save the file as 'CSV UTF-8', {western}", Answer("encoding", ("cp1252",)))
        wrong = f"{name}, line {line}: byte {data[start]:#04x} is not {encoding.upper()}; "
        raise DataError(wrong, *advice) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"{name}, line {line}: a NUL character; expected text. If the file is UTF-16 without "
            "a byte order mark, say ",
            Answer("encoding", ("utf-16-le",)),
        )
    return text


def _of_frame(frame: pd.DataFrame, limits: Limits) -> Sheet:
    """Lines as `to_csv` would write them: the headings first, then one for each row."""
    limits.require("rows", len(frame), FRAME)
    limits.require("columns", frame.shape[1], FRAME)
    limits.require("cells", frame.size, FRAME)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    levels = frame.columns.nlevels
    headings = [frame.columns.get_level_values(level) for level in range(levels)]
    columns = [
        [*(_plain(names[i]) for names in headings), *_cells(frame.iloc[:, i])]
        for i in range(frame.shape[1])
    ]
    count = levels + len(frame)
    rows = map(list, zip(*columns, strict=True)) if columns else ([] for _ in range(count))
    return Sheet(FRAME, lines=dict(enumerate(rows, 1)), headings=levels)


def _cells(column: pd.Series) -> list[object]:
    """The cells of a column of a frame as those of a workbook."""
    cells = column.astype("object")
    if column.dtype.kind in "iufb" or isinstance(column.dtype, pd.StringDtype):
        return cells.where(column.notna(), None).tolist()
    return [_plain(cell) for cell in cells]


def _plain(cell: object) -> object:
    """A cell of a frame as one of a workbook: missing is ``None``."""
    if isinstance(cell, np.datetime64):
        cell = pd.Timestamp(cell)
    if isinstance(cell, pd.Period):
        return str(cell)
    if pd.api.types.is_scalar(cell) and pd.isna(cell):  # type: ignore[call-overload]
        return None
    return cell.item() if isinstance(cell, np.generic) else cell


def _inspect(name: str, data: bytes, limits: Limits) -> None:
    """Refuse a workbook that unpacks to more than it may, before anything is built from it.

    Merged areas count with all their cells, since openpyxl makes each of them.
    """
    from openpyxl.utils import range_boundaries

    filled = styles = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal filled, styles
        match tag.rpartition(" ")[2]:
            case "c":
                filled += 1
            # Each cell of these is made, also where a single one names the whole sheet.
            case "mergeCell" | "hyperlink" | "comment":
                left, top, right, bottom = range_boundaries(attributes["ref"])
                filled += (right - left + 1) * (bottom - top + 1)
            case "xf" | "font" | "fill" | "border" | "dxf" | "cellStyle" | "numFmt" | "col":
                styles += 1
                if styles > _STYLES:
                    raise DataError(f"{name}: more than {_STYLES:,} formats; Excel has fewer")

    def doctype(*_: object) -> None:
        raise DataError(f"{name}: declares a document type, which no workbook does; refused")

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > _PARTS:
            raise DataError(f"{name}: {len(parts):,} parts; a workbook has some dozens")
        limits.require("unpacked_bytes", sum(part.file_size for part in parts), name)
        for part in parts:
            parser, fed = expat.ParserCreate(namespace_separator=" "), 0
            parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, doctype
            with archive.open(part) as file, contextlib.suppress(expat.ExpatError):  # a picture
                while chunk := file.read(_CHUNK):
                    parser.Parse(chunk)
                    fed += len(chunk)
                    if fed - parser.CurrentByteIndex > _MARKUP:
                        raise DataError(f"{name}: a piece of markup of {_MARKUP:,} bytes; refused")
                    limits.require("workbook_cells", filled, name)


def _of_workbook(name: str, data: bytes, limits: Limits) -> list[Sheet]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise DataError(
            f"{name}: to read a workbook needs openpyxl; {how_to_install('excel')}, "
            "or save the sheet as CSV UTF-8"
        ) from None
    try:
        _inspect(name, data, limits)
        data = _transitional(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on styles and extensions that hold no cells
            formulas, values = (
                load_workbook(io.BytesIO(data), data_only=only, keep_links=False)
                for only in (False, True)
            )
        out = [
            _of_worksheet(name, values[sheet.title], sheet, values.epoch, limits)
            for sheet in formulas.worksheets
        ]
    except DataError:
        raise
    except Exception as error:  # whatever a broken file makes the library stumble over
        why = f"{type(error).__name__}: {error}"[:200]
        raise DataError(
            f"{name}: cannot be read as a workbook ({why}); open it in a spreadsheet program and "
            "save it anew as .xlsx, or as CSV UTF-8"
        ) from None
    return out


#: The names of the parts of a Strict Open XML workbook, and what openpyxl knows them by.
_STRICT, _USUAL = b"http://purl.oclc.org/ooxml/", b"http://schemas.openxmlformats.org/"
_NAMES = {
    b"spreadsheetml/main": b"spreadsheetml/2006/main",
    b"drawingml/": b"drawingml/2006/",
    b"officeDocument/extendedProperties": b"officeDocument/2006/extended-properties",
    b"officeDocument/": b"officeDocument/2006/",
}


def _transitional(data: bytes) -> bytes:
    """A workbook that was saved as 'Strict Open XML', by the usual names; others as they are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {
            part: archive.read(part)
            for part in archive.infolist()
            if part.filename.endswith((".xml", ".rels"))
        }
        if not any(_STRICT in text for text in parts.values()):
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as usual:
            for part, text in parts.items():
                for strict, name in _NAMES.items():
                    text = text.replace(_STRICT + strict, _USUAL + name)
                usual.writestr(part.filename, text)
    return out.getvalue()


def _of_worksheet(
    file: str, values: Any, formulas: Any, epoch: dt.datetime, limits: Limits
) -> Sheet:
    """The filled cells of a worksheet.

    Those that openpyxl has come across, and not all up to the last column of the last
    row: one stray cell in the far corner would make that sixteen thousand million.
    """
    sheet = Sheet(file, values.title, hidden=values.sheet_state != "visible", serial=epoch)
    filled: dict[tuple[int, int], object] = {}
    for (row, column), cell in formulas._cells.items():
        value = _value(values._cells.get((row, column)), cell)
        if value is not None and value != "":
            filled[row, column] = value
    for area in values.merged_cells.ranges:
        top = filled.get((area.min_row, area.min_col))
        if top is not None:
            for row, column in area.cells:
                first = (row, column) == (area.min_row, area.min_col)
                down = row > area.min_row
                filled[row, column] = Merged(top, area.coord, first, down)
    lines: dict[int, list[object]] = {}
    cells = 0
    for row, column in sorted(filled):
        place, text = f"{sheet.place}, line {row}", filled[row, column]
        limits.require("columns", column, place)
        limits.require("cell", len(text) if isinstance(text, str) else 0, place)
        line = lines.setdefault(row, [])
        cells += column - len(line)
        limits.require("cells", cells, place)
        line.extend([None] * (column - len(line)))
        line[column - 1] = text
    width = max(map(len, lines.values()), default=0)
    limits.require("rows", len(lines), sheet.place)
    limits.require("cells", len(lines) * width, sheet.place)
    sheet.lines = lines
    sheet.unseen = (
        sum(row in values.row_dimensions and values.row_dimensions[row].hidden for row in lines),
        _hidden_columns(values, {column for _, column in filled}),
    )
    return sheet


def _hidden_columns(values: Any, filled: set[int]) -> int:
    """How many filled columns a worksheet hides; it keeps them by ranges."""
    hidden = [one for one in values.column_dimensions.values() if one.hidden]
    return sum(any(one.min <= column <= one.max for one in hidden) for column in filled)


def _value(cell: Any, formula: Any) -> object:
    """What a cell shows: the stored result of a formula, never the formula."""
    value = None if cell is None else cell.value
    if formula.data_type == "f" and value is None and cell.data_type != "str":
        text = formula.value if isinstance(formula.value, str) else "a formula over several cells"
        return Unreadable(
            f"cell {formula.coordinate} holds a formula without a stored result",
            "its result: save the workbook in a spreadsheet program, or type the number",
            text[:100],
        )
    if value is not None and cell.data_type == "e":
        return Unreadable(
            f"cell {formula.coordinate} holds the error {value}",
            "the value that the cell should have held",
            str(value),
        )
    return value if cell is None else shown(value, cell.number_format, formula.coordinate)
