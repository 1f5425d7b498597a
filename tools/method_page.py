"""Write the scores in docs/method.md and README.md from the replay: python tools/method_page.py.

Each table stands between two comments with its name. Nothing is tuned by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import stockpile as sp
from stockpile.common.english import count, day, listing, sentence
from stockpile.common.english import percent as in_percent
from stockpile.plot.style import RATING_STYLE
from stockpile.rating.status import Thresholds, rating_of
from stockpile.track_record import backtest, scoring, summary

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs" / "method.md", ROOT / "README.md")
TREATIES = {"ccm": "CCM", "apmbc": "Mine Ban Convention", "cwc": "CWC"}

#: Figures of the table of aims.
SHOWN = "crps brier log_chance inside_50 inside_80 largest_fifth expected".split()


def replays(**options: Any) -> pd.DataFrame:
    """Every half-year of the packaged treaties."""
    return backtest.replay([sp.load(treaty) for treaty in TREATIES], **options)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def scores(table: pd.DataFrame) -> str:
    """The error of each forecaster, with its range."""
    by_method = table.set_index(["method", "treaty"])
    states = table.groupby("treaty")[["states", "replays"]].first()
    rows = []
    for method in backtest.METHODS:
        found = [by_method.loc[(method, treaty)] for treaty in TREATIES]
        cells = [summary.with_range(row["crps"], row["low"], row["high"]) for row in found]
        rows.append([sentence(backtest.METHOD_NAMES[method]), *cells])
    ours = [summary.years(by_method.loc[("projection", t), "crps_full"]) for t in TREATIES]
    rows.append(["The projection, over the full horizon", *ours])
    heads = [
        f"{name} ({states.loc[t, 'states']} states, {states.loc[t, 'replays']} state-days)"
        for t, name in TREATIES.items()
    ]
    return markdown(["Forecaster", *heads], rows)


def aims(found: pd.DataFrame) -> str:
    """What the projection was to reach, what it reached, and what the first version did."""
    error = scoring.scores(found).query("method == 'projection'").set_index("treaty")
    fine, missed = (f(found).set_index("treaty") for f in (scoring.calibration, scoring.misses))
    known = scoring.on_record(found)
    ends = ["largest_fifth", "largest_fifth_low", "largest_fifth_high"]
    for treaty in TREATIES:
        fine.loc[treaty, ends] = scoring.largest_fifth(known[known["treaty"] == treaty])
    rows = []
    for name in SHOWN:
        cells = []
        for treaty in TREATIES:
            source = {"crps": error, "expected": missed}.get(name, fine).loc[treaty]
            low, high = ("low", "high") if name == "crps" else (f"{name}_low", f"{name}_high")
            text = f"{source[name]:.3f}" if name == "brier" else f"{source[name]:.2f}"
            if low in source:
                text += f" ({source[low]:.2f} to {source[high]:.2f})"
            if aim := scoring.aim_of(name, treaty):
                text += f"; {aim.words()}"
            if pd.notna(limit := scoring.held(name, treaty)):
                text += f", ratio held {limit:.{3 if name == 'brier' else 2}f}"
            if name == "expected":
                text += f"; came {source['came']:.2f}"
            cells += [f"{scoring.earlier(name, treaty):g}", text]
        rows.append([scoring.FIGURES[name], *cells])
    heads = [head for name in TREATIES.values() for head in (f"{name}, before", "now")]
    return markdown(["", *heads], rows)


def both_rules(found: pd.DataFrame, published: pd.DataFrame) -> str:
    """The scores by both rules of knowing, on the same days of the same states."""
    by_rule = {"reported": found, "published": published}
    table = scoring.both_rules(by_rule).set_index(["rule", "treaty"])
    rows = []
    for rule in by_rule:
        cells = []
        for treaty in TREATIES:
            row = table.loc[(rule, treaty)]
            error = summary.with_range(row["crps"], row["low"], row["high"])
            cells.append(f"{error}; {row['brier']:.3f}; {row['inside_80']:.2f}")
        rows.append([f"`{rule}`", *cells])
    days = [
        f"{name} ({table.loc[('reported', treaty), 'replays']} state-days)"
        for treaty, name in TREATIES.items()
    ]
    return markdown(["error; Brier score; 80 per cent ranges that held", *days], rows)


def base_rates(found: pd.DataFrame) -> str:
    """The chance of being in time against what could be said without the method."""
    fine = scoring.calibration(found).set_index("treaty")
    lines = {
        "the projection": ("brier", "log_chance"),
        "nothing learnt": ("brier_prior", None),
        "the base rate of the day": ("brier_base", "log_base"),
    }
    rows = [
        [
            title,
            *(f"{fine.loc[t, b]:.3f}" + (f", {fine.loc[t, g]:.3f}" if g else "") for t in TREATIES),
        ]
        for title, (b, g) in lines.items()
    ]
    gain = [summary.with_range(*fine.loc[t, ["gain", "gain_low", "gain_high"]]) for t in TREATIES]
    return markdown(
        ["Brier, log score", *TREATIES.values()], [*rows, ["gain over the base rate", *gain]]
    )


def strata(found: pd.DataFrame) -> str:
    """The scores by the time used, by how the stock was known, and by the state's own word."""
    table = scoring.strata(found)
    rows = []
    for (by, part), group in table.groupby(["by", "part"], sort=False):
        of = group.set_index("treaty")
        cells = [
            f"{of.crps[t]:.2f}; {of.chance[t]:.2f}, came {of.came_true[t]:.2f} of {of.decided[t]}"
            if t in of.index and of.decided[t]
            else (f"{of.crps[t]:.2f}" if t in of.index else "none")
            for t in TREATIES
        ]
        rows.append((by, [f"{by}: {part}", *cells]))
    rows.sort(key=lambda row: ["time used", "stock known", "own word"].index(row[0]))
    return markdown(
        ["error; chance given, and what came", *TREATIES.values()], [r for _, r in rows]
    )


