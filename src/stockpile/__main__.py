"""Run the command line as ``python -m stockpile``."""

import sys

from stockpile.cli import main

sys.exit(main())
