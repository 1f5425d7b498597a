"""Checks the values of a notebook's parameters before papermill sees them.

Papermill takes what it is given: it guesses types (``012`` becomes 12, ``NO``
becomes False), only warns of a name that the notebook does not know, and writes
names and values into the notebook as code. So names, types and meanings are
checked here, against the notebook's own cell of parameters.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from stockpile.common.errors import DataError
from stockpile.ledger.ledger import RULES, parse_day
from stockpile.ledger.load import load, packaged, packaged_folder
from stockpile.rating.status import Thresholds
from stockpile.reports.notebooks import Parameter, Value, either, nearest, parameters
from stockpile.treaty.rules_file import read_treaty
from stockpile.treaty.schema import REGIONS

_EXPECTED = {
    "str": "one line of printable text",
    "int": "a whole number, as 6",
    "float": "a number, as 0.85",
    "bool": "true or false",
}
# ASCII digits, no leading zeros, no exponents: what can be misread is refused.
_INT = re.compile(r"0|-?[1-9][0-9]{0,11}")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,15})?")
_LARGEST = 10**12
_STEPS = (1, 2, 3, 4, 6, 12)
_DAYS, _PATHS = ("as_of", "since"), ("out", "previous", "folder", "extra", "groups")

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


class _WrongError(Exception):
    """A value that cannot be; says what would be right."""


def settings(texts: Iterable[str]) -> dict[str, str]:
    """Take ``name=value`` apart, as it is given on a command line, each name once.

    Examples
    --------
    >>> settings(["step=12", "states=PER,BGR"])
    {'step': '12', 'states': 'PER,BGR'}
    """
    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ValueError(f"{_short.repr(text)} sets nothing; expected name=value, as step=12")
        if name in given:
            raise ValueError(f"{_short.repr(name)} is set twice; expected each of them once")
        given[name] = value
    return given


def check_parameters(
    notebook: str | Path, values: Mapping[str, Any], *, folder_base: Path | None = None
) -> dict[str, Value]:
    """Check values for a notebook's parameters, and give each the parameter's type.

    Beyond names and types, these are checked wherever a notebook has them: ``as_of``
    and ``since`` are days, ``since`` the earlier one; ``rule`` and ``treaty``;
    ``state`` and ``states`` (codes separated by commas) are in the treaty's table of
    states; ``on_target`` and ``at_risk`` are chances in this order; ``step`` divides
    a year; ``folder`` holds a treaty. The notebook's own defaults stand in for what is
    not given, and are always right by themselves.

    A text is read as the parameter's type and nothing is guessed: for a text parameter it
    stays as it is (``'012'``, ``'NO'``), for a whole number ``'012'`` is refused. ``'none'``
    is None where the parameter may be.

    Paths given as text (``out``, ``previous``, ``folder``, ``groups``) start from
    `folder_base`, or the working folder, and may not leave it, not even by links; they come
    back absolute. A `pathlib.Path` is the calling program's choice, and comes back as it is.

    Raises
    ------
    ValueError
        Names every wrong parameter with its value and what would be right.

    Examples
    --------
    >>> check_parameters("track_record", {"step": "12", "treaty": "apmbc"})
    {'step': 12, 'treaty': 'apmbc'}
    >>> check_parameters("track_record", {"step": "012", "rule": "publish"})
    Traceback (most recent call last):
    ...
    ValueError: track_record: 2 parameters are not right:
      step is '012'; expected a whole number, as 6
      rule is 'publish'; expected reported or published; did you mean published?
    """
    known = {p.name: p for p in parameters(notebook)}
    base = (folder_base or Path()).resolve()
    right: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for name, value in values.items():
        if name not in known:
            wrong[name] = (
                f"there is no parameter {_short.repr(name)}; expected {either(known)}"
                f"{nearest(str(name), list(known))}"
            )
            continue
        try:
            chosen_path = isinstance(value, Path) and name in _PATHS
            typed = _typed(known[name], str(value) if chosen_path else value)
            right[name] = typed if chosen_path else _fitting(known[name], typed, base)
        except _WrongError as error:
            wrong[name] = f"{name} is {_short.repr(value)}; expected {error}"
    whole = {name: p.default for name, p in known.items()} | right
    wrong |= _together(whole, frozenset(values), frozenset(wrong))
    if wrong:
        name = notebook.stem if isinstance(notebook, Path) else notebook.removesuffix(".ipynb")
        lead = f"{len(wrong)} parameters are not right:\n  " if len(wrong) > 1 else ""
        raise ValueError(f"{name}: {lead}" + "\n  ".join(wrong.values()))
    return right


def _typed(parameter: Parameter, value: object) -> Value:
    """Read a value as the parameter's type."""
    kind = parameter.kind
    if parameter.optional and (value is None or (isinstance(value, str) and value == "none")):
        return None
    if isinstance(value, str):
        if kind == "str" and value.isprintable():
            return str(value)
        if kind == "bool" and value in ("true", "false"):
            return value == "true"
        if kind == "int" and _INT.fullmatch(value):
            return int(value)
        if kind == "float" and _FLOAT.fullmatch(value):
            return float(value)
    # To Python True is a number; to whoever writes step=True it is a slip of the pen.
    elif isinstance(value, bool):
        if kind == "bool":
            return value
    elif isinstance(value, int | float) and math.isfinite(value) and abs(value) < _LARGEST:
        if kind == "float":
            return float(value)
        if kind == "int" and isinstance(value, int):
            return int(value)
    raise _WrongError(_EXPECTED[kind] + (", or none" if parameter.optional else ""))


