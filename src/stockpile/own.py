"""Somebody's own file as rows of a treaty, held to the same rules as those of a treaty folder.

`stockpile.understand` has found the tables and asked what has to be asked. Here
their rows become statements, each is accepted or rejected, and what was
accepted can be laid over the statements of a treaty.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache

import pandas as pd

from stockpile.ingest import (
    COUNT_COLUMNS,
    REJECTED_COLUMNS,
    WARNING_COLUMNS,
    Account,
    Ingested,
    check_rows,
)
from stockpile.limits import LIMITS
from stockpile.names import codes
from stockpile.plans import Reading
from stockpile.row import Problem, Source, Statement
from stockpile.rows import rows_of
from stockpile.schema import REQUIRED, SCHEMAS, TABLE_ORDER
from stockpile.tables import Aside
from stockpile.treaty import Treaty
from stockpile.understand import Understood


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
    places: dict[str, tuple[str, str]] = {}
    statements: list[tuple[str, Statement]] = []
    problems: list[tuple[str, Problem]] = []
    doubts = [(sheet.place, aside) for sheet, aside in understood.asides]
    for sheet, _ in understood.asides:
        places[sheet.place] = (sheet.file, sheet.name)
    own_ids, own_states = _told_first(understood.readings)
    read: dict[str, list[int]] = {}
    for one in understood.readings:
        sheet = one.table.sheet
        places[sheet.place] = (sheet.file, sheet.name)
        read[sheet.place] = one.table.body
        found = rows_of(one, states | own_states, ids | own_ids)
        statements += [(sheet.place, row) for row in found.statements]
        problems += [(sheet.place, row) for row in found.problems]
        doubts += [(sheet.place, row) for row in (*one.table.asides, *found.doubts)]
    statements, sources = _with_ids(statements, ids | own_ids)
    earlier = _earlier(base, states | own_states, sources, treaty)
    accounts = _checked(statements, treaty, earlier)
    for (place, _), (account, _, rows) in accounts.items():
        problems += [(place, one) for one in _told(account, rows)]
    bad = {(place, one.line) for place, one in problems}
    tables = _accepted(accounts, bad)
    for name in REQUIRED:  # without a row, but with its columns
        tables.setdefault(name, _without_rows(name, treaty))
    tables["sources"] = _cited(tables, earlier["sources"], ids)
    warned = [
        (place, Aside(int(line), kind, message))
        for (place, _), (account, _, _) in accounts.items()
        for doubt in account.doubts
        for line, kind, message in doubt[["line", "kind", "message"]].itertuples(index=False)
        if (place, int(line)) not in bad
    ]
    digest = hashlib.sha256(understood.content)
    options = asdict(replace(understood.options, limits=LIMITS))  # these change no row
    digest.update(repr(sorted(options.items())).encode())
    return Own(
        Ingested(
            treaty=treaty,
            tables=tables,
            rejected=_framed([(place, *one) for place, one in problems], REJECTED_COLUMNS),
            warnings=_framed([(place, *one) for place, one in (*doubts, *warned)], WARNING_COLUMNS),
            counts=_counted(read, bad),
            data_hash=digest.hexdigest(),
        ),
        places,
    )


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
        for line in one.table.body:
            if one.table.full == "sources":
                ids.add(str(one.table.cell(line, named["source_id"]) or ""))
            elif one.table.full == "states":
                code, name = (str(one.table.cell(line, named[c]) or "") for c in ("iso3", "name"))
                states[code] = name
    return frozenset(ids - {""}), states


def _with_ids(
    statements: list[tuple[str, Statement]], taken: frozenset[str]
) -> tuple[list[tuple[str, Statement]], list[dict[str, str]]]:
    """Give each document an id that can be read, and each statement the id of its own."""
    documents = sorted({row.source for _, row in statements if isinstance(row.source, Source)})
    ids: dict[Source, str] = {}
    given = set(taken)
    for one in documents:
        plain = f"{one.title} ({one.published or 'no day'})"
        name, count = plain, 1
        while name in given:
            count += 1
            name = f"{plain} [{count}]"
        ids[one] = name
        given.add(name)
    out = []
    for place, row in statements:
        if isinstance(row.source, Source):
            row = row._replace(cells=row.cells | {"source_id": ids[row.source]})
        elif row.table != "states":
            row = row._replace(cells=row.cells | {"source_id": row.source})
        out.append((place, row))
    return out, [{"source_id": name, **one._asdict()} for one, name in ids.items()]


def _earlier(
    base: Mapping[str, pd.DataFrame],
    states: Mapping[str, str],
    sources: list[dict[str, str]],
    treaty: Treaty,
) -> dict[str, pd.DataFrame]:
    """The sources and states that rows may cite: the treaty's, the file's own, any state."""
    named = {code: name for code, name in codes().items() if code not in states} | dict(states)
    listed = pd.DataFrame({"iso3": list(named), "name": list(named.values())}, dtype="str")
    frame = _framed_as("sources", [(0, row) for row in sources])
    _, typed = check_rows("sources", "sources", frame, treaty, {})
    known = [typed, base["sources"]] if "sources" in base else [typed]
    return {"states": listed, "sources": pd.concat([one for one in known if len(one)] or known)}


Accounts = dict[tuple[str, str], tuple[Account, pd.DataFrame, list[Statement]]]


def _checked(
    statements: list[tuple[str, Statement]], treaty: Treaty, earlier: dict[str, pd.DataFrame]
) -> Accounts:
    """Hold the rows of each table to its rules, sources before those that cite them."""
    grouped: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for place, row in statements:
        grouped[place, row.table].append(row)
    out: Accounts = {}
    for name in TABLE_ORDER:
        for (place, table), rows in grouped.items():
            if table == name:
                frame = _framed_as(name, [(row.line, row.cells) for row in rows])
                account, typed = check_rows(place, name, frame, treaty, earlier)
                if name == "sources":
                    _other_document(account, earlier["sources"])
                    new = typed[
                        ~account.bad & ~typed["source_id"].isin(earlier["sources"]["source_id"])
                    ]
                    earlier["sources"] = pd.concat([earlier["sources"], new])
                out[place, name] = (account, typed, rows)
    return out


def _framed_as(name: str, rows: list[tuple[int, dict[str, str]]]) -> pd.DataFrame:
    """Rows of a table as texts, with the line of each."""
    schema = list(SCHEMAS[name])
    cells = [[cells.get(column, "") for column in schema] for _, cells in rows]
    frame = pd.DataFrame(cells, columns=schema, dtype="str")
    return frame.assign(line=pd.Series([line for line, _ in rows], dtype="int64"))


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


def _told(account: Account, rows: list[Statement]) -> list[Problem]:
    """The problems that the rules found, in terms of the file's own columns."""
    out = []
    for frame in account.problems:
        columns = (frame[name] for name in ("column", "value", "reason", "expected"))
        for at, column, value, reason, expected in zip(frame.index, *columns, strict=True):
            row = rows[at]
            heading, cell = row.origin.get(column, (column, value))
            out.append(Problem(row.line, heading, cell, reason, expected))
    return out


