"""Charts of the track record: what was projected in the past, held against what came."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from stockpile.common import english as words
from stockpile.plot import style
from stockpile.plot.ledgers import takes_ledger
from stockpile.plot.rows import Group, Note, draw_rows, rows_axes
from stockpile.plot.style import FAINT, FONT, GROUND, INK, MUTED, RATING_STYLE, UNIT_STYLES
from stockpile.track_record.backtest import METHOD_NAMES
from stockpile.track_record.summary import (
    band,
    fan_title,
    last_seen,
    reliability_title,
    score_title,
    with_range,
    years,
)

_OURS = UNIT_STYLES[0].colour
#: Meaning and look of each kind of forecaster; the shape tells them apart without colour.
_KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "projection": ("in real time", {"marker": "o", "ms": 8, "color": _OURS}),
    "hindsight": (
        "with hindsight: all other outcomes known",
        {"marker": "o", "ms": 7.5, "color": _OURS, "mfc": GROUND, "mew": 1.6},
    ),
    "baseline": ("baseline", {"marker": "s", "ms": 6.5, "color": MUTED}),
}
#: Lines of the spread of errors.
_SPREAD_LOOKS: dict[str, dict[str, Any]] = {
    "projection": {"color": _OURS, "ls": "-"},
    "hindsight": {"color": _OURS, "ls": UNIT_STYLES[1].dash},
    "comparables": {"color": UNIT_STYLES[2].colour, "ls": UNIT_STYLES[2].dash},
    "announced": {"color": UNIT_STYLES[1].colour, "ls": "-"},
    "deadline": {"color": UNIT_STYLES[3].colour, "ls": UNIT_STYLES[3].dash},
    "pace": {"color": MUTED, "ls": "-"},
}
#: Lines of a fan: the deadline in force, the date the state announced, the completion.
_DEADLINE: dict[str, Any] = {"color": INK, "lw": 1.4}
_ANNOUNCED: dict[str, Any] = {"color": INK, "lw": 0.9, "ls": (0, (1, 1.6))}
_FINISHED: dict[str, Any] = {"color": RATING_STYLE["completed"].colour, "lw": 2}
_FINISHED |= {"ls": (0, (6, 1.5))}
#: How well the ranges of a fan are seen.
_WIDE_RANGE, _NARROW_RANGE = 0.28, 0.5
_BEYOND: dict[str, Any] = {"ls": "", "marker": "^", "ms": 3.5, "color": MUTED}
#: Of 1.645 standard deviations, 90 per cent of a bell curve lie inside.
_Z = 1.645


@takes_ledger
@mpl.rc_context(FONT)
def score_ranges(
    scores: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Error of each forecaster as a dot, with the range over states as a line.

    Parameters
    ----------
    scores : pandas.DataFrame
        As `stockpile.track_record.scoring.scores` returns it; each treaty is a group of rows.
        Or a ledger as of a day, up to which the past is replayed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a figure of the right height is made.
    title : str, optional
        Above the chart. Without one the chart says what is to be seen; an empty
        string leaves it out.
    width : float
        Of the figure made, in inches. Below six, names stand above their lines.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"treaty": "demo", "method": ["projection", "pace"], "states": 9,
    ...     "replays": 40, "crps": [1.0, 4.0], "low": [0.8, 3.0], "high": [1.3, 5.0]})
    >>> ax = score_ranges(table)
    >>> ax.get_title("left")
    'The projection erred by 1.00 years; the best baseline by 4.00'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    scored = scores.dropna(subset=["crps"])
    groups = []
    for treaty, part in scored.groupby("treaty", sort=False):
        heading = f"{treaty}, {words.count(int(part['states'].max()), 'state')}"
        rows = list(part.itertuples(index=False))
        groups.append(Group(heading if scored["treaty"].nunique() > 1 else "", rows))
    ax, places, narrow = rows_axes(ax, groups, width, 0.9, 1.3)
    longest = float(scored[["crps", "high"]].to_numpy(float).max()) if len(scored) else 0.0
    ax.set_xlim(0, longest * 1.04 if longest > 0 else 1.0)
    style.plain_axes(ax)
    ax.set_xlabel("mean error (CRPS) in years; less is better")
    draw_rows(
        ax,
        places,
        mark=lambda y, row: _draw_score(ax, y, row),
        name=lambda row: METHOD_NAMES.get(str(row.method), str(row.method)),
        notes=lambda row: [_score_note(row, narrow)],
    )
    if scored.empty:
        style.say_empty(ax, "no projection was scored")
    else:
        kinds = {_kind(str(method)) for method in scored["method"]}
        signs = [sign for kind, sign in _KINDS.items() if kind in kinds]
        handles = [style.key(meaning, ls="", **look) for meaning, look in signs]
        handles.append(style.key("90% range over states", color=MUTED, lw=2.4, alpha=0.55))
        style.legend_below(ax, handles, columns=4, gap=40)
    style.frame_text(ax, title, score_title(scored))
    return ax


def _kind(method: str) -> str:
    return method if method in _KINDS else "baseline"


def _draw_score(ax: Axes, y: float, row: Any) -> None:
    """Draw one forecaster: range and mean."""
    look = _KINDS[_kind(str(row.method))][1] | ({"ms": 6} if style.is_narrow(ax) else {})
    bar: dict[str, Any] = {"lw": 2.4, "alpha": 0.55, "solid_capstyle": "butt", "zorder": 2}
    ax.plot([row.low, row.high], [y, y], color=look["color"], **bar)
    ax.plot([row.crps], [y], ls="", zorder=3, **look)


def _score_note(row: Any, narrow: bool) -> Note:
    """Write the mean error of a forecaster, with its range where there is room."""
    text = years(row.crps) if narrow else with_range(row.crps, row.low, row.high)
    weight = "bold" if row.method == "projection" else "normal"
    return (8, text, {"color": INK, "weight": weight})


@takes_ledger
@mpl.rc_context(FONT)
def error_spread(
    replays: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
) -> Axes:
    """How the errors spread over states: the share of states with at most such an error.

    A mean hides whether all states were missed by a little or a few by far. A line
    that rises early and steeply is a forecaster that is rarely far off.

    Parameters
    ----------
    replays : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.track_record.backtest.replay` returns it; each state counts once, by the mean
        over its replays.
    ax, title, width
        As in `score_ranges`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> ax = error_spread(pd.DataFrame({"treaty": "demo", "iso3": ["PER", "CHL", "DEU"],
    ...     "crps_projection": [0.5, 1.0, 3.0], "crps_pace": [2.0, 4.0, 9.0]}))
    >>> ax.get_title("left")
    'The projection erred by up to 1.00 years for half of the states, by up to 3.00 for all'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    import seaborn as sns  # takes half a second, and no other chart here needs it

    ax, _ = style.axes_for(ax, width, 3.9, 4.6)
    errors = _mean_errors(replays)
    looks = {method: look for method, look in _SPREAD_LOOKS.items() if method in errors}
    for method, look in looks.items():
        line = look | {"lw": 2.6 if look["color"] == _OURS else 1.6, "zorder": 3}
        sns.ecdfplot(x=errors[method].dropna(), ax=ax, label=method, **line)
    if looks:
        ax.set_xlim(0, max(float(errors.max().max()) * 1.04, 1.0))
        ax.set_ylim(0, 1.03)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        style.plain_axes(ax, "y")
        ax.set_xlabel("mean error of a state (CRPS) in years; less is better")
        ax.set_ylabel("states with at most such an error")
        handles = [style.key(METHOD_NAMES[m], lw=2, **look) for m, look in looks.items()]
        style.legend_below(ax, handles, gap=40)
    else:
        style.say_empty(ax, "no projection was scored")
    style.frame_text(ax, title, spread_title(replays), above=0)
    return ax


def spread_title(replays: pd.DataFrame) -> str:
    """Say how far the projection was off for half of the states, and at the worst."""
    errors = _mean_errors(replays)
    if "projection" not in errors:
        return "No projection was scored"
    half = float(np.quantile(errors["projection"], 0.5, method="inverted_cdf"))
    worst = float(errors["projection"].max())
    return (
        f"The projection erred by up to {years(half)} years for half of the states, "
        f"by up to {years(worst)} for all"
    )


def _mean_errors(replays: pd.DataFrame) -> pd.DataFrame:
    """Return each state's mean error by each method that was ever scored, a column each."""
    methods = {f"crps_{m}": m for m in METHOD_NAMES if f"crps_{m}" in replays}
    errors = replays.set_index(["treaty", "iso3"])[list(methods)].rename(columns=methods)
    means: pd.DataFrame = errors.astype("float64").groupby(level=["treaty", "iso3"]).mean()
    return means.dropna(axis="columns", how="all")


@takes_ledger
@mpl.rc_context(FONT)
def replay_fan(
    replays: pd.DataFrame,
    state: str,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
) -> Axes:
    """What was projected for one state, day after day, against what came.

    Across, the day of the replay; upwards, the day of completion as it was
    projected then: the range from 10 to 90 per cent, that from 25 to 75, and the
    median with the marker of the rating. Steps give the deadline in force, stars
    the dates that the state announced, a line across the day on which it finished.
    What lies beyond the top of the chart ends in an arrow.

    Parameters
    ----------
    replays : Ledger or pandas.DataFrame
        A ledger as of a day, or the frame that it makes of one.
        As `stockpile.track_record.backtest.replay` returns it.
    state : str
        The state, by its name or code in any case.
    ax, title, width
        As in `score_ranges`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When the state has replays under several treaties: they are different stories.
    """
    rows = replays[(replays["iso3"] == state) & replays["day"].notna()]
    if rows["treaty"].nunique() > 1:
        treaties = words.listing(sorted(rows["treaty"].unique()))
        raise ValueError(f"replays of {state} are of {treaties}; expected those of one treaty")
    rows = rows.sort_values("day")
    ax, _ = style.axes_for(ax, width, 4.6, 5.4)
    if len(rows):
        _draw_fan(ax, rows)
    else:
        style.say_empty(ax, "no replay on record")
    style.frame_text(ax, title, fan_title(rows))
    return ax


def _draw_fan(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the replays of one state, in order of their days."""
    gap: Any = rows["day"].diff().min() if len(rows) > 1 else pd.Timedelta(days=182)
    left, right = rows["day"].min() - gap, rows["day"].max() + gap
    top = _top_of_fan(rows)
    ax.set_xlim(left, right)
    ax.set_ylim(left, top)
    ax.fill_between([left, right], [left] * 2, [left, right], color=FAINT, lw=0, alpha=0.55)
    for low, high, alpha in (("q10", "q90", _WIDE_RANGE), ("q25", "q75", _NARROW_RANGE)):
        part = rows[rows[low].notna() & (rows[low] < top)]
        heights = part[high].fillna(top).clip(upper=top) - part[low]
        look: dict[str, Any] = {"color": MUTED, "alpha": alpha, "lw": 0, "zorder": 2}
        ax.bar(part["day"], heights, bottom=part[low], width=gap * 0.56, **look)
    beyond = rows.loc[rows["q10"].notna() & ~(rows["q90"] <= top), "day"]
    place: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False}
    ax.plot(beyond, [1.0] * len(beyond), **_BEYOND, **place, zorder=3)
    _draw_dates(ax, rows, right)
    narrow = style.is_narrow(ax)
    size = min(5.5, max(4.5, 60 * (2.8 if narrow else 7.5) / (len(rows) + 2)))
    medians = rows[rows["q50"] <= top]
    for rating, part in medians.groupby("rating", sort=False):
        ax.plot(part["day"], part["q50"], zorder=5, **style.marker(_look(rating), size))
    style.time_axis(ax, heights=True)
    style.year_ticks(ax.yaxis, 8)
    ax.tick_params(axis="y", labelcolor=MUTED)
    ax.set_xlabel("day of the replay (year)")
    ax.set_ylabel("projected completion (year)")
    ends = _ends_of_fan(rows)
    if not narrow:
        style.label_ends(ax, ends, gap=0.065, indent=8)
    handles = _fan_signs(rows, bool(len(beyond)), ends[-1][1] if narrow and ends else "")
    style.legend_below(ax, handles, columns=4, gap=40)


def _look(rating: Any) -> str:
    """Return the rating whose marker a replay takes: that a deadline has passed accuses nobody."""
    return "unconfirmed" if rating == "past the deadline" else str(rating)


def _top_of_fan(rows: pd.DataFrame) -> Any:
    """Where the dates end that must be seen; a far tail of a projection is cut off."""
    must = ("outcome", "deadline", "planned_completion", "day", "q50")
    last, first = pd.to_datetime(pd.concat([rows[c] for c in must])).max(), rows["day"].min()
    tails = pd.to_datetime(rows["q90"]).max()
    room = last + max((last - first) * 0.3, pd.Timedelta(days=200))
    return min(tails, room) + pd.Timedelta(days=60) if pd.notna(tails) and tails > last else room


def _draw_dates(ax: Axes, rows: pd.DataFrame, right: Any) -> None:
    """Draw the deadline in force, the dates announced, and the completion."""
    # The last of each holds to the end of the chart.
    steps = pd.concat([rows, rows.tail(1).assign(day=right)])
    if steps["deadline"].notna().any():
        ax.step(steps["day"], steps["deadline"], where="post", **_DEADLINE, zorder=3)
    announced = rows["planned_completion"]
    new = rows[announced.notna() & (announced != announced.shift())]
    ax.plot(new["day"], new["planned_completion"], **(style.star(9) | {"mew": 1.0}), zorder=6)
    if announced.notna().any():
        ax.step(steps["day"], steps["planned_completion"], where="post", **_ANNOUNCED, zorder=3)
    if pd.notna(outcome := rows["outcome"].iloc[-1]):
        ax.axhline(outcome, **_FINISHED, zorder=4)


def _ends_of_fan(rows: pd.DataFrame) -> list[tuple[Any, str, str]]:
    """What the lines are called at their right end: where, words, colour."""
    last, finished = rows.iloc[-1], _FINISHED["color"]
    ends = [(last["deadline"], "deadline", INK), (last["outcome"], "finished", finished)]
    if pd.isna(last["outcome"]):
        ends[1] = (last_seen(rows), "still open", MUTED)
    return [(day, f"{text} {words.month(day)}", c) for day, text, c in ends if pd.notna(day)]


def _fan_signs(rows: pd.DataFrame, beyond: bool, end: str) -> list[Any]:
    """Explain only the signs that were drawn; the outcome in the given words, if there are any."""
    known = rows.notna().any()
    ratings = list(rows["rating"].dropna().unique())
    ratings.sort(key=lambda rating: -style.look_of(_look(rating)).order)
    handles: list[Any] = [
        style.key(f"median, rated {rating}", **style.marker(_look(rating), 5.5))
        for rating in ratings
    ]
    both = 1 - (1 - _WIDE_RANGE) * (1 - _NARROW_RANGE)
    star_on_line = _ANNOUNCED | {"marker": "*", "ms": 9, "mfc": GROUND}
    signs = [
        (known["q10"], style.area("25 to 75% range", MUTED, both)),
        (known["q10"], style.area("10 to 90% range", MUTED, _WIDE_RANGE)),
        (beyond, style.key("goes on beyond the chart", **_BEYOND)),
        (known["deadline"], style.key("deadline in force", **_DEADLINE)),
        (known["planned_completion"], style.key("date the state announced", **star_on_line)),
        (known["outcome"], style.key(end or "finished", **_FINISHED)),
        (end and not known["outcome"], style.key(end, ls="")),
        (True, style.area("already past on the day", FAINT, 0.55)),
    ]
    return handles + [handle for seen, handle in signs if seen]


@takes_ledger
@mpl.rc_context(FONT)
def reliability(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    width: float = 10.0,
) -> Axes:
    """Chance given against the share that came true, with the number of cases.

    Chances are taken together in bands. In each, a dash stands at the mean chance
    that was given and a dot at the share that came true; where the dot lies on the
    dash, the chance was right. The thin line is the range in which the true share
    may lie when each state counts as one case, for its replays tell one story.

    Parameters
    ----------
    table : pandas.DataFrame
        As `stockpile.track_record.scoring.reliability` returns it; each treaty has its own dot.
        Or a ledger as of a day, as in `score_ranges`.
    ax, title, width
        As in `score_ranges`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    judged = table.dropna(subset=["came_true"])
    treaties = list(dict.fromkeys(judged["treaty"]))
    bands = sorted(set(zip(judged["from"], judged["to"], strict=True)))
    ax, narrow = style.axes_for(ax, width, 4.2)
    apart = 0.8 / max(len(treaties), 1)
    for i, treaty in enumerate(treaties):
        part = judged[judged["treaty"] == treaty]
        at = np.array([bands.index(b) for b in zip(part["from"], part["to"], strict=True)])
        shift = (i - (len(treaties) - 1) / 2) * apart
        _draw_shares(ax, at + shift, part, _series(i), min(apart, 0.36))
    ax.set_ylim(-0.03, 1.03)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("share that came true" if narrow else "share that met the deadline in force")
    ax.set_xlim(-0.6, max(len(bands), 1) - 0.4)
    ax.set_xticks(range(len(bands)), _band_labels(judged, bands, treaties, narrow))
    style.plain_axes(ax, "y")
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel("chance given of meeting it; below: replays (states)" if bands else "")
    if bands:
        _reliability_legend(ax, treaties, narrow)
    else:
        style.say_empty(ax, "no deadline was decided")
    style.frame_text(ax, title, reliability_title(judged))
    return ax


def share_range(share: Any, n: Any) -> tuple[Any, Any]:
    """Where a true share may lie when ``n`` cases showed ``share`` (Wilson, 90 per cent).

    Examples
    --------
    >>> [f"{bound:.2f}" for bound in share_range(1.0, 10)]
    ['0.79', '1.00']
    """
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _series(i: int) -> dict[str, Any]:
    """How the shares of the i-th treaty look."""
    colour, _, shape = style.unit_style(i)
    return {"ls": "", "marker": shape, "ms": 8, "color": colour, "mec": GROUND}


def _draw_shares(ax: Axes, at: Any, part: pd.DataFrame, look: dict[str, Any], wide: float) -> None:
    """Draw one treaty: chance given, share that came true, and its range, in each band."""
    butt: dict[str, Any] = {"solid_capstyle": "butt"}
    bounds = share_range(part["came_true"], part["states"])
    ax.plot([at, at], bounds, color=look["color"], lw=2.4, alpha=0.45, **butt)
    chances = [part["chance"], part["chance"]]
    ax.plot([at - wide / 2, at + wide / 2], chances, color=INK, lw=1.8, zorder=3, **butt)
    ax.plot(at, part["came_true"], **look, zorder=4)


def _band_labels(
    judged: pd.DataFrame, bands: list[tuple[float, float]], treaties: list[Any], narrow: bool
) -> list[str]:
    """Name each band, and under the name how many cases it has, a line a treaty."""
    labels, gap = [], "\n" if narrow else " "
    for low, high in bands:
        lines = [band(low, high).replace(" to ", " to\n") if narrow else band(low, high)]
        for treaty in treaties:
            cases = judged[(judged["treaty"] == treaty) & (judged["from"] == low)]
            name = f"{treaty}: " if len(treaties) > 1 and not narrow else ""
            counts = zip(cases["replays"], cases["states"], strict=True)
            cells = [f"{name}{replays:.0f}{gap}({states:.0f})" for replays, states in counts]
            lines += cells or ["–"]
        labels.append("\n".join(lines))
    return labels


def _reliability_legend(ax: Axes, treaties: list[Any], narrow: bool) -> None:
    """Explain the signs below the lines that name each band."""
    text = "share that came true{}"
    handles = [
        style.key(text.format(f", {treaty}" if len(treaties) > 1 else ""), **_series(i))
        for i, treaty in enumerate(treaties)
    ]
    handles.append(style.key("mean chance given", ls="", marker="_", ms=14, mew=1.8, color=INK))
    handles.append(style.key("90% range, each state counted once", lw=2.4, alpha=0.45, color=MUTED))
    gap = 30 + 11 * (1 + narrow) * (1 + len(treaties))
    style.legend_below(ax, handles, columns=len(handles), gap=gap)
