"""A lock on a place of tables: one dbt command at a time writes there.

It is an object on S3, written only where it is as it was read, and again every few seconds while
the command lives. So one that was killed has it for a short while only, whichever machine it ran
on. Nothing is removed: who may build may not delete.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event, Thread, current_thread
from typing import Any
from uuid import uuid4

from milepost.errors import ConflictError, MilepostError, PublishError
from milepost.storage import conditional, s3
from milepost.storage.location import Location

_LOCK = "milepost_lock.json"
_RELEASED = b"{}"
# A command that is slowed down by its own work writes late, but not ten times in a row.
RENEWED_EVERY = timedelta(seconds=12)
EXPIRES_AFTER = timedelta(seconds=120)
# Containers may share both the name of their host and the numbers of their processes.
OWNER = uuid4().hex


class EngineLock:
    """The lock of one dbt command on a place of tables."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._released = Event()
        self._thread: Thread | None = None
        self._is_lost = False

    def take(self) -> None:
        """Take the lock; a ConflictError where another command has it.

        The lock of a process is no other command's: it had one that ended without a release.
        """
        content = {
            "owner": OWNER,
            "process": f"process {os.getpid()} on {socket.gethostname()}",
            "since": datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" "),
        }
        body = json.dumps(content).encode()
        stored_lock = s3.get(self._location, _LOCK)
        if stored_lock:
            self._check_is_free(stored_lock.body)
            etag = conditional.replace(self._location, _LOCK, body, stored_lock.etag)
        else:
            etag = conditional.create(self._location, _LOCK, body)
        self._released = Event()
        arguments = (content, etag, self._released)
        self._thread = Thread(target=self._renew, args=arguments, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise a ConflictError where another command has taken the lock from this one."""
        if self._is_lost:
            raise ConflictError(
                f"another dbt command has taken `{self._location.uri(_LOCK)}`, which this one did "
                f"not renew for {EXPIRES_AFTER.total_seconds():.0f} s",
                hint="wait for the end of the other, then run this one again",
            )

    def release(self) -> None:
        """Release the lock, if this command has it."""
        self._released.set()
        # Python may end a command, and with it its lock, in any thread.
        if self._thread and self._thread is not current_thread():
            self._thread.join()

    def _check_is_free(self, body: bytes) -> None:
        """Raise a ConflictError where the command that wrote this lock lives."""
        if body == _RELEASED:
            return
        try:
            content = json.loads(body)
            owner, process, since = (content[name] for name in ("owner", "process", "since"))
        except (ValueError, KeyError, TypeError) as error:
            raise PublishError(
                f"`{self._location.uri(_LOCK)}` is damaged",
                hint="remove it if no dbt command writes there",
            ) from error
        # It is listed after it was read: what was written since is not replaced.
        lock_object = next(iter(s3.listing(self._location, _LOCK)), None)
        if owner == OWNER or not lock_object:
            return
        time_left = lock_object.modified + EXPIRES_AFTER - s3.clock(self._location)
        if time_left > timedelta():
            raise ConflictError(
                f"another dbt command writes to `{self._location.uri()}`: {process}, "
                f"since {since} UTC",
                hint="wait for its end, or give this command a folder of its own by "
                "`MILEPOST_TABLES_URI`; if it was killed, wait "
                f"{time_left.total_seconds():.0f} s",
            )

    def _renew(self, content: dict[str, Any], etag: str, released: Event) -> None:
        """Write the lock again until it is released or lost, and then that it is released."""
        for renewal in count(1):
            is_over = released.wait(RENEWED_EVERY.total_seconds())
            # Each body differs, so that a write whose reply was lost is known by it.
            body = _RELEASED if is_over else json.dumps(content | {"renewal": renewal}).encode()
            # Where S3 is not reached it is written the next time, or expires.
            with suppress(MilepostError):
                try:
                    etag = conditional.replace(self._location, _LOCK, body, etag)
                except ConflictError:
                    self._is_lost = True
            if is_over or self._is_lost:
                return
