"""The commands for an analyst's own data: ``stockpile check`` and ``stockpile new-treaty``."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.cli.options import ATTENTION, DONE, account, add_arguments, add_command
from stockpile.common.english import digits
from stockpile.common.errors import DataError, Limits
from stockpile.common.output import csv_text, quoted, safe, write_text
from stockpile.common.shipped import how_to_install
from stockpile.ledger.account import check, examples, in_flags
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import load, read
from stockpile.stock.progress import statements
from stockpile.treaty.new_folder import new_treaty

UNREADABLE = 2
#: So many figures are held against each other at most, for that takes long.
_COMPARED = 20_000


def add(commands: Any) -> None:
    """Add the commands to those of the command line."""
    add_command(commands, "check", _check, "check", "reading", "out of check")
    add_command(commands, "template", _template, "template")
    add_command(commands, "new-treaty", _new_treaty, "new-treaty")


def add_own(parser: argparse.ArgumentParser) -> None:
    """Add what lays somebody's own rows over the tables of a treaty, and how to read them."""
    own = parser.add_argument_group(
        "your own rows",
        "as `stockpile check` reads them; pages say that they are not published",
    )
    add_arguments(own, "own", "reading")


@contextlib.contextmanager
def own_rows(options: argparse.Namespace) -> Iterator[int]:
    """Put rows of somebody's own among those of the treaty that a command is about.

    They are written as a treaty folder that is there as long as the command runs, and that stands
    in for the treaty. Yields the exit code that the rejected ones among them ask for.
    """
    extra, table = getattr(options, "extra", None), getattr(options, "table", None)
    tables: list[Path] = [*(extra or ()), *([table] if table else ())]
    if not tables:
        yield DONE
        return
    if extra and table:
        raise ValueError("--extra and --table: expected one of the two")
    single = hasattr(options, "notebook")
    if single:
        named = [one.removeprefix("treaty=") for one in options.set if one.startswith("treaty=")]
    else:
        named = options.treaty or []
    if len(named) != 1:
        how = "--set treaty=ccm" if single else "--treaty ccm"
        raise ValueError(f"whose rules hold for your rows? expected one treaty, as {how}")
    for path in tables:
        if not path.exists():
            raise DataError(f"{path}: there is no such file")
    how_read = _reading(options)
    try:
        if extra:
            ledger = load(named[0], extra=tables, **how_read)
        else:
            ledger = read(tables[0], treaty=named[0], **how_read)
    except ValueError as error:  # what it names has to be an option here too
        raise DataError(in_flags(error.args)) from None
    if ledger.quantities.empty and ledger.events.empty:
        raise DataError(f"{ledger.treaty.unpublished}: no row of it was accepted")
    code = account([ledger])
    with tempfile.TemporaryDirectory(prefix="stockpile-") as place:
        folder = ledger.save(Path(place) / f"{ledger.treaty.id}-and-own-rows")
        if single:
            options.folder = folder
        else:
            options.treaty = [str(folder)]
        yield code


def _reading(options: argparse.Namespace) -> dict[str, Any]:
    """What was said of how to read a table."""
    plain = "source published kind unit on sheet header decimal date_order missing encoding".split()
    given = {name: getattr(options, name) for name in (*plain, "delimiter", "scale")}
    for name in ("cumulative", "percent"):
        answer = getattr(options, name)
        given[name] = None if answer is None else answer == "yes"
    given["columns"] = _columns(options.column)
    how = {name: value for name, value in given.items() if value is not None}
    if options.limit:
        how["limits"] = _limits(options.limit)
    return how


def _check(options: argparse.Namespace) -> int:
    how = _reading(options)
    try:
        with _on_disk(options.path, how.get("limits", Limits())) as path:
            checked = check(path, treaty=options.treaty, **how)
    except ValueError as error:  # what it names has to be an option here too
        raise DataError(in_flags(error.args)) from None
    print(checked.text, end="")
    if checked.ledger is not None:
        print("".join(f"{safe(line)}\n" for line in _set_aside(checked.ledger)), end="")
    if checked.rejected is None:
        return UNREADABLE
    path = options.out / "rejected.csv"
    write_text(path, csv_text(checked.rejected))
    problems = len(checked.rejected)
    print(f"Written: {safe(path)} ({problems:,} problem{'' if problems == 1 else 's'})")
    if checked.ledger is not None and not problems and str(options.path) != "-":
        print(safe(f"Pages of it: {_report_command(options)}"))
    return ATTENTION if len(checked.rejected) else DONE


