"""Head, header, downloads and imprint of pages, and the links from one day to the next."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import stockpile as sp
from stockpile.pages.safety import check_page
from stockpile.plot.share_card import share_card
from stockpile.reports import manifest, publication
from stockpile.reports.publisher import CARD, CARD_SIZE, Publication

DAY = "2012-04-19"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>old</title><style></style></head>
<body>
<main>
<h1>Peru &amp; <i>Chile</i> are late.</h1>
<p class="sp-lead">Two of
them.</p>
<figure class="sp sp-chart" id="burndown"><svg></svg></figure>
<figure class="sp sp-chart" id="other"><svg></svg></figure>
</main>
</body></html>
"""
HERE = Publication("The <Institute>", "ask@example.org", "https://example.org/stock", True)


@pytest.fixture(scope="module")
def view() -> sp.Ledger:
    return sp.load("ccm").as_of(DAY, "reported")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "ccm" / DAY
    for name in ("index.html", "states/PER.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PAGE)
    (folder / "charts").mkdir()
    for name in (CARD, "progress.csv", "charts/remaining.png", "charts/PER-burndown.svg"):
        (folder / name).write_text("x")
    return folder


def dressed(made: Path, view: sp.Ledger, by: Publication) -> tuple[str, str]:
    for page in sorted(made.rglob("*.html")):
        publication.dress(page.relative_to(made).as_posix(), made, view, by)
    pages = [(made / name).read_text("utf-8") for name in ("index.html", "states/PER.html")]
    for page in pages:
        assert check_page(page) == [] and page.count("<title>") == 1
    return pages[0], pages[1]


def test_a_page_says_who_publishes_it_and_where_it_stands(made: Path, view: sp.Ledger) -> None:
    whole, peru = dressed(made, view, HERE)
    assert "<title>Peru &amp; Chile are late · CCM, 19 April 2012</title>" in whole
    assert '<meta name="description" content="Two of them.">' in whole
    base = f"https://example.org/stock/ccm/{DAY}/"
    assert f'<link rel="canonical" href="{base}states/PER.html">' in peru
    assert f'<meta property="og:image" content="{base}card.png">' in whole
    found = re.search(r"ld\+json\">(.*?)</script>", whole)
    assert found
    data = json.loads(found[1])
    assert (data["@type"], data["url"]) == ("Dataset", f"{base}index.html")
    assert data["creator"]["name"] == "The <Institute>"
    assert [one["contentUrl"] for one in data["distribution"]] == [f"{base}progress.csv"]
    assert "The &lt;Institute&gt;" in whole and 'href="mailto:ask@example.org"' in peru
    assert view.data_hash in whole and "CC BY 4.0" in whole
    assert 'href="../../index.html"' in whole and 'href="../../../index.html"' in peru
    assert '<a href="../index.html">Convention on Cluster Munitions' in peru


def test_rows_that_are_not_published_are_under_no_licence_of_ours(
    made: Path, view: sp.Ledger
) -> None:
    own = replace(view, treaty=replace(view.treaty, unpublished="our list <b>"))
    for page in dressed(made, own, HERE):
        assert "Tables, text and pictures" not in page
        assert "Tables that come with stockpile: <a" in page
        assert f"data {view.data_version} with rows of our list &lt;b&gt;, SHA-256" in page
        assert "Rows of our list &lt;b&gt; are not published" in page
        assert '"license"' not in page
    assert "Tables that come with stockpile: CC BY" in publication.imprint(own, HERE, "x")


def test_without_an_address_nothing_is_made_up(made: Path, view: sp.Ledger) -> None:
    for page in dressed(made, view, Publication()):
        for tag in ("og:url", "og:image", "twitter:image", "canonical", "contentUrl"):
            assert tag not in page
        assert "og:title" in page and "All treaties" not in page
        addresses = set(re.findall(r"https?://[^\s\"<]+", page))
        assert addresses <= {
            "https://schema.org", "https://creativecommons.org/licenses/by/4.0/"
        }  # fmt: skip


def test_under_a_figure_stand_its_data_and_pictures_if_they_are_there(
    made: Path, view: sp.Ledger
) -> None:
    whole, peru = dressed(made, view, Publication())
    lines = re.findall(r'<p class="sp-files">(.*?)</p>', whole)
    assert lines == [
        'Data: <a href="progress.csv">CSV</a> · '
        'Picture: <a href="charts/remaining.png">PNG</a>'
    ]  # fmt: skip
    assert re.findall(r'<p class="sp-files">(.*?)</p>', peru) == [
        'Data: <a href="../progress.csv">CSV</a> · '
        'Picture: <a href="../charts/PER-burndown.svg">SVG</a>'
    ]
    assert "status.csv" not in whole


DRAWN = """<p class="sp-kicker">Convention · as reported by 19 April 2012</p>
<figure class="sp-chart" id="answers"><figcaption><strong>No drawing.</strong></figcaption></figure>
<figure class="sp-chart" id="fan-PER">
<figcaption><strong>Peru &amp; others.</strong> A line.</figcaption>
<div class="sp-wide"><svg viewBox="0 0 720 90" role="img">
<path style="fill: var(--sp-ink, #1B1F24)"/>
</svg>
</div></figure>
"""


def notebook_page(out: Path, view: sp.Ledger | None, by: Publication, **more: bool) -> str:
    folder = out / "compliance"
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text(PAGE.replace("<main>", f"<main>{DRAWN}"))
    for name in ("scorecard.csv", "replays.csv"):
        (folder / name).write_text("x")
    publication.dress_notebook(folder, view, by, title="Compliance", out=out, **more)
    return (folder / "index.html").read_text("utf-8")


def test_the_page_of_a_notebook_has_header_downloads_and_footer(
    made: Path, view: sp.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = made.parent.parent
    days = [made, made.with_name("2026-06-30")]
    monkeypatch.setattr(manifest, "reports", lambda treaty: days)
    (out / "index.html").write_text("x")
    page = notebook_page(out, view, HERE)
    assert check_page(page) == [] and page.count("<title>") == 1
    assert "<title>Peru &amp; Chile are late · CCM</title>" in page
    assert '<a href="../index.html">All treaties</a>' in page
    links = [f'href="../ccm/{DAY}/index.html"', 'href="../ccm/2026-06-30/index.html"']
    assert all(link in page for link in links)
    assert 'href="https://example.org/stock/compliance/index.html"' in page
    assert "are late”. Convention · as reported by 19\xa0April\xa02012. https" in page
    assert view.data_hash in page and 'href="mailto:ask@example.org"' in page
    assert (
        'Data: <a href="replays.csv">CSV</a> · Picture: <a href="charts/fan-PER.svg">SVG</a>'
    ) in page
    drawing = (out / "compliance/charts/fan-PER.svg").read_text("utf-8")
    assert [file.name for file in (out / "compliance/charts").iterdir()] == ["fan-PER.svg"]
    assert 'Data: <a href="scorecard.csv">CSV</a></p></figure>' in page
    assert "var(" not in drawing and "Peru &amp; others</text>" in drawing


def test_the_page_of_a_notebook_of_ones_own_claims_no_more_than_is_known(tmp_path: Path) -> None:
    page = notebook_page(tmp_path, None, Publication(), shipped=False)
    assert "All treaties" not in page and "data " not in page.split("<footer")[1].lower()[:40]
    assert "Tables, text and pictures" not in page and "Tables that come with stockpile: <a" in page
    assert "The author of this page: “Peru" in page and "SHA-256" not in page


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "example.org"},
        {"base_url": "javascript:alert(1)"},
        {"base_url": "https://example.org/?a=1"},
        {"contact": "ask me"},
        {"contact": "javascript:alert(1)"},
    ],
)
def test_what_is_no_address_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected an"):
        Publication(**given)  # type: ignore[arg-type]


