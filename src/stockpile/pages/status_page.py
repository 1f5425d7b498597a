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
from stockpile.common.frames import as_dicts, named_rows
from stockpile.common.plain import takes_results
from stockpile.compliance.scorecard import membership
from stockpile.pages.headline import headline_sentence, others_sentence, standfirst, with_stocks
from stockpile.pages.html import Html, figure, render, stale_sentence
from stockpile.plot import figures
from stockpile.rating.status import DONE, OPEN
from stockpile.stock.steps import steps

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger
    from stockpile.rating.status import Thresholds


@takes_results
def headline(status: pd.DataFrame, progress: pd.DataFrame, then: Ledger) -> Html:
    """Return the report's first screen: what there is to say, in words and in numbers.

    The bar is of the States Parties that have or had stocks; the others stand below it.

    Parameters
    ----------
    status, progress : pandas.DataFrame
        As `stockpile.status` and `stockpile.progress` return them.
    then : Ledger
        What they were drawn from, as of a day.
    """
    parties = with_stocks(status)
    counts = plot.rating_counts(parties)
    counted = _with_stock(progress, status)
    left = plot.stock_left(counted, as_of=then.day)
    last = left.groupby("unit", sort=False).last().reset_index()
    return render(
        "headline",
        view=then,
        stale=stale_sentence(then),
        sentence=headline_sentence(status),
        paragraphs=standfirst(status, then.require_day(), membership(then)),
        stocks=as_dicts(last.assign(at_least=last["unit"].isin(_counted_whole(counted)))),
        counts=counts.to_dict(),
        parties=len(parties),
        others=others_sentence(status),
        bar=figures.picture(
            plot.ratings_bar, parties, name="ratings", alt=_counts_in_words(counts), legend=False
        ),
    )


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
    parties = with_stocks(status)
    done = int(parties["status"].isin(DONE).sum())
    counted = _with_stock(progress, status)
    left = plot.stock_left(counted, as_of=day).groupby("unit", sort=False).last().reset_index()
    bounded = _counted_whole(counted)
    figures_: list[dict[str, str]] = [
        {
            "big": words.number(row["remaining"]),
            "label": f"{words.unit(row['unit'])} left to destroy",
            "small": f"{'at most, ' if row['unit'] in bounded else ''}of "
            f"{words.number(row['declared'])} declared",
        }
        for row in as_dicts(left)[:1]
    ]
    return [
        *figures_,
        {
            "big": f"{done} of {len(parties)}",
            "label": "States Parties that had stocks have finished",
            "small": "",
        },
    ]


def _counted_whole(progress: pd.DataFrame) -> list[str]:
    """Units of which some stock is counted in full, or up to a bound, for want of a statement."""
    last = progress.groupby(["unit", "iso3", "episode"], as_index=False).last()
    silent = last["remaining"].isna() & last["share_destroyed"].isna()
    bounded = silent | ((last["remaining_qualifier"] == "at_most") & (last["remaining"] > 0))
    return sorted(set(last.loc[(last["declared"] > 0) & bounded, "unit"]))


@takes_results
def timeline(status: pd.DataFrame, then: Ledger) -> Html:
    """Return the timeline of all states with stock, as a figure.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    """
    stocked = status[status["had_stock"]]
    title = plot.timeline_title(stocked)
    return figure(
        "timeline",
        plot.timeline,
        status,
        then,
        title=title,
        steps=steps(then),
        text=_who_is_drawn(stocked),
        alt=f"{title}. The same data stand in the table below.",
    )


def _who_is_drawn(stocked: pd.DataFrame) -> str:
    """Square the number of states drawn with that of States Parties in the headline."""
    parties = int((stocked["membership"] == "State Party").sum())
    others = len(stocked) - parties
    parts = ["Trouble first."] if stocked["status"].isin(OPEN).any() else []
    if others:
        who = words.sentence(words.count(parties, "State Party", "States Parties"))
        parts.append(
            f"{who} and {words.count(others, 'other')}; states that are not bound have no "
            "deadline and no line."
        )
    return " ".join(parts)


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
    title = plot.remaining_title(left)
    text = (
        f"Counts {words.count(known, 'state')} with a declared number of items. A stock counts in "
        "full until the first statement on its destruction."
    )
    if silent > 0:
        verb = "has" if silent == 1 else "have"
        text += f" {words.sentence(words.count(silent, 'more state'))} {verb} declared no number."
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
        Takes ``timeline``, ``remaining`` and ``ratings``.
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
    title = f"{then.treaty.short_name} States Parties that had stocks, {words.day(then.day)}"
    return [
        *figures.save(plot.timeline, status, folder, "timeline", **common),
        *figures.save(plot.remaining, counted, folder, "remaining", **common),
        *figures.save(plot.ratings_bar, with_stocks(status), folder, "ratings", title=title),
    ]


@takes_results
def states(status: pd.DataFrame, then: Ledger, *, state_pages: bool = False) -> Html:
    """Return the table of states with reasons, and compact lists of those with none to give.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    state_pages : bool
        Link each state with stock to its page.
    """
    rows = plot.trouble_first(status)
    stocked = rows["had_stock"]
    on_original = rows["completed"] <= rows["original_deadline"].fillna(rows["completed"])
    done = stocked & rows["status"].isin(DONE)
    parties = rows["membership"] == "State Party"
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
        done=as_dicts(rows[done & on_original]),
        lists=[(title, as_dicts(part)) for title, part in lists if len(part)],
        open_ratings=OPEN,
        pages=page_links(status) if state_pages else {},
    )


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
        warning_kinds=then.warnings["kind"].value_counts().sort_index().to_dict(),
        counts=as_dicts(then.counts),
        total=then.counts[["read", "accepted", "rejected"]].sum().to_dict(),
    )


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
    'Ratings like these came true in 34 of 40 past cases of on target.'
    """
    cases = []
    for rating, ends in (("on target", "on target"), ("at risk", ""), ("off target", "")):
        for row in as_dicts(record[record["rating"] == rating]):
            met, count = round(row["replays"] * row["came_true"]), row["replays"]
            cases.append(
                f"{met} of {count} past cases of {ends}"
                if ends
                else f"{met} of {count} states {rating} finished in time after all"
            )
    if not cases:
        return "No rating of this kind has been put to the test yet."
    first = "Ratings like these came true in " if cases[0].endswith("on target") else ""
    return f"{first}{'; '.join(cases)}."


def _with_stock(progress: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is kept for training alone: it is no stock to destroy."""
    return progress[progress["iso3"].isin(status.loc[status["had_stock"], "iso3"])]


def _counts_in_words(counts: pd.Series) -> str:
    return words.listing([f"{n} {rating}" for rating, n in counts.items()])


def _months(earlier: pd.Timestamp, later: pd.Timestamp) -> int:
    """Whole months between two days; -1 where there is no earlier one."""
    if pd.isna(earlier):
        return -1
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return max(months - (later.day < earlier.day), 0)
