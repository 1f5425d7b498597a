"""Checks that hold quantities against each other; see `stockpile.ledger.plausibility`.

Numbers are compared as the ranges that they stand for (see `stockpile.stock.reconcile.bounds`),
so that 'approximately 1,000' contradicts neither 980 nor 1,020.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockpile.common.tolerance import bounds_of_column

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger

#: Warnings, a frame for each part of a check.
Found = Iterable[pd.DataFrame]

#: Stock of which every container still has its contents.
_WHOLE_STOCK = ("declared", "remaining", "retained")


def told(rows: pd.DataFrame, kind: str, message: str, **more: pd.Series) -> pd.DataFrame:
    """Rows as warnings of a kind. The message names columns, as ``{date}``, or one of ``more``."""
    if rows.empty:  # most checks find nothing
        return rows[["file", "line"]]
    names = [name for _, name, _, _ in string.Formatter().parse(message) if name]
    shown = [_shown(more[name][rows.index] if name in more else rows[name]) for name in names]
    texts = [
        message.format_map(dict(zip(names, cells, strict=True)))
        for cells in zip(*shown, strict=True)
    ]
    return rows[["file", "line"]].assign(kind=kind, message=pd.Series(texts, rows.index, "str"))


def _shown(values: pd.Series) -> list[str]:
    """Days, counts, shares and words as people write them, each different one written once."""
    codes, different = pd.factorize(values, use_na_sentinel=False)
    words = np.array(_written(pd.Series(different)), dtype=object)
    shown: list[str] = words[codes].tolist()
    return shown


def _written(values: pd.Series) -> list[str]:
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    if values.dtype.kind in "if":
        return [f"{value:.0%}" if 0 < value < 1 else f"{value:,.0f}" for value in values]
    return list(values.astype("str"))


def ready(quantities: pd.DataFrame) -> pd.DataFrame:
    """Quantities for comparing: ``of`` numbers states and units, ``low`` to ``high`` is meant."""
    texts = ["iso3", "unit", "measure", "source_id"]
    value, how = quantities["quantity"].to_numpy(), quantities["qualifier"].to_numpy()
    shares = (quantities["measure"] == "destroyed_share").to_numpy()
    low, high = bounds_of_column(value, how, shares)
    out = quantities.astype(dict.fromkeys(texts, "category")).assign(low=low, high=high)
    return out.assign(of=_by(out, ["iso3", "unit"]))


def _by(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """A number for each row, the same where some columns are; a missing day is one like others."""
    return rows.groupby(keys, observed=True, sort=False, dropna=False).ngroup()


def one_source_two_numbers(_: Ledger, quantities: pd.DataFrame) -> Found:
    """One source cannot have two numbers for one thing."""
    keys = ["source_id", "iso3", "unit", "measure", "period_start", "period_end"]
    same = _by(quantities, keys)
    rows = quantities[same.duplicated(keep=False)]
    group = rows.groupby(same[rows.index])
    apart = group["low"].transform("max") > group["high"].transform("min")
    rows, first = rows[apart], group["quantity"].transform("first")[apart]
    yield told(
        rows[rows["quantity"] != first],
        "one source, two numbers",
        "{iso3}: {source_id} has {quantity} here, and elsewhere {first} for the same",
        first=first,
    )


def more_than_declared(_: Ledger, quantities: pd.DataFrame) -> Found:
    """No more can be destroyed than there was; one warning for each state and unit.

    The most that any source has declared counts, against totals, single periods,
    and the sum of one source's periods where none of them overlap.
    """
    measure = quantities["measure"]
    declared = quantities[measure == "declared"].groupby("of")
    most = declared[["quantity", "high"]].max().add_prefix("most_")
    totals = quantities[measure.isin(["destroyed", "destroyed_total"])]
    apart = _periods(quantities[measure == "destroyed"])
    by_source = apart.groupby(_by(apart, ["of", "source_id"]))
    whole = ~by_source["overlaps"].transform("any")
    sums = apart[whole].assign(
        low=by_source["low"].cumsum(), quantity=by_source["quantity"].cumsum()
    )
    rows = pd.concat([totals, sums[totals.columns]]).join(most, on="of")
    off = rows[rows["low"] > rows["most_high"]]
    off = off.sort_values(["low", "file", "line"], ascending=[False, True, True], kind="stable")
    yield told(
        off.drop_duplicates("of"),
        "more destroyed than declared",
        "{iso3}: {quantity} {unit} destroyed, and no source has declared more than {most_quantity}",
    )


def falling_total(_: Ledger, quantities: pd.DataFrame) -> Found:
    """A running total cannot fall."""
    running = quantities["measure"].isin(["destroyed_total", "destroyed_share"])
    rows = quantities[running & quantities["period_start"].isna()]
    rows = rows.sort_values(["of", "measure", "period_end"], kind="stable")
    line, day = _by(rows, ["of", "measure"]), _by(rows, ["of", "measure", "period_end"])
    # The most up to the row before; and of the rows of one day, none is earlier than another.
    before = rows["low"].groupby(line).cummax().groupby(line).shift(fill_value=-np.inf)
    earlier = before.groupby(day).transform("first")
    yield told(
        rows[rows["high"] < earlier],
        "running total falls",
        "{iso3}: {quantity} {unit} destroyed by {period_end}, and at least {earlier} earlier",
        earlier=earlier,
    )


def _periods(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with a whole period, in order, and whether each overlaps an earlier one of its source.

    The same period told again is no overlap.
    """
    rows = rows[rows["period_start"].notna()]
    rows = rows.sort_values(["of", "source_id", "period_start", "period_end"], kind="stable")
    line = _by(rows, ["of", "source_id"])
    starts, ends = (rows[name].groupby(line) for name in ("period_start", "period_end"))
    reached = rows["period_end"].astype("int64").groupby(line).cummax().groupby(line).shift()
    again = (rows["period_start"] == starts.shift()) & (rows["period_end"] == ends.shift())
    inside = rows["period_start"].astype("int64") <= reached
    return rows.assign(overlaps=inside & ~again)


