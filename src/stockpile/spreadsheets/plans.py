"""What each column of a table is read as, and what has to be asked first.

The headings do not always settle it: a column '2012' may hold what was
destroyed in 2012 or all that was destroyed by its end. Such things are never
guessed; each becomes a question that names the option which answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stockpile.spreadsheets.cells import Percent, blank, number
from stockpile.spreadsheets.countries import folded
from stockpile.spreadsheets.days import Span, span
from stockpile.spreadsheets.files import Merged
from stockpile.spreadsheets.headings import EVENTS, UNITS, heading
from stockpile.spreadsheets.layout import Column, Table
from stockpile.spreadsheets.options import Options
from stockpile.treaty.rules import UNSPECIFIED, Treaty

#: The columns that say what time a row speaks of; a table has one kind of them.
_TIMES = ("year", "date", "period", "period_end")
_ONE_EACH = (
    "year", "date", "period", "period_start", "period_end", "unit", "measure", "quantity",
    "qualifier", "source", "source_id", "published", "kind", "publisher", "url", "event",
    "precision", "event_value",
)  # fmt: skip
#: A unit that has been asked for.
_OPEN = "?"
#: Measures that speak of a day and may go without one.
_UNDATED = ("declared", "retained")

_WORDS = {
    "declared": "declared stock",
    "destroyed": "destroyed",
    "destroyed_total": "destroyed since the beginning",
    "destroyed_share": "share of the declared stock destroyed",
    "remaining": "still to be destroyed",
    "retained": "retained for training",
    "retained_destroyed": "destroyed out of what was retained",
}


class Plan(NamedTuple):
    """How the cells of a column become statements.

    ``measure`` and ``unit`` are empty where a cell of the row says them, and
    ``time`` where the row does; ``event`` is set for a column of days. What is
    ``open`` has been asked for.
    """

    column: Column
    measure: str = ""
    event: str = ""
    unit: str = ""
    time: Span = Span()
    mode: str = ""
    percent: bool = False
    open: bool = False

    def meaning(self) -> str:
        """What the column is read as, in words."""
        if self.event:
            return self.event.replace("_", " ")
        what = _WORDS.get(self.measure, "numbers")
        if self.unit:
            what += f", {self.unit.replace('_', ' ')}"
        if self.measure == "destroyed_share":
            what += ", in per cent" if self.percent else ", from 0 to 1"
        if self.time.end:
            whole = self.time.start != self.time.end and self.measure == "destroyed"
            what += f", from {self.time.start} to " if whole else ", by "
            what += self.time.end
        return f"{what} (to be settled)" if self.open else what


@dataclass(frozen=True)
class Reading:
    """How a table is read: the plans of its columns, and where a row has its time."""

    table: Table
    plans: tuple[Plan, ...]
    time: str
    options: Options
    treaty: Treaty

    def meanings(self) -> list[tuple[str, str]]:
        """Each heading with what its column is read as."""
        plans = {plan.column: plan for plan in self.plans}
        return [
            (column.heading.text, plans[column].meaning() if column in plans else _role(column))
            for column in self.table.columns
        ]


def _role(column: Column) -> str:
    role = column.heading.role
    return column.heading.text if role == "full" else role.replace("_", " ")


def reading(table: Table, treaty: Treaty, options: Options) -> Reading:
    """Work out how the columns of a table are read; what is open goes to its questions."""
    if table.full:  # its columns are what they are called
        return Reading(table, (), "", options, treaty)
    ask, place = table.questions, table.sheet.place
    for role in _ONE_EACH:
        several = [column.heading.text for column in table.of(role)]
        if len(several) > 1:
            ask.append(
                f"{place}: the columns {_listed(several)} both say the {role.replace('_', ' ')}; "
                f"leave one out, as columns={{{several[0]!r}: None}}"
            )
    times = [role for role in _TIMES if table.of(role)]
    if len(times) > 1 and not table.of("event"):
        told = [table.of(role)[0].heading.text for role in times]
        ask.append(
            f"{place}: the columns {_listed(told)} both say of what time a row speaks; "
            f"leave one out, as columns={{{told[0]!r}: None}}"
        )
    time = times[0] if times else ""
    plans = [_plan(table, column, time, treaty, options) for column in _figures(table)]
    seen: dict[tuple[object, ...], str] = {}
    for plan in plans:
        key = (plan.measure, plan.event, plan.unit, plan.time[:2])
        text = plan.column.heading.text
        if key in seen:
            ask.append(
                f"{place}: the columns {_listed([seen[key], text])} both say {plan.meaning()}; "
                "give them different headings, or leave one out with columns={...: None}"
            )
        seen[key] = text
    if not plans and not table.of("event"):
        ask.append(f"{place}: no column of numbers was recognised; expected one as 'Declared'")
    if options.published is None and not table.of("published") and not table.of("source_id"):
        ask.append(
            f"{place}: when did these figures come out? say published='2012-04-01' (or a month or "
            "a year), published='unknown', or add a column 'published'"
        )
    return Reading(table, tuple(plans), time, options, treaty)


def _listed(texts: Sequence[str]) -> str:
    return " and ".join(repr(text) for text in texts)


def _figures(table: Table) -> list[Column]:
    if table.of("event"):
        return []
    return [c for c in table.columns if c.heading.role in ("figure", "quantity")]


def _plan(table: Table, column: Column, row_time: str, treaty: Treaty, options: Options) -> Plan:
    """How a column is read, with what has to be asked about it."""
    said, place, text = column.heading, table.sheet.place, column.heading.text
    ask = table.questions
    if said.measure in EVENTS:
        if said.end:
            ask.append(f"{place}: {text!r} is the heading of a date; expected no date in it")
        return Plan(column, event=said.measure)
    time = Span(said.start, said.end, said.precision)
    measure, mode = said.measure, said.mode
    measured = bool(table.of("measure"))
    if not measure and not measured and not time.end:
        ask.append(
            f"{place}: what are the numbers under {text!r}? say columns={{{text!r}: 'declared'}}, "
            "or in place of 'declared' 'destroyed to date', 'remaining' ..."
        )
        return Plan(column, open=True)
    asked = False
    if not measure and not measured:
        measure = "destroyed"
        if time.precision != "period" and not mode and options.cumulative is None:
            asked = _ask_cumulative(table, text, time, bare=True)
    elif (
        _bare_destroyed(table, measure)
        and not mode
        and time.precision != "period"
        and (time.end or _one_moment(table, row_time))
        and options.cumulative is None
    ):
        asked = _ask_cumulative(table, text, time, bare=False)
    if measure == "destroyed" and (time.end or _one_moment(table, row_time)):
        total = mode == "by" or (not mode and time.precision != "period" and options.cumulative)
        measure = "destroyed_total" if total else "destroyed"
    if measure == "destroyed" and not time.end and not row_time:
        measure = "destroyed_total"
    dated = time.end or row_time or options.on
    if not dated and measure and measure not in _UNDATED:
        asked = True
        ask.append(
            f"{place}: by what day was that, {text!r}? say on='2012-04-19', or add a column "
            "'date' or 'year'"
        )
    unit = said.unit or _unit(table, measure, treaty, options, text)
    percent = said.percent if options.percent is None else options.percent
    asked = asked or unit == _OPEN
    plan = Plan(column, measure, "", unit.removeprefix(_OPEN), time, mode, percent, asked)
    if measure == "destroyed_share" and options.percent is None and said.percent:
        _ask_percent(table, plan)
    return plan


def _one_moment(table: Table, row_time: str) -> bool:
    """Whether the rows name a year or a day and no period."""
    ends_only = row_time == "period_end" and not table.of("period_start")
    return row_time in ("year", "date") or ends_only


def _bare_destroyed(table: Table, measure: str) -> bool:
    """Whether a column may hold numbers 'destroyed' that nothing else is said about."""
    if measure or not table.of("measure"):
        return measure == "destroyed"
    column = table.of("measure")[0]
    cells = {_shown(cell) for cell in table.cells(column).values}
    return any(heading(cell, ()).measure == "destroyed" for cell in cells if cell)


def _shown(cell: object) -> str:
    value = cell.value if isinstance(cell, Merged) else cell
    return value if isinstance(value, str) else ""


def _ask_cumulative(table: Table, text: str, time: Span, *, bare: bool) -> bool:
    named = time.end[:4] if time.precision == "year" else time.end
    when = (
        f"in {named} or all that was destroyed by its end"
        if named
        else ("in the year (or on the day) of the row or all that was destroyed by its end")
    )
    question = (
        f"{table.sheet.place}: does {text!r} hold the number destroyed {when}? "
        "say cumulative=False for the first, cumulative=True for the second"
    )
    if bare:
        question += f"; if it is what was left, columns={{{text!r}: 'remaining {named}'}}"
    # One answer settles it for all columns: one question, about the first.
    if not any("cumulative=False" in asked for asked in table.questions):
        table.questions.append(question)
    return True


def _ask_percent(table: Table, plan: Plan) -> None:
    """A column headed '%' whose numbers are all 1 at most may hold fractions after all."""
    cells = table.cells(plan.column).values
    bare = [cell for cell in cells if not blank(cell) and not isinstance(cell, Percent)]
    read = [number(cell, decimal=".", share=True) for cell in bare if "%" not in str(cell)]
    values = [float(one.text) for one in read if one.text]
    if values and 0 < max(values) <= 1:
        text = plan.column.heading.text
        table.questions.append(
            f"{table.sheet.place}: no number under {text!r} is above 1; say percent=True if 1 "
            "means one per cent, percent=False if it means the whole"
        )


def _unit(table: Table, measure: str, treaty: Treaty, options: Options, text: str) -> str:
    """The unit of a column that does not name it; empty where each row does."""
    if table.of("unit"):
        return ""
    if options.unit is not None:
        unit = unit_named(options.unit, treaty)
        if not unit:
            raise ValueError(f"unit is {options.unit!r}; expected {' or '.join(treaty.units)}")
        return unit
    if len(treaty.units) == 1:
        return treaty.units[0]
    if unit := unit_named(table.sheet.name, treaty):
        return unit
    if measure == "destroyed_share":
        return UNSPECIFIED
    if not any("say unit=" in asked for asked in table.questions):
        table.questions.append(
            f"{table.sheet.place}: of what are the numbers under {text!r}? say "
            f"unit={' or unit='.join(map(repr, treaty.units))}, or add a column 'unit'"
        )
    return _OPEN


def unit_named(text: str, treaty: Treaty) -> str:
    """Return the unit that a text names in full; empty if none.

    Examples
    --------
    >>> import stockpile as sp
    >>> unit_named("Bomblets", sp.load("ccm").treaty), unit_named("tons", sp.load("ccm").treaty)
    ('submunitions', '')
    """
    key = folded(text.replace("_", " "))
    for unit in treaty.units:
        if key in (folded(unit.replace("_", " ")), *UNITS.get(unit, ())):
            return unit
    return ""


def moment(given: object) -> Span:
    """Return the time that an option names; empty where it names none."""
    return Span() if given in (None, "unknown") else span(given)
