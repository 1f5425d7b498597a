"""Errors, the options that would settle them, and how large an input may be.

A message is made of text and of `Answer` objects, so that each front end can word
the options its own way: Python as ``decimal=','``, the command line as ``--decimal ,``.

A mistaken or hostile file should end in a clear message, not in a machine without memory. The
`Limits` are far above any table of statements that people keep; whoever has a larger one raises
the limit that the message names.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple


class Answer(NamedTuple):
    """An option, and the values of it that would settle what is wrong or asked.

    >>> Answer("date_order", ("dmy", "mdy")).in_python()
    "date_order='dmy' or 'mdy'"
    """

    option: str
    values: tuple[object, ...]

    def in_python(self) -> str:
        """Write it as an argument of a Python function."""
        return f"{self.option}=" + " or ".join(map(_literal, self.values))


#: Text with the options that it names.
Message = tuple[str | Answer, ...]


def in_python(message: Message) -> str:
    """Write a message with its options as arguments of a Python function.

    >>> in_python(("say ", Answer("percent", (True,)), " if 1 means one per cent"))
    'say percent=True if 1 means one per cent'
    """
    return "".join(part.in_python() if isinstance(part, Answer) else str(part) for part in message)


def _literal(value: object) -> str:
    """A value as Python writes it; ``...`` stands for any heading, and limits are an object."""
    if isinstance(value, dict):
        return repr(value).replace("Ellipsis", "...")
    if isinstance(value, LimitRaised):
        return f"sp.Limits({value.name}={value.number})"
    return repr(value)


class LimitRaised(NamedTuple):
    """A limit, and the number that would be enough."""

    name: str
    number: int


class DataError(ValueError):
    """A data folder or file cannot be read as what it has to be.

    The message names the file, the place in it, what was found and what would
    be right. It may be given in parts, as a `Message`. Single bad rows do not
    raise: they are rejected and accounted for.

    Examples
    --------
    >>> str(DataError("a.csv: not UTF-8; say ", Answer("encoding", ("cp1252",))))
    "a.csv: not UTF-8; say encoding='cp1252'"
    """

    def __str__(self) -> str:
        return in_python(self.args)


#: The longest cell that Python's own reader of CSV takes.
LONGEST_CELL = 131_072

#: Bytes that are read of a file beyond the size that it was said to have.
_AT_ONCE = 2**20
_COUNTED = {
    "file_bytes": "bytes",
    "rules_bytes": "bytes",
    "rows": "rows",
    "columns": "columns",
    "cell": "characters in a cell",
    "cells": "cells",
    "workbook_cells": "filled cells",
    "unpacked_bytes": "bytes when unpacked",
}


@dataclass(frozen=True)
class Limits:
    """How large an input may be.

    Attributes
    ----------
    file_bytes : int
        Bytes of one file.
    rules_bytes : int
        Bytes of a ``treaty.toml``, which is a page of text.
    rows : int
        Rows of one table.
    columns : int
        Columns of one table.
    cell : int
        Characters in one cell; 131,072 at most.
    cells : int
        Cells of one table of one's own, as `stockpile.read` takes it, empty ones among them.
    workbook_cells : int
        Filled cells of a workbook, of which each takes as much memory as a hundred of a text.
    unpacked_bytes : int
        Bytes that a workbook unpacks to.

    Examples
    --------
    >>> import stockpile as sp
    >>> roomy = sp.Limits(rows=20_000_000, file_bytes=4 * 2**30)
    >>> sp.load("ccm", limits=roomy).treaty.id
    'ccm'
    """

    file_bytes: int = 512 * 2**20
    rules_bytes: int = 2**20
    rows: int = 5_000_000
    columns: int = 1_000
    cell: int = 32_767
    cells: int = 50_000_000
    workbook_cells: int = 1_000_000
    unpacked_bytes: int = 256 * 2**20

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{each.name} is {value!r}; expected a whole number from 1")
        if self.cell > LONGEST_CELL:
            raise ValueError(f"cell is {self.cell:,}; expected {LONGEST_CELL:,} at most")

    def require(self, limit: str, found: int, place: str) -> None:
        """Raise unless a count is within a limit.

        ``found`` is what the input has, ``place`` file and line for the message.

        Raises
        ------
        DataError
            Naming the limit, what was found, and how to raise it.

        Examples
        --------
        >>> Limits(columns=3).require("columns", 5, "a.csv, line 1")
        Traceback (most recent call last):
        ...
        stockpile.common.errors.DataError: a.csv, line 1: 5 columns, and at most 3 are read;
        if that is meant, raise the limit with limits=sp.Limits(columns=5)
        """
        most = getattr(self, limit)
        if found > most:
            said = f"{place}: {found:,} {_COUNTED[limit]}, and at most {most:,} are read"
            if limit == "cell" and found > LONGEST_CELL:  # no limit can be raised as far
                raise DataError(f"{said}; {LONGEST_CELL:,} if the limit is raised, and no more")
            enough = Answer("limits", (LimitRaised(limit, found),))
            raise DataError(f"{said}; if that is meant, raise the limit with ", enough)


#: The limits that hold unless others are given.
LIMITS = Limits()


def read_bytes(path: Path, limits: Limits = LIMITS, limit: str = "file_bytes") -> bytes:
    """Read a file that is no larger than it may be.

    Raises a `DataError` when it is too large or the system does not let it be read.
    """
    try:
        # Looked at before it is read, and read no further than one byte too many. Memory is
        # asked for as the file has need of it: a file that grows, or a pipe, has no size.
        size, most = path.stat().st_size, getattr(limits, limit)
        limits.require(limit, size, path.name)
        with path.open("rb") as file:
            parts = [file.read(size)]
            while size <= most and (more := file.read(min(_AT_ONCE, most + 1 - size))):
                parts.append(more)
                size += len(more)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read: {error.strerror or error}") from None
    limits.require(limit, size, path.name)
    return b"".join(parts)
