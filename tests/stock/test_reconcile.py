"""Disagreeing statements about one stock -> one line, by the written order of preference."""

from __future__ import annotations

import math

import core
import pandas as pd
import pytest
from conftest import TODAY
from smalltreaty import MUNITIONS, SUBMUNITIONS, Row, consents, event, quantity, side_by_side

import stockpile as sp
from stockpile.stock.reconcile import (
    AGREES,
    SET_ASIDE,
    USED,
    Statement,
    accept,
    bounds,
    choose,
)

STATE, PRESS, GROUP = "state@2015-01-15", "press@2015-01-15", "organisation@2015-01-15"


def declared(number: int, on: str = "2010-12-31", source: str = STATE, **more: str) -> Row:
    return quantity("AAA", "declared", number, on, source=source, **more)


def destroyed(number: int, start: str, on: str, source: str = STATE, **more: str) -> Row:
    return quantity("AAA", "destroyed", number, on, start=start, source=source, **more)


def total(number: int, on: str, source: str = STATE, **more: str) -> Row:
    return quantity("AAA", "destroyed_total", number, on, source=source, **more)


def share(number: str, on: str, source: str = STATE, **more: str) -> Row:
    return quantity("AAA", "destroyed_share", number, on, source=source, **more)


def remaining(number: int, on: str, source: str = STATE, **more: str) -> Row:
    return quantity("AAA", "remaining", number, on, source=source, **more)


def retained(number: int, on: str, source: str = STATE, **more: str) -> Row:
    return quantity("AAA", "retained", number, on, source=source, **more)


def completed(on: str, source: str = STATE, precision: str = "day") -> Row:
    return event("AAA", "completed", on, precision=precision, source=source)


def reopened(on: str, source: str = STATE) -> Row:
    return event("AAA", "reopened", on, source=source)


def statement(number: float, *, measure: str = "remaining", qualifier: str = "exact") -> Statement:
    """A bare statement, as the rules weigh it."""
    return Statement(
        row=0,
        measure=measure,
        value=number,
        qualifier=qualifier,
        start=None,
        on=None,
        rank=0,
        published=0,
        presumed=False,
        source_id="a",
    )


def presumed(number: float, published: int) -> Statement:
    """A declaration without a day, published on one that is still to come."""
    return statement(number, measure="declared")._replace(
        row=published, published=published, presumed=True
    )


story, stories = pytest.mark.story, pytest.mark.stories


class Told:
    """What a few statements on one state come to, on the last day there is."""

    def __init__(self, ledger: sp.Ledger, iso3: str) -> None:
        then = ledger.as_of(TODAY)
        self.lines, self.explained, self.conflicts = (
            frame[frame["iso3"] == iso3]
            for frame in (
                core.progress(then),
                core.progress(then, explain=True),
                core.conflicts(then),
            )
        )

    def points(self, unit: str = MUNITIONS, episode: int = 0) -> list[tuple[object, ...]]:
        """Day, destroyed and remaining of each point of a line; None for unknown."""
        rows = self.lines.query("unit == @unit and episode == @episode")
        return [
            tuple(None if pd.isna(cell) else cell for cell in row)
            for row in zip(
                rows["date"].dt.strftime("%Y-%m-%d"),
                rows["destroyed"],
                rows["remaining"],
                strict=True,
            )
        ]

    def last(self, unit: str = MUNITIONS) -> dict[str, object]:
        return self.lines.query("unit == @unit").iloc[-1].to_dict()

    def role(self, figure: str, value: float | None = None, source: str = "") -> tuple[str, str]:
        """Role and reason of the one statement that is meant."""
        rows = self.explained[self.explained["figure"] == figure]
        rows = rows[(rows["value"] == value) if value is not None else rows["value"].isna()]
        rows = rows[rows["source_id"].str.startswith(source)]
        (row,) = rows[["role", "why"]].itertuples(index=False, name=None)
        return row


