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
    """One of the ways in which a stock is measured.

    Attributes
    ----------
    id : str
        As in the tables.
    one, many : str
        As people write it: 'cluster munition', 'cluster munitions'.
    kind : {"count", "mass", "measure"}
        A count is whole; anything else may have decimals, and has a symbol.
    symbol : str
        What is written after a number: 't'. Empty for a count.
    decimals : int
        How many are written at most; 0 for a count.
    stock : str
        Id of the stock that it measures.
    inside : str
        Id of the unit that each of these is in, as submunitions in munitions; or empty.
    of : str
        Id of the unit that it is converted to; or empty.
    factor : float
        How many of those one of these is; 1 where it is not converted.
    not_counted : str
        Why numbers in this unit say nothing of a state's stock; empty for all that do.
    """

    id: str
    one: str
    many: str
    kind: Kind = "count"
    symbol: str = ""
    decimals: int = 0
    stock: str = ONE_STOCK
    inside: str = ""
    of: str = ""
    factor: float = 1.0
    not_counted: str = ""

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
    """A stock with an obligation of its own.

    Attributes
    ----------
    id : str
        As events may name it.
    one : str
        As people write it: 'Category 1 chemical weapons'.
    term : Term or None
        Its own time for destruction; ``None`` where that of the treaty holds.
    """

    id: str
    one: str
    term: Term | None = None
