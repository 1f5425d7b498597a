"""The tool that takes checks out finds them, and what it leaves is really without them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest
from takeout import MODULES, SOURCE, checks_in, in_children

SAMPLE = '''
def small(value, ask, limits):
    """Text that is no check of anything."""
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"value is {value!r}; expected a number from 0")
    limits.require("rows", value, "here")
    told = {1: "one of it", 2: "two of it"}
    if value in told:
        raise ValueError(told[value])
    if value > 99:
        ask.append("so many of them?")
    elif value == 13:
        return Number(reason="unlucky")
    for limit, what in ((7, "seven"), (8, "eight")):
        if value == limit:
            raise ValueError(f"it is {what} of all numbers")
    try:
        return 1 / value
    except ZeroDivisionError:
        raise ValueError("it is nought") from None


def fits(value) -> bool:
    return isinstance(value, int) and value.bit_length() < 9


def plain(value):
    if value:
        return value
    return "word" if value is None else 2
'''


def tree() -> ast.Module:
    return ast.parse(SAMPLE)


def test_each_check_of_a_module_is_found_and_nothing_else() -> None:
    assert [(check.place, check.text) for check in checks_in(tree(), "sample")] == [
        ("sample:4", "not isinstance(value, int) or value < 0"),
        ("sample:4", "not isinstance(value, int)"),
        ("sample:4", "value < 0"),
        ("sample:6", "limits.require('rows', value, 'here')"),
        ("sample:7", "'one of it'"),
        ("sample:7", "'two of it'"),
        ("sample:8", "value in told"),
        ("sample:10", "value > 99"),
        ("sample:12", "value == 13"),
        ("sample:14", "(7, 'seven')"),
        ("sample:14", "(8, 'eight')"),
        ("sample:15", "value == limit"),
        ("sample:20", "raise ValueError('it is nought') from None"),
        ("sample:24", "isinstance(value, int)"),
        ("sample:24", "value.bit_length() < 9"),
    ]


class Lenient:
    def __init__(self) -> None:
        self.asked: list[object] = []

    def require(self, *what: object) -> None:
        self.asked.append(what)

    append = require


def small(without: str | None) -> Callable[..., Any]:
    here = tree()
    for check in checks_in(here, "sample"):
        if check.text == without:
            check.take_out()
            break
    names: dict[str, Any] = {"Number": lambda **more: more}
    exec(compile(ast.fix_missing_locations(here), "sample", "exec"), names)
    return lambda value: names["small"](value, asked := Lenient(), asked) or asked.asked


@pytest.mark.parametrize(
    ("value", "check", "error"),
    [
        (-1, "value < 0", ValueError),
        (1, "'one of it'", ValueError),
        (7, "(7, 'seven')", ValueError),
        (8, "value == limit", ValueError),
    ],
)
def test_what_a_check_refuses_gets_through_without_it(
    value: int, check: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        small(None)(value)
    assert small(check)(value) == 1 / value
    with pytest.raises(error):
        small("value > 99")(value)  # another one


def test_a_reason_and_a_handler_are_gone_as_well() -> None:
    assert small(None)(13) == {"reason": "unlucky"}
    assert small("value == 13")(13) == 1 / 13
    with pytest.raises(ZeroDivisionError):
        small("raise ValueError('it is nought') from None")(0)


def test_each_work_is_done_in_a_process_of_its_own() -> None:
    done = dict(in_children((lambda: 0, lambda: 3, lambda: 1), jobs=2))
    assert done == {0: 0, 1: 3, 2: 1}


@pytest.mark.parametrize("module", MODULES)
def test_the_modules_that_are_searched_are_there(module: str) -> None:
    source = (SOURCE / f"{module}.py").read_text(encoding="utf-8")
    assert checks_in(ast.parse(source), module)
