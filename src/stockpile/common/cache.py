"""What is drawn from a ledger is worked out once.

A ledger never changes, and neither does what is drawn from it. A report, its
pages and its record of past ratings ask for the same things again and again; the
first to ask has them worked out, the others get what was found then.
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


def once(function: Callable[P, R]) -> Callable[P, R]:
    """Work out what a function returns once for the same arguments.

    For functions of ledgers, which are the same if they are one object, and of
    plain values. Whoever asks gets a frame of its own, which may be changed
    without harm to others (pandas copies what is in it when it is changed);
    anything else is shared and not to be changed.

    Examples
    --------
    >>> @once
    ... def squares(upto):
    ...     print("working ...")
    ...     return pd.DataFrame({"square": [n * n for n in range(upto)]})
    >>> mine = squares(3)
    working ...
    >>> mine.loc[2, "square"] = 0
    >>> squares(3)["square"].tolist()
    [0, 1, 4]
    """
    known: Callable[..., Any] = functools.lru_cache(maxsize=KEPT)(function)

    @functools.wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not all(isinstance(value, Hashable) for value in (*args, *kwargs.values())):
            return function(*args, **kwargs)
        result: R = known(*args, **kwargs)
        return result.copy(deep=False) if isinstance(result, pd.DataFrame) else result

    return asked


class Later:
    """A frame that is worked out when somebody first asks for it.

    Examples
    --------
    >>> squares = Later(lambda: pd.DataFrame({"square": [0, 1, 4]}))
    >>> squares.frame is squares.frame
    True
    """

    def __init__(self, work_out: Callable[[], pd.DataFrame]) -> None:
        self._work_out = work_out

    @functools.cached_property
    def frame(self) -> pd.DataFrame:
        """The frame itself."""
        return self._work_out()
