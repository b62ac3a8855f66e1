"""The raw log: what loaders land, and which landing dates are closed."""

# What other wings import; all else is private to this one.
__all__ = [
    "closed_tables",
    "copies",
    "declaration",
    "earlier",
    "joining",
    "landing",
    "layout",
    "ledger",
    "ledger_garbage",
    "loader",
    "reading",
    "reopening",
    "silence",
    "tables",
]
