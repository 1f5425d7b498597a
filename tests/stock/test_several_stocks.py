"""Treaties with several stocks: each has its obligation, and all have to be gone."""

from __future__ import annotations

import random
from pathlib import Path

import core
import pandas as pd
import pytest
from smalltreaty import Row, consents, event, quantity, write_treaty

import stockpile as sp

pytestmark = pytest.mark.usefixtures("alone")

STATE = "state@2012-06-30"
RULES = """\
id = "stocks"
name = "Convention on Several Stocks"
short_name = "CSS"

[entry_into_force]
first = 2010-08-01
months_after_consent = 6

[destruction]
article = "3"
years = 8
extension_max_years = 4

"""
STOCKS = {
    "guns": '[stocks.guns]\none = "guns"\n',
    "gas": '[stocks.gas]\none = "gas"\n[stocks.gas.destruction]\nyears = 2\n',
}
UNITS = {
    "guns": '[units.guns]\nstock = "guns"\n',
    "shells": '[units.shells]\ninside = "guns"\nstock = "guns"\n',
    "gas_tonnes": '[units.gas_tonnes]\none = "tonne of gas"\nmany = "tonnes of gas"\n'
    'kind = "mass"\nsymbol = "t"\ndecimals = 2\nstock = "gas"\n',
}
ROWS = [
    quantity("AAA", "declared", 100, "2011-06-30", unit="guns", source=STATE),
    quantity("AAA", "declared", 5000, "2011-06-30", unit="shells", source=STATE),
    quantity("AAA", "declared", "26.34", "2011-06-30", unit="gas_tonnes", source=STATE),
    quantity("AAA", "destroyed_total", 60, "2012-05-31", unit="guns", source=STATE),
    quantity("AAA", "destroyed_total", "6.34", "2012-05-31", unit="gas_tonnes", source=STATE),
]


def load(
    folder: Path, rows: list[Row], events: tuple[Row, ...] = (), *, shuffled: int = 0
) -> sp.Ledger:
    parts = [*STOCKS.values(), *UNITS.values()]
    random.Random(shuffled).shuffle(parts)
    toml = RULES + "\n".join(parts)
    return sp.load(write_treaty(folder, rows, [consents("AAA"), *events], toml=toml))


def rated(ledger: sp.Ledger, day: str) -> pd.Series:
    (row,) = core.status(ledger.as_of(day)).iloc
    return row


def test_the_stock_that_is_furthest_behind_decides_and_the_others_are_named(
    tmp_path: Path,
) -> None:
    row = rated(load(tmp_path / "t", ROWS), "2012-07-31")
    assert (row["unit"], row["declared"], row["remaining"]) == ("gas_tonnes", 26.34, 20.0)
    assert "6.34 of 26.34 tonnes of gas (24 per cent)" in row["reason"]
    assert "Also open: guns. 60 of 100 guns (60 per cent) destroyed" in row["reason"]


def test_a_stock_has_a_deadline_of_its_own(tmp_path: Path) -> None:
    left = quantity(
        "AAA", "remaining", "20", "2012-12-31", unit="gas_tonnes", source="state@2013-04-30"
    )
    row = rated(load(tmp_path / "t", [*ROWS, left]), "2013-06-30")
    assert row["status"] == "overdue" and str(row["deadline"].date()) == "2012-08-01"
    # That of the guns is years away.
    done = event("AAA", "completed", "2012-07-15", source="state@2012-07-20") | {"stock": "gas"}
    row = rated(load(tmp_path / "u", ROWS, (done,)), "2013-06-30")
    assert row["status"] in ("on target", "at risk")
    assert (row["unit"], str(row["deadline"].date())) == ("guns", "2018-08-01")


def test_a_state_is_done_when_all_its_stocks_are(tmp_path: Path) -> None:
    gas = event("AAA", "completed", "2012-07-15", source="state@2012-07-20") | {"stock": "gas"}
    guns = event("AAA", "completed", "2014-07-15", source="state@2014-07-20") | {"stock": "guns"}
    assert rated(load(tmp_path / "t", ROWS, (gas,)), "2014-12-31")["status"] != "completed"
    row = rated(load(tmp_path / "u", ROWS, (gas, guns)), "2014-12-31")
    assert (row["status"], str(row["completed"].date())) == ("completed", "2014-07-15")
    late = gas | {"date": "2012-09-15", "source_id": "state@2012-09-20"}
    row = rated(load(tmp_path / "v", ROWS, (late, guns)), "2014-12-31")
    assert (row["status"], row["unit"]) == ("completed late", "gas_tonnes")
    # One that names no stock is of all.
    whole = {key: cell for key, cell in guns.items() if key != "stock"} | {"stock": ""}
    row = rated(load(tmp_path / "w", ROWS, (whole,)), "2014-12-31")
    assert (row["status"], row["unit"]) == ("completed late", "gas_tonnes")


@pytest.mark.parametrize("seed", range(1, 5))
def test_nothing_depends_on_the_order_of_units_and_stocks(tmp_path: Path, seed: int) -> None:
    plain, other = load(tmp_path / "a", ROWS), load(tmp_path / "b", ROWS[::-1], shuffled=seed)
    for day in ("2012-07-31", "2015-01-01"):
        views = [ledger.as_of(day) for ledger in (plain, other)]
        pd.testing.assert_frame_equal(*(core.status(view) for view in views))
        pd.testing.assert_frame_equal(*(core.progress(view) for view in views))


def test_destroying_one_stock_does_not_destroy_another(tmp_path: Path) -> None:
    gone = quantity("AAA", "remaining", 0, "2012-06-15", unit="guns", source="state@2012-07-01")
    lines = core.progress(load(tmp_path / "t", [*ROWS, gone]).as_of("2012-07-31"))
    last = lines.groupby("unit")["remaining"].last()
    # The shells were in the guns, the gas was not.
    assert last.to_dict() == {"guns": 0, "shells": 0, "gas_tonnes": 20.0}


def test_two_identical_halves_are_rated_as_the_whole(tmp_path: Path) -> None:
    def halves(unit: str, factor: float) -> list[Row]:
        return [
            quantity("AAA", "declared", round(100 * factor), "2011-06-30", unit=unit, source=STATE),
            quantity(
                "AAA", "destroyed_total", round(40 * factor), "2012-05-31", unit=unit, source=STATE
            ),
        ]

    def rating(name: str, sections: list[str], rows: list[Row]) -> tuple[str, float]:
        toml = RULES + "\n".join(sections)
        folder = write_treaty(tmp_path / name, rows, [consents("AAA")], toml=toml)
        row = rated(sp.load(folder), "2012-07-31")
        return row["status"], row["p_on_time"]

    one = rating("one", ["[units.guns]\n"], halves("guns", 1))
    parts = [
        f'[stocks.{half}]\none = "{half}"\n[units.{half}_guns]\nstock = "{half}"\n'
        for half in ("east", "west")
    ]
    two = rating("two", parts, [*halves("east_guns", 0.5), *halves("west_guns", 0.5)])
    assert one == two
    scaled = rating("scaled", ["[units.guns]\n"], halves("guns", 1000))
    assert scaled == one
