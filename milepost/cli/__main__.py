"""Run the command line as a module: `python -m milepost.cli`."""

import sys

from milepost.cli.main import main

sys.exit(main())
