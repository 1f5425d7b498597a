"""Treaties made up to be late, early, or slower by one state: what the projection makes of them."""

from __future__ import annotations

from collections.abc import Callable

import core
from smalltreaty import consents, event, quantity

import stockpile as sp

Small = Callable[..., sp.Ledger]
CODES = [f"A{a}{b}" for a in "ABCD" for b in "ABC"]
DAY = "2014-08-01"  # half of the time is used


def treaty(small: Small, codes: list[str], done: dict[str, str], size: int = 100) -> sp.Ledger:
    """States that declared a stock in the first round, reported each year, and finished or not."""
    figures = [
        quantity(code, "declared", size + i, "2011-01-28", source="state@2011-01-28")
        for i, code in enumerate(codes)
    ]
    figures += [
        quantity(code, "remaining", size + i, "2013-12-31", source="state@2014-04-30")
        for i, code in enumerate(codes)
        if code not in done
    ]
    events = [consents(code) for code in codes]
    events += [event(code, "completed", day, source=f"state@{day}") for code, day in done.items()]
    return small(figures, events)


def chances(ledger: sp.Ledger) -> dict[str, float]:
    found = core.project(ledger.as_of(DAY), history=[]).set_index("iso3")["p_on_time"]
    return found.dropna().to_dict()


def test_a_treaty_of_which_nobody_has_finished_at_half_time_is_not_trusted(small: Small) -> None:
    found = chances(treaty(small, CODES, {}))
    assert len(found) == len(CODES)
    assert sum(found.values()) / len(found) < 0.6
    assert len(set(found.values())) == 1, "nothing tells them apart: the sizes are next to equal"


def test_a_treaty_that_is_early_is_trusted(small: Small) -> None:
    done = {code: f"201{1 + i % 3}-03-15" for i, code in enumerate(CODES[:9])}
    early = chances(treaty(small, CODES, done))
    late = chances(treaty(small, CODES, {}))
    assert min(early.values()) > 0.85 > max(late.values())


def test_one_more_state_that_does_not_finish_never_raises_the_chance_of_another(
    small: Small,
) -> None:
    done = dict.fromkeys(CODES[:4], "2012-03-15")
    for size in (100, 1_000_000):
        more = chances(treaty(small, CODES, done, size))
        few = chances(treaty(small, CODES[:8], done, size))
        assert all(more[code] <= few[code] + 1e-12 for code in few)
        assert any(more[code] < few[code] - 1e-6 for code in few)
