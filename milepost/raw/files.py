"""The content of the raw log's files, compared with the markers that closed their dates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import LandingError
from milepost.raw.column_types import arrow_names
from milepost.storage import s3
from milepost.storage.arrow import filesystem, storage_failure
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

# An ETag that is the MD5 of the content: that of an upload in parts has a dash.
_MD5 = re.compile(r"[0-9a-f]{32}")
Entry = Mapping[str, Any]


def check_copied(raw: Location, files: Sequence[Entry]) -> None:
    """Compare the content of copied files, which may have other ETags than their markers."""
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        list(pool.map(partial(_check_content, raw), files))


def check_newest(raw: Location, files: Sequence[Entry]) -> None:
    """Compare each table's newest files, in order of their dates, with what their markers say.

    A loader that describes its files wrongly does so every day; to open all of them would take
    longer than to build from them.
    """
    newest: dict[str, list[Entry]] = {}
    for file in files:
        files_so_far = newest.get(file["table"], [])
        folder = file["name"].rpartition("/")[0]
        same_date = [
            earlier for earlier in files_so_far if earlier["name"].startswith(f"{folder}/")
        ]
        newest[file["table"]] = [*same_date, file]
    store = filesystem()
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        opened = [file for table in newest.values() for file in table]
        list(pool.map(partial(_check_footer, raw, store), opened))


def changed(raw: Location, file: Entry, how: str) -> LandingError:
    """Return the error for a file that is not the one with which its date was closed."""
    return LandingError(
        f"`{raw.uri(file['name'])}` has changed since its date was closed: {how}",
        hint="restore the file; corrections land as new rows. If the date was closed with the "
        "wrong files, reopen it: see docs/reference/raw-log.md",
    )


def _check_content(raw: Location, file: Entry) -> None:
    if "sha256" in file:
        content = s3.digest(raw, file["name"], hashlib.sha256)
        is_same = content == (file["sha256"], file["bytes"])
    elif _MD5.fullmatch(file["etag"]):
        content = s3.digest(raw, file["name"], partial(hashlib.md5, usedforsecurity=False))
        is_same = content == (file["etag"], file["bytes"])
    else:
        raise changed(
            raw, file, "another ETag, and its marker has no `sha256` with which to compare it"
        )
    if not is_same:
        raise changed(raw, file, f"other content in {file['bytes']} bytes")


def _check_footer(raw: Location, store: Any, file: Entry) -> None:
    try:
        source = store.open_input_file(f"{raw.bucket}/{raw.key(file['name'])}")
        footer = pq.read_metadata(source)
        row_count, columns = footer.num_rows, arrow_names(footer.schema.to_arrow_schema())
    except (OSError, pa.ArrowException) as error:
        failure = storage_failure(f"`{raw.uri(file['name'])}`", error)
        raise failure or _misdescribed(raw, file, f"it cannot be read: {error}") from error
    if row_count != file["rows"]:
        raise _misdescribed(raw, file, f"it has {row_count} rows, not {file['rows']}")
    described, in_footer = _comparable(file["columns"]), _comparable(columns)
    for name in sorted(described.keys() | in_footer.keys()):
        if described.get(name) != in_footer.get(name):
            raise _misdescribed(
                raw,
                file,
                f"its column `{name}` is {in_footer.get(name)}, not {described.get(name)}",
            )


def _comparable(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns' types as markers are free to call them: pandas writes large strings."""
    return {name: kind.removeprefix("large_") for name, kind in columns.items()}


def _misdescribed(raw: Location, file: Entry, how: str) -> LandingError:
    return LandingError(
        f"`{raw.uri(file['name'])}` is not what its marker says: {how}",
        hint="correct the loader, and reopen the dates that it closed so: see "
        "docs/reference/raw-log.md",
    )
