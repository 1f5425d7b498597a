"""The sentences that say why a state is rated as it is."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd


def _holding(row: dict[str, Any]) -> str:
    """What is declared, destroyed and left, in words."""
    declared, destroyed, left = row["declared"], row["destroyed"], row["remaining"]
    when = f" by {_day(row['position_date'])}" if pd.notna(row["position_date"]) else ""
    if math.isnan(declared) and math.isnan(destroyed) and math.isnan(left):
        if row["share_destroyed"] >= 0:
            return f"{_percent(row['share_destroyed'])} destroyed{when}"
        return "stock of an unknown size"
    if math.isnan(destroyed):
        if math.isnan(declared):
            return f"{_count(row, 'remaining')} left{when}"
        presumed = " (a figure published later)" if row["declared_presumed"] else ""
        if row["remaining_qualifier"] != "at_most" and left < declared:
            return f"{_count(row, 'declared')} declared{presumed}, {_number(left)} left{when}"
        return f"{_count(row, 'declared')} declared{presumed}; no destruction on record"
    if math.isnan(declared):
        rest = f", {_number(left)} left" if left >= 0 else "; how many are left is not on record"
        return f"{_count(row, 'destroyed')} destroyed{when}{rest}"
    share = row["share_destroyed"]
    if destroyed > 0 and left == declared:
        # Destroyed before the declaration, and so no part of what it counts.
        return (
            f"{_count(row, 'destroyed')} destroyed{when}; "
            f"{_number(declared, row['declared_qualifier'])} declared since, "
            f"{_number(left, row['remaining_qualifier'])} left"
        )
    part = f" ({_percent(share)})" if share >= 0 else ""
    at_most = "at most " if row["remaining_qualifier"] == "at_most" else ""
    return (
        f"{_number(destroyed, row['destroyed_qualifier'])} of {_count(row, 'declared')}{part} "
        f"destroyed{when}, {at_most}{_number(left)} left"
    )


def _announced(row: dict[str, Any]) -> str:
    """The state's own date, and whether it would be in time."""
    own = row["planned_completion"]
    if pd.isna(own):
        return ""
    if _period_start(own, row["planned_precision"]) > row["deadline"]:
        return f"Its own target, {_period(own, row['planned_precision'])}, is after the deadline."
    return f"Its own target is {_period(own, row['planned_precision'])}."


def _leaving(row: dict[str, Any]) -> str:
    """Notices that a state gave of withdrawing from the treaty or suspending it."""
    for act, word in (
        ("suspension_notified", "a suspension"),
        ("withdrawal_notified", "a withdrawal"),
    ):
        if pd.notna(row[act]):
            return f" It notified {word} of the treaty on {_day(row[act])}."
    return ""


def _moved(row: dict[str, Any], lead: str = "") -> str:
    """Whether the deadline was extended."""
    if not row["extensions"]:
        return ""
    return f"{lead}The original deadline was {_day(row['original_deadline'])}."


_UNIT_WORDS = {
    "cluster_munitions": ("cluster munition", "cluster munitions"),
    "submunitions": ("submunition", "submunitions"),
    "antipersonnel_mines": ("antipersonnel mine", "antipersonnel mines"),
}


def unit_words(unit: str, count: float = 2) -> str:
    """Name a unit as people write it.

    Examples
    --------
    >>> unit_words("antipersonnel_mines", 1)
    'antipersonnel mine'
    """
    plain = unit.replace("_", " ")
    one, many = _UNIT_WORDS.get(unit, (plain, plain))
    return one if count == 1 else many


def _count(row: dict[str, Any], figure: str) -> str:
    """A count with its qualifier and its unit."""
    value = row[figure]
    return f"{_number(value, row[f'{figure}_qualifier'])} {unit_words(row['unit'], value)}"


_QUALIFIED = {
    "approx": "about ",
    "at_least": "at least ",
    "at_most": "at most ",
    "nearly": "nearly ",
}


def _number(value: float, qualifier: str = "exact") -> str:
    return f"{_QUALIFIED.get(qualifier, '')}{value:,.0f}"


def _percent(share: float) -> str:
    """A share as people write it: never 0 or 100 for what is neither."""
    if 0 < share < 0.005:
        return "under 1 per cent"
    if 0.995 < share < 1:
        return "over 99 per cent"
    return f"{share:.0%}".replace("%", " per cent")


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%B %Y}"


def _period(day: pd.Timestamp, precision: str) -> str:
    """A day, month or year, as precise as it is known."""
    return {"month": f"{day:%B %Y}", "year": f"{day.year}"}.get(precision, _day(day))


def _completed_on(day: pd.Timestamp, precision: str) -> str:
    lead = {"day": "on", "month": "in", "year": "in"}.get(precision, "by")
    return f"{lead} {_period(day, precision)}"


def _earliest(row: dict[str, Any]) -> pd.Timestamp:
    """First day on which the completion may have happened."""
    if row["completed_precision"] in ("day", "month", "year"):
        return _period_start(row["completed"], row["completed_precision"])
    # True by then, the day itself unknown: not before stock was last spoken of.
    seen: pd.Timestamp = row["stock_seen"]
    bound: pd.Timestamp = row["entry_into_force"]
    return seen if pd.notna(seen) and seen <= row["completed"] else bound


def _period_start(day: pd.Timestamp, precision: str) -> pd.Timestamp:
    """First day on which a completion of that precision may have happened."""
    if precision == "month":
        return day.replace(day=1)
    if precision == "year":
        return day.replace(month=1, day=1)
    return day


def _ago(day: pd.Timestamp, then: pd.Timestamp) -> str:
    """How long ago, in the coarsest words that are true."""
    months = (day.year - then.year) * 12 + day.month - then.month - (day.day < then.day)
    if months >= 24:
        return f"{months // 12} years ago"
    if months >= 1:
        return "a month ago" if months == 1 else f"{months} months ago"
    days = (day - then).days
    return "a day ago" if days == 1 else f"{days} days ago"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
