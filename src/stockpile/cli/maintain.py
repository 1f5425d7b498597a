"""The commands for those who add statements: ``stockpile tidy`` and ``stockpile diff``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from stockpile.cli.options import ATTENTION, DONE, account, add_command, limits_of
from stockpile.common import english as words
from stockpile.common.output import in_markdown, quoted, safe, write_bytes, write_text
from stockpile.ledger.load import load
from stockpile.results.table_changes import Effect, RowChange, TableChanges, compare_tables
from stockpile.treaty.datapackage import find_untidy


def add(commands: Any) -> None:
    """Add the commands to those of the command line."""
    add_command(commands, "tidy", _tidy, "tidy")
    sub = add_command(commands, "diff", _diff, "diff")
    sub.set_defaults(on_target=None, at_risk=None)


def _tidy(options: argparse.Namespace) -> int:
    code = DONE
    for folder in options.folders:
        found = find_untidy(folder, version=options.data_version)
        for name, why, content in found:
            done = "not in order" if options.check else "put in order"
            print(safe(f"{folder / name}: {done}: {why}"))
            if not options.check:
                write_bytes(folder / name, content)
        if found and options.check:
            print(safe(f"Run: stockpile tidy {quoted(str(folder))}"))
            code = ATTENTION
        ledger = load(folder)
        counts = ledger.counts[["read", "accepted", "rejected"]].sum()
        doubts = words.count(len(ledger.warnings), "row")
        print(
            safe(
                f"{folder}: {counts['read']:,} rows read, {counts['accepted']:,} accepted, "
                f"{counts['rejected']:,} rejected; {doubts} with a doubt, which "
                f"`stockpile check` lists"
            )
        )
        code = max(code, account([ledger]))
    return code


def _diff(options: argparse.Namespace) -> int:
    found = compare_tables(
        options.old, options.new, options.as_of, rule=options.rule, thresholds=limits_of(options)
    )
    if options.format == "html":
        from stockpile.pages.table_changes_page import page

        text = page(found)
    else:
        text = markdown(found) if options.format == "markdown" else as_json(found)
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_text(options.out, text)
        print(safe(f"{options.out}: {summary(found)}"))
    return account([found.now])


def summary(found: TableChanges) -> str:
    """Count what changed, in a sentence."""
    added = sum(row.change == "added" for row in found.rows)
    removed = len(found.rows) - added
    rated = len({effect.iso3 for effect in found.effects if effect.what == "rating"})
    rules = "; the rules in treaty.toml changed" if found.rules_changed else ""
    return f"Rows added: {added}, removed: {removed}; states rated otherwise: {rated}{rules}."


def markdown(found: TableChanges) -> str:
    """Return what changed as Markdown, to be put under a proposed change.

    >>> print(markdown(compare_tables("ccm", "ccm", ["2012-04-19"])))
    # What the rows change: Convention on Cluster Munitions
    <BLANKLINE>
    Rows added: 0, removed: 0; states rated otherwise: 0.
    <BLANKLINE>
    """
    lines = [f"# What the rows change: {found.now.treaty.name}", "", summary(found), ""]
    if not (found.rows or found.rules_changed):
        return "\n".join(lines)
    lines += [f"Compared as of {spans(found.days)}, by the rule '{found.rule}'.", ""]
    if not found.effects:
        lines += ["No rating, day, figure or total changes on these days.", ""]
    rated = [effect for effect in found.effects if effect.what == "rating"]
    if rated:
        lines += ["## Ratings", "", "| state | before | after | as of |", "|---|---|---|---|"]
        lines += [
            f"| {in_markdown(effect.state)} | {_cells(effect, ' | ')} | {spans(effect.days)} |"
            for effect in rated
        ]
        lines.append("")
    states = dict.fromkeys(effect.iso3 for effect in found.effects if effect.iso3)
    if states:
        lines += ["## State by state", ""]
    for iso3 in states:
        lines += [*_state([effect for effect in found.effects if effect.iso3 == iso3]), ""]
    totals = [effect for effect in found.effects if not effect.iso3]
    if totals:
        lines += ["## Totals of all states", "", *map(_moved, totals), ""]
    lines += ["## Rows", "", "```diff", *(_row(row) for row in found.rows), "```", ""]
    return "\n".join(lines)


def _state(effects: Sequence[Effect]) -> Iterable[str]:
    """What changes for one state, why it is now rated as it is, and the rows behind it."""
    last = max(effects, key=lambda effect: effect.days[-1])
    yield f"### {in_markdown(last.state)}"
    yield ""
    yield from map(_moved, effects)
    if last.reason:
        yield f"- As of {last.days[-1]:%Y-%m-%d}: {in_markdown(last.reason)}"
    rows = dict.fromkeys(row for effect in effects for row in effect.rows)
    for row in rows:
        address = f" <{row.url}>" if row.url.startswith(("https://", "http://")) else ""
        title = f" ({in_markdown(row.title)}{address})" if row.title else ""
        yield f"- `{_row(row).replace('`', ' ')}`{title}"
    if not rows:
        yield "- No row of this state changed: it follows from the rows of others, or the rules."


def _moved(effect: Effect) -> str:
    """What was said before and is said now, as an item of a list."""
    unit = f", {words.unit(effect.unit)}" if effect.unit else ""
    return f"- {effect.what}{unit}: {_cells(effect, ' → ')}, as of {spans(effect.days)}"


def _cells(effect: Effect, between: str) -> str:
    return f"{effect.before or 'nothing'}{between}**{effect.after or 'nothing'}**"


def _row(row: RowChange) -> str:
    """A row on one line, whatever its cells hold."""
    return safe(row.text).replace("\n", " ")


def spans(days: Iterable[pd.Timestamp]) -> str:
    """Days in a row as ISO days; more than three as the first and the last of them.

    >>> spans(pd.to_datetime(["2012-12-31", "2013-12-31"]))
    '2012-12-31 and 2013-12-31'
    """
    texts = [f"{day:%Y-%m-%d}" for day in days]
    if len(texts) > 3:
        return f"{len(texts)} days from {texts[0]} to {texts[-1]}"
    return words.listing(texts)


def as_json(found: TableChanges) -> str:
    """Return what changed as a JSON object, for other programs."""
    sides = {"before": found.before, "after": found.now}
    record = {
        "treaty": found.now.treaty.id,
        "rule": found.rule,
        "days": [f"{day:%Y-%m-%d}" for day in found.days],
        "tables": {
            name: {"version": ledger.data_version, "hash": ledger.data_hash}
            for name, ledger in sides.items()
        },
        "rules_changed": found.rules_changed,
        "rows": [_record(row) for row in found.rows],
        "effects": [_record(effect) for effect in found.effects],
    }
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _record(value: Any) -> Any:
    """A row, an effect, or a part of one as JSON has it: what is not said is ``null``."""
    if isinstance(value, RowChange | Effect):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: None if part == "" else _record(part) for name, part in parts.items()}
    if isinstance(value, tuple):
        return [_record(one) for one in value]
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else value
