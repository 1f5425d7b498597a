"""The examples for schedulers, and the page that explains them, fit the command as it is."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from stockpile.cli import main as cli
from stockpile.cli.options import ALERT, ATTENTION, BUSY, DONE, EXIT_CODES, UNWRITTEN, USAGE
from stockpile.cli.report import ALERTS

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples" / "scheduling"
PAGE = ROOT / "docs" / "scheduling.md"
#: Stands in for the command: writes down what it is given, says something, ends as it is told.
FAKE = """#!/bin/sh
printf '%s\\n' "$@" > "$ARGS"
echo a page
echo a step >&2
exit "${ENDS_WITH:-0}"
"""


@pytest.fixture
def command(tmp_path) -> Path:
    path = tmp_path / "bin" / "stockpile"
    path.parent.mkdir()
    path.write_text(FAKE)
    path.chmod(0o755)
    return path


def command_lines() -> list[str]:
    """Every line that calls the command, from the page and from the examples."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", "").splitlines()]
    lines += (EXAMPLES / "stockpile-report.service").read_text().splitlines()
    found = [re.search(r"(?:^|=|/)stockpile (.*)$", line) for line in lines]
    return [match[1].split("    #")[0] for match in found if match]


def units() -> dict[str, configparser.ConfigParser]:
    found = {}
    for path in EXAMPLES.glob("stockpile-*"):
        found[path.name] = configparser.ConfigParser(interpolation=None, strict=False)
        found[path.name].optionxform = str  # type: ignore[assignment,method-assign]
        found[path.name].read(path)
    return found


# --- the page ---


def test_every_command_on_the_page_is_one_that_the_program_takes():
    lines = command_lines()
    assert len(lines) >= 5
    for line in lines:
        options = cli.command_parser().parse_args(shlex.split(line))
        assert callable(options.run), line


def test_the_page_knows_the_exit_codes():
    rows = re.findall(r"^\| (\d) \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    meanings = {int(code): meaning for code, meaning in rows}
    assert sorted(meanings) == [DONE, ATTENTION, USAGE, ALERT, BUSY, UNWRITTEN] == list(EXIT_CODES)
    assert "needs attention" in meanings[ATTENTION] and "wrong usage" in meanings[USAGE]
    assert "--fail-on" in meanings[ALERT] and "another run" in meanings[BUSY]
    assert "written" in meanings[UNWRITTEN]
    alarms = re.findall(r"--fail-on ([a-z-]+)", PAGE.read_text(encoding="utf-8"))
    assert set(alarms) <= set(ALERTS) and "changed" in alarms


def test_the_page_shows_and_links_what_is_there():
    text = PAGE.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PAGE.parent / link).exists(), link
    for path in EXAMPLES.iterdir():
        assert path.name in text or path.name.startswith("stockpile-"), path.name
    (line,) = re.findall(r"```crontab\n(.*?)\n```", text)
    assert line in (EXAMPLES / "crontab").read_text().splitlines()


# --- cron ---


def run_cron(command: Path, home: Path, ends_with: int) -> subprocess.CompletedProcess[str]:
    """Run the line as cron does: by the plain shell, with little in the environment."""
    (line,) = re.findall(r"^15 5 1 \* \* (.+)$", (EXAMPLES / "crontab").read_text(), re.MULTILINE)
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "STOCKPILE": str(command)}
    env |= {"REPORTS": "/srv/a b", "ARGS": str(home / "args"), "ENDS_WITH": str(ends_with)}
    return subprocess.run(
        ["/bin/sh", "-c", line], env=env, capture_output=True, text=True, timeout=60
    )


def test_cron_has_something_to_mail_only_on_trouble(command, tmp_path):
    done = run_cron(command, tmp_path, 0)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "args").read_text().splitlines() == ["report", "--out", "/srv/a b"]
    done = run_cron(command, tmp_path, 3)
    said = "stockpile report ended with 3:\na page\na step\na page\na step\n"
    assert (done.stdout, done.stderr) == (said, "")


