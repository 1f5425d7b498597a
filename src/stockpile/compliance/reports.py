"""Initial transparency reports: due when, in when, how late, and who says so."""

from __future__ import annotations

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
