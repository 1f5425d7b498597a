"""Column headings as people write them, and what each means.

A heading is a measure, a unit and a time in any order: 'Submunitions destroyed
in 2012'. Each part has to be one of the phrases listed here (and in
docs/own-data.md); a heading with anything else in it is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from stockpile.spreadsheets.cells import unmarked
from stockpile.spreadsheets.countries import folded
from stockpile.spreadsheets.days import span

#: Phrases by meaning. 'stock' stands for stocks and stockpile(s) too.
ROLES: dict[str, tuple[str, ...]] = {
    "state": (
        "state", "states", "state party", "states parties", "state name", "country", "countries",
        "country name", "name", "iso3", "iso 3", "iso2", "iso 2", "iso code", "iso", "code",
        "country code", "iso 3166", "etat", "etats", "etat partie", "pays", "estado",
        "estado parte", "pais", "staat", "staaten", "vertragsstaat", "land", "stato", "paese",
        "государство", "страна", "الدولة", "国家",
    ),
    "year": ("year", "calendar year", "reporting year", "annee", "ano", "jahr", "anno", "год"),
    "period": ("period", "reporting period", "years"),
    "date": ("date", "as of", "as at", "on", "by", "at", "day", "date of figure", "position on"),
    "period_start": ("period start", "start", "from", "start date", "since"),
    "period_end": ("period end", "end", "to", "until", "end date"),
    "unit": ("unit", "units", "weapon", "weapon type", "kind of munition"),
    "measure": ("measure", "indicator", "what"),
    "quantity": ("quantity", "amount", "value", "figure", "number"),
    "qualifier": ("qualifier", "precision of figure"),
    "source": ("source", "sources", "document", "reference", "source title"),
    "source_id": ("source id",),
    "published": ("published", "publication date", "date published", "date of publication",
                  "published on"),
    "kind": ("kind", "source kind", "kind of source"),
    "publisher": ("publisher",),
    "url": ("url", "link", "web address", "address"),
    "event": ("event",),
    "precision": ("precision",),
    "event_value": ("event value",),
}  # fmt: skip

MEASURES: dict[str, tuple[str, ...]] = {
    "declared": (
        "declared", "declared stock", "stock declared", "initial stock", "initially declared",
        "total declared", "total declared stock", "original stock", "originally declared",
        "declared initially", "declared total",
    ),
    "destroyed": ("destroyed", "destruction", "stock destroyed", "destroyed stock"),
    "destroyed in": (
        "destroyed in year", "destroyed in the year", "destroyed during year",
        "destroyed during the year", "destroyed per year", "destroyed each year",
        "annually destroyed", "destroyed annually", "annual destruction", "destroyed in period",
        "destroyed in the period", "destroyed during period", "destroyed during the period",
        "annual", "per year",
    ),
    "total destroyed": ("total destroyed", "destroyed total"),
    "destroyed_total": (
        "cumulative", "cumulative destroyed", "destroyed cumulative", "cumulatively destroyed",
        "destroyed to date", "destroyed so far", "total destroyed to date", "running total",
        "running total destroyed",
        "destroyed running total", "cumulative total", "cumulative total destroyed",
    ),
    "destroyed_share": (
        "destroyed share", "share destroyed", "share of stock destroyed", "destroyed percent",
        "percent destroyed", "percentage destroyed", "percent of stock destroyed",
        "percentage of stock destroyed", "fraction destroyed", "percent complete",
        "percentage complete",
    ),
    "remaining": (
        "remaining", "remaining stock", "stock remaining", "left", "stock left", "remaining total",
        "still to be destroyed", "to be destroyed", "left to destroy", "remaining to be destroyed",
        "outstanding", "balance", "current stock",
    ),
    "retained": (
        "retained", "retained for training", "kept for training", "retained stock",
        "stock retained", "retained total",
    ),
    "retained_destroyed": ("retained destroyed", "destroyed from retained"),
    "completed": (
        "completed", "completed on", "completion", "completion date", "date completed",
        "date of completion", "destruction completed", "destruction completed on", "completed in",
    ),
    "planned_completion": (
        "planned completion", "planned completion date", "target date", "expected completion",
        "expected completion date", "plans to complete by", "to be completed by",
    ),
    "entered_into_force": ("entry into force", "entered into force", "date of entry into force",
                           "eif", "in force since"),
    "signed": ("signed", "signature", "date of signature", "signed on"),
}  # fmt: skip

#: Measures that are facts with a date and not numbers.
EVENTS = ("completed", "planned_completion", "entered_into_force", "signed")

#: Columns that say nothing about a stock; they are left out, and that is said.
ASIDE = (
    "note", "notes", "comment", "comments", "remark", "remarks", "region", "subregion",
    "continent", "footnote", "footnotes", "no", "nr", "row", "rank", "capital", "id", "index",
    "unnamed 0",
)  # fmt: skip

#: One heading of each kind, as messages name them; those of numbers may have a unit and a time.
SUGGESTED = (
    "'declared'", "'destroyed to date'", "'destroyed in 2012'", "'destroyed by end of 2012'",
    "'remaining'", "'retained'", "'percent destroyed'", "'completed'", "'planned completion'",
    "'entry into force'", "'year'", "'date'", "'period'", "'unit'", "'source'", "'published'",
    "'note'",
)  # fmt: skip

#: Phrases for the units of the packaged treaties; a unit's own name always holds.
UNITS: dict[str, tuple[str, ...]] = {
    "cluster_munitions": ("cluster munitions", "cluster munition", "munitions", "containers"),
    "submunitions": ("explosive submunitions", "submunitions", "submunition", "bomblets"),
    "antipersonnel_mines": (
        "anti personnel landmines", "anti personnel mines", "antipersonnel landmines",
        "antipersonnel mines", "ap mines", "apms", "landmines", "mines",
    ),
}  # fmt: skip

#: Two things that a word alone may mean.
_STOCK = ("stock", "total stock", "stock total", "holdings", "total", "number of stock")
_FILLER = {"number", "numbers", "no", "of", "the", "quantity", "amount", "items", "pieces", "all"}
_LONGEST = 200  # characters that a heading may have
_YEAR = "(?:19|20|21)[0-9]{2}"
_IN = r"(?:in|during|for|within)\s+(?:the\s+)?(?:calendar\s+)?(?:year\s+)?"
_BY = (
    r"(?:(?:as\s+of|as\s+at|by|until|up\s+to|to|on|at)\s+)?(?:the\s+)?(?:end|close)(?:\s+of)?\s+"
    r"|(?:as\s+of|as\s+at|by|until|up\s+to|to|on|at)\s+"
)


class Heading(NamedTuple):
    """What a heading says.

    ``role`` is one of `ROLES`, ``"figure"`` for a measure, ``"aside"`` for a
    column without statements, or empty for one not recognised. ``measure`` is
    one of `MEASURES`, or empty where the heading has a time alone. ``start`` and
    ``end`` bound its time; ``mode`` is ``"in"`` or ``"by"`` where it says which.
    """

    text: str
    role: str = ""
    measure: str = ""
    unit: str = ""
    start: str = ""
    end: str = ""
    precision: str = ""
    mode: str = ""
    percent: bool = False
    unclear: str = ""


def heading(cell: object, units: Sequence[str], *, date_order: str = "") -> Heading:
    """Read a heading.

    Parameters
    ----------
    cell : object
        Text, or the year or day that a workbook keeps as such.
    units : sequence of str
        Those of the treaty.
    date_order : {"", "dmy", "mdy"}

    Examples
    --------
    >>> units = ("cluster_munitions", "submunitions")
    >>> found = heading("Submunitions destroyed in 2012", units)
    >>> found.measure, found.unit, found.start, found.end, found.mode
    ('destroyed', 'submunitions', '2012-01-01', '2012-12-31', 'in')
    >>> heading("Country", units).role, heading("Destroyd", units).role
    ('state', '')
    """
    if not isinstance(cell, str):
        time = span(cell)
        text = time.end if time.precision == "day" else time.end[:4]
        if time.reason:
            return Heading(str(cell))
        return Heading(text, "figure", "", "", time.start, time.end, time.precision)
    shown = " ".join(cell.split())
    if len(shown) > _LONGEST:
        return Heading(shown[:_LONGEST])
    # The data dictionary's word is never the total of one year; 'total destroyed 2012' may be.
    text = shown.replace("destroyed_total", "cumulative destroyed").replace("_", " ")
    text = unmarked(text)[0]
    for role, phrases in ROLES.items():
        if folded(text) in {folded(phrase) for phrase in phrases}:
            return Heading(shown, role)
    if folded(text) in ASIDE:
        return Heading(shown, "aside")
    rest, when, mode, problem = _time(text, date_order)
    if problem:
        return Heading(shown, unclear=problem)
    words = folded(re.sub(r"%|\bper cent\b", " percent ", rest, flags=re.I))
    percent = bool(re.search(r"\bpercent", words))
    words, unit = _unit(words, units)
    words = " ".join(
        re.sub("^(?:stocks|stockpiles?)$", "stock", word)
        for word in words.split()
        if word not in _FILLER
    )
    at = {"unit": unit, "start": when[0], "end": when[1], "precision": when[2], "mode": mode}
    measure = _measure(words)
    if percent and not measure and _measure(words.replace("percent", "")) == "destroyed_share":
        measure = "destroyed_share"  # 'share destroyed (%)'
    if measure == "destroyed in":
        measure, at["mode"] = "destroyed", "in"
    elif measure == "total destroyed":  # 'total destroyed 2012' may be that of the year
        measure = "destroyed" if when[1] else "destroyed_total"
    if measure:
        return Heading(shown, "figure", measure, percent=percent, **at)
    if words in _STOCK:
        return Heading(
            shown,
            unclear=f"{shown!r} may be the stock to begin with, what is left of it, or a sum; say "
            f"columns={{{shown!r}: 'declared'}} or columns={{{shown!r}: 'remaining'}}, or "
            f"columns={{{shown!r}: None}} to leave it out",
        )
    if not words and (when[1] or unit):
        return Heading(shown, "figure", "", percent=percent, **at)
    return Heading(shown)


def _measure(words: str) -> str:
    """The measure that words without unit and time stand for."""
    for measure, phrases in MEASURES.items():
        if " ".join(words.split()) in {_unfilled(phrase) for phrase in phrases}:
            return measure
    return ""


def _unfilled(words: str) -> str:
    return " ".join(word for word in words.split() if word not in _FILLER)


def _unit(words: str, units: Sequence[str]) -> tuple[str, str]:
    """Take the unit out of the words of a heading."""
    phrases = [(folded(unit.replace("_", " ")), unit) for unit in units]
    phrases += [(phrase, unit) for unit in units for phrase in UNITS.get(unit, ())]
    for phrase, unit in sorted(phrases, key=lambda pair: -len(pair[0])):
        if re.search(rf"\b{phrase}\b", words):
            return re.sub(rf"\b{phrase}\b", " ", words, count=1), unit
    return words, ""


def _time(text: str, date_order: str) -> tuple[str, tuple[str, str, str], str, str]:
    """Take the time out of a heading: the rest, first and last day, how told, any problem."""
    nothing = ("", "", "")
    day = rf"{_YEAR}-[0-9]{{2}}(?:-[0-9]{{2}})?|[0-9]{{1,2}}[./-][0-9]{{1,2}}[./-]{_YEAR}"
    named = rf"[0-9]{{1,2}}\.?\s[A-Za-z]{{3,9}}\s{_YEAR}|[A-Za-z]{{3,9}}\s[0-9]{{1,2}},?\s{_YEAR}"
    years = rf"{_YEAR}\s*(?:[-–—]|\bto\b)\s*{_YEAR}"
    month = rf"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.?\s{_YEAR}"
    pattern = re.compile(
        rf"(?<![0-9])(?:({_IN})|({_BY}))?({years}|{day}|{named}|{month}|{_YEAR})(?![0-9])", re.I
    )
    found = pattern.search(text)
    if not found:
        return text, nothing, "", ""
    if re.search(rf"(?<![0-9]){_YEAR}(?![0-9])", text[found.end() :]):
        return text, nothing, "", f"{text!r} names two times; expected one, or a period 2010-2012"
    time = span(re.sub(r"\s+to\s+", "–", found[3]), date_order=date_order, period=True)
    if time.reason:
        return text, nothing, "", f"the date in {text!r} {time.reason}; expected {time.expected}"
    mode = "in" if found[1] or time.precision == "period" else "by" if found[2] else ""
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return rest, (time.start, time.end, time.precision), mode, ""
