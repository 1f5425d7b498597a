"""Who publishes reports, and where: what the pages say of it, and what is left out without it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: The picture of a report for those who share its address, and its size in pixels.
CARD, CARD_SIZE = "card.png", (1200, 630)
#: Who made the tables, where nobody else is named.
CONTRIBUTORS = "The stockpile contributors"


@dataclass(frozen=True)
class Publication:
    """Who publishes, and where.

    Examples
    --------
    >>> Publication(base_url="https://example.org/stock").base_url
    'https://example.org/stock/'
    >>> Publication(contact="ask@example.org").link
    'mailto:ask@example.org'
    """

    publisher: str = ""  # name of who answers for the pages
    contact: str = ""  # where to report an error: an e-mail address, or one on the web
    base_url: str = ""  # where the folder of reports can be read
    front_page: bool = False  # whether the folder of reports has a front page to link to
    briefs: bool = False  # whether each state has a brief beside its page

    def __post_init__(self) -> None:
        """Refuse what would be no address."""
        if self.base_url and not re.fullmatch(
            r"https?://[^\s/?#<>\"']+[^\s?#<>\"']*", self.base_url
        ):
            raise ValueError(
                f"base-url is {self.base_url!r}; expected an address on the web, "
                "as https://example.org/stockpile/"
            )
        if self.base_url and not self.base_url.endswith("/"):
            object.__setattr__(self, "base_url", f"{self.base_url}/")
        if self.contact and not self.link:
            raise ValueError(
                f"contact is {self.contact!r}; expected an e-mail address, as ask@example.org, "
                "or an address on the web"
            )

    @property
    def link(self) -> str:
        """The contact as the address of a link; empty where it is none."""
        if re.fullmatch(r"https?://[^\s<>\"']+", self.contact):
            return self.contact
        if re.fullmatch(r"[^\s<>\"'@:/]+@[^\s<>\"'@:/]+", self.contact):
            return f"mailto:{self.contact}"
        return ""

    def parameters(self) -> dict[str, Any]:
        """What the manifest of a report says of it; no more than was asked for."""
        given = {
            "publisher": self.publisher,
            "contact": self.contact,
            "base_url": self.base_url,
            "briefs": self.briefs,
        }
        return {name: value for name, value in given.items() if value}
