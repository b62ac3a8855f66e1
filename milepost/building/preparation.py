"""What dbt does before it builds by a plan, in the form that macros and records take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from milepost.building import build_records, code
from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.building.plan import Plan


def preparation(
    catalog: Catalog, codes: Mapping[str, code.Parts], plan: Plan, selected: Collection[str]
) -> dict[str, Any]:
    """Return the views to restore, the statements to run, the tables to drop, and what to say.

    In this order: where a view cannot be restored, nothing is lost.
    """
    names = {node_id: published_name(catalog.nodes[node_id]) for node_id in catalog.nodes}
    slices = [
        {
            "node_id": node_id,
            "first_date": planned.first_date,
            "closed_before": planned.closed_before,
            "is_built": planned.is_built,
        }
        for node_id, planned in plan.slices.items()
    ]
    names_by_reason: dict[str, list[str]] = {}
    for node_id, reason in plan.rebuild_reasons.items():
        names_by_reason.setdefault(reason, []).append(f"`{names[node_id]}`")
    return {
        "restored": [
            {
                "node_id": node_id,
                "name": names[node_id],
                "release": view.release,
                "built_to": str(view.built_to),
                "fingerprint": view.fingerprint,
                "columns": view.columns,
                "files": view.files,
                "record": batch_record(node_id, codes[node_id], view.built_to, {}),
            }
            for node_id, view in plan.restored.items()
        ],
        "statements": [
            *build_records.forget_batches(plan.from_raw_log),
            *build_records.keep("slices", slices),
            *build_records.interrupt(selected),
        ],
        "dropped": sorted(plan.rebuild_reasons),
        "messages": [
            f"Built anew: {', '.join(sorted(views))}; {reason}"
            for reason, views in names_by_reason.items()
        ],
    }


def batch_record(
    node_id: str, parts: code.Parts, built_to: datetime, look_backs: Mapping[str, int]
) -> str:
    """Return the statement that keeps how far a model is built, and by which code."""
    record = {
        "node_id": node_id,
        "built_to": built_to,
        "code": code.digest(parts),
        "parts": parts,
        "look_backs": look_backs,
    }
    (statement,) = build_records.keep("batches", [record])
    return statement
