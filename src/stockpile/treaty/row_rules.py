"""What a cell may be, and what the cells of a row may be beside each other.

Each rule stands for itself: what it is about, what it says of a cell that breaks
it, what would be right, and a small function that finds such cells. A column is
categorical: each different text in it is checked once.
"""

from __future__ import annotations

import calendar
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockpile.treaty.rules import UNSPECIFIED, Treaty
from stockpile.treaty.schema import EVENT_TABLES, MEASURES, Event

Texts = npt.NDArray[np.object_]
Bad = npt.NDArray[np.bool_]

# Plain digits: `\d` would take those of every script.
_YEAR = "(?:19|20|21)[0-9]{2}"
_is_year = re.compile(_YEAR).fullmatch
_is_month = re.compile(f"{_YEAR}-[0-9]{{2}}").fullmatch
_is_day = re.compile(f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}").fullmatch
_LONGEST = 15  # digits of a number, before the point
_is_number = re.compile(rf"[0-9]{{1,{_LONGEST}}}(?:\.[0-9]{{1,12}})?").fullmatch
_is_code = re.compile("[A-Z]{3}").fullmatch
# All but line ends and tabs: what is left would steer a terminal rather than be read, or turn
# around the words beside it.
control = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
).search


def _day(text: str) -> dt.date | None:
    """An ISO day, and nothing else."""
    try:
        return dt.date.fromisoformat(text) if _is_day(text) else None
    except ValueError:  # 30 February
        return None


def _partial_day(text: str) -> tuple[dt.date | None, str]:
    """A day, or the last one of a month or a year; and how precise it is."""
    if day := _day(text):
        return day, "day"
    if _is_year(text):
        return dt.date(int(text), 12, 31), "year"
    if _is_month(text) and 1 <= (month := int(text[5:])) <= 12:
        year = int(text[:4])
        return dt.date(year, month, calendar.monthrange(year, month)[1]), "month"
    return None, ""


def _numbers(texts: Texts) -> npt.NDArray[np.float64]:
    """Plain numbers; ``nan`` for what is none."""
    # What most numbers are, digits alone, is made out for all at once: a long table has a
    # million of them. One byte stands for each character.
    signs = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    digits = (sizes > 0) & (sizes <= _LONGEST)
    others = np.flatnonzero((signs < ord("0")) | (signs > ord("9")))
    digits[np.searchsorted(sizes.cumsum(), others, side="right")] = False
    out = np.full(len(texts), math.nan)
    if digits.any():
        lines = io.StringIO("\n".join(texts[digits]))
        out[digits] = pd.read_csv(lines, header=None, dtype="int64", na_filter=False)[0]
    out[~digits] = [float(text) if _is_number(text) else math.nan for text in texts[~digits]]
    return out


def _days(days: Iterable[dt.date | None]) -> npt.NDArray[np.datetime64]:
    return np.array(list(days), dtype="datetime64[us]")


def partial_days(texts: Texts) -> npt.NDArray[np.datetime64]:
    """Days, months and years as the last day that they cover; ``NaT`` for what is none."""
    return _days(_partial_day(text)[0] for text in texts)


def precisions(texts: Texts) -> Texts:
    """How precise each of the same is: day, month or year."""
    return np.array([_partial_day(text)[1] for text in texts], dtype=object)


#: How the texts of a column become values, for each kind that does not stay text.
TYPES: dict[str, Callable[[Texts], Any]] = {
    "day": lambda texts: _days(map(_day, texts)),
    "partial": partial_days,
    "year": lambda texts: pd.array([int(t) if _is_year(t) else None for t in texts], dtype="Int64"),
    "number": _numbers,
    "step": _numbers,
}


class Coded(NamedTuple):
    """A column of texts: each different one once, and which of them stands in each row."""

    texts: Texts
    codes: npt.NDArray[np.integer[Any]]

    @classmethod
    def of(cls, column: pd.Series) -> Coded:
        """The texts of a column, which may be a categorical one."""
        if isinstance(column.dtype, pd.CategoricalDtype):
            return cls(column.cat.categories.to_numpy(dtype=object), column.cat.codes.to_numpy())
        codes, texts = pd.factorize(column.to_numpy(dtype=object))
        # As small as they can be: a long table has ten million of them.
        return cls(texts, codes.astype(np.min_scalar_type(-len(texts) - 1)))

    def per_row(self, values: Any) -> Any:
        """Lay out what each different text comes to over the rows."""
        return values.take(self.codes)

    def among(self, *words: str) -> Bad:
        """Rows of which the text is one of some words."""
        found: Bad = self.per_row(~outside(self.texts, words))
        return found


