"""From statements to the stock of each state: declared, destroyed, remaining, and by when."""

from stockpile.stock.position import positions
from stockpile.stock.progress import conflicts, progress, statements

__all__ = ["conflicts", "positions", "progress", "statements"]
