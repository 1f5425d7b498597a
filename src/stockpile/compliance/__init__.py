"""What a state does beside destroying its stock: membership, reports, laws and views."""

from stockpile.compliance.laws import legislation, views
from stockpile.compliance.reports import transparency
from stockpile.compliance.scorecard import allegations, membership, scorecard

__all__ = ["allegations", "legislation", "membership", "scorecard", "transparency", "views"]
