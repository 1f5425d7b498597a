"""What a row of a table says of all its figures: state, document, time and unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from stockpile.common.grid import Coded, Mask
from stockpile.spreadsheets.body import Body, Read, Text, text
from stockpile.spreadsheets.cells import Odd, shown, unmarked
from stockpile.spreadsheets.countries import find
from stockpile.spreadsheets.days import Span
from stockpile.spreadsheets.layout import Column
from stockpile.spreadsheets.plans import moment, unit_named
from stockpile.spreadsheets.stated import Origin, Source
from stockpile.treaty.schema import SOURCE_KINDS

#: Among so many different names near misses are looked for; that takes long.
_SUGGESTED = 1_000
#: Columns that name the document of a row.
_SOURCED = ("source", "source_id", "published", "kind", "publisher", "url")


class _Name(NamedTuple):
    """The state in a cell, or why there is none."""

    iso3: str = ""
    reason: str = ""
    expected: str = ""
    mark: str = ""


class Facts(NamedTuple):
    """What holds for all figures of a row, in texts of each row.

    Attributes
    ----------
    iso3, start, end, precision, unit : Coded
        Its state, the first and last day that it speaks of and how exactly, and the unit that it
        names; empty where it does not.
    source : Coded
        Its document, or the id of one that is known already.
    clock : str
        The column that says the time.
    silent : array of bool
        Where that column has nothing that could not be read, so that no time is none.
    origin : dict of str to (Coded, Coded)
        The heading and the cell that the state and the unit came from.
    """

    iso3: Coded
    source: Coded
    start: Coded
    end: Coded
    precision: Coded
    clock: str
    silent: Mask
    unit: Coded
    origin: dict[str, Origin]


def facts(body: Body, states: Mapping[str, str], known: frozenset[str]) -> Facts:
    """Read what holds for all figures of each row.

    Parameters
    ----------
    body : Body
    states : mapping of str to str
        Names of the treaty's states by code.
    known : frozenset of str
        The ids of sources that a row may cite.
    """
    iso3, named = _state(body, states)
    source = _source(body, known)
    start, end, precision, clock, silent = _time(body)
    unit, united = _unit(body)
    origin = {"iso3": named, "unit": united}
    return Facts(iso3, source, start, end, precision, clock, silent, unit, origin)


def _state(body: Body, states: Mapping[str, str]) -> tuple[Coded, Origin]:
    """The state of each row, which name and code have to agree on."""
    known: dict[str, _Name] = {}

    def name(value: object) -> _Name:
        if isinstance(value, Odd):
            return _Name(reason=value.reason, expected=value.expected)
        plain, mark = unmarked(shown(value))
        if plain not in known:
            known[plain] = _Name(*find(plain, states=states, near=len(known) < _SUGGESTED))
        return known[plain]._replace(mark=mark)

    columns = body.table.of("state")
    reads: list[tuple[Column, Read, Coded]] = []
    left = body.whole.copy()
    chosen = np.full(len(left), -1)  # the column that named the state of a row
    differs = np.zeros(len(left), dtype=np.bool_)
    for column in columns:
        read = body.read(column, name, left)
        left &= ~read.wrong
        iso3 = read.of("iso3")
        for n, (_, _, earlier) in enumerate(reads):
            same = read.there & (chosen == n)
            differs |= same & (iso3.rows() != earlier.rows())
        chosen[read.there & (chosen < 0)] = len(reads)
        reads.append((column, read, iso3))
        body.marked(column, read, "iso3")
    expected = "a state's name or code in each row"
    body.wrong(left & (chosen < 0), columns[0].heading.text, "", "no state", expected)
    if differs.any():
        _disagree(body, differs & left, reads)
    if len(reads) == 1:
        column, read, iso3 = reads[0]
        return iso3, (body.all(column.heading.text), read.cells)
    texts = np.full((3, len(left)), "", dtype=object)
    for n, (column, read, iso3) in enumerate(reads):
        mine = chosen == n
        texts[0, mine], texts[1, mine] = iso3.rows()[mine], column.heading.text
        texts[2, mine] = read.cells.rows()[mine]
    iso3, headings, cells = map(Coded.of, texts)
    return iso3, (headings, cells)


def _disagree(body: Body, differs: Mask, reads: list[tuple[Column, Read, Coded]]) -> None:
    """Note what the columns of a row have to say of its state."""
    values, reasons = [], []
    for at in np.flatnonzero(differs):
        found: dict[str, str] = {}
        for _, read, iso3 in reads:
            if read.there[at]:
                cell, _ = read.at(int(at))
                found.setdefault(iso3.values[iso3.codes[at]], shown(cell))
        reasons.append(" but ".join(f"{text!r} is {code}" for code, text in found.items()))
        last = reads[-1][1].cells
        values.append(shown(last.values[last.codes[at]]))
    body.wrong(differs, reads[-1][0].heading.text, values, reasons, "one state in each row")


def _source(body: Body, known: frozenset[str]) -> Coded:
    """The document that each row names, or that the options name for all of them."""
    how, table = body.how, body.table
    plain = Source(
        how.options.source or table.sheet.file, "", how.options.kind,
        *moment(how.options.published)[1:3], "",
    )  # fmt: skip
    if not any(table.of(role) for role in _SOURCED):
        return body.all(plain)

    def cited(value: object) -> Text:
        found = text(value)
        if found.reason or found.text in known:
            return found
        return Text(
            found.text,
            "the source is not among those of the treaty",
            "the source_id of one that is; or the columns 'source' and 'published' instead",
        )

    def kind(value: object) -> Text:
        found = text(value)
        word = found.text.lower().replace(" ", "_")
        if found.reason or not word or word in SOURCE_KINDS:
            return found._replace(text=word)
        return Text("", "not a kind of source", " or ".join(SOURCE_KINDS))

    ids = body.text("source_id", cited)
    own = ids.over(text == "" for text in ids.values)
    day = precision = body.all("")
    for column in table.of("published"):
        read = body.read(column, body.span(), own)
        body.marked(column, read, "end")
        day, precision = read.of("end"), read.of("precision")

    def document(
        cite: str, title: str, publisher: str, what: str, end: str, exact: str, url: str
    ) -> Source | str:
        published = (end, exact) if end else (plain.published, plain.published_precision)
        return cite or Source(title or plain.title, publisher, what or plain.kind, *published, url)

    texts = [body.text(role, where=own) for role in ("source", "publisher")]
    parts = [ids, *texts, body.text("kind", kind, own), day, precision, body.text("url", where=own)]
    return Coded.joined(parts, document)


def _time(body: Body) -> tuple[Coded, Coded, Coded, str, Mask]:
    """First and last day that each row speaks of, how exactly, the column, where it is silent."""
    role, nothing = body.how.time, body.all("")
    if not role:
        return nothing, nothing, nothing, "", body.whole
    column = body.table.of(role)[0]
    read = body.read(column, body.span(period=role == "period"))
    body.marked(column, read, "end")
    times = [read.of(name) for name in ("start", "end", "precision")]
    since = nothing
    if role == "period_end":
        for first in body.table.of("period_start"):
            begun = body.read(first, body.span())
            body.marked(first, begun, "end")
            since = begun.of("start")

    def whole(start: str, end: str, precision: str, since: str) -> Span:
        if since:
            return Span(since, end, "period")
        return Span(start, end, "period" if role == "period" and end else precision)

    spans = Coded.joined([*times, since], whole)
    start, end, precision = (
        spans.become([getattr(one, name) for one in spans.values])
        for name in ("start", "end", "precision")
    )
    # What cannot be read is told of already.
    return start, end, precision, column.heading.text, ~read.wrong


def _unit(body: Body) -> tuple[Coded, Origin]:
    """The unit that each row names, if it names one."""
    units = body.how.treaty.units

    def unit(value: object) -> Text:
        found = unit_named(shown(value), body.how.treaty)
        if found or shown(value) == "unspecified":
            return Text(found or "unspecified")
        return Text("unspecified", "not a unit of the treaty", " or ".join(units))

    for column in body.table.of("unit"):
        read = body.read(column, unit)
        return read.of("text"), (body.all(column.heading.text), read.cells)
    return body.all(""), (body.all("unit"), body.all(""))
