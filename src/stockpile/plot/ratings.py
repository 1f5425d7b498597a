"""The ratings of all states together: as one bar, and over the years."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from stockpile.common import english as words
from stockpile.plot import style
from stockpile.plot.style import FAINT, FONT, GROUND, INK, RATING_STYLE
from stockpile.rating.status import DONE, OPEN

#: Ratings side by side in a wide legend.
_COLUMNS = 6


@mpl.rc_context(FONT)
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
    counts = style.rating_counts(status)
    narrow = style.is_narrow(ax, width)
    if ax is None:
        rows = -(-len(counts) // (2 if narrow else _COLUMNS)) * legend
        ax = style.new_axes(width, (0.5 if narrow else 0.45) + 0.22 * rows + 0.5 * bool(title))
    start, total = 0, int(counts.sum())
    for rating, n in counts.items():
        colour = RATING_STYLE[str(rating)].colour
        ax.barh(0, n, left=start, height=0.8, color=colour, ec="none", zorder=2)
        # A hairline of the ground between two parts, for those who see no hues.
        ax.plot([start, start], [-0.42, 0.42], color=GROUND, lw=1.5, zorder=3)
        if n / total > (0.06 if narrow else 0.03):
            look: dict[str, Any] = {"color": style.ink_on(str(rating)), "weight": "bold"}
            ax.text(start + n / 2, 0, str(n), ha="center", va="center", zorder=4, **look)
        start += int(n)
    ax.set_xlim(0, max(total, 1))
    ax.set_ylim(-0.5, 0.5)
    ax.set_axis_off()
    if counts.empty:
        ax.text(0.5, 0, "no state to rate", ha="center", va="center")
    elif legend:
        handles = [style.sign(str(rating), f"{rating} {n}") for rating, n in counts.items()]
        style.legend_below(ax, handles, columns=2 if narrow else _COLUMNS, gap=4)
    if title:
        style.frame_text(ax, title, "", pd.NaT)
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
    n = int(done.iloc[-1])
    title = f"{_some(n, int(total.iloc[-1]))} {'has' if n == 1 else 'have'} finished"
    if len(table) > 1 and total.iloc[0] and n != (was := int(done.iloc[0])):
        way = "up" if n > was else "down"
        before = f"{words.spell(was) if was else 'none'} of {words.spell(int(total.iloc[0]))}"
        title += f", {way} from {before} in {table.index[0].year}"
    for rating in OPEN[:3]:
        if k := int(table[rating].iloc[-1]) if rating in table else 0:
            title += f"; {words.spell(k)} {'is' if k == 1 else 'are'} {rating}"
            break
    return words.sentence(title)


def _some(n: int, total: int) -> str:
    """So many of so many states; all and none are called so."""
    if n == total and total > 1:
        return f"all {words.count(total, 'state')}"
    return f"{words.spell(n) if n else 'none'} of {words.count(total, 'state')}"


@mpl.rc_context(FONT)
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
    table = _table(counts)
    day = style.as_day(as_of)
    narrow = style.is_narrow(ax, width)
    ax = style.new_axes(width, 4.4 if narrow else 4.2) if ax is None else ax
    held = _held(table, day)
    highest = max(held.sum(axis=1).max(), 1) * 1.03 if len(held) else 1.0
    below = pd.Series(0, index=held.index)
    ends: list[tuple[float, str, str]] = []
    for rating in held.columns:
        top = below + held[rating]
        look: dict[str, Any] = {"color": RATING_STYLE[rating].colour, "lw": 0, "zorder": 2}
        ax.fill_between(held.index, below, top, step="post", label=rating, **look)
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
    style.time_axis(ax, narrow)
    if pd.notna(day):
        style.as_of_line(ax, day)
    if held.empty:
        style.say_empty(ax, "no state has been rated")
    elif narrow:
        style.legend_below(
            ax, [style.sign(r, f"{r} {held[r].iloc[-1]}") for r in held.columns], columns=2
        )
    else:
        _name_bands(ax, ends)
        past = [style.sign(r, f"{r}, none now") for r in held.columns if not held[r].iloc[-1]]
        style.legend_below(ax, past, columns=4)
    style.frame_text(ax, ratings_title(counts) if title is None else title, source, day)
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
    shift = ScaledTranslation(12 / 72, 0, style.figure_of(ax).dpi_scale_trans)
    places = style.label_ends(ax, [(at, text, INK) for at, text, _ in ends], gap=0.07, indent=20)
    for at, (_, _, rating) in zip(places, sorted(ends, key=lambda end: end[0]), strict=True):
        ax.plot(
            [1], [at], transform=ax.transAxes + shift, clip_on=False, **style.marker(rating, 6.5)
        )


@mpl.rc_context(FONT)
def ratings_heatmap(
    statuses: pd.DataFrame,
    *,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How each state was rated, year after year: states down, years across.

    A cell has the colour and the marker of the last rating in its year; where there
    was none it is empty. The states in most trouble at the end stand on top.

    Parameters
    ----------
    statuses : pandas.DataFrame
        Frames as `stockpile.status` returns them, each with its ``day``, one below the other;
        states without stock are left out.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> import stockpile as sp
    >>> days, ccm = ["2011-12-31", "2012-12-31"], sp.load("ccm")
    >>> ax = ratings_heatmap(pd.concat(sp.status(ccm.as_of(d)).assign(day=d) for d in days))
    >>> ax.get_title("left")
    '15 of 28 states have finished, up from 13 of 20 in 2011'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    day = style.as_day(as_of)
    narrow = style.is_narrow(ax, width)
    if "has_stock" in statuses:
        statuses = statuses[statuses["has_stock"].astype(bool)]
    rows = statuses.assign(day=pd.to_datetime(statuses["day"]))
    table = _by_year(rows)
    ratings = [rating for rating in RATING_STYLE if (table == rating).to_numpy().any()]
    if ax is None:
        legend = 0.2 * -(-len(ratings) // (2 if narrow else 4))
        ax = style.new_axes(width, 1.1 + 0.19 * max(len(table), 3) + legend)
    if table.empty:
        style.say_empty(ax, "no state has been rated")
    else:
        _draw_cells(ax, table, ratings, narrow)
        handles = [style.sign(rating, rating) for rating in ratings]
        style.legend_below(ax, handles, columns=2 if narrow else 4)
    if title is None:
        counts = rows.groupby(["day", "status"]).size().rename("states").reset_index()
        title = ratings_title(counts.rename(columns={"status": "rating"}))
    style.frame_text(ax, title, source, day, above=0, beside=1.7 if narrow else 2.5)
    return ax


def _draw_cells(ax: Axes, table: pd.DataFrame, ratings: list[str], narrow: bool) -> None:
    """Draw a cell for each state and year, with the marker of its rating."""
    import seaborn as sns  # takes as long as all else, and no other chart of this module needs it

    colours = ListedColormap([look.colour for look in RATING_STYLE.values()])
    codes = table.apply(lambda year: year.map(list(RATING_STYLE).index, na_action="ignore"))
    look: dict[str, Any] = {"vmin": 0, "vmax": len(RATING_STYLE), "cmap": colours, "cbar": False}
    look |= {"linewidths": 0.8, "linecolor": GROUND, "xticklabels": False, "yticklabels": False}
    sns.heatmap(codes.astype("float64"), ax=ax, **look)
    # From here on the cells have colours of their own, which can be turned dark.
    mesh: Any = ax.collections[0]
    faces = mesh.to_rgba(mesh.get_array()).reshape(-1, 4)
    mesh.set_array(None)
    mesh.set_facecolor(faces)
    room = style.figure_of(ax).get_figwidth() - (1.6 if narrow else 2.5)
    size = min(4.0, 0.5 * 72 * room / table.shape[1])
    for rating in ratings:
        down, across = (table == rating).to_numpy().nonzero()
        mark = style.marker(rating, size) | {"color": style.ink_on(rating), "mew": 0.7}
        mark |= {"markerfacecoloralt": RATING_STYLE[rating].colour, "label": rating}
        ax.plot(across + 0.5, down + 0.5, **mark)
    step = -(-table.shape[1] // (5 if narrow else 14))
    years = range(0, table.shape[1], step)
    names = [words.short_name(str(state), 16 if narrow else 34) for state in table.index]
    ax.set_xticks([i + 0.5 for i in years], [str(table.columns[i]) for i in years])
    ax.set_yticks([i + 0.5 for i in range(len(names))], names, parse_math=False)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(length=0, labelcolor=INK)


def _by_year(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the last rating in each year: a row a state, trouble first; a column a year."""
    if rows.empty:
        return pd.DataFrame()
    rows = rows.sort_values("day", kind="stable")
    years = rows["day"].dt.year
    table = rows.groupby(["state", years])["status"].last().unstack()
    table = table.reindex(columns=range(years.min(), years.max() + 1))
    orders = {rating: look.order for rating, look in RATING_STYLE.items()}
    order = rows.groupby("state")["status"].last().map(orders)
    return table.loc[order.sort_values(kind="stable").index]
