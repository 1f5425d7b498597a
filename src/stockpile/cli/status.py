"""``stockpile status``: every state's rating, or its reports, laws, membership and views."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from stockpile.cli.options import LONGEST, account, day_of, ledgers_of, limits_of
from stockpile.common import english as words
from stockpile.common.output import csv_text, json_text
from stockpile.common.plain import plain
from stockpile.common.terminal import safe
from stockpile.compliance.wording import joined_sentence, laws_sentence, reports_sentence
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import RATINGS
from stockpile.results import legislation, membership, status, transparency, views


def add(commands: Any, *common: argparse.ArgumentParser) -> None:
    """Add the command to those of the command line."""
    sub = commands.add_parser("status", parents=common, help="rate every state")
    sub.add_argument("--format", choices=("table", "csv", "json"), default="table")
    sub.add_argument(
        "--dimension",
        choices=tuple(DIMENSIONS),
        default="stockpile",
        help="what to print for each state (default: the rating of its stockpile)",
    )
    sub.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    day, limits, ledgers = day_of(options), limits_of(options), ledgers_of(options)
    frames = []
    for ledger in ledgers:
        view = ledger.as_of(day, options.rule)
        stockpile = options.dimension == "stockpile"
        frame = status(view, limits) if stockpile else DIMENSIONS[options.dimension].ask(view)
        if options.format == "table":
            print(safe(table(view, frame, options.dimension)))
        frames.append(frame)
    if options.format != "table":
        # Treaties count in different units: a column that one lacks stays empty.
        both = pd.concat(frames, ignore_index=True)
        text = csv_text(both) if options.format == "csv" else _json(both, frames)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as both kinds of file are, everywhere
        print(text, end="")
    return account(ledgers)


def _json(rows: pd.DataFrame, frames: Sequence[pd.DataFrame]) -> str:
    """Return rows as a JSON object that says of which day they are, and what they rest on."""
    first = frames[0].attrs
    about = {name: first[name] for name in ("as_of", "rule", "version")}
    hashes = {frame.attrs["treaty"]: frame.attrs["data_hash"] for frame in frames}
    return json_text(rows, **about, data_hash=hashes) + "\n"


def table(view: Ledger, frame: pd.DataFrame, dimension: str) -> str:
    """Lay out what one of `DIMENSIONS` says for the terminal: a summary, then the states.

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
    _, columns, select = DIMENSIONS[dimension]
    summary, rows = select(plain(frame))
    cells = rows[columns.split()].copy()
    for name, column in cells.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            cells[name] = _or_dash(column.dt.strftime("%Y-%m-%d"))
        elif column.dtype == "bool":
            cells[name] = column.map({True: "yes", False: "-"})
        elif column.dtype == "Int64":
            cells[name] = _or_dash(column).astype("str")
    none = "No state with stock is on record." if dimension == "stockpile" else "No state to show."
    body = cells.to_string(index=False) if len(cells) else none
    whose = view.treaty.unpublished
    note = f"Not published: rows of {whose} are among what this rests on.\n" if whose else ""
    head = f"{view.treaty.name}, as of {view.require_day():%Y-%m-%d}\n{note}{summary}"
    return f"{head}\n\n{body}\n"


def _or_dash(column: pd.Series) -> pd.Series:
    """A column with a dash for what is missing; one without any value, too."""
    return column.astype("object").where(column.notna(), "-")


def _stockpile(frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Count the ratings; list the states with stock, worst first."""
    by_rating = frame["status"].value_counts()
    ratings = ", ".join(f"{by_rating[r]} {r}" for r in RATINGS if r in by_rating)
    states = f"{len(frame)} state{'' if len(frame) == 1 else 's'}"
    listed = frame["had_stock"] | frame["status"].isin(["overdue", "off target", "at risk"])
    rows = frame[listed].sort_values("state", kind="stable")
    rows = rows.sort_values("status", key=lambda r: r.map(RATINGS.index), kind="stable")
    rows["state"] = [words.short_name(name, LONGEST) for name in rows["state"]]
    for column in ("declared", "remaining"):
        rows[column] = _or_dash(rows[column].map(words.digits, na_action="ignore"))
    rows["p_on_time"] = _or_dash(rows["p_on_time"].map("{:.0%}".format, na_action="ignore"))
    return f"{states}: {ratings}" if ratings else states, rows


def _transparency(frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Sum up the transparency reports; list the states longest overdue first."""
    parties = frame[frame["membership"] == "State Party"]
    rows = parties[parties["report"] != "not covered"]
    return (
        reports_sentence(parties.assign(report_days=parties["days"])),
        rows.sort_values(["days", "state"], ascending=[False, True]),
    )


def _legislation(frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Sum up the laws."""
    parties = frame[frame["membership"] == "State Party"]
    rows = parties[parties["law"] != "not covered"]
    return laws_sentence(parties), rows.sort_values(["law", "state"])


def _membership(frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Sum up who has joined."""
    rows = frame[frame["membership"] != "not party"]
    return joined_sentence(frame), rows.sort_values(["membership", "state"])


def _views(frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Count the views that were stated."""
    rows = frame[~frame["view"].isin(["unknown", "not covered"])]
    caveat = "a state without one may have one all the same."
    if (frame["view"] == "not covered").any():
        caveat = "the tables do not cover them."
    summary = f"Stated views: {words.spell(len(rows)) if len(rows) else 'none'}; {caveat}"
    return summary, rows.sort_values(["state", "question"])


class _Dimension(NamedTuple):
    """What is asked of a ledger, and how the answer is shown on the terminal."""

    ask: Callable[[Ledger], pd.DataFrame]
    columns: str  # on the terminal; the other formats have them all
    select: Callable[[pd.DataFrame], tuple[str, pd.DataFrame]]  # a summary, and the rows


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