def _report_command(options: argparse.Namespace) -> str:
    """The command that makes a report of what was checked, with the same answers."""
    words = list(options.typed[1:])
    at = next(n for n, word in enumerate(words) if Path(word) == options.path)
    del words[at]
    if "--out" in words:
        at = words.index("--out")
        del words[at : at + 2]
    words = ["report", "--table", str(options.path), *words]
    if options.published is None:
        words += ["--published", "DAY"]  # none is made up
    return " ".join(["stockpile", *map(quoted, words), "--out", "mine"])


def _set_aside(ledger: Ledger) -> list[str]:
    """How many of the accepted rows count for nothing beside the others, and why."""
    rows = ledger.quantities
    if not 0 < len(rows) <= _COMPARED:
        return []
    day = ledger.newest
    all_of_them = statements(ledger.as_of(day))
    out = all_of_them[all_of_them["role"] == "set aside"].rename(
        columns={"figure": "measure", "value": "quantity", "date": "on"}
    )
    keys = ["iso3", "measure", "quantity", "on", "source_id"]
    out = out.drop_duplicates(keys).merge(rows[[*keys, "file", "line"]], on=keys)
    if out.empty:
        return []
    lines = out[["file", "line"]].drop_duplicates()
    accepted = len(rows[["file", "line"]].drop_duplicates())
    text = [
        "",
        f"{len(lines):,} of {accepted:,} accepted rows {'is' if len(lines) == 1 else 'are'} set "
        f"aside beside the others, as of {day:%Y-%m-%d}:",
    ]
    for why, same in out.groupby("why", sort=False):
        text += examples(str(why), same, _figure)
    return text


def _figure(row: Any) -> str:
    when = "" if pd.isna(row.on) else f" on {row.on:%Y-%m-%d}"
    figure = f"{row.measure.replace('_', ' ')} {digits(row.quantity)}{when}"
    return f"{row.file}, line {row.line}: {row.iso3}: {figure}"


@contextlib.contextmanager
def _on_disk(path: Path, limits: Limits) -> Iterator[Path]:
    """The file itself or, for ``-``, a file of what comes from standard input."""
    if str(path) != "-":
        yield path
        return
    content = sys.stdin.buffer.read(limits.file_bytes + 1)
    book = content.startswith(b"PK")  # a workbook is an archive
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"standard input.{'xlsx' if book else 'csv'}"
        place.write_bytes(content)
        yield place


def _columns(given: list[str]) -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for one in given:
        heading, equals, meaning = one.rpartition("=")
        if not equals:
            raise ValueError(f"--column is {one!r}; expected HEADING=MEANING, as 'Nation=state'")
        out[heading] = meaning or None
    return out


def _limits(given: list[str]) -> Limits:
    """The limits that were named, the others as they are."""
    names = [one.name for one in fields(Limits)]
    out: dict[str, int] = {}
    for one in given:
        name, _, number = one.partition("=")
        plain = number.replace(",", "").replace("_", "")
        if name not in names or not (plain.isascii() and plain.isdigit() and len(plain) < 20):
            raise ValueError(
                f"--limit is {one!r}; expected NAME=NUMBER, as rows=10000000, with one of the "
                f"names {', '.join(names)}"
            )
        out[name] = int(plain)
    return Limits(**out)


def _template(options: argparse.Namespace) -> int:
    try:
        from stockpile.reports.template import write_template

        path = write_template(options.treaty, options.path)
    except ImportError:
        raise DataError(f"a template needs xlsxwriter; {how_to_install('report')}") from None
    treaty = quoted(str(options.treaty))
    print(safe(f"{path}: fill in its sheets (the last one says how), then run"))
    print(safe(f"  stockpile check {quoted(str(path))} --treaty {treaty}"))
    return DONE


def _new_treaty(options: argparse.Namespace) -> int:
    folder = new_treaty(options.folder)
    print(safe(f"{folder}: fill in treaty.toml and the tables (README.md says how), then run"))
    print(safe(f"  stockpile check {quoted(str(folder))}"))
    return DONE
