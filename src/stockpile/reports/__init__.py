"""Run notebooks, check what they made, and publish it whole."""
