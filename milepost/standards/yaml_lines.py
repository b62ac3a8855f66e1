"""Where in a YAML file dbt found what it says of a model or a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def line_of(path: Path, name: str, column: str | None = None) -> int:
    """Return the line where a file names a model, a table or one of its columns; 1 if nowhere."""
    import yaml  # comes with dbt; a lookup does not need it

    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return 1
    for entry in _named(root, name):
        if column is None:
            return _line(entry)
        for inner in _named(_value(entry, "columns"), column):
            return _line(inner)
        return _line(entry)
    return 1


def _named(node: Any, name: str) -> Iterator[Any]:
    """Yield the mappings of a tree whose `name` is a name, the outer before the inner."""
    pairs = getattr(node, "value", None)
    if not isinstance(pairs, list):
        return
    for part in pairs:
        if isinstance(part, tuple):
            key, value = part
            if key.value == "name" and value.value == name:
                yield node
            yield from _named(value, name)
        else:
            yield from _named(part, name)


def _value(node: Any, wanted: str) -> Any:
    return next((value for key, value in node.value if key.value == wanted), None)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
