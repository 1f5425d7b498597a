"""What many tests need: the packaged treaties, and small ones made of a few rows."""

from __future__ import annotations

import gc
import importlib.util
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from smalltreaty import Row, consents, ledger_of, side_by_side, write_treaty

import stockpile as sp
from stockpile.forecast import projection
from stockpile.reports.workers import collect_seldom

# The same examples on every run and every machine; a slow machine is no failure.
settings.register_profile(
    "stockpile",
    derandomize=True,
    deadline=None,
    max_examples=25,
    # No shrinking: it takes minutes here, and a failure is shown in full anyway.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("stockpile")

#: What opens a browser is not even imported where there is no driver for one.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]

#: The day that the known answers are stated for.
TODAY = "2026-06-30"


@pytest.fixture(scope="session")
def ccm() -> sp.Ledger:
    """The Convention on Cluster Munitions, everything on record."""
    return sp.load("ccm")


@pytest.fixture(scope="session")
def apmbc() -> sp.Ledger:
    """The Mine Ban Convention, everything on record."""
    return sp.load("apmbc")


@pytest.fixture(scope="session")
def cwc() -> sp.Ledger:
    """The Chemical Weapons Convention, everything on record."""
    return sp.load("cwc")


@pytest.fixture(scope="session", params=["ccm", "apmbc"])
def treaty_ledger(request: pytest.FixtureRequest) -> sp.Ledger:
    """Each packaged treaty in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def status_of(ccm: sp.Ledger, apmbc: sp.Ledger, cwc: sp.Ledger) -> Callable[..., pd.DataFrame]:
    """The ratings of a packaged treaty as of a day by ISO code."""
    ledgers = {"ccm": ccm, "apmbc": apmbc, "cwc": cwc}

    def rate(treaty: str, day: str = TODAY, rule: str = "reported") -> pd.DataFrame:
        return sp.status(ledgers[treaty].as_of(day, rule)).set_index("iso3")  # type: ignore[arg-type]

    return rate


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """Project small folders from their own past; to read that of other treaties takes long."""
    others = projection.other_treaties
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            projection, "other_treaties", lambda own: [] if own.treaty.id == "demo" else others(own)
        )
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out folders of tests that are not asked for: what they import takes seconds."""
    name = collection_path.name
    left_out = name in ("browser", "faults") and f"not {name}" in config.option.markexpr
    return True if left_out else None


def pytest_collection_finish() -> None:
    """Look for garbage as seldom as those do who make reports: it takes a sixth of the time."""
    collect_seldom()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Leave what earlier tests made out of what `attempt` looks through after each piece of work.

    In a process that holds the caches of a thousand tests it takes a second or two each time.
    """
    about_reports = "reports" in item.nodeid
    if about_reports:
        gc.freeze()
    try:
        return (yield)
    finally:
        if about_reports:
            gc.unfreeze()


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that hold what a test tells of a state; see `told`."""
    for mark in (
        "story(*rows, bound=True): what is told of the state that a test is on, and whether it "
        "consented to the treaty in time to be bound from its first day",
        "stories(*stories): several, each of a state of its own",
    ):
        config.addinivalue_line("markers", mark)


def _stories(item: pytest.Item) -> list[list[Row]]:
    one, many = item.get_closest_marker("story"), item.get_closest_marker("stories")
    if one is not None and not one.kwargs.get("bound", True):
        return [list(one.args)]
    told = [*([one.args] if one else []), *(many.args if many else [])]
    return [[consents("AAA"), *rows] for rows in told]


@pytest.fixture(scope="module")
def gallery(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[sp.Ledger, dict[tuple[str, int], str]]:
    """The stories of all tests of a module in one ledger, each of a state of its own.

    To load a ledger takes much longer than to look at one; what is told of one state
    has no bearing on another.
    """
    stories = {
        (item.nodeid, number): rows
        for item in request.session.items
        if getattr(item, "module", None) is request.module
        for number, rows in enumerate(_stories(item))
    }
    ledger, codes = side_by_side(tmp_path_factory.mktemp("gallery"), [*stories.values()])
    return ledger, dict(zip(stories, codes, strict=True))


@pytest.fixture
def told(
    request: pytest.FixtureRequest, gallery: tuple[sp.Ledger, dict[tuple[str, int], str]]
) -> tuple[sp.Ledger, list[str]]:
    """The ledger that holds the stories of a test, and the states that they are of."""
    ledger, codes = gallery
    name = request.node.nodeid
    return ledger, [codes[name, i] for i in range(len(_stories(request.node)))]


@pytest.fixture(params=["reported", "published"])
def rule(request: pytest.FixtureRequest) -> str:
    """Each rule of knowing in turn."""
    return request.param


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A writer of small treaty folders; see `smalltreaty.write_treaty`."""
    number = itertools.count()
    return lambda *rows, **more: write_treaty(tmp_path / f"t{next(number)}" / "demo", *rows, **more)


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., sp.Ledger]:
    """A maker of small ledgers without a rejected row; see `smalltreaty.write_treaty`."""
    number = itertools.count()
    return lambda *rows, **more: ledger_of(tmp_path / f"s{next(number)}" / "demo", *rows, **more)
