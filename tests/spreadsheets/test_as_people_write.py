"""What people's tables say without writing it: by formats, titles, second headings and marks."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from handmade import book, text

import stockpile as sp
from stockpile.common.errors import DataError
from stockpile.ledger.load import packaged_folder, rules_and_acts
from stockpile.spreadsheets.countries import find
from stockpile.spreadsheets.gather import gather
from stockpile.spreadsheets.headings import heading, scale_in
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.number_formats import shown
from stockpile.spreadsheets.options import Options
from stockpile.spreadsheets.values import Percent, Unreadable, as_text, number, span
from stockpile.treaty.folder import Ingested

CCM = ("cluster_munitions", "submunitions")


@pytest.fixture(scope="module")
def base() -> Ingested:
    return rules_and_acts(packaged_folder("ccm"))


Read = Callable[..., Ingested]


@pytest.fixture
def read(base: Ingested, tmp_path: Path) -> Read:
    """Read a text, rows of a workbook, a file or a frame as somebody's own table."""

    def of(table: Any, **how: Any) -> Ingested:
        if isinstance(table, str):
            table = text(tmp_path / "own.csv", table)
        elif isinstance(table, list):
            table = book(tmp_path / "own.xlsx", table)
        options = Options(**{"published": "2023", "unit": "cluster_munitions"} | how)
        return gather(understand(table, base.treaty, options), base.tables).ingested

    return of


def figures(found: Ingested) -> list[tuple[Any, ...]]:
    columns = ["iso3", "measure", "quantity", "qualifier", "period_end"]
    rows = found.tables["quantities"][columns].sort_values(columns)
    days = rows["period_end"].dt.strftime("%Y").fillna("")
    return list(rows.assign(period_end=days).itertuples(index=False, name=None))


def acts(found: Ingested) -> list[tuple[str, ...]]:
    rows = found.tables["events"][["iso3", "event", "date", "precision", "value"]].copy()
    rows["date"] = rows["date"].dt.strftime("%Y-%m-%d")
    return sorted(rows.astype("str").itertuples(index=False, name=None))


# Cells of a workbook are read as they show.

INDIAN = r"[>=10000000]##\,##\,##\,##0;[>=100000]##\,##\,##0;##,##0"
ACCOUNTING = '_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-'


@pytest.mark.parametrize(
    ("value", "number_format", "count", "qualifier"),
    [
        (178, '0" million"', "178000000", ""),
        (178, 'General" million"', "178000000", ""),
        (1.5, "0.0\\k", "1500", ""),
        (12, '0"k"', "12000", ""),
        (12_000, '0,"k"', "12000", ""),
        (178_123_456, '0.0,," million"', "178123456", ""),
        (500, '">"0', "500", "at_least"),
        (500, '0"+"', "500", "at_least"),
        (12, '"c. "0', "12", "approx"),
        (12, "~0", "12", "approx"),
        (0, ACCOUNTING, "0", ""),
        (5, ACCOUNTING, "5", ""),
        (1_234_567, INDIAN, "1234567", ""),
        (5, "#,##0_);[Red](#,##0)", "5", ""),
        (12, "000", "12", ""),
    ],
)
def test_a_number_is_read_as_its_cell_shows_it(
    value: float, number_format: str, count: str, qualifier: str
) -> None:
    found = number(shown(value, number_format, "C2"))
    assert (found.text, found.qualifier, found.reason) == (count, qualifier, "")


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        (178_000, "#,##0,", "shows 178, and holds 178000"),
        (1_500_000, '0.0,,"M"', "shows 1.5M, and holds 1500000"),
        (12, '0"M"', "12M"),
        (500, '0 "t"', "500 t"),
        (500, "$#,##0", "$500"),
        (500, '"<"0', "<500"),
        (123, '0"-"00', "holds 123"),
        (0, "0;-0;;@", "shows nothing, and holds 0"),
        (7, ";;;", "shows nothing, and holds 7"),
        (0, '0;-0;"n.k."', "n.k."),
    ],
)
def test_what_a_cell_shows_and_cannot_be_read_is_named(
    value: float, number_format: str, seen: str
) -> None:
    cell = shown(value, number_format, "C2")
    found = number(cell)
    assert found.reason and seen in f"{as_text(cell)} {found.reason}"


