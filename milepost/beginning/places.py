"""Which tables lie below the prefixes that somebody gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from milepost.beginning.path_layout import layout_of
from milepost.beginning.tree import Tree, natural
from milepost.errors import LandingError, StorageError
from milepost.raw.layout import Layout
from milepost.storage.location import Location

# More tables than this are no project to begin with.
TABLES_MAX = 50
# Where in the order of a table's files those lie that are looked into.
SAMPLED = (0.0, 0.25, 0.5, 0.75, 1.0)
_PARTITION = re.compile(r"[^=]+=.*|(19|20)\d\d([-_]?\d\d){0,3}")
_DELTA, _ICEBERG, _MARKERS = "_delta_log", "metadata", "_closed"


@dataclass(frozen=True)
class Place:
    """Where a table is: `layout` is that of a source, below `raw`. `below` is the table's folder.

    With `is_marked` its landing dates are closed by markers of ours; with `is_iceberg` its files
    are found by its metadata.
    """

    identifier: str
    raw: Location
    layout: str
    below: Tree
    is_marked: bool = False
    is_iceberg: bool = False


def places(uris: Sequence[str]) -> list[Place]:
    """Return the tables below S3 prefixes, each of which is one, or has one in each folder."""
    tables = [place for uri in uris for place in _below(Location.parse(uri))]
    if len(tables) > TABLES_MAX:
        raise LandingError(
            f"{len(tables)} tables are too many to begin with",
            hint=f"give the prefixes of {TABLES_MAX} of them at most: --raw once for each",
        )
    return tables


def _below(location: Location) -> list[Place]:
    tree = Tree(location)
    level = tree.level()
    if location.prefix.endswith(".parquet") and not (level.files or level.folders):
        return [_single_file(location)]
    if not level.files and not level.folders:
        raise _empty(location)
    if _DELTA in level.notes:
        raise LandingError(
            f"`{location.uri()}` is a Delta table",
            hint="its files alone do not say which of them hold; export it as Parquet, "
            "or as an Iceberg table",
        )
    if _is_iceberg(tree):
        return [_place(tree, location, is_iceberg=True)]
    if level.files or _PARTITION.fullmatch(level.folders[0]):
        return [_place(tree, location)]
    tables = []
    for folder in level.folders:
        below = Location(location.bucket, location.key(folder))
        subtree = Tree(below)
        sublevel = subtree.level()
        if not sublevel.files and not any(
            _PARTITION.fullmatch(name) or name == _ICEBERG for name in sublevel.folders
        ):
            raise LandingError(
                f"`{below.uri()}` has neither files nor dates, but "
                + (", ".join(f"`{name}`" for name in sublevel.folders[:5]) or "nothing"),
                hint="give the prefixes of the tables themselves: --raw once for each",
            )
        tables.append(
            _place(
                subtree,
                below,
                is_marked=_MARKERS in level.notes,
                is_iceberg=_is_iceberg(subtree),
            )
        )
    return tables


def _place(
    tree: Tree, location: Location, *, is_marked: bool = False, is_iceberg: bool = False
) -> Place:
    parent, _, identifier = location.prefix.rpartition("/")
    identifier = identifier or location.bucket
    raw = Location(location.bucket, parent)
    folder = "{table}" if location.prefix else ""
    if is_iceberg:
        # Beside its data there are metadata, which are no Parquet.
        data = Tree(Location(location.bucket, f"{location.prefix}/data".lstrip("/")))
        return Place(identifier, raw, folder, data, is_iceberg=True)
    files = [file for position in SAMPLED if (file := tree.file_at(position))]
    if not files:
        raise LandingError(
            f"`{location.uri()}` has folders, and the first and last of them are empty",
            hint="remove empty folders, or give another prefix",
        )
    names = sorted({file.name for file in files}, key=natural)
    inner = layout_of(location.uri(), names)
    if not inner and len(tree.level().files) == 1:
        name = tree.level().files[0].name
        stem = name.removesuffix(".parquet")
        # A folder with one file: the file is the table, unless its name is one that a writer gives.
        if stem != name and not re.search(r"\d", stem):
            return Place(stem, location, "{table}.parquet", tree)
    text = "/".join(part for part in (folder, inner) if part)
    layout = Layout.parse(text, identifier, "UTC")
    below = f"{identifier}/" if folder else ""
    for file in files:
        if not layout.partition(f"{below}{file.name}", file.modified):
            raise LandingError(
                f"`{location.uri(file.name)}` does not lie as `{text}` says",
                hint="give a prefix below which all files of a table are named alike",
            )
    return Place(identifier, raw, text, tree, is_marked=is_marked)


def _single_file(location: Location) -> Place:
    parent, _, name = location.prefix.rpartition("/")
    raw = Location(location.bucket, parent)
    tree = Tree(raw)
    if name not in {file.name for file in tree.level().files}:
        raise _empty(location)
    return Place(name.removesuffix(".parquet"), raw, "{table}.parquet", tree)


def _is_iceberg(tree: Tree) -> bool:
    level = tree.level()
    return _ICEBERG in level.folders and not level.files


def _empty(location: Location) -> StorageError:
    """Return the error for a prefix without an object; S3 does not tell it from a missing one."""
    parent = Location(location.bucket, location.prefix.rpartition("/")[0])
    siblings = Tree(parent).level().folders[:5] if location.prefix else ()
    names = ", ".join(f"`{name}`" for name in siblings)
    return StorageError(
        f"`{location.uri()}` has no data: it does not exist, or is empty",
        hint=f"below `{parent.uri()}` there is {names}" if names else "correct the prefix",
    )
