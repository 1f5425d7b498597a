"""One reconciled line per state and unit, with the statements behind each figure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, overload

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_names, column_types
from stockpile.common.english import digits
from stockpile.common.frames import days_as_ints, from_columns, from_rows, timestamp
from stockpile.ledger.ledger import Ledger
from stockpile.stock.points import Timeline
from stockpile.stock.reconcile import SET_ASIDE
from stockpile.stock.timelines import ENDINGS, Completion, Stock, contradictions, stocks
from stockpile.treaty.rules import UNSPECIFIED

_KINDS = column_types("progress")
EXPLAIN_COLUMNS = [name for name in column_names("statements") if name != "new_deadline"]


@overload
def progress(ledger: Ledger, *, explain: Literal[False] = False) -> pd.DataFrame: ...
@overload
def progress(ledger: Ledger, *, explain: bool) -> pd.DataFrame: ...


@cached
def progress(ledger: Ledger, *, explain: bool = False) -> pd.DataFrame:
    """Reconcile the statements into one line per state and unit; see `stockpile.progress`."""
    return _explanation(ledger) if explain else _lines(ledger)


def _lines(ledger: Ledger) -> pd.DataFrame:
    """Lay the reconciled lines out as a frame."""
    rows: list[tuple[Any, ...]] = []
    for iso3, state, unit, episode, line in _lines_in_order(ledger):
        whole, how = line.declared
        head = (iso3, state, unit, episode)
        if _only_declared(line, episode):
            none = whole == 0
            figures = whole, 0.0 if none else math.nan, whole, math.nan
            qualifiers = how, "exact" if none else "", "exact" if none else "at_most"
            rows.append((*head, line.declared_on, *figures, *qualifiers, "declared"))
        for p in line.points:
            figures = whole, p.destroyed.value, p.remaining.value, p.share
            qualifiers = how, p.destroyed.qualifier, p.remaining.qualifier
            rows.append((*head, p.day, *figures, *qualifiers, p.basis))
    return from_rows(rows, _KINDS)


@cached
def statements_behind(ledger: Ledger) -> pd.DataFrame:
    """Return the statement that each figure of `progress` rests on.

    Row by row with `progress`: ``iso3``, ``unit``, ``episode``, ``date``, and ``declared``,
    ``destroyed`` and ``remaining``: of each the statement's measure, number, qualifier, days and
    source, separated by ``|`` (the same in every version of the tables that has it); empty where
    a figure is unknown or follows from completion.

    >>> import stockpile as sp
    >>> behind = statements_behind(sp.load("ccm").as_of("2026-06-30"))
    >>> behind.query("iso3 == 'PER'")["declared"].iloc[-1]
    'declared|162417|exact|||cmm2021-per-profile'
    """
    rows: list[tuple[Any, ...]] = []
    texts = _statement_texts(ledger)
    for iso3, _, unit, episode, line in _lines_in_order(ledger):
        text = texts.get(iso3, [])
        declared = "" if line.declared_row is None else text[line.declared_row]
        if _only_declared(line, episode):
            rows.append((iso3, unit, episode, line.declared_on, declared, "", declared))
        for p in line.points:
            behind = ("" if r is None else text[r] for r in (p.destroyed_row, p.remaining_row))
            rows.append((iso3, unit, episode, p.day, declared, *behind))
    kinds = {name: _KINDS[name] for name in ("iso3", "unit", "episode", "date")}
    kinds |= dict.fromkeys(("declared", "destroyed", "remaining"), "str")
    return from_rows(rows, kinds)


def _statement_texts(ledger: Ledger) -> dict[str, list[str]]:
    """The statements of each state as texts, in the order in which lines count them."""
    out: dict[str, list[str]] = {}
    for iso3, measure, value, how, start, on, source in ledger.rows(
        "quantities",
        *("iso3", "measure", "quantity", "qualifier", "period_start", "on", "source_id"),
    ):
        days = ("" if day is None else f"{timestamp(day):%Y-%m-%d}" for day in (start, on))
        text = "|".join((measure, f"{value:.12g}", how, *days, source))
        out.setdefault(iso3, []).append(text)
    return out


def _lines_in_order(ledger: Ledger) -> Iterable[tuple[str, str, str, int, Timeline]]:
    """Code and name of each state, unit, episode and line, in the order of `progress`."""
    order = {unit: i for i, unit in enumerate((*ledger.treaty.units, UNSPECIFIED))}
    names = dict(ledger.rows("states", "iso3", "name"))
    for iso3, of_state in stocks(ledger).items():
        lines = {key: line for stock in of_state.values() for key, line in stock.lines.items()}
        for unit, episode in sorted(lines, key=lambda key: (order[key[0]], key[1])):
            yield iso3, names.get(iso3, iso3), unit, episode, lines[unit, episode]


def _only_declared(line: Timeline, episode: int) -> bool:
    """Whether nothing is known of a stock but its declaration."""
    return not line.points and not math.isnan(line.declared.value) and episode == 0


def _named(ledger: Ledger) -> Iterable[tuple[str, str, Stock]]:
    """Code and name of each state with each of its reconciled stocks."""
    names = dict(ledger.rows("states", "iso3", "name"))
    return (
        (iso3, names.get(iso3, iso3), stock)
        for iso3, of_state in stocks(ledger).items()
        for stock in of_state.values()
    )


def _places(rows: pd.DataFrame) -> dict[str, list[int]]:
    """Where the rows of each state stand."""
    out: dict[str, list[int]] = {}
    for place, iso3 in enumerate(rows["iso3"].tolist()):
        out.setdefault(iso3, []).append(place)
    return out


def _explanation(ledger: Ledger) -> pd.DataFrame:
    """Lay out every statement with the part it plays."""
    quantities, acts = ledger.quantities, ledger.events
    acts = acts[acts["event"].isin(ENDINGS) & acts["on"].notna()]
    acts = acts.reset_index(drop=True)
    never = pd.Series(pd.NaT, acts.index, "datetime64[us]")
    acts = acts.assign(value=math.nan, period_start=never)
    of_quantities, of_acts, days = _places(quantities), _places(acts), days_as_ints(acts["on"])
    units = quantities["unit"].tolist()
    numbers: list[_Part] = []
    endings: list[_Part] = []
    for iso3, state, stock in _named(ledger):
        for (unit, episode), line in stock.lines.items():
            for row, said in line.roles.items():
                numbers.append((of_quantities[iso3][row], state, unit, episode, *said))
        for row, said in stock.unused.items():
            place = of_quantities[iso3][row]
            numbers.append((place, state, units[place], 0, *said))
        for row, said in stock.ending_roles.items():
            place = of_acts[iso3][row]
            episode = _episode_of(stock.episodes, days[place])
            endings.append((place, state, "", episode, *said))
    parts = [
        _with_parts(quantities.rename(columns={"measure": "figure", "quantity": "value"}), numbers),
        _with_parts(acts.rename(columns={"event": "figure", "precision": "qualifier"}), endings),
    ]
    out = pd.concat([part for part in parts if len(part)] or parts[:1])
    return out.sort_values(
        ["iso3", "unit", "episode", "figure", "date", "published", "source_id", "value", "role"],
        kind="stable",
        ignore_index=True,
    )


# Place of a statement among the rows, state, unit, episode, role and why.
_Part = tuple[int, str, str, int, str, str]


def _with_parts(rows: pd.DataFrame, parts: list[_Part]) -> pd.DataFrame:
    """The rows that play a part, beside it."""
    places, *columns = zip(*parts, strict=True) if parts else [()] * 6
    told = rows.drop(columns="unit", errors="ignore").take(list(places)).reset_index(drop=True)
    kinds = dict.fromkeys(("state", "unit", "episode", "role", "why"), "str") | {"episode": "int64"}
    beside = from_columns(dict(zip(kinds, columns, strict=True)), kinds)
    return pd.concat([told.assign(date=told["on"]), beside], axis=1)[EXPLAIN_COLUMNS]


def _episode_of(episodes: list[Completion], day: int | None) -> int:
    """Which episode a day falls into."""
    starts = [e.reopened for e in episodes[1:]]
    return sum(1 for s in starts if s is not None and day is not None and day > s)


@cached
def conflicts(ledger: Ledger) -> pd.DataFrame:
    """Say where sources disagree, and what the figures rest on; see `stockpile.conflicts`."""
    told = progress(ledger, explain=True)
    aside = told[(told["role"] == SET_ASIDE) & told["why"].str.contains(_DISPUTES)]
    told_value = [
        _shown(value) if not math.isnan(value) else "no day" if pd.isna(day) else f"{day:%Y-%m-%d}"
        for value, day in zip(aside["value"], aside["date"], strict=True)
    ]
    words = [
        f"{source} has {value}: {why}"
        for source, value, why in zip(aside["source_id"], told_value, aside["why"], strict=True)
    ]
    messages = list(
        zip(aside["iso3"], aside["state"], aside["unit"], aside["figure"], words, strict=True)
    )
    messages += [
        (iso3, state, unit, "line", finding)
        for iso3, state, stock in _named(ledger)
        for (unit, _), line in stock.lines.items()
        for finding in sorted(set(line.findings))
    ]
    names = dict(ledger.rows("states", "iso3", "name"))
    messages += [
        (iso3, names.get(iso3, iso3), "", "completed", text)
        for (iso3, _), text in contradictions(ledger).items()
    ]
    out = pd.DataFrame(messages, columns=column_names("conflicts"), dtype="str")
    return out.drop_duplicates().sort_values(list(out.columns), ignore_index=True)


def _shown(value: float) -> str:
    """A count or a share as people write it."""
    return f"{value:.0%}" if 0 < value < 1 else digits(value)


_DISPUTES = r"contradicts|restated|nearer to the fact|another day|later speaks|later statement"
