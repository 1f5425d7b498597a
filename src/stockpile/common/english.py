"""Numbers, days and lists in English.

Reasons, charts and pages share these, so that a figure reads the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stockpile.common.frames import whole_months

_SPELT = "no one two three four five six seven eight nine ten".split()
#: Names of the months, the first one first.
MONTHS = (
    "January February March April May June July August September October November December"
).split()
_QUALIFIERS = {
    "approx": "about ",
    "at_least": "at least ",
    "at_most": "at most ",
    "nearly": "nearly ",
}


def digits(value: float) -> str:
    """A number with all its digits; of a fraction as many as people write of such a number.

    >>> [digits(n) for n in (11626, 26.34, 16.678, 3079.52, 69625.298, 0.00042)]
    ['11,626', '26.34', '16.678', '3,079.5', '69,625', '0.0004']
    """
    if float(value).is_integer():
        return f"{value:,.0f}"
    if abs(value) < 0.001:  # a little is not nothing
        return np.format_float_positional(value, 1, unique=False, fractional=False, trim="-")
    decimals = 3 if abs(value) < 1_000 else 1 if abs(value) < 10_000 else 0
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def number(value: float) -> str:
    """A count as people write it.

    >>> [number(n) for n in (0, 26.34, 11626, 999_999, 1_190_000, 60_000_000, 2.5e9, float("nan"))]
    ['0', '26.34', '11,626', '999,999', '1.2 million', '60 million', '2.5 billion', 'unknown']
    """
    if pd.isna(value):
        return "unknown"
    # 999,960,000 would round to '1,000 million': it is a billion already.
    for least, size, name in ((0.99995e9, 1e9, "billion"), (1e6, 1e6, "million")):
        if abs(round(value)) >= least:
            return f"{value / size:,.1f}".removesuffix(".0") + f" {name}"
    return digits(value)


def amount(value: float, qualifier: Any = "exact") -> str:
    """A count with what its source said of it.

    >>> amount(286_851, "approx"), amount(2000, "at_least"), amount(7), amount(float("nan"))
    ('about 286,900', 'at least 2,000', '7', 'unknown')
    """
    if pd.isna(value):
        return "unknown"
    return qualified(number(known(value, qualifier)), qualifier)


def full_amount(value: float, qualifier: Any = "exact") -> str:
    """As `amount`, with all the digits that are known of the number.

    >>> full_amount(1_568_167), full_amount(6_099_096, "approx"), full_amount(float("nan"))
    ('1,568,167', 'about 6,099,000', 'unknown')
    """
    if pd.isna(value):
        return "unknown"
    # None is none, however it was worked out.
    exactly = "exact" if value == 0 and qualifier == "approx" else qualifier
    return qualified(digits(known(value, qualifier)), exactly)


def known(value: float, qualifier: Any = "exact") -> float:
    """A number without the digits that nobody knows: four are left of a rounded one.

    >>> known(12_188_734), known(12_188_734, "approx"), known(1_002.24, "approx")
    (12188734, 12190000, 1002.0)
    """
    if str(qualifier) != "approx" or not abs(value) > 0:
        return value
    return round(value, 3 - math.floor(math.log10(abs(value))))


def qualified(text: str, qualifier: Any) -> str:
    """Put the word for a qualifier before a number.

    >>> qualified("66%", "nearly"), qualified("12", "exact"), qualified("a half", "at_most")
    ('nearly 66%', '12', 'at most a half')
    """
    return _QUALIFIERS.get(str(qualifier), "") + text


def percent(share: float, sign: str = "%") -> str:
    """A share as a percentage that says neither 0 nor 100 of what is not.

    >>> [percent(s) for s in (0, 0.001, 0.66, 0.999, 1, float("nan"))]
    ['0%', 'under 1%', '66%', 'over 99%', '100%', 'unknown']
    >>> percent(0.66, " per cent")
    '66 per cent'
    """
    if pd.isna(share):
        return "unknown"
    if 0 < share < 0.005:
        return f"under 1{sign}"
    if 0.995 <= share < 1:
        return f"over 99{sign}"
    return f"{share * 100:.0f}{sign}"


def day(when: Any) -> str:
    """A day in full.

    >>> day(pd.Timestamp("2012-04-09")), day(pd.NaT)
    ('9 April 2012', 'no date')
    """
    if pd.isna(when):
        return "no date"
    when = pd.Timestamp(when)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def month(when: Any) -> str:
    """A month in short; the locale of the machine has no say in it.

    >>> month(pd.Timestamp("2012-04-09"))
    'Apr 2012'
    """
    if pd.isna(when):
        return "no date"
    when = pd.Timestamp(when)
    return f"{MONTHS[when.month - 1][:3]} {when.year}"


def dated(when: Any, precision: Any = "day") -> str:
    """A day as precisely as its source has it.

    >>> end = pd.Timestamp("2012-12-31")
    >>> dated(end), dated(end, "month"), dated(end, "year"), dated(end, "on_or_before")
    ('31 December 2012', 'December 2012', '2012', 'by 31 December 2012')
    """
    if pd.isna(when):
        return "no date"
    if precision == "year":
        return str(pd.Timestamp(when).year)
    if precision == "month":
        return day(when).split(" ", 1)[1]
    return f"by {day(when)}" if precision in ("on_or_before", "unknown") else day(when)


def on_date(when: Any, precision: Any = "day") -> str:
    """A day as precisely as its source has it, with the preposition that goes with it.

    >>> end = pd.Timestamp("2012-12-31")
    >>> on_date(end), on_date(end, "month"), on_date(end, "on_or_before")
    ('on 31 December 2012', 'in December 2012', 'by 31 December 2012')
    """
    text = dated(when, precision)
    if text.startswith("by "):
        return text
    return f"{'in' if precision in ('month', 'year') else 'on'} {text}"


def spell(n: int) -> str:
    """A small number in letters, a larger one in digits.

    >>> spell(0), spell(3), spell(11), spell(1200)
    ('no', 'three', '11', '1,200')
    """
    return _SPELT[n] if 0 <= n < len(_SPELT) else f"{n:,}"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun, in agreement.

    >>> count(0, "state"), count(1, "state"), count(2, "State Party", "States Parties")
    ('no states', 'one state', 'two States Parties')
    """
    return f"{spell(n)} {noun if n == 1 else plural or noun + 's'}"


