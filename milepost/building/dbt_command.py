"""The answers to the questions of Milepost's macros while one dbt command runs.

Macros know dbt's tables and run SQL. What is to be decided is decided here, from dbt's manifest,
the raw logs, and the records that a macro has read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from milepost.building import build_records, code, look_back, raw_rows, results, staged_models
from milepost.building.batches import Batches, Options, grid_end
from milepost.building.built_range import built_range
from milepost.building.catalog import Catalog
from milepost.building.declared_entities import key_columns
from milepost.building.declared_views import published_name
from milepost.building.fingerprint import select_fingerprint
from milepost.building.plan import Plan, Planner, ReleasedView
from milepost.building.preparation import batch_record, preparation
from milepost.building.raw_logs import Check, RawLogs
from milepost.building.reach import reach_days
from milepost.building.slices import judged_from
from milepost.building.stated_windows import look_back_days, stated_days
from milepost.errors import PublishError
from milepost.release.expression import portable

# Of fewer rows a share says nothing, unless their raw table declares another number.
_ROW_COUNT_MIN = 100

Released = Callable[[], Mapping[str, ReleasedView]]


class DbtCommand:
    """One dbt command, and the plan for it. Each public method answers a question of a macro.

    A method takes what JSON can say and returns the same. `variables` are what
    `project.declared_variables` gives; `released` gives the views of the current release by name,
    `check` what is closed of raw tables.
    """

    def __init__(
        self,
        catalog: Catalog,
        options: Options,
        variables: Mapping[str, Any],
        released: Released,
        check: Check,
    ) -> None:
        self._catalog, self._options = catalog, options
        self._variables, self._released = variables, released
        self._logs = RawLogs(catalog, check)
        self._plan: Plan | None = None

    def check_landing(self) -> None:
        """Raise a LandingError where a raw table differs from its record or from its source."""
        _ = self._logs.all

    def raw_logs(self) -> dict[str, dict[str, str]]:
        """Return between which instants each raw table is closed, and how often it was reopened."""
        return {
            table_id: {
                "first": str(table.first),
                "closed_before": str(table.before),
                "reopened": str(table.reopened),
            }
            for table_id, table in self._logs.all.items()
        }

    def record_tables(self, form: str | None) -> list[str]:
        """Return the statements that make the tables of records; none if they have today's form.

        Records in the form of another Milepost are dropped, and their tables are built anew.
        """
        _ = self._codes  # before a file of a seed changes
        return [] if form == build_records.FORM else build_records.create()

    def records_query(self) -> str:
        """Return the SQL that reads all records as one text."""
        return build_records.SELECT

    def plan(
        self, selected: list[str], existing: list[str], records: str, reference_days: int
    ) -> dict[str, Any]:
        """Return what is to be done before the command builds the selected nodes.

        `existing` are the ids of selected models that have a table, `records` is what
        `records_query` gives.
        """
        if self._options.command == "seed":
            statements = build_records.interrupt(selected)
            return {"restored": [], "statements": statements, "dropped": [], "messages": []}
        self._catalog.check_declarations()
        staged_models.check(self._catalog)
        self._plan = Planner(
            self._catalog,
            self._options,
            codes=self._codes,
            records=build_records.parse(records),
            raw_logs=self._logs,
            selected=selected,
            existing=existing,
            released=self._released,
            reference_days=reference_days,
        ).plan()
        return preparation(self._catalog, self._codes, self._plan, selected)

    def batch(self, node_id: str) -> dict[str, str | None]:
        """Return the grid instants that the command builds of a model, from `start` to `end`.

        A command that builds nothing, such as `dbt compile`, is told all of them.
        """
        instants = self._batches().of(node_id)
        return {"start": _text(instants.start), "end": str(instants.end)}

    def known_by(self, source_name: str, table: str) -> dict[str, str]:
        """Return what says when a row was known: `by`, and the `column` where it is one."""
        declared = self._logs.table(source_name, table)
        return {"by": declared.known_by, "column": declared.known_column}

    def raw_rows(self, node_id: str, source_name: str, table: str) -> dict[str, Any]:
        """Return what a macro needs to read a raw table for a node.

        `raw_rows.raw_rows` describes it. A slice has the files with rows that may be known from its
        first date on. A snapshot holds until its next version, so that all of it is read.
        """
        declared = self._logs.table(source_name, table)
        planned = self._plan and self._plan.slices.get(node_id)
        first = planned.first_date if planned and not declared.is_snapshot else None
        since = datetime.combine(first, time()) if first else None
        return raw_rows.raw_rows(declared, self._logs.all[declared.id], since)

    def set_aside(self, node_id: str, base: str, reference_days: int) -> dict[str, Any]:
        """Return what a macro needs to count the rows of `base` that a model sets aside.

        The raw `tables` of the base, up to which instant they are closed, from which landing date
        on the command reads all that a row refers to, and the bounds that the tables declare: the
        strictest where there are several, `share_max` none where none declares one.
        """
        nodes = self._catalog.nodes
        parents = (nodes[id_] for id_ in self._catalog.parents(node_id))
        base_id = next(
            parent["unique_id"]
            for parent in parents
            if parent["name"] == base and parent["resource_type"] == "model"
        )
        lineage = sorted(self._catalog.lineage(base_id))
        sources = [nodes[id_] for id_ in lineage if "source_name" in nodes[id_]]
        metas = [source["config"].get("meta", {}) for source in sources]
        shares = [m["set_aside_share_max"] for m in metas if "set_aside_share_max" in m]
        counts = [m.get("set_aside_row_count_min", _ROW_COUNT_MIN) for m in metas]
        planned = self._plan.slices.get(node_id) if self._plan else None
        reach = reach_days(self._catalog, node_id, reference_days)
        first = judged_from(planned.first_date, reach) if planned else None
        return {
            "tables": [source["name"] for source in sources],
            "share_max": min(shares, default=None),
            "row_count_min": min(counts, default=_ROW_COUNT_MIN),
            "closed_before": str(self._logs.closed_before(base_id)),
            "judged_from": _text(first),
        }

    def batch_record(self, node_id: str, sql: str) -> str:
        """Return the statement that records how far a model is built after its batch, or "".

        `sql` is what dbt compiled: from it comes how far back each feature of a feature view looks.
        """
        if self._options.narrowed_by:
            return ""
        node = self._catalog.nodes[node_id]
        look_backs: dict[str, int] = {}
        if "entities" in node["config"]["meta"]:
            look_backs = look_back.hours(
                sql=sql,
                view=published_name(node),
                keys=key_columns(node),
                stated_days=stated_days(node),
            )
        built_to = self._batches().built_to(node_id)
        return batch_record(node_id, self._codes[node_id], built_to, look_backs)

    def built_range(
        self,
        view_id: str,
        raw_logs: dict[str, dict[str, str]],
        built_to: str | None,
        look_backs: dict[str, int],
    ) -> dict[str, Any]:
        """Return from when each feature of a view is complete, and through when the view is built.

        `raw_logs` is what `raw_logs` answers. Where this database has built the view, `built_to`
        and `look_backs` are as its record says.
        """
        node = self._catalog.nodes[view_id]
        meta = node["config"]["meta"]
        tables = [raw_logs[table_id] for table_id in sorted(self._catalog.raw_tables(view_id))]
        closed = min(datetime.fromisoformat(table["closed_before"]) for table in tables)
        end = grid_end(closed, meta["grid"])
        built = built_range(
            features=stated_days(node),
            firsts=[datetime.fromisoformat(table["first"]) for table in tables],
            built_to=datetime.fromisoformat(built_to) if built_to else end,
            look_backs=look_backs,
            longest_window_days=look_back_days(node) or 0,
            serving_delay_minutes=meta["serving_delay_minutes"],
        )
        return {
            "complete_from": {name: str(instant) for name, instant in built.complete_from.items()},
            "built_through": str(built.built_through),
        }

    def expression(
        self, sql: str, names: dict[str, str], declared: str, elapsed: dict[str, str]
    ) -> str:
        """Return the SQL of a derived feature's expression, in the names of a lookup's columns."""
        return portable(sql, names, declared, elapsed)

    def fingerprint_query(self, relation: str) -> str:
        """Return the SQL that computes the fingerprint of a table."""
        return select_fingerprint(relation)

    def views_looked_at(self, node_ids: list[str]) -> list[str]:
        """Return the feature views among some models, and those that some tests look at."""
        return results.views_looked_at(self._catalog, node_ids)

    def results(
        self, run_started_at: str, statuses: dict[str, str], fingerprints: dict[str, str]
    ) -> list[str]:
        """Return the statements that keep how models, seeds and tests ended, by their ids."""
        return results.records(
            self._catalog,
            self._options,
            self._codes,
            run_started_at=run_started_at,
            raw_logs=self.raw_logs() if self._options.builds_tables else {},
            statuses=statuses,
            fingerprints=fingerprints,
        )

    @cached_property
    def _codes(self) -> dict[str, code.Parts]:
        """The parts of the code of each model, seed and test."""
        # Without a table to build there is no need to read the raw logs.
        raw_logs = self._logs.all if self._options.builds_tables else {}
        reopened = {table_id: table.reopened for table_id, table in raw_logs.items()}
        coder = code.Coder(self._catalog, self._variables, self._options.target, reopened)
        return {id_: coder.parts(id_) for id_ in self._catalog.nodes if coder.has_code(id_)}

    def _batches(self) -> Batches:
        if self._plan:
            return self._plan.batches
        if self._options.builds_tables:
            raise PublishError(
                "Milepost's on-run-start hooks have not run, so that no batch is planned",
                hint="see docs/guides/use-as-a-package.md for what switches them off",
            )
        return Batches(self._catalog, self._options, self._logs, {})


def _text(instant: date | None) -> str | None:
    return str(instant) if instant else None
