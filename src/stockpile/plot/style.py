"""How charts and pages look: the colours, markers and dressing that all of them share."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.common import english as words

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

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
        "no data": RatingStyle("#7B818A", "#8A909A", "s", "none", 4),
        "completed late": RatingStyle("#5E9C90", "#A9DDD3", "o", "left", 5),
        "completed": RatingStyle("#1C6E57", "#6FD3A6", "o", "full", 6),
        "no obligation": RatingStyle("#A9AEB6", "#676E78", "_", "full", 7),
    }
)

#: Set for the making of a chart, never globally.
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


def new_axes(width: float, height: float) -> Axes:
    """Make the axes of a figure of that size in inches."""
    import matplotlib.pyplot as plt

    ax: Axes = plt.subplots(figsize=(width, height), layout="constrained")[1]
    return ax


def make_room(ax: Axes, chart: float) -> None:
    """Give a figure made for one chart the height that its words need.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With its title and its legend.
    chart : float
        Inches for the chart itself and its axis.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    lines = 1 + ax.get_title("left").count("\n") if ax.get_title("left") else 0
    if (legend := ax.get_legend()) is not None:
        texts = [text.get_text().count("\n") + 1 for text in legend.get_texts()]
        chart += 0.195 * -(-sum(texts) // legend._ncols) + 0.1  # type: ignore[attr-defined]
    figure.set_figheight(chart + 0.22 * lines + 0.35)


def is_narrow(ax: Axes | None, width: float) -> bool:
    """Whether a chart, on given axes or on a figure still to be made, is for a small window."""
    figure = None if ax is None else ax.get_figure(root=True)
    return (width if figure is None else figure.get_figwidth()) < NARROW


def time_axis(ax: Axes, narrow: bool) -> None:
    """Years below, faint lines at them, no box."""
    import matplotlib.dates as mdates

    first, last = ax.get_xlim()
    years = (last - first) / 365.25
    most = 5 if narrow else 12
    step = next((s for s in (1, 2, 5, 10, 20) if years / s <= most), 50)
    ax.xaxis.set_major_locator(mdates.YearLocator(step))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.grid(axis="x", color=FAINT, lw=0.6)
    ax.set_axisbelow(True)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.tick_params(axis="x", color=MUTED, labelcolor=MUTED)
    ax.tick_params(axis="y", length=0, labelcolor=INK)


def as_of_line(ax: Axes, day: Any) -> None:
    """Mark the as-of day across the chart."""
    ax.axvline(day, color=INK, lw=0.9, ls=(0, (4, 2)), zorder=2.5)
    first, last = ax.get_xlim()
    share = (ax.convert_xunits(day) - first) / (last - first)
    ax.annotate(
        words.day(day), (day, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
        textcoords="offset points", color=INK, fontsize=8,
        ha="left" if share < 0.1 else "right" if share > 0.9 else "center",
    )  # fmt: skip


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
    first, last = ax.get_xlim()
    ends: list[float] = []
    for day, text, colour in sorted(marks, key=lambda mark: (mark[0], mark[1])):
        share = (ax.convert_xunits(day) - first) / (last - first)
        if not 0 <= share <= 1:
            continue
        # A letter is about six tenths as wide as it is high.
        wide = len(text) * 0.6 * size / 72
        left = min(max(share * room - wide / 2, 0.0), max(room - wide, 0.0))
        lane = next((i for i, end in enumerate(ends) if end + 0.08 <= left), len(ends))
        ends[lane : lane + 1] = [left + wide]
        side = "left" if left == 0 else "right" if left + wide >= room else "center"
        edge = {"left": 0.0, "right": 1.0}.get(side)
        ax.annotate(
            text, (day if edge is None else edge, 1),
            xycoords=("data" if edge is None else "axes fraction", "axes fraction"),
            xytext=(0, 3 + lane * (size + 2.5)), textcoords="offset points", color=colour,
            fontsize=size, ha=side, parse_math=False, annotation_clip=False,
        )  # fmt: skip
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
        ax.annotate(
            text, (1, at), xycoords="axes fraction", xytext=(indent, 0), va="center",
            textcoords="offset points", color=colour, linespacing=1.25, parse_math=False,
        )  # fmt: skip
    return places


def drawable(text: str) -> bool:
    """Whether the charts' font has every letter of a text.

    Examples
    --------
    >>> drawable("Ведомости"), drawable("新华社")
    (True, False)
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=FONT["font.family"])))
    return all(font.get_char_index(ord(letter)) for letter in text)


def sign(rating: str, label: str) -> Any:
    """Make a legend entry of a rating's marker and word."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, **marker(rating, 6.5))


def legend_below(ax: Axes, handles: Sequence[Artist], *, columns: int, gap: float = 22) -> None:
    """Put a legend under the axis, a fixed distance away however tall the chart is.

    A figure made for this chart alone should have room for it; see `make_room`.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    legend = ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, 0), ncols=columns, frameon=False,
        bbox_transform=ax.transAxes + ScaledTranslation(0, -gap / 72, figure.dpi_scale_trans),
        borderaxespad=0, borderpad=0, handlelength=2.2, columnspacing=2.0, fontsize=8.5,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def frame_text(ax: Axes, title: str, source: str | None, day: Any, *, above: int = 1) -> None:
    """Write what is to be seen above a chart, and where it comes from below it.

    ``above`` is how many rows of words stand between the chart and its title.
    """
    figure = ax.get_figure(root=True)
    if title:
        wide = 100 if figure is None else int((figure.get_figwidth() - 0.8) * 10)
        title = textwrap.fill(title, wide)
        ax.set_title(
            title,
            loc="left",
            weight="bold",
            fontsize=12,
            parse_math=False,
            pad=7.5 + 10.5 * above,
        )
    if source is None:
        source = "" if pd.isna(day) else f"As known on {words.day(day)}."
    elif source and pd.notna(day):
        source = f"{source} As known on {words.day(day)}."
    if source and figure is not None:
        source = textwrap.fill(source, int(figure.get_figwidth() * 15.5))
        figure.supxlabel(
            source, x=0.01, ha="left", fontsize=8, color=MUTED, parse_math=False
        )  # constrained layout keeps it clear of the legend
