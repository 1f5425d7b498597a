"""How charts and pages look: the colours, markers and dressing that all of them share."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import Locator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from stockpile.common import english as words
from stockpile.common.frames import takes_results
from stockpile.ledger.ledger import Day

#: Text, secondary text, hairlines and ground of every chart.
INK, MUTED, FAINT, GROUND = "#1B1F24", "#666D76", "#D9DCE1", "#FFFFFF"
#: Letters on amber, blue and pale green, which are light on either ground.
ON_LIGHT = "#15181C"
#: The line of the as-of day.
AS_OF: dict[str, Any] = {"color": INK, "lw": 0.9, "ls": (0, (4, 2)), "zorder": 2.5}
#: A chart narrower than this many inches is laid out for a small window.
NARROW = 6.0
#: How a step on the way is drawn, by what came of it.
STEPS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        outcome: {"ls": "", "marker": shape, "mew": 1.2, "color": INK, "mfc": fill}
        for outcome, shape, fill in (
            ("met", "s", INK),
            ("missed", "X", GROUND),
            ("not known", "s", GROUND),
            ("not due", "D", GROUND),
        )
    }
)


class UnitStyle(NamedTuple):
    """How a unit looks: its colour, its line and its marker."""

    colour: str
    dash: Any
    shape: str


#: In the order of the treaty.
UNIT_STYLES = (
    UnitStyle("#1F66B5", "-", "o"),
    UnitStyle("#B4531A", (0, (5, 1.5)), "s"),
    UnitStyle("#1C6E57", (0, (3, 1, 1, 1)), "^"),
    UnitStyle("#80103F", (0, (1, 1)), "P"),
)


def unit_style(i: int) -> UnitStyle:
    """Return the look of the i-th unit, or of the i-th of anything; after the last, the first."""
    return UNIT_STYLES[i % len(UNIT_STYLES)]


@dataclass(frozen=True)
class RatingStyle:
    """How a rating looks: colour on a light and on a dark ground, matplotlib's marker and fill.

    The lower its ``order``, the more trouble.
    """

    colour: str
    dark: str
    marker: str
    fill: str
    order: int


# Tuned for the smallest difference between any two under normal sight and three
# kinds of colour blindness; lightness falls from 'no obligation' to 'overdue'.
RATING_STYLE: Mapping[str, RatingStyle] = MappingProxyType(
    {
        "overdue": RatingStyle("#80103F", "#F2528B", "X", "full", 0),
        "off target": RatingStyle("#D4420E", "#E07A3C", "v", "full", 1),
        "at risk": RatingStyle("#BD7A10", "#F0AE2B", "D", "full", 2),
        "on target": RatingStyle("#3F8FDB", "#5A9BF6", "^", "full", 3),
        "unconfirmed": RatingStyle("#5B2C9E", "#A55CF0", "s", "full", 4),
        "no data": RatingStyle("#6B727B", "#8A909A", "s", "none", 5),
        "completed late": RatingStyle("#5E9C90", "#A9DDD3", "o", "left", 6),
        "completed": RatingStyle("#1C6E57", "#6FD3A6", "o", "full", 7),
        "no obligation": RatingStyle("#868C95", "#7A818C", "_", "full", 8),
    }
)

#: Set while a chart is made (``@mpl.rc_context(FONT)``), never globally.
FONT: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": GROUND,
    "legend.facecolor": "none",
}


@takes_results
def rating_counts(status: pd.DataFrame) -> pd.Series:
    """How many states have each rating, trouble first; ratings nobody has are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> rating_counts(pd.DataFrame({"status": ["completed", "overdue", "completed"]})).to_dict()
    {'overdue': 1, 'completed': 2}
    """
    counts = status["status"].value_counts()
    return counts.reindex([r for r in RATING_STYLE if r in counts.index]).astype("int64")


def with_stock(status: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of states with stock: all of them, where the frame does not say."""
    return status[status["had_stock"].astype(bool)] if "had_stock" in status else status


