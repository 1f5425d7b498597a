"""Sections that hold one statement against the ledger of its day, state by state.

What was said, and its numbers, come from whoever calls: no function here knows any. Each takes
the whole ledger, the day of the statement, what it says in words of one's own, and the section's
name.
Each shows what the ledger has by both availability rules and in hindsight, and says of
each state that the views do not share why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from stockpile.claims.claims import figure
from stockpile.claims.views import HINDSIGHT, VIEWS, agrees, count_by_view, views_on
from stockpile.common import english as words
from stockpile.common.frames import named_rows
from stockpile.compliance import allegations, legislation, scorecard, transparency, views
from stockpile.compliance.decisions import QUESTIONS
from stockpile.compliance.wording import QUESTION_WORDS, allegations_sentence
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.pages.html import Html, page_title, section
from stockpile.rating.status import status
from stockpile.stock.position import positions
from stockpile.stock.progress import progress


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

    ``measure`` and ``who`` are those of `stockpile.claims.views.count_by_view`; ``reading`` is
    what the caller makes of a difference, and is marked as a reading.
    """
    at = parse_day(day)
    day_views = views_on(ledger, at)
    counts = count_by_view(ledger, at, measure, who)
    reported, published, hindsight = (_in_prose(counts[view][0], measure) for view in VIEWS)
    names, now = _names(ledger), day_views.known[HINDSIGHT].positions
    codes = sorted({c for _, codes in counts.values() for c in codes}, key=lambda c: names[c])
    rows = []
    for code in codes:
        by = {view: code in counts[view][1] for view in VIEWS}
        marks = ["counted" if by[view] else "–" for view in VIEWS]
        rows.append([names[code], *marks, _why(ledger, at, by, now.loc[code])])
    held = day_views.group(day_views.rows["reported"], who)
    none = sorted(held.loc[held["stock"] == "none", "state"])
    blank = int((held["stock"] == "unknown").sum())
    same = agrees(stated, "exact", counts["reported"][0])
    verdict = "the same" if same else f"not the {_in_prose(stated, measure)}"
    notes = []
    if none:
        notes.append(
            "Reported by then to hold none, with no destruction on record, and so not counted: "
            f"{words.states(none)}."
        )
    if blank:
        notes.append(
            f"Of {words.spell(blank)} more of these states nothing on a stock was on record."
        )
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"On {words.day(at)} we count {reported} by the rule reported ({verdict}), and "
            f"{published} if only published sources count. In hindsight it is {hindsight}.",
            f"A reading, and no finding: {reading}" if reading else "",
        ],
        caption="Which states are counted, and why not by all",
        head=["State", "Reported", "Published", "Hindsight", "Why"],
        rows=rows,
        reasons=True,
        notes=notes,
    )


def _in_prose(value: float, measure: str) -> str:
    """A figure in a sentence: a small count in letters."""
    text = figure(value, measure)
    return words.spell(int(text)) if text.isdigit() and text != "0" else text


def at_a_glance(
    ledger: Ledger,
    day: object,
    says: Sequence[str],
    *,
    parties: float,
    states: Sequence[str],
) -> Html:
    """Return the first screen: what was said, what is counted for that day, what is known today.

    There are six claims: on the States Parties and the signatories that have finished, the largest
    stocks, the deadlines, the reports and the laws. ``parties`` is how many States Parties were
    said to have finished, ``states`` has the codes of those with the largest stocks.
    """
    at = parse_day(day)
    done = [count_by_view(ledger, at, "completed", who) for who in ("parties", "signatories")]
    ours, now = (int(done[0][view][0]) for view in ("reported", HINDSIGHT))
    title = (
        f"{words.sentence(words.spell(int(parties)))} States Parties were said to have finished; "
        f"we count {words.spell(ours)}, and {words.spell(now)} in hindsight"
    )
    rows = [[figure(c[view][0], "completed") for view in ("reported", HINDSIGHT)] for c in done]
    told = [*rows, *_glance_of_stocks(ledger, at, states), *_glance_of_record(ledger, at)]
    return Html(
        page_title(ledger.treaty.name, title, day=at)
        + section(
            "glance",
            head=["Said on the day", "Our count", "What is known today"],
            rows=[
                [words.sentence(f"{text}."), *cells] for text, cells in zip(says, told, strict=True)
            ],
            caption="Six claims",
        )
    )


