"""The past as seen from every half-year: what was known, and what came."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from smalltreaty import Row, consents, event, quantity

import stockpile as sp
from stockpile.history import LANDMARK_COLUMNS, YEAR, announcements, landmarks
from stockpile.position import positions
from stockpile.progress import reconcile_all

Small = Callable[..., sp.Ledger]


def seen(ledger: sp.Ledger, day: str) -> pd.DataFrame:
    then = ledger.as_of(day)
    found = reconcile_all(then)
    return landmarks(then, positions(then, found), found)


def figures(*more: Row) -> list[Row]:
    return [quantity("AAA", "declared", 100, "2011-01-28", source="state@2011-01-28"), *more]


class TestLandmarks:
    def test_stand_from_the_first_figure_to_the_end(self, small: Small) -> None:
        done = event("AAA", "completed", "2012-12-15", source="state@2012-12-20")
        marks = seen(small(figures(), [consents("AAA"), done]), "2020-01-01")
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

    def test_measure_the_allowed_time_from_entry_into_force(self, small: Small) -> None:
        first = seen(small(figures(), [consents("AAA")]), "2012-06-30").iloc[0]
        bound, due = pd.Timestamp("2010-08-01"), pd.Timestamp("2018-08-01")
        assert first["time_used"] == pytest.approx((first["day"] - bound) / (due - bound))
        assert first["to_deadline"] == pytest.approx((due - first["day"]).days / YEAR)

    def test_hold_what_was_destroyed_and_announced_by_then(self, small: Small) -> None:
        ledger = small(
            figures(
                quantity("AAA", "destroyed_total", 40, "2012-03-31", source="state@2012-04-30")
            ),
            [
                consents("AAA"),
                event("AAA", "planned_completion", "2014-12-31", source="state@2011-10-01"),
                event("AAA", "planned_completion", "2016-12-31", source="state@2012-05-01"),
            ],
        )
        marks = seen(ledger, "2013-01-01").set_index("day")
        assert marks["share"].tolist() == [0.0, 0.0, 0.4]
        plans = marks["to_plan"]
        assert np.isnan(plans.iloc[0])
        assert plans.iloc[1] == pytest.approx(3.0, abs=0.01)
        assert plans.iloc[2] == pytest.approx(4.5, abs=0.01)

    def test_count_an_extension_from_the_day_it_was_known(self, small: Small) -> None:
        granted = event(
            "AAA", "extension_granted", "2018-03-01", value="2020-08-01", source="state@2018-03-01"
        )
        late = quantity("AAA", "remaining", 60, "2018-12-31", source="state@2019-02-01")
        marks = seen(small(figures(late), [consents("AAA"), granted]), "2019-07-02")
        due = (marks["day"] + pd.to_timedelta(marks["to_deadline"] * YEAR, unit="D")).dt.round("D")
        moved = marks["day"] >= pd.Timestamp("2018-03-01")
        assert moved.any() and (~moved).any()
        assert (due[~moved] == pd.Timestamp("2018-08-01")).all()
        assert (due[moved] == pd.Timestamp("2020-08-01")).all()

    def test_end_two_years_after_the_last_word(self, small: Small) -> None:
        marks = seen(small(figures(), [consents("AAA")]), "2020-01-01")
        assert marks["day"].max() == pd.Timestamp("2013-01-01")
        assert not marks["finished"].any()
        assert marks["in_time"].isna().all(), "nobody knows whether it met its deadline"

    def test_a_stock_seen_after_the_deadline_was_not_in_time(self, small: Small) -> None:
        late = quantity("AAA", "remaining", 60, "2018-12-31", source="state@2019-02-01")
        marks = seen(small(figures(late), [consents("AAA")]), "2019-07-01")
        assert (marks["in_time"] == 0).all()

    def test_leave_out_who_was_never_at_risk(self, small: Small) -> None:
        early = event("AAA", "completed", "2009-12-15", source="state@2009-12-20")
        assert seen(small(figures(), [consents("AAA"), early]), "2020-01-01").empty
        none = [quantity("AAA", "declared", 0, "2011-01-28", source="state@2011-01-28")]
        assert seen(small(none, [consents("AAA")]), "2020-01-01").empty
        assert seen(small(figures(), []), "2020-01-01").empty, "not bound"

    def test_keep_their_columns_when_there_are_none(self, small: Small) -> None:
        marks = seen(small([], [consents("AAA")]), "2020-01-01")
        assert list(marks.columns) == LANDMARK_COLUMNS
        assert marks["until"].dtype == "float64"

    def test_on_the_record_lie_before_what_came(self, treaty_ledger: sp.Ledger) -> None:
        marks = seen(treaty_ledger, "2026-06-30")
        assert (marks["until"] > 0).all()
        assert marks["share"].between(0, 1).all()
        assert marks.groupby("iso3")["finished"].nunique().eq(1).all()


class TestAnnouncements:
    def test_are_kept_missed_or_open(self, small: Small) -> None:
        plans = [
            event("AAA", "planned_completion", day, source=f"state@{said}")
            for day, said in (
                ("2012-12-31", "2011-06-01"),
                ("2014-12-31", "2012-06-01"),
                ("2014-12-31", "2013-06-01"),
            )
        ]
        done = event("AAA", "completed", "2014-06-15", source="state@2014-06-20")
        still = event("BBB", "planned_completion", "2030-12-31", source="state@2013-06-01")
        then = small(figures(), [consents("AAA"), consents("BBB"), done, still, *plans])
        told = announcements(then.as_of("2020-01-01"), positions(then.as_of("2020-01-01")))
        assert told["iso3"].tolist() == ["AAA", "AAA", "BBB"]
        assert told["kept"].tolist()[:2] == [0.0, 1.0]
        assert np.isnan(told["kept"].iloc[2])
        assert told["announced"].iloc[1] == pd.Timestamp("2012-06-01"), "the first time it was said"
