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
from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import Refusal

TAG, ALLOW = "personal_data", "personal_data_allowed"
# Text in quotes is kept: what looks like a comment in it is none.
_QUOTED_OR_COMMENT = re.compile(r"""('[^']*'|"[^"]*")|--[^\n]*|/\*.*?\*/|\{#.*?#\}""", re.DOTALL)


def exposes_no_personal_data(candidate: Candidate) -> Iterator[Refusal]:
    """Require that no model that the view is made from exposes personal data without a reason."""
    for view in candidate.views:
        for model, column in _exposed(candidate.con, candidate.catalog, view):
            yield Refusal(
                view.name,
                f"`{model}.{column}`",
                "is personal data",
                "columns are personal data",
                f"leave it out, or state the reason in the model's `meta.{ALLOW}.{column}`",
            )


def _exposed(
    con: DuckDBPyConnection, catalog: Catalog, view: FeatureView
) -> Iterator[tuple[str, str]]:
    """Yield each model and personal column that it exposes without a reason."""
    lineage = sorted(catalog.lineage(view.unique_id))
    tagged = {name for node_id in lineage for name in _tagged(catalog.nodes[node_id])}
    if not tagged:
        return
    for node_id in lineage:
        node = catalog.nodes[node_id]
        if node["resource_type"] != "model":
            continue
        parents = (catalog.nodes.get(parent_id, {}) for parent_id in catalog.parents(node_id))
        named = {
            column
            for source in parents
            if "source_name" in source
            for column in _tagged(source)
            if _names(node, column)
        }
        reasons = node["config"]["meta"].get(ALLOW, {})
        allowed = {column.lower(): reason for column, reason in reasons.items()}
        for column in sorted(named | (tagged & _columns(con, node))):
            if not str(allowed.get(column) or "").strip():
                yield published_name(node), column


def _tagged(node: Mapping[str, Any]) -> set[str]:
    """Return the columns that the node's YAML says are personal data, in lower case."""
    return {
        name.lower()
        for name, column in node["columns"].items()
        if {**column.get("meta", {}), **column.get("config", {}).get("meta", {})}.get(TAG)
    }


def _names(node: Mapping[str, Any], column: str) -> bool:
    """Return whether the node's SQL names the column, comments aside."""
    name = re.compile(rf"\b{re.escape(column)}\b", re.IGNORECASE)
    codes = (str(node.get(code)) for code in ("raw_code", "compiled_code"))
    return any(name.search(_QUOTED_OR_COMMENT.sub(r"\1", code)) for code in codes)


def _columns(con: DuckDBPyConnection, node: Mapping[str, Any]) -> set[str]:
    """Return the columns of what was built, and those that are declared, in lower case."""
    rows = con.execute(
        "select lower(column_name) from information_schema.columns "
        "where table_schema = ? and table_name = ?",
        [node["schema"], node.get("alias") or node["name"]],
    ).fetchall()
    return {name for (name,) in rows} | {name.lower() for name in node["columns"]}
