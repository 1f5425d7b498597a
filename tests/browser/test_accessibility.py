"""Pages against the Web Content Accessibility Guidelines 2.2, levels A and AA, by axe-core."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser

from .conftest import DAY

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NOTEBOOKS = [f"{page}/index.html" for page in ("compliance", "statement_2012", "track_record")]
PAGES = [
    "index.html",
    *(f"{treaty}/{DAY}/index.html" for treaty in ("ccm", "apmbc", "cwc")),
    f"ccm/{DAY}/states/PER.html",
    f"apmbc/{DAY}/states/GRC.html",
    f"cwc/{DAY}/states/USA.html",
]
RUN = """async (levels) => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const options = { runOnly: { type: "tag", values: levels }, resultTypes: ["violations"] };
  const found = await axe.run(document, options);
  return [found.passes.length, found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))];
}"""


def violations(browser: Browser, page: Path, scheme: str, width: int) -> list[str]:
    """What axe-core finds in a page, with all that is folded unfolded."""
    window = browser.new_context(
        offline=True,
        bypass_csp=True,  # the page's policy would let no other script in
        color_scheme=scheme,
        viewport={"width": width, "height": 1000},
    )
    try:
        opened = window.new_page()
        opened.set_default_timeout(120_000)
        opened.goto(page.resolve().as_uri())
        opened.evaluate(AXE.read_text(encoding="utf-8"))
        passed, found = opened.evaluate(RUN, LEVELS)
        assert passed > 10
        return found
    finally:
        window.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_no_violation(browser, report, page, scheme):
    assert violations(browser, report / page, scheme, 1300) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", NOTEBOOKS)
def test_axe_finds_none_on_pages_of_notebooks(browser, notebook_pages, page, scheme):
    assert violations(browser, notebook_pages / page, scheme, 1300) == []


@pytest.mark.parametrize("page", [*PAGES[:2], NOTEBOOKS[0]])
def test_axe_finds_none_in_a_narrow_window_of_notebooks_too(browser, notebook_pages, page):
    assert violations(browser, notebook_pages / page, "light", 390) == []
