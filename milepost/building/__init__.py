"""What dbt knows of the project: its models and tests, the code of each table, what was built."""

# What other wings import; all else is private to this one.
__all__ = [
    "batches",
    "build_records",
    "built_range",
    "built_tables",
    "catalog",
    "code",
    "column_meaning",
    "dbt_command",
    "dbt_runs",
    "declared_entities",
    "declared_views",
    "docs_site",
    "engine_tables",
    "fingerprint",
    "known_at",
    "model_files",
    "plan",
    "project",
    "raw_logs",
    "view_code",
]
