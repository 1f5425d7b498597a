"""Load a treaty folder, or a packaged treaty, as a ledger; and how to cite what is packaged."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pandas as pd

from stockpile._version import __version__
from stockpile.common.cache import cached
from stockpile.common.errors import DataError
from stockpile.common.limits import LIMITS, Limits
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
from stockpile.spreadsheets.gather import gather, merge_into, split
from stockpile.spreadsheets.interpretation import understand
from stockpile.spreadsheets.options import Options
from stockpile.treaty.datapackage import data_version
from stockpile.treaty.folder import Ingested, ingest, read_files
from stockpile.treaty.schema import EVENT_TABLES, FURTHER_TABLES, REGIONS

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
    files = read_files(folder, limits=limits)
    if extra is None:
        if given := [f for f in OF_TABLES if getattr(options, f) != getattr(Options(), f)]:
            raise TypeError(
                f"{', '.join(given)}: says how to read extra, and there is no extra; expected "
                "extra=, the file or frame that it is of"
            )
        return _loaded(folder, tuple(files.items()), limits)
    found = ingest(folder, files, limits=limits)
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
    """Load a folder; the same files make the same ledger, and are parsed once."""
    return assemble(ingest(folder, dict(files), limits=limits), folder)


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
    steps = date_events(rows["steps"], sources, found.treaty) if "steps" in rows else empty("steps")
    further: dict[str, Any] = {
        name: date_further(name, add_source(rows[name], sources), found.treaty)
        if name in rows
        else empty(name)
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