def outside(texts: Texts, known: Iterable[str]) -> Bad:
    """Texts that are none of the known ones."""
    words = frozenset(known)
    return np.array([text not in words for text in texts], dtype=np.bool_)


@dataclass(frozen=True)
class Cells:
    """The different texts of a column, and what rules hold them against."""

    texts: Texts
    values: Any
    counts: npt.NDArray[np.integer[Any]]  # rows that each text stands in
    choices: tuple[str, ...]
    earlier: Mapping[str, pd.DataFrame]

    def outside(self, known: Iterable[str]) -> Bad:
        """Texts that are none of the known ones."""
        return outside(self.texts, known)


def _twice(cells: Cells) -> Bad:
    """Texts that stand in more than one row."""
    return np.asarray(cells.counts > 1)


def _no_code(cells: Cells) -> Bad:
    """Texts that no country code looks like."""
    return np.array([not _is_code(text) for text in cells.texts], dtype=np.bool_)


def _unlisted(cells: Cells) -> Bad:
    """Codes that the folder's table of states, where it has one, does not have."""
    listed = cells.earlier["states"]["iso3"] if "states" in cells.earlier else cells.texts
    return ~_no_code(cells) & cells.outside(listed)


def _no_value(cells: Cells) -> Bad:
    """Texts that are no value of their kind."""
    return np.asarray(pd.isna(cells.values), dtype=np.bool_)


class CellRule(NamedTuple):
    """What is wrong with a cell of some kind of column; ``bad`` says so of each text."""

    kind: str
    reason: str
    expected: str
    bad: Callable[[Cells], Bad]


#: What a cell must not be. ``{}`` stands for the words that the column may hold. An empty
#: cell is held to the first rule alone.
CELL_RULES: tuple[CellRule, ...] = (
    CellRule("required", "the cell is empty", "a value in each row", lambda c: c.texts == ""),
    CellRule("unique", "stands in more than one row", "one row for each", _twice),
    CellRule(
        "text",
        "a control character",
        "text that can be read",
        lambda c: np.array([bool(control(text)) for text in c.texts], dtype=np.bool_),
    ),
    CellRule("choice", "not one of the known words", "{}", lambda c: c.outside(c.choices)),
    CellRule("unit", "not a unit of the treaty", "{}", lambda c: c.outside(c.choices)),
    CellRule("stock", "not a stock of the treaty", "{}", lambda c: c.outside(c.choices)),
    CellRule(
        "step",
        "not a step of the treaty",
        "{}",
        lambda c: ~np.isin(c.values, [float(percent) for percent in c.choices]),
    ),
    CellRule("iso3", "not a country code", "three capital letters", _no_code),
    CellRule("iso3", "the state is not in states.csv", "a code that stands there", _unlisted),
    CellRule(
        "source",
        "the source is not in sources.csv, or was rejected there",
        "an accepted source_id",
        lambda c: c.outside(c.earlier["sources"]["source_id"]),
    ),
    CellRule("day", "not a date", "YYYY-MM-DD, from 1900 to 2199", _no_value),
    CellRule("partial", "not a date", "YYYY-MM-DD, YYYY-MM or YYYY, from 1900 to 2199", _no_value),
    CellRule("year", "not a year", "YYYY, from 1900 to 2199", _no_value),
    CellRule("number", "not a plain number", "digits alone, as 1234 or 0.66", _no_value),
)


class RowRule(NamedTuple):
    """What is wrong with a cell beside the others.

    ``bad`` takes the columns of the rows as values, where they do not stay text, and as texts,
    and the treaty.
    """

    table: str
    column: str
    reason: str
    expected: str
    bad: Callable[[Mapping[str, Any], Mapping[str, Coded], Treaty], Bad]


def _both(first: Bad, second: Callable[[], Bad]) -> Bad:
    """Where both hold; the second is not asked where the first holds nowhere."""
    return first & second() if first.any() else first


