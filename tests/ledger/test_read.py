"""Tables of one's own: from the file that a person made to the rating of a state."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pandas as pd
import pytest
from handmade import book, text
from hypothesis import given, settings
from hypothesis import strategies as st
from smalltreaty import TOML, write_treaty

import stockpile as sp
from stockpile.ledger.load import packaged_folder, rules_and_acts
from stockpile.spreadsheets.gather import gather
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.options import Options

pytestmark = pytest.mark.usefixtures("alone")

DAY = "2012-04-19"
MUNITIONS, SUBMUNITIONS = "cluster_munitions", "submunitions"

Read = Callable[..., sp.Ledger]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a text table and read it; whatever happens, its rows are accounted for."""

    def reads(content: str, name: str = "own.csv", **how: Any) -> sp.Ledger:
        told = {"treaty": "ccm", "published": "2012-04-01", "unit": MUNITIONS} | how
        return accounted(sp.read(text(tmp_path / name, content), **told))

    return reads


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., Rows]:
    """The same without the ledger, for what its rows come to: that is far cheaper."""

    def reads(content: str, name: str = "own.csv", **how: Any) -> Rows:
        told = {"published": "2012-04-01", "unit": MUNITIONS} | how
        return rows_of(text(tmp_path / name, content), **told)

    return reads


class Rows(NamedTuple):
    """What the rows of a table came to."""

    quantities: pd.DataFrame
    events: pd.DataFrame
    rejected: pd.DataFrame
    warnings: pd.DataFrame
    counts: pd.DataFrame


def rows_of(table: Path | pd.DataFrame, **how: Any) -> Rows:
    base = rules_and_acts(packaged_folder("ccm"))
    found = gather(understand(table, base.treaty, Options(**how)), base.tables).ingested
    tables = found.tables
    return accounted(
        Rows(tables["quantities"], tables["events"], found.rejected, found.warnings, found.counts)
    )


T = TypeVar("T", sp.Ledger, Rows)


def accounted(read: T) -> T:
    """Read is accepted plus rejected, and nothing of a rejected row was taken."""
    counts = read.counts
    assert (counts["read"] == counts["accepted"] + counts["rejected"]).all()
    bad = read.rejected[["file", "line"]].drop_duplicates()
    assert len(bad) == counts["rejected"].sum()
    if len(counts) == 1:
        assert not set(read.quantities["line"]) & set(bad["line"])
    return read


def said(read: sp.Ledger | Rows) -> list[tuple[Any, ...]]:
    """What was read, as tuples: state, measure, number, first and last day."""
    rows = read.quantities.sort_values(["line", "measure", "period_end"])
    days = [rows[c].dt.strftime("%Y-%m-%d").fillna("") for c in ("period_start", "period_end")]
    return list(zip(rows["iso3"], rows["measure"], rows["quantity"], *days, strict=True))


def problems(read: sp.Ledger | Rows) -> list[tuple[int, str, str, str]]:
    rows = read.rejected
    return list(zip(rows["line"], rows["column"], rows["value"], rows["reason"], strict=True))


# The two figures that people know best


