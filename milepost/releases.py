"""Find and read releases in a store: the pointer to the current one, and manifests by their id."""

from __future__ import annotations

import json

from milepost import s3
from milepost.errors import ReleaseError
from milepost.manifest import CURRENT, RELEASE_ID, Manifest, parse
from milepost.s3 import Location


def pointer(store: Location) -> tuple[str, str] | None:
    """The id of the current release and the pointer's ETag; None in a new store."""
    found = s3.get(store, CURRENT)
    if found is None:
        return None
    try:
        return str(json.loads(found[0])["release"]), found[1]
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"`{store.uri(CURRENT)}` is damaged", hint="name a release, or restore the object"
        ) from error


def current(store: Location) -> str:
    """The id of the current release; a ReleaseError where nothing is published."""
    found = pointer(store)
    if found is None:
        raise ReleaseError(
            f"`{store.uri()}` is not a feature store: it has no `{CURRENT}`",
            hint="publish a release to it, or correct the URI",
        )
    return found[0]


def read(store: Location, release: str) -> Manifest:
    """The manifest of a release, checked."""
    if not RELEASE_ID.fullmatch(release):
        raise ReleaseError(
            f"`{release}` is not the id of a release",
            hint="it looks like 20260131T120000Z-0f1e2d...",
        )
    name = f"releases/{release}/manifest.json"
    found = s3.get(store, name)
    if found is None:
        raise ReleaseError(
            f"`{store.uri()}` has no release `{release}`",
            hint="leave it out to read the current one",
        )
    manifest = parse(found[0], store.uri(name))
    if manifest.release != release:
        raise ReleaseError(
            f"`{store.uri(name)}` is the manifest of `{manifest.release}`",
            hint="restore the object from a backup",
        )
    return manifest
