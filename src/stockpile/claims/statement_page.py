"""Sections that hold one statement against the ledger of its day, state by state.

What was said, and its numbers, come from whoever calls: no function here knows any.
Each shows what the ledger has by both availability rules and in hindsight, and says of
each state that the views do not share why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from stockpile.claims.claims_page import figure
from stockpile.claims.views import HINDSIGHT, VIEWS, agrees, counted, group, latest, views_on
from stockpile.common import english as words
from stockpile.common.frames import named_rows
from stockpile.compliance.laws import QUESTIONS, legislation, views
from stockpile.compliance.reports import transparency
from stockpile.compliance.scorecard import allegations, scorecard
from stockpile.compliance.wording import QUESTION_WORDS, allegations_sentence
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.pages.html import Html, section
from stockpile.rating.status import status
from stockpile.stock.position import positions
from stockpile.stock.progress import progress

_NONE = "–"


def count(
    ledger: Ledger,
    day: object,
    says: str,
    stated: float,
    *,
    measure: str,
    who: str,
    name: str,
    reading: str = "",
) -> Html:
    """Hold a stated number of states against the ledger.

    Parameters
    ----------
    ledger : Ledger
        Whole, not cut to a day.
    day : str, datetime.date or pandas.Timestamp
        The day of the statement.
    says : str
        What it says, in words of one's own.
    stated : float
        The number.
    measure, who : str
        As in `stockpile.claims.views.count_by_view`.
    name : str
        Of the section.
    reading : str
        What the caller makes of a difference; it is marked as a reading.
    """
    at = parse_day(day)
    day_views = views_on(ledger, at)
    counts = counted(day_views, measure, who, "")
    ours = counts["reported"][0]
    names = ledger.states.set_index("iso3")["name"]
    codes = sorted({c for _, codes in counts.values() for c in codes}, key=lambda c: str(names[c]))
    now = latest(ledger, at).positions
    rows = [
        [
            str(names[code]),
            *("counted" if code in counts[view][1] else _NONE for view in VIEWS),
            _why(ledger, at, code, counts, now.loc[code]),
        ]
        for code in codes
    ]
    held = day_views.rows["reported"]
    held = held[group(day_views.ledgers["reported"], held, who)]
    none = sorted(held.loc[held["stock"] == "none", "state"])
    blank = int((held["stock"] == "unknown").sum())
    verdict = "the same" if agrees(stated, "exact", ours) else f"not the {figure(stated, measure)}"
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"The ledger of {words.day(at)} has {figure(ours, measure)} by the rule reported "
            f"({verdict}), {figure(counts['published'][0], measure)} by the rule published, and, "
            f"of the same day in hindsight, {figure(counts[HINDSIGHT][0], measure)}.",
            f"A reading, and no finding: {reading}" if reading else "",
        ],
        caption="Which states are counted, and why not by all",
        head=["State", "Reported", "Published", "Hindsight", "Why"],
        rows=rows,
        reasons=True,
        notes=[
            f"Said by then to hold none, with no destruction told, and so not counted: "
            f"{words.listing(none)}."
            if none
            else "",
            f"Of {words.spell(blank)} more of these states nothing on a stock was on record."
            if blank
            else "",
        ],
    )


def _why(ledger: Ledger, at: pd.Timestamp, code: str, counts: Any, now: Any) -> str:
    """Say why one state is counted by one view and not by another."""
    has = {view: code in counts[view][1] for view in VIEWS}
    if all(has.values()):
        return f"Done {_finished(now)}." if now["stock"] == "gone" else ""
    parts = []
    if has["reported"] and not has[HINDSIGHT] and pd.notna(now["reopened"]):
        parts.append(f"More stock had turned up by {words.day(now['reopened'])}.")
    elif has[HINDSIGHT]:
        parts.append(f"Done {_finished(now)}.")
    for rule in RULES:
        if has[rule] == has[HINDSIGHT]:
            continue
        first = first_day(ledger, code, at, rule, gone=has[HINDSIGHT])
        text = "was never known" if first is None else f"became known on {words.day(first)}"
        parts.append(f"By the rule {rule}, that {text}.")
    return " ".join(parts)


def _finished(now: Any) -> str:
    """When a state's stock was gone: for the first time, where more turned up later."""
    first = now["first_completed"]
    if pd.notna(first) and pd.notna(now["reopened"]):
        return f"by {words.day(first)} for the first time"
    return words.on_date(now["completed"], now["completed_precision"])


def first_day(
    ledger: Ledger, iso3: str, after: pd.Timestamp, rule: str, *, gone: bool = True
) -> pd.Timestamp | None:
    """Find the first day after another on which the ledger has a state's stock gone, or not gone.

    Parameters
    ----------
    ledger : Ledger
        Whole.
    iso3 : str
        The state.
    after : pandas.Timestamp
        Where to start from.
    rule : str
        The availability rule.
    gone : bool
        What is looked for.

    Examples
    --------
    >>> import pandas as pd
    >>> import stockpile as sp
    >>> day = first_day(sp.load("ccm"), "BIH", pd.Timestamp("2012-04-19"), "reported")
    >>> day.date().isoformat()
    '2012-04-20'
    """
    return _first(ledger, iso3, after, rule, lambda row: (row["stock"] == "gone") == gone)


