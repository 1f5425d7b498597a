"""The layout of charts that list things: groups of rows, a name before each and notes behind.

A chart gives the groups and draws the mark of each row; where headings, names and notes
stand, in a wide window and in a narrow one, is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, DrawingArea
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from stockpile.common import english as words
from stockpile.plot import style
from stockpile.plot.style import FAINT, GROUND, INK, MUTED

#: What a heading takes, and the gap below a group, in rows.
_HEAD, _GAP = 1.05, 0.35
#: Inches of a row: in a narrow chart the name stands above the mark.
_WIDE_ROW, _NARROW_ROW = 0.225, 0.33
#: The ground behind words that lines pass behind.
_BOX: dict[str, Any] = {"bbox": {"fc": GROUND, "ec": "none", "pad": 0.4}}


#: Words behind a row: in a wide chart so many points behind the axis, the text, its look.
Note = tuple[float, str, dict[str, Any]]


@dataclass(frozen=True)
class Group:
    """Rows under a heading.

    Attributes
    ----------
    heading : str
        Without one, the rows stand alone.
    rows : sequence
        Whatever the chart draws a mark from.
    rating : str
        Its marker stands before the heading.
    rise : float or None
        How far the mark of a group's only row rises above its place, in rows. The heading
        then stands beside that row or, where there is no beside, above its mark.
    """

    heading: str
    rows: Sequence[Any]
    rating: str = ""
    rise: float | None = None


@dataclass(frozen=True)
class Rows:
    """Where everything stands.

    Attributes
    ----------
    places : tuple of (float, Any)
        From the top down, the height and what stands there: a `Group` for its heading, or
        one of its rows.
    height : float
        Of all together.
    narrow : bool
        Whether the chart is for a small window.
    """

    places: tuple[tuple[float, Any], ...]
    height: float
    narrow: bool


def place_rows(groups: Iterable[Group], *, narrow: bool) -> Rows:
    """Give each heading and each row its place.

    Examples
    --------
    >>> place_rows([Group("", ["Peru", "Chile"])], narrow=False).places
    ((0.0, 'Peru'), (1.0, 'Chile'))
    """
    places: list[tuple[float, Any]] = []
    y = 0.0
    for group in groups:
        top = y
        if group.rise is not None:
            y += group.rise + (0.8 if narrow else 0.0)
            top = top if narrow else y
        elif group.heading:
            y += _HEAD
        if group.heading:
            places.append((top, group))
        for row in group.rows:
            places.append((y, row))
            y += 1.0
        y += _GAP
    return Rows(tuple(places), max(y - _GAP, 1.0), narrow)


def group_states(name: str, states: pd.DataFrame, **more: Any) -> Group:
    """Make a group of states, a row each; its heading says how many there are.

    Examples
    --------
    >>> group_states("overdue", pd.DataFrame({"state": ["Peru", "Chile"]})).heading
    'overdue · two states'
    """
    rows = list(states.itertuples(index=False))
    return Group(f"{name} · {words.count(len(rows), 'state')}", **({"rows": rows} | more))


def rows_axes(ax: Axes | None, rows: Rows, width: float, below: float) -> Axes:
    """Return axes for the rows; a figure made for them has ``below`` inches for the legend.

    The vertical axis is set here, for the words beside the rows are placed along it.
    """
    if ax is None:
        # Title and time axis, the rows, the legend.
        inches = 0.9 + rows.height * (_NARROW_ROW if rows.narrow else _WIDE_ROW) + below
        ax = style.new_axes(width, max(inches, 1.8))
    ax.set_ylim(rows.height, -0.9)
    return ax


def draw_rows(
    ax: Axes,
    rows: Rows,
    *,
    mark: Callable[[float, Any], None],
    name: Callable[[Any], str],
    notes: Callable[[Any], Sequence[Note]],
    inside: bool = False,
    **look: Any,
) -> None:
    """Draw all rows: headings, names before, marks, notes behind.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        As `rows_axes` returns them.
    rows : Rows
        What stands where.
    mark : callable
        Draws what a row is about, from its height and the row.
    name : callable
        Gives the name of a row; an empty one is left out.
    notes : callable
        Gives the notes behind a row; a narrow chart has room for the first, above the end
        of the row.
    inside : bool
        Whether headings are too long to stand beside the axis.
    **look
        Of the names, as of any text.
    """
    across, named = ax.get_yaxis_transform(), []
    for y, row in rows.places:
        if isinstance(row, Group):
            _write_head(ax, y, row, inside or rows.narrow, 8 if inside and rows.narrow else 9)
            continue
        mark(y, row)
        text = name(row)
        if rows.narrow:
            style.write(ax, text, (0, y), (0, 5.5), across, **{"zorder": 6, **_BOX, **look})
        elif text:
            named.append((y, text))
        for start, words_behind, more in notes(row)[: 1 if rows.narrow else None]:
            more = {"color": MUTED, "zorder": 6} | more
            if rows.narrow:
                style.write(ax, words_behind, (1, y), (0, 5.5), across, ha="right", **more, **_BOX)
            else:
                style.write(ax, words_behind, (1, y), (start, 0), across, va="center", **more)
    ax.set_yticks([y for y, _ in named], [text for _, text in named], parse_math=False, **look)


def _write_head(ax: Axes, y: float, group: Group, inside: bool, size: float) -> None:
    """Write a heading: above its rows or, where no line passes, beside the axis."""
    sign, text, side = (5.0, 13.0, "left") if inside else (-8.0, -15.0, "right")
    across = ax.get_yaxis_transform()
    if group.rating:
        shift = ScaledTranslation(sign / 72, 0, style.figure_of(ax).dpi_scale_trans)
        look = style.marker(group.rating, 6.5) | {"clip_on": False, "zorder": 4}
        ax.plot([0], [y], transform=across + shift, **look)
    else:
        text = 0 if inside else -3.5
    look = {"ha": side, "va": "center", "weight": "bold", "color": INK, "fontsize": size}
    style.write(ax, group.heading, (0, y), (text, 0), across, **look, **(_BOX if inside else {}))


def small_bar(ax: Axes, y: float, share: float, colour: str, ground: str = FAINT) -> None:
    """Draw a share as a small bar behind a row of a wide chart."""
    box = DrawingArea(46, 6)
    box.add_artist(Rectangle((0, 0), 46, 6, fc=ground, ec="none"))
    box.add_artist(Rectangle((0, 0), 46 * share, 6, fc=colour, ec="none"))
    place: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "boxcoords": "offset points"}
    look: dict[str, Any] = {"pad": 0, "frameon": False, "annotation_clip": False}
    ax.add_artist(
        AnnotationBbox(box, (1, y), xybox=(8, 0), box_alignment=(0, 0.5), **place, **look)
    )
