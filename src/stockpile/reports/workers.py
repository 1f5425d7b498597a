"""Work in other processes: pools of this machine and of a Dask cluster.

Work is handed out by `concurrent.futures.Executor.submit` in both cases.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Pool = Callable[[int], AbstractContextManager[Executor]]

#: Linux: have the system end this process when its parent ends (``prctl``).
_PR_SET_PDEATHSIG = 1
#: How often the scheduler gives a report to another worker when one dies on it.
_RETRIES = 3
#: Seconds to wait for the scheduler to answer.
_ANSWER = 30


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


def _begin() -> None:
    """Prepare a new worker process."""
    end_with_parent()
    # An interrupt at the terminal reaches every process; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def local_pool(jobs: int) -> Iterator[Executor]:
    """Open a pool of processes on this machine; an exception in the block ends them at once.

    A process with a single thread is copied (``fork``), so that its workers have what it
    has imported and read; any other starts its workers afresh.

    Parameters
    ----------
    jobs : int
        Processes at work at the same time.

    Examples
    --------
    >>> with local_pool(1) as pool:
    ...     pool.submit(abs, -3).result()
    3
    """
    copied = sys.platform.startswith("linux") and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if copied else "spawn")
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin) as pool:
        try:
            yield pool
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int,
    *,
    pool: Pool = local_pool,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[tuple[Item, Result | Exception]]:
    """Call a function for every item in other processes, so many at once.

    Parameters
    ----------
    function : callable
        Takes an item; both have to be picklable, and so has what it returns.
    items : sequence
        In the order in which they are begun.
    jobs : int
        Calls at the same time.
    pool : callable
        Opens an executor for so many calls at once.
    meanwhile : callable
        Called in this process once the others have their work.

    Yields
    ------
    tuple
        An item with its result, or with the exception that the call raised: as they
        come. Where the process itself ended that is a `BrokenExecutor`; it costs only
        the item that it worked on.

    Examples
    --------
    >>> sorted(run_each(abs, [-1, 2], 2))
    [(-1, 1), (2, 2)]
    """
    lost: list[Item] = []
    with pool(jobs) as executor:
        futures = {executor.submit(function, item): item for item in items}
        meanwhile()
        for future in as_completed(futures):
            error = future.exception()
            if isinstance(error, BrokenExecutor):
                lost.append(futures[future])
            elif isinstance(error, Exception):
                yield futures[future], error
            else:
                yield futures[future], future.result()
    # A process that ends takes its pool with it, and which of several items it worked on is
    # not known. One at a time, it is the first without a result.
    waiting = [item for item in items if item in lost]
    while waiting:
        with pool(1) as executor:
            results = [(item, executor.submit(function, item)) for item in waiting]
            waiting = []
            for number, (item, call) in enumerate(results):
                error = call.exception()
                yield item, error if isinstance(error, Exception) else call.result()
                if isinstance(error, BrokenExecutor):
                    waiting = [item for item, _ in results[number + 1 :]]
                    break


@contextlib.contextmanager
def cluster_pool(scheduler: str) -> Iterator[Executor]:
    """Connect to a Dask cluster; the scheduler decides how many calls run at once.

    Parameters
    ----------
    scheduler : str
        Address of the Dask scheduler.

    Raises
    ------
    ValueError
        When no scheduler answers there.
    """
    from distributed import Client

    try:
        client = Client(scheduler, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(
            f"no scheduler answers at {scheduler}; expected the address of a running one, "
            "as tcp://host:8786"
        ) from error
    with client, client.get_executor(pure=False, retries=_RETRIES) as executor:
        yield executor
