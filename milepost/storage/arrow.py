"""S3 and pandas as pyarrow sees them."""

from __future__ import annotations

import os
import re
import threading

import pyarrow as pa
from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

from milepost.errors import StorageError
from milepost.storage.client import REQUEST_ATTEMPTS, endpoint

# What pandas calls an index that has no name of its own.
_INDEX = re.compile(r"__index_level_\d+__")
# pyarrow reads ranges, of which S3 rarely has a checksum. That the AWS SDK looks for one, in each
# 16 KB of a reply, takes a tenth of a lookup's CPU. 2026-11.
_RESPONSE_CHECKSUMS = "AWS_RESPONSE_CHECKSUM_VALIDATION"
# What pyarrow says, also through DuckDB, where S3 refused a request or did not answer it. An object
# that is missing, or shorter than it was, is no failure of S3.
_FAILURE = re.compile(
    r"^.*AWS Error (?!NO_SUCH_KEY|RESOURCE_NOT_FOUND|UNKNOWN \(HTTP status 416\)).*$", re.MULTILINE
)


def filesystem() -> S3FileSystem:
    """Return a filesystem with the credentials of this moment; pyarrow does not renew them."""
    options = endpoint()
    # pyarrow has no option for it, and takes what the environment says at this moment. The
    # environment is not ours where another thread may read it.
    is_ours = _RESPONSE_CHECKSUMS not in os.environ and threading.active_count() == 1
    if is_ours:
        os.environ[_RESPONSE_CHECKSUMS] = "when_required"
    try:
        return S3FileSystem(
            access_key=options.key,
            secret_key=options.secret,
            session_token=options.token,
            region=options.region,
            endpoint_override=options.host,
            scheme=options.scheme,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=REQUEST_ATTEMPTS),
        )
    finally:
        if is_ours:  # It is for no other client, such as one of boto3.
            del os.environ[_RESPONSE_CHECKSUMS]


def storage_failure(subject: str, error: Exception) -> StorageError | None:
    """Return the error for what S3 does not give; None where the file itself is at fault."""
    failure = _FAILURE.search(str(error))
    if not failure:
        return None
    # A library between hands on what was said here before, with what it says itself around it.
    text, _, _ = failure[0].partition(". Detail: Python exception")
    said_before = text.find("reading `")
    return StorageError(
        text[said_before:]
        if said_before >= 0
        else f"reading {subject}: S3 refused or did not answer: {text}",
        hint="is the store up, and are you allowed to read there? AWS_ENDPOINT_URL says where it "
        "is, AWS_PROFILE who you are",
    )


def is_index(name: str) -> bool:
    """Return whether a column is pandas' index, which its owner gave no name."""
    return _INDEX.fullmatch(name) is not None


def without_index(table: pa.Table) -> pa.Table:
    """Return a table without the columns that pandas made of an index without a name."""
    return table.select([name for name in table.column_names if not is_index(name)])
