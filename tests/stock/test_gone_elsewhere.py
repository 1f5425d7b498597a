"""What is handed over or converted is gone, and nobody says that it was destroyed."""

from __future__ import annotations

from pathlib import Path

import core
import pandas as pd
import pytest
from smalltreaty import Row, consents, event, quantity, write_treaty

import stockpile as sp

pytestmark = pytest.mark.usefixtures("alone")

LATER = "state@2014-06-30"


def rated(folder: Path, *rows: Row) -> pd.Series:
    numbers = [quantity("AAA", "declared", 100, "2011-06-30", source="state@2012-06-30")]
    numbers += [row for row in rows if "measure" in row]
    events = [consents("AAA"), *(row for row in rows if "event" in row)]
    (row,) = core.status(sp.load(write_treaty(folder, numbers, events)).as_of("2015-01-01")).iloc
    return row


def moved(number: int, on: str = "2013-12-31", measure: str = "transferred") -> Row:
    return quantity("AAA", measure, number, on, start="2013-01-01", source=LATER)


def test_all_of_it_ends_the_obligation_without_destruction(tmp_path: Path) -> None:
    row = rated(tmp_path / "t", moved(100))
    assert (row["status"], row["remaining"]) == ("completed", 0)
    assert pd.isna(row["destroyed"])
    assert row["reason"].startswith("100 handed to another state: none left by 31 December 2013")


def test_part_of_it_is_left_out_of_what_is_left(tmp_path: Path) -> None:
    destroyed = quantity("AAA", "destroyed_total", 30, "2012-12-31", source=LATER)
    row = rated(tmp_path / "t", destroyed, moved(50))
    assert (row["destroyed"], row["remaining"]) == (30, 20)
    assert "50 handed to another state" in row["reason"]
    assert row["share_destroyed"] == pytest.approx(30 / 50)
    rest = quantity("AAA", "destroyed", 20, "2014-06-30", start="2014-01-01", source=LATER)
    row = rated(tmp_path / "u", destroyed, moved(50), rest, event_done())
    assert row["reason"].startswith("Destroyed")
    assert "50 handed to another state, completed on 30 June 2014" in row["reason"]


def event_done() -> Row:
    return event("AAA", "completed", "2014-06-30", source="state@2014-07-15")


def test_a_balance_after_it_counts_it_already(tmp_path: Path) -> None:
    left = quantity("AAA", "remaining", 45, "2014-03-31", source=LATER)
    row = rated(tmp_path / "t", moved(50, measure="converted"), left)
    assert row["remaining"] == 45 and "50 converted to what the treaty allows" in row["reason"]


def test_two_that_tell_of_one_hand_over_are_one(tmp_path: Path) -> None:
    again = moved(50) | {"source_id": "press@2014-02-01", "quantity": "55"}
    assert rated(tmp_path / "t", moved(50), again)["remaining"] == 50
    both = moved(30, "2014-05-31") | {"period_start": "2014-01-01"}
    assert rated(tmp_path / "u", moved(50), both)["remaining"] == 20


def test_a_completion_alone_is_no_word_on_destruction(tmp_path: Path) -> None:
    row = rated(tmp_path / "t", event_done())
    assert row["status"] == "completed" and pd.isna(row["destroyed"])
    assert row["reason"].startswith("Completed on 30 June 2014")
