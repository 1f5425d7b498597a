"""The shipped notebooks: where they lie, what they are for, and which parameters they have.

A notebook's parameters are read from its cell tagged ``parameters``. The cell is
read, never executed.
"""

from __future__ import annotations

import ast
import difflib
import io
import json
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.shipped import shipped_folder

Kind = Literal["str", "int", "float", "bool"]
Value = str | int | float | bool | None

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
#: What people call the kinds.
_WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
_TAG = "parameters"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name : str
        As the notebook's cell assigns it.
    default : str, int, float, bool or None
        What it is if nobody says otherwise.
    kind : {"str", "int", "float", "bool"}
        What its values are.
    optional : bool
        Whether it may be ``None``.
    meaning : str
        The comment beside it, or on the lines above it.
    """

    name: str
    default: Value
    kind: Kind
    optional: bool
    meaning: str

    @property
    def kind_in_words(self) -> str:
        """Its kind as people say it, as 'text or none'."""
        return _WORDS[self.kind] + (" or none" if self.optional else "")

    @property
    def default_as_text(self) -> str:
        """Its default as it would be written on a command line."""
        if isinstance(self.default, bool):
            return "true" if self.default else "false"
        return "none" if self.default is None else str(self.default)


def shipped() -> tuple[str, ...]:
    """Names of the notebooks that come with the package.

    Examples
    --------
    >>> "status_report" in shipped()
    True
    """
    return tuple(sorted(path.stem for path in shipped_folder("notebooks").glob("*.ipynb")))


def notebook_path(name: str) -> Path:
    """Where a shipped notebook lies: inside an installed package, or in the checkout.

    Parameters
    ----------
    name : str
        With or without ``.ipynb``.

    Raises
    ------
    DataError
        When no such notebook is shipped.

    Examples
    --------
    >>> notebook_path("status_report").name
    'status_report.ipynb'
    """
    stem = name.removesuffix(".ipynb")
    if stem not in shipped():
        raise DataError(
            f"no notebook {name!r} is shipped; expected {either(shipped())}"
            f"{nearest(stem, shipped())}"
        )
    return shipped_folder("notebooks") / f"{stem}.ipynb"


def parameters(notebook: str | Path) -> tuple[Parameter, ...]:
    """Read the parameters of a notebook.

    Its cell tagged ``parameters`` holds nothing but assignments of literals with
    their meaning: ``as_of: str = "2012-04-19"  # nothing known later has a part``.

    Parameters
    ----------
    notebook : str or pathlib.Path
        Name of a shipped notebook, or the path of any.

    Returns
    -------
    tuple of Parameter
        In the order of the cell.

    Raises
    ------
    DataError
        When there is no such cell, or anything else in it; names file and line.

    Examples
    --------
    >>> [p.kind for p in parameters("track_record") if p.name in ("treaty", "step")]
    ['str', 'int']
    """
    path = notebook if isinstance(notebook, Path) else notebook_path(notebook)
    found = [c["source"] for c in _cells(path) if _TAG in c["metadata"].get("tags", [])]
    if len(found) != 1:
        raise DataError(
            f"{path.name}: {len(found) or 'no'} cells have the tag {_TAG!r}; expected one"
        )
    return _assigned(path.name, found[0])


def _cells(path: Path) -> list[dict[str, Any]]:
    """Read the cells of a notebook, the source of each as one text."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [
            {
                "cell_type": cell["cell_type"],
                "metadata": dict(cell["metadata"]),
                "source": "".join(cell["source"]),
            }
            for cell in cells
        ]
    except FileNotFoundError:
        raise DataError(f"{path.name}: not found in {path.parent.name}/") from None
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"{path.name}: cannot be read; expected a notebook of format 4, which is JSON"
        ) from None


