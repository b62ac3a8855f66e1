"""Where something lives on S3: a bucket and a prefix in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from milepost.errors import StorageError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*")


@dataclass(frozen=True)
class Location:
    """A bucket and a prefix in it: `s3://bucket/some/prefix`. It may also name one object."""

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
        """Return the whole key of the object `name` below this location."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def uri(self, name: str = "") -> str:
        """Return the URI of the object `name`, or of the location itself."""
        return f"s3://{self.bucket}/{self.key(name)}".rstrip("/")

    def path(self, name: str = "") -> str:
        """Return bucket and key of the object `name`, or of the location itself, for pyarrow."""
        return f"{self.bucket}/{self.key(name)}".rstrip("/")
