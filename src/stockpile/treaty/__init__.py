"""A treaty folder: its rules, its tables, and the account of every row read."""

from stockpile.treaty.folder import Ingested, ingest
from stockpile.treaty.rules import Treaty
from stockpile.treaty.rules_file import read_treaty
from stockpile.treaty.terms import Step, Term
from stockpile.treaty.units import StockRule, Unit

__all__ = ["Ingested", "Step", "StockRule", "Term", "Treaty", "Unit", "ingest", "read_treaty"]
