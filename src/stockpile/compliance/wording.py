"""Sentences on membership, reports, laws and views: of one state, and of all together."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import named_rows

_WORDS = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))
QUESTION_WORDS: dict[str, str] = _WORDS["questions"]
DIMENSION_WORDS: dict[str, str] = _WORDS["dimensions"]
ANSWER_WORDS: dict[str, str] = _WORDS["answers"]
LAW_WORDS: dict[str, dict[str, str]] = _WORDS["laws"]
#: How a sentence begins on what a treaty's tables leave out.
_NOT_COVERED = "The tables do not cover "
_LAW_REASONS = {law["answer"]: law["reason"] for law in LAW_WORDS.values()}


def membership_reason(row: dict[str, Any], day: pd.Timestamp) -> str:
    """Say since when a state is bound, or why it is not."""
    member, since = row["membership"], row["since"]
    if member == "State Party":
        text = f"State Party since {words.day(since)}"
        if pd.isna(since):
            text = "State Party: named as bound, the day of its consent is not on record"
        for act in ("withdrawal", "suspension"):
            if pd.notna(notified := row[f"{act}_notified"]):
                text += f"; it notified a {act} on {words.day(notified)}"
        return f"{text}."
    if member == "withdrawn":
        return f"Withdrawn since {words.day(since)}."
    bound, consented = row["entry_into_force"], row["consented"]
    ahead = f" It will be bound from {words.day(bound)}." if pd.notna(bound) else ""
    if member == "signatory":
        if pd.notna(consented) and consented <= day:
            return f"Signed on {words.day(since)}, consented on {words.day(consented)}.{ahead}"
        return f"Signed on {words.day(since)}; not bound."
    return f"Consented on {words.day(consented)}.{ahead}" if ahead else "Not party."


def report_reason(cells: dict[str, Any], day: pd.Timestamp) -> str:
    """Say when a state's initial report was due and what became of it.

    >>> due, day = pd.Timestamp("2011-01-28"), pd.Timestamp("2012-04-19")
    >>> cells = {"report": "overdue", "due": due, "days": 447, "membership": "State Party"}
    >>> report_reason(cells | {"stated": pd.NaT, "disputed": False}, day)
    'Due on 28 January 2011; not in, 447 days later.'
    """
    due, report = cells["due"], cells["report"]
    when = f"Due on {words.day(due)}" if pd.notna(due) else "No due day is on record"
    if report == "not covered":
        return "These tables do not cover transparency reports."
    if report == "not due":
        if cells["membership"] == "withdrawn":
            return "It has withdrawn and owes no report."
        if pd.isna(due):
            return "Not bound: no report is due."
        return f"{when}, {_days((due - day).days)} ahead." if due != day else "Due today."
    if report == "unknown":
        if pd.isna(due):
            return "Whether a report is due or in is not on record."
        return f"{when}; whether it is in is not on record."
    if report == "overdue":
        text = f"{when}; not in, {_days(cells['days'])} later."
        if pd.notna(cells["stated"]) and (day - cells["stated"]).days > 365:
            text += f" The newest word on it is of {words.day(cells['stated'])}."
    elif pd.isna(cells["submitted"]):
        text = f"{when}; it is in, the day is not on record."
    else:
        filed = words.on_date(cells["submitted"], cells["submitted_precision"])
        if report == "late":
            least = "at least " if cells["at_least"] else ""
            text = f"{when}; submitted {filed}, {least}{_days(cells['days'])} late."
        elif pd.isna(due):
            text = f"Submitted {filed}; none was due."
        else:
            timing = "in time" if report == "in time" else "whether in time is not known"
            text = f"{when}; submitted {filed}, {timing}."
    return text + _disputed(cells)


def _days(n: Any) -> str:
    return words.count(int(n), "day")


def _disputed(cells: dict[str, Any]) -> str:
    return " Sources disagree." if cells["disputed"] else ""


def law_reason(cells: dict[str, Any]) -> str:
    """Say what is known of a state's law."""
    law = cells["law"]
    if law == "not covered":
        return "These tables do not cover national laws."
    if law == "unknown":
        if cells["disputed"]:
            return f"Sources of {words.day(cells['stated'])} contradict each other."
        return "Sources could not tell." if cells["statements"] else "Nothing is on record."
    year = f" of {cells['law_year']}" if pd.notna(cells["law_year"]) else ""
    return f"{_LAW_REASONS[law]}{year}, as of {words.day(cells['stated'])}.{_disputed(cells)}"


