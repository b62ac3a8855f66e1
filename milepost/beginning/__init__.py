"""The beginning of a project: what lies on S3, and the dbt project that is written for it."""

# What other wings import; all else is private to this one.
__all__ = ["inspection", "project", "report", "view_writer", "wishes"]
