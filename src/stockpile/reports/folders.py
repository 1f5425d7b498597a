"""What stands between a finished folder and its readers: one run at a time, and one move.

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

from filelock import FileLock, Timeout

_LOCK = ".lock"


class BusyError(RuntimeError):
    """Another run is writing to the same folder."""


@contextlib.contextmanager
def exclusive(out: Path) -> Iterator[None]:
    """Be the only run that writes to a folder of reports.

    The system releases the lock when the process ends, even after ``kill -9``.

    Raises
    ------
    BusyError
        At once, when another run is at work there.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(out / _LOCK).acquire(blocking=False)
    except Timeout:
        raise BusyError("another run is writing to this folder; exiting") from None
    with lock:
        yield


@contextlib.contextmanager
def staging_folder(place: Path) -> Iterator[Path]:
    """Make a temporary folder beside the final place, locked while it is in use."""
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent))
    with FileLock(folder / _LOCK):
        try:
            yield folder
        finally:
            # After the exchange this holds the report that was there before.
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def replacement(place: Path) -> Iterator[Path]:
    """Make a folder in a temporary one beside a place; it goes there when all went well."""
    place.parent.mkdir(parents=True, exist_ok=True)
    clean_up(place)
    with staging_folder(place) as staging:
        made = staging / "made"
        made.mkdir(mode=0o755)
        yield made
        exchange(made, place)


def clean_up(place: Path) -> None:
    """Remove what killed runs left beside a place, and put back what one of them set aside."""
    for old in sorted(place.parent.glob(f".{place.name}.*.old")):
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    for left in place.parent.glob(f".{place.name}.*.tmp"):
        # A folder that is locked belongs to a run that is still at work.
        with contextlib.suppress(Timeout), FileLock(left / _LOCK, blocking=False):
            shutil.rmtree(left, ignore_errors=True)


def exchange(made: Path, place: Path) -> None:
    """Put a folder in its place; what was there before takes the folder's own place.

    Both happen in one step where the system can exchange two names (Linux). Else
    the earlier folder is first set aside under a name that `clean_up` puts back.
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
