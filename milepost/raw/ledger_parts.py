"""The objects of the ledger: parts that never change, and the pointer that names them.

The pointer moves by compare-and-swap, after its parts are written. So a reader finds the ledger as
it was before a write or as it is after it, and a write that ends in between is a part without use.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import LandingError, StorageError
from milepost.raw.ledger_records import SCHEMA
from milepost.storage import conditional, s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

FORMAT_VERSION = 1
CURRENT = "ledger/current.json"
PARTS = "ledger/parts/"
KEPT = "ledger/kept/"
# More are merged into one: a read is a call for each, and they run side by side; 2026-11.
PARTS_MAX = 8
# What is written for the ledger is named by it within this time; garbage collection gives it more.
SETTLE_WITHIN = timedelta(hours=12)
_RESTORE = "restore the object from a backup, or from an earlier version if the bucket keeps them"


@dataclass(frozen=True)
class StoredLedger:
    """The ledger of a store as it was read: its records, its parts, and the pointer's ETag."""

    store: Location
    records: pa.Table
    parts: tuple[str, ...]
    etag: str | None


def part_name(part: str) -> str:
    """Return the name of a part's object."""
    return f"{PARTS}{part}.parquet"


def read(store: Location) -> StoredLedger:
    """Return the ledger of a store; a LandingError where an object of it is damaged or missing."""
    stored = s3.get(store, CURRENT)
    if stored is None and next(s3.listing(store, PARTS), None):
        # The pointer is written before the first part, and may have been a moment ago.
        stored = s3.get(store, CURRENT)
        if stored is None:
            raise LandingError(f"`{store.uri(CURRENT)}` is missing", hint=_RESTORE)
    if stored is None:
        return StoredLedger(store, SCHEMA.empty_table(), (), None)
    parts = _parsed(store, stored.body)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        tables = list(pool.map(lambda part: _read_part(store, part), parts))
    return StoredLedger(
        store, pa.concat_tables([SCHEMA.empty_table(), *tables]), parts, stored.etag
    )


def append(ledger: StoredLedger, records: pa.Table, *, began: float | None = None) -> StoredLedger:
    """Add records to the ledger, and return it with them.

    `began` is the monotonic time from which on objects that they name were written. Raises a
    ConflictError where another writer was first, a StorageError where S3 took hours: nothing has
    changed then.
    """
    began = time.monotonic() if began is None else began
    store, etag = ledger.store, ledger.etag
    if etag is None:
        etag = conditional.create(store, CURRENT, pointer_body(()))
    all_records = pa.concat_tables([ledger.records, records])
    is_merged = len(ledger.parts) >= PARTS_MAX
    part = _write_part(store, all_records if is_merged else records)
    parts = (part,) if is_merged else (*ledger.parts, part)
    if time.monotonic() - began > SETTLE_WITHIN.total_seconds():
        raise StorageError(
            f"S3 took longer than {SETTLE_WITHIN} to take what the ledger names",
            hint="run it again, when the store answers faster",
        )
    etag = conditional.replace(store, CURRENT, pointer_body(parts), etag)
    return StoredLedger(store, all_records, parts, etag)


def pointer_body(parts: Sequence[str]) -> bytes:
    """Return what the pointer to parts holds."""
    content = {"format_version": FORMAT_VERSION, "parts": list(parts)}
    return json.dumps({**content, "check": _check(parts)}, indent=1).encode()


def _check(parts: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def _parsed(store: Location, body: bytes) -> tuple[str, ...]:
    try:
        content = json.loads(body)
        version = content["format_version"]
        parts = tuple(content["parts"])
        is_whole = version != FORMAT_VERSION or content["check"] == _check(parts)
    except (ValueError, KeyError, TypeError) as error:
        raise LandingError(f"`{store.uri(CURRENT)}` is damaged", hint=_RESTORE) from error
    if type(version) is int and version > FORMAT_VERSION:
        raise LandingError(
            f"`{store.uri(CURRENT)}` has format version {version}, this Milepost reads "
            f"{FORMAT_VERSION}",
            hint="upgrade Milepost",
        )
    if not is_whole or version != FORMAT_VERSION:
        raise LandingError(f"`{store.uri(CURRENT)}` is damaged", hint=_RESTORE)
    return parts


def _read_part(store: Location, part: str) -> pa.Table:
    name = part_name(part)
    stored = s3.get(store, name)
    if stored is None:
        raise LandingError(f"`{store.uri(name)}` is missing", hint=_RESTORE)
    if hashlib.sha256(stored.body).hexdigest() != part:
        raise LandingError(f"`{store.uri(name)}` is damaged", hint=_RESTORE)
    rows = pq.ParquetFile(pa.BufferReader(stored.body)).read()
    if rows.schema.names != SCHEMA.names:
        raise LandingError(f"`{store.uri(name)}` has other columns than a ledger", hint=_RESTORE)
    return rows.cast(SCHEMA)


def _write_part(store: Location, records: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    pq.write_table(records, sink, compression="zstd")
    body = sink.getvalue().to_pybytes()
    part = hashlib.sha256(body).hexdigest()
    s3.put(store, part_name(part), body)
    return part
