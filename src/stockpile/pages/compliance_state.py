"""One state's record beside its stock: membership, report, law, views, allegations, sources."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.compliance import wording as said
from stockpile.compliance.evidence import sources_behind
from stockpile.compliance.laws import QUESTIONS
from stockpile.compliance.scorecard import (
    allegations,
    legislation,
    membership,
    scorecard,
    transparency,
    views,
)
from stockpile.ledger.ledger import Ledger
from stockpile.pages.html import Html, render


def state_record(then: Ledger, iso3: str) -> Html:
    """Return one state's whole record beside its stock, with the sources.

    Parameters
    ----------
    then : Ledger
        As of a day.
    iso3 : str
        The state's code.

    Raises
    ------
    ValueError
        When the ledger has no such state.

    Examples
    --------
    >>> import stockpile as sp
    >>> html = state_record(sp.load("ccm").as_of("2012-04-19"), "NER")
    >>> 'id="record"' in html and "447 days later" in html
    True
    """
    if iso3 not in set(then.states["iso3"]):
        raise ValueError(f"iso3 is {iso3!r}; expected the code of a state of the ledger")
    day = then.require_day()

    def of(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["iso3"] == iso3]

    def tuples(frame: pd.DataFrame) -> list[Any]:
        return list(of(frame).itertuples(index=False))

    seen = of(views(then)).set_index("question")["reason"]
    (card,) = tuples(scorecard(then))
    alleged = " ".join(
        f"{words.sentence(r.act)}, {words.dated(r.alleged_on, r.alleged_on_precision)}: "
        f"{r.assessment}."
        for r in tuples(allegations(then))
    )
    if not alleged:
        alleged = (
            "None on record."
            if "allegations" in then.covers
            else "The tables of this folder do not cover allegations."
        )
    facts = [
        (said.DIMENSION_WORDS["membership"], of(membership(then))["reason"].iloc[0]),
        (said.DIMENSION_WORDS["stockpile"], f"{words.sentence(card.rating)}. {card.caveat}"),
        (said.DIMENSION_WORDS["transparency"], of(transparency(then))["reason"].iloc[0]),
        (said.DIMENSION_WORDS["legislation"], of(legislation(then))["reason"].iloc[0]),
        *((said.DIMENSION_WORDS[question], seen[question]) for question in QUESTIONS),
        (said.DIMENSION_WORDS["allegations"], alleged),
    ]
    told = of(sources_behind(then))
    rows = [
        {
            "about": said.DIMENSION_WORDS[r.dimension],
            "says": r.says,
            "role": r.role,
            "title": r.title,
            # Only what is plainly an address on the web becomes a link.
            "link": r.url if str(r.url).startswith(("https://", "http://")) else "",
            "out": words.day(r.published) if pd.notna(r.published) else "undated",
            "source_id": r.source_id,
        }
        for r in tuples(told)
    ]
    later = told.loc[told["published"] > day, "source_id"].nunique()
    return render(
        "compliance_state", facts=facts, rows=rows, day=day, rule=then.rule, later=int(later)
    )
