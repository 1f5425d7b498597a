"""Published totals held against the ledger on their day: stated, ours, and why they differ.

A table of claims (see ``docs/claims.toml``) says who stated which number of what, and
where. Each is counted by both availability rules and in hindsight: the same day with
all that has come to light since. The library knows no claim of its own.

``python -m stockpile.claims.claims`` writes ``docs/claims.md`` from ``docs/claims.toml`` and
``docs/published_totals.csv``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.claims.views import (
    GROUPS,
    HINDSIGHT,
    MEASURES,
    WITH_UNIT,
    DayViews,
    Latest,
    agrees,
    counted,
    group,
    latest,
    require,
    views_on,
)
from stockpile.common.errors import DataError
from stockpile.common.output import write_text
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.ledger.load import load
from stockpile.treaty.schema import QUALIFIERS


@dataclass(frozen=True)
class Claim:
    """A number that somebody published.

    Attributes
    ----------
    id : str
        Short name.
    treaty : str
        Id of the treaty.
    day : pandas.Timestamp
        The day for which it is held against the ledger.
    says : str
        What the source says, in words of our own.
    measure : str
        One of `MEASURES`.
    who : str
        One of `GROUPS`, or the ISO code of a state.
    stated : float
        The number.
    qualifier : str
        One of `QUALIFIERS`.
    unit : str
        Of a stock; empty for a number of states.
    source_id : str
        A source of the treaty's tables; empty where ``source`` names another.
    source : str
        A document that the tables do not have.
    because : str
        Why our number is another one; empty where it is not.
    """

    id: str
    treaty: str
    day: pd.Timestamp
    says: str
    measure: str
    who: str
    stated: float
    qualifier: str = "exact"
    unit: str = ""
    source_id: str = ""
    source: str = ""
    because: str = ""


def load_claims(path: str | Path) -> list[Claim]:
    """Read a table of claims.

    Parameters
    ----------
    path : str or pathlib.Path
        A TOML file with one ``[[claim]]`` for each; the keys are those of `Claim`.

    Raises
    ------
    DataError
        When the file cannot be read or a claim is not what it has to be; the
        message names the file, the claim, the key, and what would be right.
    """
    place = Path(path)
    try:
        raw = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{place.name}: cannot be read as TOML: {error}") from None
    counts = raw.get("claim")
    if not isinstance(counts, list) or not counts:
        raise DataError(f"{place.name}: no [[claim]]; expected one for each published number")
    out = [_claim(place.name, number, entry) for number, entry in enumerate(counts, 1)]
    ids = [claim.id for claim in out]
    for name in ids:
        if ids.count(name) > 1:
            raise DataError(f"{place.name}: id {name!r} stands twice; expected each once")
    return out


_KINDS: dict[str, tuple[type, ...]] = {"day": (dt.date,), "stated": (int, float)}


def _claim(file: str, number: int, entry: Any) -> Claim:
    """Check one claim, key by key."""
    where = f"{file}, claim {number}"
    if not isinstance(entry, dict):
        raise DataError(f"{where}: not a table; expected [[claim]]")
    names = [f.name for f in dataclasses.fields(Claim)]
    needed = [f.name for f in dataclasses.fields(Claim) if f.default is dataclasses.MISSING]
    where += f" ({entry['id']})" if isinstance(entry.get("id"), str) else ""
    for name in entry:
        if name not in names:
            raise DataError(f"{where}: unknown key {name!r}; expected one of {', '.join(names)}")
    for name in needed:
        if name not in entry:
            raise DataError(f"{where}: {name} is missing")
    for name, value in entry.items():
        kinds = _KINDS.get(name, (str,))
        if not isinstance(value, kinds) or isinstance(value, (bool, dt.datetime)):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise DataError(f"{where}: {name} is {value!r}; expected {expected}")
    claim = Claim(**{**entry, "day": parse_day(entry["day"])})
    state = len(claim.who) == 3 and claim.who.isupper()
    for name, good, expected in (
        ("measure", claim.measure in MEASURES, ", ".join(MEASURES)),
        ("who", state or claim.who in GROUPS, f"a state's code or {', '.join(GROUPS)}"),
        ("qualifier", claim.qualifier in QUALIFIERS, ", ".join(QUALIFIERS)),
        ("stated", 0 <= claim.stated < math.inf, "a number from 0"),
        ("unit", bool(claim.unit) == (claim.measure in WITH_UNIT), "one for a stock, else none"),
        ("source_id", bool(claim.source_id) != bool(claim.source), "it or source, not both"),
    ):
        if not good:
            raise DataError(f"{where}: {name} is {getattr(claim, name)!r}; expected {expected}")
    return claim


def check(claims: Sequence[Claim], ledgers: Mapping[str, Ledger] | None = None) -> pd.DataFrame:
    """Hold claims against the ledgers on their day.

    Parameters
    ----------
    claims : sequence of Claim
    ledgers : mapping of str to Ledger, optional
        Whole ledgers by treaty id; without it the packaged ones.

    Returns
    -------
    pandas.DataFrame
        One row a claim, in their order: the fields of `Claim`, ``title``,
        ``publisher``, ``published`` and ``url`` of the source, ``reported``,
        ``published_rule`` and ``hindsight`` (our figures), ``agrees`` (the
        reported one does), ``missing`` and ``extra`` (names that hindsight counts
        and the reported figure does not, and the other way round), ``none`` (where
        stocks are counted, those that sources say hold none without telling of a
        destruction), the names joined by semicolons.

    Raises
    ------
    DataError
        When a source is not in the tables, a difference goes unexplained, or
        something is explained that is no difference.
    """
    ledgers = ledgers or {name: load(name) for name in sorted({c.treaty for c in claims})}
    rows: list[dict[str, Any]] = []
    nows: dict[str, Latest] = {}
    days: dict[tuple[str, pd.Timestamp], DayViews] = {}
    for claim in claims:
        if claim.treaty not in ledgers:
            raise DataError(f"claim {claim.id}: treaty is {claim.treaty!r}, which is not loaded")
        ledger = ledgers[claim.treaty]
        require(ledger, claim.measure, claim.who, claim.unit)
        key = claim.treaty, claim.day
        if claim.treaty not in nows:
            nows[claim.treaty] = latest(ledger, claim.day)
        if key not in days:
            days[key] = views_on(ledger, claim.day, nows[claim.treaty])
        counts = counted(days[key], claim.measure, claim.who, claim.unit)
        ours, hindsight = counts["reported"], counts[HINDSIGHT]
        extra = set(ours[1]) - set(hindsight[1])
        same = agrees(claim.stated, claim.qualifier, ours[0])
        if not same and not claim.because:
            raise DataError(
                f"claim {claim.id}: stated is {claim.stated:g} and ours {ours[0]:g}; "
                "expected `because` to say why"
            )
        if same and claim.because and agrees(claim.stated, claim.qualifier, hindsight[0]):
            raise DataError(
                f"claim {claim.id}: ours agrees, reported and in hindsight; expected no `because`"
            )
        rows.append(
            dataclasses.asdict(claim)
            | _cited(claim, ledger)
            | {
                "reported": ours[0],
                "published_rule": counts["published"][0],
                "hindsight": hindsight[0],
                "agrees": same,
                "missing": _names(ledger, set(hindsight[1]) - set(ours[1])),
                "extra": _names(ledger, extra if hindsight[0] >= 0 else set()),
                "none": _names(ledger, _said_to_hold_none(days[key], claim)),
            }
        )
    return pd.DataFrame(rows)


def _names(ledger: Ledger, codes: set[str]) -> str:
    states = ledger.states[ledger.states["iso3"].isin(codes)]
    return "; ".join(sorted(states["name"]))


def _said_to_hold_none(day_views: DayViews, claim: Claim) -> set[str]:
    """States of the group that sources say hold nothing, and of which no destruction is told."""
    if claim.measure not in ("completed", "had_stock"):
        return set()
    rows = day_views.rows["reported"]
    rows = rows[group(day_views.ledgers["reported"], rows, claim.who)]
    return set(rows.index[rows["stock"] == "none"])


def _cited(claim: Claim, ledger: Ledger) -> dict[str, Any]:
    if not claim.source_id:
        return {"title": claim.source, "publisher": "", "published": claim.day, "url": ""}
    cited = ledger.sources[ledger.sources["source_id"] == claim.source_id]
    if cited.empty:
        raise DataError(
            f"claim {claim.id}: source_id is {claim.source_id!r}; expected one that stands in "
            f"sources.csv of {claim.treaty}"
        )
    row = cited.iloc[0]
    return {name: row[name] for name in ("title", "publisher", "published", "url")}


_FILES = ["docs/claims.toml", "docs/claims.md", "docs/published_totals.csv"]
_USAGE = "usage: python -m stockpile.claims.claims [CLAIMS.toml PAGE.md [TOTALS.csv]]"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page of claims, see ``_USAGE``; without arguments that of the repository."""
    from stockpile.claims.claims_page import page
    from stockpile.claims.totals import compare, load_totals

    given = list(sys.argv[1:] if argv is None else argv) or _FILES
    if len(given) not in (2, 3):
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        checked = check(load_claims(given[0]))
        totals = compare(load_totals(given[2])) if len(given) == 3 else None
        write_text(Path(given[1]), page(checked, totals))
    except (DataError, ValueError) as error:
        print(f"stockpile: {error}", file=sys.stderr)
        return 2
    print(given[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
