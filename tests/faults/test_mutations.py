"""Tables, rules and earlier reports that were damaged at random: none ends in a traceback.

A bounded, seeded share; ``make soak`` does all of it.
"""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

import pytest
from smalltreaty import consents, event, quantity, write_treaty

import stockpile as sp
from stockpile.common.output import csv_text, write_text
from stockpile.reports import manifest
from stockpile.reports.overview import _Treaty

pytestmark = pytest.mark.faults
#: How much is tried: 1 is all of it.
SOAK = float(os.environ.get("STOCKPILE_SOAK") or 0)
INPUTS, REPORTS = max(105, round(35_000 * SOAK)), max(60, round(700 * SOAK))
DAY = "2014-06-30"
#: What is put in at random: numbers, days, marks and structures that trip readers.
ODD = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b",", b"\n", b"\r", b";", b"\t", b"=",
    b"[", b"{",
    b"[" * 5_000, b'{"a":' * 2_000, b"9" * 400, b"-1", b"1e999", b"nan", b"NaN", b"null", b"true",
    b"2012-02-30", b"9999-12-31", b"0001-01-01", b"\xe2\x80\xae", b"a" * 140_000, b"../../x",
    b"\\ud800", b"/etc/passwd", b"'''", b"#", b"\xc3",
]  # fmt: skip


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut, double, turn around or spoil a file in one to four places."""
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        to = min(to, at + chance.choice([1, 3, 20, 400]))
        content = chance.choice(
            [
                lambda c, a, b: c[:a] + c[b:],
                lambda c, a, b: c[:b] + c[a:],
                lambda c, a, b: c[:a],
                lambda c, a, b: c[:a] + c[a:b][::-1] + c[b:],
                lambda c, a, b: c[:a] + chance.choice(ODD) + c[a:],
                lambda c, a, b: c[:a] + chance.choice(ODD) + c[b:],
                lambda c, a, b: c[:a] + bytes(chance.randrange(256) for _ in c[a:b]) + c[b:],
            ]
        )(content, at, to)
    return content


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
        quantity("AAA", "destroyed_total", 40, "2011-12-31", source="monitor@2012-09-04"),
        quantity("BBB", "declared", 7, "2010-12-31", source="state@2011-01-28"),
    ]
    done = event("BBB", "completed", "2013-08-05", source="state@2013-08-06")
    acts = [consents("AAA"), consents("BBB"), done]
    return write_treaty(tmp_path_factory.mktemp("home") / "demo", rows, acts)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_tables_are_read_or_refused(home: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = {path.name: path.read_bytes() for path in sorted(home.iterdir())}
    read = 0
    for _ in range(INPUTS // 3):
        name = chance.choice(list(files))
        for each, content in files.items():
            (tmp_path / each).write_bytes(damaged(content, chance) if each == name else content)
        with contextlib.suppress(sp.DataError):
            view = sp.load(tmp_path).as_of(DAY)
            read += 1
            if chance.random() < 0.05:
                sp.status(view)
        with contextlib.suppress(sp.DataError):
            sp.read(tmp_path / name, treaty="ccm")
    assert read > INPUTS // 3 // 20


def test_damaged_earlier_reports_are_compared_or_left_out(home: Path, tmp_path: Path) -> None:
    chance = random.Random(700)
    view = sp.load(home).as_of(DAY)
    now = sp.snapshot(view)
    folder = tmp_path / "demo" / DAY
    for name in ("status", "progress", "statements"):
        write_text(folder / f"{name}.csv", csv_text(getattr(now, name)))
    manifest.write(
        folder,
        manifest.describe(
            view,
            parameters={"on_target": 0.85, "at_risk": 0.5},
            notebooks=[{"name": "status_report", "outcome": "good", "seconds": 1.5}],
            pages=[],
            ratings={"on target": 1},
            changed=1,
            since="2013-06-30",
            folder=folder,
        ),
    )
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    assert sp.what_changed(sp.read_snapshot(folder), now).empty
    compared = 0
    for _ in range(REPORTS):
        for name, content in files.items():
            (folder / name).write_bytes(content)
        name = chance.choice(["manifest.json", *files])
        (folder / name).write_bytes(damaged(files[name], chance))
        account = manifest.read(folder)
        assert account is None or manifest.is_whole(folder, account) in (True, False)
        listed, named = manifest.reports(folder.parent), manifest.left_out(folder.parent)
        assert len(listed) + len(named) == 1
        if listed:
            treaty = _Treaty(listed, None)
            treaty.states(), treaty.archive()
        with contextlib.suppress(ValueError):  # as of another treaty, with tables that hold
            sp.what_changed(sp.read_snapshot(folder), now)
            compared += 1
    # What is compared has its tables as they were; only what else the manifest says differs.
    assert 0 < compared < REPORTS // 2
