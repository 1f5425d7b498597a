"""The tables of scores: each lands between its comments, and those of choices are of today."""

from __future__ import annotations

import method_page


def test_a_text_goes_between_its_comments_and_no_other() -> None:
    page = "a\n<!-- one -->\nold\nlines\n<!-- end -->\n\n<!-- two -->\nkept\n<!-- end -->\nz\n"
    found = method_page.filled(page, {"one": "new"})
    assert found == page.replace("old\nlines", "new")
    assert method_page.filled("<!-- one -->\n<!-- end -->", {"one": "new"}) == (
        "<!-- one -->\nnew\n<!-- end -->"
    )


def test_every_text_has_its_place() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in method_page.PAGES)
    names = "scores aims base strata ratings alarms thresholds chances headline".split()
    assert all(pages.count(f"<!-- {name} -->") == 1 for name in names)
