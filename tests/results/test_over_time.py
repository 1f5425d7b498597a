"""The ratings replayed."""

import pandas as pd
import pytest

import stockpile as sp
from stockpile.common.columns import column_names
from stockpile.results.over_time import half_years, ratings_by_day


def test_each_day_is_rated_with_what_was_known_then(ccm):
    days = ["2018-06-30", "2012-04-19"]
    counts = ratings_by_day(ccm, days)
    assert list(counts.columns) == ["treaty", "as_of", *column_names("ratings_by_day")]
    assert counts["as_of"].drop_duplicates().tolist() == [pd.Timestamp(d) for d in sorted(days)]
    for day in days:
        rated = sp.status(ccm.as_of(day))
        rated = rated[rated["had_stock"]]
        got = counts[counts["as_of"] == day].set_index("rating")["states"]
        assert got.to_dict() == rated["status"].astype("str").value_counts().to_dict()
        assert list(got.index) == [r for r in sp.RATINGS if r in got.index]
    # A ledger that was cut on a later day says the same of an earlier one.
    pd.testing.assert_frame_equal(ratings_by_day(ccm.as_of("2019-01-01"), days), counts)


def test_all_states_can_be_counted(ccm):
    counts = ratings_by_day(ccm, ["2012-04-19"], with_stock=False)
    assert counts["states"].sum() == len(sp.status(ccm.as_of("2012-04-19")))


def test_a_day_that_the_ledger_does_not_know_is_refused(ccm):
    with pytest.raises(ValueError, match="day 2013-01-01 is after that of the ledger, 2012-04-19"):
        ratings_by_day(ccm.as_of("2012-04-19"), ["2012-01-01", "2013-01-01"])


def test_half_years_end_with_the_ledgers_own_day(ccm):
    days = half_years(ccm.as_of("2012-04-19"))
    assert [f"{day:%Y-%m-%d}" for day in days] == [
        "2010-12-31",
        "2011-06-30",
        "2011-12-31",
        "2012-04-19",
    ]
    assert half_years(ccm)[-1] == ccm.newest


def test_no_days_make_no_rows(ccm):
    counts = ratings_by_day(ccm, [])
    assert counts.empty and counts["states"].dtype == "int64"
