"""What a column is read as, in words."""

from __future__ import annotations

import pytest

from stockpile.spreadsheets.headings import Column
from stockpile.spreadsheets.values import span

COLUMN = Column("Destroyed", "figure", "destroyed")


def timed(column: Column, time: str) -> Column:
    start, end, precision = span(time)[:3]
    return column._replace(start=start, end=end, precision=precision)


@pytest.mark.parametrize(
    ("column", "meaning"),
    [
        (COLUMN._replace(measure="declared", unit="submunitions"), "declared stock, submunitions"),
        (COLUMN._replace(measure="planned_completion"), "planned completion"),
        (
            COLUMN._replace(measure="destroyed_share"),
            "share of the declared stock destroyed, from 0 to 1",
        ),
        (
            COLUMN._replace(measure="destroyed_share", percent=True),
            "share of the declared stock destroyed, in per cent",
        ),
        (timed(COLUMN, "2012"), "destroyed, from 2012-01-01 to 2012-12-31"),
        (timed(COLUMN, "2012-04-19"), "destroyed, by 2012-04-19"),
        (
            timed(COLUMN._replace(measure="remaining"), "2012"),
            "still to be destroyed, by 2012-12-31",
        ),
        (COLUMN._replace(open=True), "destroyed (to be settled)"),
        (COLUMN._replace(measure=""), "numbers"),
        (Column("State", "state"), "state"),
        (Column("From", "period_start"), "period start"),
        (Column("iso3", "full"), "iso3"),
    ],
)
def test_what_a_column_is_read_as(column: Column, meaning: str) -> None:
    assert column.meaning() == meaning
