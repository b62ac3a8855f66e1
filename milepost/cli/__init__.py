"""The command line: publish releases, look at them, go back, keep them, clean up, verify.

Commands and exit codes are documented in docs/reference/command-line.md.
"""

from milepost.cli.main import main

__all__ = ["main"]
