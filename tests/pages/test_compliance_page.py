"""The pages, charts, notebooks and command of compliance: whole, escaped, and plain on gaps."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from compliancerows import alleged, law, report, view
from pagetext import text
from sampleframes import NASTY
from smalltreaty import consents, event, source, write_treaty

import stockpile as sp
from stockpile.cli.main import main
from stockpile.compliance.scorecard import membership_over_time, reports_over_time, tally
from stockpile.pages import compliance_page as pages
from stockpile.pages.pictures import answer_bars
from stockpile.pages.safety import check_page
from stockpile.plot import compliance as plot_compliance

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ("compliance", "statement_2012")


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def run(name: str, **given: Any) -> dict[str, Any]:
    """Run a notebook's cells in this process; what each of them shows."""
    space: dict[str, Any] = {}
    shown = {}
    for cell in read(name).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, cell.id, "exec"), space)
        if last is not None:
            shown[cell.id] = eval(compile(ast.Expression(last.value), cell.id, "eval"), space)
        if cell.id == "parameters":
            assert set(given) <= set(space), "a parameter that the notebook does not have"
            space |= given
    return shown


def words(html: str) -> str:
    text = re.sub(r"<svg.*?</svg>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


@pytest.fixture(scope="module")
def statement() -> dict[str, Any]:
    """What the notebook on the statement of April 2012 shows."""
    return run("statement_2012")


class TestNotebooks:
    @pytest.mark.parametrize("name", NOTEBOOKS)
    def test_are_committed_clean(self, name: str) -> None:
        notebook = read(name)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
        assert [c.id for c in tagged] == ["parameters"]
        assert len({c.id for c in notebook.cells}) == len(notebook.cells)
        for cell in notebook.cells:
            assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id)

    @pytest.mark.slow
    def test_compliance_runs_from_top_to_bottom(self, tmp_path: Path) -> None:
        shown = run("compliance", as_of="2012-04-19", state="NER", out=str(tmp_path))
        for name in "compliance membership reports laws views groups scorecard gaps".split():
            html = shown[name]
            assert f'id="{name}"' in html
            assert check_page(html) == [], name
        assert "as reported by 19 April 2012 (reconstructed)" in words(shown["title"])
        assert "15 are overdue" in words(shown["compliance"])
        assert "447 days later" in words(shown["record"])
        assert (
            (tmp_path / "scorecard.csv")
            .read_text(encoding="utf-8")
            .startswith("treaty,as_of,iso3,state,")
        )

    def test_the_statement_is_held_against_its_day(self, statement: dict[str, Any]) -> None:
        said = {name: words(html) for name, html in statement.items()}
        for html in statement.values():
            assert check_page(html) == []
        # What differs is explained state by state.
        assert re.search(
            r"Bosnia and Herzegovina – – counted Done .* 20 April 2012", said["parties"]
        )
        assert re.search(r"Hungary – – counted Done .* 30 April 2012", said["signatories"])
        assert re.search(r"Germany 50% 50% 66% on 31 December 2011", said["largest"])
        assert "before 1 August 2018" in said["target"]
        assert "24 of 57 States Parties" in said["reports"]
        assert "Libya not party use 14 April 2011 credible" in said["accused"]
        assert "Thailand not party use February 2011 confirmed" in said["accused"]
        assert "Australia, assistance in joint operations: permitted" in said["readings"]

    def test_the_statement_opens_with_its_six_claims(self, statement: dict[str, Any]) -> None:
        (glance,) = [html for name, html in statement.items() if 'id="glance"' in html]
        said = words(glance)
        assert "Nine States Parties were said to have finished; we count ten" in said
        for row in (
            "Germany 50% and the United Kingdom 50% Germany 66%",
            "Seven on target None of 7 finished after",
            "24 of 57 missed the day",
            "15 of 66 have a law",
        ):
            assert row in said, row
        assert glance.count("<tr>") == 7

    def test_compliance_opens_with_its_finding(self, apmbc: sp.Ledger) -> None:
        html = pages.opening(apmbc.as_of("2007-06-30"))
        assert check_page(html) == [] and re.search(r"<h1>\S.*</h1>", html)
        assert re.search(r"\d+ States Parties", words(html))

    def test_spain_had_more_stock_in_hindsight(self, statement: dict[str, Any]) -> None:
        parties = words(statement["parties"])
        assert re.search(r"Spain counted counted – More stock had turned up", parties)

    def test_a_treaty_without_allegations_accuses_nobody(self, tmp_path: Path) -> None:
        states = ["AAA", "DEU", "GBR"]
        folder = write_treaty(tmp_path / "demo", [], [consents("AAA")], states=states)
        shown = run("statement_2012", folder=str(folder))
        assert "no table is no finding" in words(shown["accused"])

    def test_its_numbers_are_those_of_the_table_of_claims(self) -> None:
        claims = tomllib.loads((ROOT / "docs" / "claims.toml").read_text(encoding="utf-8"))["claim"]
        stated = {claim["id"]: claim["stated"] for claim in claims}
        (cell,) = [c for c in read("statement_2012").cells if c.id == "parameters"]
        values: dict[str, Any] = {}
        exec(cell.source, values)
        assert values["parties_done"] == stated["statement-2012-parties-done"]
        assert values["signatories_done"] == stated["statement-2012-signatories-done"]


