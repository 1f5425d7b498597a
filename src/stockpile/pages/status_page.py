"""Frames to the sections of a report page.

Each function returns one section as HTML that a notebook shows as it is. The
markup lies in ``templates/``; there, all text is escaped unless a template says
otherwise, and none does for text that comes from data. Sections need no script
and load nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.common.frames import as_dicts, named_rows, takes_results, whole_months
from stockpile.compliance.scorecard import membership
from stockpile.pages.headline import (
    headline_sentence,
    holds_stock,
    others_sentence,
    standfirst,
    tiles,
    with_stocks,
)
from stockpile.pages.html import Html, figure, known, render, stale_sentence
from stockpile.pages.state_wording import announced_date
from stockpile.plot import figures
from stockpile.plot.remaining import counted_whole
from stockpile.plot.share_card import share_card
from stockpile.rating.reasons import LIKELY
from stockpile.rating.status import DONE, OPEN
from stockpile.stock.position import positions
from stockpile.stock.steps import steps
from stockpile.track_record.scoring import past_ratings

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger
    from stockpile.rating.status import Thresholds


#: The page's contents: the id of a section, and what the line of links calls it.
_CONTENTS = (
    ("cases", "The deadline"),
    ("states", "States"),
    ("map", "Map"),
    ("burndown", "Over the years"),
    ("changes", "What changed"),
    ("compliance", "Reports and laws"),
    ("notes", "Notes"),
    ("method", "Method"),
)


@takes_results
def headline(status: pd.DataFrame, progress: pd.DataFrame, then: Ledger) -> Html:
    """Return the report's first words and figures, under a line of contents.

    Parameters
    ----------
    status, progress : pandas.DataFrame
        As `stockpile.status` and `stockpile.progress` return them.
    then : Ledger
        What they were drawn from, as of a day.
    """
    day = then.require_day()
    return render(
        "headline",
        view=then,
        contents=_CONTENTS,
        stale=stale_sentence(then),
        sentence=headline_sentence(status, day),
        paragraphs=standfirst(status, day, membership(then)),
        tiles=first_figures(status, progress, day),
    )


def _stocks(counted: pd.DataFrame, day: pd.Timestamp) -> list[dict[str, Any]]:
    """What is left of each unit; how much of that is of stocks with no figure on destruction."""
    left = plot.stock_left(counted, as_of=day)
    last = left.groupby("unit", sort=False).last().reset_index()
    whole = counted_whole(counted)
    stocks = counted.groupby(["unit", "iso3", "episode"], as_index=False).last()
    untold = stocks["remaining"].isna() | (stocks["remaining_qualifier"] == "at_most")
    silent = stocks[untold & stocks["share_destroyed"].isna()]
    unknown = silent.groupby("unit")["declared"].sum()
    last = last.assign(bounded=last["unit"].isin(whole), unknown=last["unit"].map(unknown))
    return as_dicts(last.fillna({"unknown": 0.0}))


@takes_results
def alone(
    status: pd.DataFrame,
    statements: pd.DataFrame,
    then: Ledger,
    since: pd.Timestamp,
    record: pd.DataFrame,
    *,
    files: bool = False,
) -> Html:
    """Return what no other page on these treaties has, in a line each with a link.

    Parameters
    ----------
    status, statements : pandas.DataFrame
        As `stockpile.status` and `stockpile.statements` return them.
    then : Ledger
        What they were drawn from, as of a day.
    since : pandas.Timestamp
        The day that the page compares with.
    record : pandas.DataFrame
        What `stockpile.track_record.scoring.past_ratings` returned.
    files : bool
        Whether the tables lie beside the page.
    """
    return render(
        "alone",
        since=since,
        record=record_sentence(record),
        statements=len(statements),
        sources=statements["source_id"].nunique(),
        files=files,
        others=others_sentence(status),
    )


@takes_results
def first_figures(
    status: pd.DataFrame, progress: pd.DataFrame, day: pd.Timestamp
) -> list[dict[str, str]]:
    """Return the figures of a first screen, each ``big``, ``label`` and ``small``.

    Parameters
    ----------
    status, progress : pandas.DataFrame
        As `stockpile.status` and `stockpile.progress` return them.
    day : pandas.Timestamp
        The as-of day.
    """
    return tiles(status, _stocks(_of_parties(progress, status), day), day)


@takes_results
def burndown(progress: pd.DataFrame, status: pd.DataFrame, then: Ledger) -> Html:
    """Return the stock left over the years, all states together, as a figure.

    Parameters
    ----------
    progress, status : pandas.DataFrame
        As `stockpile.progress` and `stockpile.status` return them.
    then : Ledger
        What they were drawn from, as of a day.
    """
    counted = _with_stock(progress, status)
    left = plot.stock_left(counted, as_of=then.day)
    known = int(left["states"].max()) if len(left) else 0
    silent = int(status["had_stock"].sum()) - known
    title = plot.remaining_title(left, counted_whole(counted))
    text = (
        f"Counts {words.count(known, 'state')}, bound by the treaty or not, with a declared number "
        "of items. A stock counts in full until the first statement on its destruction."
    )
    if silent > 0:
        verb = "has" if silent == 1 else "have"
        text += f" {words.sentence(words.count(silent, 'more state'))} {verb} declared no number."
    holding = status[holds_stock(status) & status["iso3"].isin(counted["iso3"])]
    if len(holding) and not (holding["membership"] == "State Party").any():
        who = words.states(holding["state"])
        is_, it = ("is", "it") if len(holding) == 1 else ("are", "they")
        text += f" Only {who} {is_} not known to have finished; {it} {is_} not bound by the treaty."
    return figure(
        "burndown", plot.remaining, counted, then, title=title, text=text, alt=f"{title}. {text}"
    )


@takes_results
def save_charts(
    folder: str | Path, status: pd.DataFrame, progress: pd.DataFrame, then: Ledger
) -> list[Path]:
    """Write the charts of the page as files of their own, SVG and PNG.

    Parameters
    ----------
    folder : str or pathlib.Path
        Takes ``timeline``, ``remaining``, ``map`` and ``ratings``.
    status, progress : pandas.DataFrame
        As `stockpile.status` and `stockpile.progress` return them.
    then : Ledger
        What they were drawn from, as of a day.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    source = f"{then.treaty.name}: public statements of states and monitors."
    common: dict[str, Any] = {"as_of": then.day, "source": source}
    counted = _with_stock(progress, status)
    shown = status[status["had_stock"] | status["iso3"].isin(with_stocks(status)["iso3"])]
    title = f"{then.treaty.short_name} States Parties that had stocks, {words.day(then.day)}"
    return [
        *figures.save(plot.timeline, status, folder, "timeline", steps=steps(then), **common),
        *figures.save(plot.remaining, counted, folder, "remaining", **common),
        *figures.save(plot.tile_map, shown, folder, "map", **common),
        *figures.save(plot.ratings_bar, with_stocks(status), folder, "ratings", title=title),
    ]


