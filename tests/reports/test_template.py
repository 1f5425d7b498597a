"""The workbook to fill in: its lists, and that it is taken back as it is."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import stockpile as sp
from stockpile.cli import main as cli
from stockpile.reports.template import write_template

ROWS = {
    "sources": [
        ["letter", "Letter of the embassy", "Embassy", "state", "2013-03-01", "day", ""],
        ["paper", "A newspaper", "", "press", "2014-01-31", "month", ""],
    ],
    "figures": [
        ["Peru", "declared", "cluster_munitions", 2012, "", "", "", "letter", ""],
        ["Peru", "destroyed", "cluster_munitions", 200, "", 2012, 2012, "letter", "see p. 3"],
        ["Chad", "remaining", "submunitions", 100, "approx", "", "2012-12-31", "paper", ""],
    ],
    "events": [
        ["Chad", "completed", "2013-12-31", "month", "", "paper", ""],
        ["Peru", "deadline_stated", "2021-03-01", "day", "original", "letter", ""],
    ],
}


def filled(path: Path) -> Path:
    book = openpyxl.load_workbook(path)
    for name, rows in ROWS.items():
        for row in rows:
            book[name].append([None if cell == "" else cell for cell in row])
    book.save(path)
    return path


def test_a_template_that_was_filled_in_is_taken_back_without_a_question(tmp_path: Path) -> None:
    own = sp.read(filled(write_template("ccm", tmp_path / "mine.xlsx")), treaty="ccm")
    assert own.rejected.empty
    assert dict(zip(own.counts["sheet"], own.counts["read"], strict=True)) == {
        "events": 2,
        "figures": 3,
        "sources": 2,
    }
    found = own.quantities.sort_values("quantity")
    columns = ["iso3", "measure", "quantity", "qualifier", "source_id"]
    assert found[columns].values.tolist() == [
        ["TCD", "remaining", 100, "approx", "paper"],
        ["PER", "destroyed", 200, "exact", "letter"],
        ["PER", "declared", 2012, "exact", "letter"],
    ]
    assert found["period_start"].notna().tolist() == [False, True, False]
    done = own.events.query("source_id == 'paper'")
    assert done[["iso3", "event", "precision"]].values.tolist() == [["TCD", "completed", "month"]]


def test_it_has_lists_to_choose_from(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template("ccm", tmp_path / "mine.xlsx"))
    assert book.sheetnames == ["figures", "events", "sources", "help", "lists"]
    assert book["lists"].sheet_state == "hidden"
    columns = ([cell.value for cell in column] for column in book["lists"].columns)
    lists = {words[0]: list(filter(None, words)) for words in columns}
    assert "Peru" in lists["Afghanistan"]
    assert lists["exact"][1:] == ["approx", "at_least", "nearly"]
    assert lists["cluster_munitions"] == ["cluster_munitions", "submunitions", "unspecified"]
    chosen = {
        name: {str(one.sqref)[:1] for one in book[name].data_validations.dataValidation}
        for name in ("figures", "events", "sources")
    }
    assert chosen == {"figures": set("ABCEH"), "events": set("ABDEF"), "sources": set("DF")}


def test_the_same_treaty_makes_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_template("ccm", tmp_path / f"{n}.xlsx").read_bytes() for n in "ab")
    assert one == other


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.xlsx"
    assert cli.main(["template", "--treaty", "ccm", str(path)]) == 0
    assert f"stockpile check {path} --treaty ccm" in capsys.readouterr().out
    assert cli.main(["check", str(path), "--treaty", "ccm", "--out", str(tmp_path)]) == 2
    assert "No row stands below the headings." in capsys.readouterr().out
    assert cli.main(["check", str(filled(path)), "--treaty", "ccm", "--out", str(tmp_path)]) == 0
    assert "Nothing was rejected." in capsys.readouterr().out
    for file, problem in ((path, "is there already"), (tmp_path / "mine.csv", "ends in .xlsx")):
        assert cli.main(["template", "--treaty", "ccm", str(file)]) == 2
        assert problem in capsys.readouterr().err
