"""Where sources disagree on one state: every statement over time, with its source."""

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
    UNIT_STYLES,
    as_of_line,
    drawable,
    frame_text,
    is_narrow,
    legend_below,
    new_axes,
    time_axis,
)
from stockpile.stock.reconcile import SET_ASIDE, USED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What statements are of, in the order of reading, and what a group of them is called.
_FIGURES = {
    "declared": "declared",
    "destroyed_total": "destroyed up to a day",
    "destroyed_share": "share destroyed up to a day",
    "destroyed": "destroyed over a period",
    "remaining": "left",
    "retained": "kept for training",
    "retained_destroyed": "destroyed out of what was kept",
    "completed": "day of completion",
    "reopened": "day on which stock turned up again",
    "planned_completion": "date the state announced",
    "deadline_stated": "deadline as stated",
    "extension_requested": "extension asked for",
    "extension_granted": "extension granted",
    "deadline_missed": "deadline said to be missed",
}
_SET_ASIDE = "#80103F"


def stated(statements: pd.DataFrame, *, state: str) -> pd.DataFrame:
    """Return what was said of one state, a row for each thing said however many said it.

    Parameters
    ----------
    statements : pandas.DataFrame
        As ``stockpile.progress(ledger, explain=True)`` or `stockpile.statements`
        returns them. Membership is left out: there is one answer to it.
    state : str
        ISO code.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``figure``, ``value``, ``qualifier``, ``period_start``, ``date``, ``role``,
        ``why``, ``published`` (the earliest), ``sources`` (a list of ids) and ``kinds``;
        by unit, figure and day.
    """
    own = statements[(statements["iso3"] == state) & statements["figure"].isin(list(_FIGURES))]
    same = ["unit", "figure", "value", "qualifier", "period_start", "date", "role"]
    told = own.sort_values(["published", "source_id"], kind="stable")
    groups = told.groupby(same, sort=False, dropna=False)
    out = groups.agg(
        why=("why", "first"),
        published=("published", "min"),
        sources=("source_id", lambda ids: list(dict.fromkeys(ids))),
        kinds=("kind", lambda kinds: list(dict.fromkeys(kinds))),
    ).reset_index()
    if out.empty:
        return out
    order = out["figure"].map({figure: i for i, figure in enumerate(_FIGURES)})
    units = {unit: i for i, unit in enumerate(dict.fromkeys(own["unit"]))}
    day = out["date"].fillna(out["published"])
    keys = out.assign(a=order, b=out["unit"].map(units), c=day, d=out["published"])
    return out.loc[keys.sort_values(["a", "b", "c", "d", "value"], kind="stable").index]


def disagreement_title(rows: pd.DataFrame, name: str) -> str:
    """Say how far sources agree.

    Examples
    --------
    >>> import pandas as pd
    >>> disagreement_title(pd.DataFrame({"role": ["used", "set aside", "agrees"]}), "Peru")
    'One of three statements on Peru was set aside'
    """
    n, aside = len(rows), int((rows["role"] == SET_ASIDE).sum())
    if n == 0:
        return f"Nothing is on record of a stock of {name}"
    if aside == 0:
        if n == 1:
            return f"There is one statement on {name}"
        return words.sentence(f"the {words.count(n, 'statement')} on {name} agree")
    verb = "was" if aside == 1 else "were"
    return words.sentence(
        f"{words.spell(aside)} of {words.count(n, 'statement')} on {name} {verb} set aside"
    )


