"""The tolerances of rounded numbers; that both forms agree is held in the plausibility tests."""

from __future__ import annotations

import math

import pytest

from stockpile.common.tolerance import APPROX, NEARLY, SHARE, bounds, is_round, rounding


def test_the_tolerances() -> None:
    assert (APPROX, NEARLY, SHARE) == (0.05, 0.1, 0.01)


@pytest.mark.parametrize(
    ("value", "width"),
    [
        (0, 0),
        (500, 0),
        (999_999, 0),
        (1000, 50),
        (20_000, 1000),
        (110_000, 5500),
        (1_100_000, 55_000),
    ],
)
def test_a_round_number_may_be_off_by_its_last_digit(value: float, width: float) -> None:
    assert rounding(value) == width
    assert is_round(value) == (width > 0)
    assert bounds(value, "exact") == (value - width, value + width)


def test_qualifiers() -> None:
    assert bounds(200, "approx") == (190, 210)
    assert bounds(200, "nearly") == (180, 200)
    assert bounds(2000, "nearly") == (1800, 2100)
    assert bounds(200, "at_least") == (200, math.inf)
    assert bounds(0.5, "approx", SHARE) == pytest.approx((0.475, 0.525))
    assert bounds(0.1, "approx", SHARE) == pytest.approx((0.09, 0.11))
