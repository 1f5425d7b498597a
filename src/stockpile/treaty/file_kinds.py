"""What a file is, by what is in it and not by its name."""

from __future__ import annotations

import codecs
import io
import zipfile

#: A workbook as Excel writes it today.
WORKBOOK, UTF_16 = "a workbook", "UTF-16 text"
_ZIP = b"PK\x03\x04"
_STARTS = {
    b"\xd0\xcf\x11\xe0": "an old (.xls) or password-protected workbook",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a PDF",
    codecs.BOM_UTF16_LE: UTF_16,
    codecs.BOM_UTF16_BE: UTF_16,
}
#: By a part that only such an archive has.
_ARCHIVES = {
    "xl/workbook.xml": WORKBOOK,
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a presentation",
    "META-INF/manifest.xml": "an OpenDocument file",
}


def kind_of(data: bytes) -> str:
    """Return what a file is in words; empty for what may be plain text.

    Examples
    --------
    >>> kind_of(b"%PDF-1.7"), kind_of(b'[{"State": "Peru"}]'), kind_of(b"State,Declared")
    ('a PDF', 'JSON', '')
    """
    for start, what in _STARTS.items():
        if data.startswith(start):
            return what
    if data.startswith(_ZIP):
        return _archive(data)
    text = data.removeprefix(codecs.BOM_UTF8).strip()
    if text.startswith(b"<"):
        return "a web page or XML"
    return "JSON" if (text[:1], text[-1:]) in ((b"[", b"]"), (b"{", b"}")) else ""


def _archive(data: bytes) -> str:
    """Which kind of archive; a workbook may keep its parts in other places."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return WORKBOOK  # that cannot be opened, as who tries will say
    found = [what for part, what in _ARCHIVES.items() if part in names]
    return found[0] if found else WORKBOOK if "[Content_Types].xml" in names else "a ZIP archive"
