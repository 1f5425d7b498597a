"""Text as it may be shown on a terminal or in Markdown, and as it may be typed."""

from __future__ import annotations

import re
import shlex
import unicodedata


def safe(text: object) -> str:
    r"""Return a text with every character that cannot be seen written out as its number.

    A terminal takes such characters for commands, or shows what follows them in
    another order. Blanks of all kinds become plain ones; line ends stay.

    Examples
    --------
    >>> print(safe("Per\x1b[31mu, \u202eexe.gpj\nCôte d’Ivoire"))
    Per\x1b[31mu, \u202eexe.gpj
    Côte d’Ivoire
    """
    text = str(text)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        return letter
    if unicodedata.category(letter) == "Zs":  # a blank of another width, or that does not break
        return " "
    return letter.encode("unicode_escape").decode("ascii")


def in_markdown(text: object) -> str:
    r"""Return a text that Markdown takes as it is, also within a table: no markup, one line.

    Examples
    --------
    >>> print(in_markdown("a_b | <i>c</i>\n& [d]"))
    a\_b \| &lt;i&gt;c&lt;/i&gt; &amp; \[d\]
    """
    line = " ".join(safe(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", line)


def quoted(text: str) -> str:
    """Return a text as one word of a command, where possible so that every shell takes it for one.

    Examples
    --------
    >>> print(quoted("remaining"), quoted("Bob's list"), quoted("5$"))
    remaining "Bob's list" '5$'
    """
    if re.fullmatch(r"[\w./:-]+", text):
        return text
    # Within double quotes these mean something to one shell or another.
    return shlex.quote(text) if set(text) & set('"$`\\!%') else f'"{text}"'
