"""The burn-down of one state."""

import math

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chartframes import at, drawn, legend, projected, said, told
from sampleframes import DAY, NASTY, progress_of, state, status_of

import stockpile as sp
from stockpile import plot
from stockpile.plot.burndown_data import burndown_of

PERU = progress_of(
    ("PER", "mines", 0, "2010-01-01", 1000, 900),
    ("PER", "mines", 0, "2011-01-01", 1000, 600),
    ("CHL", "mines", 0, "2011-01-01", 70, 7),
)
OPEN = status_of(state("Peru", "at risk", planned_completion="2015-12-31", iso3="PER"))


def line(ax, unit_colour="#1F66B5"):
    """The reconciled line: its days and heights, an episode at a time."""
    return [
        (
            [f"{mdates.num2date(x):%Y-%m-%d}" for x in mdates.date2num(part.get_xdata())],
            list(part.get_ydata()),
        )
        for part in ax.get_lines()
        if part.get_label() == "line" and part.get_color() == unit_colour
    ]


def verticals(ax):
    """Days of the lines across the chart, by colour and style."""
    return sorted(
        f"{mdates.num2date(mdates.date2num(part.get_xdata()[0])):%Y-%m-%d}"
        for part in ax.get_lines()
        if part.get_transform() == ax.get_xaxis_transform(which="grid")
        and len(part.get_xdata()) == 2
    )


# --- the line ---


def test_one_unit_is_drawn_in_numbers():
    ax = plot.burndown(PERU, state="PER", as_of=DAY)
    assert line(ax) == [(["2010-01-01", "2011-01-01"], [900, 600])]
    assert "mines remaining" in drawn(ax) and "mines\n600 of 1,000 remaining" in drawn(ax)
    assert ax.get_title("left") == "PER has 60% of its mines left"
    assert ax.get_ylim()[1] > 1000  # all there was is to be seen


def test_several_units_are_drawn_in_shares():
    progress = progress_of(
        ("PER", "bombs", 0, "2010-01-01", 200, 100),
        ("PER", "bomblets", 0, "2010-01-01", 80_000, 60_000),
    )
    ax = plot.burndown(progress, state="PER", as_of=DAY)
    assert line(ax) == [(["2010-01-01"], [0.5])]
    assert line(ax, "#B4531A") == [(["2010-01-01"], [0.75])]
    assert {"bombs\n100 of 200 remaining", "bomblets\n60,000 of 80,000 remaining"} <= set(drawn(ax))
    assert ax.get_ylim()[1] > 1


def test_nobody_has_spoken_since_the_last_point():
    ax = plot.burndown(PERU, state="PER", as_of=DAY)
    (silent,) = [part for part in ax.get_lines() if part.get_linewidth() == 1.5]
    assert [str(pd.Timestamp(x).date()) for x in silent.get_xdata()] == ["2011-01-01", DAY]
    assert list(silent.get_ydata()) == [600, 600]
    done = progress_of(("PER", "mines", 0, "2011-01-01", 10, 0))
    ax = plot.burndown(done, state="PER", as_of=DAY)
    assert not [part for part in ax.get_lines() if part.get_linewidth() == 1.5]


def test_stock_that_turned_up_again_is_a_line_and_a_mark_of_its_own():
    progress = progress_of(
        ("YEM", "mines", 0, "2000-01-01", 8674, 8000),
        ("YEM", "mines", 0, "2002-04-27", 8674, 0),
        ("YEM", "mines", 1, "2006-11-30", 30_000, 30_000),
    )
    ax = plot.burndown(progress, state="YEM", as_of="2007-06-30")
    assert [len(days) for days, _ in line(ax)] == [2, 1]
    (mark,) = [part for part in ax.get_lines() if part.get_label() == "reopened"]
    assert pd.Timestamp(mark.get_xdata()[0]) == pd.Timestamp("2006-11-30")
    assert "stock found after completion" in legend(ax)
    reopened = told(said("YEM", figure="reopened", unit="", date="2006-10-01"))
    ax = plot.burndown(progress, state="YEM", statements=reopened)
    (mark,) = [part for part in ax.get_lines() if part.get_label() == "reopened"]
    assert pd.Timestamp(mark.get_xdata()[0]) == pd.Timestamp("2006-10-01")


