"""What was known on a day: the two rules of knowing, and the ledger cut to a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from smalltreaty import Row, consents, event, quantity, side_by_side, write_treaty

import stockpile as sp
from stockpile.ledger.ledger import RULES, parse_day

pytestmark = pytest.mark.usefixtures("alone")

Small = Callable[..., sp.Ledger]

AAA = consents("AAA")  # bound from 2010-08-01, first report due 2011-01-28, deadline 2018-08-01


# What a row is, when it became known as reported, and when as published.
Case = tuple[str, list[Row], str | None, str | None]


def _cases() -> list[Case]:
    def figure(on: str, source: str) -> list[Row]:
        return [AAA, quantity("AAA", "destroyed_total", 5, on, source=source)]

    def happened(name: str, source: str, **more: str) -> list[Row]:
        return [AAA, event("AAA", name, "2013-05-15", source=source, **more)]

    def undated(consent: str, source: str) -> list[Row]:
        return [consents("AAA", consent), quantity("AAA", "declared", 5, source=source)]

    early = "2010-02-16"
    return [
        # A figure of a day: out before the next reporting date, or the date came first.
        ("out early", figure("2012-12-31", "state@2013-02-01"), "2013-02-01", "2013-02-01"),
        ("out late", figure("2012-12-31", "monitor@2013-09-04"), "2013-04-30", "2013-09-04"),
        ("on the date", figure("2013-04-30", "monitor@2015-09-04"), "2014-04-30", "2015-09-04"),
        # A fact older than the treaty's calendar is met by its first date.
        ("old", figure("1999-12-31", "monitor@2013-09-04"), "2011-01-28", "2013-09-04"),
        ("undated source", figure("2012-12-31", "press@"), "2013-04-30", None),
        # 'By the end of the year', told in September, is of September.
        ("foretold", figure("2013-12-31", "monitor@2013-09-04"), "2013-09-04", "2013-09-04"),
        # Acts of membership of 15 May 2013: everybody sees them on their day.
        ("signed", happened("signed", "depositary@2014-09-30"), "2013-05-15", "2013-05-15"),
        ("withdrew", happened("withdrew", "depositary@"), "2013-05-15", "2013-05-15"),
        ("notice", happened("withdrawal_notified", "press@2020-01-01"), *["2013-05-15"] * 2),
        ("suspension", happened("suspension_notified", "press@2020-01-01"), *["2013-05-15"] * 2),
        # Plans and deadlines speak of the future: known when they are out.
        ("plan", happened("planned_completion", "state@2012-01-01"), "2012-01-01", "2012-01-01"),
        ("old plan", happened("planned_completion", "state@2015-09-04"), *["2015-09-04"] * 2),
        ("plan of no day", happened("planned_completion", "press@"), None, None),
        (
            "deadline",
            happened("deadline_stated", "state@2012-01-01", value="original"),
            *["2012-01-01"] * 2,
        ),
        # What happened: on publication, or when the next report was due.
        ("done", happened("completed", "state@2013-06-01"), "2013-06-01", "2013-06-01"),
        ("done, told late", happened("completed", "press@2015-09-04"), "2014-04-30", "2015-09-04"),
        ("found", happened("reopened", "press@"), "2014-04-30", None),
        ("granted", happened("extension_granted", "press@2015-09-04"), "2014-04-30", "2015-09-04"),
        # Nothing is known before it happened, whatever the source's day.
        ("done, told early", happened("completed", "press@2013-05-01"), *["2013-05-15"] * 2),
        # A declaration of no day is that of the initial report, due on 28 January 2011 ...
        ("declared", undated(early, "monitor@2013-09-04"), "2011-01-28", "2013-09-04"),
        ("declared early", undated(early, "state@2011-01-01"), "2011-01-01", "2011-01-01"),
        # ... or, of a state bound on 2013-01-01, on 30 June: the next date is of 2014.
        ("bound later", undated("2012-07-16", "press@2016-09-04"), "2014-04-30", "2016-09-04"),
        # Published after the treaty's eight years, it speaks for itself alone.
        ("declared late", undated(early, "monitor@2019-09-04"), "2019-09-04", "2019-09-04"),
        ("declared in time", undated(early, "monitor@2018-08-01"), "2011-01-28", "2018-08-01"),
        ("declared on no day", undated(early, "press@"), None, None),
        ("not bound", undated(early, "press@2013-09-04")[1:], "2013-09-04", "2013-09-04"),
    ]


CASES = _cases()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str | None, ...]]:
    """When the last row of each case became known: as reported, and as published."""
    ledger, codes = side_by_side(tmp_path_factory.mktemp("cases"), [rows for _, rows, *_ in CASES])
    found = {}
    for code, (name, rows, *_) in zip(codes, CASES, strict=True):
        table = ledger.quantities if "measure" in rows[-1] else ledger.events
        row = table[table["iso3"] == code].sort_values("line").iloc[-1]
        days = (row["known_reported"], row["known_published"])
        found[name] = tuple(None if pd.isna(day) else day.date().isoformat() for day in days)
    return found


def declared(then: sp.Ledger, iso3: str, unit: str = "cluster_munitions") -> float:
    """The declared stock as the line has it, NaN where there is none."""
    lines = sp.progress(then)
    rows = lines[(lines["iso3"] == iso3) & (lines["unit"] == unit)]
    return float(rows["declared"].iloc[-1]) if len(rows) else float("nan")


class TestWhenARowBecameKnown:
    @pytest.mark.parametrize(
        ("name", "rows", "reported", "published"), CASES, ids=[case[0] for case in CASES]
    )
    def test_by_each_rule(
        self,
        known: dict[str, tuple[str | None, ...]],
        name: str,
        rows: list[Row],
        reported: str | None,
        published: str | None,
    ) -> None:
        assert known[name] == (reported, published)

    def test_a_month_is_over_by_its_last_day_or_when_a_source_tells_of_it(
        self, small: Small
    ) -> None:
        month = event(
            "AAA", "completed", "2013-09-30", precision="month", source="state@2013-09-12"
        )
        ledger = small([], [AAA, month])
        done = ledger.events[ledger.events["event"] == "completed"]
        for day in ("on", "known_reported", "known_published"):
            assert done[day].tolist() == [pd.Timestamp("2013-09-12")]

    def test_every_real_row_is_known_no_later_by_reports_than_by_publication(
        self, treaty_ledger: sp.Ledger
    ) -> None:
        for rows in (treaty_ledger.quantities, treaty_ledger.events):
            both = rows.dropna(subset=["known_published"])
            assert (both["known_reported"] <= both["known_published"]).all()

    def test_no_real_row_is_known_before_its_day_under_published(
        self, treaty_ledger: sp.Ledger
    ) -> None:
        for rows in (treaty_ledger.quantities, treaty_ledger.events):
            late = rows["known_published"] < rows["on"]
            if "event" in rows:
                late &= ~rows["event"].isin(["planned_completion", "deadline_stated"])
            assert not late.any(), rows[late].to_string()


class TestUndatedDeclarations:
    """Which day a declaration without a day speaks of; see the module's own text."""

    def undated(self, number: int, source: str) -> Row:
        return quantity("AAA", "declared", number, source=source)

    def test_a_later_restatement_stays_out_of_earlier_days(self, small: Small) -> None:
        rows = [self.undated(n, f"monitor@{y}-09-04") for n, y in ((100, 2013), (140, 2016))]
        ledger = small(rows, [AAA])
        assert declared(ledger.as_of("2011-12-31"), "AAA") == 100
        assert declared(ledger.as_of("2016-09-03"), "AAA") == 100
        assert declared(ledger.as_of("2016-09-04"), "AAA") == 140
        assert np.isnan(declared(ledger.as_of("2013-09-03", "published"), "AAA"))
        assert declared(ledger.as_of("2013-09-04", "published"), "AAA") == 100

    def test_a_presumed_figure_gives_way_to_one_that_was_out(self, small: Small) -> None:
        rows = [
            self.undated(140, "monitor@2013-09-04"),
            quantity("AAA", "declared", 100, "2011-12-31", source="press@2012-06-01"),
        ]
        ledger = small(rows, [AAA])
        assert declared(ledger.as_of("2011-12-31"), "AAA") == 140  # presumed: nothing else is out
        assert ledger.as_of("2011-12-31").quantities["presumed"].tolist() == [True]
        assert declared(ledger.as_of("2012-12-31"), "AAA") == 100
        then = ledger.as_of("2013-12-31")
        assert not then.quantities["presumed"].any()
        assert declared(then, "AAA") == 140  # the nearer source, and now it is out

    @pytest.mark.parametrize(
        ("iso3", "day", "munitions"),
        [
            # Later restatements: 2,007, 2,005 and 2,012; 1,235; 6,862.
            ("PER", "2013-12-31", None),
            ("PER", "2017-06-30", 2007),
            ("SVK", "2015-12-31", 899),
            ("BGR", "2015-12-31", 6909),
        ],
    )
    def test_of_real_states_do_not_leak(
        self, ccm: sp.Ledger, iso3: str, day: str, munitions: float | None
    ) -> None:
        for rule in RULES:
            figure = declared(ccm.as_of(day, rule), iso3)
            assert np.isnan(figure) or figure == munitions
        reported = declared(ccm.as_of(day), iso3)
        assert np.isnan(reported) if munitions is None else reported == munitions

    def test_of_peru_is_what_was_out_or_what_was_reported(self, ccm: sp.Ledger) -> None:
        # 675 in a page of 2014, 676 in those of 2015; 2,007, 2,005 and 2,012 came later.
        by_rule = {rule: declared(ccm.as_of("2014-12-31", rule), "PER") for rule in RULES}
        assert by_rule == {"reported": 676, "published": 675}


