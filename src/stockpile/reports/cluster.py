"""The same batch on more machines: reports made by the workers of a Dask cluster.

A worker shares no disk with whoever asks. It is sent what a report is made from,
makes it in a folder of its own by the same code as anywhere, and sends the finished
folder back; here it is checked against its manifest and moved to its place. A worker
that dies takes nothing with it: the scheduler gives its report to another one.

The workers need this version of ``stockpile`` with its ``report`` extra.
"""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockpile._version import __version__
from stockpile.ledger.load import load
from stockpile.rating.status import Thresholds
from stockpile.reports import manifest
from stockpile.reports.folders import exchange, sweep
from stockpile.reports.fork import end_with_parent
from stockpile.reports.order import Order, ReportError, order
from stockpile.reports.report import produce, workshop

if TYPE_CHECKING:
    from stockpile.reports.order import Result

#: How often the scheduler gives a report to another worker when one dies on it.
_LIVES = 3
#: Seconds to wait for the scheduler to answer.
_ANSWER = 30


def on_cluster(todo: Sequence[Order], scheduler: str, *, timeout: int) -> Iterator[Result]:
    """Have reports made by a cluster.

    Parameters
    ----------
    todo : sequence of Order
        What is wanted.
    scheduler : str
        Address of the Dask scheduler.
    timeout : int
        Seconds that a single cell may take.

    Yields
    ------
    Result
        As they come.

    Raises
    ------
    ValueError
        When no scheduler answers there.
    """
    from distributed import Client, as_completed

    from stockpile.reports.order import Result

    try:
        client = Client(scheduler, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(
            f"no scheduler answers at {scheduler}; expected the address of a running one, "
            "as tcp://host:8786"
        ) from error
    with client:
        wanted = {
            client.submit(
                make_elsewhere, _letter(one, timeout), key=f"stockpile-{one.treaty}-{one.day}",
                pure=False, retries=_LIVES,
            ): one
            for one in todo
        }  # fmt: skip
        for future in as_completed(wanted, loop=client.loop):
            one = wanted[future]
            try:
                answer = future.result()
                problem = answer["problem"] or _receive(one, answer["report"])
                seconds = answer["seconds"]
                _keep(one, answer["failed"])
            except Exception as error:
                problem, seconds = f"{one.name}: {type(error).__name__}: {error}", 0.0
            yield Result(one, "failed" if problem else "made", seconds, problem)


def _letter(wanted: Order, timeout: int) -> dict[str, Any]:
    """Everything that a worker needs to know."""
    files = {}
    if wanted.folder is not None:
        files = {p.name: p.read_bytes() for p in sorted(wanted.folder.iterdir()) if p.is_file()}
    fields = {f.name: getattr(wanted, f.name) for f in dataclasses.fields(wanted)}
    fields["thresholds"] = dataclasses.asdict(wanted.thresholds)
    fields["folder"] = None if wanted.folder is None else wanted.folder.name
    del fields["out"], fields["title"]
    return {
        "version": __version__,
        "data_hash": load(wanted.folder or wanted.treaty).data_hash,
        "order": fields,
        "files": files,
        "timeout": timeout,
    }


def make_elsewhere(letter: dict[str, Any]) -> dict[str, Any]:
    """Make a report on a worker and return it; this runs there.

    A worker is a process with many threads; the report is made in one of its own.

    Parameters
    ----------
    letter : dict
        ``version``, ``data_hash``, ``order``, ``files`` of the folder, ``timeout``.

    Returns
    -------
    dict
        ``report`` (a compressed archive of the finished folder), ``failed`` (notebooks
        that failed, by name), ``seconds`` and ``problem``.
    """
    if letter["version"] != __version__:
        raise ReportError(
            f"the worker has stockpile {__version__}, and {letter['version']} is asked for"
        )
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="stockpile-") as name:
        here = Path(name)
        told = dict(letter["order"])
        if letter["files"]:
            folder = here / "data" / told["folder"]
            folder.mkdir(parents=True)
            for file, content in letter["files"].items():
                (folder / file).write_bytes(content)
            told["folder"] = str(folder)
        told |= {"out": str(here / "out"), "timeout": letter["timeout"]}
        told["data_hash"] = letter["data_hash"]
        done = subprocess.run(
            [sys.executable, "-m", "stockpile.reports.cluster"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            preexec_fn=end_with_parent,
            check=False,
        )
        failed = {p.name: p.read_text("utf-8") for p in (here / "out").glob("failed/*.ipynb")}
        report = b""
        if done.returncode == 0:
            report = _packed(here / "out" / told["treaty"] / told["day"])
        problem = "" if report else done.stderr.strip() or f"it ended with {done.returncode}"
    return {
        "report": report, "failed": failed, "problem": problem,
        "seconds": time.perf_counter() - begun,
    }  # fmt: skip


def _packed(folder: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as archive:
        archive.add(folder, arcname=".")
    return out.getvalue()


def _receive(wanted: Order, report: bytes) -> str:
    """Check a report that came back and move it to its place; say what is wrong with it."""
    wanted.place.parent.mkdir(parents=True, exist_ok=True)
    sweep(wanted.place)
    with workshop(wanted.place) as beside:
        made = beside / "report"
        made.mkdir()
        with tarfile.open(fileobj=io.BytesIO(report), mode="r:gz") as archive:
            archive.extractall(made, filter="data")
        found = manifest.read(made)
        if found is None or not manifest.is_whole(made, found):
            return f"{wanted.name}: what came back from the cluster is not whole"
        exchange(made, wanted.place)
    return ""


def _keep(wanted: Order, failed: dict[str, str]) -> None:
    from stockpile.common.output import write_text

    for name, text in failed.items():
        write_text(wanted.failed / Path(name).name, text)


def _main() -> int:
    """Make the one report that standard input asks for."""
    told = json.load(sys.stdin)
    source = told["folder"] or told["treaty"]
    try:
        if load(source).data_hash != told["data_hash"]:
            raise ReportError("the worker has other data of this treaty than was asked for")
        wanted = order(
            Path(source) if told["folder"] else source,
            told["day"],
            told["out"],
            rule=told["rule"],
            thresholds=Thresholds(**told["thresholds"]),
            since=told["since"] or None,
            states=True if told["states"] is None else told["states"],
            settings=told["settings"],
        )
        produce(wanted, timeout=told["timeout"], jobs=1)
    except (ReportError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
