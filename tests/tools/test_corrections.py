"""What earlier pages rated otherwise: the record, and the page that is made from it."""

from __future__ import annotations

import random
import re

import corrections
import pandas as pd
import pytest

import stockpile as sp


def test_quarters_alike_are_one_span() -> None:
    days = ["2012-03-31", "2012-06-30", "2012-09-30", "2012-12-31"]
    rows = [
        ("PER", days[0], "on target", 3),
        ("PER", days[1], "on target", 3),
        ("PER", days[3], "on target", 3),
        ("CHL", days[0], "overdue", 1),
        ("CHL", days[1], "overdue", 2),
    ]
    assert list(corrections.spans(rows, days)) == [
        ("CHL", days[0], days[0], "overdue", 1),
        ("CHL", days[1], days[1], "overdue", 2),
        ("PER", days[0], days[1], "on target", 3),
        ("PER", days[3], days[3], "on target", 3),
    ]


def test_the_page_says_what_was_said_what_is_said_and_why() -> None:
    columns = "version treaty iso3 state first last said now reason fuller".split()
    first, last = "2012-03-31", "2012-06-30"
    rows = [
        ("May", "ccm", "PER", "Peru", first, last, "no data", "no obligation", "", True),
        ("May", "ccm", "CHL", "Chile", first, first, "overdue", "unconfirmed", "So.", False),
    ]
    text = corrections.page(pd.DataFrame(rows, columns=columns))
    assert "## ccm: pages before May" in text
    assert "2 spans of quarters of 2 States Parties" in text
    assert "| Chile | 2012-03-31 | So. |" in text
    assert "Peru (2012-03-31 to 2012-06-30)." in text
    # Whom a page had called late comes first.
    assert text.index("overdue → unconfirmed") < text.index("no data → no obligation")
    assert "silence is no word" in text and "The record is fuller than it was." in text


@pytest.mark.slow
def test_the_committed_page_is_of_today() -> None:
    """Some of its rows, chosen by a seed, against the ratings themselves."""
    earlier = pd.read_csv(corrections.RECORD, keep_default_na=False)
    text = corrections.PAGE.read_text(encoding="utf-8")
    for treaty, part in re.findall(r"^## (\w+): .*?\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        ledger = sp.load(treaty)
        states = dict(zip(ledger.states["name"], ledger.states["iso3"], strict=True))
        kinds = re.findall(r"^### (.+?) → (.+?)\n(.*?)(?=^### |\Z)", part, re.M | re.S)
        line = re.compile(r"^\| (?!State|-)(.+?) \| ([\d-]+)(?: to [\d-]+)? \|", re.M)
        rows = [(said, now, *row) for said, now, table in kinds for row in line.findall(table)]
        assert len(rows) > 5
        for said, now, state, day in random.Random(4).sample(rows, 4):
            rated = sp.status(ledger.as_of(day)).set_index("iso3")["status"]
            assert rated[states[state]] == now, f"run `make corrections`: {state}, {day}"
            then = earlier[
                (earlier["treaty"] == treaty)
                & (earlier["iso3"] == states[state])
                & (earlier["first"] <= day)
                & (day <= earlier["last"])
            ]
            assert then["rating"].tolist() == [said]


@pytest.mark.sentences
def test_every_correction_is_on_the_page() -> None:
    text = corrections.PAGE.read_text(encoding="utf-8")
    assert corrections.page(corrections.corrected()) == text, "run `make corrections`"
