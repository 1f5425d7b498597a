"""One reconciled line per state and unit, and every statement with the part that it plays.

`progress` has the statements behind the figures. Beside them stand those on membership,
deadlines and announced dates: `statements` has all of them, with the same three roles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, overload

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.columns import column_names, column_types
from stockpile.common.english import digits
from stockpile.common.frames import days_as_ints, from_columns, from_rows
from stockpile.ledger.ledger import Ledger
from stockpile.stock.obligations import Link, chains
from stockpile.stock.points import Timeline
from stockpile.stock.reconcile import AGREES, SET_ASIDE, USED
from stockpile.stock.timelines import ENDINGS, Completion, Stock, contradictions, stocks
from stockpile.treaty.rules import UNSPECIFIED
from stockpile.treaty.schema import MEMBERSHIP_ACTS

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


def newest_statements(ledger: Ledger) -> dict[tuple[str, str], tuple[int | None, str]]:
    """The statement that the newest figure of each state and unit rests on: its day, its source.

    Without either where the figure follows from completion.

    >>> import stockpile as sp
    >>> newest_statements(sp.load("ccm").as_of("2018-06-30"))["PER", "submunitions"]
    (None, 'cmm2017-per-profile')
    """
    said: dict[str, list[tuple[int | None, str]]] = {}
    for iso3, on, source in ledger.rows("quantities", "iso3", "on", "source_id"):
        said.setdefault(iso3, []).append((on, source))
    out: dict[tuple[str, str], tuple[int | None, str]] = {}
    for iso3, _, unit, episode, line in _lines_in_order(ledger):
        if line.points:
            last = line.points[-1]
            row = last.destroyed_row if last.remaining_row is None else last.remaining_row
        elif _only_declared(line, episode):
            row = line.declared_row
        else:
            continue
        out[iso3, unit] = (None, "") if row is None else said[iso3][row]
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


STATEMENT_COLUMNS = column_names("statements")

#: Acts that the treaty's rule turns into a day from which a state is bound.
_BINDING = ("consented", "entered_into_force")
_DEADLINES = ("deadline_stated", "extension_granted", "extension_requested")
_PERIODS = {"day": "D", "month": "M", "year": "Y"}


class _Told(NamedTuple):
    """An event as its role is worked out."""

    row: int  # position in the ledger's events
    iso3: str
    event: str
    date: pd.Timestamp
    precision: str
    value: Any
    new_deadline: pd.Timestamp
    rank: int
    published: pd.Timestamp
    source_id: str


@cached
def statements(ledger: Ledger) -> pd.DataFrame:
    """Every statement known on the ledger's day, with its role; see `stockpile.statements`."""
    ledger.require_day()
    told = progress(ledger, explain=True)
    told = told.assign(new_deadline=pd.Series(pd.NaT, told.index, "datetime64[us]"))
    events = ledger.events
    others = events[~events["event"].isin(["completed", "reopened"])]
    roles = _roles(ledger, others)
    names = dict(zip(ledger.states["iso3"], ledger.states["name"], strict=True))
    acts = pd.DataFrame(
        {
            "iso3": others["iso3"],
            "state": others["iso3"].map(names).fillna(others["iso3"]).astype("str"),
            "unit": pd.Series("", others.index, "str"),
            "episode": 0,
            "figure": others["event"],
            "value": float("nan"),
            "qualifier": others["precision"],
            "period_start": pd.Series(pd.NaT, others.index, "datetime64[us]"),
            "date": others["on"],
            "new_deadline": others["new_deadline"],
            "source_id": others["source_id"],
            "kind": others["kind"],
            "published": others["published"],
            "role": pd.Series([roles[i][0] for i in others.index], others.index, "str"),
            "why": pd.Series([roles[i][1] for i in others.index], others.index, "str"),
        }
    )[STATEMENT_COLUMNS]
    out = pd.concat([part for part in (told[STATEMENT_COLUMNS], acts) if len(part)] or [acts])
    order = "iso3 unit episode figure date published source_id new_deadline value role".split()
    return out.sort_values(order, kind="stable", ignore_index=True)


