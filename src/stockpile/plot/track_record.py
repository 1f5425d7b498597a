"""Charts of the track record: what was projected in the past, held against what came."""

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
    UNIT_STYLES,
    frame_text,
    is_narrow,
    legend_below,
    marker,
    new_axes,
    time_axis,
)
from stockpile.track_record.summary import (
    METHOD_NAMES,
    band,
    fan_title,
    last_seen,
    reliability_title,
    score_title,
    with_range,
    years,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OURS = UNIT_STYLES[0][0]
#: Look of each kind of forecaster; the shape tells them apart without colour.
_LOOKS: dict[str, dict[str, Any]] = {
    "projection": {"marker": "o", "ms": 8, "color": _OURS},
    "hindsight": {"marker": "o", "ms": 7.5, "color": _OURS, "mfc": GROUND, "mew": 1.6},
    "baseline": {"marker": "s", "ms": 6.5, "color": MUTED},
}
_SERIES = ("o", "s", "D", "^")
#: Ratings of a replay that `stockpile.status` has under another name.
_AS_RATED = {"past the deadline": "overdue"}
#: Of 1.645 standard deviations, 90 per cent of a bell curve lie inside.
_Z = 1.645


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
    import matplotlib as mpl

    shown = scores.dropna(subset=["crps"])
    groups = list(shown.groupby("treaty", sort=False))
    narrow = is_narrow(ax, width)
    step = 1.6 if narrow else 1.0
    head = (1.6 if narrow else 1.1) * (len(groups) > 1)
    height = max(len(shown) * step + len(groups) * head, 1.5)
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, 1.5 + height * 0.3)
        y, names = 0.0, []
        for treaty, part in groups:
            if len(groups) > 1:
                _group_name(ax, y, treaty, part, narrow)
            y += head
            for row in part.itertuples(index=False):
                _score_row(ax, y, row, narrow)
                names.append((y, METHOD_NAMES.get(str(row.method), str(row.method))))
                y += step
        if not groups:
            ax.text(0.5, 0.5, "no projection was scored", transform=ax.transAxes, ha="center")
        longest = float(shown[["crps", "high"]].to_numpy(float).max()) if len(shown) else 0.0
        ax.set_xlim(0, longest * 1.04 if longest > 0 else 1.0)
        ax.set_ylim(height - step / 2, -0.7 - 0.4 * narrow)
        ax.set_yticks([] if narrow else [at for at, _ in names])
        if not narrow:
            ax.set_yticklabels([name for _, name in names], parse_math=False)
        _plain_axes(ax, "x")
        ax.set_xlabel("mean error (CRPS) in years; less is better")
        _score_legend(ax, shown, narrow)
        frame_text(ax, score_title(shown) if title is None else title, "", pd.NaT)
    return ax


def _kind(method: str) -> str:
    return method if method in _LOOKS else "baseline"


def _group_name(ax: Axes, y: float, treaty: Any, part: pd.DataFrame, narrow: bool) -> None:
    """Name a treaty above its forecasters."""
    counts = f"{words.count(int(part['states'].max()), 'state')}"
    ax.annotate(
        f"{treaty}, {counts}", (0, y), xycoords=ax.get_yaxis_transform(), weight="bold",
        xytext=(0 if narrow else -8, 0), textcoords="offset points", va="center",
        ha="left" if narrow else "right", parse_math=False, annotation_clip=False,
    )  # fmt: skip


