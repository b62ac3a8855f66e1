"""The data files of a feature view, read and checked against their release.

Damage is a ReleaseError that names the file: a wrong size, another footer, a page whose checksum
does not fit, columns or types that the release does not say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import S3FileSystem

from milepost.errors import ReleaseError
from milepost.release.manifest import File, View
from milepost.storage.arrow import filesystem, storage_failure
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

if TYPE_CHECKING:
    import pyarrow.dataset as pads
    from duckdb import DuckDBPyConnection

ARROW_TYPES = {
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
}


@dataclass(frozen=True)
class ViewFiles:
    """The files of a feature view in the store at `location`."""

    location: Location
    view: View
    s3: S3FileSystem = field(default_factory=filesystem)
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        types = [(column.name, ARROW_TYPES[column.type]) for column in self.view.fields]
        object.__setattr__(self, "schema", pa.schema(types))

    def schema_of(self, columns: Sequence[str]) -> pa.Schema:
        """Return the types that the release says some columns have."""
        return pa.schema([self.schema.field(name) for name in columns])

    def open(
        self, file: File, *, dictionaries: Sequence[str] = (), is_fetched: bool = False
    ) -> pq.ParquetFile:
        """Open a file that has the right size, footer and rows; its pages are checked when read.

        The columns in `dictionaries` are read as dictionaries where they are text. With
        `is_fetched` all of it is fetched at once and held in memory. Whoever reads the file does so
        under `damage`.
        """
        text = [name for name in dictionaries if pa.types.is_string(self.schema.field(name).type)]
        with self.damage(file):
            source = self.s3.open_input_file(self.location.path(file.name))
            if source.size() != file.bytes:
                raise OSError(f"it has {source.size()} bytes, the release says {file.bytes}")
            if is_fetched:
                source = pa.BufferReader(source.read_buffer())
            footer = None
            if file.footer_bytes:
                tail = source.read_at(file.footer_bytes, file.bytes - file.footer_bytes)
                if hashlib.sha256(tail).hexdigest() != file.footer_sha256:
                    raise OSError("its footer is not what the release says")
                footer = pq.read_metadata(pa.BufferReader(tail))
            opened = pq.ParquetFile(
                source,
                metadata=footer,
                read_dictionary=text,
                page_checksum_verification=True,
                pre_buffer=not is_fetched,
            )
            row_count = opened.metadata.num_rows
            if row_count != file.rows:
                raise OSError(f"it has {row_count} rows, the release says {file.rows}")
        return opened

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Return all rows of some columns, file by file, many files at a time."""

        def read_file(file: File) -> pa.Table:
            opened = self.open(file)
            with self.damage(file):
                return opened.read(columns=list(columns)).select(columns).cast(schema)

        schema = self.schema_of(columns)
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return pa.concat_tables([schema.empty_table(), *pool.map(read_file, self.view.files)])

    def stream(self, columns: Sequence[str], months: Sequence[str] = ()) -> pa.RecordBatchReader:
        """Return some columns as a stream, file by file: of all months, or of those named."""
        schema = self.schema_of(columns)

        def batches() -> Iterator[pa.RecordBatch]:
            for file in self.view.files:
                if not months or file.month in months:
                    opened = self.open(file)
                    with self.damage(file):
                        for batch in opened.iter_batches(columns=list(columns)):
                            yield batch.select(columns).cast(schema)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def dataset(self) -> pads.Dataset:
        """Return the rows as a dataset, read when it is scanned, each page's checksum verified."""
        import pyarrow.dataset as pads  # imports pandas, which takes as long as all else

        def check_size(file: File) -> str:
            path = self.location.path(file.name)
            with self.damage(file):
                size = self.s3.get_file_info(path).size
                if size != file.bytes:
                    raise OSError(f"it has {size} bytes, the release says {file.bytes}")
            return path

        page_checks = pads.ParquetFragmentScanOptions(page_checksum_verification=True)
        parquet = pads.ParquetFileFormat(default_fragment_scan_options=page_checks)
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            paths = list(pool.map(check_size, self.view.files))
        return pads.dataset(paths, schema=self.schema, format=parquet, filesystem=self.s3)

    @contextmanager
    def damage(self, file: File) -> Iterator[None]:
        """Turn what goes wrong while a file is read into a ReleaseError that names the file.

        It is a StorageError where S3 refuses or does not answer.
        """
        try:
            yield
        except (OSError, pa.ArrowException, ValueError, KeyError) as error:
            subject = f"`{self.location.uri(file.name)}`"
            raise storage_failure(subject, error) or ReleaseError(
                f"{subject} cannot be read: {error}",
                hint="it is missing or damaged; `milepost verify` finds all such files",
            ) from error


def attach(con: DuckDBPyConnection, name: str, rows: pads.Dataset) -> None:
    """Give a DuckDB connection the rows as a view, filtered as a table of DuckDB is.

    DuckDB has Arrow apply filters, which for doubles it does otherwise: in a list of values 0.0 is
    not -0.0, and NaN, which releases of before December 2026 may have, is not above every number.
    The sign, twice, keeps the value and takes the filter away from Arrow.
    """
    doubles = [field.name for field in rows.schema if pa.types.is_floating(field.type)]
    replaced = ", ".join(f'- (- "{double}") as "{double}"' for double in doubles)
    con.register(f"milepost scan {name}", rows)
    con.execute(
        f'create or replace temp view "{name}" as '  # noqa: S608 - names that a manifest may have
        f'select *{f" replace ({replaced})" if replaced else ""} from "milepost scan {name}"'
    )
