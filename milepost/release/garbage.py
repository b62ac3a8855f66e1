"""Garbage collection: remove objects that no current, pinned or recent release needs.

A collection announces what it removes, so that no release with one of these objects becomes
current or pinned meanwhile. Why this is safe is argued in docs/concepts/releases.md.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from milepost.errors import ReleaseError
from milepost.release import table_files
from milepost.release.manifest import DATA_FILE
from milepost.release.pointers import HISTORY, SETTLE_WITHIN, pointer
from milepost.release.releases import manifest_release, object_names, pins, read_all
from milepost.storage import s3
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta
from milepost.storage.uploads import UnfinishedUpload, abort_upload, unfinished_uploads

logger = logging.getLogger(__name__)

LEAST_GRACE = 2 * SETTLE_WITHIN
# Objects that are removed before the time is looked at again: as many as one request of S3 takes.
AT_ONCE = 1000


@dataclass(frozen=True)
class Collection:
    """The objects that garbage collection removed or would remove, and the kept releases' ids."""

    removed: Sequence[ObjectMeta | UnfinishedUpload]
    bytes: int
    kept_releases: list[str]


def collect(
    store: Location,
    *,
    grace: timedelta,
    dry_run: bool,
    tables_writer: Callable[[], Callable[[Location], object]] | None = None,
) -> Collection:
    """Remove objects that are older than `grace` and that no kept release names.

    Kept are the current release, the pinned ones, and those that were written or ceased to be
    current within `grace`. `tables_writer` is asked, where the store has tables, for what writes
    them without the releases that are announced as garbage; this happens before any is removed.
    Raises a ReleaseError where a kept release cannot be read, or where removing takes longer than
    `grace`.
    """
    if grace < LEAST_GRACE:
        raise ReleaseError(
            f"a grace period of {grace} is shorter than a publication may take to settle",
            hint=f"give it {LEAST_GRACE} at least; days are usual",
        )
    deadline = time.monotonic() + grace.total_seconds()
    logger.info("looking for what no kept release names")
    garbage, kept_releases = _garbage(store, grace)
    oldest_kept = s3.clock(store) - grace
    # They need no second look: an unfinished upload is no object yet, so no release can name it.
    uploads = [
        item
        for item in unfinished_uploads(store)
        if item.modified < oldest_kept and _is_of_a_release(item)
    ]
    if not dry_run:
        has_tables = any(s3.listing(store, table_files.FOLDER))
        write_tables = tables_writer() if tables_writer and has_tables else None
        not_of_tables = [item for item in garbage if not table_files.view_of(item.name)]
        old_announcements = [item for item in garbage if item.name.startswith("collecting/")]
        announcement = f"collecting/{secrets.token_hex(6)}.json"
        try:
            if write_tables:
                # A killed writer leaves Avro files that nothing names yet and that the tables need.
                # No writer may use what is announced, so these are asked for after the writing.
                _announce(store, announcement, not_of_tables)
                # Those of killed collections could name Avro files that are needed now.
                if old_announcements:
                    s3.remove(store, [item.name for item in old_announcements])
                write_tables(store)
                garbage, _ = _still_garbage(store, grace, garbage)
            _announce(store, announcement, garbage)
            # A keeper that starts after this sees the announcement. A keeper that read
            # `collecting/` before it had already written its manifest, so that the last look
            # keeps its release.
            garbage, kept_releases = _still_garbage(store, grace, garbage)
        except BaseException:
            # Nothing is removed yet: the announcement would only stand in the way.
            s3.remove(store, [announcement])
            raise
        for start in range(0, len(garbage), AT_ONCE):
            if time.monotonic() > deadline:
                raise ReleaseError(
                    f"removing garbage took longer than the grace period of {grace}",
                    hint="run it again: it goes on where it stopped",
                )
            batch = garbage[start : start + AT_ONCE]
            end = start + len(batch)
            logger.info("removing objects %d to %d of %d", start + 1, end, len(garbage))
            s3.remove(store, [item.name for item in batch])
        for unfinished in uploads:
            abort_upload(store, unfinished)
        s3.remove(store, [announcement])
        garbage = list(dict.fromkeys([*old_announcements, *garbage]))
    removed: list[ObjectMeta | UnfinishedUpload] = [*garbage, *uploads]
    return Collection(removed, sum(item.bytes for item in removed), kept_releases)


def _announce(store: Location, announcement: str, items: Sequence[ObjectMeta]) -> None:
    s3.put(store, announcement, json.dumps([item.name for item in items]).encode())


def _still_garbage(
    store: Location, grace: timedelta, garbage: Sequence[ObjectMeta]
) -> tuple[list[ObjectMeta], list[str]]:
    """Return what is garbage at another look too, and the ids of the kept releases."""
    garbage_now, kept_releases = _garbage(store, grace)
    is_still_garbage = set(garbage_now)
    return [item for item in garbage if item in is_still_garbage], kept_releases


def _garbage(store: Location, grace: timedelta) -> tuple[list[ObjectMeta], list[str]]:
    """Return the objects to remove, and the ids of the kept releases."""
    oldest_kept = s3.clock(store) - grace
    # The listing comes first, so that an object that is written later cannot be removed.
    objects = list(s3.listing(store))
    manifests = {release: item for item in objects if (release := manifest_release(item))}
    current_pointer = pointer(store)
    kept_releases = set(pins(store).values())
    if current_pointer:
        kept_releases.add(current_pointer.release)
    kept_releases |= {
        release for release, item in manifests.items() if item.modified >= oldest_kept
    }
    for item in objects:
        was_current = HISTORY.fullmatch(item.name)
        if was_current and item.modified >= oldest_kept and was_current[2] in manifests:
            kept_releases.add(was_current[2])
    kept_manifests = read_all(store, kept_releases)
    needed = {name for manifest in kept_manifests for name in object_names(manifest)}
    views = {view.name for manifest in kept_manifests for view in manifest.views}
    needed |= table_files.needed(store, objects, views)
    garbage = [
        item
        for item in objects
        if item.modified < oldest_kept and item.name not in needed and _is_of_a_release(item)
    ]
    # Manifests first: a release is gone before its files are.
    garbage.sort(key=lambda item: (manifest_release(item) is None, item.name))
    return garbage, sorted(kept_releases)


def _is_of_a_release(item: ObjectMeta | UnfinishedUpload) -> bool:
    """Return whether this module removes objects of such a name; all others are somebody else's."""
    return bool(
        DATA_FILE.fullmatch(item.name)
        or manifest_release(item)
        or table_files.view_of(item.name)
        or item.name.startswith("collecting/")
    )
