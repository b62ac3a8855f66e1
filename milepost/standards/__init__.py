"""The standards that a project is held to: what rules and rungs say of its models, and where."""

# What other wings import; all else is private to this one.
__all__ = [
    "check",
    "dbt",
    "examined_view",
    "finding",
    "promote",
    "requirement",
    "requirements.production",
    "rules",
    "standing",
]
