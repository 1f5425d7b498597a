"""The accepted statements of one treaty, and those that were known on a day.

Every statement has a day it speaks of and a day on which it became known, by either of
two availability rules:

``published``
    Known on the day its source was published. A source without such a day is
    never known under this rule.
``reported``
    Known on publication, or on the treaty's first reporting date after the fact,
    whichever came first, because many sources are younger than what they state.

Under both rules, acts of membership are known on their day, and a plan or a stated
deadline only from publication (it speaks of the future). Nothing is known before it
happened. A declaration without a date speaks of the stock a state had to begin with:
under ``reported`` it is *presumed* to be that of the initial transparency report, and
known on the reporting date on which, or next after, that report fell due, if it was
published while the treaty's years were still running. A presumed figure gives way to any
figure that was published by the day; of several presumed ones the earliest published is
taken, so that a later restatement stays out.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache, cached_property, partial
from html import escape
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.frames import column_values, from_columns
from stockpile.ledger.availability import known_rows
from stockpile.treaty.new_folder import write_treaty
from stockpile.treaty.rules import Treaty
from stockpile.treaty.schema import FURTHER_TABLES, TABLE_ORDER

Rule = Literal["reported", "published"]
RULES: tuple[str, ...] = get_args(Rule)
#: A day as it may be given: ``"2012-04-19"``, or as pandas, numpy or the standard library have it.
Day = str | dt.date | np.datetime64


class Table:
    """A field of a `Ledger` that holds a frame, or a function that makes the frame when needed.

    The frame is handed out as a shallow copy, of which pandas copies the data on the first
    change: whoever writes into it changes nothing in the ledger.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, ledger: Ledger | None, owner: type) -> pd.DataFrame:
        if ledger is None:  # dataclasses ask for a default; there is none
            raise AttributeError(self.name)
        return ledger.frame(self.name).copy(deep=False)

    def __set__(self, ledger: Ledger, frame: pd.DataFrame | Callable[[], pd.DataFrame]) -> None:
        ledger.__dict__[self.name] = frame


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Ledger:
    """The accepted rows of one treaty folder.

    A ledger never changes: `dataclasses.replace` makes another one. A view, which is a
    ledger as of a day, holds the rows known on that day.

    Attributes
    ----------
    treaty : Treaty
        The rules the rows are read by.
    states : pandas.DataFrame
        ``iso3``, ``name``, ``region`` and ``subregion`` (of the M49 standard of the United
        Nations; empty where the table does not say).
    sources : pandas.DataFrame
        ``source_id``, ``title``, ``publisher``, ``kind``, ``published`` (day),
        ``published_precision``, ``url``.
    quantities : pandas.DataFrame
        ``iso3``, ``measure``, ``unit``, ``quantity``, ``qualifier``,
        ``period_start``, ``period_end``, ``source_id``, ``kind`` and ``published``
        of the source, ``on`` (the day that the row speaks of), ``known_reported``,
        ``known_published``, ``presumed``, ``file``, ``line``.
    events : pandas.DataFrame
        ``iso3``, ``event``, ``date``, ``precision``, ``value``, ``stock`` (empty where
        none is named), ``new_deadline``, ``source_id`` and the same columns on sources and
        days as ``quantities``.
    steps : pandas.DataFrame
        Events on the shares to be destroyed on the way, with ``step_percent`` and the
        columns of ``events``; empty where the folder has no such table.
    transparency_reports, national_legislation, interpretive_views, allegations : pandas.DataFrame
        The further tables, empty where the folder has none, with the same columns on
        sources and days; see `stockpile.ledger.availability`.
    covers : frozenset of str
        Which of the further tables the folder has, with rows or without.
    rejected, warnings, counts : pandas.DataFrame
        The account of all rows read; see `stockpile.treaty.folder.Ingested`.
    data_hash : str
        SHA-256 over the input files.
    data_version : str
        Version of the tables, as ``datapackage.json`` has it; empty where none does.
    folder : pathlib.Path
        Where the rows were read.
    listed : bool
        Whether ``states.csv`` names the states; if not, they are those of the known rows.
    day : pandas.Timestamp or None
        The as-of day; ``None`` for everything on record.
    rule : str or None
        The availability rule that was applied.
    """

    treaty: Treaty
    states: Table = Table()
    sources: Table = Table()
    quantities: Table = Table()
    events: Table = Table()
    steps: Table = Table()
    transparency_reports: Table = Table()
    national_legislation: Table = Table()
    interpretive_views: Table = Table()
    allegations: Table = Table()
    covers: frozenset[str]
    rejected: Table = Table()
    warnings: Table = Table()
    counts: Table = Table()
    data_hash: str
    folder: Path
    data_version: str = ""
    listed: bool = True
    day: pd.Timestamp | None = None
    rule: Rule | None = None

    def as_of(self, day: Day, rule: Rule = "reported") -> Ledger:
        """Return the ledger as it was known on a day.

        Parameters
        ----------
        day : str, datetime.date or pandas.Timestamp
            The as-of day, as ``"2012-04-19"``.
        rule : {"reported", "published"}
            What 'known' means; see `stockpile.ledger.ledger`.

        Returns
        -------
        Ledger
            With the rows known by the end of that day, and with ``day`` and
            ``rule`` set. No result drawn from it depends on a row that became
            known later.

        Raises
        ------
        ValueError
            When the day is no calendar day, the rule has another name, or the
            ledger was already cut to an earlier day or by the other rule.

        Examples
        --------
        >>> import stockpile as sp
        >>> ccm = sp.load("ccm")
        >>> view = ccm.as_of("2014-12-31")
        >>> peru = view.quantities.query("iso3 == 'PER' and measure == 'declared'")
        >>> sorted(set(peru.loc[~peru["presumed"], "quantity"].tolist()))
        [675.0, 676.0, 86200.0]
        """
        at = parse_day(day)
        if rule not in RULES:
            raise ValueError(f"rule is {rule!r}; expected one of {', '.join(RULES)}")
        if self.day is not None and (at > self.day or rule != self.rule):
            raise ValueError(
                f"this ledger is already cut to {self.day:%Y-%m-%d} by the rule {self.rule!r}; "
                "start from the whole ledger for a later day or another rule"
            )
        # A view of a view is one of the whole: others who look at that day share its results.
        return _cut(self.__dict__.get("_whole", self), at, rule)

    def frame(self, table: str) -> pd.DataFrame:
        """One of the frames itself, not a copy: for those who do not write into it."""
        frame: pd.DataFrame | Callable[[], pd.DataFrame] = self.__dict__[table]
        if not isinstance(frame, pd.DataFrame):
            frame = self.__dict__[table] = frame()
        return frame

    def rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a table as tuples of plain values, for loops; see `stockpile.common.frames`.

        Examples
        --------
        >>> import stockpile as sp
        >>> dict(sp.load("ccm").rows("states", "iso3", "name"))["PER"]
        'Peru'
        """
        kept = self._columns
        for name in columns:
            if (table, name) not in kept:
                kept[table, name] = column_values(self.frame(table)[name])
        return zip(*(kept[table, name] for name in columns), strict=True)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], list[Any]]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: the fields, and no results kept beside them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __repr__(self) -> str:
        """One line: which treaty, which day, and how many rows."""
        when = "everything on record"
        if self.day is not None:
            when = f"as of {self.day:%Y-%m-%d} ({self.rule})"
        rows = {name: self._count(name) for name in ("states", "quantities", "events", "rejected")}
        told = ", ".join(f"{n} {name}" for name, n in rows.items())
        return f"<Ledger {self.treaty.id} {when}: {told}, data {self.data_hash[:8]}>"

    def _count(self, table: str) -> int:
        return len(self.frame(table))

    def _repr_html_(self) -> str:
        """A small table, for notebooks."""
        day = "everything on record" if self.day is None else f"{self.day:%Y-%m-%d}"
        cells = {
            "as of": day,
            "rule": self.rule or "",
            **{name: f"{self._count(name):,}" for name in ("states", "quantities", "events")},
            "rejected rows": f"{self._count('rejected'):,}",
            "data": self.data_hash[:8],
        }
        rows = "".join(
            f"<tr><th style='text-align:left'>{key}</th><td>{escape(text)}</td></tr>"
            for key, text in cells.items()
            if text
        )
        return f"<table><caption>{escape(self.treaty.name)}</caption>{rows}</table>"

    @property
    def bound(self) -> pd.DataFrame:
        """What `entry_into_force` returns for the ledger."""
        return entry_into_force(self)

    @cached_property
    def publishers(self) -> dict[str, str]:
        """Who published each source, by its id; of a view, those of the whole ledger."""
        whole = self.__dict__.get("_whole")
        return whole.publishers if whole else dict(self.rows("sources", "source_id", "publisher"))

    @property
    def newest(self) -> pd.Timestamp:
        """Day on which the newest row became known: an as-of day that needs no clock."""
        tables = ("quantities", "events", "steps", *FURTHER_TABLES)
        known = [self.frame(table)["known_reported"].max() for table in tables]
        days = [day for day in known if pd.notna(day)]
        return max(days) if days else self.treaty.first_entry_into_force

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the rows as a treaty folder, which `stockpile.load` takes.

        Parameters
        ----------
        folder : path
            One that is not there yet, or is empty.

        Returns
        -------
        pathlib.Path
            The folder. What is drawn from it is what is drawn from the ledger. Rejected rows are
            not in it, and its ``treaty.toml`` says whose rows are not published.

        Raises
        ------
        DataError
            When something is in the folder already.

        Examples
        --------
        >>> import tempfile, pathlib, stockpile as sp
        >>> with tempfile.TemporaryDirectory() as place:
        ...     saved = sp.load("ccm").save(pathlib.Path(place) / "mine")
        ...     len(sp.load(saved).quantities) == len(sp.load("ccm").quantities)
        True
        """
        tables = ["sources", "quantities", "events", *(["states"] if self.listed else [])]
        tables += [name for name in FURTHER_TABLES if name in self.covers]
        tables += ["steps"] if len(self.frame("steps")) else []
        frames = {name: self.frame(name) for name in TABLE_ORDER if name in tables}
        return write_treaty(folder, self.treaty, frames)

    def require_day(self) -> pd.Timestamp:
        """Return the as-of day, or say that one is needed."""
        if self.day is None:
            raise ValueError(
                "this needs an as-of day: call ledger.as_of('2012-04-19') first and pass the result"
            )
        return self.day


