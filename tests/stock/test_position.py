"""Where each state stands before any forecast: the stock, and the count that decides."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
import pytest
from conftest import TODAY
from smalltreaty import MUNITIONS, SUBMUNITIONS, Row, event, quantity

import stockpile as sp
from stockpile.stock.position import positions

STOCKS = {"unknown", "none", "kept", "left", "gone"}
SOURCE = "state@2015-04-30"


def number(measure: str, value: int | str, on: str = "2014-12-31", **more: str) -> Row:
    return quantity("AAA", measure, value, on, **({"source": SOURCE} | more))


story, stories = pytest.mark.story, pytest.mark.stories

Record = dict[str, Any]
Rows = list[Record]


def standing(ledger: sp.Ledger, states: list[str], day: str = "2016-06-30") -> Rows:
    """The positions of some states."""
    return positions(ledger.as_of(day)).set_index("iso3").loc[states].to_dict("records")


@pytest.fixture
def rows(told: tuple[sp.Ledger, list[str]]) -> Rows:
    """The positions that the stories of a test come to."""
    return standing(*told)


@pytest.fixture
def row(rows: Rows) -> Record:
    """The position that the one story of a test comes to."""
    (one,) = rows
    return one


class TestStock:
    STORIES: ClassVar[list[tuple[str, list[Row]]]] = [
        ("unknown", []),
        ("unknown", [number("retained", 5)]),
        ("none", [number("declared", 0)]),
        ("none", [number("remaining", 0)]),
        ("kept", [number("declared", 6), number("retained", 6)]),
        ("kept", [number("remaining", 6), number("retained", 9)]),
        ("left", [number("declared", 6)]),
        ("left", [number("declared", 6), number("retained", 5)]),
        ("left", [number("remaining", 6)]),
        ("left", [number("destroyed_total", 6)]),  # how many are left nobody says
        ("left", [number("declared", 6), number("destroyed_total", 5)]),
        ("gone", [number("declared", 6), number("destroyed_total", 6)]),
        ("gone", [number("declared", 6), number("remaining", 0)]),
        ("gone", [number("destroyed_total", 6), number("remaining", 0)]),
        ("gone", [event("AAA", "completed", "2014-12-31", source=SOURCE)]),
        ("left", [event("AAA", "reopened", "2014-12-31", source=SOURCE)]),
        # Whoever names a date, or asks for more time, has a stock, of whatever size.
        ("left", [event("AAA", "planned_completion", "2017-12-31", source=SOURCE)]),
        ("left", [event("AAA", "extension_requested", "2014-12-31", source=SOURCE)]),
        (
            "none",
            [
                number("declared", 0),
                event("AAA", "extension_requested", "2014-12-31", source=SOURCE),
            ],
        ),
    ]

    @stories(*(rows for _, rows in STORIES))
    def test_in_a_word(self, rows: Rows) -> None:
        assert [row["stock"] for row in rows] == [stock for stock, _ in self.STORIES]
        assert {row["stock"] for row in rows} == STOCKS

    @story(number("destroyed_share", "0.66"))
    def test_of_which_a_share_is_destroyed_is_left(self, row: Record) -> None:
        assert row["stock"] == "left"

    @stories([], [number("declared", 0)])
    def test_unknown_and_none_are_different_answers(self, rows: Rows) -> None:
        unknown, none = rows
        assert pd.isna(unknown["declared"]) and pd.isna(unknown["remaining"])
        assert (none["declared"], none["remaining"]) == (0, 0)

    @story(
        number("declared", 6),
        number("destroyed_total", 6),
        number("declared", 600, "2010-12-31", unit=SUBMUNITIONS),
    )
    def test_munitions_that_are_gone_take_their_submunitions_with_them(self, row: Record) -> None:
        assert row["stock"] == "gone"
        assert row["completed"] == pd.Timestamp("2014-12-31")
        assert row["completed_precision"] == "on_or_before"

    @story(
        number("declared", 6),
        number("destroyed_total", 6),
        number("declared", 600, unit=SUBMUNITIONS),
        number("remaining", 100, "2015-01-31", unit=SUBMUNITIONS),
    )
    def test_unless_somebody_has_spoken_of_these_since(self, row: Record) -> None:
        assert (row["stock"], row["unit"]) == ("left", SUBMUNITIONS)

    @story(
        number("declared", 6),
        number("destroyed_total", 5),
        event("AAA", "completed", "2015-03-31", source=SOURCE),
    )
    def test_completion_outweighs_figures_that_stop_short(self, row: Record) -> None:
        assert (row["stock"], row["remaining"]) == ("gone", 0)
        assert row["completed"] == pd.Timestamp("2015-03-31")


class TestDecidingUnit:
    GONE: ClassVar[list[tuple[int, int, str]]] = [
        (95, 84, SUBMUNITIONS),
        (84, 95, MUNITIONS),
        (50, 50, MUNITIONS),
    ]

    @stories(
        *(
            [
                number("declared", 100, "2010-12-31"),
                number("destroyed_total", munitions),
                number("declared", 100, "2010-12-31", unit=SUBMUNITIONS),
                number("destroyed_total", submunitions, unit=SUBMUNITIONS),
            ]
            for munitions, submunitions, _ in GONE
        )
    )
    def test_is_the_one_further_behind(self, rows: Rows) -> None:
        for row, (munitions, submunitions, unit) in zip(rows, self.GONE, strict=True):
            assert row["unit"] == unit
            assert row["share_destroyed"] == min(munitions, submunitions) / 100
            assert row[f"share_{MUNITIONS}"] == munitions / 100
            assert row[f"share_{SUBMUNITIONS}"] == submunitions / 100

    @story(
        number("declared", 100, "2010-12-31"),
        number("declared", 100, "2010-12-31", unit=SUBMUNITIONS),
        number("destroyed_total", 99, unit=SUBMUNITIONS),
    )
    def test_is_one_of_which_a_share_is_known(self, row: Record) -> None:
        assert row["unit"] == SUBMUNITIONS

    def test_of_the_united_kingdom_in_2013_are_the_submunitions(
        self, ccm: sp.Ledger, rule: str
    ) -> None:
        row = positions(ccm.as_of("2013-10-01", rule)).set_index("iso3").loc["GBR"]
        assert (row["unit"], row["stock"]) == (SUBMUNITIONS, "left")
        assert row["share_destroyed"] == row["share_submunitions"] == pytest.approx(0.84, abs=0.01)
        assert row["share_cluster_munitions"] == pytest.approx(0.95, abs=0.01)


class TestEvidence:
    @story(
        *(
            event("AAA", "planned_completion", date, precision=precision, source=source)
            for date, precision, source in (
                ("2017-12-31", "year", "state@2014-01-31"),
                ("2018-06-30", "month", "state@2015-01-31"),
                ("2016-12-31", "day", "state@2013-01-31"),
                ("2016-01-01", "day", "press@"),
            )
        )
    )
    def test_the_newest_announced_date_is_the_one_published_last(self, row: Record) -> None:
        assert row["planned_completion"] == pd.Timestamp("2018-06-30")
        assert row["planned_precision"] == "month"
        assert row["planned_on"] == pd.Timestamp("2015-01-31")

    @story(
        number("retained", 9, "2013-12-31"),
        number("retained", 7),
        number("retained", 700, "2015-03-31", unit=SUBMUNITIONS),
    )
    def test_retained_is_the_newest_figure_of_the_first_unit(self, row: Record) -> None:
        assert row["retained"] == 7

    SEEN: ClassVar[list[tuple[Row, str | None]]] = [
        (number("remaining", 5, "2013-05-31"), "2013-05-31"),
        (number("remaining", 0, "2013-05-31"), None),
        (number("declared", 5, "2013-05-31"), None),
        # What was destroyed in a period was there when it began.
        (number("destroyed", 5, "2013-12-31", start="2013-01-01"), "2013-01-01"),
        (event("AAA", "reopened", "2013-05-31", source=SOURCE), "2013-05-31"),
        # Who announces a date has stock on the day of doing so.
        (event("AAA", "planned_completion", "2017-12-31", source=SOURCE), "2015-04-30"),
        (event("AAA", "planned_completion", "2014-12-31", source=SOURCE), None),
    ]

    @stories(*([row] for row, _ in SEEN))
    def test_stock_is_seen_by_whoever_speaks_of_it(self, rows: Rows) -> None:
        days = [row["stock_seen"] for row in rows]
        iso = [None if pd.isna(day) else day.strftime("%Y-%m-%d") for day in days]
        assert iso == [seen for _, seen in self.SEEN]

    @story(
        number("declared", 9, "2010-12-31"),
        number("declared", 9, "2010-12-31", source="monitor@2015-09-01"),
        number("remaining", 5, "2013-05-31"),
        number("retained", 5, "2014-05-31", source="press@2015-09-01"),  # no stock to destroy
    )
    def test_reports_and_sources_are_counted(self, row: Record) -> None:
        assert (row["reports"], row["sources"]) == (2, 2)
        assert row["last_report"] == pd.Timestamp("2013-05-31")

    @story(number("declared", 9, ""))
    def test_an_undated_figure_speaks_of_the_day_of_its_source(self, row: Record) -> None:
        assert row["last_report"] == pd.Timestamp("2015-04-30")

    CLEAR: ClassVar[list[tuple[list[Row], bool]]] = [
        ([number("declared", 0)], True),
        ([number("declared", 6), number("retained", 6)], True),
        ([number("declared", 6)], False),
        ([number("declared", 0, "2018-08-02", source="state@2018-09-01")], False),
    ]

    @stories(*(rows for rows, _ in CLEAR))
    def test_clear_by_the_deadline(self, told: tuple[sp.Ledger, list[str]]) -> None:
        rows = standing(*told, "2019-06-30")
        assert [row["clear_by_deadline"] for row in rows] == [clear for _, clear in self.CLEAR]


def test_every_real_position_is_of_a_known_kind(treaty_ledger: sp.Ledger, rule: str) -> None:
    for day in ("2005-06-30", "2012-04-19", TODAY):
        rows = positions(treaty_ledger.as_of(day, rule))
        assert set(rows["stock"]) <= STOCKS
        assert set(rows["unit"]) <= {"", "unspecified", *treaty_ledger.treaty.units}
        gone = rows["stock"] == "gone"
        assert rows.loc[gone, "completed"].notna().all()
        assert (rows.loc[gone, "completed"] <= pd.Timestamp(day)).all()
        assert rows.loc[~gone, "completed"].isna().all()
        assert not (rows.loc[gone, "remaining"] > 0).any()
        assert (rows["last_report"].dropna() <= pd.Timestamp(day)).all()
        assert rows["share_destroyed"].dropna().between(0, 1).all()
