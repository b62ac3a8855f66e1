"""A lock on a place of tables: one dbt command at a time writes there.

It is an object on S3, created where there is none, and written again every few seconds while the
command lives. So one that was killed holds it for a short while only, on whichever machine it ran.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from milepost.errors import ConflictError, MilepostError
from milepost.storage import conditional, s3
from milepost.storage.location import Location

_LOCK = "milepost_lock.json"
# A command that is slowed down by its own work writes late, but not ten times in a row.
RENEWED_EVERY = timedelta(seconds=12)
EXPIRES_AFTER = timedelta(seconds=120)


class EngineLock:
    """The lock of one dbt command on a place of tables."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._etag: str | None = None
        self._released = Event()

    def take(self) -> None:
        """Take the lock; a ConflictError where another command holds it.

        The lock of a process is no other command's: it had one that ended without a release.
        """
        process = f"process {os.getpid()} on {socket.gethostname()}"
        since = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
        body = json.dumps({"owner": process, "since": since}).encode()
        try:
            self._etag = conditional.create(self._location, _LOCK, body)
        except ConflictError:
            self._remove_abandoned(process)
            self._etag = conditional.create(self._location, _LOCK, body)
        self._released = Event()
        arguments = (body, self._etag, self._released)
        Thread(target=self._renew, args=arguments, daemon=True).start()

    def release(self) -> None:
        """Release the lock, if it is held."""
        self._released.set()
        etag, self._etag = self._etag, None
        if etag:
            # Where it cannot be removed, it expires.
            with suppress(MilepostError):
                conditional.remove_version(self._location, _LOCK, etag)

    def _remove_abandoned(self, process: str) -> None:
        """Remove the lock of a command that has ended; a ConflictError where it has not."""
        held = next(iter(s3.listing(self._location, _LOCK)), None)
        stored = s3.get(self._location, _LOCK) if held else None
        if not held or not stored:
            return
        holder = json.loads(stored.body)
        # What was listed is what is removed: another may have taken it since.
        left = held.modified + EXPIRES_AFTER - s3.clock(self._location)
        if holder["owner"] != process and left > timedelta():
            raise ConflictError(
                f"another dbt command writes to `{self._location.uri()}`: {holder['owner']}, "
                f"since {holder['since']} UTC",
                hint="wait for its end, or give this command a folder of its own by "
                f"`MILEPOST_TABLES_URI`; if it was killed, wait {left.total_seconds():.0f} s",
            )
        conditional.remove_version(self._location, _LOCK, held.etag)

    def _renew(self, body: bytes, etag: str, released: Event) -> None:
        while not released.wait(RENEWED_EVERY.total_seconds()):
            try:
                conditional.rewrite(self._location, _LOCK, body, etag)
            except ConflictError:
                return  # another command took it: what this one records is refused by `If-Match`
            except MilepostError:
                continue
