"""Where the table stands on a sheet, and what its columns are.

People put titles above their tables, headings in two lines, totals and notes
below. All of that is found here and said; whatever may be read in two ways
becomes a question for whoever reads the table.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stockpile import headings
from stockpile.cells import blank, number, shown
from stockpile.days import span
from stockpile.headings import Heading, heading
from stockpile.names import find, folded
from stockpile.options import Options
from stockpile.schema import SCHEMAS
from stockpile.sheets import Merged, Sheet

#: The headings have to stand among so many lines.
_SEARCHED = 30
#: A line whose state is one of these, or starts with one, sums up others.
TOTALS = (
    "total", "totals", "grand total", "subtotal", "sub total", "sum", "sums", "sum total",
    "all states", "all states parties", "overall", "world", "gesamt", "gesamtsumme", "summe",
    "insgesamt", "zusammen", "total general", "somme", "suma", "suma total", "totale", "somma",
    "totaal", "summa", "i alt", "yhteensa", "razem", "celkem", "osszesen", "toplam", "итого",
    "всего", "المجموع", "合计", "总计", "合計",
)  # fmt: skip
_TOTAL_STARTS = ("total ", "subtotal ", "sub total ", "sum of ", "grand total ")
#: Columns whose cells say something; a line without any is no row.
_FIGURES = ("figure", "quantity", "event", "date", "year", "period")
#: How a line below a table starts that is a note on it.
_NOTES = ("note", "source", "sources", "remark", "footnote", "key", "legend")


class Column(NamedTuple):
    """A column of a table: its place from 0, and what its heading says."""

    at: int
    heading: Heading


class Aside(NamedTuple):
    """A line or column that was left out, or read in a way that its reader should know of."""

    line: int
    kind: str
    message: str


@dataclass
class Table:
    """A table found on a sheet.

    Attributes
    ----------
    sheet : Sheet
    top : tuple of int
        The lines that its headings stand on.
    full : str
        Which of the treaty folder's tables it is, where its headings are those of one.
    columns : list of Column
    body : list of int
        The lines below the headings, those left out not among them.
    asides : list of Aside
    questions : list of str
        What has to be settled before it can be read.
    headed : list of str
        All headings, those of columns left out among them.
    """

    sheet: Sheet
    top: tuple[int, ...]
    full: str = ""
    columns: list[Column] = field(default_factory=list)
    body: list[int] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    headed: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many cells the headings have."""
        return max(len(self.sheet.lines[line]) for line in self.top)

    def of(self, role: str) -> list[Column]:
        """Columns of a role."""
        return [column for column in self.columns if column.heading.role == role]

    def cell(self, line: int, column: Column) -> object:
        """A cell, merged ones as they are; ``None`` where the line ends before it."""
        cells = self.sheet.lines[line]
        return cells[column.at] if column.at < len(cells) else None


def table_on(sheet: Sheet, units: Sequence[str], options: Options) -> Table | None:
    """Find the table on a sheet; ``None`` where no line has headings of one.

    Examples
    --------
    >>> from stockpile.options import Options
    >>> lines = {1: ["Stocks"], 3: ["Country", "Declared"], 4: ["Peru", 2012], 5: ["Total", 2012]}
    >>> found = table_on(Sheet("a.csv", lines=lines), ("submunitions",), Options())
    >>> found.top, found.body, [aside.kind for aside in found.asides]
    ((3,), [4], ['totals row left out'])
    """
    lines = list(sheet.lines)
    searched = lines[:_SEARCHED]
    if sheet.headings:
        searched = lines[:1]
    elif options.header is not None:
        searched = [options.header] if options.header in sheet.lines else []
    for top in searched:
        below = lines[lines.index(top) + 1 :][:1]
        groups: list[tuple[int, ...]] = [(top,)]
        if sheet.headings:
            groups = [tuple(lines[: sheet.headings])]
        elif below and _go_together(sheet.lines[top], sheet.lines[below[0]], units):
            groups = [(top, below[0]), (top,)]
        for group in groups:
            texts = _texts(sheet, group, units)
            if full := _full(sheet, texts):
                return _as_in_a_folder(sheet, group, full, texts)
            read = _read(texts, units, options)
            told = [one for one in read.values() if one.role or one.unclear]
            roles = {one.role for one in told}
            if "state" in roles and roles - {"aside", "state"}:
                return _with_body(Table(sheet, group), read, options)
    return None


