"""Charts, sentences and sections of the track record."""

from __future__ import annotations

import re

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chartframes import crossed, drawn
from replayframes import replays_of
from sampleframes import NASTY

import stockpile as sp
from stockpile import plot
from stockpile.pages import track_record_page as record_pages
from stockpile.pages.safety import check_page
from stockpile.plot.style import INK, RATING_STYLE
from stockpile.plot.track_record import share_range
from stockpile.track_record import scoring
from stockpile.track_record import summary as record_words
from stockpile.track_record.backtest import METHODS, REPLAY_COLUMNS

# Many charts, each drawn twice.
pytestmark = pytest.mark.slow

DAYS = ["2012-01-01", "2012-07-01", "2013-01-01", "2013-07-01"]
EMPTY = pd.DataFrame(columns=REPLAY_COLUMNS)
OPENED = {"outcome": pd.NaT, "in_time": np.nan}
UNKNOWN = dict.fromkeys(
    "original_deadline deadline planned_completion q10 q25 q50 q75 q90 outcome".split(), pd.NaT
)


def scores_of(*rows):
    columns = ["treaty", "method", "crps", "low", "high"]
    frame = pd.DataFrame(list(rows), columns=columns).assign(states=9, replays=40)
    return frame.astype({"crps": float, "low": float, "high": float})


def table_of(*rows):
    columns = ["treaty", "from", "to", "replays", "states", "chance", "came_true"]
    return pd.DataFrame(list(rows), columns=columns)


def points(ax, marker):
    """Where markers of a shape stand in the chart, as pairs of numbers."""
    return [
        (float(x), float(y))
        for line in ax.get_lines()
        if line.get_marker() == marker and line.get_transform() == ax.transData
        for x, y in zip(
            np.atleast_1d(ax.convert_xunits(line.get_xdata())),
            np.atleast_1d(ax.convert_yunits(line.get_ydata())),
            strict=True,
        )
    ]


def days(pairs):
    return [tuple(mdates.num2date(v).strftime("%Y-%m-%d") for v in pair) for pair in pairs]


# --- scores ---


def test_scores_are_dots_with_ranges_and_names():
    table = scores_of(
        ("demo", "projection", 1.0, 0.8, 1.3),
        ("demo", "hindsight", 0.9, 0.7, 1.2),
        ("demo", "pace", 4.0, 3.0, 5.0),
    )
    ax = plot.score_ranges(table)
    assert points(ax, "o") == [(1.0, 0.0), (0.9, 1.0)] and points(ax, "s") == [(4.0, 2.0)]
    ranges = [tuple(line.get_xdata()) for line in ax.get_lines() if len(line.get_xdata()) == 2]
    assert ranges == [(0.8, 1.3), (0.7, 1.2), (3.0, 5.0)]
    said = drawn(ax)
    assert {"the projection", "constant pace", "4.00 (3.00 to 5.00)"} <= set(said)
    assert ax.get_xlabel() == "mean error (CRPS) in years; less is better"
    assert ax.get_title("left") == "The projection erred by 1.00 years; the best baseline by 4.00"
    assert plot.score_ranges(table, title="").get_title("left") == ""


def test_the_title_says_when_nothing_learnt_did_better():
    rows = [("demo", "projection", 1.0, 0.8, 1.3), ("demo", "pace", 4.0, 3.0, 5.0)]
    better = ("demo", "prior", 0.9, 0.7, 1.2)
    title = plot.score_ranges(scores_of(*rows, better)).get_title("left")
    assert " ".join(title.split()).endswith("best baseline by 4.00; with nothing learnt 0.90")
    worse = ("demo", "prior", 1.1, 0.7, 1.2)
    assert "learnt" not in plot.score_ranges(scores_of(*rows, worse)).get_title("left")


def test_scores_without_hindsight_leave_its_row_out():
    table = scores_of(("d", "projection", 1, 0.8, 1.3), ("d", "hindsight", np.nan, np.nan, np.nan))
    ax = plot.score_ranges(table)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["the projection"]
    assert not any("hindsight" in text for text in drawn(ax))


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_scores_of_two_treaties_are_two_groups(width):
    table = scores_of(*((t, m, 1, 0.5, 2) for t in ("a$", "b$") for m in METHODS))
    said = drawn(plot.score_ranges(table, width=width))
    assert {"a$, nine states", "b$, nine states"} <= set(said)
    assert said.count("the projection") == 2


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_empty_charts_say_so(width):
    assert "no projection was scored" in drawn(plot.score_ranges(scores_of(), width=width))
    assert "no replay on record" in drawn(plot.replay_fan(EMPTY, "PER", width=width))
    assert "no deadline was decided" in drawn(plot.reliability(table_of(), width=width))