def guide(file: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the five lines of the guide that read a file, in the folder where it lies."""
    text = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text(encoding="utf-8")
    (block,) = [b for b in re.findall(r"```python\n(.*?)```", text, re.S) if file in b]
    assert len(block.splitlines()) <= 5
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"sp": sp}
    exec(block, names)
    return names


def finished(ccm: sp.Ledger, path: Path) -> Path:
    """A workbook as an analyst would have made it on the day, from the packaged figures."""
    now = sp.status(ccm.as_of(DAY)).set_index("iso3")
    done = now[now["status"] == "completed"]
    told = {"DEU": 0.66, "GBR": 0.72}  # by the Cluster Munition Monitor of that year
    rows = [
        [row.state, row.declared_cluster_munitions, 1.0, row.completed] for row in done.itertuples()
    ]
    rows += [
        [now.loc[c, "state"], now.loc[c, "declared"], share, None] for c, share in told.items()
    ]
    cells = [[None if pd.isna(cell) else cell for cell in row] for row in rows]

    def per_cent(workbook: Any) -> None:
        sheet = workbook.active
        for (cell,) in sheet[f"C4:C{sheet.max_row}"]:
            cell.number_format = "0%"

    head = ["State", "Cluster munitions declared", "Cluster munitions destroyed (%)", "Completed"]
    lines = [["Stockpiles under the CCM, April 2012"], [], head, *cells, ["Total", 999_999]]
    return book(path, lines, finish=per_cent)


def test_nine_states_parties_had_finished_and_two_nearly(
    ccm: sp.Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(ccm, tmp_path / "ccm-2012.xlsx")
    told = guide("ccm-2012.xlsx", tmp_path, monkeypatch)
    own, now, done, nine, most = (told[name] for name in ("own", "now", "done", "nine", "most"))
    assert len(nine) == 9 and len(done) == 10
    assert set(done.index) - set(nine.index) == {"Czech Republic"}  # bound from 1 March 2012
    assert most.tolist() == pytest.approx([0.66, 0.72], abs=1e-4)
    assert accounted(own).rejected.empty
    # The same states as the packaged tables have, with the same deadlines.
    packaged = sp.status(ccm.as_of(DAY)).set_index("state")
    parties = packaged[
        packaged["status"].eq("completed") & packaged["membership"].eq("State Party")
    ]
    assert set(done.index) == set(parties.index)
    shared = now.index
    pd.testing.assert_series_equal(now["deadline"], packaged.loc[shared, "deadline"])
    assert (
        not now.loc[["Germany", "United Kingdom"], "status"].isin(["overdue", "off target"]).any()
    )


def test_all_that_was_declared_is_destroyed(
    ccm: sp.Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One and a half million cluster munitions, and 178 million submunitions in them."""
    now = sp.status(ccm.as_of("2026-06-30"))
    now = now[(now["membership"] == "State Party") & (now["declared"] > 0)]
    names = [
        f"{what}_{unit}" for unit in (MUNITIONS, SUBMUNITIONS) for what in ("declared", "destroyed")
    ]
    cells = now[["state", *names]].astype("object").where(now[["state", *names]].notna(), None)
    upper = [None, "Cluster munitions", None, "Submunitions", None]
    lower = ["State Party", *["Declared", "Destroyed to date"] * 2]
    totals = ["TOTAL", *now[names].sum().tolist()]

    def merged(workbook: Any) -> None:
        workbook.active.merge_cells("B1:C1")
        workbook.active.merge_cells("D1:E1")

    lines = [upper, lower, *cells.values.tolist(), totals]
    book(tmp_path / "ccm-2026.xlsx", lines, finish=merged)
    told = guide("ccm-2026.xlsx", tmp_path, monkeypatch)
    own, share, total = told["own"], told["share"], told["now"][names].sum()

    assert round(total["declared_cluster_munitions"], -4) == 1_480_000
    assert round(total["declared_submunitions"], -6) == 178_000_000
    assert 0.998 < share < 1
    assert accounted(own).counts["read"].tolist() == [len(cells)]
    assert own.warnings["kind"].tolist() == ["totals row left out"]


# The shapes that people have


def test_a_wide_table_of_years(rows: Callable[..., Rows]) -> None:
    content = "Country;Declared;2010;2011\nUnited Kingdom;190828;1000;500\nNA;0;;\n"
    assert said(rows(content, cumulative=False)) == [
        ("GBR", "declared", 190828, "", ""),
        ("GBR", "destroyed", 1000, "2010-01-01", "2010-12-31"),
        ("GBR", "destroyed", 500, "2011-01-01", "2011-12-31"),
        ("NAM", "declared", 0, "", ""),
    ]
    assert said(rows(content, cumulative=True))[1:3] == [
        ("GBR", "destroyed_total", 1000, "", "2010-12-31"),
        ("GBR", "destroyed_total", 500, "", "2011-12-31"),
    ]


def test_a_wide_table_whose_headings_say_it_all(rows: Callable[..., Rows]) -> None:
    ledger = rows(
        "State\tDeclared\tDestroyed in 2010\tDestroyed by end 2011\tRemaining 2011\tRetained\n"
        "Peru\t2012\t5\t7\t2005\t3\n",
        name="own.tsv",
    )
    assert said(ledger) == [
        ("PER", "declared", 2012, "", ""),
        ("PER", "destroyed", 5, "2010-01-01", "2010-12-31"),
        ("PER", "destroyed_total", 7, "", "2011-12-31"),
        ("PER", "remaining", 2005, "", "2011-12-31"),
        ("PER", "retained", 3, "", ""),
    ]


def test_a_long_table_of_years(rows: Callable[..., Rows]) -> None:
    content = "state,year,destroyed in the year,remaining\nPeru,2010,5,7\nPeru,2011,,2\n"
    assert said(rows(content)) == [
        ("PER", "destroyed", 5, "2010-01-01", "2010-12-31"),
        ("PER", "remaining", 7, "", "2010-12-31"),
        ("PER", "remaining", 2, "", "2011-12-31"),
    ]


def test_a_long_table_of_periods(rows: Callable[..., Rows]) -> None:
    for content in (
        "state,period,destroyed\nPeru,2010–2011,5\nPeru,2012-01,7\n",
        "state,from,to,destroyed\nPeru,2010,2011,5\nPeru,2012-01,2012-01,7\n",
    ):
        assert said(rows(content)) == [
            ("PER", "destroyed", 5, "2010-01-01", "2011-12-31"),
            ("PER", "destroyed", 7, "2012-01-01", "2012-01-31"),
        ]


def test_a_long_table_of_measures_and_sources(read: Read) -> None:
    ledger = read(
        "Country,Indicator,Unit,Value,Year,Source,Published,Kind\n"
        "Peru,Declared stock,bomblets,100,,Letter,2011-05-01,state\n"
        "Peru,destroyed_total,Cluster munitions,50,2010,Letter,2011-05-01,state\n"
        "Peru,remaining,submunitions,40,2011,News,2012-05,press\n",
        unit=None,
        published=None,
    )
    assert [row[:3] for row in said(ledger)] == [
        ("PER", "declared", 100),
        ("PER", "destroyed_total", 50),
        ("PER", "remaining", 40),
    ]
    assert ledger.quantities.sort_values("line")["unit"].tolist() == [
        SUBMUNITIONS, MUNITIONS, SUBMUNITIONS,
    ]  # fmt: skip
    sources = ledger.sources.set_index("title")
    assert sources.loc["Letter", ["kind", "published_precision"]].tolist() == ["state", "day"]
    assert sources.loc["News", "published"] == pd.Timestamp("2012-05-31")
    assert len(ledger.as_of("2012-04-30").quantities) == 3  # by the reporting date
    assert len(ledger.as_of("2012-04-30", "published").quantities) == 2


def test_a_table_of_events(rows: Callable[..., Rows]) -> None:
    ledger = rows(
        "state,event,date,value,source,published\n"
        "Peru,completed,Dec 2023,,Mine,2024-01-01\n"
        "Peru,extension granted,2020-11-01,2024-04,Mine,2024-01-01\n"
        "Peru,exploded,2020,,Mine,2024-01-01\n",
        published=None,
    )
    own = ledger.events[ledger.events["file"] == "own.csv"].sort_values("line")
    assert own["event"].tolist() == ["completed", "extension_granted"]
    assert own["precision"].tolist() == ["month", "day"]
    assert own["new_deadline"].iloc[1] == pd.Timestamp("2024-04-30")
    assert problems(ledger) == [(4, "event", "exploded", "not a known event")]


def test_dates_in_a_column_of_their_own(rows: Callable[..., Rows]) -> None:
    ledger = rows("State,Completed,Target date\nPeru,,2014\nNorway,16 July 2010,\n")
    own = ledger.events[ledger.events["file"] == "own.csv"]
    assert own[["iso3", "event", "precision"]].values.tolist() == [
        ["PER", "planned_completion", "year"],
        ["NOR", "completed", "day"],
    ]


def test_tables_of_a_treaty_folder_in_one_workbook(ccm: sp.Ledger, tmp_path: Path) -> None:
    tables = {}
    for name in ("sources", "quantities", "events"):
        frame = pd.read_csv(ccm.folder / f"{name}.csv", dtype="str", keep_default_na=False)
        tables[name] = [list(frame.columns), *frame.values.tolist()]
    own = accounted(sp.read(book(tmp_path / "ccm.xlsx", **tables), treaty="ccm"))
    assert own.rejected.empty
    columns = ["iso3", "measure", "unit", "quantity", "period_start", "period_end", "source_id"]
    mine, theirs = (one.quantities.sort_values("line", ignore_index=True) for one in (own, ccm))
    pd.testing.assert_frame_equal(mine[columns], theirs[columns])


def test_a_frame_with_states_in_its_index_and_two_lines_of_headings() -> None:
    columns = pd.MultiIndex.from_product([["Munitions", "Submunitions"], ["Declared", 2011]])
    frame = pd.DataFrame([[5, 1, 50, 10]], pd.Index(["Peru"], name="country"), columns)
    ledger = sp.read(frame, treaty="ccm", published="2012-04-01", cumulative=True)
    assert sorted(ledger.quantities["quantity"]) == [1, 5, 10, 50]
    assert ledger.counts["file"].tolist() == ["data frame"]


def test_a_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"State": ["Peru"], "Declared": [5]})
    before = frame.copy()
    sp.read(frame, treaty="ccm", unit=MUNITIONS, published="2012")
    pd.testing.assert_frame_equal(frame, before)


