"""Conditional writes, so that one of several writers wins: create, replace, rewrite, remove.

The loser of a race gets a ConflictError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from milepost.errors import ConflictError, StorageError
from milepost.storage import s3
from milepost.storage.client import client, http_status, storage_error
from milepost.storage.location import Location


def create(location: Location, name: str, body: bytes) -> str:
    """Write an object where there is none, and return its ETag."""
    return _write(location, name, body, {"IfNoneMatch": "*"}, lambda present: present is None)


def replace(location: Location, name: str, body: bytes, etag: str) -> str:
    """Write an object in place of the version with that ETag, and return the new ETag."""
    return _write(
        location,
        name,
        body,
        {"IfMatch": _quoted(etag)},
        lambda present: present is not None and present.etag == etag,
    )


def rewrite(location: Location, name: str, body: bytes, etag: str) -> None:
    """Write an object again with the same bytes, so that its time of writing is now.

    Raises a ConflictError where the object is gone or changed. Its ETag stays the same, so that
    the condition still holds if boto3 sends the request again.
    """
    _request(
        f"writing `{location.uri(name)}`",
        lambda: client().put_object(
            Bucket=location.bucket, Key=location.key(name), Body=body, IfMatch=_quoted(etag)
        ),
    )


def remove_version(location: Location, name: str, etag: str) -> None:
    """Remove an object; a ConflictError where it is gone or its ETag is not `etag` any more."""
    _request(
        f"removing `{location.uri(name)}`",
        lambda: client().delete_object(
            Bucket=location.bucket, Key=location.key(name), IfMatch=_quoted(etag)
        ),
    )


def _quoted(etag: str) -> str:
    """Return an ETag as RFC 9110 wants it in a condition; not every store takes it without."""
    return f'"{etag}"'


def _write(
    location: Location,
    name: str,
    body: bytes,
    condition: dict[str, Any],
    may_write: Callable[[s3.StoredObject | None], bool],
) -> str:
    """Write an object under a condition, and return its ETag.

    Where the reply is lost, the object is read to learn whether the write was done. It was where
    the object has the bytes of this write. Another writer may have written equal bytes: then both
    succeed, which is right, because the object is as each of them wanted it.
    """
    doing = f"writing `{location.uri(name)}`"
    for attempt in range(s3.ATTEMPTS):
        if attempt:
            s3.wait_before_retry(attempt - 1)
        try:
            reply = client().put_object(
                Bucket=location.bucket, Key=location.key(name), Body=body, **condition
            )
            return reply["ETag"].strip('"')
        except (ClientError, BotoCoreError) as error:
            failure = error
        if attempt == 0 and _is_certain(failure):
            break
        try:
            present = s3.get(location, name)
        except StorageError as error:
            raise StorageError(
                f"{doing}: the reply was lost, and it cannot be read whether it was written",
                hint="see what is there, then run it again",
            ) from error
        if present and present.body == body:
            return present.etag
        if not may_write(present):
            raise _conflict(doing) from failure
        # The first write may still arrive. The same condition is sent again, so that at most one
        # of the two is done.
    raise _failure(failure, doing) from failure


def _is_certain(error: ClientError | BotoCoreError) -> bool:
    """Return whether an error in reply to a conditional write proves that it was not done."""
    if not isinstance(error, ClientError):
        return False
    # 409 asks for another attempt; 412 may be the answer to boto3's own second one.
    was_retried = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
    status = http_status(error)
    return status < 500 and status not in {408, 409, 429} and not was_retried


def _request(doing: str, request: Callable[[], object]) -> None:
    """Run a conditional request that does no harm if boto3 sends it twice."""
    try:
        request()
    except (ClientError, BotoCoreError) as error:
        raise _failure(error, doing) from error


def _failure(error: ClientError | BotoCoreError, doing: str) -> StorageError | ConflictError:
    # AWS answers 404 where `If-Match` finds no object; without that condition no write gets it.
    is_conflict = isinstance(error, ClientError) and (
        http_status(error) in {409, 412} or error.response["Error"].get("Code") == "NoSuchKey"
    )
    return _conflict(doing) if is_conflict else storage_error(error, doing)


def _conflict(doing: str) -> ConflictError:
    return ConflictError(
        f"{doing}: another writer was first", hint="look at what is there now, then run it again"
    )
