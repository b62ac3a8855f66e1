"""The gate: a feature view is published only as the table on which all of its tests passed.

It compares dbt's manifest, which is the code as it stands, with what was built and tested. The
rules are listed in docs/reference/release-format.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from milepost.building import build_records as records
from milepost.building import code
from milepost.building.build_records import Batch, Build, Records
from milepost.building.declared_views import FeatureView, published_name
from milepost.building.fingerprint import fingerprint
from milepost.building.project import Project
from milepost.publishing.refusal import SHOWN, Refusal, shortened

logger = logging.getLogger(__name__)

# What a data test asks unless it is told to ask less.
_WHOLE_TEST = {
    "where": None,
    "limit": None,
    "fail_calc": "count(*)",
    "warn_if": "!= 0",
    "error_if": "!= 0",
}
_NO_DATA_TEST = "write one in its YAML: what must hold of its rows"


@dataclass(frozen=True)
class Passed:
    """A feature view that may be published, with what the manifest says of its checks and time."""

    view: FeatureView
    fingerprint: str
    checks: tuple[str, ...]
    code: str
    built_through: datetime
    complete_from: Mapping[str, datetime]
    """Of each feature: the instant from which its windows are full."""

    dropped_checks: Mapping[str, str] = field(default_factory=dict)
    """Why checks that it or what it is made from once had are gone, as their YAML states it."""


def check(
    con: DuckDBPyConnection, project: Project, views: Sequence[FeatureView]
) -> tuple[list[Passed], list[Refusal]]:
    """Return what may be published, and every reason for which another view may not."""
    gate = _Gate(project, records.read(con))
    passed: list[Passed] = []
    refused: list[Refusal] = []
    for view in views:
        logger.info("checking %s", view.name)
        reasons = list(gate.build_faults(view))
        content = "" if reasons else fingerprint(con, view.relation)
        reasons = reasons or list(gate.content_faults(view, content))
        reasons = reasons or list(gate.test_faults(view, content))
        refused += reasons
        if not reasons:
            passed.append(gate.passed(view, content))
    return passed, refused


class _Gate:
    """The project as it is, and what was recorded when it was built and tested."""

    def __init__(self, project: Project, kept: Records) -> None:
        self._catalog, self._kept = project.catalog, kept
        self._project = project
        self._coder = code.Coder(project.catalog, project.variables, kept.target, kept.reopened)

    def build_faults(self, view: FeatureView) -> Iterator[Refusal]:
        """Whether the view and all it is made from was built in full, in order, by this code."""
        lineage = self._catalog.lineage(view.unique_id)
        if not self._catalog.raw_uris(view.unique_id):
            yield Refusal(
                view.name,
                "it",
                "is made from no raw log",
                "views are made from no raw log",
                "its sources need `meta.raw_uri`",
            )
        own = self._kept.builds.get(view.unique_id)
        changed: dict[str, list[str]] = {}
        is_recorded = True
        for node_id in sorted(lineage, key=lambda node_id: (node_id != view.unique_id, node_id)):
            node = self._catalog.nodes[node_id]
            if node["resource_type"] in {"source", "snapshot"}:
                yield from _untraced(view.name, node)
                continue
            if self._catalog.is_ephemeral(node_id):
                continue
            build, name = self._kept.builds.get(node_id), f"`{published_name(node)}`"
            faults = list(self._table_faults(view.name, node_id, build, own))
            yield from faults
            if build and not faults:
                parts = self._changed_parts(node_id, build.parts)
                if parts:
                    changed[name] = parts
                elif node_id == view.unique_id and node_id not in self._kept.batches:
                    is_recorded = False
        yield from _code_faults(view.name, changed)
        for path in self._project.edited_files(lineage | self._catalog.tests_on(lineage)):
            edited = "edited since dbt read"
            yield Refusal(view.name, f"`{path}`", f"was {edited} it", f"files were {edited} them")
        if not is_recorded:
            yield Refusal(
                view.name,
                "it",
                "keeps no record of what is built",
                "views keep no record of what is built",
                "add `close_batch()` as a post-hook",
            )

    def _changed_parts(self, node_id: str, before: Mapping[str, str]) -> list[str]:
        """What of a node's code is other than it was recorded."""
        now = self._coder.parts(node_id)
        if self._project.folder is None:  # its variables are not known, so they count as they were
            now |= {name: part for name, part in before.items() if name.startswith("variable")}
        return code.changes(before, now)

    def _table_faults(
        self, view: str, node_id: str, build: Build | None, own: Build | None
    ) -> Iterator[Refusal]:
        node = self._catalog.nodes[node_id]
        name = f"`{published_name(node)}`"
        if build is None:
            yield Refusal(view, name, "has not been built", "tables have not been built")
        elif build.status != "success":
            yield Refusal(
                view,
                f"the last build of {name}",
                f"ended as `{build.status}`",
                f"builds ended as `{build.status}`",
            )
        elif build.narrowed_by:
            how = f"built with `{build.narrowed_by}`, not as the project says"
            yield Refusal(view, name, f"was {how}", f"tables were {how}")
        elif build.relation != node["relation_name"]:
            yield Refusal(
                view,
                name,
                f"was built as {build.relation}, not as {node['relation_name']}",
                "tables were built in another place than the manifest says",
            )
        else:
            for parent_id in sorted(self._catalog.inputs(node_id)):
                parent = self._kept.builds.get(parent_id)
                if parent and parent.recorded_at > build.recorded_at:
                    older = f"is older than `{published_name(self._catalog.nodes[parent_id])}`"
                    yield Refusal(
                        view, name, older, "tables are older than what they are made from"
                    )
            for uri in self._catalog.raw_uris(node_id):
                if own and build.raw_logs.get(uri) != own.raw_logs.get(uri):
                    dates = "built from other landing dates than the view"
                    yield Refusal(view, name, f"was {dates}", f"tables were {dates}")

    def content_faults(self, view: FeatureView, content: str) -> Iterator[Refusal]:
        """Whether the table is as its last build left it."""
        if self._kept.builds[view.unique_id].fingerprint != content:
            yield Refusal(
                view.name,
                f"`{view.name}`",
                "has other rows than its last build left: a dbt "
                "command did not end, or something else wrote to it",
                "tables have other rows than their last builds left",
            )

    def test_faults(self, view: FeatureView, content: str) -> Iterator[Refusal]:
        """Whether each test of the lineage passed since the build, the view's on `content`."""
        lineage = self._catalog.lineage(view.unique_id)
        for name in self._catalog.disabled_tests_on(lineage):
            yield Refusal(
                view.name,
                f"test `{name}`",
                "is disabled",
                "tests are disabled",
                "enable it, or delete it",
            )
        own = self._data_tests(view.unique_id)
        if not own:
            name = f"`{view.name}`"
            yield Refusal(
                view.name, name, "has no data test", "views have no data test", _NO_DATA_TEST
            )
        for test_id in sorted(self._catalog.tests_on(lineage)):
            name = f"test `{self._catalog.nodes[test_id]['name']}`"
            for fault, cause in self._test_faults(view, test_id, test_id in own, content):
                yield Refusal(view.name, name, fault, f"tests {cause}")

    def _test_faults(
        self, view: FeatureView, test_id: str, is_own: bool, content: str
    ) -> Iterator[tuple[str, str]]:
        test, run = self._catalog.nodes[test_id], self._kept.tests.get(test_id)
        builds = self._kept.builds
        newer = [
            published_name(self._catalog.nodes[id_])
            for id_ in self._tables_looked_at(view, test_id)
            if run and builds[id_].recorded_at > run.recorded_at
        ]
        softened = [key for key, whole in _WHOLE_TEST.items() if test["config"].get(key) != whole]
        if run is None:
            yield "has not run", "have not run"
        elif run.status != "pass":
            yield f"ended as `{run.status}`", f"ended as `{run.status}`"
        elif run.narrowed_by:
            how = f"ran with `{run.narrowed_by}`, not as the project says"
            yield how, how
        elif newer:
            yield (
                f"has not run since `{newer[0]}` was rebuilt",
                "have not run since what they look at was rebuilt",
            )
        elif parts := self._changed_parts(test_id, run.parts):
            yield f"ran before {shortened(parts)} changed", "ran before they changed"
        elif is_own and softened:
            less = f"less than it says: it has `{softened[0]}`"
            yield f"asks {less}", f"ask {less}"
        elif is_own and self._kept.fingerprints.get((test_id, view.unique_id)) != content:
            other = "ran on another content of the table than the one to publish"
            yield other, other

    def _tables_looked_at(self, view: FeatureView, test_id: str) -> list[str]:
        """The tables that a test looks at; for a source, those of the view that read it."""
        found: set[str] = set()
        for input_id in self._catalog.inputs(test_id):
            if self._catalog.nodes[input_id]["resource_type"] == "source":
                found |= {
                    table_id
                    for table_id in self._catalog.lineage(view.unique_id)
                    if input_id in self._catalog.inputs(table_id)
                }
            else:
                found.add(input_id)
        return sorted(id_ for id_ in found if id_ in self._kept.builds)

    def _data_tests(self, node_id: str) -> set[str]:
        """A unit test looks at the code, on rows of its own; these look at the table."""
        tests = self._catalog.tests_on([node_id])
        return {id_ for id_ in tests if self._catalog.nodes[id_]["resource_type"] == "test"}

    def passed(self, view: FeatureView, content: str) -> Passed:
        """What the release says of a view that nothing is wrong with."""
        lineage = self._catalog.lineage(view.unique_id)
        raw_logs = self._kept.builds[view.unique_id].raw_logs
        logs = [raw_logs[uri] for uri in self._catalog.raw_uris(view.unique_id)]
        first = max(date.fromisoformat(log["first"]) for log in logs)
        batch = self._kept.batches[view.unique_id]
        delay = timedelta(minutes=view.serving_delay_minutes)
        nodes = self._catalog.nodes
        return Passed(
            view=view,
            fingerprint=content,
            checks=tuple(sorted(nodes[test]["name"] for test in self._catalog.tests_on(lineage))),
            code=batch.code,
            built_through=batch.built_to + delay,
            complete_from={
                feature: datetime.combine(first, time()) + timedelta(hours=hours) + delay
                for feature, hours in _look_backs(view, batch).items()
            },
            dropped_checks=self._catalog.dropped_checks(lineage),
        )


