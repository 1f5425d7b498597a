"""Sections on who joined, who reports, who has a law and who reads the treaty how.

Each returns one section as HTML that a notebook shows as it is. Text from the data is
escaped; nothing is loaded, and no script is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import as_dicts
from stockpile.compliance import counts
from stockpile.compliance import wording as said
from stockpile.compliance.evidence import disagreements
from stockpile.compliance.laws import LAWS, QUESTIONS
from stockpile.compliance.scorecard import (
    allegations,
    coverage,
    legislation,
    membership,
    scorecard,
    transparency,
    views,
)
from stockpile.compliance.summary import joined_sentence, laws_sentence, reports_sentence
from stockpile.compliance.summary import summary as sentences
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.pages.compliance_state import state_record
from stockpile.pages.html import Html, render
from stockpile.plot import compliance as plot_compliance
from stockpile.plot import figures
from stockpile.rating.status import RATINGS, Thresholds

__all__ = [
    "SECTIONS",
    "by_group",
    "gaps",
    "laws",
    "members",
    "readings",
    "reports",
    "section",
    "state_record",
    "summary",
    "table",
    "title",
]

#: Sections of the compliance notebook, in their order.
SECTIONS = ("compliance", "membership", "reports", "laws", "views", "groups", "scorecard", "gaps")


def section(
    name: str,
    *,
    paragraphs: Sequence[str] = (),
    charts: Sequence[dict[str, str]] = (),
    caption: str = "",
    head: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    notes: Sequence[str] = (),
    told: bool = False,
) -> Html:
    """Return a section of paragraphs, charts, one table and notes; empty texts are left out.

    With ``told``, the last column of the table holds sentences and gets the room for them.
    """
    return render(
        "compliance",
        name=name,
        paragraphs=[text for text in paragraphs if text],
        charts=charts,
        caption=caption,
        head=head,
        rows=rows,
        told=told,
        notes=[text for text in notes if text],
    )


def title(then: Ledger, text: str, day: object = None) -> Html:
    """Return the head of a page: what it is about, of which treaty, on which day.

    Parameters
    ----------
    then : Ledger
        As of a day; or whole, with the day beside it.
    text : str
        What the page is about.
    day : str, datetime.date or pandas.Timestamp, optional
        The day, where the ledger is not cut to it.
    """
    at = then.require_day() if day is None else parse_day(day)
    return render("compliance_title", treaty=then.treaty, day=at, rule=then.rule, text=text)


def _chart(draw: Any, frame: pd.DataFrame, *, name: str, title: str, text: str, **more: Any) -> Any:
    drawing = figures.picture(draw, frame, name=name, alt=f"{title}. {text}", **more)
    return {"title": title, "text": text, "drawing": drawing}


def summary(then: Ledger, thresholds: Thresholds | None = None) -> Html:
    """Return all dimensions in a few sentences and one chart.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Of the stockpile ratings.

    Examples
    --------
    >>> import stockpile as sp
    >>> html = summary(sp.load("ccm").as_of("2012-04-19"))
    >>> 'id="compliance"' in html and "15 are overdue" in html
    True
    """
    card = scorecard(then, thresholds)
    table = counts.tally(card)
    chart = _chart(
        plot_compliance.answers, table, name="answers", title="States Parties by answer",
        text="Each bar is all States Parties; 'not on record' says nothing of a state itself.",
    )  # fmt: skip
    return section(
        "compliance",
        paragraphs=sentences(card, then.require_day()),
        charts=[chart] if len(table) else [],
    )


def members(then: Ledger) -> Html:
    """Return who joined over time, as a chart, and who did in the last year, as a table."""
    day = then.require_day()
    states = membership(then)
    recent = states[
        (states["since"] > day - pd.DateOffset(years=1)) & (states["membership"] != "not party")
    ].sort_values(["since", "state"], ascending=[False, True])
    ahead = states[(states["entry_into_force"] > day) & (states["consented"] <= day)]
    names = [f"{r.state} ({words.day(r.entry_into_force)})" for r in _tuples(ahead)]
    chart = _chart(
        plot_compliance.joined, counts.membership_over_time(then), name="joined",
        title=joined_sentence(scorecard(then)).removesuffix("."), as_of=day,
        text="A state is bound some months after it consents; until then it counts as a signatory "
        "if it had signed.",
    )  # fmt: skip
    return section(
        "membership",
        charts=[chart],
        caption=f"Since {words.day(day - pd.DateOffset(years=1))}",
        head=["State", "Membership", "Since"],
        rows=[[r.state, r.membership, words.day(r.since)] for r in _tuples(recent)],
        notes=[f"Consented and still to be bound: {words.listing(names)}." if names else ""],
    )


def _tuples(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


def reports(then: Ledger) -> Html:
    """Return which initial reports fell due and came in, and whose came late or not at all."""
    day = then.require_day()
    if "transparency_reports" not in then.covers:
        return section("reports", paragraphs=[reports_sentence(scorecard(then))])
    own = transparency(then)
    own = own[own["membership"] == "State Party"]
    shown = own[own["report"].isin(["overdue", "late", "unknown", "submitted"])]
    order = {"overdue": 0, "late": 1, "submitted": 2, "unknown": 3}
    shown = shown.assign(order=shown["report"].map(order), late=shown["days"].fillna(0))
    shown = shown.sort_values(["order", "late", "state"], ascending=[True, False, True])
    rows = [
        [
            r.state, r.report, words.day(r.due),
            words.dated(r.submitted, r.submitted_precision) if pd.notna(r.submitted) else "–",
            ("at least " if r.at_least else "") + words.count(int(r.days), "day")
            if pd.notna(r.days) else "–",
            r.reason,
        ]
        for r in _tuples(shown)
    ]  # fmt: skip
    in_time = sorted(own.loc[own["report"] == "in time", "state"])
    chart = _chart(
        plot_compliance.reports_due, counts.reports_over_time(then), name="due",
        title="Initial reports due, and how many of them were known to be in", as_of=day,
        text=f"Due {then.treaty.initial_days} days after a state is bound. A report counts from "
        "the day it was due or came in, whichever was later; one of an unknown day is left out, "
        "and states that have withdrawn since are in.",
    )  # fmt: skip
    return section(
        "reports",
        paragraphs=[reports_sentence(scorecard(then).query("membership == 'State Party'"))],
        charts=[chart],
        caption="States Parties whose report did not come in time, or of which that is not known",
        head=["State", "Report", "Due", "Submitted", "Late by", "In words"],
        rows=rows,
        told=True,
        notes=[f"In time: {words.listing(in_time)}." if in_time else ""],
    )


def laws(then: Ledger) -> Html:
    """Return what is known of each State Party's law."""
    own = legislation(then)
    own = own[own["membership"] == "State Party"]
    order = {law: i for i, law in enumerate(LAWS)}
    shown = own[~own["law"].isin(["unknown", "not covered"])]
    shown = shown.assign(order=shown["law"].map(order)).sort_values(["order", "state"])
    silent = sorted(own.loc[own["law"] == "unknown", "state"])
    return section(
        "laws",
        paragraphs=[laws_sentence(scorecard(then).query("membership == 'State Party'"))],
        caption="States Parties of whose law something is on record",
        head=["State", "Law", "In words"],
        rows=[[r.state, r.law, r.reason] for r in _tuples(shown)],
        told=True,
        notes=[f"Nothing on record: {words.listing(silent)}." if silent else ""],
    )


