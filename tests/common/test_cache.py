"""What is drawn from a ledger is worked out once, and nobody can spoil it for others."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import core
import pandas as pd
import pytest
from smalltreaty import consents, quantity, write_treaty

import stockpile as sp
from stockpile.common import cache
from stockpile.common.cache import KEPT, cached, promise
from stockpile.stock.obligations import deadlines, obligations
from stockpile.stock.position import positions
from stockpile.stock.timelines import stocks

DAY = "2013-10-01"

RESULTS: dict[str, Callable[[sp.Ledger], pd.DataFrame]] = {
    "status": sp.status,
    "progress": sp.progress,
    "statements": lambda then: core.progress(then, explain=True),
    "projection": sp.project,
    "positions": positions,
    "obligations": obligations,
    "deadlines": deadlines,
    "conflicts": sp.conflicts,
}


class TestCached:
    def test_works_a_thing_out_for_the_first_who_asks(self) -> None:
        asked: list[int] = []

        @cached
        def twice(number: int, *, by: int = 2) -> int:
            asked.append(number)
            return number * by

        assert [twice(3), twice(3), twice(4), twice(3, by=3), twice(3, by=3)] == [6, 6, 8, 9, 9]
        assert asked == [3, 4, 3]
        # However it is written: by name, and with what is so anyway.
        assert twice(number=3) == twice(3, by=2) == 6 and asked == [3, 4, 3]

    def test_keeps_what_was_last_asked_for_and_no_more(self) -> None:
        asked: list[int] = []

        @cached
        def same(number: int) -> int:
            asked.append(number)
            return number

        for number in range(KEPT + 1):
            same(number)
        same(KEPT)
        same(0)
        assert asked == [*range(KEPT + 1), 0]

    def test_of_what_cannot_be_looked_up_is_worked_out_anew(self) -> None:
        @cached
        def count(numbers: list[int]) -> int:
            return len(numbers)

        numbers = [1]
        assert count(numbers) == 1
        numbers.append(2)
        assert count(numbers) == 2

    def test_an_error_is_not_kept(self) -> None:
        asked: list[int] = []

        @cached
        def fails(number: int) -> int:
            asked.append(number)
            raise ValueError("no")

        for _ in range(2):
            with pytest.raises(ValueError, match="no"):
                fails(1)
        assert asked == [1, 1]


class TestViews:
    def test_of_one_day_are_one_object(self, ccm: sp.Ledger, rule: str) -> None:
        then = ccm.as_of(DAY, rule)  # type: ignore[arg-type]
        assert ccm.as_of(pd.Timestamp(DAY), rule) is then  # type: ignore[arg-type]
        assert ccm.as_of("2013-10-02", rule) is not then  # type: ignore[arg-type]

    def test_by_another_rule_are_another(self, ccm: sp.Ledger) -> None:
        assert ccm.as_of(DAY, "published") is not ccm.as_of(DAY, "reported")

    @pytest.mark.parametrize("what", RESULTS)
    def test_answer_the_same_again(self, ccm: sp.Ledger, what: str) -> None:
        then, result = ccm.as_of(DAY), RESULTS[what]
        first = result(then)
        pd.testing.assert_frame_equal(result(then), first)
        # What was worked out for one does not depend on what others had asked before.
        pd.testing.assert_frame_equal(result(replace(then)), first)

    @pytest.mark.parametrize("what", RESULTS)
    def test_cannot_be_spoilt_for_others(self, ccm: sp.Ledger, what: str) -> None:
        then, result = ccm.as_of(DAY), RESULTS[what]
        spoilt, kept = result(then), result(then).copy(deep=True)
        spoilt.loc[:, "iso3"] = "XXX"
        spoilt.iloc[0, 0] = "YYY"
        spoilt["more"] = 1
        spoilt.index.name = spoilt.columns.name = "spoilt"
        pd.testing.assert_frame_equal(result(then), kept)

    def test_frames_of_a_ledger_cannot_be_spoilt_either(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of(DAY)
        kept = then.events.copy(deep=True)
        with pytest.warns(pd.errors.ChainedAssignmentError):  # pandas says that it does nothing
            then.events["date"] = pd.NaT
        events = then.events
        events.loc[:, "iso3"] = "XXX"
        pd.testing.assert_frame_equal(then.events, kept)
        with pytest.raises(AttributeError):
            then.events = events  # type: ignore[misc]

    def test_a_write_into_any_table_changes_no_result(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of("2013-10-02")
        for field in fields(sp.Ledger):
            frame = getattr(then, field.name)
            if isinstance(frame, pd.DataFrame) and len(frame):
                kept = frame.copy(deep=True)
                frame.iloc[:, 0] = frame.iloc[0, 0]
                frame["more"] = 1
                del frame[frame.columns[0]]
                pd.testing.assert_frame_equal(getattr(then, field.name), kept)
        bound = then.bound
        bound["entry_into_force"] = pd.NaT
        assert then.bound["entry_into_force"].notna().any()
        pd.testing.assert_frame_equal(
            core.status(then), core.status(replace(ccm).as_of("2013-10-02"))
        )

    def test_with_other_rows_share_nothing(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of(DAY)
        assert core.status(then)["reports"].sum() > 0
        bare = replace(then, quantities=then.quantities.iloc[:0])
        assert core.status(bare)["declared"].isna().all()
        assert core.progress(bare, explain=True)["unit"].eq("").all()
        assert not ccm.as_of(DAY).quantities.empty

    @pytest.mark.parametrize(
        "again",
        [copy.copy, copy.deepcopy, lambda then: pickle.loads(pickle.dumps(then))],
        ids=["copy", "deep copy", "pickle"],
    )
    def test_that_are_copied_say_the_same(
        self, ccm: sp.Ledger, again: Callable[[sp.Ledger], sp.Ledger]
    ) -> None:
        then = ccm.as_of(DAY)
        status, bound = core.status(then), then.bound
        other = again(then)
        assert other is not then and (other.day, other.rule) == (then.day, then.rule)
        pd.testing.assert_frame_equal(other.warnings, then.warnings)
        pd.testing.assert_frame_equal(other.sources, then.sources)
        pd.testing.assert_frame_equal(other.bound, bound)
        pd.testing.assert_frame_equal(core.status(other), status)

    def test_take_no_results_along_when_they_are_sent(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of(DAY)
        bare = len(pickle.dumps(replace(then)))
        core.status(then), then.bound, list(then.rows("events", "iso3"))
        assert len(pickle.dumps(then)) == bare

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be copied here")
    def test_go_with_a_copy_of_the_process(self, ccm: sp.Ledger) -> None:
        then = ccm.as_of(DAY)
        known = stocks(then)
        child = os.fork()
        if not child:
            # What was worked out before is at hand, and more can be asked.
            same = stocks(ccm.as_of(DAY)) is known and len(core.status(then)) == len(then.states)
            os._exit(0 if same else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class TestLoad:
    def test_of_the_same_files_is_the_same_ledger(self, folder: Callable[..., Path]) -> None:
        home = folder([], [consents("AAA")])
        assert sp.load(home) is sp.load(str(home))

    def test_of_changed_files_is_another(self, folder: Callable[..., Path]) -> None:
        home = folder([], [consents("AAA")])
        before = sp.load(home)
        row = quantity("AAA", "declared", 5, "2011-01-01", source="state@2011-01-28")
        write_treaty(home, [row], [consents("AAA")])
        after = sp.load(home)
        assert after is not before and after.data_hash != before.data_hash
        assert (len(before.quantities), len(after.quantities)) == (0, 1)
        write_treaty(home, [], [consents("AAA")])
        assert sp.load(home) is before

    def test_of_a_file_more_is_another(self, folder: Callable[..., Path]) -> None:
        home = folder([], [consents("AAA")])
        before = sp.load(home)
        write_treaty(home, [], [consents("AAA")], states=["AAA", "BBB"])
        assert sp.load(home).states["iso3"].tolist() == ["AAA", "BBB"]
        assert before.states["iso3"].tolist() == ["AAA"]

    def test_of_the_same_files_elsewhere_tells_where(self, folder: Callable[..., Path]) -> None:
        one, two = folder([], [consents("AAA")]), folder([], [consents("AAA")])
        assert sp.load(one).data_hash == sp.load(two).data_hash
        assert (sp.load(one).folder, sp.load(two).folder) == (one, two)


@cached
def _drawn(ledger: sp.Ledger, factor: int = 1) -> pd.DataFrame:
    _asked.append(factor)
    return pd.DataFrame({"rows": [len(ledger.quantities) * factor]})


_asked: list[int] = []


def test_another_process_of_the_run_finds_what_was_handed_over(
    ccm: sp.Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, other = ccm.as_of("2012-04-19"), ccm.as_of("2013-04-19")
    promise(tmp_path, [(_drawn, (view, 2))])()
    assert [path.suffix for path in tmp_path.iterdir()] == [".pickle"]
    # Another process has objects of its own; they are known by what they hold.
    monkeypatch.setenv(cache.RESULTS, str(tmp_path))
    same = replace(view)
    assert same is not view and _drawn(same, 2).equals(_drawn(view, 2)) and _asked == [2]
    _drawn(other, 2), _drawn(same, 3)
    assert _asked == [2, 2, 3]
