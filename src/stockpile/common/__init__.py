"""What every other package needs: errors, limits, words, caches, and files written whole."""

from stockpile.common.errors import DataError
from stockpile.common.limits import Limits

__all__ = ["DataError", "Limits"]
