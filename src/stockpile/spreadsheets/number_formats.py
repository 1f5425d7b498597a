"""What a cell of a workbook shows by its number format, which may say more than its value.

A format can add words to a number (``178 million``, ``>500``), hide the day of a
date (``Apr-12``) or the last digits of a number. People read what a cell shows.
So what it shows is read here, and where that cannot be known the cell is refused.
"""

from __future__ import annotations

import calendar
import datetime as dt
import operator
import re
from functools import lru_cache
from typing import NamedTuple

from stockpile.spreadsheets.values import MULTIPLES, Percent, Shown, Unreadable

#: Signs that stand between digits for the eye alone, and those that stand for nought.
_GROUPS, _DASHES = frozenset(",. \u00a0\u202f'’"), frozenset("-–—−")
_COMPARED = {
    ">=": operator.ge,
    "<=": operator.le,
    "<>": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"(>=|<=|<>|>|<|=)\s*(-?[0-9.]+)")
_PIECES = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|'
    r"\[(?P<bracket>[^\]]*)\]|(?P<digits>general|[0#?]+(?:[0#?,.]*[0#?])?,*|\.[0#?]+,*)|"
    r"(?P<exponent>e[+-][0#?]+)|(?P<letters>[a-z]+)|(?P<sign>.)",
    re.I | re.S,
)


class _Section(NamedTuple):
    """One of the parts of a format: the texts around its digits, and what is done to the number.

    ``between`` has the texts inside the digits, ``thousands`` how often a thousand is taken out.
    """

    condition: tuple[str, float] | None
    before: str
    after: str
    between: tuple[str, ...]
    has_digits: bool
    thousands: int
    percent: bool
    by_itself: bool


def shown(value: object, number_format: str, cell: str) -> object:
    """Return what a cell shows: its value, or one that says what its format adds or hides.

    ``cell`` is its place, for a message.

    >>> shown(500, '">"0', "C2").text, shown(dt.datetime(2012, 4, 1), "mmm-yy", "B2")
    ('>500', 'April 2012')
    """
    if number_format == "General" or isinstance(value, bool):
        return value
    if isinstance(value, dt.date):
        return _date(value, number_format, cell)
    if isinstance(value, str):
        return _text(value, number_format)
    return _number(value, number_format, cell) if isinstance(value, int | float) else value


def _date(value: dt.date, number_format: str, cell: str) -> object:
    """A day, or the month or the year alone that a cell shows of it."""
    letters = _letters(number_format)
    if not letters & set("dmye") or "h" in letters:
        return value
    day, month, year = "d" in letters, "m" in letters, bool(letters & set("ye"))
    if not year:
        return Unreadable(
            f"cell {cell} shows no year, and holds {value:%Y-%m-%d}",
            "a format that shows the year, if this is the right one",
            f"{value:%Y-%m-%d}",
        )
    if day:
        return value
    return f"{calendar.month_name[value.month]} {value.year}" if month else str(value.year)


@lru_cache(maxsize=1024)
def _letters(number_format: str) -> frozenset[str]:
    """The letters of a format of dates that stand for parts of one."""
    first = re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", number_format)[0]
    pieces = (match["letters"] or match["exponent"] or "" for match in _PIECES.finditer(first))
    return frozenset("".join(pieces).lower())


def _text(value: str, number_format: str) -> object:
    """A text with the words that its format adds, as ``"about "@``."""
    last = _split(number_format)[-1]
    if "@" not in last or last == "@":
        return value
    before, _, after = "".join(
        match["quoted"] or match["escaped"] or match["sign"] or ""
        for match in _PIECES.finditer(last)
    ).partition("@")
    return f"{before}{value}{after}" if (before + after).strip() else value


def _number(value: float, number_format: str, cell: str) -> object:
    """A number with the words around it, or a percentage."""
    section = _section(value, number_format)
    if section is None or value < 0 or section.by_itself:  # below zero is wrong anyway
        return value
    digits = str(value) if isinstance(value, int) else f"{value:.15g}"
    words = f"{section.before}{section.after}".strip()
    if value == 0 and words in _DASHES:
        return value  # as the accounting formats show nought
    if not section.has_digits:
        if not words:
            return Unreadable(
                f"cell {cell} shows nothing, and holds {digits}",
                "a format that shows the number, or an empty cell",
                digits,
            )
        return words
    if section.percent and not words:
        return Percent(float(value))
    if any(set(text) - _GROUPS for text in section.between):
        return Unreadable(
            f"cell {cell} holds {digits}, and its format {number_format!r} puts signs into it",
            "a plain number",
            digits,
        )
    if not section.thousands:
        if not words:
            return value
        if section.percent:
            value, digits = value * 100, f"{value * 100:.15g}"
            section = section._replace(after=f"%{section.after}")
        return Shown(
            f"{section.before}{digits}{section.after}", value, section.before, section.after
        )
    left_out = 1000**section.thousands
    if MULTIPLES.get(words.casefold().rstrip(".")) == left_out:
        return value  # '12k' for 12,000: the word says what the format left out
    return Unreadable(
        f"cell {cell} shows {section.before}{value / left_out:.10g}{section.after}, "
        f"and holds {digits}",
        "the number in full, in a format that shows all of it",
        digits,
    )


def _section(value: float, number_format: str) -> _Section | None:
    """The part of a format that a number is shown by."""
    sections = [part for part in map(_parsed, _split(number_format)) if part is not None]
    for section in sections:
        if section.condition is not None:
            sign, limit = section.condition
            if _COMPARED[sign](value, limit):
                return section
    free = [section for section in sections if section.condition is None]
    if len(free) < len(sections):
        return free[0] if free else None
    which = 1 if value < 0 else 2 if value == 0 else 0
    return sections[which if which < len(sections) else 0] if sections else None


@lru_cache(maxsize=1024)
def _split(number_format: str) -> list[str]:
    """The parts of a format, between semicolons that stand for themselves."""
    parts = [""]
    for match in _PIECES.finditer(number_format):
        if match["sign"] == ";":
            parts.append("")
        else:
            parts[-1] += match[0]
    return parts


@lru_cache(maxsize=1024)
def _parsed(section: str) -> _Section | None:
    """What one part of a format does; ``None`` for the part of texts."""
    condition, texts, thousands, digits, percent, itself = None, [""], 0, False, False, False
    for match in _PIECES.finditer(section):
        if match["sign"] == "@":
            return None
        if match["bracket"] is not None:
            if found := _CONDITION.fullmatch(match["bracket"]):
                condition = (found[1], float(found[2]))
        elif match["digits"]:
            digits = True
            texts.append("")
            thousands += len(match["digits"]) - len(match["digits"].rstrip(","))
        elif match["sign"] == "%":
            percent = True
        elif match["exponent"] or (match["sign"] == "/" and digits):
            itself = True  # 1.2E+06 and 3 1/2 are the number
        elif match["sign"] == "," and digits and not texts[-1]:
            thousands += 1
        else:
            parts = (
                match["quoted"],
                match["escaped"],
                match["currency"],
                match["letters"],
                match["sign"],
            )
            texts[-1] += "".join(part for part in parts if part)
    before, *between = texts
    after = between.pop() if between else ""
    return _Section(condition, before, after, tuple(between), digits, thousands, percent, itself)
