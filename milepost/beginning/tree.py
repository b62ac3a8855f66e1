"""Folders on S3 as a tree of which few folders are listed, however many there are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from milepost.errors import LandingError
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta

# Below a table there are a date, an hour and a few keys; anything deeper is no table.
DEEPEST = 8
# What writers keep beside their data.
_NOTE = re.compile(r"^[_.]|\.crc$")
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Level:
    """What is right below a folder: names of folders, and files, each in the order of time."""

    folders: tuple[str, ...]
    files: tuple[ObjectMeta, ...]
    notes: frozenset[str]


@dataclass
class Tree:
    """The folders below a location. A folder is listed once, when it is first looked into."""

    location: Location
    _levels: dict[str, Level] = field(default_factory=dict)

    def level(self, folder: str = "") -> Level:
        """Return what is right below a folder, named as `dt=2026-03-05/hour=13/`."""
        if folder not in self._levels:
            folders, objects = s3.level(self.location, folder)
            names = [name.rsplit("/", 1)[-1] for name in folders]
            self._levels[folder] = Level(
                tuple(sorted((name for name in names if not _NOTE.search(name)), key=natural)),
                tuple(
                    sorted(
                        (item for item in objects if is_data(item.name)),
                        key=lambda item: natural(item.name),
                    )
                ),
                frozenset(
                    [name for name in names if _NOTE.search(name)]
                    + [name for item in objects if _NOTE.search(name := _last(item.name))]
                ),
            )
        return self._levels[folder]

    def file_at(self, position: float) -> ObjectMeta | None:
        """Return the file at a position from 0 to 1 in the order of names; None in an empty folder.

        Names tell the time, so of two positions the higher one has the later file.
        """
        folder = ""
        for _ in range(DEEPEST):
            level = self.level(folder)
            if level.files:
                return level.files[min(int(position * len(level.files)), len(level.files) - 1)]
            if not level.folders:
                return None
            index = min(int(position * len(level.folders)), len(level.folders) - 1)
            position = min(position * len(level.folders) - index, 1.0)
            folder = f"{folder}{level.folders[index]}/"
        raise LandingError(
            f"`{self.location.uri(folder)}` is {DEEPEST} folders below `{self.location.uri()}`",
            hint="give the prefix of the table itself",
        )

    def files_beside(self, name: str) -> tuple[ObjectMeta, ...]:
        """Return the files of the folder that a file is in."""
        return self.level(name[: name.rfind("/") + 1]).files


def is_data(name: str) -> bool:
    """Return whether an object holds rows, by its name."""
    return not name.endswith("/") and not any(_NOTE.search(part) for part in name.split("/"))


def natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names as people count: `month=9` before `month=10`."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in _DIGITS.split(name)
        if part != ""
    ]


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]
