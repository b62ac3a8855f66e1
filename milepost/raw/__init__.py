"""The raw log: what loaders land, and which landing dates are closed."""

# What other wings import; all else is private to this one.
__all__ = [
    "closed_dates",
    "declaration",
    "landing",
    "ledger_garbage",
    "markers",
    "reopening",
]
