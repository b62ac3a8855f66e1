"""Whether staged models are made as their raw tables need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from milepost.building.catalog import Catalog
from milepost.errors import PublishError


def check(catalog: Catalog) -> None:
    """Raise a PublishError for a staged model that would not do what its raw tables say.

    Rows of an Iceberg table, and of one with `when_files_change: new_versions`, may be removed.
    `staged_snapshots` needs all snapshots, which a build from a slice reads of `is_snapshot` alone.
    """
    for node_id, node in sorted(catalog.nodes.items()):
        bases = node["config"].get("meta", {}).get("staged_from", {})
        names = {
            catalog.nodes[id_]["name"]: id_
            for id_ in catalog.parents(node_id)
            if id_ in catalog.nodes
        }
        for base, staging in bases.items():
            lineage = catalog.lineage(names[base]) if base in names else set()
            for source in (catalog.nodes[id_] for id_ in sorted(lineage)):
                if "source_name" in source:
                    _check(node["name"], staging, source)


def _check(name: str, staging: Mapping[str, Any], source: Mapping[str, Any]) -> None:
    meta = source["config"].get("meta", {})
    table = f"`{source['source_name']}.{source['name']}`"
    rewrites = meta.get("when_files_change") == "new_versions"
    if (rewrites or meta.get("table_format") == "iceberg") and not staging["has_deletes"]:
        reason = "`when_files_change: new_versions`" if rewrites else "`table_format: iceberg`"
        raise PublishError(
            f"`{name}` is made from {table} with {reason}, whose rows may be removed, and says "
            "nothing of deletes",
            hint="give its base model `milepost__is_removed as is_deleted`, and the staged model "
            "`deleted='is_deleted'`",
        )
    if staging["is_snapshot"] and not meta.get("is_snapshot"):
        raise PublishError(
            f"`{name}` stages snapshots of {table}, which does not say that it has some",
            hint="set `meta: {is_snapshot: true}` of the source table, so that a build reads all",
        )
