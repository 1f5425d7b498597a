"""The raw tables read a second time: the library says nothing that no row bears out."""

from __future__ import annotations

import random

import pytest
import recompute

import stockpile as sp


@pytest.mark.parametrize(
    ("treaty", "day"),
    [
        ("apmbc", "2026-06-30"),
        ("ccm", "2026-06-30"),
        ("apmbc", "2006-06-30"),
        ("ccm", "2018-06-30"),
        ("cwc", "2012-06-30"),
    ]
    + [
        pytest.param(treaty, f"{year}-12-31", marks=pytest.mark.sentences)
        for treaty, first in (("apmbc", 2000), ("ccm", 2008), ("cwc", 1999))
        for year in range(first, 2026)
    ],
)
def test_the_rows_bear_out_what_the_library_says(treaty: str, day: str) -> None:
    found = list(recompute.findings(treaty, day))
    assert not found, "\n".join(" | ".join(finding) for finding in found)


def test_a_figure_that_is_off_is_found() -> None:
    """Were every figure supported by some reading, the check would find nothing."""
    tables = recompute.Tables("apmbc")
    numbers, _ = tables.known("2026-06-30")
    status = sp.status(sp.load("apmbc").as_of("2026-06-30", "published"))
    status = status[status["destroyed"] > 100]
    chance, noticed = random.Random(7), 0
    for row in status.itertuples():
        candidates, _ = recompute.supported(numbers.get(row.iso3, []), "antipersonnel_mines")
        wrong = row.destroyed * chance.choice([0.35, 0.6, 0.8, 1.3, 1.7])
        noticed += not recompute.fits(wrong, candidates, "exact")
    assert noticed > 0.85 * len(status)


def test_deadlines_count_by_the_calendar() -> None:
    assert recompute.Tables("apmbc").deadline("2004-02-29") == "2008-02-29"
    assert recompute.Tables("ccm").deadline("2012-02-29") == "2020-02-29"
    events = [{"event": "consented", "date": "2010-03-31"}]
    assert recompute.Tables("ccm").bound(events) == "2010-09-01"
    cwc = recompute.Tables("cwc")
    assert cwc.bound(events) == "2010-04-30"
    assert cwc.deadline("1997-12-05") == "2007-04-29" and cwc.deadline("2013-10-14") == ""
