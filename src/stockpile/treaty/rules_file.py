"""A ``treaty.toml`` as the rules of a treaty: what may stand in it, and what cannot be.

What it has to say, or may say, stands in ``rules.csv``: section, place, field of the rules, what
fits, and an example for messages. ``destruction.retention_article`` is where the article stood
before the section ``retention`` was there.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
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


def _line(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _name(value: Any) -> bool:
    fits = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", value)
    return bool(fits) and value != UNSPECIFIED


def _named_sections(value: Any) -> bool:
    return isinstance(value, dict) and len(value) > 0 and all(map(_name, value))


def _units(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_name, value)) and 0 < len(value) == len(set(value))
    return _named_sections(value)


def _day_of_every_year(value: Any) -> bool:
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", value) if isinstance(value, str) else None
    try:
        return match is not None and bool(dt.date(2001, int(match[1]), int(match[2])))
    except ValueError:
        return False


class TreatyRule(NamedTuple):
    """Where a rule stands in ``treaty.toml``, and what it may be."""

    field: str
    place: str
    fits: Callable[[Any], bool]
    expected: str
    required: bool = False


#: What a value may be, and how a message says so with the example of the rule.
_FITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "line": (_line, "a line of text, as {}"),
    "name": (_name, f"a name of a-z, 0-9 and '_', as \"{{}}\", not {UNSPECIFIED!r}"),
    "named sections": (_named_sections, "{}"),
    "units": (_units, "{}"),
    "day of every year": (_day_of_every_year, "{}"),
    "reason": (_line, "{}"),
    "symbol": (lambda value: _line(value) and len(value) <= 20, "{}"),
    "name of files": (
        lambda value: (
            isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", value))
        ),
        "{}",
    ),
    "sections": (
        lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
        "{}",
    ),
    "day": (  # a moment is a day to Python too
        lambda value: type(value) is dt.date and 1900 <= value.year <= 2199,
        "a day from 1900 to 2199 without quotes, as {}",
    ),
}
_WORDS = {"way to be bound": tuple(BOUND_BY), "kind of unit": KINDS}


def _rule(place: str, field: str, fits: str, least: str, most: str, *words: str) -> TreatyRule:
    """A rule as the table has it."""
    expected, required = words[0], bool(words[1])
    if known := _WORDS.get(fits):
        listed = " or ".join(f'"{word}"' for word in known)
        return TreatyRule(
            field, place, lambda value: isinstance(value, str) and value in known, listed, required
        )
    if fits in _FITS:
        check, phrase = _FITS[fits]
        return TreatyRule(field, place, check, phrase.format(expected), required)
    low, high = float(least), float(most)
    if fits == "number":
        return TreatyRule(
            field,
            place,
            lambda value: type(value) in (int, float) and low < value < high,
            expected,
            required,
        )
    # A bool is an int to Python, but `years = true` is a slip of the pen.
    return TreatyRule(
        field,
        place,
        lambda value: type(value) is int and low <= value <= high,
        f"a whole number from {low:g} to {high:,.0f}, as {expected}",
        required,
    )


def _rules() -> dict[str, tuple[TreatyRule, ...]]:
    """The rules of each section, from the table."""
    text = Path(__file__).with_name("rules.csv").read_text(encoding="utf-8")
    out: dict[str, tuple[TreatyRule, ...]] = {}
    for section, place, *cells in list(csv.reader(text.splitlines()))[1:]:
        if cells[1] == "term":  # the time for destruction, of which there is one form
            rules = tuple(rule._replace(place=f"{place}{rule.place}") for rule in out["term"])
        else:
            rules = (_rule(place, *cells),)
        out[section] = out.get(section, ()) + rules
    return out


_RULES = _rules()
TERM_RULES, TREATY_RULES = _RULES["term"], _RULES["treaty"]


def read_treaty(path: Path) -> Treaty:
    """Read and check a ``treaty.toml``; see `parse_treaty`.

    Raises a `DataError` when the file is missing or is not what `parse_treaty` expects.
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

    Raises a `DataError` when they are not TOML, lack a rule or hold one that cannot be; the
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
            found = self.section(raw, "stocks", name, _RULES["stock"])
            one = found.pop("one", english.unit(name))
            term = self.term(found, _RULES["stock"], f"stocks.{name}.") if found else None
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
            found = self.values(one, _RULES["step"], under)
            term = self.term(found, _RULES["step"], under)
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
        found = {name: self.section(raw, "units", name, _RULES["unit"]) for name in raw}
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
