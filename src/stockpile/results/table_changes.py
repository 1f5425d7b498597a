"""What a change of tables changes: rows, and on chosen days ratings, deadlines and figures."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common.errors import LIMITS
from stockpile.common.frames import as_dicts
from stockpile.common.output import number
from stockpile.ledger.ledger import Ledger, Rule, parse_day
from stockpile.ledger.load import folder_of, load
from stockpile.rating.status import RATINGS, Thresholds, status
from stockpile.results.amounts import totals
from stockpile.treaty.datapackage import read_table
from stockpile.treaty.folder import read_files
from stockpile.treaty.schema import SCHEMAS, TABLE_ORDER

#: The tables whose rows have a state and a source.
_STATED = TABLE_ORDER[2:]
#: What a reviewer sees of each state, in this order; after it the figures of each unit.
_DAYS = {"membership": "membership", "deadline": "deadline", "completed": "completed"}
_FIGURES = ("declared", "destroyed", "remaining")
#: What `stockpile.totals` adds up, and a reviewer sees of each unit.
_TOTALS = ("states", *_FIGURES, "excess")


@dataclass(frozen=True)
class RowChange:
    """A row that was added or removed; one that was altered is both."""

    change: str  # added or removed
    file: str
    line: int  # in the file that has it
    iso3: str
    source_id: str
    cells: tuple[str, ...]
    title: str  # of the source
    url: str
    known: pd.Timestamp | None  # when it became known; None for a document, a state or a bad row

    @property
    def text(self) -> str:
        """The row as it stands in its file, and where."""
        sign = "+" if self.change == "added" else "-"
        return f"{sign} {self.file}, line {self.line}: {','.join(self.cells)}"


@dataclass(frozen=True)
class Effect:
    """Something that is said otherwise after the change, on one or more of the days."""

    what: str  # rating, membership, deadline, completed, a figure, or what a total adds up
    iso3: str  # empty for a total
    state: str
    unit: str  # empty for what is no figure
    before: str  # empty where nothing was said
    after: str
    days: tuple[pd.Timestamp, ...]
    reason: str = ""  # of the state's rating after the change, on the last of the days
    rows: tuple[RowChange, ...] = ()  # the changed rows on the state that were known by then


@dataclass(frozen=True)
class TableChanges:
    """What `compare_tables` found."""

    before: Ledger  # the tables as they were
    now: Ledger  # as they are
    days: tuple[pd.Timestamp, ...]  # on which they were compared
    rule: str  # what 'known' means
    rules_changed: bool  # whether ``treaty.toml`` is another one
    rows: tuple[RowChange, ...] = field(repr=False)
    #: Ratings first, worst first; last, what `totals` adds up.
    effects: tuple[Effect, ...] = field(repr=False)


def compare_tables(
    before: str | os.PathLike[str],
    now: str | os.PathLike[str],
    days: Sequence[object] = (),
    *,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
) -> TableChanges:
    """Compare the tables of a treaty folder with how they were before.

    Two folders of one treaty, or ids of packaged ones. By default on the last day of each year from
    the one in which the first of the changed rows became known, and on the day of the newest row.

    Raises
    ------
    DataError
        When a folder cannot be read.
    ValueError
        When the two are of different treaties.

    Examples
    --------
    >>> compare_tables("ccm", "ccm").rows
    ()
    """
    folders = folder_of(before), folder_of(now)
    old, new = (load(folder) for folder in folders)
    if old.treaty.id != new.treaty.id:
        raise ValueError(
            f"the tables before are of {old.treaty.id!r}, those after of {new.treaty.id!r}; "
            "expected two folders of one treaty"
        )
    texts = [_texts(folder) for folder in folders]
    rows = (
        *_missing_in(texts[0], texts[1], "added", new, rule),
        *_missing_in(texts[1], texts[0], "removed", old, rule),
    )
    chosen = tuple(sorted({parse_day(day) for day in days})) or _days(rows, old, new)
    rules_changed = old.treaty != new.treaty
    effects = _effects(old, new, rows, chosen, rule, thresholds) if rows or rules_changed else ()
    return TableChanges(old, new, chosen, rule, rules_changed, rows, tuple(effects))


def _texts(folder: Path) -> dict[str, tuple[list[str], pd.DataFrame]]:
    """The columns that each table has, and its rows as text, with their lines."""
    files = read_files(folder, limits=LIMITS)
    names = [name for table in TABLE_ORDER if (name := f"{table}.csv") in files]
    return {name.removesuffix(".csv"): read_table(name, files[name]) for name in names}


def _missing_in(
    others: Mapping[str, tuple[list[str], pd.DataFrame]],
    texts: Mapping[str, tuple[list[str], pd.DataFrame]],
    change: str,
    ledger: Ledger,
    rule: Rule,
) -> Iterable[RowChange]:
    """The rows of some tables that the others have not."""
    sources = {key: (title, url) for key, title, url in ledger.rows("sources", *_SOURCE)}
    for table, (present, frame) in texts.items():
        columns = list(SCHEMAS[table])
        other = others[table][1][columns] if table in others else frame[columns].head(0)
        left = Counter(other.itertuples(index=False, name=None))
        known: dict[int, pd.Timestamp] = {}
        if table in _STATED:
            accepted = ledger.frame(table)
            known = dict(zip(accepted["line"], accepted[f"known_{rule}"], strict=True))
        rows = frame[columns].itertuples(index=False, name=None)
        for line, cells in zip(frame["line"], rows, strict=True):
            if left[cells]:
                left[cells] -= 1
                continue
            row = dict(zip(columns, cells, strict=True))
            source, day = row.get("source_id", ""), known.get(line)
            title, url = sources.get(source, ("", ""))
            yield RowChange(
                change=change,
                file=f"{table}.csv",
                line=int(line),
                iso3=row.get("iso3", ""),
                source_id=source,
                cells=tuple(row[column] for column in present),
                title=title,
                url=url or "",
                known=None if day is None or pd.isna(day) else day,
            )


_SOURCE = ("source_id", "title", "url")


def _days(rows: Iterable[RowChange], old: Ledger, new: Ledger) -> tuple[pd.Timestamp, ...]:
    """The last days of the years in which the changed rows can matter, and the newest day."""
    newest = max(old.newest, new.newest)
    first = min((row.known for row in rows if row.known is not None), default=newest)
    ends = [pd.Timestamp(year, 12, 31) for year in range(first.year, newest.year)]
    return (*ends, newest)


def _effects(
    old: Ledger,
    new: Ledger,
    rows: Sequence[RowChange],
    days: Sequence[pd.Timestamp],
    rule: Rule,
    thresholds: Thresholds | None,
) -> list[Effect]:
    """What is said otherwise on any of the days, with equal findings of several days as one."""
    found: dict[tuple[str, str, str, str, str, str], list[pd.Timestamp]] = {}
    reasons: dict[tuple[str, pd.Timestamp], str] = {}
    units = new.treaty.units
    for day in days:
        views = [ledger.as_of(day, rule) for ledger in (old, new)]
        sides = [status(view, thresholds).set_index("iso3") for view in views]
        said = [_said(side, units) | _totals(view) for side, view in zip(sides, views, strict=True)]
        for key in dict.fromkeys([*said[0], *said[1]]):
            a, b = said[0].get(key, ""), said[1].get(key, "")
            if a != b:
                found.setdefault((*key, a, b), []).append(day)
                if key[1] in sides[1].index:
                    reasons[key[1], day] = str(sides[1].at[key[1], "reason"])
    cited = _cited(old, new)
    out = []
    for (what, iso3, state, unit, a, b), on in found.items():
        behind = _behind(rows, iso3, on[-1], cited)
        reason = reasons.get((iso3, on[-1]), "")
        out.append(Effect(what, iso3, state, unit, a, b, tuple(on), reason, behind))
    return sorted(out, key=_order)


def _said(frame: pd.DataFrame, units: Sequence[str]) -> dict[tuple[str, str, str, str], str]:
    """What a table of ratings says, as text, by what, state and unit."""
    out = {}
    for iso3, row in frame.iterrows():
        code, state = str(iso3), str(row["state"])
        out["rating", code, state, ""] = str(row["status"])
        for column, what in _DAYS.items():
            out[what, code, state, ""] = _text(row[column])
        for unit in units:
            for figure in _FIGURES:
                out[figure, code, state, unit] = _text(row[f"{figure}_{unit}"])
    return out


def _totals(then: Ledger) -> dict[tuple[str, str, str, str], str]:
    """The totals of a day, as text, by what and unit."""
    return {
        (figure, "", "all states", row["unit"]): _text(row[figure])
        for row in as_dicts(totals(then))
        for figure in _TOTALS
    }


def _text(value: Any) -> str:
    """A cell of a table of ratings as text; empty where nothing is known."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return str(value) if isinstance(value, str) else f"{number(value):,}"


