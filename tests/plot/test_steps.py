"""Steps on the way, as the timeline and the burn-down draw them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

import stockpile as sp
from stockpile.plot.style import STEPS
from stockpile.stock.steps import steps

LOOKS = {(look["marker"], look["mfc"]): outcome for outcome, look in STEPS.items()}


@pytest.fixture(scope="module")
def then(cwc: sp.Ledger) -> sp.Ledger:
    return cwc.as_of("2012-06-30")


def drawn(ax: Any) -> list[tuple[pd.Timestamp, float, str]]:
    """Each step in a chart: its day, its height and what came of it."""
    return [
        (pd.Timestamp(line.get_xdata()[0]), line.get_ydata()[0], LOOKS[look])
        for line in ax.lines
        if len(line.get_xdata()) == 1
        and (look := (line.get_marker(), line.get_markerfacecolor())) in LOOKS
    ]


def labels(ax: Any) -> set[str]:
    found = {text.get_text() for text in ax.get_legend().get_texts()}
    return {text for text in found if text.startswith("step on the way")}


def test_a_burndown_marks_how_much_was_to_be_left(then: sp.Ledger) -> None:
    rows = steps(then)
    ax = sp.plot.burndown(sp.progress(then), state="USA", steps=rows, as_of=then.day)
    rows = rows[rows["iso3"] == "USA"].sort_values("due")
    whole = sp.progress(then).query("iso3 == 'USA'")["declared"].dropna().iloc[-1]
    marks = sorted(drawn(ax))
    assert [mark[0] for mark in marks] == list(rows["due"])
    assert [mark[1] for mark in marks] == pytest.approx(list((1 - rows["percent"] / 100) * whole))
    assert [mark[2] for mark in marks] == list(rows["outcome"])
    assert labels(ax) == {f"step on the way, {outcome}" for outcome in rows["outcome"]}


def test_a_timeline_marks_each_step_of_each_state(then: sp.Ledger) -> None:
    rows, status = steps(then), sp.status(then)
    ax = sp.plot.timeline(status, steps=rows, as_of=then.day)
    due = rows[rows["due"].notna()]
    shown = Counter((day, outcome) for day, _, outcome in drawn(ax))
    assert shown and not shown - Counter(zip(due["due"], due["outcome"], strict=True))
    assert labels(ax) == {f"step on the way, {outcome}" for _, outcome in shown}


def test_without_steps_nothing_is_marked(ccm: sp.Ledger) -> None:
    then = ccm.as_of("2012-04-19")
    assert steps(then).empty
    ax = sp.plot.timeline(sp.status(then), steps=steps(then), as_of=then.day)
    assert not labels(ax)
