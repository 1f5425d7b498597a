"""The rest of what a treaty asks: who is bound, who reports, who has a law, who reads it how.

Each function takes a ledger cut to a day and returns a frame. ``unknown`` says that
the folder has the table and nobody has spoken of the state in it; ``not covered``,
that the folder has no such table, so that silence says nothing at all.
"""

from __future__ import annotations

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_types
from stockpile.common.frames import as_dicts, values_at
from stockpile.compliance import wording
from stockpile.compliance.laws import QUESTIONS, legislation, views
from stockpile.compliance.reports import transparency
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import Thresholds, status
from stockpile.stock.obligations import obligations

#: How an allegation was assessed, the gravest first.
ASSESSMENTS = ("confirmed", "credible", "alleged", "denied", "refuted")


@cached
def membership(ledger: Ledger) -> pd.DataFrame:
    """Say of each state whether the treaty binds it, and since when; see `stockpile.membership`."""
    acts = ledger.events[ledger.events["event"] == "signed"]
    out = obligations(ledger)
    out["signed"] = values_at(acts.groupby("iso3")["date"].min(), out["iso3"])
    since = {"State Party": "entry_into_force", "signatory": "signed", "withdrawn": "withdrew"}
    out["since"] = pd.NaT
    for member, act in since.items():
        out["since"] = out["since"].where(out["membership"] != member, out[act])
    reasons = [wording.membership_reason(row, ledger.require_day()) for row in as_dicts(out)]
    out["reason"] = pd.Series(reasons, dtype="str")
    types = column_types("membership")
    return out[list(types)].astype(types)


@cached
def allegations(ledger: Ledger) -> pd.DataFrame:
    """Return each allegation of a forbidden act that was known, with the standing of the accused.

    See `stockpile.allegations`.
    """
    out = ledger.allegations.assign(
        state=values_at(ledger.states.set_index("iso3")["name"], ledger.allegations["iso3"]),
        stated=ledger.allegations["as_of"].fillna(ledger.allegations["published"]),
    )
    out["membership_then"] = [
        _membership_on(ledger, day).get(iso3, "not party")
        for iso3, day in zip(out["iso3"], out["alleged_on"], strict=True)
    ]
    out = out.sort_values(["iso3", "alleged_on", "stated", "source_id"], ignore_index=True)
    types = column_types("allegations")
    return out[list(types)].astype(types)


def _membership_on(ledger: Ledger, day: pd.Timestamp) -> pd.Series:
    """Membership by ISO code on a day not after the ledger's own."""
    if day < ledger.require_day():
        assert ledger.rule is not None
        ledger = ledger.as_of(day, ledger.rule)
    return obligations(ledger).set_index("iso3")["membership"]


@cached
def scorecard(ledger: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Put everything that is known of each state side by side, one row a state.

    See `stockpile.scorecard`.
    """
    day = ledger.require_day()
    reports, laws = transparency(ledger).set_index("iso3"), legislation(ledger).set_index("iso3")
    rated, seen = status(ledger, thresholds).set_index("iso3"), views(ledger)
    out = membership(ledger)[["iso3", "state", "membership", "since"]].set_index("iso3")
    out["report"] = reports["report"]
    out = out.join(reports[["due", "submitted", "days"]].add_prefix("report_"))
    out = out.join(laws[["law", "law_year"]].assign(law_stated=laws["stated"]))
    for question in QUESTIONS:
        out[f"view_{question}"] = seen[seen["question"] == question].set_index("iso3")["view"]
    out["allegations"], out["allegation"] = pd.NA, "not covered"
    if "allegations" in ledger.covers:
        accused = ledger.allegations.groupby("iso3")["assessment"]
        out["allegations"] = accused.size().reindex(out.index).fillna(0)
        gravest = accused.agg(lambda statements: min(statements, key=ASSESSMENTS.index))
        out["allegation"] = gravest.reindex(out.index).fillna("none on record")
    out["rating"] = rated["status"]
    out = out.join(rated[["evidence", "had_stock", "last_report"]])
    numbers = ledger.quantities
    early = numbers[~(numbers["published"] <= day)]
    for name, rows in (("figures", numbers), ("figures_early", early)):
        out[name] = rows.groupby("iso3").size().reindex(out.index).fillna(0).astype("int64")
    rests = [wording.rests_on(row, day) for row in as_dicts(out)]
    out["rests_on"] = [basis for basis, _ in rests]
    out["caveat"] = [caveat for _, caveat in rests]
    types = column_types("scorecard")
    return out.reset_index()[list(types)].astype(types)


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
    acts = ("signed", "consented", "entered_into_force", "withdrew")
    seen = ledger.interpretive_views
    parts: list[tuple[str, str, pd.DataFrame]] = [
        ("membership", "", ledger.events[ledger.events["event"].isin(acts)]),
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
