"""Text cut into cells, whatever its lines look like."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stockpile as sp
from stockpile.treaty.csvlines import NotCsv, cut


@settings(max_examples=400)
@given(st.text('ab1 ,;"\n\r', max_size=40), st.sampled_from(",;"))
def test_cut_is_what_the_strict_reader_makes_of_it(text: str, mark: str) -> None:
    lines: dict[int, list[str]] | None = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines[start] = row
            start = reader.line_num + 1
    except csv.Error:
        lines = None
    if lines is None:
        with pytest.raises(NotCsv, match=rf"^t\.csv, line {start}: not readable as CSV"):
            cut("t.csv", text.encode(), mark)
    else:
        assert cut("t.csv", text.encode(), mark) == lines


def test_lines_longer_than_most_are_kept_whole() -> None:
    lines = ["Stocks", "State,1,2,3,4", *["Peru,1"] * 60, "Chad,1,2,3,4,5,6"]
    grid = cut("t.csv", "\n".join(lines).encode(), ",")
    assert grid == {n: line.split(",") for n, line in enumerate(lines, 1)}
    assert (len(grid.columns), grid.width) == (5, 7)


@pytest.mark.parametrize(
    ("text", "limits", "message"),
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
def test_cut_keeps_to_the_limits(text: str, limits: dict[str, int], message: str) -> None:
    with pytest.raises(sp.DataError, match=message):
        cut("t.csv", text.encode(), ",", sp.Limits(**limits))
