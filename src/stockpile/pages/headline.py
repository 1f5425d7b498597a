"""The report's first words: what a set of ratings amounts to, in whole sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import named_rows, period_start, takes_results
from stockpile.rating.status import DONE

#: Up to this many states that are overdue are called by their names in the headline.
_NAMED = 2
#: Up to so many names stand in a group of the lead; the picture below has them all.
_LISTED_NAMES = 8
#: The groups of the lead: what sources say first, then what is computed, then silence.
_LISTED = {
    "overdue": "overdue",
    "unconfirmed": "deadline passed without word since",
    "off target": "off target",
    "at risk": "at risk",
    "on target": "on target",
    "no data": "too little information for a rating",
    "no obligation": "no obligation",
}
PASSED = ("overdue", "unconfirmed")
_PARTY, _PARTIES = "State Party", "States Parties"


def with_stocks(status: pd.DataFrame) -> pd.DataFrame:
    """Return the States Parties that have or had stocks, or are rated as if they had."""
    rated = ~status["status"].isin(["no data", "no obligation"])
    return status[(status["membership"] == _PARTY) & (status["had_stock"] | rated)]


@takes_results
def headline_sentence(status: pd.DataFrame, day: pd.Timestamp | None = None) -> str:
    """Sum up the ratings in at most sixteen words, with facts alone.

    It says who has finished and who has missed a deadline. A chance is no fact and has no
    place in it, and a state is named only where a source says that it is late.

    With ``day`` it says how late who is late.

    Examples
    --------
    >>> import stockpile as sp
    >>> headline_sentence(sp.status(sp.load("apmbc").as_of("2012-04-19")))
    '88 of 92 States Parties that had stocks have finished; three are overdue, one unconfirmed'
    """
    parties = with_stocks(status)
    if parties.empty:
        return f"No {_PARTY} is known to have had stocks"
    done = parties[parties["status"].isin(DONE)]
    if len(done) == len(parties):
        return _all_done(done)
    late = parties[parties["status"] == "overdue"].sort_values("deadline")
    if day is not None and 0 < len(late) <= _NAMED:
        return _named_late(late, day)
    silent = int((parties["status"] == "unconfirmed").sum())
    total = words.count(len(parties), _PARTY, _PARTIES)
    who = words.spell(len(done)) if len(done) else "none"
    have = "has" if len(done) <= 1 else "have"
    text = f"{who} of {total} that had stocks {have} finished"
    if len(parties) == 1:
        text = f"the one {_PARTY} that had stocks has not finished"
    if len(late):
        text += f"; {words.spell(len(late))} {_is(late)} overdue"
        text += f", {words.spell(silent)} unconfirmed" if silent else ""
    elif silent:
        passed = "deadline" if silent == 1 else "deadlines"
        text += f"; {words.spell(silent)} {passed} passed without word"
    elif len(due := _due(parties, day)):
        text += f"; the next deadline is {words.dated(due['deadline'].min(), 'month')}"
    return words.sentence(text)


def _is(rows: pd.DataFrame) -> str:
    return "is" if len(rows) == 1 else "are"


def _named_late(late: pd.DataFrame, day: pd.Timestamp) -> str:
    """Name the one or two that are overdue, by how much, and what they have left."""
    ages = [words.elapsed(deadline, day) for deadline in late["deadline"]]
    who = words.states(late["state"])
    if len(ages) == 2 and all(age.endswith(" years") for age in ages):
        ages = [ages[0].removesuffix(" years"), ages[1]]
    text = f"{who} {_is(late)} {words.listing(ages)} overdue"
    exact = late["remaining_qualifier"].isin(["exact", "approx"])
    if late["unit"].nunique() == 1 and (exact & (late["remaining"] > 0)).all():
        amount = words.number(late["remaining"].sum())
        text += f", with {amount} {words.unit(str(late['unit'].iloc[0]))} left"
    return words.sentence(text)


def _due(parties: pd.DataFrame, day: pd.Timestamp | None) -> pd.DataFrame:
    """Those of them with stock left whose deadline is still to come."""
    open_ = parties[~parties["status"].isin(DONE) & parties["deadline"].notna()]
    if day is None:
        return open_[~open_["status"].isin(PASSED)]
    return open_[open_["deadline"] >= day]


def how_finished(done: pd.DataFrame) -> str:
    """Say how many of those who have finished were late, and how many needed an extension."""
    late, extended = int((done["status"] == "completed late").sum()), len(_on_extension(done))
    parts = [f"{words.spell(late)} late"] if late else []
    if extended:
        parts.append(f"{words.spell(extended)} within an extended deadline")
    return words.listing(parts)


def _all_done(done: pd.DataFrame) -> str:
    n = len(done)
    who = f"all {words.count(n, _PARTY, _PARTIES)}" if n > 1 else f"the one {_PARTY}"
    late = int((done["status"] == "completed late").sum())
    timing = ", in time" if _in_time(done) and not late else ""
    if late:
        timing = f", {words.spell(late)} of them late" if n > 1 else ", late"
    have = "have" if n > 1 else "has"
    return words.sentence(f"{who} that had stocks {have} finished destroying them{timing}")


def _in_time(done: pd.DataFrame) -> bool:
    """Whether the last day that it can have been lies before the deadline, for each of them."""
    return bool((done["completed"] <= done["deadline"]).all())


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

    ``members`` is what `stockpile.membership` returns: it knows who gave notice of leaving.

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
    out = [_names(parties), _next_deadline(parties, day), ". ".join(map(words.sentence, remarks))]
    return [f"{words.sentence(text)}." for text in out if text]


def _names(parties: pd.DataFrame) -> str:
    """Name the states behind the numbers of the headline, group by group."""
    out = []
    for rating, title in _LISTED.items():
        group = parties[parties["status"] == rating].sort_values("state")
        names = [words.the(name) for name in group["state"]]
        if rating in PASSED:
            names = [words.the(row.state) + _deadline_of(row) for row in named_rows(group)]
        if names:
            out.append(f"{title}: {words.listing(names, limit=_LISTED_NAMES)}")
    return "; ".join(out)


def _deadline_of(row: Any) -> str:
    due = words.dated(row.deadline, row.deadline_precision)
    return f" (deadline {due})" if pd.notna(row.deadline) else ""


def _next_deadline(parties: pd.DataFrame, day: pd.Timestamp) -> str:
    """Say which deadline of a state with stock left comes first."""
    due = _due(parties, day)
    if due.empty:
        return ""
    names, when, ahead = _next(due, day)
    noun = "the next deadline" if len(due) > 1 else "the deadline"
    return f"{noun} is that of {words.listing(names, limit=4)}: {when}, {ahead}"


def _next(due: pd.DataFrame, day: pd.Timestamp) -> tuple[list[str], str, str]:
    """Whose deadline comes first, when, and how far off it is."""
    first = due["deadline"].min()
    rows = due[due["deadline"] == first]
    precision = max(rows["deadline_precision"], key=("day", "month", "year").index)
    return _names_of(rows), words.dated(first, precision), away(first, day, precision)


def away(ahead: pd.Timestamp, day: pd.Timestamp, precision: str = "day") -> str:
    """Say how far off a coming day is; of one told to the month or year, its first day.

    Examples
    --------
    >>> import pandas as pd
    >>> away(pd.Timestamp("2012-04-20"), pd.Timestamp("2012-04-19"))
    'one day away'
    >>> away(pd.Timestamp("2012-04-30"), pd.Timestamp("2012-04-19"), "month")
    'at most 11 days away'
    """
    if ahead == day:
        return "today"
    begins = period_start(ahead, precision)
    if begins <= day:
        return f"at most {words.elapsed(day, ahead)} away"
    return f"{words.elapsed(day, begins)} away"


def _names_of(rows: pd.DataFrame) -> list[str]:
    """The names of states in alphabetical order, as they stand inside a sentence."""
    return [words.the(name) for name in sorted(rows["state"])]


def holds_stock(parties: pd.DataFrame) -> pd.Series:
    """Whether some stock is left, as far as the frame says."""
    return parties.get("stock_left", pd.Series(False, index=parties.index))


def _found_later(parties: pd.DataFrame) -> Iterable[str]:
    """Say who had finished and has found stock since that is not yet destroyed."""
    if found := _names_of(parties[parties["status"].isin(DONE) & holds_stock(parties)]):
        has = "has" if len(found) == 1 else "have"
        yield f"{words.listing(found)} finished and {has} found stock since"


def _extended(parties: pd.DataFrame) -> Iterable[str]:
    """Say who finished within an extended deadline after missing the original one."""
    if met := _names_of(_on_extension(parties)):
        its = "its" if len(met) == 1 else "their"
        who = words.listing(met, limit=6)
        yield f"{who} missed {its} original deadline and met an extended one"


def _unbound(status: pd.DataFrame) -> Iterable[str]:
    """Say who finished and left, who finished without being bound, and who has yet to join."""
    done = status["status"].isin(DONE)
    left = status["membership"] == "withdrawn"
    free = ~left & (status["membership"] != _PARTY)

    def names(which: pd.Series) -> list[str]:
        return _names_of(status[status["had_stock"] & which])

    if gone := names(left & done):
        yield f"{words.listing(gone, limit=6)} finished and later withdrew from the treaty"
    if early := names(free & done):
        its = "its" if len(early) == 1 else "their"
        yield f"{words.listing(early, limit=6)} destroyed {its} stock without being bound"
    if other := names(~done & left):
        yield f"{words.listing(other, limit=6)} withdrew without having finished"
    if other := names(~done & free):
        is_, who = "is" if len(other) == 1 else "are", words.listing(other, limit=6)
        yield f"{who}, not bound by the treaty, {is_} known to have had stocks"


def _leaving(members: pd.DataFrame, day: pd.Timestamp) -> Iterable[str]:
    """Say which States Parties have given notice of withdrawing or of suspending the treaty."""
    parties = members[members["membership"] == _PARTY]
    for act, what in (
        ("withdrawal_notified", "withdrawal"),
        ("suspension_notified", "suspending the treaty"),
    ):
        if names := _names_of(parties[parties[act] <= day]):
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
    silent = _names_of(others[others["status"] == "no data"])
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
def tiles(
    status: pd.DataFrame, stocks: list[dict[str, Any]], day: pd.Timestamp
) -> list[dict[str, str]]:
    """Return the three figures of the first screen: what is left, who has finished, what is due.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    stocks : list of dict
        For each unit ``unit``, ``declared``, ``remaining``, ``share_left``, ``states`` (that
        declared a number), ``bounded`` (whether ``remaining`` is the most that it can be) and
        ``unknown`` (how many of it are of stocks with no figure on destruction).
    day : pandas.Timestamp
        The as-of day.

    Returns
    -------
    list of dict
        ``big``, ``label`` and ``small``, each a text.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.load("apmbc").as_of("2026-06-30")
    >>> [tile["big"] for tile in tiles(sp.status(then), [], then.day)]
    ['3.7 million', '92 of 94', '2']
    """
    parties = with_stocks(status)
    done = parties[parties["status"].isin(DONE)]
    how = how_finished(done)
    finished = {
        "big": f"{len(done)} of {len(parties)}",
        "label": "States Parties that had stocks have finished",
        "small": how or ("all of them in time" if len(done) > 1 and _in_time(done) else ""),
    }
    over = len(parties) == len(done) and not holds_stock(parties).any()
    return [_left_tile(stocks, parties, over), finished, _deadline_tile(parties, done, day)]


def _left_tile(stocks: list[dict[str, Any]], parties: pd.DataFrame, over: bool) -> dict[str, str]:
    """How much is left to destroy; of further units a line."""
    if not stocks:
        left, none = parties[parties["remaining"] > 0], "no number was declared"
        exact = left["remaining_qualifier"].isin(["exact", "approx"]).all()
        if left.empty or left["unit"].nunique() > 1 or not exact:
            return {"big": "unknown", "label": "left to destroy", "small": none}
        return {
            "big": words.number(left["remaining"].sum()),
            "label": f"{words.unit(str(left['unit'].iloc[0]))} left to destroy",
            "small": f"in {words.count(len(left), 'state')}; {none}",
        }
    if over:
        declared = [f"{words.number(s['declared'])} {words.unit(s['unit'])}" for s in stocks[:2]]
        who = words.count(max(stock["states"] for stock in stocks), "state")
        return {
            "big": "0",
            "label": f"left of {words.listing(declared)}",
            "small": f"declared by {who}",
        }
    first, *more = stocks
    most = "at most, " if first["bounded"] else ""
    small = [
        f"{most}of {words.number(first['declared'])} declared by "
        f"{words.count(first['states'], 'state')}"
    ]
    if first["unknown"] > 0:
        small.append(f"of {words.number(first['unknown'])} no figure on destruction is known")
    for stock in more[:1]:
        most = "at most " if stock["bounded"] else ""
        small.append(
            f"{most}{words.number(stock['remaining'])} {words.unit(stock['unit'])} left of "
            f"{words.number(stock['declared'])}"
        )
    return {
        "big": words.number(first["remaining"]),
        "label": f"{words.unit(first['unit'])} left to destroy",
        "small": "; ".join(small),
    }


def _deadline_tile(parties: pd.DataFrame, done: pd.DataFrame, day: pd.Timestamp) -> dict[str, str]:
    """Which deadlines were missed or passed; or the next; or when the last stock was gone."""
    missed = parties[parties["status"].isin(PASSED)].sort_values("deadline")
    due = _due(parties, day)
    ahead = ""
    if len(due):
        names, when, off = _next(due, day)
        ahead = f"{words.listing(names, limit=3)}, {off}"
    if len(missed):
        late = int((missed["status"] == "overdue").sum())
        silent = len(missed) - late
        which = "passed without word" if silent else "missed"
        if late and silent:
            which = f"passed: {words.spell(late)} missed, {words.spell(silent)} without word"
        small = f"the oldest {words.elapsed(missed['deadline'].iloc[0], day)} ago"
        if ahead:
            small += f"; next: {when}, {ahead}"
        noun = "deadline" if len(missed) == 1 else "deadlines"
        return {"big": str(len(missed)), "label": f"{noun} {which}", "small": small}
    if ahead:
        return {"big": words.month(due["deadline"].min()), "label": "next deadline", "small": ahead}
    last = done.dropna(subset=["completed"]).sort_values("completed").tail(1)
    for row in named_rows(last):
        return {
            "big": words.month(row.completed),
            "label": "the last to finish",
            "small": words.the(row.state),
        }
    return {"big": "none", "label": "deadline to come", "small": ""}
