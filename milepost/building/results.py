"""The records of how a dbt command ended, as the publisher's gate asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from milepost.building import build_records
from milepost.building.batches import Options
from milepost.building.catalog import Catalog
from milepost.building.code import Parts


def views_looked_at(catalog: Catalog, node_ids: Iterable[str]) -> list[str]:
    """Return the feature views among some models, and those that some tests look at."""
    seen = {node_id for node_id in node_ids if node_id in catalog.nodes}
    seen |= {id_ for test in seen if _is_test(catalog, test) for id_ in catalog.parents(test)}
    metas = {id_: catalog.nodes[id_]["config"].get("meta", {}) for id_ in seen}
    return sorted(id_ for id_, meta in metas.items() if "entities" in meta)


def records(
    catalog: Catalog,
    options: Options,
    codes: Mapping[str, Parts],
    *,
    run_started_at: str,
    raw_logs: Mapping[str, Mapping[str, str]],
    statuses: Mapping[str, str],
    fingerprints: Mapping[str, str],
) -> list[str]:
    """Return the statements that keep how models, seeds and tests ended, by their ids.

    `fingerprints` are of those feature views that `views_looked_at` names and that have a table.
    """
    builds: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    tested_tables: list[dict[str, str]] = []
    for node_id in (id_ for id_ in statuses if id_ in codes):
        record = {
            "node_id": node_id,
            "recorded_at": run_started_at,
            "status": statuses[node_id],
            "narrowed_by": options.narrowed_by,
            "parts": codes[node_id],
        }
        if _is_test(catalog, node_id):
            tests.append(record)
            views = (id_ for id_ in catalog.parents(node_id) if id_ in fingerprints)
            tested_tables += [
                {"test_id": node_id, "model_id": id_, "fingerprint": fingerprints[id_]}
                for id_ in views
            ]
        else:
            table = {
                "raw_logs": raw_logs,
                "relation": catalog.nodes[node_id]["relation_name"],
                "target": options.target,
                "fingerprint": fingerprints.get(node_id, ""),
            }
            builds.append(record | table)
    is_whole = options.builds_tables and not options.narrowed_by
    built = [build["node_id"] for build in builds if is_whole and build["status"] == "success"]
    return [
        *build_records.keep("builds", builds),
        *build_records.keep("tests", tests),
        *build_records.keep("tested_tables", tested_tables),
        *build_records.keep_slices(built),
    ]


def _is_test(catalog: Catalog, node_id: str) -> bool:
    return catalog.nodes[node_id]["resource_type"] in {"test", "unit_test"}
