"""Cells in lines and columns; a column keeps each different value once.

A long table says few different things: a hundred states, some dozens of days.
What a cell means is worked out for each different one and laid out over the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

Objects = npt.NDArray[np.object_]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Kinds of values of which equal ones are the same; among others ``1`` would pass for ``True``.
_ALIKE = ("string", "integer", "floating", "empty")


@dataclass(frozen=True)
class Coded:
    """Values of rows: the different ones, and for each row the number of its own.

    Examples
    --------
    >>> states = Coded.of(np.array(["UK", "Peru", "UK"], dtype=object))
    >>> states.values.tolist(), states.codes.tolist()
    (['UK', 'Peru'], [0, 1, 0])
    >>> states.become([name.upper() for name in states.values]).rows().tolist()
    ['UK', 'PERU', 'UK']
    """

    codes: Places
    values: Objects

    @classmethod
    def of(cls, cells: Objects) -> Coded:
        """Number the different values of some cells."""
        if pd.api.types.infer_dtype(cells, skipna=True) in _ALIKE:
            codes, found = pd.factorize(cells, use_na_sentinel=False)
            values = np.array(found, dtype=object)
            values[pd.isna(values)] = None  # which pandas makes a number of
            return cls(codes, values)
        return cls(np.arange(len(cells), dtype=np.int64), cells)

    @classmethod
    def same(cls, value: object, count: int) -> Coded:
        """Return one value for all rows."""
        return cls(np.zeros(count, dtype=np.int64), objects([value]))

    @classmethod
    def stacked(cls, parts: Sequence[Coded]) -> Coded:
        """Rows of several, one below the other."""
        starts = np.cumsum([0, *(len(part.values) for part in parts)])
        codes = [part.codes + start for part, start in zip(parts, starts[:-1], strict=True)]
        values = np.concatenate([part.values for part in parts])
        return cls(np.concatenate(codes), values).become(values)

    @classmethod
    def joined(cls, parts: Sequence[Coded], make: Callable[..., object]) -> Coded:
        """Make something of what the parts say together, once for what is the same.

        Examples
        --------
        >>> year = Coded.of(np.array(["2010", "2011", "2010"], dtype=object))
        >>> what = Coded.same("destroyed", 3)
        >>> Coded.joined([what, year], "{} in {}".format).values.tolist()
        ['destroyed in 2010', 'destroyed in 2011']
        """
        codes = parts[0].codes
        for part in parts[1:]:
            codes, _ = pd.factorize(codes * len(part.values) + part.codes)
        first = np.zeros(codes.max(initial=-1) + 1, dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        told = ([part.values[part.codes[at]] for part in parts] for at in first)
        return cls(codes, objects([make(*values) for values in told]))

    def take(self, rows: Places | Mask) -> Coded:
        """Some of the rows, with the values that these have."""
        codes = self.codes[rows]
        there = np.zeros(len(self.values), dtype=np.bool_)
        there[codes] = True
        if there.all():
            return Coded(codes, self.values)
        return Coded((np.cumsum(there) - 1)[codes], self.values[there])

    def become(self, values: Sequence[object] | Objects) -> Coded:
        """Other values in place of each, which may be the same for several."""
        other = Coded.of(objects(values))
        return Coded(other.codes[self.codes], other.values)

    def over(self, values: Iterable[object]) -> Mask:
        """Lay out what holds for each of the values over the rows."""
        return np.fromiter(map(bool, values), np.bool_, len(self.values))[self.codes]

    @cached_property
    def digits(self) -> Mask:
        """Which values are counts in plain digits, as nearly all numbers of a long table are."""
        plain = (
            type(value) is str and value.isdigit() and value.isascii() and len(value) < 16
            and (value[0] != "0" or len(value) == 1)
            for value in self.values
        )  # fmt: skip
        return np.fromiter(plain, np.bool_, len(self.values))

    def rows(self) -> Objects:
        """Return the value of each row."""
        return self.values[self.codes]

    def categorical(self) -> pd.Categorical:
        """Return the rows as pandas keeps texts of which many are the same."""
        return pd.Categorical.from_codes(
            self.codes, pd.Index(self.values, dtype="str"), validate=False
        )


def objects(values: Sequence[object] | Objects) -> Objects:
    """Values as an array of just these, tuples among them."""
    return np.fromiter(values, dtype=object, count=len(values))


class Grid(Mapping[int, list[object]]):
    """Lines of cells by the number of the line; lines without a cell are left out.

    Parameters
    ----------
    numbers : (n,) array
        The numbers of the lines, rising.
    columns : sequence of (n,) arrays
        Their cells; ``None`` where a line ends before a column.
    sizes : (n,) array
        How many cells each line has.
    beyond : mapping of int to sequence
        Cells further right, of the few lines that have any; by place of the line.

    Examples
    --------
    >>> grid = Grid.of({1: ["State", "Declared"], 4: ["Peru"]})
    >>> grid[4], list(grid), grid.column(1).tolist()
    (['Peru'], [1, 4], ['Declared', None])
    """

    def __init__(
        self,
        numbers: Places,
        columns: Sequence[Objects],
        sizes: Places,
        beyond: Mapping[int, Sequence[object]] | None = None,
    ) -> None:
        self.numbers, self.columns, self.sizes = numbers, columns, sizes
        self.beyond = dict(beyond or {})
        self._coded: dict[int, Coded] = {}

    @classmethod
    def of(cls, lines: Mapping[int, Sequence[object]]) -> Grid:
        """Make a grid of lines."""
        numbers = np.array(sorted(lines), dtype=np.int64)
        sizes = np.array([len(lines[int(n)]) for n in numbers], dtype=np.int64)
        columns = [np.full(len(numbers), None, dtype=object) for _ in range(sizes.max(initial=0))]
        for place, number in enumerate(numbers.tolist()):
            for column, cell in zip(columns, lines[number], strict=False):
                column[place] = cell
        return cls(numbers, columns, sizes)

    @cached_property
    def width(self) -> int:
        """How many columns there are."""
        more = max((len(cells) for cells in self.beyond.values()), default=0)
        return len(self.columns) + more

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers.tolist())

    def __getitem__(self, number: int) -> list[object]:
        place = int(np.searchsorted(self.numbers, number))
        if place == len(self.numbers) or self.numbers[place] != number:
            raise KeyError(number)
        return self.line(place)

    def line(self, place: int) -> list[object]:
        """Return the cells of a line, by its place from 0."""
        cells = [column[place] for column in self.columns[: self.sizes[place]]]
        return cells + list(self.beyond.get(place, ()))

    def column(self, at: int) -> Objects:
        """Return the cells of a column."""
        if at < len(self.columns):
            return self.columns[at]
        out = np.full(len(self.numbers), None, dtype=object)
        for place, cells in self.beyond.items():
            if at - len(self.columns) < len(cells):
                out[place] = cells[at - len(self.columns)]
        return out

    def coded(self, at: int) -> Coded:
        """Return the cells of a column, each different one once."""
        if at not in self._coded:
            self._coded[at] = Coded.of(self.column(at))
        return self._coded[at]

    def with_text(self) -> Grid:
        """Return the lines, all of whose cells are texts, that have one that is not blank."""
        left = np.arange(len(self))  # without any up to here
        for at in range(self.width):
            cells = self.coded(at).take(left)
            left = left[cells.over(value is None or not value.strip() for value in cells.values)]
            if not len(left):
                return self
        keep = np.ones(len(self), dtype=np.bool_)
        keep[left] = False
        places = np.cumsum(keep) - 1
        return Grid(
            self.numbers[keep],
            [column[keep] for column in self.columns],
            self.sizes[keep],
            {int(places[at]): cells for at, cells in self.beyond.items() if keep[at]},
        )
