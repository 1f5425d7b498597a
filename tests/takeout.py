"""Take the checks out of what reads tables, one by one, and see whether a test notices.

A check is a place that refuses something or says that something is odd: an error raised, a
reason returned, a problem, a doubt or a question noted. `checks_in` finds them in the syntax
tree, whatever they are about; then the tests that come through one are run without it. Tools
that make mutants change everything, each operator and each number; here only what keeps bad
input out is taken away, since that is what tests with bad input are to be tried on. The rules
that stand in tuples are no statements: `test_checks_matter` takes those out, at every run.

    make mutants ARGS="--module cells days --jobs 2"
    make mutants ARGS="--only days:98"
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "stockpile"
#: What stands between a file and the ledger.
MODULES = """cells days names headings options plans limits ingest treaty checks checks_counts
filings understand read check new_treaty filekinds sheets heading_lines tables body row_facts rows
own textfile csvlines grid""".split()
#: The tests that may notice, the quick ones first; a module's own go before them.
TESTS = """cells days names headings limits treaty filekinds textfile csvlines new_treaty sheets
tables check checks ingest read own rows bad_input security""".split()
#: What an unmutated import costs is paid once, before the processes part.
SHARED = "numpy pandas hypothesis openpyxl xlsxwriter babel.core".split()

#: Calls and names by which what is refused or odd is noted; and what only a reason has in it.
_CALLS = re.compile(
    "wrong|doubt|marked|reject|warn|require|told|_?(?:one_of|ask_.*)|Aside|Problem|Odd"
)
_NAMES = {"problem", "problems", "doubts", "asides", "questions", "asked", "expected"}
_SENTENCE = re.compile("[a-z,;:'] [a-z(]")
_SECONDS = 300
_BROKEN = 99


class Check(NamedTuple):
    """A check, the lines that run where it has something to say, and how it is taken out."""

    module: str
    line: int
    reach: range
    text: str
    take_out: Callable[[], object]

    @property
    def place(self) -> str:
        return f"{self.module}:{self.line}"


def _says(node: ast.AST | None) -> bool:
    """Whether an expression has a reason in it, or a call that notes one."""
    for one in ast.walk(node) if node else ():
        match one:
            case ast.Constant(value=str(text)) if _SENTENCE.search(text):
                return True
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=more):
                if _CALLS.fullmatch(name) or {"reason", "unclear"} & {key.arg for key in more}:
                    return True
    return False


def _tells(statement: ast.AST) -> bool:
    """Whether a statement refuses something or notes what is odd about it."""
    match statement:
        case ast.Raise(exc=ast.Call()):
            return True
        case ast.Return(value=value) | ast.Expr(value=ast.Call() | ast.Yield() as value):
            return _says(value)
        case ast.Assign(value=ast.Call(func=ast.Name(id=name))):
            return bool(_CALLS.fullmatch(name))
        case ast.AugAssign(target=ast.Name(id=name)):
            return name in _NAMES
        case ast.Assign(targets=[ast.Attribute(attr=name)]):
            return name in _NAMES
    return False


def _judges(function: ast.FunctionDef | ast.Lambda, given: ast.arguments) -> bool:
    """Whether a function says if a ``value`` is fit; each condition in it is a check."""
    returns = getattr(function, "returns", None)
    one = [each.arg for each in given.args] == ["value"]
    return one and (returns is None or ast.unparse(returns) == "bool")


def _put(nodes: list[Any], old: ast.AST, *new: ast.AST) -> None:
    at = [one is old for one in nodes].index(True)
    nodes[at : at + 1] = new


#: What is taken out, what runs where it has something to say, and how it is taken out.
Cut = tuple[ast.AST, ast.AST, Callable[[], object]]


def _cuts(node: ast.AST) -> Iterator[Cut]:
    """The checks that a node of a syntax tree makes, those of the nodes in it aside."""
    never, always = ast.Constant(False), ast.Constant(True)
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            handed_on = body[:1] if getattr(test, "attr", "") == "reason" else []
            if told := next(filter(_tells, body), next(iter(handed_on), None)):
                yield test, told, partial(setattr, node, "test", never)
                if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
                    for one in test.values:
                        yield one, told, partial(_put, test.values, one, never)
            if told := next(filter(_tells, orelse), None):
                yield told, told, partial(setattr, node, "test", always)
            return
        case ast.ExceptHandler(body=body):
            if told := next(filter(_tells, body), None):
                yield told, told, partial(setattr, node, "body", [ast.Raise()])
            return
        case ast.IfExp(body=body, orelse=orelse) if _says(body) or _says(orelse):
            test = never if _says(body) else always
            yield node, node, partial(setattr, node, "test", test)
        case ast.Dict(keys=keys, values=values) if any(map(_says, (*keys, *values))):
            for at, value in enumerate(values):
                rest = {
                    "keys": keys[:at] + keys[at + 1 :],
                    "values": values[:at] + values[at + 1 :],
                }
                yield value, node, partial(vars(node).update, rest)
        case ast.FunctionDef(args=given) | ast.Lambda(args=given) if _judges(node, given):
            for one in ast.walk(node):
                if isinstance(one, ast.BoolOp) and isinstance(one.op, ast.And):
                    for part in one.values:
                        yield part, part, partial(_put, one.values, part, always)
        case ast.For(iter=ast.Tuple(elts=parts), body=body) if any(map(_tells, ast.walk(node))):
            for one in parts:
                yield one, body[0], partial(_put, parts, one)
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        for told in filter(_tells, block if isinstance(block, list) else ()):
            yield told, told, partial(_put, block, told, ast.Pass())


def checks_in(tree: ast.Module, module: str) -> list[Check]:
    """Find the checks in the functions of a module; to take one out changes the tree."""
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    return sorted(
        (
            Check(
                module,
                at.lineno,  # type: ignore[attr-defined]
                range(shows.lineno, shows.end_lineno + 1),  # type: ignore[attr-defined]
                " ".join(ast.unparse(at).split())[:100],
                take_out,
            )
            for one in functions
            for node in ast.walk(one)
            for at, shows, take_out in _cuts(node)
        ),
        key=lambda check: check.line,
    )


def without(tree: ast.Module, check: Check) -> None:
    """Take a check out, and have the module imported as it is then."""
    check.take_out()
    code = compile(ast.fix_missing_locations(tree), str(SOURCE / f"{check.module}.py"), "exec")
    get_code = SourceFileLoader.get_code
    SourceFileLoader.get_code = lambda self, name: (  # type: ignore[method-assign]
        code if name == f"stockpile.{check.module}" else get_code(self, name)
    )


class Reached:
    """Notes for each test which lines of the modules it comes through."""

    def __init__(self, modules: Iterable[str]) -> None:
        self.files = {str(SOURCE / f"{name}.py"): name for name in modules}
        self.tests: dict[str, list[tuple[str, int]]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        here: set[tuple[str, int]] = set()

        def line(frame: FrameType, event: str, _: object) -> Any:
            here.add((self.files[frame.f_code.co_filename], frame.f_lineno))
            return line

        sys.settrace(lambda frame, *_: line if frame.f_code.co_filename in self.files else None)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tests[item.nodeid] = sorted(here)


class FirstOf:
    """Runs some tests first, and after them the others in their files."""

    def __init__(self, first: Iterable[str]) -> None:
        self.first = set(first)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: item.nodeid not in self.first)


def tested(files: Iterable[str], plugin: object, folder: Path) -> int:
    """Run test files in this process, and return what pytest does."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    how = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", f"--basetemp={folder}"]
    return int(pytest.main([*how, *(f"tests/{name}" for name in files)], plugins=[plugin]))


