"""Reports, laws and views: when each report was due and came in, which law, which reading.

Of each state the answer, and the part that each statement about it plays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import typed_frame
from stockpile.common.frames import as_dicts
from stockpile.compliance import wording
from stockpile.ledger.availability import filed_from
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import obligations
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED

#: What can be said of a state's initial report, the gravest first.
REPORTS = ("overdue", "late", "unknown", "submitted", "in time", "not due", "not covered")


class Decided(NamedTuple):
    """One dimension of one state: the answer, and the part that each statement plays."""

    cells: dict[str, Any]
    roles: dict[int, str]  # by position in the table of statements


@cached
def transparency(ledger: Ledger) -> pd.DataFrame:
    """Say of each state whether its initial transparency report is in, as of the ledger's day.

    See `stockpile.transparency`.
    """
    return typed_frame("transparency", [d.cells for d in decide_reports(ledger).values()])


def decide_reports(ledger: Ledger) -> dict[str, Decided]:
    """Decide on the initial report of each state, and on the statements about it."""
    table = ledger.transparency_reports
    by_state = statements_by_state(table.assign(filed_from=filed_from(table)))
    return {
        state["iso3"]: _decide(state, by_state.get(state["iso3"], []), ledger)
        for state in as_dicts(obligations(ledger))
    }


def statements_by_state(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows of a table by state, each with its ``position`` in the table."""
    table = table.assign(position=range(len(table)))
    return {str(iso3): as_dicts(part) for iso3, part in table.groupby("iso3")}


def counted_cells(state: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What an answer says in any case: of which state it is, and on how many statements."""
    return {key: state[key] for key in ("iso3", "state", "membership")} | {
        "statements": len(rows),
        "sources": " ".join(sorted({row["source_id"] for row in rows})),
    }


def _decide(state: dict[str, Any], rows: list[dict[str, Any]], ledger: Ledger) -> Decided:
    day, covered = ledger.require_day(), "transparency_reports" in ledger.covers
    due = _due(state, rows, ledger)
    filed = sorted((r for r in rows if r["status"] == "submitted"), key=_first_filed)
    missing = [r for r in rows if r["status"] == "overdue" and _speaks_after(r, due, day)]
    best = filed[0] if filed else None
    against = [r for r in missing if best is not None and _contradicts(r, best)]
    if against and _nearer_or_newer(against, filed):
        best = None
    cells: dict[str, Any] = counted_cells(state, rows) | {
        "due": due,
        "submitted": pd.NaT,
        "submitted_precision": "",
        "days": pd.NA,
        "at_least": False,
        "stated": max((s for r in rows if pd.notna(s := stated_day(r, day))), default=pd.NaT),
        "disputed": bool(against) or _two_days(filed),
    }
    if best is not None:
        cells |= _in(best, due)
    elif not covered:
        cells["report"] = "not covered"
    elif state["membership"] != "State Party" or (pd.notna(due) and day <= due):
        cells["report"] = "not due"
    elif missing and pd.notna(due):
        cells |= {"report": "overdue", "days": (day - due).days}
    else:
        cells["report"] = "unknown"
    cells["reason"] = wording.report_reason(cells, day)
    return Decided(cells, _roles(cells, rows, best, missing))


def _due(state: dict[str, Any], rows: list[dict[str, Any]], ledger: Ledger) -> pd.Timestamp:
    """Due by the treaty's rule; only where entry into force is not on record, as stated."""
    bound: pd.Timestamp = state["entry_into_force"]
    if pd.notna(bound):
        # Who left the treaty before its report was due does not owe one.
        left = state["withdrew"]
        due = ledger.treaty.initial_report_due(bound)
        return pd.NaT if pd.notna(left) and left <= due else due  # type: ignore[return-value]
    stated = [(r["rank"], r["initial_due"]) for r in rows if pd.notna(r["initial_due"])]
    return min(stated)[1] if stated else pd.NaT


def _first_filed(row: dict[str, Any]) -> tuple[Any, ...]:
    """Sort the nearest sources first, and of theirs the earliest day, then the most precise."""
    filed = row["initial_submitted"]
    known = pd.notna(filed)
    return row["rank"], not known, filed if known else pd.Timestamp.max, row["source_id"]


def _speaks_after(row: dict[str, Any], due: pd.Timestamp, day: pd.Timestamp) -> bool:
    """Whether the row tells that the report was not in after the day on which it was due."""
    stated = stated_day(row, day)
    return pd.isna(due) or pd.isna(stated) or stated > due


def stated_day(row: dict[str, Any], day: pd.Timestamp) -> pd.Timestamp:
    """The day that a row speaks of, as far as it had come by the as-of day."""
    speaks_of: pd.Timestamp = row["as_of"] if pd.notna(row["as_of"]) else row["on"]
    return min((d for d in (row["published"], day) if d < speaks_of), default=speaks_of)


def _contradicts(missing: dict[str, Any], filed: dict[str, Any]) -> bool:
    """Whether a source has the report missing at a time when another has it in."""
    day, submitted = missing["as_of"], filed["initial_submitted"]
    return pd.notna(day) and pd.notna(submitted) and bool(day > submitted)


def _nearer_or_newer(against: list[dict[str, Any]], filed: list[dict[str, Any]]) -> bool:
    """Whether those who have the report missing stand nearer, or as near and were out later."""

    def standing(row: dict[str, Any]) -> tuple[int, pd.Timestamp]:
        out = row["published"]
        return -row["rank"], out if pd.notna(out) else pd.Timestamp.min

    return max(map(standing, against)) > max(map(standing, filed))


def _two_days(filed: list[dict[str, Any]]) -> bool:
    """Whether sources name days of submission that cannot be one and the same."""
    dated = [r for r in filed if pd.notna(r["initial_submitted"])]
    return bool(dated) and (
        max(r["filed_from"] for r in dated) > min(r["initial_submitted"] for r in dated)
    )


def _in(best: dict[str, Any], due: pd.Timestamp) -> dict[str, Any]:
    """What follows from the statement that has the report in."""
    last, first = best["initial_submitted"], best["filed_from"]
    precision = best["initial_submitted_precision"]
    cells: dict[str, Any] = {"submitted": last, "submitted_precision": precision}
    if pd.isna(last) or pd.isna(due):
        return cells | {"report": "submitted"}
    if first > due:
        late = {"days": (first - due).days, "at_least": precision != "day"}
        return cells | {"report": "late"} | late
    return cells | ({"report": "in time", "days": 0} if last <= due else {"report": "submitted"})


def _roles(
    cells: dict[str, Any],
    rows: list[dict[str, Any]],
    best: dict[str, Any] | None,
    missing: list[dict[str, Any]],
) -> dict[int, str]:
    """The part that each statement plays in the answer."""
    overdue, used = cells["report"] == "overdue", best
    if overdue:
        used = max(
            missing,
            key=lambda r: (-r["rank"], r["on"] if pd.notna(r["on"]) else pd.Timestamp.min),
        )
    roles = {}
    for row in rows:
        filed = row["status"] == "submitted"
        if best is None:
            off = overdue and filed
        elif filed:
            off = (
                row["filed_from"] > best["initial_submitted"]
                or row["initial_submitted"] < best["filed_from"]
            )
        else:
            off = _contradicts(row, best)
        roles[row["position"]] = USED if row is used else SET_ASIDE if off else AGREES
    return roles


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
