"""State names as people write them, resolved exactly or not at all.

Case, accents and punctuation do not matter, nor do the order of words and their
common abbreviations ('Congo, Dem. Rep.'); nothing else is forgiven. Known are
ISO 3166-1 codes, the names in ``names.csv``, those in a treaty's ``states.csv``
and, where Babel is installed, the CLDR's names in `LANGUAGES`. A name that
means one state here and another there is ambiguous, and so is a name such as
'Congo' that two states share.
"""

from __future__ import annotations

import csv
import difflib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from stockpile.common.shipped import how_to_install

#: Languages of the CLDR in which names are known if Babel is there.
LANGUAGES = tuple(
    """ar be bg bs ca cs da de el en es et fa fi fr ga he hr hu hy id is it ja ka ko lt lv mk ms mt
    nb nl nn pl pt pt_PT ro ru sk sl sq sr sr_Latn sv sw th tr uk vi zh zh_Hant""".split()
)

#: Longer than any name of a state in any language.
_LONGEST = 100

# Letters that have no accent to take off, and the word for a sign.
_LETTERS = str.maketrans(
    {
        "ı": "i",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "&": " and ",
    }
)


#: Words of official names that many states share, each with the ways to write it; and those that
#: may be left out.
_SHORT = {
    long: short
    for short, words in {
        "rep": "republic",
        "dem": "democratic",
        "fed": "federal federated federation",
        "isl": "islamic",
        "soc": "socialist",
        "ppl": "people peoples",
        "plur": "plurinational",
        "boliv": "bolivarian",
        "sts": "states",
        "is": "islands isds",
        "st": "saint",
        "eq": "equatorial equat",
        "frm": "former fmr",
    }.items()
    for long in words.split()
}
_LEFT_OUT = frozenset({"of", "the", "and"})
_SHARED = frozenset({*_SHORT.values(), "kingdom", "state", "arab", "south", "north", "new"})
#: How alike a name has to be to one that is known, and how much less to those of all other states.
_ALIKE, _APART = 0.85, 0.1


class Match(NamedTuple):
    """The state that a name stands for; or, without one, why not and what would be right."""

    iso3: str = ""
    reason: str = ""
    expected: str = ""


