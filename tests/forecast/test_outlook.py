"""What readers ask of a projection: how many will miss, what a date would change, and why."""

from __future__ import annotations

import numpy as np
import pytest

import stockpile as sp


@pytest.fixture(scope="module")
def then(ccm: sp.Ledger) -> sp.Ledger:
    return ccm.as_of("2016-01-01")


def test_the_shared_factor_makes_none_or_many_likelier(then: sp.Ledger) -> None:
    found = sp.missing_counts(then)
    number, chance, alone = (found[name].to_numpy(float) for name in ("missing", "chance", "alone"))
    assert chance.sum() == pytest.approx(1) and alone.sum() == pytest.approx(1)
    mean = (number * chance).sum()
    assert mean == pytest.approx((number * alone).sum(), rel=0.01)
    spread, spread_alone = (((number - mean) ** 2 * p).sum() for p in (chance, alone))
    assert spread > spread_alone * 1.05 and chance[0] > alone[0]
    one = sp.missing_counts(then, states="Peru").set_index("missing")["chance"]
    in_time = sp.project(then, states="Peru")["p_on_time"].item()
    assert one[0] == pytest.approx(in_time, abs=1e-3)
    assert len(sp.missing_counts(then, "2016-06-30")) == 1, "no deadline lies before it"


def test_a_date_that_a_state_might_announce_is_a_scenario(then: sp.Ledger) -> None:
    plain, late = (
        sp.chances(then, years=6, own_dates=dates).set_index(["iso3", "year"])["chance_by"]
        for dates in (None, {"Peru": "2025-12-31"})
    )
    assert late["PER", 2020] <= 0.25 < plain["PER", 2020]  # its deadline was 1 March 2021
    assert late.drop("PER").equals(plain.drop("PER"))
    with pytest.raises(ValueError, match="own_dates names NOR, which is given no projection"):
        sp.chances(then, own_dates={"Norway": "2025-12-31"})


def test_the_parts_of_a_change_add_up(ccm: sp.Ledger, then: sp.Ledger) -> None:
    now = ccm.as_of("2016-07-01")
    why = sp.chance_changes(now, then)
    parts = why[["time", "own_date", "own_stock", "others"]]
    assert len(why) > 5 and np.allclose(why["chance_before"] + parts.sum(axis=1), why["chance"])
    known = sp.project(now).set_index("iso3")["p_on_time"]
    assert np.allclose(why["chance"], known[why["iso3"]])
    assert (why["time"] <= 1e-12).all(), "time alone never raises a chance"
    with pytest.raises(ValueError, match="before is ccm as of 2016-07-01; expected ccm as of 2016"):
        sp.chance_changes(then, now)
