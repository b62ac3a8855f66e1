"""The first rows of a feature view, shown with a line for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from milepost.display import DisplayTable
from milepost.errors import LookupInputError
from milepost.release.files import ViewFiles
from milepost.release.manifest import View
from milepost.storage.location import Location

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ViewRows:
    """Some rows of a feature view; anything that reads Arrow reads them."""

    view: str
    _table: pa.Table

    def to_arrow(self) -> pa.Table:
        """Return them as a pyarrow table."""
        return self._table

    def to_pandas(self) -> pd.DataFrame:
        """Return them as a pandas data frame, whose dtypes hold a null."""
        from milepost.reading.pandas_frame import data_frame

        return data_frame(self._table)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        return repr(self._columns())

    def _repr_html_(self) -> str:
        return self._columns()._repr_html_()

    def _columns(self) -> DisplayTable[str]:
        """Return a line for each column: a view has more columns than a terminal is wide."""
        rows = self._table.to_pylist()

        def value_in(row: dict[str, Any]) -> Any:
            return lambda column: row[column]

        values = {f"row {number}": value_in(row) for number, row in enumerate(rows, 1)}
        return DisplayTable(self._table.column_names, {self.view: str, **values})


def head(location: Location, view: View, n: int) -> ViewRows:
    """Return the first rows of the newest month, and of older ones where it has fewer than `n`."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise LookupInputError(f"`n` is `{n!r}`, not a number of rows", hint="write n=5")
    files = ViewFiles(location, view)
    names = [field.name for field in view.fields]
    schema = files.schema_of(names)
    tables = [schema.empty_table()]
    for file in sorted(view.files, key=lambda file: file.month, reverse=True):
        missing = n - sum(table.num_rows for table in tables)
        if not missing:
            break
        opened = files.open(file)
        with files.damage(file):
            batch = next(opened.iter_batches(batch_size=missing, columns=names))
            tables.append(pa.Table.from_batches([batch]).select(names).cast(schema))
    return ViewRows(view.name, pa.concat_tables(tables))
