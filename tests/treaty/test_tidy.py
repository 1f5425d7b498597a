"""A folder is put in order without a change to any cell, and only once."""

import csv
import json
from pathlib import Path

import pytest
from packages import problems
from smalltreaty import consents, event, quantity, write_treaty

from stockpile.common.errors import DataError
from stockpile.ledger.load import packaged, packaged_folder
from stockpile.treaty.datapackage import dictionary, find_untidy
from stockpile.treaty.schema import SCHEMAS

ROWS = [
    quantity("BBB", "declared", 7, "2011-01-01", source="state@2011-02-01"),
    quantity("AAA", "remaining", "3", "2012-01-01", source='state@2012-02-01 of the "First", Ltd'),
    quantity("AAA", "declared", 10, "2011-01-01", source="state@2011-02-01"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_treaty(
        tmp_path / "demo", ROWS, [consents("BBB"), consents("AAA")], states=["BBB", "AAA"]
    )


def put_in_order(folder: Path, **how: str) -> dict[str, str]:
    """Do what is to be done; return why, by file."""
    found = find_untidy(folder, **how)
    for name, _, content in found:
        (folder / name).write_bytes(content)
    return {name: why for name, why, _ in found}


def cells(folder: Path, table: str) -> list[list[str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("treaty", packaged())
def test_packaged_tables_are_in_order(treaty):
    assert find_untidy(packaged_folder(treaty)) == []


def test_rows_are_sorted_and_everything_is_described(folder):
    before = {table: cells(folder, table) for table in ("quantities", "events", "states")}
    why = put_in_order(folder)
    assert why["quantities.csv"] == "line 3 is out of order"
    assert why["datapackage.json"] == "there is none"
    for table, (head, *rows) in before.items():
        assert cells(folder, table) == [head, *sorted(rows)]
    assert find_untidy(folder) == []
    assert problems(folder / "datapackage.json") == []


def test_what_people_wrote_in_a_descriptor_stays(folder):
    put_in_order(folder)
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["title"] = "Mine"
    package["resources"][1]["schema"]["fields"][0]["description"] = "Ours"
    path.write_text(json.dumps(package), encoding="utf-8")
    put_in_order(folder, version="2027.01")
    after = json.loads(path.read_text(encoding="utf-8"))
    assert (after["title"], after["version"]) == ("Mine", "2027.01")
    assert after["resources"][1]["schema"]["fields"][0]["description"] == "Ours"


def test_line_ends_mark_of_order_and_needless_quotes_go(folder):
    put_in_order(folder)
    path = folder / "states.csv"
    good = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + good.replace(b"AAA,", b'"AAA",').replace(b"\n", b"\r\n"))
    assert put_in_order(folder)["states.csv"] == "columns, quotes or line ends differ"
    assert path.read_bytes() == good


def test_a_new_column_and_a_new_table_get_their_description(folder):
    put_in_order(folder)
    rows = [event("AAA", "completed", "2012-05-01", source="state@2012-06-01") | {"stock": ""}]
    write_treaty(folder, ROWS, [*rows, consents("AAA"), consents("BBB")], states=["AAA", "BBB"])
    put_in_order(folder)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (events,) = [one for one in package["resources"] if one["name"] == "events"]
    (stock,) = [field for field in events["schema"]["fields"] if field["name"] == "stock"]
    assert stock["description"] == dictionary()["events", "stock"][1]


def test_numbers_of_rows_in_the_data_dictionary_follow(folder):
    readme = folder / "README.md"
    readme.write_text("| file | one row is | rows |\n| `quantities.csv` | a number | 99 |\n")
    assert put_in_order(folder)["README.md"] == "numbers of rows are out of date"
    assert "| `quantities.csv` | a number | 3 |" in readme.read_text()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("AAA,declared", "quantities.csv, line 5: the row has too few or too many cells"),
        (
            "BBB,declared,cluster_munitions,7,exact,,2011-01-01,state@2011-02-01",
            "quantities.csv, line 5: the row is there twice: BBB,declared",
        ),
    ],
)
def test_a_row_that_cannot_be_kept_as_it_is_stops_everything(folder, row, message):
    path = folder / "quantities.csv"
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(DataError, match=message):
        find_untidy(folder)


def test_a_descriptor_that_is_none_is_named(folder):
    (folder / "datapackage.json").write_text("[]")
    with pytest.raises(DataError, match=r"datapackage\.json: not a JSON object"):
        find_untidy(folder)


def test_dictionary_has_every_table_and_column():
    described = {(table, column) for table, columns in SCHEMAS.items() for column in ("", *columns)}
    assert set(dictionary()) == described | {("treaty", "")}
