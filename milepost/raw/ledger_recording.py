"""From news of the lake to records: files are described, compared and copied beside the ledger."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from milepost.raw import content, ledger_faults
from milepost.raw.ledger_news import News
from milepost.raw.ledger_parts import KEPT as KEPT_BELOW
from milepost.raw.ledger_records import (
    CHANGED,
    COPIED,
    EMPTY,
    KEPT,
    LATE,
    RECORDED,
    VANISHED,
    Record,
)
from milepost.raw.reading import readings
from milepost.raw.tables import Partition, RawFile, RawTable
from milepost.storage import uploads
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta

# A first build is written down after so many files, so that one that ends goes on there; 2026-11.
BATCH_FILES = 5000


class _File(NamedTuple):
    """A file to be described and recorded."""

    event: str
    table: RawTable
    partition: Partition
    item: ObjectMeta
    known_from: datetime | None = None


@dataclass(frozen=True)
class Recorder:
    """Makes the records of what was seen at one instant.

    Where it `copies`, the files of tables with new versions are copied beside the ledger, so that
    what replaces them leaves their rows readable.
    """

    store: Location
    seen_at: datetime
    copies: bool

    def batches(self, all_news: Sequence[News]) -> Iterator[list[Record]]:
        """Yield the records of news in batches, each of which may be the last one written.

        Raises a LandingError that names a file for a change that a table does not allow, before the
        first batch, and for a file that is not whole.
        """
        sorted_out = [self._sorted_out(news) for news in all_news]
        records = [record for group in sorted_out for record in self._changes(group)]
        files: list[_File] = []
        for news in sorted_out:
            for partition, items in sorted(news.new.items()):
                files += [_File(RECORDED, news.table, partition, item) for item in items]
                if len(files) >= BATCH_FILES:
                    yield [*records, *self._described(files)]
                    records, files = [], []
        records += self._described(files)
        # At last: it says that all before it was closed, and so was read.
        records += [
            self._record(EMPTY, news.table, partition)
            for news in sorted_out
            for partition in news.empty
        ]
        if records:
            yield records

    def _sorted_out(self, news: News) -> News:
        """Return news in which what differs has other bytes, or raise where that is a fault."""
        table = news.table
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            is_same = list(pool.map(lambda pair: self._is_same(table, *pair), news.differing))
        copied = [pair for pair, same in zip(news.differing, is_same, strict=True) if same]
        changed = [pair for pair, same in zip(news.differing, is_same, strict=True) if not same]
        if table.when_files_change == "error":
            if changed:
                raise ledger_faults.changed(table, changed)
            if news.vanished:
                raise ledger_faults.vanished(table, news.vanished)
            if news.late:
                raise ledger_faults.late(table, news.late)
        for record in [*(record for record, _ in changed), *news.vanished]:
            if not record.copy:
                raise ledger_faults.without_copy(table, record)
        return replace(news, differing=changed, copied=copied)

    def _is_same(self, table: RawTable, record: Record, item: ObjectMeta) -> bool:
        """Return whether an object with another ETag than its record has the same bytes."""
        if item.bytes != record.bytes:
            return False
        if content.has_etag(table.raw, item.name, item.bytes, record.etag):
            return True
        return bool(record.copy) and content.same_bytes(
            table.raw, item.name, self.store, record.copy
        )

    def _changes(self, news: News) -> list[Record]:
        """Return the records of one table's changes; those known at one instant stand together."""
        table, records = news.table, []
        for record, item in news.copied:
            partition = Partition(record.starts_at, record.ends_at)
            records.append(self._record(COPIED, table, partition, item))
        if self.copies:
            records += self._copies(table, news.without_copy)
        files = [
            _File(CHANGED, table, Partition(record.starts_at, record.ends_at), item, self.seen_at)
            for record, item in news.differing
        ]
        files += [
            _File(LATE, table, partition, item, self.seen_at) for partition, item in news.late
        ]
        records += self._described(files)
        records += [self._vanished(record, self.seen_at) for record in news.vanished]
        for landing in news.landings:
            commit = landing.committed_at
            span = Partition(commit, commit)
            of_commit = self._described(
                [_File(RECORDED, table, span, item, commit) for item in landing.added]
            )
            of_commit += [
                self._record(VANISHED, table, span)._replace(name=name, known_from=commit)
                for name in landing.removed
            ]
            records += [record._replace(note=landing.id) for record in of_commit]
        return records

    def _vanished(self, record: Record, known_from: datetime) -> Record:
        return Record(
            table=record.table,
            event=VANISHED,
            seen_at=self.seen_at,
            starts_at=record.starts_at,
            ends_at=record.ends_at,
            name=record.name,
            known_from=known_from,
        )

    def _copies(self, table: RawTable, records: Sequence[Record]) -> Iterable[Record]:
        def copied(record: Record) -> Record:
            item = ObjectMeta(record.name, record.bytes, record.etag, self.seen_at)
            partition = Partition(record.starts_at, record.ends_at)
            copy = self._copy(table, item)
            return self._record(KEPT, table, partition, item)._replace(copy=copy)

        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return list(pool.map(copied, records))

    def _described(self, files: Sequence[_File]) -> list[Record]:
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return list(pool.map(self._describe, files))

    def _describe(self, file: _File) -> Record:
        location, item = _object(file.table, file.item)
        footer = content.footer(location, item)
        if file.table.table_format == "parquet":
            # Before it is recorded: a loader can then still put another file in its place.
            starts_at = file.known_from or file.partition.starts_at
            columns = json.loads(footer.columns)
            readings(
                file.table,
                RawFile(location.uri(item.name), starts_at, starts_at, columns, footer.rows),
            )
        is_kept = self.copies and file.table.when_files_change == "new_versions"
        return self._record(file.event, file.table, file.partition, file.item)._replace(
            rows=footer.rows,
            columns=footer.columns,
            known_from=file.known_from,
            copy=self._copy(file.table, file.item) if is_kept else "",
        )

    def _copy(self, table: RawTable, item: ObjectMeta) -> str:
        """Copy a file beside the ledger, under a name that nothing had before; return the name."""
        copy = f"{KEPT_BELOW}{secrets.token_hex(16)}.parquet"
        location, item = _object(table, item)
        if not uploads.copy(location, item, self.store, copy):
            raise content.changed_meanwhile(location.uri(item.name))
        return copy

    def _record(
        self, event: str, table: RawTable, partition: Partition, item: ObjectMeta | None = None
    ) -> Record:
        record = Record(table.id, event, self.seen_at, partition.starts_at, partition.ends_at)
        if item is None:
            return record
        return record._replace(
            name=item.name, bytes=item.bytes, etag=item.etag, modified=item.modified
        )


def _object(table: RawTable, item: ObjectMeta) -> tuple[Location, ObjectMeta]:
    """Return where an object is; a table format names its files by their whole URIs."""
    _, _, path = item.name.partition("://")
    if not path:
        return table.raw, item
    bucket, _, key = path.partition("/")
    return Location(bucket, ""), replace(item, name=key)
