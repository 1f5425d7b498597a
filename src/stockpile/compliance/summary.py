"""What a scorecard amounts to, in whole sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.compliance.wording import QUESTION_WORDS


def _tuples(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


def summary(card: pd.DataFrame, day: pd.Timestamp) -> list[str]:
    """Sum up a scorecard in sentences: membership, reports, laws, views, what ratings rest on.

    Parameters
    ----------
    card : pandas.DataFrame
        As `stockpile.scorecard` returns it.
    day : pandas.Timestamp
        The as-of day.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2012-04-19")
    >>> summary(sp.scorecard(then), then.day)[0]
    '66 states are States Parties; 45 have signed and are not bound.'
    """
    parties = card[card["membership"] == "State Party"]
    out = [
        joined_sentence(card), reports_sentence(parties), laws_sentence(parties),
        views_sentence(parties), allegations_sentence(card), rests_sentence(card, day),
    ]  # fmt: skip
    return [text for text in out if text]


def joined_sentence(card: pd.DataFrame) -> str:
    """Say how many states the treaty binds."""
    n = card["membership"].value_counts()
    parties, signed, gone = (int(n.get(m, 0)) for m in ("State Party", "signatory", "withdrawn"))
    said = [f"{words.count(parties, 'state')} {_are(parties)} States Parties"]
    if signed:
        said.append(f"{words.spell(signed)} {'has' if signed == 1 else 'have'} signed and "
                    f"{_are(signed)} not bound")  # fmt: skip
    if gone:
        said.append(f"{words.spell(gone)} {'has' if gone == 1 else 'have'} withdrawn")
    return words.sentence("; ".join(said) + ".")


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def reports_sentence(parties: pd.DataFrame) -> str:
    """Say how many initial reports were due and what became of them."""
    n = parties["report"].value_counts()
    if "not covered" in n:
        return "The tables do not cover transparency reports."
    due = int(n.drop("not due", errors="ignore").sum())
    if not due:
        return "No initial report has fallen due yet."
    said = []
    for word, text in (
        ("in time", "came in time"),
        ("late", "came late"),
        ("overdue", "is overdue|are overdue"),
    ):
        one, _, many = text.partition("|")
        if k := int(n.get(word, 0)):
            said.append(f"{words.spell(k)} {one if k == 1 or not many else many}")
            if word == "overdue":
                days, who = max(
                    (int(row.report_days), str(row.state))
                    for row in _tuples(parties[parties["report"] == word])
                )
                of = f"{who}, by {words.count(days, 'day')}"
                said[-1] += f" ({'longest ' if k > 1 else ''}{of})"
    if k := int(n.get("submitted", 0)):
        said.append(f"of {words.spell(k)} it is not known whether {_came(k)} in time")
    if k := int(n.get("unknown", 0)):
        said.append(f"of {words.spell(k)} nothing is on record")
    whose = words.count(due, "State Party", "States Parties")
    return f"Of {whose} whose initial report has fallen due, {words.listing(said)}."


def _came(n: int) -> str:
    return "it came" if n == 1 else "they came"


def laws_sentence(parties: pd.DataFrame) -> str:
    """Say how many States Parties have a law."""
    n = parties["law"].value_counts()
    if "not covered" in n:
        return "The tables do not cover national laws."
    if parties.empty:
        return ""
    said = [
        f"{words.spell(int(n[word]))} {text}"
        for word, text in (
            ("specific law", "to have a law for the treaty"),
            ("existing law", "to hold older laws to be enough"),
            ("in progress", "to be preparing one"),
            ("none", "to have none"),
        )
        if n.get(word, 0)
    ]
    total = words.count(len(parties), "State Party", "States Parties")
    if not said:
        return f"Of {total}, none is known to have a law or to lack one."
    k = int(n.get("unknown", 0))
    rest = f"; of {words.spell(k)} nothing is on record" if k else ""
    number, _, first = said[0].partition(" ")
    said[0] = f"{number} {'is' if number == 'one' else 'are'} known {first}"
    return f"Of {total}, {words.listing(said)}{rest}."


def views_sentence(parties: pd.DataFrame) -> str:
    """Say how many States Parties have stated a view on each question."""
    said = []
    for question, text in QUESTION_WORDS.items():
        n = parties[f"view_{question}"].value_counts()
        if "not covered" in n:
            return "The tables do not cover views on disputed questions."
        told = [(v, int(n[v])) for v in ("prohibited", "permitted", "other", "contradictory")
                if n.get(v, 0)]  # fmt: skip
        said.append(f"{text}: {words.listing([f'{k} {v}' for v, k in told]) or 'nobody'}")
    if parties.empty:
        return ""
    return (
        f"Views of States Parties on record, on {'; on '.join(said)}. "
        "A state without a statement may have a view all the same."
    )


def allegations_sentence(card: pd.DataFrame) -> str:
    """Say whom allegations are on record against."""
    if (card["allegation"] == "not covered").any():
        return "The tables do not cover allegations of use, production or transfer."
    accused = card[card["allegations"] > 0]
    if accused.empty:
        return "No allegation of use, production or transfer is on record."
    who = [
        f"{row.state} ({row.membership}; {row.allegation})" for row in _tuples(accused)
    ]  # fmt: skip
    return f"Allegations on record: {words.listing(who, limit=8)}."


def rests_sentence(card: pd.DataFrame, day: pd.Timestamp) -> str:
    """Say what the stockpile ratings rest on, late reports and unpublished numbers among it."""
    held = card[card["has_stock"]]
    if held.empty:
        return ""
    n = held["rests_on"].value_counts()
    said = [
        f"{words.spell(int(n[word]))} {text}"
        for word, text in (
            ("a report in time", "on an initial report that came in time"),
            ("a late report", "on one that came late"),
            ("no report", "on the word of others, the report being overdue"),
            ("a report", "on one of an unknown day"),
            ("a report, if in", "on a report that may not be in"),
            ("other sources", "on other sources, no report being due"),
        )
        if n.get(word, 0)
    ]
    total = words.count(len(held), "state")
    said = [f"in {text}" for text in said]
    if said:
        case = "case" if said[0].startswith("in one ") else "cases"
        said[0] = said[0].replace(" on ", f" {case} on ", 1)
    text = f"The ratings of {total} with stock rest {words.listing(said)}." if said else ""
    early = int((held["figures_early"] > 0).sum())
    if early:
        has = "has" if early == 1 else "have"
        text += (
            f" {words.sentence(words.spell(early))} of them {has} numbers that no source had "
            f"published by {words.day(day)} and that are taken as reported."
        )
    return text.strip()
