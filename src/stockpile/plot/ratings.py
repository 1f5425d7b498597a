"""The ratings of all states together: as one bar, and over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.common import english as words
from stockpile.plot.style import (
    FAINT,
    FONT,
    GROUND,
    INK,
    ON_AMBER,
    RATING_STYLE,
    as_of_line,
    frame_text,
    is_narrow,
    label_ends,
    legend_below,
    marker,
    new_axes,
    rating_counts,
    sign,
    time_axis,
)
from stockpile.rating.status import DONE, OPEN

if TYPE_CHECKING:
    from matplotlib.axes import Axes


#: Ratings side by side in a wide legend.
_COLUMNS = 6


def ratings_bar(
    status: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
    legend: bool = True,
) -> Axes:
    """How many states have each rating, as one bar.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it; every row counts.
    ax, title, width
        As in `timeline`; without a title there is none.
    legend : bool
        Name the ratings below; without it, something beside the chart has to.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl

    counts = rating_counts(status)
    total = int(counts.sum())
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        if ax is None:
            rows = -(-len(counts) // (2 if narrow else _COLUMNS)) * legend
            ax = new_axes(width, (0.5 if narrow else 0.45) + 0.22 * rows + 0.5 * bool(title))
        start = 0
        for rating, n in counts.items():
            style = RATING_STYLE[str(rating)]
            ax.barh(0, n, left=start, height=0.8, color=style.colour, ec="none", zorder=2)
            # A hairline of the ground between two parts, for those who see no hues.
            ax.plot([start, start], [-0.42, 0.42], color=GROUND, lw=1.5, zorder=3)
            if n / total > (0.06 if narrow else 0.03):
                ax.text(
                    start + n / 2, 0, str(n), ha="center", va="center", weight="bold",
                    color={"at risk": ON_AMBER, "no obligation": INK}.get(str(rating), GROUND),
                    zorder=4,
                )  # fmt: skip
            start += int(n)
        ax.set_xlim(0, max(total, 1))
        ax.set_ylim(-0.5, 0.5)
        ax.set_axis_off()
        handles = [sign(str(rating), f"{rating} {n}") for rating, n in counts.items()]
        if handles and legend:
            legend_below(ax, handles, columns=2 if narrow else _COLUMNS, gap=4)
        if not handles:
            ax.text(0.5, 0, "no state to rate", ha="center", va="center")
        if title:
            frame_text(ax, title, "", pd.NaT)
    return ax


def ratings_title(counts: pd.DataFrame) -> str:
    """Say how the ratings have moved from the first day to the last.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.to_datetime(["2011-12-31", "2011-12-31", "2024-06-30", "2024-06-30"])
    >>> ratings_title(pd.DataFrame({"day": days, "states": [9, 3, 1, 20],
    ...     "rating": ["on target", "completed", "overdue", "completed"]}))
    '20 of 21 states have finished, up from three of 12 in 2011; one is overdue'
    """
    table = _table(counts)
    if table.empty:
        return "No state has been rated"
    done = table.reindex(columns=list(DONE), fill_value=0).sum(axis=1)
    total = table.sum(axis=1)
    n, of = int(done.iloc[-1]), int(total.iloc[-1])
    said = f"{_some(n, of)} {'has' if n == 1 else 'have'} finished"
    if len(table) > 1 and total.iloc[0] and n != (was := int(done.iloc[0])):
        way = "up" if n > was else "down"
        before = f"{words.spell(was) if was else 'none'} of {words.spell(int(total.iloc[0]))}"
        said += f", {way} from {before} in {table.index[0].year}"
    for rating in OPEN[:3]:
        if k := int(table[rating].iloc[-1]) if rating in table else 0:
            said += f"; {words.spell(k)} {'is' if k == 1 else 'are'} {rating}"
            break
    return words.sentence(said)


def _some(n: int, of: int) -> str:
    """So many of so many states; all and none are called so."""
    if n == of and of > 1:
        return f"all {words.count(of, 'state')}"
    return f"{words.spell(n) if n else 'none'} of {words.count(of, 'state')}"


def ratings_over_time(
    counts: pd.DataFrame,
    *,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How many states had each rating on each day, trouble at the bottom.

    Parameters
    ----------
    counts : pandas.DataFrame
        ``day``, ``rating`` and ``states``, as `stockpile.ratings_by_day` returns them.
        Each day's ratings hold until the next.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl
    from matplotlib.ticker import MaxNLocator

    table = _table(counts)
    day = pd.NaT if as_of is None else pd.Timestamp(as_of)
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, 4.4 if narrow else 4.2)
        held = _held(table, day)
        highest = max(held.sum(axis=1).max(), 1) * 1.03 if len(held) else 1.0
        below = pd.Series(0, index=held.index)
        ends: list[tuple[float, str, str]] = []
        for rating in held.columns:
            top = below + held[rating]
            ax.fill_between(
                held.index, below, top, step="post", color=RATING_STYLE[rating].colour, lw=0,
                zorder=2, label=rating,
            )  # fmt: skip
            # A hairline of the ground between two bands, for those who see no hues.
            ax.step(held.index, top, where="post", color=GROUND, lw=0.8, zorder=3)
            if n := int(held[rating].iloc[-1]):
                middle = (int(below.iloc[-1]) + n / 2) / highest
                ends.append((middle, f"{rating} {n}", rating))
            below = top
        ax.set_ylim(0, highest)
        if len(held):
            ax.set_xlim(held.index[0], held.index[-1])
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.set_ylabel("states")
        ax.grid(axis="y", color=FAINT, lw=0.6)
        time_axis(ax, narrow)
        if pd.notna(day):
            as_of_line(ax, day)
        if held.empty:
            ax.text(0.5, 0.5, "no state has been rated", transform=ax.transAxes, ha="center")
            ax.set_xticks([])
            ax.set_yticks([])
        elif narrow:
            handles = [sign(r, f"{r} {held[r].iloc[-1]}") for r in held.columns]
            legend_below(ax, handles, columns=2)
        else:
            _name_bands(ax, ends)
            gone = [sign(r, f"{r}, none now") for r in held.columns if not held[r].iloc[-1]]
            if gone:
                legend_below(ax, gone, columns=4)
        frame_text(ax, ratings_title(counts) if title is None else title, source, day)
    return ax


def _table(counts: pd.DataFrame) -> pd.DataFrame:
    """A row a day, a column a rating: trouble first."""
    if counts.empty:
        return pd.DataFrame()
    table = counts.pivot_table(
        index="day", columns="rating", values="states", aggfunc="sum", fill_value=0
    ).sort_index()
    table.index = pd.DatetimeIndex(table.index)
    return table[[rating for rating in RATING_STYLE if rating in table.columns]]


def _held(table: pd.DataFrame, day: Any) -> pd.DataFrame:
    """Let the last day's ratings hold to the end of the chart, so that they are seen."""
    if table.empty:
        return table
    first, last = table.index[0], table.index[-1]
    end = last + max((last - first) * 0.015, pd.Timedelta(days=30))
    if pd.notna(day):
        end = max(end, day)
    return pd.concat([table, table.tail(1).set_axis(pd.DatetimeIndex([end]))])


def _name_bands(ax: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write sign, rating and number beside each band."""
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    shift = ScaledTranslation(12 / 72, 0, figure.dpi_scale_trans)
    places = label_ends(ax, [(at, text, INK) for at, text, _ in ends], gap=0.07, indent=20)
    for at, (_, _, rating) in zip(places, sorted(ends, key=lambda end: end[0]), strict=True):
        ax.plot([1], [at], transform=ax.transAxes + shift, clip_on=False, **marker(rating, 6.5))
