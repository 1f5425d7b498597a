"""Rows of the tables on reports, laws, views and allegations, in the field's terms."""

from __future__ import annotations

from smalltreaty import Row


def report(
    iso3: str, status: str, filed: str = "", *, due: str = "", as_of: str = "", source: str
) -> Row:
    """What one source says of a state's initial report."""
    return {
        "iso3": iso3,
        "initial_due": due,
        "initial_submitted": filed,
        "as_of": as_of,
        "status": status,
        "source_id": source,
    }


def law(iso3: str, status: str, as_of: str = "", *, year: str = "", source: str) -> Row:
    """What one source says of a state's law."""
    return {"iso3": iso3, "status": status, "law_year": year, "as_of": as_of, "source_id": source}


def view(iso3: str, question: str, view: str, as_of: str = "", *, source: str) -> Row:
    """How a state reads the treaty, as one source has it."""
    return {
        "iso3": iso3,
        "question": question,
        "view": view,
        "as_of": as_of,
        "source_id": source,
    }


def alleged(
    iso3: str, act: str = "use", on: str = "", assessment: str = "alleged", *, source: str
) -> Row:
    """What one source says that a state has done."""
    return {
        "iso3": iso3,
        "act": act,
        "alleged_on": on,
        "assessment": assessment,
        "as_of": "",
        "source_id": source,
    }
