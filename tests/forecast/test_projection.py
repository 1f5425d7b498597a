"""Distributions of completion dates: sound for any state, fitted on nothing but the past."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import core
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smalltreaty import consents, event, packaged_rows, quantity, write_rows

import stockpile as sp
from stockpile.forecast.history import LANDMARK_COLUMNS
from stockpile.forecast.projection import (
    HORIZON_YEARS,
    QUANTILE_COLUMNS,
    Rates,
    chance_by,
    fit,
    fit_all,
    forecast,
    years_to,
)
from stockpile.stock.position import positions

Small = Callable[..., sp.Ledger]

PRIOR = fit(pd.DataFrame(columns=LANDMARK_COLUMNS), "demo")
DAYS = ["2001-07-01", "2007-06-30", "2012-04-19", "2018-06-30", "2022-01-01"]


def one(due: float, plan: float = np.nan, share: float = 0.0, rates: Rates = PRIOR) -> pd.Series:
    """The forecast for one state."""
    return forecast(rates, np.array([due]), np.array([plan]), np.array([share])).iloc[0]


@pytest.fixture(scope="module")
def learnt() -> Rates:
    """Rates as they stand today, from both treaties."""
    return fit_all(sp.load("ccm").as_of("2026-06-30"))


years = st.floats(-6, 12, allow_nan=False)
shares = st.floats(0, 1)
plans = st.one_of(st.just(np.nan), st.floats(-4, 12, allow_nan=False))


class TestForecast:
    @pytest.mark.parametrize("rates", ["prior", "learnt"])
    @given(due=years, later=st.floats(0, 6), plan=plans, share=shares)
    def test_a_later_deadline_never_lowers_the_chance(
        self, rates: str, learnt: Rates, due: float, later: float, plan: float, share: float
    ) -> None:
        fitted = PRIOR if rates == "prior" else learnt
        sooner = one(due, plan, share, fitted)["p_on_time"]
        assert one(due + later, plan, share, fitted)["p_on_time"] >= sooner - 1e-12

    @pytest.mark.parametrize("rates", ["prior", "learnt"])
    @given(due=years, plan=plans, share=shares, more=shares)
    def test_more_destroyed_never_lowers_it(
        self, rates: str, learnt: Rates, due: float, plan: float, share: float, more: float
    ) -> None:
        fitted = PRIOR if rates == "prior" else learnt
        less, more = sorted((share, more))
        assert (
            one(due, plan, more, fitted)["p_on_time"] >= one(due, plan, less, fitted)["p_on_time"]
        )

    @given(due=years, plan=plans, share=shares)
    def test_quantiles_rise_from_now_on(self, due: float, plan: float, share: float) -> None:
        row = one(due, plan, share)
        found = row[list(QUANTILE_COLUMNS)].to_numpy(float)
        known = found[~np.isnan(found)]
        assert (known >= 0).all() and (np.diff(known) >= 0).all()
        assert np.isnan(found[len(known) :]).all(), "only the last quantiles may lie out of reach"
        assert (known <= HORIZON_YEARS).all()

    @given(due=st.floats(0.01, 12), plan=plans, share=shares, chance=st.floats(0.01, 0.99))
    def test_years_and_chances_are_each_others_inverse(
        self, due: float, plan: float, share: float, chance: float
    ) -> None:
        edges, hazard = PRIOR.segments(np.array([due]), np.array([plan]), np.array([share]))
        at = years_to(edges, hazard, chance)
        if not np.isnan(at[0]):
            assert chance_by(edges, hazard, at)[0] == pytest.approx(chance, abs=1e-9)

    def test_by_hand(self) -> None:
        """Two years from the deadline: one year of the early rate, then the last year's four."""
        early, half, quarter, weeks, month = np.exp(PRIOR.log_rates[:5])
        hazard = early + half / 2 + quarter / 4 + weeks * (1 / 4 - 1 / 12) + month / 12
        assert one(2.0)["p_on_time"] == pytest.approx(1 - np.exp(-hazard))
        assert one(2.0)["q10"] == pytest.approx(-np.log(0.9) / early)

    def test_a_deadline_that_has_passed_is_met_no_more(self) -> None:
        assert one(-0.01)["p_on_time"] == 0
        assert one(-0.01)["q50"] > 0, "but the work goes on"

    def test_an_announced_date_draws_the_end_to_it(self) -> None:
        with_plan, without = one(8.0, plan=3.0), one(8.0)
        assert with_plan["q10"] > without["q10"]
        assert with_plan["q90"] < without["q90"]
        assert 0 < with_plan["p_by_plan"] < 1
        assert np.isnan(without["p_by_plan"])
        assert np.isnan(one(8.0, plan=-1.0)["p_by_plan"]), "a date that has passed"

    def test_many_rows_are_those_of_each(self) -> None:
        rng = np.random.default_rng(3)
        due, share = rng.uniform(-3, 8, 45_000), rng.random(45_000)
        plan = np.where(rng.random(45_000) < 0.5, rng.uniform(-2, 8, 45_000), np.nan)
        whole = forecast(PRIOR, due, plan, share)
        assert len(whole) == 45_000
        for i in (0, 19_999, 20_000, 44_999):
            alone = one(due[i], plan[i], share[i])
            pd.testing.assert_series_equal(whole.iloc[i], alone, check_names=False)


