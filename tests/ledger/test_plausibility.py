"""Rows held against each other: what each check says, and where it keeps silent."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smalltreaty import MUNITIONS, SUBMUNITIONS, Row, consents, event, quantity, write_treaty

import stockpile as sp
from stockpile.common.tolerance import bounds_of_column
from stockpile.ledger import plausibility
from stockpile.ledger.load import assemble
from stockpile.stock.reconcile import Statement, bounds
from stockpile.treaty.folder import ingest
from stockpile.treaty.schema import MEASURES, QUALIFIERS

AAA = consents("AAA")
STATE = "state@2020-04-30"


def declared(number: float, on: str = "", **more: str) -> Row:
    return quantity("AAA", "declared", number, on, **{"source": STATE} | more)


def destroyed(number: float, start: str, end: str, **more: str) -> Row:
    return quantity("AAA", "destroyed", number, end, start=start, **{"source": STATE} | more)


def total(number: float | str, on: str, **more: str) -> Row:
    return quantity("AAA", "destroyed_total", number, on, **{"source": STATE} | more)


def share(number: float, on: str, **more: str) -> Row:
    return quantity("AAA", "destroyed_share", number, on, **{"source": STATE} | more)


def left(number: float, on: str, **more: str) -> Row:
    return quantity("AAA", "remaining", number, on, **{"source": STATE} | more)


def told(tmp_path: Path, *rows: Row, party: bool = True) -> list[tuple[str, int, str]]:
    """File, line and kind of each warning on a folder of some rows."""
    events = [AAA] * party + [row for row in rows if "event" in row]
    numbers = [row for row in rows if "measure" in row]
    ledger = sp.load(write_treaty(tmp_path / "demo", numbers, events))
    assert ledger.rejected.empty
    return list(ledger.warnings[["file", "line", "kind"]].itertuples(index=False, name=None))


Q, E = "quantities.csv", "events.csv"

#: Rows, and the line of the one warned of, or `None` where there is nothing to say.
STORIES: dict[str, list[tuple[str, list[Row], int | tuple[int, ...] | None]]] = {
    "more destroyed than declared": [
        ("a total", [declared(100), total(101, "2019-12-31")], 3),
        ("as much", [declared(100), total(100, "2019-12-31")], None),
        ("one period", [declared(100), destroyed(101, "2019-01-01", "2019-12-31")], 3),
        (
            "the sum of periods",
            [declared(100), destroyed(60, "2018-01-01", "2018-12-31"),
             destroyed(60, "2019-01-01", "2019-12-31")],
            4,
        ),
        (
            "periods of two sources",
            [declared(100), destroyed(60, "2018-01-01", "2018-12-31"),
             destroyed(60, "2019-01-01", "2019-12-31", source="press@2020-04-30")],
            None,
        ),
        ("restated", [declared(100), declared(120, source="state@2019-04-30"),
                      total(110, "2019-12-31")], None),
        ("rounded", [declared(98_700), total(100_000, "2019-12-31")], None),
        ("about", [declared(98), total(100, "2019-12-31", qualifier="approx")], None),
        ("at least so many declared", [declared(5, qualifier="at_least"),
                                       total(10, "2019-12-31")], None),
        ("of another unit", [declared(100), total(101, "2019-12-31", unit=SUBMUNITIONS)], None),
        ("nothing declared", [total(101, "2019-12-31")], None),
        ("the largest of several", [declared(9), total(10, "2018-12-31"),
                                    total(12, "2019-12-31"), total(11, "2019-06-30")], 4),
    ],
    "stock grows": [
        ("it does", [left(50, "2018-12-31"), left(60, "2019-12-31")], 3),
        ("it does not", [left(50, "2018-12-31"), left(50, "2019-12-31")], None),
        ("out of order", [left(60, "2019-12-31"), left(50, "2018-12-31")], 2),
        ("two on a day", [left(50, "2019-12-31"),
                          left(60, "2019-12-31", source="press@2020-04-30")], None),
        ("rounded", [left(40_500, "2018-12-31"), left(41_000, "2019-12-31")], None),
        ("another unit", [left(40, "2018-12-31"),
                          left(50, "2019-12-31", unit=SUBMUNITIONS)], None),
        ("stock that turned up", [left(50, "2018-12-31"), left(60, "2019-12-31"),
                                  event("AAA", "reopened", "2019-06-01", source=STATE)], None),
    ],
    "running total falls": [
        ("it does", [total(50, "2018-12-31"), total(40, "2019-12-31")], 3),
        ("it does not", [total(40, "2018-12-31"), total(40, "2019-12-31")], None),
        ("out of order", [total(40, "2019-12-31"), total(50, "2018-12-31")], 2),
        ("two on a day", [total(50, "2019-12-31"),
                          total(40, "2019-12-31", source="press@2020-04-30")], None),
        ("two on a day, above the one before",
         [total(30, "2018-12-31"), total(50, "2019-12-31"),
          total(40, "2019-12-31", source="press@2020-04-30")], None),
        ("a share", [share(0.5, "2018-12-31"), share(0.4, "2019-12-31")], 3),
        ("a share by a point", [share(0.5, "2018-12-31"), share(0.49, "2019-12-31")], None),
        ("rounded", [total(41_000, "2018-12-31"), total(40_500, "2019-12-31")], None),
        ("about", [total(41, "2018-12-31"),
                   total(40, "2019-12-31", qualifier="approx")], None),
        ("another unit", [total(50, "2018-12-31"),
                          total(40, "2019-12-31", unit=SUBMUNITIONS)], None),
        ("since a day", [total(50, "2018-12-31"),
                         total(4, "2019-12-31", start="2019-01-01")], None),
    ],
    "periods overlap": [
        ("in part", [destroyed(5, "2018-01-01", "2018-12-31"),
                     destroyed(5, "2018-07-01", "2019-06-30")], 3),
        ("by a day", [destroyed(5, "2018-01-01", "2018-12-31"),
                      destroyed(5, "2018-12-31", "2019-06-30")], 3),
        ("one inside another", [destroyed(5, "2018-01-01", "2019-12-31"),
                                destroyed(3, "2018-02-01", "2018-03-31")], 3),
        ("the second after the end of the first but inside",
         [destroyed(9, "2018-01-01", "2019-12-31"), destroyed(3, "2018-02-01", "2018-03-31"),
          destroyed(3, "2019-02-01", "2019-03-31")],
          (3, 4)),
        ("none", [destroyed(5, "2018-01-01", "2018-12-31"),
                  destroyed(5, "2019-01-01", "2019-12-31")], None),
        ("of two sources", [destroyed(5, "2018-01-01", "2018-12-31"),
                            destroyed(5, "2018-07-01", "2019-06-30",
                                      source="press@2020-04-30")], None),
        ("of two units", [destroyed(5, "2018-01-01", "2018-12-31"),
                          destroyed(5, "2018-07-01", "2019-06-30", unit=SUBMUNITIONS)], None),
    ],
    "one source, two numbers": [
        ("it has", [total(50, "2018-12-31"), total(60, "2018-12-31")], 3),
        ("without a day", [declared(50), declared(60)], 3),
        ("about", [total(50, "2018-12-31"),
                   total(51, "2018-12-31", qualifier="approx")], None),
        ("of two days", [total(50, "2018-12-31"), total(60, "2019-12-31")], None),
        ("of two sources", [total(50, "2018-12-31"),
                            total(60, "2018-12-31", source="press@2020-04-30")], None),
        ("of two units", [declared(50), declared(60, unit=SUBMUNITIONS)], None),
    ],
    "one source, two days": [
        ("of completion", [event("AAA", "completed", "2018-01-01", source=STATE),
                           event("AAA", "completed", "2018-01-02", source=STATE)], 4),
        ("a month and a day", [event("AAA", "completed", "2018-01-31", precision="month",
                                     source=STATE),
                               event("AAA", "completed", "2018-01-02", source=STATE)], None),
        ("with stock found between", [event("AAA", "completed", "2018-01-01", source=STATE),
                                      event("AAA", "reopened", "2018-06-01", source=STATE),
                                      event("AAA", "completed", "2019-01-02", source=STATE)], None),
        ("of two sources", [event("AAA", "completed", "2018-01-01", source=STATE),
                            event("AAA", "completed", "2018-01-02", source="press@2020-04-30")],
         None),
        ("of signature", [event("AAA", "signed", "2009-01-01", source=STATE),
                          event("AAA", "signed", "2009-01-02", source=STATE)], 4),
        ("of a plan, which may have two", [
            event("AAA", "planned_completion", "2018-01-01", source=STATE),
            event("AAA", "planned_completion", "2019-01-01", source=STATE)], None),
    ],
    f"fewer {SUBMUNITIONS} than {MUNITIONS}": [
        ("declared", [declared(50), declared(40, unit=SUBMUNITIONS)], 3),
        ("as many", [declared(50), declared(50, unit=SUBMUNITIONS)], None),
        ("left", [quantity("AAA", "remaining", 5, "2019-12-31", source=STATE),
                  quantity("AAA", "remaining", 4, "2019-12-31", unit=SUBMUNITIONS, source=STATE)],
         3),
        ("of two sources", [declared(50),
                            declared(40, unit=SUBMUNITIONS, source="press@2020-04-30")], None),
        ("of two days", [declared(50, "2018-12-31"),
                         declared(40, "2019-12-31", unit=SUBMUNITIONS)], None),
        ("destroyed, which may go one after the other",
         [total(50, "2019-12-31"), total(40, "2019-12-31", unit=SUBMUNITIONS)], None),
    ],
    "done before it was declared": [
        ("it was", [declared(5, "2019-01-01"),
                    event("AAA", "completed", "2018-01-01", source=STATE)], 3),
        ("on the day", [declared(5, "2018-01-01"),
                        event("AAA", "completed", "2018-01-01", source=STATE)], None),
        ("declared without a day", [declared(5), declared(5, "2019-01-01"),
                                    event("AAA", "completed", "2018-01-01", source=STATE)], None),
        ("nothing to declare", [declared(0, "2019-01-01"),
                                event("AAA", "completed", "2018-01-01", source=STATE)], None),
        ("stock found later", [declared(5, "2017-01-01"), declared(5, "2019-01-01"),
                               event("AAA", "completed", "2018-01-01", source=STATE)], None),
    ],
    "declared again": [
        ("there and back", [declared(50, source="state@2011-04-30"),
                            declared(60, source="state@2012-04-30"),
                            declared(50, source="state@2013-04-30")], 4),
        ("restated", [declared(50, source="state@2011-04-30"),
                      declared(60, source="state@2012-04-30")], None),
        ("repeated", [declared(50, source="state@2011-04-30"),
                      declared(50, source="state@2012-04-30")], None),
        ("two on a day", [declared(50, source="state@2011-04-30"),
                          declared(60, source="state@2012-04-30"),
                          declared(50, source="press@2012-04-30")], None),
        ("of no day", [declared(50, source="state@2011-04-30"),
                       declared(60, source="state@2012-04-30"),
                       declared(50, source="press@")], None),
        ("of two units", [declared(50, source="state@2011-04-30"),
                          declared(60, source="state@2012-04-30"),
                          declared(50, source="state@2013-04-30", unit=SUBMUNITIONS)], None),
    ],
    "extends nothing": [
        ("it does", [event("AAA", "extension_granted", "2018-01-01", value="2018-08-01",
                           source=STATE)], 3),
        ("by a day", [event("AAA", "extension_granted", "2018-01-01", value="2018-08-02",
                            source=STATE)], None),
        ("of no day", [event("AAA", "extension_granted", "2018-01-01", source=STATE)], None),
    ],
}  # fmt: skip

CASES = [(kind, *story) for kind, stories in STORIES.items() for story in stories]


Lines = tuple[str, int]


@pytest.fixture(scope="module")
def told_of(tmp_path_factory: pytest.TempPathFactory) -> list[dict[Lines, set[str]]]:
    """For each case the warnings of its rows, by file and line as if they stood alone.

    All are loaded as one folder, each as the story of a state of its own.
    """
    tables: dict[str, list[tuple[int, Row]]] = {Q: [], E: []}
    for number, (_, _, rows, _) in enumerate(CASES):
        code = f"A{chr(65 + number // 26)}{chr(65 + number % 26)}"
        for row in (AAA, *rows):
            tables[E if "event" in row else Q].append((number, row | {"iso3": code}))
    folder = write_treaty(
        tmp_path_factory.mktemp("checks"), *([row for _, row in tables[name]] for name in (Q, E))
    )
    ledger = sp.load(folder)
    assert ledger.rejected.empty
    out: list[dict[Lines, set[str]]] = [{} for _ in CASES]
    for warning in ledger.warnings.itertuples():
        owners = [number for number, _ in tables[warning.file]]
        number = owners[warning.line - 2]
        place = warning.file, warning.line - owners.index(number)
        out[number].setdefault(place, set()).add(warning.kind)
    return out


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_a_story_is_told_by_the_row_that_cannot_be(
    told_of: list[dict[Lines, set[str]]], number: int
) -> None:
    kind, _, rows, line = CASES[number]
    file = E if any("event" in row for row in rows) else Q
    lines = (line,) if isinstance(line, int) else line or ()
    assert {at for at, kinds in told_of[number].items() if kind in kinds} == {
        (file, at) for at in lines
    }


class TestNoParty:
    KIND = "not a party on record"

    def test_one_warning_for_each_state_and_table(self, tmp_path: Path) -> None:
        other = [row | {"iso3": "BBB"} for row in (declared(5), total(4, "2019-12-31"))]
        deadline = event("BBB", "deadline_stated", "2018-08-01", value="original", source=STATE)
        found = told(tmp_path, declared(5), *other, deadline)
        assert found == [(E, 3, self.KIND), (Q, 3, self.KIND)]

    def test_signing_is_no_joining_and_needs_none(self, tmp_path: Path) -> None:
        signed = event("BBB", "signed", "2009-01-01", source=STATE)
        assert told(tmp_path, signed) == []

    def test_a_folder_that_tells_of_no_consent_says_nothing(self, tmp_path: Path) -> None:
        assert told(tmp_path, declared(5), party=False) == []


def test_a_rejected_row_contradicts_nothing(tmp_path: Path) -> None:
    rows = [declared(5), total("~9", "2019-12-31")]
    ledger = sp.load(write_treaty(tmp_path / "demo", rows, [AAA]))
    assert len(ledger.rejected) == 1
    assert ledger.warnings.empty


def test_warnings_change_no_result(
    ccm: sp.Ledger, apmbc: sp.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a single check, the ledger is the same in all but its warnings."""
    told = [len(ledger.warnings) for ledger in (ccm, apmbc)]
    monkeypatch.setattr(plausibility, "CHECKS", ())
    for ledger, with_checks in zip((ccm, apmbc), told, strict=True):
        without = assemble(ingest(ledger.folder), ledger.folder)
        assert len(without.warnings) < with_checks
        for table in ("quantities", "events", "sources", "states"):
            pd.testing.assert_frame_equal(getattr(without, table), getattr(ledger, table))


