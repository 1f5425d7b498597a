"""A batch on a cluster: a real scheduler and two workers on loopback, one of which is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smalltreaty import consents, quantity, write_treaty

import stockpile as sp
from stockpile.reports import manifest, workers

pytest.importorskip("distributed")
pytestmark = pytest.mark.faults
#: One is through when a worker is killed; that worker has begun another.
DAYS = ("2012-01-01", "2012-07-01", "2013-01-01")
ENV = os.environ | {
    "PYTHONPATH": str(Path(sp.__file__).resolve().parents[1]),
    "PYTHONWARNINGS": "ignore",
    "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "False",
}
TIME = 3_600


@contextlib.contextmanager
def started(*argv: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended when the test is through, however it ends."""
    with (folder / f"{argv[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{argv[0]}", *argv[1:]],
            stdout=log, stderr=log, cwd=folder, env=ENV,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    where = tmp_path / "scheduler.json"
    loopback = ("--host", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        argv = (*loopback, "--port", "0", "--no-dashboard", "--scheduler-file", str(where))
        stack.enter_context(started("dask_scheduler", *argv, folder=tmp_path))
        limit = time.monotonic() + 300
        while not where.is_file():
            assert time.monotonic() < limit
            time.sleep(0.1)
        address = json.loads(where.read_text())["address"]
        argv = (address, *loopback, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        processes = [
            stack.enter_context(
                started(
                    *("dask_worker", *argv, "--death-timeout", "300", "--name", name),
                    *("--local-directory", str(tmp_path / name)),
                    folder=tmp_path,
                )
            )
            for name in ("one", "two")
        ]
        yield address, processes


def test_a_worker_that_is_killed_costs_no_report(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, processes = cluster
    out = tmp_path / "out"
    rows = [
        quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
        quantity("AAA", "destroyed_total", 40, "2011-12-31", source="monitor@2012-09-04"),
    ]
    # A folder that the workers do not share.
    home = write_treaty(tmp_path / "tables", rows, [consents("AAA")])
    argv = [
        sys.executable, "-m", "stockpile", "batch", "--treaty", str(home), "--from", DAYS[0],
        "--to", DAYS[-1], "--every", "6M", "--states", "AAA", "--out", str(out),
        "--scheduler", address,
    ]  # fmt: skip
    batch = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV
    )
    try:
        # Midway: one report is through, and the worker that is killed has begun another.
        assert batch.stderr is not None
        assert ": made, " in batch.stderr.readline()
        os.kill(processes[0].pid, signal.SIGKILL)
        done, log = batch.communicate(timeout=TIME)
    finally:
        batch.kill()
        batch.wait()
    assert batch.returncode == 0, log
    assert "3 reports: 3 made, 0 kept, 0 failed" in done
    for day in DAYS:
        folder = out / "demo" / day
        account = manifest.read(folder)
        assert account is not None and manifest.is_whole(folder, account)
        assert (folder / "states" / "AAA.html").is_file()
    assert (out / "demo" / "latest").resolve().name == DAYS[-1]
    assert processes[1].poll() is None
    # The same batch again has nothing to do, with or without a cluster.
    again = subprocess.run(argv[:-2], capture_output=True, text=True, env=ENV, check=True)
    assert "3 reports: 0 made, 3 kept, 0 failed" in again.stdout


def test_no_scheduler_is_told() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "_ANSWER", 1)
        with (
            pytest.raises(ValueError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"),
            workers.cluster_pool("tcp://127.0.0.1:9"),
        ):
            pytest.fail("there is none")
