"""S3 and pandas as pyarrow sees them."""

from __future__ import annotations

import os
import re
import threading

import pyarrow as pa
from pyarrow.fs import S3FileSystem

from milepost.storage.client import endpoint

# What pandas calls an index that has no name of its own.
_INDEX = re.compile(r"__index_level_\d+__")
# pyarrow reads ranges, of which S3 rarely has a checksum. That the AWS SDK looks for one, in each
# 16 KB of a reply, takes a tenth of a lookup's CPU. 2026-11.
_RESPONSE_CHECKSUMS = "AWS_RESPONSE_CHECKSUM_VALIDATION"


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
        )
    finally:
        if is_ours:  # It is for no other client, such as one of boto3.
            del os.environ[_RESPONSE_CHECKSUMS]


def is_index(name: str) -> bool:
    """Return whether a column is pandas' index, which its owner gave no name."""
    return _INDEX.fullmatch(name) is not None


def without_index(table: pa.Table) -> pa.Table:
    """Return a table without the columns that pandas made of an index without a name."""
    return table.select([name for name in table.column_names if not is_index(name)])