def elapsed(earlier: Any, later: Any) -> str:
    """The time between two days in whole years, months or days, the coarsest that are true.

    >>> [elapsed(pd.Timestamp(d), pd.Timestamp("2012-04-19")) for d in
    ...  ("1999-03-01", "2010-03-01", "2012-04-01")]
    ['13 years', 'two years', '18 days']
    """
    months = whole_months(earlier, later)
    if months >= 24:
        return count(months // 12, "year")
    return count(months, "month") if months else count((later - earlier).days, "day")


def listing(items: Sequence[str], *, limit: int | None = None) -> str:
    """Names in a row, the last joined by 'and'.

    >>> listing(["Greece"]), listing(["Greece", "Ukraine"]), listing(list("ABCDE"), limit=3)
    ('Greece', 'Greece and Ukraine', 'A, B, C and two others')
    >>> listing([])
    ''
    """
    names = list(items)
    # 'A, B and one other' names no fewer than the whole list would.
    if limit is not None and len(names) > limit + 1:
        names = [*names[:limit], f"{spell(len(names) - limit)} others"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


#: How names begin that stand with an article inside a sentence.
_ARTICLES = tuple(
    "Bahamas,Central African,Comoros,Congo,Cook Islands,Czech Republic,Democratic Republic,"
    "Dominican Republic,Gambia,Holy See,Marshall Islands,Maldives,Netherlands,Philippines,"
    "Republic of,Russian Federation,Solomon Islands,Syrian Arab,United ".split(",")
)


def the(name: str) -> str:
    """A state's name as it stands inside a sentence, with its article where it has one.

    >>> [the(name) for name in ("Peru", "Netherlands", "United Kingdom", "Dominica")]
    ['Peru', 'the Netherlands', 'the United Kingdom', 'Dominica']
    """
    return f"the {name}" if name.startswith(_ARTICLES) else name


def states(names: Iterable[str], *, limit: int | None = None) -> str:
    """States in a row, as they stand inside a sentence.

    >>> states(["Peru", "Netherlands"])
    'Peru and the Netherlands'
    """
    return listing([the(str(name)) for name in names], limit=limit)


def sentence(text: str) -> str:
    """With a capital letter in front.

    >>> sentence("no state is late.")
    'No state is late.'
    """
    return text[:1].upper() + text[1:]


_UNIT_NAMES: dict[str, tuple[str, str] | None] = {}


def name_units(names: Mapping[str, tuple[str, str]]) -> None:
    """Say what people call one and many of each unit, by its id; see `unit`.

    The rules of treaties do so. An id that two treaties word otherwise is called by itself.
    """
    for name, words in names.items():
        _UNIT_NAMES[name] = words if _UNIT_NAMES.setdefault(name, words) == words else None


def unit(name: str, number: float = 2) -> str:
    """The name of what is counted: ``cluster_munitions`` is 'cluster munitions'.

    Of one the last word loses its plural ending.

    >>> unit("antipersonnel_mines"), unit("cluster_munitions", 1), unit("white_phosphorus", 1)
    ('antipersonnel mines', 'cluster munition', 'white phosphorus')
    >>> name_units({"tonnes_of_bread": ("tonne of bread", "tonnes of bread")})
    >>> unit("tonnes_of_bread", 26.3)
    'tonnes of bread'
    """
    if words := _UNIT_NAMES.get(name):
        return words[number != 1]
    text = name.replace("_", " ")
    plural = text.endswith("s") and not text.endswith(("ss", "us", "is"))
    return text[:-1] if number == 1 and plural else text


def short_name(name: str, limit: int) -> str:
    """A state's name cut to fit, at a word where that is possible.

    >>> short_name("Bolivia (Plurinational State of)", 20), short_name("Peru", 20)
    ('Bolivia', 'Peru')
    >>> short_name("United Kingdom of Great Britain and Northern Ireland", 20)
    'United Kingdom of…'
    """
    name = " ".join(name.split())
    if len(name) > limit and " (" in name:
        name = name[: name.index(" (")]
    if len(name) <= limit:
        return name
    head = name[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
