"""Sections that hold one statement against the ledger of its day, state by state.

What was said, and its numbers, come from whoever calls: no function here knows any.
Each shows what the ledger has by both rules of knowing and in hindsight, and for each
state that the views do not share, why.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from stockpile.claims.statement_counts import count, shares
from stockpile.claims.views import HINDSIGHT, latest, look
from stockpile.common import english as words
from stockpile.compliance.laws import QUESTIONS
from stockpile.compliance.scorecard import allegations, legislation, scorecard, transparency, views
from stockpile.compliance.summary import allegations_sentence
from stockpile.compliance.wording import QUESTION_WORDS
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.pages.compliance_page import section
from stockpile.pages.html import Html
from stockpile.rating.status import status

__all__ = ["accused", "count", "laws", "on_target", "readings", "reports", "shares"]


def _tuples(frame: pd.DataFrame, *, index: bool = False) -> list[Any]:
    return list(frame.itertuples(index=index))


def on_target(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'all with stocks are on target' against the ratings of the day, and what came."""
    at = parse_day(day)
    by = {
        rule: status(ledger.as_of(at, rule)).set_index("iso3")  # type: ignore[arg-type]
        for rule in RULES
    }
    card = scorecard(ledger.as_of(at)).set_index("iso3")
    now = latest(ledger, at).positions
    hind = look(ledger, at).rows[HINDSIGHT]
    party = by["reported"]["membership"] == "State Party"
    left = (by["reported"]["has_stock"] & by["reported"]["completed"].isna()) | (
        hind["stock"] == "left"
    )
    shown = by["reported"][party & left].sort_values("state")
    rows = [
        [
            row.state, row.status, row.evidence, str(by["published"].at[row.Index, "status"]),
            str(card.at[row.Index, "rests_on"]), _came(now.loc[row.Index]),
        ]
        for row in _tuples(shown, index=True)
    ]  # fmt: skip
    rated = shown[~shown["status"].isin(["no data", "no obligation"])]
    n = rated["status"].value_counts().sort_index()
    each = [f"{words.spell(int(k))} {rating}" for rating, k in n.items()]
    late = sum("after" in row[-1] for row in rows)
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {len(rated)} of {len(shown)} States Parties that had stock "
            f"left, as is known today, could be rated: {words.listing(each) or 'none'}. Of the "
            "others no stock was on record then. "
            f"In the end {words.spell(late) if late else 'none'} of them all finished after the "
            "deadline they had had at first."
            if rows
            else "As is known today, no State Party had stock left on that day.",
        ],
        caption="States Parties that had stock left on that day",
        head=["State", "Reported", "Evidence", "Published", "Rests on", "What came"],
        rows=rows,
    )


def _came(now: Any) -> str:
    """What became of a stock, held against the original deadline."""
    if pd.isna(now["completed"]):
        return "nothing on record" if now["stock"] != "kept" else "kept for training"
    done, due = _when_last(now), now["original_deadline"]
    if pd.isna(due):
        return f"done {done}"
    order = "after" if now["completed"] > due else "before"
    return f"done {done}, {order} {words.day(due)}"


def _when_last(now: Any) -> str:
    done = words.dated(now["completed"], now["completed_precision"])
    if done.startswith("by "):
        return done
    return f"{'on' if now['completed_precision'] == 'day' else 'in'} {done}"


