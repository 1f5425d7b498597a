"""Every known statement is there, with the part that the figures give it."""

from __future__ import annotations

import core
import pandas as pd
import pytest
from smalltreaty import consents, event, quantity

from stockpile.stock.obligations import deadlines
from stockpile.stock.progress import STATEMENT_COLUMNS

pytestmark = pytest.mark.usefixtures("alone")

AAA = consents("AAA")


def events_of(told: pd.DataFrame, figure: str) -> pd.DataFrame:
    return told[told["figure"] == figure].set_index("source_id")


@pytest.mark.parametrize("day", ["2007-06-30", "2013-10-01", "2026-06-30"])
def test_each_known_row_is_there_with_a_role(treaty_ledger, rule, day):
    then = treaty_ledger.as_of(day, rule)
    told = core.statements(then)
    assert list(told.columns) == STATEMENT_COLUMNS
    assert set(told["role"]) <= {"used", "agrees", "set aside"}
    assert (told["why"].str.len() > 0).all()
    for table, measure in ((then.quantities, "measure"), (then.events, "event")):
        known = set(zip(table["iso3"], table[measure], table["source_id"], strict=True))
        there = set(zip(told["iso3"], told["figure"], told["source_id"], strict=True))
        assert known <= there
    assert len(told) >= len(then.quantities) + len(then.events)


def test_what_stands_behind_the_figures_is_as_progress_tells(ccm):
    then = ccm.as_of("2022-06-30")
    told = core.statements(then)
    behind = told[(told["unit"] != "") | told["figure"].isin(["completed", "reopened"])]
    plain = behind.drop(columns="new_deadline").reset_index(drop=True)
    pd.testing.assert_frame_equal(plain, core.progress(then, explain=True))


def test_a_deadline_stated_wrongly_is_set_aside_for_the_rule(ccm):
    told = core.statements(ccm.as_of("2026-06-30")).query("iso3 == 'BGR'")
    stated = events_of(told, "deadline_stated")
    wrong = stated.loc["cmm2015-bgr-profile"]
    assert (wrong["role"], wrong["why"]) == ("set aside", "the rule gives 2019-10-01")
    assert stated.loc["cmm2023-bgr-profile", "role"] == "used"


def test_each_link_of_a_chain_has_a_statement_that_it_rests_on(treaty_ledger):
    then = treaty_ledger.as_of("2026-06-30")
    told, chain = core.statements(then), deadlines(then)
    used = told[(told["role"] == "used") & told["figure"].str.contains("deadline_stated|extension")]
    for link in chain[chain["basis"] != "computed"].itertuples():
        own = used[used["iso3"] == link.iso3]
        assert set(own["source_id"]) & set(link.sources.split()), link


def test_requests_are_told_apart(small):
    rows = [
        AAA,
        event("AAA", "extension_requested", "2017-01-31", value="2019-08-01",
              source="state@2017-02-01"),
        event("AAA", "extension_requested", "2017-03-31", source="state@2017-04-01"),
        event("AAA", "extension_requested", "2017-05-31", value="2016-01-31",
              source="state@2017-06-01"),
    ]  # fmt: skip
    asked = events_of(core.statements(small([], rows).as_of("2017-12-31")), "extension_requested")
    assert asked["role"].to_dict() == {
        "state@2017-02-01": "used",
        "state@2017-04-01": "agrees",
        "state@2017-06-01": "set aside",
    }
    granted = event(
        "AAA", "extension_granted", "2017-12-01", value="2019-08-01", source="state@2017-12-02"
    )
    later = small([], [*rows, granted]).as_of("2017-12-31")
    asked = events_of(core.statements(later), "extension_requested")
    assert asked.loc["state@2017-02-01", "why"] == "asked for, and granted"


def test_a_month_that_only_a_request_makes_precise_is_still_used(small):
    rows = [
        AAA,
        event("AAA", "extension_requested", "2017-01-31", value="2019-08-10",
              source="state@2017-02-01"),
        event("AAA", "extension_granted", "2017-03-31", value="2019-08", source="state@2017-04-01"),
    ]  # fmt: skip
    then = small([], rows).as_of("2017-12-31")
    granted = events_of(core.statements(then), "extension_granted").loc["state@2017-04-01"]
    assert (granted["role"], granted["why"]) == ("used", "extended deadline")


def test_of_announced_dates_the_newest_counts(small):
    rows = [
        AAA,
        event("AAA", "planned_completion", "2015-12-31", source="state@2012-01-01"),
        event("AAA", "planned_completion", "2016-12-31", source="state@2014-01-01"),
        event("AAA", "planned_completion", "2016-12-31", source="press@2013-01-01"),
    ]
    told = core.statements(small([], rows).as_of("2015-01-01"))
    plans = events_of(told, "planned_completion")["role"].to_dict()
    assert plans == {
        "state@2012-01-01": "set aside",
        "press@2013-01-01": "agrees",
        "state@2014-01-01": "used",
    }


def test_consent_and_entry_into_force_that_disagree(small):
    rows = [
        AAA,
        event("AAA", "consented", "2010-02-18", value="ratification", source="press@2010-03-01"),
        event("AAA", "entered_into_force", "2010-08-01", source="monitor@2011-01-01"),
        event("AAA", "entered_into_force", "2010-09-01", source="press@2011-01-01"),
        event("BBB", "entered_into_force", "2011-09-01", source="monitor@2012-01-01"),
    ]
    told = core.statements(small([], rows).as_of("2012-06-30"))
    acts = told.set_index(["iso3", "figure", "source_id"])["role"]
    assert acts["AAA", "consented", AAA["source_id"]] == "used"
    assert acts["AAA", "consented", "press@2010-03-01"] == "set aside"
    assert acts["AAA", "entered_into_force", "monitor@2011-01-01"] == "agrees"
    assert acts["AAA", "entered_into_force", "press@2011-01-01"] == "set aside"
    assert acts["BBB", "entered_into_force", "monitor@2012-01-01"] == "used"


def test_a_later_row_has_no_part(ccm):
    early = ccm.as_of("2015-01-01")
    direct, through = (
        core.statements(early),
        core.statements(ccm.as_of("2020-01-01").as_of(early.day)),
    )
    pd.testing.assert_frame_equal(direct, through)


def test_of_nothing_known_there_is_nothing(small):
    row = quantity("AAA", "declared", 5, "2012-01-31", source="state@2012-04-30")
    then = small([row], [AAA]).as_of("1990-01-01")
    told = core.statements(then)
    assert told.empty and list(told.columns) == STATEMENT_COLUMNS
