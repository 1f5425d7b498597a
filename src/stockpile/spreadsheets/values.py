"""The value of one cell: a number, a day or a period, or the reason why there is none.

Nothing is guessed. A cell that can be read in two ways is a problem, and the
problem names the option that settles it. Footnote marks are left out, and reported.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import numbers
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from stockpile.common.errors import Answer, Message, in_python

#: Words that mean 'not stated', in any case. A dash is not one: in many tables it means nought.
MISSING = ("n/a", "n.a.", "..", "...", "…", "not available", "not stated", "not reported")
_DASHES = ("-", "–", "—", "−", "‐", "‑", "‒")
#: Words behind a number that multiply it. 'M' is none: it may be a unit, or a thousand.
MULTIPLES = {
    **dict.fromkeys(("k", "thousand", "thousands"), 1_000),
    **dict.fromkeys(("million", "millions", "mn", "mln", "mio"), 1_000_000),
    **dict.fromkeys(("billion", "billions", "bn"), 1_000_000_000),
}

# What would be right, where an option settles it.
_DECIMAL: Message = (
    "digits alone, or say ",
    Answer("decimal", (".",)),
    " or ",
    Answer("decimal", (",",)),
)
_DATE_ORDER: Message = ("YYYY-MM-DD, or say ", Answer("date_order", ("dmy", "mdy")))
SHARE: Message = ("from 0 to 1, or ", Answer("percent", (True,)))
_DASH: dict[str, Message] = {
    dash: (
        "0 for none, an empty cell for not stated, or say ",
        Answer("missing", ([dash],)),
    )
    for dash in _DASHES
}
#: Those texts as an account of rows has them, for a front end that words the options otherwise.
ADVICE: dict[str, Message] = {
    in_python(text): text for text in (_DECIMAL, _DATE_ORDER, SHARE, *_DASH.values())
}

_DAY = "a day as YYYY-MM-DD, a month as YYYY-MM or a year"
_KEPT = 2**16  # different texts whose values are remembered


class Unreadable(NamedTuple):
    """A cell without a value: an error, or a formula without a stored result."""

    reason: str
    expected: str
    text: str


class Percent(NamedTuple):
    """A number that its workbook shows as a percentage; 0.66 for 66%."""

    fraction: float


class Shown(NamedTuple):
    """A number that its workbook shows with words around it: ``>500``, ``178 million``."""

    text: str
    amount: float
    before: str
    after: str


class Value(NamedTuple):
    """A text, or a number as plain digits; or no text, and the problem."""

    text: str = ""
    qualifier: str = ""
    mark: str = ""
    reason: str = ""
    expected: str = ""


class Span(NamedTuple):
    """The first and the last day of a day, month, year or period; or the problem."""

    start: str = ""
    end: str = ""
    precision: str = ""
    mark: str = ""
    reason: str = ""
    expected: str = ""

    @property
    def text(self) -> str:
        """The last day, which stands for a month, a year or a period."""
        return self.end


class _Problem(Exception):
    """Why a cell has no value, and what would be right."""


_MARK = re.compile(r"\s*(?:[*†‡§]+|[¹²³⁰⁴-⁹ᵃ-ᶻ]+|\[(?:[0-9]{1,3}|[a-zA-Z]{1,2})\]|\([a-z]\))$")
_QUALIFIERS = {
    "approx": re.compile(
        r"(?:~|≈|≅|(?:approximately|approx\.?|about|around|circa|ca?\.)\s)\s*", re.I
    ),
    "at_least": re.compile(r"(?:≥|>=|>|(?:at least|more than|over)\s)\s*", re.I),
    "nearly": re.compile(r"(?:nearly|almost)\s+", re.I),
}
_SPACES = r"[ \u00a0\u202f\u2009]"  # the plain one, and those that do not break or are thin
_GROUPED = re.compile(
    rf"([0-9]{{1,3}})((?:{_SPACES}[0-9]{{3}})+|(?:['’][0-9]{{3}})+)((?:[.,][0-9]+)?)"
)
# As in India: 12,34,567 is one million and more.
_LAKHS = re.compile(r"([0-9]{1,2})((?:,[0-9]{2})+,[0-9]{3})((?:\.[0-9]+)?)")
_MULTIPLE = re.compile(rf"(.*[0-9]){_SPACES}?({'|'.join(MULTIPLES)})\.?", re.I)
_BY_MARK = {
    mark: re.compile(rf"([0-9]{{1,3}}(?:{other}[0-9]{{3}})+|[0-9]+)(?:{mark}([0-9]+))?")
    for mark, other in ((r"\.", ","), (",", r"\."))
}


def blank(value: object, missing: Sequence[str] = ()) -> bool:
    """Return whether a cell states nothing: it is empty, or holds a word for 'not stated'."""
    if not isinstance(value, str):
        return value is None or (isinstance(value, float) and math.isnan(value))
    if value.isalnum() and not missing:  # as nearly all are
        return False
    text = value.strip()
    return not text or text.casefold() in MISSING or text in missing


def as_text(value: object) -> str:
    """Return a cell as an account of problems shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Unreadable | Shown):
        return value.text
    if isinstance(value, Percent):
        return f"{value.fraction * 100:.15g}%"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if (count := whole(value)) is not None:
        return str(count)
    return "" if blank(value) else str(value)


