"""Build the documentation site offline: python tools/docs_site.py --out docs/_build.

The pages are those of `docs/`, the tutorial, which is run, and pages that are made from the
library itself: one for each public name with its columns, the commands, the tables, the charts.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import stockpile as sp
from stockpile.cli.main import command_parser
from stockpile.cli.options import EXIT_CODES
from stockpile.common.columns import FRAMES
from stockpile.treaty.datapackage import dictionary
from stockpile.treaty.schema import SCHEMAS, TABLE_ORDER

ROOT = Path(__file__).resolve().parents[1]
#: The pages of each part of the site; a page of `docs/` that is not named here is a how-to guide.
PARTS = {
    "Tutorial": ["tutorial"],
    "How to": ["questions", "own-data", "sharing", "scheduling", "examples", "add-a-statement"],
    "Reference": ["reference", "charts", "commands", "columns", "raw-tables"],
    "Explanation": ["design", "glossary", "security"],
    "Gallery": ["gallery"],
    "Track record": ["method", "claims", "corrections"],
    "The project": ["changelog", "contributing", "releasing", "conduct"],
}
#: Files of the repository that become pages, and what they are called there.
COPIED = {
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "CODE_OF_CONDUCT.md": "conduct",
    **{f"data/raw/{treaty}/README.md": f"raw-{treaty}" for treaty in sp.packaged()},
}
#: What the names of a package, or of one of its modules, are for.
TOPICS = {
    "ledger": "Load tables, and choose a day",
    "treaty": "Load tables, and choose a day",
    "common": "Load tables, and choose a day",
    "results.stock": "Stocks, projections and ratings",
    "results.amounts": "Amounts by year, and in all",
    "results.over_time": "Over time, and what changed",
    "rating": "Ratings",
    "results.compliance": "Reports, laws, membership and views",
    "": "The package itself",
}
#: A gallery of one treaty on one day, with charts of every kind.
DRAWN = ("ccm", "2018-06-30")


def public_names() -> Iterator[tuple[str, Any]]:
    """Every public name with what it stands for: those of the package, then those of the charts."""
    for home in ("stockpile", "stockpile.plot"):
        module = importlib.import_module(home)
        for name in module.__all__:
            thing = getattr(module, name)
            if not inspect.ismodule(thing):
                yield f"{home}.{name}", thing


def summary(thing: Any) -> str:
    """The first line of what a public name says of itself."""
    if inspect.isroutine(thing) or inspect.isclass(thing):
        return (inspect.getdoc(thing) or "").split("\n")[0]
    return f"A constant with {len(thing)} entries." if hasattr(thing, "__len__") else "A constant."


def name_page(name: str, thing: Any) -> str:
    """The page of a public name: its documentation, and the columns of the frame it returns."""
    if inspect.isclass(thing):
        body = f".. autoclass:: {name}\n   :members:"
    elif inspect.isroutine(thing):
        body = f".. autofunction:: {name}"
    else:  # its entries say what it is
        entries = "\n".join(f"   * ``{entry}``" for entry in thing)
        body = f".. py:data:: {name}\n\n   Its entries, in order:\n\n{entries}"
    out = f"# {name.removeprefix('stockpile.')}\n\n```{{eval-rst}}\n{body}\n```\n"
    short = name.rpartition(".")[2]
    frames = [short] if short in FRAMES else []
    if short == "what_changed":
        frames = [frame for frame in FRAMES if frame.startswith("changes.")]
    for frame in frames if name.count(".") == 1 else []:
        head = "Columns" if frame == short else f"Columns of `{frame.partition('.')[2]}`"
        out += f"\n## {head}\n\n| column | type | meaning |\n|---|---|---|\n"
        out += "".join(
            f"| `{column}` | {kind} | {text} |\n" for column, kind, text in FRAMES[frame]
        )
    return out


def index_pages() -> dict[str, str]:
    """The lists of the public names: those of the package by topic, and the charts."""
    topics: dict[str, list[tuple[str, Any]]] = {topic: [] for topic in TOPICS.values()}
    charts = []
    for name, thing in public_names():
        if name.startswith("stockpile.plot."):
            charts.append((name, thing))
            continue
        # A constant has no module of its own; all there are so far are of the ratings.
        home = getattr(thing, "__module__", "stockpile.rating").split(".")[1:3]
        key = next(key for key in (".".join(home), *home[:1], "") if key in TOPICS)
        topics[TOPICS[key]].append((name, thing))
    lists = "".join(f"\n## {topic}\n\n{_listed(names)}" for topic, names in topics.items() if names)
    return {
        "reference": "# Functions and classes\n\nAll that `import stockpile as sp` gives; "
        f"the charts have [a list of their own](charts.md).\n{lists}",
        "charts": "# Charts\n\nEach takes a ledger as of a day, or the frames that it shows, and "
        "returns the matplotlib `Axes`. [The gallery](gallery.md) shows them.\n\n"
        f"{_listed(charts)}",
    }


def _listed(names: list[tuple[str, Any]]) -> str:
    rows = "".join(
        f"| [`{name.replace('stockpile', 'sp')}`](api/{name}.md) | {summary(thing)} |\n"
        for name, thing in names
    )
    pages = "\n".join(f"api/{name}" for name, _ in names)
    return f"| name | what it is |\n|---|---|\n{rows}\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n"


def commands_page() -> str:
    """Every command with its options, as ``--help`` prints it, and the exit codes."""
    parser = command_parser()
    (commands,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    out = f"# Command line\n\n{parser.description}\n\n## Exit codes\n\n"
    out += f"| code | meaning |\n|---|---|\n{codes}"
    with mock.patch.dict(os.environ, {"COLUMNS": "88", "NO_COLOR": "1"}):
        for name, command in commands.choices.items():
            out += f"\n## stockpile {name}\n\n```text\n{command.format_help()}```\n"
    return out


def raw_page() -> str:
    """The data dictionary of the raw tables."""
    out = (
        "# Raw tables\n\nThe tables of a treaty folder. Each packaged treaty says more of its own: "
        + ", ".join(f"[{treaty}](raw-{treaty}.md)" for treaty in sp.packaged())
        + ".\n\n```{toctree}\n:hidden:\n\n"
        + "\n".join(f"raw-{treaty}" for treaty in sp.packaged())
        + "\n```\n"
    )
    for table in TABLE_ORDER:
        out += f"\n## {table}.csv\n\n{dictionary()[table, ''][1]}\n\n"
        out += "| column | may be empty | meaning | words |\n|---|---|---|---|\n"
        for column, rules in SCHEMAS[table].items():
            words = ", ".join(f"`{word}`" for word in rules.choices)
            empty = "no" if rules.required else "yes"
            out += f"| `{column}` | {empty} | {dictionary()[table, column][1]} | {words} |\n"
    return out


def examples_page() -> str:
    """The files for schedulers, as they lie in the repository."""
    out = "# Files for schedulers\n"
    for path in sorted((ROOT / "examples" / "scheduling").iterdir()):
        kind = {".yml": "yaml", ".py": "python"}.get(path.suffix, "ini")
        kind = "text" if path.name == "crontab" else kind
        out += f"\n## {path.name}\n\n```{kind}\n{path.read_text(encoding='utf-8')}```\n"
    return out


def gallery_page(into: Path) -> str:
    """Draw every chart, and show each with its name."""
    import gallery
    import matplotlib.pyplot as plt

    out = f"# Gallery\n\nEvery chart, of {DRAWN[0]} as of {DRAWN[1]}. `make gallery` draws more.\n"
    (into / "drawn").mkdir()
    ((_, charts),) = gallery.parts([DRAWN])
    for chart in charts:
        ax = chart.draw(chart.frame)
        file = f"{chart.name.replace(' ', '-')}.svg"
        ax.figure.savefig(into / "drawn" / file, metadata={"Date": None})
        plt.close(ax.figure)
        function = chart.name.split(" ")[0]
        out += f"\n## {chart.name}\n\n[`sp.plot.{function}`](api/stockpile.plot.{function}.md)\n\n"
        out += f"![{chart.name}](drawn/{file})\n"
    return out


def home_page(pages: set[str]) -> str:
    """The first page, with the list of all others."""
    listed = {page for part in PARTS.values() for page in part}
    apart = {"index", *(page for page in pages if page.startswith(("raw-", "api/")))}
    out = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for part, names in PARTS.items():
        more = sorted(pages - listed - apart) if part == "How to" else []
        known = [name for name in (*names, *more) if name in pages]
        out += f"\n```{{toctree}}\n:caption: {part}\n:hidden:\n\n" + "\n".join(known) + "\n```\n"
    return out


def on_site(text: str, pages: set[str], *, where: str = "docs") -> str:
    """A page of the repository as a page of the site: its links, and words that Sphinx knows."""

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        path = os.path.normpath(Path(where) / target)
        if path in COPIED:
            return f"[{words}]({COPIED[path]}.md{anchor})"
        if path.startswith("docs/") and path.endswith(".md") and path[5:-3] in pages:
            return f"[{words}]({path[5:]}{anchor})"
        if path == "docs/report.png":
            return f"[{words}](report.png)"
        if path == "notebooks/tutorial.ipynb":
            return f"[{words}](tutorial.ipynb)"
        if path.startswith("examples"):
            return f"[{words}](examples.md)"
        return words if words.startswith("`") else f"`{words}`"  # a file that is no page

    text = re.sub(r"\[([^\]\n]+)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)", link, text)
    return re.sub(r"^```(?:csv|crontab).*$", "```text", text, flags=re.MULTILINE)


def assemble(into: Path, *, heavy: bool = True) -> Path:
    """Write the sources of the site into an empty folder; without what takes long if so wanted."""
    into.mkdir(parents=True)
    (into / "api").mkdir()
    sources = {path.stem: path for path in (ROOT / "docs").glob("*.md") if path.stem != "index"}
    made: dict[str, str | Callable[[], str]] = {
        **index_pages(),
        **{f"api/{name}": name_page(name, thing) for name, thing in public_names()},
        "commands": commands_page(),
        "raw-tables": raw_page(),
        "examples": examples_page(),
    }
    copied = {page: ROOT / file for file, page in COPIED.items()}
    pages = {*sources, *made, *copied, "gallery", "tutorial"}
    for page, path in sources.items():
        made[page] = on_site(path.read_text(encoding="utf-8"), pages)
    for page, path in copied.items():
        where = path.parent.relative_to(ROOT).as_posix()
        made[page] = on_site(path.read_text(encoding="utf-8"), pages, where=where)
    made["index"] = on_site(home_page(pages), pages)
    made["gallery"] = gallery_page(into) if heavy else "# Gallery\n"
    for page, text in made.items():
        (into / f"{page}.md").write_text(str(text), encoding="utf-8")
    shutil.copy(ROOT / "notebooks" / "tutorial.ipynb", into)
    for file in ("conf.py", "site.css", "report.png"):
        shutil.copy(ROOT / "docs" / file, into)
    return into


class _Links(HTMLParser):
    """Collects the ids of a page, what it links to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {value for key in ("id", "name") if (value := given.get(key))}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        loads = given.get("src") or (given.get("href") if tag == "link" else None)
        if loads and given.get("rel") not in ("canonical",):
            self.loaded.append(loads)


