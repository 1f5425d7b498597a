"""The report's first words: what a set of ratings amounts to, in whole sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import named_rows
from stockpile.common.plain import takes_results
from stockpile.rating.status import DONE

if TYPE_CHECKING:
    from stockpile.rating.changes import Changes

#: Up to this many states that are overdue are called by their names.
_NAMED = 2
#: In the order of the headline: what sources say first, then what is computed, then silence.
#: ``{who}`` is a number of states, or the names of those that are overdue.
_CLAUSES = {
    "overdue": "{who} {is_} overdue",
    "unconfirmed": "the deadline of {who} has passed without word since",
    "off target": "{who} {is_} off target",
    "at risk": "{who} {is_} at risk of missing the deadline",
    "on target": "{who} {is_} on target",
    "no data": "for {who} there is too little information for a rating",
    "no obligation": "{who} {has} no obligation",
}
#: The same groups where their states are listed.
_LISTED = {
    "overdue": "overdue",
    "unconfirmed": "deadline passed without word since",
    "off target": "off target",
    "at risk": "at risk",
    "on target": "on target",
    "no data": "too little information for a rating",
    "no obligation": "no obligation",
}
_PASSED = ("overdue", "unconfirmed")
_PARTY, _PARTIES = "State Party", "States Parties"


def with_stocks(status: pd.DataFrame) -> pd.DataFrame:
    """Return the States Parties that have or had stocks, or are rated as if they had.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    """
    rated = ~status["status"].isin(["no data", "no obligation"])
    return status[(status["membership"] == _PARTY) & (status["had_stock"] | rated)]


@takes_results
def headline_sentence(status: pd.DataFrame) -> str:
    """Sum up the ratings in a sentence that counts every State Party that had stocks.

    Facts come before what is computed, and a state is named only where a source says
    that it is late. The others have no deadline to miss.

    Examples
    --------
    >>> import stockpile as sp
    >>> headline_sentence(sp.status(sp.load("apmbc").as_of("2012-04-19"))).split(";")[0]
    'Three of 92 States Parties that had stocks are overdue'
    """
    parties = with_stocks(status)
    if parties.empty:
        return f"No {_PARTY} is known to have had stocks"
    done = parties[parties["status"].isin(DONE)]
    if len(done) == len(parties):
        return _all_done(done)
    total = f" of {words.count(len(parties), _PARTY, _PARTIES)} that had stocks"
    clauses = []
    for rating, clause in _CLAUSES.items():
        names = sorted(parties.loc[parties["status"] == rating, "state"])
        if not names:
            continue
        who, one = words.spell(len(names)), len(names) == 1
        if rating == "overdue" and len(names) <= _NAMED:
            who = words.listing(names)
        else:
            # A bare number needs its noun the first time it is used.
            who, total = who + total, ""
        is_, has = ("is", "has") if one else ("are", "have")
        clauses.append(clause.format(who=who, is_=is_, has=has))
    who = words.spell(len(done)) if len(done) else "none"
    have = "has" if len(done) <= 1 else "have"
    clauses.append(f"{who}{total} {have} finished{_how_finished(done)}")
    return words.sentence("; ".join(clauses))


def _how_finished(done: pd.DataFrame) -> str:
    """How many of those who have finished were late, and how many needed an extension."""
    if len(done) < 2:
        return ", late" if (done["status"] == "completed late").any() else ""
    late, extended = int((done["status"] == "completed late").sum()), len(_on_extension(done))
    parts = [f"{words.spell(late)} of them late"] if late else []
    if extended:
        of_them = "" if late else " of them"
        parts.append(f"{words.spell(extended)}{of_them} within an extended deadline")
    return f", {words.listing(parts)}" if parts else ""


def _all_done(done: pd.DataFrame) -> str:
    n = len(done)
    who = f"all {words.count(n, _PARTY, _PARTIES)}" if n > 1 else f"the one {_PARTY}"
    # Only where the last day that it can have been lies before the deadline.
    in_time = bool((done["completed"] <= done["deadline"]).all())
    late = (done["status"] == "completed late").any()
    timing = ", in time" if in_time and not late else ""
    have = "have" if n > 1 else "has"
    return words.sentence(
        f"{who} that had stocks {have} finished destroying them{timing}{_how_finished(done)}"
    )


def _on_extension(done: pd.DataFrame) -> pd.DataFrame:
    """Those of them that finished in time only because the deadline had been extended."""
    moved = done["deadline"] > done["original_deadline"]
    missed = done["completed"] > done["original_deadline"]
    return done[(done["status"] == "completed") & moved & missed]


@takes_results
def standfirst(
    status: pd.DataFrame, day: pd.Timestamp, members: pd.DataFrame | None = None
) -> list[str]:
    """Return the lead, at most three sentences: who, what comes next, who came and went.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    day : pandas.Timestamp
        The as-of day.
    members : pandas.DataFrame, optional
        As `stockpile.membership` returns it; it knows who gave notice of leaving.

    Examples
    --------
    >>> import pandas as pd, stockpile as sp
    >>> view = sp.load("ccm").as_of("2026-06-30")
    >>> lead = " ".join(standfirst(sp.status(view), view.day))
    >>> "Bulgaria" in lead and "met an extended one" in lead
    True
    """
    parties = with_stocks(status)
    remarks = [*_found_later(parties), *_extended(parties), *_unbound(status)]
    if members is not None:
        remarks += _leaving(members, day)
    out = [_names(parties), _next_deadline(parties, day), "; ".join(remarks)]
    return [f"{words.sentence(text)}." for text in out if text]


def _names(parties: pd.DataFrame) -> str:
    """Name the states behind the numbers of the headline, group by group."""
    out = []
    for rating, title in _LISTED.items():
        group = parties[parties["status"] == rating].sort_values("state")
        names = list(group["state"])
        if rating in _PASSED:
            names = [
                f"{row.state} (deadline {words.day(row.deadline)})"
                if pd.notna(row.deadline)
                else str(row.state)
                for row in named_rows(group)
            ]
        if names:
            limit = 12 if rating == "on target" else None
            out.append(f"{title}: {words.listing(names, limit=limit)}")
    return "; ".join(out)


def _next_deadline(parties: pd.DataFrame, day: pd.Timestamp) -> str:
    """Say which deadline of a state with stock left comes first."""
    due = parties[~parties["status"].isin(DONE) & (parties["deadline"] >= day)]
    if due.empty:
        return ""
    first = due["deadline"].min()
    names = sorted(due.loc[due["deadline"] == first, "state"])
    months = (first.year - day.year) * 12 + first.month - day.month - (first.day < day.day)
    away = words.count(months // 12, "year") if months >= 24 else words.count(months, "month")
    if months == 0:
        away = words.count((first - day).days, "day")
    noun = "the next deadline" if len(due) > 1 else "the deadline"
    return f"{noun} is that of {words.listing(names, limit=4)}: {words.day(first)}, {away} away"


def _found_later(parties: pd.DataFrame) -> Iterable[str]:
    """Say who had finished and has found stock since that is not yet destroyed."""
    left = parties.get("stock_left", pd.Series(False, index=parties.index))
    if found := sorted(parties.loc[parties["status"].isin(DONE) & left, "state"]):
        has = "has" if len(found) == 1 else "have"
        yield f"{words.listing(found)} finished and {has} found stock since"


def _extended(parties: pd.DataFrame) -> Iterable[str]:
    """Say who finished within an extended deadline after missing the original one."""
    if met := sorted(_on_extension(parties)["state"]):
        its = "its" if len(met) == 1 else "their"
        who = words.listing(met, limit=6)
        yield f"{who} missed {its} original deadline and met an extended one"


def _unbound(status: pd.DataFrame) -> Iterable[str]:
    """Say who finished and left, who finished without being bound, and who has yet to join."""
    done = status["status"].isin(DONE)
    left = status["membership"] == "withdrawn"
    free = ~left & (status["membership"] != _PARTY)

    def names(which: pd.Series) -> list[str]:
        return sorted(status.loc[status["had_stock"] & which, "state"])

    if gone := names(left & done):
        yield f"{words.listing(gone, limit=6)} finished and later withdrew from the treaty"
    if early := names(free & done):
        its = "its" if len(early) == 1 else "their"
        yield f"{words.listing(early, limit=6)} destroyed {its} stock without being bound"
    if other := names(~done & left):
        yield f"{words.listing(other, limit=6)} withdrew without having finished"
    if other := names(~done & free):
        is_, who = "is" if len(other) == 1 else "are", words.listing(other, limit=6)
        yield f"{who}, not bound by the treaty, {is_} known to have had stock"


def _leaving(members: pd.DataFrame, day: pd.Timestamp) -> Iterable[str]:
    """Say which States Parties have given notice of withdrawing or of suspending the treaty."""
    parties = members[members["membership"] == _PARTY]
    for act, what in (
        ("withdrawal_notified", "withdrawal"),
        ("suspension_notified", "suspending the treaty"),
    ):
        if names := sorted(parties.loc[parties[act] <= day, "state"]):
            has = "has" if len(names) == 1 else "have"
            yield f"{words.listing(names, limit=6)} {has} given notice of {what}"


@takes_results
def others_sentence(status: pd.DataFrame) -> str:
    """Say what is known of the States Parties that are not known to have had stocks.

    Examples
    --------
    >>> import stockpile as sp
    >>> others_sentence(sp.status(sp.load("ccm").as_of("2011-06-30"))).split(",")[0][-21:]
    ' other States Parties'
    """
    parties = status[status["membership"] == _PARTY]
    others = parties.drop(index=with_stocks(status).index)
    if others.empty:
        return ""
    silent = sorted(others.loc[others["status"] == "no data", "state"])
    none = len(others) - len(silent)
    if len(others) > 1 and none in (0, len(others)):
        who = f"the {words.count(len(others), '', 'other States Parties')}"
        if none:
            return f"{words.sentence(who)} have no stock to destroy."
        if len(silent) > 3:
            return f"These tables hold nothing on a stock of {who}."
    parts = []
    if none:
        parts.append(f"{words.spell(none)} {'has' if none == 1 else 'have'} no stock to destroy")
    if silent:
        who = words.listing(silent) if len(silent) <= 3 else words.spell(len(silent))
        parts.append(f"these tables hold nothing on a stock of {who}")
    which = (
        "the one other State Party"
        if len(others) == 1
        else (f"the {words.spell(len(others))} other States Parties")
    )
    return f"Of {which}, {'; '.join(parts)}."


@takes_results
def changes_sentences(changed: Changes) -> list[str]:
    """Sum up what changed, and say what the two sides of the comparison do not share.

    Examples
    --------
    >>> import stockpile as sp
    >>> now = sp.load("ccm").as_of("2024-01-01")
    >>> changed = sp.what_changed(sp.snapshot(now.as_of("2023-01-01")), sp.snapshot(now))
    >>> changes_sentences(changed)[0].split(", ")[0]
    'The rating of four states changed'
    """
    out = [f"{words.sentence(words.listing(_counted(changed)))}."]
    if changed.empty:
        out = ["Nothing changed: no rating, no figure and no statement."]
    out += _membership(changed.statements)
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


def _membership(statements: pd.DataFrame) -> Iterable[str]:
    """Say who left the treaty, suspended it, or gave notice of either."""
    parts, gone = [], set(statements.loc[statements["figure"] == "withdrew", "state"])
    for act, what in (
        ("withdrew", "withdrew from the treaty"),
        ("withdrawal_notified", "gave notice of withdrawal"),
        ("suspension_notified", "gave notice of suspending the treaty"),
    ):
        named = set(statements.loc[statements["figure"] == act, "state"])
        if names := sorted(named if act == "withdrew" else named - gone):
            parts.append(f"{words.listing(names)} {what}")
    if parts:
        yield f"{'; '.join(parts)}."
