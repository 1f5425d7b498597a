"""Numbers, days and periods in cells: read as they can only be meant, or not at all."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockpile.spreadsheets.values import (
    MISSING,
    Percent,
    Unreadable,
    as_text,
    blank,
    number,
    span,
    unmarked,
    whole,
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1234", "1234"),
        (" 1234 ", "1234"),
        ("0", "0"),
        ("007", "7"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1 234", "1234"),
        ("1\u00a0234\u202f567", "1234567"),
        ("1'234", "1234"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("0.660", "0.66"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("1234.567", "1234.567"),
        (1234, "1234"),
        (1234.0, "1234"),
        (0.1 + 0.2, "0.3"),
        (np.int64(5), "5"),
        (np.float64(5.5), "5.5"),
        (Decimal("12"), "12"),
        (999_999_999_999_999, "999999999999999"),
    ],
)
def test_a_number_is_read(cell: Any, text: str) -> None:
    found = number(cell)
    assert (found.text, found.reason, found.qualifier, found.mark) == (text, "", "", "")


@pytest.mark.parametrize("cell", ["1.234", "1,234", "12.345", "123,456"])
def test_a_number_with_one_mark_before_three_digits_is_not_guessed(cell: str) -> None:
    found = number(cell)
    plain = cell.replace(",", ".")
    assert found.reason == f"may be {plain.replace('.', '')} or {plain}"
    assert "decimal='.' or decimal=','" in found.expected
    point, comma = (number(cell, decimal=mark).text for mark in (".", ","))
    assert {point, comma} == {plain.replace(".", ""), plain.rstrip("0")}


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [("1,234.5", ","), ("1.234,5", "."), ("1 234,5", "."), ("1.2.3", "."), ("1,2,3456", ".")],
)
def test_a_number_that_goes_against_the_mark_is_not_read(cell: str, decimal: str) -> None:
    assert number(cell, decimal=decimal).reason


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-5", "below zero"),
        ("−5", "below zero"),
        ("(500)", "below zero"),
        (-1, "below zero"),
        ("-", "a dash may say 'none' or 'not stated'"),
        ("–", "a dash may say 'none' or 'not stated'"),
        ("abc", "not a number"),
        ("1e5", "not a number"),
        ("٣", "not a number"),
        ("<500", "not a number"),
        ("500 tons", "not a number"),
        ("#REF!", "a spreadsheet's error"),
        ("66%", "a percentage where a count belongs"),
        (Percent(0.66), "a percentage where a count belongs"),
        (True, "not a number"),
        (math.inf, "not a number"),
        (10**15, "too large for a stock"),
        (dt.date(2012, 4, 19), "a date where a number belongs"),
        (Unreadable("cell B2 holds a formula without a stored result", "x", "=1"), "cell B2 holds"),
        (dt.time(1), "not a number"),
        ([1], "not a number"),
    ],
)
def test_what_is_no_count_is_not_read(cell: Any, reason: str) -> None:
    found = number(cell)
    assert found.text == "" and found.reason.startswith(reason) and found.expected


@pytest.mark.parametrize(
    ("cell", "text", "qualifier", "mark"),
    [
        ("~500", "500", "approx", ""),
        ("≈ 500", "500", "approx", ""),
        ("c. 500", "500", "approx", ""),
        ("approx. 1,234,567", "1234567", "approx", ""),
        ("About 500", "500", "approx", ""),
        (">500", "500", "at_least", ""),
        ("≥500", "500", "at_least", ""),
        ("more than 500", "500", "at_least", ""),
        ("500+", "500", "at_least", ""),
        ("nearly 500", "500", "nearly", ""),
        ("1234*", "1234", "", "*"),
        ("500 [a]", "500", "", "[a]"),
        ("500[12]", "500", "", "[12]"),
        ("500 (b)", "500", "", "(b)"),
        ("500¹", "500", "", "¹"),
        ("~500†", "500", "approx", "†"),
    ],
)
def test_marks_say_how_exact_it_is_or_are_left_out(
    cell: str, text: str, qualifier: str, mark: str
) -> None:
    found = number(cell)
    assert (found.text, found.qualifier, found.mark, found.reason) == (text, qualifier, mark, "")


@pytest.mark.parametrize(
    ("cell", "percent", "text"),
    [
        ("66%", False, "0.66"),
        ("66 %", True, "0.66"),
        ("12,5 %", False, "0.125"),
        (66, True, "0.66"),
        ("66.6", True, "0.666"),
        (0.66, False, "0.66"),
        ("0.66", False, "0.66"),
        (Percent(0.66), True, "0.66"),
        ("33.333", True, "0.33333"),  # no share of 33,333 per cent, so that it has one reading
    ],
)
def test_shares(cell: Any, percent: bool, text: str) -> None:
    assert number(cell, percent=percent, share=True).text == text


@pytest.mark.parametrize("word", MISSING)
def test_words_for_not_stated(word: str) -> None:
    assert blank(word) and blank(word.upper())


@pytest.mark.parametrize("cell", ["NA", "-", "0", 0, "none", "nil", False])
def test_nothing_else_is_not_stated(cell: Any) -> None:
    assert not blank(cell)


def test_further_words_for_not_stated() -> None:
    assert blank("-", ["-"]) and not blank("-", ["–"])


@pytest.mark.parametrize(
    "name", ["*", "Guinea-Bissau", "Iran (Islamic Republic of)", "[a]", "A(b)c"]
)
def test_what_is_no_mark_stays(name: str) -> None:
    assert unmarked(name) == (name, "")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (5.0, "5"),
        (dt.datetime(2012, 4, 19), "2012-04-19"),
        (Percent(0.66), "66%"),
        (Unreadable("r", "e", "=A1"), "=A1"),
    ],
)
def test_cells_in_an_account(cell: Any, text: str) -> None:
    assert as_text(cell) == text


@given(st.integers(0, 10**15 - 1))
def test_a_whole_number_is_read_however_it_is_grouped(count: int) -> None:
    for grouped in (f"{count}", f"{count:,}".replace(",", " "), count):
        assert number(grouped).text == str(count)
    assert number(f"{count:,}", decimal=".").text == str(count)
    assert number(f"{count:,}".replace(",", "."), decimal=",").text == str(count)
    assert whole(float(count)) == count


@given(st.text(max_size=20))
def test_any_text_is_read_or_has_a_reason(text: str) -> None:
    found = number(text)
    assert bool(found.text) != bool(found.reason)
    assert bool(found.reason) == bool(found.expected)


@pytest.mark.parametrize("text", ["١٢٣٤", "१२३४", "１２３４"])
def test_digits_of_other_scripts_are_named_as_such(text: str) -> None:
    found = number(text)
    assert (found.text, found.reason) == ("", "not a number in digits 0 to 9")
    assert found.expected == "the digits 0 to 9, as 1234"


# Days, months, years and periods

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
        (
            Unreadable("cell B2 holds the error #REF!", "x", "#REF!"),
            "cell B2 holds the error #REF!",
        ),
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
def test_any_text_is_a_time_or_has_a_reason(text: str, period: bool) -> None:
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
