"""Files as sheets of cells: encodings, workbooks with all that is in them, and limits."""

from __future__ import annotations

import builtins
import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from handmade import book, tampered, text
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

import stockpile as sp
from stockpile.spreadsheets.files import Merged, NotCsv, Sheet, cut, sheets_of
from stockpile.spreadsheets.options import Options
from stockpile.spreadsheets.values import Percent, Unreadable

LINES = [["State", "Declared"], ["Peru", 5], ["Chad", 7]]


def only(table: Path | pd.DataFrame, **how: Any) -> Sheet:
    """The one reading of the one sheet."""
    ((sheet,),), _ = sheets_of(table, Options(**how))
    return sheet


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
        ("latin-1", "latin-1"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, told: str | None, end: str) -> None:
    path = text(tmp_path / "a.csv", f"State;Declared{end}Côte d'Ivoire;68{end}", encoding)
    sheet = only(path, encoding=told, delimiter=";")
    assert sheet.lines == {1: ("State", "Declared"), 2: ("Côte d'Ivoire", "68")}


@pytest.mark.parametrize(
    ("data", "told", "message"),
    [
        (b"State\nC\xf4te\n", None, "line 2: byte 0xf4 is not UTF-8; .*encoding='cp1252'"),
        (b"State\nC\x81te\n", "cp1252", "line 2: byte 0x81 is not CP1252"),
        ("State\n".encode("utf-16-le"), None, "line 1: a NUL character; .*encoding='utf-16-le'"),
        (b"\xff\xfeS", None, "line 1: byte .* is not UTF-16"),
    ],
)
def test_text_in_another_encoding(
    tmp_path: Path, data: bytes, told: str | None, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(sp.DataError, match=message):
        sheets_of(path, Options(encoding=told))


def test_text_is_cut_by_every_mark_that_is_in_it(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", 'State;Declared\n"Congo, the";1\n')
    (readings,), _ = sheets_of(path, Options())
    assert [bool(sheet.lines) for sheet in readings] == [False, True]
    assert "line 2: not readable as CSV" in readings[0].problem
    assert only(path, delimiter=";").lines[2] == ("Congo, the", "1")


def test_text_that_no_mark_can_cut_says_where(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", 'State,Declared\n"Peru"x,1\n')
    with pytest.raises(sp.DataError, match=r"a\.csv, line 2: not readable as CSV"):
        sp.read(path, treaty="ccm")


def test_what_a_workbook_holds(tmp_path: Path) -> None:
    def finish(workbook: Any) -> None:
        sheet = workbook.active
        sheet["B4"].number_format = "0.0%"
        sheet.merge_cells("A5:A6")

    rows = [
        ["State", 2012, dt.date(2012, 4, 19)],
        [None],
        ["Peru", "=1+1", "#REF!"],
        ["Chad", 0.66, True],
        ["Mali", "=B3", "1,234*"],
        [None, 7, dt.datetime(2012, 4, 19, 10)],
    ]
    sheet = only(book(tmp_path / "a.xlsx", rows, finish=finish))
    assert sheet.place == "a.xlsx, sheet 'Table'" and not sheet.hidden
    assert sheet.lines[1] == ["State", 2012, dt.datetime(2012, 4, 19)]
    assert 2 not in sheet.lines
    name, formula, error = sheet.lines[3]
    assert name == "Peru"
    assert isinstance(formula, Unreadable) and isinstance(error, Unreadable)
    assert formula.reason == "cell B3 holds a formula without a stored result"
    assert (error.reason, error.text) == ("cell C3 holds the error #REF!", "#REF!")
    assert sheet.lines[4] == ["Chad", Percent(0.66), True]
    assert sheet.lines[5][0] == Merged("Mali", "A5:A6", True, False)
    assert sheet.lines[6] == [Merged("Mali", "A5:A6", False, True), 7, dt.datetime(2012, 4, 19, 10)]


def test_a_formula_counts_by_its_stored_result(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["State", "Declared"], ["Peru", "=2+3"], ["Chad", '=""']])
    stored = {b"<f>2+3</f><v />": b"<f>2+3</f><v>5</v>", b"<f>2+3</f><v/>": b"<f>2+3</f><v>5</v>"}

    def store(data: bytes) -> bytes:
        for old, new in stored.items():
            data = data.replace(old, new)
        # A text without characters is a result too.
        return data.replace(b'<c r="B3">', b'<c r="B3" t="str">')

    sheet = only(tampered(path, "sheet1.xml", store))
    assert sheet.lines == {1: ["State", "Declared"], 2: ["Peru", 5], 3: ["Chad"]}


def test_a_formula_over_several_cells_without_a_result(tmp_path: Path) -> None:
    def fill(workbook: Any) -> None:
        workbook.active["B2"] = ArrayFormula("B2:B3", "=SUM(1,2)")

    sheet = only(book(tmp_path / "a.xlsx", [["State", "Declared"], ["Peru"]], finish=fill))
    cell = sheet.lines[2][1]
    assert isinstance(cell, Unreadable)
    assert cell.reason == "cell B2 holds a formula without a stored result"
    assert cell.text == "a formula over several cells"


def test_hidden_sheets_lines_and_columns_are_told(tmp_path: Path) -> None:
    def finish(workbook: Any) -> None:
        workbook["Old"].sheet_state = "hidden"
        workbook["Now"].row_dimensions[2].hidden = True
        workbook["Now"].column_dimensions["B"].hidden = True

    path = book(tmp_path / "a.xlsx", Now=LINES, Old=LINES, finish=finish)
    ((now,), (old,)), _ = sheets_of(path, Options())
    assert (now.hidden, now.unseen, old.hidden, old.unseen) == (False, (1, 1), True, (0, 0))
    assert len(now.lines) == 3


def test_days_are_counted_from_1904_where_a_workbook_says_so(tmp_path: Path) -> None:
    def finish(workbook: Any) -> None:
        workbook.epoch = dt.datetime(1904, 1, 1)

    rows = [["State", "Remaining", "As of"], ["Peru", 5, 41018 - 1462]]
    path = book(tmp_path / "a.xlsx", rows, finish=finish)
    own = sp.read(path, treaty="ccm", unit="submunitions", published="2013")
    assert own.quantities["period_end"].tolist() == [pd.Timestamp("2012-04-19")]


def test_a_frame_is_what_its_csv_would_be() -> None:
    frame = pd.DataFrame(
        {
            "State": ["Peru", None, "NA"],
            "Declared": pd.array([5, None, 7], dtype="Int64"),
            "Date": pd.to_datetime(["2012-04-19", None, "2012-04-20"]),
            "Period": pd.period_range("2010", periods=3, freq="Y"),
            "Share": pd.Categorical([0.5, None, 1.0]),
        },
        index=[5, 6, 7],
    )
    sheet = only(frame)
    assert (sheet.file, sheet.headings) == ("data frame", 1)
    assert sheet.lines[1] == list(frame.columns)
    assert sheet.lines[2] == ["Peru", 5, pd.Timestamp("2012-04-19"), "2010", 0.5]
    assert sheet.lines[3] == [None, None, None, "2011", None]
    assert sheet.lines[4][0] == "NA"


def test_a_named_index_is_a_column() -> None:
    sheet = only(pd.DataFrame({"Declared": [5]}, index=pd.Index(["Peru"], name="State")))
    assert sheet.lines == {1: ["State", "Declared"], 2: ["Peru", 5]}


# What is refused


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.xls", b"x", "a.xls: files of this kind are not read; save it as an Excel workbook"),
        ("a.pdf", b"x", "a.pdf: files of this kind are not read"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0x", "a.xlsx: is an old .* or password-protected workbook"),
        (
            "a.xlsx",
            b"State,Declared\n",
            "a.xlsx: is not an Excel workbook although its name ends in .xlsx; rename it",
        ),
        (
            "a.csv",
            b"PK\x03\x04x",
            "a.csv: is an Excel workbook although its name ends in .csv; rename it",
        ),
        ("a.xlsx", b"PK\x03\x04x", "a.xlsx: cannot be read as a workbook .*save it anew"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(sp.DataError, match=message):
        sheets_of(tmp_path / name, Options())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(sp.DataError, match="there is no such file"):
        sp.read(tmp_path / "a.csv", treaty="ccm")


def test_every_part_of_a_workbook_may_be_broken(tmp_path: Path) -> None:
    whole = book(tmp_path / "a.xlsx", LINES).read_bytes()
    for part in ("sheet1.xml", "workbook.xml", "styles.xml", "[Content_Types].xml"):
        for damage in (lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"<x/>"):
            path = tmp_path / "b.xlsx"
            path.write_bytes(whole)
            try:
                sheets_of(tampered(path, part, damage), Options())
            except sp.DataError as error:
                assert str(error).startswith("b.xlsx: ")


def test_without_openpyxl_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path / "a.xlsx", LINES)
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "openpyxl":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(sp.DataError, match=r"pip install '\S+\[excel\]'"):
        sheets_of(path, Options())


def _merge_all(data: bytes) -> bytes:
    area = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    return data.replace(b"</sheetData>", b"</sheetData>" + area)


def _far_corner(data: bytes) -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return data.replace(b"</sheetData>", cell)


def _entities(data: bytes) -> bytes:
    return b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>' + data


def _utf16(data: bytes) -> bytes:
    """The far corner in an encoding that a search for bytes would not see through."""
    return _merge_all(data).decode().encode("utf-16")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_merge_all, "filled cells, and at most 1,000,000 are read"),
        (_utf16, "filled cells, and at most 1,000,000 are read"),
        (_far_corner, "16,384 columns, and at most 1,000 are read"),
        (_entities, "declares a document type, which no workbook does; refused"),
    ],
)
def test_a_small_workbook_that_would_become_a_huge_one(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    path = tampered(book(tmp_path / "a.xlsx", LINES), "sheet1.xml", change)
    assert path.stat().st_size < 2**20
    with pytest.raises(sp.DataError, match=message):
        sheets_of(path, Options())


def test_a_workbook_of_a_great_many_parts(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", LINES)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(10_000):
            archive.writestr(str(number), b"")
    with pytest.raises(sp.DataError, match=r"^a\.xlsx: 10,0[01][0-9] parts; a workbook has some"):
        sheets_of(path, Options())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        # Told of the line that is too much, before all of them are laid out.
        (
            [["x"], [*[None] * 59, "x"]],
            r"^a\.xlsx, sheet 'Table', line 2: 61 cells, and at most 60",
        ),
        # Few cells on each line, but too many once all lines are as long as the longest.
        (
            [["x"], [*[None] * 39, "x"]],
            r"^a\.xlsx, sheet 'Table': 80 cells, and at most 60 are read",
        ),
    ],
)
def test_empty_cells_of_a_workbook_count(
    tmp_path: Path, lines: list[list[Any]], message: str
) -> None:
    path = book(tmp_path / "a.xlsx", lines)
    with pytest.raises(sp.DataError, match=message):
        sheets_of(path, Options(limits=sp.Limits(cells=60)))
    sheets_of(path, Options(limits=sp.Limits(cells=120)))


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", ""])
@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"rows": 2}, "3 rows, and at most 2 are read; .* limits=sp.Limits\\(rows=3\\)"),
        ({"columns": 1}, "2 columns, and at most 1 are read"),
        ({"cells": 5}, "6 .*cells, and at most 5 are read"),
        ({"file_bytes": 5}, "bytes, and at most 5 are read"),
        ({"cell": 4}, "characters in a cell, and at most 4 are read"),
        ({"unpacked_bytes": 50}, "bytes when unpacked, and at most 50 are read"),
    ],
)
def test_limits(tmp_path: Path, name: str, limits: dict[str, int], message: str) -> None:
    table: Path | pd.DataFrame
    if name == "a.csv":
        table = text(tmp_path / name, "State,Declared\nPeru,5\nChad,7\n")
    elif name:
        table = book(tmp_path / name, LINES)
    else:
        table = pd.DataFrame(LINES[1:] + LINES[1:2], columns=LINES[0])
    (limit,) = limits
    if (limit in ("file_bytes", "cell") and not name) or (
        limit == "unpacked_bytes" and name != "a.xlsx"
    ):
        sheets_of(table, Options(limits=sp.Limits(**limits)))  # there is no such thing in it
        return
    with pytest.raises(sp.DataError, match=message):
        sheets_of(table, Options(limits=sp.Limits(**limits)))


