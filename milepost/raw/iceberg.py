"""Iceberg tables: each snapshot of the branch `main` is a landing, known from its commit.

An hour is closed when S3's clock is `closing_delay_minutes` past its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from milepost.errors import LandingError
from milepost.raw import iceberg_faults
from milepost.raw.closing import ClosedListing, Span
from milepost.raw.iceberg_metadata import Changes, Metadata, committed_at, instant
from milepost.raw.ledger import Ledger
from milepost.raw.ledger_parts import KEPT
from milepost.raw.tables import ClosedTable, Landing, Partition
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

if TYPE_CHECKING:
    from pyiceberg.table.snapshots import Snapshot

_HOUR = timedelta(hours=1)
_MOMENT = timedelta(microseconds=1)


def closed_listing(metadata: Metadata, ledger: Ledger, now: datetime) -> ClosedListing:
    """Return the closed hours of an Iceberg table, and the landings that the ledger does not have.

    `now` is S3's clock. Raises a LandingError where the table's history is not whole any more, was
    rewritten, or has what Milepost does not read.
    """
    table = metadata.table
    snapshots = metadata.ancestors()
    span, commits = ledger.span(table.id), ledger.commits(table.id)
    new = snapshots[_first_new(metadata, snapshots, commits) :]
    before = _hour(now - table.closing_delay)
    if span:
        before = max(before, span.before)
    instants = _commit_instants(snapshots)
    due = [
        group for group in _transactions(metadata, new) if instants[group[-1].snapshot_id] < before
    ]
    if not span and not due:
        raise iceberg_faults.nothing_closed(table, committed_at(snapshots[0]), before)
    landings: list[Landing] = []
    known_from = max(commits.values(), default=None)
    changes = _all_changes(metadata, due, ledger, is_continued=len(new) < len(snapshots))
    for group, (added, removed) in zip(due, changes, strict=True):
        if not added and not removed:
            continue
        snapshot_id = group[-1].snapshot_id
        commit = instants[snapshot_id]
        if span and commit < span.before:
            if table.when_files_change == "error":
                raise iceberg_faults.late(table, snapshot_id, commit, span.before)
            commit = now
        # A snapshot is seen after its parent, also where the clock of its writer went back.
        known_from = _after(known_from, commit)
        landings.append(Landing(known_from, added, sorted(removed), str(snapshot_id)))
    first = _hour(span.first if span else instants[snapshots[0].snapshot_id])
    return ClosedListing(
        table, Span(first, before), {Partition(before - _HOUR, before): ()}, landings
    )


def check(metadata: Metadata, closed: ClosedTable, ledger: Ledger) -> None:
    """Check that all files of a closed table are still there, and that their names mean the same.

    A file of a snapshot that is not expired is there. Raises a LandingError that names the file.
    """
    table, commits = metadata.table, ledger.commits(metadata.table.id)
    iceberg_faults.check_names(metadata, closed)
    # What a snapshot removed belongs to its parent.
    safe = {commits.get(str(snapshot.snapshot_id)) for snapshot in metadata.ancestors()[1:]}
    endangered = [
        (file.uri, rewrite.known_from)
        for rewrite in closed.rewrites
        if rewrite.known_from not in safe
        for file in rewrite.before
        if f"/{KEPT}" not in file.uri
    ]
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        is_there = list(pool.map(lambda pair: _exists(pair[0]), endangered))
    for (uri, removed_at), exists in zip(endangered, is_there, strict=True):
        if not exists:
            raise iceberg_faults.expired_file(table, uri, removed_at)


def _first_new(
    metadata: Metadata, snapshots: Sequence[Snapshot], commits: Mapping[str, datetime]
) -> int:
    """Return the number of the first snapshot after the newest that the ledger has, or 0.

    Raises a LandingError where the ledger has one that is no ancestor of the current one.
    """
    table = metadata.table
    numbers = {str(snapshot.snapshot_id): number for number, snapshot in enumerate(snapshots)}
    newest = max(commits, key=lambda snapshot_id: commits[snapshot_id], default=None)
    if newest is not None and newest not in numbers:
        is_retained = any(str(item.snapshot_id) == newest for item in metadata.content.snapshots)
        if is_retained or not snapshots or not commits.keys().isdisjoint(numbers):
            raise iceberg_faults.rolled_back(table, newest)
    if not snapshots:
        raise LandingError(
            f"raw table `{table.name}` has no snapshot: nothing was ever committed to it",
            hint="write to the table, or take it out of the sources until it is in use",
        )
    log = [str(entry.snapshot_id) for entry in metadata.content.snapshot_log]
    oldest = str(snapshots[0].snapshot_id)
    since_oldest = log[log.index(oldest) :] if oldest in log else []
    for snapshot_id in since_oldest:
        if snapshot_id not in numbers:
            raise iceberg_faults.rolled_back(table, snapshot_id)
    return 0 if newest not in numbers else numbers[newest] + 1


def _commit_instants(snapshots: Iterable[Snapshot]) -> dict[int, datetime]:
    """Return the commit instant of each snapshot by its id; each is after that of its parent."""
    instants: dict[int, datetime] = {}
    newest: datetime | None = None
    for snapshot in snapshots:
        newest = instants[snapshot.snapshot_id] = _after(newest, committed_at(snapshot))
    return instants


def _transactions(metadata: Metadata, snapshots: Sequence[Snapshot]) -> list[list[Snapshot]]:
    """Return snapshots in groups that were committed at once.

    pyiceberg overwrites by a `delete` and an `append` in one commit, and nobody ever saw the table
    between them: no metadata file has the first snapshot as its last change.
    """
    content = metadata.content
    log = {instant(entry.timestamp_ms) for entry in content.metadata_log}
    log.add(instant(content.last_updated_ms))
    # A log says nothing of what is older than it, nor where its catalog writes other instants.
    is_usable = bool(snapshots) and committed_at(snapshots[-1]) in log
    groups: list[list[Snapshot]] = [[]]
    for snapshot in snapshots:
        groups[-1].append(snapshot)
        committed = committed_at(snapshot)
        if not is_usable or committed in log or committed < min(log):
            groups.append([])
    return groups[:-1]


def _all_changes(
    metadata: Metadata, groups: Sequence[list[Snapshot]], ledger: Ledger, *, is_continued: bool
) -> list[tuple[list[s3.ObjectMeta], set[str]]]:
    """Return the files that each group of snapshots added, and the URIs of those it removed.

    The ledger has the snapshot before the first one if it `is_continued`. If not, that one is
    expired, or there was none.
    """
    changes = iter(metadata.changes([snapshot for group in groups for snapshot in group]))
    all_changes = []
    files = set(ledger.partitions(metadata.table.id))
    for number, group in enumerate(groups):
        change = _together([next(changes) for _ in group])
        if not number and not is_continued:
            change = _since_ledger(metadata, group, change, files)
        names = {item.name for item in change.added}
        is_whole = change.removed <= files and names.isdisjoint(files)
        files = (files - change.removed) | names
        if not is_whole or change.file_count not in {None, len(files)}:
            raise iceberg_faults.contradiction(metadata.table, group[-1].snapshot_id)
        all_changes.append((list(change.added), set(change.removed)))
    return all_changes


def _together(changes: Sequence[Changes]) -> Changes:
    """Return the changes of snapshots that were committed at once as those of one."""
    added: dict[str, s3.ObjectMeta] = {}
    removed: set[str] = set()
    for change in changes:
        removed |= change.removed - added.keys()
        added = {name: item for name, item in added.items() if name not in change.removed}
        added |= {item.name: item for item in change.added}
    return Changes(tuple(added.values()), frozenset(removed), changes[-1].file_count)


def _since_ledger(
    metadata: Metadata, group: Sequence[Snapshot], change: Changes, files: set[str]
) -> Changes:
    """Return what the oldest snapshots changed of the files that the ledger has.

    Where snapshots before them are expired that nobody read, they changed all that these did too.
    """
    present = {item.name: item for item in metadata.files(group[-1])}
    previous = (present.keys() - {item.name for item in change.added}) | change.removed
    if previous == files:
        return change
    if metadata.table.when_files_change == "error":
        raise iceberg_faults.expired_snapshots(
            metadata.table, group[0].snapshot_id, len(previous ^ files)
        )
    added = tuple(item for name, item in present.items() if name not in files)
    return Changes(added, frozenset(files - present.keys()), change.file_count)


def _after(earlier: datetime | None, moment: datetime) -> datetime:
    """Return a moment, or the one next to an earlier one that is not before it."""
    return moment if earlier is None else max(moment, earlier + _MOMENT)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _exists(uri: str) -> bool:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return any(item.name == key for item in s3.listing(Location(bucket, ""), key))
