"""The first rows of a feature view, shown with a line for each column."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from milepost.display import GAP, DisplayTable, terminal_width, to_short_text
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
        return self.text("`to_arrow`")

    def text(self, remedy: str) -> str:
        """Return what fits the terminal; `remedy` has the rows that do not."""
        columns = [[self.view, *self._table.column_names], *self._texts()]
        widths = [max(map(len, column)) + len(GAP) for column in columns]
        ends = itertools.accumulate(widths)
        shown = max(1, sum(end - len(GAP) <= terminal_width() for end in ends) - 1)
        lines = repr(self._columns(shown))
        more = len(self) - shown
        rows, them = ("row", "it") if more == 1 else ("rows", "them")
        more_rows = f"{lines}\n\n{more} more {rows}: a wider terminal, or {remedy}, has {them}"
        return lines if more <= 0 else more_rows

    def _repr_html_(self) -> str:
        return self._columns(len(self))._repr_html_()

    def _columns(self, row_count: int) -> DisplayTable[int]:
        """Return a line for each column: a view has more columns than a terminal is wide."""
        names = self._table.column_names
        titled = {texts[0]: texts[1:].__getitem__ for texts in self._texts()[:row_count]}
        return DisplayTable(range(len(names)), {self.view: names.__getitem__, **titled}, prose=())

    def _texts(self) -> list[list[str]]:
        """Return the title of each row and its values."""
        return [
            [f"row {number}", *map(to_short_text, row.values())]
            for number, row in enumerate(self._table.to_pylist(), 1)
        ]


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
