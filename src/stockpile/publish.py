"""What stands between a finished folder and its readers: checks, and one move.

Nothing here knows of notebooks or treaties.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; leftovers are then only cleared by their age
    fcntl = None  # type: ignore[assignment]

_FORBIDDEN = {
    "script", "iframe", "frame", "object", "embed", "applet", "link", "base", "form", "portal",
    "foreignobject",
}  # fmt: skip
_LOADING = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
_CSS_LOAD = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)


class _Inspector(HTMLParser):
    """Collects what a self-contained page may not hold, and the ids that it has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: set[str] = set()
        self.drawn: set[str] = set()
        self._figure = ""
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN:
            self.problems.append(f"it has a <{tag}>")
        self._in_style = tag == "style"
        for name, given in attrs:
            value = (given or "").strip()
            if name.startswith("on"):
                self.problems.append(f"<{tag}> has {name}")
            elif name in _LOADING and not value.startswith("data:image/"):
                self.problems.append(f"<{tag}> loads {value[:60]!r}")
            elif name in ("href", "xlink:href"):
                self._href(tag, value)
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

    def handle_data(self, data: str) -> None:
        if self._in_style and _CSS_LOAD.search(data):
            self.problems.append("its style sheet loads something")


def check_page(
    html: str, *, sections: Sequence[str] = (), drawings: Sequence[str] = ()
) -> list[str]:
    """Say what keeps a page from being published.

    Parameters
    ----------
    html : str
        The page.
    sections : sequence of str
        Ids that it must have.
    drawings : sequence of str
        Ids of figures that must hold a drawing.

    Returns
    -------
    list of str
        Empty for a page that is complete, runs nothing and loads nothing.

    Examples
    --------
    >>> check_page('<h1 id="headline">One</h1>', sections=["headline", "method"])
    ['the section method is missing']
    >>> check_page('<img src="https://example.org/x.png">')
    ["<img> loads 'https://example.org/x.png'"]
    """
    found = _Inspector()
    found.feed(html)
    found.close()
    missing = [f"the section {name} is missing" for name in sections if name not in found.ids]
    blank = [
        f"the figure {name} has no drawing"
        for name in drawings
        if name in found.ids and name not in found.drawn
    ]
    return [*missing, *blank, *dict.fromkeys(found.problems)]


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder while it is in use; the system lets go of it even after ``kill -9``."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems know no locks; then leftovers stay until they are old.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def sweep(place: Path) -> None:
    """Clear what killed runs left beside a place, and put back what one of them set aside."""
    for old in sorted(place.parent.glob(f".{place.name}.*.old")):
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    for left in place.parent.glob(f".{place.name}.*.tmp"):
        if _abandoned(left):
            shutil.rmtree(left, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    """Whether nobody holds a folder any more."""
    if fcntl is None:
        return False
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(handle)


def exchange(made: Path, place: Path) -> None:
    """Put a folder in its place; what was there before takes the folder's own place.

    Both happen in one step where the system can exchange two names (Linux). Else
    the earlier folder is first set aside under a name that `sweep` puts back.
    """
    if not place.exists():
        made.rename(place)
        return
    if _exchange_names(made, place):
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".old", dir=place.parent))
    aside.rmdir()
    place.rename(aside)
    try:
        made.rename(place)
    except BaseException:
        aside.rename(place)
        raise
    aside.rename(made)


def _exchange_names(a: Path, b: Path) -> bool:
    """Exchange two names in one step; whether that was possible."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    at_cwd, exchange_flag = -100, 2
    if renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), exchange_flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(b))
