"""Results drawn from a ledger are computed once.

A ledger never changes, so neither do the results drawn from it. A report, its pages
and its record of past ratings ask for the same results again and again; the first
call computes them, later calls return what was kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar

import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")

#: Results kept of each function, those last asked for: enough for a report with the
#: Januaries before it, which its record of past ratings looks at, by two treaties;
#: and no more, however long a batch (a view and all drawn from it is about a megabyte).
KEPT = 128


def cached(function: Callable[P, R]) -> Callable[P, R]:
    """Keep the results of a function and return them when the same arguments come again.

    For functions of ledgers, which are the same if they are one object, and of plain
    values. A frame is returned as a shallow copy, so that a caller may change it without
    harm to others (pandas copies the data on the first change). Any other result is
    shared and must not be changed.

    Examples
    --------
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
    kept: Callable[..., Any] = functools.lru_cache(maxsize=KEPT)(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if not all(isinstance(value, Hashable) for value in (*args, *kwargs.values())):
            return function(*args, **kwargs)
        result: R = kept(*args, **kwargs)
        return result.copy(deep=False) if isinstance(result, pd.DataFrame) else result

    return call
