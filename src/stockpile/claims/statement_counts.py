"""A stated number of states, or a stated share, held against the ledger of its day.

Where the views of that day differ, each state that they do not share says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from stockpile.claims.claims import agrees
from stockpile.claims.claims_page import figure
from stockpile.claims.views import HINDSIGHT, VIEWS, counted, group, latest, look
from stockpile.common import english as words
from stockpile.ledger.ledger import RULES, Ledger, parse_day
from stockpile.pages.compliance_page import section
from stockpile.pages.html import Html
from stockpile.stock.position import positions
from stockpile.stock.progress import progress

_NONE = "–"


def count(
    ledger: Ledger,
    day: object,
    says: str,
    stated: float,
    *,
    measure: str,
    who: str,
    name: str,
    reading: str = "",
) -> Html:
    """Hold a stated number of states against the ledger.

    Parameters
    ----------
    ledger : Ledger
        Whole, not cut to a day.
    day : str, datetime.date or pandas.Timestamp
        The day of the statement.
    says : str
        What it says, in words of one's own.
    stated : float
        The number.
    measure, who : str
        As in `stockpile.claims.views.figures`.
    name : str
        Of the section.
    reading : str
        What the caller makes of a difference; it is marked as a reading.
    """
    at = parse_day(day)
    seen = look(ledger, at)
    found = counted(seen, measure, who, "")
    ours, later = found["reported"][0], found[HINDSIGHT][0]
    names = ledger.states.set_index("iso3")["name"]
    codes = sorted({c for _, of in found.values() for c in of}, key=lambda c: str(names[c]))
    now = latest(ledger, at).positions
    rows = [
        [
            str(names[code]),
            *("counted" if code in found[view][1] else _NONE for view in VIEWS),
            _why(ledger, at, code, found, now.loc[code]),
        ]
        for code in codes
    ]
    held = seen.rows["reported"]
    held = held[group(seen.then["reported"], held, who)]
    none = sorted(held.loc[held["stock"] == "none", "state"])
    blank = int((held["stock"] == "unknown").sum())
    verdict = "the same" if agrees(stated, "exact", ours) else f"not the {figure(stated, measure)}"
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"The ledger of {words.day(at)} has {figure(ours, measure)} by the rule reported "
            f"({verdict}), {figure(found['published'][0], measure)} by the rule published, and, "
            f"of the same day in hindsight, {figure(later, measure)}.",
            f"A reading, and no finding: {reading}" if reading else "",
        ],
        caption="Which states are counted, and why not by all",
        head=["State", "Reported", "Published", "Hindsight", "Why"],
        rows=rows,
        told=True,
        notes=[
            f"Said by then to hold none, with no destruction told, and so not counted: "
            f"{words.listing(none)}." if none else "",
            f"Of {words.spell(blank)} more of these states nothing on a stock was on record."
            if blank else "",
        ],
    )  # fmt: skip


def _why(ledger: Ledger, at: pd.Timestamp, code: str, found: Any, now: Any) -> str:
    """Say why one state is counted by one view and not by another."""
    has = {view: code in found[view][1] for view in VIEWS}
    if all(has.values()):
        return f"Done {_when(now)}." if now["stock"] == "gone" else ""
    said = []
    if has["reported"] and not has[HINDSIGHT] and pd.notna(now["reopened"]):
        said.append(f"More stock had turned up by {words.day(now['reopened'])}.")
    elif has[HINDSIGHT]:
        said.append(f"Done {_when(now)}.")
    for rule in RULES:
        if has[rule] == has[HINDSIGHT]:
            continue
        first = first_day(ledger, code, at, rule, gone=has[HINDSIGHT])
        text = f"known on {words.day(first)}" if first is not None else "never known"
        said.append(f"By the rule {rule}, that became {text}.".replace("became never", "was never"))
    return " ".join(said)


def _when(now: Any) -> str:
    first = now["first_completed"]
    if pd.notna(first) and pd.notna(now["reopened"]):
        return f"by {words.day(first)} for the first time"
    done = words.dated(now["completed"], now["completed_precision"])
    if done.startswith("by "):
        return done
    return f"{'on' if now['completed_precision'] == 'day' else 'in'} {done}"


def first_day(
    ledger: Ledger, iso3: str, after: pd.Timestamp, rule: str, *, gone: bool = True
) -> pd.Timestamp | None:
    """Find the first day after another on which the ledger has a state's stock gone, or not gone.

    Parameters
    ----------
    ledger : Ledger
        Whole.
    iso3 : str
        The state.
    after : pandas.Timestamp
        Where to start from.
    rule : str
        Of knowing.
    gone : bool
        What is looked for.

    Examples
    --------
    >>> import pandas as pd
    >>> import stockpile as sp
    >>> day = first_day(sp.load("ccm"), "BIH", pd.Timestamp("2012-04-19"), "reported")
    >>> day.date().isoformat()
    '2012-04-20'
    """
    return _first(ledger, iso3, after, rule, lambda row: (row["stock"] == "gone") == gone)


def _first(
    ledger: Ledger,
    iso3: str,
    after: pd.Timestamp,
    rule: str,
    test: Callable[[pd.Series], bool],
) -> pd.Timestamp | None:
    """Go through the days on which more became known of a state, until a test holds."""
    parts = {
        name: rows[rows["iso3"] == iso3].reset_index(drop=True)
        for name, rows in (
            ("quantities", ledger.quantities),
            ("events", ledger.events),
            ("states", ledger.states),
        )
    }
    own = replace(ledger, **parts, listed=True)  # type: ignore[arg-type]
    known = f"known_{rule}"
    days = {day for name in ("quantities", "events") for day in parts[name][known].dropna()}
    for day in sorted(day for day in days if day > after):
        if test(positions(own.as_of(day, rule)).iloc[0]):  # type: ignore[arg-type]
            return pd.Timestamp(day)
    return None


def shares(
    ledger: Ledger, day: object, says: str, states: Sequence[str], *, least: float, name: str
) -> Html:
    """Hold 'has destroyed most of its stock' against the ledger, for some states.

    Parameters
    ----------
    ledger, day, says, name
        As in `count`.
    states : sequence of str
        Their codes.
    least : float
        The share that is asked for, to find the day from which it is known.
    """
    at = parse_day(day)
    now = progress(ledger.as_of(max(at, ledger.newest)))
    names = ledger.states.set_index("iso3")["name"]
    rows = []
    for code in states:
        cells, share = [], {}
        for rule in RULES:
            own = positions(ledger.as_of(at, rule)).set_index("iso3")  # type: ignore[arg-type]
            share[rule] = float(own["share_destroyed"][code])
            cells.append(words.percent(share[rule]))
        lines = now[(now["iso3"] == code) & (now["date"] <= at) & now["share_destroyed"].notna()]
        last = lines.sort_values("date").tail(1)
        cells.append(
            f"{words.percent(last['share_destroyed'].iloc[0])} on {words.day(last['date'].iloc[0])}"
            if len(last)
            else "unknown"
        )
        told = []
        for rule in RULES:
            if share[rule] >= least:
                told.append(f"{rule}: on that day")
                continue
            first = _first(ledger, code, at, rule, lambda r: r["share_destroyed"] >= least)
            told.append(f"{rule}: {words.day(first) if first is not None else 'never'}")
        rows.append([str(names[code]), *cells, "; ".join(told)])
    return section(
        name,
        paragraphs=[
            f"Said: {says}.",
            f"The ledger takes in a statement on the day on which its source was out, or on the "
            f"next reporting date. The last column has the first day after {words.day(at)} on "
            f"which it has at least {words.percent(least, ' per cent')} of a stock destroyed.",
        ],
        caption="Share destroyed, by each view of the day",
        head=["State", "Reported", "Published", "Hindsight", "At least that, as known"],
        rows=rows,
    )
