"""Charts of all states: ratings over time, the calendar, need against pace, the tile map."""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chartframes import at, crossed, drawn, legend, projected
from matplotlib.colors import to_hex
from sampleframes import DAY, NASTY, many, state, status_of

import stockpile as sp
from stockpile import plot
from stockpile.plot.style import RATING_STYLE
from stockpile.plot.tile_map import REGIONS, places

# Many charts, each drawn twice.
pytestmark = pytest.mark.slow

DATES = (
    "entry_into_force original_deadline deadline completed projected earliest latest "
    "planned_completion last_report"
).split()
UNDATED = status_of(
    *(state(f"S{i}", r, iso3=f"S{i:02d}", **dict.fromkeys(DATES)) for i, r in enumerate(sp.RATINGS))
)
OPENED = status_of(
    *(
        state(f"State {i}", r, iso3=f"S{i:02d}", deadline=f"20{10 + i % 9}-0{1 + i % 9}-01")
        for i, r in enumerate(["overdue", "off target", "at risk", "on target"] * 15)
    )
)
FRAMES = [
    pytest.param(status_of(), id="empty"),
    pytest.param(status_of(state("Peru", "at risk")), id="one state"),
    pytest.param(OPENED, id="sixty states"),
    pytest.param(UNDATED, id="no dates"),
    pytest.param(status_of(state(NASTY, "at risk"), state("$5", "overdue")), id="nasty"),
]


def counts_of(*rows):
    frame = pd.DataFrame(list(rows), columns=["as_of", "rating", "states"])
    frame["as_of"] = pd.to_datetime(frame["as_of"])
    return frame


# --- ratings over time ---


def test_bands_have_the_height_of_the_counts_trouble_at_the_bottom():
    counts = counts_of(
        ("2011-12-31", "completed", 3),
        ("2011-12-31", "on target", 9),
        ("2012-06-30", "completed", 10),
        ("2012-06-30", "overdue", 1),
    )
    ax = plot.ratings_over_time(counts, as_of="2012-12-31")
    bands = {band.get_label(): band for band in ax.collections}
    assert list(bands) == ["overdue", "on target", "completed"]
    colours = [to_hex(band.get_facecolor()[0]) for band in bands.values()]
    assert colours == [RATING_STYLE[r].colour.lower() for r in bands]
    tops = {r: band.get_paths()[0].vertices[:, 1].max() for r, band in bands.items()}
    assert tops == {"overdue": 1, "on target": 9, "completed": 12}
    assert mdates.num2date(ax.get_xlim()[1]).date() == pd.Timestamp("2012-12-31").date()
    assert {"overdue 1", "completed 10"} <= set(drawn(ax))
    assert legend(ax) == ["on target, none now"]  # a colour seen is a colour named
    assert ax.get_title("left") == (
        "Ten of 11 states have finished, up from three of 12 in 2011; one is overdue"
    )


@pytest.mark.parametrize("width", [10.0, 3.9])
@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(counts_of(), id="empty"),
        pytest.param(counts_of(("2012-01-01", "completed", 1)), id="one state on one day"),
        pytest.param(
            counts_of(*((d, r, 60) for d in ("2012-01-01", "2013-01-01") for r in sp.RATINGS)),
            id="all ratings",
        ),
    ],
)
def test_ratings_over_time_cope(counts, width):
    ax = plot.ratings_over_time(counts, as_of=DAY, width=width)
    texts = drawn(ax)
    if counts.empty:
        assert "no state has been rated" in texts
    said = " ".join([*texts, *legend(ax)])
    assert all(rating in said for rating in counts["rating"])


def test_who_has_all_finished_is_called_so():
    counts = counts_of(("2012-01-01", "completed", 0), ("2013-01-01", "completed", 4))
    assert plot.ratings_title(counts) == "All four states have finished"
    begun = counts_of(("2012-01-01", "on target", 4), ("2013-01-01", "completed", 4))
    assert plot.ratings_title(begun) == (
        "All four states have finished, up from none of four in 2012"
    )


# --- ratings, state by state ---


def statuses_of(*rows):
    return pd.DataFrame(list(rows), columns=["as_of", "state", "status"])


def cells(ax):
    """The colours of the cells, row by row from the top; 'none' where nothing is drawn."""
    mesh = ax.collections[0]
    across = len(ax.get_xticks())
    colours = [to_hex(c) if c[3] else "none" for c in mesh.get_facecolor()]
    return [colours[i : i + across] for i in range(0, len(colours), across)]


