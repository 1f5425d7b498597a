"""What a treaty counts: its units, and the stocks that they measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from stockpile.common import english
from stockpile.treaty.terms import Term

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

        Examples
        --------
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
