"""A feature view as its dbt model declares it, and what no view may leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from milepost.building import column_meaning
from milepost.building.declared_entities import check_roles, read_roles
from milepost.errors import PublishError
from milepost.release import derived
from milepost.release.definition import GRIDS, RUNGS, Field, ViewDefinition
from milepost.release.derived import Derived
from milepost.release.entity import Entity, join_keys
from milepost.release.names import AVAILABLE_AT, TYPES, name_fault

BOUNDS = ("row_rate_factor_max", "null_share_rise_max", "row_count_min")


@dataclass(frozen=True, kw_only=True)
class FeatureView(ViewDefinition):
    """A feature view of a dbt project: its definition, its table, and how it is built and judged.

    `longest_window_days` is how far it looks back: none of its features looks back further.
    """

    unique_id: str
    relation: str
    longest_window_days: int
    bounds: Mapping[str, float] = field(default_factory=dict)


def published_name(node: Mapping[str, Any]) -> str:
    """Return the name of a model's table: its own, and `_v<version>` for a version of it."""
    name, version = str(node["name"]), node.get("version")
    return name if version is None else f"{name}_v{version}"


def is_feature_view(node: Mapping[str, Any]) -> bool:
    """Return whether a node is a feature view: a model that says which entities it is about."""
    return node["resource_type"] == "model" and "entities" in node["config"].get("meta", {})


def read(node: Mapping[str, Any]) -> FeatureView:
    """Return the feature view that a node of dbt's manifest is.

    Raises a PublishError if its YAML lacks something, or has a value that some consumers cannot
    read. Its entities and derived features are checked beside those of the other views.
    """
    name, meta = published_name(node), node["config"]["meta"]
    stated = _Meta(name, meta)
    version = node.get("version")
    roles = read_roles(name, meta)
    view = FeatureView(
        name=name,
        version=None if version is None else str(version),
        is_latest=version == node.get("latest_version"),
        deprecated_at=_deprecated_at(node),
        unique_id=node["unique_id"],
        relation=node["relation_name"],
        description=" ".join(node["description"].split()),
        entities=roles,
        keys=join_keys(roles),
        grid=stated.value("grid", str),
        longest_window_days=_longest_window_days(stated, node),
        serving_delay_minutes=stated.value("serving_delay_minutes", int),
        owners=stated.value("owners", dict, of=str),
        maturity=stated.value("maturity", str),
        sensitivity=stated.value("sensitivity", str),
        tags=list(node.get("tags", [])),
        bounds=stated.value("bounds", dict),
        is_dense=stated.value("dense", bool, default=False),
        fresh_within_hours=stated.value("fresh_within_hours", int, default=None),
        fields=[_column(column) for column in node["columns"].values()],
        derived=[_derived(name, feature) for feature in meta.get("derived", [])],
    )
    _check(view)
    return view


@dataclass(frozen=True)
class _Meta:
    """The `meta` of a view, whose values are checked as they are read."""

    view: str
    meta: Mapping[str, Any]

    def value(self, key: str, kind: type, of: type = object, **default: Any) -> Any:
        """Return a value, or its default; a PublishError for a missing or mistyped value."""
        if key not in self.meta and default:
            return default["default"]
        value = self.meta.get(key)
        items = value.values() if isinstance(value, dict) else ()
        if not isinstance(value, kind) or not all(isinstance(item, of | None) for item in items):
            form = kind.__name__ if of is object else f"{kind.__name__} of {of.__name__}"
            raise PublishError(
                f"feature view `{self.view}` has no valid `meta.{key}`: `{value}`",
                hint=f"state it as a {form} in the view's YAML, or for all in dbt_project.yml",
            )
        return value


def _longest_window_days(stated: _Meta, node: Mapping[str, Any]) -> int:
    """Return the longest window, in days, of all that are declared or stated for a view."""
    days = [
        column_days
        for column in node["columns"].values()
        if (column_days := _column_window_days(stated.view, column)) is not None
    ]
    # `trailing_features` declares its windows; any other way to look back is stated.
    if "declared_window_days" in stated.meta:
        days.append(stated.meta["declared_window_days"])
    if "longest_window_days" in stated.meta or not days:
        days.append(stated.value("longest_window_days", int))
    return max(days)


