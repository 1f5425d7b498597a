"""How far a rounded number may be from the exact one.

'Nearly' and 'about' in the sources of the packaged treaties differ from the exact figure,
where that came later, by less than these tolerances. A number of a thousand or more that
ends in three zeros counts as rounded, whatever its source says of it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

#: 'About' a number: as a part of it, either way.
APPROX = 0.05
#: 'Nearly' a number: as a part of it, downwards.
NEARLY = 0.10
#: A share, which sources give in whole per cent.
SHARE = 0.01


def is_round(value: float) -> bool:
    """Whether a number ends in three or more zeros.

    >>> is_round(573_000), is_round(573_700), is_round(0)
    (True, False, False)
    """
    return value >= 1000 and value % 1000 == 0


def rounding(value: float) -> float:
    """How far a round number may be from the exact one: one unit of its last digit that is not 0.

    >>> rounding(38_700_000), rounding(1_000), rounding(676)
    (100000.0, 50.0, 0.0)
    """
    if not is_round(value):
        return 0.0
    digits = str(int(value))
    unit = 10.0 ** (len(digits) - len(digits.rstrip("0")))
    return min(unit, APPROX * value)


def bounds(value: float, qualifier: str, width: float | None = None) -> tuple[float, float]:
    """Return the range of exact numbers that a stated number may stand for.

    ``width`` is how far it may be off either way; by default its `rounding`.

    >>> bounds(38_700_000, "exact"), bounds(676, "exact"), bounds(60, "at_least")
    ((38600000.0, 38800000.0), (676, 676), (60, inf))
    >>> bounds(100, "approx"), bounds(100, "nearly")
    ((95.0, 105.0), (90.0, 100.0))
    """
    width = rounding(value) if width is None else width
    if qualifier == "at_least":
        return value, math.inf
    if qualifier == "approx":
        width = max(width, APPROX * value)
    if qualifier == "nearly":
        return value * (1 - NEARLY), value + width
    return (value - width, value + width) if width else (value, value)


def bounds_of_column(
    values: npt.NDArray[np.float64],
    qualifiers: npt.NDArray[np.object_],
    shares: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the lowest and the highest number that each of many may stand for; see `bounds`."""
    unit = np.zeros(len(values))
    rounded = np.flatnonzero(values >= 1000)
    for zeros in range(3, 16):
        rounded = rounded[values[rounded] % 10**zeros == 0]
        unit[rounded] = 10.0**zeros
    width = np.where(shares, SHARE, np.minimum(unit, APPROX * values))
    width = np.where(qualifiers == "approx", np.maximum(width, APPROX * values), width)
    nearly, least = qualifiers == "nearly", qualifiers == "at_least"
    low = np.select([nearly, least], [(1 - NEARLY) * values, values], values - width)
    return low, np.where(least, np.inf, values + width)
