"""Ctrl-C ends a run, even where Python drops the exception that it raises.

A signal that arrives in a long call of a library's own code is raised in the first Python
code after it. Where that is the callback of a weak reference, Python prints "Exception
ignored" and goes on. So the signal is noted too, and asked for before each lasting step.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

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
