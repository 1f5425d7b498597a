"""The replay: scores against cases worked by hand, and the record against its aims."""

from __future__ import annotations

from pathlib import Path

import core
import method_page
import numpy as np
import pandas as pd
import pytest
from smalltreaty import consents, event, ledger_of, quantity

import stockpile as sp
from stockpile.track_record import backtest, scoring
from stockpile.track_record.backtest import METHODS, REPLAY_COLUMNS, crps, date_error

YES, NO = np.array([True]), np.array([False])
MIDDLE = backtest._MIDDLE


@pytest.fixture(scope="module")
def replays() -> pd.DataFrame:
    """Every half-year of two treaties."""
    return backtest.replay([sp.load("ccm"), sp.load("apmbc")])


def certain(at: float) -> np.ndarray:
    """Chances of a forecaster who is sure of a date."""
    return (at <= MIDDLE).astype(float)[None, :]


class TestCrps:
    def test_of_a_perfect_forecast_is_nothing(self) -> None:
        assert crps(certain(3.0), np.array([3.0]), np.array([3.0]), YES)[0] == pytest.approx(
            0.0, abs=1e-12
        )

    @pytest.mark.parametrize(("said", "came"), [(2.0, 5.0), (5.0, 2.0), (1.0, 1.5)])
    def test_of_a_single_date_is_its_distance(self, said: float, came: float) -> None:
        assert crps(certain(said), np.array([came]), np.array([came]), YES)[0] == pytest.approx(
            abs(said - came)
        )
        assert date_error(np.array([said]), np.array([came]), np.array([came]), YES)[0] == abs(
            said - came
        )

    def test_of_an_even_spread_by_hand(self) -> None:
        """Even over four years, outcome in the middle: 2 x the integral of (x / 4)^2 to 2."""
        even = np.clip(MIDDLE / 4, 0, 1)[None, :]
        assert crps(even, np.array([2.0]), np.array([2.0]), YES)[0] == pytest.approx(
            2 * (8 / 3) / 16, abs=1e-3
        )

    def test_of_an_exponential_by_hand(self) -> None:
        """At rate 1 with outcome t: t + 2 e^-t - 3/2."""
        chances = -np.expm1(-MIDDLE)[None, :]
        for t in (0.5, 1.0, 3.0):
            exact = t + 2 * np.exp(-t) - 1.5
            assert crps(chances, np.array([t]), np.array([t]), YES)[0] == pytest.approx(
                exact, abs=2e-3
            )

    def test_of_an_absurd_forecaster_is_the_worst(self) -> None:
        never = np.zeros((1, len(MIDDLE)))
        sure = crps(never, np.array([1.0]), np.array([1.0]), YES)[0]
        assert sure == pytest.approx(backtest._GRID[-1] - 1.0)

    def test_of_an_open_outcome_ends_where_knowledge_does(self) -> None:
        known = np.array([4.0])
        assert crps(certain(6.0), known, known, NO)[0] == 0, "nothing said was wrong so far"
        assert crps(certain(1.0), known, known, NO)[0] == pytest.approx(3.0)
        assert date_error(np.array([6.0]), known, known, NO)[0] == 0
        assert date_error(np.array([1.0]), known, known, NO)[0] == 3.0


