"""`current.json` and the pins: objects that name a release and move by compare-and-swap.

Why a reader, a publisher, a rollback and garbage collection can never meet in a broken store is
argued in docs/concepts/releases.md.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from datetime import timedelta
from typing import NamedTuple

from milepost.errors import ConflictError, ReleaseError
from milepost.release.manifest import CURRENT
from milepost.storage import conditional, s3
from milepost.storage.location import Location

# A release that is about to be current or pinned is kept because its manifest was just written.
# This is how long that can take; garbage collection must give it more.
SETTLE_WITHIN = timedelta(minutes=5)

HISTORY = re.compile(r"history/(\d{10})-([^/]+)\.json")


class Pointer(NamedTuple):
    """The release that `current.json` or a pin names, its ETag, and how often it has moved."""

    release: str
    etag: str
    number: int

    @property
    def history(self) -> str:
        """The name of the object that keeps this content of `current.json` after the next move."""
        return f"history/{self.number:010}-{self.release}.json"


def pointer(store: Location, name: str = CURRENT) -> Pointer | None:
    """Return what `current.json`, or a pin, says; None where there is none."""
    stored = s3.get(store, name)
    if stored is None:
        return None
    try:
        content = json.loads(stored.body)
        parsed = Pointer(str(content["release"]), stored.etag, int(content.get("number", 0)))
    except (ValueError, KeyError, TypeError, AttributeError):
        parsed = None
    if parsed is None or stored.body != pointer_body(parsed.release, parsed.number):
        raise ReleaseError(
            f"`{store.uri(name)}` is damaged",
            hint="name a release, or restore the object; `history/` has what it said before",
        )
    return parsed


def current(store: Location) -> str:
    """Return the id of the current release; a ReleaseError where nothing is published."""
    current_pointer = pointer(store)
    if current_pointer is None:
        raise ReleaseError(
            f"`{store.uri()}` is not a feature store: it has no `{CURRENT}`",
            hint="publish a release to it, or correct the URI",
        )
    return current_pointer.release


def numbers(store: Location) -> dict[str, int]:
    """Return the number of the latest move to each release that is or was current."""
    names = (HISTORY.fullmatch(item.name) for item in s3.listing(store, "history/"))
    number_of = {match[2]: int(match[1]) for match in names if match}
    current_pointer = pointer(store)
    if current_pointer:
        number_of[current_pointer.release] = current_pointer.number
    return number_of


def move_current(store: Location, release: str, before: Pointer | None, began: float) -> None:
    """Move `current.json` from `before` to a release, kept since the monotonic time `began`."""
    number = before.number + 1 if before else 1
    body = pointer_body(release, number)
    if before:
        # The content before the move is kept. So a writer whose reply was lost finds its move, even
        # if others have moved the pointer on, and the release is kept for the grace period.
        s3.put(store, before.history, pointer_body(before.release, before.number))
    check_settled(began)
    try:
        if before:
            conditional.replace(store, CURRENT, body, before.etag)
        else:
            conditional.create(store, CURRENT, body)
    except ConflictError as error:
        if s3.get(store, Pointer(release, "", number).history) is None:
            raise ConflictError(
                f"`{store.uri(CURRENT)}`: another writer was first, `{release}` is not current",
                hint="publish again, or roll back again, on top of what is current now",
            ) from error


def move_pin(store: Location, name: str, release: str, began: float) -> None:
    """Move the pin in object `name` to a release, kept since the monotonic time `began`."""
    before = pointer(store, name)
    check_settled(began)
    if before:
        conditional.replace(store, name, pointer_body(release, before.number + 1), before.etag)
    else:
        conditional.create(store, name, pointer_body(release, 1))


def check_settled(began: float) -> None:
    """Raise a ConflictError where a release was written so long ago that it may be garbage."""
    if time.monotonic() - began > SETTLE_WITHIN.total_seconds():
        raise ConflictError(
            f"S3 took longer than {SETTLE_WITHIN} to take a release that was written",
            hint="publish again, when the store answers faster",
        )


def pointer_body(release: str, number: int) -> bytes:
    """Return what a pointer to a release holds, once it has moved `number` times."""
    if number == 0:  # format 1 had the id alone
        return json.dumps({"release": release}).encode()
    check = hashlib.sha256(f"{release} {number}".encode()).hexdigest()[:12]
    return json.dumps({"release": release, "number": number, "check": check}).encode()