def _shares(table: pd.DataFrame, key: str, label: Any) -> Iterator[list[str]]:
    """How often each group came true, a line for each, a cell for each treaty."""
    for value, part in table.groupby(key, sort=False):
        by_treaty = part.set_index("treaty")
        cells = []
        for treaty in TREATIES:
            if treaty not in by_treaty.index:
                cells.append("none given")
                continue
            row = by_treaty.loc[treaty]
            share = in_percent(row["came_true"], " per cent") if row["came_true"] else "none"
            cells.append(f"{share} of {row['replays']:.0f} ({count(int(row['states']), 'state')})")
        yield [label(value, part.iloc[0]), *cells]


def ratings(found: pd.DataFrame) -> str:
    """How often each rating came true."""
    order = {rating: -style.order for rating, style in RATING_STYLE.items()}
    table = scoring.by_rating(found).sort_values("rating", key=lambda r: r.map(order))
    heads = [f"{name}: in time" for name in TREATIES.values()]
    return markdown(["rating on the day", *heads], _shares(table, "rating", lambda v, _: v))


def chances(found: pd.DataFrame) -> str:
    """How often what was given a chance came true."""
    table = scoring.reliability(found).sort_values("from", ascending=False)
    heads = [f"{name}: in time" for name in TREATIES.values()]
    rows = _shares(table, "from", lambda low, row: summary.band(low, row["to"]))
    return markdown(["chance given on the day", *heads], rows)


def alarms(found: pd.DataFrame) -> str:
    """Who missed the original deadline, and how long before it the rating said so."""
    table = scoring.alarms(found).sort_values(["lead_years", "state"], ascending=[False, True])
    rows = [
        [
            row["state"],
            TREATIES[row["treaty"]],
            day(row["original_deadline"]),
            "never" if pd.isna(row["warned"]) else day(row["warned"]),
            "none" if pd.isna(row["lead_years"]) else f"{row['lead_years']:.1f}",
        ]
        for row in table.to_dict("records")
    ]
    return markdown(
        ["state", "treaty", "original deadline", "not `on target` from", "years before"], rows
    )


LIMITS = (0.60, 0.65, 0.70, 0.75, 0.80, 0.85)


