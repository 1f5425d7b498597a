"""What sources said of a stock, as points around the line that was drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stockpile.common import english as words
from stockpile.plot.style import GROUND, INK, MUTED, UNIT_STYLES
from stockpile.stock.reconcile import SET_ASIDE, USED, Statement, bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Shape of the statements on each unit, in the order of the treaty.
SHAPES = ("o", "s", "^", "P")
_LEVELS = ("declared", "remaining", "destroyed_total", "destroyed_share")
_COLUMNS = ["unit", "figure", "since", "on", "low", "at", "high", "role"]
#: A declaration this far from the one taken now, as a share of it, is named.
_FAR = 0.08


def points_told(
    statements: pd.DataFrame | None, lines: pd.DataFrame, *, state: str, begun: Any = pd.NaT
) -> pd.DataFrame:
    """Place each statement on a state's stock where it speaks of what was left.

    Parameters
    ----------
    statements : pandas.DataFrame or None
        As ``stockpile.progress(ledger, explain=True)`` returns them.
    lines : pandas.DataFrame
        As `stockpile.plot.lines_left` returns them.
    state : str
        ISO code.
    begun : pandas.Timestamp
        Where to place a declaration without a day that came too late to be placed
        on the day of its publication.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``figure``, ``since`` (the first day of a period), ``on``, ``at``
        (what was left, as a count; after a period, what the line has), ``low`` and
        ``high`` (the range that the number stands for; endless for 'at least') and
        ``role``.
    """
    if statements is None:
        return pd.DataFrame(columns=_COLUMNS)
    own = statements[(statements["iso3"] == state) & statements["value"].notna()]
    first = lines.groupby("unit")["date"].min()
    whole = lines.groupby(["unit", "episode"])["whole"].last()
    start = min((d for d in (lines["date"].min(), begun) if pd.notna(d)), default=pd.NaT)
    rows: list[tuple[Any, ...]] = []
    records: list[Any] = list(own.itertuples(index=False))
    for s in records:
        of = whole.get((s.unit, s.episode), np.nan)
        if pd.notna(s.period_start) and s.figure in ("destroyed", "destroyed_total"):
            at = _left_on(lines, s)
            rows.append((s.unit, s.figure, s.period_start, s.date, at, at, at, s.role))
        elif s.figure in _LEVELS:
            low, high = bounds(_weighed(s), of)
            at = s.value * of if s.figure == "destroyed_share" else s.value
            if s.figure.startswith("destroyed"):
                low, at, high = of - high, of - at, of - low
            on = s.date
            if pd.isna(on):
                # What there was to begin with, unless it was said while the stock was there.
                late = pd.isna(s.published) or s.published > first.get(s.unit, pd.NaT)
                on = start if late else s.published
            rows.append((s.unit, s.figure, pd.NaT, on, low, max(at, 0.0), high, s.role))
    out = pd.DataFrame(rows, columns=_COLUMNS)
    out = out.astype({"since": "datetime64[us]", "on": "datetime64[us]"})
    return out[out["on"].notna() & out["at"].notna()].reset_index(drop=True)


def _weighed(s: Any) -> Statement:
    return Statement(0, s.figure, s.value, s.qualifier, None, None, 0, 0, False, s.source_id)


def _left_on(lines: pd.DataFrame, s: Any) -> float:
    """What the line of a statement's stock has left on its day."""
    own = lines[(lines["unit"] == s.unit) & (lines["episode"] == s.episode)]
    upto = own[own["date"] <= s.date]
    return float(upto["left"].iloc[-1]) if len(upto) else np.nan


