"""Three tables as an NGO, a ministry and a UN office would send, from the file to a page.

The commands are those of docs/own-data.md; each table takes two.
"""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import book, text

from stockpile.cli import main as cli

GUIDE = Path(__file__).parents[1] / "docs" / "own-data.md"


def _ngo(path: Path) -> Path:
    """Two lines of headings, merged; footnote marks, percentages, a total and notes."""

    def formats(workbook: Any) -> None:
        sheet = workbook.worksheets[0]
        for area in ("A1:G1", "B3:C3", "D3:E3"):
            sheet.merge_cells(area)
        for line in range(5, 9):
            sheet[f"F{line}"].number_format = "0%"
            sheet[f"G{line}"].number_format = "mmm-yy"
        sheet["D7"].number_format = '">"#,##0'

    rows = [
        ["Table 3. Stockpile destruction by States Parties, end of 2013"],
        [],
        ["State Party", "Declared", None, "Destroyed to date", None, "% destroyed", "Completed"],
        [None, *["Cluster munitions", "Submunitions"] * 2, "(submunitions)", None],
        ["Bulgaria*", 6909, 173278, None, None, None, None],
        ["Chile", 249, 25896, 249, 25896, 1, dt.datetime(2013, 7, 1)],
        ["Germany", 550364, 62580687, 500, None, 0.78, None],
        ["TFYR of Macedonia", 2426, 39980, 2426, 39980, 1, dt.datetime(2013, 10, 18)],
        ["TOTAL", 559948, 62819841, None, None, None, None],
        ["* Bulgaria revised its figures."],
        ["Note: as reported by the states."],
    ]
    return book(path, rows, finish=formats)


def _ministry(path: Path) -> Path:
    """A title that says thousands, semicolons, decimal commas and an old encoding."""
    return text(
        path,
        "Bestände an Streumunition, in Tausend Stück;;;\r\n"
        "Staat;Jahr;Noch vorhanden;Bemerkung\r\n"
        "Österreich;2010;0,0;fertig\r\nFrankreich;2011;27,6;\r\nBelgien;2010;0;\r\n"
        "Summe;;27,6;\r\n",
        "cp1252",
    )


def _office(path: Path) -> Path:
    """Two tables on one sheet, each with its own headings; days as the depositary writes them."""
    return book(
        path,
        [
            ["Convention on Cluster Munitions: status and stocks"],
            ["Participant", "Signature", "Ratification, Acceptance(A), Accession(a)"],
            ["Peru", "3 Dec 2008", "26 Sep 2012"],
            ["Andorra", None, "9 Apr 2013 a"],
            ["Bolivia (Plurinational State of)", "3 Dec 2008", "30 Apr 2013"],
            [],
            ["Table 2. Stocks left"],
            ["Country or area", "Year", "Remaining munitions", "Deadline"],
            ["Peru", 2012, "2,012", "1 Mar 2021"],
            ["Peru", 2013, 2005, "1 Mar 2021"],
        ],
    )


FILES: dict[str, Callable[[Path], Path]] = {
    "ngo.xlsx": _ngo,
    "ministry.csv": _ministry,
    "un-office.xlsx": _office,
}
#: What the terminal says of each in the end.
SAID = {
    "ngo.xlsx": ["4 states", "Bulgaria", "completed"],
    "ministry.csv": ["3 states", "France", "27,600"],
    "un-office.xlsx": ["3 states", "Peru", "2,005"],
}


def commands(file: str) -> list[list[str]]:
    """What the guide has people type for a file."""
    guide = GUIDE.read_text(encoding="utf-8").replace("\\\n", " ")
    typed = re.findall(rf"^stockpile (.*\b{re.escape(file)}\b.*)$", guide, re.MULTILINE)
    return [shlex.split(one) for one in typed]


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    FILES[request.param](tmp_path / request.param)
    return str(request.param)


def test_from_a_table_to_ratings(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    check, report = commands(file)
    assert (check[0], report[0]) == ("check", "report")
    assert cli.main(check) == 0
    assert "Nothing was rejected." in capsys.readouterr().out
    at = report.index("--out")
    assert cli.main(["status", *report[1:at], *report[at + 2 :]]) == 0
    printed = capsys.readouterr().out
    assert f"Not published: rows of {file} are among" in printed or f"({file})" in printed
    assert not [words for words in SAID[file] if words not in printed]


NOTE = "Not published: this page shows rows of"


@pytest.mark.slow
def test_from_a_table_to_a_page(file: str, tmp_path: Path) -> None:
    _, report = commands(file)
    assert cli.main(report) == 0
    (page,) = (tmp_path / "mine").glob("ccm/2*/index.html")
    assert NOTE in page.read_text(encoding="utf-8")
    pages = list(page.parent.glob("states/*.html"))
    assert pages and all(NOTE in one.read_text(encoding="utf-8") for one in pages)
    front = (tmp_path / "mine" / "index.html").read_text(encoding="utf-8")
    assert "not published: with rows of " in front


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rows of somebody's own over the packaged ones, as options of a command."""
    monkeypatch.chdir(tmp_path)
    table = "State,Year,Remaining\nBulgaria,2011,1500\n"
    (tmp_path / "own.csv").write_text(table)
    return "--extra own.csv --unit cluster_munitions --published 2012-03 --out mine".split()


@pytest.mark.slow
def test_an_archive_with_rows_of_ones_own(own: list[str], tmp_path: Path) -> None:
    batch = "batch --treaty ccm --from 2012-04-19 --to 2012-06-19 --every 2M --states BGR".split()
    assert cli.main([*batch, *own]) == 0
    for day in ("2012-04-19", "2012-06-19"):
        report = tmp_path / "mine" / "ccm" / day
        for page in ("index.html", "states/BGR.html"):
            assert NOTE in (report / page).read_text(encoding="utf-8")
        assert "1,500" in (report / "states" / "BGR.html").read_text(encoding="utf-8")
    front = (tmp_path / "mine" / "index.html").read_text(encoding="utf-8")
    assert front.count("not published: with rows of own.csv") == 2


@pytest.mark.slow
def test_a_notebook_with_rows_of_ones_own(own: list[str], tmp_path: Path) -> None:
    set_to = "--set treaty=ccm --set as_of=2012-04-19 --set state=BGR".split()
    assert cli.main(["run", "state_report", *set_to, *own]) == 0
    page = (tmp_path / "mine" / "state_report" / "index.html").read_text(encoding="utf-8")
    assert NOTE in page and "1,500" in page
