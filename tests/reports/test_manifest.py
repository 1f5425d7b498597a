"""What a report says of itself, and what is read from it later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import stockpile as sp
from stockpile.reports import manifest


@pytest.fixture
def publish(tmp_path: Path, ccm: sp.Ledger) -> Callable[..., Path]:
    """Put a small good report in a folder of reports."""

    def make(day: str, rule: str = "reported", **changes: object) -> Path:
        folder = tmp_path / "ccm" / day
        (folder / "states").mkdir(parents=True)
        (folder / "index.html").write_text(day)
        (folder / "states" / "PER.html").write_text("Peru")
        account = manifest.describe(
            ccm.as_of(day, rule),
            parameters={"rule": rule},
            notebooks=[{"name": "status_report", "outcome": "good", "seconds": 1.5}],
            pages=[{"name": "page of PER", "outcome": "good", "seconds": 0.5}],
            ratings={"on target": 3},
            changed=1,
            since="2011-04-19",
            folder=folder,
        )
        manifest.write(folder, account | changes)
        return folder

    return make


Publish = Callable[..., Path]


def test_it_says_what_the_report_was_made_from(publish: Publish, ccm: sp.Ledger) -> None:
    told = manifest.read(publish("2012-04-19"))
    assert told is not None
    assert (told["treaty"], told["as_of"], told["rule"]) == ("ccm", "2012-04-19", "reported")
    assert told["data_hash"] == ccm.data_hash
    assert {"quantities.csv", "events.csv", "sources.csv", "treaty.toml"} <= set(told["inputs"])
    assert told["inputs"]["events.csv"] == manifest.file_hash(ccm.folder / "events.csv")
    rows = told["rows"]
    assert rows["read"] == rows["accepted"] + rows["rejected"] > 0
    assert told["versions"]["stockpile"] == sp.__version__
    assert {"pandas", "papermill", "python"} <= set(told["versions"])
    assert set(told["files"]) == {"index.html", "states/PER.html"}


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_report_that_is_not_as_published_is_not_whole(publish: Publish, damage: str) -> None:
    folder = publish("2012-04-19")
    told = manifest.read(folder)
    assert told is not None and manifest.is_whole(folder, told)
    page = folder / "states" / "PER.html"
    page.write_text("other") if damage == "changed" else page.unlink()
    assert not manifest.is_whole(folder, told)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"form": 99, "outcome": "good"}', '{"form": 1, "outcome": "bad"}']
)
def test_what_is_no_good_report_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert manifest.read(tmp_path) is None


def test_reports_are_those_that_are_good_by_day(publish: Publish, tmp_path: Path) -> None:
    publish("2013-01-01")
    publish("2012-01-01")
    publish("2014-01-01", outcome="failed")
    treaty = tmp_path / "ccm"
    (treaty / "notes").mkdir()
    (treaty / "2015-01-01").mkdir()
    assert [p.name for p in manifest.reports(treaty)] == ["2012-01-01", "2013-01-01"]
    assert manifest.reports(tmp_path / "none") == []


def test_latest_points_to_the_newest_day_whatever_was_made_last(
    publish: Publish, tmp_path: Path
) -> None:
    treaty = tmp_path / "ccm"
    treaty.mkdir()
    manifest.point_latest(treaty)
    assert not (treaty / "latest").exists()
    for day, newest in (("2013-01-01", "2013"), ("2012-01-01", "2013"), ("2014-01-01", "2014")):
        publish(day)
        manifest.point_latest(treaty)
        assert (treaty / "latest").is_symlink()
        assert (treaty / "latest").readlink() == Path(f"{newest}-01-01")
    assert [p.name for p in treaty.iterdir() if p.name.startswith(".")] == []
    assert "latest" not in {p.name for p in manifest.reports(treaty)}


def test_the_previous_report_is_of_an_earlier_day_and_the_same_rule(
    publish: Publish, tmp_path: Path
) -> None:
    treaty = tmp_path / "ccm"
    for day, rule in (("2012-01-01", "reported"), ("2013-01-01", "published")):
        publish(day, rule)
    publish("2014-01-01")
    found = manifest.previous(treaty, "2014-01-01", "reported")
    assert found is not None and found.name == "2012-01-01"
    assert manifest.previous(treaty, "2012-01-01", "reported") is None
    told = json.loads((treaty / "2014-01-01" / "manifest.json").read_text())
    assert told["as_of"] == "2014-01-01"
