"""The sentences that say why a state is rated as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from stockpile.common import english
from stockpile.common.english import dated, full_amount, sentence
from stockpile.common.frames import period_start, timestamp
from stockpile.stock.timelines import Completion

Row = dict[str, Any]

#: What a rating says of being in time, in a word.
LIKELY = {"on target": "likely", "at risk": "uncertain", "off target": "unlikely"}


def holding(row: Row) -> str:
    """What is declared, destroyed, gone otherwise and left, in words."""
    text = _figures(row) + elsewhere(row)
    later = row["declared_presumed"] and "published later" not in text
    return text + ". The declared figure was published later" * later


def _figures(row: Row) -> str:
    """What is declared, destroyed and left, in words."""
    declared, destroyed, left = row["declared"], row["destroyed"], row["remaining"]
    day: str = english.day(row["position_date"]) if pd.notna(row["position_date"]) else ""
    by, on = (f" by {day}", f" on {day}") if day else ("", "")
    # Of at least none destroyed nothing is known.
    if math.isnan(destroyed) or (destroyed == 0 and row["destroyed_qualifier"] == "at_least"):
        if math.isnan(declared):
            if left >= 0:
                return f"{count(row, 'remaining')} left{on}"
            if row["share_destroyed"] >= 0:
                return f"{_percent(row['share_destroyed'])} destroyed{by}"
            return "the size of its stock is not on record"
        text = f"{count(row, 'declared')} declared"
        text += " (a figure published later)" * row["declared_presumed"]
        if row["remaining_qualifier"] != "at_most" and left < declared:
            return f"{text}, {_left(row)}{on}"
        return f"{text}; no destruction on record"
    if math.isnan(declared):
        rest = f", {_left(row)}" if left >= 0 else "; how many are left is not on record"
        return f"{count(row, 'destroyed')} destroyed{by}{rest}"
    since = full_amount(declared, row["declared_qualifier"])
    if row["destroyed_qualifier"] == "at_most":
        # A period just before the declaration: which of the two it is nobody says.
        number = f"{full_amount(destroyed)} {english.unit(row['unit'], destroyed)}"
        return f"{number} destroyed{by}, before or out of the {since} declared since; {_left(row)}"
    if destroyed > 0 and left == declared:
        # Destroyed before the declaration, and so no part of what it counts.
        return f"{count(row, 'destroyed')} destroyed{by}; {since} declared since, {_left(row)}"
    if destroyed > declared:
        # More than was declared: a finding, and no share of anything.
        rest = f", {_left(row)}" if left >= 0 else "; whether any are left is not on record"
        return f"{count(row, 'destroyed')} destroyed{by}, {since} declared{rest}"
    # The share of a sentence is that of its two numbers. Where it rests on others, these two
    # are no part and whole: sources count a stock differently, or some of it is kept.
    whole = english.known(declared, row["declared_qualifier"])
    given = english.known(destroyed, row["destroyed_qualifier"]) / whole if whole else math.nan
    rest = f", {_left(row)}" if left >= 0 else "; whether any are left is not on record"
    if left >= 0 and abs(row["share_destroyed"] - given) >= 0.005:
        kept = ""
        if row["retained"] > 0 and math.isclose(destroyed + left + row["retained"], declared):
            kept = f", {full_amount(row['retained'])} of them kept for training"
        return f"{count(row, 'destroyed')} destroyed{by}{rest}; {since} were declared{kept}"
    if destroyed == 0 and not (left < declared or row["share_destroyed"] > 0):
        its = "its " if row["declared_qualifier"] == "exact" else ""
        return f"none of {its}{count(row, 'declared')} destroyed{by}"
    # One page has one share: where the two round differently, the sentence has its numbers alone.
    share = row["share_destroyed"]
    same = abs(share - given) < 0.005 and _percent(share) == _percent(given)
    part = f" ({_percent(given)})" if same else ""
    return (
        f"{full_amount(destroyed, row['destroyed_qualifier'])} of {count(row, 'declared')}{part} "
        f"destroyed{by}{rest}"
    )


def elsewhere(row: Row) -> str:
    """What was handed over or converted, and so not destroyed."""
    return "".join(
        f", {full_amount(row[figure])} {how}"
        for figure, how in (
            ("transferred", "handed to another state"),
            ("converted", "converted to what the treaty allows"),
        )
        if row[figure] > 0
    )


def _left(row: Row) -> str:
    """What is left; the difference to a rounded number is no better known than that."""
    left, qualifier = row["remaining"], row["remaining_qualifier"]
    if qualifier != "at_most":
        return f"{full_amount(left, '' if qualifier == 'exact' else qualifier)} left"
    rounded = row["declared_qualifier"] == "approx"
    return f"at most {full_amount(left, 'approx' if rounded else '')} left"


def still_held(row: Row) -> str:
    """What a state had when its stock was last spoken of."""
    known = row["remaining"] > 0 and row["remaining_qualifier"] != "at_most"
    on: Any = row["balance_on"] if pd.notna(row["balance_on"]) else row["position_date"]
    if known and pd.notna(on):
        return f"it still had {count(row, 'remaining')} on {english.day(on)}"
    return holding(row)


def exact_beside(row: Row, word: Any) -> str:
    """The exact count of what is left, as a sentence, beside a newer and vaguer word of it."""
    vague = word.qualifier != "exact" and word.unit == row["unit"]
    if not vague or row["remaining_qualifier"] != "exact" or row["remaining"] == word.value:
        return ""
    day: str = f", of {english.day(row['balance_on'])}" if pd.notna(row["balance_on"]) else ""
    return f" The newest exact figure is {count(row, 'remaining')}{day}."


def count(row: Row, figure: str) -> str:
    """A count with its qualifier and its unit."""
    value = row[figure]
    return f"{full_amount(value, row[f'{figure}_qualifier'])} {english.unit(row['unit'], value)}"


def nothing_known(row: Row, day: pd.Timestamp) -> str:
    """That no stock is on record of a state that is bound."""
    deadline = row["deadline"]
    tense = "was" if day > deadline else "is"
    when = dated(deadline, row["deadline_precision"])
    due: str = f"; its deadline {tense} {when}." if pd.notna(deadline) else "."
    if row["destroyed"] == 0 and pd.notna(row["position_date"]):
        by = english.day(row["position_date"])
        return f"None destroyed by {by}; how many it has is not on record{due}"
    if row["retained"] > 0:
        # What is kept says nothing of what was to be destroyed.
        kept = f"{full_amount(row['retained'])} {english.unit(row['unit'], row['retained'])}"
        who = sentence(english.the(row["state"]))
        return (
            f"{who} keeps {kept} for training, and these tables hold nothing else on its stock{due}"
        )
    return f"These tables hold no statement on a stock of {english.the(row['state'])}{due}"


def not_bound(row: Row) -> str:
    """That a state is not bound, as far as that is on record, and what it has."""
    name = english.the(row["state"])
    state = sentence(name)
    if row["membership"] == "withdrawn":
        how = f"{state} has withdrawn from the treaty."
    elif row["membership"] == "signatory":
        how = f"{state} has signed but is not yet bound."
    elif pd.notna(row["consented"]):
        how = f"{state} has consented and is not yet bound."
    else:
        how = f"No act by which {name} joined the treaty is on record."
    if row["stock"] == "left":
        if math.isnan(row["declared"]) and not (row["destroyed"] >= 0 or row["remaining"] >= 0):
            return f"{how} {sentence(holding(row))}."
        return f"{how} On record: {holding(row)}."
    return f"{how} These tables hold no statement on a stock."


def last_word(row: Row) -> Any:
    """The newest day on which a source speaks of a stock: with a figure, or with a plan for it."""
    return max((row[on] for on in ("last_report", "stock_seen") if pd.notna(row[on])), default=None)


def newest_word(row: Row, day: pd.Timestamp) -> str:
    """How old the newest word on a stock is, if it is not of the last half-year."""
    last = last_word(row)
    if pd.isna(last) or (day - last).days <= 184:
        return ""
    return f"The newest word on its stock, of {english.day(last)}, is {age(day, last)} old."


def announced(row: Row, day: pd.Timestamp) -> str:
    """The state's own date, and whether it would be in time."""
    plan, precision = row["planned_completion"], row["planned_precision"]
    if pd.isna(plan):
        return ""
    if planned_late(row):
        return f"Its own target, {dated(plan, precision)}, is after the deadline."
    return f"Its own target {'was' if plan < day else 'is'} {dated(plan, precision)}."


