"""The releases of a store: read, list, commit, roll back, pin.

Why a reader, a publisher, a rollback and garbage collection can never meet in a broken store is
argued in docs/concepts/releases.md.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from milepost.errors import ConflictError, ReleaseError
from milepost.release.manifest import RELEASE_ID, Manifest
from milepost.release.manifest_format import parse
from milepost.release.pointers import Pointer, move_current, move_pin, numbers, pointer
from milepost.storage import conditional, s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta
from milepost.storage.uploads import UnfinishedUpload

PIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# They mean a release wherever one is asked for, so that no pin can have them as its name.
WORDS = ("current", "previous")
_MANIFEST = re.compile(r"releases/([^/]+)/manifest\.json")


def read(store: Location, release: str) -> Manifest:
    """Return the manifest of a release, checked."""
    return _read(store, release)[0]


def read_all(store: Location, release_ids: Iterable[str]) -> list[Manifest]:
    """Return the manifests of several releases, by id."""
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        return list(pool.map(lambda release: read(store, release), sorted(release_ids)))


def history(store: Location) -> list[Manifest]:
    """Return every release that is or was current and is still there, the newest first."""
    number_of = numbers(store)
    present = {
        release for item in s3.listing(store, "releases/") if (release := manifest_release(item))
    }
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        stored = pool.map(lambda release: _stored(store, release), sorted(present))
        # What is gone by now was removed as garbage.
        manifests = [manifest for manifest, _ in filter(None, stored)]
    # A store of format 1 kept no history.
    committed = [
        manifest
        for manifest in manifests
        if manifest.release in number_of or manifest.format_version == 1
    ]
    return sorted(
        committed,
        key=lambda manifest: (number_of.get(manifest.release, -1), manifest.release),
        reverse=True,
    )


def history_and_pins(store: Location) -> list[Manifest]:
    """Return every release that is or was current, or is pinned, the oldest first."""
    manifests = history(store)
    pinned = set(pins(store).values()) - {manifest.release for manifest in manifests}
    manifests += read_all(store, pinned)
    return sorted(manifests, key=lambda manifest: (manifest.created_at, manifest.release))


def announced(store: Location) -> set[str]:
    """Return the names below the store that garbage collections say they remove."""
    names: set[str] = set()
    for item in s3.listing(store, "collecting/"):
        announcement = s3.get(store, item.name)
        if announcement:
            names.update(json.loads(announcement.body))
    return names


def commit(store: Location, manifest: Manifest, before: Pointer | None) -> None:
    """Write a release's manifest and make it current, if `before` still is."""
    began = time.monotonic()
    body = manifest.to_bytes()
    try:
        conditional.create(store, manifest.name, body)
    except ConflictError:
        # Within a second the same content has the same id: a publisher was killed and runs again.
        stored = s3.get(store, manifest.name)
        if stored is None or stored.body != body:
            raise
    _check_kept(store, manifest)
    move_current(store, manifest.release, before, began)


def rollback(store: Location, release: str) -> Manifest:
    """Make an earlier release current, and return it. Those after it stay until they are garbage.

    Raises a ReleaseError where it never was current or is not whole, a ConflictError where another
    writer was first.
    """
    before = pointer(store)
    began = time.monotonic()
    manifest = _keep(store, release)
    if before and before.release == release:
        return manifest
    if release not in numbers(store) and manifest.format_version > 1:
        raise ReleaseError(
            f"release `{release}` was never current: its publication did not end",
            hint="`milepost releases` lists what you can roll back to",
        )
    move_current(store, release, before, began)
    return manifest


def pin(store: Location, name: str, release: str) -> None:
    """Keep a release under a name, until the name is unpinned or pinned to another."""
    _check_pin(name)
    if name in WORDS:
        raise ReleaseError(
            f"`{name}` cannot be the name of a pin: it means the {name} release",
            hint="name what keeps the release, such as a model in production",
        )
    began = time.monotonic()
    _keep(store, release)
    move_pin(store, f"pins/{name}.json", release, began)


