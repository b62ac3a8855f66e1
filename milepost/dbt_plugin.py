"""The dbt-duckdb plugin that a profile names: S3 by the AWS chain, and where the store is.

It gives each DuckDB connection a secret, in memory only.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from milepost.errors import StorageError
from milepost.storage.client import endpoint


class Plugin(BasePlugin):
    """`plugins: [{module: milepost.dbt_plugin, config: {store_uri: ...}}]` in profiles.yml.

    `milepost.dbt_answers` reads the configuration.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take any configuration."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give a new connection the secret."""
        with suppress(StorageError):  # said, with its hint, when something first needs S3
            conn.execute(endpoint().duckdb_secret())
