"""Work in other processes: pools of this machine and of a Dask cluster.

Work is handed out by `concurrent.futures.Executor.submit` in both cases.

Ctrl-C ends a run, even where Python drops the exception that it raises. A signal that arrives in
a long call of a library's own code is raised in the first Python code after it. Where that is the
callback of a weak reference, Python prints "Exception ignored" and goes on. So the signal is noted
too, and asked for before each lasting step.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

Pool = Callable[[int], AbstractContextManager[Executor]]


class ReportError(RuntimeError):
    """A report, or a part of one, could not be made; the message says where and why."""


class Named(Protocol):
    """Something to be made, with a name for messages."""

    @property
    def name(self) -> str:
        """What a message calls it."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call for an item: what it returned, or why it failed."""

    item: Any
    seconds: float = 0.0
    problem: str = ""
    result: Any = None


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


def collect_seldom() -> None:
    """Leave what has been made so far to the end of the process, and look for garbage seldom.

    A sixth of the time that charts take went into looking through tables and modules that
    stay. `attempt` clears up after each piece of work.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


def _begin() -> None:
    end_with_parent()
    collect_seldom()
    # An interrupt at the terminal reaches every process; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def local_pool(jobs: int) -> Iterator[Executor]:
    """Open a pool of processes on this machine; an exception in the block ends them at once.

    A process with a single thread is copied (``fork``), so that its workers have what it
    has imported and read; any other starts its workers afresh.

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


def attempt(function: Callable[[Any], Any], item: Named) -> Outcome:
    """Call a function for an item, and word what goes wrong.

    Examples
    --------
    >>> from pathlib import Path
    >>> attempt(Path.is_dir, Path()).result
    True
    """
    begun = time.perf_counter()
    problem, result = "", None
    try:
        result = function(item)
    except ReportError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{item.name} could not be written: {error.strerror or type(error).__name__}"
    except Exception as error:
        problem = f"{item.name}: {type(error).__name__}: {error}"
    # Figures hold themselves; what has lasted longer, such as results that are kept, stays.
    gc.collect(1)
    return Outcome(item, time.perf_counter() - begun, problem, result)


def run_each(
    function: Callable[[Any], Any],
    items: Sequence[Named],
    jobs: int,
    *,
    pool: Pool = local_pool,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[Outcome]:
    """Call a function for every item in other processes, and yield the outcomes as they come.

    A process that ends costs only the item that it worked on. `pool` opens an executor for
    so many calls at once; `meanwhile` is called in this process once the others have work.

    Examples
    --------
    >>> from pathlib import Path
    >>> [outcome.problem for outcome in run_each(Path.read_text, [Path("no file")], 1)]
    ['no file could not be written: No such file or directory']
    """
    futures: dict[Future[Outcome], Named] = {}
    lost: list[Named] = []
    with pool(jobs) as executor:
        for item in items:
            try:
                futures[executor.submit(attempt, function, item)] = item
            except BrokenExecutor:
                lost.append(item)
        meanwhile()
        for future in as_completed(futures):
            require_none()
            if isinstance(future.exception(), BrokenExecutor):
                lost.append(futures[future])
            else:
                yield _outcome(futures[future], future)
    # A process that ends takes its pool with it, and which of several items it worked on is
    # not known. One at a time, it is.
    waiting = [item for item in items if item in lost]
    while waiting:
        with pool(1) as executor:
            while waiting:
                item = waiting.pop(0)
                future = executor.submit(attempt, function, item)
                yield _outcome(item, future)
                if isinstance(future.exception(), BrokenExecutor):
                    break


def _outcome(item: Named, future: Future[Outcome]) -> Outcome:
    """Wait for what came of an item, or word what happened to its process."""
    error = future.exception()
    if error is None:
        return future.result()
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, BrokenExecutor):
        what = "its process ended unexpectedly"
    return Outcome(item, problem=f"{item.name}: {what}")


@contextlib.contextmanager
def cluster_pool(scheduler: str, jobs: int | None = None) -> Iterator[Executor]:
    """Connect to a Dask cluster, whose scheduler decides how many calls run at once.

    Whatever number of `jobs` is asked for; a `ValueError` says that no scheduler answers.
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


_noted = threading.Event()


@contextlib.contextmanager
def noting_interrupts() -> Iterator[None]:
    """Note Ctrl-C while a block runs; for the main thread, elsewhere it does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        _noted.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
        require_none()
    finally:
        signal.signal(signal.SIGINT, before)
        _noted.clear()


def require_none() -> None:
    """Raise if Ctrl-C was pressed and the run went on all the same.

    Raises
    ------
    KeyboardInterrupt
        As it should have been raised by then.
    """
    if _noted.is_set():
        raise KeyboardInterrupt
