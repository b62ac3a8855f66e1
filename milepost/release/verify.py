"""Read everything that a release names, and compare it with what the release says."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from milepost.release import releases
from milepost.release.manifest import File
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verified:
    """The files of a release and their bytes, and the names of those that are not as written."""

    release: str
    files: int
    bytes: int
    damaged: list[str]


def verify(store: Location, release: str) -> Verified:
    """Hash every file that a release names; a ReleaseError where its manifest is damaged."""
    manifest = releases.read(store, release)

    def is_sound(file: File) -> bool:
        return s3.sha256(store, file.name) == (file.digest, file.bytes)

    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        sound = []
        for ok in pool.map(is_sound, manifest.files):
            sound.append(ok)
            logger.info("hashed %d of %d files", len(sound), len(manifest.files))
    return Verified(
        manifest.release,
        len(manifest.files),
        sum(file.bytes for file in manifest.files),
        [file.name for file, ok in zip(manifest.files, sound, strict=True) if not ok],
    )