def view_reason(cells: dict[str, Any]) -> str:
    """Say how a state answers a disputed question."""
    view, question = cells["view"], QUESTION_WORDS[cells["question"]]
    if view == "not covered":
        return "These tables do not cover views."
    if view == "unknown":
        return f"No statement on {question} is on record; it may have a view all the same."
    if view == "contradictory":
        return f"Statements of {words.day(cells['stated'])} on {question} contradict each other."
    how = "neither prohibited nor permitted" if view == "other" else view
    return f"Holds {question} to be {how}, as of {words.day(cells['stated'])}.{_disputed(cells)}"


def rests_on(row: dict[str, Any], day: pd.Timestamp) -> tuple[str, str]:
    """Say what a stockpile rating rests on, and what is to be held against it.

    >>> row = {"rating": "on target", "report": "overdue", "report_days": 30,
    ...        "figures": 2, "figures_early": 0}
    >>> rests_on(row, pd.Timestamp("2012-04-19"))
    ('no report', 'Its own initial report is 30 days overdue; what is known comes from others.')
    >>> row |= {"report": "in time", "figures_early": 1}
    >>> rests_on(row, pd.Timestamp("2012-04-19"))[1]
    'One of two numbers on its stock is not known to have been published by 19 April 2012; it is \
taken as reported.'
    """
    figures, early, report = row["figures"], row["figures_early"], row["report"]
    parts = []
    if report == "overdue":
        others = "; what is known comes from others" if figures else ""
        parts.append(f"Its own initial report is {_days(row['report_days'])} overdue{others}.")
    elif report == "late":
        parts.append(f"Its initial report came {_days(row['report_days'])} late.")
    elif report == "unknown":
        parts.append("Whether its initial report is in is not on record.")
    if early:
        which, verb, them = words.spell(early), "are not", "they are"
        if early == 1:
            verb, them = "is not", "it is"
        if early < figures:
            which += f" of {words.count(figures, 'number')} on its stock"
        elif figures == 1:
            which = "the one number on its stock"
        else:
            which, verb = f"none of the {words.count(figures, 'number')} on its stock", "is"
        published = f"{which} {verb} known to have been published by {words.day(day)}"
        parts.append(f"{words.sentence(published)}; {them} taken as reported.")
    if not figures and row["rating"] in ("no data", "no obligation"):
        return "nothing", " ".join(parts)
    basis = "not covered" if report == "not covered" else _WORDS["bases"][report][0]
    return basis, " ".join(parts)


def act_statement(row: dict[str, Any]) -> str:
    """Put one statement on an act of membership into words."""
    text = _WORDS["acts"][row["event"]]
    if pd.isna(row["date"]):
        return f"{text.removesuffix(' on')}: no day given."
    how = f" ({row['value']})" if row["event"] == "consented" and row["value"] else ""
    return f"{text} {words.dated(row['date'], row['precision'])}{how}."


def report_statement(row: dict[str, Any]) -> str:
    """Put one statement on an initial report into words."""
    filed, as_of = row["initial_submitted"], _as_of(row)
    if row["status"] == "submitted":
        if pd.notna(filed):
            as_of = f" {words.on_date(filed, row['initial_submitted_precision'])}"
        return f"Initial report submitted{as_of}."
    due = f", due on {words.day(row['initial_due'])}" if pd.notna(row["initial_due"]) else ""
    if row["implied"]:
        return f"Initial report{due}, still to come in."
    word = {"overdue": "overdue", "not_due": "not due yet"}.get(row["status"], "status unknown")
    return f"Initial report {word}{as_of}{due}."


