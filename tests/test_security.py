"""Nothing in data becomes code or markup: one hostile folder, followed wherever its text goes.

docs/security.md says what is held against whom; each class of attack that it speaks of is here,
or in tests/data/bad (bombs, entities, nested TOML), tests/test_publish.py (what a page may hold)
and tests/test_parameters.py (values and paths).
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from handmade import book, tampered, text
from smalltreaty import COLUMNS, TOML, Row, consents, event, quantity, source

import stockpile as sp
from stockpile.cli import main as cli
from stockpile.common.output import csv_text, safe, unescaped
from stockpile.pages import explore
from stockpile.pages.compliance_page import by_group
from stockpile.pages.safety import check_page
from stockpile.treaty.rules_file import parse_treaty

pytestmark = pytest.mark.slow  # whole reports of hostile text
DAY = "2012-06-30"
#: One for each state: its name, and all that is said of its document.
ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>@import '//evil.example'</style>",
    "</title></head><body onload=alert(1)>",
    "--></script><!--#exec cmd='id'--> ]]><x/>",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "&lt;b&gt; &amp;#60; &#x3c;i>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "+1+1",
    "-1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    r"$\frac{1}{0}$ _{x} ^{y} \input{/etc/passwd}",
    "%s %(x)s {0} {x!r} `id` $(id) [x](javascript:alert(1))",
    "../../../etc/passwd",
    "javascript:alert(1)",
    "line one\nline two\r\n=three",
    "x" * 2000,
]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//evil.example/x",
    "\\\\evil.example\\share",
    'https://ok.example/"><script>alert(1)</script>',
    "http://ok.example/' onclick='alert(1)",
]
#: Elements and attributes of a page that can do nothing; all others are looked at by hand.
HARMLESS = set(
    "html head meta title style body main section figure figcaption div span p h1 h2 h3 ul li dl "
    "dt dd table caption thead tbody tr th td a b i em strong code details summary script svg g "
    "path defs use circle rect clippath text article ol link header footer nav".split()
)
QUIET = set(
    "charset class content href http-equiv id lang name rel role scope style type xlink:href xmlns "
    "xmlns:xlink viewbox version width height d x y cx cy r transform clip-path open "
    "hidden title property tabindex".split()
)


def states() -> list[str]:
    """A code for each attack."""
    return [f"A{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(len(ATTACKS))]


def write_quoted(path: Path, columns: list[str], rows: list[Row]) -> None:
    """Write a table with quotes around each cell, whatever is in it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A treaty folder with an attack in each text that it may hold."""
    folder = tmp_path_factory.mktemp("hostile") / "demo"
    folder.mkdir()
    toml = TOML
    for plain, attack in {
        "Convention on Demonstration": ATTACKS[0] + ATTACKS[1] + "{{ 7*7 }} $x_{1}$",
        "Demo": "=1+1</style><b>",
        '"3"': '<i>3</i>"',
    }.items():
        toml = toml.replace(plain if plain[0] == '"' else f'"{plain}"', json.dumps(attack))
    (folder / "treaty.toml").write_text(toml, encoding="utf-8")
    sources, quantities, events = [], [], []
    for n, (code, attack) in enumerate(zip(states(), ATTACKS, strict=True)):
        cited = f"{attack} {n}"
        sources.append(
            source("state@2012-04-30", title=attack, publisher=attack)
            | {"source_id": cited, "url": ADDRESSES[n % len(ADDRESSES)]}
        )
        events.append(consents(code) | {"source_id": cited})
        quantities.append(quantity(code, "declared", 100, "2010-12-31", source=cited))
        quantities.append(quantity(code, "destroyed_total", 10, "2011-12-31", source=cited))
        if n % 3 == 0:
            quantities.append(quantity(code, "remaining", 40, "2011-12-31", source=cited))
        if n % 4 == 0:
            events.append(event(code, "completed", "2012-02-01", source=cited))
        if n % 4 == 1:
            events.append(event(code, "planned_completion", "2014-02-01", source=cited))
    quantities.append(quantity("AAA", "declared", "\x1b[2J<script>", source=cited))  # is rejected
    names = [{"iso3": code, "name": name} for code, name in zip(states(), ATTACKS, strict=True)]
    rows = {"sources": sources, "states": names, "quantities": quantities, "events": events}
    for table, told in rows.items():
        write_quoted(folder / f"{table}.csv", COLUMNS[table], told)
    return folder


@pytest.fixture(scope="module")
def ledger(hostile: Path) -> sp.Ledger:
    """The folder; all of it was accepted but the one row that cannot be."""
    loaded = sp.load(hostile)
    assert len(loaded.rejected) == 1 and len(loaded.states) == len(ATTACKS)
    return loaded


@pytest.fixture(scope="module")
def reports(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What is published of the folder, and of one state on a page of its own."""
    out = tmp_path_factory.mktemp("reports")
    asked = ["--as-of", DAY, "--states", "AAB", "--out", str(out)]
    assert cli.main(["report", "--treaty", str(hostile), *asked]) == 1  # the row rejected
    yield out
    shutil.rmtree(out)


