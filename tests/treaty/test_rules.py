"""The rules of a treaty: what binds a state when, and what a bad ``treaty.toml`` says."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smalltreaty import TOML

import stockpile as sp
from stockpile.treaty.rules import StockRule, Term, Treaty, Unit
from stockpile.treaty.rules_file import read_treaty

CONSENTS = st.dates(dt.date(1997, 12, 3), dt.date(2040, 12, 31))


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def rules(tmp_path: Path, old: str = "", new: str = "") -> Treaty:
    """The demo treaty's rules, with one passage of the file replaced."""
    assert old in TOML
    path = tmp_path / "treaty.toml"
    path.write_text(TOML.replace(old, new, 1) if old else TOML, encoding="utf-8")
    return read_treaty(path)


def first_of_month_after(consent: dt.date, months: int) -> dt.date:
    """The first day of the month that comes so many months later, by hand."""
    count = consent.year * 12 + consent.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def years_later(then: dt.date, years: int) -> dt.date:
    """The same calendar day so many years later; 28 February for a 29 that is not there."""
    last = calendar.monthrange(then.year + years, then.month)[1]
    return dt.date(then.year + years, then.month, min(then.day, last))


def test_a_treaty_is_what_its_file_says(tmp_path: Path) -> None:
    treaty = rules(tmp_path)
    assert treaty == Treaty(
        id="demo",
        name="Convention on Demonstration",
        short_name="Demo",
        all_units=(
            Unit("cluster_munitions", "cluster munition", "cluster munitions"),
            Unit("submunitions", "submunition", "submunitions", inside="cluster_munitions"),
        ),
        all_stocks=(StockRule("stock", "stock"),),
        first_entry_into_force=day("2010-08-01"),
        months_after_consent=6,
        article="3",
        term=Term(years=8),
        extension_max_years=4,
        initial_days=180,
        annual_due=(4, 30),
    )


class TestEntryIntoForce:
    @pytest.mark.parametrize(
        ("consent", "bound"),
        [
            ("2008-12-03", "2010-08-01"),  # among the first thirty
            ("2010-02-28", "2010-08-01"),
            ("2010-03-01", "2010-09-01"),
            ("2010-05-04", "2010-11-01"),
            ("2010-12-31", "2011-06-01"),
            ("2012-08-31", "2013-02-01"),  # no 31st there: counted in months, not days
        ],
    )
    def test_is_the_first_of_the_sixth_month_after_consent(
        self, ccm: sp.Ledger, consent: str, bound: str
    ) -> None:
        assert ccm.treaty.entry_into_force(day(consent)) == day(bound)

    @given(consent=CONSENTS)
    def test_agrees_with_counting_months_by_hand(self, ccm: sp.Ledger, consent: dt.date) -> None:
        expected = max(first_of_month_after(consent, 6), dt.date(2010, 8, 1))
        assert ccm.treaty.entry_into_force(pd.Timestamp(consent)).date() == expected

    def test_agrees_with_every_day_that_a_source_states(self, treaty_ledger: sp.Ledger) -> None:
        treaty, events = treaty_ledger.treaty, treaty_ledger.events
        stated = events[events["event"] == "entered_into_force"]
        consents = events[events["event"] == "consented"].groupby("iso3")["date"].unique()
        assert len(stated) > 100
        disagree = [
            (row.iso3, row.date)
            for row in stated.itertuples()
            if row.date not in [treaty.entry_into_force(c) for c in consents[row.iso3]]
        ]
        assert disagree == []


