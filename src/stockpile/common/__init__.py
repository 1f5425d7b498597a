"""What every other package needs: errors, limits, words, caches, and files written whole."""

from stockpile.common.about import show_versions
from stockpile.common.errors import DataError
from stockpile.common.limits import Limits

__all__ = ["DataError", "Limits", "show_versions"]
