"""What a cell may be, and what the cells of a row may be beside each other.

Each rule stands for itself: what it is about, what it says of a cell that breaks
it, what would be right, and a small function that finds such cells. A column is
held to its rules once for each different text in it, where many rows share one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from stockpile.schema import EVENTS, MEASURES, PERIOD_MEASURES, UNDATED_MEASURES
from stockpile.treaty import UNSPECIFIED

_YEAR = "(?:19|20|21)[0-9]{2}"
# Plain digits: `\d` would take those of every script.
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,12})?"


def _days(text: pd.Series) -> pd.Series:
    """ISO days as datetime64, ``NaT`` for what is none."""
    iso = _matching(text, rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}")
    return pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def partial_days(text: pd.Series) -> pd.DataFrame:
    """Days, months and years as the last day they cover, and how precise each is."""
    out = _days(text)
    precision = pd.Series("", index=text.index, dtype="str").where(out.isna(), "day")
    for pattern, suffix, offset, word in (
        (rf"{_YEAR}-[0-9]{{2}}", "-01", pd.offsets.MonthEnd(0), "month"),
        (_YEAR, "-12-31", pd.offsets.Day(0), "year"),
    ):
        day = _days(_matching(text, pattern) + suffix) + offset
        out = out.fillna(day)
        precision = precision.mask(day.notna(), word)
    return pd.DataFrame({"day": out, "precision": precision})


def _numbers(text: pd.Series) -> pd.Series:
    """Plain numbers as float64, ``NaN`` for what is none."""
    # One pass in plain Python: of all columns, this one has most to read.
    plain = re.compile(_NUMBER).fullmatch
    numbers = [float(t) if plain(t) else math.nan for t in text.to_numpy()]
    return pd.Series(numbers, index=text.index, dtype="float64")


def _matching(text: pd.Series, pattern: str) -> pd.Series:
    """What matches a pattern, and a missing value for the rest."""
    return text.where(text.str.fullmatch(pattern))


#: How the texts of a column become values, for each kind that does not stay text.
TYPES: dict[str, Callable[[pd.Series], pd.Series]] = {
    "day": _days,
    "partial": lambda text: partial_days(text)["day"],
    "year": lambda text: _matching(text, _YEAR).astype("Int64"),
    "number": _numbers,
}


@dataclass(frozen=True)
class Cells:
    """The texts of a column, see `texts_of`, and what rules hold them against."""

    texts: pd.Series
    empty: pd.Series
    values: pd.Series
    rows: pd.Series
    choices: tuple[str, ...]
    earlier: Mapping[str, pd.DataFrame]


def _twice(cells: Cells) -> pd.Series:
    """Texts that stand in more than one row."""
    again = cells.rows[cells.rows.duplicated(keep=False)]
    return cells.texts.isin(again.astype("str"))


def _no_code(cells: Cells) -> pd.Series:
    """Texts that no country code looks like."""
    return ~cells.texts.str.fullmatch("[A-Z]{3}")


def _unlisted(cells: Cells) -> pd.Series:
    """Codes that the folder's table of states, where it has one, does not have."""
    listed = cells.earlier["states"]["iso3"] if "states" in cells.earlier else cells.texts
    return ~_no_code(cells) & ~cells.texts.isin(listed)


class CellRule(NamedTuple):
    """What is wrong with a cell of some kind of column; ``bad`` says so of each text."""

    kind: str
    reason: str
    expected: str
    bad: Callable[[Cells], pd.Series]


#: What a cell must not be. ``{}`` stands for the words that the column may hold. An empty
#: cell is held to the first rule alone.
CELL_RULES: tuple[CellRule, ...] = (
    CellRule("required", "the cell is empty", "a value in each row", lambda c: c.empty),
    CellRule("unique", "stands in more than one row", "one row for each", _twice),
    CellRule("choice", "not one of the known words", "{}", lambda c: ~c.texts.isin(c.choices)),
    CellRule("unit", "not a unit of the treaty", "{}", lambda c: ~c.texts.isin(c.choices)),
    CellRule("iso3", "not a country code", "three capital letters", _no_code),
    CellRule("iso3", "the state is not in states.csv", "a code that stands there", _unlisted),
    CellRule(
        "source",
        "the source is not in sources.csv, or was rejected there",
        "an accepted source_id",
        lambda c: ~c.texts.isin(c.earlier["sources"]["source_id"]),
    ),
    CellRule("day", "not a date", "YYYY-MM-DD, from 1900 to 2199", lambda c: c.values.isna()),
    CellRule(
        "partial",
        "not a date",
        "YYYY-MM-DD, YYYY-MM or YYYY, from 1900 to 2199",
        lambda c: c.values.isna(),
    ),
    CellRule("year", "not a year", "YYYY, from 1900 to 2199", lambda c: c.values.isna()),
    CellRule(
        "number", "not a plain number", "digits alone, as 1234 or 0.66", lambda c: c.values.isna()
    ),
)