def law_statement(row: dict[str, Any]) -> str:
    """Put one statement on a law into words."""
    year = f" of {row['law_year']}" if pd.notna(row["law_year"]) else ""
    text = LAW_WORDS[row["status"]]["statement"] if row["status"] in LAW_WORDS else "Not known"
    return f"{text.format(year=year)}{_as_of(row)}."


def view_statement(row: dict[str, Any]) -> str:
    """Put one statement of a view into words."""
    return f"{words.sentence(QUESTION_WORDS[row['question']])}: {row['view']}{_as_of(row)}."


def allegation_statement(row: dict[str, Any]) -> str:
    """Put one allegation into words."""
    when = ""
    if pd.notna(row["alleged_on"]):
        when = f" {words.on_date(row['alleged_on'], row['alleged_on_precision'])}"
    return f"{words.sentence(row['act'])}{when}: {row['assessment']}{_as_of(row)}."


def _as_of(row: dict[str, Any]) -> str:
    if pd.isna(row["as_of"]):
        return ""
    return f", as of {words.dated(row['as_of'], row['as_of_precision'])}"


def summary(card: pd.DataFrame, day: pd.Timestamp) -> list[str]:
    """Sum up a scorecard in sentences: membership, reports, laws, views, what ratings rest on.

    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2012-04-19")
    >>> summary(sp.scorecard(then), then.day)[0]
    '66 states are States Parties; 45 have signed and are not bound.'
    """
    parties = card[card["membership"] == "State Party"]
    texts = [
        joined_sentence(card),
        reports_sentence(parties),
        laws_sentence(parties),
        views_sentence(parties),
        allegations_sentence(card),
        rests_sentence(card, day),
    ]
    bare = [text for text in texts if text.startswith(_NOT_COVERED)]
    told = [text for text in texts if text and text not in bare]
    if bare:
        things = [text.removeprefix(_NOT_COVERED).removesuffix(".") for text in bare]
        told.append(f"{_NOT_COVERED}{words.listing(things)}.")
    return told


def joined_sentence(card: pd.DataFrame) -> str:
    """Say how many states the treaty binds."""
    n = card["membership"].value_counts()
    parties, signed, gone = (int(n.get(m, 0)) for m in ("State Party", "signatory", "withdrawn"))
    parts = [f"{words.count(parties, 'state')} {_are(parties)} States Parties"]
    if signed:
        parts.append(f"{words.spell(signed)} {_have(signed)} signed and {_are(signed)} not bound")
    if gone:
        parts.append(f"{words.spell(gone)} {_have(gone)} withdrawn")
    return words.sentence("; ".join(parts) + ".")


def _have(n: int) -> str:
    return "has" if n == 1 else "have"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def reports_sentence(parties: pd.DataFrame) -> str:
    """Say how many initial reports were due and what became of them."""
    n = parties["report"].value_counts()
    if "not covered" in n:
        return f"{_NOT_COVERED}transparency reports."
    due = int(n.drop("not due", errors="ignore").sum())
    if not due:
        return "No initial report has fallen due yet."
    parts, rest = _numbered(n, {"in time": "came in time", "late": "came late"}), list[str]()
    if k := int(n.get("overdue", 0)):
        overdue = named_rows(parties[parties["report"] == "overdue"])
        late, state, due_on = max((row.report_days, row.state, row.report_due) for row in overdue)
        by = words.elapsed(due_on, due_on + pd.Timedelta(days=int(late)))
        longest = f"{'longest ' if k > 1 else ''}{words.the(state)}, by {by}"
        parts.append(f"{words.spell(k)} {_are(k)} overdue ({longest})")
    if k := int(n.get("submitted", 0)):
        came = "it came" if k == 1 else "they came"
        rest.append(f"of {words.spell(k)} it is not known whether {came} in time")
    if k := int(n.get("unknown", 0)):
        rest.append(f"of {words.spell(k)} nothing is on record")
    whose = words.count(due, "initial report")
    have = "has" if due == 1 else "have"
    said = f": {words.listing(parts)}" if parts else ""
    more = f" {words.sentence(words.listing(rest))}." if rest else ""
    return f"{words.sentence(whose)} {have} fallen due{said}.{more}"


