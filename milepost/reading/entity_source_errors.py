"""Why entity rows cannot be read: for each kind of them the error that says so, and a hint."""

from __future__ import annotations

from milepost.errors import LookupInputError, MilepostError
from milepost.storage.arrow import storage_failure

ACCEPTED = (
    "give a pandas or polars data frame, a pyarrow table, a DuckDB relation, a list of dicts, a "
    "dict of lists, `s3://bucket/rows.parquet` or a SQL query"
)


def frame_error(kind: str, error: Exception) -> MilepostError:
    """Return the error for a data frame, or a stream, of this kind."""
    return storage_failure(f"the entity rows, a `{kind}`", error) or LookupInputError(
        f"the entity rows, a `{kind}`, cannot be read: {first_line(error)}", hint=ACCEPTED
    )


def file_error(uri: str, error: Exception) -> MilepostError:
    """Return the error for a Parquet file on S3."""
    return storage_failure(f"`{uri}`", error) or LookupInputError(
        f"`{uri}` cannot be read: {first_line(error)}",
        hint="entity rows as text are the URI of one Parquet file on S3, or a SQL query",
    )


def query_error(hint: str, error: Exception) -> MilepostError:
    """Return the error for a SQL query."""
    return storage_failure("the entity rows as a SQL query", error) or LookupInputError(
        f"the entity rows as a SQL query: {first_line(error)}", hint=hint
    )


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its name where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)
