"""Tables on sheets: headings in two lines, several sheets, merged cells."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from handmade import book

import stockpile as sp
from stockpile.ledger.load import packaged_folder, rules_and_acts
from stockpile.spreadsheets.files import Sheet
from stockpile.spreadsheets.gather import Gathered, gather
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.layout import Table, tables_on
from stockpile.spreadsheets.options import Options

CCM = ("cluster_munitions", "submunitions")
UPPER = ["State", "Cluster munitions", None, "Submunitions", None, "Source"]
LOWER = [None, "Declared", "2011", "Declared", "2011", None]
ROW = ["Peru", "1", "2", "3", "4", "x"]


def table(*lines: list[Any], **how: Any) -> Table | None:
    filled = {n: line for n, line in enumerate(lines, 1) if any(line)}
    return next(iter(tables_on(Sheet("a.csv", lines=filled), CCM, Options(**how))), None)


def own(path: Path, **how: Any) -> Gathered:
    base = rules_and_acts(packaged_folder("ccm"))
    told = {"published": "2012-04-01"} | how
    return gather(understand(path, base.treaty, Options(**told)), base.tables)


def columns(found: Table | None) -> list[tuple[str, str, str]]:
    assert found is not None
    return [(one.measure or one.role, one.unit, one.end) for one in found.columns]


TWO_LINES = [
    ("state", "", ""),
    ("declared", "cluster_munitions", ""),
    ("figure", "cluster_munitions", "2011-12-31"),
    ("declared", "submunitions", ""),
    ("figure", "submunitions", "2011-12-31"),
    ("source", "", ""),
]


@pytest.mark.parametrize(
    ("lines", "top"),
    [
        ([UPPER, LOWER, ROW], (1, 2)),
        ([["Stocks of all"], UPPER, LOWER, ROW], (2, 3)),
        ([[None, *UPPER[1:5], None], ["State", *LOWER[1:5], "Source"], ROW], (1, 2)),
        (
            [["Stocks"], [], [None, *UPPER[1:5], "Source"], ["State", *LOWER[1:5], None], ROW],
            (3, 4),
        ),
    ],
)
def test_headings_in_two_lines(lines: list[list[Any]], top: tuple[int, ...]) -> None:
    found = table(*lines)
    assert columns(found) == TWO_LINES
    assert found is not None and found.top == top and found.rows == [len(lines)]


@pytest.mark.parametrize(
    "title", [["Cluster munitions"], ["Stocks declared", None, None], ["2012", "x"], ["States"]]
)
def test_a_title_is_no_heading(title: list[Any]) -> None:
    found = table(title, ["State", "Declared", "Remaining"], ["Peru", "1", "2"])
    assert found is not None and found.top == (2,)
    assert [column.text for column in found.columns] == ["State", "Declared", "Remaining"]


def test_a_row_is_no_heading() -> None:
    """Not even one without a state whose numbers could be years."""
    found = table(["State", "Declared", "Remaining"], [None, "2010", "2011"], ["Peru", "1", "2"])
    assert found is not None and (found.top, found.rows) == ((1,), [2, 3])


def test_a_line_below_the_searched_ones_is_not_found() -> None:
    titles = [[f"title {n}"] for n in range(30)]
    assert table(*titles, ["State", "Declared"], ["Peru", 1]) is None
    assert table(*titles, ["State", "Declared"], ["Peru", 1], header=31) is not None


def test_the_named_line_has_the_headings() -> None:
    lines = (["State", "Declared"], ["Peru", 1], ["State", "Remaining"], ["Chad", 2])
    found = table(*lines, header=3)
    assert found is not None and (found.top, found.rows) == ((3,), [4])
    assert table(*lines, header=2) is None and table(*lines, header=9) is None


def test_merged_headings_reach_as_far_as_they_are_merged(tmp_path: Path) -> None:
    def merge(workbook: Any) -> None:
        for area in ("A1:A2", "B1:C1", "D1:E1", "F1:F2"):
            workbook.active.merge_cells(area)

    lower = [None, "Declared", 2011, "Declared", 2011, None]
    path = book(tmp_path / "a.xlsx", [UPPER, lower, ["Peru", 1, 2, 3, 4, "x"]], finish=merge)
    found = own(path, cumulative=True).ingested.tables["quantities"]
    assert found.sort_values("quantity")[["measure", "unit"]].values.tolist() == [
        ["declared", "cluster_munitions"],
        ["destroyed_total", "cluster_munitions"],
        ["declared", "submunitions"],
        ["destroyed_total", "submunitions"],
    ]


def test_a_merged_state_is_that_of_each_row_and_a_merged_number_that_of_none(
    tmp_path: Path,
) -> None:
    def merge(workbook: Any) -> None:
        for area in ("A2:A3", "C4:C5"):
            workbook.active.merge_cells(area)

    rows = [
        ["State", "Year", "Remaining"],
        ["Peru", 2010, 5],
        [None, 2011, 4],
        ["Chad", 2010, 7],
        ["Chad", 2011],
    ]
    found = own(book(tmp_path / "a.xlsx", rows, finish=merge), unit="submunitions").ingested
    assert found.tables["quantities"][["iso3", "quantity"]].values.tolist() == [
        ["PER", 5],
        ["PER", 4],
    ]
    assert found.rejected["line"].tolist() == [4, 5]
    assert set(found.rejected["reason"]) == {"the cell is merged with others, C4:C5"}


LINES = [["State", "Declared"], ["Peru", 5]]


def test_of_several_sheets_one_has_to_be_named(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", One=LINES, Two=LINES, Notes=[["made by me"]])
    with pytest.raises(sp.DataError, match=r"tables on several sheets, 'One', 'Two'; say sheet="):
        own(path, unit="submunitions")
    for sheet, read in (("One", 1), (["One", "Two"], 2)):
        assert own(path, unit="submunitions", sheet=sheet).ingested.counts["read"].sum() == read
    with pytest.raises(sp.DataError, match=r"has no sheet 'Three'; expected one of 'One', 'Two'"):
        own(path, sheet="Three")
    with pytest.raises(sp.DataError, match=r"a\.xlsx, sheet 'Notes': no table was recognised"):
        own(path, sheet="Notes")


def test_what_has_no_sheets_takes_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("State,Declared\nPeru,5\n")
    with pytest.raises(sp.DataError, match="has no sheets; leave out sheet="):
        own(tmp_path / "a.csv", sheet="One")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("Stocks of Peru\n5\n", "Line 1 has one cell alone, 'Stocks of Peru': between the cells"),
        ("a,b\nState | Declared\nPeru | 5\n", "Line 2 has one cell alone, 'State | Declared': b"),
        ("a,b\n1,2\n", "Line 1 has 'a', 'b'. If these are its headings"),
    ],
)
def test_of_no_table_the_line_is_shown_that_may_have_the_headings(
    tmp_path: Path, content: str, shown: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(sp.DataError, match=re.escape(shown)):
        own(tmp_path / "a.csv")


def test_the_name_of_a_file_is_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"st\xe4tes.csv")
    path.write_text("State,Declared\nPeru,5\n")
    with pytest.raises(sp.DataError, match="the name of the file is not text; give it another"):
        own(path, unit="submunitions")


def test_sheets_named_for_the_units_are_both_read(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Munitions=LINES, Submunitions=LINES)
    found = own(path).ingested.tables["quantities"]
    assert found["unit"].tolist() == list(CCM)
    assert found["file"].tolist() == ["a.xlsx, sheet 'Munitions'", "a.xlsx, sheet 'Submunitions'"]


def test_hidden_sheets_are_said_and_read_when_named(tmp_path: Path) -> None:
    def hide(workbook: Any) -> None:
        workbook["Old"].sheet_state = "veryHidden"

    path = book(tmp_path / "a.xlsx", Now=LINES, Old=LINES, Empty=[], finish=hide)
    found = own(path, unit="submunitions").ingested
    assert found.counts["file"].tolist() == ["a.xlsx, sheet 'Now'"]
    assert found.warnings[["file", "message"]].values.tolist() == [
        ["a.xlsx, sheet 'Old'", "hidden; say sheet='Old' to read it"]
    ]
    assert own(path, unit="submunitions", sheet="Old").ingested.counts["read"].tolist() == [1]
    with pytest.raises(
        sp.DataError, match="nothing is in it; hidden sheets are read when named: 'O"
    ):
        own(book(tmp_path / "b.xlsx", Empty=[], Old=LINES, finish=hide))


def test_hidden_lines_are_read_and_said(tmp_path: Path) -> None:
    def hide(workbook: Any) -> None:
        workbook.active.row_dimensions[2].hidden = True

    found = own(book(tmp_path / "a.xlsx", LINES, finish=hide), unit="submunitions").ingested
    assert found.counts["accepted"].tolist() == [1]
    assert found.warnings["message"].tolist() == [
        "the workbook hides some (lines: 1); they were read like the others"
    ]


def test_a_folder_of_tables(tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text(
        "source_id,title,publisher,kind,published,published_precision,url\n"
        "mine,A letter,,state,2012-01-01,day,\n"
        "untc2014,Not that one,,state,2012-01-01,day,\n"
    )
    (tmp_path / "quantities.csv").write_text(
        "iso3,measure,unit,quantity,qualifier,period_start,period_end,source_id\n"
        "PER,declared,submunitions,5,exact,,,mine\n"
        "PER,declared,submunitions,5,exact,,,nobodys\n"
        "XYZ,declared,submunitions,5,exact,,,untc2014\n"
        "PER,remaining,submunitions,5,exact,,,mine\n"
        "PER,declared,submunitions,5\n"
    )
    found = own(tmp_path).ingested
    assert found.tables["quantities"]["line"].tolist() == [2]
    assert found.rejected[["file", "line", "column"]].values.tolist() == [
        ["quantities.csv", 3, "source_id"],
        ["quantities.csv", 4, "iso3"],
        ["quantities.csv", 5, "period_end"],
        ["quantities.csv", 6, "row"],
        ["sources.csv", 3, "source_id"],
    ]
    assert found.counts.values.tolist() == [["sources.csv", 2, 1, 1], ["quantities.csv", 5, 1, 4]]
    assert found.tables["sources"]["source_id"].tolist() == ["mine"]


def test_a_folder_without_tables_and_one_of_another_treaty(tmp_path: Path) -> None:
    with pytest.raises(sp.DataError, match=r"no table in it; expected one or more of sources\.csv"):
        own(tmp_path)
    rules = (packaged_folder("apmbc") / "treaty.toml").read_text(encoding="utf-8")
    (tmp_path / "treaty.toml").write_text(rules, encoding="utf-8")
    with pytest.raises(sp.DataError, match="is of 'apmbc'; expected 'ccm'"):
        own(tmp_path)