@pytest.fixture
def each(told: tuple[sp.Ledger, list[str]]) -> list[Told]:
    """What the stories of a test come to."""
    ledger, states = told
    return [Told(ledger, iso3) for iso3 in states]


@pytest.fixture
def found(each: list[Told]) -> Told:
    """What the one story of a test comes to."""
    (one,) = each
    return one


class TestBounds:
    @pytest.mark.parametrize(
        ("number", "qualifier", "low", "high"),
        [
            (573_712, "exact", 573_712, 573_712),
            (573_000, "exact", 572_000, 574_000),
            (2_000_000, "exact", 1_900_000, 2_100_000),  # never wider than one in twenty
            (0, "exact", 0, 0),
            (200, "approx", 190, 210),
            (200, "nearly", 180, 200),
            (200, "at_least", 200, math.inf),
        ],
    )
    def test_a_statement_supports_a_range(
        self, number: float, qualifier: str, low: float, high: float
    ) -> None:
        assert bounds(statement(number, qualifier=qualifier)) == pytest.approx((low, high))

    def test_a_share_is_one_of_the_whole_give_or_take_a_hundredth(self) -> None:
        s = statement(0.66, measure="destroyed_share")
        assert bounds(s, 1000) == pytest.approx((650, 670))
        assert all(math.isnan(bound) for bound in bounds(s))

    def test_more_than_a_round_number_is_more_than_it(self) -> None:
        s = statement(1_000_000, qualifier="at_least")
        assert bounds(s) == (1_000_000, math.inf)


def test_a_measure_without_a_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="no rule says how the measure 'stolen'"):
        accept([statement(5, measure="stolen")], 10.0)


class TestDeclared:
    @story(declared(100), declared(140, "2012-12-31"), declared(120, "2011-12-31"))
    def test_the_latest_statement_decides(self, found: Told) -> None:
        assert found.last()["declared"] == 140
        assert found.role("declared", 140) == (USED, "declared stock")
        assert found.role("declared", 100) == (SET_ASIDE, f"restated by {STATE}")

    @story(declared(100), declared(140, "2013-12-31", PRESS))
    def test_the_nearer_source_decides_before_the_latest(self, found: Told) -> None:
        assert found.last()["declared"] == 100
        assert found.role("declared", 140) == (SET_ASIDE, f"{STATE} is nearer to the fact")

    @stories(
        [declared(100, source=PRESS), declared(90, source=GROUP)],
        [declared(90, source=GROUP), declared(80)],
    )
    def test_an_organisation_comes_between_state_and_press(self, each: list[Told]) -> None:
        assert [found.last()["declared"] for found in each] == [90, 80]

    @stories(
        *(
            [declared(100), declared(140, "2012-12-31", f"{kind}@2015-01-15")]
            for kind in ("treaty_body", "monitor", "depositary")
        )
    )
    def test_the_monitor_and_the_treaty_stand_beside_the_state(self, each: list[Told]) -> None:
        assert [found.last()["declared"] for found in each] == [140, 140, 140]

    @story(declared(573_700, "2011-12-31", "state@2012-01-15"), declared(573_000, "2013-12-31"))
    def test_an_exact_figure_says_a_rounded_one_more_precisely(self, found: Told) -> None:
        assert found.last()["declared"] == 573_700
        assert found.last()["declared_qualifier"] == "exact"
        assert found.role("declared", 573_000) == (AGREES, "rounded; state@2012-01-15 is exact")

    @story(declared(400_123, "2011-12-31"), declared(573_000, "2013-12-31"))
    def test_an_exact_figure_that_does_not_agree_is_restated_by_a_rounded_one(
        self, found: Told
    ) -> None:
        assert found.last()["declared"] == 573_000
        assert found.last()["declared_qualifier"] == "approx"

    @story(declared(68), declared(10_200, unit=SUBMUNITIONS))
    def test_the_two_counts_are_kept_apart(self, found: Told) -> None:
        assert found.last(MUNITIONS)["declared"] == 68
        assert found.last(SUBMUNITIONS)["declared"] == 10_200

    @story(declared(100))
    def test_nothing_more_is_claimed_than_the_declaration(self, found: Told) -> None:
        last = found.last()
        assert (last["declared"], last["remaining"], last["basis"]) == (100, 100, "declared")
        assert math.isnan(last["destroyed"]) and math.isnan(last["share_destroyed"])
        assert last["remaining_qualifier"] == "at_most"

    @story(declared(0))
    def test_none_declared_is_none_left_and_no_share(self, found: Told) -> None:
        last = found.last()
        assert (last["declared"], last["destroyed"], last["remaining"]) == (0, 0, 0)
        assert math.isnan(last["share_destroyed"])

    def test_of_presumed_figures_the_first_published_is_taken(self) -> None:
        rows = [presumed(140, 30), presumed(100, 10), presumed(120, 20)]
        chosen, roles = choose(rows)
        assert chosen is not None and chosen.value == 100
        assert roles[30] == (SET_ASIDE, "not yet published on the day")

    def test_a_presumed_figure_gives_way(self) -> None:
        rows = [presumed(100, 10), presumed(140, 30)._replace(presumed=False)]
        chosen, _ = choose(rows)
        assert chosen is not None and chosen.value == 140

    def test_no_statement_is_no_figure(self) -> None:
        assert choose([]) == (None, {})


