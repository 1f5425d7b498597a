"""Tables as people have them, checked by somebody who does what ``stockpile check`` says.

Each file is tried as it is; then, round by round, with what the message before named. So a
message that names an option which does not exist, or does not help, fails here.
"""

from __future__ import annotations

import datetime as dt
import shlex
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import book, text

from stockpile.cli import main as cli


@pytest.fixture
def check(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """Run ``stockpile check FILE --treaty ccm`` and more, as typed into a shell."""
    monkeypatch.chdir(tmp_path)

    def run(file: str, typed: str = "--treaty ccm") -> tuple[int, str]:
        code = cli.main(["check", file, *shlex.split(typed)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out + said.err

    return run


def _percentages(workbook: Any) -> None:
    for cell in workbook.worksheets[0]["C"]:
        cell.number_format = "0%"


def _monitor(path: Path) -> Path:
    def merged(workbook: Any) -> None:
        for area in ("A1:F1", "B4:C4", "D4:E4"):
            workbook.worksheets[0].merge_cells(area)

    rows = [
        ["Table 1. Stockpile destruction by States Parties (as of 31 December 2012)"],
        ["Source: a monitor"],
        [],
        ["State Party", "Declared", None, "Destroyed by end 2012", None, "% destroyed", "Notes"],
        [None, *["Cluster munitions", "Submunitions"] * 2, "(submunitions)", None],
        ["Bulgaria", 6862, 173278, 0, 0, 0, "a"],
        ["Chile*", 249, 25896, 25, 1000, "4%", None],
        ["Lao PDR", None, None, None, None, None, "no stock"],
        ["TOTAL", 7111, 199174, 25, 1000, None, None],
        ["* Chile revised its figures."],
        ["Note: figures as reported."],
    ]
    return book(path, rows, finish=merged)


FILES: dict[str, Callable[[Path], object]] = {
    "monitor.xlsx": _monitor,
    "ministry.csv": lambda path: text(
        path,
        "Übersicht der Streumunition\r\n"
        "Staat;Munition deklariert;vernichtet (bis Ende 2012);Bemerkung\r\n"
        "Österreich;12.672;12.672;fertig\r\nFrankreich;34.936;7.290;\r\nSumme;47.608;19.962;\r\n",
        "cp1252",
    ),
    "long.csv": lambda path: text(
        path,
        "country,year,indicator,unit,value,source,date published\n"
        "Peru,2011,Declared,cluster munitions,2012,Initial report,2012-01-28\n"
        "Peru,2012,Destroyed,cluster munitions,200,Report of 2012,2013-04-30\n",
    ),
    "french.xlsx": lambda path: book(
        path,
        [
            ["Bilan de la destruction des stocks"],
            ["Pays", "Stock déclaré (sous-munitions)", "Détruites 2011"],
            ["Allemagne", 62923935, 1000000],
            ["Côte d'Ivoire", 68, 0],
        ],
    ),
    "spanish.csv": lambda path: text(
        path, "País,Declaradas,Fecha de finalización\nPerú,12,\nEspaña,4762,18/03/2009\n"
    ),
    "arabic.csv": lambda path: text(path, "الدولة,المخزون المعلن\nالعراق,1000\nلبنان,٢٠٠\n"),
    "percent.xlsx": lambda path: book(
        path,
        [["Country", "Declared cluster munitions", "Percent destroyed"], ["Peru", 2012, 0.1]],
        finish=_percentages,
    ),
    "two-sheets.xlsx": lambda path: book(
        path,
        **{
            "2011": [["State", "Munitions declared"], ["Peru", 2012]],
            "Bob's 2012": [["State", "Munitions declared"], ["Peru", 2007]],
        },
    ),
    "google.csv": lambda path: text(
        path,
        "Timestamp,Country,Munitions declared,Munitions destroyed,As of\r\n"
        '4/19/2012 13:05:22,Peru,"2,012","1,000",4/30/2012\r\n'
        '4/21/2012 9:00:01,"Korea, South",12,0,5/3/2012\r\n',
    ),
    "pivot.xlsx": lambda path: book(
        path,
        [
            ["Sum of Destroyed", "Column Labels"],
            ["Row Labels", 2010, 2011, "Grand Total"],
            ["Bulgaria", None, 10, 10],
            ["(blank)"],
            ["Grand Total", None, 10, 10],
        ],
    ),
    "second.xlsx": lambda path: book(
        path,
        [
            ["No.", "State Party", "Submunitions declared", "Clearance by"],
            [1, "Peru", 162417, dt.datetime(2021, 3, 1)],
        ],
    ),
    "cumulative.tsv": lambda path: text(path, "Country\t2010\t2011\nPeru\t0\t100\nChad\t-\t7\n"),
    "dates.csv": lambda path: text(
        path, "State,Submunitions declared,Completed\nSpain,5,18 mars 2009\nPeru,1,July 2010\n"
    ),
    "pdf.csv": lambda path: text(path, "State Declared Destroyed\nPeru 2,012 100\n"),
    "headings.csv": lambda path: text(path, "State,Submunitions declared\n"),
    "tab.csv": lambda path: text(path, "State\tDeclared;or not\tNote\nPeru\t5\tx;y\n"),
    "empty.csv": lambda path: text(path, ""),
    "empty.xlsx": lambda path: book(path, []),
    "letter.docx": lambda path: path.write_bytes(b"PK\x03\x04"),
    "old.xls": lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0"),
    "data.json": lambda path: text(path, '[{"state": "Peru"}]'),
}

#: What is read in the end, and what was typed in each round: each is named in the message before.
ROUNDS: dict[str, tuple[int, list[tuple[str, str]]]] = {
    "monitor.xlsx": (0, [("--on 2012-04-19", "--on 2012-12-31")]),
    "ministry.csv": (
        0,
        [
            ("--encoding cp1252", "--encoding cp1252"),
            ('--column "Munition deklariert=declared"', '--column "Munition deklariert=declared"'),
            (
                '--column "vernichtet (bis Ende 2012)=..."',
                '--column "vernichtet (bis Ende 2012)=destroyed by end of 2012"',
            ),
            ("--unit cluster_munitions or", "--unit cluster_munitions"),
            ('--decimal . or --decimal ","', '--decimal ","'),
        ],
    ),
    "long.csv": (0, [("--cumulative no for the first", "--cumulative no")]),
    "french.xlsx": (
        0,
        [
            (
                '--column "Stock déclaré (sous-munitions)=declared"',
                '--column "Stock déclaré (sous-munitions)=submunitions declared"',
            ),
            ('--column "Détruites 2011="', '--column "Détruites 2011=destroyed in 2011"'),
            ("--unit cluster_munitions or --unit submunitions", "--unit submunitions"),
        ],
    ),
    "spanish.csv": (
        0,
        [
            ('--column "Declaradas=declared"', '--column "Declaradas=munitions declared"'),
            (
                '--column "Fecha de finalización=..." with a known heading',
                '--column "Fecha de finalización=completed"',
            ),
        ],
    ),
    "arabic.csv": (
        1,  # numbers in other digits are for their reader to write anew
        [('--column "المخزون المعلن=declared"', '--column "المخزون المعلن=munitions declared"')],
    ),
    "percent.xlsx": (0, [("--on 2012-04-19", "--on 2012-04-19")]),
    "two-sheets.xlsx": (0, [("'2011', \"Bob's 2012\"", '--sheet "Bob\'s 2012"')]),
    "google.csv": (
        0,
        [
            ("--cumulative yes for the second", "--cumulative yes"),
            ('--decimal . or --decimal ","', "--decimal ."),
            ("--date-order dmy or --date-order mdy", "--date-order mdy"),
        ],
    ),
    "pivot.xlsx": (
        0,
        [
            ('--column "Row Labels=state"', '--column "Row Labels=state"'),
            ('--column "Grand Total="', '--column "Grand Total="'),
            ("--cumulative no for the first", "--cumulative no"),
            ("--unit submunitions", "--unit submunitions"),
        ],
    ),
    "second.xlsx": (0, [('--column "Clearance by="', '--column "Clearance by="')]),
    "cumulative.tsv": (
        0,
        [
            ("--cumulative yes", "--cumulative yes"),
            ("--unit submunitions", "--unit submunitions"),
            ("--missing -", "--missing -"),
        ],
    ),
    "dates.csv": (1, []),
    "tab.csv": (0, [('--column "Declared;or not=declared"', '--column "Declared;or not=declared"'),
                    ("--unit submunitions", "--unit submunitions")]),
}  # fmt: skip


@pytest.mark.parametrize("file", ROUNDS)
def test_doing_what_it_says_leads_to_the_end(
    check: Callable[..., tuple[int, str]], tmp_path: Path, file: str
) -> None:
    FILES[file](tmp_path / file)
    end, rounds = ROUNDS[file]
    typed = "--treaty ccm"
    code, said = check(file, typed)
    for named, answer in rounds:
        assert code in (1, 2), "settled before it was"
        assert named in said
        typed += f" {answer}"
        code, said = check(file, typed)
    assert code == end, said
    assert ("Nothing was rejected." in said) == (end == 0)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("arabic.csv", "the digits 0 to 9, as 1234 (1)"),
        ("dates.csv", "months go by their English names (1)"),
    ],
)
def test_what_no_option_settles_is_said(
    check: Callable[..., tuple[int, str]], tmp_path: Path, file: str, said: str
) -> None:
    FILES[file](tmp_path / file)
    typed = " ".join(["--treaty ccm", *(answer for _, answer in ROUNDS[file][1])])
    assert said in check(file, typed)[1]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("pdf.csv", "Line 1 has one cell alone, 'State Declared Destroyed': between the cells"),
        ("headings.csv", "No row stands below the headings."),
        ("empty.csv", "nothing is in it"),
        ("empty.xlsx", "nothing is in it"),
        ("letter.docx", "save it as an Excel workbook (.xlsx) or as CSV"),
        ("old.xls", "save it as an Excel workbook (.xlsx) or as CSV"),
        ("data.json", "save it as an Excel workbook (.xlsx) or as CSV"),
    ],
)
def test_what_is_no_table(
    check: Callable[..., tuple[int, str]], tmp_path: Path, file: str, said: str
) -> None:
    FILES[file](tmp_path / file)
    code, told = check(file)
    assert code == 2 and said in told
    assert not (tmp_path / "rejected.csv").exists()


def test_another_archive_by_the_name_of_a_workbook(
    check: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "letter.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    code, told = check("letter.xlsx")
    assert code == 2 and told.startswith("stockpile: letter.xlsx: ") and ".xlsx" in told


@pytest.mark.parametrize("header", [1, 3, 40])
def test_a_line_that_has_no_headings(
    check: Callable[..., tuple[int, str]], tmp_path: Path, header: int
) -> None:
    """The message is about the line that was named."""
    FILES["ministry.csv"](tmp_path / "ministry.csv")
    code, told = check("ministry.csv", f"--treaty ccm --encoding cp1252 --header {header}")
    assert code == 2 and f"line {header}" in told.lower()


def test_a_file_that_is_not_there_is_told_before_anything_is_asked(
    check: Callable[..., tuple[int, str]],
) -> None:
    assert check("no.xlsx", "") == (2, "stockpile: no.xlsx: there is no such file\n")
