"""The lines that head a table: which go together, and what each column is called."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from stockpile.spreadsheets import headings
from stockpile.spreadsheets.cells import blank, number, shown
from stockpile.spreadsheets.countries import folded
from stockpile.spreadsheets.files import Merged, Sheet
from stockpile.spreadsheets.headings import Heading, heading
from stockpile.spreadsheets.options import Options


def go_together(upper: list[object], lower: list[object], units: Sequence[str]) -> bool:
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


def heading_texts(sheet: Sheet, group: tuple[int, ...], units: Sequence[str]) -> dict[int, object]:
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


def read_headings(
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
                    + suggestion(as_read)
                )
            out[i] = one._replace(text=key)
        else:
            out[i] = heading(text, units, date_order=options.date_order or "")
    return out


def suggestion(text: str) -> str:
    """Known headings that look like a text, to be suggested."""
    words = [
        p for group in (headings.ROLES, headings.MEASURES) for ps in group.values() for p in ps
    ]
    close = difflib.get_close_matches(folded(text), words, n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(repr(word) for word in close)}?" if close else ""