def test_cron_takes_the_table():
    if not shutil.which("crontab"):
        pytest.skip("there is no cron here")
    usage = subprocess.run(["crontab", "-h"], capture_output=True, text=True, timeout=60)
    if "dry run" not in usage.stdout + usage.stderr:
        pytest.skip("this cron cannot check a table without taking it")
    subprocess.run(["crontab", "-n", EXAMPLES / "crontab"], check=True, capture_output=True)


def test_the_table_for_cron_has_no_percent_sign():
    for line in (EXAMPLES / "crontab").read_text().splitlines():
        assert line.startswith("#") or "%" not in line, "cron takes it for the end of the line"


# --- systemd ---


def test_the_units_belong_together():
    found = units()
    assert set(found) == {
        "stockpile-report.service", "stockpile-report.timer", "stockpile-trouble.service"
    }  # fmt: skip
    service = found["stockpile-report.service"]
    assert service["Unit"]["OnFailure"] in found
    assert service["Service"]["SuccessExitStatus"] == str(BUSY)
    out = shlex.split(service["Service"]["ExecStart"])[-1]
    assert service["Service"]["ReadWritePaths"] == out
    assert "stockpile-report.service" in found[service["Unit"]["OnFailure"]]["Service"]["ExecStart"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path):
    for path in EXAMPLES.glob("stockpile-*"):
        text = path.read_text().replace("/srv/stockpile/.venv/bin/stockpile", "/bin/true")
        (tmp_path / path.name).write_text(text)
    names = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    ours = [line for line in done.stderr.splitlines() if "stockpile-" in line]
    assert ours == []


# --- GitHub Actions ---


@pytest.fixture(scope="module")
def workflow() -> dict:
    return yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text())


def scripts(workflow: dict) -> dict[str, str]:
    (job,) = workflow["jobs"].values()
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


def test_the_workflow_keeps_what_the_command_writes(workflow):
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}  # YAML reads `on` as true
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    (kept,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    out = scripts(workflow)["Make the reports"].split()[-1]
    assert kept["with"]["path"] == out and kept["if"] == "always()"
    assert "constraints.txt" in scripts(workflow)["Install"] and (ROOT / "constraints.txt").exists()


@pytest.mark.parametrize("day", ["", "2012-04-19", "$(touch hacked)", "x --out elsewhere"])
def test_what_somebody_types_in_is_one_argument_and_no_code(workflow, command, tmp_path, day):
    for script in scripts(workflow).values():
        assert "${{" not in script
    env = {"PATH": f"{command.parent}:/usr/bin:/bin", "ARGS": str(tmp_path / "args"), "AS_OF": day}
    script = scripts(workflow)["Make the reports"]
    run = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    subprocess.run(run, env=env, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    given = ["--as-of", day] if day else []
    said = (tmp_path / "args").read_text().splitlines()
    assert said == ["report", *given, "--out", "reports"]
    assert not (tmp_path / "hacked").exists()


# --- Airflow; tests/airflow runs it ---


def test_the_dag_skips_on_the_code_of_another_run():
    tree = ast.parse((EXAMPLES / "airflow_dag.py").read_text())
    given = {
        word.arg: word.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "BashOperator"
        for word in call.keywords
    }
    assert ast.literal_eval(given["skip_on_exit_code"]) == BUSY
    (text,) = [part for part in ast.walk(given["bash_command"]) if isinstance(part, ast.JoinedStr)]
    names = {"COMMAND": "stockpile", "DAY": "2012-04-19", "REPORTS": "/srv/reports", "str": str}
    code = compile(ast.Expression(text), "bash_command", "eval")
    line = eval(code, {"shlex": shlex, **names})
    assert line.startswith("exec stockpile ")
    cli.command_parser().parse_args(shlex.split(line)[2:])
