"""A whole archive of reports: many treaties, many days, all states.

Reports that are there already, made from the same data by the same version with the
same parameters, are kept; so a batch that was stopped goes on where it stopped. A
report that fails does not stop the rest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import re
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile._version import __version__
from stockpile.ledger.ledger import parse_day
from stockpile.ledger.load import load
from stockpile.reports import manifest
from stockpile.reports.cluster import make_remotely, pack, receive
from stockpile.reports.order import Order, order
from stockpile.reports.report import LOG, produce
from stockpile.reports.workers import (
    Outcome,
    attempt,
    cluster_pool,
    cores,
    local_pool,
    run_each,
)

_STEPS = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}


@dataclass(frozen=True)
class Result:
    """What came of one report of a batch.

    Attributes
    ----------
    order : Order
        What was asked for.
    outcome : {"made", "kept", "failed"}
        ``kept`` if it was there already.
    seconds : float
        What it took.
    problem : str
        Why it failed.
    """

    order: Order
    outcome: str
    seconds: float = 0.0
    problem: str = ""


def days(first: str, last: str, every: str) -> list[str]:
    """The as-of days of a batch.

    Parameters
    ----------
    first, last : str
        ISO days; the last is among them if a step falls on it.
    every : str
        A number and ``D``, ``W``, ``M`` or ``Y``: days, weeks, months or years.

    Raises
    ------
    ValueError
        For anything else, or a last day before the first.

    Examples
    --------
    >>> days("2011-01-31", "2011-07-31", "2M")
    ['2011-01-31', '2011-03-31', '2011-05-31', '2011-07-31']
    """
    start, end = parse_day(first), parse_day(last)
    step = re.fullmatch(r"([1-9][0-9]{0,3})([DWMY])", every)
    if step is None:
        raise ValueError(
            f"every is {every!r}; expected a number and D, W, M or Y (days, weeks, months, "
            "years), as 6M"
        )
    if end < start:
        raise ValueError(f"the batch ends on {last}, before it begins on {first}")
    count, unit = int(step[1]), step[2]
    chosen: list[str] = []
    # Counted from the first day: the 31st comes back after a month of 30 days.
    while (day := start + _offset(unit, count * len(chosen))) <= end:
        chosen.append(f"{day:%Y-%m-%d}")
    return chosen


def _offset(unit: str, count: int) -> pd.DateOffset:
    options: dict[str, Any] = {_STEPS[unit]: count}
    return pd.DateOffset(**options)


def orders(treaties: Sequence[str | Path], when: Sequence[str], **options: object) -> list[Order]:
    """Order the report of each treaty on each day, every one compared with the day before it.

    Parameters
    ----------
    treaties : sequence
        Ids of packaged treaties, or folders.
    when : sequence of str
        As-of days, in order.
    **options
        As in `stockpile.reports.report.make_report`, from ``out`` on.
    """
    wanted = []
    for treaty in treaties:
        for i, day in enumerate(when):
            since = when[i - 1] if i else f"{parse_day(day) - pd.DateOffset(years=1):%Y-%m-%d}"
            wanted.append(order(treaty, day, **options, since=since))  # type: ignore[arg-type]
    return wanted


def is_made(wanted: Order) -> bool:
    """Whether the very report that is wanted is there, whole."""
    account = manifest.read(wanted.place)
    return (
        account is not None
        and account["parameters"] == wanted.published_parameters()
        and account["data_hash"] == load(wanted.source).data_hash
        and account["versions"]["stockpile"] == __version__
        and manifest.is_whole(wanted.place, account)
    )


def run_batch(
    wanted: Sequence[Order],
    *,
    timeout: int = 600,
    jobs: int | None = None,
    scheduler: str | None = None,
    each: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Make many reports.

    Parameters
    ----------
    wanted : sequence of Order
        As `orders` returns them.
    timeout : int
        Seconds that a single cell of a notebook may take.
    jobs : int, optional
        Reports made at once on this machine; as many as it has cores if left out.
    scheduler : str, optional
        Address of a Dask scheduler, as ``tcp://host:8786``; its workers then do the work.
    each : callable
        Called with each result as it comes.

    Returns
    -------
    list of Result
        In the order of `wanted`.
    """
    results: dict[tuple[str, str], Result] = {}

    def note(result: Result) -> None:
        results[result.order.treaty, result.order.day] = result
        if result.problem:
            LOG.error("%s", result.problem)
        each(result)

    todo = []
    for one in wanted:
        if is_made(one):
            note(Result(one, "kept"))
        else:
            todo.append(one)
    try:
        with contextlib.closing(_results(todo, timeout, jobs or cores(), scheduler)) as made:
            for result in made:
                note(result)
    finally:
        for place in sorted({one.place.parent for one in wanted}):
            manifest.point_latest(place)
    return [results[one.treaty, one.day] for one in wanted]


def _results(
    todo: Sequence[Order], timeout: int, jobs: int, scheduler: str | None
) -> Generator[Result]:
    """Make reports here or on a cluster, and say what came of each."""
    if scheduler and todo:
        parcels = [pack(one, timeout) for one in todo]
        # The scheduler decides how many are made at once.
        pool = functools.partial(_cluster, scheduler)
        for sent in run_each(make_remotely, parcels, len(parcels), pool=pool):
            outcome = dataclasses.replace(sent, item=sent.item.order)
            if not sent.problem:
                arrived = attempt(functools.partial(receive, delivery=sent.result), outcome.item)
                outcome = dataclasses.replace(arrived, seconds=sent.seconds)
            yield _result(outcome)
    elif todo:
        # Few reports and many cores: the pages of one report share what is left over.
        make = functools.partial(_make, timeout=timeout, jobs=max(1, jobs // len(todo)))
        yield from map(_result, run_each(make, todo, jobs, pool=local_pool))


def _cluster(scheduler: str, jobs: int) -> AbstractContextManager[Executor]:
    """Open the executor of a cluster, however many calls are wanted at once."""
    return cluster_pool(scheduler)


def _make(wanted: Order, *, timeout: int, jobs: int) -> None:
    """Make one report, in a process of its own."""
    # A line a page would drown the batch's own; the batch says once what went wrong.
    level = LOG.level
    LOG.setLevel(logging.CRITICAL)
    try:
        produce(wanted, timeout=timeout, jobs=jobs, newest=False)
    finally:
        LOG.setLevel(level)


def _result(outcome: Outcome) -> Result:
    """Say what came of a report."""
    word = "failed" if outcome.problem else "made"
    return Result(outcome.item, word, outcome.seconds, outcome.problem)


def counted(results: Sequence[Result]) -> str:
    """Say in a line what came of a batch.

    Examples
    --------
    >>> counted([])
    '0 reports: 0 made, 0 kept, 0 failed'
    """
    numbers = {name: sum(r.outcome == name for r in results) for name in ("made", "kept", "failed")}
    return f"{len(results)} reports: " + ", ".join(f"{n} {name}" for name, n in numbers.items())
