"""How large an input may be: what the limits are, and what is said of more."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from smalltreaty import write_treaty

import stockpile as sp
from stockpile.common.errors import LIMITS, LONGEST_CELL, read_bytes


def test_the_packaged_tables_are_far_within_them(treaty_ledger: sp.Ledger) -> None:
    for path in treaty_ledger.folder.glob("*.csv"):
        assert path.stat().st_size < LIMITS.file_bytes / 1000
    assert treaty_ledger.counts["read"].max() < LIMITS.rows / 1000


@pytest.mark.parametrize("limit", [each.name for each in fields(sp.Limits)])
def test_a_limit_names_itself_and_how_to_raise_it(limit: str) -> None:
    limits = sp.Limits(**{limit: 1000})
    limits.require(limit, 1000, "a.csv")
    with pytest.raises(sp.DataError) as raised:
        limits.require(limit, 1001, "a.csv, line 7")
    message = str(raised.value)
    assert re.match(r"a\.csv, line 7: 1,001 [a-z ]+, and at most 1,000 are read; ", message)
    assert message.endswith(f"raise the limit with limits=sp.Limits({limit}=1001)")
    sp.Limits(**{limit: 1001}).require(limit, 1001, "a.csv")


@pytest.mark.parametrize("value", [0, -1, 1.5, "5", True, None])
def test_a_limit_is_a_whole_number(value: object) -> None:
    with pytest.raises(ValueError, match=r"rows is .*; expected a whole number from 1"):
        sp.Limits(rows=value)  # type: ignore[arg-type]


def test_no_cell_can_be_longer_than_the_reader_of_csv_takes() -> None:
    assert sp.Limits(cell=LONGEST_CELL).cell == LONGEST_CELL
    with pytest.raises(ValueError, match=r"cell is 131,073; expected 131,072 at most"):
        sp.Limits(cell=LONGEST_CELL + 1)
    # So none is advised.
    says = r"200,000 characters in a cell, .* 131,072 if the limit is raised, and no more$"
    with pytest.raises(sp.DataError, match=says):
        sp.Limits().require("cell", 200_000, "a.csv, line 2")
    with pytest.raises(sp.DataError, match=r"limits=sp\.Limits\(cell=131072\)$"):
        sp.Limits().require("cell", LONGEST_CELL, "a.csv, line 2")


def test_they_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        LIMITS.rows = 5  # type: ignore[misc]


class TestReading:
    def test_a_file_of_just_the_size(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"12345")
        assert read_bytes(path, sp.Limits(file_bytes=5)) == b"12345"
        with pytest.raises(sp.DataError, match=r"^a\.csv: 5 bytes, and at most 4 are read"):
            read_bytes(path, sp.Limits(file_bytes=4))

    def test_how_large_a_file_is_is_said_without_reading_it(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"1234567")
        with pytest.raises(sp.DataError, match=r"^a\.csv: 7 bytes, .*sp\.Limits\(file_bytes=7\)"):
            read_bytes(path, sp.Limits(file_bytes=4))

    def test_what_the_system_does_not_let_one_read(self, tmp_path: Path) -> None:
        with pytest.raises(sp.DataError, match=r"^none\.csv: cannot be read: No such file"):
            read_bytes(tmp_path / "none.csv")
        (tmp_path / "folder.csv").mkdir()
        with pytest.raises(sp.DataError, match=r"^folder\.csv: cannot be read: "):
            read_bytes(tmp_path / "folder.csv")

    @pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux")
    def test_a_file_that_says_it_is_empty_and_is_not(self) -> None:
        """The system makes it up while it is read, and tells no size before."""
        path = Path("/proc/self/status")
        assert path.stat().st_size == 0
        with pytest.raises(sp.DataError, match=r"^status: 11 bytes, and at most 10 are read"):
            read_bytes(path, sp.Limits(file_bytes=10))

    def test_the_limits_given_hold_for_every_file_of_a_folder(self, tmp_path: Path) -> None:
        folder = write_treaty(tmp_path / "demo")
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        with pytest.raises(sp.DataError, match=r"^treaty\.toml: "):
            sp.load(folder, limits=sp.Limits(rules_bytes=sizes["treaty.toml"] - 1))
        with pytest.raises(sp.DataError, match=r"^quantities\.csv: "):
            sp.load(folder, limits=sp.Limits(file_bytes=sizes["quantities.csv"] - 1))
