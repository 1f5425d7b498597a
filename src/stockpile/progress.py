"""One reconciled line per state and unit, with the statements behind each figure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, overload

import numpy as np
import pandas as pd

from stockpile.ledger import Ledger
from stockpile.reconcile import (
    AGREES,
    NEVER,
    SET_ASIDE,
    USED,
    Line,
    Statement,
    choose_declared,
    close_with,
    reconcile,
    share_gone,
)
from stockpile.treaty import UNSPECIFIED

PROGRESS_COLUMNS = [
    "iso3",
    "state",
    "unit",
    "episode",
    "date",
    "declared",
    "destroyed",
    "remaining",
    "share_destroyed",
    "declared_qualifier",
    "destroyed_qualifier",
    "remaining_qualifier",
    "basis",
]
EXPLAIN_COLUMNS = [
    "iso3",
    "state",
    "unit",
    "episode",
    "figure",
    "value",
    "qualifier",
    "period_start",
    "date",
    "source_id",
    "kind",
    "published",
    "role",
    "why",
]
COMPLETION_COLUMNS = ["iso3", "episode", "reopened", "completed", "precision", "source_id"]


class Completion(NamedTuple):
    """How a state's episode of stock began and, if it did, ended."""

    reopened: int | None
    completed: int | None
    precision: str
    source_id: str


@dataclass(frozen=True)
class Reconciled:
    """All lines of a ledger, and the part that every statement plays in them.

    Attributes
    ----------
    lines : dict
        ``(iso3, unit, episode)`` to `stockpile.reconcile.Line`.
    episodes : dict
        ``iso3`` to the list of its episodes of stock.
    event_roles : dict
        Position in ``ledger.events`` to (role, why), for completions and reopenings.
    """

    lines: dict[tuple[str, str, int], Line]
    episodes: dict[str, list[Completion]]
    event_roles: dict[int, tuple[str, str]]


@overload
def progress(ledger: Ledger, *, explain: Literal[False] = False) -> pd.DataFrame: ...
@overload
def progress(ledger: Ledger, *, explain: bool) -> pd.DataFrame: ...


def progress(ledger: Ledger, *, explain: bool = False) -> pd.DataFrame:
    """Reconcile the statements into one line per state and unit.

    Parameters
    ----------
    ledger : Ledger
        Whole, or as of a day.
    explain : bool
        Return the statements instead, one row for each and each line it bears
        on, with its ``role``: ``used``, ``agrees`` or ``set aside``, and ``why``.

    Returns
    -------
    pandas.DataFrame
        Sorted by state, unit and date: ``iso3``, ``state``, ``unit``, ``episode``
        (0, and one more for every time stock turned up after completion),
        ``date``, ``declared``, ``destroyed`` and ``remaining`` (counts, ``NaN``
        for unknown), ``share_destroyed`` (of the declared stock, 0 to 1), a
        qualifier for each count (``exact``, ``approx``, ``at_least``,
        ``at_most``, ``nearly``) and ``basis`` (what the row rests on:
        ``declared``, ``destroyed``, ``remaining``, ``reopened``, ``completed``;
        ``retained`` where all that is left is kept for training, ``with munitions``
        where a count ended with the items that held it).
        The first row of a state whose declaration is all that is known has
        ``destroyed`` unknown and ``remaining`` *at most* the declared stock.

    Notes
    -----
    The order of preference stands in `stockpile.reconcile`.

    Examples
    --------
    On 1 October 2013 the newest known position of the United Kingdom was that
    of 31 March; the submunitions were behind:

    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2013-10-01", "published")
    >>> uk = sp.progress(then).set_index(["iso3", "date"]).loc[("GBR", "2013-03-31")]
    >>> uk[["unit", "share_destroyed"]].round(2).values.tolist()
    [['cluster_munitions', 0.95], ['submunitions', 0.84]]
    """
    found = reconcile_all(ledger)
    return _explanation(ledger, found) if explain else progress_frame(ledger, found)


