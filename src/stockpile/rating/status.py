"""The rating of each state, with the sentence that says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common import english
from stockpile.common.cache import cached
from stockpile.common.columns import column_names
from stockpile.common.english import dated, sentence
from stockpile.common.frames import as_dicts, ordinal, period_start, timestamp, tuples
from stockpile.forecast.projection import chances_since_word, project
from stockpile.ledger.ledger import Ledger
from stockpile.rating.lateness import Spoken, Word, pending_requests, spoken, weight
from stockpile.rating.reasons import (
    Row,
    age,
    ago,
    announced,
    asked,
    count,
    elsewhere,
    exact_beside,
    found_since,
    holding,
    last_word,
    leaving,
    likelihood,
    moved,
    newest_word,
    not_bound,
    nothing_known,
    on_the_way,
    other_stocks,
    planned_late,
    still_held,
)
from stockpile.stock.obligations import Link, chains
from stockpile.stock.position import positions, stock_positions
from stockpile.stock.progress import newest_statements
from stockpile.stock.steps import steps
from stockpile.stock.timelines import NO_STOCK, Completion, contradictions, stocks
from stockpile.treaty.rules import StockRule

#: The ratings, worst first where they are comparable.
RATINGS = (
    "overdue",
    "off target",
    "at risk",
    "on target",
    "unconfirmed",
    "no data",
    "completed late",
    "completed",
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
    overdue_months : int
        Age of the newest word that a state is late up to which it is ``overdue``; it
        is ``unconfirmed`` once that word is older.
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

    on_target: float = 0.70
    at_risk: float = 0.5
    overdue_months: int = 36
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
    """Rate every state as of the ledger's day; see `stockpile.status`."""
    day = ledger.require_day()
    limits = thresholds or Thresholds()
    if not isinstance(limits, Thresholds):
        raise TypeError(
            f"thresholds is {limits!r}; expected Thresholds(on_target=..., at_risk=...)"
        )
    where, ahead = positions(ledger), project(ledger)
    shown = where.assign(
        projected=ahead["q50"],
        earliest=ahead["q10"],
        latest=ahead["q90"],
        p_on_time=ahead["p_on_time"],
        p_since_word=where["iso3"].map(chances_since_word(ledger)),
        had_stock=where["stock"].isin(["left", "gone"]),
        stock_left=where["stock"] == "left",
    )
    cases = _cases(shown, ledger)
    rated = [
        (rating, why + other_stocks(case.others))
        for case in cases
        for rating, why in [_rate(case, day, limits)]
    ]
    evidence = [
        _evidence(case, day, limits, rating) for case, (rating, _) in zip(cases, rated, strict=True)
    ]
    out = shown.assign(
        status=pd.Series([rating for rating, _ in rated], dtype="str"),
        reason=pd.Series([why for _, why in rated], dtype="str"),
        evidence=pd.Series(evidence, dtype="str"),
    )
    # Nobody has spoken since the deadline: a date ahead would say that there is stock.
    known = out["status"] != "unconfirmed"
    for name in ("projected", "earliest", "latest", "p_on_time"):
        out[name] = out[name].where(known)
    return out[column_names("status", ledger.treaty.units)].sort_values("iso3", ignore_index=True)


