"""S3, the only place where data lives: one client, one way to name an object, errors with hints.

Credentials, region and endpoint come from the standard AWS chain (environment, shared config and
credentials files, instance role), so that nothing here holds a secret.
"""

from __future__ import annotations

import hashlib
import random
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSOError,
    TokenRetrievalError,
)
from urllib3.exceptions import HTTPError

from milepost.errors import ConflictError, StorageError

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*")

PARALLEL_REQUESTS = 16
READ_TIMEOUT = 60.0
# Of what boto3 does not try again by itself: a body that breaks off, a conditional write.
ATTEMPTS = 5
# A file from this size on goes up in parts, side by side.
PART_BYTES = 64 * 2**20

T = TypeVar("T")


@dataclass(frozen=True)
class Location:
    """A bucket and a prefix in it: `s3://bucket/some/prefix`."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> Location:
        """Read an S3 URI; anything but plain names in it is refused, so that it is safe in SQL."""
        scheme, _, rest = uri.partition("://")
        bucket, _, prefix = rest.partition("/")
        prefix = prefix.rstrip("/")
        path_tricks = {".", ".."} & set(prefix.split("/"))
        if (
            scheme != "s3"
            or not _BUCKET.fullmatch(bucket)
            or (prefix and not _PREFIX.fullmatch(prefix))
            or path_tricks
        ):
            raise StorageError(
                f"`{uri}` is not an S3 location",
                hint="write s3://bucket/prefix with letters, digits, `.`, `_`, `=` and `-`",
            )
        return cls(bucket, prefix)

    def key(self, name: str) -> str:
        """The whole key of the object `name` below this location."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def uri(self, name: str = "") -> str:
        """The URI of the object `name`, or of the location itself."""
        return f"s3://{self.bucket}/{self.key(name)}".rstrip("/")


@dataclass(frozen=True)
class Listed:
    """An object in a listing: its name below the location, its size in bytes and its ETag.

    Of an upload that is not complete, `bytes` are those sent and `etag` is the upload's id.
    """

    name: str
    bytes: int
    etag: str
    modified: datetime = field(compare=False)


def _session() -> Session:
    import boto3  # as long as half of all else that `import milepost` needs

    return boto3.Session()


@lru_cache(maxsize=1)
def client() -> S3Client:
    """The S3 client of the standard AWS chain, shared by all threads."""
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 4},
        max_pool_connections=PARALLEL_REQUESTS,
        connect_timeout=5,
        read_timeout=READ_TIMEOUT,
    )
    try:
        return _session().client("s3", config=config)
    # An unknown profile, an endpoint without http://, a credential process that is not there.
    except (BotoCoreError, ValueError, OSError) as error:
        raise StorageError(
            f"the settings for S3 do not work: {error}",
            hint="correct AWS_PROFILE, AWS_ENDPOINT_URL or the file that AWS_CONFIG_FILE names",
        ) from error


