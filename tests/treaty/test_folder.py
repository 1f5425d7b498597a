"""Text in, typed rows out: what is accepted, what is rejected, and what the account says."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smalltreaty import (
    COLUMNS,
    Row,
    consents,
    event,
    packaged_rows,
    quantity,
    source,
    write_rows,
    write_treaty,
)

import stockpile as sp
from stockpile.ledger.load import packaged_folder
from stockpile.treaty.folder import Ingested, ingest

Folder = Callable[..., Path]

GOOD = quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28")
PERIOD = quantity(
    "AAA", "destroyed", 40, "2012-12-31", start="2012-01-01", source="state@2013-04-30"
)
SHARE = quantity(
    "AAA", "destroyed_share", "0.4", "2012-12-31", unit="unspecified", source="state@2013-04-30"
)
DONE = event("AAA", "completed", "2013-06-30", precision="month", source="state@2013-09-01")
GRANTED = event(
    "AAA", "extension_granted", "2018-01-01", value="2020-08-01", source="treaty_body@2018-02-01"
)
SOURCES = [
    source(source_id)
    for source_id in (
        "depositary@2010-02-16",
        "state@2011-01-28",
        "state@2013-04-30",
        "state@2013-09-01",
        "treaty_body@2018-02-01",
    )
]
REPORT = {
    "iso3": "AAA",
    "initial_due": "2011-01-28",
    "initial_submitted": "2011-02",
    "as_of": "2015",
    "status": "submitted",
    "source_id": "state@2011-01-28",
}
LAW = {
    "iso3": "AAA",
    "status": "specific_law",
    "law_year": "2012",
    "as_of": "2015-06",
    "source_id": "state@2013-04-30",
}
VIEW = {
    "iso3": "AAA",
    "question": "investment",
    "view": "prohibited",
    "as_of": "2015-06-30",
    "source_id": "state@2013-04-30",
}


def tables(**other: list[Row]) -> dict[str, Any]:
    """A folder's worth of good rows, with some tables replaced."""
    return {
        "quantities": [GOOD, PERIOD, SHARE],
        "events": [consents("AAA"), DONE, GRANTED],
        "sources": SOURCES,
        "transparency_reports": [REPORT],
        "national_legislation": [LAW],
        "interpretive_views": [VIEW],
    } | other


def problems(found: Ingested) -> list[tuple[str, int, str, str]]:
    """Where the rejected cells stand, and what is in them."""
    return list(
        found.rejected[["file", "line", "column", "value"]].itertuples(index=False, name=None)
    )


def count(found: Ingested, table: str) -> tuple[int, int, int]:
    """Rows read, accepted and rejected."""
    row = found.counts.set_index("file").loc[f"{table}.csv"]
    return int(row["read"]), int(row["accepted"]), int(row["rejected"])


def assert_accounted_for(found: Ingested) -> None:
    """read = accepted + rejected, and each of the three is what the tables themselves hold."""
    for row in found.counts.itertuples():
        assert row.read == row.accepted + row.rejected
        assert row.accepted == len(found.tables[row.file.removesuffix(".csv")])
        named = found.rejected.loc[found.rejected["file"] == row.file, "line"]
        assert row.rejected == named.nunique()
        accepted = found.tables[row.file.removesuffix(".csv")]["line"]
        assert not set(accepted) & set(named)


