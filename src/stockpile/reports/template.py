"""A workbook to fill in, with lists to choose from, that `stockpile.read` takes back as it is."""

from __future__ import annotations

import datetime as dt
import io
import os
from pathlib import Path
from typing import Any

from stockpile.common.errors import DataError
from stockpile.common.output import write_bytes
from stockpile.ledger.load import folder_of, rules_and_acts
from stockpile.spreadsheets.countries import codes
from stockpile.spreadsheets.interpretation import TEMPLATE_SHEETS
from stockpile.treaty.rules import UNSPECIFIED
from stockpile.treaty.schema import (
    CONSENTS,
    EVENTS,
    MEASURES,
    PRECISIONS,
    QUALIFIERS,
    SCHEMAS,
    SOURCE_KINDS,
)

#: Lines that get lists to choose from.
_LINES = 1000
_FIGURES, _EVENTS = TEMPLATE_SHEETS
#: The columns of the sheets, each with the list that it is chosen from; empty where it is typed.
_COLUMNS = {
    _FIGURES: {
        **{"State": "states", "Measure": "measures", "Unit": "units", "Number": ""},
        **{"Qualifier": "qualifiers", "From": "", "To": "", "Source id": "documents", "Note": ""},
    },
    _EVENTS: {
        **{"State": "states", "Event": "events", "Date": "", "Precision": "precisions"},
        **{"Event value": "values", "Source id": "documents", "Note": ""},
    },
    "sources": {
        column: {"kind": "kinds", "published_precision": "published"}.get(column, "")
        for column in SCHEMAS["sources"]
    },
}


def write_template(treaty: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Write a workbook to fill in with statements on the states of a treaty.

    The workbook must not be there yet; its name ends in ``.xlsx``.

    Returns
    -------
    pathlib.Path
        The workbook. Its sheets are ``figures``, ``events``, ``sources`` and ``help``; a hidden one
        has the lists. `stockpile.read` takes it back without a question.

    Raises
    ------
    DataError
        When something is there already, or the name has another end.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as place:
    ...     write_template("ccm", pathlib.Path(place) / "mine.xlsx").name
    'mine.xlsx'
    """
    import xlsxwriter

    place = Path(path)
    if place.suffix.lower() != ".xlsx":
        raise DataError(f"{place.name}: expected a name that ends in .xlsx")
    if place.exists():
        raise DataError(f"{place}: is there already; name a new file")
    base = rules_and_acts(folder_of(treaty))
    listed = base.tables.get("states")
    states = sorted(codes().values() if listed is None else listed["name"])
    values = ("original", "extended", *CONSENTS)
    lists: dict[str, list[str]] = {
        "states": states,
        "measures": list(MEASURES),
        "units": [*base.treaty.units, UNSPECIFIED],
        "qualifiers": list(QUALIFIERS),
        "events": list(EVENTS),
        "precisions": list(PRECISIONS),
        "values": list(values),
        "kinds": list(SOURCE_KINDS),
        "published": list(SCHEMAS["sources"]["published_precision"].choices),
    }
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    # The same workbook has the same bytes.
    book.set_properties({"title": base.treaty.name, "created": dt.datetime(2000, 1, 1)})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    where = {"documents": f"=sources!$A$2:$A${_LINES + 1}"}
    sheets = {name: book.add_worksheet(name) for name in (*_COLUMNS, "help", "lists")}
    for at, (name, words) in enumerate(lists.items()):
        letter = chr(ord("A") + at)
        sheets["lists"].write_column(0, at, words)
        where[name] = f"=lists!${letter}$1:${letter}${len(words)}"
    sheets["lists"].hide()
    for name, columns in _COLUMNS.items():
        sheet = sheets[name]
        sheet.freeze_panes(1, 0)
        for at, (heading, choice) in enumerate(columns.items()):
            sheet.write_string(0, at, heading, bold)
            sheet.set_column(at, at, 26 if at == 0 or choice == "documents" else 18)
            if choice:
                chosen: dict[str, Any] = {"validate": "list", "source": where[choice]}
                if choice == "documents":  # more may be typed than are listed so far
                    chosen["error_type"] = "warning"
                sheet.data_validation(1, at, _LINES, at, chosen)
    sheets["help"].set_column(0, 0, 110)
    sheets["help"].write_column(0, 0, _help(base.treaty.name), wrapped)
    book.close()
    write_bytes(place, out.getvalue())
    return place


def _help(name: str) -> list[str]:
    """What stands on the sheet of help, a line for each cell."""
    return [
        f"Statements on the stocks of states under the {name}",
        "Begin with the sheet 'sources': one line for each document, with a short source_id of "
        "your own, its title, its kind, and the day it came out as 2012-04-01.",
        "Sheet 'figures': one line for each number. Choose the state, the measure and the unit; "
        "type the number in digits; cite the source_id of its document.",
        "'To' is the day that the number speaks of (2012-12-31, a month or a year). 'From' is the "
        "first day of what was destroyed in a period; leave it empty for all other numbers.",
        "'Qualifier': empty or exact; approx (about), at_least, nearly.",
        "Sheet 'events': one line for each dated fact, as 'completed' with its day and how exactly "
        "it is known. 'Event value' goes with consented and deadline_stated; an extension has its "
        "new deadline there.",
        "Measures: " + "; ".join(f"{one.name}: {one.meaning}" for one in MEASURES.values()),
        "An empty cell says: not stated. It is never nought.",
        "When you are done: stockpile check FILE, then stockpile status --table FILE, both with "
        "--treaty.",
    ]