def test_the_heat_map_has_the_last_rating_of_each_year_trouble_on_top():
    statuses = statuses_of(
        ("2010-06-30", "Peru", "on target"),
        ("2010-12-31", "Peru", "at risk"),
        ("2012-12-31", "Peru", "completed"),
        ("2012-12-31", "Chile", "overdue"),
    )
    ax = plot.ratings_heatmap(statuses)
    colour = {rating: look.colour.lower() for rating, look in RATING_STYLE.items()}
    assert cells(ax) == [
        ["none", "none", colour["overdue"]],
        [colour["at risk"], "none", colour["completed"]],
    ]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2010", "2011", "2012"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Chile", "Peru"]
    marks = {
        line.get_label(): list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for line in ax.get_lines()
    }
    assert marks == {
        "overdue": [(2.5, 0.5)],
        "at risk": [(0.5, 1.5)],
        "completed": [(2.5, 1.5)],
    }
    assert legend(ax) == ["overdue", "at risk", "completed"]
    assert ax.get_title("left") == (
        "One of two states has finished, up from none of one in 2010; one is overdue"
    )


def test_who_has_no_rating_in_the_last_year_stands_at_the_bottom_of_the_heat_map():
    statuses = statuses_of(
        ("2010-12-31", "Mali", "overdue"),  # and then found to have had no stock
        ("2010-12-31", "Peru", "on target"),
        ("2011-12-31", "Peru", "completed"),
        ("2011-12-31", "Chile", "at risk"),
    )
    ax = plot.ratings_heatmap(statuses)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["Chile", "Peru", "Mali"]


def test_the_heat_map_leaves_out_states_without_stock():
    statuses = statuses_of(("2010-12-31", "Peru", "on target"), ("2010-12-31", "Mali", "no data"))
    ax = plot.ratings_heatmap(statuses.assign(had_stock=[True, False]))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Peru"]


def test_the_heat_map_can_be_turned_dark():
    ax = plot.ratings_heatmap(statuses_of(("2010-12-31", "Peru", "at risk")))
    plot.dark(ax)
    ax.figure.draw_without_rendering()
    assert cells(ax) == [[RATING_STYLE["at risk"].dark.lower()]]


@pytest.mark.parametrize("width", [10.0, 3.9])
@pytest.mark.parametrize(
    "statuses",
    [
        pytest.param(statuses_of(), id="empty"),
        pytest.param(statuses_of(("2012-01-01", NASTY, "at risk")), id="nasty"),
        pytest.param(
            statuses_of(
                *(
                    (f"{year}-12-31", f"S{i}", list(RATING_STYLE)[(i + year) % 8])
                    for year in range(1999, 2027)
                    for i in range(60)
                )
            ),
            id="sixty states",
        ),
    ],
)
def test_the_heat_map_copes(statuses, width):
    ax = plot.ratings_heatmap(statuses, as_of=DAY, width=width, source="$x$")
    texts = drawn(ax)
    assert ("no state has been rated" in texts) == statuses.empty
    assert "$x$ As known on 19 April 2012." in texts
    assert len(ax.get_yticklabels()) == statuses["state"].nunique() or statuses.empty


# --- calendar ---


def test_the_calendar_starts_with_what_is_past_and_leaves_out_the_finished():
    status = status_of(
        state("Chile", "on target", deadline="2014-05-01"),
        state("Peru", "at risk", deadline="2014-02-01", planned_completion="2013-12-31"),
        state("Greece", "overdue", deadline="2010-01-01"),
        state("Gabon", "no data", deadline="2011-01-01"),
        state("Cuba", "completed", deadline="2015-01-01"),
        state("Mali", "no data", deadline="2015-01-01", had_stock=False),
        state("Laos", "no data", deadline=pd.NaT),
    )
    rows = plot.due(status, as_of=DAY)
    assert rows[["state", "group"]].values.tolist() == [
        ["Greece", "already past"],
        ["Gabon", "already past"],
        ["Peru", "2014"],
        ["Chile", "2014"],
    ]
    ax = plot.calendar(status, as_of=DAY)
    texts = drawn(ax)
    assert ax.get_title("left") == (
        "Peru and Chile are due next, in 2014; two deadlines are already past"
    )
    assert {"already past · two states", "due in 2014 · two states", "Greece"} <= set(texts)
    assert "Cuba" not in texts and "Mali" not in texts
    assert [day for day, _ in at(ax, "D")] == ["2014-02-01"]
    assert [day for day, _ in at(ax, "X")] == ["2010-01-01"]
    assert [day for day, _ in at(ax, "*")] == ["2013-12-31"]


