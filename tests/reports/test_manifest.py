"""What a report says of itself, and what is read from it later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stockpile as sp
from stockpile.reports import manifest
from stockpile.reports.overview import _Treaty


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


# --- an earlier report is an input like any other ---

ODD: list[Any] = [
    None, True, -1, 10**20, 1.5, "", "x", "\ud800", "a\nb", "y" * 2_000, [], [1], {}, {"x": 1},
    {"../../x": "y"}, {"read": 1}, {"on target": 10**12}, [{"name": "x"}],
]  # fmt: skip


def test_no_damage_to_an_old_manifest_stops_the_page_that_lists_them(
    publish: Publish, tmp_path: Path
) -> None:
    """Each key gone or of another kind: it is listed as it is, or left out and named."""
    whole, odd = publish("2013-01-01"), publish("2012-01-01")
    good = json.loads((odd / "manifest.json").read_text())
    refused = 0
    for key in good:
        gone = {name: value for name, value in good.items() if name != key}
        for account in [gone, *({**good, key: value} for value in ODD)]:
            (odd / "manifest.json").write_text(json.dumps(account))
            listed = manifest.reports(tmp_path / "ccm")
            named = manifest.left_out(tmp_path / "ccm")
            assert listed[-1] == whole and (len(listed) == 1) == bool(named)
            refused += len(named)
            if not named:
                treaty = _Treaty(listed, None)
                treaty.card(), treaty.archive()
    assert refused > 200


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 200_000, "cannot be read: "),
        ('{"form": ' + "9" * 5_000 + "}", "cannot be read: "),
        ('{"form": 1, "outcome": "good"}', "treaty is None; not what a report writes"),
        ("\xff", "is not of form 1"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_named(tmp_path: Path, text: str, problem: str) -> None:
    folder = tmp_path / "ccm" / "2012-01-01"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(text) if text == "\xff" else text)
    (named,) = manifest.left_out(tmp_path / "ccm")
    assert named.startswith(f"ccm/2012-01-01: manifest.json {problem}")


def test_a_report_of_another_day_or_treaty_is_left_out(publish: Publish, tmp_path: Path) -> None:
    folder = publish("2012-01-01")
    folder.rename(tmp_path / "ccm" / "2013-01-01")
    assert manifest.reports(tmp_path / "ccm") == []
    assert manifest.left_out(tmp_path / "ccm") == [
        "ccm/2013-01-01: manifest.json is that of ccm/2012-01-01"
    ]


def test_latest_clears_what_killed_runs_left_and_moves_no_folder(
    publish: Publish, tmp_path: Path
) -> None:
    treaty = publish("2012-01-01").parent
    (treaty / ".latest.999999").symlink_to("nowhere")
    assert manifest.point_latest(treaty) == ""
    assert {p.name for p in treaty.iterdir()} == {"2012-01-01", "latest"}
    (treaty / "latest").unlink()
    (treaty / "latest").symlink_to("nowhere")
    assert manifest.point_latest(treaty) == ""
    assert (treaty / "latest").readlink() == Path("2012-01-01")
    (treaty / "latest").unlink()
    (treaty / "latest").mkdir()
    assert "ccm/latest is a folder" in manifest.point_latest(treaty)
    assert {p.name for p in treaty.iterdir()} == {"2012-01-01", "latest"}


def test_a_day_that_had_not_come_is_never_the_latest(publish: Publish, tmp_path: Path) -> None:
    publish("2012-01-01")
    publish("2099-01-01", parameters={"ahead": True})
    manifest.point_latest(tmp_path / "ccm")
    assert (tmp_path / "ccm" / "latest").readlink() == Path("2012-01-01")
