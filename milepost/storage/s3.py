"""Objects on S3, the only place where data lives: list, read, write, remove.

Writes that must not replace another writer's are in `conditional`, large ones in `uploads`.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from milepost.errors import StorageError
from milepost.storage.client import call, client, http_status, storage_error
from milepost.storage.location import Location

# Attempts of our own, each of up to 5 requests by boto3: where a body breaks off, and where it is
# not known whether a conditional write was done.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """An object in a listing: its name below the location, its size in bytes and its ETag."""

    name: str
    bytes: int
    etag: str
    modified: datetime = field(compare=False)
    """When it was written, by the server's clock, naive UTC."""


class StoredObject(NamedTuple):
    """An object's bytes and its ETag, without quotes."""

    body: bytes
    etag: str


def listing(location: Location, below: str = "", *, after: str = "") -> Iterator[ObjectMeta]:
    """Yield each object whose name below `location` starts with `below` and is above `after`."""
    start_after = {"StartAfter": location.key(after)} if after else {}
    start = name_start(location)
    for page in _pages(location, below, **start_after):
        for item in page.get("Contents", []):
            yield _object_meta(item, start)


def folders(location: Location) -> Iterator[str]:
    """Yield the name of each folder right below `location`."""
    start = name_start(location)
    for page in _pages(location, Delimiter="/"):
        for item in page.get("CommonPrefixes", []):
            yield item["Prefix"][start:].rstrip("/")


def level(location: Location, folder: str = "") -> tuple[list[str], list[ObjectMeta]]:
    """Return the folders and the objects right below a folder, whose name ends in `/`.

    Names are those below `location`, folders without a `/` at their end.
    """
    start = name_start(location)
    folder_names: list[str] = []
    objects: list[ObjectMeta] = []
    for page in _pages(location, folder, Delimiter="/"):
        folder_names += [
            item["Prefix"][start:].rstrip("/") for item in page.get("CommonPrefixes", [])
        ]
        objects += [_object_meta(item, start) for item in page.get("Contents", [])]
    return folder_names, objects


def name_start(location: Location) -> int:
    """Return where an object's name below `location` begins in its key."""
    return len(location.key("")) if location.prefix else 0


def clock(location: Location) -> datetime:
    """Return the server's time, naive UTC: what a listing's `modified` is compared with."""
    reply = call(
        f"reading the clock of `{location.uri()}`",
        lambda: client().head_bucket(Bucket=location.bucket),
    )
    date = parsedate_to_datetime(reply["ResponseMetadata"]["HTTPHeaders"]["date"])
    return date.astimezone(UTC).replace(tzinfo=None)


def get(location: Location, name: str) -> StoredObject | None:
    """Return an object, or None where there is none."""
    chunks: list[bytes] = []
    etag = _stream(location, name, chunks.append, chunks.clear)
    return None if etag is None else StoredObject(b"".join(chunks), etag)


def tail(location: Location, name: str, size: int, tail_size: int) -> StoredObject | None:
    """Return the last bytes of an object that has `size` of them, or None where there is none."""
    chunks: list[bytes] = []
    start = max(size - tail_size, 0)
    etag = _stream(
        location, name, chunks.append, chunks.clear, {"Range": f"bytes={start}-{size - 1}"}
    )
    return None if etag is None else StoredObject(b"".join(chunks), etag)


def sha256(location: Location, name: str) -> tuple[str, int] | None:
    """Return the SHA-256 and the size of an object's bytes as they are read, or None."""
    return digest(location, name, hashlib.sha256)


def digest(location: Location, name: str, algorithm: Callable[[], Any]) -> tuple[str, int] | None:
    """Return the hash and the size of an object's bytes as they are read, or None."""
    content_hash, size = algorithm(), 0

    def restart() -> None:
        nonlocal content_hash, size
        content_hash, size = algorithm(), 0

    def take(chunk: bytes) -> None:
        nonlocal size
        content_hash.update(chunk)
        size += len(chunk)

    etag = _stream(location, name, take, restart)
    return None if etag is None else (content_hash.hexdigest(), size)


