"""The catalogue: which feature views a dbt project has, read from dbt's own manifest.

Nothing else keeps a list. A feature view is an enabled model with `meta.entities`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from milepost.building import services
from milepost.errors import PublishError
from milepost.release import derived
from milepost.release.derived import Derived
from milepost.release.names import AVAILABLE_AT, TYPES, name_fault
from milepost.release.service import Service

GRIDS = ("day", "hour")
BOUNDS = ("row_rate_factor_max", "null_share_rise_max", "row_count_min")
# Hooks of `staged_facts` that look at what was built: they may stop a build, and change no value.
_JUDGES = {"macro.milepost.count_set_aside", "macro.milepost.refuse_set_aside"}
_CALL = re.compile(r"(\w+)\s*\(")
_DISPATCH = re.compile(r"""\bdispatch\s*\(\s*(?:macro_name\s*=\s*)?(['"])(\w+)\1""")
# From an hour's end to the end of its landing date, at most.
HOURS_TO_CLOSE = 23


@dataclass(frozen=True)
class Column:
    """A column of a feature view as its YAML states it; `type` is one of TYPES.

    `longest_window_days` is how far it looks back, where the YAML says so.
    """

    name: str
    type: str
    description: str
    longest_window_days: int | None = None


@dataclass(frozen=True)
class FeatureView:
    """A feature view as its dbt model states it. Windows are in days, the delay in minutes.

    `longest_window_days` is how far the view looks back: none of its features looks back further.

    `name` is that of the published table: for version 2 of a dbt model `<model>_v2`, as dbt's own.
    """

    name: str
    unique_id: str
    relation: str
    description: str
    entities: tuple[str, ...]
    keys: tuple[str, ...]
    grid: str
    longest_window_days: int
    serving_delay_minutes: int
    owners: Mapping[str, str]
    maturity: str
    sensitivity: str
    columns: tuple[Column, ...]
    bounds: Mapping[str, float] = field(default_factory=dict)
    is_dense: bool = False
    fresh_within_hours: int | None = None
    version: str | None = None
    is_latest: bool = True
    deprecated_at: str | None = None
    derived: tuple[Derived, ...] = ()

    @property
    def features(self) -> list[str]:
        """The columns but for keys and `available_at`, in their order."""
        return [c.name for c in self.columns if c.name not in (*self.keys, AVAILABLE_AT)]


@dataclass(frozen=True)
class Catalog:
    """A dbt manifest, asked for feature views, their tests and what they are made from."""

    nodes: Mapping[str, Mapping[str, Any]]
    macros: Mapping[str, Mapping[str, Any]]
    exposures: Mapping[str, Mapping[str, Any]]
    disabled: tuple[Mapping[str, Any], ...]
    project: str
    dbt_version: str
    adapter: str = "duckdb"

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
            adapter=str(manifest["metadata"].get("adapter_type")),
        )

    def feature_views(self) -> list[FeatureView]:
        """Every feature view, by name."""
        models = (n for n in self.nodes.values() if n["resource_type"] == "model")
        views = sorted(
            (_feature_view(n) for n in models if "entities" in n["config"]["meta"]),
            key=lambda view: view.name,
        )
        for view, following in pairwise(views):
            if view.name == following.name:
                raise PublishError(
                    f"two feature views are named `{view.name}`: {view.unique_id} and "
                    f"{following.unique_id}",
                    hint="rename one",
                )
        columns = by_reference(views)
        for view in views:
            _check_derived(view, columns)
        return views

    def check_serving_delays(self) -> None:
        """Raise a PublishError for a view whose delay no build can keep, before one begins."""
        for node in self.nodes.values():
            meta = _meta(node)
            if "entities" in meta:
                name = published_name(node)
                _check_serving_delay(name, meta.get("grid"), meta.get("serving_delay_minutes"))

    def services(self) -> list[Service]:
        """Return every feature service, by name, as `milepost.building.services` reads them."""
        return services.services(self.exposures.values(), self.nodes)

    def exposed(self, service: str) -> set[str]:
        """Return the ids of what a service's exposure depends on, also through its training set."""
        (exposure,) = (node for node in self.exposures.values() if node["name"] == service)
        return services.exposed(exposure, self.nodes)

    def lineage(self, unique_id: str) -> set[str]:
        """The ids of a node and of all that it is made from."""
        found: set[str] = set()
        waiting = [unique_id]
        while waiting:
            node_id = waiting.pop()
            if node_id not in found and node_id in self.nodes:
                found.add(node_id)
                waiting += self.parents(node_id)
        return found

    def tests_on(self, node_ids: Iterable[str]) -> set[str]:
        """The ids of every data test and unit test of one of the nodes.

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
        """The names of the tests that look at one of the nodes and are switched off."""
        wanted = set(node_ids)
        names = {self.nodes[node_id]["name"] for node_id in wanted}
        return sorted(
            node["name"]
            for node in self.disabled
            if node["resource_type"] in {"test", "unit_test"} and _mentions(node, wanted, names)
        )

    def parents(self, node_id: str) -> list[str]:
        """The ids of what a node is made from, or a test looks at, directly."""
        return list(self.nodes[node_id].get("depends_on", {}).get("nodes", []))

    def inputs(self, node_id: str) -> set[str]:
        """The ids of what a node reads or a test looks at, with what ephemeral models read.

        An ephemeral model is no table: its SQL is part of whatever reads it.
        """
        found: set[str] = set()
        waiting = self.parents(node_id)
        while waiting:
            input_id = waiting.pop()
            if input_id not in found and input_id in self.nodes:
                found.add(input_id)
                waiting += self.parents(input_id) if self.is_ephemeral(input_id) else []
        return found

    def is_ephemeral(self, node_id: str) -> bool:
        """Whether a node is a model without a table."""
        return bool(self.nodes[node_id]["config"].get("materialized") == "ephemeral")

    def macros_of(self, node_id: str) -> set[str]:
        """The ids of the macros that a node calls, and of those that they call, dispatched or not.

        Its materialization is among them. Macros of dbt and of its adapter are left out: their
        versions stand for them. Calls in the text count too: dbt knows at first only those that
        parsing makes, and keeps them of a macro's file until that file is edited, though another
        file may have what dispatch picks from then on.
        """
        node = self.nodes[node_id]
        built_as = f"materialization_{node['config'].get('materialized')}"
        waiting = list(node.get("depends_on", {}).get("macros", []))
        waiting += self._named(f"{built_as}_{adapter}" for adapter in ("default", self.adapter))
        waiting += self._named(_CALL.findall(node.get("raw_code") or ""))
        found: set[str] = set()
        while waiting:
            macro_id = waiting.pop()
            if macro_id not in {*found, *_JUDGES} and macro_id in self.macros:
                found.add(macro_id)
                waiting += self.macros[macro_id]["depends_on"]["macros"]
                waiting += self._called_by_macro(macro_id)
        engine = {"dbt", f"dbt_{self.adapter}"}
        return {id_ for id_ in found if self.macros[id_]["package_name"] not in engine}

    def _called_by_macro(self, macro_id: str) -> set[str]:
        """What a macro's text calls and dbt may not have noted: the project's own, and dispatched.

        dbt looks into the project before it looks into the package whose macro is dispatched.
        """
        if macro_id not in self._called_by_macros:
            text = self.macros[macro_id]["macro_sql"]
            adapters = ("default", self.adapter)
            picked = {f"{one}__{name}" for _, name in _DISPATCH.findall(text) for one in adapters}
            own = self._named(_CALL.findall(text))
            self._called_by_macros[macro_id] = self._named(picked) | {
                id_ for id_ in own if self.macros[id_]["package_name"] == self.project
            }
        return self._called_by_macros[macro_id]

    @cached_property
    def _called_by_macros(self) -> dict[str, set[str]]:
        return {}

    def _named(self, names: Iterable[str]) -> set[str]:
        return {id_ for name in names for id_ in self._macros_by_name.get(name, [])}

    @cached_property
    def _macros_by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for id_, macro in self.macros.items():
            found.setdefault(macro["name"], []).append(id_)
        return found

    def dropped_checks(self, node_ids: Iterable[str]) -> dict[str, str]:
        """Why tests are gone, by name, as `meta.dropped_checks` of one of the nodes states it."""
        return {
            name: " ".join(str(reason or "").split())
            for node_id in sorted(node_ids)
            for name, reason in _meta(self.nodes[node_id]).get("dropped_checks", {}).items()
        }

    def raw_uris(self, unique_id: str) -> set[str]:
        """The raw logs that a node is made from."""
        nodes = (self.nodes[node_id] for node_id in self.lineage(unique_id))
        uris = (_meta(n).get("raw_uri") for n in nodes if "source_name" in n)
        return {uri for uri in uris if uri}


def by_reference(views: Iterable[FeatureView]) -> dict[str, dict[str, str]]:
    """The types of each view's columns, by each name that a lookup may give it."""
    found: dict[str, dict[str, str]] = {}
    for view in views:
        types = {column.name: column.type for column in view.columns}
        found[view.name] = types
        if view.version and view.is_latest:
            found[view.name.removesuffix(f"_v{view.version}")] = types
    return found


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = node["config"].get("meta", {})
    return meta


def published_name(node: Mapping[str, Any]) -> str:
    """The name of a model's table: its own, for a version of a dbt model with `_v<version>`."""
    name, version = str(node["name"]), node.get("version")
    return name if version is None else f"{name}_v{version}"


def _deprecated_at(node: Mapping[str, Any]) -> str | None:
    """dbt's `deprecation_date`, as naive UTC."""
    if not node.get("deprecation_date"):
        return None
    instant = datetime.fromisoformat(node["deprecation_date"])
    if instant.tzinfo:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    return instant.isoformat()


def _mentions(test: Mapping[str, Any], node_ids: set[str], names: set[str]) -> bool:
    looks_at = {test.get("attached_node"), *test.get("depends_on", {}).get("nodes", [])}
    named = {test.get("model"), *(ref.get("name") for ref in test.get("refs", []))}
    return bool(node_ids & looks_at or names & named)


def _feature_view(node: Mapping[str, Any]) -> FeatureView:
    name, meta = published_name(node), node["config"]["meta"]
    version = node.get("version")

    def stated(key: str, kind: type) -> Any:
        if not isinstance(meta.get(key), kind):
            raise PublishError(
                f"feature view `{name}` has no valid `meta.{key}`: `{meta.get(key)}`",
                hint=f"state it as a {kind.__name__} in the view's YAML, or for all views in "
                "dbt_project.yml",
            )
        return meta[key]

    columns = tuple(_column(name, column) for column in node["columns"].values())
    # `trailing_features` puts `declared_window_days` there; what looks back otherwise is stated.
    longest_window_days = [
        c.longest_window_days for c in columns if c.longest_window_days is not None
    ]
    if "declared_window_days" in meta:
        longest_window_days.append(meta["declared_window_days"])
    if "longest_window_days" in meta or not longest_window_days:
        longest_window_days.append(stated("longest_window_days", int))
    view = FeatureView(
        name=name,
        version=None if version is None else str(version),
        is_latest=version == node.get("latest_version"),
        deprecated_at=_deprecated_at(node),
        unique_id=node["unique_id"],
        relation=node["relation_name"],
        description=" ".join(node["description"].split()),
        entities=tuple(stated("entities", list)),
        keys=tuple(stated("keys", list)),
        grid=stated("grid", str),
        longest_window_days=max(longest_window_days),
        serving_delay_minutes=stated("serving_delay_minutes", int),
        owners=stated("owners", dict),
        maturity=stated("maturity", str),
        sensitivity=stated("sensitivity", str),
        bounds=stated("bounds", dict),
        is_dense=stated("dense", bool) if "dense" in meta else False,
        fresh_within_hours=stated("fresh_within_hours", int)
        if "fresh_within_hours" in meta
        else None,
        columns=columns,
        derived=tuple(_derived(name, one) for one in meta.get("derived", [])),
    )
    _check(view)
    return view


def _column(view: str, stated: Mapping[str, Any]) -> Column:
    days = stated.get("config", {}).get("meta", {}).get("longest_window_days")
    if days is not None and (not isinstance(days, int) or days < 0):
        raise PublishError(
            f"column `{stated['name']}` of feature view `{view}` has no valid "
            f"`meta.longest_window_days`: `{days}`",
            hint="state it as an int in the column's YAML, or leave it out",
        )
    description = " ".join(stated["description"].split())
    return Column(stated["name"], (stated["data_type"] or "").upper(), description, days)


def _derived(view: str, stated: Any) -> Derived:
    """A derived feature as the view's YAML states it."""
    try:
        request = {name: str(kind).upper() for name, kind in stated.get("request", {}).items()}
        one = Derived(
            name=stated["name"],
            type=stated["type"].upper(),
            description=" ".join(stated["description"].split()),
            sql=" ".join(stated["sql"].split()),
            inputs=list(stated.get("inputs", [])),
            request=request,
        )
        is_known = set(stated) <= {"name", "type", "description", "sql", "inputs", "request"}
        if not (is_known and one.description and derived.is_plain(one)):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PublishError(
            f"feature view `{view}` has no valid `meta.derived`: `{stated}`",
            hint="give each `name`, `type`, `description`, `sql`, and its `inputs` and `request`",
        ) from error
    return one


def _check_derived(view: FeatureView, views: Mapping[str, Mapping[str, str]]) -> None:
    own = {column.name: column.type for column in view.columns}
    names = [one.name for one in view.derived]
    for one in view.derived:
        faults = [*derived.faults(one, own, views)]
        if names.count(one.name) > 1:
            faults.append("two are named so")
        if faults:
            raise PublishError(
                f"derived feature `{view.name}:{one.name}`: {faults[0]}",
                hint="what an expression may hold is in docs/guides/derived-features.md",
            )


def _check_serving_delay(view: str, grid: Any, minutes: Any) -> None:
    if grid == "hour" and isinstance(minutes, int) and minutes < HOURS_TO_CLOSE * 60:
        raise PublishError(
            f"feature view `{view}` is hourly and says that it is served {minutes} minutes later",
            hint=f"landing dates close daily, so that an hour waits up to {HOURS_TO_CLOSE} hours: "
            "state that and the build's time in `meta.serving_delay_minutes`",
        )


def _check(view: FeatureView) -> None:
    names = [column.name for column in view.columns]
    for name in (view.name, *names):
        if fault := name_fault(name):
            raise PublishError(
                f"`{name}` of feature view `{view.name}` is {fault[0]}", hint=fault[1]
            )
    for needed in (*view.keys, AVAILABLE_AT):
        if needed not in names:
            raise PublishError(
                f"feature view `{view.name}` has no column `{needed}`",
                hint="declare its keys and `available_at` among the columns",
            )
    for bound in BOUNDS:
        if not isinstance(view.bounds.get(bound), int | float) or set(view.bounds) != set(BOUNDS):
            raise PublishError(
                f"feature view `{view.name}` has no valid `meta.bounds`: `{dict(view.bounds)}`",
                hint=f"state numbers for {', '.join(BOUNDS)}, for all views in dbt_project.yml",
            )
    if view.grid not in GRIDS:
        raise PublishError(
            f"feature view `{view.name}` has the grid `{view.grid}`",
            hint=f"write one of {', '.join(GRIDS)}",
        )
    _check_serving_delay(view.name, view.grid, view.serving_delay_minutes)
    for column in view.columns:
        if column.type not in TYPES:
            raise PublishError(
                f"`{view.name}.{column.name}` is `{column.type}`, which not every consumer reads",
                hint=f"cast it to one of {', '.join(TYPES)}",
            )