def disagreement(
    statements: pd.DataFrame,
    *,
    state: str,
    sources: pd.DataFrame | None = None,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Every statement on one state over time, with who made it and what became of it.

    A row is one thing that was said, by one source or several. The marker stands on
    the day spoken of, a bar covers a period, and a thin line leads to the day of
    publication. The bar beside it compares the numbers of a group.

    Parameters
    ----------
    statements : pandas.DataFrame
        As ``stockpile.progress(ledger, explain=True)`` or `stockpile.statements`
        returns them; other states are left out.
    state : str
        ISO code of the state.
    sources : pandas.DataFrame, optional
        ``source_id`` and ``publisher``, as in ``ledger.sources``; without it, sources are
        named by their ids.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl

    rows = stated(statements, state=state)
    names = statements.loc[statements["iso3"] == state, "state"]
    name = str(names.iloc[0]) if len(names) else state
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    narrow = is_narrow(ax, width)
    publishers = {} if sources is None else sources.set_index("source_id")["publisher"].to_dict()
    step, head = (1.75, 1.75) if narrow else (1.0, 1.15)
    units = [unit for unit in dict.fromkeys(rows.get("unit", [])) if unit]
    places: list[tuple[str, float, Any, float]] = []
    y = 0.0
    for (figure, unit), part in rows.groupby(["figure", "unit"], sort=False):
        heading = _FIGURES[str(figure)] + (f": {words.unit(str(unit))}" if unit else "")
        places.append(("head", y, heading, 0.0))
        y += head
        most = float(part["value"].max()) if part["value"].notna().any() else 0.0
        for row in part.itertuples(index=False):
            places.append(("row", y, row, most))
            y += step
        y += 0.3
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, max((1.9 if narrow else 1.5) + y * 0.2, 1.8))
        ax.set_xlim(*_limits(rows, day))
        ax.set_ylim(max(y - 0.3, 1.0), -0.9)
        time_axis(ax, True)  # there is as little room as in a narrow chart
        ax.set_yticks([])
        for kind, at, content, most in places:
            if kind == "head":
                _draw_head(ax, at, str(content))
            else:
                i = units.index(content.unit) if content.unit in units else 0
                _draw_said(ax, at, content, most, i, publishers, narrow)
        if rows.empty:
            ax.text(0.5, 0.5, "no statement on record", transform=ax.transAxes, ha="center")
            ax.set_xticks([])
        else:
            _legend(ax, rows, narrow)
        if pd.notna(day) and len(rows):
            as_of_line(ax, day)
        frame_text(ax, disagreement_title(rows, name) if title is None else title, source, day)
    return ax


def _limits(rows: pd.DataFrame, day: Any) -> tuple[Any, Any]:
    found = [rows[c] for c in ("date", "published", "period_start") if c in rows]
    days = pd.concat([*found, pd.Series([day], dtype="datetime64[us]")]).dropna()
    if days.empty:
        days = pd.Series([pd.Timestamp("2010-01-01")])
    pad = max((days.max() - days.min()) * 0.02, pd.Timedelta(days=60))
    return days.min() - pad, days.max() + pad


def _draw_head(ax: Axes, y: float, text: str) -> None:
    ax.annotate(
        words.sentence(text), (0, y), xycoords=ax.get_yaxis_transform(), weight="bold",
        xytext=(0, 0), textcoords="offset points", va="center", color=INK,
        annotation_clip=False, parse_math=False, zorder=5,
        bbox={"fc": GROUND, "ec": "none", "pad": 0.4},
    )  # fmt: skip


def _draw_said(
    ax: Axes, y: float, row: Any, most: float, i: int, publishers: dict[Any, Any], narrow: bool
) -> None:
    """Draw one thing said: when, by whom, how much, and what became of it."""
    aside = row.role == SET_ASIDE
    colour = _SET_ASIDE if aside else UNIT_STYLES[i % len(UNIT_STYLES)][0]
    on = row.date if pd.notna(row.date) else row.published
    if pd.notna(row.date) and pd.notna(row.published):
        ax.plot([row.date, row.published], [y, y], color=FAINT, lw=1.2, zorder=1)
        ax.plot([row.published], [y], ls="", marker="|", ms=6, color=MUTED, zorder=2)
    if pd.notna(row.period_start) and pd.notna(row.date):
        ax.plot(
            [row.period_start, row.date], [y, y], color=colour, lw=5, alpha=0.3,
            solid_capstyle="butt", zorder=2,
        )  # fmt: skip
    if pd.notna(on):
        look: dict[str, Any] = {"marker": "X" if aside else "o", "ms": 6, "mew": 1.2}
        fill = GROUND if row.role not in (USED, SET_ASIDE) else colour
        ax.plot([on], [y], ls="", color=colour, mfc=fill, zorder=4, **look)
    _write_said(ax, y, row, most, colour, _who(row, publishers, 30 if narrow else 40), narrow)


