"""The past as seen from every half-year: what was known, and what came."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from smalltreaty import Row, event, quantity

import stockpile as sp
from stockpile.common.columns import inner_types
from stockpile.forecast.history import YEAR, announcements, landmarks

story, stories = pytest.mark.story, pytest.mark.stories


def figures(*more: Row) -> list[Row]:
    return [quantity("AAA", "declared", 100, "2011-01-28", source="state@2011-01-28"), *more]


DONE = event("AAA", "completed", "2012-12-15", source="state@2012-12-20")
LATE = quantity("AAA", "remaining", 60, "2018-12-31", source="state@2019-02-01")


@pytest.fixture
def seen(told: tuple[sp.Ledger, list[str]]) -> Callable[[str], pd.DataFrame]:
    """The landmarks of the stories of a test, as of a day."""
    ledger, states = told

    def of(day: str) -> pd.DataFrame:
        marks = landmarks(ledger.as_of(day))
        return marks[marks["iso3"].isin(states)].reset_index(drop=True)

    return of


Seen = Callable[[str], pd.DataFrame]


class TestLandmarks:
    @story(*figures(DONE))
    def test_stand_from_the_first_figure_to_the_end(self, seen: Seen) -> None:
        marks = seen("2020-01-01")
        assert marks["day"].dt.strftime("%Y-%m-%d").tolist() == [
            "2011-07-01",
            "2012-01-01",
            "2012-07-01",
        ]
        last = marks.iloc[-1]
        assert last["until"] == pytest.approx(
            (pd.Timestamp("2012-12-15") - last["day"]).days / YEAR
        )
        assert (last["finished"], last["in_time"]) == (True, 1.0)

    @story(*figures())
    def test_measure_the_allowed_time_from_entry_into_force(self, seen: Seen) -> None:
        first = seen("2012-06-30").iloc[0]
        bound, due = pd.Timestamp("2010-08-01"), pd.Timestamp("2018-08-01")
        assert first["time_used"] == pytest.approx((first["day"] - bound) / (due - bound))
        assert first["to_deadline"] == pytest.approx((due - first["day"]).days / YEAR)

    @story(
        *figures(quantity("AAA", "destroyed_total", 40, "2012-03-31", source="state@2012-04-30")),
        event("AAA", "planned_completion", "2014-12-31", source="state@2011-10-01"),
        event("AAA", "planned_completion", "2016-12-31", source="state@2012-05-01"),
    )
    def test_hold_what_was_destroyed_and_announced_by_then(self, seen: Seen) -> None:
        marks = seen("2013-01-01").set_index("day")
        assert marks["share"].tolist() == [0.0, 0.0, 0.4]
        plans = marks["to_plan"]
        assert np.isnan(plans.iloc[0])
        assert plans.iloc[1] == pytest.approx(3.0, abs=0.01)
        assert plans.iloc[2] == pytest.approx(4.5, abs=0.01)

    @story(
        *figures(LATE),
        event(
            "AAA", "extension_granted", "2018-03-01", value="2020-08-01", source="state@2018-03-01"
        ),
    )
    def test_count_an_extension_from_the_day_it_was_known(self, seen: Seen) -> None:
        marks = seen("2019-07-02")
        due = (marks["day"] + pd.to_timedelta(marks["to_deadline"] * YEAR, unit="D")).dt.round("D")
        moved = marks["day"] >= pd.Timestamp("2018-03-01")
        assert moved.any() and (~moved).any()
        assert (due[~moved] == pd.Timestamp("2018-08-01")).all()
        assert (due[moved] == pd.Timestamp("2020-08-01")).all()

    @story(*figures())
    def test_end_two_years_after_the_last_word(self, seen: Seen) -> None:
        marks = seen("2020-01-01")
        assert marks["day"].max() == pd.Timestamp("2013-01-01")
        assert not marks["finished"].any()
        assert marks["in_time"].isna().all(), "nobody knows whether it met its deadline"

    @story(*figures(LATE))
    def test_a_stock_seen_after_the_deadline_was_not_in_time(self, seen: Seen) -> None:
        marks = seen("2019-07-01")
        assert (marks["in_time"] == 0).all()

    @stories(
        figures(event("AAA", "completed", "2009-12-15", source="state@2009-12-20")),
        [quantity("AAA", "declared", 0, "2011-01-28", source="state@2011-01-28")],
    )
    def test_leave_out_who_was_never_at_risk(self, seen: Seen) -> None:
        assert seen("2020-01-01").empty

    @story(*figures(), bound=False)
    def test_leave_out_who_is_not_bound(self, seen: Seen) -> None:
        assert seen("2020-01-01").empty

    def test_keep_their_columns_when_there_are_none(self, ccm: sp.Ledger) -> None:
        marks = landmarks(ccm.as_of("1950-01-01"))
        assert marks.empty
        assert list(marks.columns) == list(inner_types("landmarks"))
        assert marks["until"].dtype == "float64"

    def test_on_the_record_lie_before_what_came(self, treaty_ledger: sp.Ledger) -> None:
        marks = landmarks(treaty_ledger.as_of("2026-06-30"))
        assert (marks["until"] > 0).all()
        assert marks["share"].between(0, 1).all()
        assert marks.groupby("iso3")["finished"].nunique().eq(1).all()


class TestAnnouncements:
    @stories(
        figures(
            event("AAA", "completed", "2014-06-15", source="state@2014-06-20"),
            *(
                event("AAA", "planned_completion", day, source=f"state@{said}")
                for day, said in (
                    ("2012-12-31", "2011-06-01"),
                    ("2014-12-31", "2012-06-01"),
                    ("2014-12-31", "2013-06-01"),
                )
            ),
        ),
        [event("AAA", "planned_completion", "2030-12-31", source="state@2013-06-01")],
    )
    def test_are_kept_missed_or_open(self, told: tuple[sp.Ledger, list[str]]) -> None:
        ledger, (one, other) = told
        found = announcements(ledger.as_of("2020-01-01"))
        found = found[found["iso3"].isin([one, other])].reset_index(drop=True)
        assert found["iso3"].tolist() == [one, one, other]
        assert found["kept"].tolist()[:2] == [0.0, 1.0]
        assert np.isnan(found["kept"].iloc[2])
        first = found["announced"].iloc[1]
        assert first == pd.Timestamp("2012-06-01"), "the first time it was said"