class TestDestroyed:
    @story(declared(100), total(30, "2012-12-31"), total(70, "2013-12-31"))
    def test_a_running_total_is_the_count(self, found: Told) -> None:
        assert found.points() == [("2012-12-31", 30, 70), ("2013-12-31", 70, 30)]
        assert found.last()["share_destroyed"] == pytest.approx(0.7)

    @story(
        declared(100),
        destroyed(30, "2011-01-01", "2011-12-31"),
        destroyed(20, "2012-01-01", "2012-12-31"),
        destroyed(10, "2014-01-01", "2014-06-30"),
    )
    def test_periods_that_follow_one_another_add_up(self, found: Told) -> None:
        assert found.points() == [
            ("2011-12-31", 30, 70),
            ("2012-12-31", 50, 50),
            ("2014-06-30", 60, 40),
        ]
        assert found.last()["destroyed_qualifier"] == "at_least"  # 2013 may have seen more

    @stories(
        *(
            [
                declared(300),
                destroyed(100, "2012-01-01", "2012-12-31"),
                destroyed(80, start, "2013-06-30"),
            ]
            for start in ("2012-07-01", "2012-12-31", "2011-07-01")
        )
    )
    def test_periods_that_overlap_do_not(self, each: list[Told]) -> None:
        assert [found.last()["destroyed"] for found in each] == [100, 100, 100]

    @story(
        declared(300),
        destroyed(60, "2012-01-01", "2012-06-30"),
        destroyed(64, "2012-01-10", "2012-07-02", PRESS),
        destroyed(60, "2012-01-01", "2012-06-30", "monitor@2014-09-01"),
    )
    def test_one_destruction_told_twice_counts_once(self, found: Told) -> None:
        assert found.last()["destroyed"] == 64
        twin, original = sorted(
            found.explained.query("value == 60")[["role", "why"]].itertuples(index=False, name=None)
        )
        assert (twin[0], original[0]) == (AGREES, USED)

    @story(declared(300), total(100, "2011-12-31"), total(50, "2013-12-31", start="2012-01-01"))
    def test_a_total_that_starts_late_comes_on_top_of_what_was_before(self, found: Told) -> None:
        assert found.last()["destroyed"] == 150

    @story(declared(300), total(100, "2011-12-31"), total(120, "2013-12-31", start="2011-06-01"))
    def test_a_total_that_starts_before_is_not_added(self, found: Told) -> None:
        assert found.last()["destroyed"] == 120

    @story(
        declared(300),
        destroyed(100, "2011-01-01", "2011-12-31"),
        destroyed(100, "2012-01-01", "2012-12-31"),
        total(180, "2012-12-31"),
    )
    def test_a_total_comes_before_a_sum_of_periods(self, found: Told) -> None:
        assert found.last()["destroyed"] == 180
        assert SET_ASIDE in set(found.explained["role"])

    @story(
        declared(300),
        destroyed(100, "2011-01-01", "2012-12-31"),
        total(50, "2012-12-31", PRESS),
    )
    def test_the_nearer_source_comes_before_the_more_direct_figure(self, found: Told) -> None:
        assert found.role("destroyed_total", 50)[0] == SET_ASIDE
        assert found.last()["destroyed"] == 100

    @story(declared(900), total(500, "2012-12-31", PRESS), total(300, "2013-12-31"))
    def test_a_higher_total_of_the_press_is_set_aside(self, found: Told) -> None:
        assert found.points() == [("2013-12-31", 300, 600)]
        assert found.role("destroyed_total", 500) == (SET_ASIDE, f"contradicts {STATE}")

    @story(declared(900), total(500, "2012-12-31"), total(300, "2013-12-31"))
    def test_the_later_of_two_equal_statements_is_taken(self, found: Told) -> None:
        assert found.points() == [("2013-12-31", 300, 600)]

    @story(
        declared(9_876),
        total(4_321, "2012-12-31"),
        total(7_000, "2012-12-31", qualifier="approx"),
    )
    def test_exact_comes_before_rounded(self, found: Told) -> None:
        assert found.last()["destroyed"] == 4_321
        assert found.role("destroyed_total", 7_000)[0] == SET_ASIDE

    @story(declared(9_876), total(4_321, "2012-12-31"), total(4_000, "2013-12-31"))
    def test_a_rounded_total_within_reach_is_no_news(self, found: Told) -> None:
        assert found.last()["destroyed"] == 4_321

    @story(declared(200), share("0.66", "2011-12-31"))
    def test_a_share_is_taken_of_the_declared_stock(self, found: Told) -> None:
        assert found.points() == [("2011-12-31", 132, 68)]
        assert found.last()["share_destroyed"] == pytest.approx(0.66)
        assert found.last()["destroyed_qualifier"] == "approx"

    @story(
        declared(200),
        declared(4_000, unit=SUBMUNITIONS),
        share("0.5", "2011-12-31", unit="unspecified"),
    )
    def test_a_share_of_no_named_count_bears_on_each(self, found: Told) -> None:
        assert found.last(MUNITIONS)["destroyed"] == 100
        assert found.last(SUBMUNITIONS)["destroyed"] == 2_000

    @stories(*([share("0.66", "2011-12-31", unit=u)] for u in (MUNITIONS, "unspecified")))
    def test_a_share_of_nothing_known_is_a_share_and_no_count(self, each: list[Told]) -> None:
        for found, unit in zip(each, (MUNITIONS, "unspecified"), strict=True):
            last = found.last(unit)
            assert last["share_destroyed"] == pytest.approx(0.66)
            assert math.isnan(last["destroyed"]) and math.isnan(last["remaining"])

    @story(declared(200), share("0.66", "2011-12-31"), total(100, "2011-12-31"))
    def test_a_count_comes_before_a_share(self, found: Told) -> None:
        assert found.last()["destroyed"] == 100

    @story(
        declared(1_029_763),
        total(0, "2011-12-31"),
        share("0.95", "2014-06-30", start="2012-07-01"),
    )
    def test_a_share_since_a_day_is_no_exact_count(self, found: Told) -> None:
        assert found.last()["destroyed_qualifier"] == "at_least"  # since the last total, a gap

    @stories(*([total(n, "2010-12-31"), completed("2013-06-30")] for n in (0, 40)))
    def test_an_old_total_is_not_that_of_completion(self, each: list[Told]) -> None:
        none, some = (found.last() for found in each)
        assert math.isnan(none["destroyed"]) and none["remaining"] == 0
        assert (some["destroyed"], some["destroyed_qualifier"]) == (40, "at_least")

    @story(declared(100), total(0, "2012-12-31"))
    def test_zero_is_a_statement(self, found: Told) -> None:
        last = found.last()
        assert (last["destroyed"], last["remaining"], last["share_destroyed"]) == (0, 100, 0)

    @story(total(50, "2012-12-31"))
    def test_what_is_unknown_stays_so(self, found: Told) -> None:
        last = found.last()
        assert last["destroyed"] == 50
        assert all(math.isnan(last[c]) for c in ("declared", "remaining", "share_destroyed"))

    @story(declared(100), total(150, "2012-12-31"))
    def test_more_than_declared_is_a_finding(self, found: Told) -> None:
        last = found.last()
        assert last["destroyed"] == 150
        assert math.isnan(last["remaining"]) and math.isnan(last["share_destroyed"])
        (conflict,) = found.conflicts.to_dict("records")
        assert conflict["figure"] == "line"
        assert conflict["message"] == "more destroyed (150) than declared (100)"

    @story(declared(9_000), total(9_100, "2012-12-31"))
    def test_a_little_more_than_about_so_many_is_none(self, found: Told) -> None:
        assert found.conflicts.empty


