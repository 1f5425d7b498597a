"""The report against what it is built on, side by side in one run.

1. One report page (`stockpile report --states none`, from the command to the published
   folder) against bare papermill running a notebook that imports pandas and matplotlib
   and draws one chart.
2. The pages of all states of one day (one `stockpile report`, its status page among
   them) against `papermill` called once a state in a shell loop, on a sample of states:
   on the clock, and in processor time, which other work on the machine disturbs less.

Each pair is run in turn and the medians are compared; ratios are what counts, for
machines differ and are shared.
"""

from __future__ import annotations

import argparse
import os
import resource
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


def timed(folder: Path, *argv: str) -> tuple[float, float]:
    """Run a command; return the seconds on the clock and those of the processors."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        argv,
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, used


def report(folder: Path, treaty: str, states: str) -> tuple[float, float]:
    options = ("--treaty", treaty, "--as-of", DAY, "--states", states, "--out", str(folder / "out"))
    return timed(folder, sys.executable, "-m", "stockpile", "report", *options)


def papermill(folder: Path, notebook: Path, *parameters: str) -> tuple[float, float]:
    ran = str(folder / "ran.ipynb")
    options = ("--no-progress-bar", "-k", "python3", *parameters)
    return timed(folder, sys.executable, "-m", "papermill", str(notebook), ran, *options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--sample", type=int, default=6, help="states in the shell loop")
    parser.add_argument("--treaty", default="ccm")
    options = parser.parse_args()
    status = sp.status(sp.load(options.treaty).as_of(DAY))
    states = status.loc[status["had_stock"], "iso3"].tolist()
    sample = states[:: max(1, len(states) // options.sample)][: options.sample]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chart = folder / "chart.ipynb"
        cells = [nbformat.v4.new_code_cell(source) for source in CHART]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), chart)
        pairs = [
            (report(folder, options.treaty, "none")[0], papermill(folder, chart)[0])
            for _ in range(options.repeat)
        ]
        one, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"one report page {one:.1f} s, bare papermill with one chart {bare:.1f} s: "
            f"{one / bare:.2f} times (aim: at most 1.5)"
        )
        wall, used = report(folder, options.treaty, "stocks")
        at = ("-p", "treaty", options.treaty, "-p", "as_of", DAY)
        loop = [
            papermill(folder, notebook_path("state_report"), *at, "-p", "state", state)
            for state in sample
        ]
    n = len(states)
    clock, processor = (statistics.mean(column) for column in zip(*loop, strict=True))
    print(
        f"pages of {n} states {wall:.1f} s, {wall / n:.2f} s a state; papermill in a loop over "
        f"{len(sample)} of them {clock:.2f} s a state: {clock * n / wall:.1f} times the throughput "
        f"(aim: at least 15)"
    )
    print(
        f"processor time {used:.1f} s, {used / n:.2f} s a state; papermill {processor:.2f} s a "
        f"state: {processor * n / used:.1f} times as much"
    )


if __name__ == "__main__":
    main()
