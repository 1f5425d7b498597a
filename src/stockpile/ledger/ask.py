"""What is asked of a ledger: that it is one, that it has a day, and which states are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stockpile.ledger.ledger import Ledger
from stockpile.spreadsheets.countries import Match, find

#: One state or several, each by its name or its code of two or three letters.
States = str | Iterable[str]


def whole_or_cut(ledger: Any) -> Ledger:
    """Return a ledger, or say what was given instead of one.

    Raises a `TypeError` when it is no ledger.

    >>> whole_or_cut("ccm")
    Traceback (most recent call last):
    ...
    TypeError: expected a ledger, got str; did you mean sp.load('ccm')?
    """
    if not isinstance(ledger, Ledger):
        raise _no_ledger(ledger, "a ledger", "")
    return ledger


def _no_ledger(given: Any, expected: str, then: str) -> TypeError:
    call = f"sp.load({given!r})" if isinstance(given, str) else "sp.load(...)"
    return TypeError(f"expected {expected}, got {type(given).__name__}; did you mean {call}{then}?")


def as_of_a_day(ledger: Any) -> Ledger:
    """Return a ledger as of a day, or say what was given instead of one.

    Raises a `TypeError` when it is no ledger. Raises a `ValueError` when it is one of no day.

    >>> as_of_a_day("ccm")
    Traceback (most recent call last):
    ...
    TypeError: expected a ledger as of a day, got str; did you mean sp.load('ccm').as_of(...)?
    """
    if not isinstance(ledger, Ledger):
        raise _no_ledger(ledger, "a ledger as of a day", ".as_of(...)")
    ledger.require_day()
    return ledger


def find_state(name: str, named: Mapping[str, str]) -> Match:
    """Find a state by what people call it, or by its code in any case.

    >>> find_state(" no", {"NOR": "Norway"}).iso3
    'NOR'
    """
    found = find(name, states=named)
    if not found.iso3 and len(name.strip()) == 2:  # 'no' and 'na' are no words here
        found = find(name.strip().upper(), states=named)
    return found


def state_code(name: str, ledger: Ledger) -> str:
    """Return the code of a state of a ledger by its name or code, in any case.

    Raises a `ValueError` when it is no state, or none of the ledger.

    >>> import stockpile as sp
    >>> [state_code(name, sp.load("ccm")) for name in ("Germany", "deu", "de", "Allemagne")]
    ['DEU', 'DEU', 'DEU', 'DEU']
    >>> state_code("Grmany", sp.load("ccm"))
    Traceback (most recent call last):
    ...
    ValueError: no state 'Grmany'; expected a state's name, or its ISO code of two or three
    letters; did you mean DEU (Germany)?
    """
    if not isinstance(name, str):
        raise TypeError(f"a state is {name!r}; expected its name or its ISO code")
    named = dict(ledger.rows("states", "iso3", "name"))
    found = find_state(name, named)
    if not found.iso3:
        expected = found.expected.replace("three capital letters", "three letters")
        raise ValueError(f"no state {name!r}; expected {expected}")
    if found.iso3 not in named:
        raise ValueError(
            f"{found.iso3} ({name}) is not among the states of {ledger.treaty.id}; "
            f"expected one of its {len(named)} states"
        )
    return found.iso3


def state_codes(states: States, ledger: Ledger) -> list[str]:
    """Return the codes of states of a ledger; see `state_code`."""
    names = [states] if isinstance(states, str) else states
    return [state_code(name, ledger) for name in names]
