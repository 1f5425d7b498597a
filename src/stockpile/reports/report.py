"""Makes a report: a notebook and pages of states, checked, and published in whole moves.

A report is there whole or not at all. It is made in a temporary folder beside the
final place, checked there, and moved by a single rename; a report that was there
before is exchanged for the new one in that same step. A run that fails, at
whatever point, leaves the earlier report as it was.

Where there are no pages of states yet, the page on all states is published first,
without links to them, and then, in a second move, the same report with them: the
first page is there soon. Where there are, nothing is moved before all is made.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile import results
from stockpile.common import english as words
from stockpile.common.cache import RESULTS, Call, promise
from stockpile.common.output import csv_text, write_text
from stockpile.compliance.scorecard import sources_behind
from stockpile.ledger.ledger import Ledger, Rule, parse_day
from stockpile.rating.changes import what_changed
from stockpile.rating.snapshot import read_snapshot, snapshot
from stockpile.rating.status import Thresholds, status
from stockpile.reports import manifest
from stockpile.reports.folders import replacement
from stockpile.reports.notebooks import notebook_path
from stockpile.reports.order import STATUS, Order, order
from stockpile.reports.paths import tells
from stockpile.reports.publisher import CARD, Publication
from stockpile.reports.run import FileTask, Folders, NotebookTask, Task, run_all
from stockpile.reports.workers import Outcome, ReportError, cores, require_none
from stockpile.results.tables import has_parquet, write_descriptor, write_parquet
from stockpile.stock.progress import conflicts, progress, statements

LOG = logging.getLogger("stockpile")

#: Sections that the page on all states must have, and those that must hold a drawing.
SECTIONS = ("headline", "cases", "states", "map", "burndown", "changes", "notes", "method")
DRAWINGS = ("burndown",)
#: What its notebook must write.
FILES = ("status.csv", "progress.csv", "statements.csv")
#: Sections that the page of a state must have.
STATE_SECTIONS = ("headline", "position", "deadlines", "statements", "method")
#: Under this name the notebook finds the earlier report that it compares with.
_PREVIOUS = "previous"
#: A link to another file of the same folder, and one to the page of a state.
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#:]+)"')
_STATE_LINK = re.compile(r'<a\b[^>]*?\shref="states/(\w+)\.html"[^>]*>(.*?)</a>', re.DOTALL)


@dataclass(frozen=True)
class Begun:
    """What a report is before it has pages of states.

    Attributes
    ----------
    index : str
        The page on all states, with links to the page of every state with stock.
    manifest : dict
        What the report says of itself.
    """

    index: str
    manifest: dict[str, Any]


def make_report(
    treaty: str | Path,
    as_of: str,
    out: str | Path,
    *,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
    since: str | None = None,
    states: bool | str | Sequence[str] = True,
    settings: Mapping[str, Any] | None = None,
    publication: Publication | None = None,
    timeout: int = 600,
    jobs: int | None = None,
    ahead: bool = False,
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
        workbook, ``charts``, the executed notebook in ``notebooks`` and ``manifest.json``.
        ``<out>/<treaty id>/latest`` points to the report of the newest day.
    rule : {"reported", "published"}
        What 'known on a day' means.
    thresholds : Thresholds, optional
        Of the ratings.
    since : str, optional
        Day to compare with. Without it, the previous good report under `out` is
        compared with, or what was known a year earlier.
    states : bool, {"open", "all"} or sequence of str
        Pages of states: of those that have or had stock, of none, of those with stock left,
        of all that are on record, or of those named by ISO code.
    settings : mapping, optional
        Further parameters of the notebooks, by name.
    publication : Publication, optional
        Who publishes the report, and where.
    timeout : int
        Seconds that a single cell of a notebook may take.
    jobs : int, optional
        Processes that work at once; as many as the machine has cores if left out.
    ahead : bool
        Whether the day has not come yet; ``latest`` never points to such a report. The
        library does not look at the clock, so whoever calls it says so.

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
        treaty,
        as_of,
        out,
        rule=rule,
        thresholds=thresholds,
        since=since,
        states=states,
        settings=settings,
        publication=publication,
        ahead=ahead,
    )
    jobs = jobs or cores()
    begun = begin(wanted, timeout=timeout, jobs=jobs)
    return produce(wanted, timeout=timeout, jobs=jobs, begun=begun)


def begin(wanted: Order, *, timeout: int, jobs: int) -> Begun | None:
    """Publish a report without its pages of states, as the first of two moves.

    Does nothing, and returns ``None``, where no such pages are wanted, or where an earlier
    report of the same day has some: its readers would miss them until the second move.
    """
    if wanted.states == () or (wanted.place / "states").is_dir():
        return None
    with _into_place(wanted) as folders:
        begun = _make(replace(wanted, states=()), folders, timeout=timeout, jobs=jobs)
    _point_latest(wanted)
    LOG.info("%s: published; pages of states follow", wanted.name)
    return begun


def produce(
    wanted: Order, *, timeout: int, jobs: int, newest: bool = True, begun: Begun | None = None
) -> Path:
    """Make a report that has been ordered, or add the pages of states to one that was begun.

    With `newest`, ``latest`` then points to the newest report.
    """
    with _into_place(wanted) as folders:
        if begun:
            _copy(wanted.place, folders.made)
        _make(wanted, folders, timeout=timeout, jobs=jobs, begun=begun)
    if newest:
        _point_latest(wanted)
    for old in wanted.failed.glob(f"{wanted.treaty}-{wanted.day}*.ipynb"):
        old.unlink(missing_ok=True)
    LOG.info("%s: published", wanted.name)
    return wanted.place / "index.html"


@contextlib.contextmanager
def _into_place(wanted: Order) -> Iterator[Folders]:
    """Give the folders to make a report in; when all went well, it goes to its place."""
    try:
        with replacement(wanted.place) as made:
            yield Folders(made.parent, made, wanted.failed)
            require_none()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportError(f"{wanted.name}: the report could not be written: {reason}") from error


def _point_latest(wanted: Order) -> None:
    if problem := manifest.point_latest(wanted.place.parent):
        raise ReportError(f"{wanted.name}: published, but {problem}")


def _copy(place: Path, made: Path) -> None:
    """Copy a published report, where the file system can by a second name for the same bytes."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)

    shutil.copytree(place, made, copy_function=link, dirs_exist_ok=True)


