"""The point-in-time lookup: what was asked for, and the columns that answer it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from milepost.errors import LookupInputError, ReleaseError, UnknownFeatureError
from milepost.release import derived as derived_features
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest, View
from milepost.release.names import EVENT_TIMESTAMP, NAME

if TYPE_CHECKING:
    import pyarrow as pa

ENTITY_HINT = "pass full_feature_names=True, or rename the column"
MICROSECOND = timedelta(microseconds=1)
# Longer than the calendar: a ttl of more is one without an end.
LONGEST = timedelta(days=10_000 * 366)


@dataclass(frozen=True)
class AskedView:
    """A feature view under the name asked for; `keys` says which entity column each key is.

    One that only a derived feature needs has a name that nobody can ask for.
    """

    name: str
    view: View
    keys: Mapping[str, str]


@dataclass(frozen=True)
class AskedDerived:
    """A derived feature, and where each of its inputs is: a view asked for and its feature."""

    derived: Derived
    inputs: Mapping[str, tuple[AskedView, str]]


@dataclass(frozen=True)
class Asked:
    """What was asked for: each column of the result with its view and feature, in order."""

    views: list[AskedView]
    columns: list[tuple[str, AskedView, str]]
    """The column's name, the view asked for and the feature of it."""

    derived: Mapping[tuple[str, str], AskedDerived]
    """The derived ones among them, by the names of view and feature."""

    allow_early: bool
    """Whether an instant may lie before the windows of a feature are full."""

    allow_late: bool
    """Whether an instant may lie where a view is not built."""

    ttl: timedelta | None

    def features_of(self, view: AskedView) -> list[str]:
        """The stored features to look up in a view, for the result or for a derived feature."""
        found = [
            feature
            for _, asked, feature in self.columns
            if asked is view and (view.name, feature) not in self.derived
        ]
        for one in self.derived.values():
            found += [feature for asked, feature in one.inputs.values() if asked is view]
        return list(dict.fromkeys(found))

    def check_names(self, entity_columns: Sequence[str]) -> None:
        """No feature is named as a column of the entity rows."""
        for name, *_ in self.columns:
            if name in entity_columns:
                raise LookupInputError(
                    f"feature `{name}` is named as a column of the entity rows", hint=ENTITY_HINT
                )


def parse(
    manifest: Manifest,
    features: Iterable[str],
    *,
    full_feature_names: bool = False,
    aliases: Mapping[str, Mapping[str, Any]] | None = None,
    ttl: timedelta | None = None,
    allow_early: bool = False,
    allow_late: bool = False,
) -> Asked:
    """Read the list of features: `"view:feature"`, a whole `"view"`, or an alias for a view.

    A whole view is its stored features: a derived one may need more of the entity rows.
    """
    views = by_name(manifest)
    names = {name: AskedView(name, view, {k: k for k in view.keys}) for name, view in views.items()}
    for alias, options in (aliases or {}).items():
        names[alias] = _aliased(manifest, alias, options, views)
    asked: list[tuple[AskedView, str]] = []
    for reference in features:
        name, colon, feature = reference.partition(":")
        if table_name(name) not in names:
            raise UnknownFeatureError(
                f"release {manifest.release} has no feature view `{name}`",
                hint=suggest(name, names),
            )
        found = names[table_name(name)]
        known = [*found.view.features, *(one.name for one in found.view.derived)]
        if colon and feature not in known:
            raise UnknownFeatureError(
                f"feature view `{name}` has no feature `{feature}`", hint=suggest(feature, known)
            )
        asked += [(found, one) for one in ([feature] if colon else found.view.features)]
    if not asked:
        raise LookupInputError(
            "no feature was asked for", hint='name some, as in features=["carrier_reliability"]'
        )
    named = [
        (f"{view.name}__{feature}" if full_feature_names else feature, view, feature)
        for view, feature in asked
    ]
    _check_distinct([name for name, *_ in named])
    used = list({view.name: view for view, _ in asked}.values())
    for alias in aliases or {}:
        if all(view.name != alias for view in used):
            raise LookupInputError(
                f"no feature of the alias `{alias}` is asked for",
                hint=f'ask for `"{alias}"` or `"{alias}:feature"`, or leave the alias out',
            )
    derived = _asked_derived(manifest, asked, used)
    _check_ttl(ttl, used)
    return Asked(used, named, derived, allow_early, allow_late, ttl)


def join(
    asked: Asked, entities: pa.Table, instants: pa.Array, files: Mapping[str, Any]
) -> pa.Table:
    """The entity rows with the asked columns behind them; `files` has each view's, by its name."""
    from milepost.reading import entities as rows
    from milepost.reading.asof_search import newest, whole

    at = whole(instants)
    oldest = None if asked.ttl is None else at - min(asked.ttl, LONGEST) // MICROSECOND
    found: dict[tuple[str, str], pa.Array] = {}
    for view in asked.views:
        own, features = files[view.view.name], asked.features_of(view)
        if not features:
            continue
        keys = rows.keys(entities, view.name, view.keys, own.schema)
        columns = newest(own, keys, at, features, oldest=oldest)
        found.update({(view.name, name): c for name, c in zip(features, columns, strict=True)})
    if asked.derived:
        found |= _derive(asked, entities, instants, found)
    for name, view, feature in asked.columns:
        entities = entities.append_column(name, found.pop((view.name, feature)))
    return entities


