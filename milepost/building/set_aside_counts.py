"""What is counted of the rows that a model sets aside, and how many there may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from milepost.building.catalog import Catalog
from milepost.building.raw_logs import RawLogs
from milepost.building.reach import reach_days
from milepost.building.slices import judged_from

# Of fewer rows a share says nothing, unless their raw table declares another number; 2026-11.
_ROW_COUNT_MIN = 100


def what_to_count(
    catalog: Catalog,
    raw_logs: RawLogs,
    node_id: str,
    base: str,
    *,
    first_date: date | None,
    reference_days: int,
) -> dict[str, Any]:
    """Return what a macro needs to count the rows of `base` that a model sets aside.

    The raw `tables` of the base, the instant `closed_before` up to which they are closed, the
    landing date `judged_from` which the command reads all that a row refers to, and the strictest
    bounds that the tables declare. `first_date` is the first that is read, None for all.
    """
    parents = (catalog.nodes[id_] for id_ in catalog.parents(node_id))
    base_id = next(
        parent["unique_id"]
        for parent in parents
        if parent["name"] == base and parent["resource_type"] == "model"
    )
    lineage = sorted(catalog.lineage(base_id))
    sources = [catalog.nodes[id_] for id_ in lineage if "source_name" in catalog.nodes[id_]]
    first = judged_from(first_date, reach_days(catalog, node_id, reference_days))
    return {
        "tables": [source["name"] for source in sources],
        **_declared_bounds(sources),
        "closed_before": str(raw_logs.closed_before(base_id)),
        "judged_from": str(first) if first else None,
    }


def _declared_bounds(sources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    metas = [source["config"].get("meta", {}) for source in sources]
    shares = [meta["set_aside_share_max"] for meta in metas if "set_aside_share_max" in meta]
    counts = [meta.get("set_aside_row_count_min", _ROW_COUNT_MIN) for meta in metas]
    return {
        "share_max": min(shares, default=None),
        "row_count_min": min(counts, default=_ROW_COUNT_MIN),
    }