def test_percentages_with_words_around_them() -> None:
    assert shown(0.66, "0%", "C2") == Percent(0.66)
    assert number(shown(66, '0"%"', "C2"), share=True).text == "0.66"
    more = number(shown(0.66, '">"0%', "C2"), share=True)
    assert (more.text, more.qualifier) == ("0.66", "at_least")


@pytest.mark.parametrize(
    ("number_format", "end", "precision"),
    [
        ("mmm-yy", "2012-04-30", "month"),
        ("[$-409]mmmm\\ yyyy;@", "2012-04-30", "month"),
        ('yyyy"年"m"月"', "2012-04-30", "month"),
        ("yyyy", "2012-12-31", "year"),
        ("mm-dd-yy", "2012-04-01", "day"),
        ("yyyy-mm-dd h:mm", "2012-04-01", "day"),
        ("General", "2012-04-01", "day"),
    ],
)
def test_a_date_is_as_precise_as_its_cell_shows(
    number_format: str, end: str, precision: str
) -> None:
    found = span(shown(dt.datetime(2012, 4, 1), number_format, "B2"))
    assert (found.end, found.precision) == (end, precision)


@pytest.mark.parametrize("number_format", ["d-mmm", "mmmm"])
def test_a_date_without_its_year_is_not_read(number_format: str) -> None:
    cell = shown(dt.datetime(2026, 4, 19), number_format, "B2")
    assert isinstance(cell, Unreadable) and "cell B2 shows no year" in cell.reason


def test_formats_in_a_workbook(read: Read, tmp_path: Path) -> None:
    def formats(workbook: Any) -> None:
        sheet = workbook.worksheets[0]
        for cell, form in {"C2": '">"0', "D2": "mmm-yy", "C3": '0" million"', "D3": "yyyy"}.items():
            sheet[cell].number_format = form

    day = dt.datetime(2013, 4, 1)
    rows = [
        ["State", "Year", "Remaining", "Completed"],
        ["Peru", 2012, 500, day],
        ["Chad", 2012, 3, day],
    ]
    found = read(book(tmp_path / "shown.xlsx", rows, finish=formats))
    assert figures(found) == [
        ("PER", "remaining", 500, "at_least", "2012"),
        ("TCD", "remaining", 3_000_000, "exact", "2012"),
    ]
    assert [act[2:4] for act in acts(found)] == [("2013-04-30", "month"), ("2013-12-31", "year")]


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("12,34,567", "1234567"),
        ("1,23,456.5", "123456.5"),
        ("178 million", "178000000"),
        ("1.48 million", "1480000"),
        ("12k", "12000"),
    ],
)
def test_numbers_in_texts(cell: str, count: str) -> None:
    assert number(cell).text == count


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("−5", "below zero"),
        ("−", "a dash may say 'none' or 'not stated'"),
        ("12M", "not a number"),
        ("12,34,56", "not a number"),
    ],
)
def test_signs_that_are_no_number(cell: str, reason: str) -> None:
    assert number(cell).reason == reason


@pytest.mark.parametrize("dash", "-–—−‑")
def test_a_period_with_any_dash(dash: str) -> None:
    found = span(f"2010{dash}2012", period=True)
    assert (found.start, found.end) == ("2010-01-01", "2012-12-31")


