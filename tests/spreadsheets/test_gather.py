"""Statements of one's own, laid over those of a treaty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from handmade import book, text
from smalltreaty import MUNITIONS, consents, ledger_of, quantity, source, write_treaty

import stockpile as sp

pytestmark = pytest.mark.usefixtures("alone")

TOLD: dict[str, Any] = {"unit": MUNITIONS, "published": "2013-05-02", "source": "A letter"}
BEFORE, AFTER = "2013-05-01", "2013-05-02"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A treaty with one state that has declared 100 and destroyed 40."""
    return write_treaty(
        tmp_path / "demo",
        [
            quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
            quantity("AAA", "destroyed_total", 40, "2012-12-31", source="monitor@2013-04-01"),
        ],
        [consents("AAA")],
        states=["AAA"],
    )


def news(path: Path, content: str = "State,Remaining\nAAA,5\n") -> Path:
    return text(path, content)


def test_a_figure_changes_nothing_before_it_was_out(demo: Path, tmp_path: Path) -> None:
    plain = sp.load(demo)
    more = sp.load(demo, extra=news(tmp_path / "n.csv"), on="2013-05-01", **TOLD)
    for rule in ("reported", "published"):
        one, two = (sp.status(ledger.as_of(BEFORE, rule)) for ledger in (plain, more))
        pd.testing.assert_frame_equal(one, two)
        row = sp.status(more.as_of(AFTER, rule)).iloc[0]
        assert (row["remaining"], row["destroyed"]) == (5, 95)


def test_the_accounts_are_of_both(demo: Path, tmp_path: Path) -> None:
    path = news(tmp_path / "n.csv", "State,Remaining 2012\nAAA,5\nCongo,3\nTotal,8\n")
    more = sp.load(demo, extra=path, **TOLD)
    assert more.counts.set_index("file").loc["n.csv"].tolist() == ["", 2, 1, 1]
    assert (more.counts["read"] == more.counts["accepted"] + more.counts["rejected"]).all()
    assert {"quantities.csv", "events.csv", "sources.csv", "states.csv"} < set(more.counts["file"])
    assert more.rejected[["file", "line", "value"]].values.tolist() == [["n.csv", 3, "Congo"]]
    assert "totals row left out" in more.warnings["kind"].tolist()


def test_the_hash_changes_with_the_file(demo: Path, tmp_path: Path) -> None:
    one = sp.load(demo, extra=news(tmp_path / "n.csv"), on="2013", **TOLD).data_hash
    again = sp.load(demo, extra=news(tmp_path / "n.csv"), on="2013", **TOLD).data_hash
    changed = news(tmp_path / "n.csv", "State,Remaining\nAAA,6\n")
    other = sp.load(demo, extra=changed, on="2013", **TOLD).data_hash
    assert one == again
    assert len({one, other, sp.load(demo).data_hash}) == 3


def test_a_state_that_only_the_file_has_joins(demo: Path, tmp_path: Path) -> None:
    more = sp.load(demo, extra=news(tmp_path / "n.csv", "State,Declared\nPeru,5\n"), **TOLD)
    names = more.states[["iso3", "name"]].values.tolist()
    assert names == [["AAA", "Republic of AAA"], ["PER", "Peru"]]
    assert more.states["region"].tolist() == ["", ""]  # nobody said it


def test_columns_name_the_documents(demo: Path, tmp_path: Path) -> None:
    content = (
        "State,Remaining 2012,Source,Published,Kind,URL\n"
        "AAA,7,A letter,2013-05-01,state,https://example.org\n"
        "AAA,8,A paper,May 2013,press,\n"
        "AAA,9,A letter,2013-06-01,state,\n"
        "AAA,9,A letter,soon,state,\n"
        "AAA,9,A letter,2013,rumour,\n"
    )
    more = sp.load(demo, extra=news(tmp_path / "n.csv", content), unit=MUNITIONS)
    added = more.sources[~more.sources["source_id"].isin(sp.load(demo).sources["source_id"])]
    assert added[["source_id", "kind", "published_precision"]].values.tolist() == [
        ["A letter (2013-05-01)", "state", "day"],
        ["A letter (2013-06-01)", "state", "day"],
        ["A paper (2013-05-31)", "press", "month"],
    ]
    assert more.rejected[["line", "column", "reason"]].values.tolist() == [
        [5, "Published", "not a date"],
        [6, "Kind", "not a kind of source"],
    ]
    # The nearer source goes first, as it does among the packaged statements.
    assert sp.status(more.as_of("2013-06-02")).iloc[0]["remaining"] == 9


