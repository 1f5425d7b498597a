"""The ratings of all states on the first day of every half-year, kept beside the reports.

The front page shows how ratings moved. They are computed from the tables, not read from
whatever reports happen to lie in the folder. That takes longer than a report, so what was
worked out is kept in ``<out>/<treaty>/history/`` for as long as tables, thresholds, rule
and the library itself stay the same; a later run adds the half-years that have come since.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import ordinal, plain, timestamp
from stockpile.common.output import csv_text, write_text
from stockpile.forecast.history import landmark_days
from stockpile.ledger.ledger import Ledger, Rule
from stockpile.ledger.load import load
from stockpile.pages.headline import with_stocks
from stockpile.rating.status import RATINGS, Thresholds, status
from stockpile.reports.manifest import code_hash
from stockpile.reports.workers import attempt, local_pool

FILE, COUNTS = "ratings.json", "ratings.csv"
#: A letter a rating, so that a day is a short text: for a State Party that had stocks, for
#: another state that had, and for a state without.
COUNTED = dict(zip("ABCDEFGHI", RATINGS, strict=True))
STOCKED = dict(zip("jklmnopqr", RATINGS, strict=True))
OTHERS = dict(zip("abcdefghi", RATINGS, strict=True))
_WORDS = COUNTED | STOCKED | OTHERS
#: The packages that ratings are made by: a changed line in them may rate otherwise.
_RATED_BY = ("common", "treaty", "ledger", "stock", "forecast", "rating")
#: A state that the tables did not yet know on a day.
_UNKNOWN = "."


@dataclass(frozen=True)
class History:
    """How the states of a treaty were rated on each of some days.

    Attributes
    ----------
    treaty : str
        Its id.
    days : list of str
        In order, ISO.
    states : dict
        Name of each state, by ISO code.
    ratings : dict
        For each day a letter a state, in the order of `states`.
    reasons : dict
        For each day the reasons of the states whose rating was another the time before.
    """

    treaty: str
    days: list[str]
    states: dict[str, str]
    ratings: dict[str, str]
    reasons: dict[str, dict[str, str]]

    def counts(self) -> pd.DataFrame:
        """How many States Parties that had stocks had each rating on each day."""
        rows = [
            (pd.Timestamp(day), rating, n)
            for day in self.days
            for letter, rating in COUNTED.items()
            if (n := self.ratings[day].count(letter))
        ]
        return pd.DataFrame(rows, columns=["as_of", "rating", "states"])

    def marks(self) -> dict[str, dict[str, Any]]:
        """What the last day says of each state on record."""
        last = zip(self.states.items(), self.ratings[self.days[-1]], strict=True)
        return {
            code: {
                "state": name,
                "rating": _WORDS[letter],
                "counted": letter in COUNTED,
                "stocked": letter in COUNTED or letter in STOCKED,
            }
            for (code, name), letter in last
            if letter in _WORDS
        }

    def changes(self) -> list[dict[str, Any]]:
        """Every change of a rating of a State Party that had stocks, or its leaving."""
        out = []
        for i in range(len(self.days) - 1, 0, -1):
            before, now = self.days[i - 1], self.days[i]
            rows = zip(self.states, self.ratings[before], self.ratings[now], strict=True)
            for code, old, new in rows:
                left = old in COUNTED and new in STOCKED
                if left or (new in COUNTED and _WORDS.get(old) != _WORDS[new]):
                    out.append(
                        {
                            "day": now,
                            "since": before,
                            "iso3": code,
                            "state": self.states[code],
                            "before": _WORDS.get(old, ""),
                            "after": "no longer a State Party" if left else _WORDS[new],
                            "reason": self._why(code, now, new, left),
                        }
                    )
        return out

    def _why(self, code: str, day: str, letter: str, left: bool) -> str:
        """Say why a rating changed; of a state that left, that it did and how its stock stood."""
        reason = self.reasons[day].get(code, "")
        # A stock that nobody is bound to destroy any more is given that very reason.
        if not left or _WORDS[letter] == "no obligation":
            return reason
        name = words.sentence(words.the(self.states[code]))
        return f"{name} has withdrawn from the treaty. {reason}".strip()


@dataclass(frozen=True)
class Asked:
    """Of which treaty the ratings over the years are asked for, and by which rules.

    Attributes
    ----------
    ledger : Ledger
        The whole of it.
    last : pandas.Timestamp
        The last day, that of the newest report.
    folder : pathlib.Path
        Where ``ratings.json`` and ``ratings.csv`` are kept.
    rule : {"reported", "published"}
        What 'known on a day' means.
    thresholds : Thresholds
        Of the ratings.
    """

    ledger: Ledger
    last: pd.Timestamp
    folder: Path
    rule: Rule = "reported"
    thresholds: Thresholds = field(default_factory=Thresholds)

    @functools.cached_property
    def days(self) -> list[str]:
        """The first days of the half-years before the last day, ISO.

        Those of the years are the days of `stockpile.track_record.scoring.past_ratings` too.
        """
        first = self.ledger.treaty.first_entry_into_force
        days = landmark_days(ordinal(first), ordinal(self.last))
        return [f"{timestamp(day):%Y-%m-%d}" for day in days]

    @functools.cached_property
    def states(self) -> dict[str, str]:
        """Name of each state, by ISO code."""
        return dict(self.ledger.rows("states", "iso3", "name"))

    @functools.cached_property
    def key(self) -> str:
        """Hash of all that the ratings rest on: tables, options, and the library's own code."""
        made_of = [self.ledger.data_hash, self.rule, asdict(self.thresholds)]
        text = json.dumps(made_of, sort_keys=True) + code_hash(*_RATED_BY)
        return hashlib.sha256(text.encode()).hexdigest()

    def kept(self) -> dict[str, Any]:
        """What was worked out before, by day; nothing where that rests on something else."""
        try:
            found = json.loads((self.folder / FILE).read_text(encoding="utf-8"))
            return dict(found["days"]) if found["key"] == self.key else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def rate_half_years(asked: Sequence[Asked], *, jobs: int = 1) -> None:
    """Rate all states of some treaties on the half-years that are not kept yet, and keep them.

    Day by day, each day for all treaties: a projection learns from what the other treaties
    had taught by its day, so that the work on a day is shared.

    Parameters
    ----------
    asked : sequence of Asked
    jobs : int
        Processes that work at once.
    """
    found = [one.kept() for one in asked]
    missing = [
        (day, number)
        for number, one in enumerate(asked)
        for day in one.days
        if day not in found[number]
    ]
    ways = tuple(_Way(one.ledger.folder, one.rule, one.thresholds, one.states) for one in asked)
    # A day each, for Januaries are known from the record of past ratings and take no time.
    days = groupby(sorted(missing), key=itemgetter(0) if jobs > 1 else lambda _: "all")
    parts = [_Part(tuple(pairs), ways) for _, pairs in days]
    for (day, number), letters in _rated(parts, jobs).items():
        found[number][day] = letters
    for number in sorted({number for _, number in missing}):
        one, rated = asked[number], found[number]
        _leave_out_reasons([rated[day] for day in one.days], list(one.states))
        text = json.dumps({"key": one.key, "days": {day: rated[day] for day in sorted(rated)}})
        write_text(one.folder / FILE, text + "\n")


