"""Reports, laws, views and allegations: the rules at their edges, and no look ahead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import core
import pandas as pd
import pytest
from compliancerows import alleged, law, report, view
from hypothesis import given, settings
from hypothesis import strategies as st
from smalltreaty import (
    Row,
    consents,
    event,
    ledger_of,
    packaged_rows,
    quantity,
    write_rows,
    write_treaty,
)

import stockpile as sp
from stockpile.compliance.decisions import LAWS, REPORTS, VIEWS
from stockpile.compliance.scorecard import (
    coverage,
    disagreements,
    membership_over_time,
    read_groups,
    reports_over_time,
    sources_behind,
    tally,
    with_groups,
)
from stockpile.compliance.wording import summary
from stockpile.ledger.ledger import RULES
from stockpile.treaty.schema import FURTHER_TABLES

Small = Callable[..., sp.Ledger]

DUE = "2011-01-28"  # of a state bound from 2010-08-01, the 180th day


def filed(on: str, source: str = "monitor@2015-07-01") -> Row:
    return report("AAA", "submitted", on, due=DUE, source=source)


def missing(as_of: str, source: str, due: str = DUE) -> Row:
    return report("AAA", "overdue", due=due, as_of=as_of, source=source)


#: Each of a state of its own, bound from 2010-08-01.
STORIES: dict[str, list[Row]] = {
    "silent": [],
    "missing": [missing("2015-06-30", "monitor@2015-07-01")],
    **{f"filed {on}": [filed(on)] for on in (DUE, "2011-01-29", "2010-05-01", "2012-09-07")},
    **{f"filed {on}": [filed(on)] for on in ("2011-02", "2010-12", "2011-01", "2011")},
    "not due, said once": [
        report("AAA", "not_due", due=DUE, as_of="2010-12-31", source="monitor@2011-01-01")
    ],
    "three days": [
        filed("2011-03-30"),
        filed("2011-01-21", "monitor@2012-09-05"),
        filed("2010-11-11", "press@2012-09-05"),
    ],
    "in, missing before": [
        filed("2014-05-24", "monitor@2018-07-09"),
        missing("2015-06-18", "monitor@2015-07-20"),
    ],
    "in, missing since": [
        filed("2014-05-24", "monitor@2018-07-09"),
        missing("2015-06-18", "monitor@2019-07-20"),
    ],
    "left": [
        event("AAA", "withdrew", "2013-03-06", source="depositary@2013-03-06"),
        missing("2012-12-31", "monitor@2013-01-01"),
    ],
    "due otherwise": [missing("2010-12-01", "press@", due="2010-10-01")],
    "repealed": [
        law("AAA", "specific_law", "2013-06-30", year="2011", source="monitor@2013-07-01"),
        law("AAA", "none", "2015-06-30", source="monitor@2015-07-01"),
    ],
    **{
        f"law or none, {source}": [
            law("AAA", "none", "2013-06-30", source="monitor@2013-07-01"),
            law("AAA", "in_progress", "2013-06-30", source=source),
        ]
        for source in ("state@2013-07-01", "press@2013-07-01", "state@2013-08-01")
    },
    "could not tell": [
        law("AAA", "existing_law_sufficient", "2013-06-30", source="monitor@2013-07-01"),
        law("AAA", "unknown", "2015-06-30", source="monitor@2015-07-01"),
    ],
    "changed its mind": [
        view("AAA", "investment", "permitted", "2012-05-01", source="state@2012-05-02"),
        view("AAA", "investment", "prohibited", "2014-05-01", source="state@2014-05-02"),
        view("AAA", "assistance", "prohibited", source="press@"),
    ],
    "of two minds": [
        view("AAA", "investment", word, "2012-05-01", source="state@2012-05-02")
        for word in ("permitted", "prohibited")
    ],
    "accused": [
        alleged("AAA", "use", "2010-07", "credible", source="monitor@2013-07-01"),
        alleged("AAA", "use", "2012-07-04", "refuted", source="state@2013-08-01"),
    ],
    "accused on no day": [alleged("AAA", "transfer", "", source="press@")],
    "late, with stock": [
        quantity("AAA", "declared", 100, "2010-12-31", source="monitor@2014-09-01"),
        quantity("AAA", "declared", 100, "2011-12-31", source="state@2012-01-31"),
        filed("2012-01-31", "monitor@2014-09-01"),
    ],
}
CODES = {story: f"A{chr(65 + n // 26)}{chr(65 + n % 26)}" for n, story in enumerate(STORIES)}
_TABLE_OF = {
    "initial_due": "transparency_reports",
    "law_year": "national_legislation",
    "question": "interpretive_views",
    "assessment": "allegations",
    "event": "events",
    "measure": "quantities",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> sp.Ledger:
    """All stories in one ledger."""
    tables: dict[str, list[Row]] = {name: [] for name in _TABLE_OF.values()}
    for story, rows in STORIES.items():
        tables["events"].append(consents(CODES[story]))
        for row in rows:
            name = next(table for key, table in _TABLE_OF.items() if key in row)
            tables[name].append(row | {"iso3": CODES[story]})
    numbers, acts = tables.pop("quantities"), tables.pop("events")
    place = tmp_path_factory.mktemp("stories") / "demo"
    return ledger_of(place, numbers, acts, states=list(CODES.values()), **tables)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> sp.Ledger:
    """A state that is bound, and none of the further tables."""
    place = tmp_path_factory.mktemp("bare") / "demo"
    return ledger_of(place, [], [consents("AAA")], states=["AAA"])


def reported(ledger: sp.Ledger, story: str, day: str, rule: Any = "reported") -> pd.Series:
    return core.transparency(ledger.as_of(day, rule)).set_index("iso3").loc[CODES[story]]


def lawful(ledger: sp.Ledger, story: str, day: str, rule: Any = "reported") -> pd.Series:
    return core.legislation(ledger.as_of(day, rule)).set_index("iso3").loc[CODES[story]]


def seen(ledger: sp.Ledger, story: str, day: str, question: str = "investment") -> str:
    views = core.views(ledger.as_of(day)).set_index(["iso3", "question"])
    return str(views.loc[(CODES[story], question), "view"])


class TestReports:
    def test_is_due_on_the_180th_day_and_late_from_the_next(self, told: sp.Ledger) -> None:
        on, after = (reported(told, "missing", day) for day in (DUE, "2011-01-29"))
        assert on["due"] == pd.Timestamp("2010-08-01") + pd.Timedelta(days=180)
        assert (on["report"], on["reason"]) == ("not due", "Due today.")
        assert (after["report"], after["days"]) == ("overdue", 1)

    @pytest.mark.parametrize(
        ("on", "word", "days"),
        [
            (DUE, "in time", 0),
            ("2011-01-29", "late", 1),
            ("2010-05-01", "in time", 0),  # before the treaty bound it
            ("2011-02", "late", 4),
            ("2010-12", "in time", 0),
            ("2011-01", "submitted", None),  # the month holds the day
            ("2011", "submitted", None),
        ],
    )
    def test_submitted_on_the_day_is_in_time(
        self, told: sp.Ledger, on: str, word: str, days: int | None
    ) -> None:
        row = reported(told, f"filed {on}", "2016-01-01")
        assert row["report"] == word
        assert (None if pd.isna(row["days"]) else row["days"]) == days
        assert row["at_least"] == (word == "late" and len(on) < 10)

    def test_a_late_report_is_overdue_until_the_day_it_came_in(self, told: sp.Ledger) -> None:
        story = "filed 2012-09-07"
        before, on = (reported(told, story, day) for day in ("2012-09-06", "2012-09-07"))
        assert (before["report"], before["days"]) == ("overdue", 587)
        assert pd.isna(before["submitted"])
        assert (on["report"], on["days"]) == ("late", 588)
        then = told.as_of("2012-09-06")
        own = then.transparency_reports.query(f"iso3 == '{CODES[story]}'")
        assert own["implied"].tolist() == [True] and own["initial_submitted"].isna().all()
        # Cut again to an earlier day, it says no more; and before the due day, nothing.
        again = then.as_of("2011-06-01")
        assert reported(again, story, "2011-06-01")["report"] == "overdue"
        early = then.as_of("2011-01-27").transparency_reports
        assert CODES[story] not in set(early["iso3"])
        assert reported(told, story, "2012-09-07", "published")["report"] == "unknown"
        assert reported(told, story, "2015-07-01", "published")["report"] == "late"

    def test_silence_is_unknown_and_no_table_is_not_covered(
        self, told: sp.Ledger, bare: sp.Ledger
    ) -> None:
        assert reported(told, "silent", "2015-01-01")["report"] == "unknown"
        assert reported(told, "not due, said once", "2015-01-01")["report"] == "unknown"
        for day in ("2010-01-01", "2015-01-01"):
            assert core.transparency(bare.as_of(day))["report"].tolist() == ["not covered"]

    def test_the_first_report_is_the_first_and_the_nearest_source_decides(
        self, told: sp.Ledger
    ) -> None:
        row = reported(told, "three days", "2016-01-01")
        assert row["submitted"] == pd.Timestamp("2011-01-21")
        assert row["disputed"]

    def test_in_and_missing_on_one_day_is_decided_by_the_later_source(
        self, told: sp.Ledger
    ) -> None:
        one, two = (reported(told, f"in, missing {w}", "2020-01-01") for w in ("before", "since"))
        assert (one["report"], one["disputed"]) == ("late", True)
        assert (two["report"], two["disputed"]) == ("overdue", True)

    def test_entry_into_force_on_the_day_binds_and_withdrawal_frees(self, told: sp.Ledger) -> None:
        days = ("2010-07-31", "2010-08-01", "2013-03-05", "2013-03-06")
        rows = [reported(told, "left", day) for day in days]
        assert [row["membership"] for row in rows] == [
            "not party",
            "State Party",
            "State Party",
            "withdrawn",
        ]
        assert [row["report"] for row in rows] == ["not due", "not due", "overdue", "not due"]

    def test_a_day_stated_otherwise_is_warned_of_and_the_rule_holds(self, told: sp.Ledger) -> None:
        off = told.warnings[told.warnings["kind"] == "stated report day disagrees"]
        assert off["message"].str.startswith(CODES["due otherwise"]).tolist() == [True]
        assert reported(told, "due otherwise", "2010-12-31")["report"] == "not due"
        # It speaks of a time before the report was due.
        assert reported(told, "due otherwise", "2012-12-31")["report"] == "unknown"


class TestLaws:
    def test_a_law_is_repealed_by_a_later_row(self, told: sp.Ledger) -> None:
        for day, word in (
            ("2012-04-29", "unknown"),
            ("2012-04-30", "specific law"),  # the reporting date after the year
            ("2015-06-30", "specific law"),
            ("2015-07-01", "none"),
        ):
            assert lawful(told, "repealed", day)["law"] == word
        assert not lawful(told, "repealed", "2015-07-01")["disputed"]
        behind = sources_behind(told.as_of("2016-01-01"))
        own = behind[(behind["iso3"] == CODES["repealed"]) & (behind["dimension"] == "legislation")]
        assert own["role"].tolist() == ["earlier", "used"]
        assert lawful(told, "repealed", "2013-06-30", "published")["law"] == "unknown"
        assert lawful(told, "repealed", "2013-07-01", "published")["law"] == "specific law"

    def test_contradictory_rows_on_one_day(self, told: sp.Ledger) -> None:
        level, further, later = (
            lawful(told, f"law or none, {source}", "2014-01-01")
            for source in ("state@2013-07-01", "press@2013-07-01", "state@2013-08-01")
        )
        assert (level["law"], level["disputed"]) == ("unknown", True)
        assert "contradict each other" in level["reason"]
        assert (further["law"], further["disputed"]) == ("none", True)
        assert later["law"] == "in progress"

    def test_who_could_not_tell_decides_nothing(self, told: sp.Ledger, bare: sp.Ledger) -> None:
        assert lawful(told, "could not tell", "2016-01-01")["law"] == "existing law"
        assert core.legislation(bare.as_of("2016-01-01"))["law"].tolist() == ["not covered"]


class TestViews:
    def test_the_latest_counts_and_no_row_is_no_view(
        self, told: sp.Ledger, bare: sp.Ledger
    ) -> None:
        story = "changed its mind"
        for day, word in (
            ("2012-05-01", "unknown"),
            ("2012-05-02", "permitted"),
            ("2014-05-02", "prohibited"),
        ):
            assert seen(told, story, day) == word
        assert seen(told, story, "2015-01-01", "assistance") == "unknown"
        assert "no day at all" in set(told.warnings["kind"])
        assert set(core.views(bare.as_of("2015-01-01"))["view"]) == {"not covered"}

    def test_two_of_one_day_are_contradictory(self, told: sp.Ledger) -> None:
        assert seen(told, "of two minds", "2013-01-01") == "contradictory"
        off = disagreements(told.as_of("2013-01-01")).query("dimension == 'investment'")
        assert off["answer"].tolist() == ["contradictory"]
        assert "permitted" in off["says"].iloc[0] and "prohibited" in off["says"].iloc[0]


class TestAllegations:
    def test_an_analyst_who_adds_rows_sees_them(self, told: sp.Ledger) -> None:
        assert len(core.allegations(told.as_of("2013-06-30"))) == 0
        for rule in RULES:
            one = core.allegations(told.as_of("2013-07-01", rule))  # type: ignore[arg-type]
            assert one["membership_then"].tolist() == ["not party"]
        then = told.as_of("2014-01-01")
        assert core.allegations(then)["membership_then"].tolist() == ["not party", "State Party"]
        card = core.scorecard(then).set_index("iso3")
        own = card.loc[[CODES["accused"], CODES["accused on no day"]]]
        assert own["allegations"].tolist() == [2, 0]
        assert own["allegation"].tolist() == ["credible", "none on record"]
        said = " ".join(summary(card.reset_index(), pd.Timestamp("2014-01-01")))
        assert f"Republic of {CODES['accused']} (State Party; credible)" in said

    def test_a_wrong_word_is_rejected_with_what_would_be_right(
        self, folder: Callable[..., Path]
    ) -> None:
        rows = [alleged("AAA", "theft", source="press@2013-07-01")]
        rejected = sp.load(folder([], [consents("AAA")], allegations=rows)).rejected
        assert rejected[["file", "column", "value"]].values.tolist() == [
            ["allegations.csv", "act", "theft"]
        ]
        assert rejected["expected"].tolist() == ["use or production or transfer"]


class TestScorecard:
    def test_shows_what_a_rating_rests_on(self, told: sp.Ledger) -> None:
        code = CODES["late, with stock"]
        row = core.scorecard(told.as_of("2012-04-19")).set_index("iso3").loc[code]
        assert (row["rests_on"], row["report_days"]) == ("a late report", 368)
        assert (row["figures"], row["figures_early"]) == (2, 1)
        assert row["caveat"] == (
            "Its initial report came 368 days late. One of two numbers on its stock is not "
            "known to have been published by 19 April 2012; it is taken as reported."
        )
        strict = core.scorecard(told.as_of("2012-04-19", "published")).set_index("iso3").loc[code]
        assert (strict["rests_on"], strict["figures_early"]) == ("a report, if in", 0)

    def test_of_a_treaty_without_the_tables_says_so(self, bare: sp.Ledger) -> None:
        then = bare.as_of("2026-06-30")
        card = core.scorecard(then)
        assert set(card["report"]) == set(card["law"]) == {"not covered"}
        assert set(card["allegation"]) == {"not covered"}
        assert len(card) == len(bare.states)
        known = coverage(then).set_index("dimension")["covered"]
        assert known[known].index.tolist() == ["membership", "stockpile"]
        assert disagreements(then).empty

    def test_counts_and_groups(self, ccm: sp.Ledger, tmp_path: Path) -> None:
        then = ccm.as_of("2012-04-19")
        card = core.scorecard(then)
        counts = tally(card)
        parties = int((card["membership"] == "State Party").sum())
        assert set(counts.groupby("dimension")["states"].sum()) == {parties}
        file = tmp_path / "groups.csv"
        file.write_text("iso3,group\nDEU,Europe\nNER,Africa\n", encoding="utf-8")
        grouped = tally(with_groups(card, file), by="group")
        africa = grouped.query("group == 'Africa' and dimension == 'report'")
        assert africa[["answer", "states"]].values.tolist() == [["overdue", 1]]
        with pytest.raises(ValueError, match="expected a column of the scorecard"):
            tally(card, by="continent")
        for text, expected in (
            ("iso3,region\nDEU,Europe\n", "expected iso3 and group"),
            ("iso3,group\nde,Europe\n", "line 2, column iso3: 'de'; expected three capital"),
            ("iso3,group\nDEU,Europe\nDEU,Asia\n", "line 3, column iso3: 'DEU'; expected each"),
            ("iso3,group\nDEU,\n", "expected the name of a group"),
        ):
            file.write_text(text, encoding="utf-8")
            with pytest.raises(sp.DataError, match=expected):
                read_groups(file)

    def test_over_time_ends_with_the_day(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of("2026-06-30")
        members, due = membership_over_time(then), reports_over_time(then)
        last = core.membership(then)["membership"].value_counts()
        assert members["parties"].iloc[-1] == last["State Party"]
        assert members["signatories"].iloc[-1] == last["signatory"]
        assert (due["submitted"] <= due["due"]).all()
        assert members["date"].is_monotonic_increasing and due["date"].is_monotonic_increasing


# -- No look ahead -----------------------------------------------------------

# What a ledger costs is its tables, not its rows: many states make few examples enough.
STATES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH", "III", "JJJ")
DAYS = [f"{y}-{d}" for y in range(2010, 2019) for d in ("01-28", "04-30", "08-01", "12-31")]
days = st.sampled_from(DAYS)
loose = st.one_of(days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4]), st.just(""))
states = st.sampled_from(STATES)
sources = st.builds(
    lambda kind, day: f"{kind}@{day}",
    st.sampled_from(("state", "monitor", "press")),
    st.one_of(days, days, st.just("")),
)
reports = st.builds(
    lambda iso3, status, filed, due, as_of, source: report(
        iso3, status, filed if status == "submitted" else "", due=due, as_of=as_of, source=source
    ),
    states,
    st.sampled_from(("submitted", "submitted", "overdue", "not_due", "unknown")),
    loose,
    st.sampled_from((DUE, DUE, "2012-12-28", "")),
    loose,
    sources,
)
laws = st.builds(
    lambda iso3, status, as_of, year, source: law(
        iso3, status, as_of, year=year if status == "specific_law" else "", source=source
    ),
    states,
    st.sampled_from(("specific_law", "existing_law_sufficient", "in_progress", "none", "unknown")),
    loose,
    st.sampled_from(("2009", "2012", "2016", "")),
    sources,
)
readings = st.builds(
    lambda iso3, question, word, as_of, source: view(iso3, question, word, as_of, source=source),
    states,
    st.sampled_from(("assistance", "investment")),
    st.sampled_from(("prohibited", "permitted", "other")),
    loose,
    sources,
)
accusations = st.builds(
    lambda iso3, on, word, source: alleged(iso3, "use", on, word, source=source),
    states,
    loose,
    st.sampled_from(("alleged", "credible", "denied")),
    sources,
)


def answers(ledger: sp.Ledger, day: str, rule: Any) -> dict[str, pd.DataFrame]:
    """Everything that can be asked of the four tables as of a day."""
    then = ledger.as_of(day, rule)
    behind = sources_behind(then).drop(columns="line")
    return {
        "transparency": core.transparency(then),
        "legislation": core.legislation(then),
        "views": core.views(then),
        "allegations": core.allegations(then),
        "membership": core.membership(then),
        "behind": behind.sort_values(list(behind.columns), ignore_index=True),
        "coverage": coverage(then),
    }


def known(rows: pd.DataFrame, day: str, rule: str) -> list[bool]:
    """For each row of a table, by line, whether any of what it tells was known by a day."""
    rows = rows.sort_values("line")
    at = pd.Timestamp(day)
    told = rows[f"known_{rule}"] <= at
    return (told | (rows["missed"] <= at) if rule == "reported" else told).tolist()


def without(ledger: sp.Ledger, tables: dict[str, list[Row]], day: str, rule: str, chance: Any):
    out = dict(tables)
    for name in FURTHER_TABLES:
        if name in tables:
            there = known(getattr(ledger, name), day, rule)
            assert len(there) == len(tables[name])
            out[name] = [
                row
                for row, kept in zip(tables[name], there, strict=True)
                if kept or chance.random() < 0.3
            ]
    return out


def assert_same(one: dict[str, pd.DataFrame], two: dict[str, pd.DataFrame]) -> None:
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, two[name], obj=name, check_dtype=False)


class TestNoLaterRow:
    @settings(max_examples=5)
    @pytest.mark.slow
    @given(
        tables=st.fixed_dictionaries(
            {
                "transparency_reports": st.lists(reports, max_size=40, unique_by=str),
                "national_legislation": st.lists(laws, max_size=40, unique_by=str),
                "interpretive_views": st.lists(readings, max_size=30, unique_by=str),
                "allegations": st.lists(accusations, max_size=15, unique_by=str),
            }
        ),
        day=days,
        rule=st.sampled_from(RULES),
        seed=st.randoms(use_true_random=False),
    )
    def test_changes_an_answer(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        tables: dict[str, list[Row]],
        day: str,
        rule: str,
        seed: Random,
    ) -> None:
        acts = [consents(iso3) for iso3 in STATES[:8]]

        def load(rows: dict[str, list[Row]]) -> sp.Ledger:
            place = tmp_path_factory.mktemp("rows") / "demo"
            ledger = sp.load(write_treaty(place, [], acts, states=STATES, **rows))
            assert ledger.rejected.empty, ledger.rejected.to_string()
            return ledger

        ledger = load(tables)
        whole = answers(ledger, day, rule)
        # Nor does the order of the rows, nor a row published in years to come of a later time.
        fewer = without(ledger, tables, day, rule, seed)
        shuffled = {name: seed.sample(rows, len(rows)) for name, rows in fewer.items()}
        shuffled["transparency_reports"].append(
            report("AAA", "submitted", "2034-01-01", due="2033-01-01", source="state@2035-01-01")
        )
        shuffled["national_legislation"].append(
            law("AAA", "specific_law", "2034-12-31", year="2034", source="state@2035-01-01")
        )
        shuffled["interpretive_views"].append(
            view("AAA", "investment", "other", "2034-12-31", source="state@2035-01-01")
        )
        shuffled["allegations"].append(alleged("AAA", source="state@2035-01-01"))
        assert_same(whole, answers(load(shuffled), day, rule))
        assert set(whole["transparency"]["report"]) <= set(REPORTS)
        assert set(whole["legislation"]["law"]) <= set(LAWS)
        assert set(whole["views"]["view"]) <= set(VIEWS)
        late = whole["transparency"].query("report == 'overdue'")
        assert (late["due"] < pd.Timestamp(day)).all()
        assert (late["membership"] == "State Party").all()

    @pytest.mark.slow
    def test_changes_the_real_treaty(self, ccm: sp.Ledger, rule: str, tmp_path: Path) -> None:
        day = {"reported": "2012-04-19", "published": "2016-06-30"}[rule]
        toml, tables = packaged_rows("ccm")
        fewer = without(ccm, tables, day, rule, Random(day))
        assert len(fewer["transparency_reports"]) < len(tables["transparency_reports"])
        other = sp.load(write_rows(tmp_path / "ccm", toml, fewer))
        assert_same(answers(ccm, day, rule), answers(other, day, rule))