def test_rows_may_cite_a_source_of_the_treaty(demo: Path, tmp_path: Path) -> None:
    content = "State,Remaining 2012,source_id\nAAA,7,monitor@2013-04-01\nAAA,7,nobody@\n"
    more = sp.load(demo, extra=news(tmp_path / "n.csv", content), unit=MUNITIONS)
    mine = more.quantities[more.quantities["file"] == "n.csv"]
    assert mine["published"].tolist() == [pd.Timestamp("2013-04-01")]
    assert more.rejected["reason"].tolist() == ["the source is not among those of the treaty"]


def test_a_title_that_is_an_id_already_gets_another(demo: Path, tmp_path: Path) -> None:
    folder = write_treaty(
        tmp_path / "taken" / "demo",
        [quantity("AAA", "declared", 1, source="state@2011-01-28")],
        sources=[
            source("state@2011-01-28"),
            source("A letter (2013-05-02)", kind="state", published=""),
        ],
    )
    more = sp.load(folder, extra=news(tmp_path / "n.csv"), on="2013-05-02", **TOLD)
    mine = more.quantities[more.quantities["file"] == "n.csv"]
    assert mine["source_id"].tolist() == ["A letter (2013-05-02) [2]"]


def test_several_at_once_and_of_every_form(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "events.csv").write_text(
        "iso3,event,date,precision,value,source_id\n"
        "AAA,planned_completion,2015-12-31,year,,state@2011-01-28\n"
    )
    extras = [
        news(tmp_path / "n.csv"),
        book(tmp_path / "n.xlsx", [["State", "Retained"], ["AAA", 2]]),
        pd.DataFrame({"State": ["AAA"], "Declared": [101]}),
        folder,
    ]
    more = sp.load(demo, extra=extras, on="2013-05-01", **TOLD)
    files = ["n.csv", "n.xlsx", "data frame", "events.csv"]
    assert set(files) <= set(more.counts["file"])
    assert more.counts.set_index("file").loc["n.xlsx", "sheet"] == "Table"
    assert more.rejected.empty
    row = sp.status(more.as_of(AFTER)).iloc[0]
    assert (row["retained"], row["remaining"]) == (2, 5)
    assert row["planned_completion"] == pd.Timestamp("2015-12-31")


def test_without_rows_nothing_changes_but_the_hash(demo: Path, tmp_path: Path) -> None:
    more = sp.load(demo, extra=news(tmp_path / "n.csv", "State,Declared\n"), **TOLD)
    plain = sp.load(demo)
    pd.testing.assert_frame_equal(more.quantities, plain.quantities)
    pd.testing.assert_frame_equal(sp.status(more.as_of(AFTER)), sp.status(plain.as_of(AFTER)))


def test_what_is_told_needs_something_to_be_told_of(demo: Path) -> None:
    with pytest.raises(TypeError, match="published: says how to read extra, and there is no extra"):
        sp.load(demo, published="2013")


def test_over_the_packaged_statements(ccm: sp.Ledger, tmp_path: Path) -> None:
    """Brazil, which has not joined, and Peru with a figure of one's own."""
    path = news(tmp_path / "n.csv", "State,Remaining\nBrazil,5000\nPeru,1000\n")
    more = sp.load("ccm", extra=path, unit=MUNITIONS, published="2015-01-10", on="2015-01-01")
    assert len(more.quantities) == len(ccm.quantities) + 2
    for day, added in (("2015-01-09", 0), ("2015-01-10", 2)):
        known = len(more.as_of(day, "published").quantities)
        assert known - len(ccm.as_of(day, "published").quantities) == added
    assert "BRA" in set(more.states["iso3"])
    pd.testing.assert_frame_equal(
        sp.status(ccm.as_of("2014-12-31")).query("iso3 == 'PER'").reset_index(drop=True),
        sp.status(more.as_of("2014-12-31")).query("iso3 == 'PER'").reset_index(drop=True),
    )


def test_a_row_is_rejected_in_the_words_of_its_file(tmp_path: Path) -> None:
    """What the rules of the treaty folder find is told by the heading and cell of the row."""
    ledger = ledger_of(tmp_path / "demo", states=["AAA"])
    frame = pd.DataFrame({"Country": ["AAA"], "What was left, 2012": [1.5]})
    more = sp.load(
        ledger.folder,
        extra=frame,
        columns={"What was left, 2012": "remaining 2012"},
        **TOLD,
    )
    assert more.rejected[["column", "value", "reason"]].values.tolist() == [
        ["What was left, 2012", "1.5", "a count with a fraction"]
    ]