@cached
def _cut(ledger: Ledger, at: pd.Timestamp, rule: Rule) -> Ledger:
    """The rows of a ledger that were known by a day."""
    known = f"known_{rule}"
    quantities, events = ledger.frame("quantities"), ledger.frame("events")
    quantities = quantities[quantities[known] <= at]
    presumed = quantities["on"].isna() & ~(quantities["published"] <= at)
    quantities = quantities.assign(presumed=presumed).reset_index(drop=True)
    events = events[events[known] <= at].reset_index(drop=True)
    steps = ledger.frame("steps")
    steps = steps[steps[known] <= at].reset_index(drop=True) if len(steps) else steps
    # Most results need no more than these; the other tables are cut when they are asked for.
    further = {
        table: cache(partial(_cut_further, ledger, table, at, rule)) for table in FURTHER_TABLES
    }

    def cited(table: str, column: str) -> pd.DataFrame:
        """The rows of a table that the known rows name."""
        tables = (quantities, events, steps, *(rows() for rows in further.values()))
        named = set().union(*(rows[column].tolist() for rows in tables))
        frame = ledger.frame(table)
        return frame[frame[column].isin(named)].reset_index(drop=True)

    view = with_tables(
        ledger,
        states=ledger.states if ledger.listed else partial(cited, "states", "iso3"),
        sources=partial(cited, "sources", "source_id"),
        quantities=quantities,
        events=events,
        steps=steps,
        day=at,
        rule=rule,
        **further,
    )
    view.__dict__["_whole"] = ledger
    return view


