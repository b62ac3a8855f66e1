"""The Python of a project: its scripts, and the cells of its notebooks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milepost.errors import StandardsError

# Where a dbt project has scripts; notebooks may be anywhere.
SCRIPT_FOLDERS = ("analyses", "models", "notebooks", "scripts")
_NOT_OURS = {"target", "dbt_packages", "logs", "node_modules"}
_MAGIC = re.compile(r"^(\s*)[%!?].*$")
_ASSIGNED_MAGIC = re.compile(r"=\s*[%!].*$")
# Cells whose first line is a magic and whose others are Python.
_PYTHON_MAGICS = {"%%time", "%%timeit", "%%capture", "%%prun"}


@dataclass(frozen=True)
class CodeBlock:
    """A script, or a cell of a notebook: its lines, each with its number in the file."""

    path: Path
    source: str
    line_numbers: tuple[int, ...]
    cell: int | None = None

    def line_number(self, row: int) -> int:
        """Return the line of the file that a row of the source, from 1, stands on."""
        return self.line_numbers[min(row, len(self.line_numbers)) - 1] if self.line_numbers else 1


def project_files(project: Path) -> Iterator[Path]:
    """Yield the files of a project, but for those of packages, environments and hidden folders."""
    for folder, folders, names in os.walk(project):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NOT_OURS
            and not (Path(folder, name) / "pyvenv.cfg").exists()
        )
        yield from (Path(folder, name) for name in sorted(names))


def is_checked(path: Path) -> bool:
    """Return whether a file, by its path in the project, is a notebook or one of the scripts."""
    is_script = path.suffix == ".py" and path.parts[0] in SCRIPT_FOLDERS
    return is_script or path.suffix == ".ipynb"


def code_blocks(path: Path) -> list[CodeBlock]:
    """Return the code of a script, or of each cell of a notebook that is Python.

    Raises a StandardsError for a file that cannot be read as that.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".ipynb":
            return [CodeBlock(path, text, tuple(range(1, text.count("\n") + 2)))]
        return list(_cells(path, text))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        kind = "notebook of Jupyter" if path.suffix == ".ipynb" else "script in UTF-8"
        raise StandardsError(
            f"`{path.name}` cannot be read as a {kind}: {error!r}",
            hint="save it anew, or delete it if it is nobody's",
        ) from error


def _cells(path: Path, text: str) -> Iterator[CodeBlock]:
    """Yield the code cells of a notebook; a magic becomes `pass`, which keeps the lines."""
    file_lines = text.splitlines()
    position = 0
    cells: list[dict[str, Any]] = json.loads(text)["cells"]
    for number, cell in enumerate(cells, start=1):
        lines = "".join(cell["source"]).splitlines()
        numbers = []
        for line in lines:
            position = _find(file_lines, line, position)
            numbers.append(position + 1)
        if cell["cell_type"] != "code" or not lines:
            continue
        magic = lines[0].split()[0] if lines[0].startswith("%%") else ""
        if magic and magic not in {*_PYTHON_MAGICS, "%%writefile"}:
            continue
        if magic == "%%writefile":
            lines = ["open(...)"]
        python = [_ASSIGNED_MAGIC.sub("= None", _MAGIC.sub(r"\1pass", line)) for line in lines]
        yield CodeBlock(path, "\n".join(python), tuple(numbers), number)


def _find(file_lines: list[str], line: str, position: int) -> int:
    """Return the index of the line of a JSON file, from a position on, that has a text."""
    for ascii_only in (False, True):
        written = json.dumps(line, ensure_ascii=ascii_only)[:-1]
        for index in range(position, len(file_lines)):
            if written in file_lines[index]:
                return index
    return position
