"""The replay: scores against cases worked by hand, and the record against its scoring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import core
import method_page
import numpy as np
import pandas as pd
import pytest
from smalltreaty import consents, event, ledger_of, quantity

import stockpile as sp
from stockpile.track_record import backtest, scoring
from stockpile.track_record.backtest import METHODS, MIDDLE, REPLAY_COLUMNS, Ends, crps, date_error


@pytest.fixture(scope="module")
def replays() -> pd.DataFrame:
    """Every half-year of all packaged treaties."""
    return backtest.replay([sp.load(treaty) for treaty in sp.packaged()])


def came(
    at: float, *, finished: bool = True, record: float = 100.0, since: float | None = None
) -> Ends:
    """An outcome so many years ahead, or a range of days up to it."""
    first = at if since is None else since
    return Ends(np.array([first]), np.array([at]), np.array([finished]), np.array([record]))


def certain(at: float) -> np.ndarray:
    """Chances of a forecaster who is sure of a date."""
    return (at <= MIDDLE).astype(float)[None, :]


class TestCrps:
    def test_of_a_perfect_forecast_is_nothing(self) -> None:
        assert crps(certain(3.0), came(3.0))[0] == pytest.approx(0.0, abs=1e-12)

    @pytest.mark.parametrize(("said", "at"), [(2.0, 5.0), (5.0, 2.0), (1.0, 1.5)])
    def test_of_a_single_date_is_its_distance(self, said: float, at: float) -> None:
        assert crps(certain(said), came(at))[0] == pytest.approx(abs(said - at))
        assert date_error(np.array([said]), came(at))[0] == abs(said - at)

    def test_of_an_even_spread_by_hand(self) -> None:
        """Even over four years, outcome in the middle: 2 x the integral of (x / 4)^2 to 2."""
        even = np.clip(MIDDLE / 4, 0, 1)[None, :]
        assert crps(even, came(2.0))[0] == pytest.approx(2 * (8 / 3) / 16, abs=1e-3)

    def test_is_that_of_scoringrules(self) -> None:
        """A library of scores, told the same exponential and the same even spread."""
        rules = pytest.importorskip("scoringrules")
        for rate, at in ((0.3, 4.0), (1.0, 0.5), (0.8, 9.0)):
            chances = -np.expm1(-rate * MIDDLE)[None, :]
            ours = crps(chances, came(at), years=40.0)[0]
            assert ours == pytest.approx(rules.crps_exponential(at, rate), abs=3e-3)
        even = np.clip((MIDDLE - 1) / 6, 0, 1)[None, :]
        assert crps(even, came(5.5))[0] == pytest.approx(
            rules.crps_uniform(5.5, 1.0, 7.0), abs=3e-3
        )

    def test_ends_after_ten_years_or_with_the_record(self) -> None:
        never = np.zeros((1, len(MIDDLE)))
        assert crps(never, came(1.0))[0] == pytest.approx(9.0)
        assert crps(never, came(1.0, record=3.0))[0] == pytest.approx(2.0)
        assert date_error(np.array([30.0]), came(1.0, record=3.0))[0] == 2.0

    def test_of_an_open_outcome_ends_where_knowledge_does(self) -> None:
        known = came(4.0, finished=False)
        assert crps(certain(6.0), known)[0] == 0, "nothing said was wrong so far"
        assert crps(certain(1.0), known)[0] == pytest.approx(3.0)
        assert date_error(np.array([6.0]), known)[0] == 0
        assert date_error(np.array([1.0]), known)[0] == 3.0

    def test_within_the_month_or_year_of_an_outcome_nothing_is_scored(self) -> None:
        year = came(4.0, since=3.0)
        assert crps(certain(3.5), year)[0] == 0 and date_error(np.array([3.5]), year)[0] == 0
        assert crps(certain(5.0), year)[0] == pytest.approx(1.0)


class TestProper:
    """A treaty made up with a known rate: each score has to be best at the true one."""

    TRUE, RATES = 0.3, (0.15, 0.22, 0.3, 0.4, 0.6)

    @pytest.fixture(scope="class")
    @classmethod
    def tables(cls) -> dict[float, dict[str, float]]:
        """The means over state-days of each score, by the rate that was forecast."""
        rng = np.random.default_rng(1)
        end, deadline = 25.0, 4.0
        rows = [
            (iso3, start, ends)
            for iso3, ends in enumerate(rng.exponential(1 / cls.TRUE, 1500))
            for start in np.arange(0.0, min(ends, end), 0.5)
        ]
        states, start, ends = map(np.array, zip(*rows, strict=True))
        finished = ends < end
        until = np.where(finished, ends, end) - start
        outcome = Ends(until, until, finished, end - start)
        day = pd.Timestamp("2000-01-01")
        out = {}
        for rate in cls.RATES:
            grid = -np.expm1(-rate * MIDDLE)
            chances = np.broadcast_to(grid, (len(start), len(MIDDLE)))
            before, by = (-np.expm1(-rate * at) for at in (outcome.first, until))
            ten, full = crps(chances, outcome), crps(chances, outcome, 40.0)
            frame = pd.DataFrame(
                {
                    "treaty": "demo", "iso3": states.astype(str), "day": day,
                    "stock_known": "published", "deadline": day + pd.Timedelta(days=1461),
                    "finished": finished, "outcome": day, "open_until": day,
                    "q10": day, "q25": day, "q75": day, "q90": day,
                    "in_time": np.where(start < deadline, ends <= deadline, np.nan),
                    "p_on_time": -np.expm1(-rate * np.maximum(deadline - start, 0)),
                    "p_prior": 0.5, "p_base": 0.5,
                    "log_projection": backtest.log_score(before, by, outcome), "log_prior": 0.0,
                    "chance_before": before, "chance_by": by,
                    **{f"crps_{m}": ten for m in METHODS},
                    **{f"crps_full_{m}": full for m in METHODS},
                }
            )  # fmt: skip
            scores = scoring.scores(frame, draws=2).set_index("method").loc["projection"]
            fine = scoring.calibration(frame, draws=2).iloc[0]
            per_state = frame.groupby("iso3")["crps_projection"].mean().mean()
            out[rate] = {
                "crps": scores["crps"], "crps_full": scores["crps_full"],
                **fine[["brier", "log_chance", "log_score"]], "per state": per_state,
            }  # fmt: skip
        return out

    @pytest.mark.parametrize("score", ["crps", "crps_full", "brier", "log_chance", "log_score"])
    def test_each_score_is_best_at_the_true_rate(
        self, tables: dict[float, dict[str, float]], score: str
    ) -> None:
        assert min(tables, key=lambda rate: tables[rate][score]) == self.TRUE

    def test_a_mean_of_each_states_mean_is_not(self, tables: dict[float, dict[str, float]]) -> None:
        """Why the scores are means over state-days."""
        assert min(tables, key=lambda rate: tables[rate]["per state"]) == 0.6


class TestReplay:
    def test_refuses_a_step_that_divides_no_year(self, ccm: sp.Ledger) -> None:
        with pytest.raises(ValueError, match=r"step is 5; expected months that divide a year"):
            backtest.replay([ccm], step=5)

    @pytest.mark.slow
    def test_scores_each_day_of_each_state_once(self, replays: pd.DataFrame) -> None:
        assert list(replays.columns) == REPLAY_COLUMNS
        assert set(replays["stock_known"]) == {"published", "by rule", "unknown"}
        assert not replays.duplicated(["treaty", "iso3", "day"]).any()
        assert replays["day"].dt.strftime("%m-%d").isin(["01-01", "07-01"]).all()
        assert (replays["until"] > 0).all()
        assert replays["finished"].equals(replays["outcome"].notna())
        scored = replays[[f"crps_{m}" for m in METHODS]]
        assert scored.notna().all(axis=None) and (scored >= 0).all(axis=None)

    @pytest.mark.slow
    def test_says_what_projecting_on_the_day_says(
        self, replays: pd.DataFrame, ccm: sp.Ledger
    ) -> None:
        for day in ("2014-07-01", "2019-01-01"):
            then = core.project(ccm.as_of(day)).set_index("iso3")
            known = scoring.on_record(replays)
            of_day = known[(known["treaty"] == "ccm") & (known["day"] == pd.Timestamp(day))]
            assert len(of_day)
            for row in of_day.itertuples():
                assert row.p_on_time == pytest.approx(then.loc[row.iso3, "p_on_time"])
                assert row.q50 == then.loc[row.iso3, "q50"]

    @pytest.mark.slow
    def test_holds_the_unfinished_as_open(self, replays: pd.DataFrame) -> None:
        open_ = replays[~replays["finished"]]
        assert {"GRC", "UKR"} <= set(open_["iso3"])
        late = scoring.on_record(open_[open_["deadline"] < open_["day"]])
        assert (late["rating"] == "past the deadline").all()

    @pytest.mark.slow
    def test_leaves_out_who_had_nothing_to_destroy_in_the_end(self, replays: pd.DataFrame) -> None:
        assert "CMR" not in set(replays["iso3"])

    @pytest.mark.slow
    def test_copes_with_zero_pace_a_single_report_and_a_passed_deadline(
        self, tmp_path: Path
    ) -> None:
        figures = [
            quantity("AAA", "declared", 100, "2011-01-28", source="state@2011-01-28"),
            quantity("AAA", "destroyed_total", 0, "2013-12-31", source="state@2014-01-28"),
            quantity("BBB", "declared", 50, "2017-06-30", source="state@2017-07-28"),
            quantity("CCC", "remaining", 5, "2019-06-30", source="state@2019-07-28"),
        ]
        events = [
            *(consents(code) for code in ("AAA", "BBB", "CCC")),
            event("AAA", "completed", "2015-02-01", source="state@2015-02-02"),
            event("BBB", "completed", "2018-02-01", source="state@2018-02-02"),
            event("CCC", "completed", "2020-02-01", source="state@2020-02-02"),
        ]
        found = backtest.replay([ledger_of(tmp_path / "demo", figures, events)])
        assert set(found["iso3"]) == {"AAA", "BBB", "CCC"}
        first = found.groupby("iso3")["day"].min()
        assert (first == pd.Timestamp("2011-01-01")).all(), "from entry into force"
        assert np.isfinite(found.filter(like="crps_").to_numpy(float)).all()
        found = scoring.on_record(found)
        late = found[found["iso3"] == "CCC"]
        assert (late["p_on_time"] == 0).all() and (late["in_time"] == 0).all()
        slow = found[found["iso3"] == "AAA"]
        assert slow["crps_pace"].equals(slow["crps_deadline"].rename("crps_pace")), (
            "where nothing was destroyed a pace says nothing, and the deadline stands in"
        )

    def test_of_nothing_is_an_empty_table(self, tmp_path: Path) -> None:
        found = backtest.replay([ledger_of(tmp_path / "demo", [], [consents("AAA")])])
        assert found.empty and list(found.columns) == REPLAY_COLUMNS


class TestTables:
    def made(self, **columns: object) -> pd.DataFrame:
        """Four replays of two states, with scores that can be added up in the head."""
        plain: dict[str, object] = {
            "treaty": "demo",
            "iso3": ["AAA", "AAA", "BBB", "BBB"],
            "state": ["A", "A", "B", "B"],
            "day": pd.to_datetime(["2011-01-01", "2011-07-01"] * 2),
            "time_used": 0.2,
            "stock_known": "published",
            "late": False,
            "p_prior": 0.5,
            "p_base": 0.5,
            "chance_before": [0.5, 0.5, 0.85, 0.85],
            "chance_by": [0.5, 0.5, 0.85, 0.85],
            "log_projection": 1.0,
            "log_prior": 2.0,
            "original_deadline": pd.Timestamp("2012-01-01"),
            "deadline": pd.Timestamp("2012-01-01"),
            "q10": pd.Timestamp("2011-08-01"),
            "q25": pd.Timestamp("2011-09-01"),
            "q50": pd.Timestamp("2011-10-01"),
            "q75": pd.Timestamp("2011-11-01"),
            "q90": pd.Timestamp("2012-06-01"),
            "p_on_time": [0.9, 0.9, 0.9, 0.4],
            "rating": ["on target", "on target", "on target", "off target"],
            "outcome": pd.to_datetime(["2011-10-15"] * 2 + ["2012-03-01"] * 2),
            "open_until": pd.to_datetime(["2011-10-15"] * 2 + ["2012-03-01"] * 2),
            "finished": True,
            "until": 1.0,
            "in_time": [1.0, 1.0, 0.0, 0.0],
        }
        scores = {f"crps_{m}": [1.0, 3.0, 4.0, 4.0] for m in METHODS}
        scores |= {f"crps_full_{m}": [1.0, 3.0, 4.0, 5.0] for m in METHODS}
        return pd.DataFrame(plain | scores | columns)

    def test_a_score_is_the_mean_over_state_days(self) -> None:
        made = self.made()
        longer = pd.concat([made, made.tail(1).assign(stock_known="unknown", crps_pace=99.0)])
        table = scoring.scores(longer, draws=50).set_index("method")
        assert table["crps"].eq(3.0).all(), "what was not on record is shown apart"
        assert scoring.scores(made.head(3), draws=50)["crps"].iloc[0] == pytest.approx(8 / 3)
        assert table["crps_full"].eq(13 / 4).all()
        assert table.loc["pace", "gain"] == 0
        assert (table["low"] <= table["crps"]).all() and (table["crps"] <= table["high"]).all()
        assert table["low"].min() >= 2.0 and table["high"].max() <= 4.0

    def test_ranges_are_the_same_on_every_run(self) -> None:
        pd.testing.assert_frame_equal(scoring.scores(self.made()), scoring.scores(self.made()))

    def test_calibration_by_hand(self) -> None:
        row = scoring.calibration(self.made(), draws=50).iloc[0]
        assert row["inside_80"] == 1.0 and row["inside_50"] == 0.5
        assert row["brier"] == pytest.approx((0.01 + 0.01 + 0.81 + 0.16) / 4)
        assert row["brier_base"] == row["brier_prior"] == pytest.approx(0.25)
        assert row["log_chance"] == pytest.approx(-np.log([0.9, 0.9, 0.1, 0.6]).mean())
        assert row[["pit_3", "pit_5"]].tolist() == pytest.approx([0.5, 0.5])
        assert row["log_score"] == 1 and row["log_prior"] == 2

    def test_misses_and_strata_by_hand(self) -> None:
        (found,) = scoring.misses(self.made()).to_dict("records")
        assert (found["days"], found["came"]) == (1, 1.0)
        assert found["expected"] == pytest.approx(0.2)
        strata = scoring.strata(self.made()).set_index(["by", "part"])
        assert strata.loc[("time used", "first quarter"), "replays"] == 4
        assert strata.loc[("stock known", "published"), "came_true"] == 0.5

    def test_a_range_that_never_ends_holds_what_comes_after_its_begin(self) -> None:
        row = scoring.calibration(self.made(q90=pd.NaT), draws=50).iloc[0]
        assert row["inside_80"] == 1.0 and np.isnan(row["width_80"])

    def test_of_a_treaty_on_which_nothing_is_decided_is_empty_not_a_warning(self) -> None:
        young = self.made(finished=False, outcome=pd.NaT, in_time=np.nan)
        row = scoring.calibration(young, draws=20).iloc[0]
        assert np.isnan(
            row[["inside_80", "inside_80_low", "brier", "gain_low"]].astype(float)
        ).all()
        assert row["width_80"] > 0
        assert scoring.by_rating(young).empty and scoring.reliability(young).empty
        assert scoring.false_alarms(young).empty

    @pytest.mark.parametrize("day", ["2009-06-30", "2010-09-01"])
    def test_before_the_first_january_of_a_treaty_no_rating_is_decided(
        self, ccm: sp.Ledger, day: str
    ) -> None:
        assert scoring.past_ratings(ccm.as_of(day)).empty

    def test_reliability_and_ratings_by_hand(self) -> None:
        made = self.made()
        ratings = scoring.by_rating(made).set_index("rating")
        assert ratings.loc["on target", ["replays", "states"]].tolist() == [3, 2]
        assert ratings.loc["on target", "came_true"] == pytest.approx(2 / 3)
        bands = scoring.reliability(made).set_index("from")
        assert bands.loc[0.8, "came_true"] == pytest.approx(2 / 3)
        assert bands.loc[0.2, ["to", "replays"]].tolist() == [0.4, 1]

    def test_an_alarm_is_as_early_as_the_rating_stays_off(self) -> None:
        (alarm,) = scoring.alarms(self.made()).to_dict("records")
        assert (alarm["iso3"], alarm["warned"]) == ("BBB", pd.Timestamp("2011-07-01"))
        assert alarm["lead_years"] == pytest.approx(184 / 365.25)
        silent = scoring.alarms(self.made(rating="on target")).iloc[0]
        assert pd.isna(silent["warned"]) and np.isnan(silent["lead_years"])

    def test_a_false_alarm_is_one_for_who_was_in_time(self) -> None:
        assert scoring.false_alarms(self.made()).empty
        (false,) = scoring.false_alarms(self.made(rating="at risk")).to_dict("records")
        assert (false["iso3"], false["replays"], false["of"]) == ("AAA", 2, 2)


class TestAims:
    def test_move_as_the_first_versions_score_has(self) -> None:
        assert scoring.held("crps", "ccm") == pytest.approx(1.21 / 1.39 * 1.205)
        assert np.isnan(scoring.held("inside_80", "ccm")) and np.isnan(scoring.held("crps", "demo"))

    def test_are_bounds_that_may_be_touched(self) -> None:
        assert scoring.Aim(most=0.26).reached(0.2604) and not scoring.Aim(most=0.26).reached(0.2606)
        assert scoring.Aim(0.75, 0.88).reached(0.88) and not scoring.Aim(0.75, 0.88).reached(0.74)
        assert scoring.Aim(0.65).words() == "at least 0.65"

    def test_both_rules_are_held_on_the_days_that_both_have(self) -> None:
        made = TestTables().made()
        fewer = made[made["day"] > made["day"].min()]
        table = scoring.both_rules({"reported": made, "published": fewer}).set_index("rule")
        shared = len(fewer)
        assert 0 < shared < len(made)
        assert table["replays"].tolist() == [shared, shared]
        same = scoring.both_rules({"published": fewer}).iloc[0]
        assert table.loc["reported", "crps"] == pytest.approx(same["crps"])


class TestRecord:
    """What `docs/method.md` claims, held against the data."""

    @pytest.mark.slow
    def test_reaches_the_aims_but_for_those_that_the_page_names(
        self, replays: pd.DataFrame
    ) -> None:
        table = scoring.against_aims(replays)
        missed = table[table["reached"] == "no"]
        assert list(zip(missed["treaty"], missed["figure"], strict=True)) == [
            ("apmbc", "largest fifth of the PIT")
        ]
        assert (missed["in_the_way"] != "").all()
        ranged = table["low"].notna()
        assert (table["low"] <= table["value"])[ranged].all()
        assert (table["value"] <= table["high"])[ranged].all()
        error = scoring.scores(replays, draws=1).set_index(["treaty", "method"])["crps"]
        fine = scoring.calibration(replays, draws=1).set_index("treaty")
        for treaty in ("ccm", "apmbc", "cwc"):
            assert fine.loc[treaty, "brier"] < fine.loc[treaty, "brier_base"]
            baselines = error[treaty].drop(["projection", "hindsight", "prior"])
            assert error[treaty, "projection"] < baselines.min()

    def test_is_the_same_from_several_processes(self, ccm: sp.Ledger) -> None:
        options = {"step": 12, "until": "2015-06-30", "hindsight": False}
        several = backtest.replay([ccm], jobs=2, **options)
        pd.testing.assert_frame_equal(several, backtest.replay([ccm], **options))

    @pytest.mark.slow
    def test_of_those_late_by_their_own_word_none_has_more_than_a_quarter(
        self, replays: pd.DataFrame
    ) -> None:
        late = replays[replays["late"].astype(bool)]
        assert len(late) and late["p_on_time"].max() <= 0.25 + 1e-9

    @pytest.mark.slow
    def test_the_pages_say_what_the_data_say(self, replays: pd.DataFrame) -> None:
        texts = method_page.parts(replays)
        for path in method_page.PAGES:
            page = path.read_text(encoding="utf-8")
            assert method_page.filled(page, texts) == page, "run `make method`"

    @pytest.mark.slow
    def test_the_page_says_what_both_rules_say(self, replays: pd.DataFrame) -> None:
        published = method_page.replays(rule="published", hindsight=False)
        page = method_page.PAGES[0].read_text(encoding="utf-8")
        texts = {"rules": method_page.both_rules(replays, published)}
        assert method_page.filled(page, texts) == page, "run `make method`"


@pytest.mark.usefixtures("alone")
class TestOnTheDay:
    def test_before_its_first_january_a_treaty_has_no_record(self, ccm: sp.Ledger) -> None:
        assert scoring.past_ratings(ccm.as_of("2010-12-01")).empty

    def test_an_own_word_counts_on_each_january_once_it_is_decided(
        self, small: Callable[..., sp.Ledger], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both told in mid-2016 of a date after August 2018; one was in time after all."""
        monkeypatch.setattr(scoring, "other_treaties", lambda _: [])
        rows, events = [], []
        for code in ("AAA", "BBB"):
            rows.append(quantity(code, "declared", 100, "2011-01-28", source="state@2011-01-28"))
            date = event(code, "planned_completion", "2019-06-30", source="state@2016-06-01")
            events += [consents(code), date]
        rows.append(quantity("AAA", "remaining", 60, "2018-12-31", source="state@2019-02-01"))
        events.append(event("BBB", "completed", "2017-06-15", source="state@2017-07-01"))
        ledger = small(rows, events)
        assert scoring.own_words(ledger.as_of("2016-12-31")) == (0, 0)
        assert scoring.own_words(ledger.as_of("2018-02-01")) == (1, 1)  # BBB on 1 January 2017
        assert scoring.own_words(ledger.as_of("2019-03-01")) == (3, 1)  # AAA in 2017 and 2018
