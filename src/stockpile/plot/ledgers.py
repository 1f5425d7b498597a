"""Charts of a ledger: what a chart is drawn from is worked out when a ledger is given.

Every chart takes the frame that it shows and, by keyword, what else it can say; from a ledger
as of a day it takes all of that by itself. States are named as people write them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import plain, plain_value
from stockpile.forecast.projection import other_treaties, project
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import status
from stockpile.results.form import as_of_a_day, find_state, state_code
from stockpile.results.over_time import half_years, ratings_by_day
from stockpile.spreadsheets.countries import codes
from stockpile.stock.progress import progress
from stockpile.stock.steps import steps
from stockpile.track_record import scoring
from stockpile.track_record.backtest import replay

P = ParamSpec("P")
R = TypeVar("R")
#: What a parameter of a chart is drawn from, where a ledger is given.
Makers = Mapping[str, Callable[[Ledger], Any]]


def _past_ratings(then: Ledger) -> pd.DataFrame:
    """The ratings of every end of a year, and of the ledger's day."""
    days = [day for day in half_years(then) if day.month == 12 or day == then.day]
    assert then.rule is not None
    return pd.concat([status(then.as_of(day, then.rule)).assign(as_of=day) for day in days])


def _stocked_lines(then: Ledger) -> pd.DataFrame:
    """The lines of states that have or had stock; what is kept for training alone is none."""
    rated, lines = status(then), progress(then)
    return lines[lines["iso3"].isin(rated.loc[rated["had_stock"], "iso3"])]


def _replays(then: Ledger) -> pd.DataFrame:
    """The past of the treaty up to the ledger's day, as it would have been projected."""
    assert then.rule is not None
    ledgers = [then, *other_treaties(then)]
    out = replay(ledgers, rule=then.rule, until=then.day, hindsight=False)
    return out[out["treaty"] == then.treaty.id]


def _parties(then: Ledger) -> pd.DataFrame:
    rated = status(then)
    return rated[rated["membership"] == "State Party"]


_DAY: Makers = {"as_of": Ledger.require_day}
#: For each chart, and each frame that it is drawn from, what its parameters are made of.
FROM_LEDGER: Mapping[str, Makers] = {
    "burndown": {
        "progress": progress,
        "statements": functools.partial(progress, explain=True),
        "status": status,
        "fan": project,
        "steps": steps,
        **_DAY,
    },
    "calendar": {"status": status, **_DAY},
    "disagreement": {
        "statements": functools.partial(progress, explain=True),
        "sources": lambda then: then.sources,
        **_DAY,
    },
    "due": {"status": status, **_DAY},
    "error_spread": {"replays": _replays},
    "left_by_state": {"progress": _stocked_lines, **_DAY},
    "lines_left": {"progress": progress},
    "need_against_pace": {"projection": project, "status": status, **_DAY},
    "paces": {"projection": project, "status": status},
    "ratings_bar": {"status": _parties},
    "ratings_heatmap": {"statuses": _past_ratings, **_DAY},
    "ratings_over_time": {"counts": ratings_by_day, **_DAY},
    "reliability": {"table": lambda then: scoring.reliability(_replays(then))},
    "remaining": {"progress": _stocked_lines, **_DAY},
    "replay_fan": {"replays": _replays},
    "score_ranges": {"scores": lambda then: scoring.scores(_replays(then))},
    "stated": {"statements": functools.partial(progress, explain=True)},
    "stock_left": {"progress": _stocked_lines, **_DAY},
    "tile_map": {"status": status, **_DAY},
    "tile_title": {"status": status},
    "timeline": {"status": status, "steps": steps, **_DAY},
    "timeline_title": {"status": status},
    "trouble_first": {"status": status},
}


def takes_ledger(
    function: Callable[Concatenate[pd.DataFrame, P], R],
) -> Callable[Concatenate[Ledger | pd.DataFrame, P], R]:
    """Let a chart be drawn from a ledger as of a day, and from results as they are given out.

    What the chart takes beside its first frame is worked out as well, unless it is given.
    """
    makers = FROM_LEDGER[function.__name__]
    first, names = next(iter(makers)), list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: Any, **given: Any) -> Any:
        data = args[0] if args else given.pop(first, None)
        given |= dict(zip(names[1:], args[1:], strict=False))
        if isinstance(data, Ledger):
            then = as_of_a_day(data)
            if isinstance(given.get("state"), str):
                given["state"] = state_code(given["state"], then)
            for name, make in makers.items():
                if name != first and given.get(name) is None:
                    given[name] = make(then)
            data = makers[first](then)
        elif not isinstance(data, pd.DataFrame):
            as_of_a_day(data)  # says what to do instead
        frames = {name: plain_value(value) for name, value in given.items()}
        if isinstance(frames.get("state"), str):
            parts = [plain(data), *(v for v in frames.values() if isinstance(v, pd.DataFrame))]
            frames["state"] = _code_in(frames["state"], parts)
        draw: Any = function
        try:
            return draw(plain(data), **frames)
        except KeyError as error:
            missing = error.args[0] if error.args else ""
            if not isinstance(missing, str) or missing in data:
                raise
            wanted = ", ".join(name for name in makers if name != "as_of")
            raise ValueError(
                f"{function.__name__} finds no column {missing!r} in what it was given; expected "
                f"a ledger as of a day, or frames for {wanted} as the library returns them"
            ) from error

    return call


def _code_in(name: str, frames: Iterable[pd.DataFrame]) -> str:
    """The code of a state that frames have, by its name or code; any of a frame without rows."""
    known: dict[str, str] = {}
    for frame in frames:
        if {"iso3", "state"} <= set(frame.columns):
            known |= dict(zip(frame["iso3"], frame["state"], strict=True))
    # A frame may lack the state where another one has it: the chart says where none has.
    if name in known or not known or name in codes():
        return name
    found = find_state(name, known)
    if found.iso3 in known:
        return found.iso3
    some = words.listing(sorted(known), limit=5)
    near = "".join(f"; {part}" for part in found.expected.split("; ")[1:] if "mean" in part)
    raise ValueError(f"state is {name!r}; expected one that the frames have: {some}{near}")
