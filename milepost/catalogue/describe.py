"""Describes a feature view, a feature or a service of a release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from milepost.catalogue import feature_facts, usage
from milepost.catalogue.description import Description
from milepost.catalogue.search import SearchResult, features
from milepost.display import DisplayTable
from milepost.release import coverage
from milepost.release.coverage import Range
from milepost.release.definition import Fact, statements
from milepost.release.manifest import Manifest, View, minute
from milepost.release.near_names import table_name, unknown_feature
from milepost.release.references import unknown_view
from milepost.release.request import parse_request
from milepost.release.service import Service

# What a feature takes over from its view.
_OF_THE_VIEW = (
    *("keys", "owners", "maturity", "version", "is_latest", "deprecated_at"),
    "estimated_known_at",
)


def describe(manifest: Manifest, reference: str, *, store_uri: str | None = None) -> Description:
    """Describe a feature view, by `"view"`, a feature, by `"view:feature"`, or a service.

    The lines of code of the description name the store at `store_uri`. Raises an
    UnknownFeatureError for what the release does not have.
    """
    name, colon, feature = str(reference).partition(":")
    services = {service.name: service for service in manifest.services}
    if name in services and not colon:
        return _service(manifest, services[name], store_uri)
    if table_name(name) not in manifest.by_name:
        raise unknown_view(manifest, str(reference), other_names=services)
    view = manifest.view(name)
    ranges = {whole.feature: whole for whole in coverage.of_view(manifest, view)}
    if not colon:
        return _view(manifest, view, ranges, store_uri)
    results = {result.reference.partition(":")[2]: result for result in features(view)}
    if feature not in results:
        raise unknown_feature(name, feature, results)
    return _feature(manifest, view, results[feature], ranges[feature], store_uri)


def _view(
    manifest: Manifest, view: View, ranges: Mapping[str, Range], store_uri: str | None
) -> Description:
    def is_taken(taken: usage.Features) -> bool:
        return any(name == view.name for name, _ in taken)

    stored = [view.name] if view.features else [f"{view.name}:{view.derived[0].name}"]
    return Description(
        view.name,
        {
            **view_facts(view),
            **_fresh_until(view),
            **_entities(manifest, view),
            "only where named": [derived.name for derived in view.derived] or None,
            "services": usage.services_with(manifest, is_taken) or None,
            "training sets": usage.training_sets_with(manifest, is_taken) or None,
        },
        _features(view, ranges),
        sql=view.sql,
        code=usage.code(manifest, stored, store_uri=store_uri),
    )


def _feature(
    manifest: Manifest, view: View, result: SearchResult, whole: Range, store_uri: str | None
) -> Description:
    feature = result.reference.partition(":")[2]
    column = next((column for column in view.fields if column.name == feature), None)
    derived = next((derived for derived in view.derived if derived.name == feature), None)

    def is_taken(taken: usage.Features) -> bool:
        return (view.name, feature) in taken

    return Description(
        result.reference,
        {
            "description": result.description,
            **(feature_facts.of_stored(view, column) if column else {}),
            **(feature_facts.of_derived(derived) if derived else {}),
            "stressed by faults": _withstood(view, feature),
            "from": complete_from(whole.complete_from, view),
            "until": minute(whole.built_through),
            **view_facts(view, ("fresh_within_hours",)),
            **_fresh_until(view),
            **view_facts(view, _OF_THE_VIEW),
            "services": usage.services_with(manifest, is_taken) or None,
            "training sets": usage.training_sets_with(manifest, is_taken) or None,
        },
        histogram=feature_facts.histogram(view, column) if column else None,
        sql=view.sql if column else None,
        sql_lines=feature_facts.sql_lines(view.sql, feature) if column else None,
        code=usage.code(manifest, [result.reference], store_uri=store_uri),
    )


def _service(manifest: Manifest, service: Service, store_uri: str | None) -> Description:
    request = parse_request(
        manifest, service.features, full_feature_names=True, aliases=service.aliases
    )
    results = {
        (view.name, result.reference.partition(":")[2]): result
        for view in manifest.views
        for result in features(view)
    }
    whole = coverage.together(coverage.ranges(request))
    entity_keys = {name: None for view in request.views for name in view.keys.values()}
    return Description(
        service.name,
        {
            "description": service.description,
            "owner": list(service.owner.values()) or None,
            "maturity": service.maturity,
            "keys": list(entity_keys),
            "from": None if whole.complete_from is None else minute(whole.complete_from),
            "until": minute(whole.built_through),
        },
        DisplayTable(
            [
                SearchResult(
                    f"{column.view.name}:{column.feature}", feature.kind, feature.description
                )
                for column in request.columns
                for feature in [results[column.view.view.name, column.feature]]
            ],
            {
                "reference": lambda result: result.reference,
                "kind": lambda result: result.kind,
                "description": lambda result: result.description,
            },
        ),
        code=usage.code(
            manifest,
            service.features,
            service.aliases,
            store_uri=store_uri,
            expression=f'store.service("{service.name}")',
        ),
    )


def _withstood(view: View, feature: str) -> str | None:
    """Return what the stress certificate says of a feature; None without one."""
    rows = [row for row in view.certificate or [] if row.feature == feature]
    return str(rows[0]) if rows else None


def view_facts(view: View, names: tuple[str, ...] | None = None) -> dict[str, Fact]:
    """Return what people see of each field of a view, or of those that are named, by label."""
    return {
        statement.label: statement.fact(getattr(view, name))
        for name, statement in statements(type(view)).items()
        if statement.is_shown and (names is None or name in names)
    }


def complete_from(instant: datetime | None, view: View) -> str | None:
    """Return from when a feature of the view is whole, in words where that is not built yet."""
    if instant is None:
        return None
    is_built = instant < view.built_through_at
    return minute(instant) if is_built else f"not before {minute(instant)}"


def _fresh_until(view: View) -> dict[str, Fact]:
    """Return until when the newest features are as fresh as the view promises."""
    if view.fresh_within_hours is None:
        return {}
    end = view.built_through_at + timedelta(hours=view.fresh_within_hours)
    return {"fresh until": minute(end)}


def _entities(manifest: Manifest, view: View) -> dict[str, Fact]:
    """Return what each entity of a view is; releases before format 4 do not say it."""
    descriptions = {entity.name: entity.description for entity in manifest.entities}
    return {
        f"entity {role.role}": descriptions[role.entity]
        for role in view.entities
        if role.entity in descriptions
    }


def _features(view: View, ranges: Mapping[str, Range]) -> DisplayTable[SearchResult]:
    return DisplayTable(
        features(view),
        {
            "reference": lambda result: result.reference,
            "kind": lambda result: result.kind,
            "nulls": lambda result: feature_facts.null_share(
                view, result.reference.partition(":")[2]
            ),
            "from": lambda result: complete_from(
                ranges[result.reference.partition(":")[2]].complete_from, view
            ),
            "description": lambda result: result.description,
        },
    )