def test_a_stock_never_declared_is_what_was_destroyed_of_it():
    progress = progress_of(
        ("AFG", "mines", 0, "2005-01-01", np.nan, np.nan),
        ("AFG", "mines", 0, "2007-10-31", np.nan, 0),
    ).assign(destroyed=[400.0, 1000.0], share_destroyed=[np.nan, 1.0])
    left = plot.lines_left(progress, state="AFG")
    assert left["left"].tolist() == [600, 0] and set(left["whole"]) == {1000}
    # Before it was finished, nobody could have known.
    before = plot.lines_left(progress.head(1), state="AFG")
    assert before.empty
    ax = plot.burndown(progress.head(1), state="AFG", as_of="2005-06-30")
    assert "400 destroyed;\nwhat remains is not on record" in drawn(ax)


# --- statements ---


def test_statements_stand_where_they_speak_of():
    statements = told(
        said(figure="remaining", value=600, date="2011-01-01"),
        said(figure="destroyed_total", value=410, date="2011-02-01", role="agrees"),
        said(figure="destroyed_share", value=0.4, date="2011-03-01", role="agrees"),
        said(figure="remaining", value=300, date="2011-04-01", role="set aside"),
        said(figure="destroyed", value=300, period_start="2010-01-01", date="2011-01-01"),
        said(figure="retained", value=5, date="2011-05-01"),
        said("CHL", figure="remaining", value=7, date="2011-05-01"),
    )
    ax = plot.burndown(PERU, state="PER", statements=statements, as_of=DAY)
    blue, ground = "#1F66B5", "#FFFFFF"
    assert at(ax, "o", markerfacecolor=blue) == [("2011-01-01", 600)]
    assert at(ax, "o", markerfacecolor=ground) == [("2011-02-01", 590), ("2011-03-01", 600)]
    assert at(ax, "x") == [("2011-04-01", 300)]
    assert at(ax, "|") == [("2011-01-01", 600)]
    assert {
        "another statement that agrees",
        "a statement set aside",
        "end of a stated period",
    } <= set(legend(ax))


def test_what_is_said_about_is_drawn_as_a_range_and_at_least_as_an_arrow():
    statements = told(
        said(value=600, qualifier="approx", date="2011-01-01"),
        said(figure="destroyed_total", value=400, qualifier="at_least", date="2011-02-01"),
        said(value=500, qualifier="at_least", date="2011-03-01"),
    )
    points = burndown_of(PERU, state="PER", statements=statements).points
    assert [(point.low, point.at, point.high) for point in points] == [
        (570, 600, 630),
        (-np.inf, 600, 600),
        (500, 500, np.inf),
    ]
    ax = plot.burndown(PERU, state="PER", statements=statements, as_of=DAY)
    (bar,) = [part for part in ax.get_lines() if part.get_linewidth() == 3.2]
    assert list(bar.get_ydata()) == [570, 630]
    arrows = {
        part.get_label(): (part.get_marker().vertices[1, 1], list(part.get_ydata()))
        for part in ax.get_lines()
        if "so many" in str(part.get_label())
    }
    assert arrows == {
        "at most so many remaining": (-15, [600]),
        "at least so many remaining": (15, [500]),
    }
    assert {
        "at most so many remaining",
        "at least so many remaining",
        "range of a rounded number",
    } <= set(legend(ax))


def test_a_declaration_without_a_day_stands_where_it_was_made_or_at_the_beginning():
    statements = told(
        said(figure="declared", value=1000, published="2009-06-01"),
        said(figure="declared", value=1000, published="2011-06-01", role="agrees"),
        said(figure="declared", value=1000, published=None, role="agrees"),
    )
    for as_of, begins in (("2008-08-01", "2008-08-01"), (None, "2010-01-01")):
        points = burndown_of(PERU, state="PER", statements=statements, as_of=as_of).points
        assert [f"{point.on:%Y-%m-%d}" for point in points] == ["2009-06-01", begins, begins]


def test_a_restated_declaration_is_named_where_it_was_far_off():
    statements = told(
        said(figure="declared", value=1000, date="2009-06-01"),
        said(
            figure="declared", value=676, date="2009-01-01", role="set aside", why="restated by b"
        ),
        said(
            figure="declared", value=990, date="2009-02-01", role="set aside", why="restated by b"
        ),
        # Nobody took this one back: it was not out yet.
        said(figure="declared", value=500, date="2009-03-01", role="set aside"),
    )
    texts = drawn(plot.burndown(PERU, state="PER", statements=statements, as_of=DAY))
    named = [text for text in texts if "revised" in text]
    assert named == ["declared 676, later revised"]


# --- deadlines, the announced date, the projection ---


