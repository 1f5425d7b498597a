"""Ratings that later facts contradict: they are found, and none of them is an accusation."""

from __future__ import annotations

import hindsight
import pytest


def test_a_completion_that_became_known_late_is_listed() -> None:
    (japan,) = [
        span
        for span in hindsight.contradicted("apmbc", ["2003-03-31", "2003-06-30"])
        if span.iso3 == "JPN"
    ]
    assert japan.rating == "unconfirmed"
    assert (japan.first, japan.last) == ("2003-03-31", "2003-03-31")
    assert f"{japan.gone:%Y-%m-%d}" == "2003-02-08"


@pytest.mark.sentences
@pytest.mark.parametrize("treaty", ["apmbc", "ccm"])
def test_nobody_was_called_overdue_who_had_finished(treaty: str) -> None:
    assert [span for span in hindsight.contradicted(treaty) if span.rating == "overdue"] == []
