"""A training set as a pandas data frame, whose dtypes are the same with and without nulls."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa

from milepost.errors import LookupInputError
from milepost.reading.entity_hash import lasting

# pandas' names of the dtypes that hold a null.
NULLABLE = {
    pa.int8(): "Int8",
    pa.int16(): "Int16",
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.uint8(): "UInt8",
    pa.uint16(): "UInt16",
    pa.uint32(): "UInt32",
    pa.uint64(): "UInt64",
    pa.bool_(): "boolean",
}


def data_frame(table: pa.Table) -> pd.DataFrame:
    """Return the table with the index and dtypes of the pandas frame that it came from, if any.

    Whole numbers and booleans without a dtype in that frame have pandas' nullable dtype.
    """
    metadata = dict(table.schema.metadata or {})
    pandas = json.loads(metadata.get(b"pandas", b'{"index_columns": [], "columns": []}'))
    columns = {column["field_name"]: column for column in pandas["columns"]}
    arrow = [name for name in table.column_names if _dtype(columns, name).endswith("[pyarrow]")]
    for field in table.schema:
        if field.type in NULLABLE and _dtype(columns, field.name) in {"", "object"}:
            named = {"name": field.name, "field_name": field.name, "metadata": None}
            dtype = NULLABLE[field.type]
            columns[field.name] = {**named, "pandas_type": dtype.lower(), "numpy_type": dtype}
    for name in arrow:  # pandas cannot read each name of an ArrowDtype
        columns[name] = {**columns[name], "numpy_type": "object"}
    pandas_metadata = json.dumps({**pandas, "columns": list(columns.values())})
    described = table.replace_schema_metadata({**metadata, b"pandas": pandas_metadata.encode()})
    for n, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):  # pandas takes no views, and no runs
            described = described.set_column(n, field.name, lasting(table.select([n])).column(0))
    try:
        frame: pd.DataFrame = described.to_pandas()
    except pa.ArrowNotImplementedError as error:
        raise LookupInputError(
            f"pandas cannot hold the training set: {error}",
            hint="take `.to_arrow()`, and cast or drop the column",
        ) from error
    for name in arrow:
        if name in frame.columns:  # not in the index
            frame[name] = pd.array(table[name], pd.ArrowDtype(table[name].type))
    return frame


def _dtype(columns: dict[str, dict[str, Any]], name: str) -> str:
    return str(columns.get(name, {}).get("numpy_type", ""))
