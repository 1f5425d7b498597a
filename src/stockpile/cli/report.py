"""The commands that run notebooks: ``stockpile report``, ``batch``, ``run``, ``notebooks``."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockpile.cli.options import (
    ALERT,
    ATTENTION,
    BUSY,
    DONE,
    account,
    add_arguments,
    add_command,
    day_of,
    is_ahead,
    ledgers_of,
    limits_of,
    past_day,
    read_day,
)
from stockpile.common.output import safe
from stockpile.common.shipped import how_to_install
from stockpile.ledger.load import packaged
from stockpile.rating.status import RATINGS
from stockpile.reports.parameters import settings

if TYPE_CHECKING:
    from stockpile.reports.batch import Result
    from stockpile.reports.publisher import Publication

#: What ``--fail-on`` takes: every rating, whether a rating changed, and whether the tables
#: end long before the report's day.
_CHANGED, _STALE = "changed", "stale"
#: Pages that the closing sentence names.
_PAGES = 5
ALERTS = (*(rating.replace(" ", "-") for rating in RATINGS), _CHANGED, _STALE)


def add(commands: Any, common: argparse.ArgumentParser, own: argparse.ArgumentParser) -> None:
    """Add the commands to a parser's."""
    pages, imprint = (argparse.ArgumentParser(add_help=False) for _ in range(2))
    add_arguments(pages, "pages", alerts=ALERTS)
    add_arguments(imprint, "imprint")
    parents = [common, pages, imprint, own]
    add_command(commands, "report", _report, "report", parents=parents)
    add_command(commands, "batch", _batch, "batch", parents=parents)
    add_command(commands, "run", _one, "run", parents=[imprint, own])
    sub = add_command(commands, "notebooks", _notebooks)
    add_arguments(sub.add_mutually_exclusive_group(), "copies")


def _notebooks(options: argparse.Namespace) -> int:
    from stockpile.reports import notebooks

    if options.path:
        print(notebooks.notebook_path(options.path))
        return DONE
    if options.copy:
        for path in notebooks.copy_all(options.copy):
            print(safe(path))
        return DONE
    if not _has_extra():
        return ATTENTION
    print(notebooks.listing())
    return DONE


def _one(options: argparse.Namespace) -> int:
    def publish() -> int:
        from stockpile.reports.notebook_page import publish_notebook

        given: dict[str, str | Path] = dict(settings(options.set))
        if own := getattr(options, "folder", None):
            given["folder"] = own
        if isinstance(day := given.get("as_of"), str):
            given["as_of"] = f"{past_day(day, options):%Y-%m-%d}"
        page = publish_notebook(
            options.notebook,
            options.out,
            settings=given,
            publication=_publication(options),
            timeout=options.timeout,
        )
        print(page)
        return DONE

    return _exclusively(options.out, publish)


def _report(options: argparse.Namespace) -> int:
    def make() -> tuple[int, list[Path]]:
        from stockpile.reports.order import order
        from stockpile.reports.report import Begun, begin, produce
        from stockpile.reports.workers import ReportError, cores

        day, code, made = f"{day_of(options):%Y-%m-%d}", DONE, []
        wanted = [
            order(
                treaty,
                day,
                options.out,
                rule=options.rule,
                thresholds=limits_of(options),
                since=options.since and _iso(options.since),
                states=_states(options.states),
                settings=settings(options.set),
                publication=_publication(options),
                ahead=is_ahead(day),
            )
            for treaty in options.treaty or packaged()
        ]
        work = {"timeout": options.timeout, "jobs": options.jobs or cores()}
        begun: dict[int, Begun | None] = {}
        # First a page of each treaty to look at, the soonest made first; then all the others.
        for number in sorted(range(len(wanted)), key=lambda i: wanted[i].size):
            try:
                begun[number] = begin(wanted[number], **work)
            except ReportError as error:
                print(f"stockpile: {safe(error)}", file=sys.stderr)
                code = ATTENTION
        for number in sorted(begun):
            try:
                page = produce(wanted[number], **work, begun=begun[number])
            except ReportError as error:
                print(f"stockpile: {safe(error)}", file=sys.stderr)
                code = ATTENTION
            else:
                made.append(page.parent)
                print(page)
        return code, made

    return _make(options, make)


def _batch(options: argparse.Namespace) -> int:
    if options.as_of is not None:
        raise ValueError("a batch takes --from and --to, not --as-of")

    def make() -> tuple[int, list[Path]]:
        from stockpile.reports.batch import counted, days, orders, run_batch

        when = days(_iso(options.first), _iso(options.last), options.every)
        past_day(when[-1], options)
        wanted = orders(
            options.treaty or packaged(),
            when,
            ahead=is_ahead,
            out=options.out,
            rule=options.rule,
            thresholds=limits_of(options),
            states=_states(options.states),
            settings=settings(options.set),
            publication=_publication(options),
        )
        with _progress(len(wanted)) as each:
            results = run_batch(
                wanted,
                timeout=options.timeout,
                jobs=options.jobs,
                scheduler=options.scheduler,
                each=each,
            )
        print(counted(results))
        good = [result.order.place for result in results if not result.problem]
        return DONE if len(good) == len(results) else ATTENTION, good

    return _make(options, make)


