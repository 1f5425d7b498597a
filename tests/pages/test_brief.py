"""The briefs: one page, the words of the pages, and the same bytes every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stockpile as sp
from stockpile.pages.brief import state_brief, treaty_brief

DAY = "2018-06-30"
SCRIPT = """
import sys, stockpile as sp
from stockpile.pages.brief import treaty_brief
treaty_brief(sys.argv[1], sp.load("ccm").as_of("2018-06-30", "reported"), foot="A $5 foot.")
"""


@pytest.fixture(scope="module")
def view() -> sp.Ledger:
    return sp.load("ccm").as_of(DAY, "reported")


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.mark.parametrize("state", ["HRV", "PER"])
def test_a_brief_is_one_page_and_tells_nothing_of_the_run(
    view: sp.Ledger, tmp_path: Path, state: str
) -> None:
    pdf = state_brief(tmp_path / "brief.pdf", view, state, foot="Who.").read_bytes()
    assert pdf.startswith(b"%PDF") and pages(pdf) == 1 and len(pdf) < 120_000
    assert b"CreationDate" not in pdf and str(tmp_path).encode() not in pdf
    assert b"/Type3" not in pdf  # its text can be selected


@pytest.mark.slow
def test_the_same_data_give_the_same_bytes(view: sp.Ledger, tmp_path: Path) -> None:
    one, two = (
        treaty_brief(tmp_path / name, view, foot="A $5 foot.").read_bytes()
        for name in ("one.pdf", "two.pdf")
    )
    assert pages(one) == 1 and one == two


@pytest.mark.slow
def test_another_process_makes_the_same_bytes(view: sp.Ledger, tmp_path: Path) -> None:
    one = treaty_brief(tmp_path / "one.pdf", view, foot="A $5 foot.").read_bytes()
    env = os.environ | {"PYTHONHASHSEED": "11"}
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path / "two.pdf")], env=env, check=True)
    assert (tmp_path / "two.pdf").read_bytes() == one
