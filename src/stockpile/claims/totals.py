"""All published totals of a table beside ours of the same day, with the reason for each difference.

A total has a row in a CSV file: treaty, day, measure, unit, value, qualifier, source. What
it measures stands in ``published_measures.csv``, with how it is counted here or why it is not.
Where ours is another figure, the states that make the difference are worked out: a total that
differs for no named state is one to look into.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.claims.views import (
    HINDSIGHT,
    VIEWS,
    WITH_UNIT,
    agrees,
    count_by_view,
    count_rows,
    in_hindsight,
    items_column,
    views_on,
)
from stockpile.common import english as words
from stockpile.common.errors import DataError
from stockpile.common.frames import as_dicts
from stockpile.common.tolerance import is_round, rounding
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import load

COLUMNS = ("treaty", "as_of", "measure", "unit", "value", "qualifier", "source_id")


class Count(NamedTuple):
    """How a published measure is counted here, or why it is not."""

    measure: str  # of `stockpile.claims.views.MEASURES`; empty where it is not counted
    who: str  # of `stockpile.claims.views.GROUPS`
    how: str  # 'year': in the year that ends on the day; 'rest': one less the share
    says: str
    why_not: str


with Path(__file__).with_name("published_measures.csv").open(encoding="utf-8", newline="") as file:
    #: All measures that a total may have.
    COUNTS = {measure: Count(*cells) for measure, *cells in list(csv.reader(file))[1:]}


def load_totals(path: str | Path) -> pd.DataFrame:
    """Read a table of published totals, and ``<name>_sources.csv`` beside it.

    The frame has `COLUMNS`, ``day`` (the last that ``as_of`` may mean; missing where the source
    has none) and the columns of the source. What is no total is refused by a `DataError`.
    """
    place = Path(path)
    text = {"dtype": "str", "keep_default_na": False, "encoding": "utf-8"}
    try:
        table = pd.read_csv(place, **text)  # type: ignore[call-overload]
        sources = pd.read_csv(place.with_name(f"{place.stem}_sources.csv"), **text)  # type: ignore[call-overload]
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise DataError(f"{place.name}: cannot be read as a table: {error}") from None
    if tuple(table.columns) != COLUMNS:
        raise DataError(f"{place.name}: the columns are {list(table.columns)}; expected {COLUMNS}")
    named = sources.set_index(["treaty", "source_id"])[["title", "publisher", "published", "url"]]
    for line, row in enumerate(as_dicts(table), 2):
        if row["measure"] not in COUNTS:
            raise DataError(f"{place.name}, line {line}: measure is {row['measure']!r}, not known")
        if (row["treaty"], row["source_id"]) not in named.index:
            raise DataError(f"{place.name}, line {line}: source {row['source_id']!r} is not known")
    value = pd.to_numeric(table["value"], errors="coerce")
    if value.isna().any():
        line = int(value.isna().to_numpy().argmax()) + 2
        raise DataError(f"{place.name}, line {line}: the value is no number")
    day = table["as_of"].map(_last_day).astype("datetime64[us]")
    out: pd.DataFrame = table.assign(value=value, day=day).join(named, on=["treaty", "source_id"])
    return out


def _last_day(text: str) -> Any:
    """Return the last day of what is a day, a month or a year; missing for no text."""
    if not text:
        return pd.NaT
    freq = {4: "Y", 7: "M"}.get(len(text), "D")
    return pd.Period(text, freq=freq).end_time.normalize()


def compare(totals: pd.DataFrame, ledgers: Mapping[str, Ledger] | None = None) -> pd.DataFrame:
    """Hold published totals against whole ledgers by treaty id, without them the packaged ones.

    Added are ``says`` (what is counted), ``reported``, ``published_rule`` and ``hindsight`` (our
    figures), ``agrees`` (the views whose figure agrees within the rounding of the source) and
    ``why`` (why there is no figure, or which states make the difference).
    """
    ledgers = ledgers or {name: load(name) for name in sorted(set(totals["treaty"]))}
    rows = []
    for row in as_dicts(totals):
        count, name, day = COUNTS[row["measure"]], row["treaty"], row["day"]
        if not count.measure or pd.isna(day):
            why = f"Not computed: {count.why_not or 'the source has no day'}."
            rows.append(dict.fromkeys(_OURS, math.nan) | {"agrees": "", "why": why})
            continue
        ledger = ledgers[name]
        # A share that names no count is held against the first of the treaty.
        units = ledger.treaty.units
        unit = row["unit"] if row["unit"] in units else units[0]
        parts = _amounts(ledger, day, count, unit)
        same = [view for view in VIEWS if _same(row, parts[view][0])]
        names = ledger.states.set_index("iso3")["name"]
        rows.append(
            dict(zip(_OURS, (parts[view][0] for view in VIEWS), strict=True))
            | {"agrees": " ".join(same)}
            | {"why": "" if len(same) == len(VIEWS) else _difference(row, parts, names)}
        )
    says = [COUNTS[measure].says for measure in totals["measure"]]
    found = pd.DataFrame(rows, columns=[*_OURS, "agrees", "why"])
    return pd.concat([totals.reset_index(drop=True).assign(says=says), found], axis=1)


_OURS = ("reported", "published_rule", HINDSIGHT)


def _same(row: Mapping[str, Any], ours: float) -> bool:
    """Whether a figure agrees within the rounding of the source."""
    stated, qualifier = float(row["value"]), str(row["qualifier"])
    if agrees(stated, qualifier, ours):
        return True
    # A count of items that ends in zeros is rounded, whatever its source calls it.
    return is_round(stated) and abs(ours - stated) <= rounding(stated) / 2


def _amounts(
    ledger: Ledger, day: pd.Timestamp, count: Count, unit: str
) -> dict[str, tuple[float, pd.Series]]:
    """Our figure by each view, and the part that each state has in it."""
    out = {}
    views = views_on(ledger, day)
    figures = count_by_view(ledger, day, count.measure, count.who, unit=unit)
    for view, (value, codes) in figures.items():
        part = _part(views.rows[view].loc[list(codes)], count, unit)
        if count.how == "year":
            before = in_hindsight(views.known[view], day - pd.DateOffset(years=1))
            before = views.group(before, count.who)
            _, earlier = count_rows(before, count.measure, unit)
            part = part.sub(_part(before.loc[list(earlier)], count, unit), fill_value=0.0)
            part, value = part[part != 0], float(part.sum())
        out[view] = (1 - value if count.how == "rest" else value, part)
    return out


def _part(rows: pd.DataFrame, count: Count, unit: str) -> pd.Series:
    """What each state counts for: one, or its items."""
    if count.measure not in WITH_UNIT:
        return pd.Series(1.0, index=rows.index)
    return rows[items_column(count.measure, unit)].dropna()


#: The least part of a difference that a reason for it accounts for.
_EXPLAINS = 0.05


def _difference(
    row: Mapping[str, Any], parts: Mapping[str, tuple[float, pd.Series]], names: pd.Series
) -> str:
    """Say which states our views do not share, and what is so of all of them."""
    if all(math.isnan(value) for value, _ in parts.values()):
        return "Nothing that can be counted was on record."
    (ours, reported), (early, published), (later, hindsight) = (parts[view] for view in VIEWS)
    out = []
    for lead, (value_a, a), (value_b, b) in (
        ("Known since", (later, hindsight), (ours, reported)),
        ("Restated since", (ours, reported), (later, hindsight)),
        (
            "Not published by then, and so not for the source to count",
            (ours, reported),
            (early, published),
        ),
    ):
        more = a.sub(b, fill_value=0.0)
        more = more[more > 0.5].sort_values(ascending=False, kind="stable")
        one = bool((more == 1).all())
        # Items that move our figure by a small part of the difference do not explain it.
        enough = one or abs(value_a - value_b) >= _EXPLAINS * abs(row["value"] - ours)
        if len(more) and enough:
            who = [names[c] if one else f"{names[c]} {more[c]:,.0f}" for c in more.index]
            out.append(f"{lead}: {words.listing(who, limit=12 if one else 4)}.")
    if out:
        return " ".join(out)
    counts = "fewer" if row["value"] <= (ours if math.isnan(later) else later) else "more"
    return f"By every view the tables have nearly the same; the source counts {counts}."