def _go_together(upper: list[object], lower: list[object], units: Sequence[str]) -> bool:
    """Whether two lines are one line of headings, the upper for several columns at a time.

    The states are headed in one of the two and nothing else stands there in the other;
    the upper has a unit, a measure or a time; the lower has one too, and no numbers.
    """
    wide = max(len(upper), len(lower))
    ups, lows = ([*cells, *[None] * (wide - len(cells))] for cells in (upper, lower))
    role = [[_role(cell, units) for cell in cells] for cells in (ups, lows)]
    state = next((i for i in range(wide) if "state" in (role[0][i], role[1][i])), None)
    if state is None:
        return False
    beside = lows[state] if role[0][state] == "state" else ups[state]
    if not blank(beside) and not (isinstance(beside, Merged) and beside.down):
        return False
    told = [i for i in range(wide) if i != state and not blank(lows[i])]
    spread = any(blank(ups[i]) or isinstance(ups[i], Merged) for i in told)
    texts = all(isinstance(_of(lows[i]), str) and number(_of(lows[i])).reason for i in told)
    headed = all(role[1][i] or isinstance(_of(lows[i]), str) for i in told)
    return (
        "figure" in role[0]
        and "figure" in [role[1][i] for i in told]
        and headed
        and (spread or texts)
    )


def _role(cell: object, units: Sequence[str]) -> str:
    return "" if blank(_of(cell)) else heading(_of(cell), units).role


def _of(cell: object) -> object:
    """The value that a cell shows, merged or not."""
    return cell.value if isinstance(cell, Merged) else cell


def _texts(sheet: Sheet, group: tuple[int, ...], units: Sequence[str]) -> dict[int, object]:
    """The heading of each column, of two lines as one text."""
    wide = max(len(sheet.lines[line]) for line in group)
    rows = [[*sheet.lines[line], *[None] * (wide - len(sheet.lines[line]))] for line in group]
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
    for i in range(wide):
        parts = [_of(row[i]) for row in rows]
        told = [part for n, part in enumerate(parts) if not blank(part) and part not in parts[:n]]
        if told:
            out[i] = told[0] if len(told) == 1 else " ".join(shown(part) for part in told)
    return out


def _read(
    texts: Mapping[int, object], units: Sequence[str], options: Options
) -> dict[int, Heading]:
    """Read the headings, those that the reader renamed as what they were renamed to."""
    renamed = {" ".join(str(key).split()): value for key, value in options.columns.items()}
    out = {}
    for i, text in texts.items():
        key = " ".join(shown(text).split())
        if key in renamed:
            as_read = renamed[key]
            if as_read is None:
                out[i] = Heading(key, "aside")
                continue
            one = heading(as_read, units, date_order=options.date_order or "")
            if not one.role:
                raise ValueError(
                    f"columns has {key!r} as {as_read!r}, which is not a known heading either"
                    + _meant(as_read)
                )
            out[i] = one._replace(text=key)
        else:
            out[i] = heading(text, units, date_order=options.date_order or "")
    return out


def _meant(text: str) -> str:
    """Known headings that look like a text, to be suggested."""
    words = [
        p for group in (headings.ROLES, headings.MEASURES) for ps in group.values() for p in ps
    ]
    close = difflib.get_close_matches(folded(text), words, n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(repr(word) for word in close)}?" if close else ""


def _full(sheet: Sheet, texts: Mapping[int, object]) -> str:
    """Which table of a treaty folder has just these headings; empty if none has."""
    named = [str(text).strip().lower() for text in texts.values()]
    for full, schema in SCHEMAS.items():
        if sorted(named) == sorted(schema):
            called = (sheet.name or sheet.file.rpartition(".")[0]).strip().lower()
            if full != "states" or called == full:  # two columns that others have too
                return full
    return ""


def _as_in_a_folder(
    sheet: Sheet, group: tuple[int, ...], full: str, texts: Mapping[int, object]
) -> Table:
    """A table of a treaty folder: its cells are texts, and are checked as there."""
    columns = [Column(i, Heading(str(text).strip().lower(), "full")) for i, text in texts.items()]
    body = [line for line in sheet.lines if line > max(group)]
    return Table(sheet, group, full, columns, body)


