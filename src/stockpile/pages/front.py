"""The front page's pictures: the world, a tile a state, and a strip, for each of many days.

They are drawn as HTML and SVG that the page's script can turn to another day. What it turns
them with is one block of data: a letter a state and day. Without the script the page shows
the newest day.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stockpile.pages.html import Html, render
from stockpile.plot.style import RATING_STYLE
from stockpile.plot.tile_map import places

_WORLD = Path(__file__).resolve().parents[1] / "plot" / "world.json"


@functools.cache
def world() -> dict[str, Any]:
    """Return the shapes of states; ``tools/world_map.py`` made them, and says of what.

    Examples
    --------
    >>> sorted(world())
    ['europe', 'note', 'world']
    >>> "PER" in world()["world"]["shapes"]
    True
    """
    found: dict[str, Any] = json.loads(_WORLD.read_text(encoding="utf-8"))
    return found


def shapes() -> Html:
    """Return the shapes, once for all maps of a page, which refer to them."""
    return render("front_shapes", maps=_maps())


def _maps() -> dict[str, dict[str, Any]]:
    return {name: world()[name] for name in ("world", "europe")}


def pictures(name: str, short: str, marks: Mapping[str, Mapping[str, Any]], day: Any) -> Html:
    """Return strip, tile map and maps of one treaty on its newest day.

    Parameters
    ----------
    name : str
        Id of the treaty.
    short : str
        Its short name.
    marks : mapping
        For each state on record, by ISO code: ``state``, ``rating``, ``counted`` (a State
        Party that had stocks) and ``stocked`` (any that had).
    day : pandas.Timestamp
        The newest day.
    """
    counted = [mark["rating"] for mark in marks.values() if mark["counted"]]
    counts = {rating: counted.count(rating) for rating in RATING_STYLE}
    return render(
        "front_pictures",
        name=name,
        short=short,
        day=day,
        counts=counts,
        total=len(counted),
        regions=_regions(marks),
        marks=marks,
        maps=_maps(),
    )


def _regions(marks: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parts of the world with their tiles, placed within them."""
    regions = []
    for name, part in places(marks).groupby("region", sort=False):
        left, top = int(part["column"].min()), int(part["row"].min())
        rows = zip(part["iso3"], part["column"] - left, part["row"] - top, strict=True)
        regions.append(
            {
                "name": name,
                "left": left,
                "top": top,
                "columns": int(part["column"].max()) - left + 1,
                "rows": int(part["row"].max()) - top + 1,
                "tiles": [
                    {"code": code, "column": int(column), "row": int(row)}
                    for code, column, row in rows
                ],
            }
        )
    return regions


def data_block(parts: Mapping[str, Any]) -> Html:
    r"""Return data as the text of a ``<script type="application/json">``, which runs nothing.

    Examples
    --------
    >>> str(data_block({"a": "</script>"}))
    '{"a":"\\u003c/script>"}'
    """
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return Html(text.replace("<", "\\u003c"))


def alphabet(states: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Sort states by name and group them by its first letter, accents aside.

    Examples
    --------
    >>> {k: len(v) for k, v in alphabet([{"state": "Peru"}, {"state": "Örtland"}]).items()}
    {'O': 1, 'P': 1}
    """

    def plain(text: str) -> str:
        parted = unicodedata.normalize("NFD", text)
        return "".join(c for c in parted if not unicodedata.combining(c)).casefold()

    out: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(states, key=lambda state: plain(state["state"])):
        out.setdefault(plain(one["state"])[:1].upper(), []).append(one)
    return out
