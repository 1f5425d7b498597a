"""A CSV file as rows of text, each with the line on which it starts.

The file is in one shape: UTF-8, commas, one header row that names each column once.
How the cells are made out is the matter of `stockpile.treaty.csvlines`.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from stockpile.common.errors import DataError
from stockpile.common.limits import LIMITS, Limits
from stockpile.treaty.csvlines import Lines, few_texts, plain_columns
from stockpile.treaty.file_kinds import kind_of

Texts = npt.NDArray[np.object_]

#: How much of a header a message quotes.
_SHOWN = 200


def read_text(
    file: str, data: bytes, columns: Sequence[str], limits: Limits = LIMITS
) -> pd.DataFrame:
    r"""Read a CSV as text.

    Parameters
    ----------
    file : str
        Its name, for messages.
    data : bytes
        All of it: UTF-8, comma-separated, one header row.
    columns : sequence of str
        What the header has to name, in any order.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        The columns in the order asked for, as text: in long tables categorical where
        many rows share one, so that it is kept and checked once; ``line``, on which
        the row starts;
        ``_ragged``, the cells of a row with too few or too many of them, which has
        blanks elsewhere, and ``""`` for any other. Blank lines are no rows.

    Raises
    ------
    DataError
        When the file is not UTF-8 text, not CSV, has another header, or is
        larger than the limits allow.

    Examples
    --------
    >>> rows = read_text("states.csv", b"iso3,name\nAUT,Austria\n", ["iso3", "name"])
    >>> rows.to_dict("records")
    [{'iso3': 'AUT', 'name': 'Austria', 'line': 2, '_ragged': ''}]
    """
    for is_fit in FILE_CHECKS:
        is_fit(file, data)
    data = data.removeprefix(codecs.BOM_UTF8)
    lines = Lines(data)
    header = lines.header(file)
    limits.require("columns", len(header), f"{file}, line 1")
    for names in HEADER_CHECKS:
        names(file, header, columns)
    places, odd = lines.rows(file, len(header), limits)
    limits.require("rows", len(places) + len(odd), file)
    few = few_texts(lines, places, len(header))
    plain = plain_columns(lines.only(places), len(header), few)
    out = _put_together(plain, places + 1, odd, header)[[*columns, "line", "_ragged"]]
    # No cell is longer than the line that it stands in; a quoted one may have several lines.
    if odd or np.diff(lines.bounds).max(initial=0) > limits.cell:
        _require_cells(file, out, limits)
    return out


def texts_of(rows: pd.Series) -> Texts:
    """The different texts of a categorical column; those of any other are its rows."""
    categorical = isinstance(rows.dtype, pd.CategoricalDtype)
    texts: Texts = (rows.cat.categories if categorical else rows).to_numpy(dtype=object)
    return texts


def over(rows: pd.Series, values: Any) -> pd.Series:
    """Lay out what each of the texts of a column comes to over its rows."""
    if isinstance(rows.dtype, pd.CategoricalDtype):
        values = values.take(rows.cat.codes.to_numpy())
    return pd.Series(values, index=rows.index)


def _require_cells(file: str, rows: pd.DataFrame, limits: Limits) -> None:
    """Refuse a cell, or a row with too few or too many of them, that is too long."""
    for name in rows.columns.drop("line"):
        texts = texts_of(rows[name])
        size = np.fromiter(map(len, texts), np.int64, len(texts))
        if size.max(initial=0) > limits.cell:
            row = rows[over(rows[name], size > limits.cell)].iloc[0]
            place = f"{file}, line {row['line']}, {name.removeprefix('_ragged') or 'row'}"
            limits.require("cell", len(row[name]), place)


def _is_text(file: str, data: bytes) -> None:
    """Refuse what is another kind of file altogether, with a word on what it is."""
    if what := kind_of(data):
        raise DataError(
            f"{file}, line 1: this is {what}; expected plain text, comma-separated; save the "
            "table as CSV UTF-8"
        )


def _is_utf8(file: str, data: bytes) -> None:
    """Refuse text in another encoding, and say where it shows."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{file}, line {line}: byte {data[error.start]:#04x} is not UTF-8; "
            "save the file as UTF-8"
        ) from None


def _is_without_nul(file: str, data: bytes) -> None:
    """Refuse NUL characters, which no text has."""
    at = data.find(b"\0")
    if at >= 0:
        line = data[:at].count(b"\n") + 1
        raise DataError(
            f"{file}, line {line}: a NUL character; expected plain text, comma-separated"
        )


def _has_the_columns(file: str, header: list[str], columns: Sequence[str]) -> None:
    """Refuse a header that does not name each column once and nothing else."""
    amiss = {
        "missing": [c for c in columns if c not in header],
        "not known": list(dict.fromkeys(c for c in header if c not in columns)),
        "there twice": [c for c in columns if header.count(c) > 1],
    }
    if any(amiss.values()):
        told = "; ".join(f"{why}: {', '.join(names)}" for why, names in amiss.items() if names)
        found = ",".join(header)
        mark = next((m for m in (";", "\t", "|") if len(header) == 1 and m in found), None)
        raise DataError(
            f"{file}, line 1: the header is {_short(found)!r}; expected each of "
            f"{','.join(columns)} once and nothing else ({_short(told)})"
            + (f"; the cells are separated by {mark!r}, save them with commas" if mark else "")
        )


#: What a file has to be before it is looked into, and its header before its rows are.
FILE_CHECKS = (_is_text, _is_utf8, _is_without_nul)
HEADER_CHECKS = (_has_the_columns,)


def _short(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _put_together(
    plain: list[pd.Series],
    lines: npt.NDArray[np.int64],
    odd: list[tuple[int, list[str]]],
    header: list[str],
) -> pd.DataFrame:
    """Both kinds of rows in the order of their lines."""
    width = len(header)
    assert [len(cells) for cells in plain] == [len(lines)] * width, "a plain line is a row"
    whole = [row if len(row) == width else [""] * width for _, row in odd]
    # One empty cell, as `""`, is a row too.
    ragged = ["" if len(row) == width else ",".join(row) or '""' for _, row in odd]
    line = np.concatenate([lines, np.array([at for at, _ in odd], dtype=np.int64)])
    order = np.argsort(line, kind="stable") if odd else None
    none = np.zeros(len(lines), dtype=np.int64)
    blank = pd.Series([""], dtype="category").take(none).reset_index(drop=True)
    others = zip(*whole, strict=True) if odd else ((),) * width
    columns = {
        name: _texts(cells, list(other), order)
        for name, cells, other in zip(
            (*header, "_ragged"), (*plain, blank), (*others, ragged), strict=True
        )
    }
    return pd.DataFrame(columns | {"line": line if order is None else line[order]})


def _texts(plain: pd.Series, odd: list[str], order: npt.NDArray[np.int64] | None) -> pd.Series:
    """The texts of both kinds in an order; categorical where those of the plain ones are."""
    if not isinstance(plain.dtype, pd.CategoricalDtype):
        cells = plain.to_numpy(dtype=object)
        cells = np.concatenate([cells, np.array(odd, dtype=object)]) if odd else cells
        return pd.Series(cells if order is None else cells[order], dtype="str")
    if odd:
        plain = pd.Series(
            union_categoricals([plain, pd.Series(odd, dtype="str").astype("category")])
        )
    return plain if order is None else plain.take(order).reset_index(drop=True)
