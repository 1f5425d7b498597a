"""Read other people's tables: what a sheet means, and what has to be asked."""
