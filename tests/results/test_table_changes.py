"""What a change of tables changes, with the rows behind it."""

from pathlib import Path

import pytest
from smalltreaty import SUBMUNITIONS, consents, event, quantity, write_treaty

import stockpile as sp
from stockpile.results.table_changes import Effect, TableChanges, compare_tables

pytestmark = pytest.mark.usefixtures("alone")

STATES = ["AAA", "BBB"]
STORY = [quantity(code, "declared", 100, "2010-12-31", source="state@2011-01-28")
         for code in STATES]  # fmt: skip
LEFT = quantity("AAA", "remaining", 40, "2018-12-31", source="monitor@2019-03-01")
DONE = event("AAA", "completed", "2016-05-01", source="state@2016-06-01")
ACTS = [consents("AAA"), consents("BBB")]


def folder(place: Path, *more: dict[str, str]) -> Path:
    numbers = [*STORY, *(row for row in more if "measure" in row)]
    events = [*ACTS, *(row for row in more if "event" in row)]
    return write_treaty(place, numbers, events, states=STATES)


def by_what(found: TableChanges) -> dict[tuple[str, str, str], Effect]:
    return {(effect.what, effect.iso3, effect.unit): effect for effect in found.effects}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> TableChanges:
    """A row that says that stock was left after the deadline of a state that had finished."""
    home = tmp_path_factory.mktemp("both")
    before, now = folder(home / "before", DONE), folder(home / "now", LEFT)
    return compare_tables(before, now, ["2017-12-31", "2019-12-31"])


def test_rows_that_came_and_went_are_told_with_their_place(found):
    texts = [row.text for row in found.rows if row.file != "sources.csv"]
    assert texts == [
        "+ quantities.csv, line 4: AAA,remaining,cluster_munitions,40,exact,,2018-12-31,"
        "monitor@2019-03-01",
        "- events.csv, line 4: AAA,completed,2016-05-01,day,,state@2016-06-01",
    ]
    assert {row.title for row in found.rows} >= {"A document, monitor@2019-03-01"}


def test_a_rating_that_moves_comes_first_with_the_rows_behind_it(found):
    effect = found.effects[0]
    assert (effect.what, effect.iso3, effect.after) == ("rating", "AAA", "overdue")
    assert [f"{day:%Y}" for day in effect.days] == ["2019"]
    assert {row.change for row in effect.rows} == {"added", "removed"}
    assert effect.reason


def test_days_figures_and_totals_are_told(found):
    effects = by_what(found)
    assert effects["completed", "AAA", ""].before == "2016-05-01"
    assert effects["completed", "AAA", ""].after == ""
    assert effects["remaining", "AAA", "cluster_munitions"].after == "40"
    total = effects["remaining", "", "cluster_munitions"]
    assert total.rows == ()
    sums = [
        sp.totals(side.as_of("2019-12-31")).set_index("unit").loc["cluster_munitions", "remaining"]
        for side in (found.before, found.now)
    ]
    assert [float(text.replace(",", "")) for text in (total.before, total.after)] == sums
    assert not [key for key in effects if key[2] == SUBMUNITIONS]
    assert not [key for key in effects if key[1] == "BBB"]


def test_a_row_is_behind_nothing_before_it_was_known(found):
    effects = [e for e in found.effects if e.what == "rating" and f"{e.days[-1]:%Y}" == "2017"]
    assert {row.change for effect in effects for row in effect.rows} == {"removed"}


def test_days_are_the_ends_of_years_that_can_differ(tmp_path):
    now = folder(tmp_path / "now", LEFT)
    found = compare_tables(folder(tmp_path / "before"), now)
    assert [f"{day:%Y-%m-%d}" for day in found.days] == ["2019-03-01"]
    late = quantity("BBB", "remaining", 9, "2021-12-31", source="monitor@2022-03-01")
    found = compare_tables(folder(tmp_path / "now"), folder(tmp_path / "later", LEFT, late))
    assert [f"{day:%Y-%m-%d}" for day in found.days] == [
        "2019-12-31", "2020-12-31", "2021-12-31", "2022-03-01",
    ]  # fmt: skip


def test_a_document_that_is_dated_anew_is_behind_what_it_says(tmp_path):
    before, now = folder(tmp_path / "before", LEFT), folder(tmp_path / "now", LEFT)
    path = now / "sources.csv"
    path.write_text(path.read_text().replace(",2019-03-01,day", ",2022-03-01,day"))
    found = compare_tables(before, now, ["2019-04-01"], rule="published")
    effect = by_what(found)["remaining", "AAA", "cluster_munitions"]
    assert {row.file for row in effect.rows} == {"sources.csv"}


def test_equal_tables_change_nothing(tmp_path):
    before, now = folder(tmp_path / "before", LEFT), folder(tmp_path / "now", LEFT)
    found = compare_tables(before, now)
    assert (found.rows, found.effects, found.rules_changed) == ((), (), False)


def test_rules_that_change_are_told(tmp_path):
    before, now = folder(tmp_path / "before"), folder(tmp_path / "now")
    rules = now / "treaty.toml"
    rules.write_text(rules.read_text().replace("years = 8", "years = 9"))
    found = compare_tables(before, now, ["2019-12-31"])
    assert found.rules_changed and found.rows == ()
    assert by_what(found)["deadline", "AAA", ""].after == "2019-08-01"


def test_two_treaties_are_not_compared(tmp_path):
    with pytest.raises(ValueError, match="expected two folders of one treaty"):
        compare_tables("ccm", "apmbc")
