"""Somebody's own file as rows of a treaty, held to the same rules as those of a treaty folder.

`stockpile.spreadsheets.interpretation` has found the tables and asked what has to be asked. Here
their rows become statements, each is accepted or rejected, and what was
accepted can be laid over the statements of a treaty.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from stockpile.common.grid import Coded, Places
from stockpile.common.limits import LIMITS
from stockpile.spreadsheets.body import DOUBT, stacked
from stockpile.spreadsheets.cells import shown
from stockpile.spreadsheets.countries import codes
from stockpile.spreadsheets.interpretation import Understood
from stockpile.spreadsheets.layout import Aside
from stockpile.spreadsheets.plans import Reading
from stockpile.spreadsheets.rows import rows_of
from stockpile.spreadsheets.stated import Source, Statements
from stockpile.treaty.folder import (
    COUNT_COLUMNS,
    REJECTED_COLUMNS,
    WARNING_COLUMNS,
    Account,
    Ingested,
    check_rows,
)
from stockpile.treaty.rules import Treaty
from stockpile.treaty.schema import REQUIRED, SCHEMAS, TABLE_ORDER


@dataclass(frozen=True)
class Own:
    """The rows of somebody's own file, checked, and the account of them.

    ``found`` names each place as one text; ``places`` has the file and the sheet of each.
    """

    found: Ingested
    places: dict[str, tuple[str, str]]


def gather(understood: Understood, base: Mapping[str, pd.DataFrame]) -> Own:
    """Read the rows, and hold them to the rules of a treaty folder.

    Parameters
    ----------
    understood : Understood
        With nothing left to ask.
    base : mapping of str to pandas.DataFrame
        The treaty's ``sources`` and ``states`` that rows may cite.

    Raises
    ------
    DataError
        When something has to be settled first.
    """
    treaty = understood.settled().treaty
    states, known = _states(base), base.get("sources")
    ids = frozenset() if known is None else frozenset(known["source_id"])
    places = {sheet.place: (sheet.file, sheet.name) for sheet, _ in understood.asides}
    doubts = [_asides(sheet.place, [aside]) for sheet, aside in understood.asides]
    problems: list[pd.DataFrame] = []
    statements: dict[tuple[str, str], list[Statements]] = defaultdict(list)
    own_ids, own_states = _told_first(understood.readings)
    read: dict[str, Places] = {}
    for one in understood.readings:
        sheet = one.table.sheet
        places[sheet.place] = (sheet.file, sheet.name)
        read[sheet.place] = sheet.lines.numbers[one.table.rows]
        found = rows_of(one, states | own_states, ids | own_ids)
        for part in found.statements:
            statements[sheet.place, part.table].append(part)
        problems.append(found.problems.assign(file=sheet.place))
        doubts += [
            _asides(sheet.place, one.table.asides),
            found.doubts.assign(file=sheet.place),
        ]
    gathered, sources = _with_ids(statements, ids | own_ids)
    earlier = _earlier(base, states | own_states, sources, treaty)
    accounts = _checked(gathered, treaty, earlier)
    problems += [part for one in accounts.values() for part in _told(*one)]
    rejected = stacked(problems, REJECTED_COLUMNS)
    bad = {place: rejected.loc[rejected["file"] == place, "line"].unique() for place in read}
    tables = _accepted(accounts, bad)
    for name in REQUIRED:  # without a row, but with its columns
        tables.setdefault(name, _without_rows(name, treaty))
    tables["sources"] = _cited(tables, earlier["sources"], ids)
    doubts += [part for account, *_ in accounts.values() for part in account.doubts]
    # What is rejected is not doubted.
    doubts = [one[~one["line"].isin(bad.get(place, []))] for one in doubts for place in _file(one)]
    digest = hashlib.sha256(understood.content)
    options = asdict(replace(understood.options, limits=LIMITS))  # these change no row
    digest.update(repr(sorted(options.items())).encode())
    return Own(
        Ingested(
            treaty=treaty,
            tables=tables,
            rejected=rejected,
            warnings=stacked(doubts, WARNING_COLUMNS),
            counts=_counted(read, bad),
            data_hash=digest.hexdigest(),
        ),
        places,
    )


def _asides(place: str, asides: Sequence[Aside]) -> pd.DataFrame:
    """What was left out of a sheet, or read with a doubt, as an account of it."""
    return pd.DataFrame(asides, columns=DOUBT).assign(file=place)


def _file(doubts: pd.DataFrame) -> list[str]:
    """The place that doubts are about; none where there are none."""
    return doubts["file"].iloc[:1].tolist()


def _states(base: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Names of the treaty's states; without ``states.csv``, the codes that its rows name."""
    states = base.get("states")
    if states is not None:
        return dict(zip(states["iso3"], states["name"], strict=True))
    return {code: code for rows in base.values() if "iso3" in rows for code in rows["iso3"]}