def history(asked: Asked, newest: pd.DataFrame) -> History:
    """Return how all states were rated on every half-year up to a day.

    Parameters
    ----------
    asked : Asked
        Half-years that are not kept yet are rated here; see `rate_half_years`.
    newest : pandas.DataFrame
        The ratings of the last day, as `stockpile.status` returns them.
    """
    rate_half_years([asked])
    rated, states, end = asked.kept(), asked.states, f"{asked.last:%Y-%m-%d}"
    shown = {day: rated[day] for day in asked.days} | {end: _letters(newest, states)}
    _leave_out_reasons(list(shown.values()), list(states))
    found = History(
        asked.ledger.treaty.id,
        [*asked.days, end],
        states,
        {day: one["ratings"] for day, one in shown.items()},
        {day: one["reasons"] for day, one in shown.items()},
    )
    write_text(asked.folder / COUNTS, csv_text(found.counts()))
    return found


def _leave_out_reasons(rated: Sequence[dict[str, Any]], states: Sequence[str]) -> None:
    """Keep a reason where a rating changed; the others would be most of the file."""
    before = _UNKNOWN * len(states)
    for one in rated:
        pairs = zip(states, before, one["ratings"], strict=True)
        changed = {code for code, old, new in pairs if old != new}
        one["reasons"] = {code: why for code, why in one["reasons"].items() if code in changed}
        before = one["ratings"]


class _Way(NamedTuple):
    """Where a treaty is read, by which rules its states are rated, and which they are."""

    source: Path
    rule: Rule
    thresholds: Thresholds
    states: dict[str, str]


@dataclass(frozen=True)
class _Part:
    """Some of the days with the numbers of the treaties to rate, for one process."""

    wanted: tuple[tuple[str, int], ...]
    ways: tuple[_Way, ...]
    #: What stands in messages.
    name: str = "ratings over the years"


def _rated(parts: Sequence[_Part], jobs: int) -> dict[tuple[str, int], Any]:
    """Rate the states on some days, so many parts at once."""
    if len(parts) <= 1:
        return _rate(parts[0]) if parts else {}
    out: dict[tuple[str, int], Any] = {}
    with local_pool(jobs) as pool:
        for outcome in pool.map(functools.partial(attempt, _rate), parts):
            if outcome.problem:
                raise ValueError(outcome.problem)
            out |= outcome.result
    return out


def _rate(part: _Part) -> dict[tuple[str, int], Any]:
    """Rate all states of the treaties of a part on its days."""
    out = {}
    for day, number in part.wanted:
        source, rule, thresholds, states = part.ways[number]
        out[day, number] = _letters(status(load(source).as_of(day, rule), thresholds), states)
    return out


def _letters(rated: pd.DataFrame, states: dict[str, str]) -> dict[str, Any]:
    """A letter a state, and the reasons of those that had stocks."""
    rated = plain(rated)
    counted = set(with_stocks(rated)["iso3"])
    stocked = set(rated.loc[rated["had_stock"], "iso3"])
    rows = dict(zip(rated["iso3"], zip(rated["status"], rated["reason"], strict=True), strict=True))
    letters = []
    for code in states:
        if code not in rows:
            letters.append(_UNKNOWN)
            continue
        kind = COUNTED if code in counted else STOCKED if code in stocked else OTHERS
        letters.append(next(letter for letter, word in kind.items() if word == rows[code][0]))
    return {
        "ratings": "".join(letters),
        "reasons": {code: rows[code][1] for code in states if code in counted | stocked},
    }