def save_card(path: Path, status: pd.DataFrame, then: Ledger) -> Path:
    """Write the picture that stands for the page where somebody shares its address.

    Parameters
    ----------
    path : pathlib.Path
        The file, a PNG.
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    """
    return share_card(
        with_stocks(status),
        path,
        headline=headline_sentence(status, then.require_day()),
        kicker=f"{then.treaty.name}, {known(then)}",
        foot="States Parties that had stocks, by rating. Sources, tables and method: on the page.",
    )


@takes_results
def states(
    status: pd.DataFrame,
    then: Ledger,
    record: pd.DataFrame | None = None,
    *,
    state_pages: bool = False,
) -> Html:
    """Return the table of states with reasons, and compact lists of those with none to give.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    record : pandas.DataFrame, optional
        What `stockpile.track_record.scoring.past_ratings` returned; worked out from the ledger
        if left out.
    state_pages : bool
        Link each state with stock to its page.
    """
    rows = plot.trouble_first(status)
    stocked = rows["had_stock"]
    dated = rows["original_deadline"].notna()
    on_original = rows["completed"] <= rows["original_deadline"].where(dated, rows["completed"])
    done = stocked & rows["status"].isin(DONE)
    parties = rows["membership"] == "State Party"
    early = rows[done & on_original]
    ways = {
        "by the original deadline": dated,
        "with no deadline on record": ~dated & parties,
        "without being bound": ~dated & ~parties,
    }
    how = [way for way, rows_so in ways.items() if rows_so[early.index].any()]
    lists = [
        ("No statement on a stock on record", rows[~stocked & (rows["status"] == "no data")]),
        ("No stock to destroy", rows[~stocked & (rows["status"] == "no obligation") & parties]),
        (
            "Not bound by the treaty",
            rows[~stocked & (rows["status"] == "no obligation") & ~parties],
        ),
    ]
    return render(
        "states",
        treaty=then.treaty,
        open=as_dicts(rows[stocked & ~rows["status"].isin(DONE)]),
        late=as_dicts(rows[done & ~on_original]),
        done=as_dicts(early),
        done_how=words.listing(how).replace(" and ", ", or "),
        lists=[(title, as_dicts(part)) for title, part in lists if len(part)],
        open_ratings=OPEN,
        likely=LIKELY,
        record=record_sentence(past_ratings(then) if record is None else record),
        alike=alike_sentences(rows),
        announced={
            row.iso3: announced_date(row.planned_completion, row.planned_precision)
            for row in named_rows(positions(then))
            if pd.notna(row.planned_completion)
        },
        pages=page_links(status) if state_pages else {},
    )


