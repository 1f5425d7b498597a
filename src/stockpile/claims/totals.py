"""All published totals of a table beside ours of the same day, with the reason for each difference.

A total has a row in a CSV file: treaty, day, measure, unit, value, qualifier, source. What
it measures is one of `COMPUTED`, which says how it is counted here, or of `NOT_COMPUTED`,
which says why it is not. Where ours is another figure, the states that make the
difference are worked out: a total that differs for no named state is one to look into.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.claims.views import (
    HINDSIGHT,
    VIEWS,
    WITH_UNIT,
    DayViews,
    Latest,
    agrees,
    counted,
    group,
    in_hindsight,
    known_by,
    latest,
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
    """How a published measure is counted here."""

    measure: str  # of `stockpile.claims.views.MEASURES`
    who: str  # of `stockpile.claims.views.GROUPS`
    says: str
    year: bool = False  # in the year that ends on the day
    rest: bool = False  # one less the share


COMPUTED = {
    "destroyed_total": Count("destroyed", "joined", "destroyed by States Parties"),
    "mines_destroyed_total": Count("destroyed", "joined", "destroyed by States Parties"),
    "destroyed_total:completed_states": Count(
        "destroyed_completed", "joined", "destroyed by States Parties that have finished"
    ),
    "destroyed_share": Count("share_destroyed", "joined", "share destroyed by States Parties"),
    "remaining_share": Count(
        "share_destroyed", "joined", "share left with States Parties", rest=True
    ),
    "remaining": Count("remaining", "joined", "left with States Parties"),
    "mines_remaining": Count("remaining", "joined", "left with States Parties"),
    "destroyed_in_year": Count("destroyed", "joined", "destroyed in the year before", year=True),
    "mines_destroyed_in_year": Count(
        "destroyed", "joined", "destroyed in the year before", year=True
    ),
    "states_completed_in_year": Count(
        "completed", "joined", "States Parties that finished in the year before", year=True
    ),
    "states_parties": Count("states", "joined", "States Parties"),
    "states_ratified": Count("states", "joined", "states that have ratified"),
    "states_parties_completed": Count("completed", "joined", "States Parties that have finished"),
    "states_parties_completed_before_eif": Count(
        "completed", "joined", "States Parties that had finished before entry into force"
    ),
    "states_parties_with_stocks": Count("left", "joined", "States Parties with stock left"),
    "states_parties_with_stock": Count("left", "joined", "States Parties with stock left"),
    "states_parties_ever_stockpiled": Count("had_stock", "joined", "States Parties that had stock"),
    "states_parties_never_stockpiled": Count("none", "joined", "States Parties that had no stock"),
    "states_parties_without_stock": Count(
        "not_left", "joined", "States Parties without stock to destroy"
    ),
    "states_parties_undeclared": Count("unknown", "joined", "States Parties yet to declare"),
    "states_parties_reporting_destruction": Count(
        "reporting", "joined", "States Parties that report destruction"
    ),
    "states_parties_retaining": Count("retaining", "joined", "States Parties that retain some"),
    "states_parties_with_law": Count("specific_laws", "joined", "States Parties with a law"),
    "initial_reports_overdue": Count("reports_overdue", "parties", "initial reports overdue"),
    "signatories_completed": Count("completed", "signatories", "signatories that have finished"),
    "signatories_ever_stockpiled": Count("had_stock", "signatories", "signatories that had stock"),
    "signatories_with_stocks": Count("left", "signatories", "signatories with stock left"),
    "states_completed_incl_signatories": Count(
        "completed", "signed", "States Parties and signatories that have finished"
    ),
    "states_completed_incl_non_parties": Count("completed", "all", "states that have finished"),
}
_WORLD = "speaks of the whole world; the tables hold the states that joined, and few others"
_ACTIVE = "speaks of states that were at work; the tables hold results, not work under way"
NOT_COMPUTED = {
    "mines_destroyed_worldwide": _WORLD,
    "states_worldwide_completed": _WORLD,
    "states_worldwide_ever_stockpiled": _WORLD,
    "states_worldwide_with_stocks": _WORLD,
    "states_outside_with_stocks": _WORLD,
    "states_destroying": _ACTIVE,
    "states_destroying_in_year": _ACTIVE,
    "states_destroying_or_done": _ACTIVE,
    "states_parties_destroying": _ACTIVE,
    "states_parties_not_begun": _ACTIVE,
    "declared:DEU+FRA+GBR+ITA+NLD+SWE": "sums six states in a count of its own",
    "destroyed_total:11_completed_states": "speaks of eleven states that it does not name",
    "destroyed_since_eif": "counts from entry into force, of each state or of the treaty",
    "states_parties_completed_since_eif": "counts from entry into force, of each or of the treaty",
    "states_joined_with_stocks": "does not say whether signatories are among those that joined",
    "percent_of_stockpiler_parties_completed": "a share of states, stated as 'half'",
    "states_requested_extension": "counts requests, not stocks",
    "states_parties_deadline_missed": "counts by the source's own reading of the deadlines",
}


def load_totals(path: str | Path) -> pd.DataFrame:
    """Read a table of published totals, and the sources that stand beside it.

    Parameters
    ----------
    path : str or pathlib.Path
        A CSV file with the columns `COLUMNS`; ``<name>_sources.csv`` has ``treaty``,
        ``source_id``, ``title``, ``publisher``, ``published`` and ``url`` of each source.

    Returns
    -------
    pandas.DataFrame
        One row a total: `COLUMNS`, ``day`` (the last that ``as_of`` may mean; missing
        where the source has none) and ``title``, ``publisher``, ``published``, ``url``.

    Raises
    ------
    DataError
        When a column, a source or a measure is not known, or a value is no number.
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
        if row["measure"] not in COMPUTED | NOT_COMPUTED:
            raise DataError(f"{place.name}, line {line}: measure is {row['measure']!r}, not known")
        if (row["treaty"], row["source_id"]) not in named.index:
            raise DataError(f"{place.name}, line {line}: source {row['source_id']!r} is not known")
    value = pd.to_numeric(table["value"], errors="coerce")
    if value.isna().any():
        line = int(value.isna().to_numpy().argmax()) + 2
        raise DataError(f"{place.name}, line {line}: the value is no number")
    out = table.assign(value=value, day=table["as_of"].map(_last_day).astype("datetime64[us]"))
    joined: pd.DataFrame = out.join(named, on=["treaty", "source_id"])
    return joined


