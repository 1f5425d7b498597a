"""A treaty folder: its rules, its tables, and the account of every row read."""

from stockpile.treaty.folder import Ingested, ingest
from stockpile.treaty.rules import Treaty, read_treaty

__all__ = ["Ingested", "Treaty", "ingest", "read_treaty"]
