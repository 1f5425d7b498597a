"""The tile map: a tile a state, laid out about where the states are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.style import FAINT, FONT, INK, MUTED, RATING_STYLE
from stockpile.plot.timeline import timeline_title

_PARTS = tomllib.loads(Path(__file__).with_name("tiles.toml").read_text(encoding="utf-8"))
#: Parts of the world, where each stands on the whole map (column, row), and its states in place.
REGIONS: dict[str, tuple[tuple[int, int], str]] = {
    name: (tuple(part["at"]), part["tiles"]) for name, part in _PARTS.items()
}
_OTHER = "not on the map"
_NARROW_COLUMNS = 9
#: Ratings whose tile is an outline: nothing is known, or nothing is due.
_OUTLINED = ("no data", "no obligation")


def places(codes: Iterable[str], *, narrow: bool = False) -> pd.DataFrame:
    """Give every state of the world, and every further code, a tile: region, column and row.

    Codes of no known state come in rows of their own below the map. A narrow map has the parts
    of the world under one another, and leaves out the states that are not among the codes.

    Examples
    --------
    >>> tiles = places(["PER", "ZZZ"]).set_index("iso3")
    >>> int(tiles.loc["CHL", "row"]) > int(tiles.loc["PER", "row"])
    True
    >>> tiles.loc["ZZZ", "region"], tiles.index.is_unique
    ('not on the map', True)
    """
    asked = list(dict.fromkeys(codes))
    rows = [
        (code, region, left + column, top + row)
        for region, ((left, top), text) in REGIONS.items()
        for row, line in enumerate(text.splitlines())
        for column, code in enumerate(line.split())
        if code != "."
    ]
    others = sorted(set(asked) - {code for code, *_ in rows})
    flowed: dict[str, list[str]] = {}
    below = max(row for *_, row in rows) + 2
    widest = max(column for _, _, column, _ in rows) + 1
    if narrow:
        for name in REGIONS:
            flowed[name] = sorted(c for c, region, *_ in rows if region == name and c in asked)
        rows, below, widest = [], 1, _NARROW_COLUMNS
    for region, part in (flowed | {_OTHER: others}).items():
        rows += [(c, region, i % widest, below + i // widest) for i, c in enumerate(part)]
        below += -(-len(part) // widest) + bool(part)
    return pd.DataFrame(rows, columns=["iso3", "region", "column", "row"])


@takes_ledger
@mpl.rc_context(FONT)
def tile_map(
    status: pd.DataFrame,
    *,
    as_of: Day | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Every state as a tile in the colour of its rating, about where it lies in the world.

    All states are of one size, so that small ones are seen. A mark in the tile
    says the rating without colour; states that the record does not name are faint.

    Parameters
    ----------
    status : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.status` returns it. A code of no known state gets a tile below
        the map.
    as_of, ax, title, source, width
        As in `timeline`. Below six inches the parts of the world stand under one
        another.

    Returns
    -------
    matplotlib.axes.Axes
    """
    narrow = style.is_narrow(ax, width)
    tiles = places(status["iso3"], narrow=narrow)
    ratings = dict(zip(status["iso3"], status["status"], strict=True))
    columns = max([_NARROW_COLUMNS, *(tiles["column"] + 1)])
    lines = max([2, *(tiles["row"] + 1)])
    counts = style.rating_counts(status)
    one_figure = ax is None
    tall = lines * (width - 0.15) / columns
    ax, _ = style.axes_for(ax, width, tall)
    ax.set_xlim(0, columns)
    ax.set_ylim(lines, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    records: list[Any] = list(tiles.itertuples(index=False))
    for tile in records:
        _draw_tile(ax, tile, ratings.get(tile.iso3), narrow)
    for region, part in tiles.groupby("region", sort=False):
        if narrow or region == _OTHER:
            left, top = part["column"].min() + 0.05, part["row"].min() - 0.12
            ax.text(left, top, str(region), color=MUTED, fontsize=8, va="bottom")
    if status.empty:
        ax.text(0.5, 0.02, "no state on record", transform=ax.transAxes, ha="center", color=INK)
    else:
        handles = [style.sign(str(rating), f"{rating} {n}") for rating, n in counts.items()]
        style.legend_below(ax, handles, columns=min(len(handles), 6), narrow=2, gap=4)
    style.frame_text(ax, title, tile_title(status), source, style.as_day(as_of), above=0)
    if one_figure:
        style.make_room(ax, tall + 0.2)
    return ax


@takes_ledger
def tile_title(status: pd.DataFrame) -> str:
    """Say what the map shows: trouble first, and whom it concerns.

    Examples
    --------
    >>> import pandas as pd
    >>> tile_title(pd.DataFrame({"state": ["Peru", "Chile"], "status": ["at risk", "completed"]}))
    'At risk: Peru'
    """
    stocked = style.with_stock(status)
    for rating in list(RATING_STYLE)[:3]:
        names = sorted(stocked.loc[stocked["status"] == rating, "state"])
        if 0 < len(names) <= 4:
            return words.sentence(f"{rating}: {words.states(names)}")
        if names:
            break
    return timeline_title(stocked)


def _draw_tile(ax: Axes, tile: Any, rating: str | None, narrow: bool) -> None:
    """Draw one tile: code, colour and mark."""
    corner, size = (tile.column + 0.05, tile.row + 0.05), 0.9
    middle = tile.column + 0.5
    letters: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": False}
    points = 7.5 if narrow else 6.5
    if rating is None:
        ax.add_patch(Rectangle(corner, size, size, fc="none", ec=FAINT, lw=0.6))
        letters |= {"fontsize": points - 0.5, "color": MUTED, "alpha": 0.6}
        ax.text(middle, tile.row + 0.5, tile.iso3, **letters)
        return
    rated = RATING_STYLE[rating]
    hollow = rating in _OUTLINED
    fill = "none" if hollow else rated.colour
    ax.add_patch(Rectangle(corner, size, size, lw=0.9, fc=fill, ec=rated.colour, label=rating))
    letters |= {"color": INK if hollow else style.ink_on(rating)}
    letters |= {"fontsize": points, "weight": "normal" if hollow else "bold"}
    ax.text(middle, tile.row + 0.36, tile.iso3, **letters)
    mark: dict[str, Any] = {"marker": rated.marker, "fillstyle": rated.fill, "ls": "", "ms": 3.6}
    mark |= {"color": letters["color"], "mew": 0.8, "markerfacecoloralt": rated.colour}
    ax.plot([middle], [tile.row + 0.73], **mark, zorder=4)
