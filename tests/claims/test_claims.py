"""Published totals: the page of claims is what the data say, and no difference goes unexplained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from smalltreaty import MUNITIONS, consents, event, quantity

import stockpile as sp
from stockpile.claims.claims import Claim, check, figure, load_claims, main, page
from stockpile.claims.views import (
    GROUPS,
    MEASURES,
    WITH_UNIT,
    agrees,
    compare,
    count_by_view,
    load_totals,
)

pytestmark = pytest.mark.usefixtures("alone")

DOCS = Path(__file__).parents[2] / "docs"

WHOLE = """
[[claim]]
id = "one"
treaty = "demo"
day = 2012-04-19
says = "one State Party has finished"
measure = "completed"
who = "parties"
stated = 1
source_id = "state@2011-12-01"
"""


@pytest.fixture(scope="module")
def checked(ccm: sp.Ledger, apmbc: sp.Ledger) -> pd.DataFrame:
    """The committed claims, held against the packaged tables."""
    return check(load_claims(DOCS / "claims.toml"), {"ccm": ccm, "apmbc": apmbc})


def test_the_committed_page_is_what_the_data_say(checked: pd.DataFrame) -> None:
    text = (DOCS / "claims.md").read_bytes().decode("utf-8")
    assert text.startswith(page(checked)), "run `make claims`"


@pytest.mark.parametrize("step", [16, pytest.param(1, marks=pytest.mark.sentences)])
def test_every_published_total_stands_beside_ours(
    ccm: sp.Ledger, apmbc: sp.Ledger, cwc: sp.Ledger, step: int
) -> None:
    text = (DOCS / "claims.md").read_text(encoding="utf-8")
    totals = load_totals(DOCS / "published_totals.csv").iloc[::step]
    compared = compare(totals, {"ccm": ccm, "apmbc": apmbc, "cwc": cwc})
    shown = page(compared.head(0), compared).split("## Their sources")[0]
    rows = [line for line in shown.splitlines() if line.startswith("| ") and "Stated" not in line]
    assert len(rows) == len(totals)
    for row in rows:
        assert row in text, f"run `make claims`: {row}"
    # Where ours is another figure, or none, it says why.
    off = compared[~compared["agrees"].str.contains("reported")]
    assert (off["why"].str.len() > 12).all()


def test_a_total_that_differs_names_the_states_that_make_the_difference(
    small: Callable[..., sp.Ledger],
) -> None:
    ledger = small(
        [
            quantity("AAA", "destroyed_total", 60, "2011-12-31", source="state@2012-01-28"),
            quantity("BBB", "destroyed_total", 40, "2011-12-31", source="state@2014-01-28"),
        ],
        [consents("AAA"), consents("BBB")],
    )
    rows = [("destroyed_total", MUNITIONS, 60.0), ("states_parties", "states", 2.0)]
    totals = pd.DataFrame(rows, columns=["measure", "unit", "value"]).assign(
        treaty="demo", day=pd.Timestamp("2012-06-01"), qualifier="exact", as_of="2012-06-01"
    )
    first, second = compare(totals, {"demo": ledger}).to_dict("records")
    assert (first["published_rule"], first["reported"], first["hindsight"]) == (60, 100, 100)
    assert first["agrees"] == "published"
    assert "Not published by then" in first["why"] and "BBB" in first["why"]
    assert second["agrees"].split() == ["reported", "published", "hindsight"]
    assert second["why"] == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2012,destroyed_total", "2012,beauty", "line 2: measure is 'beauty'"),
        (",60,", ",many,", "line 2: the value is no number"),
        (",one\n", ",two\n", "line 2: source 'two' is not known"),
        ("as_of", "day", "the columns are"),
    ],
)
def test_a_bad_table_of_totals_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (
        "treaty,as_of,measure,unit,value,qualifier,source_id\n"
        "demo,2012,destroyed_total,cluster_munitions,60,exact,one\n"
    )
    (tmp_path / "totals_sources.csv").write_text(
        "treaty,source_id,title,publisher,published,url\ndemo,one,A report,Somebody,2012-01-01,\n"
    )
    file = tmp_path / "totals.csv"
    file.write_text(text)
    assert load_totals(file)["day"].dt.strftime("%Y-%m-%d").tolist() == ["2012-12-31"]
    file.write_text(text.replace(old, new))
    with pytest.raises(sp.DataError, match=message):
        load_totals(file)


def test_every_claim_is_cited_and_every_difference_explained(checked: pd.DataFrame) -> None:
    assert (checked["title"].str.len() > 0).all()
    off = checked[~checked["agrees"]]
    assert (off["because"].str.len() > 40).all()
    # What everybody can count is counted alike: who had joined, on every day on record.
    members = checked[(checked["measure"] == "states") & (checked["who"] != "signed")]
    assert len(members) > 15 and members["agrees"].all()
    assert (members["reported"] == members["published_rule"]).all()


def test_the_submunitions_destroyed_by_august_2017(ccm: sp.Ledger) -> None:
    claim = Claim(
        "faq-2017-destroyed-submunitions",
        "ccm",
        pd.Timestamp("2017-08-31"),
        "more than 175 million submunitions have been destroyed",
        "destroyed",
        "joined",
        175_000_000,
        unit="submunitions",
        qualifier="at_least",
        source_id="mon-faq-2017",
    )
    assert check([claim], {"ccm": ccm})["agrees"].tolist() == [True]


def test_a_number_is_counted_by_each_view(small: Callable[..., sp.Ledger]) -> None:
    ledger = small(
        [
            quantity("AAA", "destroyed_total", 60, "2011-06-30", source="state@2011-12-01"),
            quantity("AAA", "declared", 80, "2011-01-01", source="state@2011-12-01"),
            quantity("BBB", "destroyed_total", 40, "2010-12-31", source="monitor@2015-09-01"),
            quantity("BBB", "remaining", 0, "2010-12-31", source="monitor@2015-09-01"),
        ],
        [
            consents("AAA"),
            consents("BBB"),
            event("AAA", "signed", "2008-12-03", source="depositary@2008-12-03"),
            event("CCC", "signed", "2008-12-03", source="depositary@2008-12-03"),
            event("CCC", "completed", "2012-04-01", source="state@2013-01-01"),
        ],
        states=["AAA", "BBB", "CCC"],
    )
    day = "2012-04-19"
    done = count_by_view(ledger, day, "completed", "all")
    assert {view: codes for view, (_, codes) in done.items()} == {
        "reported": ("BBB",),
        "published": (),
        "hindsight": ("BBB", "CCC"),
    }
    gone = count_by_view(ledger, day, "destroyed", "parties", unit=MUNITIONS)
    assert [number for number, _ in gone.values()] == [100, 60, 100]
    share = count_by_view(ledger, day, "share_destroyed", "AAA", unit=MUNITIONS)
    assert [number for number, _ in share.values()] == [0.75, 0.75, 0.75]
    numbers = {who: count_by_view(ledger, day, "states", who)["reported"][0] for who in GROUPS}
    assert numbers == {
        "parties": 2,
        "joined": 2,
        "signatories": 1,
        "unjoined": 1,
        "signed": 2,
        "all": 3,
    }
    for measure in MEASURES:
        unit = MUNITIONS if measure in WITH_UNIT else ""
        assert set(count_by_view(ledger, day, measure, "all", unit=unit)) == {
            "reported",
            "published",
            "hindsight",
        }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measure": "beauty"}, "measure is 'beauty'; expected one of states"),
        ({"who": "everybody"}, "who is 'everybody'; expected a state's code or one of"),
        ({"measure": "destroyed", "unit": "tons"}, "unit is 'tons'; expected one of"),
    ],
)
def test_what_cannot_be_counted_is_refused(ccm: sp.Ledger, changes: dict, message: str) -> None:
    wanted = {"measure": "states", "who": "all", "unit": ""} | changes
    with pytest.raises(ValueError, match=message):
        count_by_view(ccm, "2012-04-19", wanted["measure"], wanted["who"], unit=wanted["unit"])
    with pytest.raises(ValueError, match="expected the whole one"):
        count_by_view(ccm.as_of("2012-04-19"), "2012-04-19", "states")


def test_no_difference_goes_unexplained_and_none_is_made_up(ccm: sp.Ledger) -> None:
    right = Claim(
        "x",
        "ccm",
        pd.Timestamp("2012-04-19"),
        "70 joined",
        "states",
        "joined",
        70,
        source_id="cmc-hnd-2012",
    )
    assert check([right], {"ccm": ccm})["agrees"].tolist() == [True]
    for claim, message in (
        (replace(right, stated=71), "expected `because` to say why"),
        (replace(right, because="no reason"), "expected no `because`"),
        (replace(right, source_id="nobody"), "expected one that stands in sources.csv of ccm"),
        (replace(right, treaty="ban"), "which is not loaded"),
    ):
        with pytest.raises(sp.DataError, match=message):
            check([claim], {"ccm": ccm})
    off = check([replace(right, stated=71, because="One | *more*.")], {"ccm": ccm})
    text = page(off)
    assert "| −1 |" in text and r"One \| \*more\*." in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[claim]]", "[[claims]]", r"no \[\[claim\]\]"),
        ('id = "one"', "id = ", "cannot be read as TOML"),
        ('treaty = "demo"\n', "", r"claim 1 \(one\): treaty is missing"),
        ("stated = 1", 'stated = "one"', "stated is 'one'; expected int or float"),
        ("stated = 1", "stated = true", "stated is True"),
        ("stated = 1", "stated = -1", "expected a number from 0"),
        ("day = 2012-04-19", 'day = "2012"', "day is '2012'; expected date"),
        ('"completed"', '"done"', "measure is 'done'; expected states"),
        ('"completed"', '"destroyed"', "unit is ''; expected one for a stock"),
        ('"parties"', '"they"', "who is 'they'"),
        ("stated = 1", 'stated = 1\nqualifier = "roughly"', "qualifier is 'roughly'"),
        ("stated = 1", 'stated = 1\nsource = "a talk"', "expected it or source, not both"),
        ("stated = 1", "stated = 1\nweight = 2", "unknown key 'weight'"),
        (WHOLE, WHOLE + WHOLE, "id 'one' stands twice"),
    ],
)
def test_a_bad_claim_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "claims.toml"
    file.write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(sp.DataError, match=message):
        load_claims(file)


def test_agreement_is_as_exact_as_what_was_stated() -> None:
    assert agrees(100, "approx", 104) and not agrees(100, "approx", 106)
    assert agrees(100, "nearly", 91) and not agrees(100, "nearly", 101)
    assert agrees(0.71, "exact", 0.712) and not agrees(0.71, "exact", 0.72)
    assert agrees(1, "exact", 0.9996) and not agrees(1, "exact", 2)  # all, to the per cent
    assert not agrees(0, "exact", float("nan"))
    assert figure(0.712, "share_destroyed") == "71%"


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["claims.toml"]) == 2
    assert "usage" in capsys.readouterr().err
    assert main([str(tmp_path / "none.toml"), str(tmp_path / "page.md")]) == 2
    assert "none.toml: cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()
