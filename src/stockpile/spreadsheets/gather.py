"""A file of one's own as rows of a treaty, held to the same rules as those of a treaty folder.

`stockpile.spreadsheets.interpretation` has found the tables and asked what has to
be asked. Here their rows become statements, each is accepted or rejected, and the
accepted ones can be added to the statements of a treaty.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from stockpile.common.errors import LIMITS
from stockpile.spreadsheets.countries import codes
from stockpile.spreadsheets.interpretation import Understood
from stockpile.spreadsheets.layout import Table
from stockpile.spreadsheets.rows import RowReader, Source, Stated, origin
from stockpile.spreadsheets.values import as_text
from stockpile.treaty.folder import (
    COUNT_COLUMNS,
    REJECTED_COLUMNS,
    WARNING_COLUMNS,
    Account,
    Ingested,
    account_of,
    check_rows,
    without_rows,
)
from stockpile.treaty.rules import Treaty
from stockpile.treaty.schema import REQUIRED, SCHEMAS, TABLE_ORDER


@dataclass(frozen=True)
class Gathered:
    """The rows of a file of one's own, checked, and the account of them.

    ``ingested`` names each place as one text; ``places`` has the file and the sheet of each.
    """

    ingested: Ingested
    places: dict[str, tuple[str, str]]


def gather(understood: Understood, base: Mapping[str, pd.DataFrame]) -> Gathered:
    """Read the rows, and hold them to the rules of a treaty folder.

    ``base`` has the treaty's ``sources`` and ``states`` that rows may cite.

    Raises a `DataError` when something has to be settled first.
    """
    treaty = understood.settled().treaty
    tables = dict(enumerate(understood.tables))  # a sheet may have several
    ids = frozenset(base["sources"]["source_id"]) if "sources" in base else frozenset()
    new_ids, new_states = _listed(understood.tables)
    states = _states(base) | new_states
    problems, doubts = [_NO_PROBLEM], [_NO_DOUBT]
    frames: dict[tuple[int, str], pd.DataFrame] = {}
    documents: dict[Source, str] = {}
    for sheet, aside in understood.asides:
        doubts.append(_framed(sheet.place, [aside], WARNING_COLUMNS))
    for n, table in tables.items():
        place = table.sheet.place
        reader = RowReader(table, treaty, understood.options, states, ids | new_ids, documents)
        rows = reader.read()
        frames |= {(n, name): _frame(name, each) for name, each in rows.stated.items()}
        problems.append(_framed(place, rows.problems, REJECTED_COLUMNS))
        doubts.append(_framed(place, [*table.asides, *rows.doubts], WARNING_COLUMNS))
    foreign = [key for key in frames if not tables[key[0]].full]
    cited = {key for one in foreign for key in frames[one]["source_id"].cat.categories}
    named = _with_ids(sorted(s for s, key in documents.items() if key in cited), ids | new_ids)
    keys = {documents[source]: name for name, source in named.items()}
    for one in foreign:
        frames[one]["source_id"] = frames[one]["source_id"].cat.rename_categories(keys)
    earlier = _earlier(base, states, named, treaty)
    accounts = _checked(tables, frames, treaty, earlier)
    for (n, name), (account, _) in accounts.items():
        for part in account.problems:
            problems.append(_in_its_words(part, tables[n], name, frames[n, name]))
        doubts += account.doubts
    rejected, warnings = _stacked(problems), _stacked(doubts)
    bad = {str(place): set(lines) for place, lines in rejected.groupby("file")["line"]}
    accepted = _accepted(tables, accounts, bad)
    for name in REQUIRED:  # without a row, but with its columns
        accepted.setdefault(name, without_rows(name, treaty))
    accepted["sources"] = _cited(accepted, earlier["sources"], ids)
    pairs = zip(warnings["file"], warnings["line"], strict=True)
    doubted = np.array([line not in bad.get(place, ()) for place, line in pairs], dtype=bool)
    digest = hashlib.sha256(understood.content)
    options = asdict(replace(understood.options, limits=LIMITS))  # these change no row
    digest.update(repr(sorted(options.items())).encode())
    sheets = [sheet for sheet, _ in understood.asides] + [one.sheet for one in tables.values()]
    return Gathered(
        Ingested(
            treaty=treaty,
            tables=accepted,
            rejected=rejected,
            warnings=warnings[doubted].reset_index(drop=True),
            counts=_counted(tables, bad),
            data_hash=digest.hexdigest(),
        ),
        {sheet.place: (sheet.file, sheet.name) for sheet in sheets},
    )


def _framed(place: str, rows: Sequence[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    """Rows of an account of a place; the columns are those of the account, with ``file`` first."""
    return account_of([(place, *row) for row in rows], columns)


_NO_PROBLEM, _NO_DOUBT = (_framed("", [], each) for each in (REJECTED_COLUMNS, WARNING_COLUMNS))


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of an account one below the other, each row once, sorted by its columns."""
    columns = list(frames[0].columns)
    filled = [frame[columns].astype(frames[0].dtypes) for frame in frames if len(frame)]
    out = pd.concat(filled).drop_duplicates() if filled else frames[0]
    return out.sort_values(columns, kind="stable", ignore_index=True)


