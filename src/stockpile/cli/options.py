"""What several commands take and print."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from stockpile.common.terminal import safe
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.ledger.load import load, packaged
from stockpile.rating.status import Thresholds

DONE, ATTENTION, USAGE, ALERT, BUSY, UNWRITTEN, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
#: What each exit code means, in the words of ``stockpile --help``.
EXIT_CODES = {
    DONE: "done",
    ATTENTION: "done, but something needs attention (rejected rows, a failed report)",
    USAGE: "wrong usage",
    ALERT: "what --fail-on names was found",
    BUSY: "another run is writing to the same folder",
    UNWRITTEN: "a file could not be written or read",
}
#: Problems printed on the terminal, and characters of a cell or a name there.
_PRINTED, LONGEST = 20, 60


def _today() -> pd.Timestamp:
    """The one place where the clock is asked."""
    return pd.Timestamp(dt.date.today())


def day_of(options: argparse.Namespace) -> pd.Timestamp:
    """Return the as-of day that was asked for, or today."""
    return _today() if options.as_of is None else past_day(options.as_of, options)


def past_day(text: str, options: argparse.Namespace) -> pd.Timestamp:
    """Read a day; one after today is refused unless ``--allow-future`` was given.

    Of such a day nothing is known yet: deadlines pass in it that nobody could report on.
    """
    day = read_day(text)
    if day > _today() and not options.allow_future:
        raise ValueError(
            f"{text} is after today; expected a day that has come, or --allow-future as well"
        )
    return day


def read_day(text: str) -> pd.Timestamp:
    """Read a day; ``today`` is one."""
    return _today() if text == "today" else parse_day(text)


def is_ahead(text: str) -> bool:
    """Whether a day has not come yet."""
    return read_day(text) > _today()


def limits_of(options: argparse.Namespace) -> Thresholds:
    """Return the thresholds that were asked for, or the library's."""
    given = {"on_target": options.on_target, "at_risk": options.at_risk}
    return Thresholds(**{name: value for name, value in given.items() if value is not None})


def ledgers_of(options: argparse.Namespace) -> list[Ledger]:
    """Load the treaties that were asked for, each of them once."""
    ledgers = [load(treaty) for treaty in options.treaty or packaged()]
    if options.verbose:
        for ledger in ledgers:
            print(f"stockpile: {safe(repr(ledger))}", file=sys.stderr)
    for treaty_id, times in Counter(ledger.treaty.id for ledger in ledgers).items():
        if times > 1:
            raise ValueError(f"the treaty {treaty_id!r} is named twice; expected each treaty once")
    return ledgers


def account(ledgers: Sequence[Ledger], options: argparse.Namespace | None = None) -> int:
    """Print what was rejected to stderr, unless ``--quiet`` was given; return the exit code."""
    quiet = bool(getattr(options, "quiet", False))
    for ledger in () if quiet else ledgers:
        counts = ledger.counts[["read", "accepted", "rejected"]].sum()
        if counts["rejected"]:
            print(
                f"stockpile: {ledger.treaty.id}: {counts['read']} rows read, "
                f"{counts['accepted']} accepted, {counts['rejected']} rejected:",
                file=sys.stderr,
            )
            for row in ledger.rejected.head(_PRINTED).itertuples():
                value = repr(str(row.value)[:LONGEST])
                problem = f"{row.column} {value}: {row.reason}; expected {row.expected}"
                print(f"  {safe(f'{row.file}, line {row.line}, {problem}')}", file=sys.stderr)
            if len(ledger.rejected) > _PRINTED:
                more = len(ledger.rejected) - _PRINTED
                print(f"  and {more} more; `stockpile data` writes all of them", file=sys.stderr)
    return ATTENTION if any(len(ledger.rejected) for ledger in ledgers) else DONE
