"""The public face of storage: `Location`, a bucket and a prefix, as loaders name their raw log."""

from milepost.storage.s3 import Location

__all__ = ["Location"]
