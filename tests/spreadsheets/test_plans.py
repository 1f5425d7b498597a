"""What a column is read as, in words, and what the rules of a treaty say of it."""

from __future__ import annotations

import pytest

from stockpile.spreadsheets.days import span
from stockpile.spreadsheets.headings import Heading
from stockpile.spreadsheets.layout import Column
from stockpile.spreadsheets.plans import Plan

COLUMN = Column(1, Heading("Destroyed", "figure", "destroyed"))


@pytest.mark.parametrize(
    ("plan", "meaning"),
    [
        (Plan(COLUMN, "declared", unit="submunitions"), "declared stock, submunitions"),
        (Plan(COLUMN, event="planned_completion"), "planned completion"),
        (Plan(COLUMN, "destroyed_share"), "share of the declared stock destroyed, from 0 to 1"),
        (
            Plan(COLUMN, "destroyed_share", percent=True),
            "share of the declared stock destroyed, in per cent",
        ),
        (Plan(COLUMN, "destroyed", time=span("2012")), "destroyed, from 2012-01-01 to 2012-12-31"),
        (Plan(COLUMN, "destroyed", time=span("2012-04-19")), "destroyed, by 2012-04-19"),
        (Plan(COLUMN, "remaining", time=span("2012")), "still to be destroyed, by 2012-12-31"),
        (Plan(COLUMN, "destroyed", open=True), "destroyed (to be settled)"),
        (Plan(COLUMN), "numbers"),
    ],
)
def test_what_a_column_is_read_as(plan: Plan, meaning: str) -> None:
    assert plan.meaning() == meaning