def planned_late(row: Row) -> bool:
    """Whether the state's own date lies after the deadline."""
    plan = row["planned_completion"]
    return bool(pd.notna(plan) and period_start(plan, row["planned_precision"]) > row["deadline"])


def likelihood(row: Row, rating: str, silent: bool) -> str:
    """How likely it is to be in time, in the word that goes with a rating.

    The bare number claims more than the past ratings support; how often ratings came true stands
    on the page.
    """
    deadline, precision, word = row["deadline"], row["deadline_precision"], LIKELY[rating]
    condition = "if it still has stock, " if silent else ""
    if precision in ("month", "year"):
        return (
            f"Its deadline lies in {dated(deadline, precision)}, the day is not on record; "
            f"{condition}finishing before that {precision} is {word}."
        )
    return sentence(f"{condition}finishing by {english.day(deadline)} is {word}.")


def moved(row: Row, lead: str = "") -> str:
    """Whether the deadline was extended."""
    if not row["extensions"]:
        return ""
    return f"{lead}The original deadline was {english.day(row['original_deadline'])}."


def asked(requests: Sequence[tuple[pd.Timestamp, pd.Timestamp]]) -> str:
    """The newest request for an extension that nobody is known to have decided."""
    if not requests:
        return ""
    on, to = requests[-1]
    until = f" to {english.day(to)}" if pd.notna(to) else ""
    return f"An extension{until} was asked for by {english.day(on)}; the decision is not on record."


