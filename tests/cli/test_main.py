"""The command line: what it prints, what it writes, and the code it leaves with."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from smalltreaty import Row, consents, event, quantity

import stockpile as sp
from stockpile.cli import main as cli
from stockpile.cli import options
from stockpile.results.tables import has_parquet

pytestmark = pytest.mark.usefixtures("alone")

# What a status table promises, and the counts of each unit beside them.
COLUMNS = """iso3 state membership status deadline original_deadline declared destroyed remaining
    share_destroyed projected earliest latest p_on_time planned_completion evidence reason
    unit""".split()
DATES = "deadline original_deadline projected earliest latest planned_completion".split()

DECLARED = quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28")
TOTAL = quantity("AAA", "destroyed_total", 40, "2012-12-31", source="monitor@2013-09-04")
NAMED = quantity("BBB", "declared", 0, "2010-12-31", source="state@2011-01-28")
EVENTS = [
    consents("AAA"),
    consents("BBB"),
    event("AAA", "planned_completion", "2017-12-31", precision="year", source="state@2013-04-30"),
]


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command line in this process."""

    def command(*argv: object) -> Ran:
        code = cli.main([str(arg) for arg in argv])
        return Ran(code, *capsys.readouterr())

    return command


Run = Callable[..., Ran]


@pytest.fixture
def home(folder: Callable[..., Path]) -> Path:
    """A small treaty folder with nothing wrong."""
    return folder([DECLARED, TOTAL, NAMED], EVENTS)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestStatus:
    def test_as_csv(self, run: Run, home: Path) -> None:
        ran = run("status", "--treaty", home, "--as-of", "2014-06-30", "--format", "csv")
        assert (ran.code, ran.err) == (0, "")
        aaa, bbb = rows(ran.out)
        assert set(COLUMNS) <= set(aaa)
        assert (aaa["treaty"], aaa["iso3"], aaa["membership"]) == ("demo", "AAA", "State Party")
        assert (aaa["declared"], aaa["destroyed"], aaa["remaining"]) == ("100", "40", "60")
        assert (aaa["share_destroyed"], aaa["unit"]) == ("0.4", "cluster_munitions")
        assert (aaa["deadline"], aaa["planned_completion"]) == ("2018-08-01", "2017-12-31")
        assert 0 <= float(aaa["p_on_time"]) <= 1
        assert (bbb["status"], bbb["p_on_time"], bbb["projected"]) == ("no obligation", "", "")
        for row in (aaa, bbb):
            assert all(re.fullmatch(r"(\d{4}-\d\d-\d\d)?", row[date]) for date in DATES)

    def test_as_json(self, run: Run, home: Path) -> None:
        ran = run("status", "--treaty", home, "--as-of", "2014-06-30", "--format", "json")
        assert (ran.code, ran.err) == (0, "")
        told = json.loads(ran.out, parse_constant=lambda word: pytest.fail(word))
        assert (told["as_of"], told["rule"]) == ("2014-06-30", "reported")
        aaa, bbb = told["rows"]
        assert set(COLUMNS) <= set(aaa)
        assert (aaa["declared"], aaa["deadline"]) == (100, "2018-08-01")
        assert bbb["p_on_time"] is None and bbb["projected"] is None

    def test_csv_and_json_say_the_same(self, run: Run, home: Path) -> None:
        at = ("status", "--treaty", home, "--as-of", "2014-06-30", "--format")
        for flat, deep in zip(
            rows(run(*at, "csv").out), json.loads(run(*at, "json").out)["rows"], strict=True
        ):
            assert flat == {k: "" if v is None else str(v) for k, v in deep.items()}

    def test_as_a_table(self, run: Run, home: Path) -> None:
        ran = run("status", "--treaty", home, "--as-of", "2014-06-30")
        assert ran.code == 0
        head, counted, *_ = ran.out.splitlines()
        assert head == "Convention on Demonstration, as of 2014-06-30"
        assert counted.startswith("2 states: ") and "1 no obligation" in counted
        assert re.search(r"AAA +State Party +\w.* 2018-08-01 +100 +60 ", ran.out)
        assert "BBB" not in ran.out  # has no stock; it is counted above

    def test_a_table_without_stock_says_so(self, run: Run, home: Path) -> None:
        assert (
            "No state with stock is on record."
            in run("status", "--treaty", home, "--as-of", "1990-01-01").out
        )

    def test_is_what_the_library_says(self, run: Run, ccm: sp.Ledger) -> None:
        ran = run("status", "--treaty", "ccm", "--as-of", "2012-04-19", "--format", "csv")
        frame = sp.status(ccm.as_of("2012-04-19"))
        told = rows(ran.out)
        assert [row["iso3"] for row in told] == frame["iso3"].tolist()
        assert [row["status"] for row in told] == frame["status"].tolist()
        assert [row["reason"] for row in told] == frame["reason"].tolist()
        assert list(told[0]) == list(frame.columns)

    def test_of_all_treaties_as_of_today_by_default(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, status_of: Callable[..., pd.DataFrame]
    ) -> None:
        monkeypatch.setattr(options, "_today", lambda: pd.Timestamp("2026-06-30"))
        told = json.loads(run("status", "--format", "json").out)["rows"]
        assert {row["treaty"] for row in told} == {"apmbc", "ccm", "cwc"}
        assert len(told) == sum(len(status_of(treaty)) for treaty in ("ccm", "apmbc", "cwc"))
        (gbr,) = [r for r in told if (r["treaty"], r["iso3"]) == ("ccm", "GBR")]
        assert gbr["declared_submunitions"] > 30_000_000
        (grc,) = [r for r in told if (r["treaty"], r["iso3"]) == ("apmbc", "GRC")]
        assert grc["status"] == "overdue" and grc["declared_submunitions"] is None

    def test_the_rule_and_the_thresholds_are_passed_on(self, run: Run, home: Path) -> None:
        at = ("status", "--treaty", home, "--format", "csv", "--as-of")
        # Of 31 December 2012; reports were due on 30 April, the source was out in September.
        for rule, destroyed in (("reported", "40"), ("published", "")):
            told = rows(run(*at, "2013-05-31", "--rule", rule).out)
            assert told[0]["destroyed"].removesuffix(".0") == destroyed
        easy = rows(run(*at, "2014-06-30", "--on-target", "0.011", "--at-risk", "0.01").out)
        hard = rows(run(*at, "2014-06-30", "--on-target", "0.9999", "--at-risk", "0.9998").out)
        assert (easy[0]["status"], hard[0]["status"]) == ("on target", "off target")

    def test_text_that_would_be_a_formula_is_escaped_in_csv_alone(
        self, run: Run, folder: Callable[..., Path]
    ) -> None:
        home = folder([DECLARED], [consents("AAA")], states=["AAA"])
        (home / "states.csv").write_text("iso3,name\nAAA,=cmd()\n")
        at = ("status", "--treaty", home, "--as-of", "2014-06-30", "--format")
        assert rows(run(*at, "csv").out)[0]["state"] == "'=cmd()"
        assert json.loads(run(*at, "json").out)["rows"][0]["state"] == "=cmd()"


