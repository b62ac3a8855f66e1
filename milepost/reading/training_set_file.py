"""A training set streamed to one new Parquet file on S3, block by block."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import ConflictError, LookupInputError
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.uploads import UploadStream

logger = logging.getLogger(__name__)

# Rows that are looked up and written at a time: with 30 features a quarter of a gigabyte. 2026-11.
BLOCK_ROWS = 1 << 20
# The same dictionary limit as release files. zstd, not lz4: a training set is read whole, not
# searched. 2026-11.
DICTIONARY_BYTES = 64 << 10


def write(
    uri: str,
    rows: pa.RecordBatchReader,
    look_up: Callable[[pa.Table, int], pa.Table],
    metadata: Callable[[], dict[bytes, bytes]],
) -> int:
    """Write what `look_up` gives for each block of rows, and return the number of rows.

    `look_up` takes a block and the number of its first row. `metadata` is asked once all rows are
    written. Raises a LookupInputError where the file is there already.
    """
    row_count = 0
    writer = None
    with _new_file(uri) as upload:
        for block in blocks(rows):
            table = look_up(block, row_count)
            writer = writer or _writer(pa.PythonFile(upload, mode="w"), table.schema)
            row_count += block.num_rows
            writer.write_table(table)
            logger.info("wrote %s rows", f"{row_count:,}")
        file_metadata: Any = metadata()
        if writer is not None:
            writer.add_key_value_metadata(file_metadata)
            writer.close()
        try:
            upload.complete()
        except ConflictError as error:
            raise _is_there_already(uri) from error
    return row_count


def blocks(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield the rows of a stream, BLOCK_ROWS at a time; the last block has fewer, or is empty."""
    batches: list[pa.RecordBatch] = []
    row_count, is_first = 0, True
    for batch in reader:
        batches.append(batch)
        row_count += batch.num_rows
        while row_count >= BLOCK_ROWS:
            rows = pa.Table.from_batches(batches, reader.schema)
            yield rows.slice(0, BLOCK_ROWS)
            batches = rows.slice(BLOCK_ROWS).to_batches()
            row_count -= BLOCK_ROWS
            is_first = False
    if row_count or is_first:
        yield pa.Table.from_batches(batches, reader.schema)


def check_target(uri: object, store: Location) -> None:
    """Raise a LookupInputError where a new training set of a store cannot be at a URI."""
    location_of(uri)
    if str(uri).startswith(store.uri().rstrip("/") + "/"):
        raise LookupInputError(
            f"`{uri}` is inside the store `{store.uri()}`",
            hint="only releases are there: name a file beside it, or in another bucket",
        )


def location_of(uri: object) -> Location:
    """Return the location of a training set; a LookupInputError for a URI that is not on S3."""
    if not str(uri).startswith("s3://"):
        raise LookupInputError(
            f"`{uri}` is not on S3, which is where a training set is written and made again from",
            hint="name s3://bucket/set.parquet; for a local file leave it out, in Python, and "
            "write the result's `.to_arrow()` with pyarrow.parquet.write_table",
        )
    return Location.parse(str(uri))


def _new_file(uri: str) -> UploadStream:
    target = location_of(uri)
    same_prefix = s3.listing(Location(target.bucket, ""), target.prefix)
    if not target.prefix:
        raise LookupInputError(f"`{uri}` names no file", hint="name s3://bucket/set.parquet")
    if any(item.name == target.prefix for item in same_prefix):
        raise _is_there_already(uri)
    return UploadStream(target)


def _is_there_already(uri: str) -> LookupInputError:
    return LookupInputError(
        f"`{uri}` is there already", hint="a training set replaces nothing: name a new file"
    )


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
