"""``stockpile status`` and ``stockpile show``: results of the library, as tables or for machines.

`status` sums up what it lists: every state's rating, or its reports, laws, membership and views.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from stockpile import results
from stockpile.cli.options import (
    ARGUMENTS,
    LONGEST,
    account,
    add_command,
    codes_of,
    day_of,
    give_out,
    heading,
    laid_out,
    ledgers_of,
    limits_of,
    past_day,
    room,
)
from stockpile.common import english as words
from stockpile.common.frames import plain
from stockpile.compliance.wording import joined_sentence, laws_sentence, reports_sentence
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import RATINGS, Thresholds
from stockpile.results.form import States, state_codes


class _Result(NamedTuple):
    """A result: what works it out, and the columns that a terminal has room for."""

    ask: Callable[..., pd.DataFrame]
    columns: str
    rated: bool = False  # whether it takes thresholds


def _earlier(view: Ledger, since: pd.Timestamp | None) -> Ledger:
    """The ledger as of an earlier day, or of a year before its own."""
    return view.as_of(since or view.require_day() - pd.DateOffset(years=1))


def _changed_ratings(
    view: Ledger,
    *,
    states: States | None,
    thresholds: Thresholds,
    since: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """The ratings that changed since a day, or in the year before the as-of day."""
    before, now = (results.snapshot(one, thresholds) for one in (_earlier(view, since), view))
    rows = results.what_changed(before, now).ratings
    if states is None:
        return rows
    return rows[rows["iso3"].isin(state_codes(states, view))].reset_index(drop=True)


def _why_changed(
    view: Ledger, *, states: States | None, since: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Why chances changed since a day, or in the year before the as-of day."""
    return results.chance_changes(view, _earlier(view, since), states=states)


#: Those that compare with an earlier day.
_OF_TWO_DAYS: Mapping[str, Callable[..., pd.DataFrame]] = {
    "what-changed": _changed_ratings,
    "chance-changes": _why_changed,
}
#: What ``stockpile show`` can be asked for: most are functions of `stockpile.results`.
RESULTS: Mapping[str, _Result] = {
    name: _Result(_OF_TWO_DAYS.get(name) or getattr(results, name.replace("-", "_")), **words)
    for name, words in ARGUMENTS["results"].items()
}


def add(commands: Any, *common: argparse.ArgumentParser) -> None:
    """Add the commands to those of the command line."""
    groups = ("status", "rows")
    add_command(commands, "status", _status, *groups, parents=common, dimensions=tuple(DIMENSIONS))
    names = {"results": tuple(RESULTS), "listed": ", ".join(RESULTS)}
    add_command(commands, "show", _show, "show", "rows", parents=common, **names)


def _asked(
    options: argparse.Namespace, name: str, **more: Any
) -> tuple[list[Ledger], list[Ledger], list[pd.DataFrame]]:
    """The ledgers that were asked for, as they are and as of the day, and a result of each."""
    day, limits, ledgers = day_of(options), limits_of(options), ledgers_of(options)
    chosen = RESULTS[name]
    more |= {"thresholds": limits} if chosen.rated else {}
    views = [ledger.as_of(day, options.rule) for ledger in ledgers]
    pairs = zip(views, codes_of(options, views), strict=True)
    return ledgers, views, [chosen.ask(view, states=codes, **more) for view, codes in pairs]


def _show(options: argparse.Namespace) -> int:
    more: dict[str, Any] = {}
    if options.since is not None:
        if options.result not in _OF_TWO_DAYS:
            raise ValueError(
                f"--since is for {' and '.join(_OF_TWO_DAYS)}; {options.result} has no earlier day"
            )
        more["since"] = past_day(options.since, options)
    ledgers, views, frames = _asked(options, options.result, **more)
    heads = {view.treaty.id: heading(view) for view in views}

    def as_table(frame: pd.DataFrame, columns: list[str] | None) -> str:
        head = heads[frame.attrs["treaty"]]
        default = RESULTS[options.result].columns.split()
        shown = frame[[c for c in columns or default if c in frame]]
        return f"{head}\n\n{laid_out(shown, width=room()) if len(shown) else 'no rows'}\n"

    give_out(options, views, frames, as_table)
    return account(ledgers, options)


def _status(options: argparse.Namespace) -> int:
    ledgers, views, frames = _asked(options, DIMENSIONS[options.dimension].result)
    by_id = {view.treaty.id: view for view in views}

    def as_table(frame: pd.DataFrame, columns: list[str] | None) -> str:
        every = options.state is not None  # who asks for a state wants to see it
        view = by_id[frame.attrs["treaty"]]
        return table(view, frame, options.dimension, columns=columns, every=every, width=room())

    give_out(options, views, frames, as_table)
    return account(ledgers, options)


