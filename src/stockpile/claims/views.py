"""One number of one day, by both availability rules and in hindsight.

`compare` holds all published totals of a table against ours of the same day. A total has a row in
a CSV file: treaty, day, measure, unit, value, qualifier, source. What it measures stands in
``published_measures.csv``, with how it is counted here or why it is not. Where ours is another
figure, the states that make the difference are worked out: a total that differs for no named
state is one to look into.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common import english as words
from stockpile.common.cache import cached
from stockpile.common.errors import DataError
from stockpile.common.frames import as_dicts
from stockpile.common.tolerance import APPROX, NEARLY, is_round, rounding
from stockpile.compliance import legislation, transparency
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.ledger.load import load
from stockpile.stock.obligations import obligations
from stockpile.stock.position import positions
from stockpile.stock.progress import progress

#: Which states a number is about.
GROUPS = {
    "parties": "bound on the day",
    "joined": "consented by the day, bound or not yet, and not withdrawn",
    "signatories": "signed by the day, and not bound",
    "unjoined": "signed by the day, and not consented",
    "signed": "signed by the day, whatever followed",
    "all": "all states of the tables",
}
#: What makes a state count, for each number of states.
_STATES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "states": lambda rows: pd.Series(True, index=rows.index),
    "completed": lambda rows: rows["stock"] == "gone",
    "left": lambda rows: rows["stock"] == "left",
    "had_stock": lambda rows: rows["stock"].isin(["gone", "left"]),
    "none": lambda rows: rows["stock"] == "none",  # as sources say
    "unknown": lambda rows: rows["stock"] == "unknown",  # nothing is on record
    "not_left": lambda rows: rows["stock"] != "left",
    "reporting": lambda rows: rows["destroyed"] > 0,
    "retaining": lambda rows: rows["retained"] > 0,
    "reports_overdue": lambda rows: rows["report"] == "overdue",
    "specific_laws": lambda rows: rows["law"] == "specific law",
}
#: Of what is told of the day itself, so that there is no later light: the answers and their column.
_ANSWERS: dict[str, tuple[Callable[[Ledger], pd.DataFrame], str]] = {
    "reports_overdue": (transparency, "report"),
    "specific_laws": (legislation, "law"),
}
#: Sums of items, and the share destroyed of the stock of those who declared one.
WITH_UNIT = ("declared", "destroyed", "remaining", "share_destroyed", "destroyed_completed")
#: What can be counted.
MEASURES = (*_STATES, *WITH_UNIT)
HINDSIGHT = "hindsight"
VIEWS = (*RULES, HINDSIGHT)


def count_by_view(
    ledger: Ledger, day: object, measure: str, who: str = "parties", *, unit: str = ""
) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Count one of `MEASURES` for one of `GROUPS`, or for a state by its code, on one day.

    By each of `VIEWS`: the figure (``nan`` where nothing is known) and the codes of the states
    counted. In hindsight shares are of what is known today to have been declared, and there
    are no sums of what remained.

    >>> import stockpile as sp
    >>> counts = count_by_view(sp.load("ccm"), "2012-04-19", "states", "joined")
    >>> {view: number for view, (number, _) in counts.items()}
    {'reported': 70.0, 'published': 70.0, 'hindsight': 70.0}
    """
    _require(ledger, measure, who, unit)
    day_views = views_on(ledger, parse_day(day))
    out = {}
    for view in VIEWS:
        rows = day_views.rows[view]
        if measure in _ANSWERS:
            rule = "reported" if view == HINDSIGHT else view
            asked, column = _ANSWERS[measure]
            answers = asked(day_views.ledgers[rule]).set_index("iso3")[column]
            rows = day_views.rows[rule].assign(**{column: answers})
        out[view] = count_rows(day_views.group(rows, who), measure, unit)
    return out


def _require(ledger: Ledger, measure: str, who: str, unit: str) -> None:
    """Refuse what cannot be counted, and say what can."""
    if ledger.day is not None:
        raise ValueError("the ledger is cut to a day; expected the whole one")
    if measure not in MEASURES:
        raise ValueError(f"measure is {measure!r}; expected one of {', '.join(MEASURES)}")
    if who not in GROUPS and who not in set(ledger.states["iso3"]):
        raise ValueError(f"who is {who!r}; expected a state's code or one of {', '.join(GROUPS)}")
    if measure in WITH_UNIT and unit not in ledger.treaty.units:
        raise ValueError(f"unit is {unit!r}; expected one of {', '.join(ledger.treaty.units)}")