def overlapping_periods(_: Ledger, quantities: pd.DataFrame) -> Found:
    """Periods of one source that share days cannot be added up."""
    rows = _periods(quantities[quantities["measure"] == "destroyed"])
    yield told(
        rows[rows["overlaps"]],
        "periods overlap",
        "{iso3}: {source_id} has the period from {period_start} to {period_end}, and an earlier "
        "one that reaches into it",
    )


def fewer_inside(ledger: Ledger, quantities: pd.DataFrame) -> Found:
    """Of two units, the one inside the other is the larger count, while the stock is whole."""
    keys = ["iso3", "measure", "source_id", "period_start", "period_end"]
    stock = quantities[quantities["measure"].isin(_WHOLE_STOCK)]
    same = _by(stock, keys)
    units = ledger.treaty.units
    for outer, inner in itertools.pairwise(units):
        inside = stock[stock["unit"] == inner]
        holds = stock[stock["unit"] == outer].groupby(same)["low"].min()
        least = same[inside.index].map(holds)
        yield told(
            inside[inside["high"] < least],
            f"fewer {inner} than {outer}",
            f"{{iso3}}: {{quantity}} {inner} {{measure}}, and the same source has at least "
            f"{{least}} {outer}",
            least=least,
        )


def declared_again(_: Ledger, quantities: pd.DataFrame) -> Found:
    """A declaration that was restated does not come back."""
    declared = (quantities["measure"] == "declared") & (quantities["qualifier"] == "exact")
    rows = quantities[declared & quantities["published"].notna()]
    # Where one day has two figures, neither of them replaced the other.
    day = rows["quantity"].groupby(_by(rows, ["of", "published"]))
    rows = rows[day.transform("min") == day.transform("max")]
    rows = rows.sort_values(["of", "published", "file", "line"], kind="stable")
    before = rows["quantity"].groupby(rows["of"]).shift()
    turns = rows[rows["quantity"] != before]
    yield told(
        turns[turns.duplicated(["of", "quantity"])],
        "declared again",
        "{iso3}: {source_id} goes back to {quantity} {unit}, after {before} had taken its place",
        before=before,
    )
