"""Every measure of the one table has all that it needs elsewhere.

Whoever adds a measure to `stockpile.treaty.schema.MEASURES` and nothing more learns from
these tests what is missing.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path

import core
import pytest
from smalltreaty import consents, quantity
from smalltreaty import event as stated

import stockpile as sp
from stockpile.ledger.load import packaged_folder
from stockpile.spreadsheets import headings
from stockpile.spreadsheets.headings import heading
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED
from stockpile.treaty.schema import EVENTS, MEASURES, Event, Measure

UNIT = "cluster_munitions"
REPORT = "state@2013-04-30"
measures = pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)


def rows(measure: Measure) -> list[dict[str, str]]:
    """A declaration, and a statement of the measure."""
    first = quantity("AAA", "declared", 100, "2011-01-01", source="state@2011-04-30")
    start = "2012-01-01" if measure.kind == "flow" else ""
    value = 0.5 if measure.kind == "share" else 50
    return [first, quantity("AAA", measure.name, value, "2012-12-31", start=start, source=REPORT)]


@measures
def test_a_statement_of_it_is_reconciled(measure: Measure, small: Callable[..., sp.Ledger]) -> None:
    ledger = small(rows(measure), [consents("AAA")])
    assert ledger.rejected.empty
    view = ledger.as_of("2014-01-01")
    found = core.statements(view).query("figure == @measure.name and source_id == @REPORT")
    assert len(found) == 1, f"stock/reconcile.py gives statements of {measure.name} no role"
    assert set(found["role"]) <= {USED, AGREES, SET_ASIDE}


@measures
def test_it_may_go_without_a_day_or_not(measure: Measure, folder: Callable[..., Path]) -> None:
    (_, row) = rows(measure)
    row = row | {"period_start": "", "period_end": ""}
    assert sp.load(folder([row], [consents("AAA")])).rejected.empty == measure.undated


@measures
def test_it_speaks_of_a_period_or_of_a_day(measure: Measure, folder: Callable[..., Path]) -> None:
    (_, row) = rows(measure)
    row = row | {"period_start": "2012-01-01"}
    assert sp.load(folder([row], [consents("AAA")])).rejected.empty == measure.has_period


@measures
def test_people_can_name_it_in_their_own_tables(measure: Measure) -> None:
    phrases = headings.MEASURES.get(measure.name)
    assert phrases, f"spreadsheets: no heading phrases for {measure.name}"
    assert heading(phrases[0], (UNIT,)).role == "figure"


@measures
@pytest.mark.parametrize("treaty", sp.packaged())
def test_the_data_dictionary_has_it(measure: Measure, treaty: str) -> None:
    folder = packaged_folder(treaty)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    row = f"| `{measure.name}` | {measure.meaning}"
    assert f"\n{row}" in readme, f"data/raw/{treaty}/README.md has no line {row}"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (table,) = [one for one in package["resources"] if one["name"] == "quantities"]
    (field,) = [one for one in table["schema"]["fields"] if one["name"] == "measure"]
    assert measure.name in field["constraints"]["enum"], f"data/raw/{treaty}/datapackage.json"


@measures
def test_the_guide_to_own_tables_has_it(measure: Measure) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text(encoding="utf-8")
    assert f"| `{measure.name}`" in guide, f"docs/own-data.md has no line for {measure.name}"


@measures
def test_its_sentence_names_a_number(measure: Measure) -> None:
    fields = [name for _, name, _, _ in string.Formatter().parse(measure.sentence) if name]
    assert fields[0] == "count" and set(fields) <= {"count", "by", "on", "when"}


def test_measures_are_told_apart() -> None:
    for field in ("name", "title", "head", "meaning"):
        texts = [getattr(measure, field) for measure in MEASURES.values()]
        assert len(set(texts)) == len(texts), field


events = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.name)


@events
def test_a_statement_of_an_event_has_a_role(event: Event, small: Callable[..., sp.Ledger]) -> None:
    value = {"consented": "accession", "deadline_stated": "original"}.get(event.name, "")
    row = stated("AAA", event.name, "2013-02-01", precision="day", value=value, source=REPORT)
    acts = [] if event.name in ("consented", "entered_into_force") else [consents("AAA")]
    view = small(rows(MEASURES["remaining"]), [*acts, row]).as_of("2014-01-01")
    found = core.statements(view).query("figure == @event.name and source_id == @REPORT")
    assert not found.empty, f"stock/ gives statements of {event.name} no role"
    assert set(found["role"]) <= {USED, AGREES, SET_ASIDE}


@events
@pytest.mark.parametrize("treaty", sp.packaged())
def test_the_data_dictionary_has_the_event(event: Event, treaty: str) -> None:
    folder = packaged_folder(treaty)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    lines = [line.split("|")[1] for line in readme.splitlines() if line.count("|") > 3]
    assert any(f"`{event.name}`" in cell for cell in lines), f"data/raw/{treaty}/README.md"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (table,) = [one for one in package["resources"] if one["name"] == "events"]
    (field,) = [one for one in table["schema"]["fields"] if one["name"] == "event"]
    assert event.name in field["constraints"]["enum"], f"data/raw/{treaty}/datapackage.json"


@events
def test_the_sentence_of_an_event_names_its_day(event: Event) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(event.sentence) if name}
    assert len(fields) == 1 and fields <= {"when", "by", "to"}
    assert bool(event.head) == (event.kind != "act")
