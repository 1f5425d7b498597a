"""Say which states earlier pages rated otherwise for the same day.

    python tools/corrections.py                  write docs/corrections.md
    python tools/corrections.py --record LABEL   add the ratings of this version to the record

The record, ``docs/earlier_ratings.csv``, has the rating of every State Party on every quarter's
end as a version of the library had it, as spans of quarters. A version is added to it before
a change that moves ratings; the page compares each with the library as it is.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

import stockpile as sp

DOCS = Path(__file__).resolve().parents[1] / "docs"
RECORD, PAGE = DOCS / "earlier_ratings.csv", DOCS / "corrections.md"
COLUMNS = ("version", "treaty", "iso3", "first", "last", "rating", "statements")
FIRST = {"apmbc": "2000-03-31", "ccm": "2007-06-30"}
LAST = "2026-06-30"
#: Corrections of these kinds are so many, and say so little of a state, that names are enough.
QUIET = ("no data", "no obligation")
WHY = {
    "unconfirmed": "nobody is on record as having spoken of the stock since the deadline; silence "
    "is no word that a state is late, and none that it has finished",
    "overdue": "a source of the deadline or later speaks of stock, or names the deadline as missed",
    "completed": "a source says that it had finished, and in time as far as is on record",
    "completed late": "a source says that it finished after its deadline",
    "no obligation": "a source says that it has no stock, or the treaty did not bind it",
    "no data": "nothing is on record of a stock, or the sources cannot be reconciled",
}
CHANCE = "the chance of being in time is another one, as the figures and their ages are"


def quarters(treaty: str) -> list[str]:
    """The quarters' ends that are compared."""
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(FIRST[treaty], LAST, freq="QE")]


def ratings(treaty: str, *, parties: bool = True) -> Iterator[tuple[str, str, str, int, str]]:
    """State, day, rating, known statements and reason, of each State Party (or all) on each day."""
    ledger = sp.load(treaty)
    for day in quarters(treaty):
        view = ledger.as_of(day)
        known = view.quantities["iso3"].value_counts()
        status = sp.status(view)
        if parties:
            status = status[status["membership"] == "State Party"]
        for row in status.itertuples():
            yield row.iso3, day, row.status, int(known.get(row.iso3, 0)), row.reason


def spans(rows: list[tuple[Any, ...]], days: list[str]) -> Iterator[tuple[Any, ...]]:
    """Join quarters of a state that follow each other and are alike in all that is told of them."""
    place = {day: number for number, day in enumerate(days)}
    rows = sorted(rows, key=lambda row: (row[0], row[1]))
    for (iso3, cells, _), part in groupby(
        enumerate(rows), key=lambda item: (item[1][0], item[1][2:], place[item[1][1]] - item[0])
    ):
        quarter = [row for _, row in part]
        yield iso3, quarter[0][1], quarter[-1][1], *cells


def record(label: str) -> None:
    """Add this version's ratings to the record."""
    fresh = not RECORD.exists()
    with RECORD.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(COLUMNS)
        for treaty in FIRST:
            rows = [(iso3, day, rating, known) for iso3, day, rating, known, _ in ratings(treaty)]
            for span in spans(rows, quarters(treaty)):
                writer.writerow([label, treaty, *span])


def corrected() -> pd.DataFrame:
    """Every span of quarters on which an earlier version had another rating than this one.

    Returns
    -------
    pandas.DataFrame
        ``version``, ``treaty``, ``iso3``, ``state``, ``first``, ``last``, ``said``, ``now``,
        ``reason`` (as of the last day of the span), ``fuller`` (more statements are on record).
    """
    earlier = pd.read_csv(RECORD, dtype={"statements": "int64"}, keep_default_na=False)
    rows = []
    for treaty in FIRST:
        days = quarters(treaty)
        names = dict(zip(*sp.load(treaty).states[["iso3", "name"]].to_numpy().T, strict=True))
        now = {(iso3, day): rest for iso3, day, *rest in ratings(treaty, parties=False)}
        for version, part in earlier[earlier["treaty"] == treaty].groupby("version", sort=False):
            differ, more = [], set()
            for span in part.itertuples():
                for day in days[days.index(span.first) : days.index(span.last) + 1]:
                    rating, known, _ = now[span.iso3, day]
                    if rating != span.rating:
                        differ.append((span.iso3, day, span.rating, rating))
                        if known > span.statements:
                            more.add((span.iso3, day))
            for iso3, first, last, said, rating in spans(differ, days):
                fuller = (iso3, first) in more
                reason = now[iso3, last][2]
                rows.append(
                    (version, treaty, iso3, names[iso3], first, last, said, rating, reason, fuller)
                )
    columns = "version treaty iso3 state first last said now reason fuller".split()
    return pd.DataFrame(rows, columns=columns)


def page(rows: pd.DataFrame) -> str:
    """Write the corrections as Markdown."""
    out = [
        "# Corrections",
        "Made by `python tools/corrections.py` from [earlier_ratings.csv](earlier_ratings.csv); do "
        "not edit. Compared is the rating of every State Party on the last day of every "
        "quarter, by the rule `reported`: what pages of an earlier version said for a day, and "
        "what is said for the same day now. Reports that were made by then say what they said.",
    ]
    for (version, treaty), part in rows.groupby(["version", "treaty"], sort=False):
        out.append(f"## {treaty}: pages before {version}")
        names = part["state"].nunique()
        out.append(f"{len(part)} spans of quarters of {names} States Parties are rated otherwise.")
        kinds = part.groupby(["said", "now"], sort=False)
        for (said, now), kind in sorted(kinds, key=lambda item: _gravity(item[0])):
            fuller = int(kind["fuller"].sum())
            out.append(f"### {said} → {now}")
            why = f"For {fuller} of {len(kind)} the record is fuller than it was; for the others "
            out.append(
                f"Now: {WHY.get(now, CHANCE)}. "
                + (why if fuller else "The record is what it was; ")
                + "the rule, or the reading of the same rows, is another."
                if fuller < len(kind)
                else f"Now: {WHY.get(now, CHANCE)}. The record is fuller than it was."
            )
            kind = kind.sort_values(["state", "first"])
            if said in QUIET and now in QUIET:
                listed = [f"{r.state} ({_days(r)})" for r in kind.itertuples()]
                out.append("; ".join(listed) + ".")
                continue
            lines = ["| State | Quarters | What is said now |", "|---|---|---|"]
            lines += [f"| {r.state} | {_days(r)} | {r.reason} |" for r in kind.itertuples()]
            out.append("\n".join(lines))
    return "\n\n".join(out) + "\n"


def _gravity(kind: tuple[str, str]) -> tuple[int, int]:
    """What named a state as late comes first."""
    order = ["overdue", "completed late", "off target", "at risk", "completed", "on target"]
    return tuple(order.index(name) if name in order else len(order) for name in kind)  # type: ignore[return-value]


def _days(row: Any) -> str:
    return row.first if row.first == row.last else f"{row.first} to {row.last}"


def main() -> int:
    """Write the page, or add to the record."""
    match sys.argv[1:]:
        case ["--record", label]:
            record(label)
        case []:
            PAGE.write_text(page(corrected()), encoding="utf-8")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
