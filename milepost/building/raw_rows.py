"""How the rows of a raw table are read, in the form that the macro `raw_rows` takes.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from milepost.raw.reading import Reading, readings
from milepost.raw.tables import ClosedTable, RawFile, RawTable


def raw_rows(table: RawTable, closed: ClosedTable, since: datetime | None) -> dict[str, Any]:
    """Return the files of a raw table that may have rows known from `since` on.

    `parts` are sets of files that are read alike, with `other_types`, what Arrow calls the types of
    their undeclared columns. `rewrites` have the parts `before` and `after`, and the instant
    `known_from`. Raises a LandingError for a file that cannot be read.
    """
    files = [file for file in closed.files if since is None or _may_be_known(file, since)]
    return {
        "columns": {name: column.data_type for name, column in table.columns.items()},
        "known_by": table.known_by,
        "known_column": table.known_column,
        "parts": _parts(table, files),
        "rewrites": [
            {
                "before": _parts(table, rewrite.before),
                "after": _parts(table, rewrite.after),
                "known_from": str(rewrite.known_from),
            }
            for rewrite in closed.rewrites
            if since is None or rewrite.known_from >= since
        ],
    }


def _may_be_known(file: RawFile, since: datetime) -> bool:
    return file.closes_at > since or (file.known_from is not None and file.known_from >= since)


def _parts(table: RawTable, files: Iterable[RawFile]) -> list[dict[str, Any]]:
    parts: dict[tuple[Reading, ...], list[RawFile]] = {}
    for file in files:
        parts.setdefault(readings(table, file), []).append(file)
    return [
        {
            "readings": [asdict(reading) for reading in alike],
            "other_types": _other_types(alike, files_of_part),
            "files": [
                {
                    "uri": file.uri,
                    "starts_at": str(file.starts_at),
                    "closes_at": str(file.closes_at),
                    "known_from": str(file.known_from) if file.known_from else None,
                }
                for file in files_of_part
            ],
        }
        for alike, files_of_part in parts.items()
    ]


def _other_types(alike: Iterable[Reading], files: Iterable[RawFile]) -> list[str]:
    names = {reading.name_in_file for reading in alike}
    types = {
        arrow_name
        for file in files
        for name, arrow_name in file.columns.items()
        if name not in names
    }
    return sorted(types)