def _accepted(accounts: Accounts, bad: set[tuple[str, int]]) -> dict[str, pd.DataFrame]:
    """Typed rows by table, without those of which any part has a problem."""
    parts: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for (place, name), (_, typed, _) in accounts.items():
        parts[name].append(typed.loc[[(place, line) not in bad for line in typed["line"]]])
    return {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items()}


def _cited(
    tables: Mapping[str, pd.DataFrame], sources: pd.DataFrame, known: frozenset[str]
) -> pd.DataFrame:
    """The documents that accepted rows cite and the treaty does not have."""
    cited = {
        source
        for rows in tables.values()
        if "source_id" in rows
        for source in rows["source_id"].tolist()
    }
    wanted = sources["source_id"].isin(cited - known)
    return sources[wanted].sort_values("source_id", ignore_index=True)


def _framed(rows: list[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    """The account of rows as a frame, sorted by place; each line of it once."""
    types = {column: "int64" if column == "line" else "str" for column in columns}
    frame = pd.DataFrame(sorted(set(rows), key=repr), columns=columns).astype(types)
    return frame.sort_values(columns, kind="stable", ignore_index=True)


def _counted(read: Mapping[str, list[int]], bad: set[tuple[str, int]]) -> pd.DataFrame:
    """Rows read, accepted and rejected at each place; read is the sum."""
    rows = []
    for place, lines in read.items():
        rejected = sum((place, line) in bad for line in lines)
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
    rows = [rows["iso3"] for name, rows in tables.items() if "iso3" in rows and name != "states"]
    added = sorted(set().union(*rows, names) - set(states["iso3"]))
    called = [names.get(code) or codes().get(code, code) for code in added]
    more = pd.DataFrame({"iso3": added, "name": called}, dtype="str")
    return pd.concat([states, more], ignore_index=True) if added else states


def split(frame: pd.DataFrame, places: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Give an account of rows the column ``sheet``, beside ``file``."""
    out = frame.copy()
    file = [places.get(str(place), (str(place), ""))[0] for place in frame["file"]]
    sheet = [places.get(str(place), ("", ""))[1] for place in frame["file"]]
    out["file"] = pd.Series(file, index=out.index, dtype="str")
    out.insert(1, "sheet", pd.Series(sheet, index=out.index, dtype="str"))
    return out