class TestFit:
    def marks(self, **columns: object) -> pd.DataFrame:
        plain = {
            "treaty": "demo",
            "iso3": ["AAA", "BBB", "CCC", "DDD"],
            "day": pd.Timestamp("2012-01-01"),
            "time_used": 0.2,
            "to_deadline": 6.0,
            "to_plan": np.nan,
            "share": 0.0,
            "until": 1.0,
            "finished": True,
            "in_time": 1.0,
        }
        return pd.DataFrame(plain | columns)[LANDMARK_COLUMNS]

    def test_no_past_is_the_prior(self) -> None:
        assert (fit(self.marks().iloc[:0], "demo").log_rates == PRIOR.log_rates).all()

    def test_who_finishes_fast_raises_the_rate_and_who_does_not_lowers_it(self) -> None:
        fast = fit(self.marks(until=0.1), "demo")
        slow = fit(self.marks(until=4.9, finished=False), "demo")
        chances = [one(6.0, rates=r)["p_on_time"] for r in (slow, PRIOR, fast)]
        assert chances == sorted(chances) and len(set(chances)) == 3

    def test_the_unfinished_count_as_censored_not_as_missing(self) -> None:
        both = self.marks(until=[0.1, 0.1, 4.9, 4.9], finished=[True, True, False, False])
        done_alone = both[both["finished"]]
        assert (
            one(6.0, rates=fit(both, "demo"))["q50"]
            > one(6.0, rates=fit(done_alone, "demo"))["q50"]
        )

    def test_a_state_counts_once_however_often_it_was_seen(self) -> None:
        marks = self.marks(until=0.1)
        often = pd.concat([marks, *[marks[marks["iso3"] == "AAA"]] * 9])
        once = fit(marks, "demo").log_rates
        assert fit(often, "demo").log_rates == pytest.approx(once, abs=1e-6)

    def test_other_treaties_count_less(self) -> None:
        marks = self.marks(until=0.1)
        own = one(6.0, rates=fit(marks, "demo"))["p_on_time"]
        others = one(6.0, rates=fit(marks, "another"))["p_on_time"]
        assert one(6.0)["p_on_time"] < others < own

    def test_odd_states_do_not_turn_the_share_round(self) -> None:
        odd = self.marks(
            share=[0.9, 0.9, 0.0, 0.0], until=[5, 5, 0.05, 0.05], finished=[False] * 2 + [True] * 2
        )
        odd = pd.concat([odd.assign(iso3=odd["iso3"] + str(i)) for i in range(30)])
        rates = fit(odd, "demo")
        assert one(4.0, share=1.0, rates=rates)["p_on_time"] >= one(4.0, rates=rates)["p_on_time"]

    def test_does_not_depend_on_the_order_of_rows(self) -> None:
        marks = self.marks(until=[0.1, 0.7, 2.0, 5.0], finished=[True, True, True, False])
        mixed = fit(marks.sample(frac=1, random_state=1), "demo").log_rates
        assert mixed == pytest.approx(fit(marks, "demo").log_rates, abs=1e-12)


