"""A page is checked before anybody sees it: it loads nothing and runs no script but ours."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

_FORBIDDEN = set("iframe frame object embed applet link base form portal foreignobject".split())
_LOADING = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
_TEMPLATES = Path(__file__).resolve().parent / "templates"
#: The library's scripts: of every page, and what the front page has besides.
_PAGE, _FRONT = "page.js", "front.js"
#: Links of a page's head that only say where something is; a browser fetches nothing.
_TOLD = ("canonical", "alternate")
#: A block of data: no browser runs it, whatever the security policy says.
_DATA_BLOCKS = ("application/json", "application/ld+json")
#: Spaces that a script does as well without; no text in ours holds one of them.
_SPACED = re.compile(
    r" (=>|={1,3}|!==|&&|\|\||\?\??|<|>|[+*%]) | (\})|(?<=\{) |(?<=\)) (?=\{)"
    r"|(?<=\b(?:if|or)) (?=\()|(?<=,) (?=[\w\[{(.])|(?<=:) (?=[\w(\[])"
)
_CSS_LOAD = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)


@functools.cache
def page_script(*, front: bool = False) -> str:
    """Return the one script that a page may hold: it sorts and filters tables, and shows cards.

    Without remarks, indents and needless spaces: short, and nothing that tidying would change.

    That of the front page also turns its pictures to another day.

    Examples
    --------
    >>> page_script().splitlines()[0]
    '"use strict";'
    """
    names = (_PAGE, _FRONT) if front else (_PAGE,)
    lines = [
        line.strip()
        for name in names
        for line in (_TEMPLATES / name).read_text(encoding="utf-8").splitlines()
    ]
    kept = "\n".join(line for line in lines if line and not line.startswith("//"))
    return _SPACED.sub(lambda m: m[1] or m[2] or "", kept)


def script_source(*, front: bool = False) -> str:
    """Return how a page's security policy names that script, and so no other.

    Examples
    --------
    >>> script_source().partition("-")[0]
    'sha256'
    """
    digest = hashlib.sha256(page_script(front=front).encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


class _Inspector(HTMLParser):
    """Collects what a self-contained page may not hold, and the ids that it has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: set[str] = set()
        self.drawn: set[str] = set()
        self._figure = ""
        self._in_style = False
        self._script: str | None = None
        self._data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        only_told = tag == "link" and dict(attrs).get("rel") in _TOLD
        if tag in _FORBIDDEN and not only_told:
            self.problems.append(f"it has a <{tag}>")
        if tag == "script":
            self._script = ""
            self._data = dict(attrs).get("type") in _DATA_BLOCKS
            if set(dict(attrs)) - ({"type", "id"} if self._data else set()):
                self.problems.append("a <script> has more than its own text")
        self._in_style = tag == "style"
        for name, given in attrs:
            value = (given or "").strip()
            if name.startswith("on"):
                self.problems.append(f"<{tag}> has {name}")
            elif name in _LOADING and not value.startswith("data:image/"):
                self.problems.append(f"<{tag}> loads {value[:60]!r}")
            elif name in ("href", "xlink:href"):
                self._href("a" if only_told else tag, value)
            elif name == "style" and _CSS_LOAD.search(value):
                self.problems.append(f"the style of a <{tag}> loads something")
            elif tag == "meta" and name == "http-equiv" and value.lower() == "refresh":
                self.problems.append("it sends its reader elsewhere")
            elif name == "id":
                self.ids.add(value)
                if tag == "figure":
                    self._figure = value
        if tag == "svg" and self._figure:
            self.drawn.add(self._figure)

    def _href(self, tag: str, value: str) -> None:
        # A reader may follow a link; a page may not fetch one by itself.
        allowed = r"https?://|#|mailto:|[\w./-]+$" if tag == "a" else r"#"
        if value and not re.match(allowed, value, re.IGNORECASE):
            self.problems.append(f"<{tag}> points to {value[:60]!r}")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False
        if tag == "figure":
            self._figure = ""
        if tag == "script":
            self._end_script()

    def _end_script(self) -> None:
        if self._data:
            # What could end the block, or hide its end, is written as an escape.
            if "<" in (self._script or ""):
                self.problems.append("a block of data has more than data")
        elif self._script not in (page_script(), page_script(front=True)):
            self.problems.append("it has a <script> that is not the library's own")
        self._script = None

    def close(self) -> None:
        super().close()
        if self._script is not None:
            self._end_script()

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script += data
        if self._in_style and _CSS_LOAD.search(data):
            self.problems.append("its style sheet loads something")


def check_page(
    html: str, *, sections: Sequence[str] = (), drawings: Sequence[str] = ()
) -> list[str]:
    """Say what keeps a page from being published.

    ``sections`` are ids that it must have, ``drawings`` those of figures that must hold a drawing.

    Returns
    -------
    list of str
        Empty for a page that is complete, runs nothing but `page_script` and loads nothing.

    Examples
    --------
    >>> check_page('<h1 id="headline">One</h1>', sections=["headline", "method"])
    ['the section method is missing']
    >>> check_page('<img src="https://example.org/x.png">')
    ["<img> loads 'https://example.org/x.png'"]
    """
    inspector = _Inspector()
    inspector.feed(html)
    inspector.close()
    missing = [f"the section {name} is missing" for name in sections if name not in inspector.ids]
    blank = [
        f"the figure {name} has no drawing"
        for name in drawings
        if name in inspector.ids and name not in inspector.drawn
    ]
    return [*missing, *blank, *dict.fromkeys(inspector.problems)]
