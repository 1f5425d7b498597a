"""Errors and the options that would settle them.

A message is made of text and of `Answer` objects, so that each front end can word
the options its own way: Python as ``decimal=','``, the command line as ``--decimal ,``.
"""

from __future__ import annotations

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