def _score_row(ax: Axes, y: float, row: Any, narrow: bool) -> None:
    """Draw one forecaster: range, mean, and the numbers beside."""
    look = _LOOKS[_kind(str(row.method))]
    ax.plot(
        [row.low, row.high], [y, y], color=look["color"], lw=2.4, alpha=0.55,
        solid_capstyle="butt", zorder=2,
    )  # fmt: skip
    ax.plot([row.crps], [y], ls="", zorder=3, **look)
    side: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
    strong = "bold" if row.method == "projection" else "normal"
    if narrow:
        side["bbox"] = {"fc": GROUND, "ec": "none", "pad": 0.4}
        name = METHOD_NAMES.get(str(row.method), str(row.method))
        ax.annotate(name, (0, y), xytext=(2, 7), weight=strong, zorder=4, parse_math=False, **side)
        ax.annotate(years(row.crps), (1, y), xytext=(0, 7), ha="right", weight=strong, **side)
    else:
        ax.annotate(
            with_range(row.crps, row.low, row.high), (1, y), xytext=(8, 0), va="center",
            weight=strong, **side,
        )  # fmt: skip


def _score_legend(ax: Axes, shown: pd.DataFrame, narrow: bool) -> None:
    from matplotlib.lines import Line2D

    there = {_kind(str(method)) for method in shown["method"]}
    said = {
        "projection": "in real time",
        "hindsight": "with hindsight: all other outcomes known",
        "baseline": "baseline",
    }
    handles = [Line2D([], [], ls="", label=t, **_LOOKS[k]) for k, t in said.items() if k in there]
    if handles:
        line: dict[str, Any] = {"color": MUTED, "lw": 2.4, "alpha": 0.55}
        handles.append(Line2D([], [], label="90% range over states", **line))
        legend_below(ax, handles, columns=1 if narrow else 4, gap=40)


def _plain_axes(ax: Axes, grid: str) -> None:
    """Faint lines at the values, no box."""
    ax.grid(axis="x" if grid == "x" else "y", color=FAINT, lw=0.6)
    ax.set_axisbelow(True)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.tick_params(axis="x", color=MUTED, labelcolor=MUTED if grid == "x" else INK)
    ax.tick_params(axis="y", length=0, labelcolor=INK if grid == "x" else MUTED)


def replay_fan(
    replays: pd.DataFrame,
    iso3: str,
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
    replays : pandas.DataFrame
        As `stockpile.track_record.backtest.replay` returns it.
    iso3 : str
        The state.
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
    import matplotlib as mpl

    own = replays[(replays["iso3"] == iso3) & replays["day"].notna()]
    if own["treaty"].nunique() > 1:
        of = words.listing(sorted(own["treaty"].unique()))
        raise ValueError(f"replays of {iso3} are of {of}; expected those of one treaty")
    own = own.sort_values("day")
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, 5.4 if narrow else 4.6)
        if len(own):
            _draw_fan(ax, own, narrow)
        else:
            ax.text(0.5, 0.5, "no replay on record", transform=ax.transAxes, ha="center")
            ax.set_xticks([])
            ax.set_yticks([])
            ax.spines[["left", "right", "top"]].set_visible(False)
        frame_text(ax, fan_title(own) if title is None else title, "", pd.NaT)
    return ax


def _draw_fan(ax: Axes, own: pd.DataFrame, narrow: bool) -> None:
    days = own["day"]
    gap: Any = days.diff().min() if len(own) > 1 else pd.Timedelta(days=182)
    left, right = days.min() - gap, days.max() + gap
    bottom: Any = left
    top = _top_of_fan(own)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.fill_between([left, right], [bottom] * 2, [left, right], color=FAINT, lw=0, alpha=0.55)
    _draw_ranges(ax, own, gap, top)
    _draw_dates(ax, own, right)
    size = min(5.5, max(4.5, 60 * (2.8 if narrow else 7.5) / (len(own) + 2)))
    for rating, part in own.groupby("rating", sort=False):
        there = part[part["q50"] <= top]
        ax.plot(there["day"], there["q50"], zorder=5, **marker(_look(rating), size))
    _date_axes(ax, narrow)
    labels = _ends_of_fan(own)
    if not narrow:
        _label_right(ax, labels)
    _fan_legend(ax, own, top, labels if narrow else [], narrow)