def _told_first(readings: Iterable[Reading]) -> tuple[frozenset[str], dict[str, str]]:
    """The sources and states that the file's own tables of them name."""
    ids: set[str] = set()
    states: dict[str, str] = {}
    for one in readings:
        named = {column.heading.text: column for column in one.table.columns}
        if one.table.full == "sources":
            ids.update(map(shown, one.table.cells(named["source_id"]).values))
        elif one.table.full == "states":
            cells = (one.table.cells(named[name]).rows() for name in ("iso3", "name"))
            states |= {shown(code): shown(name) for code, name in zip(*cells, strict=True)}
    return frozenset(ids - {""}), states


def _with_ids(
    statements: Mapping[tuple[str, str], list[Statements]], taken: frozenset[str]
) -> tuple[dict[tuple[str, str], Statements], list[dict[str, str]]]:
    """Give each document an id that can be read, and each statement the id of its own."""
    together = {where: Statements.stacked(parts) for where, parts in statements.items()}
    cited = {source for one in together.values() for source in one.source.values}
    ids: dict[Source, str] = {}
    given = set(taken)
    for one in sorted(source for source in cited if isinstance(source, Source)):
        plain = f"{one.title} ({one.published or 'no day'})"
        name, count = plain, 1
        while name in given:
            count += 1
            name = f"{plain} [{count}]"
        ids[one] = name
        given.add(name)
    for (_, table), rows in together.items():
        if table != "states":
            named = [ids[one] if isinstance(one, Source) else one for one in rows.source.values]
            rows.cells["source_id"] = rows.source.become(named)
    return together, [{"source_id": name, **one._asdict()} for one, name in ids.items()]


def _earlier(
    base: Mapping[str, pd.DataFrame],
    states: Mapping[str, str],
    sources: list[dict[str, str]],
    treaty: Treaty,
) -> dict[str, pd.DataFrame]:
    """The sources and states that rows may cite: the treaty's, the file's own, any state."""
    named = {code: name for code, name in codes().items() if code not in states} | dict(states)
    listed = pd.DataFrame({"iso3": list(named), "name": list(named.values())}, dtype="str")
    frame = _framed_as("sources", sources)
    account, typed = check_rows("sources", "sources", frame, treaty, {})
    typed = typed[~account.bad]  # rows that name one of the others are rejected for it
    known = [typed, base["sources"]] if "sources" in base else [typed]
    return {"states": listed, "sources": pd.concat([one for one in known if len(one)] or known)}


Accounts = dict[tuple[str, str], tuple[Account, pd.DataFrame, Statements]]


def _checked(
    statements: Mapping[tuple[str, str], Statements],
    treaty: Treaty,
    earlier: dict[str, pd.DataFrame],
) -> Accounts:
    """Hold the rows of each table to its rules, sources before those that cite them."""
    out: Accounts = {}
    for name in TABLE_ORDER:
        for (place, table), rows in statements.items():
            if table == name:
                account, typed = check_rows(place, name, rows.frame(), treaty, earlier)
                if name == "sources":
                    _other_document(account, earlier["sources"])
                    known = typed["source_id"].isin(earlier["sources"]["source_id"])
                    earlier["sources"] = pd.concat(
                        [earlier["sources"], typed[~account.bad & ~known]]
                    )
                out[place, name] = (account, typed, rows)
    return out