def _meaning(found: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Of each treaty: share of `on target` that came true, warnings a year ahead, false alarms."""
    limits = Thresholds(on_target=limit)
    before = found["deadline"] >= found["day"]
    rated = found["p_on_time"].map(lambda chance: rating_of(chance, limits))
    again = found.assign(rating=rated.where(before, "past the deadline"))
    alarms, false = scoring.alarms(again), scoring.false_alarms(again)
    true = scoring.by_rating(again).query("rating == 'on target'").set_index("treaty")["came_true"]
    known = scoring.on_record(again)
    met = known[known["outcome"] <= known["original_deadline"]].groupby("treaty")["iso3"].nunique()
    return pd.DataFrame(
        {
            "true": true,
            "missed": alarms.groupby("treaty").size(),
            "warned": alarms.groupby("treaty")["lead_years"].count(),
            "lead": alarms.groupby("treaty")["lead_years"].median(),
            "false": false.groupby("treaty").size(),
            "met": met,
        }
    ).fillna({"false": 0, "met": 0})


def thresholds(found: pd.DataFrame) -> str:
    """What each threshold for `on target` meant, and which one the other treaties choose."""
    tables = {limit: _meaning(found, limit) for limit in LIMITS}
    rows = []
    for limit, table in tables.items():
        cells = [
            f"{in_percent(row.true, ' per cent')}; {row.warned:.0f} of {row.missed:.0f}, "
            f"{row.lead:.1f} years; {row.false:.0f} of {row.met:.0f}"
            for row in (table.loc[treaty] for treaty in TREATIES)
        ]
        name = f"{limit:.2f}{' (as it is)' if limit == Thresholds().on_target else ''}"
        rows.append([name, *cells])
    chosen = []
    for left_out in TREATIES:

        def worth(limit: float, but: str = left_out) -> float:
            table = tables[limit].drop(index=but)
            warned = table["warned"] / table["missed"] * (table["lead"] >= 1)
            return float((warned - table["false"] / table["met"].clip(lower=1)).mean())

        chosen.append(f"{max(reversed(LIMITS), key=worth):.2f}")
    rows.append(["chosen from the other two", *chosen])
    return markdown(["`on target` from", *TREATIES.values()], rows)


def headline(table: pd.DataFrame, found: pd.DataFrame) -> str:
    """The record in two sentences, for the README."""
    by_treaty = table.pivot(index="method", columns="treaty", values="crps").map(summary.years)
    errs = {
        name: listing([row[treaty] for treaty in TREATIES]) for name, row in by_treaty.iterrows()
    }
    rated = scoring.by_rating(found).query("rating == 'on target'").set_index("treaty")
    true = listing([in_percent(rated.loc[treaty, "came_true"], "") for treaty in TREATIES])
    return (
        "On the Convention on Cluster Munitions, the Mine Ban Convention and the Chemical Weapons\n"
        "Convention, each projected from what the others had taught by the day, the projection\n"
        f"errs by {errs['projection']} years over the next ten; the state's own announced date by "
        f"{errs['announced']},\na straight line through the observed pace by {errs['pace']}. "
        f"Of the days on which\na state was rated `on target`, {true} per cent came true."
    )


def parts(found: pd.DataFrame, published: pd.DataFrame | None = None) -> dict[str, str]:
    """What stands between the comments, by name; without the other rule, but for its table."""
    table = scoring.scores(found)
    rules = {} if published is None else {"rules": both_rules(found, published)}
    return rules | {
        "scores": scores(table),
        "aims": aims(found),
        "base": base_rates(found),
        "strata": strata(found),
        "ratings": ratings(found),
        "alarms": alarms(found),
        "thresholds": thresholds(found),
        "chances": chances(found),
        "headline": headline(table, found),
    }


def filled(page: str, texts: Mapping[str, str]) -> str:
    """A page with the texts between their comments."""
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{texts[found[2]]}\n{found[3]}" if found[2] in texts else found[0],
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    texts = parts(replays(jobs=2), replays(rule="published", hindsight=False, jobs=2))
    for path in PAGES:
        path.write_text(filled(path.read_text(encoding="utf-8"), texts), encoding="utf-8")