def _look(rating: Any) -> str:
    """Return the rating whose marker a replay takes."""
    name = _AS_RATED.get(str(rating), str(rating))
    return name if name in RATING_STYLE else "no data"


def _least_trouble(rating: Any) -> int:
    return -RATING_STYLE[_look(rating)].order


def _top_of_fan(own: pd.DataFrame) -> Any:
    """Where the dates end that must be seen; a far tail of a projection is cut off."""
    fixed = pd.concat([own[c] for c in ("outcome", "deadline", "planned_completion", "day", "q50")])
    last, first = pd.to_datetime(fixed).max(), own["day"].min()
    tails = pd.to_datetime(own["q90"]).max()
    room = last + max((last - first) * 0.3, pd.Timedelta(days=200))
    return min(tails, room) + pd.Timedelta(days=60) if pd.notna(tails) and tails > last else room


def _draw_ranges(ax: Axes, own: pd.DataFrame, gap: Any, top: Any) -> None:
    """Draw both ranges of each replay as bars; a thin arrow where one leaves the chart."""
    for low, high, share, alpha in (("q10", "q90", 0.56, 0.28), ("q25", "q75", 0.56, 0.5)):
        part = own[own[low].notna() & (own[low] < top)]
        upper = part[high].fillna(top).clip(upper=top)
        ax.bar(
            part["day"], upper - part[low], bottom=part[low], width=gap * share, color=MUTED,
            alpha=alpha, lw=0, zorder=2,
        )  # fmt: skip
    beyond = own[own["q10"].notna() & ~(own["q90"] <= top)]
    ax.plot(
        beyond["day"], [1.0] * len(beyond), transform=ax.get_xaxis_transform(), clip_on=False,
        ls="", marker="^", ms=3.5, color=MUTED, zorder=3,
    )  # fmt: skip


def _draw_dates(ax: Axes, own: pd.DataFrame, right: Any) -> None:
    """Draw the deadline in force, the dates announced, and what came."""
    # The last of each holds to the end of the chart.
    steps = pd.concat([own, own.tail(1).assign(day=right)])
    if steps["deadline"].notna().any():
        ax.step(steps["day"], steps["deadline"], where="post", color=INK, lw=1.4, zorder=3)
    said = own["planned_completion"]
    new = own[said.notna() & (said != said.shift())]
    ax.plot(
        new["day"], new["planned_completion"], ls="", marker="*", ms=9, mew=1.0, mec=INK,
        mfc=GROUND, zorder=6,
    )  # fmt: skip
    if said.notna().any():
        ax.step(
            steps["day"], steps["planned_completion"], where="post", color=INK, lw=0.9,
            ls=(0, (1, 1.6)), zorder=3,
        )  # fmt: skip
    if pd.notna(outcome := own["outcome"].iloc[-1]):
        colour = RATING_STYLE["completed"].colour
        ax.axhline(outcome, color=colour, lw=2, ls=(0, (6, 1.5)), zorder=4)


def _date_axes(ax: Axes, narrow: bool) -> None:
    import matplotlib.dates as mdates

    time_axis(ax, narrow)
    low, high = ax.get_ylim()
    span = (high - low) / 365.25
    step = next((s for s in (1, 2, 5, 10, 20) if span / s <= 8), 50)
    ax.yaxis.set_major_locator(mdates.YearLocator(step))
    ax.yaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.grid(axis="y", color=FAINT, lw=0.6)
    ax.tick_params(axis="y", labelcolor=MUTED)
    ax.set_xlabel("day of the replay (year)")
    ax.set_ylabel("projected completion (year)")


def _ends_of_fan(own: pd.DataFrame) -> list[tuple[Any, str, str]]:
    """What the lines are called at their right end: where, words, colour."""
    ends: list[tuple[Any, str, str]] = []
    last = own.iloc[-1]
    if pd.notna(last["deadline"]):
        ends.append((last["deadline"], f"deadline {words.month(last['deadline'])}", INK))
    if pd.notna(last["outcome"]):
        colour = RATING_STYLE["completed"].colour
        ends.append((last["outcome"], f"finished {words.month(last['outcome'])}", colour))
    else:
        seen = last_seen(own)
        if pd.notna(seen):
            ends.append((seen, f"still open {words.month(seen)}", MUTED))
    return ends


