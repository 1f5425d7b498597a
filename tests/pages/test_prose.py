"""The fixed prose of pages: templates, and what notebooks say between their cells."""

from __future__ import annotations

import html
import re

import nbformat
import pytest

from stockpile.pages.html import TEMPLATES
from stockpile.reports.notebooks import notebook_path, shipped

#: A longer sentence is read twice.
_WORDS = 25
_BLOCK = re.compile(
    r"<(?:p|li|figcaption|summary|dd)\b[^>]*>(.*?)</(?:p|li|figcaption|summary|dd)>", re.S
)


def long_sentences(text: str) -> list[str]:
    text = re.sub(r"\{%.*?%\}|<[^>]*>", " ", text, flags=re.S)
    text = html.unescape(re.sub(r"\{\{.*?\}\}", "x", text, flags=re.S))
    sentences = re.split(r"(?<=[.!?:;])\s+", " ".join(text.split()))
    return [sentence for sentence in sentences if len(sentence.split()) > _WORDS]


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.html")))
def test_sentences_of_a_template_are_short(name: str) -> None:
    blocks = _BLOCK.findall((TEMPLATES / name).read_text("utf-8"))
    # Of two ways to say something, only one is printed.
    ways = [re.split(r"\{%\s*(?:else|elif)[^%]*%\}", block) for block in blocks]
    assert [one for block in ways for way in block for one in long_sentences(way)] == []


@pytest.mark.parametrize("name", sorted(shipped()))
def test_sentences_of_a_notebook_are_short(name: str) -> None:
    cells = nbformat.read(notebook_path(name), as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    parts = re.split(r"\n\s*\n|\n(?=#)|(?<=[^.])\n(?=\n)", prose)
    assert [one for part in parts for one in long_sentences(part)] == []
