"""The section of a report page that says what changed since an earlier day or report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import as_dicts, takes_results
from stockpile.pages.html import Html, render
from stockpile.pages.state_wording import Sources, restated_words
from stockpile.pages.status_page import page_links
from stockpile.plot.style import RATING_STYLE
from stockpile.stock.position import positions

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger
    from stockpile.rating.changes import Changes

#: Changes of rating that tell of membership or of silence, not of stock.
_QUIET = ("no data", "no obligation")
#: Up to this many rows of what changed stand open; more are folded.
_FEW = 6


@takes_results
def changes(
    changed: Changes, status: pd.DataFrame, then: Ledger, *, state_pages: bool = False
) -> Html:
    """Return what changed since an earlier day or report.

    ``status`` and ``then`` are of the later day; with ``state_pages``, each state with stock is
    linked to its page.
    """
    order = {rating: style.order for rating, style in RATING_STYLE.items()}
    ratings = changed.ratings
    events = _events(ratings, status, then, changed.since)
    ratings = ratings.assign(order=ratings["after"].map(order), event=events)
    ratings = ratings.sort_values(["order", "state"])
    quiet = ratings["after"].isin([*_QUIET, ""])
    cited = Sources(then)
    statements = [
        (title, cited.cited(rows))
        for title, rows in (
            ("New statements", changed.statements),
            ("Statements no longer in the tables", changed.withdrawn_statements),
        )
        if len(rows)
    ]
    return render(
        "changes",
        since=changed.since,
        paragraphs=changes_sentences(changed),
        loud=as_dicts(ratings[~quiet]),
        groups=_moves(ratings[~quiet]),
        quiet=_moves(ratings[quiet]),
        few=_FEW,
        deadlines=_deadlines(changed.deadlines),
        restated=[
            row | restated_words(row) | {"cited": [cited[key] for key in row["sources"].split()]}
            for row in as_dicts(changed.restated)
        ],
        statements=statements,
        pages=page_links(status) if state_pages else {},
    )


def _events(
    ratings: pd.DataFrame, status: pd.DataFrame, then: Ledger, since: pd.Timestamp
) -> pd.Series:
    """What a change of rating comes from, where it is no news of a stock; otherwise empty."""
    bound = dict(zip(status["iso3"], status["entry_into_force"], strict=True))
    newly = pd.to_datetime(ratings["iso3"].map(bound)) > since
    joined = newly & (ratings["before"] == "no obligation") & (ratings["after"] == "no data")
    where = positions(then)
    none = ratings["iso3"].isin(where.loc[where["stock"] == "none", "iso3"])
    reported = none & (ratings["before"] == "no data") & (ratings["after"] == "no obligation")
    event = pd.Series("", index=ratings.index)
    event[joined] = "Bound since, with no statement on a stock on record"
    event[reported] = "Since reported to have no stock"
    return event


def _moves(rows: pd.DataFrame) -> list[tuple[str, str, str, list[str]]]:
    """The states behind each change from one rating to another, and what it comes from."""
    return [
        (str(before), str(after), str(event), [words.the(name) for name in part["state"]])
        for (before, after, event), part in rows.groupby(["before", "after", "event"], sort=False)
    ]


def _deadlines(rows: pd.DataFrame) -> list[tuple[str, list[Any]]]:
    """Deadlines that have passed and that are near, each with the states it is of."""
    parts = []
    for what, phrase in (("passed", "that passed"), ("within a year", "within a year")):
        part = rows[rows["what"] == what]
        if len(part):
            days = [
                (words.dated(day, precision), [words.the(s) for s in same["state"]])
                for (day, precision), same in part.groupby(["deadline", "deadline_precision"])
            ]
            parts.append((f"{'Deadline' if len(part) == 1 else 'Deadlines'} {phrase}", days))
    return parts


@takes_results
def changes_sentences(changed: Changes) -> list[str]:
    """Sum up what changed, and say what the two sides of the comparison do not share.

    Examples
    --------
    >>> import stockpile as sp
    >>> now = sp.load("ccm").as_of("2024-01-01")
    >>> changed = sp.what_changed(sp.snapshot(now.as_of("2023-01-01")), sp.snapshot(now))
    >>> changes_sentences(changed)[0].split(", ")[0]
    'The rating of four states changed'
    """
    out = [f"{words.sentence(words.listing(_counted(changed)))}."]
    if changed.empty:
        out = ["Nothing changed: no rating, no figure and no statement."]
    out += _membership(changed.statements)
    if not changed.same_data:
        out.append(
            f"The tables themselves were changed since the report of {words.day(changed.since)}: "
            "what is new here may be older than that."
        )
    if not changed.same_thresholds:
        out.append("That report used other thresholds, which alone can change a rating.")
    return out


def _counted(changed: Changes) -> list[str]:
    """How much changed, part by part."""
    rated, new = len(changed.ratings), changed.statements
    parts = [
        f"the rating of {words.count(rated, 'state')} changed" if rated else "no rating changed"
    ]
    extended = int((changed.restated["change"] == "extended").sum())
    if n := len(changed.restated) - extended:
        parts.append(f"{words.count(n, 'figure')} {'was' if n == 1 else 'were'} revised")
    if n := extended:
        parts.append(f"{words.count(n, 'deadline')} {'was' if n == 1 else 'were'} extended")
    if n := len(new):
        on = words.count(new["iso3"].nunique(), "state")
        parts.append(f"{words.count(n, 'new statement')} on {on} became known")
    if n := len(changed.withdrawn_statements):
        parts.append(f"{words.count(n, 'statement')} {'is' if n == 1 else 'are'} no longer there")
    return parts


def _membership(statements: pd.DataFrame) -> Iterable[str]:
    """Say who left the treaty, suspended it, or gave notice of either."""
    parts, gone = [], set(statements.loc[statements["figure"] == "withdrew", "state"])
    for act, what in (
        ("withdrew", "withdrew from the treaty"),
        ("withdrawal_notified", "gave notice of withdrawal"),
        ("suspension_notified", "gave notice of suspending the treaty"),
    ):
        named = set(statements.loc[statements["figure"] == act, "state"])
        if names := sorted(named if act == "withdrew" else named - gone):
            parts.append(f"{words.states(names)} {what}")
    if parts:
        yield f"{'; '.join(parts)}."
