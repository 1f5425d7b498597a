"""A ``treaty.toml`` as the rules of a treaty: what may stand in it, and what cannot be."""

from __future__ import annotations

import codecs
import datetime as dt
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from stockpile.common import english
from stockpile.common.errors import DataError
from stockpile.treaty.rules import (
    BOUND_BY,
    KINDS,
    ONE_STOCK,
    UNSPECIFIED,
    Step,
    StockRule,
    Term,
    Treaty,
    Unit,
)


def _number(least: int, most: int) -> Callable[[Any], bool]:
    # A bool is an int to Python, but `years = true` is a slip of the pen.
    return lambda value: type(value) is int and least <= value <= most


def _line(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _name_of_files(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", value))


def _name(value: Any) -> bool:
    fits = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", value)
    return bool(fits) and value != UNSPECIFIED


def _named_sections(value: Any) -> bool:
    return isinstance(value, dict) and len(value) > 0 and all(map(_name, value))


def _units(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_name, value)) and 0 < len(value) == len(set(value))
    return _named_sections(value)


def _sections(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _calendar_day(value: Any) -> bool:
    # A moment is a day to Python too.
    return type(value) is dt.date and 1900 <= value.year <= 2199


def _day_of_every_year(value: Any) -> bool:
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", value) if isinstance(value, str) else None
    try:
        return match is not None and bool(dt.date(2001, int(match[1]), int(match[2])))
    except ValueError:
        return False


def _positive(most: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and 0 < value < most


class TreatyRule(NamedTuple):
    """Where a rule stands in ``treaty.toml``, and what it may be."""

    field: str
    place: str
    fits: Callable[[Any], bool]
    expected: str
    required: bool = False


_LINE = "a line of text, as {}"
_WHOLE = "a whole number from {} to {:,}, as {}"
_DAY = "a day from 1900 to 2199 without quotes, as {}"
_NAME = f"a name of a-z, 0-9 and '_', as \"{{}}\", not {UNSPECIFIED!r}"
#: The time for destruction, of which there is one form. A place under which it may stand:
#: ``destruction``, a step, a stock.
TERM_RULES: tuple[TreatyRule, ...] = (
    TreatyRule("years", "years", _number(1, 100), _WHOLE.format(1, 100, 8)),
    TreatyRule("months", "months", _number(1, 1200), _WHOLE.format(1, 1200, 40)),
    TreatyRule("days", "days", _number(1, 36600), _WHOLE.format(1, 36600, 180)),
    TreatyRule("date", "date", _calendar_day, _DAY.format("2007-04-29")),
)
#: What a ``treaty.toml`` has to say, or may say.
TREATY_RULES: tuple[TreatyRule, ...] = (
    TreatyRule(
        "id",
        "id",
        _name_of_files,
        "up to 32 of a-z, 0-9, '_' and '-', as \"ccm\", for it names folders and files",
        required=True,
    ),
    TreatyRule("name", "name", _line, _LINE.format('"Convention on Cluster Munitions"'), True),
    TreatyRule("unpublished", "unpublished", _line, _LINE.format('"my-table.xlsx"')),
    TreatyRule("short_name", "short_name", _line, _LINE.format('"CCM"'), True),
    TreatyRule(
        "units",
        "units",
        _units,
        "a section for each unit, as [units.antipersonnel_mines], or a list of different names, "
        f"each of what is inside the one before; names are of a-z, 0-9 and '_', none of them "
        f"{UNSPECIFIED!r}",
        required=True,
    ),
    TreatyRule(
        "stocks",
        "stocks",
        _named_sections,
        "a section for each stock, as [stocks.category_1], by a name of a-z, 0-9 and '_'",
    ),
    TreatyRule(
        "first_entry_into_force",
        "entry_into_force.first",
        _calendar_day,
        _DAY.format("2010-08-01"),
        required=True,
    ),
    TreatyRule(
        "months_after_consent",
        "entry_into_force.months_after_consent",
        _number(0, 100),
        _WHOLE.format(0, 100, 6),
    ),
    TreatyRule(
        "days_after_consent",
        "entry_into_force.days_after_consent",
        _number(0, 3660),
        _WHOLE.format(0, 3660, 30),
    ),
    TreatyRule(
        "bound_by",
        "entry_into_force.rule",
        lambda value: isinstance(value, str) and value in BOUND_BY,
        " or ".join(f'"{rule}"' for rule in BOUND_BY),
    ),
    TreatyRule("article", "destruction.article", _line, _LINE.format('"3"'), True),
    *(rule._replace(place=f"destruction.{rule.place}") for rule in TERM_RULES),
    TreatyRule(
        "extension_max_years",
        "destruction.extension_max_years",
        _number(0, 100),
        f"{_WHOLE.format(0, 100, 4)}; 0 where the treaty knows no extension",
        required=True,
    ),
    TreatyRule(
        "extension_latest",
        "destruction.extension_latest",
        _calendar_day,
        _DAY.format("2012-04-29"),
    ),
    TreatyRule(
        "steps",
        "steps",
        _sections,
        "a section [[steps]] for each step, with percent and date, years, months or days",
    ),
    TreatyRule("retention_article", "retention.article", _line, _LINE.format('"3.6"')),
    # Where it stood before the section [retention] was there.
    TreatyRule("retention", "destruction.retention_article", _line, _LINE.format('"3.6"')),
    TreatyRule("reporting_article", "reporting.article", _line, _LINE.format('"7"')),
    TreatyRule(
        "initial_days",
        "reporting.initial_days",
        _number(0, 3660),
        _WHOLE.format(0, 3660, 180),
    ),
    TreatyRule(
        "annual_due", "reporting.annual_due", _day_of_every_year, 'month and day, as "04-30"'
    ),
)
#: What is said of a unit, all of it optional.
UNIT_RULES: tuple[TreatyRule, ...] = (
    TreatyRule("one", "one", _line, _LINE.format('"cluster munition"')),
    TreatyRule("many", "many", _line, _LINE.format('"cluster munitions"')),
    TreatyRule("kind", "kind", KINDS.__contains__, " or ".join(f'"{kind}"' for kind in KINDS)),
    TreatyRule(
        "symbol",
        "symbol",
        lambda value: _line(value) and len(value) <= 20,
        'what is written after a number, as "t"',
    ),
    TreatyRule("decimals", "decimals", _number(0, 6), _WHOLE.format(0, 6, 2)),
    TreatyRule("stock", "stock", _name, _NAME.format("category_1")),
    TreatyRule("inside", "inside", _name, _NAME.format("cluster_munitions")),
    TreatyRule("of", "of", _name, _NAME.format("agent_tonnes")),
    TreatyRule("factor", "factor", _positive(), "a number above 0, as 0.90718474"),
    TreatyRule("not_counted", "not_counted", _line, "why such numbers are none of the stock"),
)
STOCK_RULES: tuple[TreatyRule, ...] = (
    TreatyRule("one", "one", _line, _LINE.format('"Category 1 chemical weapons"')),
    *(rule._replace(place=f"destruction.{rule.place}") for rule in TERM_RULES),
)
STEP_RULES: tuple[TreatyRule, ...] = (
    TreatyRule("percent", "percent", _positive(100), "a number above 0 and below 100, as 20", True),
    *TERM_RULES,
    TreatyRule("stock", "stock", _name, _NAME.format("category_1")),
)


def read_treaty(path: Path) -> Treaty:
    """Read and check a ``treaty.toml``; see `parse_treaty`.

    Raises
    ------
    DataError
        When the file is missing or is not what `parse_treaty` expects.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise DataError(
            f"{path.name}: not found in {path.parent.name}/; a treaty folder needs its rules there"
        ) from None
    return parse_treaty(data, path.name)


@lru_cache(maxsize=64)  # the same few rules are read again and again
def parse_treaty(data: bytes, file: str = "treaty.toml") -> Treaty:
    """Check the rules in the bytes of a ``treaty.toml``.

    Raises
    ------
    DataError
        When they are not TOML, lack a rule or hold one that cannot be; the
        message names the key, what was found and what is right.
    """
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    # A number too long for Python is a plain ValueError, brackets without end a RecursionError.
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: not valid TOML: {error}") from None
    return replace(_Reader(file).treaty(raw), text=text)


class _Reader:
    """Makes a `Treaty` of what stands in a file, and refuses what cannot be."""

    def __init__(self, file: str) -> None:
        self.file = file

    def error(self, message: str) -> DataError:
        return DataError(f"{self.file}: {message}")

    def wrong(self, place: str, value: Any, expected: str) -> DataError:
        shown = repr(value) if len(repr(value)) <= 200 else f"{repr(value)[:200]}..."
        return self.error(f"{place} is {shown}; expected {expected}")

    def values(
        self, raw: Mapping[str, Any], rules: Sequence[TreatyRule], under: str = ""
    ) -> dict[str, Any]:
        """What stands in a section, by the fields of its rules, and nothing else."""
        places: dict[str, set[str]] = {}
        out = {}
        for rule in rules:
            section, _, key = rule.place.rpartition(".")
            places.setdefault(section or key, set()).update({key} if section else ())
            table = raw.get(section, {}) if section else raw
            if not isinstance(table, dict):
                raise self.wrong(f"{under}{section}", table, f"a section [{under}{section}]")
            value = table.get(key)
            if value is None:
                if rule.required:
                    raise self.error(f"{under}{rule.place} is missing; expected {rule.expected}")
            elif not rule.fits(value):
                raise self.wrong(f"{under}{rule.place}", value, rule.expected)
            else:
                out[rule.field] = value
        for name, value in raw.items():
            self.known(name, places, under)
            for key in value if places[name] else ():
                self.known(key, places[name], f"{under}{name}.")
        return out

    def known(self, name: str, names: Iterable[str], under: str) -> None:
        if name not in names:
            raise self.error(
                f"{under}{name[:80]} is not a rule that is known; expected one of "
                f"{', '.join(sorted(names))}"
            )

    def one_of(
        self, found: Mapping[str, Any], rules: Iterable[TreatyRule], under: str = ""
    ) -> None:
        """Refuse two rules of which each does for the other, and none of them."""
        first, *others = rules
        given = [rule for rule in (first, *others) if rule.field in found]
        if not given:
            names = ", ".join(rule.place.rpartition(".")[2] for rule in others)
            raise self.error(
                f"{under}{first.place} is missing; expected {first.expected}, or one of {names} "
                "in its place"
            )
        if len(given) > 1:
            both = " and ".join(f"{under}{rule.place}" for rule in given)
            raise self.error(f"{both} stand side by side; expected one of them")

    def term(self, found: dict[str, Any], rules: Iterable[TreatyRule], under: str = "") -> Term:
        """Take the rules on time out of what was found."""
        fields = {rule.field for rule in TERM_RULES}
        self.one_of(found, [rule for rule in rules if rule.field in fields], under)
        time = {field: found.pop(field) for field in fields & set(found)}
        if "date" in time:
            time["date"] = pd.Timestamp(time["date"])
        return Term(**time)

    def treaty(self, raw: Mapping[str, Any]) -> Treaty:
        found = self.values(raw, TREATY_RULES)
        joining = ("months_after_consent", "days_after_consent", "bound_by")
        self.one_of(found, [rule for rule in TREATY_RULES if rule.field in joining])
        found["term"] = self.term(found, TREATY_RULES)
        for field in ("first_entry_into_force", "extension_latest"):
            if field in found:
                found[field] = pd.Timestamp(found[field])
        if "annual_due" in found:
            month, day = found["annual_due"].split("-")
            found["annual_due"] = (int(month), int(day))
        earlier = found.pop("retention", "")
        found.setdefault("retention_article", earlier)
        stocks = self.stocks(found.pop("stocks", {}))
        units = self.units(found.pop("units"), stocks)
        found["steps"] = self.steps(found.get("steps", []), stocks)
        treaty = Treaty(**found, all_units=units, all_stocks=tuple(stocks.values()))
        english.name_units(treaty.words)
        return treaty

    def stocks(self, raw: Mapping[str, Any]) -> dict[str, StockRule]:
        out = {}
        for name in sorted(raw):
            found = self.section(raw, "stocks", name, STOCK_RULES)
            one = found.pop("one", english.unit(name))
            term = self.term(found, STOCK_RULES, f"stocks.{name}.") if found else None
            out[name] = StockRule(name, one, term)
        return out or {ONE_STOCK: StockRule(ONE_STOCK, english.unit(ONE_STOCK))}

    def section(
        self, raw: Mapping[str, Any], under: str, name: str, rules: Sequence[TreatyRule]
    ) -> dict[str, Any]:
        """What stands in the section of one unit or one stock."""
        if not isinstance(raw[name], dict):
            raise self.wrong(f"{under}.{name}", raw[name], f"a section [{under}.{name}]")
        return self.values(raw[name], rules, f"{under}.{name}.")

    def steps(
        self, raw: Sequence[Mapping[str, Any]], stocks: Mapping[str, Any]
    ) -> tuple[Step, ...]:
        out: dict[tuple[float, str], Step] = {}
        for number, one in enumerate(raw, 1):
            under = f"steps[{number}]."
            found = self.values(one, STEP_RULES, under)
            term = self.term(found, STEP_RULES, under)
            step = Step(found["percent"], term, found.get("stock", ""))
            if step.stock and step.stock not in stocks:
                raise self.wrong(f"{under}stock", step.stock, " or ".join(stocks))
            if (step.percent, step.stock) in out:
                raise self.wrong(f"{under}percent", step.percent, "each step of a stock once")
            out[step.percent, step.stock] = step
        return tuple(out[key] for key in sorted(out))

    def units(
        self, raw: Sequence[str] | Mapping[str, Any], stocks: Mapping[str, StockRule]
    ) -> tuple[Unit, ...]:
        if not isinstance(raw, Mapping):
            outer = ["", *raw]
            raw = {name: {"inside": outer[n]} if n else {} for n, name in enumerate(raw)}
        found = {name: self.section(raw, "units", name, UNIT_RULES) for name in raw}
        units = {name: self.unit(name, found, stocks) for name in found}
        if idle := set(stocks) - {unit.stock for unit in units.values() if not unit.not_counted}:
            raise self.error(
                f'stocks.{min(idle)} has no unit; expected one that says stock = "{min(idle)}"'
            )
        depths = {name: len(self.outer(name, found)) for name in found}
        order = sorted(
            units.values(),
            key=lambda unit: (bool(unit.not_counted), depths[unit.id], bool(unit.of), unit.id),
        )
        return tuple(order)

    def outer(self, name: str, found: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The units that one is inside, the nearest first."""
        out: list[str] = []
        at = name
        while inner := found[at].get("inside"):
            if inner not in found:
                expected = _either(set(found) - {at})
                raise self.wrong(f"units.{at}.inside", inner, f"another unit: {expected}")
            if inner in (name, *out):
                raise self.wrong(f"units.{at}.inside", inner, "no circle of units in each other")
            out.append(inner)
            at = inner
        return out

    def unit(
        self,
        name: str,
        found: Mapping[str, Mapping[str, Any]],
        stocks: Mapping[str, StockRule],
    ) -> Unit:
        """One unit; what is not said of it follows from its name, or from the unit it is in."""
        rules, under = dict(found[name]), f"units.{name}."
        kind, symbol = rules.get("kind", "count"), rules.get("symbol", "")
        if kind == "count":
            for key in {"symbol", "decimals"} & set(rules):
                raise self.wrong(
                    f"{under}{key}", rules[key], 'none for a count; say kind = "mass" or "measure"'
                )
        elif not symbol:
            raise self.error(f'{under}symbol is missing; expected one for a {kind}, as "t"')
        of = rules.get("of", "")
        if ("factor" in rules) != bool(of):
            missing = "factor" if of else "of"
            raise self.error(f"{under}{missing} is missing; factor and of go together")
        if of and (of == name or of not in found or "of" in found[of]):
            expected = _either({n for n in found if n != name and "of" not in found[n]})
            raise self.wrong(f"{under}of", of, f"a unit that is not converted itself: {expected}")
        chain = [name, *self.outer(name, found)]
        stock = next((found[one]["stock"] for one in chain if "stock" in found[one]), "")
        if of:
            base = [of, *self.outer(of, found)]
            stock = stock or next((found[n]["stock"] for n in base if "stock" in found[n]), "")
        stock = stock or (next(iter(stocks)) if len(stocks) == 1 else "")
        if not stock and not rules.get("not_counted"):
            raise self.error(f"{under}stock is missing; expected {_either(stocks)}")
        for key in ("inside", "of"):
            other = found[rules[key]].get("stock", stock) if key in rules else stock
            if other != stock:
                raise self.wrong(f"{under}{key}", rules[key], f"a unit of the stock {stock}")
        if stock and stock not in stocks:
            raise self.wrong(f"{under}stock", stock, _either(stocks))
        named = {"one": symbol or english.unit(name, 1), "many": symbol or english.unit(name)}
        decimals = {"decimals": 0 if kind == "count" else 2}
        return Unit(**{"id": name} | named | decimals | rules | {"stock": stock})


def _either(names: Iterable[str]) -> str:
    return " or ".join(sorted(names)) or "none"
