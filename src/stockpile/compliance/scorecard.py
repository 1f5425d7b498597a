"""The rest of what a treaty asks: who is bound, who reports, who has a law, who reads it how.

Each function takes a ledger cut to a day and returns a frame. ``unknown`` says that
the folder has the table and nobody has spoken of the state in it; ``not covered``,
that the folder has no such table, so that silence says nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_types
from stockpile.common.errors import DataError
from stockpile.common.frames import as_dicts, takes_results, values_at
from stockpile.compliance import wording
from stockpile.compliance.decisions import (
    LAWS,
    QUESTIONS,
    REPORTS,
    VIEWS,
    decide_laws,
    decide_reports,
    decide_views,
    legislation,
    transparency,
    views,
)
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import RATINGS, Thresholds, status
from stockpile.stock.obligations import obligations
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED
from stockpile.treaty.schema import MEMBERSHIP_ACTS, REGIONS

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

    Columns: ``dimension``, ``covered`` (the folder has the table), ``statements`` known on the
    day, ``states`` they speak of, ``silent`` (States Parties that none speaks of).

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

    Columns: ``group`` (empty without ``by``), ``dimension`` (a column of the card), ``answer``,
    ``states``; answers that nobody has are left out.

    Raises a `ValueError` when the card has no such column.

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

    Columns: ``date``, ``parties`` (bound), ``joined`` (consented and not withdrawn, bound or not
    yet), ``signatories`` (signed and not bound), up to the ledger's day.

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

    Columns: ``date``, ``due``, ``submitted``, up to the ledger's day.

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


_COLUMNS = ("iso3 state dimension says role source_id title publisher published url line").split()
_ACTS = {"entered_into_force": "entry_into_force"}


@cached
def sources_behind(ledger: Ledger) -> pd.DataFrame:
    """Return every known statement on membership, reports, laws, views and allegations.

    Columns: ``iso3``, ``state``, ``dimension`` (``membership``, ``transparency``,
    ``legislation``, one of `QUESTIONS`, ``allegations``), ``says`` (in words), ``role`` (the part
    it plays: ``used``, ``agrees``, ``set aside``, or ``earlier`` of a law or view that a later
    statement has overtaken; ``used`` for every allegation), ``source_id``, ``title``,
    ``publisher``, ``published``, ``url``, ``line`` (in its file).

    >>> import stockpile as sp
    >>> behind = sources_behind(sp.load("ccm").as_of("2026-06-30")).query("iso3 == 'LUX'")
    >>> behind.loc[behind["role"] == "set aside", "says"].tolist()
    ['Initial report submitted on 30 March 2011.']
    """
    seen = ledger.interpretive_views
    reports, laws = ledger.transparency_reports, ledger.national_legislation
    parts = [
        ("transparency", reports, decide_reports(ledger), wording.report_statement),
        ("legislation", laws, decide_laws(ledger), wording.law_statement),
    ]
    for question in QUESTIONS:
        asked = seen[seen["question"] == question]
        parts.append((question, asked, decide_views(ledger, question), wording.view_statement))
    rows = list(_acts(ledger))
    for dimension, table, decided, say in parts:
        for position, row in enumerate(as_dicts(table)):
            answer = decided.get(row["iso3"])
            role = answer.roles.get(position, "") if answer is not None else ""
            rows.append((row["iso3"], dimension, say(row), role, row["source_id"], row["line"]))
    rows += [
        (r["iso3"], "allegations", wording.allegation_statement(r), USED, r["source_id"], r["line"])
        for r in as_dicts(ledger.allegations)
    ]
    names = ["iso3", "dimension", "says", "role", "source_id", "line"]
    kinds = dict.fromkeys(names[:-1], "str") | {"line": "int64"}
    out = pd.DataFrame(rows, columns=names).astype(kinds)
    cited = ledger.sources[["source_id", "title", "publisher", "published", "url"]]
    out = out.merge(cited, on="source_id", how="left", validate="many_to_one")
    order = out["dimension"].map({d: i for i, d in enumerate(wording.DIMENSION_WORDS)})
    state = values_at(ledger.states.set_index("iso3")["name"], out["iso3"]).astype("str")
    out = out.assign(state=state, order=order)
    order_by = ["iso3", "order", "published", "source_id", "line"]
    return out.sort_values(order_by, ignore_index=True)[_COLUMNS]


def _acts(ledger: Ledger) -> Iterator[tuple[str, str, str, str, str, int]]:
    """Statements on acts of membership; of those that name the day taken, the nearest is used."""
    taken = membership(ledger).set_index("iso3")
    events = ledger.events[ledger.events["event"].isin(MEMBERSHIP_ACTS)]
    used = set()
    for row in as_dicts(events.sort_values(["iso3", "event", "rank", "published", "source_id"])):
        key = row["iso3"], row["event"]
        if row["date"] != taken.at[row["iso3"], _ACTS.get(row["event"], row["event"])]:
            role = SET_ASIDE
        else:
            role = AGREES if key in used else USED
            used.add(key)
        says = wording.act_statement(row)
        yield row["iso3"], "membership", says, role, row["source_id"], row["line"]


@cached
def disagreements(ledger: Ledger) -> pd.DataFrame:
    """Return the answers on which known statements contradict each other.

    Columns: ``iso3``, ``state``, ``dimension``, ``answer`` (the one given), ``says`` (what each
    source says, with its part), one row a state and dimension.

    >>> import stockpile as sp
    >>> disputed = disagreements(sp.load("ccm").as_of("2026-06-30"))
    >>> disputed.loc[disputed["dimension"] == "transparency", "iso3"].tolist()
    ['CMR', 'KNA', 'LUX', 'MLI', 'MOZ', 'SWZ', 'TCD']
    """
    reports, laws, seen = transparency(ledger), legislation(ledger), views(ledger)
    parts = [
        reports.assign(dimension="transparency", answer=reports["report"]),
        laws.assign(dimension="legislation", answer=laws["law"]),
        seen.assign(dimension=seen["question"], answer=seen["view"]),
    ]
    columns = ["iso3", "state", "dimension", "answer"]
    out = pd.concat([part.loc[part["disputed"], columns] for part in parts], ignore_index=True)
    behind = sources_behind(ledger)
    texts = (behind["says"] + " (" + behind["source_id"] + ", " + behind["role"] + ")").groupby(
        [behind["iso3"], behind["dimension"]]
    )
    joined = {key: " ".join(part) for key, part in texts}
    out["says"] = pd.Series(
        [joined[key] for key in zip(out["iso3"], out["dimension"], strict=True)],
        index=out.index,
        dtype="str",
    )
    return out.sort_values(["dimension", "iso3"], ignore_index=True)