def finished_of(n: int, total: int, which: str = "") -> str:
    """Say how many of so many states have finished; all, none and a single one are called so."""
    if total == 1:
        return f"the one state{which} has {'' if n else 'not '}finished"
    who = f"{words.spell(n) if n else 'none'} of {words.count(total, 'state')}"
    if n == total:
        who = f"all {words.count(total, 'state')}"
    return f"{who}{which} {'has' if n == 1 else 'have'} finished"


def look_of(rating: str) -> RatingStyle:
    """Return how a rating looks; one that is not known looks like no data."""
    return RATING_STYLE.get(rating, RATING_STYLE["no data"])


def marker(rating: str, size: float) -> dict[str, Any]:
    """Keyword arguments of ``Axes.plot`` that draw the marker of a rating."""
    style = look_of(rating)
    # A diamond or a cross of the same width looks larger than a disc.
    scale = {"D": 0.82, "X": 1.15, "v": 1.1, "^": 1.1}.get(style.marker, 1.0)
    return {
        "marker": style.marker,
        "ms": size * scale,
        "color": style.colour,
        "fillstyle": style.fill,
        "markerfacecoloralt": GROUND,
        "mew": 1.4 if style.fill == "none" or style.marker == "_" else 0.9,
        "ls": "",
    }


def ink_on(rating: str) -> str:
    """Return the colour of letters and marks on the colour of a rating."""
    light = ("at risk", "on target", "completed late", "no obligation")
    return ON_LIGHT if rating in light else GROUND


def star(size: float) -> dict[str, Any]:
    """Keyword arguments of ``Axes.plot`` that draw the date a state announced."""
    edge = 0.9 if size < 9 else 1.1
    return {"marker": "*", "ms": size, "mew": edge, "mec": INK, "mfc": GROUND, "ls": ""}


def axes_for(
    ax: Axes | None, width: float, height: float, narrow_height: float | None = None
) -> tuple[Axes, bool]:
    """Return where to draw, and whether that is narrow; without axes, a new figure's.

    Sizes are in inches; a narrow figure may have a height of its own.
    """
    if ax is None:
        if narrow_height is not None and width < NARROW:
            height = narrow_height
        ax = plt.subplots(figsize=(width, height), layout="constrained")[1]
    return ax, is_narrow(ax, width)


