"""The gate: a feature view is published only as the table on which all of its tests passed.

It compares dbt's manifest, which is the code as it stands, with what was built and tested. The
rules are listed in docs/reference/release-format.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from duckdb import DuckDBPyConnection

from milepost import records
from milepost.catalog import Catalog, FeatureView, published_name
from milepost.fingerprint import fingerprint
from milepost.records import Records

logger = logging.getLogger(__name__)

# What a data test asks unless it is told to ask less.
_WHOLE_TEST = {
    "where": None,
    "limit": None,
    "fail_calc": "count(*)",
    "warn_if": "!= 0",
    "error_if": "!= 0",
}


@dataclass(frozen=True)
class Passed:
    """A feature view that may be published, with what the manifest says of its checks and time."""

    view: FeatureView
    fingerprint: str
    checks: tuple[str, ...]
    code: str
    built_through: datetime
    complete_from: datetime


def check(
    con: DuckDBPyConnection, catalog: Catalog, views: list[FeatureView]
) -> tuple[list[Passed], list[str]]:
    """What may be published, and every reason, by view, for which another may not."""
    kept = records.read(con)
    passed: list[Passed] = []
    refused: list[str] = []
    for view in views:
        logger.info("checking %s", view.name)
        lineage = catalog.lineage(view.unique_id)
        reasons = list(_build_faults(catalog, kept, view, lineage))
        content = "" if reasons else fingerprint(con, view.relation)
        reasons = reasons or list(_test_faults(catalog, kept, view, lineage, content))
        refused += [f"{view.name}: {reason}" for reason in reasons]
        if not reasons:
            passed.append(_passed(catalog, kept, view, lineage, content))
    return passed, refused


def _build_faults(
    catalog: Catalog, kept: Records, view: FeatureView, lineage: set[str]
) -> Iterator[str]:
    """Whether the view and all that it is made from was built in full, in order, by this code."""
    own = kept.builds.get(view.unique_id)
    if not catalog.raw_uris(view.unique_id):
        yield "it is made from no raw log; its sources need `meta.raw_uri`"
    if own and own.status == "success" and view.unique_id not in kept.batches:
        yield "it keeps no record of what is built; its models need `close_batch()` as a post-hook"
    for node_id in sorted(lineage, key=lambda node_id: (node_id != view.unique_id, node_id)):
        node = catalog.nodes[node_id]
        if node["resource_type"] == "source" or node["config"]["materialized"] == "ephemeral":
            continue
        name, build = f"`{published_name(node)}`", kept.builds.get(node_id)
        if build is None:
            yield f"{name} has not been built"
        elif build.status != "success":
            yield f"the last build of {name} ended as `{build.status}`"
        elif build.narrowed_by:
            yield f"{name} was built with `{build.narrowed_by}`, not as the project says"
        elif build.checksum != node["checksum"]["checksum"] or build.meta != node["config"]["meta"]:
            yield f"{name} has been edited since it was built"
        else:
            for parent_id in catalog.parents(node_id):
                parent = kept.builds.get(parent_id)
                if parent and parent.recorded_at > build.recorded_at:
                    yield f"{name} is older than `{published_name(catalog.nodes[parent_id])}`"
            for uri in catalog.raw_uris(node_id):
                if own and build.raw_logs.get(uri) != own.raw_logs.get(uri):
                    yield f"{name} was built from other landing dates than the view"


def _test_faults(
    catalog: Catalog, kept: Records, view: FeatureView, lineage: set[str], content: str
) -> Iterator[str]:
    """Whether every test of the lineage passed since the build, those of the view on `content`."""
    for name in catalog.disabled_tests_on(lineage):
        yield f"test `{name}` is disabled; enable it, or delete it"
    own = _data_tests(catalog, view.unique_id)
    if not own:
        yield f"`{view.name}` has no data test; state what must hold"
    for test_id in sorted(catalog.tests_on(lineage)):
        test, run = catalog.nodes[test_id], kept.tests.get(test_id)
        name = f"test `{test['name']}`"
        newer = [
            published_name(catalog.nodes[node_id])
            for node_id in catalog.parents(test_id)
            if run and node_id in kept.builds and kept.builds[node_id].recorded_at > run.recorded_at
        ]
        softened = [key for key, whole in _WHOLE_TEST.items() if test["config"].get(key) != whole]
        if run is None:
            yield f"{name} has not run"
        elif run.status != "pass":
            yield f"{name} ended as `{run.status}`"
        elif run.narrowed_by:
            yield f"{name} ran with `{run.narrowed_by}`, not as the project says"
        elif newer:
            yield f"{name} has not run since `{newer[0]}` was rebuilt"
        elif test_id in own and softened:
            yield f"{name} asks less than it says: it has `{softened[0]}`"
        elif test_id in own and kept.fingerprints.get((test_id, view.unique_id)) != content:
            yield f"{name} ran on another content of the table than the one to publish"


def _data_tests(catalog: Catalog, node_id: str) -> set[str]:
    """A unit test looks at the code, on rows of its own; these look at the table."""
    tests = catalog.tests_on([node_id])
    return {test_id for test_id in tests if catalog.nodes[test_id]["resource_type"] == "test"}


def _passed(
    catalog: Catalog, kept: Records, view: FeatureView, lineage: set[str], content: str
) -> Passed:
    raw_logs = kept.builds[view.unique_id].raw_logs
    logs = [raw_logs[uri] for uri in catalog.raw_uris(view.unique_id)]
    first = max(date.fromisoformat(log["first"]) for log in logs)
    batch = kept.batches[view.unique_id]
    delay = timedelta(minutes=view.serving_delay_minutes)
    return Passed(
        view=view,
        fingerprint=content,
        checks=tuple(sorted(catalog.nodes[test]["name"] for test in catalog.tests_on(lineage))),
        code=batch.code,
        built_through=batch.built_to + delay,
        complete_from=datetime.combine(first, time())
        + timedelta(days=view.longest_window_days)
        + delay,
    )
