"""The changes of ratings as an Atom feed (RFC 4287): the same changes, the same bytes."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from typing import Any

FILE = "feed.atom"
#: Entries of a feed; who has read none for years finds all changes in the tables.
_ENTRIES = 50
_ATOM = "http://www.w3.org/2005/Atom"
#: Names of entries are drawn from this and from what changed, where no address is known.
_SPACE = uuid.UUID("6d1f3a52-6f6c-5d0a-9a0e-5b1d1c0f7a10")


def feed(
    changes: Sequence[dict[str, Any]],
    *,
    base_url: str = "",
    author: str = "",
    unpublished: Sequence[tuple[str, str]] = (),
) -> str:
    """Write changes as an Atom feed, newest first.

    Changes are as `stockpile.reports.history.History.changes` returns them, each with ``treaty``,
    ``title`` and ``page`` (relative to the feed). ``base_url`` is where the folder of reports is
    published, with a slash at the end; without it no address is made up: entries are named by a
    UUID of what changed. ``unpublished`` are the treaties for which rows count that are not
    published, each with whose they are.

    Examples
    --------
    >>> text = feed([{"treaty": "ccm", "iso3": "PER", "day": "2023-12-31", "since": "2023-06-30",
    ...     "title": "Peru: completed", "reason": "Done.", "page": "", "after": "completed"}])
    >>> "urn:uuid:" in text and "http://example" not in text
    True
    """
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")

    def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> None:
        ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes).text = text or None

    def address(key: str, anchor: str) -> str:
        return base_url + anchor if base_url else f"urn:uuid:{uuid.uuid5(_SPACE, key)}"

    shown = changes[:_ENTRIES]
    add(root, "id", address("feed", FILE))
    add(root, "title", "Stockpile destruction: changes of ratings")
    if unpublished:  # the form allows one subtitle
        named = "; ".join(f"of the {treaty}, rows of {whose}" for treaty, whose in unpublished)
        add(root, "subtitle", f"Not published are among what this rests on: {named}.")
    add(root, "updated", _moment(max((one["day"] for one in shown), default="1999-03-01")))
    maker = ElementTree.SubElement(root, f"{{{_ATOM}}}author")
    add(maker, "name", author or "stockpile")
    add(root, "link", rel="alternate", type="text/html", href=f"{base_url}index.html")
    if base_url:
        add(root, "link", rel="self", type="application/atom+xml", href=base_url + FILE)
    for one in shown:
        key = f"{one['treaty']}-{one['iso3']}-{one['day']}"
        entry = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
        add(entry, "id", address(f"{key}-{one['after']}", f"index.html#{key}"))
        add(entry, "title", one["title"])
        add(entry, "updated", _moment(one["day"]))
        add(entry, "link", rel="alternate", href=base_url + (one["page"] or "index.html"))
        add(entry, "summary", one["reason"] or one["title"])
    ElementTree.indent(root, "")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _moment(day: str) -> str:
    """Say a day as Atom does."""
    return f"{day}T00:00:00Z"
