"""Stock remaining, all states together: by share, by number, on a logarithmic scale."""

import numpy as np
import pandas as pd
import pytest
from chartframes import crossed, drawn, legend
from sampleframes import DAY, NASTY, progress_of

from stockpile import plot


def uneven(n=60):
    """Stocks from a dozen to millions; every third is gone."""
    rows = []
    for i in range(n):
        size = 11 * (1 + i) ** 3
        rows.append((f"S{i:02d}", "mines", 0, f"20{i % 12:02d}-01-01", size, size))
        if i % 3:
            rows.append((f"S{i:02d}", "mines", 0, f"20{1 + i % 12:02d}-06-01", size, 0))
    return progress_of(*rows)


# --- frames ---


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


def test_what_each_state_had_left_starts_with_the_largest():
    progress = progress_of(
        ("SML", "mines", 0, "2010-01-01", 11, 11),
        ("BIG", "mines", 0, "2011-01-01", 573_700, 573_700),
        ("BIG", "mines", 0, "2012-01-01", 573_700, 64_500),
        ("BIG", "shells", 0, "2012-01-01", 5, 5),
    )
    left = plot.left_by_state(progress)
    assert list(left.columns) == ["BIG", "SML"]
    assert left["BIG"].tolist() == [573_700, 573_700, 64_500]
    assert left["SML"].tolist() == [11, 11, 11]
    assert plot.left_by_state(progress, unit="shells").columns.tolist() == ["BIG"]
    with pytest.raises(ValueError, match="unit is 'bombs'; expected one of mines and shells"):
        plot.left_by_state(progress, unit="bombs")


# --- the chart ---


def test_shares_are_a_line_a_unit_and_one_of_the_states_that_have_stock():
    progress = progress_of(
        ("BIG", "mines", 0, "2010-01-01", 1_200_000, 300_000),
        ("SML", "shells", 0, "2010-06-01", 11, 11),
    )
    ax = plot.remaining(progress, as_of=DAY)
    texts = drawn(ax)
    assert "mines: 25% remaining\n300,000 of 1.2 million" in texts
    assert "shells: 100% remaining\n11 of 11" in texts
    assert "2 of 2 states are not known\nto have finished" in texts
    assert ax.get_title("left") == (
        "25% of the declared mines and 100% of the declared shells remain"
    )
    assert len(ax.lines) == 3 + 1 and not ax.collections


def test_what_nothing_is_known_of_is_hatched_and_a_bound():
    progress = progress_of(
        ("BIG", "mines", 0, "2010-01-01", 900, 300),
        ("SML", "mines", 0, "2010-06-01", 100, 100),
    )
    progress.loc[1, ["remaining_qualifier", "share_destroyed"]] = ["at_most", float("nan")]
    ax = plot.remaining(progress, as_of=DAY)
    (band,) = ax.collections
    assert band.get_hatch() and band.get_facecolor().size == 0
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(0.3) and heights.max() <= 1
    assert "mines: at most 40% remaining\n400 of 1,000" in drawn(ax)


def test_numbers_are_stacked_with_the_largest_and_the_holders_named():
    progress = uneven(12)
    ax = plot.remaining(progress, view="total", as_of=DAY)
    # Six by name: three that have stock, the three largest of the others; and the rest as one.
    assert legend(ax) == [
        "S11: 0 of 19,008",
        "S10: 0 of 14,641",
        "S09: 11,000 of 11,000",
        "S08: 0 of 8,019",
        "S06: 3,773 of 3,773",
        "S03: 704 of 704",
        "six other states: 11 of 9,779",
    ]
    left = plot.left_by_state(progress, as_of=DAY)
    tops = [band.get_paths()[0].vertices[:, 1].max() for band in ax.collections]
    assert max(tops) == pytest.approx(left.sum(axis=1).max())
    assert ax.get_title("left") == "15,488 mines remain in four states, 11,000 in S09"


def test_a_logarithmic_scale_shows_a_dozen_beside_a_million():
    progress = progress_of(
        ("SML", "mines", 0, "2010-01-01", 11, 11),
        ("BIG", "mines", 0, "2011-01-01", 5_000_000, 5_000_000),
        ("PER", "mines", 0, "2010-01-01", 500, 500),
        ("PER", "mines", 0, "2011-06-01", 500, 0),
    )
    ax = plot.remaining(progress, view="log", as_of=DAY)
    assert ax.get_yscale() == "symlog"
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert lines["SML"].get_ydata()[-1] == 11 and lines["PER"].get_ydata()[-1] == 0
    assert {"BIG: 5 million", "SML: 11", "none remaining: one state"} <= set(drawn(ax))


@pytest.mark.parametrize(
    ("progress", "view", "width"),
    crossed(
        [
            pytest.param(progress_of(), id="empty"),
            pytest.param(progress_of(("PER", "mines", 0, "2010-01-01", 11, 11)), id="one state"),
            pytest.param(uneven(60), id="sixty states"),
            pytest.param(
                progress_of(("PER", "mines", 0, None, 11, 5), ("CHL", "mines", 0, None, 7, 0)),
                id="no dates",
            ),
            pytest.param(
                progress_of(("A", "$m$", 0, "2010-01-01", 7, 7)).assign(state=NASTY), id="nasty"
            ),
        ],
        ["share", "total", "log"],
        [10.0, 3.9],
    ),
)
def test_every_view_copes(progress, view, width):
    ax = plot.remaining(progress, view=view, as_of=DAY, width=width, source="Source: $x$.")
    assert "Source: $x$. As known on 19 April 2012." in drawn(ax)
    if progress.empty:
        assert "no declared stock on record" in drawn(ax)
        assert plot.stock_left(progress).empty


def test_a_view_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="view is 'pie'; expected one of share, total and log"):
        plot.remaining(progress_of(), view="pie")


def test_title_when_all_is_gone():
    left = pd.DataFrame({"unit": ["mines", "shells"], "share_left": [0.0, 0.0]})
    assert plot.remaining_title(left) == "Nothing remains of the declared stock"


def test_a_long_name_has_a_line_of_its_own_below_a_narrow_chart():
    lines = progress_of(("A", "tonnes_of_chemical_agent_all", 0, "2010-01-01", 68_853, 40_120))
    for width, parted in ((10.0, False), (3.9, True)):
        shown = drawn(plot.remaining(lines, as_of=DAY, width=width))
        assert any(":\n58% remaining" in text for text in shown) == parted
