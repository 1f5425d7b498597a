"""Say in plain words what was recognised in a file, what is wrong with it, and what to do next."""

from __future__ import annotations

import ast
import os
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.limits import LIMITS
from stockpile.common.terminal import quoted, safe
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import folder_of, load
from stockpile.ledger.read import ledger_of, rules_and_acts
from stockpile.spreadsheets.headings import SUGGESTED
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.layout import Table
from stockpile.spreadsheets.options import Options

#: Kinds of problem shown, and examples of each.
_KINDS, _EXAMPLES = 10, 3


@dataclass(frozen=True)
class Checked:
    """What a check came to.

    Attributes
    ----------
    text : str
        To be read by people.
    rejected : pandas.DataFrame or None
        Every problem of every rejected row; ``None`` where no row could be read.
    """

    text: str
    rejected: pd.DataFrame | None


def check(path: str | os.PathLike[str], *, treaty: object = None, **how: Any) -> Checked:
    """Check a file or a folder before it is used.

    Parameters
    ----------
    path : path
        A table that `stockpile.read` takes, or a treaty folder.
    treaty : str or path, optional
        Its treaty; not needed for a folder with its own ``treaty.toml``.
    **how
        The options of `stockpile.read`. A day of publication is not asked for.

    Raises
    ------
    DataError
        When the file cannot be read at all, or no table is recognised in it.

    Examples
    --------
    >>> from stockpile.ledger.load import packaged_folder
    >>> print(check(packaged_folder("apmbc")).text.splitlines()[0])
    sources.csv: 413 rows read, 413 accepted, 0 rejected
    """
    where = Path(path)
    if not where.exists():
        raise DataError(f"{where}: there is no such file")
    if treaty is None:
        if (where / "treaty.toml").is_file():
            ledger = load(where, limits=how.get("limits", LIMITS))
            return Checked(_lines([*_counts(ledger), "", *_account(ledger)]), ledger.rejected)
        raise DataError(
            f"{where.name}: which treaty is it about? say --treaty ccm, --treaty apmbc, "
            "or --treaty with the folder of one of your own"
        )
    folder = folder_of(treaty)  # type: ignore[arg-type]
    undated = how.get("published") is None
    options = Options(**(how | {"published": "unknown"} if undated else how))
    base = rules_and_acts(folder)
    understood = understand(where, base.treaty, options)
    said = [line for one in understood.readings for line in _recognised(one.table, one.meanings())]
    if understood.questions:
        many = _many(len(understood.questions), "thing")
        said += ["", f"{many} to settle before it can be read:"]
        said += [f"  {n}. {as_flags(one)}" for n, one in enumerate(understood.questions, 1)]
        if any("a known heading" in one for one in understood.questions):
            said += [
                "",
                "Known headings:",
                *[f"  {line}" for line in textwrap.wrap(", ".join(SUGGESTED), 90)],
            ]
            said += ["and others; those of numbers may name a unit, as 'submunitions declared'."]
        return Checked(_lines(said), None)
    if not any(one.table.body for one in understood.readings):
        return Checked(_lines([*said, "", "No row stands below the headings."]), None)
    ledger = ledger_of(understood, base, where)
    tables = [one.table for one in understood.readings]
    undated = undated and not any(one.of("published") or one.full for one in tables)
    if undated:  # that no day is known is no finding here
        doubts = ledger.warnings[ledger.warnings["kind"] != "no day at all"]
        ledger = replace(ledger, warnings=doubts.reset_index(drop=True))
    said += ["", *_counts(ledger), *_stated(ledger), "", *_account(ledger)]
    if undated:
        said += ["", "sp.read will also ask when the figures came out: published='2012-04-01'."]
    return Checked(_lines(said), ledger.rejected)


def _lines(lines: Iterable[str]) -> str:
    """Lines as a text that cannot do anything to a terminal, whatever a cell held."""
    out = "\n".join(safe(line).replace("\n", "\\n") for line in lines)
    return out.rstrip("\n") + "\n"