# --- spread of errors ---


def errors_of(**errors):
    """Replays of one treaty: a state for each row, an error for each method."""
    states = [f"S{i:02d}" for i in range(len(next(iter(errors.values()))))]
    columns = {f"crps_{method}": values for method, values in errors.items()}
    return pd.DataFrame({"treaty": "demo", "iso3": states, **columns})


def test_the_spread_is_the_share_of_states_with_at_most_an_error():
    replays = errors_of(projection=[0.5, 1.0, 3.0, 2.0], pace=[2.0, 8.0, 9.0, np.nan])
    # A state that was replayed twice counts once, by its mean.
    replays = pd.concat([replays, replays.head(1).assign(crps_projection=1.5)])
    ax = plot.error_spread(replays)
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert set(lines) == {"projection", "pace"}
    steps = lines["projection"]
    assert list(steps.get_xdata()[1:]) == [1.0, 1.0, 2.0, 3.0]
    assert list(steps.get_ydata()) == [0, 0.25, 0.5, 0.75, 1.0]
    assert steps.get_drawstyle() == "steps-post"
    assert list(lines["pace"].get_xdata()[1:]) == [2.0, 8.0, 9.0]
    looks = {(line.get_color(), line.get_linestyle()) for line in lines.values()}
    assert len(looks) == 2
    assert ax.get_title("left") == (
        "The projection erred by up to 1.00 years for half of the states, by up to 3.00 for all"
    )


def test_a_forecaster_that_was_never_scored_has_no_line():
    ax = plot.error_spread(errors_of(projection=[1.0], hindsight=[np.nan]))
    assert [line.get_label() for line in ax.get_lines()] == ["projection"]
    assert ax.get_legend().get_texts()[0].get_text() == "the projection"


@pytest.mark.parametrize("width", [10.0, 3.9])
@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(EMPTY, id="empty"),
        pytest.param(replays_of({}), id="one"),
        pytest.param(replays_of(*({"iso3": f"S{i:02d}"} for i in range(60))), id="sixty states"),
    ],
)
def test_the_spread_copes(frame, width):
    ax = plot.error_spread(frame, width=width)
    assert ("no projection was scored" in drawn(ax)) == frame.empty


# --- fan ---


def test_fan_draws_what_the_frame_says():
    frame = replays_of(
        {"day": DAYS[0]},
        {"day": DAYS[1], "rating": "at risk", "planned_completion": "2014-12-31"},
        {"day": DAYS[2], "rating": "at risk", "planned_completion": "2014-12-31"},
        {"day": DAYS[3], "deadline": "2017-01-01", "planned_completion": "2015-06-30"},
        {"day": DAYS[3], "iso3": "DEU", "state": "Germany"},
    )
    ax = plot.replay_fan(frame, "PER")
    medians = frame.loc[frame["iso3"] == "PER", ["day", "q50"]]
    told = days([*points(ax, "^"), *points(ax, "D")])
    assert sorted(told) == [
        tuple(f"{d:%Y-%m-%d}" for d in pair) for pair in medians.to_numpy(object)
    ]
    assert days(points(ax, "*")) == [(DAYS[1], "2014-12-31"), (DAYS[3], "2015-06-30")]
    assert len(ax.patches) == 8, "two ranges a replay"
    wide = ax.patches[0]
    assert days([(wide.get_y(), wide.get_y() + wide.get_height())]) == [
        (f"{frame['q10'][0]:%Y-%m-%d}", f"{frame['q90'][0]:%Y-%m-%d}")
    ]
    (deadline,) = [
        li for li in ax.get_lines() if li.get_color() == INK and li.get_linewidth() == 1.4
    ]
    due = mdates.num2date(mdates.date2num(deadline.get_ydata()))
    assert [d.year for d in due] == [2016, 2016, 2016, 2017, 2017]
    assert deadline.get_drawstyle() == "steps-post"
    said = drawn(ax)
    assert {"finished Jan 2015", "deadline Jan 2017", "median, rated at risk"} <= set(said)
    assert ax.get_title("left").startswith("Peru finished in Jan 2015, inside the 10 to 90% range")
    assert "(year)" in ax.get_xlabel() and "(year)" in ax.get_ylabel()


