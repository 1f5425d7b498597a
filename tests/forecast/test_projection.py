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
from stockpile.common.columns import inner_types
from stockpile.forecast.projection import QUANTILE_COLUMNS, Model, forecast, learn
from stockpile.forecast.rates import (
    HORIZON_YEARS,
    LATE_LIMIT,
    PRIOR,
    Pace,
    Seen,
    curves_of,
    fit,
    seen_in,
)
from stockpile.stock.position import positions

Small = Callable[..., sp.Ledger]

UNLEARNT = Model(fit([]), Pace())
DAYS = ["2001-07-01", "2007-06-30", "2012-04-19", "2018-06-30", "2022-01-01"]


def case(due: float, plan: float = np.nan, share: float = 0.0, **more: object) -> pd.DataFrame:
    """What a projection starts from, for one state."""
    plain = {"size": 0.0, "late": False, "extended": False, "step_missed": False}
    return pd.DataFrame({"to_deadline": [due], "to_plan": plan, "share": share} | plain | more)


def one(
    due: float, plan: float = np.nan, share: float = 0.0, model: Model = UNLEARNT, **more: object
) -> pd.Series:
    """The forecast for one state."""
    return forecast(model, case(due, plan, share, **more)).iloc[0]


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    """Nothing learnt; as it stands today; and a treaty that has been very slow."""
    today = learn(sp.load("ccm").as_of("2026-06-30"))
    return {"prior": UNLEARNT, "learnt": today, "slow": Model(today.rates, Pace(3, 30, 10, 90))}


years = st.floats(-6, 12, allow_nan=False)
shares = st.floats(0, 1)
plans = st.one_of(st.just(np.nan), st.floats(-4, 12, allow_nan=False))
each_model = pytest.mark.parametrize("name", ["prior", "learnt", "slow"])


class TestForecast:
    @each_model
    @given(due=years, later=st.floats(0, 6), plan=plans, share=shares)
    def test_a_later_deadline_never_lowers_the_chance(
        self, models: dict[str, Model], name: str, due: float, later: float, plan: float,
        share: float,
    ) -> None:  # fmt: skip
        def chance(to_deadline: float) -> float:
            late = bool(plan > to_deadline >= 0)
            return float(one(to_deadline, plan, share, models[name], late=late)["p_on_time"])

        assert chance(due + later) >= chance(due) - 1e-12

    @each_model
    @given(due=years, plan=plans, share=shares, more=shares, size=st.floats(-3, 3))
    def test_more_destroyed_or_a_smaller_stock_never_lowers_it(
        self, models: dict[str, Model], name: str, due: float, plan: float, share: float,
        more: float, size: float,
    ) -> None:  # fmt: skip
        less, more = sorted((share, more))
        model = models[name]
        chance = one(due, plan, less, model, size=size)["p_on_time"]
        assert one(due, plan, more, model, size=size)["p_on_time"] >= chance - 1e-12
        assert one(due, plan, less, model, size=size - 1)["p_on_time"] >= chance - 1e-12

    @each_model
    @given(due=st.floats(0, 12), plan=plans, share=shares)
    def test_who_says_that_it_will_be_late_has_a_quarter_at_most(
        self, models: dict[str, Model], name: str, due: float, plan: float, share: float
    ) -> None:
        row = one(due, plan, share, models[name], late=True)
        assert row["p_on_time"] <= LATE_LIMIT + 1e-12
        assert row["p_on_time"] <= one(due, plan, share, models[name])["p_on_time"] + 1e-12

    @each_model
    @given(due=years, ago=st.floats(1e-6, 5), share=shares)
    def test_a_date_that_has_passed_never_raises_a_chance(
        self, models: dict[str, Model], name: str, due: float, ago: float, share: float
    ) -> None:
        lapsed = one(due, -ago, share, models[name])
        none = one(due, np.nan, share, models[name])
        assert lapsed["p_on_time"] <= none["p_on_time"] + 1e-12
        assert not lapsed["q50"] < none["q50"] - 1e-9

    @given(due=years, plan=plans, share=shares)
    def test_quantiles_rise_from_now_on(self, due: float, plan: float, share: float) -> None:
        row = one(due, plan, share)
        found = row[list(QUANTILE_COLUMNS)].to_numpy(float)
        known = found[~np.isnan(found)]
        assert (known >= 0).all() and (np.diff(known) >= 0).all()
        assert np.isnan(found[len(known) :]).all(), "only the last quantiles may lie out of reach"
        assert (known <= HORIZON_YEARS).all()

    @each_model
    @given(
        due=st.floats(-2, 12), plan=plans, share=shares, chance=st.floats(0.01, 0.99),
        late=st.booleans(),
    )  # fmt: skip
    def test_years_and_chances_are_each_others_inverse(
        self, models: dict[str, Model], name: str, due: float, plan: float, share: float,
        chance: float, late: bool,
    ) -> None:  # fmt: skip
        curves = models[name].curves(case(due, plan, share, late=late and due >= 0))
        at = curves.years_to(chance)
        if not np.isnan(at[0]):
            assert curves.chance_by(at)[0] == pytest.approx(chance, abs=1e-9)
            assert curves.chances_on(at)[0, 0] == pytest.approx(chance, abs=1e-9)

    def test_by_hand(self) -> None:
        """Two years from the deadline: one year of the early rate, then the last year's four."""
        early, half, quarter, weeks, month = np.exp(PRIOR[:5])
        hazard = early + half / 2 + quarter / 4 + weeks * (1 / 4 - 1 / 12) + month / 12
        assert one(2.0)["p_on_time"] == pytest.approx(1 - (1 + hazard / 3) ** -3)
        assert one(2.0)["q10"] == pytest.approx(3 * (0.9 ** (-1 / 3) - 1) / early)

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

    def test_being_beyond_the_original_deadline_or_a_missed_step_lower_it(self) -> None:
        assert one(3.0, extended=True)["p_on_time"] < one(3.0)["p_on_time"]
        assert one(3.0, step_missed=True)["p_on_time"] < one(3.0)["p_on_time"]

    def test_many_rows_are_those_of_each(self) -> None:
        rng = np.random.default_rng(3)
        due, share = rng.uniform(-3, 8, 45_000), rng.random(45_000)
        plan = np.where(rng.random(45_000) < 0.5, rng.uniform(-2, 8, 45_000), np.nan)
        cases = case(0.0).loc[[0] * 45_000].reset_index(drop=True)
        whole = forecast(UNLEARNT, cases.assign(to_deadline=due, to_plan=plan, share=share))
        assert len(whole) == 45_000
        for i in (0, 19_999, 20_000, 44_999):
            alone = one(due[i], plan[i], share[i])
            pd.testing.assert_series_equal(whole.iloc[i], alone, check_names=False)