def _look_backs(view: FeatureView, batch: Batch) -> dict[str, int]:
    """The hours of each feature as the build found them; of another one, the most of the view."""
    unrecorded = 24 * view.longest_window_days
    return {feature: batch.look_backs.get(feature, unrecorded) for feature in view.features}


def _untraced(view: str, node: Mapping[str, Any]) -> Iterator[Refusal]:
    """Whether what changes without an edit of the project is known to be what was built from."""
    if node["resource_type"] == "snapshot":
        yield Refusal(
            view,
            f"`{node['name']}`",
            "is a snapshot of dbt, which no build makes again",
            "snapshots of dbt are part of them, which no build makes again",
            "land what it holds as a raw table, and read its versions from there",
        )
    elif not node["config"].get("meta", {}).get("raw_uri"):
        yield Refusal(
            view,
            f"source `{node['source_name']}.{node['name']}`",
            "is of no raw log, so that nobody sees when it changes",
            "sources are of no raw log, so that nobody sees when they change",
            "land it in a raw log and state `meta.raw_uri`, or make a seed of it",
        )


def _code_faults(view: str, changed: Mapping[str, Sequence[str]]) -> Iterator[Refusal]:
    """One cause for each part of the code that changed; one for all where many did."""
    parts = sorted({part for names in changed.values() for part in names})
    causes = parts if len(parts) <= SHOWN else [shortened(parts)]
    for cause in causes:
        for name, own in changed.items():
            if cause in own or causes != parts:
                fault = f"built before {cause} changed"
                yield Refusal(view, name, f"was {fault}", f"tables were {fault}")
