"""Personal data: a column with `meta.personal_data` leaves its source only where a reason is given.

dbt knows no lineage of columns. So a column is followed by its name: no model that reads its source
may name it, and no table made from it may have a column of that name, or one that a YAML tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView, published_name

TAG, ALLOW = "personal_data", "personal_data_allowed"
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)


def faults(con: DuckDBPyConnection, catalog: Catalog, view: FeatureView) -> Iterator[str]:
    """Each personal column that the view, or a model that it is made from, exposes unexplained."""
    lineage = sorted(catalog.lineage(view.unique_id))
    tagged = {name for node_id in lineage for name in _tagged(catalog.nodes[node_id])}
    if not tagged:
        return
    for node_id in lineage:
        node = catalog.nodes[node_id]
        if node["resource_type"] != "model":
            continue
        sources = (catalog.nodes.get(parent, {}) for parent in catalog.parents(node_id))
        named = {c for s in sources if "source_name" in s for c in _tagged(s) if _names(node, c)}
        exposed = named | (tagged & _columns(con, node))
        allowed = node["config"]["meta"].get(ALLOW, {})
        for column in sorted(exposed):
            if not str(allowed.get(column) or "").strip():
                yield (
                    f"{published_name(node)}.{column}: it is personal data; leave it out, or state "
                    f"the reason in the model's `meta.{ALLOW}.{column}`"
                )


def _tagged(node: Mapping[str, Any]) -> set[str]:
    return {
        name
        for name, column in node["columns"].items()
        if {**column.get("meta", {}), **column.get("config", {}).get("meta", {})}.get(TAG)
    }


def _names(node: Mapping[str, Any], column: str) -> bool:
    code = _COMMENT.sub("", f"{node.get('raw_code')}\n{node.get('compiled_code')}")
    return bool(re.search(rf"\b{re.escape(column)}\b", code, re.IGNORECASE))


def _columns(con: DuckDBPyConnection, node: Mapping[str, Any]) -> set[str]:
    """The columns of what was built; those that are declared where it is no table."""
    rows = con.execute(
        "select lower(column_name) from information_schema.columns "
        "where table_schema = ? and table_name = ?",
        [node["schema"], node.get("alias") or node["name"]],
    ).fetchall()
    return {name for (name,) in rows} | set(node["columns"])
