"""Every rating, the facts that decide it, and the sentence that says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import core
import pandas as pd
import pytest
from conftest import TODAY
from smalltreaty import Row, consents, event, ledger_of, quantity

import stockpile as sp
from stockpile.forecast.projection import chances_since_word
from stockpile.rating.reasons import LIKELY

pytestmark = pytest.mark.usefixtures("alone")

# Each state of the gallery is one story. Unless its story says otherwise a state
# is bound from 2010-08-01, and its deadline is 2018-08-01.
BOUND, DEADLINE = "2010-08-01", "2018-08-01"


def declared(iso3: str, number: int = 100) -> Row:
    return quantity(iso3, "declared", number, "2010-12-31", source="state@2011-01-28")


def total(iso3: str, number: int, on: str, source: str) -> Row:
    return quantity(iso3, "destroyed_total", number, on, source=source)


def left(iso3: str, number: int, on: str, source: str) -> Row:
    return quantity(iso3, "remaining", number, on, source=source)


def done(iso3: str, on: str, source: str, precision: str = "day") -> Row:
    return event(iso3, "completed", on, precision=precision, source=source)


def extended(iso3: str, to: str, on: str = "2018-06-01") -> Row:
    return event(iso3, "extension_granted", on, value=to, source=f"treaty_body@{on}")


STORIES: dict[str, list[Row]] = {
    # Still at it on the deadline, as far as anybody says; the record stops in 2014.
    "STO": [declared("STO"), total("STO", 50, "2014-12-31", "state@2015-04-30")],
    # Finished, and when.
    "DAY": [declared("DAY"), done("DAY", DEADLINE, "state@2018-08-03")],
    "LAT": [declared("LAT"), done("LAT", "2018-08-02", "state@2018-08-03")],
    "MON": [declared("MON"), done("MON", "2018-08-31", "state@2018-09-03", "month")],
    "YEA": [declared("YEA"), done("YEA", "2018-12-31", "state@2019-01-03", "year")],
    "SEP": [declared("SEP"), done("SEP", "2018-09-30", "state@2018-10-01", "month")],
    "PRE": [declared("PRE"), done("PRE", "2010-07-31", "state@2011-01-28")],
    "NIL": [declared("NIL"), left("NIL", 0, "2014-12-31", "state@2015-04-30")],
    # Stock after the deadline, and who says so.
    "OVR": [declared("OVR"), left("OVR", 50, "2019-01-31", "state@2019-02-28")],
    "EVE": [declared("EVE"), left("EVE", 50, DEADLINE, "state@2018-08-01")],
    "PER": [
        declared("PER"),
        quantity(
            "PER", "destroyed", 5, "2019-12-31", start="2019-01-01", source="state@2020-04-30"
        ),
    ],
    "PLA": [
        declared("PLA"),
        event("PLA", "planned_completion", "2021-12-31", source="state@2019-02-28"),
    ],
    "MIS": [
        declared("MIS"),
        event("MIS", "deadline_missed", DEADLINE, source="monitor@2018-09-01"),
    ],
    "NAM": [event("NAM", "deadline_missed", DEADLINE, source="monitor@2018-09-01")],
    # Named in 2018, found in 2020 to hold nothing.
    "GNB": [
        event("GNB", "deadline_missed", DEADLINE, source="monitor@2018-09-01"),
        left("GNB", 0, "2020-01-31", "monitor@2020-03-01"),
        quantity("GNB", "declared", 0, "2020-01-31", source="state@2020-03-01"),
    ],
    # Seen just before the deadline: much, and hardly any.
    "REC": [declared("REC"), left("REC", 90, "2018-05-31", "state@2018-06-30")],
    "FEW": [declared("FEW"), left("FEW", 5, "2018-05-31", "state@2018-06-30")],
    "LAS": [declared("LAS"), left("LAS", 50, "2018-06-30", "state@2018-07-10")],
    # Extended: met, missed, forgotten.
    "EXT": [
        declared("EXT"),
        extended("EXT", "2020-08-01"),
        done("EXT", "2020-08-01", "state@2020-08-03"),
    ],
    "EXL": [
        declared("EXL"),
        extended("EXL", "2020-08-01"),
        done("EXL", "2020-08-02", "state@2020-08-03"),
    ],
    "EXM": [
        declared("EXM"),
        event("EXM", "deadline_missed", DEADLINE, source="monitor@2018-09-01"),
        extended("EXM", "2020-08-01", "2018-10-01"),
    ],
    "ASK": [
        declared("ASK"),
        left("ASK", 50, "2018-12-31", "state@2019-02-28"),
        event(
            "ASK",
            "extension_requested",
            "2019-02-01",
            value="2022-08-01",
            source="state@2019-02-28",
        ),
    ],
    "ASN": [
        declared("ASN"),
        event("ASN", "extension_requested", "2018-03-01", source="state@2018-03-01"),
        left("ASN", 50, "2018-12-31", "monitor@2019-02-28"),
    ],
    # A completion, and a later word that cannot be reconciled with it.
    "CON": [
        declared("CON"),
        done("CON", "2012-06-30", "state@2012-07-31"),
        event("CON", "planned_completion", "2017-12-31", source="state@2015-04-30"),
    ],
    "MIC": [
        declared("MIC"),
        done("MIC", "2012-06-30", "state@2012-07-31", "on_or_before"),
        event("MIC", "deadline_missed", DEADLINE, source="monitor@2018-09-01"),
    ],
    "MIL": [
        declared("MIL"),
        done("MIL", "2018-08-31", "state@2018-09-03", "month"),
        event("MIL", "deadline_missed", DEADLINE, source="monitor@2018-09-01"),
    ],
    # None declared; some found after the deadline.
    "NOF": [declared("NOF", 0), left("NOF", 7, "2019-01-31", "state@2019-02-28")],
    # Finished in time, and something turned up: before the deadline, and after it.
    "REO": [
        declared("REO"),
        done("REO", "2012-06-30", "state@2012-07-31"),
        event("REO", "reopened", "2019-03-31", source="state@2019-03-31"),
        quantity("REO", "declared", 7, "2019-04-30", source="state@2019-05-31"),
        done("REO", "2019-12-31", "state@2020-01-31"),
    ],
    "REB": [
        declared("REB"),
        done("REB", "2012-06-30", "state@2012-07-31"),
        event("REB", "reopened", "2014-03-31", source="state@2014-03-31"),
        quantity("REB", "declared", 7, "2014-04-30", source="state@2014-05-31"),
        done("REB", "2016-12-31", "state@2017-01-31"),
    ],
    # Nothing to destroy, all of it kept, nothing known.
    "NON": [declared("NON", 0)],
    "KEP": [
        declared("KEP", 6),
        quantity("KEP", "retained", 6, "2011-06-30", source="state@2011-07-31"),
    ],
    "UNK": [],
    # Not bound, or no longer.
    "SIG": [
        event("SIG", "signed", "2008-12-03", source="depositary@2008-12-03"),
        declared("SIG"),
    ],
    "NOT": [left("NOT", 90, "2018-12-31", "press@2019-01-31")],
    "FRE": [done("FRE", "2019-12-31", "monitor@2020-09-01", "on_or_before")],
    "WDR": [
        declared("WDR"),
        left("WDR", 50, "2019-01-31", "state@2019-02-28"),
        event("WDR", "withdrew", "2020-03-06", source="depositary@2020-03-06"),
    ],
    "WDC": [
        declared("WDC"),
        done("WDC", "2015-03-06", "state@2015-04-30"),
        event("WDC", "withdrew", "2020-03-06", source="depositary@2020-03-06"),
    ],
    "SUS": [
        declared("SUS"),
        left("SUS", 50, "2019-01-31", "state@2019-02-28"),
        event("SUS", "suspension_notified", "2020-01-18", source="depositary@2020-01-18"),
    ],
    # Doubtful readings.
    "ONB": [declared("ONB"), done("ONB", "2019-06-30", "state@2019-06-30", "on_or_before")],
    "SHR": [
        quantity(
            "SHR",
            "destroyed_share",
            "0.66",
            "2014-12-31",
            unit="unspecified",
            source="state@2015-04-30",
        )
    ],
}
UNBOUND = {"SIG", "NOT", "FRE"}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> sp.Ledger:
    """One ledger of all stories."""
    rows = [row for story in STORIES.values() for row in story]
    return ledger_of(
        tmp_path_factory.mktemp("gallery") / "demo",
        [row for row in rows if "measure" in row],
        [consents(iso3) for iso3 in STORIES if iso3 not in UNBOUND]
        + [row for row in rows if "event" in row],
        states=sorted(STORIES),
    )


@pytest.fixture(scope="module")
def rated(gallery: sp.Ledger) -> Callable[..., dict[str, Any]]:
    """The row of one story as of a day; each day is worked out once."""

    @lru_cache
    def on(day: str, rule: str) -> pd.DataFrame:
        return core.status(gallery.as_of(day, rule)).set_index("iso3")  # type: ignore[arg-type]

    return lambda iso3, day, rule="reported": on(day, rule).loc[iso3].to_dict()


Rated = Callable[..., dict[str, Any]]
StatusOf = Callable[..., pd.DataFrame]

AFTER, LATER = "2018-10-01", "2020-10-01"


class TestFacts:
    @pytest.mark.parametrize(
        ("iso3", "day", "rating", "says"),
        [
            # Finished.
            ("DAY", AFTER, "completed", "on 1 August 2018, in time for 1 August 2018"),
            ("LAT", AFTER, "completed late", "2 August 2018, after the deadline of 1 August 2018"),
            (
                "MON",
                AFTER,
                "completed",
                "in August 2018. Its deadline was 1 August 2018; whether",
            ),
            (
                "YEA",
                LATER,
                "completed",
                "in 2018. Its deadline was 1 August 2018; whether it m",
            ),
            ("SEP", AFTER, "completed late", "in September 2018, after the deadline"),
            ("PRE", AFTER, "completed", "on 31 July 2010, before the treaty bound it"),
            ("NIL", AFTER, "completed", "by 31 December 2014, in time for 1 August 2018"),
            (
                "REO",
                LATER,
                "completed",
                "More stock was found by 31 March 2019, after the deadline",
            ),
            ("REO", "2019-10-01", "completed", "on 30 June 2012, in time for 1 August 2018. More"),
            (
                "REB",
                AFTER,
                "completed",
                "It had finished by 30 June 2012; stock was found by 31 Ma",
            ),
            ("EXT", LATER, "completed", "missed the original deadline of 1 August 2018 and met"),
            ("EXL", LATER, "completed late", "after the deadline of 1 August 2020 (extended)"),
            ("FRE", LATER, "completed", "by 31 December 2019, without being bound by the treaty"),
            ("WDC", LATER, "completed", "on 6 March 2015, in time for 1 August 2018"),
            # Past the deadline, and a source says so.
            ("OVR", LATER, "overdue", "still had 50 cluster munitions on 31 January 2019 (state@2"),
            ("EVE", AFTER, "overdue", "It still had 50 cluster munitions on 1 August 2018 (state@"),
            (
                "PER",
                LATER,
                "overdue",
                "It destroyed 5 cluster munitions between 1 January 2019 and",
            ),
            ("PLA", LATER, "overdue", "On 28 February 2019 it still planned to finish by 31 Decem"),
            ("MIS", LATER, "overdue", "A source of 1 September 2018 names it as missed (monitor@"),
            ("NAM", LATER, "overdue", "names it as missed (monitor@2018-09-01). The size of its"),
            ("GNB", AFTER, "overdue", "A source of 1 September 2018 names it as missed"),
            ("SUS", LATER, "overdue", "It notified a suspension of the treaty on 18 January 2020"),
            # Past the deadline, and no source says so, or the last that does is old.
            (
                "STO",
                AFTER,
                "unconfirmed",
                "and no source has spoken of its stock since 31 December 2014",
            ),
            ("STO", AFTER, "unconfirmed", "It still had 50 cluster munitions on 31 December 2014"),
            ("REC", AFTER, "unconfirmed", "It still had 90 cluster munitions on 31 May 2018"),
            (
                "REC",
                LATER,
                "unconfirmed",
                "and no source has spoken of its stock since 31 May 2018",
            ),
            (
                "FEW",
                AFTER,
                "unconfirmed",
                "and no source has spoken of its stock since 31 May 2018",
            ),
            (
                "OVR",
                AFTER,
                "unconfirmed",
                "and no source has spoken of its stock since 31 December 2010",
            ),
            ("OVR", "2022-01-31", "overdue", "on 31 January 2019"),
            (
                "OVR",
                "2022-02-01",
                "unconfirmed",
                "The newest word that it was late is three years old",
            ),
            ("NAM", "2021-09-02", "unconfirmed", "A source of 1 September 2018 names it as missed"),
            (
                "UNK",
                LATER,
                "no data",
                "These tables hold no statement on a stock of the Republic of",
            ),
            # More time was asked for, and nobody is known to have decided.
            ("ASK", LATER, "unconfirmed", "An extension to 1 August 2022 was asked for by 1 Febr"),
            ("ASK", LATER, "unconfirmed", "It still had 50 cluster munitions on 31 December 2018"),
            ("ASN", LATER, "unconfirmed", "An extension was asked for by 1 March 2018; the decis"),
            # The sources cannot be reconciled.
            (
                "CON",
                AFTER,
                "no data",
                "has it completed on 30 June 2012. state@2015-04-30, out",
            ),
            ("MIC", AFTER, "no data", "out later, names the deadline of 1 August 2018 as missed"),
            # Named as missed, and finished at a time that alone would leave it open.
            ("MIL", AFTER, "completed late", "in August 2018, after the deadline of 1 August 2018"),
            # Nothing to destroy on the deadline, and some found after it.
            ("NOF", LATER, "unconfirmed", "on it, the state had declared nothing to destroy"),
            # Nothing to do.
            ("NON", LATER, "no obligation", "No stock reported by the Republic of NON"),
            ("GNB", LATER, "no obligation", "was named as having missed its deadline of 1 August"),
            ("KEP", LATER, "no obligation", "keeps all of its declared 6 cluster munitions for"),
            ("SIG", LATER, "no obligation", "has signed but is not yet bound"),
            (
                "NOT",
                LATER,
                "no obligation",
                "No act by which the Republic of NOT joined the treaty is",
            ),
            ("NOT", AFTER, "no obligation", "These tables hold no statement on a stock"),
            ("WDR", LATER, "no obligation", "has withdrawn from the treaty"),
        ],
    )
    def test_rating_and_reason(
        self, rated: Rated, iso3: str, day: str, rating: str, says: str
    ) -> None:
        row = rated(iso3, day)
        assert (row["status"], says in row["reason"]) == (rating, True), row["reason"]

    def test_on_the_deadline_itself_nobody_is_overdue(self, rated: Rated) -> None:
        assert rated("EVE", DEADLINE)["status"] in ("on target", "at risk", "off target")
        assert rated("EVE", "2018-08-02")["status"] == "overdue"
        assert rated("STO", DEADLINE)["status"] in ("on target", "at risk", "off target")
        assert rated("STO", "2018-08-02")["status"] == "unconfirmed"

    def test_overdue_waits_for_the_source(self, rated: Rated) -> None:
        # Of 31 January 2019, and out on 28 February.
        for rule in ("reported", "published"):
            assert rated("OVR", "2019-02-27", rule)["status"] == "unconfirmed"
            assert rated("OVR", "2019-02-28", rule)["status"] == "overdue"

    def test_a_withdrawal_ends_the_obligation_on_its_day(self, rated: Rated) -> None:
        assert rated("WDR", "2020-03-05")["status"] == "overdue"
        assert rated("WDR", "2020-03-06")["status"] == "no obligation"

    def test_an_extension_counts_from_the_day_it_is_known(self, rated: Rated) -> None:
        assert rated("EXT", AFTER)["deadline"] == pd.Timestamp("2020-08-01")
        assert rated("EXT", AFTER)["status"] in ("on target", "at risk", "off target")
        assert rated("EXM", "2018-09-30")["status"] == "overdue"
        assert rated("EXM", AFTER)["status"] in ("on target", "at risk", "off target")
        assert rated("EXM", AFTER)["original_deadline"] == pd.Timestamp(DEADLINE)

    def test_a_missed_deadline_says_nothing_of_the_extended_one(self, rated: Rated) -> None:
        assert rated("EXM", LATER)["status"] == "unconfirmed"

    def test_of_an_unconfirmed_state_nothing_is_projected(self, rated: Rated) -> None:
        row = rated("STO", AFTER)
        assert row["stock_left"] and row["had_stock"]
        for name in ("projected", "earliest", "latest", "p_on_time"):
            assert pd.isna(row[name])

    def test_stock_found_after_a_deadline_that_was_met_is_left_and_changes_no_rating(
        self, rated: Rated
    ) -> None:
        before, found, gone = (rated("REO", d) for d in ("2019-03-30", "2019-10-01", LATER))
        assert {row["status"] for row in (before, found, gone)} == {"completed"}
        assert [row["stock_left"] for row in (before, found, gone)] == [False, True, False]
        assert "7 cluster munitions" in found["reason"]

    def test_a_contradiction_is_a_conflict_and_no_strong_evidence(
        self, gallery: sp.Ledger, rated: Rated
    ) -> None:
        conflicts = core.conflicts(gallery.as_of(AFTER)).query("figure == 'completed'")
        messages = conflicts.loc[conflicts["iso3"] == "CON", "message"]
        assert any(message in rated("CON", AFTER)["reason"] for message in messages)
        assert rated("CON", AFTER)["evidence"] == "weak"

    def test_a_suspension_ends_the_projection(self, small: Callable[..., sp.Ledger]) -> None:
        suspended = event(
            "AAA", "suspension_notified", "2015-01-18", source="depositary@2015-01-18"
        )
        rows = [declared("AAA"), left("AAA", 50, "2014-01-31", "state@2014-02-28")]
        ledger = small(rows, [consents("AAA"), suspended])
        for day, rating in (("2015-01-17", "on target"), ("2015-01-18", "no data")):
            (row,) = core.status(ledger.as_of(day)).to_dict("records")
            assert row["status"] == rating
        assert "It notified a suspension of the treaty on 18 January 2015" in row["reason"]
        assert pd.isna(row["projected"]) and pd.isna(row["p_on_time"])

    def test_by_a_day_after_the_deadline_is_not_called_late(self, rated: Rated) -> None:
        assert rated("ONB", LATER)["status"] == "completed"

    def test_a_share_alone_is_a_statement_on_a_stock(self, rated: Rated) -> None:
        row = rated("SHR", "2015-06-30")
        assert row["status"] in ("on target", "at risk", "off target")
        assert "66 per cent destroyed" in row["reason"]

    def test_stock_that_turned_up_where_none_was_known_is_rated_too(
        self, small: Callable[..., sp.Ledger]
    ) -> None:
        rows = [
            event("AAA", "reopened", "2014-03-31", source="state@2014-03-31"),
            done("AAA", "2016-12-31", "state@2017-01-31"),
        ]
        (row,) = core.status(small([], [consents("AAA"), *rows]).as_of(AFTER)).to_dict("records")
        assert row["status"] == "completed"
        assert "31 December 2016, in time for 1 August 2018" in row["reason"]


class TestChance:
    def chance(self, gallery: sp.Ledger) -> float:
        row = core.status(gallery.as_of("2015-06-30")).set_index("iso3").loc["STO"]
        return float(row["p_on_time"])

    def test_the_thresholds_draw_the_lines(self, gallery: sp.Ledger) -> None:
        """Whatever the projection gives, a rating changes where the thresholds say."""
        chance = self.chance(gallery)
        assert 0.05 < chance < 0.999
        just = 0.0005
        for limits, rating in (
            (sp.Thresholds(on_target=chance - just, at_risk=0.01), "on target"),
            (sp.Thresholds(on_target=chance + just, at_risk=chance - just), "at risk"),
            (sp.Thresholds(on_target=0.9999, at_risk=chance + just), "off target"),
        ):
            row = core.status(gallery.as_of("2015-06-30"), limits).set_index("iso3").loc["STO"]
            assert row["status"] == rating
            assert f"Finishing by 1 August 2018 is {LIKELY[rating]}." in row["reason"]

    def test_a_chance_at_the_threshold_reaches_it(self, gallery: sp.Ledger) -> None:
        limits = sp.Thresholds(on_target=self.chance(gallery))
        rows = core.status(gallery.as_of("2015-06-30"), limits).set_index("iso3")
        assert rows.loc["STO", "status"] == "on target"

    @pytest.mark.parametrize(
        ("on_target", "at_risk"),
        [
            (0.4, 0.7),
            (0.5, 0.5),
            (1.0, 0.5),
            (1.2, 0.5),
            (0.5, 0.0),
            (0.5, -1),
            (float("nan"), 0.4),
        ],
    )
    def test_chances_out_of_order_are_refused(self, on_target: float, at_risk: float) -> None:
        with pytest.raises(ValueError, match=rf"on_target is {on_target} and at_risk is {at_risk}"):
            sp.Thresholds(on_target=on_target, at_risk=at_risk)

    def test_the_age_of_the_word_that_a_state_is_late_is_a_threshold(
        self, gallery: sp.Ledger
    ) -> None:
        view = gallery.as_of(LATER)
        for months, rating in ((20, "unconfirmed"), (21, "overdue")):
            rated = core.status(view, sp.Thresholds(overdue_months=months)).set_index("iso3")
            assert rated.loc["OVR", "status"] == rating

    def test_silence_in_the_last_months_is_no_stock(self, gallery: sp.Ledger) -> None:
        # Both had half of it, and one said so a month before the deadline.
        view = gallery.as_of("2018-07-25")
        # The states of these stories hardly ever finish, so that a year before it was no better.
        limits = sp.Thresholds(at_risk=chances_since_word(view)["STO"] - 1e-9)
        rows = core.status(view, limits).set_index("iso3")
        assert rows.loc[["LAS", "STO"], "p_on_time"].max() < limits.at_risk
        assert rows.loc["LAS", "status"] == "off target"
        assert rows.loc["STO", "status"] == "at risk"
        assert (
            "If it still has stock, finishing by 1 August 2018 is unlikely."
            in (rows.loc["STO", "reason"])
        )
        assert "The newest word on its stock, of 31 December 2014, is" in rows.loc["STO", "reason"]
        # Who asks for more time is not silent.
        assert rows.loc["ASN", "status"] == "off target"

    def test_a_chance_is_the_word_of_its_rating_and_no_number(self, gallery: sp.Ledger) -> None:
        for day in ("2012-06-30", "2015-06-30", "2017-06-30"):
            frame = core.status(gallery.as_of(day))
            for row in frame[frame["status"].isin(LIKELY)].to_dict("records"):
                assert re.findall(r"inishing by [^.]* is (\w+)\.", row["reason"]) == [
                    LIKELY[row["status"]]
                ]

    def test_a_deadline_told_to_the_year_is_a_range(self, small: Callable[..., sp.Ledger]) -> None:
        stated = event(
            "AAA", "deadline_stated", "2018-12-31", precision="year", value="original",
            source="monitor@2016-09-01",
        )  # fmt: skip
        rows = [declared("AAA"), left("AAA", 50, "2017-01-31", "state@2017-02-28")]
        ledger = small(rows, [stated])
        (row,) = core.status(ledger.as_of("2017-06-30")).to_dict("records")
        assert "Its deadline lies in 2018, the day is not on record" in row["reason"]
        assert "before that year is" in row["reason"]
        # It may be any day of the year: nobody is late before that is over.
        for day, passed in (("2018-12-31", False), ("2019-01-01", True)):
            (row,) = core.status(ledger.as_of(day)).to_dict("records")
            assert (row["status"] == "unconfirmed") is passed, row["reason"]


class TestFrame:
    ASKED_FOR = """iso3 state membership status deadline original_deadline declared destroyed
        remaining share_destroyed projected earliest latest p_on_time planned_completion evidence
        reason unit""".split()

    def test_one_row_a_state_and_the_columns_asked_for(
        self, status_of: StatusOf, ccm: sp.Ledger
    ) -> None:
        for frame in (status_of("ccm"), status_of("apmbc")):
            assert set(self.ASKED_FOR) <= {"iso3", *frame.columns}
            assert frame.index.is_monotonic_increasing and frame.index.is_unique
            assert set(frame["status"]) <= set(sp.RATINGS)
            assert set(frame["evidence"]) <= {"strong", "fair", "weak", "none"}
            assert (frame["reason"].str.len() > 10).all()
        assert status_of("ccm").index.tolist() == ccm.states["iso3"].tolist()
        assert {"declared_submunitions", "share_cluster_munitions"} <= set(status_of("ccm").columns)

    @pytest.mark.parametrize(
        ("treaty", "day"), [("ccm", TODAY), ("apmbc", TODAY), ("ccm", "2012-04-19")]
    )
    def test_reasons_are_sentences(self, status_of: StatusOf, treaty: str, day: str) -> None:
        reasons = status_of(treaty, day)["reason"]
        assert reasons.str.endswith(".").all()
        assert not reasons.str.contains(r"\bnan\b|NaT|None|\.\.|  | ,|_").any()

    @pytest.mark.parametrize(("treaty", "day"), [("ccm", "2012-04-19"), ("apmbc", TODAY)])
    def test_quantiles_are_in_order_and_not_before_the_day(
        self, status_of: StatusOf, treaty: str, day: str
    ) -> None:
        frame = status_of(treaty, day)
        days = frame[["earliest", "projected", "latest"]]
        both = days.dropna(subset=["earliest", "projected"])
        assert (both["earliest"] <= both["projected"]).all()
        assert not (days["latest"] < days["projected"]).any()
        assert (days.stack().dropna() >= pd.Timestamp(day)).all()
        chances = frame["p_on_time"].dropna()
        assert chances.between(0, 1).all() and len(chances)

    def test_a_rating_by_chance_is_that_of_its_chance(self, status_of: StatusOf) -> None:
        ccm_2012 = status_of("ccm", "2012-04-19")
        by_chance = ccm_2012["status"].isin(["on target", "at risk", "off target"])
        assert by_chance.sum() > 5
        assert ccm_2012.loc[by_chance, "p_on_time"].notna().all()
        limits = sp.Thresholds()
        shares = ccm_2012.loc[by_chance].groupby("status")["p_on_time"].agg(["min", "max"])
        for rating, low, high in (
            ("on target", limits.on_target, 1.0),
            ("at risk", 0.0, limits.on_target),  # below its own range in silence alone
            ("off target", 0.0, limits.at_risk),
        ):
            if rating in shares.index:
                assert low <= shares.loc[rating, "min"] <= shares.loc[rating, "max"] <= high

    def test_of_a_day_before_everything(self, treaty_ledger: sp.Ledger) -> None:
        frame = core.status(treaty_ledger.as_of("1950-01-01"))
        assert set(frame["status"]) == {"no obligation"}
        assert set(frame["membership"]) == {"not party"}


class TestProjectionFrame:
    """What holds for any method: no date is an answer, and it comes with a reason."""

    @pytest.mark.parametrize("day", ["2004-06-30", "2012-04-19", TODAY])
    def test_quantiles_chance_and_reasons(self, treaty_ledger: sp.Ledger, day: str) -> None:
        frame = core.project(treaty_ledger.as_of(day))
        quantiles = frame[["q10", "q25", "q50", "q75", "q90"]]
        assert (quantiles.stack().dropna() >= pd.Timestamp(day)).all()
        for near, far in zip(quantiles.columns, quantiles.columns[1:], strict=False):
            assert not (quantiles[far] < quantiles[near]).any()
            assert not (quantiles[near].isna() & quantiles[far].notna()).any()
        assert frame["p_on_time"].dropna().between(0, 1).all()
        assert (frame["reason"].str.len() > 10).all()
        silent = frame["p_on_time"].isna()
        assert quantiles[silent].isna().all(axis=None)

    def test_only_states_with_stock_to_destroy_are_given_a_date(self, gallery: sp.Ledger) -> None:
        frame = core.project(gallery.as_of("2015-06-30")).set_index("iso3")
        assert frame.loc["STO", ["q10", "q50", "p_on_time"]].notna().all()
        for iso3 in ("NON", "KEP", "UNK", "SIG", "NOT", "WDC", "PRE", "NIL"):
            assert frame.loc[iso3, ["q10", "q50", "q90", "p_on_time"]].isna().all(), iso3
            assert frame.loc[iso3, "reason"].endswith("."), iso3

    def test_a_deadline_that_has_passed_cannot_be_met(self, gallery: sp.Ledger) -> None:
        frame = core.project(gallery.as_of(LATER)).set_index("iso3")
        assert frame.loc["OVR", "p_on_time"] == 0