def _cut_further(ledger: Ledger, table: str, at: pd.Timestamp, rule: Rule) -> pd.DataFrame:
    """The rows of a further table that were known by a day."""
    return known_rows(table, ledger.frame(table), at, rule)


def with_tables(ledger: Ledger, **changes: Any) -> Ledger:
    """As `dataclasses.replace`, but tables may be functions, and none is made for it."""
    kept = {field.name: ledger.__dict__[field.name] for field in fields(ledger)}
    return Ledger(**kept | changes)


def parse_day(day: object) -> pd.Timestamp:
    """Turn an ISO day, a date or a Timestamp into a Timestamp at midnight.

    Raises a `ValueError` for anything that is not one calendar day from 1900 to 2199. The message
    says whether it is written otherwise, is not in the calendar, or has a time zone.

    >>> parse_day("2012-04-19").year
    2012
    >>> parse_day("2012-04-31")
    Traceback (most recent call last):
    ...
    ValueError: '2012-04-31' is not a day of the calendar; expected YYYY-MM-DD, as 2012-04-19
    """
    right = "expected YYYY-MM-DD, as 2012-04-19"
    if isinstance(day, str):
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
            raise ValueError(f"{day!r} is not a day; {right}")
    elif not isinstance(day, dt.date | np.datetime64):  # a Timestamp is a date
        raise ValueError(f"{day!r} is not a day; {right}")
    try:
        at = pd.Timestamp(cast("str", day))
    except ValueError:
        raise ValueError(f"{day!r} is not a day of the calendar; {right}") from None
    if pd.isna(at):
        raise ValueError(f"{day!r} is not a day; {right}")
    if at.tz is not None:
        raise ValueError(f"{day!r} is not a day, for it has a time zone; {right}")
    if not 1900 <= at.year <= 2199:
        raise ValueError(f"{day!r} is not a day from 1900 to 2199; {right}")
    return at.normalize()


