"""National laws and views on disputed questions: what each state is known to have or to hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import typed_frame
from stockpile.common.frames import as_dicts
from stockpile.compliance import wording
from stockpile.compliance.reports import (
    Decided,
    counted_cells,
    stated_day,
    statements_by_state,
)
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import obligations
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED

#: What can be said of a state's implementing law.
LAWS = ("specific law", "existing law", "in progress", "none", "unknown", "not covered")
#: The questions on which states read the treaty differently.
QUESTIONS = ("assistance", "transit_foreign_stockpiling", "investment")
VIEWS = ("prohibited", "permitted", "other", "contradictory", "unknown", "not covered")

#: The part of a statement that one of a later time has overtaken.
EARLIER = "earlier"


@cached
def legislation(ledger: Ledger) -> pd.DataFrame:
    """Say of each state what is known of its implementing law, as of the ledger's day.

    See `stockpile.legislation`.
    """
    return typed_frame("legislation", [d.cells for d in decide_laws(ledger).values()])


@cached
def views(ledger: Ledger) -> pd.DataFrame:
    """Say how each state reads the treaty on each disputed question, as of the ledger's day.

    See `stockpile.views`.
    """
    rows = [d.cells for question in QUESTIONS for d in decide_views(ledger, question).values()]
    out = typed_frame("views", rows)
    order = out["question"].map({question: i for i, question in enumerate(QUESTIONS)})
    return out.assign(order=order).sort_values(["iso3", "order"], ignore_index=True)[list(out)]


def decide_laws(ledger: Ledger) -> dict[str, Decided]:
    """Decide on the law of each state."""

    def answer(rows: list[dict[str, Any]]) -> dict[str, Any]:
        years = [r["law_year"] for r in rows if pd.notna(r["law_year"])]
        law = wording.LAW_WORDS[rows[0]["status"]]["answer"]
        return {"law": law, "law_year": years[0] if years else pd.NA}

    return _decide_all(
        ledger,
        "national_legislation",
        ledger.national_legislation,
        "status",
        {"law": "unknown", "law_year": pd.NA},
        answer,
        wording.law_reason,
    )


def decide_views(ledger: Ledger, question: str) -> dict[str, Decided]:
    """Decide on the view of each state on one question."""
    rows = ledger.interpretive_views
    return _decide_all(
        ledger,
        "interpretive_views",
        rows[rows["question"] == question],
        "view",
        {"view": "unknown", "question": question},
        lambda rows: {"view": rows[0]["view"]},
        wording.view_reason,
    )


def _decide_all(
    ledger: Ledger,
    name: str,
    table: pd.DataFrame,
    column: str,
    nothing: dict[str, Any],
    answer: Callable[[list[dict[str, Any]]], dict[str, Any]],
    reason: Callable[[dict[str, Any]], str],
) -> dict[str, Decided]:
    """For each state, let the statement of the latest time decide."""
    day = ledger.require_day()
    by_state = statements_by_state(table)
    if name not in ledger.covers:
        nothing = nothing | {next(iter(nothing)): "not covered"}
    out = {}
    for state in as_dicts(obligations(ledger)):
        rows = by_state.get(state["iso3"], [])
        best = _latest([r for r in rows if r[column] != "unknown"], day)
        words = {r[column] for r in best}
        cells = counted_cells(state, rows) | nothing
        if len(words) == 1:
            cells |= answer(best)
        elif words and column == "view":
            cells["view"] = "contradictory"
        roles = {r["position"]: _role(r, column, best, day) for r in rows}
        cells |= {
            "stated": _standing(best[0], day)[0] if best else pd.NaT,
            "disputed": SET_ASIDE in roles.values(),
        }
        out[state["iso3"]] = Decided(cells | {"reason": reason(cells)}, roles)
    return out


def _role(row: dict[str, Any], column: str, best: list[dict[str, Any]], day: pd.Timestamp) -> str:
    """The part of a statement beside those that decide."""
    words = {r[column] for r in best}
    if row["position"] in {r["position"] for r in best}:
        return USED if len(words) == 1 else SET_ASIDE
    if row[column] in (*words, "unknown"):
        return AGREES
    return SET_ASIDE if _standing(row, day)[0] == _standing(best[0], day)[0] else EARLIER


def _latest(rows: list[dict[str, Any]], day: pd.Timestamp) -> list[dict[str, Any]]:
    """Return the statements of the latest time by the nearest sources, of these the last out."""
    best = max((_standing(row, day) for row in rows), default=None)
    return [row for row in rows if _standing(row, day) == best]


def _standing(row: dict[str, Any], day: pd.Timestamp) -> tuple[Any, ...]:
    """The time a statement speaks of, by the as-of day; how near its source is; when it was out."""
    published = row["published"]
    speaks = stated_day(row, day)
    if pd.isna(speaks):
        speaks = min(published, day)
    return speaks, -row["rank"], published if pd.notna(published) else pd.Timestamp.min
