"""Need against pace: how fast the rest has to go, and who ever went so fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stockpile.common import english as words
from stockpile.plot.style import (
    FAINT,
    FONT,
    GROUND,
    INK,
    MUTED,
    RATING_STYLE,
    frame_text,
    is_narrow,
    legend_below,
    marker,
    new_axes,
    sign,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_YEAR = 365.25
#: Shares of the stock a year at which the scale ends; beyond them, a pace is a matter of days.
_SLOWEST, _FASTEST = 0.02, 20.0
_GROUPS = {
    "beyond": "faster than any comparable state ever was",
    "few": "as few comparable states were",
    "many": "as most comparable states were",
    "alone": "no comparable state yet",
}


def paces(projection: pd.DataFrame, *, status: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what each state needs, and what it and others have achieved.

    Parameters
    ----------
    projection : pandas.DataFrame
        As `stockpile.project` returns it; states without a pace needed are left out.
    status : pandas.DataFrame, optional
        As `stockpile.status` returns it, for the rating and the state's own pace.

    Returns
    -------
    pandas.DataFrame
        ``iso3``, ``state``, ``pace_needed`` (share of the stock a year), ``pace_kept_by``
        and ``comparables`` (states), ``own_pace`` (share a year since entry into force,
        ``NaN`` where that is not known), ``rating`` (empty without `status`),
        ``days_left`` and ``group``: ``beyond`` where no comparable state ever kept that
        pace, ``few`` where less than half did, ``many`` where at least half did, and
        ``alone`` where there was none to compare; the fastest first.
    """
    rows = projection[projection["pace_needed"] > 0].copy()
    rows["days_left"] = (rows["deadline"] - rows["as_of"]).dt.days
    rows["own_pace"], rows["rating"] = np.nan, ""
    if status is not None and len(rows):
        known = rows[["iso3"]].merge(status, on="iso3", how="left")
        years = (rows["as_of"].to_numpy() - known["entry_into_force"]).dt.days / _YEAR
        pace = (known["share_destroyed"] / years).where(years > 0)
        rows["own_pace"] = pace.to_numpy()
        rows["rating"] = known["status"].fillna("").to_numpy()
    share = rows["pace_kept_by"] / rows["comparables"].where(rows["comparables"] > 0)
    rows["group"] = np.select(
        [share.isna(), share == 0, share < 0.5], ["alone", "beyond", "few"], "many"
    )
    order = rows["group"].map({group: i for i, group in enumerate(_GROUPS)})
    columns = "iso3 state pace_needed pace_kept_by comparables own_pace rating days_left group"
    rows = rows.assign(order=order).sort_values(
        ["order", "pace_needed", "state"], ascending=[True, False, True], kind="stable"
    )
    return rows[columns.split()].reset_index(drop=True)


def pace_title(rows: pd.DataFrame) -> str:
    """Say how many states need more than any comparable one has managed.

    Examples
    --------
    >>> import pandas as pd
    >>> pace_title(pd.DataFrame({"group": ["beyond", "many"], "state": ["Peru", "Chile"]}))
    'Peru would have to be faster than any comparable state ever was'
    """
    if rows.empty:
        return "No state with a deadline ahead has stock left"
    beyond = rows.loc[rows["group"] == "beyond", "state"].tolist()
    if beyond:
        who = beyond[0] if len(beyond) == 1 else words.count(len(beyond), "state")
        return words.sentence(f"{who} would have to be faster than any comparable state ever was")
    if (rows["group"] == "alone").all():
        return "No state has been here before: there is no pace to compare with"
    few = int((rows["group"] == "few").sum())
    if few:
        rest = f"{words.spell(few)} of {words.count(len(rows), 'state')}"
        verb = "needs" if few == 1 else "need"
        return words.sentence(f"{rest} {verb} a pace that few comparable states kept")
    said = "Comparable states have kept the pace that is needed now"
    alone = int((rows["group"] == "alone").sum())
    if alone:
        said += f"; {words.count(alone, 'state')} {'has' if alone == 1 else 'have'} none to compare"
    return said


def need_against_pace(
    projection: pd.DataFrame,
    *,
    status: pd.DataFrame | None = None,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How fast each state has to go from now on, against what was ever achieved.

    The pace is the share of the stock destroyed in a year, on a scale on which each
    step is twice the one before. The filled marker is what is needed from the as-of day
    to the deadline; the hollow ring the state's own pace since it was bound. The words
    beside say how many comparable states kept such a pace to their end.

    Parameters
    ----------
    projection : pandas.DataFrame
        As `stockpile.project` returns it.
    status : pandas.DataFrame, optional
        As `stockpile.status` returns it, for the rating and the state's own pace.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl

    rows = paces(projection, status=status)
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    narrow = is_narrow(ax, width)
    step, head = (1.6, 1.8) if narrow else (1.0, 1.1)
    places: list[tuple[str, float, Any]] = []
    y = 0.0
    for group, part in rows.groupby("group", sort=False):
        places.append(("head", y, (_GROUPS[str(group)], len(part))))
        y += head
        for row in part.itertuples(index=False):
            places.append(("state", y, row))
            y += step
        y += 0.2 if narrow else 0.4
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, max(_around(rows, narrow) + y * 0.225, 1.8))
        ax.set_xscale("log", base=2)
        ax.set_xlim(*_limits(rows))
        ax.set_ylim(max(y - 0.3, 1.0), -0.9)
        for kind, at, content in places:
            if kind == "head":
                text, n = content
                _draw_head(ax, at, text, n, narrow)
            else:
                _draw_pace(ax, at, content, narrow)
        _pace_axis(ax, rows, narrow)
        if rows.empty:
            ax.text(0.5, 0.5, "no pace to keep", transform=ax.transAxes, ha="center")
            ax.set_axis_off()
        else:
            _legend(ax, rows, narrow)
        frame_text(ax, pace_title(rows) if title is None else title, source, day, above=0)
    return ax


