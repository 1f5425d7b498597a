"""The explore notebook in JupyterLab: run, moved to other days, and taken away from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import stockpile as sp
from stockpile.common.output import csv_text
from stockpile.pages import explore

from .conftest import DAY, Heard

pytestmark = pytest.mark.browser
#: What a cell has put out when something went wrong, or was warned of.
WRONG = "[data-mime-type$=error], [data-mime-type$=stderr]"


def run_all(browser, lab, name, width=1500):
    """Open a notebook in a window of its own, and run it by its menu."""
    page = browser.new_context(viewport={"width": width, "height": 1200}).new_page()
    page.set_default_timeout(60_000)
    heard = Heard()
    heard.listen(page)
    page.goto(lab.notebook(name))
    # Before the kernel is there, JupyterLab would ask which one to take.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    return page, heard


@pytest.fixture(scope="module")
def page(browser, lab):
    """The notebook to look around with."""
    page, heard = run_all(browser, lab, "explore.ipynb")
    panel(page).locator("table").wait_for()
    yield page
    # Nothing went further than the server that this started.
    assert {url.split("/")[2] for url in heard.asked if url.startswith("http")} == {
        lab.address.removeprefix("http://")
    }
    page.context.close()


def panel(page):
    """The tab that is open."""
    return page.locator(".sp-explore:has(.sp-files):visible")


def shown(page):
    """Name of the table that is on show."""
    return panel(page).locator(".sp-files a").first


def move(page, day):
    field = page.get_by_label("As known on")
    field.fill(day)
    field.press("Enter")


def test_all_cells_run_without_an_error(page):
    expect(page.locator(".jp-Cell .jp-InputPrompt", has_text="[*]")).to_have_count(0)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert prompts == [f"[{n}]:" for n in range(1, len(prompts) + 1)]
    assert page.locator(".jp-OutputArea-output").count() >= 4
    expect(page.locator(WRONG)).to_have_count(0)


def test_the_day_is_moved_and_the_table_follows(page):
    expect(shown(page)).to_have_text(f"ccm-{DAY}-states.csv")
    rows = panel(page).locator("tbody tr")
    first = rows.all_text_contents()
    page.get_by_role("button", name="a year back").click()
    expect(shown(page)).to_have_text("ccm-2021-06-30-states.csv")
    expect(page.get_by_label("As known on")).to_have_value("2021-06-30")
    assert rows.all_text_contents() != first
    move(page, "2012-04-19")
    expect(shown(page)).to_have_text("ccm-2012-04-19-states.csv")
    rated = sp.status(sp.load("ccm").as_of("2012-04-19"))
    assert rows.count() == len(rated)
    ratings = rows.locator("td:nth-child(3)").all_text_contents()
    assert sorted(text.strip() for text in ratings) == sorted(rated["status"])
    move(page, DAY)
    expect(shown(page)).to_have_text(f"ccm-{DAY}-states.csv")
    assert rows.all_text_contents() == first


def test_a_wrong_day_is_said_in_words_and_nothing_old_is_left(page):
    move(page, "30.6.2022")
    expect(page.get_by_role("alert")).to_have_text(
        "'30.6.2022' is not a day; expected YYYY-MM-DD, as 2012-04-19"
    )
    expect(panel(page)).to_have_count(0)
    move(page, DAY)
    expect(shown(page)).to_have_text(f"ccm-{DAY}-states.csv")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_every_tab_can_be_looked_at_and_taken_away(page):
    view = explore.look(sp.load("ccm"), DAY, "PER")
    sides = {
        "All states": explore.states,
        "Burn-down": explore.burndown,
        "Statements": explore.statements_on,
        "Then and now": explore.then_and_now,
    }
    for name, side in sides.items():
        page.get_by_role("tab", name=name, exact=True).click()
        expected = side(view)
        expect(shown(page)).to_have_text(f"{expected.name}.csv")
        image = panel(page).locator("img:visible")
        title = re.escape(expected.title).replace(r"\ ", r"\s")  # a day does not break
        expect(image).to_have_attribute("alt", re.compile(title))
        assert image.evaluate("one => one.complete && one.naturalWidth > 500")
        # It fits into the page, however wide the table.
        room = page.locator(".jp-OutputArea-output", has=image).bounding_box()
        box = image.bounding_box()
        assert box["x"] + box["width"] <= room["x"] + room["width"]
        with page.expect_download() as saved:
            shown(page).click()
        assert saved.value.suggested_filename == f"{expected.name}.csv"
        text = Path(saved.value.path()).read_bytes().decode("utf-8")
        assert text == csv_text(expected.table)
        with page.expect_download() as saved:
            panel(page).locator(".sp-files a").nth(1).click()
        assert saved.value.suggested_filename == f"{expected.name}.png"
        assert Path(saved.value.path()).read_bytes() == expected.chart


def test_in_a_narrow_window_a_chart_is_drawn_for_it(page):
    page.get_by_role("tab", name="Burn-down", exact=True).click()
    image = panel(page).locator("img:visible")
    for width, drawn in ((700, "sp-slim"), (1500, "sp-broad")):
        page.set_viewport_size({"width": width, "height": 1200})
        expect(image).to_have_class(drawn)
        room = panel(page).evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert room[0] <= room[1]


def test_another_state_another_treaty_another_figure(page):
    page.get_by_role("tab", name="Statements", exact=True).click()
    page.get_by_label("State", exact=True).select_option(label="Slovakia")
    expect(shown(page)).to_have_text(f"ccm-{DAY}-SVK-statements.csv")
    rows = panel(page).locator("tbody tr")
    every = rows.count()
    page.get_by_label("Statements on").select_option(label="declared: submunitions")
    expect(rows.first).to_contain_text("submunitions")
    assert rows.filter(has_text="submunitions").count() == rows.count() < every
    page.get_by_label("Treaty").select_option(label="Anti-Personnel Mine Ban Convention")
    expect(shown(page)).to_have_text(f"apmbc-{DAY}-SVK-statements.csv")
    expect(page.locator(WRONG)).to_have_count(0)


def test_a_report_looks_as_its_page_does(browser, lab):
    page, _ = run_all(browser, lab, "status_report.ipynb", width=1300)
    try:
        page.locator("#method").wait_for(timeout=240_000)
        expect(page.locator(WRONG)).to_have_count(0)
        expect(page.locator("#headline h1")).to_be_visible()
        cells = page.locator(".sp-table :is(th, td)")
        assert set(cells.evaluate_all("all => all.map((c) => getComputedStyle(c).textAlign)")) <= {
            "left", "start"
        }  # fmt: skip
        marks = page.locator(".sp-tiles li, .sp-key li, .sp-rows li, .sp-dots li, .sp-region li")
        assert marks.count() > 100
        dots = marks.evaluate_all("all => all.map((one) => getComputedStyle(one).listStyleType)")
        assert set(dots) == {"none"}
        # Columns of sentences have room for them, and nothing sticks out of the notebook.
        for why in page.locator("#states td.sp-why").locator("visible=true").all():
            assert why.bounding_box()["width"] > 200
        room = page.locator(".jp-OutputArea-output:has(#states)").bounding_box()
        box = page.locator("#states table").first.bounding_box()
        assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
    finally:
        page.context.close()
