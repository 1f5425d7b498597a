"""Copies of this process that work beside each other.

A process that has imported what is needed and has read the tables can be copied by
the system in milliseconds. Each copy works on its own, changes nothing in another's
memory, and ends with the process that started it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Linux: have the system end this process when its parent ends (``prctl``).
_PR_SET_PDEATHSIG = 1


class ProcessEndedError(RuntimeError):
    """A copy ended before it had a result."""


def may_fork() -> bool:
    """Whether this process can be copied safely: it must not be running other threads.

    Examples
    --------
    >>> may_fork() in (True, False)
    True
    """
    return sys.platform.startswith("linux") and threading.active_count() == 1


def cores() -> int:
    """How many processes this machine can run at once.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def end_with_parent() -> None:
    """Have this process ended when the one that started it ends, even by ``kill -9``."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def beside(
    items: Sequence[Item], work: Callable[[Item], Result], jobs: int
) -> Iterator[tuple[Item, Result | ProcessEndedError]]:
    """Do the same work on many items, each in a copy of this process, so many at once.

    Parameters
    ----------
    items : sequence
        In the order in which they are begun.
    work : callable
        Takes an item; what it returns must be picklable. It must not raise.
    jobs : int
        Copies at work at the same time.

    Yields
    ------
    tuple
        An item and its result, as they come; a `ProcessEndedError` in place of the result
        where the copy was killed or ended by itself.

    Examples
    --------
    >>> list(beside([], abs, jobs=2))
    []
    """
    fork = multiprocessing.get_context("fork")

    def child(item: Item, pipe: connection.Connection) -> None:
        end_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends its copies
        pipe.send(work(item))
        pipe.close()

    waiting = list(items)
    running: dict[connection.Connection, tuple[Item, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                item = waiting.pop(0)
                ours, theirs = fork.Pipe(duplex=False)
                process = fork.Process(target=child, args=(item, theirs))
                process.start()
                theirs.close()
                running[ours] = (item, process)
            # A pipe is ready when it holds a result, and when its other end is gone.
            for ready in connection.wait(list(running)):
                assert isinstance(ready, connection.Connection)
                item, process = running.pop(ready)
                result: Result | ProcessEndedError
                try:
                    result = ready.recv()
                    process.join()
                except EOFError:
                    process.join()
                    result = ProcessEndedError(_ending(process.exitcode))
                ready.close()
                yield item, result
    finally:
        for pipe, (_, process) in running.items():
            process.kill()
            process.join()
            pipe.close()


def _ending(code: int | None) -> str:
    """How a process came to its end, in words."""
    if code is not None and code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with code {code}"
