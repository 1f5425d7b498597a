"""Writes ``src/stockpile/plot/world.json``: the shapes of states, for the map of the front page.

The shapes are Natural Earth's (public domain), in the form in which the npm package
``world-atlas`` 2.0.2 packs them. They are projected and thinned out here, once, so that a page
needs no geometry library. Usage::

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/world_map.py package
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from babel.core import get_global

from stockpile.plot.tile_map import REGIONS

OUT = Path(__file__).resolve().parents[1] / "src" / "stockpile" / "plot" / "world.json"
NOTE = (
    "Natural Earth 4.1 (public domain; naturalearthdata.com), 1:110m for the world and 1:50m for "
    "Europe, as packed in the npm package world-atlas 2.0.2. Projected (Equal Earth; Lambert "
    "azimuthal equal-area at 52 N 15 E), thinned out and rounded by tools/world_map.py. "
    "Northern Cyprus is drawn with Cyprus, Somaliland with Somalia, and Crimea with Ukraine "
    "(UN General Assembly resolution 68/262)."
)
#: Natural Earth draws these as it finds them; the map draws them with the state named.
PART_OF = {"N. Cyprus": "CYP", "Somaliland": "SOM", "Kosovo": "XKX"}
#: A point of Crimea, which the source has in Russia's shape.
CRIMEA = (34.3, 45.2)
STATES = [c for _, text in REGIONS.values() for c in text.split() if c != "."]
WORLD, EUROPE = 2000.0, 1000.0
#: A shape with less than so many square units is hard to see, and gets a dot as well.
SMALL = 110.0

Point = tuple[float, float]
Project = Callable[[float, float], Point]


def equal_earth(longitude: float, latitude: float) -> Point:
    """Project a point with Equal Earth (Šavrič, Patterson, Jenny 2018), on a globe of radius 1."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    root = math.sqrt(3) / 2
    t = math.asin(root * math.sin(math.radians(latitude)))
    slope = a1 + 3 * a2 * t**2 + t**6 * (7 * a3 + 9 * a4 * t**2)
    x = math.radians(longitude) * math.cos(t) / (root * slope)
    return x, -t * (a1 + a2 * t**2 + t**6 * (a3 + a4 * t**2))


def azimuthal(longitude: float, latitude: float) -> Point:
    """Project a point with Lambert's azimuthal equal-area projection about the middle of Europe."""
    middle, east = math.radians(52.0), math.radians(longitude - 15.0)
    north = math.radians(latitude)
    near = math.sin(middle) * math.sin(north) + math.cos(middle) * math.cos(north) * math.cos(east)
    k = math.sqrt(2 / max(1 + near, 1e-9))
    up = math.cos(middle) * math.sin(north) - math.sin(middle) * math.cos(north) * math.cos(east)
    return k * math.cos(north) * math.sin(east), -k * up


def codes() -> dict[str, str]:
    """Three letters for each three-digit number of ISO 3166-1."""
    aliases = get_global("territory_aliases")
    threes = {two[0]: three for three in STATES if (two := aliases.get(three))}
    return {
        number: threes[twos[0]]
        for number, twos in aliases.items()
        if number.isdigit() and len(number) == 3 and twos[0] in threes
    }


def rings(atlas: dict[str, Any], tolerance: float) -> Iterator[tuple[str, str, list[list[Point]]]]:
    """Yield number, name and rings of every country; a border is thinned out once for both."""
    (kx, ky), (x0, y0) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = []
    for arc in atlas["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * kx + x0, y * ky + y0))
        arcs.append(thinned(points, tolerance))
    for country in atlas["objects"]["countries"]["geometries"]:
        polygons = country.get("arcs", [])
        if country["type"] == "Polygon":
            polygons = [polygons]
        found = []
        for polygon in polygons:
            for ring in polygon:
                points = []
                for n in ring:
                    part = arcs[n] if n >= 0 else arcs[~n][::-1]
                    points += part[1:] if points else part
                found.append(points)
        yield str(country.get("id", "")).zfill(3), country["properties"]["name"], found


def thinned(points: list[Point], tolerance: float) -> list[Point]:
    """Leave out points that lie closer than a tolerance to the line (Douglas, Peucker)."""
    if tolerance <= 0 or len(points) < 3:
        return points
    (ax, ay), (bx, by) = points[0], points[-1]
    length = math.hypot(bx - ax, by - ay)

    def off(p: Point) -> float:
        if length == 0:
            return math.hypot(p[0] - ax, p[1] - ay)
        return abs((bx - ax) * (ay - p[1]) - (ax - p[0]) * (by - ay)) / length

    far = max(range(1, len(points) - 1), key=lambda i: off(points[i]))
    if off(points[far]) <= tolerance:
        return [points[0], points[-1]]
    return thinned(points[: far + 1], tolerance)[:-1] + thinned(points[far:], tolerance)


def area(ring: list[Point]) -> float:
    """Area of a ring, without a sign."""
    ends = ring[1:] + ring[:1]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ends, strict=True))) / 2