def _with_body(table: Table, read: Mapping[int, Heading], options: Options) -> Table:
    """Sort the lines below the headings, and ask about columns that are not understood."""
    sheet, place = table.sheet, table.sheet.place
    below = [line for line in sheet.lines if line > max(table.top)]
    wide = table.width if sheet.text else max(len(cells) for cells in sheet.lines.values())
    for i in range(wide):
        column = Column(i, read.get(i, Heading("")))
        said, name = column.heading, _named(sheet, i)
        table.headed.append(said.text)
        if said.role not in ("", "aside"):
            table.columns.append(column)
            continue
        holds = [line for line in below if _tells(table.cell(line, column), options)]
        if said.unclear:
            table.questions.append(f"{place}: the heading of {name}: {said.unclear}")
        elif said.role == "aside":
            table.asides.append(Aside(max(table.top), "column left out", f"{said.text!r} ({name})"))
        elif holds and not said.text:
            table.questions.append(
                f"{place}: {name} has no heading, and a number or a date in line {holds[0]}; "
                "give it a heading, or empty the column"
            )
        elif holds:
            table.questions.append(
                f"{place}: what is in {name}, {said.text!r}? it has a number or a date in line "
                f"{holds[0]}; say columns={{{said.text!r}: '...'}} with a known heading, or "
                f"columns={{{said.text!r}: None}} to leave it out{_meant(said.text)}"
            )
        elif said.text:
            table.asides.append(Aside(max(table.top), "column left out", f"{said.text!r} ({name})"))
    figures = [column for column in table.columns if column.heading.role in _FIGURES]
    states = table.of("state")
    for line in below:
        texts = [text for cell in sheet.lines[line] if (text := shown(_plain(cell)).strip())]
        if kind := _left_out(table, line, states, figures, options):
            if texts:  # a line without any is no line
                table.asides.append(Aside(line, kind, texts[0][:100]))
        else:
            table.body.append(line)
    if any(sheet.unseen):
        counts = zip(sheet.unseen, ("lines", "columns"), strict=True)
        unseen = " and ".join(f"{what}: {many}" for many, what in counts if many)
        told = f"the workbook hides some ({unseen}); they were read like the others"
        table.asides.append(Aside(max(table.top), "hidden cells", told))
    return table


def _plain(cell: object) -> object:
    """What a cell shows, the value of a merged one in its first cell alone."""
    return (cell.value if cell.first else None) if isinstance(cell, Merged) else cell


def _named(sheet: Sheet, index: int) -> str:
    """A column as people call it: by letter in a workbook, by number elsewhere."""
    if not sheet.name:
        return f"column {index + 1}"
    letters, rest = "", index + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"column {letters}"


def _tells(cell: object, options: Options) -> bool:
    """Whether a cell holds a number or a date, and so perhaps a statement."""
    cell = _plain(cell)
    if blank(cell, options.words):
        return False
    if not isinstance(cell, str):
        return True
    found = span(cell)
    dated = not found.reason or found.reason.startswith("may be")
    return dated or not number(cell, decimal=options.decimal or ".", share=True).reason


def _left_out(
    table: Table, line: int, states: list[Column], figures: list[Column], options: Options
) -> str:
    """Why a line below the headings is no row of the table; empty if it is one."""
    named = [shown(_plain(table.cell(line, column))).strip() for column in states]
    names = [name for name in named if name]
    told = any(not blank(_plain(table.cell(line, column)), options.words) for column in figures)
    for name in names:
        key = folded(name)
        if key in TOTALS or (key + " ").startswith(_TOTAL_STARTS):
            return "totals row left out"
    if names and names[0] == states[0].heading.text:
        here = (shown(_plain(table.cell(line, column))) for column in table.columns)
        if [" ".join(text.split()) for text in here] == [c.heading.text for c in table.columns]:
            return "repeated headings left out"
    if not told and not names:
        return "note left out"
    if not told and len(names) == 1 and not find(names[0], near=False).iso3:
        others = [_plain(cell) for cell in table.sheet.lines[line]]
        alone = sum(not blank(cell) for cell in others) == 1
        words = folded(names[0]).split()
        noted = names[0][0] in "*†‡§[(" or (words and words[0] in _NOTES) or len(names[0]) > 60
        if alone and noted:
            return "note left out"
    return ""
