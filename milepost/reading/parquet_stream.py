"""A training set streamed to one Parquet file on S3, block by block."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import LookupInputError
from milepost.reading.entities import some
from milepost.reading.training_set import METADATA_KEY, blocks
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.uploads import UploadStream

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
    with _stream_to(uri) as upload:
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


def _stream_to(uri: str) -> UploadStream:
    """Begin a new object; a LookupInputError where there is one, for it would be replaced."""
    target = place(uri)
    same_prefix = s3.listing(Location(target.bucket, ""), target.prefix)
    if not target.prefix or any(item.name == target.prefix for item in same_prefix):
        raise LookupInputError(
            f"`{uri}` is there already" if target.prefix else f"`{uri}` names no file",
            hint="a training set replaces nothing: name a new file",
        )
    return UploadStream(target)


def _show_progress(rows: int, *, is_last: bool = False) -> None:
    """On a terminal, one line that counts the rows that were written."""
    if sys.stderr.isatty():
        print(f"\r{rows:,} rows", end="\n" if is_last else "", file=sys.stderr, flush=True)
