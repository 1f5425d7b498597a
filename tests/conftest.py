"""What many tests need: the packaged treaties, and small ones made of a few rows."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from smalltreaty import ledger_of, write_treaty

import stockpile as sp

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


@pytest.fixture(scope="session", params=["ccm", "apmbc"])
def treaty_ledger(request: pytest.FixtureRequest) -> sp.Ledger:
    """Each packaged treaty in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def status_of(ccm: sp.Ledger, apmbc: sp.Ledger) -> Callable[..., pd.DataFrame]:
    """The ratings of a packaged treaty as of a day by ISO code; each is worked out once."""
    ledgers = {"ccm": ccm, "apmbc": apmbc}

    @functools.cache
    def rate(treaty: str, day: str, rule: str) -> pd.DataFrame:
        return sp.status(ledgers[treaty].as_of(day, rule)).set_index("iso3")  # type: ignore[arg-type]

    return lambda treaty, day=TODAY, rule="reported": rate(treaty, day, rule).copy()


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
