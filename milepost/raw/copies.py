"""A copy of the newest days of raw tables in a folder of this machine, for `milepost stress`.

What is in the copy is read by the plugin of a dbt command as if it were the raw log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from milepost.errors import LandingError
from milepost.raw.tables import ClosedTable, RawFile, RawTable
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

_LIST = "copy.json"


@dataclass(frozen=True)
class CopiedTable:
    """A table of a copy: from when and up to when it is there, and its files, in order of time."""

    first: datetime
    before: datetime
    files: tuple[RawFile, ...]


def copy(
    tables: Sequence[RawTable], closed: Mapping[str, ClosedTable], folder: Path, days: int
) -> dict[str, ClosedTable]:
    """Copy the files of the last `days` before the newest is closed, and return what is closed.

    A snapshot may hold from any time on, so that all of its files are copied.
    """
    since = max(table.before for table in closed.values()) - timedelta(days=days)
    copied = {table.id: _copied(table, closed[table.id], folder, since) for table in tables}
    listing = {
        id_: {
            "first": str(table.first),
            "before": str(table.before),
            "files": [
                [file.uri, str(file.starts_at), str(file.closes_at)]
                for file in sorted(table.files, key=lambda file: (file.starts_at, file.uri))
            ],
        }
        for id_, table in copied.items()
    }
    (folder / _LIST).write_text(json.dumps(listing))
    return copied


def read(folder: Path) -> dict[str, CopiedTable]:
    """Return the tables of a copy, by their ids; the files' columns and rows are not known."""
    return {
        id_: CopiedTable(
            datetime.fromisoformat(table["first"]),
            datetime.fromisoformat(table["before"]),
            tuple(
                RawFile(uri, datetime.fromisoformat(starts), datetime.fromisoformat(closes), {}, 0)
                for uri, starts, closes in table["files"]
            ),
        )
        for id_, table in json.loads((folder / _LIST).read_text()).items()
    }


def _copied(table: RawTable, closed: ClosedTable, folder: Path, since: datetime) -> ClosedTable:
    first = max(closed.first, since)
    files = [file for file in closed.files if table.is_snapshot or file.closes_at > first]
    rewrites = [rewrite for rewrite in closed.rewrites if rewrite.known_from >= first]
    # A name in a folder is short, whatever the URI is: its number.
    numbers: dict[str, Path] = {}
    for file in (*files, *(file for item in rewrites for file in (*item.before, *item.after))):
        numbers.setdefault(file.uri, folder / table.id / f"{len(numbers):06d}.parquet")
    (folder / table.id).mkdir(parents=True)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        list(pool.map(lambda item: _download(*item), numbers.items()))

    def local(files: Sequence[RawFile]) -> tuple[RawFile, ...]:
        return tuple(file._replace(uri=str(numbers[file.uri])) for file in files)

    return replace(
        closed,
        first=first,
        files=local(files),
        rewrites=tuple(
            replace(item, before=local(item.before), after=local(item.after)) for item in rewrites
        ),
        objects=frozenset(),
    )


def _download(uri: str, path: Path) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    stored = s3.get(Location(bucket, ""), key)
    if stored is None:
        raise LandingError(f"`{uri}` is gone", hint="run it again: a loader has replaced the file")
    path.write_bytes(stored.body)
