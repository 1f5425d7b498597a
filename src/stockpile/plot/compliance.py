"""Charts of what a treaty asks beside destruction: who has joined, who reports, who has a law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from stockpile.common import english as words
from stockpile.compliance.wording import ANSWER_WORDS, QUESTION_WORDS
from stockpile.plot import style
from stockpile.plot.style import FAINT, FONT, GROUND, INK, MUTED, RATING_STYLE, UNIT_STYLES

_OURS, _OTHER = UNIT_STYLES[0][0], UNIT_STYLES[1][0]
#: What each bar is about.
BAR_WORDS = {
    "rating": "Stockpile rating",
    "report": "Initial transparency report",
    "law": "National law",
    **{f"view_{key}": words.sentence(text) for key, text in QUESTION_WORDS.items()},
    "allegation": "Gravest allegation on record",
}
#: Answers look like the rating that means as much; a view is neither good nor bad.
_LIKE = {
    answer: rating
    for rating, answers in {
        "completed": ("in time", "specific law", "none on record"),
        "completed late": ("submitted", "existing law", "refuted"),
        "on target": ("in progress", "denied"),
        "at risk": ("late", "contradictory", "alleged"),
        "off target": ("none", "credible"),
        "overdue": ("confirmed",),
        "no obligation": ("not due", "not covered"),
    }.items()
    for answer in answers
}
_BLANK = {"not covered"}
_SILENT = ("unknown", "no data")
_VIEW_COLOURS = {"prohibited": _OURS, "permitted": _OTHER, "other": UNIT_STYLES[3][0]}


@mpl.rc_context(FONT)
def answers(
    counts: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How many States Parties have each answer, one bar for each thing that is asked.

    Under each bar all answers stand in words, so that no colour has to be told
    from another. What the tables do not cover has no bar.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `stockpile.compliance.counts.tally` returns it, of one group.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a figure of the right height is made.
    title : str, optional
        Above the chart; without one there is none.
    width : float
        Of the figure made, in inches.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When the counts are of several groups: they are not of one whole.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import stockpile as sp
    >>> from stockpile.compliance.counts import tally
    >>> ax = answers(tally(sp.scorecard(sp.load("ccm").as_of("2012-04-19"))))
    >>> "15 overdue" in " ".join(text.get_text() for text in ax.texts)
    True
    >>> plt.close(ax.figure)
    """
    if counts["group"].nunique() > 1:
        groups = words.listing(sorted(counts["group"].unique()), limit=4)
        raise ValueError(f"the counts are of several groups, {groups}; expected those of one")
    narrow = style.is_narrow(ax, width)
    bars = [(name, counts[counts["dimension"] == name]) for name in BAR_WORDS]
    # What the tables do not cover is said in words; a bar of it has nothing to show.
    bars = [(name, rows) for name, rows in bars if len(rows) and set(rows["answer"]) != _BLANK]
    lanes = [_lanes(rows, width - 0.3) for _, rows in bars]
    tall = sum(0.62 + 0.19 * len(lane) for lane in lanes)
    ax, _ = style.axes_for(ax, width, max(tall, 0.6) + (0.4 if title else 0.05))
    y = 0.0
    for (name, rows), lane in zip(bars, lanes, strict=True):
        y = _bar(ax, y, name, rows, lane, narrow)
    if not bars:
        ax.text(0.5, 0.3, "no State Party on record", ha="center")
    ax.set_xlim(0, 1)
    ax.set_ylim(max(y, 0.6), 0)
    ax.set_axis_off()
    style.frame_text(ax, title, "", above=0)
    return ax


def _look(answer: str) -> tuple[str, str]:
    """Return the colour of an answer, and that of letters on it."""
    if answer in _VIEW_COLOURS:
        return _VIEW_COLOURS[answer], GROUND
    if answer in _SILENT:
        return FAINT, INK
    rating = _LIKE.get(answer, answer)
    return RATING_STYLE[rating].colour, style.ink_on(rating)


def _count(row: Any) -> str:
    return f"{row.states} {ANSWER_WORDS.get(row.answer, row.answer)}"


def _lanes(rows: pd.DataFrame, room: float) -> list[list[tuple[float, Any]]]:
    """Put the words under a bar into as many rows as they need; places are shares of the width."""
    out: list[list[tuple[float, Any]]] = [[]]
    at = 0.0
    for row in rows.itertuples(index=False):
        wide = (len(_count(row)) * 0.54 * 8.5 + 26) / 72
        if out[-1] and at + wide > room:
            out.append([])
            at = 0.0
        out[-1].append((at / room, row))
        at += wide
    return out


def _bar(
    ax: Axes, y: float, name: str, rows: pd.DataFrame, lanes: Sequence[Any], narrow: bool
) -> float:
    """Draw one bar with its name above and its words below; return where the next one starts."""
    middle: dict[str, Any] = {"va": "center", "fontsize": 8.5}
    ax.text(0, y + 0.13, BAR_WORDS[name], weight="bold", va="center", parse_math=False)
    total = rows["states"].sum()
    parts = [
        (n / total, n, *_look(str(answer)))
        for n, answer in zip(rows["states"], rows["answer"], strict=True)
    ]
    style.bar_of_parts(ax, parts, y + 0.36, 0.24, 0.07 if narrow else 0.03, fontsize=8)
    for i, lane in enumerate(lanes):
        for at, row in lane:
            place = (at, y + 0.6 + 0.19 * i)
            ax.annotate("■", place, color=_look(str(row.answer))[0], **middle)
            style.write(ax, _count(row), place, (10, 0), "data", color=INK, **middle)
    return y + 0.62 + 0.19 * len(lanes)


@mpl.rc_context(FONT)
def joined(
    counts: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    as_of: Any = None,
    width: float = 10.0,
) -> Axes:
    """How many states the treaty bound, and how many had only signed it, over the years.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `stockpile.compliance.counts.membership_over_time` returns it.
    ax, title, width
        As in `answers`.
    as_of : pandas.Timestamp, optional
        The day to which the lines are drawn; without it, the last one of the counts.

    Returns
    -------
    matplotlib.axes.Axes
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
    as_of: Any = None,
    width: float = 10.0,
) -> Axes:
    """How many initial reports had fallen due, and how many of them were in, over the years.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `stockpile.compliance.counts.reports_over_time` returns it.
    ax, title, as_of, width
        As in `joined`.

    Returns
    -------
    matplotlib.axes.Axes
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
    as_of: Any,
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
