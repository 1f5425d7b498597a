"""When each state will have finished, learnt from those before it."""

from stockpile.forecast.projection import chances, project

__all__ = ["chances", "project"]
