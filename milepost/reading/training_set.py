"""A training set and its recipe: in memory as Arrow, or streamed to one Parquet file on S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from milepost.display import DisplayTable
from milepost.errors import LookupInputError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

METADATA_KEY = b"milepost"
Recipe = dict[str, Any]
# Rows that are looked up and written at a time: with 30 features a quarter of a gigabyte. 2026-11.
BLOCK_ROWS = 1 << 20
SHOWN_ROWS = 10


@dataclass(frozen=True, repr=False)
class TrainingSet:
    """Entity rows with features behind them; anything that reads Arrow reads it.

    The recipe (release, features, hash of the entity rows, code) is in the Arrow schema's metadata,
    and so in a Parquet file that pyarrow writes of it.
    """

    _table: pa.Table

    def to_arrow(self) -> pa.Table:
        """As a pyarrow table."""
        return self._table

    def to_pandas(self) -> pd.DataFrame:
        """As a pandas data frame, with the index and the dtypes of the one that came in.

        A feature's dtype follows from its type alone: `Int64` for BIGINT and `boolean` for BOOLEAN,
        which hold a null, floats with NaN for a null of DOUBLE.
        """
        from milepost.reading.pandas_frame import data_frame

        return data_frame(self._table)

    def to_polars(self) -> pl.DataFrame:
        """As a polars data frame."""
        import polars as pl

        try:
            found = pl.from_arrow(self._table)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise LookupInputError(
                f"polars cannot hold the training set: {str(error).splitlines()[0]}",
                hint="take `.to_arrow()`, and cast or drop the column",
            ) from error
        assert isinstance(found, pl.DataFrame)  # noqa: S101 - of a table, never a series
        return found

    @property
    def recipe(self) -> Recipe:
        """What it was made from: release, features, options, hash of the entity rows, code."""
        recipe: Recipe = json.loads(self._table.schema.metadata[METADATA_KEY])
        return recipe

    @property
    def as_of(self) -> datetime | None:
        """The instant of latest features, naive UTC; None where each row has its own."""
        text = self.recipe["as_of"]
        return None if text is None else datetime.fromisoformat(text)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        columns = "\n".join(f"  {field.name}: {field.type}" for field in self._table.schema)
        return f"TrainingSet of {len(self)} rows, release {self.recipe['release']}\n{columns}"

    def _repr_html_(self) -> str:
        rows = DisplayTable(
            self._table.slice(0, SHOWN_ROWS).to_pylist(),
            {name: itemgetter(name) for name in self._table.column_names},
        )
        title = f"TrainingSet of {len(self):,} rows, release {self.recipe['release']}"
        return f"<p>{title}</p>{rows._repr_html_()}"


def recipe_of(release: str, options: Recipe, entities: str) -> bytes:
    """The recipe as it stands in the metadata."""
    code = {name: version(name) for name in ("milepost", "pyarrow")}
    return json.dumps({"release": release, **options, "entities": entities, "code": code}).encode()


def with_recipe(table: pa.Table, recipe: bytes) -> TrainingSet:
    """A table and its recipe, together."""
    return TrainingSet(
        table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA_KEY: recipe})
    )


def blocks(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows of a stream, BLOCK_ROWS at a time whatever its batches; a last block has fewer."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        held.append(batch)
        count += batch.num_rows
        while count >= BLOCK_ROWS:
            rows = pa.Table.from_batches(held, reader.schema)
            yield rows.slice(0, BLOCK_ROWS)
            held = rows.slice(BLOCK_ROWS).to_batches()
            count -= BLOCK_ROWS
    if count:
        yield pa.Table.from_batches(held, reader.schema)