class Looked(HTMLParser):
    """What a page is made of, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "xlink:href"):
                self.links.add(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def said(self) -> str:
        """All words, blanks as one."""
        return " ".join("".join(self.words).split())


def assert_harmless(page: str, *, images: bool = False) -> Looked:
    """Hold a page to what it may be made of, and its links to where they may lead."""
    looked = Looked(page)
    assert looked.tags <= HARMLESS | ({"img"} if images else set())
    quiet = QUIET | (
        {"src", "alt", "download", "tabindex", "target", "colspan"} if images else set()
    )
    assert {name for name in looked.attributes if not name.startswith(("data-", "aria-"))} <= quiet
    for link in looked.links:
        assert re.match(r"https?://|#|[\w./-]+$|data:(?:image/png|text/csv)[;,]", link), link
    assert ">49<" not in page and " 49 " not in looked.said
    return looked


def test_pages_say_it_and_are_not_made_of_it(reports: Path) -> None:
    pages = sorted(reports.rglob("*.html"))
    assert len(pages) == 3  # of all states, of one, and the overview
    for path in pages:
        page = path.read_text(encoding="utf-8")
        looked = assert_harmless(page)
        # The page of all states and the front page have a block of data, which no browser runs.
        blocks = page.count('<script type="application/')
        assert check_page(page) == [] and page.count("<script") == 1 + blocks
        assert blocks == (path.name == "index.html")
        assert ATTACKS[0] + ATTACKS[1] in looked.said, path.name  # the treaty's name
        if path.parent.name == DAY:
            for attack in ATTACKS:
                assert " ".join(attack.split())[:100] in looked.said
    own = (reports / "demo" / DAY / "states" / "AAB.html").read_text(encoding="utf-8")
    assert Looked(own).said.count(ATTACKS[1]) > 5


def test_the_addresses_of_sources_are_links_only_if_they_lead_to_the_web(ledger: sp.Ledger) -> None:
    then = ledger.as_of(DAY)
    for n, code in enumerate(states()[: len(ADDRESSES)]):
        looked = assert_harmless(
            explore.html(explore.statements_on(explore.look(ledger, DAY, code))), images=True
        )
        led = {link for link in looked.links if not link.startswith("data:")}
        assert led == ({ADDRESSES[n]} if ADDRESSES[n].startswith("http") else set())
    assert then.sources["url"].str.startswith("http").any()


def test_executed_notebooks_hold_nothing_that_runs(reports: Path) -> None:
    books = sorted(reports.rglob("*.ipynb"))
    assert len(books) == 1
    told = 0
    for path in books:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                assert set(data) <= {"text/html", "text/markdown", "text/plain", "image/png"}
                assert "<" not in "".join(data.get("text/markdown", ""))
                assert_harmless("".join(data.get("text/html", "")), images=True)
                told += "&gt;&lt;img src=x onerror" in "".join(data.get("text/html", ""))
    assert told


def test_no_cell_of_a_csv_is_a_formula(reports: Path) -> None:
    files = sorted((reports / "demo" / DAY).glob("*.csv"))
    names = ["progress.csv", "scorecard.csv", "statements.csv", "status.csv"]
    assert [path.name for path in files] == names
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for cell in (cell for row in rows for cell in row.values()):
            assert not cell.startswith(("\t", "\r", "\n"))
            assert not cell.lstrip().startswith(tuple("=+@")), cell
            assert not cell.startswith("-") or re.fullmatch(r"-[0-9.]+", cell)
        assert {unescaped(row["state"]) for row in rows} == set(ATTACKS), path.name


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u3000@", "＝", "＠"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_text(start: str) -> None:
    (_, (cell,)) = csv.reader(io.StringIO(csv_text(pd.DataFrame({"x": [f"{start}1"]})), newline=""))
    assert cell == f"'{start}1" and unescaped(cell) == f"{start}1"


def test_half_a_character_can_be_written() -> None:
    assert csv_text(pd.DataFrame({"x": ["a\ud800"]})) == "x\na\\ud800\n"


def test_the_workbook_has_text_and_neither_formulas_nor_links(reports: Path) -> None:
    path = reports / "demo" / DAY / "stockpile.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in parts if "external" in name.lower() or "vba" in name.lower()]
    for name, part in parts.items():
        tags = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(part).iter()}
        assert not tags & {"f", "hyperlink", "hyperlinks", "externalReference", "oleObject"}, name
    workbook = openpyxl.load_workbook(path)
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "d"}
    shown = {
        re.sub(r"(?:_x000D_|\s)+", " ", str(cell.value)) for cell in cells if cell.data_type == "s"
    }
    assert {re.sub(r"\s+", " ", attack) for attack in ATTACKS} <= shown


def test_charts_draw_it_as_it_is(reports: Path) -> None:
    charts = sorted((reports / "demo" / DAY / "charts").glob("*.svg"))
    assert charts
    for path in charts:
        tree = ElementTree.parse(path)
        tags = {node.tag.rpartition("}")[2] for node in tree.iter() if isinstance(node.tag, str)}
        assert not tags & {"script", "foreignObject", "image", "a", "iframe"}
        for node in tree.iter():
            for name, value in node.attrib.items():
                assert not name.startswith("on")
                assert not name.endswith("href") or value.startswith("#")


def test_names_of_files_come_from_codes_and_days_alone(reports: Path, hostile: Path) -> None:
    for path in reports.rglob("*"):
        assert re.fullmatch(r"[\w.-]+", path.name, re.ASCII), path.name
        assert path.resolve().is_relative_to(reports.resolve())
    manifest = (reports / "demo" / DAY / "manifest.json").read_text(encoding="utf-8")
    assert str(hostile.parent) not in manifest
    assert json.loads(manifest)["parameters"]["folder"] == hostile.name


def test_groups_of_states_are_words_too(ledger: sp.Ledger, tmp_path: Path) -> None:
    rows = [{"iso3": code, "group": ATTACKS[n % 6]} for n, code in enumerate(states())]
    write_quoted(tmp_path / "groups.csv", ["iso3", "group"], rows)
    looked = assert_harmless(by_group(ledger.as_of(DAY), tmp_path / "groups.csv"))
    assert ATTACKS[0] in looked.said


def test_files_to_save_from_the_panel_hold_no_formula(ledger: sp.Ledger) -> None:
    page = explore.html(explore.states(explore.look(ledger, DAY)))
    (link,) = (one for one in assert_harmless(page, images=True).links if "text/csv" in one)
    told = base64.b64decode(link.partition(",")[2]).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(told, newline="")))
    assert len(rows) == len(ATTACKS)
    assert not any(row["state"].lstrip().startswith(tuple("=+-@")) for row in rows)


# --- what is printed ---------------------------------------------------------------------------

STEER = "\x1b[2J\x07\x9b31m\u202e\u200b\u2066\u2028"


def visible(printed: str) -> bool:
    """Whether a text holds nothing that a terminal would obey."""
    return all(c == "\n" or c.isprintable() for c in printed)


@pytest.mark.parametrize(
    "letter",
    [
        "\x1b",
        "\x07",
        "\x9b",
        "\u202e",
        "\u200b",
        "\u2066",
        "\u2028",
        "\0",
        "\r",
        "\x7f",
        "\ud800",
        "\ufeff",
        "\U000e0041",
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_number(letter: str) -> None:
    assert safe(f"Per{letter}u").startswith("Per\\") and safe(f"Per{letter}u").isprintable()


def test_what_can_be_seen_stays() -> None:
    said = "Côte d’Ivoire, Perú, Việt Nam, 国家, الدولة\n 1\u00a0234"
    assert safe(said) == said.replace("\u00a0", " ")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """Run a command line and hold what it prints to what a terminal may be shown."""

    def run(*argv: object) -> str:
        cli.main([str(arg) for arg in argv])
        said = capsys.readouterr()
        assert visible(said.out) and visible(said.err), ascii(said)
        assert "Traceback" not in said.err
        return said.out + said.err

    return run


def test_no_text_of_a_folder_reaches_the_terminal_as_a_command(
    printed: Callable[..., str], hostile: Path, tmp_path: Path
) -> None:
    told = printed("status", "--treaty", hostile, "--as-of", DAY)
    assert ATTACKS[1] in told and "\\x1b[2J<script>" in told
    assert max(map(len, told.splitlines())) < 300  # a name of any length is cut
    for dimension in ("transparency", "membership"):
        printed("status", "--treaty", hostile, "--as-of", DAY, "--dimension", dimension)
    printed("check", hostile, "--out", tmp_path)


def test_no_text_of_a_table_reaches_the_terminal_as_a_command(
    printed: Callable[..., str], tmp_path: Path
) -> None:
    head = f"State,Submunitions declared,Note {STEER}"
    files = {
        "cells.csv": f"{head}\nPeru{STEER},1,\nPeru,1{STEER},\nTotal {STEER},1,\n",
        "headings.csv": f"Nation {STEER},Stock {STEER}\nPeru,1\n",
        f"name{STEER}.csv": "State,Declared\nPrru,1\n",
    }
    for name, content in files.items():
        path = text(tmp_path / name.replace("\u2028", ""), content)
        said = printed("check", path, "--treaty", "ccm", "--out", tmp_path)
        assert "\\x1b[2J" in said
        printed("check", path)
    printed("check", tmp_path / f"no{STEER}", "--treaty", f"ccm{STEER}")
    printed("status", "--treaty", tmp_path / f"no{STEER}")


def test_the_account_of_rejected_rows_is_no_formula_either(
    printed: Callable[..., str], tmp_path: Path
) -> None:
    cells = [one for one in ATTACKS if len(one) < 100]
    rows = [["State", "Submunitions declared"], *([one, one] for one in cells)]
    book(tmp_path / "own.xlsx", rows)
    printed("check", tmp_path / "own.xlsx", "--treaty", "ccm", "--out", tmp_path)
    with (tmp_path / "rejected.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert len(told) >= len(cells) - 4  # what starts with a formula's sign is one to a workbook
    assert not [c for row in told for c in row.values() if c.lstrip().startswith(tuple("=+-@"))]


def test_the_name_of_a_file_may_be_no_text(printed: Callable[..., str], tmp_path: Path) -> None:
    try:
        path = text(tmp_path / "bad\udcff.csv", "State,Submunitions declared\nPeru,1\n")
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    said = printed("check", path, "--treaty", "ccm")
    assert "'bad\\udcff.csv': the name of the file is not text" in said


# --- somebody's own table ----------------------------------------------------------------------


@pytest.mark.slow
def test_hostile_words_of_an_own_table_stay_words(tmp_path: Path) -> None:
    """Source, publisher, address, sheet, heading and unit of a table of one's own."""
    tame = [one for one in ATTACKS if one == one.strip() and len(one) < 200]
    rows = [["State", "Submunitions declared", "Source", "Publisher", "URL", "Note <b>"]]
    for n, attack in enumerate(tame):
        code = ["PER", "CHL", "MLI"][n % 3]
        quoted = attack if attack[0] != "=" else f"\u2060{attack}"
        rows.append([code, str(n), quoted, quoted, ADDRESSES[n % len(ADDRESSES)], quoted])
    path = book(tmp_path / "own <b>.xlsx", **{"<b>'&\"=1+1": rows})
    own = sp.read(path, treaty="ccm", published="2012-01-01")
    assert own.rejected.empty and set(own.sources["publisher"]) > set(ATTACKS[:4])
    for code in ("PER", "CHL", "MLI"):
        view = explore.look(own, "2012-04-19", code)
        for side in (explore.statements_on, explore.burndown):
            assert_harmless(explore.html(side(view)), images=True)