def readings(then: Ledger) -> Html:
    """Return the stated views on the disputed questions, side by side."""
    own = views(then)
    told = own[~own["view"].isin(["unknown", "not covered"])]
    rows = []
    for _, part in told.groupby("iso3", sort=True):
        by = {r.question: r for r in _tuples(part)}
        first = next(iter(by.values()))
        stated = [
            f"{by[q].view} ({words.day(by[q].stated)})" if q in by else "–" for q in QUESTIONS
        ]
        rows.append([f"{first.state}, {first.membership}", *stated])
    if "interpretive_views" not in then.covers:
        said_ = "The tables do not cover views on disputed questions."
    elif not rows:
        said_ = "No view on a disputed question is on record."
    else:
        said_ = "A state without a statement may have a view all the same."
    return section(
        "views",
        paragraphs=[said_],
        caption="Views on record, and the day of the statement",
        head=["State", *(words.sentence(said.QUESTION_WORDS[q]) for q in QUESTIONS)],
        rows=rows,
    )


def _parties(n: int) -> str:
    return words.sentence(words.count(n, "State Party", "States Parties")) + "."


def by_group(then: Ledger, groups: str | Path | None = None) -> Html:
    """Return the counts by group, one chart each.

    Parameters
    ----------
    then : Ledger
        As of a day.
    groups : str or pathlib.Path, optional
        As in `stockpile.compliance.counts.with_groups`.
    """
    card = counts.with_groups(scorecard(then), groups)
    table = counts.tally(card, by="group")
    sizes = card[card["membership"] == "State Party"].groupby("group").size()
    charts = [
        _chart(
            plot_compliance.answers, part, name=f"group-{number}",
            title=words.sentence(str(name)),
            text=_parties(int(sizes[str(name)])),
        )
        for number, (name, part) in enumerate(table.groupby("group", sort=True))
    ]  # fmt: skip
    text = (
        "The tables know of no regions; the groups here are those that they tell apart. "
        "A table of your own with iso3 and group takes their place."
        if groups is None
        else ""
    )
    return section("groups", paragraphs=[text], charts=charts)


