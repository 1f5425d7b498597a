"""Column headings as people write them, and what each means.

A heading is a measure, a unit and a time in any order: 'Submunitions destroyed
in 2012'. Each part has to be one of the phrases in ``headings.toml``, which
docs/own-data.md lists; a heading with anything else in it is not recognised.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from stockpile.common.errors import Answer, Message
from stockpile.spreadsheets.countries import folded
from stockpile.spreadsheets.files import Merged, Sheet, value_in
from stockpile.spreadsheets.options import ALL_OTHERS, Options
from stockpile.spreadsheets.values import ADVICE, Shown, as_text, blank, number, span, unmarked
from stockpile.treaty.schema import CONSENTS
from stockpile.treaty.schema import MEASURES as SCHEMA

_PHRASES = tomllib.loads(
    resources.files("stockpile.spreadsheets").joinpath("headings.toml").read_text(encoding="utf-8")
)
#: Phrases by meaning: what a column says of its rows, and what its numbers or days are.
ROLES: dict[str, list[str]] = {k: each["headings"] for k, each in _PHRASES["roles"].items()}
MEASURES: dict[str, list[str]] = {k: each["headings"] for k, each in _PHRASES["measures"].items()}
#: What is a fact with a date and not a number: its event, and the value that this carries.
DATED: dict[str, tuple[str, str]] = {
    **{
        name: (name, "")
        for name in ("completed", "planned_completion", "entered_into_force", "signed")
    },
    **{kind: ("consented", kind) for kind in CONSENTS},
    "consented": ("consented", ""),  # each cell says of what kind
    # No later than the day of the treaty, it moves nothing; later, it is an extension.
    "deadline": ("deadline_stated", "extended"),
    "original deadline": ("deadline_stated", "original"),
}
#: Phrases for the units of the packaged treaties.
UNITS: dict[str, list[str]] = _PHRASES["units"]
#: Columns without a statement on a stock, and headings that may mean several things.
ASIDE, UNCLEAR = _PHRASES["aside"], _PHRASES["unclear"]
#: One heading of each kind, as messages name them.
SUGGESTED: list[str] = _PHRASES["suggested"]
#: The names of rows that sum up others, how further ones start, and how a note starts.
TOTALS, TOTAL_STARTS, NOTES = (_PHRASES[name] for name in ("totals", "total_starts", "notes"))

_LONGEST = 200  # characters that a heading may have
_YEAR = "(?:19|20|21)[0-9]{2}"
_IN = r"(?:in|during|for|within)\s+(?:the\s+)?(?:calendar\s+)?(?:year\s+)?"
_BY = (
    r"(?:(?:as\s+of|as\s+at|by|until|up\s+to|to|on|at)\s+)?(?:the\s+)?(?:end|close)(?:\s+of)?\s+"
    r"|(?:as\s+of|as\s+at|by|until|up\s+to|to|on|at)\s+"
)
_TIMES = (
    rf"{_YEAR}\s*(?:[-–—]|\bto\b)\s*{_YEAR}",
    rf"{_YEAR}-[0-9]{{2}}(?:-[0-9]{{2}})?|[0-9]{{1,2}}[./-][0-9]{{1,2}}[./-]{_YEAR}",
    rf"[0-9]{{1,2}}\.?\s[A-Za-z]{{3,9}}\s{_YEAR}|[A-Za-z]{{3,9}}\s[0-9]{{1,2}},?\s{_YEAR}",
    rf"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.?\s{_YEAR}",
    _YEAR,
)
_TIME = re.compile(rf"(?<![0-9])(?:({_IN})|({_BY}))?({'|'.join(_TIMES)})(?![0-9])", re.I)
# How a depositary heads the days of consent: 'Ratification, Acceptance(A), Accession(a)'.
_CONSENT_WORDS = {
    *("ratified", "acceded", "accepted", "approved", "consent", "consented", "to", "be", "bound"),
    *("a", "aa", "c", "d", "of", "and", "or", "by", "date", "dates", "instrument", "deposit"),
    *CONSENTS,
}
_MARKED = re.compile(r"\((?:a|A|AA|d)\)")


def _scale_patterns() -> list[tuple[re.Pattern[str], int]]:
    """What says 'in thousands', and the number that it stands for."""
    lead = "|".join(_PHRASES["scale_in"])
    out = []
    for times, words in _PHRASES["scales"].items():
        longest = sorted(words, key=len)[::-1]
        said = "|".join(re.escape(word).replace("\\ ", "[ ,.]?") for word in longest)
        quoted = rf"['’`]?(?:{said})"
        patterns = (
            rf"[(\[]\s*(?:(?:{lead})\s+)?{quoted}\.?(?:\s+of\s+\w+)?\s*[)\]]",  # (000s)
            rf"\b(?:{lead})\s+{quoted}(?![\w.,]*\d)(?!\w)",  # in thousands
            rf"[:,–-]\s*{quoted}\.?\s*$",  # Numbers: thousands
            r"(?<!\w)['’`]000s?(?!\w)" if times == "1000" else rf"^{quoted}\s+of\b",
            r"\bx ?1[ ,.]?000(?![ ,.]?\d)" if times == "1000" else rf"^{quoted}\s*$",
            r"^thousands?\b(?! and)" if times == "1000" else r"^millions\b",
        )
        out.append((re.compile("|".join(patterns), re.I), int(times)))
    return out


_SCALES = _scale_patterns()


def scale_in(text: str) -> tuple[int, str]:
    """Return by how much a heading or a title multiplies its numbers, and the text without that.

    >>> scale_in("Declared (000s)"), scale_in("Stocks in millions of mines"), scale_in("Declared")
    ((1000, 'Declared '), (1000000, 'Stocks  of mines'), (1, 'Declared'))
    """
    for pattern, times in _SCALES:
        if match := pattern.search(text):
            return times, text[: match.start()] + text[match.end() :]
    return 1, text


class Column(NamedTuple):
    """A column of a table: what its heading says, and what its cells are read as.

    ``role`` is one of `ROLES`, ``"figure"`` for a measure, ``"aside"`` for a column without
    statements, ``"full"`` in a table of a treaty folder, or empty if not recognised. Measure and
    unit are empty where the rows say them; ``start``, ``end`` and ``precision`` are the time in the
    heading, ``mode`` is ``"in"`` or ``"by"`` where it says how that is meant. ``percent`` says
    whether bare numbers are per cent, ``unclear`` why the heading can be read in several ways,
    ``at`` the place of the column from 0, ``open`` whether something about it has to be asked.
    ``scale`` is what its numbers are multiplied by, as the heading has it or, where ``scaled``, as
    was answered.
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
    unclear: Message = ()
    at: int = 0
    open: bool = False
    scale: int = 1
    scaled: bool = False

    def cell(self, cells: Sequence[Any]) -> Any:
        """Return the cell of a line in this column; ``None`` where the line ends before it."""
        return cells[self.at] if self.at < len(cells) else None

    def meaning(self) -> str:
        """Say what the column is read as."""
        if self.role not in ("figure", "quantity"):
            return self.text if self.role == "full" else self.role.replace("_", " ")
        if self.measure in DATED:
            return self.measure.replace("_", " ")
        what = SCHEMA[self.measure].title if self.measure else "numbers"
        if self.unit:
            what += f", {self.unit.replace('_', ' ')}"
        if self.scale > 1:
            what += f", times {self.scale:,}"
        if self.measure == "destroyed_share":
            what += ", in per cent" if self.percent else ", from 0 to 1"
        if self.end:
            period = self.start != self.end and self.measure == "destroyed"
            what += f", from {self.start} to " if period else ", by "
            what += self.end
        return f"{what} (to be settled)" if self.open else what