def reconcile_all(ledger: Ledger) -> Reconciled:
    """Reconcile every count of every state of a ledger."""
    quantities, events = ledger.quantities, ledger.events
    event_roles: dict[int, tuple[str, str]] = {}
    fields: list[Iterable[Any]] = [
        quantities["measure"],
        quantities["quantity"],
        quantities["qualifier"],
        ordinals(quantities["period_start"]),
        ordinals(quantities["on"]),
        quantities["rank"],
        [NEVER if p is None else p for p in ordinals(quantities["published"])],
        quantities["presumed"],
        quantities["source_id"],
    ]
    statements: dict[str, dict[str, list[Statement]]] = {}
    weighed = map(Statement._make, zip(range(len(quantities)), *fields, strict=True))
    for iso3, unit, statement in zip(quantities["iso3"], quantities["unit"], weighed, strict=True):
        statements.setdefault(iso3, {}).setdefault(unit, []).append(statement)
    endings = events[events["event"].isin(["completed", "reopened"]) & events["on"].notna()]
    by_state: dict[str, list[Ending]] = {}
    for ending in map(
        Ending._make,
        zip(
            endings.index,
            endings["iso3"],
            endings["event"],
            ordinals(endings["on"]),
            endings["precision"],
            endings["rank"],
            [NEVER if p is None else p for p in ordinals(endings["published"])],
            endings["source_id"],
            strict=True,
        ),
    ):
        by_state.setdefault(ending.iso3, []).append(ending)
    episodes = {
        iso3: _episodes(by_state.get(iso3, []), statements.get(iso3, {}), event_roles)
        for iso3 in sorted({*statements, *by_state})
    }
    lines: dict[tuple[str, str, int], Line] = {}
    for iso3, of_state in episodes.items():
        for unit, of_unit in _by_unit(statements.get(iso3, {}), ledger.treaty.units).items():
            for episode, line in enumerate(_unit_lines(of_unit, of_state)):
                lines[iso3, unit, episode] = line
        _close(lines, iso3, len(of_state) - 1, ledger.treaty.units)
    return Reconciled(lines, episodes, event_roles)


def _close(
    lines: dict[tuple[str, str, int], Line], iso3: str, episode: int, units: tuple[str, ...]
) -> None:
    """End the lines of what the first unit holds, once that is gone."""
    first = lines.get((iso3, units[0], episode))
    if first is None or not first.points:
        return
    last = first.points[-1]
    if last.remaining.value == 0 and last.basis != "retained" and last.destroyed.value > 0:
        nil = next(p.day for p in first.points if p.remaining.value == 0)
        for unit in units[1:]:
            if (iso3, unit, episode) in lines:
                close_with(lines[iso3, unit, episode], nil)


def ordinals(days: pd.Series) -> list[int | None]:
    """Days as whole numbers from 1970-01-01, ``None`` for no day."""
    whole = days.to_numpy().astype("datetime64[D]").astype("int64")
    missing = days.isna().to_numpy()
    return [None if m else int(d) for d, m in zip(whole, missing, strict=True)]


def _timestamps(days: list[int | None]) -> pd.Series:
    """Whole numbers as days again."""
    values = [np.datetime64("NaT") if d is None else np.datetime64(d, "D") for d in days]
    return pd.Series(np.array(values, dtype="datetime64[D]").astype("datetime64[us]"))


def _by_unit(
    of_state: dict[str, list[Statement]], units: tuple[str, ...]
) -> dict[str, list[Statement]]:
    """Statements per unit; a share of an unnamed count bears on every count there is."""
    named = {unit: of_state[unit] for unit in units if unit in of_state}
    open_shares = of_state.get(UNSPECIFIED, [])
    if not named:
        return {UNSPECIFIED: open_shares} if open_shares else {}
    return {unit: [*rows, *open_shares] for unit, rows in named.items()}