def endpoint_options() -> dict[str, Any]:
    """What other S3 readers need to know: key, secret, token, region, endpoint, path style."""
    s3 = client()
    credentials = call("looking for S3 credentials", _session().get_credentials)
    if credentials is None:
        raise _hinted(None, "s3")
    frozen = call("asking for S3 credentials", credentials.get_frozen_credentials)
    endpoint = urlsplit(s3.meta.endpoint_url)
    on_aws = (endpoint.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return {
        "key": frozen.access_key,
        "secret": frozen.secret_key,
        "token": frozen.token,
        "region": s3.meta.region_name or "us-east-1",
        "endpoint": None if on_aws else endpoint.netloc,
        "scheme": endpoint.scheme,
    }


def duckdb_secret() -> str:
    """The statement that gives a DuckDB connection what `endpoint_options` says, in memory."""
    options = endpoint_options()
    secret = {
        "key_id": options["key"],
        "secret": options["secret"],
        "session_token": options["token"],
        "region": options["region"],
        "endpoint": options["endpoint"],
        "url_style": "path" if options["endpoint"] else None,
        "use_ssl": str(options["scheme"] == "https").lower(),
    }
    items = ", ".join(
        "{} '{}'".format(name, str(value).replace("'", "''"))
        for name, value in secret.items()
        if value is not None
    )
    return f"create or replace secret milepost_s3 (type s3, provider config, {items})"


def call(what: str, request: Callable[[], T]) -> T:
    """Run one request; a failure becomes an error that says what was being done, and a hint."""
    try:
        return request()
    except (ClientError, BotoCoreError) as error:
        raise _hinted(error, what) from error


def listing(location: Location, below: str = "", *, after: str = "") -> Iterator[Listed]:
    """Every object whose name below `location` starts with `below`, and is greater than `after`."""
    start_after: dict[str, Any] = {"StartAfter": location.key(after)} if after else {}
    start = len(location.key("")) if location.prefix else 0
    pages = client().get_paginator("list_objects_v2")
    try:
        for page in pages.paginate(
            Bucket=location.bucket, Prefix=location.key(below), **start_after
        ):
            for item in page.get("Contents", []):
                yield Listed(
                    item["Key"][start:],
                    item["Size"],
                    item["ETag"].strip('"'),
                    item["LastModified"].astimezone(UTC).replace(tzinfo=None),
                )
    except (ClientError, BotoCoreError) as error:
        raise _hinted(error, f"listing `{location.uri(below)}`") from error


def folders(location: Location) -> Iterator[str]:
    """The first part of every name below `location` that has more parts."""
    start = len(location.key("")) if location.prefix else 0
    pages = client().get_paginator("list_objects_v2")
    try:
        for page in pages.paginate(Bucket=location.bucket, Prefix=location.key(""), Delimiter="/"):
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"][start:].rstrip("/")
    except (ClientError, BotoCoreError) as error:
        raise _hinted(error, f"listing `{location.uri()}`") from error


def clock(location: Location) -> datetime:
    """What time it is for the server, naive UTC: what a listing's `modified` is compared with."""
    reply = call(
        f"reading the clock of `{location.uri()}`",
        lambda: client().head_bucket(Bucket=location.bucket),
    )
    date = parsedate_to_datetime(reply["ResponseMetadata"]["HTTPHeaders"]["date"])
    return date.astimezone(UTC).replace(tzinfo=None)


def get(location: Location, name: str) -> tuple[bytes, str] | None:
    """An object's bytes and ETag, or None where there is none."""
    chunks: list[bytes] = []
    etag = _stream(location, name, chunks.append, chunks.clear)
    return None if etag is None else (b"".join(chunks), etag)


def sha256(location: Location, name: str) -> tuple[str, int] | None:
    """The SHA-256 and the size of an object's bytes as they are read, or None."""
    return digest(location, name, hashlib.sha256)


def digest(location: Location, name: str, algorithm: Callable[[], Any]) -> tuple[str, int] | None:
    """The hash and the size of an object's bytes as they are read, or None."""
    digest, size = algorithm(), 0

    def restart() -> None:
        nonlocal digest, size
        digest, size = algorithm(), 0

    def take(chunk: bytes) -> None:
        nonlocal size
        digest.update(chunk)
        size += len(chunk)

    etag = _stream(location, name, take, restart)
    return None if etag is None else (digest.hexdigest(), size)


def _stream(
    location: Location, name: str, take: Callable[[bytes], object], restart: Callable[[], object]
) -> str | None:
    """Hand an object's bytes on and return its ETag; None where there is none.

    boto3 tries a request again, but not the reading of its body.
    """

    def request() -> str | None:
        for attempt in range(ATTEMPTS):
            restart()
            try:
                reply = client().get_object(Bucket=location.bucket, Key=location.key(name))
                for chunk in reply["Body"].iter_chunks(2**20):
                    take(chunk)
                return reply["ETag"]
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    return None
                if _status(error) != 409 or attempt == ATTEMPTS - 1:
                    raise
            except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                if attempt == ATTEMPTS - 1:
                    raise
            except HTTPError as error:  # boto3 lets it through from the body of a refusal
                if attempt == ATTEMPTS - 1:
                    raise ResponseStreamingError(error=error) from error
            _wait(attempt)
        raise AssertionError

    return call(f"reading `{location.uri(name)}`", request)


def put(
    location: Location, name: str, body: bytes, *, new: bool = False, if_match: str | None = None
) -> str:
    """Write an object and return its ETag.

    `new` refuses to replace one; `if_match` replaces only the version with that ETag. Either way
    the loser of a race gets a ConflictError. Where a reply is lost, what is there decides.
    """
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if new else {}
    if if_match is not None:
        condition["IfMatch"] = if_match
    what = f"writing `{location.uri(name)}`"

    def request() -> str:
        reply = client().put_object(
            Bucket=location.bucket, Key=location.key(name), Body=body, **condition
        )
        return reply["ETag"].strip('"')

    if not condition:
        return call(what, request)
    for attempt in range(ATTEMPTS):
        try:
            return request()
        except (ClientError, BotoCoreError) as error:
            failure = error
        if attempt == 0 and _is_certain(failure):
            break
        try:
            there = get(location, name)
        except StorageError as error:
            raise StorageError(
                f"{what}: the reply was lost, and it cannot be read whether it was written",
                hint="see what is there, then run it again",
            ) from error
        if there and there[0] == body:
            return there[1].strip('"')
        if (there is not None) if new else (there is None or not _is_etag(there[1], if_match)):
            raise _conflict(what) from failure
        _wait(attempt)  # it may still arrive; the condition holds, so writing again is safe
    is_conflict = isinstance(failure, ClientError) and _status(failure) in {409, 412}
    raise (_conflict(what) if is_conflict else _hinted(failure, what)) from failure


def rewrite(location: Location, name: str, body: bytes, etag: str) -> None:
    """Write an object again as it is, so that it counts as new; not where it has gone.

    The ETag stays, and so does the condition: boto3 can try again, and a reply means it is done.
    """
    _conditional(
        f"writing `{location.uri(name)}`",
        lambda: client().put_object(
            Bucket=location.bucket, Key=location.key(name), Body=body, IfMatch=etag
        ),
    )


def remove_version(location: Location, name: str, etag: str) -> None:
    """Remove an object if it is still the one with that ETag."""
    _conditional(
        f"removing `{location.uri(name)}`",
        lambda: client().delete_object(
            Bucket=location.bucket, Key=location.key(name), IfMatch=etag
        ),
    )


def upload(location: Location, name: str, body: Any, digest: str) -> None:
    """Write an object of a name that nobody else writes, from a buffer, a large one in parts.

    `digest` is its SHA-256 in hex: S3 checks that of an object in one part.
    """
    import pyarrow as pa
    from boto3.s3.transfer import TransferConfig

    there: dict[str, Any] = {"Bucket": location.bucket, "Key": location.key(name)}
    config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES // 2)
    checksum = b64encode(bytes.fromhex(digest)).decode()

    def send() -> None:
        content = pa.BufferReader(body)
        if body.size < PART_BYTES:
            client().put_object(**there, Body=content, ChecksumSHA256=checksum)
        else:
            client().upload_fileobj(content, **there, Config=config)

    call(f"writing `{location.uri(name)}`", send)


def remove(location: Location, names: Iterable[str]) -> None:
    """Remove objects; one that is not there is removed already."""
    rest = list(names)
    while rest:
        batch, rest = rest[:1000], rest[1000:]
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


def unfinished_uploads(location: Location) -> Iterator[Listed]:
    """Every upload in parts below `location` that is not complete."""
    start = len(location.key("")) if location.prefix else 0
    pages = client().get_paginator("list_multipart_uploads")
    parts = client().get_paginator("list_parts")
    try:
        for page in pages.paginate(Bucket=location.bucket, Prefix=location.key("")):
            for item in page.get("Uploads", []):
                sent = parts.paginate(
                    Bucket=location.bucket, Key=item["Key"], UploadId=item["UploadId"]
                )
                yield Listed(
                    item["Key"][start:],
                    sum(part["Size"] for one in sent for part in one.get("Parts", [])),
                    item["UploadId"],
                    item["Initiated"].astimezone(UTC).replace(tzinfo=None),
                )
    except (ClientError, BotoCoreError) as error:
        raise _hinted(error, f"listing uploads below `{location.uri()}`") from error


def abort_upload(location: Location, upload: Listed) -> None:
    """Drop the parts of an upload that is not complete."""
    call(
        f"ending the upload of `{location.uri(upload.name)}`",
        lambda: client().abort_multipart_upload(
            Bucket=location.bucket, Key=location.key(upload.name), UploadId=upload.etag
        ),
    )


def _is_certain(error: ClientError | BotoCoreError) -> bool:
    """Whether the first answer to a conditional write says that it was not done."""
    if not isinstance(error, ClientError):
        return False
    # 409 asks for another attempt; 412 may be the answer to boto3's own second one.
    again = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
    return _status(error) < 500 and _status(error) not in {408, 409, 429} and not again


def _is_etag(there: str, expected: str | None) -> bool:
    return expected is not None and there.strip('"') == expected.strip('"')


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0.5, 1) * 0.1 * 2**attempt)  # noqa: S311 - jitter, no secret


