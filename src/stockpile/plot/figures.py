"""Charts as pictures: inline SVG that follows a page's light or dark ground, and files.

A page shows a chart in two layouts, one for a wide and one for a narrow window;
its style sheet hides the other. On a page letters are text, which can be found, copied and
enlarged; a file that `save` writes holds them as outlines, so that it looks the same wherever
it is opened, and one that stands for a page's drawing holds them as the page does.
The same data give the same bytes.
"""

from __future__ import annotations

import contextlib
import html
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb, to_rgba

from stockpile.common import output
from stockpile.plot.renderers import as_png, as_svg, measuring
from stockpile.plot.style import (
    FAINT,
    FONT,
    GROUND,
    INK,
    MUTED,
    RATING_STYLE,
    UNIT_STYLES,
    drawable,
    figure_of,
)
from stockpile.plot.style import NARROW as NARROW_BELOW

#: Widths in inches of the two layouts.
WIDE, NARROW = 10.0, 3.9
#: Pixels to the inch of a file.
_PIXELS = 150
#: Fonts as wide as the one that charts are laid out with, or narrower.
_FONTS = "'DejaVu Sans',Verdana,sans-serif"
_FONT = re.compile(r"font: (?:(\d+) )?([\d.]+)px 'DejaVu Sans'")


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


def _writable(value: Any) -> Any:
    """Call states by their codes in a frame where a chart could not write their names."""
    if not isinstance(value, pd.DataFrame) or not {"iso3", "state"} <= set(value.columns):
        return value
    known = value["state"].astype("object").map(lambda name: drawable(str(name))).astype(bool)
    return value if known.all() else value.assign(state=value["state"].where(known, value["iso3"]))


def _lay_out(figure: Any, once: bool = False) -> None:
    """Lay a figure out once and for all: saving would draw everything twice to do the same."""
    if (engine := figure.get_layout_engine()) is None:
        return
    around = (figure.get_suptitle(), figure.get_supylabel())
    if len(figure.axes) == 1 and not any(around) and not figure.legends:
        _fit(figure, engine, once)
    else:
        engine.execute(figure)
    # With "none" a placeholder would stay, which has everything drawn twice all the same.
    with mpl.rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)


def _fit(figure: Any, engine: Any, once: bool) -> None:
    """Give its one chart all of a figure but what the words around it, and its source, need.

    They are measured, and in a narrow figure, or where the chart becomes smaller, so that words
    in it may reach further out, once more; the general engine always measures twice. With
    `once`, for a chart whose words stay inside, more is done only where it becomes smaller.
    """
    (axes,) = figure.axes
    pads, (wide, high) = engine.get(), figure.get_size_inches()
    across, up = pads["w_pad"] / wide, pads["h_pad"] / high
    for axis in (axes.xaxis, axes.yaxis):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)  # or its place is found by measuring all ticks again
    foot = 0.0
    if figure.get_supxlabel():
        source = figure._supxlabel
        source.set_y(up)
        with measuring(figure) as renderer:
            foot = source.get_window_extent(renderer).height / figure.bbox.height + 2 * up

    def measure() -> bool:
        """Give the chart the room that the words leave; say whether it became no smaller."""
        place = axes.get_position()
        with measuring(figure) as renderer:
            words = axes.get_tightbbox(renderer, for_layout_only=True)
            words = words.transformed(figure.transFigure.inverted())
        left, bottom = place.x0 - words.x0 + across, place.y0 - words.y0 + up + foot
        right, top = words.x1 - place.x1 + across, words.y1 - place.y1 + up
        axes.set_position((left, bottom, 1 - left - right, 1 - bottom - top))
        now = axes.get_position()
        return bool(now.width >= place.width and now.height >= place.height)

    is_wide, begin = wide >= NARROW_BELOW, axes.get_position()
    if once:
        # A little less than it comes to have.
        axes.set_position((0.1, 0.3, 0.75, 0.5) if is_wide else (0.2, 0.35, 0.75, 0.5))
        if measure():
            return
        axes.set_position(begin)
    if not (measure() and is_wide):
        measure()


