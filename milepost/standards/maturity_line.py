"""The line of a YAML that states the rung of a view, and the file with another rung in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from milepost.errors import StandardsError
from milepost.standards.places import StatedModel


def with_maturity(folder: Path, stated: StatedModel, rung: str) -> str:
    """Return the text of a view's YAML with another `maturity`, and all else as it is.

    Raises a StandardsError where the file does not state it for this view alone.
    """
    node = stated.meta("maturity")
    text = (folder / stated.path).read_bytes().decode()
    if node is not None and not stated.is_for_other_versions("maturity"):
        lines = text.splitlines(keepends=True)
        number, start, end = node.start_mark.line, node.start_mark.column, node.end_mark.column
        lines[number] = lines[number][:start] + rung + lines[number][end:]
        changed = "".join(lines)
        if _differs_in_the_maturity_alone(text, changed, stated.model):
            return changed
    raise StandardsError(
        f"`{stated.path}` does not state the `maturity` of `{stated.name}` alone",
        hint="write `maturity: ...`, on one line and shared by no anchor, below `config: meta:` of "
        "the view, or of its version",
    )


def _differs_in_the_maturity_alone(text: str, changed: str, model: str) -> bool:
    """Return whether two YAML texts differ in one `maturity` of a model, and in nothing else.

    What an anchor shares is another view's, too; a text may also stand on several lines.
    """
    import yaml  # comes with dbt; a lookup does not need it

    try:
        stated = yaml.safe_load(text)
        before, after = dict(_leaves(stated)), dict(_leaves(yaml.safe_load(changed)))
    except yaml.YAMLError:
        return False
    paths = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    return len(paths) == 1 and all(
        path[0] == "models"
        and path[-1] == "maturity"
        and stated["models"][path[1]]["name"] == model
        for path in paths
    )


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each value in a tree that is neither mapping nor list, by the way to it."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, key))
    else:
        yield path, value
