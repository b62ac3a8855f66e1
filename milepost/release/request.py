"""What a lookup asks of a release: features by their names, resolved to views and columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from milepost.errors import LookupInputError, ReleaseError
from milepost.release import derived as derived_features
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest, View
from milepost.release.names import NAME
from milepost.release.near_names import table_name, unknown_feature
from milepost.release.references import unknown_view


@dataclass(frozen=True)
class RequestedView:
    """A feature view under the name by which a request calls it.

    `keys` maps each key of the view to the column of the entity rows that has it. A view that only
    a derived feature needs has a name that no request can have.
    """

    name: str
    view: View
    keys: Mapping[str, str]


@dataclass(frozen=True)
class RequestedDerived:
    """A derived feature, and where each of its inputs is: a requested view and its feature."""

    derived: Derived
    inputs: Mapping[str, tuple[RequestedView, str]]


class RequestedColumn(NamedTuple):
    """A column of the result: its name, the view and the feature that it is made of."""

    name: str
    view: RequestedView
    feature: str


@dataclass(frozen=True)
class FeatureRequest:
    """The columns that a lookup adds to entity rows, in order, and the views to read for them."""

    views: list[RequestedView]
    columns: list[RequestedColumn]
    derived: Mapping[tuple[str, str], RequestedDerived]
    """The derived features among the columns, by the names of view and feature."""

    allow_early: bool
    """Whether an instant may lie before the windows of a feature are full."""

    allow_late: bool
    """Whether an instant may lie where a view is not built."""

    ttl: timedelta | None

    def stored_features(self, view: RequestedView) -> list[str]:
        """Return the stored features to read from a view, for the result or a derived feature."""
        features = [
            column.feature
            for column in self.columns
            if column.view is view and (view.name, column.feature) not in self.derived
        ]
        for requested in self.derived.values():
            features += [feature for source, feature in requested.inputs.values() if source is view]
        return list(dict.fromkeys(features))

    def check_names(self, entity_columns: Sequence[str]) -> None:
        """Raise a LookupInputError where a feature has the name of an entity column."""
        for column in self.columns:
            if column.name in entity_columns:
                raise LookupInputError(
                    f"feature `{column.name}` is named as a column of the entity rows",
                    hint="rename the column; full_feature_names=True names features by their views",
                )


def parse_request(
    manifest: Manifest,
    features: Sequence[str],
    *,
    full_feature_names: bool = False,
    aliases: Mapping[str, Mapping[str, Any]] | None = None,
    ttl: timedelta | None = None,
    allow_early: bool = False,
    allow_late: bool = False,
) -> FeatureRequest:
    """Resolve features: `"view:feature"`, a whole `"view"`, or an alias in place of a view.

    A whole view is its stored features: a derived one may need more of the entity rows. Raises an
    UnknownFeatureError for a name that the release lacks, a LookupInputError for what does not fit.
    """
    views = {
        name: RequestedView(name, view, {key: key for key in view.keys})
        for name, view in manifest.by_name.items()
    }
    for alias, options in (aliases or {}).items():
        views[alias] = _aliased_view(manifest, alias, options)
    requested: list[tuple[RequestedView, str]] = []
    for reference in features:
        name, colon, feature = reference.partition(":")
        if table_name(name) not in views:
            services = [service.name for service in manifest.services if len(features) == 1]
            raise unknown_view(manifest, reference, other_names={*views, *services})
        view = views[table_name(name)]
        known = [*view.view.features, *(derived.name for derived in view.view.derived)]
        if colon and feature not in known:
            raise unknown_feature(name, feature, known)
        requested += [(view, name) for name in ([feature] if colon else view.view.features)]
    if not requested:
        raise LookupInputError(
            "no feature was asked for", hint='name some, as in features=["carrier_reliability"]'
        )
    columns = [
        RequestedColumn(f"{view.name}__{feature}" if full_feature_names else feature, view, feature)
        for view, feature in requested
    ]
    _check_distinct([column.name for column in columns])
    needed_views = list({view.name: view for view, _ in requested}.values())
    for alias in aliases or {}:
        if all(view.name != alias for view in needed_views):
            raise LookupInputError(
                f"no feature of the alias `{alias}` is asked for",
                hint=f'ask for `"{alias}"` or `"{alias}:feature"`, or leave the alias out',
            )
    derived = _requested_derived(manifest, requested, needed_views)
    _check_ttl(ttl, needed_views)
    return FeatureRequest(needed_views, columns, derived, allow_early, allow_late, ttl)


def _aliased_view(manifest: Manifest, alias: str, options: Mapping[str, Any]) -> RequestedView:
    unknown_options = sorted(set(options) - {"view", "keys"})
    if not NAME.fullmatch(alias) or unknown_options:
        fault = (
            f"has the option `{unknown_options[0]}`" if unknown_options else "is not a plain name"
        )
        raise LookupInputError(
            f"alias `{alias}` {fault}",
            hint='write {"origin_market": {"view": "market", "keys": {"market_id": "origin_id"}}}',
        )
    name = table_name(options.get("view", alias))
    view = manifest.view(name, purpose=f", for the alias `{alias}`")
    entity_columns = dict(options.get("keys", {}))
    for key in entity_columns:
        if key not in view.keys:
            raise LookupInputError(
                f"feature view `{name}` has no key `{key}`, for the alias `{alias}`",
                hint=f"its keys are {', '.join(f'`{key}`' for key in view.keys)}"
                if view.keys
                else "it has no keys: leave `keys` out",
            )
    return RequestedView(alias, view, {key: entity_columns.get(key, key) for key in view.keys})


def _requested_derived(
    manifest: Manifest,
    requested: Sequence[tuple[RequestedView, str]],
    needed_views: list[RequestedView],
) -> dict[tuple[str, str], RequestedDerived]:
    """Return the requested derived features; add the views of their inputs to `needed_views`."""
    derived_by_name: dict[tuple[str, str], RequestedDerived] = {}
    for view, feature in requested:
        for derived in view.view.derived:
            if derived.name == feature:
                _check_derived(manifest, view.view, derived)
                derived_by_name[view.name, feature] = RequestedDerived(
                    derived,
                    {
                        name: (
                            _input_view(view, manifest, derived, source, needed_views),
                            input_feature,
                        )
                        for name, (source, input_feature) in derived.features.items()
                    },
                )
    return derived_by_name


def _check_derived(manifest: Manifest, view: View, derived: Derived) -> None:
    """Check a derived feature again: its release may have been edited after publication."""
    for fault in derived_features.faults(derived, view, manifest.by_name):
        raise ReleaseError(
            f"derived feature `{view.name}:{derived.name}` of release {manifest.release}: {fault}",
            hint="it is damaged or edited by hand; pin another release",
        )


def _input_view(
    view: RequestedView,
    manifest: Manifest,
    derived: Derived,
    source: str | None,
    needed_views: list[RequestedView],
) -> RequestedView:
    """Return the view of an input: the derived feature's own, or `source` by the keys it states."""
    if source is None:
        return view
    source_view = manifest.by_name[source]
    own_keys = derived.keys.get(source, {})
    columns = {key: own_keys.get(key, key) for key in source_view.keys}
    keys = {key: view.keys.get(column, column) for key, column in columns.items()}
    for needed in needed_views:
        if needed.view is source_view and needed.keys == keys:
            return needed
    name = f"{view.name}:{source_view.name}"
    if own_keys:  # another feature may take the same view by other keys
        name += f" by {', '.join(keys.values())}"
    needed_views.append(RequestedView(name, source_view, keys))
    return needed_views[-1]


def _check_distinct(names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise LookupInputError(
            f"two features are named `{repeated[0]}`",
            hint="ask for each feature once, and pass full_feature_names=True where two views have "
            "one of the same name",
        )


def _check_ttl(ttl: timedelta | None, views: Sequence[RequestedView]) -> None:
    if ttl is None:
        return
    if not isinstance(ttl, timedelta):
        raise LookupInputError(
            f"`ttl` is `{ttl!r}`, not a timedelta", hint="write ttl=datetime.timedelta(days=2)"
        )
    if ttl < timedelta(0):
        raise LookupInputError(
            f"`ttl` is {ttl}, which is negative", hint="leave it out for no limit"
        )
    for requested in views:
        if not requested.view.is_dense:
            raise LookupInputError(
                f"feature view `{requested.view.name}` has rows at changes, so `ttl` has no "
                "meaning: an old row is still exact",
                hint="leave ttl out, and ask for a feature that says how old the evidence is; "
                "ttl is for views with `meta: {dense: true}`",
            )
