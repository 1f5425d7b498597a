"""Need against pace: how fast the rest has to go, and who ever went so fast."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.rows import Note, draw_rows, group_states, rows_axes
from stockpile.plot.style import FAINT, FONT, GROUND, INK, RATING_STYLE

_YEAR = 365.25
#: Shares of the stock a year at which the scale ends; beyond them, a pace is a matter of days.
_SLOWEST, _FASTEST = 0.02, 20.0
_GROUPS = {
    "beyond": "faster than any comparable state ever was",
    "few": "as fast as few comparable states were",
    "many": "as fast as most comparable states were",
    "alone": "no comparable state yet",
}
_RING: dict[str, Any] = {"ls": "", "marker": "o", "ms": 6, "mec": INK, "mfc": GROUND}


@takes_ledger
def paces(projection: pd.DataFrame, *, status: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what each state needs, and what it and others have achieved.

    Parameters
    ----------
    projection : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
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
    rows = projection[projection["pace_needed"] > 0].reset_index(drop=True)
    rows["days_left"] = (rows["deadline"] - rows["as_of"]).dt.days
    rows["own_pace"], rows["rating"] = np.nan, ""
    if status is not None and len(rows):
        known = rows[["iso3"]].merge(status, on="iso3", how="left")
        years = (rows["as_of"] - known["entry_into_force"]).dt.days / _YEAR
        rows["own_pace"] = (known["share_destroyed"] / years).where(years > 0)
        rows["rating"] = known["status"].fillna("")
    share = rows["pace_kept_by"] / rows["comparables"].where(rows["comparables"] > 0)
    rows["group"] = np.select(
        [share.isna(), share == 0, share < 0.5], ["alone", "beyond", "few"], "many"
    )
    columns = "iso3 state pace_needed pace_kept_by comparables own_pace rating days_left group"
    keys = {"group": rows["group"].map(list(_GROUPS).index), "pace": -rows["pace_needed"]}
    order = pd.DataFrame(keys | {"state": rows["state"]}).sort_values(["group", "pace", "state"])
    return rows.loc[order.index, columns.split()].reset_index(drop=True)


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
    beyond, few, alone = (
        rows.loc[rows["group"] == group, "state"].tolist() for group in ("beyond", "few", "alone")
    )
    if beyond:
        who = words.the(beyond[0]) if len(beyond) == 1 else words.count(len(beyond), "state")
        return words.sentence(f"{who} would have to be faster than any comparable state ever was")
    if len(alone) == len(rows):
        return "No state has been here before: there is no pace to compare with"
    if few:
        verb = "needs" if len(few) == 1 else "need"
        who = f"{words.spell(len(few))} of {words.count(len(rows), 'state')}"
        return words.sentence(f"{who} {verb} a pace that few comparable states kept")
    title = "Comparable states have kept the pace that is needed now"
    if alone:
        have = "has" if len(alone) == 1 else "have"
        title += f"; {words.count(len(alone), 'state')} {have} none to compare"
    return title


@takes_ledger
@mpl.rc_context(FONT)
def need_against_pace(
    projection: pd.DataFrame,
    *,
    status: pd.DataFrame | None = None,
    as_of: Day | None = None,
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
    projection : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.project` returns it.
    status : pandas.DataFrame, optional
        As `stockpile.status` returns it, for the rating and the state's own pace.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    pace_rows = paces(projection, status=status)
    by_group = pace_rows.groupby("group", sort=False)
    groups = [group_states(_GROUPS[str(group)], part) for group, part in by_group]
    low, high = _limits(pace_rows)
    handles = _legend(pace_rows, low)
    n = len(handles)
    ax, places, narrow = rows_axes(ax, groups, width, 0.55 + 0.2 * (n // 3), 0.85 + 0.2 * n)
    ax.set_xscale("log", base=2)
    ax.set_xlim(low, high)
    _pace_axis(ax, narrow)
    draw_rows(
        ax,
        places,
        mark=lambda y, row: _draw(ax, y, row),
        name=lambda row: words.short_name(row.state, 26 if narrow else 34),
        notes=lambda row: _notes(row, narrow),
        inside=True,
    )
    ax.tick_params(axis="y", pad=8)  # a mark may stand at the edge
    if pace_rows.empty:
        style.say_empty(ax, "no pace to keep")
    else:
        style.legend_below(ax, handles, gap=38)
    style.frame_text(ax, title, pace_title(pace_rows), source, style.as_day(as_of), above=0)
    return ax


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Where the scale starts and ends."""
    drawn = pd.concat([rows["pace_needed"], rows["own_pace"]])
    drawn = drawn[drawn > 0].clip(_SLOWEST, _FASTEST)
    if drawn.empty:
        return 0.05, 1.0
    return float(min(drawn.min() / 1.4, 0.1)), float(max(drawn.max() * 1.4, 0.6))


