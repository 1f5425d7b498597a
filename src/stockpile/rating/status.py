"""The rating of each state, with the sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_names
from stockpile.common.frames import as_dicts
from stockpile.forecast.projection import project
from stockpile.ledger.ledger import Ledger
from stockpile.rating.reasons import (
    _ago,
    _announced,
    _completed_on,
    _count,
    _day,
    _earliest,
    _holding,
    _leaving,
    _moved,
    _percent,
    _sentence,
)
from stockpile.stock.position import positions

#: The eight ratings, worst first where they are comparable.
RATINGS = (
    "overdue",
    "off target",
    "at risk",
    "on target",
    "completed late",
    "completed",
    "no data",
    "no obligation",
)
#: Those of a state that has finished, and of one that is known to have stock left.
DONE = ("completed", "completed late")
OPEN = ("overdue", "off target", "at risk", "on target")


@dataclass(frozen=True)
class Thresholds:
    """Where one rating ends and the next begins, in one place.

    Attributes
    ----------
    on_target : float
        Chance of finishing in time from which a state is ``on target``.
    at_risk : float
        Chance from which it is ``at risk``; below, it is ``off target``.
    recent_days : int
        A stock seen at most this long before the as-of day, just before the
        deadline, is too recent to be taken as gone.
    recent_share : float
        ... if at least this share of it was left then.
    strong_days, fair_days : int
        Age of the newest statement up to which evidence is strong, or fair.
    strong_reports : int
        Days on which the stock was spoken of that make evidence strong.

    Raises
    ------
    ValueError
        When the chances are not in order between 0 and 1.

    Examples
    --------
    >>> Thresholds(on_target=0.9).at_risk
    0.5
    >>> Thresholds(on_target=0.3)
    Traceback (most recent call last):
    ...
    ValueError: on_target is 0.3 and at_risk is 0.5; expected 0 < at_risk < on_target < 1
    """

    on_target: float = 0.85
    at_risk: float = 0.5
    recent_days: int = 366
    recent_share: float = 0.1
    strong_days: int = 550
    fair_days: int = 1100
    strong_reports: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.at_risk < self.on_target < 1:
            raise ValueError(
                f"on_target is {self.on_target} and at_risk is {self.at_risk}; "
                "expected 0 < at_risk < on_target < 1"
            )


@cached
def status(ledger: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Rate every state as of the ledger's day.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.

    Returns
    -------
    pandas.DataFrame
        One row a state, sorted by ``iso3``: ``iso3``, ``state``, ``membership``,
        ``status`` (one of `RATINGS`), ``unit`` (the count that decides),
        ``entry_into_force``, ``original_deadline``, ``deadline`` (in force),
        ``deadline_basis``, ``completed`` and its precision, ``declared``,
        ``destroyed``, ``remaining`` and their qualifiers, ``share_destroyed``,
        ``retained``, ``projected`` (median), ``earliest`` and ``latest`` (10 and
        90 per cent), ``p_on_time``, ``planned_completion`` (the state's own
        date), ``last_report``, ``reports``, ``evidence`` (``strong``, ``fair``,
        ``weak``, ``none``), ``has_stock`` (has or had any), ``reason`` (plain
        text), then ``declared_<unit>``, ``destroyed_<unit>``,
        ``remaining_<unit>`` and ``share_<unit>`` for each unit.

    Examples
    --------
    >>> import stockpile as sp
    >>> today = sp.status(sp.load("apmbc").as_of("2026-06-30")).set_index("iso3")
    >>> today.loc[["GRC", "UKR", "FIN", "BLR"], "status"].tolist()
    ['overdue', 'overdue', 'completed', 'completed late']
    """
    day = ledger.require_day()
    limits = thresholds or Thresholds()
    where, ahead = positions(ledger), project(ledger)
    shown = where.assign(
        projected=ahead["q50"],
        earliest=ahead["q10"],
        latest=ahead["q90"],
        p_on_time=ahead["p_on_time"],
        basis=ahead["reason"],
        has_stock=where["stock"].isin(["left", "gone"]),
    )
    rows = as_dicts(shown)
    rated = [_rate(row, day, limits) for row in rows]
    evidence = [_evidence(row, day, limits) for row in rows]
    out = shown.assign(
        status=pd.Series([r for r, _ in rated], dtype="str"),
        reason=pd.Series([why for _, why in rated], dtype="str"),
        evidence=pd.Series(evidence, dtype="str"),
    )
    return out[column_names("status", ledger.treaty.units)].sort_values("iso3", ignore_index=True)


