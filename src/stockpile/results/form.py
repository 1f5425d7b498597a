"""The form of every result: what it is of, in its first columns and beside the frame."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from stockpile._version import __version__
from stockpile.common.columns import FRAMES, find_column
from stockpile.common.frames import values_at
from stockpile.ledger.ask import States, state_codes
from stockpile.ledger.ledger import Ledger
from stockpile.rating.snapshot import Snapshot
from stockpile.rating.status import RATINGS
from stockpile.treaty.schema import REGIONS

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
            if column.dtype == "str"
        }
    )


def _typed(name: str, key: str, column: pd.Series) -> pd.Series:
    known = find_column(name, key)
    column = column.mask(column == "")
    if known is None or known.dtype != "category":
        return column
    return column.astype(_EVIDENCE if key == "evidence" else _RATING)
