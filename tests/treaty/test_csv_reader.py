"""CSV as rows of text: both ways of reading give what Python's strict reader gives."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stockpile as sp
from stockpile.treaty import csv_reader
from stockpile.treaty.csv_reader import read_text

NAMES = ["a", "b"]


def rows(text: str | bytes, **more: object) -> list[tuple[int, object]]:
    """Line and cells of each row; of a ragged one what is left of it."""
    data = text.encode() if isinstance(text, str) else text
    found = read_text("t.csv", data, NAMES, **more)  # type: ignore[arg-type]
    return [
        (row["line"], row["_ragged"] or (row["a"], row["b"])) for row in found.to_dict("records")
    ]


def strictly(text: str) -> list[tuple[int, object]]:
    """The same by Python's strict reader alone; what it stumbles over is raised, with the line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    out: list[tuple[int, object]] = []
    line = 1
    try:
        header = next(reader)
        if sorted(header) != NAMES:  # it goes on in what was to be the first row
            raise KeyError(header)
        line = reader.line_num + 1
        for row in reader:
            if row:
                cells = dict(zip(header, row, strict=False))
                ragged = ",".join(row) or '""'
                out.append((line, (cells["a"], cells["b"]) if len(row) == 2 else ragged))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line}: not readable as CSV: {error}") from None
    return out


