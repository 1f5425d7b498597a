"""Say in plain words what was recognised in a file, what is wrong with it, and what to do next."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from stockpile.common.errors import LIMITS, Answer, DataError, LimitRaised, Message
from stockpile.common.output import quoted, safe
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import folder_of, ledger_of, load, packaged, rules_and_acts
from stockpile.spreadsheets.headings import SUGGESTED
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.layout import Table
from stockpile.spreadsheets.options import Options, Reading
from stockpile.spreadsheets.values import ADVICE

#: Kinds of problem shown, and examples of each.
_KINDS, _EXAMPLES = 10, 3


@dataclass(frozen=True)
class Checked:
    """What a check came to."""

    text: str  # to be read by people
    rejected: pd.DataFrame | None  # every problem; none where no row could be read
    ledger: Ledger | None = None  # the accepted rows of a table of one's own


def check(
    path: str | os.PathLike[str],
    *,
    treaty: str | os.PathLike[str] | None = None,
    **how: Unpack[Reading],
) -> Checked:
    """Check a table that `stockpile.read` takes, or a treaty folder, before it is used.

    ``how`` has the options of `stockpile.read`; a day of publication is not asked for.
    Raises a `DataError` when the file cannot be read at all, or no table is recognised in it.

    >>> from stockpile.ledger.load import packaged_folder
    >>> print(check(packaged_folder("apmbc")).text.splitlines()[0])
    sources.csv: 838 rows read, 838 accepted, 0 rejected
    """
    where = Path(path)
    if not where.exists():
        raise DataError(f"{where}: there is no such file")
    if treaty is None:
        if (where / "treaty.toml").is_file():
            ledger = load(where, limits=how.get("limits", LIMITS))
            lines = [*_counts(ledger), *_calendar(ledger), "", *_account(ledger)]
            return Checked(_lines(lines), ledger.rejected)
        raise DataError(
            f"{where.name}: which treaty is it about? say "
            f"{', '.join(f'--treaty {one}' for one in packaged())}, "
            "or --treaty with the folder of one of your own"
        )
    folder = folder_of(treaty)
    undated = how.get("published") is None
    if undated:
        how["published"] = "unknown"
    options = Options(**how)
    base = rules_and_acts(folder)
    understood = understand(where, base.treaty, options)
    lines = [line for table in understood.tables for line in _recognised(table)]
    if understood.questions:
        count = _many(len(understood.questions), "question")
        lines += ["", f"{count} to answer before it can be read:"]
        for n, one in enumerate(understood.questions, 1):
            lines.append(f"  {n}. {one.place}: {in_flags(one.message)}")
        if others := understood.all_at_once():
            lines += ["", in_flags(tuple(others)).strip()]
        if any(one.about_heading for one in understood.questions):
            known = ", ".join(map(repr, SUGGESTED))
            lines += ["", "Known headings:", *(f"  {line}" for line in textwrap.wrap(known, 90))]
            lines.append(
                "and others; those of numbers may name a unit, as 'submunitions declared'."
            )
        return Checked(_lines(lines), None)
    if not any(table.rows for table in understood.tables):
        return Checked(_lines([*lines, "", "No row stands below the headings."]), None)
    ledger = ledger_of(understood, base, where)
    undated = undated and not any(one.having("published") or one.full for one in understood.tables)
    if undated:  # that no day is known is no finding here
        doubts = ledger.warnings[ledger.warnings["kind"] != "no day at all"]
        ledger = replace(ledger, warnings=doubts.reset_index(drop=True))
    lines += ["", *_counts(ledger), *_stated(ledger), "", *_account(ledger)]
    if undated:
        day = in_flags((Answer("published", ("2012-04-01",)),))
        lines += ["", f"Still to be said before it is used: when the figures came out, as {day}."]
    return Checked(_lines(lines), ledger.rejected, ledger)


def _lines(lines: Iterable[str]) -> str:
    """Lines as a text that cannot do anything to a terminal, whatever a cell held."""
    out = "\n".join(safe(line).replace("\n", "\\n") for line in lines)
    return out.rstrip("\n") + "\n"


def _recognised(table: Table) -> list[str]:
    """Where the table stands, and what each of its columns is read as."""
    if table.full:
        return [f"{table.sheet.place}: the table {table.full} of a treaty folder"]
    lines = " and ".join(map(str, table.top))
    top = f"lines {lines}" if len(table.top) > 1 else f"line {lines}"
    width = min(max((len(column.text) for column in table.columns), default=0), 40)
    return [
        f"{table.sheet.place}: a table with its headings in {top}",
        *(f"  {column.text:<{width}}  {column.meaning()}" for column in table.columns),
    ]


def _counts(ledger: Ledger) -> list[str]:
    return [
        f"{_place(row)}: {_many(row.read, 'row')} read, "
        f"{row.accepted:,} accepted, {row.rejected:,} rejected"
        for row in ledger.counts.itertuples()
    ]


def _place(row: Any) -> str:
    sheet = getattr(row, "sheet", "")
    return f"{row.file}, sheet {sheet!r}" if sheet else str(row.file)


def _calendar(ledger: Ledger) -> list[str]:
    """That a treaty has no day for reports, and what follows."""
    if ledger.treaty.annual_due is not None:
        return []
    return [
        "treaty.toml: no reporting.annual_due, so that under the rule 'reported', too, a figure "
        "is known from its publication"
    ]


def _stated(ledger: Ledger) -> list[str]:
    """What was accepted, in a sentence."""
    numbers, states = len(ledger.quantities), ledger.states["iso3"].nunique()
    days = ledger.quantities["period_end"].dropna()
    span = f", of {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(days) else ""
    return [f"{_many(numbers, 'figure')} on {_many(states, 'state')}{span}"]


def _many(count: Any, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _account(ledger: Ledger) -> list[str]:
    """What was left out, what is wrong, and what to do about it."""
    out: list[str] = []
    warnings, rejected = ledger.warnings, ledger.rejected
    if len(warnings):
        out.append("Left out, or accepted with a doubt:")
        for kind, rows in warnings.groupby("kind", sort=False):
            out += examples(
                str(kind), rows, lambda row: f"{_place(row)}, line {row.line}: {row.message}"
            )
        out.append("")
    if not len(rejected):
        return [*out, "Nothing was rejected."]
    out.append("Rejected, by what would be right:")
    groups = list(rejected.groupby("expected", sort=False))
    groups.sort(key=lambda pair: -len(pair[1]))
    for expected, rows in groups[:_KINDS]:
        right = in_flags(ADVICE.get(str(expected), (str(expected),)))
        out += examples(right, rows, _problem)
    if len(groups) > _KINDS:
        out.append(f"  and {len(groups) - _KINDS:,} other kinds")
    out += ["", "Correct these rows in the file, or give the options named, and check it again."]
    return out


def _problem(row: Any) -> str:
    value = repr(str(row.value)[:60])
    return f"{_place(row)}, line {row.line}, {row.column!r} {value}: {row.reason}"


def examples(what: str, rows: pd.DataFrame, text: Callable[[Any], str]) -> list[str]:
    """How many rows a finding is about, and the first few of them."""
    more = [f"    and {len(rows) - _EXAMPLES:,} more"] if len(rows) > _EXAMPLES else []
    shown = [f"    {text(row)}" for row in rows.head(_EXAMPLES).itertuples()]
    return [f"  {what} ({len(rows):,})", *shown, *more]


def in_flags(message: Message) -> str:
    """Write a message with its options as those of the command line.

    >>> in_flags(("say ", Answer("cumulative", (False,)), " for the first"))
    'say --cumulative no for the first'
    >>> in_flags((Answer("date_order", ("dmy", "mdy")), " or ", Answer("columns", ({"X": None},))))
    '--date-order dmy or --date-order mdy or --column "X="'
    """
    return "".join(_flags(part) if isinstance(part, Answer) else str(part) for part in message)


def _flags(answer: Answer) -> str:
    """An option with each of its values, as typed into a shell."""
    flag = {"columns": "column", "limits": "limit"}.get(answer.option, answer.option)
    flag = flag.replace("_", "-")
    return " or ".join(f"--{flag} {_typed(value)}" for value in answer.values)


def _typed(value: object) -> str:
    """A value as a word of a command."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, LimitRaised):
        return f"{value.name}={value.number}"
    if isinstance(value, list):  # further words for 'not stated'
        (value,) = value
    if isinstance(value, dict):
        ((heading, meaning),) = value.items()
        value = f"{'HEADING' if heading is ... else heading}={meaning or ''}"
    return quoted(str(value))