def _cited(old: Ledger, new: Ledger) -> dict[str, set[str]]:
    """The documents that the rows on each state cite, in either state of the tables."""
    out: dict[str, set[str]] = {}
    for ledger in (old, new):
        for table in _STATED:
            for iso3, source in ledger.rows(table, "iso3", "source_id"):
                out.setdefault(iso3, set()).add(source)
    return out


def _behind(
    rows: Sequence[RowChange], iso3: str, day: pd.Timestamp, cited: Mapping[str, set[str]]
) -> tuple[RowChange, ...]:
    """The changed rows that bear on a state as of a day: its own, and those on its sources."""
    own = [row for row in rows if iso3 and row.iso3 == iso3 and row.file != "states.csv"]
    known = tuple(row for row in own if row.known is not None and row.known <= day)
    if known or not iso3:
        return known
    documents = cited.get(iso3, set())
    return tuple(row for row in rows if row.file == "sources.csv" and row.source_id in documents)


def _order(effect: Effect) -> tuple[object, ...]:
    """Ratings first, the worst of them first; then days, then figures; totals last."""
    whats = ("rating", *_DAYS.values(), *_TOTALS)
    worst = RATINGS.index(effect.after) if effect.after in RATINGS else len(RATINGS)
    rating = worst if effect.what == "rating" else 0
    place = (not effect.iso3, whats.index(effect.what), rating, effect.state, effect.unit)
    return (*place, effect.days)
