"""One cell of somebody's table: the number in it, or why there is none.

Nothing is guessed. A cell that can be read in two ways is a problem, and the
problem names the option that settles it. What is left out of a cell that is
read, as a footnote mark, is said.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

#: Words that say 'not stated', whatever their case. A dash is not one: in many tables it is nought.
MISSING = ("n/a", "n.a.", "..", "...", "…", "not available", "not stated", "not reported")


class Odd(NamedTuple):
    """A cell without a value that could be read: an error, or a formula without a result."""

    reason: str
    expected: str
    shown: str


class Percent(NamedTuple):
    """A number that its workbook shows as a percentage; 0.66 for 66%."""

    fraction: float


class Number(NamedTuple):
    """A number as plain digits, or empty; or the problem with it."""

    text: str = ""
    qualifier: str = ""
    mark: str = ""
    reason: str = ""
    expected: str = ""


_MARK = re.compile(r"\s*(?:[*†‡§]+|[¹²³⁰⁴-⁹ᵃ-ᶻ]+|\[(?:[0-9]{1,3}|[a-zA-Z]{1,2})\]|\([a-z]\))$")
_APPROX = re.compile(r"(?:~|≈|≅|(?:approximately|approx\.?|about|around|circa|ca?\.)\s)\s*", re.I)
_AT_LEAST = re.compile(r"(?:≥|>=|>|(?:at least|more than|over)\s)\s*", re.I)
_NEARLY = re.compile(r"(?:nearly|almost)\s+", re.I)
_SPACES = r"[ \u00a0\u202f\u2009]"  # the plain one, and those that do not break or are thin
_GROUPED = re.compile(
    rf"([0-9]{{1,3}})((?:{_SPACES}[0-9]{{3}})+|(?:['’][0-9]{{3}})+)((?:[.,][0-9]+)?)"
)
_DIGITS = re.compile(r"[0-9]+")


def blank(value: object, missing: Sequence[str] = ()) -> bool:
    """Whether a cell says nothing: it is empty, or holds a word for 'not stated'.

    Examples
    --------
    >>> [blank(cell) for cell in (None, "  ", "n/a", "NA", 0, "-")]
    [True, True, True, False, False, False]
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    if not isinstance(value, str):
        return False
    text = value.strip()
    return not text or text.casefold() in MISSING or text in missing


def shown(value: object) -> str:
    """A cell as it stands in an account of problems."""
    if isinstance(value, Odd):
        return value.shown
    if isinstance(value, Percent):
        return f"{value.fraction * 100:.15g}%"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if (count := whole(value)) is not None:
        return str(count)
    return "" if blank(value) and not isinstance(value, str) else str(value)


def unmarked(text: str) -> tuple[str, str]:
    """A text without the footnote marks at its end, and the marks.

    Examples
    --------
    >>> unmarked("1,234*"), unmarked("Peru [b]"), unmarked("500²")
    (('1,234', '*'), ('Peru', '[b]'), ('500', '²'))
    """
    text, marks = text.strip(), ""
    while (found := _MARK.search(text)) and found.start():
        marks = found[0].strip() + marks
        text = text[: found.start()].rstrip()
    return text, marks


def number(
    value: object, *, decimal: str = "", percent: bool = False, share: bool = False
) -> Number:
    """Read a count or, with ``share``, a part of a whole.

    Parameters
    ----------
    value : object
        What the cell holds: text, or the number, day or error of a workbook.
    decimal : {"", ".", ","}
        The decimal mark; without it ``1.234`` is a problem.
    percent : bool
        Whether the bare numbers of a share are percentages.
    share : bool
        Whether a share is wanted, from 0 to 1.

    Examples
    --------
    >>> number("1 234*")
    Number(text='1234', qualifier='', mark='*', reason='', expected='')
    >>> number("~500").qualifier, number("66%", share=True).text
    ('approx', '0.66')
    >>> number("1.234").reason
    'may be 1234 or 1.234'
    >>> number("1.234", decimal=",").text
    '1234'
    """
    if isinstance(value, Odd):
        return Number(reason=value.reason, expected=value.expected)
    if isinstance(value, (dt.date, dt.datetime)):
        return Number(
            reason="a date where a number belongs",
            expected="the number; a spreadsheet may have turned it into a date",
        )
    if isinstance(value, Percent):
        if not share:
            return Number(reason="a percentage where a count belongs", expected="a whole number")
        return _checked(_decimal(value.fraction), value)
    if isinstance(value, (numbers.Real, Decimal)) and not isinstance(value, bool):
        if not math.isfinite(value):
            return Number(reason="not a number", expected="digits")
        plain = _decimal(value)
        return _checked(plain / 100 if share and percent else plain, value)
    if not isinstance(value, str):
        return Number(reason="not a number", expected="digits")
    return _number_in(value, decimal, percent, share)