def other_stocks(others: Sequence[tuple[str, Row]]) -> str:
    """What became of the stocks that a state has, or had, beside the one of the rating."""
    text = ""
    for name, row in others:
        if row["stock"] != "gone":
            text += f" Also open: {name}. {sentence(holding(row))}."
            continue
        much = f": {count(row, 'destroyed')} destroyed" if row["destroyed"] > 0 else ""
        day, precision = row["completed"], row["completed_precision"]
        when: str = f" {english.on_date(day, precision)}" if pd.notna(day) else ""
        text += f" Of its {name} nothing was left{when}{much}."
    return text


def on_the_way(steps: Sequence[tuple[str, float]]) -> str:
    """What came of the steps that were due: of each its outcome, and its per cent."""
    parts = []
    for outcome in ("met", "missed"):
        shares = [f"{percent:g}" for came, percent in steps if came == outcome]
        if shares:
            noun = "step" if len(shares) == 1 else "steps"
            parts.append(f"{outcome} the {noun} of {english.listing(shares)} per cent")
    return f"It {' and '.join(parts)}." if parts else ""


def leaving(row: Row) -> str:
    """Notices that a state gave of withdrawing from the treaty or suspending it."""
    for act, word in (
        ("suspension_notified", "a suspension"),
        ("withdrawal_notified", "a withdrawal"),
    ):
        if pd.notna(row[act]):
            return f" It notified {word} of the treaty on {english.day(row[act])}."
    return ""


def found_since(row: Row, episodes: Sequence[Completion], judged: int) -> str:
    """Stock that was found after a completion, and what became of it."""
    text = ""
    if judged and (found := episodes[judged].reopened) is not None:
        before = episodes[judged - 1].completed
        first = "" if before is None else f" It had finished by {english.day(timestamp(before))};"
        text = f"{first or ' More'} stock was found by {english.day(timestamp(found))}."
    if judged < len(episodes) - 1:
        newest = episodes[-1]
        found = newest.reopened
        when = "" if found is None else f" by {english.day(timestamp(found))}"
        text += f" More stock was found{when}, after the deadline"
        if row["stock"] == "gone":
            return f"{text}, and was gone by {english.day(row['completed'])}."
        if row["destroyed"] >= 0 or row["remaining"] >= 0:
            unknown = "; what became of it is not on record" * (row["remaining"] >= 0)
            return f"{text}. Of this stock: {holding(row)}{unknown}."
        return f"{text}: how much, and what became of it, is not on record."
    return text


def age(day: pd.Timestamp, then: pd.Timestamp) -> str:
    """How long ago, in the coarsest words that are true."""
    text = english.elapsed(then, day)
    return f"a {text.removeprefix('one ')}" if text.startswith("one ") else text


def ago(day: pd.Timestamp, then: pd.Timestamp) -> str:
    """As `age`, and 'ago'."""
    return f"{age(day, then)} ago"


def _percent(share: float) -> str:
    return english.percent(share, " per cent")