def _recognised(table: Table, meanings: list[tuple[str, str]]) -> list[str]:
    """Where the table stands, and what each of its columns is read as."""
    lines = " and ".join(str(line) for line in table.top)
    top = f"lines {lines}" if len(table.top) > 1 else f"line {lines}"
    if table.full:
        return [f"{table.sheet.place}: the table {table.full} of a treaty folder"]
    wide = max((len(text) for text, _ in meanings), default=0)
    return [
        f"{table.sheet.place}: a table with its headings in {top}",
        *(f"  {text:<{min(wide, 40)}}  {meaning}" for text, meaning in meanings),
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
            out.append(f"  {kind} ({len(rows):,})")
            for row in rows.head(_EXAMPLES).itertuples():
                out.append(f"    {_place(row)}, line {row.line}: {row.message}")
            if len(rows) > _EXAMPLES:
                out.append(f"    and {len(rows) - _EXAMPLES:,} more")
        out.append("")
    if not len(rejected):
        return [*out, "Nothing was rejected."]
    out.append("Rejected, by what would be right:")
    groups = list(rejected.groupby("expected", sort=False))
    groups.sort(key=lambda pair: -len(pair[1]))
    for expected, rows in groups[:_KINDS]:
        out.append(f"  {as_flags(str(expected))} ({len(rows):,})")
        for row in rows.head(_EXAMPLES).itertuples():
            value = repr(str(row.value)[:60])
            out.append(f"    {_place(row)}, line {row.line}, {row.column!r} {value}: {row.reason}")
        if len(rows) > _EXAMPLES:
            out.append(f"    and {len(rows) - _EXAMPLES:,} more")
    if len(groups) > _KINDS:
        out.append(f"  and {len(groups) - _KINDS:,} other kinds")
    out += ["", "Correct these rows in the file, or give the options named, and check it again."]
    return out


_TEXT = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NAMES = "|".join(one.name for one in fields(Options) if one.name not in ("columns", "limits"))
_FLAGS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"columns=\{\.\.\.: None\}", lambda m: '--column "HEADING="'),
    (rf"columns=\{{{_TEXT}: None\}}", lambda m: f"--column {quoted(_said(m[1]) + '=')}"),
    (
        rf"columns=\{{{_TEXT}: {_TEXT}\}}",
        lambda m: f"--column {quoted(f'{_said(m[1])}={_said(m[2])}')}",
    ),
    (
        r"\b(cumulative|percent)=(True|False)",
        lambda m: f"--{m[1]} {'yes' if m[2] == 'True' else 'no'}",
    ),
    (r"\blimits=sp\.Limits\(([a-z_]+)=([0-9]+)\)", lambda m: f"--limit {m[1]}={m[2]}"),
    (rf"\bmissing=\[{_TEXT}\]", lambda m: f"--missing {quoted(_said(m[1]))}"),
    (
        rf"\b({_NAMES}|treaty)=({_TEXT}|[0-9]+)(?: or {_TEXT})?",
        lambda m: " or ".join(
            f"--{m[1].replace('_', '-')} {quoted(_said(one))}" for one in (m[2], m[4]) if one
        ),
    ),
)


def _said(literal: str) -> str:
    return str(ast.literal_eval(literal))


def as_flags(text: str) -> str:
    """Put options as they are written in Python as those of the command line.

    Examples
    --------
    >>> as_flags("say cumulative=False, unit='submunitions' or columns={'X': 'declared'}")
    'say --cumulative no, --unit submunitions or --column "X=declared"'
    """
    # In one pass, for what has become a flag may look like an option again.
    return re.sub("|".join(f"(?:{pattern})" for pattern, _ in _FLAGS), _flag, text)


def _flag(found: re.Match[str]) -> str:
    for pattern, flag in _FLAGS:
        if one := re.fullmatch(pattern, found[0]):
            return flag(one)
    return found[0]