def _roles(ledger: Ledger, events: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """Role of each event that is not on the stock itself, and why."""
    by_kind: dict[tuple[str, str], list[_Told]] = {}
    columns = [events[name] for name in _Told._fields[1:]]
    for told in map(_Told._make, zip(events.index, *columns, strict=True)):
        kind = "deadline" if told.event in _DEADLINES else told.event
        by_kind.setdefault((told.iso3, kind), []).append(told)
    bound: dict[Any, dict[Any, Any]] = ledger.bound.to_dict("index")
    links = chains(ledger)
    out: dict[int, tuple[str, str]] = {}
    for (iso3, kind), told_of in by_kind.items():
        if kind == "deadline":
            out |= _deadline_roles(told_of, links.get(iso3, []))
        elif kind == "planned_completion":
            out |= _plan_roles(told_of)
        elif kind in _BINDING:
            out |= _binding_roles(told_of, bound.get(iso3, {}))
        else:
            out |= _first_roles(told_of, first=kind in MEMBERSHIP_ACTS)
    return out


def _nearest(told: list[_Told]) -> Iterator[_Told]:
    """The nearest source first, and of those the one published last."""
    return iter(sorted(told, key=lambda t: (t.rank, -t.published.value, t.source_id, t.row)))


def _binding_roles(told: list[_Told], bound: dict[Any, Any]) -> dict[int, tuple[str, str]]:
    """Consent and entry into force; see `stockpile.ledger.ledger.entry_into_force`."""
    out, taken = {}, ""
    for t in _nearest(told):
        consent = t.event == "consented"
        chosen = bound.get("consented" if consent else "entry_into_force", pd.NaT)
        if t.date != chosen:
            rule = "is nearer or newer" if consent or pd.isna(bound["consented"]) else "by the rule"
            out[t.row] = (SET_ASIDE, f"{chosen:%Y-%m-%d} {rule}")
        elif not consent and pd.notna(bound["consented"]):
            out[t.row] = (AGREES, "the day that follows from consent")
        elif taken:
            out[t.row] = (AGREES, f"agrees with {taken}")
        else:
            taken = t.source_id
            what = "day of consent" if consent else "entry into force; no consent on record"
            out[t.row] = (USED, what)
    return out


def _first_roles(told: list[_Told], *, first: bool) -> dict[int, tuple[str, str]]:
    """Other acts, of which the first day counts; a deadline named as missed, of which the last."""
    chosen = (min if first else max)(t.date for t in told)
    out, taken = {}, ""
    for t in _nearest(told):
        if t.date != chosen:
            which = "earlier" if first else "later"
            out[t.row] = (AGREES, f"another source has the {which} {chosen:%Y-%m-%d}")
        elif taken:
            out[t.row] = (AGREES, f"agrees with {taken}")
        else:
            taken = t.source_id
            out[t.row] = (USED, t.event.replace("_", " "))
    return out


def _plan_roles(told: list[_Told]) -> dict[int, tuple[str, str]]:
    """The newest announced date counts; see `stockpile.stock.position`."""
    newest = min(told, key=lambda t: (-t.published.value, t.rank, -t.date.value, t.source_id))
    out = {}
    for t in told:
        if t is newest:
            out[t.row] = (USED, "announced date")
        elif t.date == newest.date:
            out[t.row] = (AGREES, f"agrees with {newest.source_id}")
        else:
            out[t.row] = (SET_ASIDE, f"announced anew in {newest.source_id}")
    return out


def _deadline_roles(told: list[_Told], links: list[Link]) -> dict[int, tuple[str, str]]:
    """Deadlines stated, asked for and granted; see `stockpile.stock.obligations.deadlines`."""
    original = next((link for link in links if link.basis != "extended"), None)
    last = links[-1].deadline if links else pd.NaT
    asked = [t.new_deadline for t in told if t.event == "extension_requested"]
    latest = max((day for day in asked if pd.notna(day)), default=pd.NaT)
    # A day that only a request names makes precise what others have to the month.
    exact = {_moved_to(t) for t in told if t.event != "extension_requested"}
    out = {}
    for t in told:
        stated = t.event == "deadline_stated"
        day = _moved_to(t)
        link = next((link for link in links if _covers(day, "month", link.deadline)), None)
        if pd.isna(day):
            out[t.row] = (AGREES, "names no new deadline")
        elif stated and t.value == "original":
            out[t.row] = _original_role(t, original)
        elif t.event == "extension_requested":
            if link is not None:
                out[t.row] = (AGREES, "asked for, and granted")
            elif day == latest and day > last:
                out[t.row] = (USED, "asked for, not granted so far")
            else:
                out[t.row] = (SET_ASIDE, "asked for; a request moves no deadline")
        elif link is None or link.basis != "extended":
            out[t.row] = (SET_ASIDE, "no later than the deadline that it would extend")
        elif link.deadline == day or link.deadline not in exact:
            out[t.row] = (USED, "extended deadline")
        else:
            out[t.row] = (AGREES, f"{link.deadline:%Y-%m-%d} by a source that has the day")
    return out


def _moved_to(t: _Told) -> pd.Timestamp:
    """The deadline that a statement names."""
    return t.date if t.event == "deadline_stated" else t.new_deadline


def _original_role(t: _Told, original: Link | None) -> tuple[str, str]:
    """A stated original deadline against that of the rule, or among several stated ones."""
    assert original is not None  # or it would be the original one itself
    if original.basis == "stated" and original.sources == t.source_id:
        return USED, "original deadline; entry into force is not on record"
    if _covers(t.date, t.precision, original.deadline):
        return AGREES, f"agrees with {original.sources or 'the rule'}"
    what = original.sources or "the rule"
    return SET_ASIDE, f"{what} gives {original.deadline:%Y-%m-%d}"


def _covers(day: pd.Timestamp, precision: str, other: pd.Timestamp) -> bool:
    """Whether a day as precise as that may be the other one."""
    period = _PERIODS.get(precision, "D")
    return pd.notna(day) and bool(day.to_period(period) == other.to_period(period))
