"""The layout of charts that list things, and the limits of a time axis."""

import pandas as pd
import pytest
from chartframes import drawn

from stockpile.plot.rows import Group, draw_rows, place_rows, rows_axes, small_bar
from stockpile.plot.style import time_limits

GROUPS = [Group("large", ["Peru", "Chile"]), Group("small", ["Mali"])]


def laid_out(narrow, **more):
    ax, places, laid_out_narrow = rows_axes(None, GROUPS, 3.9 if narrow else 10.0, 0.6, 0.6)
    assert laid_out_narrow == narrow
    marks = []
    draw_rows(
        ax,
        places,
        mark=lambda y, row: marks.append((y, row)),
        name=lambda row: "" if row == "Mali" else row,
        notes=lambda row: [(8, f"first {row}", {}), (66, f"second {row}", {})],
        **more,
    )
    return ax, places, marks


def test_headings_and_rows_follow_one_another_with_a_gap_between_groups():
    places, height = place_rows(GROUPS, narrow=False)
    assert [(round(y, 2), getattr(row, "heading", row)) for y, row in places] == [
        (0.0, "large"),
        (1.05, "Peru"),
        (2.05, "Chile"),
        (3.4, "small"),
        (4.45, "Mali"),
    ]
    assert height == pytest.approx(5.45)
    assert place_rows([], narrow=False) == ([], 1.0)


def test_the_heading_of_a_mark_that_rises_stands_beside_it_or_above():
    dots = [Group("finished", ["dots"], rise=2.0)]
    for narrow, heights in ((False, [2.0, 2.0]), (True, [0.0, 2.8])):
        assert [y for y, _ in place_rows(dots, narrow=narrow)[0]] == heights


def test_a_wide_chart_has_names_before_and_all_notes_behind():
    ax, rows, marks = laid_out(narrow=False)
    assert marks == [(y, row) for y, row in rows if isinstance(row, str)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Peru", "Chile"]
    texts = drawn(ax)
    assert {"large", "small", "first Peru", "second Peru", "second Mali"} <= set(texts)


def test_a_narrow_chart_has_names_above_and_the_first_note_alone():
    ax, _, marks = laid_out(narrow=True)
    assert len(marks) == 3 and list(ax.get_yticks()) == []
    texts = drawn(ax)
    assert {"large", "Peru", "Chile", "first Mali"} <= set(texts)
    assert not any(text.startswith("second") for text in texts) and "Mali" not in texts


def test_headings_that_are_too_long_stand_inside():
    for inside, side in ((False, "right"), (True, "left")):
        ax, _, _ = laid_out(narrow=False, inside=inside)
        (heading,) = [text for text in ax.texts if text.get_text() == "large"]
        assert heading.get_ha() == side


def test_a_small_bar_is_as_long_as_its_share():
    ax, _, _ = laid_out(narrow=False)
    small_bar(ax, 1.05, 0.25, "#000000")
    ground, bar = ax.artists[-1].offsetbox.get_children()
    assert bar.get_width() == ground.get_width() / 4


def test_a_time_axis_has_room_beside_and_cuts_off_far_tails():
    day = pd.Timestamp("2012-01-01")
    days = pd.to_datetime(["2010-01-01", None, "2014-01-01"])
    first, last = time_limits(days, day=day)
    assert (first, last) == (pd.Timestamp("2009-11-22"), pd.Timestamp("2014-02-10"))
    _, last = time_limits(days, day=day, tails=[pd.Timestamp("2150-01-01")])
    assert last.year == 2022  # ten years after the as-of day, and some room
    _, last = time_limits(days, day=day, tails=[pd.Timestamp("2016-01-01"), pd.NaT])
    assert last.year == 2016
    assert [end.year for end in time_limits([])] == [2009, 2011]
