"""What a treaty folder's tables may hold: their columns, and the words of each.

The data dictionary beside each packaged treaty says what they mean; this is the
same in the form that `stockpile.treaty.folder` checks rows by.
"""

from __future__ import annotations

from typing import NamedTuple

MEASURES = (
    "declared",
    "destroyed",
    "destroyed_total",
    "destroyed_share",
    "remaining",
    "retained",
    "retained_destroyed",
)
QUALIFIERS = ("exact", "approx", "at_least", "nearly")
PRECISIONS = ("day", "month", "year", "on_or_before", "unknown")
SOURCE_KINDS = ("depositary", "state", "treaty_body", "monitor", "organisation", "press")
CONSENTS = ("ratification", "accession", "acceptance", "approval", "succession")
#: Values an event may carry: a set of words, ``"date"`` for a day or month, ``None`` for none.
EVENTS: dict[str, tuple[str, ...] | str | None] = {
    "signed": None,
    "consented": CONSENTS,
    "entered_into_force": None,
    "withdrawal_notified": None,
    "suspension_notified": None,
    "withdrew": None,
    "planned_completion": None,
    "deadline_stated": ("original", "extended"),
    "deadline_missed": None,
    "extension_requested": "date",
    "extension_granted": "date",
    "completed": None,
    "reopened": None,
}
#: Acts that everybody can see on the day they are done, at the depositary.
MEMBERSHIP_ACTS = (
    "signed",
    "consented",
    "entered_into_force",
    "withdrawal_notified",
    "suspension_notified",
    "withdrew",
)
#: Statements about the future: the date in them is no day on which anything happened.
FORWARD_EVENTS = ("planned_completion", "deadline_stated")
#: Measures that may stand without a day: what a state had, or keeps, 'at that time'.
UNDATED_MEASURES = ("declared", "retained")
#: Measures that may speak of a period rather than of a day.
PERIOD_MEASURES = ("destroyed", "destroyed_total", "destroyed_share", "retained_destroyed")

#: The tables of a folder, each after those that its cells refer to.
TABLE_ORDER = (
    "sources",
    "states",
    "quantities",
    "events",
    "transparency_reports",
    "national_legislation",
    "interpretive_views",
    "allegations",
)
REQUIRED = ("sources", "quantities", "events")


class Column(NamedTuple):
    """What a cell of a column may hold."""

    #: text, choice (one of `choices`), unit, iso3, source, day, partial, year or number
    kind: str
    required: bool = True
    choices: tuple[str, ...] = ()
    unique: bool = False


_ISO3 = Column("iso3")
_SOURCE = Column("source")
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
    "states": {"iso3": Column("iso3", unique=True), "name": Column("text")},
    "quantities": {
        "iso3": _ISO3,
        "measure": Column("choice", choices=MEASURES),
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
