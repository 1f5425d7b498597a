"""The command line: ``stockpile status``, ``report``, ``batch``, ``data`` and more."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stockpile._version import __version__
from stockpile.cli import check as cli_own
from stockpile.cli import compliance as cli_compliance
from stockpile.cli import report as cli_report
from stockpile.cli.options import (
    _LONGEST,
    DONE,
    INTERRUPTED,
    USAGE,
    account,
    day_of,
    ledgers_of,
    limits_of,
)
from stockpile.common import english as words
from stockpile.common.errors import DataError
from stockpile.common.output import csv_text, json_text, write_text
from stockpile.common.terminal import safe
from stockpile.forecast.projection import project
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.ledger.load import packaged
from stockpile.rating.status import RATINGS, status
from stockpile.stock.evidence import statements
from stockpile.stock.progress import conflicts, progress

#: Columns of ``stockpile status --format table``; the other formats have them all.
_TABLE = [
    "state",
    "membership",
    "status",
    "deadline",
    "declared",
    "remaining",
    "projected",
    "p_on_time",
    "evidence",
]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process if left out.

    Returns
    -------
    int
        0 done; 1 done, but something needs attention (rejected rows, a failed
        report); 2 wrong usage; 3 what ``--fail-on`` names is there; 4 another run
        is writing to the same folder.
    """
    parser = _parser()
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:  # argparse leaves by itself: 0 for --help, 2 for wrong usage
        return int(stop.code or 0)
    try:
        return int(options.run(options))
    except (DataError, ValueError) as error:
        print(f"stockpile: {safe(error)}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # The reader, as `head`, has had enough; that is no failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("stockpile: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        said = f"{error.filename or ''}: {error.strerror or error}"
        print(f"stockpile: {safe(said)}", file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stockpile",
        description="Follow how states destroy the weapons they have promised to destroy.",
        epilog="Exit codes: 0 done; 1 done, but something needs attention; 2 wrong usage; "
        "3 what --fail-on names is there; 4 another run is writing to the same folder.",
    )
    parser.add_argument("--version", action="version", version=f"stockpile {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--treaty",
        action="append",
        metavar="ID|FOLDER",
        help=f"{' or '.join(packaged())}, or a folder of your own; may be repeated (default: all)",
    )
    common.add_argument("--as-of", metavar="DAY", help="YYYY-MM-DD (default: today)")
    common.add_argument(
        "--rule", choices=RULES, default="reported", help="what 'known on a day' means"
    )
    common.add_argument(
        "--on-target", type=float, metavar="P", help="chance from which a state is on target"
    )
    common.add_argument(
        "--at-risk", type=float, metavar="P", help="chance from which a state is at risk"
    )

    sub = commands.add_parser("status", parents=[common], help="rate every state")
    sub.add_argument("--format", choices=("table", "csv", "json"), default="table")
    sub.add_argument(
        "--dimension",
        choices=("stockpile", *cli_compliance.DIMENSIONS),
        default="stockpile",
        help="what to say of each state (default: the rating of its stockpile)",
    )
    sub.set_defaults(run=_status)

    cli_report.add(commands, common)
    cli_own.add(commands)

    sub = commands.add_parser(
        "backtest",
        parents=[common],
        help="replay the past and score the projections (default day: of the newest row)",
    )
    sub.add_argument("--step", type=int, default=6, metavar="MONTHS", help="between two replays")
    sub.add_argument(
        "--out", type=Path, metavar="FOLDER", help="also write every replay and table as CSV"
    )
    sub.set_defaults(run=_backtest)

    sub = commands.add_parser(
        "data", parents=[common], help="write the processed tables (default day: of the newest row)"
    )
    sub.add_argument("--out", type=Path, default=Path("data/processed"), metavar="FOLDER")
    sub.set_defaults(run=_data)
    return parser


def _status(options: argparse.Namespace) -> int:
    day, limits, ledgers = day_of(options), limits_of(options), ledgers_of(options)
    frames = []
    for ledger in ledgers:
        then = ledger.as_of(day, options.rule)
        asked = cli_compliance.DIMENSIONS.get(options.dimension)
        frame = status(then, limits) if asked is None else asked(then)
        frame.insert(0, "treaty", ledger.treaty.id)
        frames.append(frame)
    if options.format == "table":
        for ledger, frame in zip(ledgers, frames, strict=True):
            if options.dimension in cli_compliance.DIMENSIONS:
                then = ledger.as_of(day, options.rule)
                print(safe(cli_compliance.table(then, frame, options.dimension)))
            else:
                print(safe(_table(ledger, frame, day)))
    else:
        # Treaties count in different units: a column that one lacks stays empty.
        both = pd.concat(frames, ignore_index=True)
        print(csv_text(both) if options.format == "csv" else json_text(both) + "\n", end="")
    return account(ledgers)


def _table(ledger: Ledger, frame: pd.DataFrame, day: pd.Timestamp) -> str:
    """The states with stock, worst first, and a count of the others."""
    order = {rating: i for i, rating in enumerate(RATINGS)}
    counted = ", ".join(
        f"{number} {rating}"
        for rating, number in sorted(
            frame["status"].value_counts().items(), key=lambda item: order[str(item[0])]
        )
    )
    shown = frame[frame["has_stock"] | frame["status"].isin(["overdue", "off target", "at risk"])]
    shown = shown.assign(order=shown["status"].map(order)).sort_values(["order", "state"])
    text = shown[_TABLE].copy()
    text["state"] = [words.short_name(name, _LONGEST) for name in text["state"]]
    for column in ("deadline", "projected"):
        text[column] = text[column].dt.strftime("%Y-%m-%d").fillna("-")
    for column in ("declared", "remaining"):
        text[column] = text[column].map("{:,.0f}".format, na_action="ignore").fillna("-")
    text["p_on_time"] = text["p_on_time"].map("{:.0%}".format, na_action="ignore").fillna("-")
    many = f"{len(frame)} state{'' if len(frame) == 1 else 's'}{': ' if counted else ''}{counted}"
    head = f"{ledger.treaty.name}, as of {day:%Y-%m-%d}\n{many}\n"
    body = text.to_string(index=False) if len(text) else "No state with stock is on record."
    return f"{head}\n{body}\n"


def _backtest(options: argparse.Namespace) -> int:
    from stockpile.track_record import backtest, scoring

    limits, ledgers = limits_of(options), ledgers_of(options)
    until = None if options.as_of is None else parse_day(options.as_of)
    replays = backtest.replay(
        ledgers, step=options.step, rule=options.rule, thresholds=limits, until=until
    )
    tables = {
        "scores": scoring.scores(replays),
        "calibration": scoring.calibration(replays),
        "reliability": scoring.reliability(replays),
        "ratings": scoring.by_rating(replays),
        "alarms": scoring.alarms(replays),
        "false_alarms": scoring.false_alarms(replays),
    }
    for name, about in backtest.TABLES.items():
        shown = tables[name].copy()
        for column in shown.select_dtypes("datetime"):
            shown[column] = shown[column].dt.strftime("%Y-%m-%d").fillna("-")
        body = shown.round(3).to_string(index=False) if len(shown) else "none"
        print(safe(f"{about}\n\n{body}\n"))
    if options.out:
        for name, frame in {"replays": replays, **tables}.items():
            write_text(options.out / f"{name}.csv", csv_text(frame))
        print(f"{options.out}: {len(tables) + 1} tables")
    return account(ledgers)


def _data(options: argparse.Namespace) -> int:
    limits, ledgers = limits_of(options), ledgers_of(options)
    for ledger in ledgers:
        day = ledger.newest if options.as_of is None else parse_day(options.as_of)
        then = ledger.as_of(day, options.rule)
        folder = options.out / ledger.treaty.id
        tables = {
            "progress": progress(then),
            "statements": statements(then),
            "projection": project(then),
            "status": status(then, limits),
            "conflicts": conflicts(then),
            "rejected": ledger.rejected,
            "warnings": ledger.warnings,
            "counts": ledger.counts,
        }
        for name, frame in tables.items():
            write_text(folder / f"{name}.csv", csv_text(frame))
        print(f"{folder}: {len(tables)} tables as of {day:%Y-%m-%d}")
    return account(ledgers)


if __name__ == "__main__":
    sys.exit(main())