def _make(
    wanted: Order, folders: Folders, *, timeout: int, jobs: int, begun: Begun | None = None
) -> Begun:
    """Make everything a report consists of; its folder is then ready to be moved."""
    view, made = wanted.view(), folders.made
    if begun is None:
        begun = _begin(wanted, view, folders, timeout, jobs)
    states = _states(wanted, view)
    pages = []
    if states:
        from stockpile.pages import state_page

        # Processes that are copied from this one then have all that these pages ask for.
        state_page.prepare(view, wanted.thresholds)
        LOG.info(
            "%s: pages of %s, %d at once", wanted.name, words.count(len(states), "state"), jobs
        )
        tasks = [
            FileTask(f"page of {s}", functools.partial(_write_page, wanted, s)) for s in states
        ]
        numbers = iter(range(1, len(states) + 1))

        def log(outcome: Outcome) -> None:
            _log(wanted, outcome, f", {next(numbers)} of {len(states)}")

        pages = run_all(tasks, folders, timeout=timeout, jobs=jobs, each=log)
        _require_good(wanted, pages)
    write_text(made / "index.html", _linked(begun.index, states))
    # With it comes matplotlib, and the kernel is started before that is loaded.
    from stockpile.reports.publication import dress

    dress("index.html", made, view, wanted.publication)
    record = begun.manifest | {
        "parameters": wanted.published_parameters(),
        "pages": [_made(page) for page in pages],
        "files": manifest.hashes(made),
    }
    manifest.write(made, record)
    if problems := check_folder(made, [str(wanted.out), *wanted.hidden]):
        raise ReportError(f"{wanted.name}: the report is not fit to publish: {'; '.join(problems)}")
    return begun