def test_reports_link_to_the_days_before_and_after(
    made: Path, view: sp.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    treaty = made.parent
    publication.dress("index.html", made, view, HERE)
    for day in ("2011-06-30", "2013-06-30"):
        (treaty / day).mkdir()
        (treaty / day / "index.html").write_text((made / "index.html").read_text())
    folders = sorted(treaty.iterdir())
    accounts = {
        folder: {"files": {"index.html": manifest.file_hash(folder / "index.html")}}
        for folder in folders
    }
    monkeypatch.setattr(manifest, "reports", lambda place: folders)
    monkeypatch.setattr(manifest, "read", accounts.get)
    monkeypatch.setattr(manifest, "write", lambda folder, account: written.append(folder.name))
    written: list[str] = []
    publication.link_reports(treaty)
    assert written == ["2011-06-30", DAY, "2013-06-30"]
    text = (made / "index.html").read_text()
    assert 'href="../2011-06-30/index.html" rel="prev"' in text
    assert 'href="../2013-06-30/index.html" rel="next"' in text and check_page(text) == []
    for folder, account in accounts.items():
        assert manifest.is_whole(folder, account)
    written.clear()
    publication.link_reports(treaty)  # nothing is new
    assert written == []


def test_the_card_has_its_size_and_the_same_bytes(view: sp.Ledger, tmp_path: Path) -> None:
    rated = sp.status(view)
    words = {"headline": "Costs $5 and $6: " + "late " * 30, "kicker": "k", "foot": "f"}
    one, two = (share_card(rated, tmp_path / name, **words).read_bytes() for name in "ab")
    assert one == two and len(one) < 100_000
    assert tuple(int.from_bytes(one[i : i + 4], "big") for i in (16, 20)) == CARD_SIZE