def _rate(row: dict[str, Any], day: pd.Timestamp, limits: Thresholds) -> tuple[str, str]:
    """Rating and reason of one state."""
    state, stock, member = row["state"], row["stock"], row["membership"]
    deadline = row["deadline"]
    bound = member == "State Party"
    if stock == "gone":
        return _finished(row, day)
    if stock == "none":
        named = ""
        if bound and pd.notna(row["named_missed"]):
            named = (
                f" It was named as having missed its deadline of {_day(row['named_missed'])}, "
                "and was later found to hold nothing."
            )
        return "no obligation", f"{state} has no stock to destroy.{named}"
    if stock == "kept":
        return "no obligation", (
            f"{state} keeps all of its declared {_count(row, 'declared')} for training; "
            "nothing is left to destroy."
        )
    if not bound:
        what = "No stock is on record."
        if stock == "left":
            what = f"On record: {_holding(row)}."
        how = {
            "withdrawn": f"{state} has withdrawn from the treaty.",
            "signatory": f"{state} has signed but is not yet bound.",
        }.get(member, f"{state} is not bound by the treaty.")
        return "no obligation", f"{how} {what}"
    passed = pd.notna(deadline) and day > deadline
    # By a month, for a source may have the deadline a little early; the word that an
    # original deadline was missed is none on the one that it was extended to.
    slack = pd.Timedelta(days=31)
    named = (
        pd.notna(row["named_missed"])
        and pd.notna(deadline)
        and row["named_missed"] >= deadline - slack
    )
    if stock == "unknown":
        if passed and named:
            return "overdue", (
                f"A source names {state} as having missed its deadline of {_day(deadline)}; "
                "the size of its stock is not on record."
            )
        return "no data", (
            f"No statement on a stock of {state} is on record"
            + (f"; its deadline is {_day(deadline)}." if pd.notna(deadline) else ".")
        )
    if passed:
        return _past_deadline(row, day, limits, named)
    if not row["p_on_time"] >= 0:
        return "no data", f"{_sentence(_holding(row))}. No deadline is on record."
    chance = row["p_on_time"]
    return rating_of(chance, limits), " ".join(
        part
        for part in (
            f"{_sentence(_holding(row))}.",
            _announced(row),
            f"The chance of finishing by {_day(deadline)} is {_percent(chance)}.",
            _moved(row),
        )
        if part
    )


def rating_of(chance: float, limits: Thresholds) -> str:
    """Rate a chance of finishing in time.

    Examples
    --------
    >>> [rating_of(chance, Thresholds()) for chance in (0.99, 0.6, 0.1)]
    ['on target', 'at risk', 'off target']
    """
    if chance >= limits.on_target:
        return "on target"
    return "at risk" if chance >= limits.at_risk else "off target"


