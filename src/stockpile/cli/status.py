"""``stockpile status``: every state's rating, or its reports, laws, membership and views."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import pandas as pd

from stockpile.cli.options import LONGEST, account, day_of, ledgers_of, limits_of
from stockpile.common import english as words
from stockpile.common.output import csv_text, json_text
from stockpile.common.terminal import safe
from stockpile.compliance.scorecard import legislation, membership, transparency, views
from stockpile.compliance.wording import joined_sentence, laws_sentence, reports_sentence
from stockpile.ledger.ledger import Ledger
from stockpile.rating.status import RATINGS, status

#: What ``--dimension`` may name beside the stockpile itself.
DIMENSIONS: dict[str, Callable[[Ledger], pd.DataFrame]] = {
    "transparency": transparency,
    "legislation": legislation,
    "membership": membership,
    "views": views,
}
#: Columns of the table on the terminal; the other formats have them all.
_COLUMNS = {
    "stockpile": [
        *("state", "membership", "status", "deadline", "declared", "remaining"),
        *("projected", "p_on_time", "evidence"),
    ],
    "transparency": ["state", "report", "due", "submitted", "days", "disputed"],
    "legislation": ["state", "law", "law_year", "stated", "disputed"],
    "membership": ["state", "membership", "since", "consented", "withdrawal_notified"],
    "views": ["state", "membership", "question", "view", "stated"],
}


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to those of the command line."""
    sub = commands.add_parser("status", parents=[common], help="rate every state")
    sub.add_argument("--format", choices=("table", "csv", "json"), default="table")
    sub.add_argument(
        "--dimension",
        choices=("stockpile", *DIMENSIONS),
        default="stockpile",
        help="what to print for each state (default: the rating of its stockpile)",
    )
    sub.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    day, limits, ledgers = day_of(options), limits_of(options), ledgers_of(options)
    frames = []
    for ledger in ledgers:
        view = ledger.as_of(day, options.rule)
        dimension = DIMENSIONS.get(options.dimension)
        frame = dimension(view) if dimension else status(view, limits)
        if options.format == "table":
            print(safe(table(view, frame, options.dimension)))
        frames.append(frame.assign(treaty=ledger.treaty.id)[["treaty", *frame.columns]])
    if options.format != "table":
        # Treaties count in different units: a column that one lacks stays empty.
        both = pd.concat(frames, ignore_index=True)
        print(csv_text(both) if options.format == "csv" else json_text(both) + "\n", end="")
    return account(ledgers)


def table(view: Ledger, frame: pd.DataFrame, dimension: str) -> str:
    """Lay out one dimension for the terminal: a summary, then the states.

    Parameters
    ----------
    view : Ledger
        As of a day.
    frame : pandas.DataFrame
        What `stockpile.status`, or the function of `DIMENSIONS`, returned for it.
    dimension : str
        ``stockpile``, or one of `DIMENSIONS`.

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
    summary, rows = _SELECTED[dimension](frame)
    cells = rows[_COLUMNS[dimension]].copy()
    for name, column in cells.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            cells[name] = column.dt.strftime("%Y-%m-%d").fillna("-")
        elif column.dtype == "bool":
            cells[name] = column.map({True: "yes", False: "-"})
        elif column.dtype == "Int64":
            cells[name] = column.astype("object").where(column.notna(), "-").astype("str")
    none = "No state with stock is on record." if dimension == "stockpile" else "No state to show."
    body = cells.to_string(index=False) if len(cells) else none
    return f"{view.treaty.name}, as of {view.require_day():%Y-%m-%d}\n{summary}\n\n{body}\n"


def _stockpile(frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Count the ratings; list the states with stock, worst first."""
    order = {rating: i for i, rating in enumerate(RATINGS)}
    counts = frame["status"].value_counts().sort_index(key=lambda ratings: ratings.map(order))
    ratings = ", ".join(f"{number} {rating}" for rating, number in counts.items())
    states = f"{len(frame)} state{'' if len(frame) == 1 else 's'}"
    listed = frame["has_stock"] | frame["status"].isin(["overdue", "off target", "at risk"])
    rows = frame[listed].sort_values("state", kind="stable")
    rows = rows.sort_values("status", key=lambda ratings: ratings.map(order), kind="stable")
    rows["state"] = [words.short_name(name, LONGEST) for name in rows["state"]]
    for column in ("declared", "remaining"):
        rows[column] = rows[column].map("{:,.0f}".format, na_action="ignore").fillna("-")
    rows["p_on_time"] = rows["p_on_time"].map("{:.0%}".format, na_action="ignore").fillna("-")
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


#: For each dimension: what sums it up, and the rows of the table on the terminal.
_SELECTED = {
    "stockpile": _stockpile,
    "transparency": _transparency,
    "legislation": _legislation,
    "membership": _membership,
    "views": _views,
}
