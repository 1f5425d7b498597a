"""Where sources disagree on one state."""

import pandas as pd
import pytest
from chartframes import at, crossed, drawn, legend, said, told
from sampleframes import DAY, NASTY

import stockpile as sp
from stockpile import plot

PERU = told(
    said(figure="remaining", value=600, date="2011-01-01", source_id="c"),
    said(
        figure="declared",
        value=1_566_532,
        date="2009-01-01",
        role="set aside",
        why="restated by b",
        source_id="a",
    ),
    said(figure="declared", value=1_568_167, date="2010-01-01", source_id="b"),
    said(
        figure="declared", value=1_568_167, date="2010-01-01", source_id="d", published="2013-01-01"
    ),
    said(
        figure="destroyed",
        value=9,
        qualifier="approx",
        period_start="2010-01-01",
        date="2010-12-31",
        role="agrees",
    ),
    said(figure="completed", unit="", qualifier="month", date="2011-12-31"),
    said(figure="consented", unit="", qualifier="day", date="2008-12-31"),
    said("CHL", value=7, date="2011-01-01"),
)


def test_what_several_sources_say_is_one_row():
    rows = plot.stated(PERU, state="PER")
    assert rows["figure"].tolist() == [
        "declared",
        "declared",
        "destroyed",
        "remaining",
        "completed",
    ]
    assert rows["sources"].tolist()[:2] == [["a"], ["b", "d"]]
    assert rows["published"].iloc[1] == pd.Timestamp("2012-01-01")


def test_each_row_has_its_source_its_number_and_its_fate():
    sources = pd.DataFrame({"source_id": ["a", "b"], "publisher": ["Landmine Monitor", "新华社"]})
    ax = plot.disagreement(PERU, state="PER", sources=sources, as_of=DAY)
    texts = drawn(ax)
    assert {
        "Declared: mines",
        "Destroyed over a period: mines",
        "Remaining: mines",
        "Day of completion",
        "Landmine Monitor, 2012",
        "b, 2012 +1",  # the font has no letters for its name
        "1,566,532",
        "1,568,167",
        "about 9",
        "December 2011",
        "restated by b",
    } <= set(texts)
    assert at(ax, "X")[0][0] == "2009-01-01"
    assert [day for day, _ in at(ax, "o", markerfacecolor="#FFFFFF")] == ["2010-12-31"]
    period = [line for line in ax.get_lines() if line.get_linewidth() == 5]
    assert [str(pd.Timestamp(x).date()) for x in period[0].get_xdata()] == [
        "2010-01-01",
        "2010-12-31",
    ]
    assert ax.get_title("left") == "One of five statements on Peru was set aside"
    assert {"set aside", "agrees with what is used", "published"} <= set(legend(ax))


@pytest.mark.parametrize(
    ("roles", "title"),
    [
        ([], "Nothing is on record of a stock of Peru"),
        (["used"], "There is one statement on Peru"),
        (["used", "agrees"], "The two statements on Peru agree"),
        (["used", "set aside", "set aside"], "Two of three statements on Peru were set aside"),
    ],
)
def test_titles(roles, title):
    assert plot.disagreement_title(pd.DataFrame({"role": roles}), "Peru") == title


@pytest.mark.parametrize(
    ("statements", "width"),
    crossed(
        [
            pytest.param(told(), id="empty"),
            pytest.param(told(said(value=3, date="2011-01-01")), id="one"),
            pytest.param(
                told(
                    *(
                        said(value=i, date=f"20{10 + i // 12}-{1 + i % 12:02d}-01")
                        for i in range(60)
                    )
                ),
                id="sixty",
            ),
            pytest.param(
                told(
                    said(value=0, published=None), said(figure="completed", published=None, unit="")
                ),
                id="no dates",
            ),
            pytest.param(
                told(
                    said(
                        value=3,
                        state=NASTY,
                        source_id="$x$",
                        unit="$m$",
                        role="set aside",
                        why="{$}",
                        date="2011-01-01",
                    )
                ),
                id="nasty",
            ),
        ],
        [10.0, 3.9],
    ),
)
def test_it_copes(statements, width):
    texts = drawn(plot.disagreement(statements, state="PER", as_of=DAY, width=width))
    assert ("no statement on record" in texts) == statements.empty


def test_every_statement_on_greece_is_there():
    then = sp.load("apmbc").as_of("2024-12-31")
    statements = sp.progress(then, explain=True)
    rows = plot.stated(statements, state="GRC")
    ids = {source for sources in rows["sources"] for source in sources}
    assert ids == set(statements.loc[statements["iso3"] == "GRC", "source_id"])
    ax = plot.disagreement(statements, state="GRC", sources=then.sources, as_of=then.day)
    texts = drawn(ax)
    assert "1,566,532" in texts and "1,568,167" in texts
    assert ax.get_title("left").startswith(f"{'Four'} of {len(rows)} statements on Greece")
