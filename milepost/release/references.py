"""What was probably meant by a name that a release does not have."""

from __future__ import annotations

from collections.abc import Iterable

from milepost.errors import UnknownFeatureError
from milepost.release.manifest import Manifest, View
from milepost.release.near_names import near, suggest, table_name, unknown_feature

# What other tools write between a view and its feature.
SEPARATORS = (".", "__")


def unknown_view(
    manifest: Manifest, reference: str, *, other_names: Iterable[str] = ()
) -> UnknownFeatureError:
    """Return the error for a reference that begins with the name of no view.

    The hint says how what was probably meant is written: a feature without its view, or with
    another separator than the colon; a service, or an alias of one; else the names that are near,
    also of `other_names`, which would have been understood.
    """
    name, colon, _ = reference.partition(":")
    for separator in SEPARATORS:
        view_name, _, feature = name.partition(separator)
        if (view := manifest.by_name.get(table_name(view_name))) and feature and not colon:
            return _written_otherwise(view_name, view, feature, name)
    references = _references(manifest, [name])
    if references and not colon:
        return UnknownFeatureError(
            f"`{name}` is a feature, and stands without its view",
            hint=f"there is {_listed(references)}",
        )
    return UnknownFeatureError(
        f"release {manifest.release} has no feature view `{name}`",
        hint=_hint_of_service(manifest, name) or _near(manifest, name, other_names),
    )


def _written_otherwise(
    view_name: str, view: View, feature: str, reference: str
) -> UnknownFeatureError:
    """Return the error for a view and a feature that another separator than a colon joins."""
    if feature not in _features(view):
        return unknown_feature(view_name, feature, _features(view))
    return UnknownFeatureError(
        f"`{reference}` has no colon between view and feature",
        hint=f"write `{view_name}:{feature}`",
    )


def _hint_of_service(manifest: Manifest, name: str) -> str | None:
    """Return how a service is asked for, or an alias of one; None for what is neither."""
    for service in manifest.services:
        if name in service.aliases:
            return (
                f"it is an alias of service `{service.name}`: ask for the service, or give "
                f"aliases={{{name!r}: {service.aliases[name]!r}}}".replace("'", '"')
            )
    if name in {service.name for service in manifest.services}:
        return f"it is a feature service: ask for `{name}` alone, not in a list"
    return None


def _near(manifest: Manifest, name: str, other_names: Iterable[str]) -> str:
    names = {*manifest.by_name, *other_names}
    if near(name, names):
        return suggest(name, names)
    names_of_features = {name for view in manifest.views for name in _features(view)}
    references = _references(manifest, near(name, names_of_features))
    return f"there is {_listed(references)}" if references else suggest(name, names)


def _references(manifest: Manifest, features: Iterable[str]) -> list[str]:
    return [
        f"{view.name}:{feature}"
        for feature in features
        for view in manifest.views
        if feature in _features(view)
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _features(view: View) -> list[str]:
    return [*view.features, *(derived.name for derived in view.derived)]