class TestGoodRows:
    def test_every_row_of_the_packaged_tables_is_accepted(self, treaty_ledger: sp.Ledger) -> None:
        found = ingest(packaged_folder(treaty_ledger.treaty.id))
        assert found.rejected.empty
        assert_accounted_for(found)
        _, raw = packaged_rows(treaty_ledger.treaty.id)
        assert dict(zip(found.counts["file"], found.counts["read"], strict=True)) == {
            f"{table}.csv": len(rows) for table, rows in raw.items()
        }

    def test_the_cells_come_out_typed(self, folder: Folder) -> None:
        found = ingest(folder(**tables()))
        assert found.rejected.empty and found.warnings.empty
        declared, period, share = found.tables["quantities"].to_dict("records")
        assert (declared["quantity"], share["quantity"]) == (100.0, 0.4)
        assert pd.isna(declared["period_start"])
        assert period["period_start"] == pd.Timestamp("2012-01-01")
        assert [row["line"] for row in (declared, period, share)] == [2, 3, 4]
        granted = found.tables["events"].iloc[2]
        assert granted["new_deadline"] == pd.Timestamp("2020-08-01")
        report = found.tables["transparency_reports"].iloc[0]
        assert report["initial_submitted"] == pd.Timestamp("2011-02-28")
        assert report["initial_submitted_precision"] == "month"
        assert report["as_of"] == pd.Timestamp("2015-12-31")
        assert found.tables["national_legislation"].loc[0, "law_year"] == 2012

    def test_four_files_are_enough(self, folder: Folder) -> None:
        home = folder([GOOD], [consents("AAA")])
        assert sorted(path.name for path in home.iterdir()) == [
            "events.csv",
            "quantities.csv",
            "sources.csv",
            "treaty.toml",
        ]
        found = ingest(home)
        assert list(found.tables) == ["sources", "quantities", "events"]
        assert found.rejected.empty

    def test_tables_without_a_row_are_tables(self, folder: Folder) -> None:
        found = ingest(folder())
        assert found.counts["read"].tolist() == [0, 0, 0]
        assert found.rejected.empty and found.warnings.empty

    @pytest.mark.parametrize("word", ["NA", "NaN", "null", "None", "nan", "N/A"])
    def test_text_that_looks_like_nothing_stays_text(self, folder: Folder, word: str) -> None:
        named = [row | {"title": word, "publisher": word} for row in SOURCES]
        found = ingest(folder(**tables(sources=named)))
        assert found.rejected.empty
        assert set(found.tables["sources"]["title"]) == {word}
        assert set(found.tables["sources"]["publisher"]) == {word}

    def test_namibia_is_a_state(self, folder: Folder) -> None:
        found = ingest(folder([GOOD | {"iso3": "NAM"}, GOOD | {"iso3": "NAN"}], []))
        assert found.tables["quantities"]["iso3"].tolist() == ["NAM", "NAN"]

    @pytest.mark.parametrize("number", ["0", "007", "999999999999999"])
    def test_plain_numbers_are_taken_as_they_are(self, folder: Folder, number: str) -> None:
        found = ingest(folder(**tables(quantities=[GOOD | {"quantity": number}])))
        assert found.tables["quantities"]["quantity"].tolist() == [float(number)]

    @pytest.mark.parametrize("share", ["0", "1", "0.0", "1.0", "0.123456789"])
    def test_a_share_runs_from_nought_to_one(self, folder: Folder, share: str) -> None:
        found = ingest(folder(**tables(quantities=[SHARE | {"quantity": share}])))
        assert found.tables["quantities"]["quantity"].tolist() == [float(share)]

    @pytest.mark.parametrize(
        "rewrite",
        [
            lambda text: "\ufeff" + text,
            lambda text: text.replace("\n", "\r\n"),
            lambda text: text.rstrip("\n"),
            lambda text: text.replace("\n", "\n\n"),
            lambda text: re.sub(r"^(\w+),(\w+)", r"\2,\1", text, flags=re.MULTILINE),
            lambda text: re.sub(r"\bAAA\b", '"AAA"', text),
        ],
        ids=["byte order mark", "CRLF", "no last line end", "blank lines", "columns", "quotes"],
    )
    def test_the_same_rows_in_another_spelling(
        self, folder: Folder, rewrite: Callable[[str], str]
    ) -> None:
        home = folder(**tables())
        plain = ingest(home).tables["quantities"].drop(columns="line")
        path = home / "quantities.csv"
        path.write_text(rewrite(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")
        found = ingest(home)
        assert found.rejected.empty
        pd.testing.assert_frame_equal(found.tables["quantities"].drop(columns="line"), plain)

    def test_the_hash_is_that_of_the_content(self, folder: Folder) -> None:
        one, same = ingest(folder(**tables())), ingest(folder(**tables()))
        other = ingest(folder(**tables(quantities=[GOOD | {"quantity": "101"}])))
        assert one.data_hash == same.data_hash != other.data_hash
        assert re.fullmatch("[0-9a-f]{64}", one.data_hash)


BAD_QUANTITIES: list[tuple[Row, Row, str, str, str]] = [
    # the row, the cells changed, the column named, part of the reason, part of what is expected
    (GOOD, {"iso3": "gbr"}, "iso3", "not a country code", "three capital letters"),
    (GOOD, {"iso3": "GB"}, "iso3", "not a country code", "three capital letters"),
    (GOOD, {"iso3": "ÄÖÜ"}, "iso3", "not a country code", "three capital letters"),
    (GOOD, {"iso3": ""}, "iso3", "empty", "a value"),
    (GOOD, {"iso3": "BBB"}, "iso3", "not in states.csv", "a code that stands there"),
    (GOOD, {"measure": "stockpiled"}, "measure", "not one of the known words", "destroyed_share"),
    (GOOD, {"measure": ""}, "measure", "empty", "a value"),
    (GOOD, {"unit": "mines"}, "unit", "not a unit of the treaty", "cluster_munitions or submun"),
    (GOOD, {"unit": "unspecified"}, "unit", "only a destroyed_share", "a unit of the treaty"),
    (GOOD, {"unit": ""}, "unit", "empty", "a value"),
    (GOOD, {"quantity": "1,234"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "1 234"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "~500"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "-5"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "+5"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "1e3"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "inf"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "NaN"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": " 5"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "²"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": "1" * 16}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"quantity": ""}, "quantity", "empty", "a value"),
    (GOOD, {"quantity": "1.234"}, "quantity", "a count with a fraction", "a whole number"),
    (GOOD, {"quantity": "100.0"}, "quantity", "a count with a fraction", "a whole number"),
    (SHARE, {"quantity": "1.01"}, "quantity", "a share above the whole", "from 0 to 1"),
    (SHARE, {"quantity": "40"}, "quantity", "a share above the whole", "from 0 to 1"),
    (SHARE, {"quantity": "40%"}, "quantity", "not a plain number", "digits alone"),
    (GOOD, {"qualifier": "about"}, "qualifier", "not one of the known words", "exact or approx"),
    (GOOD, {"period_end": "2013-02-30"}, "period_end", "not a date", "YYYY-MM-DD"),
    (GOOD, {"period_end": "30.04.2013"}, "period_end", "not a date", "YYYY-MM-DD"),
    (GOOD, {"period_end": "2013-4-30"}, "period_end", "not a date", "YYYY-MM-DD"),
    (GOOD, {"period_end": "2013"}, "period_end", "not a date", "YYYY-MM-DD"),
    (GOOD, {"period_end": "1899-12-31"}, "period_end", "not a date", "1900"),
    (GOOD, {"period_end": "9999-12-31"}, "period_end", "not a date", "2199"),
    (PERIOD, {"period_end": ""}, "period_end", "needs the day it speaks of", "YYYY-MM-DD"),
    (SHARE, {"period_end": ""}, "period_end", "needs the day it speaks of", "YYYY-MM-DD"),
    (GOOD, {"period_start": "2010-01-01"}, "period_start", "a day, not of a period", "empty cell"),
    (PERIOD, {"period_start": "2013-01-01"}, "period_start", "starts after it ends", "not after"),
    (GOOD, {"source_id": "a blog"}, "source_id", "not in sources.csv", "an accepted source_id"),
    (GOOD, {"source_id": ""}, "source_id", "empty", "a value"),
]

BAD_EVENTS: list[tuple[Row, Row, str, str, str]] = [
    (DONE, {"event": "finished"}, "event", "not one of the known words", "completed"),
    (DONE, {"precision": "exact"}, "precision", "not one of the known words", "on_or_before"),
    (DONE, {"precision": ""}, "precision", "empty", "a value"),
    (DONE, {"date": "2013-02-30"}, "date", "not a date", "YYYY-MM-DD"),
    (DONE, {"date": "2013-06"}, "date", "not a date", "YYYY-MM-DD"),
    (DONE, {"date": ""}, "date", "the event has no date", "precision 'unknown'"),
    (DONE, {"value": "2013-06-30"}, "value", "completed takes no value", "an empty cell"),
    (consents("AAA"), {"value": "signature"}, "value", "not a value of consented", "accession"),
    (consents("AAA"), {"value": ""}, "value", "not a value of consented", "accession"),
    (DONE, {"event": "deadline_stated"}, "value", "not a value of deadline_stated", "extended"),
    (GRANTED, {"value": "four years"}, "value", "not the new deadline", "YYYY-MM-DD"),
    (GRANTED, {"value": "2020-02-30"}, "value", "not the new deadline", "YYYY-MM-DD"),
    (GRANTED, {"value": "2020-13"}, "value", "not the new deadline", "YYYY-MM-DD"),
    (DONE, {"iso3": "BBB"}, "iso3", "not in states.csv", "a code that stands there"),
    (DONE, {"source_id": "a blog"}, "source_id", "not in sources.csv", "an accepted source_id"),
]

BAD_SOURCES: list[tuple[Row, Row, str, str, str]] = [
    (SOURCES[3], {"kind": "blog"}, "kind", "not one of the known words", "depositary or state"),
    (SOURCES[3], {"title": ""}, "title", "empty", "a value"),
    (SOURCES[3], {"source_id": ""}, "source_id", "empty", "a value"),
    (SOURCES[3], {"published": "2013"}, "published", "not a date", "YYYY-MM-DD"),
    (SOURCES[3], {"published_precision": "decade"}, "published_precision", "not one", "edition"),
]

BAD_FURTHER: list[tuple[str, Row, Row, str, str, str]] = [
    ("transparency_reports", REPORT, {"status": "late"}, "status", "not one", "overdue"),
    ("transparency_reports", REPORT, {"initial_due": "2011-01"}, "initial_due", "not a date", "-"),
    ("transparency_reports", REPORT, {"as_of": "2011-13"}, "as_of", "not a date", "YYYY-MM"),
    ("national_legislation", LAW, {"law_year": "12"}, "law_year", "not a year", "YYYY"),
    ("national_legislation", LAW, {"law_year": "2012.0"}, "law_year", "not a year", "YYYY"),
    ("national_legislation", LAW, {"status": "law"}, "status", "not one", "specific_law"),
    ("interpretive_views", VIEW, {"view": "maybe"}, "view", "not one", "permitted"),
    ("interpretive_views", VIEW, {"question": "use"}, "question", "not one", "investment"),
    ("interpretive_views", VIEW, {"source_id": "x"}, "source_id", "not in sources.csv", "accepted"),
]


BAD_CELLS: list[tuple[str, Row, Row, str, str, str]] = [
    *(("quantities", *case) for case in BAD_QUANTITIES),
    *(("events", *case) for case in BAD_EVENTS),
    # Of another id each, for a source that stands twice is a problem of its own.
    *(
        ("sources", row, {"source_id": f"{row['source_id']}, no. {n}"} | change, *more)
        for n, (row, change, *more) in enumerate(BAD_SOURCES)
    ),
    *BAD_FURTHER,
]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """The account of a folder with every bad row there is, among good ones."""
    rows = tables()
    for table, row, change, *_ in BAD_CELLS:
        rows[table] = [*rows[table], row | change]
    return ingest(write_treaty(tmp_path_factory.mktemp("bad"), **rows, states=["AAA"]))


class TestBadCells:
    @pytest.mark.parametrize(
        "case", BAD_CELLS, ids=[f"{case[0]}: {list(case[2].items())[-1]}" for case in BAD_CELLS]
    )
    def test_the_row_is_rejected_with_place_value_and_remedy(
        self, account: Ingested, case: tuple[str, Row, Row, str, str, str]
    ) -> None:
        table, row, change, column, reason, expected = case
        line = 2 + len(tables()[table]) + [c for c in BAD_CELLS if c[0] == table].index(case)
        of_row = account.rejected[
            (account.rejected["file"] == f"{table}.csv") & (account.rejected["line"] == line)
        ]
        (found,) = of_row.to_dict("records")
        assert (found["column"], found["value"]) == (column, (row | change)[column])
        assert reason in found["reason"]
        assert expected in found["expected"]

    def test_every_other_row_is_accepted(self, account: Ingested) -> None:
        assert_accounted_for(account)
        for table, good in tables().items():
            bad = sum(1 for case in BAD_CELLS if case[0] == table)
            assert count(account, table) == (len(good) + bad, len(good), bad)

    def test_digits_of_other_scripts_are_no_plain_number(self, folder: Folder) -> None:
        found = ingest(folder(**tables(quantities=[GOOD | {"quantity": "١٢٣"}])))
        assert problems(found) == [("quantities.csv", 2, "quantity", "١٢٣")]

    def test_a_row_with_two_problems_is_one_row_and_two_lines_of_account(
        self, folder: Folder
    ) -> None:
        bad = GOOD | {"iso3": "aaa", "quantity": "~500"}
        found = ingest(folder(**tables(quantities=[bad, GOOD])))
        assert problems(found) == [
            ("quantities.csv", 2, "iso3", "aaa"),
            ("quantities.csv", 2, "quantity", "~500"),
        ]
        assert count(found, "quantities") == (2, 1, 1)

    def test_a_source_named_twice_takes_its_statements_with_it(self, folder: Folder) -> None:
        home = folder(**tables(sources=[*SOURCES, SOURCES[2]]))
        found = ingest(home)
        assert_accounted_for(found)
        twice = [p for p in problems(found) if p[0] == "sources.csv"]
        assert twice == [
            ("sources.csv", 4, "source_id", "state@2013-04-30"),
            ("sources.csv", 7, "source_id", "state@2013-04-30"),
        ]
        assert count(found, "quantities") == (3, 1, 2)
        assert count(found, "national_legislation") == (1, 0, 1)

    def test_a_state_named_twice_is_no_state(self, folder: Folder) -> None:
        found = ingest(folder([GOOD], [], states=["AAA", "BBB", "AAA"]))
        assert found.tables["states"]["iso3"].tolist() == ["BBB"]
        assert ("quantities.csv", 2, "iso3", "AAA") in problems(found)

    def test_a_code_in_the_table_of_states_is_a_country_code(self, folder: Folder) -> None:
        found = ingest(folder([GOOD], [], states=["AAA", "not a code"]))
        assert problems(found) == [("states.csv", 3, "iso3", "not a code")]

    def test_a_day_unknown_is_no_missing_date(self, folder: Folder) -> None:
        unknown = DONE | {"date": "", "precision": "unknown"}
        found = ingest(folder(**tables(events=[unknown])))
        assert found.rejected.empty
        assert pd.isna(found.tables["events"].loc[0, "date"])

    def test_declared_and_retained_need_no_day(self, folder: Folder) -> None:
        undated = GOOD | {"period_end": ""}
        rows = [undated, undated | {"measure": "retained"}]
        assert ingest(folder(**tables(quantities=rows))).rejected.empty

    @pytest.mark.parametrize("date", ["2020-08", "2020-08-01", ""])
    def test_a_new_deadline_is_a_day_a_month_or_not_stated(self, folder: Folder, date: str) -> None:
        found = ingest(folder(**tables(events=[GRANTED | {"value": date}])))
        assert found.rejected.empty

    def test_a_new_deadline_is_no_year(self, folder: Folder) -> None:
        found = ingest(folder(**tables(events=[GRANTED | {"value": "2020"}])))
        assert problems(found) == [("events.csv", 2, "value", "2020")]

    @pytest.mark.parametrize(("cells", "short"), [(["AAA", "declared"], True), (["x"] * 10, False)])
    def test_a_row_of_another_length_is_rejected_whole(
        self, folder: Folder, cells: list[str], short: bool
    ) -> None:
        home = folder(**tables())
        path = home / "quantities.csv"
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        assert (len(cells) < len(COLUMNS["quantities"])) == short
        path.write_text("\n".join([header, ",".join(cells), *rows]) + "\n", encoding="utf-8")
        found = ingest(home)
        assert_accounted_for(found)
        assert problems(found) == [("quantities.csv", 2, "row", ",".join(cells))]
        assert found.rejected.loc[0, "expected"] == "8 cells"

    def test_lines_are_those_of_an_editor_even_after_quoted_line_breaks(
        self, folder: Folder
    ) -> None:
        broken = [row | {"title": "A title\nin three\nlines"} for row in SOURCES[:2]]
        bad = SOURCES[2] | {"kind": "blog"}
        home = folder(**tables(sources=[*broken, bad, *SOURCES[3:]]))
        found = ingest(home)
        (place,) = [p for p in problems(found) if p[0] == "sources.csv"]
        assert place == ("sources.csv", 8, "kind", "blog")
        text = (home / "sources.csv").read_text(encoding="utf-8").splitlines()
        assert ",blog," in text[place[1] - 1]

    def test_lines_count_blank_ones(self, folder: Folder) -> None:
        home = folder(**tables(quantities=[GOOD, GOOD | {"quantity": "~5"}]))
        path = home / "quantities.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n\n"), encoding="utf-8")
        assert problems(ingest(home)) == [("quantities.csv", 5, "quantity", "~5")]
        assert count(ingest(home), "quantities") == (2, 1, 1)