_PRECISE = {"day": 0, "month": 1, "year": 2, "on_or_before": 3, "unknown": 4}


class Ending(NamedTuple):
    """A statement that a stock was gone, or that there was stock again."""

    row: int  # position in the ledger's events
    iso3: str
    event: str
    on: int
    precision: str
    rank: int
    published: int
    source_id: str

    @property
    def precise(self) -> int:
        """Rank of the precision; smaller is more precise."""
        return _PRECISE[self.precision]


def _episodes(
    endings: list[Ending],
    statements: dict[str, list[Statement]],
    roles: dict[int, tuple[str, str]],
) -> list[Completion]:
    """Split a state's history where stock turned up after completion."""
    starts: list[int | None] = [None]
    for ending in sorted(endings, key=lambda e: (e.on, e.rank, e.source_id)):
        if ending.event == "reopened":
            roles[ending.row] = (USED, "stock turned up after completion")
            if ending.on not in starts:
                starts.append(ending.on)
    completed = [e for e in endings if e.event == "completed"]
    left = [
        s
        for rows in statements.values()
        for s in rows
        if s.measure == "remaining" and s.value > 0 and s.on is not None
    ]
    out: list[Completion] = []
    while starts:
        start = starts.pop(0)
        first, last = NEVER if start is None else start, starts[0] if starts else -NEVER
        assert first is not None and last is not None
        inside = [e for e in completed if first < e.on <= last]
        done = _choose_completion(inside, start, roles)
        # A later word that stock is left outweighs an earlier one that it is gone:
        # what was found opens an episode of its own, whether or not a source says so.
        found = _found_later(done, inside, [s for s in left if s.said < last])
        if found is not None:
            starts.insert(0, found)
        out.append(done)
    return out


def _found_later(ending: Completion, endings: list[Ending], left: list[Statement]) -> int | None:
    """First day on which a source no further from the facts speaks of stock again."""
    if ending.completed is None:
        return None
    told = max(e.published for e in endings)
    rank = min(e.rank for e in endings)
    return min(
        (
            s.said
            for s in left
            if s.said > ending.completed and s.published > told and s.rank <= rank
        ),
        default=None,
    )


def _choose_completion(
    endings: list[Ending],
    start: int | None,
    roles: dict[int, tuple[str, str]],
) -> Completion:
    """Choose the day of completion: nearest source, most precise, latest.

    A month or a year is made precise by a day inside it, whoever names that.
    `on_or_before` gives no day at all: whoever names a period knows more.
    """
    if not endings:
        return Completion(start, None, "", "")

    def preference(e: Ending) -> tuple[object, ...]:
        loose = e.precise >= _PRECISE["on_or_before"]
        return (loose, e.rank, e.precise, -e.published, -e.on, e.source_id)

    ordered = sorted(endings, key=preference)
    best = ordered[0]
    if best.precision in ("month", "year"):
        period = slice(0, 7 if best.precision == "month" else 4)
        iso = _iso(best.on)[period]
        best = next(
            (e for e in ordered if e.precise < best.precise and _iso(e.on)[period] == iso), best
        )
    for e in endings:
        if e is best:
            roles[e.row] = (USED, "day of completion")
        elif e.precision == "day" and e.on != best.on:
            roles[e.row] = (SET_ASIDE, f"{best.source_id} has another day of completion")
        else:
            roles[e.row] = (AGREES, f"completion; the day is that of {best.source_id}")
    return Completion(start, best.on, best.precision, best.source_id)


def _iso(day: int) -> str:
    """A whole-number day as ISO text."""
    return str(np.datetime64(day, "D"))


