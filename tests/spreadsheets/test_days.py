"""Days, months, years and periods in cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockpile.spreadsheets.cells import Odd
from stockpile.spreadsheets.days import span

EPOCH = dt.datetime(1899, 12, 30)


@pytest.mark.parametrize(
    ("cell", "start", "end", "precision"),
    [
        ("2012-04-19", "2012-04-19", "2012-04-19", "day"),
        ("2012/4/9", "2012-04-09", "2012-04-09", "day"),
        ("19.04.2012", "2012-04-19", "2012-04-19", "day"),
        ("4/19/2012", "2012-04-19", "2012-04-19", "day"),
        ("04.04.2012", "2012-04-04", "2012-04-04", "day"),
        ("19 April 2012", "2012-04-19", "2012-04-19", "day"),
        ("April 19, 2012", "2012-04-19", "2012-04-19", "day"),
        ("2012-04-19 00:00:00", "2012-04-19", "2012-04-19", "day"),
        (dt.date(2012, 4, 19), "2012-04-19", "2012-04-19", "day"),
        (pd.Timestamp("2012-04-19"), "2012-04-19", "2012-04-19", "day"),
        ("2012-02", "2012-02-01", "2012-02-29", "month"),
        ("Feb 2012", "2012-02-01", "2012-02-29", "month"),
        ("September 2012", "2012-09-01", "2012-09-30", "month"),
        ("2012", "2012-01-01", "2012-12-31", "year"),
        (2012, "2012-01-01", "2012-12-31", "year"),
        (2012.0, "2012-01-01", "2012-12-31", "year"),
    ],
)
def test_a_time_is_read(cell: Any, start: str, end: str, precision: str) -> None:
    found = span(cell)
    assert (found.start, found.end, found.precision, found.reason) == (start, end, precision, "")


@pytest.mark.parametrize("cell", ["03/04/2012", "3.4.2012", "03-04-2012"])
def test_a_date_of_two_readings_is_not_guessed(cell: str) -> None:
    found = span(cell)
    assert found.reason == "may be 2012-04-03 or 2012-03-04"
    assert "date_order='dmy' or 'mdy'" in found.expected
    assert span(cell, date_order="dmy").end == "2012-04-03"
    assert span(cell, date_order="mdy").end == "2012-03-04"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("2012-02-30", "not a day of the calendar"),
        ("31/31/2012", "not a day of the calendar"),
        ("2012-13", "not a month of the calendar"),
        ("19 Avril 2012", "not a day of the calendar"),
        ("19/04/12", "not a date"),
        ("soon", "not a date"),
        ("41018", "a bare number, as spreadsheets keep a date"),
        (41018, "a bare number, as spreadsheets keep a date"),
        (dt.datetime(2012, 4, 19, 10), "a time of day"),
        (dt.datetime(2012, 4, 19, tzinfo=dt.UTC), "a time of day"),
        (dt.date(1850, 1, 1), "not a day from 1900 to 2199"),
        (True, "not a date"),
        (Odd("cell B2 holds the error #REF!", "x", "#REF!"), "cell B2 holds the error #REF!"),
    ],
)
def test_what_is_no_time_is_not_read(cell: Any, reason: str) -> None:
    found = span(cell)
    assert (found.end, found.reason) == ("", reason) and found.expected


def test_a_date_against_the_order_is_not_turned_round() -> None:
    assert span("4/19/2012", date_order="dmy").reason == "not a day of the calendar"


def test_a_workbooks_bare_number_is_a_day() -> None:
    assert span(41018, serial=EPOCH).end == "2012-04-19"
    assert span(41018.0, serial=EPOCH).end == "2012-04-19"
    assert span(2012, serial=EPOCH).precision == "year"
    assert span(1, serial=EPOCH).reason == "not a date"


@pytest.mark.parametrize(
    ("cell", "start", "end"),
    [
        ("2010-2012", "2010-01-01", "2012-12-31"),
        ("2010–2012", "2010-01-01", "2012-12-31"),
        ("2010 to 2012", "2010-01-01", "2012-12-31"),
        ("2012-01 – 2012-06", "2012-01-01", "2012-06-30"),
        ("Jan 2012 - Jun 2012", "2012-01-01", "2012-06-30"),
        ("2012-01-15 to 2012-03-31", "2012-01-15", "2012-03-31"),
        ("2012-03", "2012-03-01", "2012-03-31"),  # no two years: 2003 lies before 2012
    ],
)
def test_a_period_is_read(cell: str, start: str, end: str) -> None:
    found = span(cell, period=True)
    assert (found.start, found.end, found.reason) == (start, end, "")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("2010-12", "may be a month or two years"),
        ("2012-2010", "the period starts after it ends"),
        ("2010 to soon", "not a date"),
        ("3/4/2012 – 5/4/2012", "may be 2012-04-03 or 2012-03-04"),
    ],
)
def test_an_unclear_period_is_not_read(cell: str, reason: str) -> None:
    assert span(cell, period=True).reason == reason


def test_a_footnote_mark_is_left_out_and_kept() -> None:
    assert span("2012*").end == "2012-12-31" and span("2012*").mark == "*"


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)))
def test_every_day_is_read_however_it_is_written(day: dt.date) -> None:
    for written in (day.isoformat(), f"{day:%d %B %Y}", f"{day:%B %d, %Y}", day):
        assert span(written).end == day.isoformat()
    assert span(f"{day:%d/%m/%Y}", date_order="dmy").end == day.isoformat()
    assert span(f"{day:%m/%d/%Y}", date_order="mdy").end == day.isoformat()
    found = span(f"{day:%d/%m/%Y}")
    assert found.end == day.isoformat() or "may be" in found.reason


@given(st.text(max_size=20), st.booleans())
def test_any_text_is_read_or_has_a_reason(text: str, period: bool) -> None:
    found = span(text, period=period)
    assert bool(found.end) != bool(found.reason)


def test_of_a_month_that_is_not_known_the_language_of_months_is_said() -> None:
    english = "months go by their English names"
    for text in ("19 avril 2012", "avril 19, 2012"):
        assert span(text).reason == "not a day of the calendar"
        assert english in span(text).expected
    for text in ("31 April 2012", "2012-00-19", "31.11.2011"):
        assert span(text).reason == "not a day of the calendar"
        assert english not in span(text).expected
