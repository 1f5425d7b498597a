"""No check is there for nothing: without it, some file of the corpus gets another answer.

That each gets the right one with all checks in place is what `test_bad_input` is for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from badfiles import Case, answer, assert_answers, corpus, laid_out

import stockpile as sp
from stockpile.common.errors import Limits
from stockpile.ledger import plausibility as checks
from stockpile.ledger.load import packaged_folder, rules_and_acts
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty import csv_reader
from stockpile.treaty import folder as ingest
from stockpile.treaty import row_rules as rules
from stockpile.treaty import rules_file as treaty

pytestmark = pytest.mark.slow
CASES = corpus()
Rule = rules.CellRule | rules.RowRule


def answered(case: Case, folder: Path) -> bool:
    """Whether a file gets the answer that stands beside it; any other failure is none."""
    limits = Limits(**case.expected.get("limits", {}))
    try:
        if case.folder == "own":
            base = rules_and_acts(packaged_folder("ccm"))
            understand(case.path, base.treaty, Options(limits=limits))
            return False
        ledger = sp.load(laid_out(case, folder), limits=limits)
        assert_answers(answer(ledger, case.file), dict(case.expected))
    except sp.DataError as error:
        return case.expected.get("error", "\0") in str(error)
    except Exception:  # what is let through makes something stumble later on
        return False
    return "error" not in case.expected


def without(seq: Sequence[Any], one: Any) -> tuple[Any, ...]:
    left = tuple(each for each in seq if each is not one)
    assert len(left) == len(seq) - 1
    return left


def told_by(rule: Rule) -> Case:
    """A file with a row that breaks a rule, by the reason that stands beside it."""
    for case in CASES:
        wanted = isinstance(rule, rules.CellRule) or case.folder == rule.table
        if case.folder == "own" or not wanted:
            continue
        for _, column, _, reason in case.expected.get("rejected", []):
            if isinstance(rule, rules.RowRule):
                same = column == rule.column
            else:
                kind = ingest.SCHEMAS[case.folder].get(column)
                same = kind is not None and rule.kind in (kind.kind, "required", "unique")
            if same and reason in rule.reason:
                return case
    raise AssertionError(f"no file of the corpus breaks the rule: {rule.reason}")


@pytest.mark.parametrize(
    "rule",
    [*rules.CELL_RULES, *rules.ROW_RULES],
    ids=lambda rule: f"{getattr(rule, 'kind', '')}{getattr(rule, 'column', '')}: {rule.reason}",
)
def test_without_a_rule_a_bad_row_is_accepted(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = told_by(rule)
    name = "CELL_RULES" if isinstance(rule, rules.CellRule) else "ROW_RULES"
    monkeypatch.setattr(ingest, name, without(getattr(ingest, name), rule))
    assert not answered(case, tmp_path / "without")


Check = Callable[..., Any]


@pytest.fixture(scope="module")
def finds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Case]]:
    """The files that each check across rows has something to say of."""
    out: dict[str, list[Case]] = defaultdict(list)

    def heard(check: Check, case: Case) -> Check:
        def asks(*args: Any) -> Iterator[pd.DataFrame]:
            for part in check(*args):
                if len(part):
                    out[check.__name__].append(case)
                yield part

        return asks

    with pytest.MonkeyPatch.context() as patch:
        for case in CASES:
            if case.folder != "own" and case.expected.get("warned"):
                asked = tuple(heard(check, case) for check in checks.CHECKS)
                patch.setattr(checks, "CHECKS", asked)
                folder = tmp_path_factory.mktemp("finds") / "demo"
                assert answered(case, folder)
                patch.undo()
    return out


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_without_a_check_across_rows_a_contradiction_is_not_told(
    check: Check,
    finds: dict[str, list[Case]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (case, *_) = finds[check.__name__]
    monkeypatch.setattr(checks, "CHECKS", without(checks.CHECKS, check))
    assert not answered(case, tmp_path / "without")


@pytest.mark.parametrize(
    ("doubt", "name"),
    [
        (ingest.ROW_DOUBTS[0], "quantities/across-same-row-twice.csv"),
        (ingest.ROW_DOUBTS[1], "events/across-month-not-its-end.csv"),
    ],
)
def test_without_a_doubt_an_odd_row_is_not_told(
    doubt: Check, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = [case for case in CASES if str(case) == name]
    monkeypatch.setattr(ingest, "ROW_DOUBTS", without(ingest.ROW_DOUBTS, doubt))
    assert not answered(case, tmp_path / "without")


@pytest.mark.parametrize(
    "check", [*csv_reader.FILE_CHECKS, *csv_reader.HEADER_CHECKS], ids=lambda check: check.__name__
)
def test_without_a_check_of_files_one_is_not_refused_as_it_should(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "FILE_CHECKS" if check in csv_reader.FILE_CHECKS else "HEADER_CHECKS"
    refused = [case for case in CASES if case.folder == "quantities" and "error" in case.expected]
    monkeypatch.setattr(csv_reader, name, without(getattr(csv_reader, name), check))
    assert not all(answered(case, tmp_path / case.name) for case in refused)


@pytest.mark.parametrize("rule", treaty.TREATY_RULES, ids=lambda rule: rule.field)
def test_without_a_rule_on_rules_a_bad_one_gets_through(
    rule: treaty.TreatyRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = f"treaty.toml: {rule.place} is "
    case = next(
        case
        for case in CASES
        if case.expected.get("error", "").startswith(says) and "missing" not in case.name
    )
    lax = tuple(
        one._replace(fits=lambda value: True) if one is rule else one for one in treaty.TREATY_RULES
    )
    monkeypatch.setattr(treaty, "TREATY_RULES", lax)
    try:
        treaty.parse_treaty(case.path.read_bytes())
    except Exception as error:
        assert not str(error).startswith(says)


@pytest.mark.parametrize("limit", list(Limits.__dataclass_fields__))
def test_without_a_limit_a_file_is_read(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in CASES if limit in case.expected.get("limits", {}))
    require = Limits.require

    def lax(self: Limits, name: str, found: int, place: str) -> None:
        if name != limit:
            require(self, name, found, place)

    monkeypatch.setattr(Limits, "require", lax)
    assert not answered(case, tmp_path / "without")