class TestRemaining:
    @story(declared(100), remaining(30, "2012-12-31"))
    def test_fills_in_for_what_was_destroyed(self, found: Told) -> None:
        assert found.points() == [("2012-12-31", 70, 30)]

    @story(remaining(30, "2012-12-31"))
    def test_alone_says_nothing_of_what_was_destroyed(self, found: Told) -> None:
        last = found.last()
        assert last["remaining"] == 30
        assert all(math.isnan(last[c]) for c in ("declared", "destroyed", "share_destroyed"))

    @story(declared(100), total(70, "2012-12-31"), remaining(50, "2012-12-31"))
    def test_that_does_not_add_up_is_a_finding(self, found: Told) -> None:
        messages = found.conflicts["message"].tolist()
        assert any("do not add up to the declared stock (100)" in message for message in messages)

    @story(remaining(50, "2012-12-31"), remaining(80, "2013-12-31"))
    def test_never_grows_the_later_word_holds(self, found: Told) -> None:
        assert found.points() == [("2013-12-31", None, 80)]
        assert found.role("remaining", 50) == (SET_ASIDE, f"contradicts {STATE}")

    @story(remaining(50, "2012-12-31"), remaining(80, "2013-12-31", PRESS))
    def test_never_grows_the_nearer_word_holds(self, found: Told) -> None:
        assert found.points() == [("2012-12-31", None, 50)]

    @story(declared(200), total(50, "2012-12-31"), remaining(100, "2012-12-31"))
    def test_makes_a_share_with_what_was_destroyed_where_these_do_not_add_up(
        self, found: Told
    ) -> None:
        last = found.last()
        assert (last["destroyed"], last["remaining"]) == (50, 100)
        assert last["share_destroyed"] == pytest.approx(50 / 150)

    @story(total(50, "2012-12-31"), remaining(150, "2012-12-31"))
    def test_without_a_declaration_makes_a_share_with_what_was_destroyed(self, found: Told) -> None:
        last = found.last()
        assert last["share_destroyed"] == pytest.approx(0.25)

    @story(declared(100), remaining(60, "2012-12-31", qualifier="at_least"))
    def test_at_least_so_many_left_gives_no_share(self, found: Told) -> None:
        last = found.last()
        assert math.isnan(last["share_destroyed"])


