"""The data files of a feature view in a release, checked against what the release says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import S3FileSystem

from milepost.release.datafile import filesystem, open_data_file, unreadable
from milepost.release.manifest import File, View
from milepost.storage import s3
from milepost.storage.s3 import Location

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
    """The files of `view` at `location`; damage is a ReleaseError that names the file."""

    location: Location
    release: str
    view: View
    s3: S3FileSystem
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        types = [(column.name, ARROW_TYPES[column.type]) for column in self.view.fields]
        object.__setattr__(self, "schema", pa.schema(types))

    def open(self, file: File, *, dictionaries: Sequence[str] = ()) -> pq.ParquetFile:
        """One file, its size and rows checked; its pages are checked as they are read.

        The columns in `dictionaries` are read as dictionaries where they are text.
        """
        text = [name for name in dictionaries if pa.types.is_string(self.schema.field(name).type)]
        return open_data_file(self.s3, self.location, file, dictionaries=text)

    def schema_of(self, columns: Sequence[str]) -> pa.Schema:
        """The types that the release says some columns have."""
        return pa.schema([self.schema.field(name) for name in columns])

    def read(self, columns: Sequence[str]) -> pa.Table:
        """All rows of some columns, file by file."""

        def read(file: File) -> pa.Table:
            opened = self.open(file)
            with self.damage(file):
                return opened.read(columns=list(columns)).select(columns).cast(schema)

        schema = self.schema_of(columns)
        with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
            return pa.concat_tables([schema.empty_table(), *pool.map(read, self.view.files)])

    @contextmanager
    def damage(self, file: File) -> Iterator[None]:
        """What goes wrong inside is said of this file."""
        try:
            yield
        except (OSError, pa.ArrowException, ValueError, KeyError) as error:
            raise unreadable(self.location.uri(file.name), error) from error


def attach(con: DuckDBPyConnection, name: str, rows: pads.Dataset) -> None:
    """Give a DuckDB connection the rows as a view, filtered as a table of DuckDB is.

    DuckDB has Arrow apply filters, which for doubles it does otherwise: in a list of values 0.0 is
    not -0.0, and NaN, which releases of before December 2026 may have, is not above every number.
    The sign, twice, keeps the value and the filter.
    """
    doubles = [field.name for field in rows.schema if pa.types.is_floating(field.type)]
    own = ", ".join(f'- (- "{double}") as "{double}"' for double in doubles)
    con.register(f"milepost scan {name}", rows)
    con.execute(
        f'create or replace temp view "{name}" as '  # noqa: S608 - names that a manifest may have
        f'select *{f" replace ({own})" if own else ""} from "milepost scan {name}"'
    )


def dataset(store: Location, view: View, files: Sequence[File]) -> pads.Dataset:
    """Files of a view, read when they are scanned, each page's checksum verified.

    An OSError where one is missing or has another size than the release says.
    """
    import pyarrow.dataset as pads  # imports pandas, as long as all else

    schema = pa.schema([(field.name, ARROW_TYPES[field.type]) for field in view.fields])
    paths = [f"{store.bucket}/{store.key(file.name)}" for file in files]
    page_checks = pads.ParquetFragmentScanOptions(page_checksum_verification=True)
    parquet = pads.ParquetFileFormat(default_fragment_scan_options=page_checks)
    system = filesystem()
    with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
        infos = list(pool.map(system.get_file_info, paths))
    for file, found in zip(files, infos, strict=True):
        if found.size != file.bytes:
            raise OSError(
                f"`{store.uri(file.name)}` has {found.size} bytes, its release says {file.bytes}"
            )
    return pads.dataset(paths, schema=schema, format=parquet, filesystem=system)