def test_the_calendar_says_what_is_left():
    status = status_of(
        state("A", "at risk"),
        state("B", "at risk", remaining=7235, remaining_qualifier="at_most", share_destroyed=None),
        state("C", "at risk", remaining=None, share_destroyed=0.25),
        state("D", "at risk", remaining=None, share_destroyed=None),
    )
    texts = drawn(plot.calendar(status, as_of=DAY))
    assert {
        "60%, 600 submunitions",
        "at most 7,235 submunitions",
        "75% remaining",
        "not on record",
    } <= set(texts)
    narrow = drawn(plot.calendar(status, as_of=DAY, width=3.9))
    assert {
        "600 remaining (60%)",
        "at most 7,235 remaining",
        "75% remaining",
        "not on record",
    } <= set(narrow)


# --- need against pace ---


def paced():
    return projected(
        {"iso3": "AAA", "state": "Chile", "pace_needed": 0.2, "pace_kept_by": 3},
        {"iso3": "BBB", "state": "Peru", "pace_needed": 2.0, "pace_kept_by": 0},
        {"iso3": "CCC", "state": "Cuba", "pace_needed": 0.9, "pace_kept_by": 1},
        {"iso3": "DDD", "state": "Mali", "pace_needed": 0.5, "comparables": 0},
        {"iso3": "EEE", "state": "Laos", "pace_needed": np.nan},
    )


def test_paces_are_grouped_by_who_ever_kept_them():
    status = status_of(
        state("Peru", "at risk", iso3="BBB", entry_into_force="2010-04-19", share_destroyed=0.5),
        state("Chile", "on target", iso3="AAA", entry_into_force="2012-05-01"),
    )
    rows = plot.paces(paced(), status=status)
    assert rows[["state", "group"]].values.tolist() == [
        ["Peru", "beyond"],
        ["Cuba", "few"],
        ["Chile", "many"],
        ["Mali", "alone"],
    ]
    peru, _, chile, mali = rows.itertuples()
    assert peru.own_pace == pytest.approx(0.25, abs=0.001) and peru.rating == "at risk"
    assert np.isnan(chile.own_pace)  # bound after the as-of day
    assert mali.rating == "" and np.isnan(mali.own_pace)


def test_need_against_pace_draws_both():
    status = status_of(
        state("Peru", "at risk", iso3="BBB", entry_into_force="2010-04-19", share_destroyed=0.5)
    )
    projection = paced().assign(deadline=pd.Timestamp("2012-10-19"))
    ax = plot.need_against_pace(projection, status=status, as_of=DAY)
    marks = {
        line.get_marker(): float(line.get_xdata()[0])
        for line in ax.get_lines()
        if line.get_marker() in ("D", "o")
    }
    assert marks["D"] == 2.0 and marks["o"] == pytest.approx(0.25, abs=0.001)
    assert ax.get_xscale() == "log"
    texts = drawn(ax)
    assert {
        "kept by none of 4",
        "kept by 1 of 4",
        "none to compare",
        "as fast as few comparable states were · one state",
        "20% a year",
        "100% in 6 months",
    } <= set(texts)
    assert ax.get_title("left") == (
        "Peru would have to be faster than any comparable state ever was"
    )


def test_a_pace_of_nothing_and_one_beyond_all_reason_stay_on_the_chart():
    projection = projected(
        {"iso3": "AAA", "state": "A", "pace_needed": 365.25, "deadline": "2012-04-20"},
        {"iso3": "BBB", "state": "B", "pace_needed": 0.0005},
    )
    status = status_of(state("A", "off target", iso3="AAA", share_destroyed=0.0))
    ax = plot.need_against_pace(projection, status=status, as_of=DAY)
    low, high = ax.get_xlim()
    for line in ax.get_lines():
        if line.get_transform() == ax.transData:
            assert np.all(
                (low <= np.array(line.get_xdata())) & (np.array(line.get_xdata()) <= high)
            )
    assert "100% in 1 day" in drawn(ax) and "next to nothing so far" in legend(ax)


@pytest.mark.parametrize(
    ("projection", "width"),
    crossed(
        [
            pytest.param(projected(), id="empty"),
            pytest.param(projected({}), id="one state"),
            pytest.param(
                projected(
                    *(
                        {"iso3": f"S{i:02d}", "state": f"S {i}", "pace_needed": 0.01 * 1.2**i}
                        for i in range(60)
                    )
                ),
                id="sixty states",
            ),
            pytest.param(projected({"deadline": None, "pace_needed": np.nan}), id="no dates"),
            pytest.param(projected({"state": NASTY}), id="nasty"),
        ],
        [10.0, 3.9],
    ),
)
def test_need_against_pace_copes(projection, width):
    texts = drawn(plot.need_against_pace(projection, as_of=DAY, width=width))
    assert ("no pace to keep" in texts) == (not (projection["pace_needed"] > 0).any())