def each(rows: pd.Series, of: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Work something out for each different text of a column, and lay it out over the rows."""
    return over(rows, of(texts_of(rows)))


def texts_of(rows: pd.Series) -> pd.Series:
    """The different texts of a categorical column; those of any other are its rows."""
    categorical = isinstance(rows.dtype, pd.CategoricalDtype)
    return pd.Series(rows.cat.categories, dtype="str") if categorical else rows


def over(rows: pd.Series, values: pd.Series) -> pd.Series:
    """Lay out what each different text of a column comes to over its rows."""
    if not isinstance(rows.dtype, pd.CategoricalDtype):
        return values
    return pd.Series(values.array.take(rows.cat.codes.to_numpy()), index=rows.index)


class RowRule(NamedTuple):
    """What is wrong with a cell beside the others; ``bad`` takes the rows as values and as text."""

    table: str
    column: str
    reason: str
    expected: str
    bad: Callable[[pd.DataFrame, pd.DataFrame], pd.Series]


_DATED_MEASURES = [m for m in MEASURES if m not in UNDATED_MEASURES]
_DAY_MEASURES = [m for m in MEASURES if m not in PERIOD_MEASURES]
DATED_VALUES = [name for name, allowed in EVENTS.items() if allowed == "date"]


def _value_rule(event: str, allowed: tuple[str, ...] | None) -> RowRule:
    """What an event may carry in its ``value``: one of some words, or nothing."""
    if allowed is None:
        reason, expected = f"{event} takes no value", "an empty cell"
    else:
        reason, expected = f"not a value of {event}", " or ".join(allowed)
    words = allowed or ("",)
    return RowRule(
        "events",
        "value",
        reason,
        expected,
        lambda row, text: (row["event"] == event) & ~text["value"].isin(words),
    )


#: What the cells of a row must not be beside each other.
ROW_RULES: tuple[RowRule, ...] = (
    RowRule(
        "quantities",
        "quantity",
        "a share above the whole",
        "from 0 to 1",
        lambda row, _: (row["measure"] == "destroyed_share") & (row["quantity"] > 1),
    ),
    RowRule(
        "quantities",
        "quantity",
        "a count with a fraction",
        "a whole number",
        lambda row, text: (
            (row["measure"] != "destroyed_share")
            & row["quantity"].notna()
            & each(
                text["quantity"],
                lambda texts: pd.Series(["." in t for t in texts.to_numpy()], texts.index),
            )
        ),
    ),
    RowRule(
        "quantities",
        "unit",
        "only a destroyed_share may leave its unit open",
        "a unit of the treaty",
        lambda row, _: (row["measure"] != "destroyed_share") & (row["unit"] == UNSPECIFIED),
    ),
    RowRule(
        "quantities",
        "period_end",
        "the measure needs the day it speaks of",
        "YYYY-MM-DD",
        lambda row, text: row["measure"].isin(_DATED_MEASURES) & (text["period_end"] == ""),
    ),
    RowRule(
        "quantities",
        "period_start",
        "the measure speaks of a day, not of a period",
        "an empty cell",
        lambda row, text: row["measure"].isin(_DAY_MEASURES) & (text["period_start"] != ""),
    ),
    RowRule(
        "quantities",
        "period_start",
        "the period starts after it ends",
        "a day not after period_end",
        lambda row, _: row["period_start"] > row["period_end"],
    ),
    RowRule(
        "events",
        "date",
        "the event has no date",
        "YYYY-MM-DD, or precision 'unknown'",
        lambda row, text: (
            row["event"].isin(list(EVENTS)) & (text["date"] == "") & (row["precision"] != "unknown")
        ),
    ),
    *(_value_rule(name, words) for name, words in EVENTS.items() if not isinstance(words, str)),
    RowRule(
        "events",
        "value",
        "not the new deadline",
        "YYYY-MM-DD or YYYY-MM, or an empty cell",
        lambda row, text: (
            row["event"].isin(DATED_VALUES)
            & (text["value"] != "")
            & (row["new_deadline"].isna() | (row["new_deadline_precision"] == "year"))
        ),
    ),
)
