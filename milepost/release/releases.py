"""The releases of a store: which is current, which are kept, and how that changes.

`current.json` and pins move by compare-and-swap. Why a reader, a publisher, a rollback and garbage
collection can never meet in a broken store is argued in docs/concepts/releases.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from milepost.errors import ConflictError, ReleaseError
from milepost.release.manifest import CURRENT, DATA_FILE, RELEASE_ID, Manifest
from milepost.release.manifest_format import parse
from milepost.storage import s3
from milepost.storage.s3 import Listed, Location

logger = logging.getLogger(__name__)

# A release that is about to be current or pinned is kept because its manifest was just written.
# This is how long that can take; garbage collection must give it more.
SETTLE_WITHIN = timedelta(minutes=5)
LEAST_GRACE = 2 * SETTLE_WITHIN

_PIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_HISTORY = re.compile(r"history/(\d{10})-([^/]+)\.json")
_MANIFEST = re.compile(r"releases/([^/]+)/manifest\.json")


class Pointer(NamedTuple):
    """The release that `current.json` or a pin names, its ETag, and how often it has moved."""

    release: str
    etag: str
    number: int

    @property
    def history(self) -> str:
        """The name under which `current.json` is kept as it is, once it moves on."""
        return f"history/{self.number:010}-{self.release}.json"


@dataclass(frozen=True)
class Collected:
    """What garbage collection removed, or would remove: objects, their bytes; and what stays."""

    removed: list[Listed]
    bytes: int
    kept_releases: list[str]


def pointer(store: Location, name: str = CURRENT) -> Pointer | None:
    """What `current.json`, or a pin, says; None where there is none."""
    found = s3.get(store, name)
    if found is None:
        return None
    body, etag = found
    try:
        said = json.loads(body)
        found_there = Pointer(str(said["release"]), etag, int(said.get("number", 0)))
    except (ValueError, KeyError, TypeError, AttributeError):
        found_there = None
    if found_there is None or body != _pointer_body(found_there.release, found_there.number):
        raise ReleaseError(
            f"`{store.uri(name)}` is damaged",
            hint="name a release, or restore the object; `history/` has what it said before",
        )
    return found_there


def current(store: Location) -> str:
    """The id of the current release; a ReleaseError where nothing is published."""
    found = pointer(store)
    if found is None:
        raise ReleaseError(
            f"`{store.uri()}` is not a feature store: it has no `{CURRENT}`",
            hint="publish a release to it, or correct the URI",
        )
    return found.release


def read(store: Location, release: str) -> Manifest:
    """The manifest of a release, checked."""
    return _read(store, release)[0]


def history(store: Location) -> list[Manifest]:
    """Every release that is or was current and is still there, the newest first."""
    numbers = _numbers(store)
    there = {name[1] for item in s3.listing(store, "releases/") if (name := _is_manifest(item))}
    manifests = _read_all(store, there)
    # A store of format 1 kept no history.
    known = [one for one in manifests if one.release in numbers or one.format_version == 1]
    return sorted(known, key=lambda one: (numbers.get(one.release, -1), one.release), reverse=True)


def commit(store: Location, manifest: Manifest, before: Pointer | None) -> None:
    """Write a release's manifest and make it current, if `before` still is."""
    began = time.monotonic()
    s3.put(store, manifest.name, manifest.to_bytes(), new=True)
    _check_kept(store, manifest)
    _swap(store, manifest.release, before, began)


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
    if release not in _numbers(store) and manifest.format_version > 1:
        raise ReleaseError(
            f"release `{release}` was never current: its publication did not end",
            hint="`milepost releases` lists what you can roll back to",
        )
    _swap(store, release, before, began)
    return manifest


def pin(store: Location, name: str, release: str) -> None:
    """Keep a release under a name, until the name is unpinned or pinned to another."""
    _check_pin(name)
    began = time.monotonic()
    _keep(store, release)
    before = pointer(store, f"pins/{name}.json")
    _check_time(began)
    s3.put(
        store,
        f"pins/{name}.json",
        _pointer_body(release, before.number + 1 if before else 1),
        new=before is None,
        if_match=before.etag if before else None,
    )