class TestAsOf:
    def test_holds_what_was_known_by_the_end_of_the_day(self, small: Small, rule: str) -> None:
        rows = [
            quantity("AAA", "destroyed_total", n, day, source=f"state@{day}")
            for n, day in ((1, "2012-03-01"), (2, "2012-03-02"), (3, "2012-03-03"))
        ]
        then = small(rows, [AAA]).as_of("2012-03-02", rule)
        assert then.quantities["quantity"].tolist() == [1, 2]
        assert then.day == pd.Timestamp("2012-03-02") and then.rule == rule
        assert set(then.sources["source_id"]) == {
            "state@2012-03-01",
            "state@2012-03-02",
            AAA["source_id"],
        }

    def test_twice_is_as_once(self, treaty_ledger: sp.Ledger, rule: str) -> None:
        once = treaty_ledger.as_of("2013-10-01", rule)
        for other in (
            once.as_of("2013-10-01", rule),
            treaty_ledger.as_of("2020-01-01", rule).as_of("2013-10-01", rule),
        ):
            assert other.day == once.day
            for table in ("quantities", "events", "sources"):
                pd.testing.assert_frame_equal(getattr(other, table), getattr(once, table))

    def test_cannot_go_forward(self, ccm: sp.Ledger) -> None:
        with pytest.raises(ValueError, match="already cut to 2013-10-01 by the rule 'reported'"):
            ccm.as_of("2013-10-01").as_of("2013-10-02")

    def test_cannot_change_the_rule(self, ccm: sp.Ledger) -> None:
        with pytest.raises(ValueError, match="start from the whole ledger"):
            ccm.as_of("2013-10-01").as_of("2012-10-01", "published")

    def test_needs_a_rule_that_exists(self, ccm: sp.Ledger) -> None:
        with pytest.raises(ValueError, match="rule is 'known'; expected one of reported, publish"):
            ccm.as_of("2013-10-01", "known")  # type: ignore[arg-type]

    def test_leaves_the_whole_ledger_as_it_was(self, ccm: sp.Ledger) -> None:
        before = ccm.quantities.copy()
        sp.status(ccm.as_of("2013-10-01"))
        assert ccm.day is None
        pd.testing.assert_frame_equal(ccm.quantities, before)

    def test_a_source_nobody_dated_is_never_known_as_published(
        self, treaty_ledger: sp.Ledger
    ) -> None:
        undated = treaty_ledger.sources.loc[treaty_ledger.sources["published"].isna(), "source_id"]
        then = treaty_ledger.as_of("2199-12-31", "published")
        assert not then.quantities["source_id"].isin(undated).any()
        acts = then.events[then.events["source_id"].isin(undated)]["event"]
        assert set(acts) <= {
            "signed",
            "consented",
            "entered_into_force",
            "withdrawal_notified",
            "withdrew",
        }
        if treaty_ledger.treaty.id == "ccm":
            assert treaty_ledger.quantities["source_id"].isin(undated).any()

    def test_membership_is_known_on_its_day(self, ccm: sp.Ledger, rule: str) -> None:
        # The United Kingdom ratified on 4 May 2010; the source is of 2014.
        for day, there in (("2010-05-03", False), ("2010-05-04", True)):
            events = ccm.as_of(day, rule).events
            consented = events[(events["iso3"] == "GBR") & (events["event"] == "consented")]
            assert bool(len(consented)) == there

    def test_results_need_a_day(self, ccm: sp.Ledger) -> None:
        for result in (sp.status, sp.project, sp.snapshot):
            with pytest.raises(ValueError, match=r"this needs an as-of day: call ledger\.as_of"):
                result(ccm)

    def test_of_two_days_of_consent_that_of_a_dated_source_is_taken(self, small: Small) -> None:
        undated = consents("AAA", "2010-02-15") | {"source_id": "depositary@"}
        for events in ([AAA, undated], [undated, AAA]):
            assert small([], events).bound["consented"].tolist() == [pd.Timestamp("2010-02-16")]

    def test_iraq_consented_on_the_day_that_the_depositary_has(self, ccm: sp.Ledger) -> None:
        assert ccm.bound.loc["IRQ", "consented"] == pd.Timestamp("2013-05-14")

    def test_the_newest_row_gives_a_day_without_a_clock(self, small: Small) -> None:
        row = quantity("AAA", "destroyed_total", 1, "2012-03-01", source="state@2012-04-01")
        assert small([row], [AAA]).newest == pd.Timestamp("2012-04-01")