def _glance_of_stocks(ledger: Ledger, at: pd.Timestamp, states: Sequence[str]) -> list[list[str]]:
    """The largest stocks, and the deadlines: as counted for the day, and as known today."""
    day_views = views_on(ledger, at)
    shares = []
    for view in ("reported", HINDSIGHT):
        share: Any = day_views.rows[view][f"share_{ledger.treaty.units[0]}"]
        parts = [
            f"{words.the(_names(ledger)[code])} {words.percent(share[code])}" for code in states
        ]
        shares.append(words.sentence(words.listing(parts)))
    rated = status(ledger.as_of(at))
    rated = rated[(rated["membership"] == "State Party") & rated["had_stock"]]
    opened = rated[rated["completed"].isna()]
    ratings = opened["status"].value_counts().sort_index()
    each = words.listing([f"{words.spell(int(n))} {rating}" for rating, n in ratings.items()])
    now = day_views.known[HINDSIGHT].positions.loc[opened["iso3"]]
    late = int((now["completed"] > now["original_deadline"]).sum())
    outcome = f"{late or 'none'} of {len(opened)} finished after the deadline of that day"
    return [shares, [words.sentence(each or "none had stock left"), words.sentence(outcome)]]


def _glance_of_record(ledger: Ledger, at: pd.Timestamp) -> list[list[str]]:
    """Reports and laws of the day's States Parties: as counted for the day, and as known today."""
    then, today = ledger.as_of(at), ledger.as_of(max(at, ledger.newest))
    out = []
    for table, column, answers, text in (
        (transparency, "report", ("late", "overdue"), "{n} of {total} missed the day"),
        (legislation, "law", ("specific law",), "{n} of {total} have a law for the treaty"),
    ):
        card = table(then)
        parties = card[card["membership"] == "State Party"]
        if column == "report":
            parties = parties[~parties[column].isin(["not due", "not covered"])]
        later = table(today).set_index("iso3")[column].reindex(parties["iso3"])
        counts = [int(answer.isin(answers).sum()) for answer in (parties[column], later)]
        out.append([text.format(n=n, total=len(parties)) for n in counts])
    return out


def _names(ledger: Ledger) -> dict[str, str]:
    return dict(zip(ledger.states["iso3"], ledger.states["name"], strict=True))


def _why(ledger: Ledger, at: pd.Timestamp, by: dict[str, bool], now: Any) -> str:
    """Say why one state is counted by one view and not by another."""
    if all(by.values()):
        return f"Done {_finished(now)}." if now["stock"] == "gone" else ""
    parts = []
    if by["reported"] and not by[HINDSIGHT] and pd.notna(now["reopened"]):
        parts.append(f"More stock had turned up by {words.day(now['reopened'])}.")
    elif by[HINDSIGHT]:
        parts.append(f"Done {_finished(now)}.")
    known: dict[str, list[str]] = {}
    for rule in RULES:
        if by[rule] != by[HINDSIGHT]:
            first = _first_day(
                ledger, now.name, at, rule, lambda row: (row["stock"] == "gone") == by[HINDSIGHT]
            )
            when = "was never known" if first is None else f"became known on {words.day(first)}"
            known.setdefault(when, []).append(rule)
    for when, rules in known.items():
        which = "either rule" if len(rules) > 1 else f"the rule {rules[0]}"
        parts.append(f"By {which}, that {when}.")
    return " ".join(parts)


def _finished(now: Any) -> str:
    """When a state's stock was gone: for the first time, where more turned up later."""
    first = now["first_completed"]
    if pd.notna(first) and pd.notna(now["reopened"]):
        return f"by {words.day(first)} for the first time"
    return words.on_date(now["completed"], now["completed_precision"])


def _first_day(
    ledger: Ledger, iso3: str, after: pd.Timestamp, rule: str, test: Callable[[pd.Series], bool]
) -> pd.Timestamp | None:
    """Find the first day after another on which what is known of a state's stock passes a test."""
    tables = {name: getattr(ledger, name) for name in ("quantities", "events", "states")}
    tables = {
        name: rows[rows["iso3"] == iso3].reset_index(drop=True) for name, rows in tables.items()
    }
    of_state = replace(ledger, **tables, listed=True)
    known = pd.concat([tables[name][f"known_{rule}"] for name in ("quantities", "events")])
    for day in sorted(known[known > after].unique()):
        if test(positions(of_state.as_of(day, rule)).iloc[0]):  # type: ignore[arg-type]
            return pd.Timestamp(day)
    return None


def shares(
    ledger: Ledger, day: object, says: str, states: Sequence[str], *, least: float, name: str
) -> Html:
    """Hold 'has destroyed most of its stock' against the ledger, for some states.

    The last column has the day from which a share of ``least`` is known.
    """
    at = parse_day(day)
    now = progress(ledger.as_of(max(at, ledger.newest)))
    now = now[(now["date"] <= at) & now["share_destroyed"].notna()].sort_values("date")
    by_rule = [positions(view).set_index("iso3")["share_destroyed"] for view in _views(ledger, at)]
    rows = []
    for code in states:
        on_the_day = [float(share[code]) for share in by_rule]
        later = "unknown"
        for last in named_rows(now[now["iso3"] == code].tail(1)):
            later = f"{words.percent(last.share_destroyed)} on {words.day(last.date)}"
        known = []
        for rule, share in zip(RULES, on_the_day, strict=True):
            if share >= least:
                known.append(f"{rule}: on that day")
                continue
            first = _first_day(ledger, code, at, rule, lambda r: r["share_destroyed"] >= least)
            known.append(f"{rule}: {words.day(first) if first is not None else 'never'}")
        shares = map(words.percent, on_the_day)
        rows.append([_names(ledger)[code], *shares, later, "; ".join(known)])
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


