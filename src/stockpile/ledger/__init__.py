"""The accepted statements of a treaty, and what of them was known on a day."""

from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import cite, load, packaged, read

__all__ = ["Ledger", "cite", "load", "packaged", "read"]
