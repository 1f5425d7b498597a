"""What all tests need, the examples in ``src`` among them."""

import os

# Charts are looked at as objects; no window may open, on whatever machine.
os.environ["MPLBACKEND"] = "agg"
