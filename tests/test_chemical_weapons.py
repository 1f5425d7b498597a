"""Answers known from the public record on the Chemical Weapons Convention, by both rules."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import stockpile as sp
from stockpile.common.shipped import shipped_folder

StatusOf = Callable[..., pd.DataFrame]


@pytest.fixture
def today(status_of: StatusOf, rule: str) -> pd.DataFrame:
    return status_of("cwc", rule=rule)


@pytest.mark.parametrize(
    ("iso3", "rating", "completed", "deadline"),
    [
        ("ALB", "completed late", "2007-07-11", "2007-04-29"),
        ("IND", "completed", "2009-03-26", "2009-04-28"),
        ("KOR", "completed", "2008-07-10", "2008-12-31"),
        ("RUS", "completed late", "2017-09-27", "2012-04-29"),
        ("USA", "completed late", "2023-07-07", "2012-04-29"),
        ("LBY", "completed late", "2017-11-23", "2012-04-29"),
        ("SYR", "completed late", "2016-01-04", "2014-06-30"),
    ],
)
def test_who_finished_when(
    today: pd.DataFrame, iso3: str, rating: str, completed: str, deadline: str
) -> None:
    row = today.loc[iso3]
    assert (row["status"], str(row["completed"].date())) == (rating, completed)
    assert str(row["deadline"].date()) == deadline


def test_albania_was_late_by_73_days(today: pd.DataFrame) -> None:
    row = today.loc["ALB"]
    assert (row["completed"] - row["deadline"]).days == 73
    assert row["destroyed"] == 16.678 and "16.678 tonnes of chemical agent" in row["reason"]


def test_nobody_had_spoken_of_albania_when_its_deadline_had_passed(rule: str) -> None:
    row = sp.status(sp.load("cwc").as_of("2007-06-30", rule)).set_index("iso3").loc["ALB"]
    assert row["status"] == "unconfirmed"
    assert "no source has spoken of its stock since 11 December 2006" in row["reason"]


def test_more_time_for_a_step_is_a_word_that_there_is_stock(tmp_path: Path, rule: str) -> None:
    """In December 2004 nobody had said how much Albania had, but it was given more time."""
    folder = shutil.copytree(shipped_folder("data") / "cwc", tmp_path / "cwc")
    rows = (folder / "quantities.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in rows if not line.startswith("ALB")]
    (folder / "quantities.csv").write_text("".join(kept), encoding="utf-8")
    row = sp.status(sp.load(folder).as_of("2004-12-31", rule)).set_index("iso3").loc["ALB"]
    assert row["had_stock"] and row["status"] != "no data"
    assert row["reason"].startswith("The size of its stock is not on record.")


def test_the_united_states_count_from_entry_into_force(today: pd.DataFrame, rule: str) -> None:
    """30,610 US tons, by the state itself; a second series has what was destroyed before, too."""
    row = sp.status(sp.load("cwc").as_of("2012-06-30", rule)).set_index("iso3").loc["USA"]
    assert row["destroyed"] == pytest.approx(24_924, abs=1)
    assert today.loc["USA", "destroyed"] == pytest.approx(30_610 * 0.90718474, abs=1)
    reported = sp.status(sp.load("cwc").as_of("2012-06-30")).set_index("iso3").loc["USA", "reason"]
    assert "24,924 of about 27,770 tonnes of chemical agent (90 per cent)" in reported


def test_what_was_planned_beyond_the_last_deadline_was_no_extension(rule: str) -> None:
    then = sp.status(sp.load("cwc").as_of("2012-06-30", rule)).set_index("iso3")
    for iso3 in ("RUS", "USA", "LBY"):
        row = then.loc[iso3]
        assert str(row["deadline"].date()) == "2012-04-29"
        assert row["status"] == "overdue" and "it still planned to finish by" in row["reason"]


def test_libya_had_two_stocks_and_the_later_one_speaks_for_it(rule: str) -> None:
    """Category 1 was gone in January 2014, Category 2 in November 2017."""
    then = sp.status(sp.load("cwc").as_of("2015-06-30", rule)).set_index("iso3").loc["LBY"]
    assert (then["status"], then["unit"]) == ("overdue", "agent_tonnes_cat2")
    before = sp.status(sp.load("cwc").as_of("2012-06-30", rule)).set_index("iso3").loc["LBY"]
    assert "Also open: Category 1 chemical weapons" in before["reason"]
    last = "Of its Category 1 chemical weapons nothing was left on 26 January 2014"
    assert last in then["reason"]


def test_a_state_without_a_deadline_on_record_is_off_no_target(tmp_path: Path, rule: str) -> None:
    """Syria joined after the one day for all: without the day that was set for it, it has none."""
    folder = shutil.copytree(shipped_folder("data") / "cwc", tmp_path / "cwc")
    events = (folder / "events.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in events if not line.startswith(("SYR,deadline", "SYR,completed"))]
    (folder / "events.csv").write_text("".join(kept), encoding="utf-8")
    row = sp.status(sp.load(folder).as_of("2015-06-30", rule)).set_index("iso3").loc["SYR"]
    assert pd.isna(row["deadline"]) and row["remaining"] > 0
    assert row["status"] == "no data" and "No deadline is on record" in row["reason"]


def test_a_word_of_what_was_left_is_of_its_own_day() -> None:
    """Of 96 per cent on 4 September, and 'nearly 98' on 20 October, the first gives the figure."""
    row = sp.status(sp.load("cwc").as_of("2015-06-30")).set_index("iso3").loc["SYR"]
    assert row["status"] == "overdue"
    assert "52.32 tonnes of chemical agent on 4 September 2014 (Wikipedia mirror)" in row["reason"]


def test_steps_on_the_way_are_told(rule: str) -> None:
    reasons = sp.status(sp.load("cwc").as_of("2008-06-30", rule)).set_index("iso3")["reason"]
    assert "It met the steps of 1, 20 and 45 per cent." in reasons["USA"]
    early = sp.status(sp.load("cwc").as_of("2000-12-31", rule)).set_index("iso3")["reason"]
    assert "It missed the step of 1 per cent." in early["RUS"] or "step" not in early["RUS"]


def test_american_tons_are_tonnes_in_the_end(rule: str) -> None:
    row = sp.status(sp.load("cwc").as_of("2007-06-30", rule)).set_index("iso3").loc["USA"]
    # 30,000 US tons, of which 45 per cent were due
    assert row["unit"] == "agent_tonnes" and 27_000 < row["declared"] <= 29_000
    assert 0.4 < row["share_destroyed"] < 0.55


def test_a_successor_of_nothing_has_no_deadline(today: pd.DataFrame) -> None:
    """Iraq joined after the one day for all had passed, and no source states another."""
    assert today.loc["IRQ", "status"] == "completed" and pd.isna(today.loc["IRQ", "deadline"])


def test_who_had_consented_before_the_convention_was_in_force_is_bound_from_its_first_day() -> None:
    """Article XXI: the thirty days run for later states. China consented four days before."""
    bound = sp.membership(sp.load("cwc").as_of("2026-06-30")).set_index("iso3")["entry_into_force"]
    assert {str(bound[iso3].date()) for iso3 in ("USA", "CHN", "KOR", "ALB")} == {"1997-04-29"}
    assert str(bound["SGP"].date()) == "1997-06-20"
    early = sp.load("cwc").treaty.entry_into_force(pd.Timestamp("1997-04-25"))
    assert str(early.date()) == "1997-04-29"


def test_a_state_with_numbers_that_do_not_count_alone_has_nothing_on_record(tmp_path: Path) -> None:
    folder = shutil.copytree(shipped_folder("data") / "cwc", tmp_path / "cwc")
    for table, kept in (("quantities", "_since_1990"), ("events", "entered_into_force")):
        lines = (folder / f"{table}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        some = [line for line in lines if not line.startswith("USA") or kept in line]
        (folder / f"{table}.csv").write_text("".join(some), encoding="utf-8")
    steps = (folder / "steps.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    rows = "".join(line for line in steps if not line.startswith("USA"))
    (folder / "steps.csv").write_text(rows, encoding="utf-8")
    row = sp.status(sp.load(folder).as_of("2010-06-30")).set_index("iso3").loc["USA"]
    assert row["status"] == "no data" and not row["had_stock"]