# --- tile map ---


def test_every_state_has_one_tile_and_no_two_share_a_place():
    tiles = places([])
    assert tiles["iso3"].is_unique and not tiles.duplicated(["column", "row"]).any()
    assert list(dict.fromkeys(tiles["region"])) == list(REGIONS)
    for treaty in sp.packaged():
        assert set(sp.load(treaty).states["iso3"]) <= set(tiles["iso3"])
    row = tiles.set_index("iso3")["row"]
    column = tiles.set_index("iso3")["column"]
    assert row["NOR"] < row["ITA"] < row["DZA"] < row["ZAF"]
    assert column["PER"] < column["PRT"] < column["IRN"] < column["JPN"]


def test_a_tile_has_the_colour_the_mark_and_the_code():
    status = status_of(
        state("Peru", "at risk", iso3="PER"), state("Chile", "completed", iso3="CHL")
    )
    ax = plot.tile_map(status, as_of=DAY)
    filled = {
        p.get_label(): to_hex(p.get_facecolor())
        for p in ax.patches
        if p.get_label() in RATING_STYLE
    }
    assert filled == {r: RATING_STYLE[r].colour.lower() for r in ("at risk", "completed")}
    where = places([]).set_index("iso3").loc["PER"]
    (mark,) = [m for m in ax.get_lines() if m.get_marker() == "D"]
    assert mark.get_xdata()[0] == where["column"] + 0.5
    texts = drawn(ax)
    assert {"PER", "CHL", "BRA"} <= set(texts)  # who is not on record has a faint tile
    assert legend(ax) == ["at risk 1", "completed 1"]
    assert ax.get_title("left") == "At risk: Peru"


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_a_code_of_no_known_state_is_still_shown(width):
    status = status_of(
        *(state(f"X{i}", "on target", iso3=f"X{i:02d}") for i in range(40)),
        state("Peru", "at risk", iso3="PER"),
        state("$", "at risk", iso3="$x$"),
    )
    texts = drawn(plot.tile_map(status, width=width))
    assert set(status["iso3"]) <= set(texts) and "not on the map" in texts
    tiles = places(status["iso3"], narrow=width < 6)
    assert not tiles.duplicated(["column", "row"]).any()


@pytest.mark.parametrize("width", [10.0, 3.9])
def test_a_tile_map_has_room_for_its_words(width):
    codes = [code for _, text in REGIONS.values() for code in text.split() if code != "."]
    ratings = [list(RATING_STYLE)[i % len(RATING_STYLE)] for i in range(len(codes))]
    status = status_of(*(state(c, r, iso3=c) for c, r in zip(codes, ratings, strict=True)))
    title = "Words that need more than one line where a window is as narrow as some are"
    ax = plot.tile_map(status, as_of=DAY, width=width, title=title, source="A source. " * 8)
    ax.figure.draw_without_rendering()
    source = ax.figure._supxlabel.get_window_extent()
    heading = ax._left_title.get_window_extent()
    assert heading.y1 <= ax.figure.bbox.y1
    assert source.y0 >= 0 and source.y1 <= ax.get_legend().get_window_extent().y0


# --- all of them ---


@pytest.mark.parametrize(
    ("status", "draw", "width"), crossed(FRAMES, [plot.calendar, plot.tile_map], [10.0, 3.9])
)
def test_charts_cope(status, draw, width):
    ax = draw(status, as_of=DAY, width=width, source="Source: $x$.")
    texts = drawn(ax)
    assert any("Source: $x$." in text for text in texts)
    if draw is plot.calendar and (status.empty or status["deadline"].isna().all()):
        assert "no deadline to meet" in texts


def test_charts_draw_where_they_are_told():
    figure, axes = plt.subplots(4)
    assert plot.calendar(many(9), ax=axes[0], title="Mine") is axes[0]
    assert plot.tile_map(many(9), ax=axes[1]) is axes[1]
    assert plot.need_against_pace(paced(), ax=axes[2]) is axes[2]
    assert plot.ratings_over_time(counts_of(), ax=axes[3]) is axes[3]
    assert plt.get_fignums() == [figure.number] and axes[0].get_title("left") == "Mine"
