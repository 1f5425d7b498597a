"""State names: exactly or not at all."""

from __future__ import annotations

import sys

import pytest

import stockpile as sp
from stockpile.common.shipped import how_to_install
from stockpile.ledger.load import packaged
from stockpile.spreadsheets import countries as names
from stockpile.spreadsheets.countries import LANGUAGES, codes, find, folded


@pytest.fixture
def without_babel(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where Babel is not installed."""
    monkeypatch.setitem(sys.modules, "babel", None)
    monkeypatch.setattr(names, "_foreign", names._foreign.__wrapped__)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UK", "GBR"),
        ("United Kingdom of Great Britain and Northern Ireland", "GBR"),
        ("Czechia", "CZE"),
        ("Czech Republic", "CZE"),
        ("FYR Macedonia", "MKD"),
        ("The former Yugoslav Republic of Macedonia", "MKD"),
        ("Côte d'Ivoire", "CIV"),
        ("COTE D’IVOIRE", "CIV"),
        ("Ivory Coast", "CIV"),
        ("Congo-Brazzaville", "COG"),
        ("Congo (Democratic Republic of the)", "COD"),
        ("DRC", "COD"),
        ("Swaziland", "SWZ"),
        ("Lao PDR", "LAO"),
        ("The Gambia", "GMB"),
        ("Bosnia & Herzegovina", "BIH"),
        ("  Holy   See ", "VAT"),
        ("NA", "NAM"),
        ("GB", "GBR"),
        ("gbr", "GBR"),
        ("Niger", "NER"),
        ("Nigeria", "NGA"),
        ("Dominica", "DMA"),
        ("Guinea", "GIN"),
        ("Guinea-Bissau", "GNB"),
    ],
)
@pytest.mark.parametrize("babel", [True, False])
def test_a_name_in_use(name: str, code: str, babel: bool, request: pytest.FixtureRequest) -> None:
    if not babel:
        request.getfixturevalue("without_babel")
    assert find(name).iso3 == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Deutschland", "DEU"),
        ("Royaume-Uni", "GBR"),
        ("Reino Unido", "GBR"),
        ("Moçambique", "MOZ"),
        ("Хорватия", "HRV"),
        ("Türkiye", "TUR"),
        ("日本", "JPN"),
        ("العراق", "IRQ"),
        ("Bỉ", "BEL"),  # Vietnamese for Belgium; BI in capitals is Burundi's code
    ],
)
def test_a_name_in_another_language(name: str, code: str) -> None:
    assert find(name).iso3 == code


def test_a_name_in_another_language_needs_babel(without_babel: None) -> None:
    assert how_to_install("names") in find("Deutschland").expected


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("Congo", {"COD", "COG"}),
        ("the Congo", {"COD", "COG"}),
        ("Kongo", {"COD", "COG"}),  # one of them in Norwegian, the other in Polish
        ("Korea", {"KOR", "PRK"}),
        ("Serbia and Montenegro", {"MNE", "SRB"}),
        ("Czechoslovakia", {"CZE", "SVK"}),
        ("nga", {"NGA", "RUS"}),  # a code, and Vietnamese for Russia
    ],
)
def test_a_name_of_several_states_is_that_of_none(name: str, candidates: set[str]) -> None:
    found = find(name)
    assert found.iso3 == "" and found.reason == "the name of more than one state"
    assert {part[:3] for part in found.expected.split(" or ")} == candidates


def test_congo_says_which_two() -> None:
    assert find("Congo")[1:] == (
        "the name of more than one state",
        "COD (Democratic Republic of the Congo) or COG (Republic of the Congo)",
    )


@pytest.mark.parametrize("babel", [True, False])
def test_congo_stays_ambiguous_where_a_treaty_calls_one_so(
    apmbc: sp.Ledger, babel: bool, request: pytest.FixtureRequest
) -> None:
    if not babel:
        request.getfixturevalue("without_babel")
    named = dict(zip(apmbc.states["iso3"], apmbc.states["name"], strict=True))
    assert named["COG"] == "Congo"
    assert find("Congo", states=named).iso3 == ""


@pytest.mark.parametrize(
    ("name", "near"),
    [("Germny", "DEU (Germany)"), ("Untied Kingdom", "GBR (United Kingdom)"), ("Slovakai", "SVK")],
)
def test_a_near_miss_is_suggested_and_not_taken(name: str, near: str) -> None:
    found = find(name)
    assert found.iso3 == "" and f"did you mean {near}" in found.expected
    assert "did you mean" not in find(name, near=False).expected


@pytest.mark.parametrize(
    "name", ["", "-", "Total", "no", "na", "gb", "Atlantis", "Ger", "x" * 5_000]
)
def test_what_is_no_state_is_none(name: str) -> None:
    assert find(name).iso3 == ""


def test_every_state_of_the_packaged_treaties_is_known_by_code_and_name() -> None:
    for treaty in packaged():
        for code, name in sp.load(treaty).states[["iso3", "name"]].itertuples(index=False):
            assert find(code).iso3 == code
            assert find(name).iso3 == code or (code, name) == ("COG", "Congo")


def test_each_state_is_known_by_its_codes_and_own_names() -> None:
    for code, (name, short, also) in names._table().items():
        assert len(code) == 3 and len(short) == 2 and code.isupper() and short.isupper()
        assert find(code).iso3 == find(short).iso3 == code
        for one in (name, *also):
            assert code in names._known()[folded(one)]
    assert len(codes()) == len({short for _, short, _ in names._table().values()}) == 200


def test_codes_are_those_of_the_cldr() -> None:
    core = pytest.importorskip("babel.core")
    aliases = core.get_global("territory_aliases")
    for code, (_, short, _) in names._table().items():
        assert aliases.get(code, [short]) == [short]


def test_no_name_of_ours_is_that_of_another_state_in_any_language() -> None:
    """What spares most readers the CLDR: a name found in our list needs no second look."""
    pytest.importorskip("babel")
    assert len(names._foreign()) > 3_000 and len(LANGUAGES) > 40
    for key, meant in names._known().items():
        assert set(names._foreign().get(key, meant)) <= set(meant), key


def test_a_treatys_own_states_are_known() -> None:
    assert find("Republic of AAA", states={"AAA": "Republic of AAA"}).iso3 == "AAA"
    assert find("AAA", states={"AAA": "Republic of AAA"}).iso3 == "AAA"
    assert find("AAA").iso3 == ""


def test_what_is_longer_than_any_name_is_not_looked_for() -> None:
    assert find("Peru " * 20).reason == "not the name or code of a state"
    found = find("Peru " * 21)
    assert (found.iso3, found.reason) == ("", "too long for the name of a state")
    assert found.expected == "a name or an ISO code"
