"""Charts that are drawn from a ledger as of a day, and states named as people write them."""

import inspect

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import stockpile as sp
from stockpile import plot
from stockpile.plot.ledgers import FROM_LEDGER

DAY = "2022-06-30"
#: Those that take longer, for they replay the past.
SLOW = {"error_spread", "reliability", "replay_fan", "score_ranges"}
SLOW |= {"ratings_heatmap", "ratings_over_time"}
CHARTS = sorted(name for name in FROM_LEDGER if name in plot.__all__)


def titled(drawn):
    """What a chart says in its title, what a frame holds, or a sentence."""
    if not hasattr(drawn, "get_title"):
        return drawn
    text = drawn.get_title("left")
    plt.close(drawn.figure)
    return text


@pytest.mark.parametrize("name", sorted(set(CHARTS) - SLOW))
def test_a_chart_of_a_ledger_is_that_of_its_frames(ccm, name):
    then = ccm.as_of(DAY)
    draw, makers = getattr(plot, name), FROM_LEDGER[name]
    state = {"state": "peru"} if "state" in inspect.signature(draw).parameters else {}
    first, *others = makers
    frames = {other: makers[other](then) for other in others}
    by_hand = titled(draw(makers[first](then), **frames, **({"state": "PER"} if state else {})))
    drawn = titled(draw(then, **state))
    if isinstance(drawn, str):
        assert drawn == by_hand
    else:
        pd.testing.assert_frame_equal(pd.DataFrame(drawn), pd.DataFrame(by_hand))


def test_what_is_given_goes_before_what_the_ledger_has(ccm):
    then = ccm.as_of(DAY)
    ax = plot.burndown(then, state="Perú", title="Of our own")
    assert titled(ax) == "Of our own"


def test_a_state_of_frames_is_found_by_its_name(ccm):
    then = ccm.as_of(DAY)
    lines = sp.progress(then)
    titles = {titled(plot.burndown(lines, state=name)) for name in ("PER", "Peru", "pe", "per")}
    assert len(titles) == 1
    with pytest.raises(ValueError, match=r"state is 'Bulgria'.*did you mean BGR \(Bulgaria\)"):
        plot.burndown(lines, state="Bulgria")
    with pytest.raises(ValueError, match=r"no state 'Bulgria'.*did you mean BGR"):
        plot.burndown(then, state="Bulgria")


@pytest.mark.parametrize("name", CHARTS)
def test_what_is_neither_ledger_nor_frame_is_refused(ccm, name):
    with pytest.raises(TypeError, match=r"got str; did you mean sp.load\('ccm'\).as_of"):
        getattr(plot, name)("ccm")
    with pytest.raises(ValueError, match="needs an as-of day"):
        getattr(plot, name)(ccm)


@pytest.mark.parametrize(
    ("name", "given", "column"),
    [("calendar", "progress", "status"), ("remaining", "status", "date")],
)
def test_another_frame_than_the_one_that_is_drawn_is_refused(ccm, name, given, column):
    frame = getattr(sp, given)(ccm.as_of(DAY))
    with pytest.raises(ValueError, match=f"finds no column '{column}'.* a ledger as of a day"):
        getattr(plot, name)(frame)
