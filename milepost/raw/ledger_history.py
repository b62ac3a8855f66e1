"""The history of a raw table as the ledger has it: which files it read, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from milepost.raw.ledger_records import (
    CHANGED,
    COPIED,
    KEPT,
    RECORDED,
    REOPENED,
    VANISHED,
    Record,
)
from milepost.raw.tables import Partition, RawFile, RawTable, Rewrite
from milepost.storage.location import Location

# Rows that are known at one instant are known from it to before the next.
_INSTANT = timedelta(microseconds=1)


class TableHistory:
    """The history of a raw table, from its records in their order.

    A version is a file with the bytes that it once had, by its number in `versions`. `current` are
    the versions in the lake, by name. `horizon` is the end of the newest partition that was closed.
    `forgotten` are names of files in partitions that were opened again and not closed since.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        records = list(records)
        self.reopened = sum(record.event == REOPENED for record in records)
        self.horizon: datetime | None = None
        self.commits: set[datetime] = set()
        self.landings: dict[str, datetime] = {}
        self.versions: list[Record] = []
        self.current: dict[str, int] = {}
        self.forgotten: set[str] = set()
        self.reopened_partitions: set[Partition] = set()
        self._partitions: dict[tuple[datetime, datetime], None] = {}
        # The versions whose rows are read, and late ones that double another's bytes.
        self._counted: dict[str, int] = {}
        self._doubled: dict[str, int] = {}
        # The versions by their partition; those from the count on are not in it yet.
        self._in_partition: dict[tuple[datetime, datetime], list[int]] = {}
        self._indexed_count = 0
        self._files: list[int] = []
        self._rewrites: list[tuple[list[int], list[int], datetime]] = []
        if self.reopened:
            records = self._without_reopened(records)
        for known_from, group in groupby(records, key=lambda record: record.known_from):
            if known_from is None:
                self._record(group)
            else:
                self._change(list(group), known_from)

    @property
    def newest_commit(self) -> datetime | None:
        """The newest instant at which something changed or was committed."""
        return max(self.commits, default=None)

    @property
    def partition_of(self) -> dict[str, Partition]:
        """The partitions of the files in the lake, by name."""
        records = (self.versions[number] for number in self.current.values())
        return {record.name: Partition(record.starts_at, record.ends_at) for record in records}

    @property
    def partitions(self) -> list[Partition]:
        """The partitions that were closed when they were read, in order."""
        return [Partition(*span) for span in sorted(self._partitions)]

    def files(self, table: RawTable, store: Location) -> tuple[RawFile, ...]:
        """Return the files of closed partitions as they were first read, and late ones."""
        return tuple(self._raw_file(number, table, store) for number in self._files)

    def rewrites(self, table: RawTable, store: Location) -> tuple[Rewrite, ...]:
        """Return what replaced files later, in the order in which it was seen."""
        return tuple(
            Rewrite(
                tuple(self._raw_file(number, table, store) for number in before),
                tuple(self._raw_file(number, table, store) for number in after),
                known_from,
            )
            for before, after, known_from in self._rewrites
        )

    def _without_reopened(self, records: Sequence[Record]) -> list[Record]:
        """Leave out what was seen of a partition before it was opened again."""
        opened_at = {
            (record.starts_at, record.ends_at): number
            for number, record in enumerate(records)
            if record.event == REOPENED
        }
        self.horizon = max(record.ends_at for record in records)
        remaining = [
            record
            for number, record in enumerate(records)
            if number > opened_at.get((record.starts_at, record.ends_at), -1)
        ]
        opened = opened_at.keys() - {(record.starts_at, record.ends_at) for record in remaining}
        self.reopened_partitions = {Partition(*span) for span in opened}
        self.forgotten = {
            record.name for record in records if (record.starts_at, record.ends_at) in opened
        }
        return remaining

    def _record(self, records: Iterable[Record]) -> None:
        """Take files of newly closed partitions, and what is no news of a file's rows."""
        # Locals, because there may be a hundred thousand files.
        versions, current = self.versions, self.current
        counted, files = self._counted, self._files
        partitions, ends_at = self._partitions, self.horizon
        for record in records:
            if record.event == RECORDED:
                current[record.name] = counted[record.name] = len(versions)
                files.append(len(versions))
                versions.append(record)
            elif record.event == COPIED:
                number = current[record.name]
                versions[number] = versions[number]._replace(etag=record.etag)
            elif record.event == KEPT:
                number = current[record.name]
                versions[number] = versions[number]._replace(copy=record.copy)
            partitions[record.starts_at, record.ends_at] = None
            ends_at = record.ends_at if ends_at is None else max(ends_at, record.ends_at)
        self.horizon = ends_at

    def _change(self, records: list[Record], known_from: datetime) -> None:
        """Take what became known at one instant: late files, or files in place of others."""
        self.commits.add(known_from)
        before, after = [], []
        for record in records:
            if record.note:
                self.landings[record.note] = known_from
            self._partitions[record.starts_at, record.ends_at] = None
            self.current.pop(record.name, None)
            self._doubled.pop(record.name, None)
            if record.name in self._counted:
                before.append(self._counted.pop(record.name))
            if record.event != VANISHED:
                self.current[record.name] = len(self.versions)
                after.append(len(self.versions))
                self.versions.append(record)
        if any(record.event in {CHANGED, VANISHED} for record in records):
            after += self._no_longer_doubled(before)
            # On both sides: what another file of its partition has too neither ends nor begins.
            is_commit = any(record.note for record in records)
            unchanged = [] if is_commit else self._beside(before + after)
            self._count(after)
            if before or after:
                self._rewrites.append((before + unchanged, after + unchanged, known_from))
        else:
            contents = {self._content(number) for number in self._counted.values()}
            doubled = [number for number in after if self._content(number) in contents]
            self._doubled |= {self.versions[number].name: number for number in doubled}
            late = [number for number in after if number not in doubled]
            self._count(late)
            self._files += late

    def _no_longer_doubled(self, before: Sequence[int]) -> list[int]:
        """Return the late files whose rows now count: those that they doubled are gone."""
        gone = {self._content(number) for number in before}
        names = [name for name, number in self._doubled.items() if self._content(number) in gone]
        return [self._doubled.pop(name) for name in names]

    def _beside(self, numbers: Iterable[int]) -> list[int]:
        """Return the versions that count in the partitions of others, which do not count now."""
        for number in range(self._indexed_count, len(self.versions)):
            self._in_partition.setdefault(self._span(number), []).append(number)
        self._indexed_count = len(self.versions)
        beside = [
            number for span in map(self._span, numbers) for number in self._in_partition[span]
        ]
        return [
            number
            for number in dict.fromkeys(beside)
            if self._counted.get(self.versions[number].name) == number
        ]

    def _span(self, number: int) -> tuple[datetime, datetime]:
        return self.versions[number].starts_at, self.versions[number].ends_at

    def _count(self, numbers: Iterable[int]) -> None:
        self._counted |= {self.versions[number].name: number for number in numbers}

    def _content(self, number: int) -> object:
        """Return what only versions with the same bytes have in common."""
        record = self.versions[number]
        return (record.bytes, record.etag) if record.etag else record.name

    def _raw_file(self, number: int, table: RawTable, store: Location) -> RawFile:
        record = self.versions[number]
        if self.current.get(record.name) != number and record.copy:
            uri = store.uri(record.copy)
        elif "://" in record.name:
            # A table format leaves a file that it removed until its snapshot expires.
            uri = record.name
        else:
            uri = _uri_before(table.raw) + record.name
        known_from = record.known_from
        if known_from is not None:
            starts_at, closes_at = known_from, known_from + _INSTANT
        else:
            starts_at, closes_at = record.starts_at, record.ends_at + table.closing_delay
            if table.known_by == "first_seen" and record.modified:
                known_from = record.modified
                closes_at = max(closes_at, known_from + _INSTANT)
            elif table.known_by == "partition":
                known_from = record.ends_at + table.known_delay
        return RawFile(uri, starts_at, closes_at, _columns(record.columns), record.rows, known_from)


@lru_cache(maxsize=1000)
def _uri_before(raw: Location) -> str:
    """Return what all URIs of files below a location begin with."""
    return f"{raw.uri()}/"


@lru_cache(maxsize=1000)
def _columns(text: str) -> dict[str, str]:
    """Return the columns of files; those with the same ones share them."""
    columns: dict[str, str] = json.loads(text)
    return columns
