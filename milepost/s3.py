"""S3, the only place where data lives: one client, one way to name an object, errors with hints.

Credentials, region and endpoint come from the standard AWS chain (environment, shared config and
credentials files, instance role), so that nothing here holds a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from milepost.errors import ConflictError, StorageError

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*")

PARALLEL_REQUESTS = 16

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
    """An object in a listing: its name below the location, its size in bytes and its ETag."""

    name: str
    bytes: int
    etag: str


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
    )
    try:
        return _session().client("s3", config=config)
    except (BotoCoreError, ValueError) as error:  # an unknown profile, an endpoint without http://
        raise StorageError(
            f"the settings for S3 do not work: {error}",
            hint="correct AWS_PROFILE, AWS_ENDPOINT_URL or the file that AWS_CONFIG_FILE names",
        ) from error


def endpoint_options() -> dict[str, Any]:
    """What other S3 readers need to know: key, secret, token, region, endpoint, path style."""
    s3 = client()
    credentials = _session().get_credentials()
    if credentials is None:
        raise _hinted(None, "s3")
    frozen = credentials.get_frozen_credentials()
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


def listing(location: Location, below: str = "") -> Iterator[Listed]:
    """Every object whose name below `location` starts with `below`."""
    start = len(location.key("")) if location.prefix else 0
    pages = client().get_paginator("list_objects_v2")
    try:
        for page in pages.paginate(Bucket=location.bucket, Prefix=location.key(below)):
            for item in page.get("Contents", []):
                yield Listed(item["Key"][start:], item["Size"], item["ETag"].strip('"'))
    except (ClientError, BotoCoreError) as error:
        raise _hinted(error, f"listing `{location.uri(below)}`") from error


def get(location: Location, name: str) -> tuple[bytes, str] | None:
    """An object's bytes and ETag, or None where there is none."""

    def request() -> tuple[bytes, str] | None:
        try:
            reply = client().get_object(Bucket=location.bucket, Key=location.key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return reply["Body"].read(), reply["ETag"]

    return call(f"reading `{location.uri(name)}`", request)


def put(
    location: Location, name: str, body: bytes, *, new: bool = False, if_match: str | None = None
) -> str:
    """Write an object and return its ETag.

    `new` refuses to replace one; `if_match` replaces only the version with that ETag. Either way
    the loser of a race gets a ConflictError.
    """
    condition: dict[str, Any] = {}
    if new:
        condition["IfNoneMatch"] = "*"
    if if_match is not None:
        condition["IfMatch"] = if_match
    reply = call(
        f"writing `{location.uri(name)}`",
        lambda: client().put_object(
            Bucket=location.bucket, Key=location.key(name), Body=body, **condition
        ),
    )
    return reply["ETag"].strip('"')


def _hinted(error: ClientError | BotoCoreError | None, what: str) -> StorageError | ConflictError:
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "")
        if code in {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}:
            return ConflictError(
                f"{what}: another writer was first",
                hint="look at what is there now, then run it again",
            )
        if code == "NoSuchBucket":
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
