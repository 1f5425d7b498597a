"""Results drawn from a ledger are computed once.

A ledger never changes, so neither do the results drawn from it. A report, its pages
and its record of past ratings ask for the same results again and again; the first
call computes them, later calls return what was kept.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import pickle
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")

#: Results kept of each function, those last asked for: enough for reports on three treaties
#: with the Januaries before them, which records of past ratings and the front page ask for;
#: and no more, however long a batch (a view and all drawn from it is about a megabyte).
KEPT = 256
#: Names the folder that another process of the same run hands results over in.
RESULTS = "STOCKPILE_RESULTS"
#: Seconds to wait for a result that was promised; after that it is worked out here.
_PATIENCE = 120.0
_signature = functools.cache(inspect.signature)


def cached(function: Callable[P, R]) -> Callable[P, R]:
    """Keep the results of a function and return them when the same arguments come again.

    For functions of ledgers, which are the same if they are one object, and of plain
    values. A frame is returned as a shallow copy, so that a caller may change it without
    harm to others (pandas copies the data on the first change). Any other result is
    shared and must not be changed.

    >>> @cached
    ... def squares(upto):
    ...     print("working ...")
    ...     return pd.DataFrame({"square": [n * n for n in range(upto)]})
    >>> frame = squares(3)
    working ...
    >>> frame.loc[2, "square"] = 0
    >>> squares(3)["square"].tolist()
    [0, 1, 4]
    """

    def look_first(*args: Any, **kwargs: Any) -> Any:
        found = _handed_over(function, args, kwargs) if RESULTS in os.environ else None
        return function(*args, **kwargs) if found is None else found

    remembered: Callable[..., Any] = functools.lru_cache(maxsize=KEPT)(look_first)
    count = len(_signature(function).parameters)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if any(type(value).__hash__ is None for value in (*args, *kwargs.values())):
            return function(*args, **kwargs)
        given = (args, kwargs) if len(args) == count else _in_full(function, args, kwargs)
        result: R = remembered(*given[0], **given[1])
        return result.copy(deep=False) if isinstance(result, pd.DataFrame) else result

    return call


def _in_full(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Arguments with the defaults of those left out: the same call, however it is written."""
    bound = _signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


Call = tuple[Callable[..., Any], tuple[Any, ...]]


def promise(folder: Path, calls: Sequence[Call]) -> Callable[[], None]:
    """Promise results of cached functions to other processes of the same run.

    A notebook's kernel asks for what the process that started it has worked out already, or
    needs for the pages of states; who asks before it is there waits for it. No other user can
    enter the folder, for what lies there is taken as it is. The callable that is returned works
    the results out, one after the other.
    """
    files = [folder / _name(function, *_in_full(function, args, {})) for function, args in calls]
    for file in files:
        file.with_suffix(".promised").touch()

    def keep() -> None:
        for (function, args), file in zip(calls, files, strict=True):
            try:
                part = file.with_suffix(".part")
                part.write_bytes(pickle.dumps(function(*args)))
                part.replace(file)
            finally:
                file.with_suffix(".promised").unlink()

    return keep


def _handed_over(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A result that another process has left here, or ``None``."""
    file = Path(os.environ[RESULTS]) / _name(function, args, kwargs)
    until = time.monotonic() + _PATIENCE
    while file.with_suffix(".promised").exists() and time.monotonic() < until:
        time.sleep(0.02)
    return pickle.loads(file.read_bytes()) if file.is_file() else None


def _name(function: Callable[..., Any], args: Any, kwargs: Any) -> str:
    """Name a call; a ledger is known by its tables, its day and its rule."""
    given = [
        f"{arg.treaty.id} {arg.data_hash} {arg.day} {arg.rule}"
        if hasattr(arg, "data_hash")
        else repr(arg)
        for arg in (*args, *sorted(kwargs.items()))
    ]
    call = "\n".join((function.__module__, function.__qualname__, *given))
    return f"{hashlib.sha256(call.encode()).hexdigest()}.pickle"
