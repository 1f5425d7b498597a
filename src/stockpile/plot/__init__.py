"""Charts: each takes a ledger as of a day, or a frame that the library returns, and draws it.

What is returned is matplotlib's ``Axes``, which can be changed like any others.

Colour is never the only carrier of a meaning: every rating has a marker shape and
is named in words. No function touches matplotlib's global settings or shows a
window. Text from the data is drawn as it is: a ``$`` in a name is a dollar sign.
For a dark slide, turn a finished chart with `dark`; for files, see
`stockpile.plot.figures.save`.
"""

from __future__ import annotations

import matplotlib.pyplot as plt

from stockpile.plot.burndown import burndown
from stockpile.plot.burndown_data import burndown_title, lines_left
from stockpile.plot.calendar import calendar, calendar_title, due
from stockpile.plot.disagreement import disagreement, disagreement_title, stated
from stockpile.plot.figures import dark
from stockpile.plot.pace import need_against_pace, pace_title, paces
from stockpile.plot.ratings import ratings_bar, ratings_heatmap, ratings_over_time, ratings_title
from stockpile.plot.remaining import left_by_state, remaining, remaining_title, stock_left
from stockpile.plot.style import RATING_STYLE, rating_counts
from stockpile.plot.tile_map import tile_map, tile_title
from stockpile.plot.timeline import timeline, timeline_title, trouble_first
from stockpile.plot.track_record import (
    error_spread,
    reliability,
    replay_fan,
    score_ranges,
    spread_title,
)

# So that the backend is there before a chart sets its own fonts for a while: the end of that
# would also undo what a backend sets up for notebooks, and no later chart would be shown.
plt.draw_if_interactive()

__all__ = [
    "RATING_STYLE",
    "burndown",
    "burndown_title",
    "calendar",
    "calendar_title",
    "dark",
    "disagreement",
    "disagreement_title",
    "due",
    "error_spread",
    "left_by_state",
    "lines_left",
    "need_against_pace",
    "pace_title",
    "paces",
    "rating_counts",
    "ratings_bar",
    "ratings_heatmap",
    "ratings_over_time",
    "ratings_title",
    "reliability",
    "remaining",
    "remaining_title",
    "replay_fan",
    "score_ranges",
    "spread_title",
    "stated",
    "stock_left",
    "tile_map",
    "tile_title",
    "timeline",
    "timeline_title",
    "trouble_first",
]
