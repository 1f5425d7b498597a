"""The page with every chart."""

import re

import gallery
import matplotlib.pyplot as plt
import pytest

from stockpile import plot
from stockpile.pages.safety import check_page


@pytest.fixture(scope="module")
def small():
    """Charts of one case, and the page with some of them, drawn once."""
    (found,) = gallery.parts([("ccm", "2012-04-19")])
    return found


def test_every_chart_is_in_it(small):
    _, made = small
    names = {chart.name.split(" ")[0] for chart in made}
    drawing = {
        name
        for name in plot.__all__
        if callable(getattr(plot, name))
        and "matplotlib.axes.Axes" in (getattr(plot, name).__doc__ or "")
        and getattr(plot, name).__module__
        != "stockpile.plot.track_record"  # of the past, not of a day
    }
    assert drawing - {"dark"} == names
    assert [c.name for c in made if c.name.startswith("remaining")] == [
        "remaining share",
        "remaining total",
        "remaining log",
    ]


def test_the_page_is_whole_and_runs_nothing(small, tmp_path, monkeypatch):
    then, made = small
    few = [chart for chart in made if chart.name in ("ratings_bar", "need_against_pace")]
    monkeypatch.setattr(gallery, "parts", lambda cases: iter([(then, few)]))
    path = gallery.write_gallery(tmp_path / "new" / "gallery")
    assert path == tmp_path / "new" / "gallery" / "index.html"
    page = path.read_text(encoding="utf-8")
    drawings = [f"ccm-2012-04-19-{chart.name}" for chart in few]
    assert check_page(page, sections=["top", "ccm-2012-04-19"], drawings=drawings) == []
    assert "default-src 'none'" in page and "<script" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count('class="sp-wide"') == page.count('class="sp-narrow"') == len(few)
    # Words of a chart are words, not outlines.
    assert "Source: public statements on the Convention on Cluster Munitions." in page
    again = gallery.write_gallery(tmp_path / "again").read_bytes()
    assert again == path.read_bytes() and plt.get_fignums() == []


def test_its_ratings_are_those_known_by_the_day(small):
    then, made = small
    (frame,) = [chart.frame for chart in made if chart.name == "ratings_over_time"]
    assert frame["as_of"].max() == then.day and frame["as_of"].nunique() == 4


def test_the_command_says_where_the_page_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gallery, "parts", lambda cases: iter([]))
    assert gallery.main(["--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "index.html")
    assert check_page((tmp_path / "index.html").read_text(encoding="utf-8")) == []
    with pytest.raises(SystemExit):
        gallery.main([])
