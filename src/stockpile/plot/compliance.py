"""Charts of what a treaty asks beside destruction: who has joined, and who reports."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.style import FONT, MUTED, RATING_STYLE, UNIT_STYLES

_OURS, _OTHER = UNIT_STYLES[0][0], UNIT_STYLES[1][0]


@mpl.rc_context(FONT)
def joined(
    counts: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    as_of: Day | None = None,
    width: float = 10.0,
) -> Axes:
    """How many states the treaty bound, and how many had only signed it, over the years.

    The lines are drawn to the as-of day or, without one, to the last one of the counts of
    `stockpile.compliance.scorecard.membership_over_time`.
    """
    lines = {
        "parties": ("{} States Parties", _OURS, "-"),
        "signatories": ("{} have only\nsigned", _OTHER, UNIT_STYLES[1].dash),
    }
    return _steps(counts, lines, ax, title, as_of, width)


@mpl.rc_context(FONT)
def reports_due(
    counts: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    as_of: Day | None = None,
    width: float = 10.0,
) -> Axes:
    """How many initial reports had fallen due, and how many of them were in, over the years.

    ``counts`` are those of `stockpile.compliance.scorecard.reports_over_time`.
    """
    lines = {
        "due": ("{} due", MUTED, UNIT_STYLES[1].dash),
        "submitted": ("{} known\nto be in", _OURS, "-"),
    }
    ax = _steps(counts, lines, ax, title, as_of, width)
    if len(counts):
        late: dict[str, Any] = {"color": RATING_STYLE["at risk"].colour, "alpha": 0.25, "lw": 0}
        between = (counts["submitted"], counts["due"])
        ax.fill_between(counts["date"], *between, step="post", zorder=1, **late)
    return ax


def _steps(
    counts: pd.DataFrame,
    lines: dict[str, tuple[str, str, Any]],
    ax: Axes | None,
    title: str | None,
    as_of: Day | None,
    width: float,
) -> Axes:
    """Draw columns of counts as steps, each with its words, colour and dashes."""
    ax, _ = style.axes_for(ax, width, 3.2, 3.0)
    if len(counts) == 0:
        style.say_empty(ax, "nothing on record")
        return ax
    day = counts["date"].iloc[-1] if as_of is None else as_of
    last = counts.iloc[-1]
    for name, (_, colour, dash) in lines.items():
        look: dict[str, Any] = {"color": colour, "ls": dash, "lw": 2, "zorder": 3}
        ax.step([*counts["date"], day], [*counts[name], last[name]], where="post", **look)
    first: Any = counts["date"].iloc[0] - pd.Timedelta(days=30)
    top = max(int(counts[list(lines)].max().max()) * 1.08, 1)
    ax.set_xlim(first, max(day, first + pd.Timedelta(days=400)))
    ax.set_ylim(0, top)
    style.time_axis(ax)
    ax.tick_params(axis="y", labelcolor=MUTED)
    ends = [(last[name], text.format(last[name]), c) for name, (text, c, _) in lines.items()]
    style.label_ends(ax, ends, gap=0.17)
    style.frame_text(ax, title, "", above=0)
    return ax
