"""The form of results: what they are of, and how what is missing or has an order is told."""

import core
import pandas as pd
import pytest

import stockpile as sp
from stockpile.common.frames import plain
from stockpile.compliance.scorecard import tally, with_groups

DAY = "2019-12-31"
OF_STATES = (
    "status progress statements conflicts project chances membership transparency legislation "
    "views allegations scorecard"
).split()


#: Results that are no frame: what a day says, and what changed between two.
OF_DAYS = {"snapshot", "read_snapshot", "what_changed"}
SINCE = "2017-12-31"


def frames_of(name, then):
    """The frames that a public result function gives out, with the days they are of."""
    if name in ("ratings_by_day", "rating_history"):
        return [(getattr(sp, name)(then, [DAY]), DAY)]
    if name == "chance_changes":
        return [(sp.chance_changes(then, then.as_of(SINCE)), DAY)]
    if name not in OF_DAYS:
        return [(getattr(sp, name)(then), DAY)]
    before, now = (sp.snapshot(then.as_of(day)) for day in (SINCE, DAY))
    if name == "what_changed":
        found = sp.what_changed(before, now)
        parts = ("ratings", "restated", "statements", "deadlines")
        return [
            *((getattr(found, part), DAY) for part in parts),
            (found.withdrawn_statements, SINCE),
        ]
    return [(getattr(now, part), DAY) for part in ("status", "progress", "statements")]


@pytest.mark.parametrize("name", sorted({*sp.results.__all__} - {"read_snapshot"}))
def test_every_result_says_what_it_is_of(ccm, name):
    for frame, day in frames_of(name, ccm.as_of(DAY)):
        assert list(frame.columns[:2]) == ["treaty", "as_of"]
        assert set(frame["treaty"]) <= {"ccm"} and set(frame["as_of"]) <= {pd.Timestamp(day)}
        more = {"since": SINCE} if name == "what_changed" else {}
        assert frame.attrs == more | {
            "treaty": "ccm",
            "as_of": day,
            "rule": "reported",
            "version": sp.__version__,
            "data_version": ccm.data_version,
            "data_hash": ccm.data_hash,
        }
        texts = frame.select_dtypes("str")
        assert not texts.eq("").any().any()


@pytest.mark.parametrize("name", OF_STATES)
def test_a_result_is_the_frame_of_the_library_in_another_form(ccm, name):
    """The library's own form comes back: the pages and charts draw from it."""
    then = ccm.as_of(DAY)
    frame = getattr(sp, name)(then)
    inner = getattr(core, name)(then)
    back = plain(frame)[list(inner.columns)]
    pd.testing.assert_frame_equal(back, inner, check_like=True)


@pytest.mark.parametrize("name", OF_STATES)
def test_states_are_chosen_by_any_name(ccm, name):
    then = ccm.as_of(DAY)
    ask = getattr(sp, name)
    whole, some = ask(then), ask(then, states=["Bulgaria", "pe", "deu"])
    expected = whole[whole["iso3"].isin(["BGR", "PER", "DEU"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected)
    assert set(ask(then, states="UK")["iso3"]) <= {"GBR"}


def test_regions_of_the_world_stand_beside_the_states(ccm):
    then = ccm.as_of(DAY)
    card = sp.scorecard(then)
    assert list(card.columns[3:7]) == ["state", "region", "subregion", "un_group"]
    regions = {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    assert set(card["region"]) == regions and card["subregion"].notna().all()
    peru = sp.status(then, states="Peru").iloc[0]
    assert (peru["region"], peru["subregion"]) == ("Americas", "South America")
    counted = tally(with_groups(core.scorecard(then), "region", ccm.states), by="group")
    assert set(counted["group"]) == regions


def test_groups_of_the_united_nations_stand_beside_the_states():
    """Five groups; states that are members of none are left blank, and their names are known."""
    groups: dict[str, set[str]] = {}
    for treaty in sp.packaged():
        for iso3, group in sp.load(treaty).rows("states", "iso3", "un_group"):
            groups.setdefault(group, set()).add(iso3)
    assert groups.pop("") == {"COK", "NIU", "PSE", "USA", "VAT"}
    assert {name: len(states) for name, states in groups.items()} == {
        "African States": 53,
        "Asia-Pacific States": 53,
        "Eastern European States": 23,
        "Latin American and Caribbean States": 33,
        "Western European and other States": 28,
    }
    assert sum(map(len, groups.values())) == len(set().union(*groups.values()))  # each in one
    assert {"TUR", "ISR", "CAN"} <= groups["Western European and other States"]
    card = core.scorecard(sp.load("ccm").as_of(DAY))
    counted = tally(with_groups(card, "un_group", sp.load("ccm").states), by="group")
    assert {"African States", "no group"} < set(counted["group"])


def test_tables_without_regions_leave_them_missing(small):
    ledger = small([], [], states=["AAA"])
    assert sp.status(ledger.as_of(DAY))["region"].isna().all()


def test_ratings_and_evidence_have_an_order(ccm):
    rated = sp.status(ccm.as_of(DAY))
    assert rated["status"].min() == "unconfirmed" or rated["status"].min() in sp.RATINGS[:4]
    assert rated.sort_values("status")["status"].iloc[-1] == "no obligation"
    assert (rated["evidence"] >= "fair").any()
    assert rated["unit"].isna().any()


def test_what_has_stock_left_is_told_from_what_had_some(ccm):
    rated = sp.status(ccm.as_of("2026-06-30"))
    assert (rated["had_stock"] | ~rated["stock_left"]).all()
    parties = rated[rated["membership"] == "State Party"]
    assert parties["had_stock"].sum() > 30 and not parties["stock_left"].any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ccm", r"got str; did you mean sp.load\('ccm'\).as_of\(...\)\?"),
        (pd.DataFrame(), r"got DataFrame; did you mean sp.load\(...\).as_of\(...\)\?"),
    ],
)
def test_what_is_no_ledger_is_refused(given, message):
    for name in OF_STATES:
        with pytest.raises(TypeError, match="expected a ledger"):
            getattr(sp, name)(given)
    for ask in (sp.status, sp.totals, sp.by_year, sp.extensions, sp.snapshot):
        with pytest.raises(TypeError, match=message):
            ask(given)
    with pytest.raises(TypeError, match="expected two snapshots, got"):
        sp.what_changed(given, given)


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ("Grmany", r"no state 'Grmany'; .* did you mean DEU \(Germany\)\?"),
        (["Peru", "Congo"], r"no state 'Congo'; expected COD .* or COG"),
        ("Liechtensteinn", "did you mean LIE"),
        ("", "no state ''"),
    ],
)
def test_a_state_that_is_none_is_refused(ccm, states, message):
    with pytest.raises(ValueError, match=message):
        sp.status(ccm.as_of(DAY), states=states)


def test_a_state_that_the_tables_do_not_have_is_refused(small):
    with pytest.raises(ValueError, match=r"PER \(peru\) is not among the states of demo"):
        sp.status(small([], []).as_of(DAY), states="peru")


def test_thresholds_are_no_mapping(ccm):
    with pytest.raises(TypeError, match=r"thresholds is \{.*expected Thresholds\(on_target="):
        sp.status(ccm.as_of(DAY), {"on_target": 0.8})
