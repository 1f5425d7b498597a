"""What is given out: which states and columns, in which form, and where to."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

import stockpile as sp
from stockpile.cli import main as cli
from stockpile.cli import options, show

pytestmark = pytest.mark.usefixtures("alone")

AT = ("--treaty", "ccm", "--as-of", "2012-04-19")


@pytest.fixture
def run(capsys):
    """Run the command line; the exit code, and what went to both streams."""

    def go(*argv: object) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


@pytest.mark.parametrize("name", show.RESULTS)
def test_every_result_can_be_shown(run, ccm, name):
    if name in ("rating-history", "ratings-by-day", "what-changed", "chance-changes"):
        pytest.skip("looks at the past; is looked at below")
    code, out, _ = run("show", name, *AT, "--format", "json", "--state", "Germany")
    told = json.loads(out)
    assert code == 0
    assert (told["as_of"], told["rule"], told["data_hash"], told["unpublished"]) == (
        "2012-04-19", "reported", {"ccm": ccm.data_hash}, {},
    )  # fmt: skip
    assert told["data_version"] == {"ccm": ccm.data_version}
    frame = getattr(sp, name.replace("-", "_"))(ccm.as_of("2012-04-19"), states="DEU")
    assert len(told["rows"]) == len(frame)
    if len(frame):
        assert list(told["rows"][0]) == list(frame.columns)


def test_results_of_the_library_all_have_a_command():
    asked = {name.replace("-", "_") for name in show.RESULTS}
    of_ledgers = set(sp.results.__all__) - {"snapshot", "read_snapshot"}
    assert asked == of_ledgers


def test_states_are_named_as_people_do(run):
    code, out, _ = run(
        "status", *AT, "--state", "uk", "--state", "Perú", "--columns", "iso3,status"
    )
    assert code == 0 and "2 states: " in out
    assert [line.split()[0] for line in out.splitlines()[4:]] == ["GBR", "PER"]
    code, _, err = run("status", *AT, "--state", "Grmany")
    assert code == 2 and "did you mean DEU (Germany)?" in err


def test_a_state_of_one_treaty_alone_is_no_mistake(run):
    code, out, _ = run(
        "status", "--as-of", "2012-04-19", "--treaty", "ccm", "--treaty", "cwc",
        "--state", "Russia", "--format", "csv",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and {row["iso3"] for row in rows} == {"RUS"}


def test_columns_are_chosen_and_a_slip_is_named(run):
    _, out, _ = run("status", *AT, "--columns", "iso3,deadline", "--format", "csv")
    assert out.splitlines()[0] == "iso3,deadline"
    code, _, err = run("status", *AT, "--columns", "iso3,dedline")
    assert code == 2 and "no column 'dedline'; nearest is deadline" in err


@pytest.mark.parametrize("ending", ["csv", "json", "txt"])
def test_a_file_has_the_form_that_its_name_says(run, tmp_path, ending):
    place = tmp_path / f"status.{ending}"
    code, out, _ = run("status", *AT, "--out", place)
    assert code == 0 and out.strip() == str(place)
    text = place.read_text(encoding="utf-8")
    starts = {"csv": "treaty,as_of,iso3", "json": "{\n", "txt": "Convention on Cluster Munitions"}
    assert text.startswith(starts[ending])


def test_a_table_fits_the_terminal_and_says_what_it_left_out(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = run("status", *AT)
    assert max(map(len, out.splitlines()[3:-2])) <= 60
    assert "(no room for: " in out.splitlines()[-1]
    monkeypatch.delenv("COLUMNS")
    _, out, _ = run("status", *AT)
    assert "no room" not in out


def test_today_is_a_day(run, monkeypatch):
    monkeypatch.setattr(options, "_today", lambda: pd.Timestamp("2012-04-19"))
    for day in (["--as-of", "today"], []):
        _, out, _ = run("show", "totals", "--treaty", "ccm", *day)
        assert out.startswith("Convention on Cluster Munitions, as of 2012-04-19\n")


def test_the_command_alone_lists_the_commands(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    for name in ("status", "show", "report", "check", "notebooks"):
        assert f"\n    {name} " in out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["statu"], "did you mean status?"),
        (["show", "total", *AT], "did you mean totals?"),
        (["status", "--formt", "csv"], "usage: stockpile status"),
        (["status", "--formt", "csv"], "did you mean --format?"),
        (["--print-completion", "fish"], "invalid choice"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(run, argv, says):
    code, _, err = run(*argv)
    assert code == 2 and says in err


def test_quiet_leaves_out_the_account_and_verbose_says_what_was_read(run, tmp_path, folder):
    from smalltreaty import quantity

    home = folder([quantity("AAA", "declared", "~500", source="state@2011-01-31")], [])
    at = ("status", "--treaty", home, "--as-of", "2014-06-30")
    assert "1 rejected:" in run(*at)[2]
    code, _, err = run(*at, "--quiet")
    assert (code, err) == (1, "")
    assert "<Ledger demo everything on record: " in run(*at, "-v")[2]


def test_what_comes_from_another_command_can_be_checked(run, tmp_path, monkeypatch):
    table = b"State,Declared,Destroyed by end 2012\nPeru,2012,300\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(table)))
    argv = ("check", "-", "--treaty", "ccm", "--unit", "cluster_munitions", "--out", tmp_path)
    code, out, _ = run(*argv)
    assert code == 0 and "standard input.csv" in out
    assert (tmp_path / "rejected.csv").is_file()


def test_completion_names_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, _, err = run("--print-completion", "bash")
    assert code == 2 and "completion needs shtab; install it with: pip install" in err


def test_shares_are_not_rounded_to_all_or_nothing():
    from stockpile.cli.options import laid_out

    rows = pd.DataFrame({"share_destroyed": [1.0, 0.999, 0.42, 0.001, 0.0]})
    assert laid_out(rows).split()[1:] == ["100%", ">99%", "42%", "<1%", "0%"]


def test_ratings_that_changed_are_shown_since_a_day(run, ccm):
    code, out, _ = run("show", "what-changed", *AT, "--since", "2010-12-31", "--format", "csv")
    days = ("2010-12-31", "2012-04-19")
    changed = sp.what_changed(*(sp.snapshot(ccm.as_of(day)) for day in days)).ratings
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and [row["iso3"] for row in rows] == changed["iso3"].tolist() != []
    code, out, _ = run("show", "what-changed", *AT, "--state", "Norway", "--format", "csv")
    assert code == 0 and {row["iso3"] for row in csv.DictReader(io.StringIO(out))} <= {"NOR"}
    code, out, _ = run("show", "chance-changes", *AT, "--since", "2011-12-31", "--format", "csv")
    assert code == 0 and {row["iso3"] for row in csv.DictReader(io.StringIO(out))} >= {"DEU"}
    code, _, err = run("show", "totals", *AT, "--since", "2010-12-31")
    assert code == 2 and "--since is for what-changed and chance-changes" in err


def test_past_ratings_can_be_shown(run, folder):
    from smalltreaty import consents

    home: Path = folder([], [consents("AAA")], states=["AAA"])
    at = ("--treaty", home, "--as-of", "2011-12-31", "--format", "csv")
    for name in ("rating-history", "ratings-by-day"):
        code, out, _ = run("show", name, *at)
        assert code == 0 and out.startswith("treaty,as_of,")