def test_deadlines_and_the_announced_date_are_marked():
    status = OPEN.assign(deadline=pd.Timestamp("2020-04-01"))
    ax = plot.burndown(PERU, state="PER", status=status, as_of=DAY)
    texts = drawn(ax)
    assert {
        "bound Aug 2010",
        "original deadline Aug 2018",
        "extended deadline Apr 2020",
        "19 April 2012",
    } <= set(texts)
    assert verticals(ax) == ["2010-08-01", "2012-04-19", "2018-08-01", "2020-04-01"]
    assert at(ax, "*") == [("2015-12-31", 0)]
    assert "date it announced: Dec 2015" in legend(ax)
    assert "deadline Aug 2018" in drawn(plot.burndown(PERU, state="PER", status=OPEN))


def test_names_of_days_that_lie_close_stand_above_each_other():
    status = OPEN.assign(deadline=pd.Timestamp("2018-09-01"))
    ax = plot.burndown(PERU, state="PER", status=status, as_of="2018-08-15", width=3.9)
    ax.figure.draw_without_rendering()
    names = [t for t in ax.texts if "20" in t.get_text() and t.get_text() != "" and t.xy[1] == 1]
    boxes = [t.get_window_extent() for t in names]
    assert len(boxes) == 4
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])
        assert one.x0 >= -1 and one.x1 <= ax.figure.bbox.x1 + 1


def test_the_fan_leads_from_what_is_left_to_each_day_of_completion():
    ax = plot.burndown(PERU, state="PER", status=OPEN, fan=projected({}), as_of=DAY)
    wedges = [patch.get_xy()[:3] for patch in ax.patches]
    ends = [[f"{mdates.num2date(x):%Y-%m-%d}" for x, _ in wedge] for wedge in wedges]
    assert ends == [[DAY, "2014-01-01", "2018-01-01"], [DAY, "2015-01-01", "2017-01-01"]]
    assert [y for _, y in wedges[0]] == [600, 0, 0]
    assert at(ax, "D") == [("2016-01-01", 0)]
    assert {"projected completion: 10 to 90%", "median, rated at risk"} <= set(legend(ax))


def test_without_a_fan_the_ratings_have_one_of_their_own():
    ax = plot.burndown(PERU, state="PER", status=OPEN, as_of=DAY)
    assert [len(patch.get_xy()) for patch in ax.patches] == [4]
    assert at(ax, "D") == [("2016-01-01", 0)]


def test_a_fan_without_end_runs_off_the_chart():
    ax = plot.burndown(
        PERU, state="PER", status=OPEN, fan=projected({"q75": pd.NaT, "q90": pd.NaT}), as_of=DAY
    )
    assert any(part.get_marker() == ">" for part in ax.get_lines())
    assert mdates.num2date(ax.get_xlim()[1]).year in (2022, 2023)  # ten years on, not forty


def test_who_has_finished_has_no_fan():
    status = status_of(state("Peru", "completed", iso3="PER"))
    done = progress_of(("PER", "mines", 0, "2011-05-01", 10, 0))
    ax = plot.burndown(done, state="PER", status=status, fan=projected({}), as_of=DAY)
    assert not ax.patches and at(ax, "o") == [("2011-05-01", 0)]
    assert legend(ax)[-1] == "completed"
    assert ax.get_title("left") == "Peru finished on 1 May 2011, in time for August 2018"


# --- titles ---


@pytest.mark.parametrize(
    ("rating", "row", "title"),
    [
        ("overdue", {}, "Peru has 60% of its mines left, and its deadline passed in August 2018"),
        ("off target", {}, "Peru has 60% of its mines left; it is off target for August 2018"),
        ("no data", {"share_destroyed": 0.4}, "Peru has 60% of its mines left"),
        # Of nobody knows how many.
        ("no data", {"share_destroyed": math.nan}, "Peru has 600 mines left"),
        ("completed", {"completed": pd.NaT}, "Peru has finished"),
        (
            "completed late",
            {"completed": "2019-12-31", "completed_precision": "year"},
            "Peru finished in 2019, after August 2018",
        ),
        (
            "completed",  # of a stock that turned up after the deadline
            {"completed": "2020-01-31", "completed_precision": "on_or_before"},
            "Peru finished by 31 January 2020",
        ),
    ],
)
def test_titles_say_what_is_to_be_seen(rating, row, title):
    status = status_of(state("Peru", rating, iso3="PER", unit="mines", **row))
    (one,) = status.itertuples(index=False)
    assert plot.burndown_title(plot.lines_left(PERU, state="PER"), one, "PER") == title


def test_a_declaration_alone_is_called_so():
    progress = PERU.head(1).assign(remaining=1000.0, basis="declared")
    ax = plot.burndown(progress, state="PER", status=OPEN, as_of=DAY)
    assert ax.get_title("left") == (
        "Peru has declared 1,000 mines and reported no destruction; it is at risk of missing "
        "August\n2018"
    )


