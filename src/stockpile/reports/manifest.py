"""The record that every published report carries, and what can be read from it later.

A folder counts as a good report when its manifest is there and says so: it is the
last file that is written before the folder is moved to its place.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile._version import __version__
from stockpile.common.output import write_text
from stockpile.ledger.ledger import Ledger, parse_day

MANIFEST = "manifest.json"
#: Form of the manifest; another one is not read.
FORM = 1
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
    ['ipykernel', 'matplotlib', 'nbconvert']
    """
    packages = {name: metadata.version(name) for name in _PACKAGES}
    return {"stockpile": __version__, "python": platform.python_version(), **packages}


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
    files = sorted(path for path in folder.rglob("*") if path.is_file())
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
        "files": {p.relative_to(folder).as_posix(): file_hash(p) for p in files},
    }


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
        account = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(account, dict) or account.get("form") != FORM:
        return None
    return account if account.get("outcome") == "good" else None


def is_whole(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether every file that a manifest names is there as it was published."""
    return all(
        (folder / name).is_file() and file_hash(folder / name) == known
        for name, known in manifest["files"].items()
    )


def reports(treaty: Path) -> list[Path]:
    """The good reports in the folder of one treaty, by their as-of day."""
    return [
        folder
        for folder in (sorted(treaty.iterdir()) if treaty.is_dir() else [])
        if not folder.is_symlink() and _is_day(folder.name) and read(folder) is not None
    ]


def _is_day(name: str) -> bool:
    try:
        parse_day(name)
    except ValueError:
        return False
    return True


def previous(treaty: Path, day: str, rule: str) -> Path | None:
    """The newest good report of an earlier day, made by the same availability rule."""
    for folder in reversed(reports(treaty)):
        if folder.name < day and (read(folder) or {}).get("rule") == rule:
            return folder
    return None


def point_latest(treaty: Path) -> None:
    """Let ``latest`` point to the report of the newest day.

    The link is relative, so that the whole folder can be moved or served from
    anywhere, and takes the place of the old one in one step.
    """
    folders = reports(treaty)
    if not folders:
        return
    link = treaty / f".latest.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(folders[-1].name, target_is_directory=True)
    link.replace(treaty / "latest")
