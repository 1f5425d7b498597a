"""A published report in a browser: sorted, filtered, narrow, dark, printed, and left alone."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from playwright.sync_api import Page, expect

from .conftest import DAY

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 850}


def sheets(pdf: bytes) -> int:
    """Pages of a PDF."""
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.fixture(scope="module")
def index(report):
    return report / "ccm" / DAY / "index.html"


@pytest.fixture(scope="module")
def peru(index):
    return index.parent / "states" / "PER.html"


def cells(table, column):
    """What each row of a table is sorted by in a column, as the page has it."""
    return table.evaluate(
        "(table, column) => [...table.tBodies[0].rows].map((row) =>"
        " row.cells[column].dataset.sort ?? row.cells[column].textContent.trim())",
        column,
    )


def heading(table, name):
    return table.locator("thead th", has=table.page.get_by_role("button", name=name, exact=True))


def plain(name):
    """A name without its accents."""
    letters = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def count(page: Page, section="states"):
    return page.locator(f"#{section} .sp-tools output")


def by_number(values):
    known = [value for value in values if value != ""]
    return sorted(known, key=float), [value for value in values if value == ""]


# --- sorted ---


def test_sorted_by_value_up_and_down_and_as_published_again(opened, index):
    page = opened(index)
    table = page.locator("#states table").first
    published = cells(table, 0)
    for name, column in (("Stock", 3), ("Destroyed", 4)):
        button = table.get_by_role("button", name=name, exact=True)
        known, unknown = by_number(cells(table, column))
        assert len(set(known)) > 1
        button.click()
        assert cells(table, column) == known + unknown
        expect(heading(table, name)).to_have_attribute("aria-sort", "ascending")
        button.click()
        assert cells(table, column) == known[::-1] + unknown
        expect(heading(table, name)).to_have_attribute("aria-sort", "descending")
        assert table.locator("[aria-sort]").count() == 1
        button.click()
        assert cells(table, 0) == published
        assert table.locator("[aria-sort]").count() == 0


def test_days_by_day_and_names_by_letter(opened, index):
    page = opened(index)
    page.locator("#states summary", has_text="Finished by the original").click()
    table = page.locator("#states details table").first
    table.get_by_role("button", name="Finished").click()
    days = cells(table, 2)
    assert len(days) > 20 and days == sorted(days) and re.fullmatch(r"\d{4}-\d\d-\d\d", days[0])
    table.get_by_role("button", name="State").click()
    names = cells(table, 0)
    assert names == sorted(names, key=plain) and names[0] == "Afghanistan"
    assert "Côte d'Ivoire" in names  # between Cook Islands and Croatia, whatever its accent


def test_equal_rows_stay_as_published_whatever_was_sorted_before(opened, index):
    page = opened(index)
    page.locator("#states summary", has_text="Finished by the original").click()
    table = page.locator("#states details table").first
    place = {name: i for i, name in enumerate(cells(table, 0))}
    table.get_by_role("button", name="State").click()
    for _ in ("up", "down"):
        table.get_by_role("button", name="Rating").click()
        places = [place[name] for name in cells(table, 0)]
        order = list(zip(cells(table, 1), places, strict=True))
        for rating in {rating for rating, _ in order}:
            own = [i for other, i in order if other == rating]
            assert len(own) > 1 and own == sorted(own)


def test_sorted_from_the_keyboard(opened, index):
    page = opened(index)
    table = page.locator("#states table").first
    button = table.get_by_role("button", name="State", exact=True)
    page.locator("#states .sp-tools select").focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading(table, "State")).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Space")
    expect(heading(table, "State")).to_have_attribute("aria-sort", "descending")
    names = cells(table, 0)
    assert names == sorted(names, key=plain, reverse=True)


# --- filtered ---


def test_filtered_by_words_and_rating(opened, index):
    page = opened(index)
    section = page.locator("#states")
    total = int(count(page).text_content().split()[0])
    items = section.locator("tbody tr, .sp-names > [data-item]")
    assert total == items.count() > 100
    find, rating = section.get_by_role("searchbox"), section.locator(".sp-tools select")

    find.fill("  PERU ")
    expect(count(page)).to_have_text(f"1 of {total} states")
    expect(items.locator("visible=true")).to_have_count(1)
    find.fill("cote d'ivoire")  # as it is typed without accents
    expect(items.locator("visible=true")).to_have_text(re.compile("Côte d.Ivoire"))
    find.fill("no such state")
    expect(count(page)).to_have_text(f"0 of {total} states")
    expect(section.locator("table, details, h3").locator("visible=true")).to_have_count(0)

    find.fill("")
    expect(count(page)).to_have_text(f"{total} states")
    for option in rating.locator("option").all()[1:]:
        name, number = re.fullmatch(r"(.+) \((\d+)\)", option.text_content()).groups()
        rating.select_option(name)
        expect(count(page)).to_have_text(f"{number} of {total} states")
        shown = items.locator("visible=true")
        expect(shown).to_have_count(int(number))
        kinds = shown.evaluate_all("all => all.map(i => i.closest('[data-kind]').dataset.kind)")
        assert set(kinds) == {name}


def test_lists_are_unfolded_while_something_is_looked_for_and_folded_again(opened, index):
    page = opened(index)
    section = page.locator("#states")
    folds = section.locator("details")
    folds.nth(0).locator("summary").click()
    before = folds.evaluate_all("all => all.map(one => one.open)")
    assert True in before and False in before
    section.locator(".sp-tools select").select_option("no obligation")
    for fold in folds.locator("visible=true").all():
        assert fold.evaluate("one => one.open")
    section.locator(".sp-tools select").select_option("")
    assert folds.evaluate_all("all => all.map(one => one.open)") == before


def test_sorting_keeps_the_filter(opened, index):
    page = opened(index)
    table = page.locator("#states table").first
    page.locator("#states").get_by_role("searchbox").fill("peru")
    table.get_by_role("button", name="Stock").click()
    expect(table.locator("tbody tr").locator("visible=true")).to_have_text(re.compile("Peru"))


# --- other windows, and paper ---


def test_in_a_narrow_window_a_menu_sorts(opened, index):
    page = opened(index, viewport=NARROW)
    table = page.locator("#states table").first
    expect(table.get_by_role("button", name="Stock")).to_have_count(0)  # out of reach
    menu = page.locator("#states .sp-by select").first
    expect(menu).to_be_visible()
    known, unknown = by_number(cells(table, 3))
    menu.select_option(label="Stock, descending")
    assert cells(table, 3) == known[::-1] + unknown
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_in_a_wide_window_the_headings_sort(opened, index):
    expect(opened(index).locator("#states .sp-by").first).to_be_hidden()


def test_controls_follow_a_dark_ground(opened, index):
    page = opened(index, color_scheme="dark")
    ground, ink = page.locator("#states .sp-tools select").evaluate(
        "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    )
    light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ground, ink)]
    assert light[0] < 150 < 600 < light[1]


def test_paper_shows_what_is_shown_and_says_if_that_is_not_all(opened, index):
    page = opened(index)
    section = page.locator("#states")
    page.emulate_media(media="print")
    expect(section.locator(".sp-tools")).to_be_hidden()
    everything = section.locator("tbody tr, .sp-names > [data-item]")
    # What is folded on the screen is folded on paper.
    unfolded = section.locator("tbody tr:not(details *)")
    expect(everything.locator("visible=true")).to_have_count(unfolded.count())
    whole = page.pdf(format="A4")
    assert 1 < sheets(whole) <= 6
    page.emulate_media(media="screen")
    section.get_by_role("searchbox").fill("peru")
    section.get_by_role("button", name="Deadline").first.click()
    page.emulate_media(media="print")
    expect(everything.locator("visible=true")).to_have_count(1)
    expect(count(page)).to_be_visible()
    expect(section.get_by_role("searchbox")).to_be_hidden()
    said = count(page).evaluate("one => getComputedStyle(one, '::after').content")
    assert "peru" in said
    part = page.pdf(format="A4")
    assert whole.startswith(b"%PDF") and len(part) < len(whole)


def test_on_paper_the_first_picture_stands_on_the_first_page(opened, index):
    # A4 without its margins, at 96 pixels to the inch.
    page = opened(index, viewport={"width": 688, "height": 1016})
    page.emulate_media(media="print")
    top = page.locator("figure").first.bounding_box()["y"]
    assert 0 < top < 700


# --- the page alone ---


def test_without_scripts_the_page_says_the_same(opened, index):
    page, still = opened(index), opened(index, java_script_enabled=False)
    for part in ("h1", "h2", "p", "li", "dl", "summary", "tbody tr"):
        said = still.locator(f"main {part}").all_text_contents()
        assert said and said == page.locator(f"main {part}").all_text_contents()
    expect(still.locator("button, select, input")).to_have_count(0)


def test_no_other_script_runs(opened, index, tmp_path):
    text = index.read_text(encoding="utf-8")
    bad = (
        "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\">"
        "<svg><script>document.title = 'run'</script></svg>"
        "<a id=bad href=\"javascript:document.title='run'\">x</a>"
    )
    (tmp_path / "bad.html").write_text(text.replace("</main>", f"{bad}</main>"), encoding="utf-8")
    page = opened(tmp_path / "bad.html", strict=False)
    page.locator("#bad").click()
    expect(count(page)).to_have_text(re.compile(r"\d+ states"))  # the library's own did run
    assert page.title() != "run"


# --- the front page ---


def test_the_slider_shows_the_front_page_as_it_was_known(opened, report):
    page = opened(report / "index.html")
    slider, box = page.locator("#day-ccm"), page.locator("#then-ccm")
    expect(page.get_by_label("Another day")).to_have_count(3)
    past = json.loads(page.locator("#history").text_content())["treaties"]["ccm"]
    assert int(slider.get_attribute("max")) == len(past["days"]) - 1
    page.locator("details.fp-treaty", has=box).locator("> summary").click()
    newest = box.locator(".fp-day").text_content()
    slider.focus()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "1 January 2011")
    expect(box.locator(".fp-day")).to_contain_text("As known on 1 January 2011")
    for i in (0, 5, len(past["days"]) - 2):
        slider.fill(str(i))
        counted = [letter for letter in past["letters"][i] if letter.isupper()]
        shown = box.locator(".fp-key li:visible b").all_text_contents()
        assert sum(map(int, shown)) == len(counted)
        letters = dict(zip(dict(past["states"]), past["letters"][i], strict=True))
        stocked = {code for code, letter in letters.items() if letter not in "abcdefghi."}
        for name in ("li.fp-tile", "use, circle"):
            filled = box.locator(name).evaluate_all(
                "all => all.filter(one => one.matches('.sp-on')).map(one => one.dataset.iso3)"
            )
            assert set(filled) == stocked
    slider.press("End")
    expect(box.locator(".fp-day")).to_have_text(newest)


def test_the_front_page_without_scripts_and_in_a_narrow_window(opened, report):
    still = opened(report / "index.html", java_script_enabled=False)
    expect(still.locator("input")).to_have_count(0)
    expect(still.locator("#then-ccm .fp-day")).to_contain_text("As known on 30 June 2022")
    expect(still.get_by_role("link", name=re.compile("Peru|CCM")).first).to_be_visible()
    narrow = opened(report / "index.html", viewport=NARROW)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert narrow.evaluate("document.documentElement.scrollHeight") <= 8_000


def test_the_keyboard_reaches_all_of_the_front_page(opened, report):
    page = opened(report / "index.html", viewport=NARROW)
    folds = page.locator("details > summary")
    for fold in folds.all():
        if not fold.evaluate("one => one.parentElement.open"):
            fold.focus()
            fold.press("Enter")
    assert folds.evaluate_all("all => all.every((one) => one.parentElement.open)")
    takes = "one => (one.focus(), one.tabIndex >= 0 && document.activeElement === one)"
    controls = page.locator("a[href], input, select, button, summary").locator("visible=true")
    assert controls.count() > 40
    assert controls.evaluate_all(f"all => all.filter((one) => !({takes})(one)).length") == 0


def test_pages_of_notebooks_fit_a_phone_and_lead_back(opened, notebook_pages):
    for name in ("compliance", "statement_2012", "track_record"):
        page = opened(notebook_pages / name / "index.html", viewport=NARROW)
        expect(page.get_by_role("link", name="All treaties")).to_have_attribute(
            "href", "../index.html"
        )
        expect(page.locator("h1")).to_have_count(1)
        high, wide = page.evaluate(
            "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        )
        assert wide <= NARROW["width"] and (high <= 12_000 or name == "track_record"), name
        for link in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            if link.startswith("file:"):
                assert Path(unquote(urlparse(link.split("#")[0]).path)).exists(), (name, link)


def test_every_local_link_leads_somewhere(opened, report):
    for file in [
        report / "index.html",
        *report.glob("*/*/index.html"),
        *report.rglob("PER.html"),
    ]:
        page = opened(file)
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        for link in {link.split("#")[0] for link in links if link.startswith("file:")}:
            assert Path(unquote(urlparse(link).path)).exists(), (file.name, link)


# --- from page to page ---


def test_from_all_reports_to_a_state_and_its_statements(opened, report):
    page = opened(report / "index.html")
    page.locator("#ccm + section .sp-archive summary").click()
    page.get_by_role("link", name="PER", exact=True).click()
    section = page.locator("#statements")
    expect(count(page, "statements")).to_have_text(re.compile(r"^\d\d statements$"))
    rows = section.locator("tbody tr")
    total = rows.count()
    expect(count(page, "statements")).to_have_text(f"{total} statements")
    section.locator(".sp-tools select").select_option("set aside")
    aside = section.locator("tr.sp-set-aside")
    assert 0 < aside.count() < total
    expect(count(page, "statements")).to_have_text(f"{aside.count()} of {total} statements")
    expect(rows.locator("visible=true")).to_have_count(aside.count())
    table = section.locator("table:visible").first
    table.get_by_role("button", name="Statement").click()
    days = [day for day in cells(table, 0) if day]
    assert days == sorted(days)
    page.get_by_role("link", name="All states").first.click()
    assert page.url.endswith(f"/ccm/{DAY}/index.html")


def test_the_page_of_a_state_in_a_narrow_window_and_on_paper(opened, peru):
    page = opened(peru, viewport=NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.emulate_media(media="print")
    expect(page.locator("#statements h2, h1").first).to_be_visible()
    expect(page.locator("select, input").locator("visible=true")).to_have_count(0)


#: The days in a page's tables that stand on more than one line.
BROKEN_DAYS = """() => {
  const broken = [], day = /\\d{1,2}\\s(?:January|February|March|April|May|June|July|August|\
September|October|November|December)\\s\\d{4}/g;
  for (const table of document.querySelectorAll("table")) {
    const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const found of texts.currentNode.data.matchAll(day)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, found.index);
      range.setEnd(texts.currentNode, found.index + found[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => box.top));
      if (lines.size > 1) broken.push(found[0]);
    }
  }
  return broken;
}"""


def test_in_every_window_days_stay_whole_and_nothing_sticks_out(opened, index, peru):
    for file in (index, peru):
        page = opened(file)
        for width in (320, 390, 700, 1000, 1300):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert (wide <= width, page.evaluate(BROKEN_DAYS)) == (True, []), (file, width)
