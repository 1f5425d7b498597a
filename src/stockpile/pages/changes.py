"""The section of a report page that says what changed since an earlier day or report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.common.frames import as_dicts
from stockpile.common.plain import takes_results
from stockpile.pages.headline import changes_sentences
from stockpile.pages.html import Html, render
from stockpile.pages.state_wording import Sources, restated_words
from stockpile.pages.status_page import page_links
from stockpile.plot.style import RATING_STYLE

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

    Parameters
    ----------
    changed : Changes
        As `stockpile.what_changed` returns it.
    status : pandas.DataFrame
        As `stockpile.status` returns it, of the later day.
    then : Ledger
        As of the later day.
    state_pages : bool
        Link each state with stock to its page.
    """
    order = {rating: style.order for rating, style in RATING_STYLE.items()}
    ratings = changed.ratings
    ratings = ratings.assign(order=ratings["after"].map(order)).sort_values(["order", "state"])
    quiet = ratings["after"].isin([*_QUIET, ""])
    cited = Sources(then)
    statements = [
        (title, cited.cited(rows))
        for title, rows in (
            ("Statements that have become known", changed.statements),
            ("Statements that are no longer there", changed.withdrawn_statements),
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


def _moves(rows: pd.DataFrame) -> list[tuple[str, str, list[str]]]:
    """The states behind each change from one rating to another."""
    return [
        (str(before), str(after), part["state"].tolist())
        for (before, after), part in rows.groupby(["before", "after"], sort=False)
    ]


def _deadlines(rows: pd.DataFrame) -> list[tuple[str, list[Any]]]:
    """Deadlines that have passed and that are near, each with the states it is of."""
    parts = []
    for what, phrase in (("passed", "that passed"), ("within a year", "within a year")):
        part = rows[rows["what"] == what]
        if len(part):
            days = [(day, same["state"].tolist()) for day, same in part.groupby("deadline")]
            parts.append((f"{'Deadline' if len(part) == 1 else 'Deadlines'} {phrase}", days))
    return parts
