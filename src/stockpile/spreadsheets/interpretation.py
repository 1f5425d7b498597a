"""What is recognised in somebody's own file, and what has to be asked before it can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.spreadsheets.cells import blank, shown
from stockpile.spreadsheets.files import WORKBOOK, Merged, Sheet, sheets_of
from stockpile.spreadsheets.headings import SUGGESTED, heading
from stockpile.spreadsheets.layout import Aside, Table, table_on
from stockpile.spreadsheets.options import Options
from stockpile.spreadsheets.plans import Reading, reading, unit_named
from stockpile.treaty.rules import Treaty, read_treaty
from stockpile.treaty.schema import TABLE_ORDER

#: How many lines a message looks at, how many headings it shows, and how many letters of each.
_LINES, _HEADINGS, _SHOWN = 30, 8, 40


@dataclass(frozen=True)
class Understood:
    """What was recognised in a file.

    Attributes
    ----------
    name : str
        The file's, or that of a frame.
    readings : tuple of Reading
        The tables to be read.
    asides : tuple of (Sheet, Aside)
        Sheets that were left out, and why.
    questions : tuple of str
        What has to be settled first.
    content : bytes
        What stands for the file in a hash.
    """

    name: str
    treaty: Treaty
    options: Options
    readings: tuple[Reading, ...]
    asides: tuple[tuple[Sheet, Aside], ...]
    questions: tuple[str, ...]
    content: bytes

    def settled(self) -> Understood:
        """Return itself, if nothing has to be asked.

        Raises
        ------
        DataError
            With all questions, each with the option that answers it.
        """
        if self.questions:
            asked = [one.removeprefix(f"{self.name}: ") for one in self.questions]
            said = "\n".join(f"  {n}. {one}" for n, one in enumerate(asked, 1))
            many = f"{len(self.questions)} things have" if self.questions[1:] else "one thing has"
            raise DataError(f"{self.name}: {many} to be settled before it can be read:\n{said}")
        return self


def understand(table: Path | pd.DataFrame, treaty: Treaty, options: Options) -> Understood:
    """Find the tables in a file, a folder or a frame.

    Raises
    ------
    DataError
        When it cannot be read, or has no table that is recognised.
    """
    if isinstance(table, Path) and table.is_dir():
        return _in_folder(table, treaty, options)
    if isinstance(table, Path) and not _is_text(table.name):
        raise DataError(f"{table.name!a}: the name of the file is not text; give it another")
    alternatives, content = sheets_of(table, options)
    workbook = isinstance(table, Path) and table.suffix.lower() in WORKBOOK
    if options.sheets and not workbook:
        raise DataError(f"{alternatives[0][0].file}: has no sheets; leave out sheet=")
    name = table.name if isinstance(table, Path) else alternatives[0][0].file
    if not workbook:
        picked, asides, questions = _of_text(alternatives[0], treaty, options)
    else:
        sheets = [one for one, *_ in alternatives]
        picked, asides, questions = _of_sheets(name, sheets, treaty, options)
    readings = tuple(reading(one, treaty, options) for one in picked)
    asked = [*questions, *(q for one in readings for q in one.table.questions)]
    headed = {c.heading.text for one in readings for c in one.table.columns}
    headed |= {text for one in readings for text in one.table.headed}
    for key in options.columns:
        if " ".join(str(key).split()) not in headed:
            asked.append(
                f"{name}: columns names {key!r}, and there is no such heading; there are "
                f"{', '.join(repr(text) for text in sorted(headed))}"
            )
    # What one answer settles is asked once, of the first table that asks.
    asked = list({q.partition(": ")[2]: q for q in reversed(asked)}.values())[::-1]
    return Understood(name, treaty, options, readings, tuple(asides), tuple(asked), content)


def _is_text(name: str) -> bool:
    """Whether a name can be written down; where it cannot, the system knows its bytes alone."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _in_folder(folder: Path, treaty: Treaty, options: Options) -> Understood:
    """The tables of a folder, each in a file of its own."""
    rules = folder / "treaty.toml"
    if rules.is_file() and (other := read_treaty(rules)).id != treaty.id:
        raise DataError(f"{folder.name}/treaty.toml: is of {other.id!r}; expected {treaty.id!r}")
    files = [path for name in TABLE_ORDER if (path := folder / f"{name}.csv").is_file()]
    if not files:
        known = ", ".join(f"{name}.csv" for name in TABLE_ORDER)
        raise DataError(f"{folder}: no table in it; expected one or more of {known}")
    parts = [understand(path, treaty, options) for path in files]
    return Understood(
        folder.name,
        treaty,
        options,
        tuple(one for part in parts for one in part.readings),
        tuple(one for part in parts for one in part.asides),
        tuple(one for part in parts for one in part.questions),
        b"\0".join(part.name.encode() + b"\0" + part.content for part in parts),
    )


Picked = tuple[list[Table], list[tuple[Sheet, Aside]], list[str]]


