"""The rules of a treaty, read from the ``treaty.toml`` of its folder.

A treaty is a folder: this module reads the one file in it that holds rules
rather than statements. A third treaty is a third folder and no line of code.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common.errors import DataError

#: A share that a source gives without saying of which count.
UNSPECIFIED = "unspecified"


@dataclass(frozen=True)
class Treaty:
    """The rules by which a treaty's statements are read.

    Attributes
    ----------
    id : str
        Short name of the folder and of files made from it, as ``"ccm"``.
    name, short_name : str
        As people write them.
    units : tuple of str
        The counts kept side by side, most inclusive first. They are never added.
    first_entry_into_force : pandas.Timestamp
        The day the treaty itself entered into force.
    months_after_consent : int
        A later state is bound from the first day of the month this many months
        after the month in which it deposited its consent.
    article : str
        Where the treaty speaks of destruction.
    years : int
        Years from entry into force to the destruction deadline.
    extension_max_years : int
        Longest single extension; 0 where none is possible.
    initial_days : int
        Days from entry into force to the initial transparency report.
    annual_due : tuple of int
        Month and day on which the yearly report is due.
    """

    id: str
    name: str
    short_name: str
    units: tuple[str, ...]
    first_entry_into_force: pd.Timestamp
    months_after_consent: int
    article: str
    years: int
    extension_max_years: int
    initial_days: int
    annual_due: tuple[int, int]

    def entry_into_force(self, consent: pd.Timestamp) -> pd.Timestamp:
        """Day on which the treaty binds a state that consented on a day.

        Examples
        --------
        The United Kingdom deposited its ratification of the Convention on
        Cluster Munitions on 4 May 2010, after the thirtieth deposit:

        >>> import pandas as pd, stockpile as sp
        >>> ccm = sp.load("ccm").treaty
        >>> ccm.entry_into_force(pd.Timestamp("2010-05-04")).date().isoformat()
        '2010-11-01'
        """
        bound: pd.Timestamp = self.entries_into_force(pd.Series([consent])).iloc[0]
        return bound

    def entries_into_force(self, consents: pd.Series) -> pd.Series:
        """Like `entry_into_force`, for a column of days; ``NaT`` stays ``NaT``."""
        months = consents - pd.to_timedelta(consents.dt.day - 1, unit="D")
        bound = months + pd.DateOffset(months=self.months_after_consent)
        early = bound < self.first_entry_into_force
        out: pd.Series = bound.where(~early, self.first_entry_into_force)
        return out

    def deadline(self, entry_into_force: pd.Timestamp) -> pd.Timestamp:
        """Last day on which finishing is still in time, before any extension.

        Counted in calendar years, so that leap days do not move it. Only an
        entry into force on a 29 February can end on a 28 February.

        Examples
        --------
        >>> import pandas as pd, stockpile as sp
        >>> ccm = sp.load("ccm").treaty
        >>> ccm.deadline(pd.Timestamp("2010-11-01")).date().isoformat()
        '2018-11-01'
        """
        return entry_into_force + pd.DateOffset(years=self.years)

    def initial_report_due(self, entry_into_force: pd.Timestamp) -> pd.Timestamp:
        """Day on which a state's initial transparency report is due."""
        return entry_into_force + pd.Timedelta(days=self.initial_days)

    def reporting_dates(self, days: pd.Series) -> pd.Series:
        """For each day, the first reporting date of the treaty after it.

        The treaty's calendar starts with the day on which its first initial
        reports fell due; from then on one date a year. A fact older than that
        calendar is met by its first date. ``NaT`` stays ``NaT``.

        Parameters
        ----------
        days : pandas.Series of datetime64
            Days on which something happened.

        Returns
        -------
        pandas.Series of datetime64
            Of the same index; strictly after each day.

        Examples
        --------
        >>> import pandas as pd, stockpile as sp
        >>> ccm = sp.load("ccm").treaty
        >>> days = pd.Series(pd.to_datetime(["2004-12-31", "2013-03-31", "2013-04-30"]))
        >>> ccm.reporting_dates(days).dt.strftime("%Y-%m-%d").tolist()
        ['2011-01-28', '2013-04-30', '2014-04-30']
        """
        month, day = self.annual_due
        this_year = pd.to_datetime(
            {"year": days.dt.year.fillna(2000).astype(int), "month": month, "day": day}
        )
        due = this_year.where(this_year > days, this_year + pd.DateOffset(years=1))
        first = self.initial_report_due(self.first_entry_into_force)
        return due.where(days >= first, first).where(days.notna())


