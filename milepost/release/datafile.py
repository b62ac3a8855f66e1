"""Open a data file of a release, and refuse by name one that is not what the release says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import S3FileSystem

from milepost.errors import ReleaseError
from milepost.release.manifest import File
from milepost.storage import s3
from milepost.storage.s3 import Location


def filesystem() -> S3FileSystem:
    """The store as pyarrow sees it."""
    options = s3.endpoint_options()
    return S3FileSystem(
        access_key=options["key"],
        secret_key=options["secret"],
        session_token=options["token"],
        region=options["region"],
        endpoint_override=options["endpoint"],
        scheme=options["scheme"],
    )


def open_data_file(
    files: S3FileSystem, store: Location, file: File, *, dictionaries: Sequence[str] = ()
) -> pq.ParquetFile:
    """Open a file whose size and footer are right; its pages are checked as they are read.

    The text columns in `dictionaries` are read as such.

    Raises a ReleaseError that names the file. Whoever reads it turns an OSError into one, with
    `unreadable`.
    """
    uri = store.uri(file.name)
    try:
        source = files.open_input_file(f"{store.bucket}/{store.key(file.name)}")
        if source.size() != file.bytes:
            raise OSError(f"it has {source.size()} bytes, the release says {file.bytes}")
        footer = None
        if file.footer_bytes:
            tail = source.read_at(file.footer_bytes, file.bytes - file.footer_bytes)
            if hashlib.sha256(tail).hexdigest() != file.footer_sha256:
                raise OSError("its footer is not what the release says")
            footer = pq.read_metadata(pa.BufferReader(tail))
        opened = pq.ParquetFile(
            source,
            metadata=footer,
            read_dictionary=list(dictionaries),
            page_checksum_verification=True,
            pre_buffer=True,
        )
        if opened.metadata.num_rows != file.rows:
            raise OSError(f"it has {opened.metadata.num_rows} rows, the release says {file.rows}")
    except (OSError, pa.ArrowInvalid) as error:
        raise unreadable(uri, error) from error
    return opened


def scan(
    store: Location, files: Sequence[File], schema: pa.Schema, columns: list[str]
) -> pa.RecordBatchReader:
    """Columns of files of a view of that schema, one file after another, to be read once."""

    def batches() -> Iterator[pa.RecordBatch]:
        opened_store = filesystem()
        for file in files:
            yield from open_data_file(opened_store, store, file).iter_batches(columns=columns)

    wanted = pa.schema([schema.field(name) for name in columns])
    return pa.RecordBatchReader.from_batches(
        wanted, (batch.select(columns).cast(wanted) for batch in batches())
    )


def unreadable(uri: str, error: Exception) -> ReleaseError:
    """The error for a data file that is not what its release says."""
    return ReleaseError(
        f"`{uri}` cannot be read: {error}",
        hint="it is missing, damaged or refused; is the store up? `milepost verify` finds all such",
    )
