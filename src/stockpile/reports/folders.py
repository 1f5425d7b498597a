"""What stands between a finished folder and its readers: checks, and one move.

Nothing here knows of notebooks or treaties.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; leftovers are then only cleared by their age
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder while it is in use; the system lets go of it even after ``kill -9``."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems know no locks; then leftovers stay until they are old.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


class BusyError(RuntimeError):
    """Another run is writing to the same folder."""


@contextlib.contextmanager
def alone(out: Path) -> Iterator[None]:
    """Be the only run that writes to a folder of reports; the system lets go after ``kill -9``.

    Raises
    ------
    BusyError
        At once, when another run is at work there.
    """
    out.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    handle = os.open(out / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("another run is writing to this folder; this one leaves") from None
        yield
    finally:
        os.close(handle)


def sweep(place: Path) -> None:
    """Clear what killed runs left beside a place, and put back what one of them set aside."""
    for old in sorted(place.parent.glob(f".{place.name}.*.old")):
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    for left in place.parent.glob(f".{place.name}.*.tmp"):
        if _abandoned(left):
            shutil.rmtree(left, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    """Whether nobody holds a folder any more."""
    if fcntl is None:
        return False
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(handle)


def exchange(made: Path, place: Path) -> None:
    """Put a folder in its place; what was there before takes the folder's own place.

    Both happen in one step where the system can exchange two names (Linux). Else
    the earlier folder is first set aside under a name that `sweep` puts back.
    """
    if not place.exists():
        made.rename(place)
        return
    if _exchange_names(made, place):
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".old", dir=place.parent))
    aside.rmdir()
    place.rename(aside)
    try:
        made.rename(place)
    except BaseException:
        aside.rename(place)
        raise
    aside.rename(made)


def _exchange_names(a: Path, b: Path) -> bool:
    """Exchange two names in one step; whether that was possible."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    at_cwd, exchange_flag = -100, 2
    if renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), exchange_flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(b))