def _unit_lines(statements: list[Statement], episodes: list[Completion]) -> list[Line]:
    """The lines of one unit of one state, one for each episode."""
    out: list[Line] = []
    declared: Statement | None = None
    ends = [e.reopened for e in episodes[1:]] + [None]
    for number, (episode, end) in enumerate(zip(episodes, ends, strict=True)):
        line, start = Line(), episode.reopened

        def belongs(s: Statement, start: int | None = start, end: int | None = end) -> bool:
            if s.on is None:
                # Without a day it speaks of the beginning, or of the day it was published.
                day = NEVER if s.measure == "declared" else s.published
                return (start is None and day <= (end or day)) or (
                    start is not None and start < day <= (end or day)
                )
            return (start is None or s.on >= start) and (end is None or s.on < end)

        inside = [s for s in statements if belongs(s)]
        found = choose_declared([s for s in inside if s.measure == "declared"], line)
        anew = found is not None
        declared = found or declared
        rest = [s for s in inside if s.measure != "declared"]
        if number and anew and found is not None:
            for s in list(rest):
                # A total since the beginning also counts what was destroyed before.
                if (
                    s.measure == "destroyed_total"
                    and s.start is None
                    and s.value > found.value * 1.05
                ):
                    line.roles[s.row] = (SET_ASIDE, "counts stock from before the reopening too")
                    rest.remove(s)
        reconcile(rest, declared, episode.completed, line, start if anew else None)
        out.append(line)
    return out


def progress_frame(ledger: Ledger, found: Reconciled) -> pd.DataFrame:
    """Lay the reconciled lines out as the frame that `progress` returns."""
    rows: list[tuple[Any, ...]] = []
    names = dict(zip(ledger.states["iso3"], ledger.states["name"], strict=True))
    for (iso3, unit, episode), line in found.lines.items():
        whole = line.declared.value
        head = (iso3, names.get(iso3, iso3), unit, episode)
        if not line.points and not math.isnan(whole) and episode == 0:
            # Nothing is known but the declaration.
            nothing = whole == 0
            rows.append(
                (
                    *head,
                    line.declared_on,
                    whole,
                    0.0 if nothing else math.nan,
                    whole,
                    math.nan,
                    line.declared.qualifier,
                    "exact" if nothing else "",
                    "exact" if nothing else "at_most",
                    "declared",
                )
            )
        for p in line.points:
            rows.append(
                (
                    *head,
                    p.day,
                    whole,
                    p.destroyed.value,
                    p.remaining.value,
                    share_gone(whole, p),
                    line.declared.qualifier,
                    p.destroyed.qualifier,
                    p.remaining.qualifier,
                    p.basis,
                )
            )
    out = pd.DataFrame(rows, columns=PROGRESS_COLUMNS)
    out["date"] = _timestamps([row[PROGRESS_COLUMNS.index("date")] for row in rows])
    text = [
        "iso3",
        "state",
        "unit",
        "basis",
        *(c for c in PROGRESS_COLUMNS if c.endswith("_qualifier")),
    ]
    counts = ["declared", "destroyed", "remaining", "share_destroyed"]
    out = out.astype({**dict.fromkeys(text, "str"), **dict.fromkeys(counts, "float64")})
    order = {unit: i for i, unit in enumerate((*ledger.treaty.units, UNSPECIFIED))}
    return (
        out.assign(order=out["unit"].map(order))
        .sort_values(["iso3", "order", "episode", "date"], kind="stable", ignore_index=True)
        .drop(columns="order")
    )


