"""Runs what a test asks for in a process of its own, which is copied for its workers.

A test process under xdist has threads, and so is not. Usage: ``drive.py FILE``, a
JSON file with tasks to run; prints what came of them.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from stockpile.reports.run import Folders, NotebookTask, run_all


def main(given: dict) -> None:
    assert threading.active_count() == 1
    home = Path(given["home"])
    tasks = []
    for task in given["tasks"]:
        fields = {k: tuple(v) if isinstance(v, list) else v for k, v in task.items()}
        tasks.append(NotebookTask(**fields | {"notebook": Path(task["notebook"])}))
    folders = Folders(home / "work", home / "made", home / "failed")
    outcomes = run_all(tasks, folders, timeout=given["timeout"], jobs=2)
    print(json.dumps({outcome.item.name: outcome.problem for outcome in outcomes}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
