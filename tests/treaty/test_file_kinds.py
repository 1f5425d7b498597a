"""What a file is, whatever its name says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from handmade import book

import stockpile as sp
from stockpile.treaty.csv_reader import kind_of


def archive(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return data.getvalue()


KINDS = [
    (archive("word/document.xml", "[Content_Types].xml"), "a Word document"),
    (archive("ppt/presentation.xml"), "a presentation"),
    (archive("mimetype", "META-INF/manifest.xml"), "an OpenDocument file"),
    (archive("xl/workbook.bin", "[Content_Types].xml"), "a binary workbook (.xlsb)"),
    (archive("figures.csv"), "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0...", "an old (.xls) or password-protected workbook"),
    (b"\x1f\x8b...", "compressed"),
    (b"%PDF-1.7\n\x80", "a PDF"),
    (b'\xef\xbb\xbf{"State": "Peru"}\n', "JSON"),
    (b"\n <html><table>", "a web page or XML"),
]


@pytest.mark.parametrize(("data", "what"), KINDS, ids=[what for _, what in KINDS])
@pytest.mark.parametrize("name", ["own.csv", "own.xlsx"])
def test_what_is_no_table_is_called_what_it_is(
    data: bytes, what: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(sp.DataError) as raised:
        sp.read(tmp_path / name, treaty="ccm")
    assert str(raised.value) == (
        f"{name}: is {what}; save the table as an Excel workbook (.xlsx) or as CSV"
    )


@pytest.mark.parametrize("text", ["[State],Declared\nPeru,5\n", "{a,b}\nc", "", "]["])
def test_text_is_no_other_kind(text: str) -> None:
    assert kind_of(text.encode()) == ""


def test_a_workbook_is_one_also_when_it_cannot_be_opened(tmp_path: Path) -> None:
    data = book(tmp_path / "a.xlsx", [["State"]]).read_bytes()
    assert kind_of(data) == kind_of(data[: len(data) // 2]) == "a workbook"
    assert kind_of(archive("[Content_Types].xml", "other/book.xml")) == "a workbook"