def unmarked(text: str) -> tuple[str, str]:
    """Return a text without the footnote marks at its end, and the marks: '1,234' and '*'."""
    text, marks = text.strip(), ""
    while (match := _MARK.search(text)) and match.start():
        marks = match[0].strip() + marks
        text = text[: match.start()].rstrip()
    return text, marks


def whole(value: object) -> int | None:
    """Return a whole number as such, also one that its workbook keeps as 2012.0; else ``None``."""
    if not isinstance(value, (numbers.Real, Decimal)) or isinstance(value, bool):
        return None
    plain = float(value)
    return int(plain) if plain.is_integer() and abs(plain) < 1e15 else None


def number(
    value: object, *, decimal: str = "", percent: bool = False, share: bool = False
) -> Value:
    """Read a count or, with ``share``, a part of a whole from 0 to 1.

    Without a ``decimal`` mark ``1.234`` is a problem; with ``percent`` the bare numbers of a share
    are percentages.
    """
    if isinstance(value, str):
        if not share and (plain := plain_count(value)):  # as nearly all are
            return Value(plain)
        return _number_in_text(value, decimal, percent, share)
    if isinstance(value, Shown):
        # What the words make of 1 they make of the number.
        one = _number_in_text(f"{value.before}1{value.after}", decimal, percent, share)
        if one.reason:
            return one
        times = _decimal(value.amount) * Decimal(one.text)
        return one._replace(text=_digits(times))
    try:
        return Value(_digits(_amount(value, percent, share)))
    except _Problem as problem:
        return Value("", "", "", *problem.args)


def plain_count(value: object, missing: Sequence[str] = ()) -> str:
    """Return a count that is written in digits alone; empty for anything else."""
    if isinstance(value, str) and value.isdigit() and value.isascii() and len(value) < 16:
        return "" if value in missing else value.lstrip("0") or "0"
    return ""


@lru_cache(maxsize=_KEPT)
def _number_in_text(value: str, decimal: str, percent: bool, share: bool) -> Value:
    """Read a number that is written as text, with its qualifier and its footnote marks."""
    text, mark = unmarked(value)
    qualifier = ""
    for word, pattern in _QUALIFIERS.items():
        if match := pattern.match(text):
            text, qualifier = text[match.end() :], word
            break
    if text.endswith("+") and not qualifier:
        text, qualifier = text[:-1].rstrip(), "at_least"
    try:
        if sign := text.endswith("%"):
            text = text[:-1].rstrip()
            if not share:
                raise _Problem("a percentage where a count belongs", "a whole number")
        times = 1
        if not share and (match := _MULTIPLE.fullmatch(text)):
            text, times = match[1], MULTIPLES[match[2].casefold()]
        amount = Decimal(_plain(text, decimal, share)) * times
        plain = _digits(amount / 100 if sign or (share and percent) else amount)
    except _Problem as problem:
        return Value("", "", "", *problem.args)
    return Value(plain, qualifier, mark)


def _amount(value: object, percent: bool, share: bool) -> Decimal:
    """The number in a cell that is no text."""
    if isinstance(value, Unreadable):
        raise _Problem(value.reason, value.expected)
    if isinstance(value, (dt.date, dt.datetime)):
        raise _Problem(
            "a date where a number belongs",
            "the number; a spreadsheet may have turned it into a date",
        )
    if isinstance(value, Percent):
        if not share:
            raise _Problem("a percentage where a count belongs", "a whole number")
        return _decimal(value.fraction)
    if not isinstance(value, (numbers.Real, Decimal)) or isinstance(value, bool):
        raise _Problem("not a number", "digits")
    if not math.isfinite(value):
        raise _Problem("not a number", "digits")
    return _decimal(value) / 100 if share and percent else _decimal(value)


