"""What every result takes and looks like: a ledger of a day, states, and what the frame is of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from stockpile._version import __version__
from stockpile.common.columns import FRAMES, find_column
from stockpile.common.frames import values_at
from stockpile.ledger.ledger import Ledger
from stockpile.rating.snapshot import Snapshot
from stockpile.rating.status import RATINGS
from stockpile.spreadsheets.countries import Match, find
from stockpile.treaty.schema import REGIONS

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


#: How much a rating rests on, the least first.
EVIDENCE = ("none", "weak", "fair", "strong")
_RATING = pd.CategoricalDtype(list(RATINGS), ordered=True)
_EVIDENCE = pd.CategoricalDtype(list(EVIDENCE), ordered=True)


class Origin(NamedTuple):
    """What a result was drawn from."""

    treaty: str
    day: pd.Timestamp | None
    rule: str | None
    data_hash: str
    data_version: str
    version: str = __version__

    def words(self) -> dict[str, str | None]:
        """Return it as JSON and Parquet can hold it."""
        return {
            "treaty": self.treaty,
            "as_of": None if self.day is None else f"{self.day:%Y-%m-%d}",
            "rule": self.rule,
            "version": self.version,
            "data_version": self.data_version,
            "data_hash": self.data_hash,
        }


def result(
    name: str, frame: pd.DataFrame, ledger: Ledger, states: States | None = None
) -> pd.DataFrame:
    """Make a frame of the library a result: one that can be trusted without what it came from.

    Returns
    -------
    pandas.DataFrame
        With ``treaty`` and ``as_of`` first, missing text missing, ratings and evidence as
        ordered categories, and ``attrs``: ``treaty``, ``as_of``, ``rule``, ``version`` of the
        library, ``data_version`` and ``data_hash`` of the tables.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.status(sp.load("ccm").as_of("2012-04-19"), states=["peru", "DE"])
    >>> list(then.columns[:4]), then["evidence"].max(), then.attrs["rule"]
    (['treaty', 'as_of', 'iso3', 'state'], 'fair', 'reported')
    """
    if states is not None:
        frame = frame[frame["iso3"].isin(state_codes(states, ledger))].reset_index(drop=True)
    if "region" in {column.name for column in FRAMES[name]}:
        frame = _with_regions(frame, ledger)
    return as_result(name, frame, origin(ledger))


#: What most functions take, as their docstrings have it.
_ARGUMENTS = {
    "ledger": ("ledger : Ledger", "    As of a day."),
    "states": (
        "states : str or iterable of str, optional",
        "    The states to keep, each by its name or code in any case; all if left out.",
    ),
}


def fill_docstring(function: Callable[..., Any], frame: str) -> None:
    """Put the arguments that most results take, and the columns of a frame, into a docstring.

    They stand for ``{ledger}``, ``{states}`` and ``{columns}``.
    """
    columns = [f"- ``{column.name}``: {column.meaning}" for column in FRAMES[frame]]
    texts = _ARGUMENTS | {"columns": tuple(columns)}

    def filled(place: re.Match[str]) -> str:
        return "\n".join(f"{place[1]}{line}" for line in texts[place[2]])

    doc = function.__doc__ or ""
    function.__doc__ = re.sub(rf"( *)\{{({'|'.join(texts)})\}}", filled, doc)


def _with_regions(frame: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Add the region of the world of each state, behind its name."""
    states = ledger.states.set_index("iso3")
    out = frame.copy(deep=False)
    for place, region in enumerate(REGIONS, out.columns.get_loc("state") + 1):  # type: ignore[arg-type, operator]
        known = states[region] if region in states else pd.Series(dtype="str")
        out.insert(place, region, values_at(known, out["iso3"]).astype("str"))
    return out


def origin(ledger: Ledger) -> Origin:
    """What is drawn from a ledger."""
    return Origin(ledger.treaty.id, ledger.day, ledger.rule, ledger.data_hash, ledger.data_version)


def snapshot_origin(taken: Snapshot) -> Origin:
    """What a snapshot was drawn from."""
    hashed = (taken.data_hash, taken.data_version)
    return Origin(taken.treaty, taken.day, taken.rule, *hashed, taken.version)


def as_result(name: str, frame: pd.DataFrame, drawn: Origin) -> pd.DataFrame:
    """Make a frame a result of a known origin; see `result`."""
    day = pd.Series(drawn.day, frame.index, "datetime64[us]")
    if "as_of" in frame:  # a row for each of several days
        day = frame["as_of"]
    head = {"treaty": pd.Series(drawn.treaty, frame.index, "str"), "as_of": day}
    rest = typed(name, frame.drop(columns=list(head), errors="ignore"))
    out = pd.DataFrame(head | {str(key): column for key, column in rest.items()})
    out.attrs.update(drawn.words())
    return out


def typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Let missing text be missing, and what has an order be an ordered category."""
    return frame.assign(
        **{
            str(key): _typed(name, str(key), column)
            for key, column in frame.items()
            if isinstance(column.dtype, pd.StringDtype)
        }
    )


def _typed(name: str, key: str, column: pd.Series) -> pd.Series:
    known = find_column(name, key)
    blank = column.to_numpy(dtype=object) == ""
    column = column.mask(blank) if blank.any() else column
    if known is None or known.dtype != "category":
        return column
    return column.astype(_EVIDENCE if key == "evidence" else _RATING)
