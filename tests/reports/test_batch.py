"""Many reports: which days, what is kept, and what a failure costs the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stockpile.ledger.load import load
from stockpile.reports import batch, manifest
from stockpile.reports.batch import Result, counted, days, is_made, orders, run_batch
from stockpile.reports.order import Order
from stockpile.reports.workers import ReportError


@pytest.mark.parametrize(
    ("first", "last", "every", "found"),
    [
        ("2011-01-01", "2012-01-01", "6M", ["2011-01-01", "2011-07-01", "2012-01-01"]),
        (
            "2011-01-31",
            "2011-04-30",
            "1M",
            ["2011-01-31", "2011-02-28", "2011-03-31", "2011-04-30"],
        ),
        ("2012-02-29", "2014-03-01", "1Y", ["2012-02-29", "2013-02-28", "2014-02-28"]),
        ("2012-02-27", "2012-03-06", "1W", ["2012-02-27", "2012-03-05"]),
        ("2012-02-28", "2012-03-01", "1D", ["2012-02-28", "2012-02-29", "2012-03-01"]),
        ("2012-02-28", "2012-02-28", "30D", ["2012-02-28"]),
    ],
)
def test_days(first: str, last: str, every: str, found: list[str]) -> None:
    assert days(first, last, every) == found


@pytest.mark.parametrize(
    ("first", "last", "every", "says"),
    [
        ("2011-01-01", "2010-01-01", "6M", "ends on 2010-01-01, before it begins"),
        ("2011-01-01", "2012-01-01", "6", "a number and D, W, M or Y"),
        ("2011-01-01", "2012-01-01", "0M", "a number and D, W, M or Y"),
        ("2011-01-01", "2012-01-01", "6m", "a number and D, W, M or Y"),
        ("2011-02-30", "2012-01-01", "6M", "is not a day"),
        ("2011-01-01", "soon", "6M", "is not a day"),
    ],
)
def test_days_that_cannot_be(first: str, last: str, every: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        days(first, last, every)


def test_every_report_is_compared_with_the_one_before(tmp_path: Path) -> None:
    wanted = orders(["ccm", "apmbc"], ["2012-01-01", "2013-07-01"], out=tmp_path, states=False)
    assert [(one.treaty, one.day, one.since) for one in wanted] == [
        ("ccm", "2012-01-01", "2011-01-01"),
        ("ccm", "2013-07-01", "2012-01-01"),
        ("apmbc", "2012-01-01", "2011-01-01"),
        ("apmbc", "2013-07-01", "2012-01-01"),
    ]
    assert {one.states for one in wanted} == {()}


def publish(wanted: Order, **changes: object) -> None:
    """Put the very report that is wanted in its place."""
    wanted.place.mkdir(parents=True)
    (wanted.place / "index.html").write_text(wanted.day)
    account = manifest.describe(
        load(wanted.treaty).as_of(wanted.day, wanted.rule),  # type: ignore[arg-type]
        parameters=wanted.published_parameters(),
        notebooks=[],
        pages=[],
        ratings={},
        changed=0,
        since=wanted.since,
        folder=wanted.place,
    )
    manifest.write(wanted.place, account | changes)


@pytest.fixture
def wanted(tmp_path: Path) -> list[Order]:
    return orders(["ccm"], ["2012-01-01", "2012-07-01", "2013-01-01"], out=tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"rule": "published"}},
        {"data_hash": "0" * 64},
        {"versions": {"stockpile": "0.0.1"}},
        {"files": {"index.html": "0" * 64}},
        {"outcome": "failed"},
    ],
)
def test_only_the_very_same_report_is_kept(wanted: list[Order], change: dict[str, object]) -> None:
    assert not is_made(wanted[0])
    publish(wanted[0])
    assert is_made(wanted[0])
    publish(wanted[1], **change)
    assert not is_made(wanted[1])


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make reports that are nothing but their manifest; that of July 2012 fails."""
    made: list[str] = []

    def produce(one: Order, **options: object) -> Path:
        made.append(one.day)
        if one.day == "2012-07-01":
            raise ReportError(f"{one.name}: cell 3: no such state")
        publish(one)
        return one.place / "index.html"

    monkeypatch.setattr(batch, "produce", produce)
    # In this process, so that the test sees what is made.
    monkeypatch.setattr(batch, "local_pool", lambda jobs: ThreadPoolExecutor(1))
    return made


def test_a_failure_does_not_stop_the_rest_and_a_batch_goes_on_where_it_stopped(
    wanted: list[Order], making: list[str], tmp_path: Path
) -> None:
    seen: list[Result] = []
    results = run_batch(wanted, each=seen.append)
    assert [r.outcome for r in results] == ["made", "failed", "made"]
    assert results == sorted(seen, key=lambda r: r.order.day)
    assert results[1].problem == "ccm as of 2012-07-01: cell 3: no such state"
    assert counted(results) == "3 reports: 2 made, 0 kept, 1 failed"
    assert (tmp_path / "ccm" / "latest").readlink() == Path("2013-01-01")
    making.clear()
    again = run_batch(wanted)
    assert making == ["2012-07-01"]  # the others are there
    assert [r.outcome for r in again] == ["kept", "failed", "kept"]


def test_what_is_made_is_pointed_to_even_if_the_batch_is_interrupted(
    wanted: list[Order], making: list[str], tmp_path: Path
) -> None:
    def stop(result: Result) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(wanted, each=stop)
    made = [day for day in making if day != "2012-07-01"]
    assert made and (tmp_path / "ccm" / "latest").readlink() == Path(made[-1])
