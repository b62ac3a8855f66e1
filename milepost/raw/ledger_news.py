"""What a listing of the lake has that the ledger does not: new files, and changes of old ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from milepost.errors import LandingError
from milepost.raw.closing import ClosedListing
from milepost.raw.ledger_history import TableHistory
from milepost.raw.ledger_records import Record
from milepost.raw.tables import Landing, Partition, RawTable
from milepost.storage.s3 import ObjectMeta


@dataclass
class News:
    """What is new of a raw table.

    `new` are the files of partitions that nobody read yet; `late` those of partitions that were
    read. `differing` have another size or ETag than their record, `copied` are those among them
    with the same bytes, once that is known. `vanished` are gone. `empty` are partitions that were
    closed without a file. `without_copy` are as recorded, but for a copy that their table wants.
    """

    table: RawTable
    new: dict[Partition, Sequence[ObjectMeta]] = field(default_factory=dict)
    late: list[tuple[Partition, ObjectMeta]] = field(default_factory=list)
    differing: list[tuple[Record, ObjectMeta]] = field(default_factory=list)
    copied: list[tuple[Record, ObjectMeta]] = field(default_factory=list)
    vanished: list[Record] = field(default_factory=list)
    empty: list[Partition] = field(default_factory=list)
    without_copy: list[Record] = field(default_factory=list)
    landings: list[Landing] = field(default_factory=list)

    @property
    def is_none(self) -> bool:
        """Whether the lake is as the ledger says."""
        return not any(
            (
                *(self.new, self.late, self.differing, self.vanished),
                *(self.empty, self.without_copy, self.landings),
            )
        )


def news(listing: ClosedListing, history: TableHistory) -> News:
    """Return what a listing has that a history does not; no byte of the lake is read for it."""
    new = News(listing.table)
    versions, current = history.versions, history.current
    present = 0
    for partition, items in listing.partitions.items():
        unknown = []
        for item in items:
            number = current.get(item.name)
            if number is None:
                unknown.append(item)
                continue
            present += 1
            record = versions[number]
            if record.etag != item.etag or record.bytes != item.bytes:
                new.differing.append((record, item))
        if unknown:
            _add_unknown(new, partition, unknown, history)
    if listing.table.table_format == "iceberg":
        _add_landings(new, listing, history)
    elif present < len(current):
        listed = {item.name for item in chain.from_iterable(listing.partitions.values())}
        new.vanished = [versions[current[name]] for name in sorted(current.keys() - listed)]
    new.empty = _empty(listing, history)
    if listing.table.when_files_change == "new_versions":
        changed = {record.name for record, _ in new.differing}
        gone = {record.name for record in new.vanished}
        new.without_copy = [
            versions[number]
            for name, number in current.items()
            if not versions[number].copy and name not in changed and name not in gone
        ]
    return new


def _add_unknown(
    new: News, partition: Partition, items: Sequence[ObjectMeta], history: TableHistory
) -> None:
    """Tell files of a partition that nobody read yet from late ones."""
    is_new = (
        history.horizon is None
        or partition.starts_at >= history.horizon
        or partition in history.reopened_partitions
    )
    late = [] if is_new else [item for item in items if item.name not in history.forgotten]
    new.late += [(partition, item) for item in late]
    new_items = items if is_new else [item for item in items if item.name in history.forgotten]
    if new_items:
        new.new[partition] = new_items


def _empty(listing: ClosedListing, history: TableHistory) -> list[Partition]:
    """Return the partitions without a file that the ledger has to know of.

    The newest says for all before it that they were closed; one that was opened again is closed by
    it.
    """
    empty = [partition for partition, items in listing.partitions.items() if not items]
    if not empty:
        return []
    newest = max(listing.partitions)
    return [
        partition
        for partition in empty
        if partition in history.reopened_partitions
        or (
            partition == newest and (history.horizon is None or partition.ends_at > history.horizon)
        )
    ]


def _add_landings(new: News, listing: ClosedListing, history: TableHistory) -> None:
    newest: datetime | None = history.newest_commit
    for landing in listing.landings:
        if newest is None or landing.committed_at > newest:
            new.landings.append(landing)
        elif landing.committed_at not in history.commits:
            raise LandingError(
                f"a commit of {landing.committed_at} turned up in `{listing.table.name}` after "
                f"that of {newest} was read",
                hint="commit times of a table go up; if its history was rewritten, give the new "
                "table a name of its own",
            )
