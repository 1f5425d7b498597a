"""How the workbooks in tests/data/bad/own were made: ``python tests/badbooks.py``.

They are kept as files, for they are what the corpus is of; this says what is in them. A workbook
that is made anew has other bytes, since it holds the time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from badfiles import BAD
from handmade import book, tampered

OWN = BAD / "own"
HEAD = ["State", "Cluster munitions declared", "Completed"]
PERU, CHAD = ["Peru", 676, None], ["Chad", 12, None]


def only(workbook: Any) -> Any:
    """Its one sheet."""
    (sheet,) = workbook.worksheets
    return sheet


def make() -> None:
    """Write all of them."""
    OWN.mkdir(exist_ok=True)
    book(OWN / "formula.xlsx", [HEAD, ["Peru", "=600+76", None], CHAD])
    book(OWN / "error-cell.xlsx", [HEAD, ["Peru", "#REF!", None], CHAD])
    book(OWN / "text-numbers.xlsx", [HEAD, ["Peru", "1.234", None], CHAD])
    book(OWN / "serial-dates.xlsx", [HEAD, ["Peru", 676, 40999], CHAD])
    book(OWN / "real-dates.xlsx", [HEAD, ["Peru", 676, dt.datetime(2012, 4, 1)], CHAD])
    book(OWN / "time-of-day.xlsx", [HEAD, ["Peru", 676, dt.datetime(2012, 4, 1, 13, 5)], CHAD])
    book(OWN / "year-as-date.xlsx", [HEAD, ["Peru", 676, 2012], CHAD])
    book(OWN / "ticks.xlsx", [HEAD, ["Peru", True, None], CHAD])
    book(OWN / "fraction.xlsx", [HEAD, ["Peru", 67.6, None], CHAD])
    book(OWN / "negative.xlsx", [HEAD, ["Peru", -676, None], CHAD])
    book(OWN / "huge.xlsx", [HEAD, ["Peru", 1e300, None], CHAD])
    book(OWN / "title-and-total.xlsx", [["Stockpiles, 2012"], [], HEAD, PERU, ["Total", 676]])
    book(
        OWN / "two-heading-rows.xlsx",
        [["", "Cluster munitions", ""], ["State", "Declared", "Remaining"], ["Peru", 676, "x"]],
        finish=lambda made: only(made).merge_cells("B1:C1"),
    )
    book(
        OWN / "merged-numbers.xlsx",
        [HEAD, PERU, ["Chad", None, None]],
        finish=lambda made: only(made).merge_cells("B2:B3"),
    )
    book(
        OWN / "merged-names.xlsx",
        [["State", "Year", "Remaining"], ["Peru", 2010, 9], [None, 2011, "?"]],
        finish=lambda made: only(made).merge_cells("A2:A3"),
    )

    def hide(workbook: Any) -> None:
        workbook["Old"].sheet_state = "hidden"

    book(OWN / "hidden-sheet.xlsx", New=[HEAD, PERU], Old=[HEAD, CHAD], finish=hide)
    book(OWN / "two-sheets.xlsx", **{"2011": [HEAD, PERU], "2012": [HEAD, CHAD]})
    book(OWN / "no-table.xlsx", [["Dear colleagues,"], ["please find attached nothing."]])
    book(OWN / "empty.xlsx", [])
    wide = ["State", *(f"x{n}" for n in range(3000))]
    book(OWN / "very-wide.xlsx", [wide, ["Peru", *range(3000)]])
    book(OWN / "limit-workbook-cells.xlsx", [HEAD, PERU])
    bomb = b" " * 20_000_000 + b"</sheetData>"
    tampered(
        book(OWN / "bomb.xlsx", [HEAD, PERU]),
        "sheet1.xml",
        lambda data: data.replace(b"</sheetData>", bomb),
    )
    area = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    tampered(
        book(OWN / "all-merged.xlsx", [HEAD, PERU]),
        "sheet1.xml",
        lambda data: data.replace(b"</sheetData>", b"</sheetData>" + area),
    )
    tampered(
        book(OWN / "entities.xlsx", [HEAD, PERU]),
        "sheet1.xml",
        lambda data: b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + data,
    )
    tampered(book(OWN / "cut-off.xlsx", [HEAD, PERU]), "sheet1.xml", lambda data: data[:300])


if __name__ == "__main__":
    make()
