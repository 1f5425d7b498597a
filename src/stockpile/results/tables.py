"""Results as files that others can read: CSV, Parquet, and a data package that describes them."""

from __future__ import annotations

import csv
import functools
import hashlib
import importlib.util
import io
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common.columns import find_column, inner_types
from stockpile.common.output import csv_text, write_bytes, write_text
from stockpile.ledger.ledger import Ledger
from stockpile.results.amounts import by_year
from stockpile.treaty.datapackage import DESCRIPTOR, DIALECT, PROFILE

#: What a file is called where its name is not that of the result in it.
_FRAME_OF = {"projection": "project"}
_WORDS = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))
_TYPES = {
    "datetime64[us]": "date",
    "float64": "number",
    "int64": "integer",
    "Int64": "integer",
    "bool": "boolean",
    "boolean": "boolean",
}
#: The figures of a year that stand in the long form.
_INDICATORS = (
    "declared destroyed_in_year destroyed_to_date destroyed_to_date_low destroyed_to_date_high "
    "remaining_low remaining_high"
).split()


def long_form(ledger: Ledger) -> pd.DataFrame:
    """Return the figures of each year with one number a row, as many tools want them.

    Returns
    -------
    pandas.DataFrame
        ``entity``, ``code``, ``year``, ``indicator``, ``value``, ``unit``, ``source``, sorted;
        figures that are not known are left out.

    Examples
    --------
    >>> import stockpile as sp
    >>> rows = long_form(sp.load("ccm").as_of("2026-06-30"))
    >>> rows.query("code == 'PER' and year == 2021 and unit == 'cluster_munitions'")[
    ...     ["indicator", "value"]].head(2).values.tolist()
    [['declared', 2012.0], ['destroyed_in_year', 296.0]]
    """
    version = f" {ledger.data_version}" if ledger.data_version else ""
    day = f"{ledger.require_day():%Y-%m-%d}"
    source = f"stockpile, tables{version} of {ledger.treaty.id}, as of {day}"
    heads = {"state": "entity", "iso3": "code"}
    rows = (
        by_year(ledger)
        .rename(columns=heads)
        .melt(["entity", "code", "year", "unit"], _INDICATORS, "indicator", "value")
        .dropna(subset="value")
        .assign(source=source)
    )
    order = ["entity", "code", "unit", "year", "indicator"]
    return rows.sort_values(order, ignore_index=True)[list(inner_types("long"))]


def hxl_tags(frame: pd.DataFrame) -> dict[str, str]:
    """Return the tag of the Humanitarian Exchange Language for each column of a result.

    Examples
    --------
    >>> import pandas as pd
    >>> hxl_tags(pd.DataFrame({"iso3": ["PER"], "remaining": [3.0]}))
    {'iso3': '#country+code+v_iso3', 'remaining': '#indicator+remaining+num'}
    """
    return {
        str(name): _WORDS["hxl"].get(str(name), _tag(str(name), _TYPES.get(str(kind), "")))
        for name, kind in frame.dtypes.items()
    }


def _tag(name: str, kind: str) -> str:
    """A tag for a column of a type that has none of its own."""
    word = re.sub("[^a-z0-9]+", "_", name.lower()).strip("_") or "column"
    if kind in ("number", "integer"):
        return f"#indicator+{word}+num"
    return f"#date+{word}" if kind == "date" else f"#meta+{word}"


@functools.cache
def has_parquet() -> bool:
    """Whether Parquet can be written here: it needs the extra ``parquet``."""
    return importlib.util.find_spec("pyarrow") is not None


def write_parquet(folder: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write each frame as Parquet, with its types, where that can be done."""
    for name, frame in frames.items() if has_parquet() else ():
        content = io.BytesIO()
        frame.to_parquet(content, index=False)
        write_bytes(folder / f"{name}.parquet", content.getvalue())


def write_tables(
    folder: Path, frames: Mapping[str, pd.DataFrame], ledger: Ledger, *, hxl: bool = False
) -> None:
    """Write frames as CSV, as Parquet where that can be done, and describe them.

    ``frames`` are by the names of their files, without an ending; with ``hxl`` each CSV gets a row
    of tags of the Humanitarian Exchange Language.
    """
    for name, frame in frames.items():
        header, rows = csv_text(frame).split("\n", 1)
        tags = [",".join(hxl_tags(frame).values())] if hxl else []
        write_text(folder / f"{name}.csv", "\n".join([header, *tags, rows]))
    write_parquet(folder, frames)
    write_descriptor(folder, list(frames), ledger, hxl=hxl)


def write_descriptor(
    folder: Path, names: Sequence[str], ledger: Ledger, *, hxl: bool = False
) -> None:
    """Write the ``datapackage.json`` of tables that lie in a folder already as CSV."""
    day = f"{ledger.require_day():%Y-%m-%d}"
    package = {
        "$schema": PROFILE,
        "name": f"stockpile-{ledger.treaty.id}-{day}",
        "title": f"{ledger.treaty.name}: destruction of stocks, as of {day}",
        "description": "Drawn from raw statements, each with its source. A rating says what public "
        "sources support on the day; it is no legal finding.",
        **({"version": ledger.data_version} if ledger.data_version else {}),
        "stockpile": {
            "treaty": ledger.treaty.id,
            "as_of": day,
            "rule": ledger.rule,
            "data_hash": ledger.data_hash,
        },
        "resources": [_resource(folder, name, hxl) for name in names],
    }
    write_text(folder / DESCRIPTOR, json.dumps(package, indent=2, ensure_ascii=False) + "\n")


def _resource(folder: Path, name: str, hxl: bool) -> dict[str, Any]:
    """Describe a table, with each of its columns."""
    data = (folder / f"{name}.csv").read_bytes()
    header = next(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    parquet = f"{name}.parquet"
    return {
        "name": name.replace("_", "-"),
        "path": f"{name}.csv",
        "type": "table",
        "title": _WORDS["titles"].get(name, name),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        **({"parquet": parquet} if (folder / parquet).is_file() else {}),
        "dialect": DIALECT | ({"commentChar": "#"} if hxl else {}),
        "schema": {
            "fields": [_field(name, column) for column in header],
            "missingValues": [""],
        },
    }


def _field(table: str, column: str) -> dict[str, str]:
    """Describe a column: its type, and what it means."""
    known = find_column(_FRAME_OF.get(table, table), column)
    if known is None:
        return {"name": column, "type": "string"}
    described = {"description": known.meaning} if known.meaning else {}
    return {"name": column, "type": _TYPES.get(known.dtype, "string"), **described}
