"""The scratch database that dbt built, opened to be read."""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building.catalog import Catalog
from milepost.errors import PublishError


def open_database(database: Path, catalog: Catalog) -> DuckDBPyConnection:
    """Open the database of the build that the manifest is of; a PublishError where it cannot be."""
    if not database.exists():
        raise PublishError(f"`{database}` does not exist", hint="run `dbt build` first")
    built_in = {catalog.nodes[view.unique_id]["database"] for view in catalog.feature_views()}
    if built_in - {database.stem}:
        raise PublishError(
            f"the manifest is of a build in the database `{', '.join(sorted(built_in))}`, and "
            f"`{database}` is named",
            hint="publish in the environment of that build, or `dbt build` in this one",
        )
    try:
        return duckdb.connect(database, read_only=True)
    except duckdb.Error as error:
        raise PublishError(
            f"`{database}` cannot be opened: {str(error).splitlines()[0]}",
            hint="it is no DuckDB file, or a dbt command is still running on it",
        ) from error