def _fitting(parameter: Parameter, value: Value, base: Path) -> Value:
    """Check what a value means, as far as that needs no other one."""
    name = parameter.name
    if value is None or value == parameter.default:
        return value
    if name in _DAYS:
        try:
            return f"{parse_day(value):%Y-%m-%d}"
        except ValueError:
            raise _WrongError("a day, YYYY-MM-DD, as 2012-04-19") from None
    if name == "rule" and value not in RULES:
        raise _WrongError(f"{either(RULES)}{nearest(str(value), RULES)}")
    if name == "step" and value not in _STEPS:
        raise _WrongError(f"months that divide a year: {either(_STEPS)}")
    path = name in _PATHS and not (name == "groups" and value in REGIONS)
    return _inside(str(value), base) if path else value


def _inside(text: str, base: Path) -> str:
    """Return the absolute path of what has to lie in a folder, wherever links lead."""
    try:
        path = (base / text).resolve()
        stays = path.is_relative_to(base) and ".." not in Path(text).parts
    except (OSError, RuntimeError):  # too long a name; links that lead round in a ring
        stays = False
    if not text or text.startswith("~") or not stays:
        raise _WrongError("a path that stays inside the folder it starts from, as reports/new")
    return str(path)


def _together(
    values: Mapping[str, Any], given: frozenset[str], wrong: frozenset[str]
) -> dict[str, str]:
    """Check what values mean beside each other: those given, and the defaults of the others."""
    problems: dict[str, str] = {}

    def note(name: str, expected: str) -> None:
        default = "" if name in given else " (the notebook's own)"
        problems[name] = f"{name} is {_short.repr(values[name])}{default}; expected {expected}"

    def sound(*names: str) -> list[str]:
        return [name for name in names if name in values and name not in wrong]

    days = sound("since", "as_of")
    if len(days) == 2 and given & {*days}:
        since, as_of = (values[name] for name in days)
        if since and as_of and since >= as_of:  # ISO days are in order as texts
            note("since", f"a day before the as-of day {as_of}")
    chances = sound("on_target", "at_risk")
    if len(chances) == 2 and given & {*chances}:
        limits = {name: values[name] for name in chances if values[name] is not None}
        try:
            Thresholds(**limits)
        except ValueError as error:
            problems["on_target"] = str(error)
    states = sound("state", "states")
    asked = given & {"treaty", "folder", *states}
    if asked and "treaty" in values and not wrong & {"treaty", "folder"}:
        _tables(values, given, [name for name in states if values[name]], note)
    return problems


def _tables(
    values: Mapping[str, Any],
    given: frozenset[str],
    states: list[str],
    note: Callable[[str, str], None],
) -> None:
    """Check a treaty, the folder that may stand in for it, and states in its table."""
    treaty, folder = values["treaty"], values.get("folder")
    if not folder and treaty not in packaged():
        note("treaty", f"{either(packaged())}{nearest(str(treaty), packaged())}")
        return
    home = Path(folder) if folder else packaged_folder(treaty)
    try:
        rules = read_treaty(home / "treaty.toml")
        named = load(home).states if states else None
    except (DataError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        note("folder", f"a folder with the tables of a treaty: {why}")
        return
    if "treaty" in given and treaty != rules.id:
        note("treaty", f"{rules.id} (from the folder's treaty.toml)")
    if named is None:
        return
    codes, names = named["iso3"].tolist(), named["name"].tolist()
    wordings = [f"{code} ({name})" for code, name in zip(codes, names, strict=True)]
    options = dict(zip([*codes, *names], wordings * 2, strict=True))
    for name in states:
        what = "the code of a state" if name == "state" else "codes, as PER,BGR, of states"
        for part in [values[name]] if name == "state" else values[name].split(","):
            if (code := part.strip()) not in codes:
                near = nearest(code, options)
                note(name, f"{what} in the table of {rules.id}, and not {code!r}{near}")
                break