def _explanation(ledger: Ledger, found: Reconciled) -> pd.DataFrame:
    """Lay out every statement with the part it plays."""
    quantities, events = ledger.quantities, ledger.events
    names = dict(zip(ledger.states["iso3"], ledger.states["name"], strict=True))
    place = [
        (row, unit, episode, role, why)
        for (_, unit, episode), line in found.lines.items()
        for row, (role, why) in line.roles.items()
    ]
    parts = pd.DataFrame(place, columns=["row", "unit", "episode", "role", "why"])
    told = quantities.loc[parts["row"]].reset_index(drop=True)
    numbers = pd.DataFrame(
        {
            "iso3": told["iso3"],
            "unit": parts["unit"],
            "episode": parts["episode"],
            "figure": told["measure"],
            "value": told["quantity"],
            "qualifier": told["qualifier"],
            "period_start": told["period_start"],
            "date": told["on"],
            "source_id": told["source_id"],
            "kind": told["kind"],
            "published": told["published"],
            "role": parts["role"],
            "why": parts["why"],
        }
    )
    roles = found.event_roles
    acts = events.loc[list(roles)]
    dates = pd.DataFrame(
        {
            "iso3": acts["iso3"],
            "unit": "",
            "episode": [
                _episode_of(found.episodes[i], d)
                for i, d in zip(acts["iso3"], ordinals(acts["on"]), strict=True)
            ],
            "figure": acts["event"],
            "value": math.nan,
            "qualifier": acts["precision"],
            "period_start": pd.NaT,
            "date": acts["on"],
            "source_id": acts["source_id"],
            "kind": acts["kind"],
            "published": acts["published"],
            "role": [roles[row][0] for row in acts.index],
            "why": [roles[row][1] for row in acts.index],
        }
    ).astype({"period_start": "datetime64[us]"})
    out = pd.concat([part for part in (numbers, dates) if len(part)] or [numbers])
    out = out.assign(state=out["iso3"].map(names).fillna(out["iso3"]))[EXPLAIN_COLUMNS]
    return out.sort_values(
        ["iso3", "unit", "episode", "figure", "date", "published", "source_id", "value", "role"],
        kind="stable",
        ignore_index=True,
    )


def _episode_of(episodes: list[Completion], day: int | None) -> int:
    """Which episode a day falls into."""
    starts = [e.reopened for e in episodes[1:]]
    return sum(1 for s in starts if s is not None and day is not None and day > s)


def conflicts(ledger: Ledger) -> pd.DataFrame:
    """Say where sources disagree, and which statement the figures rest on.

    Returns
    -------
    pandas.DataFrame
        ``iso3``, ``state``, ``unit``, ``figure``, ``message``; one row for each
        statement that was set aside although it speaks of the same thing, and
        one for each finding on a line (more destroyed than declared, figures
        that do not add up).

    Examples
    --------
    >>> import stockpile as sp
    >>> found = sp.conflicts(sp.load("ccm").as_of("2026-06-30"))
    >>> "PER" in set(found["iso3"])
    True
    """
    found = reconcile_all(ledger)
    told = _explanation(ledger, found)
    aside = told[(told["role"] == SET_ASIDE) & told["why"].str.contains(_DISPUTES)]
    told_value = [
        _shown(value) if not math.isnan(value) else "no day" if pd.isna(day) else f"{day:%Y-%m-%d}"
        for value, day in zip(aside["value"], aside["date"], strict=True)
    ]
    messages = list(
        zip(
            aside["iso3"],
            aside["state"],
            aside["unit"],
            aside["figure"],
            aside["source_id"]
            + " has "
            + pd.Series(told_value, aside.index, "str")
            + ": "
            + aside["why"],
            strict=True,
        )
    )
    names = dict(zip(ledger.states["iso3"], ledger.states["name"], strict=True))
    messages += [
        (iso3, names.get(iso3, iso3), unit, "line", finding)
        for (iso3, unit, _), line in found.lines.items()
        for finding in sorted(set(line.findings))
    ]
    out = pd.DataFrame(
        messages, columns=["iso3", "state", "unit", "figure", "message"], dtype="str"
    )
    return out.drop_duplicates().sort_values(list(out.columns), ignore_index=True)


def _shown(value: float) -> str:
    """A count or a share as people write it."""
    return f"{value:.0%}" if 0 < value < 1 else f"{value:,.0f}"


_DISPUTES = r"contradicts|restated|nearer to the fact|another day|later speaks|later statement"