def _with_a_point(texts: Texts) -> Bad:
    """Texts with a point in them; in most long tables none has one."""
    if "." not in "".join(texts):
        return np.zeros(len(texts), dtype=np.bool_)
    return np.array(["." in text for text in texts], dtype=np.bool_)


def _counts(treaty: Treaty) -> list[str]:
    """Units that are whole; of what is no unit, or counts nothing, that is said instead."""
    return [unit for unit in treaty.units if treaty.unit_rules[unit].kind == "count"]


_DATED_MEASURES = [name for name, measure in MEASURES.items() if not measure.undated]
_DAY_MEASURES = [name for name, measure in MEASURES.items() if not measure.has_period]
_SHARES = [name for name, measure in MEASURES.items() if measure.kind == "share"]
#: Events that carry a new deadline.
DATED_VALUES = ("extension_requested", "extension_granted")


def _value_rule(table: str, event: Event) -> RowRule:
    """What an event may carry in its ``value``: one of some words, or nothing."""
    name, words = event.name, event.values or ("",)
    if event.values is None:
        reason, expected = f"{name} takes no value", "an empty cell"
    else:
        reason, expected = f"not a value of {name}", " or ".join(words)
    return RowRule(
        table,
        "value",
        reason,
        expected,
        lambda _, text, __: _both(text["event"].among(name), lambda: ~text["value"].among(*words)),
    )


def _event_rules(table: str, events: Iterable[Event]) -> Iterator[RowRule]:
    """The rules of a table of events, each of which may carry a value of its own."""
    events = tuple(events)
    names = [event.name for event in events]
    yield RowRule(
        table,
        "date",
        "the event has no date",
        "YYYY-MM-DD, or precision 'unknown'",
        lambda _, text, __: _both(
            text["date"].among(""),
            lambda: text["event"].among(*names) & ~text["precision"].among("unknown"),
        ),
    )
    yield from (_value_rule(table, event) for event in events if event.values != "date")
    # A step that is years away may be asked to move to a year.
    loose = () if table == "steps" else ("year",)
    yield RowRule(
        table,
        "value",
        "not the new deadline",
        f"YYYY-MM-DD{' or' if loose else ','} YYYY-MM{'' if loose else ' or YYYY'}, "
        "or an empty cell",
        lambda row, text, _: (
            text["event"].among(*DATED_VALUES)
            & ~text["value"].among("")
            & (np.isnat(row["new_deadline"]) | np.isin(row["new_deadline_precision"], loose))
        ),
    )


#: What the cells of a row must not be beside each other.
ROW_RULES: tuple[RowRule, ...] = (
    RowRule(
        "quantities",
        "quantity",
        "a share above the whole",
        "from 0 to 1",
        lambda row, text, _: _both(text["measure"].among(*_SHARES), lambda: row["quantity"] > 1),
    ),
    RowRule(
        "quantities",
        "quantity",
        "a count with a fraction",
        "a whole number",
        lambda row, text, treaty: _both(
            text["quantity"].per_row(_with_a_point(text["quantity"].texts)),
            lambda: (
                text["unit"].among(*_counts(treaty))
                & ~text["measure"].among(*_SHARES)
                & ~np.isnan(row["quantity"])
            ),
        ),
    ),
    RowRule(
        "quantities",
        "unit",
        "only a destroyed_share may leave its unit open",
        "a unit of the treaty",
        lambda _, text, __: _both(
            text["unit"].among(UNSPECIFIED), lambda: ~text["measure"].among(*_SHARES)
        ),
    ),
    RowRule(
        "quantities",
        "period_end",
        "the measure needs the day it speaks of",
        "YYYY-MM-DD",
        lambda _, text, __: _both(
            text["period_end"].among(""), lambda: text["measure"].among(*_DATED_MEASURES)
        ),
    ),
    RowRule(
        "quantities",
        "period_start",
        "the measure speaks of a day, not of a period",
        "an empty cell",
        lambda _, text, __: _both(
            ~text["period_start"].among(""), lambda: text["measure"].among(*_DAY_MEASURES)
        ),
    ),
    RowRule(
        "quantities",
        "period_start",
        "the period starts after it ends",
        "a day not after period_end",
        lambda row, *_: row["period_start"] > row["period_end"],
    ),
    *(
        rule
        for table, events in EVENT_TABLES.items()
        for rule in _event_rules(table, events.values())
    ),
)
