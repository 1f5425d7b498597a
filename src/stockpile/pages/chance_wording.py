"""What the pages say of a chance: a word, how often it came true, and why it has changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import as_dicts
from stockpile.forecast.history import announcements, features
from stockpile.forecast.projection import chance_changes
from stockpile.rating.reasons import LIKELY, planned_late
from stockpile.stock.position import positions
from stockpile.track_record.scoring import own_words

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger, Rule

#: What a chance is made of, as `stockpile.chance_changes` parts it, in words.
_CAUSES = {
    "time": "the time that passed",
    "own_date": "its own date, its requests and its deadline",
    "own_stock": "what it reported of its stock",
    "others": "what other states did",
}
#: A change of the chance by less than so many points of a hundred is not worth a sentence.
_SMALL = 5


def record_words(rating: str, record: pd.DataFrame) -> str:
    """Say what the word for a chance has meant: how often such a rating came true.

    Examples
    --------
    >>> import pandas as pd
    >>> past = {"rating": ["on target"], "replays": [40], "states": [9], "came_true": [0.85]}
    >>> record_words("on target", pd.DataFrame(past))
    'In time: likely. Of 40 earlier cases rated on target (nine states), 34 met the deadline.'
    >>> record_words("at risk", pd.DataFrame(past))
    'In time: uncertain. No earlier case rated at risk has been decided under this treaty.'
    >>> record_words("overdue", pd.DataFrame(past))
    ''
    """
    if rating not in LIKELY:
        return ""
    for row in as_dicts(record[record["rating"] == rating]):
        cases, met = row["replays"], round(row["replays"] * row["came_true"])
        past = (
            f"Of {words.count(cases, 'earlier case')} rated {rating} "
            f"({words.count(row['states'], 'state')}), {words.spell(met) if met else 'none'} met "
            "the deadline."
        )
        return f"In time: {LIKELY[rating]}. {past}"
    return (
        f"In time: {LIKELY[rating]}. No earlier case rated {rating} has been decided under this "
        "treaty."
    )


def change_sentence(change: Mapping[str, Any], since: pd.Timestamp) -> str:
    """Say why the chance of being in time has changed; nothing of a small change.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"chance_before": 0.43, "time": -0.046, "own_date": -0.208, "own_stock": 0.0}
    >>> change_sentence(row | {"others": -0.01, "chance": 0.166}, pd.Timestamp("2020-01-01"))
    'Since 1 January 2020 its chance of being in time has fallen by 26 points of 100. Its own \
date, its requests and its deadline took 21; the time that passed took four; what other states \
did took one.'
    >>> change_sentence(row | {"own_date": 0.02, "others": 0.0, "chance": 0.41}, pd.NaT)
    ''
    """
    exact = {cause: 100 * change[cause] for cause in _CAUSES}
    total = round(100 * (change["chance"] - change["chance_before"]))
    if abs(total) < _SMALL:
        return ""
    # Whole points that add up: what rounding down leaves goes to those that lost most by it.
    points = {cause: math.floor(value) for cause, value in exact.items()}
    by_loss = sorted(points, key=lambda cause: points[cause] - exact[cause])
    for cause in by_loss[: total - sum(points.values())]:
        points[cause] += 1
    parts = [
        f"{_CAUSES[cause]} {'took' if value < 0 else 'added'} {words.spell(abs(value))}"
        for cause, value in sorted(points.items(), key=lambda item: -abs(item[1]))
        if value
    ]
    way = "risen" if total > 0 else "fallen"
    return (
        f"Since {words.day(since)} its chance of being in time has {way} by "
        f"{words.count(abs(total), 'point')} of 100. {words.sentence('; '.join(parts))}."
    )


def own_word(place: Mapping[str, Any], cases: int, met: int) -> str:
    """Say of a state that tells of being late how often such states were in time after all.

    ``cases`` and ``met``: how many such cases there were, and how many of them were in time; see
    `stockpile.track_record.scoring.own_words`.

    Examples
    --------
    >>> import pandas as pd
    >>> place = {"planned_completion": pd.NaT, "planned_precision": ""}
    >>> own_word(place, 16, 1)
    'It has asked for a later deadline; states whose own date or request lay beyond their \
deadline have been in time in one of 16 cases.'
    """
    late = planned_late(dict(place))
    told = "Its own date is after its deadline" if late else "It has asked for a later deadline"
    if not cases:
        return f"{told}; no case of a state that told so has been decided yet."
    return (
        f"{told}; states whose own date or request lay beyond their deadline have been in time in "
        f"{words.spell(met) if met else 'none'} of {words.count(cases, 'case')}."
    )


def if_kept(place: Mapping[str, Any], past: int, kept: int) -> str:
    """Say what a state's own date would come to, and how often such dates were kept.

    ``past`` and ``kept``: how many dates that states of the treaty announced are decided, and how
    many were kept. The state's own is ahead, and not wholly after its deadline.

    Examples
    --------
    >>> import pandas as pd
    >>> place = {"planned_completion": pd.Timestamp("2021-12-31"), "planned_precision": "year"}
    >>> if_kept(place | {"deadline": pd.Timestamp("2021-03-01")}, 8, 3)
    'If it keeps its own date, it may be in time or late. Of eight announced dates \
under this treaty whose outcome is known, three were kept.'
    """
    in_time = place["planned_completion"] <= place["deadline"]
    end = "is in time" if in_time else "may be in time or late"
    text = f"If it keeps its own date, it {end}."
    if past:
        were = "was" if kept == 1 else "were"
        text += (
            f" Of {words.count(past, 'announced date')} under this treaty whose outcome is known, "
            f"{words.spell(kept) if kept else 'none'} {were} kept."
        )
    return text


def why(row: Mapping[str, Any], place: Mapping[str, Any], then: Ledger) -> list[str]:
    """Say what a state's own word comes to and has been worth, and why its chance has changed."""
    if row["status"] not in LIKELY:
        return []
    where = positions(then)
    late = features(where[where["iso3"] == row["iso3"]], then)["late"].any()
    day, out = then.require_day(), []
    if place["planned_completion"] >= day and not planned_late(dict(place)):
        past = announcements(then)["kept"].dropna()
        out.append(if_kept(place, len(past), int(past.sum())))
    if late:
        out.append(own_word(place, *own_words(then)))
    # The newest first of January that is half a year back, as in the table.
    since = pd.Timestamp((day - pd.DateOffset(months=6)).year, 1, 1)
    if since >= then.treaty.first_entry_into_force:
        changes = chance_changes(then, then.as_of(since, cast("Rule", then.rule)))
        found = as_dicts(changes[changes["iso3"] == row["iso3"]])
        out += [change_sentence(change, since) for change in found]
    return out
