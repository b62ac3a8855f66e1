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
# How pyarrow begins what S3 answered, or that it did not. That a file is missing is no failure.
_FAILURE = re.compile(r"AWS Error (?!NO_SUCH_KEY|RESOURCE_NOT_FOUND)")


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
    if not isinstance(error, OSError) or not _FAILURE.search(str(error)):
        return None
    return StorageError(
        f"reading {subject}: {str(error).splitlines()[0]}",
        hint="is the store up, and may who you are read there? AWS_ENDPOINT_URL and AWS_PROFILE "
        "say where and who",
    )


def is_index(name: str) -> bool:
    """Return whether a column is pandas' index, which its owner gave no name."""
    return _INDEX.fullmatch(name) is not None


def without_index(table: pa.Table) -> pa.Table:
    """Return a table without the columns that pandas made of an index without a name."""
    return table.select([name for name in table.column_names if not is_index(name)])