def svg(ax: Axes, *, name: str, alt: str) -> str:
    """Draw the figure of a chart as SVG to be put into a page, and say what it shows in ``alt``.

    The name is put before every id inside, for a page may hold several charts.
    """
    figure = figure_of(ax)
    _lay_out(figure)
    return _for_page(as_svg(figure, letters="none", ground=False), name, alt)


def _for_page(drawing: str, name: str, alt: str) -> str:
    """Take what a page needs of a drawing, in colours that follow the page's ground."""
    box = re.search(r'viewBox="([^"]*)"', drawing)
    assert box is not None
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box[1]}" role="img" aria-label="{html.escape(alt)}" '
        f'style="stroke-linejoin:round;font-family:{_FONTS}">'
    )
    text = f"{opening}{_body(drawing, name)}</svg>\n"
    text = _FONT.sub(lambda m: f"{f'font-weight:{m[1]};' if m[1] else ''}font-size:{m[2]}px", text)
    # Two names may share a value on a light ground; either is right.
    keys = {light.lower(): key for key, (light, _) in reversed(palette().items())}
    pattern = re.compile("|".join(keys), re.IGNORECASE)
    text = pattern.sub(lambda m: f"var(--sp-{keys[m.group().lower()]}, {m.group()})", text)
    # A tenth of a point is finer than anyone sees; scales keep all their digits.
    places = re.compile(r' (?:d|x|y)="[^"]*"|translate\([^)]*\)')
    text = places.sub(lambda m: re.sub(r"(\.\d)\d+", r"\1", m.group()), text)
    # Ids that nothing refers to.
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', text))
    text = re.sub(r' id="([\w.-]+)"', lambda m: m.group() if m[1] in used else "", text)
    return re.sub(r"\n\s*", "\n", text)


def standing_alone(drawing: str, title: str, source: str) -> str:
    """Return a drawing of a page as a file of its own, with title and source, in light colours.

    Parameters
    ----------
    drawing : str
        As `svg` returns it.
    title, source : str
        Above and below it.

    Examples
    --------
    >>> drawing = '<svg viewBox="0 0 720 90"><path style="fill: var(--sp-ink, #1B1F24)"/></svg>'
    >>> file = standing_alone(drawing, "Two & more", "Our count")
    >>> 'viewBox="0 -32 720 142"' in file, "fill: #1B1F24" in file, "Two &amp; more" in file
    (True, True, True)
    """
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    assert box is not None
    wide, high = float(box[1]), float(box[2])
    lines = textwrap.wrap(title, int((wide / 72 - 0.8) * 10)) or [""]
    above, below = 16 + 16 * len(lines), 20
    head = f'<rect x="0" y="{-above}" width="{wide:g}" height="{above + high + below:g}"'
    parts = [f'{head} fill="{GROUND}"/>']
    for i, line in enumerate(lines):
        y = -above + 20 + 16 * i
        text = html.escape(line)
        parts.append(
            f'<text x="8" y="{y}" font-size="14" font-weight="bold" fill="{INK}">{text}</text>'
        )
    foot = html.escape(source)
    parts.append(
        f'<text x="8" y="{high + 12:g}" font-size="9" fill="{MUTED}" '
        f'font-family="{_FONTS}">{foot}</text>'
    )
    text = re.sub(r"var\(--sp-[\w-]+, (#\w+)\)", r"\1", drawing)
    text = text.replace(box[0], f'viewBox="0 {-above} {wide:g} {above + high + below:g}"', 1)
    opening, rest = text.split(">", 1)
    return f"{opening}>{''.join(parts)}{rest}\n"


