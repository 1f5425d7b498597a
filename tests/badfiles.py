"""The corpus of bad input in tests/data/bad, and how a case of it is read.

Each folder of the corpus has an ``expected.toml`` with one table for each file:

- ``about``: what is the matter with it;
- ``error``: part of the message with which it is refused; or else
- ``read``: how many rows it has, and ``rejected``: line, column, value and part of the reason
  of each problem; ``warned``: line and kind of each warning;
- ``limits``: other limits than the usual; ``elsewhere``: how many problems other files have
  because of it; ``unread``: files that are told of as not read; ``without``: files taken away.

The file takes its namesake's place in the small good folder ``good``. In the folder ``own`` are
tables that people made, for `stockpile.read`; ``how`` has the options, and lines come with the
sheet.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import stockpile as sp
from stockpile.treaty.folder import Ingested

Read = sp.Ledger | Ingested

BAD = Path(__file__).parent / "data" / "bad"
GOOD = BAD / "good"


class Case(NamedTuple):
    """One bad file, and what has to be said of it."""

    folder: str
    name: str
    expected: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return BAD / self.folder / self.name

    @property
    def file(self) -> str:
        """The name under which it is read."""
        return {"treaty": "treaty.toml", "folder": self.name, "own": self.name}.get(
            self.folder, f"{self.folder}.csv"
        )

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def corpus() -> list[Case]:
    """All cases, by folder and in the order of its ``expected.toml``."""
    return [
        Case(path.parent.name, name, expected)
        for path in sorted(BAD.glob("*/expected.toml"))
        for name, expected in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]


#: The tables that rows of others refer to; the further ones only take time beside them.
_ALWAYS = ("treaty.toml", "sources.csv", "states.csv", "quantities.csv", "events.csv")


def laid_out(case: Case, folder: Path) -> Path:
    """The good folder with the bad file in it."""
    folder.mkdir(parents=True)
    for name in _ALWAYS:
        shutil.copyfile(GOOD / name, folder / name)
    if case.path.is_file():
        shutil.copyfile(case.path, folder / case.file)
    for name in case.expected.get("without", []):
        (folder / name).unlink()
    return folder


def answer(read: Read, file: str) -> dict[str, Any]:
    """What is said of one of the files read, in the form of ``expected.toml``."""
    rejected, warnings = read.rejected, read.warnings
    here = rejected["file"] == file
    counts = read.counts.set_index("file")
    places = ["line", "column", "value", "reason"]
    return {
        "read": int(counts["read"].get(file, counts["read"].iloc[0])),
        "rejected": rejected.loc[here, places].values.tolist(),
        "elsewhere": int((~here).sum()),
        "warned": warnings.loc[warnings["file"] == file, ["line", "kind"]].values.tolist(),
    }


def assert_accounted_for(read: Read) -> None:
    """Read is accepted plus rejected, and each rejected row has its problems in full."""
    assert (read.rejected[["reason", "expected"]] != "").all(axis=None)
    counts = read.counts.set_index("file")
    assert (counts["read"] == counts["accepted"] + counts["rejected"]).all()
    named = read.rejected.groupby("file")["line"].nunique()
    assert counts["rejected"].equals(named.reindex(counts.index, fill_value=0))


def assert_answers(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """The answer is the expected one; of a reason, a part will do."""
    assert found["read"] == expected.get("read", found["read"])
    problems = expected.get("rejected", [])
    assert [row[:-1] for row in found["rejected"]] == [row[:-1] for row in problems]
    for (*_, reason), (*_, part) in zip(found["rejected"], problems, strict=True):
        assert part in reason
    assert found["warned"] == expected.get("warned", [])
