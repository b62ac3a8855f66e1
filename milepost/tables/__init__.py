"""Releases as Iceberg tables over the same data files, for engines that read tables."""

# What other wings import; all else is private to this one.
__all__ = ["write"]
