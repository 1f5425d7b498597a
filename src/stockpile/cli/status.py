"""``stockpile status``: every state's rating, or its reports, laws, membership and views."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from stockpile.cli.options import LONGEST, account, day_of, ledgers_of, limits_of
from stockpile.cli.rows import add_rows, codes_of, give_out, heading, laid_out, room
from stockpile.common import english as words
from stockpile.common.plain import plain
from stockpile.compliance.wording import joined_sentence, laws_sentence, reports_sentence
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import RATINGS
from stockpile.results import legislation, membership, status, transparency, views


def add(commands: Any, *common: argparse.ArgumentParser) -> None:
    """Add the command to those of the command line."""
    sub = commands.add_parser("status", parents=common, help="rate every state")
    sub.add_argument(
        "--dimension",
        choices=tuple(DIMENSIONS),
        default="stockpile",
        help="what to print for each state (default: the rating of its stockpile)",
    )
    add_rows(sub)
    sub.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    day, limits, ledgers = day_of(options), limits_of(options), ledgers_of(options)
    chosen = DIMENSIONS[options.dimension]
    more = {"thresholds": limits} if options.dimension == "stockpile" else {}
    views = [ledger.as_of(day, options.rule) for ledger in ledgers]
    frames = [
        chosen.ask(view, states=codes, **more)
        for view, codes in zip(views, codes_of(options, views), strict=True)
    ]
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

    Examples
    --------
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
    _, default, select = DIMENSIONS[dimension]
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
        reports_sentence(parties.assign(report_days=parties["days"])),
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
    """What is asked of a ledger, and how the answer is shown on the terminal."""

    ask: Callable[..., pd.DataFrame]
    columns: str  # on the terminal; the other formats have them all
    select: Callable[[pd.DataFrame, bool], tuple[str, pd.DataFrame]]  # a summary, and the rows


#: What ``--dimension`` may name.
DIMENSIONS = {
    "stockpile": _Dimension(
        status,
        "state membership status deadline declared remaining projected p_on_time evidence",
        _stockpile,
    ),
    "transparency": _Dimension(
        transparency, "state report due submitted days disputed", _transparency
    ),
    "legislation": _Dimension(legislation, "state law law_year stated disputed", _legislation),
    "membership": _Dimension(
        membership, "state membership since consented withdrawal_notified", _membership
    ),
    "views": _Dimension(views, "state membership question view stated", _views),
}
