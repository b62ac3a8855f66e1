"""A real Iceberg table on the S3 server, written by pyiceberg, and Milepost's view of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from milepost.raw import iceberg, iceberg_catalog, ledger
from milepost.raw.ledger import Ledger
from milepost.raw.tables import ClosedTable, Column, RawTable
from milepost.storage.client import endpoint
from milepost.storage.location import Location

HOUR = timedelta(hours=1)
# After any run of the tests, because pyiceberg stamps a table's creation by the real clock.
START = datetime(2100, 3, 1)
_COLUMNS = {"load_id": Column("load_id", "bigint")}


def rows(*load_ids: int, **columns: list[Any]) -> pa.Table:
    return pa.table({"load_id": pa.array(load_ids, pa.int64()), **columns})


@dataclass
class IcebergLake:
    """One Iceberg table, whose snapshots are stamped with the hour that a test says."""

    raw: Location
    store: Location
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    options: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=lambda: dict(_COLUMNS))

    def __post_init__(self) -> None:
        uri = f"sqlite:///{self.folder}/catalog.db"
        self.monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__TYPE", "sql")
        self.monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", uri)
        server = endpoint()
        self.catalog = SqlCatalog(
            "lake",
            **{
                "uri": uri,
                "warehouse": self.raw.uri("warehouse"),
                "s3.endpoint": f"{server.scheme}://{server.host}",
                "s3.access-key-id": str(server.key),
                "s3.secret-access-key": str(server.secret),
                "s3.region": server.region,
            },
        )
        self.catalog.create_namespace("freight")
        self.at(0)

    def create(self, schema: pa.Schema | None = None, **properties: str) -> Table:
        return self.catalog.create_table(
            "freight.loads", schema or rows().schema, properties=properties
        )

    @property
    def written(self) -> Table:
        return self.catalog.load_table("freight.loads")

    def at(self, hour: float) -> None:
        """Let the next snapshots be stamped so many hours after START, and 1 ms apart."""
        stamp = (START - datetime(1970, 1, 1) + hour * HOUR).total_seconds()
        ticks = iter(range(10_000))
        clock = SimpleNamespace(time=lambda: stamp + next(ticks) / 1000)
        self.monkeypatch.setattr("pyiceberg.table.snapshots.time", clock)

    def append(self, hour: float, *load_ids: int) -> None:
        self.at(hour)
        self.written.append(rows(*load_ids))

    @property
    def table(self) -> RawTable:
        return RawTable(
            **{
                "id": "source.freight.lake.loads",
                "name": "lake.loads",
                "identifier": "loads",
                "raw": self.raw,
                "columns": self.columns,
                "layout": "warehouse/freight/{table}",
                "closed_by": "commit",
                "known_by": "commit",
                "table_format": "iceberg",
                "iceberg_table": "lake.freight.loads",
                **self.options,
            }
        )

    def check(self, hour: float, *, writes: bool = True) -> ClosedTable:
        """Return what is closed so many hours after START by S3's clock."""
        now = START + hour * HOUR
        metadata = iceberg_catalog.read(self.table)

        def ask(current: Ledger) -> ClosedTable:
            listing = iceberg.closed_listing(metadata, current, now)
            closed = current.remember([listing], now, writes=writes)[self.table.id]
            iceberg.check(metadata, closed, current)
            return closed

        return ledger.consult(self.store, ask)


def known_at(closed: ClosedTable) -> list[datetime]:
    """The instants at which something became known, in order."""
    instants = {file.starts_at for file in closed.files}
    return sorted(instants | {rewrite.known_from for rewrite in closed.rewrites})