def _views(ledger: Ledger, at: pd.Timestamp) -> list[Ledger]:
    """The ledger as of a day, by each availability rule."""
    return [ledger.as_of(at, rule) for rule in RULES]  # type: ignore[arg-type]


def _parties(
    ledger: Ledger, at: pd.Timestamp, table: Callable[[Ledger], pd.DataFrame]
) -> list[pd.DataFrame]:
    """What a table has of States Parties on a day, by each availability rule."""
    frames = map(table, _views(ledger, at))
    return [f[f["membership"] == "State Party"].set_index("iso3") for f in frames]


def on_target(ledger: Ledger, day: object, says: str, *, name: str) -> Html:
    """Hold 'all with stocks are on target' against the ratings of the day, and what came."""
    at = parse_day(day)
    parties, published = _parties(ledger, at, status)
    rests_on = scorecard(ledger.as_of(at)).set_index("iso3")["rests_on"]
    day_views = views_on(ledger, at)
    now, had = day_views.known[HINDSIGHT].positions, day_views.rows[HINDSIGHT]["stock"] == "left"
    left = (parties["had_stock"] & parties["completed"].isna()) | had[parties.index]
    listed = parties[left].sort_values("state")
    rows = [
        [
            row.state,
            row.status,
            row.evidence,
            str(published.at[row.Index, "status"]),
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
            f"As is known today, {len(listed)} States Parties had stock left that day. By the rule "
            f"reported, {words.spell(len(rated))} of them could be rated: "
            f"{words.listing(each) or 'none'}. Of the others no stock was on record then. "
            f"In the end {words.spell(late) if late else 'none'} of the {len(listed)} finished "
            "after the original deadline."
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
    parties, published = _parties(ledger, at, transparency)
    later = transparency(ledger.as_of(max(at, ledger.newest))).set_index("iso3")["reason"]
    due = parties[~parties["report"].isin(["not due", "not covered"])]
    missed = due[due["report"].isin(["late", "overdue"])]
    missed = missed.sort_values(["days", "state"], ascending=[False, True])
    unsure = due[due["report"].isin(["submitted", "unknown"])]
    strict = published["report"]
    rows = [
        [
            r.state,
            f"{r.report}, {words.count(int(r.days), 'day')}",
            words.day(r.due),
            str(strict.get(r.Index, "unknown")),
            str(later[r.Index]),
        ]
        for r in named_rows(missed, index=True)
    ]
    n = int(strict.isin(["late", "overdue"]).sum())
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {len(missed)} of {len(due)} States Parties whose initial "
            f"report had fallen due had missed the day. With the {words.spell(len(unsure))} of "
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
    parties, published = _parties(ledger, parse_day(day), legislation)
    known = parties[parties["law"] != "unknown"].sort_values(["law", "state"])
    rows = [
        [r.state, r.law, str(published.at[r.Index, "law"]), r.reason]
        for r in named_rows(known, index=True)
    ]
    have, known_to = (int((f["law"] == "specific law").sum()) for f in (parties, published))
    total, blank = max(len(parties), 1), int((parties["law"] == "unknown").sum())
    least, most = (words.percent(n / total, " per cent") for n in (have, have + blank))
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"By the rule reported, {have} of {len(parties)} States Parties had a law for the "
            f"treaty; by the rule published, {words.spell(known_to)} were known to. Of {blank} "
            "nothing is on record for that day, so the share that had one lies between "
            f"{least} and {most}.",
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
    days = [*_views(ledger, at), ledger.as_of(max(at, ledger.newest))]
    frames = [views(view) for view in days]
    frames = [frame[~frame["view"].isin(["unknown", "not covered"])] for frame in frames]
    rows = []
    for question in QUESTIONS:
        cells = []
        for frame in frames:
            parts = [
                f"{words.spell(len(part))} {answer} ({words.states(sorted(part['state']))})"
                for answer, part in frame[frame["question"] == question].groupby("view")
            ]
            cells.append("; ".join(parts) or "none")
        rows.append([words.sentence(QUESTION_WORDS[question]), *cells])
    undated = ledger.interpretive_views
    undated = undated[undated["known_reported"].isna() & undated["known_published"].isna()]
    apart = [
        f"{_names(ledger)[r.iso3]}, {QUESTION_WORDS[r.question]}: {r.view} ({r.source_id})"
        for r in named_rows(undated)
    ]
    note = f"On record without a day, and so known on none: {words.listing(apart)}."
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            "The table of views is short, and a state without a row is not one without a view. "
            "It can show that such views were held, not that they were those of most.",
        ],
        caption="Views on record",
        head=["Question", "Reported", "Published", "Known today"],
        rows=rows,
        notes=[note] if apart else [],
    )
