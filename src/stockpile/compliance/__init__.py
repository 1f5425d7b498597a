"""What a state does beside destroying its stock: membership, reports, laws and views."""

from stockpile.compliance.decisions import legislation, transparency, views
from stockpile.compliance.scorecard import allegations, membership, scorecard

__all__ = ["allegations", "legislation", "membership", "scorecard", "transparency", "views"]