def _plain(text: str, decimal: str, share: bool) -> str:
    """Digits, with a point at most, for digits with marks between them."""
    if text.isascii() and text.isdigit():
        return text
    # Blanks and apostrophes only ever group; and so do commas by two digits.
    if match := _GROUPED.fullmatch(text) or _LAKHS.fullmatch(text):
        fraction = match[3]
        if decimal and fraction and fraction[0] != decimal:
            raise _Problem("the decimal mark is another one", f"{decimal!r} as the decimal mark")
        return re.sub("[^0-9]", "", match[1] + match[2]) + fraction.replace(",", ".")
    if text.isdecimal():
        raise _Problem("not a number in digits 0 to 9", "the digits 0 to 9, as 1234")
    readings = {
        reading
        for mark, pattern in _BY_MARK.items()
        if decimal in ("", mark[-1]) and (reading := _with_mark(text, pattern))
    }
    if share:  # nothing is more than the whole, so that 12.345 per cent has one reading
        readings = {each for each in readings if Decimal(each) <= 100} or readings
    if len(readings) == 1:
        return readings.pop()
    if readings:
        raise _Problem(f"may be {' or '.join(sorted(readings, key=len))}", in_python(_DECIMAL))
    if text in _DASHES:
        raise _Problem("a dash may say 'none' or 'not stated'", in_python(_DASH[text]))
    if re.fullmatch(r"[-–−‐‑‒].*[0-9].*|\(.*[0-9].*\)", text):
        raise _Problem("below zero", "a number from 0")
    if text.startswith("#"):
        raise _Problem("a spreadsheet's error", "the number that the cell should have held")
    raise _Problem("not a number", "digits, as 1234; an empty cell or 'n/a' for not stated")


def _with_mark(text: str, pattern: re.Pattern[str]) -> str:
    """The number that a text is by one of the decimal marks; empty if it is none."""
    match = pattern.fullmatch(text)
    if not match or (not match[1].isdigit() and match[1].startswith("0")):
        return ""
    digits = re.sub("[^0-9]", "", match[1])
    return f"{digits}.{match[2]}" if match[2] else digits


def _digits(amount: Decimal) -> str:
    """A number that a stock may be, in plain digits."""
    if amount < 0:
        raise _Problem("below zero", "a number from 0")
    if amount >= 10**15:
        raise _Problem("too large for a stock", "a number below 1e15")
    text = f"{round(abs(amount), 12):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: object) -> Decimal:
    """A number to the 15 digits that a spreadsheet keeps: 0.1 + 0.2 is 0.3 there."""
    return Decimal(value) if isinstance(value, (int, Decimal)) else Decimal(f"{float(value):.15g}")  # type: ignore[arg-type]


_MONTHS = {
    name.casefold(): month
    for names in (calendar.month_name, calendar.month_abbr)
    for month, name in enumerate(names)
    if name
} | {"sept": 9}
_YEAR = "(?:19|20|21)[0-9]{2}"
_WORD = "[a-z]{3,9}"


def span(
    value: object, *, date_order: str = "", period: bool = False, serial: dt.datetime | None = None
) -> Span:
    """Read a day, a month or a year; with ``period`` also two of them with a dash between.

    Without a ``date_order`` dates such as ``03/04/2012`` are a problem. With ``serial``, the day
    from which a workbook counts, a bare number is a day.
    """
    if isinstance(value, str | Shown):
        return _span_in_text(as_text(value), date_order, period)
    try:
        if isinstance(value, Unreadable):
            raise _Problem(value.reason, value.expected)
        if isinstance(value, dt.datetime):
            if value.tzinfo is not None or value.time() != dt.time():
                raise _Problem("a time of day", "the day alone")
            return _day(value.date())
        if isinstance(value, dt.date):
            return _day(value)
        count = whole(value)
        if count is None:
            raise _Problem("not a date", _DAY)
        if not 1900 <= count <= 2199 and serial is not None and 14611 <= count <= 109574:
            return _day((serial + dt.timedelta(days=count)).date())  # 1940 to 2199 in Excel's days
    except _Problem as problem:
        return Span("", "", "", "", *problem.args)
    return _span_in_text(str(count), date_order, period)


@lru_cache(maxsize=_KEPT)
def _span_in_text(value: str, date_order: str, period: bool) -> Span:
    """Read a time that is written as text, with its footnote marks."""
    text, mark = unmarked(value)
    text = re.sub("[‐‑‒−]", "-", text)
    try:
        time = (_period(text, date_order) if period else None) or _time(text, date_order)
    except _Problem as problem:
        return Span("", "", "", "", *problem.args)
    return time._replace(mark=mark)


