"""Sections of a page as Markdown, for what shows no HTML: e-mail, PDF, a plain notebook."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

from stockpile.common.output import in_markdown

#: What begins a line of its own, and what the line begins with.
_BLOCKS = {"h1": "# ", "h2": "## ", "h3": "### ", "li": "- ", "summary": "**", "caption": "**"}
_LINES = {"p", "div", "dt", "figcaption", "tr", "table", "ul", "ol", "section", "figure", *_BLOCKS}
#: Signs that an address may hold, but for those that would end it in Markdown or begin a tag.
_IN_LINKS = ":/?#@!$&*+,;=%-._~"
#: What is drawn, or is said elsewhere, or is for the eyes alone.
_SILENT = {"svg", "style", "script", "nav"}


class _Writer(HTMLParser):
    """Collects lines of Markdown from tags and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.silent: list[str] = []
        self.link = ""
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self.silent or tag in _SILENT or given.get("aria-hidden") == "true":
            if tag not in ("path", "circle", "br", "img"):
                self.silent.append(tag)
            return
        if tag in _LINES:
            self.lines.append(_BLOCKS.get(tag, ""))
        if tag == "tr":
            self.cells = 0
        if tag in ("td", "th"):
            self.lines[-1] += "| "
            self.cells += 1
        if tag in ("strong", "b"):
            self.lines[-1] += "**"
        if tag == "a":
            self.link = given.get("href") or ""
            self.lines[-1] += "["

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag in self.silent:
                while self.silent.pop() != tag:
                    pass
            return
        if tag in ("strong", "b"):
            self.lines[-1] = f"{self.lines[-1].rstrip()}** "
        elif tag in ("summary", "caption"):
            self.lines[-1] += "**"
        elif tag == "a":
            self.lines[-1] += f"]({quote(self.link, safe=_IN_LINKS)})"
        elif tag == "thead":
            self.lines.append("| --- " * self.cells + "|")
        elif tag == "tr":
            self.lines[-1] += "|"
        elif tag in ("span", "td", "th"):
            self.lines[-1] += " "
        if tag in ("p", "h1", "h2", "h3", "ul", "ol", "table", "figcaption"):
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            before = " " if data[0].isspace() else ""
            after = " " if data[-1].isspace() else ""
            self.lines[-1] += before + in_markdown(data) + after


def as_markdown(html: str) -> str:
    r"""Turn a section into Markdown: headings, paragraphs, lists, links and tables.

    Examples
    --------
    >>> as_markdown("<h1>One is late</h1><p>See <a href='x.csv'>the table</a>.</p>")
    '# One is late\n\nSee [the table](x.csv).\n'
    """
    writer = _Writer()
    writer.feed(html)
    writer.close()
    lines = [re.sub(r"\s+", " ", line).strip() for line in writer.lines]
    lines = [line for line in lines if line not in ("-", "**")]
    out: list[str] = []
    for line in lines:
        row = line.startswith("|") or line.startswith("- ")
        # Rows of one table, and items of one list, stand together.
        if line and out and out[-1] and not (row and out[-1][:2] == line[:2]):
            out.append("")
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip() + "\n"