class TestParseDay:
    @pytest.mark.parametrize(
        "day",
        [
            "2012-02-29",
            dt.date(2012, 2, 29),
            dt.datetime(2012, 2, 29, 13, 30),
            pd.Timestamp("2012-02-29 23:59"),
            np.datetime64("2012-02-29"),
        ],
    )
    def test_takes_a_day_in_any_dress(self, day: object) -> None:
        assert parse_day(day) == pd.Timestamp("2012-02-29")

    @pytest.mark.parametrize(
        "day",
        [
            "2013-02-29",
            "2012-2-9",
            "2012",
            "2012-02",
            "29.02.2012",
            "today",
            "now",
            "",
            "2012-02-29T10:00",
            "2012-02-29\n",
            "1899-12-31",
            "2200-01-01",
            None,
            True,
            float("nan"),
            pd.NaT,
            [],
            pd.Timestamp("2012-02-29", tz="UTC"),
        ],
    )
    def test_says_what_is_no_day(self, day: object) -> None:
        with pytest.raises(ValueError, match=r"is not a day.*; expected YYYY-MM-DD, as 2012-04-19"):
            parse_day(day)

    @pytest.mark.parametrize("number", [2012, 20120229, 0, 2012.5])
    def test_a_number_is_no_day(self, number: float) -> None:
        with pytest.raises(ValueError, match="is not a day"):
            parse_day(number)