class TestProject:
    @pytest.mark.parametrize(("treaty", "day"), list(itertools.product(["ccm", "apmbc"], DAYS)))
    def test_gives_dates_to_those_with_stock_and_reasons_to_all(
        self, treaty: str, day: str
    ) -> None:
        then = sp.load(treaty).as_of(day)
        where, found = positions(then), core.project(then)
        left = (where["stock"] == "left") & (where["membership"] == "State Party")
        assert found["q50"].notna().equals(left) or found.loc[left, "q10"].notna().all()
        assert found.loc[~left, [*QUANTILE_COLUMNS, "p_on_time"]].isna().all(axis=None)
        assert found["p_on_time"].dropna().between(0, 1).all()
        assert (found["q10"].dropna() >= pd.Timestamp(day)).all()
        assert found["reason"].str.endswith(".").all()
        assert (found["comparables_in_time"] <= found["comparables"]).all()

    def test_names_the_reason_for_no_date(self, ccm: sp.Ledger) -> None:
        reasons = core.project(ccm.as_of("2026-06-30")).set_index("iso3")["reason"]
        assert reasons["GIN"] == "Nothing is on record of a stock of Guinea."
        assert reasons["CMR"] == "Cameroon keeps all it has for training."
        assert reasons["GBR"] == "United Kingdom has finished."
        assert reasons["LTU"] == "Lithuania has withdrawn from the treaty."
        assert reasons["AGO"] == "Angola is not yet bound by the treaty."
        assert reasons["NGA"] == "Nigeria has no stock."

    def test_says_what_the_dates_rest_on(self, ccm: sp.Ledger) -> None:
        row = core.project(ccm.as_of("2015-12-31")).set_index("iso3").loc["BGR"]
        count, timely = row["comparables"], row["comparables_in_time"]
        assert row["reason"] == (
            f"{timely} of {count} comparable states at this point finished in time; "
            "nothing destroyed on record; own target April 2019."
        )
        assert 0 < row["plans_kept"] < row["plans_past"]
        assert row["pace_needed"] == pytest.approx(
            1 / ((row["deadline"] - row["as_of"]).days / 365.25)
        )
        assert 0 <= row["pace_kept_by"] <= count

    def test_knows_only_what_was_known(self, tmp_path) -> None:
        """A folder without the rows that came later projects the same."""
        whole = sp.load("ccm")
        day = pd.Timestamp("2015-06-30")
        toml, tables = packaged_rows("ccm")
        for table in ("quantities", "events"):
            late = getattr(whole, table).query("known_reported > @day or known_reported.isna()")
            lines = set(late["line"] - 2)
            tables[table] = [row for i, row in enumerate(tables[table]) if i not in lines]
        cut = sp.load(write_rows(tmp_path / "ccm", toml, tables))
        pd.testing.assert_frame_equal(core.project(cut.as_of(day)), core.project(whole.as_of(day)))

    def test_the_scale_of_a_stock_does_not_matter(self, small: Small) -> None:
        def ledger(scale: int) -> sp.Ledger:
            return small(
                [
                    quantity(
                        "AAA", "declared", 100 * scale, "2011-01-28", source="state@2011-01-28"
                    ),
                    quantity(
                        "AAA",
                        "destroyed_total",
                        37 * scale,
                        "2012-03-31",
                        source="state@2012-04-30",
                    ),
                ],
                [consents("AAA")],
            )

        plain, scaled = (core.project(ledger(s).as_of("2013-01-01")) for s in (1, 7))
        pd.testing.assert_frame_equal(plain, scaled)

    def test_a_treaty_of_its_own_gets_sensible_answers(self, small: Small) -> None:
        figures = [
            quantity(code, "declared", 100, "2011-01-28", source="state@2011-01-28")
            for code in ("AAA", "BBB", "CCC")
        ]
        figures.append(
            quantity("BBB", "destroyed_total", 90, "2017-12-31", source="state@2018-01-15")
        )
        events = [consents(code) for code in ("AAA", "BBB")]
        found = core.project(small(figures, events).as_of("2018-01-30")).set_index("iso3")
        assert 0.2 < found.loc["AAA", "p_on_time"] < found.loc["BBB", "p_on_time"] < 1
        assert np.isnan(found.loc["CCC", "p_on_time"]), "it never joined"

    def test_needs_no_history_but_uses_what_it_is_given(
        self, ccm: sp.Ledger, apmbc: sp.Ledger
    ) -> None:
        day = "2012-04-19"
        then = ccm.as_of(day)
        default = core.project(then)["p_on_time"]
        given_ = core.project(then, history=[apmbc.as_of(day), sp.load("cwc").as_of(day)])
        given_ = given_["p_on_time"]
        alone = core.project(then, history=[])["p_on_time"]
        pd.testing.assert_series_equal(default, given_)
        assert (default.dropna() != alone.dropna()).all()

    def test_an_extension_on_the_way_raises_the_chance(self, small: Small) -> None:
        figures = [quantity("AAA", "declared", 100, "2017-01-28", source="state@2017-01-28")]
        granted = event(
            "AAA", "extension_granted", "2018-03-01", value="2022-08-01", source="state@2018-03-01"
        )
        plain = core.project(small(figures, [consents("AAA")]).as_of("2018-03-02")).iloc[0]
        longer = core.project(small(figures, [consents("AAA"), granted]).as_of("2018-03-02")).iloc[
            0
        ]
        assert longer["deadline"] == pd.Timestamp("2022-08-01")
        assert longer["p_on_time"] > plain["p_on_time"]

    def test_a_whole_ledger_has_no_day_to_look_ahead_from(self, ccm: sp.Ledger) -> None:
        with pytest.raises(ValueError, match=r"needs an as-of day: call ledger\.as_of"):
            core.project(ccm)


class TestChances:
    def test_of_all_years_add_up_to_one(self, ccm: sp.Ledger) -> None:
        found = core.chances(ccm.as_of("2018-06-30"), years=8)
        sums = found.groupby("iso3")["chance"].sum()
        assert len(sums) > 3
        assert sums.to_numpy() == pytest.approx(1.0)
        assert (found["chance"] >= 0).all()
        assert found["year"].isna().sum() == len(sums)

    def test_agree_with_the_chance_of_being_in_time(self, small: Small) -> None:
        figures = [quantity("AAA", "declared", 100, "2011-01-28", source="state@2011-01-28")]
        # Bound on 1 January 2011, so that the deadline is the first day of 2019.
        then = small(figures, [consents("AAA", "2010-07-15")]).as_of("2016-07-01")
        row = core.project(then).iloc[0]
        assert row["deadline"] == pd.Timestamp("2019-01-01")
        by = core.chances(then, years=3)["chance"].iloc[:3].sum()
        assert by == pytest.approx(row["p_on_time"], abs=0.02)
