"""How the tables of a view were built: in full, in order, and with a record of how far."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.building.declared_views import FeatureView, published_name
from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import REBUILD, Refusal, rerun


def built_in_full(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the last build of the view, and of every model and seed that it is made from,
    succeeded, in the place that the manifest names, and not with `--empty`, `--sample`, `--defer`,
    `--vars` or another target than the profile's own.
    """
    for view in candidate.views:
        for node_id in candidate.table_ids(view):
            refusal = _build_fault(candidate, view, node_id)
            if refusal:
                yield refusal


def built_in_order(candidate: Candidate) -> Iterator[Refusal]:
    """Require that no table is older than what it is made from. All tables of a view were built
    from the same landing dates.
    """
    for view in candidate.views:
        for node_id in candidate.table_ids(view):
            if not _build_fault(candidate, view, node_id):
                yield from _order_faults(candidate, view, node_id)


def records_how_far_it_is_built(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the build of the view recorded how far it went, which the post-hook
    `close_batch()` does.
    """
    for view in candidate.views:
        if view.unique_id not in candidate.records.batches:
            yield Refusal(
                view.name,
                "it",
                "keeps no record of what is built",
                remedy="add `close_batch()` as a post-hook",
            )


def is_built(candidate: Candidate, view: FeatureView, node_id: str) -> bool:
    """Return whether a table of the view was built in full and in order."""
    is_whole = _build_fault(candidate, view, node_id) is None
    return is_whole and not any(_order_faults(candidate, view, node_id))


def _build_fault(candidate: Candidate, view: FeatureView, node_id: str) -> Refusal | None:
    node, build = candidate.catalog.nodes[node_id], candidate.records.builds.get(node_id)
    name = f"`{published_name(node)}`"
    if build is None:
        return Refusal(view.name, name, "has not been built", "tables have not been built")
    if build.status != "success":
        ended = f"ended as `{build.status}`"
        failed = _failed_tests(candidate, node_id) if build.status == "skipped" else []
        return Refusal(
            view.name,
            f"the last build of {name}",
            f"{ended}, after test `{failed[0]}` failed" if failed else ended,
            f"builds {ended}" + (f", after test `{failed[0]}` failed" if failed else ""),
            rerun(failed) if failed else REBUILD,
        )
    if build.narrowed_by:
        fault = f"built with `{build.narrowed_by}`, not as the project says"
        return Refusal(view.name, name, f"was {fault}", f"tables were {fault}")
    if build.relation != node["relation_name"]:
        return Refusal(
            view.name,
            name,
            f"was built as {build.relation}, not as {node['relation_name']}",
            "tables were built in another place than the manifest says",
        )
    return None


def _failed_tests(candidate: Candidate, node_id: str) -> list[str]:
    """Return the tests of a table, and of what it is made from, for which dbt did not build it."""
    runs = candidate.records.tests
    test_ids = candidate.catalog.tests_on(candidate.catalog.lineage(node_id))
    return sorted(
        str(candidate.catalog.nodes[test_id]["name"])
        for test_id in test_ids
        if test_id in runs and runs[test_id].status in {"fail", "error"}
    )


def _order_faults(candidate: Candidate, view: FeatureView, node_id: str) -> Iterator[Refusal]:
    catalog, builds = candidate.catalog, candidate.records.builds
    build, name = builds[node_id], f"`{published_name(catalog.nodes[node_id])}`"
    for input_id in sorted(catalog.inputs(node_id)):
        if input_id in builds and builds[input_id].recorded_at > build.recorded_at:
            yield Refusal(
                view.name,
                name,
                f"is older than `{published_name(catalog.nodes[input_id])}`",
                "tables are older than what they are made from: only a part was built",
            )
    view_build = builds.get(view.unique_id)
    for table_id in sorted(catalog.raw_tables(node_id)):
        if view_build and build.raw_logs.get(table_id) != view_build.raw_logs.get(table_id):
            fault = "built from other landing dates than the view"
            yield Refusal(view.name, name, f"was {fault}", f"tables were {fault}")