def heading(cell: object, units: Sequence[str], *, date_order: str = "") -> Column:
    """Read a heading: text, or the year or day that a workbook keeps as such."""
    if isinstance(cell, Shown):
        cell = cell.text
    if isinstance(cell, str):
        return _heading(cell, tuple(units), date_order)
    time = span(cell)
    if time.reason:
        return Column(str(cell))
    text = time.end if time.precision == "day" else time.end[:4]
    return Column(text, "figure", "", "", time.start, time.end, time.precision)


@lru_cache(maxsize=2**12)  # lines below a table are held against the headings, too
def _heading(cell: str, units: tuple[str, ...], date_order: str) -> Column:
    """Read a heading that is text."""
    title = " ".join(cell.split())
    if len(title) > _LONGEST:
        return Column(title[:_LONGEST])
    # The data dictionary's word is never the total of one year; 'total destroyed 2012' may be.
    text = title.replace("destroyed_total", "cumulative destroyed").replace("_", " ")
    if measure := _consent(text):
        return Column(title, "figure", measure)
    scale, text = scale_in(text)
    text = unmarked(text)[0]
    key = folded(text)
    if key in _ROLE_OF:
        return Column(title, _ROLE_OF[key], scale=scale)
    if key in ASIDE:
        return Column(title, "aside")
    column, rest = _time(Column(title, "figure", scale=scale), text, date_order)
    if column.unclear:
        return column._replace(role="")
    words = folded(re.sub(r"%|\bper cent\b", " percent ", rest, flags=re.I))
    percent = bool(re.search(r"\bpercent", words))
    words, unit = _unit(words, units)
    words = _significant(re.sub(r"\b(?:stocks|stockpiles?)\b", "stock", words))
    measure = _MEASURE_OF.get(words, "")
    if (
        percent
        and not measure
        and _MEASURE_OF.get(_significant(words.replace("percent", ""))) == ("destroyed_share")
    ):
        measure = "destroyed_share"  # 'share destroyed (%)'
    column = column._replace(unit=unit, percent=percent)
    if measure == "destroyed in":
        return column._replace(measure="destroyed", mode="in")
    if measure == "total destroyed":  # 'total destroyed 2012' may be that of the year
        measure = "destroyed" if column.end else "destroyed_total"
    if measure or (not words and (column.end or unit)):
        return column._replace(measure=measure)
    if words in UNCLEAR:
        stock = (
            f"{title!r} may be the stock to begin with, what is left of it, or a sum; say ",
            Answer("columns", ({title: "declared"},)),
            " or ",
            Answer("columns", ({title: "remaining"},)),
            ", or ",
            Answer("columns", ({title: None},)),
            " to leave it out",
        )
        return Column(title, unclear=stock)
    return Column(title)