@cached
def entry_into_force(ledger: Ledger) -> pd.DataFrame:
    """When the treaty bound, or binds, each state that joined it.

    The day that the depositary states, else the one that follows from the day of consent
    (or signature) by the treaty's rule; where none does, or a successor joined, the day that
    another source states. Of several different days the source nearest to the fact is
    taken, then the one published last.

    Indexed by ``iso3``: ``consented``, ``entry_into_force``, ``stated`` (the day as sources have
    it, ``NaT`` if none does), ``by_rule`` (the day as it follows, ``NaT`` where none does).
    """
    binding = ledger.treaty.binding_acts
    best: dict[str, dict[str, tuple[Any, ...]]] = {
        act: {} for act in (*binding, "consented", "entered_into_force")
    }
    for iso3, event, day, kind, rank, published, source, value in ledger.rows(
        "events", "iso3", "event", "date", "kind", "rank", "published", "source_id", "value"
    ):
        if event in best and day is not None:
            far = event == "entered_into_force" and kind != "depositary"
            key = (far, rank, math.inf if published is None else -published, day, source, value)
            best[event][iso3] = min(best[event].get(iso3, key), key)
    consented, stated = best["consented"], best["entered_into_force"]
    acts = {iso3: each[3] for act in binding[::-1] for iso3, each in best[act].items()}
    days: list[_Joined] = []
    for iso3 in sorted({*consented, *stated, *acts}):
        consent, named = consented.get(iso3), stated.get(iso3)
        wins = named is not None and (not named[0] or (consent or ("",))[-1] == "succession")
        consent_day, named_day = (None if one is None else one[3] for one in (consent, named))
        days.append((iso3, consent_day, named_day, acts.get(iso3), wins))
    return _entries_into_force(ledger.treaty, tuple(days))


#: A state, the day it consented, the day that is stated, the day of the act that its entry into
#: force is computed from, and whether the stated day wins.
_Joined = tuple[str, int | None, int | None, int | None, bool]


@cached  # on most days nobody joins
def _entries_into_force(treaty: Treaty, states: tuple[_Joined, ...]) -> pd.DataFrame:
    """Entry into force of states, from their day of consent, the stated day and their act."""
    codes, *days, wins = zip(*states, strict=True) if states else ((), (), (), (), ())
    columns = dict(zip(("consented", "stated", "act"), days, strict=True))
    table = from_columns(columns, dict.fromkeys(columns, "datetime64[us]"))
    table.index = pd.Index(codes, dtype="str", name="iso3")
    computed = treaty.entries_into_force(table["act"])
    by_statement = np.array(wins, dtype=bool) | computed.isna().to_numpy()
    chosen = np.where(by_statement, table["stated"].to_numpy(), computed.to_numpy())
    out = {"consented": table["consented"], "stated": table["stated"], "by_rule": computed}
    return pd.DataFrame(out | {"entry_into_force": chosen})
