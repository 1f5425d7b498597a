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
from collections import Counter
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
    agrees,
    count_by_view,
    views_on,
)
from stockpile.common import english as words
from stockpile.common.errors import DataError
from stockpile.common.frames import as_dicts
from stockpile.common.output import in_markdown, write_text
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.ledger.load import load
from stockpile.treaty.schema import QUALIFIERS


@dataclass(frozen=True)
class Claim:
    """A number that somebody published."""

    id: str
    treaty: str
    day: pd.Timestamp  # for which it is held against the ledger
    says: str  # what the source says, in words of our own
    measure: str  # one of `MEASURES`
    who: str  # one of `GROUPS`, or the ISO code of a state
    stated: float
    qualifier: str = "exact"  # one of `QUALIFIERS`
    unit: str = ""  # of a stock; empty for a number of states
    source_id: str = ""  # of the treaty's tables; empty where `source` names another
    source: str = ""  # a document that the tables do not have
    because: str = ""  # why our number is another one


def load_claims(path: str | Path) -> list[Claim]:
    """Read a TOML file with one ``[[claim]]`` for each published number; the keys are `Claim`'s.

    A `DataError` names the file, the claim, the key, and what would be right.
    """
    place = Path(path)
    try:
        raw = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{place.name}: cannot be read as TOML: {error}") from None
    entries = raw.get("claim")
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{place.name}: no [[claim]]; expected one for each published number")
    claims = [_claim(place.name, number, entry) for number, entry in enumerate(entries, 1)]
    name, times = Counter(claim.id for claim in claims).most_common(1)[0]
    if times > 1:
        raise DataError(f"{place.name}: id {name!r} stands twice; expected each once")
    return claims


_KINDS: dict[str, tuple[type, ...]] = {"day": (dt.date,), "stated": (int, float)}


def _claim(file: str, number: int, entry: Any) -> Claim:
    """Check one claim, key by key."""
    where = f"{file}, claim {number}"
    if not isinstance(entry, dict):
        raise DataError(f"{where}: not a table; expected [[claim]]")
    where += f" ({entry['id']})" if isinstance(entry.get("id"), str) else ""
    fields = {field.name: field for field in dataclasses.fields(Claim)}
    for name in entry:
        if name not in fields:
            raise DataError(f"{where}: unknown key {name!r}; expected one of {', '.join(fields)}")
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in entry:
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
    """Hold claims against whole ledgers by treaty id, without them the packaged ones.

    One row a claim: the fields of `Claim`; ``title``, ``publisher``, ``published`` and ``url`` of
    its source; ``reported``, ``published_rule`` and ``hindsight`` (our figures); ``agrees`` (the
    reported one does); and names, joined by semicolons: ``missing`` (hindsight counts them, the
    reported figure does not), ``extra`` (the other way round) and ``none`` (where stocks are
    counted, those that sources say hold none without telling of a destruction).

    A `DataError` says where a source is not in the tables, a difference goes unexplained, or
    something is explained that is no difference.
    """
    ledgers = ledgers or {name: load(name) for name in sorted({c.treaty for c in claims})}
    rows: list[dict[str, Any]] = []
    for claim in claims:
        if claim.treaty not in ledgers:
            raise DataError(f"claim {claim.id}: treaty is {claim.treaty!r}, which is not loaded")
        ledger = ledgers[claim.treaty]
        counts = count_by_view(ledger, claim.day, claim.measure, claim.who, unit=claim.unit)
        (ours, codes), (hindsight, later) = counts["reported"], counts[HINDSIGHT]
        same = agrees(claim.stated, claim.qualifier, ours)
        if not same and not claim.because:
            raise DataError(
                f"claim {claim.id}: stated is {claim.stated:g} and ours {ours:g}; "
                "expected `because` to say why"
            )
        if same and claim.because and agrees(claim.stated, claim.qualifier, hindsight):
            raise DataError(
                f"claim {claim.id}: ours agrees, reported and in hindsight; expected no `because`"
            )
        differ = {
            "missing": set(later) - set(codes),
            "extra": set(codes) - set(later) if hindsight >= 0 else set(),
            "none": _without_destruction(ledger, claim),
        }
        rows.append(
            dataclasses.asdict(claim)
            | _cited(claim, ledger)
            | {"reported": ours, "published_rule": counts["published"][0], "hindsight": hindsight}
            | {"agrees": same}
            | {name: _names(ledger, states) for name, states in differ.items()}
        )
    return pd.DataFrame(rows)