def test_a_workbook_saved_as_strict_open_xml(read: Read, tmp_path: Path) -> None:
    usual = book(tmp_path / "usual.xlsx", [["State", "Year", "Remaining"], ["Peru", 2012, 500]])
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    strict = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(usual) as old, zipfile.ZipFile(strict, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            for name, other in names.items():
                data = data.replace(name, other)
            new.writestr(part, data)
    assert figures(read(strict)) == figures(read(usual))


# Tables one below the other.

FIRST = [["State", "Year", "Remaining"], ["Peru", 2012, 500]]
BOTH = [("PER", "remaining", 500, "exact", "2012"), ("TCD", "destroyed_total", 10, "exact", "2012")]


@pytest.mark.parametrize(
    "second",
    [
        [["State", "Year", "Destroyed to date"], ["Chad", 2012, 10]],
        [[], ["Table 2"], ["Country", "Year", "Destroyed to date"], ["Chad", 2012, 10]],
        [["Year", "State", None, "Destroyed to date"], [2012, "Chad", None, 10]],
        [["State", "Destroyed by end of 2012"], ["Chad", 10]],
    ],
    ids=["beneath", "with a title", "other columns", "without years"],
)
def test_each_table_is_read_by_its_own_headings(read: Read, second: list[list[Any]]) -> None:
    found = read([*FIRST, *second])
    assert figures(found) == BOTH
    assert found.counts[["read", "accepted", "rejected"]].values.tolist() == [[2, 2, 0]]


def test_years_below_years(read: Read) -> None:
    for headed in ("State", ""):
        found = read(f"State,2010,2011\nPeru,9,5\n{headed},2012,2013\nPeru,2,8\n", cumulative=False)
        years = [(row[2], row[4]) for row in figures(found)]
        assert sorted(years) == [(2, "2012"), (5, "2011"), (8, "2013"), (9, "2010")]


def test_a_table_below_a_table_of_a_frame(read: Read) -> None:
    frame = pd.DataFrame([*FIRST[1:], ["State", "Year", "Destroyed to date"], ["Chad", 2012, 10]])
    assert figures(read(frame.set_axis(FIRST[0], axis=1))) == BOTH


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        (
            "State,2010,2011\nPeru,9,5\nRealm,2012,2013\nChad,2,8\n",
            "line 3 has 'Realm', '2012', '2013': are these the headings of another table?",
        ),
        (
            "State,Declared\nCluster munitions,\nPeru,5\nSubmunitions,\nPeru,50\n",
            "line 2 has 'Cluster munitions' alone",
        ),
    ],
)
def test_what_may_be_further_headings_is_asked(read: Read, table: str, asked: str) -> None:
    with pytest.raises(DataError, match=asked.replace("?", r"\?")):
        read(table, cumulative=False)


def test_what_was_asked_of_further_headings_can_be_answered(read: Read) -> None:
    table = "State,2010\nPeru,9\nRealm,2012\nChad,2\n"
    found = read(table, cumulative=False, columns={"Realm": "state"})
    assert [(row[0], row[4]) for row in figures(found)] == [("PER", "2010"), ("TCD", "2012")]


@pytest.mark.parametrize(
    "table",
    [
        # A state that is not known, words that could head a column, a kind 'state'.
        "State,Measure,Kind,Year,Number\nAtlantis,declared,state,2010,12*\n",
        "State,Year,Remaining,Kind\nAtlantis,2012,2013,state\n",
        "State,Year,Remaining\nAtlantis,2012,2013\n",
    ],
)
def test_a_row_is_never_taken_for_headings(read: Read, table: str) -> None:
    found = read(table)
    assert found.counts[["read", "rejected"]].values.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "row",
    ["PE,Peru,1,1983,state party", "PE,Peru,many,1983,state party", "XX,Atlantis,1,1983,state"],
)
def test_the_first_line_of_headings_holds_no_data(read: Read, row: str) -> None:
    with pytest.raises(DataError, match="line 1 has 'code', 'member', 'state party', 'joined'"):
        read(f"code,member,state party,joined,status\n{row}\n")


# Numbers in thousands.


@pytest.mark.parametrize(
    "words",
    [
        *("(000s)", "('000)", "(in thousands)", "in thousands", "(thousands)", "[thousands]"),
        *("in 1,000s", "(x1000)", "(x 1,000)", ": thousands", ", in '000", "(en milliers)", "(k)"),
        *("(in Tsd.)", "in thousands of munitions"),
    ],
)
def test_thousands_in_a_heading_or_a_title(words: str) -> None:
    assert scale_in(f"Stocks {words}")[0] == 1000
    found = heading(f"Declared {words}", CCM)
    assert (found.measure, found.scale) == ("declared", 1000)


@pytest.mark.parametrize(
    "title",
    [
        *("Stock of 178 million submunitions", "Stocks in 2000", "2,000 and more", "in 1000,5"),
        *("Destroyed in the year", "Thousand and one nights", "Table 1000"),
    ],
)
def test_numbers_in_a_title_are_no_scale(title: str) -> None:
    assert scale_in(title)[0] == 1


@pytest.mark.parametrize(
    "table",
    [
        "Stockpiles in thousands of munitions,,\nState,Year,Remaining\nPeru,2012,1.5\n",
        "State,Year,Remaining (000s)\nPeru,2012,1.5\n",
        "State,Year,Remaining\nPeru,2012,1.5\nNote: figures in thousands,,\n",
    ],
    ids=["title", "heading", "note"],
)
def test_a_scale_is_asked_for_and_can_be_given(read: Read, table: str) -> None:
    with pytest.raises(DataError, match=r"to be multiplied by 1,000.* say scale=1000, or scale=1"):
        read(table)
    assert figures(read(table, scale=1000)) == [("PER", "remaining", 1500, "exact", "2012")]
    assert figures(read(table.replace("1.5", "15"), scale=1))[0][2] == 15


