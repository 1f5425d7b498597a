"""Sections on who joined, who reports, who has a law and who reads the treaty how.

Each returns one section as HTML that a notebook shows as it is. Text from the data is
escaped; nothing is loaded, and no script is run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile import results
from stockpile.common import english as words
from stockpile.common.cache import cached
from stockpile.common.frames import as_dicts, named_rows
from stockpile.common.output import csv_text, write_text
from stockpile.compliance import (
    allegations,
    legislation,
    membership,
    scorecard,
    transparency,
    views,
    wording,
)
from stockpile.compliance.decisions import LAWS, QUESTIONS
from stockpile.compliance.scorecard import (
    coverage,
    disagreements,
    membership_over_time,
    reports_over_time,
    sources_behind,
    tally,
    with_groups,
)
from stockpile.ledger.ledger import Ledger
from stockpile.pages.html import Html, chart, page_title, render, section, web_address
from stockpile.pages.pictures import answer_bars
from stockpile.plot import compliance as plot_compliance
from stockpile.rating.status import RATINGS, Thresholds
from stockpile.treaty.schema import REGIONS


def opening(then: Ledger) -> Html:
    """Return the first screen: the finding as title, who is meant, and three figures.

    Examples
    --------
    >>> import stockpile as sp
    >>> html = opening(sp.load("ccm").as_of("2012-04-19"))
    >>> "15 of 57 initial reports are overdue, the oldest by 14 months" in html
    True
    """
    card = scorecard(then)
    parties = _parties(card)
    day = then.require_day()
    due = parties[~parties["report"].isin(["not due", "not covered"])]
    overdue = due[due["report"] == "overdue"].sort_values("report_days", ascending=False)
    text = wording.joined_sentence(card).removesuffix(".")
    lead = []
    if len(overdue):
        oldest, days = str(overdue["state"].iloc[0]), int(overdue["report_days"].iloc[0])
        is_ = "is" if len(overdue) == 1 else "are"
        text = words.sentence(
            f"{words.spell(len(overdue))} of {words.count(len(due), 'initial report')} {is_} "
            f"overdue, the oldest by {words.elapsed(day - pd.Timedelta(days=days), day)}"
        )
        since = words.day(day - pd.Timedelta(days=days))
        lead.append(f"The oldest is that of {words.the(oldest)}, due on {since}.")
    elif len(due):
        text = f"None of {words.count(len(due), 'initial report')} is known to be overdue"
    lead.append(wording.allegations_sentence(card))
    has_law = int((parties["law"] == "specific law").sum())
    silent = int((parties["law"] == "unknown").sum())
    covered = "national_legislation" in then.covers
    signed = int((card["membership"] == "signatory").sum())
    tiles = [
        {
            "big": str(len(parties)),
            "label": "States Parties",
            "small": f"{words.count(signed, 'state')} signed and not bound" if signed else "",
        },
        {
            "big": f"{len(overdue)} of {len(due)}" if len(due) else "none",
            "label": "initial reports overdue" if len(due) else "initial report due",
            "small": words.states(sorted(overdue["state"]), limit=3),
        },
        {
            "big": f"{has_law} of {len(parties)}" if covered else "not covered",
            "label": "have a law for the treaty" if covered else "laws",
            "small": f"of {words.spell(silent)} nothing is on record" if silent and covered else "",
        },
    ]
    return page_title(then.treaty.name, text, day=day, view=then, lead=lead, tiles=tiles)


def summary(then: Ledger, thresholds: Thresholds | None = None) -> Html:
    """Return all dimensions in a few sentences and one chart.

    Examples
    --------
    >>> import stockpile as sp
    >>> html = summary(sp.load("ccm").as_of("2012-04-19"))
    >>> 'id="compliance"' in html and "15 are overdue" in html
    True
    """
    card = scorecard(then, thresholds)
    bars = answer_bars(
        tally(card),
        "answers",
        "What is on record of States Parties",
        "Each bar is all of them; hatched, nothing is on record.",
    )
    text = section("compliance", paragraphs=wording.summary(card, then.require_day()))
    return Html(bars + text)


def save_tables(folder: str | Path, then: Ledger) -> None:
    """Write the tables behind the page: all answers, and the two that are drawn over the years.

    Into ``scorecard.csv``, ``joined.csv`` and ``due.csv``; the latter two have the names of their
    charts.
    """
    tables = {"scorecard": results.scorecard(then), "joined": membership_over_time(then)}
    if "transparency_reports" in then.covers:
        tables["due"] = reports_over_time(then)
    for name, table in tables.items():
        write_text(Path(folder) / f"{name}.csv", csv_text(table))


def members(then: Ledger) -> Html:
    """Return who joined over time, as a chart, and who did in the last year, as a table."""
    day = then.require_day()
    states = membership(then)
    recent = states[
        (states["since"] > day - pd.DateOffset(years=1)) & (states["membership"] != "not party")
    ].sort_values(["since", "state"], ascending=[False, True])
    ahead = states[(states["entry_into_force"] > day) & (states["consented"] <= day)]
    names = [f"{words.the(r.state)} ({words.day(r.entry_into_force)})" for r in named_rows(ahead)]
    drawn = chart(
        plot_compliance.joined,
        membership_over_time(then),
        name="joined",
        title=wording.joined_sentence(scorecard(then)).removesuffix("."),
        as_of=day,
        text="A state is bound some months after it consents; until then it counts as a signatory "
        "if it had signed.",
    )
    return section(
        "membership",
        charts=[drawn],
        caption=f"Since {words.day(day - pd.DateOffset(years=1))}",
        head=["State", "Membership", "Since"],
        rows=[[r.state, r.membership, words.day(r.since)] for r in named_rows(recent)],
        notes=[f"Consented and still to be bound: {words.listing(names)}." if names else ""],
    )


def reports(then: Ledger) -> Html:
    """Return which initial reports fell due and came in, and whose came late or not at all."""
    card = scorecard(then)
    if "transparency_reports" not in then.covers:
        return section("reports", paragraphs=[wording.reports_sentence(card)])
    parties = _parties(transparency(then))
    longest = parties.assign(days=parties["days"].fillna(0)).sort_values(
        ["days", "state"], ascending=[False, True]
    )
    rows = []
    for r in named_rows(_ordered(longest, "report", ("overdue", "late", "submitted", "unknown"))):
        least = "at least " if r.at_least else ""
        late = f"{least}{words.count(r.days, 'day')}" if r.report in ("overdue", "late") else "–"
        filed = words.dated(r.submitted, r.submitted_precision) if pd.notna(r.submitted) else "–"
        rows.append([r.state, r.report, words.day(r.due), filed, late, r.reason])
    in_time = sorted(parties.loc[parties["report"] == "in time", "state"])
    days = then.treaty.initial_days
    due = f"Due {days} days after a state is bound." if days else "The treaty sets no day for them."
    drawn = chart(
        plot_compliance.reports_due,
        reports_over_time(then),
        name="due",
        title="Initial reports due, and how many of them were known to be in",
        as_of=then.day,
        text=f"{due} A report counts from the day it was due or came in, whichever was later. "
        "One of an unknown day is left out; states that have withdrawn since are in.",
    )
    return section(
        "reports",
        paragraphs=[wording.reports_sentence(_parties(card))],
        charts=[drawn],
        caption="States Parties whose report did not come in time, or of which that is not known",
        head=["State", "Report", "Due", "Submitted", "Late by", "In words"],
        rows=rows,
        reasons=True,
        notes=[f"In time: {words.states(in_time)}." if in_time else ""],
    )


def laws(then: Ledger) -> Html:
    """Return what is known of each State Party's law."""
    parties = _parties(legislation(then)).sort_values("state")
    known = _ordered(parties, "law", [law for law in LAWS if law not in ("unknown", "not covered")])
    silent = parties.loc[parties["law"] == "unknown", "state"].tolist()
    return section(
        "laws",
        paragraphs=[wording.laws_sentence(parties)],
        caption="States Parties of whose law something is on record",
        head=["State", "Law", "In words"],
        rows=[[r.state, r.law, r.reason] for r in named_rows(known)],
        reasons=True,
        notes=[f"Nothing on record: {words.states(silent)}." if silent else ""],
    )