def _begin(wanted: Order, view: Ledger, folders: Folders, timeout: int, jobs: int) -> Begun:
    """Run the notebook of the page on all states; write charts and workbook while it runs."""
    since, previous = _compared_with(wanted, view)
    tasks: list[Task] = [
        _status_task(wanted, since, previous),
        FileTask(
            "charts and workbook",
            functools.partial(_write_files, wanted, since, previous, folders.results),
        ),
    ]
    # The notebook's kernel and the process that draws ask for the same results as this one.
    work_out = promise(folders.results, _results(wanted, view, None if previous else since))
    LOG.info("%s: 1 notebook", wanted.name)
    ran, written = run_all(
        tasks,
        folders,
        timeout=timeout,
        jobs=min(jobs, len(tasks)),
        each=functools.partial(_log, wanted),
        meanwhile=work_out,
    )
    _require_good(wanted, [ran, written])
    write_descriptor(folders.made, [Path(name).stem for name in FILES], view)
    record = manifest.describe(
        view,
        parameters=wanted.published_parameters(),
        notebooks=[_made(ran)],
        pages=[],
        since=f"{since:%Y-%m-%d}",
        folder=folders.made,
        **written.result,
    )
    return Begun((folders.made / "index.html").read_text(encoding="utf-8"), record)


def _results(wanted: Order, view: Ledger, since: pd.Timestamp | None) -> list[Call]:
    """What the notebook asks for and this process needs too."""
    from stockpile.track_record.scoring import past_ratings

    views = [view] if since is None else [view, view.as_of(since, wanted.rule)]
    calls: list[Call] = []
    for each in views:
        calls += [(status, (each, wanted.thresholds)), (progress, (each,)), (statements, (each,))]
    return [
        *calls,
        (conflicts, (view,)),
        (sources_behind, (view,)),
        (past_ratings, (view, wanted.thresholds)),
    ]


def _require_good(wanted: Order, outcomes: Sequence[Outcome]) -> None:
    if problems := [outcome.problem for outcome in outcomes if outcome.problem]:
        raise ReportError("\n".join(f"{wanted.name}: {problem}" for problem in problems))


def _linked(page: str, states: Sequence[str]) -> str:
    """Leave those links to pages of states in a page that lead somewhere."""
    return _STATE_LINK.sub(lambda link: link[0] if link[1] in states else link[2], page)


def _made(outcome: Outcome) -> dict[str, Any]:
    """Describe one page in the manifest."""
    return {"name": outcome.item.name, "outcome": "good", "seconds": round(outcome.seconds, 1)}


def _compared_with(wanted: Order, view: Ledger) -> tuple[pd.Timestamp, Path | None]:
    """Find the day that the report is compared with, and the earlier report of that day."""
    if wanted.since:
        return parse_day(wanted.since), None
    if previous := manifest.previous(wanted.place.parent, wanted.day, wanted.rule):
        try:
            return read_snapshot(previous).day, previous
        except ValueError as error:
            LOG.warning("%s: not compared with %s: %s", wanted.name, previous.name, error)
    return view.require_day() - pd.DateOffset(years=1), None


def _status_task(wanted: Order, since: pd.Timestamp, previous: Path | None) -> NotebookTask:
    """Describe the notebook of the page on all states."""
    parameters = {
        "treaty": wanted.treaty,
        "as_of": wanted.day,
        "rule": wanted.rule,
        "folder": None if wanted.folder is None else str(wanted.folder),
        "on_target": wanted.thresholds.on_target,
        "at_risk": wanted.thresholds.at_risk,
        "out": ".",
        "since": None if previous else f"{since:%Y-%m-%d}",
        "previous": _PREVIOUS if previous else None,
        "state_pages": True,
        "files": False,
    }
    return NotebookTask(
        name=Path(STATUS).stem,
        notebook=notebook_path(STATUS),
        title=wanted.title,
        parameters=parameters | dict(wanted.settings),
        kept=f"{wanted.treaty}-{wanted.day}.ipynb",
        sections=SECTIONS,
        drawings=DRAWINGS,
        files=FILES,
        inputs={_PREVIOUS: previous} if previous else {},
        hidden=wanted.hidden,
    )


