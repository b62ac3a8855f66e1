"""What a build made, as a fault is followed through it: models in order, checks, feature views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from milepost.building.catalog import Catalog
from milepost.building.declared_views import FeatureView, published_name
from milepost.stress.raw_parts import Part
from milepost.stress.session import DATABASE


@dataclass(frozen=True)
class Table:
    """A model or seed: where it stands, its SQL, and what it reads: models, seeds and raw tables.

    No fault of a raw table reaches a seed, which has no SQL.
    """

    id: str
    name: str
    place: str
    sql: str
    inputs: frozenset[str]
    required: tuple[str, ...]
    """The columns that its contract says are never null."""

    counts: tuple[str, ...]
    """The statements that count the rows of `counted` raw tables which it sets aside."""

    counted: frozenset[str]

    @property
    def schema(self) -> str:
        """The schema in which it stands."""
        return self.place.partition(".")[0]

    @property
    def relation(self) -> str:
        """The table after a fault."""
        return f"{DATABASE}.{self.place}"

    @property
    def clean(self) -> str:
        """The table of the build without a fault."""
        return f"clean.{self.place}"


@dataclass(frozen=True)
class Check:
    """A data test: its SQL, which says whether it fails, and the tables that it looks at."""

    id: str
    name: str
    sql: str
    inputs: frozenset[str]


@dataclass(frozen=True)
class View:
    """A feature view, with the tables that it is made from and the checks of them all."""

    name: str
    table: Table
    keys: tuple[str, ...]
    types: Mapping[str, str]
    """The type of each feature."""

    lineage: frozenset[str]
    checks: frozenset[str]


@dataclass(frozen=True)
class Lineage:
    """The tables that some feature views are made from, in an order in which they can be built.

    `checks` are those that can be asked once a table is built, by the table's id.
    """

    tables: tuple[Table, ...]
    checks: Mapping[str, Sequence[Check]]
    views: tuple[View, ...]


def of_views(
    catalog: Catalog, views: Sequence[FeatureView], parts: Sequence[Part], counts: Sequence[str]
) -> Lineage:
    """Return the lineage of some feature views, read from the manifest of their build."""
    members = set().union(*(catalog.lineage(view.unique_id) for view in views))
    inputs = {
        id_: catalog.inputs(id_) & members
        for id_ in sorted(members)
        if catalog.nodes[id_]["resource_type"] in {"model", "seed"}
        and not catalog.is_ephemeral(id_)
    }
    order = _in_order({id_: inputs[id_] & set(inputs) for id_ in inputs})
    tables = {id_: _table(catalog, id_, inputs[id_], parts, counts) for id_ in order}
    checks: dict[str, list[Check]] = {}
    for test_id in sorted(catalog.tests_on(members)):
        looks_at = _looks_at(catalog, test_id)
        can_be_asked = looks_at and looks_at <= set(tables)
        if can_be_asked and _stops(catalog.nodes[test_id]):
            last = [id_ for id_ in tables if id_ in looks_at][-1]
            checks.setdefault(last, []).append(_check(catalog.nodes[test_id], looks_at))
    return Lineage(
        tuple(tables.values()), checks, tuple(_view(catalog, view, tables) for view in views)
    )


def keys_of_sources(catalog: Catalog) -> dict[str, set[str]]:
    """Return the columns that are keys in what is made from each source, by the source's id.

    Those are what a staged model is told to be the id, and what a test says to be unique or to
    refer to another model, anywhere in the project.
    """
    keys: dict[str, set[str]] = {id_: set() for id_ in catalog.nodes if id_.startswith("source.")}
    for id_, node in catalog.nodes.items():
        named = {name for base in _bases(node).values() for name in base["id"]}
        if (node.get("test_metadata") or {}).get("name") in {"unique", "relationships"}:
            id_, named = node.get("attached_node") or id_, {node.get("column_name") or ""}
        for source_id in catalog.lineage(id_) & set(keys) if named else ():
            keys[source_id] |= {name.lower() for name in named}
    return keys


def _bases(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the base models of a staged model are, by their names."""
    bases: Mapping[str, Any] = node["config"].get("meta", {}).get("staged_from", {})
    return bases


def _in_order(inputs: Mapping[str, set[str]]) -> list[str]:
    """Return tables in an order in which they can be built: by the longest way to each, then by id.

    So the tables of one view have the same order whatever else is built.
    """
    steps: dict[str, int] = {}
    for id_ in TopologicalSorter(inputs).static_order():
        steps[id_] = 1 + max((steps[input_id] for input_id in inputs[id_]), default=0)
    return sorted(steps, key=lambda id_: (steps[id_], id_))


def _table(
    catalog: Catalog, id_: str, inputs: set[str], parts: Sequence[Part], counts: Sequence[str]
) -> Table:
    node = catalog.nodes[id_]
    sql = node.get("compiled_code") or ""
    for part in parts:
        sql = sql.replace(part.reads, part.faulty)
    bases = _bases(node)
    counted = [
        catalog.raw_tables(input_id)
        for input_id in inputs
        if catalog.nodes[input_id]["name"] in bases
    ]
    return Table(
        id=id_,
        name=published_name(node),
        place=node["relation_name"].partition(".")[2],
        sql=sql,
        inputs=frozenset(inputs),
        required=tuple(
            column["name"]
            for column in node["columns"].values()
            if any(item.get("type") == "not_null" for item in column.get("constraints") or [])
        ),
        counts=tuple(sql for sql in counts if f"'{id_}'" in sql),
        counted=frozenset(set().union(*counted)),
    )


def _looks_at(catalog: Catalog, test_id: str) -> set[str]:
    return {id_ for id_ in catalog.inputs(test_id) if not id_.startswith("source.")}


def _stops(test: Mapping[str, Any]) -> bool:
    """Return whether a test is a data test that stops a build."""
    severity = str(test["config"].get("severity", "error")).lower()
    return bool(test["resource_type"] == "test" and severity == "error")


def _check(test: Mapping[str, Any], looks_at: set[str]) -> Check:
    config = test["config"]
    failures = f"select {config['fail_calc']} as failures from ({test['compiled_code']}) as rows"
    return Check(
        test["unique_id"],
        test["name"],
        f"select coalesce(failures {config['error_if']}, false) from ({failures}) as counted",
        frozenset(looks_at),
    )


def _view(catalog: Catalog, view: FeatureView, tables: Mapping[str, Table]) -> View:
    lineage = catalog.lineage(view.unique_id)
    # A test that also looks at another model cannot be asked where this view alone is built.
    checks = {id_ for id_ in catalog.tests_on(lineage) if _looks_at(catalog, id_) <= lineage}
    return View(
        name=view.name,
        table=tables[view.unique_id],
        keys=tuple(view.keys),
        types={name: view.types[name] for name in view.features},
        lineage=frozenset(lineage),
        checks=frozenset(checks),
    )
