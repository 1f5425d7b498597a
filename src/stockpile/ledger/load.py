"""Load a treaty folder, or read somebody's own table, as a ledger; and how to cite the tables.

Of a table of one's own (CSV, TSV, an Excel workbook or a frame) the treaty gives the rules, and
who has joined it and when; all that is said of stocks comes from the table. How tables are
recognised, and the words that may head their columns, are in docs/own-data.md.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pandas as pd

from stockpile._version import __version__
from stockpile.common.cache import cached
from stockpile.common.errors import LIMITS, DataError, Limits
from stockpile.common.shipped import shipped_folder
from stockpile.ledger.availability import (
    add_source,
    date_events,
    date_further,
    date_quantities,
    empty,
)
from stockpile.ledger.ledger import Day, Ledger, with_tables
from stockpile.ledger.plausibility import find_doubts
from stockpile.spreadsheets.countries import codes
from stockpile.spreadsheets.files import FRAME
from stockpile.spreadsheets.gather import Gathered, gather, merge_into, split
from stockpile.spreadsheets.interpretation import Understood, understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty.datapackage import data_version
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
from stockpile.treaty.schema import EVENT_TABLES, FURTHER_TABLES, MEMBERSHIP_ACTS, REGIONS, REQUIRED

#: What says how a table of one's own is read; the limits are those of all files.
OF_TABLES = tuple(field.name for field in fields(Options) if field.name != "limits")
#: What can be read as somebody's own statements.
Table = str | os.PathLike[str] | pd.DataFrame


def packaged() -> tuple[str, ...]:
    """Ids of the treaties whose data come with the package.

    Examples
    --------
    >>> packaged()
    ('apmbc', 'ccm', 'cwc')
    """
    return tuple(sorted(p.parent.name for p in shipped_folder("data").glob("*/treaty.toml")))


def packaged_folder(treaty_id: str) -> Path:
    """Folder of a packaged treaty; the case of its id does not matter.

    Raises a `DataError` when there is no packaged treaty of that id.
    """
    known = packaged()
    if treaty_id.casefold() not in known:
        near = difflib.get_close_matches(treaty_id.casefold(), known, n=1, cutoff=0.5)
        raise DataError(
            f"{treaty_id!r} is not a packaged treaty; expected {' or '.join(known)}, "
            "or the path of a folder with treaty.toml, sources.csv, quantities.csv and events.csv"
            + "".join(f"; nearest is {one}" for one in near)
        )
    return shipped_folder("data") / treaty_id.casefold()


def folder_of(treaty: str | os.PathLike[str]) -> Path:
    """Return the folder of a treaty that is named by its id, or by the folder itself."""
    as_path = not isinstance(treaty, str) or (
        treaty not in ("", *packaged()) and Path(treaty).is_dir()
    )
    return Path(treaty) if as_path else packaged_folder(str(treaty))


def load(
    treaty: str | os.PathLike[str],
    *,
    extra: Table | Sequence[Table] | None = None,
    source: str | None = None,
    published: Day | None = None,
    kind: str = "organisation",
    unit: str | None = None,
    cumulative: bool | None = None,
    on: Day | None = None,
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
    """Load a treaty's statements.

    Parameters
    ----------
    treaty : str or pathlib.Path
        ``"ccm"``, ``"apmbc"`` or ``"cwc"`` (in any case) for the packaged data, or the path of
        a folder that holds ``treaty.toml``, ``sources.csv``, ``quantities.csv`` and
        ``events.csv`` (and, if you have them, ``states.csv`` and more).
    extra : path or pandas.DataFrame, or a list of them, optional
        Statements of one's own to lay over those of the treaty: a file or frame
        that `stockpile.read` takes, or a folder of tables.
    source, published, kind, unit, cumulative, on, columns, sheet, header, decimal, date_order, \
    percent, missing, encoding, delimiter, scale
        Of ``extra``, as `stockpile.read` takes them.
    limits : Limits
        How large a file may be.

    Returns
    -------
    Ledger
        With all accepted rows; rejected ones are in ``ledger.rejected``. With
        ``extra``, its accounts have a column ``sheet`` beside ``file``.

    Raises
    ------
    DataError
        When the folder or one of its files cannot be read at all, or something
        about ``extra`` has to be settled first.
    TypeError
        When something is said of ``extra``, and there is none.

    Examples
    --------
    >>> import stockpile as sp
    >>> sp.load("ccm").treaty.name
    'Convention on Cluster Munitions'

    A figure that came out in May 2012 changes nothing as of April:

    >>> import pandas as pd
    >>> news = pd.DataFrame({"state": ["Peru"], "remaining 2011": [676]})
    >>> more = sp.load("ccm", extra=news, unit="cluster_munitions", published="2012-05-02")
    >>> [len(more.as_of(day).quantities) - len(sp.load("ccm").as_of(day).quantities)
    ...  for day in ("2012-04-19", "2012-05-02")]
    [0, 1]
    """
    options = Options(
        source, published, kind, unit, cumulative, on, dict(columns or {}), sheet, header, decimal,
        date_order, percent, missing, encoding, delimiter, limits, scale,
    )  # fmt: skip
    folder = folder_of(treaty)
    files = tuple(read_files(folder, limits=limits).items())
    if extra is None:
        if given := [f for f in OF_TABLES if getattr(options, f) != getattr(Options(), f)]:
            raise TypeError(
                f"{', '.join(given)}: says how to read extra, and there is no extra; expected "
                "extra=, the file or frame that it is of"
            )
        return _loaded(folder, files, limits)
    found = ingested(folder, files, limits)
    places: dict[str, tuple[str, str]] = {}
    owners: list[str] = []
    one = isinstance(extra, (str, os.PathLike, pd.DataFrame))
    for table in cast("Sequence[Table]", [extra] if one else extra):
        where = table if isinstance(table, pd.DataFrame) else Path(table)
        understood = understand(where, found.treaty, options)
        owners.append(understood.owner)
        mine = gather(understood, found.tables)
        found, places = merge_into(found, mine), places | mine.places
    named = ", ".join(filter(None, (found.treaty.unpublished, *owners)))
    found = replace(found, treaty=replace(found.treaty, unpublished=named))
    return placed(assemble(found, folder), places)


def placed(ledger: Ledger, places: Mapping[str, tuple[str, str]], *, only: bool = False) -> Ledger:
    """Give the accounts of a ledger the column ``sheet``, for rows of somebody's own file.

    With ``only``, warnings of other places are left out.
    """

    def warnings() -> pd.DataFrame:
        rows = ledger.warnings
        return split(rows[rows["file"].isin(list(places))] if only else rows, places)

    return with_tables(
        ledger,
        rejected=split(ledger.rejected, places),
        warnings=warnings,
        counts=split(ledger.counts, places),
    )


@cached
def _loaded(folder: Path, files: tuple[tuple[str, bytes], ...], limits: Limits) -> Ledger:
    """Load a folder; the same files make the same ledger."""
    return assemble(ingested(folder, files, limits), folder)


@cached
def ingested(folder: Path, files: tuple[tuple[str, bytes], ...], limits: Limits) -> Ingested:
    """Read a folder by `stockpile.treaty.folder.ingest`; the same files are parsed once."""
    return ingest(folder, dict(files), limits=limits)


def assemble(found: Ingested, folder: Path) -> Ledger:
    """Make accepted rows a ledger: work out when each became known, and hold them to the rules."""
    # In an order of their own, so that the order of the rows in a file cannot matter.
    rows = {
        name: table.sort_values([c for c in table.columns if c != "file"], ignore_index=True)
        for name, table in found.tables.items()
        if name in ("quantities", *EVENT_TABLES, *FURTHER_TABLES)
    }
    quantities, events = rows["quantities"], rows["events"]
    states = found.tables.get("states")
    listed = states is not None
    if states is None:
        codes = sorted(set().union(*(table["iso3"].unique() for table in rows.values())))
        named = {"iso3": codes, "name": codes, **dict.fromkeys(REGIONS, "")}
        states = pd.DataFrame(named, index=range(len(codes)), dtype="str")
    states = states[["iso3", "name", *REGIONS]].astype("object").fillna("").astype("str")
    states = states.sort_values("iso3", ignore_index=True)
    sources = found.tables["sources"].drop(columns=["file", "line"])
    events = date_events(events, sources, found.treaty)
    steps = empty("steps", found.treaty)
    if "steps" in rows:
        steps = date_events(rows["steps"], sources, found.treaty)
    further: dict[str, Any] = {
        name: date_further(name, add_source(rows[name], sources), found.treaty)
        if name in rows
        else empty(name, found.treaty)
        for name in FURTHER_TABLES
    }
    ledger = Ledger(
        treaty=found.treaty,
        states=states,
        sources=sources,
        quantities=date_quantities(quantities, sources, events, found.treaty),
        events=events,
        steps=steps,
        rejected=found.rejected,
        warnings=found.warnings,
        counts=found.counts,
        data_hash=found.data_hash,
        data_version=data_version(folder),
        folder=folder,
        listed=listed,
        covers=frozenset(FURTHER_TABLES) & frozenset(rows),
        **further,
    )
    # Most callers never ask for the warnings, and they take as long as all the rest.
    return with_tables(ledger, warnings=partial(find_doubts, ledger))


_WHO = "{The stockpile contributors}"


def cite() -> str:
    """Return how to cite the library and its tables, as BibTeX.

    A single figure is the word of a source: cite that source, which `stockpile.statements`
    names and the ledger's ``sources`` have with title, publisher and address.

    Returns
    -------
    str
        Two entries, ``@software`` and ``@dataset``, with the versions that are installed.

    Examples
    --------
    >>> print(cite().splitlines()[0])
    @software{stockpile,
    """
    versions = sorted({data_version(packaged_folder(name)) for name in packaged()})
    entries = {
        "@software{stockpile": {
            "title": "{stockpile}: how states destroy the weapons they promised to destroy",
            "version": __version__,
            "note": "MIT licence",
        },
        "@dataset{stockpile-tables": {
            "title": "Stockpile destruction: raw statements with their sources",
            "version": ", ".join(versions),
            "note": "CC BY 4.0",
        },
    }
    year = max(versions)[:4]
    return "\n".join(
        f"{head},\n  author  = {{{_WHO}}},\n"
        + "".join(f"  {key:<8}= {{{text}}},\n" for key, text in fields.items())
        + f"  year    = {{{year}}},\n}}"
        for head, fields in entries.items()
    )


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
        name = where.name if isinstance(where, Path) else FRAME
        known = ", ".join(f"treaty={one!r}" for one in packaged())
        raise DataError(
            f"{name}: which treaty is it about? say {known}, or the folder of one of your own"
        )
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
    folder_rows = ingested(folder, files, LIMITS)
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
