"""What a ledger says of the stock of each state, as results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from stockpile.forecast import projection
from stockpile.ledger.ledger import Day, Ledger
from stockpile.rating.status import Thresholds
from stockpile.rating.status import status as rated
from stockpile.results.form import States, as_of_a_day, result, state_codes, whole_or_cut
from stockpile.stock.progress import conflicts as disagreements
from stockpile.stock.progress import progress as lines
from stockpile.stock.progress import statements as statements_of


def status(
    ledger: Ledger, thresholds: Thresholds | None = None, *, states: States | None = None
) -> pd.DataFrame:
    """Rate every state as of the ledger's day.

    Parameters
    ----------
    {ledger}
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state, sorted by code. The last figures are those of the count that decides, which
        is another from state to state, so that they must not be added up.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> today = sp.status(sp.load("apmbc").as_of("2026-06-30")).set_index("iso3")
    >>> today.loc[["GRC", "UKR", "FIN", "BLR"], "status"].tolist()
    ['overdue', 'overdue', 'completed', 'completed late']
    """
    then = as_of_a_day(ledger)
    return result("status", rated(then, thresholds), then, states)


def progress(
    ledger: Ledger, *, explain: bool = False, states: States | None = None
) -> pd.DataFrame:
    """Reconcile the statements into one line per state and unit.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day.
    explain : bool
        Return the statements instead, one row for each and each line it bears
        on, with its ``role``: ``used``, ``agrees`` or ``set aside``, and ``why``.
    {states}

    Returns
    -------
    pandas.DataFrame
        Sorted by state, unit and date. The first row of a state whose declaration is all that is
        known has ``destroyed`` unknown and ``remaining`` *at most* the declared stock.

        {columns}

    Notes
    -----
    The order of preference stands in `stockpile.stock.reconcile`.

    Examples
    --------
    On 1 October 2013 the newest known position of the United Kingdom was that
    of 31 March; the submunitions were behind:

    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2013-10-01", "published")
    >>> uk = sp.progress(then).set_index(["iso3", "date"]).loc[("GBR", "2013-03-31")]
    >>> uk[["unit", "share_destroyed"]].round(2).values.tolist()
    [['cluster_munitions', 0.95], ['submunitions', 0.84]]
    """
    known = whole_or_cut(ledger)
    name = "statements" if explain else "progress"
    return result(name, lines(known, explain=explain), known, states)


def statements(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Return every statement known on the ledger's day, with its role.

    Parameters
    ----------
    {ledger}
    {states}

    Returns
    -------
    pandas.DataFrame
        Sorted by state, unit and figure; one row for each statement and each line it bears on.

        {columns}

    See Also
    --------
    stockpile.progress : with ``explain=True``, those behind the figures alone.

    Examples
    --------
    >>> import stockpile as sp
    >>> said = sp.statements(sp.load("ccm").as_of("2012-04-19")).query("iso3 == 'GBR'")
    >>> said.loc[said["figure"] == "consented", ["role", "why"]].values.tolist()
    [['used', 'day of consent']]
    """
    then = as_of_a_day(ledger)
    return result("statements", statements_of(then), then, states)