def readings(then: Ledger) -> Html:
    """Return the stated views on the disputed questions, side by side."""
    stated = views(then)
    rows = []
    for _, part in stated[~stated["view"].isin(["unknown", "not covered"])].groupby("iso3"):
        by = {r.question: f"{r.view} ({words.day(r.stated)})" for r in named_rows(part)}
        state, member = part[["state", "membership"]].iloc[0]
        rows.append([f"{state}, {member}", *(by.get(question, "–") for question in QUESTIONS)])
    if "interpretive_views" not in then.covers:
        remark = "The tables do not cover views on disputed questions."
    elif not rows:
        remark = "No view on a disputed question is on record."
    else:
        remark = ""
    return section(
        "views",
        paragraphs=[remark],
        caption="Views on record, and the day of the statement",
        head=["State", *(words.sentence(wording.QUESTION_WORDS[q]) for q in QUESTIONS)],
        rows=rows,
    )


def _parties(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["membership"] == "State Party"]


def _ordered(frame: pd.DataFrame, column: str, answers: Sequence[str]) -> pd.DataFrame:
    """Rows with one of some answers, in the order of the answers."""
    rows = frame[frame[column].isin(answers)]
    return rows.sort_values(column, key=lambda cells: cells.map(answers.index), kind="stable")


