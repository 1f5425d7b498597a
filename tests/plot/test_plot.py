import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from chartframes import at, crossed, drawn
from sampleframes import DAY, NASTY, many, progress_of, state, status_of

import stockpile as sp
from stockpile import plot
from stockpile.plot.style import RATING_STYLE
from stockpile.rating.status import OPEN


def days(ax, marker):
    """Where markers of a shape stand, as days."""
    return [day for day, _ in at(ax, marker)]


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
        state("Guinea", "no data", had_stock=False),
        state("Greece", "overdue", deadline="2010-01-01"),
    )
    ax = plot.timeline(status, as_of=DAY)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["Greece", "Chile", "Peru"]
    assert ax.get_title("left") == "One of three states that had stocks is overdue"
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
    assert days(ax, "o") == ["2016-12-15"]
    assert days(ax, "*") == ["2015-12-31"]
    assert days(ax, "D") == ["2016-01-01"]
    ticks = days(ax, "|")
    assert sorted(ticks) == ["2018-08-01", "2018-08-01", "2020-04-01"]  # original, both in force
    bars = [line for line in ax.get_lines() if line.get_linewidth() == 6]
    assert [str(pd.Timestamp(x).date()) for x in bars[0].get_xdata()] == [
        "2014-01-01",
        "2020-01-01",
    ]


def test_a_chance_is_the_word_of_its_rating():
    status = status_of(state("Chile", "at risk", p_on_time=0.8496))
    assert "uncertain" in drawn(plot.timeline(status, as_of=DAY))
    assert "in time: uncertain" in drawn(plot.timeline(status, as_of=DAY, width=3.9))


def test_a_range_without_end_runs_off_the_chart():
    ax = plot.timeline(status_of(state("Chile", "at risk", latest=pd.NaT)), as_of=DAY)
    (bar,) = [line for line in ax.get_lines() if line.get_linewidth() == 6]
    assert mdates.date2num(bar.get_xdata()[1]) == pytest.approx(ax.get_xlim()[1])
    assert any(line.get_marker() == ">" for line in ax.get_lines())


@pytest.mark.parametrize(
    ("status", "width"),
    crossed(
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
            pytest.param(
                status_of(state(NASTY, "at risk"), state("$5 $6", "completed")), id="nasty"
            ),
        ],
        [10.0, 3.9],
    ),
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
    assert plot.remaining(progress, ax=axes[1]) is axes[1]
    assert plot.ratings_bar(status, ax=axes[2], title="Mine") is axes[2]
    assert plt.get_fignums() == [fig.number]
    assert axes[0].get_title("left") == "Mine"


def test_a_heading_may_be_left_out():
    ax = plot.timeline(many(5), as_of=DAY, title="", source="")
    assert ax.get_title("left") == ""
    assert not any("As known" in text for text in drawn(ax))


# --- ratings ---


def test_ratings_bar_counts_every_state():
    status = many(34)
    ax = plot.ratings_bar(status)
    assert sum(bar.get_width() for bar in ax.patches) == 34
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [f"{r} {n}" for r, n in plot.rating_counts(status).items()]
    assert plot.ratings_bar(status, legend=False).get_legend() is None
