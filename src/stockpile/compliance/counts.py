"""How many: scorecards counted by answer and by group, and membership and reports over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.plain import takes_results
from stockpile.compliance.laws import LAWS, QUESTIONS, VIEWS
from stockpile.compliance.reports import REPORTS, transparency
from stockpile.compliance.scorecard import ASSESSMENTS, membership
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import RATINGS
from stockpile.treaty.schema import REGIONS

#: The columns of a scorecard that answer a question, with the possible answers in order.
ANSWERS: dict[str, tuple[str, ...]] = {
    "rating": RATINGS,
    "report": REPORTS,
    "law": LAWS,
    **{f"view_{question}": VIEWS for question in QUESTIONS},
    "allegation": (*ASSESSMENTS, "none on record", "not covered"),
}


@takes_results
def tally(card: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Count the States Parties of a scorecard by answer.

    By a column ``by`` of one's own or, without one, all States Parties together.

    Returns
    -------
    pandas.DataFrame
        ``group`` (empty without ``by``), ``dimension`` (a column of the card),
        ``answer``, ``states``; answers that nobody has are left out.

    Raises
    ------
    ValueError
        When the card has no such column.

    Examples
    --------
    >>> import stockpile as sp
    >>> card = sp.scorecard(sp.load("ccm").as_of("2012-04-19"))
    >>> reports = tally(card).query("dimension == 'report'")
    >>> dict(zip(reports["answer"], reports["states"], strict=True))["overdue"]
    15
    """
    if by is not None and by not in card:
        raise ValueError(f"by is {by!r}; expected a column of the scorecard, as 'had_stock'")
    parties = card[card["membership"] == "State Party"]
    group = pd.Series("", index=parties.index) if by is None else parties[by].astype("str")
    rows = []
    for name in sorted(group.unique()):
        members = parties[group == name]
        for dimension, answers in ANSWERS.items():
            counts = members[dimension].value_counts()
            rows += [(name, dimension, a, int(counts[a])) for a in answers if a in counts.index]
    kinds = {"group": "str", "dimension": "str", "answer": "str", "states": "int64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def read_groups(path: str | Path) -> pd.Series:
    """Read the group of each state, by its code, from a CSV file with ``iso3`` and ``group``.

    A `DataError` says where it cannot be read, lacks a column, or names a state twice.
    """
    place = Path(path).name
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(
            f"{place}: cannot be read as a table ({type(error).__name__}); "
            "expected a CSV file in UTF-8 with the columns iso3 and group"
        ) from None
    if not {"iso3", "group"} <= set(table.columns):
        raise DataError(
            f"{place}, line 1: the columns are {','.join(table.columns)!r}; expected iso3 and group"
        )
    for column, good, expected in (
        ("iso3", table["iso3"].str.fullmatch("[A-Z]{3}"), "three capital letters"),
        ("group", table["group"].str.strip() != "", "the name of a group"),
        ("iso3", ~table["iso3"].duplicated(), "each state once"),
    ):
        if not good.all():
            at = int((~good).to_numpy().argmax())
            raise DataError(
                f"{place}, line {at + 2}, column {column}: {table[column].iloc[at]!r}; "
                f"expected {expected}"
            )
    return table.set_index("iso3")["group"]


@takes_results
def with_groups(
    card: pd.DataFrame, groups: str | Path | None = None, states: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add a column ``group`` to a scorecard.

    By ``region``, ``subregion`` or ``un_group``, for which the ledger's states are needed, or by a
    file for `read_groups`; a state that is in none is in ``no group``. Without ``groups`` they are
    States Parties with a stock to destroy, now or once, and the others.

    Examples
    --------
    >>> import stockpile as sp
    >>> card = with_groups(sp.scorecard(sp.load("ccm").as_of("2012-04-19")))
    >>> card.set_index("iso3").loc[["DEU", "VAT"], "group"].tolist()
    ['with stock', 'without stock, or unknown']
    """
    if groups is None:
        named = card["had_stock"].map({True: "with stock", False: "without stock, or unknown"})
    else:
        if groups in REGIONS and states is not None:
            known = states.set_index("iso3")[str(groups)]
        else:
            known = read_groups(groups)
        named = card["iso3"].map(known[known != ""]).fillna("no group")
    return card.assign(group=named.astype("str"))


def membership_over_time(ledger: Ledger) -> pd.DataFrame:
    """Count States Parties and signatories on each day on which one of them changed.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``parties`` (bound), ``joined`` (consented and not withdrawn, bound
        or not yet), ``signatories`` (signed and not bound), up to the ledger's day.

    Examples
    --------
    >>> import stockpile as sp
    >>> counts = membership_over_time(sp.load("ccm").as_of("2012-04-19"))
    >>> counts[["parties", "joined", "signatories"]].iloc[-1].tolist()
    [66, 70, 45]
    """
    day = ledger.require_day()
    states = membership(ledger)
    last = pd.Timestamp("2262-01-01")
    days = states[["signed", "consented", "entry_into_force", "withdrew"]].fillna(last)
    # A state of which only entry into force is on record had consented by then.
    days["consented"] = days["consented"].where(states["consented"].notna(), days.iloc[:, 2])
    dates = sorted({d for d in days.to_numpy().ravel() if d <= day.to_datetime64()})
    rows = []
    for date in [*dates, day.to_datetime64()]:
        there = days["withdrew"] > date
        bound = (days["entry_into_force"] <= date) & there
        joined = (days["consented"] <= date) & there
        signatory = (days["signed"] <= date) & ~bound & there
        rows.append((date, bound.sum(), joined.sum(), signatory.sum()))
    return _by_date(rows, "parties", "joined", "signatories").drop_duplicates(ignore_index=True)


def _by_date(rows: list[tuple[Any, ...]], *counts: str) -> pd.DataFrame:
    """Counts of some days as a frame."""
    kinds = {"date": "datetime64[us]"} | dict.fromkeys(counts, "int64")
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def reports_over_time(ledger: Ledger) -> pd.DataFrame:
    """Count initial reports due and reports in, on each day on which either changed.

    Counted are reports whose last day was over on the ledger's day; one that came in early
    counts as in from the day it was due, and one whose day is not on record not at all.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``due``, ``submitted``, up to the ledger's day.

    Examples
    --------
    >>> import stockpile as sp
    >>> counts = reports_over_time(sp.load("ccm").as_of("2012-04-19"))
    >>> counts[["due", "submitted"]].iloc[-1].tolist()
    [57, 40]
    """
    day = ledger.require_day()
    reports = transparency(ledger)
    due = reports.loc[reports["due"].notna() & (reports["due"] < day), "due"]
    filed = reports.loc[due.index, "submitted"]
    filed = filed.where(~(filed < due), due).dropna()
    dates = sorted({*due, *filed, day} if len(due) else set())
    rows = [(date, (due <= date).sum(), (filed <= date).sum()) for date in dates]
    return _by_date(rows, "due", "submitted")
