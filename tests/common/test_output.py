"""Frames to text and files: the same bytes for the same frame, never half a file."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockpile.common.output import csv_text, json_text, write_text

FRAME = pd.DataFrame(
    {
        "state": ["Côte d'Ivoire", 'A "q", name', None],
        "deadline": pd.to_datetime(["2018-08-01", None, "2024-02-29"]),
        "declared": [38_000_000.0, float("nan"), 0.0],
        "share": [2 / 3, 1.0, float("nan")],
        "reports": [3, 0, 1],
        "had_stock": [True, False, True],
    }
)


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestCsv:
    def test_days_are_iso_and_missing_is_empty(self) -> None:
        first, second, third = parsed(csv_text(FRAME))
        assert first == {
            "state": "Côte d'Ivoire",
            "deadline": "2018-08-01",
            "declared": first["declared"],
            "share": "0.666667",
            "reports": "3",
            "had_stock": "True",
        }
        assert (second["deadline"], second["declared"], second["state"]) == ("", "", 'A "q", name')
        assert (third["state"], third["share"], third["deadline"]) == ("", "", "2024-02-29")

    def test_whole_counts_have_no_decimal_point(self) -> None:
        told = parsed(csv_text(FRAME))
        assert [row["declared"] for row in told] == ["38000000", "", "0"]
        assert csv_text(pd.DataFrame({"n": [-1.5, -2.0]})) == "n\n-1.5\n-2\n"

    def test_line_ends_are_the_same_everywhere(self) -> None:
        assert "\r" not in csv_text(FRAME)
        assert csv_text(FRAME).endswith("\n")

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
    def test_a_formula_is_made_text(self, start: str) -> None:
        cell = f"{start}HYPERLINK(1)"
        (row,) = parsed(csv_text(pd.DataFrame({"state": [cell]})))
        assert row["state"] == f"'{cell}"

    def test_a_negative_number_is_no_formula(self) -> None:
        assert csv_text(pd.DataFrame({"n": [-1.5, -2.5]})) == "n\n-1.5\n-2.5\n"

    def test_a_carriage_return_stays_in_its_cell(self) -> None:
        (row,) = parsed(csv_text(pd.DataFrame({"state": ["one\rtwo"]})))
        assert row["state"] == "one\rtwo"

    def test_text_that_looks_like_nothing_stays_text(self) -> None:
        assert parsed(csv_text(pd.DataFrame({"iso3": ["NA", "NaN"]})))[0]["iso3"] == "NA"

    def test_a_frame_without_rows_has_its_header(self) -> None:
        assert csv_text(FRAME.iloc[:0]) == "state,deadline,declared,share,reports,had_stock\n"

    def test_the_frame_stays_as_it_was(self) -> None:
        before = FRAME.copy()
        csv_text(FRAME)
        json_text(FRAME)
        pd.testing.assert_frame_equal(FRAME, before)

    @given(
        cells=st.lists(
            st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8),
            min_size=1,
        )
    )
    def test_any_text_survives_and_none_is_a_formula(self, cells: list[str]) -> None:
        frame = pd.DataFrame({"n": range(len(cells)), "state": pd.Series(cells, dtype="str")})
        back = [row["state"] for row in parsed(csv_text(frame))]
        assert [cell.removeprefix("'") for cell in back] == [c.removeprefix("'") for c in cells]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in back)


class TestJson:
    def test_missing_is_null_and_days_are_iso(self) -> None:
        assert "Côte d'Ivoire" in json_text(FRAME)
        first, second, third = json.loads(json_text(FRAME))["rows"]
        assert first == {
            "state": "Côte d'Ivoire",
            "deadline": "2018-08-01",
            "declared": 38_000_000,
            "share": 0.666667,
            "reports": 3,
            "had_stock": True,
        }
        assert second["deadline"] is None and second["declared"] is None
        assert third["state"] is None and third["share"] is None

    def test_text_is_not_escaped_for_spreadsheets(self) -> None:
        assert json.loads(json_text(pd.DataFrame({"state": ["=cmd()"]})))["rows"] == [
            {"state": "=cmd()"}
        ]

    def test_no_rows_are_an_empty_list(self) -> None:
        assert json.loads(json_text(FRAME.iloc[:0], rule="reported")) == {
            "rule": "reported",
            "rows": [],
        }

    def test_numbers_are_json(self) -> None:
        def refuse(word: str) -> Any:
            raise AssertionError(f"{word} is no JSON")

        json.loads(json_text(FRAME), parse_constant=refuse)


class TestWriteText:
    def test_writes_what_it_is_given_and_makes_the_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b" / "status.csv"
        write_text(path, "Côte\nd'Ivoire\n")
        assert path.read_bytes() == "Côte\nd'Ivoire\n".encode()
        assert [p.name for p in path.parent.iterdir()] == ["status.csv"]
        assert path.stat().st_mode & 0o777 == 0o644

    def test_replaces_an_earlier_file(self, tmp_path: Path) -> None:
        path = tmp_path / "status.csv"
        path.write_text("a long text of last month\n")
        write_text(path, "new\n")
        assert path.read_text() == "new\n"

    def test_text_that_cannot_be_written_leaves_the_earlier_file(self, tmp_path: Path) -> None:
        path = tmp_path / "status.csv"
        path.write_text("last month\n")
        with pytest.raises(UnicodeEncodeError):
            write_text(path, "half a file\n" * 10_000 + "\ud800")
        assert path.read_text() == "last month\n"
        assert [p.name for p in tmp_path.iterdir()] == ["status.csv"]

    @pytest.mark.faults
    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_a_full_disk_leaves_the_earlier_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        path = tmp_path / "status.csv"
        path.write_text("last month\n")

        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(*((os, "fsync", full) if step == "fsync" else (Path, "replace", full)))
        with pytest.raises(OSError, match="No space left"):
            write_text(path, "this month\n")
        assert path.read_text() == "last month\n"
        assert [p.name for p in tmp_path.iterdir()] == ["status.csv"]
