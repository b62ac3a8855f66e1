"""The models of a project that a query can read, as dbt built them into the scratch database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.drafting.query import Node
from milepost.drafting.query import table as parsed_table
from milepost.drafting.raw_files import table_of
from milepost.drafting.spans import in_utc
from milepost.errors import DraftError
from milepost.raw.declaration import raw_table
from milepost.release.near_names import suggest

if TYPE_CHECKING:
    import duckdb

KNOWN_AT, SUPERSEDED_AT, EVENT_AT = "known_at", "superseded_at", "event_at"


@dataclass(frozen=True)
class Model:
    """A model with facts: its name, its table, and the types of its columns.

    `renamed` gives the names that the columns have in the raw files which a query reads instead.
    """

    name: str
    relation: str
    columns: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Models:
    """The models of a project, by dbt's manifest, and the database that they were built into."""

    catalog: Catalog
    database: duckdb.DuckDBPyConnection

    @classmethod
    def read(cls, catalog: Catalog, database: Path) -> Models:
        """Open the scratch database, in which nothing is changed."""
        import duckdb

        try:
            return cls(catalog, in_utc(duckdb.connect(database, read_only=True)))
        except duckdb.Error as error:
            raise DraftError(
                f"the scratch database `{database}` cannot be opened: {error}",
                hint="run `dbt build` first, or name it: --database FILE",
            ) from error

    def names(self) -> set[str]:
        """Return the names of all models."""
        return set(self._nodes)

    def named(self, name: str) -> Model:
        """Return a model with facts by its name."""
        node = self._nodes.get(name.lower())
        if node is None:
            raise DraftError(
                f"`{name}` is no model of the project `{self.catalog.project}`",
                hint=suggest(name, self._nodes),
            )
        columns = self.columns_of(node["relation_name"], published_name(node))
        if missing := [column for column in (KNOWN_AT, SUPERSEDED_AT) if column not in columns]:
            raise DraftError(
                f"`{name}` has no column `{missing[0]}`, so that it holds no facts in time",
                hint="read a staging or intermediate model, which has versions of facts: "
                + ", ".join(f"`{model}`" for model in self._with_facts()[:8]),
            )
        return Model(published_name(node), node["relation_name"], columns)

    def of_table(self, table: Node) -> Model:
        """Return the model that a table of a query is, or the one made from its raw files."""
        if table["type"] == "TABLE_FUNCTION":
            function = table["function"]
            files = [child.get("value", {}).get("value") for child in function["children"][:1]]
            if function["function_name"] not in {"read_parquet", "parquet_scan"}:
                raise DraftError(
                    f"the query reads from `{function['function_name']}()`",
                    hint="read a model, or raw files of the project with `read_parquet`",
                )
            return self._of_files(str(files[0]))
        if "/" in table["table_name"]:
            return self._of_files(table["table_name"])
        model = self.named(table["table_name"])
        self._check_place(table, model)
        return model

    def _check_place(self, table: Node, model: Model) -> None:
        """Raise a DraftError where a query names the table of another schema or database."""
        built = parsed_table(model.relation)
        current = self.database.execute("select current_database(), current_schema()").fetchone()
        for part, default in zip(("catalog_name", "schema_name"), current or (), strict=True):
            name = built[part] or default
            if table[part] and table[part].lower() != name.lower():
                raise DraftError(
                    f"`{table[part]}.{table['table_name']}` is not the model `{model.name}`, whose "
                    f"table is in `{name}`",
                    hint=f"read `{model.name}` as this project builds it: {model.relation}",
                )

    def columns_of(self, relation: str, name: str) -> dict[str, str]:
        """Return the types of the columns of a table, or of a query in parentheses."""
        import duckdb

        try:
            rows = self.database.execute(f"describe from {relation}").fetchall()
        except duckdb.Error as error:
            raise DraftError(
                f"`{name}` cannot be read in the scratch database: {error}",
                hint=f"build it first: dbt build --select +{name}",
            ) from error
        return {row[0].lower(): str(row[1]) for row in rows}

    def never_null_columns(self, model: Model) -> set[str]:
        """Return the columns with a `not_null` test that have no null in the scratch database."""
        unique_id = self._nodes[model.name]["unique_id"]
        tested = {
            str(node["column_name"]).lower()
            for node in self.catalog.nodes.values()
            if node.get("attached_node") == unique_id and _forbids_null(node)
        }
        names = sorted(tested & set(model.columns))
        if not names:
            return set()
        has_none = ", ".join(f"count(*) = count({name})" for name in names)
        (row,) = self.database.execute(f"select {has_none} from {model.relation}").fetchall()
        return {name for name, is_full in zip(names, row, strict=True) if is_full}

    @cached_property
    def _nodes(self) -> dict[str, Mapping[str, Any]]:
        return {
            published_name(node): node
            for node in self.catalog.nodes.values()
            if node["resource_type"] == "model"
        }

    def _with_facts(self) -> list[str]:
        return sorted(name for name in self._nodes if name.startswith(("stg_", "int_")))

    def _of_files(self, uri: str) -> Model:
        """Return the staging model of the raw table that files belong to."""
        sources = [
            node
            for node in self.catalog.nodes.values()
            if "source_name" in node and node["config"].get("meta", {}).get("raw_uri")
        ]
        table = table_of(uri, [raw_table(node) for node in sources])
        bases = [name for name, node in self._nodes.items() if table.id in _parents(node)]
        ids = {self._nodes[name]["unique_id"] for name in bases}
        staged = [name for name, node in self._nodes.items() if ids & set(_parents(node))]
        for name in sorted(staged, key=lambda name: not name.startswith("stg_")):
            model = self.named(name)
            event = _event_column([self._nodes[base]["raw_code"] for base in bases])
            renamed = {table.known_column: KNOWN_AT} | ({event: EVENT_AT} if event else {})
            renamed = {raw: column for raw, column in renamed.items() if column in model.columns}
            return Model(model.name, model.relation, model.columns, renamed)
        raise DraftError(
            f"no model stages the raw table `{table.name}` of `{uri}`",
            hint="see docs/guides/bring-your-own-data.md for how to write one",
        )


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list(node["depends_on"]["nodes"])


def _forbids_null(node: Mapping[str, Any]) -> bool:
    """Return whether a node is a `not_null` test of all rows, which fails for a single one."""
    config = node["config"]
    return bool(
        (node.get("test_metadata") or {}).get("name") == "not_null"
        and node.get("column_name")
        and not config.get("where")
        and str(config.get("severity") or "error").lower() == "error"
        and (config.get("error_if") or "!= 0") == "!= 0"
    )


def _event_column(codes: list[str]) -> str | None:
    """Return the raw column that base models call `event_at`."""
    words = " ".join(codes).replace(",", " ").split()
    for before, word, name in zip(words, words[1:], words[2:], strict=False):
        if word == "as" and name == EVENT_AT and before.isidentifier():
            return before
    return None