def test_fan_of_an_unfinished_state_has_no_outcome_and_says_so():
    frame = replays_of(
        {"day": "2016-01-01", **OPENED},
        {"day": "2017-01-01", "rating": "past the deadline", "q90": pd.NaT, "until": 8.0, **OPENED},
    )
    ax = plot.replay_fan(frame, "PER")
    colour = RATING_STYLE["completed"].colour
    assert not [line for line in ax.get_lines() if line.get_color() == colour]
    said = drawn(ax)
    assert "still open Jan 2025" in said and "finished" not in said
    assert {"median, rated past the deadline", "goes on beyond the chart"} <= set(said)
    assert len(points(ax, "s")) == 1
    assert ax.get_title("left") == (
        "Peru is still open; the median of both replays has proved too early"
    )


@pytest.mark.parametrize(
    ("frame", "width"),
    crossed(
        [
            pytest.param(replays_of({}), id="one replay"),
            pytest.param(replays_of({**UNKNOWN}), id="one day, no date"),
            pytest.param(replays_of(*({"day": d, **UNKNOWN} for d in DAYS)), id="no date"),
            pytest.param(replays_of({"day": pd.NaT, **UNKNOWN}), id="no day"),
            pytest.param(replays_of({"rating": "never heard of", "state": NASTY}), id="nasty"),
            pytest.param(
                replays_of({"state": "$5 and $6", "until": np.nan, **OPENED}), id="dollars"
            ),
            pytest.param(
                replays_of(*({"day": d, "q90": "2250-01-01", "q75": pd.NaT} for d in DAYS)),
                id="far",
            ),
        ],
        [10.0, 3.9],
    ),
)
def test_fan_copes(frame, width):
    ax = plot.replay_fan(frame, "PER", width=width)
    said = drawn(ax)
    if (frame["state"] == "$5 and $6").any():
        assert any(text.startswith("$5 and $6 is still open") for text in said)
    if frame["day"].isna().all():
        assert "no replay on record" in said


def test_fan_of_two_treaties_is_refused():
    frame = replays_of({"treaty": "a"}, {"treaty": "b"})
    with pytest.raises(ValueError, match="replays of PER are of a and b; expected those of one"):
        plot.replay_fan(frame, "PER")


def test_charts_draw_where_they_are_told():
    fig, axes = plt.subplots(4)
    assert plot.error_spread(replays_of({}), ax=axes[3]) is axes[3]
    assert plot.score_ranges(scores_of(), ax=axes[0], title="Mine") is axes[0]
    assert plot.replay_fan(replays_of({}), "PER", ax=axes[1]) is axes[1]
    assert plot.reliability(table_of(), ax=axes[2]) is axes[2]
    assert plt.get_fignums() == [fig.number] and axes[0].get_title("left") == "Mine"


# --- reliability ---


def test_reliability_puts_the_chance_beside_what_came_of_it():
    table = table_of(
        ("demo", 0.4, 0.6, 3, 2, 0.5, 1 / 3), ("demo", 0.95, 1.0, 128, 19, 0.98, 0.875)
    )
    ax = plot.reliability(table)
    assert points(ax, "o") == [(0.0, pytest.approx(1 / 3)), (1.0, 0.875)]
    given = [line.get_ydata()[0] for line in ax.get_lines() if line.get_color() == INK]
    assert given == [0.5, 0.98]
    labels = [tick.get_text() for tick in ax.get_xticklabels()]
    assert labels == ["40 to 60%\n3 (2)", "95 to 100%\n128 (19)"]
    assert "replays (states)" in ax.get_xlabel()
    assert ax.get_title("left") == "Of what was given a chance of 95 to 100%, 88% came true"


def test_reliability_of_two_treaties_keeps_them_apart():
    table = table_of(("a", 0.4, 0.6, 3, 2, 0.5, 0.4), ("b", 0.4, 0.6, 8, 5, 0.5, 0.6))
    ax = plot.reliability(table)
    assert points(ax, "o")[0][0] < 0 < points(ax, "s")[0][0]
    assert "40 to 60%\na: 3 (2)\nb: 8 (5)" in drawn(ax)


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_reliability_of_one_state(width):
    drawn(plot.reliability(table_of(("demo", 0.0, 0.2, 1, 1, 0.1, 0.0)), width=width))


def test_a_range_of_a_share_by_hand():
    """Wilson, 1 of 2: the middle is a half; half-width z / (n + z2) * sqrt(n / 4 + z2 / 4)."""
    half = 1.645 / (2 + 1.645**2) * np.sqrt(2 / 4 + 1.645**2 / 4)
    assert share_range(0.5, 2) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))
    assert share_range(0.0, 4)[0] == 0.0 and share_range(1.0, 4)[1] == 1.0


# --- words ---