class TestRetained:
    @story(declared(100), retained(10, "2011-12-31"), total(60, "2012-12-31"))
    def test_what_is_kept_is_no_progress_and_no_arrears(self, found: Told) -> None:
        last = found.last()
        assert (last["destroyed"], last["remaining"]) == (60, 30)
        assert last["remaining_qualifier"] == "approx"  # a declaration may leave out what is kept
        assert last["share_destroyed"] == pytest.approx(60 / 90)
        assert found.role("retained", 10) == (USED, "kept for training")

    @story(
        declared(100),
        total(90, "2012-12-31"),
        quantity("AAA", "retained_destroyed", 5, "2013-12-31", source=STATE),
    )
    def test_destroyed_out_of_what_is_kept_is_no_progress(self, found: Told) -> None:
        assert found.last()["destroyed"] == 90
        assert found.role("retained_destroyed", 5)[0] == SET_ASIDE

    @story(
        declared(100),
        retained(10, "2011-12-31"),
        total(40, "2012-12-31"),
        completed("2013-06-30"),
    )
    def test_at_completion_the_rest_is_gone(self, found: Told) -> None:
        assert found.points()[-1] == ("2013-06-30", 90, 0)
        assert found.last()["destroyed_qualifier"] == "approx"  # no source tells the total

    @story(declared(100), retained(10, "2011-12-31"), completed("2013-06-30"))
    def test_a_completion_alone_says_nothing_of_destruction(self, found: Told) -> None:
        assert found.points() == [("2013-06-30", None, 0)]


