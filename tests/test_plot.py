import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sampleframes import DAY, NASTY, many, progress_of, state, status_of

import stockpile as sp
from stockpile import figures, plot
from stockpile.style import OPEN, RATING_STYLE


@pytest.fixture(autouse=True)
def no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before, "a chart changed matplotlib's global settings"


def drawn(ax):
    """Draw for real, so that a warning or a bad text fails the test; give all texts."""
    ax.figure.canvas.draw()
    texts = [t for t in ax.figure.findobj(mpl.text.Text) if t.get_visible()]
    return [t.get_text() for t in texts if t.get_text()]


def at(ax, marker):
    """Where markers of a shape stand, as days."""
    lines = [line for line in ax.get_lines() if line.get_marker() == marker]
    return [
        mdates.num2date(x).strftime("%Y-%m-%d")
        for line in lines
        for x in np.atleast_1d(mdates.date2num(line.get_xdata()))
        if x > 366  # a marker of a heading stands at 0 of the axes, which is no day
    ]


# --- style ---


def test_every_rating_has_its_own_look():
    assert set(RATING_STYLE) == set(sp.RATINGS)
    styles = list(RATING_STYLE.values())
    for attribute in ("colour", "dark"):
        assert len({getattr(s, attribute) for s in styles}) == len(styles)
    assert len({(s.marker, s.fill) for s in styles}) == len(styles)
    assert sorted(s.order for s in styles) == list(range(len(styles)))


# --- timeline ---


def test_timeline_names_each_state_with_stock_trouble_first():
    status = status_of(
        state("Peru", "completed"),
        state("Chile", "on target"),
        state("Guinea", "no data", has_stock=False),
        state("Greece", "overdue", deadline="2010-01-01"),
    )
    ax = plot.timeline(status, as_of=DAY)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["Greece", "Chile", "Peru"]
    assert ax.get_title("left") == "One of three states with stock is overdue"
    texts = drawn(ax)
    assert {
        "overdue · one state",
        "two years past",
        "on target · one state",
        "completed · one state",
    } <= set(texts)
    assert "19 April 2012" in texts and "As known on 19 April 2012." in texts


def test_timeline_draws_what_the_frame_says():
    status = status_of(
        state("Peru", "completed", completed="2016-12-15", deadline="2020-04-01"),
        state("Chile", "at risk", planned_completion="2015-12-31"),
    )
    ax = plot.timeline(status, as_of=DAY)
    assert at(ax, "o") == ["2016-12-15"]
    assert at(ax, "*") == ["2015-12-31"]
    assert at(ax, "D") == ["2016-01-01"]
    ticks = at(ax, "|")
    assert sorted(ticks) == ["2018-08-01", "2018-08-01", "2020-04-01"]  # original, both in force
    bars = [line for line in ax.get_lines() if line.get_linewidth() == 6]
    assert [str(pd.Timestamp(x).date()) for x in bars[0].get_xdata()] == [
        "2014-01-01",
        "2020-01-01",
    ]


def test_a_range_without_end_runs_off_the_chart():
    ax = plot.timeline(status_of(state("Chile", "at risk", latest=pd.NaT)), as_of=DAY)
    (bar,) = [line for line in ax.get_lines() if line.get_linewidth() == 6]
    assert mdates.date2num(bar.get_xdata()[1]) == pytest.approx(ax.get_xlim()[1])
    assert any(line.get_marker() == ">" for line in ax.get_lines())


@pytest.mark.parametrize("width", [10.0, 3.9])
@pytest.mark.parametrize(
    "status",
    [
        pytest.param(status_of(), id="empty"),
        pytest.param(status_of(state("Peru", "completed")), id="one"),
        pytest.param(many(80), id="eighty"),
        pytest.param(
            status_of(
                *(
                    state(f"S{i}", r, **dict.fromkeys(_all_dates, pd.NaT))
                    for _all_dates in [
                        "entry_into_force original_deadline deadline completed projected "
                        "earliest latest planned_completion last_report".split()
                    ]
                    for i, r in enumerate(sp.RATINGS)
                )
            ),
            id="no dates",
        ),
        pytest.param(status_of(state(NASTY, "at risk"), state("$5 $6", "completed")), id="nasty"),
    ],
)
def test_charts_cope(status, width):
    drawn(plot.timeline(status, as_of=DAY if width > 6 else None, width=width))
    drawn(plot.ratings_bar(status, width=width))


def test_a_dollar_is_a_dollar():
    status = status_of(state("$5 and $6", "completed"))
    assert "$5 and $6" in drawn(plot.timeline(status, title="$x$", source="$y$"))


def test_many_finished_states_become_dots():
    status = many(80)
    ax = plot.timeline(status, as_of=DAY)
    labels = {label.get_text() for label in ax.get_yticklabels()}
    opened = status[status["status"].isin([*OPEN, "no data"])]
    assert labels == set(opened["state"])
    dots = [
        line for line in ax.get_lines() if line.get_marker() == "o" and len(line.get_xdata()) > 1
    ]
    assert sum(len(line.get_xdata()) for line in dots) == len(status) - len(opened)
    assert len(plot.timeline(status, max_rows=100).get_yticklabels()) == 80


def test_charts_draw_where_they_are_told():
    fig, axes = plt.subplots(3)
    status = many(5)
    progress = progress_of(("PER", "mines", 0, "2010-01-01", 10, 5))
    assert plot.timeline(status, ax=axes[0], title="Mine") is axes[0]
    assert plot.burndown(progress, ax=axes[1]) is axes[1]
    assert plot.ratings_bar(status, ax=axes[2], title="Mine") is axes[2]
    assert plt.get_fignums() == [fig.number]
    assert axes[0].get_title("left") == "Mine"


