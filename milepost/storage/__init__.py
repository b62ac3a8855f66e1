"""S3, the only place where data lives."""

# What other wings import; all else is private to this one.
__all__ = ["arrow", "client", "conditional", "location", "s3", "uploads"]
