"""The rest of what a treaty asks: who is bound, who reports, who has a law, who reads it how.

Each function takes a ledger cut to a day and returns a frame. ``unknown`` says that
the folder has the table and nobody has spoken of the state in it; ``not covered``,
that the folder has no such table, so that silence says nothing at all.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_names
from stockpile.common.frames import as_dicts
from stockpile.compliance import wording
from stockpile.compliance.laws import LAWS, QUESTIONS, VIEWS, legislation, views
from stockpile.compliance.reports import REPORTS, transparency
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import Thresholds, status
from stockpile.stock.obligations import obligations

__all__ = [
    "ASSESSMENTS",
    "LAWS",
    "QUESTIONS",
    "REPORTS",
    "VIEWS",
    "allegations",
    "coverage",
    "legislation",
    "membership",
    "scorecard",
    "transparency",
    "views",
]

#: How an allegation was assessed, the gravest first.
ASSESSMENTS = ("confirmed", "credible", "alleged", "denied", "refuted")


@cached
def membership(ledger: Ledger) -> pd.DataFrame:
    """Say of each state whether the treaty binds it, and since when.

    Parameters
    ----------
    ledger : Ledger
        As of a day.

    Returns
    -------
    pandas.DataFrame
        One row a state: ``iso3``, ``state``, ``membership`` (``State Party``,
        ``signatory``, ``not party``, ``withdrawn``), ``since`` (bound, signed or
        gone since; ``NaT`` where that is not on record), ``signed``,
        ``consented``, ``entry_into_force``, ``withdrawal_notified``,
        ``suspension_notified``, ``withdrew``, ``reason`` (a sentence).

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.membership(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> then.loc["CZE", "reason"]
    'State Party since 1 March 2012.'
    """
    acts = ledger.events[ledger.events["event"] == "signed"]
    signed = acts.groupby("iso3")["date"].min()
    out = obligations(ledger)
    out["signed"] = signed.reindex(out["iso3"]).set_axis(out.index).astype("datetime64[us]")
    since = {
        "State Party": out["entry_into_force"],
        "signatory": out["signed"],
        "withdrawn": out["withdrew"],
    }
    out["since"] = pd.Series(pd.NaT, index=out.index, dtype="datetime64[us]")
    for word, days in since.items():
        out["since"] = out["since"].where(out["membership"] != word, days)
    out["reason"] = pd.Series(
        [wording.membership_reason(row, ledger.require_day()) for row in as_dicts(out)], dtype="str"
    )
    return out[column_names("membership")]


@cached
def allegations(ledger: Ledger) -> pd.DataFrame:
    """Return each allegation of a forbidden act that was known, with the standing of the accused.

    Parameters
    ----------
    ledger : Ledger
        As of a day.

    Returns
    -------
    pandas.DataFrame
        One row a statement, sorted by state and day: ``iso3``, ``state``,
        ``membership_then`` (on the day of the act, or the last day it may have
        been; as of the ledger's day where the source gives none), ``act``,
        ``alleged_on`` and its precision, ``assessment``, ``stated``, ``source_id``.

    Examples
    --------
    >>> import stockpile as sp
    >>> libya = sp.allegations(sp.load("ccm").as_of("2012-04-19")).query("iso3 == 'LBY'")
    >>> libya["assessment"].tolist()
    ['credible', 'denied', 'denied']
    """
    names = ledger.states.set_index("iso3")["name"]
    table = ledger.allegations
    out = table.assign(
        state=names.reindex(table["iso3"]).set_axis(table.index).astype("str"),
        stated=table["as_of"].fillna(table["published"]),
    )
    then = [
        str(_membership_on(ledger, day).get(iso3, "not party"))
        for iso3, day in zip(out["iso3"], out["alleged_on"], strict=True)
    ]
    out["membership_then"] = pd.Series(then, index=out.index, dtype="str")
    out = out.sort_values(["iso3", "alleged_on", "stated", "source_id"], ignore_index=True)
    return out[column_names("allegations")]


def _membership_on(ledger: Ledger, day: pd.Timestamp) -> pd.Series:
    """Membership by ISO code on a day not after the ledger's own."""
    at = ledger if pd.isna(day) or day > ledger.require_day() else ledger.as_of(day, _rule(ledger))
    return obligations(at).set_index("iso3")["membership"]


def _rule(ledger: Ledger) -> Any:
    ledger.require_day()
    return ledger.rule


@cached
def scorecard(ledger: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Put everything that is known of each state side by side, one row a state.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    thresholds : Thresholds, optional
        Of the stockpile ratings.

    Returns
    -------
    pandas.DataFrame
        ``iso3``, ``state``, ``membership``, ``since``; ``report``, ``report_due``,
        ``report_submitted``, ``report_days`` (see `transparency`); ``law``,
        ``law_year``, ``law_stated`` (see `legislation`); ``view_<question>`` for
        each of `QUESTIONS`; ``allegations`` (how many statements; missing where
        the folder does not cover them) and ``allegation`` (the gravest
        assessment); ``rating``, ``evidence``, ``has_stock``, ``last_report`` (see
        `stockpile.status`), ``figures`` (how many numbers on its stock the rule
        takes as known), ``figures_early`` (those of them that no source had
        published by the day), ``rests_on`` (``a report in time``, ``a late
        report``, ``a report`` of an unknown day, ``no report``, ``a report, if
        in``, ``other sources`` where no report is due, ``nothing``) and ``caveat``
        (a sentence, empty where there is nothing to hold against the rating).

    Examples
    --------
    >>> import stockpile as sp
    >>> card = sp.scorecard(sp.load("ccm").as_of("2012-04-19")).set_index("iso3")
    >>> card.loc["MKD", ["report", "rating", "rests_on"]].tolist()
    ['late', 'on target', 'a late report']
    """
    day = ledger.require_day()
    reports, laws = transparency(ledger), legislation(ledger)
    rated = status(ledger, thresholds).set_index("iso3")
    out = membership(ledger)[["iso3", "state", "membership", "since"]].set_index("iso3")
    out = out.join(
        reports.set_index("iso3")[["report", "due", "submitted", "days"]].rename(
            columns={name: f"report_{name}" for name in ("due", "submitted", "days")}
        )
    )
    out = out.join(
        laws.set_index("iso3")[["law", "law_year", "stated"]].rename(
            columns={"stated": "law_stated"}
        )
    )
    seen = views(ledger)
    for question in QUESTIONS:
        answers = seen[seen["question"] == question].set_index("iso3")
        out[f"view_{question}"] = answers["view"]
    accused = ledger.allegations.groupby("iso3")["assessment"]
    if "allegations" in ledger.covers:
        out["allegations"] = accused.size().reindex(out.index).fillna(0).astype("Int64")
        worst = accused.agg(lambda statements: min(statements, key=ASSESSMENTS.index))
        out["allegation"] = worst.reindex(out.index).fillna("none on record").astype("str")
    else:
        out["allegations"] = pd.Series(pd.NA, index=out.index, dtype="Int64")
        out["allegation"] = pd.Series("not covered", index=out.index, dtype="str")
    out["rating"] = rated["status"]
    out = out.join(rated[["evidence", "has_stock", "last_report"]])
    numbers = ledger.quantities
    early = numbers[~(numbers["published"] <= day)]
    for name, rows in (("figures", numbers), ("figures_early", early)):
        out[name] = rows.groupby("iso3").size().reindex(out.index).fillna(0).astype("int64")
    rests = [wording.rests_on(row, day) for row in as_dicts(out)]
    out["rests_on"] = pd.Series([word for word, _ in rests], index=out.index, dtype="str")
    out["caveat"] = pd.Series([why for _, why in rests], index=out.index, dtype="str")
    return out.reset_index()[column_names("scorecard")]


@cached
def coverage(ledger: Ledger) -> pd.DataFrame:
    """Say how much is on record of each dimension, and on how many States Parties nothing is.

    Returns
    -------
    pandas.DataFrame
        ``dimension``, ``covered`` (the folder has the table), ``statements``
        known on the day, ``states`` they speak of, ``silent`` (States Parties
        that none speaks of).

    Examples
    --------
    >>> import stockpile as sp
    >>> known = coverage(sp.load("ccm").as_of("2012-04-19")).set_index("dimension")
    >>> bool(known.loc["allegations", "covered"])
    True
    """
    parties = obligations(ledger).query("membership == 'State Party'")["iso3"]
    acts = ledger.events[ledger.events["event"].isin(_MEMBERSHIP)]
    seen = ledger.interpretive_views
    parts: list[tuple[str, str, pd.DataFrame]] = [
        ("membership", "", acts),
        ("stockpile", "", ledger.quantities),
        ("transparency", "transparency_reports", ledger.transparency_reports),
        ("legislation", "national_legislation", ledger.national_legislation),
        *((q, "interpretive_views", seen[seen["question"] == q]) for q in QUESTIONS),
        ("allegations", "allegations", ledger.allegations),
    ]
    rows = []
    for name, table, statements in parts:
        silent = int((~parties.isin(statements["iso3"])).sum())
        covered = not table or table in ledger.covers
        rows.append((name, covered, len(statements), statements["iso3"].nunique(), silent))
    return pd.DataFrame(rows, columns=["dimension", "covered", "statements", "states", "silent"])


_MEMBERSHIP = ("signed", "consented", "entered_into_force", "withdrew")
