"""The rules of a treaty, read from the ``treaty.toml`` of its folder.

A treaty is a folder: this module reads the one file in it that holds rules
rather than statements. A third treaty is a third folder and no line of code.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

#: A share that a source gives without saying of which count.
UNSPECIFIED = "unspecified"


class DataError(ValueError):
    """A data folder or file cannot be read as what it has to be.

    The message names the file, the place in it, what was found and what would
    be right. Single bad rows do not raise: they are rejected and accounted for.
    """


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
    article, retention_article, reporting_article : str
        Where the treaty speaks of destruction, of stock kept for training and
        of transparency reports.
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
    retention_article: str
    reporting_article: str
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


_DAY = re.compile(r"(\d{2})-(\d{2})")


def read_treaty(path: Path) -> Treaty:
    """Read and check a ``treaty.toml``.

    Raises
    ------
    DataError
        When the file is missing, is not TOML, lacks a rule or holds one of the
        wrong type; the message names the key, what was found and what is right.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"{path.name}: not found in {path.parent.name}/; a treaty folder needs its rules there"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name}: not valid TOML: {error}") from None

    def rule(section: str | None, key: str, kind: type, example: str, most: int = 100) -> Any:
        table = raw if section is None else raw.get(section, {})
        place = key if section is None else f"{section}.{key}"
        value = table.get(key) if isinstance(table, dict) else None
        if value is None:
            raise DataError(f"{path.name}: {place} is missing; expected something like {example}")
        # bool is an int to Python, but `years = true` is a slip of the pen.
        if not isinstance(value, kind) or isinstance(value, (bool, dt.datetime)):
            raise DataError(f"{path.name}: {place} is {value!r}; expected something like {example}")
        if isinstance(value, int) and not 0 <= value <= most:
            raise DataError(f"{path.name}: {place} is {value}; expected a number from 0 to {most}")
        return value

    treaty_id = rule(None, "id", str, 'id = "ccm"')
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", treaty_id):
        raise DataError(
            f"{path.name}: id is {treaty_id!r}; expected up to 32 of a-z, 0-9, '_' and '-', "
            "for it names folders and files"
        )
    units = rule(None, "units", list, 'units = ["antipersonnel_mines"]')
    names = [u for u in units if isinstance(u, str) and re.fullmatch(r"[a-z][a-z0-9_]*", u)]
    if not units or len(set(names)) != len(units) or UNSPECIFIED in names:
        raise DataError(
            f"{path.name}: units is {units!r}; expected one or more different names of a-z, 0-9 "
            f"and '_', none of them {UNSPECIFIED!r}"
        )
    due = rule("reporting", "annual_due", str, 'annual_due = "04-30"')
    match = _DAY.fullmatch(due)
    try:
        # A common year, so that the date exists every year.
        month, day = (int(part) for part in match.groups()) if match else (0, 0)
        dt.date(2001, month, day)
    except ValueError:
        raise DataError(
            f"{path.name}: reporting.annual_due is {due!r}; expected month and day as '04-30'"
        ) from None
    years = rule("destruction", "years", int, "years = 8")
    if not years:
        raise DataError(f"{path.name}: destruction.years is 0; expected a number from 1 to 100")
    return Treaty(
        id=treaty_id,
        name=rule(None, "name", str, 'name = "Convention on ..."'),
        short_name=rule(None, "short_name", str, 'short_name = "CCM"'),
        units=tuple(names),
        first_entry_into_force=pd.Timestamp(
            rule("entry_into_force", "first", dt.date, "first = 2010-08-01")
        ),
        months_after_consent=rule("entry_into_force", "months_after_consent", int, "6"),
        article=rule("destruction", "article", str, 'article = "3"'),
        years=years,
        extension_max_years=rule("destruction", "extension_max_years", int, "4"),
        retention_article=rule("destruction", "retention_article", str, '"3.6"'),
        reporting_article=rule("reporting", "article", str, 'article = "7"'),
        initial_days=rule("reporting", "initial_days", int, "180", most=3660),
        annual_due=(month, day),
    )