def _framed_as(name: str, rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Rows of a table as texts, of no line."""
    schema = list(SCHEMAS[name])
    cells = [[cells.get(column, "") for column in schema] for cells in rows]
    return pd.DataFrame(cells, columns=schema, dtype="str").assign(line=0)


@cache
def _without_rows(name: str, treaty: Treaty) -> pd.DataFrame:
    """A table without a row, in the types that its rows would have."""
    return check_rows(name, name, _framed_as(name, []), treaty, {"sources": _NO_SOURCES})[1]


_NO_SOURCES = pd.DataFrame({"source_id": pd.Series(dtype="str")})


def _other_document(account: Account, known: pd.DataFrame) -> None:
    """Reject a document that goes by the id of another one of the treaty."""
    rows = account.rows
    same = known[["source_id", "title"]].astype("str").apply(tuple, axis=1).tolist()
    pairs = rows[["source_id", "title"]].astype("str").apply(tuple, axis=1)
    taken = rows["source_id"].astype("str").isin(known["source_id"]) & ~pairs.isin(same)
    account.reject(taken, "source_id", "another document of the treaty has this id", "another id")


def _told(account: Account, _: pd.DataFrame, rows: Statements) -> list[pd.DataFrame]:
    """The problems that the rules found, in terms of the file's own columns."""
    out = []
    for frame in account.problems:
        for column, part in frame.groupby("column", sort=False):
            headings, cells = rows.told_from(str(column), part["value"])
            out.append(part.assign(column=headings, value=cells))
    return out


def _accepted(accounts: Accounts, bad: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Typed rows by table, without those of which any part has a problem."""
    parts: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for (place, name), (_, typed, _) in accounts.items():
        parts[name].append(typed[~typed["line"].isin(bad[place])])
    return {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items()}


def _cited(
    tables: Mapping[str, pd.DataFrame], sources: pd.DataFrame, known: frozenset[str]
) -> pd.DataFrame:
    """The documents that accepted rows cite and the treaty does not have."""
    cited = set().union(*(r["source_id"].unique() for r in tables.values() if "source_id" in r))
    wanted = sources["source_id"].isin(cited - known)
    return sources[wanted].sort_values("source_id", ignore_index=True)


def _counted(read: Mapping[str, Places], bad: Mapping[str, Any]) -> pd.DataFrame:
    """Rows read, accepted and rejected at each place; read is the sum."""
    rows = []
    for place, lines in read.items():
        rejected = int(np.isin(lines, bad[place]).sum())
        rows.append((place, len(lines), len(lines) - rejected, rejected))
    types = {column: "str" if column == "file" else "int64" for column in COUNT_COLUMNS}
    return pd.DataFrame(rows, columns=COUNT_COLUMNS).astype(types)


def over(base: Ingested, own: Own) -> Ingested:
    """Lay somebody's own rows over those of a treaty folder.

    Returns
    -------
    Ingested
        With the rows of both, and the accounts of both; a state that only the
        own rows have joins the states, and the hash covers both.
    """
    more = own.found
    tables = dict(base.tables)
    for name, rows in more.tables.items():
        parts = [one for one in (tables.get(name), rows) if one is not None]
        filled = [one for one in parts if len(one)]
        tables[name] = pd.concat(filled, ignore_index=True) if filled else parts[0]
    if "states" in base.tables:
        tables["states"] = _with_states(base.tables["states"], more.tables)
    hashed = hashlib.sha256(f"{base.data_hash}\0{more.data_hash}".encode())
    return Ingested(
        treaty=base.treaty,
        tables=tables,
        rejected=_stacked(base.rejected, more.rejected),
        warnings=_stacked(base.warnings, more.warnings),
        counts=_stacked(base.counts, more.counts),
        data_hash=hashed.hexdigest(),
    )


def _stacked(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    parts = [one for one in (first, second) if len(one)]
    return pd.concat(parts, ignore_index=True) if parts else first


def _with_states(states: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The states of the treaty, and those that the own rows add."""
    own = tables.get("states")
    names = {} if own is None else dict(zip(own["iso3"], own["name"], strict=True))
    rows = [
        rows["iso3"].unique()
        for name, rows in tables.items()
        if "iso3" in rows and name != "states"
    ]
    added = sorted(set().union(*rows, names) - set(states["iso3"]))
    called = [names.get(code) or codes().get(code, code) for code in added]
    more = pd.DataFrame({"iso3": added, "name": called}, dtype="str")
    return pd.concat([states, more], ignore_index=True) if added else states


def split(frame: pd.DataFrame, places: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Give an account of rows the column ``sheet``, beside ``file``."""
    out = frame.reset_index(drop=True)
    named = Coded.of(out["file"].to_numpy(dtype=object))
    where = [places.get(place, (place, "")) for place in named.values]
    for at, name in enumerate(("file", "sheet")):
        column = named.become([pair[at] for pair in where]).rows()
        if name in out:
            out[name] = pd.Series(column, dtype="str")
        else:
            out.insert(at, name, pd.Series(column, dtype="str"))
    return out
