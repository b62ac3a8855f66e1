"""The features of a view beside the entity rows, put in their places month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from milepost.reading.key_index import Int64s, as_int64, to_arrow
from milepost.reading.month_search import MonthSearch
from milepost.release.columns import to_array
from milepost.release.files import ViewFiles

Texts = tuple[Int64s, pa.Table]
"""The numbers of some entity rows, and those of their features that are text."""


class ViewColumns:
    """A column for each of some features, with a value for each entity row; null at first.

    Several threads may fill it at the same time: each fills other rows, because an entity row has
    its answer in one month. With `use_threads` also the columns of a month are decoded in threads.
    """

    def __init__(
        self, files: ViewFiles, features: Sequence[str], row_count: int, *, use_threads: bool
    ) -> None:
        self._files = files
        self._use_threads = use_threads
        self._schema = files.schema_of(features)
        self._text_names = [field.name for field in self._schema if pa.types.is_string(field.type)]
        # Zeros take no memory until something is written in their place.
        self._has_row = np.zeros(row_count, np.bool_)
        self._values: dict[str, Any] = {}
        self._is_null: dict[str, NDArray[np.bool_]] = {}
        for field in self._schema:
            if field.name not in self._text_names:
                is_boolean = pa.types.is_boolean(field.type)
                self._values[field.name] = np.zeros(row_count, np.bool_ if is_boolean else np.int64)
                self._is_null[field.name] = np.zeros(row_count, np.bool_)

    @property
    def names(self) -> list[str]:
        """The names of the features."""
        return list(self._schema.names)

    def fill(self, month: MonthSearch) -> list[Texts]:
        """Read the answers of a month and put them in their places, but return those in text."""
        texts = []
        # Numbers that are small enough are sorted by counting.
        numbers = np.arange(len(month.groups), dtype=np.min_scalar_type(len(month.groups)))
        groups = np.repeat(numbers, np.diff(month.group_starts))[month.view_row_numbers]
        by_group = np.argsort(groups, kind="stable")
        ends = np.cumsum(np.bincount(groups, minlength=len(month.groups)))
        for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            if start == end:
                continue
            answers = by_group[start:end]
            places = month.entity_row_numbers[answers]
            rows = month.view_row_numbers[answers] - month.group_starts[number]
            with self._files.damage(month.source):
                names = self._schema.names
                wide = month.file.read_row_group(
                    month.groups[number], columns=names, use_threads=self._use_threads
                )
                wide = wide.select(names).cast(self._schema)
            self._put(wide, rows, places)
            if self._text_names:
                texts.append((places, wide.select(self._text_names).take(to_arrow(rows))))
        return texts

    def _put(self, wide: pa.Table, rows: Int64s, places: Int64s) -> None:
        self._has_row[places] = True
        for name, values_in_place in self._values.items():
            column = to_array(wide.column(name))
            if column.null_count:
                self._is_null[name][places] = _booleans(column.is_null()).take(rows)
            is_boolean = pa.types.is_boolean(column.type)
            values = _booleans(column) if is_boolean else as_int64(column)
            values_in_place[places] = values.take(rows)

    def array(self, name: str, texts: Sequence[Texts]) -> pa.Array:
        """Return a column, once; `texts` are those of all months."""
        if name in self._text_names:
            return self._text_array(name, texts)
        kind = self._schema.field(name).type
        is_valid = self._has_row & ~self._is_null.pop(name)
        values = self._values.pop(name)
        if pa.types.is_boolean(kind):
            values = np.packbits(values, bitorder="little")
        bitmap = None if is_valid.all() else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
        return pa.Array.from_buffers(kind, len(is_valid), [bitmap, pa.py_buffer(values)])

    def _text_array(self, name: str, texts: Sequence[Texts]) -> pa.Array:
        source: Int64s = np.full(len(self._has_row), -1, np.int64)
        row_count = 0
        columns = []
        for places, table in texts:
            source[places] = np.arange(row_count, row_count + len(places))
            row_count += len(places)
            columns.append(table.column(name))
        kind = self._schema.field(name).type
        column = to_array(pa.chunked_array([chunk for c in columns for chunk in c.chunks], kind))
        return column.take(to_arrow(source, is_valid=source >= 0))


def _booleans(column: pa.Array) -> NDArray[np.bool_]:
    """Return booleans as numpy has them, a byte each; what stands for a null may be either."""
    return as_int64(column.cast(pa.uint8())).view(np.bool_)
