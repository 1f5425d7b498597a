"""What several commands take and print: days, treaties, states, and results in any form."""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import io
import os
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile._version import __version__
from stockpile.common import english
from stockpile.common.errors import Limits
from stockpile.common.output import csv_text, json_text, safe, write_text
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.ledger.load import load, packaged
from stockpile.rating.status import Thresholds
from stockpile.results.form import state_codes
from stockpile.spreadsheets.options import DELIMITERS
from stockpile.treaty.schema import SOURCE_KINDS

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


#: Characters of a state's name where there is little room.
_NARROW_NAME = 24
#: What the end of a file's name says of the form that it is to have.
_FORMS = {".csv": "csv", ".json": "json"}


#: The commands, what each takes, and the results that `stockpile show` gives out.
ARGUMENTS = tomllib.loads(Path(__file__).with_name("arguments.toml").read_text(encoding="utf-8"))
_TYPES: dict[str, Callable[[str], Any]] = {
    "path": Path,
    "int": int,
    "float": float,
    "mark": lambda given: {"tab": "\t", "\\t": "\t"}.get(given, given),
}


def add_arguments(parser: Any, *groups: str, **words: Any) -> None:
    """Add the arguments of some groups; ``words`` are choices and texts that only the code has."""
    words |= {
        "packaged": " or ".join(packaged()),
        "rules": RULES,
        "kinds": SOURCE_KINDS,
        "marks": DELIMITERS,
        "limits": ", ".join(f"{one.name}={one.default}" for one in fields(Limits)),
    }
    for group in groups:
        for flags, given in ARGUMENTS["groups"][group].items():
            details = dict(given)
            if "type" in details:
                details["type"] = _TYPES[details["type"]]
            if isinstance(details.get("choices"), str):
                details["choices"] = words[details["choices"].strip("{}")]
            if "help" in details:
                details["help"] = details["help"].format(**words)
            parser.add_argument(*flags.split(), **details)


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *groups: str,
    parents: Sequence[argparse.ArgumentParser] = (),
    **words: Any,
) -> argparse.ArgumentParser:
    """Add a command that ``arguments.toml`` describes, with the arguments of some groups."""
    sub: argparse.ArgumentParser = commands.add_parser(
        name, parents=parents, **ARGUMENTS["commands"][name]
    )
    add_arguments(sub, *groups, **words)
    sub.set_defaults(run=run)
    return sub


def codes_of(options: argparse.Namespace, views: Sequence[Ledger]) -> list[list[str] | None]:
    """Codes of the states that were asked for, for each treaty; ``None`` for all.

    A state that only one of several treaties knows is no mistake; one that none knows is.
    """
    if not options.state:
        return [None] * len(views)
    out: list[list[str] | None] = [[] for _ in views]
    for name in options.state:
        problem: ValueError | None = None
        known = False
        for view, codes in zip(views, out, strict=True):
            assert codes is not None
            try:
                codes += state_codes(name, view)
                known = True
            except ValueError as error:
                problem = problem or error
        if not known and problem:
            raise problem
    return out


def give_out(
    options: argparse.Namespace,
    views: Sequence[Ledger],
    frames: Sequence[pd.DataFrame],
    as_table: Callable[[pd.DataFrame, list[str] | None], str],
) -> None:
    """Print or write results of ledgers in the form that was asked for.

    ``as_table`` lays one frame out, with the columns that were asked for if any were.
    """
    columns = _columns(options.columns, frames)
    by_name = _FORMS.get(options.out.suffix.lower()) if options.out else None
    form = options.format or by_name or "table"
    if form == "table":
        text = "\n".join(as_table(frame, columns) for frame in frames)
    else:
        # Treaties count in different units: a column that one lacks stays empty.
        rows = pd.concat(frames, ignore_index=True)
        rows = rows if columns is None else rows[columns]
        text = csv_text(rows) if form == "csv" else _json(rows, views)
    if options.out:
        write_text(options.out, text)
        print(safe(options.out))
        return
    if form != "table" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as both kinds of file are, everywhere
    print(safe(text) if form == "table" else text, end="")


def _json(rows: pd.DataFrame, views: Sequence[Ledger]) -> str:
    """Return rows as a JSON object that says of which day they are, and what they rest on."""
    about = {
        "as_of": f"{views[0].require_day():%Y-%m-%d}",
        "rule": views[0].rule,
        "version": __version__,
        "data_version": {view.treaty.id: view.data_version for view in views},
        "data_hash": {view.treaty.id: view.data_hash for view in views},
        # Whose rows, not published, are among what each treaty's rest on.
        "unpublished": {v.treaty.id: v.treaty.unpublished for v in views if v.treaty.unpublished},
    }
    return json_text(rows, **about) + "\n"


def _columns(text: str | None, frames: Sequence[pd.DataFrame]) -> list[str] | None:
    """The columns that were named, each of which one of the frames has."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    known = list(dict.fromkeys(str(name) for frame in frames for name in frame.columns))
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"nearest is {near[0]}" if near else f"expected some of {', '.join(known)}"
            raise ValueError(f"--columns: no column {name!r}; {hint}")
    return names


def room() -> int | None:
    """Characters of a line of the terminal; ``None`` where the text does not go to one."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return shutil.get_terminal_size().columns
    return None


def heading(view: Ledger) -> str:
    """Say which treaty and day a table is of and, first of all, whether it rests on more."""
    head = f"{view.treaty.name}, as of {view.require_day():%Y-%m-%d}"
    whose = view.treaty.unpublished
    note = f"Not published: rows of {whose} are among what this rests on."
    return f"{head}\n{note}" if whose else head


def laid_out(rows: pd.DataFrame, *, width: int | None = None) -> str:
    """Lay rows out in columns; what does not fit into the width is named below.

    >>> rows = pd.DataFrame({"state": ["Peru"], "left": [1.0], "reason": ["It holds stock."]})
    >>> print(laid_out(rows, width=20))
    state  left
     Peru     1
    (no room for: reason)
    """
    cells = pd.DataFrame({str(name): _shown(rows[name]) for name in rows}, dtype="str")
    kept = list(cells.columns)
    text = cells.to_string(index=False)
    if width is not None and "state" in cells and len(text.split("\n", 1)[0]) > width:
        cells["state"] = [english.short_name(name, _NARROW_NAME) for name in cells["state"]]
        text = cells.to_string(index=False)
    while width is not None and len(kept) > 1 and len(text.split("\n", 1)[0]) > width:
        kept.pop()
        text = cells[kept].to_string(index=False)
    left_out = [name for name in cells.columns if name not in kept]
    return text + (f"\n(no room for: {', '.join(left_out)})" if left_out else "")


def _shown(column: pd.Series) -> Any:
    """A column as text: ISO days, numbers with commas, shares in per cent, a dash for nothing."""
    name = str(column.name)
    if pd.api.types.is_datetime64_any_dtype(column):
        return _or_dash(column.dt.strftime("%Y-%m-%d"))
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "yes", False: "-"})
    if pd.api.types.is_float_dtype(column):
        share = name.startswith(("share_", "p_on_time", "p_by_plan", "chance"))
        shape = _per_cent if share else english.digits
        return _or_dash(column.map(shape, na_action="ignore"))
    return _or_dash(column.astype("object").where(column != ""))


def _or_dash(column: pd.Series) -> pd.Series:
    """A column as text, with a dash for what is missing; one without any value, too."""
    return column.astype("object").where(column.notna(), "-").astype("str")


def _per_cent(share: float) -> str:
    """A share in whole per cent; what is nearly all, or nearly none, is not called so."""
    if 0.995 <= share < 1:
        return ">99%"
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
