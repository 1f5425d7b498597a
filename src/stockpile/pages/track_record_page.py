"""The sections of the track record: frames of `stockpile.track_record.backtest` in, HTML out.

Each takes the replays of one treaty, and each stands on its own in a notebook.
Text from the data is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.common.frames import named_rows
from stockpile.common.output import csv_text, write_text
from stockpile.pages.html import Html, chart, page_title, section
from stockpile.plot.style import RATING_STYLE
from stockpile.track_record import scoring
from stockpile.track_record import summary as sentences
from stockpile.track_record.backtest import METHOD_NAMES
from stockpile.treaty.rules import Treaty


def opening(replays: pd.DataFrame, treaty: Treaty) -> Html:
    """Return the first screen: the finding as title, and three figures.

    Examples
    --------
    >>> import stockpile as sp
    >>> "No past projection" in opening(pd.DataFrame({"day": []}), sp.load("ccm").treaty)
    True
    """
    kicker = f"{treaty.name} · track record of the projections"
    if replays.empty:
        return page_title(kicker, "No past projection can be held against what came")
    calibration = scoring.calibration(replays)
    finding = sentences.finding(scoring.misses(replays), calibration, scoring.by_rating(replays))
    title, _, rest = finding.removesuffix(".").partition(": ")
    held = calibration["inside_80"].dropna()
    errors = scoring.scores(replays).dropna(subset=["crps"]).set_index("method")["crps"]
    baselines = errors.drop(index=sentences.OURS, errors="ignore")
    tiles = [
        {
            "big": words.number(len(replays)),
            "label": "projections of the past",
            "small": f"for {words.count(replays['iso3'].nunique(), 'state')}",
        }
    ]
    if len(held):
        tiles.append(
            {
                "big": words.percent(held.iloc[0]),
                "label": "of outcomes were inside their range",
                "small": f"{words.percent(0.8)} would be right",
            }
        )
    if "projection" in errors:
        best = f"the best baseline: {sentences.years(baselines.min())}" if len(baselines) else ""
        tiles.append(
            {
                "big": f"{sentences.years(errors['projection'])} years",
                "label": "mean error of a projection",
                "small": best,
            }
        )
    lead = [f"{words.sentence(rest)}."] if rest else []
    return page_title(kicker, title, lead=lead, tiles=tiles)


def summary(replays: pd.DataFrame, treaty: Treaty, *, step: int, rule: str) -> Html:
    """Return what was scored and how, and how it came out, in words.

    Examples
    --------
    >>> import stockpile as sp
    >>> empty = pd.DataFrame({"day": []})
    >>> html = summary(empty, sp.load("ccm").treaty, step=6, rule="reported")
    >>> "No state of the Convention on Cluster Munitions was known to have stock" in html
    True
    """
    what = sentences.scored(replays, treaty.name, step=step, rule=rule)
    if replays.empty:
        return section("summary", paragraphs=[what])
    scores, calibration = scoring.scores(replays), scoring.calibration(replays)
    how = (
        "The score of a projection is the continuous ranked probability score (CRPS) over the next "
        "ten years, cut at the end of the record. It is the area, in years, between the projected "
        "chance of having finished and what happened. For a single "
        "date it is the distance to the outcome, and 0 is perfect. Every day of every state counts "
        "the same; days on which no stock was on record are left out of it."
    )
    return section(
        "summary",
        paragraphs=[
            what,
            how,
            sentences.errors(scores),
            f"{sentences.coverage(calibration)} {sentences.hindsight(scores)}".strip(),
        ],
    )


def scores(replays: pd.DataFrame) -> Html:
    """Return the error of the projection and of the baselines, as a chart and a table."""
    table = scoring.scores(replays).dropna(subset=["crps"])
    text = (
        "Mean over all days of all states. Ranges say what other states like these "
        "might have given; whether two forecasters differ is seen in the table, which compares "
        "them day by day."
    )
    rows = []
    for row in named_rows(table):
        error = sentences.with_range(row.crps, row.low, row.high)
        more = ["–", "–"]
        if row.method != "projection":
            supported = row.gain_low > 0 or row.gain_high < 0
            gain = sentences.with_range(row.gain, row.gain_low, row.gain_high)
            more = [gain, "yes" if supported else "no"]
        rows.append([words.sentence(METHOD_NAMES[row.method]), error, *more])
    return section(
        "scores",
        charts=[
            chart(
                plot.score_ranges,
                table,
                name="scores",
                title=sentences.score_title(table),
                text=text,
            ),
            chart(
                plot.error_spread,
                replays,
                name="spread",
                title=plot.spread_title(replays),
                text="Each state counts once, by the mean error over its replays.",
            ),
        ],
        caption="Error in years, with 90 per cent ranges over states",
        head=["Forecaster", "Mean error", "Extra error", "Significant"],
        rows=rows,
    )


def fans(replays: pd.DataFrame, states: str | Sequence[str] = "") -> Html:
    """Return, for some states, each projection against what came.

    Parameters
    ----------
    replays : pandas.DataFrame
        As `stockpile.track_record.backtest.replay` returns it, of one treaty.
    states : str or sequence of str
        ISO codes; see `stockpile.track_record.summary.chosen_states`.

    Raises
    ------
    ValueError
        When a code is not that of a state with a replay.
    """
    charts = []
    for iso3 in sentences.chosen_states(replays, states):
        part = replays[replays["iso3"] == iso3]
        text = (
            f"{words.sentence(words.count(len(part), 'replay'))} from "
            f"{words.month(part['day'].min())} to {words.month(part['day'].max())}; mean error "
            f"{sentences.years(part['crps_projection'].mean())} years."
        )
        title = sentences.fan_title(part)
        drawn = chart(plot.replay_fan, part, name=f"fan-{iso3}", title=title, text=text, state=iso3)
        charts.append(drawn)
    return section("fans", charts=charts, paragraphs=[] if charts else ["No state was replayed."])


def reliability(replays: pd.DataFrame) -> Html:
    """Return how often what was given a chance came true, as a chart."""
    table = _decided(replays, scoring.reliability)
    text = (
        "The chance of meeting the deadline in force, as it was given on the day. A dot on its "
        "dash is a chance that was right; a dot below it, one that promised too much."
    )
    rows = [
        [
            sentences.band(row["from"], row["to"]),
            *(words.percent(row[name]) for name in ("chance", "came_true")),
            *(f"{row[name]:.0f}" for name in ("replays", "states")),
        ]
        for _, row in table.iterrows()
    ]
    title = sentences.reliability_title(table)
    return section(
        "reliability",
        charts=[chart(plot.reliability, table, name="reliability", title=title, text=text)],
        caption="The same in numbers",
        head=["Chance given", "Mean chance", "Came true", "Replays", "States"],
        rows=rows,
    )


def ratings(replays: pd.DataFrame) -> Html:
    """Return how often each rating came true, in words and as a table, and who had which when."""
    table = _decided(replays, scoring.by_rating)
    table = table.sort_values("rating", key=lambda r: r.map(lambda one: -RATING_STYLE[one].order))
    rows = [
        [
            row.rating,
            str(row.replays),
            str(row.states),
            *map(words.percent, (row.chance, row.came_true)),
        ]
        for row in named_rows(table)
    ]
    rated = replays[replays["day"].notna()]
    rated = rated.assign(status=rated["rating"].replace("past the deadline", "unconfirmed"))
    drawn = chart(
        plot.ratings_heatmap,
        rated[["day", "state", "status"]].rename(columns={"day": "as_of"}),
        name="ratings-by-year",
        title="Each state's ratings while it had stock",
        text="The last rating of each year; unconfirmed where the deadline known then had passed.",
    )
    return section(
        "ratings",
        paragraphs=[sentences.rating_sentence(table)],
        charts=[drawn] if len(rated) else [],
        caption="Ratings on the days of the replays whose deadline has since been decided",
        head=["Rating", "Replays", "States", "Mean chance given", "Finished in time"],
        rows=rows,
        rated=True,
    )


def alarms(replays: pd.DataFrame) -> Html:
    """Return who missed the original deadline and how long before it a warning came."""
    table = _decided(replays, scoring.alarms).sort_values("lead_years", ascending=False)
    false = _decided(replays, scoring.false_alarms)
    rows = [
        [
            row.state,
            words.day(row.original_deadline),
            words.month(row.first_seen),
            words.month(row.warned) if pd.notna(row.warned) else "never",
            f"{row.lead_years:.1f} years" if pd.notna(row.lead_years) else "no warning",
        ]
        for row in named_rows(table)
    ]
    return section(
        "alarms",
        paragraphs=[sentences.alarm_sentence(table)],
        caption="States that missed their original deadline",
        head=["State", "Original deadline", "First replay", "Not on target from", "Ahead by"],
        rows=rows,
        notes=[sentences.false_alarm_sentence(false, replays)],
    )


def save_table(folder: str | Path, replays: pd.DataFrame) -> None:
    """Write the replays that all charts of the page are drawn from, as ``replays.csv``."""
    write_text(Path(folder) / "replays.csv", csv_text(replays))


def _decided(replays: pd.DataFrame, table: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Sum up replays; of none there is nothing to sum up, whatever the columns hold."""
    if replays.empty:
        dates = ["day", "original_deadline", "deadline", "outcome"]
        replays = replays.astype(dict.fromkeys(dates, "datetime64[us]") | {"in_time": float})
    return table(replays)
