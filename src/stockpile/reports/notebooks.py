"""The shipped notebooks: where they lie, what they are for, and which parameters they have.

A notebook's parameters are read from its cell tagged ``parameters`` by papermill's own
inspector. The cell is read, never executed.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.output import write_bytes
from stockpile.common.shipped import shipped_folder

if TYPE_CHECKING:
    from nbformat import NotebookNode

Kind = Literal["str", "int", "float", "bool"]
Value = str | int | float | bool | None

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
#: What people call the kinds.
_WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
_TAG = "parameters"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook; an optional one may be ``None``."""

    name: str
    default: Value
    kind: Kind
    optional: bool
    #: The comment beside it.
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
    """Where a notebook that comes with the package lies, to be run by papermill or copied.

    Parameters
    ----------
    name : str
        One of those that ``stockpile notebooks`` lists; it may end in ``.ipynb``.

    Returns
    -------
    pathlib.Path

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


def copy_all(folder: str | Path) -> list[Path]:
    """Copy the shipped notebooks into a folder; one that is there already is refused.

    Raises
    ------
    DataError
        When a notebook of that name is there: it may be somebody's work.
    """
    places = [Path(folder) / f"{name}.ipynb" for name in shipped()]
    if taken := [place.name for place in places if place.exists()]:
        raise DataError(
            f"{Path(folder).name}/ has {', '.join(taken)} already; expected a folder without"
        )
    for name, place in zip(shipped(), places, strict=True):
        write_bytes(place, notebook_path(name).read_bytes())
    return places


def parameters(notebook: str | Path) -> tuple[Parameter, ...]:
    """Read the parameters of a notebook: of a shipped one by name, or of any by path.

    Its cell tagged ``parameters`` holds nothing but assignments of literals, one a line,
    with their meaning: ``as_of: str = "2012-04-19"  # nothing known later has a part``.
    A parameter with the default ``None`` may be ``None``.

    Raises
    ------
    DataError
        When there is no such cell, or anything in it that papermill does not read as a
        parameter.

    Examples
    --------
    >>> [p.kind for p in parameters("track_record") if p.name in ("treaty", "step")]
    ['str', 'int']
    """
    from papermill.translators import PythonTranslator

    path = notebook if isinstance(notebook, Path) else notebook_path(notebook)
    tagged = [cell for cell in read_notebook(path).cells if _TAG in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise DataError(
            f"{path.name}: {len(tagged) or 'no'} cells have the tag {_TAG!r}; expected one"
        )
    # The part of `papermill.inspect_notebook` that needs no kernel named in the notebook.
    inspected = {found.name: found for found in PythonTranslator.inspect(tagged[0])}
    _check_cell(path.name, tagged[0].source, list(inspected))
    return tuple(_parameter(path.name, **found._asdict()) for found in inspected.values())


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of format 4."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call,no-any-return]
    except FileNotFoundError:
        raise DataError(f"{path.name}: not found in {path.parent.name}/") from None
    except Exception:  # nbformat raises whatever the file's content leads to
        raise DataError(
            f"{path.name}: cannot be read; expected a notebook of format 4, which is JSON"
        ) from None


def _check_cell(name: str, source: str, inspected: list[str]) -> None:
    """Refuse a cell with anything but the parameters that papermill found in it."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise DataError(
            f"{name}: {_TAG}, line {error.lineno}: {error.msg}; expected Python assignments"
        ) from None
    waiting = list(inspected)
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if [getattr(target, "id", None) for target in targets] != waiting[:1]:
            raise DataError(
                f"{name}: {_TAG}, line {node.lineno}: {ast.unparse(node).splitlines()[0]!r} cannot "
                'be read as a parameter; expected as in: as_of: str = "2012-04-19"  # its meaning'
            )
        del waiting[0]


def _parameter(
    notebook: str, *, name: str, inferred_type_name: str, default: str, help: str
) -> Parameter:
    """Read the default and the type of a parameter that papermill found."""
    where = f"{notebook}: {_TAG}: {name}"
    try:
        value: Any = ast.literal_eval(default)
    except (SyntaxError, ValueError):
        value = ...
    if value is not None and type(value) not in TYPES.values():
        raise DataError(f"{where} is {default}; expected a text, a number, True, False or None")
    kind = type(value).__name__ if inferred_type_name == "None" else inferred_type_name
    if kind not in TYPES:
        raise DataError(f"{where} has the type {kind}; expected str, int, float or bool")
    if kind == "float" and type(value) is int:
        value = float(value)
    if value is not None and type(value) is not TYPES[kind]:
        raise DataError(f"{where} is {default}; expected a value of its type, {kind}")
    return Parameter(name, cast("Value", value), cast("Kind", kind), value is None, help)


def table() -> pd.DataFrame:
    """All shipped notebooks, and their parameters.

    One row a parameter, in the notebook's order: ``notebook``, ``purpose``, ``parameter``,
    ``default`` (as text), ``kind``, ``meaning``. A notebook without parameters has one
    row, with nothing in the last four.

    Examples
    --------
    >>> table().query("notebook == 'track_record' and parameter == 'step'")["default"].tolist()
    ['6']
    """
    columns = ["notebook", "purpose", "parameter", "default", "kind", "meaning"]
    rows = []
    for name in shipped():
        path = notebook_path(name)
        about = purpose(path)
        if not any(_TAG in cell.metadata.get("tags", []) for cell in read_notebook(path).cells):
            rows.append((name, about, "", "", "", ""))
            continue
        for p in parameters(path):
            rows.append((name, about, p.name, p.default_as_text, p.kind_in_words, p.meaning))
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

    Examples
    --------
    >>> purpose(notebook_path("track_record")).split(". ")[0]
    'Track record'
    """
    text = next(
        (cell.source for cell in read_notebook(path).cells if cell.cell_type == "markdown"), ""
    )
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
    """Suggest the option most like a text, as the end of a message; empty if none is like it.

    A mapping gives the words for each option.

    Examples
    --------
    >>> nearest("as-of", ["treaty", "as_of"])
    '; did you mean as_of?'
    """
    wordings = options if isinstance(options, Mapping) else {option: option for option in options}
    folded = {option.casefold(): option for option in wordings}
    matches = difflib.get_close_matches(text[:80].casefold(), folded, 1)
    return f"; did you mean {wordings[folded[matches[0]]]}?" if matches else ""
