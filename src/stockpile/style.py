"""How charts and pages look: the colours, markers and dressing that all of them share."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import words

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
DONE = ("completed", "completed late")
OPEN = ("overdue", "off target", "at risk", "on target")

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


def legend_below(ax: Axes, handles: Sequence[Artist], *, columns: int, gap: float = 22) -> None:
    """Put a legend under the axis, a fixed distance away however tall the chart is."""
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


def frame_text(ax: Axes, title: str, source: str | None, day: Any) -> None:
    """Write what is to be seen above a chart, and where it comes from below it."""
    figure = ax.get_figure(root=True)
    if title:
        wide = 100 if figure is None else int((figure.get_figwidth() - 0.8) * 10)
        title = textwrap.fill(title, wide)
        ax.set_title(title, loc="left", weight="bold", fontsize=12, pad=18, parse_math=False)
    if source is None:
        source = "" if pd.isna(day) else f"As known on {words.day(day)}."
    elif source and pd.notna(day):
        source = f"{source} As known on {words.day(day)}."
    if source and figure is not None:
        figure.supxlabel(
            source, x=0.01, ha="left", fontsize=8, color=MUTED, parse_math=False
        )  # constrained layout keeps it clear of the legend
