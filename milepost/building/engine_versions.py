"""The versions of the packages that stand for the code of an engine, as parts of a table's code."""

from __future__ import annotations

from importlib.metadata import version

from milepost.errors import PublishError

# An engine's arithmetic, dbt's macros and materializations. Spark itself is installed elsewhere.
_PACKAGES = {
    "duckdb": ("dbt-adapters", "dbt-duckdb", "duckdb"),
    "sail": ("dbt-adapters", "dbt-spark", "dbt-sail", "pysail"),
    "spark": ("dbt-adapters", "dbt-spark"),
}


def engine_versions(adapter: str) -> dict[str, str]:
    """Return the version of each package by the name of its part of a code.

    Raises a PublishError for an engine that Milepost does not build on.
    """
    if adapter not in _PACKAGES:
        raise PublishError(
            f"Milepost does not build on `{adapter}`",
            hint=f"take a target of one of these types: {', '.join(_PACKAGES)}",
        )
    return {f"version of {name}": version(name) for name in _PACKAGES[adapter]}
