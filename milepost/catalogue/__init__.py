"""What is on the shelf: search and descriptions of views, features and services."""

# What other wings import; all else is private to this one.
__all__ = ["describe", "shelf", "tables", "usage"]
