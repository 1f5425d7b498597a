"""The section of a report page that says what changed since an earlier day or report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import as_dicts
from stockpile.pages.headline import changes_sentences
from stockpile.pages.html import Html, render
from stockpile.pages.state_wording import Sources, restated_words, said
from stockpile.pages.status_page import page_links
from stockpile.plot.style import RATING_STYLE

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger
    from stockpile.rating.changes import Changes

#: Changes of rating that tell of membership or of silence, not of stock.
_QUIET = ("no data", "no obligation")
#: Up to this many rows of what changed stand open; more are folded.
_FEW = 6


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
    rows = changed.ratings
    rows = rows.assign(order=rows["after"].map(order)).sort_values(["order", "state"])
    quiet = rows["after"].isin([*_QUIET, ""])
    cited = Sources(then)
    statements = [
        (title, [row | {"said": said(row), "cited": cited[row["source_id"]]} for row in told])
        for title, told in (
            ("Statements that have become known", as_dicts(changed.statements)),
            ("Statements that are no longer there", as_dicts(changed.withdrawn_statements)),
        )
        if told
    ]
    return render(
        "changes",
        since=changed.since,
        paragraphs=changes_sentences(changed),
        loud=as_dicts(rows[~quiet]),
        groups=_moves(rows[~quiet]),
        quiet=_moves(rows[quiet]),
        few=_FEW,
        deadlines=[
            (words.sentence(f"{'deadline' if len(part) == 1 else 'deadlines'} {title}"), [
                (day, same["state"].tolist()) for day, same in part.groupby("deadline")
            ])
            for title, part in (
                (title, changed.deadlines[changed.deadlines["what"] == what])
                for what, title in (("passed", "that passed"), ("within a year", "within a year"))
            )
            if len(part)
        ],
        restated=[
            row | restated_words(row) | {"cited": [cited[key] for key in row["sources"].split()]}
            for row in as_dicts(changed.restated)
        ],
        statements=statements,
        pages=page_links(status) if state_pages else {},
    )  # fmt: skip


def _moves(rows: pd.DataFrame) -> list[tuple[str, str, list[str]]]:
    """The states behind each change from one rating to another."""
    return [
        (str(before), str(after), part["state"].tolist())
        for (before, after), part in rows.groupby(["before", "after"], sort=False)
    ]