class TestBadFiles:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", r"line 1: the file is empty; expected a header"),
            (b"AAA,declared,x,1,exact,,,s\n", r"line 1: the header is 'AAA,declared"),
            (
                b"iso3,measure,unit,quantity,period_start,period_end,source_id\n",
                r"line 1: the header is .* expected each of iso3,measure,unit,quantity,qualifier",
            ),
            (
                b"iso3,measure,unit,quantity,qualifier,period_start,period_end,source_id,note\n",
                r"line 1: the header is .*,note'; expected each of .* once and nothing else",
            ),
            (
                b"iso3,measure,unit,unit,qualifier,period_start,period_end,source_id\n",
                r"line 1: the header is .*unit,unit",
            ),
            (b"iso3;measure;unit\n", r"line 1: the header is 'iso3;measure;unit'"),
            (b"HEADER\nA\xf1A,declared\n", r"line 2: byte 0xf1 is not UTF-8; save the file as UTF"),
            ("HEADER\nAAA\n".encode("utf-16"), r"line 1: this is UTF-16 text"),
            (b"HEADER\nAAA,\0\n", r"line 2: a NUL character; expected plain text"),
            (b'HEADER\n"AAA"x,declared\n', r"line 2: not readable as CSV"),
            (b'HEADER\n"AAA,declared\n', r"not readable as CSV: unexpected end of data"),
        ],
        ids=[
            "empty",
            "no header",
            "column missing",
            "column too many",
            "column twice",
            "semicolons",
            "not UTF-8",
            "UTF-16",
            "NUL",
            "text after a quote",
            "unclosed quote",
        ],
    )
    def test_what_is_no_table_is_refused_with_file_and_line(
        self, folder: Folder, content: bytes, says: str
    ) -> None:
        home = folder(**tables())
        header = ",".join(COLUMNS["quantities"]).encode()
        (home / "quantities.csv").write_bytes(content.replace(b"HEADER", header))
        with pytest.raises(sp.DataError, match=rf"^quantities\.csv, (line \d+: )?.*{says}"):
            sp.load(home)

    def test_an_unclosed_quote_is_placed_where_it_opens(self, folder: Folder) -> None:
        home = folder(**tables(quantities=[GOOD | {"iso3": '"AAA'}, *[GOOD] * 20]))
        path = home / "quantities.csv"
        path.write_text(path.read_text(encoding="utf-8").replace('"""AAA"', '"AAA'))
        with pytest.raises(sp.DataError, match=r"^quantities\.csv, line 2: not readable as CSV"):
            sp.load(home)

    def test_the_byte_named_is_the_bad_one(self, folder: Folder) -> None:
        home = folder(**tables())
        path = home / "quantities.csv"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"AAA\xff\n")
        with pytest.raises(sp.DataError, match="byte 0xff is not UTF-8"):
            sp.load(home)

    @pytest.mark.parametrize("name", ["treaty.toml", "sources.csv", "quantities.csv", "events.csv"])
    def test_a_missing_file_is_named(self, folder: Folder, name: str) -> None:
        home = folder(**tables())
        (home / name).unlink()
        with pytest.raises(sp.DataError, match=rf"^{re.escape(name)}: not found in demo/"):
            sp.load(home)

    def test_a_table_of_another_name_is_told_of_and_not_read(self, folder: Folder) -> None:
        home = folder(**tables())
        plain = ingest(home)
        (home / "quantitys.csv").write_text("anything\n", encoding="utf-8")
        (home / "notes.txt").write_text("is no table", encoding="utf-8")
        found = ingest(home)
        (warning,) = found.warnings.to_dict("records")
        assert (warning["file"], warning["kind"]) == ("quantitys.csv", "file not read")
        assert "no table of a treaty folder has this name; expected" in warning["message"]
        assert found.data_hash == plain.data_hash
        assert found.counts.equals(plain.counts)

    def test_a_folder_that_is_none_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(sp.DataError, match=r"nowhere: not a folder; expected one that holds"):
            sp.load(tmp_path / "nowhere")

    def test_a_folder_of_which_every_source_is_bad_says_so(self, folder: Folder) -> None:
        ledger = sp.load(folder(**tables(sources=[s | {"kind": "blog"} for s in SOURCES])))
        assert len(ledger.quantities) == len(ledger.events) == 0
        assert ledger.counts["rejected"].sum() == len(SOURCES) + 9


