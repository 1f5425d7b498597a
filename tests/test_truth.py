"""Small inputs of which it is known what is right: figures and ratings, case by case."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from smalltreaty import Row, ledger_of, packaged_rows

import stockpile as sp
from stockpile.stock.position import positions

CASES = tomllib.loads((Path(__file__).parent / "data" / "truth.toml").read_text(encoding="utf-8"))
UNITS = {"M": "antipersonnel_mines", "C": "cluster_munitions", "S": "submunitions"}
QUANTITY = "measure,unit,quantity,qualifier,period_start,period_end,source_id".split(",")
EVENT = "event,date,precision,value,source_id".split(",")


def case_ledger(case: dict[str, Any], folder: Path) -> sp.Ledger:
    """The statements of a case as a folder of its treaty, with one state in it."""
    quantities, events = (
        [{"iso3": "AAA", **dict(zip(columns, row.split(","), strict=True))} for row in case[table]]
        for table, columns in (("quantities", QUANTITY), ("events", EVENT))
    )
    for row in quantities:
        row["unit"] = UNITS[row["unit"]]
    consent = next((row["date"] for row in events if row["event"] == "consented"), "1997-12-03")
    published = (pd.Timestamp(consent) + pd.Timedelta(days=14)).date().isoformat()
    sources: list[Row] = [
        {
            "source_id": name,
            "title": f"A document of kind {kind}",
            "publisher": "",
            "kind": kind,
            "published": day,
            "published_precision": "day",
            "url": "",
        }
        for name, kind, day in [*case["sources"], ("dep", "depositary", published)]
    ]
    toml, _ = packaged_rows(case["treaty"])
    return ledger_of(folder, quantities, events, sources=sources, states=["AAA"], toml=toml)


@pytest.fixture(params=CASES["case"], ids=[case["id"] for case in CASES["case"]])
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each case in turn."""
    return request.param


def test_figures(case: dict[str, Any], tmp_path: Path) -> None:
    (row,) = positions(case_ledger(case, tmp_path).as_of(case["day"])).to_dict("records")
    for name, expected in case["figures"].items():
        value = row[name]
        if expected == "unknown":
            assert pd.isna(value), (name, value)
        elif isinstance(value, pd.Timestamp):
            assert value.date().isoformat() == expected, name
        elif isinstance(expected, str | bool):
            assert value == expected, name
        else:
            assert value == pytest.approx(expected, abs=1e-6), name


def test_rating(case: dict[str, Any], tmp_path: Path) -> None:
    (row,) = sp.status(case_ledger(case, tmp_path).as_of(case["day"])).to_dict("records")
    if "rating" in case:
        assert row["status"] in case["rating"], row["reason"]
