"""The briefs: one page, the words of the pages, and the same bytes every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes

import stockpile as sp
from stockpile.pages.brief import _Sheet, state_brief, treaty_brief
from stockpile.plot.renderers import POINTS, measuring

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


@pytest.mark.parametrize("state", [pytest.param("HRV", marks=pytest.mark.slow), "PER"])
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


def test_a_chart_takes_the_room_that_its_words_need() -> None:
    def draw(ax: Axes) -> None:
        ax.plot([0, 1], [0, 1], label="left\nof\nfour\nlines")
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.1))
        ax.text(1.02, 0.5, "antipersonnel mines: 25% remaining", transform=ax.transAxes)
        ax.text(1.0, 1.2, "30 June 2012", transform=ax.transAxes)

    sheet = _Sheet()
    sheet.at = 2.0
    sheet.chart(draw, "What was left", 2.0)
    (ax,), (title,) = sheet.figure.axes, sheet.figure.texts
    with measuring(sheet.figure) as renderer:
        box, above = ax.get_tightbbox(renderer), title.get_window_extent(renderer)
    assert box is not None and box.x1 < sheet.figure.get_figwidth() * POINTS
    tall = sheet.figure.get_figheight()
    assert tall - sheet.at < box.y0 / POINTS < box.y1 / POINTS < above.y0 / POINTS
    plt.close(sheet.figure)
