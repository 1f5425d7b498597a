"""List the ratings that facts which became known later contradict, for a person to read.

    python tools/hindsight.py

Each line is a state that was rated as having stock, on the quarters named, when by what the
tables tell today it had finished. Most are no errors: a completion becomes known late. A state
that is called overdue in this list was accused by a source that did not know it yet; whoever
reads the list looks up whether the source's own word bears that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
from corrections import FIRST, quarters

import stockpile as sp

#: Ratings that say, or suppose, that there was stock.
OPEN = ("overdue", "unconfirmed", "off target", "at risk", "on target")


class Contradicted(NamedTuple):
    """A rating, the quarters it stood, and the day on which the stock was gone as known today."""

    treaty: str
    rating: str
    iso3: str
    state: str
    first: str
    last: str
    gone: pd.Timestamp
    reason: str


def contradicted(treaty: str, days: list[str] | None = None) -> Iterator[Contradicted]:
    """Ratings of a treaty's States Parties that are contradicted, a span of quarters each."""
    ledger = sp.load(treaty)
    now = sp.status(ledger.as_of(quarters(treaty)[-1])).set_index("iso3")
    gone = now["completed"].where(~now["stock_left"]).dropna()
    open_: dict[tuple[str, str], Contradicted] = {}
    for day in days or quarters(treaty):
        status = sp.status(ledger.as_of(day))
        found = {}
        for row in status[status["membership"] == "State Party"].itertuples():
            if row.status in OPEN and row.iso3 in gone and gone[row.iso3] < pd.Timestamp(day):
                key = row.status, row.iso3
                first = open_[key].first if key in open_ else day
                found[key] = Contradicted(
                    treaty, row.status, row.iso3, row.state, first, day, gone[row.iso3], row.reason
                )
        yield from (span for key, span in open_.items() if key not in found)
        open_ = found
    yield from open_.values()


def main() -> None:
    """Print the list, the gravest ratings first."""
    spans = [span for treaty in FIRST for span in contradicted(treaty)]
    for span in sorted(spans, key=lambda s: (OPEN.index(s.rating), s.treaty, s.state, s.first)):
        print(
            f"{span.rating}: {span.state} ({span.treaty}), {span.first} to {span.last}; gone "
            f"{span.gone:%Y-%m-%d}. {span.reason}"
        )


if __name__ == "__main__":
    main()
