"""Runs what a test asks for in a process of its own, which may copy itself.

A test process under xdist has threads, and so may not. Usage: ``drive.py FILE``, a
JSON file with tasks to run; prints what came of them.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from stockpile.reports.fork import may_fork
from stockpile.reports.report import warm
from stockpile.reports.run import Task, run_all


def main(told: dict) -> None:
    assert may_fork()
    warm()
    home = Path(told["home"])
    tasks = [
        Task(**{k: tuple(v) if isinstance(v, list) else v for k, v in task.items()}
             | {"notebook": Path(task["notebook"])})
        for task in told["tasks"]
    ]  # fmt: skip
    os.environ["FROM_THE_PARENT"] = "1"
    outcomes = run_all(
        tasks, home / "work", home / "made", home / "failed", timeout=told["timeout"], jobs=2
    )
    print(json.dumps({o.task.name: o.problem for o in outcomes}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
