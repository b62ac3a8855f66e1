"""The models, tests and sources of a dbt project, from dbt's manifest.

Nothing else keeps a list. A feature view is an enabled model with `meta.entities`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from milepost.building import declared_views, glossary, services
from milepost.building.declared_entities import check_roles, read_definitions, read_roles
from milepost.building.declared_views import (
    FeatureView,
    declared_type,
    is_feature_view,
    published_name,
)
from milepost.building.macro_calls import MacroCalls
from milepost.building.serving_delay import check_serving_delay
from milepost.errors import PublishError
from milepost.raw.declaration import raw_table
from milepost.release.entity import Entity
from milepost.release.service import Service, TrainingSetModel
from milepost.release.term import Term


@dataclass(frozen=True)
class Catalog:
    """A dbt manifest: its feature views, their tests and their lineage."""

    nodes: Mapping[str, Mapping[str, Any]]
    macros: Mapping[str, Mapping[str, Any]]
    exposures: Mapping[str, Mapping[str, Any]]
    disabled: tuple[Mapping[str, Any], ...]
    project: str
    dbt_version: str
    adapter: str = "duckdb"
    docs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Catalog:
        """Read `target/manifest.json`, which every dbt command writes."""
        try:
            return cls.of(json.loads(path.read_bytes()))
        except FileNotFoundError as error:
            raise PublishError(
                f"`{path}` does not exist", hint="run `dbt build` in the dbt project first"
            ) from error
        except OSError as error:
            raise PublishError(
                f"`{path}` cannot be read: {error}", hint="name dbt's `target/manifest.json`"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PublishError(
                f"`{path}` is not a manifest of dbt: {error!r}",
                hint="run `dbt build` in the dbt project again",
            ) from error

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Catalog:
        """Take a manifest as dbt has it while it runs."""
        return cls(
            nodes={**manifest["nodes"], **manifest["sources"], **manifest["unit_tests"]},
            macros=manifest["macros"],
            exposures=manifest["exposures"],
            disabled=tuple(node for same in manifest["disabled"].values() for node in same),
            project=manifest["metadata"]["project_name"],
            dbt_version=manifest["metadata"]["dbt_version"],
            adapter=str(manifest["metadata"].get("adapter_type", "duckdb")),
            docs=manifest.get("docs", {}),
        )

    def feature_views(self) -> list[FeatureView]:
        """Return every feature view, by name."""
        views = sorted(
            (declared_views.read(node) for node in self._view_nodes()), key=lambda view: view.name
        )
        for view in views:
            self._check_serving_delay(self.nodes[view.unique_id])
        for view, following in pairwise(views):
            if view.name == following.name:
                raise PublishError(
                    f"two feature views are named `{view.name}`: {view.unique_id} and "
                    f"{following.unique_id}",
                    hint="rename one",
                )
        declared_views.check_together(views, self._defined_entities())
        return views

    def entities(self) -> list[Entity]:
        """Return every entity that a feature view is about, by name."""
        names = {role.entity for view in self.feature_views() for role in view.entities}
        defined = self._defined_entities()
        return [defined[name] for name in sorted(names)]

    def check_declarations(self) -> None:
        """Raise a PublishError for a view whose delay or keys cannot be, before a build begins."""
        defined = self._defined_entities()
        for node in self._view_nodes():
            name, meta = published_name(node), _meta(node)
            self._check_serving_delay(node)
            types = {column["name"]: declared_type(column) for column in node["columns"].values()}
            check_roles(name, read_roles(name, meta), defined, types)

    def _check_serving_delay(self, view: Mapping[str, Any]) -> None:
        meta = _meta(view)
        tables = sorted(self.raw_tables(view["unique_id"]))
        check_serving_delay(
            published_name(view),
            meta.get("grid"),
            meta.get("serving_delay_minutes"),
            [raw_table(self.nodes[table_id]) for table_id in tables],
        )

    def _view_nodes(self) -> list[Mapping[str, Any]]:
        return [node for node in self.nodes.values() if is_feature_view(node)]

    def _defined_entities(self) -> dict[str, Entity]:
        return read_definitions({published_name(n): _meta(n) for n in self._view_nodes()})

    def services(self) -> list[Service]:
        """Return every feature service, by name, as `milepost.building.services` reads them."""
        # An exposure quotes terms to explain its model, and not to be called by their synonyms.
        exposures = [
            {
                **node,
                "description": glossary.without_synonyms(node["description"], self.docs.values()),
            }
            for node in self.exposures.values()
        ]
        return services.services(exposures, self.nodes)

    def glossary(self) -> list[Term]:
        """Return the terms of the project, and of the packages that feature views are from."""
        packages = {view["unique_id"].split(".")[1] for view in self._view_nodes()}
        return glossary.terms(self.docs.values(), self.project, packages)

    def training_sets(self) -> list[TrainingSetModel]:
        """Return every lookup of a model, by the model's name."""
        return services.training_sets(self.nodes.values())

    def exposed(self, service: str) -> set[str]:
        """Return the ids of what a service's exposure depends on, also through its training set."""
        (exposure,) = (node for node in self.exposures.values() if node["name"] == service)
        return services.exposed(exposure, self.nodes)

    def lineage(self, unique_id: str) -> set[str]:
        """Return the ids of a node and of all that it is made from."""
        lineage: set[str] = set()
        waiting = [unique_id]
        while waiting:
            node_id = waiting.pop()
            if node_id not in lineage and node_id in self.nodes:
                lineage.add(node_id)
                waiting += self.parents(node_id)
        return lineage

    def tests_on(self, node_ids: Iterable[str]) -> set[str]:
        """Return the ids of every data test and unit test of one of the nodes.

        A test that a model's YAML states is that model's, whatever else it looks at.
        """
        wanted = set(node_ids)
        return {
            test_id
            for test_id, node in self.nodes.items()
            if node["resource_type"] in {"test", "unit_test"}
            and wanted & ({node.get("attached_node")} - {None} or set(self.parents(test_id)))
        }

    def disabled_tests_on(self, node_ids: Iterable[str]) -> list[str]:
        """Return the names of tests that look at one of the nodes and are switched off.

        A unit test goes with its model: where that is switched off too, one of the nodes may have
        taken its name, as a project's model takes that of a package's.
        """
        wanted = set(node_ids)
        names = {self.nodes[node_id]["name"] for node_id in wanted}
        off = {node["unique_id"] for node in self.disabled}
        return sorted(
            node["name"]
            for node in self.disabled
            if node["resource_type"] in {"test", "unit_test"}
            and _mentions(node, wanted, names)
            and f"model.{node.get('package_name')}.{node.get('model')}" not in off
        )

    def parents(self, node_id: str) -> list[str]:
        """Return the ids of what a node is made from, or a test looks at, directly."""
        return list(self.nodes[node_id].get("depends_on", {}).get("nodes", []))

    def inputs(self, node_id: str) -> set[str]:
        """Return the ids of what a node reads or a test looks at, with what ephemeral models read.

        An ephemeral model is no table: its SQL is part of whatever reads it.
        """
        inputs: set[str] = set()
        waiting = self.parents(node_id)
        while waiting:
            input_id = waiting.pop()
            if input_id not in inputs and input_id in self.nodes:
                inputs.add(input_id)
                waiting += self.parents(input_id) if self.is_ephemeral(input_id) else []
        return inputs

    def is_ephemeral(self, node_id: str) -> bool:
        """Return whether a node is a model without a table."""
        return bool(self.nodes[node_id]["config"].get("materialized") == "ephemeral")

    def macros_of(self, node_id: str) -> set[str]:
        """Return the ids of the macros that a node calls, and of those that they call."""
        return self.macro_calls.of(self.nodes[node_id])

    @cached_property
    def macro_calls(self) -> MacroCalls:
        """Which macros call which."""
        return MacroCalls(self.macros, self.project, self.adapter)

    def dropped_checks(self, node_ids: Iterable[str]) -> dict[str, str]:
        """Return why tests are gone, by name, as `meta.dropped_checks` of a node states it."""
        return {
            name: " ".join(str(reason or "").split())
            for node_id in sorted(node_ids)
            for name, reason in _meta(self.nodes[node_id]).get("dropped_checks", {}).items()
        }

    def raw_tables(self, unique_id: str) -> set[str]:
        """Return the ids of the raw tables that a node is made from: sources with `raw_uri`."""
        nodes = (self.nodes[node_id] for node_id in self.lineage(unique_id))
        sources = (node for node in nodes if "source_name" in node)
        return {source["unique_id"] for source in sources if _meta(source).get("raw_uri")}


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = node["config"].get("meta", {})
    return meta


def _mentions(test: Mapping[str, Any], node_ids: set[str], names: set[str]) -> bool:
    looks_at = {test.get("attached_node"), *test.get("depends_on", {}).get("nodes", [])}
    named = {test.get("model"), *(ref.get("name") for ref in test.get("refs", []))}
    return bool(node_ids & looks_at or names & named)
