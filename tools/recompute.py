"""Read the raw tables a second time, in another way, and hold the library's answers against them.

    python tools/recompute.py [DAY ...]

The library reconciles statements into one line. Here nothing is reconciled: from the rows of
a state all figures are listed that a simple reading could give (a stated total, what was
declared less what was left or retained, a sum of periods), and a figure of the library
that none of them supports is printed, as is a membership, a deadline or a completion for which
there is no row. It uses the standard library alone, and the availability rule `published`,
by which a row is known once its source is out. A finding is something to look into, not
always an error; the exit code is 1 where there is one.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import math
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

RAW = Path(__file__).resolve().parents[1] / "data" / "raw"
DAYS = ("2006-06-30", "2012-04-19", "2018-06-30", "2023-12-31", "2026-06-30")
ACTS = ("signed", "consented", "entered_into_force", "withdrew")
#: Two figures are one within a part in a hundred; rounded ones within five.
NEAR, ROUNDED = 0.01, 0.05


class Finding(NamedTuple):
    """Something that the library says and the rows do not bear out."""

    treaty: str
    day: str
    iso3: str
    what: str
    said: str
    rows: str


class Tables:
    """The raw rows of one treaty, with the day on which the source of each was out."""

    def __init__(self, treaty: str) -> None:
        self.treaty = treaty
        self.rules = tomllib.loads((RAW / treaty / "treaty.toml").read_text(encoding="utf-8"))
        out = {row["source_id"]: row["published"] for row in self._read("sources")}
        units = self.rules["units"]
        units = units if isinstance(units, dict) else {unit: {} for unit in units}
        self.units = [u for u, rule in units.items() if not {"of", "not_counted"} & set(rule)]
        self.quantities = [
            self._converted(row, units.get(row["unit"], {})) | {"out": out[row["source_id"]]}
            for row in self._read("quantities")
        ]
        self.events = [row | {"out": out[row["source_id"]]} for row in self._read("events")]

    def _read(self, name: str) -> list[dict[str, str]]:
        with (RAW / self.treaty / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @staticmethod
    def _converted(row: dict[str, str], unit: dict[str, Any]) -> dict[str, str]:
        """A row in the unit that the rules convert its own to."""
        if "of" not in unit or row["measure"] == "destroyed_share":
            return row | {"unit": unit.get("of", row["unit"])}
        number = str(float(row["quantity"]) * unit["factor"])
        return row | {"unit": unit["of"], "quantity": number}

    def known(self, day: str) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Numbers and events of each state whose source was out; acts are known on their day."""
        numbers: dict[str, list[Any]] = {}
        events: dict[str, list[Any]] = {}
        for row in self.quantities:
            if row["out"] and row["out"] <= day:
                numbers.setdefault(row["iso3"], []).append(row)
        for row in self.events:
            known = row["date"] if row["event"] in ACTS else row["out"]
            if known and known <= day:
                events.setdefault(row["iso3"], []).append(row)
        return numbers, events

    def bound(self, events: list[dict[str, str]]) -> str:
        """The day from which the treaty binds a state, by the first consent; empty for none."""
        rule = self.rules["entry_into_force"]
        stated = sorted(row["date"] for row in events if row["event"] == "entered_into_force")
        consents = sorted(row["date"] for row in events if row["event"] == "consented")
        if not consents:
            return stated[0] if stated else ""
        given = dt.date.fromisoformat(consents[0])
        if "days_after_consent" in rule:
            after = given + dt.timedelta(days=rule["days_after_consent"])
            return stated[0] if stated else str(max(after, rule["first"]))
        months = given.year * 12 + given.month - 1 + rule["months_after_consent"]
        return str(max(dt.date(months // 12, months % 12 + 1, 1), rule["first"]))

    def deadline(self, bound: str) -> str:
        """The same day so many years later; from 29 February, the last of the month.

        Or the one day for all who are bound before it; empty for later ones.
        """
        if "date" in self.rules["destruction"]:
            fixed = str(self.rules["destruction"]["date"])
            return fixed if bound < fixed else ""
        day = dt.date.fromisoformat(bound)
        year = day.year + self.rules["destruction"]["years"]
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return str(
            dt.date(
                year, day.month, 28 if (day.month, day.day) == (2, 29) and not leap else day.day
            )
        )


def value(row: dict[str, str]) -> float:
    """The number of a row."""
    return float(row["quantity"])


def supported(rows: list[dict[str, str]], unit: str) -> tuple[set[float], set[float]]:
    """Every figure of what was destroyed, and of what is left, that a simple reading gives."""
    own = [row for row in rows if row["unit"] == unit]
    by: dict[str, set[float]] = {}
    for row in own:
        by.setdefault(row["measure"], set()).add(value(row))
    declared, kept = by.get("declared", set()), by.get("retained", set()) | {0.0}
    totals, left = by.get("destroyed_total", set()), by.get("remaining", set())
    shares = {value(row) for row in rows if row["measure"] == "destroyed_share"}
    periods: dict[tuple[str, str], float] = {}
    for row in own:
        if row["measure"] in ("destroyed", "destroyed_total") and row["period_start"]:
            key = row["period_start"], row["period_end"]
            periods[key] = max(periods.get(key, 0.0), value(row))
    destroyed = set(totals) | by.get("destroyed", set()) | declared | {0.0}
    destroyed |= {d - r - k for d in declared for r in left for k in kept}
    destroyed |= {d - k for d in declared for k in kept} | {d * s for d in declared for s in shares}
    # Chains of periods that follow each other, alone and on top of a total.
    chains = list(_chains(sorted(periods)))
    for chain in chains:
        added = sum(periods[key] for key in chain)
        destroyed |= {added} | {t + added for t in totals}
        destroyed |= {d - r - k + added for d in declared for r in left for k in kept}
    # A first stock and one that was found later, alone or together; what was left is destroyed
    # in the end.
    pairs = list(itertools.combinations(sorted(totals | declared), 2))
    destroyed |= left | {a + b for a, b in pairs} | {b - a for a, b in pairs}
    remaining = set(left) | declared | {0.0}
    remaining |= {max(d - x - k, 0.0) for d in declared for x in destroyed for k in kept}
    remaining |= {max(r - sum(periods[k] for k in chain), 0.0) for r in left for chain in chains}
    return destroyed, remaining


def _chains(periods: list[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Every run of periods of which none begins before the one before it ends."""
    for first in range(len(periods)):
        chain: tuple[tuple[str, str], ...] = ()
        for start, end in periods[first:]:
            if not chain or start > chain[-1][1]:
                chain = (*chain, (start, end))
                yield chain


def fits(said: float, candidates: set[float], qualifier: str) -> bool:
    """Whether a figure is one of the candidates, as exactly as it is given."""
    part = NEAR if qualifier == "exact" else ROUNDED
    return any(abs(said - c) <= max(part * max(said, c), 0.5) for c in candidates)


def findings(treaty: str, day: str) -> Iterator[Finding]:
    """What the library says of each state on a day and the rows do not bear out."""
    import stockpile as sp

    tables = Tables(treaty)
    numbers, events = tables.known(day)
    view = sp.load(RAW / treaty).as_of(day, "published")
    status = {row["iso3"]: row for row in sp.status(view).to_dict("records")}
    for iso3, row in status.items():
        acts, rows = events.get(iso3, []), numbers.get(iso3, [])

        def found(what: str, said: object, rows: object, iso3: str = iso3) -> Finding:
            return Finding(treaty, day, iso3, what, str(said), str(rows))

        bound = tables.bound(acts)
        gone = [act["date"] for act in acts if act["event"] == "withdrew"]
        party = bool(bound) and bound <= day and not any(left <= day for left in gone)
        if (row["membership"] == "State Party") != party and bound:
            yield found("membership", row["membership"], f"bound from {bound}")
        original = row["original_deadline"]
        if (
            bound
            and not gone
            and original == original
            and tables.deadline(bound)
            and str(original)[:10] != tables.deadline(bound)
        ):
            yield found("original deadline", str(original)[:10], tables.deadline(bound))
        for unit in tables.units:
            destroyed, remaining = supported(rows, unit)
            exact = "exact" if unit == row["unit"] and row["destroyed_qualifier"] == "exact" else ""
            for figure, candidates in (("destroyed", destroyed), ("remaining", remaining)):
                said = row[f"{figure}_{unit}"]
                if not math.isnan(said) and not fits(said, candidates, exact):
                    yield found(f"{figure} {unit}", f"{said:,.0f}", sorted(candidates)[-4:])
        done = [act for act in acts if act["event"] == "completed"]
        # One of several stocks is not all that a state has.
        named = {act.get("stock", "") for act in done}
        done = done if "" in named or set(tables.rules.get("stocks", {})) <= named else []
        # None left, or none declared after a destruction, is an end by a source's word.
        nil = any(n["measure"] in ("remaining", "declared") and value(n) == 0 for n in rows)
        full = any(
            fits(
                row[f"destroyed_{unit}"], {value(n) for n in rows if n["measure"] == "declared"}, ""
            )
            for unit in tables.units
        )
        if row["status"] in ("completed", "completed late") and not (done or nil or full):
            yield found("completed", row["reason"], "no row says so")
        if row["status"] == "overdue" and done and not any(a["event"] == "reopened" for a in acts):
            yield found("overdue", row["reason"], f"completed by {done[0]['source_id']}")


def main() -> int:
    """Print findings, one a line; return 1 where there is one."""
    days = sys.argv[1:] or DAYS
    treaties = sorted(path.parent.name for path in RAW.glob("*/treaty.toml"))
    rows = [f for treaty in treaties for day in days for f in findings(treaty, day)]
    for row in rows:
        print(" | ".join(row))
    print(f"{len(rows)} findings on {len(days)} days of {len(treaties)} treaties", file=sys.stderr)
    return int(bool(rows))


if __name__ == "__main__":
    sys.exit(main())
