"""Which raw table the files of a query are: all of its files, since a view reads all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from milepost.errors import DraftError
from milepost.raw.layout import Layout
from milepost.raw.tables import RawTable
from milepost.release.near_names import suggest

# Two files of a table have no part of their names in common but what the layout fixes.
_FILES = (
    {"date": "1998-12-31", "year": "1998", "month": "12", "day": "31", "hour": "23", "": "part-0"},
    {"date": "2047-06-05", "year": "2047", "month": "6", "day": "5", "hour": "0", "": "b.c.snappy"},
)
# Below the folder of a table in a format, its data files are in folders of the writer's choice.
_DATA_FOLDERS = {"parquet": ("",), "iceberg": ("", "data/", "data/day=1/")}
_WILD = re.compile(r"(\*\*/|\*\*|\*|\?)")
_PATTERNS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def table_of(uri: str, tables: Sequence[RawTable]) -> RawTable:
    """Return the raw table whose files a URI is, with `*` and the like for parts of their names.

    Raises a DraftError for files of another place, and for only some of a table's files.
    """
    parts = _WILD.split(uri)
    pattern = re.compile("".join(_PATTERNS.get(part, re.escape(part)) for part in parts))
    whole = [table for table in tables if _is_whole(pattern, table)]
    if len(whole) == 1:
        return whole[0]
    if whole:
        raise DraftError(
            f"`{uri}` is of {len(whole)} raw tables",
            hint="read one of them: " + ", ".join(f"`{_glob(table)}`" for table in whole),
        )
    for table in tables:
        prefix = Layout.parse(table.layout, table.identifier, table.time_zone).prefix
        if prefix and uri.startswith(f"{table.raw.uri()}/{prefix}"):
            raise DraftError(
                f"`{uri}` is only a part of the files of the raw table `{table.name}`, and a view "
                "is of all of them",
                hint=f"read `{_glob(table)}`, and choose rows by a condition",
            )
    raise DraftError(
        f"`{uri}` belongs to no raw table of the project",
        hint=suggest(uri, [table.name for table in tables]) + "; a query may also read "
        "the staging model itself: `from stg_...`",
    )


def _is_whole(pattern: re.Pattern[str], table: RawTable) -> bool:
    return any(
        all(pattern.fullmatch(_file(table, folder, names)) for names in _FILES)
        for folder in _DATA_FOLDERS[table.table_format]
    )


def _file(table: RawTable, folder: str, names: Mapping[str, str]) -> str:
    """Return the URI of a file that a table could have."""
    path = table.layout
    for placeholder, value in {**names, "table": table.identifier}.items():
        path = path.replace(f"{{{placeholder}}}", value) if placeholder else path
    is_file = path.endswith(".parquet")
    return table.raw.uri(path if is_file else f"{path}/{folder}{names['']}.parquet".lstrip("/"))


def _glob(table: RawTable) -> str:
    """Return the URI of all files of a table."""
    folder = "data/**/" if table.table_format == "iceberg" else ""
    return _file(table, folder, dict.fromkeys(_FILES[0], "*"))