def _label_right(ax: Axes, labels: list[tuple[Any, str, str]]) -> None:
    """Write words beside the right end of lines, moved apart where they lie close."""
    low, high = ax.get_ylim()
    placed: list[float] = []
    for when, text, colour in sorted(labels, key=lambda end: end[0]):
        y = (ax.convert_yunits(when) - low) / (high - low)
        y = max(y, placed[-1] + 0.065) if placed else y
        placed.append(y)
        ax.annotate(
            text, (1, y), xycoords="axes fraction", xytext=(8, 0), textcoords="offset points",
            va="center", color=colour, parse_math=False,
        )  # fmt: skip


def _fan_legend(
    ax: Axes, own: pd.DataFrame, top: Any, labels: list[tuple[Any, str, str]], narrow: bool
) -> None:
    """Explain only the signs that were drawn."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for rating in sorted(
        own["rating"].dropna().unique(), key=lambda r: -RATING_STYLE[_look(r)].order
    ):
        handles.append(
            Line2D([], [], label=f"median, rated {rating}", **marker(_look(rating), 5.5))
        )
    if own["q10"].notna().any():
        handles.append(Patch(color=MUTED, alpha=0.64, lw=0, label="25 to 75% range"))
        handles.append(Patch(color=MUTED, alpha=0.28, lw=0, label="10 to 90% range"))
        if (~(own["q90"] <= top) & own["q10"].notna()).any():
            beyond: dict[str, Any] = {"ls": "", "marker": "^", "ms": 3.5, "color": MUTED}
            handles.append(Line2D([], [], label="goes on beyond the chart", **beyond))
    deadline: dict[str, Any] = {"color": INK, "lw": 1.4}
    if own["deadline"].notna().any():
        handles.append(Line2D([], [], label="deadline in force", **deadline))
    if own["planned_completion"].notna().any():
        star: dict[str, Any] = {
            "color": INK,
            "lw": 0.9,
            "ls": (0, (1, 1.6)),
            "marker": "*",
            "ms": 9,
            "mfc": GROUND,
        }
        handles.append(Line2D([], [], label="date the state announced", **star))
    if own["outcome"].notna().any():
        line: dict[str, Any] = {
            "color": RATING_STYLE["completed"].colour,
            "lw": 2,
            "ls": (0, (6, 1.5)),
        }
        when = words.month(own["outcome"].iloc[-1])
        handles.append(Line2D([], [], label=f"finished {when}" if narrow else "finished", **line))
    elif labels:
        handles.append(Line2D([], [], ls="", label=labels[-1][1]))
    handles.append(Patch(color=FAINT, alpha=0.55, lw=0, label="already past on the day"))
    legend_below(ax, handles, columns=1 if narrow else 4, gap=40)


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
    ax, title, width
        As in `score_ranges`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib as mpl
    from matplotlib.ticker import PercentFormatter

    shown = table.dropna(subset=["came_true"])
    treaties = list(dict.fromkeys(shown["treaty"]))
    bands = sorted(set(zip(shown["from"], shown["to"], strict=True)))
    narrow = is_narrow(ax, width)
    with mpl.rc_context(FONT):
        if ax is None:
            ax = new_axes(width, 4.2)
        apart = 0.8 / max(len(treaties), 1)
        for i, treaty in enumerate(treaties):
            part = shown[shown["treaty"] == treaty]
            at = np.array([bands.index(b) for b in zip(part["from"], part["to"], strict=True)])
            _draw_shares(ax, at + (i - (len(treaties) - 1) / 2) * apart, part, i, treaty, apart)
        ax.set_ylim(-0.03, 1.03)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_ylabel("share that came true" if narrow else "share that met the deadline in force")
        ax.set_xlim(-0.6, max(len(bands), 1) - 0.4)
        ax.set_xticks(range(len(bands)), _band_labels(shown, bands, treaties, narrow))
        _plain_axes(ax, "y")
        ax.tick_params(axis="x", length=0)
        ax.set_xlabel("chance given of meeting it; below: replays (states)" if bands else "")
        if bands:
            _reliability_legend(ax, treaties, narrow)
        else:
            ax.text(0.5, 0.5, "no deadline was decided", transform=ax.transAxes, ha="center")
        frame_text(ax, reliability_title(shown) if title is None else title, "", pd.NaT)
    return ax


def share_range(share: float, n: int) -> tuple[float, float]:
    """Where a true share may lie when ``n`` cases showed ``share`` (Wilson, 90 per cent).

    Examples
    --------
    >>> [round(bound, 2) for bound in share_range(1.0, 10)]
    [0.79, 1.0]
    """
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def _draw_shares(ax: Axes, at: Any, part: pd.DataFrame, i: int, treaty: Any, apart: float) -> None:
    """Draw one treaty: chance given, share that came true, and its range, in each band."""
    colour, sign = UNIT_STYLES[i % len(UNIT_STYLES)][0], _SERIES[i % len(_SERIES)]
    rows: list[Any] = list(part.itertuples(index=False))
    for x, row in zip(at, rows, strict=True):
        low, high = share_range(row.came_true, row.states)
        ax.plot([x, x], [low, high], color=colour, lw=2.4, alpha=0.45, solid_capstyle="butt")
        reach = min(apart, 0.36) / 2
        ax.plot(
            [x - reach, x + reach], [row.chance] * 2, color=INK, lw=1.8, solid_capstyle="butt",
            zorder=3,
        )  # fmt: skip
    ax.plot(
        at, part["came_true"], ls="", marker=sign, ms=8, color=colour, mec=GROUND, zorder=4,
        label=str(treaty),
    )  # fmt: skip


def _band_labels(
    shown: pd.DataFrame, bands: list[tuple[float, float]], treaties: list[Any], narrow: bool
) -> list[str]:
    """Name each band, and under the name how many cases it has, a line a treaty."""
    cases = shown.set_index(["treaty", "from"])
    labels = []
    for low, high in bands:
        lines = [band(low, high).replace(" to ", " to\n") if narrow else band(low, high)]
        for treaty in treaties:
            if (treaty, low) in cases.index:
                row = cases.loc[(treaty, low)]
                count = f"{row['replays']:.0f} ({row['states']:.0f})"
                lines.append(f"{treaty}: {count}" if len(treaties) > 1 and not narrow else count)
            else:
                lines.append("–")
        labels.append("\n".join(lines))
    return labels


def _reliability_legend(ax: Axes, treaties: list[Any], narrow: bool) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for i, treaty in enumerate(treaties):
        look: dict[str, Any] = {
            "marker": _SERIES[i % len(_SERIES)],
            "color": UNIT_STYLES[i % len(UNIT_STYLES)][0],
        }
        name = "share that came true" if len(treaties) == 1 else f"share that came true, {treaty}"
        handles.append(Line2D([], [], ls="", ms=8, mec=GROUND, label=name, **look))
    dash: dict[str, Any] = {"ls": "", "marker": "_", "ms": 14, "mew": 1.8, "color": INK}
    handles.append(Line2D([], [], label="mean chance given", **dash))
    line: dict[str, Any] = {"lw": 2.4, "alpha": 0.45, "color": MUTED}
    handles.append(Line2D([], [], label="90% range, each state counted once", **line))
    lines = 1 + narrow + len(treaties)
    legend_below(ax, handles, columns=1 if narrow else len(handles), gap=30 + 11 * lines)
