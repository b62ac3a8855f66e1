"""How many days before a fact the raw rows lie that it is made from, along its model's lineage.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from milepost.building.catalog import Catalog

_JOIN = re.compile(r"\bjoin\b", re.IGNORECASE)


def reach_days(catalog: Catalog, node_id: str, reference_days: int) -> int:
    """Return how many days before a window a build must read, for what the rows in it refer to.

    It is the longest way through the lineage: a staged model goes back as far as a row may be
    delivered again, and from there as far as each of its references; another model as far as it
    says. `reference_days` is the project's, for a model that joins by hand and says nothing.
    """
    reaches: dict[str, int] = {}

    def reach(member: str) -> int:
        if member not in reaches:
            node = catalog.nodes.get(member)
            reaches[member] = 0 if node is None else _reach(node)
        return reaches[member]

    def _reach(node: Mapping[str, Any]) -> int:
        parents = [id_ for id_ in catalog.parents(node["unique_id"]) if id_ in catalog.nodes]
        bases = node["config"].get("meta", {}).get("staged_from", {})
        days_by_target: dict[str, int] = {}
        for base in bases.values():
            for target, days in base["reference_days"].items():
                days_by_target[target] = max(days, days_by_target.get(target, 0))
        redelivery = max((base["redelivery_days"] for base in bases.values()), default=0)
        farthest = max(
            (days_by_target.get(catalog.nodes[id_]["name"], 0) + reach(id_) for id_ in parents),
            default=0,
        )
        return redelivery + _joined_days(node, reference_days) + farthest

    return reach(node_id)


def _joined_days(node: Mapping[str, Any], reference_days: int) -> int:
    """Return how many days lie at most between a fact and what a model joins to it."""
    if node["resource_type"] != "model":
        return 0
    meta = node["config"].get("meta", {})
    stated = [meta[key] for key in ("reference_days", "declared_reference_days") if key in meta]
    if not stated and "staged_from" not in meta and _JOIN.search(node.get("raw_code") or ""):
        stated = [reference_days]
    return max(stated, default=0)
