"""The record that every published report carries, and what can be read from it later.

A folder counts as a good report when its manifest is there and says so: it is the
last file that is written before the folder is moved to its place.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile._version import __version__
from stockpile.common.errors import DataError, read_bytes
from stockpile.common.output import write_text
from stockpile.common.shipped import shipped_folder
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.rating.status import RATINGS

MANIFEST = "manifest.json"
#: Form of the manifest; another one is not read.
FORM = 1
#: The longest text and the greatest number that a manifest may hold.
_LONGEST, _MOST = 1_000, 10**9
_Check = Callable[[Any], bool]
_PACKAGES = ("pandas", "numpy", "matplotlib", "papermill", "nbconvert", "ipykernel", "xlsxwriter")


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of everything that has a part in what a report looks like.

    Examples
    --------
    >>> sorted(versions())[:3]
    ['code', 'ipykernel', 'matplotlib']
    """
    packages = {name: metadata.version(name) for name in _PACKAGES}
    own = {"stockpile": __version__, "code": code_hash()}
    return {**own, "python": platform.python_version(), **packages}


def describe(
    view: Ledger,
    *,
    parameters: Mapping[str, Any],
    notebooks: Sequence[Mapping[str, Any]],
    pages: Sequence[Mapping[str, Any]],
    ratings: Mapping[str, int],
    changed: int,
    since: str,
    folder: Path,
) -> dict[str, Any]:
    """Put together what a report says of itself; every file in its finished folder is named."""
    # Not at the top: with it comes matplotlib, and the kernel is started before that is loaded.
    from stockpile.pages.html import data_to, stale_sentence

    newest = data_to(view)
    return {
        "form": FORM,
        "outcome": "good",
        "treaty": view.treaty.id,
        "name": view.treaty.name,
        "as_of": f"{view.require_day():%Y-%m-%d}",
        "rule": view.rule,
        "since": since,
        "data_hash": view.data_hash,
        "data_version": view.data_version,
        "unpublished": view.treaty.unpublished,
        "inputs": {
            p.name: file_hash(p)
            for p in sorted(view.folder.iterdir())
            if p.suffix in (".csv", ".toml") and p.is_file()
        },
        "versions": versions(),
        "parameters": dict(parameters),
        "rows": {name: int(view.counts[name].sum()) for name in ("read", "accepted", "rejected")},
        "ratings": dict(ratings),
        "changed": changed,
        "data_to": "" if pd.isna(newest) else f"{newest:%Y-%m-%d}",
        "stale": bool(stale_sentence(view)),
        "notebooks": list(notebooks),
        "pages": list(pages),
        "files": hashes(folder),
    }


