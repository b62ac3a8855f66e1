"""The records of the ledger: one for each thing that was seen of a file or a partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

# Files that a partition was closed with, or that a commit of a table format added.
RECORDED = "recorded"
# A file that came after its partition was closed, one with other bytes, one that is gone.
LATE, CHANGED, VANISHED = "late", "changed", "vanished"
# The same bytes under another ETag.
COPIED = "copied"
# A file whose bytes were copied beside the ledger after it was recorded.
KEPT = "kept"
# A partition that was closed without a file, and one that was opened again.
EMPTY, REOPENED = "empty", "reopened"


class Record(NamedTuple):
    """What was seen of a file, or of a whole partition: docs/reference/ledger.md has each field."""

    table: str
    event: str
    seen_at: datetime
    starts_at: datetime
    ends_at: datetime
    name: str = ""
    bytes: int = 0
    etag: str = ""
    modified: datetime | None = None
    rows: int = 0
    columns: str = "{}"
    known_from: datetime | None = None
    copy: str = ""
    note: str = ""


_TYPES: dict[str, pa.DataType] = {
    "seen_at": pa.timestamp("us"),
    "starts_at": pa.timestamp("us"),
    "ends_at": pa.timestamp("us"),
    "bytes": pa.int64(),
    "modified": pa.timestamp("us"),
    "rows": pa.int64(),
    "known_from": pa.timestamp("us"),
}
SCHEMA = pa.schema([(field, _TYPES.get(field, pa.string())) for field in Record._fields])


def to_arrow(records: Iterable[Record]) -> pa.Table:
    """Return records as rows."""
    columns: list[Any] = list(zip(*records, strict=True)) or [[] for _ in SCHEMA]
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)],
        schema=SCHEMA,
    )


def of_table(rows: pa.Table, table: str) -> Iterator[Record]:
    """Yield the records of a raw table in the order in which they were made."""
    mine = rows.filter(pc.equal(rows["table"], table))
    return map(Record._make, zip(*(_values(column) for column in mine.columns), strict=True))


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values as Python has them; each value that repeats is converted once."""
    encoded = column.combine_chunks().dictionary_encode()
    values = [*encoded.dictionary.to_pylist(), None]
    if len(values) == 1 or (len(values) == 2 and not column.null_count):
        return values[:1] * len(column)
    return [values[-1 if index is None else index] for index in encoded.indices.to_pylist()]
