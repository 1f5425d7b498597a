"""The time that a treaty gives, and the steps on the way to its end."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from stockpile.common import english
from stockpile.common.frames import no_days


@dataclass(frozen=True)
class Term:
    """So long after entry into force for a state, or one day for all bound before it.

    Examples
    --------
    >>> import pandas as pd
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
