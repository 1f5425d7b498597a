"""The ratings of all states on every half-year: worked out once, and kept beside the reports.

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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.common.output import csv_text, write_text
from stockpile.common.plain import plain
from stockpile.ledger.ledger import Ledger, Rule
from stockpile.ledger.load import load
from stockpile.pages.headline import with_stocks
from stockpile.rating.over_time import half_years
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
                            "reason": self._why(code, now, left),
                        }
                    )
        return out

    def _why(self, code: str, day: str, left: bool) -> str:
        """Say why a rating changed; of a state that left, that it did and how its stock stood."""
        reason = self.reasons[day].get(code, "")
        if not left or "has withdrawn from the treaty" in reason:
            return reason
        name = words.sentence(words.the(self.states[code]))
        return f"{name} has withdrawn from the treaty. {reason}".strip()


def history(
    ledger: Ledger,
    last: pd.Timestamp,
    newest: pd.DataFrame,
    folder: Path,
    *,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
    jobs: int = 1,
) -> History:
    """Rate all states on every half-year up to a day, and keep it in a folder.

    Parameters
    ----------
    ledger : Ledger
        The whole of it.
    last : pandas.Timestamp
        The last day, that of the newest report.
    newest : pandas.DataFrame
        The ratings of that day, as `stockpile.status` returns them.
    folder : pathlib.Path
        Where ``ratings.json`` and ``ratings.csv`` are kept.
    rule : {"reported", "published"}
        What 'known on a day' means.
    thresholds : Thresholds, optional
        Of the ratings.
    jobs : int
        Processes that work at once.
    """
    days = [f"{day:%Y-%m-%d}" for day in half_years(ledger, last)[:-1]]
    states = dict(ledger.rows("states", "iso3", "name"))
    key = _key(ledger, rule, thresholds or Thresholds())
    kept = _kept(folder / FILE, key)
    missing = [day for day in days if day not in kept]
    rated = kept | _rated(ledger, missing, states, rule, thresholds, jobs)
    end = f"{last:%Y-%m-%d}"
    shown = {day: rated[day] for day in days} | {end: _letters(newest, states)}
    before = _UNKNOWN * len(states)
    for one in shown.values():
        # A reason is asked for where a rating changed; the others would be most of the file.
        pairs = zip(states, before, one["ratings"], strict=True)
        changed = {code for code, old, new in pairs if old != new}
        one["reasons"] = {code: why for code, why in one["reasons"].items() if code in changed}
        before = one["ratings"]
    if missing:
        text = json.dumps({"key": key, "days": {day: rated[day] for day in sorted(rated)}})
        write_text(folder / FILE, text + "\n")
    found = History(
        ledger.treaty.id,
        [*days, end],
        states,
        {day: one["ratings"] for day, one in shown.items()},
        {day: one["reasons"] for day, one in shown.items()},
    )
    write_text(folder / COUNTS, csv_text(found.counts()))
    return found


def _key(ledger: Ledger, rule: str, thresholds: Thresholds) -> str:
    """Hash of all that the ratings rest on: tables, options, and the library's own code."""
    made_of = json.dumps([ledger.data_hash, rule, asdict(thresholds)], sort_keys=True)
    return hashlib.sha256((made_of + code_hash(*_RATED_BY)).encode()).hexdigest()


def _kept(path: Path, key: str) -> dict[str, Any]:
    """What an earlier run worked out, by day; nothing where that rests on something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return dict(found["days"]) if found["key"] == key else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@dataclass(frozen=True)
class _Part:
    """Some of the days, for one process; `name` stands in messages."""

    source: str | Path
    days: tuple[str, ...]
    states: dict[str, str]
    rule: Rule
    thresholds: Thresholds | None
    name: str = "ratings over the years"


def _rated(
    ledger: Ledger,
    days: Sequence[str],
    states: dict[str, str],
    rule: Rule,
    thresholds: Thresholds | None,
    jobs: int,
) -> dict[str, Any]:
    """Rate the states on some days, in so many processes."""
    parts = [
        _Part(ledger.folder, tuple(days[i::jobs]), states, rule, thresholds)
        for i in range(min(jobs, len(days)))
    ]
    if len(parts) <= 1:
        return _rate(parts[0]) if parts else {}
    out: dict[str, Any] = {}
    with local_pool(jobs) as pool:
        for outcome in pool.map(functools.partial(attempt, _rate), parts):
            if outcome.problem:
                raise ValueError(outcome.problem)
            out |= outcome.result
    return out


def _rate(part: _Part) -> dict[str, Any]:
    """Rate all states on the days of a part; this runs in a process of its own."""
    ledger = load(part.source)
    return {
        day: _letters(status(ledger.as_of(day, part.rule), part.thresholds), part.states)
        for day in part.days
    }


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