class TestCompletion:
    @story(
        declared(100),
        total(40, "2012-12-31"),
        total(100, "2013-12-31"),
        completed("2013-12-17"),
    )
    def test_ends_the_line(self, found: Told) -> None:
        assert found.points() == [("2012-12-31", 40, 60), ("2013-12-17", 100, 0)]

    @story(
        declared(100),
        total(100, "2013-12-31"),
        completed("2013-12-31"),
        destroyed(7, "2014-02-01", "2014-02-28"),
    )
    def test_what_is_destroyed_after_it_is_another_matter(self, found: Told) -> None:
        assert found.last()["destroyed"] == 100
        assert found.role("destroyed", 7)[0] == SET_ASIDE

    @story(
        declared(100),
        completed("2013-12-31", precision="month"),
        completed("2013-12-17", PRESS),
    )
    def test_a_month_is_made_precise_by_a_day_in_it(self, found: Told) -> None:
        assert found.last()["date"] == pd.Timestamp("2013-12-17")

    @story(
        declared(100),
        completed("2013-12-31", precision="month"),
        completed("2014-01-17", PRESS),
    )
    def test_a_day_elsewhere_does_not(self, found: Told) -> None:
        assert found.last()["date"] == pd.Timestamp("2013-12-31")
        assert found.role("completed", None, PRESS) == (
            SET_ASIDE,
            f"{STATE} has another day of completion",
        )

    @story(
        declared(100),
        completed("2013-02-28", precision="on_or_before"),
        completed("2012-12-31", PRESS, precision="year"),
    )
    def test_by_a_day_at_the_latest_is_no_day(self, found: Told) -> None:
        assert found.last()["date"] == pd.Timestamp("2012-12-31")

    @story(declared(100), completed("2013-12-01", "state@2014-01-01"), completed("2013-12-17"))
    def test_of_two_days_the_one_published_last_holds(self, found: Told) -> None:
        assert found.last()["date"] == pd.Timestamp("2013-12-17")