def reports(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'too many initial reports are late' against the ledger, by both rules."""
    at = parse_day(day)
    by = {rule: _bound(transparency(ledger.as_of(at, rule))) for rule in RULES}  # type: ignore[arg-type]
    later = transparency(ledger.as_of(max(at, ledger.newest))).set_index("iso3")
    own = by["reported"]
    due = own[own["report"].isin(["in time", "late", "overdue", "submitted", "unknown"])]
    missed = due[due["report"].isin(["late", "overdue"])]
    unsure = due[due["report"].isin(["submitted", "unknown"])]
    strict = by["published"].set_index("iso3")["report"]
    rows = [
        [
            r.state, f"{r.report}, {words.count(int(r.days), 'day')}", words.day(r.due),
            str(strict.get(r.iso3, "unknown")), str(later.at[r.iso3, "reason"]),
        ]
        for r in _tuples(missed.sort_values(["days", "state"], ascending=[False, True]))
    ]  # fmt: skip
    n = {rule: int(frame["report"].isin(["late", "overdue"]).sum()) for rule, frame in by.items()}
    blank = int((strict == "unknown").sum())
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {len(missed)} of {len(due)} States Parties whose initial "
            f"report had fallen due had missed the day, and with the {words.spell(len(unsure))} of "
            f"which that is not known it may be {len(missed) + len(unsure)}. By the rule "
            f"published it is {words.spell(n['published']) if n['published'] else 'none'}, and of "
            f"{blank} nothing was known: "
            "most of what the tables tell of reports was published later. Who has filed was to be "
            "seen on any day all the same, so the first count is the one to go by.",
        ],
        caption="States Parties that had missed the day",
        head=["State", "On that day", "Due", "Published", "As known today"],
        rows=rows,
        told=True,
    )


def _bound(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["membership"] == "State Party"]


def laws(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'too few have laws' against the ledger, by both rules."""
    at = parse_day(day)
    by = {
        rule: _bound(legislation(ledger.as_of(at, rule))).set_index("iso3")  # type: ignore[arg-type]
        for rule in RULES
    }
    own, strict = by["reported"], by["published"]
    told = own[own["law"] != "unknown"].sort_values(["law", "state"])
    rows = [
        [r.state, r.law, str(strict.at[r.Index, "law"]), r.reason]
        for r in _tuples(told, index=True)
    ]
    have = {rule: int((frame["law"] == "specific law").sum()) for rule, frame in by.items()}
    blank = int((own["law"] == "unknown").sum())
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {have['reported']} of {len(own)} States Parties had a law for "
            f"the treaty; by the rule published, {words.spell(have['published'])} were known to. "
            f"Of {blank} nothing is on record for that day, so the share that had one lies between "
            f"{words.percent(have['reported'] / max(len(own), 1), ' per cent')} and "
            f"{words.percent((have['reported'] + blank) / max(len(own), 1), ' per cent')}.",
        ],
        caption="States Parties of whose law something was known",
        head=["State", "Reported", "Published", "In words"],
        rows=rows,
        told=True,
    )


def accused(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'there is no credible allegation' against the ledger: what it covers, and whom."""
    at = parse_day(day)
    then = ledger.as_of(at)
    told = allegations(then)
    rows = [
        [
            r.state, r.membership_then, r.act, words.dated(r.alleged_on, r.alleged_on_precision),
            r.assessment, r.source_id,
        ]
        for r in _tuples(told)
    ]  # fmt: skip
    silent = "" if "allegations" in then.covers else (
        "So this can neither be borne out nor be disputed here: no table is no finding. A folder "
        "with an allegations.csv of its own would answer it."
    )  # fmt: skip
    return section(
        name,
        paragraphs=[f"Said: {says}.", f"{allegations_sentence(scorecard(then))} {silent}".strip()],
        caption="Allegations known on that day",
        head=["State", "Then", "Act", "Alleged of", "Assessed as", "Source"],
        rows=rows,
    )


def readings(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'most who have spoken say yes' against the views on record, then and today."""
    at = parse_day(day)
    frames = [
        ("reported", views(ledger.as_of(at))),
        ("published", views(ledger.as_of(at, "published"))),
        ("today", views(ledger.as_of(max(at, ledger.newest)))),
    ]
    rows = []
    for question in QUESTIONS:
        cells = []
        for _, frame in frames:
            own = frame[(frame["question"] == question) & ~frame["view"].isin(_SILENT)]
            part = [
                f"{words.spell(len(p))} {view} ({words.listing(sorted(p['state']))})"
                for view, p in own.groupby("view")
            ]
            cells.append("; ".join(part) or "none")
        rows.append([words.sentence(QUESTION_WORDS[question]), *cells])
    undated = ledger.interpretive_views
    undated = undated[undated["known_reported"].isna() & undated["known_published"].isna()]
    state = ledger.states.set_index("iso3")["name"]
    apart = [
        f"{state[r.iso3]}, {QUESTION_WORDS[r.question]}: {r.view} ({r.source_id})"
        for r in _tuples(undated)
    ]
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            "The table of views is short, and a state without a row is not one without a view: "
            "it can show that such views were held, not that they were those of most.",
        ],
        caption="Views on record",
        head=["Question", "Reported", "Published", "Known today"],
        rows=rows,
        notes=[
            f"On record without a day, and so known on none: {words.listing(apart)}."
            if apart
            else ""
        ],
    )


_SILENT = ("unknown", "not covered")