def _consent(text: str) -> str:
    """How the states under a heading consented; empty if it is about something else."""
    words = set(folded(text).split())
    kinds = words & {*CONSENTS}
    if not kinds or words - _CONSENT_WORDS:
        return ""
    if len(kinds) == 1:
        return kinds.pop()
    # Where the others are marked, a day without a mark is one of ratification.
    return "ratification" if "ratification" in kinds and _MARKED.search(text) else "consented"


def _significant(words: str) -> str:
    """The words of a heading of numbers, without those that mean nothing."""
    return " ".join(word for word in words.split() if word not in _PHRASES["filler"])


_ROLE_OF = {folded(phrase): role for role, phrases in ROLES.items() for phrase in phrases}
_MEASURE_OF = {
    _significant(phrase): measure for measure, phrases in MEASURES.items() for phrase in phrases
}


def _unit(words: str, units: Sequence[str]) -> tuple[str, str]:
    """Take the unit out of the words of a heading."""
    phrases = [(folded(unit.replace("_", " ")), unit) for unit in units]
    phrases += [(phrase, unit) for unit in units for phrase in UNITS.get(unit, ())]
    for phrase, unit in sorted(phrases, key=lambda pair: -len(pair[0])):
        if re.search(rf"\b{phrase}\b", words):
            return re.sub(rf"\b{phrase}\b", " ", words, count=1), unit
    return words, ""


def _time(column: Column, text: str, date_order: str) -> tuple[Column, str]:
    """Take the time out of a heading: the column with it, and the rest of the text."""
    match = _TIME.search(text)
    if not match:
        return column, text
    if re.search(rf"(?<![0-9]){_YEAR}(?![0-9])", text[match.end() :]):
        twice = f"{text!r} names two times; expected one, or a period 2010-2012"
        return column._replace(unclear=(twice,)), text
    time = span(re.sub(r"\s+to\s+", "–", match[3]), date_order=date_order, period=True)
    if time.reason:
        advice = ADVICE.get(time.expected, (time.expected,))
        unclear = (f"the date in {text!r} {time.reason}; expected ", *advice)
        return column._replace(unclear=unclear), text
    mode = "in" if match[1] or time.precision == "period" else "by" if match[2] else ""
    column = column._replace(start=time.start, end=time.end, precision=time.precision, mode=mode)
    return column, f"{text[: match.start()]} {text[match.end() :]}"


