"""The pinned versions: every package that comes with an installation is among them."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([\w.-]+)==([\w.+!-]+)", line) for line in lines]
    return {str(canonicalize_name(match[1])): match[2] for match in found if match}


def needed() -> dict[str, str]:
    """What is installed because the project, with any of its extras, asks for it."""
    # The metadata of an editable installation may be older than the file.
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    first = {canonicalize_name(name) for name in re.findall(r'"([A-Za-z][\w.-]*)[\[><=~!;"]', text)}
    found: dict[str, str] = {}
    waiting = [(str(name), frozenset[str]()) for name in first]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name.startswith("stockpile"):  # itself
            continue
        seen.add((name, extras))
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        found[name] = package.version
        for line in package.requires or ():
            asked = Requirement(line)
            marker = asked.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in extras or {""}):
                waiting.append((str(canonicalize_name(asked.name)), frozenset(asked.extras)))
    return found


def test_every_package_that_is_installed_is_pinned_to_that_version():
    known, found = pins(), needed()
    assert {"pandas", "papermill", "filelock"} <= set(found)
    assert {name: v for name, v in found.items() if known.get(name) != v} == {}