# What is asked for


@pytest.mark.parametrize(
    ("content", "how", "asked"),
    [
        ("State,Declared\nPeru,1\n", {"unit": None}, "unit='cluster_munitions' or unit='sub"),
        ("State,2012\nPeru,1\n", {}, "cumulative=False for the first, cumulative=True for the"),
        ("State,Destroyed 2012\nPeru,1\n", {}, "destroyed in 2012 or all that was destroyed by"),
        ("State,Total destroyed 2012\nPeru,1\n", {}, "say cumulative="),
        ("state,year,destroyed\nPeru,2010,1\n", {}, "say cumulative="),
        ("state,date,destroyed\nPeru,2010-01-05,1\n", {}, "say cumulative="),
        ("state,until,destroyed\nPeru,2010-01-05,1\n", {}, "say cumulative="),
        ("state,measure,year,number\nPeru,destroyed,2010,1\n", {}, "say cumulative="),
        ("State,Destroyed\nPeru,1\n", {}, "by what day was that, 'Destroyed'? say on='2012-04-19'"),
        ("State,Remaining\nPeru,1\n", {}, "say on='2012-04-19'"),
        ("State,Declared\nPeru,1\n", {"published": None}, "when did these figures come out?"),
        ("State,Declared,Stock\nPeru,1,1\n", {}, "columns={'Stock': 'remaining'}, or"),
        ("State,Declared,Dstroyed\nPeru,1,1\n", {}, "did you mean 'destroyed'"),
        ("State,Declared,\nPeru,1,1\n", {}, "column 3 has no heading"),
        ("State,Declared,Declared\nPeru,1,1\n", {}, "'Declared' and 'Declared' both say declared"),
        ("State,Number\nPeru,1\n", {}, "what are the numbers under 'Number'?"),
        ("State,Year,Date,Remaining\nPeru,2010,2010,1\n", {}, "both say of what time a row"),
        ("State,Unit,Weapon,Declared\nPeru,x,x,1\n", {}, "'Unit' and 'Weapon' both say the unit"),
        ("State,Source,Document,Declared\nPeru,x,x,1\n", {}, "columns={'Source': None}"),
        ("State,Year\nPeru,2010\n", {}, "no column of numbers was recognised"),
        ("State,Completed 2012\nPeru,2010\n", {}, "'Completed 2012' is the heading of a date"),
        ("State,% destroyed\nPeru,0.5\n", {"on": DAY}, "percent=True if 1 means one per cent"),
        ("State,Declared by 3/4/2012\nPeru,1\n", {}, "date_order='dmy' or 'mdy'"),
        ("State,Declared\nPeru,1\n", {"columns": {"Nation": "state"}}, "columns names 'Nation'"),
    ],
)
def test_what_may_be_read_in_two_ways_is_asked(
    rows: Callable[..., Rows], content: str, how: dict[str, Any], asked: str
) -> None:
    with pytest.raises(sp.DataError) as caught:
        rows(content, **how)
    assert "must be answered before the file can be read" in str(caught.value)
    assert asked in str(caught.value)


