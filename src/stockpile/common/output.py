"""Frames to text and files: the same bytes for the same frame, never half a file.

And text as it may be shown on a terminal or in Markdown, and as it may be typed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd

#: A cell that starts so, blanks aside, is a formula to a spreadsheet; the last four are the wide
#: forms of the first, which some spreadsheets take for them.
_FORMULA = (*"=+-@", *"＝＋－＠")
_LED_IN = ("\t", "\r", "\n")


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates as ISO days, whole counts without a decimal point, the rest as it is."""
    out = frame.copy()
    for name in out.columns:
        column = out[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            out[name] = column.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(column):
            # As objects, for a float column would turn whole numbers back into floats.
            cells = [None if pd.isna(value) else number(value) for value in column]
            out[name] = pd.Series(cells, index=out.index, dtype="object")
    return out


def number(value: float) -> int | float:
    """Whole numbers as such; others to six digits, which is more than any source has.

    >>> number(12.0), number(1 / 3)
    (12, 0.333333)
    """
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


def csv_text(frame: pd.DataFrame) -> str:
    r"""Return a frame as CSV: ISO dates, empty for missing, ``\n`` line ends.

    A text cell that a spreadsheet would run as a formula is given a leading
    apostrophe, which spreadsheets take as 'this is text'.

    >>> print(csv_text(pd.DataFrame({"state": ["=cmd()"], "declared": [12.0]})), end="")
    state,declared
    '=cmd(),12
    """
    rows = io.StringIO(newline="")
    # This line end makes the writer quote cells that hold either half of it.
    writer = csv.writer(rows, lineterminator="\r\n")
    writer.writerow(frame.columns)
    columns = [[_cell(value) for value in column] for _, column in _plain(frame).items()]
    lines = [rows.getvalue()]
    for row in zip(*columns, strict=True):
        rows.seek(0)
        rows.truncate()
        writer.writerow(row)
        lines.append(rows.getvalue())
    text = "".join(line.removesuffix("\r\n") + "\n" for line in lines)
    # Half of a character, as in the name of a file, cannot be written; it is told as its number.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cell(value: object) -> object:
    """A value as a spreadsheet may have it: empty for missing, text never a formula."""
    if isinstance(value, str):
        return f"'{value}" if _runs(value) else value
    return "" if value is None or pd.isna(value) else value  # type: ignore[call-overload]


def _runs(text: str) -> bool:
    """Whether a spreadsheet might take a text for a formula."""
    return text.startswith((*_FORMULA, *_LED_IN)) or text.lstrip().startswith(_FORMULA)


def unescaped(text: str) -> str:
    """Take the apostrophe off again that `csv_text` gave a text.

    >>> unescaped("'=cmd()"), unescaped("'s-Hertogenbosch")
    ('=cmd()', "'s-Hertogenbosch")
    """
    return text[1:] if text.startswith("'") and _runs(text[1:]) else text


def json_text(frame: pd.DataFrame, **about: Any) -> str:
    """Return a frame as a JSON object: what it is about, and its rows as ``rows``.

    Days are ISO days, what is missing is ``null``.

    >>> frame = pd.DataFrame({"state": ["Peru"], "p_on_time": [float("nan")]})
    >>> print(json_text(frame, as_of="2012-04-19"))
    {
      "as_of": "2012-04-19",
      "rows": [
        {
          "state": "Peru",
          "p_on_time": null
        }
      ]
    }
    """
    records = [
        {key: None if pd.isna(value) else value for key, value in row.items()}
        for row in _plain(frame).to_dict("records")
    ]
    return json.dumps(about | {"rows": records}, ensure_ascii=False, indent=2)


def write_text(path: Path, text: str) -> None:
    """Write a file beside its place and move it there, so that no reader sees half of it."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is not text; as `write_text`."""
    try:
        _write_bytes(path, content)
    except OSError as error:
        # Named by the file that was asked for, not by the one that it is written to first.
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_bytes(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it that everybody may read, whatever the umask.

    Files and folders that are published have one rule: 644 and 755.

    >>> with tempfile.TemporaryDirectory() as home:
    ...     make_folder(Path(home) / "reports" / "ccm")
    ...     oct((Path(home) / "reports").stat().st_mode & 0o777)
    '0o755'
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        folder.chmod(0o755)


def safe(text: object) -> str:
    r"""Return a text with every character that cannot be seen written out as its number.

    A terminal takes such characters for commands, or shows what follows them in
    another order. Blanks of all kinds become plain ones; line ends stay.

    >>> print(safe("Per\x1b[31mu, \u202eexe.gpj\nCôte d’Ivoire"))
    Per\x1b[31mu, \u202eexe.gpj
    Côte d’Ivoire
    """
    text = str(text)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        return letter
    if unicodedata.category(letter) == "Zs":  # a blank of another width, or that does not break
        return " "
    return letter.encode("unicode_escape").decode("ascii")


def in_markdown(text: object) -> str:
    r"""Return a text that Markdown takes as it is, also within a table: no markup, one line.

    >>> print(in_markdown("a_b | <i>c</i>\n& [d]"))
    a\_b \| &lt;i&gt;c&lt;/i&gt; &amp; \[d\]
    """
    line = " ".join(safe(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", line)


def quoted(text: str) -> str:
    """Return a text as one word of a command, where possible so that every shell takes it for one.

    >>> print(quoted("remaining"), quoted("Bob's list"), quoted("5$"))
    remaining "Bob's list" '5$'
    """
    if re.fullmatch(r"[\w./:-]+", text):
        return text
    # Within double quotes these mean something to one shell or another.
    return shlex.quote(text) if set(text) & set('"$`\\!%') else f'"{text}"'