def _body(drawing: str, name: str) -> str:
    """Return what is drawn, without the file's own head and remarks, with its name before ids."""
    aside = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
    text = aside.sub("", drawing)
    text = text[text.index("<svg") :].split(">", 1)[1].rpartition("</svg>")[0]
    text = re.sub(r'\bid="', f'id="{name}-', text)
    return re.sub(r'(href="|url\()#', rf"\1#{name}-", text)


def picture(
    draw: Callable[..., Axes],
    frame: Any,
    *,
    name: str,
    alt: str,
    also: Callable[[Any, str], object] | None = None,
    once: bool = False,
    **options: Any,
) -> str:
    """Draw a chart in both layouts and wrap each so that a style sheet can choose.

    `also` is called with the wide figure and its drawing, as `save_framed` to make files of
    them: to make and to lay out a chart once more would take as long again. What stands around
    a chart is measured `once` where no word inside it can reach out.
    """
    frame, parts = _writable(frame), []
    options = {name: _writable(value) for name, value in options.items()}
    for layout, width in (("wide", WIDE), ("narrow", NARROW)):
        ax = draw(frame, width=width, **options)
        try:
            figure = figure_of(ax)
            _lay_out(figure, once)
            drawing = _for_page(
                as_svg(figure, letters="none", ground=False), f"{name}-{layout}", alt
            )
            if also and layout == "wide":
                also(figure, drawing)
        finally:
            # Or a notebook shows it once more at the end of its cell.
            plt.close(figure_of(ax))
        parts.append(f'<div class="sp-{layout}">{drawing}</div>')
    return "".join(parts)


def pixels(draw: Callable[..., Axes], frame: Any, **options: Any) -> bytes:
    """Draw a chart as a PNG, for what shows no SVG; the same bytes every time."""
    ax = draw(frame, width=WIDE, **options)
    try:
        _lay_out(figure_of(ax))
        return as_png(figure_of(ax), 100)
    finally:
        plt.close(figure_of(ax))


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
    options = {name: _writable(value) for name, value in options.items()}
    ax = draw(_writable(frame), width=width, **options)
    figure = figure_of(ax)
    try:
        if night:
            dark(ax)
        _lay_out(figure)
        return _write(Path(folder), name, as_svg(figure), as_png(figure, _PIXELS))
    finally:
        plt.close(figure)


def save_framed(
    figure: Any, drawing: str, *, folder: str | Path, name: str, title: str, source: str
) -> list[Path]:
    """Write a chart that was drawn for a page as files, with title and source around it.

    The chart stays as it is; the figure grows above and below it. The SVG is the page's own
    drawing, with its letters as text.
    """
    vector = standing_alone(drawing, title, source)
    height, wide = figure.get_figheight(), figure.get_figwidth()
    title = textwrap.fill(title, int((wide - 0.8) * 10))
    source = textwrap.fill(source, int(wide * 15.5))
    above = 0.1 + 0.21 * (title.count("\n") + 1)
    below = 0.08 + 0.16 * (source.count("\n") + 1)
    total = height + above + below
    places = [(axes, axes.get_position().bounds) for axes in figure.axes]
    figure.set_figheight(total)
    for axes, (x, y, width, tall) in places:
        axes.set_position((x, (y * height + below) / total, width, tall * height / total))
    left = min(bounds[0] for _, bounds in places)
    with mpl.rc_context(FONT):
        look: dict[str, Any] = {"weight": "bold", "fontsize": 12, "va": "top", "color": INK}
        figure.text(left, 1 - 0.08 / total, title, parse_math=False, **look)
        look = {"fontsize": 8, "va": "bottom", "color": MUTED}
        figure.text(0.01, 0.06 / total, source, parse_math=False, **look)
    return _write(Path(folder), name, vector, as_png(figure, _PIXELS))


def _write(home: Path, name: str, vector: str, pixels: bytes) -> list[Path]:
    """Write the two files of a chart."""
    files = [home / f"{name}.svg", home / f"{name}.png"]
    output.write_text(files[0], vector)
    output.write_bytes(files[1], pixels)
    return files
