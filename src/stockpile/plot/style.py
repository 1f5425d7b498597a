"""How charts and pages look: the colours, markers and dressing that all of them share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from stockpile.common import english as words

#: Text, secondary text, hairlines and ground of every chart.
INK, MUTED, FAINT, GROUND = "#1B1F24", "#666D76", "#D9DCE1", "#FFFFFF"
#: Colour and line style of each unit, in the order of the treaty.
UNIT_STYLES: tuple[tuple[str, Any], ...] = (
    ("#1F66B5", "-"),
    ("#B4531A", (0, (5, 1.5))),
    ("#1C6E57", (0, (3, 1, 1, 1))),
    ("#80103F", (0, (1, 1))),
)
#: Letters on amber, which is light on either ground.
ON_AMBER = "#15181C"
#: A chart narrower than this many inches is laid out for a small window.
NARROW = 6.0


@dataclass(frozen=True)
class RatingStyle:
    """How a rating looks: the same in charts and tables.

    Attributes
    ----------
    colour : str
        On a light ground.
    dark : str
        On a dark ground.
    marker : str
        Matplotlib's marker.
    fill : str
        Matplotlib's fill style of the marker.
    order : int
        Trouble first.
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
        "at risk": RatingStyle("#E39A1F", "#F0AE2B", "D", "full", 2),
        "on target": RatingStyle("#3F8FDB", "#5A9BF6", "^", "full", 3),
        "unconfirmed": RatingStyle("#5B2C9E", "#A55CF0", "s", "full", 4),
        "no data": RatingStyle("#7B818A", "#8A909A", "s", "none", 5),
        "completed late": RatingStyle("#5E9C90", "#A9DDD3", "o", "left", 6),
        "completed": RatingStyle("#1C6E57", "#6FD3A6", "o", "full", 7),
        "no obligation": RatingStyle("#A9AEB6", "#676E78", "_", "full", 8),
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


def marker(rating: str, size: float) -> dict[str, Any]:
    """Keyword arguments of ``Axes.plot`` that draw the marker of a rating.

    Examples
    --------
    >>> marker("at risk", 6)["marker"]
    'D'
    """
    style = RATING_STYLE[rating]
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
    """Return the colour of letters and marks on the colour of a rating.

    Examples
    --------
    >>> ink_on("overdue") == GROUND
    True
    """
    return {"at risk": ON_AMBER, "no obligation": INK}.get(rating, GROUND)


def star(size: float) -> dict[str, Any]:
    """Keyword arguments of ``Axes.plot`` that draw the date a state announced."""
    edge = 0.9 if size < 9 else 1.1
    return {"marker": "*", "ms": size, "mew": edge, "mec": INK, "mfc": GROUND, "ls": ""}


def new_axes(width: float, height: float) -> Axes:
    """Make the axes of a figure of that size in inches."""
    ax: Axes = plt.subplots(figsize=(width, height), layout="constrained")[1]
    return ax


def figure_of(ax: Axes) -> Any:
    """Return the figure that a chart is part of."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def make_room(ax: Axes, chart: float) -> None:
    """Give a figure made for one chart the height that its words need.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With its title and its legend.
    chart : float
        Inches for the chart itself and its axis.
    """
    lines = 1 + ax.get_title("left").count("\n") if ax.get_title("left") else 0
    if (legend := ax.get_legend()) is not None:
        texts = [text.get_text().count("\n") + 1 for text in legend.get_texts()]
        chart += 0.195 * -(-sum(texts) // legend._ncols) + 0.1  # type: ignore[attr-defined]
    figure_of(ax).set_figheight(chart + 0.22 * lines + 0.35)


def is_narrow(ax: Axes | None, width: float) -> bool:
    """Whether a chart, on given axes or on a figure still to be made, is for a small window."""
    return (width if ax is None else figure_of(ax).get_figwidth()) < NARROW


def as_day(as_of: Any) -> Any:
    """Return the as-of day as a timestamp, ``NaT`` where there is none."""
    return pd.NaT if as_of is None else pd.Timestamp(as_of)


def time_limits(
    days: Iterable[Any], *, tails: Iterable[Any] = (), day: Any = pd.NaT, pad: float = 0.02
) -> tuple[Any, Any]:
    """Return where a time axis starts and ends, with some room beside the first and last day.

    Parameters
    ----------
    days : iterable of days
        All of them are to be seen; unknown ones do not count.
    tails : iterable of days
        Ends of projections, seen up to ten years after the as-of day.
    day : pandas.Timestamp
        The as-of day; without it, tails are measured from the last of the days.
    pad : float
        Room as a share of the axis; it is 40 days at least.

    Examples
    --------
    >>> [f"{end:%Y-%m-%d}" for end in time_limits([pd.Timestamp("2010-06-01")])]
    ['2010-04-22', '2010-07-11']
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


def plain_axes(ax: Axes, grid: str = "x") -> None:
    """Draw faint lines at the values of one axis, and no box."""
    values, names = (MUTED, INK) if grid == "x" else (INK, MUTED)
    ax.grid(axis="x" if grid == "x" else "y", color=FAINT, lw=0.6)
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
    axis.set_major_locator(mdates.YearLocator(step))
    axis.set_major_formatter(mdates.DateFormatter("%Y"))