def _last_day(text: str) -> Any:
    """Return the last day of what is a day, a month or a year; missing for no text."""
    if not text:
        return pd.NaT
    freq = {4: "Y", 7: "M"}.get(len(text), "D")
    return pd.Period(text, freq=freq).end_time.normalize()


def compare(totals: pd.DataFrame, ledgers: Mapping[str, Ledger] | None = None) -> pd.DataFrame:
    """Hold published totals against the ledgers of their days.

    Parameters
    ----------
    totals : pandas.DataFrame
        As `load_totals` returns them.
    ledgers : mapping of str to Ledger, optional
        Whole ledgers by treaty id; without it the packaged ones.

    Returns
    -------
    pandas.DataFrame
        The totals, with ``says`` (what is counted, in words), ``reported``, ``published_rule``
        and ``hindsight`` (our figures, missing where there are none), ``agrees`` (the views
        whose figure agrees within the rounding of the source, joined by blanks) and
        ``why`` (why there is no figure, or which states make the difference).
    """
    ledgers = ledgers or {name: load(name) for name in sorted(set(totals["treaty"]))}
    now = {name: latest(ledger, ledger.newest) for name, ledger in ledgers.items()}
    days: dict[tuple[str, pd.Timestamp], DayViews] = {}
    rows = []
    for row in as_dicts(totals):
        how, name, day = COMPUTED.get(row["measure"]), row["treaty"], row["day"]
        cells: dict[str, Any] = dict.fromkeys(("reported", "published_rule", HINDSIGHT), math.nan)
        cells |= {"says": how.says if how else row["measure"].replace("_", " "), "agrees": ""}
        if how is None or pd.isna(day):
            why = NOT_COMPUTED.get(row["measure"], "the source has no day")
            rows.append(cells | {"why": f"Not computed: {why}."})
            continue
        if (name, day) not in days:
            days[name, day] = views_on(ledgers[name], day, now[name])
        unit = _unit(row["unit"], ledgers[name].treaty.units) if how.measure in WITH_UNIT else ""
        parts = _amounts(days[name, day], how, unit, now[name])
        ours = {view: value for view, (value, _) in parts.items()}
        same = [view for view in VIEWS if _same(row, ours[view])]
        names = dict(zip(ledgers[name].states["iso3"], ledgers[name].states["name"], strict=True))
        rows.append(
            cells
            | {"reported": ours["reported"], "published_rule": ours["published"]}
            | {HINDSIGHT: ours[HINDSIGHT], "agrees": " ".join(same)}
            | {"why": "" if len(same) == len(VIEWS) else _difference(row, parts, names)}
        )
    return pd.concat([totals.reset_index(drop=True), pd.DataFrame(rows)], axis=1)


