"""The example for Airflow runs, with the real Airflow and its real papermill operator.

Airflow has an environment of its own; stockpile is used as the DAG uses it, by its
command and by a Jupyter kernel of its environment, which ``STOCKPILE_PYTHON`` names.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip(
    "airflow.sdk", reason="Airflow has an environment of its own: make test-airflow"
)

ROOT = Path(__file__).resolve().parents[2]
DAG_FILE = ROOT / "examples" / "scheduling" / "airflow_dag.py"
PYTHON = Path(os.environ.get("STOCKPILE_PYTHON", ROOT / ".venv" / "bin" / "python"))

#: Runs in a process of its own, because Airflow reads its settings when it is imported.
RUN = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
(dag,) = bag.dags.values()
run = dag.test()
states = {task.task_id: str(task.state) for task in run.get_task_instances()}
with open(sys.argv[2], "w") as file:
    json.dump({"dag": dag.dag_id, "state": str(run.state), "tasks": states}, file)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> dict[str, str]:
    """Airflow with a database of its own, and a kernel that has stockpile."""
    home = tmp_path_factory.mktemp("airflow")
    dags = home / "dags"
    dags.mkdir()
    shutil.copy(DAG_FILE, dags)
    kernels = home / "kernels"
    install = ["-m", "ipykernel", "install", "--prefix", kernels, "--name", "stockpile"]
    subprocess.run([PYTHON, *install], check=True, capture_output=True, timeout=120)
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "JUPYTER_PATH": str(kernels / "share" / "jupyter"),
        "STOCKPILE_NOTEBOOKS": str(ROOT / "notebooks"),
    }
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=env, check=True, capture_output=True, timeout=300)
    return env


def run_dag(settings: dict[str, str], tmp_path: Path, command: str) -> tuple[dict, Path]:
    """Run the DAG once; what became of it, and the folder of reports."""
    reports, result = tmp_path / "reports", tmp_path / "result.json"
    reports.mkdir()
    script = tmp_path / "stockpile"
    script.write_text(f"#!/bin/sh\n{command}\n")
    script.chmod(0o755)
    env = settings | {"STOCKPILE": str(script), "STOCKPILE_REPORTS": str(reports)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, settings["AIRFLOW__CORE__DAGS_FOLDER"], result],
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.is_file(), done.stderr[-4000:]
    return json.loads(result.read_text()), reports


def test_the_dag_makes_a_report_and_runs_a_notebook(settings, tmp_path):
    # One treaty and no pages of states, so that it takes seconds.
    command = f'exec "{PYTHON}" -m stockpile "$@" --treaty ccm --states none'
    before = dt.datetime.now(dt.UTC).date()
    run, reports = run_dag(settings, tmp_path, command)
    assert run == {
        "dag": "stockpile_reports",
        "state": "success",
        "tasks": {"reports": "success", "notebook": "success"},
    }
    (page,) = (reports / "ccm").glob("2*/index.html")
    day = page.parent.name
    # The day of the run reached the command and the notebook (unless midnight came between).
    assert day in (str(before), str(dt.datetime.now(dt.UTC).date()))
    notebook = json.loads((reports / f"status_report-{day}.ipynb").read_text())
    injected = [c for c in notebook["cells"] if "injected-parameters" in c["metadata"]["tags"]]
    assert f'as_of = "{day}"' in "".join(injected[0]["source"])
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    outputs = [output for cell in code for output in cell["outputs"]]
    assert "error" not in {output["output_type"] for output in outputs}
    assert 'id="headline"' in json.dumps(outputs).replace("\\", "")


def test_a_failed_report_fails_the_run_and_another_run_at_work_skips_it(settings, tmp_path):
    for code, state in ((1, "failed"), (4, "skipped")):
        place = tmp_path / str(code)
        place.mkdir()
        run, reports = run_dag(settings, place, f"exit {code}")
        assert run["tasks"]["reports"] == state
        # Nothing comes after a report that is not there.
        assert run["tasks"]["notebook"] in ("upstream_failed", "skipped")
        assert list(reports.iterdir()) == []