def _column_window_days(view: str, column: Mapping[str, Any]) -> int | None:
    days: int | None = column.get("config", {}).get("meta", {}).get("longest_window_days")
    if days is not None and (not isinstance(days, int) or days < 0):
        raise PublishError(
            f"column `{column['name']}` of feature view `{view}` has no valid "
            f"`meta.longest_window_days`: `{days}`",
            hint="state it as an int in the column's YAML, or leave it out",
        )
    return days


def _column(column: Mapping[str, Any]) -> Field:
    return Field(
        name=column["name"],
        type=declared_type(column),
        description=" ".join(column["description"].split()),
        tags=list(column.get("tags", [])),
        unit=column_meaning.unit(column),
        null_meaning=column_meaning.null_meaning(column),
        sample=column_meaning.sample(column),
    )


def declared_type(column: Mapping[str, Any]) -> str:
    """Return the type that a column of a node declares, empty where it declares none."""
    return str(column.get("data_type") or "").upper()


def _deprecated_at(node: Mapping[str, Any]) -> str | None:
    """Return dbt's `deprecation_date`, as naive UTC."""
    if not node.get("deprecation_date"):
        return None
    instant = datetime.fromisoformat(node["deprecation_date"])
    if instant.tzinfo:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    return instant.isoformat()


def _derived(view: str, stated: Any) -> Derived:
    """Return a derived feature as the view's YAML states it."""
    try:
        request = {name: str(kind).upper() for name, kind in stated.get("request", {}).items()}
        feature = Derived(
            name=stated["name"],
            type=stated["type"].upper(),
            description=" ".join(stated["description"].split()),
            sql=" ".join(stated["sql"].split()),
            inputs=list(stated.get("inputs", [])),
            request=request,
            keys={view: dict(keys) for view, keys in stated.get("keys", {}).items()},
        )
        is_known = set(stated) <= {part.name for part in fields(Derived)}
        if not (is_known and feature.description and derived.is_plain(feature)):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PublishError(
            f"feature view `{view}` has no valid `meta.derived`: `{stated}`",
            hint="give each `name`, `type`, `description`, `sql`, and its `inputs`, `request` and "
            "`keys`",
        ) from error
    return feature


def _check(view: FeatureView) -> None:
    for name in (view.name, *view.types):
        if fault := name_fault(name):
            raise PublishError(
                f"`{name}` of feature view `{view.name}` is {fault[0]}", hint=fault[1]
            )
    if AVAILABLE_AT not in view.types:
        raise PublishError(
            f"feature view `{view.name}` has no column `{AVAILABLE_AT}`",
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
    check_rung(f"feature view `{view.name}`", view.maturity)
    for name, column_type in view.types.items():
        if column_type not in TYPES:
            raise PublishError(
                f"`{view.name}.{name}` is `{column_type}`, which not every consumer reads",
                hint=f"cast it to one of {', '.join(TYPES)}",
            )


def check_rung(model: str, maturity: Any) -> None:
    """Raise a PublishError for a `maturity` that is no rung of the ladder."""
    if maturity not in RUNGS:
        raise PublishError(
            f"{model} has the maturity `{maturity}`",
            hint=f"write one of {', '.join(RUNGS)}: docs/reference/ladder.md says what each asks",
        )


def check_together(views: Iterable[FeatureView], entities: Mapping[str, Entity]) -> None:
    """Raise a PublishError for an entity or a derived feature that does not fit the project."""
    views = list(views)
    views_by_reference = by_reference(views)
    for view in views:
        check_roles(view.name, view.entities, entities, view.types)
        _check_derived(view, views_by_reference)


def by_reference(views: Iterable[FeatureView]) -> dict[str, FeatureView]:
    """Return each view by each name that a lookup may give it."""
    views = list(views)
    return {view.name: view for view in views} | {
        view.model: view for view in views if view.is_latest
    }


def _check_derived(view: FeatureView, views_by_reference: Mapping[str, FeatureView]) -> None:
    names = [feature.name for feature in view.derived]
    for feature in view.derived:
        faults = [*derived.faults(feature, view, views_by_reference)]
        if names.count(feature.name) > 1:
            faults.append("two are named so")
        if faults:
            raise PublishError(
                f"derived feature `{view.name}:{feature.name}`: {faults[0]}",
                hint="what an expression may hold is in docs/guides/derived-features.md",
            )
