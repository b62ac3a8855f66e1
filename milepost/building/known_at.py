"""How the raw tables of a feature view say when a row was known."""

from __future__ import annotations

from datetime import timedelta

from milepost.building.catalog import Catalog
from milepost.raw.declaration import raw_table

# By `known_by` of a raw table.
_ESTIMATES = {
    "partition": "{} minutes after the end of its partition",
    "first_seen": "when its file was written",
    "model": "by the base model",
}


def estimated_known_at(catalog: Catalog, view_id: str) -> dict[str, str]:
    """Return how the instant at which a row was known is estimated, by a view's raw tables.

    Tables in which a column says it are left out.
    """
    tables = [raw_table(catalog.nodes[table_id]) for table_id in catalog.raw_tables(view_id)]
    return {
        table.name: _ESTIMATES[table.known_by].format(table.known_delay // timedelta(minutes=1))
        for table in sorted(tables, key=lambda table: table.name)
        if table.known_by in _ESTIMATES
    }