def alike_sentences(status: pd.DataFrame) -> list[str]:
    """Name the states whose projections are the same, for nothing on record tells them apart.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2003-01-01")
    >>> alike_sentences(pd.DataFrame({"state": ["Croatia", "Peru", "Chad"], "projected": day,
    ...     "earliest": day, "latest": pd.NaT, "p_on_time": [0.8, 0.8, 0.7],
    ...     "status": "on target", "share_destroyed": 0.0, "deadline": day}))
    ['Two states that have reported nothing destroyed, Croatia and Peru: as others at this stage, \
with the same expectation.']
    """
    open_rows = status[status["status"].isin(LIKELY) & status["projected"].notna()]
    same = ["projected", "earliest", "latest", "p_on_time", "deadline", "status"]
    out = []
    for _, part in open_rows.groupby(same, sort=False, dropna=False):
        if len(part) > 1:
            some = (part["share_destroyed"] > 0).any()
            who = words.sentence(words.count(len(part), "state"))
            who += "" if some else " that have reported nothing destroyed"
            out.append(
                f"{who}, {words.states(sorted(part['state']), limit=12)}: as others at this "
                "stage, with the same expectation."
            )
    return out


def page_links(status: pd.DataFrame) -> dict[str, str]:
    """Where the page of each state with stock lies, seen from that of the treaty.

    Examples
    --------
    >>> import pandas as pd
    >>> page_links(pd.DataFrame({"iso3": ["PER", "CHL"], "had_stock": [True, False]}))
    {'PER': 'states/PER.html'}
    """
    codes = status.loc[status["had_stock"], "iso3"]
    return {code: f"states/{code}.html" for code in codes if re.fullmatch("[A-Z]{3}", code)}


@takes_results
def notes(status: pd.DataFrame, conflicts: pd.DataFrame, then: Ledger) -> Html:
    """Return what a reader should know of the data: conflicts, rejected rows, age.

    Parameters
    ----------
    status, conflicts : pandas.DataFrame
        As `stockpile.status` and `stockpile.conflicts` return them.
    then : Ledger
        What they were drawn from, as of a day.
    """
    day = then.require_day()
    opened = status[status["had_stock"] & status["status"].isin([*OPEN, "unconfirmed", "no data"])]
    age = (day - opened["last_report"]).dt.days / 365.25
    silent = opened["last_report"].isna()
    return render(
        "notes",
        newest=status["last_report"].max(),
        months=_months(status["last_report"].max(), day),
        old=[(r.state, r.last_report) for r in named_rows(opened[age >= 2])],
        silent=sorted(opened.loc[silent, "state"]),
        day=day,
        conflicts=as_dicts(conflicts),
        conflict_states=conflicts["iso3"].nunique(),
        rejected=as_dicts(then.rejected),
        warnings=as_dicts(then.warnings),
        warning_kinds=_most_frequent(then.warnings["kind"]),
        counts=as_dicts(then.counts),
        total=then.counts[["read", "accepted", "rejected"]].sum().to_dict(),
    )


def _most_frequent(kinds: pd.Series) -> dict[str, int]:
    """The three kinds of which there are most, and how many of each."""
    counts = kinds.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {str(kind): int(n) for kind, n in counts.head(3).items()}


def method(then: Ledger, thresholds: Thresholds, record: pd.DataFrame) -> Html:
    """Return how the figures came about and what they were drawn from.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds
        As the ratings used them.
    record : pandas.DataFrame
        What `stockpile.track_record.scoring.past_ratings` returned.
    """
    from stockpile._version import __version__
    from stockpile.forecast.projection import METHOD

    return render(
        "method",
        treaty=then.treaty,
        day=then.day,
        rule=then.rule,
        thresholds=thresholds,
        data_version=then.data_version,
        data_hash=then.data_hash,
        version=__version__,
        method=METHOD,
        sources=len(then.sources),
        record=record_sentence(record),
    )


def record_sentence(record: pd.DataFrame) -> str:
    """Say how often ratings like these came true.

    Parameters
    ----------
    record : pandas.DataFrame
        What `stockpile.track_record.scoring.past_ratings` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> past = pd.DataFrame({"rating": ["on target"], "replays": [40], "came_true": [0.85]})
    >>> record_sentence(past)
    'Met the deadline in past cases: 34 of 40 rated on target.'
    """
    cases = []
    for rating in ("on target", "at risk", "off target"):
        for row in as_dicts(record[record["rating"] == rating]):
            met, count = round(row["replays"] * row["came_true"]), row["replays"]
            cases.append(f"{met} of {count} rated {rating}")
    if not cases:
        return "These ratings could not be tested yet: no outcome was known."
    return f"Met the deadline in past cases: {words.listing(cases)}."


def _of_parties(progress: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """Keep the stocks of the States Parties that the headline counts."""
    return progress[progress["iso3"].isin(with_stocks(status)["iso3"])]


def _with_stock(progress: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is kept for training alone: it is no stock to destroy."""
    return progress[progress["iso3"].isin(status.loc[status["had_stock"], "iso3"])]


def _months(earlier: pd.Timestamp, later: pd.Timestamp) -> int:
    """Whole months between two days; -1 where there is no earlier one."""
    if pd.isna(earlier):
        return -1
    return max(whole_months(earlier, later), 0)
