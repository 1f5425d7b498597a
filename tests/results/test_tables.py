"""Results as files: described to the byte, and the same whatever reads them."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from packages import problems
from smalltreaty import consents, ledger_of, quantity

import stockpile as sp
from stockpile.results import tables

pytestmark = pytest.mark.usefixtures("alone")

ROWS = [
    quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
    quantity("AAA", "destroyed_total", 40, "2012-12-31", source="state@2013-04-30"),
    quantity("AAA", "destroyed_total", 70, "2013-12-31", source="state@2014-04-30"),
]


@pytest.fixture(scope="module")
def then(tmp_path_factory) -> sp.Ledger:
    home = tmp_path_factory.mktemp("demo")
    return ledger_of(home, ROWS, [consents("AAA")], states=["AAA"]).as_of("2014-06-30")


@pytest.fixture(scope="module")
def frames(then) -> dict[str, pd.DataFrame]:
    return {
        "status": sp.status(then),
        "projection": sp.project(then),
        "long": tables.long_form(then),
        "counts": then.counts,
    }


@pytest.mark.parametrize("hxl", [False, True])
def test_tables_are_described_to_the_byte(then, frames, tmp_path, hxl):
    tables.write_tables(tmp_path, frames, then, hxl=hxl)
    assert problems(tmp_path / "datapackage.json") == []
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert package["stockpile"]["as_of"] == "2014-06-30"
    assert [one["name"] for one in package["resources"]] == list(frames)
    for resource in package["resources"]:
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(frames[resource["name"]].columns)
        assert all(field["description"] for field in fields), resource["name"]


def test_hxl_tags_stand_below_the_header(then, frames, tmp_path):
    tables.write_tables(tmp_path, frames, then, hxl=True)
    with (tmp_path / "status.csv").open(encoding="utf-8", newline="") as file:
        head, tags, *rows = list(csv.reader(file))
    assert len(head) == len(tags) and all(tag.startswith("#") for tag in tags)
    by_name = dict(zip(head, tags, strict=True))
    assert by_name["iso3"] == "#country+code+v_iso3"
    assert by_name["deadline"] == "#date+deadline"
    assert len(rows) == 1


def test_long_form_has_one_known_number_a_row(then):
    rows = tables.long_form(then)
    assert list(rows.columns) == "entity code year indicator value unit source".split()
    assert rows["value"].notna().all()
    assert not rows.duplicated(["code", "unit", "year", "indicator"]).any()
    years = sp.by_year(then).set_index("year")
    found = rows.query("indicator == 'destroyed_to_date'").set_index("year")["value"]
    assert found.to_dict() == years["destroyed_to_date"].dropna().to_dict()
    assert set(rows["source"]) == {"stockpile, tables of demo, as of 2014-06-30"}


def test_parquet_gives_every_frame_back_with_its_types(then, frames, tmp_path):
    pytest.importorskip("pyarrow")
    tables.write_tables(tmp_path, frames, then)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), frame)


def test_parquet_is_left_out_where_it_cannot_be_written(then, frames, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "has_parquet", lambda: False)
    tables.write_tables(tmp_path, frames, then)
    assert not list(Path(tmp_path).glob("*.parquet"))
    assert "parquet" not in (tmp_path / "datapackage.json").read_text(encoding="utf-8")
