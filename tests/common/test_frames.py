"""Frames as plain values and back."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import stockpile as sp
from stockpile.common.frames import as_dicts, days_as_ints, from_columns, ordinal, timestamp, tuples

DAYS = ["1899-12-31", "1969-12-31", "1970-01-01", "2012-02-29", "2199-12-31"]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_is_a_number_and_back(day: str) -> None:
    at = pd.Timestamp(day)
    assert timestamp(ordinal(at)) == at
    assert days_as_ints(pd.Series([at])) == [ordinal(at)]


def test_days_count_from_the_first_of_january_1970() -> None:
    days = pd.Series(pd.to_datetime(["1969-12-31", None, "1970-01-02"]))
    assert days_as_ints(days) == [-1, None, 1]
    assert days_as_ints(days.iloc[:0]) == []


def test_a_frame_is_the_same_after_there_and_back(treaty_ledger: sp.Ledger) -> None:
    frame = treaty_ledger.events[["iso3", "date", "rank", "known_reported"]]
    kinds = frame.dtypes.astype("str").to_dict()
    columns = dict(
        zip(frame.columns, zip(*tuples(frame, *frame.columns), strict=True), strict=True)
    )
    pd.testing.assert_frame_equal(from_columns(columns, kinds), frame)


def test_a_frame_without_rows_keeps_its_kinds() -> None:
    kinds = {
        "iso3": "str",
        "on": "datetime64[us]",
        "count": "float64",
        "sure": "bool",
        "n": "int64",
    }
    empty = from_columns({name: [] for name in kinds}, kinds)
    assert empty.dtypes.astype("str").to_dict() == kinds and empty.empty


def test_missing_values_stay_missing() -> None:
    out = from_columns(
        {"on": [None], "count": [None]}, {"on": "datetime64[us]", "count": "float64"}
    )
    assert out.isna().all(axis=None)
    (row,) = as_dicts(out)
    assert row["on"] is pd.NaT and math.isnan(row["count"])


def test_rows_of_a_ledger_are_those_of_its_tables(ccm: sp.Ledger) -> None:
    then = ccm.as_of("2013-10-01")
    for table, columns in (
        ("events", ("iso3", "date")),
        ("states", ("name",)),
        ("sources", ("kind",)),
    ):
        assert list(then.rows(table, *columns)) == list(tuples(getattr(then, table), *columns))