def unpin(store: Location, name: str) -> None:
    """Let go of a pinned release."""
    _check_pin(name)
    before = pointer(store, f"pins/{name}.json")
    if before is None:
        raise ReleaseError(
            f"`{store.uri()}` has no pin `{name}`",
            hint=f"there is {', '.join(f'`{one}`' for one in pins(store)) or 'none'}",
        )
    s3.remove_version(store, f"pins/{name}.json", before.etag)


def pins(store: Location) -> dict[str, str]:
    """The pinned releases by the names of their pins."""
    found = {}
    for item in s3.listing(store, "pins/"):
        there = pointer(store, item.name)
        if there:
            found[item.name.removeprefix("pins/").removesuffix(".json")] = there.release
    return found


def collect(store: Location, *, grace: timedelta, dry_run: bool) -> Collected:
    """Remove what nobody needs: what no kept release names and is older than `grace`.

    Kept are the current release, the pinned ones, and those that were written or ceased to be
    current within `grace`. It refuses where it cannot read one of them.
    """
    if grace < LEAST_GRACE:
        raise ReleaseError(
            f"a grace period of {grace} is shorter than a publication may take to settle",
            hint=f"give it {LEAST_GRACE} at least; days are usual",
        )
    deadline = time.monotonic() + grace.total_seconds()
    logger.info("looking for what no kept release names")
    garbage, kept = _garbage(store, grace)
    before = s3.clock(store) - grace
    uploads = [item for item in s3.unfinished_uploads(store) if item.modified < before]
    if not dry_run:
        announcement = f"collecting/{secrets.token_hex(6)}.json"
        s3.put(store, announcement, json.dumps([item.name for item in garbage]).encode())
        # Whoever begins to keep a release from here on sees what is being removed. Whoever began
        # before has written its manifest.
        found_again, kept = _garbage(store, grace)
        still = set(found_again)
        garbage = [item for item in garbage if item in still]
        for start in range(0, len(garbage), 1000):
            if time.monotonic() > deadline:
                raise ConflictError(
                    f"removing garbage took longer than the grace period of {grace}",
                    hint="run it again: it goes on where it stopped",
                )
            logger.info("removing %d objects, %d are removed", len(garbage), start)
            s3.remove(store, [item.name for item in garbage[start : start + 1000]])
        for item in uploads:
            s3.abort_upload(store, item)
        s3.remove(store, [announcement])
    removed = [*garbage, *uploads]
    return Collected(removed, sum(item.bytes for item in removed), kept)


def _garbage(store: Location, grace: timedelta) -> tuple[list[Listed], list[str]]:
    """What is older than `grace` and no kept release names; and the ids of the kept ones."""
    before = s3.clock(store) - grace
    # The listing first: what is written after it is not in it.
    listed = list(s3.listing(store))
    manifests = {name[1]: item for item in listed if (name := _is_manifest(item))}
    now_current = pointer(store)
    kept = set(pins(store).values()) | ({now_current.release} if now_current else set())
    kept |= {release for release, item in manifests.items() if item.modified >= before}
    for item in listed:
        was_current = _HISTORY.fullmatch(item.name)
        if was_current and item.modified >= before and was_current[2] in manifests:
            kept.add(was_current[2])
    named = {name for one in _read_all(store, kept) for name in (one.name, *_names(one))}
    garbage = [
        item
        for item in listed
        if item.modified < before
        and item.name not in named
        and (
            DATA_FILE.fullmatch(item.name)
            or _is_manifest(item)
            or item.name.startswith("collecting/")
        )
    ]
    # Manifests first: a release is gone before its files are.
    garbage.sort(key=lambda item: (not _is_manifest(item), item.name))
    return garbage, sorted(kept)


def _keep(store: Location, release: str) -> Manifest:
    """Begin to keep a release: write its manifest again as it is, so that it counts as new."""
    manifest, body, etag = _read(store, release)
    s3.rewrite(store, manifest.name, body, etag)
    _check_kept(store, manifest)
    return manifest


