"""Airflow 3: the reports every month, and beside them one notebook by itself.

Copy this file into Airflow's folder of DAGs. Airflow and stockpile live in
environments of their own; Airflow is told where stockpile is by its environment:

    STOCKPILE            the command; /srv/stockpile/.venv/bin/stockpile if unset
    STOCKPILE_REPORTS    the folder of reports; /srv/reports if unset
    STOCKPILE_NOTEBOOKS  the folder of notebooks; /srv/stockpile/notebooks if unset
    STOCKPILE_KERNEL     the Jupyter kernel that has stockpile; stockpile if unset
"""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

COMMAND = os.environ.get("STOCKPILE", "/srv/stockpile/.venv/bin/stockpile")
REPORTS = Path(os.environ.get("STOCKPILE_REPORTS", "/srv/reports"))
NOTEBOOKS = Path(os.environ.get("STOCKPILE_NOTEBOOKS", "/srv/stockpile/notebooks"))
KERNEL = os.environ.get("STOCKPILE_KERNEL", "stockpile")

#: The day of the run; not of its logical date, which a run started by hand does not have.
DAY = "{{ dag_run.run_after | ds }}"

with DAG(
    dag_id="stockpile_reports",
    description="Status reports on the destruction of stockpiles",
    schedule="15 5 1 * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # and no retries: the same tables and the same day fail in the same way
) as dag:
    # The whole report: every parameter is checked, and it is published whole or not at all.
    reports = BashOperator(
        task_id="reports",
        bash_command=(
            f"exec {shlex.quote(COMMAND)} report --as-of {DAY} --out {shlex.quote(str(REPORTS))}"
        ),
        append_env=True,
        skip_on_exit_code=4,  # another run is at it
        execution_timeout=timedelta(hours=1),
    )

    # One notebook by itself, for those who open it: nothing here checks what it is given, and
    # a run that fails leaves half a notebook. So it gets a name of its own every day.
    notebook = PapermillOperator(
        task_id="notebook",
        input_nb=str(NOTEBOOKS / "status_report.ipynb"),
        output_nb=str(REPORTS / f"status_report-{DAY}.ipynb"),
        parameters={"treaty": "ccm", "as_of": DAY},
        kernel_name=KERNEL,
        language_name="python",
        execution_timeout=timedelta(minutes=30),
    )

    reports >> notebook
