"""The site has a page for every public name, and every page has its place."""

import argparse
import re
from pathlib import Path

import docs_site
import pytest

from stockpile.cli.main import command_parser
from stockpile.cli.options import EXIT_CODES
from stockpile.common.columns import FRAMES
from stockpile.treaty.schema import SCHEMAS


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return docs_site.assemble(tmp_path_factory.mktemp("site") / "source", heavy=False)


def page(source: Path, name: str) -> str:
    return (source / f"{name}.md").read_text(encoding="utf-8")


def test_every_public_name_has_its_page_with_its_columns(source):
    lists = page(source, "reference") + page(source, "charts")
    for name, _ in docs_site.public_names():
        text = page(source, f"api/{name}")
        assert f":: {name}\n" in text
        assert f"(api/{name}.md)" in lists
        for column, _, meaning in FRAMES.get(name.removeprefix("stockpile."), ()):
            assert f"| `{column}` |" in text and meaning in text


def test_every_result_has_a_topic(source):
    rest = page(source, "reference").partition("## The package itself")[2]
    for name, thing in docs_site.public_names():
        if getattr(thing, "__module__", "").startswith("stockpile.results."):
            assert f"(api/{name}.md)" not in rest, f"{name}: TOPICS lacks {thing.__module__}"


def test_every_page_stands_in_a_list(source):
    listed = set()
    for path in source.rglob("*.md"):
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            listed |= {line for line in tree.splitlines() if line and not line.startswith(":")}
    pages = {path.relative_to(source).with_suffix("").as_posix() for path in source.rglob("*.md")}
    assert pages | {"tutorial"} == listed | {"index"}


def test_links_between_pages_lead_somewhere(source):
    for path in source.rglob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text("utf-8")):
            if not target.startswith("drawn/"):
                assert (path.parent / target).is_file(), f"{path.name}: {target}"


def test_commands_exit_codes_and_tables_are_told(source):
    actions = command_parser()._actions
    (commands,) = [a for a in actions if isinstance(a, argparse._SubParsersAction)]
    text = page(source, "commands")
    for name in commands.choices:
        assert f"## stockpile {name}\n" in text
    for code in EXIT_CODES:
        assert f"| {code} |" in text
    raw = page(source, "raw-tables")
    for table, columns in SCHEMAS.items():
        assert f"## {table}.csv" in raw
        assert all(f"| `{column}` |" in raw for column in columns)


def test_a_link_to_nowhere_and_a_page_that_loads_are_found(tmp_path):
    (tmp_path / "b.html").write_text('<p id="here">')
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">1</a><a href="b.html#there">2</a><a href="c.html">3</a>'
        '<script src="https://example.org/x.js"></script><a href="https://example.org">4</a>'
    )
    assert docs_site.broken_links(tmp_path) == [
        "a.html: b.html#there: no such place on that page",
        "a.html: c.html: no such file",
        "a.html: loads https://example.org/x.js",
    ]
