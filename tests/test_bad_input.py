"""Every file of the corpus of bad input gets the answer that stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from badfiles import (
    BAD,
    GOOD,
    Case,
    answer,
    assert_accounted_for,
    assert_answers,
    corpus,
    laid_out,
)

import stockpile as sp
from stockpile.ledger.load import packaged_folder, rules_and_acts
from stockpile.spreadsheets.gather import gather
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty.folder import Ingested, ingest

CASES = corpus()
FOLDERS = [case for case in CASES if case.folder != "own"]
OWN = [case for case in CASES if case.folder == "own"]


def test_the_good_folder_is_good() -> None:
    ledger = sp.load(GOOD)
    assert ledger.rejected.empty and ledger.warnings.empty
    assert ledger.counts["read"].sum() == 17


def test_every_file_has_its_answer_and_every_answer_its_file() -> None:
    named = {case.path for case in CASES if "without" not in case.expected}
    there = {
        path
        for path in BAD.glob("*/*")
        if path.parent != GOOD and path.suffix in (".csv", ".toml", ".tsv", ".txt", ".xlsx")
    }
    assert there - {path for path in there if path.name == "expected.toml"} == named
    assert len(named) >= 80


@pytest.mark.parametrize("case", FOLDERS, ids=map(str, FOLDERS))
def test_a_folder_with_a_bad_file(case: Case, tmp_path: Path) -> None:
    folder = laid_out(case, tmp_path / "demo")
    limits = sp.Limits(**case.expected.get("limits", {}))
    if "error" in case.expected:
        with pytest.raises(sp.DataError) as raised:
            sp.load(folder, limits=limits)
        message = str(raised.value)
        assert case.expected["error"] in message
        assert message.startswith(case.file) or "without" in case.expected
        assert len(message) < 1000
        return
    # Rows are held against each other only where something is to come of it: that takes longer.
    across = "warned" in case.expected
    read = sp.load(folder, limits=limits) if across else ingest(folder, limits=limits)
    assert_accounted_for(read)
    found = answer(read, "quantities.csv" if case.folder == "folder" else case.file)
    assert_answers(found, dict(case.expected))
    assert found["elsewhere"] == case.expected.get("elsewhere", 0)
    unread = read.warnings.loc[read.warnings["kind"] == "file not read", "file"]
    assert unread.tolist() == case.expected.get("unread", [])


@pytest.fixture(scope="module")
def base() -> Ingested:
    """What the tables that people made are read beside."""
    return rules_and_acts(packaged_folder("ccm"))


@pytest.mark.parametrize("case", OWN, ids=map(str, OWN))
def test_a_bad_table_of_ones_own(case: Case, base: Ingested) -> None:
    told = {"published": "2012-04-01", "unit": "cluster_munitions"}
    how = dict(case.expected.get("how", told))
    options = Options(**how, limits=sp.Limits(**case.expected.get("limits", {})))
    if "error" in case.expected:
        with pytest.raises(sp.DataError) as raised:
            gather(understand(case.path, base.treaty, options), base.tables)
        message = str(raised.value)
        assert message.startswith(case.file)
        assert case.expected["error"] in message
        return
    found = gather(understand(case.path, base.treaty, options), base.tables).ingested
    assert_accounted_for(found)
    (place,) = found.counts["file"]
    says = answer(found, place)
    # What is said of a sheet that is not read stands under its own name.
    says["warned"] = found.warnings[["line", "kind"]].values.tolist()
    assert_answers(says, dict(case.expected))
    assert says["elsewhere"] == 0
