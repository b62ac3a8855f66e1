"""Readers of Iceberg tables that know nothing of Milepost: pyiceberg, and DuckDB's extension."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection
from duckdb_extensions import import_extension
from pyiceberg.table import StaticTable

from milepost.storage.client import endpoint
from milepost.storage.location import Location
from milepost.tables.write import Table


def opened(table: Table) -> StaticTable:
    """The table by the URI of its metadata."""
    server = endpoint()
    return StaticTable.from_metadata(
        table.metadata,
        {
            "s3.endpoint": f"{server.scheme}://{server.host}",
            "s3.access-key-id": str(server.key),
            "s3.secret-access-key": str(server.secret),
            "s3.region": server.region,
        },
    )


@contextmanager
def iceberg_duckdb(folder: Path) -> Iterator[DuckDBPyConnection]:
    """A DuckDB that reads Iceberg tables on the S3 server."""
    with duckdb.connect(config={"extension_directory": str(folder)}) as con:
        for name in ("httpfs", "avro", "iceberg"):
            import_extension(name, con=con)
            con.load_extension(name)
        con.execute(endpoint().duckdb_secret())
        con.execute("set TimeZone = 'UTC'")
        yield con


def scanned(
    con: DuckDBPyConnection, store: Location, view: str, snapshot: int | None = None
) -> pa.Table:
    """All rows of a table as DuckDB reads them, of its newest release or of a snapshot."""
    of_snapshot = "" if snapshot is None else f", snapshot_from_id = {snapshot}"
    uri = store.uri(f"tables/{view}")
    return con.execute(f"select * from iceberg_scan('{uri}'{of_snapshot})").to_arrow_table()
