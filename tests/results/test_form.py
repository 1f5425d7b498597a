"""The form of results: what they are of, and how what is missing or has an order is told."""

import core
import pandas as pd
import pytest

import stockpile as sp
from stockpile.common.plain import plain
from stockpile.compliance.counts import tally, with_groups

DAY = "2019-12-31"
OF_STATES = (
    "status progress statements conflicts project chances membership transparency legislation "
    "views allegations scorecard"
).split()


@pytest.mark.parametrize("name", OF_STATES)
def test_every_result_says_what_it_is_of(ccm, name):
    then = ccm.as_of(DAY)
    frame = getattr(sp, name)(then)
    assert list(frame.columns[:2]) == ["treaty", "as_of"]
    assert set(frame["treaty"]) == {"ccm"} and set(frame["as_of"]) == {pd.Timestamp(DAY)}
    assert frame.attrs == {
        "treaty": "ccm",
        "as_of": DAY,
        "rule": "reported",
        "version": sp.__version__,
        "data_hash": ccm.data_hash,
    }
    texts = frame.select_dtypes("str")
    assert not texts.eq("").any().any()
    # The library's own form comes back: the pages and charts draw from it.
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
    assert list(card.columns[3:6]) == ["state", "region", "subregion"]
    regions = {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    assert set(card["region"]) == regions and card["subregion"].notna().all()
    peru = sp.status(then, states="Peru").iloc[0]
    assert (peru["region"], peru["subregion"]) == ("Americas", "South America")
    counted = tally(with_groups(core.scorecard(then), "region", ccm.states), by="group")
    assert set(counted["group"]) == regions


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
