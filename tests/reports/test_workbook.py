"""The workbook: typed cells, text that stays text, colours with words, the same bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

import stockpile as sp
from stockpile.plot.style import RATING_STYLE
from stockpile.reports import workbook

SHEETS = ["status", "progress", "statements", "sources", "conflicts", "rejected", "about"]


def frames(then: sp.Ledger) -> tuple[pd.DataFrame, ...]:
    return sp.status(then), sp.progress(then), sp.statements(then)


@pytest.fixture(scope="module")
def then(ccm):
    return ccm.as_of("2022-06-30")


@pytest.fixture(scope="module")
def made(then, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "stockpile.xlsx"
    return workbook.write(path, then, *frames(then), thresholds=sp.Thresholds(on_target=0.9))


@pytest.fixture(scope="module")
def book(made):
    return openpyxl.load_workbook(made)


def column(sheet, name):
    """Cells under a heading."""
    place = [cell.value for cell in sheet[1]].index(name) + 1
    return [sheet.cell(row, place) for row in range(2, sheet.max_row + 1)]


def test_every_row_of_every_table_is_there(book, then):
    assert book.sheetnames == SHEETS
    tables = dict(zip(SHEETS, frames(then), strict=False))
    tables |= {"sources": then.sources, "conflicts": sp.conflicts(then), "rejected": then.rejected}
    for name, table in tables.items():
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == list(table.columns), name
        for place, (_, cells) in enumerate(table.items(), 1):
            for row, value in enumerate(cells, 2):
                shown = sheet.cell(row, place).value
                missing = value is None or value == "" or pd.isna(value)
                if isinstance(value, float) and not missing:
                    value = pytest.approx(value, rel=1e-12)
                assert (shown is None) if missing else shown == value, (name, row, place)


def test_cells_have_types_and_formats(book):
    status = book["status"]
    peru = [cell.value for cell in column(status, "iso3")].index("PER")
    deadline = column(status, "deadline")[peru]
    assert deadline.is_date and deadline.value == dt.datetime(2024, 4, 30)
    assert deadline.number_format == "yyyy-mm-dd"
    share = column(status, "share_destroyed")[peru]
    assert share.data_type == "n" and "%" in share.number_format and 0 < share.value < 0.1
    declared = column(status, "declared")[peru]
    assert (declared.value, declared.number_format) == (162417, "#,##0")
    assert column(status, "had_stock")[peru].value is True
    chances = {cell.number_format for cell in column(status, "p_on_time") if cell.value is not None}
    assert chances == {"0.0%"}


def test_heads_stay_in_view_and_filter(book):
    for name in SHEETS[:-1]:
        sheet = book[name]
        assert sheet.freeze_panes in ("A2", "E2"), name
        assert sheet.auto_filter.ref.startswith("A1:"), name
        assert all(cell.font.bold for cell in sheet[1]), name
        widths = [d.width for d in sheet.column_dimensions.values()]
        assert widths and max(widths) <= 61 and min(widths) >= 7, name


def test_ratings_have_a_colour_and_a_word(book):
    cells = column(book["status"], "status")
    assert {cell.value for cell in cells} > {"on target", "completed", "no data"}
    for cell in cells:
        rgb = cell.fill.fgColor.rgb
        assert rgb == "FF" + RATING_STYLE[cell.value].colour.removeprefix("#").upper()
        assert cell.font.color.rgb != rgb
    assert all(cell.fill.fill_type is None for cell in column(book["status"], "membership"))


def test_the_workbook_says_what_it_is_and_what_its_columns_mean(book, then):
    rows = [[cell.value for cell in row] for row in book["about"].iter_rows()]
    facts = {row[0]: row[1] for row in rows if row[0]}
    assert facts["treaty"] == then.treaty.name
    assert facts["as of"] == dt.datetime(2022, 6, 30)
    assert facts["data (SHA-256)"] == then.data_hash
    assert facts["made with"] == f"stockpile {sp.__version__}"
    assert (facts["on target from"], facts["at risk from"]) == (0.9, 0.5)
    told = {(row[0], row[1]): row[2] for row in rows}
    for name in SHEETS[:-1]:
        for cell in book[name][1]:
            assert told[name, cell.value], (name, cell.value)


def test_the_same_frames_give_the_same_bytes(made, then, tmp_path):
    again = workbook.write(
        tmp_path / "new" / "b.xlsx", then, *frames(then), thresholds=sp.Thresholds(on_target=0.9)
    )
    assert again.read_bytes() == made.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == ["b.xlsx"]


NASTY = ["=1+1", "+1", "@x", "http://example.org/", "mailto:a@b.c", "007", "1e5", "a\nb", "_x0041_",
         "\x07bell", "TRUE", "2012-04-19", "'quoted", "internal:A1", "x" * 40_000]  # fmt: skip


def test_text_is_text_whatever_it_begins_with(then, tmp_path):
    status, progress, statements = frames(then)
    status = status.head(len(NASTY)).assign(reason=NASTY, state=NASTY)
    path = workbook.write(tmp_path / "a.xlsx", then, status, progress.head(0), statements.head(0))
    sheet = openpyxl.load_workbook(path)["status"]
    for name in ("reason", "state"):
        for cell, meant in zip(column(sheet, name), NASTY, strict=True):
            assert cell.data_type == "s" and cell.hyperlink is None, meant
            if len(meant) > 32_767:
                assert cell.value.endswith("(cut; the CSV has all of it)")
                assert len(cell.value) == 32_767
            else:
                # Excel's own way of writing what XML cannot hold; openpyxl leaves it so.
                assert cell.value == meant.replace("\x07", "_x0007_")
    assert openpyxl.load_workbook(path)["progress"].max_row == 1


def test_days_that_excel_cannot_count_are_text(then, tmp_path):
    status, progress, statements = frames(then)
    early = progress.head(1).assign(date=pd.Timestamp("1899-12-31"))
    path = workbook.write(tmp_path / "a.xlsx", then, status, early, statements)
    (cell,) = column(openpyxl.load_workbook(path)["progress"], "date")
    assert (cell.value, cell.data_type) == ("1899-12-31", "s")


def test_numbers_that_are_none_are_empty(then, tmp_path):
    status, progress, statements = frames(then)
    odd = progress.head(2).assign(declared=[float("inf"), float("nan")], destroyed=1234.5)
    path = workbook.write(tmp_path / "a.xlsx", then, status, odd, statements)
    sheet = openpyxl.load_workbook(path)["progress"]
    assert [cell.value for cell in column(sheet, "declared")] == [None, None]
    assert {cell.value for cell in column(sheet, "destroyed")} == {1234.5}


def test_a_table_that_no_sheet_can_hold_is_refused(then, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "_MOST_ROWS", 100)
    with pytest.raises(ValueError, match="status has 139 rows; expected fewer than 100"):
        workbook.write(tmp_path / "a.xlsx", then, *frames(then))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_rejected_rows_are_there(then, tmp_path):
    bad = pd.DataFrame(
        [("quantities.csv", 7, "quantity", "=1", "not a number", "digits")],
        columns=["file", "line", "column", "value", "reason", "expected"],
    )
    frame = frames(then)
    path = workbook.write(tmp_path / "a.xlsx", replace(then, rejected=bad), *frame)
    sheet = openpyxl.load_workbook(path)["rejected"]
    assert [cell.value for cell in sheet[2]] == bad.iloc[0].tolist()
