"""The past replayed: how good the projections were."""
