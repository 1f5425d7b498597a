"""What a ledger says beside stocks: membership, reports, laws, views and allegations."""

from __future__ import annotations

import pandas as pd

from stockpile.compliance import decisions
from stockpile.compliance.scorecard import allegations as accused
from stockpile.compliance.scorecard import membership as joined
from stockpile.compliance.scorecard import scorecard as side_by_side
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import Thresholds
from stockpile.results.form import States, as_of_a_day, result


def membership(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Say of each state whether the treaty binds it, and since when.

    Parameters
    ----------
    {ledger}
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state; ``since`` is ``NaT`` where that is not on record.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.membership(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> then.loc["CZE", "reason"]
    'State Party since 1 March 2012.'
    """
    then = as_of_a_day(ledger)
    return result("membership", joined(then), then, states)


def transparency(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Say of each state whether its initial transparency report is in, as of the ledger's day.

    The report is due on the day `Treaty.initial_report_due` gives; one that comes
    in on that day is in time, and a state is overdue from the day after. A report
    is called ``overdue`` only if a source says that it was not in when due;
    silence is ``unknown``. One told to the month or year is ``late`` or ``in
    time`` only if the whole of it is; otherwise it is ``submitted``, and whether
    in time is not known. Of several days of submission by sources equally near
    the first counts: the initial report is the first one, and a later day is
    that of an update.

    Parameters
    ----------
    {ledger}
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state; ``report`` is one of `stockpile.compliance.decisions.REPORTS`.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> reports = sp.transparency(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> reports.loc[["GBR", "PRT", "NER"], ["report", "days"]].values.tolist()
    [['in time', 0], ['late', 36], ['overdue', 447]]
    """
    then = as_of_a_day(ledger)
    return result("transparency", decisions.transparency(then), then, states)


def legislation(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Say of each state what is known of its implementing law, as of the ledger's day.

    The statement that speaks of the latest time decides, so that a law that a
    later one no longer knows of is taken as gone; a law of a year is taken to
    stand from then to the time its source speaks of. Of one day, the nearest
    source decides, then the one out last; where these contradict each other the
    answer is ``unknown``. A source that could not tell decides nothing.

    Parameters
    ----------
    {ledger}
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state; ``law`` is one of `stockpile.compliance.decisions.LAWS`. With an ``existing
        law`` the state holds that its older laws are enough.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> law = sp.legislation(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> law.loc[["GBR", "GIN"], "law"].tolist()
    ['specific law', 'unknown']
    """
    then = as_of_a_day(ledger)
    return result("legislation", decisions.legislation(then), then, states)


def views(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Say how each state reads the treaty on each disputed question, as of the ledger's day.

    The view stated last counts; of one day, that of the nearest source. Two
    contradicting views of one day by sources equally near are ``contradictory``.
    A state without a statement may well have a view: it is ``unknown``.

    Parameters
    ----------
    {ledger}
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state and question, of the `QUESTIONS` and `VIEWS` in
        `stockpile.compliance.decisions`.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> seen = sp.views(sp.load("ccm").as_of("2012-04-19"))
    >>> seen.loc[seen["view"] == "prohibited", ["iso3", "question"]].values.tolist()[0]
    ['AUT', 'transit_foreign_stockpiling']
    """
    then = as_of_a_day(ledger)
    return result("views", decisions.views(then), then, states)


def allegations(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Return each allegation of a forbidden act that was known, with the standing of the accused.

    Parameters
    ----------
    {ledger}
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a statement, sorted by state and day. Membership is that of the day of the act, or
        of the last day it may have been; as of the ledger's day where the source gives none.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> libya = sp.allegations(sp.load("ccm").as_of("2012-04-19")).query("iso3 == 'LBY'")
    >>> libya["assessment"].tolist()
    ['credible', 'denied', 'denied']
    """
    then = as_of_a_day(ledger)
    return result("allegations", accused(then), then, states)


def scorecard(
    ledger: Ledger, thresholds: Thresholds | None = None, *, states: States | None = None
) -> pd.DataFrame:
    """Put everything that is known of each state side by side, one row a state.

    Parameters
    ----------
    {ledger}
    thresholds : Thresholds, optional
        Of the stockpile ratings.
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state. ``allegations`` is missing where the folder does not cover them, and
        ``caveat`` empty where there is nothing to hold against the rating.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> card = sp.scorecard(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> card.loc["MKD", ["report", "rating", "rests_on"]].tolist()
    ['late', 'on target', 'a late report']
    """
    then = as_of_a_day(ledger)
    return result("scorecard", side_by_side(then, thresholds), then, states)