def test_a_scale_is_of_the_columns_that_have_it(read: Read) -> None:
    table = "State,Year,Declared,Remaining (thousands),% destroyed\nPeru,2012,7,5,50%\n"
    assert [row[2] for row in figures(read(table, scale=1000))] == [7, 0.5, 5000]
    mixed = "State,Year,Declared (millions),Remaining (thousands)\nPeru,2012,7,5\n"
    how = {"Declared (millions)": "declared in millions"}
    assert [row[2] for row in figures(read(mixed, scale=1000, columns=how))] == [7_000_000, 5000]
    with pytest.raises(DataError, match="names another scale than 1,000"):
        read(mixed, scale=1000)


def test_a_scale_is_of_the_tables_that_name_it(read: Read) -> None:
    second = "Destroyed (in thousands)\nState,Year,Destroyed to date\nChad,2012,10\n"
    found = read(f"State,Year,Remaining\nPeru,2012,5\n{second}", scale=1000)
    assert [row[2] for row in figures(found)] == [5, 10_000]


# Headings of treaties, and days as a depositary writes them.


@pytest.mark.parametrize(
    ("head", "cell", "act"),
    [
        ("Ratification", "9 Apr 2013", ("consented", "2013-04-09", "ratification")),
        ("Ratification", "9 Apr 2013 a", ("consented", "2013-04-09", "accession")),
        ("Accession", "April 2013", ("consented", "2013-04-30", "accession")),
        ("Ratification/Accession", "9 Apr 2013 (d)", ("consented", "2013-04-09", "succession")),
        (
            "Ratification, Acceptance(A), Approval(AA), Accession(a)",
            "9 Apr 2013 AA",
            ("consented", "2013-04-09", "approval"),
        ),
        (
            "Approval(AA), Acceptance(A), Accession(a), Ratification",
            "8 Sep 2011",
            ("consented", "2011-09-08", "ratification"),
        ),
        ("Signature", "3 Dec 2008", ("signed", "2008-12-03", "nan")),
        ("Deadline", "2021-03-01", ("deadline_stated", "2021-03-01", "extended")),
        ("Original deadline", "1 Mar 2021", ("deadline_stated", "2021-03-01", "original")),
        ("Extended deadline", "1 Apr 2024", ("deadline_stated", "2024-04-01", "extended")),
    ],
)
def test_days_of_treaty_acts(read: Read, head: str, cell: str, act: tuple[str, ...]) -> None:
    found = read([["Participant", "Declared", head], ["Peru", 5, cell]])
    assert found.rejected.empty
    ((_, event, day, _, value),) = acts(found)
    assert (event, day, value.replace("<NA>", "nan") or "nan") == act


def test_consent_of_no_kind_is_asked_about(read: Read) -> None:
    table = [["Party", "Declared", "Ratification/Accession"], ["Peru", 5, "9 Apr 2013"]]
    with pytest.raises(DataError, match="how did the states under 'Ratification/Accession'"):
        read(table)
    found = read(table, columns={"Ratification/Accession": "accession"})
    assert [act[4] for act in acts(found)] == ["accession"]


@pytest.mark.parametrize(
    "head",
    [
        *("Entity", "Participant", "Party", "Contracting Party", "Country or area", "Nation"),
        *("Member State", "Possessor State", "ISO3 code", "Country/area"),
    ],
)
def test_headings_for_the_states(read: Read, head: str) -> None:
    assert figures(read([[head, "Year", "Remaining"], ["PER", 2012, 5]]))[0][0] == "PER"


