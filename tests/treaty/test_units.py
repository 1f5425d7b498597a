"""Units and stocks in ``treaty.toml``: what each is, in any order, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from smalltreaty import TOML

import stockpile as sp
from stockpile.treaty.rules import Treaty
from stockpile.treaty.rules_file import parse_treaty

SHORT = 'units = ["cluster_munitions", "submunitions"]\n'
LONG = """
[units.submunitions]
inside = "cluster_munitions"

[units.cluster_munitions]
"""
STOCKS = """
[stocks.second]
one = "the second stock"
destruction.months = 40

[stocks.first]

[units.powder]
many = "tonnes of powder"
kind = "mass"
symbol = "t"
stock = "second"

[units.long_tons]
kind = "mass"
symbol = "long tons"
of = "powder"
factor = 1.016

[units.shells]
stock = "first"

[units.fuses]
inside = "shells"

[units.guesses]
not_counted = "nobody counted them"
"""


def parse(sections: str) -> Treaty:
    return parse_treaty((TOML.replace(SHORT, "") + sections).encode())


def fields(treaty: Treaty, name: str) -> dict[str, Any]:
    return {unit.id: getattr(unit, name) for unit in treaty.all_units}


def test_the_short_form_is_nested_in_the_order_given() -> None:
    short = parse_treaty(TOML.encode())
    assert short == parse(LONG)
    assert short.units == ("cluster_munitions", "submunitions")
    assert fields(short, "inside") == {"cluster_munitions": "", "submunitions": "cluster_munitions"}
    assert list(short.stocks) == ["stock"] and short.years == 8
    assert short.words["submunitions"] == ("submunition", "submunitions")


def test_what_is_not_said_follows() -> None:
    treaty = parse(STOCKS)
    assert fields(treaty, "stock") == {
        "powder": "second",
        "long_tons": "second",
        "shells": "first",
        "fuses": "first",
        "guesses": "",
    }
    assert treaty.words["powder"] == ("t", "tonnes of powder")
    assert (treaty.unit_rules["long_tons"].factor, treaty.unit_rules["powder"].decimals) == (
        1.016,
        2,
    )
    assert {stock.id: stock.one for stock in treaty.all_stocks} == {
        "first": "first",
        "second": "the second stock",
    }
    assert (treaty.term_of("first").text, treaty.term_of("second").text) == ("8 years", "40 months")


def test_a_unit_that_counts_nothing_is_known_and_not_counted() -> None:
    treaty = parse(STOCKS)
    assert "guesses" not in treaty.units and "guesses" in treaty.unit_rules


def test_nothing_depends_on_the_order_of_the_sections() -> None:
    blocks = [f"[{block}" for block in STOCKS.split("\n[")[1:]]
    assert parse("\n".join(blocks)) == parse("\n".join(blocks[::-1]))
    assert parse("\n".join(blocks)).units == ("powder", "shells", "long_tons", "fuses")


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ("[units.a]\ninside = 'b'", "units.a.inside is 'b'; expected another unit: none"),
        (
            "[units.a]\ninside = 'b'\n[units.b]\ninside = 'a'",
            "units.b.inside is 'a'; expected no circle",
        ),
        ("[units.a]\ninside = 'a'", "units.a.inside is 'a'; expected no circle"),
        ("[units.a]\nkind = 'mass'", "units.a.symbol is missing; expected one for a mass"),
        ("[units.a]\nsymbol = 't'", "units.a.symbol is 't'; expected none for a count"),
        ("[units.a]\nkind = 'weight'", 'units.a.kind is \'weight\'; expected "count" or "mass"'),
        ("[units.a]\ndecimals = 2", "units.a.decimals is 2; expected none for a count"),
        ("[units.a]\nfactor = 2.0", "units.a.of is missing; factor and of go together"),
        ("[units.a]\nof = 'b'\n[units.b]", "units.a.factor is missing; factor and of go together"),
        ("[units.a]\nof = 'c'\nfactor = 2", "units.a.of is 'c'; expected a unit that is not"),
        ("[units.a]\nof = 'a'\nfactor = 2", "units.a.of is 'a'; expected a unit that is not"),
        ("[units.a]\nof = 'b'\nfactor = 0\n[units.b]", "units.a.factor is 0; expected a number"),
        ("[units.a]\nstock = 'b'", "units.a.stock is 'b'; expected stock"),
        ("[stocks.b]\n[stocks.c]\n[units.a]", "units.a.stock is missing; expected b or c"),
        (
            "[stocks.b]\n[stocks.c]\n[units.a]\nstock = 'b'",
            "stocks.c has no unit; expected one that says stock",
        ),
        (
            "[stocks.b]\n[stocks.c]\n[units.d]\nstock='c'\n[units.a]\nstock = 'b'\ninside = 'd'",
            "units.a.inside is 'd'; expected a unit of the stock b",
        ),
        ("[stocks.b]\ndestruction.years = 0\n[units.a]", "stocks.b.destruction.years is 0"),
        (
            "[stocks.b]\ndestruction = {years = 2, days = 9}\n[units.a]",
            "stocks.b.destruction.years and stocks.b.destruction.days stand side by side",
        ),
        ("[stocks]\nb = 1\n[units.a]", "stocks.b is 1; expected a section [stocks.b]"),
        ("[units]\na = 1", "units.a is 1; expected a section [units.a]"),
        ("[units.a]\nwords = 'x'", "units.a.words is not a rule that is known; expected one of"),
        ("[units]", "units is {}; expected"),
        ("[units.unspecified]", "units is {'unspecified'"),
        ("[units.a]\n[[steps]]\nyears = 2", "steps[1].percent is missing"),
        ("[units.a]\n[[steps]]\npercent = 100\nyears = 2", "steps[1].percent is 100"),
        ("[units.a]\n[[steps]]\npercent = 20", "steps[1].years is missing; expected"),
        (
            "[units.a]\n[[steps]]\npercent = 20\nyears = 2\nmonths = 3",
            "steps[1].years and steps[1].months stand side by side",
        ),
        (
            "[units.a]\n[[steps]]\npercent = 20\nyears = 2\n[[steps]]\npercent = 20\nyears = 3",
            "steps[2].percent is 20; expected each step of a stock once",
        ),
        ("[units.a]\n[[steps]]\npercent = 2\nyears = 2\nstock = 'b'", "steps[1].stock is 'b'"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(sections: str, says: str) -> None:
    with pytest.raises(sp.DataError, match=re.escape(f"treaty.toml: {says}")):
        parse(sections)