class TestAttention:
    @pytest.fixture
    def damaged(self, folder: Callable[..., Path]) -> Path:
        bad: list[Row] = [DECLARED | {"quantity": "~500"}, TOTAL | {"period_end": "2013-02-30"}]
        return folder([DECLARED, *bad], EVENTS)

    @pytest.mark.parametrize("shape", ["csv", "json", "table"])
    def test_rejected_rows_are_told_on_stderr(self, run: Run, damaged: Path, shape: str) -> None:
        ran = run("status", "--treaty", damaged, "--as-of", "2014-06-30", "--format", shape)
        assert ran.code == 1
        assert "demo: 10 rows read, 8 accepted, 2 rejected:" in ran.err
        assert "quantities.csv, line 3, quantity '~500': not a plain number; expected" in ran.err
        assert "quantities.csv, line 4, period_end '2013-02-30': not a date; expected" in ran.err
        assert "rejected" not in ran.out
        if shape == "csv":
            assert float(rows(ran.out)[0]["declared"]) == 100

    def test_an_account_that_is_cut_short_says_so(
        self, run: Run, folder: Callable[..., Path]
    ) -> None:
        home = folder([DECLARED | {"quantity": f"~{n}"} for n in range(30)], EVENTS)
        ran = run("status", "--treaty", home, "--as-of", "2014-06-30")
        assert "'~29'" in ran.err or re.search(r"\b10 more\b|\bfirst 20\b", ran.err)

    def test_the_packaged_treaties_need_none(self, run: Run) -> None:
        ran = run("status", "--treaty", "ccm", "--treaty", "apmbc", "--as-of", "2013-10-01")
        assert (ran.code, ran.err) == (0, "")


