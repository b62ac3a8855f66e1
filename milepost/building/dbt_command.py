"""The answers to the questions of Milepost's macros while one dbt command runs.

Macros know dbt's tables and run SQL. What is to be decided is decided here, from dbt's manifest,
the raw logs, and the records that a macro has read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from milepost.building import (
    build_records,
    built_range,
    code,
    look_back,
    raw_rows,
    results,
    set_aside_counts,
    staged_models,
)
from milepost.building.batches import Batches, Options
from milepost.building.catalog import Catalog
from milepost.building.declared_entities import key_columns
from milepost.building.declared_views import published_name
from milepost.building.engine_answers import EngineAnswers
from milepost.building.engine_tables import EngineTables
from milepost.building.fingerprint import select_fingerprint
from milepost.building.plan import Plan, Planner, ReleasedView
from milepost.building.preparation import batch_record, preparation
from milepost.building.raw_logs import Check, RawLogs, Recheck
from milepost.building.stated_windows import stated_days
from milepost.errors import LandingError, PublishError
from milepost.raw.tables import RawTable
from milepost.release.expression import portable

Released = Callable[[], Mapping[str, ReleasedView]]


class DbtCommand(EngineAnswers):
    """One dbt command, and the plan for it. Each public method answers a question of a macro.

    A method takes what JSON can say and returns the same. `variables` are what
    `project.declared_variables` gives; `released` gives the views of the current release by name,
    `check` what is closed of raw tables, and `recheck` raises where a file is no longer as it was.
    `tables` are those of an engine other than DuckDB.
    """

    def __init__(
        self,
        catalog: Catalog,
        options: Options,
        variables: Mapping[str, Any],
        released: Released,
        check: Check,
        recheck: Recheck,
        tables: EngineTables | None = None,
    ) -> None:
        super().__init__(catalog, tables)
        self._options, self._variables, self._released = options, variables, released
        self._logs, self._recheck = RawLogs(catalog, check), recheck
        self._tables_read: dict[str, RawTable] = {}
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
        self._tables_read[declared.id] = declared
        planned = self._plan and self._plan.slices.get(node_id)
        first = planned.first_date if planned and not declared.is_snapshot else None
        since = datetime.combine(first, time()) if first else None
        return raw_rows.raw_rows(declared, self._logs.all[declared.id], since)

    def set_aside(self, node_id: str, base: str, reference_days: int) -> dict[str, Any]:
        """Return what a macro needs to count the rows of `base` that a model sets aside."""
        planned = self._plan.slices.get(node_id) if self._plan else None
        return set_aside_counts.what_to_count(
            self._catalog,
            self._logs,
            node_id,
            base,
            first_date=planned.first_date if planned else None,
            reference_days=reference_days,
        )

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
        """Return from when a view's features are complete, and through when it is built."""
        return built_range.of_view(self._catalog, view_id, raw_logs, built_to, look_backs)

    def expression(
        self, sql: str, names: dict[str, str], declared: str, functions: dict[str, str]
    ) -> str:
        """Return the SQL of a derived feature's expression, in the names of a lookup's columns."""
        return portable(sql, names, declared, functions)

    def fingerprint_query(self, relation: str) -> str:
        """Return the SQL that computes the fingerprint of a table."""
        return select_fingerprint(relation)

    def views_looked_at(self, node_ids: list[str]) -> list[str]:
        """Return the feature views among some models, and those that some tests look at."""
        return results.views_looked_at(self._catalog, node_ids)

    def results(
        self, run_started_at: str, statuses: dict[str, str], fingerprints: dict[str, str]
    ) -> dict[str, Any]:
        """Return the statements that keep how models, seeds and tests ended, by their ids.

        Where files were replaced while the command read them, no table that is made from raw tables
        is a success, no batch goes on from it, and `fault` names a file.
        """
        fault = self._file_fault() if self._options.builds_tables else None
        torn = [id_ for id_ in statuses if fault and self._catalog.raw_tables(id_)]
        statements = results.records(
            self._catalog,
            self._options,
            self._codes,
            run_started_at=run_started_at,
            raw_logs=self.raw_logs() if self._options.builds_tables else {},
            statuses=statuses | dict.fromkeys(torn, "files replaced"),
            fingerprints=fingerprints,
        )
        return {"statements": [*statements, *build_records.forget_batches(torn)], "fault": fault}

    def _file_fault(self) -> str | None:
        try:
            self._recheck(list(self._tables_read.values()), self._logs.all)
        except LandingError as error:
            return str(error)
        return None

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
