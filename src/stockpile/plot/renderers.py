"""Figures as SVG and as pixels, with every text measured, and set in pixels, once a process.

The charts of a report write the same words a hundred times. Most of the time that
matplotlib takes for a chart goes into measuring letters, and in a picture of pixels
into setting them one by one; both are kept here.
"""

from __future__ import annotations

import contextlib
import functools
import io
import math
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.font_manager import fontManager, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.textpath import text_to_path
from PIL import Image

#: Points to the inch, which SVG counts in.
POINTS = 72
#: Texts kept, each with its size: more than a report has.
_KEPT = 4096
_QUIET = {"Date": None, "Creator": None, "Format": None, "Type": None}


@functools.lru_cache(_KEPT)
def _measured(text: str, font: Any, math_text: Any) -> tuple[float, float, float]:
    """Width, height and descent of a text in points."""
    size: tuple[float, float, float] = text_to_path.get_text_width_height_descent(
        text, font, math_text
    )
    return size


@functools.lru_cache(_KEPT)
def _heights(font: Any, dpi: float) -> tuple[float | None, ...]:
    """Ascent, descent and line gap of a font, as matplotlib reads them anew for each text.

    Nothing where a font does not say; matplotlib then measures by itself.
    """
    face = get_font(fontManager._find_fonts_by_props(font))
    table, head = face.get_sfnt_table("OS/2"), face.get_sfnt_table("head")
    if table is None or head is None:
        return None, None, None
    scale = font.get_size_in_points() / head["unitsPerEm"]
    points = table["sTypoAscender"], -table["sTypoDescender"], table["sTypoLineGap"]
    return tuple(part * scale * (dpi / POINTS) for part in points)


class _Vector(RendererSVG):
    """Draws SVG."""

    def _get_font_height_metrics(self, prop: Any) -> tuple[float | None, ...]:
        return _heights(prop, POINTS)

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        return _measured(s, prop, ismath)


class _Pixels(RendererAgg):
    """Draws pixels; texts are as large as in SVG, so that one layout does for both."""

    def _get_font_height_metrics(self, prop: Any) -> tuple[float | None, ...]:
        return _heights(prop, self.dpi)

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
        scale = self.dpi / POINTS
        return tuple(part * scale for part in _measured(s, prop, ismath))

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float,
        ismath: Any = False, mtext: Any = None,
    ) -> None:  # fmt: skip
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
            return
        letters, left, below = _letters(s, prop.copy(), self.dpi)
        turn = math.radians(angle)
        x = round(x + left * math.cos(turn) + below * math.sin(turn))
        y = round(y - left * math.sin(turn) + below * math.cos(turn))
        self._renderer.draw_text_image(letters, x, y + 1, angle, gc)


@functools.lru_cache(_KEPT // 4)
def _letters(text: str, font: Any, dpi: float) -> tuple[Any, float, float]:
    """The pixels of a text, how far they begin to the right, and how far they reach below."""
    face = RendererAgg(1, 1, dpi)._prepare_font(font)
    face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)  # as it was measured
    face.draw_glyphs_to_bitmap(antialiased=True)
    left, _ = face.get_bitmap_offset()
    return np.array(face.get_image()), left / 64, face.get_descent() / 64


@contextlib.contextmanager
def measuring(figure: Any) -> Iterator[RendererSVG]:
    """Measure a figure as it is drawn in SVG, in points."""
    with _dots(figure, POINTS):
        yield _vector(figure, io.StringIO())


def _vector(figure: Any, out: io.StringIO) -> Any:
    """What draws a figure as SVG."""
    make: Any = _Vector
    return make(*figure.get_size_inches() * POINTS, out, metadata=_QUIET)


@contextlib.contextmanager
def _dots(figure: Any, dpi: float) -> Iterator[None]:
    """Count so many dots to the inch for a while."""
    before = figure.dpi
    figure.dpi = dpi
    try:
        yield
    finally:
        figure.dpi = before


def as_svg(figure: Any, *, letters: str = "path", ground: bool = True) -> str:
    """Draw a figure that has been laid out as SVG; the same every time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to draw.
    letters : {"path", "none"}
        Letters as outlines, or as text.
    ground : bool
        Whether the figure has a ground of its own.
    """
    out = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": letters, "svg.hashsalt": "stockpile"}),
        _dots(figure, POINTS),
    ):
        seen = figure.patch.get_visible()
        figure.patch.set_visible(ground and seen)
        renderer = _vector(figure, out)
        figure.draw(renderer)
        renderer.finalize()
        figure.patch.set_visible(seen)
    return out.getvalue()


def as_png(figure: Any, dpi: int) -> bytes:
    """Draw a figure that has been laid out as pixels, so many to the inch; the same every time."""
    out = io.BytesIO()
    with _dots(figure, dpi):
        make: Any = _Pixels
        renderer = make(*figure.get_size_inches() * dpi, dpi)
        figure.draw(renderer)
    opaque = np.ascontiguousarray(np.asarray(renderer.buffer_rgba())[..., :3])
    # Beyond this level a file becomes a tenth smaller in twice the time.
    Image.fromarray(opaque).save(out, "png", dpi=(dpi, dpi), compress_level=3)
    return out.getvalue()
