"""Every public call as a type checker sees it: `make check` reads this file, nothing runs it.

`pyright tests/typed_calls.py` says the same of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import pandas as pd
from matplotlib.axes import Axes

import stockpile as sp
from stockpile import plot
from stockpile.ledger.account import Checked, check


def calls(frame: pd.DataFrame) -> None:
    """Never called: the calls are only to be read."""
    whole = assert_type(
        sp.load("ccm", extra=frame, unit="submunitions", published="2012"), sp.Ledger
    )
    assert_type(sp.read("own.xlsx", treaty="ccm", cumulative=True, limits=sp.Limits()), sp.Ledger)
    assert_type(check("own.xlsx", treaty="ccm", cumulative=True, limits=sp.Limits()), Checked)
    then = assert_type(whole.as_of("2018-06-30", "published"), sp.Ledger)
    assert_type(whole.treaty, sp.Treaty)
    limits = sp.Thresholds(on_target=0.7)

    assert_type(sp.status(then, limits, states=["Peru", "de"]), pd.DataFrame)
    assert_type(sp.progress(then, explain=True, states="Peru"), pd.DataFrame)
    assert_type(sp.statements(then), pd.DataFrame)
    assert_type(sp.conflicts(then), pd.DataFrame)
    assert_type(sp.project(then, history=[]), pd.DataFrame)
    assert_type(sp.chances(then, years=3, before=then), pd.DataFrame)
    assert_type(sp.chances(then, own_dates={"Peru": "2025-12-31"}), pd.DataFrame)
    assert_type(sp.chance_changes(then, then, states="Peru"), pd.DataFrame)
    assert_type(sp.missing_counts(then, "2021-12-31"), pd.DataFrame)
    assert_type(sp.totals(then), pd.DataFrame)
    assert_type(sp.by_year(then, unit="submunitions"), pd.DataFrame)
    assert_type(sp.extensions(then), pd.DataFrame)
    assert_type(sp.rating_history(whole, ["2018-06-30"], rule="reported"), pd.DataFrame)
    assert_type(sp.ratings_by_day(whole, "2018-06-30", with_stock=False), pd.DataFrame)
    assert_type(sp.membership(then), pd.DataFrame)
    assert_type(sp.transparency(then), pd.DataFrame)
    assert_type(sp.legislation(then), pd.DataFrame)
    assert_type(sp.views(then), pd.DataFrame)
    assert_type(sp.allegations(then), pd.DataFrame)
    assert_type(sp.scorecard(then, limits), pd.DataFrame)
    now = assert_type(sp.snapshot(then, limits), sp.Snapshot)
    changed = assert_type(sp.what_changed(sp.read_snapshot("reports/ccm"), now), sp.Changes)
    assert_type(changed.ratings, pd.DataFrame)
    assert_type(sp.cite(), str)
    assert_type(sp.packaged(), tuple[str, ...])
    assert_type(sp.notebook_path("explore"), Path)
    sp.show_versions()
    assert_type(len(sp.RATINGS), int)
    assert_type(sp.DataError("text").args, tuple[Any, ...])

    assert_type(plot.burndown(then, state="Peru", as_of="2018-06-30", title=""), Axes)
    assert_type(sp.plot.calendar(then, width=6.0), Axes)
    assert_type(plot.disagreement(then, state="Peru"), Axes)
    assert_type(plot.error_spread(then), Axes)
    assert_type(plot.need_against_pace(then), Axes)
    assert_type(plot.ratings_bar(sp.status(then)), Axes)
    assert_type(plot.ratings_heatmap(then), Axes)
    assert_type(plot.ratings_over_time(sp.ratings_by_day(whole)), Axes)
    assert_type(plot.reliability(then), Axes)
    assert_type(plot.remaining(then, unit="submunitions"), Axes)
    assert_type(plot.replay_fan(then, state="Peru"), Axes)
    assert_type(plot.score_ranges(then), Axes)
    assert_type(plot.tile_map(then), Axes)
    assert_type(plot.timeline(then, max_rows=20), Axes)
    assert_type(plot.dark(plot.tile_map(then)), Axes)
    assert_type(plot.due(then), pd.DataFrame)
    assert_type(plot.left_by_state(then), pd.DataFrame)
    assert_type(plot.lines_left(then, state="Peru"), pd.DataFrame)
    assert_type(plot.paces(then), pd.DataFrame)
    assert_type(plot.stated(then, state="Peru"), pd.DataFrame)
    assert_type(plot.stock_left(then), pd.DataFrame)
    assert_type(plot.trouble_first(then), pd.DataFrame)
    assert_type(plot.rating_counts(frame).index, pd.Index[Any])
    assert_type(plot.RATING_STYLE["at risk"].colour, str)
    for title in (
        plot.burndown_title(frame, None, "Peru"),
        plot.calendar_title(plot.due(then)),
        plot.disagreement_title(frame, "Peru"),
        plot.pace_title(plot.paces(then)),
        plot.ratings_title(frame),
        plot.remaining_title(plot.left_by_state(then)),
        plot.spread_title(frame),
        plot.tile_title(then),
        plot.timeline_title(then),
    ):
        assert_type(title, str)
