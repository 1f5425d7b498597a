"""Totals and years: nothing is added up that must not be, and no year is made up."""

import math

import pandas as pd
import pytest
from smalltreaty import consents, event, quantity, side_by_side

import stockpile as sp

NOW = "2020-06-30"
#: What is told of each state: the first four are those of one question each.
STORIES = [
    [  # a year of its own, and one that cannot be told from the next
        consents("AAA"),
        quantity("AAA", "declared", 103, source="state@2011-01-31"),
        quantity("AAA", "destroyed", 41, "2012-12-31", start="2012-01-01",
                 source="state@2013-04-30"),
        quantity("AAA", "destroyed_total", 81, "2014-12-31", source="state@2015-04-30"),
        event("AAA", "completed", "2016-05-31", source="state@2016-06-30"),
    ],
    [  # more destroyed than declared
        consents("AAA"),
        quantity("AAA", "declared", 103, source="state@2011-01-31"),
        quantity("AAA", "destroyed_total", 131, "2014-12-31", source="state@2015-04-30"),
    ],
    [  # nobody gave a figure
        consents("AAA"),
        event("AAA", "completed", "2016-05-31", source="state@2016-06-30"),
    ],
]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    ledger, codes = side_by_side(tmp_path_factory.mktemp("amounts"), STORIES)
    return ledger.as_of(NOW), codes


@pytest.mark.usefixtures("alone")
def test_a_year_has_a_number_only_where_it_can_be_told_apart(told):
    then, (iso3, *_) = told
    years = sp.by_year(then, unit="cluster_munitions", states=iso3).set_index("year")
    assert years.loc[2012, ["told_apart", "destroyed_in_year"]].tolist() == [True, 41.0]
    for year in (2013, 2014):
        assert not years.loc[year, "told_apart"]
        assert math.isnan(years.loc[year, "destroyed_in_year"])
    low, high = "destroyed_in_year_low", "destroyed_in_year_high"
    assert years.loc[[2013, 2014], high].max() <= 62  # of 103, 41 were gone by then
    assert years.loc[2019, [low, high]].tolist() == [0.0, 0.0]
    assert years.loc[2019, "remaining_high"] == 0
    assert years[low].sum() <= 103 <= years[high].sum()
    assert years.index.is_monotonic_increasing and years.index[-1] == 2020


@pytest.mark.usefixtures("alone")
def test_totals_name_what_goes_beyond_and_what_nobody_counted(told):
    then, (iso3, beyond, _) = told
    row = sp.totals(then).set_index("unit").loc["cluster_munitions"]
    assert (row["states"], row["states_without_figure"]) == (2, 1)
    assert (row["declared"], row["destroyed"], row["excess"]) == (206, 234, 28)
    assert row["excess_states"] == beyond and row["share_destroyed"] == 1
    assert math.isnan(row["destroyed_high"]) and row["remaining_high"] == 103
    alone = sp.totals(then, states=iso3).set_index("unit").loc["cluster_munitions"]
    assert (alone["destroyed"], alone["destroyed_high"], alone["excess"]) == (103, 103, 0)


@pytest.mark.parametrize("day", ["2012-04-19", "2026-06-30"])
@pytest.mark.parametrize("treaty", ["ccm", "apmbc", "cwc"])
def test_ranges_hold_what_they_are_of(treaty, day):
    then = sp.load(treaty).as_of(day)
    years = sp.by_year(then)
    for name in ("destroyed_in_year", "destroyed_to_date", "remaining"):
        assert (years[f"{name}_low"] >= 0).all()
        assert not (years[f"{name}_high"] < years[f"{name}_low"]).any(), name
    apart = years["told_apart"]
    assert years["destroyed_in_year"].notna().equals(apart)
    # What was destroyed by now lies between the sums of the years' ends.
    sums = years.groupby(["iso3", "unit"])
    last = sums[["destroyed_to_date_low", "destroyed_to_date_high"]].last()
    ends = sums[["destroyed_in_year_low", "destroyed_in_year_high"]].sum(min_count=1)
    assert not (ends["destroyed_in_year_low"] > last["destroyed_to_date_high"] + 1e-6).any()
    figures = sp.totals(then).set_index("unit")
    by_unit = sums["destroyed_to_date"].last().groupby("unit").sum()
    for unit, total in by_unit.items():
        assert figures.loc[unit, "destroyed"] == pytest.approx(total)
    assert (figures["share_destroyed"].dropna() <= 1).all()


def test_another_unit_is_refused(ccm):
    with pytest.raises(ValueError, match="unit is 'mines'; expected one of cluster_munitions"):
        sp.by_year(ccm.as_of(NOW), unit="mines")


def test_extensions_are_the_chain_of_deadlines(ccm):
    then = ccm.as_of("2026-06-30")
    longer, rated = sp.extensions(then), sp.status(then).set_index("iso3")
    now = longer[longer["in_force"]].set_index("iso3")["new_deadline"]
    extended = rated[rated["deadline_basis"] == "extended"]["deadline"]
    pd.testing.assert_series_equal(now, extended, check_names=False)
    peru = sp.extensions(ccm.as_of("2020-12-31"), states="PER")
    assert peru["outcome"].tolist() == ["asked for"] and not peru["in_force"].any()
    assert peru["asked"].notna().all() and peru["granted"].isna().all()


def test_the_rating_of_a_past_day_is_that_of_the_day(ccm):
    days = ["2016-12-31", "2012-04-19"]
    past = sp.rating_history(ccm, days, states=["bulgaria", "Peru"])
    assert past["iso3"].tolist() == ["BGR", "BGR", "PER", "PER"]
    for day in days:
        rated = sp.status(ccm.as_of(day), states=["BGR", "PER"])
        of_day = past[past["as_of"] == day]
        assert of_day["status"].tolist() == rated["status"].tolist()
        assert of_day["reason"].tolist() == rated["reason"].tolist()
    assert len(sp.rating_history(ccm, "2012-04-19")) == len(ccm.states)
    assert sp.rating_history(ccm, []).empty
    with pytest.raises(ValueError, match="after that of the ledger"):
        sp.rating_history(ccm.as_of("2012-04-19"), "2013-01-01")
