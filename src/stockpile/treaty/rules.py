"""The rules of a treaty, as its ``treaty.toml`` has them.

A treaty is a folder: `stockpile.treaty.rules_file` reads the one file in it that holds rules
rather than statements. A further treaty is a further folder and no line of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from stockpile.common import english
from stockpile.common.frames import no_days

#: The id of the stock of a treaty that has one.
ONE_STOCK = "stock"

Kind = Literal["count", "mass", "measure"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Unit:
    """One of the ways in which a stock is measured."""

    id: str  # as in the tables
    one: str  # as people write one of it: 'cluster munition'
    many: str  # and several
    kind: Kind = "count"  # a count is whole; anything else may have decimals, and has a symbol
    symbol: str = ""  # what is written after a number: 't'; empty for a count
    decimals: int = 0  # how many are written at most; 0 for a count
    stock: str = ONE_STOCK  # id of the stock that it measures
    inside: str = ""  # id of the unit that each of these is in, as submunitions in munitions
    of: str = ""  # id of the unit that it is converted to, if any
    factor: float = 1.0  # how many of those one of these is
    not_counted: str = ""  # why numbers in it say nothing of a state's stock, if they do not

    def amount(self, value: float, qualifier: str = "exact") -> str:
        """A number of these with its unit, and with what its source said of it.

        >>> tonnes = Unit("tonnes", "tonne of agent", "tonnes of agent", "mass", "t", 2)
        >>> tonnes.amount(26.34), tonnes.amount(1040, "approx")
        ('26.34 t', 'about 1,040 t')
        >>> mines = Unit("mines", "mine", "mines")
        >>> mines.amount(1), mines.amount(676), mines.amount(float("nan"))
        ('1 mine', '676 mines', 'unknown')
        """
        if pd.isna(value):
            return "unknown"
        name = self.symbol or (self.one if value == 1 else self.many)
        return f"{english.full_amount(value, qualifier)} {name}"


@dataclass(frozen=True)
class StockRule:
    """A stock with an obligation of its own."""

    id: str  # as events may name it
    one: str  # as people write it: 'Category 1 chemical weapons'
    term: Term | None = None  # its own time for destruction, where that of the treaty does not hold


@dataclass(frozen=True)
class Term:
    """So long after entry into force for a state, or one day for all bound before it.

    >>> bound = pd.Series(pd.to_datetime(["1997-04-29", "2013-10-14"]))
    >>> Term(months=40).ends(bound).dt.strftime("%Y-%m-%d").tolist()
    ['2000-08-29', '2017-02-14']
    >>> Term(date=pd.Timestamp("2007-04-29")).ends(bound).dt.year.tolist()
    [2007.0, nan]
    >>> Term(years=8).text, Term(months=1).text, Term(date=pd.Timestamp("2007-04-29")).text
    ('8 years', '1 month', 'until 29 April 2007')
    """

    years: int = 0  # or months or days, from the day on which the treaty binds a state
    months: int = 0
    days: int = 0
    #: The one day; a state bound on it or later has none by the rule.
    date: pd.Timestamp | None = None

    def ends(self, bound: pd.Series) -> pd.Series:
        """Last day in time for each day of entry into force; ``NaT`` where the rule gives none."""
        if self.date is None:
            return bound + self._offset
        out: pd.Series = bound.where(~(bound < self.date), self.date).where(bound < self.date)
        return out

    def begins(self, ends: pd.Series) -> pd.Series:
        """Entry into force that each last day follows from; ``NaT`` where one day is for all."""
        return no_days(ends) if self.date is not None else ends - self._offset

    @property
    def _offset(self) -> pd.DateOffset:
        if self.days:  # one length is added much faster than three of which two are none
            return pd.DateOffset(days=self.days)
        return pd.DateOffset(months=self.months) if self.months else pd.DateOffset(years=self.years)

    @property
    def text(self) -> str:
        """The time in words."""
        if self.date is not None:
            return f"until {english.day(self.date)}"
        (length, noun), *_ = (
            (length, noun)
            for length, noun in ((self.years, "year"), (self.months, "month"), (self.days, "day"))
            if length
        )
        return f"{length:,} {noun}{'' if length == 1 else 's'}"


@dataclass(frozen=True)
class Step:
    """A share of a stock that a treaty wants destroyed on the way."""

    percent: float  # of the stock, as 20
    term: Term  # by when
    stock: str = ""  # id of the stock; empty where the treaty's whole stock is meant


#: A share that a source gives without saying of which count.
UNSPECIFIED = "unspecified"

#: What makes a state party where no time runs from its consent, and the acts that show it.
BOUND_BY = {"signature": ("signed", "consented"), "stated": ()}


@dataclass(frozen=True, kw_only=True)
class Treaty:
    """The rules by which a treaty's statements are read.

    Attributes
    ----------
    id : str
        Short name of the folder and of files made from it, as ``"ccm"``.
    name, short_name : str
        As people write them.
    all_units : tuple of Unit
        What is counted or weighed, in the order of ``units``; after them those in which
        numbers say nothing of a state's stock.
    all_stocks : tuple of StockRule
        The stocks that have an obligation of their own, by id; of most treaties one.
    first_entry_into_force : pandas.Timestamp
        The day the treaty itself entered into force.
    months_after_consent : int or None
        A later state is bound from the first day of the month this many months
        after the month in which it deposited its consent.
    days_after_consent : int or None
        Or this many days after it deposited its consent, if the treaty was in force by then.
    bound_by : str
        Or by its ``"signature"``, or from the day that is ``"stated"`` and by no rule; empty
        where one of the two above holds.
    article : str
        Where the treaty speaks of destruction.
    term : Term
        The time for destruction, of stocks that have none of their own.
    extension_max_years : int
        Longest single extension; 0 where none is possible.
    extension_latest : pandas.Timestamp or None
        The last day that any extension can reach.
    steps : tuple of Step
        Shares to be destroyed on the way, the smallest first.
    retention_article, reporting_article : str
        Where the treaty speaks of what may be kept, and of reports; empty where it does not.
    initial_days : int or None
        Days from entry into force to the initial transparency report.
    annual_due : tuple of int, or None
        Month and day on which the yearly report is due; ``None`` where none is, so that
        whatever is known is known from its publication.
    unpublished : str
        Whose rows stand among those of the tables without being part of them; pages say so.
    text : str
        The ``treaty.toml`` that the rules were read from.
    """

    id: str
    name: str
    short_name: str
    all_units: tuple[Unit, ...]
    all_stocks: tuple[StockRule, ...]
    first_entry_into_force: pd.Timestamp
    article: str
    term: Term
    extension_max_years: int
    months_after_consent: int | None = None
    days_after_consent: int | None = None
    bound_by: str = ""
    extension_latest: pd.Timestamp | None = None
    steps: tuple[Step, ...] = ()
    retention_article: str = ""
    reporting_article: str = ""
    initial_days: int | None = None
    annual_due: tuple[int, int] | None = None
    unpublished: str = ""
    text: str = field(default="", repr=False, compare=False)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Ids of the units kept side by side, outermost first. They are never added."""
        return tuple(unit.id for unit in self.all_units if not unit.not_counted)

    @cached_property
    def unit_rules(self) -> Mapping[str, Unit]:
        """Every unit that the tables may name, by id."""
        return {unit.id: unit for unit in self.all_units}

    @cached_property
    def stocks(self) -> Mapping[str, StockRule]:
        """The stocks by id."""
        return {stock.id: stock for stock in self.all_stocks}

    @cached_property
    def only_stock(self) -> str:
        """Id of the stock of a treaty that has one; empty where there are several."""
        return self.all_stocks[0].id if len(self.all_stocks) == 1 else ""

    def speaking_of(self, stock: str) -> set[str]:
        """What a number may be given in that speaks of a stock; of any, where it is empty."""
        rules = self.unit_rules
        return {UNSPECIFIED, *(u for u in self.units if stock in ("", rules[u].stock))}

    @cached_property
    def words(self) -> Mapping[str, tuple[str, str]]:
        """What people call one and many of each unit; see `stockpile.common.english.unit`."""
        return {unit.id: (unit.one, unit.many) for unit in self.all_units}

    @property
    def years(self) -> int:
        """Years from entry into force to the deadline; 0 where it is not counted in years."""
        return self.term.years

    @property
    def binding_acts(self) -> tuple[str, ...]:
        """Events from which entry into force is computed, the first that is there; or none."""
        return BOUND_BY.get(self.bound_by, ("consented",))

    def term_of(self, stock: str = "") -> Term:
        """The time for a stock: its own, or that of the treaty."""
        return (self.stocks[stock].term if stock else None) or self.term

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
        """Like `entry_into_force`, for a column of days; ``NaT`` stays ``NaT``.

        The days are those of one of the `binding_acts`; all is ``NaT`` where no rule holds.
        """
        if self.months_after_consent is not None:
            months = consents - pd.to_timedelta(consents.dt.day - 1, unit="D")
            bound = months + pd.DateOffset(months=self.months_after_consent)
        elif self.days_after_consent is not None:
            # Such days run for those alone who consent once the treaty is in force.
            later = consents >= self.first_entry_into_force
            bound = (consents + pd.Timedelta(days=self.days_after_consent)).where(later, consents)
        else:
            bound = no_days(consents) if self.bound_by == "stated" else consents
        early = bound < self.first_entry_into_force
        out: pd.Series = bound.where(~early, self.first_entry_into_force)
        return out

    def deadline(self, entry_into_force: pd.Timestamp, stock: str = "") -> pd.Timestamp:
        """Last day on which finishing is still in time, before any extension.

        Counted by the calendar, so that leap days do not move it: of years, only an
        entry into force on a 29 February can end on a 28 February. ``NaT`` where the
        treaty has one day for all, and binds the state too late for it.

        Examples
        --------
        >>> import pandas as pd, stockpile as sp
        >>> ccm = sp.load("ccm").treaty
        >>> ccm.deadline(pd.Timestamp("2010-11-01")).date().isoformat()
        '2018-11-01'
        """
        end: pd.Timestamp = self.term_of(stock).ends(pd.Series([entry_into_force])).iloc[0]
        return end

    def initial_reports_due(self, entries_into_force: pd.Series) -> pd.Series:
        """Days on which initial transparency reports are due; ``NaT`` where none are."""
        if self.initial_days is None:
            return no_days(entries_into_force)
        return entries_into_force + pd.Timedelta(days=self.initial_days)

    def initial_report_due(self, entry_into_force: pd.Timestamp) -> pd.Timestamp:
        """Day on which a state's initial transparency report is due."""
        due: pd.Timestamp = self.initial_reports_due(pd.Series([entry_into_force])).iloc[0]
        return due

    def reporting_dates(self, days: pd.Series) -> pd.Series:
        """For each day, the first reporting date of the treaty after it.

        The treaty's calendar starts with the day on which its first initial
        reports fell due; from then on one date a year. A fact older than that
        calendar is met by its first date. ``NaT`` stays ``NaT``, and is all that there is
        where the treaty has no such date.

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
        if self.annual_due is None:
            return no_days(days)
        month, day = self.annual_due
        months, further = np.timedelta64(month - 1, "M"), np.timedelta64(day - 1, "D")
        values = days.to_numpy().astype("datetime64[D]")

        def of_year(years: Any) -> Any:
            return (years.astype("datetime64[M]") + months).astype("datetime64[D]") + further

        year = values.astype("datetime64[Y]")
        due = np.where(
            of_year(year) > values, of_year(year), of_year(year + np.timedelta64(1, "Y"))
        )
        first = self.first_entry_into_force + pd.Timedelta(days=self.initial_days or 0)
        due[values < first.to_datetime64()] = first.to_datetime64()
        return pd.Series(due.astype(days.dtype), index=days.index)
