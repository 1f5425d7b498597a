"""Makes a report: runs its notebooks, checks everything, and publishes it in one move.

A report is there whole or not at all. It is made in a temporary folder beside the
final place, checked there, and moved by a single rename; a report that was there
before is exchanged for the new one in that same step. A run that fails, at
whatever point, leaves the earlier report as it was.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.ledger.load import load
from stockpile.rating.changes import what_changed
from stockpile.rating.snapshot import Snapshot, read_snapshot, snapshot
from stockpile.rating.status import Thresholds, status
from stockpile.reports import manifest
from stockpile.reports.folders import exchange, hold, sweep
from stockpile.reports.fork import cores, may_fork
from stockpile.reports.notebooks import notebook_path
from stockpile.reports.order import STATE, STATUS, Order, ReportError, order
from stockpile.reports.run import Outcome, Piece, Task, run_all, warm_page
from stockpile.stock.evidence import statements
from stockpile.stock.progress import progress

LOG = logging.getLogger("stockpile")

#: Sections that a page must have, and those of them that must hold a drawing.
SECTIONS = {
    STATUS: ("headline", "changes", "timeline", "burndown", "states", "notes", "method"),
    STATE: ("headline", "position", "deadlines", "statements", "method"),
}
DRAWINGS = {STATUS: ("timeline", "burndown"), STATE: ()}
FILES = {STATUS: ("status.csv", "progress.csv", "statements.csv"), STATE: ()}
#: Under this name a notebook finds the earlier report that it compares with.
_PREVIOUS = "previous"
#: What every notebook and its page need.
_SHARED = (
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "nbconvert.exporters",
    "papermill",
    "stockpile.pages.status_page",
    "stockpile.pages.state_page",
    "stockpile.reports.workbook",
)
#: A link to another file of the same folder.
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#:]+)"')


def make_report(
    treaty: str | Path,
    as_of: str,
    out: str | Path,
    *,
    rule: str = "reported",
    thresholds: Thresholds | None = None,
    since: str | None = None,
    states: bool | Sequence[str] = True,
    settings: Mapping[str, Any] | None = None,
    timeout: int = 600,
    jobs: int | None = None,
) -> Path:
    """Make the report of one treaty as of a day.

    Parameters
    ----------
    treaty : str or pathlib.Path
        Id of a packaged treaty, or a folder of your own.
    as_of : str
        The as-of day, ``YYYY-MM-DD``.
    out : str or pathlib.Path
        Folder of reports. This one goes to ``<out>/<treaty id>/<as-of>/``:
        ``index.html``, ``states/<ISO3>.html``, the tables as CSV and as an Excel
        workbook, ``charts``, the executed ``notebooks`` and ``manifest.json``.
        ``<out>/<treaty id>/latest`` points to the report of the newest day.
    rule : {"reported", "published"}
        What 'known on a day' means.
    thresholds : Thresholds, optional
        Of the ratings.
    since : str, optional
        Day to compare with. Without it, the previous good report under `out` is
        compared with, or what was known a year earlier.
    states : bool or sequence of str
        Pages of states: all that have stock, none, or those named by ISO code.
    settings : mapping, optional
        Further parameters of the notebooks, by name.
    timeout : int
        Seconds that a single cell of a notebook may take.
    jobs : int, optional
        Notebooks that run at once; as many as the machine has cores if left out.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        When a parameter is not what it has to be; nothing was run.
    ReportError
        When the report could not be made or did not pass its checks. An earlier
        report is untouched; notebooks that failed are kept, as far as they ran, in
        ``<out>/failed/``.
    """
    for name, value in (("timeout", timeout), ("jobs", 1 if jobs is None else jobs)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is {value!r}; expected a whole number, at least 1")
    wanted = order(
        treaty, as_of, out, rule=rule, thresholds=thresholds, since=since, states=states,
        settings=settings,
    )  # fmt: skip
    return produce(wanted, timeout=timeout, jobs=jobs or cores())


def produce(wanted: Order, *, timeout: int, jobs: int, newest: bool = True) -> Path:
    """Make a report that has been ordered; see `make_report`.

    Parameters
    ----------
    wanted : Order
        As `order` returns it.
    timeout, jobs : int
        As in `make_report`.
    newest : bool
        Look afterwards which report is the newest, and let ``latest`` point to it.
    """
    try:
        wanted.place.parent.mkdir(parents=True, exist_ok=True)
        sweep(wanted.place)
        with workshop(wanted.place) as beside:
            made = beside / "report"
            made.mkdir()
            _make(wanted, beside, made, timeout=timeout, jobs=jobs)
            exchange(made, wanted.place)
        if newest:
            manifest.point_latest(wanted.place.parent)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportError(f"{wanted.name}: the report could not be written: {reason}") from error
    for old in wanted.failed.glob(f"{wanted.treaty}-{wanted.day}*.ipynb"):
        old.unlink(missing_ok=True)
    LOG.info("%s: published", wanted.name)
    return wanted.place / "index.html"


@contextlib.contextmanager
def workshop(place: Path) -> Iterator[Path]:
    """Make a temporary folder beside the final place, and hold it while it is in use."""
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent))
    with hold(folder):
        try:
            yield folder
        finally:
            # After the exchange this holds the report that was there before.
            shutil.rmtree(folder, ignore_errors=True)


def _make(wanted: Order, workshop: Path, made: Path, *, timeout: int, jobs: int) -> None:
    """Run the notebooks and put the report together; it is then ready to be moved."""
    then = load(wanted.folder or wanted.treaty).as_of(wanted.day, _rule(wanted))
    rated = status(then, wanted.thresholds)
    before, previous = _before(wanted, then)
    stocked = rated.loc[rated["has_stock"], "iso3"].tolist()
    states = stocked if wanted.states is None else list(wanted.states)
    tasks: list[Task | Piece] = [
        _status_task(wanted, before, previous, linked=wanted.states is None),
        Piece("charts and workbook", functools.partial(_write_files, wanted, then)),
        *(_state_task(wanted, then, state) for state in states),
    ]
    LOG.info("%s: %d notebooks, %d at once", wanted.name, 1 + len(states), jobs)
    if may_fork():
        _warm(wanted, then, states)
    outcomes = run_all(
        tasks, workshop, made, wanted.failed, timeout=timeout, jobs=jobs,
        each=lambda outcome: _log(wanted, outcome),
    )  # fmt: skip
    if problems := [outcome.problem for outcome in outcomes if outcome.problem]:
        raise ReportError("\n".join(f"{wanted.name}: {problem}" for problem in problems))
    now = snapshot(then, wanted.thresholds)
    manifest.write(
        made,
        manifest.describe(
            then,
            parameters=wanted.told(),
            notebooks=[
                {"name": o.task.name, "outcome": "good", "seconds": round(o.seconds, 1)}
                for o in outcomes
                if isinstance(o.task, Task)
            ],
            ratings=_counts(rated),
            changed=len(what_changed(before, now).ratings),
            since=f"{before.day:%Y-%m-%d}",
            files=[path for path in made.rglob("*") if path.is_file()],
            folder=made,
        ),
    )
    if problems := check_folder(made, [str(wanted.out), *_hidden(wanted)]):
        raise ReportError(f"{wanted.name}: the report is not fit to publish: {'; '.join(problems)}")
    for folder in (made, *(path for path in made.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _write_files(wanted: Order, then: Ledger, folder: Path) -> None:
    """Write what the status page shows as charts and as a workbook."""
    from stockpile.pages import status_page as pages
    from stockpile.reports import workbook

    rated, done = status(then, wanted.thresholds), progress(then)
    pages.save_charts(folder / "charts", rated, done, then)
    workbook.write(
        folder / "stockpile.xlsx", then, rated, done, statements(then),
        thresholds=wanted.thresholds,
    )  # fmt: skip


def _rule(wanted: Order) -> Any:
    return wanted.rule


def _before(wanted: Order, then: Ledger) -> tuple[Snapshot, Path | None]:
    """What the report is compared with: an earlier report, or an earlier day."""
    if not wanted.since:
        folder = manifest.previous(wanted.place.parent, wanted.day, wanted.rule)
        if folder is not None:
            try:
                return read_snapshot(folder), folder
            except ValueError as error:
                LOG.warning("%s: not compared with %s: %s", wanted.name, folder.name, error)
    assert then.day is not None
    since = parse_day(wanted.since) if wanted.since else then.day - pd.DateOffset(years=1)
    return snapshot(then.as_of(since, _rule(wanted)), wanted.thresholds), None


def _status_task(wanted: Order, before: Snapshot, previous: Path | None, *, linked: bool) -> Task:
    """The page of the whole treaty."""
    return Task(
        name=Path(STATUS).stem,
        notebook=notebook_path(STATUS),
        page="index.html",
        title=wanted.title,
        parameters=wanted.parameters()
        | {
            "since": None if previous else f"{before.day:%Y-%m-%d}",
            "previous": _PREVIOUS if previous else None,
            "state_pages": linked,
            "files": False,
        }
        | dict(wanted.settings),
        kept=f"{wanted.treaty}-{wanted.day}.ipynb",
        sections=SECTIONS[STATUS],
        drawings=DRAWINGS[STATUS],
        files=FILES[STATUS],
        inputs={_PREVIOUS: previous} if previous else {},
        hidden=_hidden(wanted),
    )


def _state_task(wanted: Order, then: Ledger, state: str) -> Task:
    """The page of one state."""
    names = then.states.set_index("iso3")["name"]
    return Task(
        name=f"{Path(STATE).stem} {state}",
        notebook=notebook_path(STATE),
        page=f"states/{state}.html",
        title=f"{names.get(state, state)}: {wanted.title}",
        parameters=wanted.parameters() | {"state": state, "index": "../index.html"},
        kept=f"{wanted.treaty}-{wanted.day}-{state}.ipynb",
        sections=SECTIONS[STATE],
        drawings=DRAWINGS[STATE],
        files=FILES[STATE],
        hidden=_hidden(wanted),
    )


def _hidden(wanted: Order) -> dict[str, str]:
    return {} if wanted.folder is None else {str(wanted.folder): wanted.folder.name}


def warm() -> None:
    """Import what all notebooks need, once, before this process is copied."""
    for name in _SHARED:
        importlib.import_module(name)
    warm_page()


def _warm(wanted: Order, then: Ledger, states: Sequence[str]) -> None:
    """Work out what the notebooks of a report all ask for; each then has it at once."""
    import gc

    warm()
    from stockpile.pages import state_page as state_pages
    from stockpile.track_record import scoring

    scoring.past_ratings(then, wanted.thresholds)
    if states:
        state_pages.warm(then, wanted.thresholds)
    gc.freeze()  # what is here already is shared with all copies, and stays so


def _log(wanted: Order, outcome: Outcome) -> None:
    if outcome.problem:
        LOG.error("%s: %s", wanted.name, outcome.problem)
    else:
        LOG.info("%s: %s, %.1f s", wanted.name, outcome.task.name, outcome.seconds)


def _counts(rated: pd.DataFrame) -> dict[str, int]:
    """How many States Parties have each rating."""
    parties = rated[rated["membership"] == "State Party"]
    return {str(k): int(n) for k, n in parties["status"].value_counts().sort_index().items()}


def check_folder(made: Path, secrets: Sequence[str]) -> list[str]:
    """Say what keeps a folder from being published: what it tells, and links that lead nowhere.

    Parameters
    ----------
    made : pathlib.Path
        The folder.
    secrets : sequence of str
        Paths of this machine that no file may tell.
    """
    problems = []
    for path in sorted(p for p in made.rglob("*") if p.is_file()):
        name, content = path.relative_to(made).as_posix(), path.read_bytes()
        if any(secret.encode() in content for secret in secrets):
            problems.append(f"{name} tells a path of this machine")
        if path.suffix != ".html":
            continue
        for link in sorted(set(_LINK.findall(content.decode("utf-8")))):
            if not (path.parent / link).is_file():
                problems.append(f"{name} links to {link}, which is not there")
    return problems
