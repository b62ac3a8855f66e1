"""Stress: what a fault in the raw log does to each feature, and whether a check tells."""

# What other wings import; all else is private to this one.
__all__ = [
    "certificate",
    "judgement",
    "stress",
]
