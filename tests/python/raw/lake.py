"""A small lake without markers, its ledger, and what can be read of it at an instant."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.raw import ledger
from milepost.raw.closing import ClosedListing, Span
from milepost.raw.layout import Layout
from milepost.raw.ledger import Ledger
from milepost.raw.tables import ClosedTable, Partition, RawFile, RawTable
from milepost.storage import s3
from milepost.storage.arrow import filesystem
from milepost.storage.client import client
from milepost.storage.location import Location

START = datetime(2026, 3, 1)
HOUR = timedelta(hours=1)
SEEN_AT = datetime(2026, 3, 2)


def parquet(*values: int) -> bytes:
    """A Parquet file with a row for each value."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"load_id": pa.array(values, pa.int64())}), sink)
    return sink.getvalue()


@dataclass
class Lake:
    """Hourly partitions of one table; its first `closed_hours` are closed."""

    raw: Location
    store: Location
    name: str = "loads"
    closed_hours: int = 3
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> RawTable:
        return RawTable(
            id=f"source.freight.lake.{self.name}",
            name=f"lake.{self.name}",
            identifier=self.name,
            raw=self.raw,
            layout="{table}/dt={date}/hour={hour}",
            closed_by="delay",
            **{"columns": {}, **self.options},
        )

    def file(self, hour: int, name: str = "a") -> str:
        return f"{self.name}/dt=2026-03-01/hour={hour:02}/{name}.parquet"

    def put(self, hour: int, *values: int, name: str = "a") -> str:
        s3.put(self.raw, self.file(hour, name), parquet(*values))
        return self.file(hour, name)

    def remove(self, hour: int, name: str = "a") -> None:
        s3.remove(self.raw, [self.file(hour, name)])

    def listing(self) -> ClosedListing:
        """What the check of raw tables hands to the ledger."""
        layout = Layout.parse(self.table.layout, self.name, "UTC")
        hours = [START + n * HOUR for n in range(self.closed_hours)]
        partitions: dict[Partition, list[s3.ObjectMeta]] = {
            Partition(hour, hour + HOUR): [] for hour in hours
        }
        for item in s3.listing(self.raw, layout.prefix):
            partition = layout.partition(item.name, item.modified)
            if partition in partitions:
                partitions[partition].append(item)
        return ClosedListing(self.table, Span(hours[0], hours[-1] + HOUR), partitions)

    def check(self, hour: int = 0, *, writes: bool = True) -> ClosedTable:
        """Compare with the ledger, so many hours after SEEN_AT by S3's clock."""

        def ask(current: Ledger) -> dict[str, ClosedTable]:
            return current.remember([self.listing()], SEEN_AT + hour * HOUR, writes=writes)

        return ledger.consult(self.store, ask)[self.table.id]


@contextmanager
def requests() -> Iterator[list[tuple[str, str]]]:
    """The method and path of each request that this process sends to S3 in the block."""
    sent: list[tuple[str, str]] = []

    def note(request: Any, **_: object) -> None:
        url = urlsplit(request.url)
        sent.append((request.method, f"{unquote(url.path)}?{url.query}"))

    events = client().meta.events
    events.register("before-send.s3", note)
    try:
        yield sent
    finally:
        events.unregister("before-send.s3", note)


def rows_at(closed: ClosedTable, instant: datetime) -> list[int]:
    """The values of all rows that are known before an instant, and not removed."""
    rows: Counter[int] = Counter()
    for file in closed.files:
        if file.starts_at < instant:
            rows += _values([file])
    for rewrite in closed.rewrites:
        if rewrite.known_from < instant:
            before, after = _values(rewrite.before), _values(rewrite.after)
            assert not before - after - rows, "a row is removed that nobody has read"
            rows = rows - (before - after) + (after - before)
    return sorted(rows.elements())


def ended(closed: ClosedTable) -> list[int]:
    """The values that some rewrite ends, as the macro `rows_of_rewrite` tells them."""
    ends: set[int] = set()
    for rewrite in closed.rewrites:
        ends |= _values(rewrite.before).keys() - _values(rewrite.after).keys()
    return sorted(ends)


def _values(files: Iterable[RawFile]) -> Counter[int]:
    values: Counter[int] = Counter()
    for file in files:
        rows = pq.read_table(file.uri.removeprefix("s3://"), filesystem=filesystem())
        assert rows.num_rows == file.rows
        values.update(rows["load_id"].to_pylist())
    return values