# --- what may go wrong ---


def test_an_unknown_state_is_refused_by_name():
    with pytest.raises(
        ValueError, match=r"state is 'XXX'; expected one that the frames have: CHL and PER"
    ):
        plot.burndown(PERU, state="XXX")


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_a_state_that_nothing_is_known_of(width):
    status = status_of(state("Peru", "no data", iso3="PER"))
    ax = plot.burndown(progress_of(), state="PER", status=status, as_of=DAY, width=width)
    assert "what remains is not on record" in drawn(ax)
    assert ax.get_title("left").replace("\n", " ") == "What Peru has left is not on record"
    drawn(plot.burndown(progress_of(), state="PER", width=width))


def test_dates_that_are_all_unknown():
    nothing = dict.fromkeys(
        "entry_into_force original_deadline deadline completed projected earliest latest "
        "planned_completion last_report".split(),
        pd.NaT,
    )
    status = status_of(state("Peru", "at risk", iso3="PER", **nothing))
    progress = progress_of(("PER", "mines", 0, None, 10, 10))
    ax = plot.burndown(
        progress, state="PER", status=status, statements=told(said(value=3, published=None))
    )
    assert "what remains is not on record" in drawn(ax)


def test_a_declaration_without_a_day_is_of_the_beginning():
    progress = progress_of(("PER", "mines", 0, None, 10, 10)).assign(basis="declared")
    assert plot.lines_left(progress, state="PER").empty
    ax = plot.burndown(progress, state="PER", status=OPEN, as_of=DAY)
    assert line(ax) == [(["2010-08-01"], [10])]  # the day on which it was bound
    ax = plot.burndown(progress, state="PER", as_of=DAY)
    assert line(ax) == [([DAY], [10])]


def test_names_are_drawn_as_they_are():
    progress = progress_of(("PER", "$m$", 0, "2010-01-01", 9, 9), ("PER", "{x}", 0, None, 9, 9))
    status = status_of(state(NASTY, "at risk", iso3="PER"))
    texts = drawn(plot.burndown(progress, state="PER", status=status, source="$y$"))
    assert "$y$" in texts and any("$m$" in text for text in texts)


def test_it_draws_where_it_is_told():
    figure, axes = plt.subplots(2)
    assert plot.burndown(PERU, state="PER", ax=axes[0], title="Mine") is axes[0]
    assert axes[0].get_title("left") == "Mine" and plt.get_fignums() == [figure.number]
    assert tuple(figure.get_size_inches()) == tuple(plt.rcParams["figure.figsize"])


# --- on the real tables ---


def test_the_united_kingdom_as_it_was_known():
    then = sp.load("ccm").as_of("2013-10-01")
    ax = plot.burndown(
        sp.progress(then),
        state="GBR",
        statements=sp.progress(then, explain=True),
        status=sp.status(then),
        fan=sp.project(then),
        as_of=then.day,
    )
    (_, munitions), (_, submunitions) = line(ax)[0], line(ax, "#B4531A")[0]
    assert munitions[-1] == pytest.approx(0.05, abs=0.01)
    assert submunitions[-1] == pytest.approx(0.16, abs=0.01)
    assert ax.get_title("left") == (
        "The United Kingdom has 16% of its submunitions left; it is on target for November 2018"
    )
    assert at(ax, "*") == [("2013-12-31", 0)]
    assert "As known on 1 October 2013." in drawn(ax)


def test_numbers_on_a_single_site_have_no_place_in_the_chart_of_a_state() -> None:
    """Tons at Blue Grass or Pueblo are none of the counts of the stock of the United States."""
    then = sp.load("cwc").as_of("2026-06-30")
    ax = sp.plot.burndown(then, state="USA")
    legend = ax.get_legend() or ax.figure.legends[0]
    names = " ".join(text.get_text() for text in legend.get_texts())
    assert "bluegrass" not in names and "pueblo" not in names and "tonnes" in names
    plt.close(ax.figure)


def test_the_title_gives_no_share_where_the_numbers_do_not_add_up() -> None:
    """Ukraine has destroyed 3.4 million and has 3.4 million left, of about 6.3 million declared."""
    ax = sp.plot.burndown(sp.load("apmbc").as_of("2026-06-30"), state="UKR")
    title = ax.get_title("left")
    assert title.startswith("Ukraine has 3.4 million antipersonnel mines left, and its deadline")
    plt.close(ax.figure)