class TestDeadline:
    @pytest.mark.parametrize(
        ("bound", "years", "deadline"),
        [
            ("2010-08-01", 8, "2018-08-01"),
            ("2004-02-29", 4, "2008-02-29"),
            ("2004-02-29", 1, "2005-02-28"),
            ("2096-02-29", 4, "2100-02-28"),  # 2100 is no leap year
            ("1999-03-01", 4, "2003-03-01"),  # a leap day in between moves nothing
        ],
    )
    def test_is_counted_in_calendar_years(
        self, tmp_path: Path, bound: str, years: int, deadline: str
    ) -> None:
        treaty = rules(tmp_path, "years = 8", f"years = {years}")
        assert treaty.deadline(day(bound)) == day(deadline)

    @given(bound=CONSENTS)
    def test_agrees_with_the_calendar(self, ccm: sp.Ledger, bound: dt.date) -> None:
        assert ccm.treaty.deadline(pd.Timestamp(bound)).date() == years_later(bound, 8)


class TestReportingDates:
    def dates(self, treaty: Treaty, *days: str | None) -> list[str | None]:
        found = treaty.reporting_dates(pd.Series(pd.to_datetime(list(days))))
        return [None if pd.isna(d) else d.date().isoformat() for d in found]

    def test_the_calendar_starts_when_the_first_initial_reports_fell_due(
        self, ccm: sp.Ledger, apmbc: sp.Ledger
    ) -> None:
        # 180 days after entry into force of the treaty itself.
        assert self.dates(ccm.treaty, "1990-01-01", "2011-01-27") == ["2011-01-28"] * 2
        assert self.dates(apmbc.treaty, "1997-12-03", "1999-08-27") == ["1999-08-28"] * 2

    def test_on_the_first_date_itself_the_next_one_is_that_of_the_year(
        self, ccm: sp.Ledger, apmbc: sp.Ledger
    ) -> None:
        assert self.dates(ccm.treaty, "2011-01-28") == ["2011-04-30"]
        assert self.dates(apmbc.treaty, "1999-08-28") == ["2000-04-30"]

    def test_a_reporting_date_comes_strictly_after_the_day(self, ccm: sp.Ledger) -> None:
        assert self.dates(ccm.treaty, "2013-04-29", "2013-04-30", "2013-05-01") == [
            "2013-04-30",
            "2014-04-30",
            "2014-04-30",
        ]

    def test_no_day_has_no_reporting_date(self, ccm: sp.Ledger) -> None:
        assert self.dates(ccm.treaty, None, "2013-01-01", None) == [None, "2013-04-30", None]
        assert self.dates(ccm.treaty) == []

    @given(fact=CONSENTS)
    def test_is_the_first_one_after_the_day(self, ccm: sp.Ledger, fact: dt.date) -> None:
        calendar_of_treaty = [dt.date(2011, 1, 28)] + [dt.date(y, 4, 30) for y in range(2011, 2043)]
        (found,) = self.dates(ccm.treaty, fact.isoformat())
        assert found == min(d for d in calendar_of_treaty if d > fact).isoformat()

    def test_the_initial_report_is_due_so_many_days_after_entry_into_force(
        self, ccm: sp.Ledger
    ) -> None:
        assert ccm.treaty.initial_report_due(day("2012-03-01")) == day("2012-08-28")
        # The table of reports has the same days, as the Monitor states them.
        reports = ccm.transparency_reports.dropna(subset=["initial_due"])
        bound = ccm.events[ccm.events["event"] == "entered_into_force"].groupby("iso3")["date"]
        due = reports["iso3"].map(bound.first()).map(ccm.treaty.initial_report_due)
        # One row in ten of the sources is off by a day, and a few by a month or more.
        off = (due - reports["initial_due"]).abs()
        assert (off == pd.Timedelta(0)).mean() > 0.85
        assert (off <= pd.Timedelta(days=1)).mean() > 0.95