def put(location: Location, name: str, body: bytes) -> str:
    """Write an object, in place of one of the same name if there is one; return the new ETag."""
    reply = call(
        f"writing `{location.uri(name)}`",
        lambda: client().put_object(Bucket=location.bucket, Key=location.key(name), Body=body),
    )
    return reply["ETag"].strip('"')


def remove(location: Location, names: Iterable[str]) -> None:
    """Remove objects; it is no error where one of them does not exist."""
    remaining = list(names)
    while remaining:
        batch, remaining = remaining[:1000], remaining[1000:]
        keys = [{"Key": location.key(name)} for name in batch]
        reply = call(
            f"removing {len(batch)} objects below `{location.uri()}`",
            lambda keys=keys: client().delete_objects(  # type: ignore[misc]
                Bucket=location.bucket, Delete={"Objects": keys, "Quiet": True}
            ),
        )
        for error in reply.get("Errors", []):
            raise StorageError(
                f"removing `s3://{location.bucket}/{error['Key']}`: S3 answered {error['Code']}",
                hint="removing needs the right to delete; run it again",
            )


def wait_before_retry(attempt: int) -> None:
    """Wait a little: longer after each attempt, and at random, so that processes do not collide."""
    time.sleep(random.uniform(0.5, 1) * 0.1 * 2**attempt)  # noqa: S311 - jitter, no secret


def _pages(location: Location, below: str = "", **options: str) -> Iterator[Any]:
    """Yield the pages of a listing.

    boto3's paginator would look through the files of all services of AWS, in each thread.
    """
    options |= {"Bucket": location.bucket, "Prefix": location.key(below)}
    try:
        while True:
            page = client().list_objects_v2(**options)  # type: ignore[arg-type]
            yield page
            if not page.get("IsTruncated"):
                return
            options["ContinuationToken"] = page["NextContinuationToken"]
    except (ClientError, BotoCoreError) as error:
        raise storage_error(error, f"listing `{location.uri(below)}`") from error


def _object_meta(item: Any, start: int) -> ObjectMeta:
    return ObjectMeta(
        item["Key"][start:],
        item["Size"],
        item["ETag"].strip('"'),
        item["LastModified"].astimezone(UTC).replace(tzinfo=None),
    )


def _stream(
    location: Location,
    name: str,
    take: Callable[[bytes], object],
    restart: Callable[[], object],
    options: dict[str, Any] | None = None,
) -> str | None:
    """Hand an object's bytes to `take` and return its ETag; None where there is no object.

    boto3 tries a request again after 429, 500, 502, 503 and 504, but not after 409, and not where
    the body of a reply breaks off: these are tried again here. Before each attempt `restart` is
    called, so that the bytes of the attempt before are forgotten. Any other status is a failure at
    once, but for the 404 of a missing object, which is an answer.
    """

    def request() -> str | None:
        from urllib3.exceptions import HTTPError  # half of the time that `import milepost` took

        for attempt in range(ATTEMPTS):
            restart()
            try:
                reply = client().get_object(
                    Bucket=location.bucket, Key=location.key(name), **(options or {})
                )
                for chunk in reply["Body"].iter_chunks(2**20):
                    take(chunk)
                return reply["ETag"].strip('"')
            except ClientError as error:
                # A range that is not there: the object is shorter than it was.
                if error.response["Error"]["Code"] in {"NoSuchKey", "InvalidRange"}:
                    return None
                # S3 may answer 409 while a conditional write of the same object is under way.
                if http_status(error) != 409 or attempt == ATTEMPTS - 1:
                    raise
            except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                if attempt == ATTEMPTS - 1:
                    raise
            except HTTPError as error:  # boto3 lets it through from the body of a refusal
                if attempt == ATTEMPTS - 1:
                    raise ResponseStreamingError(error=error) from error
            wait_before_retry(attempt)
        raise AssertionError

    return call(f"reading `{location.uri(name)}`", request)
