"""What a reader of somebody's own table has to be told, because it will not guess it."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

from stockpile.common.errors import LIMITS, Limits
from stockpile.spreadsheets.values import span
from stockpile.treaty.schema import SOURCE_KINDS

#: What may stand between the cells of a text file.
DELIMITERS = (",", ";", "\t")
#: In ``columns``, every heading that is not understood.
ALL_OTHERS = "*"
_ALLOWED = {
    "kind": SOURCE_KINDS,
    "decimal": (None, ".", ","),
    "date_order": (None, "dmy", "mdy"),
    "cumulative": (None, True, False),
    "percent": (None, True, False),
    "delimiter": (None, *DELIMITERS),
    "scale": (None, 1, *(10**zeros for zeros in range(2, 10))),
}


class Reading(TypedDict, total=False):
    """The options of `stockpile.read` by name, each of which may be left out."""

    source: str | None
    published: object
    kind: str
    unit: str | None
    cumulative: bool | None
    on: object
    columns: Mapping[str, str | None]
    sheet: str | Sequence[str] | None
    header: int | None
    decimal: str | None
    date_order: str | None
    percent: bool | None
    missing: str | Sequence[str]
    encoding: str | None
    delimiter: str | None
    limits: Limits
    scale: int | None


@dataclass(frozen=True)
class Options:
    """The options of `stockpile.read`, checked; see there for what each means."""

    source: str | None = None
    published: object = None
    kind: str = "organisation"
    unit: str | None = None
    cumulative: bool | None = None
    on: object = None
    columns: Mapping[str, str | None] = field(default_factory=dict)
    sheet: str | Sequence[str] | None = None
    header: int | None = None
    decimal: str | None = None
    date_order: str | None = None
    percent: bool | None = None
    missing: str | Sequence[str] = ()
    encoding: str | None = None
    delimiter: str | None = None
    limits: Limits = LIMITS
    scale: int | None = None

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            given = getattr(self, name)
            if given not in allowed:
                choices = " or ".join(repr(one) for one in allowed if one is not None)
                raise ValueError(f"{name} is {given!r}; expected {choices}")
        if self.columns.get(ALL_OTHERS) is not None:
            raise ValueError(
                f"columns has {ALL_OTHERS!r}, all other headings; expected None for it"
            )
        if self.header is not None and (isinstance(self.header, bool) or self.header < 1):
            raise ValueError(
                f"header is {self.header!r}; expected the line of the headings, from 1"
            )
        if self.encoding is not None:
            try:
                known = codecs.lookup(self.encoding)
                with contextlib.suppress(UnicodeError):
                    b"x".decode(known.name)  # refuses what is no encoding of text
            except LookupError:
                raise ValueError(
                    f"encoding is {self.encoding!r}; expected the name of one, as 'cp1252'"
                ) from None
        for name in ("published", "on"):
            given = getattr(self, name)
            if given not in (None, "unknown") and span(given).reason:
                raise ValueError(f"{name} is {given!r}; expected a day as '2012-04-19'")
        if self.on == "unknown":
            raise ValueError("on is 'unknown'; expected a day as '2012-04-19'")

    @cached_property
    def renamed(self) -> dict[str, str | None]:
        """What ``columns`` says of headings, each with single blanks between its words."""
        return {" ".join(str(key).split()): value for key, value in self.columns.items()}

    @property
    def words(self) -> tuple[str, ...]:
        """Further words for 'not stated'."""
        return (self.missing,) if isinstance(self.missing, str) else tuple(self.missing)

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheets asked for by name; none where any may be read."""
        if self.sheet is None:
            return ()
        return (self.sheet,) if isinstance(self.sheet, str) else tuple(self.sheet)