def _states(wanted: Order, view: Ledger) -> list[str]:
    """List the states that get a page."""
    if isinstance(wanted.states, tuple):
        return list(wanted.states)
    rated = status(view, wanted.thresholds)
    chosen = {
        None: rated["had_stock"],
        "open": rated["had_stock"] & rated["completed"].isna(),
        "all": rated["iso3"].notna(),
    }
    return [str(iso3) for iso3 in rated.loc[chosen[wanted.states], "iso3"]]


def _write_page(wanted: Order, state: str, folder: Path) -> None:
    """Write the page of one state, and its chart as files."""
    from stockpile.pages import brief, state_page
    from stockpile.reports.publication import dress, imprint

    view, file = wanted.view(), f"states/{state}.html"
    names = dict(view.rows("states", "iso3", "name"))
    html = state_page.page(
        view,
        state,
        wanted.thresholds,
        title=f"{names.get(state, state)}: {wanted.title}",
        index="../index.html",
        charts=folder / "charts",
    )
    if wanted.publication.briefs:
        foot = imprint(view, wanted.publication, file)
        brief.state_brief(
            folder / "states" / f"{state}.pdf", view, state, wanted.thresholds, foot=foot
        )
    write_text(folder / file, html)
    dress(file, folder, view, wanted.publication, sections=STATE_SECTIONS)


def _write_files(
    wanted: Order, since: pd.Timestamp, previous: Path | None, shared: Path, made: Path
) -> dict[str, Any]:
    """Write charts and workbook; return what the manifest says of the ratings.

    In ``shared`` other processes leave what they have worked out.
    """
    os.environ[RESULTS] = str(shared)
    from stockpile.pages import brief, status_page
    from stockpile.reports import workbook
    from stockpile.reports.publication import imprint

    view = wanted.view()
    now = snapshot(view, wanted.thresholds)
    status_page.save_charts(made / "charts", now.status, now.progress, view)
    frames = (now.status, now.progress, now.statements)
    if has_parquet():
        tables = {"progress": results.progress(view), "statements": results.statements(view)}
        write_parquet(made, tables | {"status": results.status(view, wanted.thresholds)})
    card = results.scorecard(view, wanted.thresholds)
    write_text(made / "scorecard.csv", csv_text(card))
    workbook.write(made / "stockpile.xlsx", view, *frames, thresholds=wanted.thresholds)
    if previous:
        before = read_snapshot(previous)
    else:
        before = snapshot(view.as_of(since, wanted.rule), wanted.thresholds)
    foot = imprint(view, wanted.publication, "index.html")
    brief.treaty_brief(made / "brief.pdf", view, wanted.thresholds, foot=foot)
    status_page.save_card(made / CARD, now.status, view)
    parties = now.status[now.status["membership"] == "State Party"]
    counts = parties["status"].value_counts().sort_index()
    return {
        "ratings": {str(rating): int(count) for rating, count in counts.items()},
        "changed": len(what_changed(before, now).ratings),
    }


def _log(wanted: Order, outcome: Outcome, place: str = "") -> None:
    if outcome.problem:
        LOG.error("%s: %s", wanted.name, outcome.problem)
    else:
        LOG.info("%s: %s%s, %.1f s", wanted.name, outcome.item.name, place, outcome.seconds)


def check_folder(made: Path, secrets: Sequence[str]) -> list[str]:
    """Say what keeps a folder from being published: paths that it tells, and dead links."""
    problems = []
    for file in sorted(p for p in made.rglob("*") if p.is_file()):
        name, content = file.relative_to(made).as_posix(), file.read_bytes()
        problems += [
            f"{name} tells {path} of this machine" for path in secrets if tells(content, path)
        ]
        if file.suffix != ".html":
            continue
        for link in sorted(set(_LINK.findall(content.decode("utf-8")))):
            # What lies beyond the report's own folder is not made with it.
            beyond = not Path(os.path.normpath(file.parent / link)).is_relative_to(made)
            if not beyond and not (file.parent / link).is_file():
                problems.append(f"{name} links to {link}, which is not there")
    return problems