def unpin(store: Location, name: str) -> None:
    """Remove a pin; its release is garbage once nothing else keeps it."""
    _check_pin(name)
    before = pointer(store, f"pins/{name}.json")
    if before is None:
        raise ReleaseError(
            f"`{store.uri()}` has no pin `{name}`",
            hint=f"there is {', '.join(f'`{pin}`' for pin in pins(store)) or 'none'}",
        )
    conditional.remove_version(store, f"pins/{name}.json", before.etag)


def pins(store: Location) -> dict[str, str]:
    """Return the pinned releases by the names of their pins."""
    release_of = {}
    for item in s3.listing(store, "pins/"):
        pinned = pointer(store, item.name)
        if pinned:
            release_of[item.name.removeprefix("pins/").removesuffix(".json")] = pinned.release
    return release_of


def object_names(manifest: Manifest) -> list[str]:
    """Return the names below the store of all that a release needs: its manifest and its files."""
    return [manifest.name, *(file.name for file in manifest.files)]


def manifest_release(item: ObjectMeta | UnfinishedUpload) -> str | None:
    """Return the id of the release if an object is its manifest, else None."""
    match = _MANIFEST.fullmatch(item.name)
    return match[1] if match else None


def _keep(store: Location, release: str) -> Manifest:
    """Begin to keep a release: write its manifest again as it is, so that it counts as new."""
    manifest, stored = _read(store, release)
    conditional.rewrite(store, manifest.name, stored.body, stored.etag)
    _check_kept(store, manifest)
    return manifest


def _check_kept(store: Location, manifest: Manifest) -> None:
    """Raise a ConflictError unless a release is whole and is not being removed as garbage."""
    needed = set(object_names(manifest))
    if not needed.isdisjoint(announced(store)):
        raise ConflictError(
            f"release `{manifest.release}` is being removed as garbage",
            hint="publish again, or choose another release",
        )
    # In this order: a collection that has ended in between has left its marks here.
    views = [f"data/{view.name}/" for view in manifest.views]
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        listings = pool.map(lambda below: list(s3.listing(store, below)), views)
        bytes_of = {item.name: item.bytes for listing in listings for item in listing}
    for file in manifest.files:
        if bytes_of.get(file.name) != file.bytes:
            raise ConflictError(
                f"`{store.uri(file.name)}` is missing, or not of the size that was written",
                hint="publish again, or choose another release",
            )
    if s3.get(store, manifest.name) is None:
        raise ConflictError(
            f"release `{manifest.release}` has just been removed as garbage",
            hint="publish again, or choose another release",
        )


def _read(store: Location, release: str) -> tuple[Manifest, s3.StoredObject]:
    """Return the manifest of a release, and the object that it is; an error where it is gone."""
    stored = _stored(store, release)
    if stored is None:
        raise ReleaseError(
            f"`{store.uri()}` has no release `{release}`",
            hint="`milepost releases` lists those there are; if the current one is gone, `milepost "
            "rollback` makes another current",
        )
    return stored


def _stored(store: Location, release: str) -> tuple[Manifest, s3.StoredObject] | None:
    """Return the manifest of a release, and the object that it is; None where it is gone."""
    if not RELEASE_ID.fullmatch(release):
        raise ReleaseError(
            f"`{release}` is not the id of a release",
            hint="it looks like 20260131T120000Z-0f1e2d...",
        )
    name = f"releases/{release}/manifest.json"
    stored = s3.get(store, name)
    if stored is None:
        return None
    manifest = parse(stored.body, store.uri(name))
    if manifest.release != release:
        raise ReleaseError(
            f"`{store.uri(name)}` is the manifest of `{manifest.release}`",
            hint="restore the object from a backup",
        )
    return manifest, stored


def _check_pin(name: str) -> None:
    if not PIN.fullmatch(name):
        raise ReleaseError(
            f"`{name}` cannot be the name of a pin",
            hint="use lower-case letters, digits, `-` and `_`, 63 at most",
        )
