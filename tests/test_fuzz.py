"""Good input, damaged at random: it is read and accounted for, or refused with a message.

A few hundred damaged inputs in `make test-slow`. `make fuzz` asks for as many of each kind as one
has time for, by ``STOCKPILE_FUZZ_EXAMPLES``; they are the same on every machine.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from handmade import book
from hypothesis import given, settings
from hypothesis import strategies as st
from smalltreaty import COLUMNS, packaged_rows

import stockpile as sp
from stockpile.ledger.load import assemble, packaged_folder, rules_and_acts
from stockpile.spreadsheets.gather import gather
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty.folder import Ingested, ingest
from stockpile.treaty.rules_file import parse_treaty

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("STOCKPILE_FUZZ_EXAMPLES", "0"))


def examples(few: int) -> Any:
    """As many examples as were asked for, or a few."""
    return settings(max_examples=EXAMPLES or few)


# What is damaged


def _csv(table: str, rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    columns = dict.fromkeys([*COLUMNS[table], *(name for row in rows for name in row)])
    writer = csv.DictWriter(out, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _folder() -> dict[str, bytes]:
    """Some states of the packaged treaty, with all sorts of statements."""
    toml, tables = packaged_rows("ccm")
    states = {"ESP", "PER", "BGR"}
    kept = {
        table: [row for row in rows if row["iso3"] in states][:12]
        for table, rows in tables.items()
        if table not in ("sources", "allegations")
    }
    cited = {row["source_id"] for rows in kept.values() for row in rows if "source_id" in row}
    kept["sources"] = [row for row in tables["sources"] if row["source_id"] in cited]
    return {"treaty.toml": toml.encode()} | {
        f"{table}.csv": _csv(table, rows) for table, rows in kept.items()
    }


FOLDER = _folder()
OWN = {
    "wide.csv": (
        b"Stockpiles\n\nState,Declared,2010,2011,2012,Completed\nPeru,676,0,120,~5,\n"
        b'"Bosnia and Herzegovina","1 234",4,,n/a,2012-04-01\nChad,>12,5*,7,0,May 2012\nTotal,9,9\n'
    ),
    "long.csv": (
        b"Country;Year;Destroyed in the year;Remaining;Source;Published\r\n"
        b"Peru;2011;120;556;Letter;2012-03-01\r\nUK;2010;1.234,5;7;Report;2012\r\n"
        b"PER;2012;1;2;;\r\n"
    ),
    "rows.csv": (
        b"State,Measure,Unit,Number,Year,Source,Published\n"
        b"Peru,remaining,submunitions,556,2011,Letter of the embassy,2012-03-01\n"
        b"Peru,destroyed,submunitions,40%,2011,Letter of the embassy,2012-03\n"
        b"Chad,declared,cluster munitions,100,,Letter,2012\n"
    ),
    "quantities.csv": FOLDER["quantities.csv"],
}


# How it is damaged

#: What stands in cells that people and programs get wrong, and what readers of CSV stumble over.
CELLS = st.one_of(
    st.sampled_from(
        "|NA|n/a|0|-1|-0|00|1,234|1.234|1 234|1'234|~500|>5|1e6|1e400|inf|nan|TRUE|=1+1|#REF!|66%"
        "|1.0|99999999999999999999|²|١٢|2013|2013-02|2013-02-30|2013-02-29|31.12.2012|12/31/2012|41274"
        "|0000-00-00|1899-12-31|2199-12-31|9999-12-31|2012-12-31T00:00|declared|destroyed_share"
        "|unspecified|submunitions|completed|reopened|exact|month|unknown|PER|ESP|ZZZ|Total|\x1a"
        '|"|""|"a|a"b|a,b|\n|\r|\r\n|\t| |\ufeff|\u200b|\u2028|<script>|../..|\\|\'|;'.split("|")
    ),
    st.text(max_size=8),
)
BYTES = st.one_of(
    st.sampled_from(
        [b"", b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b'""', b"\n", b"\r",
         b"\r\n", b",", b";", b"\t", b"\n\n\n", b"PK\x03\x04", b"<html>", b"[" * 2000, b"9" * 5000]
    ),
    st.binary(max_size=3),
)  # fmt: skip
PLACE = st.integers(0, 10**6)

Rows = list[list[str]]


def _set_cell(rows: Rows, a: int, b: int, cell: str) -> None:
    row = rows[a % len(rows)]
    if row:
        row[b % len(row)] = cell


def _copy_cell(rows: Rows, a: int, b: int, _: str) -> None:
    from_row = rows[b % len(rows)]
    if from_row:
        _set_cell(rows, a, b, from_row[a % len(from_row)])


def _add_cell(rows: Rows, a: int, b: int, cell: str) -> None:
    rows[a % len(rows)].insert(b % 9, cell)


def _drop_cell(rows: Rows, a: int, b: int, _: str) -> None:
    del rows[a % len(rows)][b % 9 :][:1], rows[a % len(rows)][b % 9 : b % 9 + 1]


def _cut_row(rows: Rows, a: int, b: int, _: str) -> None:
    del rows[a % len(rows)][b % 9 :]


def _drop_row(rows: Rows, a: int, _b: int, _: str) -> None:
    del rows[a % len(rows)]


def _copy_row(rows: Rows, a: int, b: int, _: str) -> None:
    rows.insert(a % len(rows), list(rows[b % len(rows)]))


def _add_row(rows: Rows, a: int, b: int, cell: str) -> None:
    rows.insert(a % len(rows), [cell] * (b % 10))


def _drop_column(rows: Rows, a: int, _b: int, _: str) -> None:
    at = a % max(len(rows[0]), 1)
    for row in rows:
        del row[at : at + 1]


def _copy_column(rows: Rows, a: int, b: int, _: str) -> None:
    width = max(len(rows[0]), 1)
    for row in rows:
        if len(row) == width:
            row.insert(b % width, row[a % width])


def _swap_columns(rows: Rows, a: int, b: int, _: str) -> None:
    width = max(len(rows[0]), 1)
    for row in rows:
        if len(row) == width:
            row[a % width], row[b % width] = row[b % width], row[a % width]


def _fill_column(rows: Rows, a: int, _b: int, cell: str) -> None:
    at = a % max(len(rows[0]), 1)
    for row in rows[1:]:
        row[at : at + 1] = [cell]


DAMAGE: list[Callable[[Rows, int, int, str], None]] = [
    _set_cell, _set_cell, _set_cell, _copy_cell, _copy_cell, _add_cell, _drop_cell, _cut_row,
    _drop_row, _copy_row, _add_row, _drop_column, _copy_column, _swap_columns, _fill_column,
]  # fmt: skip
ROW_DAMAGE = st.lists(st.tuples(st.sampled_from(DAMAGE), PLACE, PLACE, CELLS), max_size=5)
BYTE_DAMAGE = st.lists(st.tuples(PLACE, st.integers(0, 4), BYTES), max_size=2)


class Damage(NamedTuple):
    """What is done to one file: to its rows, and then to its bytes."""

    name: str
    rows: list[Any]
    bytes: list[tuple[int, int, bytes]]


def damages(names: list[str]) -> st.SearchStrategy[Damage]:
    # Bytes seldom: most of such files are refused at once, and their rows never looked at.
    some = st.one_of(st.just([]), st.just([]), BYTE_DAMAGE)
    return st.builds(Damage, st.sampled_from(names), ROW_DAMAGE, some)


def damaged(data: bytes, damage: Damage, delimiter: str = ",") -> bytes:
    """The file with the damage done to it."""
    if damage.rows and not damage.name.endswith(".toml"):
        rows = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter))
        for how, a, b, cell in damage.rows:
            if rows:
                how(rows, a, b, cell)
        out = io.StringIO(newline="")
        quoting = csv.QUOTE_MINIMAL
        csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=quoting).writerows(rows)
        data = out.getvalue().encode("utf-8", "surrogatepass")
    elif damage.rows:
        lines = [line.split(" = ") for line in data.decode().splitlines()]
        for how, a, b, cell in damage.rows:
            if lines:
                how(lines, a, b, cell)
        data = "\n".join(" = ".join(line) for line in lines).encode("utf-8", "surrogatepass")
    for at, length, new in damage.bytes:
        at %= len(data) + 1
        data = data[:at] + new + data[at + length :]
    return data


# What holds whatever the damage


def starts_of_rows(data: bytes) -> list[int]:
    """The line on which each row of a CSV starts, by the strict reader alone."""
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    next(reader)
    out, line = [], reader.line_num + 1
    for row in reader:
        if row:
            out.append(line)
        line = reader.line_num + 1
    return out


def assert_nothing_is_lost(found: Ingested, folder: Path) -> None:
    """Each row of each file is accepted or rejected, and stands where the account says."""
    for count in found.counts.itertuples():
        assert count.read == count.accepted + count.rejected
        lines = starts_of_rows((folder / count.file).read_bytes())
        bad = found.rejected.loc[found.rejected["file"] == count.file, "line"]
        assert (len(lines), count.rejected) == (count.read, bad.nunique())
        assert set(bad) <= set(lines)
        accepted = found.tables[count.file.removesuffix(".csv")]["line"]
        assert sorted({*bad, *accepted}) == lines


@examples(40)
@given(
    damage=st.lists(damages([*FOLDER, "quantities.csv", "events.csv"]), min_size=1, max_size=3),
    gone=st.sampled_from([None] * 9 + ["states.csv", "transparency_reports.csv", "events.csv"]),
)
def test_a_damaged_folder_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: list[Damage], gone: str | None
) -> None:
    files = {name: data for name, data in FOLDER.items() if name != gone}
    for one in damage:
        if one.name in files:
            files[one.name] = damaged(FOLDER[one.name], one)
    folder = tmp_path_factory.mktemp("fuzz")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    try:
        found = ingest(folder)
    except sp.DataError as error:
        assert str(error)
        return
    assert_nothing_is_lost(found, folder)
    ledger = assemble(found, folder)
    assert len(ledger.warnings) >= len(found.warnings)
    if EXAMPLES:  # what was accepted can be worked with, too
        sp.progress(ledger.as_of("2016-06-30"))


@examples(200)
@given(damage=damages(["treaty.toml"]))
def test_damaged_rules_are_read_or_refused(damage: Damage) -> None:
    try:
        treaty = parse_treaty(damaged(FOLDER["treaty.toml"], damage))
    except sp.DataError as error:
        assert str(error).startswith("treaty.toml: ")
        return
    assert treaty.units and 1 <= treaty.years <= 100


@pytest.fixture(scope="module")
def base() -> Ingested:
    return rules_and_acts(packaged_folder("ccm"))


OPTIONS = st.fixed_dictionaries(
    {"published": st.just("2012-06-01")},
    optional={
        "unit": st.sampled_from(["cluster_munitions", "submunitions"]),
        "cumulative": st.booleans(),
        "on": st.just("2012-03-31"),
        "decimal": st.sampled_from([".", ","]),
        "date_order": st.sampled_from(["dmy", "mdy"]),
        "percent": st.booleans(),
        "missing": st.just("-"),
    },
)
SETTLED = {"unit": "cluster_munitions", "cumulative": False, "on": "2012-03-31"}


def read_or_refused(table: Path, base: Ingested, options: Options) -> None:
    """A table is read with an account that adds up, or refused with a message that names it."""
    try:
        found = gather(understand(table, base.treaty, options), base.tables).ingested
    except sp.DataError as error:
        assert str(error).startswith(table.name)
        return
    counts = found.counts
    assert (counts["read"] == counts["accepted"] + counts["rejected"]).all()
    bad = found.rejected[["file", "line"]].drop_duplicates()
    assert len(bad) == counts["rejected"].sum()
    told = set(bad.itertuples(index=False, name=None))
    for name in ("quantities", "events"):
        rows = found.tables[name]
        assert told.isdisjoint(zip(rows["file"], rows["line"], strict=True))


@examples(80)
@given(damage=damages(list(OWN)), settled=st.booleans(), how=OPTIONS)
def test_a_damaged_table_of_ones_own_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    base: Ingested,
    damage: Damage,
    settled: bool,
    how: dict[str, Any],
) -> None:
    delimiter = ";" if damage.name == "long.csv" else ","
    path = tmp_path_factory.mktemp("fuzz") / damage.name
    path.write_bytes(damaged(OWN[damage.name], damage, delimiter))
    read_or_refused(path, base, Options(**(how | SETTLED if settled else how)))


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The parts of a workbook."""
    rows = [["State", "Declared", "2010"], ["Peru", 676, "=1+1"], ["Chad", 12, "n/a"]]
    path = book(tmp_path_factory.mktemp("fuzz") / "own.xlsx", rows)
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@examples(30)
@given(part=PLACE, inside=BYTE_DAMAGE, outside=st.one_of(st.just([]), BYTE_DAMAGE))
def test_a_damaged_workbook_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    base: Ingested,
    workbook: dict[str, bytes],
    part: int,
    inside: list[tuple[int, int, bytes]],
    outside: list[tuple[int, int, bytes]],
) -> None:
    name = sorted(workbook)[part % len(workbook)]
    parts = workbook | {name: damaged(workbook[name], Damage("", [], inside))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in parts.items():
            archive.writestr(file, data)
    path = tmp_path_factory.mktemp("fuzz") / "own.xlsx"
    path.write_bytes(damaged(packed.getvalue(), Damage("", [], outside)))
    read_or_refused(path, base, Options(published="2012-06-01", **SETTLED))
