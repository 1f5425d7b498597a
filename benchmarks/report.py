"""The report against what it is built on, side by side in one run.

1. One report page (`stockpile report --states none`, from the command to the published
   folder) against bare papermill running a notebook that imports pandas and matplotlib
   and draws one chart.
2. The pages of all states of one day (one `stockpile report`, its status page among
   them) against `papermill` called once a state in a shell loop, on a sample of states.

Each pair is run in turn and the medians are compared; ratios are what counts, for
machines differ and are shared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

import stockpile as sp
from stockpile.reports.notebooks import notebook_path

DAY = "2026-06-30"
CHART = (
    "import pandas as pd\nimport matplotlib.pyplot as plt",
    "fig, ax = plt.subplots()\n"
    "pd.Series([3, 1, 2], index=pd.date_range('2020', periods=3)).plot(ax=ax)",
)


def timed(*argv: str, folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(
        argv, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    return time.perf_counter() - begun


def report(folder: Path, treaty: str, states: str) -> float:
    return timed(
        sys.executable, "-m", "stockpile", "report", "--treaty", treaty, "--as-of", DAY,
        "--out", str(folder / "out"), "--states", states, folder=folder,
    )  # fmt: skip


def papermill(folder: Path, notebook: Path, *parameters: str) -> float:
    return timed(
        sys.executable, "-m", "papermill", str(notebook), str(folder / "ran.ipynb"),
        "--no-progress-bar", "-k", "python3", *parameters, folder=folder,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--sample", type=int, default=6, help="states in the shell loop")
    parser.add_argument("--treaty", default="ccm")
    options = parser.parse_args()
    status = sp.status(sp.load(options.treaty).as_of(DAY))
    states = status.loc[status["has_stock"], "iso3"].tolist()
    sample = states[:: max(1, len(states) // options.sample)][: options.sample]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chart = folder / "chart.ipynb"
        cells = [nbformat.v4.new_code_cell(source) for source in CHART]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), chart)
        pairs = [
            (report(folder, options.treaty, "none"), papermill(folder, chart))
            for _ in range(options.repeat)
        ]
        one, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"one report page {one:.1f} s, bare papermill with one chart {bare:.1f} s: "
              f"{one / bare:.2f} times (aim: at most 2)")  # fmt: skip
        all_pages = report(folder, options.treaty, "all")
        at = ("-p", "treaty", options.treaty, "-p", "as_of", DAY)
        loop = sum(
            papermill(folder, notebook_path("state_report"), *at, "-p", "state", state)
            for state in sample
        )
    ours, theirs = all_pages / len(states), loop / len(sample)
    print(
        f"pages of {len(states)} states {all_pages:.1f} s, {ours:.2f} s a state; papermill in a "
        f"loop over {len(sample)} of them {theirs:.2f} s a state: {theirs / ours:.1f} times the "
        "throughput (aim: at least 4)"
    )


if __name__ == "__main__":
    main()