#: Plain lines, and everything that is special to some reader of CSV.
PIECES = st.one_of(
    st.sampled_from(
        '1,2\n|"1","2"\n|"1,2",3\n|"1\n2",3\n|1,2\r\n|1,2\r|,\n|"",""\n|""\n|\n|"|""|,|a|\r\n|\r|'
        ' |\t|\'|\\|#|NA|1e5|é|\ufeff|\u2028|\x1a|\x0b|;|1,2,3\n|1\n|"a"b,1\n|a"b,1\n'.split("|")
    ),
    st.characters(codec="utf-8", exclude_characters="\0"),
)
HEADERS = st.sampled_from(["a,b\n", "b,a\r\n", '"a",b\n', '"a","b"\r', "a,b"])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file counts as a small one."""
    monkeypatch.setattr(csv_reader, "_SMALL", 0)


@settings(max_examples=120)
@given(header=HEADERS, pieces=st.lists(PIECES, max_size=14))
def test_every_row_is_what_the_strict_reader_makes_of_it(
    large: None, header: str, pieces: list[str]
) -> None:
    text = header + "".join(pieces)
    try:
        expected = strictly(text)
    except ValueError as error:
        with pytest.raises(sp.DataError) as raised:
            rows(text)
        assert str(error) in str(raised.value)
    except KeyError:
        with pytest.raises(sp.DataError, match="line 1: the header is"):
            rows(text)
    else:
        assert rows(text) == expected


@pytest.mark.parametrize("block", [1, 5, 64, 2**22])
def test_files_of_many_blocks_are_read_as_in_one(
    block: int, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK", block)
    text = "a,b\n" + "1,2\n\né,x y\r\n  ,\n" * 20
    assert rows(text) == strictly(text)


#: Lines of a plain file, whatever they look like to another reader.
LINES = st.lists(
    st.sampled_from(["1,2", "", " 1,2", " ,\t", ",", "NA,nan", "007,7.0", "\ufeff1,#", "'é,\\"])
)


@settings(max_examples=60)
@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_a_plain_file_gives_what_the_strict_reader_gives(
    lines: list[str], end: str, last: bool
) -> None:
    text = end.join(["a,b", *lines, ""][: None if last else -1])
    assert rows(text) == strictly(text)  # a small one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reader, "_SMALL", 0)
        patch.delattr(csv_reader, "_strict_rows")
        assert rows(text) == strictly(text)


@pytest.mark.parametrize("line", ['"1",2', "1,2,3", "1", " ", "1,2\r3,4"])
def test_one_odd_line_and_the_strict_reader_reads_the_file(large: None, line: str) -> None:
    text = f"a,b\n1,2\n{line}\n3,4\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(csv_reader, "_plain_rows")
        assert rows(text) == strictly(text)


def test_a_byte_order_mark_is_no_text_but_at_the_start_of_a_row_it_is() -> None:
    assert rows("\ufeffa,b\n\ufeff1,2\n") == [(2, ("\ufeff1", "2"))]


def test_what_follows_a_quoted_line_break_is_on_its_line_in_an_editor() -> None:
    text = 'a,b\r\n"one\r\ntwo",x\r\n3,4\n"five\rsix",y\rz,7\n'
    assert rows(text) == [(2, ("one\r\ntwo", "x")), (4, ("3", "4")), (5, ("five\rsix", "y")),
                          (7, ("z", "7"))]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "t.csv, line 1: the file is empty; expected a header"),
        (b"PK\x03\x04...", "line 1: this is a workbook; expected plain text"),
        (b"\xd0\xcf\x11\xe0..", "line 1: this is an old"),
        (b"\x1f\x8b....", "line 1: this is compressed"),
        (b"%PDF-1.7", "line 1: this is a PDF"),
        ("a,b\n".encode("utf-16"), "line 1: this is UTF-16 text; expected plain text"),
        ("\ufeffa,b\n".encode("utf-16-be"), "line 1: this is UTF-16 text"),
        (b"<!DOCTYPE html>\n<html>", "line 1: this is a web page or XML"),
        (b"\xef\xbb\xbf \n<table>", "line 1: this is a web page or XML"),
        (b"a,b\n1,2\nM\xfcller,2\n", "line 3: byte 0xfc is not UTF-8; save the file as UTF-8"),
        (b"a,b\n1,\x00\n", "line 2: a NUL character; expected plain text"),
        (b"a;b\n1;2\n", "the cells are separated by ';', save them with commas"),
        (b"a\tb\n1\t2\n", r"the cells are separated by '\t', save them with commas"),
        (b"a\n1\n", "line 1: the header is 'a'; expected each of a,b once and nothing else (miss"),
        (b"a,b,c\n", "once and nothing else (not known: c)"),
        (b"a,b,a\n", "once and nothing else (there twice: a)"),
        (b"A,b\n", "(missing: a; not known: A)"),
        (b'a,b\n"x"y,1\n', "line 2: not readable as CSV: ',' expected after '\"'"),
        (b'a,b\n1,2\n"x,1\n3,4\n', "line 3: not readable as CSV: unexpected end of data"),
        (
            b'a,b\n"' + b"x" * 200_000 + b"\n",
            "line 2: not readable as CSV: a quote that is not closed, or field larger than",
        ),
        ("ü,".encode() * 900, ",ü,...'; expected each of a,b once and nothing else (missing"),
    ],
)
def test_what_is_no_table_of_the_folder_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(sp.DataError) as raised:
        read_text("t.csv", data, NAMES)
    assert says in str(raised.value)
    assert len(str(raised.value)) < 1000


class TestLimits:
    def refused(self, text: str, **limits: int) -> str:
        with pytest.raises(sp.DataError) as raised:
            read_text("t.csv", text.encode(), NAMES, sp.Limits(**limits))
        return str(raised.value)

    def test_rows(self) -> None:
        text = 'a,b\n1,2\n"3","4"\n5,"6,7"\n'
        assert len(rows(text, limits=sp.Limits(rows=3))) == 3
        assert self.refused(text, rows=2) == (
            "t.csv: 3 rows, and at most 2 are read; if that is meant, raise the limit with "
            "limits=sp.Limits(rows=3)"
        )

    def test_columns_are_counted_before_they_are_named(self) -> None:
        says = self.refused(",".join(map(str, range(20))), columns=5)
        assert says.startswith("t.csv, line 1: 20 columns, and at most 5 are read")

    @pytest.mark.parametrize("cell", ["xxxx", '"xxxx"', '"x\nxx"', '"x,xx"'])
    def test_cells(self, cell: str) -> None:
        text = f"a,b\n1,2\n3,{cell}\n"
        assert len(rows(text, limits=sp.Limits(cell=4))) == 2
        says = self.refused(text, cell=3)
        assert says.startswith("t.csv, line 3, b: 4 characters in a cell, and at most 3 are read")

    def test_cells_of_a_row_that_is_rejected(self) -> None:
        assert "line 2, row: 5 characters" in self.refused("a,b\nxxxxx\n", cell=4)

    def test_a_long_line_may_have_short_cells_and_a_character_many_bytes(self) -> None:
        assert rows("a,b\nüü,üü\n", limits=sp.Limits(cell=2)) == [(2, ("üü", "üü"))]
