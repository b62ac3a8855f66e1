"""What dbt built, opened to be read: a scratch database, or the tables of another engine on S3.

Both are a DuckDB connection, which has the records of builds and tests in `milepost_checks`, and
each table under its name in dbt's manifest. The gate, the reviewer and the publisher know
only that, so that a release is made alike whichever engine built its tables.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building.catalog import Catalog
from milepost.building.engine_tables import EngineTables
from milepost.errors import PublishError
from milepost.storage.location import Location

_DUCKDB = "duckdb"


def is_built(database: Path, catalog: Catalog) -> bool:
    """Return whether dbt has built something; another engine's tables are not looked for."""
    return catalog.adapter != _DUCKDB or database.exists()


def open_tables(database: Path, catalog: Catalog) -> DuckDBPyConnection:
    """Open the tables of the build that the manifest is of; a PublishError where they cannot be.

    `database` is the scratch database of a build with DuckDB. Another engine's tables are where the
    manifest says, and DuckDB reads their files.
    """
    if catalog.adapter != _DUCKDB:
        return _engine_tables(catalog).open(catalog.nodes.values())
    if not database.exists():
        raise PublishError(f"`{database}` does not exist", hint="run `dbt build` first")
    built_in = {catalog.nodes[view.unique_id]["database"] for view in catalog.feature_views()}
    if built_in - {database.stem}:
        raise PublishError(
            f"the manifest is of a build in the database `{', '.join(sorted(built_in))}`, and "
            f"`{database}` is named",
            hint="publish in the environment of that build, or `dbt build` in this one",
        )
    return open_records(database, catalog)


def open_records(database: Path, catalog: Catalog) -> DuckDBPyConnection:
    """Open the records of builds, of another engine without its tables; errors as `open_tables`."""
    if catalog.adapter != _DUCKDB:
        return _engine_tables(catalog).con
    try:
        return duckdb.connect(database, read_only=True)
    except duckdb.Error as error:
        raise PublishError(
            f"`{database}` cannot be opened: {str(error).splitlines()[0]}",
            hint="it is no DuckDB file, or a dbt command is still running on it",
        ) from error


def _engine_tables(catalog: Catalog) -> EngineTables:
    """Return the tables of the engine that the manifest is of."""
    places = {
        str(place)
        for node in catalog.nodes.values()
        if (place := node["config"].get("location_root"))
    }
    if len(places) > 1:
        raise PublishError(
            f"the manifest has tables in several places: {', '.join(sorted(places))}",
            hint="give all models and seeds one `location_root`, in dbt_project.yml",
        )
    return EngineTables.at(Location.parse(places.pop()) if places else None)
