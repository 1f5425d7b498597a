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
    """Rows under a heading, which stands behind the marker of a rating if there is one.

    ``rise`` is how far the mark of a group's only row rises above its place, in rows. The
    heading then stands beside that row or, where there is no beside, above its mark.
    """

    heading: str
    rows: Sequence[Any]
    rating: str = ""
    rise: float | None = None


def place_rows(groups: Iterable[Group], *, narrow: bool) -> tuple[list[tuple[float, Any]], float]:
    """Give each heading and each row its place from the top, and the height of all together.

    Examples
    --------
    >>> place_rows([Group("", ["Peru", "Chile"])], narrow=False)
    ([(0.0, 'Peru'), (1.0, 'Chile')], 2.0)
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
    return places, max(y - _GAP, 1.0)


def group_states(name: str, states: pd.DataFrame, **more: Any) -> Group:
    """Make a group of states, a row each; its heading says how many there are."""
    rows = list(states.itertuples(index=False))
    return Group(f"{name} · {words.count(len(rows), 'state')}", **({"rows": rows} | more))


def rows_axes(
    ax: Axes | None, groups: Iterable[Group], width: float, below: float, narrow_below: float
) -> tuple[Axes, list[tuple[float, Any]], bool]:
    """Return axes for rows, the places of the rows, and whether there is little room.

    A figure made for them has so many inches below for the axis and the legend. The vertical
    axis is set here, for the words beside the rows are placed along it.
    """
    narrow = style.is_narrow(ax, width)
    places, height = place_rows(groups, narrow=narrow)
    inches = height * _NARROW_ROW + narrow_below if narrow else height * _WIDE_ROW + below
    # Title and time axis, the rows, the legend.
    ax, _ = style.axes_for(ax, width, max(0.9 + inches, 1.8))
    ax.set_ylim(height, -0.9)
    return ax, places, narrow


def draw_rows(
    ax: Axes,
    places: Iterable[tuple[float, Any]],
    *,
    mark: Callable[[float, Any], None],
    name: Callable[[Any], str],
    notes: Callable[[Any], Sequence[Note]],
    inside: bool = False,
    **look: Any,
) -> None:
    """Draw all rows: headings, names before in their look, marks, notes behind.

    An empty name is left out. A narrow chart has room for the first of the notes, above the
    end of the row. Headings stand inside when they are too long to stand beside the axis.
    """
    across, named, narrow = ax.get_yaxis_transform(), [], style.is_narrow(ax)
    for y, row in places:
        if isinstance(row, Group):
            _write_head(ax, y, row, inside or narrow, 8 if inside and narrow else 9)
            continue
        mark(y, row)
        text = name(row)
        if narrow:
            style.write(ax, text, (0, y), (0, 5.5), across, **{"zorder": 6, **_BOX, **look})
        elif text:
            named.append((y, text))
        for start, note, more in notes(row)[: 1 if narrow else None]:
            offset, side = ((0, 5.5), {"ha": "right"}) if narrow else ((start, 0), {"va": "center"})
            more = {"color": MUTED, "zorder": 6, **more, **side, **(_BOX if narrow else {})}
            style.write(ax, note, (1, y), offset, across, **more)
    ax.set_yticks([y for y, _ in named], [text for _, text in named], parse_math=False, **look)


def _write_head(ax: Axes, y: float, group: Group, inside: bool, size: float) -> None:
    """Write a heading: above its rows or, where no line passes, beside the axis."""
    sign, text, side = (5.0, 13.0, "left") if inside else (-8.0, -15.0, "right")
    across = ax.get_yaxis_transform()
    if group.rating:
        style.marker_beside(ax, (0, y), across, sign, group.rating)
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
