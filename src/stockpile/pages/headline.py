"""The report's first words: what a set of ratings amounts to, in whole sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from stockpile.common import english as words
from stockpile.rating.status import DONE, OPEN

if TYPE_CHECKING:
    from stockpile.rating.changes import Changes

#: Up to this many states are called by their names.
_NAMED = 2
_PARTY, _PARTIES = "State Party", "States Parties"


def headline_sentence(status: pd.DataFrame) -> str:
    """Sum up the ratings in a sentence, trouble first.

    It speaks of States Parties that have or had stock; the others have no deadline
    to miss.

    Examples
    --------
    >>> import stockpile as sp
    >>> headline_sentence(sp.status(sp.load("apmbc").as_of("2026-06-30"))).split(";")[0]
    'Greece and Ukraine are overdue'
    """
    bound = _bound(status)
    total = len(bound)
    if total == 0:
        return f"No {_PARTY} is known to have had stock"
    done = bound[bound["status"].isin(DONE)]
    late = int((bound["status"] == "completed late").sum())
    if len(done) == total:
        return _all_done(done, late)
    groups = {r: bound.loc[bound["status"] == r, "state"].tolist() for r in OPEN}
    trouble = [(r, names) for r, names in groups.items() if names and r != "on target"]
    clauses = []
    for rating, names in trouble or [("on target", groups["on target"])]:
        who = words.listing(sorted(names)) if 0 < len(names) <= _NAMED else words.spell(len(names))
        said = "at risk of missing the deadline" if rating == "at risk" else rating
        if names:
            clauses.append(f"{who} {'is' if len(names) == 1 else 'are'} {said}")
    finished = _finished(len(done), total, late)
    if not clauses:
        return words.sentence(finished)
    first = words.listing(clauses)
    # A bare number needs its noun the first time it is used.
    rating, names = (trouble or [("on target", groups["on target"])])[0]
    if len(names) > _NAMED:
        number = words.spell(len(names))
        first = first.replace(
            f"{number} are", f"{number} of {words.count(total, _PARTY, _PARTIES)} with stock are", 1
        )
        finished = _finished(len(done), None, late)
    return words.sentence(f"{first}; {finished}")


def _bound(status: pd.DataFrame) -> pd.DataFrame:
    return status[status["has_stock"] & (status["membership"] == "State Party")]


def _finished(done: int, total: int | None, late: int) -> str:
    """How many have finished, and how many of them late."""
    who = words.spell(done) if done else "none"
    if total is not None:
        who += f" of {words.count(total, _PARTY, _PARTIES)} with stock"
    text = f"{who} {'has' if done == 1 else 'have'} finished"
    return f"{text}, {words.spell(late)} of them late" if late and done > 1 else text


def _all_done(done: pd.DataFrame, late: int) -> str:
    n = len(done)
    whole = (
        f"the one {_PARTY} with stock has finished destroying it"
        if n == 1
        else f"all {words.count(n, _PARTY, _PARTIES)} with stock have finished destroying it"
    )
    if late:
        return words.sentence(f"{whole}, {words.spell(late) + ' of them ' if n > 1 else ''}late")
    return words.sentence(f"{whole}, in time")


def standfirst(status: pd.DataFrame, day: pd.Timestamp) -> list[str]:
    """Return the sentences under the headline: who is in trouble, what comes next, who is silent.

    Examples
    --------
    >>> import pandas as pd, stockpile as sp
    >>> then = sp.load("ccm").as_of("2026-06-30")
    >>> said = " ".join(standfirst(sp.status(then), then.day))
    >>> "Bulgaria" in said and "extended deadline" in said
    True
    """
    bound = _bound(status)
    out = [*_trouble(bound), *_next_deadline(bound, day), *_extended(bound), *_unbound(status)]
    silent = status[(status["membership"] == "State Party") & (status["status"] == "no data")]
    if n := len(silent):
        few = f" ({words.listing(sorted(silent['state']))})" if n <= 3 else ""
        which = words.count(n, _PARTY, _PARTIES)
        out.append(
            f"On {which}{few} the record says too little to tell whether "
            f"{'it has' if n == 1 else 'they have'} stock left."
        )
    return out


def _trouble(bound: pd.DataFrame) -> list[str]:
    """Name the states behind the numbers of the headline."""
    out = []
    for rating in OPEN:
        names = sorted(bound.loc[bound["status"] == rating, "state"])
        if names and (len(names) > _NAMED or rating == "on target"):
            out.append(f"{words.sentence(rating)}: {words.listing(names, limit=12)}.")
    return out


def _next_deadline(bound: pd.DataFrame, day: pd.Timestamp) -> list[str]:
    """Say which deadline of a state with stock left comes first."""
    due = bound[~bound["status"].isin(DONE) & (bound["deadline"] >= day)]
    if due.empty:
        return []
    first = due["deadline"].min()
    names = sorted(due.loc[due["deadline"] == first, "state"])
    months = (first.year - day.year) * 12 + first.month - day.month - (first.day < day.day)
    away = words.count(months // 12, "year") if months >= 24 else words.count(months, "month")
    if months == 0:
        away = "less than a month"
    noun = "The next deadline" if len(due) > 1 else "The deadline"
    return [f"{noun} is that of {words.listing(names, limit=4)}: {words.day(first)}, {away} away."]


def _extended(bound: pd.DataFrame) -> list[str]:
    """Say who finished within an extended deadline after missing the original one."""
    moved = bound["deadline"] > bound["original_deadline"]
    missed = bound["completed"] > bound["original_deadline"]
    met = bound[(bound["status"] == "completed") & moved & missed]
    if met.empty:
        return []
    names = words.listing(sorted(met["state"]), limit=6)
    its = "its" if len(met) == 1 else "their"
    return [f"{names} missed {its} original deadline and met an extended deadline."]


def _unbound(status: pd.DataFrame) -> list[str]:
    """Say who finished and left, who finished without being bound, and who has yet to join."""
    done = status["status"].isin(DONE)
    left = status["membership"] == "withdrawn"
    free = ~left & (status["membership"] != "State Party")

    def names(which: pd.Series) -> list[str]:
        return sorted(status.loc[status["has_stock"] & which, "state"])

    out = []
    if gone := names(left & done):
        out.append(f"{words.listing(gone, limit=6)} finished and later withdrew from the treaty.")
    if early := names(free & done):
        out.append(
            f"{words.listing(early, limit=6)} destroyed {'its' if len(early) == 1 else 'their'} "
            "stock without being bound by the treaty."
        )
    if other := names(~done & (free | left)):
        has = "has stock and is" if len(other) == 1 else "have stock and are"
        out.append(f"{words.listing(other, limit=6)} {has} not bound by the treaty.")
    return out


def changes_sentences(changed: Changes) -> list[str]:
    """Sum up what changed, and say what the two sides of the comparison do not share.

    Examples
    --------
    >>> import stockpile as sp
    >>> now = sp.load("ccm").as_of("2024-01-01")
    >>> found = sp.what_changed(sp.snapshot(now.as_of("2023-01-01")), sp.snapshot(now))
    >>> changes_sentences(found)[0].split(", ")[0]
    'The rating of four states changed'
    """
    out = [f"{words.sentence(words.listing(_counted(changed)))}."]
    if changed.empty:
        out = ["Nothing changed: no rating, no figure and no statement."]
    if not changed.same_data:
        out.append(
            f"The tables themselves were changed since the report of {words.day(changed.since)}: "
            "what is new here may be older than that."
        )
    if not changed.same_thresholds:
        out.append("That report used other thresholds, which alone can change a rating.")
    return out


def _counted(changed: Changes) -> list[str]:
    """How much changed, part by part."""
    rated, new = len(changed.ratings), changed.statements
    parts = [
        f"the rating of {words.count(rated, 'state')} changed" if rated else "no rating changed"
    ]
    extended = int((changed.restated["change"] == "extended").sum())
    if n := len(changed.restated) - extended:
        parts.append(f"{words.count(n, 'figure')} {'was' if n == 1 else 'were'} restated")
    if n := extended:
        parts.append(f"{words.count(n, 'deadline')} {'was' if n == 1 else 'were'} extended")
    if n := len(new):
        on = words.count(new["iso3"].nunique(), "state")
        parts.append(f"{words.count(n, 'new statement')} on {on} became known")
    if n := len(changed.withdrawn_statements):
        parts.append(f"{words.count(n, 'statement')} {'is' if n == 1 else 'are'} no longer there")
    return parts
