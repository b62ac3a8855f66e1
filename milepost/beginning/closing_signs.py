"""How the partitions of a table are closed, and how late their files come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from milepost.beginning.places import SAMPLED, Place
from milepost.raw.layout import Layout
from milepost.raw.tables import Partition
from milepost.storage.s3 import ObjectMeta

_SUCCESS = "_SUCCESS"
_DELAYS = (0, 15, 30, 60, 120, 240, 480, 720, 1440, 2880)
# Where files were copied, their dates say nothing of how late they come.
_COPIED = timedelta(days=2)
_USUAL_DELAY_MINUTES = 60


@dataclass(frozen=True)
class SampledFile:
    """A file that is looked into, and its partition: None where names tell no time."""

    file: ObjectMeta
    partition: Partition | None


@dataclass(frozen=True)
class ClosingSigns:
    """How a source would declare the closing of a table, and why."""

    closed_by: str
    delay_minutes: int
    reason: str
    has_gaps: bool


def sampled_files(place: Place) -> list[SampledFile]:
    """Return the first, the last and files between them, in the order of time, each once."""
    layout = Layout.parse(place.layout, place.identifier, "UTC")
    below = f"{place.identifier}/" if place.layout.startswith("{table}/") else ""
    files = {
        file.name: file
        for position in SAMPLED
        if (file := place.below.file_at(position)) is not None
    }
    if place.layout == "{table}.parquet":
        files = {
            name: file for name, file in files.items() if name == f"{place.identifier}.parquet"
        } or {
            file.name: file
            for file in place.below.level().files
            if file.name == f"{place.identifier}.parquet"
        }
    return [
        SampledFile(
            file,
            layout.partition(f"{below}{file.name}", file.modified)
            if layout.unit and not place.is_iceberg
            else None,
        )
        for file in files.values()
    ]


def closing_signs(place: Place, files: Sequence[SampledFile]) -> ClosingSigns:
    """Return how the partitions of a table are closed, by the notes and the dates of its files."""
    if place.is_marked:
        return ClosingSigns("marker", 0, "markers of Milepost close each date", False)
    ended = [file for file in files if file.partition]
    gaps = _has_gaps(place)
    if ended and all(_SUCCESS in _notes(place, file) for file in ended[:-1] or ended):
        return ClosingSigns("success_file", 0, "each folder has `_SUCCESS`", gaps)
    lags = [
        max(item.modified for item in place.below.files_beside(file.file.name))
        - file.partition.ends_at
        for file in ended
        if file.partition and file.partition.ends_at < _now(files)
    ]
    if not lags or max(lags) > _COPIED:
        return ClosingSigns(
            "delay",
            _USUAL_DELAY_MINUTES,
            "files were written long after their dates, so an hour is a guess",
            gaps,
        )
    minutes = rounded(int(max(lags).total_seconds() // 60) + 1)
    return ClosingSigns(
        "delay",
        minutes,
        f"the latest of {len(lags)} files that were looked at came {max(lags)} after its end",
        gaps,
    )


def rounded(minutes: int) -> int:
    """Return the next usual delay, 15 minutes at least."""
    return next((delay for delay in _DELAYS[1:] if delay >= minutes), minutes)


def _notes(place: Place, file: SampledFile) -> frozenset[str]:
    name = file.file.name
    return place.below.level(name[: name.rfind("/") + 1]).notes


def _has_gaps(place: Place) -> bool:
    """Return whether a date is missing between the first and the last, as far as that is known.

    Only folders that say a whole date by themselves are counted: others are not all listed.
    """
    days = []
    for name in place.below.level().folders:
        try:
            days.append(date.fromisoformat(name.rpartition("=")[2]))
        except ValueError:
            return False
    return bool(days) and (max(days) - min(days)).days + 1 > len(set(days))


def _now(files: Sequence[SampledFile]) -> datetime:
    """Return the latest instant that S3 has told: no partition that ends later is over."""
    return max(file.file.modified for file in files)