@pytest.mark.parametrize(
    "attack", ["A\u202eB", "A\x1b[31mB", "A\nB", "A\u2028B", "A\u200bB", "A\ud800B", "x" * 201]
)
@pytest.mark.parametrize("field", ["name", "short_name", "article"])
def test_the_rules_of_a_treaty_are_lines_of_text(attack: str, field: str) -> None:
    value = attack.replace("\x1b", "\\u001b").replace("\n", "\\n").replace("\ud800", "\\ud800")
    toml = re.sub(rf'^{field} = ".*"', lambda _: f'{field} = "{value}"', TOML, count=1, flags=re.M)
    with pytest.raises(sp.DataError, match=r"^treaty\.toml: ") as told:
        parse_treaty(toml.encode("utf-8"))
    assert attack not in str(told.value)


# --- files made to break their reader ------------------------------------------------------------

HEAD = ["State", "Submunitions declared"]


def _with(part: str, before: bytes, after: bytes) -> Callable[[Path], Path]:
    return lambda path: tampered(
        book(path, [HEAD, ["Peru", 676]]), part, lambda data: data.replace(before, after)
    )


def _outside(path: Path) -> Path:
    book(path, [HEAD, ["Peru", 676]])
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../../outside.txt", f"{path.parent.as_posix()}/outside.txt", "..\\out.txt"):
            archive.writestr(name, "x")
    return path


