"""From tested tables to a release: the rules of the gate, the export and the commit."""

# What other wings import; all else is private to this one.
__all__ = [
    "candidate",
    "data_files",
    "export",
    "past",
    "publish",
    "publishable",
    "refusal",
    "rules.builds",
    "rules.promises",
    "rules.table",
]