@lru_cache(maxsize=2**14)  # the names of a treaty's states are held against every row
def folded(text: str) -> str:
    """Take case, accents, punctuation and a leading 'the' off a name."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(c for c in text if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


def is_state(name: str) -> bool:
    """Return whether a text is the name or code of a state, in English."""
    text = " ".join(name.split())
    return text in _by_code() or folded(text) in _known() or bool(_in_other_words(text))


def find(name: str, *, states: Mapping[str, str] | None = None, near: bool = True) -> Match:
    """Find the state that a name or a code stands for; nothing is guessed.

    Two-letter codes are read in capitals only, for ``no`` and ``na`` are words; ``NA`` is Namibia.
    ``states`` has further names by code. ``near=False`` leaves out the near misses, which take far
    longer to look for than the name itself.
    """
    text = " ".join(name.split())
    if len(text) > _LONGEST:
        return Match(reason="too long for the name of a state", expected="a name or an ISO code")
    named = states or {}
    if text in named or text in _by_code():  # a code in capitals is a code, whatever it spells
        return Match(text if text in named else _by_code()[text])
    key = folded(text)
    meant = set(_known().get(key, ())) | {
        code for code, known in named.items() if folded(known) == key
    }
    if not meant:
        meant = _in_other_words(text)
    if not meant:
        meant = set(_foreign().get(key, ()))
    if len(text) == 3:
        meant |= {_by_code()[text.upper()]} if text.upper() in _by_code() else set()
    if len(meant) == 1:
        return Match(*meant)
    if meant:
        return Match(
            reason="the name of more than one state",
            expected=" or ".join(f"{code} ({english(code)})" for code in sorted(meant)),
        )
    expected = "a state's name, or its ISO code of two or three capital letters"
    close = _nearest(text, named) if near else ""
    if close:
        expected += f"; did you mean {close}?"
    elif near and not _foreign():
        expected += f"; names in other languages need: {how_to_install('names')}"
    return Match(reason="not the name or code of a state", expected=expected)


def english(code: str) -> str:
    """Return the short English name of a state; the code itself if it is none."""
    return _table().get(code, (code,))[0]


def codes() -> dict[str, str]:
    """Return the short English names of all states, by code.

    >>> codes()["CIV"]
    "Côte d'Ivoire"
    """
    return {code: name for code, (name, _, _) in _table().items()}


def _words(name: str) -> tuple[str, ...]:
    """The words of a name in an order of their own, each as short as it is ever written."""
    words = (_SHORT.get(word, word) for word in folded(name).replace("people s", "people").split())
    return tuple(sorted(word for word in words if word not in _LEFT_OUT))


def _in_other_words(text: str) -> set[str]:
    """The states with the words of a name in another order, or whose two names it has."""
    meant = set(_by_words().get(_words(text), ()))
    before, bracket, within = text.partition("(")
    if not meant and bracket and within.endswith(")"):
        one, other = (
            set(_known().get(folded(part), ())) or set(_by_words().get(_words(part), ()))
            for part in (before, within[:-1])
        )
        meant = one & other if len(one & other) == 1 else set()
    return meant


def _nearest(text: str, named: Mapping[str, str]) -> str:
    """The one state with a name that looks alike, to be read and never taken.

    Words that many states share count for nothing by themselves; and where the names of two
    states look alike none is named, for it may be the other one.
    """
    typed, own, shared = _apart(_words(text))
    if not own:
        return ""
    matcher = difflib.SequenceMatcher(b=typed, autojunk=False)
    of_its_own = difflib.SequenceMatcher(b=own, autojunk=False)
    likest: dict[str, float] = {}
    least = _ALIKE - 2 * _APART
    names = [(*_apart(_words(name)), code) for code, name in named.items()]
    for known, its_own, its_shared, code in (*_listed_apart(), *names):
        # 'Democratic Republic of Germany' was another state; and most names are of another length.
        longest = max(len(its_own), len(own))
        if its_shared != shared or abs(len(its_own) - len(own)) > longest // 3:
            continue
        of_its_own.set_seq1(its_own)
        if of_its_own.real_quick_ratio() >= least and of_its_own.quick_ratio() >= least:
            matcher.set_seq1(known)
            alike = min(matcher.ratio(), of_its_own.ratio() + _APART)
            likest[code] = max(likest.get(code, 0), alike)
    best = max(likest, key=lambda code: likest[code], default="")
    if not best or likest[best] < _ALIKE:
        return ""
    if any(likest[best] - alike < _APART for code, alike in likest.items() if code != best):
        return ""
    return f"{best} ({named.get(best) or english(best)})"


def _apart(words: tuple[str, ...]) -> tuple[str, str, frozenset[str]]:
    """The words of a name as one text, those of its own, and those that many states share."""
    own = " ".join(word for word in words if word not in _SHARED)
    return " ".join(words), own, _SHARED.intersection(words)


@cache
def _listed_apart() -> tuple[tuple[str, str, frozenset[str], str], ...]:
    """The same of all names that are listed, with the state of each."""
    listed = _by_words().items()
    return tuple((*_apart(words), code) for words, codes in listed for code in codes)


@cache
def _table() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """English name, two-letter code and further names of each state, by its code."""
    text = (
        resources.files("stockpile.spreadsheets").joinpath("names.csv").read_text(encoding="utf-8")
    )
    return {
        row["iso3"]: (row["name"], row["iso2"], tuple(filter(None, row["also"].split("|"))))
        for row in csv.DictReader(text.splitlines())
    }


@cache
def _by_code() -> dict[str, str]:
    """Codes of three letters by those of two and of three."""
    return {code: iso for iso, (_, short, _) in _table().items() for code in (iso, short)}


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """The states that each name in ``names.csv`` may stand for."""
    out: dict[str, set[str]] = {}
    for code, (name, _, also) in _table().items():
        for one in (name, *also):
            out.setdefault(folded(one), set()).add(code)
    return {key: tuple(sorted(codes)) for key, codes in out.items()}


@cache
def _by_words() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The same by the words of the names."""
    out: dict[tuple[str, ...], set[str]] = {}
    for name, codes in _known().items():
        out.setdefault(_words(name), set()).update(codes)
    return {words: tuple(sorted(codes)) for words, codes in out.items()}


@cache
def _foreign() -> dict[str, tuple[str, ...]]:
    """The same for the CLDR's names, if Babel is there.

    They are asked only for a name that ``names.csv`` does not have, which spares
    most readers half a second; a test holds that no name in ``names.csv`` is
    that of another state in any of the languages.
    """
    try:
        from babel import Locale
    except ImportError:
        return {}
    out: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for short, name in Locale.parse(language).territories.items():
            if short in _by_code():
                out.setdefault(folded(name), set()).add(_by_code()[short])
    return {key: tuple(sorted(codes)) for key, codes in out.items()}