def figure_of(ax: Axes) -> Any:
    """Return the figure that a chart is part of."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def is_narrow(ax: Axes | None, width: float = 0) -> bool:
    """Whether a chart, on given axes or on a figure still to be made, is for a small window."""
    return (width if ax is None else figure_of(ax).get_figwidth()) < NARROW


def make_room(ax: Axes, chart: float) -> None:
    """Give a figure that height in inches for its one chart, and what title and legend need."""
    lines = 1 + ax.get_title("left").count("\n") if ax.get_title("left") else 0
    if (legend := ax.get_legend()) is not None:
        texts = [text.get_text().count("\n") + 1 for text in legend.get_texts()]
        chart += 0.195 * -(-sum(texts) // legend._ncols) + 0.1  # type: ignore[attr-defined]
    figure_of(ax).set_figheight(chart + 0.22 * lines + 0.35)


def as_day(as_of: Day | None) -> Any:
    """Return the as-of day as a timestamp, ``NaT`` where there is none."""
    return pd.NaT if as_of is None else pd.Timestamp(as_of)


def time_limits(
    days: Iterable[Any], *, tails: Iterable[Any] = (), day: Any = pd.NaT, pad: float = 0.02
) -> tuple[Any, Any]:
    """Return where a time axis starts and ends: all known days are on it, with some room beside.

    The room is that share of the axis, 40 days at least. Tails of projections are seen up to
    ten years after the as-of day or, without one, after the last of the days.
    """
    known = pd.Series([*days, day], dtype="datetime64[us]").dropna()
    if known.empty:
        known = pd.to_datetime(pd.Series(["2010-01-01", "2011-01-01"]))
    first, last = known.min(), known.max()
    ends = pd.Series([*tails], dtype="datetime64[us]").dropna()
    if len(ends):
        far = (last if pd.isna(day) else day) + pd.DateOffset(years=10)
        last = max(last, min(ends.max(), far))
    room = max((last - first) * pad, pd.Timedelta(days=40))
    return first - room, last + room


def plain_axes(ax: Axes, grid: Literal["x", "y"] = "x") -> None:
    """Draw faint lines at the values of one axis, and no box."""
    values, names = (MUTED, INK) if grid == "x" else (INK, MUTED)
    ax.grid(axis=grid, color=FAINT, lw=0.6)
    ax.set_axisbelow(True)
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.tick_params(axis="x", color=MUTED, labelcolor=values)
    ax.tick_params(axis="y", length=0, labelcolor=names)


def year_ticks(axis: Any, most: int) -> None:
    """Put at most so many ticks on a time axis, at the beginnings of years."""
    first, last = axis.get_view_interval()
    years = (last - first) / 365.25
    step = next((s for s in (1, 2, 5, 10, 20) if years / s <= most), 50)
    axis.set_major_locator(_Years(step))
    axis.set_major_formatter(lambda day, _: str(np.datetime64(round(day), "D"))[:4])


class _Years(Locator):
    """Ticks at the beginnings of years that are multiples of a step.

    matplotlib's own, for any calendar rule, takes as long as all lines of a chart.
    """

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self) -> Any:
        assert self.axis is not None
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Days, as matplotlib counts them, from the last tick before to the first one after."""
        first, last = (int(str(np.datetime64(int(v // 1), "D"))[:4]) for v in (vmin, vmax))
        years = np.arange(first // self.step * self.step, last + self.step + 1, self.step)
        return mdates.date2num((years - 1970).astype("datetime64[Y]"))


def time_axis(ax: Axes, *, heights: bool = False) -> None:
    """Years below, faint lines at them and, if asked, at heights; no box."""
    year_ticks(ax.xaxis, 5 if is_narrow(ax) else 12)
    plain_axes(ax)
    if heights:
        ax.grid(axis="y", color=FAINT, lw=0.6)


def number_axis(ax: Axes, unit: str) -> None:
    """Set the vertical axis for numbers of a unit that remain."""
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(lambda y, _: words.number(y))
    ax.set_ylabel(f"{words.short_name(words.unit(unit), 30)} remaining", parse_math=False)


def say_empty(ax: Axes, text: str) -> None:
    """Say in the middle of a chart that there is nothing to draw."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center")
    ax.set_axis_off()


def write(
    ax: Axes, text: str, at: tuple[Any, Any], offset: tuple[float, float], coords: Any, **look: Any
) -> None:
    """Write a text some points away from a place; a ``$`` in it is a dollar sign.

    ``coords`` says what the place is given in, as in ``Axes.annotate``.
    """
    place: dict[str, Any] = {"xycoords": coords, "xytext": offset, "textcoords": "offset points"}
    ax.annotate(text, at, **place, parse_math=False, **look)


def marker_beside(ax: Axes, at: Any, coords: Any, points: float, rating: str) -> None:
    """Draw the marker of a rating so many points to the right of a place, even off the chart."""
    shift = ScaledTranslation(points / 72, 0, figure_of(ax).dpi_scale_trans)
    look = marker(rating, 6.5) | {"clip_on": False, "zorder": 4}
    ax.plot([at[0]], [at[1]], transform=coords + shift, **look)


def runs_on(ax: Axes, y: float, colour: str, size: float) -> None:
    """Show with an arrow at the right edge that a range goes on beyond the chart."""
    look: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "clip_on": False, "zorder": 4}
    ax.plot([1], [y], ls="", marker=">", ms=size, color=colour, **look)


def column_heads(ax: Axes, heads: Mapping[int, str]) -> None:
    """Head the notes behind the rows of a chart, each so many points behind the axis."""
    for x, text in heads.items():
        look = {"va": "bottom", "color": MUTED, "fontsize": 8}
        write(ax, text, (1, 1), (x, 3), "axes fraction", **look)


def share_of_axis(ax: Axes, day: Any) -> float:
    """How far along the time axis a day lies, from 0 to 1."""
    first, last = ax.get_xlim()
    return float((ax.convert_xunits(day) - first) / (last - first))


def as_of_line(ax: Axes, day: Any) -> None:
    """Mark the as-of day, if there is one, across the chart."""
    if pd.notna(day):
        ax.axvline(day, **AS_OF)
        share = share_of_axis(ax, day)
        side = "left" if share < 0.1 else "right" if share > 0.9 else "center"
        write(ax, words.day(day), (day, 1), (0, 3), ("data", "axes fraction"), fontsize=8, ha=side)


def day_labels(ax: Axes, marks: Iterable[tuple[Any, str, str]], *, room: float) -> int:
    """Name days in their colours above a chart so many inches wide; return how many rows it takes.

    The time axis is already set; a day outside of it is left out.
    """
    size = 8
    ends: list[float] = []
    for day, text, colour in sorted(marks):
        share = share_of_axis(ax, day)
        if not 0 <= share <= 1:
            continue
        # A letter is about six tenths as wide as it is high.
        wide = len(text) * 0.6 * size / 72
        left = min(max(share * room - wide / 2, 0.0), max(room - wide, 0.0))
        lane = next((i for i, end in enumerate(ends) if end + 0.08 <= left), len(ends))
        ends[lane : lane + 1] = [left + wide]
        side = "left" if left == 0 else "right" if left + wide >= room else "center"
        edge = {"left": 0.0, "right": 1.0}.get(side)
        place, across = (day, "data") if edge is None else (edge, "axes fraction")
        look = {"color": colour, "fontsize": size, "ha": side, "annotation_clip": False}
        offset = (0, 3 + lane * (size + 2.5))
        write(ax, text, (place, 1), offset, (across, "axes fraction"), **look)
    return len(ends)


def label_ends(
    ax: Axes, ends: Iterable[tuple[Any, str, str]], *, gap: float, indent: float = 9
) -> list[float]:
    """Write names beside the right end of lines, at least so far apart: height, text, colour.

    The vertical axis is already set; the gap is between the middles of two texts, as a share
    of the axis, and the indent in points. Returns where the texts stand, as such shares, from
    the lowest up.
    """
    ranked = sorted(ends, key=lambda end: float(ax.convert_yunits(end[0])))
    heights = [(0, ax.convert_yunits(height)) for height, *_ in ranked]
    shares = (ax.transData - ax.transAxes).transform(np.reshape(heights, (-1, 2)))[:, 1]
    steps = gap * np.arange(len(ranked))
    top = max(0.97, 0.05 + steps[-1:].sum())
    # Up from the lowest, and then down from the highest, each as far as the last one asks.
    up = np.maximum.accumulate(np.maximum(shares, 0.05) - steps) + steps
    places = np.minimum.accumulate((np.minimum(up, top) - steps)[::-1])[::-1] + steps
    for at, (_, text, colour) in zip(places, ranked, strict=True):
        look = {"color": colour, "va": "center", "linespacing": 1.25}
        write(ax, text, (1, at), (indent, 0), "axes fraction", **look)
    return list(places)


def stack(ax: Axes, heights: pd.DataFrame, colours: Iterable[tuple[str, float]]) -> list[Artist]:
    """Stack the columns of a frame, in steps, each with its colour and opacity; give the bands."""
    bands: list[Artist] = []
    below: Any = 0
    for name, (colour, alpha) in zip(heights, colours, strict=True):
        top = below + heights[name]
        look: dict[str, Any] = {"color": colour, "alpha": alpha, "lw": 0, "zorder": 2}
        band = ax.fill_between(top.index, below, top, step="post", label=str(name), **look)
        bands.append(band)
        # A hairline of the ground between two bands, for those who see no hues.
        ax.step(top.index, top, where="post", color=GROUND, lw=0.8, zorder=3)
        below = top
    return bands


def bar_of_parts(
    ax: Axes,
    parts: Sequence[tuple[float, int, str, str]],
    y: float,
    height: float,
    least: float,
    **look: Any,
) -> None:
    """Draw a bar of parts side by side: width, number, colour, colour of the number.

    A part of less than that share of the bar has no room for its number.
    """
    start, total = 0.0, sum(part[0] for part in parts)
    edge = 0.525 * height
    for width, number, colour, ink in parts:
        ax.barh(y, width, left=start, height=height, color=colour, ec="none", zorder=2)
        # A hairline of the ground between two parts, for those who see no hues.
        ax.plot([start, start], [y - edge, y + edge], color=GROUND, lw=1.5, zorder=3)
        if width / total > least:
            look |= {"ha": "center", "va": "center", "weight": "bold", "zorder": 4}
            ax.text(start + width / 2, y, str(number), color=ink, **look)
        start += width


def drawable(text: str) -> bool:
    """Whether the font of charts, which is the same on every machine, has all letters of a text.

    Examples
    --------
    >>> drawable("Côte d’Ivoire"), drawable("Ведомости"), drawable("新华社")
    (True, True, False)
    """
    return _letters().issuperset(map(ord, text))


@functools.cache
def _letters() -> frozenset[int]:
    """Every letter that the font of charts has."""
    return frozenset(get_font(findfont(FONT["font.family"][0])).get_charmap())


def key(label: str, **look: Any) -> Line2D:
    """Make a legend entry of a line or a marker."""
    return Line2D([], [], label=label, **look)


def sign(rating: str, label: str) -> Line2D:
    """Make a legend entry of a rating's marker and word."""
    return key(label, **marker(rating, 6.5))


def area(label: str, colour: str, alpha: float = 1) -> Patch:
    """Make a legend entry of a filled area."""
    return Patch(color=colour, alpha=alpha, lw=0, label=label)


def step_signs(steps: Iterable[Any]) -> list[Line2D]:
    """Make the legend entries of the steps drawn."""
    drawn = {step.outcome for step in steps}
    return [
        key(f"step on the way, {outcome}", **look, ms=6)
        for outcome, look in STEPS.items()
        if outcome in drawn
    ]


def legend_below(
    ax: Axes, handles: Sequence[Artist], *, columns: int = 3, narrow: int = 1, gap: float = 22
) -> None:
    """Put a legend under the axis, a fixed distance away however tall the chart is.

    A narrow chart has its own number of columns. A figure made for this chart alone should
    have room for it; see `make_room`.
    """
    if not handles:
        return
    below = ScaledTranslation(0, -gap / 72, figure_of(ax).dpi_scale_trans)
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below,
        ncols=narrow if is_narrow(ax) else columns,
        borderaxespad=0,
        borderpad=0,
        handlelength=2.2,
        columnspacing=2.0,
        frameon=False,
        fontsize=8.5,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def frame_text(
    ax: Axes,
    title: str | None,
    default: str,
    source: str | None = "",
    day: Any = pd.NaT,
    *,
    above: int = 1,
    beside: float = 0.8,
) -> None:
    """Write a title, or the default one, above a chart, and where it comes from below it.

    ``above`` is how many rows of words stand between the chart and its title, ``beside``
    how many inches there are beside the chart.
    """
    figure = figure_of(ax)
    wide = figure.get_figwidth()
    if title := default if title is None else title:
        title = textwrap.fill(title, int((wide - beside) * 10))
        look: dict[str, Any] = {"loc": "left", "weight": "bold", "fontsize": 12}
        ax.set_title(title, parse_math=False, pad=7.5 + 10.5 * above, **look)
    known = "" if pd.isna(day) else f"As known on {words.day(day)}."
    if source is None:
        source = known
    elif source:
        source = f"{source} {known}".rstrip()
    if source:
        # Constrained layout keeps it clear of the legend.
        look = {"x": 0.01, "ha": "left", "fontsize": 8, "color": MUTED}
        figure.supxlabel(textwrap.fill(source, int(wide * 15.5)), parse_math=False, **look)
