"""S3 as pyarrow sees it."""

from __future__ import annotations

from pyarrow.fs import S3FileSystem

from milepost.storage.client import endpoint


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