def _states(base: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Names of the treaty's states; without ``states.csv``, the codes that its rows name."""
    states = base.get("states")
    if states is not None:
        return dict(zip(states["iso3"], states["name"], strict=True))
    return {code: code for rows in base.values() if "iso3" in rows for code in rows["iso3"]}


def _listed(tables: Iterable[Table]) -> tuple[frozenset[str], dict[str, str]]:
    """The sources and states that the file's own tables of them name."""
    ids: set[str] = set()
    states: dict[str, str] = {}
    for table in tables:
        if table.full in ("sources", "states"):
            cells = {each.text: list(map(as_text, table.cells(each))) for each in table.columns}
            ids.update(cells.get("source_id", ()))
            if table.full == "states":
                states |= dict(zip(cells["iso3"], cells["name"], strict=True))
    return frozenset(ids - {""}), states


def _with_ids(documents: Iterable[Source], taken: frozenset[str]) -> dict[str, Source]:
    """Give each document an id that people can read."""
    named: dict[str, Source] = {}
    for source in documents:
        name = plain = f"{source.title} ({source.published or 'no day'})"
        count = 1
        while name in taken or name in named:
            count += 1
            name = f"{plain} [{count}]"
        named[name] = source
    return named


def _frame(name: str, stated: Sequence[Stated]) -> pd.DataFrame:
    """What rows state as texts in the columns of their table, with the line and column of each."""
    numbers: dict[tuple[str | int, ...], int] = {}  # of the different terms
    codes = [numbers.setdefault(terms, len(numbers)) for terms, _, _ in stated]
    columns = [column for column in SCHEMAS[name] if column != "quantity"]
    different = pd.DataFrame(list(numbers), columns=[*columns, "at"])
    different = different.astype(dict.fromkeys(columns, "str"))
    different = different.astype(dict.fromkeys(columns, "category"))
    frame = different.take(codes).reset_index(drop=True)
    if "quantity" in SCHEMAS[name]:
        frame["quantity"] = pd.Series([quantity for _, quantity, _ in stated], dtype="str")
    return frame.assign(line=np.array([line for _, _, line in stated], dtype="int64"))


def _earlier(
    base: Mapping[str, pd.DataFrame],
    states: Mapping[str, str],
    documents: Mapping[str, Source],
    treaty: Treaty,
) -> dict[str, pd.DataFrame]:
    """The sources and states that rows may cite: the treaty's, the file's own, any state."""
    named = {code: name for code, name in codes().items() if code not in states} | dict(states)
    listed = pd.DataFrame({"iso3": list(named), "name": list(named.values())}, dtype="str")
    rows = [(name, *source, 0) for name, source in documents.items()]
    frame = pd.DataFrame(rows, columns=[*SCHEMAS["sources"], "line"]).astype({"line": "int64"})
    frame = frame.astype(dict.fromkeys(SCHEMAS["sources"], "str"))
    account, typed = check_rows("sources", "sources", frame, treaty, {})
    typed = typed[~account.bad]  # rows that name one of the others are rejected for it
    known = [typed, base["sources"]] if "sources" in base else [typed]
    return {"states": listed, "sources": pd.concat([one for one in known if len(one)] or known)}


Accounts = dict[tuple[int, str], tuple[Account, pd.DataFrame]]


def _checked(
    tables: Mapping[int, Table],
    frames: Mapping[tuple[int, str], pd.DataFrame],
    treaty: Treaty,
    earlier: dict[str, pd.DataFrame],
) -> Accounts:
    """Hold the rows of each table to its rules, sources before those that cite them."""
    out: Accounts = {}
    for name in TABLE_ORDER:
        for (n, table), frame in frames.items():
            if table == name:
                account, typed = check_rows(tables[n].sheet.place, name, frame, treaty, earlier)
                if name == "sources":
                    known = earlier["sources"]
                    _other_document(account, known)
                    new = typed[~account.bad & ~typed["source_id"].isin(known["source_id"])]
                    earlier["sources"] = pd.concat([known, new])
                out[n, name] = account, typed
    return out


def _other_document(account: Account, known: pd.DataFrame) -> None:
    """Reject a document that goes by the id of another one of the treaty."""
    titles = dict(zip(known["source_id"].astype("str"), known["title"].astype("str"), strict=True))
    ids, named = (account.texts[column] for column in ("source_id", "title"))
    pairs = zip(ids.per_row(ids.texts), named.per_row(named.texts), strict=True)
    taken = np.array([titles.get(name, title) != title for name, title in pairs], dtype=bool)
    account.reject(taken, "source_id", "another document of the treaty has this id", "another id")


def _in_its_words(
    problems: pd.DataFrame, table: Table, name: str, frame: pd.DataFrame
) -> pd.DataFrame:
    """Problems that the rules found, by the file's own headings and cells."""
    rows = frame.loc[problems.index].to_dict("records")
    pairs = zip(rows, problems["column"], strict=True)
    headings, cells = zip(*(origin(table, name, row, each) for row, each in pairs), strict=True)
    return problems.assign(column=list(headings), value=list(cells))


def _accepted(
    tables: Mapping[int, Table], accounts: Accounts, bad: Mapping[str, set[int]]
) -> dict[str, pd.DataFrame]:
    """Typed rows by table, without those of which any part has a problem."""
    parts: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for (n, name), (_, typed) in accounts.items():
        lines = bad.get(tables[n].sheet.place, ())
        parts[name].append(typed[~typed["line"].isin(list(lines))])
    return {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items()}


def _cited(
    tables: Mapping[str, pd.DataFrame], sources: pd.DataFrame, known: frozenset[str]
) -> pd.DataFrame:
    """The documents that accepted rows cite and the treaty does not have."""
    cited = set().union(*(r["source_id"].unique() for r in tables.values() if "source_id" in r))
    wanted = sources["source_id"].isin(cited - known)
    return sources[wanted].sort_values("source_id", ignore_index=True)


def _counted(tables: Mapping[int, Table], bad: Mapping[str, set[int]]) -> pd.DataFrame:
    """Rows read, accepted and rejected at each place; read is the sum."""
    rows = []
    count: Counter[str] = Counter()
    for table in tables.values():
        count[table.sheet.place] += len(table.rows)
    for place, read in count.items():
        rejected = len(bad.get(place, ()))
        rows.append((place, read, read - rejected, rejected))
    return account_of(rows, COUNT_COLUMNS)


def merge_into(base: Ingested, gathered: Gathered) -> Ingested:
    """Add the rows of a file of one's own, and their account, to those of a treaty folder.

    A state that only the own rows have joins the states, and the hash covers both.
    """
    more = gathered.ingested
    tables = base.tables | {
        name: _one_below_the_other(base.tables.get(name), rows)
        for name, rows in more.tables.items()
    }
    if "states" in base.tables:
        tables["states"] = _with_states(base.tables["states"], more.tables)
    hashed = hashlib.sha256(f"{base.data_hash}\0{more.data_hash}".encode())
    return Ingested(
        treaty=base.treaty,
        tables=tables,
        rejected=_one_below_the_other(base.rejected, more.rejected),
        warnings=_one_below_the_other(base.warnings, more.warnings),
        counts=_one_below_the_other(base.counts, more.counts),
        data_hash=hashed.hexdigest(),
    )


def _one_below_the_other(first: pd.DataFrame | None, second: pd.DataFrame) -> pd.DataFrame:
    """Rows of both; empty frames are left out, for they say nothing of types."""
    parts = [one for one in (first, second) if one is not None]
    filled = [one for one in parts if len(one)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _with_states(states: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The states of the treaty, and those that the own rows add."""
    listed = tables.get("states")
    names = {} if listed is None else dict(zip(listed["iso3"], listed["name"], strict=True))
    rows = [rows["iso3"].unique() for name, rows in tables.items() if "iso3" in rows]
    added = sorted(set().union(*rows) - set(states["iso3"]))
    called = [names.get(code) or codes().get(code, code) for code in added]
    more = pd.DataFrame({"iso3": added, "name": called}, dtype="str")
    return pd.concat([states, more], ignore_index=True) if added else states


def split(frame: pd.DataFrame, places: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Give an account of rows the column ``sheet``, beside ``file``."""
    out = frame.reset_index(drop=True).drop(columns="sheet", errors="ignore")
    pairs = [places.get(place, (place, "")) for place in out["file"]]
    out["file"] = pd.Series([file for file, _ in pairs], dtype="str")
    out.insert(1, "sheet", pd.Series([sheet for _, sheet in pairs], dtype="str"))
    return out
