"""Charts: each takes a tidy frame that the library returns, draws, and returns the ``Axes``.

Colour is never the only carrier of a meaning: every rating has a marker shape and
is named in words. No function touches matplotlib's global settings or shows a
window. Text from the data is drawn as it is: a ``$`` in a name is a dollar sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.plot_burndown import burndown, burndown_title, stock_left
from stockpile.plot_record import reliability, replay_fan, score_ranges
from stockpile.plot_timeline import timeline, timeline_title, trouble_first
from stockpile.style import (
    FONT,
    GROUND,
    INK,
    RATING_STYLE,
    frame_text,
    is_narrow,
    legend_below,
    marker,
    new_axes,
    rating_counts,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "RATING_STYLE",
    "burndown",
    "burndown_title",
    "rating_counts",
    "ratings_bar",
    "reliability",
    "replay_fan",
    "score_ranges",
    "stock_left",
    "timeline",
    "timeline_title",
    "trouble_first",
]


def ratings_bar(
    status: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
    legend: bool = True,
) -> Axes:
    """How many states have each rating, as one bar.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it; every row counts.
    ax, title, width
        As in `timeline`; without a title there is none.
    legend : bool
        Name the ratings below; without it, something beside the chart has to.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl

    counts = rating_counts(status)
    total = int(counts.sum())
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        if ax is None:
            height = 0.5 if narrow else 0.45
            ax = new_axes(width, height + (1.0 if narrow else 0.4) * legend)
        start = 0
        for rating, n in counts.items():
            style = RATING_STYLE[str(rating)]
            ax.barh(0, n, left=start, height=0.8, color=style.colour, ec="none", zorder=2)
            # A hairline of the ground between two parts, for those who see no hues.
            ax.plot([start, start], [-0.42, 0.42], color=GROUND, lw=1.5, zorder=3)
            if n / total > (0.06 if narrow else 0.03):
                ax.text(
                    start + n / 2, 0, str(n), ha="center", va="center", weight="bold",
                    color=GROUND if style.order not in (2, 7) else INK, zorder=4,
                )  # fmt: skip
            start += int(n)
        ax.set_xlim(0, max(total, 1))
        ax.set_ylim(-0.5, 0.5)
        ax.set_axis_off()
        handles = [_sign(str(rating), f"{rating} {n}") for rating, n in counts.items()]
        if handles and legend:
            legend_below(ax, handles, columns=2 if narrow else len(handles), gap=4)
        if not handles:
            ax.text(0.5, 0, "no state to rate", ha="center", va="center")
        if title:
            frame_text(ax, title, "", pd.NaT)
    return ax


def _sign(rating: str, label: str) -> Any:
    """Make a legend entry of a rating's marker and word."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, **marker(rating, 6.5))