def _derive(
    asked: Asked,
    entities: pa.Table,
    instants: pa.Array,
    found: Mapping[tuple[str, str], pa.Array],
) -> dict[tuple[str, str], pa.Array]:
    """The values of the derived features, from those of the others."""
    from milepost.reading import entities as rows
    from milepost.release.view_files import ARROW_TYPES

    requested: dict[tuple[str, str], pa.Array] = {}
    expressions = []
    for one in asked.derived.values():
        inputs = {name: found[view.name, feature] for name, (view, feature) in one.inputs.items()}
        if one.derived.is_timed:
            inputs[EVENT_TIMESTAMP] = instants
        for name, kind in one.derived.request.items():
            if (name, kind) not in requested:
                requested[name, kind] = rows.request(
                    entities, name, ARROW_TYPES[kind], one.derived.name
                )
            inputs[name] = requested[name, kind]
        expressions.append((one.derived, inputs))
    values = derived_features.evaluate(expressions, entities.num_rows)
    return dict(zip(asked.derived, values, strict=True))


def by_name(manifest: Manifest) -> dict[str, View]:
    """Every feature view by its name, and the latest version of one by its model's name too."""
    names = {view.name: view for view in manifest.views}
    return names | {view.model: view for view in manifest.views if view.is_latest}


def table_name(reference: str) -> str:
    """`view@v1`, as Feast writes a version, is the table `view_v1`, as dbt names it."""
    return str(reference).replace("@v", "_v")


def suggest(name: str, known: Iterable[str]) -> str:
    """A hint that names what is near, or all that there is."""
    near = difflib.get_close_matches(str(name), known, n=3) or sorted(known)
    return f"there is {', '.join(f'`{one}`' for one in near)}"


def _aliased(
    manifest: Manifest, alias: str, options: Mapping[str, Any], views: Mapping[str, View]
) -> AskedView:
    unknown = sorted(set(options) - {"view", "keys"})
    if not NAME.fullmatch(alias) or unknown:
        wrong = f"has the option `{unknown[0]}`" if unknown else "is not a plain name"
        raise LookupInputError(
            f"alias `{alias}` {wrong}",
            hint='write {"origin_market": {"view": "market", "keys": {"market_id": "origin_id"}}}',
        )
    name = table_name(options.get("view", alias))
    if name not in views:
        raise UnknownFeatureError(
            f"release {manifest.release} has no feature view `{name}`, for the alias `{alias}`",
            hint=suggest(str(name), views),
        )
    view, mapped = views[name], dict(options.get("keys", {}))
    for key in mapped:
        if key not in view.keys:
            raise LookupInputError(
                f"feature view `{name}` has no key `{key}`, for the alias `{alias}`",
                hint=f"its keys are {', '.join(f'`{one}`' for one in view.keys)}",
            )
    return AskedView(alias, view, {key: mapped.get(key, key) for key in view.keys})


def _asked_derived(
    manifest: Manifest, asked: Sequence[tuple[AskedView, str]], used: list[AskedView]
) -> dict[tuple[str, str], AskedDerived]:
    """The derived features that are asked for; the views that only they need go to `used`."""
    views = by_name(manifest)
    found: dict[tuple[str, str], AskedDerived] = {}
    for view, feature in asked:
        for one in view.view.derived:
            if one.name == feature:
                _check_derived(manifest, view.view, one)
                found[view.name, feature] = AskedDerived(
                    one,
                    {
                        name: (_input_view(view, views.get(other or ""), used), own)
                        for name, (other, own) in one.features.items()
                    },
                )
    return found


def _check_derived(manifest: Manifest, view: View, derived: Derived) -> None:
    """It is checked at each end: who could write the release could have written it."""
    types = {
        name: {field.name: field.type for field in one.fields}
        for name, one in by_name(manifest).items()
    }
    for fault in derived_features.faults(derived, types[view.name], types):
        raise ReleaseError(
            f"derived feature `{view.name}:{derived.name}` of release {manifest.release}: {fault}",
            hint="it is damaged or edited by hand; pin another release",
        )


def _input_view(view: AskedView, other: View | None, used: list[AskedView]) -> AskedView:
    """The view of an input: its own, or another with the keys that the own one goes by."""
    if other is None:
        return view
    keys = {key: view.keys.get(key, key) for key in other.keys}
    for one in used:
        if one.view is other and one.keys == keys:
            return one
    used.append(AskedView(f"{view.name}:{other.name}", other, keys))
    return used[-1]


def _check_distinct(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise LookupInputError(
            f"two features are named `{twice[0]}`",
            hint="ask for each feature once, and pass full_feature_names=True where two views have "
            "one of the same name",
        )


def _check_ttl(ttl: timedelta | None, views: Sequence[AskedView]) -> None:
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
    for asked in views:
        if not asked.view.is_dense:
            raise LookupInputError(
                f"feature view `{asked.view.name}` has rows at changes, so `ttl` has no meaning: "
                "an old row is still exact",
                hint="leave ttl out, and ask for a feature that says how old the evidence is; "
                "ttl is for views with `meta: {dense: true}`",
            )