def _of_text(alternatives: list[Sheet], treaty: Treaty, options: Options) -> Picked:
    """The table in a text, by the one mark between cells that shows one."""
    found = [table for sheet in alternatives if (table := table_on(sheet, treaty.units, options))]
    if not found:
        problems = [sheet.problem for sheet in alternatives if sheet.problem]
        raise DataError(
            problems[0]
            if problems
            else _nothing(alternatives[0].file, _widest(alternatives), treaty.units, options.header)
        )
    if len(found) > 1:
        return (
            found[:1],
            [],
            [f"{found[0].sheet.file}: what stands between the cells? say delimiter=';' or ','"],
        )
    return found, [], []


def _of_sheets(file: str, sheets: list[Sheet], treaty: Treaty, options: Options) -> Picked:
    """The tables on the sheets of a workbook that are to be read."""
    names = [sheet.name for sheet in sheets]
    for name in options.sheets:
        if name not in names:
            has = ", ".join(map(repr, names))
            raise DataError(f"{file}: has no sheet {name!r}; expected one of {has}")
    asides: list[tuple[Sheet, Aside]] = []
    found: list[Table] = []
    looked = [sheet for sheet in sheets if sheet.name in (options.sheets or names)]
    for sheet in looked:
        if sheet.hidden and not options.sheets:
            said = f"hidden; say sheet={sheet.name!r} to read it"
            asides.append((sheet, Aside(1, "sheet left out", said)))
        elif table := table_on(sheet, treaty.units, options):
            found.append(table)
        elif sheet.lines:
            if options.sheets:
                raise DataError(_nothing(sheet.place, [sheet], treaty.units, options.header))
            said = "no table with a column for the state was recognised on it"
            asides.append((sheet, Aside(1, "sheet left out", said)))
    if not found:
        hidden = [sheet.name for sheet in looked if sheet.hidden and sheet.lines]
        more = (
            f"; hidden sheets are read when named: {', '.join(map(repr, hidden))}" if hidden else ""
        )
        raise DataError(
            _nothing(file, [s for s in looked if not s.hidden], treaty.units, options.header) + more
        )
    loose = [table for table in found if not table.full]
    units = {unit_named(table.sheet.name, treaty) for table in loose}
    if len(loose) > 1 and not options.sheets and ("" in units or len(units) < len(loose)):
        has = ", ".join(repr(table.sheet.name) for table in loose)
        return (
            found[:1],
            asides,
            [
                f"{file}: tables on several sheets, {has}; say sheet={loose[0].sheet.name!r}, "
                "or name several"
            ],
        )
    return found, asides, []


def _widest(alternatives: list[Sheet]) -> list[Sheet]:
    """Of the ways to cut a text into cells the one that gives the most in one line."""
    return [max(alternatives, key=lambda one: max(map(len, one.lines.values()), default=0))]


def _nothing(place: str, sheets: Iterable[Sheet], units: Sequence[str], header: int | None) -> str:
    """What to say where no table is recognised: what was looked for, and what was found."""
    lines = [
        (number, [" ".join(shown(cell).split()) for cell in map(_value, cells) if not blank(cell)])
        for sheet in sheets
        for number, cells in list(sheet.lines.items())[:_LINES]
        if header in (None, number)
    ]
    none = f"{place}: no table was recognised"
    said = (
        f"{none}; expected a line with a heading for the state, as 'State', 'Country' or 'iso3', "
        "and one for numbers, as 'Declared' or '2012'"
    )
    lines = [(number, texts) for number, texts in lines if texts]
    if not lines:
        return f"{said}; nothing is in {'it' if header is None else f'line {header}'}"

    def is_state(text: str) -> bool:
        return heading(text, units).role == "state"

    joined = [line for line in lines if len(line[1]) == 1 and is_state(line[1][0].split()[0])]
    if joined or max(len(texts) for _, texts in lines) == 1:
        number, (text, *_) = (joined or lines)[0]
        return (
            f"{said}. Line {number} has one cell alone, {text[:_SHOWN]!r}: between the cells of a "
            "table stand commas, semicolons or tabs"
        )
    headed = [line for line in lines if any(map(is_state, line[1]))]
    if not headed:
        number, texts = max(lines, key=lambda line: (len(line[1]), -line[0]))
        return (
            f"{said}. Line {number} has {_listed(texts)}. If these are its headings, and "
            f"{texts[0][:_SHOWN]!r} is that of the states, say columns={{{texts[0]!r}: 'state'}}; "
            "if they stand on another line, say which, as header=4"
        )
    number, texts = headed[0]
    other = next((t for t in texts if not heading(t, units).role), "Stock")
    return (
        f"{none}: line {number} has {_listed(texts)}, and no heading that is known as one of "
        f"numbers. Say what is in each column, as columns={{{other!r}: 'declared'}}. "
        f"Known headings are {', '.join(SUGGESTED)} and others, those of numbers also with a unit, "
        "as 'submunitions declared'"
    )


def _value(cell: object) -> object:
    return cell.value if isinstance(cell, Merged) else cell


def _listed(texts: Sequence[str]) -> str:
    more = ", ..." if len(texts) > _HEADINGS else ""
    return ", ".join(repr(text[:_SHOWN]) for text in texts[:_HEADINGS]) + more