def by_group(then: Ledger, groups: str | Path | None = None) -> Html:
    """Return the counts by group, one chart each.

    ``groups`` as in `stockpile.compliance.scorecard.with_groups`.
    """
    card = with_groups(scorecard(then), groups, then.states)
    sizes = _parties(card).groupby("group").size()
    bars = [
        answer_bars(
            part,
            f"group-{number}",
            words.sentence(str(name)),
            f"{words.sentence(words.count(sizes[name], 'State Party', 'States Parties'))}.",
        )
        for number, (name, part) in enumerate(tally(card, by="group").groupby("group"))
    ]
    text = "States Parties that have or had a stock of their own, and all others."
    if groups in REGIONS:
        text = "Regions of the world by the M49 standard of the United Nations."
    if groups == "un_group":
        text = "Regional groups of the United Nations; a state that is in none stands apart."
    above = section("groups", paragraphs=[text] if groups in (None, *REGIONS) else [])
    return Html("".join([above, *bars]))


def table(then: Ledger, thresholds: Thresholds | None = None) -> Html:
    """Return the scorecard: one row a state that is bound or has signed, trouble first."""
    card = scorecard(then, thresholds).sort_values("state")
    bound = card["membership"] == "State Party"
    signed = ~bound & (card["membership"] != "not party")
    listed = pd.concat([_ordered(card[rows], "rating", RATINGS) for rows in (bound, signed)])
    left = len(card) - len(listed)
    return render(
        "compliance_scorecard",
        name="scorecard",
        caption=f"As known on {words.day(then.require_day())}",
        rows=[{k: None if v is pd.NA else v for k, v in row.items()} for row in as_dicts(listed)],
        covers=then.covers,
        questions=wording.QUESTION_WORDS if "interpretive_views" in then.covers else {},
        notes=[f"Not party, and not shown: {words.count(left, 'state')}."] if left else [],
    )


def gaps(then: Ledger) -> Html:
    """Return what is not covered, on whom nothing is on record, and where sources disagree."""
    rows = []
    for r in named_rows(coverage(then)):
        cells = [f"{r.statements:,}", f"{r.states:,}", f"{r.silent:,}"]
        name = wording.DIMENSION_WORDS[r.dimension]
        rows.append([name, *(cells if r.covered else ["not covered", "–", "–"])])
    split = [
        [r.state, wording.DIMENSION_WORDS[r.dimension], r.answer, r.says]
        for r in named_rows(disagreements(then))
    ]
    alleged = [
        [
            r.state,
            f"{r.membership_then} then",
            r.act,
            r.assessment,
            words.dated(r.alleged_on, r.alleged_on_precision),
            r.source_id,
        ]
        for r in named_rows(allegations(then))
    ]
    known = section(
        "gaps",
        caption="What the tables know of each dimension",
        head=["Dimension", "Statements", "States spoken of", "States Parties without one"],
        rows=rows,
    )
    parts = [
        section(
            "disagreements",
            caption="Where sources disagree",
            head=["State", "Of its", "Taken as", "What they say"],
            rows=split,
            reasons=True,
        )
        if split
        else "",
        section(
            "allegations",
            caption="Allegations on record, each as its source has it",
            head=["State", "Membership", "Act", "Assessment", "When", "Source"],
            rows=alleged,
        )
        if alleged
        else "",
    ]
    return Html("".join([known, *parts]))


@cached
def _by_state(
    table: Callable[[Ledger], pd.DataFrame], then: Ledger
) -> dict[str, list[dict[str, Any]]]:
    """The rows of a table of results on each state: the page of each asks for its own."""
    out: dict[str, list[dict[str, Any]]] = {}
    for row in as_dicts(table(then)):
        out.setdefault(row["iso3"], []).append(row)
    return out


def state_record(then: Ledger, iso3: str) -> Html:
    """Return one state's whole record beside its stock, with the sources.

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

    def of_state(table: Callable[[Ledger], pd.DataFrame]) -> list[dict[str, Any]]:
        return _by_state(table, then).get(iso3, [])

    ((member,), (card,)) = of_state(membership), of_state(scorecard)
    ((report,), (law,)) = of_state(transparency), of_state(legislation)
    alleged = " ".join(
        f"{words.sentence(r['act'])}, {words.dated(r['alleged_on'], r['alleged_on_precision'])}: "
        f"{r['assessment']}."
        for r in of_state(allegations)
    )
    if "allegations" not in then.covers:
        alleged = "These tables do not cover allegations."
    answers = {
        "membership": member["reason"],
        "stockpile": f"{words.sentence(card['rating'])}. {card['caveat']}",
        "transparency": report["reason"],
        "legislation": law["reason"],
        **{r["question"]: r["reason"] for r in of_state(views)},
        "allegations": alleged or "None on record.",
    }
    behind = of_state(sources_behind)
    rows = [
        row
        | {
            "about": wording.DIMENSION_WORDS[row["dimension"]],
            "link": web_address(row["url"]),
            "out": words.day(row["published"]) if pd.notna(row["published"]) else "undated",
        }
        for row in behind
    ]
    day = then.require_day()
    return render(
        "compliance_state",
        facts=[(wording.DIMENSION_WORDS[name], text) for name, text in answers.items()],
        rows=rows,
        day=day,
        rule=then.rule,
        later=len({row["source_id"] for row in behind if row["published"] > day}),
    )
