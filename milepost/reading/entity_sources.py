"""Where entity rows come from: frames, Python's lists and dicts, Parquet on S3, SQL; as Arrow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any

import pyarrow as pa
from pyarrow.fs import S3FileSystem

from milepost.errors import LookupInputError, MilepostError
from milepost.reading.entity_source_errors import (
    ACCEPTED,
    file_error,
    first_line,
    frame_error,
    query_error,
)
from milepost.release.files import attach
from milepost.release.near_names import suggest
from milepost.storage.client import endpoint
from milepost.storage.location import Location

BATCH_ROWS = 1 << 17
# What has rows but is no frame, by the name of its type, and how to make it one.
NO_FRAMES = {
    "LazyFrame": "call `.collect()`",
    "Series": "make it a data frame: `.to_frame()`",
    "generator": "make it a list of dicts: `list(rows)`",
    "ndarray": "make it a data frame, with a name for each column",
    "DuckDBPyConnection": "give its relation: `connection.sql(...)`",
}
# A text without a space that has a folder or the ending of a file; S3 has a scheme.
_PATH = re.compile(r"(?!\w+://)\S*(/\S*|\.(parquet|csv|json))", re.IGNORECASE)
_NO_TABLE = re.compile(r"Table with name (\w+) does not exist")


def reader(
    rows: Any, filesystem: S3FileSystem, views: Callable[[], Mapping[str, Any]]
) -> pa.RecordBatchReader:
    """Return entity rows as a stream: from what `ACCEPTED` says, a query over `views` too.

    Raises a LookupInputError for what is no such thing, or has values that Arrow has not.
    """
    if isinstance(rows, PurePath) or (isinstance(rows, str) and _PATH.fullmatch(rows)):
        raise LookupInputError(
            f"the entity rows are the path `{rows}`, and no local file is read",
            hint=f"read it into a frame: {_read_call(str(rows))}",
        )
    if isinstance(rows, str):
        batches = _parquet(rows, filesystem) if rows.startswith("s3://") else _query(rows, views())
    elif isinstance(rows, list | Mapping):
        batches = _columns(rows).to_reader()
    else:
        batches = _frame(rows)
    _check_distinct(batches.schema.names)
    return batches


def _read_call(path: str) -> str:
    """Return the call of pandas that reads a file of this name."""
    kind = path.rpartition(".")[2].lower()
    function = {"csv": "read_csv", "json": "read_json"}.get(kind, "read_parquet")
    return f'pd.{function}("{path}")'


def _check_distinct(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise LookupInputError(
            f"the entity rows have two columns `{twice[0]}`", hint="rename or drop one of them"
        )


def _frame(frame: Any) -> pa.RecordBatchReader:
    kind = type(frame).__name__
    if kind in NO_FRAMES or not hasattr(frame, "__arrow_c_stream__"):
        raise LookupInputError(
            f"the entity rows are a `{kind}`, which is no data frame",
            hint=NO_FRAMES.get(kind, ACCEPTED),
        )
    _check_types(frame)
    try:
        batches = pa.RecordBatchReader.from_stream(frame)
    except Exception as error:
        names = [str(name) for name in getattr(frame, "columns", ())]
        _check_distinct(names)
        # Each library raises an error of its own, and few say of which column.
        for name in () if _is_relation(frame) else names:
            try:
                pa.RecordBatchReader.from_stream(frame[[name]])
            except Exception as column_error:
                raise _unreadable(name, first_line(column_error)) from error
        raise frame_error(kind, error) from error
    return _with_errors(partial(frame_error, kind), batches.schema, batches)


def _check_types(frame: Any) -> None:
    """Refuse a column that would come as memory addresses (polars) or other numbers (DuckDB)."""
    if type(frame).__module__.startswith("polars"):
        types = frame.dtypes
    else:
        types = frame.types if _is_relation(frame) else []
    for name, type_ in zip(frame.columns if types else [], map(str, types), strict=True):
        if type_ == "Object" or "UHUGEINT" in type_:
            raise _unreadable(name, f"Arrow has no type for {type_}")


def _is_relation(frame: Any) -> bool:
    return hasattr(frame, "to_arrow_table")  # without importing DuckDB for the others


def _columns(rows: list[Any] | Mapping[Any, Any]) -> pa.Table:
    """Return a list of dicts, in which a missing value is null, or a dict of lists as a table."""
    if isinstance(rows, list):
        for n, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise LookupInputError(
                    f"row {n} of the entity rows is a `{type(row).__name__}`, not a dict",
                    hint='write [{"carrier_id": "c1"}, {"carrier_id": "c2"}]',
                )
        names = dict.fromkeys(name for row in rows for name in row)
        rows = {name: [row.get(name) for row in rows] for name in names}
    columns = {}
    for name, values in rows.items():
        if not isinstance(name, str):
            raise LookupInputError(
                f"the entity rows have a column named `{name!r}`", hint="a name is text"
            )
        if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
            raise LookupInputError(
                f"column `{name}` of the entity rows is a `{type(values).__name__}`, not a list",
                hint=f'write {{"{name}": [...]}} with a value for each row, or a list of dicts',
            )
        columns[name] = _array(name, values)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"`{name}` {count}" for name, count in lengths.items())
        raise LookupInputError(
            f"the columns of the entity rows have different lengths: {counts}",
            hint="give each column a value, or None, for each row",
        )
    return pa.table(columns)


def _array(name: str, values: Any) -> pa.Array:
    try:
        try:
            return pa.array(values)
        except (pa.ArrowException, ValueError, TypeError):
            return pa.array(values, from_pandas=True)  # NaN and NaT where a value is missing
    except Exception as error:
        raise _unreadable(name, first_line(error)) from error


def _unreadable(name: str, why: str) -> LookupInputError:
    return LookupInputError(
        f"column `{name}` of the entity rows cannot be read as one Arrow type: {why}",
        hint="cast it to one type, such as text or a 64-bit integer, or drop it",
    )


def _parquet(uri: str, filesystem: S3FileSystem) -> pa.RecordBatchReader:
    import pyarrow.parquet as pq

    place = Location.parse(uri)
    try:
        file = pq.ParquetFile(
            filesystem.open_input_file(f"{place.bucket}/{place.prefix}"), pre_buffer=True
        )
    except (OSError, pa.ArrowException) as error:
        raise file_error(uri, error) from error
    batches = file.iter_batches(BATCH_ROWS)
    return _with_errors(partial(file_error, uri), file.schema_arrow, batches)


def _query(sql: str, views: Mapping[str, Any]) -> pa.RecordBatchReader:
    """Return the rows of one select, which reads the views and S3, and no local file."""
    import duckdb

    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    con.execute("set TimeZone = 'UTC'")
    for name, rows in views.items():
        attach(con, name, rows)
    hint = (
        "write one `select` in DuckDB's SQL over the feature views, or over Parquet files by their "
        "`s3://` names, for which DuckDB needs its extension `httpfs`; what is local is for a data "
        "frame"
    )
    subject = "the entity rows as a SQL query"
    try:
        statements = con.extract_statements(sql)
        if len(statements) != 1:
            count = len(statements) or "no"
            raise LookupInputError(f"{subject} have {count} statements, not one", hint=hint)
        if statements[0].type != duckdb.StatementType.SELECT:
            kind = str(statements[0].type).rpartition(".")[2]
            raise LookupInputError(f"{subject} are of a statement {kind}, not a select", hint=hint)
        if "s3://" in sql:
            con.execute("load httpfs")
            con.execute(endpoint().duckdb_secret())
        con.execute("set allowed_directories = ['s3://']")
        con.execute("set enable_external_access = false")
        relation = con.sql(sql)
        if relation is None:
            raise LookupInputError(f"{subject} give no rows", hint=hint)
        _check_types(relation)
        rows = con.execute(statements[0]).to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as error:
        missing = _NO_TABLE.search(str(error))
        near_views = suggest(missing[1], views) if missing else None
        raise query_error(near_views or hint, error) from error
    return _with_errors(partial(query_error, hint), rows.schema, rows)


def _with_errors(
    explained: Callable[[Exception], MilepostError],
    schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
) -> pa.RecordBatchReader:
    """Return batches as a stream; an error while they are read is explained."""

    def read() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (pa.ArrowException, OSError) as error:
            raise explained(error) from error

    return pa.RecordBatchReader.from_batches(schema, read())