def _first(
    ledger: Ledger,
    iso3: str,
    after: pd.Timestamp,
    rule: str,
    test: Callable[[pd.Series], bool],
) -> pd.Timestamp | None:
    """Go through the days on which more became known of a state, until a test holds."""
    parts = {
        name: rows[rows["iso3"] == iso3].reset_index(drop=True)
        for name in ("quantities", "events", "states")
        for rows in [getattr(ledger, name)]
    }
    of_state = replace(ledger, **parts, listed=True)
    known = f"known_{rule}"
    days = {day for name in ("quantities", "events") for day in parts[name][known].dropna()}
    for day in sorted(day for day in days if day > after):
        if test(positions(of_state.as_of(day, rule)).iloc[0]):  # type: ignore[arg-type]
            return pd.Timestamp(day)
    return None


def shares(
    ledger: Ledger, day: object, says: str, states: Sequence[str], *, least: float, name: str
) -> Html:
    """Hold 'has destroyed most of its stock' against the ledger, for some states.

    Parameters
    ----------
    ledger, day, says, name
        As in `count`.
    states : sequence of str
        Their codes.
    least : float
        The share that is asked for, to find the day from which it is known.
    """
    at = parse_day(day)
    now = progress(ledger.as_of(max(at, ledger.newest)))
    by = {rule: positions(view).set_index("iso3") for rule, view in _by_rule(ledger, at).items()}
    names = ledger.states.set_index("iso3")["name"]
    rows = []
    for code in states:
        share = {rule: float(by[rule]["share_destroyed"][code]) for rule in RULES}
        lines = now[(now["iso3"] == code) & (now["date"] <= at) & now["share_destroyed"].notna()]
        last = lines.sort_values("date").tail(1)
        later = "unknown"
        if len(last):
            reached, on = last["share_destroyed"].iloc[0], last["date"].iloc[0]
            later = f"{words.percent(reached)} on {words.day(on)}"
        known = []
        for rule in RULES:
            if share[rule] >= least:
                known.append(f"{rule}: on that day")
                continue
            first = _first(ledger, code, at, rule, lambda r: r["share_destroyed"] >= least)
            known.append(f"{rule}: {words.day(first) if first is not None else 'never'}")
        on_the_day = [words.percent(share[rule]) for rule in RULES]
        rows.append([str(names[code]), *on_the_day, later, "; ".join(known)])
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"The ledger takes in a statement on the day on which its source was out, or on the "
            f"next reporting date. The last column has the first day after {words.day(at)} on "
            f"which it has at least {words.percent(least, ' per cent')} of a stock destroyed.",
        ],
        caption="Share destroyed, by each view of the day",
        head=["State", "Reported", "Published", "Hindsight", "At least that, as known"],
        rows=rows,
    )


def _by_rule(ledger: Ledger, at: pd.Timestamp) -> dict[str, Ledger]:
    return {rule: ledger.as_of(at, rule) for rule in RULES}  # type: ignore[arg-type]


def _parties(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["membership"] == "State Party"].set_index("iso3")


