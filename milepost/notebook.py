"""`%load_ext milepost`: the magic `%%milepost capture VIEW` drafts a view from a cell's query."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path
from typing import Any

from milepost.errors import DraftError

_USAGE = "%%milepost capture VIEW, then the query in the cell"


def load_ipython_extension(shell: Any) -> None:
    """Give an IPython shell the magic."""
    shell.register_magic_function(run_cell, "cell", "milepost")


def run_cell(line: str, cell: str) -> None:
    """Capture the query of a cell; options stand on the magic's line, as on the command line."""
    from milepost import cli

    command, *arguments = shlex.split(line) or [""]
    if command != "capture" or not arguments:
        raise DraftError(f"`%%milepost {line}` is not understood", hint=_USAGE)
    name, *options = arguments
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cell.sql")
        path.write_text(cell, encoding="utf-8")
        cli.main(["capture", str(path), "--name", name, *options])
