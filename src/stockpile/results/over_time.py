"""How deadlines and ratings moved: extensions, and the rating of each state on past days."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.columns import column_types
from stockpile.ledger.ask import States, as_of_a_day, state_codes, whole_or_cut
from stockpile.ledger.ledger import Day, Ledger, Rule
from stockpile.rating.over_time import days_asked
from stockpile.rating.status import Thresholds, status
from stockpile.results.form import result
from stockpile.stock.obligations import chains


def extensions(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Return every longer deadline that a state asked for or got.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.

    Returns
    -------
    pandas.DataFrame
        A row for each deadline asked for or granted, by state and deadline. A deadline is granted
        where a source tells of the grant or of the deadline that it led to.

        {columns}

    Notes
    -----
    Of a treaty with several stocks, deadlines that sources name for one of them are left out.

    Examples
    --------
    >>> import stockpile as sp
    >>> longer = sp.extensions(sp.load("ccm").as_of("2026-06-30"), states="Bulgaria")
    >>> longer["new_deadline"].dt.strftime("%Y-%m-%d").tolist()
    ['2021-04-01', '2022-10-01', '2023-12-31']
    >>> longer["in_force"].tolist()
    [False, False, True]
    """
    then = as_of_a_day(ledger)
    names = dict(then.rows("states", "iso3", "name"))
    asked, granted = _acts(then, "extension_requested"), _acts(then, "extension_granted")
    links = chains(then)
    rows: list[tuple[Any, ...]] = []
    for iso3 in sorted({*links, *(code for code, _ in asked)}):
        head, chain = (iso3, names.get(iso3, iso3)), links.get(iso3, [])
        of_chain = set()
        for earlier, link in itertools.pairwise(chain):
            month = _month(link.deadline)
            of_chain.add(month)
            days = (*_first(asked, iso3, month), *_first(granted, iso3, month))
            moved = (earlier.deadline, link.deadline, link.precision, "granted")
            rows.append((*head, *moved, *days, link is chain[-1], link.sources))
        last: Any = chain[-1].deadline if chain else pd.NaT
        for (code, month), acts in asked.items():
            if code == iso3 and month not in of_chain:
                act = acts[0]
                moved = (last, act.new_deadline, act.new_precision, "asked for")
                ids = " ".join(sorted({one.source_id for one in acts}))
                rows.append((*head, *moved, act.date, act.precision, pd.NaT, "", False, ids))
    types = column_types("extensions")
    frame = pd.DataFrame(rows, columns=list(types)).astype(types)
    frame = frame.sort_values(["iso3", "new_deadline"], kind="stable", ignore_index=True)
    return result("extensions", frame, then, states)


class _Act(NamedTuple):
    """A request or a grant, as a source tells of it."""

    date: pd.Timestamp
    precision: str
    new_deadline: pd.Timestamp
    new_precision: str
    source_id: str


def _acts(ledger: Ledger, event: str) -> dict[tuple[str, pd.Period], list[_Act]]:
    """Requests or grants by state and by the month of the new deadline, the earliest first."""
    rows = ledger.events
    rows = rows[(rows["event"] == event) & rows["new_deadline"].notna()].sort_values("date")
    columns = ["date", "precision", "new_deadline", "new_deadline_precision", "source_id"]
    out: dict[tuple[str, pd.Period], list[_Act]] = {}
    for iso3, *cells in zip(rows["iso3"], *(rows[name] for name in columns), strict=True):
        act = _Act(*cells)
        out.setdefault((iso3, _month(act.new_deadline)), []).append(act)
    return out


def _month(day: pd.Timestamp) -> pd.Period:
    return day.to_period("M")


def _first(acts: dict[tuple[str, pd.Period], list[_Act]], iso3: str, month: pd.Period) -> Any:
    """The first day on which a state asked for, or got, a deadline in a month; its precision."""
    told = acts.get((iso3, month))
    return (told[0].date, told[0].precision) if told else (pd.NaT, "")


def rating_history(
    ledger: Ledger,
    days: Day | Iterable[Day] | None = None,
    *,
    states: States | None = None,
    rule: Rule | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """Rate states on each of some days, as they would have been rated then.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day that none of the days is after.
    days : day or iterable of days, optional
        Left out: each half-year from the treaty's entry into force, and the ledger's
        own day or that of its newest row.
    states : str or iterable of str, optional
        The states to keep, each by its name or code in any case; all if left out.
    rule : str, optional
        What 'known' means; left out, the ledger's own, or ``reported``.
    thresholds : Thresholds, optional
        Where one rating ends and the next begins.

    Returns
    -------
    pandas.DataFrame
        A row for each state and day, by state and then by day.

        {columns}

    Raises
    ------
    ValueError
        For a day that is after that of the ledger: it does not know it.

    See Also
    --------
    ratings_by_day : how many states had which rating.

    Examples
    --------
    >>> import stockpile as sp
    >>> past = sp.rating_history(sp.load("ccm"), ["2016-12-31", "2024-06-30"], states="Bulgaria")
    >>> past["status"].tolist()
    ['on target', 'completed']
    """
    known = whole_or_cut(ledger)
    codes = None if states is None else state_codes(states, known)
    types = column_types("rating_history")
    parts = []
    for day in days_asked(known, days):
        rated = status(known.as_of(day, rule or known.rule or "reported"), thresholds)
        if codes is not None:
            rated = rated[rated["iso3"].isin(codes)]
        parts.append(rated[list(types)].assign(as_of=day))
    out = pd.concat(parts) if parts else pd.DataFrame(columns=["as_of", *types])
    out = out.astype({"as_of": "datetime64[us]", **types})
    return result("rating_history", out.sort_values(["iso3", "as_of"], ignore_index=True), known)
