"""Treaties of other kinds than the packaged ones: their calendars, tables and rejected rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import core
import pandas as pd
import pytest
from smalltreaty import TOML, Row, consents, event, quantity, write_treaty

import stockpile as sp
from stockpile.ledger.account import check
from stockpile.stock.obligations import chains, obligations
from stockpile.stock.steps import steps

pytestmark = pytest.mark.usefixtures("alone")

DATA = Path(__file__).parents[1] / "data"
RAW = Path(__file__).parents[2] / "data" / "raw"
TODAY = "2026-06-30"
JOINING = "months_after_consent = 6"
PLACES = [RAW / "cwc", *sorted((DATA / "treaties").iterdir())]


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def deadlines(ledger: sp.Ledger, stock: str = "", on: str = TODAY) -> dict[str, list[str]]:
    found = chains(ledger.as_of(on), stock)
    return {iso3: [str(link.deadline.date()) for link in chain] for iso3, chain in found.items()}


@pytest.fixture(scope="module")
def cwc() -> sp.Ledger:
    return sp.load(RAW / "cwc")


@pytest.fixture(scope="module")
def ledger() -> sp.Ledger:
    """The made-up treaty that has steps."""
    return sp.load(DATA / "treaties" / "three_stocks")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_it_loads_and_is_accounted_for(place: Path) -> None:
    ledger = sp.load(place)
    counts = ledger.counts
    assert (counts["read"] == counts["accepted"] + counts["rejected"]).all()
    assert ledger.rejected.empty
    assert set(ledger.quantities["unit"]) <= {*ledger.treaty.unit_rules, "unspecified"}


class TestJoining:
    def bound(self, tmp_path: Path, joining: str, *rows: Row) -> str:
        toml = TOML.replace(JOINING, joining)
        ledger = sp.load(write_treaty(tmp_path / "demo", [], rows, toml=toml))
        when = ledger.bound["entry_into_force"].get("AAA")
        return "" if when is None or pd.isna(when) else str(when.date())

    def test_so_many_days_after_deposit(self, tmp_path: Path) -> None:
        late = consents("AAA", "2012-02-15")
        assert self.bound(tmp_path, "days_after_consent = 30", late) == "2012-03-16"

    def test_not_before_the_treaty_itself(self, tmp_path: Path) -> None:
        assert self.bound(tmp_path, "days_after_consent = 30", consents("AAA")) == "2010-08-01"

    def test_by_signature(self, tmp_path: Path) -> None:
        signed = event("AAA", "signed", "2011-05-05", source="depositary@2011-05-05")
        later = consents("AAA", "2012-02-15")
        assert self.bound(tmp_path, 'rule = "signature"', signed, later) == "2011-05-05"
        assert self.bound(tmp_path, 'rule = "signature"', later) == "2012-02-15"

    def test_only_as_stated(self, tmp_path: Path) -> None:
        stated = event("AAA", "entered_into_force", "2012-07-01", source="monitor@2012-08-01")
        late = consents("AAA", "2012-02-15")
        assert self.bound(tmp_path, 'rule = "stated"', late) == ""
        # Consent before the treaty was in force makes no rule either.
        assert self.bound(tmp_path, 'rule = "stated"', consents("AAA")) == ""
        assert self.bound(tmp_path, 'rule = "stated"', late, stated) == "2012-07-01"

    @pytest.mark.parametrize(
        ("source", "value", "bound"),
        [
            ("depositary@2012-08-03", "ratification", "2012-08-03"),
            ("monitor@2012-08-03", "ratification", "2012-08-01"),
            ("monitor@2012-08-03", "succession", "2012-08-03"),
        ],
    )
    def test_what_the_depositary_states_wins_and_so_does_succession(
        self, tmp_path: Path, source: str, value: str, bound: str
    ) -> None:
        stated = event("AAA", "entered_into_force", "2012-08-03", source=source)
        rows = [consents("AAA", "2012-02-15") | {"value": value}, stated]
        ledger = sp.load(write_treaty(tmp_path / "demo", [], rows))
        assert ledger.bound.loc["AAA", "entry_into_force"] == day(bound)
        (warning,) = ledger.warnings["message"]
        assert warning == "2012-08-03 is stated, the rule gives 2012-08-01"


class TestReporting:
    def test_without_a_reporting_day_all_is_known_from_publication(self, tmp_path: Path) -> None:
        toml, _, _ = TOML.partition("[reporting]")
        rows = [
            quantity("AAA", "declared", 9, source="state@2012-05-05"),
            quantity("AAA", "remaining", 3, "2013-06-30", source="press@2016-02-02"),
        ]
        ledger = sp.load(write_treaty(tmp_path / "demo", rows, [consents("AAA")], toml=toml))
        assert ledger.treaty.annual_due is None and ledger.treaty.initial_days is None
        known = ledger.quantities
        assert known["known_reported"].tolist() == known["known_published"].tolist()
        assert known["known_reported"].tolist() == [day("2012-05-05"), day("2016-02-02")]
        assert "is known from its publication\n" in check(tmp_path / "demo").text


class TestMadeUp:
    def test_a_count_with_a_nested_count(self) -> None:
        ledger = sp.load(DATA / "treaties" / "nested")
        assert ledger.treaty.units == ("cases", "fuses")
        assert deadlines(ledger) == {"AAA": ["2007-03-01"], "BBB": ["2008-08-01", "2010-08-01"]}
        moved = core.statements(ledger.as_of(TODAY)).query("figure in ['transferred', 'converted']")
        assert dict(zip(moved["figure"], moved["why"], strict=True)) == {
            "transferred": "handed over: not destroyed here",
            "converted": "converted: not destroyed",
        }

    def test_three_stocks_each_with_its_time(self, ledger: sp.Ledger) -> None:
        assert deadlines(ledger) == {"AAA": ["2008-05-01"], "BBB": ["2008-08-15"]}
        assert deadlines(ledger, "rockets") == deadlines(ledger)
        assert deadlines(ledger, "fuel") == {"AAA": ["2010-01-01"], "BBB": ["2010-04-15"]}
        done = ledger.events.query("event == 'completed'")
        assert set(done["stock"]) == {"rockets", "launchers"}
        litres = ledger.quantities.query("unit == 'fuel_litres'")["quantity"]
        assert litres.tolist() == [1500.5, 120.5]

    def test_tonnes_with_one_day_for_all(self) -> None:
        ledger = sp.load(DATA / "treaties" / "tonnes")
        assert deadlines(ledger) == {
            "AAA": ["2009-06-01"],
            "BBB": ["2009-06-01", "2014-06-01"],  # and not 2016, which no extension reaches
            "CCC": ["2013-02-01"],  # bound too late for the one day, so as it is stated
        }
        assert ledger.warnings["kind"].tolist() == ["extension too long"]
        assert deadlines(ledger, on="2012-02-28")["AAA"] == ["2009-06-01"]
        assert "CCC" not in deadlines(ledger, on="2012-02-28")
        assert ledger.quantities["quantity"].max() == 1000
        assert ledger.treaty.unit_rules["powder_tonnes"].amount(26.34) == "26.34 t"


def test_a_count_with_a_fraction_is_rejected_and_a_mass_is_not(folder: Callable[..., Path]) -> None:
    rows = [
        quantity("AAA", "declared", "5.5", unit="mines", source="state@2012-05-05"),
        quantity("AAA", "declared", "5.5", unit="tonnes", source="state@2012-05-05"),
    ]
    units = "\n[units.mines]\n[units.tonnes]\nkind = 'mass'\nsymbol = 't'\n"
    toml = TOML.replace('units = ["cluster_munitions", "submunitions"]\n', "") + units
    found = sp.load(folder(rows, [consents("AAA")], toml=toml))
    (problem,) = found.rejected.to_dict("records")
    assert (problem["line"], problem["reason"]) == (2, "a count with a fraction")
    assert found.quantities["quantity"].tolist() == [5.5]


class TestChemicalWeapons:
    def test_rows_are_set_aside_for_what_the_rules_say_of_their_unit(self, cwc: sp.Ledger) -> None:
        rules, told = cwc.treaty.unit_rules, core.progress(cwc.as_of(TODAY), explain=True)
        aside = told[told["unit"].map(lambda unit: bool(unit and rules[unit].not_counted))]
        assert len(aside) == 46 and set(aside["role"]) == {"set aside"}
        assert [rules[unit].not_counted for unit in aside["unit"]] == list(aside["why"])

    def test_the_depositary_and_the_rule_agree(self, cwc: sp.Ledger) -> None:
        bound = cwc.bound
        assert len(bound) == 190
        assert (bound["by_rule"] == bound["stated"]).all()

    @pytest.mark.parametrize(
        ("iso3", "chain"),
        [
            ("ALB", ["2007-04-29"]),
            ("IND", ["2007-04-29", "2009-04-28"]),
            ("KOR", ["2007-04-29", "2008-12-31"]),
            ("LBY", ["2007-04-29", "2010-12-31", "2011-05-15", "2012-04-29"]),
            ("RUS", ["2007-04-29", "2012-04-29"]),
            ("USA", ["2007-04-29", "2012-04-29"]),
            ("SYR", ["2014-06-30"]),
            ("IRQ", None),
        ],
    )
    def test_deadlines(self, cwc: sp.Ledger, iso3: str, chain: list[str] | None) -> None:
        assert deadlines(cwc).get(iso3) == chain

    def test_libya_ended_its_categories_one_by_one(self, cwc: sp.Ledger) -> None:
        done = cwc.events.query("iso3 == 'LBY' and event == 'completed' and precision == 'day'")
        assert set(zip(done["stock"], done["date"].dt.strftime("%Y-%m-%d"), strict=True)) == {
            ("category_1", "2014-01-26"),
            ("category_2", "2017-11-23"),
        }

    def test_a_state_without_a_day_is_bound_all_the_same(self, cwc: sp.Ledger) -> None:
        iraq = obligations(cwc.as_of(TODAY)).set_index("iso3").loc["IRQ"]
        assert (iraq["membership"], iraq["deadline_basis"]) == ("State Party", "")
        assert pd.isna(iraq["deadline"]) and pd.isna(iraq["original_deadline"])

    def test_steps(self, cwc: sp.Ledger, rule: str) -> None:
        found = steps(cwc.as_of(TODAY, rule)).set_index(["iso3", "percent"])
        assert found.loc[("RUS", 1), "due"] == day("2003-04-29")
        assert found.loc[("RUS", 20), "due"] == day("2007-04-29")
        assert found.loc[("RUS", 45), "due"] == day("2009-12-31")
        assert found.loc[("USA", 45), "due"] == day("2007-12-31")
        outcomes = found["outcome"]
        assert {outcomes[iso3, n] for iso3 in ("RUS", "USA") for n in (1, 20, 45)} == {"met"}
        # Korea was granted an extension to a day that nobody names.
        korea = found.loc[("KOR", 20)]
        assert pd.isna(korea["due"]) and korea["basis"] == "extended"

    def test_a_step_that_is_not_due_yet(self, cwc: sp.Ledger) -> None:
        then = steps(cwc.as_of("2005-01-01")).set_index(["iso3", "percent"]).loc[("USA", 45)]
        assert (then["due"], then["outcome"]) == (day("2007-12-31"), "not due")


class TestSteps:
    def outcome(self, ledger: sp.Ledger, iso3: str, percent: float, on: str = TODAY) -> pd.Series:
        found = steps(ledger.as_of(on))
        assert set(found["stock"]) <= {"rockets"}
        return found.set_index(["iso3", "percent"]).loc[(iso3, percent)]

    def test_met_and_missed(self, ledger: sp.Ledger) -> None:
        met = self.outcome(ledger, "AAA", 10)
        assert (met["due"], met["outcome"]) == (day("2006-01-01"), "met")
        assert (met["outcome_date"], met["source"]) == (day("2005-11-15"), "a-2006")
        assert self.outcome(ledger, "BBB", 10)["outcome"] == "missed"

    def test_what_nobody_has_said_is_not_known(self, ledger: sp.Ledger) -> None:
        assert self.outcome(ledger, "AAA", 10, "2006-02-28")["outcome"] == "not known"
        assert self.outcome(ledger, "AAA", 10, "2006-01-01")["outcome"] == "not due"

    def test_an_extension_counts_from_the_day_it_was_known(self, ledger: sp.Ledger) -> None:
        assert self.outcome(ledger, "BBB", 50, "2007-01-19")["due"] == day("2007-04-15")
        after = self.outcome(ledger, "BBB", 50, "2007-01-20")
        assert (after["due"], after["basis"]) == (day("2007-10-15"), "extended")

    @pytest.mark.parametrize(
        ("figure", "outcome"),
        [
            (("2006-12-31", 5), "met"),  # half of ten, the day before
            (("2007-02-01", 4), "missed"),  # less, a month later
            (("2006-12-01", 4), "not known"),  # what came in the last month nobody says
        ],
    )
    def test_figures_decide_where_no_source_does_and_they_can(
        self, folder: Callable[..., Path], figure: tuple[str, int], outcome: str
    ) -> None:
        on, number = figure
        rows = [
            quantity("AAA", "declared", 10, "2005-06-30", unit="mines", source="state@2005-07-01"),
            quantity("AAA", "destroyed_total", number, on, unit="mines", source="state@2007-03-01"),
        ]
        toml = TOML.replace('["cluster_munitions", "submunitions"]', '["mines"]')
        toml = toml.replace("first = 2010-08-01", "first = 2005-01-01")
        toml += "\n[[steps]]\npercent = 50\nyears = 2\n"
        found = sp.load(folder(rows, [consents("AAA", "2004-03-01")], toml=toml))
        (step,) = steps(found.as_of("2008-06-30")).itertuples()
        assert (str(step.due.date()), step.outcome) == ("2007-01-01", outcome)
