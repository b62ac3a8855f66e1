"""The review of a change: a report of what it does to features, and who has to approve it."""

# What other wings import; all else is private to this one.
__all__ = ["markdown", "owners", "report"]
