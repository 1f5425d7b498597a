"""The report as an Excel workbook: typed cells, nothing that runs, the same bytes every time."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.common.columns import find_column
from stockpile.common.output import write_bytes
from stockpile.forecast.projection import METHOD
from stockpile.plot.style import GROUND, INK, MUTED, RATING_STYLE
from stockpile.rating.status import Thresholds
from stockpile.results.form import as_result, origin
from stockpile.stock.progress import conflicts

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from stockpile.ledger.ledger import Ledger

    Formats = Mapping[str, Format]

#: What Excel can hold.
_MOST_ROWS, _MOST_LETTERS = 1_048_576, 32_767
_CUT = " … (cut; the CSV has all of it)"
_FIRST_DAY = pd.Timestamp("1900-03-01")  # before it, Excel counts a day that never was
_WIDEST, _NARROWEST = 60, 8
_LONG = frozenset("reason why message title url expected meaning value_text".split())
_SHARES = ("share_", "p_on_time")
#: Columns that stay in view when a sheet is scrolled sideways.
_HEADS = ("treaty", "as_of", "iso3", "state")

RULES = {
    "reported": "a fact counts as known when its source was published, or on the treaty's next "
    "reporting date after it, whichever came first",
    "published": "a fact counts as known when its source was published",
}


def write(
    path: str | Path,
    then: Ledger,
    status: pd.DataFrame,
    progress: pd.DataFrame,
    statements: pd.DataFrame,
    *,
    thresholds: Thresholds | None = None,
) -> Path:
    """Write what a report says as a workbook.

    Returns
    -------
    pathlib.Path
        The file: sheets ``status``, ``progress``, ``statements``, ``sources``,
        ``conflicts``, ``rejected`` and ``about``. Days, numbers and shares are such to
        Excel; text is text, whatever it begins with.

    Raises
    ------
    ValueError
        When a table has more rows than a sheet can hold.

    Examples
    --------
    >>> import tempfile
    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2012-04-19")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write(
    ...         Path(folder) / "ccm.xlsx", then, sp.status(then), sp.progress(then),
    ...         sp.statements(then),
    ...     )
    ...     made.name, made.read_bytes()[:2]
    ('ccm.xlsx', b'PK')
    """
    import xlsxwriter

    found = {
        "status": status,
        "progress": progress,
        "statements": statements,
        "sources": then.sources,
        "conflicts": conflicts(then),
        "rejected": then.rejected,
    }
    drawn = origin(then)
    tables = {
        name: table if name in ("sources", "rejected") else as_result(name, table, drawn)
        for name, table in found.items()
    }
    for name, table in tables.items():
        if len(table) >= _MOST_ROWS:
            raise ValueError(
                f"{name} has {len(table):,} rows; expected fewer than {_MOST_ROWS:,}, which is "
                "what a sheet of Excel can hold"
            )
    day = then.require_day()
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {
            "title": f"{then.treaty.name}: stockpile destruction as of {day:%Y-%m-%d}",
            "author": "stockpile",
            # Of the data, not of the run: the same workbook has the same bytes.
            "created": day.to_pydatetime(),
        }
    )
    looks = _formats(book)
    for name, table in tables.items():
        _sheet(book.add_worksheet(name), table, looks)
    _about(book.add_worksheet("about"), then, thresholds or Thresholds(), tables, looks)
    book.close()
    place = Path(path)
    write_bytes(place, out.getvalue())
    return place


def _formats(book: Workbook) -> dict[str, Format]:
    """Make the formats of a workbook by their names, among them one for every rating."""
    looks: dict[str, dict[str, Any]] = {
        "head": {"bold": True, "bottom": 1, "bottom_color": MUTED, "text_wrap": True},
        "title": {"bold": True, "font_size": 14},
        "day": {"num_format": "yyyy-mm-dd", "align": "left"},
        "count": {"num_format": "#,##0"},
        "share": {"num_format": "0.0%"},
        "number": {"num_format": "#,##0.###"},
        "long": {"text_wrap": True},
        "text": {},
    }
    for rating, style in RATING_STYLE.items():
        # Dark letters on the three light grounds.
        light = rating in ("at risk", "no obligation", "completed late")
        letters = INK if light else GROUND
        looks[rating] = {"bg_color": style.colour, "font_color": letters, "bold": True}
    return {name: book.add_format({"valign": "top"} | look) for name, look in looks.items()}


def _sheet(sheet: Worksheet, table: pd.DataFrame, looks: Formats) -> None:
    """Lay a frame out: a head that stays in view, filters, and columns that fit."""
    names = [str(name) for name in table.columns]
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, looks["head"])
        cells = table[table.columns[column]]
        width = len(name) + 3  # room for the button of the filter
        for row, value in enumerate(cells.tolist(), 1):
            width = max(width, _write(sheet, row, column, name, value, looks))
        sheet.set_column(column, column, min(max(width + 1, _NARROWEST), _WIDEST))
    frozen = sum(name in _HEADS for name in names[:4])
    sheet.freeze_panes(1, frozen)
    if names:
        sheet.autofilter(0, 0, max(len(table), 1), len(names) - 1)


def _write(sheet: Worksheet, row: int, column: int, name: str, value: Any, looks: Formats) -> int:
    """Write one cell as what it is, and say how wide it comes out."""
    if value is None or value is pd.NaT or value is pd.NA:
        return 0
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, looks["text"])
        return 5
    if isinstance(value, pd.Timestamp):
        if value < _FIRST_DAY:
            sheet.write_string(row, column, f"{value:%Y-%m-%d}", looks["text"])
        else:
            sheet.write_datetime(row, column, value.to_pydatetime(), looks["day"])
        return 10
    if isinstance(value, int | float):
        if not math.isfinite(value):
            return 0
        share = name.startswith(_SHARES)
        whole = float(value).is_integer()
        sheet.write_number(
            row, column, value, looks["share" if share else "count" if whole else "number"]
        )
        return 6 if share else len(f"{value:,.0f}") + (0 if whole else 4)
    text = str(value)
    if not text:
        return 0
    if len(text) > _MOST_LETTERS:
        text = text[: _MOST_LETTERS - len(_CUT)] + _CUT
    rating = name == "status" and text in RATING_STYLE
    look = text if rating else "long" if name in _LONG else "text"
    sheet.write_string(row, column, text, looks[look])
    return len(text)


def _about(
    sheet: Worksheet,
    then: Ledger,
    thresholds: Thresholds,
    tables: Mapping[str, pd.DataFrame],
    looks: Formats,
) -> None:
    """Say what the workbook was drawn from, and what its columns mean."""
    from stockpile._version import __version__

    assert then.rule is not None
    facts: list[tuple[str, Any, str]] = [
        ("treaty", then.treaty.name, ""),
        ("article", then.treaty.article, "of the treaty, on destruction"),
        ("as of", then.require_day(), "nothing that became known later has a part in this"),
        ("rule", then.rule, RULES[then.rule]),
        ("on target from", thresholds.on_target, "chance of being in time, of 1"),
        ("at risk from", thresholds.at_risk, "below it: off target"),
        ("projection", METHOD, "name of the method"),
        ("data version", then.data_version, "of the tables"),
        ("data (SHA-256)", then.data_hash, "over the tables that it was drawn from"),
        ("made with", f"stockpile {__version__}", ""),
    ]
    if whose := then.treaty.unpublished:
        facts.insert(2, ("not published", whose, "whose rows are not part of the public tables"))
    sheet.write_string(0, 0, "About this workbook", looks["title"])
    for row, (name, value, note) in enumerate(facts, 2):
        sheet.write_string(row, 0, name, looks["head"])
        _write(sheet, row, 1, "", value, looks)
        sheet.write_string(row, 2, note, looks["long"])
    row = len(facts) + 3
    for place, title in enumerate(("sheet", "column", "meaning")):
        sheet.write_string(row, place, title, looks["head"])
    for name, table in tables.items():
        for column in table.columns:
            row += 1
            known = find_column(name, str(column))
            texts = (name, str(column), known.meaning if known else "")
            for place, text in enumerate(texts):
                _write(sheet, row, place, "meaning" if place == 2 else "", text, looks)
    for place, width in enumerate((16, 30, 100)):
        sheet.set_column(place, place, width)