def in_children(works: Iterable[Callable[[], int]], jobs: int) -> Iterator[tuple[int, int]]:
    """Do each work in a process of its own; yield its number and what came of it."""
    running: dict[int, int] = {}

    def one_done() -> tuple[int, int]:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        if code in (_BROKEN, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise SystemExit("no tests could be run")
        return running.pop(pid), code

    for number, work in enumerate(works):
        if len(running) == jobs:
            yield one_done()
        pid = os.fork()
        if not pid:
            code = _BROKEN
            try:
                code = work()
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        running[pid] = number
    while running:
        yield one_done()


def reached(modules: list[str], files: list[str], jobs: int, folder: Path) -> dict[str, Any]:
    """The lines of the modules that each test comes through, by the id of the test."""

    def traced(name: str) -> int:
        plugin = Reached(modules)
        code = tested([name], plugin, folder / name)
        (folder / f"{name}.json").write_text(json.dumps(plugin.tests), encoding="utf-8")
        return code

    out: dict[str, Any] = {}
    for number, code in in_children((partial(traced, name) for name in files), jobs):
        if code:
            raise SystemExit(f"tests/{files[number]} fails with all checks in place")
        told = json.loads((folder / f"{files[number]}.json").read_text(encoding="utf-8"))
        out |= {test: set(map(tuple, lines)) for test, lines in told.items()}
    return out


def survivors(modules: list[str], only: list[str], jobs: int, folder: Path) -> Iterator[Check]:
    """Yield each check that no test misses, and print how many there are in each module."""
    trees = {name: ast.parse((SOURCE / f"{name}.py").read_text("utf-8")) for name in modules}
    checks = [one for name in modules for one in checks_in(trees[name], name)]
    checks = [one for one in checks if not only or one.place in only]
    names = dict.fromkeys(f"test_{name}.py" for name in (*modules, *TESTS))
    files = [name for name in names if (ROOT / "tests" / name).is_file()]
    through = reached(modules, files, jobs, folder)

    def unnoticed(number: int) -> int:
        check = checks[number]
        lines = {(check.module, line) for line in check.reach}
        tests = [test for test, ran in through.items() if lines & ran]
        hit = {Path(test.partition("::")[0]).name for test in tests}
        order = sorted(hit, key=[f"test_{check.module}.py", *files].index)
        without(trees[check.module], check)
        signal.alarm(_SECONDS)  # a hang ends the process, and that is noticed too
        return tested(order, FirstOf(tests), folder / str(number)) if order else 0

    works = (partial(unnoticed, number) for number in range(len(checks)))
    left = []
    for number, code in in_children(works, jobs):
        if not code:
            left.append(number)
            print(f"{checks[number].place}: {checks[number].text}", flush=True)
            yield checks[number]
    for name in modules:
        here = [number for number, one in enumerate(checks) if one.module == name]
        print(f"{name}: {len(here)} checks, {len(set(here) & set(left))} not noticed")


def main() -> int:
    """Print the checks that no test misses; 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", nargs="+", default=MODULES, help="only the checks of these")
    parser.add_argument("--only", nargs="+", default=[], help="only those at a place, as days:98")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    given = parser.parse_args()
    modules = list(dict.fromkeys(one.partition(":")[0] for one in given.only)) or given.module
    os.chdir(ROOT)
    sys.path.insert(0, str(SOURCE.parent))
    for name in SHARED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        return 1 if list(survivors(modules, given.only, given.jobs, Path(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
