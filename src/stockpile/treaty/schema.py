"""What a treaty folder's tables may hold: their columns, and the words allowed in each.

It stands in ``schema.toml``: the only table of measures and of events. The data dictionaries of
the packaged treaties describe the columns for readers; `stockpile.treaty.folder` checks rows by
this module.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, NamedTuple

_TABLES = tomllib.loads(Path(__file__).with_name("schema.toml").read_text(encoding="utf-8"))
QUALIFIERS, PRECISIONS, SOURCE_KINDS, CONSENTS = (tuple(ws) for ws in _TABLES["words"].values())


class Measure(NamedTuple):
    """What a number in ``quantities.csv`` counts, and all that depends on it.

    Reconciliation, readers of other people's tables, charts, pages and documents take
    what they need from here. The headings by which people's own tables name a measure
    are in ``spreadsheets/headings.toml``; a measure without any fails a test.
    """

    name: str
    #: What the number is: a stock on a day, a flow over a period, or a share of the stock.
    kind: Literal["stock", "flow", "share"]
    #: The reconciled figure it is evidence of; empty for what is no progress on the obligation.
    figure: Literal["declared", "destroyed", "remaining", "retained", "elsewhere", ""]
    #: How directly it gives that figure; of two statements the one with the lower number wins.
    rank: int
    #: What it means, as the data dictionaries have it.
    meaning: str
    #: What a column of it is read as, in a few words.
    title: str
    #: The head of a group of such statements in a chart.
    head: str
    #: A statement of it in a sentence. ``{count}`` is the number with its unit, ``{by}`` and
    #: ``{on}`` the day, ``{when}`` the period; each but the first may be empty.
    sentence: str
    #: Whether it may stand without a day: what a state had, or keeps, 'at that time'.
    undated: bool = False
    #: Why it is no destruction of the stock, for a measure that speaks of none.
    aside: str = ""

    @property
    def has_period(self) -> bool:
        """Whether it may speak of a period rather than of a day."""
        return self.kind != "stock"


#: The measures by name, in the order in which charts and tables show them.
MEASURES: dict[str, Measure] = {each["name"]: Measure(**each) for each in _TABLES["measures"]}


class Event(NamedTuple):
    """What a row of ``events.csv`` states, and all that depends on it."""

    name: str
    #: ``act``: of membership, which everybody can see on its day at the depositary;
    #: ``forward``: about the future, so that its date is no day on which anything happened.
    kind: Literal["act", "forward", "past"]
    #: What it may carry in ``value``: one of some words, a day or month, or nothing.
    values: tuple[str, ...] | Literal["date"] | None
    #: A statement of it in a sentence. ``{when}`` and ``{by}`` are its day, ``{to}`` the new
    #: deadline, which may be empty.
    sentence: str
    #: The head of a group of such statements in a chart; empty for acts, which have no place there.
    head: str = ""


def _event(name: str, kind: Any = "", values: Any = None, **words: str) -> Event:
    """An event as the file has it; without a kind, the one that is of both tables."""
    if not kind:
        return EVENTS[name]
    values = CONSENTS if values == "consents" else values
    return Event(name, kind, tuple(values) if isinstance(values, list) else values, **words)


#: The events by name.
EVENTS: dict[str, Event] = {each["name"]: _event(**each) for each in _TABLES["events"]}
#: The events of ``steps.csv``, on the shares to be destroyed on the way, by name.
STEP_EVENTS: dict[str, Event] = {each["name"]: _event(**each) for each in _TABLES["steps"]}
#: The tables of events, and the events of each.
EVENT_TABLES = {"events": EVENTS, "steps": STEP_EVENTS}
_ALL_EVENTS = EVENTS | STEP_EVENTS
MEMBERSHIP_ACTS = tuple(event.name for event in EVENTS.values() if event.kind == "act")
FORWARD_EVENTS = tuple(event.name for event in _ALL_EVENTS.values() if event.kind == "forward")

#: The tables of a folder, each after those that its cells refer to.
TABLE_ORDER = tuple(_TABLES["tables"])
REQUIRED = ("sources", "quantities", "events")
#: Columns of ``states.csv`` that put states together: regions of the world, the larger first, and
#: the regional groups of the United Nations.
REGIONS = ("region", "subregion", "un_group")
#: The tables on what a state does beside destroying its stock.
FURTHER_TABLES = TABLE_ORDER[5:]


class Column(NamedTuple):
    """What a cell of a column may hold."""

    #: text, choice (one of `choices`), unit, stock, step, iso3, source, day, partial, year or
    #: number
    kind: str
    required: bool = True
    choices: tuple[str, ...] = ()
    unique: bool = False
    #: Whether a table may go without it.
    optional: bool = False


def _column(choices: Any = (), **rules: Any) -> Column:
    """A column as the file has it; its words may go by the name of a list of them."""
    lists = _TABLES["words"] | {"measures": MEASURES} | EVENT_TABLES
    words = lists[choices] if isinstance(choices, str) else choices
    return Column(choices=tuple(words), **rules)


SCHEMAS: dict[str, dict[str, Column]] = {
    table: {name: _column(**rules) for name, rules in columns.items()}
    for table, columns in _TABLES["tables"].items()
}
