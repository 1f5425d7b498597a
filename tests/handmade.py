"""Tables as people make them: text files, and workbooks with all that is found in them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

Cells = Sequence[Sequence[Any]]


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """Write a text file, its line ends as they are."""
    path.write_bytes(content.encode(encoding))
    return path


def book(
    path: Path, rows: Cells = (), *, finish: Callable[[Any], object] | None = None, **sheets: Cells
) -> Path:
    """Write a workbook: its rows on a sheet 'Table', or on the sheets that are named.

    ``finish`` gets the workbook before it is saved, to merge, hide or format.
    """
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, lines in (sheets or {"Table": rows}).items():
        sheet = workbook.create_sheet(title)
        for line in lines:
            sheet.append(list(line))
    if finish:
        finish(workbook)
    workbook.save(path)
    return path


def tampered(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Rewrite a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, change(data) if name.endswith(part) else data)
    return path