def _who(row: Any, publishers: dict[Any, Any], limit: int) -> str:
    """Name the first of the sources, when it was published, and how many others there are."""
    ids = row.sources
    publisher = publishers.get(ids[0])
    name = str(publisher) if isinstance(publisher, str) and drawable(publisher) else str(ids[0])
    year = f", {row.published.year}" if pd.notna(row.published) else ""
    more = f" +{len(ids) - 1}" if len(ids) > 1 else ""
    return words.short_name(name, limit - len(year) - len(more)) + year + more


def _write_said(
    ax: Axes, y: float, row: Any, most: float, colour: str, who: str, narrow: bool
) -> None:
    """Write the source before a row, and the number and its fate behind it."""
    side: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
        "parse_math": False,
        "zorder": 6,
        "fontsize": 8,
    }
    said = _said(row)
    tint = colour if row.role == SET_ASIDE else INK
    strong = "bold" if row.role == USED else "normal"
    if narrow:
        side["bbox"] = {"fc": GROUND, "ec": "none", "pad": 0.4}
        ax.annotate(who, (0, y), xytext=(0, 6.5), color=MUTED, **side)
        ax.annotate(said, (1, y), xytext=(0, 6.5), ha="right", color=tint, weight=strong, **side)
        return
    ax.annotate(who, (0, y), xytext=(-8, 0), ha="right", va="center", color=MUTED, **side)
    if most > 0 and row.value >= 0:
        _bar(ax, y, float(row.value) / most, colour)
    ax.annotate(said, (1, y), xytext=(66, 0), va="center", color=tint, weight=strong, **side)
    if row.role == SET_ASIDE:
        why = words.short_name(str(row.why), 42)
        ax.annotate(why, (1, y), xytext=(164, 0), va="center", color=tint, **side)


def _said(row: Any) -> str:
    """What was said, in words: a number, a share or a day."""
    if row.figure == "destroyed_share":
        return words.percent(row.value)
    if pd.notna(row.value):
        # In full, for what sources differ in may be the last digits.
        full = f"{row.value:,.0f}"
        return words.amount(row.value, row.qualifier).replace(words.number(row.value), full)
    return words.dated(row.date, row.qualifier)


def _bar(ax: Axes, y: float, share: float, colour: str) -> None:
    """Draw a number as a small bar beside the chart."""
    from matplotlib.offsetbox import AnnotationBbox, DrawingArea
    from matplotlib.patches import Rectangle

    box = DrawingArea(50, 5)
    box.add_artist(Rectangle((0, 0), 50 * share, 5, fc=colour, ec="none", alpha=0.7))
    place = ax.get_yaxis_transform()
    ax.add_artist(
        AnnotationBbox(
            box, (1, y), xycoords=place, xybox=(10, 0), boxcoords="offset points", pad=0,
            box_alignment=(0, 0.5), frameon=False, annotation_clip=False,
        )
    )  # fmt: skip


def _legend(ax: Axes, rows: pd.DataFrame, narrow: bool) -> None:
    """Explain only the signs that were drawn."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    blue, roles = UNIT_STYLES[0][0], set(rows["role"])
    ring: dict[str, Any] = {"ls": "", "marker": "o", "ms": 6, "mew": 1.2, "color": blue}
    handles: list[Any] = []
    if USED in roles:
        handles.append(Line2D([], [], label="used for the figures", **ring))
    if "agrees" in roles:
        handles.append(Line2D([], [], label="agrees with what is used", **ring, mfc=GROUND))
    if SET_ASIDE in roles:
        cross = ring | {"marker": "X", "color": _SET_ASIDE}
        handles.append(Line2D([], [], label="set aside", **cross))
    if np.asarray(rows["period_start"].notna() & rows["date"].notna()).any():
        handles.append(Patch(color=blue, alpha=0.3, lw=0, label="the period spoken of"))
    if rows["published"].notna().any():
        tick: dict[str, Any] = {"color": FAINT, "marker": "|", "mec": MUTED, "ms": 7, "lw": 1.2}
        handles.append(Line2D([], [], label="published", **tick))
    legend_below(ax, handles, columns=1 if narrow else 3)