class TestBadFile:
    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ('id = "demo"\n', "", "id is missing"),
            ('"demo"', '"De mo"', "id is 'De mo'"),
            ('"demo"', '"../etc"', "id is '../etc'"),
            ('"demo"', "5", "id is 5"),
            ('name = "Convention on Demonstration"\n', "", "name is missing"),
            ('"Demo"', "[]", "short_name is []"),
            ('["cluster_munitions", "submunitions"]', "[]", "units is []"),
            ('["cluster_munitions", "submunitions"]', '"mines"', "units is 'mines'"),
            ('["cluster_munitions", "submunitions"]', '["mines", "mines"]', "units is ["),
            ('"submunitions"]', '"unspecified"]', "units is ["),
            ('"submunitions"]', "5]", "units is ["),
            ('"submunitions"]', '"Sub munitions"]', "units is ['cluster_munitions', 'Sub mun"),
            ('"Demo"', f'"{"x" * 201}"', "short_name is 'xxx"),
            ('"demo"', f'"{"x" * 33}"', "id is 'xxx"),
            ("2010-08-01", "2200-01-01", "entry_into_force.first is datetime.date(2200"),
            ("years = 8", "years = 101", "destruction.years is 101"),
            ("first = 2010-08-01\n", "", "entry_into_force.first is missing"),
            ("2010-08-01", '"2010-08-01"', "entry_into_force.first is '2010-08-01'"),
            ("2010-08-01", "2010-08-01T00:00:00", "entry_into_force.first is datetime"),
            ("months_after_consent = 6", "", "entry_into_force.months_after_consent is missing"),
            ("consent = 6", "consent = -1", "entry_into_force.months_after_consent is -1"),
            ("consent = 6", "consent = 6.5", "entry_into_force.months_after_consent is 6.5"),
            ("years = 8", "", "destruction.years is missing"),
            ("years = 8", "years = 0", "destruction.years is 0"),
            ("years = 8", "years = true", "destruction.years is True"),
            ("years = 8", 'years = "8"', "destruction.years is '8'"),
            ("years = 4", "years = -4", "destruction.extension_max_years is -4"),
            ('article = "3"', "article = 3", "destruction.article is 3"),
            ('"04-30"', '"02-29"', "reporting.annual_due is '02-29'"),
            ('"04-30"', '"4-30"', "reporting.annual_due is '4-30'"),
            ('"04-30"', '"13-01"', "reporting.annual_due is '13-01'"),
            ("[destruction]", "destruction = 5\n[other]", "destruction.article is missing"),
        ],
    )
    def test_the_message_names_file_key_and_value(
        self, tmp_path: Path, old: str, new: str, says: str
    ) -> None:
        with pytest.raises(sp.DataError, match=re.escape(f"treaty.toml: {says}")) as raised:
            rules(tmp_path, old, new)
        assert "expected" in str(raised.value)

    def test_what_is_no_toml_says_where(self, tmp_path: Path) -> None:
        with pytest.raises(sp.DataError, match=r"treaty\.toml: not valid TOML: .*line 1"):
            rules(tmp_path, '"demo"', "demo")

    def test_what_is_no_utf8_says_which_byte(self, tmp_path: Path) -> None:
        path = tmp_path / "treaty.toml"
        path.write_bytes(b'id = "d\xe9mo"\n')
        with pytest.raises(sp.DataError, match=r"treaty\.toml: byte 7 is not UTF-8"):
            read_treaty(path)

    def test_a_missing_file_says_where_it_was_looked_for(self, tmp_path: Path) -> None:
        with pytest.raises(sp.DataError, match=rf"treaty\.toml: not found in {tmp_path.name}/"):
            read_treaty(tmp_path / "treaty.toml")

    @pytest.mark.parametrize(
        ("old", "new", "key"),
        [
            ("consent = 6", "consent = 100000", "entry_into_force.months_after_consent"),
            ("initial_days = 180", "initial_days = 1000000000", "reporting.initial_days"),
        ],
    )
    def test_a_rule_beyond_the_calendar_is_refused(
        self, tmp_path: Path, old: str, new: str, key: str
    ) -> None:
        with pytest.raises(sp.DataError, match=re.escape(key)):
            rules(tmp_path, old, new)
