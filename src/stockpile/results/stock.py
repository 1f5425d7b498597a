"""What a ledger says of the stock of each state, as results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from stockpile.forecast import outlook, projection
from stockpile.ledger.ask import States, as_of_a_day, state_codes, whole_or_cut
from stockpile.ledger.ledger import Day, Ledger, Rule
from stockpile.rating import over_time
from stockpile.rating.status import Thresholds
from stockpile.rating.status import status as rated
from stockpile.results.form import result
from stockpile.stock.evidence import statements as statements_of
from stockpile.stock.progress import conflicts as disagreements
from stockpile.stock.progress import progress as lines


def status(
    ledger: Ledger, thresholds: Thresholds | None = None, *, states: States | None = None
) -> pd.DataFrame:
    """Rate every state as of the ledger's day.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        One row a state, sorted by code: ``treaty``, ``as_of``, ``iso3``, ``state``,
        ``region`` and ``subregion`` (UN M49), ``un_group`` (regional group), ``membership``,
        ``status`` (one of `RATINGS`, in their order), ``entry_into_force``,
        ``original_deadline``, ``deadline`` (in force) and its precision, ``deadline_basis``,
        ``completed`` and its precision,
        ``projected`` (median), ``earliest`` and ``latest`` (10 and 90 per cent),
        ``p_on_time``, ``planned_completion`` (the state's own date), ``last_report``,
        ``reports``, ``evidence`` (``none``, ``weak``, ``fair``, ``strong``), ``had_stock`` (has
        or had any), ``stock_left`` (stock is left, as far as is on record), ``reason`` (plain
        text); then ``declared_<unit>``, ``destroyed_<unit>``, ``remaining_<unit>`` and
        ``share_<unit>`` for each unit. Last stand the figures of the count that decides,
        which is another from state to state, so that they must not be added up: ``unit``,
        ``declared``, ``destroyed``, ``remaining`` and their qualifiers, ``share_destroyed``,
        ``retained``.

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
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        Sorted by state, unit and date: ``treaty``, ``as_of``, ``iso3``, ``state``, ``unit``,
        ``episode``
        (0, and one more for every time stock turned up after completion),
        ``date``, ``declared``, ``destroyed`` and ``remaining`` (counts, ``NaN``
        for unknown), ``share_destroyed`` (of the declared stock, 0 to 1), a
        qualifier for each count (``exact``, ``approx``, ``at_least``,
        ``at_most``, ``nearly``) and ``basis`` (what the row rests on:
        ``declared``, ``destroyed``, ``remaining``, ``reopened``, ``completed``;
        ``retained`` where all that is left is kept for training, ``with munitions``
        where a count ended with the items that held it).
        The first row of a state whose declaration is all that is known has
        ``destroyed`` unknown and ``remaining`` *at most* the declared stock.

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
    ledger : Ledger
        As of a day.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        Sorted by state, unit and figure; one row for each statement and each
        line it bears on: ``treaty``, ``as_of``, ``iso3``, ``state``, ``unit`` and ``episode``
        (missing and 0 where it speaks of no count), ``figure`` (a measure or an event),
        ``value``, ``qualifier`` (of an event, how precise its date is),
        ``period_start``, ``date`` (what it speaks of), ``new_deadline`` (asked
        for or granted), ``source_id``, ``kind`` and ``published`` of the source,
        ``role`` (``used``, ``agrees`` or ``set aside``) and ``why``.

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
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``as_of``, ``iso3``, ``state``, ``unit``, ``figure``, ``message``; one row for
        each
        statement that was set aside although it speaks of the same thing, and
        one for each finding on a line (more destroyed than declared, figures
        that do not add up), and one for each completion that a statement out later
        cannot be reconciled with.

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
    ledger : Ledger
        As of a day.
    history : sequence of Ledger, optional
        Other treaties, as of the same day, to learn from as well; the packaged
        ones if left out, none for ``[]``.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        One row a state: ``treaty``, ``as_of``, ``iso3``, ``state``, ``method``, ``as_of``,
        ``deadline``
        (in force on the day), ``time_used`` (share of the time that the treaty
        allows), ``q10`` to ``q90`` (days by which the chance of completion is
        10, 25, 50, 75 and 90 per cent; ``NaT`` where there is none to give, or
        beyond all experience), ``p_on_time`` (chance of finishing by the
        deadline in force, 0 to 1), ``planned_completion`` (the state's own
        date), ``p_by_plan`` (chance of keeping it), ``plans_past`` and
        ``plans_kept`` (dates that states of the treaty announced before, and
        how many were kept), ``pace_needed`` (share of the stock a year, from
        now to the deadline), ``pace_kept_by`` (comparable states that kept it
        to their end), ``comparables`` and ``comparables_in_time`` (states of
        the treaty that had stock at the same point of their time and whose
        original deadline is decided; how many met it), and ``reason``.

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
    ledger : Ledger
        As of a day.
    history : sequence of Ledger, optional
        As for `project`.
    years : int
        How many calendar years, the as-of day's own first.
    before : Ledger, optional
        The same treaty as of an earlier day, to see how the chances have changed.
    own_dates : mapping of str to day, optional
        By the name or code of a state a date that it might announce today: what the chances
        would then be.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``as_of``, ``iso3``, ``state``, ``year``, ``chance`` (of finishing in it)
        and ``chance_by`` (of having finished by its end); ``chance_before`` and
        ``chance_by_before``, the same as they were on the earlier day (missing without one, and
        for a state that was not projected then). A last row for each state,
        with ``year`` missing, holds the chance of finishing later than that.

    Examples
    --------
    >>> import stockpile as sp
    >>> peru = sp.chances(sp.load("ccm").as_of("2022-06-30"), years=3).query("iso3 == 'PER'")
    >>> peru["year"].dropna().tolist(), round(float(peru["chance"].sum()), 6)
    ([2022, 2023, 2024], 1.0)
    """
    then = as_of_a_day(ledger)
    dates = {state_codes(name, then)[0]: date for name, date in (own_dates or {}).items()}
    by_year = outlook.chances(then, history=history, years=years, before=before, own_dates=dates)
    return result("chances", by_year, then, states)


def chance_changes(ledger: Ledger, before: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Return why the chance of being in time has changed since an earlier day.

    One thing after another is moved from the earlier day to the later: the calendar alone; the
    state's own date, its requests and its deadline; what it reported of its stock; and what other
    states did, which also sets how large its stock looks beside theirs.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    before : Ledger
        The same treaty as of an earlier day.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        For each state projected on both days, before its deadline: ``treaty``, ``as_of``,
        ``iso3``, ``state``, ``chance_before``, then what ``time``, ``own_date``, ``own_stock`` and
        ``others`` added to it, and ``chance``. They add up.

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
    return result("chance_changes", outlook.chance_changes(then, earlier), then, states)


def missing_counts(
    ledger: Ledger, by: Day | None = None, *, states: States | None = None
) -> pd.DataFrame:
    """Return the chance that none, one, two ... of the states with stock miss their deadline.

    The states of a treaty share how fast it is, so that their fates hang together: none, or
    many, is more likely than it would be if each went its own way.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    by : day, optional
        Only of states whose deadline in force lies on this day or before; all if left out.
    states : str or iterable of str, optional
        Only of these states, each by its name or code in any case; of all if left out.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``as_of``, ``missing`` (how many), ``chance``, and ``alone``: the chance if
        no state told anything of another.

    Examples
    --------
    >>> import stockpile as sp
    >>> found = sp.missing_counts(sp.load("ccm").as_of("2016-01-01"))
    >>> round(float(found["chance"].sum()), 6)
    1.0
    """
    then = as_of_a_day(ledger)
    codes = None if states is None else state_codes(states, then)
    return result("missing_counts", outlook.missing_counts(then, by, codes), then)


def ratings_by_day(
    ledger: Ledger,
    days: Day | Iterable[Day] | None = None,
    *,
    rule: Rule | None = None,
    thresholds: Thresholds | None = None,
    with_stock: bool = True,
    states: States | None = None,
) -> pd.DataFrame:
    """Count the states with each rating on each of some days, as they would have been rated then.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day that none of the days is after.
    days : day or iterable of days, optional
        Left out: each half-year from the treaty's entry into force, and the ledger's
        own day or that of its newest row. Each costs about as much as one call of
        `stockpile.status`.
    rule : str, optional
        What 'known' means; left out, the ledger's own, or ``reported``.
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.
    with_stock : bool
        Count only the states known by the day to have or have had a stock; without
        it all that are on record.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        ``treaty``, ``as_of`` (each of the days), ``rating`` and ``states`` (how many);
        by day, then in the order of `stockpile.RATINGS`. Ratings that nobody has on
        a day have no row.

    Raises
    ------
    ValueError
        For a day that is after that of the ledger: it does not know it.

    Examples
    --------
    >>> import stockpile as sp
    >>> sp.ratings_by_day(sp.load("ccm"), "2022-06-30").set_index("rating")["states"].to_dict()
    {'on target': 3, 'unconfirmed': 1, 'completed': 37, 'no obligation': 1}
    """
    known = whole_or_cut(ledger)
    counts = over_time.ratings_by_day(
        known,
        days,
        rule=rule,
        thresholds=thresholds,
        with_stock=with_stock,
        states=None if states is None else state_codes(states, known),
    )
    return result("ratings_by_day", counts, known)
