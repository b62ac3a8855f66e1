"""A training set streamed to one Parquet file on S3, block by block."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import LookupInputError
from milepost.reading.entities import some
from milepost.reading.training_set import METADATA_KEY, blocks
from milepost.storage import s3
from milepost.storage.s3 import Location

PART_BYTES = 16 << 20

# As the files of a release but for the codec: read once more than looked up in. 2026-11.
DICTIONARY_BYTES = 64 << 10


def write(
    uri: str,
    reader: pa.RecordBatchReader,
    answer: Callable[[pa.Table, int], pa.Table],
    recipe: Callable[[], bytes],
) -> int:
    """Write `answer` to each block of rows, and the recipe of them all; returns their number."""
    count = 0
    writer = None
    with Upload(uri) as upload:
        for rows in blocks(reader):
            found = answer(rows, count)
            writer = writer or _writer(pa.PythonFile(upload, mode="w"), found.schema)
            count += rows.num_rows
            writer.write_table(found)
            _show_progress(count)
        if writer is None:
            some(reader.schema.empty_table())
        metadata = recipe()
        assert writer is not None  # noqa: S101 - without a row there was an error
        writer.add_key_value_metadata({METADATA_KEY: metadata})
        writer.close()
        upload.complete()
    _show_progress(count, is_last=True)
    return count


def place(uri: object) -> Location:
    """Return where on S3 a training set is; a LookupInputError that says why it is nowhere else."""
    if not str(uri).startswith("s3://"):
        raise LookupInputError(
            f"`{uri}` is not on S3, which is where a training set is written and made again from",
            hint="name s3://bucket/set.parquet; for a local file leave it out, in Python, and "
            "write the result's `.to_arrow()` with pyarrow.parquet.write_table",
        )
    return Location.parse(str(uri))


def _writer(sink: pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter:
    try:
        return pq.ParquetWriter(
            sink,
            schema,
            compression="zstd",
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            write_page_checksum=True,
        )
    except pa.ArrowNotImplementedError:
        for field in schema:
            try:
                pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([field])).close()
            except pa.ArrowNotImplementedError as error:
                raise LookupInputError(
                    f"column `{field.name}` is {field.type}, which Parquet does not have",
                    hint="cast it, drop it, or leave `to` out",
                ) from error
        raise


class Upload:
    """A file on S3 that is there, whole, once `close` has returned, and not at all before.

    It replaces nothing. As a context it is given up where an error ends it.
    """

    def __init__(self, uri: str) -> None:
        target = place(uri)
        self._uri = uri
        self._target: dict[str, Any] = {"Bucket": target.bucket, "Key": target.prefix}
        self._parts: list[Any] = []
        self._waiting = bytearray()
        self.closed = False
        same = s3.listing(Location(target.bucket, ""), target.prefix)
        if not target.prefix or any(listed.name == target.prefix for listed in same):
            raise LookupInputError(
                f"`{uri}` is there already" if target.prefix else f"`{uri}` names no file",
                hint="a training set replaces nothing: name a new file",
            )
        started = s3.call(
            f"writing `{uri}`", lambda: s3.client().create_multipart_upload(**self._target)
        )
        self._upload: dict[str, Any] = {**self._target, "UploadId": started["UploadId"]}

    def __enter__(self) -> Upload:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and not self.closed:
            self.closed = True
            s3.call(
                f"giving up `{self._uri}`",
                lambda: s3.client().abort_multipart_upload(**self._upload),
            )

    def write(self, data: Any) -> int:
        """Take bytes; they are sent in parts. What a writer adds after the end is dropped."""
        if not self.closed:
            self._waiting += memoryview(data)
        while len(self._waiting) >= PART_BYTES:
            self._send(PART_BYTES)
        return len(memoryview(data))

    def flush(self) -> None:
        """Nothing: a part has its size."""

    def complete(self) -> None:
        """Send what is left and make the file appear."""
        self._send(len(self._waiting))
        parts: Any = {"Parts": self._parts}
        s3.call(
            f"writing `{self._uri}`",
            lambda: s3.client().complete_multipart_upload(
                **self._upload, MultipartUpload=parts, IfNoneMatch="*"
            ),
        )
        self.closed = True

    def _send(self, size: int) -> None:
        number, body = len(self._parts) + 1, bytes(self._waiting[:size])
        sent = s3.call(
            f"writing `{self._uri}`",
            lambda: s3.client().upload_part(**self._upload, PartNumber=number, Body=body),
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        del self._waiting[:size]


def _show_progress(rows: int, *, is_last: bool = False) -> None:
    """On a terminal, one line that counts the rows that were written."""
    if sys.stderr.isatty():
        print(f"\r{rows:,} rows", end="\n" if is_last else "", file=sys.stderr, flush=True)
