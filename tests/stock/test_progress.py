"""The lines of all real states hold together on every day, and can be explained."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import core
import pandas as pd
import pytest
from conftest import TODAY
from smalltreaty import MUNITIONS, SUBMUNITIONS, consents, event, quantity

import stockpile as sp
from stockpile.common.columns import column_names
from stockpile.common.frames import days_as_ints, ordinal
from stockpile.stock.progress import EXPLAIN_COLUMNS, newest_statements
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED

pytestmark = pytest.mark.usefixtures("alone")

Small = Callable[..., sp.Ledger]

HALF_YEARS = [
    f"{year}-{day}"
    for year in range(1999, 2027)
    for day in ("06-30", "12-31")
    if f"{year}-{day}" <= "2026-06-30"
]
LINE = ["as_of", "iso3", "unit", "episode"]


@pytest.fixture(scope="module", params=["reported", "published"])
def history(request: pytest.FixtureRequest, treaty_ledger: sp.Ledger) -> pd.DataFrame:
    """The lines of every state as of every half-year, by each rule."""
    # Every second half-year in turn: the middle of one year, the end of another.
    days = HALF_YEARS[::3] if request.param == "reported" else HALF_YEARS[1::5]
    frames = [
        core.progress(treaty_ledger.as_of(day, request.param)).assign(as_of=pd.Timestamp(day))
        for day in days
    ]
    return pd.concat([frame for frame in frames if len(frame)], ignore_index=True)


def offending(history: pd.DataFrame, bad: pd.Series) -> str:
    """The rows that break a rule, to be read in a failure."""
    return history.loc[bad.fillna(False).astype(bool), [*LINE, "date"]].head(10).to_string()


def none(history: pd.DataFrame, bad: pd.Series) -> bool:
    return not bad.fillna(False).any()


class TestEveryDay:
    def test_days_rise_and_are_no_later_than_the_day(self, history: pd.DataFrame) -> None:
        steps = history.groupby(LINE)["date"].diff()
        bad = (steps <= pd.Timedelta(0)) | (history["date"] > history["as_of"])
        assert none(history, bad), offending(history, bad)

    def test_what_is_destroyed_never_comes_back(self, history: pd.DataFrame) -> None:
        # To the piece; see test_counts_are_whole for what is less than one.
        bad = history.groupby(LINE)["destroyed"].diff() <= -1
        assert none(history, bad), offending(history, bad)

    def test_what_is_left_never_grows(self, history: pd.DataFrame) -> None:
        bad = history.groupby(LINE)["remaining"].diff() > 0
        assert none(history, bad), offending(history, bad)

    def test_a_share_is_one(self, history: pd.DataFrame) -> None:
        bad = history["share_destroyed"].notna() & ~history["share_destroyed"].between(0, 1)
        assert none(history, bad), offending(history, bad)

    def test_the_share_never_falls(self, history: pd.DataFrame) -> None:
        bad = history.groupby(LINE)["share_destroyed"].diff() < -1e-9
        assert none(history, bad), offending(history, bad)

    def test_no_count_is_negative(self, history: pd.DataFrame) -> None:
        for count in ("declared", "destroyed", "remaining"):
            bad = history[count] < 0
            assert none(history, bad), offending(history, bad)

    def test_a_known_count_has_a_qualifier_and_an_unknown_one_none(
        self, history: pd.DataFrame
    ) -> None:
        words = {"exact", "approx", "at_least", "at_most", "nearly"}
        for count in ("declared", "destroyed", "remaining"):
            known = history[count].notna()
            bad = history[f"{count}_qualifier"].isin(words) != known
            assert none(history, bad), offending(history, bad)

    def test_no_part_is_more_than_the_whole(self, history: pd.DataFrame) -> None:
        left = history["basis"].ne("remaining")  # a count of its own may exceed a declaration
        bad = left & (history["remaining"] > history["declared"])
        assert none(history, bad), offending(history, bad)


def test_counts_are_whole(apmbc: sp.Ledger) -> None:
    found = core.progress(apmbc.as_of(TODAY))
    counts = found[["declared", "destroyed", "remaining"]].stack().dropna()
    assert (counts % 1 == 0).all(), counts[counts % 1 != 0].to_string()


def test_finland_destroyed_more_than_a_million(apmbc: sp.Ledger) -> None:
    found = core.progress(apmbc.as_of(TODAY)).query("iso3 == 'FIN'").iloc[-1]
    assert found["destroyed"] >= 1_000_000 or found["destroyed_qualifier"] != "exact"


def most_supported(statements: list[dict[str, Any]]) -> float:
    """The largest count that statements on separate periods can add up to, and what was left."""
    spans = sorted(
        (row["on"], pd.Timestamp.min if pd.isna(row["period_start"]) else row["period_start"], n)
        for row in statements
        if row["measure"] in ("destroyed", "destroyed_total")
        for n in [row["quantity"]]
    )
    best = [0.0]  # of the first n spans
    for n, (_, start, number) in enumerate(spans):
        before = sum(1 for end, _, _ in spans[:n] if end < start)
        best.append(max(best[-1], best[before] + number))
    stock = [r["quantity"] for r in statements if r["measure"] == "declared"]
    left = [r["quantity"] for r in statements if r["measure"] == "remaining"]
    return max([best[-1] + min(left, default=0.0), *stock, *left])


@pytest.mark.parametrize("day", ["2003-03-31", "2009-12-31", "2013-10-01", TODAY])
def test_no_figure_exceeds_what_the_statements_support(
    treaty_ledger: sp.Ledger, day: str, rule: str
) -> None:
    then = treaty_ledger.as_of(day, rule)
    by_count: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in then.quantities.to_dict("records"):
        by_count.setdefault((row["iso3"], row["unit"]), []).append(row)
    limits = {count: most_supported(rows) for count, rows in by_count.items()}
    for row in core.progress(then).to_dict("records"):
        count = (row["iso3"], row["unit"])
        told = by_count.get(count, [])
        assert math.isnan(row["destroyed"]) or row["destroyed"] <= limits.get(count, 0), row
        declared = {r["quantity"] for r in told if r["measure"] == "declared"}
        assert math.isnan(row["declared"]) or row["declared"] in declared, row


class TestFrame:
    def test_columns_and_order(self, ccm: sp.Ledger) -> None:
        found = core.progress(ccm.as_of(TODAY))
        assert list(found.columns) == column_names("progress")
        units = found["unit"].map([*ccm.treaty.units, "unspecified"].index)
        keys = found.assign(unit=units)[["iso3", "unit", "episode", "date"]]
        assert keys.equals(keys.sort_values(list(keys.columns), kind="stable"))
        assert found["iso3"].isin(ccm.states["iso3"]).all()

    def test_of_nothing_is_empty_with_the_same_columns(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of("1950-01-01")
        assert list(core.progress(then).columns) == column_names("progress")
        assert list(core.progress(then, explain=True).columns) == EXPLAIN_COLUMNS
        assert len(core.progress(then)) == len(core.progress(then, explain=True)) == 0
        assert core.conflicts(then).empty

    def test_the_kinds_of_columns_do_not_depend_on_the_rows(self, ccm: sp.Ledger) -> None:
        empty, full = (core.progress(ccm.as_of(day)).dtypes for day in ("1950-01-01", TODAY))
        assert empty.drop("episode").equals(full.drop("episode"))


class TestExplain:
    @pytest.mark.parametrize("day", ["2004-12-31", "2012-04-19", "2015-12-31", TODAY])
    def test_every_known_statement_has_one_role_in_its_count(
        self, treaty_ledger: sp.Ledger, day: str, rule: str
    ) -> None:
        then = treaty_ledger.as_of(day, rule)
        told = core.progress(then, explain=True)
        assert set(told["role"]) <= {USED, AGREES, SET_ASIDE}
        assert (told["why"].str.len() > 0).all()
        key = ["iso3", "unit", "measure", "quantity", "period_start", "on", "source_id"]
        numbers = told[told["unit"] != ""].rename(
            columns={"figure": "measure", "value": "quantity", "date": "on"}
        )
        named = then.quantities[then.quantities["unit"] != "unspecified"]
        open_shares = then.quantities[then.quantities["unit"] == "unspecified"]
        expected = named.groupby(key, dropna=False).size()
        # A share of no named count bears on every count that somebody named.
        units = named.groupby("iso3")["unit"].unique()
        for row in open_shares.to_dict("records"):
            for unit in units.get(row["iso3"], ["unspecified"]):
                spot = tuple((row | {"unit": unit})[k] for k in key)
                expected = pd.concat([expected, pd.Series({spot: 1})])
        found = numbers.groupby(key, dropna=False).size()
        assert found.sum() == expected.sum()
        assert sorted(map(str, found.index)) == sorted({str(spot) for spot in expected.index})

    def test_completions_and_reopenings_have_one_too(
        self, treaty_ledger: sp.Ledger, rule: str
    ) -> None:
        then = treaty_ledger.as_of(TODAY, rule)
        told = core.progress(then, explain=True)
        acts = then.events[then.events["event"].isin(["completed", "reopened"])]
        assert (told["unit"] == "").sum() == len(acts)

    def test_each_count_rests_on_a_statement_that_is_used(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of(TODAY)
        told = core.progress(then, explain=True).query("role == 'used'")
        used = set(zip(told["iso3"], told["unit"], strict=True))
        lines = core.progress(then)
        assert set(zip(lines["iso3"], lines["unit"], strict=True)) <= used

    def test_the_united_kingdom_of_october_2013(self, ccm: sp.Ledger) -> None:
        told = core.progress(ccm.as_of("2013-10-01", "published"), explain=True)
        march = (told["iso3"] == "GBR") & (told["date"] == pd.Timestamp("2013-03-31"))
        uk = told[march & (told["figure"] == "destroyed_share")]
        assert set(uk["value"]) == {0.95, 0.84}
        assert set(uk["source_id"]) == {"cmm2013-gbr-profile", "cmm2013-kit"}
        assert uk.groupby("unit")["role"].apply(sorted).tolist() == [[AGREES, USED]] * 2

    def test_two_rows_that_differ_in_their_start_alone_keep_their_order(self, small: Small) -> None:
        rows = [
            quantity(
                "AAA",
                "destroyed",
                40,
                "2012-12-31",
                start=f"2012-{m}-01",
                source="state@2013-01-15",
            )
            for m in ("01", "02", "03")
        ]
        one = core.progress(small(rows, [consents("AAA")]), explain=True)
        two = core.progress(small(rows[::-1], [consents("AAA")]), explain=True)
        pd.testing.assert_frame_equal(one, two)


class TestNewestStatements:
    def test_are_used_ones_of_each_line(self, treaty_ledger: sp.Ledger, rule: str) -> None:
        then = treaty_ledger.as_of("2013-10-01", rule)
        lines, newest = core.progress(then), newest_statements(then)
        assert set(newest) == set(zip(lines["iso3"], lines["unit"], strict=True))
        told = core.progress(then, explain=True).query("unit != '' and role == 'used'")
        days = days_as_ints(told["date"])
        used = set(zip(told["iso3"], told["unit"], days, told["source_id"], strict=True))
        assert {(*key, *told) for key, told in newest.items() if told[1]} <= used

    def test_are_what_the_newest_figure_rests_on(self, small: Small) -> None:
        rows = [
            quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
            quantity("AAA", "destroyed_total", 40, "2012-12-31", source="state@2013-04-30"),
            quantity("AAA", "remaining", 50, "2013-12-31", source="monitor@2014-09-01"),
            quantity("BBB", "declared", 9, "2011-12-31", source="state@2012-04-30"),
            quantity("CCC", "declared", 7, "2011-12-31", source="state@2012-04-30"),
        ]
        acts = [consents(code) for code in ("AAA", "BBB", "CCC")]
        acts.append(event("CCC", "completed", "2013-06-30", source="state@2013-10-30"))
        newest = newest_statements(small(rows, acts))
        assert {iso3: told for (iso3, _), told in newest.items()} == {
            "AAA": (ordinal(pd.Timestamp("2013-12-31")), "monitor@2014-09-01"),
            "BBB": (ordinal(pd.Timestamp("2011-12-31")), "state@2012-04-30"),
            "CCC": (None, ""),  # of its completion
        }


class TestRealLines:
    def line(self, ledger: sp.Ledger, iso3: str, unit: str, episode: int = 0) -> pd.DataFrame:
        found = core.progress(ledger.as_of(TODAY))
        return found.query("iso3 == @iso3 and unit == @unit and episode == @episode")

    def test_cote_d_ivoire_destroyed_once_what_four_sources_tell(self, ccm: sp.Ledger) -> None:
        for unit, count in ((MUNITIONS, 68), (SUBMUNITIONS, 10_200)):
            line = self.line(ccm, "CIV", unit)
            assert line["destroyed"].max() == count
            assert line.iloc[-1]["remaining"] == 0

    def test_spain_has_two_episodes(self, ccm: sp.Ledger) -> None:
        first, second = (self.line(ccm, "ESP", MUNITIONS, n) for n in (0, 1))
        assert first.iloc[-1]["date"] < pd.Timestamp("2010-01-01")
        assert second.iloc[0]["declared"] == second.iloc[-1]["destroyed"] == 3_574
        assert second.iloc[-1]["date"].strftime("%Y-%m") == "2018-07"

    @pytest.mark.parametrize("iso3", ["ESP", "SVN", "BIH"])
    def test_stock_found_after_completion_is_an_episode_of_its_own(
        self, ccm: sp.Ledger, iso3: str
    ) -> None:
        reopened = ccm.events.query("iso3 == @iso3 and event == 'reopened'")
        found = core.progress(ccm.as_of(TODAY)).query("iso3 == @iso3")
        assert found["episode"].max() >= 1
        later = found[found["episode"] >= 1]
        assert later["date"].min() >= reopened["on"].min()

    def test_yemen_is_reopened_once_by_what_three_sources_say(self, apmbc: sp.Ledger) -> None:
        assert len(apmbc.events.query("iso3 == 'YEM' and event == 'reopened'")) == 3
        found = core.progress(apmbc.as_of(TODAY)).query("iso3 == 'YEM'")
        assert set(found["episode"]) == {0, 1}
        assert found.query("episode == 1")["remaining"].tolist()[0] == 30_000

    def test_yemens_first_stock_is_its_total_and_not_its_last_batch(self, apmbc: sp.Ledger) -> None:
        first = self.line(apmbc, "YEM", "antipersonnel_mines")
        assert first["destroyed"].max() == 78_000

    def test_germany_has_an_exact_declaration(self, ccm: sp.Ledger) -> None:
        last = self.line(ccm, "DEU", MUNITIONS).iloc[-1]
        assert 573_000 <= last["destroyed"] <= 573_700


class TestConflicts:
    def messages(self, ledger: sp.Ledger, iso3: str, day: str = TODAY) -> list[str]:
        return core.conflicts(ledger.as_of(day)).query("iso3 == @iso3")["message"].tolist()

    def test_restated_declarations_are_told(self, ccm: sp.Ledger) -> None:
        told = " ".join(self.messages(ccm, "PER"))
        for figure in ("676", "2,007", "2,005"):
            assert f"has {figure}: " in told

    def test_more_destroyed_than_declared_is_told(self, apmbc: sp.Ledger) -> None:
        assert "more destroyed (10,654) than declared (4,997)" in self.messages(apmbc, "GNB")

    def test_each_is_told_once_and_in_order(self, treaty_ledger: sp.Ledger, rule: str) -> None:
        found = core.conflicts(treaty_ledger.as_of(TODAY, rule))
        assert not found.duplicated().any()
        assert found.equals(found.sort_values(list(found.columns), ignore_index=True))
        assert list(found.columns) == ["iso3", "state", "unit", "figure", "message"]

    def test_agreement_is_none(self, small: Small) -> None:
        rows = [
            quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
            quantity("AAA", "declared", 100, "2010-12-31", source="monitor@2011-09-01"),
            quantity("AAA", "destroyed_total", 40, "2012-12-31", source="state@2013-04-30"),
        ]
        assert core.conflicts(small(rows, [consents("AAA")])).empty

    def test_two_days_of_completion_are_told(self, small: Small) -> None:
        rows = [
            event("AAA", "completed", day, source=source)
            for day, source in (
                ("2013-12-17", "state@2014-01-01"),
                ("2013-11-01", "press@2014-01-01"),
            )
        ]
        (told,) = core.conflicts(small([], [consents("AAA"), *rows])).to_dict("records")
        assert told["message"] == (
            "press@2014-01-01 has 2013-11-01: state@2014-01-01 has another day of completion"
        )
