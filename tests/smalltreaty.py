"""Small treaty folders for tests, written from rows in the field's terms.

The id of a source says what it is: ``"state@2012-04-30"`` is a state's document
published on that day, ``"press@"`` a press article that nobody dated. The
folder's ``sources.csv`` follows from the ids that its rows cite.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import stockpile as sp
from stockpile.ledger.load import packaged_folder

MUNITIONS, SUBMUNITIONS = "cluster_munitions", "submunitions"

COLUMNS = {
    "sources": "source_id title publisher kind published published_precision url".split(),
    "states": "iso3 name".split(),
    "quantities": (
        "iso3 measure unit quantity qualifier period_start period_end source_id".split()
    ),
    "events": "iso3 event date precision value source_id".split(),
    "transparency_reports": ("iso3 initial_due initial_submitted as_of status source_id".split()),
    "national_legislation": "iso3 status law_year as_of source_id".split(),
    "interpretive_views": "iso3 question view as_of source_id".split(),
    "allegations": "iso3 act alleged_on assessment as_of source_id".split(),
}

TOML = """\
id = "demo"
name = "Convention on Demonstration"
short_name = "Demo"
units = ["cluster_munitions", "submunitions"]

[entry_into_force]
first = 2010-08-01
months_after_consent = 6

[destruction]
article = "3"
years = 8
extension_max_years = 4

[reporting]
initial_days = 180
annual_due = "04-30"
"""

Row = dict[str, str]


def source(source_id: str, **cells: str) -> Row:
    """A document; kind and day of publication stand in its id."""
    kind, _, rest = source_id.partition("@")
    published = rest[:10]
    row = {
        "source_id": source_id,
        "title": f"A document, {source_id}",
        "publisher": "",
        "kind": kind,
        "published": published,
        "published_precision": "day" if published else "",
        "url": "",
    }
    return row | cells


def quantity(
    iso3: str,
    measure: str,
    number: float | str,
    on: str = "",
    *,
    start: str = "",
    unit: str = MUNITIONS,
    qualifier: str = "exact",
    source: str,
) -> Row:
    """One number that one source states."""
    return {
        "iso3": iso3,
        "measure": measure,
        "unit": unit,
        "quantity": str(number),
        "qualifier": qualifier,
        "period_start": start,
        "period_end": on,
        "source_id": source,
    }


def event(
    iso3: str, name: str, date: str = "", *, value: str = "", precision: str = "day", source: str
) -> Row:
    """One dated fact."""
    return {
        "iso3": iso3,
        "event": name,
        "date": date,
        "precision": precision,
        "value": value,
        "source_id": source,
    }


def consents(iso3: str, day: str = "2010-02-16") -> Row:
    """Consent early enough to be bound from the treaty's first day, unless told otherwise."""
    source = f"depositary@{day}"
    return event(iso3, "consented", day, value="ratification", source=source)


def write_table(folder: Path, table: str, rows: Iterable[Row]) -> None:
    """Write one table, in the column order of the data dictionary."""
    rows = list(rows)
    # Further columns, as the stock that an event names, are there where a row has them.
    columns = dict.fromkeys([*COLUMNS[table], *(key for row in rows for key in row)])
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_treaty(
    folder: Path,
    quantities: Sequence[Row] = (),
    events: Sequence[Row] = (),
    *,
    sources: Sequence[Row] | None = None,
    states: Sequence[str] | None = None,
    toml: str = TOML,
    **further: Sequence[Row],
) -> Path:
    """Write a treaty folder; ``states.csv`` only where states are named."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "treaty.toml").write_text(toml, encoding="utf-8")
    tables: dict[str, Sequence[Row]] = {"quantities": quantities, "events": events, **further}
    if sources is None:
        cited = {row["source_id"] for rows in tables.values() for row in rows}
        sources = [source(source_id) for source_id in sorted(cited)]
    tables["sources"] = sources
    if states is not None:
        tables["states"] = [{"iso3": code, "name": f"Republic of {code}"} for code in states]
    for table, rows in tables.items():
        write_table(folder, table, rows)
    return folder


def packaged_rows(treaty: str) -> tuple[str, dict[str, list[Row]]]:
    """``treaty.toml`` and the rows of all tables of a packaged treaty, as text."""
    home = packaged_folder(treaty)
    tables = {}
    for path in sorted(home.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return (home / "treaty.toml").read_text(encoding="utf-8"), tables


def write_rows(folder: Path, toml: str, tables: dict[str, list[Row]]) -> Path:
    """Write the rows of all tables as a treaty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "treaty.toml").write_text(toml, encoding="utf-8")
    for table, rows in tables.items():
        write_table(folder, table, rows)
    return folder


def ledger_of(folder: Path, *args: Any, **kwargs: Any) -> sp.Ledger:
    """Write a treaty folder that has nothing wrong with it, and load it."""
    ledger = sp.load(write_treaty(folder, *args, **kwargs))
    assert ledger.rejected.empty, ledger.rejected.to_string()
    return ledger


def side_by_side(
    folder: Path, stories: Sequence[Sequence[Row]], **more: Any
) -> tuple[sp.Ledger, list[str]]:
    """Load many stories of a state AAA as one ledger: the first of AAA, the next of AAB ..."""
    codes = [f"A{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(len(stories))]
    rows = [
        row | {"iso3": code} for code, story in zip(codes, stories, strict=True) for row in story
    ]
    numbers = [row for row in rows if "measure" in row]
    events = [row for row in rows if "event" in row]
    return ledger_of(folder, numbers, events, states=codes, **more), codes
