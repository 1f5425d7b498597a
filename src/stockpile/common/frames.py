"""Frames to plain Python values and back, for the loops of the core.

A replay looks at every state on a hundred days. Loops over whole numbers and short
texts are much faster than as many small operations on frames.

What the public functions return is made for analysis: missing text is missing, ratings and
evidence are ordered categories. The pages and charts were written for text that may be empty;
`takes_results` lets them take either form.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd


def tuples(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a frame as tuples of plain values; days as in `days_as_ints`.

    >>> days = pd.to_datetime(["1970-01-03", None])
    >>> list(tuples(pd.DataFrame({"iso3": ["PER", "GIN"], "on": days}), "iso3", "on"))
    [('PER', 2), ('GIN', None)]
    """
    return zip(*(column_values(frame[name]) for name in columns), strict=True)


def column_values(column: pd.Series) -> list[Any]:
    """Plain values of a column; days as in `days_as_ints`."""
    return days_as_ints(column) if column.dtype.kind == "M" else column.tolist()


def days_as_ints(days: pd.Series) -> list[int | None]:
    """Days as whole numbers from 1970-01-01; ``None`` for a missing day."""
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


def timestamp(day: int | None) -> pd.Timestamp:
    """A whole number from 1970-01-01 as a day; ``None`` as ``NaT``.

    >>> timestamp(ordinal(pd.Timestamp("2012-04-19"))).date().isoformat()
    '2012-04-19'
    """
    # To the type checker NaT is no day; to all who count with days it is a missing one.
    missing = cast("pd.Timestamp", pd.NaT)
    return missing if day is None else pd.Timestamp.fromordinal(day + EPOCH)


def whole_months(earlier: pd.Timestamp, later: pd.Timestamp) -> int:
    """Whole months from one day to a later one; the last day of a month completes it.

    >>> january, march = pd.Timestamp("2012-01-31"), pd.Timestamp("2012-03-30")
    >>> whole_months(january, march), whole_months(january, pd.Timestamp("2012-04-30"))
    (1, 3)
    """
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (later.day < earlier.day and not later.is_month_end)


def period_start(day: pd.Timestamp, precision: str) -> pd.Timestamp:
    """First day of the month or year that a day stands for the end of; else the day itself.

    >>> period_start(pd.Timestamp("2012-04-30"), "month").date().isoformat()
    '2012-04-01'
    """
    if precision == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if precision == "year" else day


def period_starts(days: pd.Series, precision: pd.Series) -> pd.Series:
    """As `period_start`, for a column of days."""
    months = days - pd.to_timedelta(days.dt.day - 1, unit="D")
    years = days - pd.to_timedelta(days.dt.day_of_year - 1, unit="D")
    out: pd.Series = days.where(precision != "month", months).where(precision != "year", years)
    return out


def from_rows(rows: Sequence[Sequence[Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame of rows of plain values; see `from_columns`.

    >>> from_rows([("PER", 15250)], {"iso3": "str", "date": "datetime64[us]"}).iloc[0].tolist()
    ['PER', Timestamp('2011-10-03 00:00:00')]
    """
    columns = zip(*rows, strict=True) if rows else ([] for _ in kinds)
    return from_columns(dict(zip(kinds, columns, strict=True)), kinds)


def from_columns(columns: Mapping[str, Sequence[Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame of columns of plain values: days are whole numbers, ``None`` is missing.

    >>> from_columns({"on": [2, None]}, {"on": "datetime64[us]"})["on"].dt.year.tolist()
    [1970.0, nan]
    """
    return pd.DataFrame({name: _column(columns[name], kind) for name, kind in kinds.items()})


def _column(values: Sequence[Any], kind: str) -> Any:
    if kind.startswith("datetime"):
        days = np.array([_NO_DAY if v is None else v for v in values], dtype="datetime64[D]")
        return days.astype(kind)
    if kind == "float64":
        return np.array([math.nan if v is None else v for v in values], dtype=np.float64)
    return text_column(values) if kind == "str" else np.array(values, dtype=kind)


def text_column(values: Any) -> Any:
    """Texts as a column; by its name pandas looks the type up anew each time, which takes longer.

    >>> text_column(["PER", "GIN"]).dtype == "str"
    True
    """
    return pd.array(values, dtype=_TEXT)


_TEXT: Any = pd.api.types.pandas_dtype("str")
_NO_DAY = np.datetime64("NaT", "D")


def as_dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as dictionaries, one for each row."""
    names = [str(name) for name in frame.columns]
    values = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values]


def values_at(values: pd.Series, keys: pd.Series) -> pd.Series:
    """Look up a value for each key; missing keys give missing values of the same type.

    Unlike `pandas.Series.map` it keeps the type of the values where there are no rows.
    """
    return values.reindex(keys).set_axis(keys.index)


def no_days(like: pd.Series) -> pd.Series:
    """``NaT`` for each of some days.

    >>> no_days(pd.Series(pd.to_datetime(["2012-04-19"]))).tolist()
    [NaT]
    """
    return pd.Series(pd.NaT, index=like.index, dtype=like.dtype)


def earlier_day(a: pd.Series, b: pd.Series) -> pd.Series:
    """Return the earlier of two days, or the one that is not missing."""
    earlier: pd.Series = a.where(~(b < a) & a.notna(), b)
    return earlier


def named_rows(frame: pd.DataFrame, *, index: bool = False) -> list[Any]:
    """Rows of a frame, each cell by the name of its column; with ``index``, also ``Index``.

    >>> [row.state for row in named_rows(pd.DataFrame({"state": ["Peru", "Chad"]}))]
    ['Peru', 'Chad']
    """
    return list(frame.itertuples(index=index))


P = ParamSpec("P")
R = TypeVar("R")


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn missing text into empty text, and categories into text.

    >>> rated = pd.DataFrame({"status": pd.Categorical(["at risk"]), "unit": [None]}, dtype="str")
    >>> plain(rated.astype({"status": "category"})).iloc[0].tolist()
    ['at risk', '']
    """
    changed = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            changed[str(name)] = column.astype("str").fillna("")
        elif isinstance(column.dtype, pd.StringDtype) and column.hasnans:
            changed[str(name)] = column.fillna("")
    return frame.assign(**changed) if changed else frame


def takes_results(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that was written for plain frames take results as well.

    Frames, and dataclasses of frames as `stockpile.what_changed` returns them, are made
    `plain` before the function sees them.

    >>> @takes_results
    ... def units(status):
    ...     return status["unit"].tolist()
    >>> units(pd.DataFrame({"unit": ["submunitions", None]}, dtype="str"))
    ['submunitions', '']
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        positional = [plain_value(value) for value in args]
        return function(*positional, **{name: plain_value(value) for name, value in kwargs.items()})

    return call


def plain_value(value: Any) -> Any:
    """A frame, or a dataclass with frames, in the plain form; anything else as it is."""
    if isinstance(value, pd.DataFrame):
        return plain(value)
    if is_dataclass(value) and not isinstance(value, type) and hasattr(value, "statements"):
        return plain_parts(value)
    return value


def plain_parts(whole: Any) -> Any:
    """A snapshot, or what changed between two, with each of its frames in the plain form."""
    parts = {field.name: getattr(whole, field.name) for field in fields(whole)}
    frames = {n: plain(part) for n, part in parts.items() if isinstance(part, pd.DataFrame)}
    return replace(whole, **frames)
