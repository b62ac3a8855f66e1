"""The columns of Parquet files and a few of their rows: read in part, however large they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem

from milepost.errors import LandingError, StorageError
from milepost.storage.arrow import storage_failure
from milepost.storage.location import Location

# Of each file that is looked into.
ROWS_MAX = 20_000
# Rows times columns; a table of 300 columns gives fewer rows.
VALUES_MAX = 600_000
# Bytes that are fetched of a column at once: pages, not whole row groups.
BUFFER_BYTES = 1 << 18


class ParquetFile:
    """A Parquet file on S3, of which the footer is read when it is opened.

    What it reads raises a LandingError for a file that is not Parquet, or damaged, and a
    StorageError where S3 fails or the file is gone.
    """

    def __init__(self, location: Location, name: str, filesystem: FileSystem) -> None:
        self.uri = location.uri(name)
        with self._errors():
            self._file = pq.ParquetFile(
                filesystem.open_input_file(location.path(name)),
                pre_buffer=False,
                buffer_size=BUFFER_BYTES,
            )

    @property
    def schema(self) -> pa.Schema:
        """The columns and their Arrow types."""
        return self._file.schema_arrow

    @property
    def row_count(self) -> int:
        """The number of rows, as the footer says."""
        return int(self._file.metadata.num_rows)

    def head(self, columns: Sequence[str]) -> pa.Table:
        """Return the first rows of some columns."""
        size = max(1_000, min(ROWS_MAX, VALUES_MAX // max(1, len(columns))))
        with self._errors():
            for batch in self._file.iter_batches(batch_size=size, columns=list(columns)):
                return pa.Table.from_batches([batch])
        return self.schema.empty_table().select(list(columns))

    def column(self, name: str) -> pa.ChunkedArray:
        """Return all values of one column."""
        with self._errors():
            return self._file.read(columns=[name]).column(name)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StorageError(
                f"reading `{self.uri}`: it is not there any more", hint="run it again"
            ) from error
        except (OSError, pa.ArrowException) as error:
            raise storage_failure(f"`{self.uri}`", error) or LandingError(
                f"`{self.uri}` is not Parquet, or damaged: {error}",
                hint="Milepost reads Parquet; convert the file, or give a prefix without it",
            ) from error
