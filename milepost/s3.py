"""The public face of storage: `Location`, a bucket and a prefix, as loaders name their raw log."""

from milepost.storage.location import Location

__all__ = ["Location"]
