"""S3 and pandas as pyarrow sees them."""

from __future__ import annotations

import re

import pyarrow as pa
from pyarrow.fs import S3FileSystem

from milepost.storage.client import endpoint

# What pandas calls an index that has no name of its own.
_INDEX = re.compile(r"__index_level_\d+__")


def filesystem() -> S3FileSystem:
    """Return a filesystem with the credentials of this moment; pyarrow does not renew them."""
    options = endpoint()
    return S3FileSystem(
        access_key=options.key,
        secret_key=options.secret,
        session_token=options.token,
        region=options.region,
        endpoint_override=options.host,
        scheme=options.scheme,
    )


def is_index(name: str) -> bool:
    """Return whether a column is pandas' index, which its owner gave no name."""
    return _INDEX.fullmatch(name) is not None


def without_index(table: pa.Table) -> pa.Table:
    """Return a table without the columns that pandas made of an index without a name."""
    return table.select([name for name in table.column_names if not is_index(name)])