def _names(ledger: Ledger, codes: set[str]) -> str:
    states = ledger.states[ledger.states["iso3"].isin(codes)]
    return "; ".join(sorted(states["name"]))


def _without_destruction(ledger: Ledger, claim: Claim) -> set[str]:
    """States of the group that sources say hold nothing, and of which no destruction is told."""
    if claim.measure not in ("completed", "had_stock"):
        return set()
    day_views = views_on(ledger, claim.day)
    rows = day_views.group(day_views.rows["reported"], claim.who)
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
    return as_dicts(cited[["title", "publisher", "published", "url"]])[0]


_FILES = ["docs/claims.toml", "docs/claims.md", "docs/published_totals.csv"]
_USAGE = "usage: python -m stockpile.claims.claims [CLAIMS.toml PAGE.md [TOTALS.csv]]"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page of claims, see ``_USAGE``; without arguments that of the repository."""
    from stockpile.claims.views import compare, load_totals

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


_HEAD = """\
# Published totals, held against the ledger

Made by `make claims` from [claims.toml](claims.toml); do not edit. Each row is a number that
somebody published, and ours beside it for the same day: by the rule `reported`, by the rule
`published`, and in hindsight, which is the same day in the light of all that the tables tell
today. Differences are explained below; no figure was adjusted. 'Joined' are
states that had consented by the day, bound or not yet; most sources call these States Parties.
"""


def page(checked: pd.DataFrame, totals: pd.DataFrame | None = None) -> str:
    """Write what `check`, and with them the totals that `compare` returned, as Markdown."""
    rows = as_dicts(checked)
    same = sum(bool(row["agrees"]) for row in rows)
    parts = [
        _HEAD,
        f"{len(rows)} claims: {same} agree by `reported`, {len(rows) - same} do not.\n",
    ]
    for treaty in dict.fromkeys(row["treaty"] for row in rows):
        claims = [row for row in rows if row["treaty"] == treaty]
        parts.append(f"## {treaty}\n\n{_table(claims)}")
        if why := [_why(row) for row in claims if row["because"]]:
            parts.append("### Where they differ, and why\n\n" + "\n\n".join(why) + "\n")
    cited = {_label(row): _source(row) for row in rows}
    parts.append("## Sources\n\n" + "\n".join(text for _, text in sorted(cited.items())) + "\n")
    if totals is not None:
        parts += _totals(as_dicts(totals))
    return "\n".join(parts)


def _totals(rows: list[dict[str, Any]]) -> list[str]:
    """All published totals, treaty by treaty, and how many of them ours agree with."""
    computed = [row for row in rows if not row["why"].startswith("Not computed")]
    out = [
        "# Every published total\n\n"
        "From [published_totals.csv](published_totals.csv), each with ours of the same day. A "
        "count of items that ends in zeros agrees within its rounding, 'about' within five per "
        "cent. Which states make a difference is worked out from the tables.\n",
        f"{len(rows)} totals, of which {len(computed)} can be counted here. "
        + ", ".join(
            f"{sum(view in row['agrees'].split() for row in computed)} agree "
            f"{'in hindsight' if view == 'hindsight' else f'by `{view}`'}"
            for view in ("reported", "published", "hindsight")
        )
        + f", {sum(bool(row['agrees']) for row in computed)} by one of these.\n",
    ]
    for treaty in dict.fromkeys(row["treaty"] for row in rows):
        lines = [_total(row) for row in rows if row["treaty"] == treaty]
        out.append(f"## {treaty}, every total\n\n{_TOTALS_HEAD}" + "\n".join(lines) + "\n")
    cited = {row["source_id"]: _source(row) for row in rows}
    sources = "\n".join(text for _, text in sorted(cited.items()))
    return [*out, f"## Their sources\n\n{sources}\n"]


_TOTALS_HEAD = (
    "| Day | What is counted | Source | Stated | Reported | Published "
    "| Hindsight | Agrees | Why |\n"
    "|---|---|---|--:|--:|--:|--:|---|---|\n"
)


def _total(row: dict[str, Any]) -> str:
    """Write one total as a row of its table."""
    measure = "share_destroyed" if "share" in row["measure"] else row["measure"]
    counted = row["says"]
    if row["unit"] not in ("states", "unspecified"):
        counted += f", {words.unit(row['unit'])}"
    stated = words.qualified(figure(row["value"], measure), row["qualifier"])
    ours = [figure(row[view], measure) for view in _VIEWS]
    agrees = row["agrees"].replace(" ", ", ") or "no"
    cells = [
        row["as_of"] or "undated",
        in_markdown(counted),
        f"`{row['source_id']}`",
        stated,
        *ours,
    ]
    return "| " + " | ".join([*cells, agrees, in_markdown(row["why"])]) + " |"


def _table(rows: list[dict[str, Any]]) -> str:
    head = "| Day | What is said | Stated | Reported | Published | Hindsight | Difference |"
    lines = [head, "|---|---|--:|--:|--:|--:|--:|"]
    for row in rows:
        stated = words.qualified(figure(row["stated"], row["measure"]), row["qualifier"])
        ours = [figure(row[view], row["measure"]) for view in _VIEWS]
        cells = [
            words.day(row["day"]),
            f"{in_markdown(row['says'])} ({in_markdown(_label(row))})",
            stated,
        ]
        lines.append("| " + " | ".join([*cells, *ours, _difference(row)]) + " |")
    return "\n".join(lines) + "\n"


_VIEWS = ("reported", "published_rule", "hindsight")


def _difference(row: dict[str, Any]) -> str:
    """Ours by `reported` less theirs, or that it agrees as exactly as it was stated."""
    if row["agrees"]:
        return "agrees"
    if pd.isna(row["reported"]):
        return "unknown"
    off = row["reported"] - row["stated"]
    text = figure(abs(off), row["measure"])
    return f"{'+' if off > 0 else '−'}{text}"


def _label(row: dict[str, Any]) -> str:
    return str(row["source_id"] or row["source"])


def _why(row: dict[str, Any]) -> str:
    """The reason, and which states the two ways of counting do not share."""
    parts = [
        f"**{words.day(row['day'])}, {in_markdown(row['says'])}.** {in_markdown(row['because'])}"
    ]
    for key, lead in (
        ("missing", "Counted in hindsight and not by `reported`"),
        ("extra", "Counted by `reported` and not in hindsight"),
        ("none", "Said to hold none, no destruction told"),
    ):
        if row[key]:
            parts.append(f"{lead}: {in_markdown(words.listing(row[key].split('; ')))}.")
    return " ".join(parts)


def _source(row: dict[str, Any]) -> str:
    """Cite a source that the tables name by its id, any other as it stands."""
    if not row["source_id"]:
        return f"- {in_markdown(row['source'])}"
    when = row["published"]
    if not isinstance(when, str):
        when = words.day(when) if pd.notna(when) else ""
    who = f"{in_markdown(row['publisher'])}, " if row["publisher"] else ""
    link = f" <{row['url']}>" if str(row["url"]).startswith(("https://", "http://")) else ""
    return f"- `{row['source_id']}`: {in_markdown(row['title'])}. {who}{when or 'undated'}.{link}"


def figure(value: float, measure: str) -> str:
    """Write a figure as people read it: shares as per cent, counts in full.

    >>> figure(744231.0, "destroyed"), figure(0.68, "share_destroyed"), figure(float("nan"), "left")
    ('744,231', '68%', 'unknown')
    """
    if math.isnan(value):
        return "unknown"
    return words.percent(value) if measure == "share_destroyed" else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