class TestReopened:
    @story(
        declared(100),
        completed("2011-06-30"),
        reopened("2012-03-31"),
        declared(35, "2012-04-30"),
        total(20, "2013-12-31", start="2012-04-01"),
    )
    def test_stock_that_turned_up_is_an_episode_of_its_own(self, found: Told) -> None:
        assert found.points() == [("2011-06-30", None, 0)]
        assert found.points(episode=1) == [("2012-03-31", 0, 35), ("2013-12-31", 20, 15)]
        assert found.last()["share_destroyed"] == pytest.approx(20 / 35)

    @story(
        declared(100),
        completed("2011-06-30"),
        reopened("2012-03-31"),
        declared(35, "2012-04-30"),
        completed("2014-06-30"),
    )
    def test_and_can_be_finished_again(self, found: Told) -> None:
        assert found.points(episode=1)[-1] == ("2014-06-30", None, 0)

    @story(
        declared(100),
        completed("2011-06-30"),
        reopened("2012-03-31"),
        declared(35, "2012-04-30"),
        total(120, "2013-12-31"),
    )
    def test_a_total_that_counts_the_first_stock_too_is_set_aside(self, found: Told) -> None:
        assert found.role("destroyed_total", 120)[0] == SET_ASIDE
        assert found.points(episode=1) == [("2012-03-31", 0, 35)]

    @story(completed("2012-04-27", "state@2012-05-01"), remaining(30, "2014-11-30", STATE))
    def test_a_later_word_of_stock_left_reopens_without_saying_so(self, found: Told) -> None:
        assert found.points(episode=1) == [("2014-11-30", None, 30)]

    @stories(
        *(
            [declared(100), completed("2012-04-27", "state@2012-05-01"), doubt]
            for doubt in (
                remaining(30, "2014-11-30", "press@2014-12-31"),  # farther from the fact
                remaining(30, "2012-03-31", "state@2012-04-01"),  # before completion
                remaining(30, "2012-03-31", STATE),  # likewise, though told later
            )
        )
    )
    def test_an_earlier_or_farther_word_does_not(self, each: list[Told]) -> None:
        for found in each:
            assert set(found.lines["episode"]) == {0}
            assert found.last()["remaining"] == 0


DAY = "2012-12-31"

#: The four rules against one another, pair by pair, on one and the same day.
PAIRS = [
    # 1: the nearer source.
    (total(40, DAY), total(90, DAY, GROUP)),
    (total(40, DAY, GROUP), total(90, DAY, PRESS)),
    # 1 before 2: a nearer period beats a farther total that is too small for it.
    (destroyed(90, "2011-01-01", DAY), total(40, DAY, GROUP)),
    # 2: a total beats a total since a day, a period and a share.
    (total(40, DAY), total(90, DAY, start="2011-01-01")),
    (total(40, DAY), destroyed(90, "2011-01-01", DAY)),
    (total(40, DAY), share("0.9", DAY)),
    # 2 before 3: a rounded total beats an exact period.
    (total(40, DAY, qualifier="approx"), destroyed(90, "2011-01-01", DAY)),
    # 3: exact beats rounded.
    (total(40, DAY), total(90, DAY, qualifier="approx")),
    # 3 before 4: an earlier exact statement beats a later rounded one.
    (total(40, DAY, "state@2013-01-15"), total(90, DAY, qualifier="approx")),
    # 4: the later statement.
    (total(40, DAY), total(90, DAY, "state@2013-01-15")),
]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The lines and the roles of every pair, each in either order of its rows."""
    stories = [[consents("AAA"), declared(100), *rows] for rows in PAIRS]
    stories += [[consents("AAA"), declared(100), *rows[::-1]] for rows in PAIRS]
    ledger, codes = side_by_side(tmp_path_factory.mktemp("pairs"), stories)
    then = ledger.as_of(TODAY)
    return core.progress(then), core.progress(then, explain=True), codes


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_the_first_of_a_pair_holds_and_the_second_is_set_aside(
    pairs: tuple[pd.DataFrame, pd.DataFrame, list[str]], pair: int
) -> None:
    lines, told, codes = pairs
    winner, loser = PAIRS[pair]
    for code in (codes[pair], codes[pair + len(PAIRS)]):
        assert lines.loc[lines["iso3"] == code, "destroyed"].iloc[-1] == float(winner["quantity"])
        for row, role in ((winner, USED), (loser, SET_ASIDE)):
            one = (told["iso3"] == code) & (told["value"] == float(row["quantity"]))
            assert told.loc[one & (told["figure"] == row["measure"]), "role"].tolist() == [role]


@story(declared(100), total(40, DAY), total(60, DAY, GROUP), total(80, DAY, PRESS))
def test_nothing_is_averaged(found: Told) -> None:
    assert found.last()["destroyed"] == 40