class TestUsage:
    @pytest.mark.parametrize(
        ("argv", "says"),
        [
            (
                ["--as-of", "2012-13-01"],
                "'2012-13-01' is not a day of the calendar; expected",
            ),
            (["--as-of", "19.04.2012"], "'19.04.2012' is not a day; expected YYYY-MM-DD"),
            (["--as-of", "yesterday"], "'yesterday' is not a day"),
            (["--rule", "known"], "invalid choice: 'known'"),
            (["--format", "xlsx"], "invalid choice: 'xlsx'"),
            (["--on-target", "0.3"], "on_target is 0.3 and at_risk is"),
            (["--at-risk", "-1"], "at_risk is -1.0"),
            (["--on-target", "nan"], "on_target is nan"),
            (["--on-target", "much"], "invalid float value: 'much'"),
            (["--treaty", "cmm"], "'cmm' is not a packaged treaty; expected apmbc or ccm or cwc"),
            (["--treaty", "/dev/null"], "'/dev/null' is not a packaged treaty"),
            (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        ],
    )
    def test_wrong_usage_is_told_and_leaves_with_two(
        self, run: Run, argv: list[str], says: str
    ) -> None:
        ran = run("status", *(["--as-of", "2014-06-30"] if "--as-of" not in argv else []), *argv)
        assert (ran.code, ran.out) == (2, "")
        assert says in ran.err
        assert "Traceback" not in ran.err

    def test_a_folder_that_is_none_of_ours_is_told(self, run: Run, tmp_path: Path) -> None:
        ran = run("status", "--treaty", tmp_path, "--as-of", "2014-06-30")
        assert ran.code == 2
        assert f"stockpile: treaty.toml: not found in {tmp_path.name}/" in ran.err

    def test_a_file_that_is_no_table_is_told(self, run: Run, home: Path) -> None:
        (home / "events.csv").write_text("")
        ran = run("status", "--treaty", home, "--as-of", "2014-06-30")
        assert ran.code == 2
        assert "stockpile: events.csv, line 1: the file is empty; expected a header" in ran.err

    @pytest.mark.parametrize("argv", [["--help"], ["status", "--help"], ["--version"]])
    def test_help_is_not(self, run: Run, argv: list[str]) -> None:
        ran = run(*argv)
        assert ran.code == 0 and ran.out

    def test_an_empty_day_is_no_day(self, run: Run, home: Path) -> None:
        assert run("status", "--treaty", home, "--as-of", "").code == 2

    def test_a_folder_that_cannot_be_made_is_told(
        self, run: Run, home: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "taken").write_text("a file")
        ran = run("data", "--treaty", home, "--out", tmp_path / "taken")
        assert ran.code == 5 and "taken/demo/progress.csv: Not a directory" in ran.err


class TestData:
    TABLES = (
        "by_year conflicts counts long progress projection rejected statements status warnings"
    ).split()

    def expected(self, treaty: str) -> list[str]:
        """The files of a treaty; Parquet where it can be written."""
        endings = ("csv", "parquet") if has_parquet() else ("csv",)
        tables = [f"{treaty}/{name}.{ending}" for name in self.TABLES for ending in endings]
        return sorted([f"{treaty}/datapackage.json", *tables])

    def files(self, out: Path) -> dict[str, bytes]:
        return {
            p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()
        }

    def test_writes_the_same_bytes_twice(self, run: Run, home: Path, tmp_path: Path) -> None:
        for out in ("one", "two"):
            assert run("data", "--treaty", home, "--out", tmp_path / out).code == 0
        one, two = self.files(tmp_path / "one"), self.files(tmp_path / "two")
        assert sorted(one) == self.expected("demo")
        assert one == two

    def test_of_a_packaged_treaty_too(self, run: Run, tmp_path: Path) -> None:
        for out in ("one", "two"):
            assert run("data", "--treaty", "ccm", "--out", tmp_path / out).code == 0
        one = self.files(tmp_path / "one")
        assert one == self.files(tmp_path / "two")
        assert sorted(one) == self.expected("ccm")
        texts = [data for name, data in one.items() if not name.endswith(".parquet")]
        assert not any(b"\r" in data or not data.endswith(b"\n") for data in texts)

    def test_is_as_of_the_newest_row_unless_told_otherwise(
        self, run: Run, home: Path, tmp_path: Path
    ) -> None:
        ran = run("data", "--treaty", home, "--out", tmp_path)
        assert ran.out == f"{tmp_path / 'demo'}: 10 tables as of 2013-04-30\n"
        told = run("data", "--treaty", home, "--out", tmp_path, "--as-of", "2012-01-01")
        assert "10 tables as of 2012-01-01" in told.out

    def test_keeps_the_account_of_rejected_rows(
        self, run: Run, folder: Callable[..., Path], tmp_path: Path
    ) -> None:
        home = folder([DECLARED, DECLARED | {"quantity": "=1+1"}], EVENTS)
        assert run("data", "--treaty", home, "--out", tmp_path).code == 1
        (rejected,) = rows((tmp_path / "demo" / "rejected.csv").read_text(encoding="utf-8"))
        assert rejected["value"] == "'=1+1"  # no formula
        assert (rejected["file"], rejected["line"]) == ("quantities.csv", "3")
        counts = rows((tmp_path / "demo" / "counts.csv").read_text(encoding="utf-8"))
        assert all(int(r["read"]) == int(r["accepted"]) + int(r["rejected"]) for r in counts)

    def test_two_folders_of_one_id_are_not_written_over_each_other(
        self, run: Run, folder: Callable[..., Path], tmp_path: Path
    ) -> None:
        one, two = folder([DECLARED], EVENTS), folder([DECLARED, TOTAL], EVENTS)
        ran = run("data", "--treaty", one, "--treaty", two, "--out", tmp_path)
        assert ran.code == 2 or len(list(tmp_path.iterdir())) == 2


def _python(*argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run Python on its own, with the package that is tested here."""
    package = str(Path(sp.__file__).resolve().parents[1])
    more["env"] = os.environ | {"PYTHONPATH": package}
    return subprocess.run(
        [sys.executable, *argv],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **more,
    )


@pytest.mark.slow
def test_runs_as_a_module_from_any_folder(tmp_path: Path, home: Path) -> None:
    at = ["-m", "stockpile", "status", "--treaty", str(home), "--as-of", "2014-06-30"]
    done = _python(*at, "--format", "csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(done.stdout)[0]["iso3"] == "AAA"
    assert list(tmp_path.glob("*")) == [home.parent]
    assert _python(*at, "--rule", "none", cwd=tmp_path).returncode == 2


def test_the_core_imports_no_drawing_and_no_notebooks() -> None:
    code = (
        "import sys, stockpile, stockpile.cli.main; "
        "print(*{'matplotlib', 'seaborn', 'papermill', 'nbconvert', 'jinja2'} & set(sys.modules))"
    )
    assert _python("-c", code).stdout.strip() == ""


def test_check_says_which_accepted_rows_are_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "grows.csv"
    table.write_text("State,Year,Remaining\nPeru,2014,100\nPeru,2015,200\nPeru,2016,300\n")
    options = "--treaty ccm --unit cluster_munitions --published 2018".split()
    assert cli.main(["check", str(table), *options, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "2 of 3 accepted rows are set aside beside the others, as of " in printed
    assert "grows.csv, line 2: PER: remaining 100 on 2014-12-31" in printed


@pytest.fixture
def campaign(tmp_path: Path) -> list[str]:
    """A table of somebody's own, and how it is to be read."""
    table = tmp_path / "campaign.csv"
    table.write_text("State,Year,Remaining\nBulgaria,2021,1500\nAtlantis,2021,1\n")
    return [str(table), *"--treaty ccm --unit cluster_munitions --published 2022-05".split()]


def test_status_with_rows_of_ones_own(
    campaign: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    day = ["--as-of", "2022-06-01"]
    assert cli.main(["status", "--table", *campaign, *day]) == options.ATTENTION
    alone = capsys.readouterr()
    assert "1 state: 1 unconfirmed" in alone.out
    assert "Not published: rows of campaign.csv are among what this rests on." in alone.out
    assert "2 rows read, 1 accepted, 1 rejected" in alone.err and "'Atlantis'" in alone.err
    assert cli.main(["status", "--extra", *campaign, *day]) == options.ATTENTION
    assert "139 states" in capsys.readouterr().out
    for asked in (["status"], ["show", "membership"]):
        cli.main([*asked, "--table", *campaign, *day, "--format", "json"])
        assert json.loads(capsys.readouterr().out)["unpublished"] == {"ccm": "campaign.csv"}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("status --extra {file}", "whose rules hold for your rows? expected one treaty, as"),
        ("run state_report --extra {file}", "expected one treaty, as --set treaty=ccm"),
        ("status --treaty ccm --extra {file} --table {file}", "expected one of the two"),
        ("status --treaty ccm --extra no.csv", "no.csv: there is no such file"),
        ("report --treaty ccm --extra {file}", "say --unit cluster_munitions or"),
    ],
)
def test_rows_of_ones_own_that_cannot_be_used(
    campaign: list[str], typed: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(typed.format(file=campaign[0]).split()) == options.USAGE
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "problem"),
    [("odd \udcff", "is not UTF-8"), ("link", "a link that leads nowhere; expected a folder")],
)
def test_a_folder_that_no_report_can_go_to(
    tmp_path: Path, name: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    argv = ["report", "--treaty", "ccm", "--as-of", "2012-04-19", "--out", str(tmp_path / name)]
    assert cli.main(argv) == options.USAGE
    assert problem in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["link"]


@pytest.mark.slow
def test_a_backtest_prints_the_aims_and_both_rules(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    day = ["--as-of", "2021-12-31", "--step", "12", "--out", str(tmp_path)]
    assert cli.main(["backtest", "--treaty", "ccm", *day]) == options.DONE
    told = capsys.readouterr().out
    assert "largest fifth of the PIT" in told and "median lead of a warning" in told
    rules = rows((tmp_path / "rules.csv").read_text(encoding="utf-8"))
    assert [row["rule"] for row in rules] == ["published", "reported"]
    assert rules[0]["replays"] == rules[1]["replays"]
    aims = rows((tmp_path / "aims.csv").read_text(encoding="utf-8"))
    assert len(aims) == 7 and {row["reached"] for row in aims} <= {"yes", "no"}