class TestPages:
    def test_of_a_treaty_without_the_tables_say_so(self, tmp_path: Path) -> None:
        folder = write_treaty(tmp_path / "demo", [], [consents("AAA")], states=["AAA"])
        then = sp.load(folder).as_of("2026-06-30")
        assert (
            "The tables do not cover transparency reports, national laws, views on disputed "
            "questions and allegations of use, production or transfer."
        ) in words(pages.summary(then))
        for html in (pages.reports(then), pages.laws(then), pages.readings(then)):
            assert "do not cover" in html and "<table" not in html
        assert "not covered" in pages.gaps(then)

    def test_name_a_notice_of_suspension(self, apmbc: sp.Ledger) -> None:
        record = pages.state_record(apmbc.as_of("2026-06-30"), "UKR")
        assert "suspension on 18\xa0July\xa02025" in record

    @pytest.mark.slow
    def test_take_no_text_for_markup_and_no_script_for_an_address(self, tmp_path: Path) -> None:
        bad = [
            source("state@2012-01-01", title=NASTY, url="javascript:alert(1)"),
            source("depositary@2010-02-16", title=NASTY, publisher=NASTY, url='https://x/"><b>'),
        ]
        acts = [consents("AAA"), event("BBB", "signed", "2009-01-01", source="state@2012-01-01")]
        told = {"source": "state@2012-01-01"}
        folder = write_treaty(
            tmp_path / "demo",
            [],
            acts,
            sources=bad,
            transparency_reports=[report("AAA", "submitted", "2011-05-01", **told)],
            national_legislation=[law("AAA", "none", "2011-05-01", **told)],
            interpretive_views=[view("AAA", "investment", "other", "2011-05-01", **told)],
            allegations=[alleged("AAA", on="2011-05-01", **told)],
            states=["AAA", "BBB"],
        )
        states = folder / "states.csv"
        quoted = '"' + NASTY.replace('"', '""') + '"'
        states.write_text(
            states.read_text(encoding="utf-8").replace("Republic of AAA", quoted), encoding="utf-8"
        )
        ledger = sp.load(folder)
        assert ledger.rejected.empty
        then = ledger.as_of("2013-01-01")
        for draw in (
            pages.summary, pages.members, pages.reports, pages.laws, pages.readings,
            pages.by_group, pages.table, pages.gaps,
        ):  # fmt: skip
            assert "<script" not in draw(then) and "<b>" not in draw(then), draw.__name__
        html = pages.state_record(then, "AAA")
        assert "<script" not in html and "javascript:" not in html
        assert check_page(html) == []
        assert "Use, 1 May 2011: alleged." in words(html)
        with pytest.raises(ValueError, match="iso3 is 'ZZZ'; expected the code of a state"):
            pages.state_record(then, "ZZZ")

    def test_name_what_was_published_later(self, ccm: sp.Ledger) -> None:
        html = pages.state_record(ccm.as_of("2012-04-19"), "ALB")
        assert "Three sources came out after 19 April 2012." in words(html)
        # Acts of membership are known on their day by either rule, whoever tells of them.
        strict = words(pages.state_record(ccm.as_of("2012-04-19", "published"), "ALB"))
        assert "One source came out after 19 April 2012." in strict
        assert "submitted" not in strict


class TestCharts:
    def test_say_in_words_what_they_show(self, ccm: sp.Ledger) -> None:
        counts = tally(sp.scorecard(ccm.as_of("2012-04-19")))
        html = answer_bars(counts, "answers", "States Parties", "By answer.")
        assert check_page(html) == []
        assert {"15 overdue", "9 late", "27 in time"} <= set(re.findall(r"</i>(.*?)</li>", html))
        # Of two questions hardly anybody has said anything.
        said = text(html)
        assert "not covered" not in said
        assert "Assistance in joint operations, on record of 66 States Parties: nothing." in said
        with pytest.raises(ValueError, match="several groups"):
            several = pd.concat([counts, counts.assign(group="other")])
            answer_bars(several, "answers", "States Parties", "By answer.")

    def test_few_known_answers_are_a_sentence_and_no_bar(self) -> None:
        rows = {"group": "", "dimension": "law", "answer": ["specific law", "unknown"]}
        few, five = (
            answer_bars(pd.DataFrame(rows | {"states": [n, 60]}), "a", "A", "B") for n in (4, 5)
        )
        assert "sp-bar" not in few and "on record of 64 States Parties: four specific" in text(few)
        assert "sp-bar" in five and "5 specific law" in text(five)

    @pytest.mark.parametrize(
        ("count", "draw"),
        [
            (membership_over_time, plot_compliance.joined),
            (reports_over_time, plot_compliance.reports_due),
        ],
    )
    def test_over_time_draw_what_they_are_given(
        self, ccm: sp.Ledger, count: Callable[..., pd.DataFrame], draw: Callable[..., Any]
    ) -> None:
        counts = count(ccm.as_of("2012-04-19"))
        ax = draw(counts)
        assert len(ax.lines) == 2
        last = [line.get_ydata()[-1] for line in ax.lines]
        assert set(last) <= set(counts.iloc[-1, 1:])
        plt.close(ax.figure)
        ax = draw(counts.iloc[:0])
        assert ax.texts[0].get_text() == "nothing on record"
        plt.close(ax.figure)


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("transparency", "15 are overdue"),
        ("legislation", "15 are known to have a law"),
        ("membership", "66 states are States Parties"),
        ("views", "Stated views: 23"),
    ],
)
def test_the_command_tells_each_dimension(
    dimension: str, expected: str, capsys: pytest.CaptureFixture
) -> None:
    wanted = ["status", "--as-of", "2012-04-19", "--dimension", dimension]
    assert main([*wanted, "--treaty", "ccm"]) == 0
    assert expected in capsys.readouterr().out
    assert main([*wanted, "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("treaty,as_of,iso3,state,membership")
    assert {line.split(",")[0] for line in lines[1:]} == {"ccm", "apmbc", "cwc"}
