"""CSV as lines and cells: two readers that share the work.

Most lines of most files are plain: the usual number of commas, and no quotes but a
pair around a whole cell that needs none. Those go through pandas' reader in one
piece, as text. Every other line goes through Python's strict one, which knows what
a quoted line break is and where a quote was left open. The result is that of the
strict reader for all of them, at about the speed of the other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.grid import Grid, Objects, objects
from stockpile.common.limits import LIMITS, Limits

_LF, _CR, _QUOTE = (ord(c) for c in '\n\r"')
#: Bytes that are looked over at once, so that large files need little memory.
_BLOCK = 2**22
#: From how many rows on it pays to keep equal texts once; and how many rows tell whether it does.
_SOME, _MANY = 1000, 2**16
#: In how many pieces those rows are taken from a longer table.
_PIECES = 16
#: Among so many lines at the top may be longer ones, of headings.
_HEAD = 40


class NotCsv(DataError):
    """What cannot be cut into cells."""


def cut(file: str, data: bytes, mark: str, limits: Limits = LIMITS) -> Grid:
    r"""Cut text into cells, whatever stands in its first lines.

    Parameters
    ----------
    file : str
        Its name, for messages.
    data : bytes
        All of it, in UTF-8.
    mark : str
        What stands between the cells.
    limits : Limits

    Returns
    -------
    Grid
        The lines that have any text in them.

    Raises
    ------
    NotCsv
        When a quote is not closed, or something stands behind one.
    DataError
        When the text is larger than the limits allow.

    Examples
    --------
    >>> dict(cut("a.csv", b"Stocks\n\nState;Declared\nPeru;1\n", ";"))
    {1: ['Stocks'], 3: ['State', 'Declared'], 4: ['Peru', '1']}
    """
    lines = Lines(data, mark)
    width = lines.usual()
    limits.require("columns", width, file)
    places, odd = lines.rows(file, width, limits)
    plain = plain_cells(lines.only(places), width, mark)
    limits.require("rows", len(places) + len(odd), file)
    first = sorted(odd)[:_HEAD]
    wide = max([width, *(len(row) for line, row in first if line <= _HEAD)])
    limits.require("cells", (len(places) + len(odd)) * wide, file)
    for line, row in odd:
        limits.require("cell", max(map(len, row)), f"{file}, line {line}")
    if np.diff(lines.bounds).max(initial=0) > limits.cell:
        for line, cells in zip(places.tolist(), plain.T, strict=True):
            limits.require("cell", max(map(len, cells)), f"{file}, line {line + 1}")
    numbers = np.concatenate([places + 1, np.array([line for line, _ in odd], dtype=np.int64)])
    sizes = np.full(len(numbers), width)
    sizes[len(places) :] = [len(row) for _, row in odd]
    order = np.argsort(numbers, kind="stable")
    padded = [(*row[:wide], *[None] * (wide - len(row))) for _, row in odd]
    others = list(zip(*padded, strict=True)) or [()] * wide
    short = [np.full(len(places), None, dtype=object)] * (wide - width)
    columns = [
        np.concatenate([cells, objects(other)])[order]
        for cells, other in zip([*plain, *short], others, strict=True)
    ]
    at = np.argsort(order)[len(places) :]
    beyond = {
        int(place): row[wide:] for place, (_, row) in zip(at, odd, strict=True) if len(row) > wide
    }
    return Grid(numbers[order], columns, sizes[order], beyond).with_text()


class Lines:
    """The lines of a file as an editor counts them, and the strict reader over them."""

    def __init__(self, data: bytes, mark: str = ",") -> None:
        self.data, self.mark = data, mark
        self.bytes = np.frombuffer(data, dtype=np.uint8)
        returns = np.flatnonzero(self.bytes == _CR)
        feeds = self.bytes == _LF
        # A carriage return of its own ends a line too, as on old machines.
        self.lone = returns[~feeds[np.minimum(returns + 1, max(len(data) - 1, 0))]]
        ends = np.flatnonzero(feeds) + 1
        if len(self.lone):
            ends = np.sort(np.concatenate([ends, self.lone + 1]))
        whole = len(ends) and ends[-1] == len(data)
        tail = [] if whole or not data else [len(data)]
        #: Where each line starts, and the end of the last.
        self.bounds: npt.NDArray[np.int64] = np.concatenate([[0], ends, tail]).astype(np.int64)
        self.count = len(self.bounds) - 1
        self.at = 0
        self.reader = csv.reader(self._texts(), delimiter=mark, strict=True)

    def _texts(self) -> Iterator[str]:
        """The lines from where the reader stands; it asks for as many as a row takes."""
        bounds = self.bounds.data
        while self.at < self.count:
            self.at += 1
            yield self.data[bounds[self.at - 1] : bounds[self.at]].decode("utf-8")

    def next_row(self, file: str) -> list[str]:
        """The cells of the row that starts on the line where the reader stands."""
        start = self.at + 1
        try:
            return next(self.reader, [])
        except csv.Error as error:
            why = "a quote that is not closed, or " * ("limit" in str(error)) + str(error)
            raise NotCsv(f"{file}, line {start}: not readable as CSV: {why}") from None

    def header(self, file: str) -> list[str]:
        """The cells of the first row."""
        if not self.data:
            raise DataError(f"{file}, line 1: the file is empty; expected a header")
        return self.next_row(file)

    def usual(self) -> int:
        """How many cells most of the first lines have."""
        bounds = self.bounds[:_SOME]
        marks = np.flatnonzero(self.bytes[: bounds[-1]] == ord(self.mark))
        counts = np.diff(np.searchsorted(marks, bounds))
        return int(np.bincount(counts).argmax()) + 1 if len(counts) else 1

    def rows(
        self, file: str, width: int, limits: Limits = LIMITS
    ) -> tuple[npt.NDArray[np.int64], list[tuple[int, list[str]]]]:
        """Sort the lines after the header: those that are plain rows, and all other rows.

        Returns
        -------
        tuple
            The plain lines by number from 0; and the number from 1 of the line on
            which each other row starts, with its cells.
        """
        plain = self.plain(width)
        plain[: self.at] = False
        others = np.flatnonzero(~plain)
        # For each line the first at or after it that is not plain.
        following = np.append(others, self.count)[np.searchsorted(others, np.arange(self.count))]
        jump = np.append(following, self.count).data
        odd: list[tuple[int, list[str]]] = []
        self.at = jump[self.at]
        cells = 0
        while self.at < self.count:
            start = self.at
            row = self.next_row(file)
            if row:  # a blank line is no row
                odd.append((start + 1, row))
                cells += len(row)
                limits.require("columns", len(row), f"{file}, line {start + 1}")
                limits.require("cells", cells, f"{file}, line {start + 1}")
            if self.at > start + 1:  # lines inside a quoted cell, plain as they may look
                plain[start : self.at] = False
            self.at = jump[self.at]
        return np.flatnonzero(plain), odd

    def plain(self, width: int) -> npt.NDArray[np.bool_]:
        """Which lines are plain rows, if they are rows at all and not inside a quoted cell."""
        out = np.zeros(self.count, dtype=np.bool_)
        first = 0
        while first < self.count and width > 1:  # of one cell, a blank line would look plain
            last = int(np.searchsorted(self.bounds, self.bounds[first] + _BLOCK, side="right"))
            last = min(max(last, first + 1), self.count)
            bounds = self.bounds[first : last + 1]
            text = self.bytes[bounds[0] : bounds[-1]]
            out[first:last] = _plain_lines(text, bounds - bounds[0], width, ord(self.mark))
            first = last
        out[np.searchsorted(self.bounds, self.lone, side="right") - 1] = False
        return out

    def only(self, places: npt.NDArray[np.int64]) -> bytes:
        """The bytes of some lines."""
        if not len(places):
            return b""
        breaks = np.flatnonzero(np.diff(places) > 1)
        first, last = (
            np.append(places[0], places[breaks + 1]),
            np.append(places[breaks], places[-1]),
        )
        view = memoryview(self.data)
        pieces = zip(self.bounds[first].tolist(), self.bounds[last + 1].tolist(), strict=True)
        return b"".join(view[start:end] for start, end in pieces)


def _plain_lines(
    text: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64], width: int, mark: int = ord(",")
) -> npt.NDArray[np.bool_]:
    """Which lines have the right number of marks, and no quotes but pairs around whole cells."""
    quoted = text == _QUOTE
    at = np.flatnonzero(quoted | (text == mark))
    is_quote = quoted[at]
    before = np.searchsorted(at, bounds)  # how many marks and quotes stand before each line
    if not is_quote.any():
        fits: npt.NDArray[np.bool_] = np.diff(before) == width - 1
        return fits
    pairs = np.flatnonzero(is_quote)
    quotes = np.searchsorted(pairs, before)
    out: npt.NDArray[np.bool_] = np.diff(before - quotes) == width - 1
    odd = np.diff(quotes) % 2 == 1
    out &= ~odd
    # Every other quote opens a cell, once those of lines with an odd number of them are gone.
    if odd.any():
        pairs = pairs[np.repeat(~odd, np.diff(quotes))]
    opens, closes = pairs[0::2], pairs[1::2]
    # A pair surrounds a cell: nothing but a mark or the line's edge on its outer sides, and
    # neither mark nor quote inside.
    edges = np.zeros(256, dtype=np.bool_)
    edges[[mark, _LF, _CR]] = True
    edge = edges[np.append(text, np.uint8(_LF))]
    amiss = ~(edge[at[opens] - 1] & edge[at[closes] + 1]) | (closes - opens != 1)
    out[np.searchsorted(before, opens[amiss], side="right") - 1] = False
    return out


def plain_cells(text: bytes, width: int, mark: str = ",") -> Objects:
    """Cells of plain lines, by column and row; the quotes that are left in them say nothing."""
    if not text:
        return np.empty((width, 0), dtype=object)
    columns = plain_columns(text, width, [False] * width, mark)
    return np.stack([cells.to_numpy(dtype=object) for cells in columns])


def plain_columns(text: bytes, width: int, few: Sequence[bool], mark: str = ",") -> list[pd.Series]:
    """The same by column, categorical where many rows share few texts."""
    if b'"' in text:
        text = text.translate(None, b'"')
    kinds = {at: "category" if shared else object for at, shared in enumerate(few)}
    columns = _columns(text, width, kinds, mark)
    # Pandas makes numbers of categories that all look like some, and 007 is not 7.
    lost = [at for at in kinds if few[at] and columns[at].cat.categories.dtype != "str"]
    if lost:
        again = _columns(text, width, dict.fromkeys(lost, object), mark)
        columns |= {at: cells.astype("str").astype("category") for at, cells in again.items()}
    return [columns[at] for at in range(width)]


def _columns(text: bytes, width: int, kinds: dict[int, Any], mark: str) -> dict[int, pd.Series]:
    """Some columns of plain lines, each as it is asked for."""
    # A first line of our own, so that nothing at the start of the text is special.
    names = mark.join(map(str, range(width))).encode()
    rows = pd.read_csv(
        io.BytesIO(names + b"\n" + text),
        sep=mark,
        usecols=list(kinds),
        dtype=kinds,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        index_col=False,
        encoding="utf-8",
        engine="c",
    )
    return {int(str(name)): cells for name, cells in rows.items()}


def few_texts(lines: Lines, places: npt.NDArray[np.int64], width: int) -> list[bool]:
    """Which columns of the plain lines have few different texts, as far as some lines show."""
    if len(places) < max(_SOME, 1):
        return [False] * width
    some = [places]
    if len(places) > _MANY:  # pieces from all over the file, which may be sorted
        size = _MANY // _PIECES
        starts = np.linspace(0, len(places) - size, _PIECES).astype(int)
        some = [places[start : start + size] for start in starts]
    cells = plain_cells(b"".join(map(lines.only, some)), width)
    return [len(set(column)) <= len(column) // 2 for column in cells]