_END = b"</sheetData>"
_LINK = b'<definedNames><definedName name="x">[1]S!$A$1</definedName></definedNames></workbook>'
READ = {
    "a part that leads outside": _outside,
    "a size that it does not have": _with("sheet1.xml", b'ref="A1:B2"', b'ref="A1:XFD1048576"'),
    "a link to another workbook": _with("workbook.xml", b"</workbook>", _LINK),
    "elements within elements": _with(
        "sheet1.xml", _END, _END + b"<x>" * 20_000 + b"</x>" * 20_000
    ),
}
_WHOLE, _LINKS = b"A1:XFD1048576", b"</hyperlinks>"
REFUSED = {
    "a link over the whole sheet, of which each cell would be made": (
        _with("sheet1.xml", _END, _END + b'<hyperlinks><hyperlink ref="%s"/>' % _WHOLE + _LINKS),
        "17,179,869,188 filled cells, and at most 1,000,000",
    ),
    "formats without end": (
        _with("styles.xml", b"</cellXfs>", b"<xf/>" * 600_000 + b"</cellXfs>"),
        "more than 500,000 formats",
    ),
    "a tag that is as long as a book": (
        _with("sheet1.xml", _END, _END + b'<x a="' + b"y" * 6_000_000 + b'"/>'),
        "a piece of markup of 4,194,304 bytes",
    ),
    "an entity from a file": (
        _with("sheet1.xml", b"<worksheet", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
              b"<worksheet"),
        "declares a document type",
    ),
    "entities of entities, in a part that holds no cells": (
        _with("styles.xml", b"<styleSheet", b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
              b"<styleSheet"),
        "declares a document type",
    ),
    "a cell in the far corner": (
        _with("sheet1.xml", _END, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + _END),
        "16,384 columns, and at most 1,000 are read",
    ),
    "a cell beyond any sheet": (
        _with("sheet1.xml", _END, b'<row r="9999999999"><c r="ZZZZ9999999999"><v>1</v></c></row>'
              + _END),
        "cannot be read as a workbook",
    ),
    "a number of a hundred thousand digits": (
        _with("sheet1.xml", b"676", b"6" * 100_000),
        "cannot be read as a workbook",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_a_workbook_that_claims_what_it_has_not_is_read_for_what_it_has(
    tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    own = sp.read(READ[what](folder / "own.xlsx"), treaty="ccm", published="2012-01-01")
    assert own.quantities["quantity"].tolist() == [676]
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "own.xlsx"]


@pytest.mark.parametrize("what", REFUSED)
def test_a_workbook_made_to_break_its_reader_is_refused(tmp_path: Path, what: str) -> None:
    make, said = REFUSED[what]
    with pytest.raises(sp.DataError, match=said):
        sp.read(make(tmp_path / "own.xlsx"), treaty="ccm", published="2012-01-01")


@pytest.mark.parametrize(
    ("content", "limits", "said"),
    [
        ("State,Declared\n" + "," * 10**5 + "x", {}, "100,001 columns, and at most 1,000"),
        ("State,Declared\n" + "a\n" * 2000, {"rows": 1000}, " rows, and at most 1,000 are read"),
        ("State,Declared\n" + "a,b\n" * 2000, {"cells": 1000}, "cells, and at most 1,000 are read"),
        (f'State,Declared\n"{"x" * 10**5}",1\n', {}, "100,000 characters in a cell"),
        (f'State,Declared\n"{"x" * 10**6}",1\n', {}, "131,072 if the limit is raised, and no"),
        ('State,Declared\n"' + "x\n" * 10**5, {}, "line 2: not readable as CSV"),
    ],
)
def test_a_text_made_to_break_its_reader_is_refused(
    tmp_path: Path, content: str, limits: dict[str, int], said: str
) -> None:
    path = text(tmp_path / "own.csv", content)
    with pytest.raises(sp.DataError, match=said):
        sp.read(path, treaty="ccm", published="2012-01-01", limits=sp.Limits(**limits))


def test_many_names_of_no_state_are_told_apart_once(tmp_path: Path) -> None:
    """Each name is held against those of the treaty, which are taken apart but once."""
    from stockpile.spreadsheets.countries import find, folded

    find("Nowhere")  # the names that are known in many languages are taken apart here
    folded.cache_clear()
    rows: list[list[Any]] = [HEAD, *([f"Nowhere {n}", n] for n in range(300))]
    content = "\n".join(",".join(map(str, row)) for row in rows)
    own = sp.read(text(tmp_path / "own.csv", content), treaty="ccm", published="2012-01-01")
    assert len(own.rejected) == 300
    assert folded.cache_info().misses < 3_000


@pytest.mark.parametrize("letter", ["\u202e", "\u202a", "\u2066", "\u2028", "\ud800", "\x1b"])
def test_text_that_would_turn_others_around_is_rejected(letter: str) -> None:
    rows = {
        "State": ["Peru", "Chad"],
        "Submunitions declared": [1, 2],
        "Source": ["A", f"A{letter}B"],
    }
    own = sp.read(pd.DataFrame(rows), treaty="ccm", published="2012-01-01")
    assert own.rejected["line"].tolist() == [3]
    assert own.quantities["iso3"].tolist() == ["PER"]


def test_marks_that_some_scripts_need_stay() -> None:
    rows = {"State": ["Peru"], "Submunitions declared": [1], "Source": ["گزارش\u200cها \u200fالف"]}
    assert sp.read(pd.DataFrame(rows), treaty="ccm", published="2012-01-01").rejected.empty
