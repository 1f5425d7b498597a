"""Who is bound, since when and until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import core
import pandas as pd
import pytest
from smalltreaty import Row, consents, event, quantity

import stockpile as sp
from stockpile.stock.obligations import deadlines, obligations

pytestmark = pytest.mark.usefixtures("alone")

Small = Callable[..., sp.Ledger]

AAA = consents("AAA")  # bound from 2010-08-01, deadline 2018-08-01
SIGNED = event("AAA", "signed", "2008-12-03", source="depositary@2014-09-30")


class State(NamedTuple):
    """One state of a ledger."""

    ledger: sp.Ledger
    iso3: str

    def on(self, day: str, rule: str = "reported") -> dict[str, Any]:
        """Its obligation as of a day."""
        rows = obligations(self.ledger.as_of(day, rule))  # type: ignore[arg-type]
        return rows.set_index("iso3").loc[self.iso3].to_dict()

    def deadline(self, day: str, rule: str = "reported") -> str:
        """Its deadline as of a day."""
        return self.on(day, rule)["deadline"].date().isoformat()

    def links(self) -> pd.DataFrame:
        """Its deadlines, everything on record."""
        links = deadlines(self.ledger)
        rows = links[links["iso3"] == self.iso3]
        assert rows["link"].tolist() == list(range(len(rows)))
        return rows

    def chain(self) -> list[str]:
        """The days of these."""
        return self.links()["deadline"].dt.strftime("%Y-%m-%d").tolist()


story = pytest.mark.story


@pytest.fixture
def state(told: tuple[sp.Ledger, list[str]]) -> State:
    """The state that the story of a test is of."""
    ledger, (iso3,) = told
    return State(ledger, iso3)


def granted(day: str, new: str, source: str, **more: str) -> Row:
    return event("AAA", "extension_granted", day, value=new, source=source, **more)


def requested(day: str, new: str, source: str) -> Row:
    return event("AAA", "extension_requested", day, value=new, source=source)


def stated(date: str, value: str, source: str, precision: str = "day") -> Row:
    return event("AAA", "deadline_stated", date, value=value, precision=precision, source=source)


# A state that signs, consents, gives notice and leaves.
HISTORY = [
    SIGNED,
    event("AAA", "withdrawal_notified", "2015-09-06", source="press@2020-01-01"),
    event("AAA", "withdrew", "2016-03-06", source="depositary@2016-03-06"),
]


class TestMembership:
    @pytest.mark.parametrize(
        ("day", "membership"),
        [
            ("2008-12-02", "not party"),
            ("2008-12-03", "signatory"),
            ("2010-07-31", "signatory"),  # has consented and is not yet bound
            ("2010-08-01", "State Party"),
            ("2016-03-05", "State Party"),
            ("2016-03-06", "withdrawn"),
            ("2026-06-30", "withdrawn"),
        ],
    )
    @story(*HISTORY)
    def test_is_that_of_the_day(self, state: State, rule: str, day: str, membership: str) -> None:
        assert state.on(day, rule)["membership"] == membership

    @story(AAA | {"value": "accession"}, bound=False)
    def test_who_accedes_is_bound_without_having_signed(self, state: State) -> None:
        assert state.on("2010-07-31")["membership"] == "not party"
        assert state.on("2010-08-01")["membership"] == "State Party"

    @story(event("AAA", "suspension_notified", "2015-09-06", source="press@2020-01-01"))
    def test_notices_are_shown_from_their_day(self, state: State) -> None:
        assert pd.isna(state.on("2015-09-05")["suspension_notified"])
        assert state.on("2015-09-06")["suspension_notified"] == pd.Timestamp("2015-09-06")
        assert state.on("2015-09-06")["membership"] == "State Party"

    @pytest.mark.parametrize(
        ("treaty", "iso3", "day", "membership"),
        [
            ("ccm", "GBR", "2010-10-31", "signatory"),
            ("ccm", "GBR", "2010-11-01", "State Party"),
            ("ccm", "COL", "2016-02-29", "signatory"),
            ("ccm", "COL", "2016-03-01", "State Party"),
            ("ccm", "LTU", "2025-03-05", "State Party"),
            ("ccm", "LTU", "2025-03-06", "withdrawn"),
            ("apmbc", "FIN", "2026-01-09", "State Party"),
            ("apmbc", "FIN", "2026-01-10", "withdrawn"),
        ],
    )
    def test_of_real_states(
        self,
        request: pytest.FixtureRequest,
        rule: str,
        treaty: str,
        iso3: str,
        day: str,
        membership: str,
    ) -> None:
        assert (
            State(request.getfixturevalue(treaty), iso3).on(day, rule)["membership"] == membership
        )

    def test_every_state_has_one_row_and_a_known_word(self, treaty_ledger: sp.Ledger) -> None:
        for day in ("1997-01-01", "2010-08-01", "2026-06-30"):
            rows = obligations(treaty_ledger.as_of(day))
            assert rows["iso3"].tolist() == treaty_ledger.states["iso3"].tolist()
            assert set(rows["membership"]) <= set(
                {"State Party", "signatory", "not party", "withdrawn"}
            )
            bound = rows["membership"] == "State Party"
            assert rows.loc[bound, "deadline"].notna().all()


class TestOriginalDeadline:
    @story(stated("2018-01-31", "original", "monitor@2015-09-01", "month"))
    def test_is_computed_from_consent_whatever_sources_say(self, state: State) -> None:
        assert state.chain() == ["2018-08-01"]
        assert state.on("2016-01-01")["deadline_basis"] == "computed"

    @story(
        event("AAA", "entered_into_force", "2012-02-01", source="depositary@2012-02-01"),
        bound=False,
    )
    def test_comes_from_a_stated_entry_into_force_where_consent_is_not_on_record(
        self, state: State
    ) -> None:
        assert state.chain() == ["2020-02-01"]

    @story(
        stated("2020-02-29", "original", "monitor@2015-09-01", "month"),
        stated("2020-02-01", "original", "press@2016-01-01"),
        bound=False,
    )
    def test_stated_stands_in_where_entry_into_force_is_not_on_record(self, state: State) -> None:
        assert state.chain() == ["2020-02-01"]  # the day before the month, whoever names it
        then = state.on("2015-12-31")
        assert then["deadline"] == pd.Timestamp("2020-02-29")
        assert (then["deadline_basis"], then["membership"]) == ("stated", "State Party")
        assert pd.isna(then["entry_into_force"])
        assert pd.isna(state.on("2015-08-31")["deadline"])  # no source is out

    def test_stands_in_where_no_entry_into_force_is_on_record_at_all(self, small: Small) -> None:
        figures = quantity("AAA", "declared", 9, "2012-06-30", source="state@2012-06-30")
        ledger = small([figures], [stated("2020-02-01", "original", "press@2016-01-01")])
        assert State(ledger, "AAA").deadline("2017-01-01") == "2020-02-01"
        rated = core.status(ledger.as_of("2017-01-01")).iloc[0]
        assert rated["membership"] == "State Party" and rated["p_on_time"] > 0

    def test_of_sri_lanka_and_oman_is_computed_and_is_what_sources_state(
        self, apmbc: sp.Ledger
    ) -> None:
        for iso3, due in (("LKA", "2022-06-01"), ("OMN", "2019-02-01")):
            then = State(apmbc, iso3).on("2026-06-30", "published")
            assert then["deadline"] == pd.Timestamp(due)
            assert (then["membership"], then["deadline_basis"]) == ("State Party", "computed")
            named = apmbc.events.query(
                "iso3 == @iso3 and event == 'deadline_stated' and precision == 'day'"
            )
            assert set(named["date"]) == {pd.Timestamp(due)}
        assert State(apmbc, "LKA").on("2018-01-01")["membership"] == "not party"

    @story(
        stated("2022-06-01", "original", "press@2021-11-18"),
        stated("2022-06-01", "original", "monitor@2021-06-22"),
        bound=False,
    )
    def test_that_stands_in_is_known_since_it_was_first_named(self, state: State) -> None:
        (link,) = state.links().to_dict("records")
        assert (link["basis"], link["known"]) == ("stated", pd.Timestamp("2021-06-22"))


class TestExtensions:
    @story(
        granted("2018-03-01", "2020-08-01", "treaty_body@2018-03-15"),
        granted("2020-02-01", "2022-08-01", "treaty_body@2020-02-15"),
    )
    def test_count_from_the_day_they_became_known(self, state: State, rule: str) -> None:
        assert state.chain() == ["2018-08-01", "2020-08-01", "2022-08-01"]
        assert state.deadline("2018-03-14", rule) == "2018-08-01"
        assert state.deadline("2018-03-15", rule) == "2020-08-01"
        assert state.deadline("2020-02-14", rule) == "2020-08-01"
        assert state.deadline("2020-02-15", rule) == "2022-08-01"
        today = state.on("2026-06-30", rule)
        assert today["original_deadline"] == pd.Timestamp("2018-08-01")
        assert (today["extensions"], today["deadline_basis"]) == (2, "extended")

    @story(granted("2018-03-01", "2020-08-01", "monitor@2019-09-01"))
    def test_told_late_were_known_from_the_next_reporting_date(self, state: State) -> None:
        assert state.deadline("2018-04-29") == "2018-08-01"
        assert state.deadline("2018-04-30") == "2020-08-01"
        assert state.deadline("2019-08-31", "published") == "2018-08-01"
        assert state.deadline("2019-09-01", "published") == "2020-08-01"

    @pytest.mark.parametrize(
        ("iso3", "day", "due"),
        [
            ("BGR", "2019-08-31", "2019-10-01"),
            ("BGR", "2019-09-30", "2021-04-01"),  # granted that month
            ("BGR", "2022-08-13", "2021-04-01"),
            ("BGR", "2022-08-14", "2022-10-01"),  # first told of on that day
            ("BGR", "2023-09-04", "2022-10-01"),
            ("BGR", "2023-09-05", "2023-12-31"),
            ("PER", "2021-04-29", "2021-03-01"),
            ("PER", "2021-04-30", "2024-04-30"),  # 'April 2024' is all that was known
            ("PER", "2023-12-31", "2024-04-01"),
        ],
    )
    def test_of_bulgaria_and_peru(self, ccm: sp.Ledger, iso3: str, day: str, due: str) -> None:
        assert State(ccm, iso3).deadline(day) == due

    def test_of_bulgaria_and_peru_as_chains(self, ccm: sp.Ledger, rule: str) -> None:
        today = ccm.as_of("2026-06-30", rule)
        assert State(today, "BGR").chain() == [
            "2019-10-01",
            "2021-04-01",
            "2022-10-01",
            "2023-12-31",
        ]
        assert State(today, "PER").chain() == ["2021-03-01", "2024-04-01"]

    def test_nobody_else_was_granted_one(self, ccm: sp.Ledger, apmbc: sp.Ledger) -> None:
        assert set(deadlines(ccm).query("link > 0")["iso3"]) == {"BGR", "PER"}
        assert set(deadlines(apmbc)["link"]) == {0}  # the Mine Ban Convention knows none

    @story(requested("2018-01-10", "2020-08-01", "state@2018-01-10"))
    def test_asked_for_move_nothing(self, state: State) -> None:
        then = state.on("2018-02-01")
        assert then["deadline"] == pd.Timestamp("2018-08-01")
        assert then["requested_deadline"] == pd.Timestamp("2020-08-01")
        assert pd.isna(state.on("2018-01-09")["requested_deadline"])

    @story(
        requested("2018-01-10", "2020-08", "state@2018-01-10"),
        granted("2018-03-01", "2020-08-01", "treaty_body@2018-03-15"),
    )
    def test_granted_are_no_longer_asked_for(self, state: State) -> None:
        then = state.on("2018-04-01")
        assert then["deadline"] == pd.Timestamp("2020-08-01")
        assert pd.isna(then["requested_deadline"])

    @story(
        granted("2018-03-01", "2020-08", "monitor@2018-03-15"),
        stated("2020-08-01", "extended", "press@2019-01-01"),
    )
    def test_a_month_is_made_precise_by_whoever_names_the_day(self, state: State) -> None:
        assert state.deadline("2018-12-31") == "2020-08-31"
        assert state.chain() == ["2018-08-01", "2020-08-01"]
        (link,) = state.links().query("link == 1").to_dict("records")
        assert link["known"] == pd.Timestamp("2018-03-15")
        assert link["sources"] == "monitor@2018-03-15 press@2019-01-01"

    @story(stated("2020-08-01", "extended", "monitor@2018-09-01"))
    def test_told_of_by_the_deadline_they_led_to(self, state: State) -> None:
        assert state.deadline("2018-08-31") == "2018-08-01"
        assert state.deadline("2018-09-01") == "2020-08-01"

    @story(granted("2017-03-01", "2017-08-01", "treaty_body@2017-03-15"))
    def test_never_shorten_the_time(self, state: State) -> None:
        assert state.chain() == ["2018-08-01"]

    @story(granted("2018-03-01", "", "treaty_body@2018-03-15"))
    def test_of_no_stated_length_are_no_link(self, state: State) -> None:
        assert state.chain() == ["2018-08-01"]

    @story(granted("2018-03-01", "2020-08-01", "press@"))
    def test_of_an_undated_source_are_known_as_reported_alone(self, state: State) -> None:
        assert state.deadline("2018-04-30") == "2020-08-01"
        assert state.deadline("2026-06-30", "published") == "2018-08-01"

    @story(stated("2020-08-01", "extended", "monitor@2018-09-01"), bound=False)
    def test_without_an_original_deadline_still_give_one(self, state: State) -> None:
        then = state.on("2019-01-01")
        assert then["deadline"] == pd.Timestamp("2020-08-01")
        assert pd.isna(then["original_deadline"])

    def test_every_real_chain_moves_forward(self, treaty_ledger: sp.Ledger) -> None:
        links = deadlines(treaty_ledger)
        steps = links.groupby("iso3")["deadline"].diff().dropna()
        assert (steps > pd.Timedelta(0)).all()
