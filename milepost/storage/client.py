"""The S3 client of the process, and errors that say what was being done and what to try.

Credentials, region and endpoint come from the standard AWS chain (environment, shared config and
credentials files, instance role), so that nothing here holds a secret.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from botocore.exceptions import BotoCoreError, ClientError, SSOError, TokenRetrievalError

from milepost.errors import StorageError
from milepost.storage.list_parser import EVENT, parse_contents

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

PARALLEL_REQUESTS = 16
READ_TIMEOUT = 60.0
REQUEST_ATTEMPTS = 5

# What S3 and STS answer to credentials that end, and S3 to a request in another region's name.
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "RequestExpired"}
_ELSEWHERE = {
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
}

T = TypeVar("T")

# The session of each client. It asks for credentials once and renews them: a profile may run a
# program for them, or have a person type a code. It goes when `client.cache_clear()` drops its
# client.
_sessions: WeakKeyDictionary[S3Client, Session] = WeakKeyDictionary()


@dataclass(frozen=True)
class Endpoint:
    """Credentials, region and host for S3 readers other than boto3.

    `host` is None where each of them finds it by the region: the usual host of AWS. It is named
    where one was configured, also a private one of AWS, and where AWS has another in that region.
    """

    key: str | None
    secret: str | None = field(repr=False)
    token: str | None = field(repr=False)
    region: str
    host: str | None
    scheme: str

    def duckdb_secret(self) -> str:
        """Return the SQL that gives a DuckDB connection these credentials, in memory only."""
        secret = {
            "key_id": self.key,
            "secret": self.secret,
            "session_token": self.token,
            "region": self.region,
            "endpoint": self.host,
            "url_style": "path" if self.host else None,
            "use_ssl": str(self.scheme == "https").lower(),
        }
        items = ", ".join(
            "{} '{}'".format(name, str(value).replace("'", "''"))
            for name, value in secret.items()
            if value is not None
        )
        return f"create or replace secret milepost_s3 (type s3, provider config, {items})"


@lru_cache(maxsize=1)
def client() -> S3Client:
    """Return the S3 client of the standard AWS chain, shared by all threads."""
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": REQUEST_ATTEMPTS},
        # Several tables are listed at the same time, each by so many requests. A connection beyond
        # this number is closed after its request, and urllib3 warns of it.
        max_pool_connections=4 * PARALLEL_REQUESTS,
        connect_timeout=5,
        read_timeout=READ_TIMEOUT,
    )
    try:
        session = _session()
        s3 = session.client("s3", config=config)
    # An unknown profile, an endpoint without http://, a credential process that is not there.
    except (BotoCoreError, ValueError, OSError) as error:
        raise StorageError(
            f"the settings for S3 do not work: {error}",
            hint="correct AWS_PROFILE, AWS_ENDPOINT_URL or the file that AWS_CONFIG_FILE names",
        ) from error
    if urlsplit(s3.meta.endpoint_url).path not in {"", "/"}:
        raise StorageError(
            f"the endpoint `{s3.meta.endpoint_url}` has a path, and DuckDB and pyarrow take none",
            hint="set AWS_ENDPOINT_URL to an address of S3 without a path: https://host:port",
        )
    s3.meta.events.register(EVENT, parse_contents)
    _sessions[s3] = session
    return s3


def endpoint() -> Endpoint:
    """Return credentials, region and endpoint of the client, as they are at this moment."""
    s3 = client()
    credentials = call("looking for S3 credentials", _sessions[s3].get_credentials)
    if credentials is None:
        raise storage_error(None, "s3")
    frozen = call("asking for S3 credentials", credentials.get_frozen_credentials)
    region = s3.meta.region_name or "us-east-1"
    url = urlsplit(s3.meta.endpoint_url)
    # For us-east-1 boto3 names a FIPS host here that does not exist, and asks the right one.
    host = url.netloc.replace("aws-global", region)
    return Endpoint(
        key=frozen.access_key,
        secret=frozen.secret_key,
        token=frozen.token,
        region=region,
        host=None if host in {"s3.amazonaws.com", f"s3.{region}.amazonaws.com"} else host,
        scheme=url.scheme,
    )


def set_endpoint_variables() -> None:
    """Name the endpoint, where it is not AWS's usual one, in the variables that Sail reads.

    It is named for S3 alone, because boto3 renews credentials at other services of AWS. Without
    settings for S3 nothing is set: what first needs S3 says what is wrong, with its hint.
    """
    with suppress(StorageError):
        s3 = endpoint()
        if s3.host:
            os.environ["AWS_ENDPOINT_URL_S3"] = f"{s3.scheme}://{s3.host}"
            os.environ.setdefault("AWS_ALLOW_HTTP", str(s3.scheme == "http").lower())
            os.environ.setdefault("AWS_REGION", s3.region)


def call(doing: str, request: Callable[[], T]) -> T:
    """Run one request; a failure becomes a StorageError that begins with `doing`."""
    try:
        return request()
    except (ClientError, BotoCoreError) as error:
        raise storage_error(error, doing) from error


def http_status(error: ClientError) -> int:
    """Return the HTTP status with which S3 refused."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def storage_error(error: ClientError | BotoCoreError | None, doing: str) -> StorageError:
    """Turn an error of boto3 into one that a person can act on; None stands for no credentials."""
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "")
        if code in {"NoSuchBucket", "404"}:  # HEAD, of a bucket only, has no text
            return StorageError(
                f"{doing}: the bucket does not exist",
                hint="create the bucket, or correct the bucket's name in the URI",
            )
        if code == "AccessDenied":
            return StorageError(
                f"{doing}: refused ({code})",
                hint="who you are may not do this, such as a reader who writes: take another "
                "AWS_PROFILE, or ask for the right; docs/reference/security.md lists who needs "
                "which",
            )
        if code in {"403", "InvalidAccessKeyId", "SignatureDoesNotMatch"}:
            return StorageError(
                f"{doing}: refused ({code})",
                hint="the key, the secret or their rights are wrong; see AWS_PROFILE or "
                "AWS_ACCESS_KEY_ID in the environment",
            )
        if code in _EXPIRED:
            return StorageError(
                f"{doing}: the credentials are not valid any more ({code})",
                hint="sign in again, such as by `aws sso login`, or set AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new ones",
            )
        if code in _ELSEWHERE:
            return StorageError(
                f"{doing}: the bucket is in another region ({code})",
                hint="set AWS_DEFAULT_REGION, or `region` in the profile, to the bucket's region",
            )
        if code == "RequestTimeTooSkewed":
            return StorageError(
                f"{doing}: this machine's clock differs from that of S3 ({code})",
                hint="set the clock of this machine, such as by `timedatectl set-ntp true`",
            )
        return StorageError(
            f"{doing}: S3 answered {code}", hint="try again, or see the server's log"
        )
    if isinstance(error, SSOError | TokenRetrievalError):
        return StorageError(
            f"{doing}: no S3 credentials: {error}", hint="sign in again: `aws sso login`"
        )
    if error is None or "credential" in str(error).lower():
        return StorageError(
            f"{doing}: no S3 credentials",
            hint='for the local server run `eval "$(make -s env)"`; for AWS set AWS_PROFILE',
        )
    return StorageError(
        f"{doing}: S3 cannot be reached at {client().meta.endpoint_url}",
        hint="is the server up? `make s3-start` starts the local one; AWS_ENDPOINT_URL names "
        "another",
    )


def _session() -> Session:
    import boto3  # as long as half of all else that `import milepost` needs

    return boto3.Session()