# Names.


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("Peru, Republic of", "PER"), ("Korea, Dem. Rep.", "PRK"), ("Egypt, Arab Rep.", "EGY")),
        *(("Congo, Dem. Rep.", "COD"), ("Congo, Rep.", "COG"), ("Korea, Rep.", "KOR")),
        *(("Bahamas, The", "BHS"), ("Venezuela, RB", "VEN"), ("Yemen, Rep.", "YEM")),
        *(("Micronesia, Fed. Sts.", "FSM"), ("St. Lucia", "LCA"), ("Iran, Islamic Rep.", "IRN")),
        *(("Korea, Dem. People's Rep.", "PRK"), ("West Bank and Gaza", "PSE")),
        *(("Iran (Islamic Rep. of)", "IRN"), ("Bolivia (Plurinational State of)", "BOL")),
        *(("Netherlands (Kingdom of the)", "NLD"), ("Niger (the)", "NER"), ("Sudan (the)", "SDN")),
        *(("Korea (the Republic of)", "KOR"), ("Solomon Isds", "SLB"), ("Syrian Arab Rep.", "SYR")),
        *(("Dem. Rep. of the Congo", "COD"), ("TFYR of Macedonia", "MKD")),
        *(("Holy See (Vatican City State)", "VAT"), ("Myanmar (Burma)", "MMR")),
        *(("United Rep. of Tanzania", "TZA"), ("Niger Republic", "NER")),
    ],
)
def test_names_of_the_world_bank_and_the_united_nations(name: str, code: str) -> None:
    assert find(name).iso3 == code


@pytest.mark.parametrize(
    "name",
    [
        *("Yemen, Arab Republic", "Germany, Democratic Republic of", "Vietnam, Republic of"),
        *("China, Republic of", "Somaliland", "Northern Ireland", "South Ossetia", "Slovania"),
        *("Republic of Foo", "Democratic Republic", "Austrlia", "Nigerien", "East Germany"),
        *("Saint Martin", "Abkhazia", "Netherlands Antilles", "Islamic Republic"),
    ],
)
def test_no_other_state_is_suggested(name: str) -> None:
    found = find(name)
    assert not found.iso3 and "did you mean" not in found.expected


@pytest.mark.parametrize(
    ("name", "code"), [("Mauritus", "MUS"), ("Unted Kingdom", "GBR"), ("Republic of Guinee", "GIN")]
)
def test_the_one_state_that_looks_alike_is(name: str, code: str) -> None:
    assert f"did you mean {code} (" in find(name).expected


def test_a_frame_that_lost_the_code_of_namibia(read: Read) -> None:
    frame = pd.DataFrame({"ISO2": ["PE", None], "Declared": [5, 7]})
    (row,) = read(frame).rejected.to_dict("records")
    assert "Namibia's NA" in row["expected"] and "keep_default_na=False" in row["expected"]


# Answers.


def asked(read: Read, table: str, **how: Any) -> str:
    with pytest.raises(DataError) as raised:
        read(table, **how)
    return str(raised.value)


def test_an_answer_is_not_asked_for_again(read: Read) -> None:
    message = asked(read, "Reich,Weapons held\nPeru,10\n", columns={"Reich": "state"})
    assert "columns={'Weapons held': 'declared'}" in message and "'state'}" not in message


def test_one_answer_for_all_other_columns(read: Read) -> None:
    table = "State,Declared,Budget,Staff,Holdings\nPeru,5,1,2,3\n"
    assert "To leave out all other columns that are not known, say columns={'*': None}" in asked(
        read, table
    )
    found = read(table, columns={"*": None})
    assert [row[1:3] for row in figures(found)] == [("declared", 5)]
    assert found.warnings["kind"].tolist() == ["column left out"] * 3
    with pytest.raises(ValueError, match="all other headings; expected None"):
        Options(columns={"*": "declared"})


def test_a_unit_of_a_measure_may_have_fractions(tmp_path: Path) -> None:
    rules = Path(__file__).parents[1] / "data" / "treaties" / "tonnes"
    treaty = rules_and_acts(rules)
    table = text(tmp_path / "t.csv", "Entity,Year,Gas\nPeru,2012,177.9\nChad,2012,-61.8\n")
    unit: Sequence[str] = treaty.treaty.units
    options = Options(published="2013", unit=unit[0], columns={"Gas": "remaining"})
    found = gather(understand(table, treaty.treaty, options), treaty.tables).ingested
    assert found.tables["quantities"]["quantity"].tolist() == [177.9]
    assert found.rejected["reason"].tolist() == ["below zero"]


def test_a_deadline_to_the_year_does_not_move_one_in_that_year() -> None:
    table = pd.DataFrame({"State": ["Germany"], "Declared": [5], "Deadline": ["2018"]})
    how = {"unit": "cluster_munitions", "published": "2014"}
    for deadline, day in (("2018", "2018-08-01"), ("2019", "2019-12-31")):
        own = sp.read(table.assign(Deadline=deadline), treaty="ccm", **how)
        assert f"{sp.status(own.as_of('2015-01-01'))['deadline'][0]:%Y-%m-%d}" == day