def _around(rows: pd.DataFrame, narrow: bool) -> float:
    """Inches that title, axis and legend take."""
    signs = rows["rating"].nunique() + 2
    return 1.75 + 0.2 * signs if narrow else 1.25 + 0.2 * (signs // 3 + 1)


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    seen = pd.concat([rows["pace_needed"], rows["own_pace"]]).dropna()
    seen = seen[seen > 0].clip(_SLOWEST, _FASTEST)
    if seen.empty:
        return 0.05, 1.0
    return float(min(seen.min() / 1.4, 0.1)), float(max(seen.max() * 1.4, 0.6))


def _pace_axis(ax: Axes, rows: pd.DataFrame, narrow: bool) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = ax.get_xlim()
    steps = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    if narrow:
        steps = [0.025, 0.1, 0.5, 2.0, 10.0] if high > 2 else [0.05, 0.1, 0.25, 0.5, 1.0]
    ticks = [step for step in steps if low <= step <= high]
    ax.xaxis.set_major_locator(FixedLocator([] if rows.empty else ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    # Beyond the whole stock in a year, people count in times.
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{x * 100:g}%" if x <= 1 else f"{x:g}×")
    )
    ax.set_yticks([])
    longer = "share of the stock destroyed in a year (5×: all of it five times over)"
    ax.set_xlabel("share of the stock a year" if narrow else longer)
    ax.grid(axis="x", color=FAINT, lw=0.6)
    ax.set_axisbelow(True)
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.tick_params(axis="x", color=MUTED, labelcolor=MUTED)


def _draw_head(ax: Axes, y: float, text: str, n: int, narrow: bool) -> None:
    """Name a group above its states."""
    ax.annotate(
        f"{text} · {words.count(n, 'state')}", (0, y), xycoords=ax.get_yaxis_transform(),
        xytext=(2, 0), textcoords="offset points", va="center", weight="bold", color=INK,
        annotation_clip=False, zorder=5, bbox={"fc": GROUND, "ec": "none", "pad": 0.4},
        fontsize=8 if narrow else 9,
    )  # fmt: skip


def _draw_pace(ax: Axes, y: float, row: Any, narrow: bool) -> None:
    """Draw one state: own pace, pace needed, and who kept such a pace."""
    low, high = ax.get_xlim()
    need = row.pace_needed
    end = min(max(need, low), high)
    look = row.rating if row.rating in RATING_STYLE else "no data"
    if row.own_pace >= 0:
        own = min(max(row.own_pace, low), high)
        ax.plot([own, end], [y, y], color=FAINT, lw=2.6, solid_capstyle="butt", zorder=2)
        ax.plot(
            [own], [y], ls="", marker="<" if row.own_pace < low else "o", ms=6, mew=1.3, mec=INK,
            mfc=GROUND, zorder=3, clip_on=False,
        )  # fmt: skip
    ax.plot([end], [y], **marker(look, 7.5), zorder=4, clip_on=False)
    side: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
        "zorder": 6,
    }
    kept, of = row.pace_kept_by, row.comparables
    said = f"kept by {kept or 'none'} of {of}" if of else "none to compare"
    strong = "bold" if row.group == "beyond" else "normal"
    name = words.short_name(row.state, 26 if narrow else 34)
    if narrow:
        side["bbox"] = {"fc": GROUND, "ec": "none", "pad": 0.4}
        ax.annotate(name, (0, y), xytext=(0, 6), parse_math=False, **side)
        ax.annotate(said, (1, y), xytext=(0, 6), ha="right", color=MUTED, weight=strong, **side)
        return
    ax.annotate(name, (0, y), xytext=(-8, 0), ha="right", va="center", parse_math=False, **side)
    ax.annotate(f"{_a_year(need, row.days_left)}", (1, y), xytext=(10, 0), va="center", **side)
    ax.annotate(said, (1, y), xytext=(116, 0), va="center", color=MUTED, weight=strong, **side)


def _a_year(pace: float, days: float) -> str:
    """A pace as people say it: a share a year or, close to the end, the days that are left."""
    if pace <= 1:
        return f"{words.percent(pace)} a year"
    share = words.percent(min(pace * days / _YEAR, 1.0))
    if days < 60:
        return f"{share} in {int(days)} day{'s' if days != 1 else ''}"
    return f"{share} in {days / 30.44:.0f} months"


def _legend(ax: Axes, rows: pd.DataFrame, narrow: bool) -> None:
    """Explain only the signs that were drawn."""
    from matplotlib.lines import Line2D

    there = set(rows["rating"])
    handles = [sign(r, f"needed, rated {r}") for r in RATING_STYLE if r in there]
    if not handles:
        handles = [sign("no data", "needed from now on")]
    if rows["own_pace"].notna().any():
        ring: dict[str, Any] = {"ls": "", "marker": "o", "mec": INK, "mfc": GROUND, "ms": 6}
        handles.append(Line2D([], [], label="its own pace since it was bound", **ring))
        if (rows["own_pace"] < ax.get_xlim()[0]).any():
            ring["marker"] = "<"
            handles.append(Line2D([], [], label="next to nothing so far", **ring))
    legend_below(ax, handles, columns=1 if narrow else 3, gap=38)