def table(then: Ledger, thresholds: Thresholds | None = None) -> Html:
    """Return the scorecard: one row a state that is bound or has signed, trouble first."""
    card = scorecard(then, thresholds)
    shown = card[card["membership"] != "not party"]
    order = {rating: i for i, rating in enumerate(RATINGS)}
    shown = shown.assign(
        order=shown["rating"].map(order), signed=shown["membership"] != "State Party"
    ).sort_values(["signed", "order", "state"])
    left = len(card) - len(shown)
    return render(
        "compliance_scorecard",
        name="scorecard",
        caption=f"As known on {words.day(then.require_day())}",
        rows=[{k: None if v is pd.NA else v for k, v in row.items()} for row in as_dicts(shown)],
        covers=then.covers,
        questions=said.QUESTION_WORDS if "interpretive_views" in then.covers else {},
        notes=[f"Not party, and not shown: {words.count(left, 'state')}."] if left else [],
    )


def gaps(then: Ledger) -> Html:
    """Return what is not covered, on whom nothing is on record, and where sources disagree."""
    known = coverage(then)
    off = disagreements(then)
    rows = [
        [
            said.DIMENSION_WORDS[r.dimension],
            f"{r.statements:,}" if r.covered else "not covered",
            f"{r.states:,}" if r.covered else "–",
            f"{r.silent:,}" if r.covered else "–",
        ]
        for r in _tuples(known)
    ]
    notes = [
        f"Sources disagree: {r.state}, {said.DIMENSION_WORDS[r.dimension].lower()}; taken as "
        f"'{r.answer}'. {r.says}"
        for r in _tuples(off)
    ]
    accused = allegations(then)
    if len(accused):
        notes += [
            f"Alleged: {r.state} ({r.membership_then} then), {r.act}, {r.assessment}, "
            f"{words.dated(r.alleged_on, r.alleged_on_precision)}; {r.source_id}."
            for r in _tuples(accused)
        ]
    return section(
        "gaps",
        caption="What the tables know of each dimension",
        head=["Dimension", "Statements", "States spoken of", "States Parties without one"],
        rows=rows,
        notes=notes,
    )