def broken_links(site: Path) -> list[str]:
    """Links of a built site that lead nowhere, and what a page would load from a network."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = _Links()
        pages[path].feed(path.read_text(encoding="utf-8"))
    out = []
    for path, page in pages.items():
        name = path.relative_to(site)
        for link in (*page.links, *page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loaded and parts.scheme != "data":
                    out.append(f"{name}: loads {link}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                out.append(f"{name}: {link}: no such file")
            elif (
                parts.fragment
                and target in pages
                and unquote(parts.fragment) not in (pages[target].ids)
            ):
                out.append(f"{name}: {link}: no such place on that page")
    return out


def main(argv: list[str] | None = None) -> int:
    """Assemble, build without a warning, and check the links."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "_build")
    out = parser.parse_args(argv).out.resolve()
    for old in ("source", "html"):
        shutil.rmtree(out / old, ignore_errors=True)
    source, site = assemble(out / "source"), out / "html"
    command = ["-W", "--keep-going", "-q", "-b", "html", "-d", out / "doctrees", source, site]
    # Without what the notebook's kernel writes into its log: it is no warning on a page.
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *map(str, command)],
        check=False,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    for line in done.stderr.splitlines():
        if not re.match(r"\[IPKernelApp\]|# .* INFO traitlets|$", line):
            print(line, file=sys.stderr)
    problems = broken_links(site)
    for name, _ in public_names():
        page = site / "api" / f"{name}.html"
        if not page.is_file() or f'id="{name}"' not in page.read_text(encoding="utf-8"):
            problems.append(f"{name}: has no page")
    print("\n".join(problems) or f"Open {site / 'index.html'} in a browser.")
    return done.returncode or bool(problems)


if __name__ == "__main__":
    sys.exit(main())