class TestLoad:
    def test_the_packaged_treaties_are_found_by_name(self) -> None:
        assert sp.packaged() == ("apmbc", "ccm", "cwc")

    def test_a_folder_is_found_by_path_or_text(self, folder: Callable[..., Path]) -> None:
        home = folder([], [AAA])
        assert sp.load(home).data_hash == sp.load(str(home)).data_hash
        assert sp.load(home).folder == home

    def test_a_packaged_name_is_not_shadowed_by_a_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_treaty(tmp_path / "ccm", [], [AAA])
        monkeypatch.chdir(tmp_path)
        assert sp.load("ccm").treaty.short_name == "CCM"
        assert sp.load(Path("ccm")).treaty.short_name == "Demo"

    @pytest.mark.parametrize("name", ["cmm", "no/such/folder"])
    def test_another_name_is_told_what_there_is(self, name: str) -> None:
        with pytest.raises(sp.DataError, match=f"'{name}' is not a packaged treaty; expected apmb"):
            sp.load(name)

    def test_the_empty_name_is_none(
        self, folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder([], [AAA]))
        with pytest.raises(sp.DataError, match="is not a packaged treaty"):
            sp.load("")

    def test_where_one_stands_does_not_matter(
        self, ccm: sp.Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        assert not list(Path().iterdir())
        assert sp.load("ccm").data_hash == ccm.data_hash

    def test_the_kinds_of_columns_do_not_depend_on_the_rows(
        self, small: Small, ccm: sp.Ledger
    ) -> None:
        row = quantity("AAA", "declared", 5, "2011-01-01", source="state@2011-01-28")
        for ledger in (small([], []), small([row], [AAA])):
            for table in ("quantities", "events", "states", "sources"):
                kinds = getattr(ledger, table).dtypes.astype("str").to_dict()
                assert kinds == getattr(ccm, table).dtypes.astype("str").to_dict(), table

    def test_states_come_from_the_rows_where_there_is_no_table_of_them(self, small: Small) -> None:
        row = quantity("BBB", "declared", 5, "2011-01-01", source="state@2011-01-28")
        ledger = small([row], [AAA])
        assert ledger.states[["iso3", "name"]].values.tolist() == [["AAA", "AAA"], ["BBB", "BBB"]]
        assert ledger.states["region"].tolist() == ["", ""]

    NO_ENTRY: ClassVar[dict[str, Any]] = {
        "nothing at all": ([], []),
        "figures alone": (
            [quantity("AAA", "declared", 5, "2011-01-01", source="state@2011-01-28")],
            [],
        ),
        "a signature": ([], [event("AAA", "signed", "2009-01-01", source="depositary@2009-01-01")]),
        "an end": ([], [event("AAA", "completed", "2012-01-01", source="state@2012-01-28")]),
    }

    @pytest.mark.parametrize("what", NO_ENTRY)
    def test_a_folder_on_states_that_are_not_bound_loads(self, small: Small, what: str) -> None:
        ledger = small(*self.NO_ENTRY[what])
        rated = sp.status(ledger.as_of("2014-01-01"))
        assert set(rated["membership"]) <= {"not party", "signatory"}


class TestWarnings:
    def test_stated_deadlines_that_differ_from_computed_ones_are_told(
        self, ccm: sp.Ledger, apmbc: sp.Ledger
    ) -> None:
        def differing(ledger: sp.Ledger) -> list[str]:
            told = ledger.warnings[ledger.warnings["kind"] == "stated deadline disagrees"]
            return told["message"].tolist()

        assert differing(ccm) == [
            "BGR: cmm2015-bgr-profile has 2019-04-30, the rule gives 2019-10-01",
            "CHE: ats-2019-che has 2020-12-31, the rule gives 2021-01-01",
            "SVK: svk-rsi-2023 has 2023-12-31, the rule gives 2024-01-01",
        ]
        assert differing(apmbc) == [
            "AFG: landminede-afg has 2007-02-28, the rule gives 2007-03-01",
            "BRA: lm2003-bra has 2003-10-31, the rule gives 2003-10-01",
            "THA: scandasia-tha-2003 has 2003-04-30, the rule gives 2003-05-01",
        ]

    def test_they_are_all_that_differ(self, treaty_ledger: sp.Ledger) -> None:
        """Hold each stated original deadline against the day of consent, by the calendar."""
        treaty, events = treaty_ledger.treaty, treaty_ledger.events
        consent = events[events["event"] == "consented"].groupby("iso3")["date"].min()
        stated = events[(events["event"] == "deadline_stated") & (events["value"] == "original")]
        differ = set()
        for row in stated[stated["iso3"].isin(consent.index)].itertuples():
            due = treaty.deadline(treaty.entry_into_force(consent[row.iso3]))
            same = {"day": due.date(), "month": (due.year, due.month), "year": due.year}
            said = {
                "day": row.date.date(),
                "month": (row.date.year, row.date.month),
                "year": row.date.year,
            }
            if said[row.precision] != same[row.precision]:
                differ.add(row.line)
        told = treaty_ledger.warnings
        told = told[told["kind"] == "stated deadline disagrees"]
        assert set(told["line"]) == differ

    def test_stated_entries_into_force_all_agree(self, treaty_ledger: sp.Ledger) -> None:
        assert "entry into force disagrees" not in set(treaty_ledger.warnings["kind"])

    @pytest.mark.parametrize(
        ("row", "kind", "says"),
        [
            (
                event("AAA", "entered_into_force", "2010-09-01", source="press@2011-01-01"),
                "entry into force disagrees",
                "2010-09-01 is stated, the rule gives 2010-08-01",
            ),
            (
                consents("AAA", "2010-02-17") | {"source_id": "press@2011-01-01"},
                "consent disagrees",
                "2010-02-17 is set aside for 2010-02-16",
            ),
            (
                event(
                    "AAA",
                    "deadline_stated",
                    "2018-07-31",
                    value="original",
                    precision="month",
                    source="press@2011-01-01",
                ),
                "stated deadline disagrees",
                "AAA: press@2011-01-01 has 2018-07-31, the rule gives 2018-08-01",
            ),
            (
                event("AAA", "completed", "2013-06-01", source="press@2013-05-01"),
                "published before what it tells",
                "press@2013-05-01 of 2013-05-01 tells of 2013-06-01",
            ),
            (
                event("AAA", "completed", precision="unknown", source="press@"),
                "no day at all",
                "known on no day",
            ),
        ],
    )
    def test_a_doubt_is_told_with_its_line(
        self, small: Small, row: Row, kind: str, says: str
    ) -> None:
        (warning,) = small([], [AAA, row]).warnings.to_dict("records")
        assert (warning["file"], warning["line"], warning["kind"]) == ("events.csv", 3, kind)
        assert says in warning["message"]

    def test_a_stated_month_that_holds_the_deadline_agrees(self, small: Small) -> None:
        row = event(
            "AAA",
            "deadline_stated",
            "2018-08-31",
            value="original",
            precision="month",
            source="press@2011-01-01",
        )
        assert small([], [AAA, row]).warnings.empty


def test_a_saved_ledger_loads_to_the_same_results(tmp_path: Path) -> None:
    ledger = sp.load("cwc")
    saved = sp.load(ledger.save(tmp_path / "saved"))
    assert saved.rejected.empty and saved.covers == ledger.covers
    one, other = (sp.status(each.as_of("2022-06-01")) for each in (ledger, saved))
    pd.testing.assert_frame_equal(one, other)
    files = sorted((tmp_path / "saved").iterdir())
    again = saved.save(tmp_path / "again")
    assert [file.read_bytes() for file in files] == [
        (again / file.name).read_bytes() for file in files
    ]
    with pytest.raises(sp.DataError, match="not an empty folder"):
        ledger.save(tmp_path / "saved")


def test_a_saved_ledger_says_whose_rows_are_not_published(tmp_path: Path) -> None:
    rows = pd.DataFrame({"State": ["Bulgaria"], "Year": [2021], "Remaining": [1500]})
    how = {"unit": "cluster_munitions", "published": "2022-05", "source": 'A "list" of ours'}
    named = 'A "list" of ours (data frame)'
    over = sp.load("ccm", extra=rows, **how)
    alone = sp.read(rows, treaty="ccm", **how)
    for name, ledger in {"over": over, "alone": alone}.items():
        saved = sp.load(ledger.save(tmp_path / name))
        assert saved.treaty.unpublished == ledger.treaty.unpublished == named
        one, other = (sp.status(each.as_of("2022-06-01")) for each in (ledger, saved))
        pd.testing.assert_frame_equal(one, other)
    assert sp.load("ccm").treaty.unpublished == ""
    assert len(sp.status(alone.as_of("2022-06-01"))) == 1
