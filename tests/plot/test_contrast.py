"""Colours that can be told from their ground, and from one another in grey print."""

from __future__ import annotations

import itertools
import re

import pytest

from stockpile.pages.html import TEMPLATES
from stockpile.plot import figures, style

#: Least contrasts of WCAG 2.2 for letters and for marks, and ours for neighbours in grey.
LETTERS, MARKS, NEIGHBOURS = 4.5, 3.0, 1.3
SCHEMES = ("light", "dark")
FILLED = [rating for rating in style.RATING_STYLE if rating not in ("no data", "no obligation")]


def luminance(colour: str) -> float:
    """Relative luminance by WCAG, which is also what is left of a colour in grey."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    lines = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * lines[0] + 0.7152 * lines[1] + 0.0722 * lines[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colours(scheme: str) -> dict[str, str]:
    return {name: pair[SCHEMES.index(scheme)] for name, pair in figures.palette().items()}


def rules() -> str:
    return "".join((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "front.css"))


def test_the_scale_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#3F8FDB", "#FFFFFF") == pytest.approx(3.41, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_letters_and_marks_stand_out_from_their_ground(scheme: str) -> None:
    found = colours(scheme)
    letters = ["ink", "muted", *(name for name in found if name.startswith("unit-"))]
    marks = [rating.replace(" ", "-") for rating in style.RATING_STYLE]
    low = {n: round(contrast(found[n], found["ground"]), 2) for n in (*letters, *marks)}
    assert {n: c for n, c in low.items() if c < (LETTERS if n in letters else MARKS)} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("rating", FILLED)
def test_letters_on_a_filled_tile_can_be_read(scheme: str, rating: str) -> None:
    found, name = colours(scheme), rating.replace(" ", "-")
    for selector in (rf"\.sp-fill\.sp-{name}", rf"\.fp-tile\.sp-on\.sp-{name}"):
        given = re.search(selector + r"\{([^}]*)\}", rules())
        assert given
        inked = re.search(r"(?<!-)color:(#\w+|var\(--sp-(\w+)\))", given[1])
        # Without a colour of its own, a tile of the front page has that of the ground.
        ink = (found[inked[2]] if inked[2] else inked[1]) if inked else found["ground"]
        assert contrast(ink, found[name]) >= LETTERS, (selector, ink)
    # And in the drawings, which are turned for the dark by the same table.
    ink = style.ink_on(rating) if scheme == "light" or style.ink_on(rating) == style.ON_LIGHT else (
        found["ground"]
    )  # fmt: skip
    assert contrast(ink, found[name]) >= LETTERS


@pytest.mark.parametrize("scheme", SCHEMES)
def test_neighbours_in_grey_print_differ_or_have_a_gap_and_a_sign(scheme: str) -> None:
    found = colours(scheme)
    looks = style.RATING_STYLE
    close = [
        pair
        for pair in itertools.combinations(looks, 2)
        if contrast(*(found[rating.replace(" ", "-")] for rating in pair)) < NEIGHBOURS
    ]
    signs = {rating: (look.marker, look.fill) for rating, look in looks.items()}
    assert [pair for pair in close if signs[pair[0]] == signs[pair[1]]] == []
    for strip in (r"\.sp-bar", r"\.fp-strip", r"\.sp-region ol", r"\.fp-tiles ol"):
        assert re.search(strip + r"\{[^}]*gap:2px", rules()), strip
    for look in (*FILLED, "view-0", "view-1", "view-2"):
        sign = rf"\.sp-fill\.sp-{look.replace(' ', '-')}::after\{{content:"
        assert re.search(sign, rules())
