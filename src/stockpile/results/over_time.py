"""How things moved: extensions, ratings on past days, and what changed between two days."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.columns import column_types, typed_frame
from stockpile.common.frames import plain_parts
from stockpile.ledger.ledger import Day, Ledger, Rule, parse_day
from stockpile.rating.changes import Changes
from stockpile.rating.changes import what_changed as compare
from stockpile.rating.snapshot import Snapshot
from stockpile.rating.snapshot import read_snapshot as read_back
from stockpile.rating.snapshot import snapshot as take
from stockpile.rating.status import RATINGS, Thresholds, status
from stockpile.results.form import (
    States,
    as_of_a_day,
    as_result,
    result,
    snapshot_origin,
    state_codes,
    whole_or_cut,
)
from stockpile.stock.obligations import chains


def extensions(ledger: Ledger, *, states: States | None = None) -> pd.DataFrame:
    """Return every longer deadline that a state asked for or got.

    Parameters
    ----------
    {ledger}
    {states}

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
    frame = typed_frame("extensions", rows).sort_values(
        ["iso3", "new_deadline"], kind="stable", ignore_index=True
    )
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
    {states}

    Returns
    -------
    pandas.DataFrame
        By day, then in the order of `stockpile.RATINGS`. Ratings that nobody has on a day have no
        row.

        {columns}

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
    codes = None if states is None else state_codes(states, known)
    rows: list[tuple[Any, ...]] = []
    for day in days_asked(known, days):
        rated = status(known.as_of(day, rule or known.rule or "reported"), thresholds)
        if with_stock:
            rated = rated[rated["had_stock"]]
        if codes is not None:
            rated = rated[rated["iso3"].isin(codes)]
        counts = rated["status"].value_counts()
        rows += [(day, rating, int(counts[rating])) for rating in RATINGS if rating in counts]
    types = {"as_of": "datetime64[us]", **column_types("ratings_by_day")}
    frame = pd.DataFrame(rows, columns=list(types)).astype(types)
    return result("ratings_by_day", frame, known)


def days_asked(ledger: Ledger, days: Any = None) -> list[pd.Timestamp]:
    """Days in their order: one, several, or the half-years; refuse one that is not known yet."""
    chosen = half_years(ledger) if days is None else days
    several = isinstance(chosen, Iterable) and not isinstance(chosen, str)
    asked = [parse_day(day) for day in (chosen if several else [chosen])]
    if ledger.day is not None and (late := [day for day in asked if day > ledger.day]):
        raise ValueError(
            f"the day {min(late):%Y-%m-%d} is after that of the ledger, {ledger.day:%Y-%m-%d}; "
            "expected days up to it"
        )
    return sorted(set(asked))


def half_years(ledger: Ledger, last: Any = None) -> list[pd.Timestamp]:
    """Last days of all half-years since the treaty's entry into force, and a last day.

    By default the ledger's own day or that of its newest row.

    Examples
    --------
    >>> import stockpile as sp
    >>> [f"{day:%Y-%m-%d}" for day in half_years(sp.load("ccm"), "2011-09-01")]
    ['2010-12-31', '2011-06-30', '2011-09-01']
    """
    if last is None:
        last = ledger.newest if ledger.day is None else ledger.day
    first, last = ledger.treaty.first_entry_into_force, pd.Timestamp(last)
    ends = [
        pd.Timestamp(year, month, day)
        for year in range(first.year, last.year + 1)
        for month, day in ((6, 30), (12, 31))
    ]
    return [*(end for end in ends if first <= end < last), last]


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
    {states}
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


def snapshot(then: Ledger, thresholds: Thresholds | None = None) -> Snapshot:
    """Return what is said of a treaty as of a ledger's day.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Of the ratings.

    Examples
    --------
    >>> import stockpile as sp
    >>> sp.snapshot(sp.load("ccm").as_of("2012-04-19")).treaty
    'ccm'
    """
    return _as_results(take(as_of_a_day(then), thresholds))


def read_snapshot(folder: str | Path) -> Snapshot:
    """Read back what an earlier report said.

    Parameters
    ----------
    folder : str or pathlib.Path
        Folder of a published report, with ``manifest.json``, ``status.csv``,
        ``progress.csv`` and ``statements.csv``.

    Returns
    -------
    Snapshot
        With the columns typed as the library's own; numbers that are not whole
        have the six digits that a report writes.

    Raises
    ------
    DataError
        When a file is missing, is not what a report writes, or is no longer the file that
        was published; the message names the file, the line and the column, what was found
        and what would be right.
    """
    return _as_results(read_back(folder))


def _as_results(taken: Snapshot) -> Snapshot:
    """A snapshot with its frames as results."""
    frames: dict[str, Any] = {
        name: as_result(name, getattr(taken, name), snapshot_origin(taken))
        for name in ("status", "progress", "statements")
    }
    return replace(taken, **frames)


def what_changed(before: Snapshot, now: Snapshot) -> Changes:
    """Compare two snapshots of a treaty.

    Parameters
    ----------
    before, now : Snapshot
        Of the same treaty and by the same rule; ``before`` as of an earlier day,
        or of the same day but from earlier tables.

    Returns
    -------
    Changes
        Its frames name the treaty and the later day, those of withdrawn statements the
        earlier one, which knew them; ``attrs`` has that day's data as well, and ``since``.

    Raises
    ------
    ValueError
        When the two cannot be compared.

    Examples
    --------
    >>> import stockpile as sp
    >>> now = sp.load("ccm").as_of("2024-01-01")
    >>> found = sp.what_changed(sp.snapshot(now.as_of("2023-01-01")), sp.snapshot(now))
    >>> found.ratings.set_index("iso3").loc["PER", ["before", "after"]].tolist()
    ['on target', 'completed']
    """
    for given in (before, now):
        if not isinstance(given, Snapshot):
            raise TypeError(
                f"expected two snapshots, got {type(given).__name__}; "
                "did you mean sp.snapshot(sp.load(...).as_of(...))?"
            )
    found = compare(plain_parts(before), plain_parts(now))
    frames: dict[str, Any] = {}
    for name, form, side in (
        ("ratings", "changes.ratings", now),
        ("restated", "changes.restated", now),
        ("statements", "statements", now),
        ("withdrawn_statements", "statements", before),
        ("deadlines", "changes.deadlines", now),
    ):
        frames[name] = as_result(form, getattr(found, name), snapshot_origin(side))
        frames[name].attrs["since"] = f"{before.day:%Y-%m-%d}"
    return replace(found, **frames)
