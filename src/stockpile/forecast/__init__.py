"""When each state will have finished, learnt from those before it."""

from stockpile.forecast.outlook import chances
from stockpile.forecast.projection import project

__all__ = ["chances", "project"]
