"""What every other package needs: errors, limits, words, caches, and files written whole."""

from stockpile.common.errors import DataError, Limits
from stockpile.common.shipped import show_versions

__all__ = ["DataError", "Limits", "show_versions"]