def draw_points(ax: Axes, told: pd.DataFrame, whole: float, i: int) -> None:
    """Draw what sources said of the i-th unit; ``whole`` stands at the top of the chart."""
    colour, shape = UNIT_STYLES[i % len(UNIT_STYLES)][0], SHAPES[i % len(SHAPES)]
    look: dict[str, Any] = {"ls": "", "color": colour, "mew": 1.2}
    levels, spans = told[told["since"].isna()], told[told["since"].notna()]
    for role, part in levels.groupby("role", sort=False):
        y = part["at"] / whole
        if role == SET_ASIDE:
            ax.plot(part["on"], y, marker="x", ms=5.5, zorder=5, **(look | {"color": MUTED}))
        else:
            fill = colour if role == USED else GROUND
            ax.plot(part["on"], y, marker=shape, ms=5, mfc=fill, zorder=6, **look)
    kept: list[Any] = list(levels[levels["role"] != SET_ASIDE].itertuples(index=False))
    for s in kept:
        low, high = s.low / whole, s.high / whole
        if np.isinf(low) or np.isinf(high):
            # 'At least so many destroyed' is 'at most so many left'.
            ax.annotate(
                "", (s.on, s.at / whole), xytext=(0, -15 if np.isinf(low) else 15),
                textcoords="offset points", zorder=5,
                arrowprops={"arrowstyle": "<-", "color": colour, "lw": 1.1, "shrinkA": 0},
            )  # fmt: skip
        elif high > low:
            ax.plot(
                [s.on, s.on], [max(low, 0), high], color=colour, lw=3.2, alpha=0.3,
                solid_capstyle="butt", zorder=3,
            )  # fmt: skip
    for role, part in spans.groupby("role", sort=False):
        tint = MUTED if role == SET_ASIDE else colour
        ax.plot(
            part["on"], part["at"] / whole, ls="", marker="|", ms=8, mew=1.1, color=tint,
            zorder=5,
        )  # fmt: skip


def name_restated(ax: Axes, told: pd.DataFrame, whole: float, i: int) -> None:
    """Say what was declared first, where it is far from what is taken now."""
    declared = told[told["figure"] == "declared"]
    old, now = (declared[declared["role"] == role] for role in (SET_ASIDE, USED))
    if not whole > 0 or now.empty:
        return
    taken = now["at"].iloc[-1]
    for value in sorted(old["at"].unique()):
        if abs(value - taken) <= _FAR * taken:
            continue
        where = old.loc[old["at"] == value, "on"].max()
        # To the right, or to the left of what is said late in the story.
        first, last = ax.get_xlim()
        late = ax.convert_xunits(where) - first > 0.6 * (last - first)
        ax.annotate(
            f"declared {words.number(value)}, later restated", (where, value / whole),
            xytext=(-7 if late else 7, 0), textcoords="offset points", va="center",
            ha="right" if late else "left", fontsize=7.5, zorder=6,
            color=UNIT_STYLES[i % len(UNIT_STYLES)][0],
            bbox={"fc": GROUND, "ec": "none", "pad": 0.3},
        )  # fmt: skip


def signs_told(told: pd.DataFrame) -> list[Any]:
    """Return the legend of the signs that were drawn."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    shape: dict[str, Any] = {"ls": "", "ms": 5}
    roles = set(told.loc[told["since"].isna(), "role"])
    if "agrees" in roles:
        look = shape | {"marker": "o", "color": INK, "mfc": GROUND}
        handles.append(Line2D([], [], label="another statement that agrees", **look))
    if SET_ASIDE in roles:
        look = shape | {"marker": "x", "color": MUTED}
        handles.append(Line2D([], [], label="a statement set aside", **look))
    if told["since"].notna().any():
        look = shape | {"marker": "|", "color": INK, "ms": 8}
        handles.append(Line2D([], [], label="end of a period told of", **look))
    kept = told[(told["role"] != SET_ASIDE) & told["since"].isna()]
    low, high = kept["low"].astype("float64"), kept["high"].astype("float64")
    if ((high > low) & np.isfinite(high - low)).any():
        handles.append(Patch(color=MUTED, alpha=0.4, lw=0, label="range of a rounded number"))
    for end, sign, text in ((low, "down", "at most"), (high, "up", "at least")):
        if np.isinf(end).any():
            arrow: dict[str, Any] = {"ls": "", "marker": rf"$\{sign}arrow$", "ms": 8, "color": INK}
            handles.append(Line2D([], [], label=f"{text} so many left", **arrow))
    return handles
