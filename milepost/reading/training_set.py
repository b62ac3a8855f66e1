"""A training set: entity rows with features behind them, as Arrow, pandas or polars."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from milepost.errors import LookupInputError
from milepost.reading import training_set_display
from milepost.reading.recipe import METADATA_KEY
from milepost.storage.arrow import without_index

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


@dataclass(frozen=True, repr=False)
class TrainingSet:
    """Entity rows with features behind them; anything that reads Arrow reads it.

    The recipe (release, features, hash of the entity rows, code) is in the Arrow schema's metadata,
    and so in a Parquet file that pyarrow writes of it.
    """

    # With the index of a pandas frame, which only `to_pandas` gives back.
    _table: pa.Table

    @classmethod
    def of(cls, table: pa.Table, metadata: Mapping[bytes, bytes]) -> TrainingSet:
        """Return a table as a training set; `metadata` has its recipe."""
        return cls(table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata}))

    def to_arrow(self) -> pa.Table:
        """Return it as a pyarrow table."""
        return without_index(self._table)

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas data frame, with the index and the dtypes of the frame that came in.

        A feature's dtype follows from its type alone: `Int64` for BIGINT and `boolean` for BOOLEAN,
        which hold a null, floats with NaN for a null of DOUBLE.
        """
        from milepost.reading.pandas_frame import data_frame

        return data_frame(self._table)

    def to_polars(self) -> pl.DataFrame:
        """Return it as a polars data frame."""
        import polars as pl

        try:
            frame = pl.from_arrow(self.to_arrow())
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise LookupInputError(
                f"polars cannot hold the training set: {str(error).splitlines()[0]}",
                hint="take `.to_arrow()`, and cast or drop the column",
            ) from error
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - of a table, never a series
        return frame

    @property
    def recipe(self) -> dict[str, Any]:
        """What it was made from: release, features, options, hash of the entity rows, code."""
        recipe: dict[str, Any] = json.loads(self._table.schema.metadata[METADATA_KEY])
        return recipe

    @property
    def as_of(self) -> datetime | None:
        """The instant of latest features, naive UTC; None where each row has its own."""
        text = self.recipe["as_of"]
        return None if text is None else datetime.fromisoformat(text)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        return f"{self._title()}\n\n{training_set_display.columns(self.to_arrow())!r}"

    def _repr_html_(self) -> str:
        return training_set_display.html(self._title(), self.to_arrow())

    def _title(self) -> str:
        return (
            f"TrainingSet of {len(self):,} rows and {self.to_arrow().num_columns:,} columns, "
            f"release {self.recipe['release']}"
        )
