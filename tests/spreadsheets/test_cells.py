"""Numbers in cells: read as they can only be meant, or not at all."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockpile.spreadsheets.cells import (
    MISSING,
    Odd,
    Percent,
    blank,
    number,
    shown,
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
    [("1,234.5", ","), ("1.234,5", "."), ("1 234,5", "."), ("1.2.3", "."), ("1,23,456", ".")],
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
        (Odd("cell B2 holds a formula without a stored result", "x", "=1"), "cell B2 holds"),
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
        (Odd("r", "e", "=A1"), "=A1"),
    ],
)
def test_cells_in_an_account(cell: Any, text: str) -> None:
    assert shown(cell) == text


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
