"""The line of a YAML that states the rung of a view, and the file with another rung in it."""

from __future__ import annotations

from pathlib import Path

from milepost.errors import StandardsError
from milepost.standards.places import StatedModel


def with_maturity(folder: Path, stated: StatedModel, rung: str) -> str:
    """Return the text of a view's YAML with another `maturity`, and all else as it is.

    Raises a StandardsError where the file does not state it for this view alone.
    """
    node = stated.meta("maturity")
    text = (folder / stated.path).read_bytes().decode()
    lines = text.splitlines(keepends=True)
    line = lines[node.start_mark.line] if node is not None else ""
    if node is None or "maturity" not in line or stated.is_for_other_versions("maturity"):
        raise StandardsError(
            f"`{stated.path}` does not state the `maturity` of `{stated.name}` alone",
            hint="write `maturity: ...` below `config: meta:` of the view, or of its version",
        )
    start, end = node.start_mark.column, node.end_mark.column
    lines[node.start_mark.line] = line[:start] + rung + line[end:]
    return "".join(lines)