def hashes(folder: Path) -> dict[str, str]:
    """Hash every file in a finished folder but the manifest itself, by its name there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: file_hash(path) for name, path in named.items() if name != MANIFEST}


@functools.cache
def code_hash(*packages: str) -> str:
    """Hash what pages are made by: the package's own files and its notebooks.

    With the names of packages, what these alone make. A method that was changed without a new
    version is another method all the same.

    Examples
    --------
    >>> len(code_hash())
    64
    """
    home = Path(__file__).resolve().parents[1]
    found = [path for name in packages or ("",) for path in (home / name).rglob("*")]
    if not packages:
        found += shipped_folder("notebooks").glob("*.ipynb")
    wanted = {".py", ".html", ".css", ".js", ".j2", ".toml", ".csv", ".ipynb"}
    digest = hashlib.sha256()
    for path in sorted(path for path in found if path.suffix in wanted):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def write(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest into the finished folder."""
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest of a good report; ``None`` where there is no such report.

    Examples
    --------
    >>> read(Path("no/such/folder")) is None
    True
    """
    try:
        return _checked(folder / MANIFEST)
    except DataError:
        return None


def _checked(path: Path) -> dict[str, Any]:
    """Read a manifest, which is an input like any other: whatever it holds is of the right kind."""
    if not path.is_file():
        raise DataError("is not there")
    try:
        account = json.loads(read_bytes(path, limit="file_bytes").decode("utf-8"))
    except (RecursionError, ValueError) as error:
        raise DataError(f"cannot be read: {str(error)[:80]}") from None
    if not isinstance(account, dict) or account.get("form") != FORM:
        raise DataError(f"is not of form {FORM}")
    if account.get("outcome") != "good":
        raise DataError("is not of a good report")
    for key, right in _KEYS.items():
        if not right(account.get(key)):
            raise DataError(f"{key} is {_shown(account.get(key))}; not what a report writes")
    return account


def _shown(value: object) -> str:
    """The beginning of a value, for a message."""
    shown = ascii(value)
    return shown if len(shown) <= 60 else f"{shown[:60]} …"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value <= _MOST


def _is_count(value: object) -> bool:
    return type(value) is int and _is_number(value)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_day(value) is not None
    except ValueError:
        return False


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _table(names: Callable[[str], object], values: Callable[[object], bool]) -> _Check:
    """Ask for an object whose names and values are of a kind."""
    return lambda found: (
        isinstance(found, dict) and all(names(n) and values(v) for n, v in found.items())
    )


def _is_list_of_pages(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(page, dict) and _is_text(page.get("name")) and _is_number(page.get("seconds"))
        for page in value
    )


def _is_rows(value: object) -> bool:
    names = ("read", "accepted", "rejected")
    return isinstance(value, dict) and all(_is_count(value.get(name)) for name in names)


#: What every manifest has, and what is right for it.
_KEYS: dict[str, _Check] = {
    "treaty": _is_text,
    "name": _is_text,
    "as_of": _is_day,
    "rule": lambda value: value in RULES,
    "since": _is_day,
    "data_hash": _is_text,
    "unpublished": lambda value: value is None or _is_text(value),
    "inputs": _is_object,
    "versions": _is_object,
    "parameters": _is_object,
    "rows": _is_rows,
    "ratings": _table(RATINGS.__contains__, _is_count),
    "changed": _is_count,
    "data_to": lambda value: value in (None, "") or _is_day(value),
    "notebooks": _is_list_of_pages,
    "pages": _is_list_of_pages,
    # No name leads out of the report's folder.
    "files": _table(re.compile(r"(?!.*\.\.)\w[\w./ -]{,200}").fullmatch, _is_text),
}


def is_whole(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether every file that a manifest names is there as it was published."""
    try:
        return all(
            (folder / name).is_file() and file_hash(folder / name) == known
            for name, known in manifest["files"].items()
        )
    except OSError:  # as of a file that may not be read
        return False


def reports(treaty: Path) -> list[Path]:
    """The good reports in the folder of one treaty, by their as-of day."""
    return [folder for folder in _days(treaty) if not _problem(folder)]


def left_out(treaty: Path) -> list[str]:
    """Say of each manifest of a treaty why it is not that of a good report there.

    Examples
    --------
    >>> left_out(Path("no/such/folder"))
    []
    """
    return [
        f"{treaty.name}/{folder.name}: {MANIFEST} {problem}"
        for folder in _days(treaty)
        if (folder / MANIFEST).is_file() and (problem := _problem(folder))
    ]


def _days(treaty: Path) -> list[Path]:
    """Folders of one treaty that are named by a day."""
    found = sorted(treaty.iterdir()) if treaty.is_dir() else []
    return [p for p in found if not p.is_symlink() and p.is_dir() and _is_day(p.name)]


def _problem(folder: Path) -> str:
    """Say why a folder is no good report of its treaty and day; empty for one that is."""
    try:
        account = _checked(folder / MANIFEST)
    except DataError as error:
        return str(error)
    of, place = f"{account['treaty']}/{account['as_of']}", f"{folder.parent.name}/{folder.name}"
    return "" if of == place else f"is that of {of}"


def previous(treaty: Path, day: str, rule: str) -> Path | None:
    """The newest good report of an earlier day, made by the same availability rule."""
    for folder in reversed(reports(treaty)):
        if folder.name < day and (read(folder) or {}).get("rule") == rule:
            return folder
    return None


def point_latest(treaty: Path) -> str:
    """Let ``latest`` point to the report of the newest day; return what kept it from doing so.

    A report of a day that had not come when it was made is never the latest.

    The link is relative, so that the whole folder can be moved or served from
    anywhere, and takes the place of the old one in one step.
    """
    folders = [p for p in reports(treaty) if not (read(p) or {})["parameters"].get("ahead")]
    if not folders:
        return ""
    link, latest = treaty / f".latest.{os.getpid()}", treaty / "latest"
    try:
        for left in treaty.glob(".latest.*"):  # of a run that was killed here
            left.unlink(missing_ok=True)
        if latest.is_dir() and not latest.is_symlink():
            return f"{treaty.name}/latest is a folder and could not be made a link; move it away"
        link.symlink_to(folders[-1].name, target_is_directory=True)
        link.replace(latest)
    except OSError as error:
        with contextlib.suppress(OSError):
            link.unlink(missing_ok=True)
        return f"{treaty.name}/latest could not be made a link: {error.strerror}"
    return ""