def _make(options: argparse.Namespace, make: Callable[[], tuple[int, list[Path]]]) -> int:
    """Make reports and the page that lists them; return the exit code."""
    if (options.jobs is not None and options.jobs < 1) or options.timeout < 1:
        raise ValueError("--jobs and --timeout are whole numbers, at least 1")
    if options.out.exists() and not options.out.is_dir():
        raise ValueError(f"out is {options.out.name!r}, which is a file; expected a folder")
    ledgers, publication = ledgers_of(options), _publication(options)

    def make_and_list() -> int:
        from stockpile.reports import manifest
        from stockpile.reports.overview import write_overview
        from stockpile.reports.report import LOG
        from stockpile.reports.workers import cores

        code, made = make()
        for treaty in sorted(path for path in options.out.iterdir() if path.is_dir()):
            for problem in manifest.left_out(treaty):
                print(f"stockpile: left out: {safe(problem)}", file=sys.stderr)
        try:
            overview = write_overview(
                options.out, ledgers, publication=publication, jobs=options.jobs or cores()
            )
            print(overview)
            LOG.info("%s", _closing(overview, made))
        except OSError as error:
            print(f"stockpile: the overview: {error.strerror or error}", file=sys.stderr)
            code = ATTENTION
        return max(code, account(ledgers, options)) or _alerts(made, options.fail_on)

    return _exclusively(options.out, make_and_list, quiet=options.quiet)


def _closing(overview: Path, made: Sequence[Path]) -> str:
    """Say what to open."""
    first = overview.resolve().as_uri()
    if not made:
        return f"No report was made. {first} lists those that are there."
    pages = ", ".join((folder.resolve() / "index.html").as_uri() for folder in made[:_PAGES])
    more = f" and {len(made) - _PAGES} more" if len(made) > _PAGES else ""
    return f"Done. Open {first} in a browser; it leads to {pages}{more}."


def _iso(text: str) -> str:
    """A day as the notebooks take it; ``today`` is one."""
    return f"{read_day(text):%Y-%m-%d}"


def _exclusively(out: Path, work: Callable[[], int], *, quiet: bool = False) -> int:
    """Do something as the only run that writes to a folder; return the exit code."""
    if not _has_extra():
        return ATTENTION
    from stockpile.reports.folders import BusyError, exclusive
    from stockpile.reports.workers import ReportError, collect_seldom, noting_interrupts

    try:
        str(out.resolve()).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(
            f"the folder's name {str(out)!r} is not UTF-8, and papermill cannot write there; "
            "expected another name"
        ) from None
    if out.is_symlink() and not out.exists():
        raise ValueError(f"out is {out.name!r}, a link that leads nowhere; expected a folder")
    _log_steps(logging.WARNING if quiet else logging.INFO)
    collect_seldom()
    try:
        with noting_interrupts(), exclusive(out):
            return work()
    except BusyError as error:
        print(f"stockpile: {safe(error)}", file=sys.stderr)
        return BUSY
    except ReportError as error:
        print(f"stockpile: {safe(error)}", file=sys.stderr)
        return ATTENTION


def _has_extra() -> bool:
    """Whether what a report needs is installed; if not, say how to install it."""
    for needed in ("jinja2", "papermill", "filelock"):
        if importlib.util.find_spec(needed) is None:
            print(
                f"stockpile: a report needs {needed}; install it with: {how_to_install('report')}",
                file=sys.stderr,
            )
            return False
    return True


def _alerts(made: Sequence[Path], wanted: Sequence[str]) -> int:
    """Print which reports have what ``--fail-on`` names; return the exit code."""
    from stockpile.common import english as words
    from stockpile.reports import manifest

    code = DONE
    for folder in made:
        report = manifest.read(folder)
        assert report is not None
        for alert in dict.fromkeys(wanted):
            if alert == _STALE:
                end = report.get("data_to") or "no day"
                found = f"the data end on {end}" if report.get("stale") else ""
            elif alert == _CHANGED:
                n = report["changed"]
                found = f"{words.count(n, 'state')} changed since {report['since']}" if n else ""
            else:
                rating = alert.replace("-", " ")
                n = report["ratings"].get(rating, 0)
                found = f"{words.count(n, 'state')} {rating}" if n else ""
            if found:
                name = f"{report['treaty']} as of {report['as_of']}"
                print(f"stockpile: {name}: {found}", file=sys.stderr)
                code = ALERT
    return code


def _publication(options: argparse.Namespace) -> Publication:
    """Who publishes, and where."""
    from stockpile.reports.publisher import Publication

    return Publication(
        options.publisher,
        options.contact,
        options.base_url,
        front_page=True,
        briefs=getattr(options, "briefs", False),
    )


def _states(text: str) -> bool | str | list[str]:
    """Which states get a page."""
    if text in ("stocks", "none"):
        return text == "stocks"
    if text in ("open", "all"):
        return text
    return [code.strip() for code in text.split(",")]


def _log_steps(level: int) -> None:
    """Log one line a step; the log is what a scheduled run leaves for people to read."""
    from stockpile.reports.report import LOG

    if not LOG.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
        LOG.addHandler(handler)
        LOG.propagate = False
    LOG.setLevel(level)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Result], None]]:
    """Show how far a batch has come: a bar on a terminal, a line a report in a log."""
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    from stockpile.reports.report import LOG

    if sys.stderr.isatty():
        with logging_redirect_tqdm([LOG]), tqdm(total=total, unit="report") as bar:

            def step(result: Result) -> None:
                bar.set_postfix_str(result.order.name)
                bar.update()

            yield step
        return
    done = 0

    def log(result: Result) -> None:
        nonlocal done
        done += 1
        place = f"{done} of {total}: {result.order.name}"
        LOG.info("%s: %s, %.1f s", place, result.outcome, result.seconds)

    yield log