def _pace_axis(ax: Axes, narrow: bool) -> None:
    """Shares of the stock a year, each step about twice the one before."""
    low, high = ax.get_xlim()
    steps = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    if narrow:
        steps = [0.025, 0.1, 0.5, 2.0, 10.0] if high > 2 else [0.05, 0.1, 0.25, 0.5, 1.0]
    ax.set_xticks([step for step in steps if low <= step <= high])
    ax.minorticks_off()
    # Beyond the whole stock in a year, people count in times.
    ax.xaxis.set_major_formatter(lambda x, _: f"{x * 100:g}%" if x <= 1 else f"{x:g}×")
    longer = "share of the stock destroyed in a year (5×: all of it five times over)"
    ax.set_xlabel("share of the stock a year" if narrow else longer)
    style.plain_axes(ax)


def _draw(ax: Axes, y: float, row: Any) -> None:
    """Draw one state: its own pace and the pace needed."""
    low, high = ax.get_xlim()
    needed = min(max(row.pace_needed, low), high)
    if row.own_pace >= 0:
        achieved = min(max(row.own_pace, low), high)
        ax.plot([achieved, needed], [y, y], color=FAINT, lw=2.6, solid_capstyle="butt", zorder=2)
        ring = _RING | {"marker": "<" if row.own_pace < low else "o", "mew": 1.3}
        ax.plot([achieved], [y], **ring, zorder=3, clip_on=False)
    ax.plot([needed], [y], **style.marker(row.rating, 7.5), zorder=4, clip_on=False)


def _notes(row: Any, narrow: bool) -> list[Note]:
    """Say what is needed, and how many comparable states kept such a pace."""
    by = f"kept by {row.pace_kept_by or 'none'} of {row.comparables}"
    weight = {"weight": "bold" if row.group == "beyond" else "normal"}
    comparison: Note = (116, by if row.comparables else "none to compare", weight)
    needed: Note = (10, _a_year(row.pace_needed, row.days_left), {"color": INK})
    return [comparison] if narrow else [needed, comparison]


def _a_year(pace: float, days: float) -> str:
    """A pace as people say it: a share a year or, close to the end, the days that are left."""
    if pace <= 1:
        return f"{words.percent(pace)} a year"
    share = words.percent(min(pace * days / _YEAR, 1.0))
    if days < 60:
        return f"{share} in {int(days)} day{'s' if days != 1 else ''}"
    return f"{share} in {days / 30.44:.0f} months"


def _legend(rows: pd.DataFrame, low: float) -> list[Any]:
    """Explain only the signs that are drawn."""
    ratings = set(rows["rating"])
    handles = [style.sign(r, f"needed, rated {r}") for r in RATING_STYLE if r in ratings]
    if not handles:
        handles = [style.sign("no data", "needed from now on")]
    if rows["own_pace"].notna().any():
        handles.append(style.key("its own pace since it was bound", **_RING))
        if (rows["own_pace"] < low).any():
            handles.append(style.key("next to nothing so far", **(_RING | {"marker": "<"})))
    return handles