@pytest.mark.parametrize(
    ("content", "how", "read_as"),
    [
        ("State,Nombre\nPeru,1\n", {"columns": {"Nombre": "declared"}}, ("declared", "")),
        ("Nation,Declared\nPeru,1\n", {"columns": {"Nation": "state"}}, ("declared", "")),
        ("State,Stock\nPeru,1\n", {"columns": {"Stock": "left 2011"}}, ("remaining", "2011-12-31")),
        ("State,Declared,X\nPeru,1,5\n", {"columns": {"X": None}}, ("declared", "")),
        ("State,Destroyed\nPeru,1\n", {"on": DAY}, ("destroyed_total", DAY)),
        ("State,Total destroyed\nPeru,1\n", {"on": "2011"}, ("destroyed_total", "2011-12-31")),
        ("State,% destroyed\nPeru,0.5\n", {"on": DAY, "percent": True}, ("destroyed_share", DAY)),
        ("a title\n\nx,y\nState,Declared\nPeru,1\n", {"header": 4}, ("declared", "")),
        (
            "state,date,destroyed\nPeru,2010-01-05,1\n",
            {"cumulative": True},
            ("destroyed_total", "2010-01-05"),
        ),
        (
            "state,measure,year,number\nPeru,destroyed,2010,1\n",
            {"cumulative": True},
            ("destroyed_total", "2010-12-31"),
        ),
    ],
)
def test_each_question_has_its_answer(
    rows: Callable[..., Rows], content: str, how: dict[str, Any], read_as: tuple[str, str]
) -> None:
    ((_, measure, _, _, end),) = said(rows(content, **how))
    assert (measure, end) == read_as


