"""The ratings of all states together: as one bar, and over the years."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from stockpile.common import english as words
from stockpile.ledger.ledger import Day
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.style import FONT, GROUND, INK, RATING_STYLE
from stockpile.rating.status import DONE, OPEN

_ORDERS = {rating: look.order for rating, look in RATING_STYLE.items()}
#: Ratings side by side in a wide legend.
_COLUMNS = 6


@takes_ledger
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
    status : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.status` returns it; every row counts.
    ax, title, width
        As in `timeline`; without a title there is none.
    legend : bool
        Name the ratings below; without it, something beside the chart has to.

    Returns
    -------
    matplotlib.axes.Axes
    """
    counts: Any = style.rating_counts(status)
    room = 0.5 * bool(title)
    wide, tall = (-(-len(counts) // columns) * legend * 0.22 for columns in (_COLUMNS, 2))
    ax, narrow = style.axes_for(ax, width, 0.45 + wide + room, 0.5 + tall + room)
    parts = [(n, n, RATING_STYLE[r].colour, style.ink_on(r)) for r, n in counts.items()]
    style.bar_of_parts(ax, parts, 0, 0.8, 0.06 if narrow else 0.03)
    ax.set_xlim(0, max(counts.sum(), 1))
    ax.set_ylim(-0.5, 0.5)
    ax.set_axis_off()
    if counts.empty:
        ax.text(0.5, 0, "no state to rate", ha="center", va="center")
    elif legend:
        handles = [style.sign(str(rating), f"{rating} {n}") for rating, n in counts.items()]
        style.legend_below(ax, handles, columns=_COLUMNS, narrow=2, gap=4)
    style.frame_text(ax, title, "")
    return ax


def ratings_title(counts: pd.DataFrame) -> str:
    """Say how the ratings have moved from the first day to the last.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.to_datetime(["2011-12-31", "2011-12-31", "2024-06-30", "2024-06-30"])
    >>> ratings_title(pd.DataFrame({"as_of": days, "states": [9, 3, 1, 20],
    ...     "rating": ["on target", "completed", "overdue", "completed"]}))
    '20 of 21 states have finished, up from three of 12 in 2011; one is overdue'
    """
    table = _table(counts)
    if table.empty:
        return "No state has been rated"
    done = table.reindex(columns=list(DONE), fill_value=0).sum(axis=1)
    total = table.sum(axis=1)
    n = int(done.iloc[-1])
    title = style.finished_of(n, int(total.iloc[-1]))
    if len(table) > 1 and total.iloc[0] and n != (was := int(done.iloc[0])):
        way = "up" if n > was else "down"
        before = f"{words.spell(was) if was else 'none'} of {words.spell(int(total.iloc[0]))}"
        title += f", {way} from {before} in {table.index[0].year}"
    for rating in OPEN[:3]:
        if k := int(table[rating].iloc[-1]) if rating in table else 0:
            title += f"; {words.spell(k)} {'is' if k == 1 else 'are'} {rating}"
            break
    return words.sentence(title)


@takes_ledger
@mpl.rc_context(FONT)
def ratings_over_time(
    counts: pd.DataFrame,
    *,
    as_of: Day | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    source: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How many states had each rating on each day, trouble at the bottom.

    Parameters
    ----------
    counts : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        ``as_of``, ``rating`` and ``states``, as `stockpile.ratings_by_day` returns them.
        Each day's ratings hold until the next.
    as_of, ax, title, source, width
        As in `timeline`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    table = _table(counts)
    day = style.as_day(as_of)
    ax, narrow = style.axes_for(ax, width, 4.2, 4.4)
    if table.empty:
        style.say_empty(ax, "no state has been rated")
    else:
        held: Any = _held(table, day)
        style.stack(ax, held, [(RATING_STYLE[rating].colour, 1) for rating in held])
        ax.set_ylim(0, max(held.sum(axis=1).max(), 1) * 1.03)
        ax.set_xlim(held.index[0], held.index[-1])
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.set_ylabel("states")
        style.time_axis(ax, heights=True)
        style.as_of_line(ax, day)
        now = held.iloc[-1]
        if narrow:
            signs = [style.sign(rating, f"{rating} {n}") for rating, n in now.items()]
        else:
            _name_bands(ax, now)
            signs = [style.sign(rating, f"{rating}, none now") for rating in now.index[now == 0]]
        style.legend_below(ax, signs, columns=4, narrow=2)
    style.frame_text(ax, title, ratings_title(counts), source, day)
    return ax


def _table(counts: pd.DataFrame) -> pd.DataFrame:
    """A row a day, a column a rating: trouble first."""
    table = counts.pivot_table(
        index="as_of", columns="rating", values="states", aggfunc="sum", fill_value=0
    ).sort_index()
    table.index = pd.DatetimeIndex(table.index)
    return table[[rating for rating in RATING_STYLE if rating in table.columns]]


def _held(table: pd.DataFrame, day: Any) -> pd.DataFrame:
    """Let the last day's ratings hold to the end of the chart, so that they are seen."""
    first, last = table.index[0], table.index[-1]
    end = last + max((last - first) * 0.015, pd.Timedelta(days=30))
    if pd.notna(day):
        end = max(end, day)
    return pd.concat([table, table.tail(1).set_axis(pd.DatetimeIndex([end]))])


def _name_bands(ax: Axes, now: Any) -> None:
    """Write sign, rating and number beside each band."""
    now = now[now > 0]
    middles = now.cumsum() - now / 2
    ends = [(at, f"{rating} {now[rating]}", INK) for rating, at in middles.items()]
    places = style.label_ends(ax, ends, gap=0.07, indent=20)
    for rating, at in zip(now.index, places, strict=True):
        style.marker_beside(ax, (1, at), ax.transAxes, 12, rating)


@takes_ledger
@mpl.rc_context(FONT)
def ratings_heatmap(
    statuses: pd.DataFrame,
    *,
    as_of: Day | None = None,
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
    statuses : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        Frames of several days as `stockpile.status` returns them, one below the other; states
        without stock are left out.
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
    >>> ax = ratings_heatmap(pd.concat([sp.status(ccm.as_of(day)) for day in days]))
    >>> ax.get_title("left")
    '15 of 30 states have finished, up from 13 of 21 in 2011'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    day = style.as_day(as_of)
    rows = style.with_stock(statuses)
    rows = rows.assign(as_of=pd.to_datetime(rows["as_of"]))
    table = _by_year(rows)
    ratings = [rating for rating in RATING_STYLE if (table == rating).to_numpy().any()]
    tall = 1.1 + 0.19 * max(len(table), 3)
    wide, slim = (-(-len(ratings) // columns) * 0.2 for columns in (4, 2))
    ax, narrow = style.axes_for(ax, width, tall + wide, tall + slim)
    if table.empty:
        style.say_empty(ax, "no state has been rated")
    else:
        _draw_cells(ax, table, ratings, narrow)
        handles = [style.sign(rating, rating) for rating in ratings]
        style.legend_below(ax, handles, columns=4, narrow=2)
    counts = rows.groupby(["as_of", "status"]).size().rename("states").reset_index()
    default = ratings_title(counts.rename(columns={"status": "rating"}))
    style.frame_text(ax, title, default, source, day, above=0, beside=1.7 if narrow else 2.5)
    return ax


def _draw_cells(ax: Axes, table: pd.DataFrame, ratings: list[str], narrow: bool) -> None:
    """Draw a cell for each state and year, with the marker of its rating."""
    import seaborn as sns  # takes as long as all else, and no other chart of this module needs it

    colours = ListedColormap([look.colour for look in RATING_STYLE.values()])
    codes = table.apply(lambda year: year.map(_ORDERS))
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
    """Return the last rating in each year: a row a state, trouble at the end first; years across.

    States without a rating in the last year stand below all others.
    """
    if rows.empty:
        return pd.DataFrame()
    rows = rows.sort_values("as_of", kind="stable")
    years = rows["as_of"].dt.year
    table = rows.groupby(["state", years])["status"].last().unstack()
    table = table.reindex(columns=range(years.min(), years.max() + 1))
    order = table.iloc[:, -1].map(_ORDERS)
    return table.loc[order.sort_values(kind="stable").index]
