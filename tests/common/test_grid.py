"""Cells in lines and columns, each different value once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockpile.common.grid import Coded, Grid, objects

CELLS = st.one_of(
    st.none(), st.text(max_size=3), st.integers(-3, 3), st.booleans(), st.floats(0, 1)
)


def same(one: object, other: object) -> bool:
    """Equal, and of one kind: ``1`` is not ``True``."""
    return type(one) is type(other) and one == other


@given(st.lists(CELLS, max_size=8))
def test_rows_come_back_as_they_went_in(cells: list[object]) -> None:
    rows = Coded.of(objects(cells)).rows().tolist()
    assert all(map(same, rows, cells)) and len(rows) == len(cells)


@given(st.lists(st.one_of(st.none(), st.text("ab", max_size=2)), min_size=1, max_size=8))
def test_a_text_is_kept_once(cells: list[str | None]) -> None:
    coded = Coded.of(objects(cells))
    assert len(coded.values) == len(set(cells))
    taken = coded.take(np.array([0]))
    assert taken.values.tolist() == cells[:1]
    both = Coded.stacked([coded, taken])
    assert both.rows().tolist() == [*cells, cells[0]]
    assert len(both.values) == len(set(cells))


def test_what_was_worked_out_is_laid_over_the_rows() -> None:
    coded = Coded.of(objects(["1", "01", "1", "x", None]))
    assert coded.digits.tolist() == [True, False, False, False]
    assert coded.over(value == "1" for value in coded.values).tolist() == [1, 0, 1, 0, 0]
    number = coded.become(["1", "1", "", ""])
    assert (number.values.tolist(), number.rows().tolist()) == (["1", ""], ["1", "1", "1", "", ""])
    pairs = Coded.joined([coded, number], lambda *pair: pair)
    assert pairs.rows().tolist() == [("1", "1"), ("01", "1"), ("1", "1"), ("x", ""), (None, "")]


LINES = st.dictionaries(st.integers(1, 9), st.lists(st.text("a ", max_size=2), max_size=4))


@given(LINES)
def test_a_grid_has_the_lines_it_was_made_of(lines: dict[int, list[str]]) -> None:
    grid = Grid.of(lines)
    assert grid == lines
    assert list(grid) == sorted(lines)
    for at in range(grid.width):
        cells = [cells[at] if at < len(cells) else None for _, cells in sorted(lines.items())]
        assert grid.column(at).tolist() == cells
    told = {number: cells for number, cells in lines.items() if any(map(str.strip, cells))}
    assert grid.with_text() == told


def test_the_cells_of_few_long_lines_stand_beside_the_others() -> None:
    columns = [objects(["a", " ", "c"])]
    grid = Grid(np.array([1, 2, 5]), columns, np.array([1, 1, 3]), {2: ["x", "y"]})
    assert grid == {1: ["a"], 2: [" "], 5: ["c", "x", "y"]}
    assert (grid.width, grid.column(2).tolist()) == (3, [None, None, "y"])
    assert grid.with_text() == {1: ["a"], 5: ["c", "x", "y"]}
    with pytest.raises(KeyError):
        grid[3]