class Case(NamedTuple):
    """What is known of one state when it is rated."""

    row: dict[str, Any]  # of `stockpile.stock.position.positions`, with the projection
    episodes: list[Completion]
    granted: pd.Timestamp  # when an extended deadline in force became known
    spoken: Spoken
    contradiction: str
    source_id: str  # of the newest figures
    publishers: dict[str, str]
    others: list[tuple[str, Row]]  # stocks beside the one that decides
    steps: list[tuple[str, float]]  # of that stock: what came of each, and its per cent

    def passed(self, day: pd.Timestamp) -> bool:
        """Whether the deadline is over; one told to the month or year, when all of it is."""
        return bool(day > self.row["deadline"])

    def missed(self) -> tuple[Word, ...]:
        """Words that the deadline in force was missed.

        By a month, for a source may have the deadline a little early; the word that an
        original deadline was missed is none on the one that it was extended to.
        """
        first = self.row["deadline"] - pd.Timedelta(days=31)
        return tuple(word for word in self.spoken.missed if word.until >= first)

    def balance(self) -> tuple[Word, ...]:
        """What is left by the newest figures, whichever of them a source gives."""
        row = self.row
        day = row["balance_on"] if pd.notna(row["balance_on"]) else row["position_date"]
        left, how = row["remaining"], row["remaining_qualifier"]
        if not left > 0 or how == "at_most" or pd.isna(day):
            return ()
        return (Word(day, "remaining", day, "day", left, how, row["unit"], self.source_id),)

    def requests(self) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Requests for more time that nobody is known to have decided."""
        return pending_requests(self.spoken, self.row["deadline"], self.granted)

    def judged(self) -> int:
        """Number of the episode that the deadline judges: the last that began by then."""
        deadline = self.row["deadline"]
        last = ordinal(deadline) if pd.notna(deadline) else math.inf
        numbers = [i for i, e in enumerate(self.episodes) if i == 0 or (e.reopened or 0) <= last]
        return numbers[-1] if numbers else 0


def _cases(shown: pd.DataFrame, ledger: Ledger) -> list[Case]:
    """Put together what is known of each state."""
    found, names = stocks(ledger), ledger.treaty.stocks
    words = {stock: spoken(ledger, stock) for stock in names}
    links = {stock: chains(ledger, stock) for stock in names}
    publishers = ledger.publishers
    against = contradictions(ledger)
    # A figure is of its own day; later words that say no more move the line, not it.
    newest = newest_statements(ledger)
    due: dict[str, list[tuple[str, str, float]]] = {}
    for iso3, *step in tuples(steps(ledger), "iso3", "stock", "outcome", "percent"):
        due.setdefault(iso3, []).append(tuple(step))
    cases = []
    for row, of_state in zip(as_dicts(shown), stock_positions(ledger), strict=True):
        iso3, stock = row["iso3"], row["stock_id"]
        on, source = newest.get((iso3, row["unit"]), (None, ""))
        cases.append(
            Case(
                row | {"balance_on": timestamp(on)},
                found.get(iso3, {}).get(stock, NO_STOCK).episodes,
                _granted(links[stock].get(iso3, [])),
                words[stock].get(iso3, Spoken()),
                against.get((iso3, stock)) or against.get((iso3, ""), ""),
                source,
                publishers,
                _others(stock, of_state, names),
                [(came, share) for name, came, share in due.get(iso3, []) if name in ("", stock)],
            )
        )
    return cases


def _others(
    decides: str, of_state: Mapping[str, Row], names: Mapping[str, StockRule]
) -> list[tuple[str, Row]]:
    """The stocks beside the one that decides: their names, and where they stand."""
    days = "position_date", "completed"
    return [
        (names[stock].one, row | {day: timestamp(row[day]) for day in days})
        for stock, row in sorted(of_state.items())
        if stock != decides and row["stock"] in ("left", "unknown", "gone")
    ]


def _granted(links: list[Link]) -> Any:
    """The day from which the deadline in force is known, if it is an extended one."""
    return links[-1].known if links and links[-1].basis == "extended" else pd.NaT


def _rate(case: Case, day: pd.Timestamp, limits: Thresholds) -> tuple[str, str]:
    """Rating and reason of one state."""
    row = case.row
    state, stock, bound = row["state"], row["stock"], row["membership"] == "State Party"
    if case.contradiction:
        return "no data", f"The sources cannot be reconciled. {case.contradiction}."
    found_later = stock == "left" and case.judged() < len(case.episodes) - 1
    if stock == "gone" or (found_later and case.episodes[case.judged()].completed is not None):
        return _finished(case)
    if stock == "none":
        text = f"No stock reported by {english.the(state)}."
        for word in case.missed()[-1:] if bound else ():
            text += (
                f" It was named as having missed its deadline of {word.due()}, and was later "
                "found to hold nothing."
            )
        return "no obligation", text
    if stock == "kept":
        kept = (
            f"{english.the(state)} keeps all of its declared {count(row, 'declared')} for training"
        )
        return "no obligation", sentence(f"{kept}; nothing is left to destroy.")
    if not bound:
        return "no obligation", not_bound(row)
    if pd.notna(row["deadline"]) and case.passed(day):
        return _past_deadline(case, day, limits)
    if stock == "unknown":
        return "no data", nothing_known(row, day)
    if pd.notna(row["suspension_notified"]):
        return "no data", f"{sentence(holding(row))}.{leaving(row)} It is given no projection."
    if pd.isna(row["deadline"]):
        return "no data", f"{sentence(holding(row))}. No deadline is on record."
    rating, requests = rating_of(row["p_on_time"], limits), case.requests()
    # Silence is no word that there is stock; a request for more time is one.
    silent = (
        rating == "off target"
        and row["p_since_word"] >= limits.at_risk
        and not requests
        and not planned_late(row)
    )
    parts = (
        f"{sentence(holding(row))}.",
        found_since(row, case.episodes, case.judged()).strip(),
        newest_word(row, day),
        announced(row, day),
        likelihood(row, rating, silent),
        moved(row),
        asked(requests),
        on_the_way(case.steps),
    )
    return "at risk" if silent else rating, " ".join(part for part in parts if part)


def rating_of(chance: float, limits: Thresholds) -> str:
    """Rate a chance of finishing in time.

    >>> [rating_of(chance, Thresholds()) for chance in (0.99, 0.6, 0.1)]
    ['on target', 'at risk', 'off target']
    """
    if chance >= limits.on_target:
        return "on target"
    return "at risk" if chance >= limits.at_risk else "off target"


def _finished(case: Case) -> tuple[str, str]:
    """Rate a state that has finished: in time, late, or without being bound."""
    row, number = case.row, case.judged()
    deadline, missed = row["deadline"], case.missed()
    episode = case.episodes[number] if case.episodes else None
    if episode is not None and episode.completed is not None:
        end, precision = timestamp(episode.completed), episode.precision
    else:
        end, precision = row["completed"], row["completed_precision"]
    last = number >= len(case.episodes) - 1
    what = "Completed"
    if last and row["destroyed"] > 0:
        what = f"Destroyed {count(row, 'destroyed')}{elsewhere(row)}, completed"
    elif last and elsewhere(row):
        what = sentence(f"{elsewhere(row).removeprefix(', ')}: none left")
    what = f"{what} {english.on_date(end, precision)}"
    after = found_since(row, case.episodes, number)
    if row["membership"] in ("signatory", "not party"):
        return "completed", f"{what}, without being bound by the treaty.{after}"
    if pd.isna(deadline):
        return "completed", f"{what}.{after}"
    due = dated(deadline, row["deadline_precision"])
    start = earliest(row, end, precision)
    if start > deadline or (missed and end > deadline):
        if row["clear_by_deadline"] and not missed:
            return "completed", (
                f"{what}. By its deadline of {due} it had declared nothing to destroy; this "
                f"turned up later, or was kept until then.{after}"
            )
        extended = " (extended)" if row["extensions"] else ""
        return "completed late", f"{what}, after the deadline of {due}{extended}.{after}"
    if end > period_start(deadline, row["deadline_precision"]):
        return "completed", (
            f"{what}. Its deadline was {due}; whether it met it is not on record.{after}"
        )
    if row["extensions"] and start > row["original_deadline"]:
        return "completed", (
            f"{what}. It missed the original deadline of {english.day(row['original_deadline'])} "
            f"and met the extended one of {due}.{after}"
        )
    if end <= row["entry_into_force"]:
        return "completed", f"{what}, before the treaty bound it.{after}"
    return "completed", f"{what}, in time for {due}.{after}"


def earliest(row: dict[str, Any], end: pd.Timestamp, precision: str) -> pd.Timestamp:
    """First day on which a completion may have happened."""
    if precision in ("day", "month", "year"):
        return period_start(end, precision)
    # True by then, the day itself unknown: not before stock was last spoken of.
    seen: pd.Timestamp = row["stock_seen"]
    bound: pd.Timestamp = row["entry_into_force"]
    return seen if pd.notna(seen) and seen <= end else bound


def _past_deadline(case: Case, day: pd.Timestamp, limits: Thresholds) -> tuple[str, str]:
    """Rate a state that is not known to have finished, once its deadline has passed.

    A record that stops is not a record of failure: `overdue` needs a source that
    speaks of stock on or after the deadline or names it as missed, not too long ago,
    and no request for more time that nobody is known to have decided.
    """
    row = case.row
    deadline, stock = row["deadline"], row["stock"]
    due = dated(deadline, row["deadline_precision"])
    due = f"The deadline of {due} passed {ago(day, deadline)}"
    # A source that was not out by the day accuses nobody on it, whatever it says of the past.
    named = [word for word in case.missed() if word.day > word.until]
    words = [word for word in (*case.balance(), *case.spoken.stock) if word.day >= deadline]
    words += named
    word = max(words, key=weight, default=None)
    pending = [
        (on, to)
        for on, to in case.requests()
        if pd.isna(to) or day <= to or word is None or word.newest <= to
    ]
    if stock == "unknown":
        held = " The size of its stock is not on record."
    else:
        # A balance is said once, as its source has it.
        if word is not None and word.kind == "remaining":
            held = exact_beside(row, word)
        else:
            held = f" {sentence(still_held(row))}."
        held += found_since(row, case.episodes[: case.judged() + 1], case.judged())
    request = f" {asked(pending)}" if pending else ""
    way = on_the_way(case.steps)
    tail = f"{moved(row, ' ')}{request}{leaving(row)}" + f" {way}" * bool(way)
    if word is None and stock == "unknown":
        return "no data", nothing_known(row, day)
    if word is None:
        since = last_word(row)
        silence = (
            f"no source has spoken of its stock since {english.day(since)}"
            if pd.notna(since)
            else ("nothing later is on record")
        )
        return "unconfirmed", f"{due}, and {silence}.{held}{tail}"
    text = word.text(case.publishers)
    if row["clear_by_deadline"]:
        return "unconfirmed", (
            f"{due}; on it, the state had declared nothing to destroy. Since then, {text}.{tail}"
        )
    if pending:
        return "unconfirmed", f"{due}. {sentence(text)}.{held}{tail}"
    if day > word.newest + pd.DateOffset(months=limits.overdue_months):
        return "unconfirmed", (
            f"{due}. The newest word that it was late is {age(day, word.newest)} old. "
            f"{sentence(text)}.{held}{tail}"
        )
    return "overdue", f"{due}. {sentence(text)}.{held}{tail}"


def _evidence(case: Case, day: pd.Timestamp, limits: Thresholds, rating: str) -> str:
    """How strongly a rating rests on what sources say."""
    row = case.row
    last = row["last_report"]
    if case.contradiction or (row["declared_presumed"] and not row["reports"]):
        return "weak"
    if pd.isna(last):
        return "fair" if rating == "overdue" or case.missed() else "none"
    if row["stock"] in ("gone", "none", "kept"):
        return "strong" if row["sources"] >= 2 else "fair"
    since = (day - last).days
    if since <= limits.strong_days and row["reports"] >= limits.strong_reports:
        return "strong"
    return "fair" if since <= limits.fair_days else "weak"