def time_axis(ax: Axes, narrow: bool) -> None:
    """Years below, faint lines at them, no box."""
    year_ticks(ax.xaxis, 5 if narrow else 12)
    plain_axes(ax)


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


def share_of_axis(ax: Axes, day: Any) -> float:
    """How far along the time axis a day lies, from 0 to 1."""
    first, last = ax.get_xlim()
    return float((ax.convert_xunits(day) - first) / (last - first))


def as_of_line(ax: Axes, day: Any) -> None:
    """Mark the as-of day across the chart."""
    ax.axvline(day, color=INK, lw=0.9, ls=(0, (4, 2)), zorder=2.5)
    share = share_of_axis(ax, day)
    side = "left" if share < 0.1 else "right" if share > 0.9 else "center"
    write(ax, words.day(day), (day, 1), (0, 3), ("data", "axes fraction"), fontsize=8, ha=side)


def day_labels(
    ax: Axes, marks: Sequence[tuple[Any, str, str]], *, room: float, size: float = 8
) -> int:
    """Name days above the chart, in as many rows as keep the words apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With its time axis already set.
    marks : sequence of (day, text, colour)
        What to name; a day outside of the chart is left out.
    room : float
        Width of the chart in inches, about.
    size : float
        Of the letters, in points.

    Returns
    -------
    int
        How many rows there are.
    """
    ends: list[float] = []
    for day, text, colour in sorted(marks, key=lambda mark: (mark[0], mark[1])):
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
    ax: Axes,
    ends: Sequence[tuple[float, str, str]],
    *,
    gap: float,
    top: float = 0.97,
    indent: float = 9,
) -> list[float]:
    """Write names beside the right end of lines, moved apart where lines end close.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ends : sequence of (height, text, colour)
        Heights as a share of the chart's.
    gap : float
        Between the middles of two texts, as such a share.
    top : float
        How high a text may stand, unless there are too many.
    indent : float
        Between the chart and the texts, in points.

    Returns
    -------
    list of float
        Where the texts stand, from the lowest up.
    """
    ranked = sorted(ends, key=lambda end: end[0])
    places: list[float] = []
    for height, _, _ in ranked:
        places.append(max(height, places[-1] + gap if places else 0.05))
    for i in range(len(places) - 1, -1, -1):
        above = places[i + 1] - gap if i + 1 < len(places) else max(top, 0.05 + gap * i)
        places[i] = min(places[i], above)
    for at, (_, text, colour) in zip(places, ranked, strict=True):
        look = {"color": colour, "va": "center", "linespacing": 1.25}
        write(ax, text, (1, at), (indent, 0), "axes fraction", **look)
    return places


def drawable(text: str) -> bool:
    """Whether the charts' font has every letter of a text.

    Examples
    --------
    >>> drawable("Ведомости"), drawable("新华社")
    (True, False)
    """
    font = get_font(findfont(FontProperties(family=FONT["font.family"])))
    return all(font.get_char_index(ord(letter)) for letter in text)


def key(label: str, **look: Any) -> Line2D:
    """Make a legend entry of a line or a marker."""
    return Line2D([], [], label=label, **look)


def sign(rating: str, label: str) -> Line2D:
    """Make a legend entry of a rating's marker and word."""
    return key(label, **marker(rating, 6.5))


def area(label: str, colour: str, alpha: float = 1) -> Patch:
    """Make a legend entry of a filled area."""
    return Patch(color=colour, alpha=alpha, lw=0, label=label)


def legend_below(ax: Axes, handles: Sequence[Artist], *, columns: int, gap: float = 22) -> None:
    """Put a legend under the axis, a fixed distance away however tall the chart is.

    A figure made for this chart alone should have room for it; see `make_room`.
    """
    if not handles:
        return
    below = ScaledTranslation(0, -gap / 72, figure_of(ax).dpi_scale_trans)
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below,
        ncols=columns,
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
    ax: Axes, title: str, source: str | None, day: Any, *, above: int = 1, beside: float = 0.8
) -> None:
    """Write what is to be seen above a chart, and where it comes from below it.

    ``above`` is how many rows of words stand between the chart and its title, ``beside``
    how many inches there are beside the chart.
    """
    figure = figure_of(ax)
    wide = figure.get_figwidth()
    if title:
        title = textwrap.fill(title, int((wide - beside) * 10))
        look: dict[str, Any] = {"loc": "left", "weight": "bold", "fontsize": 12}
        ax.set_title(title, parse_math=False, pad=7.5 + 10.5 * above, **look)
    if source is None:
        source = "" if pd.isna(day) else f"As known on {words.day(day)}."
    elif source and pd.notna(day):
        source = f"{source} As known on {words.day(day)}."
    if source:
        # Constrained layout keeps it clear of the legend.
        look = {"x": 0.01, "ha": "left", "fontsize": 8, "color": MUTED}
        figure.supxlabel(textwrap.fill(source, int(wide * 15.5)), parse_math=False, **look)
