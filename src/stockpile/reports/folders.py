"""What stands between a finished folder and its readers: one run at a time, and one move.

Nothing here knows of notebooks or treaties.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from stockpile.common.output import make_folder

LOG = logging.getLogger("stockpile")
_LOCK = ".lock"
#: The file that is the lock where a file system has none of its own.
_LOCK_FILE = ".lock-file"
#: What a system says of a file system that cannot lock, or cannot exchange two names.
_CANNOT_LOCK = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
_CANNOT_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM)


class BusyError(RuntimeError):
    """Another run is writing to the same folder."""


@contextlib.contextmanager
def exclusive(out: Path) -> Iterator[None]:
    """Be the only run that writes to a folder of reports.

    The system releases the lock when the process ends, even after ``kill -9``. On a file
    system without locks a file stands for it; the next run on the same machine removes what
    a killed one left.

    Raises
    ------
    BusyError
        At once, when another run is at work there.
    """
    make_folder(out)
    try:
        lock = _locked(out)
    except Timeout as held:
        busy = "another run is writing to this folder; exiting"
        if Path(held.lock_file).name == _LOCK_FILE:  # whose run may have ended on another machine
            busy += f". If none is at work, remove {_LOCK_FILE} there"
        raise BusyError(busy) from None
    if isinstance(lock, SoftFileLock):
        LOG.warning(
            "this file system has no locks; the file %s stands for one while this run is at work",
            _LOCK_FILE,
        )
    try:
        yield
    finally:
        lock.release()


def _locked(folder: Path) -> BaseFileLock:
    """Lock a folder, or raise at once when another process has it."""
    # Its own way on takes `.lock` for held where that was copied from a system with locks.
    lock: BaseFileLock = FileLock(folder / _LOCK, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except OSError as error:
        if isinstance(error, Timeout) or error.errno not in _CANNOT_LOCK:
            raise
        lock = SoftFileLock(folder / _LOCK_FILE)
        # Some versions remove what a killed run left, and take the lock when asked again.
        with contextlib.suppress(Timeout):
            lock.acquire(blocking=False)
        if not lock.is_locked:
            lock.acquire(blocking=False)
    return lock


@contextlib.contextmanager
def staging_folder(place: Path) -> Iterator[Path]:
    """Make a temporary folder beside the final place, locked while it is in use."""
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent))
    lock = _locked(folder)
    try:
        yield folder
    finally:
        # After the exchange this holds the report that was there before.
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


@contextlib.contextmanager
def replacement(place: Path) -> Iterator[Path]:
    """Make a folder in a temporary one beside a place; it goes there when all went well."""
    _require_free(place)
    make_folder(place.parent)
    clean_up(place)
    with staging_folder(place) as staging:
        made = staging / "made"
        make_folder(made)
        yield made
        exchange(made, place)


def _require_free(place: Path) -> None:
    """Refuse a place that no report can take, before anything is made."""
    for path in (place.parent, place):
        if path.is_symlink() and not path.exists():
            raise NotADirectoryError(
                errno.ENOTDIR, f"{path.name} is a link that leads nowhere; remove it"
            )
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(
                errno.ENOTDIR, f"{path.name} is a file; expected a folder, or nothing"
            )
    if place.is_dir() and any(place.iterdir()) and not (place / "index.html").is_file():
        raise FileExistsError(
            errno.EEXIST, f"{place.name} is a folder with other things in it; move it away"
        )


def clean_up(place: Path) -> None:
    """Remove what killed runs left beside a place, and put back what one of them set aside."""
    for old in sorted(place.parent.glob(f".{place.name}.*.old")):
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    for left in place.parent.glob(f".{place.name}.*.tmp"):
        # A folder that is locked belongs to a run that is still at work.
        with contextlib.suppress(Timeout):
            lock = _locked(left)
            shutil.rmtree(left, ignore_errors=True)
            lock.release()


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
    if code in _CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(b))
