"""Where the files of a project state something: the file and the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from milepost.building.declared_views import published_name
from milepost.building.model_files import yaml_file
from milepost.errors import PublishError

Place: TypeAlias = tuple[str, int]
"""A path relative to the project's root, and a line in it, which counts from 1."""

_Entries: TypeAlias = Mapping[str, yaml.Node]
# The one that is written in C reads a view's YAML in a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StatedModel:
    """What the YAML of a model or raw table states, with the line of each part.

    Where the file is not there, such as that of a package, each part stands on line 1.
    """

    def __init__(self, folder: Path | None, node: Mapping[str, Any]) -> None:
        self.path, self.name = yaml_file(node), published_name(node)
        self.model = str(node["name"])
        entries, kind = _root(folder and folder / self.path), "models"
        if "source_name" in node:
            entries, kind = _named(entries, "sources", str(node["source_name"])), "tables"
        self._entries = _named(entries, kind, self.model)
        version = node.get("version")
        self._version = _version(self._entries, version) if version is not None else {}

    def place(self, column: str = "") -> Place:
        """Return where the model, or a column of it, is stated."""
        node = self._entries.get("name")
        for entries in (self._entries, self._version) if column else ():
            node = _named(entries, "columns", column).get("name", node)
        return self.path, _line(node)

    def meta(self, key: str) -> yaml.Node | None:
        """Return the value of a key of the model's `config.meta`, None where it is not there."""
        for entries in (self._version, self._entries):
            node = _entries(_entries(entries.get("config")).get("meta")).get(key)
            if node is not None:
                return node
        return None

    def is_for_other_versions(self, key: str) -> bool:
        """Return whether several versions of the model share a key of its `config.meta`."""
        has_its_own = key in _entries(_entries(self._version.get("config")).get("meta"))
        return not has_its_own and len(list(_items(self._entries.get("versions")))) > 1

    def place_of_meta(self, key: str) -> Place:
        """Return where a key of `config.meta` is stated, or else the model."""
        node = self.meta(key)
        return (self.path, _line(node)) if node is not None else self.place()


def exposure_place(folder: Path | None, exposure: Mapping[str, Any]) -> Place:
    """Return where an exposure is stated."""
    path = str(exposure["original_file_path"])
    entries = _named(_root(folder and folder / path), "exposures", str(exposure["name"]))
    return path, _line(entries.get("name"))


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def _root(path: Path | None) -> _Entries:
    try:
        return _entries(yaml.compose(path.read_text("utf-8"), _LOADER) if path else None)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PublishError(f"`{path}` cannot be read: {error}", hint="restore it") from error


def _entries(node: yaml.Node | None) -> _Entries:
    """Return the values of a mapping by their keys; none of any other node."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _items(node: yaml.Node | None) -> Iterator[_Entries]:
    if isinstance(node, yaml.SequenceNode):
        yield from map(_entries, node.value)


def _named(entries: _Entries, key: str, name: str) -> _Entries:
    """Return the item of a list that has a name."""
    for item in _items(entries.get(key)):
        if "name" in item and item["name"].value == name:
            return item
    return {}


def _version(entries: _Entries, version: Any) -> _Entries:
    for item in _items(entries.get("versions")):
        if "v" in item and item["v"].value == str(version):
            return item
    return {}
