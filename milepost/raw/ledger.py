"""The ledger: what Milepost read of each closed partition, kept beside the store.

Tables whose loaders write markers need none. The format is documented in docs/reference/ledger.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pyarrow.compute as pc

from milepost.errors import ConflictError, LandingError
from milepost.raw import ledger_parts
from milepost.raw.closing import ClosedListing, Span
from milepost.raw.layout import Layout
from milepost.raw.ledger_history import TableHistory
from milepost.raw.ledger_news import News, batches, news
from milepost.raw.ledger_records import Record, of_table, to_arrow
from milepost.raw.tables import ClosedTable, Partition, RawTable
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

T = TypeVar("T")


def consult(store: Location | None, ask: Callable[[Ledger], T]) -> T:
    """Return what `ask` makes of the ledger of a store, asked again where another build was first.

    What `ask` lists of the lake is then never older than the ledger with which it is compared.
    """
    if store is None:
        raise LandingError(
            "there is no store, and the ledger of what was read of raw tables is kept beside it",
            hint="give `store_uri` to the plugin `milepost.dbt_plugin` in profiles.yml",
        )
    for attempt in range(s3.ATTEMPTS):
        try:
            return ask(Ledger.read(store))
        except ConflictError:
            if attempt == s3.ATTEMPTS - 1:
                raise
            s3.wait_before_retry(attempt)
    raise AssertionError


class Ledger:
    """The ledger of a store, as it was read."""

    def __init__(self, stored: ledger_parts.StoredLedger) -> None:
        self._stored = stored
        self._histories: dict[str, TableHistory] = {}

    @classmethod
    def read(cls, store: Location) -> Ledger:
        """Read the pointer and its parts; a LandingError names an object that is damaged."""
        return cls(ledger_parts.read(store))

    def span(self, table_id: str) -> Span | None:
        """Return what earlier builds closed of a table: it stays closed."""
        history = self.history(table_id)
        partitions = history.partitions
        if not partitions or history.horizon is None:
            return None
        return Span(partitions[0].starts_at, history.horizon)

    def partitions(self, table_id: str) -> Mapping[str, Partition]:
        """Return the partitions of a table's files by their names.

        A layout without dates tells a partition by when a file was written: it keeps its first one.
        """
        return self.history(table_id).partition_of

    def remember(
        self, listings: Sequence[ClosedListing], seen_at: datetime, *, writes: bool
    ) -> dict[str, ClosedTable]:
        """Compare closed partitions with the ledger, and return each table by its id.

        `seen_at` is S3's clock at the start of the listings, which began after the ledger was read.
        With `writes` new files, changes and copies are written to the ledger, whole partitions at
        once. Raises a LandingError that names a file which changed, vanished, came late or is not
        whole, and a ConflictError where another build was first: see `consult`.
        """
        raise NotImplementedError