class TestDoubtfulRows:
    def warnings(self, found: Ingested) -> list[tuple[str, int, str]]:
        return list(found.warnings[["file", "line", "kind"]].itertuples(index=False, name=None))

    def test_a_row_that_stands_twice_is_told(self, folder: Folder) -> None:
        found = ingest(folder(**tables(quantities=[GOOD, PERIOD, GOOD], events=[DONE, DONE])))
        assert self.warnings(found) == [
            ("events.csv", 3, "duplicate"),
            ("quantities.csv", 4, "duplicate"),
        ]
        assert_accounted_for(found)

    @pytest.mark.parametrize(
        ("precision", "date", "end"),
        [("month", "2012-02-10", "2012-02-29"), ("year", "2012-12-30", "2012-12-31")],
    )
    def test_a_month_or_a_year_is_read_as_its_last_day(
        self, folder: Folder, precision: str, date: str, end: str
    ) -> None:
        rows = [DONE | {"date": date, "precision": precision}]
        found = ingest(folder(**tables(events=rows)))
        assert self.warnings(found) == [("events.csv", 2, "not a period's end")]
        assert end in found.warnings.loc[0, "message"]
        assert found.tables["events"].loc[0, "date"] == pd.Timestamp(end)

    def test_a_rejected_row_is_not_warned_of_too(self, folder: Folder) -> None:
        bad = GOOD | {"quantity": "~5"}
        found = ingest(folder(**tables(quantities=[bad, bad])))
        assert count(found, "quantities") == (2, 0, 2)
        assert found.warnings.empty


