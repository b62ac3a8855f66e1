"""The raw tables of a project: which nodes are made from them, and how far they are closed.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from milepost.building.catalog import Catalog
from milepost.errors import LandingError, PublishError
from milepost.raw.declaration import raw_table
from milepost.raw.tables import ClosedTable, RawTable

Check = Callable[[Sequence[RawTable]], Mapping[str, ClosedTable]]
Recheck = Callable[[Sequence[RawTable], Mapping[str, ClosedTable]], None]


class RawLogs:
    """The raw tables of a project, checked once.

    So one answer holds for a whole dbt command, and its models read the files that were checked.
    `check` is `milepost.raw.closed_tables.check` for the project's store.
    """

    def __init__(self, catalog: Catalog, check: Check) -> None:
        self._catalog, self._check = catalog, check
        self._closed: Mapping[str, ClosedTable] | None = None

    @property
    def all(self) -> Mapping[str, ClosedTable]:
        """What is closed of each raw table, by its id.

        Raises a LandingError where a raw table differs from its record or from its source.
        """
        if self._closed is None:
            self._closed = self._check(self._declared())
        return self._closed

    def table(self, source_name: str, name: str) -> RawTable:
        """Return the raw table that a source declares."""
        for node in self._sources():
            if (node["source_name"], node["name"]) == (source_name, name):
                return raw_table(node)
        raise PublishError(
            f"source `{source_name}.{name}` has no `meta.raw_uri`",
            hint="say in its YAML where it is on S3",
        )

    def of(self, node_id: str) -> list[ClosedTable]:
        """Return what is closed of each raw table that a node is made from."""
        table_ids = self._catalog.raw_tables(node_id)
        if not table_ids:
            raise PublishError(
                f"`{node_id}` is made from no raw table", hint="its sources need `meta.raw_uri`"
            )
        return [self.all[table_id] for table_id in sorted(table_ids)]

    def closed_before(self, node_id: str) -> datetime:
        """Return the instant up to which all of a node's raw tables are closed."""
        return min(table.before for table in self.of(node_id))

    def first(self, node_id: str) -> datetime:
        """Return the instant at which the first of a node's raw tables begins."""
        return min(table.first for table in self.of(node_id))

    def _sources(self) -> list[Mapping[str, object]]:
        ids = sorted(id_ for id_, node in self._catalog.nodes.items() if "source_name" in node)
        nodes = [self._catalog.nodes[id_] for id_ in ids]
        return [node for node in nodes if node["config"].get("meta", {}).get("raw_uri")]

    def _declared(self) -> list[RawTable]:
        tables: dict[tuple[object, ...], RawTable] = {}
        for node in self._sources():
            table = raw_table(node)
            place = table.raw, table.layout, table.identifier
            if place in tables:
                raise LandingError(
                    f"`{tables[place].name}` and `{table.name}` declare the same raw table "
                    f"`{table.identifier}` of `{table.raw.uri()}`",
                    hint="declare it once, and use it from both",
                )
            tables[place] = table
        return list(tables.values())
