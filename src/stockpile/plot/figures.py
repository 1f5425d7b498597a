"""Charts as pictures: inline SVG that follows a page's light or dark ground, and files.

A page shows a chart in two layouts, one for a wide and one for a narrow window;
its style sheet hides the other. On a page letters are text, which can be found, copied and
enlarged; a file holds them as outlines, so that it looks the same wherever it is opened.
The same data give the same bytes.
"""

from __future__ import annotations

import contextlib
import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb, to_rgba

from stockpile.common import output
from stockpile.plot.style import FAINT, GROUND, INK, MUTED, RATING_STYLE, UNIT_STYLES, figure_of

#: Widths in inches of the two layouts.
WIDE, NARROW = 10.0, 3.9
_FONTS = "'DejaVu Sans', Verdana, sans-serif"


@contextlib.contextmanager
def default_style() -> Iterator[None]:
    """Draw as the charts were made to look, whatever the user's own settings are.

    For what is published: the same data give the same bytes on every machine.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with mpl.rc_context({"lines.linewidth": 9}), default_style():
    ...     mpl.rcParams["lines.linewidth"]
    1.5
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        yield


def palette() -> dict[str, tuple[str, str]]:
    """Name, light and dark value of every colour that charts and pages share."""
    colours = {
        "ink": (INK, "#E8EAED"),
        "muted": (MUTED, "#A3A9B2"),
        "faint": (FAINT, "#3A4048"),
        "ground": (GROUND, "#15181C"),
    }
    colours |= {r.replace(" ", "-"): (s.colour, s.dark) for r, s in RATING_STYLE.items()}
    darker = ("#6BA8F0", "#E79058", "#6FD3A6", "#F2528B")
    colours |= {f"unit-{i}": (c, darker[i]) for i, (c, *_) in enumerate(UNIT_STYLES)}
    return colours


def dark(ax: Axes) -> Axes:
    """Turn a finished chart into one for a dark slide: every colour becomes its dark twin.

    The same colours as on a page with a dark ground. What has a colour of its own,
    which the charts of this package do not use, keeps it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        A chart; all of its figure is turned.

    Returns
    -------
    matplotlib.axes.Axes
        The same.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import stockpile as sp
    >>> status = sp.status(sp.load("ccm").as_of("2012-04-19"))
    >>> ax = dark(sp.plot.ratings_bar(status))
    >>> ax.figure.get_facecolor()[:3] == tuple(v / 255 for v in (0x15, 0x18, 0x1C))
    True
    >>> plt.close(ax.figure)
    """
    figure = figure_of(ax)
    # Ticks come into being, and take their colours, when they are first laid out.
    figure.draw_without_rendering()
    # Two names may share a value on a light ground; either is right.
    twins = {light.lower(): night for light, night in reversed(palette().values())}
    for part in figure.findobj():
        _recolour(part, twins)
    for axis in [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]:
        # And for those that later come into being.
        for tick in axis.get_major_ticks()[:1]:
            colours = {"color": tick.tick1line.get_color(), "labelcolor": tick.label1.get_color()}
            axis.set_tick_params(**colours, grid_color=tick.gridline.get_color())
    return ax


_COLOURED = ("color facecolor edgecolor markerfacecolor markeredgecolor markerfacecoloralt").split()


def _recolour(part: Any, twins: dict[str, str]) -> None:
    """Give one artist the dark twins of its colours; how far it is seen through stays."""
    for name in _COLOURED:
        get, put = getattr(part, f"get_{name}", None), getattr(part, f"set_{name}", None)
        if get is not None and put is not None:
            old = get()
            # A collection has a row of numbers for each of its parts.
            if getattr(old, "ndim", 1) == 2:
                put([_twin(one, twins) for one in old])
            elif (new := _twin(old, twins)) is not old:
                put(new)
    # What belongs to a text is no child of it.
    box = part.get_bbox_patch() if hasattr(part, "get_bbox_patch") else None
    for child in (box, getattr(part, "arrow_patch", None)):
        if child is not None:
            _recolour(child, twins)


def _twin(colour: Any, twins: dict[str, str]) -> Any:
    """Return the dark twin of a colour, or the colour itself where it has none."""
    if isinstance(colour, str) and not colour.startswith("#"):
        return colour
    night = twins.get(to_hex(colour))
    return colour if night is None else (*to_rgb(night), to_rgba(colour)[3])


def _lay_out(figure: Any) -> None:
    """Lay a figure out once and for all: saving would draw everything twice to do the same."""
    if (engine := figure.get_layout_engine()) is None:
        return
    engine.execute(figure)
    # With "none" a placeholder would stay, which has everything drawn twice all the same.
    with mpl.rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)


def _as_svg(figure: Any, *, letters: str = "path", **look: Any) -> str:
    """Draw a figure as SVG, with its letters as outlines or as text; the same every time."""
    out = io.StringIO()
    quiet = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context({"svg.fonttype": letters, "svg.hashsalt": "stockpile"}):
        figure.savefig(out, format="svg", metadata=quiet, **look)
    return out.getvalue()


def svg(ax: Axes, *, name: str, alt: str) -> str:
    """Draw the figure of a chart as SVG to be put into a page, and say what it shows in ``alt``.

    The name is put before every id inside, for a page may hold several charts.
    """
    figure = figure_of(ax)
    _lay_out(figure)
    # A page needs the drawing alone, without the file's own head and remarks.
    aside = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
    text = aside.sub("", _as_svg(figure, letters="none", transparent=True))
    # Fonts as wide as the one that the chart was laid out with, or narrower.
    text = text.replace("'DejaVu Sans'", _FONTS)
    head, text = text[text.index("<svg") :].split(">", 1)
    box = head[head.index("viewBox=") :].split('"')[1]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}" role="img" aria-label="{html.escape(alt)}" '
        'style="stroke-linejoin: round">'
    )
    text = opening + text
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    # Two names may share a value on a light ground; either is right.
    keys = {light.lower(): key for key, (light, _) in reversed(palette().items())}
    pattern = re.compile("|".join(keys), re.IGNORECASE)
    text = pattern.sub(lambda m: f"var(--sp-{keys[m.group().lower()]}, {m.group()})", text)
    # A hundredth of a point is finer than anyone sees; scales keep all their digits.
    places = re.compile(r' (?:d|x|y)="[^"]*"|translate\([^)]*\)')
    text = places.sub(lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m.group()), text)
    return re.sub(r"\n\s*", "\n", text)


def picture(
    draw: Callable[..., Axes], frame: pd.DataFrame, *, name: str, alt: str, **options: Any
) -> str:
    """Draw a chart in both layouts and wrap each so that a style sheet can choose."""
    parts = []
    for layout, width in (("wide", WIDE), ("narrow", NARROW)):
        ax = draw(frame, width=width, **options)
        try:
            drawing = svg(ax, name=f"{name}-{layout}", alt=alt)
        finally:
            # Or a notebook shows it once more at the end of its cell.
            plt.close(figure_of(ax))
        parts.append(f'<div class="sp-{layout}">{drawing}</div>')
    return "".join(parts)


def pixels(draw: Callable[..., Axes], frame: pd.DataFrame, **options: Any) -> bytes:
    """Draw a chart as a PNG, for what shows no SVG; the same bytes every time."""
    ax = draw(frame, width=WIDE, **options)
    out = io.BytesIO()
    try:
        figure_of(ax).savefig(out, format="png", dpi=100, metadata={"Software": None})
    finally:
        plt.close(figure_of(ax))
    return out.getvalue()


def save(
    draw: Callable[..., Axes],
    frame: pd.DataFrame,
    folder: str | Path,
    name: str,
    *,
    width: float = WIDE,
    night: bool = False,
    **options: Any,
) -> list[Path]:
    """Draw a chart into two files, ``<name>.svg`` and ``<name>.png``: the same bytes every time.

    Parameters
    ----------
    draw : callable
        A function of `stockpile.plot`.
    frame : pandas.DataFrame
        What it draws.
    folder : str or pathlib.Path
        Where to; it is made if it is not there.
    name : str
        Of the files, without an ending.
    width : float
        In inches; the PNG has 150 pixels to the inch.
    night : bool
        On a dark ground instead of white; see `dark`.
    **options
        Passed on to `draw`.

    Returns
    -------
    list of pathlib.Path
        The two files; each is either there whole or as it was before.

    Raises
    ------
    ValueError
        When the name is not one of a file in that folder.

    Examples
    --------
    >>> import tempfile
    >>> import stockpile as sp
    >>> status = sp.status(sp.load("ccm").as_of("2012-04-19"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(sp.plot.ratings_bar, status, folder, "ratings")]
    ['ratings.svg', 'ratings.png']
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise ValueError(f"name is {name!r}; expected that of a file, such as 'timeline'")
    ax = draw(frame, width=width, **options)
    figure = figure_of(ax)
    home = Path(folder)
    try:
        if night:
            dark(ax)
        _lay_out(figure)
        look: dict[str, Any] = {"facecolor": figure.get_facecolor(), "edgecolor": "none"}
        vector, pixels = _as_svg(figure, **look), io.BytesIO()
        figure.savefig(pixels, format="png", dpi=150, metadata={"Software": None}, **look)
    finally:
        plt.close(figure)
    files = [home / f"{name}.svg", home / f"{name}.png"]
    output.write_text(files[0], vector)
    output.write_bytes(files[1], pixels.getvalue())
    return files
