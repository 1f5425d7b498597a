"""Run the command line as ``python -m stockpile``."""

import sys

from stockpile.cli.main import main

sys.exit(main())
