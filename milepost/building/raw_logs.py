"""The raw logs of a project: which nodes are made from them, and how far they are closed.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from milepost.building.catalog import Catalog
from milepost.errors import LandingError, PublishError
from milepost.raw import closed_dates
from milepost.raw.closed_dates import ClosedDates
from milepost.storage.location import Location

Read = Callable[[str], ClosedDates]


def _read(uri: str) -> ClosedDates:
    return closed_dates.closed_dates(Location.parse(uri))


class RawLogs:
    """The raw logs of a project, each read once.

    So one answer holds for a whole dbt command, and its models read the dates that were checked.
    """

    def __init__(self, catalog: Catalog, read: Read = _read) -> None:
        self._catalog, self._read = catalog, read
        self._closed: dict[str, ClosedDates] = {}
        self._sources: list[tuple[str, Mapping[str, Any]]] = []
        for node in catalog.nodes.values():
            uri = node["config"].get("meta", {}).get("raw_uri") if "source_name" in node else None
            if uri:
                self._sources.append((uri, node))

    @property
    def all(self) -> dict[str, ClosedDates]:
        """The closed dates of each raw log, by its URI."""
        return {uri: self._dates(uri) for uri, _ in self._sources}

    def check(self) -> None:
        """Raise a LandingError where a raw log differs from its markers or from its sources."""
        raw_logs: dict[str, dict[str, dict[str, Any]]] = {}
        for uri, source in self._sources:
            table, tables = source["identifier"], raw_logs.setdefault(uri, {})
            if table in tables:
                raise LandingError(
                    f"two sources declare the raw table `{table}` of `{uri}`",
                    hint="declare it once, and use it from both",
                )
            tables[table] = {
                "columns": {name: c.get("data_type") for name, c in source["columns"].items()},
                "rows_within_days": source["config"]["meta"].get("rows_within_days"),
                "read_as": source["relation_name"],
            }
        for uri, tables in raw_logs.items():
            self._closed[uri] = closed_dates.check(Location.parse(uri), tables)

    def of(self, node_id: str) -> list[ClosedDates]:
        """Return the closed dates of each raw log that a node is made from."""
        uris = self._catalog.raw_uris(node_id)
        if not uris:
            raise PublishError(
                f"`{node_id}` is made from no raw log", hint="its sources need `meta.raw_uri`"
            )
        return [self._dates(uri) for uri in sorted(uris)]

    def of_source(self, source_name: str) -> ClosedDates:
        """Return the closed dates of the raw log of a source."""
        for uri, source in self._sources:
            if source["source_name"] == source_name:
                return self._dates(uri)
        raise PublishError(
            f"source `{source_name}` has no `meta.raw_uri`",
            hint="say in its YAML where its raw log is on S3",
        )

    def is_snapshot(self, source_name: str, table: str) -> bool:
        """Return whether a raw table has versions, each of which holds until the next."""
        return any(
            (source["source_name"], source["name"]) == (source_name, table)
            and bool(source["config"]["meta"].get("is_snapshot"))
            for _, source in self._sources
        )

    def closed_before(self, node_id: str) -> date:
        """Return the first landing date that is not closed in one of a node's raw logs."""
        return min(dates.before for dates in self.of(node_id))

    def first(self, node_id: str) -> date:
        """Return the first landing date of a node's raw logs."""
        return min(dates.first for dates in self.of(node_id))

    def _dates(self, uri: str) -> ClosedDates:
        if uri not in self._closed:
            self._closed[uri] = self._read(uri)
        return self._closed[uri]