def test_all_questions_are_asked_at_once(tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", "State,Declared,2010,2011,What now\nPeru,1,2,3,4\n")
    with pytest.raises(sp.DataError) as caught:
        sp.read(path, treaty="ccm")
    first, *rest = str(caught.value).splitlines()
    assert first == "own.csv: 4 questions must be answered before the file can be read:"
    assert [line[:5] for line in rest] == ["  1. ", "  2. ", "  3. ", "  4. "]


def test_the_treaty_is_asked_for(tmp_path: Path) -> None:
    path = text(tmp_path / "own.csv", "State,Declared\nPeru,1\n")
    asked = "which treaty is it about\\? say treaty='apmbc', treaty='ccm', treaty='cwc', or the"
    with pytest.raises(sp.DataError, match=rf"^own\.csv: {asked}"):
        sp.read(path)
    with pytest.raises(sp.DataError, match=f"^data frame: {asked}"):
        sp.read(pd.DataFrame({"State": ["Peru"], "Declared": [1]}))
    with pytest.raises(sp.DataError, match="not a packaged treaty"):
        sp.read(path, treaty="cmc")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"decimal": ";"}, "decimal is ';'; expected '.' or ','"),
        ({"date_order": "ymd"}, "date_order is 'ymd'; expected 'dmy' or 'mdy'"),
        ({"kind": "rumour"}, "kind is 'rumour'; expected 'depositary' or"),
        ({"published": "soon"}, "published is 'soon'; expected a day as '2012-04-19'"),
        ({"on": "3/4/2012"}, "on is '3/4/2012'; expected a day"),
        ({"encoding": "klingon"}, "encoding is 'klingon'"),
        ({"encoding": "zlib"}, "encoding is 'zlib'"),
        ({"unit": "tons"}, "unit is 'tons'; expected cluster_munitions or submunitions"),
        ({"header": 0}, "header is 0; expected the line of the headings, from 1"),
        ({"delimiter": "|"}, "delimiter is '|'"),
        ({"cumulative": "no"}, "cumulative is 'no'; expected True or False"),
        ({"percent": "no"}, "percent is 'no'; expected True or False"),
        ({"on": "unknown"}, "on is 'unknown'; expected a day as '2012-04-19'"),
        ({"columns": {"Declared": "declard"}}, "did you mean 'declared'"),
    ],
)
def test_an_option_that_is_none_says_what_would_be(
    rows: Callable[..., Rows], how: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        rows("State,Declared\nPeru,1\n", **how)
    assert message in str(caught.value)


# What is rejected, and what is left out


def test_a_row_is_taken_whole_or_not_at_all(rows: Callable[..., Rows]) -> None:
    ledger = rows(
        "State,Declared,Destroyed in 2010,Destroyed in 2011\n"
        "Peru,100,x,-5\n"
        "Chad,100,1,2\n"
        "Congo,1,1,1\n"
        ",5,5,5\n"
        "Atlantis,1,1,1\n"
    )
    assert {row[0] for row in said(ledger)} == {"TCD"}
    assert problems(ledger) == [
        (2, "Destroyed in 2010", "x", "not a number"),
        (2, "Destroyed in 2011", "-5", "below zero"),
        (4, "State", "Congo", "the name of more than one state"),
        (5, "State", "", "no state"),
        (6, "State", "Atlantis", "not the name or code of a state"),
    ]
    assert ledger.counts[["read", "accepted", "rejected"]].values.tolist() == [[5, 1, 4]]


def test_of_a_share_above_the_whole_the_option_is_named(rows: Callable[..., Rows]) -> None:
    ledger = rows("State,Date,Destroyed share\nPeru,2011-12-31,0.5\nChad,2011-12-31,66\n")
    assert problems(ledger) == [(3, "Destroyed share", "66", "a share above the whole")]
    assert ledger.rejected["expected"].tolist() == ["from 0 to 1, or percent=True"]


def test_a_name_and_a_code_have_to_agree(rows: Callable[..., Rows]) -> None:
    ledger = rows("Country,ISO3,Declared\nPeru,PER,1\nChad,TCD,2\nNiger,NGA,3\nMali,,4\n")
    assert [row[0] for row in said(ledger)] == ["PER", "TCD", "MLI"]
    assert problems(ledger) == [(4, "ISO3", "NGA", "'Niger' is NER but 'NGA' is NGA")]


def test_the_rules_of_a_treaty_folder_hold(rows: Callable[..., Rows]) -> None:
    ledger = rows(
        "state,from,to,destroyed,remaining\n"
        "Peru,2011-05-01,2010-05-01,5,\n"
        "Chad,2010,2010,1.5,\n"
        "Mali,2010,2010,5,3\n"
    )
    assert [row[:2] for row in said(ledger)] == [("MLI", "destroyed"), ("MLI", "remaining")]
    assert [(line, value) for line, _, value, _ in problems(ledger)] == [
        (2, "2010-05-01"),
        (3, "1.5"),
    ]
    assert problems(ledger)[1][1:] == ("destroyed", "1.5", "a count with a fraction")


def test_totals_notes_and_repeated_headings_are_no_rows(rows: Callable[..., Rows]) -> None:
    ledger = rows(
        "Stockpiles,,\n"
        "State,Declared,Notes\n"
        "Peru,1,none\n"
        "Gesamt,1,\n"
        "State,Declared,Notes\n"
        "Chad*,2,\n"
        "Total States Parties (2),3,\n"
        "* estimate,,\n"
        "Source: my own list,,\n"
    )
    assert [row[0] for row in said(ledger)] == ["PER", "TCD"]
    assert ledger.rejected.empty
    left = ledger.warnings[["line", "kind"]].values.tolist()
    assert left == [
        [2, "column left out"],
        [4, "totals row left out"],
        [5, "repeated headings left out"],
        [6, "footnote mark left out"],
        [7, "totals row left out"],
        [8, "note left out"],
        [9, "note left out"],
    ]


def test_each_footnote_mark_that_is_left_out_is_said(rows: Callable[..., Rows]) -> None:
    ledger = rows(
        "State,From,To,Destroyed,Completed,Published\n"
        "Peru*,2010-01*,2011 [1],5†,2012-01-05²,2012-02-01§\n"
    )
    assert ledger.rejected.empty
    assert ledger.warnings["kind"].unique().tolist() == ["footnote mark left out"]
    assert ledger.warnings["message"].tolist() == [
        "'2010-01*' under 'From' was read as 2010-01-31",
        "'2011 [1]' under 'To' was read as 2011-12-31",
        "'2012-01-05²' under 'Completed' was read as 2012-01-05",
        "'2012-02-01§' under 'Published' was read as 2012-02-01",
        "'5†' under 'Destroyed' was read as 5",
        "'Peru*' under 'State' was read as PER",
    ]


def test_a_formula_is_no_name_of_a_state(tmp_path: Path) -> None:
    path = book(tmp_path / "own.xlsx", [["State", "Declared"], ["=A9", 1], ["Peru", 2]])
    read = rows_of(path, published="2012-04-01", unit=MUNITIONS)
    assert read.quantities["iso3"].tolist() == ["PER"]
    assert problems(read) == [
        (2, "State", "=A9", "cell A2 holds a formula without a stored result")
    ]


def test_a_heading_among_the_rows_is_rejected_and_not_dropped(rows: Callable[..., Rows]) -> None:
    ledger = rows("State,Declared\nStates Parties,\nPeru,1\n")
    assert problems(ledger) == [(2, "State", "States Parties", "not the name or code of a state")]


def test_a_row_without_figures_is_read_with_a_doubt(rows: Callable[..., Rows]) -> None:
    ledger = rows("State,Declared\nPeru,n/a\n")
    assert ledger.counts["accepted"].tolist() == [1]
    assert ledger.warnings["kind"].tolist() == ["nothing stated"]


def test_rows_with_too_many_cells_are_rejected(rows: Callable[..., Rows]) -> None:
    ledger = rows("State,Declared,2010\nPeru,1,234,5\nChad,1\nMali,1,2\n", cumulative=True)
    assert [row[0] for row in said(ledger)] == ["MLI", "MLI"]
    assert problems(ledger) == [
        (2, "row", "Peru,1,234,5", "the row has 4 cells and the headings 3"),
        (3, "row", "Chad,1", "the row has 2 cells and the headings 3"),
    ]


def test_lines_are_those_of_the_file(rows: Callable[..., Rows]) -> None:
    ledger = rows('"a title\nover two lines",\n\nState,Declared\nPeru,1\n\n"Chad",x\n')
    assert ledger.quantities["line"].tolist() == [5]
    assert problems(ledger) == [(7, "Declared", "x", "not a number")]


def test_further_words_for_not_stated(rows: Callable[..., Rows]) -> None:
    content = "State,Declared,2011\nPeru,1,-\n"
    assert problems(rows(content, cumulative=True))[0][3].startswith("a dash may say")
    assert len(said(rows(content, cumulative=True, missing="-"))) == 1


# What becomes of it


def test_only_membership_and_deadlines_are_the_treatys(ccm: sp.Ledger, read: Read) -> None:
    own = read("State,Declared\nBulgaria,5\n", published="2011")
    assert own.quantities["quantity"].tolist() == [5]
    kept = set(own.events["event"])
    assert not kept & {"completed", "planned_completion", "reopened", "deadline_missed"}
    mine, theirs = (
        sp.status(one.as_of("2024-01-01")).set_index("iso3").loc["BGR"] for one in (own, ccm)
    )
    for column in ("membership", "deadline", "original_deadline", "entry_into_force", "state"):
        assert mine[column] == theirs[column], column
    assert mine["declared"] == 5 and theirs["declared"] > 5


def test_nothing_is_known_before_it_was_published(read: Read) -> None:
    own = read("State,Declared,Remaining 2023\nPeru,5,3\n", published="2024-03-01")
    assert own.as_of("2024-02-28").quantities.empty
    assert len(own.as_of("2024-03-01").quantities) == 2
    assert (
        read("State,Declared\nPeru,5\n", published="unknown")
        .as_of("2030-01-01", "published")
        .quantities.empty
    )


def test_the_hash_is_that_of_what_was_read_and_how(read: Read) -> None:
    one = read("State,2010\nPeru,5\n", cumulative=True).data_hash
    assert one == read("State,2010\nPeru,5\n", cumulative=True).data_hash
    assert one == read("State,2010\nPeru,5\n", cumulative=True, limits=sp.Limits(rows=9)).data_hash
    others = {
        read("State,2010\nPeru,6\n", cumulative=True).data_hash,
        read("State,2010\nPeru,5\n", cumulative=False).data_hash,
        read("State,2010\nPeru,5\n", cumulative=True, published="2012-04-02").data_hash,
    }
    assert len(others | {one}) == 4


def test_a_treaty_of_ones_own(tmp_path: Path) -> None:
    """A folder with nothing but its rules, or with states and events of its own."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "treaty.toml").write_text(TOML, encoding="utf-8")
    frame = pd.DataFrame(
        {"State": ["Peru"], "Declared": [5], "Entry into force": [dt.date(2012, 1, 1)]}
    )
    own = sp.read(frame, treaty=rules, unit=MUNITIONS, published="2012-04-01")
    row = sp.status(own.as_of(DAY)).iloc[0]
    assert (row["state"], row["deadline"]) == ("Peru", pd.Timestamp("2020-01-01"))
    folder = write_treaty(tmp_path / "demo", states=["AAA"])
    frame = pd.DataFrame({"State": ["AAA", "republic of aaa"], "Remaining 2010": [5, 5]})
    own = sp.read(frame, treaty=folder, unit=MUNITIONS, published="2012-04-01")
    assert own.quantities["iso3"].tolist() == ["AAA", "AAA"]
    assert own.states[["iso3", "name"]].values.tolist() == [["AAA", "Republic of AAA"]]


def test_a_treaty_folder_is_loaded(tmp_path: Path) -> None:
    folder = write_treaty(tmp_path / "demo", states=["AAA"])
    assert sp.read(folder).data_hash == sp.load(folder).data_hash


def test_the_order_of_rows_and_columns_does_not_matter(read: Read) -> None:
    one = read("State,Declared,Remaining 2011\nPeru,5,3\nChad,7,2\n")
    two = read("Remaining 2011,State,Declared\n2,Chad,7\n3,Peru,5\n")
    columns = ["iso3", "measure", "quantity", "period_end"]
    for ledger in (one, two):
        assert ledger.rejected.empty
    mine, other = (
        one_.quantities[columns].sort_values(columns, ignore_index=True) for one_ in (one, two)
    )
    pd.testing.assert_frame_equal(mine, other)


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["Peru", "NA", "State", "Declared", "2010", "Total", "1,234", "5%", "n/a", ""]),
    st.integers(-5, 3000),
    st.floats(),
    st.none(),
    st.booleans(),
    st.dates(dt.date(1890, 1, 1)),
)


HEADINGS = st.sampled_from(["State", "Year", "2010", "Declared", "Source", "x", "Unit"])


@settings(max_examples=40)
@given(
    head=st.lists(HEADINGS, min_size=1, max_size=5),
    cells=st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=6),
    cumulative=st.sampled_from([None, True]),
    unit=st.sampled_from([None, MUNITIONS]),
)
def test_any_frame_is_read_or_refused_in_words(
    head: list[str], cells: list[list[Any]], cumulative: bool | None, unit: str | None
) -> None:
    frame = pd.DataFrame([row[: len(head)] for row in cells], columns=head, dtype="object")
    try:
        found = rows_of(frame, published="2012-04-01", on=DAY, cumulative=cumulative, unit=unit)
    except sp.DataError as error:
        assert str(error).startswith("data frame: ")
        return
    blank = sum(all(cell is None for cell in row[: len(head)]) for row in cells)
    left = found.warnings[found.warnings["kind"].str.endswith("row left out")]
    assert found.counts["read"].sum() + len(left) + blank <= len(cells)
