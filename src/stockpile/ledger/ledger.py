"""The accepted statements of one treaty, and what of them was known on a day.

Every statement has a day it speaks of and a day it became known. The day it
became known is worked out here, once, for both rules of knowing:

``published``
    Known on the day its source was published. A source without such a day is
    never known under this rule.
``reported``
    Known on publication, or on the treaty's first reporting date after the fact,
    whichever came first, because many sources are younger than what they tell.

Under both, acts of membership are known on their day, a plan or a stated
deadline on publication alone (it speaks of the future), and nothing before it
happened. A declaration without a date speaks of the stock a state had to begin
with: under ``reported`` it is *presumed* to be that of the initial transparency
report, and known on the reporting date on which, or next after, that report
fell due, if it was published while the treaty's years were still running. A presumed figure
gives way to any figure that was out by the day, and of several presumed ones
the earliest published is taken, so that a later restatement stays out.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from stockpile.common.cache import LazyFrame, cached
from stockpile.common.frames import from_columns, values
from stockpile.ledger import availability as filings
from stockpile.treaty.rules import Treaty

Rule = Literal["reported", "published"]
RULES: tuple[str, ...] = get_args(Rule)


@dataclass(frozen=True, eq=False)
class Ledger:
    """The accepted rows of one treaty folder.

    A ledger never changes. Its frames are handed out as copies, which cost nothing until
    they are changed; `dataclasses.replace` makes another ledger.

    Attributes
    ----------
    treaty : Treaty
        The rules the rows are read by.
    states : pandas.DataFrame
        ``iso3``, ``name``.
    sources : pandas.DataFrame
        ``source_id``, ``title``, ``publisher``, ``kind``, ``published`` (day),
        ``published_precision``, ``url``.
    quantities : pandas.DataFrame
        ``iso3``, ``measure``, ``unit``, ``quantity``, ``qualifier``,
        ``period_start``, ``period_end``, ``source_id``, ``kind`` and ``published``
        of the source, ``on`` (the day the row speaks of), ``known_reported``,
        ``known_published``, ``presumed``, ``file``, ``line``.
    events : pandas.DataFrame
        ``iso3``, ``event``, ``date``, ``precision``, ``value``, ``new_deadline``,
        ``source_id`` and the same columns of knowing as ``quantities``.
    transparency_reports, national_legislation, interpretive_views, allegations : pandas.DataFrame
        The further tables, empty where the folder has none, with the same columns of
        knowing; see `stockpile.ledger.availability`.
    covers : frozenset of str
        Which of the further tables the folder has, with rows or without.
    rejected, warnings, counts : pandas.DataFrame
        The account of all rows read; see `stockpile.treaty.folder.Ingested`.
    data_hash : str
        SHA-256 over the input files.
    folder : pathlib.Path
        Where the rows were read.
    listed : bool
        Whether ``states.csv`` names the states; if not, they are those of the known rows.
    day : pandas.Timestamp or None
        The as-of day; ``None`` for everything on record.
    rule : str or None
        The rule of knowing that was applied.
    """

    treaty: Treaty
    states: pd.DataFrame
    sources: pd.DataFrame
    quantities: pd.DataFrame
    events: pd.DataFrame
    transparency_reports: pd.DataFrame
    national_legislation: pd.DataFrame
    interpretive_views: pd.DataFrame
    allegations: pd.DataFrame
    covers: frozenset[str]
    rejected: pd.DataFrame
    warnings: pd.DataFrame
    counts: pd.DataFrame
    data_hash: str
    folder: Path
    listed: bool = True
    day: pd.Timestamp | None = None
    rule: Rule | None = None

    def as_of(self, day: object, rule: Rule = "reported") -> Ledger:
        """The ledger as it was known on a day.

        Parameters
        ----------
        day : str, datetime.date or pandas.Timestamp
            The as-of day, as ``"2012-04-19"``.
        rule : {"reported", "published"}
            What 'known' means; see the module's own text.

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
        >>> then = ccm.as_of("2014-12-31")
        >>> peru = then.quantities.query("iso3 == 'PER' and measure == 'declared'")
        >>> sorted(set(peru.loc[~peru["presumed"], "quantity"].tolist()))
        [676.0, 86200.0]
        """
        at = parse_day(day)
        if rule not in RULES:
            raise ValueError(f"rule is {rule!r}; expected one of {', '.join(RULES)}")
        if self.day is not None and (at > self.day or rule != self.rule):
            raise ValueError(
                f"this ledger is already cut to {self.day:%Y-%m-%d} by the rule {self.rule!r}; "
                "start from the whole ledger for a later day or another rule"
            )
        return _cut(self, at, rule)

    def __getattribute__(self, name: str) -> Any:
        """Hand out a frame as a copy, so that whoever changes it changes no one else's."""
        value = super().__getattribute__(name)
        value = value.frame if isinstance(value, LazyFrame) else value
        return value.copy(deep=False) if isinstance(value, pd.DataFrame) else value

    def rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Rows of one of its tables as plain tuples, for loops; see `stockpile.common.frames`.

        Examples
        --------
        >>> import stockpile as sp
        >>> dict(sp.load("ccm").rows("states", "iso3", "name"))["PER"]
        'Peru'
        """
        kept, frame = self._columns, self.__dict__[table]
        frame = frame.frame if isinstance(frame, LazyFrame) else frame
        for name in columns:
            if (table, name) not in kept:
                kept[table, name] = values(frame[name])
        return zip(*(kept[table, name] for name in columns), strict=True)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], list[Any]]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what was worked out, when a ledger is sent to another process."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def bound(self) -> pd.DataFrame:
        """What `entry_into_force` returns for the ledger, worked out once."""
        return entry_into_force(self)

    @property
    def newest(self) -> pd.Timestamp:
        """Day on which the newest row became known: an as-of day that needs no clock."""
        further = (getattr(self, table) for table in filings.TABLES)
        known = [rows["known_reported"].max() for rows in (self.quantities, self.events, *further)]
        days = [day for day in known if pd.notna(day)]
        return max(days) if days else self.treaty.first_entry_into_force

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
    quantities, events = ledger.quantities, ledger.events
    quantities = quantities[quantities[known] <= at]
    presumed = quantities["on"].isna() & ~(quantities["published"] <= at)
    quantities = quantities.assign(presumed=presumed).reset_index(drop=True)
    events = events[events[known] <= at].reset_index(drop=True)
    # Most results need no more than these; the rest is cut when somebody asks.
    further = {
        table: LazyFrame(partial(_cut_further, ledger, table, at, rule)) for table in filings.TABLES
    }

    def said(column: str) -> set[str]:
        """What stands in a column of all rows that were known."""
        tables = (quantities, events, *(later.frame for later in further.values()))
        return set().union(*(rows[column].tolist() for rows in tables))

    def of(table: str, column: str) -> pd.DataFrame:
        """The rows of a table that the known rows speak of."""
        rows: pd.DataFrame = getattr(ledger, table)
        return rows[rows[column].isin(said(column))].reset_index(drop=True)

    return _with(
        ledger,
        states=ledger.states if ledger.listed else LazyFrame(lambda: of("states", "iso3")),
        quantities=quantities,
        events=events,
        sources=LazyFrame(lambda: of("sources", "source_id")),
        day=at,
        rule=rule,
        **further,
    )


def _cut_further(ledger: Ledger, table: str, at: pd.Timestamp, rule: Rule) -> pd.DataFrame:
    """The rows of a further table that were known by a day."""
    return filings.cut(table, getattr(ledger, table), at, rule)


def parse_day(day: object) -> pd.Timestamp:
    """Turn an ISO day, a date or a Timestamp into a Timestamp at midnight.

    Raises
    ------
    ValueError
        For anything that is not one calendar day from 1900 to 2199.

    Examples
    --------
    >>> parse_day("2012-04-19").year
    2012
    """
    try:
        iso = isinstance(day, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day)
        if not iso and not isinstance(day, dt.date | np.datetime64):  # a Timestamp is a date
            raise ValueError
        at = pd.Timestamp(cast("str", day))
        if pd.isna(at) or at.tz is not None or not 1900 <= at.year <= 2199:
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(f"{day!r} is not a day; expected YYYY-MM-DD, as 2012-04-19") from None
    return at.normalize()


def _with(ledger: Ledger, **changes: Any) -> Ledger:
    """Like `dataclasses.replace`, but what is to be worked out later stays so."""
    kept = {field.name: ledger.__dict__[field.name] for field in fields(ledger)}
    return Ledger(**kept | changes)


def entry_into_force(ledger: Ledger) -> pd.DataFrame:
    """When the treaty bound, or binds, each state that consented to it.

    Computed from the day of consent by the treaty's rule; where consent is not
    on record, a stated day stands in. Of several different days the source
    nearest to the fact is taken, then the one published last.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``iso3``: ``consented``, ``entry_into_force``, ``stated`` (the
        day as sources have it, ``NaT`` if none does).
    """
    best: dict[str, dict[str, tuple[Any, ...]]] = {"consented": {}, "entered_into_force": {}}
    for iso3, event, day, rank, out, source in ledger.rows(
        "events", "iso3", "event", "date", "rank", "published", "source_id"
    ):
        if event in best and day is not None:
            key = (rank, math.inf if out is None else -out, day, source)
            best[event][iso3] = min(best[event].get(iso3, key), key)
    consented, stated = ({iso3: said[2] for iso3, said in of.items()} for of in best.values())
    told = tuple(
        (iso3, consented.get(iso3), stated.get(iso3)) for iso3 in sorted({*consented, *stated})
    )
    return _entries_into_force(ledger.treaty, told)


@cached  # on most days nobody joins
def _entries_into_force(
    treaty: Treaty, told: tuple[tuple[str, int | None, int | None], ...]
) -> pd.DataFrame:
    """Entry into force of states, from the day of consent and the stated day of each."""
    codes, *days = zip(*told, strict=True) if told else ((), (), ())
    columns = dict(zip(("consented", "stated"), days, strict=True))
    table = from_columns(columns, dict.fromkeys(columns, "datetime64[us]"))
    table.index = pd.Index(codes, dtype="str", name="iso3")
    computed = treaty.entries_into_force(table["consented"])
    return table.assign(entry_into_force=computed.fillna(table["stated"]))
