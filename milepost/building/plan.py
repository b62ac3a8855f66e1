"""What a `dbt build` goes on from, what it reads, and what it builds anew.

Any edit here but of comments and docstrings builds every view again: see `planning_code`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

from milepost.building import code
from milepost.building.batches import Batches, Options
from milepost.building.build_records import Records, Slice
from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.building.raw_logs import RawLogs
from milepost.building.slices import Slices
from milepost.display import shortened
from milepost.errors import PublishError


@dataclass(frozen=True)
class ReleasedView:
    """A feature view of the current release, from which an empty scratch database goes on."""

    release: str
    code: str
    built_to: datetime
    fingerprint: str
    columns: list[str]
    files: list[str]


@dataclass(frozen=True)
class Plan:
    """What a dbt command does for each model; all but `batches` has the ids of models.

    `batches` has the grid instants to build, `slices` the landing dates to read. `restored` are the
    views without a table that go on from the current release. `from_raw_log` are the incremental
    models that go on from neither a table nor a release. Those of them that have a table are in
    `rebuild_reasons`: the table is dropped and built again, and this says why.
    """

    batches: Batches
    slices: Mapping[str, Slice]
    restored: Mapping[str, ReleasedView] = field(default_factory=dict)
    from_raw_log: frozenset[str] = frozenset()
    rebuild_reasons: Mapping[str, str] = field(default_factory=dict)


class Planner:
    """Plans a dbt command from the project, its records and its raw logs.

    `codes` has the parts of each node's code as it is now, `selected` the ids of what the command
    builds, and `existing` those of its models that have a table. `released` gives the views of the
    current release by name; it is called only where a view has no table.
    """

    def __init__(
        self,
        catalog: Catalog,
        options: Options,
        *,
        codes: Mapping[str, code.Parts],
        records: Records,
        raw_logs: RawLogs,
        selected: Collection[str],
        existing: Collection[str],
        released: Callable[[], Mapping[str, ReleasedView]],
        reference_days: int,
    ) -> None:
        self._catalog, self._options = catalog, options
        self._codes, self._records, self._raw_logs = codes, records, raw_logs
        self._selected, self._existing = frozenset(selected), frozenset(existing)
        self._released = released
        self._models = [id_ for id_ in sorted(self._selected) if self._is_model(id_)]
        self._incremental = [
            id_
            for id_ in self._models
            if catalog.nodes[id_]["config"].get("materialized") == "incremental"
        ]
        self._reference_days = reference_days

    def plan(self) -> Plan:
        """Return the plan; a PublishError where a model would read an unfit table."""
        restored = self._restored()
        built_to = {id_: view.built_to for id_, view in restored.items()}
        if self._options.goes_on:
            for node_id in self._incremental:
                batch = self._records.batches.get(node_id)
                if batch and node_id in self._existing and not self._changed(node_id, batch.parts):
                    built_to[node_id] = batch.built_to
        batches = Batches(self._catalog, self._options, self._raw_logs, built_to)
        slices = Slices(
            self._catalog, batches, self._raw_logs, self._selected, self._reference_days
        )
        # With `--empty` a model reads no row of its inputs.
        for node_id in [] if self._options.empty else self._incremental:
            self._check_inputs(node_id, slices, batches.of(node_id).end)
        starts = slices.starts()
        from_raw_log = frozenset(self._incremental) - built_to.keys()
        return Plan(
            batches,
            {
                node_id: Slice(
                    starts[node_id], self._raw_logs.closed_before(node_id), is_built=False
                )
                for node_id in self._models
                if self._reads_a_source(node_id)
            },
            restored,
            from_raw_log,
            {id_: self._rebuild_reason(id_) for id_ in sorted(from_raw_log & self._existing)},
        )

    def _is_model(self, node_id: str) -> bool:
        node = self._catalog.nodes.get(node_id, {})
        return node.get("resource_type") == "model"

    def _reads_a_source(self, node_id: str) -> bool:
        lineage = self._catalog.lineage(node_id)
        return any("source_name" in self._catalog.nodes[member] for member in lineage)

    def _changed(self, node_id: str, before: Mapping[str, str]) -> list[str]:
        return code.changes(before, self._codes[node_id])

    def _restored(self) -> dict[str, ReleasedView]:
        """Return the feature views without a table that the same code published."""
        lacking = [
            node_id
            for node_id in self._incremental
            if node_id not in self._existing
            and "entities" in self._catalog.nodes[node_id]["config"]["meta"]
        ]
        if not lacking or self._options.full_refresh or self._options.narrowed_by:
            return {}
        released = self._released()
        views = {id_: released.get(published_name(self._catalog.nodes[id_])) for id_ in lacking}
        return {
            node_id: view
            for node_id, view in views.items()
            if view and view.code == code.digest(self._codes[node_id])
        }

    def _check_inputs(self, node_id: str, slices: Slices, end: datetime) -> None:
        """Raise a PublishError if a model reads an unfit table that this command does not build.

        A table is unfit if its last build did not end well, if other code built it, if it holds
        too few landing dates, or if it grows by batches and is not built up to the `end` of the
        model's own batch.
        """
        name = self._catalog.nodes[node_id]["name"]
        for input_id in sorted(slices.read_by(node_id) - self._selected):
            node = self._catalog.nodes[input_id]
            if node["resource_type"] == "source" or self._catalog.is_ephemeral(input_id):
                continue
            if slices.holds_all_rows(input_id):
                faults = self._faults_of_batches(input_id, end)
            else:
                faults = self._faults_of_slice(input_id, slices.start(node_id))
            for fault in chain(self._faults(input_id), faults):
                raise PublishError(
                    f"`{name}` reads `{node['name']}`, {fault}",
                    hint=f"build both: `dbt build --select +{name}`",
                )

    def _faults(self, input_id: str) -> Iterator[str]:
        build = self._records.builds.get(input_id)
        if build and build.status != "success":
            yield f"whose last build ended as `{build.status}`"
        elif build and input_id in self._codes and self._changed(input_id, build.parts):
            yield "which other code built"

    def _faults_of_batches(self, input_id: str, end: datetime) -> Iterator[str]:
        """Say what a table lacks that grows by batches, to be read up to `end`."""
        batch = self._records.batches.get(input_id)
        if not batch or batch.built_to < end:
            how_far = f"only built up to {batch.built_to}" if batch else "not built"
            yield f"which is {how_far}, and needs all until {end}"

    def _faults_of_slice(self, input_id: str, start: date | None) -> Iterator[str]:
        """Say what a table lacks that is made from landing dates, to be read from `start` on."""
        if not self._is_model(input_id) or not self._catalog.raw_tables(input_id):
            return
        closed = self._raw_logs.closed_before(input_id)
        needs = f"needs {f'those from {start}' if start else 'all'} until {closed}"
        slice_ = self._records.slices.get(input_id)
        if not slice_ or not slice_.is_built:
            yield f"which is not built, and {needs}"
        elif slice_.closed_before != closed or not _reaches(slice_.first_date, start):
            first = slice_.first_date or "the first"
            holds = f"holds landing dates from {first} until {slice_.closed_before}"
            yield f"which {holds}, and {needs}"

    def _rebuild_reason(self, node_id: str) -> str:
        """Return why the table of a model is built again in full."""
        batch = self._records.batches.get(node_id)
        if self._options.full_refresh:
            return "as `--full-refresh` says"
        if not self._options.goes_on:
            return f"as `{self._options.narrowed_by}` says"
        if batch:
            return f"{shortened(self._changed(node_id, batch.parts))} changed"
        # Its last build was narrowed, or the records were dropped as those of another Milepost.
        return "no record says that its last build was as the project says"


def _reaches(first: date | None, start: date | None) -> bool:
    """Return whether a table that begins on `first` has all rows from `start` on.

    None stands for the first landing date of the raw log.
    """
    return first is None or (start is not None and first <= start)
