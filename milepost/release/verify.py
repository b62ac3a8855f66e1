"""Read everything that a release names, and compare it with what the release says."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from milepost.release import releases, table_files
from milepost.release.manifest import File
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verified:
    """The files of a release and their bytes, and the names of objects that are not as written.

    `table_files` is the number of the objects of all Iceberg tables.
    """

    release: str
    files: int
    bytes: int
    damaged: list[str]
    table_files: int


def verify(store: Location, release: str) -> Verified:
    """Hash every file that a release names, and all that the newest metadata of tables names.

    Raises a ReleaseError where the release's manifest is damaged.
    """
    manifest = releases.read(store, release)

    def is_sound(file: File) -> bool:
        return s3.sha256(store, file.name) == (file.digest, file.bytes)

    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        sound = []
        for ok in pool.map(is_sound, manifest.files):
            sound.append(ok)
            logger.info("hashed %d of %d files", len(sound), len(manifest.files))
    damaged = [file.name for file, ok in zip(manifest.files, sound, strict=True) if not ok]
    objects, damaged_objects = _tables(store)
    return Verified(
        manifest.release,
        len(manifest.files),
        sum(file.bytes for file in manifest.files),
        list(dict.fromkeys(damaged + damaged_objects)),
        objects,
    )


def _tables(store: Location) -> tuple[int, list[str]]:
    """Return how many objects the tables have, and the names of what is damaged or missing.

    The data files of a snapshot are those of its release, which has their names and sizes.
    """
    tables = table_files.newest(store, s3.listing(store, table_files.FOLDER)).values()
    damaged = [table.name for table in tables if table.content is None]
    snapshots = [snapshot for table in tables for snapshot in table.snapshots.values()]
    avro_names = sorted(
        {name for snapshot in snapshots for name in table_files.avro_names(store, snapshot)}
    )
    named = {item["summary"][table_files.RELEASE] for item in snapshots}
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        digests = pool.map(lambda name: s3.sha256(store, name), avro_names)
        for name, digest in zip(avro_names, digests, strict=True):
            if digest is None or digest[0] != table_files.avro_digest(name):
                damaged.append(name)
    bytes_of = {item.name: item.bytes for item in s3.listing(store, "data/")} if named else {}
    present = {releases.manifest_release(item) for item in s3.listing(store, "releases/")}
    damaged += [f"releases/{release}/manifest.json" for release in sorted(named - present)]
    for manifest in releases.read_all(store, named & present):
        views = {table.view for table in tables if manifest.release in table.snapshots}
        damaged += [
            file.name
            for view in manifest.views
            if view.name in views
            for file in view.files
            if bytes_of.get(file.name) != file.bytes
        ]
    return len(tables) + len(avro_names), damaged