def test_a_heading_may_be_left_out():
    ax = plot.timeline(many(5), as_of=DAY, title="", source="")
    assert ax.get_title("left") == ""
    assert not any("As known" in text for text in drawn(ax))


# --- burn-down ---


def test_stock_left_adds_up_shares_of_the_declared_stock():
    progress = progress_of(
        ("BIG", "mines", 0, "2010-01-01", 900, 900),
        ("BIG", "mines", 0, "2011-01-01", 900, 450),
        ("SML", "mines", 0, "2010-06-01", 100, 0),
    )
    left = plot.stock_left(progress, as_of="2012-01-01")
    assert left["date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2010-01-01",
        "2010-06-01",
        "2011-01-01",
        "2012-01-01",
    ]
    assert left["remaining"].tolist() == [1000, 900, 450, 450]
    assert left["share_left"].tolist() == [1.0, 0.9, 0.45, 0.45]
    assert left["states_left"].tolist() == [2, 1, 1, 1]
    assert set(left["states"]) == {2} and set(left["declared"]) == {1000}


def test_what_is_unknown_does_not_count():
    progress = progress_of(
        ("AAA", "mines", 0, "2010-01-01", np.nan, 50),
        ("BBB", "mines", 0, "2010-01-01", 0, 0),
        ("CCC", "mines", 0, "2010-01-01", 10, np.nan),
    )
    left = plot.stock_left(progress)
    assert set(left["declared"]) == {10} and left["remaining"].tolist() == [10]


def test_a_declaration_without_a_day_counts_from_the_start():
    progress = progress_of(
        ("DEU", "mines", 0, None, 600, 600),
        ("PER", "mines", 0, "2010-01-01", 400, 0),
    )
    assert plot.stock_left(progress)["share_left"].tolist() == [0.6]
    only = plot.stock_left(progress.head(1), as_of=DAY)
    assert only["remaining"].tolist() == [600]


def test_a_restated_declaration_is_no_new_stock():
    progress = progress_of(
        ("PER", "mines", 0, "2010-01-01", 676, 676),
        ("PER", "mines", 0, "2014-01-01", 2000, 2000),
        ("PER", "mines", 0, "2015-01-01", 2000, 500),
    )
    assert plot.stock_left(progress)["share_left"].tolist() == [1.0, 1.0, 0.25]


def test_more_destroyed_than_declared_leaves_nothing():
    progress = progress_of(("PER", "mines", 0, "2010-01-01", 10, -2))
    assert plot.stock_left(progress)["remaining"].tolist() == [0]


def test_two_stocks_of_a_state_are_one_state():
    progress = progress_of(
        ("ESP", "mines", 0, "2009-01-01", 10, 0),
        ("ESP", "mines", 1, "2012-01-01", 30, 30),
        ("ESP", "shells", 0, "2012-01-01", 30, 30),
    )
    left = plot.stock_left(progress)
    assert set(left["states"]) == {1} and set(left["states_left"]) == {1}
    assert left.loc[left["unit"] == "mines", "declared"].iloc[0] == 40


def test_burndown_draws_a_line_per_unit_and_one_of_states():
    progress = progress_of(
        ("BIG", "mines", 0, "2010-01-01", 1_200_000, 300_000),
        ("SML", "shells", 0, "2010-06-01", 11, 11),
    )
    ax = plot.burndown(progress, as_of=DAY)
    texts = drawn(ax)
    assert "mines: 25% left\n300,000 of 1.2 million" in texts
    assert "shells: 100% left\n11 of 11" in texts
    assert "states with stock left\n2 of 2 with a declared number" in texts
    assert ax.get_title("left") == (
        "25% of the declared mines and 100% of the declared shells are left"
    )


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_burndown_of_nothing(width):
    ax = plot.burndown(progress_of(), as_of=DAY, width=width)
    assert "no declared stock on record" in drawn(ax)
    assert plot.stock_left(progress_of()).empty


def test_burndown_title_when_all_is_gone():
    left = pd.DataFrame({"unit": ["mines", "shells"], "share_left": [0.0, 0.0]})
    assert plot.burndown_title(left) == "Nothing is left of the declared stock"


# --- ratings ---


def test_ratings_bar_counts_every_state():
    status = many(34)
    ax = plot.ratings_bar(status)
    assert sum(bar.get_width() for bar in ax.patches) == 34
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [f"{r} {n}" for r, n in plot.rating_counts(status).items()]
    assert plot.ratings_bar(status, legend=False).get_legend() is None


# --- pictures for a page ---


def test_pictures_are_the_same_bytes_and_leave_nothing_open():
    status = pd.concat([many(5), status_of(state(NASTY, "at risk"))])

    def draw():
        return figures.picture(plot.timeline, status, name="t", alt=NASTY, as_of=DAY)

    first = draw()
    assert draw() == first
    assert "<script" not in first and "<b>" not in first
    assert plt.get_fignums() == []


def test_pictures_follow_the_page_and_keep_their_ids_apart():
    wide, narrow = figures.picture(plot.ratings_bar, many(20), name="r", alt='"<x>').split(
        "</div>"
    )[:2]
    assert "var(--sp-overdue, #80103f)" in wide
    assert 'aria-label="&quot;&lt;x&gt;"' in wide
    assert 'id="r-wide-figure_1"' in wide and 'id="r-narrow-figure_1"' in narrow
    for text in (wide, narrow):
        assert "<style" not in text and "<!--" not in text and "<metadata" not in text
