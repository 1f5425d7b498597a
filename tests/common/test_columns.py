"""The one schema of the public frames: the frames, their docstrings and the docs follow it."""

from __future__ import annotations

import inspect
import re
import runpy
from pathlib import Path

import pandas as pd
import pytest

import stockpile as sp
from stockpile.common import columns

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(ccm) -> dict[str, pd.DataFrame]:
    """Every public frame, of one day."""
    now = ccm.as_of("2019-12-31")
    changed = sp.what_changed(sp.snapshot(now.as_of("2016-06-30")), sp.snapshot(now))
    functions = (
        "status progress statements conflicts project chances membership transparency "
        "legislation views allegations scorecard totals by_year extensions missing_counts"
    ).split()
    frames = {name: getattr(sp, name)(now) for name in functions}
    frames |= {name: getattr(now, name) for name in ("sources", "rejected", "warnings", "counts")}
    frames["chance_changes"] = sp.chance_changes(now, now.as_of("2019-01-01"))
    frames["ratings_by_day"] = sp.ratings_by_day(now, ["2019-06-30"])
    frames["rating_history"] = sp.rating_history(now, ["2019-06-30"])
    return frames | {
        f"changes.{name}": getattr(changed, name) for name in ("ratings", "restated", "deadlines")
    }


def test_every_public_frame_has_exactly_the_columns_of_the_schema(made, ccm):
    assert set(made) == set(columns.FRAMES)
    for name, frame in made.items():
        known = columns.result_types(name, ccm.treaty.units)
        actual = {str(column): str(dtype) for column, dtype in frame.dtypes.items()}
        assert sorted(actual.keys() - known) == [], f"{name}: not in columns.csv"
        assert sorted(known.keys() - actual) == [], f"{name}: in columns.csv alone"
        assert actual == known, f"{name}: other types than in columns.csv"
        assert list(actual) == list(known), f"{name}: another order than in columns.csv"


def documented(name: str) -> str:
    """What the documentation of a frame says it returns."""
    function, _, part = name.partition(".")
    if part:
        # Python 3.13 takes the indentation off by itself.
        text = f"{inspect.cleandoc(sp.Changes.__doc__)}\n"
        (text,) = re.findall(rf"^{part} : .*\n((?:    .*\n|\n)+)", text, re.M)
        return text
    returned = getattr(sp, function).__doc__.split("Returns\n")[1]
    return re.split(r"\n\n *\w[\w ]*\n *-{3,}\n", returned)[0]


DESCRIBED = [name for name in columns.FRAMES if hasattr(sp, name.split(".")[0]) or "." in name]


@pytest.mark.parametrize("frame", DESCRIBED)
def test_docstrings_name_all_columns_and_no_others(frame):
    words = {" ".join(word.split()) for word in re.findall(r"``([^`]+)``", documented(frame))}
    known = {column.name for column in columns.FRAMES[frame]}
    # 'and their qualifiers' stands for several columns; the rest is spelt out.
    summed_up = {name for name in known if name.endswith(("_qualifier", "_precision"))}
    # 'q10 to q90', and 'view_<question>'.
    summed_up |= {"q25", "q50", "q75"} | {name for name in known if name.startswith("view_")}
    assert sorted(known - words - summed_up) == [], "missing in the docstring"
    meanings = " ".join(column.meaning for column in columns.FRAMES[frame])
    values = {word for word in words if word in meanings or word in VALUES}
    assert sorted(words - known - values) == [], "no column, and no value of one"


#: Values of cells that docstrings explain at more length than the schema does.
VALUES = {"NaN", "NaT", "existing law", "view_<question>"}


def test_the_page_of_the_columns_is_current():
    tool = runpy.run_path(str(ROOT / "tools" / "columns_page.py"))
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["markdown"](), "run: make columns"


def test_each_column_stands_once_and_has_a_type_and_a_meaning():
    for frame, known in columns.FRAMES.items():
        names = [column.name for column in known]
        assert len(names) == len(set(names)), frame
        for column in known:
            assert column.meaning and not column.meaning.endswith("."), (frame, column.name)
            assert pd.Series([], dtype=column.dtype).dtype == column.dtype


def test_a_column_of_a_unit_is_found_for_any_unit():
    found = columns.find_column("status", "declared_my_own_unit")
    assert found is not None and found.name == "declared_<unit>" and found.dtype == "float64"
    assert columns.find_column("status", "declared_qualifier").dtype == "str"
    assert columns.find_column("status", "nothing_of_the_kind") is None