def table(
    view: Ledger,
    frame: pd.DataFrame,
    dimension: str,
    *,
    columns: Sequence[str] | None = None,
    every: bool = False,
    width: int | None = None,
) -> str:
    """Lay out what one of `DIMENSIONS` says for the terminal: a summary, then the states.

    With ``every``, all states of the frame are listed and not only those that matter most.

    >>> import stockpile as sp
    >>> view = sp.load("ccm").as_of("2008-12-31")
    >>> print(table(view, sp.views(view), "views"))
    Convention on Cluster Munitions, as of 2008-12-31
    Stated views: three; a state without one may have one all the same.
    <BLANKLINE>
          state membership                    question       view     stated
        Austria  signatory transit_foreign_stockpiling prohibited 2008-12-31
        Belgium  signatory                  investment prohibited 2007-12-31
    Netherlands  signatory transit_foreign_stockpiling  permitted 2008-09-04
    <BLANKLINE>
    """
    result, select, default = DIMENSIONS[dimension]
    default = default or RESULTS[result].columns
    summary, rows = select(plain(frame), every)
    shown = rows[[name for name in columns or default.split() if name in rows]]
    none = "No state with stock is on record." if dimension == "stockpile" else "No state to show."
    body = laid_out(shown, width=width) if len(shown) else none
    return f"{heading(view)}\n{summary}\n\n{body}\n"


def _stockpile(frame: pd.DataFrame, every: bool) -> tuple[str, pd.DataFrame]:
    """Count the ratings; list the states with stock, worst first."""
    by_rating = frame["status"].value_counts()
    ratings = ", ".join(f"{by_rating[r]} {r}" for r in RATINGS if r in by_rating)
    states = f"{len(frame)} state{'' if len(frame) == 1 else 's'}"
    listed = frame["had_stock"] | frame["status"].isin(["overdue", "off target", "at risk"])
    rows = frame[listed | every].sort_values("state", kind="stable")
    rows = rows.sort_values("status", key=lambda r: r.map(RATINGS.index), kind="stable")
    rows["state"] = [words.short_name(name, LONGEST) for name in rows["state"]]
    return f"{states}: {ratings}" if ratings else states, rows


def _transparency(frame: pd.DataFrame, every: bool) -> tuple[str, pd.DataFrame]:
    """Sum up the transparency reports; list the states longest overdue first."""
    parties = frame[frame["membership"] == "State Party"]
    rows = frame if every else parties[parties["report"] != "not covered"]
    return (
        reports_sentence(parties.assign(report_days=parties["days"], report_due=parties["due"])),
        rows.sort_values(["days", "state"], ascending=[False, True]),
    )


def _legislation(frame: pd.DataFrame, every: bool) -> tuple[str, pd.DataFrame]:
    """Sum up the laws."""
    parties = frame[frame["membership"] == "State Party"]
    rows = frame if every else parties[parties["law"] != "not covered"]
    return laws_sentence(parties), rows.sort_values(["law", "state"])


def _membership(frame: pd.DataFrame, every: bool) -> tuple[str, pd.DataFrame]:
    """Sum up who has joined."""
    rows = frame if every else frame[frame["membership"] != "not party"]
    return joined_sentence(frame), rows.sort_values(["membership", "state"])


def _views(frame: pd.DataFrame, every: bool) -> tuple[str, pd.DataFrame]:
    """Count the views that were stated."""
    stated = frame[~frame["view"].isin(["unknown", "not covered"])]
    caveat = "a state without one may have one all the same."
    if (frame["view"] == "not covered").any():
        caveat = "the tables do not cover them."
    summary = f"Stated views: {words.spell(len(stated)) if len(stated) else 'none'}; {caveat}"
    return summary, (frame if every else stated).sort_values(["state", "question"])


class _Dimension(NamedTuple):
    """What is asked of a ledger, and how the answer is summed up on the terminal."""

    result: str  # of `RESULTS`
    select: Callable[[pd.DataFrame, bool], tuple[str, pd.DataFrame]]  # a summary, and the rows
    columns: str = ""  # on the terminal, where they are not those of the result


#: What ``--dimension`` may name.
DIMENSIONS = {
    "stockpile": _Dimension(
        "status",
        _stockpile,
        "state membership status deadline declared remaining projected p_on_time evidence",
    ),
    "transparency": _Dimension("transparency", _transparency),
    "legislation": _Dimension("legislation", _legislation),
    "membership": _Dimension("membership", _membership),
    "views": _Dimension("views", _views, "state membership question view stated"),
}
