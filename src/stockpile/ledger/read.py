"""Read somebody's own table: CSV, TSV, an Excel workbook or a frame, as a ledger.

The treaty gives the rules, and who has joined it and when; all that is said of
stocks comes from the table. How tables are recognised, and the words that may
head their columns, are in docs/own-data.md.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from stockpile.common.cache import cached
from stockpile.common.errors import DataError
from stockpile.common.limits import LIMITS, Limits
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import assemble, folder_of, load, packaged, placed
from stockpile.spreadsheets.countries import codes
from stockpile.spreadsheets.gather import Gathered, gather, merge_into
from stockpile.spreadsheets.interpretation import Understood, understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty.folder import (
    COUNT_COLUMNS,
    REJECTED_COLUMNS,
    WARNING_COLUMNS,
    Ingested,
    account_of,
    ingest,
    read_files,
)
from stockpile.treaty.rules import Treaty
from stockpile.treaty.rules_file import read_treaty
from stockpile.treaty.schema import EVENT_TABLES, MEMBERSHIP_ACTS, REGIONS, REQUIRED

#: What of a treaty's own events stays beside the rows of a table: who is bound, and until when.
KEPT_EVENTS = (*MEMBERSHIP_ACTS, "deadline_stated", "extension_requested", "extension_granted")
KEPT_STEPS = ("step_deadline_stated", "extension_requested", "extension_granted")


def read(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    treaty: str | os.PathLike[str] | None = None,
    source: str | None = None,
    published: object = None,
    kind: str = "organisation",
    unit: str | None = None,
    cumulative: bool | None = None,
    on: object = None,
    columns: Mapping[str, str | None] | None = None,
    sheet: str | Sequence[str] | None = None,
    header: int | None = None,
    decimal: str | None = None,
    date_order: str | None = None,
    percent: bool | None = None,
    missing: str | Sequence[str] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
    scale: int | None = None,
    limits: Limits = LIMITS,
) -> Ledger:
    """Read a table of one's own.

    Wide tables (a state a row, a column for each year or total) and long ones (a
    state and a year a row) are recognised by their headings, and so are the
    tables of a treaty folder. What can be understood in two ways is asked for,
    in an error that lists all such things with the options that settle them.

    Parameters
    ----------
    table : path or pandas.DataFrame
        A ``.csv``, ``.tsv``, ``.xlsx`` or ``.xlsm`` file, a folder of tables, or a frame.
    treaty : str or path
        One of `stockpile.packaged`, or a folder with a ``treaty.toml``. Its rules hold, and
        its own statements on membership and deadlines stay; those on stocks do not.
    source : str, optional
        The document that the figures are from, where no column ``source`` says it;
        the file's name if left out.
    published : str or date
        When the figures came out: a day, month or year, or ``"unknown"``. A column
        ``published`` goes before it.
    kind : str
        What kind of source it is; a column ``kind`` goes before it.
    unit : str, optional
        What is counted, where neither headings nor a column say it.
    cumulative : bool, optional
        Whether a number destroyed that stands for a year is that of the year
        (``False``) or all that was destroyed by its end (``True``).
    on : str or date, optional
        The day that figures without a time of their own speak of.
    columns : mapping of str to str or None, optional
        Headings in other words: what each is to be read as, ``None`` to leave it out;
        ``{"*": None}`` leaves out all that are not understood.
    sheet : str or sequence of str, optional
        Sheets of a workbook to read; hidden ones are read only when named.
    header : int, optional
        The line that the headings stand on, from 1.
    decimal : {".", ","}, optional
        The decimal mark; without it a number such as 1.234 is rejected.
    date_order : {"dmy", "mdy"}, optional
        The order in dates such as 3/4/2012; without it they are rejected.
    percent : bool, optional
        Whether the bare numbers of a share are percentages.
    missing : str or sequence of str
        Further words for 'not stated', as ``"-"``.
    encoding, delimiter : str, optional
        Of a text file; UTF-8 and the mark that shows a table if left out.
    scale : int, optional
        What the numbers are to be multiplied by, as 1000 where they stand in thousands; 1 if
        they stand in full although a title or a heading says otherwise.
    limits : Limits
        How large the file may be.

    Returns
    -------
    Ledger
        Of the states in the table. ``rejected``, ``warnings`` and ``counts`` are the
        account of its rows, with a column ``sheet`` beside ``file``.

    Raises
    ------
    DataError
        When the file cannot be read, no table is recognised in it, or something
        has to be settled first.

    Examples
    --------
    >>> import pandas as pd, stockpile as sp
    >>> own = {"State": ["UK", "Perú"], "Declared": [190828, 2012], "2011": [120000, 0]}
    >>> ledger = sp.read(pd.DataFrame(own), treaty="ccm", unit="cluster_munitions", cumulative=True,
    ...                  source="My notes", published="2012-04-01")
    >>> now = sp.status(ledger.as_of("2012-04-19"))
    >>> now[["iso3", "declared", "destroyed", "deadline"]].values.tolist()
    [['GBR', 190828.0, 120000.0, Timestamp('2018-11-01 00:00:00')],
     ['PER', 2012.0, 0.0, NaT]]
    """
    options = Options(
        source, published, kind, unit, cumulative, on, dict(columns or {}), sheet, header, decimal,
        date_order, percent, missing, encoding, delimiter, limits, scale,
    )  # fmt: skip
    where = table if isinstance(table, pd.DataFrame) else Path(table)
    if treaty is None:
        if isinstance(where, Path) and (where / "treaty.toml").is_file():
            return load(where)
        raise DataError(f"{_name(where)}: which treaty is it about? say {_treaties()}")
    folder = folder_of(treaty)
    base = rules_and_acts(folder)
    understood = understand(where, base.treaty, options)
    return ledger_of(understood, base, folder if isinstance(where, pd.DataFrame) else where)


def ledger_of(understood: Understood, base: Ingested, where: Path) -> Ledger:
    """Make a ledger of what was understood; see `read`, and `rules_and_acts` for the base."""
    gathered = gather(understood, base.tables)
    joined = _joined(base, gathered)
    joined = replace(joined, treaty=replace(joined.treaty, unpublished=understood.owner))
    return placed(assemble(joined, where), gathered.places, only=True)


def _name(table: Path | pd.DataFrame) -> str:
    return "data frame" if isinstance(table, pd.DataFrame) else table.name


def _treaties() -> str:
    known = ", ".join(f"treaty={one!r}" for one in packaged())
    return f"{known}, or the folder of one of your own"


def rules_and_acts(folder: Path) -> Ingested:
    """Return the rules of a treaty folder, who has joined the treaty, and until when it binds.

    A folder that has nothing but its rules will do. The accounts of the folder's
    rows stay with `stockpile.load`; here they are empty.
    """
    rules = folder / "treaty.toml"
    if not any((folder / f"{name}.csv").is_file() for name in REQUIRED):
        treaty = read_treaty(rules)
        hashed = hashlib.sha256(rules.read_bytes()).hexdigest()
        return _without_account(treaty, {}, hashed)
    return _kept(folder, tuple(read_files(folder).items()))


@cached
def _kept(folder: Path, files: tuple[tuple[str, bytes], ...]) -> Ingested:
    folder_rows = ingest(folder, dict(files))
    events = folder_rows.tables["events"]
    kept = events[events["event"].isin(KEPT_EVENTS)].reset_index(drop=True)
    tables = {
        name: rows
        for name, rows in folder_rows.tables.items()
        if name in ("sources", "states", "steps")
    }
    if "steps" in tables:  # when they fall due; whether they were met is said of stocks
        due = tables["steps"]["event"].isin(KEPT_STEPS)
        tables["steps"] = tables["steps"][due].reset_index(drop=True)
    return _without_account(folder_rows.treaty, tables | {"events": kept}, folder_rows.data_hash)


def _without_account(treaty: Treaty, tables: dict[str, pd.DataFrame], data_hash: str) -> Ingested:
    columns = (REJECTED_COLUMNS, WARNING_COLUMNS, COUNT_COLUMNS)
    rejected, warnings, counts = (account_of([], each) for each in columns)
    return Ingested(treaty, tables, rejected, warnings, counts, data_hash)


def _joined(base: Ingested, gathered: Gathered) -> Ingested:
    """The rows of a table, with what the treaty has on the same states, and no others."""
    more = gathered.ingested.tables
    states = sorted(
        set().union(*(rows["iso3"].unique() for rows in more.values() if "iso3" in rows))
    )
    joined = merge_into(base, gathered)
    tables = joined.tables | {
        name: rows[rows["iso3"].isin(states)].reset_index(drop=True)
        for name, rows in joined.tables.items()
        if name in EVENT_TABLES
    }
    citing = [rows for rows in tables.values() if "iso3" in rows and "source_id" in rows]
    cited = set().union(*(rows["source_id"].unique() for rows in citing))
    sources = tables["sources"]
    names, regions = codes(), {name: dict[str, str]() for name in REGIONS}
    for listed in (base.tables.get("states"), more.get("states")):
        if listed is not None:
            names |= dict(zip(listed["iso3"], listed["name"], strict=True))
            for region, known in regions.items():
                pairs = zip(listed["iso3"], listed[region], strict=True)
                known |= {code: name for code, name in pairs if name}
    named = {"iso3": states, "name": [names.get(code, code) for code in states]}
    named |= {name: [known.get(code, "") for code in states] for name, known in regions.items()}
    tables["sources"] = sources[sources["source_id"].isin(cited)].reset_index(drop=True)
    tables["states"] = pd.DataFrame(named, dtype="str")
    return replace(joined, tables=tables)
