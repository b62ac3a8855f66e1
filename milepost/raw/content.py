"""The bytes of a file in the lake: whether they are the same ones, and what they hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import ConflictError, LandingError
from milepost.raw.column_types import arrow_names
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta

# An ETag of an upload in one part is its MD5; of one in several, the MD5 of their MD5s, and `-N`.
_ETAG = re.compile(r"(?P<md5>[0-9a-f]{32})(?:-(?P<parts>\d+))?")
_MIB = 2**20
# In MiB: of boto3 and the AWS command line, Hadoop and Spark, Arrow, rclone, consoles; 2026-11.
_USUAL_PART_SIZES = (8, 5, 10, 16, 32, 50, 64, 100, 128, 256, 512, 1024, 5120)
# The bytes are hashed once for each part size that is tried: half a second for each GB.
_PART_SIZES_MAX = 64
# Enough for most footers: one request reads them.
_TAIL_BYTES = 64 * 2**10
_LENGTH_AND_MARK = 8


class Footer(NamedTuple):
    """What a Parquet file says of itself: its rows, and as JSON its columns' Arrow types."""

    rows: int
    columns: str


def has_etag(location: Location, name: str, size: int, etag: str) -> bool:
    """Return whether the bytes of an object, all of which are read, could have an ETag.

    So it is where the ETag is their MD5, or follows from them with a usual size of parts.
    """
    match = _ETAG.fullmatch(etag)
    if not match:
        return False
    parts = int(match["parts"] or 0)
    sizes = list(_part_sizes(size, parts)) if parts else [0]
    digest = s3.digest(location, name, lambda: _Etags(etag, sizes)) if sizes else None
    return digest == (etag, size)


def same_bytes(location: Location, name: str, twin: Location, twin_name: str) -> bool:
    """Return whether two objects, all of whose bytes are read, are the same."""
    return s3.sha256(location, name) == s3.sha256(twin, twin_name) is not None


def footer(location: Location, item: ObjectMeta) -> Footer:
    """Return the footer of a Parquet file; a LandingError where it is not whole.

    Raises a ConflictError where the object is not the one that was listed any more.
    """
    uri = location.uri(item.name)
    tail = _tail(location, item, _TAIL_BYTES)
    length = int.from_bytes(tail[-_LENGTH_AND_MARK:-4], "little") + _LENGTH_AND_MARK
    if len(tail) < length <= item.bytes and tail.endswith(b"PAR1"):
        tail = _tail(location, item, length)
    try:
        metadata = pq.read_metadata(pa.BufferReader(tail))
        schema = metadata.schema.to_arrow_schema()
    except (OSError, pa.ArrowException) as error:
        raise LandingError(
            f"`{uri}` is no whole Parquet file, and its partition is closed: {error}",
            hint="an upload that ended half way is landed again; what is no data is named with a "
            "`_` in front",
        ) from error
    return Footer(metadata.num_rows, json.dumps(arrow_names(schema)))


def changed_meanwhile(uri: str) -> ConflictError:
    """Return the error for a file that is not the one that was listed a moment ago."""
    return ConflictError(
        f"`{uri}` changed while it was looked at", hint="run it again, when its loader is done"
    )


def _tail(location: Location, item: ObjectMeta, size: int) -> bytes:
    stored = s3.tail(location, item.name, item.bytes, size) if item.bytes else None
    if item.bytes and (stored is None or (item.etag and stored.etag != item.etag)):
        raise changed_meanwhile(location.uri(item.name))
    return stored.body if stored else b""


def _part_sizes(size: int, parts: int) -> Iterator[int]:
    """Yield sizes with which an upload of so many bytes has so many parts, the usual ones first."""
    if parts == 1:
        yield size
        return
    smallest, above = -(-size // parts), -(-size // (parts - 1))
    usual = [mib * _MIB for mib in _USUAL_PART_SIZES]
    whole = range(-(-smallest // _MIB) * _MIB, above, _MIB)
    fitting = [part_size for part_size in usual if smallest <= part_size < above]
    unusual = (part_size for part_size in whole if part_size not in fitting)
    yield from fitting
    for part_size, _ in zip(unusual, range(_PART_SIZES_MAX - len(fitting)), strict=False):
        yield part_size


class _Etags:
    """The ETags that bytes can have, one for each size of parts; 0 is an upload in one."""

    def __init__(self, expected: str, part_sizes: list[int]) -> None:
        self._expected = expected
        self._etags = [_Etag(part_size) for part_size in part_sizes]

    def update(self, chunk: bytes) -> None:
        for etag in self._etags:
            etag.update(chunk)

    def hexdigest(self) -> str:
        """Return the expected ETag where the bytes can have it, else another one."""
        etags = [etag.text() for etag in self._etags]
        return self._expected if self._expected in etags else etags[0]


class _Etag:
    def __init__(self, part_size: int) -> None:
        self._part_size = part_size
        self._part = _md5()
        self._filled = 0
        self._digests: list[bytes] = []

    def update(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while self._part_size and self._filled + len(rest) >= self._part_size:
            room = self._part_size - self._filled
            self._part.update(rest[:room])
            self._end_part()
            rest = rest[room:]
        self._part.update(rest)
        self._filled += len(rest)

    def text(self) -> str:
        if not self._part_size:
            return str(self._part.hexdigest())
        if self._filled:
            self._end_part()
        return f"{_md5(b''.join(self._digests)).hexdigest()}-{len(self._digests)}"

    def _end_part(self) -> None:
        self._digests.append(self._part.digest())
        self._part, self._filled = _md5(), 0


def _md5(content: bytes = b"") -> Any:
    return hashlib.md5(content, usedforsecurity=False)
