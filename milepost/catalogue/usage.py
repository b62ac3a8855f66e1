"""Who takes a feature, and the lines of code that do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from milepost.errors import UnknownFeatureError
from milepost.release import coverage
from milepost.release.manifest import Manifest
from milepost.release.names import EVENT_TIMESTAMP
from milepost.release.request import FeatureRequest, parse_request
from milepost.release.service import Aliases

Features = set[tuple[str, str]]
"""Names of views and of their features."""

# What stands in an example for a value, by type.
_PLACEHOLDERS = {
    "VARCHAR": '"..."',
    "BIGINT": "0",
    "DOUBLE": "0.0",
    "BOOLEAN": "True",
    "TIMESTAMP": "datetime(2026, 1, 1)",
}


def services_with(manifest: Manifest, is_taken: Callable[[Features], bool]) -> list[str]:
    """Return the names of the services whose features, or inputs of these, fit a condition."""
    return [
        service.name
        for service in sorted(manifest.services, key=lambda service: service.name)
        if is_taken(_features(manifest, service.features, service.aliases))
    ]


def training_sets_with(manifest: Manifest, is_taken: Callable[[Features], bool]) -> list[str]:
    """Return the names of the training sets of the project that take what fits a condition."""
    names = [
        model.name
        for model in manifest.training_sets
        if is_taken(_features(manifest, model.features, model.aliases))
    ]
    return list(dict.fromkeys(names))


def _features(manifest: Manifest, features: Iterable[str], aliases: Aliases) -> Features:
    """Return the features that a lookup reads or computes, by their views' names.

    What the release does not have is left out: a training set may ask for it, as no rule says that
    all of its features are published.
    """
    taken: Features = set()
    for feature in features:
        try:
            name = feature.partition(":")[0]
            alias = {name: aliases[name]} if name in aliases else {}
            request = _request(manifest, [feature], alias)
        except UnknownFeatureError:
            continue
        taken |= {(column.view.view.name, column.feature) for column in request.columns}
        for derived in request.derived.values():
            taken |= {(view.view.name, name) for view, name in derived.inputs.values()}
    return taken


def code(
    manifest: Manifest,
    features: list[str],
    aliases: Aliases | None = None,
    *,
    store_uri: str | None = None,
    expression: str | None = None,
) -> str:
    """Return lines of Python that look features up, to be copied.

    `expression` is what stands for the features in them.
    """
    request = _request(manifest, features, aliases or {})
    together = coverage.together(coverage.ranges(request))
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    instant = min(now, together.built_through - timedelta(hours=1))
    is_early = together.complete_from is not None and instant < together.complete_from
    values = {name: _PLACEHOLDERS[kind] for name, kind in _entity_columns(request).items()}
    values[EVENT_TIMESTAMP] = _python(instant)
    row = [f'"{name}": {text}' for name, text in values.items()]
    options = ", allow_early=True" if is_early else ""
    store = repr(store_uri) if store_uri else ""
    return "\n".join(
        [
            "from datetime import datetime",
            "from milepost import FeatureStore",
            "",
            f"store = FeatureStore({store})".replace("'", '"'),
            "entity_rows = [",
            *(f"    {'{' if n == 0 else ' '}{text}," for n, text in enumerate(row[:-1])),
            f"    {' ' if row[:-1] else '{'}{row[-1]}}},",
            "]",
            f"features = {expression or _list(features)}",
            "training_set = store.get_historical_features(",
            f"    entity_rows, features, full_feature_names=True{options}",
            ")",
        ]
    )


def _request(manifest: Manifest, features: list[str], aliases: Aliases) -> FeatureRequest:
    return parse_request(manifest, features, full_feature_names=True, aliases=aliases)


def _entity_columns(request: FeatureRequest) -> Mapping[str, str]:
    """Return the columns that the entity rows must have, each with its type."""
    columns: dict[str, str] = {}
    for requested in request.views:
        columns |= {name: requested.view.types[key] for key, name in requested.keys.items()}
    for requested_derived in request.derived.values():
        columns |= requested_derived.derived.request
    return columns


def _list(features: list[str]) -> str:
    return "[" + ", ".join(f'"{feature}"' for feature in features) + "]"


def _python(instant: datetime) -> str:
    parts: list[Any] = [instant.year, instant.month, instant.day, instant.hour, instant.minute]
    return f"datetime({', '.join(map(str, parts))})"