def _number(least: int, most: int) -> Callable[[Any], bool]:
    # A bool is an int to Python, but `years = true` is a slip of the pen.
    return lambda value: type(value) is int and least <= value <= most


def _line(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _name_of_files(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", value))


def _different_names(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(unit, str) for unit in value):
        return False
    good = all(re.fullmatch(r"[a-z][a-z0-9_]{0,63}", unit) for unit in value)
    return good and 0 < len(value) == len(set(value)) and UNSPECIFIED not in value


def _calendar_day(value: Any) -> bool:
    # A moment is a day to Python too.
    return type(value) is dt.date and 1900 <= value.year <= 2199


def _day_of_every_year(value: Any) -> bool:
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", value) if isinstance(value, str) else None
    try:
        return match is not None and bool(dt.date(2001, int(match[1]), int(match[2])))
    except ValueError:
        return False


class TreatyRule(NamedTuple):
    """Where a rule stands in ``treaty.toml``, and what it may be."""

    field: str
    place: str
    fits: Callable[[Any], bool]
    expected: str


_LINE = "a line of text, as {}"
#: What a ``treaty.toml`` has to say, for each field of `Treaty`.
TREATY_RULES: tuple[TreatyRule, ...] = (
    TreatyRule(
        "id",
        "id",
        _name_of_files,
        "up to 32 of a-z, 0-9, '_' and '-', as \"ccm\", for it names folders and files",
    ),
    TreatyRule("name", "name", _line, _LINE.format('"Convention on Cluster Munitions"')),
    TreatyRule("short_name", "short_name", _line, _LINE.format('"CCM"')),
    TreatyRule(
        "units",
        "units",
        _different_names,
        "one or more different names of a-z, 0-9 and '_', as [\"antipersonnel_mines\"], none of "
        f"them {UNSPECIFIED!r}",
    ),
    TreatyRule(
        "first_entry_into_force",
        "entry_into_force.first",
        _calendar_day,
        "a day from 1900 to 2199 without quotes, as 2010-08-01",
    ),
    TreatyRule(
        "months_after_consent",
        "entry_into_force.months_after_consent",
        _number(0, 100),
        "a whole number from 0 to 100, as 6",
    ),
    TreatyRule("article", "destruction.article", _line, _LINE.format('"3"')),
    TreatyRule("years", "destruction.years", _number(1, 100), "a whole number from 1 to 100, as 8"),
    TreatyRule(
        "extension_max_years",
        "destruction.extension_max_years",
        _number(0, 100),
        "a whole number from 0 to 100, as 4",
    ),
    TreatyRule(
        "initial_days",
        "reporting.initial_days",
        _number(0, 3660),
        "a whole number from 0 to 3660, as 180",
    ),
    TreatyRule(
        "annual_due", "reporting.annual_due", _day_of_every_year, 'month and day, as "04-30"'
    ),
)


def read_treaty(path: Path) -> Treaty:
    """Read and check a ``treaty.toml``; see `parse_treaty`.

    Raises
    ------
    DataError
        When the file is missing or is not what `parse_treaty` expects.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise DataError(
            f"{path.name}: not found in {path.parent.name}/; a treaty folder needs its rules there"
        ) from None
    return parse_treaty(data, path.name)


def parse_treaty(data: bytes, file: str = "treaty.toml") -> Treaty:
    """Check the rules in the bytes of a ``treaty.toml``.

    Raises
    ------
    DataError
        When they are not TOML, lack a rule or hold one that cannot be; the
        message names the key, what was found and what is right.
    """
    try:
        raw = tomllib.loads(data.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    # A number too long for Python is a plain ValueError, brackets without end a RecursionError.
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: not valid TOML: {error}") from None
    found: dict[str, Any] = {}
    for rule in TREATY_RULES:
        *section, key = rule.place.split(".")
        table = raw.get(section[0]) if section else raw
        value = table.get(key) if isinstance(table, dict) else None
        if value is None:
            raise DataError(f"{file}: {rule.place} is missing; expected {rule.expected}")
        if not rule.fits(value):
            shown = repr(value) if len(repr(value)) <= 200 else f"{repr(value)[:200]}..."
            raise DataError(f"{file}: {rule.place} is {shown}; expected {rule.expected}")
        found[rule.field] = value
    month, day = found["annual_due"].split("-")
    return Treaty(
        **found
        | {
            "units": tuple(found["units"]),
            "first_entry_into_force": pd.Timestamp(found["first_entry_into_force"]),
            "annual_due": (int(month), int(day)),
        }
    )