# Text cut into cells


@settings(max_examples=400)
@given(st.text('ab1 ,;"\n\r', max_size=40), st.sampled_from(",;"))
def test_cut_is_what_the_strict_reader_makes_of_it(content: str, mark: str) -> None:
    lines: dict[int, tuple[str, ...]] | None = {}
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=mark, strict=True)
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines[start] = tuple(row)
            start = reader.line_num + 1
    except csv.Error:
        lines = None
    if lines is None:
        with pytest.raises(NotCsv, match=rf"^t\.csv, line {start}: not readable as CSV"):
            cut("t.csv", content, mark)
    else:
        assert cut("t.csv", content, mark) == lines


def test_lines_longer_than_most_are_kept_whole() -> None:
    lines = ["Stocks", "State,1,2,3,4", *["Peru,1"] * 60, "Chad,1,2,3,4,5,6"]
    cells = cut("t.csv", "\n".join(lines), ",")
    assert cells == {n: tuple(line.split(",")) for n, line in enumerate(lines, 1)}


@pytest.mark.parametrize(
    ("content", "limits", "message"),
    [
        ("a,b\n" * 9, {"rows": 8}, "9 rows, and at most 8"),
        ("a,b\n" * 9, {"cells": 17}, "18 cells, and at most 17"),
        ("a,b\n" * 9 + "a" + ",b" * 9, {"columns": 9}, "line 10: 10 columns, and at most 9"),
        ("a,b\n" * 9 + "a" + ",b" * 9, {"columns": 1}, "2 columns, and at most 1"),
        ("a,b\n" * 9 + "a,bcd\n", {"cell": 2}, "line 10: 3 characters in a cell"),
        ('a,b\n"a\nb",c\n', {"cell": 2}, "line 2: 3 characters in a cell"),
        ("," * 99 + "\n", {"cells": 50}, "100 cells, and at most 50"),
    ],
)
def test_cut_keeps_to_the_limits(content: str, limits: dict[str, int], message: str) -> None:
    with pytest.raises(sp.DataError, match=message):
        cut("t.csv", content, ",", sp.Limits(**limits))
