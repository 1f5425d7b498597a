"""The statements behind what is known of reports, laws and views, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.frames import as_dicts, values_at
from stockpile.compliance import wording
from stockpile.compliance.laws import QUESTIONS, decide_laws, decide_views, legislation, views
from stockpile.compliance.reports import decide_reports, transparency
from stockpile.compliance.scorecard import membership
from stockpile.ledger.ledger import Ledger
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED
from stockpile.treaty.schema import MEMBERSHIP_ACTS

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
