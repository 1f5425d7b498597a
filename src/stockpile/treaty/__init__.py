"""A treaty folder: its rules, its tables, and the account of every row read."""

from stockpile.treaty.folder import Ingested, ingest
from stockpile.treaty.rules import Step, StockRule, Term, Treaty, Unit
from stockpile.treaty.rules_file import read_treaty

__all__ = ["Ingested", "Step", "StockRule", "Term", "Treaty", "Unit", "ingest", "read_treaty"]
