"""Whether a view is made from raw logs and seeds alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import Refusal


def made_from_raw_logs(candidate: Candidate) -> Iterator[Refusal]:
    """Require that a view is made from raw logs and seeds alone, so that it is known how far it is
    built: from no source without `meta.raw_uri`, and from no snapshot of dbt.
    """
    for view in candidate.views:
        if not candidate.catalog.raw_tables(view.unique_id):
            yield Refusal(
                view.name,
                "it",
                "is made from no raw log",
                remedy="its sources need `meta.raw_uri`",
            )
        for node_id in sorted(candidate.catalog.lineage(view.unique_id)):
            yield from _untraced(view.name, candidate.catalog.nodes[node_id])


def _untraced(view: str, node: Mapping[str, Any]) -> Iterator[Refusal]:
    """Refuse what changes without an edit of the project and without a landing."""
    if node["resource_type"] == "snapshot":
        yield Refusal(
            view,
            f"`{node['name']}`",
            "is a snapshot of dbt, which no build makes again",
            "snapshots of dbt are part of them, which no build makes again",
            "land what it holds as a raw table, and read its versions from there",
        )
    elif node["resource_type"] == "source" and not node["config"].get("meta", {}).get("raw_uri"):
        yield Refusal(
            view,
            f"source `{node['source_name']}.{node['name']}`",
            "is of no raw log, so that nobody sees when it changes",
            "sources are of no raw log, so that nobody sees when they change",
            "land it in a raw log and state `meta.raw_uri`, or make a seed of it",
        )