def test_no_difference_is_claimed_that_the_ranges_do_not_support():
    table = scores_of(
        ("d", "projection", 1, 0.8, 1.3), ("d", "pace", 4, 3, 5), ("d", "deadline", 2, 1, 3)
    )
    table[["gain", "gain_high"]] = 3.0
    for lows, said in (
        ([0, 1, 1], "lies above zero for every baseline"),
        ([0, -1, -1], "No difference to a baseline is one that the record supports"),
        (
            [0, 1, -1],
            "to 'they finish on the deadline' is not one that the record supports; those to",
        ),
    ):
        assert said in record_words.errors(table.assign(gain_low=lows))


def test_states_are_chosen_by_name_or_by_trouble():
    late = {"outcome": "2017-01-01"}
    frame = replays_of(
        {"iso3": "AAA"},
        {"iso3": "BBB", "outcome": "2015-12-01"},
        *({"iso3": "CCC", "day": day, **late} for day in DAYS[:2]),
        *({"iso3": "DDD", "day": day, **OPENED} for day in DAYS[:3]),
    )
    assert record_words.chosen_states(frame) == ["DDD", "CCC", "BBB", "AAA"]
    assert record_words.chosen_states(frame, " aaa ,CCC,,aaa") == ["AAA", "CCC"]
    with pytest.raises(ValueError, match="no replay of XYZ; there are replays of AAA, BBB, CCC"):
        record_words.chosen_states(frame, "XYZ")
    assert record_words.chosen_states(EMPTY) == []


def test_alarms_in_words():
    none = pd.DataFrame(columns=["state", "lead_years"])
    assert "missed it" in record_words.alarm_sentence(none)
    one = pd.DataFrame({"state": ["Peru"], "lead_years": [0.2]})
    assert record_words.alarm_sentence(one) == (
        "One state missed its original deadline. For it the rating left 'on target' for good "
        "before it, 0.2 years ahead."
    )
    silent = one.assign(lead_years=np.nan)
    assert record_words.alarm_sentence(silent).endswith(
        "never left 'on target' for good before it."
    )
    met = replays_of({})
    assert record_words.false_alarm_sentence(scoring.false_alarms(met), met).startswith("No false")
    off = replays_of({"rating": "at risk"})
    said = record_words.false_alarm_sentence(scoring.false_alarms(off), off)
    assert "one of the one state" in said and "Peru (1 of 1)" in said


# --- sections ---


def sections(frame):
    treaty = sp.load("ccm").treaty
    return {
        "summary": record_pages.summary(frame, treaty, step=6, rule="reported"),
        "scores": record_pages.scores(frame),
        "fans": record_pages.fans(frame),
        "reliability": record_pages.reliability(frame),
        "ratings": record_pages.ratings(frame),
        "alarms": record_pages.alarms(frame),
    }


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(EMPTY, id="empty"),
        pytest.param(replays_of({}), id="one"),
        pytest.param(replays_of({"state": NASTY}, {"iso3": "DEU", **OPENED}), id="nasty"),
        pytest.param(replays_of({**UNKNOWN, "in_time": np.nan}), id="no date"),
    ],
)
def test_sections_cope_and_escape(frame):
    made = sections(frame)
    assert plt.get_fignums() == []
    for name, html in made.items():
        assert check_page(html) == []
        assert f'id="{name}"' in html
        assert "<script" not in html and "<b>" not in html
        assert not re.search(r"\bnan\b|\bNaT\b|\bNone\b", re.sub(r"<[^>]*>", "", html)), name


def test_sections_hold_the_numbers_of_the_tables():
    late = {"iso3": "DEU", "state": "Germany", "outcome": "2017-03-01", "in_time": 0.0}
    frame = replays_of(
        {"day": DAYS[0]},
        {"day": DAYS[0], **late},
        {"day": DAYS[1], **late, "rating": "at risk", "p_on_time": 0.5},
    )
    text = {name: re.sub(r"<[^>]*>", " ", html) for name, html in sections(frame).items()}
    assert "three projections for two states" in text["summary"]
    assert "over the next ten years was 0.50 years" in text["summary"].replace("\xa0", " ")
    assert "0.50 (0.50 to 0.50)" in text["scores"]
    assert "Of two cases rated on target (two states), one finished" in text["ratings"]
    assert "Each state's ratings while it had stock" in text["ratings"].replace("&#39;", "'")
    assert "One state missed its original deadline" in text["alarms"]
    assert re.search(
        r"Germany\s+1\sJanuary\s2016\s+Jan\s2012\s+Jul\s2012\s+3.5\syears", text["alarms"]
    )
