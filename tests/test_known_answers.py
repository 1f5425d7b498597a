"""Answers known from the public record, by both rules of knowing, as of 30 June 2026."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from smalltreaty import MUNITIONS, SUBMUNITIONS

import stockpile as sp
from stockpile.stock.obligations import deadlines

StatusOf = Callable[..., pd.DataFrame]


@pytest.fixture
def clusters(status_of: StatusOf, rule: str) -> pd.DataFrame:
    """The Convention on Cluster Munitions on that day."""
    return status_of("ccm", rule=rule)


@pytest.fixture
def mines(status_of: StatusOf, rule: str) -> pd.DataFrame:
    """The Mine Ban Convention on that day."""
    return status_of("apmbc", rule=rule)


def iso(day: pd.Timestamp) -> str | None:
    return None if pd.isna(day) else day.date().isoformat()


@pytest.mark.parametrize(
    ("iso3", "completed", "deadline"),
    [
        ("GBR", "2013-12-17", "2018-11-01"),
        ("DEU", "2015-11-25", "2018-08-01"),
        ("HRV", "2018-07-31", "2018-08-01"),
        ("PER", "2023-12-15", "2024-04-01"),
        ("COL", "2009-11-24", "2024-03-01"),
        ("HUN", "2011-07-08", "2021-01-01"),
    ],
)
def test_completed_in_time(
    clusters: pd.DataFrame, iso3: str, completed: str, deadline: str
) -> None:
    row = clusters.loc[iso3]
    assert row["status"] == "completed"
    assert iso(row["completed"]) == completed
    assert iso(row["deadline"]) == deadline
    assert row["completed"] <= row["deadline"]


def test_the_united_kingdom_destroyed_all_it_declared(clusters: pd.DataFrame) -> None:
    row = clusters.loc["GBR"]
    assert row["declared"] == row["destroyed"] == 190_828
    assert (row["remaining"], row["share_destroyed"], row["unit"]) == (0, 1, MUNITIONS)


def test_croatia_was_a_day_early(clusters: pd.DataFrame) -> None:
    row = clusters.loc["HRV"]
    assert row["deadline"] - row["completed"] == pd.Timedelta(days=1)


def test_peru_missed_its_original_deadline_and_met_the_extended_one(clusters: pd.DataFrame) -> None:
    row = clusters.loc["PER"]
    assert iso(row["original_deadline"]) == "2021-03-01"
    assert row["original_deadline"] < row["completed"] <= row["deadline"]
    assert "missed the original deadline of 1 March 2021" in row["reason"]
    assert "met the extended one of 1 April 2024" in row["reason"]
    assert row["declared"] == row["destroyed"] == 2_012


def test_bulgaria_too_through_three_extensions(
    clusters: pd.DataFrame, ccm: sp.Ledger, rule: str
) -> None:
    row = clusters.loc["BGR"]
    assert row["status"] == "completed"
    assert row["completed"].strftime("%Y-%m") == "2023-06"
    assert iso(row["original_deadline"]) == "2019-10-01"
    assert row["original_deadline"] < row["completed"] <= row["deadline"]
    assert "missed the original deadline" in row["reason"]
    links = deadlines(ccm.as_of("2026-06-30", rule)).query("iso3 == 'BGR'")
    assert links["link"].max() == 3
    for total in (row["declared"], row["destroyed"]):
        assert 6_862 <= total <= 6_909


def test_slovakia_was_in_time(clusters: pd.DataFrame) -> None:
    row = clusters.loc["SVK"]
    assert row["status"] == "completed"
    assert row["completed"].strftime("%Y-%m") == "2023-09"
    assert iso(row["deadline"]) == "2024-01-01"
    assert row["declared"] == 1_235


def test_spain_finished_twice(clusters: pd.DataFrame, ccm: sp.Ledger, rule: str) -> None:
    row = clusters.loc["ESP"]
    assert row["status"] == "completed"
    assert row["completed"].strftime("%Y-%m") == "2018-07"
    assert row["completed"] <= row["deadline"] == pd.Timestamp("2018-08-01")
    assert row["declared"] == row["destroyed"] == 3_574
    first = sp.progress(ccm.as_of("2026-06-30", rule)).query("iso3 == 'ESP' and episode == 0")
    assert first["date"].max().year == 2009
    assert "stock was found" in row["reason"]


def test_spain_had_finished_once_before_its_stock_turned_up(status_of: StatusOf) -> None:
    assert status_of("ccm", "2011-12-31").loc["ESP", "status"] == "completed"
    between = status_of("ccm", "2013-12-31").loc["ESP"]
    assert between["status"] in ("on target", "at risk", "off target")
    assert (between["declared"], between["remaining"]) == (3_574, 3_574)


def test_colombia_finished_seven_years_before_it_was_bound(clusters: pd.DataFrame) -> None:
    row = clusters.loc["COL"]
    assert iso(row["entry_into_force"]) == "2016-03-01"
    assert row["completed"].year == 2009
    assert "before the treaty bound it" in row["reason"]
    assert row["destroyed"] == 72


def test_colombia_as_a_signatory_had_done_so_without_being_bound(status_of: StatusOf) -> None:
    row = status_of("ccm", "2012-04-19").loc["COL"]
    assert (row["membership"], row["status"]) == ("signatory", "completed")
    assert "without being bound" in row["reason"]


@pytest.mark.parametrize("iso3", ["HUN", "CAN", "COL", "ECU", "NOR"])
def test_others_finished_before_they_were_bound(clusters: pd.DataFrame, iso3: str) -> None:
    row = clusters.loc[iso3]
    assert row["status"] == "completed"
    assert row["completed"] < row["entry_into_force"]


def test_guinea_has_never_reported(clusters: pd.DataFrame) -> None:
    row = clusters.loc["GIN"]
    assert (row["status"], row["membership"], row["evidence"]) == ("no data", "State Party", "none")
    assert row[["declared", "destroyed", "remaining", "share_destroyed"]].isna().all()
    assert not row["had_stock"]
    assert iso(row["deadline"]) == "2023-04-01"


def test_nobody_in_the_convention_on_cluster_munitions_is_behind(clusters: pd.DataFrame) -> None:
    assert set(clusters["status"]) == {"completed", "no data", "no obligation"}


def test_cameroon_keeps_all_it_declared(clusters: pd.DataFrame) -> None:
    row = clusters.loc["CMR"]
    assert row["status"] == "no obligation"
    assert (row["declared"], row["retained"]) == (6, 6)
    assert "keeps all of its declared 6 cluster munitions for training" in row["reason"]


def test_nobody_says_that_cyprus_has_finished(clusters: pd.DataFrame) -> None:
    """As many were destroyed as were declared, by sums of periods: no source calls it done."""
    row = clusters.loc["CYP"]
    assert (row["status"], row["membership"]) == ("no obligation", "signatory")
    assert (row["destroyed"], row["destroyed_qualifier"]) == (3_760, "at_least")
    assert "whether any are left is not on record" in row["reason"]
    assert pd.isna(row["deadline"])


def test_angola_has_signed_and_has_destroyed_its_stock(clusters: pd.DataFrame) -> None:
    row = clusters.loc["AGO"]
    assert (row["status"], row["membership"]) == ("completed", "signatory")
    assert (iso(row["completed"]), row["completed_precision"]) == ("2010-10-21", "on_or_before")
    assert row["remaining"] == 0


def test_guinea_bissau_was_named_and_found_to_hold_nothing(status_of: StatusOf, rule: str) -> None:
    then = status_of("ccm", "2019-12-01", rule).loc["GNB"]
    assert then["status"] == "overdue"
    assert "The deadline of 1 May 2019 passed" in then["reason"]
    assert "A source of 30 September 2019 names it as missed" in then["reason"]
    now = status_of("ccm", rule=rule).loc["GNB"]
    assert now["status"] == "no obligation"
    assert "No stock reported by Guinea-Bissau" in now["reason"]
    assert "named as having missed its deadline of 1 May 2019" in now["reason"]


class TestTheUnitedKingdomOnTheFirstOfOctober2013:
    def test_the_submunitions_decide(self, status_of: StatusOf, rule: str) -> None:
        row = status_of("ccm", "2013-10-01", rule).loc["GBR"]
        assert row["unit"] == SUBMUNITIONS
        assert row["share_cluster_munitions"] == pytest.approx(0.95, abs=0.01)
        assert row["share_submunitions"] == pytest.approx(0.84, abs=0.01)
        assert row["status"] in ("on target", "at risk", "off target")
        assert row["planned_completion"].year == 2013

    def test_in_march_it_stood_where_the_monitor_says(self, ccm: sp.Ledger) -> None:
        lines = sp.progress(ccm.as_of("2013-10-01", "published"))
        march = lines[(lines["iso3"] == "GBR") & (lines["date"] == pd.Timestamp("2013-03-31"))]
        shares = march.set_index("unit")["share_destroyed"]
        assert shares[MUNITIONS] == pytest.approx(0.95, abs=0.01)
        assert shares[SUBMUNITIONS] == pytest.approx(0.84, abs=0.01)


class TestMineBanConvention:
    @pytest.mark.parametrize(("iso3", "deadline"), [("GRC", "2008-03-01"), ("UKR", "2010-06-01")])
    def test_greece_and_ukraine_are_overdue(
        self, mines: pd.DataFrame, iso3: str, deadline: str
    ) -> None:
        row = mines.loc[iso3]
        assert (row["status"], iso(row["deadline"])) == ("overdue", deadline)
        assert row["remaining"] > 300_000
        assert row["evidence"] == "strong"

    def test_nobody_else_is(self, mines: pd.DataFrame) -> None:
        assert set(mines.index[mines["status"] == "overdue"]) == {"GRC", "UKR"}
        assert not set(mines["status"]) & {"on target", "at risk", "off target"}

    def test_ukraine_notified_a_suspension(self, mines: pd.DataFrame) -> None:
        assert "notified a suspension of the treaty on 18 July 2025" in mines.loc["UKR", "reason"]

    @pytest.mark.parametrize(("iso3", "year"), [("BLR", 2017), ("TUR", 2011)])
    def test_belarus_and_turkey_completed_late(
        self, mines: pd.DataFrame, iso3: str, year: int
    ) -> None:
        row = mines.loc[iso3]
        assert (row["status"], row["completed"].year) == ("completed late", year)
        assert iso(row["deadline"]) == "2008-03-01"

    def test_finland_completed_in_time(self, mines: pd.DataFrame) -> None:
        row = mines.loc["FIN"]
        assert (row["status"], row["completed"].year) == ("completed", 2015)
        assert row["completed"] <= row["deadline"] == pd.Timestamp("2016-07-01")
        assert row["membership"] == "withdrawn"  # since January 2026

    def test_who_was_overdue_then(self, status_of: StatusOf, rule: str) -> None:
        then = status_of("apmbc", "2009-12-31", rule)
        assert {"BLR", "GRC", "TUR"} <= set(then.index[then["status"] == "overdue"])
        assert then.loc["UKR", "status"] in ("on target", "at risk", "off target")

    def test_chad_and_congo_did_not_become_late_by_what_they_found_later(
        self, mines: pd.DataFrame
    ) -> None:
        for iso3 in ("AUS", "COG", "GBR", "KHM", "TCD"):
            assert mines.loc[iso3, "status"] == "completed", mines.loc[iso3, "reason"]


def test_a_vague_word_of_what_greece_has_left_stands_beside_the_exact_figure(
    mines: pd.DataFrame,
) -> None:
    reason = mines.loc["GRC", "reason"]
    assert "It still had nearly 335,000 antipersonnel mines on 18 June 2025" in reason
    assert "The newest exact figure is 325,413 antipersonnel mines, of 20 June 2024." in reason


def test_numbers_that_are_no_part_and_whole_are_not_printed_as_such() -> None:
    """Of 34,562 mines Brazil kept 16,550: 13,194 destroyed are no 38 per cent of its task."""
    row = sp.status(sp.load("apmbc").as_of("2002-12-31")).set_index("iso3").loc["BRA"]
    assert row["reason"].startswith(
        "13,194 antipersonnel mines destroyed by 31 December 2001, about 4,818 left; "
        "34,562 were declared, 16,550 of them kept for training."
    )


def test_a_state_has_one_name_in_all_treaties() -> None:
    """A reader who goes from one report to another must find the same states."""
    names: dict[str, set[str]] = {}
    for treaty in ("ccm", "apmbc", "cwc"):
        for iso3, name in sp.load(treaty).states[["iso3", "name"]].itertuples(index=False):
            names.setdefault(iso3, set()).add(name)
    assert len(names) > 190
    assert not {iso3: each for iso3, each in names.items() if len(each) > 1}
