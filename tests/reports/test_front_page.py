"""The front page's parts: ratings over the years, the feed, the map, the block of data."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from smalltreaty import consents, event, ledger_of, quantity

import stockpile as sp
from stockpile.common.output import csv_text, write_text
from stockpile.pages import front
from stockpile.pages.headline import with_stocks
from stockpile.pages.html import whole_page
from stockpile.pages.safety import check_page, page_script
from stockpile.plot.tile_map import REGIONS
from stockpile.rating.status import RATINGS
from stockpile.reports import feed, manifest, overview
from stockpile.reports import history as past
from stockpile.reports.history import COUNTED, OTHERS, STOCKED, history
from stockpile.reports.publisher import Publication

pytestmark = pytest.mark.usefixtures("alone")

ATOM = "{http://www.w3.org/2005/Atom}"
DAY = pd.Timestamp("2014-03-31")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> sp.Ledger:
    return ledger_of(
        tmp_path_factory.mktemp("demo") / "demo",
        [
            quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
            quantity("BBB", "declared", 50, "2010-12-31", source="state@2011-01-28"),
        ],
        [
            *(consents(code) for code in ("AAA", "BBB", "CCC")),
            event("BBB", "completed", "2013-06-30", source="state@2013-10-30"),
        ],
        states=["AAA", "BBB", "CCC"],
    )


def made(ledger: sp.Ledger, folder: Path, day: pd.Timestamp = DAY) -> past.History:
    return history(past.Asked(ledger, day, folder), sp.status(ledger.as_of(day, "reported")))


def test_every_half_year_is_rated_as_the_library_rates_it(
    ledger: sp.Ledger, tmp_path: Path
) -> None:
    found = made(ledger, tmp_path)
    assert found.days == [
        "2011-01-01", "2011-07-01", "2012-01-01", "2012-07-01", "2013-01-01", "2013-07-01",
        "2014-01-01", "2014-03-31",
    ]  # fmt: skip
    words = COUNTED | STOCKED | OTHERS
    for day in found.days:
        rated = sp.status(ledger.as_of(day, "reported"))
        pairs = zip(found.states, found.ratings[day], strict=True)
        letters = {code: letter for code, letter in pairs if letter != "."}
        assert {code: words[letter] for code, letter in letters.items()} == dict(
            zip(rated["iso3"], rated["status"], strict=True)
        )
        counted = {code for code, letter in letters.items() if letter in COUNTED}
        assert counted == set(with_stocks(rated)["iso3"])
    counts = found.counts()
    assert counts[counts["as_of"] == DAY].set_index("rating")["states"].sum() == 2
    assert (tmp_path / "ratings.csv").read_text().startswith("as_of,rating,states\n2011-07-01,")


def test_a_change_says_from_when_to_when_and_why(ledger: sp.Ledger, tmp_path: Path) -> None:
    changes = made(ledger, tmp_path).changes()
    done = next(change for change in changes if change["after"] == "completed")
    assert (done["iso3"], done["since"], done["day"]) == ("BBB", "2013-07-01", "2014-01-01")
    assert done["before"] in RATINGS and "June 2013" in done["reason"]
    days = [change["day"] for change in changes]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("rating", RATINGS)
def test_a_state_that_left_is_said_to_have_left_once(rating: str) -> None:
    letters = {word: letter for letter, word in STOCKED.items()}
    before = next(letter for letter, word in COUNTED.items() if word == "on target")
    found = past.History(
        "demo",
        ["2025-06-30", "2025-12-31"],
        {"AAA": "Albania"},
        {"2025-06-30": before, "2025-12-31": letters[rating]},
        {"2025-06-30": {}, "2025-12-31": {"AAA": "Any words."}},
    )
    (change,) = found.changes()
    assert change["after"] == "no longer a State Party"
    # A stock that nobody is bound to destroy has a reason that says so already.
    says_so = rating == "no obligation"
    added = "" if says_so else "Albania has withdrawn from the treaty. "
    assert change["reason"] == f"{added}Any words."


def test_what_was_worked_out_is_kept_until_something_it_rests_on_changes(
    ledger: sp.Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(ledger, tmp_path)
    kept = (tmp_path / past.FILE).read_bytes()
    asked: list[tuple[str, ...]] = []
    rate = past._rate

    def counted(part: past._Part) -> dict[tuple[str, int], object]:
        asked.append(tuple(day for day, _ in part.wanted))
        return rate(part)

    monkeypatch.setattr(past, "_rate", counted)
    assert made(ledger, tmp_path) == first and asked == []
    assert (tmp_path / past.FILE).read_bytes() == kept
    made(ledger, tmp_path, pd.Timestamp("2014-09-30"))
    assert asked == [("2014-07-01",)]  # the half-year that has come since
    monkeypatch.setattr(past, "code_hash", lambda *packages: "another version")
    assert made(ledger, tmp_path) == first
    assert len(asked[-1]) == len(first.days) - 1
    (tmp_path / past.FILE).write_text("{")
    assert made(ledger, tmp_path) == first


def test_treaties_are_rated_together_as_each_is_alone(ledger: sp.Ledger, tmp_path: Path) -> None:
    strict = past.Asked(ledger, DAY, tmp_path / "strict", rule="published")
    later = past.Asked(ledger, pd.Timestamp("2014-09-30"), tmp_path / "later")
    past.rate_half_years([strict, later], jobs=2)
    for one in (strict, later):
        alone = replace(one, folder=tmp_path / "alone" / one.folder.name)
        past.rate_half_years([alone])
        kept = [(each.folder / past.FILE).read_bytes() for each in (one, alone)]
        assert kept[0] == kept[1] and set(one.kept()) == set(one.days)


# --- the feed ---

CHANGE = {
    "treaty": "ccm", "iso3": "PER", "state": "Peru", "day": "2023-12-31", "since": "2023-06-30",
    "before": "on target", "after": "completed", "reason": "Done <b>&</b> over.",
    "title": "Peru: completed", "page": "ccm/2024-06-30/states/PER.html",
}  # fmt: skip


def test_a_feed_has_addresses_only_where_one_is_given() -> None:
    text = feed.feed([CHANGE])
    assert "http" not in text.replace("http://www.w3.org/2005/Atom", "")
    root = ElementTree.fromstring(text.encode())
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}summary") == CHANGE["reason"]
    assert entry.findtext(f"{ATOM}updated") == "2023-12-31T00:00:00Z"
    base = "https://example.org/stock/"
    there = ElementTree.fromstring(feed.feed([CHANGE], base_url=base, author="A").encode())
    ids = [one.text or "" for one in there.iter(f"{ATOM}id")]
    assert ids == [f"{base}feed.atom", f"{base}index.html#ccm-PER-2023-12-31"]
    assert there.findtext(f"{ATOM}author/{ATOM}name") == "A"
    assert {link.get("rel") for link in there.findall(f"{ATOM}link")} == {"alternate", "self"}
    for name in ("id", "title", "updated", "author"):
        assert root.find(f"{ATOM}{name}") is not None and feed.feed([CHANGE]) == text


# --- the map and the data ---


def test_every_state_of_the_world_has_a_shape_or_a_dot() -> None:
    states = {code for _, text in REGIONS.values() for code in text.split() if code != "."}
    world = front.world()["world"]
    assert states - {"ZZZ"} <= set(world["shapes"]) | set(world["dots"])
    for name in ("world", "europe"):
        part = front.world()[name]
        assert set(part["shapes"]) - {""} <= states and set(part["dots"]) <= states
        width, height = part["box"]
        assert all(0 <= x <= width and 0 <= y <= height for x, y in part["dots"].values())
        assert all(re.fullmatch(r"(M\d*[-\d ]+l[-\d ]+z)+", d) for d in part["shapes"].values())
    assert {"HRV", "SVN", "MLT", "VAT"} <= set(front.world()["europe"]["shapes"]) | set(
        front.world()["europe"]["dots"]
    )
    assert "public domain" in front.world()["note"]


def test_a_block_of_data_is_data_whatever_is_in_it() -> None:
    block = front.data_block({"a": "</script><script>alert(1)</script><!--"})
    assert "<" not in block and json.loads(block)["a"].startswith("</script>")
    page = whole_page(
        "front", front=True, heading="", head="", publication=Publication(), maker="", version="",
        has_feed=False, cards=[], shapes="", histories=[], history=block, letters={}, news=[],
        archives=[], failed=[], unpublished=[], singles=[],
    )  # fmt: skip
    assert check_page(page) == []
    bad = page.replace(block, f"{block}<script>")
    assert "a block of data has more than data" in check_page(bad)
    typed = page.replace('<script type="application/json"', '<script type="text/javascript"')
    assert check_page(typed) != []
    assert check_page('<link rel="stylesheet" href="x.css">') != []
    assert check_page('<link rel="canonical" href="https://example.org/">') == []


def test_scripts_of_a_page_weigh_at_most_eight_kilobytes() -> None:
    assert len(page_script(front=True).encode()) <= 8_000


def test_rows_that_are_not_published_are_said_with_their_report(
    ledger: sp.Ledger, tmp_path: Path
) -> None:
    """Of two reports the newer rests on somebody's own rows."""
    own = replace(ledger, treaty=replace(ledger.treaty, unpublished="Our list <b> (own.xlsx)"))
    for day, drawn in (("2012-06-30", ledger), ("2014-03-31", own)):
        view = drawn.as_of(day)
        now, folder = sp.snapshot(view), tmp_path / "demo" / day
        for name in ("status", "progress", "statements"):
            write_text(folder / f"{name}.csv", csv_text(getattr(now, name)))
        write_text(folder / "index.html", "<h1>All is well</h1>")
        account = manifest.describe(
            view, parameters={"on_target": 0.85, "at_risk": 0.5}, notebooks=[], pages=[],
            ratings={}, changed=0, since="2011-06-30", folder=folder,
        )  # fmt: skip
        manifest.write(folder, account)
    page = overview.write_overview(tmp_path, [own]).read_text(encoding="utf-8")
    whose = "Our list &lt;b&gt; (own.xlsx)"
    assert page.count("· not published</p>") == 1  # the card
    assert f"Not published: of the {own.treaty.short_name} this page shows rows of {whose}" in page
    rows = dict(re.findall(r'href="demo/([-\d]+)/index.html">[^<]*</a>(.*)</th>', page))
    assert f"not published: with rows of {whose}" in rows["2014-03-31"] and not rows["2012-06-30"]
    text = (tmp_path / feed.FILE).read_text(encoding="utf-8")
    assert f"rows of {whose}.</subtitle>" in text


def test_an_empty_folder_has_a_front_page(tmp_path: Path) -> None:
    page = overview.write_overview(tmp_path).read_text(encoding="utf-8")
    assert "No report has been made yet" in page and check_page(page) == []
    assert page.count("<title>") == 1 and "&lt;" not in page.split("<style>")[0]
    assert "More pages" not in page


def test_pages_of_single_notebooks_are_linked_by_what_they_say_first(tmp_path: Path) -> None:
    folder = tmp_path / "compliance"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "compliance.ipynb").write_text("{}")
    (folder / "index.html").write_text("<h1>Two of <b>three</b> are late &amp; one is not.</h1>")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text("<h1>Of something else</h1>")
    page = overview.write_overview(tmp_path).read_text(encoding="utf-8")
    link = '<a href="compliance/index.html">Two of three are late &amp; one is not</a>'
    assert link in page and "Of something else" not in page
