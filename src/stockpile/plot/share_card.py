"""The picture of a report for those who share its address: headline and bar, 1200 by 630."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd

from stockpile.common import output
from stockpile.plot import style
from stockpile.plot.ratings import ratings_bar
from stockpile.plot.style import FONT, INK, MUTED

#: In inches, at a hundred pixels each.
_SIZE, _DPI = (12.0, 6.3), 100
#: Letters of the headline by its length: the longest text for which each size fits.
_FITS = ((70, 34, 32), (120, 28, 40), (200, 23, 48), (10_000, 18, 62))


@mpl.rc_context(FONT)
def share_card(
    status: pd.DataFrame, path: str | Path, *, headline: str, kicker: str, foot: str
) -> Path:
    """Draw headline, bar of ratings and what they are of, and write them as PNG.

    ``headline`` is the report's finding, ``kicker`` the line above it. The same data give the same
    bytes.
    """
    figure = plt.figure(figsize=_SIZE)
    look: dict[str, Any] = {"parse_math": False, "va": "top", "ha": "left"}
    _, points, letters = next(fit for fit in _FITS if len(headline) <= fit[0])
    lines = textwrap.wrap(headline, letters)[:6]
    figure.text(0.055, 0.91, kicker, fontsize=16, color=MUTED, **look)
    figure.text(
        0.055, 0.82, "\n".join(lines), fontsize=points, weight="bold", color=INK, linespacing=1.2,
        **look,
    )  # fmt: skip
    ax = figure.add_axes((0.055, 0.24, 0.89, 0.12))
    ratings_bar(status, ax=ax, legend=False)
    counts = style.rating_counts(status)
    handles = [style.sign(str(rating), f"{rating} {n}") for rating, n in counts.items()]
    if handles:
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.047, 0.225), ncols=5,
            frameon=False, fontsize=14, handletextpad=0.3, columnspacing=1.4,
        )  # fmt: skip
    figure.text(0.055, 0.075, foot, fontsize=13, color=MUTED, **look)
    picture = io.BytesIO()
    try:
        figure.savefig(picture, format="png", dpi=_DPI, metadata={"Software": None})
    finally:
        plt.close(figure)
    output.write_bytes(Path(path), picture.getvalue())
    return Path(path)