_CONSENT_MARKS = {"a": "accession", "A": "acceptance", "AA": "approval", "d": "succession"}
_CONSENT_MARK = re.compile(r"(.*[0-9])\s*[(\[]?(AA|A|a|d)[)\]]?")


def consent_mark(value: object) -> tuple[object, str]:
    """Return a day without the depositary's mark behind it, and the kind of consent it stands for.

    >>> consent_mark("9 Apr 2013 a"), consent_mark("3 Dec 2008")
    (('9 Apr 2013', 'accession'), ('3 Dec 2008', ''))
    """
    match = _CONSENT_MARK.fullmatch(value.strip()) if isinstance(value, str) else None
    return (match[1], _CONSENT_MARKS[match[2]]) if match else (value, "")


def _period(text: str, date_order: str) -> Span | None:
    """A period in a text; ``None`` where there is no dash between two times."""
    unclear = re.fullmatch(rf"({_YEAR})-([01][0-9])", text)
    if unclear and int(unclear[1]) % 100 < int(unclear[2]) <= 12:
        years = f"{unclear[1]}-{unclear[1][:2]}{unclear[2]}"
        raise _Problem(
            "may be a month or two years", f"{years} for the years, or columns 'from' and 'to'"
        )
    halves = re.split(r"\s*[–—]\s*|\s+(?:to|until|-)\s+", text)
    if len(halves) == 1 and re.fullmatch(rf"{_YEAR}-{_YEAR}", text):
        halves = text.split("-")
    if len(halves) != 2:
        return None
    first, last = (_time(half, date_order) for half in halves)
    if first.start > last.end:
        raise _Problem("the period starts after it ends", "the earlier day first")
    return Span(first.start, last.end, "period")


def _time(text: str, date_order: str) -> Span:
    """A year, a month or a day in a text."""
    if re.fullmatch(_YEAR, text):
        return Span(f"{text}-01-01", f"{text}-12-31", "year")
    if match := re.fullmatch(rf"({_YEAR})-([0-9]{{2}})", text):
        return _month(int(match[1]), int(match[2]))
    if match := re.fullmatch(rf"({_WORD})\.?[ ,-]+({_YEAR})", text, re.I):
        return _month(int(match[2]), _MONTHS.get(match[1].casefold(), 0))
    # Excel and pandas write midnight behind a day that they take for a moment.
    text = re.sub(r"[ T]00:00(?::00)?$", "", text)
    days: list[tuple[int, int, int]] = []
    if match := re.fullmatch(rf"({_YEAR})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}})", text):
        days = [(int(match[1]), int(match[3]), int(match[4]))]
    elif match := re.fullmatch(rf"([0-9]{{1,2}})([-/.])([0-9]{{1,2}})\2({_YEAR})", text):
        one, two, year = int(match[1]), int(match[3]), int(match[4])
        orders = {"dmy": (year, two, one), "mdy": (year, one, two)}
        days = [day for order, day in orders.items() if date_order in ("", order)]
    elif match := re.fullmatch(rf"([0-9]{{1,2}})\.?[ -]({_WORD})\.?,?[ -]({_YEAR})", text, re.I):
        days = [(int(match[3]), _MONTHS.get(match[2].casefold(), 0), int(match[1]))]
    elif match := re.fullmatch(rf"({_WORD})\.? ([0-9]{{1,2}}),? ({_YEAR})", text, re.I):
        days = [(int(match[3]), _MONTHS.get(match[1].casefold(), 0), int(match[2]))]
    possible = sorted({day for parts in days if (day := _date(*parts))}, reverse=True)
    if len(possible) == 1:
        return _day(possible[0])
    if possible:
        either = " or ".join(day.isoformat() for day in possible)
        raise _Problem(f"may be {either}", in_python(_DATE_ORDER))
    if days:
        foreign = any(month == 0 and re.search("[^0-9./-]", text) for _, month, _ in days)
        names = "; months go by their English names" if foreign else ""
        raise _Problem("not a day of the calendar", _DAY + names)
    if re.fullmatch("[0-9]{5,6}", text):
        raise _Problem("a bare number, as spreadsheets keep a date", _DAY)
    raise _Problem("not a date", _DAY)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _day(day: dt.date) -> Span:
    if not 1900 <= day.year <= 2199:
        raise _Problem("not a day from 1900 to 2199", _DAY)
    return Span(day.isoformat(), day.isoformat(), "day")


def _month(year: int, month: int) -> Span:
    if not 1 <= month <= 12:
        raise _Problem("not a month of the calendar", _DAY)
    last = calendar.monthrange(year, month)[1]
    return Span(f"{year}-{month:02d}-01", f"{year}-{month:02d}-{last}", "month")
