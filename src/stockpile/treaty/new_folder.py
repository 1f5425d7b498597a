"""Treaty folders that are written: an empty one, ready to fill in, or one of rows at hand."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

import pandas as pd

from stockpile.common.errors import DataError
from stockpile.common.output import quoted, write_text
from stockpile.treaty.rules import Treaty
from stockpile.treaty.schema import (
    CONSENTS,
    EVENTS,
    MEASURES,
    PRECISIONS,
    QUALIFIERS,
    SCHEMAS,
    SOURCE_KINDS,
)

#: The tables that a new folder gets; the further ones may be added.
TABLES = ("sources", "states", "quantities", "events")


def new_treaty(folder: str | os.PathLike[str]) -> Path:
    """Write a treaty folder with rules to change, tables without a row, and how to fill them in.

    It can be loaded as it is. It is there whole or not at all.

    The folder is not there yet, or is empty. Its name becomes the treaty's id where it can be one.
    Raises a `DataError` when something is there already.

    >>> import tempfile, pathlib, stockpile as sp
    >>> with tempfile.TemporaryDirectory() as place:
    ...     sp.load(new_treaty(pathlib.Path(place) / "my-treaty")).treaty.id
    'my-treaty'
    """
    place = _free(folder)
    if place.resolve() == Path.cwd():
        raise DataError(f"{place}: is the folder you are in; name it from the one above")
    own = re.sub("[^a-z0-9_-]+", "-", place.resolve().name.lower()).strip("-_")[:32].strip("-_")
    texts = {
        "treaty.toml": _text("treaty.toml", id=own or "my-treaty"),
        "README.md": _text(
            "README.md",
            folder=quoted(place.name or "."),
            kinds=_listed(SOURCE_KINDS),
            measures=_listed(tuple(MEASURES)),
            meanings="\n".join(f"| `{m.name}` | {m.meaning} |" for m in MEASURES.values()),
            undated=" and ".join(f"`{m.name}`" for m in MEASURES.values() if m.undated),
            qualifiers=_listed(QUALIFIERS),
            events=_listed(tuple(EVENTS)),
            precisions=_listed(PRECISIONS),
            consents=_listed(CONSENTS),
        ),
        **{
            f"{table}.csv": ",".join(name for name, c in SCHEMAS[table].items() if not c.optional)
            + "\n"
            for table in TABLES
        },
    }
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
    try:
        for name, text in texts.items():
            (made / name).write_text(text, encoding="utf-8", newline="")
        made.chmod(0o755)
        if place.is_dir():
            place.rmdir()  # empty; and if it no longer is, this fails and nothing is lost
        made.rename(place)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return place


def _free(folder: str | os.PathLike[str]) -> Path:
    """A place for a folder, if nothing is there that would be lost."""
    place = Path(folder)
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise DataError(f"{place}: is there already and not an empty folder; name a new one")
    return place


def _text(name: str, **words: str) -> str:
    """A file of the new folder, from the one that the package has for it."""
    file = resources.files("stockpile.treaty").joinpath("templates", name)
    return Template(file.read_text(encoding="utf-8")).substitute(words)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words[:-1]) + f" or `{words[-1]}`"


def write_treaty(
    folder: str | os.PathLike[str], treaty: Treaty, tables: Mapping[str, pd.DataFrame]
) -> Path:
    """Write typed rows as a treaty folder; see `stockpile.ledger.ledger.Ledger.save`.

    Into a folder that is not there yet, or is empty. Whose rows are not published is put into the
    text of the rules.

    Raises a `DataError` when something is in the folder already.
    """
    place = _free(folder)
    place.mkdir(parents=True, exist_ok=True)
    kept = [line for line in treaty.text.splitlines() if not _UNPUBLISHED.match(line)]
    if treaty.unpublished:
        printable = "".join(c for c in treaty.unpublished if c.isprintable())[:200]
        kept.insert(0, f"unpublished = {json.dumps(printable, ensure_ascii=False)}")
    write_text(place / "treaty.toml", "\n".join(kept) + "\n")
    for name, rows in tables.items():
        text = _texts(name, rows).to_csv(index=False, lineterminator="\n")
        write_text(place / f"{name}.csv", text)
    return place


_UNPUBLISHED = re.compile(r"\s*unpublished\s*=")
_PARTIAL = {"month": "%Y-%m", "year": "%Y"}


def _texts(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as the texts that a treaty folder holds."""
    if "implied" in rows:  # follows from others
        rows = rows[~rows["implied"]]
    out: dict[str, pd.Series] = {}
    for column, rule in SCHEMAS[name].items():
        if column not in rows:
            continue
        cells = rows[column]
        if rule.kind in ("partial", "day"):
            days = ["day"] * len(rows) if rule.kind == "day" else rows[f"{column}_precision"]
            texts = [
                "" if pd.isna(day) else day.strftime(_PARTIAL.get(precision, "%Y-%m-%d"))
                for day, precision in zip(cells, days, strict=True)
            ]
            out[column] = pd.Series(texts, rows.index, dtype="str")
        elif rule.kind in ("number", "step"):
            texts = [f"{value:.12f}".rstrip("0").rstrip(".") for value in cells]
            out[column] = pd.Series(texts, rows.index, dtype="str").where(cells.notna(), "")
        else:
            out[column] = cells.astype("str").where(cells.notna(), "")
    frame = pd.DataFrame(out, dtype="str")
    return frame.drop_duplicates().sort_values(list(frame.columns), ignore_index=True)