def go_together(upper: Sequence[object], lower: Sequence[object], units: Sequence[str]) -> bool:
    """Return whether two lines are one line of headings, the upper one for several columns each.

    The states are headed in one of the two and nothing else stands there in the other;
    the upper has a unit, a measure or a time; the lower has one too, and no numbers.
    """
    width = max(len(upper), len(lower))
    above, below = ([*cells, *[None] * (width - len(cells))] for cells in (upper, lower))
    roles = [[_role(cell, units) for cell in cells] for cells in (above, below)]
    state = next((i for i in range(width) if "state" in (roles[0][i], roles[1][i])), None)
    if state is None:
        return False
    beside = below[state] if roles[0][state] == "state" else above[state]
    if not blank(beside) and not (isinstance(beside, Merged) and beside.down):
        return False
    filled = [i for i in range(width) if i != state and not blank(below[i])]
    values = {i: value_in(below[i]) for i in filled}
    spread = any(blank(above[i]) or isinstance(above[i], Merged) for i in filled)
    texts = all(isinstance(value, str) and number(value).reason for value in values.values())
    headed = all(roles[1][i] or isinstance(value, str) for i, value in values.items())
    figures = "figure" in roles[0] and "figure" in [roles[1][i] for i in filled]
    return figures and headed and (spread or texts)


def _role(cell: object, units: Sequence[str]) -> str:
    value = value_in(cell)
    return "" if blank(value) else heading(value, units).role


def heading_texts(sheet: Sheet, top: tuple[int, ...], units: Sequence[str]) -> dict[int, object]:
    """Return the heading of each column; of two lines, as one text."""
    width = max(len(sheet.lines[line]) for line in top)
    rows = [[*sheet.lines[line], *[None] * (width - len(sheet.lines[line]))] for line in top]
    lowest = rows[-1]
    for row in rows[:-1]:
        last: object = None
        for i, cell in enumerate(row):
            if isinstance(cell, Merged):  # it says itself how far it reaches
                last = None
            elif not blank(cell):
                last = cell if _role(cell, units) == "figure" else None
            elif not blank(lowest[i]) and _role(lowest[i], units) in ("", "figure"):
                row[i] = last
    out: dict[int, object] = {}
    for i in range(width):
        cells = [value_in(row[i]) for row in rows]
        parts = [part for n, part in enumerate(cells) if not blank(part) and part not in cells[:n]]
        if parts:
            out[i] = parts[0] if len(parts) == 1 else " ".join(map(as_text, parts))
    return out


def read_headings(
    texts: Mapping[int, object], units: Sequence[str], options: Options
) -> dict[int, Column]:
    """Read the headings of a table, those renamed in ``columns`` as what they are renamed to."""
    return {i: read_heading(text, units, options)._replace(at=i) for i, text in texts.items()}


def read_heading(text: object, units: Sequence[str], options: Options) -> Column:
    """Read a heading with what ``columns`` says of it, or of all that are not understood."""
    order = options.date_order or ""
    key = " ".join(as_text(text).split())
    if key not in options.renamed:
        column = heading(text, units, date_order=order)
        if not column.role and ALL_OTHERS in options.renamed:
            return Column(key, "aside")
        return column
    meaning = options.renamed[key]
    if meaning is None:
        return Column(key, "aside")
    column = heading(meaning, units, date_order=order)._replace(text=key)
    if not column.role:
        raise ValueError(
            f"columns has {key!r} as {meaning!r}, which is not a known heading either"
            + suggestion(meaning)
        )
    if column.scale > 1:
        return column._replace(scaled=True)
    return column._replace(scale=scale_in(key)[0])


def names_states(text: str, options: Options) -> bool:
    """Return whether a text is a heading for the state, or ``columns`` says so."""
    key = " ".join(text.split())
    meaning = options.renamed.get(key, key)
    return meaning is not None and _ROLE_OF.get(folded(meaning.replace("_", " "))) == "state"


def suggestion(text: str) -> str:
    """Return known headings that look like a text, to be suggested; empty if none does."""
    phrases = [each for group in (ROLES, MEASURES) for known in group.values() for each in known]
    close = difflib.get_close_matches(folded(text), phrases, n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
