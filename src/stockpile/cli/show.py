"""The command ``stockpile show``: any result of the library, as a table or for machines."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from stockpile import results
from stockpile.cli.options import account, day_of, ledgers_of, limits_of, past_day
from stockpile.cli.rows import add_rows, codes_of, give_out, heading, laid_out, room
from stockpile.ledger.ask import States, state_codes
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import Thresholds


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


#: What ``stockpile show`` can be asked for.
RESULTS: Mapping[str, _Result] = {
    "allegations": _Result(
        results.allegations, "state alleged_on act assessment membership_then source_id"
    ),
    "by-year": _Result(
        results.by_year,
        "state unit year destroyed_in_year destroyed_in_year_low destroyed_in_year_high "
        "remaining_high",
    ),
    "chance-changes": _Result(
        _why_changed, "state chance_before time own_date own_stock others chance"
    ),
    "chances": _Result(results.chances, "state year chance"),
    "conflicts": _Result(results.conflicts, "state unit figure message"),
    "extensions": _Result(
        results.extensions,
        "state earlier_deadline new_deadline outcome asked granted in_force",
    ),
    "legislation": _Result(results.legislation, "state law law_year stated disputed"),
    "membership": _Result(
        results.membership, "state membership since consented withdrawal_notified"
    ),
    "missing-counts": _Result(results.missing_counts, "missing chance alone"),
    "progress": _Result(
        results.progress, "state unit date declared destroyed remaining share_destroyed basis"
    ),
    "project": _Result(results.project, "state deadline q10 q50 q90 p_on_time planned_completion"),
    "rating-history": _Result(
        results.rating_history, "as_of state status deadline p_on_time evidence", rated=True
    ),
    "ratings-by-day": _Result(results.ratings_by_day, "as_of rating states", rated=True),
    "scorecard": _Result(results.scorecard, "state membership rating report law", rated=True),
    "statements": _Result(
        results.statements, "state figure unit value date role source_id published"
    ),
    "status": _Result(
        results.status, "state membership status deadline stock_left p_on_time evidence", rated=True
    ),
    "totals": _Result(
        results.totals, "unit states declared destroyed remaining excess share_destroyed"
    ),
    "transparency": _Result(results.transparency, "state report due submitted days disputed"),
    "views": _Result(results.views, "state question view stated"),
    "what-changed": _Result(_changed_ratings, "state before after reason", rated=True),
}


#: Those that compare with an earlier day.
_TWO_DAYS = ("what-changed", "chance-changes")


def add(commands: Any, *common: argparse.ArgumentParser) -> None:
    """Add the command to those of the command line."""
    sub = commands.add_parser(
        "show",
        parents=common,
        help="give out any result: totals, years, extensions, statements and more",
        epilog="Each is the function of that name in Python; docs/columns.md has their columns.",
    )
    sub.add_argument(
        "result", choices=tuple(RESULTS), metavar="RESULT", help=f"one of {', '.join(RESULTS)}"
    )
    sub.add_argument(
        "--since",
        metavar="DAY",
        help="of what-changed and chance-changes: the earlier day (default: a year earlier)",
    )
    add_rows(sub)
    sub.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> int:
    day, limits, ledgers = day_of(options), limits_of(options), ledgers_of(options)
    chosen = RESULTS[options.result]
    more: dict[str, Any] = {"thresholds": limits} if chosen.rated else {}
    if options.since is not None:
        if options.result not in _TWO_DAYS:
            raise ValueError(
                f"--since is for {' and '.join(_TWO_DAYS)}; {options.result} has no earlier day"
            )
        more["since"] = past_day(options.since, options)
    views = [ledger.as_of(day, options.rule) for ledger in ledgers]
    frames = [
        chosen.ask(view, states=codes, **more)
        for view, codes in zip(views, codes_of(options, views), strict=True)
    ]
    heads = {view.treaty.id: heading(view) for view in views}

    def table(frame: pd.DataFrame, columns: list[str] | None) -> str:
        head = heads[frame.attrs["treaty"]]
        shown = frame[[c for c in columns or chosen.columns.split() if c in frame]]
        return f"{head}\n\n{laid_out(shown, width=room()) if len(shown) else 'no rows'}\n"

    give_out(options, views, frames, table)
    return account(ledgers, options)
