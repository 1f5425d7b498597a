"""The pinned versions: every package that comes with an installation is among them."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([\w.-]+)==([\w.+!-]+)", line) for line in lines]
    return {str(canonicalize_name(match[1])): match[2] for match in found if match}


def declared() -> set[str]:
    """What the project itself asks for, with any of its extras and groups."""
    # The metadata of an editable installation may be older than the file.
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = tables["project"]["optional-dependencies"].values()
    groups = tables["dependency-groups"].values()
    lines = [tables["project"]["dependencies"], tables["build-system"]["requires"]]
    names = [one for part in (*lines, *extras, *groups) for one in part if isinstance(one, str)]
    found = {str(canonicalize_name(Requirement(one).name)) for one in names}
    return found - {canonicalize_name(tables["project"]["name"])}


def needed() -> dict[str, str]:
    """What is installed because of that."""
    found: dict[str, str] = {}
    waiting = [(name, frozenset[str]()) for name in declared()]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
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


def test_what_the_project_asks_for_is_pinned_whether_it_is_installed_or_not():
    assert declared() - set(pins()) == set()


def test_nothing_is_pinned_that_nobody_asks_for():
    """Of what is installed; whether the rest is asked for cannot be known here."""
    installed = {canonicalize_name(one.metadata["Name"]) for one in metadata.distributions()}
    spare = (set(pins()) & installed) - set(needed())
    assert spare <= {"pip"}  # which installs them
