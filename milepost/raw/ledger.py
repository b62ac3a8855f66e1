"""The ledger: what Milepost read of each closed partition, kept beside the store.

Tables whose loaders write markers need none. The format is documented in docs/reference/ledger.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from milepost.errors import ConflictError, LandingError
from milepost.raw import ledger_parts
from milepost.raw.closing import ClosedListing, Span
from milepost.raw.layout import Layout
from milepost.raw.ledger_history import TableHistory
from milepost.raw.ledger_news import news
from milepost.raw.ledger_recording import Recorder
from milepost.raw.ledger_records import REOPENED, Record, of_table, to_arrow
from milepost.raw.tables import ClosedTable, Partition, RawTable
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

T = TypeVar("T")


def consult(store: Location | None, ask: Callable[[Ledger], T]) -> T:
    """Return what `ask` makes of the ledger of a store, asked again where another build was first.

    What `ask` lists of the lake is then never older than the ledger with which it is compared.
    Raises the ConflictError of `ask` where it lost `s3.ATTEMPTS` times in a row and the ledger
    stayed as it was. A LandingError names an object of the ledger that is damaged.
    """
    if store is None:
        raise LandingError(
            "there is no store, and the ledger of what was read of raw tables is kept beside it",
            hint="give `store_uri` to the plugin `milepost.dbt_plugin` in profiles.yml",
        )
    etag, losses, waits = None, 0, 0
    while True:
        stored = ledger_parts.read(store)
        # A changed ledger shows that another build got its turn: this one may try as often again.
        losses = losses if stored.etag == etag else 0
        etag = stored.etag
        try:
            return ask(Ledger(stored))
        except ConflictError:
            losses += 1
            if losses == s3.ATTEMPTS:
                raise
            s3.wait_before_retry(min(waits, s3.ATTEMPTS))
            waits += 1


class Ledger:
    """The ledger of a store, as it was read."""

    def __init__(self, stored: ledger_parts.StoredLedger) -> None:
        self._stored = stored
        self._histories: dict[str, TableHistory] = {}

    def span(self, table_id: str) -> Span | None:
        """Return what earlier builds closed of a table: it stays closed."""
        history = self._history(table_id)
        partitions = history.partitions
        if not partitions or history.horizon is None:
            return None
        return Span(partitions[0].starts_at, history.horizon)

    def partitions(self, table_id: str) -> Mapping[str, Partition]:
        """Return the partitions of a table's files by their names.

        A layout without dates tells a partition by when a file was written: it keeps its first one.
        """
        return self._history(table_id).partition_of

    def closed_partitions(self, table_id: str) -> list[Partition]:
        """Return the partitions of a table that were read, in order."""
        return self._history(table_id).partitions

    def reopen(self, table_id: str, partition: Partition, at: datetime, note: str) -> None:
        """Forget what was read of a partition, and say why in `note`."""
        seen_at = self._after_newest(at)
        record = Record(
            table_id, REOPENED, seen_at, partition.starts_at, partition.ends_at, note=note
        )
        self._stored = ledger_parts.append(self._stored, to_arrow([record]))
        self._histories.pop(table_id, None)

    def commits(self, table_id: str) -> Mapping[str, datetime]:
        """Return when each commit of a table format was known, by its id."""
        return self._history(table_id).landings

    def remember(
        self, listings: Sequence[ClosedListing], seen_at: datetime, *, writes: bool
    ) -> dict[str, ClosedTable]:
        """Compare closed partitions with the ledger, and return each table by its id.

        `seen_at` is S3's clock at the start of the listings, which began after the ledger was read.
        With `writes` new files, changes and copies are written to the ledger, whole partitions at
        once. Raises a LandingError that names a file which changed, vanished, came late or is not
        whole, and a ConflictError where another build was first: see `consult`.
        """
        pending = [
            unknown
            for listing in listings
            if not (unknown := news(listing, self._history(listing.table.id))).is_none
        ]
        recorder = Recorder(self._stored.store, self._after_newest(seen_at), copies=writes)
        batches = recorder.batches(pending)
        while True:
            began = time.monotonic()
            records = next(batches, None)
            if records is None:
                break
            rows = to_arrow(records)
            self._stored = (
                ledger_parts.append(self._stored, rows, began=began)
                if writes
                else replace(self._stored, records=pa.concat_tables([self._stored.records, rows]))
            )
        for unknown in pending:
            del self._histories[unknown.table.id]
        return {listing.table.id: self._closed(listing) for listing in listings}

    def _closed(self, listing: ClosedListing) -> ClosedTable:
        table, store = listing.table, self._stored.store
        history = self._history(table.id)
        return ClosedTable(
            first=listing.span.first,
            before=listing.span.before,
            reopened=history.reopened,
            files=history.files(table, store),
            rewrites=history.rewrites(table, store),
            objects=frozenset(chain.from_iterable(listing.partitions.values())),
        )

    def _history(self, table_id: str) -> TableHistory:
        if table_id not in self._histories:
            self._histories[table_id] = TableHistory(of_table(self._stored.records, table_id))
        return self._histories[table_id]

    def _after_newest(self, seen_at: datetime) -> datetime:
        """Return an instant after all in the ledger: the server's clock may have gone back."""
        newest = pc.max(self._stored.records["seen_at"]).as_py()
        return seen_at if newest is None else max(seen_at, newest + timedelta(microseconds=1))


def unchanged(tables: Sequence[RawTable], closed: Mapping[str, ClosedTable]) -> None:
    """Raise a LandingError where a file of a closed partition is not as `closed` has it.

    A build ends with it: what it read while a file was replaced may be of two versions.
    """
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        list(pool.map(lambda table: _check_unchanged(table, closed[table.id]), tables))


def _check_unchanged(table: RawTable, closed: ClosedTable) -> None:
    if not closed.objects:
        return
    prefix = Layout.parse(table.layout, table.identifier, table.time_zone).prefix
    differing = closed.objects.difference(s3.listing(table.raw, prefix))
    if differing:
        name = min(item.name for item in differing)
        raise LandingError(
            f"`{table.raw.uri(name)}` was replaced or removed while a build read it",
            hint="run the build again, when its loader is done: what was built is not to be used",
        )