def _conflict(what: str) -> ConflictError:
    return ConflictError(
        f"{what}: another writer was first", hint="look at what is there now, then run it again"
    )


def _conditional(what: str, request: Callable[[], object]) -> None:
    """Run a request with a condition that stays as true as it was if boto3 runs it twice."""
    try:
        request()
    except (ClientError, BotoCoreError) as error:
        is_conflict = isinstance(error, ClientError) and _status(error) in {409, 412}
        raise (_conflict(what) if is_conflict else _hinted(error, what)) from error


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _hinted(error: ClientError | BotoCoreError | None, what: str) -> StorageError:
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "")
        if code in {"NoSuchBucket", "404"}:  # HEAD, of a bucket only, has no text
            return StorageError(
                f"{what}: the bucket does not exist",
                hint="create the bucket, or correct the bucket's name in the URI",
            )
        if code in {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"}:
            return StorageError(
                f"{what}: refused ({code})",
                hint="the key, the secret or their rights are wrong; see AWS_PROFILE or "
                "AWS_ACCESS_KEY_ID in the environment",
            )
        return StorageError(
            f"{what}: S3 answered {code}", hint="try again, or see the server's log"
        )
    if isinstance(error, SSOError | TokenRetrievalError):
        return StorageError(
            f"{what}: no S3 credentials: {error}", hint="sign in again: `aws sso login`"
        )
    if error is None or "credential" in str(error).lower():
        return StorageError(
            f"{what}: no S3 credentials",
            hint='for the local server run `eval "$(make -s env)"`; for AWS set AWS_PROFILE',
        )
    return StorageError(
        f"{what}: S3 cannot be reached at {client().meta.endpoint_url}",
        hint="is the server up? `make s3-start` starts the local one; AWS_ENDPOINT_URL names "
        "another",
    )
