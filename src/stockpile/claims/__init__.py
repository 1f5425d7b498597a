"""Published totals held against the ledger on their day."""
