"""What has to hold whatever the rows: no later row, no order and no scale changes a result."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import core
import pandas as pd
import pytest
from conftest import TODAY
from hypothesis import given, settings
from hypothesis import strategies as st
from smalltreaty import (
    MUNITIONS,
    SUBMUNITIONS,
    Row,
    consents,
    event,
    packaged_rows,
    quantity,
    source,
    write_rows,
    write_treaty,
)

import stockpile as sp
from stockpile.ledger.ledger import RULES
from stockpile.stock.obligations import deadlines

pytestmark = pytest.mark.usefixtures("alone")

Tables = dict[str, list[Row]]

# What a ledger costs is its tables, not its rows: many states make few examples enough.
STATES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH")
DAYS = [
    f"{year}-{day}" for year in range(2009, 2021) for day in ("02-28", "04-30", "08-01", "12-31")
]
NEVER_TO_COME = "2035-01-01"

# -- Rows --------------------------------------------------------------------

days = st.sampled_from(DAYS)
states = st.sampled_from(STATES)
units = st.sampled_from((MUNITIONS, SUBMUNITIONS))
qualifiers = st.sampled_from(("exact", "exact", "approx", "at_least", "nearly"))
sources = st.builds(
    lambda kind, day: f"{kind}@{day}",
    st.sampled_from(("state", "monitor", "organisation", "press")),
    st.one_of(days, days, days, st.just("")),
)
# Small, so that no rule on round numbers comes into play; large and round; shares.
counts = st.one_of(st.integers(0, 400), st.sampled_from((0, 1000, 1500, 2000, 50_000)))


@st.composite
def quantities(draw: st.DrawFn, count: st.SearchStrategy[int] = counts) -> Row:
    measure = draw(
        st.sampled_from(
            "declared destroyed destroyed_total remaining retained retained_destroyed".split()
        )
    )
    on = draw(days)
    undated = measure in ("declared", "retained") and draw(st.booleans())
    periods = measure.startswith("destroyed") and draw(st.booleans())
    return quantity(
        draw(states),
        measure,
        draw(count),
        "" if undated else on,
        start=draw(st.sampled_from([day for day in DAYS if day <= on])) if periods else "",
        unit=draw(units),
        qualifier=draw(qualifiers),
        source=draw(sources),
    )


shares = st.builds(
    lambda iso3, share, on, unit, source: quantity(
        iso3, "destroyed_share", share, on, unit=unit, source=source
    ),
    states,
    st.sampled_from(("0", "0.25", "0.66", "1")),
    days,
    st.sampled_from((MUNITIONS, SUBMUNITIONS, "unspecified")),
    sources,
)

happenings = st.builds(
    lambda iso3, name, on, precision, source: event(
        iso3, name, on, precision=precision, source=source
    ),
    states,
    st.sampled_from(
        ("completed", "completed", "reopened", "planned_completion", "deadline_missed")
    ),
    days,
    st.sampled_from(("day", "on_or_before")),
    sources,
)
acts = st.builds(
    lambda iso3, name, on: event(iso3, name, on, source=f"depositary@{on}"),
    states,
    st.sampled_from(("signed", "withdrew", "withdrawal_notified")),
    days,
)
extensions = st.builds(
    lambda iso3, name, on, value, source: event(iso3, name, on, value=value, source=source),
    states,
    st.sampled_from(("extension_granted", "extension_requested")),
    days,
    st.sampled_from(("2019-08", "2020-08-01", "2022-02-01", "")),
    sources,
)
consenting = st.builds(
    consents, states, st.sampled_from(("2009-02-28", "2011-08-01", "2013-12-31"))
)
rules = st.sampled_from(RULES)


@st.composite
def ledgers(draw: st.DrawFn) -> Tables:
    """The rows of a small treaty folder, with a state or two that are bound."""
    return {
        "quantities": draw(st.lists(st.one_of(quantities(), quantities(), shares), max_size=60)),
        "events": [
            *(consents(iso3) for iso3 in STATES[:5]),
            *draw(st.lists(st.one_of(happenings, acts, extensions, consenting), max_size=24)),
        ],
    }


# -- Results -----------------------------------------------------------------


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., sp.Ledger]:
    """Load a small folder made of rows; its states are named, so that no row adds one."""

    def make(tables: Tables, toml: str | None = None) -> sp.Ledger:
        folder = tmp_path_factory.mktemp("rows")
        if toml is not None:
            return sp.load(write_rows(folder, toml, tables))
        ledger = sp.load(write_treaty(folder, **({"states": STATES} | tables)))
        assert ledger.rejected.empty, ledger.rejected.to_string()
        return ledger

    return make


Load = Callable[..., sp.Ledger]


def results(ledger: sp.Ledger, day: str, rule: str, *, rated: bool = True) -> dict[str, Any]:
    """Everything that can be asked of a ledger as of a day."""
    then = ledger.as_of(day, rule)  # type: ignore[arg-type]
    out = {
        "lines": core.progress(then),
        "statements": core.progress(then, explain=True),
        "conflicts": core.conflicts(then),
        "deadlines": deadlines(then),
    }
    if rated:
        out |= {"status": core.status(then), "projection": core.project(then)}
    return out


def assert_same(one: dict[str, Any], two: dict[str, Any], what: str = "") -> None:
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, two[name], obj=f"{name} {what}")


def known_by(ledger: sp.Ledger, table: str, day: str, rule: str) -> list[bool]:
    """For each row of a table, in the order of its file, whether it was known."""
    rows = getattr(ledger, table).sort_values("line")
    return (rows[f"known_{rule}"] <= pd.Timestamp(day)).tolist()


def without(
    ledger: sp.Ledger, tables: Tables, day: str, rule: str, chance: Random | None
) -> Tables:
    """The rows without those that were not known by a day: all of these, or a random part."""
    out = dict(tables)
    for table in ("quantities", "events"):
        known = known_by(ledger, table, day, rule)
        assert len(known) == len(tables[table])
        out[table] = [
            row
            for row, there in zip(tables[table], known, strict=True)
            if there or (chance is not None and chance.random() < 0.5)
        ]
    return out


# -- Properties --------------------------------------------------------------


def moved_on(later: list[Row]) -> Tables:
    """Rows as they would be told on a day that is still to come."""
    out: Tables = {"quantities": [], "events": []}
    for row in later:
        moved = row | {"source_id": f"{row['source_id'].split('@')[0]}@{NEVER_TO_COME}"}
        if "measure" in row:
            # Undated ones too: years after the deadline, none is that of the initial report.
            end = "2034-12-31" if row["period_end"] else ""
            out["quantities"].append(moved | {"period_start": "", "period_end": end})
        else:
            out["events"].append(moved | {"date": "2034-12-31"})
    return out


class TestWhateverTheRows:
    """What a small ledger says, whatever stands in it; to make one takes the most time."""

    @pytest.mark.slow
    @settings(max_examples=6)
    @given(
        tables=ledgers(),
        day=days,
        rule=rules,
        later=st.lists(
            st.one_of(quantities(), shares, happenings, extensions), min_size=1, max_size=20
        ),
        seed=st.randoms(use_true_random=False),
    )
    def test_no_later_row_and_no_order_changes_it(
        self, load: Load, tables: Tables, day: str, rule: str, later: list[Row], seed: Random
    ) -> None:
        ledger = load(tables)
        found = results(ledger, day, rule)
        self.holds_together(found, ledger.as_of(day, rule))  # type: ignore[arg-type]
        more = moved_on(later)
        others = {
            "without the later rows": without(ledger, tables, day, rule, None),
            "without some of them": without(ledger, tables, day, rule, seed),
            "with more of them": {name: rows + more[name] for name, rows in tables.items()},
            "in another order": {
                name: seed.sample(rows, len(rows)) for name, rows in tables.items()
            },
        }
        for what, rows in others.items():
            assert_same(found, results(load(rows), day, rule), what)

    def holds_together(self, found: dict[str, Any], then: sp.Ledger) -> None:
        lines = found["lines"]
        by_line = lines.groupby(["iso3", "unit", "episode"])
        assert (by_line["date"].diff().dropna() > pd.Timedelta(0)).all()
        assert (lines["date"].dropna() <= then.day).all()
        assert not (by_line["destroyed"].diff() < 0).any(), lines.to_string()
        assert not (by_line["remaining"].diff() > 0).any(), lines.to_string()
        assert lines["share_destroyed"].dropna().between(0, 1).all()
        assert not (lines[["declared", "destroyed", "remaining"]] < 0).any(axis=None)
        told = found["statements"]
        assert (told["unit"] != "").sum() >= len(then.quantities)
        status = found["status"]
        assert set(status["status"]) <= set(sp.RATINGS)
        assert status["p_on_time"].dropna().between(0, 1).all()
        assert not (status["earliest"] > status["projected"]).any()
        assert not (status["projected"] > status["latest"]).any()
        assert (status["earliest"].dropna() >= then.day).all()
        # Serious things are said of State Parties alone, and after their deadline.
        late = status[status["status"].isin(["overdue", "completed late"])]
        assert late["membership"].isin(["State Party", "withdrawn"]).all()
        assert (late["deadline"] < then.day).all()


class TestNoLaterRow:
    """The property that makes a view of the past worth having."""

    @pytest.mark.slow
    @pytest.mark.parametrize(("treaty", "day"), [("ccm", "2013-10-01"), ("apmbc", "2010-06-30")])
    def test_changes_a_real_treaty(self, load: Load, rule: str, treaty: str, day: str) -> None:
        toml, tables = packaged_rows(treaty)
        ledger = sp.load(treaty)
        rated = rule == "reported"
        whole = results(ledger, day, rule, rated=rated)
        for chance in (None, Random(day)):
            fewer = without(ledger, tables, day, rule, chance)
            assert len(fewer["quantities"]) < len(tables["quantities"])
            other = results(load(fewer, toml), day, rule, rated=rated and chance is None)
            assert_same({name: whole[name] for name in other}, other)

    def test_brings_a_state_with_it(self, load: Load) -> None:
        later = quantity("ZZZ", "declared", 5, "2030-01-01", source="state@2030-02-01")
        for rows in ([], [later]):
            ledger = load({"quantities": rows, "events": [consents("AAA")], "states": None})
            assert core.status(ledger.as_of("2014-01-01"))["iso3"].tolist() == ["AAA"]


class TestOrder:
    @pytest.mark.parametrize("treaty", ["ccm", "apmbc"])
    def test_of_real_rows_does_not_matter(self, load: Load, treaty: str) -> None:
        toml, tables = packaged_rows(treaty)
        seed = Random(treaty)
        other = {table: seed.sample(rows, len(rows)) for table, rows in tables.items()}
        shuffled = load(other, toml)
        assert sorted(shuffled.warnings["message"]) == sorted(sp.load(treaty).warnings["message"])
        for day, rule in (("2010-06-30", "reported"), (TODAY, "published")):
            rated = rule == "reported"
            one, two = (results(x, day, rule, rated=rated) for x in (sp.load(treaty), shuffled))
            assert_same(one, two)


class TestScale:
    COUNTS = ("declared", "destroyed", "remaining")

    @settings(max_examples=6)
    @given(
        rows=st.lists(quantities(count=st.integers(0, 120)), min_size=1, max_size=60),
        acts=st.lists(st.one_of(happenings, extensions), max_size=20),
        day=days,
    )
    def test_of_a_stock_does_not_change_its_share_or_rating(
        self, load: Load, rows: list[Row], acts: list[Row], day: str
    ) -> None:
        # Below a thousand, no number is taken for a rounded one.
        larger = [row | {"quantity": str(int(row["quantity"]) * 8)} for row in rows]
        events = [*(consents(iso3) for iso3 in STATES[:5]), *acts]
        one, two = (
            load({"quantities": numbers, "events": events}).as_of(day) for numbers in (rows, larger)
        )
        for result in (sp.progress, sp.status):
            a, b = result(one), result(two)
            for count in self.COUNTS:
                pd.testing.assert_series_equal(a[count] * 8, b[count])
            for same in ("share_destroyed", "status", "p_on_time"):
                if same in a:
                    pd.testing.assert_series_equal(a[same], b[same])


def test_sources_follow_from_ids() -> None:
    assert source("state@2012-04-30")["published"] == "2012-04-30"
    assert source("press@")["published_precision"] == ""