def _assigned(name: str, source: str) -> tuple[Parameter, ...]:
    """Read a cell of assignments."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise DataError(
            f"{name}: {_TAG}, line {error.lineno}: {error.msg}; expected Python assignments"
        ) from None
    comments = _comments(source)
    found: dict[str, Parameter] = {}
    for node in body:
        where = f"{name}: {_TAG}, line {node.lineno}"
        targets = [getattr(node, "target", None)]
        if isinstance(node, ast.Assign):
            targets = list(node.targets)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            targets = []
        if len(targets) != 1 or not isinstance(targets[0], ast.Name):
            raise DataError(
                f"{where}: {ast.unparse(node).splitlines()[0]!r} assigns no single parameter; "
                'expected as in: as_of: str = "2012-04-19"  # what it means'
            )
        target = targets[0].id
        if target in found:
            raise DataError(f"{where}: {target} is assigned again; expected each of them once")
        kind, optional, default = _declared(f"{where}: {target}", cast("ast.AnnAssign", node))
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        beside = " ".join(filter(None, (comments.get((line, False)) for line in lines)))
        meaning = beside or _above(comments, node.lineno)
        found[target] = Parameter(target, default, kind, optional, meaning)
    return tuple(found.values())


def _declared(where: str, node: ast.AnnAssign) -> tuple[Kind, bool, Value]:
    """Kind, whether it may be None, and default: as the annotation says, or else the default."""
    assert node.value is not None
    default: Any
    try:
        default = ast.literal_eval(node.value)
    except ValueError:
        default = ...
    if default is not None and type(default) not in TYPES.values():
        raise DataError(
            f"{where} is {ast.unparse(node.value)}; expected a text, a number, True, False or None"
        )
    note = getattr(node, "annotation", None)
    names = [part.strip() for part in ast.unparse(note).split("|")] if note else []
    if not names:
        names = [type(default).__name__]
    kinds = [name for name in names if name != "None"]
    if len(kinds) != 1 or kinds[0] not in TYPES or len(names) > 2:
        what = f"has the type {' | '.join(names)}" if note else "is None and has no type"
        raise DataError(f"{where} {what}; expected str, int, float or bool, or as in: str | None")
    # Papermill itself reads `folder: str = None`, and does not know `str | None`.
    kind, optional = cast("Kind", kinds[0]), len(names) == 2 or default is None
    if kind == "float" and type(default) is int:
        default = float(default)
    if default is not None and type(default) is not TYPES[kind]:
        raise DataError(f"{where} is {default!r}; expected what its type says: {' | '.join(names)}")
    return kind, optional, cast("Value", default)


def _comments(source: str) -> dict[tuple[int, bool], str]:
    """Comments by line, and whether they have the line for themselves."""
    return {
        (token.start[0], not token.line[: token.start[1]].strip()): token.string.strip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }


def _above(comments: Mapping[tuple[int, bool], str], line: int) -> str:
    """Comment on the lines directly above one."""
    lines: list[str] = []
    while (text := comments.get((line - 1 - len(lines), True))) is not None:
        lines.insert(0, text)
    return " ".join(lines)


def table() -> pd.DataFrame:
    """All shipped notebooks, and their parameters.

    Returns
    -------
    pandas.DataFrame
        One row a parameter, in the notebook's order: ``notebook``, ``purpose`` (its
        heading and the first sentence of its first cell of text), ``parameter``,
        ``default`` (as text), ``kind``, ``meaning``. A notebook without parameters
        has one row, with nothing in the last four.

    Raises
    ------
    DataError
        When a notebook cannot be read.

    Examples
    --------
    >>> table().query("notebook == 'track_record' and parameter == 'step'")["default"].tolist()
    ['6']
    """
    columns = ["notebook", "purpose", "parameter", "default", "kind", "meaning"]
    rows = []
    for name in shipped():
        about = purpose(notebook_path(name))
        tagged = any(_TAG in c["metadata"].get("tags", []) for c in _cells(notebook_path(name)))
        for p in parameters(name) if tagged else ():
            rows.append((name, about, p.name, p.default_as_text, p.kind_in_words, p.meaning))
        if not tagged:
            rows.append((name, about, "", "", "", ""))
    return pd.DataFrame(rows, columns=columns, dtype="str")


def listing() -> str:
    """Say all that in lines of text, for a terminal.

    Examples
    --------
    >>> print(listing().split("track_record", 1)[1].splitlines()[1])  # doctest: +ELLIPSIS
      treaty  ccm       text          the treaty to be shown...
    """
    blocks = []
    for (name, about), rows in table().groupby(["notebook", "purpose"], sort=False):
        cells = rows.loc[rows["parameter"] != "", ["parameter", "default", "kind"]]
        cells["default"] = cells["default"].replace("", "(empty)")
        widths = cells.apply(lambda column: column.str.len().max())
        lines = [f"{name}: {about}"]
        for row, meaning in zip(cells.itertuples(index=False), rows["meaning"], strict=False):
            padded = (str(c).ljust(w) for c, w in zip(row, widths, strict=True))
            lines.append(f"  {'  '.join(padded)}  {meaning}".rstrip())
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def purpose(path: Path) -> str:
    """Heading and first sentence of a notebook's first cell of text, as plain words.

    Parameters
    ----------
    path : pathlib.Path
        A notebook.

    Examples
    --------
    >>> purpose(notebook_path("track_record")).split(". ")[0]
    'Track record'
    """
    text = next((c["source"] for c in _cells(path) if c["cell_type"] == "markdown"), "")
    heading, _, rest = text.strip().partition("\n")
    paragraph = " ".join(re.split(r"\n\s*\n", rest.strip(), maxsplit=1)[0].split())
    sentence = re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]
    words = ". ".join(filter(None, (heading.lstrip("# ").strip(" ."), sentence)))
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)  # of a link, its words
    return re.sub(r"[`*]", "", words)


def either(options: Iterable[object]) -> str:
    """List what can be: ``a, b or c``.

    Examples
    --------
    >>> either(("apmbc", "ccm"))
    'apmbc or ccm'
    """
    *first, last = [str(option) for option in options] or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last


def nearest(text: str, options: Iterable[str] | Mapping[str, str]) -> str:
    """Name the option most like a text, as the end of a sentence; nothing if none is like it.

    Parameters
    ----------
    text : str
        What was given.
    options : iterable of str, or mapping of str to str
        What could be; a mapping gives what to say for each.

    Examples
    --------
    >>> nearest("as-of", ["treaty", "as_of"])
    '; nearest is as_of'
    """
    told = options if isinstance(options, Mapping) else {option: option for option in options}
    folded = {option.casefold(): option for option in told}
    found = difflib.get_close_matches(text[:80].casefold(), folded, 1)
    return f"; nearest is {told[folded[found[0]]]}" if found else ""
