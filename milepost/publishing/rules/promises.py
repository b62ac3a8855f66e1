"""What the current release promises its readers, and the next one keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from milepost.building.declared_views import FeatureView
from milepost.publishing.candidate import Candidate
from milepost.publishing.publishable import check_names
from milepost.publishing.refusal import NEW_VERSION, Refusal
from milepost.release.definition import ViewDefinition, statements
from milepost.release.derived import Derived
from milepost.release.manifest import View


def keeps_its_features(candidate: Candidate) -> Iterator[Refusal]:
    """Require that a view keeps what the current release promises, unless it is a new version: its
    columns and their types, what its derived features compute, keys, grid and serving delay.
    """
    for view in candidate.views:
        released = candidate.predecessor(view)
        if released:
            yield from _column_faults(view, released)
            yield from _derived_faults(view, released)
            yield from _meaning_faults(view, released)


def _column_faults(view: FeatureView, released: View) -> Iterator[Refusal]:
    types = view.types
    for field in released.fields:
        name = f"`{field.name}`"
        if field.name not in types:
            cause = f"columns of `{view.name}` are removed or renamed"
            yield Refusal(view.name, name, "is removed or renamed", cause, NEW_VERSION)
        elif types[field.name] != field.type:
            fault = f"was {field.type} and is {types[field.name]}"
            cause = f"columns of `{view.name}` have another type than they had"
            yield Refusal(view.name, name, fault, cause, NEW_VERSION)


def _derived_faults(view: FeatureView, released: View) -> Iterator[Refusal]:
    derived = {feature.name: feature for feature in view.derived}
    for feature in released.derived:
        name = f"derived feature `{feature.name}`"
        if feature.name not in derived:
            cause = f"derived features of `{view.name}` are removed or renamed"
            yield Refusal(view.name, name, "is removed or renamed", cause, NEW_VERSION)
        elif _computed(derived[feature.name]) != _computed(feature):
            cause = f"derived features of `{view.name}` are computed in another way"
            yield Refusal(view.name, name, "is computed in another way", cause, NEW_VERSION)


def _computed(feature: Derived) -> Derived:
    """Return all of a derived feature but how it is described."""
    return replace(feature, description="")


def _meaning_faults(view: FeatureView, released: View) -> Iterator[Refusal]:
    if view.keys != released.keys:
        fault = f"had {_listed_keys(released.keys)} and has {_listed_keys(view.keys)}"
        yield Refusal(view.name, "it", fault, remedy=NEW_VERSION)
    for name, statement in statements(ViewDefinition).items():
        before, now = getattr(released, name), getattr(view, name)
        if statement.is_breaking and name != "keys" and before != now:
            fault = f"was `{before}` and is `{now}`"
            yield Refusal(view.name, f"its `{name}`", fault, remedy=NEW_VERSION)


def _listed_keys(keys: Sequence[str]) -> str:
    return "the keys " + ", ".join(f"`{key}`" for key in keys) if keys else "no keys"


def no_view_is_missing(candidate: Candidate) -> Iterator[Refusal]:
    """Require that no view of the current release is missing, unless its `deprecation_date` in that
    release is past.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    predecessors = filter(None, map(candidate.predecessor, candidate.views))
    continued = {released.name for released in predecessors}
    for released in candidate.current.views if candidate.current else ():
        ends_at = released.deprecated_at and datetime.fromisoformat(released.deprecated_at)
        if released.name not in continued and (not ends_at or ends_at > now):
            yield Refusal(
                released.name,
                "it",
                "is removed, and the current release "
                + (f"keeps it until {ends_at}" if ends_at else "gives it no `deprecation_date`"),
                remedy="put the view back; to remove it, publish it with a `deprecation_date` and "
                "delete it once that is past",
            )


def keeps_its_checks(candidate: Candidate) -> Iterator[Refusal]:
    """Require that every check that the current release passed is still there. Otherwise
    `meta.dropped_checks` of the view, or of what it is made from, says why not, by the name of the
    check or by a pattern that fits many, such as `*_is_a_share`.
    """
    for view in candidate.views:
        released = candidate.predecessor(view)
        checks = check_names(candidate.catalog, view)
        reasons = candidate.catalog.dropped_checks(candidate.catalog.lineage(view.unique_id))
        for name in sorted(set(released.checks) - set(checks)) if released else ():
            # A test that has no name of its own is named after the view, and so its version.
            is_renamed = released is not None and name.replace(released.name, view.name) in checks
            has_reason = any(
                reason and fnmatchcase(name, pattern) for pattern, reason in reasons.items()
            )
            if not is_renamed and not has_reason:
                yield Refusal(
                    view.name,
                    f"check `{name}`",
                    "is gone, which the current release passed",
                    "checks are gone, which the current release passed",
                    "put it back, or say why in `meta: {dropped_checks: {<check>: <reason>}}` of "
                    "the view or of what it is made from",
                )


def goes_on_from_the_current_release(candidate: Candidate) -> Iterator[Refusal]:
    """Require that a view is not built less far than in the current release."""
    for view in candidate.views:
        released = candidate.predecessor(view)
        built_through = candidate.publishable(view).built_through
        if released and built_through < released.built_through_at:
            yield Refusal(
                view.name,
                "it",
                f"is built up to (not including) {built_through}, in the current release up to "
                f"{released.built_through_at}",
                remedy="build from the raw log that the store is published from, or go back with "
                "`milepost rollback`",
            )
