"""What a public function takes is named and typed, for whoever reads or completes a call."""

import inspect
from pathlib import Path

import pytest

import stockpile as sp
from stockpile import plot
from stockpile.ledger.account import check

FUNCTIONS = {
    f"{home}.{name}": thing
    for home, module in (("sp", sp), ("plot", plot))
    for name in module.__all__
    if callable(thing := getattr(module, name))
} | {"check": check}
CLASSES = [thing for thing in FUNCTIONS.values() if inspect.isclass(thing)]
METHODS = {
    f"{owner.__name__}.{name}": method
    for owner in CLASSES
    for name, method in inspect.getmembers(owner, inspect.isfunction)
    if not name.startswith("_") and method.__module__.startswith("stockpile.")
}
CALLS = {name: call for name, call in FUNCTIONS.items() if not inspect.isclass(call)} | METHODS


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_of_a_public_call_has_a_name_and_a_type(name):
    signature = inspect.signature(CALLS[name])
    assert signature.return_annotation is not inspect.Signature.empty
    for argument in signature.parameters.values():
        if argument.name == "self":
            continue
        assert argument.annotation is not inspect.Parameter.empty, argument
        if argument.kind is inspect.Parameter.VAR_KEYWORD:
            assert "Unpack" in str(argument.annotation), f"{argument}: names no keyword"


def test_type_checkers_see_every_public_name():
    text = (Path(__file__).parents[1] / "typed_calls.py").read_text(encoding="utf-8")
    for name in (*(f"sp.{name}" for name in sp.__all__), *(f"plot.{n}" for n in plot.__all__)):
        assert name in text, name