def test_asking_again_finds_nothing_new(treaty_ledger: sp.Ledger) -> None:
    pd.testing.assert_frame_equal(plausibility.find_doubts(treaty_ledger), treaty_ledger.warnings)


def test_what_the_packaged_tables_are_warned_of(ccm: sp.Ledger, apmbc: sp.Ledger) -> None:
    """Few, and each true: these sources do contradict each other, and themselves."""

    def kinds(ledger: sp.Ledger) -> dict[str, int]:
        found = ledger.warnings["kind"].value_counts()
        return {kind: int(found.get(kind, 0)) for kind in [*STORIES, TestNoParty.KIND]}

    assert kinds(ccm) == dict.fromkeys(STORIES, 0) | {
        "running total falls": 3,  # the Netherlands, Spain
        f"fewer {SUBMUNITIONS} than {MUNITIONS}": 2,  # Cyprus
        "declared again": 2,  # Bulgaria
        TestNoParty.KIND: 4,
    }
    assert kinds(apmbc) == dict.fromkeys(STORIES, 0) | {
        "more destroyed than declared": 20,
        "running total falls": 6,
        "stock grows": 3,  # Greece, Turkey, Ukraine
        "periods overlap": 3,
        "one source, two numbers": 2,
        "one source, two days": 1,
        "declared again": 1,
        TestNoParty.KIND: 0,
    }


NUMBERS = st.one_of(
    st.integers(0, 10**15 - 1), st.integers(0, 10**6).map(lambda n: n * 1000), st.integers(0, 2000)
)


@given(
    rows=st.lists(
        st.tuples(
            NUMBERS, st.sampled_from(QUALIFIERS), st.sampled_from([*MEASURES]), st.floats(0, 1)
        ),
        min_size=1,
        max_size=20,
    )
)
def test_numbers_stand_for_the_ranges_that_reconciling_reads(
    rows: list[tuple[int, str, str, float]],
) -> None:
    values = [part if of == "destroyed_share" else float(n) for n, _, of, part in rows]
    qualifiers = np.array([how for _, how, _, _ in rows], dtype=object)
    shares = np.array([of == "destroyed_share" for _, _, of, _ in rows])
    lows, highs = bounds_of_column(np.array(values), qualifiers, shares)
    for i, (value, (_, how, of, _)) in enumerate(zip(values, rows, strict=True)):
        statement = Statement(0, of, value, how, None, 0, 0, 0, False, "a")
        low, high = bounds(statement, 1.0)
        assert math.isclose(lows[i], low, abs_tol=1e-9)
        assert math.isclose(highs[i], high, abs_tol=1e-9)
