"""The first screen of a status page, and the marks of states in its pictures."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import DAY

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1300, "height": 1000}, {"width": 390, "height": 850}


@pytest.fixture(scope="module")
def index(report):
    return report / "ccm" / DAY / "index.html"


def top(page: Page, selector: str) -> float:
    return page.locator(selector).first.evaluate("one => one.getBoundingClientRect().top + scrollY")


@pytest.mark.parametrize(("size", "most"), [(WIDE, 900), (PHONE, 1100)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_picture_is_on_the_first_screens(opened, index, size, most, scheme):
    page = opened(index, viewport=size, color_scheme=scheme)
    order = ["h1", ".sp-lead", ".sp-three", "#cases", "#alone", "#states", "#map", "#changes"]
    tops = [top(page, selector) for selector in order]
    assert tops == sorted(tops) and tops[order.index("#cases")] < most
    assert len(page.locator("h1").text_content().split()) <= 16
    expect(page.locator(".sp-three > li")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    # No figure breaks over a line.
    for big in page.locator(".sp-three b").all():
        assert big.evaluate("b => b.offsetHeight < 1.6 * parseFloat(getComputedStyle(b).fontSize)")


def test_pages_are_light(index):
    assert index.stat().st_size <= 450_000
    assert (index.parent / "states" / "PER.html").stat().st_size <= 120_000
    assert "<text" in index.read_text(encoding="utf-8")


def test_the_contents_stay_in_sight_and_lead_somewhere(opened, index):
    page = opened(index)
    links = page.locator(".sp-contents a")
    for target in links.evaluate_all("all => all.map(one => one.getAttribute('href'))"):
        expect(page.locator(target)).to_have_count(1)
    page.evaluate("scrollTo(0, 3000)")
    assert page.locator(".sp-contents").bounding_box()["y"] == 0
    box = page.locator(".sp-contents").bounding_box()
    links.get_by_text("Method").click()
    assert page.locator("#method").bounding_box()["y"] >= box["height"]


def test_a_state_has_a_card_by_mouse_keyboard_and_touch(opened, index):
    page = opened(index)
    card = page.locator(".sp-card")
    expect(card).to_be_hidden()
    tile = page.locator("#map [data-iso3=PER]")
    tile.hover()
    expect(card).to_have_text(re.compile("^Peru: "))
    page.mouse.move(0, 0)
    expect(card).to_be_hidden()
    page.locator("#cases .sp-rows li").first.focus()
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    # A picture of dots is one stop; arrows go on from there.
    dots = page.locator("#cases .sp-dot")
    page.locator("#cases .sp-dot[tabindex='0']").focus()
    first = card.text_content()
    page.keyboard.press("ArrowRight")
    expect(dots.nth(1)).to_be_focused()
    assert card.text_content() != first
    touch = opened(index, viewport=PHONE, has_touch=True)
    touch.locator("#map [data-iso3=PER]").tap()
    expect(touch.locator(".sp-card")).to_have_text(re.compile("^Peru: "))
    box = touch.locator(".sp-card").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def test_a_state_picked_in_one_place_is_marked_in_all(opened, index):
    page = opened(index)
    page.locator("#map [data-iso3=PER]").click()
    marked = page.locator(".sp-picked")
    codes = marked.evaluate_all("all => all.map(one => one.dataset.iso3.split(' '))")
    assert len(codes) >= 3 and all("PER" in some for some in codes)
    expect(page.locator("#states tr.sp-picked")).to_have_count(1)
    page.locator("#map [data-iso3=PER]").click()
    expect(marked).to_have_count(0)
