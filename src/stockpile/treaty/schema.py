"""What a treaty folder's tables may hold: their columns, and the words allowed in each.

`MEASURES` and `EVENTS` are the only tables of measures and events. The data dictionaries of the
packaged treaties describe the columns for readers; `stockpile.treaty.folder` checks rows by this
module.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


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
MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "declared",
            "stock",
            "declared",
            0,
            "stock the state started with, as declared by `period_end`",
            "declared stock",
            "declared",
            "{count} declared{by}",
            undated=True,
        ),
        Measure(
            "destroyed",
            "flow",
            "destroyed",
            2,
            "destroyed between `period_start` and `period_end`",
            "destroyed",
            "destroyed over a period",
            "{count} destroyed{when}",
        ),
        Measure(
            "destroyed_total",
            "flow",
            "destroyed",
            0,  # 1 where it starts late, see `stockpile.stock.reconcile`
            "all that was destroyed up to `period_end`; with a `period_start`, only what was "
            "destroyed from that day on",
            "destroyed since the beginning",
            "destroyed up to a day",
            "{count} destroyed in all{when}",
        ),
        Measure(
            "destroyed_share",
            "share",
            "destroyed",
            3,
            "as `destroyed_total`, given as a share of the declared stock",
            "share of the declared stock destroyed",
            "share destroyed up to a day",
            "{count} destroyed{when}",
        ),
        Measure(
            "remaining",
            "stock",
            "remaining",
            0,
            "what was left to destroy on `period_end`",
            "still to be destroyed",
            "remaining",
            "{count} left{on}",
        ),
        Measure(
            "retained",
            "stock",
            "retained",
            0,
            "kept for training and research, as the convention permits; not part of what has to "
            "be destroyed",
            "retained for training",
            "retained for training",
            "{count} retained for training{on}",
            undated=True,
        ),
        Measure(
            "retained_destroyed",
            "flow",
            "",
            0,
            "destroyed out of what had been retained; does not count towards the obligation",
            "destroyed out of what was retained",
            "destroyed out of the stock retained",
            "{count} of those retained for training destroyed{when}",
            aside="out of the retained stock: no progress on the obligation",
        ),
        Measure(
            "transferred",
            "flow",
            "elsewhere",
            0,
            "handed to another state, with the obligation or for destruction there; not destroyed "
            "by the state itself",
            "handed to another state",
            "handed to another state over a period",
            "{count} handed to another state{when}",
            aside="handed over: not destroyed here",
        ),
        Measure(
            "converted",
            "flow",
            "elsewhere",
            0,
            "made into something that the treaty allows; not destroyed",
            "converted to what is allowed",
            "converted over a period",
            "{count} converted to what the treaty allows{when}",
            aside="converted: not destroyed",
        ),
    )
}
QUALIFIERS = ("exact", "approx", "at_least", "nearly")
PRECISIONS = ("day", "month", "year", "on_or_before", "unknown")
SOURCE_KINDS = ("depositary", "state", "treaty_body", "monitor", "organisation", "press")
CONSENTS = ("ratification", "accession", "acceptance", "approval", "succession")


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


#: The events by name.
EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        Event("signed", "act", None, "Signed the treaty: {when}"),
        Event("consented", "act", CONSENTS, "Gave its consent to be bound: {when}"),
        Event("entered_into_force", "act", None, "The treaty entered into force for it: {when}"),
        Event("withdrawal_notified", "act", None, "Gave notice of withdrawal: {when}"),
        Event("suspension_notified", "act", None, "Gave notice of suspending the treaty: {when}"),
        Event("withdrew", "act", None, "Withdrew from the treaty: {when}"),
        Event(
            "planned_completion",
            "forward",
            None,
            "Announced that it would finish {by}",
            "date the state announced",
        ),
        Event(
            "deadline_stated",
            "forward",
            ("original", "extended"),
            "Deadline stated: {when}",
            "deadline as stated",
        ),
        Event(
            "deadline_missed",
            "past",
            None,
            "Deadline of {when} named as missed",
            "deadline said to be missed",
        ),
        Event(
            "extension_requested",
            "past",
            "date",
            "Asked for an extension{to}",
            "extension asked for",
        ),
        Event(
            "extension_granted",
            "past",
            "date",
            "Was granted an extension{to}",
            "extension granted",
        ),
        Event("completed", "past", None, "Destruction completed: {when}", "day of completion"),
        Event(
            "reopened",
            "past",
            None,
            "Stock turned up after completion: {when}",
            "day on which stock was found again",
        ),
    )
}
#: The events of ``steps.csv``, on the shares to be destroyed on the way, by name.
STEP_EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        Event(
            "step_deadline_stated",
            "forward",
            ("original", "extended"),
            "Deadline of a step stated: {when}",
        ),
        EVENTS["extension_requested"],
        EVENTS["extension_granted"],
        Event("step_met", "past", None, "Step met: {when}"),
        Event("step_missed", "past", None, "Step of {when} named as missed"),
    )
}
#: The tables of events, and the events of each.
EVENT_TABLES = {"events": EVENTS, "steps": STEP_EVENTS}
_ALL_EVENTS = EVENTS | STEP_EVENTS
MEMBERSHIP_ACTS = tuple(event.name for event in EVENTS.values() if event.kind == "act")
FORWARD_EVENTS = tuple(event.name for event in _ALL_EVENTS.values() if event.kind == "forward")

#: The tables of a folder, each after those that its cells refer to.
TABLE_ORDER = (
    "sources",
    "states",
    "quantities",
    "events",
    "steps",
    "transparency_reports",
    "national_legislation",
    "interpretive_views",
    "allegations",
)
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


_ISO3 = Column("iso3")
_SOURCE = Column("source")
_STOCK = Column("stock", required=False, optional=True)
SCHEMAS: dict[str, dict[str, Column]] = {
    "sources": {
        "source_id": Column("text", unique=True),
        "title": Column("text"),
        "publisher": Column("text", required=False),
        "kind": Column("choice", choices=SOURCE_KINDS),
        "published": Column("day", required=False),
        "published_precision": Column(
            "choice", required=False, choices=("day", "month", "year", "edition")
        ),
        "url": Column("text", required=False),
    },
    "states": {
        "iso3": Column("iso3", unique=True),
        "name": Column("text"),
        **dict.fromkeys(REGIONS, Column("text", required=False, optional=True)),
    },
    "quantities": {
        "iso3": _ISO3,
        "measure": Column("choice", choices=tuple(MEASURES)),
        "unit": Column("unit"),
        "quantity": Column("number"),
        "qualifier": Column("choice", choices=QUALIFIERS),
        "period_start": Column("day", required=False),
        "period_end": Column("day", required=False),
        "source_id": _SOURCE,
    },
    "events": {
        "iso3": _ISO3,
        "event": Column("choice", choices=tuple(EVENTS)),
        "date": Column("day", required=False),
        "precision": Column("choice", choices=PRECISIONS),
        "value": Column("text", required=False),
        "stock": _STOCK,
        "source_id": _SOURCE,
    },
    "steps": {
        "iso3": _ISO3,
        "step_percent": Column("step", required=False),
        "event": Column("choice", choices=tuple(STEP_EVENTS)),
        "date": Column("day", required=False),
        "precision": Column("choice", choices=PRECISIONS),
        "value": Column("text", required=False),
        "stock": _STOCK,
        "source_id": _SOURCE,
    },
    "transparency_reports": {
        "iso3": _ISO3,
        "initial_due": Column("day", required=False),
        "initial_submitted": Column("partial", required=False),
        "as_of": Column("partial", required=False),
        "status": Column("choice", choices=("submitted", "overdue", "not_due", "unknown")),
        "source_id": _SOURCE,
    },
    "national_legislation": {
        "iso3": _ISO3,
        "status": Column(
            "choice",
            choices=("specific_law", "existing_law_sufficient", "in_progress", "none", "unknown"),
        ),
        "law_year": Column("year", required=False),
        "as_of": Column("partial", required=False),
        "source_id": _SOURCE,
    },
    "interpretive_views": {
        "iso3": _ISO3,
        "question": Column(
            "choice", choices=("assistance", "transit_foreign_stockpiling", "investment")
        ),
        "view": Column("choice", choices=("prohibited", "permitted", "other")),
        "as_of": Column("partial", required=False),
        "source_id": _SOURCE,
    },
    "allegations": {
        "iso3": _ISO3,
        "act": Column("choice", choices=("use", "production", "transfer")),
        "alleged_on": Column("partial", required=False),
        "assessment": Column(
            "choice", choices=("alleged", "credible", "confirmed", "denied", "refuted")
        ),
        "as_of": Column("partial", required=False),
        "source_id": _SOURCE,
    },
}
