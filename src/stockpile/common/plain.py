"""Frames as the library itself works with them: text without gaps, ratings as text.

What the public functions return is made for analysis: missing text is missing, ratings and
evidence are ordered categories. The pages and charts were written for text that may be empty;
they take either form, and turn it into this one where it comes in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, ParamSpec, TypeVar

import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn missing text into empty text, and categories into text.

    Examples
    --------
    >>> rated = pd.DataFrame({"status": pd.Categorical(["at risk"]), "unit": [None]}, dtype="str")
    >>> plain(rated.astype({"status": "category"})).iloc[0].tolist()
    ['at risk', '']
    """
    changed = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            changed[str(name)] = column.astype("str").fillna("")
        elif column.dtype == "str" and column.hasnans:
            changed[str(name)] = column.fillna("")
    return frame.assign(**changed) if changed else frame


def takes_results(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that was written for plain frames take results as well.

    Frames, and dataclasses of frames as `stockpile.what_changed` returns them, are made
    `plain` before the function sees them.

    Examples
    --------
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
