"""One cell of somebody's table: the day, month, year or period in it, or why there is none."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import NamedTuple

from stockpile.spreadsheets.cells import Odd, unmarked, whole

_ORDER = "YYYY-MM-DD, or say date_order='dmy' or 'mdy'"
_DAY = "a day as YYYY-MM-DD, a month as YYYY-MM or a year"


class Span(NamedTuple):
    """The first and the last day of a day, month, year or period; or the problem with it."""

    start: str = ""
    end: str = ""
    precision: str = ""
    mark: str = ""
    reason: str = ""
    expected: str = ""


_MONTHS = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_YEAR = "(?:19|20|21)[0-9]{2}"
_WORD = "[a-z]{3,9}"


def span(
    value: object, *, date_order: str = "", period: bool = False, serial: dt.datetime | None = None
) -> Span:
    """Read a day, a month or a year; with ``period`` also two of them with a dash between.

    Parameters
    ----------
    value : object
        What the cell holds.
    date_order : {"", "dmy", "mdy"}
        The order in dates such as ``03/04/2012``; without it those that can be
        read in two ways are a problem.
    period : bool
        Whether a period may stand there, as ``2010-2012``.
    serial : datetime.datetime, optional
        The day from which the workbook counts; a bare number is then a day.

    Examples
    --------
    >>> span("2012-04")[:3], span(2012).end
    (('2012-04-01', '2012-04-30', 'month'), '2012-12-31')
    >>> span("19/04/2012").end, span("3/4/2012").reason
    ('2012-04-19', 'may be 2012-04-03 or 2012-03-04')
    >>> span("3/4/2012", date_order="dmy").end, span("2010–2012", period=True).start
    ('2012-04-03', '2010-01-01')
    """
    if isinstance(value, Odd):
        return Span(reason=value.reason, expected=value.expected)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None or value.time() != dt.time():
            return Span(reason="a time of day", expected="the day alone")
        return _of_day(value.date())
    if isinstance(value, dt.date):
        return _of_day(value)
    if (count := whole(value)) is not None:
        if 1900 <= count <= 2199:
            return _of_month_or_year(count)
        if serial is not None and 14611 <= count <= 109574:  # 1940 to 2199, as Excel counts
            return _of_day((serial + dt.timedelta(days=count)).date())
        value = str(count)
    if not isinstance(value, str):
        return Span(reason="not a date", expected=_DAY)
    text, mark = unmarked(value)
    found = _span_in(text, date_order, period)
    return found if found.reason else found._replace(mark=mark)


def _span_in(text: str, date_order: str, period: bool) -> Span:
    if period:
        unclear = re.fullmatch(rf"({_YEAR})-([01][0-9])", text)
        if unclear and int(unclear[1]) % 100 < int(unclear[2]) <= 12:
            return Span(
                reason="may be a month or two years",
                expected=f"{unclear[1]}-{unclear[1][:2]}{unclear[2]} for the years, or columns "
                "'from' and 'to'",
            )
        halves = re.split(r"\s*[–—]\s*|\s+(?:to|until|-)\s+", text)
        if len(halves) == 1 and re.fullmatch(rf"{_YEAR}-{_YEAR}", text):
            halves = text.split("-")
        if len(halves) == 2:
            first, last = (_span_in(half, date_order, False) for half in halves)
            problem = first if first.reason else last
            if problem.reason:
                return problem
            if first.start > last.end:
                return Span(
                    reason="the period starts after it ends", expected="the earlier day first"
                )
            return Span(first.start, last.end, "period")
    if re.fullmatch(_YEAR, text):
        return _of_month_or_year(int(text))
    if found := re.fullmatch(rf"({_YEAR})-([0-9]{{2}})", text):
        return _of_month_or_year(int(found[1]), int(found[2]))
    if found := re.fullmatch(rf"({_WORD})\.?[ ,-]+({_YEAR})", text, re.I):
        return _of_month_or_year(int(found[2]), _MONTHS.get(found[1].casefold(), 0))
    # Excel and pandas write midnight behind a day that they take for a moment.
    text = re.sub(r"[ T]00:00(?::00)?$", "", text)
    days = []
    if found := re.fullmatch(rf"({_YEAR})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}})", text):
        days = [(int(found[1]), int(found[3]), int(found[4]))]
    elif found := re.fullmatch(rf"([0-9]{{1,2}})([-/.])([0-9]{{1,2}})\2({_YEAR})", text):
        one, two, year = int(found[1]), int(found[3]), int(found[4])
        days = [
            day
            for order, day in (("dmy", (year, two, one)), ("mdy", (year, one, two)))
            if date_order in ("", order)
        ]
    elif found := re.fullmatch(rf"([0-9]{{1,2}})\.?[ -]({_WORD})\.?,?[ -]({_YEAR})", text, re.I):
        days = [(int(found[3]), _MONTHS.get(found[2].casefold(), 0), int(found[1]))]
    elif found := re.fullmatch(rf"({_WORD})\.? ([0-9]{{1,2}}),? ({_YEAR})", text, re.I):
        days = [(int(found[3]), _MONTHS.get(found[1].casefold(), 0), int(found[2]))]
    there = sorted({day for parts in days if (day := _date(*parts))})
    if len(there) == 1:
        return _of_day(there[0])
    if there:
        said = " or ".join(day.isoformat() for day in reversed(there))
        return Span(reason=f"may be {said}", expected=_ORDER)
    if days:
        foreign = any(month == 0 and re.search("[^0-9./-]", text) for _, month, _ in days)
        names = "; months go by their English names" if foreign else ""
        return Span(reason="not a day of the calendar", expected=_DAY + names)
    if re.fullmatch("[0-9]{5,6}", text):
        return Span(
            reason="a bare number, as spreadsheets keep a date",
            expected=_DAY,
        )
    return Span(reason="not a date", expected=_DAY)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _of_day(day: dt.date) -> Span:
    if not 1900 <= day.year <= 2199:
        return Span(reason="not a day from 1900 to 2199", expected=_DAY)
    return Span(day.isoformat(), day.isoformat(), "day")


def _of_month_or_year(year: int, month: int | None = None) -> Span:
    if month is None:
        return Span(f"{year}-01-01", f"{year}-12-31", "year")
    if not 1 <= month <= 12:
        return Span(reason="not a month of the calendar", expected=_DAY)
    last = calendar.monthrange(year, month)[1]
    return Span(f"{year}-{month:02d}-01", f"{year}-{month:02d}-{last}", "month")