class TestReplay:
    def test_refuses_a_step_that_divides_no_year(self, ccm: sp.Ledger) -> None:
        with pytest.raises(ValueError, match=r"step is 5; expected months that divide a year"):
            backtest.replay([ccm], step=5)

    def test_scores_each_day_of_each_state_once(self, replays: pd.DataFrame) -> None:
        assert list(replays.columns) == REPLAY_COLUMNS
        assert not replays.duplicated(["treaty", "iso3", "day"]).any()
        assert replays["day"].dt.strftime("%m-%d").isin(["01-01", "07-01"]).all()
        assert (replays["until"] > 0).all()
        assert replays["finished"].equals(replays["outcome"].notna())
        scored = replays[[f"crps_{m}" for m in METHODS]]
        assert scored.notna().all(axis=None) and (scored >= 0).all(axis=None)

    def test_says_what_projecting_on_the_day_says(
        self, replays: pd.DataFrame, ccm: sp.Ledger, apmbc: sp.Ledger
    ) -> None:
        for day in ("2014-07-01", "2019-01-01"):
            then = core.project(ccm.as_of(day), history=[apmbc.as_of(day)]).set_index("iso3")
            for row in replays[(replays["treaty"] == "ccm") & (replays["day"] == day)].itertuples():
                assert row.p_on_time == pytest.approx(then.loc[row.iso3, "p_on_time"])
                assert row.q50 == then.loc[row.iso3, "q50"]

    def test_holds_the_unfinished_as_open(self, replays: pd.DataFrame) -> None:
        open_ = replays[~replays["finished"]]
        assert {"GRC", "UKR"} <= set(open_["iso3"])
        late = open_[open_["deadline"] < open_["day"]]
        assert (late["rating"] == "past the deadline").all()

    def test_leaves_out_who_had_nothing_to_destroy_in_the_end(self, replays: pd.DataFrame) -> None:
        assert "CMR" not in set(replays["iso3"])

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
        assert np.isfinite(found.filter(like="crps_").to_numpy(float)).all()
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
        return pd.DataFrame(plain | scores | columns)

    def test_a_score_is_the_mean_over_states_of_their_means(self) -> None:
        table = scoring.scores(self.made(), draws=50).set_index("method")
        assert table["crps"].eq(3.0).all()
        assert table.loc["pace", "gain"] == 0
        assert (table["low"] <= table["crps"]).all() and (table["crps"] <= table["high"]).all()
        assert table["low"].min() >= 2.0 and table["high"].max() <= 4.0

    def test_ranges_are_the_same_on_every_run(self) -> None:
        pd.testing.assert_frame_equal(scoring.scores(self.made()), scoring.scores(self.made()))

    def test_calibration_by_hand(self) -> None:
        row = scoring.calibration(self.made(), draws=50).iloc[0]
        assert row["inside_80"] == 1.0 and row["inside_50"] == 0.5
        assert row["brier"] == pytest.approx((0.01 + (0.81 + 0.16) / 2) / 2)
        assert row["brier_base"] == pytest.approx(0.25)

    def test_a_range_that_never_ends_holds_what_comes_after_its_begin(self) -> None:
        row = scoring.calibration(self.made(q90=pd.NaT), draws=50).iloc[0]
        assert row["inside_80"] == 1.0 and np.isnan(row["width_80"])

    def test_of_a_treaty_on_which_nothing_is_decided_is_empty_not_a_warning(self) -> None:
        young = self.made(finished=False, outcome=pd.NaT, in_time=np.nan)
        row = scoring.calibration(young, draws=20).iloc[0]
        assert np.isnan(
            row[["inside_80", "inside_80_low", "brier", "brier_gain_low"]].astype(float)
        ).all()
        assert row["width_80"] > 0
        assert scoring.by_rating(young).empty and scoring.reliability(young).empty
        assert scoring.false_alarms(young).empty

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


class TestRecord:
    """What `docs/method.md` claims, held against the data."""

    def test_beats_every_baseline_on_both_treaties(self, replays: pd.DataFrame) -> None:
        table = scoring.scores(replays).set_index("method")
        assert (table.loc[list(METHODS[2:]), "gain_low"] > 0).all()

    def test_reaches_the_aims_for_the_error(self, replays: pd.DataFrame) -> None:
        table = scoring.scores(replays, draws=1).set_index(["treaty", "method"])["crps"]
        assert table["ccm", "projection"] <= 1.15
        assert table["apmbc", "projection"] <= 0.87
        assert table["ccm", "projection"] <= table["ccm", "pace"] / 4
        assert table["apmbc", "projection"] <= table["apmbc", "pace"] / 2

    @pytest.mark.slow
    def test_the_pages_say_what_the_data_say(self, replays: pd.DataFrame) -> None:
        texts = method_page.parts(replays)
        for path in method_page.PAGES:
            page = path.read_text(encoding="utf-8")
            assert method_page.filled(page, texts) == page, "run `make method`"
