"""Column headings: every phrase that is promised, and nothing that is not."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from stockpile.common.errors import in_python
from stockpile.spreadsheets.headings import (
    ASIDE,
    DATED,
    MEASURES,
    ROLES,
    UNITS,
    heading,
)

CCM = ("cluster_munitions", "submunitions")
GUIDE = Path(__file__).parents[2] / "docs" / "own-data.md"


@pytest.mark.parametrize(("role", "phrase"), [(r, p) for r, ps in ROLES.items() for p in ps])
def test_every_phrase_for_a_role(role: str, phrase: str) -> None:
    for text in (phrase, phrase.upper(), f" {phrase.replace(' ', '_')} ", f"{phrase}*"):
        assert heading(text, CCM).role == role


@pytest.mark.parametrize(("measure", "phrase"), [(m, p) for m, ps in MEASURES.items() for p in ps])
def test_every_phrase_for_a_measure(measure: str, phrase: str) -> None:
    meant = {"destroyed in": "destroyed", "total destroyed": "destroyed_total"}.get(
        measure, measure
    )
    for text in (phrase, phrase.title(), phrase.replace("stock", "stockpile")):
        found = heading(text, CCM)
        assert (found.role, found.measure, found.unit) == ("figure", meant, "")
        assert found.mode == ("in" if measure == "destroyed in" else "")
    if measure not in DATED:
        for unit, words in ((u, w) for u in CCM for w in (u, *UNITS[u])):
            for text in (f"{words} {phrase}", f"{phrase} ({words})", f"{words}: {phrase}"):
                assert heading(text, CCM)[1:4] == ("figure", meant, unit), text


def test_phrases_are_of_one_meaning() -> None:
    phrases = [p for group in (ROLES, MEASURES, {"": ASIDE}) for ps in group.values() for p in ps]
    twice = {phrase for phrase in phrases if phrases.count(phrase) > 1}
    assert twice == set()


@pytest.mark.parametrize("phrase", ASIDE)
def test_columns_that_say_nothing(phrase: str) -> None:
    assert heading(phrase, CCM).role == "aside"


@pytest.mark.parametrize(
    ("text", "measure", "start", "end", "mode"),
    [
        ("2012", "", "2012-01-01", "2012-12-31", ""),
        (2012, "", "2012-01-01", "2012-12-31", ""),
        (2012.0, "", "2012-01-01", "2012-12-31", ""),
        (dt.datetime(2012, 12, 31), "", "2012-12-31", "2012-12-31", ""),
        ("2010-2012", "", "2010-01-01", "2012-12-31", "in"),
        ("Dec 2012", "", "2012-12-01", "2012-12-31", ""),
        ("Destroyed 2012", "destroyed", "2012-01-01", "2012-12-31", ""),
        ("Total destroyed 2012", "destroyed", "2012-01-01", "2012-12-31", ""),
        ("destroyed_total 2012", "destroyed_total", "2012-01-01", "2012-12-31", ""),
        ("Destroyed in 2012", "destroyed", "2012-01-01", "2012-12-31", "in"),
        ("Destroyed during the year 2012", "destroyed", "2012-01-01", "2012-12-31", "in"),
        ("Destroyed by end 2012", "destroyed", "2012-01-01", "2012-12-31", "by"),
        ("Destroyed by the end of 2012", "destroyed", "2012-01-01", "2012-12-31", "by"),
        ("Destroyed up to 2012-04-19", "destroyed", "2012-04-19", "2012-04-19", "by"),
        ("Destroyed as of 31.12.2012", "destroyed", "2012-12-31", "2012-12-31", "by"),
        ("Remaining, end of 2012", "remaining", "2012-01-01", "2012-12-31", "by"),
        ("Destroyed 2010 to 2012", "destroyed", "2010-01-01", "2012-12-31", "in"),
        ("2012 (cumulative)", "destroyed_total", "2012-01-01", "2012-12-31", ""),
    ],
)
def test_times(text: object, measure: str, start: str, end: str, mode: str) -> None:
    found = heading(text, CCM)
    assert (found.role, found.measure) == ("figure", measure)
    assert (found.start, found.end, found.mode) == (start, end, mode)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("% destroyed", True),
        ("Destroyed (%)", True),
        ("Share destroyed (%)", True),
        ("Per cent destroyed 2012", True),
        ("Percentage of stockpile destroyed", True),
        ("Share destroyed", False),
        ("destroyed_share", False),
    ],
)
def test_shares(text: str, percent: bool) -> None:
    found = heading(text, CCM)
    assert (found.measure, found.percent) == ("destroyed_share", percent)


@pytest.mark.parametrize(
    "text",
    [
        "Destroyd 2012",
        "Destroyed from 2010",
        "Destroyed tons",
        "Realm",
        "Number destroyed and retained",
        "x" * 10_000,
        "",
        "2012 budget",
    ],
)
def test_what_is_not_known_is_not_read(text: str) -> None:
    assert heading(text, CCM).role == ""


@pytest.mark.parametrize("cell", [0.5, True, 500, dt.datetime(2012, 4, 1, 13, 5)])
def test_what_a_workbook_keeps_as_neither_year_nor_day_is_no_time(cell: object) -> None:
    found = heading(cell, CCM)
    assert (found.text, found.role, found.end) == (str(cell), "", "")


def test_of_text_too_long_for_a_heading_the_start_is_shown() -> None:
    assert heading("x" * 201, CCM).text == "x" * 200


@pytest.mark.parametrize("text", ["Stock", "Stockpile 2012", "Total", "Holdings", "total stock"])
def test_a_bare_stock_is_asked_about(text: str) -> None:
    found = heading(text, CCM)
    assert found.role == ""
    assert "the stock to begin with, what is left of it, or" in in_python(found.unclear)


def test_a_date_of_two_readings_is_asked_about() -> None:
    text = "Destroyed by 3/4/2012"
    assert "may be 2012-04-03 or 2012-03-04" in in_python(heading(text, CCM).unclear)
    assert heading(text, CCM, date_order="dmy").end == "2012-04-03"


def test_two_times_are_asked_about() -> None:
    assert "names two times" in in_python(heading("2012 and 2013", CCM).unclear)


def test_units_of_a_treaty_of_ones_own() -> None:
    assert heading("Rockets declared", ("rockets",)).unit == "rockets"
    assert heading("Rockets declared", CCM).role == ""


def test_the_guide_has_the_headings_as_they_are_known() -> None:
    """Its tables and lists are those of headings.toml, line by line."""
    guide = GUIDE.read_text(encoding="utf-8")
    phrases = tomllib.loads(
        resources.files("stockpile.spreadsheets").joinpath("headings.toml").read_text("utf-8")
    )

    def listed(words: list[str]) -> str:
        return ", ".join(f"`{word}`" for word in words)

    columns = [*phrases["roles"].values(), *phrases["measures"].values()]
    lines = [f"| {column['means']} | {listed(column['headings'])} |" for column in columns]
    lines += [f"| `{unit}` | {listed(words)} |" for unit, words in phrases["units"].items()]
    missing = [line for line in lines if f"\n{line}\n" not in guide]
    assert not missing, "put these lines into docs/own-data.md:\n" + "\n".join(missing)
    table_lines = guide[guide.index("## Headings") : guide.index("## Cells")].splitlines()
    bodies = [line for line in table_lines if line.startswith("| ") and "`" in line]
    assert sorted(bodies) == sorted(lines)
    for words in (phrases["aside"], phrases["unclear"], phrases["totals"]):
        assert listed(words) in guide
