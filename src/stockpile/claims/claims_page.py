"""Checked claims as a page in Markdown."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.common.frames import as_dicts
from stockpile.common.terminal import in_markdown

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

    Examples
    --------
    >>> figure(744231.0, "destroyed"), figure(0.68, "share_destroyed"), figure(float("nan"), "left")
    ('744,231', '68%', 'unknown')
    """
    if math.isnan(value):
        return "unknown"
    return words.percent(value) if measure == "share_destroyed" else f"{value:,.0f}"
