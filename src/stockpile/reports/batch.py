"""A whole archive of reports: many treaties, many days, all states.

Reports that are there already, made from the same data by the same code with the
same parameters, are kept; so a batch that was stopped goes on where it stopped. A
report that fails does not stop the rest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import logging
import re
from collections.abc import Callable, Generator, Sequence
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
    """What came of one report of a batch: "made", "kept" (it was there already) or "failed"."""

    order: Order
    outcome: str
    seconds: float = 0.0
    problem: str = ""


def days(first: str, last: str, every: str) -> list[str]:
    """The as-of days of a batch; the last day is among them if a step falls on it.

    A step is a number and ``D``, ``W``, ``M`` or ``Y``: days, weeks, months or years.

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
    offset: dict[str, Any] = {_STEPS[step[2]]: int(step[1])}
    chosen: list[str] = []
    # Counted from the first day: the 31st comes back after a month of 30 days.
    while (day := start + pd.DateOffset(**offset) * len(chosen)) <= end:
        chosen.append(f"{day:%Y-%m-%d}")
    return chosen


def orders(
    treaties: Sequence[str | Path],
    when: Sequence[str],
    *,
    ahead: Callable[[str], bool] = lambda day: False,
    **options: object,
) -> list[Order]:
    """Order the report of each treaty on each day, every one compared with the day before it.

    `ahead` says which days have not come yet. The other options are those of
    `stockpile.reports.report.make_report`, from ``out`` on.
    """
    wanted = []
    for treaty in treaties:
        for i, day in enumerate(when):
            since = when[i - 1] if i else f"{parse_day(day) - pd.DateOffset(years=1):%Y-%m-%d}"
            wanted.append(order(treaty, day, **options, since=since, ahead=ahead(day)))  # type: ignore[arg-type]
    return wanted


def is_made(wanted: Order) -> bool:
    """Whether the very report that is wanted is there, whole."""
    account = manifest.read(wanted.place)
    return (
        account is not None
        and account["parameters"] == wanted.published_parameters()
        and account["data_hash"] == load(wanted.source).data_hash
        and account["versions"].get("stockpile") == __version__
        and account["versions"].get("code") == manifest.code_hash()
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

    def note(one: Outcome, word: str) -> None:
        if one.problem:
            LOG.error("%s", one.problem)
        result = Result(one.item, "failed" if one.problem else word, one.seconds, one.problem)
        results[result.order.treaty, result.order.day] = result
        each(result)

    todo = []
    for one in wanted:
        if is_made(one):
            note(Outcome(one), "kept")
        else:
            todo.append(one)
    try:
        with contextlib.closing(_outcomes(todo, timeout, jobs or cores(), scheduler)) as made:
            for outcome in made:
                note(outcome, "made")
    finally:
        for place in sorted({one.place.parent for one in wanted}):
            if problem := manifest.point_latest(place):
                LOG.error("%s", problem)
    return [results[one.treaty, one.day] for one in wanted]


def _outcomes(
    todo: Sequence[Order], timeout: int, jobs: int, scheduler: str | None
) -> Generator[Outcome]:
    """Make reports here or on a cluster, and say what came of each."""
    if scheduler and todo:
        parcels = [pack(one, timeout) for one in todo]
        pool = functools.partial(cluster_pool, scheduler)
        for sent in run_each(make_remotely, parcels, len(parcels), pool=pool):
            outcome = dataclasses.replace(sent, item=sent.item.order)
            if not sent.problem:
                arrived = attempt(functools.partial(receive, delivery=sent.result), outcome.item)
                outcome = dataclasses.replace(arrived, seconds=sent.seconds)
            yield outcome
    elif todo:
        # Few reports and many cores: the pages of one report share what is left over.
        make = functools.partial(_make, timeout=timeout, jobs=max(1, jobs // len(todo)))
        yield from run_each(make, todo, jobs, pool=local_pool)


def _make(wanted: Order, *, timeout: int, jobs: int) -> None:
    """Make one report, in a process of its own."""
    # A line a page would drown the batch's own; the batch says once what went wrong.
    level = LOG.level
    LOG.setLevel(logging.CRITICAL)
    try:
        produce(wanted, timeout=timeout, jobs=jobs, newest=False)
    finally:
        LOG.setLevel(level)
        gc.collect()  # tables of a report that is done


def counted(results: Sequence[Result]) -> str:
    """Say in a line what came of a batch.

    Examples
    --------
    >>> counted([])
    '0 reports: 0 made, 0 kept, 0 failed'
    """
    numbers = {name: sum(r.outcome == name for r in results) for name in ("made", "kept", "failed")}
    return f"{len(results)} reports: " + ", ".join(f"{n} {name}" for name, n in numbers.items())