TOML, RAW = packaged_rows("ccm")
SAMPLE = {table: rows[:30] for table, rows in RAW.items()}
MUTATIONS = st.one_of(
    st.sampled_from(
        ["", "NA", "1,234", "~500", "-1", "2013-02-30", "GBR", "exact", "0", '"', "\n"]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)


@st.composite
def mutated_tables(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Real rows with some cells replaced, some rows twice, and some gone."""
    out = {}
    for table, rows in SAMPLE.items():
        kept = draw(st.lists(st.sampled_from(rows), max_size=12))
        for _ in range(draw(st.integers(0, 3)) if kept else 0):
            at = draw(st.integers(0, len(kept) - 1))
            kept[at] = kept[at] | {draw(st.sampled_from(COLUMNS[table])): draw(MUTATIONS)}
        out[table] = kept
    return out


class TestAccount:
    @settings(max_examples=12)
    @given(rows=mutated_tables())
    def test_read_is_accepted_and_rejected_whatever_the_tables_hold(
        self, tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[Row]]
    ) -> None:
        home = write_rows(tmp_path_factory.mktemp("mutated"), TOML, rows)
        found = ingest(home)
        assert_accounted_for(found)
        assert dict(zip(found.counts["file"], found.counts["read"], strict=True)) == {
            f"{table}.csv": len(table_rows) for table, table_rows in rows.items()
        }
        # Each problem can be looked up: at its line stands the row, in its column the value.
        for file, line, column, value in problems(found):
            with (home / file).open(encoding="utf-8", newline="") as text:
                reader = csv.DictReader(text)
                starts, at = {}, 2
                for row in reader:
                    starts[at], at = row, reader.line_num + 1
            assert starts[line][column] == value

    def test_the_account_does_not_depend_on_the_order_of_rows(self, folder: Folder) -> None:
        bad = [GOOD | {"quantity": f"~{i}"} for i in range(5)]
        one = ingest(write_treaty(folder().parent / "one", **tables(quantities=[*bad, GOOD])))
        two = ingest(write_treaty(folder().parent / "two", **tables(quantities=[GOOD, *bad[::-1]])))
        assert sorted(one.rejected["value"]) == sorted(two.rejected["value"])
        assert one.counts.equals(two.counts)