@dataclass(frozen=True)
class DayViews:
    """One day of one treaty by each view."""

    ledgers: Mapping[str, Ledger]  # as of the day; in hindsight, as of the newest row
    known: Mapping[str, Known]
    rows: Mapping[str, pd.DataFrame]  # positions on the day, by state

    def group(self, rows: pd.DataFrame, who: str) -> pd.DataFrame:
        """Rows of a group, by what was signed and consented to on the day; or of one state."""
        if who not in GROUPS:
            return rows[rows.index == who]
        ledger = self.ledgers["reported"]
        day = ledger.require_day()
        bound = obligations(ledger).set_index("iso3").reindex(rows.index)
        acts = ledger.events[ledger.events["event"] == "signed"]
        signed = acts.groupby("iso3")["date"].min().reindex(rows.index) <= day
        party = bound["membership"] == "State Party"
        there = bound["membership"] != "withdrawn"
        joined = (bound["consented"] <= day) & there | party
        members = {
            "parties": party,
            "joined": joined,
            "signatories": signed & ~party & there,
            "unjoined": signed & ~joined & there,
            "signed": signed,
        }
        return rows[members[who]] if who in members else rows


@cached
def views_on(ledger: Ledger, at: pd.Timestamp) -> DayViews:
    """Work out the positions of a day once, for all that is asked of it."""
    ledgers = {rule: ledger.as_of(at, rule) for rule in RULES}  # type: ignore[arg-type]
    ledgers[HINDSIGHT] = ledger.as_of(max(at, ledger.newest))
    known = {
        view: Known(positions(cut).set_index("iso3"), progress(cut), cut.treaty.units)
        for view, cut in ledgers.items()
    }
    rows = {rule: _all_stocks(known[rule], at) for rule in RULES}
    return DayViews(ledgers, known, rows | {HINDSIGHT: in_hindsight(known[HINDSIGHT], at)})


class Known(NamedTuple):
    """What a ledger as of a day knows, to look back from it."""

    positions: pd.DataFrame  # by state
    lines: pd.DataFrame  # of every stock
    units: tuple[str, ...]


def in_hindsight(now: Known, day: pd.Timestamp) -> pd.DataFrame:
    """Positions on a day in the light of all that is known since."""
    rows = now.positions.copy()
    # Done by the day, and whatever turned up after that had not turned up yet.
    first = (rows["first_completed"] <= day) & ~(rows["reopened"] <= day)
    gone = ((rows["completed"] <= day) & ~(rows["reopened"] > day)) | first
    had = rows["stock"].isin(["gone", "left"])
    stock = rows["stock"].where(~had, "left").where(~gone, "gone")
    # What was left of a stock before the first statement on it is on no line.
    unknown = {f"remaining_{unit}": math.nan for unit in now.units}
    return _all_stocks(now, day).assign(stock=stock, **unknown)


def _all_stocks(now: Known, day: pd.Timestamp) -> pd.DataFrame:
    """Positions with the figures of a day, summed over the first stock and those found later."""
    rows = now.positions.copy()
    # A declaration without a day is of the stock there was to begin with.
    lines = now.lines[~(now.lines["date"] > day)]
    last = lines.groupby(["iso3", "unit", "episode"], as_index=False).last()
    for unit in now.units:
        by_state = last[last["unit"] == unit].groupby("iso3")
        rows[f"share_{unit}"] = by_state["share_destroyed"].last().reindex(rows.index)
        for figure in ("declared", "destroyed", "remaining"):
            rows[f"{figure}_{unit}"] = by_state[figure].sum(min_count=1).reindex(rows.index)
    return rows


def count_rows(rows: pd.DataFrame, measure: str, unit: str) -> tuple[float, tuple[str, ...]]:
    """The figure and who is in it."""
    if measure == "share_destroyed":
        if len(rows) == 1:
            return float(rows[f"share_{unit}"].iloc[0]), tuple(rows.index)
        known = rows[rows[f"declared_{unit}"] > 0]
        if known.empty:
            return math.nan, ()
        share = known[f"destroyed_{unit}"].sum() / known[f"declared_{unit}"].sum()
        return float(share), tuple(known.index)
    if measure in WITH_UNIT:
        stock = {"remaining": "left", "destroyed_completed": "gone"}.get(measure)
        held = rows if stock is None else rows[rows["stock"] == stock]
        column = held[items_column(measure, unit)]
        return float(column.sum(min_count=1)), tuple(column[column > 0].index)
    counted = rows.index[_STATES[measure](rows)]
    return float(len(counted)), tuple(counted)


def items_column(measure: str, unit: str) -> str:
    """The column of the positions that a sum of items, or a share of them, is taken from."""
    return f"{measure if measure in ('declared', 'remaining') else 'destroyed'}_{unit}"


def agrees(stated: float, qualifier: str, ours: float) -> bool:
    """Whether our figure is what a source states, as exactly as it states it.

    'About' is five per cent either way, 'nearly' up to ten per cent less.

    >>> agrees(9, "exact", 10), agrees(650_000, "at_least", 744_231), agrees(100, "nearly", 96)
    (False, True, True)
    """
    if math.isnan(ours):
        return False
    if qualifier == "at_least":
        return ours >= stated
    if qualifier == "nearly":
        return (1 - NEARLY) * stated <= ours <= stated
    if qualifier == "approx":
        return abs(ours - stated) <= APPROX * stated
    return abs(ours - stated) < 0.005 if stated <= 1 else ours == stated


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