def _check_kept(store: Location, manifest: Manifest) -> None:
    """Nothing removes the release, and all of it is there. Its manifest has just been written."""
    needed = {manifest.name, *_names(manifest)}
    for item in s3.listing(store, "collecting/"):
        announced = s3.get(store, item.name)
        if announced and not needed.isdisjoint(json.loads(announced[0])):
            raise ConflictError(
                f"release `{manifest.release}` is being removed as garbage",
                hint="publish again, or choose another release",
            )
    # In this order: a collection that has ended in between has left its marks here.
    views = [f"data/{view.name}/" for view in manifest.views]
    with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
        listings = pool.map(lambda below: list(s3.listing(store, below)), views)
        there = {item.name: item.bytes for listed in listings for item in listed}
    for file in manifest.files:
        if there.get(file.name) != file.bytes:
            raise ConflictError(
                f"`{store.uri(file.name)}` is missing, or not of the size that was written",
                hint="publish again, or choose another release",
            )
    if s3.get(store, manifest.name) is None:
        raise ConflictError(
            f"release `{manifest.release}` has just been removed as garbage",
            hint="publish again, or choose another release",
        )


def _swap(store: Location, release: str, before: Pointer | None, began: float) -> None:
    """Move `current.json` from `before` to a release that is kept."""
    number = before.number + 1 if before else 1
    body = _pointer_body(release, number)
    if before:
        # Whoever moves the pointer keeps what it said: so a move whose reply was lost is found
        # though others have moved it on, and the release is kept for the grace period.
        s3.put(store, before.history, _pointer_body(before.release, before.number))
    _check_time(began)
    try:
        s3.put(store, CURRENT, body, new=not before, if_match=before.etag if before else None)
    except ConflictError as error:
        if s3.get(store, Pointer(release, "", number).history) is None:
            raise ConflictError(
                f"`{store.uri(CURRENT)}`: another writer was first, `{release}` is not current",
                hint="publish again, or roll back again, on top of what is current now",
            ) from error


def _check_time(began: float) -> None:
    if time.monotonic() - began > SETTLE_WITHIN.total_seconds():
        raise ConflictError(
            f"S3 took longer than {SETTLE_WITHIN} to take a release that was written",
            hint="publish again, when the store answers faster",
        )


def _pointer_body(release: str, number: int) -> bytes:
    if number == 0:  # format 1 had the id alone
        return json.dumps({"release": release}).encode()
    check = hashlib.sha256(f"{release} {number}".encode()).hexdigest()[:12]
    return json.dumps({"release": release, "number": number, "check": check}).encode()


def _numbers(store: Location) -> dict[str, int]:
    """Each release that is or was current, with the number under which it last became so."""
    found = (_HISTORY.fullmatch(item.name) for item in s3.listing(store, "history/"))
    numbers = {name[2]: int(name[1]) for name in found if name}
    there = pointer(store)
    return {**numbers, there.release: there.number} if there else numbers


def _read(store: Location, release: str) -> tuple[Manifest, bytes, str]:
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
            hint="`milepost releases` lists those there are; leave it out to read the current one",
        )
    manifest = parse(found[0], store.uri(name))
    if manifest.release != release:
        raise ReleaseError(
            f"`{store.uri(name)}` is the manifest of `{manifest.release}`",
            hint="restore the object from a backup",
        )
    return manifest, *found


def _read_all(store: Location, names: Iterable[str]) -> list[Manifest]:
    with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
        return list(pool.map(lambda release: read(store, release), sorted(names)))


def _names(manifest: Manifest) -> list[str]:
    return [file.name for file in manifest.files]


def _is_manifest(item: Listed) -> re.Match[str] | None:
    return _MANIFEST.fullmatch(item.name)


def _check_pin(name: str) -> None:
    if not _PIN.fullmatch(name):
        raise ReleaseError(
            f"`{name}` cannot be the name of a pin",
            hint="use lower-case letters, digits, `-` and `_`, 63 at most",
        )
