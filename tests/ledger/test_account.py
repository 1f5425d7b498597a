"""What ``stockpile check`` says, writes, and leaves with."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from handmade import book, text
from smalltreaty import quantity, write_treaty

from stockpile.cli import main as cli
from stockpile.common.errors import Answer, LimitRaised, in_python
from stockpile.ledger.account import in_flags
from stockpile.spreadsheets.headings import SUGGESTED, heading


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(*argv: object) -> Ran:
        code = cli.main([str(arg) for arg in argv])
        return Ran(code, *capsys.readouterr())

    return command


def test_a_good_file(run: Run, tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", "Country,Declared,2011\nPeru,5,1\nTotal,5,1\n")
    ran = run("check", path, "--treaty", "ccm", "--unit", "submunitions", "--cumulative", "no")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "own.csv: a table with its headings in line 1\n"
        "  Country   state\n"
        "  Declared  declared stock, submunitions\n"
        "  2011      destroyed, submunitions, from 2011-01-01 to 2011-12-31\n"
        "\n"
        "own.csv: 1 row read, 1 accepted, 0 rejected\n"
        "2 figures on 1 state, of 2011-12-31 to 2011-12-31\n"
        "\n"
        "Left out, or accepted with a doubt:\n"
        "  totals row left out (1)\n"
        "    own.csv, line 3: Total\n"
        "\n"
        "Nothing was rejected.\n"
        "\n"
        "Still to be said before it is used: when the figures came out, as "
        "--published 2012-04-01.\n"
        "Written: rejected.csv (0 problems)\n"
        f"Pages of it: stockpile report --table {path} --treaty ccm --unit submunitions "
        "--cumulative no --published DAY --out mine\n"
    )
    assert (
        tmp_path / "rejected.csv"
    ).read_text() == "file,sheet,line,column,value,reason,expected\n"


def test_a_file_with_problems(run: Run, tmp_path: Path) -> None:
    rows = [["State", "Declared"], ["Peru", "1.234"], ["Chad", "=1+1"], ["Congo", 1], ["Mali", 2]]
    path = book(tmp_path / "own.xlsx", [*rows, *[["Niger", "5,678"]] * 4])
    ran = run("check", path, "--treaty", "ccm", "--unit", "submunitions", "--out", tmp_path / "out")
    assert (ran.code, ran.err) == (1, "")
    assert "own.xlsx, sheet 'Table': 8 rows read, 1 accepted, 7 rejected\n" in ran.out
    assert (
        "Rejected, by what would be right:\n"
        '  digits alone, or say --decimal . or --decimal "," (5)\n'
        "    own.xlsx, sheet 'Table', line 2, 'Declared' '1.234': may be 1234 or 1.234\n"
        "    own.xlsx, sheet 'Table', line 6, 'Declared' '5,678': may be 5678 or 5.678\n"
    ) in ran.out
    assert "    and 2 more\n" in ran.out
    assert "give the options named, and check it again.\n" in ran.out
    assert ran.out.endswith(f"Written: {tmp_path / 'out' / 'rejected.csv'} (7 problems)\n")
    with (tmp_path / "out" / "rejected.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert len(told) == 7
    (formula,) = [row for row in told if row["line"] == "3"]
    assert formula["value"] == "'=1+1"  # text to a spreadsheet, and no formula
    assert (formula["file"], formula["sheet"], formula["column"]) == (
        "own.xlsx",
        "Table",
        "Declared",
    )


def test_what_it_names_settles_it(run: Run, tmp_path: Path) -> None:
    """Each option of the command line that a question names is one, and answers it."""
    path = text(tmp_path / "own.csv", "Nation;Declared;2011;Stock;%\nPeru;1.234;1;5;7\n")
    asked = run("check", path, "--treaty", "ccm", "--column", "Nation=state", "--column", "%=")
    assert (asked.code, asked.err) == (2, "")
    assert not (tmp_path / "rejected.csv").exists()
    assert "3 questions to answer before it can be read:\n" in asked.out
    assert "2011      destroyed, from 2011-01-01 to 2011-12-31 (to be settled)" in asked.out
    for flag in ('--column "Stock=declared"', "--unit submunitions", "--cumulative no for"):
        assert flag in asked.out
    answers = ["--column", "Stock=", "--unit", "submunitions", "--cumulative", "no"]
    names = ["--column", "Nation=state", "--column", "%="]
    told = run("check", path, "--treaty", "ccm", *names, *answers)
    assert told.code == 1 and "--decimal . or --decimal ", "" in told.out
    assert run("check", path, "--treaty", "ccm", *names, *answers, "--decimal", ",").code == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no.csv", None, "there is no such file"),
        ("own.csv", "", "no table was recognised"),
        ("own.csv", "a,b\n1,2\n", "no table was recognised; expected a line with a heading for"),
        (
            "own.xlsx",
            "State,Declared\n",
            "is not an Excel workbook although its name ends in .xlsx",
        ),
    ],
)
def test_what_cannot_be_read_at_all(
    run: Run, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        text(tmp_path / name, content)
    ran = run("check", tmp_path / name, "--treaty", "ccm")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("stockpile: ") and message in ran.err and "Traceback" not in ran.err
    assert not (tmp_path / "rejected.csv").exists()


def test_the_treaty_is_asked_for(run: Run, tmp_path: Path) -> None:
    ran = run("check", text(tmp_path / "own.csv", "State,Declared\nPeru,1\n"))
    assert ran.code == 2 and "which treaty is it about? say --treaty apmbc, --treaty ccm" in ran.err


def test_of_a_file_that_is_not_there_no_treaty_is_asked(run: Run) -> None:
    ran = run("check", "own.csv")
    assert ran.code == 2 and "own.csv: there is no such file" in ran.err


def test_headings_without_a_row_are_no_success(run: Run, tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", "State,Declared\n")
    ran = run("check", path, "--treaty", "ccm", "--unit", "submunitions")
    assert ran.code == 2 and ran.out.endswith("\n\nNo row stands below the headings.\n")
    assert not (tmp_path / "rejected.csv").exists()


def test_wrong_options(run: Run, tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", "State,Declared\nPeru,1\n")
    for wrong in (["--unit", "tons"], ["--column", "x"], ["--published", "soon"], ["--sheet"]):
        ran = run("check", path, "--treaty", "ccm", *wrong)
        assert ran.code == 2 and ran.out == "" and ran.err


def test_a_treaty_folder(run: Run, tmp_path: Path) -> None:
    rows = [
        quantity("AAA", "declared", 5, source="state@2011-01-28"),
        quantity("AAA", "declared", "5x", source="state@2011-01-28"),
    ]
    folder = write_treaty(tmp_path / "demo", rows)
    ran = run("check", folder)
    assert ran.code == 1
    assert ran.out.startswith("sources.csv: 1 row read, 1 accepted, 0 rejected\n")
    assert "quantities.csv, line 3, 'quantity' '5x': not a plain number" in ran.out
    (tmp_path / "demo" / "quantities.csv").unlink()
    assert run("check", folder).code == 2


def test_nothing_in_a_cell_can_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", 'State,Declared\n"Per\x1b[31mu",1\n"Total \x1b[2J",1\n')
    ran = run("check", path, "--treaty", "ccm", "--unit", "submunitions")
    assert ran.code == 1 and "\x1b" not in ran.out and "Total \\x1b[2J" in ran.out


def test_a_table_of_a_treaty_folder(run: Run, tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", "iso3,name\nPER,Peru\n").rename(tmp_path / "states.csv")
    ran = run("check", path, "--treaty", "ccm")
    assert ran.out.startswith(
        "states.csv: the table states of a treaty folder\n\nstates.csv: 1 row"
    )


def test_of_many_kinds_of_problem_the_first_are_shown(run: Run, tmp_path: Path) -> None:
    """Each misspelt name gets a suggestion of its own, and so is of a kind of its own."""
    names = """Perru Chadd Zimbabwwe Urugguay Mallawi Nigeer Norwaay Portugall Rwandda Swedn
    Zambbia Tunisa""".split()
    rows = "".join(f"{name},1\n" for name in names)
    path = text(tmp_path / "own.csv", f"State,Declared\n{rows}")
    how = ["--treaty", "ccm", "--unit", "submunitions"]
    ran = run("check", path, *how)
    assert ran.out.count("did you mean") == 10
    assert "\n  and 2 other kinds\n" in ran.out
    path.write_text("\n".join(path.read_text().splitlines()[:-2]))
    assert "other kinds" not in run("check", path, *how).out


@pytest.mark.parametrize(
    ("answer", "python", "flags"),
    [
        (
            Answer("date_order", ("dmy", "mdy")),
            "date_order='dmy' or 'mdy'",
            "--date-order dmy or --date-order mdy",
        ),
        (Answer("percent", (True,)), "percent=True", "--percent yes"),
        (Answer("cumulative", (False,)), "cumulative=False", "--cumulative no"),
        (Answer("missing", (["–"],)), "missing=['–']", '--missing "–"'),
        (Answer("columns", ({"X": None},)), "columns={'X': None}", '--column "X="'),
        (
            Answer("columns", ({"a=b": "left 2011"},)),
            "columns={'a=b': 'left 2011'}",
            '--column "a=b=left 2011"',
        ),
        (Answer("columns", ({"it's": None},)), 'columns={"it\'s": None}', '--column "it\'s="'),
        (
            Answer("columns", ({"$x `y`": "a b"},)),
            "columns={'$x `y`': 'a b'}",
            "--column '$x `y`=a b'",
        ),
        (Answer("columns", ({...: None},)), "columns={...: None}", '--column "HEADING="'),
        (Answer("header", (4,)), "header=4", "--header 4"),
        (Answer("sheet", ("Bob's",)), 'sheet="Bob\'s"', '--sheet "Bob\'s"'),
        (
            Answer("limits", (LimitRaised("file_bytes", 7),)),
            "limits=sp.Limits(file_bytes=7)",
            "--limit file_bytes=7",
        ),
        (
            Answer("delimiter", (";", ",")),
            "delimiter=';' or ','",
            '--delimiter ";" or --delimiter ","',
        ),
    ],
)
def test_an_option_is_worded_for_each_front_end(answer: Answer, python: str, flags: str) -> None:
    assert in_python(("say ", answer)) == f"say {python}"
    assert in_flags(("say ", answer, " if")) == f"say {flags} if"


def test_a_limit_is_raised_by_the_flag_that_the_message_names(run: Run, tmp_path: Path) -> None:
    wide = text(tmp_path / "wide.csv", f"State,Submunitions declared\nPeru,1{',x' * 1200}\n")
    ran = run("check", wide, "--treaty", "ccm")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("raise the limit with --limit columns=1202\n")
    ran = run("check", wide, "--treaty", "ccm", "--limit", "columns=1202", "--limit", "rows=9")
    assert ran.code == 1 and "the row has 1202 cells and the headings 2" in ran.out


def test_a_limit_holds_for_a_treaty_folder_too(run: Run, tmp_path: Path) -> None:
    rows = [quantity("AAA", "declared", 5, source="state@2011-01-28")] * 2
    folder = write_treaty(tmp_path / "demo", rows)
    ran = run("check", folder, "--limit", "rows=1")
    assert ran.code == 2 and ran.err.endswith("--limit rows=2\n")


@pytest.mark.parametrize("given", ["rows", "rows=", "rows=-1", "rows=x", "lines=5", "rows=٣", "=5"])
def test_a_limit_that_is_none(run: Run, tmp_path: Path, given: str) -> None:
    ran = run("check", tmp_path, "--treaty", "ccm", "--limit", given)
    assert ran.code == 2 and ran.err.startswith(f"stockpile: --limit is {given!r}; expected NAME=")
    assert "unpacked_bytes" in ran.err


def test_a_tab_between_cells_can_be_typed(run: Run, tmp_path: Path) -> None:
    path = text(tmp_path / "own.txt", "State\tSubmunitions declared\nPeru\t1\n")
    for mark in ("tab", "\\t", "\t"):
        assert run("check", path, "--treaty", "ccm", "--delimiter", mark).code == 0


def test_known_headings_are_known() -> None:
    for named in SUGGESTED:
        assert heading(named, ()).role
