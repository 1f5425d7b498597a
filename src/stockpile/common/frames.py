"""Frames as plain values and back, for the loops of the core.

A replay asks for every state on a hundred days. Loops over whole numbers and
short texts are much faster than as many small operations on frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def plain(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a frame as plain tuples: a day as `ordinals` has it, all else as it is.

    Examples
    --------
    >>> days = pd.to_datetime(["1970-01-03", None])
    >>> list(plain(pd.DataFrame({"iso3": ["PER", "GIN"], "on": days}), "iso3", "on"))
    [('PER', 2), ('GIN', None)]
    """
    return zip(*(values(frame[name]) for name in columns), strict=True)


def values(column: pd.Series) -> list[Any]:
    """Plain values of a column: a day as `ordinals` has it, all else as it is."""
    return ordinals(column) if column.dtype.kind == "M" else column.tolist()


def ordinals(days: pd.Series) -> list[int | None]:
    """Days as whole numbers from 1970-01-01, ``None`` for no day."""
    whole = days.to_numpy().astype("datetime64[D]")
    out: list[int | None] = whole.astype("int64").tolist()
    for i in np.flatnonzero(np.isnat(whole)):
        out[i] = None
    return out


#: The first of January 1970, as `datetime` counts days.
EPOCH = pd.Timestamp(1970, 1, 1).toordinal()


def ordinal(day: pd.Timestamp) -> int:
    """One day as a whole number from 1970-01-01."""
    return day.toordinal() - EPOCH


def timestamp(day: int) -> pd.Timestamp:
    """A whole number from 1970-01-01 as a day.

    Examples
    --------
    >>> timestamp(ordinal(pd.Timestamp("2012-04-19"))).date().isoformat()
    '2012-04-19'
    """
    return pd.Timestamp.fromordinal(day + EPOCH)


def framed(columns: Mapping[str, Sequence[Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """A frame from columns of plain values: days are whole numbers, ``None`` is missing.

    Examples
    --------
    >>> framed({"on": [2, None]}, {"on": "datetime64[us]"})["on"].dt.year.tolist()
    [1970.0, nan]
    """
    return pd.DataFrame({name: _column(columns[name], kind) for name, kind in kinds.items()})


def _column(values: Sequence[Any], kind: str) -> Any:
    if kind.startswith("datetime"):
        days = np.array([_NO_DAY if v is None else v for v in values], dtype="datetime64[D]")
        return days.astype(kind)
    if kind == "float64":
        return np.array([math.nan if v is None else v for v in values], dtype=np.float64)
    return pd.array(values, dtype="str") if kind == "str" else np.array(values, dtype=kind)


_NO_DAY = np.datetime64("NaT", "D")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as plain dictionaries, to be put into words."""
    names = [str(name) for name in frame.columns]
    values = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values]
