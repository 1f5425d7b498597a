"""Makes a report: a notebook and pages of states, checked, and published in one move.

A report is there whole or not at all. It is made in a temporary folder beside the
final place, checked there, and moved by a single rename; a report that was there
before is exchanged for the new one in that same step. A run that fails, at
whatever point, leaves the earlier report as it was.
"""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile import results
from stockpile.common.output import write_text
from stockpile.ledger.ledger import Ledger, Rule, parse_day
from stockpile.pages.safety import check_page
from stockpile.rating.changes import what_changed
from stockpile.rating.snapshot import read_snapshot, snapshot
from stockpile.rating.status import Thresholds, status
from stockpile.reports import manifest
from stockpile.reports.folders import replacement
from stockpile.reports.interrupt import require_none
from stockpile.reports.notebooks import notebook_path
from stockpile.reports.order import STATUS, Order, order
from stockpile.reports.paths import tells
from stockpile.reports.publisher import CARD, Publication
from stockpile.reports.run import FileTask, Folders, NotebookTask, Task, run_all
from stockpile.reports.workers import Outcome, ReportError, cores
from stockpile.results.tables import has_parquet, write_descriptor, write_parquet
from stockpile.stock.evidence import statements
from stockpile.stock.progress import progress

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
#: A link to another file of the same folder.
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#:]+)"')


def make_report(
    treaty: str | Path,
    as_of: str,
    out: str | Path,
    *,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
    since: str | None = None,
    states: bool | Sequence[str] = True,
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
    states : bool or sequence of str
        Pages of states: all that have stock, none, or those named by ISO code.
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
    return produce(wanted, timeout=timeout, jobs=jobs or cores())


def produce(wanted: Order, *, timeout: int, jobs: int, newest: bool = True) -> Path:
    """Make a report that has been ordered; with `newest`, let ``latest`` point to the newest."""
    try:
        with replacement(wanted.place) as made:
            _make(wanted, Folders(made.parent, made, wanted.failed), timeout=timeout, jobs=jobs)
            require_none()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportError(f"{wanted.name}: the report could not be written: {reason}") from error
    if newest and (problem := manifest.point_latest(wanted.place.parent)):
        raise ReportError(f"{wanted.name}: published, but {problem}")
    for old in wanted.failed.glob(f"{wanted.treaty}-{wanted.day}*.ipynb"):
        old.unlink(missing_ok=True)
    LOG.info("%s: published", wanted.name)
    return wanted.place / "index.html"


def _make(wanted: Order, folders: Folders, *, timeout: int, jobs: int) -> None:
    """Make everything a report consists of; its folder is then ready to be moved."""
    view = wanted.view()
    since, previous = _compared_with(wanted, view)
    states = _states(wanted, view)
    tasks: list[Task] = [
        _status_task(wanted, since, previous),
        *(FileTask(f"page of {s}", functools.partial(_write_page, wanted, s)) for s in states),
        FileTask("charts and workbook", functools.partial(_write_files, wanted, since, previous)),
    ]
    LOG.info("%s: 1 notebook, %d pages of states, %d at once", wanted.name, len(states), jobs)
    log = functools.partial(_log, wanted)
    outcomes = run_all(tasks, folders, timeout=timeout, jobs=jobs, each=log)
    if problems := [outcome.problem for outcome in outcomes if outcome.problem]:
        raise ReportError("\n".join(f"{wanted.name}: {problem}" for problem in problems))
    # With it comes matplotlib, and the kernel is started before that is loaded.
    from stockpile.reports.publication import dress

    made = folders.made
    write_descriptor(made, [Path(name).stem for name in FILES], view)
    dress(made, view, wanted.publication)
    manifest.write(
        made,
        manifest.describe(
            view,
            parameters=wanted.published_parameters(),
            notebooks=[_made(outcomes[0])],
            pages=[_made(outcome) for outcome in outcomes[1 : 1 + len(states)]],
            since=f"{since:%Y-%m-%d}",
            folder=made,
            **outcomes[-1].result,
        ),
    )
    if problems := check_folder(made, [str(wanted.out), *wanted.hidden]):
        raise ReportError(f"{wanted.name}: the report is not fit to publish: {'; '.join(problems)}")


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
        "state_pages": wanted.states is None,
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
    """List the states that get a page, and work out what all of these pages ask for.

    Processes that are copied from this one then have it already.
    """
    if wanted.states == ():
        return []
    from stockpile.pages import state_page

    state_page.prepare(view, wanted.thresholds)
    rated = status(view, wanted.thresholds)
    stocked: list[str] = rated.loc[rated["had_stock"], "iso3"].tolist()
    return stocked if wanted.states is None else list(wanted.states)


def _write_page(wanted: Order, state: str, folder: Path) -> None:
    """Write the page of one state, and its chart as files."""
    from stockpile.pages import state_page

    view = wanted.view()
    names = dict(view.rows("states", "iso3", "name"))
    html = state_page.page(
        view,
        state,
        wanted.thresholds,
        title=f"{names.get(state, state)}: {wanted.title}",
        index="../index.html",
    )
    if problems := check_page(html, sections=STATE_SECTIONS):
        raise ValueError(f"not fit to publish: {'; '.join(problems)}")
    write_text(folder / "states" / f"{state}.html", html)
    rated, lines = status(view, wanted.thresholds), progress(view)
    state_page.save_chart(folder / "charts", rated, lines, statements(view), view, state)
    if wanted.publication.briefs:
        from stockpile.pages import brief
        from stockpile.reports.publication import imprint

        foot = imprint(view, wanted.publication, f"states/{state}.html")
        brief.state_brief(
            folder / "states" / f"{state}.pdf", view, state, wanted.thresholds, foot=foot
        )


def _write_files(
    wanted: Order, since: pd.Timestamp, previous: Path | None, folder: Path
) -> dict[str, Any]:
    """Write charts and workbook; return what the manifest says of the ratings."""
    from stockpile.pages import brief, status_page
    from stockpile.reports import workbook
    from stockpile.reports.publication import imprint

    view = wanted.view()
    now = snapshot(view, wanted.thresholds)
    status_page.save_charts(folder / "charts", now.status, now.progress, view)
    frames = (now.status, now.progress, now.statements)
    if has_parquet():
        tables = {"progress": results.progress(view), "statements": results.statements(view)}
        write_parquet(folder, tables | {"status": results.status(view, wanted.thresholds)})
    workbook.write(folder / "stockpile.xlsx", view, *frames, thresholds=wanted.thresholds)
    if previous:
        before = read_snapshot(previous)
    else:
        before = snapshot(view.as_of(since, wanted.rule), wanted.thresholds)
    foot = imprint(view, wanted.publication, "index.html")
    brief.treaty_brief(folder / "brief.pdf", view, wanted.thresholds, foot=foot)
    status_page.save_card(folder / CARD, now.status, view)
    parties = now.status[now.status["membership"] == "State Party"]
    counts = parties["status"].value_counts().sort_index()
    return {
        "ratings": {str(rating): int(count) for rating, count in counts.items()},
        "changed": len(what_changed(before, now).ratings),
    }


def _log(wanted: Order, outcome: Outcome) -> None:
    if outcome.problem:
        LOG.error("%s: %s", wanted.name, outcome.problem)
    else:
        LOG.info("%s: %s, %.1f s", wanted.name, outcome.item.name, outcome.seconds)


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
