"""The answers that macros of an engine other than DuckDB ask for, beside those of any engine."""

from __future__ import annotations

import re
from typing import Any

from milepost.building import build_records
from milepost.building.catalog import Catalog
from milepost.building.engine_tables import EngineTables
from milepost.building.stored_steps import stored_steps
from milepost.errors import PublishError


class EngineAnswers:
    """Answers from a project and the tables of an engine. Each public method answers a question.

    A PublishError where two nodes would write to one folder.
    """

    def __init__(self, catalog: Catalog, tables: EngineTables | None) -> None:
        self._catalog, self._tables = catalog, tables
        if tables:
            tables.check_places(catalog.nodes.values())

    def columns_read(self, node_id: str, of: str | None) -> list[str]:
        """Return the columns of a model `of` which a node reads, as they are declared.

        Without `of`: those of the node that its SQL does not compute after its `all_but`. One that
        is missing, or there twice, fails the node's contract.
        """
        if of:
            named = [
                node
                for node in self._catalog.nodes.values()
                if node["resource_type"] == "model" and node["name"] == of
            ]
            if len(named) != 1:
                raise PublishError(
                    f"`all_but` of `{of}`: {len(named)} models have this name",
                    hint="name one model of the project or of one package",
                )
            return list(named[0]["columns"])
        node = self._catalog.nodes[node_id]
        after = node["raw_code"].rpartition("all_but")[2]
        computed = re.findall(r"\bas\s+(\w+)", after, re.IGNORECASE)
        return [name for name in node["columns"] if name not in computed]

    def records(self, sql: str) -> list[dict[str, Any]]:
        """Run SQL on the records of an engine other than DuckDB, and return its rows."""
        return self._engine_tables.run(sql)

    def reopen_batch(self, node_id: str, start: str) -> None:
        """Record a model as built up to `start` at most, before its rows from there on are deleted.

        In DuckDB a build that fails deletes nothing. In another engine the rows stay deleted, and
        the next build makes them again.
        """
        where = f"where node_id = '{node_id}' and built_to > '{start}'"
        if self._tables and self.records(f"select 1 as one from milepost_checks.batches {where}"):  # noqa: S608 - dbt's id
            self.records(f"update milepost_checks.batches set built_to = '{start}' {where}")  # noqa: S608 - dbt's id

    def finish(self) -> None:
        """Let another command write to the tables of an engine other than DuckDB."""
        if self._tables:
            self._tables.lock.release()

    def keep_set_aside(self, rows: list[dict[str, Any]]) -> None:
        """Keep how many rows a model set aside, as an engine other than DuckDB counted them."""
        for statement in build_records.keep("set_aside", rows):
            self._engine_tables.run(statement)

    def stored_steps(self, name: str, sql: str) -> dict[str, Any]:
        """Return a query in two parts: the steps to store, in tables of this name, and the rest.

        It is asked before each table is made: a ConflictError where another command has the lock.
        """
        self._engine_tables.lock.check()
        queries, sql = stored_steps(sql, name)
        steps = [
            {"table": table, "uri": self._engine_tables.step_uri(table), "sql": query}
            for table, query in queries.items()
        ]
        return {"steps": steps, "sql": sql}

    def steps(self) -> list[str]:
        """Return the tables of stored steps; DuckDB stores none."""
        return self._tables.steps() if self._tables else []

    def remove_steps(self) -> None:
        """Remove the files of stored steps."""
        if self._tables:
            self._tables.remove_steps()

    def fingerprint(self, node_id: str) -> str:
        """Return the fingerprint of a table of an engine other than DuckDB."""
        return self._engine_tables.fingerprint(self._catalog.nodes[node_id])

    @property
    def _engine_tables(self) -> EngineTables:
        assert self._tables  # noqa: S101 - DuckDB's macros do not ask
        return self._tables