class TestFactor:
    def test_narrows_and_moves_with_what_the_treaty_does(self) -> None:
        slow, fast = Pace(3, 9, 10, 10), Pace(12, 6, 10, 10)
        chances = [
            curves_of(UNLEARNT.rates, pace, case(4.0)).chance_by(np.array([4.0]))[0]
            for pace in (slow, Pace(), fast)
        ]
        assert chances == sorted(chances) and len(set(chances)) == 3

    def test_how_many_will_miss_hangs_together(self) -> None:
        cases = pd.concat([case(2.0)] * 10, ignore_index=True)
        curves = UNLEARNT.curves(cases)
        shared = curves.missing()
        miss = 1 - curves.chance_by(cases["to_deadline"].to_numpy())
        numbers = np.arange(11)
        assert shared.sum() == pytest.approx(1)
        assert (shared * numbers).sum() == pytest.approx(miss.sum(), rel=1e-3)
        spread = (shared * numbers**2).sum() - miss.sum() ** 2
        assert spread > 1.5 * (miss * (1 - miss)).sum(), "wider than if each went its own way"


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
            "size": 0.0,
            "late": False,
            "extended": False,
            "step_missed": False,
            "until": 1.0,
            "finished": True,
            "in_time": 1.0,
            "heard_for": 9.0,
            "original_deadline": pd.Timestamp("2018-01-01"),
        }
        return pd.DataFrame(plain | columns)[list(inner_types("landmarks"))]

    def chance(self, *parts: Seen) -> float:
        return float(one(6.0, model=Model(fit(parts), Pace()))["p_on_time"])

    def test_no_past_is_the_prior(self) -> None:
        assert (fit([]).log_rates == PRIOR).all()
        assert (fit([seen_in(self.marks().iloc[:0])]).log_rates == PRIOR).all()

    def test_who_finishes_fast_raises_the_rate_and_who_does_not_lowers_it(self) -> None:
        fast, slow = (seen_in(self.marks(until=u)) for u in (0.1, 4.9))
        assert self.chance(slow) < self.chance() < self.chance(fast)

    def test_the_unfinished_count_as_censored_not_as_missing(self) -> None:
        both = self.marks(until=[0.1, 0.1, 4.9, 4.9], finished=[True, True, False, False])
        assert self.chance(seen_in(both)) < self.chance(seen_in(both[both["finished"]]))

    def test_what_is_not_yet_heard_of_counts_for_nobody(self) -> None:
        """A completion after the last round of reports is no better known than that of others."""
        found = seen_in(self.marks(until=[0.1, 0.4, 0.1, 0.4], heard_for=0.2))
        assert found.finished() == (2.0, 0.0)
        assert found.exposure.sum() == pytest.approx(2 * 0.1 + 2 * 0.2)
        assert len(seen_in(self.marks(heard_for=-0.5)).exposure) == 0

    def test_each_half_year_counts_once_whatever_came_later(self) -> None:
        soon, late = (seen_in(self.marks(until=u)) for u in (0.7, 7.0))
        assert soon.exposure.sum() == late.exposure.sum() == pytest.approx(2.0)

    def test_odd_states_do_not_turn_the_share_round(self) -> None:
        odd = self.marks(
            share=[0.9, 0.9, 0.0, 0.0], until=[5, 5, 0.05, 0.05], finished=[False] * 2 + [True] * 2
        )
        rates = fit([seen_in(pd.concat([odd] * 30))])
        model = Model(rates, Pace())
        assert one(4.0, share=1.0, model=model)["p_on_time"] >= one(4.0, model=model)["p_on_time"]

    def test_does_not_depend_on_the_order_of_rows(self) -> None:
        marks = self.marks(until=[0.1, 0.7, 2.0, 5.0], finished=[True, True, True, False])
        mixed = fit([seen_in(marks.sample(frac=1, random_state=1))]).log_rates
        assert mixed == pytest.approx(fit([seen_in(marks)]).log_rates, abs=1e-12)


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


def test_a_date_in_the_month_of_the_deadline_is_a_date_for_the_deadline(ccm: sp.Ledger) -> None:
    """Peru told both to the month, April 2024: that is not late by its own word."""
    peru = sp.status(ccm.as_of("2022-06-30"), states="PER").iloc[0]
    assert peru["planned_completion"] == peru["deadline"] == pd.Timestamp("2024-04-30")
    assert peru["p_on_time"] > 0.5