def _number_in(value: str, decimal: str, percent: bool, share: bool) -> Number:
    text, mark = unmarked(value)
    qualifier = ""
    for pattern, word in ((_APPROX, "approx"), (_AT_LEAST, "at_least"), (_NEARLY, "nearly")):
        if found := pattern.match(text):
            text, qualifier = text[found.end() :], word
            break
    if text.endswith("+") and not qualifier:
        text, qualifier = text[:-1].rstrip(), "at_least"
    sign = text.endswith("%")
    if sign:
        text = text[:-1].rstrip()
        if not share:
            return Number(reason="a percentage where a count belongs", expected="a whole number")
    plain, reason, expected = _plain(text, decimal, share)
    if reason:
        return Number(reason=reason, expected=expected)
    amount = Decimal(plain)
    checked = _checked(amount / 100 if sign or (share and percent) else amount, value)
    return checked if checked.reason else checked._replace(qualifier=qualifier, mark=mark)


def _plain(text: str, decimal: str, share: bool) -> tuple[str, str, str]:
    """Digits with a point at most, for digits with marks; or what is wrong with them."""
    if found := _GROUPED.fullmatch(text):  # blanks and apostrophes only ever group
        whole = found[1] + "".join(_DIGITS.findall(found[2]))
        if decimal and found[3] and found[3][0] != decimal:
            return "", "the decimal mark is another one", f"{decimal!r} as the decimal mark"
        return whole + found[3].replace(",", "."), "", ""
    if _DIGITS.fullmatch(text) and text.isascii():
        return text, "", ""
    if text.isdecimal() and not text.isascii():
        return "", "not a number in digits 0 to 9", "the digits 0 to 9, as 1234"
    readings = [
        reading
        for mark, other in ((".", ","), (",", "."))
        if decimal in ("", mark) and (reading := _with(text, mark, other))
    ]
    if share:  # nothing is more than the whole, so that 12.345 per cent has one reading
        readings = [r for r in readings if Decimal(r) <= 100] or readings
    if len(set(readings)) == 1:
        return readings[0], "", ""
    if readings:
        return (
            "",
            f"may be {' or '.join(sorted(set(readings), key=len))}",
            "digits alone, or say decimal='.' or decimal=','",
        )
    if text in ("-", "–", "—"):
        return (
            "",
            "a dash may say 'none' or 'not stated'",
            f"0 for none, an empty cell for not stated, or say missing=[{text!r}]",
        )
    if re.fullmatch(r"[-–−].*[0-9].*|\(.*[0-9].*\)", text):
        return "", "below zero", "a number from 0"
    if text.startswith("#"):
        return "", "a spreadsheet's error", "the number that the cell should have held"
    return "", "not a number", "digits, as 1234; an empty cell or 'n/a' for not stated"


def _with(text: str, mark: str, other: str) -> str:
    """The number that a text is where ``mark`` is the decimal mark, empty if it is none."""
    pattern = (
        rf"([0-9]{{1,3}}(?:{re.escape(other)}[0-9]{{3}})+|[0-9]+)(?:{re.escape(mark)}([0-9]+))?"
    )
    found = re.fullmatch(pattern, text)
    if not found or (other in found[1] and found[1].startswith("0")):
        return ""
    whole = found[1].replace(other, "")
    return f"{whole}.{found[2]}" if found[2] else whole


def _checked(amount: Decimal, value: object) -> Number:
    if amount < 0:
        return Number(reason="below zero", expected="a number from 0")
    if amount >= 10**15:
        return Number(reason="too large for a stock", expected="a number below 1e15")
    amount = round(amount, 12)
    text = f"{amount:f}"
    return Number(text.rstrip("0").rstrip(".") if "." in text else text)


def _decimal(value: object) -> Decimal:
    """A number to the 15 digits that a spreadsheet keeps: 0.1 + 0.2 is 0.3 there."""
    return Decimal(value) if isinstance(value, (int, Decimal)) else Decimal(f"{float(value):.15g}")  # type: ignore[arg-type]


def whole(value: object) -> int | None:
    """Return a whole number as such, also one that its workbook keeps as 2012.0; else ``None``."""
    if not isinstance(value, (numbers.Real, Decimal)) or isinstance(value, bool):
        return None
    plain = float(value)
    return int(plain) if plain.is_integer() and abs(plain) < 1e15 else None