def _numbered(n: pd.Series, texts: Mapping[str, str]) -> list[str]:
    """How many have each answer that anybody has, and what that means."""
    return [f"{words.spell(int(n[word]))} {text}" for word, text in texts.items() if word in n]


def laws_sentence(parties: pd.DataFrame) -> str:
    """Say how many States Parties have a law."""
    n = parties["law"].value_counts()
    if "not covered" in n:
        return f"{_NOT_COVERED}national laws."
    if parties.empty:
        return ""
    parts = _numbered(n, {law["answer"]: law["many"] for law in LAW_WORDS.values()})
    total = words.count(len(parties), "State Party", "States Parties")
    if not parts:
        return f"Of {total}, none is known to have a law or to lack one."
    k = int(n.get("unknown", 0))
    told = [f"Of {total}, {_known(parts[:2])}."]
    told += [f"{words.sentence(_known(parts[2:]))}."] if parts[2:] else []
    told += [f"Of {words.spell(k)} nothing is on record."] if k else []
    return " ".join(told)


def _known(parts: list[str]) -> str:
    """Put 'are known' between the first number and what it is of."""
    number, _, first = parts[0].partition(" ")
    return words.listing(
        [f"{number} {'is' if number == 'one' else 'are'} known {first}", *parts[1:]]
    )


def views_sentence(parties: pd.DataFrame) -> str:
    """Say how many States Parties have stated a view on each question."""
    if parties.empty:
        return ""
    parts, silent = list[str](), list[str]()
    for question, text in QUESTION_WORDS.items():
        n = parties[f"view_{question}"].value_counts()
        if "not covered" in n:
            return f"{_NOT_COVERED}views on disputed questions."
        stated = ("prohibited", "permitted", "other", "contradictory")
        answers = [f"{words.spell(int(n[view]))} {view}" for view in stated if view in n]
        if answers:
            parts.append(f"{text}: {words.listing(answers)}")
        else:
            silent.append(text)
    told = " ".join(f"Views of States Parties on {part}." for part in parts)
    none = ", or on ".join(silent)
    return f"{told} {f'None has stated a view on {none}.' if silent else ''}".strip()


def allegations_sentence(card: pd.DataFrame) -> str:
    """Say whom allegations are on record against."""
    if (card["allegation"] == "not covered").any():
        return f"{_NOT_COVERED}allegations of use, production or transfer."
    accused = named_rows(card[card["allegations"] > 0])
    if not accused:
        return "No allegation of use, production or transfer is on record."
    who = [f"{words.the(row.state)} ({row.membership}; {row.allegation})" for row in accused]
    return f"Allegations on record: {words.listing(who, limit=5)}."


def rests_sentence(card: pd.DataFrame, day: pd.Timestamp) -> str:
    """Say what the stockpile ratings rest on, late reports and unpublished numbers among it."""
    held = card[card["had_stock"]]
    if held.empty:
        return ""
    texts = dict(_WORDS["bases"].values())
    text = ""
    n = held["rests_on"].value_counts()
    if parts := [f"{what} ({n[basis]})" for basis, what in texts.items() if basis in n]:
        total = words.count(len(held), "state")
        text = f"The ratings of {total} that had stocks rest on {words.listing(parts[:3])}."
        if parts[3:]:
            text += f" Others rest on {words.listing(parts[3:])}."
    if early := int((held["figures_early"] > 0).sum()):
        text += (
            f" {words.sentence(words.spell(early))} of {'them' if text else 'these states'} "
            f"{_have(early)} numbers that no source is known to have published by "
            f"{words.day(day)}; they are taken as reported."
        )
    return text.strip()
