"""Charts as pictures for a page: inline SVG that follows the page's light or dark ground.

A page shows a chart in two layouts, one for a wide and one for a narrow window;
its style sheet hides the other. The SVG holds its letters as outlines, so that it
looks the same wherever it is opened, and the same data give the same bytes.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.style import FAINT, GROUND, INK, MUTED, RATING_STYLE, UNIT_STYLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Widths in inches of the two layouts.
WIDE, NARROW = 10.0, 3.9


def palette() -> dict[str, tuple[str, str]]:
    """Name, light and dark value of every colour that charts and pages share.

    Examples
    --------
    >>> palette()["at-risk"]
    ('#E39A1F', '#F0AE2B')
    """
    colours = {
        "ink": (INK, "#E8EAED"),
        "muted": (MUTED, "#A3A9B2"),
        "faint": (FAINT, "#3A4048"),
        "ground": (GROUND, "#15181C"),
    }
    colours |= {r.replace(" ", "-"): (s.colour, s.dark) for r, s in RATING_STYLE.items()}
    darker = ("#6BA8F0", "#E79058", "#6FD3A6", "#F2528B")
    colours |= {f"unit-{i}": (c, darker[i]) for i, (c, _) in enumerate(UNIT_STYLES)}
    return colours


def svg(ax: Axes, *, name: str, alt: str) -> str:
    """Draw the figure of an ``Axes`` as SVG to be put into a page.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        A chart.
    name : str
        Put before every id inside, for a page may hold several charts.
    alt : str
        What the chart says, for those who do not see it.
    """
    import matplotlib as mpl

    figure = ax.get_figure(root=True)
    assert figure is not None
    # Laid out once, here: saving would draw everything twice to do the same.
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "stockpile"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    # A page needs the drawing alone, without the file's own head and remarks.
    text = re.sub(
        r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL
    )
    text = text[text.index("<svg") :]
    box = re.search(r'viewBox="[^"]*"', text)
    assert box is not None
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{box.group()} role="img" aria-label="{html.escape(alt)}" '
        'style="stroke-linejoin: round">'
    )
    text = opening + text[text.index(">") + 1 :]
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    # Two names may share a value on a light ground; either is right.
    keys = {light.lower(): key for key, (light, _) in reversed(palette().items())}
    pattern = re.compile("|".join(keys), re.IGNORECASE)
    text = pattern.sub(lambda m: f"var(--sp-{keys[m.group().lower()]}, {m.group()})", text)
    text = re.sub(r' d="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m.group()), text)
    return re.sub(r"\n\s*", "\n", text)


def picture(
    draw: Callable[..., Axes], frame: pd.DataFrame, *, name: str, alt: str, **options: Any
) -> str:
    """Draw a chart in both layouts and wrap each so that a style sheet can choose.

    Parameters
    ----------
    draw : callable
        A function of `stockpile.plot`.
    frame : pandas.DataFrame
        What it draws.
    name, alt
        As in `svg`.
    **options
        Passed on to `draw`.
    """
    import matplotlib.pyplot as plt

    parts = []
    for layout, width in (("wide", WIDE), ("narrow", NARROW)):
        ax = draw(frame, width=width, **options)
        try:
            drawing = svg(ax, name=f"{name}-{layout}", alt=alt)
        finally:
            # Or a notebook shows it once more at the end of its cell.
            plt.close(ax.get_figure(root=True))
        parts.append(f'<div class="sp-{layout}">{drawing}</div>')
    return "".join(parts)
