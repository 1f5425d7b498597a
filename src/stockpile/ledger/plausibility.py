"""Rows held against each other, against the treaty's rules and against their sources.

A row that passed `stockpile.treaty.folder` can be read; whether it can be right beside the
others is asked here. Public sources do contradict each other, so no row is
rejected for it: each finding is a warning of a named kind, with the row's file
and line, and changes no result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from stockpile.ledger import availability as filings
from stockpile.ledger import plausibility_counts as checks_counts
from stockpile.ledger.plausibility_counts import Found, ready, told
from stockpile.treaty.schema import FORWARD_EVENTS, MEMBERSHIP_ACTS

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger

#: Events that only happen to a state that the treaty binds.
_OF_PARTIES = ("deadline_stated", "deadline_missed", "extension_requested", "extension_granted")
#: Events that happen once, so that one source cannot have two days for them.
_ONCE = ("signed", "consented", "entered_into_force")


def doubts(ledger: Ledger) -> pd.DataFrame:
    """Return a warning for each row that can hardly be right beside the others.

    Parameters
    ----------
    ledger : Ledger
        Everything on record.

    Returns
    -------
    pandas.DataFrame
        ``file``, ``line``, ``kind``, ``message``, sorted; the warnings that the
        ledger has already are among them.

    Examples
    --------
    >>> import stockpile as sp
    >>> told = doubts(sp.load("ccm"))
    >>> told[told["kind"] == "stated deadline disagrees"]["message"].tolist()[0]
    'BGR: cmm2015-bgr-profile has 2019-04-30, the rule gives 2019-10-01'
    """
    quantities = ready(ledger.quantities)
    parts = [ledger.warnings, *(part for check in CHECKS for part in check(ledger, quantities))]
    # Pandas warns of empty frames beside others, for their columns have no type to go by.
    out = pd.concat([part for part in parts if len(part)] or [ledger.warnings])
    out = out.drop_duplicates()
    return out.sort_values(list(out.columns), kind="stable", ignore_index=True)


def _looked_up(values: pd.Series, keys: pd.Series) -> pd.Series:
    """Values by key; unlike `map` it keeps the type of the values where there is no row."""
    return values.reindex(keys).set_axis(keys.index)


def _published_early(ledger: Ledger, quantities: pd.DataFrame) -> Found:
    """A source cannot tell of what has not happened."""
    acts = ledger.events
    happened = acts[~acts["event"].isin((*FORWARD_EVENTS, *MEMBERSHIP_ACTS))]
    for rows, speaks in ((quantities, "period_end"), (happened, "date")):
        early = rows[rows["published"] < rows[speaks]]
        yield told(
            early,
            "published before what it tells",
            "{source_id} of {published} tells of {day}",
            day=early[speaks],
        )


def _known_on_no_day(ledger: Ledger, quantities: pd.DataFrame) -> Found:
    """Without a day of publication and a day of its own, a row is never known."""
    for rows in (quantities, ledger.events):
        never = rows[rows["known_published"].isna() & rows["known_reported"].isna()]
        yield told(
            never,
            "no day at all",
            "{source_id} has no day of publication and the row no date: it is on record, but "
            "known on no day",
        )


def _further_tables(ledger: Ledger, _: pd.DataFrame) -> Found:
    """What there is to say of reports, laws, views and allegations."""
    bound = ledger.bound["entry_into_force"]
    due = bound + pd.Timedelta(days=ledger.treaty.initial_days)
    for name in filings.TABLES:
        yield filings.doubts(name, getattr(ledger, name), due)


def _bound_disagrees(ledger: Ledger, _: pd.DataFrame) -> Found:
    """Entry into force follows from the day of consent."""
    acts = ledger.events
    stated = acts[acts["event"] == "entered_into_force"]
    ruled = _looked_up(ledger.bound["entry_into_force"], stated["iso3"])
    off = stated[ruled.notna() & (ruled != stated["date"])]
    yield told(
        off, "entry into force disagrees", "{date} is stated, the rule gives {ruled}", ruled=ruled
    )


def _consent_disagrees(ledger: Ledger, _: pd.DataFrame) -> Found:
    """A state consents once."""
    acts = ledger.events
    consent = acts[acts["event"] == "consented"]
    chosen = _looked_up(ledger.bound["consented"], consent["iso3"])
    off = consent[chosen != consent["date"]]
    yield told(off, "consent disagrees", "{date} is set aside for {chosen}", chosen=chosen)


def _deadline_disagrees(ledger: Ledger, _: pd.DataFrame) -> Found:
    """The original deadline follows from entry into force."""
    acts = ledger.events
    stated = acts[(acts["event"] == "deadline_stated") & (acts["value"] == "original")]
    bound = _looked_up(ledger.bound["entry_into_force"], stated["iso3"])
    due = bound + pd.DateOffset(years=ledger.treaty.years)
    differs = pd.Series(False, index=stated.index)
    for precision, period in (("day", "D"), ("month", "M"), ("year", "Y")):
        here = due.notna() & (stated["precision"] == precision)
        other = due[here].dt.to_period(period) != stated.loc[here, "date"].dt.to_period(period)
        differs.loc[other.index] = other
    yield told(
        stated[differs],
        "stated deadline disagrees",
        "{iso3}: {source_id} has {date}, the rule gives {due}",
        due=due,
    )


def _extension_of_nothing(ledger: Ledger, _: pd.DataFrame) -> Found:
    """An extension ends after the deadline that it extends."""
    acts = ledger.events
    granted = acts[(acts["event"] == "extension_granted") & acts["new_deadline"].notna()]
    bound = _looked_up(ledger.bound["entry_into_force"], granted["iso3"])
    due = bound + pd.DateOffset(years=ledger.treaty.years)
    yield told(
        granted[granted["new_deadline"] <= due],
        "extends nothing",
        "{iso3}: an extension to {new_deadline}, and the original deadline is {due}",
        due=due,
    )


def _no_party(ledger: Ledger, quantities: pd.DataFrame) -> Found:
    """A stock to be destroyed under the treaty is that of a state which it binds.

    One warning for each state, at its first row; none in a folder that tells of no
    state's consent.
    """
    parties = ledger.bound.index
    acts = ledger.events[ledger.events["event"].isin(_OF_PARTIES)]
    if not len(parties):
        return
    place = ["iso3", "file", "line"]
    for rows, what in ((quantities, "figures of its stock"), (acts, "deadlines or extensions")):
        others = rows.loc[~rows["iso3"].isin(parties), place].astype({"iso3": "str"})
        first = others.sort_values(place).drop_duplicates("iso3")
        counts = first["iso3"].map(others["iso3"].value_counts())
        message = f"{{iso3}}: no consent on record; rows with {what}: {{counts}}"
        yield told(first, "not a party on record", message, counts=counts)


def _one_source_two_days(ledger: Ledger, _: pd.DataFrame) -> Found:
    """One source cannot have two days for what happens once."""
    acts = ledger.events
    reopened = acts.loc[acts["event"] == "reopened", "iso3"]
    once = acts["event"].isin(_ONCE)
    once |= (acts["event"] == "completed") & ~acts["iso3"].isin(reopened)
    rows = acts[once & (acts["precision"] == "day")]
    first = rows.groupby(["source_id", "iso3", "event"])["date"].transform("min")
    yield told(
        rows[rows["date"] != first],
        "one source, two days",
        "{iso3}: {source_id} has {date} here, and elsewhere {first} for the same",
        first=first,
    )


def _done_before_declared(ledger: Ledger, quantities: pd.DataFrame) -> Found:
    """Stock is declared before it is gone. A declaration without a day is of the beginning."""
    declared = quantities[(quantities["measure"] == "declared") & (quantities["quantity"] > 0)]
    day = declared["period_end"].fillna(pd.Timestamp(1900, 1, 1))
    first = day.groupby(declared["iso3"].astype("str")).min()
    acts = ledger.events
    done = acts[(acts["event"] == "completed") & acts["date"].notna()]
    done = done.sort_values(["iso3", "date"], kind="stable").drop_duplicates("iso3")
    since = _looked_up(first, done["iso3"])
    yield told(
        done[since > done["date"]],
        "done before it was declared",
        "{iso3}: completed on {date}, and the first stock declared is of {since}",
        since=since,
    )


#: What rows are asked beside each other. Each takes the ledger and its quantities made ready,
#: and yields warnings.
CHECKS: tuple[Callable[[Ledger, pd.DataFrame], Found], ...] = (
    _published_early,
    _known_on_no_day,
    _further_tables,
    _bound_disagrees,
    _consent_disagrees,
    _deadline_disagrees,
    _extension_of_nothing,
    _no_party,
    checks_counts.one_source_two_numbers,
    _one_source_two_days,
    checks_counts.more_than_declared,
    checks_counts.falling_total,
    checks_counts.overlapping_periods,
    _done_before_declared,
    checks_counts.fewer_inside,
    checks_counts.declared_again,
)
