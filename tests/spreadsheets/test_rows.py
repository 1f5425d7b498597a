"""Rows of tables: each says what it says alone, whatever stands in the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stockpile as sp
from stockpile.ledger.load import packaged_folder, rules_and_acts
from stockpile.spreadsheets.gather import gather
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty.folder import Ingested

STATES = ["Peru", "PER", "Perú*", "Congo", "Atlantis", "", "Chad", "Total"]
CELLS: dict[str, list[str]] = {
    "State": STATES,
    "ISO": ["", "PER", "TCD"],
    "Year": ["2010", "2011", "", "soon", "2011 [a]"],
    "Measure": ["declared", "destroyed", "destroyed to date", "destroyed share", "rubbish", ""],
    "Unit": ["submunitions", "bomblets", "unspecified", "tons", ""],
    "Number": ["1", "007", "0.5", "~500", "1,234", "66%", "2", "", "n/a", "-3", "12*"],
    "Qualifier": ["", "exact", "approx", "perhaps"],
    "Source": ["", "A letter", "A paper"],
    "Published": ["", "2012-04-01", "2012", "never"],
    "Kind": ["", "state", "press", "rumour"],
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}),
    min_size=2,
    max_size=5,
)


@pytest.fixture(scope="module")
def base() -> Ingested:
    return rules_and_acts(packaged_folder("ccm"))


def told(rows: pd.DataFrame, base: Ingested, **how: Any) -> list[list[list[object]]]:
    """What is accepted, rejected and doubted of some rows, without the lines they stand on."""
    options = Options(published="2012-06-01", source="A list", **how)
    found = gather(understand(rows, base.treaty, options), base.tables).ingested
    frames = (found.tables["quantities"], found.rejected, found.warnings, found.counts)
    out = []
    for frame in frames:
        plain = frame.drop(columns=[c for c in ("line", "file") if c in frame])
        out.append(sorted(plain.astype("str").values.tolist()))
    out[-1] = [[int(row["accepted"]), int(row["rejected"])] for _, row in found.counts.iterrows()]
    return out


@pytest.mark.slow
@settings(max_examples=15)
@given(rows=ROWS, cumulative=st.sampled_from([True, False]))
def test_each_row_says_what_it_says_alone(
    base: Ingested, rows: list[dict[str, str]], cumulative: bool
) -> None:
    how: dict[str, Any] = {"cumulative": cumulative}
    frame = pd.DataFrame(rows, dtype=object)
    together = told(frame, base, **how)
    apart = [told(frame.iloc[[n]], base, **how) for n in range(len(frame))]
    for n, found in enumerate(together[:-1]):
        # Of a duplicate, a warning stands beside the second row: there is none alone.
        here = [row for row in found if row[0] != "duplicate"]
        assert here == sorted(row for one in apart for row in one[n])
    assert together[-1] == np.sum([one[-1] for one in apart], axis=0).tolist()


def test_a_count_is_none_of_the_other_things_that_equal_it(tmp_path: Path) -> None:
    """In Python ``1``, ``1.0`` and ``True`` are equal, and pandas takes one for the other."""
    own = pd.DataFrame({"State": ["Peru"] * 4, "Year": [2010, 2011, 2012, 2013],
                        "Remaining": pd.Series([1, True, 1.0, "1"], dtype=object)})  # fmt: skip
    found = sp.read(own, treaty="ccm", unit="submunitions", published="2014")
    assert found.quantities["quantity"].tolist() == [1, 1, 1]
    assert found.rejected[["line", "value"]].values.tolist() == [[3, "True"]]


def test_a_long_table_is_read_as_its_parts_are(tmp_path: Path, base: Ingested) -> None:
    """The quick ways of long tables come to what the others do."""
    lines = [f"{state},{year},{n}" for n, state in enumerate(("Peru", "Chad", "UK"))
             for year in range(1990, 2020)]  # fmt: skip
    odd = ['"Peru",2011,"1,234"', "Mali,2012,~5", "Mali,2013,nil", "Total,2013,9", "Mali,2014"]
    header, how = "State,Year,Remaining\n", {"unit": "submunitions"}

    def read(name: str, lines: list[str]) -> list[list[list[object]]]:
        (tmp_path / name).write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
        options = Options(published="2020", source="A list", **how)
        found = gather(understand(tmp_path / name, base.treaty, options), base.tables).ingested
        return [
            frame.drop(columns=["line", "file"]).astype("str").values.tolist()
            for frame in (found.tables["quantities"], found.rejected, found.warnings)
        ]

    many = read("a.csv", [*lines * 40, *odd])
    few = read("b.csv", lines)
    more = read("c.csv", odd)
    for n, parts in enumerate(zip(few, more, strict=True)):
        plain, rest = parts
        found = [row for row in many[n] if row[0] != "duplicate"]
        assert sorted(found) == sorted(plain * 40 + rest)


def test_a_row_has_one_problem_where_one_thing_is_wrong(tmp_path: Path) -> None:
    own = pd.DataFrame({"State": ["Peru", "Peru"], "Date": ["3/4/2012", ""], "Remaining": [5, 6]})
    found = sp.read(own, treaty="ccm", unit="submunitions", published="2014").rejected
    assert found[["line", "reason"]].values.tolist() == [
        [2, "may be 2012-04-03 or 2012-03-04"],
        [3, "the row does not say its time"],
    ]


@pytest.mark.parametrize("column", ["Source", "Publisher", "URL"])
def test_a_document_is_named_in_text_that_can_be_read(column: str) -> None:
    own = pd.DataFrame({"State": ["Peru"], "Declared": [5], column: ["A \x1b[31mletter"]})
    found = sp.read(own, treaty="ccm", unit="submunitions", published="2014").rejected
    assert found[["column", "reason"]].values.tolist() == [[column, "a control character"]]