def centre(ring: list[Point]) -> Point:
    """Middle of a ring's corners' box."""
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def within(point: Point, ring: list[Point]) -> bool:
    """Whether a point lies in a ring."""
    (x, y), inside = point, False
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def halves(ring: list[Point]) -> list[list[Point]]:
    """Part a ring that crosses the 180th meridian into what lies on either side."""
    turned, shift = [ring[0]], 0.0
    for (ax, _), (bx, by) in itertools.pairwise(ring):
        shift += -360 if bx - ax > 180 else 360 if bx - ax < -180 else 0
        turned.append((bx + shift, by))
    if all(x == y for x, y in zip(ring, turned, strict=True)):
        return [ring]
    parts = [
        cut([(x + move, y) for x, y in turned], (-180.0, -90.0, 180.0, 90.0))
        for move in (-360.0, 0.0, 360.0)
    ]
    return [part for part in parts if part]


def cut(ring: list[Point], box: tuple[float, float, float, float]) -> list[Point]:
    """Cut a ring at the edges of a box: left, top, right, bottom (Sutherland, Hodgman)."""
    for axis, bound, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept: list[Point] = []
        for a, b in zip(ring[-1:] + ring[:-1], ring, strict=True):
            inside_a, inside_b = sign * (a[axis] - bound) >= 0, sign * (b[axis] - bound) >= 0
            if inside_a != inside_b:
                t = (bound - a[axis]) / (b[axis] - a[axis])
                kept.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
            if inside_b:
                kept.append(b)
        ring = kept
        if not ring:
            return []
    return ring


def path(ring: list[Point]) -> str:
    """Write a ring as a path of whole numbers, each step from the last point."""
    points = [(round(x), round(y)) for x, y in ring]
    steps, last = [], points[0]
    for p in points[1:]:
        if p != last:
            steps.append(f"{p[0] - last[0]} {p[1] - last[1]}".replace(" -", "-"))
            last = p
    if len(steps) < 2:
        return ""
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps).replace(' -', '-')}z"


def shapes(
    atlas: dict[str, Any], numbers: dict[str, str], tolerance: float
) -> dict[str, list[list[Point]]]:
    """Rings in degrees of every state and, under ``""``, of all other land."""
    out: dict[str, list[list[Point]]] = {}
    for number, name, found in rings(atlas, tolerance):
        code = PART_OF.get(name) or numbers.get(number, "")
        if name == "Antarctica":
            continue
        for ring in found:
            owner = code if code in STATES else ""
            if owner == "RUS" and within(CRIMEA, ring) and max(p[0] for p in ring) < 40:
                owner = "UKR"
            out.setdefault(owner, []).append(ring)
    return out


def picture(
    land: dict[str, list[list[Point]]],
    spots: dict[str, Point],
    project: Project,
    frame: tuple[float, float, float, float],
    width: float,
    least: float,
) -> dict[str, Any]:
    """Project shapes into a frame (left, top, right, bottom in the projection) of a given width."""
    left, top, right, bottom = frame
    scale = width / (right - left)
    height = (bottom - top) * scale

    def place(p: Point) -> Point:
        x, y = project(*p)
        return (x - left) * scale, (y - top) * scale

    drawn: dict[str, str] = {}
    seen: dict[str, float] = {}
    for code, found in sorted(land.items()):
        # A little beyond the frame, so that no border is drawn along it.
        box = (-10.0, -10.0, width + 10, height + 10)
        whole = [cut([place(p) for p in part], box) for ring in found for part in halves(ring)]
        kept = [ring for ring in whole if ring and area(ring) >= least]
        if text := "".join(map(path, kept)):
            drawn[code] = text
        seen[code] = sum(area(ring) for ring in whole if ring)
    dots = {}
    for code, spot in sorted(spots.items()):
        x, y = place(spot)
        if 0 <= x <= width and 0 <= y <= height and seen.get(code, 0.0) < SMALL:
            dots[code] = [round(x), round(y)]
    return {"box": [round(width), round(height)], "shapes": drawn, "dots": dots}


def main(argv: list[str]) -> int:
    """Convert the files of an unpacked ``world-atlas``."""
    home, numbers = Path(argv[0]), codes()
    atlas = {
        n: json.loads((home / f"countries-{n}.json").read_text("utf-8"))
        for n in ("110m", "50m", "10m")
    }
    fine = shapes(atlas["10m"], numbers, 0.0)
    spots = {
        code: centre(max((part for ring in fine[code] for part in halves(ring)), key=area))
        for code in STATES
        if code in fine
    }
    if missing := sorted(set(STATES) - set(spots)):
        print("no shape at any scale:", *missing)
    edge = equal_earth(180, 0)[0]
    top, bottom = equal_earth(0, 84)[1], equal_earth(0, -57)[1]
    world = picture(
        shapes(atlas["110m"], numbers, 0.0),
        spots,
        equal_earth,
        (-edge, top, edge, bottom),
        WORLD,
        3,
    )
    europe = picture(
        shapes(atlas["50m"], numbers, 0.03), spots, azimuthal, (-0.36, -0.34, 0.33, 0.31), EUROPE, 6
    )
    result = {"note": NOTE, "world": world, "europe": europe}
    OUT.write_text(json.dumps(result, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    print(
        OUT.name,
        OUT.stat().st_size,
        {k: len(v["shapes"]) for k, v in result.items() if k != "note"},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
