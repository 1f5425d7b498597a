"""The command line: ``stockpile status``, ``report``, ``batch``, ``data`` and more."""

from __future__ import annotations

import argparse
import difflib
import functools
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, get_args

from stockpile import results
from stockpile._version import __version__
from stockpile.cli import check, maintain, report, show
from stockpile.cli.options import (
    DONE,
    EXIT_CODES,
    INTERRUPTED,
    UNWRITTEN,
    USAGE,
    account,
    add_arguments,
    add_command,
    ledgers_of,
    limits_of,
    past_day,
)
from stockpile.common.errors import DataError
from stockpile.common.output import csv_text, safe, write_text
from stockpile.common.shipped import how_to_install
from stockpile.ledger.ledger import Rule
from stockpile.ledger.load import packaged, packaged_folder
from stockpile.results.tables import long_form, write_tables
from stockpile.treaty.datapackage import data_version


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return one of `stockpile.cli.options.EXIT_CODES`."""
    _ready_streams()
    parser = command_parser()
    given = sys.argv[1:] if argv is None else list(argv)
    if not given:
        parser.print_help()
        return DONE
    try:
        options, unknown = parser.parse_known_args(given)
        if unknown:
            options.command.refuse(unknown)
        options.typed = given
    except SystemExit as stop:  # argparse leaves by itself: 0 for --help, 2 for wrong usage
        return int(stop.code or 0)
    try:
        with check.own_rows(options) as rejected:
            code = max(rejected, int(options.run(options)))
        sys.stdout.flush()  # or what cannot be written is found out too late to say so
        return code
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
        place = error.filename or "the output"
        print(f"stockpile: {safe(f'{place}: {error.strerror or error}')}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:  # what is left of it is given up
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNWRITTEN


def _ready_streams() -> None:
    """Have all three streams there, so that no file that is opened later takes their place.

    What an encoding other than UTF-8 lacks is written out as its number.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free, which is this one
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            stream = os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8")
            setattr(sys, name, stream)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Parser(argparse.ArgumentParser):
    """A parser that says what was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and, of a word that is none, which is nearest."""
        choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if choice:
            words = re.findall(r"[\w-]+", choice[2])
            if near := difflib.get_close_matches(choice[1], words, n=1):
                message += f"; did you mean {near[0]}?"
        super().error(message)

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Refuse options that this command does not have."""
        known = [name for action in self._actions for name in action.option_strings]
        message = f"unrecognized arguments: {' '.join(unknown)}"
        word = unknown[0]
        near = difflib.get_close_matches(word.split("=")[0], known, n=1)
        if not word.startswith("-"):  # a treaty or a state, by what it is called
            option = "--treaty" if word.casefold() in packaged() else "--state"
            near = [f"{option} {word}"] if option in known else []
        if near:
            message += f"; did you mean {near[0]}?"
        self.error(message)


def command_parser() -> Parser:
    """Make the parser of the command line, with all commands."""
    parser = Parser(
        prog="stockpile",
        description="Follow how states destroy the weapons they have promised to destroy.",
        epilog="Exit codes: "
        + "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())
        + ".",
    )
    tables = data_version(packaged_folder("ccm"))  # all packaged tables have one version
    parser.add_argument(
        "--version", action="version", version=f"stockpile {__version__}, tables {tables}"
    )
    parser.add_argument(
        "--print-completion",
        choices=("bash", "zsh", "tcsh"),
        action=_Completion,
        help="print what a shell needs to complete commands and options",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = Parser(add_help=False)
    add_arguments(common, "common")
    add_arguments(common.add_mutually_exclusive_group(), "volume")
    add_arguments(common, "ratings")
    own = argparse.ArgumentParser(add_help=False)
    check.add_own(own)
    show.add(commands, common, own)
    report.add(commands, common, own)
    check.add(commands)
    maintain.add(commands)
    add_command(commands, "backtest", _backtest, "backtest", parents=[common])
    add_command(commands, "data", _data, "data", parents=[common])
    for sub in commands.choices.values():
        sub.set_defaults(command=sub)
    return parser


class _Completion(argparse.Action):
    """Print the completion of a shell, and leave."""

    def __call__(self, parser: argparse.ArgumentParser, _: Any, shell: Any, *__: Any) -> None:
        try:
            import shtab
        except ModuleNotFoundError:
            parser.error(f"completion needs shtab; install it with: {how_to_install('completion')}")
        print(shtab.complete(parser, shell=shell))
        parser.exit()


def _backtest(options: argparse.Namespace) -> int:
    from stockpile.reports.workers import cores
    from stockpile.track_record import backtest, scoring

    limits, ledgers = limits_of(options), ledgers_of(options)
    until = None if options.as_of is None else past_day(options.as_of, options)
    look = functools.partial(
        backtest.replay, ledgers, step=options.step, thresholds=limits, until=until, jobs=cores()
    )
    replays = look(rule=options.rule)
    by_rule = {options.rule: replays}
    for rule in get_args(Rule):
        if rule not in by_rule:
            by_rule[rule] = look(rule=rule, hindsight=False)
    tables = {name: (about, make(replays)) for name, (about, make) in scoring.TABLES.items()}
    tables["aims"] = (
        "What was to be reached, and what was, with 90 per cent ranges by drawing states. "
        "ratio_held: the aim, moved as the first version's own score has moved with the record.",
        scoring.against_aims(replays),
    )
    tables["rules"] = (
        "Both rules of knowing, on the days of states that both have.",
        scoring.both_rules(by_rule),
    )
    for about, table in tables.values():
        shown = table.drop(columns="in_the_way", errors="ignore")
        for column in shown.select_dtypes("datetime"):
            shown[column] = shown[column].dt.strftime("%Y-%m-%d").fillna("-")
        body = shown.round(3).to_string(index=False) if len(shown) else "none"
        print(safe(f"{about}\n\n{body}\n"))
    for row in tables["aims"][1].query("in_the_way != ''").itertuples():
        missed = "the aim" if row.reached == "no" else "the ratio"
        print(safe(f"{row.treaty}, {row.figure}: misses {missed}; {row.in_the_way}."))
    if options.out:
        made = {name: table for name, (_, table) in tables.items()}
        for name, frame in {"replays": replays, **made}.items():
            write_text(options.out / f"{name}.csv", csv_text(frame))
        print(f"{options.out}: {len(tables) + 1} tables")
    return account(ledgers, options)


def _data(options: argparse.Namespace) -> int:
    limits, ledgers = limits_of(options), ledgers_of(options)
    for ledger in ledgers:
        day = ledger.newest if options.as_of is None else past_day(options.as_of, options)
        view = ledger.as_of(day, options.rule)
        folder = options.out / ledger.treaty.id
        frames = {
            "progress": results.progress(view),
            "statements": results.statements(view),
            "projection": results.project(view),
            "status": results.status(view, limits),
            "conflicts": results.conflicts(view),
            "by_year": results.by_year(view),
            "long": long_form(view),
            "rejected": ledger.rejected,
            "warnings": ledger.warnings,
            "counts": ledger.counts,
        }
        write_tables(folder, frames, view, hxl=options.hxl)
        print(f"{folder}: {len(frames)} tables as of {day:%Y-%m-%d}")
    return account(ledgers, options)


if __name__ == "__main__":
    sys.exit(main())