def _unit(unit: str, units: tuple[str, ...]) -> str:
    """A share that names no count is held against the first of the treaty."""
    return unit if unit in units else units[0]


def _same(row: Mapping[str, Any], ours: float) -> bool:
    """Whether a figure agrees within the rounding of the source."""
    stated, qualifier = float(row["value"]), str(row["qualifier"])
    if agrees(stated, qualifier, ours):
        return True
    # A count of items that ends in zeros is rounded, whatever its source calls it.
    return is_round(stated) and abs(ours - stated) <= rounding(stated) / 2


def _amounts(
    views: DayViews, how: Count, unit: str, now: Latest
) -> dict[str, tuple[float, pd.Series]]:
    """Our figure by each view, and the part that each state has in it."""
    out = {}
    figures = counted(views, how.measure, how.who, unit)
    for view in VIEWS:
        value, codes = figures[view]
        rows = views.rows[view]
        part = _part(rows.loc[list(codes)], how, unit)
        if how.year:
            by_then = now if view == HINDSIGHT else known_by(views.ledgers[view])
            day = views.ledgers["reported"].require_day() - pd.DateOffset(years=1)
            before = in_hindsight(by_then, day)
            members = group(views.ledgers["reported"], before, how.who)
            earlier = _part(_counted_rows(before[members], how), how, unit)
            part = part.sub(earlier, fill_value=0.0)
            part, value = part[part != 0], float(part.sum())
        out[view] = (1 - value if how.rest else value, part)
    return out


def _counted_rows(rows: pd.DataFrame, how: Count) -> pd.DataFrame:
    return rows[rows["stock"] == "gone"] if how.measure == "completed" else rows


def _part(rows: pd.DataFrame, how: Count, unit: str) -> pd.Series:
    """What each state counts for: one, or its items."""
    if how.measure not in WITH_UNIT:
        return pd.Series(1.0, index=rows.index)
    figure = "remaining" if how.measure == "remaining" else "destroyed"
    return rows[f"{figure}_{unit}"].dropna()


def _difference(
    row: Mapping[str, Any], parts: Mapping[str, tuple[float, pd.Series]], names: Mapping[str, str]
) -> str:
    """Say which states our views do not share, and what is so of all of them."""
    (ours, reported), (_, published), (later, hindsight) = (parts[view] for view in VIEWS)
    out = []
    for lead, a, b in (
        ("Known since", hindsight, reported),
        ("Restated since", reported, hindsight),
        ("Not published by then, and so not for the source to count", reported, published),
    ):
        more = a.sub(b, fill_value=0.0)
        more = more[more > 0.5].sort_values(ascending=False, kind="stable")
        if len(more):
            one = bool((more == 1).all())
            who = [names[c] if one else f"{names[c]} {more[c]:,.0f}" for c in more.index]
            out.append(f"{lead}: {words.listing(who, limit=12 if one else 4)}.")
    figures = [value for value, _ in parts.values() if not math.isnan(value)]
    if not figures:
        return "Nothing that can be counted was on record."
    if not out:
        off = row["value"] - later if not math.isnan(later) else row["value"] - ours
        more_or_fewer = "more" if off > 0 else "fewer"
        out.append(f"By every view the tables have the same; the source counts {more_or_fewer}.")
    return " ".join(out)
