"""Reports made by the workers of a Dask cluster, which share no disk with this process.

A worker is sent what a report is made from, makes it in a folder of its own by the
same code as anywhere, and sends the finished folder back; here it is checked against
its manifest and moved to its place. The workers need this version of ``stockpile``
with its ``report`` extra.
"""

from __future__ import annotations

import dataclasses
import io
import pickle
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from stockpile._version import __version__
from stockpile.common.output import write_text
from stockpile.ledger.load import load
from stockpile.reports import manifest
from stockpile.reports.folders import replacement
from stockpile.reports.order import Order
from stockpile.reports.report import produce
from stockpile.reports.workers import ReportError, end_with_parent


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What a worker is sent."""

    order: Order
    timeout: int
    #: Tables of the user's own folder, by name; empty for a packaged treaty.
    files: dict[str, bytes]
    #: What the worker's tables and its stockpile have to be.
    data_hash: str
    version: str = __version__

    @property
    def name(self) -> str:
        """What a message calls it."""
        return self.order.name


@dataclasses.dataclass(frozen=True)
class Delivery:
    """What a worker sends back: an archive of the finished folder, or why there is none."""

    report: bytes
    problem: str
    #: Notebooks that failed, by name.
    failed: dict[str, str]


def pack(order: Order, timeout: int) -> Parcel:
    """Put together everything that a worker needs to make a report."""
    files = {}
    if order.folder is not None:
        files = {p.name: p.read_bytes() for p in sorted(order.folder.iterdir()) if p.is_file()}
    return Parcel(order, timeout, files, load(order.source).data_hash)


def make_remotely(parcel: Parcel) -> Delivery:
    """Make a report on a worker; this runs there.

    A worker has many threads and often may not use `multiprocessing`, so the report is
    made by an interpreter of its own.
    """
    if parcel.version != __version__:
        raise ReportError(
            f"{parcel.name}: the worker has stockpile {__version__}; expected {parcel.version}"
        )
    with tempfile.TemporaryDirectory(prefix="stockpile-") as temporary:
        here = Path(temporary)
        order = dataclasses.replace(parcel.order, out=here / "out")
        if order.folder is not None:
            folder = here / "data" / order.folder.name
            folder.mkdir(parents=True)
            for file, content in parcel.files.items():
                (folder / file).write_bytes(content)
            order = dataclasses.replace(order, folder=folder)
        done = subprocess.run(
            [sys.executable, "-m", "stockpile.reports.cluster"],
            input=pickle.dumps(dataclasses.replace(parcel, order=order, files={})),
            capture_output=True,
            preexec_fn=end_with_parent,
            check=False,
        )
        report, problem = b"", ""
        if done.returncode == 0:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=3) as archive:
                archive.add(order.place, arcname=".")
            report = packed.getvalue()
        else:
            problem = done.stderr.decode("utf-8", "replace").strip()
            problem = problem or f"{parcel.name}: its process ended with code {done.returncode}"
        failed = {p.name: p.read_text("utf-8") for p in order.failed.glob("*.ipynb")}
    return Delivery(report, problem, failed)


def receive(order: Order, *, delivery: Delivery) -> None:
    """Check a report that came back and move it to its place."""
    for name, text in delivery.failed.items():
        write_text(order.failed / Path(name).name, text)
    if delivery.problem:
        raise ReportError(delivery.problem)
    with replacement(order.place) as made:
        with tarfile.open(fileobj=io.BytesIO(delivery.report), mode="r:gz") as archive:
            archive.extractall(made, filter="data")
        account = manifest.read(made)
        if account is None or not manifest.is_whole(made, account):
            raise ReportError(f"{order.name}: what came back from the cluster is not whole")


def _main() -> int:
    """Make the one report that standard input asks for."""
    parcel: Parcel = pickle.load(sys.stdin.buffer)
    try:
        if load(parcel.order.source).data_hash != parcel.data_hash:
            raise ReportError(f"{parcel.order.name}: the worker has other data of this treaty")
        produce(parcel.order, timeout=parcel.timeout, jobs=1)
    except (ReportError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