def _finished(row: dict[str, Any], day: pd.Timestamp) -> tuple[str, str]:
    """Rate a state that has finished: in time, late, or without being bound."""
    deadline, completed = row["deadline"], row["completed"]
    done = _completed_on(completed, row["completed_precision"])
    what = (
        f"Destroyed {_count(row, 'destroyed')}, completed" if row["destroyed"] > 0 else "Completed"
    )
    after = ""
    if pd.notna(row["reopened"]):
        first = row["first_completed"]
        before = f" It had finished by {_day(first)};" if pd.notna(first) else " More"
        after = f"{before} stock turned up by {_day(row['reopened'])}."
    if row["membership"] in ("signatory", "not party"):
        return "completed", f"{what} {done}, without being bound by the treaty.{after}"
    if pd.isna(deadline):
        return "completed", f"{what} {done}.{after}"
    start = _earliest(row)
    late = start > deadline
    met_first = pd.notna(row["first_completed"]) and row["first_completed"] <= deadline
    if late and met_first and row["reopened"] > deadline:
        return "completed", (
            f"{what} {done}. Its first stock was gone by {_day(row['first_completed'])}, "
            f"before the deadline of {_day(deadline)}; the rest turned up afterwards."
        )
    if late and row["clear_by_deadline"] and pd.isna(row["named_missed"]):
        return "completed", (
            f"{what} {done}. On its deadline of {_day(deadline)} it had declared "
            "nothing to destroy; this turned up, or was kept until, later."
        )
    if late:
        extended = " (extended)" if row["extensions"] else ""
        return "completed late", (
            f"{what} {done}, after the deadline of {_day(deadline)}{extended}.{after}"
        )
    if row["extensions"] and start > row["original_deadline"]:
        return "completed", (
            f"{what} {done}: it missed the original deadline of "
            f"{_day(row['original_deadline'])} and met the extended one of {_day(deadline)}.{after}"
        )
    if completed <= row["entry_into_force"]:
        return "completed", f"{what} {done}, before the treaty bound it.{after}"
    unsure = " as far as the record tells" if completed > deadline else ""
    return "completed", f"{what} {done}, in time for {_day(deadline)}{unsure}.{after}"


def _past_deadline(
    row: dict[str, Any], day: pd.Timestamp, limits: Thresholds, named: bool
) -> tuple[str, str]:
    """Rate a state with stock left on its record whose deadline has passed.

    A record that stops is not a record of failure: `overdue` needs a source that
    speaks of stock, or of a missed deadline, on or after the deadline.
    """
    deadline, seen = row["deadline"], row["stock_seen"]
    asked = ""
    if pd.notna(row["requested_deadline"]):
        asked = f" An extension to {_day(row['requested_deadline'])} was asked for."
    due = f"The deadline of {_day(deadline)} passed {_ago(day, deadline)}"
    if (pd.notna(seen) and seen >= deadline) or named:
        told = (
            f"stock left was spoken of as late as {_day(seen)}"
            if pd.notna(seen) and seen >= deadline
            else "a source names it as missed"
        )
        return "overdue", (
            f"{due}, and {told}. {_sentence(_holding(row))}."
            f"{_moved(row, ' ')}{asked}{_leaving(row)}"
        )
    newest = row["position_date"] if pd.notna(row["position_date"]) else row["last_report"]
    recent = (
        pd.notna(newest)
        and (day - newest).days <= limits.recent_days
        and not row["share_destroyed"] > 1 - limits.recent_share
    )
    if recent:
        return "overdue", (
            f"{due}. {_sentence(_holding(row))}: too much, too recently, to be gone.{asked}"
        )
    if pd.isna(row["last_report"]):
        return "no data", f"{due}. {_sentence(_holding(row))}; nothing later is on record.{asked}"
    return "no data", (
        f"{due}, but the record stops on {_day(row['last_report'])}. "
        f"{_sentence(_holding(row))}; whether it is gone is not known.{asked}"
    )


def _evidence(row: dict[str, Any], day: pd.Timestamp, limits: Thresholds) -> str:
    """How strongly a rating rests on what sources say."""
    last = row["last_report"]
    if row["declared_presumed"] and not row["reports"]:
        return "weak"
    if pd.isna(last):
        return "fair" if pd.notna(row["named_missed"]) else "none"
    if row["stock"] in ("gone", "none", "kept"):
        return "strong" if row["sources"] >= 2 else "fair"
    age = (day - last).days
    if age <= limits.strong_days and row["reports"] >= limits.strong_reports:
        return "strong"
    return "fair" if age <= limits.fair_days else "weak"