def conflicts(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Say where sources disagree, and which statement the figures rest on.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day.
    {states}

    Returns
    -------
    pandas.DataFrame
        One row for each statement that was set aside although it speaks of the same thing, one for
        each finding on a line (more destroyed than declared, figures that do not add up), and one
        for each completion that a statement out later cannot be reconciled with.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> found = sp.conflicts(sp.load("ccm").as_of("2026-06-30"))
    >>> "PER" in set(found["iso3"])
    True
    """
    known = whole_or_cut(ledger)
    return result("conflicts", disagreements(known), known, states)


def project(
    ledger: Ledger, *, history: Sequence[Ledger] | None = None, states: States | None = None
) -> pd.DataFrame:
    """Project when each state with stock left will have destroyed it.

    Parameters
    ----------
    {ledger}
    history : sequence of Ledger, optional
        Other treaties, as of the same day, to learn from as well; the packaged
        ones if left out, none for ``[]``.
    {states}

    Returns
    -------
    pandas.DataFrame
        One row a state. Days are ``NaT`` where there is none to give, or beyond all experience.

        {columns}

    See Also
    --------
    chances : the same distributions, by calendar year.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.project(sp.load("ccm").as_of("2013-10-01")).set_index("iso3")
    >>> bool(0.9 < then.loc["GBR", "p_on_time"] < 1)
    True
    >>> then.loc["GIN", "reason"]
    'Guinea is not yet bound by the treaty.'
    """
    then = as_of_a_day(ledger)
    return result("project", projection.project(then, history=history), then, states)


def chances(
    ledger: Ledger,
    *,
    history: Sequence[Ledger] | None = None,
    years: int = 10,
    before: Ledger | None = None,
    own_dates: Mapping[str, Day] | None = None,
    states: States | None = None,
) -> pd.DataFrame:
    """Return the chance of finishing in each calendar year, for each state with stock left.

    Parameters
    ----------
    {ledger}
    history : sequence of Ledger, optional
        As for `project`.
    years : int
        How many calendar years, the as-of day's own first.
    before : Ledger, optional
        The same treaty as of an earlier day, to see how the chances have changed.
    own_dates : mapping of str to day, optional
        By the name or code of a state a date that it might announce today: what the chances
        would then be.
    {states}

    Returns
    -------
    pandas.DataFrame
        A last row for each state, with ``year`` missing, holds the chance of finishing later than
        that. What it was before is missing without an earlier day, and for a state that was not
        projected then.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> peru = sp.chances(sp.load("ccm").as_of("2022-06-30"), years=3).query("iso3 == 'PER'")
    >>> peru["year"].dropna().tolist(), round(float(peru["chance"].sum()), 6)
    ([2022, 2023, 2024], 1.0)
    """
    then = as_of_a_day(ledger)
    dates = {state_codes(name, then)[0]: date for name, date in (own_dates or {}).items()}
    by_year = projection.chances(then, history=history, years=years, before=before, own_dates=dates)
    return result("chances", by_year, then, states)


def chance_changes(ledger: Ledger, before: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Return why the chance of being in time has changed since an earlier day.

    One thing after another is moved from the earlier day to the later: the calendar alone; the
    state's own date, its requests and its deadline; what it reported of its stock; and what other
    states did, which also sets how large its stock looks beside theirs.

    Parameters
    ----------
    {ledger}
    before : Ledger
        The same treaty as of an earlier day.
    {states}

    Returns
    -------
    pandas.DataFrame
        A row for each state projected on both days, before its deadline.

        {columns}

    Raises
    ------
    ValueError
        When the earlier ledger is of another treaty or of a later day.

    Examples
    --------
    >>> import stockpile as sp
    >>> ccm = sp.load("ccm")
    >>> why = sp.chance_changes(ccm.as_of("2020-07-01"), ccm.as_of("2020-01-01"), states="Peru")
    >>> bool(why["own_date"].item() < 0)  # it asked for more time
    True
    """
    then, earlier = as_of_a_day(ledger), as_of_a_day(before)
    if earlier.treaty.id != then.treaty.id or earlier.require_day() > then.require_day():
        raise ValueError(
            f"before is {earlier.treaty.id} as of {earlier.day:%Y-%m-%d}; expected "
            f"{then.treaty.id} as of {then.day:%Y-%m-%d} or earlier"
        )
    return result("chance_changes", projection.chance_changes(then, earlier), then, states)


def missing_counts(
    ledger: Ledger, by: Day | None = None, *, states: States | None = None
) -> pd.DataFrame:
    """Return the chance that none, one, two ... of the states with stock miss their deadline.

    The states of a treaty share how fast it is, so that their fates hang together: none, or
    many, is more likely than it would be if each went its own way.

    Parameters
    ----------
    {ledger}
    by : day, optional
        Only of states whose deadline in force lies on this day or before; all if left out.
    states : str or iterable of str, optional
        Only of these states, each by its name or code in any case; of all if left out.

    Returns
    -------
    pandas.DataFrame
        A row for each number of states.

        {columns}

    Examples
    --------
    >>> import stockpile as sp
    >>> found = sp.missing_counts(sp.load("ccm").as_of("2016-01-01"))
    >>> round(float(found["chance"].sum()), 6)
    1.0
    """
    then = as_of_a_day(ledger)
    codes = None if states is None else state_codes(states, then)
    return result("missing_counts", projection.missing_counts(then, by, codes), then)