def on_target(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'all with stocks are on target' against the ratings of the day, and what came."""
    at = parse_day(day)
    by = {rule: _parties(status(view)) for rule, view in _by_rule(ledger, at).items()}
    rests_on = scorecard(ledger.as_of(at)).set_index("iso3")["rests_on"]
    now = latest(ledger, at).positions
    had = views_on(ledger, at).rows[HINDSIGHT]["stock"] == "left"
    parties = by["reported"]
    left = (parties["has_stock"] & parties["completed"].isna()) | had[parties.index]
    listed = parties[left].sort_values("state")
    rows = [
        [
            row.state,
            row.status,
            row.evidence,
            str(by["published"].at[row.Index, "status"]),
            str(rests_on[row.Index]),
            _outcome(now.loc[row.Index]),
        ]
        for row in named_rows(listed, index=True)
    ]
    rated = listed[~listed["status"].isin(["no data", "no obligation"])]
    n = rated["status"].value_counts().sort_index()
    each = [f"{words.spell(int(k))} {rating}" for rating, k in n.items()]
    late = sum("after" in row[-1] for row in rows)
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {len(rated)} of {len(listed)} States Parties that had stock "
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


def _outcome(now: Any) -> str:
    """What became of a stock, held against the original deadline."""
    if pd.isna(now["completed"]):
        return "nothing on record" if now["stock"] != "kept" else "kept for training"
    due = now["original_deadline"]
    done = f"done {words.on_date(now['completed'], now['completed_precision'])}"
    if pd.isna(due):
        return done
    return f"{done}, {'after' if now['completed'] > due else 'before'} {words.day(due)}"


def reports(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'too many initial reports are late' against the ledger, by both rules."""
    at = parse_day(day)
    by = {rule: _parties(transparency(view)) for rule, view in _by_rule(ledger, at).items()}
    later = transparency(ledger.as_of(max(at, ledger.newest))).set_index("iso3")["reason"]
    due = by["reported"][~by["reported"]["report"].isin(["not due", "not covered"])]
    missed = due[due["report"].isin(["late", "overdue"])]
    missed = missed.sort_values(["days", "state"], ascending=[False, True])
    unsure = due[due["report"].isin(["submitted", "unknown"])]
    strict = by["published"]["report"]
    rows = [
        [
            r.state,
            f"{r.report}, {words.count(int(r.days), 'day')}",
            words.day(r.due),
            str(strict.get(r.Index, "unknown")),
            str(later[r.Index]),
        ]
        for r in named_rows(
            missed.sort_values(["days", "state"], ascending=[False, True]), index=True
        )
    ]
    n = int(strict.isin(["late", "overdue"]).sum())
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {len(missed)} of {len(due)} States Parties whose initial "
            f"report had fallen due had missed the day, and with the {words.spell(len(unsure))} of "
            f"which that is not known it may be {len(missed) + len(unsure)}. By the rule "
            f"published it is {words.spell(n) if n else 'none'}, and of "
            f"{int((strict == 'unknown').sum())} nothing was known: "
            "most of what the tables tell of reports was published later. Who has filed was to be "
            "seen on any day all the same, so the first count is the one to go by.",
        ],
        caption="States Parties that had missed the day",
        head=["State", "On that day", "Due", "Published", "As known today"],
        rows=rows,
        reasons=True,
    )


def laws(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'too few have laws' against the ledger, by both rules."""
    at = parse_day(day)
    by = {rule: _parties(legislation(view)) for rule, view in _by_rule(ledger, at).items()}
    parties, strict = by["reported"], by["published"]["law"]
    known = parties[parties["law"] != "unknown"].sort_values(["law", "state"])
    rows = [[r.state, r.law, str(strict[r.Index]), r.reason] for r in named_rows(known, index=True)]
    have = {rule: int((frame["law"] == "specific law").sum()) for rule, frame in by.items()}
    total, blank = max(len(parties), 1), int((parties["law"] == "unknown").sum())
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {have['reported']} of {len(parties)} States Parties had a law "
            "for the treaty; by the rule published, "
            f"{words.spell(have['published'])} were known to. "
            f"Of {blank} nothing is on record for that day, so the share that had one lies between "
            f"{words.percent(have['reported'] / total, ' per cent')} and "
            f"{words.percent((have['reported'] + blank) / total, ' per cent')}.",
        ],
        caption="States Parties of whose law something was known",
        head=["State", "Reported", "Published", "In words"],
        rows=rows,
        reasons=True,
    )


def accused(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'there is no credible allegation' against the ledger: what it covers, and whom."""
    view = ledger.as_of(parse_day(day))
    rows = [
        [
            r.state,
            r.membership_then,
            r.act,
            words.dated(r.alleged_on, r.alleged_on_precision),
            r.assessment,
            r.source_id,
        ]
        for r in named_rows(allegations(view))
    ]
    silent = (
        ""
        if "allegations" in view.covers
        else "So this can neither be borne out nor be disputed here: no table is no finding. A "
        "folder with an allegations.csv of its own would answer it."
    )
    return section(
        name,
        paragraphs=[f"Said: {says}.", f"{allegations_sentence(scorecard(view))} {silent}".strip()],
        caption="Allegations known on that day",
        head=["State", "Then", "Act", "Alleged of", "Assessed as", "Source"],
        rows=rows,
    )


def readings(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'most who have spoken say yes' against the views on record, then and today."""
    at = parse_day(day)
    frames = [
        views(view)
        for view in (*_by_rule(ledger, at).values(), ledger.as_of(max(at, ledger.newest)))
    ]
    rows = []
    for question in QUESTIONS:
        cells = []
        for frame in frames:
            stated = frame[frame["question"] == question]
            stated = stated[~stated["view"].isin(["unknown", "not covered"])]
            parts = [
                f"{words.spell(len(part))} {answer} ({words.listing(sorted(part['state']))})"
                for answer, part in stated.groupby("view")
            ]
            cells.append("; ".join(parts) or "none")
        rows.append([words.sentence(QUESTION_WORDS[question]), *cells])
    undated = ledger.interpretive_views
    undated = undated[undated["known_reported"].isna() & undated["known_published"].isna()]
    names = ledger.states.set_index("iso3")["name"]
    apart = [
        f"{names[r.iso3]}, {QUESTION_WORDS[r.question]}: {r.view} ({r.source_id})"
        for r in named_rows(undated)
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
